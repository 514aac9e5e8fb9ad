"""Whatever is wrong with a file ends in one clear sentence."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from qviz.errors import QvizError
from qviz.graph.model import load_model
from tests.graph.support import save


def refusal(path: Path | str) -> str:
    with pytest.raises(QvizError) as error:
        load_model(str(path))
    assert "\n" not in str(error.value)
    return str(error.value)


def small(path: Path) -> str:
    nodes = [helper.make_node("MatMul", ["x", "w"], ["z"])]
    return save(path, nodes, {"x": (1, 64)}, {"z": (1, 64)}, {"w": np.eye(64, dtype=np.float32)})


def test_missing_file_and_folder(tmp_path: Path) -> None:
    assert "no file" in refusal(tmp_path / "gone.onnx")
    assert "folder" in refusal(tmp_path)


@pytest.mark.parametrize("content", [b"", b"not a model at all", b"\x08\x07"])
def test_not_a_model(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.onnx").write_bytes(content)
    assert "not an ONNX model" in refusal(tmp_path / "m.onnx")


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
def test_cut_short(tmp_path: Path, kept: float) -> None:
    path = Path(small(tmp_path / "m.onnx"))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    assert "m.onnx" in refusal(path)


def test_external_weights_that_are_missing_or_short(tmp_path: Path) -> None:
    proto = onnx.load(small(tmp_path / "small.onnx"))
    path = tmp_path / "m.onnx"
    onnx.save(proto, str(path), save_as_external_data=True, location="weights.bin", size_threshold=0)
    assert load_model(str(path)).constants["w"].shape == (64, 64)
    (tmp_path / "weights.bin").write_bytes(b"short")
    assert "external weights" in refusal(path)
    (tmp_path / "weights.bin").unlink()
    assert "weights.bin" in refusal(path)


def test_operators_that_runtime_does_not_have(tmp_path: Path) -> None:
    nodes = [helper.make_node("Mystery", ["x"], ["z"])]
    assert "Mystery" in refusal(save(tmp_path / "m.onnx", nodes, {"x": (1, 3)}, {"z": (1, 3)}))
