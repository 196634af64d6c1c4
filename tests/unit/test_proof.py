"""Proofs: they hold offline with the files, and nothing altered in them or in the files passes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.custody import KeyId
from pipeline.errors import InputRefused, OperatorError, Unavailable
from pipeline.evidence.canonical import digest_of as digest_of_text
from pipeline.evidence.claims import Claim, Claimed
from pipeline.evidence.key_history import KEY_ENTRIES, Revocation
from pipeline.evidence.proof import Proof, ProvenEntry, proof_from, proof_text
from pipeline.evidence.proof_check import Trust, check_proof
from pipeline.evidence.seal import seal_subject
from pipeline.evidence.signature import PublicKey
from pipeline.evidence.verdict import Verdict
from pipeline.model import Digest, FileId, PageId
from pipeline.usecases.keys import revoke_key, rotate_key
from pipeline.usecases.proof import statement_proof
from pipeline.usecases.retrieve import find_statement
from pipeline.usecases.sealing import seal
from tests.fakes import sha256
from tests.time_authority import LocalAuthority
from tests.unit.custody import Archive
from tests.unit.sealed import key, sealed_archive, sealing

NUMBER = "812345"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Three batches; the statement is in the second, in a file with another's page."""
    archive, _, _ = sealed_archive(tmp_path_factory.mktemp("archive"))
    archive.take({"a.pdf": b"one\ntwo"})
    archive.take({"b.pdf": b"no 812345\nblank\nno 999999\nblank"}, duplex=True)
    archive.take({"c.pdf": b"three"})
    return archive


def _proof(archive: Archive) -> Proof:
    parts = find_statement(NUMBER, records=archive.records).parts
    return statement_proof(parts, keeping=archive.keeping)


@pytest.fixture(scope="module")
def proof(archive: Archive) -> Proof:
    return _proof(archive)


def _trust(archive: Archive) -> Trust:
    authority = archive.keeping.sealing.authority
    assert isinstance(authority, LocalAuthority)
    return Trust(PublicKey(key(1).public).id, authority.anchors)


def _kept(archive: Archive) -> Callable[[Claim], Digest | None]:
    """What an exported package of the statement would hold, hashed."""

    def digest(claim: Claim) -> Digest | None:
        records = archive.records
        if claim.what is Claimed.FILE:
            file = records.file(FileId(claim.subject))
            return None if file is None or file.digest is None else sha256(archive.objects.objects[file.digest])
        if claim.what is Claimed.OUTCOME:
            text = records.outcome(PageId(claim.subject))
            return None if text is None else digest_of_text(text)
        if claim.what is Claimed.DERIVATIVE:
            page, _, name = claim.subject.partition("/")
            refs = records.tables.derivatives.get(PageId(page), ())
            return next((ref.digest for ref in refs if ref.name == name), None)
        if claim.what is Claimed.TRANSFER:
            ref = records.transfers.of_subject(claim.subject)
            return None if ref is None else sha256(archive.objects.objects[ref.digest])
        return None

    return digest


def _checked(proof: Proof, archive: Archive) -> Verdict:
    return check_proof(proof, _kept(archive), trust=_trust(archive))


def test_a_proof_holds_after_it_went_through_a_file(archive: Archive, proof: Proof) -> None:
    verdict = _checked(proof_from(proof_text(proof)), archive)

    assert verdict.differences == ()
    assert verdict.remarks == ()
    checked = dict(verdict.checked)
    assert checked["seals"] == 3
    assert checked["signatures"] == checked["time_stamps"] == 3
    assert (checked["claimed_file"], checked["claimed_outcome"], checked["claimed_transfer"]) == (1, 2, 1)


def test_a_proof_says_nothing_of_others_but_digests(proof: Proof) -> None:
    text = proof_text(proof)

    assert NUMBER not in text
    assert "999999" not in text
    assert "b.pdf" not in text


