"""A court's site to be broken: PostgreSQL, SeaweedFS and RabbitMQ behind proxies, a small disk, and who looks on."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from pipeline.config import load_settings
from pipeline.custody.queued import JobState
from pipeline.wiring import new_bucket, reading
from pipeline.worker.broker import BrokerQueues, open_broker
from tests.chaos.disk import Disk, small_disk
from tests.chaos.plan import Fault, Planned
from tests.chaos.proxy import CuttingProxy, cutting_proxy
from tests.e2e.command import environment
from tests.servers.postgres import Postgres, running_postgres
from tests.servers.rabbitmq import Rabbit, running_rabbitmq
from tests.servers.seaweed import ACCESS_KEY, SECRET_KEY, Seaweed, running_seaweed

DATABASE, STORE, BROKER, DISK = "database", "store", "broker", "disk"
"""The last is that of our own programs. What the database and the store write to is a disk of its own each."""
_DISK_MB = 64
_DATABASE_MB = 128
_STORE_MB = 192
_POSTGRES = {"max_wal_size": "'8MB'", "min_wal_size": "'2MB'"}
"""Its log is cut off often, and its next pieces are made anew: without space they cannot be."""
_SPLIT_SHARE = 0.1
"""Of the work, until all files are taken apart."""
_DELAY_S = 0.05
_PROGRESS = """
SELECT (SELECT count(*) FROM files WHERE state = 'split'), (SELECT count(*) FROM pages WHERE state <> 'received'),
       (SELECT count(*) FROM batches WHERE state <> 'complete'), (SELECT count(*) FROM batches),
       (SELECT count(*) FROM files WHERE state = 'announced'),
       (SELECT count(*) FROM jobs WHERE state IN ('waiting', 'sent', 'claimed'))
