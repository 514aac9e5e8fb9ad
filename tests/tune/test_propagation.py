"""Error propagation: each tensor's error with only its own quantizer on, beside that with all on."""

import pytest

from tests.tune.conftest import OpenSample


def test_the_local_error_is_that_with_only_its_own_quantizer_on(open_sample: OpenSample) -> None:
    session = open_sample(samples=64)
    errors = session.simulate().tensors
    activations = {n: q for n, q in session.quantizers.items() if q.kind == "activation"}
    assert {t for t, e in errors.items() if e.local_db is not None} == {
        t for q in activations.values() for t in q.tensors
    }
    for name in list(activations)[::3]:
        session.set_solo(name)
        alone = session.simulate().tensors
        for tensor in activations[name].tensors:
            assert errors[tensor].local_db == pytest.approx(alone[tensor].sqnr_db)
            assert errors[tensor].samples == alone[tensor].samples == 8


def test_a_tensor_whose_quantizer_is_off_has_no_local_error(open_sample: OpenSample) -> None:
    session = open_sample(samples=64)
    name, quantizer = next((n, q) for n, q in session.quantizers.items() if q.kind == "activation")
    session.set_enabled(name, False)
    errors = session.simulate().tensors
    assert all(errors[t].local_db is None for t in quantizer.tensors)


def test_error_builds_up_on_its_way_to_the_output(open_sample: OpenSample) -> None:
    session = open_sample(samples=64)
    errors = session.simulate().tensors
    first, last = (q.tensors[0] for q in (next(iter(session.quantizers.values())), session.quantizers["logits"]))
    assert errors[first].local_db == pytest.approx(errors[first].sqnr_db)  # nothing before the input adds to it
    assert errors[last].local_db is not None
    assert errors[last].local_db > errors[last].sqnr_db
