"""A .qviz file brings back all of the work: settings, locks, history, baseline, check set; also of a moved model."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from qviz import session_file
from qviz.data.options import DataOptions, Preprocess
from qviz.document import Document
from qviz.errors import QvizError
from qviz.paths import sample
from qviz.session import Session
from qviz.session_file import ModelChanged, ModelMoved
from qviz.sim.client import LocalClient

MODEL, DATA, CHECK = "digits_cnn.onnx", str(sample("digits_eval.npz")), str(sample("digits_calib.npz"))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return Path(shutil.copy(sample(MODEL), tmp_path / MODEL))


@pytest.fixture
def worked(model: Path) -> Iterator[Session]:
    """A session with four states, the third of them in force and the second pinned."""
    preprocess = Preprocess(scale=1 / 16, mean=(0.1,), std=(0.5,))
    data = DataOptions(source=DATA, preprocess=preprocess, limit=100)
    with Session.open(str(model), data, check=DataOptions(source=CHECK, limit=50)) as session:
        first, second = list(session.quantizers)[:2]
        session.set_spec(first, bits=5)
        session.pin_baseline()
        session.set_range(second, -1.25, 3.5)
        session.set_locked(second, True)
        session.set_bias("float")
        session.undo()
        session.simulate()
        yield session


def restored(path: Path, **how: object) -> Session:
    session = Session(LocalClient())
    session.restore(str(path), **how)
    return session


def test_everything_comes_back(worked: Session, tmp_path: Path) -> None:
    path = tmp_path / "work.qviz"
    worked.save(str(path), window="bGF5b3V0")
    assert not worked.dirty
    with restored(path) as again:
        assert not again.committed.changed(worked.committed)
        assert [e.label for e in again.history.entries] == [e.label for e in worked.history.entries]
        assert again.history.index == worked.history.index
        assert [e.score for e in again.history.entries] == [e.score for e in worked.history.entries]
        assert not again.baseline.changed(worked.baseline)
        assert again.baseline is again.history.entries[1].encodings
        assert again.document == replace(worked.document, integer=True)
        assert again.simulate().metric == worked.result.metric
        again.redo()
        assert again.committed.bias == "float"
        again.undo()
        again.undo()
        again.undo()
        assert not again.committed[list(again.quantizers)[1]].locked
        assert not again.dirty or again.history.index != worked.history.index


def test_a_quantizer_that_an_import_placed_is_there_again(worked: Session, tmp_path: Path) -> None:
    known = {t for q in worked.quantizers.values() for t in (*q.tensors, *q.followers)}
    extra = next(t.name for t in worked.graph.tensors.values() if t.kind == "activation" and t.name not in known)
    encodings, path = tmp_path / "e.json", tmp_path / "work.qviz"
    entry = {"bitwidth": 8, "min": -1.0, "max": 2.0}
    encodings.write_text(json.dumps({"activation_encodings": {extra: [entry]}, "param_encodings": {}}))
    assert worked.load_encodings(str(encodings)).new == (extra,)
    worked.save(str(path))
    with restored(path) as again:
        assert again.quantizers[extra] == worked.quantizers[extra]
        assert again.simulate().metric == worked.simulate().metric


def test_a_session_without_data_has_its_settings(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "work.qviz"
    with Session.open(str(model)) as session:
        name = next(n for n, q in session.quantizers.items() if q.kind == "param")
        session.set_spec(name, bits=3)
        session.save(str(path))
    with restored(path) as again:
        assert again.committed[name].spec.bits == 3


def test_a_model_beside_the_session_is_found(worked: Session, model: Path, tmp_path: Path) -> None:
    worked.save(str(tmp_path / "work.qviz"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for file in (model, tmp_path / "work.qviz"):
        shutil.move(file, elsewhere / file.name)
    with restored(elsewhere / "work.qviz") as again:
        assert again.model_path == str(elsewhere / MODEL)


def test_a_moved_model_is_asked_for(worked: Session, model: Path, tmp_path: Path) -> None:
    path, moved = tmp_path / "work.qviz", tmp_path / "other_name.onnx"
    worked.save(str(path))
    model.rename(moved)
    with pytest.raises(ModelMoved, match="not there any more"):
        restored(path)
    with restored(path, model=str(moved)) as again:
        assert not again.committed.changed(worked.committed)


def test_work_on_a_model_that_is_gone_is_saved_and_opens_with_the_model_elsewhere(
    worked: Session, model: Path, tmp_path: Path
) -> None:
    elsewhere = model.rename(tmp_path / "elsewhere.onnx")
    path = tmp_path / "work.qviz"
    worked.save(str(path))
    with pytest.raises(ModelMoved):
        restored(path)
    session = Session(LocalClient())
    with session:
        session.restore(str(path), str(elsewhere))
        assert not session.committed.changed(worked.committed)


def test_a_changed_model_is_told_and_opens_where_wanted(worked: Session, model: Path, tmp_path: Path) -> None:
    path = tmp_path / "work.qviz"
    worked.save(str(path))
    shutil.copy(sample("digits_mobile.onnx"), model)
    with pytest.raises(ModelChanged, match="has changed"):
        restored(path)
    with restored(path, changed_too=True) as again:
        assert set(again.committed.settings) == set(again.graph.quantizers)
        assert again.simulate().complete


@pytest.mark.parametrize("saved_before", [False, True])
def test_a_model_that_is_written_over_while_it_is_open_is_told_as_changed(
    worked: Session, model: Path, tmp_path: Path, saved_before: bool
) -> None:
    path = tmp_path / "work.qviz"
    if saved_before:
        worked.save(str(path))
    shutil.copy(sample("digits_mobile.onnx"), model)
    worked.save(str(path))
    with pytest.raises(ModelChanged, match="has changed"):
        restored(path)


def test_recovered_work_is_unsaved_and_belongs_to_its_file(worked: Session, tmp_path: Path) -> None:

    worked.save(str(tmp_path / "work.qviz"))
    worked.set_bias("float")
    kept = tmp_path / "recovery.qviz"
    session_file.write(kept, worked.snapshot())
    with restored(kept, recovered=True) as again:
        assert again.dirty
        assert again.saved_path == str(tmp_path / "work.qviz")


def test_another_model_forgets_where_the_last_session_was_saved(worked: Session, tmp_path: Path) -> None:
    worked.save(str(tmp_path / "work.qviz"))
    worked.open_document(Document(str(sample("digits_mobile.onnx"))))
    assert worked.saved_path is None


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", '{"qviz": 1}', '{"qviz": 1, "history": []}', "\x00\x01", '{"a":' * 100_000]
)
def test_what_is_no_session_is_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "odd.qviz"
    path.write_text(text)
    with pytest.raises(QvizError, match="not a qviz session"):
        restored(path)


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (("index",), float("inf")),
        (("index",), 10**400),
        (("history", 0, "bias"), "int8"),
        (("history", 0, "target"), "nowhere"),
        (("history", 0, "groups"), {}),
        (("history", 0, "score"), "high"),
        (("document", "calibration_samples"), "many"),
        (("document", "data", "preprocess", "std"), [0.5, "x"]),
        (("document", "shapes"), {"image": "abc"}),
        (("document", "data", "limit"), float("nan")),
    ],
)
def test_a_damaged_value_is_one_sentence(worked: Session, tmp_path: Path, at: tuple, value: object) -> None:
    path = tmp_path / "work.qviz"
    worked.save(str(path))
    content = json.loads(path.read_text())
    *way, last = at
    part = content
    for key in way:
        part = part[key]
    part[last] = value
    path.write_text(json.dumps(content))
    with pytest.raises(QvizError, match=r"^work\.qviz is not a qviz session, or it is damaged\.$"):
        restored(path)


def test_settings_that_the_model_cannot_have_are_left_out(worked: Session, tmp_path: Path) -> None:
    """A name that it has not, more ranges than there are channels, a tensor that it has not, one bit of activation."""
    path = tmp_path / "work.qviz"
    worked.save(str(path))
    content = json.loads(path.read_text())
    told = content["history"][0]
    names = list(told["settings"])
    weight, image, relu = names[1], names[0], names[-1]
    told["settings"]["unheard of"], told["groups"]["unheard of"] = told["settings"][image], ["unheard of"]
    told["settings"][weight]["range"] = {"low": [-1.0] * 99, "high": [1.0] * 99}
    told["settings"][image]["spec"] = {**told["settings"][image]["spec"], "bits": 1, "scheme": "asymmetric"}
    told["groups"][relu] = ["unheard of too"]
    path.write_text(json.dumps(content))
    with restored(path) as again:
        assert set(again.committed.settings) == set(again.quantizers)
        assert len(again.committed[weight].range.low) < 99
        assert again.history.entries[0].encodings[image].spec.bits == 8
        assert again.committed.groups[relu] == again.quantizers[relu].tensors
        assert again.simulate().complete


def test_a_newer_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "new.qviz"
    path.write_text('{"qviz": 99}')
    with pytest.raises(QvizError, match="newer qviz"):
        restored(path)


def test_a_file_that_cannot_be_written_leaves_the_old_one(worked: Session, tmp_path: Path) -> None:
    with pytest.raises(QvizError, match="cannot be written"):
        worked.save(str(tmp_path / "no_such_folder" / "work.qviz"))
    assert worked.saved_path is None
