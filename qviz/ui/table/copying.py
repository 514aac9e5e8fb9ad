"""The table as text: for the clipboard as shown, for a file with full numbers."""

import csv
import io
from collections.abc import Sequence

from qviz.ui.table import words
from qviz.ui.table.columns import Column
from qviz.ui.table.model import QuantizerModel


def as_text(model: QuantizerModel, rows: Sequence[int], columns: Sequence[Column]) -> str:
    """Rows of the table as shown, a line each below the titles, tabs between: what a spreadsheet takes."""
    lines = ["\t".join(model.titles()[c][0] for c in columns)]
    for row in rows:
        source = int(model.order[row])
        shown = (words.text(model.columns, source, c, model.metric) for c in columns)
        plain = (words.plain(model.columns, source, c) for c in columns)
        lines.append("\t".join(text or number for text, number in zip(shown, plain, strict=True)))
    return "\n".join(lines)


def as_csv(model: QuantizerModel, columns: Sequence[Column]) -> str:
    """All rows in the order shown, comma-separated; numbers in full, with a point."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(c.name.lower() for c in columns)
    for source in model.order:
        writer.writerow(words.plain(model.columns, int(source), c) for c in columns)
    return out.getvalue()
