"""What the court API answers with. Members are only ever added."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, Field

from pipeline.conformity import Weight
from pipeline.custody import PageRole
from pipeline.model import EnclosureKind, Kind, PageState, RuleVerdict, Schedule, Side
from pipeline.statements.answers import Answer


class Reason(BaseModel):
    """Why a person should look, or what is to be known: a code and its facts."""

    code: str
    facts: dict[str, str] = Field(default_factory=dict)


class RuleAnswer(BaseModel):
    """What a rule across fields found."""

    id: str
    verdict: RuleVerdict
    fields: list[str]


class Reference(BaseModel):
    """One version of one stored object."""

    bucket: str
    key: str
    version_id: str
    sha256: str
    size_bytes: int


class Standing(StrEnum):
    """How far a particular is."""

    ACCEPTED = "accepted"
    REVIEW = "review"
    EMPTY = "empty"
    ILLEGIBLE = "illegible"


class Origin(StrEnum):
    """What the statement itself was from the start. Its return documents may be paper where it was not."""

    PAPER = "paper"
    ELECTRONIC = "electronic"


class Source(StrEnum):
    """What gave a value: the form itself, the electronic original, the reading, one person, several, a supervisor."""

    LAYOUT = "layout"
    ELECTRONIC = "electronic"
    READER = "reader"
    PERSON = "person"
    PERSONS = "persons"
    SUPERVISOR = "supervisor"


class Particular(BaseModel):
    """What stands in one space of a form."""

    name: str
    kind: Kind
    value: str | bool | None = Field(description="Normalised; null when empty, illegible or undecided.")
    state: Standing
    source: Source
    confidence: float = Field(
        ge=0.0, le=1.0, description="Probability that the value is right; 1 once persons decided."
    )
    critical: bool
    reasons: list[Reason] = Field(description="Why it is in review.")


class FindingAnswer(BaseModel):
    """One thing that is not as the Regulation asks."""

    weight: Weight
    code: str
    section: str
    place: str
    facts: dict[str, str]


class ConformityAnswer(BaseModel):
    """The verdict on required print and entries."""

    holds: bool
    findings: list[FindingAnswer]


class PageAnswer(BaseModel):
    """One side of the paper."""

    id: str
    document: PageRole
    side: Side
    position: int = Field(ge=1, description="Among the pages of this document and side.")
    sheet: int
    state: PageState
    layout: str | None = Field(description="Of the form; null for an enclosure.")
    enclosure_kind: EnclosureKind | None
    sha256: str | None = Field(description="Of the page as received.")
    particulars: list[Particular]
    conformity: ConformityAnswer | None = Field(description="Null where no form was recognised.")
    reasons: list[Reason]
    objects: dict[str, Reference] = Field(description="`original` is the file as received, the others derivatives.")
    page_screen: str | None = Field(description="Address of its image; null where there is none.")


class Deadlines(BaseModel):
    """Of the plea."""

    service_date: date | None = Field(description="Null while no date is accepted, or two differ.")
    plea_due_on: date | None = Field(description="30 days after service, moved on by holidays.")
    verdict: RuleVerdict | None = Field(description="Whether the answer came in time; null without an answer.")


class OtherForm(BaseModel):
    """Another form of the same statement (several counts or defendants)."""

    number: str | None
    state: PageState
    href: str | None


class TransferAnswer(BaseModel):
    """Where the record of a transfer from paper is."""

    subject: str
    batch: str
    sha256: str


class Links(BaseModel):
    """Addresses to go on from here."""

    self: str
    court_record_number: str | None
    hard_copy: str
    proof: str
    all_pages: str | None = Field(default=None, description="With backs, where only fronts are here (s. 20).")
    manifest: str


class StatementAnswer(BaseModel):
    """All that is kept of a statement, with its return documents and enclosures."""

    issuer: str
    number: str | None
    designation: str | None
    schedule: Schedule | None
    origin: Origin
    state: PageState
    received_on: date | None
    answer: Answer | None
    court_record_number: str | None
    deadlines: Deadlines
    conformity: ConformityAnswer | None = Field(description="Of all its pages together.")
    rules: list[RuleAnswer]
    reasons: list[Reason]
    pages: list[PageAnswer] = Field(description="In the order of the paper: statement, return documents, enclosures.")
    waiting_since: date | None = Field(description="Of a return document alone: since when it waits for its statement.")
    missing_forms: list[str]
    other_forms: list[OtherForm]
    transfers: list[TransferAnswer]
    links: Links


class Found(BaseModel):
    """A line of a search."""

    issuer: str
    number: str
    designation: str | None
    states: list[PageState] = Field(description="As recorded with each batch that brought a part of it.")
    offence_date: date | None
    href: str


class FoundList(BaseModel):
    """A leaf of a search, by number and issuer."""

    statements: list[Found]
    next: str | None = Field(description="Address of the next leaf; null on the last.")


class Assigned(BaseModel):
    """A court record number that was given to a statement."""

    court_record_number: str
    at: datetime
    by: str = Field(description="Name of the client.")


class CourtNumberAnswer(BaseModel):
    """The court record that a statement is tied to."""

    issuer: str
    number: str
    court_record_number: str | None
    history: list[Assigned] = Field(description="Oldest first; the last is in force.")


class CourtNumberWish(BaseModel):
    """What to tie a statement to."""

    model_config = {"extra": "forbid"}

    court_record_number: str = Field(pattern=r"^[A-Z0-9][A-Z0-9-]{2,39}$", examples=["500-61-123456-268"])


class RecordAnswer(BaseModel):
    """What is tied to a court record."""

    court_record_number: str
    statements: list[StatementAnswer]
