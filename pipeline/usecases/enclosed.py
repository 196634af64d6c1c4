"""What the enclosures of a batch tell of its statements: cheques that pay, documents that prove a service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from pipeline.custody import PageRow, StatementRow
from pipeline.model import Document, EnclosureKind, PageId, PageOutcome, RuleResult, RuleVerdict
from pipeline.statements.cheques import CHEQUE_AMOUNT, ChequeCheck, Remittance, check_cheques, given_cents, paid_cents
from pipeline.statements.enclosures import states_reference
from pipeline.statements.envelopes import cuts
from pipeline.statements.pairing import layout_parts
from pipeline.statements.rules import settled

SERVICE_PROOF = "service_proof"


@dataclass(frozen=True, slots=True)
class Enclosed:
    """The statements with what their enclosures tell, and the outcomes of enclosures that are now known for what
    they are."""

    statements: tuple[StatementRow, ...]
    revised: Mapping[PageId, PageOutcome]


def with_enclosures(
    statements: Sequence[StatementRow], pages: Sequence[PageRow], outcomes: Mapping[PageId, PageOutcome]
) -> Enclosed:
    """Tie proofs of service to the reference that the statement states, and check cheques against what is paid.

    Args:
        pages: all of the batch.
        outcomes: as revised so far.
    """
    revised: dict[PageId, PageOutcome] = {}
    checks = cheque_checks(pages, outcomes)
    told = []
    for row in statements:
        proofs = _proofs(row, outcomes)
        revised |= proofs
        kinds = {**outcomes, **proofs}
        found = [checks[page] for page in row.returns if page in checks]
        rules = [check.result for check in found] + _service_proof(row, kinds, tied=frozenset(proofs))
        reasons = (reason for check in found for reason in check.reasons)
        told.append(
            replace(
                row,
                rules=(*row.rules, *dict.fromkeys(rules)),
                reasons=tuple(dict.fromkeys((*row.reasons, *reasons))),
            )
        )
    changed = {page: outcome for page, outcome in revised.items() if outcome != outcomes[page]}
    return Enclosed(tuple(told), changed)


def _proofs(row: StatementRow, outcomes: Mapping[PageId, PageOutcome]) -> dict[PageId, PageOutcome]:
    """Enclosures that bear the statement's reference of service: proofs, whatever else they look like; but a letter may
    quote the reference."""
    fields = (field for page in row.pages if page in outcomes for field in outcomes[page].fields)
    references = [settled(field) for field in fields if field.name == "service_reference"]
    return {
        page: replace(outcomes[page], enclosure=EnclosureKind.PROOF_OF_SERVICE)
        for page in row.enclosures
        if page in outcomes
        and outcomes[page].enclosure not in (None, EnclosureKind.LETTER, EnclosureKind.CHEQUE)
        and any(isinstance(code, str) and states_reference(outcomes[page].text, code) for code in references)
    }


def _service_proof(
    row: StatementRow, outcomes: Mapping[PageId, PageOutcome], *, tied: frozenset[PageId]
) -> list[RuleResult]:
    """Whether the document that the statement refers to is there; nothing without a proof of service."""
    proofs = [
        page
        for page in row.enclosures
        if page in outcomes and outcomes[page].enclosure is EnclosureKind.PROOF_OF_SERVICE
    ]
    verdict = RuleVerdict.HOLDS if tied else RuleVerdict.UNKNOWN
    return [RuleResult(SERVICE_PROOF, verdict, ("service_reference",))] if proofs else []


def cheque_checks(pages: Sequence[PageRow], outcomes: Mapping[PageId, PageOutcome]) -> dict[PageId, ChequeCheck]:
    """What is found of each return document that came with a cheque, by its first page.

    Args:
        pages: of whole groups.
        outcomes: of these pages; effective, where persons looked at them.
    """
    found: dict[PageId, ChequeCheck] = {}
    for papers in _envelopes(pages, outcomes):
        found |= check_cheques(papers)
    return found


def _envelopes(pages: Sequence[PageRow], outcomes: Mapping[PageId, PageOutcome]) -> Iterable[list[Remittance]]:
    """What pays and what is paid, envelope by envelope: files of one group, cut at separators."""
    ordered = sorted(pages, key=lambda page: (page.group, page.sheet, page.side == "back"))
    for _, members in groupby(ordered, key=lambda page: page.group):
        papers: list[Remittance] = []
        for _, each in groupby(members, key=lambda page: page.sheet):
            sides = tuple(each)
            known = [(side.id, outcomes[side.id]) for side in sides if side.id in outcomes]
            cutting = any(cuts(side.label, side.reasons) for side in sides)
            if cutting:
                yield papers
                papers = []
            papers += _remittances(known)
        yield papers


def is_cheque(outcome: PageOutcome) -> bool:
    """Whether a page was read as a cheque, or a person entered its amount."""
    return outcome.enclosure is EnclosureKind.CHEQUE or outcome.field(CHEQUE_AMOUNT) is not None


def _remittances(sides: Sequence[tuple[PageId, PageOutcome]]) -> list[Remittance]:
    """Of one sheet: its cheque, or the return document on it."""
    for page, outcome in sides:
        if is_cheque(outcome):
            return [Remittance(page, is_cheque=True, cents=given_cents(outcome.fields, outcome.text))]
    returned = [page for page, outcome in sides if layout_parts(outcome.layout)[1] is Document.RETURN]
    if not returned:
        return []
    fields = tuple(field for _, outcome in sides for field in outcome.fields)
    return [Remittance(returned[0], is_cheque=False, cents=paid_cents(fields))]
