"""A printing whose boxes lie elsewhere: drafted from its blank form, put in force, taken in, read, withdrawn."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from tests.e2e.command import CONSTAT, constat, document, environment
from tests.e2e.killing import POLL_S
from tests.e2e.prepared import forms_cache
from tests.e2e.warm import begin_group
from tests.unit.moved_forms import LIKE, MOVED, blank_png, filled_png, moved_layout

PEOPLE = ("anne", "paul")
DRAFT = "f0001"


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("forms")
    pictures = {
        "blank": blank_png(moved_layout()),
        "filled": filled_png(moved_layout(), 3)[0],
        "other": filled_png(moved_layout(), 4)[0],
    }
    for name, data in pictures.items():
        (folder / f"{name}.png").write_bytes(data)
    return {name: folder / f"{name}.png" for name in pictures}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Prepared forms: drawing all of them takes longer than the rest."""
    return str(forms_cache(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="module")
def staffed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that knows two persons. To be copied."""
    data = tmp_path_factory.mktemp("staffed") / "kept"
    for name in PEOPLE:
        made = constat("user", "add", name, "--role", "supervisor", data_dir=data)
        assert made.returncode == 0, made.stderr
    return data


@pytest.fixture(scope="module")
def drafted(staffed: Path, forms: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One in which a draft was begun besides. To be copied."""
    data = shutil.copytree(staffed, tmp_path_factory.mktemp("drafted") / "kept")
    begun(data, forms["blank"])
    return data


def begun(data: Path, blank: Path) -> None:
    made = constat("layouts", "begin", blank, "--like", LIKE, "--as", MOVED, "--by", "anne", data_dir=data)
    assert made.returncode == 0, made.stderr


def enforced(data: Path) -> None:
    assert constat("layouts", "propose", DRAFT, "--by", "anne", data_dir=data).returncode == 0
    reason = "relu avec le papier"
    done = constat("layouts", "enforce", DRAFT, "--by", "paul", "--reason", reason, data_dir=data)
    assert done.returncode == 0, done.stderr


def test_a_new_printing_is_drafted_tried_put_in_force_and_read(
    tmp_path: Path, forms: dict[str, Path], drafted: Path, cache: str
) -> None:
    data = shutil.copytree(drafted, tmp_path / "kept")

    tried = document(constat("layouts", "try", DRAFT, forms["filled"], "--json", data_dir=data))
    (page,) = tried["pages"]
    assert page["identified"]
    assert page["residual_mm"] < 0.2
    read = {zone["name"]: zone["value"] for zone in page["zones"]}
    truth = filled_png(moved_layout(), 3)[1]
    named = ("statement_number", "service_date", "fine", "costs", "total_requested", "plea", "signature_date")
    assert {name: read[name] for name in named} == {name: truth[name] for name in named}

    assert MOVED not in constat("layouts", "list", data_dir=data).stdout
    alone = constat("layouts", "enforce", DRAFT, "--by", "anne", "--reason", "x", data_dir=data)
    assert (alone.returncode, "layout_not_proposed" in alone.stderr) == (1, True)
    enforced(data)
    assert MOVED in constat("layouts", "list", data_dir=data).stdout

    taken = constat("intake", forms["filled"], forms["other"], "--workers", "1", data_dir=data, CONSTAT_CACHE_DIR=cache)
    assert taken.returncode == 0, taken.stderr
    with sqlite3.connect(data / "constat.sqlite") as database:
        bodies = [body for (body,) in database.execute("SELECT body FROM outcomes")]
    assert [MOVED in body for body in bodies] == [True, True]
    assert constat("verify", "--all", "--again", data_dir=data, CONSTAT_CACHE_DIR=cache).returncode == 0

    done = constat("layouts", "withdraw", DRAFT, "--by", "paul", "--reason", "fin du tirage", data_dir=data)
    assert done.returncode == 0, done.stderr
    assert MOVED not in constat("layouts", "list", data_dir=data).stdout
    assert constat("layouts", "show", MOVED, data_dir=data).returncode == 0
    again = constat("verify", "--all", "--again", data_dir=data, CONSTAT_CACHE_DIR=cache)
    assert again.returncode == 0, again.stdout


def test_an_edition_changed_in_the_database_is_named_and_nothing_is_taken_in(
    tmp_path: Path, forms: dict[str, Path], drafted: Path, cache: str
) -> None:
    data = shutil.copytree(drafted, tmp_path / "kept")
    enforced(data)
    with sqlite3.connect(data / "constat.sqlite") as database:
        database.execute("DROP TRIGGER layout_draft_versions_no_update")
        database.execute("UPDATE layout_draft_versions SET text = replace(text, '[8.0', '[9.0')")

    taken = constat("intake", forms["filled"], data_dir=data, CONSTAT_CACHE_DIR=cache)
    verified = constat("verify", "--all", data_dir=data)

    assert taken.returncode != 0
    assert "layout_altered" in taken.stderr
    assert MOVED in taken.stderr
    assert verified.returncode == 1
    assert "layout_row_altered" in verified.stdout


@pytest.mark.parametrize("stored", [1, 2])
def test_a_beginning_that_is_killed_leaves_all_or_nothing(
    tmp_path: Path, forms: dict[str, Path], staffed: Path, stored: int
) -> None:
    """Killed once so many of its two objects are there: before its rows, or with them."""
    data = shutil.copytree(staffed, tmp_path / "kept")
    command = [*CONSTAT, "layouts", "begin", str(forms["blank"]), "--like", LIKE, "--as", MOVED, "--by", "anne"]
    process = begin_group(command, environment(data))
    while process.poll() is None and objects(data) < stored:
        time.sleep(POLL_S)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()

    assert constat("reconcile", data_dir=data).returncode == 0
    left = json.loads(constat("layouts", "drafts", "--json", data_dir=data).stdout)

    assert [its["id"] for its in left] in ([], [DRAFT])
    assert constat("verify", "--all", data_dir=data).returncode == 0
    if not left:
        begun(data, forms["blank"])
    assert constat("layouts", "draft", DRAFT, data_dir=data).returncode == 0


def objects(data: Path) -> int:
    return sum(path.is_file() for path in (data / "objects").rglob("*"))
