"""What the layout editor shows of a draft: its spaces with all that follows from their names, and what is open."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pipeline.conformity import Finding
from pipeline.errors import Param
from pipeline.model import Kind, Need, Reason
from pipeline.templates.problem import Problem
from pipeline.usecases.layouts.results import AllowedName, DraftView, MarkView, TextView, ZoneView
from pipeline.web.layout_editor_form import EDITION_KEY, MOST_TEXT_CHARACTERS, SIDES, Sent, SentPart, box_texts
from pipeline.web.words import Words

_NAMES = frozenset({"name", "names", "first", "second", "mark", "particular", "other"})
"""Facts of sentences on layouts that are names of particulars or check boxes."""
_PLACE = re.compile(r"(?:zones|texts)\.([a-z][a-z0-9_]*)")
_BOX = re.compile(r"-?\d+(?:\.\d+)?(?: -?\d+(?:\.\d+)?){3}")
EXCERPT_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class ShownMark:
    """A check box that a name asks for or the draft has; a box of empty texts for one that is missing."""

    name: str
    label: str
    box: tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class ShownPart:
    """A space, a compulsory text or the edition mark, as the form has it.

    Attributes:
        key: of its fields in the form.
        sort: `space`, `text`, `edition`.
        was: its name in the version that the form is made of; empty for a new one.
        state: `wrong`, `confirm`, `sure`: a problem is about it, a decision, neither.
        needed: the Regulation asks for it: no reason lets the form do without.
    """

    key: str
    sort: str
    was: str = ""
    name: str = ""
    label: str = ""
    box: tuple[str, str, str, str] = ("", "", "", "")
    state: str = "sure"
    needed: bool = True
    marks: tuple[ShownMark, ...] = ()
    heading: str = ""
    border: str = "box"
    lines: str = ""
    comb: str = ""
    printed: str = ""
    excerpt: str = ""
    dropped: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A name that a space may have, and what follows from it, in words."""

    its: AllowedName
    label: str
    kind: str
    grammar: str
    need: str
    filled: str
    marks: str


@dataclass(frozen=True, slots=True)
class Open:
    """Something that a person has to look at.

    Attributes:
        number: of a decision in the version's list, from 1; 0 for what is no decision.
        goes: name of the space that it is about; empty for the whole form.
        box: where on the form, for what has no name yet: four measures parted by spaces; else empty.
    """

    sentence: str
    code: str
    number: int = 0
    goes: str = ""
    box: str = ""


@dataclass(frozen=True, slots=True)
class Lists:
    """What is open, by who asks for it: the proposal, the format, the Regulation."""

    decisions: tuple[Open, ...]
    problems: tuple[Open, ...]
    faults: tuple[Open, ...]
    notes: tuple[Open, ...]


def parts_of_draft(view: DraftView, words: Words) -> tuple[ShownPart, ...]:
    """Every part of the form that may be edited, in the file's order."""
    states = _states(view)
    return (
        *(_space(f"z{at}", zone, states, words) for at, zone in enumerate(view.zones)),
        *(_text(f"t{at}", text, states, words) for at, text in enumerate(view.texts) if text.name is not None),
        ShownPart(
            EDITION_KEY,
            "edition",
            was="edition_mark",
            name="edition_mark",
            label=words("web.layouts.edition_mark"),
            box=box_texts(view.edition_mark),
        ),
    )


def _states(view: DraftView) -> Mapping[str, str]:
    confirm = {goes: "confirm" for reason in view.decisions if (goes := _about(reason))}
    wrong = {goes: "wrong" for problem in view.problems for goes in _problem_goes(problem)}
    return confirm | wrong


def _space(key: str, zone: ZoneView, states: Mapping[str, str], words: Words) -> ShownPart:
    return ShownPart(
        key,
        "space",
        was=zone.name,
        name=zone.name,
        label=words.particular(zone.name),
        box=box_texts(zone.box_mm),
        state=states.get(zone.name, "sure"),
        needed=zone.its is None or zone.its.need is Need.REQUIRED,
        marks=tuple(_marks(zone, words)),
        heading=zone.heading,
        border=zone.border.value,
        lines=str(zone.lines),
        comb=str(zone.comb or ""),
        printed=zone.printed or "",
    )


def as_sent(parts: tuple[ShownPart, ...], sent: Sent, words: Words) -> tuple[ShownPart, ...]:
    """The same with what a person typed, for a form that was not taken as it came; their new spaces at the end."""
    shown = [_typed(part, sent.parts[part.key], words) if part.key in sent.parts else part for part in parts]
    known = {part.key for part in parts}
    new = [(key, its) for key, its in sent.parts.items() if key.startswith("z") and key not in known]
    typed = (_typed(ShownPart(key, "space"), its, words) for key, its in new if its.text("name") or its.text("x"))
    return (*shown, *typed)


def _typed(part: ShownPart, its: SentPart, words: Words) -> ShownPart:
    name = its.text("name")[:80] if part.sort == "space" else part.name
    marks = (
        replace(mark, box=_typed_box(its.marks[mark.name], mark.box)) if mark.name in its.marks else mark
        for mark in part.marks
    )
    return replace(
        part,
        name=name,
        label=words.particular(name) if name and part.sort == "space" else part.label,
        box=_typed_box(its.texts, part.box),
        marks=tuple(marks),
        heading=its.texts.get("heading", part.heading)[:400],
        border=its.texts.get("border", part.border)[:10],
        lines=its.texts.get("lines", part.lines)[:10],
        comb=its.texts.get("comb", part.comb)[:10],
        printed=its.texts.get("printed", part.printed)[:MOST_TEXT_CHARACTERS],
        dropped=bool(its.text("drop")),
        why=its.text("why")[:400],
    )


