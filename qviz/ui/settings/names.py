"""The field's words for schemes, granularities, kinds and sources, in the user's language."""

from PySide6.QtCore import QCoreApplication

from qviz.encodings import FIXED, IMPORTED, MANUAL, Setting
from qviz.quant.calibrators import CALIBRATORS
from qviz.quant.spec import Granularity, Scheme
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


def granularities() -> dict[str, str]:
    return {
        Granularity.PER_TENSOR: QCoreApplication.translate("names", "per-tensor"),
        Granularity.PER_CHANNEL: QCoreApplication.translate("names", "per-channel"),
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


def form_text(setting: Setting) -> str:
    """Bit-width, scheme and granularity in words, and whether it is off."""
    spec, translate = setting.spec, QCoreApplication.translate
    words = [
        translate("names", "{0} bits").format(spec.bits),
        schemes()[spec.scheme] if spec.scheme else spec.form,
        granularities()[spec.granularity],
    ]
    return ", ".join(words if setting.enabled else [translate("names", "off"), *words])


def range_text(setting: Setting) -> str:
    """The requested range, the widest over channels, and where it is from."""
    edges = requested(setting)
    return source("") if edges is None else f"{number(edges[0])} … {number(edges[1])}, {source(setting.source)}"
