"""Forms other than integers, chosen in the inspector, the toolbar and the table."""

from functools import partial

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from qviz.own_error import block_sqnr
from qviz.quant.blocks import BlockGrid
from qviz.quant.spec import FORMS, BinarySpec, CodebookSpec, FloatSpec, Granularity, TernarySpec, UniformSpec
from qviz.ui.controls.boxes import ChoiceBox
from qviz.ui.table.columns import Column
from qviz.ui.text import decibel
from qviz.ui.window.main_window import MainWindow
from tests.ui.conftest import WAIT


def choose(box: ChoiceBox, value: str) -> None:
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())


def enabled(box: ChoiceBox) -> set[str]:
    model = box.model()
    flag = Qt.ItemFlag.ItemIsEnabled
    return {box.itemData(i) for i in range(box.count()) if model.flags(model.index(i, 0)) & flag}


def weight(window: MainWindow) -> str:
    return next(n for n, q in window.session.quantizers.items() if q.kind == "param" and q.axis is not None)


def activation(window: MainWindow) -> str:
    return next(n for n, q in window.session.quantizers.items() if q.kind == "activation")


def cell(window: MainWindow, name: str, column: Column) -> str:
    index = window.table.model.index_of(name)
    assert index is not None
    return str(index.siblingAtColumn(column).data())


def is_shown(window: MainWindow, name: str, scheme: str) -> bool:
    return cell(window, name, Column.SCHEME) == scheme


def test_forms_are_chosen_and_shown_with_what_belongs_to_them(demo: MainWindow, qtbot: QtBot) -> None:
    name, fields = weight(demo), demo.inspector.form
    demo.view.update(selected=(name,))
    for form, kind, shown in (
        ("float16", FloatSpec, "float16"),
        ("float8_e4m3fn", FloatSpec, "float8 e4m3"),
        ("codebook", CodebookSpec, "codebook 16"),
        ("binary", BinarySpec, "binary"),
        ("ternary", TernarySpec, "ternary"),
    ):
        choose(fields.kind, form)
        qtbot.waitUntil(partial(is_shown, demo, name, shown), timeout=WAIT)
        assert isinstance(demo.session.committed[name].spec, kind)
        assert not fields.bits.isVisible()
        assert not fields.scheme.isVisible()
        assert fields.centroids.isVisible() == (form == "codebook")
        assert "as float32" in fields.saved.text()
        assert fields.low.isEnabled() == (form != "float16")
    choose(fields.kind, "uniform")
    qtbot.waitUntil(lambda: isinstance(demo.session.committed[name].spec, UniformSpec), timeout=WAIT)
    assert fields.bits.isVisible()
    assert not fields.saved.isVisible()


def test_centroids_and_blocks_have_their_sizes(demo: MainWindow, qtbot: QtBot) -> None:
    name, fields = weight(demo), demo.inspector.form
    demo.view.update(selected=(name,))
    choose(fields.kind, "codebook")
    qtbot.waitUntil(lambda: fields.centroids.isVisible(), timeout=WAIT)
    before = fields.saved.text()
    fields.centroids.setValue(4)
    qtbot.waitUntil(lambda: demo.session.committed[name].spec == CodebookSpec(4), timeout=WAIT)
    assert cell(demo, name, Column.SCHEME) == "codebook 4"
    assert cell(demo, name, Column.BITS) == "2"
    assert fields.saved.text() != before
    assert enabled(fields.granularity) == {Granularity.PER_TENSOR}
    choose(fields.kind, "uniform")
    qtbot.waitUntil(lambda: fields.bits.isVisible(), timeout=WAIT)
    choose(fields.granularity, Granularity.PER_BLOCK)
    qtbot.waitUntil(lambda: fields.block.isVisible(), timeout=WAIT)
    fields.block.setValue(4)
    qtbot.waitUntil(lambda: cell(demo, name, Column.GRANULARITY) == "per-block 4", timeout=WAIT)


