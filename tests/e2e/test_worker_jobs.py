"""Jobs that a worker does beside the paper: recomputing what is kept, and telling webhooks, each told of by a queue."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline.config import load_settings
from pipeline.custody.events import EventKind, Telling
from pipeline.custody.hooks import DeliveryState, HookId
from pipeline.custody.queued import JobId, JobKind, JobState, QueuedJob, job_id
from pipeline.model import BatchId, Digest
from pipeline.storage.objects.directory import DirectoryStore
from pipeline.usecases.hooks import NewHook, add_hook
from pipeline.usecases.jobs import Performed, perform
from pipeline.usecases.work import WorkerParts
from pipeline.wiring import App, hook_desk
from pipeline.wiring.hooks import new_hooks_key
from pipeline.wiring.workers import job_desk, sweeper, working_app
from pipeline.worker.actors import Performer, new_worker
from pipeline.worker.broker import BrokerQueues, open_broker
from pipeline.worker.queues import QUEUES
from pipeline.worker.relay import Relay
from pipeline.worker.seats import beating
from tests.e2e.command import environment
from tests.fakes import FakeClock, FakeRunner, LinePages
from tests.servers.pages import take_in_lines
from tests.servers.redis import RedisServer
from tests.unit.browsing import pictured_flow
from tests.unit.gate import OPERATOR

pytestmark = pytest.mark.servers
PATIENCE_S = 120.0
FORM = "form number=812345! date=2026-03-14"


@dataclass
class Work:
    """An archive with a relay and a worker on a queue of its own; the clock is the test's."""

    app: App
    clock: FakeClock
    relay: Relay
    queues: BrokerQueues
    seen: list[tuple[JobId, Performed]] = field(default_factory=list)
    _more: threading.Condition = field(default_factory=threading.Condition)

    def sweep(self) -> None:
        """As the relay does by the way: what is missing is asked for, and told."""
        sweeper(self.app)()
        self.relay.turn()

    def became(self, count: int) -> list[tuple[JobId, Performed]]:
        """Of the first so many messages."""
        with self._more:
            assert self._more.wait_for(lambda: len(self.seen) >= count, PATIENCE_S), self.seen
        return self.seen[:count]

    def job(self, job: JobId) -> QueuedJob:
        found = self.app.keeping.records.jobs.job(job)
        assert found is not None
        return found

    def do(self, job: JobId) -> Performed:
        runner = FakeRunner(WorkerParts(self.app.keeping.objects, LinePages(), pictured_flow))
        became = perform(job, desk=job_desk(self.app, runner, beating))
        with self._more:
            self.seen.append((job, became))
            self._more.notify_all()
        return became


@contextmanager
def at_work(folder: Path, redis: RedisServer, **settings: str) -> Iterator[Work]:
    """A batch is taken in, and nobody is told of anything yet."""
    data = folder / "data"
    take_in_lines(data, folder / "mail", {"mail.pdf": f"{FORM}\nblank"})
    url = redis.url(number=4)
    app = working_app(load_settings(environment(data, CONSTAT_BROKER_URL=url, **settings)))
    clock = FakeClock()
    app = replace(app, keeping=replace(app.keeping, clock=clock))
    queues, broker = BrokerQueues(open_broker(url)), open_broker(url)
    work = Work(app, clock, Relay(app.keeping.records.jobs, queues, clock), queues)
    worker = new_worker(broker, Performer(work.do), threads=2, queues=QUEUES)
    worker.start()
    try:
        yield work
    finally:
        worker.stop(timeout=20_000)
        broker.flush_all()
        broker.close()
        queues.close()


# Recomputing


@pytest.fixture
def checked(redis: RedisServer, tmp_path: Path) -> Iterator[Work]:
    with at_work(tmp_path, redis, CONSTAT_VERIFY_DAILY="true") as work:
        yield work


def _today(work: Work) -> JobId:
    return job_id(JobKind.VERIFY, work.clock.now().astimezone().date().isoformat())


def test_what_is_kept_is_recomputed_once_a_day_whoever_is_told_twice(checked: Work) -> None:
    today = _today(checked)
    checked.sweep()
    assert checked.became(1) == [(today, Performed.DONE)]
    checked.queues.tell((checked.job(today), checked.job(today)))
    checked.became(3)
    checked.sweep()

    assert checked.seen == [(today, Performed.DONE), *[(today, Performed.NOTHING)] * 2]
    checked.clock.wait(timedelta(days=1))
    checked.sweep()
    assert checked.became(4)[-1] == (_today(checked), Performed.DONE)


def test_while_something_is_to_be_done_it_waits_and_that_is_no_attempt(checked: Work) -> None:
    today, now = _today(checked), checked.clock.now()
    tomorrow = now + timedelta(days=1)
    other = QueuedJob(job_id(JobKind.PUBLISH, "h1"), JobKind.PUBLISH, "h1", None, now.date(), now, not_before=tomorrow)
    with checked.app.keeping.records.transaction() as change:
        change.jobs.add((other,))
    checked.sweep()

    assert checked.became(1) == [(today, Performed.PUT_OFF)]
    waiting = checked.job(today)
    assert (waiting.state, waiting.attempts, waiting.put_off) == (JobState.WAITING, 0, 1)
    assert waiting.reason is not None
    assert waiting.reason.code == "too_many_jobs"


