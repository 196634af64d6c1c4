"""Hard copies and proofs that are handed out, made once for each state of a statement."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from pipeline.evidence.proof import proof_text
from pipeline.screens.hard_copy_terms import Audience
from pipeline.usecases.proof import statement_proof
from pipeline.usecases.retrieve import StatementReport
from pipeline.web.made_once import Made, state_of
from pipeline.web.parts import WebParts

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def hard_copy_of(report: StatementReport, audience: Audience, parts: WebParts) -> Made:
    """The hard copy for whom it is due; all that it shows is in the report. Raises as `export_hard_copy`."""
    return parts.copies.get(state_of("hard copy", audience, report), lambda: parts.hard_copy(report, audience).data)


def proof_of(report: StatementReport, parts: WebParts) -> Made:
    """The proof; gathered anew each time, as what is sealed says whether it changed. Raises as `statement_proof`."""
    found = statement_proof(report.parts, keeping=parts.keeping)
    state = state_of("proof", replace(found, made_at=_NEVER))
    return parts.copies.get(state, lambda: proof_text(found).encode("utf-8"))
