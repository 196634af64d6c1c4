"""`constat register` and `POST /api/v1/statements` as they are run: killed, sent again, met by paper, asked for."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from tests.e2e.command import CONSTAT, constat, environment
from tests.e2e.killing import Moment, kill_at, moments
from tests.servers.pages import serving
from tests.unit.electronic import NUMBER, OTHER_NUMBER, statement, text_of

pytestmark = pytest.mark.servers
TICKETS = Path(__file__).resolve().parents[2] / "samples" / "electronic" / "tickets.jsonl"
ENTRIES = 12
"""Of one statement: announcement, receipt, registration, split, pairing, software, sheet, completion, two records of
transfer, events, seal."""


@pytest.mark.parametrize("moment", moments(20261128, 3, entries=ENTRIES))
def test_killed_and_handed_over_again_a_statement_is_there_once(moment: Moment, tmp_path: Path) -> None:
    kept, file = tmp_path / "kept", tmp_path / "ticket.json"
    file.write_bytes(text_of(statement()))
    kill_at(moment, [*CONSTAT, "register", str(file)], kept, {"CONSTAT_DATA_DIR": str(kept)})

    again = constat("register", str(file), "--json", data_dir=kept)
    reconciled = constat("reconcile", data_dir=kept)
    verified = constat("verify", "--all", data_dir=kept)
    batches = json.loads(constat("batch", "list", "--json", data_dir=kept).stdout)

    (done,) = json.loads(again.stdout)
    assert (again.returncode, [its["number"] for its in done["statements"]]) == (0, [NUMBER])
    assert (reconciled.returncode, verified.returncode) == (0, 0), verified.stdout
    assert [(its["state"], its["statements"]) for its in batches] == [("complete", 1)]


def test_the_samples_are_registered_from_standard_input_and_shown(tmp_path: Path) -> None:
    command = [*CONSTAT, "register", "-", "--lines", "--json"]
    text = TICKETS.read_text(encoding="utf-8")
    done = subprocess.run(
        command, env=environment(tmp_path), input=text, capture_output=True, text=True, encoding="utf-8", check=False
    )

    (file,) = json.loads(done.stdout)
    assert (done.returncode, file["registered"], len(file["statements"])) == (0, True, 3)
    number = file["statements"][0]["number"]
    shown = json.loads(constat("show", number, "--json", data_dir=tmp_path).stdout)
    assert {its["reader"] for page in shown["page_details"] for its in page["fields"].values()} == {
        "electronic",
        "layout",
    }
    copy = constat("export", number, "--hard-copy", str(tmp_path / "copy.pdf"), data_dir=tmp_path)
    assert copy.returncode == 0, copy.stderr
    assert (tmp_path / "copy.pdf").read_bytes().startswith(b"%PDF")


def test_every_problem_of_every_file_is_named(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.jsonl"
    good.write_bytes(text_of(statement()))
    bad.write_bytes(text_of(statement(OTHER_NUMBER, colour="blue"), statement(OTHER_NUMBER, language="es")))

    done = constat("register", str(good), str(bad), data_dir=tmp_path / "kept")

    assert done.returncode == 1
    assert NUMBER in done.stdout
    assert "1: /colour" in done.stderr
    assert "2: /language" in done.stderr
    assert constat("verify", "--all", data_dir=tmp_path / "kept").returncode == 0


def test_a_file_that_is_not_there_ends_the_command_before_anything_is_done(tmp_path: Path) -> None:
    good = tmp_path / "good.json"
    good.write_bytes(text_of(statement()))

    done = constat("register", str(good), str(tmp_path / "none.json"), data_dir=tmp_path / "kept")

    assert (done.returncode, "path_not_found" in done.stderr) == (2, True)
    assert not (tmp_path / "kept").exists()


# A running server


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, str, Path]]:
    kept = tmp_path / "kept"
    scopes = [word for scope in ("register", "read", "export") for word in ("--scope", scope)]
    made = constat("client", "add", "seci", "--role", "prosecutor", "--issuer", "valmont", *scopes, data_dir=kept)
    assert made.returncode == 0, made.stderr
    with serving(kept, tmp_path / "server.log") as address:
        yield address, made.stdout.strip(), kept


def test_many_devices_at_once_register_each_statement_once(served: tuple[str, str, Path]) -> None:
    address, key, kept = served
    numbers = [NUMBER, OTHER_NUMBER]

    def post(index: int) -> int:
        number = numbers[index % 2]
        answer = httpx2.post(
            f"{address}/api/v1/statements",
            content=text_of(statement(number)),
            headers={
                "authorization": f"Bearer {key}",
                "idempotency-key": number,
                "content-type": "application/json",
            },
            timeout=120.0,
        )
        return answer.status_code

    with ThreadPoolExecutor(6) as pool:
        codes = sorted(pool.map(post, range(6)))

    assert codes == [200, 200, 200, 200, 201, 201]
    found = httpx2.get(
        f"{address}/api/v1/statements/{NUMBER}/hard-copy",
        headers={"authorization": f"Bearer {key}"},
        timeout=60.0,
    )
    assert (found.status_code, found.content[:4]) == (200, b"%PDF")
    verified = constat("verify", "--all", data_dir=kept)
    assert verified.returncode == 0, verified.stdout
