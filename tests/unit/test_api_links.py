"""Links for defendants over the court API: made once, listed without their address, revoked."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest

from pipeline.custody.court import Scope
from pipeline.custody.people import Act, Role
from tests.unit.asking import NUMBER, V1, Asker, asker, code_of
from tests.unit.browsing import ORIGIN, Pages

LINKS = f"{V1}/statements/{NUMBER}/links"
WISH = {"days": 3, "reason": "asked at the counter"}


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    made = Pages.make(tmp_path)
    made.take(f"form number={NUMBER}!", f"form number={NUMBER}9!")
    return made


@pytest.fixture
def court(pages: Pages) -> Asker:
    return asker(pages, "court", Role.COURT, Scope.LINK)


def _made(court: Asker, wish: object = None) -> httpx2.Response:
    headers = {"authorization": f"Bearer {court.key}"}
    return court.client.post(LINKS, json=WISH if wish is None else wish, headers=headers)


def _revoked(court: Asker, link: str, number: str = NUMBER) -> httpx2.Response:
    path = f"{V1}/statements/{number}/links/{link}"
    return court.client.delete(path, headers={"authorization": f"Bearer {court.key}"})


def test_a_link_is_told_once_opens_the_statement_and_is_revoked(pages: Pages, court: Asker) -> None:
    made = _made(court)
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    address, link = made.json()["address"], made.json()["id"]
    path = address.removeprefix(ORIGIN)
    assert pages.browser().get(path).status_code == 200

    (listed,) = court.get(LINKS).json()["links"]
    assert (listed["id"], listed["state"], listed["made_by"], listed["uses"]) == (link, "open", "client:court", 1)
    assert "address" not in listed
    assert _revoked(court, link).json()["state"] == "revoked"
    assert _revoked(court, link).json()["state"] == "revoked"
    assert pages.browser().get(path).status_code == 404
    changes = [its for its in pages.log() if its[1] is Act.CHANGED and its[0] == "client:court"]
    assert changes == [("client:court", Act.CHANGED, NUMBER)] * 2


@pytest.mark.parametrize(
    "wish", [{}, {"reason": ""}, {"reason": " "}, {**WISH, "days": 0}, {**WISH, "days": 366}, {**WISH, "for": "x"}]
)
def test_a_link_without_reason_or_end_is_malformed(wish: object, pages: Pages, court: Asker) -> None:
    answer = _made(court, wish)

    assert (answer.status_code, code_of(answer)) == (422, "malformed")
    assert pages.records.passes.links() == ()


def test_the_link_of_another_statement_is_not_there(pages: Pages, court: Asker) -> None:
    link = _made(court).json()["id"]

    answer = _revoked(court, link, f"{NUMBER}9")
    assert (answer.status_code, code_of(answer)) == (404, "unknown_link")
    assert pages.records.passes.links()[0].revoked_at is None


def test_the_statements_own_page_makes_lists_and_revokes_links(pages: Pages) -> None:
    clerk = pages.signed_in("clerk", Role.COURT)
    page = f"/statements/{NUMBER}/links?issuer=generic"
    assert f"/statements/{NUMBER}/links?issuer=generic" in clerk.get(f"/statements/{NUMBER}?issuer=generic").text

    refused = clerk.post(page, days="0", reason="counter")
    assert refused.status_code == 422
    made = clerk.post(page, days="2", reason="asked at the counter")
    assert made.status_code == 200
    address = made.text.partition('value="http')[2].partition('"')[0]
    path = f"http{address}".removeprefix(ORIGIN)
    assert pages.browser().get(path).status_code == 200
    listed = clerk.get(page)
    assert "asked at the counter" in listed.text
    assert path not in listed.text
    gone = clerk.post(f"/statements/{NUMBER}/links/l0001/revoke?issuer=generic")
    assert gone.status_code == 303
    assert pages.browser().get(path).status_code == 404
    assert clerk.post(f"/statements/{NUMBER}9/links/l0001/revoke?issuer=generic").status_code == 404
