"""What the table's headers and cells say."""

from typing import Any

import numpy as np
from PySide6.QtCore import QCoreApplication

from qviz.ui.settings.names import granularities, schemes_and_forms
from qviz.ui.table.columns import RANGE, SWITCHES, Column, Columns
from qviz.ui.text import decibel, fixed, number

translate = QCoreApplication.translate
METRICS = ("top1", "top5", "agreement")  # in percent


Titles = dict[Column, tuple[str, str]]


def titles(metric: str) -> Titles:
    """Title and explanation of each column; `metric` is the name of the headline metric, "" where unknown."""
    return {
        Column.NAME: (translate("table", "Quantizer"), translate("table", "Where a tensor is quantized.")),
        Column.REGAINED: (
            translate("table", "Regained, dB"),
            translate("table", "Output SQNR regained with this one alone left in float. Dimmed: of an older state."),
        ),
        Column.CHANGE: (
            _change_title(metric),
            translate("table", "What the score gains with this one alone left in float. Grey: may be chance."),
        ),
        Column.MUTE: (translate("table", "M"), translate("table", "Mute: leave this one in float, as a what-if.")),
        Column.SOLO: (translate("table", "S"), translate("table", "Solo: quantize only this one, as a what-if.")),
        Column.ENABLED: (translate("table", "On"), translate("table", "Off: this tensor stays in float.")),
        Column.BITS: (
            translate("table", "Bits"),
            translate("table", "Bit-width: 2 to the power of it are the levels."),
        ),
        Column.SCHEME: (translate("table", "Scheme"), translate("table", "How the integer grid lies around zero.")),
        Column.GRANULARITY: (translate("table", "Granularity"), translate("table", "What shares one scale.")),
        Column.LOW: (translate("table", "Min"), translate("table", "Requested minimum, the widest over channels.")),
        Column.HIGH: (translate("table", "Max"), translate("table", "Requested maximum, the widest over channels.")),
        Column.LOCAL: (
            translate("table", "Own SQNR"),
            translate("table", "Error of quantizing this tensor alone, in dB."),
        ),
        Column.CUMULATIVE: (
            translate("table", "SQNR here"),
            translate("table", "Error of everything quantized up to here, against float, in dB."),
        ),
        Column.ALONE: (
            translate("table", "Alone, dB"),
            translate("table", "Output SQNR when only this quantizer is on."),
        ),
        Column.LOCAL_B: (
            translate("table", "SQNR B"),
            translate("table", "Error of quantizing this tensor alone under baseline B, in dB."),
        ),
        Column.GAIN: (
            translate("table", "Gain, dB"),
            translate("table", "Own SQNR now, minus that under baseline B."),
        ),
        Column.BITS_B: (translate("table", "Bits B"), translate("table", "Bit-width under baseline B.")),
        Column.LOW_B: (translate("table", "Min B"), translate("table", "Requested minimum under baseline B.")),
        Column.HIGH_B: (translate("table", "Max B"), translate("table", "Requested maximum under baseline B.")),
        Column.OP: (translate("table", "Operator"), translate("table", "What makes or reads the tensor.")),
    }


def _change_title(metric: str) -> str:
    known = {
        "top1": translate("table", "Accuracy, %"),
        "top5": translate("table", "Top-5, %"),
        "agreement": translate("table", "Agreement, %"),
        "sqnr": translate("table", "SQNR, dB"),
        "psnr": translate("table", "PSNR, dB"),
    }
    return known.get(metric, metric or translate("table", "Score"))


def text(columns: Columns, row: int, column: Column, metric: str) -> str:
    """What one cell shows."""
    value: Any = columns.values[column][row]
    if column in SWITCHES:
        return ""
    if column in (Column.BITS, Column.BITS_B):
        return number(float(value), 3)
    if column in (*RANGE, Column.LOW_B, Column.HIGH_B):
        return number(float(value))
    if column in (Column.REGAINED, Column.CHANGE):
        signed = column == Column.REGAINED or metric in METRICS
        return fixed(float(value), 1, signed=True) if signed else number(float(value), 3)
    if column == Column.GAIN:
        return fixed(float(value), 1, signed=True)
    if column in (Column.LOCAL, Column.CUMULATIVE, Column.ALONE, Column.LOCAL_B):
        return decibel(float(value))
    words = {Column.SCHEME: schemes_and_forms, Column.GRANULARITY: granularities}.get(column)
    return _with_size(words(), str(value)) if words else str(value)


def choice(column: Column, value: str) -> str:
    """What of a scheme, form or granularity is chosen from a list: all but a size behind it."""
    known = schemes_and_forms() if column == Column.SCHEME else granularities()
    return value if value in known else value.rpartition(" ")[0]


def _with_size(words: dict[str, str], value: str) -> str:
    """A key in words; "codebook 16" and "per-block 32" keep their size."""
    if value in words:
        return words[value]
    key, _, size = value.rpartition(" ")
    return f"{words.get(key, '')} {size}".strip()


def plain(columns: Columns, row: int, column: Column) -> str:
    """One cell for a file: numbers in full, yes or no as 1 or 0, empty where not known."""
    value: Any = columns.values[column][row]
    if column in SWITCHES:
        return str(int(value))
    if isinstance(value, np.floating):
        return "" if np.isnan(value) else repr(float(value))
    return str(value)
