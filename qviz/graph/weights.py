"""A model with its large weights beside it, each once in memory whoever runs it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, external_data_helper, numpy_helper

from qviz.graph.draft import Array, Draft, draft_of, proto_of
from qviz.graph.runtime import session_of

LARGE = 1 << 14  # bytes; what is smaller stays in the model, where shape inference sees it


@dataclass(frozen=True, eq=False)
class Weighted:
    """`proto` names its large weights without their bytes; `weights` holds those by name."""

    proto: onnx.ModelProto
    weights: Mapping[str, Array] = field(default_factory=dict)

    @cached_property
    def session(self) -> ort.InferenceSession:
        """A session of one thread, for checks. Raises one of RuntimeErrors where ONNX Runtime refuses the model."""
        return session_of(self.proto, self.weights)

    def draft(self) -> Draft:
        """A draft that shares the weights."""
        return draft_of(self.proto, self.weights)

    def whole(self) -> onnx.ModelProto:
        """A copy of the model with every weight in place."""
        proto = onnx.ModelProto()
        proto.CopyFrom(self.proto)
        for tensor in proto.graph.initializer:
            if tensor.name in self.weights:
                tensor.CopyFrom(numpy_helper.from_array(self.weights[tensor.name], tensor.name))
        return proto


def weighted(draft: Draft, constants: Mapping[str, Array] | None = None) -> Weighted:
    """`draft` as a model with `constants` (by default its own), sharing the large ones."""
    given = draft.constants if constants is None else constants
    large = {n: a for n, a in given.items() if _is_shared(a.nbytes, a.dtype)}
    proto = proto_of(draft, {n: a for n, a in given.items() if n not in large})
    proto.graph.initializer.extend(_stub(n, a) for n, a in large.items())
    return Weighted(proto, large)


def take_weights(proto: onnx.ModelProto, folder: Path) -> Weighted:
    """The large weights taken out of `proto`, which is used up; external data is read from files in `folder`.

    Raises OSError, ValueError or onnx.checker.ValidationError where external data is missing, short or outside
    `folder`, or where a weight holds more or less than its shape says.
    """
    weights: dict[str, Array] = {}
    for tensor in proto.graph.initializer:
        array = _taken(tensor, folder)
        if array is not None:
            weights[tensor.name] = array
            tensor.CopyFrom(_stub(tensor.name, array))
    for tensor in external_data_helper._get_all_tensors(proto):
        if external_data_helper.uses_external_data(tensor) and tensor.name not in weights:
            external_data_helper.load_external_data_for_tensor(tensor, str(folder))
    return Weighted(_without_slack(proto) if weights else proto, weights)


def _taken(tensor: TensorProto, folder: Path) -> Array | None:
    """The values of a weight that is to be held beside the model; None where it stays there."""
    if tensor.data_type not in onnx.helper.get_all_tensor_dtypes():
        return None  # ONNX Runtime says what is wrong with it
    dtype = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type))
    if not _is_shared(math.prod(tensor.dims) * dtype.itemsize, dtype):
        return None
    if external_data_helper.uses_external_data(tensor):
        return _read(tensor, dtype, folder)
    return numpy_helper.to_array(tensor)


def _read(tensor: TensorProto, dtype: np.dtype[Any], folder: Path) -> Array:
    """External data straight into their array; a file elsewhere, or a link, is refused as onnx does."""
    info = external_data_helper.ExternalDataInfo(tensor)
    path, count, offset = folder / info.location, math.prod(tensor.dims), info.offset or 0
    if path.is_symlink() or not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"{info.location} is not in the folder of the model")
    needed = count * dtype.itemsize
    held = min(path.stat().st_size - offset, needed if info.length is None else info.length)
    if held != needed or info.length not in (None, needed):
        raise ValueError(f"{info.location} holds {max(held, 0)} bytes of {tensor.name}, which takes {needed}")
    return np.fromfile(path, dtype, count, offset=offset).reshape(tensor.dims)


def _is_shared(size: int, dtype: np.dtype[Any]) -> bool:
    """Whether ONNX Runtime takes an array as it is: large, and of a type that numpy has itself."""
    return size >= LARGE and dtype.isbuiltin == 1 and dtype.kind in "fiub"


def _stub(name: str, array: Array) -> TensorProto:
    """An initializer whose bytes are handed over beside the model."""
    kind = onnx.helper.np_dtype_to_tensor_dtype(array.dtype)
    stub = TensorProto(name=name, dims=array.shape, data_type=kind, data_location=TensorProto.EXTERNAL)
    stub.external_data.add(key="location", value="memory")
    return stub


def _without_slack(proto: onnx.ModelProto) -> onnx.ModelProto:
    """A copy that does not hold on to the memory of what was taken out."""
    return onnx.ModelProto.FromString(proto.SerializeToString())
