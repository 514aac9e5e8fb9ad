"""Stretches of a sequence of operators that occur several times, wired alike inside: pure arrays, no names."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

SHORTEST = 3  # operators; fewer are no simpler drawn as one
LEAST = 3  # cards that drawing stretches as one must save
SEEDS = 12  # most frequent stretches of each length from which longer ones are grown
TRIED = 6  # of those grown, how many are looked at closely
CUTS = 5  # places at which a stretch may be trimmed on either side
PORT_COST = 0.2  # what each tensor beyond one in and one out takes from the worth of a stretch
TORN = 0.8  # what is left of the worth where an activation is torn from what it follows
Ints = NDArray[np.intp]


@dataclass(frozen=True)
class Wiring:
    """Operators in topological order: `kinds` say which are alike.

    `sources[starts[i]:starts[i + 1]]` are the positions of what operator i reads, -1 for what comes from outside;
    `last[i]` is where its output is read last, the length of the sequence for an output of the graph. A `glued`
    operator belongs to the one before it, as an activation does.
    """

    kinds: Ints
    starts: Ints
    sources: Ints
    last: Ints
    glued: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.kinds)

    @cached_property
    def crossing(self) -> Ints:
        """How many operators before each position are read at it or after."""
        change = np.zeros(len(self) + 2, np.intp)
        read = self.last > np.arange(len(self))
        np.add.at(change, np.flatnonzero(read) + 1, 1)
        np.add.at(change, np.minimum(self.last[read], len(self)) + 1, -1)
        return np.cumsum(change)[: len(self) + 1]

    def ports(self, at: int, length: int) -> int:
        """Tensors that enter or leave a stretch."""
        end = at + length
        read = self.sources[self.starts[at] : self.starts[end]]
        return len(np.unique(read[read < at])) + int(np.count_nonzero(self.last[at:end] >= end))


@dataclass(frozen=True)
class Repeat:
    """Stretches of `length` operators that begin at the positions `at`, none overlapping another."""

    at: tuple[int, ...]
    length: int
    worth: float = 0.0

    @property
    def saving(self) -> int:
        """Cards fewer where each is drawn as one, less those that must be seen once."""
        return len(self.at) * (self.length - 1) - self.length


def best_repeat(wiring: Wiring) -> Repeat | None:
    """The stretch that is worth most drawn as one: long, frequent, with few tensors in and out; None: none is.

    Grown from the most frequent stretches of 4, 8, 16 … operators as far as all occurrences agree, then trimmed to
    where few tensors cross.
    """
    grown: dict[tuple[int, ...], Repeat] = {}
    for seed in _seeds(wiring):
        longer = _grown(wiring.kinds, seed)
        if longer.length >= SHORTEST:
            grown.setdefault((longer.length, *longer.at[:2]), longer)
    likely = sorted(grown.values(), key=lambda r: (-r.saving, r.at))[:TRIED]
    trimmed = [r for g in likely for r in _trimmed(wiring, g)]
    return max(trimmed, key=lambda r: (r.worth, -r.at[0]), default=None)


def _seeds(wiring: Wiring) -> Iterator[Repeat]:
    """The most frequent stretches of 2, 4, 8 … operators, found by prefix doubling."""
    ranks, length = wiring.kinds, 1
    while 2 * length <= len(ranks):
        pairs = ranks[: len(ranks) - length] * (len(wiring) + 1) + ranks[length:]
        _, ranks, counts = np.unique(pairs, return_inverse=True, return_counts=True)
        length *= 2
        frequent = np.argsort(-counts, kind="stable")[:SEEDS]
        if counts[frequent[0]] < 2:
            return
        for rank in frequent[counts[frequent] > 1]:
            at = np.flatnonzero(ranks == rank)
            yield Repeat(tuple(at.tolist()), length)


def _grown(kinds: Ints, seed: Repeat) -> Repeat:
    """As far to the left and right as all occurrences agree and none overlaps another."""
    at, length = np.array(seed.at), seed.length
    most = int(np.diff(at).min())
    while length < most and at[-1] + length < len(kinds) and len(np.unique(kinds[at + length])) == 1:
        length += 1
    while length < most and at[0] > 0 and len(np.unique(kinds[at - 1])) == 1:
        at, length = at - 1, length + 1
    return Repeat(tuple(at.tolist()), min(length, most))


def _trimmed(wiring: Wiring, grown: Repeat) -> Iterator[Repeat]:
    """The stretch cut where few tensors cross, on either side, or moved along where it follows itself."""
    middle = grown.at[len(grown.at) // 2]
    for shift in _cuts(wiring, middle, grown.length):
        for end in _cuts(wiring, middle + shift + 1, grown.length):
            length = end + 1
            if length >= SHORTEST:
                found = _alike(wiring, np.array(grown.at) + shift, length, middle + shift)
                if found is not None and found.saving >= LEAST:
                    yield replace(found, worth=_worth(wiring, found))


def _cuts(wiring: Wiring, at: int, length: int) -> list[int]:
    """Distances from `at`, up to `length`, at which few tensors cross and nothing is torn."""
    crossing, torn = wiring.crossing[at : at + length], wiring.glued[at : at + length]
    torn = np.append(torn, np.zeros(len(crossing) - len(torn), bool))
    order = np.lexsort((np.arange(len(crossing)), crossing, torn))[:CUTS]
    ends = {0, len(crossing) - 1} if len(crossing) else set()
    return sorted({*order.tolist(), *ends})


def _alike(wiring: Wiring, at: Ints, length: int, model: int) -> Repeat | None:
    """Those of the stretches whose operators are those of `model`, wired inside as most of them are."""
    at = at[at + length <= len(wiring)]
    if model + length > len(wiring) or len(at) < 2:
        return None
    same = (wiring.kinds[at[:, None] + np.arange(length)] == wiring.kinds[model : model + length]).all(axis=1)
    count = wiring.starts[model + length] - wiring.starts[model]
    at = at[same & (wiring.starts[at + length] - wiring.starts[at] == count)]
    read = wiring.sources[wiring.starts[at][:, None] + np.arange(count)] - at[:, None]
    found: dict[bytes, list[int]] = {}
    for start, row in zip(at.tolist(), np.maximum(read, -1), strict=True):
        places = found.setdefault(row.tobytes(), [])
        if not places or places[-1] + length <= start:
            places.append(start)
    best = max(found.values(), key=len, default=[])
    return Repeat(tuple(best), length) if len(best) > 1 else None


def _worth(wiring: Wiring, repeat: Repeat) -> float:
    first, second = repeat.at[0], repeat.at[1]
    ports = min(wiring.ports(first, repeat.length), wiring.ports(second, repeat.length))
    worth = repeat.saving / (1 + PORT_COST * max(0, ports - 2))
    for cut in (second, second + repeat.length):
        if cut < len(wiring) and wiring.glued[cut]:
            worth *= TORN
    return worth


def replaced(wiring: Wiring, repeat: Repeat, kind: int) -> tuple[Wiring, list[range]]:
    """Each of the stretches as one operator of a new kind, and the stretch of each operator that there is now."""
    begins = set(repeat.at)
    parts: list[range] = []
    at = 0
    while at < len(wiring):
        end = at + (repeat.length if at in begins else 1)
        parts.append(range(at, end))
        at = end
    place = np.repeat(np.arange(len(parts)), [len(p) for p in parts])
    sources: list[int] = []
    starts = [0]
    for part in parts:
        read = wiring.sources[wiring.starts[part.start] : wiring.starts[part.stop]]
        if len(part) > 1:
            read = np.array(list(dict.fromkeys(read[read < part.start].tolist())), np.intp)
        sources += np.where(read >= 0, place[read], -1).tolist()
        starts.append(len(sources))
    reach = np.append(place, len(parts))[np.minimum(wiring.last, len(wiring))]
    last = np.maximum.reduceat(reach, [p.start for p in parts])
    kinds = np.array([kind if len(p) > 1 else int(wiring.kinds[p.start]) for p in parts], np.intp)
    glued = np.array([bool(wiring.glued[p.start]) for p in parts])
    return Wiring(kinds, np.array(starts), np.array(sources, np.intp), last, glued), parts


def inside(wiring: Wiring, at: int, length: int) -> Wiring:
    """A stretch as a sequence of its own."""
    lower, upper = wiring.starts[at], wiring.starts[at + length]
    return Wiring(
        wiring.kinds[at : at + length],
        wiring.starts[at : at + length + 1] - lower,
        np.maximum(wiring.sources[lower:upper] - at, -1),
        np.minimum(wiring.last[at : at + length] - at, length),
        wiring.glued[at : at + length],
    )
