"""Whatever people do with a draft in whatever order: nothing is put in force by one person alone, nothing is lost."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.custody.layouts import DraftAct, DraftState, LayoutDraft
from pipeline.geometry import BoxMm
from pipeline.usecases.layouts import (
    Conflict,
    Refused,
    Saved,
    change_draft,
    draft_named,
    propose_draft,
    put_in_force,
    restore_draft,
    withdraw,
)
from pipeline.usecases.layouts.editions import editions
from pipeline.usecases.layouts.edits import PlaceZone, RemoveZone, Settle
from pipeline.usecases.layouts.entries import compare_layouts
from tests.unit.drafting import EDITOR, SUPERVISOR, Drafting

PERSONS = st.sampled_from([EDITOR, SUPERVISOR])
ACTS = st.sampled_from(
    # What leads into force comes oftener: only two of these in a row do.
    [*["propose", "enforce"] * 4, "move", "break", "settle", "restore", "bare", "withdraw"]
)
BEHIND = st.sampled_from([0, 0, 0, 0, 0, 1])
"""How many versions ago the person looked."""


def act(house: Drafting, draft: LayoutDraft, what: str, who: str, seen: int) -> Saved | Conflict | Refused:
    desk = house.desk
    match what:
        case "move":
            box = BoxMm(56.0 + draft.version / 10, 31.6, 32.0, 9.0)
            return change_draft(draft.id, seen, [PlaceZone("fine", box)], who=who, desk=desk)
        case "break":
            return change_draft(draft.id, seen, [RemoveZone("statement_number")], who=who, desk=desk)
        case "settle":
            return change_draft(draft.id, seen, [Settle(1)], who=who, desk=desk)
        case "restore":
            return restore_draft(draft.id, seen, 1, who=who, desk=desk)
        case "propose":
            return propose_draft(draft.id, seen, who=who, desk=desk)
        case "enforce" | "bare":
            reason = "" if what == "bare" else "relu"
            return put_in_force(draft.id, seen, who=who, desk=desk, reason=reason)
        case _:
            return withdraw(draft.id, seen, who=who, desk=desk, reason="assez")


@given(st.lists(st.tuples(ACTS, PERSONS, BEHIND), max_size=12))
@settings(max_examples=60, deadline=None)
def test_any_order_of_acts_keeps_to_the_rules_and_to_the_ledger(steps: list[tuple[str, str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        house = Drafting.make(Path(folder))
        records = house.archive.records
        draft, before = house.begin(), ""
        for what, who, behind in steps:
            answer = act(house, draft, what, who, draft.version - behind)
            now = draft_named(draft.id, records=records.layouts)

            assert (now != draft) == isinstance(answer, Saved)
            assert not (behind and isinstance(answer, Saved))
            in_force = {its.layout: its.text for its in editions(records=records.layouts)}
            assert not before or in_force.get(draft.layout) == before
            before, draft = in_force.get(draft.layout, ""), now

        versions = {row.number: row for row in records.layouts.versions(draft.id)}
        assert sorted(versions) == list(range(1, draft.version + 1))
        enforced = [deed for deed in draft.deeds if deed.act is DraftAct.IN_FORCE]
        assert len(enforced) <= 1
        for deed in enforced:
            assert deed.who != versions[deed.version].who
            assert "statement_number" in versions[deed.version].text
            assert draft.deeds[draft.deeds.index(deed) - 1].act is DraftAct.PROPOSED
            assert deed.version == draft.version
        assert draft.in_force == (enforced[0].version if enforced else None)
        withdrawn = any(deed.act is DraftAct.WITHDRAWN for deed in draft.deeds)
        assert withdrawn == (draft.state is DraftState.WITHDRAWN)
        assert list(compare_layouts(records.layouts.attested())) == []
