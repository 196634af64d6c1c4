"""Plots are sound SVG whatever they are given, and say where a value lies."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline.web.plots import (
    WIDTH_PX,
    Measured,
    Placed,
    Plot,
    against_each_other,
    bars_and_line,
    curve_of,
    intervals,
    steps_to,
)

PAGES = Environment(loader=PackageLoader("pipeline.web", "pages"), autoescape=True, undefined=StrictUndefined)
MACROS = PAGES.get_template("plots.html").make_module({})
VALUES = st.floats(0.0, 1e15) | st.integers(0, 10**15)
SHARES = st.floats(0.0, 1.0)
NUMBER = re.compile(r"^-?[0-9.]+$")
PLACES = {"x", "y", "width", "height", "cx", "cy", "r"}


def drawn(plot: Plot) -> ElementTree.Element:
    """As the page has it. Raises ParseError when it is no XML."""
    return ElementTree.fromstring(str(MACROS.plot(plot, "one", None)))  # type: ignore[attr-defined]  # a macro of it


def named(values: list[float]) -> list[Measured]:
    return [Measured(f"<{index}> & co", value, 'told "so" <b>') for index, value in enumerate(values)]


def assert_sound(plot: Plot) -> ElementTree.Element:
    root = drawn(plot)
    text = ElementTree.tostring(root, encoding="unicode")

    assert not re.search(r"\b(nan|inf)\b", text, re.IGNORECASE)
    assert "style" not in {name for its in root.iter() for name in its.attrib}
    for its in root.iter():
        for name in PLACES & set(its.attrib):
            assert NUMBER.match(its.attrib[name]), (its.tag, its.attrib)
    for dot in plot.dots:
        assert 0.0 <= dot.x <= WIDTH_PX
        assert 0.0 <= dot.y <= plot.height
    for bar in plot.bars:
        assert bar.height >= 0.0
        assert bar.y >= 0.0
    return root


@settings(deadline=None)
@given(st.lists(VALUES, max_size=100))
def test_bars_and_lines_are_sound_whatever_their_values(values: list[float]) -> None:
    day = date(2026, 1, 1)
    names = [str(day + timedelta(days=index)) for index in range(len(values))]

    assert_sound(bars_and_line(names, named(values), named(values), written=str))
    assert_sound(curve_of(range(len(values)), named(values), names, top=None, written=str))


@settings(deadline=None)
@given(st.lists(st.tuples(SHARES, SHARES, SHARES), max_size=30))
def test_intervals_and_shares_against_each_other_are_sound(values: list[tuple[float, float, float]]) -> None:
    rows = [Measured("<a>", share, "told", min(share, low), max(share, high)) for share, low, high in values]
    points = [Placed(low, share, min(share, low), max(share, high), "told") for share, low, high in values]

    assert_sound(intervals(rows, written=str, most=1.0))
    assert_sound(intervals(rows, written=str))
    assert_sound(against_each_other(points, written=str))


def test_what_stands_on_a_plot_is_text_and_no_markup() -> None:
    root = assert_sound(intervals([Measured("<script>alert(1)</script>", 0.5, "<b>")], written=str))

    assert {its.tag for its in root.iter()} == {"svg", "path", "text", "g", "title", "circle"}
    assert "<script>alert(1)</script>" in [its.text for its in root.iter("text")]


@given(st.floats(0.0, 1e15), st.booleans())
def test_steps_of_an_axis_are_even_begin_at_0_and_reach_the_top(top: float, whole: bool) -> None:
    steps = steps_to(top, whole=whole)

    assert steps[0] == 0.0
    assert steps[-1] >= top * (1.0 - 1e-9)
    assert 2 <= len(steps) <= 6
    assert {round((after - before) / steps[1], 6) for before, after in pairwise(steps)} == {1.0}
    if whole:
        assert all(step == int(step) for step in steps)


@pytest.mark.parametrize(("top", "steps"), [(0, (0, 1)), (1, (0, 1)), (3, (0, 1, 2, 3)), (50, (0, 20, 40, 60))])
def test_counts_have_whole_steps(top: float, steps: tuple[float, ...]) -> None:
    assert steps_to(top, whole=True) == steps


def test_a_bar_twice_as_much_is_twice_as_high_and_the_axis_names_its_top() -> None:
    plot = bars_and_line(["a", "b"], named([50.0, 100.0]), written=lambda value: f"{value:g}")

    assert plot.bars[1].height == pytest.approx(2 * plot.bars[0].height, abs=0.2)
    assert plot.y_ticks[-1].text == "100"
    assert plot.y_ticks[-1].at_px == plot.bars[1].y


def test_a_reading_that_is_as_right_as_it_was_sure_lies_on_the_diagonal() -> None:
    plot = against_each_other([Placed(0.25, 0.25, 0.2, 0.3, "")], written=str)
    (dot,) = plot.dots
    assert plot.guide is not None
    x1, y1, x2, y2 = plot.guide

    assert (dot.x - x1) / (x2 - x1) == pytest.approx(0.25, abs=0.001)
    assert (y1 - dot.y) / (y1 - y2) == pytest.approx(0.25, abs=0.001)
    assert dot.reach is not None
    assert dot.reach[1] > dot.y > dot.reach[3]


def test_of_many_days_only_a_few_are_named_the_last_always() -> None:
    names = [str(number) for number in range(90)]

    plot = bars_and_line(names, named([1.0] * 90), written=str)

    assert 3 <= len(plot.x_ticks) <= 6
    assert plot.x_ticks[-1].text == "89"