def test_time_stamps_taken_out_are_missed_by_who_knows_the_authority(archive: Archive, proof: Proof) -> None:
    bare = replace(proof, seals=tuple(replace(its, token=None) for its in proof.seals))

    found = {(its.code, its.subject) for its in _checked(bare, archive).differences}
    assert found == {("seal_not_time_stamped", seal_subject(its.seal)) for its in proof.entries if _is_of_it(its)}
    assert "seals_without_time_stamp" in {its.code for its in check_proof(bare, _kept(archive)).remarks}
    assert check_proof(bare, _kept(archive)).clean


def _is_of_it(its: ProvenEntry) -> bool:
    return its.entry.kind not in KEY_ENTRIES


def test_an_authority_that_was_away_for_later_seals_only_leaves_the_proof_whole(tmp_path: Path) -> None:
    archive, _, authority = sealed_archive(tmp_path)
    archive.take({"a.pdf": b"no 812345"})
    authority.failure = Unavailable("time_authority_unreachable")
    archive.take({"b.pdf": b"no 999999"})
    trust = Trust(PublicKey(key(1).public).id, authority.anchors)

    timed = check_proof(_proof(archive), _kept(archive), trust=trust)
    assert timed.clean
    assert "seals_without_time_stamp" in {its.code for its in timed.remarks}

    archive.take({"c.pdf": b"no 812345\nletter"})
    untimed = check_proof(_proof(archive), _kept(archive), trust=trust)
    assert {its.code for its in untimed.differences} == {"seal_not_time_stamped"}

    authority.failure = None
    seal(keeping=archive.keeping)
    assert check_proof(_proof(archive), _kept(archive), trust=trust).clean


def test_who_trusts_nobody_is_told_what_was_not_checked(archive: Archive, proof: Proof) -> None:
    verdict = check_proof(proof, _kept(archive))

    assert verdict.clean
    assert {its.code for its in verdict.remarks} == {"time_authority_unknown", "no_key_trusted"}


def test_a_key_that_was_not_published_is_not_trusted(archive: Archive, proof: Proof) -> None:
    verdict = check_proof(proof, _kept(archive), trust=Trust(KeyId("ab" * 32)))

    assert {its.code for its in verdict.differences} == {"key_not_trusted"}


@pytest.mark.parametrize("what", [Claimed.FILE, Claimed.OUTCOME, Claimed.DERIVATIVE, Claimed.TRANSFER])
@pytest.mark.parametrize(("found", "code"), [(sha256(b"forged"), "differs"), (None, "missing")])
def test_what_is_altered_or_missing_in_the_package_is_named(
    what: Claimed, found: Digest | None, code: str, archive: Archive, proof: Proof
) -> None:
    def digest(claim: Claim) -> Digest | None:
        return found if claim.what is what else _kept(archive)(claim)

    codes = {its.code for its in check_proof(proof, digest, trust=_trust(archive)).differences}
    assert f"claimed_{what}_{code}" in codes


def test_the_bytes_of_the_pages_do_in_place_of_their_file(archive: Archive, proof: Proof) -> None:
    lines = dict(zip(proof.pages, (b"no 812345", b"blank"), strict=True))

    def digest(claim: Claim) -> Digest | None:
        if claim.what is Claimed.FILE:
            return None
        return sha256(lines[PageId(claim.subject)]) if claim.what is Claimed.PAGE else _kept(archive)(claim)

    assert check_proof(proof, digest, trust=_trust(archive)).clean
    lines[proof.pages[0]] = b"no 812346"
    assert [its.code for its in check_proof(proof, digest).differences] == ["claimed_page_differs"]


def _leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _leaves(each, (*path, name))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _leaves(each, (*path, index))
    else:
        yield path


