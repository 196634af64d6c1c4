"""Copies of a site, taken at any moment of an intake, make a new site that is finished and verifies."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pytest

from pipeline.cli import run
from pipeline.config import Settings
from pipeline.custody import BatchOptions, BatchState, Job, JobResult, ObjectRef
from pipeline.custody.backups import BackupId
from pipeline.errors import IntegrityError, PipelineError
from pipeline.model import PageState
from pipeline.storage.objects.directory import DirectoryStore
from pipeline.usecases.intake import take_in
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.reconcile import reconcile
from pipeline.usecases.verify import verify_all
from pipeline.usecases.work import WorkerParts
from pipeline.wiring import backup
from pipeline.wiring.backup import back_up, backups_in, restore
from scanners.files import FolderFiles
from tests.databases import run_beside, url_of
from tests.e2e.light_intake import keeping_of
from tests.fakes import FakeRunner, LinePages, line_flow
from tests.servers.buckets import address_of, client_of, new_bucket, s3_store
from tests.servers.pages import take_in_lines
from tests.servers.postgres import PASSWORD, Postgres
from tests.servers.seaweed import ACCESS_KEY, SECRET_KEY, Seaweed
from tests.unit.browsing import pictured_flow

LINES = {"a.pdf": "no 812345\nletter", "b.pdf": "unknown"}
EVERY, FIVE = 4, 5


def _mail(folder: Path) -> Path:
    folder.mkdir()
    for name, lines in LINES.items():
        (folder / name).write_text(lines)
    return folder


class _Copying(DirectoryStore):
    """Something happens when an object was stored and the records do not know of it yet."""

    def __init__(self, root: Path, then: Callable[[], None]) -> None:
        super().__init__(root)
        self._then = then

    def put(self, source: BinaryIO) -> ObjectRef:
        ref = super().put(source)
        self._then()
        return ref


class _CopyingRunner(FakeRunner):
    """Something happens when a sheet is done and not recorded yet."""

    def __init__(self, parts: WorkerParts, then: Callable[[], None]) -> None:
        super().__init__(parts)
        self._then = then

    def run(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        for result in super().run(jobs):
            self._then()
            yield result


def _runner(keeping: Keeping) -> FakeRunner:
    return FakeRunner(WorkerParts(keeping.objects, LinePages(), line_flow))


def _differing(keeping: Keeping) -> set[str]:
    return {its.code for its in verify_all(keeping=keeping, runner=_runner(keeping)).differences}


def _taken_in(data: Path, mail: Path, then: Callable[[], None] = lambda: None) -> None:
    objects = _Copying(data / "objects", then)
    keeping = replace(keeping_of(data), objects=objects)
    runner = _CopyingRunner(WorkerParts(objects, LinePages(), line_flow), then)
    take_in(FolderFiles().listing([mail]), BatchOptions(), keeping=keeping, runner=runner)


def test_a_copy_of_any_moment_of_an_intake_becomes_a_site_that_is_finished_and_verifies(tmp_path: Path) -> None:
    settings, copies = Settings(data_dir=tmp_path / "data"), tmp_path / "copies"
    moments: list[int] = []

    def copy() -> None:
        moments.append(back_up(settings, copies).copied.new)

    mail = _mail(tmp_path / "mail")
    _taken_in(settings.data_dir, mail, copy)
    copy()

    known = backups_in(copies)
    assert len(known) == len(moments) > FIVE
    assert len({its.entries for its in known}) > FIVE, "the ledger grew between the copies"
    for number, its in enumerate(known[::EVERY]):
        site = Settings(data_dir=tmp_path / f"site{number}")
        assert restore(site, copies, at=its.id).copied.lost == ()
        keeping = keeping_of(site.data_dir)
        done = reconcile(keeping=keeping, runner=_runner(keeping))

        assert _differing(keeping) == set(), its
        assert done.lost_sources == ()
        (batch,) = keeping.records.batches()
        assert batch.state is BatchState.COMPLETE
        pages = keeping.records.pages(batch.id)
        assert len(pages) == sum(len(lines.splitlines()) for lines in LINES.values())
        assert all(page.state not in (PageState.RECEIVED, PageState.PROCESSED) for page in pages)
    assert any(entry.kind == "site_restored" for entry in keeping.records.ledger())


def test_what_comes_in_between_the_steps_of_a_copy_leaves_it_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, copies = Settings(data_dir=tmp_path / "data"), tmp_path / "copies"
    _taken_in(settings.data_dir, _mail(tmp_path / "mail"))
    copied = backup._copy_database

    def between(its: Settings, begun: Path) -> None:
        take_in_lines(its.data_dir, tmp_path / "before", {"c.pdf": "form number=812345678!"})
        copied(its, begun)
        take_in_lines(its.data_dir, tmp_path / "after", {"d.pdf": "form number=812345679!"})

    with monkeypatch.context() as patch:
        patch.setattr(backup, "_copy_database", between)
        made = back_up(settings, copies)
    site = Settings(data_dir=tmp_path / "site")
    restored = restore(site, copies)
    keeping = keeping_of(site.data_dir)
    runner = FakeRunner(WorkerParts(keeping.objects, LinePages(), pictured_flow))
    done = reconcile(keeping=keeping, runner=runner)

    assert (made.copied.lost, restored.copied.lost) == ((), ())
    assert len(keeping.records.batches()) == len({"mail", "before"})
    assert len(done.adopted) > 0, "objects of what came after the database was copied"
    assert verify_all(keeping=keeping, runner=runner).clean


def test_objects_that_are_copied_before_the_database_lack_what_came_between_and_it_is_named(tmp_path: Path) -> None:
    settings, copies = Settings(data_dir=tmp_path / "data"), tmp_path / "copies"
    early = tmp_path / "early"

    def wrong_order() -> None:
        if not early.exists():
            shutil.copytree(settings.objects_dir, early)

    _taken_in(settings.data_dir, _mail(tmp_path / "mail"), wrong_order)
    back_up(settings, copies, objects=False)
    site = Settings(data_dir=tmp_path / "site")
    shutil.copytree(early, site.objects_dir)

    found = restore(site, copies)

    assert {its.reason.code for its in found.copied.lost} == {"object_missing"}
    assert "object_missing" in _differing(keeping_of(site.data_dir))


def test_a_damaged_object_is_named_and_an_older_copy_of_it_is_kept(tmp_path: Path) -> None:
    settings, copies = Settings(data_dir=tmp_path / "data"), tmp_path / "copies"
    _taken_in(settings.data_dir, _mail(tmp_path / "mail"))
    keeping = keeping_of(settings.data_dir)
    first, second = list(keeping.objects.digests())[:2]
    before = back_up(settings, copies)
    for digest in (first, second):
        place = settings.objects_dir / digest[:2] / digest
        place.chmod(0o600)
        place.write_bytes(b"something else")
    (copies / "objects" / second[:2] / second).unlink()

    after = back_up(settings, copies)

    assert before.copied.lost == ()
    assert [(its.digest, its.reason.code) for its in after.copied.lost] == [(second, "object_altered")]
    site = Settings(data_dir=tmp_path / "site")
    assert [its.digest for its in restore(site, copies).copied.lost] == [second]
    assert keeping_of(site.data_dir).objects.check(first) > 0


def _code(act: Callable[[], object]) -> str:
    try:
        act()
    except PipelineError as error:
        return error.code
    return ""


def test_what_would_spoil_a_copy_or_a_site_is_refused(tmp_path: Path) -> None:
    settings, copies = Settings(data_dir=tmp_path / "data"), tmp_path / "copies"
    mail = _mail(tmp_path / "mail")
    nothing = _code(lambda: back_up(settings, copies))
    _taken_in(settings.data_dir, mail)
    made = back_up(settings, copies).backup
    take_in_more = tmp_path / "more"
    take_in_lines(settings.data_dir, take_in_more, {"c.pdf": "form number=812345678!"})

    site = Settings(data_dir=tmp_path / "site")
    bucket = {"objects_url": "s3://h:1/originals", "s3_access_key": "a", "s3_secret_key": "s"}
    assert nothing == "nothing_kept"
    assert _code(lambda: back_up(settings, settings.data_dir / "copies")) == "backup_inside"
    assert _code(lambda: back_up(settings, mail)) == "backup_foreign"
    assert _code(lambda: restore(settings, copies)) == "restore_not_empty"
    assert _code(lambda: restore(site, mail)) == "no_backup"
    assert _code(lambda: restore(site, copies, at=BackupId("../data"))) == "no_backup"
    assert _code(lambda: restore(Settings(data_dir=site.data_dir, **bucket), copies)) == "restore_other_store"
    # The database was lost, and what has seen more of it was not.
    (settings.data_dir / "constat.sqlite").unlink()
    assert _code(lambda: restore(settings, copies)) == "restore_head_ahead"
    with (copies / made.id / "database.sqlite").open("r+b") as damaged:
        damaged.seek(5000)
        damaged.write(b"!")
    with pytest.raises(IntegrityError, match="backup_altered"):
        restore(site, copies)
    assert not site.data_dir.exists()


def test_a_restoration_that_was_killed_is_begun_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, copies = Settings(data_dir=tmp_path / "data"), tmp_path / "copies"
    _taken_in(settings.data_dir, _mail(tmp_path / "mail"))
    back_up(settings, copies)
    site = Settings(data_dir=tmp_path / "site")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.wiring.backup._put_back_database", killed)
        with pytest.raises(KeyboardInterrupt):
            restore(site, copies)
    again = restore(site, copies)

    assert again.copied.new == 0
    assert _differing(keeping_of(site.data_dir)) == set()


def test_the_commands_say_what_they_did_and_what_is_to_be_kept_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data, copies = tmp_path / "data", tmp_path / "copies"
    _taken_in(data, _mail(tmp_path / "mail"))
    monkeypatch.setenv("CONSTAT_DATA_DIR", str(data))
    monkeypatch.setenv("CONSTAT_SIGNING_KEY", str(tmp_path / "key.pem"))
    assert run(["backup", str(copies)]) == 0
    said = capsys.readouterr().out
    assert f"CONSTAT_SIGNING_KEY={tmp_path / 'key.pem'}" in said
    assert (copies.stat().st_mode & 0o777, len(list(copies.glob("2*")))) == (0o700, 1)

    monkeypatch.setenv("CONSTAT_DATA_DIR", str(tmp_path / "site"))
    assert run(["restore", str(copies), "--list"]) == 0
    assert backups_in(copies)[0].id in capsys.readouterr().out
    assert run(["restore", str(copies)]) == 0
    assert "constat reconcile" in capsys.readouterr().out
    assert run(["restore", str(copies)]) == 2
    monkeypatch.delenv("CONSTAT_SIGNING_KEY")
    assert _differing(keeping_of(tmp_path / "site")) == set()


# On servers


@pytest.mark.servers
def test_a_dump_of_postgresql_and_a_bucket_make_a_new_site(
    postgres: Postgres, seaweed: Seaweed, tmp_path: Path
) -> None:
    data, copies, url = tmp_path / "data", tmp_path / "copies", url_of("postgres", tmp_path)
    bucket = new_bucket(seaweed)
    store = s3_store(address_of(seaweed, bucket), tmp_path / "spool")
    lines = "form number=812345678! date=2026-03-14!"
    take_in_lines(data, tmp_path / "mail", {"mail.pdf": lines}, database=url, objects=store)
    s3 = {
        "objects_url": f"s3://{seaweed.host}/{bucket}?secure=false",
        "s3_access_key": ACCESS_KEY,
        "s3_secret_key": SECRET_KEY,
    }
    made = back_up(Settings(data_dir=data, database_url=url, **s3), copies)
    new = postgres.empty()
    site = Settings(data_dir=tmp_path / "site", database_url=new, **s3)
    try:
        done = restore(site, copies)
        keeping = replace(keeping_of(site.data_dir, database=new), objects=store)
        runner = FakeRunner(WorkerParts(store, LinePages(), pictured_flow))
        reconcile(keeping=keeping, runner=runner)

        assert (made.copied.lost, done.copied.lost, made.backup.objects_copied) == ((), (), False)
        assert made.backup.objects > 0
        assert verify_all(keeping=keeping, runner=runner).differences == ()
        for path in (copies / made.backup.id).rglob("manifest.json"):
            assert PASSWORD not in path.read_text()
            assert SECRET_KEY not in path.read_text()
        assert _code(lambda: restore(site, copies)) == "restore_not_empty"
    finally:
        postgres.drop(new)
    ref = next(iter(keeping_of(data, database=url).records.objects.all()))
    client_of(seaweed).remove_object(ref.bucket, ref.key, version_id=ref.version_id)
    assert {its.digest for its in back_up(Settings(data_dir=data, database_url=url, **s3), copies).copied.lost} == {
        ref.digest
    }


@pytest.mark.servers
def test_a_dump_of_postgresql_and_copied_objects_make_a_new_site(postgres: Postgres, tmp_path: Path) -> None:
    data, copies, url = tmp_path / "data", tmp_path / "copies", url_of("postgres", tmp_path)
    take_in_lines(data, tmp_path / "mail", {"mail.pdf": "form number=812345678! date=2026-03-14!"}, database=url)
    back_up(Settings(data_dir=data, database_url=url), copies)
    new = postgres.empty()
    site = Settings(data_dir=tmp_path / "site", database_url=new)
    try:
        assert _code(lambda: restore(Settings(data_dir=site.data_dir), copies)) == "restore_other_database"
        assert restore(site, copies).copied.new > 0
        keeping = keeping_of(site.data_dir, database=new)
        runner = FakeRunner(WorkerParts(keeping.objects, LinePages(), pictured_flow))
        reconcile(keeping=keeping, runner=runner)

        assert verify_all(keeping=keeping, runner=runner).differences == ()
        with pytest.raises(Exception, match="only grows"):
            run_beside(new, "DELETE FROM ledger")
        away = Settings(data_dir=data, database_url=new.replace(f":{postgres.port}/", ":1/"))
        with pytest.raises(PipelineError) as refused:
            back_up(away, tmp_path / "other")
        assert PASSWORD not in str(refused.value)
    finally:
        postgres.drop(new)
