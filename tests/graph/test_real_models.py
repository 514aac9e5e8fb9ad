"""Real models open: the same function as the file, a batch that is free where that is right, AIMET's quantizers."""

import json
from pathlib import Path

import pytest

from qviz.errors import QvizError
from qviz.graph.given import run_failed
from qviz.graph.layout import compute_layout
from qviz.graph.model import Model, load_model
from tests.graph.support import assert_same_function, random_feed, run, shared

SHAPES = {"other/vad_recurrent.onnx": {"input": (1, 512)}}
FREE = (
    "mnist/mnist_cntk.onnx",
    "mnist/mnist_burn.onnx",
    "fashion/fashion_mlp.onnx",
    "cifar10/resnet20.onnx",
    "cifar10/tinymobilenet.onnx",
    "cifar10/vgg11.onnx",
    "imagenet/squeezenet_fp16.onnx",
    "other/attention_encoder.onnx",
    "other/detector_yolox_nano.onnx",
    "other/face_detector_dynamic.onnx",
    "other/iris_mlp.onnx",
    "other/loop.onnx",
    "other/plate_detector.onnx",
    "other/scan.onnx",
    "other/superres_espcn.onnx",
    "other/vad_recurrent.onnx",
    "other/external_data/multi_external_files.onnx",
)
AS_DECLARED = (
    "other/all_dtypes.onnx",
    "other/denoise_gru.onnx",
    "other/if.onnx",
    "other/opset_21.onnx",
    "other/opset_23.onnx",
    "other/external_data/external_data_offset.onnx",
)
REFUSED = {
    "other/custom_ops_qonnx.onnx": "custom operator onnx.brevitas.Quant",
    "other/opset_01_refused.onnx": "opset 1",
    "other/opset_07_refused.onnx": "ONNX Runtime refuses",
    "other/empty_graph.onnx": "holds no operators",
    "other/bad_lfs_pointer.onnx": "Git LFS pointer",
    "cifar10/tinymobilenet_int8.onnx": "already quantized with integer operators",
}
AIMET = {
    "mnist_cntk_w4a4": "mnist/mnist_cntk.onnx",
    "fashion_mlp_w4a8": "fashion/fashion_mlp.onnx",
    "tinymobilenet_w8a8": "cifar10/tinymobilenet.onnx",
    "resnet20_w8a8": "cifar10/resnet20.onnx",
    "vgg11_w8a8": "cifar10/vgg11.onnx",
}


def entries(path: str) -> dict:
    return json.loads(Path(path).read_text(encoding="utf-8"))


def opened(name: str) -> Model:
    return load_model(shared(name), SHAPES.get(name, {}))


@pytest.mark.parametrize("name", FREE)
def test_free_batch_and_same_function(name: str) -> None:
    model = opened(name)
    assert model.graph.batch_free
    half = any(p.dtype == "float16" for p in model.graph.inputs)
    assert_same_function(model, random_feed(model, free=32), tolerance=2e-2 if half else 1e-4)
    assert len(compute_layout(model.graph).positions) == len(model.graph.nodes)


@pytest.mark.parametrize("name", AS_DECLARED)
def test_as_declared_and_same_function(name: str) -> None:
    model = opened(name)
    assert not model.graph.batch_free
    assert all(p.batch_axis is None for p in model.graph.inputs)
    assert_same_function(model, random_feed(model))


def test_tree_ensemble_opens() -> None:
    model = opened("other/tree_ensemble.onnx")
    assert [n.op for n in model.graph.nodes] == ["TreeEnsembleClassifier"]


@pytest.mark.parametrize("name", REFUSED)
def test_refused_in_one_sentence(name: str) -> None:
    with pytest.raises(QvizError) as refusal:
        opened(name)
    text = str(refusal.value)
    assert REFUSED[name] in text
    assert "\n" not in text
    assert len(text) < 300


