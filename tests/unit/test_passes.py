"""Passes of viewers and links of defendants: how long, for what, and what of them is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.custody.court import Scope
from pipeline.custody.passes import PassKind
from pipeline.custody.people import Act, Role
from pipeline.errors import OperatorError
from pipeline.usecases.accounts import set_disabled, set_roles
from pipeline.usecases.clients import NewClient, add_client, revoke_client
from pipeline.usecases.pass_entries import compare_links
from pipeline.usecases.passes import NewLink, make_link, note_use, pass_of, revoke_link, viewing_pass
from tests.unit.gate import ADDRESS, OPERATOR, House

NUMBER = "101234000000017"
NEW = NewLink("valmont", NUMBER, reason="asked at the counter")


@pytest.fixture
def house() -> House:
    return House.make()


def _verdict(house: House) -> list[str]:
    return [its.code for its in compare_links(*house.records.passes.attested())]


def test_a_viewers_pass_is_the_same_within_a_quarter_of_an_hour_and_lasts_15_to_30_minutes(house: House) -> None:
    first = viewing_pass("valmont", NUMBER, who="anne", gate=house.gate)
    house.clock.go(14 * 60)
    late = viewing_pass("valmont", NUMBER, who="anne", gate=house.gate)
    house.clock.go(16 * 60 - 1)

    assert late == first
    assert len(first) == 64
    found = pass_of(first, gate=house.gate)
    assert found is not None
    assert (found.kind, found.statement, found.made_by) == (PassKind.VIEWER, NUMBER, "anne")
    house.clock.go(1)
    assert pass_of(first, gate=house.gate) is None


def test_every_maker_statement_and_right_has_a_pass_of_its_own(house: House) -> None:
    texts = {
        viewing_pass("valmont", NUMBER, who="anne", gate=house.gate),
        viewing_pass("valmont", NUMBER, who="bob", gate=house.gate),
        viewing_pass("lac", NUMBER, who="anne", gate=house.gate),
        viewing_pass("valmont", "1", who="anne", gate=house.gate),
        viewing_pass("valmont", NUMBER, who="anne", gate=house.gate, front_first=True),
        viewing_pass("valmont", NUMBER, who="anne", gate=house.gate, restricted=True),
    }

    assert len(texts) == 6


def test_the_texts_of_passes_are_kept_nowhere(house: House) -> None:
    text = viewing_pass("valmont", NUMBER, who="anne", gate=house.gate)
    made = make_link(NEW, by="anne", address=ADDRESS, gate=house.gate)

    kept = repr(house.records.tables)
    assert text not in kept
    assert made.text not in kept + repr(made)


def test_expired_viewers_passes_are_gone_with_the_next_that_is_made(house: House) -> None:
    viewing_pass("valmont", NUMBER, who="anne", gate=house.gate)
    house.clock.go(31 * 60)
    viewing_pass("valmont", NUMBER, who="anne", gate=house.gate)

    assert len(house.records.tables.passes.passes) == 1


def test_a_viewers_pass_that_somebody_lengthened_opens_nothing_after_half_an_hour(house: House) -> None:
    text = viewing_pass("valmont", NUMBER, who="anne", gate=house.gate)
    kept = house.records.tables.passes.passes
    for its in list(kept.values()):
        kept[its.id] = replace(its, expires_at=its.expires_at + timedelta(days=400))
    house.clock.go(31 * 60)

    assert pass_of(text, gate=house.gate) is None


def test_a_link_opens_until_its_day_and_not_after(house: House) -> None:
    made = make_link(replace(NEW, days=1), by="anne", address=ADDRESS, gate=house.gate)
    house.clock.go(24 * 3600 - 1)
    assert pass_of(made.text, gate=house.gate) == made.link
    house.clock.go(1)

    assert pass_of(made.text, gate=house.gate) is None
    assert pass_of(made.text + "x", gate=house.gate) is None
    assert pass_of("", gate=house.gate) is None
    assert pass_of("../" * 40, gate=house.gate) is None


def test_a_revoked_link_opens_nothing_and_revoking_twice_is_one_entry(house: House) -> None:
    made = make_link(NEW, by="anne", address=ADDRESS, gate=house.gate)
    ended = revoke_link(made.link.id, by="bob", address=ADDRESS, gate=house.gate)
    again = revoke_link(made.link.id, by="bob", address=ADDRESS, gate=house.gate)

    assert again == ended
    assert pass_of(made.text, gate=house.gate) is None
    assert [entry.kind for entry in house.records.ledger()] == ["link_added", "link_revoked"]
    assert [(who, act) for who, act, _ in house.acts()] == [("anne", Act.CHANGED), ("bob", Act.CHANGED)]
    assert _verdict(house) == []


@pytest.mark.parametrize(
    ("new", "code"),
    [
        (replace(NEW, days=0), "link_days"),
        (replace(NEW, days=366), "link_days"),
        (replace(NEW, reason="  "), "link_needs_reason"),
    ],
)
def test_a_link_without_an_end_or_a_reason_is_not_made(new: NewLink, code: str, house: House) -> None:
    with pytest.raises(OperatorError) as refused:
        make_link(new, by="anne", address=ADDRESS, gate=house.gate)

    assert refused.value.code == code
    assert house.records.passes.links() == ()


def test_the_ledger_names_neither_statement_nor_reason(house: House) -> None:
    make_link(NEW, by="anne", address=ADDRESS, gate=house.gate)

    told = "".join(entry.subject + entry.body for entry in house.records.ledger())
    assert NUMBER not in told
    assert "counter" not in told


def test_a_link_changed_added_or_removed_without_the_program_is_named(house: House) -> None:
    made = make_link(NEW, by="anne", address=ADDRESS, gate=house.gate)
    kept = house.records.tables.passes.passes
    link = made.link

    kept[link.id] = replace(link, expires_at=link.expires_at + timedelta(days=1))
    assert _verdict(house) == ["link_altered"]
    kept[link.id] = replace(link, statement="1")
    assert _verdict(house) == ["link_altered"]
    kept[link.id] = link
    kept[type(link.id)("l0002")] = replace(link, id=type(link.id)("l0002"))
    assert _verdict(house) == ["record_unknown_to_ledger"]
    kept.clear()
    assert _verdict(house) == ["record_missing"]


def test_uses_are_counted_and_are_no_difference(house: House) -> None:
    made = make_link(NEW, by="anne", address=ADDRESS, gate=house.gate)
    for _ in range(2):
        note_use(made.link, NUMBER, "link", address=ADDRESS, gate=house.gate)

    assert house.records.passes.links()[0].uses == 2
    assert house.acts()[-1] == ("pass:l0001", Act.VIEWED, "link")
    assert _verdict(house) == []


def test_passes_of_a_revoked_machine_and_of_an_account_disabled_or_given_other_roles_end_at_once(house: House) -> None:
    house.add("anne", Role.COURT)
    house.add("paul", Role.COURT)
    add_client(NewClient("court", Role.COURT, frozenset({Scope.READ})), by=OPERATOR, gate=house.gate)
    texts = [viewing_pass("valmont", NUMBER, who=who, gate=house.gate) for who in ("anne", "paul", "client:court")]
    revoke_client("court", by=OPERATOR, gate=house.gate)
    set_disabled("anne", True, by=OPERATOR, gate=house.gate)
    set_roles("paul", {Role.PROSECUTOR}, "lac", by=OPERATOR, gate=house.gate)

    assert [pass_of(text, gate=house.gate) for text in texts] == [None, None, None]