def test_what_blocks_lose_is_told_in_table_and_editor(demo: MainWindow, qtbot: QtBot) -> None:
    """The engine tells; smaller blocks lose less."""
    name = [n for n, q in demo.session.quantizers.items() if q.constant and q.axis is not None][-1]
    found: list[float] = []
    demo.view.update(selected=(name,))
    for size in (8, 2):
        demo.session.set_spec(name, bits=4, block=size)
        qtbot.waitUntil(partial(is_block, demo, name, size), timeout=WAIT)
        grid = demo.session.committed[name].grid
        assert isinstance(grid, BlockGrid)
        qtbot.waitUntil(lambda g=grid: block_sqnr(demo.session, name, g) is not None, timeout=WAIT)
        found.append(block_sqnr(demo.session, name, grid) or 0.0)
        text = decibel(found[-1])
        qtbot.waitUntil(lambda t=text: cell(demo, name, Column.LOCAL) == t, timeout=WAIT)
        assert f"{text} dB" in [label.text() for label in demo.tabs.range.readout.findChildren(QLabel)]
    assert 0 < found[0] < found[1]


def is_block(window: MainWindow, name: str, size: int) -> bool:
    return cell(window, name, Column.GRANULARITY) == f"per-block {size}"


def test_forms_of_weights_alone_are_greyed_for_activations(demo: MainWindow, qtbot: QtBot) -> None:
    fields = demo.inspector.form
    demo.view.update(selected=(activation(demo),))
    assert set(FORMS) - enabled(fields.kind) == {"codebook", "binary", "ternary"}
    reason = fields.kind.itemData(fields.kind.findData("codebook"), Qt.ItemDataRole.ToolTipRole)
    assert "Only weights" in str(reason)
    both = (weight(demo), activation(demo))
    demo.view.update(selected=both)
    choose(fields.kind, "ternary")
    qtbot.waitUntil(lambda: isinstance(demo.session.committed[both[0]].spec, TernarySpec), timeout=WAIT)
    assert isinstance(demo.session.committed[both[1]].spec, UniformSpec)
    assert fields.kind.placeholderText() == "mixed"
    assert fields.kind.value() is None


def test_one_bit_is_for_asymmetric_weights(demo: MainWindow, qtbot: QtBot) -> None:
    fields, name = demo.inspector.form, weight(demo)
    demo.view.update(selected=(name,))
    fields.bits.setValue(2)
    qtbot.waitUntil(lambda: demo.session.committed[name].spec.bits == 2, timeout=WAIT)
    fields.bits.stepBy(-1)
    assert fields.bits.value() == 2
    choose(fields.scheme, "asymmetric")
    qtbot.waitUntil(lambda: demo.session.committed[name].spec.scheme == "asymmetric", timeout=WAIT)
    fields.bits.stepBy(-1)
    qtbot.waitUntil(lambda: demo.session.committed[name].spec.bits == 1, timeout=WAIT)


def test_the_toolbar_offers_forms_after_the_schemes(demo: MainWindow, qtbot: QtBot) -> None:
    bar = demo.header.weights
    weights = [n for n, q in demo.session.quantizers.items() if q.kind == "param"]
    choose(bar.scheme, "codebook")
    qtbot.waitUntil(
        lambda: all(isinstance(demo.session.committed[n].spec, CodebookSpec) for n in weights), timeout=WAIT
    )
    assert bar.scheme.currentText() == "codebook"
    assert not bar.bits.isEnabled()
    assert "codebook" not in enabled(demo.header.activations.scheme)
    choose(bar.scheme, "symmetric")
    qtbot.waitUntil(lambda: all(isinstance(demo.session.committed[n].spec, UniformSpec) for n in weights), timeout=WAIT)
    assert bar.bits.isEnabled()


def test_the_table_edits_forms_in_place_and_knows_their_own_error(
    demo: MainWindow, qtbot: QtBot, settled: object
) -> None:
    name, model = weight(demo), demo.table.model
    index = model.index_of(name)
    assert index is not None
    model.setData(index.siblingAtColumn(Column.SCHEME), "codebook")
    qtbot.waitUntil(lambda: isinstance(demo.session.committed[name].spec, CodebookSpec), timeout=WAIT)
    assert not index.siblingAtColumn(Column.BITS).flags() & Qt.ItemFlag.ItemIsEditable
    qtbot.waitUntil(lambda: not demo.table.local.busy, timeout=WAIT)
    assert np.isfinite(model.columns.values[Column.LOCAL][model.columns.row[name]])
