"""The retention schedule of a site: what is read from its file, and everything that can be wrong with it."""

from __future__ import annotations

import pickle
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.custody import RetentionMode
from pipeline.custody.retention import DigitalTerm, DocumentClass, PaperTerm, SampleSize, Subject
from pipeline.errors import OperatorError
from pipeline.evidence.retention import retain_until, rule_in_force, sample_size
from pipeline.evidence.retention_schema import RetentionInvalid, parse_retention
from pipeline.model import Schedule
from pipeline.storage.retention_file import load_retention

PAPER = """
    paper:
      destroy_after_days: 90
      least_age_days: 120
      after_review: true
      sample: {least: 30, percent: 2, most_faults: 0}"""
RULE = """
  - id: first
    authority: Comité de gestion documentaire, résolution 2026-118
    in_force_from: 2026-12-01
    documents: [statement, return]
    schedules: [iii, iv]
    paper: keep
    digital: {years: 10, mode: COMPLIANCE}
"""


def rules(*texts: str) -> str:
    return "rules:" + "".join(texts)


def changed(**values: str) -> str:
    """The rule with other values; an empty one takes the key out, a new one adds it."""
    lines = []
    for line in RULE.splitlines():
        key = line.strip().removeprefix("- ").partition(":")[0]
        if key not in values:
            lines.append(line)
        elif values[key]:
            lines.append(f"{line.partition(':')[0]}: {values[key]}")
    known = {line.strip().removeprefix("- ").partition(":")[0] for line in RULE.splitlines()}
    lines += [f"    {key}: {value}" for key, value in values.items() if key not in known]
    return "\n".join(lines) + "\n"


def problems(text: str) -> list[tuple[str, int, str]]:
    with pytest.raises(RetentionInvalid) as caught:
        parse_retention(text, source="calendrier.yaml")
    return [(its.code, its.line, its.location) for its in caught.value.problems]


def test_a_rule_is_read_as_it_was_adopted() -> None:
    schedule = parse_retention(rules(RULE.replace("    paper: keep", PAPER[1:])), source="calendrier.yaml")

    (rule,) = schedule.rules
    assert rule.authority.startswith("Comité")
    assert (rule.in_force_from, rule.until) == (date(2026, 12, 1), None)
    assert Subject(DocumentClass.STATEMENT, Schedule.III) in rule.subjects
    assert len(rule.subjects) == 4
    assert rule.paper == PaperTerm(90, 120, True, SampleSize(30, 2.0, 0))
    assert rule.digital == DigitalTerm(10, RetentionMode.COMPLIANCE)


def test_the_authority_is_one_line_without_control_characters() -> None:
    text = changed(authority='"Comité\\n  de \\x1b[31mgestion\\u202e documentaire"')
    (rule,) = parse_retention(rules(text), source="c.yaml").rules

    assert rule.authority == "Comité de [31mgestion documentaire"


def test_a_rule_without_schedules_speaks_of_all_four_and_of_what_belongs_to_none() -> None:
    text = changed(documents="[statement, enclosure]", schedules="")
    (rule,) = parse_retention(rules(text), source="c.yaml").rules

    assert set(rule.subjects) == {Subject(DocumentClass.ENCLOSURE)} | {
        Subject(DocumentClass.STATEMENT, schedule) for schedule in Schedule
    }


