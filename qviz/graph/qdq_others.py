"""What other forms than integers and float8 look like in a model that qviz wrote: Casts, and a Gather of centroids."""

from collections.abc import Mapping

import numpy as np
import onnx
from onnx import TensorProto

from qviz.encodings import IMPORTED, ClipRange, Setting
from qviz.graph.draft import Array, attribute
from qviz.graph.qdq_grid import FLOATS, Grid
from qviz.quant.floats import largest
from qviz.quant.spec import MAX_CENTROIDS, MIN_CENTROIDS, CodebookSpec, FloatSpec

HALF = {TensorProto.FLOAT16: "float16", TensorProto.BFLOAT16: "bfloat16"}
Producers = Mapping[str, onnx.NodeProto]


def is_widening(node: onnx.NodeProto) -> bool:
    """Whether the node is a Cast to float32."""
    return node.op_type == "Cast" and attribute(node, "to") == TensorProto.FLOAT


def half_constant(node: onnx.NodeProto, constants: Mapping[str, Array]) -> tuple[Array, Grid] | None:
    """The values and the grid of a constant that is stored in 16-bit floats."""
    value = constants.get(node.input[0]) if is_widening(node) else None
    if value is None or value.dtype.name not in HALF.values():
        return None
    return value.astype(np.float32), _half(value.dtype.name)


def half_pair(node: onnx.NodeProto, constants: Mapping[str, Array], producers: Producers) -> tuple[str, Grid] | None:
    """Of a Cast to 16-bit floats behind a Clip to their largest values: what the Clip reads, and the grid."""
    name = HALF.get(attribute(node, "to")) if node.op_type == "Cast" else None
    clip = producers.get(node.input[0]) if name else None
    if name is None or clip is None or clip.op_type != "Clip" or len(clip.input) != 3:
        return None
    low, high = (constants.get(i) for i in clip.input[1:])
    top = np.float32(largest(FLOATS[name]))
    if low is None or high is None or low.dtype != np.float32 or (float(low), float(high)) != (-top, top):
        return None
    return clip.input[0], _half(name)


def has_half_pairs(proto: onnx.ModelProto) -> bool:
    """Whether some activation is brought to 16-bit floats and back."""
    if not any(n.op_type == "Cast" and attribute(n, "to") in HALF for n in proto.graph.node):
        return False
    scalars = {t.name: onnx.numpy_helper.to_array(t) for t in proto.graph.initializer if not t.dims}
    producers = {o: n for n in proto.graph.node for o in n.output}
    return any(half_pair(n, scalars, producers) is not None for n in proto.graph.node)


def codebook_constant(
    node: onnx.NodeProto, constants: Mapping[str, Array], producers: Producers
) -> tuple[Array, Grid] | None:
    """The values and the grid of a constant that is gathered from a table of centroids by indices of 8 bits."""
    if node.op_type != "Gather" or attribute(node, "axis", 0):
        return None
    table, cast = constants.get(node.input[0]), producers.get(node.input[1])
    indices = constants.get(cast.input[0]) if cast is not None and cast.op_type == "Cast" else None
    if table is None or indices is None or indices.dtype != np.uint8 or table.dtype != np.float32 or table.ndim != 1:
        return None
    if not MIN_CENTROIDS <= len(table) <= MAX_CENTROIDS or indices.max(initial=0) >= len(table):
        return None
    centroids = tuple(map(float, table))
    reach = ClipRange((min(0.0, *centroids),), (max(0.0, *centroids),))
    setting = Setting(spec=CodebookSpec(len(table)), range=reach, source=IMPORTED, centroids=centroids)
    return table[indices], Grid(setting, None)


def _half(name: str) -> Grid:
    return Grid(Setting(spec=FloatSpec(format=FLOATS[name]), source=IMPORTED), None)
