"""What pages show, whatever stands in the fields; images by id and name alone."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from pipeline.custody import BatchOptions
from pipeline.custody.people import Act, Role
from pipeline.custody.review import Verb, Verdict
from pipeline.model import BatchId, Digest, PageId
from pipeline.usecases.review import decide, next_task
from pipeline.web.browser_images import FAINT_HEIGHT_PX, View
from pipeline.web.image_cache import ImageCache
from pipeline.web.noted import AGAIN_AFTER_S, Noted
from tests.unit.browsing import Browser, Pages
from tests.unit.reviewing import ANNE, first_page

FORM = "form number=812345! date=2026-03-14"
SCRIPT = "<script>alert(1)</script><img/src=x/onerror=alert(1)>\"'&"
RIGHT_TO_LEFT = "\u202egnp.exe\u2066"
LONG = "A" * 10_000


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    return Pages.make(tmp_path)


class _Tags(HTMLParser):
    """Elements and attributes of a page, as a browser takes them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}


def _scripts_are_ours(text: str) -> bool:
    found = re.findall(r"<script\b[^>]*>", text, re.IGNORECASE)
    return all(' src="/static/' in each for each in found)


def _rewritten(pages: Pages, batch: BatchId, value: str) -> None:
    """The page's value as an attacker wrote it on paper, and its text."""
    page = PageId(first_page(batch))
    stored = pages.records.tables.outcomes[page]
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    pages.records.tables.outcomes[page] = stored.replace("ZZZ", quoted)


@pytest.mark.parametrize("value", [SCRIPT, RIGHT_TO_LEFT, LONG], ids=["markup", "right-to-left", "long"])
def test_what_somebody_wrote_on_paper_is_shown_as_text(value: str, pages: Pages) -> None:
    batch = pages.take("form number=812345! name=ZZZ")
    _rewritten(pages, batch, value)
    browser = pages.signed_in("anne", Role.SUPERVISOR)

    text = browser.get("/statements/812345").text
    found = _Tags(text)

    assert "alert(1)</script>" not in text
    assert "onerror" not in found.attributes
    assert "iframe" not in found.names
    assert _scripts_are_ours(text)
    if value != SCRIPT:
        assert f'<bdi class="long">{value}</bdi>' in text


@pytest.mark.parametrize("name", [SCRIPT, RIGHT_TO_LEFT, LONG], ids=["markup", "right-to-left", "long"])
def test_names_of_batches_and_files_are_shown_as_text(name: str, pages: Pages) -> None:
    archive = pages.office.archive
    batch = archive.take({f"{name[:200]}.pdf": b"!bad"}, options=BatchOptions(name=name))
    browser = pages.signed_in("anne", Role.SUPERVISOR)

    for path in ("/", "/batches", f"/batches/{batch}", "/figures"):
        text = browser.get(path).text
        assert "onerror" not in _Tags(text).attributes
        assert _scripts_are_ours(text)


@pytest.mark.parametrize("number", [SCRIPT, RIGHT_TO_LEFT, LONG, "../../etc/passwd", "%00", "1;2"])
def test_a_number_that_is_none_is_not_found(number: str, pages: Pages) -> None:
    browser = pages.signed_in("anne", Role.SUPERVISOR)

    answer = browser.client.get("/statements/find", params={"number": number})

    assert answer.status_code == 404
    assert "unknown_statement" not in answer.headers
    assert "alert(1)</script>" not in answer.text


def test_what_was_looked_for_and_not_found_is_in_the_log(pages: Pages) -> None:
    pages.signed_in("anne", Role.COURT).get("/statements/find?number=704%20100%20777")

    assert pages.log()[-1] == ("anne", Act.SEARCHED, "704100777")


@pytest.mark.parametrize("typed", ["Tremblay", "ABC 123", "K99 1234", "Anne 12345"])
def test_names_and_plates_that_somebody_types_there_are_not_in_the_log(typed: str, pages: Pages) -> None:
    pages.signed_in("anne", Role.COURT).client.get("/statements/find", params={"number": typed})

    assert pages.log()[-1] == ("anne", Act.SEARCHED, "statements")


