"""QDQ models: the float model as simulated, with QuantizeLinear and DequantizeLinear at every quantized tensor.

Written by the engine, which holds the weights. Run by plain ONNX Runtime, such a model gives the simulation's numbers:
both quantize by ONNX's rule, and a bias is int32 here exactly where the simulation has it so.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import onnx
from onnx import TensorProto

from qviz import __version__
from qviz.encodings import Encodings
from qviz.errors import QvizError
from qviz.formats.qdq_codes import PLAIN_OPSET
from qviz.formats.qdq_forms import opset_of
from qviz.formats.qdq_gaps import signed_codes
from qviz.formats.qdq_insert import Inserter
from qviz.formats.qdq_opset import draft_at
from qviz.formats.qdq_types import restore_shapes, restore_types
from qviz.graph import operators
from qviz.graph.draft import Draft, proto_of
from qviz.graph.graph import Graph
from qviz.graph.model import Model
from qviz.graph.quantizers import place_any
from qviz.quant.grid import Grid
from qviz.sim.applied import Applied, apply_encodings

EXTERNAL_ABOVE = 3 << 29  # bytes: 1.5 GB; a protobuf file ends at 2 GB
PADS = frozenset(("Pad", "Col2Im"))  # their new elements need not lie on the grid


def write_qdq(model: Model, encodings: Encodings, path: str | Path, external_above: int = EXTERNAL_ABOVE) -> None:
    """Write `qdq_model(model, encodings)`; weights beyond `external_above` bytes in all go into `<path>.data`.

    Raises QvizError as that does, where the place cannot be written, and where it is the model itself.
    """
    target = Path(path).resolve()
    if target == Path(model.path).resolve():
        raise QvizError("{path} is the float model itself: choose another name.", path=str(path))
    proto = qdq_model(model, encodings)
    external = sum(len(t.raw_data) for t in proto.graph.initializer) > external_above
    try:
        with TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as folder:
            part, data = Path(folder, "model.onnx"), Path(folder, f"{target.name}.data")
            if external:
                onnx.save(proto, str(part), save_as_external_data=True, location=data.name, size_threshold=1 << 10)
            else:
                part.write_bytes(proto.SerializeToString())
            if data.exists():
                os.replace(data, target.with_name(data.name))
            os.replace(part, target)
    except OSError as error:
        raise QvizError("{path} cannot be written: {reason}.", path=str(path), reason=error.strerror) from error


def qdq_model(model: Model, encodings: Encodings) -> onnx.ModelProto:
    """The model as simulated under `encodings`, its inputs and outputs as the model given declares them.

    The opset is raised to 13, or to 21 for 4 and 9 to 16 bits, where it is older. Raises QvizError where a range
    excludes zero or the model cannot be raised.
    """
    applied = apply_encodings(model.graph, encodings)
    signed = signed_codes(encodings.target)
    draft = draft_at(model, _opset(applied, signed))
    initializers = _insert(draft, model, applied, signed)
    restore_types(draft, model.graph.inputs, model.graph.outputs)
    restore_shapes(draft, model.declared)
    proto = proto_of(draft, draft.constants)
    proto.graph.initializer.extend(initializers)
    proto.producer_name, proto.producer_version = "qviz", __version__
    proto.metadata_props.extend(model.reference.proto.metadata_props)
    return proto


def _opset(applied: Applied, signed: bool) -> int:
    opsets = [opset_of(g, False, signed) for g in applied.activations.values()]
    opsets += [opset_of(g, True, signed) for g in applied.constants.values()]
    return max(opsets, default=PLAIN_OPSET)


def _insert(draft: Draft, model: Model, applied: Applied, signed: bool) -> list[TensorProto]:
    inserter = Inserter(draft, signed)
    for name, grid in applied.constants.items():
        inserter.constant(name, grid, place_any(model.graph, name).axis)
    for name, rule in applied.biases.items():
        inserter.bias(name, rule)
    inserter.activations({**_joined(model.graph, applied), **applied.activations})
    return inserter.initializers


def _joined(graph: Graph, applied: Applied) -> dict[str, Grid]:
    """Outputs of Concats whose inputs all lie on one grid.

    A pair there changes no value, but without it ONNX Runtime would run what reads them in float.
    """
    grids, joined = dict(applied.activations), {}
    for node in graph.nodes:
        if node.domain or not node.outputs or node.outputs[0] in grids:
            continue
        if node.op == operators.JOINS and (grid := _common(node.inputs, grids)) is not None:
            joined[node.outputs[0]] = grid
        elif operators.moves_data(node) and node.op not in PADS and node.inputs[0] in grids:
            grid = grids[node.inputs[0]]
        else:
            continue
        grids[node.outputs[0]] = grid
    return joined


def _common(tensors: Sequence[str], grids: Mapping[str, Grid]) -> Grid | None:
    found = [grids.get(t) for t in tensors]
    return found[0] if all(g == found[0] for g in found) else None
