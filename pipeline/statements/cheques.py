"""Cheques: the amount, where the text layer says it twice; and the sum of the statements that came in one envelope."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.model import Decision, Field, PageId, Reason, RuleResult, RuleVerdict
from pipeline.ocr.grammar.amounts import format_cents, parse_cents
from pipeline.ocr.grammar.characters import plain_ascii
from pipeline.statements.rules import Fields, settled

CHEQUE_SUM: Final = "cheque_sum"
CHEQUE_AMOUNT: Final = "cheque_amount"
"""The field of a cheque whose amount a person entered."""
CHEQUE_REASONS: Final = frozenset(
    {"cheque_amount_unsure", "cheque_payments_unsure", "cheque_sum_differs", "cheque_shared"}
)
"""What cheques say of the statements they pay."""
_FIGURES: Final = re.compile(r"\$ ?(\d{1,3}(?:[ ,]?\d{3})*)[.,](\d{2})\b|\b(\d{1,3}(?:[ ,]?\d{3})*)[.,](\d{2}) ?\$")
_IN_FULL: Final = re.compile(r"\b(\d{1,3}(?:[ ,]?\d{3})*)[ \-=_~*.x]*\b(\d{2}) ?/ ?100\b")
"""The amount in words as people shorten it: `162 ------ 00/100`."""


def cheque_cents(text: str) -> int | None:
    """The amount of a cheque when its figures and its line in full say the same; null else, for a person to read."""
    plain = plain_ascii(text)
    figures = {_cents(dollars or more, cents or rest) for dollars, cents, more, rest in _FIGURES.findall(plain)}
    in_full = {_cents(dollars, cents) for dollars, cents in _IN_FULL.findall(plain)}
    return next(iter(figures)) if len(figures) == 1 and figures == in_full else None


def _cents(dollars: str, cents: str) -> int:
    return int(re.sub(r"\D", "", dollars)) * 100 + int(cents)


@dataclass(frozen=True, slots=True)
class Remittance:
    """A cheque, or a return document that pays, in the order of the paper.

    Attributes:
        page: of the cheque, or the first of the return document.
        cents: null where it is not sure.
    """

    page: PageId
    is_cheque: bool
    cents: int | None


@dataclass(frozen=True, slots=True)
class ChequeCheck:
    """What was found of one or more cheques and the return documents they pay.

    Attributes:
        papers: all of them, in the order of the paper.
    """

    result: RuleResult
    reasons: tuple[Reason, ...] = ()
    papers: tuple[Remittance, ...] = ()

    @property
    def cheques(self) -> tuple[PageId, ...]:
        return tuple(paper.page for paper in self.papers if paper.is_cheque)

    @property
    def returns(self) -> tuple[PageId, ...]:
        """The first page of each return document."""
        return tuple(paper.page for paper in self.papers if not paper.is_cheque)


def given_cents(fields: Fields, text: str) -> int | None:
    """The amount of a cheque: what persons entered where they were asked, null while that is not sure; else what is
    read in its text."""
    entered = next((field for field in fields if field.name == CHEQUE_AMOUNT), None)
    return cheque_cents(text) if entered is None else _settled_cents(entered)


def paid_cents(fields: Fields) -> int | None:
    """What a return document pays: the amount paid where it is entered, else the total; null when not sure.

    A plea of not guilty without an amount pays nothing.
    """
    named = {field.name: field for field in fields}
    paid = named.get("amount_paid")
    if paid is not None and paid.decision is not Decision.EMPTY:
        return _settled_cents(paid)
    if settled(named.get("plea")) == "not_guilty" or settled(named.get("plea_not_guilty")) is True:
        return 0
    total = named.get("total_requested")
    return None if total is None else _settled_cents(total)


def check_cheques(papers: Sequence[Remittance]) -> dict[PageId, ChequeCheck]:
    """Whether the cheques of an envelope make the sum of what its return documents pay.

    Args:
        papers: of one envelope, or of a file that holds several without a separator between them: then each cheque is
            taken for the return documents before it.

    Returns:
        For each return document that came with a cheque: unknown, and why, where an amount is not sure and a person
        must read it; broken, with both sums, where they differ.
    """
    whole = _checked(papers)
    several = sum(paper.is_cheque for paper in papers) > 1
    if whole is None:
        return {}
    if not several or whole.result.verdict is RuleVerdict.HOLDS:
        return {paper.page: whole for paper in papers if not paper.is_cheque}
    found: dict[PageId, ChequeCheck] = {}
    for part in _parts(papers):
        check = _checked(part)
        if check is not None:
            found |= {paper.page: check for paper in part if not paper.is_cheque}
    return found


def _parts(papers: Sequence[Remittance]) -> list[list[Remittance]]:
    """Return documents with the cheques that follow them."""
    parts: list[list[Remittance]] = [[]]
    for paper in papers:
        if not paper.is_cheque and parts[-1] and parts[-1][-1].is_cheque:
            parts.append([])
        parts[-1].append(paper)
    return parts


def _checked(papers: Sequence[Remittance]) -> ChequeCheck | None:
    """Null without a cheque, or without a return document."""
    cheques = [paper.cents for paper in papers if paper.is_cheque]
    payments = [paper.cents for paper in papers if not paper.is_cheque]
    if not cheques or not payments:
        return None
    given, asked, all_ = _sum(cheques), _sum(payments), tuple(papers)
    if given is None:
        return ChequeCheck(RuleResult(CHEQUE_SUM, RuleVerdict.UNKNOWN), (Reason("cheque_amount_unsure"),), all_)
    if asked is None:
        unsure = Reason("cheque_payments_unsure", (("cheques", format_cents(given)),))
        return ChequeCheck(RuleResult(CHEQUE_SUM, RuleVerdict.UNKNOWN), (unsure,), all_)
    if given == asked:
        return ChequeCheck(RuleResult(CHEQUE_SUM, RuleVerdict.HOLDS), papers=all_)
    both = (("cheques", format_cents(given)), ("payments", format_cents(asked)))
    return ChequeCheck(RuleResult(CHEQUE_SUM, RuleVerdict.BROKEN), (Reason("cheque_sum_differs", both),), all_)


def _settled_cents(field: Field) -> int | None:
    value = settled(field)
    try:
        return parse_cents(value) if isinstance(value, str) else None
    except ValueError:
        return None


def shares_problem(shares: Sequence[int], given: int) -> Reason | None:
    """Why a cheque cannot be shared so; null when it can: no amount below zero, and together what it gives.

    Args:
        shares, given: in cents.
    """
    if any(cents < 0 for cents in shares):
        return Reason("share_below_zero")
    found = sum(shares)
    if found == given:
        return None
    return Reason("shares_differ", (("shares", format_cents(found)), ("cheques", format_cents(given))))


def _sum(amounts: Sequence[int | None]) -> int | None:
    known = [cents for cents in amounts if cents is not None]
    return sum(known) if len(known) == len(amounts) else None
