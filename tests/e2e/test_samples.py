"""All samples: `make demo` after its installation, as a stranger sees it; then what it took in, from the scan to the
closed batch in a real browser by keyboard alone, every open field as is true.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.keystrokes import Keyed, answers, is_whole_page, keyed, left_as_it_is, task_shown
from benchmarks.review_site import SAMPLES, Site, keeping_at, running_site
from pipeline.custody.review import Queue, Said, Subject, Task, TaskId, TaskState, Verb
from pipeline.model import BatchId, Decision, FieldValue
from pipeline.statements.review import in_force
from pipeline.usecases.report import batch_report
from pipeline.usecases.sessions import SignedIn
from tests.e2e.command import ROOT, constat
from tests.e2e.test_review_browser import presses, presses_reason, task_on
from tests.servers.browser import complaints, new_context, running_chromium

pytestmark = pytest.mark.servers
PATIENCE_S = 900.0
MOST_TASKS = 1000
_LOOK_MS = 210
_REASON = "so it is written"
_REFUSED = "Failed to load resource: the server responded with a status of 422 (Unprocessable Entity)"


@dataclass(frozen=True, slots=True)
class Demo:
    """What it printed, and its data folder."""

    ran: subprocess.CompletedProcess[str]
    kept: Path


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    kept = tmp_path_factory.mktemp("samples") / "demo"
    (kept / "objects").mkdir(parents=True)
    (kept / "objects" / "left-by-another-run").write_bytes(b"x")
    ran = subprocess.run(
        [ROOT / "scripts" / "demo.sh"],
        env={**os.environ, "DEMO_DIR": str(kept), "CONSTAT_LANGUAGE": "en"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return Demo(ran, kept)


@pytest.fixture(scope="module")
def site(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    before = os.environ.get("CONSTAT_DATA_DIR")
    folder = tmp_path_factory.mktemp("court")
    with running_site(folder, SAMPLES / "batches", people=2, archive=demo.kept) as found:
        yield found
    if before is None:
        os.environ.pop("CONSTAT_DATA_DIR", None)
    else:
        os.environ["CONSTAT_DATA_DIR"] = before


@pytest.fixture(scope="module")
def chromium(site: Site) -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


def seated(chromium: Browser, site: Site, signed: SignedIn, path: str) -> Page:
    context = new_context(chromium)
    site.lets_in(context, signed)
    page = context.new_page()
    page.clock.install()
    page.goto(site.address + path)
    return page


def open_tasks(site: Site, queue: Queue) -> list[Task]:
    found = keeping_at(site).records.review.tasks(states=frozenset({TaskState.OPEN}))
    return [task for task in found if task.queue is queue]


def test_the_demo_shows_tickets_read_and_may_be_run_again(demo: Demo) -> None:
    ran = demo.ran

    assert ran.returncode == 0, ran.stderr
    assert "sheets 42 · images 84" in ran.stdout
    assert "Balanced: 84 sides = 84 images = 84 end states" in ran.stdout
    assert "All holds." in ran.stdout
    assert "Traceback" not in ran.stderr
    names = "anne|benoit|sylvie|isabelle|claude|chantal|denis"
    people = dict(re.findall(rf"^({names}) +(\w+) +\S{{12,}}$", ran.stdout, re.MULTILINE))
    assert list(people.values()) == ["reviewer", "reviewer", "supervisor", "intake", "court", "admin", "auditor"]
    assert "42 sheets, 84 images" in ran.stderr
    (number,) = set(re.findall(r"constat show (\d+) --json", ran.stderr))
    assert f"Statement generic:{number}" in ran.stdout
    proposed = set(re.findall(r"constat show (\d+)", ran.stderr))
    assert len(proposed) >= 2
    for each in proposed:
        assert constat("show", each, "--json", data_dir=demo.kept).returncode == 0, each


def test_all_samples_from_the_scan_to_the_closed_batch_by_keyboard_alone(site: Site, chromium: Browser) -> None:
    records, known = keeping_at(site).records, answers(site)
    (batch,) = (row.id for row in records.batches() if row.options.name == "demo")
    tasks = records.review.tasks(batch=batch)
    made = [task.id for task in tasks if task.subject is Subject.FIELD]
    assert set(known) == set(made)
    page = seated(chromium, site, site.seats[0], "/review/queue/reviewer")
    told = complaints(page)

    referred = refers(page)
    decided = by_truth(page, known)

    assert sorted(its.task for its in decided) == sorted(set(made) - {referred})
    # A value that breaks a rule is refused until it is explained.
    assert told == [_REFUSED] * sum(its.explained > 0 for its in decided)

    settled = by_truth(seated(chromium, site, site.chief, "/review/queue/supervisor"), known)
    assert [its.task for its in settled] == [referred]

    finishes(site, chromium, batch, known, referred)


def finishes(site: Site, chromium: Browser, batch: BatchId, known: Mapping[str, FieldValue], referred: str) -> None:
    """Once every field is decided: what waits for another person, what is no field, the batch; and what is recorded."""
    confirmed = confirms(seated(chromium, site, site.seats[1], "/review/queue/second"))
    chief = seated(chromium, site, site.chief, "/review/exceptions")
    left = as_they_are(chief, site)
    assert [task.id for queue in Queue for task in open_tasks(site, queue)] == []

    closes(chief, site, batch)

    histories = keeping_at(site).records.review.histories(batch=batch)
    values = effective(site, batch)
    assert {task: values[task] for task in known} == known
    for task in known.keys() - {referred}:
        check_history(task, in_force(histories[TaskId(task)]), people=2 if task in confirmed else 1)
    asked, *answers_ = in_force(histories[TaskId(referred)])
    assert (asked.verb, asked.who, asked.reason) == (Verb.REFER, site.seats[0].account.name, _REASON)
    check_history(referred, tuple(answers_), people=2 if referred in confirmed else 1)
    assert answers_[0].who == site.chief.account.name
    assert all([row.verb for row in in_force(histories[TaskId(task)])] == [Verb.AS_IS] for task in left)
    verified = constat("verify", "--all", data_dir=site.data)
    assert verified.returncode == 0, verified.stdout + verified.stderr


def refers(page: Page) -> str:
    """The first field is left to a supervisor, by keys."""
    task = task_on(page)
    page.wait_for_timeout(_LOOK_MS)
    page.keyboard.press("Alt+s")
    expect(page.locator("#reason")).to_be_focused()
    presses_reason(page, _REASON)
    assert task_on(page) != task
    return task


def confirms(page: Page) -> list[str]:
    """What another person changed, each with one key."""
    confirmed: list[str] = []
    while (task := task_on(page)) and len(confirmed) < MOST_TASKS:
        presses(page, "Enter")
        if task_on(page) == task:
            presses_reason(page, _REASON)
        confirmed.append(task)
    return confirmed


def by_truth(page: Page, known: Mapping[str, FieldValue]) -> list[Keyed]:
    """Every field that has a truth, by the keys that a person would press; pages that come up stay as they are."""
    decided: list[Keyed] = []
    for _ in range(MOST_TASKS):
        task = task_shown(page)
        if is_whole_page(page):
            left_as_it_is(page)
            continue
        if task is None or task not in known:
            break
        # Whoever decides a field has seen it for a while: the page takes no key before. Its clock is put forward.
        page.clock.fast_forward(_LOOK_MS)
        decided.append(keyed(page, known[task]))
    return decided


def as_they_are(page: Page, site: Site) -> list[str]:
    """What is no field: statements whose papers were looked at are left as they are, with a reason."""
    done: list[str] = []
    for _ in range(MOST_TASKS):
        left = [task for queue in Queue for task in open_tasks(site, queue)]
        if not left:
            break
        assert left[0].subject is not Subject.FIELD, left[0]
        page.goto(f"{site.address}/review/task/{left[0].id}")
        left_as_it_is(page)
        done.append(left[0].id)
    return done


def closes(page: Page, site: Site, batch: BatchId) -> None:
    page.goto(f"{site.address}/review/closing/{batch}")
    blanks = f"/review/blanks/{batch}"
    while page.locator(f"a[href='{blanks}']").count():
        page.goto(site.address + blanks)
        page.locator("input[name=out]").first.focus()
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.goto(f"{site.address}/review/closing/{batch}")
    page.locator("form[action^='/review/closing'] button").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_be_visible()


def effective(site: Site, batch: BatchId) -> Mapping[str, FieldValue]:
    """Of each field of each page what stands now."""
    report = batch_report(batch, records=keeping_at(site).records)
    return {
        f"{page.row.id}/{field.name}": field.value
        for page in report.pages
        for field in (() if page.outcome is None else page.outcome.fields)
        if field.decision is not Decision.REVIEW
    }


def check_history(task: str, rows: tuple[Said, ...], *, people: int) -> None:
    """So many different persons, and all of them gave the same value."""
    assert len(rows) == len({row.who for row in rows}) == people, task
    assert all(row.verb is not Verb.ILLEGIBLE for row in rows), task
    assert len({row.value for row in rows}) == 1, task
