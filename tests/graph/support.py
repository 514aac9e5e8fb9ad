"""What the tests of the loader share: the real models where they are, and running a model the plain way."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

from qviz.graph.graph import Port
from qviz.graph.model import Model

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def shared(name: str) -> str:
    """Path of a real model; the test is skipped where there is none."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{name} is not there (real models live outside the project)")
    return str(path)


def run(proto: onnx.ModelProto, feed: Mapping[str, np.ndarray], fuse: bool = True) -> dict[str, np.ndarray]:
    """Outputs by name; `fuse` lets ONNX Runtime choose integer kernels for QDQ models."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    if not fuse:
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [o.name for o in session.get_outputs()]
    return dict(zip(names, session.run(names, dict(feed)), strict=True))


def whole(model: Model) -> onnx.ModelProto:
    """`model.proto` with its constants back in place."""
    proto = onnx.ModelProto()
    proto.CopyFrom(model.proto)
    proto.graph.initializer.extend(numpy_helper.from_array(a, n) for n, a in model.constants.items())
    return proto


def random_feed(model: Model, samples: int = 2, free: int = 1, seed: int = 0) -> dict[str, np.ndarray]:
    """Random inputs, `samples` on the batch axis where that is free, `free` for other free dimensions."""
    rng = np.random.default_rng(seed)

    def draw(port: Port) -> np.ndarray:
        batch = samples if model.graph.batch_free else 1
        shape = tuple(
            batch if a == port.batch_axis else d if isinstance(d, int) else free for a, d in enumerate(port.shape)
        )
        dtype = np.dtype(port.dtype)
        if dtype.kind == "f":
            return rng.standard_normal(shape).astype(dtype)
        return rng.integers(0, port.index_limit or 2, shape).astype(dtype)

    return {p.name: draw(p) for p in model.graph.inputs}


def assert_same_function(model: Model, feed: Mapping[str, np.ndarray], tolerance: float = 1e-4) -> None:
    """The model as simulated gives what the reference gives, relative to each output's largest value."""
    reference = run(model.reference.whole(), feed)
    plain = {n: a.astype(np.float32) if a.dtype == np.float16 else a for n, a in feed.items()}
    simulated = run(whole(model), plain)
    assert simulated.keys() == reference.keys()
    for name, expected in reference.items():
        got = simulated[name]
        assert got.shape == expected.shape, name
        if expected.dtype.kind != "f":
            assert (got == expected).all(), name
            continue
        scale = np.abs(expected[np.isfinite(expected)].astype(np.float64)).max(initial=1e-9)
        np.testing.assert_allclose(
            got.astype(np.float64), expected, rtol=tolerance, atol=tolerance * scale, err_msg=name
        )


def save(
    path: Path,
    nodes: list[onnx.NodeProto],
    inputs: Mapping[str, tuple],
    outputs: Mapping[str, tuple | None],
    constants: Mapping[str, np.ndarray] | None = None,
    opset: int = 17,
    **more: object,
) -> str:
    """Write a small float32 model; an input's shape may start with its element type. Returns the path."""

    def info(name: str, shape: tuple | None) -> onnx.ValueInfoProto:
        if shape and isinstance(shape[0], np.dtype):
            return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(shape[0]), shape[1:])
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    graph = helper.make_graph(
        nodes,
        "small",
        [info(n, s) for n, s in inputs.items()],
        [info(n, s) for n, s in outputs.items()],
        [numpy_helper.from_array(a, n) for n, a in (constants or {}).items()],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8, **more)
    onnx.save(proto, str(path))
    return str(path)
