"""What each metric says about float and quantized outputs."""

from textwrap import dedent

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from qviz.errors import QvizError
from qviz.graph.graph import Graph, Port
from qviz.sim.metrics import (
    Agreement,
    Cosine,
    Mse,
    Psnr,
    Sqnr,
    Top1,
    Top5,
    UserMetric,
    UserSetMetric,
    choose_metrics,
    load_user_metric,
)

KINDS = (Agreement, Cosine, Mse, Psnr, Sqnr, Top1, Top5)


def value(metric, reference, outputs, labels=None):
    stats = metric.stats({"y": np.asarray(reference)}, {"y": np.asarray(outputs)}, labels)
    assert len(stats) == len(outputs)
    return metric.value(stats)


def outputs_of(*outputs, inputs=(), batch_free=True):
    return Graph("m", (), {}, inputs, outputs, {}, (), batch_free=batch_free)


SCORES = Port("y", "float32", ("N", 3), 0)


def test_top1_counts_right_predictions_in_percent():
    scores = [[1, 2, 0], [3, 1, 2], [0, 0, 1], [5, 5, 1]]
    assert value(Top1("y"), scores, scores, np.array([1, 2, 2, 0])) == 75  # the first of equal scores counts


def test_a_percentage_is_the_number_nearest_to_it():
    labels = np.arange(2000) < 1698
    scores = np.stack([np.zeros(2000), np.ones(2000)], axis=1)
    assert value(Top1("y"), scores, scores, labels.astype(int)) == 84.9


def test_top5_counts_labels_among_the_five_largest():
    scores = np.tile(np.arange(8.0), (3, 1))
    assert value(Top5("y"), scores, scores, np.array([7, 3, 2])) == pytest.approx(200 / 3)
    equal = np.zeros((2, 8))
    assert value(Top5("y"), equal, equal, np.array([4, 5])) == 50


def test_nan_is_never_a_right_prediction():
    scores = np.array([[np.nan, 2.0, 0.0], [0.0, 2.0, 0.0]])
    labels = np.array([0, 1])
    assert value(Top1("y"), scores, scores, labels) == 50
    assert value(Top5("y"), scores, scores, labels) == 50
    assert value(Agreement("y"), scores, scores) == 50


def test_scores_may_have_axes_of_length_one():
    scores = np.eye(4).reshape(4, 1, 4, 1)
    assert value(Top1("y"), scores, scores, np.arange(4)) == 100


def test_agreement_is_with_the_float_model():
    assert value(Agreement("y"), [[1, 2], [2, 1]], [[1, 3], [1, 2]]) == 50


def test_sqnr_is_over_all_samples():
    assert value(Sqnr("y"), [[3.0], [4.0]], [[3.5], [4.0]]) == pytest.approx(10 * np.log10(25 / 0.25))
    assert value(Sqnr("y"), [[3.0]], [[3.0]]) == np.inf
    assert value(Sqnr("y"), [[0.0]], [[3.0]]) == -np.inf


def test_mse_cosine_and_psnr_by_hand():
    reference, outputs = np.array([[0.0, 4.0], [3.0, 4.0]]), np.array([[0.0, 5.0], [4.0, 3.0]])
    assert value(Mse("y"), reference, outputs) == pytest.approx(3 / 4)
    assert value(Cosine("y"), reference, outputs) == pytest.approx((1 + 24 / 25) / 2)
    assert value(Psnr("y"), reference, outputs) == pytest.approx(10 * np.log10((16 + 1) / 2 / (3 / 4)))


def test_cosine_of_zeros():
    assert value(Cosine("y"), [[0.0, 0.0]], [[0.0, 0.0]]) == 1
    assert value(Cosine("y"), [[0.0, 0.0]], [[1.0, 0.0]]) == 0


def test_outputs_of_different_shape_have_no_figure():
    reference, outputs = np.zeros((2, 5)), np.zeros((2, 4))
    for kind in (Sqnr, Mse, Cosine, Psnr):
        assert np.isnan(value(kind("y"), reference, outputs))
    ragged = {"y": [np.zeros(3), np.zeros(4)]}
    assert np.isnan(Sqnr("y").value(Sqnr("y").stats(ragged, ragged, None)))


@given(
    arrays(np.float32, (9, 6), elements=st.floats(-100, 100, width=32)),
    arrays(np.float32, (9, 6), elements=st.floats(-1, 1, width=32)),
    st.integers(1, 8),
)
def test_statistics_of_parts_are_those_of_the_whole(reference, noise, cut):
    labels = np.arange(9) % 6
    for kind in KINDS:
        metric = kind("y")

        def stats(part, metric=metric):
            return metric.stats({"y": reference[part]}, {"y": reference[part] + noise[part]}, labels[part])

        whole = stats(slice(None))
        np.testing.assert_array_equal(whole, np.concatenate([stats(slice(cut)), stats(slice(cut, None))]))
        np.testing.assert_array_equal(metric.value(whole[:cut]), metric.value(stats(slice(cut))))


def names(metrics):
    return [(m.name, m.output) for m in metrics]


REST = [("agreement", "y"), ("sqnr", "y"), ("cosine", "y")]


def test_top1_leads_where_labels_are_classes():
    assert names(choose_metrics(outputs_of(SCORES), np.array([0, 2]))) == [("top1", "y"), *REST]


