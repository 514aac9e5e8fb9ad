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
from qviz.quant.encoding import quantize_dequantize
from qviz.sim.applied import Applied
from qviz.sim.plan import Plan, Segment

KEPT_PER_SEGMENT = 2  # the state now and the one before, so that undo rebuilds nothing
BY_REFERENCE = 1 << 14  # constants of this many bytes or more are handed over without a copy in the model

ort.set_default_logger_severity(4)


class Sessions:
    """Builds the session of a segment under given encodings, once. Safe to call from worker threads."""

    def __init__(self, model: Model, plan: Plan) -> None:
        self._model = model
        self._plan = plan
        self._built: dict[int, OrderedDict[object, ort.InferenceSession]]
        self._built = {s.index: OrderedDict() for s in plan.segments}
        self._locks = {s.index: threading.Lock() for s in plan.segments}
        self._axes = {q.name: q.axis for q in model.graph.quantizers.values() if q.kind == "param"}

    def key(self, segment: Segment, applied: Applied) -> object:
        """What the segment's own settings add to its results: encodings of its constants, codes of its biases."""
        return tuple(
            (name, applied.constants[name].key if name in applied.constants else applied.biases.get(name))
            for name in segment.constants
            if name in applied.constants or name in applied.biases
        )

    def get(self, segment: Segment, applied: Applied) -> ort.InferenceSession:
        """The session of `segment`; built where these settings are new."""
        key, kept = self.key(segment, applied), self._built[segment.index]
        with self._locks[segment.index]:
            if key not in kept:
                kept[key] = self._build(segment, applied)
                while len(kept) > KEPT_PER_SEGMENT:
                    kept.popitem(last=False)
            kept.move_to_end(key)
            return kept[key]

    def _build(self, segment: Segment, applied: Applied) -> ort.InferenceSession:
        constants = {name: self.constant(name, applied) for name in segment.constants}
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1  # several pools spin against each other; workers take micro-batches instead
        options.inter_op_num_threads = 1
        large = {n: a for n, a in constants.items() if a.nbytes >= BY_REFERENCE and a.dtype != object}
        options.add_external_initializers(list(large), [ort.OrtValue.ortvalue_from_numpy(a) for a in large.values()])
        initializers = [_external(n, a) if n in large else numpy_helper.from_array(a, n) for n, a in constants.items()]
        proto = self._proto(segment, initializers)
        try:
            return ort.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise QvizError(
                "ONNX Runtime cannot run the operator(s) {nodes}: {reason}",
                nodes=", ".join(segment.nodes),
                reason=str(error).split("\n")[0],
            ) from error

    def constant(self, name: str, applied: Applied) -> NDArray[Any]:
        """A constant's value under these encodings."""
        value: NDArray[Any] = self._model.constants[name]
        if name in applied.constants:
            encoding = applied.constants[name]
            return quantize_dequantize(value, encoding, self._axes.get(name) if encoding.channels > 1 else None)
        if name in applied.biases:
            return applied.biases[name].apply(value)
        return np.asarray(value, order="C")

    def _proto(self, segment: Segment, initializers: list[TensorProto]) -> onnx.ModelProto:
        graph = helper.make_graph(
            [self._model.nodes[n] for n in segment.nodes],
            "segment",
            [self._info(n) for n in segment.inputs],
            [self._info(n) for n in segment.outputs],
            initializers,
        )
        proto = self._model.proto
        return helper.make_model(graph, opset_imports=proto.opset_import, ir_version=max(4, proto.ir_version))

    def _info(self, name: str) -> onnx.ValueInfoProto:
        dtype = self._model.graph.tensors[name].dtype or "float32"
        element = TensorProto.STRING if dtype in ("object", "str") else helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return helper.make_tensor_value_info(name, element, None)


def _external(name: str, value: NDArray[np.generic]) -> TensorProto:
    """A constant whose bytes are handed over beside the model."""
    proto = TensorProto(name=name, dims=value.shape, data_type=helper.np_dtype_to_tensor_dtype(value.dtype))
    proto.data_location = TensorProto.EXTERNAL
    proto.external_data.add(key="location", value="memory")
    return proto
