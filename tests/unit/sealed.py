"""A small archive with a key, an authority and a folder of seals, for tests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pipeline.evidence.verdict import Verdict
from pipeline.ports import Signer
from pipeline.storage.signing.keys import FileSigner
from pipeline.usecases.verify import verify_all
from tests.fake_seals import MemorySealFiles
from tests.time_authority import LocalAuthority
from tests.unit.custody import Archive


def key(number: int) -> Signer:
    """The same key each time for the same number from 1 to 255."""
    return FileSigner(Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))


def sealing(archive: Archive, **changes: object) -> None:
    """Change what the archive's seals are made with."""
    its = replace(archive.keeping.sealing, **changes)  # type: ignore[arg-type]  # fields of Sealing by name
    archive.keeping = replace(archive.keeping, sealing=its)


def sealed_archive(folder: Path) -> tuple[Archive, MemorySealFiles, LocalAuthority]:
    """Nothing taken in yet; key 1."""
    archive = Archive.make(folder)
    files, authority = MemorySealFiles(), LocalAuthority(archive.keeping.clock)
    sealing(archive, signer=key(1), authority=authority, files=files)
    return archive, files, authority


def verdict_of(archive: Archive) -> Verdict:
    return verify_all(keeping=archive.keeping, runner=archive.runner)


def codes(verdict: Verdict) -> set[str]:
    return {its.code for its in verdict.differences}


def named(verdict: Verdict) -> set[tuple[str, str]]:
    return {(its.code, its.subject) for its in verdict.differences}
