"""Compares a proposed layout with the form's own: each space and check box right, wrong, or left to a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from statistics import mean, median

import numpy as np

from benchmarks.intervals import Rate
from benchmarks.tables import table
from pipeline.geometry import BoxMm, Point, px_per_mm
from pipeline.model import Layout
from pipeline.storage.layout_files import layout_texts, load_imprints
from pipeline.templates.authoring.reference import whole_file
from pipeline.templates.document import Border, LayoutFile, box
from pipeline.usecases.author_layout import Authored
from samples.sheetmap import SheetMap

NEAR_MM = 0.5
SAME_PLACE = 0.5
"""Of the larger of two boxes that they share: a place without rules is right from here on."""
DPI = 300.0
TO_CONFIRM = frozenset({"authoring_confirm_name", "authoring_place_unruled", "authoring_place_by_words"})

Key = tuple[str, str]
"""A particular and one of its marks; of a space the mark is empty."""


class Outcome(StrEnum):
    """Of one space or check box of the form."""

    SURE = "right, sure"
    ASKED = "right, to be confirmed"
    OUT = "named right, off by more"
    MISSING = "not found"


@dataclass(frozen=True, slots=True)
class Score:
    """One blank form.

    Attributes:
        ruled: outcome of each space and check box that the form shows by rules, where the scan has it.
        in_form_mm: the same spaces, how many are right in the form's own millimetres: as written, and with the
            common offset of the sheet's corner taken off. A scanner's error of scale counts against these.
        unruled: of the spaces without any rule: right place, wrong place, none.
        wrong_sure, wrong_asked: names proposed for what is something else, called sure and to be confirmed.
        problems: why the proposal as it stands is no usable layout.
    """

    unseen: str
    level: str
    ruled: Counter[Outcome]
    in_form_mm: tuple[int, int]
    unruled: Counter[Outcome]
    wrong_sure: tuple[Key, ...]
    wrong_asked: tuple[Key, ...]
    texts: tuple[int, int]
    problems: tuple[str, ...]
    cpu_s: float

    @property
    def right(self) -> int:
        return self.ruled[Outcome.SURE] + self.ruled[Outcome.ASKED]

    @property
    def told(self) -> str:
        wrong = [".".join(filter(None, key)) for key in (*self.wrong_sure, *self.wrong_asked)]
        return (
            f"{self.unseen} {self.level}: {self.right}/{self.ruled.total()} ruled, "
            f"{self.unruled[Outcome.ASKED]}/{self.unruled.total()} unruled, wrong {wrong}, {list(self.problems)}"
        )


def scored(layout: Layout, made: Authored, mapping: SheetMap, *, level: str, cpu_s: float) -> Score:
    """Score a proposal.

    Args:
        layout: the form's own.
        mapping: where each point of the form lies in the scan.
    """
    texts = layout_texts()
    true_file = whole_file(texts[str(layout.id)], texts, load_imprints())
    file = whole_file(made.text, texts, load_imprints())
    ruled, bare = _parts(true_file, ruled=True), _parts(true_file, ruled=False)
    found = dict(chain(_parts(file, ruled=True).items(), _parts(file, ruled=False).items()))
    asked = {dict(each.params).get("name", "") for each in made.decisions if each.code in TO_CONFIRM}
    errors = {key: _apart_mm(found[key], ruled[key], made, mapping) for key in ruled if key in found}
    there = {key: _as_scanned(true, made, mapping) for key, true in ruled.items()}
    outcomes = {key: _outcome(key, errors, asked) for key in ruled}
    outcomes |= {key: Outcome.MISSING for key in errors if _is_wrong(key, found, there, bare) and errors[key] > NEAR_MM}
    bare_outcomes = {key: _place(key, found, true, made, mapping) for key, true in bare.items()}
    wrong = [key for key in found if errors.get(key, np.inf) > NEAR_MM and _is_wrong(key, found, there, bare)]
    wrong += [key for key, outcome in bare_outcomes.items() if outcome is Outcome.OUT and not _is_asked(key, asked)]
    return Score(
        unseen=str(layout.id),
        level=level,
        ruled=Counter(outcomes.values()),
        in_form_mm=_in_form_mm(found, ruled),
        unruled=Counter(bare_outcomes.values()),
        wrong_sure=tuple(key for key in wrong if not _is_asked(key, asked)),
        wrong_asked=tuple(key for key in wrong if _is_asked(key, asked)),
        texts=_texts(file, true_file, made, mapping),
        problems=tuple(problem.code for problem in made.problems),
        cpu_s=cpu_s,
    )


def _is_wrong(key: Key, found: Mapping[Key, BoxMm], ruled: Mapping[Key, BoxMm], bare: Mapping[Key, BoxMm]) -> bool:
    """The form has nothing of the name, or has it somewhere else."""
    return key not in bare and (key not in ruled or _elsewhere(found[key], ruled[key]))


def _parts(file: LayoutFile, *, ruled: bool) -> dict[Key, BoxMm]:
    """The check boxes and spaces of a layout file, those that rules show or the others."""
    parts: dict[Key, BoxMm] = {}
    for zone in file.zones:
        if zone.marks:
            parts |= {(zone.name, mark.name): box(mark.box_mm) for mark in zone.marks} if ruled else {}
        elif (zone.border is not Border.NONE) == ruled:
            parts[(zone.name, "")] = box(zone.box_mm)
    return parts


def _apart_mm(found: BoxMm, true: BoxMm, made: Authored, mapping: SheetMap) -> float:
    """How far the corners lie from where the scan has them, the worst of four."""
    pairs = zip(found.corners, true.corners, strict=True)
    return max(_away(made.scan_from_page.apply(mine), mapping.scan_point(its)) for mine, its in pairs)


def _away(one: Point, other: Point) -> float:
    return float(np.hypot(one[0] - other[0], one[1] - other[1])) / px_per_mm(DPI)


def _outcome(key: Key, errors: Mapping[Key, float], asked: set[str]) -> Outcome:
    if key not in errors:
        return Outcome.MISSING
    if errors[key] > NEAR_MM:
        return Outcome.OUT
    return Outcome.ASKED if _is_asked(key, asked) else Outcome.SURE


def _is_asked(key: Key, asked: set[str]) -> bool:
    return key[0] in asked or ".".join(key) in asked


def _elsewhere(found: BoxMm, true: BoxMm) -> bool:
    shared = found.overlap_mm2(true)
    return shared < SAME_PLACE * min(found.width * found.height, true.width * true.height)


def _place(key: Key, found: Mapping[Key, BoxMm], true: BoxMm, made: Authored, mapping: SheetMap) -> Outcome:
    """Without rules no edge can be found: the place is right where the boxes share most of the smaller one."""
    if key not in found:
        return Outcome.MISSING
    return Outcome.OUT if _elsewhere(found[key], _as_scanned(true, made, mapping)) else Outcome.ASKED


def _as_scanned(true: BoxMm, made: Authored, mapping: SheetMap) -> BoxMm:
    """Where the scan has a box of the form, in the proposal's millimetres."""
    back = made.scan_from_page.inverse()
    corners = [back.apply(mapping.scan_point(corner)) for corner in true.corners]
    left, top = min(x for x, _ in corners), min(y for _, y in corners)
    right, bottom = max(x for x, _ in corners), max(y for _, y in corners)
    return BoxMm(left, top, right - left, bottom - top)


