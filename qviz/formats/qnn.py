"""Quantization overrides of Qualcomm's QNN and SNPE: AIMET's 0.6.1 layout, read with AIMET's reader.

What has no encoding in the file is calibrated again by the converter, unlike in AIMET, where it stays in float.
"""

from qviz.errors import Text
from qviz.formats.aimet_write import text_0_6_1
from qviz.formats.source import Source
from qviz.formats.unsaid import gathered, naming, without_quantizer


def write(source: Source) -> str:
    """Every quantizer in force, and int32 biases where the bias rule has them."""
    biases = source.graph.biases if source.graph is not None else ()
    return text_0_6_1(source.encodings, source.quantizers, biases)


def unsaid(source: Source) -> tuple[Text, ...]:
    """What the converter calibrates by itself."""
    off = (n for n, setting in source.encodings.settings.items() if setting.active is None)
    return gathered(
        naming(
            "Left in float here, but the converter will quantize them by its own calibration ({count}): {names}.", off
        ),
        without_quantizer(source),
        Text("The file cannot say that biases stay in float.") if source.encodings.bias == "float" else None,
    )
