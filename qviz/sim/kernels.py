"""One operator of ONNX Runtime as a session of its own, on one thread."""

from collections.abc import Mapping, Sequence

import onnx
import onnxruntime as ort
from onnx import TensorProto, helper

IR_VERSION = 8
MICROSOFT = "com.microsoft"
BYTE, FLOAT = TensorProto.UINT8, TensorProto.FLOAT
Shape = tuple[int, ...] | None


def kernel_session(
    node: onnx.NodeProto,
    inputs: Mapping[str, tuple[int, Shape]],
    output: int,
    initializers: Sequence[TensorProto] = (),
) -> ort.InferenceSession:
    """A session of `node`; `inputs` are element types and shapes by name, `output` is its output's element type."""
    given = [helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in inputs.items()]
    result = [helper.make_tensor_value_info(node.output[0], output, None)]
    graph = helper.make_graph([node], node.op_type, given, result, initializers)
    opsets = [helper.make_opsetid("", 13), helper.make_opsetid(MICROSOFT, 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
    return ort.InferenceSession(model.SerializeToString(), session_options(), providers=["CPUExecutionProvider"])


def session_options() -> ort.SessionOptions:
    """One thread: several pools spin against each other; workers take micro-batches instead.

    No arena: each session would keep one, hundreds of megabytes in all, and nothing is faster for it.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.add_session_config_entry("session.disable_quant_qdq", "1")  # codes are decoded where we say, and only there
    return options