@pytest.mark.parametrize(
    ("changes", "code", "location"),
    [
        ({"authority": ""}, "retention_key_missing", "first.authority"),
        ({"authority": "x"}, "retention_value", "first.authority"),
        ({"in_force_from": "2026-13-01"}, "retention_value", "first.in_force_from"),
        ({"in_force_from": "1764547200"}, "retention_value", "first.in_force_from"),
        ({"until": "soon"}, "retention_value", "first.until"),
        ({"until": "2026-11-30"}, "retention_dates_reversed", "first.until"),
        ({"documents": "[statment]"}, "retention_value", "first.documents.1"),
        ({"documents": "[]"}, "retention_value", "first.documents"),
        ({"documents": "[enclosure]"}, "retention_schedules_idle", "first.schedules"),
        ({"schedules": "[v]"}, "retention_value", "first.schedules.1"),
        ({"paper": "burn"}, "retention_value", "first.paper"),
        ({"paper": "{destroy_after_days: 9}"}, "retention_key_missing", "first.paper.sample"),
        ({"digital": "{years: 0, mode: COMPLIANCE}"}, "retention_value", "first.digital.years"),
        ({"digital": "{years: '10', mode: COMPLIANCE}"}, "retention_value", "first.digital.years"),
        ({"digital": "{years: 10, mode: compliance}"}, "retention_value", "first.digital.mode"),
        ({"remarks": "none"}, "retention_key_unknown", "first.remarks"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(changes: dict[str, str], code: str, location: str) -> None:
    found = problems(rules(changed(**changes)))

    assert (code, f"rules.{location}") in [(its, place) for its, _, place in found]
    assert all(line > 0 for _, line, _ in found)


def test_every_problem_of_a_file_is_named_not_only_the_first() -> None:
    found = problems(rules(changed(authority="", documents="[statment]"), changed(id="Second!", remarks="none")))

    assert [code for code, _, _ in found] == [
        "retention_key_missing",
        "retention_value",
        "retention_value",
        "retention_key_unknown",
    ]
    assert [line for _, line, _ in found] == sorted(line for _, line, _ in found)


def test_paper_that_nobody_knows_what_it_is_has_no_term() -> None:
    text = changed(documents="[unidentified]", schedules="").replace("    paper: keep", PAPER[1:])

    assert [code for code, _, _ in problems(rules(text))] == ["retention_paper_unidentified"]


@pytest.mark.parametrize(
    ("first_until", "second_from", "codes"),
    [
        ("2027-11-30", "2027-12-01", []),
        ("2027-11-30", "2027-11-30", ["retention_overlap"]),
        ("2027-11-30", "2027-12-02", ["retention_gap"]),
        ("", "2027-12-01", ["retention_overlap"]),
    ],
)
def test_two_rules_of_one_subject_meet_without_overlap_or_gap(
    first_until: str, second_from: str, codes: list[str]
) -> None:
    first = changed(**({"until": first_until} if first_until else {}))
    text = rules(changed(id="second", in_force_from=second_from, documents="[return, enclosure]"), first)

    if codes:
        assert [code for code, _, _ in problems(text)] == codes
    else:
        assert len(parse_retention(text, source="c.yaml").rules) == 2


def test_an_overlap_names_both_rules_and_what_they_share() -> None:
    with pytest.raises(RetentionInvalid) as caught:
        parse_retention(rules(RULE, changed(id="second", documents="[return]")), source="c.yaml")

    (problem,) = caught.value.problems
    assert dict(problem.params) == {"first": "first", "second": "second", "subjects": "return iii, return iv"}


def test_rules_of_different_subjects_may_be_in_force_together() -> None:
    text = rules(changed(documents="[statement]"), changed(id="second", documents="[return]"))

    assert len(parse_retention(text, source="c.yaml").rules) == 2


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 8)), min_size=1, max_size=5))
def test_a_schedule_is_taken_exactly_when_every_day_from_its_first_to_its_last_has_one_rule(
    spans: list[tuple[int, int]],
) -> None:
    first = date(2026, 12, 1)
    days = [(first + timedelta(days=start), first + timedelta(days=start + length)) for start, length in spans]
    text = rules(
        *(
            changed(id=f"r{place}", in_force_from=since.isoformat(), until=until.isoformat())
            for place, (since, until) in enumerate(days)
        )
    )
    last = max(until for _, until in days)
    start = min(since for since, _ in days)
    counts = {
        sum(since <= start + timedelta(days=each) <= until for since, until in days)
        for each in range((last - start).days + 1)
    }

    if counts == {1}:
        assert len(parse_retention(text, source="c.yaml").rules) == len(spans)
    else:
        found = {code for code, _, _ in problems(text)}
        assert found == {
            code for code, holds in (("retention_overlap", max(counts) > 1), ("retention_gap", 0 in counts)) if holds
        }


