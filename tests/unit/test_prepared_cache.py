"""Prepared forms kept between runs: the same as those made anew, and made anew whenever anything is amiss."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.storage.cache_files import FileCache, edition_of
from pipeline.storage.layout_files import load_fonts, load_requirements
from pipeline.templates import legible, library, plate
from pipeline.templates.library import PreparedLayout
from tests.unit.scanned import FR, layout

DPI = 150.0


class CountingCache(FileCache):
    """Notes under which keys something was kept."""

    def __init__(self, root: Path, edition: str = "1") -> None:
        super().__init__(root, edition)
        self.kept: list[str] = []

    def put(self, key: str, data: bytes) -> None:
        self.kept.append(key.split()[0])
        super().put(key, data)


def files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


def prepared(cache: FileCache | None) -> PreparedLayout:
    return PreparedLayout.of(layout(FR), load_fonts(), cache=cache)


def assert_same(one: PreparedLayout, other: PreparedLayout) -> None:
    for name in ("down", "across"):
        assert np.array_equal(getattr(one, name), getattr(other, name))
    for name in ("structure", "words", "fine"):
        left, right = getattr(one, name), getattr(other, name)
        assert left.dpi == right.dpi
        for part in ("centers_mm", "patches", "information"):
            assert np.array_equal(getattr(left, part), getattr(right, part))
            assert getattr(left, part).dtype == getattr(right, part).dtype
    here, there = plate.plate(one, DPI), plate.plate(other, DPI)
    for name in ("expected", "core", "rules", "skirt"):
        assert np.array_equal(getattr(here, name), getattr(there, name))
        assert getattr(here, name).dtype == getattr(there, name).dtype
    assert [ground.box for ground in here.grounds] == [ground.box for ground in there.grounds]
    assert all(np.array_equal(a.gray, b.gray) for a, b in zip(here.grounds, there.grounds, strict=True))


@pytest.fixture(scope="module")
def fresh() -> PreparedLayout:
    return prepared(None)


@pytest.fixture
def full(tmp_path: Path, fresh: PreparedLayout) -> Path:
    """A folder in which a layout and its plate are kept."""
    cache = CountingCache(tmp_path / "cache")
    assert_same(prepared(cache), fresh)
    assert cache.kept == ["features", "plate"]
    return tmp_path / "cache"


def test_what_is_kept_is_used_and_the_same(full: Path, fresh: PreparedLayout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_features", None)
    monkeypatch.setattr(plate, "_made", None)

    assert_same(prepared(FileCache(full, "1")), fresh)


@pytest.mark.parametrize("damage", ["flipped bit", "cut off", "empty", "another's"])
def test_a_damaged_file_is_made_anew(damage: str, full: Path, fresh: PreparedLayout) -> None:
    first, second = files(full)
    other = {first: second.read_bytes(), second: first.read_bytes()}
    for path in (first, second):
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        cut = {"flipped bit": bytes(data), "cut off": bytes(data[:-1]), "empty": b"", "another's": other[path]}
        path.write_bytes(cut[damage])
    cache = CountingCache(full)

    assert_same(prepared(cache), fresh)
    assert cache.kept == ["features", "plate"]


def test_bytes_that_are_no_arrays_are_made_anew(full: Path, fresh: PreparedLayout) -> None:
    class Babble(CountingCache):
        def get(self, key: str) -> bytes | None:
            return b"PK\x03\x04 no arrays"

    assert_same(prepared(Babble(full)), fresh)


def test_another_edition_of_the_program_shares_nothing(full: Path) -> None:
    cache = CountingCache(full, "2")
    prepared(cache)

    assert cache.kept == ["features"]


def test_another_layout_shares_nothing(full: Path) -> None:
    other = PreparedLayout.of(replace(layout(FR), size_mm=(215.0, 180.0)), load_fonts())

    assert other.key != prepared(None).key


def test_a_folder_that_cannot_be_written_is_no_fault(tmp_path: Path, fresh: PreparedLayout) -> None:
    (tmp_path / "file").write_bytes(b"")

    assert_same(prepared(FileCache(tmp_path / "file" / "cache", "1")), fresh)


def test_old_editions_go_and_what_is_not_ours_stays(tmp_path: Path) -> None:
    FileCache(tmp_path, "1").put("key", b"old")
    (tmp_path / "letters").mkdir()
    long_ago = time.time() - 60 * 86_400
    for folder in tmp_path.iterdir():
        os.utime(folder, (long_ago, long_ago))

    cache = FileCache(tmp_path, "2")
    cache.put("key", b"new")

    assert FileCache(tmp_path, "1").get("key") is None
    assert cache.get("key") == b"new"
    assert (tmp_path / "letters").is_dir()


def test_only_the_user_may_look_into_the_folder(tmp_path: Path) -> None:
    FileCache(tmp_path / "cache", "1").put("key", b"kept")

    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "cache").rglob("*")} == {0}


def test_an_edition_is_named_by_its_code_and_libraries() -> None:
    edition = edition_of(("pipeline.templates",), ("numpy",))

    assert f"numpy {np.__version__}" in edition.splitlines()
    assert any(line.startswith("pipeline.templates plate.py ") for line in edition.splitlines())


def test_the_print_that_must_be_legible_is_drawn_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = CountingCache(tmp_path / "cache")
    fresh = legible.tiles_of(prepared(None), load_requirements())
    first = legible.tiles_of(prepared(cache), load_requirements())
    monkeypatch.setattr(legible, "render_image", None)

    again = legible.tiles_of(prepared(cache), load_requirements())

    assert cache.kept == ["features", "print"]
    assert np.array_equal(fresh.artwork, first.artwork)
    assert np.array_equal(first.artwork, again.artwork)
    assert np.array_equal(first.spread, again.spread)


def test_print_that_is_kept_wrongly_is_drawn_anew(tmp_path: Path) -> None:
    class Babble(CountingCache):
        def get(self, key: str) -> bytes | None:
            return b"PK\x03\x04 no arrays"

    fresh = legible.tiles_of(prepared(None), load_requirements())

    assert np.array_equal(legible.tiles_of(prepared(Babble(tmp_path)), load_requirements()).artwork, fresh.artwork)
