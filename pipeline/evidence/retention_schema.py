"""Reads a site's retention schedule: the text of its YAML file, with every problem and its line, as frozen rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, StrictStr, Tag, ValidationError

from pipeline.custody import RetentionMode
from pipeline.custody.retention import (
    DigitalTerm,
    DocumentClass,
    PaperTerm,
    RetentionRule,
    RetentionSchedule,
    SampleSize,
    Subject,
)
from pipeline.errors import OperatorError
from pipeline.evidence.canonical import canonical_json, digest_of
from pipeline.model import Schedule
from pipeline.templates.layout_yaml import Path, YamlError, YamlValue, read_yaml
from pipeline.templates.problem import Located, Problem

MOST_CHARACTERS = 200_000
MOST_DAYS = 36_500
BY_SCHEDULE = frozenset({DocumentClass.STATEMENT, DocumentClass.RETURN})
"""What belongs to a schedule of the Regulation."""


class RetentionInvalid(OperatorError):  # noqa: N818  (named after the state, like its bases)
    """The retention schedule cannot be used; `problems` lists everything found, in the file's order."""

    def __init__(self, source: str, problems: tuple[Problem, ...]) -> None:
        super().__init__("retention_invalid", source=source, problems=len(problems))
        self.problems = problems

    def __reduce__(self) -> tuple[object, ...]:
        return RetentionInvalid, (self.params["source"], self.problems)


def _day(value: object) -> date:
    # pydantic would also take a number of seconds since 1970 for a date.
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise ValueError(value)
    return date.fromisoformat(value)


_Day = Annotated[date, BeforeValidator(_day)]
_Days = Annotated[int, Field(strict=True, ge=0, le=MOST_DAYS)]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _SampleFile(_File):
    least: Annotated[int, Field(strict=True, ge=1, le=100_000)]
    percent: Annotated[float, Field(strict=True, ge=0, le=100)]
    most_faults: Annotated[int, Field(strict=True, ge=0, le=100)]


class _PaperFile(_File):
    destroy_after_days: _Days
    least_age_days: _Days
    after_review: Annotated[bool, Field(strict=True)]
    sample: _SampleFile


class _DigitalFile(_File):
    years: Annotated[int, Field(strict=True, ge=1, le=100)]
    mode: RetentionMode


def _kept_or_not(value: object) -> str:
    return "term" if isinstance(value, dict | _PaperFile) else "keep"


class _RuleFile(_File):
    id: Annotated[StrictStr, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,60}$")]
    authority: Annotated[StrictStr, Field(min_length=10, max_length=1000)]
    in_force_from: _Day
    until: _Day | None = None
    documents: Annotated[list[DocumentClass], Field(min_length=1)]
    schedules: Annotated[list[Schedule], Field(min_length=1)] | None = None
    paper: Annotated[
        Annotated[Literal["keep"], Tag("keep")] | Annotated[_PaperFile, Tag("term")], Discriminator(_kept_or_not)
    ]
    digital: _DigitalFile


class _ScheduleFile(_File):
    rules: Annotated[list[_RuleFile], Field(min_length=1, max_length=200)]


_WANTED: Mapping[str, str] = {
    "id": "a-z 0-9 . _ -",
    "authority": "10...1000",
    "in_force_from": "YYYY-MM-DD",
    "until": "YYYY-MM-DD",
    "documents": " | ".join(DocumentClass),
    "schedules": " | ".join(Schedule),
    "paper": "keep | destroy_after_days, least_age_days, after_review, sample",
    "mode": " | ".join(RetentionMode),
    "years": "1...100",
    "destroy_after_days": f"0...{MOST_DAYS}",
    "least_age_days": f"0...{MOST_DAYS}",
    "after_review": "true | false",
    "least": "1...100000",
    "percent": "0...100",
    "most_faults": "0...100",
    "rules": "- id: ...",
}
"""What a value may be, in no language."""


def parse_retention(text: str, *, source: str) -> RetentionSchedule:
    """A retention schedule from the text of its file.

    Args:
        source: the file's name, for messages.

    Raises:
        RetentionInvalid: with every problem of the file: unreadable YAML, keys, values, an id given twice, dates the
            wrong way round, two rules of one subject on one day, days between two rules that none covers.
    """
    if len(text) > MOST_CHARACTERS:
        large = Problem("retention_file_large", params=(("characters", len(text)), ("most", MOST_CHARACTERS)))
        raise RetentionInvalid(source, (large,))
    try:
        value, lines = read_yaml(text)
    except YamlError as error:
        problem = Problem(error.code, params=(("found", error.found),), line=error.line)
        raise RetentionInvalid(source, (problem,)) from error
    try:
        file = _ScheduleFile.model_validate(value)
    except ValidationError as error:
        raise RetentionInvalid(source, _ordered(_shape_problems(error), value, lines)) from error
    rules = tuple(_rule(rule) for rule in file.rules)
    found = [*_rule_problems(file.rules), *_id_problems(rules), *_calendar_problems(rules)]
    if found:
        raise RetentionInvalid(source, _ordered(found, value, lines))
    return RetentionSchedule(source, digest_of(text), rules)


def _rule(file: _RuleFile) -> RetentionRule:
    paper = None
    if isinstance(file.paper, _PaperFile):
        its = file.paper.sample
        sample = SampleSize(its.least, its.percent, its.most_faults)
        paper = PaperTerm(file.paper.destroy_after_days, file.paper.least_age_days, file.paper.after_review, sample)
    return RetentionRule(
        id=file.id,
        authority=_one_line(file.authority),
        in_force_from=file.in_force_from,
        until=file.until,
        subjects=tuple(sorted(_subjects(file), key=lambda each: (each.document, each.schedule or ""))),
        paper=paper,
        digital=DigitalTerm(file.digital.years, file.digital.mode),
        digest=digest_of(canonical_json(file.model_dump(mode="json"))),
    )


