# make demo and make test are all that a fresh machine needs: python3 and make.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready
# Bytecode is kept whatever the machine says: every test of the window starts an engine.
# A process that dies ends the run with the test's name: xdist waits for ever once it has started another.
PYTEST = PYTHONDONTWRITEBYTECODE= QT_QPA_PLATFORM=offscreen \
	$(RUN) -m pytest -n 2 --dist loadfile --max-worker-restart 0

.PHONY: demo test test-all bench lint samples screenshot system

demo: $(READY)
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] || [ "$$(uname)" = Darwin ]; then \
		$(RUN) -m qviz demo; \
	else \
		echo "No display: the window runs offscreen and leaves its picture and encodings in demo-output/."; \
		QT_QPA_PLATFORM=offscreen $(RUN) -m qviz demo --output demo-output; \
	fi

test: $(READY)
	$(PYTEST) -m "not slow"

test-all: $(READY)
	$(PYTEST)

bench: $(READY)
	$(RUN) -m tests.benchmarks

lint: $(READY)
	$(RUN) -m pip install -q -e .[lint]
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check
	$(RUN) -m mypy

samples: $(READY)
	$(RUN) -m pip install -q -e .[dev]
	$(RUN) sample_data/make.py

screenshot: $(READY)
	mkdir -p resources/screenshots
	QT_QPA_PLATFORM=offscreen $(RUN) -m tests.pictures --readme

$(READY): pyproject.toml | system
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install -q -e .[test]
	@touch $@

# What Python packages cannot bring: python3-venv and Qt's system libraries, on Debian and its kin.
system:
	@line="$$($(PYTHON) -m qviz.doctor)" || exit 1; \
	if [ -z "$$line" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] || sudo -n true 2>/dev/null || { [ -t 0 ] && command -v sudo >/dev/null; }; then \
		echo "$$line"; sh -c "$$line"; \
	else \
		echo "This machine lacks system packages. Install them, then run make again:"; echo "  $$line"; exit 1; \
	fi
