"""Keys in files, closed to others and outside the data folder; and what the ledger says of them."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pipeline.custody import KeptSeal, KeyId
from pipeline.errors import OperatorError
from pipeline.evidence.key_history import KEY_ENTRIES, Revocation, introduction_text, key_history, rotation
from pipeline.evidence.signature import PublicKey, public_key, signature_holds
from pipeline.storage.signing.keys import open_signer, write_new_key
from pipeline.usecases.keys import keys, revoke_key, rotate_key
from pipeline.usecases.sealing import seal, signed
from tests.unit.custody import Archive
from tests.unit.sealed import codes, key, sealed_archive, sealing, verdict_of


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def test_the_name_of_a_new_key_is_kept_with_it(tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[bool] = []
    real = os.fsync

    def fsync(handle: int) -> None:
        kept.append(stat.S_ISDIR(os.fstat(handle).st_mode))
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    write_new_key(tmp_path / "seal.pem", data_dir=data_dir)

    assert kept == [False, True]


def test_a_new_key_is_its_owners_alone_and_signs(tmp_path: Path, data_dir: Path) -> None:
    made = write_new_key(tmp_path / "seal.pem", data_dir=data_dir)

    assert (tmp_path / "seal.pem").stat().st_mode & 0o777 == 0o600
    opened = open_signer(tmp_path / "seal.pem", data_dir=data_dir)
    assert opened.public == made.public
    signature = opened.sign("é")
    assert signature_holds(PublicKey(made.public), "é", signature)
    assert not signature_holds(PublicKey(made.public), "e", signature)
    assert not signature_holds(PublicKey(made.public), "é", "no digits")


def test_the_fingerprint_is_the_one_that_openssl_shows(tmp_path: Path, data_dir: Path) -> None:
    made = PublicKey(write_new_key(tmp_path / "seal.pem", data_dir=data_dir).public)
    command = f"openssl pkey -in {tmp_path}/seal.pem -pubout -outform DER | sha256sum"
    shown = subprocess.run(command, shell=True, check=True, capture_output=True, text=True).stdout.split()[0]

    assert made.id == shown
    assert public_key(made.text) == made


def test_a_key_file_is_never_replaced(tmp_path: Path, data_dir: Path) -> None:
    write_new_key(tmp_path / "seal.pem", data_dir=data_dir)

    with pytest.raises(OperatorError, match="file_exists"):
        write_new_key(tmp_path / "seal.pem", data_dir=data_dir)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620])
def test_a_key_that_others_may_use_is_refused(mode: int, tmp_path: Path, data_dir: Path) -> None:
    write_new_key(tmp_path / "seal.pem", data_dir=data_dir)
    (tmp_path / "seal.pem").chmod(mode)

    with pytest.raises(OperatorError, match="signing_key_exposed"):
        open_signer(tmp_path / "seal.pem", data_dir=data_dir)


def test_a_key_inside_the_data_folder_is_refused_also_by_a_link(tmp_path: Path, data_dir: Path) -> None:
    write_new_key(tmp_path / "seal.pem", data_dir=data_dir)
    (tmp_path / "seal.pem").rename(data_dir / "seal.pem")
    (tmp_path / "link.pem").symlink_to(data_dir / "seal.pem")

    for place in (data_dir / "seal.pem", tmp_path / "link.pem", data_dir / ".." / "data" / "seal.pem"):
        with pytest.raises(OperatorError, match="signing_key_inside_data"):
            open_signer(place, data_dir=data_dir)
    with pytest.raises(OperatorError, match="signing_key_inside_data"):
        write_new_key(data_dir / "new.pem", data_dir=data_dir)


def test_a_passphrase_locks_the_key(tmp_path: Path, data_dir: Path) -> None:
    words = tmp_path / "words"
    words.write_text("correct horse\n", encoding="utf-8")
    words.chmod(0o600)
    made = write_new_key(tmp_path / "seal.pem", data_dir=data_dir, passphrase_file=words)

    assert open_signer(tmp_path / "seal.pem", data_dir=data_dir, passphrase_file=words).public == made.public
    with pytest.raises(OperatorError, match="signing_key_unreadable"):
        open_signer(tmp_path / "seal.pem", data_dir=data_dir)
    words.write_text("other\n", encoding="utf-8")
    with pytest.raises(OperatorError, match="signing_key_unreadable"):
        open_signer(tmp_path / "seal.pem", data_dir=data_dir, passphrase_file=words)
    words.chmod(0o644)
    with pytest.raises(OperatorError, match="signing_key_exposed"):
        open_signer(tmp_path / "seal.pem", data_dir=data_dir, passphrase_file=words)


def test_what_is_no_ed25519_key_is_refused(tmp_path: Path, data_dir: Path) -> None:
    rsa = generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for number, data in enumerate((b"", b"garbage", rsa)):
        place = tmp_path / f"{number}.pem"
        place.write_bytes(data)
        place.chmod(0o600)

        with pytest.raises(OperatorError, match="signing_key_unreadable"):
            open_signer(place, data_dir=data_dir)
    with pytest.raises(OperatorError, match="signing_key_missing"):
        open_signer(tmp_path / "none.pem", data_dir=data_dir)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    archive, _, _ = sealed_archive(tmp_path)
    archive.take({"a.pdf": b"one"})
    return archive


def _id(number: int) -> KeyId:
    return PublicKey(key(number).public).id


def test_keys_are_listed_with_their_terms_and_seals(archive: Archive) -> None:
    rotate_key(key(2), keeping=archive.keeping)

    first, second = keys(records=archive.records)
    assert (first.term.key.id, first.term.successor, first.seals) == (_id(1), _id(2), 1)
    assert (second.term.key.id, second.term.predecessor, second.seals) == (_id(2), _id(1), 1)
    assert first.until == second.since
    assert second.until is None
    assert verdict_of(archive).clean


def test_a_key_is_put_in_force_by_the_next_sealing_though_nothing_else_is_to_be_sealed(tmp_path: Path) -> None:
    archive = Archive.make(tmp_path)
    archive.take({"a.pdf": b"one"})
    sealing(archive, signer=key(1))

    made = seal(keeping=archive.keeping).seal
    assert made is not None
    assert made.key == _id(1)
    assert seal(keeping=archive.keeping).seal is None
    assert verdict_of(archive).clean


def test_after_a_rotation_the_old_key_seals_nothing_more(archive: Archive) -> None:
    rotate_key(key(2), keeping=archive.keeping)
    archive.take({"b.pdf": b"two"})
    assert [its.code for its in seal(keeping=archive.keeping).waiting] == ["signing_key_not_in_force"]

    sealing(archive, signer=key(2))
    made = seal(keeping=archive.keeping).seal
    assert made is not None
    assert made.key == _id(2)
    assert verdict_of(archive).clean


def test_a_rotation_needs_the_key_in_force_and_a_new_one(archive: Archive) -> None:
    with pytest.raises(OperatorError, match="signing_key_known"):
        rotate_key(key(1), keeping=archive.keeping)
    sealing(archive, signer=key(3))
    with pytest.raises(OperatorError, match="signing_key_not_in_force"):
        rotate_key(key(2), keeping=archive.keeping)
    sealing(archive, signer=None)
    with pytest.raises(OperatorError, match="signing_key_not_given"):
        rotate_key(key(2), keeping=archive.keeping)


def test_a_revoked_key_signs_nothing_more_and_a_new_one_begins_anew(archive: Archive) -> None:
    revoke_key(_id(1)[:8].upper(), Revocation.LOST, keeping=archive.keeping)
    assert [its.code for its in seal(keeping=archive.keeping).waiting] == ["signing_key_revoked"]
    with pytest.raises(OperatorError, match="signing_key_revoked"):
        revoke_key(_id(1), Revocation.LOST, keeping=archive.keeping)

    sealing(archive, signer=key(2))
    assert seal(keeping=archive.keeping).waiting == ()
    assert [each.term.predecessor for each in keys(records=archive.records)] == [None, None]
    assert verdict_of(archive).clean


def test_a_seal_under_a_revoked_key_is_named(archive: Archive) -> None:
    revoke_key(_id(1), Revocation.COMPROMISED, keeping=archive.keeping)
    sealing(archive, signer=None)
    made = seal(keeping=archive.keeping).seal
    assert made is not None
    assert made.key is None

    late = archive.records.tables.seals[2]
    archive.records.tables.seals[2] = KeptSeal(signed(late.seal, key(1)), late.token)
    assert "seal_key_not_in_force" in codes(verdict_of(archive))


def test_an_unknown_or_ambiguous_key_is_an_error_of_use(archive: Archive) -> None:
    for given in ("", "zz"):
        with pytest.raises(OperatorError, match="unknown_key"):
            revoke_key(given, Revocation.LOST, keeping=archive.keeping)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("key_introduced", "{}"),
        ("key_introduced", '{"public":"MCowBQYDK2VwAyEA","signature":""}'),
        ("key_rotated", '{"public":"","signature":"","predecessor":"","predecessor_signature":""}'),
        ("key_revoked", '{"reason":"lost"}'),
        ("key_revoked", "[]"),
    ],
)
def test_an_entry_on_a_key_that_does_not_hold_puts_nothing_in_force(kind: str, body: str, archive: Archive) -> None:
    with archive.records.transaction() as change:
        change.append(kind, "ab" * 32, body)

    history = key_history(archive.records.seals.entries_of(KEY_ENTRIES))
    assert [its.code for its in history.differences] == ["key_entry_invalid"]
    assert list(history.terms) == [_id(1)]
    assert "key_entry_invalid" in codes(verdict_of(archive))


def test_an_insider_cannot_rotate_to_a_key_of_his_own(archive: Archive) -> None:
    """The signature of the key in force is wanted; his own is not it."""
    mine = PublicKey(key(66).public)
    text = introduction_text(mine, _id(1))
    forged = rotation(mine, key(66).sign(text), predecessor=_id(1), predecessor_signature=key(66).sign(text))
    with archive.records.transaction() as change:
        change.append("key_rotated", mine.id, forged)

    in_force = key_history(archive.records.seals.entries_of(KEY_ENTRIES)).in_force
    assert in_force is not None
    assert in_force.key.id == _id(1)
    assert "key_entry_invalid" in codes(verdict_of(archive))
