"""What the command line says of forms: --param-form, --param-bits, --param-scheme, --param-granularity and the like."""

import argparse
from typing import Any

from qviz.errors import QvizError
from qviz.quant.spec import CODEBOOK, Granularity


def weight_fields(options: argparse.Namespace) -> dict[str, Any]:
    """What is chosen for weights, as `Session.set_spec` takes it. Raises QvizError for a size that is no number."""
    fields = {"bits": options.param_bits, "scheme": options.param_scheme}
    fields["form"], fields["size"] = _sized(options.param_form, CODEBOOK, "--param-form")
    fields["granularity"], fields["block"] = _sized(
        options.param_granularity, Granularity.PER_BLOCK, "--param-granularity"
    )  # fmt: skip
    return _given(fields)


def activation_fields(options: argparse.Namespace) -> dict[str, Any]:
    """What is chosen for activations, as `Session.set_spec` takes it."""
    return _given({"bits": options.act_bits, "scheme": options.act_scheme, "form": options.act_form})


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _sized(text: str | None, sized: str, option: str) -> tuple[str | None, int | None]:
    """A name, or a name:size where the name is `sized`."""
    if text is None or ":" not in text:
        return text, None
    name, size = text.split(":", 1)
    if name != sized or not size.isdigit():
        raise QvizError("{option} takes {name}:SIZE with a number, not {text}.", option=option, name=sized, text=text)
    return name, int(size)
