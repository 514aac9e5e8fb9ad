"""From what a user chooses (form, bit-width, scheme, granularity, sizes) to the spec of one quantizer."""

from collections.abc import Iterable, Mapping
from typing import Any

from qviz.errors import QvizError
from qviz.graph.graph import Quantizer
from qviz.quant.spec import (
    BINARY,
    CODEBOOK,
    FORMS,
    MAX_BITS,
    MIN_ACTIVATION_BITS,
    TERNARY,
    UNIFORM,
    WEIGHT_FORMS,
    BinarySpec,
    CodebookSpec,
    FloatFormat,
    FloatSpec,
    Granularity,
    Scheme,
    Spec,
    TernarySpec,
    UniformSpec,
)

_LABELS = {"bits": "{} bits", "size": "{} centroids", "block": "blocks of {}"}
BLOCK = 32  # values that share a scale, where per-block is chosen without a size


def spec_fields(
    bits: int | None = None,
    scheme: str | None = None,
    granularity: str | None = None,
    form: str | None = None,
    size: int | None = None,
    block: int | None = None,
) -> dict[str, Any]:
    """What is given of the choices that make a spec: `form` is one of FORMS, `size` counts centroids, `block` values.

    Raises QvizError for a form, scheme or granularity that does not exist.
    """
    fields = {"bits": bits, "scheme": scheme, "granularity": granularity, "form": form, "size": size, "block": block}
    given: dict[str, Any] = {name: value for name, value in fields.items() if value is not None}
    for name, kinds in (("scheme", Scheme), ("granularity", Granularity), ("form", FORMS)):
        if name in given:
            given[name] = _known(name, given[name], kinds)
    return given


def spec_label(fields: Mapping[str, Any]) -> str:
    """What a history entry calls such a change."""
    return ", ".join(_LABELS.get(name, "{}").format(value) for name, value in fields.items())


def changed_spec(spec: Spec, fields: Mapping[str, Any], quantizer: Quantizer) -> Spec:
    """`spec` with the `fields` that are given, as far as `quantizer` has them.

    A bit-width or a scheme makes integers, a size a codebook. Granularity stays per-tensor where there is no channel
    axis. Raises QvizError for what does not exist, or is not for activations.
    """
    form = fields.get("form") or _implied(spec, fields)
    granularity = _granularity(spec, form, fields, quantizer)
    made: Spec
    if form == UNIFORM:
        made = _uniform(spec, fields, granularity, quantizer)
    elif form == CODEBOOK:
        before = spec if isinstance(spec, CodebookSpec) else CodebookSpec()
        made = CodebookSpec(fields.get("size", before.size))
    elif form in (BINARY, TERNARY):
        made = (BinarySpec if form == BINARY else TernarySpec)(granularity)
    else:
        made = FloatSpec(granularity, FloatFormat(form))
    check_form(made, quantizer)
    return made


def check_form(spec: Spec, quantizer: Quantizer) -> None:
    """Raises QvizError where only weights can take this form."""
    if quantizer.kind == "param":
        return
    if spec.form in WEIGHT_FORMS:
        raise QvizError(
            "{name} is an activation: the form {form} is for weights.", name=quantizer.name, form=spec.form
        )  # fmt: skip
    if spec.bits < MIN_ACTIVATION_BITS:
        raise QvizError(
            "{name} is an activation: it takes from {low} to {high} bits, not {bits}.",
            name=quantizer.name, low=MIN_ACTIVATION_BITS, high=MAX_BITS, bits=spec.bits,
        )  # fmt: skip


def _implied(spec: Spec, fields: Mapping[str, Any]) -> str:
    if {"bits", "scheme", "block"} & fields.keys() or fields.get("granularity") is Granularity.PER_BLOCK:
        return UNIFORM
    return CODEBOOK if "size" in fields else spec.form


def _granularity(spec: Spec, form: str, fields: Mapping[str, Any], quantizer: Quantizer) -> Granularity:
    if quantizer.axis is None:
        return Granularity.PER_TENSOR
    if "block" in fields:
        return Granularity.PER_BLOCK
    if "granularity" in fields:
        return Granularity(fields["granularity"])
    if spec.form == CODEBOOK or (form != UNIFORM and spec.granularity is Granularity.PER_BLOCK):
        return Granularity.PER_CHANNEL
    return spec.granularity


def _uniform(spec: Spec, fields: Mapping[str, Any], granularity: Granularity, quantizer: Quantizer) -> UniformSpec:
    before = spec if isinstance(spec, UniformSpec) else None
    usual = Scheme.SYMMETRIC if quantizer.kind == "param" else Scheme.ASYMMETRIC
    bits = fields.get("bits", before.bits if before else UniformSpec().bits)
    scheme = fields.get("scheme", before.scheme if before else usual)
    block = fields.get("block", (before.block if before else 0) or BLOCK)
    return UniformSpec(bits, scheme, granularity, block if granularity is Granularity.PER_BLOCK else 0)


def _known(kind: str, value: str, values: Iterable[str]) -> str:
    """The one of `values` that equals `value`."""
    known = list(values)
    if value not in known:
        told = ", ".join(known)
        raise QvizError("There is no {name} {value}; there are {known}.", name=kind, value=value, known=told)
    return known[known.index(value)]
