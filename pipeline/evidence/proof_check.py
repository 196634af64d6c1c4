"""Checks a proof, and the files that it speaks of, with nothing but the proof and the files."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from pipeline.custody import KeptSeal, KeyId
from pipeline.evidence.claims import Claim, Claimed, claims, unspoken
from pipeline.evidence.key_history import KEY_ENTRIES, KeyHistory, Revocation, key_history
from pipeline.evidence.ledger import entry_hash
from pipeline.evidence.merkle import Node, consistency_holds, inclusion_holds
from pipeline.evidence.proof import Proof, ProvenEntry, ProvenSeal, by_number, nodes
from pipeline.evidence.seal import entry_leaf, log_leaf, seal_subject
from pipeline.evidence.seal_check import SealFindings, check_stamps, signature_differences, trust_differences
from pipeline.evidence.verdict import Difference, Verdict
from pipeline.model import Digest


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom the person who checks trusts, known from elsewhere than the proof.

    Attributes:
        key: fingerprint as published, of the first key or of a later one. Null: any key will do.
        anchors: certificates (DER) of time-stamping authorities; null: time stamps are only checked in themselves, and
            need not be there.
    """

    key: KeyId | None = None
    anchors: Sequence[bytes] | None = None


NOBODY = Trust()


@dataclass(slots=True)
class _Report:
    differences: list[Difference] = field(default_factory=list)
    remarks: list[Difference] = field(default_factory=list)
    checked: dict[str, int] = field(default_factory=dict)

    def note(self, code: str, count: int) -> None:
        if count:
            self.remarks.append(Difference(code, "seals", (("count", count),)))


def check_proof(proof: Proof, digest_of: Callable[[Claim], Digest | None], *, trust: Trust = NOBODY) -> Verdict:
    """Whether the proof holds, and what it speaks of is there unchanged.

    Args:
        digest_of: SHA-256 of what a claim is of, as it is found now; null when it is not there. The bytes of a page
            need not be there when its file is, nor the file when the bytes of all its pages are.
    """
    report = _Report()
    keys = key_history(its.entry for its in proof.entries if its.entry.kind in KEY_ENTRIES)
    report.differences.extend(keys.differences)
    seals = by_number(proof)
    for proven in proof.entries:
        report.differences.extend(_entry(proven, seals.get(proven.seal)))
    newest = proof.seals[-1]
    for its in proof.seals:
        report.differences.extend(_place_in_log(its, newest))
        report.differences.extend(signature_differences(its.seal, keys))
    if trust.key is not None:
        its_seals = [its.seal for its in proof.seals]
        report.differences.extend(trust_differences(its_seals, keys, trusted=trust.key))
    _time_stamps(report, proof, trust)
    _contents(report, proof, digest_of)
    report.checked["ledger_entries"] = len(proof.entries)
    report.checked["seals"] = len(proof.seals)
    report.checked["signatures"] = sum(its.seal.signature is not None for its in proof.seals)
    _remarks(report, proof, keys, trust)
    return Verdict(tuple(dict.fromkeys(report.differences)), tuple(report.checked.items()), tuple(report.remarks))


def _entry(proven: ProvenEntry, sealed: ProvenSeal | None) -> Iterator[Difference]:
    entry, subject = proven.entry, str(proven.entry.number)
    if entry.hash != entry_hash(entry):
        yield Difference("ledger_entry_altered", subject)
    if sealed is None:
        yield Difference("entry_not_sealed", subject)
        return
    seal = sealed.seal
    try:
        holds = inclusion_holds(
            entry_leaf(entry.hash),
            entry.number - seal.first,
            size=seal.last - seal.first + 1,
            path=nodes(proven.path),
            root=Node(bytes.fromhex(seal.root)),
        )
    except ValueError:
        holds = False
    if not holds:
        yield Difference("entry_not_sealed", subject)


def _place_in_log(its: ProvenSeal, newest: ProvenSeal) -> Iterator[Difference]:
    number, size = its.seal.number, newest.seal.number
    try:
        root = Node(bytes.fromhex(newest.seal.log_root))
        included = inclusion_holds(log_leaf(its.seal), number - 1, size=size, path=nodes(its.inclusion), root=root)
        consistent = consistency_holds(
            number, Node(bytes.fromhex(its.seal.log_root)), size=size, root=root, path=nodes(its.consistency)
        )
    except ValueError:
        included = consistent = False
    if not (included and consistent):
        yield Difference("seal_log_differs", seal_subject(number))


