"""A batch worked on by processes that a queue tells when to look: killed, told twice, and the result is the same."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pipeline.config import load_settings
from pipeline.custody import BatchState
from pipeline.custody.queued import JobKind, JobState
from pipeline.ports import Records
from pipeline.wiring import reading
from pipeline.worker.broker import BrokerQueues, full_name, open_broker
from pipeline.worker.queues import QUEUES
from tests.databases import url_of
from tests.e2e.command import CONSTAT, ROOT, constat, document, environment
from tests.e2e.mail_bag import side
from tests.e2e.warm import Process, begin_group
from tests.e2e.workers import Crew, crew, wait_until
from tests.servers.postgres import Postgres
from tests.servers.rabbitmq import Rabbit
from tests.servers.redis import RedisServer
from tests.servers.seaweed import ACCESS_KEY, SECRET_KEY, Seaweed

pytestmark = pytest.mark.servers
PATIENCE_S = 240.0
SAMPLES = ROOT / "samples" / "batches"
MAIL = ("loose/d1_front.jpg", "loose/d1_back.jpg", "patrol/late-003.tif", "office/scan-001.tif")


@pytest.fixture(scope="module")
def mail(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mail")
    for name in MAIL:
        shutil.copy(SAMPLES / name, folder)
    return folder


@pytest.fixture(scope="module")
def plain(mail: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one command makes of the mail, in one data folder."""
    data = tmp_path_factory.mktemp("plain")
    taken = constat("intake", mail, "--json", data_dir=data)
    assert taken.returncode in (0, 1), taken.stderr
    return _told(taken)


@pytest.fixture
def settings(postgres: Postgres, seaweed: Seaweed, tmp_path: Path) -> dict[str, str]:
    """Records and objects on servers; the queue is named by the test."""
    return {
        "CONSTAT_DATABASE_URL": url_of("postgres", tmp_path),
        "CONSTAT_OBJECTS_URL": f"s3://{seaweed.host}/{tmp_path.name.replace('_', '-')}?secure=false",
        "CONSTAT_S3_ACCESS_KEY": ACCESS_KEY,
        "CONSTAT_S3_SECRET_KEY": SECRET_KEY,
        "CONSTAT_WORKER_LEASE_S": "5",
    }


def test_rabbitmq_workers_that_are_killed_and_told_twice_make_what_one_command_makes(
    rabbitmq: Rabbit, settings: dict[str, str], mail: Path, plain: dict[str, Any], tmp_path: Path
) -> None:
    with _site(rabbitmq.url(), settings, tmp_path) as (hands, environ, records):
        first, relay = hands.begin("worker", "--processes", "1"), hands.begin("relay")
        intake = _intake(mail, environ, tmp_path)
        wait_until(lambda: _done(records, JobKind.SHEET) >= 1, PATIENCE_S)
        hands.kill(first)
        hands.kill(relay)
        _tell_everything_backwards(rabbitmq.url(), records)
        hands.begin("worker", "--processes", "1")
        hands.begin("worker", "--processes", "1", "--queues", "sheets,records")
        hands.begin("relay")

        assert _document(intake, tmp_path) == plain
        _all_holds(environ, tmp_path, records)


def test_redis_workers_make_the_same_while_it_is_killed_and_they_are_replaced_one_by_one(
    redis: RedisServer, settings: dict[str, str], mail: Path, plain: dict[str, Any], tmp_path: Path
) -> None:
    with _site(redis.url(), settings, tmp_path) as (hands, environ, records):
        hands.begin("relay")
        one, two = hands.begin("worker", "--processes", "1"), hands.begin("worker", "--processes", "1")
        intake = _intake(mail, environ, tmp_path)
        wait_until(lambda: _done(records, JobKind.SPLIT) >= 2, PATIENCE_S)
        redis.stop()
        redis.start()
        ended = [hands.end(one)]
        hands.begin("worker", "--processes", "1")
        ended.append(hands.end(two))

        assert ended == [0, 0], hands.log.read_text(errors="replace")
        assert _document(intake, tmp_path) == plain
        _all_holds(environ, tmp_path, records)


