"""Bad input, through the real command: each thing is named with a code and a sentence, and nothing is lost."""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.e2e.bad_folder import LAYOUT, BadFolder, make
from tests.e2e.command import CONSTAT, ROOT, constat, document, environment, without_privileges
from tests.e2e.killing import ledger_entries

SENTENCE_LENGTH = 12
PAGE_BYTES = 1_300_000
FILE_LIMIT_BYTES = 1_150_000
"""More than an empty database takes, less than a page."""


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> BadFolder:
    return make(tmp_path_factory.mktemp("bad") / "mail")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def taken_in(bad: BadFolder, kept: Path) -> subprocess.CompletedProcess[str]:
    """One intake of the whole folder."""
    return constat("intake", bad.path, "--workers", "2", "--json", data_dir=kept)


def test_an_intake_with_bad_files_ends_with_1_and_says_where_to_look(
    taken_in: subprocess.CompletedProcess[str],
) -> None:
    assert taken_in.returncode == 1
    assert "constat batch show" in taken_in.stderr
    assert "Traceback" not in taken_in.stderr


def test_each_refused_file_is_named_with_a_code_and_a_sentence(
    taken_in: subprocess.CompletedProcess[str], bad: BadFolder
) -> None:
    refused = document(taken_in)["refused"]

    assert {each["file"]: each["code"] for each in refused} == bad.refused
    for each in refused:
        assert len(each["message"]) > SENTENCE_LENGTH
        assert each["code"] not in each["message"]


def test_each_page_that_cannot_be_read_is_an_exception_with_its_reason(
    taken_in: subprocess.CompletedProcess[str], bad: BadFolder
) -> None:
    pages = document(taken_in)["pages"]

    exceptions = {page["file"]: page["reasons"] for page in pages if page["state"] == "exception"}
    assert {file: reasons[0]["code"] for file, reasons in exceptions.items()} == bad.exceptions
    for reason, *_ in exceptions.values():
        assert len(reason["message"]) > SENTENCE_LENGTH


def test_good_pages_of_every_form_are_read_all_the_same(
    taken_in: subprocess.CompletedProcess[str], bad: BadFolder
) -> None:
    pages = document(taken_in)["pages"]

    assert {page["file"] for page in pages if page["layout"] == LAYOUT} == bad.forms
    numbers = {page["fields"]["statement_number"]["value"] for page in pages if page["layout"] == LAYOUT}
    assert len(numbers) == 1


def test_a_page_turned_by_its_exif_tag_is_read_upright(taken_in: subprocess.CompletedProcess[str]) -> None:
    page = next(page for page in document(taken_in)["pages"] if page["file"] == "exif-rotated.jpg")
    straight = next(page for page in document(taken_in)["pages"] if page["file"] == "grey.png")

    assert page["rotation_deg"] == straight["rotation_deg"] == 0
    assert page["fields"]["plate"]["value"] == straight["fields"]["plate"]["value"]


def test_pages_of_other_sizes_in_the_same_file_are_pages_too(taken_in: subprocess.CompletedProcess[str]) -> None:
    mixed = [page for page in document(taken_in)["pages"] if page["file"] == "mixed-sizes.pdf"]

    assert [page["label"] for page in mixed] == ["form", "blank"]


def test_every_file_is_accounted_for(taken_in: subprocess.CompletedProcess[str], bad: BadFolder) -> None:
    told = document(taken_in)

    named = {each["file"] for each in told["refused"]} | {page["file"] for page in told["pages"]}
    assert named == bad.files
    assert told["counts"]["files"] == len(bad.files)
    assert told["reconciliation"]["holds"]


def test_the_bytes_of_every_file_but_foreign_ones_are_stored(
    taken_in: subprocess.CompletedProcess[str], bad: BadFolder, kept: Path
) -> None:
    assert taken_in.returncode == 1
    stored = {path.name for path in (kept / "objects").rglob("*") if path.is_file()}

    foreign = {name for name, code in bad.refused.items() if code == "foreign_file"}
    digests = {hashlib.sha256((bad.path / name).read_bytes()).hexdigest() for name in bad.files - foreign}
    assert digests <= stored


def test_what_was_kept_verifies(taken_in: subprocess.CompletedProcess[str], kept: Path) -> None:
    assert taken_in.returncode == 1

    verified = constat("verify", "--all", "--json", data_dir=kept)

    assert verified.returncode == 0, verified.stdout
    assert document(verified)["differences"] == []


