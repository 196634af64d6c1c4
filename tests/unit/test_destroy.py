"""Paper goes only when nothing hinders it, in two steps that may be killed between, and leaves a certificate."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipeline.custody import BatchState, LedgerEntry
from pipeline.custody.boxes import BoxName, BoxState, DestructionState, PageVerdict, Person
from pipeline.custody.retention import RetentionSchedule
from pipeline.errors import InputRefused, IntegrityError, OperatorError, Unavailable
from pipeline.evidence.retention_schema import parse_retention
from pipeline.model import Digest
from pipeline.usecases.boxes import known_box, make_box, put_sheets, reopen_box, seal_box
from pipeline.usecases.destroy import authorise, destroyed, examine, issued, verify_certificate, verify_copies
from pipeline.usecases.holds import place_hold, release_hold
from pipeline.usecases.quality_sample import last_sample, record_verdicts
from pipeline.usecases.sealing import seal
from pipeline.usecases.verify import verify_all
from tests.fakes import sha256
from tests.unit.paper import ANNE, BOX, LATER, PAGES, SCHEDULE, Paper
from tests.unit.sealed import key, sealing

LUC = "Luc Roy"
KEEP = parse_retention(
    """
rules:
  - id: keep
    authority: Comité de gestion documentaire, résolution 2026-119
    in_force_from: 2026-11-01
    documents: [statement, return, enclosure, separator, blank]
    paper: keep
    digital: {years: 10, mode: COMPLIANCE}
