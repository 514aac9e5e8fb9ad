"""Overlays, what-ifs, many selected, folding, the minimap, jumping, listing and saving in the graph panel."""

import pytest
from PySide6.QtCore import Qt

from qviz.paths import sample
from qviz.session import Session
from tests.ui.graph_hands import Hands

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
ADD, RELU = "block2/add", "block3/expand/relu"


@pytest.fixture(scope="module")
def opened():
    with Session.open(str(sample("digits_mobile.onnx")), str(sample("digits_eval.npz"))) as session:
        session.simulate()
        list(session.sweep(32))
        yield session


@pytest.fixture
def session(opened):
    before = opened.committed
    yield opened
    opened.clear_what_if()
    opened.commit(before, "Back")


@pytest.fixture
def hands(qtbot, session):
    return Hands(qtbot, session)


def overlay(hands: Hands, name: str) -> None:
    hands.panel.header.overlay.setCurrentIndex(hands.panel.header.overlay.findData(name))
    hands.scene.finish()
