"""An event as receivers get it: what happened to which statement, and where to ask for it.

No value of a statement is in it: whoever wants one asks the court API, where each look is entered.
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

from pipeline.custody.events import Event
from pipeline.custody.hooks import Hook
from pipeline.evidence.canonical import Json, canonical_json
from pipeline.ports import Records
from pipeline.usecases.feed import event_document, is_open

ROOT = "/api/v1"
_VALUES = frozenset({"value"})


def message_of(event: Event) -> bytes:
    """The body of the message: the event as the feed of the court API has it, without the value that it publishes."""
    told = {name: text for name, text in event.data.items() if name not in _VALUES}
    facts: dict[str, Json] = {**event_document(event), "data": told, "href": _address(event)}
    return canonical_json(facts).encode()


def may_be_told(event: Event, hook: Hook, *, records: Records) -> bool:
    """A hook of one issuer is a party's: it is not told of files of minors, from when it is known that they are."""
    return hook.issuer is None or is_open(event.statement, records=records)


def _address(event: Event) -> str | None:
    if event.number is None:
        return None
    asked = f"?{urlencode({'issuer': event.issuer})}" if event.issuer else ""
    return f"{ROOT}/statements/{quote(event.number, safe='')}{asked}"
