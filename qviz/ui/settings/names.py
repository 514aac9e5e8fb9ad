"""The field's words for schemes, granularities, kinds and sources, in the user's language."""

from PySide6.QtCore import QCoreApplication

from qviz.encodings import FIXED, IMPORTED, MANUAL, Setting
from qviz.quant.calibrators import CALIBRATORS
from qviz.quant.spec import (
    BINARY,
    CODEBOOK,
    FORMS,
    TERNARY,
    UNIFORM,
    CodebookSpec,
    FloatFormat,
    Granularity,
    Scheme,
    Spec,
    UniformSpec,
)
from qviz.ui.settings.selection import requested
from qviz.ui.text import number


def schemes() -> dict[str, str]:
    return {
        Scheme.ASYMMETRIC: QCoreApplication.translate("names", "asymmetric"),
        Scheme.SYMMETRIC: QCoreApplication.translate("names", "symmetric"),
        Scheme.SYMMETRIC_STRICT: QCoreApplication.translate("names", "symmetric strict"),
        Scheme.SYMMETRIC_UNSIGNED: QCoreApplication.translate("names", "symmetric unsigned"),
        Scheme.POWER_OF_TWO: QCoreApplication.translate("names", "power of two"),
    }


def forms() -> dict[str, str]:
    """Every form there is; integers are one of them."""
    translate = QCoreApplication.translate
    titles = {
        UNIFORM: translate("names", "integers"),
        FloatFormat.FLOAT16: translate("names", "float16"),
        FloatFormat.BFLOAT16: translate("names", "bfloat16"),
        FloatFormat.FLOAT8_E4M3FN: translate("names", "float8 e4m3"),
        FloatFormat.FLOAT8_E5M2: translate("names", "float8 e5m2"),
        CODEBOOK: translate("names", "codebook"),
        BINARY: translate("names", "binary"),
        TERNARY: translate("names", "ternary"),
    }
    return {name: titles[name] for name in FORMS}


def schemes_and_forms() -> dict[str, str]:
    """What one box offers where there is no room for two: the schemes of integers, then the other forms."""
    return schemes() | {name: text for name, text in forms().items() if name != UNIFORM}


def scheme_or_form(spec: Spec) -> str:
    """What that box shows of a spec."""
    return str(spec.scheme) if spec.scheme is not None else spec.form


def granularities() -> dict[str, str]:
    return {
        Granularity.PER_TENSOR: QCoreApplication.translate("names", "per-tensor"),
        Granularity.PER_CHANNEL: QCoreApplication.translate("names", "per-channel"),
        Granularity.PER_BLOCK: QCoreApplication.translate("names", "per-block"),
    }


def kinds() -> dict[str, str]:
    return {
        "activation": QCoreApplication.translate("names", "Activation"),
        "param": QCoreApplication.translate("names", "Weight"),
    }


def calibrators() -> dict[str, str]:
    """Every calibrator there is, by its name."""
    translate = QCoreApplication.translate
    titles = {
        "minmax": translate("names", "min-max"),
        "percentile": translate("names", "percentile"),
        "moving-average": translate("names", "moving average"),
        "mse": translate("names", "least error (MSE)"),
        "tf_enhanced": translate("names", "MSE, clipping × 3"),
        "entropy": translate("names", "entropy (KL)"),
        "aciq": translate("names", "ACIQ"),
        "sigma": translate("names", "mean ± σ"),
        "aimet-minmax": translate("names", "AIMET min-max"),
        "aimet-tf_enhanced": translate("names", "AIMET tf-enhanced"),
        "aimet-percentile": translate("names", "AIMET percentile"),
    }
    return {name: titles.get(name, name) for name in CALIBRATORS}


def source(name: str | None) -> str:
    """Where a range is from; None where mixed."""
    if name is None:
        return QCoreApplication.translate("names", "mixed")
    known = {
        "": QCoreApplication.translate("names", "no range yet"),
        MANUAL: QCoreApplication.translate("names", "set by hand"),
        IMPORTED: QCoreApplication.translate("names", "from a file"),
        FIXED: QCoreApplication.translate("names", "fixed by the target"),
    }
    return known.get(name) or calibrators().get(name, name)


def scheme_text(spec: Spec) -> str:
    """Scheme, or form with the number of centroids."""
    word = schemes_and_forms()[scheme_or_form(spec)]
    return f"{word} {spec.size}" if isinstance(spec, CodebookSpec) else word


def granularity_text(spec: Spec) -> str:
    """Granularity, with the size of a block."""
    word = granularities()[spec.granularity]
    return f"{word} {spec.block}" if isinstance(spec, UniformSpec) and spec.block else word


def form_text(setting: Setting) -> str:
    """Bit-width, scheme or form, and granularity in words, and whether it is off."""
    spec, translate = setting.spec, QCoreApplication.translate
    words = [translate("names", "{0} bits").format(spec.bits), scheme_text(spec), granularity_text(spec)]
    return ", ".join(words if setting.enabled else [translate("names", "off"), *words])


def range_text(setting: Setting) -> str:
    """The requested range, the widest over channels, and where it is from."""
    edges = requested(setting)
    return source("") if edges is None else f"{number(edges[0])} … {number(edges[1])}, {source(setting.source)}"
