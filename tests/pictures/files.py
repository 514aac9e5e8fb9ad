"""Scenes of encodings files: what an import would change, and what an export leaves open."""

import json
import tempfile
from pathlib import Path

from qviz.formats.registry import export_warnings
from qviz.ui.text import sentence
from qviz.ui.window.import_preview import ImportPreview
from qviz.ui.window.main_window import MainWindow
from qviz.ui.window.questions import export_box


def import_preview(window: MainWindow) -> None:
    """A file of the present state with one name that the model does not have, after an edit."""
    session = window.session
    path = Path(tempfile.mkdtemp()) / "other.encodings"
    session.export(str(path))
    told = json.loads(path.read_text(encoding="utf-8"))
    told["param_encodings"].append(told["param_encodings"][0] | {"name": "conv_of_another_model.weight"})
    path.write_text(json.dumps(told), encoding="utf-8")
    weights = [n for n, q in session.quantizers.items() if q.kind == "param"]
    session.set_spec(weights[:6], bits=6)
    ImportPreview(lambda lock: session.plan_import(str(path), lock), f"Import {path.name}", window).show()


def export_question(window: MainWindow) -> None:
    session = window.session
    warnings = export_warnings(session.committed, session.quantizers, "tensorrt", session.graph)
    box, _anyway = export_box(window, [sentence(text) for text in warnings])
    box.show()
