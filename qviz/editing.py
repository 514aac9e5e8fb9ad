"""The edits of a session: each makes new encodings and one history entry."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from qviz import edits, targeting
from qviz.encodings import BiasRule, Encodings, what_if
from qviz.errors import QvizError, Text
from qviz.graph.graph import Graph, Quantizer, QuantizerKind
from qviz.history import History
from qviz.judging import Judge, Reasons
from qviz.quant.histogram import Histogram
from qviz.spec_change import spec_fields, spec_label
from qviz.targets import Refused, Target, target_named


class Editing:
    """What turns the user's wishes into encodings. `_encodings_changed` is told after every change."""

    def __init__(self) -> None:
        self.graph: Graph | None = None
        self.quantizers: Mapping[str, Quantizer] = {}
        self.histograms: Mapping[str, Histogram] = {}
        self.history = History(Encodings())
        self._preview: Encodings | None = None
        self.muted: frozenset[str] = frozenset()
        self.soloed: frozenset[str] = frozenset()
        self._judged: Judge | None = None
        self._sorted: tuple[object, object, dict[str, list[str]]] = None, None, {}  # see `unlocked`
        self.baseline = self.committed  # B: changes are against this state, the one opened until another is pinned

    def _encodings_changed(self) -> None:
        raise NotImplementedError

    def _what_if_changed(self) -> None:
        raise NotImplementedError

    def _baseline_changed(self) -> None:
        raise NotImplementedError

    @property
    def encodings(self) -> Encodings:
        """The committed state, or the preview while something is dragged."""
        return self._preview if self._preview is not None else self.history.current

    @property
    def simulated(self) -> Encodings:
        """`encodings` with what is muted or not soloed left in float: what answers are about."""
        return what_if(self.encodings, self.muted, self.soloed)

    @property
    def what_if(self) -> bool:
        """Whether something is muted or soloed."""
        return bool(self.muted or self.soloed)

    @property
    def committed(self) -> Encodings:
        return self.history.current

    @property
    def settled(self) -> Encodings:
        """What is shown, an unfinished drag apart: the committed state, or baseline B while that is looked at."""
        return self.baseline if self.showing_baseline else self.committed

    @property
    def previewing(self) -> bool:
        return self._preview is not None

    @property
    def showing_baseline(self) -> bool:
        """Whether `encodings` are a preview of baseline B."""
        return self._preview is not None and self._preview is self.baseline

    def pin_baseline(self) -> None:
        """Make the committed state baseline B."""
        self.cancel_preview()
        self.baseline = self.committed
        self._baseline_changed()

    def show_baseline(self, on: bool) -> None:
        """Show baseline B as a preview, or the committed state again."""
        if on:
            self.preview(self.baseline)
        else:
            self.cancel_preview()

    def set_range(self, names: str | Iterable[str], low: float, high: float, merge_key: str | None = None) -> None:
        """Give quantizers the clip range [low, high] by hand."""
        result = self.committed
        for name in self._known(names):
            result = self._ranged(result, name, low, high)
        self.commit(result, "Range", merge_key)

    def set_spec(
        self,
        names: str | Iterable[str],
        bits: int | None = None,
        scheme: str | None = None,
        granularity: str | None = None,
        form: str | None = None,
        size: int | None = None,
        block: int | None = None,
    ) -> None:
        """Change the form of quantizers, see `spec_change`. Raises QvizError for what does not exist or go together."""
        fields = spec_fields(bits, scheme, granularity, form, size, block)
        chosen = self._known(names)

        def respecified() -> Encodings:
            changed = edits.respec(self.committed, self.quantizers, self.histograms, chosen, fields)
            return self._shared(changed, chosen)

        self._apply(respecified, spec_label(fields))

    def set_enabled(self, names: str | Iterable[str], enabled: bool) -> None:
        """Quantize, or leave in float."""
        changes = {n: replace(self.committed[n], enabled=enabled) for n in self._known(names)}
        self.commit(self.committed.with_settings(changes), "On" if enabled else "Off")

    def set_locked(self, names: str | Iterable[str], locked: bool) -> None:
        """Keep ranges from being calibrated again."""
        changes = {n: replace(self.committed[n], locked=locked) for n in self._known(names)}
        self.commit(self.committed.with_settings(changes), "Lock" if locked else "Unlock")

    def set_bias(self, bias: BiasRule) -> None:
        """int32 (scale s_x * s_w) or float biases."""
        if bias not in ("int32", "float"):
            raise QvizError('The bias rule is "int32" or "float", not "{bias}".', bias=bias)
        self.commit(self.committed.with_bias(bias), f"{bias} bias")

    def calibrate(
        self,
        method: str = "minmax",
        names: str | Iterable[str] | None = None,
        param_bits: int | None = None,
        act_bits: int | None = None,
    ) -> None:
        """Find the ranges of `names` (all) again from their histograms; locked ones stay."""
        chosen = list(self.committed.settings) if names is None else self._known(names)

        def calibrated() -> Encodings:
            result = self.committed
            for kind, bits in (("param", param_bits), ("activation", act_bits)):
                if bits is not None:
                    own = [n for n in chosen if self.quantizers[n].kind == kind]
                    result = edits.respec(result, self.quantizers, self.histograms, own, {"bits": bits})
            result = edits.calibrate(result, self.histograms, chosen, method, keep_hand_made=False)
            return self._shared(result, chosen)

        self._apply(calibrated, f"Calibrate ({method})")

    @property
    def target(self) -> Target | None:
        """The hardware target of what is shown, if one is chosen."""
        return None if self.encodings.target is None else target_named(self.encodings.target)

    def set_target(self, name: str | None) -> None:
        """Choose a hardware target: what it quantizes, in which form, its bias rule, ranges by its own calibrators.

        One history entry. Locked settings stay; `violations` says what the target cannot run of them. None: no target,
        and every setting stays as it is.
        """
        if self.graph is None:
            raise QvizError("Open a model first.")
        if name is None:
            self.commit(targeting.without_target(self.committed), "No target")
            return
        target, graph = target_named(name), self.graph
        self._apply(
            lambda: targeting.with_target(self.committed, graph, self.quantizers, self.histograms, target), target.title
        )

    def set_as_target_wants(self, names: str | Iterable[str]) -> None:
        """Bring quantizers back to what the target can run, ranges set by hand too; locked ones stay."""
        target = None if self.committed.target is None else target_named(self.committed.target)
        if target is None or self.graph is None:
            raise QvizError("Choose a target first.")
        graph, chosen = self.graph, self._known(names)
        self._apply(
            lambda: targeting.as_target_wants(
                self.committed, graph, self.quantizers, self.histograms, target, chosen, keep_hand_made=False
            ),
            f"As {target.title} wants",
        )

    def violations(self, name: str) -> tuple[Text, ...]:
        """What the chosen target cannot run of one quantizer's setting, with the reasons; empty without a target."""
        return self.violating().get(name, ())

    def violating(self) -> Reasons:
        """The reasons of every quantizer that the chosen target cannot run as it is set, in the graph's order."""
        judge = self._judge(self.target)
        return {} if judge is None else judge.reasons(self.encodings)

    def refused(self, name: str) -> Refused:
        """What the chosen target cannot run of one quantizer, however it is set; nothing without a target."""
        target = self.target
        if target is None or self.graph is None or name not in self.quantizers:
            return Refused()
        return target.refused(self.quantizers[name], self.graph)

    def _judge(self, target: Target | None) -> Judge | None:
        """What a target says of the quantizers that there are; made again for others."""
        if target is None or self.graph is None:
            return None
        if self._judged is None or not self._judged.is_about(target, self.graph, self.quantizers):
            self._judged = Judge(target, self.graph, self.quantizers)
        return self._judged

    def _shared(self, encodings: Encodings, names: Iterable[str]) -> Encodings:
        """With the ranges that the target wants shared, where `names` were calibrated again."""
        judge = self._judge(None if encodings.target is None else target_named(encodings.target))
        return encodings if judge is None else targeting.shared(encodings, judge.joins, list(names))

    def set_mute(self, names: str | Iterable[str]) -> None:
        """Leave exactly these in float, in simulations alone: never saved, exported, or in history."""
        self._lay_over(frozenset(self._known(names)), self.soloed)

    def set_solo(self, names: str | Iterable[str]) -> None:
        """Quantize these only (all, where there are none), in simulations alone."""
        self._lay_over(self.muted, frozenset(self._known(names)))

    def clear_what_if(self) -> None:
        """Nothing is muted or soloed any more."""
        self._lay_over(frozenset(), frozenset())

    def undo(self) -> None:
        self._preview = None
        self.history.undo()
        self._encodings_changed()

    def redo(self) -> None:
        self._preview = None
        self.history.redo()
        self._encodings_changed()

    def go_to(self, index: int) -> None:
        """Back, or forward, to the entry `index` of the history, as so many steps of undo or redo."""
        self._preview = None
        self.history.go_to(index)
        self._encodings_changed()

    def preview(self, encodings: Encodings) -> None:
        """Simulate without history while something is dragged."""
        self._preview = encodings
        self._encodings_changed()

    def cancel_preview(self) -> None:
        """Back to the committed state."""
        if self._preview is not None:
            self._preview = None
            self._encodings_changed()

    def commit(self, encodings: Encodings, label: str, merge_key: str | None = None) -> None:
        """Make one history entry; none where nothing differs from the committed state."""
        self._preview = None
        before = self.committed
        if encodings.changed(before) or (encodings.bias, encodings.target) != (before.bias, before.target):
            self.history.commit(encodings, label, merge_key)
        self._encodings_changed()

    def with_range(self, name: str, low: float, high: float) -> Encodings:
        """The committed encodings with one range set by hand; for `preview`."""
        return self._ranged(self.committed, name, low, high)

    def _apply(self, make: Callable[[], Encodings], label: str) -> None:
        """Commit what `make` makes of the committed state; it may have to find ranges first."""
        self.commit(make(), label)

    def _lay_over(self, muted: frozenset[str], soloed: frozenset[str]) -> None:
        if (muted, soloed) != (self.muted, self.soloed):
            self.muted, self.soloed = muted, soloed
            self._what_if_changed()

    def _ranged(self, encodings: Encodings, name: str, low: float, high: float) -> Encodings:
        setting = edits.with_manual_range(encodings[name], self.histograms.get(name), low, high)
        return encodings.with_settings({name: setting})

    def unlocked(self, kind: QuantizerKind) -> list[str]:
        """Quantizers of a kind that are not locked, as settled: what an edit of all of them is for."""
        now = self.settled, self.quantizers
        if any(a is not b for a, b in zip(now, self._sorted[:2], strict=True)):
            self._sorted = *now, {k: _unlocked(*now, k) for k in ("param", "activation")}
        return self._sorted[2][kind]

    def _known(self, names: str | Iterable[str]) -> list[str]:
        chosen = [names] if isinstance(names, str) else list(names)
        for name in chosen:
            if name not in self.committed:
                raise QvizError("This model has no quantizer named {name}.", name=name)
        return chosen


def _unlocked(encodings: Encodings, quantizers: Mapping[str, Quantizer], kind: str) -> list[str]:
    settings = encodings.settings
    return [n for n, q in quantizers.items() if q.kind == kind and n in settings and not settings[n].locked]