def test_a_number_is_found_as_people_write_it(pages: Pages) -> None:
    pages.take(FORM)
    browser = pages.signed_in("anne", Role.COURT)

    assert (
        browser.get("/statements/find?number=%20812%20345").headers["location"] == "/statements/812345?issuer=generic"
    )


def test_a_number_that_two_issuers_use_asks_for_the_issuer(pages: Pages) -> None:
    pages.take(FORM)
    pages.office.archive.take(
        {"other.pdf": b"form number=812345! date=2026-03-15"}, options=BatchOptions(issuer="ville")
    )
    browser = pages.signed_in("anne", Role.COURT)

    assert browser.get("/statements/812345").status_code == 409
    assert browser.get("/statements/812345?issuer=ville").status_code == 200


# The access log


def test_a_statement_is_in_the_log_before_it_is_shown_and_once_in_a_while(pages: Pages) -> None:
    batch = pages.take(FORM)
    browser = pages.signed_in("anne", Role.COURT)
    before = len(pages.log())

    browser.get("/statements/812345")
    browser.get(f"/pages/{first_page(batch)}/form")
    browser.get("/statements/812345")

    assert pages.log()[before:] == [("anne", Act.VIEWED, "812345")]


def test_an_image_by_its_address_alone_is_in_the_log(pages: Pages) -> None:
    batch = pages.take(FORM)

    pages.signed_in("anne", Role.REVIEWER).get(f"/pages/{first_page(batch)}/thumbnail")

    assert pages.log()[-1] == ("anne", Act.VIEWED, first_page(batch))


def test_thumbnails_of_an_opened_batch_are_part_of_that_look_and_larger_images_are_not(pages: Pages) -> None:
    batch = pages.take(FORM)
    browser = pages.signed_in("anne", Role.REVIEWER)
    browser.get(f"/batches/{batch}")
    before = len(pages.log())

    browser.get(f"/pages/{first_page(batch)}/thumbnail")
    browser.get(f"/pages/{first_page(batch)}/scan")

    assert pages.log()[before:] == [("anne", Act.VIEWED, first_page(batch))]


def test_hard_copies_and_proofs_that_leave_are_in_the_log(pages: Pages) -> None:
    pages.take(FORM)
    browser = pages.signed_in("anne", Role.COURT)

    made = browser.get("/statements/812345/hard-copy.pdf")

    assert made.content == b"%PDF 812345 court"
    assert 'filename="812345.pdf"' in made.headers["content-disposition"]
    assert pages.log()[-1] == ("anne", Act.EXPORTED, "812345")


def test_a_prosecutor_is_given_the_prosecutors_copy(pages: Pages) -> None:
    pages.take(FORM)
    browser = pages.signed_in("paul", Role.PROSECUTOR, issuer="generic")

    made = browser.get("/statements/812345/hard-copy.pdf?audience=court")

    assert made.content == b"%PDF 812345 prosecutor"


def test_a_log_that_was_cut_off_shows_nothing_more(pages: Pages) -> None:
    pages.take(FORM)
    browser = pages.signed_in("anne", Role.COURT)
    del pages.records.tables.people.log[-1]

    answer = browser.get("/statements/812345")

    assert answer.status_code == 500
    assert "access_log_truncated" in answer.text
    assert "2026-03-14" not in answer.text


def test_what_was_noted_is_noted_again_after_a_while() -> None:
    now = [0.0]
    noted = Noted(lambda: now[0])
    session = Digest("a" * 64)
    noted.add(session, "812345")

    assert noted.knows(session, "812345")
    assert not noted.knows(Digest("b" * 64), "812345")
    now[0] = AGAIN_AFTER_S
    assert not noted.knows(session, "812345")


# Images


@pytest.mark.parametrize("view", list(View))
def test_every_view_of_a_form_is_an_image(view: View, pages: Pages) -> None:
    batch = pages.take(FORM)
    answer = pages.signed_in("anne", Role.REVIEWER).get(f"/pages/{first_page(batch)}/{view}")

    with Image.open(io.BytesIO(answer.content)) as image:
        assert Image.MIME[image.format or ""] == answer.headers["content-type"]
        assert image.size == (120, 160)
    assert answer.headers["cache-control"] == "private, no-cache"


