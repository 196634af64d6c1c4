"""What there is to tell of a statement, and what has to be told so that whoever listens knows it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Final

from pipeline.custody.events import Event, EventKind

NUMBER: Final = "statement_number"
"""How the number is named where it is corrected or retracted."""


@dataclass(frozen=True, slots=True)
class Value:
    """An accepted value, normalised, and what gave it: `layout`, `reader`, `person`, `persons`, `supervisor`."""

    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Told:
    """What stands of a statement's row, as far as it is told; or what was told of it.

    Attributes:
        counts: it is there; all else is as of `NOTHING` where it is not.
        values: by field; the number too, once it can be asked for under it.
        returns: sides of return documents with it.
        findings: codes of what is not as the Regulation asks, by name.
    """

    counts: bool = False
    values: Mapping[str, Value] = field(default_factory=dict)
    returns: int = 0
    findings: tuple[str, ...] = ()
    reviewed: bool = False
    archived: bool = False
    restricted: bool = False

    @property
    def number(self) -> str | None:
        return self.values[NUMBER].value if NUMBER in self.values else None


NOTHING: Final = Told()
_WITHOUT_DATA: Final[Mapping[EventKind, Callable[[Told], Told]]] = {
    EventKind.RECEIVED: lambda _: Told(counts=True),
    EventKind.WITHDRAWN: lambda _: NOTHING,
    EventKind.REVIEWED: lambda told: replace(told, reviewed=True),
    EventKind.REOPENED: lambda told: replace(told, reviewed=False, archived=False),
    EventKind.ARCHIVED: lambda told: replace(told, archived=True),
    EventKind.RESTRICTED: lambda told: replace(told, restricted=True),
    EventKind.RELEASED: lambda told: replace(told, restricted=False),
    EventKind.CONFORMITY_HOLDS: lambda told: replace(told, findings=()),
}


@dataclass(frozen=True, slots=True)
class Change:
    """A kind of event, and its data."""

    kind: EventKind
    data: Mapping[str, str] = field(default_factory=dict)


def told_by(events: Iterable[Event]) -> Told:
    """What whoever got these events of one row, in their order, knows of it."""
    return reduce(lambda told, event: knowing(told, event.kind, event.data, event.number), events, NOTHING)


def knowing(told: Told, kind: EventKind, data: Mapping[str, str], number: str | None) -> Told:
    """What is known after one more event."""
    if kind in _WITHOUT_DATA:
        return _WITHOUT_DATA[kind](told)
    match kind:
        case EventKind.READABLE:
            return _with(told, NUMBER, Value(number or "", data.get("source", "")))
        case EventKind.PUBLISHED | EventKind.CORRECTED:
            return _with(told, data.get("field", ""), Value(data.get("value", ""), data.get("source", "")))
        case EventKind.RETRACTED:
            return replace(told, values={name: its for name, its in told.values.items() if name != data.get("field")})
        case EventKind.RETURNED:
            return replace(told, returns=_number(data.get("documents", "")))
        case EventKind.CONFORMITY_FAILED:
            return replace(told, findings=tuple(data.get("findings", "").split()))
    return told


def changes(told: Told, now: Told, *, gone: str = "") -> tuple[Change, ...]:
    """What has to be told, in this order, of a row of which `told` was told and `now` stands; nothing where they agree.

    Args:
        gone: why it does not count, where it does not.
    """
    if not now.counts:
        return (Change(EventKind.WITHDRAWN, {"reason": gone} if gone else {}),) if told.counts else ()
    begun = () if told.counts else (Change(EventKind.RECEIVED),)
    told = told if told.counts else Told(counts=True)
    others = sorted({*told.values, *now.values} - {NUMBER})
    return (
        *begun,
        *_of_access(told, now),
        # The number names what the others are values of.
        *_of_values((NUMBER,), told, now),
        *_returned(told, now),
        *_of_values(others, told, now),
        *_of_findings(told, now),
        *_of_state(told, now),
    )


def _of_access(told: Told, now: Told) -> Iterator[Change]:
    if now.restricted != told.restricted:
        yield Change(EventKind.RESTRICTED if now.restricted else EventKind.RELEASED)
    if _opens_again(told, now):
        yield Change(EventKind.REOPENED)


def _opens_again(told: Told, now: Told) -> bool:
    return (told.reviewed and not now.reviewed) or (told.archived and not now.archived)


def _of_values(names: Iterable[str], told: Told, now: Told) -> Iterator[Change]:
    for name in names:
        before, after = told.values.get(name), now.values.get(name)
        if before is None and after is not None:
            source = {"source": after.source}
            yield (
                Change(EventKind.READABLE, source)
                if name == NUMBER
                else Change(EventKind.PUBLISHED, {"field": name, "value": after.value, **source})
            )
        elif before is not None and after is None:
            yield Change(EventKind.RETRACTED, {"field": name, "earlier_source": before.source})
        elif before is not None and after is not None and before != after:
            data = {"field": name, "value": after.value, "source": after.source, "earlier_source": before.source}
            yield Change(EventKind.CORRECTED, data)


def _returned(told: Told, now: Told) -> Iterator[Change]:
    if now.returns != told.returns:
        yield Change(EventKind.RETURNED, {"documents": str(now.returns)})


def _of_findings(told: Told, now: Told) -> Iterator[Change]:
    if now.findings != told.findings:
        failed = Change(EventKind.CONFORMITY_FAILED, {"findings": " ".join(now.findings)})
        yield failed if now.findings else Change(EventKind.CONFORMITY_HOLDS)


def _of_state(told: Told, now: Told) -> Iterator[Change]:
    again = _opens_again(told, now)
    if now.reviewed and (again or not told.reviewed):
        yield Change(EventKind.REVIEWED)
    if now.archived and (again or not told.archived):
        yield Change(EventKind.ARCHIVED)


def _with(told: Told, name: str, value: Value) -> Told:
    return replace(told, values={**told.values, name: value})


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
