"""Keys and milliseconds of the review screen: every doubtful field of the samples, decided in Chromium as it is true.

`python -m benchmarks.keystrokes` counts the keys of each field against its bound (one where the first candidate is
right, else the value's length and one more) and measures from the last key to the next field painted with its picture.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.sync_api import Page

from benchmarks.progress import tell
from benchmarks.review_site import SAMPLES, Site, keeping_at, running_site
from benchmarks.scoring import Spread
from benchmarks.tables import table
from pipeline.custody.review import Subject
from pipeline.model import FieldValue, PageId
from tests.servers.browser import new_context, running_chromium

THOUGHT_S: Final = 5.0
TYPING_S: Final = 0.2
"""A key by somebody who types 60 words a minute."""
_REASON: Final = "so it is written"
_MARK: Final = """() => {
  // From the key, as the system gave it, to the next field in the page, and to its picture on the screen.
  window.measured = null;
  let pressed = 0;
  document.addEventListener("keydown", (event) => { pressed = event.timeStamp; }, true);
  const told = () => new Promise((done) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => done(performance.now());
    channel.port2.postMessage(0);
  }));
  new MutationObserver(async (changes) => {
    if (![...changes].some((change) => [...change.addedNodes].some((node) => node.id === "task"))) return;
    const its = { key: pressed, swapped: performance.now() };
    try { await document.getElementById("crop")?.decode(); } catch { its.broken = true; }
    its.painted = await told();
    window.measured = its;
  }).observe(document.getElementById("desk"), { childList: true });
}"""
_DONE: Final = """(document.getElementById("desk")?.dataset.sending !== "true"
  && document.getElementById("task")?.dataset.task !== old)"""
_ANSWERED: Final = f"""({_DONE} || (document.getElementById("desk")?.dataset.sending !== "true"
  && (document.getElementById("because")?.hidden === false || document.querySelector("#said .wrong") !== null)))"""
_RECORDED: Final = """() => {
  const asked = performance.getEntriesByName(new URL("/review/decide", location.href).href);
  const last = asked[asked.length - 1];
  performance.clearResourceTimings();
  return last.responseEnd - last.startTime;
}"""


@dataclass(frozen=True, slots=True)
class Decision:
    """One field decided.

    Attributes:
        case: `first candidate`, `other candidate`, `choice`, `not filled`, `typed`.
        keys: pressed for the value; of a chord each.
        bound: what it may take.
        explained: characters of a reason besides, as the true value breaks a rule; 0 for most.
        swapped_ms, painted_ms: from the last key to the next field in the page, and on the screen with its picture.
        recorded_ms: from the request to the answer that it is recorded.
    """

    field: str
    case: str
    keys: int
    bound: int
    explained: int
    swapped_ms: float
    painted_ms: float
    recorded_ms: float


def truths() -> Mapping[tuple[str, int], Mapping[str, FieldValue]]:
    """By file, as the intake names it, and number of the page in it: what stands in each space."""
    found: dict[tuple[str, int], Mapping[str, FieldValue]] = {}
    for file in sorted((SAMPLES / "truth").glob("*.json")):
        said = json.loads(file.read_text(encoding="utf-8"))
        for page in said["pages"]:
            values = {name: entry["value"] for name, entry in page["fields"].items()}
            found[f"{said['batch']}/{page['file']}", page["page_number"]] = values
    return found


def answers(site: Site) -> Mapping[str, FieldValue]:
    """What is true of each task of a field."""
    known, records = truths(), keeping_at(site).records
    found: dict[str, FieldValue] = {}
    for batch in records.batches():
        names = {row.id: row.name for row in records.files(batch.id)}
        pages = {row.id: row for row in records.pages(batch.id)}
        for task in records.review.tasks(batch=batch.id):
            if task.subject is Subject.FIELD:
                row = pages[PageId(str(task.page))]
                page = known.get((names[row.file], row.page_index + 1), {})
                if task.field in page:
                    found[str(task.id)] = page[task.field]
    return found


def keys_for(page: Page, truth: FieldValue) -> tuple[str, list[str], int]:
    """The case, the keys that a person would press, and the bound."""
    its = page.evaluate(
        """() => {
          const task = document.getElementById("task").dataset, form = document.getElementById("decision").elements;
          const options = [...document.querySelectorAll("[data-number]")];
          return {default: task.default, digits: task.digits === "true", letters: task.letters === "true",
            shown: form.shown.value, readonly: form.text.readOnly,
            options: options.map((one) => ({number: one.dataset.number, does: one.value,
              read: one.classList.contains("read"), text: one.querySelector(".option").textContent}))};
        }"""
    )
    said = {True: "true", False: "false", None: ""}.get(truth, str(truth)) if not isinstance(truth, str) else truth
    # A value that is only picked has no length; the word for it would be longer than one.
    bound = (0 if its["readonly"] else len(said)) + 1
    alt = [] if its["digits"] else ["Alt"]
    for one in its["options"]:
        if one["does"] == f"typed:{said}" or (not its["readonly"] and truth is not None and one["text"] == said):
            if one["read"] and its["default"]:
                return "first candidate", ["Enter"], 1
            return ("choice" if its["readonly"] else "other candidate"), [*alt, one["number"]], bound
    if truth in (None, "absent", False):
        return "not filled", ["v"] if its["letters"] else ["Alt", "v"], 2
    return "typed", [*said, "Enter"], bound


@dataclass(frozen=True, slots=True)
class Keyed:
    """What was pressed for a field; as `Decision`."""

    task: str
    case: str
    keys: int
    bound: int
    explained: int


def task_shown(page: Page) -> str | None:
    """The field on the screen; null at the end of the queue, and where a whole page comes up on its own screen."""
    page.wait_for_load_state()
    shown: str | None = page.evaluate("() => document.getElementById('task')?.dataset.task ?? null")
    return shown


def left_as_it_is(page: Page) -> None:
    """What comes up as a whole: a page or a statement, left with a reason."""
    page.locator("[data-key='l']").first.focus()
    page.keyboard.press("Enter")
    page.locator("#reason:focus").wait_for()
    page.keyboard.type("looked at")
    # The page that is left is idle already: only the coming of the next one says that this one is gone.
    with page.expect_navigation():
        page.keyboard.press("Enter")


def is_whole_page(page: Page) -> bool:
    return "/review/pages/" in page.url


def keyed(page: Page, truth: FieldValue) -> Keyed:
    """Decide the field on the screen as is true; the next one is in the page then."""
    task = str(page.locator("#task").get_attribute("data-task"))
    case, keys, bound = keys_for(page, truth)
    explained = 0
    if keys[0] == "Alt":
        page.keyboard.press("+".join(keys))
    else:
        if case == "typed":
            page.keyboard.type("".join(keys[:-1]))
        page.keyboard.press(keys[-1])
    page.wait_for_function(f"old => {_ANSWERED}", arg=task)
    if task_shown(page) == task:
        if page.locator("#because").is_hidden():
            raise SystemExit(f"{task}: refused {truth!r}: {page.locator('#said').inner_text()}")
        page.locator("#reason").focus()
        page.keyboard.type(_REASON)
        explained = len(_REASON) + 1
        page.keyboard.press("Enter")
        page.wait_for_function(f"old => {_DONE}", arg=task)
    return Keyed(task, case, len(keys), bound, explained)


def decide(page: Page, truth: FieldValue) -> Decision:
    """As `keyed`, and how long it took. `_MARK` was evaluated in the page before."""
    page.evaluate("() => { window.measured = null; }")
    its = keyed(page, truth)
    page.wait_for_function("() => window.measured")
    told = page.evaluate("() => window.measured")
    return Decision(
        its.task.partition("/")[2],
        its.case,
        its.keys,
        its.bound,
        its.explained,
        told["swapped"] - told["key"],
        told["painted"] - told["key"],
        page.evaluate(_RECORDED),
    )


def session(site: Site, most: int, thinks_s: float) -> list[Decision]:
    """All fields, one after the other, by keyboard alone. What the truth does not know is left to the supervisor."""
    known, found = answers(site), list[Decision]()
    with running_chromium() as chromium:
        context = new_context(chromium)
        site.lets_in(context, site.seats[0])
        page = context.new_page()
        page.goto(f"{site.address}/review/queue/reviewer", wait_until="networkidle")
        page.evaluate(_MARK)
        while ((task := task_shown(page)) or is_whole_page(page)) and len(found) < most:
            if task is None:
                left_as_it_is(page)
                page.evaluate(_MARK)
                continue
            page.wait_for_timeout(1000.0 * thinks_s)
            if task not in known:
                tell(f"{task}: no truth")
                page.keyboard.press("Alt+i")
                page.wait_for_function("old => document.getElementById('task').dataset.task !== old", arg=task)
                continue
            found.append(decide(page, known[task]))
            if len(found) % 50 == 0:
                tell(f"decided {len(found)}")
    return found


def keys_table(decisions: Sequence[Decision]) -> str:
    rows = []
    for case in dict.fromkeys(its.case for its in sorted(decisions, key=lambda its: its.bound)):
        own = [its for its in decisions if its.case == case]
        counts = Spread.of([float(its.keys) for its in own])
        assert counts is not None
        over = sum(its.keys > its.bound for its in own)
        explained = sum(its.explained > 0 for its in own)
        rows.append((case, str(len(own)), f"{counts.median:.0f}", f"{counts.largest:.0f}", str(over), str(explained)))
    head = ("case", "fields", "keys, median", "most", "over the bound", "with a reason besides")
    return table(f"Keys of {len(decisions)} doubtful fields", head, rows)


def times_table(decisions: Sequence[Decision]) -> str:
    rows = []
    for name, values in (
        ("next field in the page", [its.swapped_ms for its in decisions]),
        ("on the screen with its picture", [its.painted_ms for its in decisions]),
        ("recorded, from request to answer", [its.recorded_ms for its in decisions]),
    ):
        spread = Spread.of(values)
        assert spread is not None
        rows.append((name, *(f"{its:.0f}" for its in (spread.median, spread.p95, spread.p99, spread.largest))))
    return table("Milliseconds from the last key to the next field", ("", "median", "p95", "p99", "most"), rows)


def pace(decisions: Sequence[Decision]) -> str:
    machine_s = sum(its.painted_ms for its in decisions) / len(decisions) / 1000.0
    keys = sum(its.keys + its.explained for its in decisions) / len(decisions)
    alone, typed = (3600.0 / (THOUGHT_S + machine_s + each * keys) for each in (0.0, TYPING_S))
    return (
        f"{THOUGHT_S:.0f} s of thought a field: {alone:.0f} fields an hour; "
        f"with {TYPING_S:.1f} s for each of {keys:.1f} keys on average {typed:.0f}."
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.keystrokes", description="Keys and milliseconds.")
    parser.add_argument("--most", type=int, default=10_000, help="fields")
    parser.add_argument("--thinks", type=float, default=0.5, metavar="S", help="seconds before each key that decides")
    parser.add_argument("--archive", type=Path, help="a data folder into which the samples were taken before")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        mail = SAMPLES / "batches"
        with running_site(Path(name), mail, people=1, archive=chosen.archive) as site:
            found = session(site, chosen.most, chosen.thinks)
    print(keys_table(found), times_table(found), pace(found), sep="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
