"""Accounts and what the ledger knows of them; the access log; what `verify` finds of both."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.custody.people import Account, Act, ExternalLogin, PasswordHash, Role
from pipeline.errors import OperatorError
from pipeline.model import Language
from pipeline.usecases.access import ANCHOR_EVERY, access_document, note_access
from pipeline.usecases.account_entries import compare_accounts
from pipeline.usecases.accounts import (
    NewAccount,
    account_document,
    account_report,
    add_account,
    reset_password,
    set_disabled,
    set_roles,
)
from pipeline.usecases.sessions import SignedIn
from pipeline.usecases.verify import verify_all
from tests.fake_records import tampered
from tests.unit.custody import Archive
from tests.unit.gate import ADDRESS, FIRST, OPERATOR, House, codes


@pytest.fixture
def house() -> House:
    return House.make()


def refused(code: str) -> pytest.RaisesExc[OperatorError]:
    return pytest.raises(OperatorError, match=code)


def _new(name: str = "anne", *roles: Role, issuer: str | None = None) -> NewAccount:
    return NewAccount(name, frozenset(roles or {Role.REVIEWER}), Language.FR, "Anne Tremblay", issuer)


def _account(house: House, name: str) -> Account:
    account = house.records.people.named(name)
    assert account is not None
    return account


# Accounts


def test_a_first_password_that_the_program_chose_is_handed_over_and_kept_nowhere(house: House) -> None:
    given = add_account(_new(), None, by=OPERATOR, gate=house.gate)

    assert given.first_password is not None
    assert given.first_password not in repr(house.records.tables)
    assert isinstance(house.sign_in("anne", given.first_password), SignedIn)
    assert _account(house, "anne").must_change_password


@pytest.mark.parametrize("name", ["", "Anne", "anne tremblay", "7anne", "anne@x", "a" * 33, "é", "../x", "anne\n"])
def test_a_name_is_plain_and_short(name: str, house: House) -> None:
    with refused("bad_account_name"):
        add_account(_new(name), None, by=OPERATOR, gate=house.gate)


def test_a_name_is_given_once_even_after_its_account_was_disabled(house: House) -> None:
    house.add("anne")
    set_disabled("anne", True, by=OPERATOR, gate=house.gate)

    with refused("account_exists"):
        add_account(_new(), None, by=OPERATOR, gate=house.gate)


def test_what_cannot_be_is_refused_and_leaves_nothing(house: House) -> None:
    for code, new, password in (
        ("account_without_role", replace(_new(), roles=frozenset()), None),
        ("prosecutor_needs_issuer", _new("anne", Role.PROSECUTOR), None),
        ("password_short", _new(), "short"),
        ("password_common", _new(), "password1234"),
    ):
        with refused(code):
            add_account(new, password, by=OPERATOR, gate=house.gate)

    assert house.records.people.all() == ()
    assert list(house.records.ledger()) == []


def test_an_account_that_is_not_there_cannot_be_changed(house: House) -> None:
    with refused("unknown_account"):
        set_roles("anne", {Role.COURT}, None, by=OPERATOR, gate=house.gate)
    with refused("unknown_account"):
        reset_password("anne", FIRST, by=OPERATOR, gate=house.gate)
    with refused("unknown_account"):
        set_disabled("anne", True, by=OPERATOR, gate=house.gate)
    with refused("unknown_account"):
        account_report("anne", gate=house.gate)


def test_a_report_tells_of_open_sessions_and_of_a_pause(house: House) -> None:
    house.enter("anne")
    house.sign_in("anne")
    for _ in range(5):
        house.sign_in("anne", "wrong")

    report = account_report("anne", gate=house.gate)
    assert (report.sessions, report.wait_s) == (2, 30)
    house.clock.go(3600)
    report = account_report("anne", gate=house.gate)
    assert (report.sessions, report.wait_s) == (0, 0)
    assert "password" not in account_document(report)


# The ledger


def test_every_change_is_in_the_ledger_with_who_did_it_and_nothing_of_the_person(house: House) -> None:
    add_account(_new(), FIRST, by=OPERATOR, gate=house.gate)
    set_roles("anne", {Role.COURT}, None, by="chief", gate=house.gate)
    reset_password("anne", "another-good-one", by=OPERATOR, gate=house.gate)
    for disabled in (True, True, False):
        set_disabled("anne", disabled, by=OPERATOR, gate=house.gate)

    entries = list(house.records.ledger())
    bodies = [json.loads(entry.body) for entry in entries]
    assert [entry.kind for entry in entries] == ["account_added", *["account_changed"] * 4]
    assert [body["what"] for body in bodies] == ["added", "roles", "password", "disabled", "enabled"]
    assert [body["by"] for body in bodies][:2] == [OPERATOR, "chief"]
    told = repr(entries)
    assert "Tremblay" not in told
    assert str(_account(house, "anne").password) not in told


def test_changing_ones_own_password_is_in_the_ledger_too(house: House) -> None:
    house.enter("anne")

    last = list(house.records.ledger())[-1]
    assert (last.kind, json.loads(last.body)["by"]) == ("account_changed", "anne")


@pytest.mark.parametrize(
    "changes",
    [
        {"roles": frozenset({Role.ADMIN})},
        {"password": PasswordHash("1$mine")},
        {"disabled": False},
        {"issuer": None},
        {"must_change_password": False},
        {"external": ExternalLogin("mine@elsewhere.example", None, "salt")},
    ],
)
def test_an_account_changed_behind_the_programs_back_is_named(changes: dict[str, object], house: House) -> None:
    house.add("ben", Role.PROSECUTOR, issuer="valmont")
    set_disabled("ben", True, by=OPERATOR, gate=house.gate)
    assert list(compare_accounts(*house.records.people.attested())) == []

    tampered(house.records.tables.people.accounts, _account(house, "ben").id, **changes)

    found = [(its.code, its.subject) for its in compare_accounts(*house.records.people.attested())]
    assert found == [("account_altered", "ben")]


def test_an_account_put_in_or_taken_out_behind_the_programs_back_is_named(house: House) -> None:
    house.add("anne")
    house.add("ben")
    accounts = house.records.tables.people.accounts
    its = accounts.pop(_account(house, "ben").id)
    accounts[its.id] = replace(its, name="mole")

    found = [(each.code, each.subject) for each in compare_accounts(*house.records.people.attested())]
    assert found == [("record_unknown_to_ledger", "mole"), ("record_missing", "ben")]


# The access log


def _note(archive: Archive, count: int) -> None:
    for number in range(count):
        note_access("anne", Act.VIEWED, str(number), "appel", address=ADDRESS, records=archive.records)


def _differences(archive: Archive) -> list[tuple[str, str]]:
    verdict = verify_all(keeping=archive.keeping, runner=archive.runner)
    return [(its.code, its.subject) for its in verdict.differences]


def test_a_look_is_noted_in_one_line_of_plain_text(house: House) -> None:
    noted = note_access(
        "anne", Act.VIEWED, "123\n456" + "x" * 500, "a\u202eb\x00c", address="x\ny", records=house.records
    )

    assert (noted.subject[:8], len(noted.subject)) == ("123 456x", 200)
    assert (noted.why, noted.address) == ("a b c", "x y")
    (document,) = access_document([noted])
    assert isinstance(document, dict)
    assert (document["who"], document["act"]) == ("anne", "viewed")


def test_accounts_and_the_access_log_are_part_of_a_clean_verification(tmp_path: Path) -> None:
    archive = Archive.make(tmp_path)
    _note(archive, 3)

    verdict = verify_all(keeping=archive.keeping, runner=archive.runner)

    assert verdict.clean
    assert dict(verdict.checked)["access_entries"] == 3
    assert dict(verdict.checked)["accounts"] == 0


@pytest.mark.parametrize("name", ["who", "subject", "why", "address"])
def test_verification_names_the_line_that_was_changed(name: str, tmp_path: Path) -> None:
    archive = Archive.make(tmp_path)
    _note(archive, 4)
    log = archive.records.tables.people.log
    log[1] = replace(log[1], **{name: "someone else"})  # type: ignore[arg-type]  # one field by name

    assert _differences(archive) == [("access_entry_altered", "2")]


def test_verification_names_lines_that_were_removed_in_the_middle_and_at_the_end(tmp_path: Path) -> None:
    archive = Archive.make(tmp_path)
    _note(archive, 5)
    tables = archive.records.tables.people
    whole = list(tables.log)

    tables.log = [*whole[:2], *whole[3:]]
    assert _differences(archive) == [("access_log_gap", "4"), ("access_log_broken_link", "4")]
    tables.log = whole[:3]
    assert _differences(archive) == [("access_log_truncated", "4")]
    tables.log, tables.head = whole, None
    assert _differences(archive) == [("access_head_missing", "access_log")]


def test_a_log_written_anew_with_its_head_is_not_the_one_that_the_ledger_knows(tmp_path: Path) -> None:
    archive = Archive.make(tmp_path)
    _note(archive, ANCHOR_EVERY + 1)
    forger = Archive.make(tmp_path)
    _note(forger, 7)
    _note(forger, ANCHOR_EVERY)
    archive.records.tables.people = forger.records.tables.people

    assert _differences(archive) == [("access_anchor_differs", str(ANCHOR_EVERY))]
    archive.records.tables.people.log.clear()
    archive.records.tables.people.head = None
    assert ("access_anchor_differs", str(ANCHOR_EVERY)) in _differences(archive)


def test_what_cannot_be_noted_is_an_error(house: House) -> None:
    house.enter("anne")
    house.records.tables.people.log.pop()

    with pytest.raises(Exception, match="access_log_truncated"):
        note_access("anne", Act.VIEWED, "1", address=ADDRESS, records=house.records)
    with pytest.raises(Exception, match="access_log_truncated"):
        codes(house.sign_in("anne"))
