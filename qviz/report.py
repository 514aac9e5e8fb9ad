"""A report: one HTML file with summary, graph, table and histograms, that loads nothing from anywhere."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path

from qviz import __version__
from qviz.errors import QvizError
from qviz.graph.layout import compute_layout
from qviz.own_error import own_sqnr
from qviz.paths import resource
from qviz.quant.grid import Grid
from qviz.quant.spec import spec_words
from qviz.report_graph import graph_svg, legend
from qviz.report_plots import histogram_svg
from qviz.session import Session
from qviz.sim.result import Metric, Result

MOST_NODES, MOST_ROWS, MOST_FIGURES = 3000, 2000, 200
TITLES = ("Name", "Kind", "Bits", "Form", "Range", "Own SQNR, dB", "SQNR, dB")
NAMES = {"top1": "Accuracy", "top5": "Top-5 accuracy", "agreement": "Agreement with float", "sqnr": "Output SQNR"}


@dataclass(frozen=True)
class Row:
    """One quantizer. SQNR in dB: of its own error, of its tensor with all quantized, regained when left in float."""

    name: str
    kind: str
    grid: Grid | None
    form: str
    bits: int
    own: float | None
    cumulative: float | None
    regained: float | None


def report(session: Session) -> str:
    """The file's text, of the session's committed state. Raises QvizError where no model is open."""
    if session.graph is None or session.model_path is None:
        raise QvizError("There is nothing to report on: open a model first.")
    rows = sorted(_rows(session), key=lambda row: (row.own is None, row.own or 0.0))
    name = Path(session.model_path).name
    parts = [
        f"<h1>{escape(name)}</h1>",
        f'<p class="about">Quantization report of qviz {__version__}, {date.today().isoformat()}</p>',
        *_summary(session, rows),
        "<h2>Graph</h2>",
        *_graph(session),
        f"<h2>Quantizers, worst first ({len(rows)})</h2>",
        *_table(rows),
        "<h2>Histograms</h2>",
        *_figures(session, rows),
    ]
    style = resource("report.css").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(name)} · qviz</title><style>{style}</style></head><body><main>\n"
        + "\n".join(parts)
        + "\n</main></body></html>\n"
    )


def _rows(session: Session) -> Iterator[Row]:
    errors = session.result.tensors if session.result else {}
    for name, setting in session.committed.settings.items():
        quantizer, grid = session.quantizers[name], setting.active
        found = [errors[t].sqnr_db for t in quantizer.tensors if t in errors]
        told = session.sensitivity.get(name)
        yield Row(
            name=name,
            kind="weight" if quantizer.kind == "param" else "activation",
            grid=grid,
            form="float" if grid is None else spec_words(setting.spec),
            bits=setting.spec.bits,
            own=own_sqnr(session, name),
            cumulative=min(found, default=None),
            regained=told.regained_db if told is not None else None,
        )


def _summary(session: Session, rows: list[Row]) -> list[str]:
    cards: list[str] = []
    result, checked = session.result, session.checked
    if result is not None and result.complete:
        cards += _score_cards(result, "")
    if checked is not None:
        cards += _score_cards(checked, " on the check set")
    in_force = [row for row in rows if row.grid is not None]
    cards.append(_card(f"{len(in_force)} of {len(rows)}", "quantizers in force"))
    return [f'<div class="cards">{"".join(cards)}</div>', _facts(session), *_warnings(session)]


def _score_cards(result: Result, where: str) -> list[str]:
    metric = result.metrics[0]
    title = NAMES.get(metric.name, metric.name)
    cards = [_card(_value(metric.quantized, metric.unit), f"{title}{where}, quantized", _difference(metric))]
    if metric.name in ("top1", "top5") or metric.name not in NAMES:
        cards.append(_card(_value(metric.float, metric.unit), f"{title}{where}, float"))
    if result.agreement is not None and metric.name != "agreement" and not where:
        cards.append(_card(_value(result.agreement, "%"), NAMES["agreement"]))
    if metric.name != "sqnr" and not where:
        cards.append(_card(_value(result.output_sqnr_db, "dB"), NAMES["sqnr"]))
    return cards


def _difference(metric: Metric) -> str:
    """The change against float with its interval."""
    if metric.difference is None or metric.name == "agreement" or metric.unit != "%":
        return ""
    interval = metric.difference_ci95
    text = f"{metric.difference:+.2f} against float"
    if interval is None:
        return text
    test = "" if metric.difference_p is None else f"; McNemar's test: p = {metric.difference_p:.2g}"
    return f"{text} (95 %: {interval[0]:+.2f} to {interval[1]:+.2f}{test})"


def _facts(session: Session) -> str:
    data, document = session.data, session.document
    facts = {"Bias": session.committed.bias, "Weights": f"{_bytes(session.weight_bytes)} in float"}
    if data is not None:
        facts["Evaluated on"] = f"{data.description}, {data.samples} samples"
        facts["Calibrated on"] = f"{data.calibration_description}, {data.calibration_samples} samples"
    if session.checked is not None and document is not None and document.check is not None:
        facts["Checked on"] = f"{Path(document.check.source or '').name}, {session.checked.total} samples"
    return "<dl>" + "".join(f"<dt>{k}</dt><dd>{escape(str(v))}</dd>" for k, v in facts.items()) + "</dl>"


def _warnings(session: Session) -> Iterator[str]:
    data = session.data
    if data is None:
        yield _note("No data: activations have no ranges and nothing was simulated.", "warning")
    elif data.random:
        yield _note("Random inputs: ranges and scores say little about real data.", "warning")
    elif data.calibration_overlap:
        yield _note(f"{data.calibration_overlap} of the evaluated samples were also calibrated on.")
    for text in session.graph.notes if session.graph else ():
        yield _note(str(text))


def _graph(session: Session) -> Iterator[str]:
    graph = session.graph
    assert graph is not None
    if len(graph.nodes) > MOST_NODES:
        yield _note(f"The graph has {len(graph.nodes)} nodes, too many to draw here.")
        return
    errors = session.result.tensors if session.result else {}
    layout = compute_layout(graph)
    yield legend()
    yield f'<div class="scroll" tabindex="0"><div class="sheet">{graph_svg(graph, layout, errors)}</div></div>'


def _table(rows: list[Row]) -> Iterator[str]:
    regained = any(row.regained is not None for row in rows)
    titles = [*TITLES, *(["Regained, dB"] if regained else [])]
    numeric = (2, 5, 6, 7)
    head = "".join(f"<th{_number(i in numeric)}>{t}</th>" for i, t in enumerate(titles))
    body = "".join(_table_row(row, titles, numeric) for row in rows[:MOST_ROWS])
    yield f'<div class="table"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    if len(rows) > MOST_ROWS:
        yield _note(f"The {MOST_ROWS} worst are listed.")


def _table_row(row: Row, titles: list[str], numeric: Iterable[int]) -> str:
    on = row.grid is not None
    values = [row.name, row.kind, str(row.bits) if on else "", row.form, _range(row.grid), _db(row.own),
              _db(row.cumulative), _db(row.regained)]  # fmt: skip
    cells = [f'<td class="name" title="{escape(row.name, quote=True)}">{escape(row.name)}</td>']
    for i, (title, value) in enumerate(zip(titles, values, strict=False)):
        if i:
            cells.append(f'<td{_number(i in numeric)} data-label="{title}">{escape(value)}</td>')
    return f"<tr>{''.join(cells)}</tr>"


def _figures(session: Session, rows: list[Row]) -> Iterator[str]:
    known = [row for row in rows if row.name in session.histograms and session.histograms[row.name].total]
    figures = (
        f'<figure><b title="{escape(row.name, quote=True)}">{escape(row.name)}</b>'
        f"{histogram_svg(session.histograms[row.name].collapsed(), row.grid)}"
        f"<figcaption>{_caption(row)}</figcaption></figure>"
        for row in known[:MOST_FIGURES]
    )
    yield _note("Counts on a logarithmic scale; the clip range is shaded.")
    yield f'<div class="figures">{"".join(figures)}</div>'
    if len(known) > MOST_FIGURES:
        yield _note(f"The {MOST_FIGURES} worst of {len(known)} are drawn.")


def _caption(row: Row) -> str:
    if row.grid is None:
        return f"{row.kind}, left in float"
    own = "" if row.own is None else f", SQNR {_db(row.own)} dB"
    return escape(f"{row.kind}, {row.bits} bits, {_range(row.grid)}{own}")


def _range(grid: Grid | None) -> str:
    if grid is None:
        return ""
    return f"[{_minus(f'{float(grid.min.min()):.4g}')}, {_minus(f'{float(grid.max.max()):.4g}')}]"


def _db(value: float | None) -> str:
    if value is None or math.isnan(value):
        return "–"
    return ("∞" if value > 0 else "−∞") if math.isinf(value) else _minus(f"{value:.1f}")


def _value(value: float, unit: str) -> str:
    return f"{_minus(f'{value:.2f}')} {unit}".strip() if math.isfinite(value) else _db(value)


def _bytes(count: int) -> str:
    return f"{count / 1e6:.3g} MB" if count >= 1e5 else f"{count / 1e3:.3g} kB"


def _minus(text: str) -> str:
    return text.replace("-", "−")


def _card(number: str, text: str, small: str = "") -> str:
    note = f"<small>{escape(_minus(small))}</small>" if small else ""
    return f'<div class="card"><b>{escape(number)}</b><span>{escape(text)}</span>{note}</div>'


def _note(text: str, role: str = "note") -> str:
    return f'<p class="{role}">{escape(text)}</p>'


def _number(right: bool) -> str:
    return ' class="number"' if right else ""
