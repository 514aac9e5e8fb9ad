"""Writing AIMET's encodings files: 0.6.1, 1.0.0 and 2.0.0.

Only what is quantized is written: AIMET disables quantizers that a file does not name. Each tensor of a shared
quantizer has an entry of its own. With the bias rule int32, biases are written as int32 entries of scale s_x * s_w.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from qviz import __version__
from qviz.encodings import Encodings, Setting
from qviz.errors import QvizError
from qviz.formats.aimet import BIAS_BITS
from qviz.graph.graph import Bias, Quantizer
from qviz.quant.bins import Doubles
from qviz.quant.blocks import BlockGrid, input_axis
from qviz.quant.encoding import Encoding

_AIMET_SCHEMES = {"minmax": "min_max", "mse": "post_training_tf_enhanced", "percentile": "post_training_percentile"}


@dataclass(frozen=True, eq=False)
class Item:
    """One tensor to be written: codes from 0 up, x^ = scale * (code + offset)."""

    name: str
    param: bool
    bits: int
    symmetric: bool
    per_channel: bool
    scale: Doubles
    offset: list[int]
    steps: int
    axis: int | None = None  # of channels, or along which the blocks lie
    block: int = 0
    table: tuple[int, ...] = ()  # shape of the scales of blocks: the weight's rank, one over a kernel


@dataclass(frozen=True, eq=False)
class Half:
    """One tensor in float16."""

    name: str
    param: bool


Entry = Item | Half


def text_0_6_1(encodings: Encodings, quantizers: Mapping[str, Quantizer], biases: Iterable[Bias]) -> str:
    """Sections of name -> one dict a channel."""
    items = tuple(_items(encodings, quantizers, biases))
    sections = {
        key: {i.name: _FLOAT_0_6_1 if isinstance(i, Half) else _channels(i) for i in items if i.param is param}
        for key, param in _SECTIONS
    }
    return _json({**sections, **_footer(encodings, quantizers, "0.6.1")})


def text_1_0_0(encodings: Encodings, quantizers: Mapping[str, Quantizer], biases: Iterable[Bias]) -> str:
    """Sections of lists with one dict a tensor."""
    items = tuple(_items(encodings, quantizers, biases))
    entries = {i: _float_1_0_0(i) if isinstance(i, Half) else _entry_1_0_0(i) for i in items}
    sections = {key: [e for i, e in entries.items() if i.param is param] for key, param in _SECTIONS}
    return _json({**sections, **_footer(encodings, quantizers, "1.0.0")})


def text_2_0_0(encodings: Encodings, quantizers: Mapping[str, Quantizer], biases: Iterable[Bias]) -> str:
    """One list. A strict symmetric tensor becomes a plain symmetric one: this version knows no other."""
    entries = [
        _float_2_0_0(i) if isinstance(i, Half) else _entry_2_0_0(i) for i in _items(encodings, quantizers, biases)
    ]
    footer = _footer(encodings, quantizers, "2.0.0")
    return _json({"encodings": entries, "producer": footer["producer"], "version": footer["version"]})


_FLOAT_0_6_1 = [{"bitwidth": 16, "dtype": "float"}]
_SECTIONS = (("activation_encodings", False), ("param_encodings", True))
Writer = Callable[[Encodings, Mapping[str, Quantizer], Iterable[Bias]], str]


def _items(encodings: Encodings, quantizers: Mapping[str, Quantizer], biases: Iterable[Bias]) -> Iterator[Entry]:
    active: dict[str, Encoding] = {}
    for name, setting in encodings.settings.items():
        grid, quantizer = setting.active, quantizers[name]
        tensors = encodings.groups.get(name, (name,))
        written = (name,) if quantizer.constant else tensors
        if isinstance(grid, Encoding):
            active.update(dict.fromkeys((name, *tensors), grid))
            yield from (_item(t, quantizer, setting, grid) for t in written)
        elif isinstance(grid, BlockGrid):
            yield from (_block_item(t, quantizer, setting, grid) for t in written)
        elif grid is not None:
            yield from (Half(t, quantizer.kind == "param") for t in written)
    if encodings.bias == "int32":
        yield from (i for b in biases if (i := _bias_item(b, active)) is not None)


def _item(name: str, quantizer: Quantizer, setting: Setting, encoding: Encoding) -> Item:
    spec = setting.spec
    return Item(
        name=name,
        param=quantizer.kind == "param",
        bits=spec.bits,
        symmetric=spec.symmetric,
        per_channel=spec.per_channel,
        scale=encoding.scale,
        offset=[int(o) for o in encoding.offset],
        steps=encoding.steps,
        axis=quantizer.axis if spec.per_channel else None,
    )


def _block_item(name: str, quantizer: Quantizer, setting: Setting, grid: BlockGrid) -> Item:
    """Scales in the order of the weight's axes. Raises QvizError where a block is short: AIMET has none such."""
    out, along = quantizer.axis or 0, input_axis(quantizer.axis)
    shape = [d if isinstance(d, int) else 1 for d in quantizer.shape or ()]
    if shape[along] % grid.block:
        raise QvizError(
            "AIMET's blocks are all of one size, but {size} does not divide the {count} input channels of {name}: "
            "choose another block size.",
            size=grid.block,
            count=shape[along],
            name=name,
        )
    blocks = shape[along] // grid.block
    turn = (0, 1) if out < along else (1, 0)
    scale, offset = (grid.encoding.scale.reshape(-1, blocks), grid.encoding.offset.reshape(-1, blocks))
    return Item(
        name=name,
        param=quantizer.kind == "param",
        bits=setting.spec.bits,
        symmetric=setting.spec.symmetric,
        per_channel=False,
        scale=scale.transpose(turn).reshape(-1),
        offset=[int(o) for o in offset.transpose(turn).reshape(-1)],
        steps=grid.encoding.steps,
        axis=along,
        block=grid.block,
        table=tuple(blocks if at == along else n if at == out else 1 for at, n in enumerate(shape)),
    )


