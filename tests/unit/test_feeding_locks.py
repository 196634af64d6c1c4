"""Paper is fed beside work on batches, and never while the archive is compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import Unavailable
from pipeline.storage import lock


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "_PATIENCE_S", 0.1)


def test_two_feed_at_once_while_a_third_works_on_a_batch(tmp_path: Path) -> None:
    with lock.exclusive(tmp_path), lock.fed(tmp_path), lock.fed(tmp_path):
        assert {its.name for its in tmp_path.iterdir()} == {"lock", "lock-feeding"}


def test_nothing_is_compared_while_paper_is_fed(tmp_path: Path) -> None:
    with lock.fed(tmp_path), pytest.raises(Unavailable, match="data_dir_busy"), lock.unfed(tmp_path):
        pass
    with lock.unfed(tmp_path):
        pass


def test_nothing_is_fed_while_the_archive_is_compared(tmp_path: Path) -> None:
    with lock.unfed(tmp_path), pytest.raises(Unavailable, match="data_dir_busy"), lock.fed(tmp_path):
        pass


def test_a_folder_that_is_not_there_is_not_made_by_looking(tmp_path: Path) -> None:
    with lock.unfed(tmp_path / "misspelt"):
        assert list(tmp_path.iterdir()) == []