def _in_form_mm(found: Mapping[Key, BoxMm], true: Mapping[Key, BoxMm]) -> tuple[int, int]:
    both = [key for key in true if key in found]
    if not both:
        return 0, 0
    moved = np.array([np.array(found[key].corners) - np.array(true[key].corners) for key in both])
    offset = np.median(moved.reshape(-1, 2), axis=0)

    def near(shifts: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> int:
        return int((np.hypot(shifts[..., 0], shifts[..., 1]).max(axis=1) <= NEAR_MM).sum())

    return near(moved), near(moved - offset)


def _texts(file: LayoutFile, true: LayoutFile, made: Authored, mapping: SheetMap) -> tuple[int, int]:
    """How many compulsory texts stand at their place, and of how many."""
    mine = {text.name: box(text.box_mm) for text in file.texts if text.name}
    its = {text.name: _as_scanned(box(text.box_mm), made, mapping) for text in true.texts if text.name}
    return sum(name in mine and not _elsewhere(mine[name], its[name]) for name in its), len(its)


def tables(scores: Sequence[Score]) -> str:
    """What was found, by edition and in all."""
    named = sorted({score.unseen for score in scores})
    groups = [(name, [score for score in scores if score.unseen == name]) for name in named]
    groups += [
        (f"all, {level}", [s for s in scores if s.level == level]) for level in sorted({s.level for s in scores})
    ]
    groups.append(("all", list(scores)))
    return "\n".join([_found_table(groups), _rest_table(groups)])


Groups = Sequence[tuple[str, Sequence[Score]]]


def _found_table(groups: Groups) -> str:
    head = (
        "edition",
        "blanks",
        "named right within 0.5 mm",
        "of these sure",
        "off by more",
        "not found: left to a person",
    )
    rows = [
        (
            name,
            len(own),
            Rate(sum(s.right for s in own), _wanted(own)),
            _sum(own, lambda s: s.ruled[Outcome.SURE]),
            _sum(own, lambda s: s.ruled[Outcome.OUT]),
            _sum(own, lambda s: s.ruled[Outcome.MISSING]),
        )
        for name, own in groups
    ]
    return table("Spaces and check boxes that rules show", head, rows)


def _rest_table(groups: Groups) -> str:
    head = ["edition", "wrong name, sure", "wrong name, to be confirmed", "in the form's mm, as written", "corner off"]
    head += ["spaces without rules", "texts in place", "usable", "CPU s, median", "mean"]
    return table("Wrong names, places and time", head, [(name, *_rest(own)) for name, own in groups])


def _rest(own: Sequence[Score]) -> Iterator[object]:
    names = _sum(own, lambda s: s.ruled[Outcome.SURE] + len(s.wrong_sure))
    yield Rate(_sum(own, lambda s: len(s.wrong_sure)), names)
    yield _sum(own, lambda s: len(s.wrong_asked))
    yield Rate(_sum(own, lambda s: s.in_form_mm[0]), _wanted(own))
    yield Rate(_sum(own, lambda s: s.in_form_mm[1]), _wanted(own))
    yield Rate(_sum(own, lambda s: s.unruled[Outcome.ASKED]), _sum(own, lambda s: s.unruled.total()))
    yield Rate(_sum(own, lambda s: s.texts[0]), _sum(own, lambda s: s.texts[1]))
    yield f"{sum(not s.problems for s in own)}/{len(own)}"
    yield f"{median(s.cpu_s for s in own):.1f}"
    yield f"{mean(s.cpu_s for s in own):.1f}"


def _wanted(own: Sequence[Score]) -> int:
    return _sum(own, lambda s: s.ruled.total())


def _sum(own: Sequence[Score], count: Callable[[Score], int]) -> int:
    return sum(map(count, own))
