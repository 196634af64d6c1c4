"""Registering electronic statements in an archive: once, whole, kept as they came, and met by their paper answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.custody import BatchOptions, BatchState, FileState, MatchState, Placement
from pipeline.custody.boxes import Person
from pipeline.custody.registrations import Registration
from pipeline.errors import InputRefused, OperatorError
from pipeline.geometry import BoxPx
from pipeline.model import PageState
from pipeline.usecases.boxes import make_box, put_sheets
from pipeline.usecases.reconcile import reconcile
from pipeline.usecases.register import Registered, register
from pipeline.usecases.retrieve import find_statement
from pipeline.usecases.review import Refused, place_page
from pipeline.usecases.review.masking import MaskChange, mask_page
from pipeline.usecases.verify import verify_all
from tests.databases import POSTGRES, records_of
from tests.fakes import sha256
from tests.unit.custody import Archive
from tests.unit.electronic import NUMBER, OTHER_NUMBER, either_runner, offer, registrar_of, statement, text_of
from tests.unit.reviewing import ANNE, desk_of, review_flow

VALMONT = BatchOptions(issuer="valmont")


@pytest.fixture(params=["memory", POSTGRES])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Archive:
    return Archive.make(tmp_path, flow=review_flow).on(records_of(request.param, tmp_path))


def _register(archive: Archive, *statements: dict, **terms: str) -> Registered:  # type: ignore[type-arg]  # JSON
    return register(offer(*statements, **terms), registrar=registrar_of(archive.keeping))


def _verdict(archive: Archive) -> list[str]:
    verdict = verify_all(keeping=archive.keeping, runner=either_runner(archive.keeping), again=True)
    return [its.code for its in verdict.differences]


def test_a_statement_is_kept_as_it_came_and_found_by_its_number(archive: Archive) -> None:
    done = _register(archive, statement())

    assert (done.file.state, done.file.digest, done.problems) == (FileState.SPLIT, sha256(text_of(statement())), ())
    assert archive.objects.get(sha256(text_of(statement()))) == text_of(statement())
    report = find_statement(NUMBER, records=archive.records)
    assert (report.electronic, report.statement.state, report.statement.issuer) == (True, PageState.READY, "valmont")
    assert {page.row.sha256 for page in report.pages} == {sha256(text_of(statement()))}
    assert _verdict(archive) == []


def test_receipt_and_registration_are_in_the_ledger_before_anything_is_made_of_it(archive: Archive) -> None:
    _register(archive, statement())

    kinds = [entry.kind for entry in archive.records.ledger()]
    assert kinds[:4] == ["batch_announced", "file_received", "electronic_registered", "file_split"]


def test_handed_over_again_it_is_registered_once(archive: Archive) -> None:
    first = _register(archive, statement())
    again = _register(archive, statement())
    named = _register(archive, statement(), key="k1", by="client:seci")

    assert (first.again, again.again, named.again) == (False, True, True)
    assert len(archive.records.batches()) == 1
    assert len(archive.records.statements_numbered(NUMBER)) == 1
    rows, _ = archive.records.registrations.attested()
    assert [(its.by, its.key) for its in rows] == [("os:anne", None), ("client:seci", "k1")]
    assert _verdict(archive) == []


def test_what_one_issuer_registered_is_foreign_to_another_that_hands_over_the_same(archive: Archive) -> None:
    _register(archive, statement(), key="k1", by="client:seci", issuer="valmont")

    other = _register(archive, statement(), key="k1", by="client:other", issuer="generic")
    own = _register(archive, statement(), key="k2", by="client:seci", issuer="valmont")

    assert [its.code for its in other.problems] == ["electronic_issuer_foreign"]
    assert (other.statements, other.file.state) == ((), FileState.REFUSED)
    assert (own.again, len(archive.records.statements_numbered(NUMBER))) == (True, 1)
    assert _verdict(archive) == []


def test_a_file_is_registered_whole_or_not_at_all(archive: Archive) -> None:
    done = _register(archive, statement(), statement(OTHER_NUMBER, language="es"))

    assert [(its.line, its.place) for its in done.problems] == [(2, "/language")]
    assert (done.file.state, done.statements) == (FileState.REFUSED, ())
    assert archive.records.statements_numbered(NUMBER) == ()
    assert archive.objects.get(done.file.digest or sha256(b"")) == text_of(
        statement(), statement(OTHER_NUMBER, language="es")
    )
    assert _verdict(archive) == []


def test_what_was_refused_may_be_handed_over_again(archive: Archive) -> None:
    wrong = statement(issuer="atlantis")
    first = _register(archive, wrong)
    known = registrar_of(archive.keeping).known()
    more = replace(known, issuers={**known.issuers, "atlantis": known.issuers["valmont"]})
    parts = replace(registrar_of(archive.keeping), known=lambda: more)

    again = register(offer(wrong), registrar=parts)

    assert (first.file.state, again.problems, again.again) == (FileState.REFUSED, (), False)


def test_a_request_s_name_is_good_for_one_content(archive: Archive) -> None:
    _register(archive, statement(), key="k1")

    with pytest.raises(OperatorError, match="register_key_reused"):
        _register(archive, statement(OTHER_NUMBER), key="k1")


def test_what_is_too_large_is_not_taken(archive: Archive) -> None:
    large = replace(offer(statement()), data=b" " * 300_000)

    with pytest.raises(InputRefused, match="electronic_file_too_large"):
        register(large, registrar=registrar_of(archive.keeping))
    assert archive.records.batches() == ()


def test_many_statements_of_a_file_are_as_many_sheets(archive: Archive) -> None:
    done = _register(archive, statement(), statement(OTHER_NUMBER))

    assert [row.number for row in done.statements] == [NUMBER, OTHER_NUMBER]
    assert [page.sheet for page in archive.records.pages(done.batch)] == [1, 1, 2, 2]
    assert _verdict(archive) == []


# Paper


def test_a_return_document_on_paper_is_joined_to_it(archive: Archive) -> None:
    _register(archive, statement())
    archive.take({"mail.pdf": f"return number={NUMBER}!".encode()}, options=VALMONT)

    report = find_statement(NUMBER, records=archive.records)

    assert [its.state for its in report.matches] == [MatchState.JOINED]
    assert (len(report.statement.pages), len(report.statement.returns)) == (2, 1)
    assert report.electronic
    assert _verdict(archive) == []


def test_a_return_document_that_came_before_waits_for_it(archive: Archive) -> None:
    archive.take({"mail.pdf": f"return number={NUMBER}!".encode()}, options=VALMONT)
    waiting = find_statement(NUMBER, records=archive.records)
    _register(archive, statement())

    report = find_statement(NUMBER, records=archive.records)

    assert (waiting.waiting_since is None, report.waiting_since) == (False, None)
    assert [its.state for its in report.matches] == [MatchState.JOINED]
    assert len(report.statement.returns) == 1


def test_a_paper_statement_with_its_number_goes_to_a_person(archive: Archive) -> None:
    _register(archive, statement())
    batch = archive.take({"mail.pdf": f"form number={NUMBER}!".encode()}, options=VALMONT)

    (row,) = archive.records.statements(batch)

    assert row.state is PageState.IN_REVIEW
    assert "number_of_other_statement" in {its.code for its in row.reasons}


def test_a_second_statement_with_the_number_is_kept_and_goes_to_a_person(archive: Archive) -> None:
    _register(archive, statement())
    done = _register(archive, statement(particulars={"plate": "A12BCE"}))

    (row,) = done.statements
    assert (row.state, [its.code for its in row.reasons]) == (PageState.IN_REVIEW, ["number_of_other_statement"])
    assert _verdict(archive) == []


def test_paper_that_comes_in_under_such_a_name_is_not_taken(archive: Archive) -> None:
    batch = archive.take({"x.electronic.json": text_of(statement())}, options=BatchOptions(issuer="generic"))

    (file,) = archive.records.files(batch)
    assert file.reason is not None
    assert (file.state, file.reason.code) == (FileState.REFUSED, "electronic_by_register")


def test_what_never_was_paper_goes_into_no_box(archive: Archive) -> None:
    done = _register(archive, statement())
    make_box("B1", "cellar", who=Person("anne", "anne"), keeping=archive.keeping)

    with pytest.raises(OperatorError, match="batch_is_electronic"):
        put_sheets("B1", done.batch, None, who=Person("anne", "anne"), keeping=archive.keeping)


def test_nobody_says_of_an_electronic_page_what_it_is(archive: Archive) -> None:
    done = _register(archive, statement(particulars={"total_requested": "163.00"}))
    page = archive.records.pages(done.batch)[0].id
    desk = desk_of(archive.keeping)

    placed = place_page(page, 0, Placement(quarter_turns=2), ANNE, reason="seen", desk=desk)
    covered = mask_page(page, 0, MaskChange(cover=(BoxPx(0, 0, 9, 9),)), ANNE, reason="seen", desk=desk)

    for answer in (placed, covered):
        assert isinstance(answer, Refused)
        assert [its.code for its in answer.reasons] == ["page_is_electronic"]


# Faults


class _Killed(BaseException):
    pass


@pytest.mark.parametrize("step", range(1, 9))
def test_killed_at_any_step_and_run_twice_it_is_there_once(archive: Archive, step: int) -> None:
    steps = 0
    put = archive.objects.put
    transaction = archive.records.transaction

    def count() -> None:
        nonlocal steps
        steps += 1
        if steps == step:
            raise _Killed

    def counted_put(source: object) -> object:
        count()
        return put(source)  # type: ignore[arg-type]  # handed on

    def counted_transaction() -> object:
        count()
        return transaction()

    archive.objects.put = counted_put  # type: ignore[method-assign,assignment]  # the fault that is injected
    archive.records.transaction = counted_transaction  # type: ignore[method-assign,assignment]
    with pytest.raises(_Killed):
        _register(archive, statement(), key="k1")
    archive.objects.put = put  # type: ignore[method-assign]
    archive.records.transaction = transaction  # type: ignore[method-assign]

    done = _register(archive, statement(), key="k1")
    reconcile(keeping=archive.keeping, runner=either_runner(archive.keeping))

    assert [row.number for row in done.statements] == [NUMBER]
    assert [row.state for row in archive.records.batches()] == [BatchState.COMPLETE]
    assert len(archive.records.statements_numbered(NUMBER)) == 1
    assert _verdict(archive) == []


def test_what_was_received_and_not_finished_is_finished_by_reconcile(archive: Archive) -> None:
    parts = registrar_of(archive.keeping)

    class _Dead:
        def run(self, jobs: object) -> object:
            raise _Killed

    with pytest.raises(_Killed):
        register(offer(statement()), registrar=replace(parts, runner=_Dead()))  # type: ignore[arg-type]  # a fault
    reconcile(keeping=archive.keeping, runner=either_runner(archive.keeping))

    assert find_statement(NUMBER, records=archive.records).statement.state is PageState.READY
    assert _verdict(archive) == []


# An insider


def test_a_registration_that_was_changed_added_or_removed_is_named(tmp_path: Path) -> None:
    archive = Archive.make(tmp_path, flow=review_flow)
    _register(archive, statement())
    rows = archive.records.tables.registrations
    its = rows[0]

    rows[0] = replace(its, by="client:mallory")
    changed = _verdict(archive)
    rows[0] = its
    rows.append(Registration(2, its.file, its.digest, its.at, "client:mallory"))
    added = _verdict(archive)
    rows.clear()
    removed = _verdict(archive)

    assert (changed, added, removed) == (
        ["registration_altered"],
        ["record_unknown_to_ledger"],
        ["record_missing"],
    )


def test_an_original_that_was_changed_is_named(archive: Archive) -> None:
    done = _register(archive, statement())
    digest = done.file.digest
    assert digest is not None
    archive.objects.objects[digest] = text_of(statement(particulars={"fine": "1.00"}))

    assert "object_altered" in _verdict(archive)
