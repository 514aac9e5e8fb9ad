"""What a QDQ model leaves open. Read by the window, which has no onnx."""

from qviz.errors import Text
from qviz.formats.source import Source
from qviz.formats.unsaid import gathered, left_in_float, naming, one_code_more
from qviz.quant.spec import UniformSpec
from qviz.targets import target_named

SATURATES = (
    "ONNX Runtime adds int8 products up exactly only where the processor has int8 dot products; elsewhere run the "
    "model with the session option session.x64quantprecision = 1."
)


def signed_codes(target: str | None) -> bool:
    """Whether all integers of a hardware target are symmetric and signed."""
    if target is None:
        return False
    rules = target_named(target).weights, target_named(target).activations
    return all(UniformSpec(scheme=scheme).signed_steps for rule in rules for scheme in rule.schemes)


def unsaid(source: Source) -> tuple[Text, ...]:
    """What is in float in the file, and what a target of signed integers cannot read of it."""
    if not signed_codes(source.encodings.target):
        return gathered(left_in_float(source))
    other = (i.name for i in source.items if not (i.plain or i.strict))
    template = "{target} reads symmetric signed integers only; it will refuse the model for these ({count}): {names}."
    title = target_named(source.encodings.target or "").title
    return gathered(
        left_in_float(source), naming(template, other, target=title), one_code_more(source.activations), Text(SATURATES)
    )
