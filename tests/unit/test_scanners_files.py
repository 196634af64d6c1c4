"""Files are found in a stable order, every one is accounted for, and sides find each other by name."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import OperatorError
from pipeline.ports import Listing, Sides
from scanners.files import FolderFiles, natural_order


def folder_of(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return folder


def groups(listing: Listing) -> list[tuple[str, ...]]:
    return [tuple(file.name for file in group.files) for group in listing.groups]


def listing_of(folder: Path, *names: str, sides: Sides = Sides.AUTO) -> Listing:
    return FolderFiles().listing([folder_of(folder, *names)], sides=sides)


def test_numbers_are_counted_not_spelt(tmp_path: Path) -> None:
    listing = listing_of(tmp_path, "scan10.jpg", "scan2.jpg", "Scan1.jpg")

    assert groups(listing) == [("Scan1.jpg",), ("scan2.jpg",), ("scan10.jpg",)]


def test_sub_folders_follow_the_files_and_keep_their_path(tmp_path: Path) -> None:
    listing = listing_of(tmp_path, "b/2.pdf", "a.pdf", "b/c/1.tif")

    assert groups(listing) == [("a.pdf",), ("b/2.pdf",), ("b/c/1.tif",)]


def test_foreign_files_are_named_and_not_taken(tmp_path: Path) -> None:
    listing = listing_of(tmp_path, "a.pdf", "Thumbs.db", ".hidden.pdf", "sub/notes.txt")

    assert groups(listing) == [("a.pdf",)]
    assert {(item.name, item.code) for item in listing.not_taken} == {
        ("Thumbs.db", "foreign_file"),
        (".hidden.pdf", "foreign_file"),
        ("sub/notes.txt", "foreign_file"),
    }


def test_a_file_without_a_suffix_is_taken(tmp_path: Path) -> None:
    assert groups(listing_of(tmp_path, "scan")) == [("scan",)]


def test_a_file_named_itself_is_taken_whatever_its_name(tmp_path: Path) -> None:
    folder_of(tmp_path, "letter.dat")

    assert groups(FolderFiles().listing([tmp_path / "letter.dat"])) == [("letter.dat",)]


def test_a_file_reached_twice_is_taken_once(tmp_path: Path) -> None:
    folder_of(tmp_path, "a.pdf")

    assert groups(FolderFiles().listing([tmp_path / "a.pdf", tmp_path, tmp_path])) == [("a.pdf",)]


def test_a_path_that_does_not_exist_is_the_operators_matter(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="path_not_found"):
        FolderFiles().listing([tmp_path / "nowhere"])


def test_a_pipe_is_foreign_and_holds_nothing_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pdf")

    assert [item.name for item in listing_of(tmp_path).not_taken] == ["pipe.pdf"]


def test_a_link_round_in_a_circle_ends(tmp_path: Path) -> None:
    folder_of(tmp_path, "sub/a.pdf")
    (tmp_path / "sub" / "up").symlink_to(tmp_path, target_is_directory=True)

    listing = FolderFiles().listing([tmp_path])

    assert groups(listing) == [("sub/a.pdf",)]
    assert [item.name for item in listing.not_taken] == ["sub/up"]


@pytest.mark.parametrize(
    ("front", "back"),
    [
        ("a-1.jpg", "a-2.jpg"),
        ("a_front.png", "a_back.png"),
        ("a_recto.tif", "a_verso.tif"),
        ("A_Front.JPG", "a_back.jpg"),
        ("a-recto.jpg", "a-verso.jpg"),
    ],
)
def test_names_tell_front_and_back(tmp_path: Path, front: str, back: str) -> None:
    listing = listing_of(tmp_path, back, front)

    assert groups(listing) == [(front, back)]
    assert listing.groups[0].duplex


@pytest.mark.parametrize(
    "names",
    [
        ("a-1.jpg", "a-2.jpg", "a-3.jpg"),
        ("a-1.jpg", "b-2.jpg"),
        ("a_front.jpg", "a_verso.jpg"),
        ("a-1.jpg", "a-1.png", "a-2.jpg"),
        ("a-1.jpg", "sub/a-2.jpg"),
    ],
)
def test_names_that_tell_no_pair_make_none(tmp_path: Path, names: tuple[str, ...]) -> None:
    listing = listing_of(tmp_path, *names)

    assert sorted(groups(listing)) == sorted((name,) for name in names)


def test_containers_are_duplex_and_loose_images_simplex_by_default(tmp_path: Path) -> None:
    listing = listing_of(tmp_path, "a.pdf", "b.tif", "c.jpg")

    assert [group.duplex for group in listing.groups] == [True, True, False]


def test_simplex_can_be_forced(tmp_path: Path) -> None:
    listing = listing_of(tmp_path, "a.pdf", "b-1.jpg", "b-2.jpg", sides=Sides.SIMPLEX)

    assert [group.duplex for group in listing.groups] == [False, False, False]
    assert groups(listing) == [("a.pdf",), ("b-1.jpg",), ("b-2.jpg",)]


def test_duplex_forced_pairs_loose_images_in_order(tmp_path: Path) -> None:
    listing = listing_of(tmp_path, "1.jpg", "2.jpg", "3.jpg", "4.pdf", "5.jpg", "sub/6.jpg", sides=Sides.DUPLEX)

    assert groups(listing) == [("1.jpg", "2.jpg", "3.jpg"), ("4.pdf",), ("5.jpg",), ("sub/6.jpg",)]
    assert all(group.duplex for group in listing.groups)


@given(names=st.lists(st.text("aB019-_ .", min_size=1, max_size=8), unique=True), random=st.randoms())
def test_the_order_does_not_depend_on_how_files_are_listed(names: list[str], random: Random) -> None:
    shuffled = random.sample(names, len(names))

    assert sorted(names, key=natural_order) == sorted(shuffled, key=natural_order)
