"""A table for spreadsheets: name, kind, bits, scheme, granularity, min, max, scale, offset; one row a channel.

A name that a spreadsheet would take for a formula has an apostrophe in front. Scale and offset count, min and max are
for the reader; without scale, min and max are the range. x^ = scale * (code + offset) with codes from 0.
"""

import csv
import io
from itertools import groupby

from qviz.encodings import Setting
from qviz.errors import QvizError, Text
from qviz.formats.entries import EncodingsFile, FileEntry, Named
from qviz.formats.source import Source
from qviz.formats.unsaid import bias_unsaid, gathered, left_in_float
from qviz.formats.values import positive_scale, range_setting, short, stored_setting, text_number, whole
from qviz.quant.spec import Granularity, Scheme, UniformSpec

COLUMNS = ("name", "kind", "bits", "scheme", "granularity", "min", "max", "scale", "offset")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
SEPARATORS = ",;\t"

Row = dict[str, str]


def parse_text(text: str) -> EncodingsFile | None:
    """The file with this text; None where its first line does not name the columns."""
    first = text.split("\n", 1)[0].rstrip("\r")
    separator = next((s for s in SEPARATORS if {"name", "bits"} <= set(_cells(first, s))), None)
    if separator is None:
        return None
    entries: list[FileEntry] = []
    refused: list[Named] = []
    for name, group in groupby(_rows(text, separator), key=lambda row: row["name"]):
        try:
            entries.append(_entry(_plain(name), list(group)))
        except QvizError as error:
            refused.append((_plain(name), error.text))
    return EncodingsFile("csv", tuple(entries), None, tuple(refused))


def _cells(line: str, separator: str) -> list[str]:
    return [c.strip().strip('"').lower() for c in line.split(separator)]


def _rows(text: str, separator: str) -> list[Row]:
    """Rows by column name. Raises QvizError where one has too few or too many cells."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        columns = [c.strip().lower() for c in next(reader)]
        if not {"name", "bits"} <= set(columns):
            raise QvizError("The first line of the table is damaged: it has no columns name and bits.")
        rows = []
        for cells in reader:
            if not any(cells):
                continue
            if len(cells) != len(columns):
                raise QvizError("Line {line} of the table has {cells} cells, not {columns}.", line=reader.line_num,
                                cells=len(cells), columns=len(columns))  # fmt: skip
            rows.append(dict(zip(columns, cells, strict=True)))
    except csv.Error as error:
        raise QvizError("Line {line} of the table is damaged.", line=reader.line_num) from error
    return rows


def _entry(name: str, rows: list[Row]) -> FileEntry:
    first = rows[0]
    kind = first.get("kind", "activation")
    if kind not in ("activation", "param"):
        raise QvizError("The kind is activation or param, not {kind}.", kind=short(kind))
    spec = UniformSpec(whole(text_number(first["bits"])), _scheme(first), _granularity(first, len(rows)))
    return FileEntry(name, "param" if kind == "param" else "activation", _setting(spec, rows))


def _setting(spec: UniformSpec, rows: list[Row]) -> Setting:
    if rows[0].get("scale"):
        scales = [positive_scale(text_number(r["scale"])) for r in rows]
        return stored_setting(spec, scales, [whole(text_number(r.get("offset"))) for r in rows])
    low, high = ([text_number(r.get(edge)) for r in rows] for edge in ("min", "max"))
    return range_setting(low, high, spec)


def _scheme(row: Row) -> Scheme:
    try:
        return Scheme(row.get("scheme") or Scheme.ASYMMETRIC)
    except ValueError:
        raise QvizError("There is no scheme {scheme}; there are {known}.", scheme=short(row["scheme"]),
                        known=", ".join(Scheme)) from None  # fmt: skip


def _granularity(row: Row, count: int) -> Granularity:
    try:
        return Granularity(row.get("granularity") or ("per-channel" if count > 1 else "per-tensor"))
    except ValueError:
        raise QvizError("There is no granularity {granularity}; there are {known}.",
                        granularity=short(row["granularity"]), known=", ".join(Granularity)) from None  # fmt: skip


def write(source: Source) -> str:
    """Every quantizer in force, with numbers that read back exactly."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for item in source.items:
        spec, encoding = item.setting.spec, item.encoding
        scheme = Scheme.SYMMETRIC_STRICT if spec.scheme is None else spec.scheme  # ternary weights are such integers
        head = (_safe(item.name), item.quantizer.kind, spec.bits, scheme.value, spec.granularity.value)
        for numbers in zip(encoding.min, encoding.max, encoding.scale, encoding.offset, strict=True):
            writer.writerow((*head, *(n.item() for n in numbers)))
    return out.getvalue()


def _safe(name: str) -> str:
    return f"'{name}" if name.startswith(FORMULA) else name


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell


def unsaid(source: Source) -> tuple[Text, ...]:
    """What the table leaves open."""
    return gathered(left_in_float(source), bias_unsaid(source))