def test_agreement_leads_without_labels():
    assert names(choose_metrics(outputs_of(SCORES), None)) == REST


@pytest.mark.parametrize("labels", [np.array([0, 3]), np.array([-1, 0]), np.array([0.5, 1]), np.zeros((2, 3), int)])
def test_sqnr_leads_where_labels_are_no_classes(labels):
    assert names(choose_metrics(outputs_of(SCORES), labels)) == [("sqnr", "y"), ("cosine", "y")]


@pytest.mark.parametrize("shape", [("N", 1), ("N", 3, 7), ("N",), ("N", None)])
def test_sqnr_leads_where_there_are_no_classes(shape):
    metrics = choose_metrics(outputs_of(Port("y", "float32", shape, 0)), np.array([0, 0]))
    assert names(metrics) == [("sqnr", "y"), ("cosine", "y")]


def test_classes_may_have_axes_of_length_one_and_a_fixed_batch_of_one():
    assert choose_metrics(outputs_of(Port("y", "float16", ("N", 3, 1, 1), 0)), None)[0].name == "agreement"
    fixed = outputs_of(Port("y", "float32", (1, 3), None), batch_free=False)
    assert choose_metrics(fixed, None)[0].name == "agreement"
    assert choose_metrics(outputs_of(Port("y", "float32", (4, 3), None), batch_free=False), None)[0].name == "sqnr"


def test_several_outputs_are_compared_one_by_one():
    graph = outputs_of(
        Port("a", "float32", ("N", 3), 0), Port("b", "float32", ("N", 4), 0), Port("i", "int64", ("N",), 0)
    )
    assert names(choose_metrics(graph, np.array([0, 1]))) == [
        ("sqnr", "a"),
        ("sqnr", "b"),
        ("cosine", "a"),
        ("cosine", "b"),
    ]
    chosen = choose_metrics(graph, np.array([0, 1]), output="b")
    assert names(chosen)[:3] == [("top1", "b"), ("agreement", "b"), ("sqnr", "b")]


@pytest.mark.parametrize("name", ["top1", "top5", "agreement", "sqnr", "cosine", "psnr", "mse"])
def test_a_named_metric_leads(name):
    metrics = choose_metrics(outputs_of(SCORES), np.array([0, 1]), name)
    assert metrics[0].name == name
    assert {"agreement", "sqnr", "cosine"} <= {m.name for m in metrics}
    assert len(set(metrics)) == len(metrics)


@pytest.mark.parametrize(
    ("labels", "name", "output", "told"),
    [
        (None, "top1", None, "top1 needs labels, and the data has none"),
        (
            np.array([1, 3]),
            "top1",
            None,
            "from 0 to 2 a sample as label, as output y has 3 classes; the labels go from 1 to 3",
        ),
        (None, "f1", None, "There is no metric f1; there are top1, top5"),
        (None, None, "z", "The model has no output z; its outputs are y"),
    ],
)
def test_a_metric_that_does_not_fit_is_told(labels, name, output, told):
    with pytest.raises(QvizError) as error:
        choose_metrics(outputs_of(SCORES), labels, name, output)
    assert told in str(error.value)


def test_classes_are_needed_for_top1():
    with pytest.raises(QvizError, match="needs one output of shape"):
        choose_metrics(outputs_of(Port("y", "float32", ("N", 1), 0)), np.array([0]), "top1")


@pytest.fixture
def own(tmp_path):
    def write(text):
        (tmp_path / "own.py").write_text(dedent(text))
        return f"{tmp_path / 'own.py'}:score"

    return write


def test_a_users_metric_is_averaged_over_samples(own):
    source = own("""
        def score(output, sample, label):
            assert output["y"].shape == (3,) and sample["x"].shape == (2,)
            return label * sample["x"][0]
        score.unit = "mm"
        score.higher_is_better = False
    """)
    metric = load_user_metric(source)
    assert isinstance(metric, UserMetric)
    assert (metric.name, metric.unit, metric.higher_is_better) == ("score", "mm", False)
    values = {"y": np.zeros((4, 3))}
    stats = metric.stats(values, values, np.arange(4), {"x": np.full((4, 2), 2.0)})
    assert metric.value(stats) == 3
    assert choose_metrics(outputs_of(SCORES), None, source)[0].name == "score"


def test_a_users_metric_gets_the_whole_set(own):
    metric = load_user_metric(
        own("""
        def score(outputs, samples, labels):
            return (len(outputs["boxes"][0]) + 10 * len(outputs["boxes"]) + 100 * outputs["y"].shape[1]) * labels[-1]
    """)
    )
    assert isinstance(metric, UserSetMetric)
    ragged = {"boxes": [np.zeros(2), np.zeros(5)], "y": np.zeros((2, 3))}
    parts = [metric.stats(ragged, ragged, np.array(labels)) for labels in ([0, 1], [1, 2])]
    assert metric.value(np.concatenate(parts)) == (2 + 40 + 300) * 2
    assert metric.value(parts[0]) == 2 + 20 + 300


def test_a_users_metric_that_fails_is_told(own):
    metric = load_user_metric(own("def score(output, sample, label): return 1 / 0"))
    with pytest.raises(QvizError, match="score failed with ZeroDivisionError: division by zero"):
        value(metric, [[1.0]], [[1.0]])
    with pytest.raises(QvizError, match="must take"):
        load_user_metric(own("def score(a, b): return 1"))
