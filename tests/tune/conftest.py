"""Sessions on the sample, as shipped and with the demo's two faults."""

from collections.abc import Callable, Iterator

import pytest

from qviz.data.options import DataOptions
from qviz.document import Document
from qviz.paths import sample
from qviz.session import Session
from qviz.sim.client import LocalClient
from qviz.ui.start.sample import faults, the_sample

OpenSample = Callable[..., Session]


@pytest.fixture
def open_sample() -> Iterator[OpenSample]:
    """Opens the sample network with an engine in this process."""
    opened: list[Session] = []

    def make(model: str = "digits_mobile.onnx", samples: int = 200, **options: int) -> Session:
        data = DataOptions(source=str(sample("digits_eval.npz")), limit=samples)
        session = Session.open(str(sample(model)), data, **options)
        opened.append(session)
        return session

    yield make
    for session in opened:
        session.close()


@pytest.fixture
def demo() -> Iterator[Session]:
    """The demo: one activation's range far too wide, weights per-tensor."""
    session = Session(LocalClient())
    session.open_document(demo_document(), prepare=faults(session))
    yield session
    session.close()


def demo_document() -> Document:
    return the_sample().document
