"""Cold start to a painted window ÷ the same of an empty window with pyqtgraph imported. A report, not a test.

python -m tests.benchmarks.cold_start [--rounds 9]
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

TARGET = 1.5
SHOWN = """
window.resize(1440, 900)
window.show()
window.grab()  # laid out and painted, whatever the platform does
os._exit(0)  # what closing takes is not asked
"""
EMPTY = (
    """
import os, pyqtgraph
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication([])
window = QMainWindow()
"""
    + SHOWN
)
QVIZ = (
    """
import os
from qviz.ui.app import application, make_window
app = application()
window = make_window()
"""
    + SHOWN
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    empty, ours = [], []
    with tempfile.TemporaryDirectory() as home:
        for script in (EMPTY, QVIZ):  # fills the disk cache and Python's bytecode
            seconds(script, home)
        for _ in range(rounds):
            empty.append(seconds(EMPTY, home))
            ours.append(seconds(QVIZ, home))
    for name, take in (("minimum", min), ("median", statistics.median)):
        a, b = take(empty), take(ours)
        print(f"{name:8} empty {a * 1e3:5.0f} ms   qviz {b * 1e3:5.0f} ms   ratio {b / a:.2f} (target {TARGET})")


def seconds(script: str, home: str) -> float:
    """How long a process takes to run `script` to its end."""
    environment = os.environ | {
        "PYTHONDONTWRITEBYTECODE": "",
        "QT_QPA_PLATFORM": "offscreen",
        "XDG_DATA_HOME": home,
        "XDG_CONFIG_HOME": home,
    }
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", script], env=environment, check=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
