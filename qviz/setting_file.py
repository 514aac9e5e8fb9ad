"""Settings as a .qviz file holds them; see `session_file` for the file.

A setting is {"enabled", "spec", "range": null or {"low", "high"}, "stored": null or {"scale", "offset"}, "source",
"locked"} and, of a codebook, "centroids"; ranges, scales and offsets are lists, one value a channel (a block where
per-block). A spec is one of

    {"form": "uniform", "bits", "scheme", "granularity"} and, where that is "per-block", "block"
    {"form": "float16" | "bfloat16" | "float8_e4m3fn" | "float8_e5m2", "granularity"}
    {"form": "codebook", "size"}
    {"form": "binary" | "ternary", "granularity"}
"""

from collections.abc import Iterable, Mapping
from typing import Any

from qviz.encodings import ClipRange, Setting, Stored
from qviz.formats.values import number, positive_scale, whole
from qviz.quant.spec import (
    BINARY,
    CODEBOOK,
    MAX_CENTROIDS,
    TERNARY,
    UNIFORM,
    BinarySpec,
    CodebookSpec,
    FloatFormat,
    FloatSpec,
    Granularity,
    Scheme,
    Spec,
    TernarySpec,
    UniformSpec,
)

Content = Mapping[str, Any]


def setting_out(setting: Setting) -> dict[str, Any]:
    """A setting as values that JSON knows."""
    requested, stored = setting.range, setting.stored
    content = {
        "enabled": setting.enabled,
        "spec": _spec_out(setting.spec),
        "range": requested and {"low": requested.low, "high": requested.high},
        "stored": stored and {"scale": stored.scale, "offset": stored.offset},
        "source": setting.source,
        "locked": setting.locked,
    }
    return content | ({"centroids": setting.centroids} if setting.centroids else {})


def setting_in(told: Content) -> Setting:
    """A setting from such values. Raises KeyError, TypeError, ValueError or QvizError where they are no setting."""
    spec = _spec_in(told["spec"])
    return Setting(
        enabled=_flag(told["enabled"]),
        spec=spec,
        range=_range(told["range"]),
        stored=_stored(told["stored"], spec),
        source=str(told["source"]),
        locked=_flag(told["locked"]),
        centroids=_centroids(told.get("centroids", ())),
    )


def _spec_out(spec: Spec) -> dict[str, Any]:
    if isinstance(spec, CodebookSpec):
        return {"form": spec.form, "size": spec.size}
    if not isinstance(spec, UniformSpec):
        return {"form": spec.form, "granularity": spec.granularity}
    content = {"form": spec.form, "bits": spec.bits, "scheme": spec.scheme, "granularity": spec.granularity}
    return content | ({"block": spec.block} if spec.per_block else {})


def _spec_in(told: Content) -> Spec:
    form = told["form"]
    if form == CODEBOOK:
        return CodebookSpec(whole(told["size"]))
    granularity = Granularity(told["granularity"])
    if form == UNIFORM:
        return UniformSpec(whole(told["bits"]), Scheme(told["scheme"]), granularity, whole(told.get("block", 0)))
    if form in (BINARY, TERNARY):
        return (BinarySpec if form == BINARY else TernarySpec)(granularity)
    return FloatSpec(granularity, FloatFormat(form))


def _centroids(told: Iterable[object]) -> tuple[float, ...]:
    values = tuple(map(number, told))
    if len(values) > MAX_CENTROIDS:
        raise ValueError("centroids")
    return values


def _flag(told: object) -> bool:
    if not isinstance(told, bool):
        raise TypeError(told)
    return told


def _range(told: Content | None) -> ClipRange | None:
    if told is None:
        return None
    return ClipRange(*_rows(map(number, told["low"]), map(number, told["high"])))


def _stored(told: Content | None, spec: Spec) -> Stored | None:
    if told is None:
        return None
    scale, offset = _rows(map(positive_scale, told["scale"]), map(whole, told["offset"]))
    if isinstance(spec, UniformSpec) and not all(-spec.steps <= o <= 0 for o in offset):
        raise ValueError("offset")
    return Stored(scale, offset)


def _rows(*columns: Iterable[Any]) -> tuple[tuple[Any, ...], ...]:
    """Columns of one length, which is not 0."""
    found = tuple(map(tuple, columns))
    if {len(c) for c in found} != {len(found[0]) or 1}:
        raise ValueError("rows")
    return found
