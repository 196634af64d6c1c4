"""IIIF over HTTP: whose images, what is in the log, what an address is, what refusals look like, what caches keep."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.custody.people import Act, Role
from pipeline.custody.review import SiteRules
from pipeline.errors import Unavailable
from pipeline.model import PageId
from pipeline.screens.derivatives import REGISTERED
from pipeline.screens.iiif.cut import MAX_AREA_PX
from pipeline.screens.iiif.pyramid import Pyramid, pyramid
from pipeline.screens.iiif.views import LAYERS, ImageView
from pipeline.web.pyramid_cache import PyramidCache
from tests.fakes import MemoryStore
from tests.unit.browsing import SCAN, Browser, Pages
from tests.unit.reviewing import first_page

FORM = "form number=812345! date=2026-03-14"
WHOLE = "full/max/0/default"


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    return Pages.make(tmp_path)


@pytest.fixture
def page(pages: Pages) -> str:
    return first_page(pages.take(FORM))


def pixels(data: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.asarray(Image.open(io.BytesIO(data)))


def test_the_scan_and_every_layer_are_images_of_the_same_size(pages: Pages, page: str) -> None:
    browser = pages.signed_in("anne", Role.COURT)

    for view in set(ImageView) - {ImageView.RECEIVED}:
        info = browser.get(f"/iiif/3/{page}~{view}/info.json").json()
        assert (info["width"], info["height"]) == (120, 160)
        answer = browser.get(f"/iiif/3/{page}~{view}/{WHOLE}.png")
        assert answer.headers["content-type"] == "image/png"
        assert (pixels(answer.content).ndim == 3) == (view in LAYERS)
    assert np.array_equal(pixels(browser.get(f"/iiif/2/{page}~scan/full/full/0/default.png").content), SCAN)


def test_a_page_without_layers_has_none(pages: Pages) -> None:
    letter = first_page(pages.take("letter"))
    browser = pages.signed_in("anne", Role.SUPERVISOR)

    assert browser.get(f"/iiif/3/{letter}~scan/{WHOLE}.jpg").status_code == 200
    assert browser.get(f"/iiif/3/{letter}~form/{WHOLE}.jpg").status_code == 404


# Who sees what


def _answers(browser: Browser, page: str) -> set[int]:
    paths = ("", "/info.json", f"/{WHOLE}.jpg")
    return {browser.get(f"/iiif/{version}/{page}~scan{path}").status_code for version in (2, 3) for path in paths}


def test_of_other_issuers_not_even_the_size_is_told(pages: Pages, page: str) -> None:
    assert _answers(pages.signed_in("paul", Role.PROSECUTOR, issuer="ville"), page) == {404}
    assert _answers(pages.signed_in("pia", Role.PROSECUTOR, issuer="generic"), page) == {200, 303}


def test_nobody_and_auditors_see_no_image(pages: Pages, page: str) -> None:
    assert _answers(pages.browser(), page) == {401}
    shown = pages.browser().get(f"/iiif/3/{page}~scan/info.json", accept="text/html")
    assert (shown.status_code, shown.headers["location"][:8]) == (303, "/sign-in")
    assert _answers(pages.signed_in("aude", Role.AUDITOR), page) == {403}


def test_the_file_of_a_minor_is_restricted(pages: Pages) -> None:
    page = first_page(pages.take("form number=812345! date=2026-03-14! birth=2010-05-01!"))

    assert _answers(pages.signed_in("rene", Role.REVIEWER), page) == {403}
    assert _answers(pages.signed_in("carole", Role.COURT), page) == {200, 303}


def test_where_reviewers_get_crops_alone_there_are_no_tiles_for_them(tmp_path: Path) -> None:
    pages = Pages.make(tmp_path, rules=SiteRules(crops_only=True))
    page = first_page(pages.take(FORM))

    assert _answers(pages.signed_in("rene", Role.REVIEWER), page) == {404}
    assert _answers(pages.signed_in("chief", Role.SUPERVISOR), page) == {200, 303}


def test_a_look_is_in_the_log_before_its_pixels_are_shown_and_once(pages: Pages, page: str) -> None:
    browser = pages.signed_in("anne", Role.COURT)
    before = len(pages.log())

    browser.get(f"/iiif/3/{page}~scan/info.json")
    assert pages.log()[before:] == []
    for region in ("0,0,64,64", "64,0,64,64", "full"):
        browser.get(f"/iiif/3/{page}~scan/{region}/max/0/default.jpg")

    assert pages.log()[before:] == [("anne", Act.VIEWED, page)]


@pytest.mark.parametrize("tag", ["given", "*", "W/given"])
def test_a_look_that_browsers_have_kept_is_in_the_log_too(tag: str, pages: Pages, page: str) -> None:
    address = f"/iiif/3/{page}~scan/{WHOLE}.jpg"
    given = pages.signed_in("anne", Role.COURT).get(address).headers["etag"]
    other = pages.signed_in("carole", Role.COURT)

    answer = other.get(address, **{"if-none-match": tag.replace("given", given)})

    assert answer.status_code == (200 if tag == "*" else 304)
    assert pages.log()[-1] == ("carole", Act.VIEWED, page)


# Addresses and headers


def test_the_description_names_its_own_address_and_has_no_cookie_for_others(pages: Pages, page: str) -> None:
    browser = pages.signed_in("anne", Role.COURT)

    base = browser.get(f"/iiif/3/{page}~scan")
    plain = browser.get(base.headers["location"])
    linked = browser.get(f"/iiif/2/{page}~scan/info.json", accept="application/ld+json")

    assert plain.json()["id"] == f"{browser.origin}/iiif/3/{page}~scan"
    assert plain.headers["content-type"] == "application/json"
    assert json.loads(linked.text)["@id"] == f"{browser.origin}/iiif/2/{page}~scan"
    assert linked.headers["content-type"] == ('application/ld+json;profile="http://iiif.io/api/image/2/context.json"')
    assert plain.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in plain.headers
    assert plain.headers["etag"] != linked.headers["etag"]


def test_behind_tls_addresses_are_of_tls(tmp_path: Path) -> None:
    pages = Pages.make(tmp_path, secure=True)
    page = first_page(pages.take(FORM))
    browser = pages.signed_in("anne", Role.COURT)

    assert browser.get(f"/iiif/3/{page}~scan/info.json").json()["id"].startswith("https://")


def test_an_image_is_for_one_browser_alone_and_checked_each_time(pages: Pages, page: str) -> None:
    answer = pages.signed_in("anne", Role.COURT).get(f"/iiif/3/{page}~scan/{WHOLE}.jpg")

    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["vary"] == "Cookie"
    assert "access-control-allow-origin" not in answer.headers


def test_the_same_pixels_have_one_canonical_address_and_are_made_once(pages: Pages, page: str) -> None:
    browser = pages.signed_in("anne", Role.COURT)
    same = ("0,0,60,80/30,/0", "pct:0,0,50,50/30,40/0.0", "0,0,60,80/!30,40/360", "0,0,60,80/pct:50/0")

    answers = [browser.get(f"/iiif/3/{page}~scan/{path}/gray.jpg") for path in same]

    links = {answer.headers["link"] for answer in answers}
    address = f"{browser.origin}/iiif/3/{page}~scan/0,0,60,80/30,40/0/default.jpg"
    assert links == {f'<http://iiif.io/api/image/3/level2.json>;rel="profile", <{address}>;rel="canonical"'}
    assert len({answer.content for answer in answers}) == 1
    assert browser.get(address).content == answers[0].content


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("0,0,0,0/max/0/default.jpg", "iiif_region"),
        ("500,500,1,1/max/0/default.jpg", "iiif_region_outside"),
        ("full/ /0/default.jpg", "iiif_size"),
        ("full/121,/0/default.jpg", "iiif_size_upscaled"),
        ("full/^100000,100000/0/default.jpg", "iiif_size_limit"),
        ("full/max/45/default.jpg", "iiif_rotation"),
        ("full/max/0/native.jpg", "iiif_quality"),
        ("full/max/0/default.webp", "iiif_format"),
    ],
)
def test_a_request_that_is_none_says_why(path: str, code: str, pages: Pages, page: str) -> None:
    answer = pages.signed_in("anne", Role.COURT).get(f"/iiif/3/{page}~scan/{path}")

    assert answer.status_code == 400
    assert code in answer.text


@pytest.mark.parametrize(
    "image",
    [
        *("x", "{page}", "{page}~", "{page}~thumbnail", "{page}~SCAN", "{page}~scan~scan", "..~scan", "{page}.~scan"),
        *("2026-11-20-999.0001.0001~scan", "{page}.p9~scan", "%2e%2e%2f~scan", "{page}~scan%00", "{page}~scan%0a"),
    ],
)
def test_an_image_that_is_none_is_not_found(image: str, pages: Pages, page: str) -> None:
    browser = pages.signed_in("anne", Role.SUPERVISOR)

    for version in ("3", "2"):
        assert browser.get(f"/iiif/{version}/{image.format(page=page)}/{WHOLE}.jpg").status_code == 404


@pytest.mark.parametrize("version", ["1", "4", "3.0", "03", "x"])
def test_there_are_two_versions(version: str, pages: Pages, page: str) -> None:
    assert pages.signed_in("anne", Role.SUPERVISOR).get(f"/iiif/{version}/{page}~scan/info.json").status_code == 404


@pytest.mark.parametrize("kept", [None, b"", b"no image"])
def test_an_object_that_is_missing_or_is_no_image_is_not_shown(kept: bytes | None, pages: Pages, page: str) -> None:
    browser = pages.signed_in("anne", Role.SUPERVISOR)
    store = pages.office.archive.keeping.objects
    assert isinstance(store, MemoryStore)
    digest = next(ref.digest for ref in pages.records.derivatives_of(PageId(page)) if ref.name == REGISTERED)
    del store.objects[digest]
    if kept is not None:
        store.objects[digest] = kept

    for path in ("info.json", f"{WHOLE}.png"):
        answer = browser.get(f"/iiif/3/{page}~scan/{path}")
        assert answer.status_code == 404
        assert "<html" in answer.text


def test_an_original_that_cannot_be_decoded_is_not_shown(pages: Pages, page: str) -> None:
    assert pages.signed_in("anne", Role.SUPERVISOR).get(f"/iiif/3/{page}~received/info.json").status_code == 404


# Pyramids that are kept


def _made(side_px: int) -> Pyramid:
    return pyramid(np.zeros((side_px, side_px), np.uint8))


def _tags(cache: PyramidCache, tags: Sequence[str]) -> list[str]:
    """Those that had to be made anew."""
    made: list[str] = []
    for tag in tags:
        cache.get(tag, lambda tag=tag: made.append(tag) or _made(100))  # type: ignore[misc,func-returns-value]
    return made


def test_the_pyramid_asked_for_longest_ago_goes_first() -> None:
    cache = PyramidCache(most_bytes=2 * _made(100).size_bytes)

    assert _tags(cache, ["a", "b", "a", "c", "a", "b"]) == ["a", "b", "c", "b"]


def test_one_larger_than_all_room_is_kept_until_another_is_asked_for() -> None:
    cache = PyramidCache(most_bytes=10)

    assert _tags(cache, ["a", "a", "b", "b", "a"]) == ["a", "b", "a"]


def test_the_size_of_an_image_is_known_after_its_pyramid_is_gone() -> None:
    cache = PyramidCache(most_bytes=10)
    _tags(cache, ["a", "b"])

    def never() -> Pyramid:
        raise AssertionError

    assert cache.extent("a", never).width_px == 100


def test_what_many_ask_for_at_once_is_made_once() -> None:
    cache, made, gate = PyramidCache(), [], threading.Event()

    def make() -> Pyramid:
        gate.wait(5.0)
        made.append(1)
        return _made(100)

    threads = [threading.Thread(target=cache.get, args=("a", make)) for _ in range(8)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join()

    assert len(made) == 1


def test_a_pyramid_that_cannot_be_made_leaves_room_for_the_next() -> None:
    cache = PyramidCache()

    def fails() -> Pyramid:
        raise MemoryError

    for _ in range(5):
        with pytest.raises(MemoryError):
            cache.get("a", fails)

    assert cache.get("a", lambda: _made(10)).width_px == 10


def test_whole_pages_that_are_made_at_once_have_no_more_pixels_than_one_answer_may_have() -> None:
    cache, at_once, most = PyramidCache(), 0, 0
    turn, begun = threading.Lock(), threading.Barrier(4)

    def answer() -> None:
        nonlocal at_once, most
        begun.wait(5.0)
        with cache.room(MAX_AREA_PX // 2):
            with turn:
                at_once += 1
                most = max(most, at_once)
            threading.Event().wait(0.02)
            with turn:
                at_once -= 1

    threads = [threading.Thread(target=answer) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == 2


def test_with_too_many_whole_pages_waiting_the_next_is_told_so_and_tiles_are_not_held_up() -> None:
    cache = PyramidCache(most_waiting=0)

    with cache.room(MAX_AREA_PX):
        with pytest.raises(Unavailable) as caught, cache.room(1_000_001):
            pass
        with cache.room(512 * 512):
            pass
    with cache.room(MAX_AREA_PX):
        pass

    assert caught.value.code == "images_busy"
