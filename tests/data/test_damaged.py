"""Whatever has happened to a data file, opening it ends in samples or in one sentence."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from qviz.data.loading import open_data
from qviz.data.options import DataOptions
from qviz.errors import QvizError
from qviz.graph.graph import Graph, Port

TIMES = 200
VECTOR = Port("x", "float32", ("N", 4), 0)


def cut(content: bytes, at: int, rng: np.random.Generator) -> bytes:
    return content[:at]


def changed(content: bytes, at: int, rng: np.random.Generator) -> bytes:
    return content[:at] + rng.bytes(4) + content[at + 4 :]


def said(options: DataOptions, graph: Graph) -> str:
    """What opening and reading it says; "" where it worked."""
    try:
        data = open_data(options, graph)
        data.feed(range(len(data)))
    except QvizError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("harm", [cut, changed])
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz(tmp_path: Path, model: Callable[..., Graph], save: Callable, harm: Callable) -> None:
    path, rng = tmp_path / "set.npz", np.random.default_rng(0)
    save(path, x=rng.standard_normal((40, 4)).astype(np.float32), labels=np.arange(40) % 3)
    content = path.read_bytes()
    answers = []
    for at in rng.integers(0, len(content), TIMES):
        path.write_bytes(harm(content, int(at), rng))
        answers.append(said(DataOptions(str(path)), model(VECTOR)))
    assert any(answers)
    assert all("\n" not in a and len(a) < 400 for a in answers)


@pytest.mark.parametrize("harm", [cut, changed])
def test_npy(tmp_path: Path, model: Callable[..., Graph], harm: Callable) -> None:
    path, rng = tmp_path / "x.npy", np.random.default_rng(1)
    np.save(path, rng.standard_normal((5, 4)).astype(np.float32))
    content = path.read_bytes()
    for at in rng.integers(0, len(content), TIMES):
        path.write_bytes(harm(content, int(at), rng))
        assert "\n" not in said(DataOptions(str(tmp_path)), model(VECTOR))
