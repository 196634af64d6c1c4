"""A command forked from a process that has loaded the libraries does what one in a new interpreter does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.command import constat

NEW = ("env",)
"""A program that starts the command as it is: in an interpreter of its own."""


@pytest.mark.parametrize(
    ("arguments", "language"),
    [(("config",), "fr"), (("show", "1"), "en"), (("--help",), "fr"), (("batch", "list", "--json"), "en")],
)
def test_it_prints_and_returns_the_same(arguments: tuple[str, ...], language: str, tmp_path: Path) -> None:
    loaded, new = (
        constat(*arguments, data_dir=tmp_path, before=before, CONSTAT_ISSUER="valmont", CONSTAT_LANGUAGE=language)
        for before in ((), NEW)
    )

    assert (loaded.returncode, loaded.stdout, loaded.stderr) == (new.returncode, new.stdout, new.stderr)
    assert loaded.stdout + loaded.stderr


def test_what_one_command_was_told_the_next_does_not_know(tmp_path: Path) -> None:
    told = constat("config", data_dir=tmp_path, CONSTAT_ISSUER="valmont", CONSTAT_LANGUAGE="fr")
    plain = constat("config", data_dir=tmp_path)

    assert "CONSTAT_ISSUER=valmont" in told.stdout
    assert "valmont" not in plain.stdout
    assert "CONSTAT_LANGUAGE=en" in plain.stdout
