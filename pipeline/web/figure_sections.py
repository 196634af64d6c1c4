"""The sections of the page of figures: a plot, what it shows in a sentence, and the table behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from pipeline.usecases.figure_tables import PERSONS, FigureTable, figure_table
from pipeline.usecases.figures import Age, Duration, Figures, Reliability, Through, Volume
from pipeline.usecases.figures_told import ToldAge
from pipeline.usecases.review.quality import ErrorRate
from pipeline.web.figure_words import FigureWords
from pipeline.web.plots import Measured, Placed, Plot, against_each_other, bars_and_line, curve_of, intervals

FOR_QUALITY: Final = frozenset({"errors", "reliability", PERSONS})
"""Sections and tables for those alone who answer for quality."""
MOST_BARS: Final = 45
"""More days than that are drawn as weeks."""
ORDER: Final = (
    "volumes",
    "ages",
    "straight-through",
    "errors",
    "reliability",
    "speed",
    "durations",
    "told",
    PERSONS,
    "editions",
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a section shows.

    Attributes:
        told: in a sentence; empty where there is nothing to show.
        plot: null for a table alone.
        legend: tones with what they stand for.
        x_words, y_words: of the axes.
        note: what is to be kept in mind.
    """

    told: str = ""
    plot: Plot | None = None
    legend: tuple[tuple[str, str], ...] = ()
    x_words: str = ""
    y_words: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A section with the table behind it."""

    name: str
    drawn: Drawn
    table: FigureTable


def sections_of(figures: Figures, say: FigureWords, *, quality: bool) -> tuple[Section, ...]:
    """In the order of the page; those of `FOR_QUALITY` only where asked for."""
    names = [name for name in ORDER if quality or name not in FOR_QUALITY]
    return tuple(Section(name, _DRAWN[name](figures, say), figure_table(name, figures)) for name in names)


def _volumes(figures: Figures, say: FigureWords) -> Drawn:
    t, volumes = say.t, figures.volumes
    total = {name: sum(getattr(its, name) for its in volumes) for name in ("sheets", "statements", "closed")}
    if not any(total.values()):
        return Drawn()
    weekly = len(volumes) > MOST_BARS
    parts = _weeks(volumes) if weekly else [[its] for its in volumes]
    bars = [_sum(say, part, "statements") for part in parts]
    line = [_sum(say, part, "closed") for part in parts]
    return Drawn(
        t("web.figures.volumes.told", **total),
        bars_and_line([its.name for its in bars], bars, line, written=say.count),
        (("bar first", t("figures.column.statements")), ("line second", t("figures.column.closed"))),
        t("web.figures.axis.week" if weekly else "web.figures.axis.received_on"),
        t("web.figures.axis.statements"),
    )


def _weeks(volumes: Sequence[Volume]) -> list[Sequence[Volume]]:
    """Sevens of days, the last one whole."""
    starts = range(len(volumes) % 7, len(volumes), 7)
    whole = [volumes[start : start + 7] for start in starts]
    return [volumes[: len(volumes) % 7], *whole] if len(volumes) % 7 else whole


def _sum(say: FigureWords, part: Sequence[Volume], name: str) -> Measured:
    value, first, last = sum(getattr(its, name) for its in part), part[0].day, part[-1].day
    days = say.day(first) if first == last else f"{say.short_day(first)} – {say.day(last)}"
    return Measured(say.short_day(first), value, f"{days} · {say.t(f'figures.column.{name}')} : {say.number(value)}")


def _ages(figures: Figures, say: FigureWords) -> Drawn:
    t, ages, today = say.t, figures.ages, figures.today
    if not today.waiting or today.since is None:
        return Drawn()
    names = [_span_of_days(its) for its in ages]
    bars = [
        Measured(name, its.tasks, f"{t('web.figures.days', days=name)} : {say.count(its.tasks)}", tone=_late(its))
        for name, its in zip(names, ages, strict=True)
    ]
    return Drawn(
        t("web.figures.ages.told", tasks=today.waiting, since=say.day(today.since)),
        bars_and_line(names, bars, written=say.count),
        x_words=t("web.figures.axis.age_days"),
        y_words=t("web.figures.axis.tasks"),
    )


def _span_of_days(its: Age) -> str:
    if its.high_days is None:
        return f"≥ {its.low_days}"
    return str(its.low_days) if its.low_days == its.high_days else f"{its.low_days}–{its.high_days}"


def _late(its: Age) -> str:
    """What is here longer than the 30 days to the plea stands out."""
    return "bad" if its.high_days is None else "first"


def _through(figures: Figures, say: FigureWords) -> Drawn:
    t, through, days = say.t, figures.through, figures.question.span.days
    if not through:
        return Drawn()
    places = {day: index for index, day in enumerate(days)}
    values = [_alone(its, say) for its in through]
    today = figures.today
    return Drawn(
        t("web.figures.through.told", share=say.percent(today.alone / today.read), alone=today.alone, read=today.read),
        curve_of(
            [places[its.day] for its in through],
            values,
            [say.short_day(day) for day in days],
            top=1.0,
            written=say.axis_percent,
        ),
        x_words=t("web.figures.axis.received_on"),
        y_words=t("web.figures.axis.alone"),
    )


def _alone(its: Through, say: FigureWords) -> Measured:
    share = its.alone / its.read
    told = f"{say.day(its.day)} : {say.percent(share)} ({say.count(its.alone)} / {say.count(its.read)})"
    return Measured(say.short_day(its.day), share, told)


def _errors(figures: Figures, say: FigureWords) -> Drawn:
    t, errors = say.t, figures.errors
    if not errors:
        return Drawn()
    few = any(its.too_few for its in errors)
    looked_at, wrong = sum(its.looked_at for its in errors), sum(its.wrong for its in errors)
    note = t("web.figures.errors.all_issuers") if figures.question.issuer is not None else ""
    return Drawn(
        t("web.figures.errors.told", looked_at=looked_at, wrong=wrong),
        intervals([_rate(its, say) for its in errors], written=say.axis_percent, most=1.0),
        (("dot first", t("web.figures.measured")), ("dot few", t("web.figures.few"))) if few else (),
        t("web.figures.axis.wrong"),
        note=note,
    )


def _rate(its: ErrorRate, say: FigureWords) -> Measured:
    name = say.t(f"figures.kind.{its.name}")
    shown = f"{say.count(its.wrong)} / {say.count(its.looked_at)}"
    told = f"{name} : {say.percent(its.share)} ({say.percent(its.low)} – {say.percent(its.high)}), {shown}"
    return Measured(name, its.share, told, its.low, its.high, shown, "few" if its.too_few else "first")


def _reliability(figures: Figures, say: FigureWords) -> Drawn:
    t, found = say.t, figures.reliability
    if not found:
        return Drawn()
    judged = sum(its.judged for its in found)
    return Drawn(
        t("web.figures.reliability.told", judged=judged),
        against_each_other([_placed(its, say) for its in found], written=say.axis_percent),
        (("dot first", t("figures.chosen.sampled")), ("dot second", t("figures.chosen.reviewed"))),
        t("web.figures.axis.predicted"),
        t("web.figures.axis.right"),
        t("web.figures.reliability.note"),
    )


def _placed(its: Reliability, say: FigureWords) -> Placed:
    share = its.right / its.judged
    chosen = say.t(f"figures.chosen.{'sampled' if its.sample else 'reviewed'}")
    counted = f"{say.count(its.right)} / {say.count(its.judged)}"
    told = f"{chosen} · {say.percent(its.predicted)} → {say.percent(share)}, {counted}"
    return Placed(its.predicted, share, its.low, its.high, told, "first" if its.sample else "second")


def _speed(figures: Figures, say: FigureWords) -> Drawn:
    t, speeds, days = say.t, figures.speeds, figures.question.span.days
    decisions, work_s = sum(its.decisions for its in speeds), sum(its.working_s for its in speeds)
    if not decisions:
        return Drawn()
    places = {day: index for index, day in enumerate(days)}
    told = t("web.figures.speed.told", decisions=decisions, hours=say.number(work_s / 3600.0))
    kept = [(date.fromisoformat(its.name), its, rate) for its in speeds if (rate := its.an_hour) is not None]
    if not kept:
        return Drawn(told, note=t("web.figures.speed.note"))
    values = [
        Measured(say.short_day(day), rate, f"{say.day(day)} : {say.number(rate)} ({say.count(its.decisions)})")
        for day, its, rate in kept
    ]
    return Drawn(
        told,
        curve_of(
            [places[day] for day, _, _ in kept],
            values,
            [say.short_day(day) for day in days],
            top=None,
            written=say.number,
        ),
        x_words=t("web.figures.axis.day"),
        y_words=t("web.figures.axis.an_hour"),
        note=t("web.figures.speed.note"),
    )


def _persons(figures: Figures, say: FigureWords) -> Drawn:
    if not any(its.decisions for its in figures.persons):
        return Drawn()
    return Drawn(
        say.t("web.figures.persons.told", persons=len(figures.persons)), note=say.t("web.figures.persons.note")
    )


def _durations(figures: Figures, say: FigureWords) -> Drawn:
    found = [its for its in figures.durations if its.batches]
    if not found:
        return Drawn()
    last = found[-1]
    told = say.t(
        "web.figures.durations.told",
        step=say.t(f"figures.step.{last.step}"),
        middle=say.number(last.middle),
        batches=last.batches,
    )
    rows = [_duration(its, say) for its in found]
    note = say.t("web.figures.durations.note")
    return Drawn(told, intervals(rows, written=say.number), x_words=say.t("web.figures.axis.days"), note=note)


def _duration(its: Duration, say: FigureWords) -> Measured:
    name = say.t(f"figures.step.{its.step}")
    shown = say.length(its.middle)
    told = f"{name} : {shown} ({say.number(its.least)} – {say.number(its.nine_in_ten)})"
    return Measured(name, its.middle, told, its.least, its.nine_in_ten, f"{shown} · n = {say.count(its.batches)}")


def _told(figures: Figures, say: FigureWords) -> Drawn:
    t, found = say.t, [its for its in figures.told if its.events]
    if not found:
        return Drawn()
    rows = [_told_age(its, say) for its in found]
    told = t("web.figures.told.told", events=sum(its.events for its in found))
    plot = intervals(rows, written=say.number)
    return Drawn(told, plot, x_words=t("web.figures.axis.told_days"), note=t("web.figures.told.note"))


def _told_age(its: ToldAge, say: FigureWords) -> Measured:
    name = say.t(f"figures.told.{its.kind}")
    told = f"{name} : {say.number(its.middle)} ({say.number(its.least)} – {say.number(its.nine_in_ten)})"
    shown = f"{say.number(its.middle)} · n = {say.count(its.events)}"
    return Measured(name, its.middle, told, its.least, its.nine_in_ten, shown)


def _editions(figures: Figures, say: FigureWords) -> Drawn:
    if not figures.editions:
        return Drawn()
    return Drawn(say.t("web.figures.editions.told", editions=len(figures.editions)))


_DRAWN: Mapping[str, Callable[[Figures, FigureWords], Drawn]] = MappingProxyType(
    {
        "volumes": _volumes,
        "ages": _ages,
        "straight-through": _through,
        "errors": _errors,
        "reliability": _reliability,
        "speed": _speed,
        PERSONS: _persons,
        "durations": _durations,
        "told": _told,
        "editions": _editions,
    }
)