def test_the_layers_laid_on_each_other_look_like_the_scan(pages: Pages) -> None:
    batch = pages.take(FORM)
    browser = pages.signed_in("anne", Role.REVIEWER)
    form, ink, scan = (_pixels(browser, first_page(batch), view) for view in (View.FORM, View.PARTICULARS, View.SCAN))

    shown = np.where(ink[..., 3] > 0, ink[..., 0] * (ink[..., 3] / 255.0) + 255 - ink[..., 3], form)
    assert np.abs(shown - scan)[45:55, 25:75].max() < 12
    assert np.abs(form.astype(int) - scan)[80:, :].max() < 12
    assert not ink[:30, :, 3].any()


def _pixels(browser: Browser, page: str, view: View) -> npt.NDArray[np.uint8]:
    with Image.open(io.BytesIO(browser.get(f"/pages/{page}/{view}").content)) as image:
        return np.asarray(image)


def test_a_side_with_its_pale_traces_made_dark_is_as_large_as_one_looks_over(pages: Pages) -> None:
    batch = pages.take(FORM)
    browser = pages.signed_in("anne", Role.REVIEWER)

    answer = browser.get(f"/pages/{first_page(batch)}/faint")

    with Image.open(io.BytesIO(answer.content)) as shown:
        assert (answer.headers["content-type"], shown.mode) == ("image/jpeg", "L")
        assert shown.height <= FAINT_HEIGHT_PX


def test_an_image_is_sent_once(pages: Pages) -> None:
    batch = pages.take(FORM)
    browser = pages.signed_in("anne", Role.REVIEWER)
    path = f"/pages/{first_page(batch)}/scan"
    tag = browser.get(path).headers["etag"]

    again = browser.get(path, **{"if-none-match": f'W/"x", {tag}'})

    assert again.status_code == 304
    assert again.content == b""
    assert browser.get(path, **{"if-none-match": '"x"'}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/pages/../../etc/passwd/scan",
        "/pages/..%2f..%2fetc%2fpasswd/scan",
        "/pages/{page}/..%2fregistered.png",
        "/pages/{page}/registered.png",
        "/pages/{page}/owners.png",
        "/pages/{page}%00/scan",
        "/pages/{page}%0a/scan",
        "/pages/2026-11-20-001.0001.9999/scan",
        "/pages/٢٠٢٦-١١-٢٠-٠٠١.٠٠٠١.٠٠٠١/scan",
        "/pages/{page}/SCAN",
        "/pages/%7Bpage%7D/scan",
    ],
)
def test_an_address_is_never_a_path(path: str, pages: Pages) -> None:
    batch = pages.take(FORM)

    answer = pages.signed_in("anne", Role.REVIEWER).get(path.replace("{page}", first_page(batch)))

    assert answer.status_code == 404
    assert "root:" not in answer.text


@pytest.mark.parametrize("view", [View.THUMBNAIL, View.SCAN])
def test_an_image_that_is_missing_in_the_store_is_a_named_problem_and_no_fault(
    view: View, pages: Pages, caplog: pytest.LogCaptureFixture
) -> None:
    batch = pages.take(FORM)
    page = PageId(first_page(batch))
    for ref in pages.records.derivatives_of(page):
        del pages.office.archive.objects.objects[ref.digest]

    answer = pages.signed_in("anne", Role.REVIEWER).get(f"/pages/{page}/{view}")

    assert answer.status_code == 404
    assert "object_missing" in answer.text
    assert vars(caplog.records[-1])["page"] == page


def test_a_page_without_a_form_has_no_layers(pages: Pages) -> None:
    batch = pages.take("letter")
    browser = pages.signed_in("anne", Role.REVIEWER)

    assert browser.get(f"/pages/{first_page(batch)}/particulars").status_code == 404
    assert browser.get(f"/pages/{first_page(batch)}/scan").status_code == 200


