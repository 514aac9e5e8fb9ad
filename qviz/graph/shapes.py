"""Types and shapes of every tensor, as far as ONNX can tell them without running the model."""

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
import onnxruntime as ort

from qviz.graph.draft import Array, Draft, proto_of
from qviz.graph.graph import Dim
from qviz.graph.runtime import RuntimeErrors, run
from qviz.graph.weights import weighted

Shape = tuple[Dim, ...]
Known = tuple[str, Shape | None]  # type, shape
BATCH = "N"  # the dimension that counts samples, where the model has no name for it
SMALL = 1024  # elements: shapes and axes, whose values inference wants to see


def shape_of(info: onnx.ValueInfoProto) -> Shape | None:
    """Declared shape: numbers, symbols, or None; None altogether where the rank is not declared."""
    if not info.type.tensor_type.HasField("shape"):
        return None
    return tuple(_dim(d) for d in info.type.tensor_type.shape.dim)


def declared_shapes(proto: onnx.ModelProto) -> dict[str, onnx.TensorShapeProto]:
    """Declared shapes of inputs and outputs by name, of those that have one."""
    infos = [i for i in (*real_inputs(proto), *proto.graph.output) if i.type.tensor_type.HasField("shape")]
    return {i.name: i.type.tensor_type.shape for i in infos}


def real_inputs(proto: onnx.ModelProto) -> list[onnx.ValueInfoProto]:
    """The inputs to be fed: those that are not initializers."""
    constant = {t.name for t in proto.graph.initializer}
    return [i for i in proto.graph.input if i.name not in constant]


def dtype_of(info: onnx.ValueInfoProto) -> str:
    """numpy's name of the element type, "" where it is unknown or no tensor."""
    kind = info.type.tensor_type.elem_type if info.type.HasField("tensor_type") else 0
    return (
        np.dtype(onnx.helper.tensor_dtype_to_np_dtype(kind)).name if kind in onnx.helper.get_all_tensor_dtypes() else ""
    )


def infer(draft: Draft, feeds: Sequence[Mapping[str, Array]] = ()) -> dict[str, Known]:
    """Tensor name -> (type, shape) for the tensors of `draft`, constants included.

    What ONNX cannot tell is measured with `feeds`, of one sample and of two: a length that differs is the batch.
    """
    small = {name: a for name, a in draft.constants.items() if a.size <= SMALL}
    proto = proto_of(draft, small)
    for name, array in draft.constants.items():
        if name not in small:
            kind = onnx.helper.np_dtype_to_tensor_dtype(array.dtype)
            proto.graph.input.append(onnx.helper.make_tensor_value_info(name, kind, array.shape))
    inferred = _inferred(proto).graph
    known = {i.name: (dtype_of(i), shape_of(i)) for i in (*inferred.value_info, *inferred.output, *draft.inputs)}
    known.update((name, (a.dtype.name, a.shape)) for name, a in draft.constants.items())
    vague = [o for n in draft.nodes for o in n.output if o and _is_vague(known.get(o))]
    for name, (dtype, shape) in _measured(draft, vague, feeds).items():
        before = known.get(name, ("", None))
        known[name] = (before[0] or dtype, before[1] if shape is None else shape)
    return known


def _inferred(proto: onnx.ModelProto) -> onnx.ModelProto:
    """`proto` with the shapes that ONNX finds; none where it finds a contradiction that ONNX Runtime overlooks."""
    try:
        return onnx.shape_inference.infer_shapes(proto, data_prop=True)
    except onnx.shape_inference.InferenceError:
        return proto


def _is_vague(known: Known | None) -> bool:
    return known is None or not known[0] or known[1] is None or None in known[1]


def _measured(draft: Draft, names: list[str], feeds: Sequence[Mapping[str, Array]]) -> dict[str, Known]:
    """What ONNX Runtime says of these tensors, and what their shapes are in a run."""
    if not names:
        return {}
    model = weighted(draft)
    del model.proto.graph.output[:]
    model.proto.graph.output.extend(onnx.helper.make_empty_tensor_value_info(n) for n in names)
    try:
        session = model.session
        runs = [run(session, _as_fed(draft, feed)) for feed in feeds]
    except RuntimeErrors:
        return {}
    found = {o.name: (_runtime_dtype(o), _runtime_shape(o)) for o in session.get_outputs()}
    return {n: (dtype, _common([r[n] for r in runs]) if runs else shape) for n, (dtype, shape) in found.items()}


def _as_fed(draft: Draft, feed: Mapping[str, Array]) -> dict[str, Array]:
    return {i.name: feed[i.name].astype(dtype_of(i), copy=False) for i in draft.inputs}


def _common(values: Sequence[Array]) -> Shape | None:
    """The shape of all, the batch where they differ; None for what is no array."""
    shapes = [v.shape for v in values if isinstance(v, np.ndarray)]
    if len(shapes) < len(values) or len({len(s) for s in shapes}) != 1:
        return None
    return tuple(d[0] if len(set(d)) == 1 else BATCH for d in zip(*shapes, strict=True))


def _runtime_shape(arg: ort.NodeArg) -> Shape | None:
    """ONNX Runtime shows an unknown rank as it shows a scalar: as no dimensions."""
    return tuple(_plain(d) for d in arg.shape) or None


def _runtime_dtype(arg: ort.NodeArg) -> str:
    names = {"float": "float32", "double": "float64"}
    kind = arg.type.removeprefix("tensor(").removesuffix(")")
    return names.get(kind, kind) if arg.type.startswith("tensor(") else ""


def _dim(dim: onnx.TensorShapeProto.Dimension) -> Dim:
    return dim.dim_value if dim.HasField("dim_value") else _plain(dim.dim_param)


def _plain(dim: int | str | None) -> Dim:
    """A dimension without the symbols that inference makes up."""
    return None if (not dim and dim != 0) or str(dim).startswith("unk__") else dim
