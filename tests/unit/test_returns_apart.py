"""Return documents and statements that come in apart: nothing is joined by guess, nothing waits unseen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from itertools import permutations
from pathlib import Path

import pytest

from pipeline.custody import BatchOptions, MatchBasis, MatchState, ReturnMatch
from pipeline.errors import OperatorError, Param
from pipeline.model import BatchId, PageState, RuleVerdict
from pipeline.usecases.documents import to_json, waiting_json
from pipeline.usecases.reconcile import reconcile
from pipeline.usecases.report import batch_report
from pipeline.usecases.retrieve import StatementReport, find_statement
from pipeline.usecases.returns import MOST_ALIKE, decide_match
from pipeline.usecases.standing import waiting_returns
from pipeline.usecases.verify import verify_all
from tests.unit.custody import Archive
from tests.unit.form_lines import form_flow

VALMONT = BatchOptions(issuer="valmont", received_on=date(2026, 4, 20))
EARLIER = BatchOptions(issuer="valmont", received_on=date(2026, 4, 2))
III = "iii.statement.front statement_number=812345 service_date=2026-03-20 fine=100.00 total_requested=162.00"
III_BACK = "iii.return.front statement_number=812345 service_date=2026-03-20 fine=100.00 total_requested=162.00"
IV = "iv.statement.front statement_number=700 plate=ABC123 offence_date=2026-03-14 total_requested=80.00"
IV_BACK = "iv.return.front statement_number?=100 plate=ABC123 offence_date=2026-03-14 total_requested=80.00"


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive.make(tmp_path, flow=form_flow)


def take(archive: Archive, *lines: str, options: BatchOptions = VALMONT) -> BatchId:
    return archive.take({f"{len(archive.records.tables.files)}.pdf": "\n".join(lines).encode()}, options=options)


def matches(archive: Archive) -> list[ReturnMatch]:
    return [archive.records.tables.matches[pair] for pair in sorted(archive.records.tables.matches)]


def find(archive: Archive, number: str) -> StatementReport:
    return find_statement(number, records=archive.records)


def codes(report: StatementReport) -> list[str]:
    return [reason.code for reason in report.statement.reasons]


def told(archive: Archive) -> list[str]:
    """Subjects of the ledger's entries on matches."""
    return [entry.subject for entry in archive.records.ledger() if entry.kind == "return_matched"]


def _say(code: str, params: Mapping[str, Param]) -> str:
    return f"{code}: {sorted(params)}"


# By number


@pytest.mark.parametrize("order", list(permutations([III, III_BACK])))
def test_a_number_joins_whichever_comes_first(archive: Archive, order: tuple[str, str]) -> None:
    for line in order:
        take(archive, line)

    (match,) = matches(archive)
    report = find(archive, "812345")
    assert (match.state, match.basis) == (MatchState.JOINED, MatchBasis.NUMBER)
    assert told(archive) == [match.returned]
    assert (len(report.statement.pages), len(report.statement.returns)) == (1, 1)
    assert (report.statement.state, codes(report), report.waiting_since) == (PageState.READY, [], None)
    assert report.statement.batch == archive.records.statement_row(match.statement).batch  # type: ignore[union-attr]  # the match names it
    assert waiting_returns(records=archive.records) == ()


def test_a_return_document_waits_visible_and_dated_until_its_statement_arrives(archive: Archive) -> None:
    take(archive, III_BACK)
    batch = take(archive, III_BACK.replace("812345", "999"), options=EARLIER)

    waiting = waiting_returns(records=archive.records)
    document = json.loads(to_json(batch_report(batch, records=archive.records), say=_say))["statements"][0]
    listed = json.loads(waiting_json(waiting, say=_say))
    assert [(its.row.number, its.waiting_since) for its in waiting] == [
        ("999", date(2026, 4, 2)),
        ("812345", date(2026, 4, 20)),
    ]
    assert (document["waiting_since"], document["reasons"][0]["code"]) == ("2026-04-02", "return_waits")
    assert [listed[0][key] for key in ("batch", "number", "waiting_since")] == [batch, "999", "2026-04-02"]

    take(archive, III)

    assert [its.row.number for its in waiting_returns(records=archive.records)] == ["999"]