"""
_LEASE_S = 4
"""Of a job: what a killed worker was at is begun again so long after."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the work is, as the database has it.

    Attributes:
        share: of all the work, 0.0 to 1.0.
        announced: there is a batch.
        received: there is one, and all files of it are stored or refused.
        complete: there is one, none that is not complete, and no job that is not finished.
    """

    share: float = 0.0
    announced: bool = False
    received: bool = False
    complete: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """Servers, each reached through its proxy by what is tested, and directly by who looks on.

    Attributes:
        behind: settings of the programs under test.
        direct: the same without proxies.
    """

    folder: Path
    postgres: Postgres
    seaweed: Seaweed
    rabbit: Rabbit | None
    disks: Mapping[str, Disk]
    proxies: Mapping[str, CuttingProxy]
    database: str
    behind: Mapping[str, str]
    direct: Mapping[str, str]

    def standing(self, files: int, images: int) -> Standing | None:
        """Null where the database cannot be asked."""
        try:
            with self.postgres.admin(self.database.rsplit("/", 1)[1]) as connection:
                found = connection.execute(_PROGRESS).fetchone()
        except psycopg.errors.UndefinedTable:
            return Standing()
        except psycopg.Error:
            return None
        split, done, going, batches, named, jobs = (int(str(each)) for each in found or ())
        share = _SPLIT_SHARE * split / files + (1 - _SPLIT_SHARE) * done / images
        return Standing(share, batches > 0, batches > 0 and not named, batches > 0 and not going and not jobs)

    def tell_again(self, seed: int) -> None:
        """Messages of all jobs there are, done ones too, in whatever order, straight to the queue."""
        jobs = list(reading(load_settings(self.direct)).keeping.records.jobs.listed(tuple(JobState), most=1000))
        random.Random(seed).shuffle(jobs)
        broker = BrokerQueues(open_broker(self.direct["CONSTAT_BROKER_URL"]))
        broker.tell(jobs)
        broker.close()

    def breaks(self, its: Planned) -> None:
        """Do to a server or the disk what is planned."""
        if its.fault is Fault.FULL:
            self.disks[its.subject].fill()
            return
        if its.fault is Fault.AGAIN:
            self.tell_again(its.size)
            return
        proxy = self.proxies[its.subject]
        if its.fault is Fault.KILL:
            self._kill(its.subject)
        elif its.fault is Fault.CUT:
            proxy.cut()
        elif its.fault is Fault.TEAR:
            proxy.tear(its.size)
        elif its.fault is Fault.AWAY:
            proxy.open = False
            proxy.cut()
        elif its.fault is Fault.SLOW:
            proxy.delay_s = _DELAY_S
        elif its.fault is Fault.HANG:
            proxy.hold()

    def mends(self, its: Planned) -> None:
        """What was broken is whole again."""
        if its.fault is Fault.FULL:
            self.disks[its.subject].free()
            if its.subject == DATABASE:
                # It ends by itself where its log has no space; whoever freed some starts it again.
                self.postgres.revive()
            return
        if its.fault is Fault.KILL:
            self._start(its.subject)
        self.proxies[its.subject].go_on()

    def _kill(self, subject: str) -> None:
        if subject == DATABASE:
            self.postgres.kill()
        elif subject == STORE:
            self.seaweed.kill()
        elif self.rabbit is not None:
            self.rabbit.stop()

    def _start(self, subject: str) -> None:
        if subject == STORE:
            self.seaweed.start()
        elif subject == BROKER and self.rabbit is not None:
            self.rabbit.start()
        elif subject == DATABASE:
            self.postgres.revive()


@contextmanager
def site(folder: Path, *, queue: bool, sheets: int = 0) -> Iterator[Site]:
    """A site with nothing in it, its servers its own, gone when the block ends.

    Args:
        queue: with RabbitMQ, so that the work is divided among processes.
        sheets: that many more than a short storm has are to have room on the servers' disks.
    """
    with ExitStack() as stack:
        disks = _disks(stack, folder, sheets)
        disk = disks[DISK]
        postgres = stack.enter_context(running_postgres(disks[DATABASE].place, **_POSTGRES))
        seaweed = stack.enter_context(running_seaweed(folder / "seaweed"))
        rabbit = _rabbit(stack) if queue else None
        database = postgres.empty()
        ports = {DATABASE: postgres.port, STORE: int(seaweed.host.rsplit(":", 1)[1])}
        if rabbit is not None:
            ports[BROKER] = rabbit.port
        proxies = {name: stack.enter_context(cutting_proxy(port)) for name, port in ports.items()}
        spool = disk.place / "spool"
        spool.mkdir()
        direct = {
            "CONSTAT_DATABASE_URL": database,
            "CONSTAT_OBJECTS_URL": f"s3://{seaweed.host}/originals?secure=false",
            "CONSTAT_S3_ACCESS_KEY": ACCESS_KEY,
            "CONSTAT_S3_SECRET_KEY": SECRET_KEY,
            "CONSTAT_CACHE_DIR": str(_cache(folder, spool)),
        }
        if rabbit is not None:
            direct["CONSTAT_BROKER_URL"] = rabbit.url()
            direct["CONSTAT_WORKER_LEASE_S"] = str(_LEASE_S)
            direct["CONSTAT_LEAST_FREE_BYTES"] = str(1 << 20)
        behind = dict(direct)
        for proxy in proxies.values():
            behind = {
                name: value.replace(f"127.0.0.1:{proxy.target}/", f"127.0.0.1:{proxy.port}/")
                for name, value in behind.items()
            }
        data = disk.place / "data"
        yield Site(
            folder,
            postgres,
            seaweed,
            rabbit,
            disks,
            proxies,
            database,
            environment(data, **behind),
            environment(data, **direct),
        )


def _disks(stack: ExitStack, folder: Path, sheets: int) -> dict[str, Disk]:
    # Not below the folders of the tests: these are closed to the database's account.
    open_to_it = Path(stack.enter_context(TemporaryDirectory(prefix="constat-chaos-")))
    open_to_it.chmod(0o755)
    sizes_mb = {
        DISK: (folder / "disk", _DISK_MB, "0700"),
        DATABASE: (open_to_it / "database", _DATABASE_MB + sheets // 4, "0755"),
        STORE: (folder / "seaweed" / "data", _STORE_MB + 2 * sheets, "0700"),
    }
    return {
        name: stack.enter_context(small_disk(place, size_mb=size_mb, mode=mode))
        for name, (place, size_mb, mode) in sizes_mb.items()
    }


def _rabbit(stack: ExitStack) -> Rabbit:
    """It takes long to begin, and somebody may have its port by then."""
    for _ in range(2):
        with suppress(RuntimeError):
            return stack.enter_context(running_rabbitmq())
    return stack.enter_context(running_rabbitmq())


def _cache(folder: Path, spool: Path) -> Path:
    """A folder for what is kept to save time: forms that were prepared before, and copies of originals, these on the
    small disk."""
    cache = folder / "cache"
    cache.mkdir()
    (cache / "spool").symlink_to(spool)
    for prepared in load_settings({}).cache_dir.glob("prepared-*"):
        (cache / prepared.name).symlink_to(prepared)
    return cache


def make_bucket(its: Site) -> None:
    new_bucket(load_settings(its.direct))
