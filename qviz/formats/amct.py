"""The scale and offset record of Huawei's AMCT (Ascend): protobuf text, one `record` a layer.

`scale_d` and `offset_d` belong to the layer's input: int8 codes, so offset_d = uint8 zero point - 128. `scale_w` is
one scale for the weight or one a channel, `offset_w` is always 0. A layer without a record stays in float.
"""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from qviz.errors import QvizError, Text
from qviz.formats.entries import EncodingsFile, FileEntry, Named
from qviz.formats.layers import Layer, layers_of
from qviz.formats.source import Item, Source, refuse
from qviz.formats.unsaid import bias_unsaid, gathered, left_in_float, naming, one_code_more
from qviz.formats.values import positive_scale, short, stored_setting, symmetric_setting, text_number, whole
from qviz.quant.spec import UniformSpec

ZERO = 128  # uint8 zero point - int8 zero point
DEEPEST = 16
_TOKEN = re.compile(
    r"""\s+|\#[^\n]*|(?P<mark>[{}:,;\[\]])|(?P<word>[A-Za-z_]\w*)|(?P<number>[-+]?[.\d][\w.+-]*)|(?P<text>"(?:[^"\\\n]|\\.)*")"""
)
_ESCAPE = re.compile(r"""\\([0-7]{1,3}|x[0-9a-fA-F]{1,2}|.)""")
_SIMPLE = {"n": b"\n", "t": b"\t", "r": b"\r"}

Token = tuple[str, str]  # kind, content
Message = dict[str, list[Any]]  # field -> its values


def parse_text(text: str) -> EncodingsFile | None:
    """The file with this text; None where it is not a record. Raises QvizError where it is cut short or damaged."""
    if not re.match(r"(\s|#[^\n]*\n)*record\s*:?\s*\{", text):
        return None
    entries: list[FileEntry] = []
    refused: list[Named] = []
    for record in _message(_tokens(text), 0).get("record", []):
        key, value = (_only(record, f) if isinstance(record, dict) else None for f in ("key", "value"))
        if not isinstance(key, str) or not isinstance(value, dict):
            raise QvizError("A record of the AMCT file has no key or no value: write it again.")
        try:
            entries.extend(_entries(key, value))
        except QvizError as error:
            refused.append((key, error.text))
    return EncodingsFile("amct", tuple(entries), None, tuple(refused), by_layer=True)


def _entries(layer: str, value: Message) -> list[FileEntry]:
    """Those of a layer's input and weight."""
    for field in ("dst_type", "act_type", "wts_type"):
        if (kind := _only(value, field)) not in (None, "INT8"):
            raise QvizError("The type {type} is not supported: use INT8.", type=short(kind))
    found = []
    if "scale_d" in value:
        offset = -(whole(text_number(_only(value, "offset_d") or "0")) + ZERO)
        setting = stored_setting(UniformSpec(), [_read_float32(_only(value, "scale_d"))], [offset])
        found.append(FileEntry(layer, "activation", setting))
    if "scale_w" in value:
        scales = [_read_float32(s) for s in value["scale_w"]]
        if any(whole(text_number(o)) for o in value.get("offset_w", [])):
            raise QvizError("An offset of weights must be 0.")
        found.append(FileEntry(layer, "param", symmetric_setting(scales, per_channel=len(scales) > 1)))
    return found


def _read_float32(value: object) -> float:
    """The number that protobuf makes of the decimal."""
    return float(np.float32(positive_scale(text_number(value))))


def write(source: Source) -> str:
    """A record of every layer whose input and weight are quantized. Raises QvizError for other than 8 bits."""
    layers = [la for la in layers_of(source) if la.quantized]
    sides = [i for la in layers for i in (la.input, la.weight) if i is not None]
    refuse(
        "An AMCT record has 8 bits, and weights without a zero point; these tensors differ: {names}. "
        "Change them, or leave them in float.",
        list(dict.fromkeys(i.name for i in sides if not _fits(i))),
    )
    return "".join(_record(la) for la in layers)


def _fits(item: Item) -> bool:
    return item.is_signed(8) if item.is_param else item.setting.spec.bits == 8 and item.encoding.channels == 1


