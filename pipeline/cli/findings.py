"""Findings of conformity as people read them: weight, section and sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.cli.localised import named_facts, sentence_of, words
from pipeline.conformity import Finding


def finding_line(finding: Finding) -> str:
    """`fault · s. 34(8.1) · The text is missing: Warning to the defendant.`"""
    return f"{words(f'weight.{finding.weight}')} · {section_named(finding.section)} · {message(finding)}"


def message(finding: Finding) -> str:
    """The sentence of a finding, particulars by their names for people."""
    return sentence_of(finding.code, dict(finding.params))


def named_texts(names: Sequence[str]) -> str:
    """Texts by their names for people, those without a name by their first words."""
    return str(named_facts({"fields": ", ".join(names)})["fields"])


def section_named(section: str) -> str:
    """A section of the Regulation as it is cited: `s. 34(8.1)`, `Schedule III`, `s. 27 par. 2`."""
    if not section:
        return words("layouts.no_section")
    cited = re.sub(r",? (\d)(?:st|nd|rd|th) par\.", lambda found: f" {words('layouts.par', number=found[1])}", section)
    if cited.startswith("Schedule"):
        numerals = re.sub(r"^Schedules? |( text)$", "", cited)
        return words("layouts.schedule", numerals=numerals)
    return words("layouts.section", number=cited)
