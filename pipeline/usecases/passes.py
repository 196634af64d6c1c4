"""Passes: whoever has the text of one sees one statement for a while, without signing in.

A viewer's is in the addresses of the images of a manifest, for minutes. A defendant's is a link, for days; making and
revoking one is an entry of the ledger. Only digests of the texts are kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from pipeline.custody import StatementRow, plain_text
from pipeline.custody.events import EventsWanted
from pipeline.custody.passes import Pass, PassId, PassKind
from pipeline.custody.people import Act, Token
from pipeline.errors import OperatorError
from pipeline.evidence.canonical import Json, digest_of
from pipeline.ocr.cards.masks import redacted
from pipeline.ports import Records, RecordsTransaction
from pipeline.usecases.access import enter_access
from pipeline.usecases.gate import Gate
from pipeline.usecases.pass_entries import put_link

VIEWER_STEP = timedelta(minutes=15)
"""A viewer's pass is the same for whoever asks again within a step, and good to the end of the next."""
DEFAULT_LINK_DAYS, MOST_LINK_DAYS = 30, 365
MOST_LINKS = 100
"""In force for one statement."""
_TEXT = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)
_PARTS = 4
"""Of 64 bits each."""
_DIGITS_OF_ID = 16
_MOST_EVENTS = 1_000_000
"""More than one statement ever has."""


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link that is to be made for a defendant; as `Pass`.

    Attributes:
        days: until it expires, 1 to MOST_LINK_DAYS.
        reason: whom it is for and why, in the words of whoever makes it: for the access log, never for the ledger;
            of a card's number in it nothing is kept.
    """

    issuer: str
    statement: str
    days: int = DEFAULT_LINK_DAYS
    reason: str = ""
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class MadeLink:
    """A link and its text, which is handed over once and kept nowhere."""

    link: Pass
    text: Token

    def __repr__(self) -> str:
        return f"MadeLink({self.link.id})"


def viewing_pass(
    issuer: str, statement: str, *, who: str, gate: Gate, front_first: bool = False, restricted: bool = False
) -> str:
    """The text of a pass that opens one statement's images, manifest and search, good for 15 to 30 minutes.

    To be called once it is known that whoever asks may see the statement.

    Args:
        who: as `Pass.made_by`.
        front_first, restricted: as `Pass`.
    """
    now = gate.clock.now()
    since = datetime.fromtimestamp(now.timestamp() // VIEWER_STEP.total_seconds() * VIEWER_STEP.total_seconds(), UTC)
    facts = repr((issuer, statement, who, front_first, restricted, since))
    # Drawn from what this process alone knows, so that who asks again is given the same and caches hold.
    text = "".join(gate.chance.blur(f"pass {part} {facts}") for part in range(_PARTS))
    digest = digest_of(text)
    if gate.records.passes.with_digest(digest) is None:
        its = Pass(
            id=PassId(f"v-{digest[:_DIGITS_OF_ID]}"),
            kind=PassKind.VIEWER,
            digest=digest,
            issuer=issuer,
            statement=statement,
            made_by=who,
            made_at=now,
            expires_at=since + 2 * VIEWER_STEP,
            front_first=front_first,
            restricted=restricted,
        )
        with gate.records.transaction() as change:
            change.passes.forget_expired(now)
            change.passes.put(its)
    return text


def make_link(new: NewLink, *, by: str, address: str, gate: Gate) -> MadeLink:
    """Make a link for a defendant; it is told to whoever asks, and to nobody again.

    Raises:
        OperatorError: `link_days`, `link_needs_reason`, `link_too_many`.
    """
    reason = redacted(plain_text(new.reason).strip())
    if not 1 <= new.days <= MOST_LINK_DAYS:
        raise OperatorError("link_days", days=new.days, most=MOST_LINK_DAYS)
    if not reason:
        raise OperatorError("link_needs_reason")
    now, text = gate.clock.now(), gate.chance.token()
    with gate.records.transaction() as change:
        link = Pass(
            id=change.passes.new_link_id(),
            kind=PassKind.LINK,
            digest=digest_of(text),
            issuer=new.issuer,
            statement=new.statement,
            made_by=by,
            made_at=now,
            expires_at=now + timedelta(days=new.days),
            reason=reason,
            restricted=new.restricted,
        )
        _require_room(link, now, gate)
        put_link(link, "added", by=by, change=change)
        enter_access(by, Act.CHANGED, new.statement, f"link {link.id} {reason}", address=address, change=change)
    return MadeLink(link, text)


def revoke_link(link: str, *, by: str, address: str, gate: Gate) -> Pass:
    """Let nobody in by this link any more; nothing happens to one that was revoked before.

    Raises:
        OperatorError: `unknown_link`.
    """
    with gate.records.transaction() as change:
        known = _known(link, change)
        if known.revoked_at is not None:
            return known
        ended = replace(known, revoked_at=gate.clock.now())
        put_link(ended, "revoked", by=by, change=change)
        enter_access(by, Act.CHANGED, known.statement, f"link_revoked {known.id}", address=address, change=change)
    return ended


def pass_of(text: str, *, gate: Gate) -> Pass | None:
    """What the text opens; null for one that is not known, has expired or was revoked."""
    if not _TEXT.fullmatch(text):
        return None
    found = gate.records.passes.with_digest(digest_of(text))
    return found if found is not None and is_open(found, gate.clock.now()) else None


def is_open(its: Pass, now: datetime) -> bool:
    """Whether it lets anybody in. A viewer's is short, whatever the database says."""
    end = its.expires_at if its.kind is PassKind.LINK else min(its.expires_at, its.made_at + 2 * VIEWER_STEP)
    return its.revoked_at is None and its.made_at <= now < end


