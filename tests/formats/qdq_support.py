"""Exported QDQ models beside the simulation that they come from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import onnx
import onnxruntime as ort
from onnx import helper

from qviz.data.loading import open_data
from qviz.data.options import DataOptions, Preprocess
from qviz.encodings import Encodings
from qviz.formats.qdq import qdq_model
from qviz.paths import sample
from qviz.session import Session
from qviz.sim.applied import apply_encodings
from qviz.sim.client import LocalClient
from qviz.sim.engine import Engine
from tests.graph.support import save, shared

CAFFE = Preprocess(size=(224, 224), layout="nchw", color="bgr", mean=(104.0, 117.0, 123.0))
REAL = {
    "resnet20": ("cifar10/resnet20.onnx", "cifar10/resnet20_input_500.npz"),
    "tinymobilenet": ("cifar10/tinymobilenet.onnx", "cifar10/tinymobilenet_input_500.npz"),
    "mnist_cntk": ("mnist/mnist_cntk.onnx", "mnist/mnist_cntk_input_2000.npz"),
    "vgg11": ("cifar10/vgg11.onnx", "cifar10/vgg11_test_2000.npz"),
    "squeezenet_fp16": ("imagenet/squeezenet_fp16.onnx", "imagenet/folder_100"),
}
SAMPLES = ("digits_cnn", "digits_mobile")
DIGITS = DataOptions(source=str(sample("digits_eval.npz")), limit=60)
OpenSession = Callable[..., Session]
NONE: Mapping[str, str] = MappingProxyType({})
BATCH = 20  # samples that run together


@dataclass(frozen=True)
class Case:
    """A model with data and calibrated encodings."""

    session: Session
    options: DataOptions

    @property
    def engine(self) -> Engine:
        assert isinstance(self.session._client, LocalClient)
        return self.session._client.engine

    @property
    def encodings(self) -> Encodings:
        return self.session.committed

    def feeds(self) -> list[dict[str, np.ndarray]]:
        """The samples, BATCH by BATCH, as the simulation is fed."""
        data, size = open_data(self.options, self.engine.graph), BATCH if self.engine.graph.batch_free else 1
        order = range(len(data))
        return [data.feed(list(order[i : i + size])) for i in range(0, len(data), size)]

    def simulated(self, feed: Mapping[str, np.ndarray], tensors: list[str] | None = None) -> dict[str, np.ndarray]:
        """Values of the simulation: of the model's outputs, or of the cut tensors named."""
        executor = self.engine._executor_for(self.encodings)
        wanted = tensors if tensors is not None else [p.name for p in self.engine.graph.outputs]
        return executor.run(feed, None, wanted, executor.program(apply_encodings(self.engine.graph, self.encodings)))

    def exported(self) -> onnx.ModelProto:
        """The exported model, its first dimension freed where the simulation's is: samples run together."""
        proto = qdq_model(self.engine.model, self.encodings)
        if self.engine.graph.batch_free:
            for info in (*proto.graph.input, *proto.graph.output):
                info.type.tensor_type.shape.dim[0].dim_param = "N"
        return proto


def open_case(name: str, samples: int, param_bits: int = 8, act_bits: int = 8, target: str | None = None) -> Case:
    """A sample network, or a real one; skips where it is not there. `target` decides the forms instead of bits."""
    if name in SAMPLES:
        model, data = str(sample(f"{name}.onnx")), str(sample("digits_eval.npz"))
    else:
        model, data = map(shared, REAL[name])
    preprocess = CAFFE if name == "squeezenet_fp16" else Preprocess()
    options = DataOptions(source=data, limit=samples, preprocess=preprocess)
    session = Session.open(model, options, calibration_samples=64)
    if target is not None:
        session.set_target(target)
    session.calibrate("minmax", param_bits=param_bits, act_bits=act_bits)
    return Case(session, options)


def session_of(proto: onnx.ModelProto, optimize: bool, settings: Mapping[str, str] = NONE) -> ort.InferenceSession:
    """`settings`: session options by name, for models that plain ONNX Runtime does not run as they say."""
    options = ort.SessionOptions()
    for key, value in settings.items():
        options.add_session_config_entry(key, value)
    options.intra_op_num_threads, options.log_severity_level = 1, 4
    if not optimize:
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    return ort.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])


