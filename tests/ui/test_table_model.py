"""The table: sorting, filtering and speed with many quantizers."""

import time

import numpy as np
import pytest
from PySide6.QtCore import Qt

from qviz.encodings import Encodings, Setting
from qviz.graph.graph import Quantizer
from qviz.quant.spec import UniformSpec
from qviz.sim.result import TensorError
from qviz.ui.table.columns import Column, Columns
from qviz.ui.table.model import QuantizerModel

MANY = 20_000
ASCENDING, DESCENDING = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder


def quantizer(name: str, op: str = "Conv", kind: str = "activation") -> Quantizer:
    return Quantizer(name, kind, (name,), name, op, (1, 3), None, 1, kind == "param")  # type: ignore[arg-type]


def model_of(quantizers: dict[str, Quantizer], encodings: Encodings) -> QuantizerModel:
    columns = Columns(quantizers)
    columns.read(encodings, columns.names)
    model = QuantizerModel()
    model.load(columns)
    return model


@pytest.fixture
def small(qapp: object) -> QuantizerModel:
    quantizers = {
        "b": quantizer("b"),
        "a": quantizer("a", "Relu"),
        "w": quantizer("w", kind="param"),
        "c": quantizer("c", "Add"),
    }
    settings = {
        "b": Setting().with_range([-1.0], [3.0], "minmax"),
        "a": Setting(spec=UniformSpec(bits=4)).with_range([0.0], [9.0], "manual"),
        "w": Setting(enabled=False).with_range([-2.0, -5.0], [1.0, 0.5], "minmax"),
        "c": Setting(),
    }
    return model_of(quantizers, Encodings(settings))


def names(model: QuantizerModel) -> list[str]:
    return [model.name_at(row) for row in range(model.rowCount())]


def test_the_first_order_is_that_of_the_graph(small: QuantizerModel) -> None:
    assert names(small) == ["b", "a", "w", "c"]


def test_numbers_sort_as_numbers_and_what_is_not_known_comes_last(small: QuantizerModel) -> None:
    small.sort(Column.HIGH, ASCENDING)
    assert names(small) == ["w", "b", "a", "c"]
    small.sort(Column.HIGH, DESCENDING)
    assert names(small) == ["a", "b", "w", "c"]
    small.sort(-1)
    assert names(small) == ["b", "a", "w", "c"]


def test_a_filter_finds_part_of_a_name_an_operator_or_a_kind(small: QuantizerModel) -> None:
    for needle, found in (("relu", ["a"]), ("PARAM", ["w"]), ("conv", ["b", "w"]), ("nothing", []), ("", list("bawc"))):
        small.set_filter(needle)
        assert names(small) == found


def test_a_selected_row_stays_the_same_quantizer_when_sorted(small: QuantizerModel) -> None:
    from PySide6.QtCore import QPersistentModelIndex

    kept = QPersistentModelIndex(small.index(0, 0))
    small.sort(Column.NAME, ASCENDING)
    assert small.name_at(kept.row()) == "b"
    small.set_filter("relu")
    assert not kept.isValid()


def test_rows_say_what_is_set(small: QuantizerModel) -> None:
    def text(row: int, column: Column) -> str:
        return str(small.data(small.index(row, column)))

    assert [text(1, c) for c in (Column.NAME, Column.OP, Column.BITS, Column.LOW, Column.HIGH)] == [
        "a", "Relu", "4", "0", "9",
    ]  # fmt: skip
    assert text(2, Column.LOW) == "−5"  # the widest channel
    assert text(3, Column.HIGH) == "—"
    unchecked = small.data(small.index(2, Column.ENABLED), Qt.ItemDataRole.CheckStateRole)
    assert unchecked == Qt.CheckState.Unchecked


def test_cumulative_error_is_that_of_the_worst_tensor_of_a_group(qapp: object) -> None:
    both = Quantizer("cat", "activation", ("x", "y"), "cat", "Concat", None, None, 1, False)
    model = model_of({"cat": both}, Encodings({"cat": Setting()}))
    model.columns.read_errors({"x": TensorError(30.0, 8), "y": TensorError(21.5, 8)})
    assert model.data(model.index(0, Column.CUMULATIVE)) == "21.5"


def test_a_click_on_a_check_box_asks_for_the_change(small: QuantizerModel) -> None:
    asked: list[tuple[str, Column, object]] = []
    small.edited.connect(lambda *told: asked.append(told))
    index = small.index(2, Column.ENABLED)
    assert small.setData(index, Qt.CheckState.Checked.value, Qt.ItemDataRole.CheckStateRole)
    assert asked == [("w", Column.ENABLED, True)]


def test_twenty_thousand_rows_sort_and_filter_about_as_fast_as_a_list_of_names(qapp: object) -> None:
    numbers = np.random.default_rng(1).permutation(MANY)
    quantizers = {f"block_{i}/layer.{n}/conv/output": quantizer(f"q{i}") for i, n in enumerate(numbers)}
    setting = Setting().with_range([-1.0], [1.0], "minmax")
    model = model_of(quantizers, Encodings(dict.fromkeys(quantizers, setting)))
    steps = (
        lambda: model.sort(Column.NAME, DESCENDING),
        lambda: model.sort(Column.HIGH, ASCENDING),
        lambda: model.set_filter("layer.1"),
        lambda: model.set_filter(""),
    )
    for step in steps:  # in turn, so that a load falls on both; one calm round of many is enough
        assert any(_seconds(step) < 6 * _seconds(lambda: sorted(quantizers, key=str.lower)) for _ in range(50))
    assert model.rowCount() == MANY


def _seconds(step: object) -> float:
    start = time.perf_counter()
    step()  # type: ignore[operator]
    return time.perf_counter() - start
