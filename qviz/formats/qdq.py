"""QDQ models: the float model as simulated, with QuantizeLinear and DequantizeLinear at every quantized tensor.

Written by the engine, which holds the weights. Run by plain ONNX Runtime, such a model gives the simulation's numbers:
both quantize by ONNX's rule, and a bias is int32 here exactly where the simulation has it so.
"""

import os
from pathlib import Path

import onnx
from onnx import TensorProto

from qviz import __version__
from qviz.encodings import Encodings
from qviz.errors import QvizError
from qviz.formats.qdq_codes import PLAIN_OPSET, container_of
from qviz.formats.qdq_insert import Inserter
from qviz.formats.qdq_opset import draft_at
from qviz.formats.qdq_types import restore_types
from qviz.graph.draft import Draft, proto_of
from qviz.graph.model import Model
from qviz.graph.quantizers import place_any
from qviz.sim.applied import Applied, apply_encodings

EXTERNAL_ABOVE = 3 << 29  # bytes: 1.5 GB; a protobuf file ends at 2 GB


def write_qdq(model: Model, encodings: Encodings, path: str | Path, external_above: int = EXTERNAL_ABOVE) -> None:
    """Write `qdq_model(model, encodings)`; weights beyond `external_above` bytes in all go into `<path>.data`.

    Raises QvizError as that does, and where the place cannot be written.
    """
    proto = qdq_model(model, encodings)
    target = Path(path).resolve()
    data = target.with_name(f"{target.name}.data")
    size = sum(len(t.raw_data) for t in proto.graph.initializer)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        if size > external_above:
            data.unlink(missing_ok=True)  # onnx appends to what is there
            onnx.save(proto, str(part), save_as_external_data=True, location=data.name, size_threshold=1 << 10)
        else:
            part.write_bytes(proto.SerializeToString())
        os.replace(part, target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise QvizError("{path} cannot be written: {reason}.", path=str(path), reason=error.strerror) from error


def qdq_model(model: Model, encodings: Encodings) -> onnx.ModelProto:
    """The model as simulated under `encodings`, inputs and outputs named and typed as in the model given.

    The opset is raised to 13, or to 21 for 4 and 9 to 16 bits, where it is older. Raises QvizError where a range
    excludes zero or the model cannot be raised.
    """
    applied = apply_encodings(model.graph, encodings)
    draft = draft_at(model, _opset(applied))
    initializers = _insert(draft, model, applied)
    restore_types(draft, model.graph.inputs, model.graph.outputs)
    proto = proto_of(draft, draft.constants)
    proto.graph.initializer.extend(initializers)
    proto.producer_name, proto.producer_version = "qviz", __version__
    proto.metadata_props.extend(model.reference.metadata_props)
    return proto


def _opset(applied: Applied) -> int:
    containers = [container_of(e) for e in applied.activations.values()]
    containers += [container_of(e, constant=True) for e in applied.constants.values()]
    return max((c.opset for c in containers), default=PLAIN_OPSET)


def _insert(draft: Draft, model: Model, applied: Applied) -> list[TensorProto]:
    inserter = Inserter(draft)
    for name, encoding in applied.constants.items():
        inserter.constant(name, encoding, place_any(model.graph, name).axis)
    for name, rule in applied.biases.items():
        inserter.bias(name, rule)
    inserter.activations(dict(applied.activations))
    return inserter.initializers