def _bias_item(bias: Bias, active: Mapping[str, Encoding]) -> Item | None:
    x, w = active.get(bias.input), active.get(bias.weight)
    if x is None or w is None or bias.name in active:
        return None  # then the bias stays in float
    scale = x.scale[0] * w.scale
    return Item(
        name=bias.name,
        param=True,
        bits=BIAS_BITS,
        symmetric=True,
        per_channel=len(scale) > 1,
        scale=scale,
        offset=[-(2 ** (BIAS_BITS - 1))] * len(scale),
        steps=2**BIAS_BITS - 1,
        axis=0 if len(scale) > 1 else None,
    )


def _channels(item: Item) -> list[dict[str, Any]]:
    return [
        {
            "bitwidth": item.bits,
            "dtype": "int",
            "is_symmetric": str(item.symmetric),
            "max": float((offset + item.steps) * scale),
            "min": float(offset * scale),
            "offset": float(offset),
            "scale": float(scale),
        }
        for scale, offset in zip(item.scale, item.offset, strict=True)
    ]


def _float_1_0_0(item: Half) -> dict[str, Any]:
    return {"bw": 16, "dtype": "FLOAT", "enc_type": "PER_TENSOR", "name": item.name}


def _float_2_0_0(item: Half) -> dict[str, Any]:
    return {"name": item.name, "output_dtype": "float16"}


def _entry_1_0_0(item: Item) -> dict[str, Any]:
    turned = len(item.table) == 2 and item.axis == 0  # AIMET lists the blocks of a matrix by output channel
    shape = item.table if turned else (1, -1)
    scale, offset = (np.asarray(v, np.float64).reshape(shape).T.reshape(-1) for v in (item.scale, item.offset))
    form = "PER_BLOCK" if item.block else "PER_CHANNEL" if item.per_channel else "PER_TENSOR"
    return {
        **({"block_size": item.block} if item.block else {}),
        "bw": item.bits,
        "dtype": "INT",
        "enc_type": form,
        "is_sym": item.symmetric,
        "name": item.name,
        "offset": offset.tolist(),
        "scale": scale.tolist(),
    }


def _entry_2_0_0(item: Item) -> dict[str, Any]:
    unsigned = not item.symmetric or not any(item.offset)
    middle = 0 if unsigned else (item.steps + 1) // 2
    zero = [-o - middle for o in item.offset]
    entry: dict[str, Any] = {"name": item.name, "output_dtype": f"{'u' if unsigned else ''}int{item.bits}"}
    if item.block:
        entry["y_scale"] = np.array(item.scale, np.float64).reshape(item.table).tolist()
        entry |= {"y_zero_point": np.array(zero).reshape(item.table).tolist()} if any(zero) else {}
        return entry | {"axis": item.axis, "block_size": item.block}
    entry["y_scale"] = [float(s) for s in item.scale] if item.per_channel else float(item.scale[0])
    if any(zero):
        entry["y_zero_point"] = zero if item.per_channel else zero[0]
    if item.per_channel:
        entry["axis"] = item.axis
    return entry


def _footer(encodings: Encodings, quantizers: Mapping[str, Quantizer], version: str) -> dict[str, Any]:
    active = {n: s for n, s in encodings.settings.items() if s.active is not None}
    params = [s for n, s in active.items() if quantizers[n].kind == "param"]
    others = [s for n, s in active.items() if quantizers[n].kind != "param"]
    return {
        "producer": {"package": "qviz", "version": __version__},
        "quantizer_args": {
            "activation_bitwidth": _usual([s.spec.bits for s in others], 8),
            "dtype": "int",
            "is_symmetric": bool(_usual([s.spec.symmetric for s in params], 1)),
            "param_bitwidth": _usual([s.spec.bits for s in params], 8),
            "per_channel_quantization": any(s.spec.per_channel for s in params),
            "quant_scheme": _scheme_name(s.source for s in active.values()),
        },
        "version": version,
    }


def _usual(values: list[int], default: int) -> int:
    return int(np.bincount(values).argmax()) if values else default


def _scheme_name(sources: Iterable[str]) -> str:
    known = [_AIMET_SCHEMES[s] for s in sources if s in _AIMET_SCHEMES]
    return max(known, key=known.count) if known else "min_max"


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=4, allow_nan=False) + "\n"
