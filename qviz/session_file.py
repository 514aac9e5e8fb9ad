"""The .qviz file: one JSON object.

    "qviz"          version of this format, 1
    "model_sha256"  of the model file as opened, to tell a changed one; "" where it was gone
    "document"      what is open: "model" (path), "shapes", "data", "calibration", "check" (each null, or where its
                    samples are and how they are preprocessed), "calibration_samples", "metric", "output"
    "history"       every state from the one opened on: "label", "score" (null, or the headline metric), and what
                    differs from the state before: "settings" and "groups" by quantizer, "removed", "bias", "target"
    "index"         which of them is the present state
    "baseline"      the pinned state B, as what differs from the first
    "saved_as"      in a recovery file: the .qviz that the work was opened from, or null
    "window"        layout of the window, as Qt writes it, in base64; "" where there was no window

What a setting is, `setting_file` says.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, get_args

from qviz.data.options import DataOptions
from qviz.data.preprocess import preprocess_of
from qviz.document import Document
from qviz.encodings import BiasRule, Encodings
from qviz.errors import QvizError
from qviz.formats.atomic import write_atomically
from qviz.formats.values import number, whole
from qviz.history import Entry, History
from qviz.model_file import hash_as_opened, model_hash
from qviz.opening import Start, StartFrom
from qviz.setting_file import setting_in, setting_out
from qviz.targets import target_named

VERSION = 1
DAMAGE = (QvizError, ValueError, KeyError, TypeError, AttributeError, IndexError, ArithmeticError, RecursionError)


class ModelMoved(QvizError):  # noqa: N818 (what happened, in a word)
    """A session's model is not where it was."""


class ModelChanged(QvizError):  # noqa: N818
    """A session's model is another file than it was."""


@dataclass(frozen=True, eq=False)
class SavedSession:
    """What a .qviz file holds."""

    document: Document
    entries: tuple[Entry, ...]
    index: int
    baseline: Encodings
    window: str = ""
    saved_as: str | None = None
    model_sha256: str = ""  # as the file tells it; written anew

    def start(self, unsaved: bool, changed: bool = False) -> StartFrom:
        """Its states over freshly calibrated ones; of a changed model those quantizers that it still has."""

        def fitted(state: Encodings, calibrated: Encodings) -> Encodings:
            keep = [n for n in state.settings if not changed or n in calibrated]
            settings = {**calibrated.settings, **{n: state.settings[n] for n in keep}}
            groups = {**calibrated.groups, **{n: g for n, g in state.groups.items() if n in keep and not changed}}
            return replace(state, settings=settings, groups=groups)

        def start(calibrated: Encodings) -> Start:
            entries = [replace(e, encodings=fitted(e.encodings, calibrated)) for e in self.entries]
            states = [e.encodings for e in self.entries]
            at = next((i for i, state in enumerate(states) if state is self.baseline), None)
            baseline = fitted(self.baseline, calibrated) if at is None else entries[at].encodings
            return Start(History.of(entries, self.index), baseline, unsaved)

        return start


def write(path: str | Path, saved: SavedSession) -> None:
    """Write a session. The file is replaced only once it is whole."""
    states = [entry.encodings for entry in saved.entries]
    before = [Encodings(), *states[:-1]]
    content = {
        "qviz": VERSION,
        "model_sha256": hash_as_opened(saved.document.model),
        "document": asdict(saved.document),
        "history": [
            {"label": entry.label, "score": entry.score, **_difference(old, entry.encodings)}
            for old, entry in zip(before, saved.entries, strict=True)
        ],
        "index": saved.index,
        "baseline": _difference(states[0], saved.baseline),
        "saved_as": saved.saved_as,
        "window": saved.window,
    }
    pieces = json.JSONEncoder(separators=(",", ":")).iterencode(content)  # dumps would hold up the window's thread
    write_atomically(path, "".join(pieces))


def read(path: str | Path) -> SavedSession:
    """Read a session. Raises QvizError where the file is none."""
    name = Path(path).name
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        if content["qviz"] <= VERSION:
            return _session(content)
    except OSError as error:
        raise QvizError("{path} cannot be read: {reason}.", path=str(path), reason=error.strerror) from error
    except DAMAGE as error:
        raise QvizError("{path} is not a qviz session, or it is damaged.", path=name) from error
    raise QvizError("{path} was written by a newer qviz: update qviz to open it.", path=name)


