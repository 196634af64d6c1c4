"""Section 20: a prosecutor is given fronts; the back is one request away, and that request is in the log."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.custody.people import Role
from pipeline.custody.review import SiteRules
from pipeline.model import PageId, Side
from tests.unit.asking import NUMBER, V1, asker
from tests.unit.browsing import Pages

TEXT = "J'étais à l'hôpital"


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    """A statement of which the page with the text is a back."""
    made = Pages.make(tmp_path, rules=SiteRules(second_person=False))
    made.take(f"form number={NUMBER}! plate=ABC123!", f"letter {TEXT}")
    kept = made.records.tables.pages
    back = next(row for row in kept.values() if row.page_index == 1)
    kept[back.id] = replace(back, side=Side.BACK)
    return made


def _back(pages: Pages) -> PageId:
    return next(row.id for row in pages.records.tables.pages.values() if row.side is Side.BACK)


def _whys(pages: Pages, who: str) -> list[str]:
    return [its.why for its in pages.records.access.entries() if its.who == who]


def test_a_prosecutors_page_has_the_front_and_a_way_to_the_back_which_is_a_look_of_its_own(pages: Pages) -> None:
    browser = pages.signed_in("pia", Role.PROSECUTOR, issuer="generic")
    before = len(_whys(pages, "pia"))
    front = browser.get(f"/statements/{NUMBER}").text
    assert _back(pages) not in front
    assert "hôpital" not in front
    (way,) = {part.partition('"')[0] for part in front.split('href="') if "pages=all" in part[:100]}

    whole = browser.get(way.replace("&amp;", "&"))
    assert "hôpital" in whole.text
    assert browser.get(f"/pages/{_back(pages)}/scan").status_code == 200
    assert _whys(pages, "pia")[before:] == ["statement", "statement_all"]


def test_a_back_that_was_not_asked_for_is_no_part_of_the_look_at_the_front(pages: Pages) -> None:
    browser = pages.signed_in("pia", Role.PROSECUTOR, issuer="generic")
    browser.get(f"/statements/{NUMBER}")
    browser.get(f"/pages/{_back(pages)}/scan")

    assert _whys(pages, "pia")[-2:] == ["statement", "image"]


def test_a_prosecutors_machine_is_given_the_front_and_asks_for_the_back(pages: Pages) -> None:
    its = asker(pages, "city", Role.PROSECUTOR, issuer="generic")
    assert asker(pages, "court", Role.COURT).assign(NUMBER, "500-61-000001").status_code == 200
    front = its.get(f"{V1}/statements/{NUMBER}")
    record = its.get(f"{V1}/records/500-61-000001")

    assert [page["id"] for page in front.json()["pages"]] != []
    for answer in (front, record):
        assert _back(pages) not in answer.text
    whole = its.get(front.json()["links"]["all_pages"]).json()
    assert _back(pages) in [page["id"] for page in whole["pages"]]
    assert whole["links"]["all_pages"] is None
    assert its.get(f"{V1}/statements/{NUMBER}/page-screens/enclosure/back").status_code == 200
    whys = ["api statement", "api record", "api statement_all", "api page_screen scan"]
    assert _whys(pages, "client:city") == whys


def test_the_court_is_given_both_sides_unless_it_asks_for_fronts(pages: Pages) -> None:
    browser, its = pages.signed_in("claude", Role.COURT), asker(pages, "court", Role.COURT)

    assert _back(pages) in browser.get(f"/statements/{NUMBER}").text
    assert _back(pages) in its.get(f"{V1}/statements/{NUMBER}").text
    assert _back(pages) not in its.get(f"{V1}/statements/{NUMBER}?pages=front").text
    assert "api statement_all" not in _whys(pages, "client:court")
