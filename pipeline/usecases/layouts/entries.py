"""What the ledger keeps of drafts and editions: who did what, and digests of the file and of the row.

No words of persons: a reason is in the row, which has a random salt, and the ledger has the row's digest.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final, TypeAlias

from pipeline.custody import LedgerEntry
from pipeline.custody.layouts import (
    AttestedLayouts,
    DraftAct,
    DraftBegun,
    DraftDeed,
    DraftVersion,
)
from pipeline.evidence.canonical import Json, canonical_json, digest_of
from pipeline.evidence.verdict import Difference
from pipeline.model import Reason
from pipeline.ports import RecordsTransaction

BEGUN: Final = "layout_draft_begun"
SAVED: Final = "layout_draft_saved"
DEEDS: Final = {
    DraftAct.PROPOSED: "layout_proposed",
    DraftAct.IN_FORCE: "layout_in_force",
    DraftAct.WITHDRAWN: "layout_withdrawn",
}
LAYOUT_ENTRIES: Final = frozenset({BEGUN, SAVED, *DEEDS.values()})


def record_begun(row: DraftBegun, change: RecordsTransaction) -> None:
    """Add the draft, with its entry in the ledger."""
    change.layouts.begin(row)
    facts: dict[str, Json] = {
        "layout": row.layout,
        "scan": row.blank.scan,
        "picture": row.blank.picture,
        "row": begun_digest(row),
        "who": row.who,
    }
    change.append(BEGUN, row.id, canonical_json(facts))


def record_version(row: DraftVersion, change: RecordsTransaction) -> None:
    """Add the version, with its entry."""
    change.layouts.add_version(row)
    facts: dict[str, Json] = {
        "number": row.number,
        "text": digest_of(row.text),
        "row": version_digest(row),
        "who": row.who,
    }
    change.append(SAVED, row.draft, canonical_json(facts))


def record_deed(row: DraftDeed, text: str, change: RecordsTransaction) -> None:
    """Add what a person did with the version of that text, with its entry."""
    change.layouts.add_deed(row)
    facts: dict[str, Json] = {
        "number": row.number,
        "version": row.version,
        "text": digest_of(text),
        "row": deed_digest(row),
        "who": row.who,
    }
    change.append(DEEDS[row.act], row.draft, canonical_json(facts))


def begun_digest(row: DraftBegun) -> str:
    blank, map_ = row.blank, row.blank.scan_from_layout
    facts: dict[str, Json] = {
        "id": row.id,
        "layout": row.layout,
        "like": row.like,
        "scan": blank.scan,
        "file_name": blank.file_name,
        "page_number": blank.page_number,
        "picture": blank.picture,
        "picture_dpi": repr(blank.picture_dpi),
        "scan_from_layout": [repr(each) for each in (map_.a, map_.b, map_.c, map_.d, map_.e, map_.f)],
        "at": row.at.isoformat(),
        "who": row.who,
    }
    return digest_of(canonical_json(facts))


def version_digest(row: DraftVersion) -> str:
    facts: dict[str, Json] = {
        "draft": row.draft,
        "number": row.number,
        "text": row.text,
        "decisions": [_reason(each) for each in row.decisions],
        "at": row.at.isoformat(),
        "who": row.who,
        "note": row.note,
    }
    return digest_of(canonical_json(facts))


def deed_digest(row: DraftDeed) -> str:
    facts: dict[str, Json] = {
        "draft": row.draft,
        "number": row.number,
        "act": row.act,
        "version": row.version,
        "at": row.at.isoformat(),
        "who": row.who,
        "reason": row.reason,
        "salt": row.salt,
    }
    return digest_of(canonical_json(facts))


def _reason(reason: Reason) -> list[Json]:
    return [reason.code, [[name, value] for name, value in reason.params]]


_Key: TypeAlias = tuple[str, str, int]
"""Sort of row, draft, number within the draft; 0 for the draft itself."""


def compare_layouts(its: AttestedLayouts) -> Iterator[Difference]:
    """Every row against its entry in the ledger.

    Returns:
        `layout_row_altered`, `record_unknown_to_ledger`, `record_missing`; the subject is the draft, and for a version
        or a deed its number.
    """
    told, found = _told(its.entries), _found(its)
    for key, digest in found.items():
        if key not in told:
            yield Difference("record_unknown_to_ledger", _subject(key))
        elif told[key] != digest:
            yield Difference("layout_row_altered", _subject(key))
    yield from (Difference("record_missing", _subject(key)) for key in sorted(told.keys() - found.keys()))


def altered_editions(its: AttestedLayouts) -> tuple[str, ...]:
    """Drafts put in force, by the rows or by the ledger, of which the two do not say the same."""
    told, found = _told(its.entries), _found(its)
    in_force = {str(row.draft): row.version for row in its.deeds if row.act is DraftAct.IN_FORCE}
    in_force |= {entry.subject: 0 for entry in its.entries if entry.kind == DEEDS[DraftAct.IN_FORCE]} | in_force
    altered = {key for key in told.keys() | found.keys() if told.get(key) != found.get(key)}
    # Of the versions only that which is in force matters here; `verify` looks at all of them.
    return tuple(
        sorted({draft for sort, draft, n in altered if draft in in_force and (sort != "saved" or n == in_force[draft])})
    )


def _found(its: AttestedLayouts) -> dict[_Key, str]:
    found: dict[_Key, str] = {("begun", row.id, 0): begun_digest(row) for row in its.begun}
    found |= {("saved", row.draft, row.number): version_digest(row) for row in its.versions}
    found |= {("deed", row.draft, row.number): deed_digest(row) for row in its.deeds}
    return found


def _told(entries: Iterable[LedgerEntry]) -> dict[_Key, str]:
    """The digest of each row. Entries that cannot be read are reported with the ledger; they vouch for nothing."""
    told: dict[_Key, str] = {}
    for entry in entries:
        sort = {BEGUN: "begun", SAVED: "saved"}.get(entry.kind, "deed")
        with suppress(ValueError, KeyError, TypeError, RecursionError):
            body = json.loads(entry.body)
            told[sort, entry.subject, 0 if sort == "begun" else int(body["number"])] = str(body["row"])
    return told


def _subject(key: _Key) -> str:
    sort, draft, number = key
    return draft if sort == "begun" else f"{draft}.{sort}.{number}"
