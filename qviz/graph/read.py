"""Opening a model file: whatever is wrong with it ends in one clear sentence."""

from pathlib import Path

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx.external_data_helper import ExternalDataInfo, _get_all_tensors, uses_external_data

from qviz.errors import QvizError
from qviz.graph.draft import every_node, unique
from qviz.graph.runtime import RuntimeErrors, plain_reason
from qviz.graph.weights import Weighted, take_weights

DOMAINS = ("", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "com.microsoft", "com.microsoft.nchwc")
OLDEST_OPSET = 7
PROTOBUF_LIMIT = 2**31 - 1
INTEGER_OPERATORS = frozenset(
    (
        "ConvInteger",
        "ConvIntegerWithBias",
        "DynamicQuantizeLinear",
        "DynamicQuantizeLSTM",
        "DynamicQuantizeMatMul",
        "MatMulInteger",
        "MatMulInteger16",
        "MatMulIntegerToFloat",
        "MatMulNBits",
        "MatMulBnb4",
        "QAttention",
        "QEmbedLayerNormalization",
        "QGemm",
        "QMoE",
        "QOrderedMatMul",
        "QuantizeBFP",
        "DequantizeBFP",
        "GatherBlockQuantized",
        "ReduceSumInteger",
    )
)


def read_model(path: str) -> Weighted:
    """The model in `path` with its weights, checked as far as ONNX Runtime checks it.

    Raises QvizError for a file that is missing, is no ONNX model, is quantized in a form that cannot be edited,
    has operators of its own, is too old, lacks its external data, or is refused by ONNX Runtime.
    """
    file = Path(path)
    proto = _parse(file)
    _check_operators(file, proto)
    _tell_apart(proto)
    model = _with_weights(file, proto)
    _check_runs(file, model)
    return model


def _parse(file: Path) -> onnx.ModelProto:
    if not file.exists():
        raise QvizError("There is no file {path}.", path=str(file))
    if file.is_dir():
        raise QvizError("{path} is a folder, not an ONNX model.", path=str(file))
    try:
        if file.stat().st_size > PROTOBUF_LIMIT:
            raise QvizError(
                "{name} is larger than 2 GB, which no ONNX file can be: save its weights as external data.",
                name=file.name,
            )
        with file.open("rb") as stream:
            if stream.read(23) == b"version https://git-lfs":
                raise QvizError(
                    "{name} is a Git LFS pointer, not the model itself: fetch it with 'git lfs pull'.", name=file.name
                )
        proto = onnx.load(str(file), load_external_data=False, format="protobuf")
    except OSError as error:
        raise QvizError("{path} cannot be read: {reason}.", path=str(file), reason=error.strerror) from error
    except DecodeError as error:
        raise QvizError("{name} is not an ONNX model, or it is cut short.", name=file.name) from error
    if not proto.HasField("graph") or not proto.opset_import or not _is_text(proto):
        raise QvizError("{name} is not an ONNX model, or it is cut short.", name=file.name)
    return proto


def _is_text(proto: onnx.ModelProto) -> bool:
    """Whether every name is text: protobuf gives bytes where it is not, as in a file with damaged parts."""
    graph = proto.graph
    infos = (*graph.input, *graph.output, *graph.value_info)
    names: list[object] = [graph.name, *(o.domain for o in proto.opset_import)]
    names += [i.name for i in (*graph.initializer, *infos)]
    names += [d.dim_param for i in infos for d in i.type.tensor_type.shape.dim]
    for node in every_node(graph.node):
        names += [
            node.op_type,
            node.name,
            node.domain,
            *node.input,
            *node.output,
            *(n for a in node.attribute for n in (a.name, a.t.name)),
        ]
    return all(isinstance(name, str) for name in names)


def _check_operators(file: Path, proto: onnx.ModelProto) -> None:
    if not proto.graph.node:
        raise QvizError("{name} holds no operators: its graph is empty.", name=file.name)
    opset = next((o.version for o in proto.opset_import if o.domain in ("", "ai.onnx")), OLDEST_OPSET)
    if opset < OLDEST_OPSET:
        raise QvizError(
            "{name} uses opset {opset}; the oldest that can be opened is {oldest}: export it again with a newer one.",
            name=file.name,
            opset=opset,
            oldest=OLDEST_OPSET,
        )
    nodes = [*every_node(proto.graph.node), *(n for f in proto.functions for n in every_node(f.node))]
    local = {(f.domain, f.name) for f in proto.functions}
    for node in nodes:
        if node.domain not in DOMAINS and (node.domain, node.op_type) not in local:
            raise QvizError(
                "{name} uses the custom operator {domain}.{op}, which ONNX Runtime does not have: "
                "export the model with standard operators.",
                name=file.name,
                domain=node.domain,
                op=node.op_type,
            )
    _check_float(file, nodes)


def _check_float(file: Path, nodes: list[onnx.NodeProto]) -> None:
    for node in nodes:
        if node.op_type.startswith("QLinear") or node.op_type in INTEGER_OPERATORS:
            raise QvizError(
                "{name} is already quantized with integer operators ({op}), whose ranges cannot be edited: "
                "open the float model, or one in QDQ form.",
                name=file.name,
                op=node.op_type,
            )


def _with_weights(file: Path, proto: onnx.ModelProto) -> Weighted:
    """The model with its large weights apart, those of other files among them."""
    elsewhere = [t for t in _get_all_tensors(proto) if uses_external_data(t)]
    for location in sorted({ExternalDataInfo(t).location for t in elsewhere}):
        if not (file.parent / location).is_file():
            raise QvizError(
                "The weights of {name} are in the file {location}, which is not beside it: put it there.",
                name=file.name,
                location=location,
            )
    try:
        return take_weights(proto, file.parent)
    except (OSError, ValueError, onnx.checker.ValidationError) as error:
        which = "external weights" if elsewhere else "weights"
        raise QvizError(
            "The {which} of {name} cannot be read: {reason}", which=which, name=file.name, reason=plain_reason(error)
        ) from error


def _tell_apart(proto: onnx.ModelProto) -> None:
    """Rename nodes that repeat a name: ONNX Runtime would refuse them."""
    taken = {n.name for n in proto.graph.node}
    seen: set[str] = set()
    for node in proto.graph.node:
        if node.name in seen:
            node.name = unique(node.name, taken)
        if node.name:
            seen.add(node.name)


def _check_runs(file: Path, model: Weighted) -> None:
    try:
        model.session  # noqa: B018 (made here, kept for what comes next)
    except RuntimeErrors as error:
        raise QvizError("ONNX Runtime refuses {name}: {reason}", name=file.name, reason=plain_reason(error)) from error