def test_the_cache_forgets_what_was_asked_for_longest_ago() -> None:
    cache = ImageCache(most_bytes=10)
    cache.put("a", b"1234")
    cache.put("b", b"1234")
    cache.get("a")
    cache.put("c", b"1234")

    assert cache.get("b") is None
    assert cache.get("a") == cache.get("c") == b"1234"
    cache.put("large", b"x" * 11)
    assert cache.get("large") is None


# Languages, empty pages


def test_the_first_page_speaks_french_to_whoever_says_nothing(pages: Pages) -> None:
    assert '<html lang="fr">' in pages.browser().get("/sign-in", **{"accept-language": ""}).text
    assert '<html lang="en">' in pages.browser().get("/sign-in", **{"accept-language": "en-CA,fr;q=0.5"}).text
    assert '<html lang="fr">' in pages.browser().get("/sign-in", **{"accept-language": "de"}).text


def test_a_language_asked_for_by_address_stays_until_the_sign_in(pages: Pages) -> None:
    browser = pages.browser()
    browser.get("/sign-in?lang=en", **{"accept-language": "fr"})

    assert '<html lang="en">' in browser.get("/sign-in", **{"accept-language": "fr"}).text


def test_a_persons_language_is_kept_with_the_account(pages: Pages) -> None:
    browser = pages.signed_in("anne", Role.REVIEWER)

    answer = browser.post("/language", language="fr", back="/batches")

    assert answer.headers["location"] == "/batches"
    assert '<html lang="fr">' in browser.get("/").text
    found = pages.records.people.named("anne")
    assert found is not None
    assert found.language == "fr"


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize(
    "path", ["/", "/batches", "/statements", "/statements/812345", "/batches/{batch}", "/password"]
)
def test_every_word_of_a_page_is_in_the_catalogue(path: str, lang: str, pages: Pages) -> None:
    batch = pages.take(FORM, "return number=812345!", "letter", "unknown")
    browser = pages.signed_in("anne", Role.SUPERVISOR)

    text = browser.get(f"{path.format(batch=batch)}?lang={lang}").text

    assert "web." not in text
    assert f'<html lang="{lang}">' in text


def test_a_page_without_anything_to_show_says_what_to_do_next(pages: Pages) -> None:
    browser = pages.signed_in("anne", Role.SUPERVISOR)

    assert "constat intake" in browser.get("/batches").text
    assert "Nothing waits" in browser.get("/").text


def test_a_batch_shows_its_sheets_front_beside_back_and_its_balance(pages: Pages) -> None:
    batch = pages.office.archive.take({"mail.pdf": f"{FORM}\nblank\nunknown".encode()}, duplex=True)
    browser = pages.signed_in("anne", Role.SUPERVISOR)

    text = browser.get(f"/batches/{batch}").text

    assert text.count('<li class="sheet">') == 2
    assert "The batch balances: 3 sides, 3 images" in text
    assert browser.get(f"/batches/{batch}?only=open").text.count('<li class="sheet">') == 2
    assert browser.get(f"/batches/{batch}?leaf=99").status_code == 200


def test_what_a_person_decided_is_told_from_what_was_read(pages: Pages) -> None:
    pages.take("form number=812345! birth=2000-05-01")
    task = next_task(ANNE, desk=pages.office.desk)
    assert task is not None
    decide(task.id, task.version, Verdict(Verb.TYPED, "2000-05-02"), ANNE, desk=pages.office.desk)

    text = pages.signed_in("carole", Role.COURT).get("/statements/812345").text

    assert "2000-05-02" in text
    assert "one person" in text
    assert "reader" in text


def test_a_page_in_exception_is_shown_without_an_image(pages: Pages) -> None:
    batch = pages.take(FORM)
    page = PageId(first_page(batch))
    row = pages.records.tables.pages[page]
    pages.records.tables.pages[page] = replace(row, sha256=None)
    del pages.records.tables.derivatives[page]
    del pages.records.tables.outcomes[page]

    text = pages.signed_in("carole", Role.COURT).get("/statements/812345").text

    assert "no image to show" in text
