"""What is folded and renamed while a model is opened leaves its function, and its tensor names, as they were."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import helper, numpy_helper

from qviz.graph.model import load_model
from tests.graph.support import assert_same_function, random_feed, run, save, whole

RNG = np.random.default_rng(7)


def normal(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32)


def norm(channels: int, prefix: str = "") -> dict[str, np.ndarray]:
    names = ("gamma", "beta", "mean")
    found = {prefix + n: normal(channels) for n in names}
    return {**found, prefix + "var": np.abs(normal(channels)) + np.float32(0.1)}


def norm_node(source: str, output: str, prefix: str = "") -> onnx.NodeProto:
    inputs = [source, *(prefix + n for n in ("gamma", "beta", "mean", "var"))]
    return helper.make_node("BatchNormalization", inputs, [output], name=f"norm_{output}", epsilon=1e-3)


@settings(max_examples=20, deadline=None)
@given(groups=st.sampled_from([1, 2, 4]), each=st.integers(1, 3), transposed=st.booleans(), biased=st.booleans())
def test_batchnorm_folds_into_grouped_convolutions(
    tmp_path_factory: pytest.TempPathFactory, groups: int, each: int, transposed: bool, biased: bool
) -> None:
    outputs = groups * each
    weight = normal(4, each, 3, 3) if transposed else normal(outputs, 4 // groups, 3, 3)
    constants = {"w": weight, **norm(outputs), **({"b": normal(outputs)} if biased else {})}
    op = "ConvTranspose" if transposed else "Conv"
    nodes = [
        helper.make_node(op, ["x", "w", *(["b"] if biased else [])], ["y"], name="layer", group=groups),
        norm_node("y", "n"),
        helper.make_node("Relu", ["n"], ["z"]),
    ]
    path = tmp_path_factory.mktemp("bn") / "bn.onnx"
    model = load_model(save(path, nodes, {"x": (1, 4, 6, 6)}, {"z": None}, constants))
    assert [n.op for n in model.graph.nodes] == [op, "Relu"]
    assert model.graph.resolve("n") == "y"
    assert model.graph.biases[0].name == ("b" if biased else "layer.bias")
    assert_same_function(model, random_feed(model))


@pytest.mark.parametrize("transposed", [0, 1])
def test_batchnorm_folds_into_gemm(tmp_path: Path, transposed: int) -> None:
    constants = {"w": normal(5, 8) if transposed else normal(8, 5), "c": normal(5), **norm(5)}
    gemm = helper.make_node("Gemm", ["x", "w", "c"], ["y"], name="fc", transB=transposed, alpha=0.5, beta=2.0)
    model = load_model(save(tmp_path / "m.onnx", [gemm, norm_node("y", "z")], {"x": (1, 8)}, {"z": (1, 5)}, constants))
    assert [n.op for n in model.graph.nodes] == ["Gemm"]
    assert [p.name for p in model.graph.outputs] == ["z"]  # an output keeps its name
    assert model.graph.resolve("y") == "z"
    assert_same_function(model, random_feed(model))


def test_batchnorm_stays_where_others_read_the_convolution(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["y"], name="conv"),
        norm_node("y", "n"),
        helper.make_node("Add", ["y", "n"], ["z"]),
    ]
    constants = {"w": normal(4, 4, 1, 1), **norm(4)}
    model = load_model(save(tmp_path / "m.onnx", nodes, {"x": (1, 4, 5, 5)}, {"z": None}, constants))
    assert "BatchNormalization" in {n.op for n in model.graph.nodes}
    assert model.graph.quantizers["gamma"].kind == "param"
    assert not {"beta", "mean", "var"} & model.graph.quantizers.keys()
    assert_same_function(model, random_feed(model))


def test_folding_into_a_shared_weight_leaves_the_other_reader_alone(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"], name="first"),
        norm_node("a", "n"),
        helper.make_node("Conv", ["n", "w"], ["z"], name="second"),
    ]
    constants = {"w": normal(4, 4, 1, 1), **norm(4)}
    model = load_model(save(tmp_path / "m.onnx", nodes, {"x": (1, 4, 5, 5)}, {"z": None}, constants))
    assert model.graph.node_by_name["first"].inputs[1] == "first.weight"
    assert model.graph.node_by_name["second"].inputs[1] == "w"
    np.testing.assert_array_equal(model.constants["w"], constants["w"])
    assert_same_function(model, random_feed(model))


def test_missing_and_repeated_node_names(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Relu", [a], [b], name=n) for a, b, n in [("x", "a", "r"), ("a", "b", "r"), ("b", "z", "")]
    ]
    model = load_model(save(tmp_path / "m.onnx", nodes, {"x": (1, 3)}, {"z": (1, 3)}))
    assert len(model.nodes) == len({n.name for n in model.graph.nodes}) == 3
    assert [n.name for n in model.graph.nodes][:2] == ["r", "r_1"]


def test_if_with_a_known_condition_becomes_its_branch(tmp_path: Path) -> None:
    def branch(name: str, op: str) -> onnx.GraphProto:
        inner = helper.make_node(op, ["x", "k"], ["inner"], name="same")
        k = numpy_helper.from_array(np.float32([2, 3, 4]), "k")
        return helper.make_graph([inner], name, [], [helper.make_empty_tensor_value_info("inner")], [k])

    nodes = [
        helper.make_node("Constant", [], ["one"], value_int=1),
        helper.make_node("Cast", ["one"], ["yes"], to=onnx.TensorProto.BOOL),
        helper.make_node(
            "If", ["yes"], ["y"], name="if1", then_branch=branch("t", "Mul"), else_branch=branch("e", "Add")
        ),
        helper.make_node("Not", ["yes"], ["no"]),
        helper.make_node(
            "If", ["no"], ["z"], name="if2", then_branch=branch("t", "Mul"), else_branch=branch("e", "Sub")
        ),
    ]
    path = save(tmp_path / "m.onnx", nodes, {"x": (1, 3)}, {"y": (1, 3), "z": (1, 3)})
    model = load_model(path)
    assert {n.op for n in model.graph.nodes} == {"Mul", "Sub", "Identity"}
    assert not model.graph.notes
    assert_same_function(model, random_feed(model))
    assert load_model(path).graph == model.graph  # opening is deterministic


def test_local_functions_are_inlined(tmp_path: Path) -> None:
    body = [helper.make_node("Mul", ["a", "a"], ["sq"]), helper.make_node("Relu", ["sq"], ["out"])]
    square = helper.make_function("own", "Square", ["a"], ["out"], body, [helper.make_opsetid("", 17)])
    graph = helper.make_graph(
        [
            helper.make_node("Square", ["x"], ["y"], domain="own"),
            helper.make_node("Square", ["y"], ["z"], domain="own"),
        ],
        "calls",
        [helper.make_tensor_value_info("x", 1, (1, 3))],
        [helper.make_tensor_value_info("z", 1, (1, 3))],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    path = tmp_path / "m.onnx"
    onnx.save(helper.make_model(graph, functions=[square], opset_imports=opsets, ir_version=8), str(path))
    model = load_model(str(path))
    assert [n.op for n in model.graph.nodes] == ["Mul", "Relu", "Mul", "Relu"]
    assert_same_function(model, random_feed(model))


def test_views_of_weights_and_shared_views(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Transpose", ["w"], ["wt"], perm=[1, 0]),
        helper.make_node("MatMul", ["x", "wt"], ["a"], name="mm"),
        helper.make_node("Gather", ["table", "ids"], ["e"]),
        helper.make_node("Transpose", ["table"], ["tt"], perm=[1, 0]),
        helper.make_node("MatMul", ["a", "tt"], ["z"], name="logits"),
        helper.make_node("Constant", [], ["ids"], value_ints=[0, 2]),
    ]
    nodes.insert(0, nodes.pop())
    constants = {"w": normal(4, 6), "table": normal(5, 4)}
    model = load_model(save(tmp_path / "m.onnx", nodes, {"x": (1, 6)}, {"z": (1, 5), "e": (2, 4)}, constants))
    quantizers = model.graph.quantizers
    assert model.graph.resolve("wt") == "w"
    assert (quantizers["w"].axis, quantizers["w"].channels) == (1, 4)
    assert quantizers["table"].tensors == ("table", "tt")  # one quantizer for tied weights, per tensor
    assert quantizers["table"].axis is None
    assert_same_function(model, random_feed(model))


def test_initializers_listed_as_inputs_are_weights(tmp_path: Path) -> None:
    nodes = [helper.make_node("MatMul", ["x", "w"], ["z"])]
    model = load_model(save(tmp_path / "m.onnx", nodes, {"x": (1, 3), "w": (3, 2)}, {"z": (1, 2)}, {"w": normal(3, 2)}))
    assert [p.name for p in model.graph.inputs] == ["x"]
    assert model.graph.tensors["w"].kind == "constant"


def test_float16_is_simulated_in_float32(tmp_path: Path) -> None:
    half = np.dtype(np.float16)
    nodes = [
        helper.make_node("Cast", ["x"], ["wide"], to=onnx.TensorProto.FLOAT),
        helper.make_node("Cast", ["wide"], ["back"], to=onnx.TensorProto.FLOAT16),
        helper.make_node("MatMul", ["back", "w"], ["z"]),
    ]
    weight = normal(8, 3).astype(np.float16)
    model = load_model(save(tmp_path / "m.onnx", nodes, {"x": (half, 1, 8)}, {"z": (half, 1, 3)}, {"w": weight}))
    assert model.constants["w"].dtype == np.float32
    assert {t.dtype for t in model.graph.tensors.values()} == {"float32"}
    assert model.graph.inputs[0].dtype == "float16"  # as the file declares it
    assert_same_function(model, random_feed(model), tolerance=1e-2)


def test_float64_too_large_for_float32_stays(tmp_path: Path) -> None:
    double = np.dtype(np.float64)
    nodes = [helper.make_node("Mul", ["x", "w"], ["z"])]
    path = save(tmp_path / "m.onnx", nodes, {"x": (double, 1, 2)}, {"z": (double, 1, 2)}, {"w": np.array([1e200, 1.0])})
    model = load_model(path)
    assert model.constants["w"].dtype == np.float64
    assert_same_function(model, random_feed(model))


def test_outputs_that_are_constants_or_share_a_tensor(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Identity", ["k"], ["same"]),
        helper.make_node("Relu", ["x"], ["z"]),
        helper.make_node("Identity", ["z"], ["again"]),
    ]
    outputs = {"same": (3,), "z": (1, 3), "again": (1, 3)}
    model = load_model(save(tmp_path / "m.onnx", nodes, {"x": (1, 3)}, outputs, {"k": normal(3)}))
    assert [p.name for p in model.graph.outputs] == list(outputs)
    assert run(whole(model), random_feed(model)).keys() == outputs.keys()
    assert [p.batch_axis for p in model.graph.outputs] == [None, 0, 0]
