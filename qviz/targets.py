"""Hardware targets: what one can run and how its own tools calibrate, read from resources/targets/."""

import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
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


_WHOLE = (Granularity.PER_TENSOR,)


@dataclass(frozen=True)
class KindRule:
    """What a target allows weights or activations; the first of each is what choosing the target sets."""

    kind: str  # "param" or "activation"
    bits: tuple[int, ...]
    schemes: tuple[Scheme, ...]
    granularities: tuple[Granularity, ...]
    calibrator: str
    forms: tuple[str, ...] = (UNIFORM,)
    read_by: frozenset[str] | None = None  # operators whose inputs are quantized; None: all that has a place
    per_tensor: frozenset[str] = frozenset()  # operators whose weights have one scale
    bits_3x3: tuple[int, ...] = ()  # of weights of 3x3 convolutions in steps of 1, where these have others
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

    def rule(self, quantizer: "Quantizer", graph: "Graph") -> KindRule:
        """What is allowed of this quantizer: its bit-widths, and the granularities of its operator."""
        rule = self.weights if quantizer.kind == "param" else self.activations
        if (quantizer.axis is None or quantizer.op in rule.per_tensor) and rule.granularities != _WHOLE:
            rule = replace(rule, granularities=_WHOLE)
        reader = graph.node_by_name.get(quantizer.node or "") if rule.bits_3x3 else None
        narrow = reader is not None and graph.is_plain_3x3(reader, quantizer.name)
        return replace(rule, bits=rule.bits_3x3) if narrow else rule

    def spec(self, quantizer: "Quantizer", current: Spec, graph: "Graph") -> Spec:
        """The form that choosing this target gives a quantizer: form and bit-width stay where the target has them."""
        rule = self.rule(quantizer, graph)
        if current.form != UNIFORM and current.form in rule.forms:
            return current
        bits = current.bits if current.bits in rule.bits else rule.bits[0]
        return UniformSpec(bits, rule.schemes[0], rule.granularities[0])

    def quantizes(self, quantizer: "Quantizer", graph: "Graph") -> bool:
        """Whether the target runs what this quantizer stands on as integers."""
        allowed = self.rule(quantizer, graph).read_by
        if allowed is None:
            return True
        tensors = [graph.tensors[t] for t in (*quantizer.tensors, *quantizer.followers) if t in graph.tensors]
        return any(graph.node_by_name[c].op in allowed for t in tensors for c in t.consumers)

    def fixed_range(self, quantizer: "Quantizer") -> ClipRange | None:
        """The range that the target prescribes, whatever the data say."""
        return None if quantizer.constant else self.fixed.get(quantizer.op)

    def refused(self, quantizer: "Quantizer", graph: "Graph") -> Refused:
        """What the target cannot run of this quantizer, whatever else is set: what a window greys."""
        rule = self.rule(quantizer, graph)

        def others(values: Iterable[Any], allowed: Collection[Any], templates: Mapping[str, str]) -> dict[Any, Text]:
            return {v: text for v in values if (text := self._unless(v, allowed, rule, templates)) is not None}

        return Refused(
            on=self._against_on(quantizer, graph),
            forms=others(FORMS, rule.forms, _KIND),
            bits=others(range(MIN_BITS, MAX_BITS + 1), rule.bits, _BITS),
            schemes=others(Scheme, rule.schemes, _FORM),
            granularities=others(Granularity, rule.granularities, _FORM),
            ranges=self._fixed_reason(quantizer),
        )

    def violations(self, setting: Setting, quantizer: "Quantizer", graph: "Graph") -> tuple[Text, ...]:
        """What the target cannot run of this setting, each with the reason; empty where it is off."""
        if not setting.enabled:
            return ()
        if (kept := self._against_on(quantizer, graph)) is not None:
            return (kept,)
        fixed = None if self._keeps_fixed(setting, quantizer) else self._fixed_reason(quantizer)
        found = (*self._against_spec(self.rule(quantizer, graph), setting.spec), fixed)
        return tuple(text for text in found if text is not None)

    def _against_spec(self, rule: KindRule, spec: Spec) -> tuple[Text | None, ...]:
        """Bit-widths, schemes and granularities of a target are those of integers; other forms it has or has not."""
        form = self._unless(spec.form, rule.forms, rule, _KIND)
        if not isinstance(spec, UniformSpec):
            return (form,)
        return (
            form,
            self._unless(spec.bits, rule.bits, rule, _BITS),
            self._unless(spec.scheme, rule.schemes, rule, _FORM),
            self._unless(spec.granularity, rule.granularities, rule, _FORM),
        )

    def unshared(self, join: Join, name: str) -> Text:
        """Why `name`, at one end of a join, cannot run with its own encoding."""
        other = join.output if name == join.input else join.input
        values = {"target": self.title, "operator": join.operator, "other": other, "source": self.sharing.source}
        return Text(_UNSHARED, values)

    def _against_on(self, quantizer: "Quantizer", graph: "Graph") -> Text | None:
        if self.quantizes(quantizer, graph):
            return None
        rule = self.rule(quantizer, graph)
        values = {"target": self.title, "operators": ", ".join(sorted(rule.read_by or ())), "source": rule.source}
        return Text("{target} keeps this in float: it quantizes what {operators} read ({source}).", values)

    def _unless(
        self, value: object, allowed: Collection[Any], rule: KindRule, templates: Mapping[str, str]
    ) -> Text | None:
        """None where the value is allowed, else why it is not."""
        if value in allowed:
            return None
        listed = ", ".join(map(str, allowed))
        values = {"target": self.title, "allowed": listed, "value": str(value), "source": rule.source}
        return Text(templates[rule.kind], values)

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


_BITS = {
    "param": "{target} takes weights of {allowed} bits, not {value} ({source}).",
    "activation": "{target} takes activations of {allowed} bits, not {value} ({source}).",
}
_KIND = {
    "param": "{target} takes weights of the form {allowed}, not {value} ({source}).",
    "activation": "{target} takes activations of the form {allowed}, not {value} ({source}).",
}
_FORM = {
    "param": "{target} takes weights {allowed}, not {value} ({source}).",
    "activation": "{target} takes activations {allowed}, not {value} ({source}).",
}
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
        activations=_rule("activation", content["activations"]),
        weights=_rule("param", content["weights"]),
        fixed=fixed,
        sharing=_sharing(content.get("sharing", {})),
        **text,
    )


def _sharing(content: Mapping[str, Any]) -> SharingRule:
    operators = frozenset(content.get("operators", ()))
    return SharingRule(operators, content.get("splits", True), content.get("source", ""))


def _ranges(content: Mapping[str, Any]) -> list[tuple[str, tuple[float, float]]]:
    return [(op, (edges[0], edges[1])) for op, edges in content.items() if op != "source"]


def _rule(kind: str, content: Mapping[str, Any]) -> KindRule:
    read_by = content.get("read_by")
    return KindRule(
        kind=kind,
        bits=tuple(content["bits"]),
        schemes=tuple(Scheme(s) for s in content["schemes"]),
        granularities=tuple(Granularity(g) for g in content["granularities"]),
        forms=tuple(FORMS[FORMS.index(f)] for f in content.get("forms", (UNIFORM,))),
        calibrator=content["calibrator"],
        read_by=None if read_by is None else frozenset(read_by),
        per_tensor=frozenset(content.get("per_tensor", ())),
        bits_3x3=tuple(content.get("bits_3x3", ())),
        source=content["source"],
    )