def run(session: ort.InferenceSession, feed: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    types = {i.name: np.float16 if i.type == "tensor(float16)" else None for i in session.get_inputs()}
    given = {n: a if types[n] is None else a.astype(types[n]) for n, a in feed.items() if n in types}
    names = [o.name for o in session.get_outputs()]
    return dict(zip(names, session.run(names, given), strict=True))


def cut(proto: onnx.ModelProto, tensors: set[str]) -> tuple[onnx.ModelProto, dict[str, str]]:
    """`proto` cut behind each of `tensors`: readers read a new input `<tensor>@in`, and what they read is an output.

    Returns the cut model and, for each tensor, the name of its output.
    """
    made = {o for n in proto.graph.node for o in n.output} | {i.name for i in proto.graph.input}
    read = {t: next(c for c in (f"{t}_dequantized", f"{t}_float32", t) if c in made) for t in tensors}
    pieces = onnx.ModelProto()
    pieces.CopyFrom(proto)
    fresh = {source: f"{t}@in" for t, source in read.items()}
    for node in pieces.graph.node:
        node.input[:] = [fresh.get(i, i) for i in node.input]
    empty, known = onnx.helper.make_empty_tensor_value_info, {i.name for i in proto.graph.input}
    float_info = lambda n: onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, None)  # noqa: E731
    pieces.graph.input.extend(float_info(n) for n in fresh.values())
    del pieces.graph.output[:]
    pieces.graph.output.extend(empty(n) for n in dict.fromkeys(read.values()) if n not in known)
    return pieces, {t: n for t, n in read.items() if n not in known}


@dataclass
class Part:
    """How much of a tensor is equal, and the largest difference in steps."""

    equal: int = 0
    total: int = 0
    steps: int = 0


def equal_parts(case: Case, proto: onnx.ModelProto, feeds: list[dict[str, np.ndarray]]) -> dict[str, Part]:
    """Each quantized activation of the exported model, fed the simulation's own inputs, against the simulation."""
    executor = case.engine._executor_for(case.encodings)
    tensors = sorted(executor.plan.cuts)
    pieces, named = cut(proto, {t for t in tensors if case.engine.graph.tensors[t].is_float})
    session, quantized = session_of(pieces, optimize=False), apply_encodings(case.engine.graph, case.encodings)
    parts = {t: Part() for t in quantized.activations}
    for feed in feeds:
        expected = case.simulated(feed, tensors)
        got = run(session, feed | {f"{t}@in": v for t, v in expected.items()})
        for tensor, encoding in quantized.activations.items():
            ours, theirs, part = expected[tensor], got[named[tensor]], parts[tensor]
            part.equal, part.total = part.equal + int((ours == theirs).sum()), part.total + ours.size
            part.steps = max(part.steps, round(float(np.abs(ours - theirs).max() / encoding.scale[0])))
    return parts


def agreement(
    case: Case,
    proto: onnx.ModelProto,
    feeds: list[dict[str, np.ndarray]],
    settings: Mapping[str, str] = NONE,
) -> tuple[float, float]:
    """Part of predictions that plain ONNX Runtime shares with the simulation, and SQNR of the outputs in dB."""
    session = session_of(proto, True, settings)
    (name,) = [p.name for p in case.engine.graph.outputs]
    expected = np.concatenate([case.simulated(f)[name] for f in feeds]).astype(np.float64)
    got = np.concatenate([run(session, f)[name] for f in feeds]).astype(np.float64)
    expected, got = (a.reshape(len(a), -1) for a in (expected, got))
    noise = ((got - expected) ** 2).sum()
    sqnr = np.inf if noise == 0 else 10 * np.log10((expected**2).sum() / noise)
    return float((got.argmax(1) == expected.argmax(1)).mean()), float(sqnr)


def opset(proto: onnx.ModelProto) -> int:
    return next(o.version for o in proto.opset_import if o.domain == "")


def two_branches(path: Path) -> str:
    """x -> two convolutions -> Concat -> convolution; opset 9, batch free."""
    rng = np.random.default_rng(0)
    weights = {n: rng.normal(0, 0.3, s).astype(np.float32) for n, s in {"a": (4, 3, 1, 1), "b": (4, 3, 1, 1)}.items()}
    nodes = [
        helper.make_node("Conv", ["x", "a"], ["left"]),
        helper.make_node("Conv", ["x", "b"], ["right"]),
        helper.make_node("Concat", ["left", "right"], ["both"], axis=1),
        helper.make_node("Conv", ["both", "c"], ["flat"]),
        helper.make_node("Softmax", ["flat"], ["y"], axis=1),
    ]
    weights["c"] = rng.normal(0, 0.3, (5, 8, 1, 1)).astype(np.float32)
    return save(path, nodes, {"x": ("N", 3, 4, 4)}, {"y": ("N", 5, 4, 4)}, weights, opset=9)
