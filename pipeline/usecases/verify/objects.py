"""Objects: each hashed again; those that records refer to are there, and no others."""

from __future__ import annotations

from pipeline.custody import FileState, ObjectRef
from pipeline.errors import IntegrityError, OperatorError, Unavailable
from pipeline.evidence.verdict import Difference
from pipeline.model import Digest
from pipeline.ports import Progress
from pipeline.usecases.earlier import earlier_derivatives
from pipeline.usecases.holds import held_objects, holds_in_force
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.reconcile import referenced
from pipeline.usecases.testimony import Testimony
from pipeline.usecases.transfer import transfer_objects
from pipeline.usecases.verify.report import Report, Scope


def check_objects(report: Report, keeping: Keeping, progress: Progress) -> None:
    """Every object there is; then what the records refer to and is not there, or is there and nothing refers to."""
    there = tuple(keeping.objects.digests())
    progress.begin("verify", len(there))
    for digest in there:
        _object(report, digest, keeping)
        progress.advance()
    known = referenced(keeping)
    for digest in sorted(known - set(there)):
        _missing(report, digest, keeping)
    for digest in there:
        if digest not in known:
            report.add("object_unrecorded", digest)
    for name in keeping.objects.strays():
        report.add("stray_in_store", name)


def check_objects_of(report: Report, scope: Scope, keeping: Keeping, progress: Progress) -> None:
    members = {page.id for page in scope.pages}
    wanted = {file.digest for file in scope.files if file.digest is not None}
    if scope.whole:
        wanted |= {side.digest for side in keeping.records.scans.sides(scope.batch.id)}
    wanted |= {ref.digest for page, ref in keeping.records.derivatives(scope.batch.id) if page in members}
    earlier = earlier_derivatives(scope.batch.id, records=keeping.records)
    wanted |= {digest for page, digest in earlier if page in members}
    wanted |= set(transfer_objects(scope.batch, keeping=keeping))
    progress.begin("verify", len(wanted))
    for digest in sorted(wanted):
        _object(report, digest, keeping)
        progress.advance()


def _object(report: Report, digest: Digest, keeping: Keeping) -> None:
    """The bytes of the version that was recorded, and how it stands."""
    ref = keeping.records.objects.of(digest)
    try:
        size_bytes = keeping.objects.check(digest, version_id=None if ref is None else ref.version_id)
    except KeyError:
        _missing(report, digest, keeping)
    except (IntegrityError, OperatorError, Unavailable) as error:
        # One unreadable object must not hide what is wrong with the others. A store that says it is there and gives no
        # bytes has lost them; one that says nothing at all is down.
        if isinstance(error, Unavailable) and not keeping.objects.exists(digest):
            raise
        report.add("object_altered" if isinstance(error, IntegrityError) else "object_unreadable", digest)
        _standing(report, ref, keeping)
    else:
        if ref is not None and ref.size_bytes != size_bytes:
            report.add("object_size_differs", digest, recorded=ref.size_bytes, found=size_bytes)
        _standing(report, ref, keeping)
    report.count("objects")


def _missing(report: Report, digest: Digest, keeping: Keeping) -> None:
    """Nothing is left of it; or its recorded version is gone, and something else has its key."""
    ref = keeping.records.objects.of(digest)
    if not _standing(report, ref, keeping):
        report.add("object_missing", digest)


def _standing(report: Report, ref: ObjectRef | None, keeping: Keeping) -> bool:
    """Whether there was anything to report of how the recorded version stands."""
    faults = () if ref is None else keeping.objects.faults(ref)
    for fault in faults:
        report.differences.append(Difference(fault.code, "" if ref is None else ref.digest, fault.params))
    return bool(faults)


def check_references(report: Report, keeping: Keeping) -> None:
    """Where objects are was not always recorded. Since the first file of which it is, it is of every file and of all
    that was made of its pages; a file that came in twice says nothing, for its reference may be younger."""
    files = [file for row in keeping.records.batches() for file in keeping.records.files(row.id)]
    twice = {file.digest for file in files if file.state is FileState.DUPLICATE}
    first = (file for file in files if file.state is not FileState.DUPLICATE)
    kept = [(file.id, at, its) for file in first if (at := file.received_at) and (its := file.digest)]
    found = keeping.records.objects.several({digest for _, _, digest in kept})
    since = min((at for _, at, digest in kept if digest in found and digest not in twice), default=None)
    if since is None:
        return
    wanted = {file: digest for file, at, digest in kept if at >= since}
    missing = set(wanted.values()) - found.keys()
    for batch in dict.fromkeys(file.batch for file in files if file.id in wanted):
        files_of = {page.id: page.file for page in keeping.records.pages(batch)}
        made = {ref.digest for page, ref in keeping.records.derivatives(batch) if files_of.get(page) in wanted}
        earlier = earlier_derivatives(batch, records=keeping.records)
        made |= {digest for page, digest in earlier if files_of.get(page) in wanted}
        missing |= made - keeping.records.objects.several(made).keys()
    for digest in sorted(missing):
        report.add("object_reference_missing", digest)


def check_held(report: Report, keeping: Keeping) -> None:
    """Copies of statements on hold, which the store must hold too: its lock can be taken off behind our back."""
    records = keeping.records
    for digest in sorted({each for hold in holds_in_force(records) for each in held_objects(hold, records=records)}):
        try:
            held = keeping.objects.stat(digest).held
        except (KeyError, IntegrityError):
            # Named with the objects themselves.
            continue
        if not held:
            report.add("hold_missing", digest)
        report.count("held_objects")


def check_adopted(report: Report, keeping: Keeping, told: Testimony) -> None:
    for digest in sorted(keeping.records.adopted() ^ told.adopted):
        report.add("adopted_object_differs", digest)
