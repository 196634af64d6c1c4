"""A folder of copies of one site: each whole under its name, or not there; objects are kept once for all of them.

DIR/constat-backups          says what the folder is
DIR/2026-11-28T042000Z/      a copy: manifest.json, the database, heads, seals, the list of its objects
DIR/objects/                 a directory store
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pipeline.custody.backups import Backup, BackupFile, BackupId, DatabaseKind, StoreKind
from pipeline.errors import IntegrityError, OperatorError
from pipeline.model import Digest
from pipeline.storage.durable import flush
from pipeline.storage.failures import storage_failure
from pipeline.storage.lock import exclusive
from pipeline.storage.objects.directory import DirectoryStore

MANIFEST, OBJECTS = "manifest.json", "objects.txt"
_MARK, _LOCK, _NEW, _STORE = "constat-backups", "lock", ".new-", "objects"
_ID = re.compile(r"\d{4}-\d{2}-\d{2}T\d{6}Z(-\d+)?")
_CLOSED = 0o700


class BackupFolder:
    """Copies below a folder. It holds personal data and is for its owner alone."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def objects(self) -> DirectoryStore:
        return DirectoryStore(self.root / _STORE)

    def ids(self) -> tuple[BackupId, ...]:
        """Oldest first; none where there is no such folder."""
        try:
            names = sorted(path.name for path in self.root.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return ()
        except OSError as error:
            raise storage_failure(error, self.root) from error
        return tuple(BackupId(name) for name in names if _ID.fullmatch(name))

    def folder(self, backup: BackupId) -> Path:
        return self.root / backup

    def read(self, backup: BackupId) -> Backup:
        """Raises:
        OperatorError: `no_backup`.
        IntegrityError: `backup_unreadable`.
        """
        path = self.folder(backup) / MANIFEST
        if not _ID.fullmatch(backup) or not path.is_file():
            raise OperatorError("no_backup", path=str(self.root / backup))
        try:
            return _backup(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise storage_failure(error, path) from error
        except (ValueError, KeyError, TypeError) as error:
            raise IntegrityError("backup_unreadable", path=str(path)) from error

    def check(self, backup: Backup) -> None:
        """Hash every file of a copy, the objects apart. Raises IntegrityError `backup_altered`, naming the first."""
        for file in backup.files:
            path = self.folder(backup.id) / file.name
            if not path.is_file() or _described(path, file.name) != file:
                raise IntegrityError("backup_altered", path=str(path))

    def objects_of(self, backup: Backup) -> Iterator[Digest]:
        """The digests of its objects, in order."""
        path = self.folder(backup.id) / OBJECTS
        try:
            with path.open(encoding="ascii") as listed:
                yield from (Digest(line.strip()) for line in listed)
        except OSError as error:
            raise storage_failure(error, path) from error

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder, which is made where it is not there.

        Raises:
            OperatorError: `backup_foreign` where other things are in it; `read_only`.
            Unavailable: `data_dir_busy`.
        """
        mark = self.root / _MARK
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            if not mark.exists():
                if any(path.name != _LOCK for path in self.root.iterdir()):
                    raise OperatorError("backup_foreign", path=str(self.root))
                self.root.chmod(_CLOSED)
                mark.write_text("1\n", encoding="ascii")
        except OSError as error:
            raise storage_failure(error, self.root) from error
        with exclusive(self.root):
            for left in self.root.glob(f"{_NEW}*"):
                shutil.rmtree(left, ignore_errors=True)
            yield

    def new_id(self, at: datetime) -> BackupId:
        name, number, taken = at.astimezone(UTC).strftime("%Y-%m-%dT%H%M%SZ"), 1, self.ids()
        found = BackupId(name)
        while found in taken:
            number += 1
            found = BackupId(f"{name}-{number}")
        return found

    @contextmanager
    def filling(self, backup: BackupId) -> Iterator[Path]:
        """A folder to write a copy's files into. Nothing is left of it where the block does not end well; where it does
        and `finish` was called, it is the copy."""
        begun = self._begun(backup)
        try:
            begun.mkdir(mode=_CLOSED)
            yield begun
        except OSError as error:
            raise storage_failure(error, begun) from error
        finally:
            shutil.rmtree(begun, ignore_errors=True)

    def files_of(self, begun: Path) -> tuple[BackupFile, ...]:
        paths = sorted(path for path in begun.rglob("*") if path.is_file())
        return tuple(_described(path, path.relative_to(begun).as_posix()) for path in paths)

    def finish(self, backup: Backup) -> None:
        """Flush what was written, and give it its name."""
        begun = self._begun(backup.id)
        (begun / MANIFEST).write_text(_text(backup), encoding="utf-8")
        for path in (*begun.rglob("*"), begun):
            flush(path)
        begun.rename(self.folder(backup.id))
        flush(self.root)

    def _begun(self, backup: BackupId) -> Path:
        return self.root / f"{_NEW}{backup}"


def write_digests(path: Path, digests: Iterator[Digest] | tuple[Digest, ...]) -> int:
    """One a line; returns how many."""
    count = 0
    with path.open("w", encoding="ascii") as target:
        for digest in digests:
            target.write(f"{digest}\n")
            count += 1
    return count


def _described(path: Path, name: str) -> BackupFile:
    try:
        with path.open("rb") as source:
            digest = hashlib.file_digest(source, "sha256").hexdigest()
            return BackupFile(name, source.tell(), Digest(digest))
    except OSError as error:
        raise storage_failure(error, path) from error


def _text(backup: Backup) -> str:
    facts = {
        "id": backup.id,
        "taken_at": backup.taken_at.isoformat(),
        "program": backup.program,
        "database": backup.database,
        "store": backup.store,
        "place": backup.place,
        "objects": backup.objects,
        "objects_copied": backup.objects_copied,
        "entries": backup.entries,
        "files": [[file.name, file.size_bytes, file.sha256] for file in backup.files],
        "settings": dict(backup.settings),
    }
    return json.dumps(facts, indent=1, ensure_ascii=False) + "\n"


def _backup(text: str) -> Backup:
    found = json.loads(text)
    return Backup(
        id=BackupId(str(found["id"])),
        taken_at=datetime.fromisoformat(found["taken_at"]),
        program=str(found["program"]),
        database=DatabaseKind(found["database"]),
        store=StoreKind(found["store"]),
        place=str(found["place"]),
        objects=int(found["objects"]),
        objects_copied=bool(found["objects_copied"]),
        entries=int(found["entries"]),
        files=tuple(BackupFile(str(name), int(size), Digest(digest)) for name, size, digest in found["files"]),
        settings=tuple((str(name), str(value)) for name, value in found["settings"].items()),
    )
