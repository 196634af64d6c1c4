"""The frozen values of conformity with the Regulation: what a form or a page was found to lack, with the section."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Weight(StrEnum):
    """What a finding means: a fault; a thing that could not be judged; a thing to know."""

    FAULT = "fault"
    UNKNOWN = "unknown"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as the Regulation asks, or could not be seen to be.

    Attributes:
        code: what is wrong, such as `conformity_text_missing`; the key of its sentence.
        section: of the Regulation: `34(8.1)`, `15, 1st par.`, `Schedule III`.
        place: the particular, printed text or heading that it is about; empty for the whole face.
        params: the facts of the sentence, beside section and place.
    """

    code: str
    section: str
    place: str = ""
    params: tuple[tuple[str, str], ...] = ()
    weight: Weight = Weight.FAULT


@dataclass(frozen=True, slots=True)
class Conformity:
    """The verdict on a form, or on a page that shows one.

    Attributes:
        findings: all of them, in the order of the requirements.
        translations: compulsory texts whose wording is a translation and not the official one, by their names.
        checked: how many requirements of each sort were compared, so that an empty check cannot pass for a clean one.
    """

    findings: tuple[Finding, ...] = ()
    translations: tuple[str, ...] = ()
    checked: tuple[tuple[str, int], ...] = ()

    @property
    def holds(self) -> bool:
        """No fault; what could not be judged is none."""
        return not any(finding.weight is Weight.FAULT for finding in self.findings)