def _session(content: Mapping[str, Any]) -> SavedSession:
    """What a file's JSON holds. Raises one of DAMAGE where that is no session."""
    entries = _entries(content["history"])
    baseline = _patched(entries[0].encodings, content["baseline"])
    known = next((e.encodings for e in entries if not _differs(e.encodings, baseline)), baseline)
    saved_as = content["saved_as"]
    saved = SavedSession(
        _document(content["document"]), entries, whole(content["index"]), known, str(content["window"]),
        saved_as and str(saved_as), str(content["model_sha256"]),
    )  # fmt: skip
    if not 0 <= saved.index < len(entries):
        raise ValueError(saved.index)
    return saved


def located(saved: SavedSession, path: str | Path, model: str | None = None) -> SavedSession:
    """With its model where it is now: `model`, else as told, else beside the session. Raises ModelMoved."""
    told = Path(saved.document.model)
    beside = Path(path).resolve().parent / told.name
    at = model or next((str(p) for p in (told, beside) if p.is_file()), None)
    if at is None:
        raise ModelMoved("The session's model {model} is not there any more: say where it is now.", model=str(told))
    return replace(saved, document=replace(saved.document, model=at))


def changed(saved: SavedSession) -> bool:
    """Whether the model is another file than when the session was saved, as far as that is known."""
    return saved.model_sha256 not in ("", model_hash(saved.document.model))


def _difference(old: Encodings, new: Encodings) -> dict[str, Any]:
    return {
        "settings": {n: setting_out(s) for n, s in new.settings.items() if old.settings.get(n) is not s},
        "groups": {n: list(g) for n, g in new.groups.items() if old.groups.get(n) != g},
        "removed": [n for n in old.settings if n not in new.settings],
        "bias": new.bias,
        "target": new.target,
    }


def _patched(old: Encodings, told: Mapping[str, Any]) -> Encodings:
    gone = set(told["removed"])
    settings = {n: s for n, s in old.settings.items() if n not in gone}
    settings |= {n: setting_in(s) for n, s in told["settings"].items()}
    groups = {n: g for n, g in old.groups.items() if n not in gone}
    groups |= {n: tuple(map(str, g)) for n, g in told["groups"].items()}
    if told["bias"] not in get_args(BiasRule) or groups.keys() != settings.keys():
        raise ValueError("bias or groups")
    target = None if told["target"] is None else target_named(told["target"]).name
    return Encodings(settings, groups, told["bias"], target)


def _differs(a: Encodings, b: Encodings) -> bool:
    return bool(a.changed(b)) or (a.bias, a.target) != (b.bias, b.target)


def _entries(told: Sequence[Mapping[str, Any]]) -> tuple[Entry, ...]:
    entries: list[Entry] = []
    for entry in told:
        before = entries[-1].encodings if entries else Encodings()
        score = None if entry["score"] is None else number(entry["score"])
        entries.append(Entry(_patched(before, entry), str(entry["label"]), score=score))
    return tuple(entries)


def _document(content: Mapping[str, Any]) -> Document:
    fields = dict(content)
    for name in ("data", "calibration", "check"):
        fields[name] = _options(fields[name])
    fields["shapes"] = _shapes(fields["shapes"])
    document = Document(**fields)
    _texts(document.model, document.metric or "", document.output or "")
    if document.integer not in (None, True, False):
        raise TypeError("integer")
    return replace(document, calibration_samples=whole(document.calibration_samples))


def _options(content: Mapping[str, Any] | None) -> DataOptions | None:
    if content is None:
        return None
    fields = dict(content)
    preprocess = {k: v for k, v in fields.pop("preprocess").items() if v is not None}
    options = DataOptions(**fields, preprocess=preprocess_of(preprocess))
    _texts(options.source or "")
    return replace(
        options,
        shapes=_shapes(options.shapes),
        values={str(n): number(v) for n, v in options.values.items()},
        seed=whole(options.seed),
        random=None if options.random is None else whole(options.random),
        limit=None if options.limit is None else whole(options.limit),
    )


def _shapes(told: Mapping[str, Sequence[object]]) -> dict[str, tuple[int, ...]]:
    return {str(n): tuple(map(whole, shape)) for n, shape in told.items()}


def _texts(*values: object) -> None:
    if not all(isinstance(v, str) for v in values):
        raise TypeError("text")
