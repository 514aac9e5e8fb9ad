"""Intervals and estimates: they cover what they should, and end at the plain value."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from qviz.sim.metrics import Cosine, Mse, Sqnr, Top1, UserSetMetric, ci95, estimate, mcnemar, paired_change, wilson

TOP1, SQNR = Top1("y"), Sqnr("y")
TRIALS = 400


def hits(rng, n, rate):
    return (rng.random((n, 1)) < rate).astype(float)


def flipped(rng, old, losses, wins):
    """`old` with shares of its hits lost and of its misses won."""
    return np.where(rng.random(old.shape) < np.where(old > 0, losses, wins), 1 - old, old)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_newcombes_published_values(successes, n, low, high):
    assert wilson(successes, n) == pytest.approx((100 * low, 100 * high), abs=0.01)


@given(st.integers(0, 500), st.integers(1, 500))
def test_wilson_holds_the_proportion_and_stays_inside(successes, n):
    successes = min(successes, n)
    low, high = wilson(successes, n)
    assert 0 <= low <= 100 * successes / n + 1e-9
    assert 100 * successes / n - 1e-9 <= high <= 100


@pytest.mark.parametrize("rate", [0.5, 0.85, 0.97])
def test_wilson_covers_the_true_accuracy(rate):
    rng = np.random.default_rng(1)
    covered = sum(low <= 100 * rate <= high for low, high in (ci95(TOP1, hits(rng, 300, rate)) for _ in range(TRIALS)))
    assert 0.92 <= covered / TRIALS <= 0.98


@pytest.mark.parametrize(("losses", "wins"), [(0.1, 0.3), (0.3, 0.05), (0.02, 0.1)])
@pytest.mark.parametrize("done", [64, 256])
def test_the_estimate_covers_the_value_on_all_samples(losses, wins, done):
    rng = np.random.default_rng(2)
    covered = 0
    for _ in range(TRIALS):
        old = hits(rng, 512, 0.85)
        new = flipped(rng, old, losses, wins)
        _, low, high = estimate(TOP1, new[:done], old)
        covered += low <= TOP1.value(new) <= high
    assert 0.90 <= covered / TRIALS <= 0.99


def test_the_estimate_is_closer_than_the_plain_accuracy_of_a_part():
    rng = np.random.default_rng(3)
    paired, plain = [], []
    for _ in range(TRIALS):
        old = hits(rng, 512, 0.85)
        new = flipped(rng, old, 0.03, 0.05)
        paired.append(estimate(TOP1, new[:64], old)[0] - TOP1.value(new))
        plain.append(TOP1.value(new[:64]) - TOP1.value(new))
    assert np.std(paired) < np.std(plain) / 2


@pytest.mark.parametrize("rate", [0.01, 0.04])
def test_without_a_flip_the_interval_still_covers(rate):
    rng = np.random.default_rng(4)
    covered = 0
    for _ in range(TRIALS):
        old = np.ones((512, 1))
        new = flipped(rng, old, rate, 0)
        if new[:64].all():
            _, low, high = estimate(TOP1, new[:64], old)
            covered += low <= TOP1.value(new) <= high
        else:
            covered += 1
    assert covered / TRIALS >= 0.95


def test_no_flips_are_the_rule_of_three_and_no_more_than_is_left():
    old = np.ones((512, 1))
    assert paired_change(old[:64], old[:64], TOP1, 512) == (0, -300 / 64, 300 / 64)
    assert paired_change(old[:64], old[:64], TOP1, None) == (0, -300 / 64, 300 / 64)
    assert paired_change(old[:510], old[:510], TOP1, 512)[2] == pytest.approx(200 / 512)


@pytest.mark.parametrize(("losses", "wins"), [(0.1, 0.3), (0.2, 0.2)])
def test_the_difference_of_a_complete_run_covers_that_of_the_population(losses, wins):
    rng = np.random.default_rng(5)
    true = 100 * (0.15 * wins - 0.85 * losses)
    covered = 0
    for _ in range(TRIALS):
        old = hits(rng, 400, 0.85)
        _, low, high = paired_change(flipped(rng, old, losses, wins), old, TOP1, None)
        covered += low <= true <= high
    assert 0.92 <= covered / TRIALS <= 0.98


def signal_and_noise(rng, n, noise):
    signal = rng.gamma(4.0, size=n)
    return np.stack([signal, noise * signal * rng.gamma(4.0, size=n)], axis=1)


def test_the_bootstrap_covers_sqnr_on_all_samples():
    rng = np.random.default_rng(6)
    covered = 0
    for _ in range(TRIALS):
        old, new = signal_and_noise(rng, 512, 0.01), signal_and_noise(rng, 512, 0.03)
        new[:, 0] = old[:, 0]
        _, low, high = estimate(SQNR, new[:128], old)
        covered += low <= SQNR.value(new) <= high
    assert 0.90 <= covered / TRIALS <= 0.98


STATS = arrays(np.float64, (30, 2), elements=st.floats(0.01, 100))


@given(STATS, STATS)
def test_an_estimate_over_all_samples_is_the_plain_value(new, old):
    for metric in (SQNR, Mse("y")):
        assert estimate(metric, new, old) == (metric.value(new),) * 3
    new, old = np.rint(new[:, :1] % 1), np.rint(old[:, :1] % 1)
    assert estimate(TOP1, new, old) == (TOP1.value(new),) * 3
    change, low, high = paired_change(new, old, TOP1, len(old))
    assert change == low == high == TOP1.value(new) - TOP1.value(old)


@given(STATS, STATS, st.integers(2, 29))
def test_a_change_lies_inside_its_interval_and_is_reproducible(new, old, done):
    new, old = np.rint(new[:, :1] % 1), np.rint(old[:, :1] % 1)
    value, low, high = estimate(TOP1, new[:done], old)
    assert 0 <= low <= value <= high <= 100
    assert estimate(TOP1, new[:done], old) == (value, low, high)


def test_the_same_state_changes_nothing():
    stats = signal_and_noise(np.random.default_rng(7), 50, 0.1)
    assert paired_change(stats[:20], stats[:20], SQNR, 50) == (0, 0, 0)


def test_a_state_equal_to_float_has_no_sqnr_to_start_from():
    rng = np.random.default_rng(8)
    new = signal_and_noise(rng, 64, 0.01)
    exact = np.stack([rng.gamma(4.0, size=128), np.zeros(128)], axis=1)
    value, low, high = estimate(SQNR, new, exact)
    assert value == SQNR.value(new)
    assert low < value < high
    assert np.isnan(paired_change(new, exact[:64], SQNR, 128)).all()
    assert ci95(SQNR, exact) is None


def test_means_have_bootstrap_intervals():
    rng = np.random.default_rng(9)
    covered = 0
    for _ in range(TRIALS):
        low, high = ci95(Cosine("y"), rng.normal(0.9, 0.05, (200, 1)))
        covered += low <= 0.9 <= high
    assert 0.90 <= covered / TRIALS <= 0.98


def test_a_users_metric_of_the_whole_set_has_a_value_and_no_interval():
    metric = UserSetMetric("count", lambda outputs, samples, labels: len(outputs["y"]))
    values = {"y": np.zeros((6, 1))}
    old = metric.stats(values, values, None)
    value, low, high = estimate(metric, old[:4], old)
    assert value == 6
    assert np.isnan(low)
    assert np.isnan(high)
    assert ci95(metric, old) is None


def test_mcnemar_is_the_exact_binomial_test():
    def p_value(wins, losses, same=20):
        old = np.repeat([0.0, 1.0, 1.0], [wins, losses, same])[:, None]
        new = np.repeat([1.0, 0.0, 1.0], [wins, losses, same])[:, None]
        return mcnemar(new, old)

    assert p_value(0, 0) == 1
    assert p_value(5, 5) == 1
    assert p_value(0, 5) == pytest.approx(2 / 32)
    assert p_value(2, 8) == pytest.approx(2 * (1 + 10 + 45) / 1024)
    assert p_value(900, 1100) < 1e-4


@pytest.mark.parametrize("n", [300, 1700])
def test_sqnr_of_the_population_is_covered(n):
    rng = np.random.default_rng(10)
    true = -10 * np.log10(0.01 * 4)  # the mean of a gamma of shape 4 is 4
    intervals = [ci95(SQNR, signal_and_noise(rng, n, 0.01)) for _ in range(TRIALS)]
    assert 0.91 <= sum(low <= true <= high for low, high in intervals) / TRIALS <= 0.98
