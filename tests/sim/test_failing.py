"""What a user reads where the model cannot run on the data: what to set, in a sentence of ours."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from qviz.data.options import DataOptions
from qviz.errors import QvizError
from qviz.session import Session


@pytest.fixture
def model(tmp_path: Path) -> str:
    """A convolution of three values along an axis of free length: it cannot run with one or two."""
    path = tmp_path / "along.onnx"
    kernel = numpy_helper.from_array(np.ones((2, 1, 3), np.float32), "w")
    sound = helper.make_tensor_value_info("sound", TensorProto.FLOAT, ["N", 1, "length"])
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph([helper.make_node("Conv", ["sound", "w"], ["y"])], "along", [sound], [result], [kernel])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return str(path)


def test_the_dimension_to_set_is_named(model: str) -> None:
    with pytest.raises(QvizError) as caught:
        Session.open(model, DataOptions(random=4)).close()
    assert str(caught.value) == (
        "The model does not run with length of input sound left at 1: give the input's shape with --shape sound=1,1,…."
    )


def test_it_runs_with_the_shape_given(model: str) -> None:
    with Session.open(
        model, DataOptions(random=4, shapes={"sound": (1, 1, 8)}), shapes={"sound": (1, 1, 8)}
    ) as session:
        assert session.simulate().complete


def test_data_that_do_not_fit_are_not_blamed_on_a_shape(model: str, tmp_path: Path) -> None:
    data = tmp_path / "short.npz"
    np.savez(data, sound=np.zeros((5, 1, 2), np.float32))
    with pytest.raises(QvizError) as caught:
        Session.open(model, str(data)).close()
    assert str(caught.value).startswith("The model does not run on this data: ")
    assert "onnxruntime" not in str(caught.value).lower()
