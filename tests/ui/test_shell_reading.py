"""The rules of the live number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qviz.sim.result import Metric, Result
from qviz.ui.score.reading import reading


def result(samples: int = 512, generation: int = 1, **metric: object) -> Result:
    told = Metric(**{"name": "top1", "output": "y", "unit": "%", "float": 91.8, "quantized": 84.24, **metric})  # type: ignore[arg-type]
    return Result(generation=generation, samples=samples, total=512, metrics=(told,), output_sqnr_db=20.0, flips=39)


def test_nothing_simulated_yet_shows_dashes() -> None:
    shown = reading(None, 3)
    assert {shown.float, shown.now, shown.change, shown.flips, shown.samples} == {"—"}
    assert not shown.dimmed


def test_a_complete_answer_has_one_decimal_and_no_interval_of_its_own() -> None:
    shown = reading(result(ci95=(80.0, 88.0)), 1)
    assert (shown.float, shown.now, shown.now_interval, shown.samples) == ("91.8", "84.2", "", "512/512")


@given(st.floats(0.0, 20.0))
def test_no_decimals_while_the_interval_exceeds_one_point(half: float) -> None:
    shown = reading(result(samples=64, ci95=(84.24 - half, 84.24 + half)), 1)
    wide = (84.24 + half - (84.24 - half)) / 2 > 1.0
    assert shown.now == ("84" if wide else "84.2")
    assert shown.now_interval.startswith("± ")


@pytest.mark.parametrize(
    ("interval", "direction"), [((0.5, 3.0), 1), ((-3.0, -0.5), -1), ((-0.5, 3.0), 0), ((0.0, 3.0), 0), (None, 0)]
)
def test_a_colour_only_where_the_interval_excludes_zero(interval: tuple[float, float] | None, direction: int) -> None:
    assert reading(result(change=1.75, change_ci95=interval), 1).direction == direction


def test_no_colour_where_the_exact_test_doubts_what_the_interval_says() -> None:
    assert reading(result(change=-1.8, change_ci95=(-3.5, -0.1), change_p=0.064), 1).direction == 0
    assert reading(result(change=-1.8, change_ci95=(-3.5, -0.1), change_p=0.04), 1).direction == -1


def test_a_change_has_its_sign_and_zero_has_no_minus() -> None:
    assert reading(result(change=-7.56, change_ci95=(-8.0, -7.1)), 1).change == "−7.6"
    assert reading(result(change=7.56), 1).change == "+7.6"
    assert reading(result(change=-0.01), 1).change == "+0.0"


def test_an_answer_to_an_older_setting_is_dimmed_not_blanked() -> None:
    shown = reading(result(generation=1), 2)
    assert shown.dimmed
    assert shown.now == "84.2"


def test_the_loss_against_float_comes_with_its_interval() -> None:
    shown = reading(result(difference=-7.56, difference_ci95=(-9.9, -5.2)), 1)
    assert shown.difference == "−8 ± 2"


@pytest.mark.parametrize(("p", "text"), [(None, ""), (0.0004, "< 0.001"), (0.0213, "= 0.021"), (1.0, "= 1")])
def test_the_probability_of_mcnemars_test_is_short(p: float | None, text: str) -> None:
    shown = reading(result(difference_p=p, change_p=p), 1)
    assert shown.difference_p == shown.change_p == text
