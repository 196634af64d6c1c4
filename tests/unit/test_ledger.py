from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.custody import EntryHash, LedgerEntry, LedgerHead
from pipeline.evidence.canonical import canonical_json, digest_of
from pipeline.evidence.ledger import GENESIS, head_after, next_entry, verify

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def _chain(count: int) -> tuple[list[LedgerEntry], LedgerHead]:
    entries: list[LedgerEntry] = []
    head = GENESIS
    for number in range(count):
        entries.append(next_entry(head, at=AT, kind="file_received", subject=f"f{number}", body='{"n":1}'))
        head = head_after(entries[-1])
    return entries, head


def _codes(entries: list[LedgerEntry], head: LedgerHead | None) -> list[tuple[str, str]]:
    return [(its.code, its.subject) for its in verify(entries, head)]


def test_a_ledger_as_written_holds() -> None:
    entries, head = _chain(5)

    assert verify(entries, head) == ()


def test_an_empty_ledger_holds_with_an_empty_head() -> None:
    assert verify([], GENESIS) == ()


@pytest.mark.parametrize("name", ["kind", "subject", "body"])
def test_a_changed_entry_is_named(name: str) -> None:
    entries, head = _chain(5)
    altered = {"kind": "file_refused", "subject": "f9", "body": '{"n":2}'}
    entries[2] = replace(entries[2], **{name: altered[name]})  # type: ignore[arg-type]  # one field by name

    assert _codes(entries, head) == [("ledger_entry_altered", "3")]


def test_a_changed_time_is_named() -> None:
    entries, head = _chain(3)
    entries[1] = replace(entries[1], at=AT.replace(year=2025))

    assert _codes(entries, head) == [("ledger_entry_altered", "2")]


def test_every_changed_entry_is_named_not_only_the_first() -> None:
    entries, head = _chain(6)
    for index in (1, 4):
        entries[index] = replace(entries[index], body="{}")

    assert _codes(entries, head) == [("ledger_entry_altered", "2"), ("ledger_entry_altered", "5")]


def test_a_changed_entry_hashed_anew_breaks_the_link_after_it() -> None:
    entries, head = _chain(4)
    entries[1] = next_entry(head_after(entries[0]), at=AT, kind="forged", subject="f1", body="{}")

    assert ("ledger_broken_link", "3") in _codes(entries, head)


def test_a_removed_entry_is_named() -> None:
    entries, head = _chain(5)
    del entries[2]

    assert _codes(entries, head) == [("ledger_gap", "4"), ("ledger_broken_link", "4")]


def test_two_entries_in_the_wrong_order_are_named() -> None:
    entries, head = _chain(4)
    entries[1], entries[2] = entries[2], entries[1]

    assert _codes(entries, head)[0] == ("ledger_gap", "3")


def test_a_cut_off_end_is_named_because_the_head_is_kept_apart() -> None:
    entries, head = _chain(5)

    assert verify(entries[:3], None) == ()
    assert _codes(entries[:3], head) == [("ledger_truncated", "4")]
    assert _codes([], head) == [("ledger_truncated", "1")]


def test_an_end_written_anew_differs_from_the_head() -> None:
    entries, head = _chain(5)
    entries[4] = next_entry(head_after(entries[3]), at=AT, kind="forged", subject="f4", body="{}")

    assert _codes(entries, head) == [("ledger_head_differs", "5")]


def test_a_head_that_a_kill_left_behind_is_no_difference() -> None:
    entries, _ = _chain(5)

    assert verify(entries, head_after(entries[2])) == ()


@given(st.integers(0, 7), st.integers(0, 63), st.sampled_from(["hash", "previous"]))
def test_any_changed_digit_of_a_hash_shows(index: int, digit: int, name: str) -> None:
    entries, head = _chain(8)
    old = entries[index].hash if name == "hash" else entries[index].previous
    new = EntryHash(old[:digit] + ("0" if old[digit] != "0" else "1") + old[digit + 1 :])
    entries[index] = replace(entries[index], hash=new) if name == "hash" else replace(entries[index], previous=new)

    assert verify(entries, head) != ()


def test_equal_facts_have_one_canonical_text() -> None:
    assert canonical_json({"b": 1, "a": [True, None, "é"]}) == '{"a":[true,null,"é"],"b":1}'
    assert digest_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_number_that_json_has_no_word_for_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical_json({"score": float("nan")})
