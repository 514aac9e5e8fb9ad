"""The .qviz file: JSON with the model by path and hash, data, preprocessing, encodings and locks."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from qviz.data.options import DataOptions, Preprocess
from qviz.document import Document
from qviz.encodings import ClipRange, Encodings, Setting, Stored
from qviz.errors import QvizError
from qviz.formats.atomic import write_atomically
from qviz.quant.spec import Granularity, Scheme, UniformSpec

VERSION = 1


@dataclass(frozen=True)
class SavedSession:
    """What a .qviz file holds."""

    document: Document
    encodings: Encodings

    def overlay(self, calibrated: Encodings) -> Encodings:
        """The saved settings over freshly calibrated ones, for the quantizers that the model still has."""
        merged = calibrated.with_settings(self.encodings.settings)
        return replace(merged, groups={**merged.groups, **self.encodings.groups}, bias=self.encodings.bias)


def write(path: str, document: Document, encodings: Encodings) -> None:
    """Write a session. The file is replaced only once it is whole."""
    content = {
        "qviz": VERSION,
        "model_sha256": _hash(document.model),
        "document": asdict(document),
        "bias": encodings.bias,
        "target": encodings.target,
        "groups": {name: list(group) for name, group in encodings.groups.items()},
        "settings": {name: asdict(setting) for name, setting in encodings.settings.items()},
    }
    write_atomically(path, json.dumps(content, indent=1))


def read(path: str) -> SavedSession:
    """Read a session. Raises QvizError where the file is not one, or the model is gone or has changed."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        version = content["qviz"]
        if version > VERSION:
            raise QvizError("{path} was written by a newer qviz: update qviz to open it.", path=Path(path).name)
        document = _document(content["document"])
        settings = {name: _setting(s) for name, s in content["settings"].items()}
        groups = {name: tuple(group) for name, group in content["groups"].items()}
        encodings = Encodings(settings, groups, content["bias"], content["target"])
    except OSError as error:
        raise QvizError("{path} cannot be read: {reason}.", path=path, reason=error.strerror) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise QvizError("{path} is not a qviz session, or it is damaged.", path=Path(path).name) from error
    if not Path(document.model).is_file():
        raise QvizError("The session's model {model} is not there any more: move it back.", model=document.model)
    if _hash(document.model) != content.get("model_sha256"):
        raise QvizError("The model {model} has changed since the session was saved.", model=document.model)
    return SavedSession(document, encodings)


def _hash(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _document(content: Mapping[str, Any]) -> Document:
    fields = dict(content)
    for name in ("data", "calibration", "check"):
        fields[name] = _options(fields[name])
    fields["shapes"] = {k: tuple(v) for k, v in fields["shapes"].items()}
    return Document(**fields)


def _options(content: Mapping[str, Any] | None) -> DataOptions | None:
    if content is None:
        return None
    fields = dict(content)
    raw: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in fields["preprocess"].items()}
    fields["preprocess"] = Preprocess(**raw)
    fields["shapes"] = {k: tuple(v) for k, v in fields["shapes"].items()}
    return DataOptions(**fields)


def _setting(content: Mapping[str, Any]) -> Setting:
    spec = content["spec"]
    fields = dict(content)
    fields["spec"] = UniformSpec(spec["bits"], Scheme(spec["scheme"]), Granularity(spec["granularity"]))
    fields["range"] = _pair(ClipRange, content["range"])
    fields["stored"] = _pair(Stored, content["stored"])
    return Setting(**fields)


def _pair(kind: type, content: Mapping[str, Any] | None) -> Any:
    return None if content is None else kind(**{k: tuple(v) for k, v in content.items()})