@pytest.mark.parametrize("exported", AIMET)
def test_quantizers_stand_where_aimet_placed_them(exported: str) -> None:
    file = entries(shared(f"aimet/{exported}.1.0.0.encodings"))
    quantizers = opened(AIMET[exported]).graph.quantizers
    for kind, section in (("activation", "activation_encodings"), ("param", "param_encodings")):
        expected = {e["name"]: len(e["scale"]) for e in file[section]}
        assert {q.name: q.channels for q in quantizers.values() if q.kind == kind} == expected
    symmetric = {e["name"] for e in file["param_encodings"] if e["is_sym"]}
    settings = opened(AIMET[exported]).encodings.settings
    assert all(settings[name].spec.symmetric for name in symmetric)


def test_aimet_channel_axes() -> None:
    file = entries(shared("aimet/resnet20_w8a8.2.0.0.encodings"))
    quantizers = opened("cifar10/resnet20.onnx").graph.quantizers
    axes = {e["name"]: e["axis"] for e in file["encodings"] if e.get("axis") is not None and e["name"] in quantizers}
    assert axes
    assert {name: quantizers[name].axis for name in axes} == axes


def test_folded_biases_are_named_as_aimet_names_them() -> None:
    file = entries(shared("aimet/resnet20_w8a8.2.0.0.encodings"))
    stored = {e["name"] for e in file["encodings"] if e["output_dtype"] == "int32"}
    assert {b.name for b in opened("cifar10/resnet20.onnx").graph.biases} == stored


def test_concat_of_squeezenet_is_one_quantizer_over_its_branches() -> None:
    model = opened("imagenet/squeezenet_fp16.onnx")
    graph = model.graph
    for node in graph.nodes:
        if node.op == "Concat":
            quantizer = graph.quantizers[node.outputs[0]]
            assert quantizer.tensors == node.inputs
            assert node.outputs[0] in quantizer.followers
            assert not set(node.inputs) & graph.quantizers.keys()


def test_recurrent_model_counts_captured_weights_as_inputs() -> None:
    model = opened("other/vad_recurrent.onnx")
    (branch,) = (n for n in model.graph.nodes if n.op == "If")
    assert branch.opaque
    assert len([i for i in branch.inputs if i in model.constants]) > 30
    assert "If" in str(model.graph.notes[0])
    assert not any(q.constant for q in model.graph.quantizers.values() if q.node == branch.name)


def test_indices_stay_inside_their_table() -> None:
    (port,) = opened("other/attention_encoder.onnx").graph.inputs
    assert port.index_limit == 59


def test_missing_shape_is_named() -> None:
    model = load_model(shared("other/vad_recurrent.onnx"))
    feed = random_feed(model)
    with pytest.raises(Exception, match="ONNXRuntimeError") as failure:
        run(model.reference.whole(), feed)
    text = str(run_failed(model.graph, failure.value, feed))
    assert "sequence" in text
    assert "--shape input=1,…" in text


@pytest.mark.parametrize("name", [*FREE, *AS_DECLARED])
def test_every_float_result_lies_on_one_grid_or_inside_a_supergroup(name: str) -> None:
    model = opened(name)
    graph = model.graph
    quantized = [t for q in graph.quantizers.values() for t in q.tensors]
    following = [t for q in graph.quantizers.values() for t in q.followers]
    assert len(quantized) == len(set(quantized))
    assert not set(quantized) & set(following)
    assert all(graph.tensors[t].is_float for t in (*quantized, *following))
    assert model.encodings.settings.keys() == graph.quantizers.keys()
    left = {t.name for t in graph.tensors.values() if t.is_float and t.producer and (t.consumers or t.is_output)}
    for tensor in left - set(quantized) - set(following):
        node = graph.node_by_name[graph.tensors[tensor].producer or ""]
        assert node.op in ("Conv", "ConvTranspose", "Gemm", "MatMul", "Add")
        (reader,) = graph.tensors[tensor].consumers
        assert graph.node_by_name[reader].op in ("Relu", "Clip", "Add")
    for bias in graph.biases:
        assert bias.input in quantized
        assert bias.name in model.constants