def _record(layer: Layer) -> str:
    assert layer.input is not None
    assert layer.weight is not None
    encoding, scales = layer.input.encoding, layer.weight.encoding.scale
    zero = ZERO if layer.input.strict else -int(encoding.offset[0])  # strict: code 0 is -127, which int8 has too
    fields = [f"scale_d: {_float32(encoding.scale[0])}", f"offset_d: {zero - ZERO}"]
    fields += [f"scale_w: {_float32(s)}" for s in scales] + ["offset_w: 0"] * len(scales)
    inner = "".join(f"    {f}\n" for f in fields)
    return f'record {{\n  key: "{_quoted(layer.name)}"\n  value {{\n{inner}  }}\n}}\n'


def _float32(value: float) -> str:
    return f"{np.float32(value):.9g}"


def unsaid(source: Source) -> tuple[Text, ...]:
    """What an AMCT record leaves open."""
    layers = [la for la in layers_of(source) if la.quantized]
    written = {i.name for la in layers for i in (la.input, la.weight) if i is not None}
    left = (i.name for i in source.items if i.name not in written)
    return gathered(
        left_in_float(source),
        naming("A record speaks of inputs and weights of quantized layers only; left out ({count}): {names}.", left),
        naming(
            "AMCT takes one scale a channel for convolutions only; these have several ({count}): {names}.",
            (
                la.name
                for la in layers
                if la.weight is not None and la.weight.encoding.channels > 1 and not la.node.op.startswith("Conv")
            ),
        ),
        one_code_more(i for i in source.items if i.name in written),
        bias_unsaid(source),
    )


# --- protobuf's text form -----------------------------------------------------------------------------------------


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _damaged(text.count("\n", 0, at) + 1)
        at = match.end()
        if match.lastgroup is not None:
            yield match.lastgroup, match[0]


def _damaged(line: int) -> QvizError:
    return QvizError("Line {line} of the AMCT record is damaged: write it again.", line=line)


def _message(tokens: Iterator[Token], depth: int) -> Message:
    """Fields up to the closing brace, or to the end at depth 0."""
    fields: Message = {}
    if depth > DEEPEST:
        raise QvizError("The AMCT record is nested too deeply: it is damaged.")
    for kind, name in tokens:
        if (kind, name) == ("mark", "}") and depth:
            return fields
        if (kind, name) in (("mark", ","), ("mark", ";")):
            continue
        if kind != "word":
            raise QvizError("The AMCT record is damaged at {where}: write it again.", where=short(name))
        fields.setdefault(name, []).extend(_values(tokens, depth))
    if depth:
        raise QvizError("The AMCT record is cut short: write it again.")
    return fields


def _values(tokens: Iterator[Token], depth: int) -> list[Any]:
    """What follows a field's name: a message, a value, or a list of values in brackets."""
    kind, content = next(tokens, ("end", ""))
    if (kind, content) == ("mark", ":"):
        kind, content = next(tokens, ("end", ""))
    if (kind, content) == ("mark", "{"):
        return [_message(tokens, depth + 1)]
    if (kind, content) == ("mark", "["):
        return [v for k, v in iter(lambda: next(tokens, ("mark", "]")), ("mark", "]")) if k in ("number", "word")]
    if kind == "text":
        return [_unquoted(content)]
    if kind in ("number", "word"):
        return [content]
    raise QvizError("The AMCT record is cut short: write it again.")


def _only(message: Message, field: str) -> Any:
    return (message.get(field) or [None])[-1]


def _quoted(name: str) -> str:
    """As protobuf prints it: other than plain ASCII in octal."""
    plain = {ord('"'): '\\"', ord("\\"): "\\\\", ord("\n"): "\\n"}
    return "".join(plain.get(b) or (chr(b) if 32 <= b < 127 else f"\\{b:03o}") for b in name.encode())


def _unquoted(text: str) -> str:
    def byte(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] in "01234567":
            return chr(int(code, 8) & 255)
        if code[0] == "x" and len(code) > 1:
            return chr(int(code[1:], 16))
        return _SIMPLE.get(code, code.encode()).decode("latin-1")

    raw = _ESCAPE.sub(byte, text[1:-1].encode().decode("latin-1"))
    try:
        return raw.encode("latin-1").decode()
    except UnicodeDecodeError:
        raise QvizError("A key of the AMCT record is damaged: write it again.") from None
