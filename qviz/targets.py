"""Hardware targets: what one can run and how its own tools calibrate, read from resources/targets/."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qviz.encodings import BiasRule, ClipRange, Setting
from qviz.errors import QvizError, Text
from qviz.paths import resource
from qviz.quant.spec import Granularity, Scheme, UniformSpec

if TYPE_CHECKING:
    from qviz.graph.graph import Graph, Quantizer


@dataclass(frozen=True)
class KindRule:
    """What a target allows weights or activations; the first of each is what choosing the target sets."""

    bits: tuple[int, ...]
    schemes: tuple[Scheme, ...]
    granularities: tuple[Granularity, ...]
    calibrator: str
    read_by: frozenset[str] | None = None  # operators whose inputs are quantized; None: all that has a place
    per_tensor: frozenset[str] = frozenset()  # operators whose weights have one scale
    source: str = ""


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
    source: str = ""

    def rule(self, quantizer: "Quantizer") -> KindRule:
        return self.weights if quantizer.kind == "param" else self.activations

    def spec(self, quantizer: "Quantizer", current: UniformSpec) -> UniformSpec:
        """The form that choosing this target gives a quantizer: its bit-width stays where the target has it."""
        rule = self.rule(quantizer)
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

    def violations(self, setting: Setting, quantizer: "Quantizer", graph: "Graph") -> tuple[Text, ...]:
        """What the target cannot run of this setting, each with the reason; empty where it is off."""
        if not setting.enabled:
            return ()
        if not self.quantizes(quantizer, graph):
            ops = ", ".join(sorted(self.rule(quantizer).read_by or ()))
            values = {"target": self.title, "operators": ops, "source": self.rule(quantizer).source}
            return (Text("{target} keeps this in float: it quantizes what {operators} read ({source}).", values),)
        return (*self._against_rule(setting.spec, quantizer), *self._against_fixed(setting, quantizer))

    def _against_rule(self, spec: UniformSpec, quantizer: "Quantizer") -> tuple[Text, ...]:
        rule, weights = self.rule(quantizer), quantizer.kind == "param"
        checks: tuple[tuple[Any, tuple[Any, ...], str, str], ...] = (
            (spec.bits, rule.bits, _WEIGHT_BITS, _ACTIVATION_BITS),
            (spec.scheme, rule.schemes, _WEIGHT_FORM, _ACTIVATION_FORM),
            (spec.granularity, self._granularities(quantizer), _WEIGHT_FORM, _ACTIVATION_FORM),
        )
        return tuple(
            Text(
                of_weights if weights else of_activations,
                {
                    "target": self.title,
                    "allowed": ", ".join(map(str, allowed)),
                    "value": str(value),
                    "source": rule.source,
                },
            )
            for value, allowed, of_weights, of_activations in checks
            if value not in allowed
        )

    def _against_fixed(self, setting: Setting, quantizer: "Quantizer") -> tuple[Text, ...]:
        fixed, encoding = self.fixed_range(quantizer), setting.encoding
        if fixed is None or encoding is None:
            return ()
        slack = 0.5 * float(encoding.scale[0])
        if abs(encoding.min[0] - fixed.low[0]) <= slack and abs(encoding.max[0] - fixed.high[0]) <= slack:
            return ()
        values = {"target": self.title, "operator": quantizer.op, "low": fixed.low[0], "high": fixed.high[0]}
        return (Text("{target} fixes the output of {operator} at {low} to {high}.", values),)

    def _granularities(self, quantizer: "Quantizer") -> tuple[Granularity, ...]:
        if quantizer.axis is None or quantizer.op in self.rule(quantizer).per_tensor:
            return (Granularity.PER_TENSOR,)
        return self.rule(quantizer).granularities


_WEIGHT_BITS = "{target} takes weights of {allowed} bits, not {value} ({source})."
_ACTIVATION_BITS = "{target} takes activations of {allowed} bits, not {value} ({source})."
_WEIGHT_FORM = "{target} takes weights {allowed}, not {value} ({source})."
_ACTIVATION_FORM = "{target} takes activations {allowed}, not {value} ({source})."


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
        **text,
    )


def _ranges(content: Mapping[str, Any]) -> list[tuple[str, tuple[float, float]]]:
    return [(op, (edges[0], edges[1])) for op, edges in content.items() if op != "source"]


def _rule(content: Mapping[str, Any]) -> KindRule:
    read_by = content.get("read_by")
    return KindRule(
        bits=tuple(content["bits"]),
        schemes=tuple(Scheme(s) for s in content["schemes"]),
        granularities=tuple(Granularity(g) for g in content["granularities"]),
        calibrator=content["calibrator"],
        read_by=None if read_by is None else frozenset(read_by),
        per_tensor=frozenset(content.get("per_tensor", ())),
        source=content["source"],
    )
