"""What whoever sees one statement does not come by: what lies on the same scan, another's number, an unnoted look."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.custody import PageRow
from pipeline.custody.people import Role
from pipeline.geometry import BoxPx
from pipeline.model import PageId, PageLabel, Side
from pipeline.usecases.passes import NewLink, make_link, viewing_pass
from tests.unit.asking import NUMBER, V1, asker
from tests.unit.browsing import Pages
from tests.unit.reviewing import first_page

CARD = "4111 1111 1111 1111"


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    return Pages.make(tmp_path)


def _whys(pages: Pages, who: str) -> list[str]:
    return [its.why for its in pages.records.access.entries() if its.who == who]


def _divided(pages: Pages) -> PageId:
    """A scan of which one part is a page of the statement, and the other of nothing yet."""
    whole = PageId(first_page(pages.take(f"form number={NUMBER}!")))
    tables = pages.records.tables
    row = tables.pages[whole]
    one, other = (_part(row, number) for number in (1, 2))
    for its in (one, other):
        tables.pages[its.id] = its
        tables.outcomes[its.id] = tables.outcomes[whole]
        tables.derivatives[its.id] = tables.derivatives[whole]
    tables.pages[whole] = replace(row, label=PageLabel.DIVIDED)
    (batch, rows), *_ = [
        (batch, rows) for batch, rows in tables.statements.items() if any(whole in its.members for its in rows)
    ]
    tables.statements[batch] = tuple(
        replace(its, pages=tuple(one.id if page == whole else page for page in its.pages)) for its in rows
    )
    return whole


def _part(row: PageRow, number: int) -> PageRow:
    return replace(row, id=PageId(f"{row.id}.p{number}"), part_of=row.id, part_box=BoxPx(60 * (number - 1), 0, 60, 160))


def test_a_scan_is_not_shown_whole_while_a_part_of_it_belongs_to_nobody_known(pages: Pages) -> None:
    whole = _divided(pages)
    link = make_link(NewLink("generic", NUMBER, 30, "counter"), by="os:root", address="", gate=pages.gate).text
    viewer = viewing_pass("generic", NUMBER, who="anne", gate=pages.gate)
    its = asker(pages, "city", Role.PROSECUTOR, issuer="generic")
    person = pages.signed_in("claude", Role.COURT)
    rest = "full/max/0/default.jpg"

    for text in (link, viewer):
        assert pages.browser().get(f"/shown/{text}/iiif/3/{whole}.p1~scan/{rest}").status_code == 200
        for view in ("scan", "received"):
            assert pages.browser().get(f"/shown/{text}/iiif/3/{whole}~{view}/{rest}").status_code == 404
    assert its.get(f"{V1}/iiif/3/{whole}.p1~scan/{rest}").status_code == 200
    assert its.get(f"{V1}/iiif/3/{whole}~scan/{rest}").status_code == 404
    assert person.get(f"/iiif/3/{whole}.p1~scan/{rest}").status_code == 200
    assert person.get(f"/iiif/3/{whole}~scan/{rest}").status_code == 404
    assert person.get(f"/pages/{whole}/scan").status_code == 404
    assert pages.signed_in("sue", Role.SUPERVISOR).get(f"/iiif/3/{whole}~scan/{rest}").status_code == 200


def test_a_back_that_a_viewer_did_not_ask_for_is_noted_when_it_is_looked_at(pages: Pages) -> None:
    pages.take(f"form number={NUMBER}!", "letter text")
    kept = pages.records.tables.pages
    back = next(row for row in kept.values() if row.page_index == 1)
    kept[back.id] = replace(back, side=Side.BACK)
    browser = pages.signed_in("pia", Role.PROSECUTOR, issuer="generic")

    assert browser.get(f"/statements/{NUMBER}/manifest").status_code == 200
    assert browser.get(f"/iiif/3/{back.id}~scan/full/max/0/default.jpg").status_code == 200
    assert [its for its in _whys(pages, "pia") if its][-2:] == ["manifest", "image"]


def test_a_link_opens_no_statement_that_took_over_the_number(pages: Pages) -> None:
    pages.take(f"form number={NUMBER}!")
    link = make_link(NewLink("generic", NUMBER, 30, "counter"), by="os:root", address="", gate=pages.gate).text
    browser = pages.browser()
    assert browser.get(f"/shown/{link}").status_code == 200
    tables = pages.records.tables.statements
    for batch, rows in tables.items():
        tables[batch] = tuple(replace(its, number="812399") for its in rows)
    other = first_page(pages.take(f"form number={NUMBER}! date=2026-03-14"))

    assert browser.get(f"/shown/{link}").status_code == 404
    for rest in ("manifest", "search?q=x", "hard-copy", f"iiif/3/{other}~scan/full/max/0/default.jpg"):
        assert browser.get(f"/shown/{link}/{rest}").status_code == 404


def test_of_a_cards_number_in_the_reason_of_a_link_nothing_is_kept(pages: Pages) -> None:
    pages.take(f"form number={NUMBER}!")
    browser = pages.signed_in("claude", Role.COURT)
    assert browser.post(f"/statements/{NUMBER}/links", days="30", reason=f"paid with {CARD}").status_code == 200

    (link,) = pages.records.passes.links()
    assert "paid with" in link.reason
    assert CARD not in link.reason
    assert all(CARD not in its.why for its in pages.records.access.entries())
    assert CARD not in browser.get(f"/statements/{NUMBER}/links").text


def test_a_record_tells_what_is_left_of_it(pages: Pages) -> None:
    gone = pages.take(f"form number={NUMBER}!")
    pages.take("form number=812399!")
    its = asker(pages, "court", Role.COURT)
    assert its.assign(NUMBER, "500-61-000001").status_code == 200
    assert its.assign("812399", "500-61-000001", key="k2").status_code == 200
    tables = pages.records.tables.statements
    # Kept no more; another issuer uses the number.
    tables[gone] = tuple(replace(row, issuer="valmont") for row in tables[gone])

    answer = its.get(f"{V1}/records/500-61-000001")
    assert answer.status_code == 200
    assert [each["number"] for each in answer.json()["statements"]] == ["812399"]


def test_a_link_goes_on_opening_its_statement_once_more_came_in_of_it(pages: Pages) -> None:
    pages.take(f"form number={NUMBER}!")
    link = make_link(NewLink("generic", NUMBER, 30, "counter"), by="os:root", address="", gate=pages.gate).text
    pages.take(f"return number={NUMBER}!")

    assert pages.browser().get(f"/shown/{link}").status_code == 200
