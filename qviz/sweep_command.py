"""`qviz sweep`: what each quantizer costs, as text, JSON or CSV."""

import argparse
import csv
import io
import json
import time
from collections.abc import Collection
from typing import Any

from qviz.commands import open_session, quantize
from qviz.errors import QvizError
from qviz.formats.atomic import write_atomically
from qviz.own_error import own_sqnr
from qviz.progress_bar import ProgressBar
from qviz.session import Session
from qviz.sim.result import SensitivityRow
from qviz.summary import finite
from qviz.tune.sensitivity import most_regained


def sweep(options: argparse.Namespace) -> int:
    """Measure every quantizer, the one that regains most output SQNR when left in float first."""
    if options.samples < 1:
        raise QvizError("--samples takes a number of samples, at least 1, not {count}.", count=options.samples)
    with open_session(options) as session:
        quantize(session, options)
        started = time.perf_counter()
        ranked = most_regained(_measured(session, options.samples))
        seconds = {"load": session.seconds.get("load", 0.0), "sweep": time.perf_counter() - started}
        rows = [_row(session, row) for row in ranked]
        if options.csv:
            write_atomically(options.csv, _table(rows))
        if options.json:
            print(json.dumps(finite(_head(session, ranked) | {"seconds": seconds, "quantizers": rows}), indent=1))
        else:
            _print_rows(ranked)
    return 0


def _measured(session: Session, samples: int) -> Collection[SensitivityRow]:
    with ProgressBar("Measuring") as bar:
        for _ in session.sweep(samples):
            bar.update(*session.sensitivity_progress)
    return session.sensitivity.values()


def _head(session: Session, rows: list[SensitivityRow]) -> dict[str, Any]:
    first = rows[0] if rows else None
    return {
        "model": session.model_path,
        "samples": first.samples if first else 0,
        "alone_samples": first.alone_samples if first else 0,
        "metric": first.metric if first else None,
        "output_sqnr_db": first.all_db if first else None,
    }


def _row(session: Session, row: SensitivityRow) -> dict[str, Any]:
    """One quantizer. SQNR in dB; `metric_change` in the metric's unit, paired, with its 95 % interval."""
    setting, quantizer = session.committed[row.name], session.quantizers[row.name]
    return {
        "name": row.name,
        "kind": quantizer.kind,
        "op": quantizer.op,
        "bits": setting.spec.bits,
        "form": setting.spec.form,
        "scheme": setting.spec.scheme,
        "granularity": str(setting.spec.granularity),
        "regained_db": row.regained_db,
        "alone_db": row.alone_db,
        "sqnr_db": own_sqnr(session, row.name),
        "metric_change": row.change,
        "ci95": list(row.change_ci95) if row.change_ci95 else None,
    }


def _table(rows: list[dict[str, Any]]) -> str:
    """CSV with the interval in two columns; what is unknown is empty, infinity is inf."""
    text = io.StringIO()
    flat = [{k: v for k, v in row.items() if k != "ci95"} | _edges(row["ci95"]) for row in rows]
    writer = csv.DictWriter(text, list(flat[0]) if flat else ["name"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    return text.getvalue()


def _edges(interval: list[float] | None) -> dict[str, float | None]:
    low, high = interval or (None, None)
    return {"ci95_low": low, "ci95_high": high}


def _print_rows(rows: list[SensitivityRow]) -> None:
    if not rows:
        print("Nothing is quantized: there is nothing to measure.")
        return
    first = rows[0]
    print(f"{'quantizer':40} {'regained':>11} {'alone':>11} {first.metric:>12}")
    for row in rows:
        change = "" if row.change is None else f"{row.change:+.2f} {row.unit}"
        print(f"{row.name:40} {row.regained_db:+8.2f} dB {row.alone_db or 0.0:8.2f} dB {change:>12}")
    print(f"{first.samples} samples; output SQNR {first.all_db:.2f} dB with all quantized")
