"""AIMET's encodings files: reading versions 0.6.1, 1.0.0 and 2.0.0, each told by the shape of its entries.

x^ = scale * (code + offset) with codes from 0. Versions 0.6.1 and 1.0.0 store that offset; 2.0.0 stores
y_zero_point = -offset for unsigned types, and for signed types -offset - 2^(bits - 1).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from qviz.encodings import IMPORTED, Setting, Stored
from qviz.errors import QvizError
from qviz.formats.blocks import block_scales, block_setting, nested
from qviz.formats.entries import EncodingsFile, EntryKind, FileEntry, Named
from qviz.formats.values import positive_scale, range_setting, short, whole
from qviz.quant.spec import MAX_BITS, FloatSpec, Granularity, Scheme, UniformSpec

BIAS_BITS = 32
SECTIONS: Mapping[str, EntryKind] = {"activation_encodings": "activation", "param_encodings": "param"}
_INTEGER = re.compile(r"(u?)int(\d{1,2})")
_FLOAT = re.compile(r"b?float\w*")

Json = Mapping[str, Any]
Reader = Callable[[str, EntryKind, Any], FileEntry]


def parse(content: object) -> EncodingsFile | None:
    """The file with this JSON content; None where it is not one of AIMET's."""
    if not isinstance(content, dict):
        return None
    if isinstance(content.get("encodings"), list):
        return _file("aimet-2.0.0", _named(content["encodings"], "activation"), _entry_2_0_0)
    found = {kind: content[key] for key, kind in SECTIONS.items() if key in content}
    if found and all(isinstance(s, list) for s in found.values()):
        named = (item for kind, section in found.items() for item in _named(section, kind))
        return _file("aimet-1.0.0", named, _entry_1_0_0)
    if found and all(isinstance(s, dict) for s in found.values()):
        named = ((name, kind, raw) for kind, section in found.items() for name, raw in section.items())
        return _file("aimet-0.6.1", named, _entry_0_6_1)
    return None


def _named(section: list[Any], kind: EntryKind) -> Iterator[tuple[str, EntryKind, Any]]:
    for raw in section:
        if not isinstance(raw, dict) or not isinstance(raw.get("name"), str):
            raise QvizError("An entry of the encodings file has no name: export the file again.")
        yield raw["name"], kind, raw


def _file(format: str, named: Iterator[tuple[str, EntryKind, Any]], read: Reader) -> EncodingsFile:
    entries: dict[str, FileEntry] = {}
    refused: list[Named] = []
    for name, kind, raw in named:
        try:
            entries[name] = read(name, kind, raw)
        except QvizError as error:
            refused.append((name, error.text))
    has_bias = any(e.kind == "bias" for e in entries.values())
    return EncodingsFile(format, tuple(entries.values()), has_bias, tuple(refused))


# --- one entry of each version ------------------------------------------------------------------------------------


def _entry_0_6_1(name: str, kind: EntryKind, raw: Any) -> FileEntry:
    channels = raw if isinstance(raw, list) else [raw]
    if not channels or not all(isinstance(c, dict) for c in channels):
        raise QvizError("The entry is empty or damaged.")
    first = channels[0]
    if str(first.get("dtype", "int")).lower() != "int":
        return _float(name, kind, first.get("bitwidth"))
    bits, symmetric = whole(first.get("bitwidth")), str(first.get("is_symmetric", False)).lower() == "true"
    if "scale" not in first:  # overrides of SNPE and QNN give a range alone
        return FileEntry(name, kind, _from_range(channels, bits, symmetric))
    scale, offset = [c.get("scale") for c in channels], [c.get("offset", 0) for c in channels]
    return _integer(name, kind, bits, symmetric, len(channels) > 1, scale, offset, None)


