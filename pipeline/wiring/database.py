"""Where the database of the records is, and who may work on its batches."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

from pipeline.config import Settings
from pipeline.errors import Unavailable
from pipeline.storage.lock import exclusive, fed, shared, unfed


def anything_kept(settings: Settings) -> bool:
    """Whether there are records. Looking must not make an empty database in a folder that was only misspelt.

    Raises as `open_engine`, of a database on a server.
    """
    if settings.on_server:
        from pipeline.storage.records.database import is_there

        return is_there(settings.database)
    return _database_path(settings).exists()


def database_url(settings: Settings) -> str:
    """The database; one in a folder that may only be read is opened as a file that does not change.

    SQLite would otherwise want to make its `-wal` file there, even to read. Where that file is, it can be read too.
    """
    if settings.on_server:
        return settings.database
    path = _database_path(settings)
    log = path.with_name(f"{path.name}-wal")
    if not path.exists() or os.access(path.parent, os.W_OK) or log.exists():
        return settings.database
    return f"sqlite:///file:{quote(str(path))}?immutable=1&uri=true"


@contextmanager
def working(settings: Settings, *, comparing: bool = False, still: bool = False) -> Iterator[None]:
    """Keep other commands from working on the same batches: in this data folder and, with a database on a server, on
    every machine.

    Args:
        comparing: others that only compare may do the same.
        still: no paper may be fed meanwhile either.

    Raises:
        Unavailable: `data_dir_busy`, `work_taken_over`, and as `open_engine`.
        OperatorError: `read_only`, and as `open_engine`.
    """
    with ExitStack() as stack:
        if still:
            stack.enter_context(unfed(settings.data_dir))
        stack.enter_context((shared if comparing else exclusive)(settings.data_dir))
        if settings.on_server:
            from pipeline.storage.records.at_work import at_work

            # For people: the database by its name, never with who may open it.
            place = settings.database.rsplit("@", 1)[-1].partition("?")[0]
            stack.enter_context(at_work(settings.database, place=place, shared=comparing))
        yield


@contextmanager
def feeding(settings: Settings) -> Iterator[None]:
    """Feed paper, whoever works on batches or feeds paper of other sessions; not while the archive is compared.

    Raises as `working`.
    """
    with fed(settings.data_dir):
        yield


@contextmanager
def nobody_feeding(settings: Settings) -> Iterator[bool]:
    """Tells whether it is sure that no paper is being fed: nothing on this machine feeds, the database is here. Then it
    keeps it so."""
    with ExitStack() as stack:
        sure = not settings.on_server
        if sure:
            try:
                stack.enter_context(unfed(settings.data_dir))
            except Unavailable:
                sure = False
        yield sure


def _database_path(settings: Settings) -> Path:
    return Path(settings.database.removeprefix("sqlite:///"))
