"""A report is one HTML file that says what the session knows and loads nothing from anywhere."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from qviz.data.options import DataOptions
from qviz.document import Document
from qviz.errors import QvizError
from qviz.paths import sample
from qviz.report import report
from qviz.session import Session
from qviz.sim.client import LocalClient

MODEL, DATA, CHECK = str(sample("digits_cnn.onnx")), str(sample("digits_eval.npz")), str(sample("digits_calib.npz"))
VOID = ("meta", "br", "img", "hr", "link", "input")


class Well(HTMLParser):
    """Every tag is closed, in order; collects text and what would be loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loaded: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self.loaded += [f"{k}={v}" for k, v in attrs if k in ("src", "href", "srcset", "xlink:href")]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def parsed(text: str) -> Well:
    page = Well()
    page.feed(text)
    page.close()
    assert page.open == []
    return page


@pytest.fixture(scope="module")
def session() -> Session:
    made = Session.open(MODEL, DataOptions(source=DATA, limit=120), check=DataOptions(source=CHECK, limit=60))
    made.set_enabled(next(iter(made.quantizers)), False)
    made.simulate()
    made.check()
    return made


def test_it_says_the_scores_and_every_quantizer(session: Session) -> None:
    text = " ".join(parsed(report(session)).words)
    assert f"{session.result.metric:.2f} %" in text
    assert f"{session.result.float_metric:.2f} %" in text
    assert "on the check set" in text
    assert "digits_calib.npz, 60 samples" in text
    assert f"{len(session.quantizers) - 1} of {len(session.quantizers)}" in text
    for name in session.quantizers:
        assert name in text


def test_it_loads_nothing_and_runs_nothing(session: Session) -> None:
    text = report(session)
    assert parsed(text).loaded == []
    assert not re.search(r"<script|@import|url\(", text)
    assert set(re.findall(r"https?://[^\"' <]+", text)) == {"http://www.w3.org/2000/svg"}
    assert "prefers-color-scheme: dark" in text
    assert 'name="viewport"' in text


def test_its_pictures_are_svg_with_every_node(session: Session) -> None:
    pictures = re.findall(r"<svg.*?</svg>", report(session), re.DOTALL)
    roots = [ElementTree.fromstring(picture) for picture in pictures]
    space = "{http://www.w3.org/2000/svg}"
    graph, histograms = roots[0], roots[1:]
    assert len(graph.findall(f"{space}g")) == len(session.graph.nodes)
    assert len(histograms) == len([n for n, h in session.histograms.items() if h.total])


def test_names_are_escaped(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "document", Document(model="/x/<b>&'\".onnx", data=session.document.data))
    page = parsed(report(session))
    assert "<b>&'\".onnx" in page.words


def test_without_data_it_says_so() -> None:
    with Session.open(MODEL) as bare:
        assert "No data" in " ".join(parsed(report(bare)).words)


def test_without_a_model_there_is_nothing_to_report() -> None:
    with Session(LocalClient()) as empty, pytest.raises(QvizError, match="open a model first"):
        report(empty)


def test_the_command_writes_it(tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    command = [sys.executable, "-m", "qviz", "report", MODEL, "--data", DATA, "--limit", "60", "--check", CHECK]
    done = subprocess.run([*command, "-o", str(out)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"Wrote {out}.\n"
    assert "on the check set" in " ".join(parsed(out.read_text(encoding="utf-8")).words)


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "qviz", "report", MODEL, "--data", DATA, "--limit", "20"]
    done = subprocess.run([*command, "-o", str(tmp_path / "no" / "r.html")], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "cannot be written" in done.stderr


def test_a_narrow_screen_begins_at_the_main_chain_of_the_graph(session: Session) -> None:
    text = report(session)
    (left,) = re.findall(r'<i class="start" style="left:(\d+)px">', text)
    columns = re.findall(r'<rect class="node [^"]*" x="(-?\d+)" y="-?\d+" width="(\d+)"', text)
    middles = [int(x) + int(width) / 2 for x, width in columns]
    assert middles.count(max(set(middles), key=middles.count)) > len(middles) / 2
    assert abs(int(left) - 12 - max(set(middles), key=middles.count)) <= 1
