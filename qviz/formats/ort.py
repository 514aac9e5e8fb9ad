"""ONNX Runtime's TensorQuantOverrides: `{tensor: [{scale, zero_point} | {rmin, rmax}, ...]}`, one dict a channel.

Per channel, the first dict has the `axis`. `quant_type` is the name of a QuantType; where it is left out, activations
are QUInt8 and weights QInt8, the defaults of ONNX Runtime's own runner. That runner reads scale and zero point only.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from qviz.encodings import Setting
from qviz.errors import QvizError, Text
from qviz.formats.entries import EncodingsFile, FileEntry, Named
from qviz.formats.source import Item, Source, refuse
from qviz.formats.unsaid import bias_unsaid, gathered, left_in_float, naming, one_code_more, without_quantizer
from qviz.formats.values import positive_scale, range_setting, short, stored_setting, whole
from qviz.quant.spec import Granularity, Scheme, UniformSpec

BITS = (4, 8, 16)
_TYPE = re.compile(r"(?:QuantType\.)?Q(U?)Int(\d+)")
_KEYS = ("scale", "rmin", "quant_type", "axis")

Channels = list[Mapping[str, Any]]


def parse(content: object) -> EncodingsFile | None:
    """The file with this JSON content; None where it is not one."""
    if not isinstance(content, dict) or not content or not all(_is_entry(v) for v in content.values()):
        return None
    entries: list[FileEntry] = []
    refused: list[Named] = []
    for name, channels in content.items():
        try:
            entries.append(_entry(name, channels))
        except QvizError as error:
            refused.append((name, error.text))
    return EncodingsFile("ort-overrides", tuple(entries), None, tuple(refused))


def _is_entry(value: Any) -> bool:
    are_dicts = isinstance(value, list) and bool(value) and all(isinstance(c, dict) for c in value)
    return are_dicts and any(key in value[0] for key in _KEYS)


def _entry(name: str, channels: Channels) -> FileEntry:
    """Without a type, the entry means another thing on a weight than on an activation: it holds both."""
    axis = channels[0].get("axis")
    if axis is not None and (isinstance(axis, bool) or not isinstance(axis, int)):
        raise QvizError("The axis must be a whole number, not {axis}.", axis=short(axis))
    if "quant_type" in channels[0]:
        setting = _setting(channels, *_type(channels[0]["quant_type"]))
        return FileEntry(name, "activation", setting, axis)
    as_weight, as_activation = _possible(channels, signed=True), _possible(channels, signed=False)
    if as_weight is None or (as_activation is not None and axis is None):
        setting = as_activation or _setting(channels, signed=True, bits=8)  # which says why it cannot be
        return FileEntry(name, "activation", setting, axis, of_weight=as_weight)
    return FileEntry(name, "activation", as_weight, axis)


def _possible(channels: Channels, signed: bool) -> Setting | None:
    """The setting with 8 bits; None where this type cannot hold the zero point."""
    try:
        return _setting(channels, signed, bits=8)
    except QvizError:
        return None


def _type(name: object) -> tuple[bool, int]:
    match = _TYPE.fullmatch(str(name))
    if match is None or int(match[2]) not in BITS:
        raise QvizError("The type {type} is not supported: use QInt or QUInt of 4, 8 or 16.", type=short(name))
    return not match[1], int(match[2])


def _setting(channels: Channels, signed: bool, bits: int) -> Setting:
    per_channel = "axis" in channels[0]
    granularity = Granularity.PER_CHANNEL if per_channel else Granularity.PER_TENSOR
    middle = 2 ** (bits - 1)
    if "scale" not in channels[0]:
        symmetric = channels[0].get("symmetric", signed) is True
        spec = UniformSpec(bits, Scheme.SYMMETRIC if symmetric else Scheme.ASYMMETRIC, granularity)
        return range_setting([c.get("rmin") for c in channels], [c.get("rmax") for c in channels], spec)
    zero = [whole(_first(c.get("zero_point"))) + (middle if signed else 0) for c in channels]
    scheme = Scheme.SYMMETRIC if all(z == middle for z in zero) else Scheme.ASYMMETRIC
    scales = [positive_scale(_first(c.get("scale"))) for c in channels]
    return stored_setting(UniformSpec(bits, scheme, granularity), scales, [-z for z in zero])


def _first(value: object) -> object:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def write(source: Source) -> str:
    """Every quantizer in force. Raises QvizError for bit-widths that ONNX Runtime has no type for."""
    refuse(
        "ONNX Runtime has no type of these tensors' bit-width: {names}. Set them to 4, 8 or 16 bits.",
        [i.name for i in source.items if i.setting.spec.bits not in BITS],
    )
    content = {tensor: _channels(item) for item in source.items for tensor in item.tensors}
    return json.dumps(content, indent=4, allow_nan=False) + "\n"


def _channels(item: Item) -> list[dict[str, Any]]:
    bits, signed = item.setting.spec.bits, _is_signed(item)
    middle = 2 ** (bits - 1)
    centred = item.plain or item.strict
    channels: list[dict[str, Any]] = [
        {"scale": float(scale), "zero_point": (middle if centred else -int(offset)) - (middle if signed else 0)}
        for scale, offset in zip(item.encoding.scale, item.encoding.offset, strict=True)
    ]
    if _has_type(item):
        channels[0]["quant_type"] = f"Q{'' if signed else 'U'}Int{bits}"
    if item.setting.spec.per_channel:
        channels[0]["axis"] = item.quantizer.axis
    return channels


def _is_signed(item: Item) -> bool:
    return item.is_param and (item.plain or item.strict)


def _has_type(item: Item) -> bool:
    """Whether the type is another than ONNX Runtime's default for weights or activations."""
    return item.setting.spec.bits != 8 or _is_signed(item) is not item.is_param


def unsaid(source: Source) -> tuple[Text, ...]:
    """What overrides leave open."""
    return gathered(
        left_in_float(source),
        without_quantizer(source),
        one_code_more(source.items),
        naming(
            "ONNX Runtime's own runner does not read types from a file; "
            "convert these with QuantType.from_string ({count}): {names}.",
            (i.name for i in source.items if _has_type(i)),
        ),
        bias_unsaid(source),
    )
