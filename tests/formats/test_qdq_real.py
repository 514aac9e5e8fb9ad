"""Plain ONNX Runtime on exported QDQ models against the simulation: sample networks, and real ones if there."""

from collections.abc import Callable, Iterator

import pytest

from tests.formats.qdq_support import REAL, SAMPLES, Case, agreement, equal_parts, open_case

OpenCase = Callable[..., Case]
ALL = (*SAMPLES, *REAL)
QUICK = (*SAMPLES, "resnet20", "tinymobilenet", "mnist_cntk")
FEW, MANY = 40, 500
EQUAL = 0.9999  # part of a tensor's elements
SAME_PREDICTIONS, SQNR_DB = 0.995, 40.0


@pytest.fixture
def case() -> Iterator[OpenCase]:
    """Opens a network calibrated by min-max."""
    cases: list[Case] = []

    def make(name: str, samples: int, param_bits: int = 8, act_bits: int = 8) -> Case:
        cases.append(open_case(name, samples, param_bits, act_bits))
        return cases[-1]

    yield make
    for opened in cases:
        opened.session.close()


def check_whole(case: Case) -> None:
    same, sqnr_db = agreement(case, case.exported(), case.feeds())
    assert same >= SAME_PREDICTIONS
    assert sqnr_db >= SQNR_DB


def check_parts(case: Case, batches: int) -> None:
    """A few elements of a small tensor may differ: an error of float32 next to a tie."""
    parts = equal_parts(case, case.exported(), case.feeds()[:batches])
    assert parts
    for tensor, part in parts.items():
        assert part.equal + 2 >= EQUAL * part.total, (tensor, part)
        assert part.steps <= 1, (tensor, part)


@pytest.mark.parametrize("name", QUICK)
def test_default_optimization_gives_the_simulations_predictions(case: OpenCase, name: str) -> None:
    check_whole(case(name, FEW))


@pytest.mark.parametrize("name", QUICK)
@pytest.mark.parametrize("bits", [(8, 8), (4, 8), (8, 16)])
def test_without_optimization_every_tensor_is_equal(case: OpenCase, name: str, bits: tuple[int, int]) -> None:
    check_parts(case(name, FEW, *bits), batches=1)


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_whole_sets(case: OpenCase, name: str) -> None:
    opened = case(name, MANY)
    check_whole(opened)
    check_parts(opened, batches=10)


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("bits", [(4, 8), (8, 16), (6, 5), (12, 13)])
def test_other_widths(case: OpenCase, name: str, bits: tuple[int, int]) -> None:
    check_parts(case(name, FEW, *bits), batches=2)
