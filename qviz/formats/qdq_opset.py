"""Raising a model to the opset that its QuantizeLinear needs, its meaning unchanged."""

from pathlib import Path

import numpy as np
import onnx
from onnx import version_converter

from qviz.data.options import DataOptions
from qviz.data.random_inputs import open_random
from qviz.errors import QvizError
from qviz.graph.draft import Array, Draft, draft_of, proto_of
from qviz.graph.model import Model
from qviz.graph.runtime import RuntimeErrors, plain_reason, run, session_of

SMALL = 1024  # elements: constants that a conversion may want to see, such as axes
IR_OF_OPSET = {13: 7, 19: 9, 21: 10}
TOLERANCE = 1e-4  # of an output's largest value; another meaning is off by far more


def draft_at(model: Model, opset: int) -> Draft:
    """The model as simulated, with constants, at `opset` or its own where that is newer.

    Raises QvizError where ONNX cannot convert it, or where what comes out gives other values on a random sample.
    """
    draft = draft_of(model.proto)
    draft.constants = dict(model.constants)
    draft.ir_version = max(draft.ir_version, IR_OF_OPSET[opset])
    if draft.opsets.get("", 1) >= opset:
        return draft
    raised = _converted(draft, opset, Path(model.path).name)
    _check_same(model, draft, raised)
    return raised


def _converted(draft: Draft, opset: int, name: str) -> Draft:
    """`draft` at a newer opset. Large constants stand aside as inputs meanwhile."""
    proto = proto_of(draft, {n: a for n, a in draft.constants.items() if a.size <= SMALL})
    large = {n: a for n, a in draft.constants.items() if a.size > SMALL}
    for constant, array in large.items():
        kind = onnx.helper.np_dtype_to_tensor_dtype(array.dtype)
        proto.graph.input.append(onnx.helper.make_tensor_value_info(constant, kind, array.shape))
    try:
        raised = draft_of(version_converter.convert_version(proto, opset))
    except (RuntimeError, ValueError) as error:
        raise QvizError(
            "{name} cannot be raised to opset {opset}, which this quantization needs: {reason} "
            "Export the float model with a newer opset.",
            name=name,
            opset=opset,
            reason=plain_reason(error),
        ) from error
    raised.inputs, raised.outputs = draft.inputs, draft.outputs
    raised.constants |= large
    raised.opsets = draft.opsets | {"": opset}
    raised.ir_version = draft.ir_version
    return raised


def _check_same(model: Model, before: Draft, after: Draft) -> None:
    feed = open_random(DataOptions(random=1), model.graph).feed([0])
    try:
        expected = run(session_of(proto_of(before, before.constants)), feed)
    except RuntimeErrors:
        return  # it does not run on random values: there is nothing to compare
    try:
        got = run(session_of(proto_of(after, after.constants)), feed)
    except RuntimeErrors as error:
        raise _changed(model, after, plain_reason(error)) from error
    for name, value in expected.items():
        if not _close(got[name], value):
            raise _changed(model, after, f"output {name} differs.")


def _changed(model: Model, after: Draft, reason: str) -> QvizError:
    return QvizError(
        "{name} means something else at opset {opset}, which this quantization needs: {reason} "
        "Export the float model with a newer opset.",
        name=Path(model.path).name,
        opset=after.opsets[""],
        reason=reason,
    )


def _close(got: Array, expected: Array) -> bool:
    if got.shape != expected.shape or got.dtype != expected.dtype:
        return False
    if got.dtype.kind != "f":
        return bool((got == expected).all())
    scale = np.abs(expected[np.isfinite(expected)]).max(initial=0.0)
    return bool(np.allclose(got, expected, rtol=TOLERANCE, atol=TOLERANCE * scale, equal_nan=True))