def test_an_id_is_given_once() -> None:
    assert "retention_id_twice" in [code for code, _, _ in problems(rules(RULE, RULE))]


@pytest.mark.parametrize("text", ["", "rules:", "rules: []", "- a", "rules: [1]", "a: &x 1\nb: *x", "rules: {", "\x00"])
def test_a_file_that_is_no_schedule_is_refused(text: str) -> None:
    assert problems(text)


def test_a_file_that_is_too_large_is_refused() -> None:
    assert problems("#" * 300_000) == [("retention_file_large", 0, "")]


@given(st.text(max_size=300))
def test_no_text_is_anything_but_a_schedule_or_a_list_of_problems(text: str) -> None:
    found: object = ()
    try:
        found = parse_retention(text, source="c.yaml").rules
    except RetentionInvalid as error:
        found = error.problems

    assert found


def test_the_error_survives_a_process_boundary() -> None:
    with pytest.raises(RetentionInvalid) as caught:
        parse_retention("rules: []", source="c.yaml")
    again = pickle.loads(pickle.dumps(caught.value))

    assert (again.params, again.problems) == (caught.value.params, caught.value.problems)


def test_a_file_that_cannot_be_read_is_an_error_of_the_operator(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"rules: \xe9")

    for path in (tmp_path / "none.yaml", tmp_path / "latin.yaml", tmp_path):
        with pytest.raises(OperatorError, match="retention_file_unreadable"):
            load_retention(path)


def test_a_rule_holds_from_its_first_to_its_last_day() -> None:
    schedule = parse_retention(rules(changed(until="2027-11-30")), source="c.yaml")
    subject, other = Subject(DocumentClass.RETURN, Schedule.IV), Subject(DocumentClass.RETURN, Schedule.I)

    days = [date(2026, 11, 30), date(2026, 12, 1), date(2027, 11, 30), date(2027, 12, 1)]
    assert [rule_in_force(schedule, subject, day) is not None for day in days] == [False, True, True, False]
    assert rule_in_force(schedule, other, date(2027, 1, 1)) is None


@pytest.mark.parametrize(
    ("received_on", "until"),
    [(date(2026, 11, 20), date(2036, 11, 20)), (date(2024, 2, 29), date(2034, 3, 1))],
)
def test_copies_are_kept_whole_years(received_on: date, until: date) -> None:
    (rule,) = parse_retention(rules(RULE), source="c.yaml").rules

    assert retain_until(rule, received_on) == until


@given(st.integers(1, 100), st.floats(0, 100), st.integers(0, 100_000))
def test_a_sample_is_never_larger_than_the_box_nor_smaller_than_was_asked(
    least: int, percent: float, images: int
) -> None:
    count = sample_size(SampleSize(least, percent, 0), images)

    assert count <= images
    assert count >= min(images, least)
    assert 100 * count >= images * percent - 1e-6 or count == images


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)))
def test_copies_are_never_kept_shorter_than_the_years_of_the_rule(received_on: date) -> None:
    (rule,) = parse_retention(rules(RULE), source="c.yaml").rules

    assert retain_until(rule, received_on) - received_on >= timedelta(days=3652)


def test_the_example_of_the_documents_is_a_schedule() -> None:
    text = (Path(__file__).parents[2] / "docs" / "retention.md").read_text(encoding="utf-8")
    example = text.partition("```yaml\n")[2].partition("```")[0]

    assert [rule.id for rule in parse_retention(example, source="retention.md").rules] == [
        "constats-2026",
        "autres-2026",
    ]