def _entry_1_0_0(name: str, kind: EntryKind, raw: Any) -> FileEntry:
    if str(raw.get("dtype", "INT")).upper() != "INT":
        return _float(name, kind, raw.get("bw"))
    form = raw.get("enc_type", "PER_TENSOR")
    if form not in ("PER_TENSOR", "PER_CHANNEL", "PER_BLOCK", "LPBQ"):
        raise QvizError(
            "Scales of the form {form} are not supported: use PER_TENSOR, PER_CHANNEL, PER_BLOCK or LPBQ.",
            form=short(form),
        )
    if form == "LPBQ":
        return _two_levels(name, kind, raw)
    scale = _list(raw.get("scale"))
    if form == "PER_BLOCK":
        offsets = _list(raw.get("offset", [0] * len(scale)))
        return _blocks(name, kind, whole(raw.get("bw")), raw.get("is_sym") is True, raw, scale, offsets, None)
    offset = _list(raw.get("offset", [0] * len(scale)))
    symmetric, per_channel = raw.get("is_sym") is True, form == "PER_CHANNEL"
    return _integer(name, kind, whole(raw.get("bw")), symmetric, per_channel, scale, offset, None)


def _entry_2_0_0(name: str, kind: EntryKind, raw: Any) -> FileEntry:
    dtype = str(raw.get("output_dtype", ""))
    if _FLOAT.fullmatch(dtype):
        return _float(name, kind, 16 if dtype == "float16" else 32)
    integer = _INTEGER.fullmatch(dtype)
    if integer is None:
        raise QvizError("The type {dtype} is not supported: use an integer type.", dtype=short(dtype) or "(none)")
    if "per_block_int_scale" in raw:
        product = nested(raw["per_block_int_scale"]), nested(raw.get("per_channel_float_scale"))
        raw = {**raw, "y_scale": block_scales(*product).tolist()}
    if raw.get("block_size") or any(isinstance(s, list) for s in _list(raw.get("y_scale"))):
        return _blocks_2_0_0(name, kind, integer, raw)
    bits, per_channel = int(integer[2]), isinstance(raw.get("y_scale"), list)
    scale = _list(raw.get("y_scale"))
    zero = [whole(z) for z in _list(raw.get("y_zero_point") or [0] * len(scale))]
    symmetric = not integer[1] and not any(zero)
    middle = 0 if integer[1] else 2 ** max(bits - 1, 0)
    axis = raw.get("axis") if isinstance(raw.get("axis"), int) else None
    return _integer(name, kind, bits, symmetric, per_channel, scale, [-z - middle for z in zero], axis)


def _float(name: str, kind: EntryKind, bits: object) -> FileEntry:
    """float16 is a form of its own; wider floats are no quantization."""
    if bits == 16:
        return FileEntry(name, kind, Setting(spec=FloatSpec(), source=IMPORTED))
    return FileEntry(name, kind, Setting(enabled=False, source=IMPORTED))


def _two_levels(name: str, kind: EntryKind, raw: Any) -> FileEntry:
    """LPBQ: the scale of a block is a whole number times the scale of its channel; `bw` is that of their product.

    Channels come first here, whatever the weight's rank, so the entry says axis 0.
    """
    whole_scale, channels = np.array(_list(raw.get("per_block_int_scale")), object), _list(raw.get("scale"))
    if whole_scale.ndim != 1 or not channels or len(whole_scale) % len(channels):
        raise QvizError("The scales of blocks and channels do not fit each other.")
    scale = block_scales(whole_scale.reshape(len(channels), -1), np.array(channels, object).reshape(-1, 1)).reshape(-1)
    bits = whole(raw.get("compressed_bw"))
    middle = 2 ** max(bits - 1, 0) if bits <= MAX_BITS else 0
    return _blocks(name, kind, bits, True, raw, scale.tolist(), [-middle] * len(scale), 0)


