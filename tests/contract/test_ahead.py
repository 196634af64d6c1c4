"""What is read ahead of several pages is what each would tell by itself, asked of the fake and of both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.custody import DerivativeRef, StatementRow
from pipeline.custody.review import Task, TaskId
from pipeline.model import PageId
from pipeline.ports import Records
from tests.contract.test_review import BATCH, PAGES, SAID, STATEMENT, TASK, records
from tests.fakes import sha256

__all__ = ["records"]
NOWHERE = PageId("2026-11-20-001.0009.0001")
ASKED = (*(page.id for page in PAGES), NOWHERE)
FIRST = replace(STATEMENT, id="2026-11-20-001.s0002", issuer="aaa", pages=(PAGES[0].id,), match_keys=("plate:AAA",))
SECOND = replace(STATEMENT, issuer="bbb", number="704", pages=(PAGES[1].id,), returns=(PAGES[0].id,))
EARLIER = replace(TASK, id=TaskId(f"{TASK.page}/plate"), field="plate", position=1)
OF_SECOND: Task = replace(TASK, id=TaskId(f"{PAGES[1].id}/plate"), field="plate", page=PAGES[1].id)


def _fill(records: Records) -> None:
    with records.transaction() as change:
        # The later one first: order is by issuer.
        change.put_statements(BATCH.id, [SECOND, FIRST])
        change.put_outcome(
            PAGES[0].id,
            '{"label":"blank","size_px":[1,1]}',
            [DerivativeRef(name, "image/png", sha256(name.encode())) for name in ("view", "clean")],
        )
        for task in (TASK, OF_SECOND, EARLIER):
            change.review.put_task(task)
        change.review.add(SAID)
        change.review.add(replace(SAID, number=2, value="2026-08-15"))
        change.review.add(replace(SAID, task=OF_SECOND.id))


def _told(page: PageId, records: Records) -> tuple[object, ...]:
    its: tuple[StatementRow, ...] = records.statements_of_page(page)
    return (
        records.page(page),
        records.outcome(page),
        records.derivatives_of(page),
        its,
        records.review.tasks(page=page),
        dict(records.review.histories(page=page)),
    )


@pytest.mark.parametrize("numbered", [False, True])
def test_read_ahead_is_as_read_one_by_one(records: Records, numbered: bool) -> None:
    _fill(records)
    one_by_one = [_told(page, records) for page in ASKED]
    with records.moment():
        if numbered:
            # Known in this moment already.
            records.statements_numbered("704")
        records.look_ahead(frozenset(ASKED))

        assert [_told(page, records) for page in ASKED] == one_by_one
    assert one_by_one[0][3] == (FIRST, SECOND)


def test_what_was_read_ahead_is_forgotten_after_a_change(records: Records) -> None:
    _fill(records)
    with records.moment():
        records.look_ahead(frozenset(ASKED))
        with records.transaction() as change:
            change.revise_outcome(PAGES[0].id, '{"label":"blank","size_px":[2,2]}')
            change.put_statement(replace(SECOND, number="705"))

        assert records.outcome(PAGES[0].id) == '{"label":"blank","size_px":[2,2]}'
        assert [its.number for its in records.statements_of_page(PAGES[1].id)] == ["705"]


def test_without_a_moment_nothing_is_kept(records: Records) -> None:
    _fill(records)
    records.look_ahead(frozenset(ASKED))
    with records.transaction() as change:
        change.revise_outcome(PAGES[0].id, '{"label":"blank","size_px":[2,2]}')

    assert records.outcome(PAGES[0].id) == '{"label":"blank","size_px":[2,2]}'
