"""The image tab under a user's hands."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from qviz.paths import sample
from qviz.session import Session
from qviz.ui.theme import ThemeSource
from qviz.ui.view_state import View
from qviz.ui.weight_image.panel import WeightImagePanel
from qviz.ui.weight_image.shades import limits_of

WEIGHT, OTHER = "block3/depthwise/conv.weight", "head/conv.weight"
LEFT, NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


# --- colours --------------------------------------------------------------------------------------------------
WIDE = "block2/expand/conv.weight"  # of several input channels


@pytest.fixture(scope="module")
def opened():
    with Session.open(str(sample("digits_mobile.onnx"))) as session:
        yield session


@pytest.fixture
def panel(qtbot, opened):
    before = opened.committed
    made = WeightImagePanel(opened, View(), ThemeSource())

    def told(change):
        if change.kind == "weights":
            made.refresh_weights(change.detail)
        elif change.kind == "encodings":
            made.refresh()

    stop = opened.observe(told)
    qtbot.addWidget(made)
    made.resize(840, 590)
    made._view.update(selected=(WEIGHT,))
    with qtbot.waitExposed(made):
        made.show()
    made.refresh()
    yield made
    stop()
    opened.commit(before, "Back")


def middle(picture, row: int, column: int) -> QPointF:
    return QPointF(picture.column_x(column + 0.5), picture.row_y(row + 0.5))


def mouse(picture, kind, at: QPointF, button=Qt.MouseButton.NoButton, held=Qt.MouseButton.NoButton) -> None:
    QApplication.sendEvent(picture, QMouseEvent(kind, at, picture.mapToGlobal(at), button, held, NO_KEY))


def wheel(picture, at: QPointF, delta: int) -> None:
    turned = QWheelEvent(
        at, picture.mapToGlobal(at), QPoint(), QPoint(0, delta), Qt.MouseButton.NoButton, NO_KEY,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(picture, turned)


def weight_of(session: Session, name: str = WEIGHT) -> np.ndarray:
    weight = session._client.engine.model.constants[name]
    return weight.reshape(weight.shape[0], -1)


def test_three_sides_of_one_weight(panel, opened):
    weight = weight_of(opened)
    for picture in panel.pictures.values():
        assert picture.isVisible()
        assert (picture.pixels.weight == weight).all()


def test_the_place_under_the_mouse_is_read_out(panel, opened):
    picture = panel.pictures["quantized"]
    mouse(picture, QMouseEvent.Type.MouseMove, middle(picture, 18, 5))
    text = panel.readout.text()
    assert "channel 18, index (0, 1, 2)" in text
    assert f"{float(weight_of(opened)[18, 5]):.4g}".replace("-", "−") in text
    assert panel.pictures["float"].cross == panel.pictures["difference"].cross != None  # noqa: E711
    mouse(picture, QMouseEvent.Type.MouseMove, QPointF(2, 2))
    assert "Every weight has its own cell" in panel.readout.text()


def test_a_click_picks_the_channel_for_the_other_tabs(panel):
    picture = panel.pictures["float"]
    QTest.mouseClick(picture, LEFT, NO_KEY, middle(picture, 11, 3).toPoint())
    assert panel._view.state.channel == 11
    assert all(p.row == 11 for p in panel.pictures.values())


def test_all_sides_zoom_and_move_together(panel):
    picture = panel.pictures["float"]
    at = middle(picture, 20, 4)
    wheel(picture, at, 360)
    assert all(p.region is panel.region for p in panel.pictures.values())
    row, column = panel.pictures["difference"].place(at)
    assert (int(row), int(column)) == (20, 4)
    top, bottom, _, _ = picture.pixels.request.part
    assert 0 < top <= 20 < bottom < 32
    mouse(picture, QMouseEvent.Type.MouseButtonPress, at, LEFT, LEFT)
    mouse(picture, QMouseEvent.Type.MouseMove, at - QPointF(0, 40), held=LEFT)
    mouse(picture, QMouseEvent.Type.MouseButtonRelease, at - QPointF(0, 40), LEFT)
    assert panel.region.part[0] > top
    assert panel._view.state.channel is None  # a drag is no click
    QTest.mouseClick(panel.all, LEFT)
    assert panel.region.part == (0, 32, 0, 9)


def test_the_keyboard_zooms_and_moves(panel):
    panel.setFocus()
    for _ in range(4):
        QTest.keyClick(panel, Qt.Key.Key_Plus)
    top, bottom, _, _ = panel.region.part
    assert bottom - top < 20
    QTest.keyClick(panel, Qt.Key.Key_Down)
    assert panel.region.top > 0
    QTest.keyClick(panel, Qt.Key.Key_Home)
    assert panel.region.part == (0, 32, 0, 9)


def test_one_side_alone(panel):
    QTest.mouseClick(panel.sides["difference"], LEFT)
    assert [p.isVisible() for p in panel.pictures.values()] == [False, False, True]
    QTest.mouseClick(panel.sides["all"], LEFT)
    assert all(p.isVisible() for p in panel.pictures.values())


def test_an_edit_shows_in_the_picture(panel, opened):
    opened.set_spec(WEIGHT, bits=2, granularity="per-tensor")
    assert len(np.unique(panel.pictures["quantized"].pixels.quantized)) <= 4
    opened.set_spec(WEIGHT, bits=8, granularity="per-channel")
    assert len(np.unique(panel.pictures["quantized"].pixels.quantized)) > 100


def test_limits_by_channel_may_be_the_same_numbers_again(panel, opened):
    panel.by_channel.setChecked(True)
    picture, grid = panel.pictures["difference"], opened.encodings[WEIGHT].grid
    again = limits_of(opened.histograms[WEIGHT], grid, by_channel=True)
    picture.show_pixels(picture.pixels, again)  # as after an edit, until the engine has sent other pixels
    assert picture.limits is again
    panel.by_channel.setChecked(False)


def test_another_tensor_starts_whole(panel):
    wheel(panel.pictures["float"], middle(panel.pictures["float"], 20, 4), 360)
    panel._view.update(selected=(OTHER,))
    panel.refresh()
    assert panel.region.part == (0, 32, 0, 16)
    assert panel.pictures["float"].pixels.request.name == OTHER


def test_of_weights_that_share_a_quantizer_one_is_chosen(panel, opened, monkeypatch):
    other = next(n for n, q in opened.quantizers.items() if q.axis is not None and n != WEIGHT and len(q.shape) == 4)
    shared = dict(opened.quantizers) | {WEIGHT: replace(opened.quantizers[WEIGHT], tensors=(WEIGHT, other))}
    monkeypatch.setattr(opened, "quantizers", shared)
    engine = opened._client.engine
    told = replace(engine.model, graph=replace(engine.model.graph, quantizers=shared))
    monkeypatch.setattr(engine, "_model", told)
    assert not panel.tensor.isVisible()
    panel.forget()
    assert panel.tensor.isVisible()
    panel.tensor.setCurrentIndex(1)
    panel.tensor.activated.emit(1)
    picture = panel.pictures["float"]
    assert (picture.pixels.weight == weight_of(opened, other)).all()


def test_blocks_are_shown_as_the_engine_quantizes_them(panel, opened):
    panel._view.update(selected=(WIDE,))
    panel.refresh()
    opened.set_spec(WIDE, bits=4, granularity="per-block", block=4)
    weight = opened._client.engine.model.constants[WIDE]
    grid = opened.encodings[WIDE].grid
    assert grid.channels > weight.shape[0]
    shown = panel.pictures["quantized"].pixels.quantized
    assert (shown == grid.quantize_dequantize(weight, 0).reshape(shown.shape)).all()
    limits = panel.pictures["difference"].limits
    assert np.abs(shown - weight.reshape(shown.shape)).max() <= limits.difference