def test_a_folder_that_may_only_be_read_can_be_looked_through(
    taken_in: subprocess.CompletedProcess[str], kept: Path
) -> None:
    batch = document(taken_in)["batch"]
    with only_readable(kept):
        shown = constat("batch", "show", batch, "--json", data_dir=kept, before=without_privileges())

    assert shown.returncode == 0, shown.stderr
    assert document(shown)["counts"] == document(taken_in)["counts"]


def test_an_intake_into_a_folder_that_may_only_be_read_ends_with_2_and_changes_nothing(
    taken_in: subprocess.CompletedProcess[str], bad: BadFolder, kept: Path
) -> None:
    before = contents(kept)
    with only_readable(kept):
        refused = constat("intake", bad.path / "grey.png", data_dir=kept, before=without_privileges())

    assert refused.returncode == 2
    assert "[read_only]" in refused.stderr
    assert str(kept) in refused.stderr
    assert contents(kept) == before


def test_a_new_folder_below_one_that_may_only_be_read_ends_with_2(bad: BadFolder, tmp_path: Path) -> None:
    with only_readable(tmp_path):
        refused = constat("intake", bad.path / "grey.png", data_dir=tmp_path / "new", before=without_privileges())

    assert refused.returncode == 2
    assert "[read_only]" in refused.stderr


@contextmanager
def only_readable(folder: Path) -> Iterator[None]:
    """The folder and all below it without permission to write, for a while."""
    modes = {path: stat.S_IMODE(path.lstat().st_mode) for path in (folder, *folder.rglob("*"))}
    for path, mode in modes.items():
        path.chmod(mode & ~0o222)
    try:
        yield
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# Full disks


@pytest.fixture
def blank_pages(tmp_path: Path) -> Path:
    """Three blank pages of paper, each of some 300 kB: quick to read, too large for what is left."""
    folder = tmp_path / "blank"
    folder.mkdir()
    for number in range(3):
        grain = np.random.default_rng(number).integers(244, 250, size=(2000, 1600), dtype=np.uint8)
        Image.fromarray(grain).save(folder / f"blank-{number}0.png", dpi=(200, 200))
        assert (folder / f"blank-{number}0.png").stat().st_size > PAGE_BYTES
    return folder


def test_a_limit_on_file_size_ends_with_3_and_reconcile_finishes(blank_pages: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"

    stopped = constat("intake", blank_pages, "--workers", "1", data_dir=kept, in_child=limit_file_size)

    assert stopped.returncode == 3, stopped.stderr
    assert "[file_size_limit]" in stopped.stderr or "[disk_full]" in stopped.stderr
    assert "constat reconcile" in stopped.stderr
    carried_on_to_a_clean_end(kept, pages=3)


def test_a_full_disk_ends_with_3_and_reconcile_finishes_once_there_is_space(blank_pages: Path, tmp_path: Path) -> None:
    kept = tmp_path / "small"
    kept.mkdir()
    with small_disk(kept, kilobytes=2_600):
        stopped = constat("intake", blank_pages, "--workers", "1", data_dir=kept)

        assert stopped.returncode == 3, stopped.stderr
        assert "[disk_full]" in stopped.stderr
        assert "constat reconcile" in stopped.stderr
        subprocess.run(["mount", "-o", "remount,size=50m", kept], check=True)
        carried_on_to_a_clean_end(kept, pages=3)


def limit_file_size() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_LIMIT_BYTES, FILE_LIMIT_BYTES))


@contextmanager
def small_disk(place: Path, *, kilobytes: int) -> Iterator[None]:
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", place],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(f"no file system may be mounted here: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", place], check=True)


def carried_on_to_a_clean_end(kept: Path, *, pages: int) -> None:
    """Reconcile finishes the only batch; each page is there once and has ended, and all of it verifies."""
    carried_on = constat("reconcile", "--json", data_dir=kept)
    assert carried_on.returncode == 0, carried_on.stderr
    (balance,) = document(carried_on)["batches"]
    assert balance["holds"]
    assert balance["images"] == balance["end_states"] == pages
    assert constat("verify", "--all", data_dir=kept).returncode == 0


# An interruption at the keyboard


def test_an_interrupted_intake_ends_with_130_and_reconcile_finishes(blank_pages: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    process = subprocess.Popen(
        [*CONSTAT, "intake", str(blank_pages), "--workers", "1"],
        cwd=ROOT,
        env=environment(kept),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell that runs the tests in the background has them ignore it, and so their children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while process.poll() is None and ledger_entries(kept) <= 0:
        time.sleep(0.01)
    # A terminal sends it to the whole group, the workers included.
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)

    assert process.returncode == 130, said
    assert "constat reconcile" in said
    assert "Traceback" not in said
    carried_on_to_a_clean_end(kept, pages=3)
