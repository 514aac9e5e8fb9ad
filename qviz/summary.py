"""What a simulation came to as plain values: the object that --json prints."""

import math
from collections import Counter
from typing import Any

from qviz.own_error import own_sqnr
from qviz.session import Session
from qviz.sim.metric_intervals import wilson
from qviz.sim.result import Result

PERCENT_METRICS = ("top1", "top5", "agreement")


def summary(session: Session, result: Result) -> dict[str, Any]:
    """The object that `simulate --json` prints. Percentages in percent, SQNR in dB, intervals 95 %."""
    metrics = [
        {"name": m.name, "output": m.output, "float": m.float, "quantized": m.quantized, "ci95": interval(m, result)}
        for m in result.metrics
    ]
    return {
        "model": session.model_path,
        "samples": result.total,
        "metric": {k: v for k, v in metrics[0].items() if k != "output"},
        "metrics": metrics,
        "check": _check(session.checked),
        "agreement": result.agreement,
        "output_sqnr_db": result.output_sqnr_db,
        "operators": Counter(mode.kind for mode in session.running.modes.values()),
        "seconds": {k: session.seconds.get(k, 0.0) for k in ("load", "calibrate", "float", "quantized")},
        "tensors": _tensors(session, result),
    }


def _check(result: Result | None) -> dict[str, Any] | None:
    """The headline on the check set, where there is one."""
    if result is None:
        return None
    metric = result.metrics[0]
    return {
        "samples": result.total,
        "name": metric.name,
        "float": metric.float,
        "quantized": metric.quantized,
        "ci95": interval(metric, result),
    }


def interval(metric: Any, result: Result) -> list[float] | None:
    if metric.name not in PERCENT_METRICS:
        return list(metric.ci95) if metric.ci95 else None
    return list(wilson(round(metric.quantized * result.total / 100), result.total))


def _tensors(session: Session, result: Result) -> list[dict[str, Any]]:
    rows = []
    for name, setting in session.encodings.settings.items():
        quantizer, grid = session.quantizers[name], setting.active
        if grid is None:
            continue
        cumulative = [result.tensors[t].sqnr_db for t in quantizer.tensors if t in result.tensors]
        rows.append(
            {
                "name": name,
                "kind": quantizer.kind,
                "bits": setting.spec.bits,
                "form": setting.spec.form,
                "scheme": setting.spec.scheme,
                "granularity": str(setting.spec.granularity),
                "sqnr_db": own_sqnr(session, name),
                "cumulative_sqnr_db": min(cumulative) if cumulative else None,
                "min": float(grid.min.min()),
                "max": float(grid.max.max()),
                "source": setting.source,
            }
        )
    return rows


def finite(value: Any) -> Any:
    """JSON knows no infinity: an exact tensor's SQNR becomes null."""
    if isinstance(value, dict):
        return {k: finite(v) for k, v in value.items()}
    if isinstance(value, list):
        return [finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
