"""Hardware targets: what one can run and how its own tools calibrate, read from resources/targets/."""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qviz.encodings import BiasRule, ClipRange, Setting
from qviz.errors import QvizError, Text
from qviz.paths import resource
from qviz.quant.spec import FORMS, MAX_BITS, MIN_BITS, UNIFORM, Granularity, Scheme, Spec, UniformSpec
from qviz.sharing import Join, SharingRule

if TYPE_CHECKING:
    from qviz.graph.graph import Graph, Quantizer


@dataclass(frozen=True)
class KindRule:
    """What a target allows weights or activations; the first of each is what choosing the target sets."""

    bits: tuple[int, ...]
    schemes: tuple[Scheme, ...]
    granularities: tuple[Granularity, ...]
    calibrator: str
    forms: tuple[str, ...] = (UNIFORM,)
    read_by: frozenset[str] | None = None  # operators whose inputs are quantized; None: all that has a place
    per_tensor: frozenset[str] = frozenset()  # operators whose weights have one scale
    source: str = ""


@dataclass(frozen=True)
class Refused:
    """What a target cannot run of one quantizer, whatever else is set: value -> reason."""

    on: Text | None = None  # quantizing it at all
    forms: Mapping[str, Text] = field(default_factory=dict)
    bits: Mapping[int, Text] = field(default_factory=dict)
    schemes: Mapping[Scheme, Text] = field(default_factory=dict)
    granularities: Mapping[Granularity, Text] = field(default_factory=dict)
    ranges: Text | None = None  # any but the one that the target prescribes


@dataclass(frozen=True)
class Target:
    """A hardware target. It never changes a setting by itself: it says what it wants and what it cannot run."""

    name: str
    title: str
    about: str
    export: str  # format of the encodings file that it reads
    bias: BiasRule
    activations: KindRule
    weights: KindRule
    fixed: Mapping[str, ClipRange] = field(default_factory=dict)  # operator -> range of its output
    sharing: SharingRule = field(default_factory=SharingRule)
    source: str = ""

    def rule(self, quantizer: "Quantizer") -> KindRule:
        return self.weights if quantizer.kind == "param" else self.activations

    def spec(self, quantizer: "Quantizer", current: Spec) -> Spec:
        """The form that choosing this target gives a quantizer: form and bit-width stay where the target has them."""
        rule = self.rule(quantizer)
        if current.form != UNIFORM and current.form in rule.forms:
            return current
        bits = current.bits if current.bits in rule.bits else rule.bits[0]
        return UniformSpec(bits, rule.schemes[0], self._granularities(quantizer)[0])

    def quantizes(self, quantizer: "Quantizer", graph: "Graph") -> bool:
        """Whether the target runs what this quantizer stands on as integers."""
        allowed = self.rule(quantizer).read_by
        if allowed is None or quantizer.kind == "param":
            return True
        tensors = [graph.tensors[t] for t in (*quantizer.tensors, *quantizer.followers) if t in graph.tensors]
        return any(graph.node_by_name[c].op in allowed for t in tensors for c in t.consumers)

    def fixed_range(self, quantizer: "Quantizer") -> ClipRange | None:
        """The range that the target prescribes, whatever the data say."""
        return None if quantizer.constant else self.fixed.get(quantizer.op)

    def refused(self, quantizer: "Quantizer", graph: "Graph") -> Refused:
        """What the target cannot run of this quantizer: what a window greys."""

        def others(values: Iterable[Any], why: Callable[["Quantizer", Any], Text | None]) -> dict[Any, Text]:
            return {v: text for v in values if (text := why(quantizer, v)) is not None}

        return Refused(
            on=self._against_on(quantizer, graph),
            forms=others(FORMS, self._against_form),
            bits=others(range(MIN_BITS, MAX_BITS + 1), self._against_bits),
            schemes=others(Scheme, self._against_scheme),
            granularities=others(Granularity, self._against_granularity),
            ranges=self._fixed_reason(quantizer),
        )

    def violations(self, setting: Setting, quantizer: "Quantizer", graph: "Graph") -> tuple[Text, ...]:
        """What the target cannot run of this setting, each with the reason; empty where it is off."""
        if not setting.enabled:
            return ()
        if (kept := self._against_on(quantizer, graph)) is not None:
            return (kept,)
        fixed = None if self._keeps_fixed(setting, quantizer) else self._fixed_reason(quantizer)
        found = (*self._against_spec(quantizer, setting.spec), fixed)
        return tuple(text for text in found if text is not None)

    def _against_spec(self, quantizer: "Quantizer", spec: Spec) -> tuple[Text | None, ...]:
        """Bit-widths, schemes and granularities of a target are those of integers; other forms it has or has not."""
        if not isinstance(spec, UniformSpec):
            return (self._against_form(quantizer, spec.form),)
        return (
            self._against_form(quantizer, spec.form),
            self._against_bits(quantizer, spec.bits),
            self._against_scheme(quantizer, spec.scheme),
            self._against_granularity(quantizer, spec.granularity),
        )

    def unshared(self, join: Join, name: str) -> Text:
        """Why `name`, at one end of a join, cannot run with its own encoding."""
        other = join.output if name == join.input else join.input
        values = {"target": self.title, "operator": join.operator, "other": other, "source": self.sharing.source}
        return Text(_UNSHARED, values)

    def _against_on(self, quantizer: "Quantizer", graph: "Graph") -> Text | None:
        if self.quantizes(quantizer, graph):
            return None
        rule = self.rule(quantizer)
        values = {"target": self.title, "operators": ", ".join(sorted(rule.read_by or ())), "source": rule.source}
        return Text("{target} keeps this in float: it quantizes what {operators} read ({source}).", values)

    def _against_form(self, quantizer: "Quantizer", form: str) -> Text | None:
        return self._unless(form, self.rule(quantizer).forms, quantizer, _WEIGHT_KIND, _ACTIVATION_KIND)

    def _against_bits(self, quantizer: "Quantizer", bits: int) -> Text | None:
        return self._unless(bits, self.rule(quantizer).bits, quantizer, _WEIGHT_BITS, _ACTIVATION_BITS)

    def _against_scheme(self, quantizer: "Quantizer", scheme: Scheme) -> Text | None:
        return self._unless(scheme, self.rule(quantizer).schemes, quantizer, _WEIGHT_FORM, _ACTIVATION_FORM)

    def _against_granularity(self, quantizer: "Quantizer", granularity: Granularity) -> Text | None:
        return self._unless(
            granularity, self._granularities(quantizer), quantizer, _WEIGHT_FORM, _ACTIVATION_FORM
        )  # fmt: skip

    def _unless(
        self, value: object, allowed: tuple[Any, ...], quantizer: "Quantizer", of_weights: str, of_activations: str
    ) -> Text | None:
        """None where the value is allowed, else why it is not."""
        if value in allowed:
            return None
        listed, source = ", ".join(map(str, allowed)), self.rule(quantizer).source
        values = {"target": self.title, "allowed": listed, "value": str(value), "source": source}
        return Text(of_weights if quantizer.kind == "param" else of_activations, values)

    def _fixed_reason(self, quantizer: "Quantizer") -> Text | None:
        fixed = self.fixed_range(quantizer)
        if fixed is None:
            return None
        values = {"target": self.title, "operator": quantizer.op, "low": fixed.low[0], "high": fixed.high[0]}
        return Text("{target} fixes the output of {operator} at {low} to {high}.", values)

    def _keeps_fixed(self, setting: Setting, quantizer: "Quantizer") -> bool:
        fixed = self.fixed_range(quantizer)
        if fixed is None or (encoding := setting.encoding) is None:
            return True
        slack = 0.5 * float(encoding.scale[0])
        return abs(encoding.min[0] - fixed.low[0]) <= slack and abs(encoding.max[0] - fixed.high[0]) <= slack

    def _granularities(self, quantizer: "Quantizer") -> tuple[Granularity, ...]:
        if quantizer.axis is None or quantizer.op in self.rule(quantizer).per_tensor:
            return (Granularity.PER_TENSOR,)
        return self.rule(quantizer).granularities