def _one_line(text: str) -> str:
    """Words that are printed on terminals and certificates: no line breaks, nothing that cannot be seen."""
    return " ".join("".join(its if its.isprintable() else " " for its in text).split())


def _subjects(file: _RuleFile) -> Iterator[Subject]:
    for document in dict.fromkeys(file.documents):
        if document in BY_SCHEDULE:
            yield from (Subject(document, schedule) for schedule in dict.fromkeys(file.schedules or list(Schedule)))
        else:
            yield Subject(document)


# What is wrong


def _shape_problems(error: ValidationError) -> Iterator[Located]:
    for detail in error.errors(include_url=False, include_context=False):
        # Whether paper is kept or not is no key of the file.
        path = tuple(part for place, part in enumerate(detail["loc"]) if place != 3 or part not in ("term", "keep"))
        name = next((part for part in reversed(path) if isinstance(part, str)), "rules")
        if detail["type"] == "missing":
            yield path, Problem("retention_key_missing", params=(("key", name),))
        elif detail["type"] == "extra_forbidden":
            yield path, Problem("retention_key_unknown", params=(("key", name),))
        else:
            found = str(detail["input"])[:60]
            yield path, Problem("retention_value", params=(("found", found), ("wanted", _WANTED.get(name, "..."))))


def _rule_problems(rules: Sequence[_RuleFile]) -> Iterator[Located]:
    for place, rule in enumerate(rules):
        path: Path = ("rules", place)
        if rule.until is not None and rule.until < rule.in_force_from:
            params = (("since", rule.in_force_from.isoformat()), ("until", rule.until.isoformat()))
            yield (*path, "until"), Problem("retention_dates_reversed", params=params)
        if rule.schedules is not None and not BY_SCHEDULE & set(rule.documents):
            yield (*path, "schedules"), Problem("retention_schedules_idle")
        if rule.paper != "keep" and DocumentClass.UNIDENTIFIED in rule.documents:
            yield (*path, "paper"), Problem("retention_paper_unidentified")


def _id_problems(rules: Sequence[RetentionRule]) -> Iterator[Located]:
    seen: set[str] = set()
    for place, rule in enumerate(rules):
        if rule.id in seen:
            yield ("rules", place, "id"), Problem("retention_id_twice", params=(("rule", rule.id),))
        seen.add(rule.id)


def _calendar_problems(rules: Sequence[RetentionRule]) -> Iterator[Located]:
    """Overlaps and gaps, each once for a pair of rules, with all subjects that it concerns."""
    overlaps: dict[tuple[int, int], list[Subject]] = {}
    gaps: dict[tuple[int, int], list[Subject]] = {}
    dated = enumerate(rules)
    sound = [(place, rule) for place, rule in dated if rule.until is None or rule.in_force_from <= rule.until]
    for subject in sorted({each for rule in rules for each in rule.subjects}, key=subject_text):
        places = [(rule.in_force_from, place) for place, rule in sound if subject in rule.subjects]
        covered: tuple[date | None, int] | None = None
        for since, place in sorted(places):
            if covered is not None:
                last, before = covered
                if last is None or since <= last:
                    overlaps.setdefault((before, place), []).append(subject)
                elif since > last + timedelta(days=1):
                    gaps.setdefault((before, place), []).append(subject)
            covered = _later(covered, (rules[place].until, place))
    for (before, place), subjects in overlaps.items():
        params = (("first", rules[before].id), ("second", rules[place].id), ("subjects", _listed(subjects)))
        yield ("rules", place, "in_force_from"), Problem("retention_overlap", params=params)
    for (before, place), subjects in gaps.items():
        params = (("first", rules[before].id), ("second", rules[place].id), ("subjects", _listed(subjects)))
        yield ("rules", place, "in_force_from"), Problem("retention_gap", params=params)


def _later(one: tuple[date | None, int] | None, other: tuple[date | None, int]) -> tuple[date | None, int]:
    if one is None or (one[0] is not None and (other[0] is None or other[0] > one[0])):
        return other
    return one


def subject_text(subject: Subject) -> str:
    """`statement iii`, `enclosure`: in no language, as in the file."""
    return f"{subject.document} {subject.schedule}" if subject.schedule else subject.document.value


def _listed(subjects: Iterable[Subject]) -> str:
    return ", ".join(subject_text(each) for each in subjects)


def _ordered(found: Iterable[Located], value: YamlValue, lines: Mapping[Path, int]) -> tuple[Problem, ...]:
    placed = [replace(problem, location=_location(path, value), line=_line(path, lines)) for path, problem in found]
    return tuple(sorted(placed, key=lambda problem: (problem.line, problem.location, problem.code)))


def _line(path: Path, lines: Mapping[Path, int]) -> int:
    """The line of the path, or of the nearest part around it that is in the file."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 0)


def _location(path: Path, value: YamlValue) -> str:
    """Keys joined by dots; a rule by its id, where it has one."""
    words = [str(part + 1) if isinstance(part, int) else part for part in path]
    match value:
        case {"rules": [*rules]} if len(path) > 1 and isinstance(path[1], int) and path[1] < len(rules):
            rule = rules[path[1]]
            if isinstance(rule, dict) and isinstance(rule.get("id"), str):
                words[1] = str(rule["id"])
    return ".".join(words)
