"""What `constat scan` prints: scanners found, what one can do, and the session of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Final

from rich.markup import escape
from rich.table import Table

from pipeline.cli.localised import say, sentence_of, words
from pipeline.cli.paper_tables import as_document, reason_document
from pipeline.cli.scan_feeding import Fed
from pipeline.cli.scan_orders import backs_to_come
from pipeline.cli.tables import Printer, plain_table
from pipeline.custody.scanning import Abilities, Feeding, FoundScanner, ScannedSide, SessionState
from pipeline.evidence.canonical import Json
from pipeline.usecases.scanning import Alarm, ScannedSheet, SessionView

FACTS: Final = (
    "device", "serial", "driver", "firmware", "paper", "dpi", "modes", "size", "double_feed", "imprinter",
)  # fmt: skip
HEADER_FACTS: Final = ("kind", "received", "postmark", "box", "deadline", "operator")


def print_found(named: Sequence[tuple[str, str]], found: Sequence[FoundScanner]) -> None:
    """Scanners that the settings name first, then those found; one a line."""
    table = plain_table("scan.table.name", "scan.table.source", "scan.table.known_by")
    for name, uri in named:
        table.add_row(escape(name), escape(uri), words("scan.known_by.settings"))
    for its in found:
        table.add_row(escape(its.name), escape(its.uri), words("scan.known_by.search"))
    Printer().table(table)


def scanners_document(named: Sequence[tuple[str, str]], found: Sequence[FoundScanner]) -> str:
    told: list[Json] = [{"name": name, "source": uri, "known_by": "settings"} for name, uri in named]
    told += [{"name": its.name, "source": its.uri, "known_by": "search"} for its in found]
    return as_document(told)


def print_abilities(uri: str, its: Abilities) -> None:
    """One fact a line."""
    out = Printer()
    device = " ".join(part for part in (its.device.make, its.device.model) if part)
    size = "-" if its.largest_mm is None else words("scan.size", width=its.largest_mm[0], height=its.largest_mm[1])
    values = (
        device or uri,
        its.device.serial or "-",
        its.device.driver or "-",
        its.device.firmware or "-",
        ", ".join(f"{_spelt(source)} ({words(f'scan.paper.{source}')})" for source in its.sources),
        ", ".join(map(str, its.dpi)) or words("scan.any_dpi"),
        ", ".join(f"{_spelt(mode)} ({words(f'scan.mode.{mode}')})" for mode in its.modes),
        size,
        words("scan.yes" if its.double_feed_sensor else "scan.no"),
        words("scan.yes" if its.imprinter else "scan.no"),
    )
    for name, value in zip(FACTS, values, strict=True):
        out.line(f" {value}", heading=words(f"scan.fact.{name}"))


def _spelt(value: str) -> str:
    """A value as an option spells it."""
    return value.replace("_", "-")


def abilities_document(uri: str, its: Abilities) -> str:
    return as_document(
        {
            "source": uri,
            "device": asdict(its.device),
            "paper_sources": [_spelt(source) for source in its.sources],
            "dpi": list(its.dpi),
            "modes": list(its.modes),
            "largest_mm": None if its.largest_mm is None else list(its.largest_mm),
            "double_feed_sensor": its.double_feed_sensor,
            "imprinter": its.imprinter,
        }
    )


def say_fed(run: Fed, view: SessionView) -> None:
    """After a run: what came, what stopped it, what is safe, what to do."""
    feeding, counts = run.feeding, view.counts
    say("scan.fed", sheets=feeding.sheets, images=run.images, seconds=round(run.seconds, 1), rate=run.per_minute)
    say("scan.safe", batch=feeding.batch, sheets=counts.sheets, images=counts.standing)
    say_alarms(view)
    backs = backs_to_come(view)
    if backs:
        say("scan.backs_wait", count=len(backs))


def say_alarms(view: SessionView) -> None:
    """Each alarm with what to do about it."""
    for its in view.alarms:
        say("scan.alarm", what=sentence_of(its.code, dict(its.params)), id=its.code)
        say("scan.to_do", what=sentence_of(its.act, dict(its.params)))


def print_session(view: SessionView) -> None:
    """Header, counts, alarms, and how to go on."""
    out, session, counts = Printer(), view.session, view.counts
    name = f" · {view.options.name}" if view.options.name else ""
    state = words(f"scan.state.{session.state}")
    out.line(f"{name} · {state}", heading=f"{words('table.batch')} {session.batch}")
    out.line(_header_line(view))
    unknown = "-"
    out.line(
        words(
            "scan.counts",
            expected=unknown if counts.expected is None else counts.expected,
            fed=unknown if counts.fed is None else counts.fed,
            sheets=counts.sheets,
            images=counts.standing,
            superseded=counts.superseded,
        )
    )
    if view.feedings:
        out.line()
        out.table(_feedings_table(view.feedings))
    for its in view.alarms:
        out.line()
        out.line(f"{sentence_of(its.code, dict(its.params))} [{its.code}]")
        out.line(f"  {sentence_of(its.act, dict(its.params))}")
    if session.state is not SessionState.ENDED:
        out.line()
        out.line(words("scan.next_sheet", sheet=view.feed_from))


def _header_line(view: SessionView) -> str:
    header, options = view.session.header, view.options
    kind = words(f"scan.kind.{header.kind}")
    values = (kind, options.received_on, header.postmark, header.box_number, header.deadline, options.operator)
    told = zip(HEADER_FACTS, values, strict=True)
    return " · ".join(words(f"scan.header.{name}", value=value) for name, value in told if value is not None)


def _feedings_table(feedings: Sequence[Feeding]) -> Table:
    table = plain_table("scan.table.began", "scan.table.source", "scan.table.became", numbers=("scan.table.sheets",))
    for its in feedings:
        became = words("scan.emptied")
        if its.stopped is not None:
            became = sentence_of(its.stopped.code, dict(its.stopped.params))
        elif its.ended_at is None:
            became = words("scan.under_way")
        began = its.began_at.astimezone().isoformat(" ", "seconds")[:19]
        table.add_row(began, escape(its.scanner), escape(became), str(its.sheets))
    return table


def session_document(view: SessionView) -> str:
    """A session for programs: header, counts, alarms with their sentences, feedings, sheets with their sides."""
    session, header, options, counts = view.session, view.session.header, view.options, view.counts
    return as_document(
        {
            "batch": session.batch,
            "state": session.state,
            "header": {
                "name": options.name,
                "kind": header.kind,
                "issuer": options.issuer,
                "received_on": _iso(options.received_on),
                "postmark": _iso(header.postmark),
                "box": header.box_number,
                "deadline": _iso(header.deadline),
                "operator": options.operator,
            },
            "counts": {
                "expected": counts.expected,
                "fed": counts.fed,
                "sheets": counts.sheets,
                "images": counts.standing,
                "received": counts.sides,
                "superseded": counts.superseded,
            },
            "feed_from": view.feed_from,
            "alarms": [_alarm_document(its) for its in view.alarms],
            "feedings": [_feeding_document(its) for its in view.feedings],
            "sheets": [_sheet_document(its) for its in view.sheets],
        }
    )


def _alarm_document(its: Alarm) -> Json:
    facts = dict(its.params)
    return {
        "code": its.code,
        "message": sentence_of(its.code, facts),
        "act": sentence_of(its.act, facts),
        "sheets": list(its.sheets),
        "blocks": its.blocks,
    }


def _feeding_document(its: Feeding) -> Json:
    return {
        "number": its.number,
        "source": its.scanner,
        "sides": its.sides,
        "began_at": its.began_at.isoformat(),
        "ended_at": None if its.ended_at is None else its.ended_at.isoformat(),
        "sheets": its.sheets,
        "sheets_fed": its.sheets_fed,
        "again": list(its.again),
        "stopped": None if its.stopped is None else reason_document(its.stopped),
    }


def _sheet_document(its: ScannedSheet) -> Json:
    return {
        "sheet": its.number,
        "sides": [_side_document(side) for side in its.sides],
        "superseded": [_side_document(side) for side in its.earlier],
    }


def _side_document(its: ScannedSide) -> Json:
    return {
        "file": its.id,
        "side": its.side,
        "revision": its.revision,
        "sha256": its.digest,
        "size_bytes": its.size_bytes,
        "media_type": its.media_type,
        "imprint": its.imprint,
        "reason": its.reason,
    }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
