"""What an import would do, shown before it is done."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from qviz.encodings import Encodings, Setting
from qviz.formats.entries import EncodingsFile
from qviz.formats.importing import ImportReport, merge
from qviz.graph.graph import Graph, Quantizer


@dataclass(frozen=True)
class SettingChange:
    """A quantizer that the import changes; `before` is None where it is new."""

    name: str
    before: Setting | None
    after: Setting


@dataclass(frozen=True, eq=False)
class ImportPlan:
    """Encodings and quantizers as they would be, what became of the file's entries, and each change."""

    encodings: Encodings
    quantizers: Mapping[str, Quantizer]
    report: ImportReport
    changes: tuple[SettingChange, ...]


def plan_import(
    encodings: Encodings,
    file: EncodingsFile,
    graph: Graph,
    quantizers: Mapping[str, Quantizer],
    start_off: bool = False,
    lock: bool = False,
) -> ImportPlan:
    """The file brought into `encodings`. Nothing is applied: that is committing `plan.encodings`.

    `start_off`: see `merge`. `lock`: what the file sets is not calibrated again.
    """
    merged, report, places = merge(encodings, file, graph, quantizers, start_off)
    if lock:
        merged = merged.with_settings({n: replace(merged[n], locked=True) for n in report.named})
    changes = tuple(
        SettingChange(name, encodings.settings.get(name), after)
        for name, after in merged.settings.items()
        if encodings.settings.get(name) != after
    )
    return ImportPlan(merged, places, report, changes)