def test_what_was_scanned_is_read_by_workers_also_after_the_command_that_fed_it_has_gone(
    rabbitmq: Rabbit, settings: dict[str, str], tmp_path: Path
) -> None:
    with _site(rabbitmq.url(), settings, tmp_path) as (hands, environ, records):
        left = _scan(environ, tmp_path / "first", 1, 2, more=("--no-wait",))
        assert left.returncode == 0, left.stderr
        (first,) = records.batches()
        jobs = records.jobs.listed(tuple(JobState), most=1000)
        assert (first.state, left.stdout and document(left)["batch"]) == (BatchState.RECEIVING, first.id)
        assert [(its.kind, its.batch) for its in jobs] == [(JobKind.SPLIT, first.id)] * 2

        hands.begin("worker", "--processes", "1")
        hands.begin("relay")
        waited = _scan(environ, tmp_path / "second", 3)

        assert waited.returncode == 0, waited.stderr
        found = document(waited)
        assert (found["state"], found["counts"]["sheets"], found["counts"]["images"]) == ("complete", 1, 1)
        wait_until(lambda: all(its.state is BatchState.COMPLETE for its in records.batches()), PATIENCE_S)
        assert [len(records.pages(its.id)) for its in records.batches()] == [2, 1]
        _all_holds(environ, tmp_path, records)


def test_without_a_queue_or_with_one_that_is_not_there_they_say_so(tmp_path: Path) -> None:
    none = constat("worker", data_dir=tmp_path)
    away = constat("relay", data_dir=tmp_path, CONSTAT_BROKER_URL="amqp://u:s3cret@127.0.0.1:1/")
    unknown = constat("worker", "--queues", "mail", data_dir=tmp_path, CONSTAT_BROKER_URL="redis://127.0.0.1:1")

    assert [its.returncode for its in (none, away, unknown)] == [2, 3, 2]
    for its, code in ((none, "broker_not_given"), (away, "broker_unreachable"), (unknown, "unknown_queue")):
        assert f"[{code}]" in its.stderr
        assert "s3cret" not in its.stderr


def _told(run: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """What was printed of a batch, without how long it took and where its bytes are."""
    found = document(run)
    del found["seconds"]
    for page in found["pages"]:
        page.pop("references", None)
    return found


@contextmanager
def _site(url: str, settings: Mapping[str, str], folder: Path) -> Iterator[tuple[Crew, dict[str, str], Records]]:
    """An empty queue, a bucket, and nobody at work yet."""
    environ = environment(folder / "data", CONSTAT_BROKER_URL=url, **settings)
    _empty(url)
    made = subprocess.run([*CONSTAT, "store", "init"], env=environ, cwd=ROOT, capture_output=True, check=False)
    assert made.returncode == 0, made.stderr
    with crew(environ, folder / "log") as hands:
        yield hands, environ, reading(load_settings(environ)).keeping.records
    _empty(url)


def _empty(url: str) -> None:
    broker = open_broker(url)
    for queue in QUEUES:
        broker.flush(full_name(queue))
    broker.close()


def _intake(mail: Path, environ: Mapping[str, str], folder: Path) -> Process:
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        return begin_group([*CONSTAT, "intake", str(mail), "--json"], environ, out=out, err=err)


def _document(intake: Process, folder: Path) -> dict[str, Any]:
    code = intake.wait(PATIENCE_S)
    said = (folder / "err").read_text() + (folder / "log").read_text(errors="replace")
    assert code in (0, 1), said
    return _told(subprocess.CompletedProcess([], code, (folder / "out").read_text(), said))


def _done(records: Records, kind: JobKind) -> int:
    jobs = records.jobs.listed([JobState.DONE], most=1000)
    return sum(its.kind is kind for its in jobs)


def _scan(
    environ: Mapping[str, str], paper: Path, *sheets: int, more: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """A session of these sheets out of a folder, one-sided, which ends with them."""
    paper.mkdir()
    for sheet in sheets:
        Image.fromarray(side(sheet, back=False)).save(paper / f"{sheet}.png", dpi=(200, 200))
    source = ("--source", f"folder:{paper}#until=empty", "--paper-source", "feeder")
    command = [*CONSTAT, "scan", *source, "--json", *more]
    return subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, check=False)


def _tell_everything_backwards(url: str, records: Records) -> None:
    """Messages of all jobs, also of those that are done, in another order than they were made."""
    broker = open_broker(url)
    BrokerQueues(broker).tell(records.jobs.listed(tuple(JobState), most=1000)[::-1])
    broker.close()


def _all_holds(environ: Mapping[str, str], folder: Path, records: Records) -> None:
    wait_until(lambda: not records.jobs.counts().unfinished, PATIENCE_S)
    settings = {name: value for name, value in environ.items() if name.startswith("CONSTAT_")}
    verdict = constat("verify", "--all", "--json", data_dir=folder / "data", before=(), in_child=None, **settings)

    assert document(verdict)["differences"] == [], verdict.stderr
    assert records.jobs.counts().dead == 0