def is_of_link(link: Pass, rows: Iterable[StatementRow], *, records: Records) -> bool:
    """Whether any of the rows had the link's number when the link was made: numbers are corrected, and then another
    statement, which may be somebody else's, comes to have it."""
    return any(_number_then(row, link.made_at, records) == link.statement for row in rows)


def _number_then(row: StatementRow, at: datetime, records: Records) -> str | None:
    """As it was told last."""
    found = records.events.after(0, most=_MOST_EVENTS, wanted=EventsWanted(statement=row.id))
    told = [its.number for its in found if its.statement == row.id and its.at <= at]
    return told[-1] if told else None


def note_use(its: Pass, subject: str, why: str, *, act: Act = Act.VIEWED, address: str, gate: Gate) -> None:
    """Enter a look by a pass in the access log, to be called before it is shown.

    Raises:
        IntegrityError: it cannot be entered; then nothing is shown.
    """
    with gate.records.transaction() as change:
        kept = change.passes.link(its.id)
        if kept is not None:
            change.passes.put(replace(kept, uses=kept.uses + 1))
        enter_access(its.known_as, act, subject, why, address=address, change=change)


def link_document(link: Pass, *, at: datetime) -> dict[str, Json]:
    """For JSON; nothing of its text."""
    return {
        "id": link.id,
        "issuer": link.issuer,
        "statement": link.statement,
        "made_by": link.made_by,
        "made_at": link.made_at.isoformat(),
        "expires_at": link.expires_at.isoformat(),
        "revoked_at": None if link.revoked_at is None else link.revoked_at.isoformat(),
        "state": link_state(link, at=at),
        "reason": link.reason,
        "uses": link.uses,
    }


def link_state(link: Pass, *, at: datetime) -> str:
    """`open`, `revoked` or `expired`."""
    if link.revoked_at is not None:
        return "revoked"
    return "open" if is_open(link, at) else "expired"


def _require_room(link: Pass, now: datetime, gate: Gate) -> None:
    known = gate.records.passes.links(link.issuer, link.statement)
    if sum(is_open(its, now) for its in known) >= MOST_LINKS:
        raise OperatorError("link_too_many", number=link.statement, most=MOST_LINKS)


def _known(link: str, change: RecordsTransaction) -> Pass:
    found = change.passes.link(PassId(link))
    if found is None:
        raise OperatorError("unknown_link", link=link[:40])
    return found
