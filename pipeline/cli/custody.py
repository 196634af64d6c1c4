"""`constat verify` and `constat reconcile`: show that nothing was lost or altered; finish what was interrupted."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import click

from pipeline.cli.intake import usable_cores
from pipeline.cli.localised import option, print_document, say, sentence_of, stop, words
from pipeline.cli.progress import TerminalProgress
from pipeline.cli.tables import print_reconciliation, print_verdict
from pipeline.config import Settings, load_settings
from pipeline.custody import KeyId
from pipeline.errors import OperatorError
from pipeline.evidence.proof_check import Trust
from pipeline.evidence.verdict import Verdict
from pipeline.model import BatchId
from pipeline.ports import JobRunner, Progress
from pipeline.usecases.documents import to_json
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.reconcile import Reconciliation, require_no_workers
from pipeline.usecases.reconcile import reconcile as run_reconcile
from pipeline.usecases.retrieve import find_parts
from pipeline.usecases.scanning import require_nobody_feeds
from pipeline.usecases.verify import verify_all, verify_batch, verify_statement
from pipeline.wiring import checking, package_files, review_desk, trust_anchors, worker_factory, writing
from pipeline.worker.pool import ProcessPool

BATCH_ID = re.compile(r"\d{4}-\d{2}-\d{2}-\d{3,}")


@click.command("verify", help=words("help.verify"))
@click.argument("subject", required=False, metavar=words("metavar.verify_subject"))
@option("--all", "everything", help_code="help.verify.all", is_flag=True)
@option("--again", help_code="help.verify.again", is_flag=True)
@option("--key", "fingerprint", help_code="help.verify.key", metavar=words("metavar.fingerprint"))
@option(
    "--tsa-certs",
    "certificates",
    help_code="help.verify.tsa_certs",
    metavar=words("metavar.file"),
    type=click.Path(path_type=Path, dir_okay=False),
)
@option("--json", "as_json", help_code="help.json", is_flag=True)
def verify(
    subject: str | None,
    everything: bool,
    again: bool,
    fingerprint: str | None,
    certificates: Path | None,
    as_json: bool,
) -> None:
    if everything == (subject is not None):
        raise OperatorError("verify_needs_one_subject")
    trust = Trust(
        None if fingerprint is None else key_id(fingerprint),
        None if certificates is None else trust_anchors(certificates),
    )
    if subject is not None and _names_package(subject):
        verdict = verified_package(Path(subject), trust)
    else:
        verdict = _verified_archive(subject, trust, again=again)
    if as_json:
        print_document(to_json(verdict, say=sentence_of))
    else:
        print_verdict(verdict)
    if not verdict.clean:
        stop(1)


def _names_package(subject: str) -> bool:
    """Whether a folder is meant: also one that is not there, or has lost its bagit.txt; no number has a slash."""
    folder = Path(subject)
    return "/" in subject or any((folder / name).is_file() for name in ("bagit.txt", "manifest-sha256.txt"))


def key_id(fingerprint: str) -> KeyId:
    """A fingerprint as people write it: in capitals, with colons or blanks. Raises OperatorError `bad_fingerprint`."""
    digits = re.sub(r"[\s:]", "", fingerprint).lower()
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise OperatorError("bad_fingerprint", found=fingerprint)
    return KeyId(digits)


def verified_package(folder: Path, trust: Trust) -> Verdict:
    """Verify an archive package by itself: neither settings nor a data folder are looked at."""
    from pipeline.usecases.package_check import check_package

    return check_package(package_files(folder), trust=trust)


def _verified_archive(subject: str | None, trust: Trust, *, again: bool) -> Verdict:
    settings = load_settings()
    pool = ProcessPool(
        worker_factory(settings, verifies=True), workers=usable_cores(), memory_limit_bytes=settings.worker_memory_bytes
    )
    with checking(settings) as app, pool as runner, TerminalProgress() as progress:
        if subject is None:
            # What they have just stored is not recorded yet.
            require_no_workers(app.keeping)
            _require_unfed(app.keeping, settings)
        sealing = replace(app.keeping.sealing, trusted_key=trust.key)
        if trust.anchors is not None:
            sealing = replace(sealing, certificates=trust.anchors)
        keeping = replace(app.keeping, sealing=sealing)
        verdict = verified(subject, keeping, runner, again=again, progress=progress)
        if subject is None and not verdict.clean:
            # Another machine may have begun meanwhile.
            _require_unfed(app.keeping, settings)
        return verdict


def _require_unfed(keeping: Keeping, settings: Settings) -> None:
    """On one machine the lock sees to it; what was fed there was killed."""
    if settings.on_server:
        require_nobody_feeds(keeping)


def verified(subject: str | None, keeping: Keeping, runner: JobRunner, *, again: bool, progress: Progress) -> Verdict:
    """Verify everything, a batch, or a statement with all that came in of it."""
    if subject is None:
        return verify_all(keeping=keeping, runner=runner, again=again, progress=progress)
    if BATCH_ID.fullmatch(subject):
        return verify_batch(BatchId(subject), keeping=keeping, runner=runner, again=again, progress=progress)
    issuer, number = issuer_and_number(subject)
    parts = find_parts(number, issuer, records=keeping.records)
    return verify_statement(parts, keeping=keeping, runner=runner, progress=progress)


def issuer_and_number(subject: str) -> tuple[str | None, str]:
    """`valmont:812 345` -> ("valmont", "812345"); without an issuer the first is null."""
    issuer, _, number = subject.rpartition(":")
    return issuer or None, "".join(number.split()).upper()


@click.command("reconcile", help=words("help.reconcile"))
@option("--json", "as_json", help_code="help.json", is_flag=True)
def reconcile(as_json: bool) -> None:
    settings = load_settings()
    found = None
    if settings.broker_url:
        from pipeline.cli.reconcile_workers import reconciled_with_workers

        found = reconciled_with_workers(settings)
    if found is None or not found.left:
        found = _reconciled_alone(settings)
    if as_json:
        print_document(to_json(found, say=sentence_of))
    else:
        print_reconciliation(found)
    if not found.clean:
        say("reconcile.not_clean")
        stop(1)


def _reconciled_alone(settings: Settings) -> Reconciliation:
    pool = ProcessPool(
        worker_factory(settings), workers=usable_cores(), memory_limit_bytes=settings.worker_memory_bytes
    )
    with writing(settings, still=True) as app, pool as runner, TerminalProgress() as progress:
        return run_reconcile(
            keeping=app.keeping,
            runner=runner,
            desk=review_desk(app),
            progress=progress,
            still=not settings.on_server,
        )
