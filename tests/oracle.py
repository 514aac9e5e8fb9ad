"""`python -m tests.oracle FILE.npz`: how many of AIMET's frozen results qviz reproduces.

The columns: `minmax`: low, high, bits, symmetric, strict, unsigned -> scale, offset, min, max. `tf_enhanced` and
`percentile`: bits, symmetric, strict, unsigned, percentile, number of batches -> the same, with the batches one after
another in `*_data` and their lengths in `*_lengths`. `qdq`: bits, symmetric, per channel, then scale, offset, min,
max of each of three channels; input `qdq_x`, output `qdq_y`. Ranges are compared as doubles, arrays bit for bit.
A kind that a file has not, or has no rows of, counts 0/0.
"""

import sys
from collections.abc import Iterator, Mapping

import numpy as np

from qviz.quant.aimet import percentile_range, tf_enhanced
from qviz.quant.batches import BatchStats
from qviz.quant.encoding import Encoding, encoding_from_range, quantize_dequantize_half_away
from qviz.quant.spec import Scheme, UniformSpec

Cases = Mapping[str, np.ndarray]


def spec_of(bits: float, symmetric: float, strict: float, unsigned: float) -> UniformSpec:
    """The spec that AIMET's flags amount to; strict and unsigned count only where symmetric."""
    if not symmetric:
        return UniformSpec(int(bits))
    scheme = Scheme.SYMMETRIC_STRICT if strict else Scheme.SYMMETRIC_UNSIGNED if unsigned else Scheme.SYMMETRIC
    return UniformSpec(int(bits), scheme)


def minmax(cases: Cases) -> Iterator[bool]:
    for low, high, *flags, scale, offset, least, most in cases["minmax"]:
        e = encoding_from_range(low, high, spec_of(*flags))
        yield (e.scale[0], e.offset[0], e.min[0], e.max[0]) == (scale, offset, least, most)


def watched(cases: Cases, name: str) -> Iterator[tuple[np.ndarray, BatchStats]]:
    """Each case with its batches as they were watched."""
    lengths, at, first = cases[f"{name}_lengths"].astype(int), 0, 0
    for case in cases[name]:
        stats = BatchStats()
        for length in lengths[first : first + int(case[5])]:
            stats.add(cases[f"{name}_data"][at : at + length].reshape(1, -1))
            at += length
        first += int(case[5])
        yield case, stats


def of_tf_enhanced(cases: Cases) -> Iterator[bool]:
    for case, stats in watched(cases, "tf_enhanced"):
        e = tf_enhanced(stats, spec_of(*case[:4]))
        edges = float(np.float32(e.min[0])), float(np.float32(e.max[0]))  # AIMET multiplies them out in float32
        yield (e.scale[0], e.offset[0], *edges) == tuple(case[6:])


def of_percentile(cases: Cases) -> Iterator[bool]:
    for case, stats in watched(cases, "percentile"):
        e = encoding_from_range(*percentile_range(stats, case[4]), spec_of(*case[:4]))
        yield (e.scale[0], e.offset[0], e.min[0], e.max[0]) == tuple(case[6:])


def qdq(cases: Cases) -> Iterator[bool]:
    for case, x, expected in zip(cases["qdq"], cases["qdq_x"], cases["qdq_y"], strict=True):
        channels = case[3:].reshape(3, 4)[: 3 if case[2] else 1]
        offset, scale = channels[:, 1].astype(np.int64), channels[:, 0].copy()
        steps = int(np.rint(channels[0, 3] / channels[0, 0])) - int(offset[0])
        got = quantize_dequantize_half_away(x, Encoding(scale, offset, steps), 0)
        yield got.tobytes() == expected.tobytes()


KINDS = {"minmax": minmax, "tf_enhanced": of_tf_enhanced, "percentile": of_percentile, "qdq": qdq}


def agreement(path: str) -> dict[str, tuple[int, int]]:
    """For each kind how many cases agree, of how many."""
    with np.load(path) as file:
        cases = dict(file)
    counted = {name: list(compare(cases)) if name in cases else [] for name, compare in KINDS.items()}
    return {name: (sum(agreed), len(agreed)) for name, agreed in counted.items()}


if __name__ == "__main__":
    found = agreement(sys.argv[1])
    for name, (agreed, of) in found.items():
        print(f"{name} {agreed}/{of}")
    sys.exit(0 if all(agreed == of for agreed, of in found.values()) else 1)
