"""Pages set aside and letters in a real browser: by keyboard and by drag, over the real command, reader and server."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from pipeline.model import PageBytes
from pipeline.storage.pages import StoredPages
from tests.e2e.command import ROOT, constat, document
from tests.e2e.test_review_browser import changes_password, presses, signs_in, task_on
from tests.servers.browser import complaints, new_context, running_chromium, violations
from tests.servers.pages import serving

pytestmark = pytest.mark.servers
PEOPLE = {"anne": "reviewer", "benoit": "reviewer", "ivan": "intake"}
FORM = "iv.statement.front.fr@generic-1"
READ_MS = 90_000
DPI = 250.0


@dataclass(frozen=True)
class Court:
    address: str
    data: Path
    batch: str

    def page(self, number: int) -> str:
        return f"{self.batch}.0001.{number:04d}"


@pytest.fixture(scope="module")
def court(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Court]:
    folder = tmp_path_factory.mktemp("court")
    mail, data = folder / "mail", folder / "data"
    mail.mkdir()
    odd_mail(mail / "odd.pdf")
    taken = constat("intake", mail, "--workers", "1", "--json", data_dir=data)
    assert taken.returncode == 1, taken.stderr
    first = {}
    for name, role in PEOPLE.items():
        made = constat("user", "add", name, "--role", role, "--language", "fr", data_dir=data)
        assert made.returncode == 0, made.stderr
        first[name] = made.stdout.strip()
    with serving(data, folder / "server.log") as address:
        with running_chromium() as chromium:
            for name in PEOPLE:
                changes_password(new_context(chromium).new_page(), address, name, first[name])
        yield Court(address, data, str(document(taken)["batch"]))


@pytest.fixture(scope="module")
def chromium(court: Court) -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


def odd_mail(path: Path) -> None:
    """A statement whose lower half lay under another sheet, with its back; a letter; two pages in one picture."""
    counter = ROOT / "samples" / "batches" / "counter"
    pages, letters = _pictures(counter / "mail-003.pdf"), _pictures(counter / "mail-002.pdf")
    covered = np.array(pages[0])
    covered[covered.shape[0] // 2 :] = 245
    pair = Image.new("RGB", (pages[0].width + pages[2].width + 60, pages[0].height), (245, 245, 245))
    pair.paste(pages[0], (0, 0))
    pair.paste(pages[2], (pages[0].width + 60, 0))
    letter = letters[4].resize((round(letters[4].width * DPI / 200.0), round(letters[4].height * DPI / 200.0)))
    first, *others = [Image.fromarray(covered), pages[1], letter, letters[5], pair, pages[3]]
    first.save(path, "PDF", save_all=True, append_images=others, resolution=DPI, quality=85)


def _pictures(path: Path) -> Sequence[Image.Image]:
    found = StoredPages().pages(path, name=path.name)
    return [Image.open(io.BytesIO(its.data)).convert("RGB") for its in found if isinstance(its, PageBytes)]


def opened(chromium: Browser, court: Court, name: str, path: str) -> Page:
    page = new_context(chromium).new_page()
    signs_in(page, court.address, name)
    page.goto(court.address + path)
    return page


def live(page: Page) -> None:
    """Until the scan can be turned and marked."""
    expect(page.locator(".scanview.live")).to_be_visible()


def test_a_page_that_nobody_recognised_is_placed_and_its_fields_decided_by_keyboard(
    court: Court, chromium: Browser
) -> None:
    anne = opened(chromium, court, "anne", "/review/exceptions?kind=unidentified")
    told = complaints(anne)
    anne.locator(f"a[href='/review/pages/{court.page(1)}']").last.focus()
    with anne.expect_navigation():
        anne.keyboard.press("Enter")
    live(anne)
    anne.keyboard.press("t")
    expect(anne.locator("[name=base]")).to_have_value("1")
    anne.keyboard.press("Shift+T")
    expect(anne.locator("[name=base]")).to_have_value("0")

    anne.keyboard.press("f")
    anne.keyboard.type("annexe iv constat recto francais generic")
    anne.keyboard.press("ArrowDown")
    expect(anne.locator("[name=layout]:checked")).to_have_value(FORM)
    expect(anne.locator(".blankform img")).to_be_visible()
    assert violations(anne) == []
    with anne.expect_navigation():
        anne.keyboard.press("Enter")

    expect(anne.locator("[data-onward]")).to_be_focused(timeout=READ_MS)
    with anne.expect_navigation():
        anne.keyboard.press("Enter")
    first = task_on(anne)
    assert first.startswith(f"{court.page(1)}/")
    if anne.locator("#task").get_attribute("data-default"):
        presses(anne, "Enter")
    else:
        presses(anne, "Alt+i")
    assert task_on(anne) != first
    assert told == []


def test_a_plea_in_a_letter_is_framed_by_drag_and_confirmed_by_another_who_sees_the_place(
    court: Court, chromium: Browser
) -> None:
    letter = court.page(3)
    anne = opened(chromium, court, "anne", f"/review/letters/{letter}")
    told = complaints(anne)
    live(anne)
    room = anne.locator(".room").bounding_box()
    assert room is not None
    middle, top = room["x"] + room["width"] / 2, room["y"] + room["height"] * 0.3
    anne.mouse.move(middle - 120, top)
    anne.mouse.down()
    anne.mouse.move(middle + 60, top + 30, steps=4)
    anne.mouse.up()
    dragged = {side: anne.locator(f"#at-{side}").input_value() for side in ("x", "y", "width", "height")}
    anne.locator(".room").focus()
    anne.keyboard.press("ArrowDown")
    anne.keyboard.press("Shift+ArrowRight")
    anne.keyboard.press("t")
    expect(anne.locator("[name=base]")).to_have_value("1")
    anne.keyboard.press("Shift+T")
    expect(anne.locator("[name=base]")).to_have_value("0")
    assert all(dragged.values())
    assert float(anne.locator("#at-y").input_value()) == pytest.approx(float(dragged["y"]) + 0.5)
    assert float(anne.locator("#at-width").input_value()) == pytest.approx(float(dragged["width"]) + 0.5)
    assert violations(anne) == []
    anne.locator("[name=plea][value=guilty]").check()
    anne.locator("#reason").fill("I ADMIT THE OFFENCE")
    with anne.expect_navigation():
        anne.keyboard.press("Enter")
    expect(anne.get_by_role("status").first).to_be_visible()

    benoit = opened(chromium, court, "benoit", f"/review/task/{letter}/plea")
    crop = benoit.locator("#crop")
    assert crop.evaluate("its => its.complete && its.naturalWidth") > 100
    assert _ink(benoit, court, f"/review/crop/{letter}/plea?alone=1") > 50
    expect(benoit.locator(".around rect.zone")).to_be_visible()
    presses(benoit, "Enter")

    shown = constat("review", "show", letter, "plea", "--json", data_dir=court.data)
    assert shown.stdout.count('"guilty"') == 2
    assert told == []


def _ink(page: Page, court: Court, path: str) -> int:
    """Dark pixels of a picture."""
    answer = page.request.get(court.address + path)
    assert answer.status == 200
    return int((np.asarray(Image.open(io.BytesIO(answer.body())).convert("L")) < 110).sum())


def test_an_image_of_two_pages_is_divided_by_keyboard_and_each_is_read(court: Court, chromium: Browser) -> None:
    ivan = opened(chromium, court, "ivan", f"/review/pages/{court.page(5)}")
    told = complaints(ivan)
    live(ivan)
    expect(ivan.locator("#split")).to_have_value("across")
    proposed = float(ivan.locator("#cut").input_value())
    assert 40.0 < proposed < 60.0
    ivan.keyboard.press("ArrowRight")
    expect(ivan.locator("#cut")).to_have_value(re.compile(rf"{proposed + 0.5:g}0?"))
    expect(ivan.locator(".marks .cut")).to_have_count(1)
    ivan.locator("#reason").fill("deux pages")
    with ivan.expect_navigation():
        ivan.keyboard.press("Enter")

    expect(ivan.locator(f"a[href='/review/pages/{court.page(5)}.p2']").first).to_be_visible(timeout=READ_MS)
    ivan.goto(f"{court.address}/review/pages/{court.page(5)}.p2")
    live(ivan)
    for view in ("thumbnail", "scan", "particulars"):
        assert ivan.request.get(f"{court.address}/pages/{court.page(5)}.p2/{view}").status == 200
    assert told == []


def test_nothing_of_it_troubles_the_proofs(court: Court) -> None:
    verified = constat("verify", "--all", data_dir=court.data)

    assert verified.returncode == 0, verified.stdout + verified.stderr
