"""Types and shapes of every tensor, as far as ONNX can tell them without running the model."""

import numpy as np
import onnx
import onnxruntime as ort

from qviz.graph.draft import Draft, proto_of
from qviz.graph.graph import Dim
from qviz.graph.runtime import RuntimeErrors, session_of

Shape = tuple[Dim, ...]
SMALL = 1024  # elements: shapes and axes, whose values inference wants to see


def shape_of(info: onnx.ValueInfoProto) -> Shape | None:
    """Declared shape: numbers, symbols, or None; None altogether where the rank is not declared."""
    if not info.type.tensor_type.HasField("shape"):
        return None
    return tuple(_dim(d) for d in info.type.tensor_type.shape.dim)


def real_inputs(proto: onnx.ModelProto) -> list[onnx.ValueInfoProto]:
    """The inputs to be fed: those that are not initializers."""
    constant = {t.name for t in proto.graph.initializer}
    return [i for i in proto.graph.input if i.name not in constant]


def dtype_of(info: onnx.ValueInfoProto) -> str:
    """numpy's name of the element type, "" where it is unknown or no tensor."""
    kind = info.type.tensor_type.elem_type if info.type.HasField("tensor_type") else 0
    return np.dtype(onnx.helper.tensor_dtype_to_np_dtype(kind)).name if kind else ""


def infer(draft: Draft) -> dict[str, tuple[str, Shape | None]]:
    """Tensor name -> (type, shape) for the tensors of `draft`, constants included."""
    small = {name: a for name, a in draft.constants.items() if a.size <= SMALL}
    proto = proto_of(draft, small)
    for name, array in draft.constants.items():
        if name not in small:
            kind = onnx.helper.np_dtype_to_tensor_dtype(array.dtype)
            proto.graph.input.append(onnx.helper.make_tensor_value_info(name, kind, array.shape))
    inferred = onnx.shape_inference.infer_shapes(proto, data_prop=True).graph
    known = {i.name: (dtype_of(i), shape_of(i)) for i in (*inferred.value_info, *inferred.output, *draft.inputs)}
    known.update((name, (a.dtype.name, a.shape)) for name, a in draft.constants.items())
    unknown = [o for n in draft.nodes for o in n.output if o and (not known.get(o, ("",))[0] or known[o][1] is None)]
    for name, found in _asked_of_runtime(draft, unknown).items():
        dtype, shape = known.get(name, ("", None))
        known[name] = (dtype or found[0], found[1] if shape is None else shape)
    return known


def _asked_of_runtime(draft: Draft, names: list[str]) -> dict[str, tuple[str, Shape | None]]:
    """What ONNX Runtime knows about the tensors that ONNX has no rule for, such as those of its own operators."""
    if not names:
        return {}
    extra = [onnx.helper.make_empty_tensor_value_info(n) for n in names if n not in draft.output_names]
    proto = proto_of(draft, draft.constants)
    proto.graph.output.extend(extra)
    try:
        outputs = session_of(proto).get_outputs()
    except RuntimeErrors:
        return {}
    return {o.name: (_runtime_dtype(o), _runtime_shape(o)) for o in outputs}


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
