"""Manifests over HTTP: by session, by key, under a pass; what each leads to, what is in the log, who reads what."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from pipeline.custody import BatchOptions
from pipeline.custody.people import Act, Role
from pipeline.custody.review import SiteRules
from tests.fakes import MemoryStore
from tests.unit.asking import FOREIGN, NUMBER, V1, Asker, asker, code_of
from tests.unit.browsing import ORIGIN, Browser, Pages
from tests.unit.schemas import presentation_problems

FORM = f"form number={NUMBER}! date=2026-03-14! plate=ABC123! name=TREMBLAY!"
VIEWER = {"origin": "https://viewer.example"}


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    made = Pages.make(tmp_path, rules=SiteRules(second_person=False))
    made.take(FORM, f"return number={NUMBER}!", "letter J'étais à l'hôpital")
    return made


@pytest.fixture
def court(pages: Pages) -> Asker:
    return asker(pages, "court", Role.COURT)


def path_of(address: str) -> str:
    its = urlsplit(address)
    assert f"{its.scheme}://{its.netloc}" == ORIGIN
    return its.path + (f"?{its.query}" if its.query else "")


def images_of(document: Any) -> list[str]:
    return [
        service["id"]
        for canvas in document["items"]
        for page in canvas["items"]
        for painting in page["items"]
        for service in painting["body"]["service"]
    ]


def test_all_that_the_manifest_of_a_machine_names_is_there_without_a_key(pages: Pages, court: Asker) -> None:
    answer = court.get(f"{V1}/statements/{NUMBER}/manifest")

    document = answer.json()
    assert answer.status_code == 200
    assert presentation_problems(document) == []
    nobody = pages.browser()
    images = images_of(document)
    assert len(images) == 7 + 7 + 1
    for address in images:
        told = nobody.get(f"{path_of(address)}/info.json", **VIEWER)
        assert (told.status_code, told.headers["access-control-allow-origin"]) == (200, "*")
        assert told.json()["id"] == address
        canvas = next(its for its in document["items"] if its["id"].rpartition("/")[2] in address)
        assert (told.json()["width"], told.json()["height"]) == (canvas["width"], canvas["height"])
    for canvas in document["items"]:
        assert nobody.get(path_of(canvas["thumbnail"][0]["id"])).status_code == 200
        for painting in canvas["items"][0]["items"]:
            drawn = nobody.get(path_of(painting["body"]["id"]))
            assert (drawn.status_code, drawn.headers["content-type"]) == (200, painting["body"]["format"])
    data = next(its["id"] for its in document["seeAlso"] if its["type"] == "Dataset")
    assert court.get(path_of(data)).json()["number"] == NUMBER


def test_the_same_manifest_is_under_the_pass_for_viewers_of_any_site(pages: Pages, court: Asker) -> None:
    document = court.get(f"{V1}/statements/{NUMBER}/manifest").json()
    address = next(its["id"] for its in document["seeAlso"] if its["type"] == "Manifest")

    answer = pages.browser().get(path_of(address), **VIEWER)

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    shown = answer.json()
    assert presentation_problems(shown) == []
    assert shown["id"] == address
    assert shown["items"] == document["items"]


def test_each_canvas_has_one_name_behind_every_door(pages: Pages, court: Asker) -> None:
    machine = court.get(f"{V1}/statements/{NUMBER}/manifest").json()
    person = pages.signed_in("claude", Role.COURT).get(f"/statements/{NUMBER}/manifest").json()

    assert [its["id"] for its in machine["items"]] == [its["id"] for its in person["items"]]
    assert all(address.startswith(f"{ORIGIN}/iiif/3/") for address in images_of(person))


def test_search_is_asked_by_both_versions_at_the_addresses_of_the_manifest(pages: Pages, court: Asker) -> None:
    document = court.get(f"{V1}/statements/{NUMBER}/manifest").json()
    new, old = document["service"]
    nobody = pages.browser()

    two = nobody.get(f"{path_of(new['id'])}?q=abc%20123&motivation=painting", **VIEWER)
    one = nobody.get(f"{path_of(old['@id'])}?q=HOPITAL", **VIEWER)

    assert (new["type"], old["profile"]) == ("SearchService2", "http://iiif.io/api/search/1/search")
    assert two.headers["access-control-allow-origin"] == one.headers["access-control-allow-origin"] == "*"
    assert [its["body"][0]["value"] for its in two.json()["items"]] == ["ABC123"]
    assert two.json()["id"] == f"{new['id']}?q=abc+123"
    assert two.json()["ignored"] == ["motivation"]
    assert [its["match"] for its in one.json()["hits"]] == ["hôpital"]
    canvases = {its["id"] for its in document["items"]}
    assert {its["on"].split("#")[0] for its in one.json()["resources"]} <= canvases


def test_an_unchanged_manifest_is_not_sent_again_and_each_look_is_in_the_log(pages: Pages, court: Asker) -> None:
    path = f"{V1}/statements/{NUMBER}/manifest"
    first = court.get(path)

    again = court.get(path, if_none_match=first.headers["etag"])

    assert (again.status_code, again.content) == (304, b"")
    looks = [its for its in pages.records.access.entries() if its.who == "client:court" and its.act is Act.VIEWED]
    assert [(its.subject, its.why) for its in looks] == [(NUMBER, "api manifest")] * 2


def test_a_persons_look_is_in_the_log_before_it_is_shown_and_once(pages: Pages) -> None:
    browser = pages.signed_in("claude", Role.COURT)
    before = len(pages.log())

    for part in ("manifest", "search?q=abc", "viewer"):
        assert browser.get(f"/statements/{NUMBER}/{part}").status_code == 200

    assert pages.log()[before:] == [("claude", Act.VIEWED, NUMBER)]
    assert "abc" not in str([(its.subject, its.why) for its in pages.records.access.entries()])


def test_a_question_after_a_word_reads_no_image_anew(pages: Pages, court: Asker) -> None:
    document = court.get(f"{V1}/statements/{NUMBER}/manifest").json()
    store = pages.office.archive.keeping.objects
    assert isinstance(store, MemoryStore)
    store.objects.clear()

    answer = pages.browser().get(f"{path_of(document['service'][0]['id'])}?q=ABC123")

    assert [its["body"][0]["value"] for its in answer.json()["items"]] == ["ABC123"]


# Fronts first (s. 20)


def fronts(answer: httpx2.Response) -> bool:
    assert answer.status_code == 200, answer.text
    return "fronts alone" in answer.json()["summary"]["en"][0]


def test_a_prosecutors_manifest_has_fronts_and_the_back_is_one_request_away_and_logged(pages: Pages) -> None:
    party = asker(pages, "city", Role.PROSECUTOR, issuer="generic")
    first = party.get(f"{V1}/statements/{NUMBER}/manifest")
    links = {its["label"]["en"][0]: its["id"] for its in first.json()["seeAlso"]}

    whole = party.get(path_of(links["All pages, backs among them"]))
    shown = pages.browser().get(path_of(links["The same manifest without a key, for a viewer, for some minutes"]))
    beyond = {its["label"]["en"][0]: its["id"] for its in shown.json()["seeAlso"]}["All pages, backs among them"]
    backs = pages.browser().get(path_of(beyond))

    assert (fronts(first), fronts(whole)) == (True, False)
    assert (fronts(shown), fronts(backs)) == (True, False)
    assert path_of(backs.json()["service"][0]["id"]).endswith("/search/all")
    assert pages.browser().get(path_of(backs.json()["service"][1]["@id"]) + "?q=abc").json()["within"]["total"] == 1
    whys = [(its.who.split(":")[0], its.why) for its in pages.records.access.entries() if "manifest" in its.why]
    assert whys.count(("client", "api manifest_all")) == 1
    assert whys.count(("pass", "manifest_all")) == 1


def test_a_prosecutor_at_the_pages_is_shown_fronts_first_too(pages: Pages) -> None:
    browser = pages.signed_in("pia", Role.PROSECUTOR, issuer="generic")
    court = pages.signed_in("claude", Role.COURT)
    path = f"/statements/{NUMBER}/manifest"

    assert fronts(browser.get(path))
    assert not fronts(browser.get(f"{path}?pages=all"))
    assert not fronts(court.get(path))
    assert fronts(court.get(f"{path}?pages=front"))
    assert ("pia", "manifest_all") in [(its.who, its.why) for its in pages.records.access.entries()]
    assert "pages=all" in browser.get(f"/statements/{NUMBER}/viewer").text


# Who


def test_of_other_issuers_there_is_no_manifest_nor_search(pages: Pages) -> None:
    pages.office.archive.take({"o.pdf": f"form number={FOREIGN}!".encode()}, options=BatchOptions(issuer="valmont"))
    party = asker(pages, "city", Role.PROSECUTOR, issuer="generic")
    browser = pages.signed_in("pia", Role.PROSECUTOR, issuer="generic")

    assert code_of(party.get(f"{V1}/statements/{FOREIGN}/manifest")) == "unknown_statement"
    for part in ("manifest", "search?q=9", "viewer"):
        assert browser.get(f"/statements/{FOREIGN}/{part}").status_code == 404


def test_a_pass_opens_its_own_statement_alone(pages: Pages, court: Asker) -> None:
    pages.take("form number=812399! plate=XYZ789!")
    document = court.get(f"{V1}/statements/{NUMBER}/manifest").json()
    other = court.get(f"{V1}/statements/812399/manifest").json()
    base = path_of(images_of(document)[0]).rpartition("/")[0]
    foreign = images_of(other)[0].rpartition("/")[2]

    nobody = pages.browser()

    assert nobody.get(f"{base}/{foreign}/info.json").status_code == 404
    assert nobody.get(f"{path_of(document['service'][0]['id'])}?q=xyz789").json()["items"] == []
    assert nobody.get(f"/shown/{'x' * 43}/manifest").status_code == 404


@pytest.mark.parametrize("query", ["pages=some", "lang=de", f"q={'x' * 201}"])
def test_a_malformed_request_is_refused(query: str, pages: Pages, court: Asker) -> None:
    document = court.get(f"{V1}/statements/{NUMBER}/manifest").json()
    search = path_of(document["service"][0]["id"])

    answers = [court.get(f"{V1}/statements/{NUMBER}/manifest?{query}")] if query[0] != "q" else []
    answers += [pages.browser().get(f"{search}?{query}")] if query[0] == "q" else []

    assert {its.status_code for its in answers} == {422}
    assert "xxxx" not in answers[0].text


# Addresses for other viewers


def test_whoever_may_export_makes_an_address_that_opens_without_a_session(pages: Pages) -> None:
    browser = pages.signed_in("claude", Role.COURT)

    page = browser.post(f"/statements/{NUMBER}/viewer")

    assert page.status_code == 200
    assert _opens(pages.browser(), page)
    assert ("claude", "viewer_address") in [(its.who, its.why) for its in pages.records.access.entries()]


def _opens(nobody: Browser, page: httpx2.Response) -> bool:
    address = page.text.split('id="address"')[1].split('value="')[1].split('"')[0]
    return bool(nobody.get(path_of(address)).json()["label"]["en"] == [f"Statement {NUMBER}"])
