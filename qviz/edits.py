"""What an edit does to a setting: plain functions from one immutable value to the next."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from qviz.encodings import FIXED, IMPORTED, MANUAL, ClipRange, Encodings, Setting
from qviz.errors import QvizError
from qviz.graph.graph import Quantizer
from qviz.quant.calibrators import CALIBRATORS
from qviz.quant.histogram import Histogram
from qviz.quant.spec import Granularity, Scheme, UniformSpec

Histograms = Mapping[str, Histogram]


def with_calibration(setting: Setting, histogram: Histogram, method: str) -> Setting:
    """The setting with the range that a calibrator finds; what a file stored no longer counts."""
    low, high = CALIBRATORS[method].range(histogram, setting.spec)
    return setting.with_range(np.atleast_1d(low), np.atleast_1d(high), method)


def with_manual_range(setting: Setting, histogram: Histogram | None, low: float, high: float) -> Setting:
    """The setting with the range [low, high], widened to zero. Per-channel: each channel's own, capped by it."""
    low, high = min(float(low), 0.0), max(float(high), 0.0)
    lows, highs = _channel_ranges(setting.spec, histogram)
    return setting.with_range(np.maximum(lows, low), np.minimum(highs, high), MANUAL)


def with_channel_range(setting: Setting, histogram: Histogram | None, channel: int, low: float, high: float) -> Setting:
    """The setting with [low, high], widened to zero, as the range of one channel; the others keep theirs.

    Per-tensor there is only channel 0. Raises ValueError where there is no such channel.
    """
    lows, highs = _every_range(setting, histogram)
    if not 0 <= channel < len(lows):
        raise ValueError(f"there is no channel {channel} of {len(lows)}")
    lows[channel], highs[channel] = min(low, 0.0), max(high, 0.0)
    return setting.with_range(lows, highs, MANUAL)


def scaled(setting: Setting, histogram: Histogram | None, factor_low: float, factor_high: float) -> Setting:
    """The setting with all channels' minima and maxima multiplied by factors >= 0: all ranges as one."""
    lows, highs = _every_range(setting, histogram)
    return setting.with_range(lows * max(factor_low, 0.0), highs * max(factor_high, 0.0), MANUAL)


def with_spec(setting: Setting, spec: UniformSpec, histogram: Histogram | None) -> Setting:
    """The setting in another form. A calibrator's range is found again; any other keeps its numbers."""
    if spec == setting.spec:
        return setting
    changed = replace(setting, spec=spec)
    if setting.source in CALIBRATORS and not setting.locked and histogram is not None:
        return with_calibration(changed, histogram, setting.source)
    requested = requested_range(setting)
    if requested is None:
        return changed
    if spec.per_channel and not setting.spec.per_channel:
        lows, highs = _channel_ranges(spec, histogram)
        kept = np.maximum(lows, min(requested.low)), np.minimum(highs, max(requested.high))
        return replace(changed, range=_clip_range(*kept), stored=None)
    if not spec.per_channel and setting.spec.per_channel:
        return replace(changed, range=ClipRange((min(requested.low),), (max(requested.high),)), stored=None)
    return replace(changed, range=requested, stored=None)


def requested_range(setting: Setting) -> ClipRange | None:
    """The range that the user asked for, or what a file's scale and offset amount to."""
    if setting.stored is None or setting.encoding is None:
        return setting.range
    return _clip_range(setting.encoding.min, setting.encoding.max)


def calibrate(
    encodings: Encodings, histograms: Histograms, names: Iterable[str], method: str, keep_hand_made: bool
) -> Encodings:
    """Find ranges again for `names`. Locked ones and those that the target fixes stay; with `keep_hand_made` so do
    manual and imported ones.
    """
    if method not in CALIBRATORS:
        known = ", ".join(CALIBRATORS)
        raise QvizError("There is no calibrator {method}; there are {known}.", method=method, known=known)
    changes = {}
    for name in names:
        setting = encodings[name]
        hand_made = setting.source in (MANUAL, IMPORTED)
        stays = setting.locked or setting.source == FIXED or (keep_hand_made and hand_made)
        if name in histograms and not stays:
            changes[name] = with_calibration(setting, histograms[name], method)
    return encodings.with_settings(changes)


def spec_fields(bits: int | None, scheme: str | None, granularity: str | None) -> dict[str, Any]:
    """The fields of a spec that are given. Raises QvizError for a scheme or granularity that does not exist."""
    fields: dict[str, Any] = {} if bits is None else {"bits": bits}
    for name, kind, value in (("scheme", Scheme, scheme), ("granularity", Granularity, granularity)):
        if value is not None:
            try:
                fields[name] = kind(value)
            except ValueError:
                known = ", ".join(kind)
                raise QvizError(
                    "There is no {name} {value}; there are {known}.", name=name, value=value, known=known
                ) from None
    return fields


def respec(
    encodings: Encodings,
    quantizers: Mapping[str, Quantizer],
    histograms: Histograms,
    names: Iterable[str],
    fields: Mapping[str, Any],
) -> Encodings:
    """Change bits, scheme or granularity of `names`. Granularity stays per-tensor where there is no channel axis."""
    changes = {}
    for name in names:
        spec = replace(encodings[name].spec, **fields)
        if spec.per_channel and quantizers[name].axis is None:
            spec = replace(spec, granularity=Granularity.PER_TENSOR)
        changes[name] = with_spec(encodings[name], spec, histograms.get(name))
    return encodings.with_settings(changes)


def _channel_ranges(spec: UniformSpec, histogram: Histogram | None) -> tuple[np.ndarray, np.ndarray]:
    """Each channel's own extremes with zero, or no limit where per-tensor."""
    if not spec.per_channel or histogram is None:
        return np.array([-np.inf]), np.array([np.inf])
    return np.minimum(histogram.channel_min, 0.0), np.maximum(histogram.channel_max, 0.0)


def _every_range(setting: Setting, histogram: Histogram | None) -> tuple[np.ndarray, np.ndarray]:
    """(lows, highs) as requested, new arrays, one a channel where per-channel; without a range each one's extremes."""
    requested = requested_range(setting)
    if requested is None:
        lows, highs = _channel_ranges(setting.spec, histogram)
        return np.nan_to_num(lows, neginf=0.0), np.nan_to_num(highs, posinf=0.0)
    channels = histogram.channels if setting.spec.per_channel and histogram is not None else len(requested.low)
    lows, highs = (np.array(edge, np.float64) for edge in (requested.low, requested.high))
    return (lows, highs) if len(lows) == channels else (np.resize(lows, channels), np.resize(highs, channels))


def _clip_range(low: Iterable[float], high: Iterable[float]) -> ClipRange:
    return ClipRange(tuple(float(v) for v in low), tuple(float(v) for v in high))