def _typed_box(texts: Mapping[str, str], before: tuple[str, str, str, str]) -> tuple[str, str, str, str]:
    x, y, width, height = (texts.get(side, its)[:20] for side, its in zip(SIDES, before, strict=True))
    return x, y, width, height


def _marks(zone: ZoneView, words: Words) -> Iterator[ShownMark]:
    if len(zone.marks) == 1 and zone.marks[0].box_mm == zone.box_mm:
        # A check box that is its whole space is moved as that.
        return
    known = {mark.name: mark for mark in zone.marks}
    wanted = () if zone.its is None else zone.its.marks
    for name in dict.fromkeys((*wanted, *known)):
        found: MarkView | None = known.get(name)
        yield ShownMark(name, mark_label(name, words), box_texts(None if found is None else found.box_mm))


def mark_label(name: str, words: Words) -> str:
    return words("web.layouts.check_box") if name == "true" else words.particular(name)


def _text(key: str, text: TextView, states: Mapping[str, str], words: Words) -> ShownPart:
    name = text.name or ""
    its = text.text.strip()
    excerpt = its if len(its) <= EXCERPT_CHARACTERS else f"{its[:EXCERPT_CHARACTERS]}…"
    box = box_texts(text.box_mm)
    label, state = words.particular(name), states.get(name, "sure")
    return ShownPart(key, "text", was=name, name=name, label=label, box=box, state=state, excerpt=excerpt)


def choices_of(view: DraftView, words: Words) -> tuple[Choice, ...]:
    """The names that spaces of this face may have, in the Regulation's order."""
    return tuple(_choice(its, words) for its in view.allowed if its.kind is not Kind.TEXT_BLOCK)


def missing_texts(view: DraftView, words: Words) -> tuple[tuple[str, str], ...]:
    """Compulsory texts that the draft does not have, with their names for people."""
    lacking = (its.name for its in view.allowed if its.kind is Kind.TEXT_BLOCK and not its.taken)
    return tuple((name, words.particular(name)) for name in lacking)


def _choice(its: AllowedName, words: Words) -> Choice:
    filled = its.filled if its.filled in ("always", "never_judged") else "when"
    need = words(f"web.layouts.need.{its.need}")
    if its.critical:
        need = f"{need} · {words('web.layouts.critical')}"
    return Choice(
        its,
        words.particular(its.name),
        words(f"web.layouts.kind.{its.kind}"),
        words(f"web.layouts.grammar.{its.kind}"),
        need,
        words(f"web.layouts.filled.{filled}"),
        ", ".join(mark_label(mark, words) for mark in its.marks),
    )


def lists_of(view: DraftView, words: Words) -> Lists:
    """Everything that is open in a version."""
    findings = () if view.conformity is None else view.conformity.findings
    return Lists(
        tuple(_decision(number, reason, words) for number, reason in enumerate(view.decisions, start=1)),
        tuple(_problem(problem, words) for problem in view.problems),
        tuple(_finding(its, words) for its in findings if its.weight == "fault"),
        tuple(_finding(its, words) for its in findings if its.weight != "fault"),
    )


def _decision(number: int, reason: Reason, words: Words) -> Open:
    params = dict(reason.params)
    goes = _about(reason)
    box = params.get("box", "")
    nameless = not goes and _BOX.fullmatch(box) is not None
    return Open(said(reason.code, params, words), reason.code, number, goes, box if nameless else "")


def _about(reason: Reason) -> str:
    """`plea.guilty` is about the space `plea`."""
    return dict(reason.params).get("name", "").partition(".")[0]


def _problem(problem: Problem, words: Words) -> Open:
    goes = next(iter(_problem_goes(problem)), "")
    return Open(said(problem.code, dict(problem.params), words), problem.code, goes=goes)


def _problem_goes(problem: Problem) -> tuple[str, ...]:
    params = {name: str(value) for name, value in problem.params}
    found = _PLACE.match(problem.location)
    named = (found[1] if found else "", params.get("first", ""), params.get("second", ""))
    return tuple(dict.fromkeys(name for name in named if name))


def _finding(finding: Finding, words: Words) -> Open:
    sentence = f"{section_named(finding.section, words)} · {words.facts(finding.code, dict(finding.params))}"
    return Open(sentence, finding.code, goes=finding.place)


def section_named(section: str, words: Words) -> str:
    """A section of the Regulation as it is cited: `s. 34(8.1)`, `Schedule III`, `s. 27 par. 2`."""
    if not section:
        return words("layouts.no_section")
    cited = re.sub(r",? (\d)(?:st|nd|rd|th) par\.", lambda found: f" {words('layouts.par', number=found[1])}", section)
    if cited.startswith("Schedule"):
        return words("layouts.schedule", numerals=re.sub(r"^Schedules? |( text)$", "", cited))
    return words("layouts.section", number=cited)


def said(code: str, params: Mapping[str, Param], words: Words) -> str:
    """A code of layouts as a sentence, particulars by their names for people."""
    return words.facts(code, {name: _named(str(its), words) if name in _NAMES else its for name, its in params.items()})


def _named(text: str, words: Words) -> str:
    """`plea.guilty` and lists with commas are names too."""
    return ", ".join(" · ".join(mark_label(each, words) for each in part.split(".")) for part in text.split(", "))


def problem_said(problem: Problem, words: Words) -> str:
    return said(problem.code, dict(problem.params), words)