def _blocks_2_0_0(name: str, kind: EntryKind, integer: re.Match[str], raw: Any) -> FileEntry:
    """Scales have the weight's rank, with as many as there are blocks along `axis`, and one over a kernel."""
    scale, along = nested(raw.get("y_scale")), whole(raw.get("axis"))
    zero = nested(raw["y_zero_point"]) if raw.get("y_zero_point") else np.zeros(scale.shape, object)
    out = 0 if along == 1 else along + 1
    if zero.shape != scale.shape or not 0 <= along < scale.ndim or out >= scale.ndim:
        raise QvizError("The scales and zero points of the blocks do not fit each other.")
    rows = [np.moveaxis(a, (out, along), (0, 1)).reshape(-1).tolist() for a in (scale, zero)]
    bits, unsigned = int(integer[2]), bool(integer[1])
    middle = 0 if unsigned else 2 ** max(bits - 1, 0)
    offsets = [-whole(z) - middle for z in rows[1]]
    symmetric = not unsigned and not any(map(whole, rows[1]))
    return _blocks(name, kind, bits, symmetric, raw, rows[0], offsets, out)


def _blocks(
    name: str,
    kind: EntryKind,
    bits: int,
    symmetric: bool,
    raw: Any,
    scale: list[Any],
    offset: list[Any],
    axis: int | None,
) -> FileEntry:
    spec = UniformSpec(bits, granularity=Granularity.PER_BLOCK, block=whole(raw.get("block_size")))
    setting = block_setting(spec, scale, offset)
    assert setting.stored is not None
    spec = replace(spec, scheme=_scheme(bits, symmetric, setting.stored.offset))
    return FileEntry(name, kind, block_setting(spec, scale, offset), axis)


def _integer(
    name: str,
    kind: EntryKind,
    bits: int,
    symmetric: bool,
    per_channel: bool,
    scale: list[Any],
    offset: list[Any],
    axis: int | None,
) -> FileEntry:
    scales, offsets = tuple(positive_scale(s) for s in scale), tuple(whole(o) for o in offset)
    if not scales or len(scales) != len(offsets):
        raise QvizError(
            "The entry has {scales} scales and {offsets} offsets.", scales=len(scales), offsets=len(offsets)
        )
    stored = Stored(scales, offsets)
    if bits == BIAS_BITS:
        return FileEntry(name, "bias", Setting(stored=stored, source=IMPORTED), axis)
    granularity = Granularity.PER_CHANNEL if per_channel else Granularity.PER_TENSOR
    spec = UniformSpec(bits, granularity=granularity)
    spec = replace(spec, scheme=_scheme(bits, symmetric, offsets))
    if not per_channel and len(scales) > 1:
        raise QvizError("The entry has {scales} scales for one tensor.", scales=len(scales))
    if not all(-spec.steps <= o <= 0 for o in offsets):
        raise QvizError("The offset of {bits} bits must lie from {low} to 0.", bits=bits, low=-spec.steps)
    return FileEntry(name, kind, Setting(spec=spec, stored=stored, source=IMPORTED), axis)


def _scheme(bits: int, symmetric: bool, offsets: tuple[int, ...]) -> Scheme:
    if not symmetric:
        return Scheme.ASYMMETRIC
    half = 2 ** (bits - 1)
    known = {-half: Scheme.SYMMETRIC, 1 - half: Scheme.SYMMETRIC_STRICT, 0: Scheme.SYMMETRIC_UNSIGNED}
    if len(set(offsets)) > 1 or offsets[0] not in known:
        raise QvizError(
            "A symmetric entry of {bits} bits cannot have this offset: {offset}.", bits=bits, offset=offsets[0]
        )
    return known[offsets[0]]


def _from_range(channels: list[Json], bits: int, symmetric: bool) -> Setting:
    granularity = Granularity.PER_CHANNEL if len(channels) > 1 else Granularity.PER_TENSOR
    spec = UniformSpec(bits, Scheme.SYMMETRIC if symmetric else Scheme.ASYMMETRIC, granularity)
    return range_setting([c.get("min") for c in channels], [c.get("max") for c in channels], spec)


# --- values -------------------------------------------------------------------------------------------------------


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
