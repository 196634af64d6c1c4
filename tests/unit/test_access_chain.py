"""The access log as a chain: whatever is done to any line of it is named, whoever looked and by whichever door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.custody import LedgerHead
from pipeline.custody.people import AccessEntry, Act, Role
from pipeline.evidence import ledger
from pipeline.evidence.access_log import access_head, as_chained, verify_access
from pipeline.usecases.passes import NewLink, make_link
from tests.unit.asking import NUMBER, V1, asker
from tests.unit.browsing import Pages

CHANGES = {
    "at": lambda its: replace(its, at=its.at + timedelta(seconds=1)),
    "who": lambda its: replace(its, who="nobody"),
    "act": lambda its: replace(its, act=Act.UNLOCKED),
    "subject": lambda its: replace(its, subject="812999"),
    "why": lambda its: replace(its, why="another"),
    "address": lambda its: replace(its, address="192.0.2.99"),
    "previous": lambda its: replace(its, previous=its.hash),
}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> tuple[AccessEntry, ...]:
    """Of a person, a machine, a defendant, and one who was refused."""
    folder: Path = tmp_path_factory.mktemp("pages")
    pages = Pages.make(folder)
    pages.take(f"form number={NUMBER}!")
    pages.signed_in("clerk", Role.COURT).get(f"/statements/{NUMBER}")
    its = asker(pages, "court", Role.COURT)
    its.get(f"{V1}/statements/{NUMBER}")
    link = make_link(NewLink("generic", NUMBER, reason="test"), by="os:root", address="", gate=pages.gate)
    its.client.get(f"/shown/{link.text}")
    its.client.get("/shown/another")
    return tuple(pages.records.access.entries())


def _named(entries: Sequence[AccessEntry], head: LedgerHead) -> set[tuple[str, str]]:
    return {(its.code, its.subject) for its in verify_access(entries, head)}


def test_the_log_as_it_was_written_holds(log: tuple[AccessEntry, ...]) -> None:
    assert {its.who for its in log} >= {"clerk", "client:court", "pass:l0001", ""}
    assert _named(log, access_head(log[-1])) == set()


@pytest.mark.parametrize("column", list(CHANGES))
def test_a_line_that_was_altered_is_named(column: str, log: tuple[AccessEntry, ...]) -> None:
    for index, line in enumerate(log):
        changed = (*log[:index], CHANGES[column](line), *log[index + 1 :])

        assert ("access_entry_altered", str(line.number)) in _named(changed, access_head(log[-1]))


def test_a_line_that_was_removed_is_named(log: tuple[AccessEntry, ...]) -> None:
    for index, line in enumerate(log):
        left = (*log[:index], *log[index + 1 :])

        missing = "access_log_truncated" if index == len(log) - 1 else "access_log_gap"
        found = _named(left, access_head(log[-1]))
        assert missing in {code for code, _ in found}, line


def test_lines_that_changed_places_are_named_also_with_their_numbers_put_right(log: tuple[AccessEntry, ...]) -> None:
    for index in range(len(log) - 1):
        first, second = log[index], log[index + 1]
        head = access_head(log[-1])
        swapped = (*log[:index], second, first, *log[index + 2 :])
        assert _named(swapped, head)
        renumbered = (replace(second, number=first.number), replace(first, number=second.number))
        found = _named((*log[:index], *renumbered, *log[index + 2 :]), head)
        assert ("access_entry_altered", str(first.number)) in found


def test_a_line_that_was_altered_and_hashed_anew_breaks_the_link_behind_it(log: tuple[AccessEntry, ...]) -> None:
    for index, line in enumerate(log):
        bare = replace(line, who="nobody")
        forged = replace(bare, hash=ledger.entry_hash(as_chained(bare)))
        found = _named((*log[:index], forged, *log[index + 1 :]), access_head(log[-1]))

        if index == len(log) - 1:
            assert {code for code, _ in found} == {"access_head_differs"}
        else:
            assert ("access_log_broken_link", str(line.number + 1)) in found
