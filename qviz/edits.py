"""What an edit does to a setting: plain functions from one immutable value to the next."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from qviz.encodings import FIXED, IMPORTED, MANUAL, ClipRange, Encodings, Setting
from qviz.errors import QvizError
from qviz.graph.graph import Quantizer
from qviz.quant.calibrators import CALIBRATORS
from qviz.quant.codebook import codebooks
from qviz.quant.found import by_block, calibrated_range, known_extremes
from qviz.quant.histogram import Histogram
from qviz.quant.spec import BinarySpec, CodebookSpec, Granularity, Spec, TernarySpec, UniformSpec
from qviz.spec_change import changed_spec

Histograms = Mapping[str, Histogram]
FIRST = "minmax"  # the calibrator where none was chosen, and that of blocks
PER_TENSOR = (Granularity.PER_TENSOR, 0)
_SIGNS = BinarySpec | TernarySpec  # their range is a size, found by a formula of its own, and no clip range


def with_calibration(setting: Setting, histogram: Histogram, method: str) -> Setting:
    """The setting with the range that a calibrator finds; what a file stored no longer counts."""
    low, high = calibrated_range(histogram, setting.spec, method)
    method = FIRST if by_block(setting.spec) else method
    return with_centroids(setting.with_range(np.atleast_1d(low), np.atleast_1d(high), method), histogram)


def with_manual_range(setting: Setting, histogram: Histogram | None, low: float, high: float) -> Setting:
    """The setting with the range [low, high], widened to zero. Per-channel: each channel's own, capped by it."""
    low, high = min(float(low), 0.0), max(float(high), 0.0)
    lows, highs = _channel_ranges(setting.spec, histogram)
    if by_block(setting.spec) and len(lows) == 1:  # nobody has looked at the blocks: theirs are only made narrower
        lows, highs = _every_range(setting, histogram)
    return with_centroids(setting.with_range(np.maximum(lows, low), np.minimum(highs, high), MANUAL), histogram)


def with_channel_range(setting: Setting, histogram: Histogram | None, channel: int, low: float, high: float) -> Setting:
    """The setting with [low, high], widened to zero, as the range of one channel; the others keep theirs.

    Per-tensor there is only channel 0. Raises ValueError where there is no such channel.
    """
    lows, highs = _every_range(setting, histogram)
    if not 0 <= channel < len(lows):
        raise ValueError(f"there is no channel {channel} of {len(lows)}")
    lows[channel], highs[channel] = min(low, 0.0), max(high, 0.0)
    return with_centroids(setting.with_range(lows, highs, MANUAL), histogram)


def scaled(setting: Setting, histogram: Histogram | None, factor_low: float, factor_high: float) -> Setting:
    """The setting with all channels' minima and maxima multiplied by factors >= 0: all ranges as one."""
    lows, highs = _every_range(setting, histogram)
    moved = setting.with_range(lows * max(factor_low, 0.0), highs * max(factor_high, 0.0), MANUAL)
    return with_centroids(moved, histogram)


def with_centroids(setting: Setting, histogram: Histogram | None) -> Setting:
    """A codebook's setting with the centroids of its range; any other, and one without a range, as it is."""
    requested = requested_range(setting)
    if not isinstance(setting.spec, CodebookSpec) or histogram is None or requested is None:
        return setting
    spread = histogram.collapsed().spread
    (found,) = codebooks(spread, min(requested.low), max(requested.high), setting.spec.size)
    return replace(setting, centroids=tuple(found.astype(np.float32).tolist()))


def with_spec(setting: Setting, spec: Spec, histogram: Histogram | None) -> Setting:
    """The setting in another form. A calibrator's range is found again; any other keeps its numbers.

    Between the sizes of binary and ternary weights and the clip ranges of all else numbers do not carry over: those set
    by hand are found again too.
    """
    if spec == setting.spec:
        return setting
    changed = replace(setting, spec=spec, centroids=())
    calibrated = setting.source in CALIBRATORS
    crossing = isinstance(spec, _SIGNS) is not isinstance(setting.spec, _SIGNS)
    if (calibrated or crossing) and not setting.locked and histogram is not None:
        return with_calibration(changed, histogram, setting.source if calibrated else FIRST)
    return with_centroids(_kept(changed, setting, histogram), histogram)


def _kept(changed: Setting, setting: Setting, histogram: Histogram | None) -> Setting:
    """`changed` with the numbers of `setting`, as far as the granularity of both is the same."""
    spec, requested = changed.spec, requested_range(setting)
    if requested is None:
        return changed
    if _rows(spec) == _rows(setting.spec):
        return replace(changed, range=requested, stored=None)
    if _rows(spec) != PER_TENSOR:
        lows, highs = _channel_ranges(spec, histogram)
        kept = np.maximum(lows, min(requested.low)), np.minimum(highs, max(requested.high))
        return replace(changed, range=_clip_range(*kept), stored=None)
    return replace(changed, range=ClipRange((min(requested.low),), (max(requested.high),)), stored=None)


def _rows(spec: Spec) -> tuple[Granularity, int]:
    """What has ranges of its own: granularity, and the size of a block."""
    return spec.granularity, spec.block if isinstance(spec, UniformSpec) else 0


def requested_range(setting: Setting) -> ClipRange | None:
    """The range that the user asked for, or what a file's scale and offset amount to."""
    if setting.stored is None or setting.grid is None:
        return setting.range
    return _clip_range(setting.grid.min, setting.grid.max)


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


def respec(
    encodings: Encodings,
    quantizers: Mapping[str, Quantizer],
    histograms: Histograms,
    names: Iterable[str],
    fields: Mapping[str, Any],
) -> Encodings:
    """Give `names` what is chosen of form, bits, scheme, granularity and sizes, see `spec_change`. Raises QvizError."""
    changes = {}
    shared: dict[Spec, Spec] = {}  # equal ones as one object, see graph.quantizers
    for name in names:
        spec = changed_spec(encodings[name].spec, fields, quantizers[name])
        spec = shared.setdefault(spec, spec)
        changes[name] = with_spec(encodings[name], spec, histograms.get(name))
    return encodings.with_settings(changes)


def _channel_ranges(spec: Spec, histogram: Histogram | None) -> tuple[np.ndarray, np.ndarray]:
    """Each channel's or block's own extremes with zero, or no limit where per-tensor, or not known."""
    if by_block(spec) and histogram is not None and (found := known_extremes(histogram, spec)) is not None:
        return found
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