def test_what_differs_is_no_fault_of_the_moment_and_a_person_is_told(checked: Work) -> None:
    today, keeping = _today(checked), checked.app.keeping
    assert isinstance(keeping.objects, DirectoryStore)
    digest = next(file.digest for row in keeping.records.batches() for file in keeping.records.files(row.id))
    path = keeping.objects.path(Digest(digest or ""))
    path.chmod(0o600)
    path.write_bytes(path.read_bytes() + b" ")
    checked.sweep()

    assert checked.became(1) == [(today, Performed.GAVE_UP)]
    dead = checked.job(today)
    assert dead.reason is not None
    assert (dead.state, dead.reason.code) == (JobState.DEAD, "verify_found")
    assert [its.subject for its in keeping.records.ledger() if its.kind == "job_gave_up"] == [today]
    checked.sweep()
    assert len(checked.seen) == 1


# Telling


@dataclass
class Receiver:
    """Answers with these statuses, then with 204; keeps the ids of messages."""

    statuses: list[int] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    @contextmanager
    def listening(self) -> Iterator[str]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/in"
        finally:
            server.shutdown()
            server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, receiver: Receiver, *arguments: object) -> None:
        self._receiver = receiver
        super().__init__(*arguments)  # type: ignore[arg-type]  # what the server hands on

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self._receiver.ids.append(self.headers["webhook-id"])
        self.send_response(self._receiver.statuses.pop(0) if self._receiver.statuses else 204)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@contextmanager
def _told(folder: Path, redis: RedisServer, receiver: Receiver, **settings: str) -> Iterator[tuple[Work, HookId]]:
    """A webhook to the receiver, and one event that it was not told of yet."""
    key = folder / "hooks.key"
    new_hooks_key(key, load_settings(environment(folder / "data")))
    given = {"CONSTAT_HOOKS_NETWORKS": "127.0.0.0/8", "CONSTAT_HOOKS_KEY": str(key), **settings}
    with receiver.listening() as url, at_work(folder, redis, **given) as work:
        desk = hook_desk(work.app)
        add_hook(NewHook("court", url), by=OPERATOR, desk=desk)
        with work.app.keeping.records.transaction() as change:
            change.events.append(
                Telling(EventKind.RECEIVED, work.clock.now(), "valmont", "b.s0001", None, BatchId("b"))
            )
        yield work, work.app.keeping.records.hooks.all()[0].id


def _deliveries(work: Work, hook: HookId) -> list[tuple[DeliveryState, int]]:
    return [(row.state, row.tries) for row in work.app.keeping.records.hooks.deliveries(hook, most=9)]


def test_a_webhook_is_told_of_an_event_once_whoever_is_told_twice(redis: RedisServer, tmp_path: Path) -> None:
    receiver = Receiver()
    with _told(tmp_path, redis, receiver) as (work, hook):
        job = job_id(JobKind.PUBLISH, hook)
        work.sweep()
        assert work.became(1) == [(job, Performed.DONE)]
        work.queues.tell((work.job(job), work.job(job)))
        work.became(3)
        work.sweep()

        assert work.seen[1:] == [(job, Performed.NOTHING)] * 2
        event = list(work.app.keeping.records.events.all())[-1]
        assert receiver.ids == [event.id]
        assert _deliveries(work, hook) == [(DeliveryState.DELIVERED, 1)]


def test_a_receiver_that_is_away_gets_the_same_message_later(redis: RedisServer, tmp_path: Path) -> None:
    receiver = Receiver([503])
    with _told(tmp_path, redis, receiver) as (work, hook):
        job = job_id(JobKind.PUBLISH, hook)
        work.sweep()
        work.became(1)
        assert _deliveries(work, hook) == [(DeliveryState.WAITING, 1)]
        work.clock.wait(timedelta(hours=1))
        work.sweep()

        assert work.became(2) == [(job, Performed.DONE)] * 2
        assert len(receiver.ids) == 2
        assert len(set(receiver.ids)) == 1
        assert _deliveries(work, hook) == [(DeliveryState.DELIVERED, 2)]


def test_what_a_receiver_never_takes_is_given_up_and_not_asked_for_again(redis: RedisServer, tmp_path: Path) -> None:
    receiver = Receiver([400] * 9)
    with _told(tmp_path, redis, receiver, CONSTAT_HOOKS_TRIES="1") as (work, hook):
        work.sweep()
        work.became(1)
        work.clock.wait(timedelta(days=1))
        work.sweep()

        assert _deliveries(work, hook) == [(DeliveryState.DEAD, 1)]
        assert len(receiver.ids) == len(work.seen) == 1


def test_a_webhook_that_is_gone_is_told_nothing_and_without_a_key_all_wait(redis: RedisServer, tmp_path: Path) -> None:
    receiver = Receiver()
    with _told(tmp_path, redis, receiver) as (work, _):
        now = work.clock.now()
        jobs = [
            QueuedJob(job_id(JobKind.PUBLISH, its), JobKind.PUBLISH, its, None, now.date(), now, now)
            for its in ("gone", "keyless")
        ]
        with work.app.keeping.records.transaction() as change:
            change.jobs.add(jobs)
        assert work.do(jobs[0].id) is Performed.DONE
        work.app = replace(work.app, settings=work.app.settings.model_copy(update={"hooks_key": None}))

        assert work.do(jobs[1].id) is Performed.PUT_OFF
        why = work.job(jobs[1].id).reason
        assert why is not None
        assert why.code == "hooks_key_not_given"
        assert receiver.ids == []
