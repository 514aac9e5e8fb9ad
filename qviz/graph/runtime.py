"""Running a whole model once, in one thread, and saying in plain words why ONNX Runtime would not."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray

Array = NDArray[Any]
_ERRORS = ort.capi.onnxruntime_pybind11_state
RuntimeErrors: tuple[type[Exception], ...] = (
    *(kind for kind in vars(_ERRORS).values() if isinstance(kind, type) and issubclass(kind, Exception)),
    UnicodeDecodeError,  # what it says names something in the model that is no text
)  # a dozen classes that share no base


class SharingSession(ort.InferenceSession):
    """A session that reads `weights` where they are, and keeps them alive: no kernel makes a packed copy of its own."""

    def __init__(self, proto: onnx.ModelProto, options: ort.SessionOptions, weights: Mapping[str, Array]) -> None:
        self._kept = {n: ort.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(a)) for n, a in weights.items()}
        if weights:
            options.add_session_config_entry("session.disable_prepacking", "1")
            options.add_external_initializers(list(self._kept), list(self._kept.values()))
        for name, value in self._kept.items():  # without this each would be copied
            options.add_initializer(name, value)
        super().__init__(proto.SerializeToString(), options, providers=["CPUExecutionProvider"], enable_fallback=False)


def session_of(proto: onnx.ModelProto, weights: Mapping[str, Array] | None = None) -> ort.InferenceSession:
    """A session of one thread that shares `weights`. Raises one of RuntimeErrors where the model is refused."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    return SharingSession(proto, options, weights or {})


def run(session: ort.InferenceSession, feed: Mapping[str, Array]) -> dict[str, Array]:
    """All outputs by name. Raises one of RuntimeErrors where the run fails."""
    quiet = ort.RunOptions()
    quiet.log_severity_level = 4
    names = [o.name for o in session.get_outputs()]
    return dict(zip(names, session.run(names, dict(feed), quiet), strict=True))


def plain_reason(error: Exception) -> str:
    """What an error of ONNX or ONNX Runtime says, without codes, source paths and line breaks; ends in a full stop."""
    if isinstance(error, UnicodeDecodeError):
        return "a name in it is no text."
    text = " ".join(str(error).split())
    text = re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", text)
    text = re.sub(r"(Load model from .*? failed|Failed to load model with error): ?", "", text)
    text = re.sub(r"(Fatal error|This is an invalid model)[:.] ?", "", text)
    text = re.sub(
        r"Non-zero status code returned while running (\w+) node\. Name:'([^']*)' Status Message: ", r"\1 \2: ", text
    )
    text = re.sub(r"\[with [^\]]*\] ?", "", text)
    text = re.sub(r"\S*/\S+\.(cc|h):\d+ .*?(?=[A-Z][a-z]+ |$)", "", text)
    text = re.sub(r'In Node, \("([^"]*)", (\w+), .*?\) , Error ', r"\2 \1: ", text)
    return text.strip()[:200].rstrip(". ") + "."