def test_without_a_day_of_receipt_it_waits_from_the_day_of_its_scan(archive: Archive) -> None:
    batch = take(archive, III_BACK, options=BatchOptions())

    (waiting,) = waiting_returns(records=archive.records)
    row = archive.records.batch(batch)
    assert row is not None
    assert waiting.waiting_since == row.started_at.astimezone().date()


@pytest.mark.parametrize("returns_first", [True, False])
def test_a_return_document_with_anothers_number_is_in_review_on_both_sides(
    archive: Archive, returns_first: bool
) -> None:
    other = III_BACK.replace("fine=100.00", "fine=200.00").replace("162.00", "262.00")
    batches = [take(archive, line) for line in ((other, III) if returns_first else (III, other))]

    (match,) = matches(archive)
    report = find(archive, "812345")
    assert match.state is MatchState.CONTRADICTED
    assert match.rules[0].fields == ("fine", "total_requested")
    assert report.statement.state is PageState.IN_REVIEW
    assert "rule_return_number" in codes(report)
    for batch in batches:
        (row,) = batch_report(batch, records=archive.records).statements
        assert (row.state, row.reasons[-1].code) == (PageState.IN_REVIEW, "rule_return_number")


def test_the_numbers_of_two_issuers_do_not_meet(archive: Archive) -> None:
    take(archive, III, options=replace(VALMONT, issuer="laval"))
    take(archive, III_BACK)

    assert matches(archive) == []
    assert len(waiting_returns(records=archive.records)) == 1


def test_a_detached_portion_is_late_by_the_service_that_the_statement_states(archive: Archive) -> None:
    take(archive, "i.statement.front statement_number=5 service_date=2026-03-02")
    take(archive, "i.return.front detachable_statement_number=5 plea=guilty")

    report = find(archive, "5")
    assert "plea_late" in codes(report)
    assert [rule.verdict for rule in report.statement.rules if rule.id == "deadline"] == [
        RuleVerdict.UNKNOWN,
        RuleVerdict.BROKEN,
    ]
    assert report.statement.state is PageState.READY


def test_what_two_batches_break_together_goes_to_a_person(archive: Archive) -> None:
    take(archive, "iii.statement.front statement_number=5 defendant_kind=legal_person")
    take(archive, "iii.return.front statement_number=5 plea=guilty signatory_quality=")

    report = find(archive, "5")
    assert "rule_legal_person" in codes(report)
    assert report.statement.state is PageState.IN_REVIEW


# By other facts


@pytest.mark.parametrize("order", list(permutations([IV, IV_BACK])))
def test_other_facts_propose_and_join_nothing(archive: Archive, order: tuple[str, str]) -> None:
    for line in order:
        take(archive, line)

    (match,) = matches(archive)
    (waiting,) = waiting_returns(records=archive.records)
    assert (match.state, match.basis) == (MatchState.PROPOSED, MatchBasis.FACTS)
    assert waiting.row.state is PageState.IN_REVIEW
    assert dict(waiting.row.reasons[-1].params) == {"numbers": "700"}
    assert find(archive, "700").statement.returns == ()
    assert codes(find(archive, "700")) == ["return_proposed"]
    assert find(archive, "700").statement.state is PageState.READY


@pytest.mark.parametrize(
    "other",
    [
        IV.replace("ABC123", "ABC128"),
        IV.replace("2026-03-14", "2026-03-15"),
        IV.replace("80.00", "81.00"),
        IV.replace("plate=", "plate?="),
        IV.replace("iv.", "iii."),
    ],
)
def test_a_statement_that_says_something_else_or_nothing_sure_is_not_proposed(archive: Archive, other: str) -> None:
    take(archive, IV_BACK)
    take(archive, other)

    assert matches(archive) == []


