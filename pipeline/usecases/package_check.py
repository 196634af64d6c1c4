"""Checks an archive package by itself: no data folder, no settings, no network.

The manifests show every accident. Whoever alters a package and makes its manifests anew is found out by the proof
alone, and only by who knows the key or the authority from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from pipeline.errors import InputRefused, OperatorError
from pipeline.evidence.bag_tags import ALGORITHMS, BAGIT_TXT, manifest_from
from pipeline.evidence.claims import Claim, Claimed, claims
from pipeline.evidence.mets import METS, XLINK
from pipeline.evidence.packing import (
    DECIDED_NAME,
    DECISIONS_NAME,
    DRAWN_NAME,
    METS_NAME,
    OUTCOME_NAME,
    PROOF_NAME,
    RAW_NAME,
)
from pipeline.evidence.proof import Proof, proof_from
from pipeline.evidence.proof_check import NOBODY, Trust, check_proof
from pipeline.evidence.transfer import PageFacts, TransferRecord, record_from
from pipeline.evidence.transformations import PART_OF_IMAGE
from pipeline.evidence.verdict import Difference, Verdict
from pipeline.model import Digest, PageId
from pipeline.ports import BagFiles
from pipeline.usecases.package_binding import remarks, unbound
from pipeline.usecases.package_decisions import differing_decisions, row_digests
from pipeline.usecases.package_layers import differing_layers, layers_compared
from pipeline.usecases.stored_outcome import outcome_from

_TAGS = ("bag-info.txt", "bagit.txt", *(f"manifest-{algorithm}.txt" for algorithm in ALGORITHMS))
_TAG_MANIFESTS = tuple(f"tagmanifest-{algorithm}.txt" for algorithm in ALGORITHMS)


def check_package(files: BagFiles, *, trust: Trust = NOBODY) -> Verdict:
    """Every difference in a package, each named by its file.

    Args:
        trust: whom the person who checks trusts, known from elsewhere than the package.

    Raises:
        OperatorError: `package_no_bag`: it is no package of this program at all.
        Unavailable: it cannot be read.
    """
    found = _Findings(files, set(files.names()))
    if "bagit.txt" not in found.there:
        raise OperatorError("package_no_bag")
    _check_manifests(found)
    _check_mets(found)
    records = dict(_records(found))
    for record in records.values():
        _check_transfer(found, record)
    proven = _check_proof(found, records, trust)
    pages = [page for record in records.values() for page in record.pages]
    found.differences.extend(differing_layers(pages, files, found.there))
    found.compared.update(layers_compared(pages))
    differences = dict.fromkeys((*found.differences, *proven.differences))
    unproven = remarks(_named(found, ""), found.compared, records)
    return Verdict(tuple(differences), (*found.checked.items(), *proven.checked), (*proven.remarks, *unproven))


@dataclass(slots=True)
class _Findings:
    """What a check has seen: digests of files are taken once. `compared`: paths that a record states the digest of."""

    files: BagFiles
    there: set[str]
    differences: list[Difference] = field(default_factory=list)
    checked: dict[str, int] = field(default_factory=dict)
    compared: set[str] = field(default_factory=set)
    _digests: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def add(self, code: str, subject: str) -> None:
        self.differences.append(Difference(code, subject))

    def count(self, sort: str) -> None:
        self.checked[sort] = self.checked.get(sort, 0) + 1

    def digests(self, name: str) -> Mapping[str, str]:
        """Empty for what is not there, or is no file."""
        if name not in self._digests:
            try:
                self._digests[name] = self.files.digests(name)
            except KeyError:
                self._digests[name] = {}
        return self._digests[name]

    def sha256(self, path: str) -> str | None:
        """Of a file below `data/`."""
        return self.digests(f"data/{path}").get("sha256")

    def text(self, name: str) -> str | None:
        try:
            return self.files.read(name).decode("utf-8")
        except (KeyError, UnicodeDecodeError):
            return None


# Manifests


def _check_manifests(found: _Findings) -> None:
    listed = {
        algorithm: (_listed(found, f"tagmanifest-{algorithm}.txt"), _listed(found, f"manifest-{algorithm}.txt"))
        for algorithm in ALGORITHMS
    }
    payload = {name for name in found.there if name.startswith("data/")}
    for place, expected in ((0, set(_TAGS)), (1, payload)):
        told = {algorithm: pair[place] for algorithm, pair in listed.items()}
        _compare(found, told, expected)
    for name in sorted(found.there - payload - {*_TAGS, *_TAG_MANIFESTS}):
        found.add("package_file_unexpected", name)
    for name in _TAG_MANIFESTS:
        if name not in found.there:
            found.add("package_file_missing", name)
    if found.text("bagit.txt") != BAGIT_TXT:
        found.add("package_file_altered", "bagit.txt")


def _listed(found: _Findings, manifest: str) -> Mapping[str, str] | None:
    """Null where the manifest is not one, which is reported."""
    if manifest not in found.there:
        return None
    try:
        return manifest_from(found.text(manifest) or "")
    except ValueError:
        found.add("package_manifest_altered", manifest)
        return None


def _compare(found: _Findings, told: Mapping[str, Mapping[str, str] | None], there: set[str]) -> None:
    """Files against what the manifests of both algorithms say. Where one of them alone disagrees, it is at fault."""
    known = {algorithm: its for algorithm, its in told.items() if its is not None}
    kind = "tagmanifest" if there == set(_TAGS) else "manifest"
    for name in sorted(there.union(*known.values())):
        found.count("package_files")
        digests = found.digests(name)
        says = {algorithm: its.get(name) for algorithm, its in known.items()}
        if not digests:
            found.add("package_file_missing", name)
        elif known and not any(says.values()):
            found.add("package_file_unexpected", name)
        wrong = [algorithm for algorithm, digest in says.items() if digests and digest != digests[algorithm]]
        if wrong and len(wrong) == len(says) and any(says.values()):
            found.add("package_file_altered", name)
        elif wrong and len(wrong) < len(says):
            for algorithm in wrong:
                found.add("package_manifest_altered", f"{kind}-{algorithm}.txt")


# METS


def _check_mets(found: _Findings) -> None:
    try:
        references = tuple(_references(found.files.read(f"data/{METS_NAME}")))
    except KeyError:
        found.add("package_file_missing", f"data/{METS_NAME}")
        return
    except (etree.XMLSyntaxError, ValueError):
        found.add("package_description_unreadable", f"data/{METS_NAME}")
        return
    described = {METS_NAME}
    for path, checksum, size in references:
        found.count("references")
        described.add(path)
        digests = found.digests(f"data/{path}")
        if not digests:
            found.add("package_file_missing", f"data/{path}")
        elif (digests["sha256"], digests["size"]) != (checksum, size):
            found.add("package_reference_wrong", f"data/{path}")
    for name in sorted(found.there):
        if name.startswith("data/") and name.removeprefix("data/") not in described:
            found.add("package_file_undescribed", name)


def _references(data: bytes) -> Iterator[tuple[str, str | None, str | None]]:
    """Path, SHA-256 and size of everything that METS points to. Nothing outside the file is read for it."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    root = etree.fromstring(data, parser)
    for file in root.iter(f"{{{METS}}}file"):
        for place in file.iter(f"{{{METS}}}FLocat"):
            yield place.get(f"{{{XLINK}}}href") or "", file.get("CHECKSUM"), file.get("SIZE")
    for place in root.iter(f"{{{METS}}}mdRef"):
        yield place.get(f"{{{XLINK}}}href") or "", place.get("CHECKSUM"), place.get("SIZE")


