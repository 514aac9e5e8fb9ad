"""What became of an encodings file, as a notice."""

from PySide6.QtCore import QCoreApplication

from qviz.formats.importing import ImportReport
from qviz.ui.text import sentence
from qviz.ui.window.banner import Notice


def import_notice(report: ImportReport) -> Notice:
    """Counts in one line; the names go into the details."""
    trouble = report.unknown or report.refused or report.bias_differs
    return Notice("warning" if trouble else "info", lambda: _text(report), details=_details(report))


def _text(report: ImportReport) -> str:
    parts = [QCoreApplication.translate("import", "{0} entries applied").format(report.applied)]
    for count, words in (
        (len(report.new), QCoreApplication.translate("import", "{0} new quantizers")),
        (len(report.split), QCoreApplication.translate("import", "{0} split off a shared quantizer")),
        (len(report.unknown), QCoreApplication.translate("import", "{0} unknown to this model")),
        (len(report.refused), QCoreApplication.translate("import", "{0} refused")),
        (len(report.bias_differs), QCoreApplication.translate("import", "{0} biases with another scale")),
    ):
        if count:
            parts.append(words.format(count))
    return " · ".join(parts)


def _details(report: ImportReport) -> str:
    lines = [f"new: {name}" for name in report.new]
    lines += [f"split: {name}" for name in report.split]
    lines += [f"unknown: {name} (near: {', '.join(near) or '-'})" for name, near in report.unknown]
    lines += [f"refused: {name}: {sentence(why)}" for name, why in report.refused]
    lines += [f"another bias scale: {name}" for name in report.bias_differs]
    return "\n".join(lines)
