"""Workers as whoever runs them sees them: ready or not and why, numbers, one trace a batch, logs without values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.e2e.command import ROOT, constat, document, environment
from tests.e2e.workers import Crew, crew, wait_until
from tests.servers.collector import Collector, collecting
from tests.servers.redis import RedisServer
from tests.servers.seaweed import free_ports

pytestmark = pytest.mark.servers
PAGE = ROOT / "samples" / "batches" / "loose" / "a1_front.jpg"
PATIENCE_S = 240.0


@dataclass(frozen=True, slots=True)
class Watched:
    """A relay and a worker at work, each watched; `settings` are those of all commands."""

    relay: Crew
    worker: Crew
    addresses: dict[str, str]
    collector: Collector
    settings: dict[str, str]


@pytest.fixture
def site(redis: RedisServer, tmp_path: Path) -> Iterator[Watched]:
    with ExitStack() as stack:
        collector = stack.enter_context(collecting())
        settings = {
            "CONSTAT_BROKER_URL": redis.url(number=3),
            "CONSTAT_TRACES_URL": collector.url,
            "CONSTAT_LOG": "json",
        }
        addresses: dict[str, str] = {}
        crews: dict[str, Crew] = {}
        for part in ("relay", "worker"):
            addresses[part] = f"127.0.0.1:{free_ports(1)[0]}"
            own = environment(tmp_path / "data", CONSTAT_WATCH_ADDRESS=addresses[part], **settings)
            crews[part] = stack.enter_context(crew(own, tmp_path / part))
        yield Watched(crews["relay"], crews["worker"], addresses, collector, settings)


def test_workers_are_watched_from_their_start_to_their_end(site: Watched, redis: RedisServer, tmp_path: Path) -> None:
    relay, worker = site.relay.begin("relay"), site.worker.begin("worker", "--processes", "1")
    taken = constat("intake", PAGE, "--json", data_dir=tmp_path / "data", before=(), in_child=None, **site.settings)
    batch = document(taken)
    assert batch["state"] == "complete", taken.stderr

    assert _ready(site, "worker") == (200, {"database": "ok", "objects": "ok", "broker": "ok"})
    numbers = _metrics(site, "worker")
    assert sum(its for name, its in numbers.items() if name.startswith("constat_images_read_total")) == 1
    assert numbers['constat_fields_read_total{decision="accepted"}'] == batch["counts"]["accepted"]
    assert numbers['constat_jobs_performed_total{became="done",kind="sheet"}'] == 1
    whole = _metrics(site, "relay")
    assert (whole['constat_jobs{state="waiting"}'], whole['constat_jobs{state="dead"}']) == (0, 0)
    assert whole["constat_ledger_entries"] > 5

    (tmp_path / "data" / "objects").rename(tmp_path / "away")
    redis.stop()
    wait_until(lambda: _ready(site, "worker")[0] == 503, PATIENCE_S)
    away = {"database": "ok", "objects": "storage_error", "broker": "broker_unreachable"}
    wait_until(lambda: _ready(site, "relay") == (503, away), PATIENCE_S)
    assert httpx2.get(f"http://{site.addresses['relay']}/health").status_code == 200
    redis.start()
    (tmp_path / "away").rename(tmp_path / "data" / "objects")
    wait_until(lambda: _ready(site, "worker")[0] == 200, PATIENCE_S)

    assert (site.worker.end(worker), site.relay.end(relay)) == (0, 0)
    _is_one_trace(site.collector)
    _tells_no_value(batch, (site.relay.log.read_text(), site.worker.log.read_text()), site.collector)


def _is_one_trace(collector: Collector) -> None:
    spans = collector.spans()
    known = {its.span for its in spans}
    assert len({its.trace for its in spans}) == 1
    assert [its.name for its in spans if its.part_of not in known] == ["intake"]
    assert {"job split", "job sheet", "job assemble", "read", "store"} <= {its.name for its in spans}
    assert {its.service for its in spans} == {"constat-intake", "constat-worker", "constat-reader"}


def _tells_no_value(batch: dict[str, Any], logs: tuple[str, ...], collector: Collector) -> None:
    lines = [json.loads(line) for log in logs for line in log.splitlines() if line.startswith("{")]
    assert {"worker_ready", "job_performed", "worker_ended"} <= {line["event"] for line in lines}
    values = {str(field["value"]) for page in batch["pages"] for field in page["fields"].values() if field["value"]}
    told = "".join(logs) + b"".join(collector.received).decode(errors="replace")
    assert len(values) > 5
    # Shorter ones are found in any number; words of the program are no values.
    assert [its for its in values if len(its) > 5 and its not in ("present", "absent") and its in told] == []
    assert PAGE.name not in told


def _ready(site: Watched, part: str) -> tuple[int, dict[str, str]]:
    answer = httpx2.get(f"http://{site.addresses[part]}/ready", timeout=PATIENCE_S)
    return answer.status_code, answer.json()["parts"]


def _metrics(site: Watched, part: str) -> dict[str, float]:
    text = httpx2.get(f"http://{site.addresses[part]}/metrics", timeout=PATIENCE_S).text
    found = re.findall(r"^([a-z_]+(?:\{[^}]*\})?) ([0-9.e+]+)$", text, re.MULTILINE)
    return {name: float(value) for name, value in found}
