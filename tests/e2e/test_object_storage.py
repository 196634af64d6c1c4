"""The whole pipeline on a real S3 server, by the command itself: killed, carried on, verified, tampered with."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import urllib3
from PIL import Image, ImageDraw

from pipeline.custody import ObjectRef
from pipeline.model import Digest
from tests.e2e.command import CONSTAT, constat, document, environment
from tests.e2e.killing import Moment, kill_at, ledger_entries
from tests.servers.buckets import client_of, file_of, forge
from tests.servers.seaweed import ACCESS_KEY, SECRET_KEY, Seaweed

pytestmark = pytest.mark.servers


@pytest.fixture
def settings(seaweed: Seaweed, tmp_path: Path) -> dict[str, str]:
    return {
        "CONSTAT_OBJECTS_URL": f"s3://{seaweed.host}/{tmp_path.name.replace('_', '-')}?secure=false",
        "CONSTAT_S3_ACCESS_KEY": ACCESS_KEY,
        "CONSTAT_S3_SECRET_KEY": SECRET_KEY,
        "CONSTAT_S3_RETENTION": "GOVERNANCE:30d",
        "CONSTAT_S3_SSE": "s3",
    }


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """Two letters."""
    folder = tmp_path / "scans"
    folder.mkdir()
    for number in range(2):
        page = Image.fromarray(np.full((1100, 850), 255, np.uint8))
        for line in range(12):
            ImageDraw.Draw(page).text((80, 80 + 40 * line), f"Monsieur le juge, ligne {line}, lettre {number}", fill=0)
        page.save(folder / f"letter{number}.png", dpi=(100, 100))
    return folder


def test_a_killed_intake_on_object_storage_is_finished_and_what_an_insider_does_is_named(
    seaweed: Seaweed, settings: dict[str, str], scans: Path, tmp_path: Path
) -> None:
    data_dir = tmp_path / "data"

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return constat(*arguments, data_dir=data_dir, before=(), in_child=None, **settings)

    assert "[bucket_missing]" in run("intake", str(scans)).stderr
    assert ledger_entries(data_dir) <= 0, "nothing was announced"
    assert run("store", "init").returncode == 0
    # Its two receipts and splits are behind it, the sheets before it.
    assert kill_at(Moment(5, 0.01), [*CONSTAT, "intake", str(scans)], data_dir, environment(data_dir, **settings))

    assert document(run("reconcile", "--json"))["clean"] is True
    assert document(run("verify", "--all", "--json"))["clean"] is True

    pages = document(run("batch", "show", "--latest", "--json"))["pages"]
    first, second = (_reference(page["references"]["original"]) for page in pages)
    thumbnail = next(_reference(ref) for name, ref in pages[0]["references"].items() if name != "original")
    forge(seaweed, first, b"another letter")
    assert urllib3.request("DELETE", file_of(seaweed, second)).status == 204
    client_of(seaweed).remove_object(thumbnail.bucket, thumbnail.key)

    verdict = run("verify", "--all", "--json")
    assert verdict.returncode == 1
    named = {(its["code"], its["subject"]) for its in document(verdict)["differences"]}
    assert {
        ("object_altered", first.digest),
        ("object_version_missing", second.digest),
        ("object_hidden", thumbnail.digest),
    } <= named


def _reference(told: dict[str, Any]) -> ObjectRef:
    return ObjectRef(told["bucket"], told["key"], told["version_id"], Digest(told["sha256"]), 0)