# Transfer records


def _records(found: _Findings) -> Iterator[tuple[str, TransferRecord]]:
    for path in _named(found, "transfer/"):
        if not path.endswith(".json"):
            continue
        try:
            yield path, record_from(found.text(f"data/{path}") or "")
        except ValueError:
            found.add("package_record_unreadable", f"data/{path}")


def _check_transfer(found: _Findings, record: TransferRecord) -> None:
    """What the record names of files, pages, images and readings, against what is there."""
    for file in record.files:
        for path in _named(found, f"originals/{file.id}."):
            _require(found, path, file.sha256)
    for page in record.pages:
        if page.sha256 is not None:
            exact = _exact(found, page)
            found.count("received_pages" if exact else "drawn_pages")
            if not exact and not _is_drawn(found, page):
                found.add("package_page_missing", page.id)
            for path in exact:
                _require(found, path, page.sha256)
        for derived in page.derivatives:
            _require(found, f"pages/{page.id}/{derived.name}", derived.sha256)
        if page.outcome is not None:
            _require(found, f"pages/{page.id}/{OUTCOME_NAME}", page.outcome)


def _require(found: _Findings, path: str, expected: str | None) -> None:
    digest = found.sha256(path)
    found.compared.add(path)
    if digest is None:
        found.add("package_file_missing", f"data/{path}")
    elif digest != expected:
        found.add("package_differs_from_record", f"data/{path}")


