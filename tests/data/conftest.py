from collections.abc import Callable
from pathlib import Path

import pytest

from qviz.graph.graph import Graph, Port

SHARED = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture
def model() -> Callable[..., Graph]:
    """A graph of which data need no more than the inputs."""

    def build(*inputs: Port, batch_free: bool = True) -> Graph:
        return Graph("model", (), {}, inputs, (), {}, (), batch_free=batch_free)

    return build


@pytest.fixture
def image_model(model: Callable[..., Graph]) -> Callable[..., Graph]:
    def build(*shape: int | str | None) -> Graph:
        return model(Port("x", "float32", shape, 0))

    return build


@pytest.fixture
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("the real models and data are not here")
    return SHARED
