"""A flow for tests of use cases whose pages say layout and entries in one line.

`iv.return.front statement_number=812345 plate=ABC123 total_requested?=162.00 signatory_quality=` is a form with two
sure values, one in doubt and an empty space; `letter`, `cheque`, `receipt`, `other` are enclosures with the text that
follows, `separator` and `blank` what they say; words behind `separator` are its codes. `doubtful` may be a separator.
"""

from __future__ import annotations

from pipeline.geometry import BoxMm, BoxPx
from pipeline.model import (
    Decision,
    EnclosureKind,
    Field,
    Kind,
    LayoutId,
    PageBytes,
    PageLabel,
    PageOutcome,
    Reason,
    SheetOutcome,
)
from pipeline.statements.rules import check_rules

_KINDS = {
    "statement_number": Kind.STATEMENT_NO,
    "detachable_statement_number": Kind.STATEMENT_NO,
    "plate": Kind.PLATE,
    "plea": Kind.CHOICE,
}


def form_flow(sides: tuple[PageBytes, ...]) -> SheetOutcome:
    return SheetOutcome(tuple(_outcome(side.data.decode()) for side in sides))


def _outcome(line: str) -> PageOutcome:
    word, *entries = line.split()
    if word in ("separator", "blank"):
        return PageOutcome(PageLabel(word), (100, 200), text=line, barcodes=tuple(entries))
    if word == "doubtful":
        reasons = (Reason("separator_doubtful", (("ways", "patch"),)),)
        return PageOutcome(PageLabel.UNIDENTIFIED, (100, 200), text=line, barcodes=tuple(entries), reasons=reasons)
    if word in tuple(EnclosureKind):
        return PageOutcome(PageLabel.ENCLOSURE, (100, 200), text=line, enclosure=EnclosureKind(word))
    fields, rules = check_rules(tuple(_field(entry) for entry in entries))
    layout = LayoutId(f"{word}.fr@generic-1")
    return PageOutcome(PageLabel.FORM, (100, 200), layout=layout, text=line, fields=fields, rules=rules)


def _field(entry: str) -> Field:
    name, _, value = entry.partition("=")
    decision = Decision.REVIEW if name.endswith("?") else Decision.ACCEPTED if value else Decision.EMPTY
    name = name.removesuffix("?")
    kind = Kind.DATE if name.endswith("date") else _KINDS.get(name, Kind.TEXT)
    if name == "plea" and not value:
        decision = Decision.ACCEPTED
    box = (BoxMm(10, 10, 50, 8), BoxPx(39, 39, 197, 32))
    return Field(name, kind, True, value or None, value, 0.9, decision, "fake", *box)