def _named(found: _Findings, start: str) -> list[str]:
    """Paths below `data/` that begin so, in order."""
    return [name.removeprefix("data/") for name in sorted(found.there) if name.startswith(f"data/{start}")]


def _exact(found: _Findings, page: PageFacts) -> list[str]:
    """The files that hold exactly the bytes that a page's digest is over; none for a page that is drawn."""
    if page.digest_of == "file":
        return _named(found, f"originals/{page.file}.")
    received = _named(found, f"pages/{page.id}/received.")
    raw = f"pages/{page.id}/{RAW_NAME}"
    return [raw] if raw in received else received


def _is_drawn(found: _Findings, page: PageFacts) -> bool:
    """By what the record says of it; where that could not be read, by what is there. A page with something covered is
    drawn too: so says its outcome, which is proven."""
    may_be = page.digest_of in ("drawing", PART_OF_IMAGE, None) or _is_masked(found, page)
    return may_be and f"data/pages/{page.id}/{DRAWN_NAME}" in found.there


def _is_masked(found: _Findings, page: PageFacts) -> bool:
    text = found.text(f"data/pages/{page.id}/{OUTCOME_NAME}")
    try:
        return text is not None and bool(outcome_from(text).masks)
    except ValueError:
        return False


# Proof


def _check_proof(found: _Findings, records: Mapping[str, TransferRecord], trust: Trust) -> Verdict:
    name = f"data/{PROOF_NAME}"
    text = found.text(name)
    if text is None:
        return Verdict((Difference("package_file_missing", name),))
    try:
        proof = proof_from(text)
    except InputRefused:
        return Verdict((Difference("proof_unreadable", name),))
    found.differences.extend(unbound(records, proof, found.text("bag-info.txt") or ""))
    pages = {str(page.id): page for record in records.values() for page in record.pages}
    _check_decisions(found, proof)
    return check_proof(proof, lambda claim: _as_found(claim, found, pages), trust=trust)


def _check_decisions(found: _Findings, proof: Proof) -> None:
    """What persons decided follows from the reading and from rows that the proof has."""
    claimed = claims((its.entry for its in proof.entries), proof.pages)
    rows = frozenset(claim.subject for claim in claimed if claim.what is Claimed.DECISION)
    for page in proof.pages:
        found.differences.extend(differing_decisions(page, rows, found.files, found.there))
        found.compared |= {f"pages/{page}/{name}" for name in (DECIDED_NAME, DECISIONS_NAME)}


def _as_found(claim: Claim, found: _Findings, pages: Mapping[str, PageFacts]) -> Digest | None:
    """The digest of what a claim is of, as it is in the package; null when it is not there."""
    if claim.what is Claimed.DECISION:
        return _row(claim.subject, found)
    paths: list[str] = []
    if claim.what is Claimed.FILE:
        paths = _named(found, f"originals/{claim.subject}.")
    elif claim.what is Claimed.OUTCOME:
        paths = [f"pages/{claim.subject}/{OUTCOME_NAME}"]
    elif claim.what is Claimed.DERIVATIVE:
        paths = [f"pages/{claim.subject}"]
    elif claim.what is Claimed.TRANSFER:
        paths = [f"transfer/{claim.subject}.json"]
    elif claim.subject in pages:
        page = pages[claim.subject]
        if _is_drawn(found, page):
            # Its bytes cannot be told from others' and are not here; the transfer record, itself proven, names them.
            return page.sha256
        paths = _exact(found, page)
    digest = next((found.sha256(path) for path in paths), None)
    return None if digest is None else Digest(digest)


def _row(subject: str, found: _Findings) -> Digest | None:
    """Of a row of history."""
    page = PageId(subject.partition("/")[0])
    try:
        text = found.files.read(f"data/pages/{page}/{DECISIONS_NAME}")
    except KeyError:
        return None
    return row_digests(text).get(subject)
