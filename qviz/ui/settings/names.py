"""The field's words for schemes, granularities, kinds and sources, in the user's language."""

from PySide6.QtCore import QCoreApplication

from qviz.encodings import IMPORTED, MANUAL
from qviz.quant.spec import Granularity, Scheme


def schemes() -> dict[str, str]:
    return {
        Scheme.ASYMMETRIC: QCoreApplication.translate("names", "asymmetric"),
        Scheme.SYMMETRIC: QCoreApplication.translate("names", "symmetric"),
        Scheme.SYMMETRIC_STRICT: QCoreApplication.translate("names", "symmetric strict"),
        Scheme.SYMMETRIC_UNSIGNED: QCoreApplication.translate("names", "symmetric unsigned"),
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


def source(name: str | None) -> str:
    """Where a range is from; None where mixed."""
    if name is None:
        return QCoreApplication.translate("names", "mixed")
    known = {
        "": QCoreApplication.translate("names", "no range yet"),
        MANUAL: QCoreApplication.translate("names", "set by hand"),
        IMPORTED: QCoreApplication.translate("names", "from a file"),
        "minmax": QCoreApplication.translate("names", "min-max calibration"),
    }
    return known.get(name, name)
