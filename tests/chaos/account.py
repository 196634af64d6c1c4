"""The account after a storm: every sheet in one end state once, equal to a calm run, and nothing there that is not."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.config import Settings, load_settings
from pipeline.model import END_STATES, PageId
from pipeline.ports import JobRunner
from pipeline.storage.objects.patience import Patience
from pipeline.storage.objects.s3_listing import unfinished, versions
from pipeline.storage.objects.s3_server import S3Server, s3_address
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.reconcile import Reconciliation, reconcile, referenced
from pipeline.usecases.verify import verify_all
from pipeline.wiring import checking, reading, worker_factory, writing
from pipeline.worker.pool import ProcessPool
from tests.chaos.mail import Mail
from tests.e2e.command import PATIENCE_S, constat_within, environment

Page = tuple[str, int]
"""Name of the file, index of the page in it."""

_PATIENCE_S_A_SHEET: Final = 30.0
"""On a machine that does much else."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a batch, without what differs from one archive to another.

    Attributes:
        pages: digest of the image, sheet, side, state, label, reading and what was made from it of each.
        statements: all that is recorded of each.
    """

    pages: Mapping[Page, tuple[str, ...]]
    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """Counts after a storm.

    Attributes:
        images_in: sides of the paper that was fed.
        images_kept: of these, pages recorded with their image, each counted once.
        ended: pages in an end state.
        duplicates: pages, events, versions of objects or statements that are there more than once.
        faults: what is wrong, in words; empty when all holds.
        adopted: objects of killed runs that the sweep found and recorded.
    """

    images_in: int
    images_kept: int
    ended: int
    duplicates: int
    faults: tuple[str, ...]
    adopted: int


def calm(mail: Mail, folder: Path) -> Kept:
    """What the one-machine form makes of the same mail when nothing happens."""
    data = folder / "data"
    patience_s = PATIENCE_S + _PATIENCE_S_A_SHEET * mail.sheets
    done = constat_within(patience_s, "intake", mail.folder, "--json", data_dir=data)
    assert done.returncode in (0, 1), done.stderr
    return kept_of(reading(load_settings(environment(data))).keeping)


def kept_of(keeping: Keeping) -> Kept:
    """What is kept of all batches together."""
    records, pages, statements = keeping.records, {}, []
    for batch in records.batches():
        names = {file.id: file.name for file in records.files(batch.id)}
        read, made = dict(records.outcomes(batch.id)), defaultdict[PageId, list[str]](list)
        for of_page, derivative in records.derivatives(batch.id):
            made[of_page].append(f"{derivative.name} {derivative.digest}")
        for page in records.pages(batch.id):
            facts = (
                page.sha256,
                page.sheet,
                page.side,
                page.state,
                page.label,
                read.get(page.id),
                sorted(made[page.id]),
            )
            pages[names[page.file], page.page_index] = tuple(map(str, facts))
        statements += [repr(row).replace(batch.id, "BATCH") for row in records.statements(batch.id)]
    return Kept(pages, tuple(statements))


def account(mail: Mail, expected: Kept, settings: Settings, *, again: bool = False) -> Account:
    """Sweep, then look at everything.

    Args:
        again: every sheet is read again too, and compared.
    """
    with ProcessPool(worker_factory(settings, verifies=True), workers=2) as runner:
        return account_by(runner, mail, expected, settings, again=again)


def account_by(runner: JobRunner, mail: Mail, expected: Kept, settings: Settings, *, again: bool = False) -> Account:
    """As `account`, by whoever takes files apart and reads for it."""
    with writing(settings) as app:
        swept, left = (reconcile(keeping=app.keeping, runner=runner) for _ in range(2))
        orphans = sorted(set(app.keeping.objects.digests()) - referenced(app.keeping))
    with checking(settings) as app:
        verdict = verify_all(keeping=app.keeping, runner=runner, again=again)
        kept, twice = kept_of(app.keeping), _twice(app.keeping)
    if settings.bucket_url:
        twice += _stored_twice(settings)
    faults = [f"verify: {its.code} {its.subject}" for its in verdict.differences]
    faults += [f"orphan: {digest}" for digest in orphans]
    faults += [f"twice: {what}" for what in twice]
    faults += [f"left for a second sweep: {what}" for what in _left(left)]
    faults += [f"does not balance: {its}" for its in swept.balances if not its.holds]
    faults += unequal(expected, kept)
    return Account(
        images_in=mail.images,
        images_kept=sum(
            kept.pages[page][0] == facts[0] for page, facts in expected.pages.items() if page in kept.pages
        ),
        ended=sum(facts[3] in END_STATES for facts in kept.pages.values()),
        duplicates=len(twice),
        faults=tuple(faults),
        adopted=len(swept.adopted),
    )


def _left(found: Reconciliation) -> list[str]:
    lists = (found.carried_on, found.adopted, found.lost_sources, found.documented, found.read)
    return [str(each) for its in lists for each in its] + ["unfinished"] * found.discarded


def _twice(keeping: Keeping) -> list[str]:
    """Whatever the records hold twice of what is to be there once."""
    records = keeping.records
    pages = Counter((page.file, page.page_index) for row in records.batches() for page in records.pages(row.id))
    files = Counter(file.digest for row in records.batches() for file in records.files(row.id))
    told = tuple(records.events.all())
    events = Counter((its.statement, its.kind, str(its.data.get("field"))) for its in told)
    processed = Counter(entry.subject for entry in records.ledger() if entry.kind == "sheet_processed")
    found = [str(each) for counts in (pages, files, events, processed) for each, count in counts.items() if count > 1]
    if [its.sequence for its in told] != list(range(1, len(told) + 1)) or len({its.id for its in told}) != len(told):
        found.append("numbers of events")
    return found


def _stored_twice(settings: Settings) -> list[str]:
    """Keys of the bucket with more than one version, and uploads that were never completed."""
    address = s3_address(
        settings.bucket_url,
        region=settings.s3_region,
        access_key=settings.s3_access_key,
        secret_key=settings.s3_secret_key,
    )
    server, patience = S3Server(address, Patience()), Patience()
    keys = Counter(version.key for version in versions(server, patience))
    return [key for key, count in keys.items() if count > 1] + [key for key, _ in unfinished(server, patience)]


def unequal(expected: Kept, kept: Kept) -> list[str]:
    """In words, whatever is not as on a calm day."""
    found = [f"lost: {page}" for page in expected.pages if page not in kept.pages]
    found += [f"from nowhere: {page}" for page in kept.pages if page not in expected.pages]
    for page, facts in kept.pages.items():
        calm_facts = expected.pages.get(page, facts)
        found += [
            f"{page}: {got[:200]} instead of {its[:200]}"
            for its, got in zip(calm_facts, facts, strict=True)
            if its != got
        ]
    if kept.statements != expected.statements:
        found.append(f"statements: {kept.statements} instead of {expected.statements}"[:2000])
    return found