_WEIGHT_BITS = "{target} takes weights of {allowed} bits, not {value} ({source})."
_ACTIVATION_BITS = "{target} takes activations of {allowed} bits, not {value} ({source})."
_WEIGHT_KIND = "{target} takes weights of the form {allowed}, not {value} ({source})."
_ACTIVATION_KIND = "{target} takes activations of the form {allowed}, not {value} ({source})."
_WEIGHT_FORM = "{target} takes weights {allowed}, not {value} ({source})."
_ACTIVATION_FORM = "{target} takes activations {allowed}, not {value} ({source})."
_UNSHARED = "{target} has one encoding for the inputs and outputs of {operator}, and {other} has another ({source})."


@lru_cache(1)
def targets() -> Mapping[str, Target]:
    """All targets by name, in the order of their names."""
    return {path.stem: read_target(path) for path in sorted(resource("targets").glob("*.toml"))}


def target_named(name: str) -> Target:
    """The target of this name. Raises QvizError, with the names that there are."""
    if name not in targets():
        raise QvizError("There is no target {name}; there are {known}.", name=name, known=", ".join(targets()))
    return targets()[name]


def read_target(path: Path) -> Target:
    """A target from its file; see resources/targets/README.md. Raises KeyError or ValueError where it is not one."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    fixed = {op: ClipRange((low,), (high,)) for op, (low, high) in _ranges(content.get("fixed", {}))}
    text = {key: content[key] for key in ("title", "about", "export", "bias", "source")}
    return Target(
        name=path.stem,
        activations=_rule(content["activations"]),
        weights=_rule(content["weights"]),
        fixed=fixed,
        sharing=_sharing(content.get("sharing", {})),
        **text,
    )


def _sharing(content: Mapping[str, Any]) -> SharingRule:
    operators = frozenset(content.get("operators", ()))
    return SharingRule(operators, content.get("splits", True), content.get("source", ""))


def _ranges(content: Mapping[str, Any]) -> list[tuple[str, tuple[float, float]]]:
    return [(op, (edges[0], edges[1])) for op, edges in content.items() if op != "source"]


def _rule(content: Mapping[str, Any]) -> KindRule:
    read_by = content.get("read_by")
    return KindRule(
        bits=tuple(content["bits"]),
        schemes=tuple(Scheme(s) for s in content["schemes"]),
        granularities=tuple(Granularity(g) for g in content["granularities"]),
        forms=tuple(FORMS[FORMS.index(f)] for f in content.get("forms", (UNIFORM,))),
        calibrator=content["calibrator"],
        read_by=None if read_by is None else frozenset(read_by),
        per_tensor=frozenset(content.get("per_tensor", ())),
        source=content["source"],
    )
