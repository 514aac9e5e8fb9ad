"""Running one micro-batch through the segments, with everything remembered that can be."""

import time
from collections import deque
from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from qviz.errors import Text
from qviz.graph.given import run_failed
from qviz.graph.model import Model
from qviz.graph.runtime import RuntimeErrors
from qviz.sim.applied import Applied
from qviz.sim.fake_quant import Codes, Value, clamp, encode, has_codes
from qviz.sim.form import Form, codes
from qviz.sim.layout import laid_out, perm_first
from qviz.sim.memo import Memo
from qviz.sim.plan import Plan, Segment
from qviz.sim.program import Program, Programs
from qviz.sim.result import Kind, Mode
from qviz.sim.sameness import Sameness, sameness_of
from qviz.sim.sessions import Sessions
from qviz.sim.tables import Tables

Arrays = dict[str, NDArray[np.generic]]
Values = dict[str, Value]


class Executor:
    """Evaluates cut tensors. A value's key is made of its segment's settings and the keys of what that reads.

    Quantized tensors travel from segment to segment, and into the memo, as codes.
    """

    def __init__(self, model: Model, plan: Plan, memo: Memo) -> None:
        self._graph, self._plan = model.graph, plan
        self._memo = memo
        self._sessions = Sessions(model, plan)
        self._programs = Programs(model, plan)
        self._tables = Tables(self.run_segment)
        self._latest: Program | None = None
        self._modes: tuple[tuple[tuple[Kind, Text | None], ...], dict[str, Mode]] = (), {}

    @property
    def plan(self) -> Plan:
        return self._plan

    def program(self, applied: Applied) -> Program:
        """What runs under these encodings."""
        latest = self._latest
        if latest is None or latest.applied is not applied:
            self._latest = latest = self._programs.of(applied)
        return latest

    def modes(self, applied: Applied) -> dict[str, Mode]:
        """How each node's segment runs under these encodings."""
        forms = self.program(applied).forms
        kinds = tuple((f.kind, f.reason) for f in forms)
        if kinds != self._modes[0]:
            modes = [Mode(*kind) for kind in kinds]
            self._modes = kinds, {n: modes[s.index] for s in self._plan.segments for n in s.nodes}
        return self._modes[1]

    def run(
        self,
        feed: Mapping[str, NDArray[np.generic]],
        batch: object,
        wanted: Collection[str],
        program: Program,
        remember: bool = True,
    ) -> Arrays:
        """Values of the cut tensors `wanted` for one micro-batch, named `batch` in the memo (None: not remembered).

        `remember` False: read from the memo, but keep nothing that is not there yet.

        An output of the model that is a constant may be wanted too. Raises QvizError where an operator fails.
        """
        same = None if batch is None else sameness_of(self._memo, batch, self._plan)
        keys = program.keys if same is None else same.keys(program, self._plan)
        constants = {n: self._programs.lowering.quantized(n, program.applied) for n in wanted if n not in keys}
        wanted = [n for n in wanted if n in keys]
        keep = remember and same is not None and self._memo.budget > 0
        values: Values = {}
        pending, uses = self._prepare(feed, batch, wanted, program.applied, keys, values)
        while pending:
            segment = pending.popleft()
            started = time.perf_counter()
            try:
                outputs = self.run_segment(segment, program.forms[segment.index], values)
            except RuntimeErrors as error:
                raise run_failed(self._graph, error, feed) from error
            for name in segment.inputs:
                uses[name] -= 1
                if not uses[name]:
                    del values[name]
            seconds = time.perf_counter() - started
            found = {n: v for n, v in outputs.items() if n in uses}
            values |= found
            if keep and same is not None and self._keep(found, batch, keys, seconds, same):
                keys = same.keys(program, self._plan)  # readers of what came out as before may be known
                pending, uses = self._prepare(feed, batch, wanted, program.applied, keys, values)
        return {name: _as_floats(values[name]) for name in wanted} | constants

    def keys(self, program: Program, batch: object) -> Mapping[str, bytes]:
        """Keys of all tensors under `program`; those found to have equal values in this micro-batch share one."""
        return sameness_of(self._memo, batch, self._plan).keys(program, self._plan)

    def _prepare(
        self,
        feed: Mapping[str, NDArray[np.generic]],
        batch: object,
        wanted: list[str],
        applied: Applied,
        keys: Mapping[str, bytes],
        values: Values,
    ) -> tuple[deque[Segment], dict[str, int]]:
        """Segments to run and how often each value is used; `values` are then those that are used, as far as known."""
        needed, known = self._needed(wanted, batch, keys, values)
        uses = _uses(needed, wanted)
        for name in feed:
            if name in uses and name not in known:
                known[name] = quantized_input(feed[name], name, applied)
        values.clear()
        values |= {n: v for n, v in known.items() if n in uses}
        return deque(needed), uses

    def _keep(self, found: Values, batch: object, keys: Mapping[str, bytes], seconds: float, same: Sameness) -> bool:
        """Put what a segment yielded into the memo; whether any of it is what it was before, under another key."""
        ripples: list[bool] = []
        for name, value in found.items():
            if not isinstance(value, np.ndarray | Codes):
                continue
            newest = same.newest(name)
            before = None if newest is None or newest == keys[name] else self._memo.get((newest, batch))
            ripples.append(same.finds_equal(name, keys[name], value, before))
            if not ripples[-1]:
                self._memo.put((keys[name], batch), value, value.nbytes, seconds)
        return any(ripples)

    def run_segment(self, segment: Segment, form: Form, values: Values) -> Values:
        """Outputs of one segment from the values that it reads. Raises one of RuntimeErrors where an operator fails."""
        if form.table is not None:
            return self._tables.look_up(segment, form, values)
        session = self._sessions.get(segment, form)
        feed = {codes(n) if kind else n: _operand(values[n], kind, n in form.last) for n, kind in form.inputs.items()}
        names = [codes(n) if n in form.grids else n for n in segment.outputs]
        results = session.run(names, {**feed, **form.feeds})
        return {n: _result(n, r, form) for n, r in zip(segment.outputs, results, strict=True)}

    def profile(self, feed: Mapping[str, NDArray[np.generic]], program: Program) -> list[float]:
        """Seconds that each segment takes on one micro-batch, all of whose values are held at once."""
        values = {n: quantized_input(a, n, program.applied) for n, a in feed.items()}
        spent = []
        for segment in self._plan.segments:
            started = time.perf_counter()
            values |= self.run_segment(segment, program.forms[segment.index], values)
            spent.append(time.perf_counter() - started)
        return spent

    def _needed(
        self, wanted: list[str], batch: object, keys: Mapping[str, bytes], held: Values
    ) -> tuple[list[Segment], Values]:
        """Segments to run, in order, and the values that are `held` or that the memo still holds."""
        known = dict(held)
        needed: set[int] = set()
        stack = list(wanted)
        seen: set[str] = set()
        while stack:
            name = stack.pop()
            if name in seen or name in held or name not in self._plan.producer:
                continue
            seen.add(name)
            kept = self._memo.get((keys[name], batch)) if batch is not None else None
            if kept is not None:
                known[name] = kept
            elif self._plan.producer[name] not in needed:
                needed.add(self._plan.producer[name])
                stack.extend(self._plan.segments[self._plan.producer[name]].inputs)
        return [self._plan.segments[i] for i in sorted(needed)], known


