"""The outsider's program beside constat's own: written from the description alone, it must judge alike."""

from __future__ import annotations

import contextlib
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pipeline.errors import InputRefused
from pipeline.evidence.proof import proof_from, proof_text
from pipeline.evidence.proof_check import Trust, check_proof
from pipeline.evidence.signature import PublicKey
from pipeline.usecases.keys import rotate_key
from pipeline.usecases.proof import statement_proof
from pipeline.usecases.retrieve import find_statement
from tests.fakes import FakeClock
from tests.time_authority import LocalAuthority
from tests.unit.sealed import key, sealed_archive, sealing

PROGRAM = Path(__file__).resolve().parents[2] / "docs" / "verify_proof.py"


@pytest.fixture(scope="module")
def outsider() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_proof", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Over five seals, a rotation among them."""
    archive, _, _ = sealed_archive(tmp_path_factory.mktemp("archive"))
    archive.take({"a.pdf": b"one"})
    archive.take({"b.pdf": b"no 812345\nblank"}, duplex=True)
    rotate_key(key(2), keeping=archive.keeping)
    sealing(archive, signer=key(2))
    for name in ("c.pdf", "d.pdf"):
        archive.take({name: name.encode()})
    parts = find_statement("812345", records=archive.records).parts
    return proof_text(statement_proof(parts, keeping=archive.keeping))


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("certificates") / "authority.pem"
    place.write_bytes(LocalAuthority(FakeClock()).anchor_pem)
    return place


@pytest.mark.parametrize("trusted", [1, 2])
def test_both_find_that_a_proof_holds(trusted: int, text: str, outsider: ModuleType, certificates: Path) -> None:
    published = PublicKey(key(trusted).public).id

    assert outsider.check(json.loads(text), published, certificates) == []
    assert check_proof(proof_from(text), lambda claim: claim.digest, trust=Trust(published)).clean


def _at(*path: str | int) -> Callable[[Any], None]:
    """Changes the first character of the text, or the number, at this place."""

    def change(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        value = document[path[-1]]
        document[path[-1]] = value + 1 if isinstance(value, int) else ("1" if value[0] != "1" else "2") + value[1:]

    return change


ALTERED = {
    "entry": _at("entries", 2, "entry", "subject"),
    "entry's hash": _at("entries", 2, "entry", "hash"),
    "path": _at("entries", 2, "path", 0),
    "first": _at("seals", 0, "seal", "first"),
    "root": _at("seals", 1, "seal", "root"),
    "log root": _at("seals", 0, "seal", "log_root"),
    "made at": _at("seals", 0, "seal", "made_at"),
    "signature": _at("seals", -1, "seal", "signature"),
    "key": _at("seals", 0, "seal", "key"),
    "inclusion": _at("seals", 0, "inclusion", 0),
    "consistency": _at("seals", 0, "consistency", 0),
}


@pytest.mark.parametrize("what", ALTERED)
def test_both_find_what_was_altered(what: str, text: str, outsider: ModuleType) -> None:
    document = json.loads(text)
    ALTERED[what](document)

    assert outsider.check(document)
    assert not check_proof(proof_from(json.dumps(document)), lambda claim: claim.digest).clean


def test_both_distrust_a_key_that_was_not_published(text: str, outsider: ModuleType) -> None:
    stranger = PublicKey(key(9).public).id

    assert outsider.check(json.loads(text), stranger)
    assert not check_proof(proof_from(text), lambda claim: claim.digest, trust=Trust(stranger)).clean


def _no_record(document: Any) -> None:
    document["entries"] = [its for its in document["entries"] if its["entry"]["kind"] != "transfer_recorded"]


LEFT_OUT: dict[str, Callable[[Any], None]] = {
    "record of the transfer": _no_record,
    "statements": lambda document: document.update(statements=[]),
    "pages": lambda document: document.update(pages=[]),
    "order of entries": lambda document: document["entries"].reverse(),
}


@pytest.mark.parametrize("what", LEFT_OUT)
def test_both_miss_what_a_proof_leaves_out(what: str, text: str, outsider: ModuleType) -> None:
    document = json.loads(text)
    LEFT_OUT[what](document)

    assert outsider.check(document)
    with contextlib.suppress(InputRefused):
        assert not check_proof(proof_from(json.dumps(document)), lambda claim: claim.digest).clean


def test_both_miss_time_stamps_that_were_taken_out(text: str, outsider: ModuleType, certificates: Path) -> None:
    document = json.loads(text)
    for each in document["seals"]:
        each["token"] = None
    anchors = LocalAuthority(FakeClock()).anchors

    assert outsider.check(document) == []
    assert outsider.check(document, None, certificates)
    verdict = check_proof(proof_from(json.dumps(document)), lambda claim: claim.digest, trust=Trust(anchors=anchors))
    assert {its.code for its in verdict.differences} == {"seal_not_time_stamped"}


def test_a_time_without_offset_is_no_time(text: str) -> None:
    document = json.loads(text)
    document["seals"][0]["seal"]["made_at"] = "2026-01-01T00:00:00"

    with pytest.raises(InputRefused, match="proof_unreadable"):
        proof_from(json.dumps(document))


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"seals": 1}'])
def test_what_is_no_proof_is_a_sentence_and_exit_code_two(
    content: str | None,
    outsider: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if content is not None:
        (tmp_path / "proof.json").write_text(content, encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["verify_proof.py", str(tmp_path / "proof.json")])

    assert outsider.main() == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "cannot be read as a proof" in err
