"""The whole way of a batch with the records in PostgreSQL, and a server of it that goes away in the middle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import httpx2
import pytest

from pipeline.cli import run
from pipeline.custody import BatchOptions, BatchState, Job, JobResult
from pipeline.custody.scanning import MailHeader, Pass, ScanWish
from pipeline.custody.transfer import Device
from pipeline.errors import Unavailable
from pipeline.storage.objects.directory import DirectoryStore
from pipeline.usecases.intake import take_in
from pipeline.usecases.reconcile import reconcile
from pipeline.usecases.scanning import open_session
from pipeline.usecases.scanning.turns import Asked, begin, end
from pipeline.usecases.verify import verify_all
from pipeline.usecases.work import WorkerParts
from scanners.files import FolderFiles
from tests.databases import run_beside, url_of
from tests.e2e.command import ROOT, constat, document
from tests.e2e.light_intake import keeping_of
from tests.fakes import FakeRunner, LinePages, line_flow
from tests.servers.pages import serving, take_in_lines
from tests.servers.postgres import PASSWORD, Postgres
from tests.unit.browsing import pictured_flow

pytestmark = pytest.mark.servers
ONE_SHEET = ROOT / "samples" / "batches"


@pytest.fixture
def url(postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    found = url_of("postgres", tmp_path)
    monkeypatch.setenv("CONSTAT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("CONSTAT_DATABASE_URL", found)
    return found


def _added(name: str, role: str) -> int:
    return run(["user", "add", name, "--role", role])


def test_a_batch_is_taken_in_reviewed_closed_and_verified(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = "form number=812345678! date=2026-03-14"
    batch = take_in_lines(tmp_path / "data", tmp_path / "mail", {"mail.pdf": lines}, database=url)
    codes = [_added("anne", "reviewer"), _added("chief", "supervisor")]
    field = ["review", "decide", f"{batch}.0001.0001", "offence_date"]
    codes += [run([*field, "--accept", "--by", "anne"]), run(["batch", "close", batch, "--by", "chief"])]
    codes += [run(["show", "812345678"])]

    assert codes == [0] * 5, capsys.readouterr().err
    assert _differing(tmp_path / "data", url) == set()
    assert not (tmp_path / "data" / "constat.sqlite").exists()
    run_beside(url, "UPDATE statement_index SET number = '1'")
    assert _differing(tmp_path / "data", url) == {"index_differs"}


def test_the_command_takes_in_real_pages_and_a_copy_put_back_elsewhere_verifies(
    url: str, postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = min(ONE_SHEET.rglob("*.pdf"), key=lambda path: path.stat().st_size)
    taken = constat("intake", page, "--workers", "1", "--json", data_dir=tmp_path / "data", CONSTAT_DATABASE_URL=url)
    assert taken.returncode in (0, 1), taken.stderr
    assert document(taken)["counts"]["images"] >= 1
    codes = [run(["backup", str(tmp_path / "copies")])]
    elsewhere = postgres.empty()
    monkeypatch.setenv("CONSTAT_DATABASE_URL", elsewhere)
    monkeypatch.setenv("CONSTAT_DATA_DIR", str(tmp_path / "site"))
    try:
        codes += [run(["restore", str(tmp_path / "copies")]), run(["verify", "--all"])]
    finally:
        postgres.drop(elsewhere)

    assert codes == [0] * 3


def test_the_archive_is_not_compared_while_another_machine_feeds_paper(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keeping = keeping_of(tmp_path / "elsewhere", database=url)
    batch = open_session(BatchOptions(), MailHeader(), who="anne", keeping=keeping)
    asked = Asked("fake:feeder", Device(), ScanWish(), Pass.BOTH, "anne")
    feeding = begin(batch, asked, keeping=keeping).feeding
    during = run(["verify", "--all"]), capsys.readouterr().err
    end(feeding, keeping=keeping)

    assert during[0] == 3
    assert "[scanner_at_work]" in during[1]
    assert batch in during[1]
    assert run(["verify", "--all"]) != 3


def test_settings_and_refusals_never_show_the_password(
    url: str, postgres: Postgres, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = run(["config"]), capsys.readouterr().out
    monkeypatch.setenv("CONSTAT_DATABASE_URL", url.replace("%40ss", "%40sz"))
    wrong = run(["batch", "list"]), capsys.readouterr().err
    monkeypatch.setenv("CONSTAT_DATABASE_URL", url.replace(f":{postgres.port}/", ":1/"))
    away = run(["batch", "list"]), capsys.readouterr().err
    monkeypatch.setenv("CONSTAT_DATABASE_URL", url.replace("postgresql+psycopg", "postgres"))
    bad = run(["batch", "list"]), capsys.readouterr().err

    assert [code for code, _ in (shown, wrong, away, bad)] == [0, 2, 3, 2]
    assert f"constat:***@127.0.0.1:{postgres.port}" in shown[1]
    assert "database_refused" in wrong[1]
    assert "database_unreachable" in away[1]
    for _, said in (shown, wrong, away, bad):
        assert PASSWORD not in said
        assert "%40s" not in said


def test_a_server_without_its_database_says_so_and_is_well_again_after(
    url: str, postgres: Postgres, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    take_in_lines(data, tmp_path / "mail", {"mail.pdf": "form number=812345678! date=2026-03-14!"}, database=url)
    run(["client", "add", "court", "--role", "court"])
    key = capsys.readouterr().out.strip()
    with serving(data, tmp_path / "log", CONSTAT_DATABASE_URL=url) as address, httpx2.Client(timeout=30.0) as client:
        client.headers["authorization"] = f"Bearer {key}"
        place = f"{address}/api/v1/statements/812345678"
        before = client.get(place)
        postgres.stop()
        try:
            away = [client.get(place), client.get(f"{address}/sign-in"), _tied(client, place, "500-61-1")]
        finally:
            postgres.start()
        again, tied = client.get(place), _tied(client, place, "500-61-1")

    assert before.status_code == again.status_code == 200
    assert before.json()["number"] == again.json()["number"] == "812345678"
    assert (away[0].status_code, away[2].status_code) == (503, 503)
    assert tied.status_code in (200, 201)
    for told in (away[0].text, away[1].text, away[2].text, (tmp_path / "log").read_text()):
        assert PASSWORD not in told
    assert "127.0.0.1" not in away[0].text + away[2].text
    assert _differing(data, url) == set()


def _differing(data: Path, url: str) -> set[str]:
    """What verifying everything finds; the pages are lines of text, which the command would not open."""
    keeping = keeping_of(data, database=url)
    runner = FakeRunner(WorkerParts(keeping.objects, LinePages(), pictured_flow))
    return {its.code for its in verify_all(keeping=keeping, runner=runner).differences}


def _tied(client: httpx2.Client, place: str, number: str) -> httpx2.Response:
    wish = {"court_record_number": number}
    return client.put(f"{place}/court-record-number", json=wish, headers={"idempotency-key": "k1"})


class _Interrupted(FakeRunner):
    """The database goes away when some pages are done."""

    def __init__(self, parts: WorkerParts, server: Postgres) -> None:
        super().__init__(parts)
        self._server = server

    def run(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        for done, result in enumerate(super().run(jobs)):
            if done == 2:
                self._server.stop()
            yield result


def test_a_database_that_goes_away_during_intake_loses_nothing(url: str, postgres: Postgres, tmp_path: Path) -> None:
    data, mail = tmp_path / "data", tmp_path / "mail"
    mail.mkdir()
    for number in range(3):
        (mail / f"{number}.pdf").write_text("\n".join(f"form number={number}{page}!" for page in range(3)))
    keeping = keeping_of(data, database=url)
    parts = WorkerParts(DirectoryStore(data / "objects"), LinePages(), line_flow)
    with pytest.raises(Unavailable, match="database_unreachable"):
        take_in(FolderFiles().listing([mail]), BatchOptions(), keeping=keeping, runner=_Interrupted(parts, postgres))
    postgres.start()

    reconcile(keeping=keeping, runner=FakeRunner(parts))

    (batch,) = keeping.records.batches()
    pages = keeping.records.pages(batch.id)
    assert batch.state is BatchState.COMPLETE
    assert len(pages) == 9
    assert all(page.outcome_digest is not None for page in pages)
    assert verify_all(keeping=keeping, runner=FakeRunner(parts)).differences == ()