def quantized_input(value: NDArray[np.generic], name: str, applied: Applied) -> Value:
    """The value of a graph input as segments read it."""
    grid = applied.activations.get(name)
    if grid is None:
        return np.asarray(value, order="C")
    floats = np.asarray(value, np.float32)
    return encode(floats, grid) if has_codes(grid) else grid.quantize_dequantize(floats)


def _operand(value: Value, kind: str, last: bool) -> NDArray[np.generic]:
    if isinstance(value, Codes):
        return laid_out(value.codes, last) if kind else value.values()
    return value


def _result(name: str, value: NDArray[np.generic], form: Form) -> Value:
    if name in form.grids:
        low, high = form.limits.get(name, (0, 65535))
        found = value.transpose(perm_first(value.ndim)) if name in form.last else value
        return Codes(clamp(found, low, high), form.grids[name])
    if name in form.after:
        return form.after[name].quantize_dequantize(np.asarray(value, np.float32))
    return value


def _as_floats(value: Value) -> NDArray[np.generic]:
    return value.values() if isinstance(value, Codes) else value


def _uses(needed: list[Segment], wanted: list[str]) -> dict[str, int]:
    uses: dict[str, int] = {}
    for name in (*wanted, *(i for s in needed for i in s.inputs)):
        uses[name] = uses.get(name, 0) + 1
    return uses
