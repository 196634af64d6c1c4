"""The end of paper: everything that hinders it is found, a certificate is made, a person destroys, and it is recorded.

Two steps, each safe to do again after a kill. Authorising makes the certificate and enters it in the ledger. Then a
person destroys the paper with a witness, and says so. The program destroys nothing: copies stay.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from io import BytesIO

from pipeline.custody.boxes import BoxName, BoxRow, BoxState, Destruction, DestructionState, Person
from pipeline.custody.retention import RetentionSchedule, SampleSize
from pipeline.errors import IntegrityError, InvariantBroken, OperatorError, Unavailable
from pipeline.evidence.canonical import digest_of
from pipeline.evidence.certificate import certificate, completed, parse_certificate
from pipeline.evidence.retention import BoxFacts, obstacles, rules_of
from pipeline.evidence.verdict import Difference, Verdict
from pipeline.model import BatchId, Digest, Reason
from pipeline.ports import JobRunner, Progress, Records
from pipeline.usecases.box_facts import box_facts, local_day
from pipeline.usecases.boxes import known_box
from pipeline.usecases.certified import certified, originals_told, seal_over
from pipeline.usecases.holds import holds_on
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.paper_entries import box_now, compare_paper, destruction_now, entry_body
from pipeline.usecases.progress import SILENT
from pipeline.usecases.quality_sample import WITHOUT_RULE
from pipeline.usecases.verify import verify_batches

STILL_STOPS = frozenset(
    {
        "box_on_hold",
        "statement_on_hold",
        "no_retention_rule",
        "rule_not_in_force",
        "paper_kept_by_rule",
        "box_open",
        "box_empty",
        "box_count_differs",
        "quality_sample_outdated",
        "sheet_at_fault",
    }
)
"""What, having come up since a destruction was authorised, keeps it from being recorded as done."""


@dataclass(frozen=True, slots=True)
class Examined:
    """A box examined for destruction: what is known of it, and what hinders."""

    facts: BoxFacts
    hindered_by: tuple[Reason, ...]
    examined_at: datetime


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate, as it is kept."""

    destruction: Destruction
    text: str


def examine(
    name: str,
    schedule: RetentionSchedule | None,
    *,
    keeping: Keeping,
    runner: JobRunner,
    progress: Progress = SILENT,
) -> Examined:
    """Verify every copy of what a box holds now, and find everything that hinders its destruction.

    Args:
        schedule: null where the site has none.

    Where the site signs its seals, every batch must be under a signed one.

    Raises:
        OperatorError: `unknown_box`.
    """
    row = known_box(name, records=keeping.records)
    batches = sorted({each.batch for each in keeping.records.boxes.sheets(row.name)})
    verdict = verify_copies(batches, keeping=keeping, runner=runner, progress=progress)
    signs = keeping.sealing.signer is not None
    unsealed = tuple(
        batch for batch in batches if signs and seal_over(batch, records=keeping.records, signed=True) is None
    )
    facts = box_facts(row, records=keeping.records, verification=verdict, unsealed_batches=unsealed)
    now = keeping.clock.now()
    return Examined(facts, obstacles(facts, schedule, day=local_day(now)), now)


def verify_copies(
    batches: list[BatchId], *, keeping: Keeping, runner: JobRunner, progress: Progress = SILENT
) -> Verdict:
    """The ledger, all that is kept of the batches, their transfer records, and the records of paper."""
    verdict = verify_batches(batches, keeping=keeping, runner=runner, progress=progress)
    differences = list(verdict.differences)
    for batch in batches:
        for ref in keeping.records.transfers.of_batch(batch):
            differences += _wrong_with(ref.digest, keeping)
    differences += compare_paper(keeping.records)
    return Verdict(tuple(dict.fromkeys(differences)), verdict.checked)


def authorise(examined: Examined, schedule: RetentionSchedule, *, who: Person, keeping: Keeping) -> Issued:
    """Make the certificate of a box that nothing hinders, store it, and enter it in the ledger.

    A box that is authorised or destroyed already gets the certificate it has.

    Raises:
        OperatorError: `destruction_hindered`.
        Unavailable: `box_changed` when somebody changed the box or placed a hold while it was examined.
    """
    row = examined.facts.box
    known = issued(row.name, keeping=keeping)
    if known is not None and known.destruction.state is DestructionState.DONE:
        return known
    if examined.hindered_by:
        codes = ", ".join(dict.fromkeys(each.code for each in examined.hindered_by))
        raise OperatorError("destruction_hindered", box=row.name, codes=codes)
    if known is not None:
        return known
    number = f"{row.name}/d{len(keeping.records.boxes.destructions(row.name)) + 1}"
    told = certified(examined.facts, schedule, number, at=examined.examined_at, who=who, records=keeping.records)
    text = certificate(told)
    _require_unchanged(examined, keeping.records)
    ref = keeping.objects.put(BytesIO(text.encode()))
    its = Destruction(
        id=number,
        box=row.name,
        state=DestructionState.AUTHORISED,
        contents=examined.facts.contents,
        certificate=ref.digest,
        authorised_at=examined.examined_at,
        authorised_by=who,
    )
    with keeping.records.transaction() as change:
        _require_unchanged(examined, keeping.records)
        change.objects.put(ref)
        change.boxes.put_destruction(its)
        facts = entry_body(destruction_now(its), who, originals=originals_told(examined.facts, records=keeping.records))
        change.append("destruction_authorised", its.id, facts)
    return Issued(its, text)


