"""Which metrics a run computes, headline first."""

from collections.abc import Sequence

from qviz.data.dataset import Array
from qviz.errors import QvizError
from qviz.graph.graph import Graph, Port
from qviz.sim.metric_intervals import ci95, estimate, mcnemar, paired_change, wilson
from qviz.sim.metric_kinds import Agreement, Cosine, Mse, Psnr, SampleMetric, Sqnr, Top1, Top5
from qviz.sim.metric_user import UserMetric, UserSetMetric, load_user_metric

__all__ = [  # all that others need of metrics
    "Agreement", "Cosine", "Mse", "Psnr", "SampleMetric", "Sqnr", "Top1", "Top5", "UserMetric", "UserSetMetric",
    "choose_metrics", "ci95", "estimate", "load_user_metric", "mcnemar", "paired_change", "wilson",
]  # fmt: skip

FLOATS = ("float16", "bfloat16", "float32", "float64")
LABELLED: dict[str, type[Top1] | type[Top5]] = {"top1": Top1, "top5": Top5}
DISTANCES: dict[str, type[Sqnr] | type[Cosine] | type[Psnr] | type[Mse]] = {
    "sqnr": Sqnr,
    "cosine": Cosine,
    "psnr": Psnr,
    "mse": Mse,
}


def choose_metrics(
    graph: Graph, labels: Array | None, name: str | None = None, output: str | None = None
) -> tuple[SampleMetric, ...]:
    """Metrics to compute, the headline first: `name` on `output` where given.

    Default: top-1 where the only (N, C > 1) output meets labels that are N integers in 0..C-1, agreement where there
    are no labels, else SQNR and cosine output by output. Agreement (where labels, if any, are classes), SQNR and cosine
    of every output always follow. Raises QvizError for an unknown name or output, and what does not fit the data.
    """
    ports = _outputs(graph, output)
    classes = next(iter(_class_outputs(ports[:1] if output else ports, graph.batch_free)), None)
    if name is not None:
        headline = _named(name, ports, classes, labels, output is not None)
    else:
        headline = [Top1(classes.name)] if classes and labels is not None and _fit(labels, classes) else []
    agreement = [Agreement(classes.name)] if classes and (labels is None or _fit(labels, classes)) else []
    distances = [kind(port.name) for kind in (Sqnr, Cosine) for port in ports]
    return tuple(dict.fromkeys([*headline, *agreement, *distances]))


def _outputs(graph: Graph, output: str | None) -> list[Port]:
    """Outputs to compare, the chosen one first: those of floats, or all where there is none."""
    names = [port.name for port in graph.outputs]
    if output is not None and output not in names:
        raise QvizError(
            "The model has no output {output}; its outputs are {names}.", output=output, names=", ".join(names)
        )
    wanted = [port for port in graph.outputs if port.dtype in FLOATS or port.name == output]
    return sorted(wanted or graph.outputs, key=lambda port: port.name != output)


def _class_outputs(ports: Sequence[Port], batch_free: bool) -> list[Port]:
    """The only output of class scores, if there is just one."""
    found = [port for port in ports if class_count(port, batch_free) > 1]
    return found if len(found) == 1 else []


def class_count(port: Port, batch_free: bool) -> int:
    """C of an output (N, C), other axes of length 1 aside; 0 where it has no such shape."""
    axis = port.batch_axis if batch_free else 0
    if axis != 0 or len(port.shape) < 2 or port.dtype not in FLOATS or not (batch_free or port.shape[0] == 1):
        return 0
    sizes = [dim for dim in port.shape[1:] if dim != 1]
    return sizes[0] if len(sizes) == 1 and isinstance(sizes[0], int) else 0


def _named(
    name: str, ports: Sequence[Port], classes: Port | None, labels: Array | None, one_output: bool
) -> list[SampleMetric]:
    if ":" in name:
        return [load_user_metric(name)]
    if name in DISTANCES:
        return [DISTANCES[name](port.name) for port in (ports[:1] if one_output else ports)]
    if name not in ("agreement", *LABELLED):
        known = ", ".join([*LABELLED, "agreement", *DISTANCES])
        raise QvizError("There is no metric {name}; there are {known} and FILE.py:function.", name=name, known=known)
    if classes is None:
        raise QvizError("The metric {name} needs one output of shape (N, C): name it with --output.", name=name)
    if name == "agreement":
        return [Agreement(classes.name)]
    _check_labels(name, labels, classes)
    return [LABELLED[name](classes.name)]


def _check_labels(name: str, labels: Array | None, classes: Port) -> None:
    if labels is None:
        raise QvizError("The metric {name} needs labels, and the data has none; try agreement.", name=name)
    if not _fit(labels, classes):
        raise QvizError(
            "The metric {name} needs one whole number from 0 to {last} a sample as label, as output {output} has "
            "{count} classes; the labels go from {low} to {high}.",
            name=name, last=class_count(classes, True) - 1, output=classes.name, count=class_count(classes, True),
            low=labels.min(), high=labels.max(),
        )  # fmt: skip


def _fit(labels: Array, classes: Port) -> bool:
    whole = labels.ndim == 1 and labels.dtype.kind in "iu"
    return whole and labels.min() >= 0 and labels.max() < class_count(classes, True)
