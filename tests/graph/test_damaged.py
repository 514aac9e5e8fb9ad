"""Whatever has happened to a model file, opening it ends in a model or in one sentence."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from qviz.errors import QvizError
from qviz.graph.model import load_model
from qviz.graph.weights import LARGE
from tests.graph.support import save

TIMES = 200
SIDE = 80
assert SIDE * SIDE * 4 > LARGE


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A small network; one weight is large enough to be held beside the model."""
    rng = np.random.default_rng(0)
    weights = {"w": rng.standard_normal((SIDE, SIDE)).astype(np.float32), "b": np.ones(SIDE, np.float32)}
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["a"], name="first"),
        helper.make_node("Add", ["a", "b"], ["c"], name="second"),
        helper.make_node("Softmax", ["c"], ["y"], name="third", axis=-1),
    ]
    return Path(save(tmp_path / "m.onnx", nodes, {"x": ("N", SIDE)}, {"y": ("N", SIDE)}, weights))


def cut(content: bytes, at: int, rng: np.random.Generator) -> bytes:
    return content[:at]


def changed(content: bytes, at: int, rng: np.random.Generator) -> bytes:
    return content[:at] + rng.bytes(3) + content[at + 3 :]


def said(path: Path) -> str:
    """What opening it says; "" where it worked."""
    try:
        load_model(str(path))
    except QvizError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("harm", [cut, changed])
def test_model_bytes(model: Path, harm: Callable) -> None:
    content, rng, answers = model.read_bytes(), np.random.default_rng(1), []
    around = len(content) - SIDE * SIDE * 4  # the values of the large weight may be anything: aim beside them
    for n in range(TIMES):
        at = int(rng.integers(0, len(content))) if n % 2 else int(rng.integers(0, around)) - around // 2
        model.write_bytes(harm(content, at % len(content), rng))
        answers.append(said(model))
    assert any(answers)
    assert all("\n" not in a and len(a) < 400 for a in answers)


@pytest.fixture
def outside(model: Path) -> Path:
    """The model with its weights in weights.bin."""
    path = model.parent / "external.onnx"
    onnx.save(onnx.load(str(model)), str(path), save_as_external_data=True, location="weights.bin", size_threshold=0)
    return path


def test_external_data_at_their_place(outside: Path, model: Path) -> None:
    np.testing.assert_array_equal(load_model(str(outside)).constants["w"], load_model(str(model)).constants["w"])


@pytest.mark.parametrize("kept", [0, 1, 1000, SIDE * SIDE * 4 - 1])
def test_short_external_data(outside: Path, kept: int) -> None:
    weights = outside.parent / "weights.bin"
    weights.write_bytes(weights.read_bytes()[:kept])
    assert "external weights of external.onnx cannot be read" in said(outside)


def test_missing_external_data(outside: Path) -> None:
    (outside.parent / "weights.bin").unlink()
    assert "weights.bin, which is not beside it" in said(outside)


@pytest.mark.parametrize("location", ["../weights.bin", "sub/../../weights.bin", "{folder}/weights.bin"])
def test_external_data_elsewhere_are_refused(outside: Path, location: str) -> None:
    folder = outside.parent / "models"
    folder.mkdir()
    proto = onnx.load(str(outside), load_external_data=False)
    for tensor in proto.graph.initializer:
        entry = next(e for e in tensor.external_data if e.key == "location")
        entry.value = location.format(folder=outside.parent)
    (folder / "sub").mkdir()
    (folder / "m.onnx").write_bytes(proto.SerializeToString())
    assert "m.onnx" in said(folder / "m.onnx")


def test_links_to_external_data_are_refused(outside: Path) -> None:
    (outside.parent / "weights.bin").rename(outside.parent / "elsewhere.bin")
    os.symlink(outside.parent / "elsewhere.bin", outside.parent / "weights.bin")
    assert "cannot be read" in said(outside)


def test_a_wrong_offset(outside: Path) -> None:
    proto = onnx.load(str(outside), load_external_data=False)
    for tensor in proto.graph.initializer:
        entry = next(e for e in tensor.external_data if e.key == "offset")
        entry.value = "100000000"
    outside.write_bytes(proto.SerializeToString())
    assert "cannot be read" in said(outside)