def issued(box: BoxName, *, keeping: Keeping) -> Issued | None:
    """The certificate of a box: of its destruction, else of its authorisation; null when there is none in force.

    Raises:
        IntegrityError: `object_missing`, `object_altered`: the certificate is not what it was.
    """
    destructions = keeping.records.boxes.destructions(box)
    its = destructions[-1] if destructions else None
    if its is None or its.state is DestructionState.WITHDRAWN:
        return None
    digest = its.completed or its.certificate
    try:
        return Issued(its, keeping.objects.get(digest).decode())
    except KeyError:
        raise IntegrityError("object_missing", digest=digest) from None


def destroyed(
    name: str, schedule: RetentionSchedule | None, *, on: date, who: Person, witness: str, keeping: Keeping
) -> Issued:
    """Record that a person destroyed the paper of an authorised box, and complete its certificate.

    Args:
        on: the day, where the paper was.

    Raises:
        OperatorError: `unknown_box`; `destruction_not_authorised`; `witness_is_same`; `destroyed_on_wrong_day` before
            the authorisation or in the future; `destruction_hindered` when a hold or another reason has come up since;
            `box_already_destroyed` when other facts are on record.
    """
    records = keeping.records
    row = known_box(name, records=records)
    known = issued(row.name, keeping=keeping)
    if known is None:
        raise OperatorError("destruction_not_authorised", box=name)
    its = known.destruction
    if its.state is DestructionState.DONE:
        if (its.destroyed_on, its.destroyed_by, its.witness) != (on, who, witness):
            raise OperatorError("box_already_destroyed", box=name)
        return known
    now = keeping.clock.now()
    _require_two_persons(who, witness)
    _require_day_between(its.authorised_at, on, now)
    done = replace(its, state=DestructionState.DONE, destroyed_on=on, destroyed_by=who, witness=witness)
    text = completed(known.text, its.certificate, done, recorded_at=now)
    _require_nothing_new(row, its, schedule, on, records)
    ref = keeping.objects.put(BytesIO(text.encode()))
    done = replace(done, completed=ref.digest)
    gone = replace(row, state=BoxState.DESTROYED)
    with records.transaction() as change:
        _require_nothing_new(row, its, schedule, on, records)
        change.objects.put(ref)
        change.boxes.put_destruction(done)
        change.boxes.put_box(gone)
        change.append("paper_destroyed", done.id, entry_body(destruction_now(done), who))
        change.append("box_destroyed", row.name, entry_body(box_now(gone, records.boxes.sheets(row.name)), who))
    return Issued(done, text)


def verify_certificate(text: str, *, keeping: Keeping) -> Verdict:
    """Whether a certificate is one of this archive's, and everything it names is still kept as it says.

    Raises:
        InputRefused: `no_certificate`.
    """
    found = parse_certificate(text)
    differences: list[Difference] = []
    if digest_of(text) not in keeping.records.boxes.certificates():
        differences.append(Difference("certificate_unknown", found.number))
    differences += [each for each in compare_paper(keeping.records) if each.subject in (found.number, found.box.name)]
    objects = dict.fromkeys(digest for _, digest in found.objects())
    for digest in objects:
        differences += _wrong_with(digest, keeping)
    checked = (("certificates", 1), ("objects", len(objects)))
    return Verdict(tuple(dict.fromkeys(differences)), checked)


def wanted_sample(name: str, schedule: RetentionSchedule | None, *, keeping: Keeping) -> SampleSize:
    """How large a sample the rules in force want of a box: the largest, with the fewest faults.

    Raises:
        OperatorError: `unknown_box`.
    """
    facts = box_facts(known_box(name, records=keeping.records), records=keeping.records)
    rules = () if schedule is None else rules_of(schedule, facts.sheets, local_day(keeping.clock.now()))
    sizes = [rule.paper.sample for rule in rules if rule.paper is not None] or [WITHOUT_RULE]
    return SampleSize(
        least=max(size.least for size in sizes),
        percent=max(size.percent for size in sizes),
        most_faults=min(size.most_faults for size in sizes),
    )


def _require_two_persons(who: Person, witness: str) -> None:
    if not witness.strip() or witness.strip().casefold() == who.by.strip().casefold():
        raise OperatorError("witness_is_same", person=who.by)


def _require_day_between(first: datetime, on: date, last: datetime) -> None:
    if not local_day(first) <= on <= local_day(last):
        days = {"first": local_day(first).isoformat(), "last": local_day(last).isoformat()}
        raise OperatorError("destroyed_on_wrong_day", on=on.isoformat(), **days)


def _require_unchanged(examined: Examined, records: Records) -> None:
    row = examined.facts.box
    sheets = records.boxes.sheets(row.name)
    same = (
        records.boxes.box(row.name) == row
        and tuple(sheet.ref for sheet in examined.facts.sheets) == sheets
        and not holds_on(row.name, sheets, records=records)
        and (records.boxes.samples(row.name) or (None,))[-1] == examined.facts.sample
    )
    if not same:
        raise Unavailable("box_changed", box=row.name)


def _require_nothing_new(
    row: BoxRow, its: Destruction, schedule: RetentionSchedule | None, on: date, records: Records
) -> None:
    facts = box_facts(row, records=records)
    if facts.contents != its.contents:
        raise InvariantBroken("sealed_box_changed", box=row.name)
    found = [each for each in obstacles(facts, schedule, day=on) if each.code in STILL_STOPS]
    if found:
        raise OperatorError("destruction_hindered", box=row.name, codes=", ".join(each.code for each in found))


def _wrong_with(digest: Digest, keeping: Keeping) -> list[Difference]:
    try:
        keeping.objects.check(digest)
    except KeyError:
        return [Difference("object_missing", digest)]
    except IntegrityError:
        return [Difference("object_altered", digest)]
    return []
