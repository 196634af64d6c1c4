"""Copies of a statement on hold: the store's own lock is compared with the records."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pipeline.usecases.holds import apply_holds, place_hold, release_hold
from tests.unit.paper import ANNE, Paper
from tests.unit.sealed import named, verdict_of

NUMBER = "812345"


def test_a_hold_taken_off_behind_our_back_is_named_until_it_is_put_on_again(tmp_path: Path) -> None:
    paper = Paper.make(tmp_path)
    place_hold(NUMBER, issuer=None, reason="appel", who=ANNE, keeping=paper.keeping)
    assert dict(verdict_of(paper.archive).checked)["held_objects"] > 0
    assert named(verdict_of(paper.archive)) == set()

    kept = paper.archive.objects.kept
    digest = next(digest for digest, its in kept.items() if its.held)
    kept[digest] = replace(kept[digest], held=False)
    assert named(verdict_of(paper.archive)) == {("hold_missing", digest)}

    apply_holds(keeping=paper.keeping)
    assert named(verdict_of(paper.archive)) == set()


def test_a_released_hold_asks_for_nothing(tmp_path: Path) -> None:
    paper = Paper.make(tmp_path)
    place_hold(NUMBER, issuer=None, reason="appel", who=ANNE, keeping=paper.keeping)
    release_hold(NUMBER, issuer=None, reason="fini", who=ANNE, keeping=paper.keeping)

    verdict = verdict_of(paper.archive)
    assert named(verdict) == set()
    assert "held_objects" not in dict(verdict.checked)
