"""What a QDQ model leaves open. Read by the window, which has no onnx."""

from qviz.errors import Text
from qviz.formats.source import Source
from qviz.formats.unsaid import gathered, left_in_float, naming, one_code_more
from qviz.quant.blocks import BlockGrid
from qviz.quant.spec import FloatSpec, UniformSpec
from qviz.targets import target_named

SATURATES = (
    "ONNX Runtime adds int8 products up exactly only where the processor has int8 dot products; elsewhere run the "
    "model with the session option session.x64quantprecision = 1."
)
OPTIMIZED = (
    "Between quantized activations ONNX Runtime's optimizer makes int8 of these weights; run the model with the "
    "session option session.disable_quant_qdq = 1 ({count}): {names}."
)
RELU = (
    "ONNX Runtime's optimizer mistakes these activations in float8 for integers; run the model with optimization at "
    "the basic level at most ({count}): {names}."
)


def signed_codes(target: str | None) -> bool:
    """Whether all integers of a hardware target are symmetric and signed."""
    if target is None:
        return False
    rules = target_named(target).weights, target_named(target).activations
    return all(UniformSpec(scheme=scheme).signed_steps for rule in rules for scheme in rule.schemes)


def unsaid(source: Source) -> tuple[Text, ...]:
    """What is in float in the file, what ONNX Runtime makes of other forms, what a target of integers cannot read."""
    found = gathered(left_in_float(source), _as_weights(source), _as_activations(source))
    if not signed_codes(source.encodings.target):
        return found
    other = [i.name for i in source.items if not (i.plain or i.strict)] + list(source.others)
    template = "{target} reads symmetric signed integers only; it will refuse the model for these ({count}): {names}."
    title = target_named(source.encodings.target or "").title
    return found + gathered(naming(template, other, target=title), one_code_more(source.activations), Text(SATURATES))


def _as_weights(source: Source) -> Text | None:
    names = (n for n, s in source.others.items() if source.quantizers[n].constant and not isinstance(s.grid, BlockGrid))
    return naming(OPTIMIZED, names)


def _as_activations(source: Source) -> Text | None:
    floats = {n: s.spec for n, s in source.others.items() if not source.quantizers[n].constant}
    return naming(RELU, (n for n, spec in floats.items() if isinstance(spec, FloatSpec) and spec.scaled))
