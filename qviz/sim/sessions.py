"""ONNX Runtime sessions of segments, kept for the settings they were built with."""

import threading
from collections import OrderedDict
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from qviz.errors import QvizError
from qviz.graph.model import Model
from qviz.graph.runtime import SharingSession
from qviz.sim.fake_quant import code_type
from qviz.sim.form import Form, codes
from qviz.sim.kernels import MICROSOFT, session_options
from qviz.sim.plan import Plan, Segment

KEPT_PER_SEGMENT = 3  # the state now, the one before so that undo rebuilds nothing, and the float model
# Layouts by blocks of channels, which come after it, add products up in another order: steps of 16 bits show that.
SUMS_IN_ORDER = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
BY_REFERENCE = 1 << 14  # constants of this many bytes or more are handed over without a copy in the model

ort.set_default_logger_severity(4)


class Sessions:
    """Builds the session of a segment in a given form, once. Safe to call from worker threads."""

    def __init__(self, model: Model, plan: Plan) -> None:
        self._model = model
        self._built: dict[int, OrderedDict[bytes, ort.InferenceSession]]
        self._built = {s.index: OrderedDict() for s in plan.segments}
        self._locks = {s.index: threading.Lock() for s in plan.segments}

    def get(self, segment: Segment, form: Form) -> ort.InferenceSession:
        """The session of `segment` in this form; built where it is new."""
        kept, key = self._built[segment.index], form.digest
        with self._locks[segment.index]:
            if key not in kept:
                kept[key] = self._build(segment, form)
                while len(kept) > KEPT_PER_SEGMENT:
                    kept.popitem(last=False)
            kept.move_to_end(key)
            return kept[key]

    def _build(self, segment: Segment, form: Form) -> ort.InferenceSession:
        constants = {n: np.asarray(a, order="C") for n, a in form.initializers().items()}
        large = {n: a for n, a in constants.items() if a.nbytes >= BY_REFERENCE and a.dtype != object}
        options = session_options()
        if form.is_fine:
            options.graph_optimization_level = SUMS_IN_ORDER
        shared = self._model.is_large and form.kind == "float"
        if not shared:  # each kernel packs a copy of its own
            values = [ort.OrtValue.ortvalue_from_numpy(a) for a in large.values()]
            options.add_external_initializers(list(large), values)
        initializers = [_external(n, a) if n in large else numpy_helper.from_array(a, n) for n, a in constants.items()]
        proto = self._proto(segment, form, initializers)
        try:
            return SharingSession(proto, options, large if shared else {})
        except Exception as error:
            raise QvizError(
                "ONNX Runtime cannot run the operator(s) {nodes}: {reason}",
                nodes=", ".join(segment.nodes),
                reason=str(error).split("\n")[0],
            ) from error

    def _proto(self, segment: Segment, form: Form, initializers: list[TensorProto]) -> onnx.ModelProto:
        inputs = [self._info(n, kind) for n, kind in form.inputs.items()]
        inputs += [_info(n, a.dtype, a.shape) for n, a in form.feeds.items()]
        made = {n: code_type(e).__name__ for n, e in form.grids.items()}
        outputs = [self._info(n, made.get(n, "")) for n in segment.outputs]
        graph = helper.make_graph(form.nodes, "segment", inputs, outputs, initializers)
        version = max(4, self._model.proto.ir_version)
        return helper.make_model(graph, opset_imports=self._opsets(form), ir_version=version)

    def _opsets(self, form: Form) -> list[onnx.OperatorSetIdProto]:
        found = {o.domain or "": o.version for o in self._model.proto.opset_import} | {MICROSOFT: 1}
        if form.opset is not None:
            found[""] = form.opset
        return [helper.make_opsetid(domain, version) for domain, version in found.items()]

    def _info(self, name: str, as_codes: str) -> onnx.ValueInfoProto:
        if as_codes:
            return _info(codes(name), np.dtype(as_codes), None)
        dtype = self._model.graph.tensors[name].dtype or "float32"
        if dtype in ("object", "str"):
            return helper.make_tensor_value_info(name, TensorProto.STRING, None)
        return _info(name, np.dtype(dtype), None)


def _info(name: str, dtype: np.dtype[Any], shape: tuple[int, ...] | None) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(dtype), shape)


def _external(name: str, value: NDArray[np.generic]) -> TensorProto:
    """A constant whose bytes are handed over beside the model."""
    proto = TensorProto(name=name, dims=value.shape, data_type=helper.np_dtype_to_tensor_dtype(value.dtype))
    proto.data_location = TensorProto.EXTERNAL
    proto.external_data.add(key="location", value="memory")
    return proto
