"""Per-block weights in a session: ranges come from the engine, edits cap them, undo brings them back."""

import queue
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from qviz.data.options import DataOptions
from qviz.document import Document
from qviz.own_error import block_sqnr, own_sqnr
from qviz.paths import sample
from qviz.quant.blocks import BlockGrid, block_extremes
from qviz.session import Session
from qviz.sim.client import LocalClient, ProcessClient
from qviz.sim.events import Event
from qviz.sim.judge_blocks import JudgeBlocks, blocks_judged

MODEL, WEIGHT = str(sample("digits_cnn.onnx")), "conv3/conv.weight"
DATA = DataOptions(source=str(sample("digits_eval.npz")), limit=60)


@pytest.fixture
def session() -> Iterator[Session]:
    with Session.open(MODEL, DATA, calibration_samples=32) as opened:
        yield opened


def extremes(session: Session, block: int) -> tuple[np.ndarray, np.ndarray]:
    assert isinstance(session._client, LocalClient)
    weights = session._client.engine.model.constants[WEIGHT]
    return block_extremes(weights, session.quantizers[WEIGHT].axis, block)


def test_ranges_are_each_blocks_extremes(session: Session) -> None:
    session.set_spec(WEIGHT, bits=4, block=8)
    low, high = extremes(session, 8)
    setting = session.committed[WEIGHT]
    assert (setting.source, setting.spec.granularity, setting.spec.block) == ("minmax", "per-block", 8)
    assert (setting.range.low, setting.range.high) == (tuple(low), tuple(high))


def test_small_blocks_bring_four_bits_nearer_to_float(session: Session) -> None:
    weights = [n for n, q in session.quantizers.items() if q.kind == "param"]
    session.set_spec(weights, bits=3)
    by_channel = session.simulate().output_sqnr_db
    session.set_spec(weights, block=2)
    assert session.simulate().output_sqnr_db > by_channel


def test_a_range_by_hand_caps_every_block_and_can_be_widened_again(session: Session) -> None:
    session.set_spec(WEIGHT, bits=4, block=8)
    low, high = extremes(session, 8)
    session.set_range(WEIGHT, -0.05, 0.02)
    session.set_range(WEIGHT, -0.1, 0.04)
    setting = session.committed[WEIGHT]
    assert setting.range.low == tuple(np.maximum(low, -0.1))
    assert setting.range.high == tuple(np.minimum(high, 0.04))
    session.set_spec(WEIGHT, bits=8)
    assert session.committed[WEIGHT].range == setting.range
    session.set_spec(WEIGHT, granularity="per-tensor")
    assert session.committed[WEIGHT].range.high == (0.04,)


def test_a_cap_set_before_holds_for_blocks(session: Session) -> None:
    session.set_range(WEIGHT, -0.05, 0.05)
    session.set_spec(WEIGHT, block=4)
    low, high = extremes(session, 4)
    setting = session.committed[WEIGHT]
    assert setting.source == "manual"
    np.testing.assert_allclose(setting.range.high, np.minimum(high, 0.05))
    np.testing.assert_allclose(setting.range.low, np.maximum(low, -0.05))


def test_any_calibrator_takes_the_extremes_of_blocks(session: Session) -> None:
    session.set_spec(WEIGHT, bits=4, block=8)
    found = session.committed[WEIGHT]
    session.set_range(WEIGHT, -0.01, 0.01)
    session.calibrate("mse", [WEIGHT])
    assert session.committed[WEIGHT] == found
    session.undo()
    session.undo()
    session.undo()
    assert session.committed[WEIGHT].spec.granularity == "per-channel"


def test_a_saved_session_keeps_them(session: Session, tmp_path: Path) -> None:
    session.set_spec(WEIGHT, bits=4, block=8)
    answer = session.simulate().output_sqnr_db
    session.save(str(tmp_path / "s.qviz"))
    with Session(LocalClient()) as again:
        again.restore(str(tmp_path / "s.qviz"))
        assert again.committed[WEIGHT] == session.committed[WEIGHT]
        assert again.simulate().output_sqnr_db == answer
        again.set_range(WEIGHT, -0.05, 0.02)  # nobody has looked at the blocks here yet
        assert max(again.committed[WEIGHT].range.high) == 0.02


def test_an_engine_in_its_own_process_looks_at_the_blocks() -> None:
    events: queue.Queue[Event] = queue.Queue()
    session = Session(ProcessClient(), events.put)
    try:
        session.open_document(Document(MODEL, data=DATA))
        while session.result is None:
            session.handle(events.get(timeout=60))
        session.set_spec(WEIGHT, bits=4, block=8)
        while session.committed[WEIGHT].spec.granularity != "per-block":
            session.handle(events.get(timeout=60))
        generation = session.generation
        while session.result is None or session.result.generation < generation or not session.result.complete:
            session.handle(events.get(timeout=60))
        with Session.open(MODEL, DATA, calibration_samples=256) as here:
            here.set_spec(WEIGHT, bits=4, block=8)
            assert here.committed[WEIGHT] == session.committed[WEIGHT]
            assert here.simulate().output_sqnr_db == session.result.output_sqnr_db
    finally:
        session.close()


def test_what_blocks_lose_is_that_of_the_weight_itself(session: Session) -> None:
    """Asked of the engine once; a grid that fits no weight has no answer."""
    session.set_spec(WEIGHT, bits=4, block=8)
    grid, quantizer = session.committed[WEIGHT].grid, session.quantizers[WEIGHT]
    assert isinstance(grid, BlockGrid)
    x = session.weights[WEIGHT].astype(np.float64)
    error = x - grid.quantize_dequantize(session.weights[WEIGHT], quantizer.axis)
    expected = 10 * np.log10(np.square(x).sum() / np.square(error).sum())
    assert block_sqnr(session, WEIGHT, grid) == own_sqnr(session, WEIGHT) == pytest.approx(expected, rel=1e-6)
    wrong = BlockGrid(grid.encoding, grid.block + 1000)
    assert np.isnan(blocks_judged(JudgeBlocks(WEIGHT, 1, (WEIGHT,), quantizer.axis, wrong), session.weights).sqnr_db)
