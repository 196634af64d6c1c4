"""The pages of masks and of originals: what they ask for, what is entered before anything is shown, how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.custody.people import Act, Role
from pipeline.custody.review import TaskId
from pipeline.geometry import BoxPx
from pipeline.model import Digest, MaskKind, PageId, PageMask
from pipeline.web.originals import SHOWN_FOR, Grants
from pipeline.web.review_masks import mask_groups
from tests.unit.browsing import Browser, Pages
from tests.unit.reviewing import first_page

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
PAGE, OTHER = PageId("2026-11-27-001.0001.0001"), PageId("2026-11-27-001.0001.0002")


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    return Pages.make(tmp_path)


@pytest.fixture
def court(pages: Pages) -> Browser:
    return pages.signed_in("court", Role.COURT)


def test_a_reason_opens_one_page_to_one_session_for_a_quarter_of_an_hour() -> None:
    grants, mine, yours = Grants(), Digest("a" * 64), Digest("b" * 64)
    grants.give(mine, PAGE, NOW)

    assert grants.until(mine, PAGE, NOW + SHOWN_FOR - timedelta(seconds=1)) == NOW + timedelta(minutes=15)
    assert grants.until(mine, PAGE, NOW + SHOWN_FOR) is None
    assert grants.until(yours, PAGE, NOW) is None
    assert grants.until(mine, OTHER, NOW) is None


def test_without_a_reason_no_original_is_shown_and_with_one_it_is_in_the_log_first(
    pages: Pages, court: Browser
) -> None:
    page = first_page(pages.take("form number=812345!"))
    address = f"/review/original/{page}"

    assert court.get(f"{address}/image").status_code == 403
    assert court.post(address, reason=" x ").status_code == 422
    assert court.get(f"{address}/image").status_code == 403

    answer = court.post(address, reason="4111 1111 1111 1111 is contested")
    assert answer.status_code == 303
    entry = list(pages.records.access.entries())[-1]
    assert (entry.act, entry.subject, entry.who) == (Act.VIEWED, page, "court")
    assert entry.why.startswith("original: \u2588\u2588\u2588\u2588 ")
    assert court.get(address).headers["cache-control"] == "no-store"


def test_what_is_no_place_of_the_page_is_refused_and_nothing_is_recorded(pages: Pages) -> None:
    supervisor = pages.signed_in("sylvie", Role.SUPERVISOR)
    page = first_page(pages.take("form number=812345! name=?"))
    address = f"/review/masks/{page}"
    shown = supervisor.get(address)
    assert shown.status_code == 200

    assert supervisor.post(address, version="0", do="cover", reason="a card").status_code == 422
    assert supervisor.post(address, version="0", do="show1", reason="none").status_code == 422
    assert supervisor.post(address, version="x", do="cover", reason="a card").status_code == 422
    assert pages.records.review.history(TaskId(page)) == ()


def test_pieces_of_one_bar_are_one_place_and_bars_of_other_kinds_are_not() -> None:
    pieces = [PageMask(BoxPx(10 * number, 10, 10, 5), MaskKind.NUMBER) for number in (0, 2, 1)]
    beside = PageMask(BoxPx(0, 16, 10, 5), MaskKind.BESIDE)

    groups = mask_groups((*pieces, beside))

    assert sorted(len(group) for group in groups) == [1, 3]