NOT_PROVEN = ("made_at", "certificates")
"""What is said for the reader and proves nothing."""


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_altered_character_of_a_proof_passes(data: st.DataObject, archive: Archive, proof: Proof) -> None:
    document = json.loads(proof_text(proof))
    # Tokens hold parts that their authority does not sign: see test_time_stamps.
    places = [path for path in _leaves(document) if path[0] not in NOT_PROVEN and path[-1] != "token"]
    place = data.draw(st.sampled_from(places))
    holder: Any = document
    for step in place[:-1]:
        holder = holder[step]
    value = holder[place[-1]]
    if isinstance(value, int):
        holder[place[-1]] = value + data.draw(st.sampled_from([-1, 1, 1000]))
    elif isinstance(value, str) and value:
        at = data.draw(st.integers(0, len(value) - 1))
        other = data.draw(st.sampled_from([each for each in "0a1f" if each != value[at].lower()]))
        holder[place[-1]] = value[:at] + other + value[at + 1 :]
    else:
        holder[place[-1]] = "x"

    try:
        altered = proof_from(json.dumps(document))
    except InputRefused:
        return
    # A number written otherwise, such as a time to the same microsecond, is the same value.
    assert altered == proof or not _checked(altered, archive).clean


def test_a_proof_without_one_of_its_entries_or_pages_is_named(archive: Archive, proof: Proof) -> None:
    without_key = replace(proof, entries=tuple(its for its in proof.entries if its.entry.kind != "key_introduced"))
    assert "seal_key_unknown" in {its.code for its in _checked(without_key, archive).differences}

    without_split = replace(proof, entries=tuple(its for its in proof.entries if its.entry.kind != "file_split"))
    assert "page_not_proven" in {its.code for its in _checked(without_split, archive).differences}

    for kind, code in (("sheet_processed", "page_not_proven"), ("transfer_recorded", "transfer_not_proven")):
        without = replace(proof, entries=tuple(its for its in proof.entries if its.entry.kind != kind))
        assert code in {its.code for its in _checked(without, archive).differences}

    without_seal = replace(proof, seals=proof.seals[1:])
    assert "entry_not_sealed" in {its.code for its in _checked(without_seal, archive).differences}


def test_garbage_is_no_proof() -> None:
    for text in ("", "{}", "[]", "null", '{"format":"constat-proof-1"}', "\x00"):
        with pytest.raises(InputRefused, match="proof_unreadable"):
            proof_from(text)


def test_what_is_not_sealed_has_no_proof_yet(tmp_path: Path) -> None:
    archive, _, _ = sealed_archive(tmp_path)
    archive.take({"a.pdf": b"one"})
    sealing(archive, signer=None)
    archive.take({"b.pdf": b"no 812345"})

    with pytest.raises(OperatorError, match="not_sealed_yet"):
        _proof(archive)


def test_a_proof_over_a_rotation_leads_back_to_the_first_key(tmp_path: Path) -> None:
    archive, _, _ = sealed_archive(tmp_path)
    archive.take({"a.pdf": b"one"})
    rotate_key(key(2), keeping=archive.keeping)
    sealing(archive, signer=key(2))
    archive.take({"b.pdf": b"no 812345"})

    proof = _proof(archive)
    assert _checked(proof, archive).clean
    assert [its.seal.key for its in proof.seals][-1] == PublicKey(key(2).public).id
    # The newest seal speaks for all before it.
    assert check_proof(proof, _kept(archive), trust=Trust(PublicKey(key(2).public).id)).clean
    without = replace(proof, entries=tuple(its for its in proof.entries if its.entry.kind != "key_rotated"))
    assert "seal_key_unknown" in {its.code for its in _checked(without, archive).differences}


def test_a_revoked_key_is_told_and_a_new_one_stands_alone(tmp_path: Path) -> None:
    archive, _, _ = sealed_archive(tmp_path)
    archive.take({"a.pdf": b"no 812345"})
    revoke_key(PublicKey(key(1).public).id[:12], Revocation.COMPROMISED, keeping=archive.keeping)
    sealing(archive, signer=key(3))
    assert seal(keeping=archive.keeping).waiting == ()

    proof = _proof(archive)
    verdict = check_proof(proof, _kept(archive))
    assert verdict.clean
    assert "key_compromised" in {its.code for its in verdict.remarks}
    codes = {its.code for its in check_proof(proof, _kept(archive), trust=_trust(archive)).differences}
    assert codes == {"key_not_trusted"}