def test_schedules_ii_and_iii_are_found_by_service_and_amounts(archive: Archive) -> None:
    take(archive, III, III.replace("812345", "900"), III.replace("812345", "901").replace("100.00", "120.00"))
    take(archive, III_BACK.replace("statement_number=812345", "statement_number?=1"))

    (waiting,) = waiting_returns(records=archive.records)
    assert dict(waiting.row.reasons[-1].params) == {"numbers": "812345, 900"}


@pytest.mark.parametrize("order", [0, 1])
def test_a_doubtful_number_proposes_its_statement(archive: Archive, order: int) -> None:
    lines = ["i.statement.front statement_number=5", "i.return.front detachable_statement_number?=5"]
    for line in lines[:: -1 if order else 1]:
        take(archive, line)

    assert [(its.state, its.basis) for its in matches(archive)] == [(MatchState.PROPOSED, MatchBasis.NUMBER)]


def test_within_one_batch_other_facts_propose_too(archive: Archive) -> None:
    take(archive, IV, IV_BACK)

    assert [its.state for its in matches(archive)] == [MatchState.PROPOSED]


def test_a_proposal_gives_way_when_the_number_joins(archive: Archive) -> None:
    take(archive, IV)
    take(archive, IV_BACK.replace("statement_number?=100", "statement_number=701"))
    assert matches(archive) == []

    take(archive, IV.replace("=700", "?=700"))
    take(archive, IV.replace("=700", "=701"))

    assert [its.state for its in matches(archive)] == [MatchState.PROPOSED, MatchState.JOINED]
    assert len(find(archive, "701").statement.returns) == 1
    assert [its.state for its in find(archive, "701").matches] == [MatchState.JOINED]
    assert waiting_returns(records=archive.records) == ()


def test_more_statements_than_anyone_would_look_through_are_not_proposed(archive: Archive) -> None:
    returned = III_BACK.replace("statement_number=812345", "statement_number?=1")
    take(archive, *(III.replace("812345", str(number)) for number in range(100, 100 + MOST_ALIKE)))
    take(archive, returned)
    assert len(matches(archive)) == MOST_ALIKE

    take(archive, III)
    take(archive, returned.replace("?=1", "?=2"))

    assert len(matches(archive)) == MOST_ALIKE


def test_a_return_document_of_before_there_were_keys_is_joined_by_number(archive: Archive) -> None:
    batch = take(archive, III_BACK)
    rows = archive.records.tables.statements
    rows[batch] = tuple(replace(row, match_keys=()) for row in rows[batch])

    take(archive, III)

    assert [its.state for its in matches(archive)] == [MatchState.JOINED]


# A person's word


def proposed(archive: Archive) -> str:
    take(archive, IV)
    take(archive, IV_BACK, "letter")
    return matches(archive)[0].returned


def test_a_yes_joins_with_all_that_came_along(archive: Archive) -> None:
    returned = proposed(archive)

    decide_match(returned, "700", yes=True, who="anne", keeping=archive.keeping)

    report = find(archive, "700")
    assert [(its.state, its.basis) for its in matches(archive)] == [(MatchState.JOINED, MatchBasis.PERSON)]
    assert [its.decided_by for its in matches(archive)] == ["anne"]
    assert (len(report.statement.returns), len(report.statement.enclosures)) == (1, 1)
    assert waiting_returns(records=archive.records) == ()


def test_the_number_that_a_joined_return_document_says_finds_the_statement(archive: Archive) -> None:
    take(archive, IV)
    take(archive, IV_BACK.replace("?=100", "=100"))
    (waiting,) = waiting_returns(records=archive.records)

    decide_match(waiting.row.id, "700", yes=True, keeping=archive.keeping)

    assert find(archive, "100").statement.number == "700"
    assert len(find(archive, "100").pages) == 2


