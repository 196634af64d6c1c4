"""What the Regulation asks of each face beside the particulars of the catalogue: rules as data, each with its section.

How each section was understood, and what cannot be checked on a form, is in `docs/conformity.md`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, StrictStr, ValidationError

from pipeline.errors import InvariantBroken
from pipeline.model import Document, Language, Schedule
from pipeline.templates.catalogue import Catalogue
from pipeline.templates.conditions import Condition, parse_condition
from pipeline.templates.layout_yaml import YamlError, read_yaml


class RuleKind(StrEnum):
    """See the head of `requirements.yaml`."""

    WORDS = "words"
    HEADING = "heading"
    TITLE = "title"
    HEADER = "header"
    ANY_OF = "any_of"
    GIVEN = "given"
    MARKS = "marks"
    CAPITALS = "capitals"
    INSIDE = "inside"
    AFTER = "after"
    ORDER = "order"
    PORTION = "portion"
    ABSENT = "absent"
    WORDING = "wording"
    EITHER_SIDE = "either_side"
    COMPANION = "companion"


@dataclass(frozen=True, slots=True)
class Says:
    """What is asked, as a sentence."""

    fr: str
    en: str

    def in_language(self, language: Language) -> str:
        return self.fr if language is Language.FR else self.en


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule on one face; which attributes are set depends on the kind.

    Attributes:
        place: what a finding is about: the first space, text or face that the rule names.
        key_words: by language of the face.
    """

    kind: RuleKind
    section: str
    says: Says
    place: str
    name: str = ""
    names: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    letter: str = ""
    sets: tuple[tuple[str, ...], ...] = ()
    marks: tuple[str, ...] = ()
    face: str = ""
    key_words: Mapping[Language, re.Pattern[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SizeLimits:
    """Least and greatest width and height in millimetres."""

    section: str
    width_mm: tuple[float, float]
    height_mm: tuple[float, float]
    says: Says


@dataclass(frozen=True, slots=True)
class EntryException:
    """Why an entry of a face is not judged though the catalogue says that it must be filled.

    Attributes:
        names: the entries; all of the face when empty.
        only_if: they are judged only where this mark is made.
        instead: they may be empty where this entry is filled.
    """

    faces: frozenset[str]
    names: frozenset[str]
    only_if: str | None
    instead: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Requirements:
    """All rules by face (`iii.statement.front`), and what the evaluation of entries needs.

    Attributes:
        sections: of each particular of a face, as the catalogue has it.
        wording: passages of the English text of a Schedule, by face.
        conditions: the catalogue's conditions in words, and what they mean.
    """

    rules: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)
    sections: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    wording: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sizes: Mapping[tuple[Schedule, Document], SizeLimits] = field(default_factory=dict)
    exceptions: tuple[EntryException, ...] = ()
    conditions: Mapping[str, Condition] = field(default_factory=dict)

    def asked(self, face: str, section: str, place: str) -> Says | None:
        """The sentence of the rule that a finding comes from; null for a particular of the catalogue."""
        return next(
            (rule.says for rule in self.rules.get(face, ()) if (rule.section, rule.place) == (section, place)), None
        )


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Says(_Part):
    fr: StrictStr
    en: StrictStr


class _Rule(_Part):
    kind: RuleKind
    on: dict[StrictStr, StrictStr]
    says: _Says
    name: StrictStr = ""
    names: tuple[StrictStr, ...] = ()
    apart: tuple[StrictStr, ...] = ()
    letter: StrictStr = ""
    sets: tuple[tuple[StrictStr, ...], ...] = ()
    marks: tuple[StrictStr, ...] = ()
    face: StrictStr = ""
    en: StrictStr | None = None
    fr: StrictStr | None = None


class _Size(_Part):
    section: StrictStr
    width_mm: tuple[float, float]
    height_mm: tuple[float, float]
    says: _Says


class _Exception(_Part):
    on: tuple[StrictStr, ...]
    names: tuple[StrictStr, ...] = ()
    only_if: StrictStr | None = None
    instead: StrictStr | None = None


class _File(_Part):
    rules: tuple[_Rule, ...]
    wording: dict[StrictStr, tuple[StrictStr, ...]]
    sizes: dict[StrictStr, _Size]
    entries: tuple[_Exception, ...]
    conditions: dict[StrictStr, StrictStr]


def parse_requirements(text: str, catalogue: Catalogue) -> Requirements:
    """Read the requirements' YAML text.

    Raises:
        InvariantBroken: the text is none, or names a face or a particular that the catalogue does not have; it ships
            with the program, so this is a programming error.
    """
    try:
        value, _ = read_yaml(text)
        file = _File.model_validate(value)
        rules = {face: tuple(_rules(file, face)) for face in catalogue.faces}
        conditions = {words: parse_condition(meaning) for words, meaning in file.conditions.items()}
    except (YamlError, ValidationError, ValueError, re.error) as error:
        raise InvariantBroken("requirements_invalid", found=str(error)) from error
    _check_names(file, catalogue)
    common = file.wording.get("all", ())
    return Requirements(
        rules=rules,
        sections={face: {each.name: each.ref for each in its} for face, its in catalogue.faces.items()},
        wording={face: (*common, *passages) for face, passages in file.wording.items() if face != "all"},
        sizes={_document(key): _limits(size) for key, size in file.sizes.items()},
        exceptions=tuple(
            EntryException(frozenset(each.on), frozenset(each.names), each.only_if, each.instead)
            for each in file.entries
        ),
        conditions=conditions,
    )


def _rules(file: _File, face: str) -> list[Rule]:
    return [_rule(rule, rule.on[face]) for rule in file.rules if face in rule.on]


def _rule(rule: _Rule, section: str) -> Rule:
    named = (rule.name, *rule.names[:1], rule.letter, rule.face, *(one for each in rule.sets[:1] for one in each))
    patterns = ((Language.FR, rule.fr), (Language.EN, rule.en))
    return Rule(
        kind=rule.kind,
        section=section,
        says=Says(rule.says.fr, rule.says.en),
        place=next((name for name in named if name), ""),
        name=rule.name,
        names=rule.names,
        apart=rule.apart,
        letter=rule.letter,
        sets=rule.sets,
        marks=rule.marks,
        face=rule.face,
        key_words={language: re.compile(text, re.IGNORECASE) for language, text in patterns if text is not None},
    )


def _document(key: str) -> tuple[Schedule, Document]:
    schedule, document = key.split(".")
    return Schedule(schedule), Document(document)


def _limits(size: _Size) -> SizeLimits:
    return SizeLimits(size.section, size.width_mm, size.height_mm, Says(size.says.fr, size.says.en))


def _check_names(file: _File, catalogue: Catalogue) -> None:
    for rule in file.rules:
        named = {rule.name, *rule.names, *rule.apart, *(one for each in rule.sets for one in each)} - {""}
        for face in rule.on:
            unknown = named - set(catalogue.face(face))
            if face not in catalogue.faces or (unknown and rule.kind is not RuleKind.HEADER):
                found = f"{rule.kind} on {face}: {', '.join(sorted(unknown))}"
                raise InvariantBroken("requirements_invalid", found=found)
