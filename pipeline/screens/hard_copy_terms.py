"""What a hard copy is made for: whom, of which document, on which form (ss. 9, 11, 18 to 22 of the Regulation)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.custody import PageRole
from pipeline.model import Language


class Audience(StrEnum):
    """Whom a hard copy is intended for."""

    COURT = "court"
    PROSECUTOR = "prosecutor"
    DEFENDANT = "defendant"


class FormSource(StrEnum):
    """What bears the particulars: the form as digitized, or the form drawn from its layout (s. 18)."""

    DIGITIZED = "digitized"
    PREPROGRAMMED = "preprogrammed"


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one hard copy.

    Attributes:
        issuer: whose number it is; empty when no issuer is known.
        language: of pages that have none of their own.
        with_back: for the prosecutor, who is given fronts alone unless he asks (s. 20).
        flat: PDF/A-1b without layers, for readers that know no layers.
        signed: the file will be signed; the mark says so.
        verify_url: address of a page that verifies hard copies; null without one.
        at: aware UTC; the date in the file.
        missing_pages: of the document, that could not be processed and are not shown; the mark says so.
        electronic: it was electronic from the start (s. 9, par. 1); its particulars then stand on the drawn form.
    """

    issuer: str
    number: str
    audience: Audience
    at: datetime
    document: PageRole = PageRole.STATEMENT
    source: FormSource = FormSource.DIGITIZED
    language: Language = Language.FR
    with_back: bool = False
    flat: bool = False
    signed: bool = False
    verify_url: str | None = None
    missing_pages: int = 0
    electronic: bool = False

    @property
    def identifier(self) -> str:
        """`issuer:number`, as the command line takes it."""
        return f"{self.issuer}:{self.number}" if self.issuer else self.number

    @property
    def backs(self) -> bool:
        """Whether backs are part of it: for the prosecutor on demand alone (s. 20)."""
        return self.audience is not Audience.PROSECUTOR or self.with_back
