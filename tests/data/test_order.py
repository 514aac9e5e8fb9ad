"""Evaluation and calibration order."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from qviz.data.dataset import ColumnSet
from qviz.data.order import calibration_order, evaluation_order, overlap


def labelled(labels):
    labels = None if labels is None else np.asarray(labels)
    return ColumnSet({}, 100 if labels is None else len(labels), labels, "set", "set")


@given(st.lists(st.integers(0, 5), min_size=1, max_size=300), st.integers(0, 3))
def test_every_prefix_is_a_fair_sample(labels, seed):
    labels = np.array(labels)
    order = evaluation_order(labelled(labels), seed)
    assert sorted(order) == list(range(len(labels)))
    classes, counts = np.unique(labels, return_counts=True)
    seen = (labels[order][:, None] == classes).cumsum(axis=0)
    due = np.arange(1, len(labels) + 1)[:, None] * counts / len(labels)
    assert np.abs(seen - due).max() <= len(classes)


def test_the_order_is_fixed_by_the_seed():
    data = labelled(np.arange(200) % 10)
    np.testing.assert_array_equal(evaluation_order(data), evaluation_order(data))
    assert (evaluation_order(data) != evaluation_order(data, 1)).any()
    assert (evaluation_order(data) != np.arange(200)).any()


def test_without_labels_the_order_is_a_permutation():
    assert sorted(evaluation_order(labelled(None))) == list(range(100))
    assert sorted(evaluation_order(labelled(np.linspace(0, 1, 7)))) == list(range(7))


def test_calibration_takes_the_first_in_the_sources_order():
    np.testing.assert_array_equal(calibration_order(labelled(None), 3), [0, 1, 2])
    assert len(calibration_order(labelled(None), 256)) == 100


def test_overlap_counts_evaluated_samples_that_were_calibrated_on():
    data = labelled(None)
    assert overlap(data, evaluation_order(data), data, calibration_order(data, 30)) == 30
    assert overlap(data, np.arange(20), data, calibration_order(data, 30)) == 20
    other = replace(data, source="other")
    assert overlap(data, evaluation_order(data), other, calibration_order(other, 30)) == 0
