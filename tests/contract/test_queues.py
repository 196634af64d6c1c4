"""What queues promise, asked of the fake, of RabbitMQ and of Redis alike."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from pipeline.custody.queued import JobId, JobKind, job_id
from pipeline.errors import OperatorError, Unavailable
from pipeline.worker.actors import Performer, new_worker
from pipeline.worker.broker import BrokerQueues, full_name, open_broker
from pipeline.worker.queues import CHECKS, QUEUES, RECORDS, SHEETS, JobQueues
from tests.contract.test_jobs import FIRST, SEAL, URGENT
from tests.fake_queues import MemoryQueues
from tests.servers.rabbitmq import Rabbit
from tests.servers.redis import RedisServer
from tests.unit.performed import Performed, collecting

Server = Rabbit | RedisServer
SERVERS = [pytest.param(its, marks=pytest.mark.servers) for its in ("rabbitmq", "redis")]
VERIFY = replace(SEAL, id=job_id(JobKind.VERIFY, "2026-11-20"), kind=JobKind.VERIFY, batch=None)


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Server:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Rabbit | RedisServer)
    return found


@pytest.fixture
def url(server: Server) -> Iterator[str]:
    """The address of queues with nothing in them."""
    yield server.url()
    broker = open_broker(server.url())
    for queue in QUEUES:
        broker.flush(full_name(queue))
    broker.close()


@pytest.fixture(params=["memory", *SERVERS])
def queues(request: pytest.FixtureRequest) -> Iterator[JobQueues]:
    if request.param == "memory":
        yield MemoryQueues()
        return
    server = request.getfixturevalue(request.param)
    broker = open_broker(server.url())
    yield BrokerQueues(broker)
    for queue in QUEUES:
        broker.flush(full_name(queue))
    broker.close()


def test_what_was_told_waits_in_the_queue_of_its_kind(queues: JobQueues) -> None:
    queues.tell((FIRST, URGENT, SEAL, FIRST))

    assert [queues.waiting(queue) for queue in (SHEETS, RECORDS, CHECKS)] == [3, 1, 0]


@pytest.mark.parametrize("server", SERVERS, indirect=True)
def test_workers_are_told_of_every_job_of_the_queues_they_work_on(url: str) -> None:
    BrokerQueues(open_broker(url)).tell((FIRST, SEAL, URGENT, VERIFY))
    seen: list[JobId] = []

    with collecting(url, seen, queues=(SHEETS, RECORDS), until=3):
        pass

    assert set(seen) == {FIRST.id, URGENT.id, SEAL.id}
    assert BrokerQueues(open_broker(url)).waiting(CHECKS) == 1


@pytest.mark.parametrize("server", SERVERS, indirect=True)
def test_messages_that_were_confirmed_outlive_the_server(server: Server, url: str) -> None:
    queues = BrokerQueues(open_broker(url))
    queues.tell((FIRST, SEAL))
    server.stop()
    with pytest.raises(Unavailable, match="broker_unreachable"):
        queues.tell((URGENT,))
    with pytest.raises(Unavailable, match="broker_unreachable"):
        queues.waiting(SHEETS)
    server.start()

    queues.tell((URGENT,))
    assert [queues.waiting(queue) for queue in (SHEETS, RECORDS)] == [2, 1]


@pytest.mark.parametrize("server", SERVERS, indirect=True)
def test_a_wrong_password_is_refused_and_never_shown(server: Server) -> None:
    queues = BrokerQueues(open_broker(server.url(password="an0ther")))

    with pytest.raises(OperatorError, match="broker_refused") as caught:
        queues.waiting(SHEETS)

    assert "an0ther" not in str(caught.value)


@pytest.mark.parametrize("server", SERVERS, indirect=True)
def test_messages_of_others_are_dropped_and_a_worker_that_is_asked_to_end_gives_back(server: Server, url: str) -> None:
    from dramatiq import Message

    broker = open_broker(url)
    queues = BrokerQueues(broker)
    for strange in ((), (7,), ("x" * 999,)):
        broker.enqueue(Message(full_name(SHEETS), SHEETS, strange, {}, {}))
    queues.tell((FIRST, URGENT))
    begun, go_on = threading.Event(), threading.Event()

    def perform(_: JobId) -> Performed:
        begun.set()
        go_on.wait(20.0)
        return Performed.DONE

    consumers = open_broker(url)
    worker = new_worker(consumers, Performer(perform), threads=1, queues=(SHEETS,))
    worker.start()
    assert begun.wait(20.0)
    threading.Timer(0.3, go_on.set).start()
    worker.stop(timeout=20_000)
    consumers.close()

    # One was in hand and ended; the other is there for the next.
    assert queues.waiting(SHEETS) == 1
