"""Copies of a whole site, taken while it works, and a new site made of one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline import __version__
from pipeline.config import Settings
from pipeline.custody.backups import Backup, BackupId, Copied, DatabaseKind, Lost, StoreKind
from pipeline.errors import IntegrityError, OperatorError
from pipeline.model import Digest, Reason
from pipeline.ports import Progress
from pipeline.storage.backups.folder import OBJECTS, BackupFolder, write_digests
from pipeline.storage.clock import SystemClock
from pipeline.storage.lock import exclusive
from pipeline.storage.records.ledger_head import LedgerHeadFile
from pipeline.storage.signing.seal_files import FolderSeals
from pipeline.storage.source_files import SourceFiles
from pipeline.usecases.backup import copy_objects, missing, note_restoration
from pipeline.usecases.progress import SILENT
from pipeline.usecases.reconcile import referenced
from pipeline.wiring.app import App, frozen_app, serving
from pipeline.wiring.database import anything_kept
from pipeline.wiring.objects import object_store
from pipeline.wiring.shown import shown_settings

HEADS = ("ledger-head.json", "access-head.json")
_SEALS = "seals"


@dataclass(frozen=True, slots=True)
class Kept:
    """A copy that was made or put back, and what was done with the objects."""

    backup: Backup
    copied: Copied


def backups_in(folder: Path) -> tuple[Backup, ...]:
    """The copies below a folder, oldest first. Raises as `BackupFolder.read`."""
    copies = BackupFolder(folder)
    return tuple(copies.read(backup) for backup in copies.ids())


def back_up(settings: Settings, folder: Path, *, objects: bool = True, progress: Progress = SILENT) -> Kept:
    """Copy the site as it is now, while commands and pages go on writing.

    Args:
        objects: whether to copy them; else they are only compared with what the records refer to. Those of a bucket
            are never copied: it keeps versions, and is copied by its own means.

    Raises:
        OperatorError: `nothing_kept`, `backup_inside`, `backup_foreign`, `read_only`, `database_program_missing`.
        Unavailable: `disk_full`, `database_copy_failed`, `data_dir_busy` when another copy is being made there.
        IntegrityError: `database_corrupt`.
    """
    if not anything_kept(settings):
        raise OperatorError("nothing_kept", path=str(settings.data_dir))
    _require_outside(folder, settings)
    copies = BackupFolder(folder)
    with copies.held():
        at = SystemClock().now()
        backup = copies.new_id(at)
        with copies.filling(backup) as begun:
            entries = _copy_small_files(settings, begun)  # 1
            _copy_database(settings, begun)  # 2
            app = frozen_app(settings)
            digests = tuple(app.keeping.objects.digests())  # 3
            write_digests(begun / OBJECTS, digests)
            copied = _copied(app, copies, digests, progress) if _copies(settings, objects) else Copied(len(digests))
            begun_as = Backup(
                backup, at, __version__, *_kinds(settings), len(digests), _copies(settings, objects), entries
            )
            made = replace(begun_as, files=copies.files_of(begun), settings=shown_settings(settings))
            copies.finish(made)
    return Kept(made, _with_missing(copied, app, digests))


def restore(settings: Settings, folder: Path, *, at: BackupId | None = None, progress: Progress = SILENT) -> Kept:
    """Make an empty site one that was copied; the database comes last, so that it may be begun again after a kill.

    Args:
        at: which copy; null for the newest.

    Raises:
        OperatorError: `no_backup`; `restore_not_empty`, `restore_head_ahead`, `restore_other_database`,
            `restore_other_store`; as the stores.
        IntegrityError: `backup_altered`, `backup_unreadable`.
        Unavailable: `data_dir_busy`, `disk_full`, `database_copy_failed`.
    """
    copies = BackupFolder(folder)
    found = copies.ids()
    if at is None and not found:
        raise OperatorError("no_backup", path=str(folder))
    backup = copies.read(found[-1] if at is None else at)
    copies.check(backup)
    _require_fit(settings, backup)
    # An empty database on a server has no lock yet; of two restorations at once one finds its tables there.
    with exclusive(settings.data_dir):
        if anything_kept(settings):
            raise OperatorError("restore_not_empty", path=str(settings.data_dir))
        heads = _require_behind(settings, copies, backup)
        copied = _objects_put_back(settings, copies, backup, progress)
        _put_back_seals(settings, copies, backup)
        for kept, copy in heads:
            head = copy.read()
            if head is not None:
                kept.advance(head)
        _put_back_database(settings, copies, backup)
        note_restoration(backup, records=serving(settings).keeping.records)
    return Kept(backup, copied)


# Taking a copy


def _require_outside(folder: Path, settings: Settings) -> None:
    own = (settings.data_dir, settings.objects_dir, settings.seals_folder)
    inside = [place for place in own if folder.resolve().is_relative_to(place.resolve())]
    if inside:
        raise OperatorError("backup_inside", path=str(folder), inside=str(inside[0]))


def _copy_small_files(settings: Settings, begun: Path) -> int:
    """Heads and seals, as they are: what was altered of them stays to be seen. Returns the entries of the head."""
    for name in HEADS:
        if (settings.data_dir / name).exists():
            (begun / name).write_bytes((settings.data_dir / name).read_bytes())
    files = FolderSeals(settings.seals_folder)
    (begun / _SEALS).mkdir()
    for name in files.names():
        data = files.read(name)
        if data is not None:
            (begun / _SEALS / name).write_bytes(data)
    try:
        head = LedgerHeadFile(begun / HEADS[0]).read()
    except IntegrityError:
        # For `verify` to name; a damaged site needs copies more than a sound one.
        head = None
    return 0 if head is None else head.count


def _copy_database(settings: Settings, begun: Path) -> None:
    if settings.on_server:
        from pipeline.storage.backups import postgres_dump

        postgres_dump.dump_postgres(settings.database, begun / postgres_dump.NAME)
        return
    from pipeline.storage.backups import sqlite_copy

    sqlite_copy.copy_sqlite(_sqlite_path(settings), begun / sqlite_copy.NAME)


def _copied(app: App, copies: BackupFolder, digests: tuple[Digest, ...], progress: Progress) -> Copied:
    progress.begin("backup", len(digests))
    return copy_objects(
        digests, source=app.keeping.objects, target=copies.objects, sources=SourceFiles(), progress=progress
    )


def _with_missing(copied: Copied, app: App, digests: tuple[Digest, ...]) -> Copied:
    """What the records refer to and the store does not have, besides what could not be copied."""
    lacking = missing(sorted(referenced(app.keeping)), digests)
    lost = tuple(Lost(digest, Reason("object_missing")) for digest in lacking)
    return Copied(copied.objects, copied.new, copied.new_bytes, (*copied.lost, *lost))


def _copies(settings: Settings, objects: bool) -> bool:
    return objects and not settings.bucket_url


# Putting one back


def _require_fit(settings: Settings, backup: Backup) -> None:
    if backup.database is not _database_kind(settings):
        raise OperatorError("restore_other_database", found=backup.database, expected=_database_kind(settings))
    if backup.store is not _store_kind(settings):
        raise OperatorError("restore_other_store", found=backup.store, expected=_store_kind(settings))


def _require_behind(
    settings: Settings, copies: BackupFolder, backup: Backup
) -> tuple[tuple[LedgerHeadFile, LedgerHeadFile], ...]:
    """Heads of the site and of the copy. A site whose database was lost and whose head was not knows of entries that
    the copy may lack; nobody shall lose them without having been told."""
    pairs = tuple(
        (LedgerHeadFile(settings.data_dir / name), LedgerHeadFile(copies.folder(backup.id) / name)) for name in HEADS
    )
    for kept, copy in pairs:
        there, then = kept.read(), copy.read()
        if there is not None and there.count > (0 if then is None else then.count):
            raise OperatorError(
                "restore_head_ahead",
                path=str(settings.data_dir),
                found=there.count,
                expected=0 if then is None else then.count,
            )
    return pairs


def _objects_put_back(settings: Settings, copies: BackupFolder, backup: Backup, progress: Progress) -> Copied:
    store = object_store(settings)
    store.ready()
    if not backup.objects_copied:
        lacking = missing(copies.objects_of(backup), store.digests())
        return Copied(backup.objects, lost=tuple(Lost(digest, Reason("object_missing")) for digest in lacking))
    progress.begin("restore", backup.objects)
    digests = tuple(copies.objects_of(backup))
    return copy_objects(digests, source=copies.objects, target=store, sources=SourceFiles(), progress=progress)


def _put_back_seals(settings: Settings, copies: BackupFolder, backup: Backup) -> None:
    files, saved = FolderSeals(settings.seals_folder), FolderSeals(copies.folder(backup.id) / _SEALS)
    for name, data in _read(saved):
        files.write(name, data)


def _read(files: FolderSeals) -> Iterator[tuple[str, bytes]]:
    for name in files.names():
        data = files.read(name)
        if data is not None:
            yield name, data


def _put_back_database(settings: Settings, copies: BackupFolder, backup: Backup) -> None:
    if settings.on_server:
        from pipeline.storage.backups import postgres_dump

        postgres_dump.restore_postgres(copies.folder(backup.id) / postgres_dump.NAME, settings.database)
        return
    from pipeline.storage.backups import sqlite_copy

    sqlite_copy.put_back_sqlite(copies.folder(backup.id) / sqlite_copy.NAME, _sqlite_path(settings))


def _sqlite_path(settings: Settings) -> Path:
    return Path(settings.database.removeprefix("sqlite:///"))


def _kinds(settings: Settings) -> tuple[DatabaseKind, StoreKind, str]:
    """Of database and store, and where the store is."""
    return _database_kind(settings), _store_kind(settings), settings.bucket_url or str(settings.objects_dir)


def _database_kind(settings: Settings) -> DatabaseKind:
    return DatabaseKind.POSTGRESQL if settings.on_server else DatabaseKind.SQLITE


def _store_kind(settings: Settings) -> StoreKind:
    return StoreKind.S3 if settings.bucket_url else StoreKind.DIRECTORY
