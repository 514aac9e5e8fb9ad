"""The engine's idle time, in its own process: causes are looked for unasked, and never in the way of the user."""

import queue
import time
from collections.abc import Callable, Iterator

import pytest

from qviz.session import Session
from qviz.sim.client import ProcessClient
from qviz.sim.events import Event, Failed, Sensitivity, Simulated
from qviz.sim.mailbox import Exploration, Mailbox, Simulation
from qviz.sim.requests import Calibrate, Explore, Simulate
from qviz.ui.start.sample import faults, the_sample
from tests.tune.conftest import demo_document

PATIENCE = 60  # seconds until a test gives up on an engine that says nothing


class Desk:
    """A session on the demo with an engine in its own process; events are handled when a test wants them."""

    def __init__(self) -> None:
        self.events: queue.Queue[Event] = queue.Queue()
        self.handled: list[Event] = []
        self.session = Session(ProcessClient(), self.events.put)
        self.session.open_document(demo_document(), prepare=faults(self.session))

    def until(self, done: Callable[[], bool]) -> None:
        """Handle events until `done`."""
        while not done():
            event = self.events.get(timeout=PATIENCE)
            assert not isinstance(event, Failed)
            self.handled.append(event)
            self.session.handle(event)

    def until_quiet(self, seconds: float) -> None:
        """Handle events until none comes for so long."""
        try:
            while True:
                self.handled.append(event := self.events.get(timeout=seconds))
                self.session.handle(event)
        except queue.Empty:
            return

    def answered(self) -> bool:
        result = self.session.result
        return result is not None and result.complete and result.generation == self.session.generation

    def explored(self) -> bool:
        done, total = self.session.sensitivity_progress
        return done == total > 0

    def exploring(self) -> bool:
        return self.session.sensitivity_progress[0] > 0 and not self.explored()


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.session.close()


def test_the_cause_is_found_unasked(desk: Desk) -> None:
    desk.until(desk.explored)
    session = desk.session
    assert session.find_cause() == the_sample().wide
    assert session.sensitivity.keys() == session.quantizers.keys()
    assert all(row.alone_db is not None for row in session.sensitivity.values())
    assert not session.stale_sensitivity


def test_an_edit_during_the_search_is_answered_at_once(desk: Desk) -> None:
    desk.until(desk.exploring)
    name = the_sample().wide
    before = desk.session.generation
    desk.session.set_range(name, 0.0, 10.0)
    seen, started = len(desk.handled), time.monotonic()
    desk.until(lambda: isinstance(desk.handled[-1], Simulated) and desk.answered())
    waited = time.monotonic() - started
    old = [e for e in desk.handled[seen:] if isinstance(e, Sensitivity)]
    assert len(old) <= 2  # what was on its way, and what was found last
    assert all(e.generation == before for e in old)
    assert desk.session.sensitivity_progress == (0, 0)
    assert desk.session.stale_sensitivity == desk.session.sensitivity.keys()
    assert waited < 5
    desk.until(desk.explored)
    assert not desk.session.stale_sensitivity


@pytest.mark.slow
def test_what_was_found_in_integers_is_stale_in_fake_quant(desk: Desk) -> None:
    desk.until(desk.explored)
    desk.session.set_integer(False)
    assert desk.session.stale_sensitivity == desk.session.sensitivity.keys() != set()
    desk.until(desk.explored)
    assert not desk.session.stale_sensitivity


def test_what_is_tried_while_dragging_is_not_searched(desk: Desk) -> None:
    desk.until(desk.exploring)
    session, name = desk.session, the_sample().wide
    for high in (50.0, 20.0, 10.0):
        session.preview(session.with_range(name, 0.0, high))
    desk.until(desk.answered)
    generation, seen = session.generation, len(desk.handled)
    desk.until_quiet(seconds=1.0)
    assert not [e for e in desk.handled[seen:] if isinstance(e, Sensitivity)]
    assert session.sensitivity
    assert not session.stale_sensitivity  # nothing was committed
    session.cancel_preview()
    desk.until(desk.explored)
    assert session.generation > generation
    assert session.find_cause() == name


@pytest.mark.slow
def test_muted_states_are_simulated_but_not_searched(desk: Desk) -> None:
    desk.until(desk.explored)
    session = desk.session
    rows, score = session.sensitivity, session.history.entries[-1].score
    session.set_mute(the_sample().wide)
    desk.until(desk.answered)
    assert session.result is not None
    assert score is not None
    assert session.result.metric > score + 10
    assert session.history.entries[-1].score == score
    session.clear_what_if()
    desk.until(desk.answered)
    assert session.result.metric == score
    assert session.sensitivity == rows
    assert session.sensitivity_progress[0] == session.sensitivity_progress[1] > 0


def test_idle_work_waits_for_quiet_and_is_taken_up_after_another_job() -> None:
    mailbox = Mailbox()
    mailbox.post(Explore(3))
    mailbox.post(Calibrate())
    mailbox.post(Explore(4))
    assert isinstance(mailbox.take(), Calibrate)
    idle = mailbox.take()
    assert isinstance(idle, Exploration)
    assert idle.generation == 4
    assert not mailbox.waiting()
    assert mailbox.take() is idle  # given up, not finished
    mailbox.finished(idle)
    mailbox.post(Simulate(5))
    assert isinstance(mailbox.take(), Simulation)


def test_a_simulation_or_calibration_makes_idle_work_void() -> None:
    mailbox = Mailbox()
    for request in (Simulate(2), Calibrate()):
        mailbox.post(Explore(1))
        mailbox.post(request)
        mailbox.take()
        mailbox.post(Simulate(3))
        job = mailbox.take()
        assert isinstance(job, Simulation)
        assert job.generation == 3
