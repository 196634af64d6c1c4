"""What a worker does with a message, and with what it has in hand when it is asked to end."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path

import pytest

from pipeline.custody import Job
from pipeline.custody.queued import SENT_KINDS, JobId, JobKind
from pipeline.errors import Unavailable
from pipeline.usecases.jobs import Performed
from pipeline.worker.actors import Performer
from pipeline.worker.pool import ProcessPool
from pipeline.worker.queues import QUEUES, kinds_of
from pipeline.worker.seats import Seats, Stopped, beating
from tests.unit import pool_factory
from tests.unit.test_pool import _sheets

SHEET = JobId("sheet:2026-11-20-001/3")


class _Desk:
    """Answers in the order given: what became of the job, or what was raised."""

    def __init__(self, *answers: Performed | BaseException) -> None:
        self.answers = list(answers)
        self.asked: list[JobId] = []

    def __call__(self, job: JobId) -> Performed:
        self.asked.append(job)
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer


def test_every_kind_of_job_that_is_sent_has_one_queue() -> None:
    assert sorted(kind for queue in QUEUES for kind in kinds_of(queue)) == sorted(SENT_KINDS)
    assert JobKind.RECEIVE not in SENT_KINDS


@pytest.mark.parametrize("message", [None, 7, "", "x" * 201, ["sheet:1"]])
def test_a_message_of_somebody_else_is_dropped(message: object) -> None:
    desk = _Desk()

    Performer(desk)(message)

    assert desk.asked == []


def test_records_that_are_away_for_a_moment_cost_no_message() -> None:
    desk = _Desk(Unavailable("database_unreachable", detail=""), Performed.DONE)

    Performer(desk)(SHEET)

    assert desk.asked == [SHEET, SHEET]


@pytest.mark.parametrize("error", [ZeroDivisionError(), Stopped()])
def test_a_fault_or_an_end_leaves_the_job_to_the_records(error: BaseException) -> None:
    desk = _Desk(error)

    Performer(desk)(SHEET)

    assert desk.asked == [SHEET]


def test_a_worker_that_ends_waits_for_no_database() -> None:
    desk = _Desk(Unavailable("database_unreachable", detail=""))
    performer = Performer(desk)
    performer.close()

    performer(SHEET)

    assert desk.asked == [SHEET]


def test_a_claim_is_prolonged_until_it_is_somebody_elses_also_after_an_outage() -> None:
    beats = threading.Semaphore(0)
    answers: list[bool | Unavailable] = [True, Unavailable("database_unreachable", detail=""), True, False]

    def beat() -> bool:
        beats.release()
        answer = answers.pop(0)
        if isinstance(answer, Unavailable):
            raise answer
        return answer

    with beating(beat, 0.001):
        assert all(beats.acquire(timeout=120.0) for _ in range(4))
    assert answers == []


def test_a_sheet_in_hand_is_given_back_and_has_not_failed(tmp_path: Path) -> None:
    seats = Seats([ProcessPool(partial(pool_factory.parts, tmp_path), workers=1)])
    good, hanging, next_one = _sheets(tmp_path, b"one", b"hang", b"three")
    assert len(list(seats.run((good,)))) == 1
    drawn, raised = threading.Event(), []

    def jobs() -> list[Job]:
        drawn.set()
        return [hanging]

    def work() -> None:
        try:
            list(seats.run(iter(jobs())))
        except Stopped as stopped:
            raised.append(stopped)

    thread = threading.Thread(target=work)
    thread.start()
    assert drawn.wait(20.0)
    seats.stop()
    thread.join(20.0)

    assert raised
    with pytest.raises(Stopped):
        list(seats.run((next_one,)))
    seats.close()
