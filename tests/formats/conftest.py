"""Sessions on models of one's choice."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from qviz.data.options import DataOptions
from qviz.paths import sample
from qviz.session import Session
from tests.formats.qdq_support import DIGITS, OpenSession


@pytest.fixture
def open_session() -> Iterator[OpenSession]:
    opened: list[Session] = []

    def make(model: str | Path, data: DataOptions = DIGITS) -> Session:
        path = sample(str(model)) if str(model).startswith("digits") else model
        opened.append(Session.open(str(path), data, calibration_samples=32))
        return opened[-1]

    yield make
    for session in opened:
        session.close()