def test_a_statement_whose_number_nobody_knows_is_joined_by_its_id(archive: Archive) -> None:
    take(archive, IV.replace("=700", "?=700"))
    take(archive, IV_BACK.replace("?=100", "=100"))
    (match,) = matches(archive)

    decide_match(match.returned, match.statement.upper(), yes=True, keeping=archive.keeping)

    assert len(find(archive, "100").pages) == 2


def test_a_no_is_remembered_and_the_return_document_goes_on_waiting(archive: Archive) -> None:
    returned = proposed(archive)

    decide_match(returned, "700", yes=False, keeping=archive.keeping)
    take(archive, IV.replace("=700", "=702"))

    assert [its.state for its in matches(archive)] == [MatchState.REFUSED, MatchState.PROPOSED]
    assert codes(find(archive, "700")) == []
    (waiting,) = waiting_returns(records=archive.records)
    assert dict(waiting.row.reasons[-1].params) == {"numbers": "702"}


def test_a_no_is_about_one_record_and_the_number_joins_the_next(archive: Archive) -> None:
    take(archive, III)
    take(archive, III_BACK)
    (match,) = matches(archive)

    decide_match(match.returned, "812345", yes=False, keeping=archive.keeping)
    take(archive, f"{III} plate=ABC123")

    assert [its.state for its in matches(archive)] == [MatchState.REFUSED, MatchState.JOINED]


def test_a_no_parts_what_a_number_joined(archive: Archive) -> None:
    take(archive, III)
    take(archive, III_BACK)
    (match,) = matches(archive)

    decide_match(match.returned, "812345", yes=False, keeping=archive.keeping)

    assert find(archive, "812345").statement.returns == ()
    assert [its.row.id for its in waiting_returns(records=archive.records)] == [match.returned]


def test_the_same_word_twice_is_recorded_once_and_another_is_told(archive: Archive) -> None:
    returned = proposed(archive)
    take(archive, IV.replace("=700", "=702").replace("ABC123", "XYZ789"))
    for _ in range(2):
        decide_match(returned, "700", yes=True, keeping=archive.keeping)

    assert told(archive) == [returned, returned]
    with pytest.raises(OperatorError) as caught:
        decide_match(returned, "702", yes=True, keeping=archive.keeping)
    assert caught.value.code == "return_has_statement"


@pytest.mark.parametrize(("returned", "number"), [("nothing", "700"), ("", "999")])
def test_what_is_not_there_is_not_joined(archive: Archive, returned: str, number: str) -> None:
    known = proposed(archive)

    with pytest.raises(OperatorError) as caught:
        decide_match(returned or known, number, yes=True, keeping=archive.keeping)
    assert caught.value.code in ("unknown_return", "unknown_statement")


# Kept and shown to be kept


def test_the_ledger_vouches_for_every_match(archive: Archive) -> None:
    take(archive, III)
    take(archive, III_BACK)
    (match,) = matches(archive)
    sound = verify_all(keeping=archive.keeping, runner=archive.runner)

    archive.records.tables.matches[match.returned, match.statement] = replace(match, state=MatchState.REFUSED)
    altered = verify_all(keeping=archive.keeping, runner=archive.runner)
    archive.records.tables.matches.clear()
    removed = verify_all(keeping=archive.keeping, runner=archive.runner)

    assert sound.clean
    assert [its.code for its in altered.differences] == ["match_record_altered"]
    assert [its.code for its in removed.differences] == ["record_missing"]


def test_an_assembly_that_was_killed_before_its_end_leaves_no_match_and_is_done_again(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(archive, III)
    with monkeypatch.context() as patched:
        patched.setattr("pipeline.usecases.assemble.completion", _killed)
        with pytest.raises(KeyboardInterrupt):
            take(archive, III_BACK)
    assert (matches(archive), told(archive)) == ([], [])

    reconcile(keeping=archive.keeping, runner=archive.runner)
    reconcile(keeping=archive.keeping, runner=archive.runner)

    assert [its.state for its in matches(archive)] == [MatchState.JOINED]
    assert len(told(archive)) == 1


def _killed(*_: object) -> None:
    raise KeyboardInterrupt
