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
from math import isfinite
from typing import Any

from qviz.encodings import ClipRange, Setting, Stored
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
    return Setting(
        enabled=told["enabled"],
        spec=_spec_in(told["spec"]),
        range=_pair(ClipRange, told["range"]),
        stored=_pair(Stored, told["stored"]),
        source=told["source"],
        locked=told["locked"],
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
        return CodebookSpec(int(told["size"]))
    granularity = Granularity(told["granularity"])
    if form == UNIFORM:
        return UniformSpec(int(told["bits"]), Scheme(told["scheme"]), granularity, int(told.get("block", 0)))
    if form in (BINARY, TERNARY):
        return (BinarySpec if form == BINARY else TernarySpec)(granularity)
    return FloatSpec(granularity, FloatFormat(form))


def _centroids(told: Iterable[float]) -> tuple[float, ...]:
    values = tuple(map(float, told))
    if len(values) > MAX_CENTROIDS or not all(map(isfinite, values)):
        raise ValueError("centroids")
    return values


def _pair(kind: type, content: Content | None) -> Any:
    return None if content is None else kind(**{k: tuple(v) for k, v in content.items()})