def _time_stamps(report: _Report, proof: Proof, trust: Trust) -> None:
    kept = []
    for its in proof.seals:
        try:
            token = None if its.token is None else base64.b64decode(its.token, validate=True)
        except binascii.Error:
            token = b""
        kept.append(KeptSeal(its.seal, token))
    found = SealFindings()
    check_stamps(found, kept, trust.anchors)
    report.differences.extend(found.differences)
    report.checked["time_stamps"] = found.time_stamps
    if trust.anchors is not None:
        report.differences.extend(_not_timed(proof))


def _not_timed(proof: Proof) -> Iterator[Difference]:
    """Seals over what is proven whose time no authority vouches for. A stamped seal vouches for all before it, so the
    authority may have been away when the newest was made. Of keys, what counts is the chain to one that is trusted."""
    newest = max((its.seal.number for its in proof.seals if its.token is not None), default=0)
    untimed = {its.seal for its in proof.entries if its.entry.kind not in KEY_ENTRIES and its.seal > newest}
    yield from (Difference("seal_not_time_stamped", seal_subject(number)) for number in sorted(untimed))


def _contents(report: _Report, proof: Proof, digest_of: Callable[[Claim], Digest | None]) -> None:
    """What is claimed against what is there."""
    differs = {
        Claimed.FILE: "claimed_file_differs",
        Claimed.PAGE: "claimed_page_differs",
        Claimed.OUTCOME: "claimed_outcome_differs",
        Claimed.DERIVATIVE: "claimed_derivative_differs",
        Claimed.TRANSFER: "claimed_transfer_differs",
        Claimed.DECISION: "claimed_decision_differs",
    }
    missing = {
        Claimed.FILE: "claimed_file_missing",
        Claimed.PAGE: "claimed_page_missing",
        Claimed.OUTCOME: "claimed_outcome_missing",
        Claimed.DERIVATIVE: "claimed_derivative_missing",
        Claimed.TRANSFER: "claimed_transfer_missing",
        Claimed.DECISION: "claimed_decision_missing",
    }
    claimed = claims((its.entry for its in proof.entries), proof.pages)
    found = {claim: digest_of(claim) for claim in claimed}
    there = {claim.subject for claim, digest in found.items() if digest is not None and claim.what is Claimed.FILE}
    paged = {claim.subject for claim, digest in found.items() if digest is not None and claim.what is Claimed.PAGE}
    for claim, digest in found.items():
        if digest is not None:
            report.checked[f"claimed_{claim.what}"] = report.checked.get(f"claimed_{claim.what}", 0) + 1
            if digest != claim.digest:
                report.differences.append(Difference(differs[claim.what], claim.subject))
        elif not _need_not_be_there(claim, proof, files=there, pages=paged):
            report.differences.append(Difference(missing[claim.what], claim.subject))
    entries = [its.entry for its in proof.entries]
    report.differences.extend(Difference("page_not_proven", page) for page in unspoken(entries, proof.pages))
    documented = {claim.subject for claim in claimed if claim.what is Claimed.TRANSFER}
    for statement in proof.statements:
        if statement not in documented:
            report.differences.append(Difference("transfer_not_proven", statement))


def _need_not_be_there(claim: Claim, proof: Proof, *, files: set[str], pages: set[str]) -> bool:
    if claim.what is Claimed.PAGE:
        return claim.subject.rpartition(".")[0] in files
    if claim.what is Claimed.FILE:
        return all(page in pages for page in proof.pages if page.startswith(f"{claim.subject}."))
    return False


def _remarks(report: _Report, proof: Proof, keys: KeyHistory, trust: Trust) -> None:
    revoked = {
        Revocation.LOST: "key_lost",
        Revocation.RETIRED: "key_retired",
        Revocation.COMPROMISED: "key_compromised",
    }
    report.note("seals_without_signature", sum(its.seal.signature is None for its in proof.seals))
    report.note("seals_without_time_stamp", sum(its.token is None for its in proof.seals))
    if trust.anchors is None:
        report.note("time_authority_unknown", report.checked["time_stamps"])
    if trust.key is None:
        report.note("no_key_trusted", report.checked["signatures"])
    for term in keys.terms.values():
        if term.revoked is not None:
            report.remarks.append(Difference(revoked[term.revoked], term.key.id))
