"""Where quantizers stand, rule by rule, and that a file may name any other float tensor."""

from pathlib import Path

import numpy as np
import pytest
from onnx import helper

from qviz.errors import QvizError
from qviz.graph.graph import Graph
from qviz.graph.model import load_model
from qviz.graph.quantizers import place_any
from tests.graph.support import save

node = helper.make_node
SHAPE = (np.dtype(np.int64), None)  # of an output that holds a shape


def ones(*shape: int) -> np.ndarray:
    return np.ones(shape, np.float32)


def graph_of(tmp_path: Path, nodes: list, inputs: dict, outputs: list[str], constants: dict | None = None) -> Graph:
    shapes = {name: SHAPE if name == "shape" else None for name in outputs}
    return load_model(save(tmp_path / "m.onnx", nodes, inputs, shapes, constants)).graph


def names(graph: Graph, kind: str) -> set[str]:
    return {q.name for q in graph.quantizers.values() if q.kind == kind}


def test_nothing_inside_a_supergroup_and_nothing_on_data_movement(tmp_path: Path) -> None:
    nodes = [
        node("Conv", ["x", "w", "b"], ["conv"]),
        node("Relu", ["conv"], ["relu"]),
        node("MaxPool", ["relu"], ["pool"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Flatten", ["pool"], ["flat"]),
        node("MatMul", ["flat", "v"], ["mm"]),
        node("Add", ["mm", "c"], ["z"]),
    ]
    constants = {"w": ones(2, 1, 1, 1), "b": ones(2), "v": ones(8, 3), "c": ones(3)}
    graph = graph_of(tmp_path, nodes, {"x": (1, 1, 4, 4)}, ["z"], constants)
    assert names(graph, "activation") == {"x", "relu", "z"}
    assert {n: q.axis for n, q in graph.quantizers.items() if q.kind == "param"} == {"w": 0, "v": 1}
    assert graph.quantizers["relu"].followers == ("pool", "flat")
    assert {(b.name, b.input, b.weight) for b in graph.biases} == {("b", "x", "w"), ("c", "relu", "v")}


def test_a_supergroup_breaks_where_its_middle_is_read_or_given_out(tmp_path: Path) -> None:
    nodes = [node("Conv", ["x", "w"], ["a"]), node("Relu", ["a"], ["b"]), node("Add", ["a", "b"], ["s"])]
    graph = graph_of(tmp_path, nodes, {"x": (1, 1, 4, 4)}, ["s"], {"w": ones(1, 1, 1, 1)})
    assert names(graph, "activation") == {"x", "a", "s"}
    assert graph.quantizers["a"].followers == ("b",)  # Relu keeps its input's grid
    nodes = [node("Conv", ["x", "w"], ["a"]), node("Relu", ["a"], ["b"])]
    graph = graph_of(tmp_path, nodes, {"x": (1, 1, 4, 4)}, ["a", "b"], {"w": ones(1, 1, 1, 1)})
    assert names(graph, "activation") == {"x", "a"}


def test_depthwise_relu6_is_no_supergroup(tmp_path: Path) -> None:
    nodes = [
        node("Conv", ["x", "dw"], ["a"], group=2),
        node("Clip", ["a", "lo", "hi"], ["b"]),
        node("Conv", ["b", "pw"], ["c"]),
        node("Clip", ["c", "lo", "hi"], ["d"]),
    ]
    constants = {"dw": ones(2, 1, 1, 1), "pw": ones(2, 2, 1, 1), "lo": np.float32(0), "hi": np.float32(6)}
    graph = graph_of(tmp_path, nodes, {"x": (1, 2, 4, 4)}, ["d"], {n: np.array(a) for n, a in constants.items()})
    assert names(graph, "activation") == {"x", "a", "b", "d", "lo", "hi"}


def test_concat_quantizes_its_branches_as_one(tmp_path: Path) -> None:
    nodes = [
        node("Sigmoid", ["x"], ["a"]),
        node("Tanh", ["x"], ["b"]),
        node("Transpose", ["b"], ["bt"], perm=[0, 1, 3, 2]),
        node("Concat", ["a", "bt"], ["inner"], axis=1),
        node("Sqrt", ["x"], ["c"]),
        node("Concat", ["inner", "c"], ["joined"], axis=1),
    ]
    quantizers = graph_of(tmp_path, nodes, {"x": (1, 2, 4, 4)}, ["joined"]).quantizers
    assert quantizers["joined"].tensors == ("a", "b", "c")
    assert set(quantizers["joined"].followers) == {"bt", "inner", "joined"}
    assert quantizers.keys() == {"x", "joined"}


def test_concat_leaves_a_branch_that_others_read(tmp_path: Path) -> None:
    nodes = [
        node("Sigmoid", ["x"], ["a"]),
        node("Tanh", ["x"], ["b"]),
        node("Concat", ["a", "b"], ["joined"], axis=1),
        node("Exp", ["b"], ["e"]),
    ]
    quantizers = graph_of(tmp_path, nodes, {"x": (1, 2, 4, 4)}, ["joined", "e"]).quantizers
    assert quantizers["joined"].tensors == ("a", "joined")
    assert quantizers["b"].tensors == ("b",)


def test_average_pooling_is_quantized_as_its_input(tmp_path: Path) -> None:
    nodes = [node("Sigmoid", ["x"], ["a"]), node("AveragePool", ["a"], ["p"], kernel_shape=[2, 2])]
    quantizers = graph_of(tmp_path, nodes, {"x": (1, 2, 4, 4)}, ["p"]).quantizers
    assert quantizers["a"].tensors == ("a", "p")


def test_axes_of_weights(tmp_path: Path) -> None:
    nodes = [
        node("ConvTranspose", ["x", "ct"], ["a"]),
        node("ConvTranspose", ["a", "dw"], ["b"], group=3),
        node("MatMul", ["left", "b"], ["c"]),
        node("Flatten", ["c"], ["f"]),
        node("Gemm", ["f", "g"], ["z"]),
    ]
    constants = {"ct": ones(2, 3, 1, 1), "dw": ones(3, 1, 1, 1), "left": ones(5, 4), "g": ones(60, 7)}
    quantizers = graph_of(tmp_path, nodes, {"x": (1, 2, 4, 4)}, ["z"], constants).quantizers
    assert {n: (quantizers[n].axis, quantizers[n].channels) for n in constants} == {
        "ct": (1, 3),
        "dw": (0, 3),
        "left": (0, 5),
        "g": (1, 7),
    }


def test_a_weight_read_along_two_axes_is_one_quantizer_per_tensor(tmp_path: Path) -> None:
    nodes = [node("MatMul", ["x", "w"], ["a"]), node("Gemm", ["a", "w"], ["z"], transB=1)]
    quantizers = graph_of(tmp_path, nodes, {"x": (1, 4)}, ["z"], {"w": ones(4, 4)}).quantizers
    assert (quantizers["w"].axis, quantizers["w"].channels) == (None, 1)


def test_integers_and_recurrent_biases_get_none(tmp_path: Path) -> None:
    nodes = [
        node("Shape", ["x"], ["shape"]),
        node("GRU", ["x", "w", "r", "b"], ["y"], hidden_size=2),
    ]
    constants = {"w": ones(1, 6, 3), "r": ones(1, 6, 2), "b": ones(1, 12)}
    graph = graph_of(tmp_path, nodes, {"x": (4, 1, 3)}, ["y", "shape"], constants)
    assert names(graph, "activation") == {"x", "y"}
    assert {n: graph.quantizers[n].axis for n in names(graph, "param")} == {"w": None, "r": None}


def test_any_float_tensor_can_get_a_quantizer(tmp_path: Path) -> None:
    nodes = [node("Conv", ["x", "w", "b"], ["conv"]), node("Relu", ["conv"], ["z"]), node("Shape", ["z"], ["shape"])]
    constants = {"w": ones(2, 1, 1, 1), "b": ones(2)}
    graph = graph_of(tmp_path, nodes, {"x": (1, 1, 4, 4)}, ["z", "shape"], constants)
    inside = place_any(graph, "conv")
    assert (inside.name, inside.kind, inside.tensors, inside.op) == ("conv", "activation", ("conv",), "Conv")
    assert place_any(graph, "w") is graph.quantizers["w"]
    assert place_any(graph, "b").constant
    with pytest.raises(QvizError, match="no tensor nowhere"):
        place_any(graph, "nowhere")
    with pytest.raises(QvizError, match="holds no floats"):
        place_any(graph, "shape")


def test_factors_of_a_resize_are_never_quantized(tmp_path: Path) -> None:
    nodes = [
        node("Sigmoid", ["x"], ["a"]),
        node("Cast", ["size"], ["factors"], to=1),
        node("Resize", ["a", "", "factors"], ["z"], mode="linear"),
    ]
    inputs = {"x": (1, 1, 4, 4), "size": (np.dtype(np.int64), 4)}
    quantizers = graph_of(tmp_path, nodes, inputs, ["z"]).quantizers
    assert quantizers.keys() == {"x", "a"}
    assert quantizers["a"].tensors == ("a", "z")
