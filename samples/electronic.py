"""The sample of electronic statements: two that paper return documents of the other samples answer, and one alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from pipeline.model import MARK_KINDS, PRESENCE_KINDS, FieldValue, Kind, Language, Layout, LayoutId, Schedule
from pipeline.statements.electronic import ANSWERS, FORMAT, OWN_NAMES, Json
from pipeline.statements.electronic_checks import KnownForms, read_statement
from pipeline.storage.issuer_files import load_issuers
from pipeline.storage.layout_files import load_catalogue, load_fonts, load_layouts
from pipeline.templates.entries import entry_artwork
from samples.batches import BATCHES, GENERIC
from samples.case import Case, draw_case
from samples.content import Draft, drafts, text_value

FILE: Final = "tickets.jsonl"
ISSUER: Final = "generic"
"""Whose the paper of the other samples is, where nobody says another."""
_ANSWERED: Final = (("loose", "c1"), ("patrol", "late-003"))
"""Batches and files of return documents that came in without their statement."""
_ALONE_SEED: Final = 20261128


def electronic_text() -> str:
    """The file: a statement a line. Each can be registered; the same every time."""
    known = KnownForms({its.id: its for its in load_layouts()}, load_issuers(), load_catalogue(), load_fonts())
    lines = []
    for number, (case, schedule, language, edition) in enumerate(_cases(), start=1):
        layout = known.layouts[LayoutId(f"{schedule}.statement.front.{language}@{edition}")]
        text = json.dumps(_statement(case, layout, number, known), ensure_ascii=False)
        read_statement(text.encode(), known)
        lines.append(text)
    return "\n".join(lines) + "\n"


def write_electronic(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(electronic_text(), encoding="utf-8")


def _cases() -> Iterator[tuple[Case, Schedule, Language, str]]:
    for batch, name in _ANSWERED:
        (file,) = (its for plan in BATCHES if plan.name == batch for its in plan.files if its.name == name)
        chance = np.random.default_rng([*batch.encode("ascii"), file.group])
        yield draw_case(chance, file.schedule, file.language), file.schedule, file.language, GENERIC
    chance = np.random.default_rng(_ALONE_SEED)
    yield draw_case(chance, Schedule.IV, Language.FR), Schedule.IV, Language.FR, "mobile-1"


def _statement(case: Case, layout: Layout, number: int, known: KnownForms) -> dict[str, Json]:
    chance = np.random.default_rng([_ALONE_SEED, number])
    entered = {draft.zone.name: _value(draft, known) for draft in drafts(case, layout, chance)}
    particulars: dict[str, Json] = {
        name: value
        for name, value in entered.items()
        if value not in (None, False) and name not in ANSWERS and name not in OWN_NAMES
    }
    signed = [
        zone.name
        for zone in layout.zones
        if zone.kind is Kind.SIGNATURE and zone.name not in ANSWERS and zone.name.startswith(("attestor", "issuer"))
    ]
    day = next((str(particulars[its]) for its in ("offence_date", "issue_date") if its in particulars), "2026-06-30")
    time = str(particulars.get("offence_time", "12:00"))
    return {
        "format": FORMAT,
        "schedule": str(layout.schedule),
        "issuer": ISSUER,
        "number": case.number,
        "language": str(layout.language),
        "edition": layout.edition,
        "issued_at": f"{day}T{time}:00-05:00",
        "issued_by": {"device": f"M-{400 + number:04d}", "officer": str(particulars.get("attestor_badge", "0000"))},
        "particulars": particulars,
        "signatures": [{"particular": name, "method": "sample", "proof": f"sample-{number}"} for name in signed],
    }


def _value(draft: Draft, known: KnownForms) -> FieldValue:
    """As a device would state it: the longest wording that has room; null for nothing."""
    zone = draft.zone
    if zone.printed_value is not None or zone.kind in PRESENCE_KINDS:
        return None
    if zone.kind in MARK_KINDS or draft.value is not None:
        return draft.value
    values = (text_value(zone, text) for text in draft.texts)
    return next((value for value in values if entry_artwork(zone, value, known.fonts) is not None), None)