""",
    source="calendrier.yaml",
)


@pytest.fixture
def paper(tmp_path: Path) -> Paper:
    return Paper.make(tmp_path)


def done(paper: Paper, **changes: object) -> DestructionState:
    facts = {"on": date(2027, 6, 2), "who": ANNE, "witness": LUC, **changes}
    keeping = paper.at(LATER + timedelta(days=3))
    its = destroyed(BOX, SCHEDULE, keeping=keeping, **facts)  # type: ignore[arg-type]  # by name
    return its.destruction.state


# What hinders


def test_a_box_that_meets_every_condition_gets_a_certificate(paper: Paper) -> None:
    paper.ready()

    assert paper.codes() == set()
    assert paper.authorise().destruction.state is DestructionState.AUTHORISED


def _altered(paper: Paper) -> None:
    paper.archive.objects.objects[sha256(PAGES)] = b"forged"


def _derivative_gone(paper: Paper) -> None:
    batch = paper.keeping.records.derivatives(paper.batch)
    del paper.archive.objects.objects[batch[0][1].digest]


def _transfer_gone(paper: Paper) -> None:
    paper.archive.records.tables.transfers.clear()


def _transfer_of_a_statement_gone(paper: Paper) -> None:
    row = paper.keeping.records.statements(paper.batch)[0]
    del paper.archive.records.tables.transfers[row.id]


def _transfer_altered(paper: Paper) -> None:
    (ref, *_) = paper.keeping.records.transfers.of_batch(paper.batch)
    paper.archive.objects.objects[ref.digest] = b"forged"


def _fault(paper: Paper) -> None:
    page = last_sample(BOX, records=paper.keeping.records).pages[0].page
    record_verdicts(BOX, {page: (PageVerdict.FAULT, "")}, who=ANNE, keeping=paper.keeping)
    paper.seal()


def _ledger_entry(paper: Paper) -> None:
    ledger = paper.archive.records.tables.ledger
    ledger[1] = replace(ledger[1], body="{}")


def _hold_deleted(paper: Paper) -> None:
    place_hold("812345", issuer=None, reason="appel", who=ANNE, keeping=paper.keeping)
    paper.archive.records.tables.boxes.held.clear()


def _sheet_swapped_in(paper: Paper) -> None:
    reopen_box(BOX, reason="ajout", who=ANNE, keeping=paper.keeping)
    later = paper.archive.take({"later.pdf": b"no 812347\nblank"}, duplex=True)
    put_sheets(BOX, later, None, who=ANNE, keeping=paper.keeping)
    paper.seal()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_altered, "copies_unverified"),
        (_derivative_gone, "copies_unverified"),
        (_transfer_gone, "sheet_undocumented"),
        (_transfer_of_a_statement_gone, "sheet_undocumented"),
        (_transfer_altered, "copies_unverified"),
        (_ledger_entry, "copies_unverified"),
        (_hold_deleted, "copies_unverified"),
        (_fault, "quality_sample_failed"),
        (_fault, "sheet_at_fault"),
        (_sheet_swapped_in, "quality_sample_outdated"),
        (lambda paper: reopen_box(BOX, reason="x", who=ANNE, keeping=paper.keeping), "box_open"),
        (lambda paper: place_hold(BOX, issuer=None, reason="x", who=ANNE, keeping=paper.keeping), "box_on_hold"),
        (
            lambda paper: place_hold("812345", issuer=None, reason="x", who=ANNE, keeping=paper.keeping),
            "statement_on_hold",
        ),
    ],
)
def test_what_happens_to_a_box_that_was_ready_hinders_it(
    change: Callable[[Paper], object], code: str, paper: Paper
) -> None:
    paper.ready()
    change(paper)

    assert code in paper.codes()
    with pytest.raises(OperatorError, match="destruction_hindered"):
        paper.authorise()
    assert "destruction_authorised" not in paper.kinds()


@pytest.mark.parametrize(
    ("pages", "codes"),
    [
        (b"unknown\nblank", {"sheet_unidentified", "no_retention_rule"}),
        (b"refuse\nblank", {"sheet_in_exception", "no_retention_rule"}),
        (b"something\nblank", {"statement_unnumbered"}),
        (b"letter\nblank", {"statement_unnumbered"}),
        (b"!page_missing\nblank", {"sheet_in_exception", "no_retention_rule"}),
    ],
)
def test_a_sheet_that_is_not_surely_known_keeps_its_box(pages: bytes, codes: set[str], paper: Paper) -> None:
    later = paper.archive.take({"later.pdf": pages}, duplex=True)
    put_sheets(BOX, later, None, who=ANNE, keeping=paper.keeping)
    paper.ready()

    assert codes <= paper.codes()


def test_without_a_rule_nothing_goes(paper: Paper) -> None:
    paper.ready()

    assert paper.codes(None) == {"no_retention_rule"}
    assert paper.codes(KEEP) == {"paper_kept_by_rule"}


def test_all_that_hinders_is_found_at_once(paper: Paper) -> None:
    place_hold("812345", issuer=None, reason="appel", who=ANNE, keeping=paper.keeping)
    _altered(paper)

    assert paper.codes(None) >= {
        "box_open",
        "no_retention_rule",
        "statement_on_hold",
        "quality_sample_missing",
        "copies_unverified",
    }


def test_a_batch_that_is_not_complete_keeps_its_paper(paper: Paper) -> None:
    paper.ready()
    row = paper.keeping.records.batch(paper.batch)
    assert row is not None
    paper.archive.records.tables.batches[paper.batch] = replace(row, finished_at=None, state=BatchState.PROCESSING)

    assert {"batch_not_complete", "copies_unverified"} <= paper.codes()


def test_where_seals_are_signed_every_batch_must_be_under_a_signed_one(tmp_path: Path) -> None:
    paper = Paper.make(tmp_path).ready()
    sealing(paper.archive, signer=key(1))

    assert paper.codes() == {"batch_unsealed"}
    seal(keeping=paper.keeping)
    assert paper.codes() == set()
    (told,) = json.loads(paper.authorise().text)["seals"]
    assert told["root"] == paper.keeping.records.seals.all()[-1].seal.root


def test_a_box_of_an_unknown_name_is_an_error_of_use(paper: Paper) -> None:
    with pytest.raises(OperatorError, match="unknown_box"):
        examine("nowhere", SCHEDULE, keeping=paper.keeping, runner=paper.archive.runner)


# The certificate


def test_the_certificate_lists_every_sheet_original_and_record_with_its_hash(paper: Paper) -> None:
    found = json.loads(paper.ready().authorise().text)

    assert [(its["batch"], its["sheet"]) for its in found["sheets"]] == [(paper.batch, n) for n in (1, 2, 3)]
    assert [its["sha256"] for its in found["originals"]] == [sha256(PAGES)]
    assert {its["sha256"] for its in found["transfer_records"]} == {
        ref.digest for ref in paper.keeping.records.transfers.of_batch(paper.batch)
    }
    lines = PAGES.splitlines()
    assert [page["sha256"] for sheet in found["sheets"] for page in sheet["pages"]] == [sha256(line) for line in lines]
    assert found["sheets"][0]["statements"] == [":812345"]
    assert (found["rules"][0]["id"], found["schedule"]["sha256"]) == ("all-2026", SCHEDULE.digest)
    assert found["sample"]["faults"] == 0
    assert found["verification"]["checked"]["objects"] > 0
    assert found["authorised"]["by"] == ANNE.by


def test_the_ledger_names_the_certificate_and_the_store_keeps_it(paper: Paper) -> None:
    its = paper.ready().authorise().destruction
    (entry,) = [entry for entry in paper.keeping.records.ledger() if entry.kind == "destruction_authorised"]

    assert json.loads(entry.body)["now"]["certificate"] == its.certificate
    assert paper.archive.objects.exists(its.certificate)
    assert verify_all(keeping=paper.keeping, runner=paper.archive.runner).differences == ()


def test_authorising_twice_makes_one_certificate(paper: Paper) -> None:
    first = paper.ready().authorise()
    second = paper.authorise(LATER + timedelta(days=1))

    assert second == first
    assert paper.kinds().count("destruction_authorised") == 1


def test_a_kill_between_the_certificate_and_its_record_leaves_a_box_that_may_be_authorised(
    paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper.ready()
    put = paper.archive.objects.put

    def killed(source: object) -> object:
        put(source)  # type: ignore[arg-type]  # handed on
        raise KeyboardInterrupt

    monkeypatch.setattr(paper.archive.objects, "put", killed)
    with pytest.raises(KeyboardInterrupt):
        paper.authorise()
    monkeypatch.undo()

    assert issued(BOX, keeping=paper.keeping) is None
    assert paper.authorise(LATER + timedelta(seconds=1)).destruction.id == "B-17/d1"


def test_a_hold_placed_while_the_box_was_examined_stops_the_certificate(paper: Paper) -> None:
    examined = paper.ready().examine()
    place_hold("812345", issuer=None, reason="appel", who=ANNE, keeping=paper.keeping)

    with pytest.raises(Unavailable, match="box_changed"):
        authorise(examined, SCHEDULE, who=ANNE, keeping=paper.at(LATER))
    assert paper.keeping.records.boxes.destructions(BOX) == ()


def test_a_box_opened_again_loses_its_authorisation(paper: Paper) -> None:
    paper.ready().authorise()
    reopen_box(BOX, reason="doute", who=ANNE, keeping=paper.keeping)

    assert issued(BOX, keeping=paper.keeping) is None
    assert [its.state for its in paper.keeping.records.boxes.destructions(BOX)] == [DestructionState.WITHDRAWN]
    with pytest.raises(OperatorError, match="destruction_not_authorised"):
        done(paper)
    paper.seal()
    assert paper.authorise().destruction.id == "B-17/d2"


# Done


def test_the_record_that_the_paper_is_gone_completes_the_certificate(paper: Paper) -> None:
    authorised = paper.ready().authorise()

    assert done(paper) is DestructionState.DONE
    its = issued(BOX, keeping=paper.keeping)
    assert its is not None
    found = json.loads(its.text)
    assert found["authorisation"] == authorised.destruction.certificate
    assert (found["destroyed"]["on"], found["destroyed"]["witness"]) == ("2027-06-02", LUC)
    assert known_box(BOX, records=paper.keeping.records).state is BoxState.DESTROYED
    assert verify_all(keeping=paper.keeping, runner=paper.archive.runner).differences == ()


def test_the_program_deletes_nothing(paper: Paper) -> None:
    before = set(paper.archive.objects.objects)
    paper.ready().authorise()
    done(paper)

    assert before <= set(paper.archive.objects.objects)


def test_saying_it_twice_records_it_once_and_another_tale_is_refused(paper: Paper) -> None:
    paper.ready().authorise()
    done(paper)

    assert done(paper) is DestructionState.DONE
    assert paper.kinds().count("paper_destroyed") == 1
    with pytest.raises(OperatorError, match="box_already_destroyed"):
        done(paper, witness="Someone Else")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"witness": ""}, "witness_is_same"),
        ({"witness": " anne TREMBLAY "}, "witness_is_same"),
        ({"on": date(2027, 5, 31)}, "destroyed_on_wrong_day"),
        ({"on": date(2027, 6, 5)}, "destroyed_on_wrong_day"),
    ],
)
def test_it_takes_two_persons_and_a_day_between_authorisation_and_now(
    changes: dict[str, object], code: str, paper: Paper
) -> None:
    paper.ready().authorise()

    with pytest.raises(OperatorError, match=code):
        done(paper, **changes)
    assert "paper_destroyed" not in paper.kinds()


def test_nothing_is_done_that_was_not_authorised(paper: Paper) -> None:
    paper.ready()

    with pytest.raises(OperatorError, match="destruction_not_authorised"):
        done(paper)


@pytest.mark.parametrize("subject", [BOX, "812346"])
def test_a_hold_placed_after_the_authorisation_stops_the_destruction_until_it_is_released(
    subject: str, paper: Paper
) -> None:
    paper.ready().authorise()
    place_hold(subject, issuer=None, reason="appel", who=ANNE, keeping=paper.keeping)

    with pytest.raises(OperatorError, match="destruction_hindered"):
        done(paper)
    with pytest.raises(OperatorError, match="destruction_hindered"):
        paper.authorise()
    assert known_box(BOX, records=paper.keeping.records).state is BoxState.SEALED
    release_hold(subject, issuer=None, reason="fin", who=ANNE, keeping=paper.keeping)
    assert done(paper) is DestructionState.DONE


def test_what_is_refused_leaves_no_object_behind(paper: Paper) -> None:
    paper.ready().authorise()
    place_hold(BOX, issuer=None, reason="appel", who=ANNE, keeping=paper.keeping)
    before = set(paper.archive.objects.objects)

    with pytest.raises(OperatorError, match="destruction_hindered"):
        done(paper)
    assert set(paper.archive.objects.objects) == before


@pytest.mark.parametrize("schedule", [None, KEEP])
def test_a_rule_that_fell_after_the_authorisation_stops_the_destruction(
    schedule: RetentionSchedule | None, paper: Paper
) -> None:
    paper.ready().authorise()

    with pytest.raises(OperatorError, match="destruction_hindered"):
        destroyed(BOX, schedule, on=date(2027, 6, 2), who=ANNE, witness=LUC, keeping=paper.at(LATER + timedelta(1)))


def test_a_destroyed_box_is_not_opened_again(paper: Paper) -> None:
    paper.ready().authorise()
    done(paper)

    with pytest.raises(OperatorError, match="box_already_destroyed"):
        reopen_box(BOX, reason="x", who=ANNE, keeping=paper.keeping)
    assert issued(BOX, keeping=paper.keeping) is not None


def test_a_kill_before_it_is_recorded_done_leaves_it_authorised(paper: Paper, monkeypatch: pytest.MonkeyPatch) -> None:
    paper.ready().authorise()
    records = paper.archive.records

    def killed() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(records, "transaction", killed)
    with pytest.raises(KeyboardInterrupt):
        done(paper)
    monkeypatch.undo()

    assert known_box(BOX, records=records).state is BoxState.SEALED
    assert done(paper) is DestructionState.DONE


# Verification of certificates


def test_a_certificate_of_this_archive_holds(paper: Paper) -> None:
    text = paper.ready().authorise().text
    verdict = verify_certificate(text, keeping=paper.keeping)

    assert verdict.differences == ()
    assert dict(verdict.checked)["objects"] >= 4


def test_a_forged_certificate_is_named(paper: Paper) -> None:
    text = paper.ready().authorise().text

    forged = text.replace("Anne", "Anna")
    assert [its.code for its in verify_certificate(forged, keeping=paper.keeping).differences] == [
        "certificate_unknown"
    ]


def test_a_copy_lost_after_the_paper_went_is_named(paper: Paper) -> None:
    paper.ready().authorise()
    done(paper)
    its = issued(BOX, keeping=paper.keeping)
    assert its is not None
    del paper.archive.objects.objects[sha256(PAGES)]

    found = verify_certificate(its.text, keeping=paper.keeping).differences
    assert [(each.code, each.subject) for each in found] == [("object_missing", sha256(PAGES))]


@pytest.mark.parametrize("text", ["", "{}", "[]", "[" * 100_000, '{"type": "other"}', "\ud800"])
def test_a_file_that_is_no_certificate_is_refused(text: str, paper: Paper) -> None:
    with pytest.raises(InputRefused, match="no_certificate"):
        verify_certificate(text, keeping=paper.keeping)


def test_a_certificate_altered_in_the_store_is_not_handed_out(paper: Paper) -> None:
    its = paper.ready().authorise().destruction
    paper.archive.objects.objects[its.certificate] = b"forged"

    with pytest.raises(IntegrityError, match="object_altered"):
        issued(BOX, keeping=paper.keeping)


def test_two_boxes_of_one_batch_go_apart(paper: Paper) -> None:
    other = BoxName("B-18")
    make_box(other, "rayon 5", who=ANNE, keeping=paper.keeping)
    put_sheets(other, paper.batch, [3], who=ANNE, keeping=paper.keeping)
    paper.ready()
    found = json.loads(paper.authorise().text)

    assert [its["sheet"] for its in found["sheets"]] == [1, 2]
    seal_box(other, counted=1, who=Person("Luc Roy", "lroy"), keeping=paper.keeping)
    hindered = examine(other, SCHEDULE, keeping=paper.at(LATER), runner=paper.archive.runner).hindered_by
    assert {its.code for its in hindered} == {"quality_sample_missing"}
    assert isinstance(found["box"]["contents"], str)
    assert Digest(found["box"]["contents"]) != sha256(b"")


def test_the_ledger_is_read_once_for_a_box_of_several_batches(paper: Paper, monkeypatch: pytest.MonkeyPatch) -> None:
    batches = [paper.archive.take({f"{number}.pdf": b"no %d" % number}) for number in (900001, 900002)]
    real, reads = paper.archive.records.ledger, 0

    def ledger() -> Iterator[LedgerEntry]:
        nonlocal reads
        reads += 1
        return real()

    monkeypatch.setattr(paper.archive.records, "ledger", ledger)
    assert verify_copies(batches, keeping=paper.keeping, runner=paper.archive.runner).clean
    assert reads == 1
