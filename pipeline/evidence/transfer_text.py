"""The record of a transfer in words, French or English, as plain text or as a page of HTML. The same record gives the
same words; times are in UTC, because the reader may be anywhere."""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline.custody import Device
from pipeline.custody.transfer import RECORD
from pipeline.evidence.transfer import (
    ELECTRONIC_MEDIUM,
    Check,
    Event,
    FileFacts,
    PageFacts,
    TransferRecord,
    Transformation,
)
from pipeline.messages import LanguageCode, catalogue, sentence

_WIDTH = 100
_INDENT = 4
_FRACTION = re.compile(r"\.\d+")


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence or more; `level` 0 is a paragraph, 1 an item, 2 an item of an item."""

    text: str
    level: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    lines: tuple[Line, ...]


def readable(record: TransferRecord, language: LanguageCode) -> str:
    """Plain text, lines of at most 100 characters where words allow it."""
    say = _Say(language)
    title, basis = _heading(record, say)
    parts = [
        _boxed(title),
        *_wrapped(Line(basis)),
        *_wrapped(Line(_subject(record, say))),
    ]
    for number, section in enumerate(sections(record, language), start=1):
        parts += ["", f"{number}. {section.title}", "-" * (len(section.title) + len(str(number)) + 2)]
        for line in section.lines:
            parts += _wrapped(line)
    return "\n".join(parts) + "\n"


def readable_html(record: TransferRecord, language: LanguageCode) -> str:
    """A page that stands alone: nothing is fetched, nothing runs."""
    say = _Say(language)
    title, basis = (html.escape(text, quote=False) for text in _heading(record, say))
    subject = html.escape(_subject(record, say))
    head = (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
        f"<p>{basis}</p>\n<p><strong>{subject}</strong></p>\n"
    )
    return head + "".join(_html(section) for section in sections(record, language)) + "</main>\n</body>\n</html>\n"


_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:0;color:#1b1b1b;background:#fff}"
    "main{max-width:52rem;margin:0 auto;padding:2rem 1rem}h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2rem;"
    "border-bottom:1px solid #bbb}li{margin:.25rem 0}p,li{overflow-wrap:anywhere}"
    "@media (prefers-color-scheme:dark){body{color:#eee;background:#161616}}"
    "@media print{body{font-size:10pt}main{padding:0;max-width:none}}"
)


def sections(record: TransferRecord, language: LanguageCode) -> tuple[Section, ...]:
    """What the record says, in the order of section 17: source, process, checks, guarantees; what is not known last."""
    say = _Say(language)
    found = (
        ("electronic" if _is_electronic(record) else "paper", _paper(record, say)),
        ("scan", _scan(record, say)),
        ("pages", _pages(record, say)),
        ("software", _software(record, say)),
        ("checks", (Line(_check(check, record, say), 1) for check in record.checks)),
        ("guarantees", _guarantees(record, say)),
        ("events", (Line(_event(event, record, say), 1) for event in record.events)),
        ("not_recorded", _not_recorded(record, say)),
    )
    made = (Section(say(f"transfer.section.{name}"), tuple(lines)) for name, lines in found)
    return tuple(section for section in made if section.lines)


@dataclass(frozen=True, slots=True)
class _Say:
    language: LanguageCode

    def __call__(self, code: str, /, **facts: object) -> str:
        return sentence(code, facts, language=self.language)

    def word(self, kind: str, name: str | None) -> str:
        """The word of a value; the value itself where the catalogue has none."""
        if name is None:
            return self("transfer.unknown")
        return catalogue(self.language).get(f"transfer.{kind}.{name}") or name

    def listed(self, facts: Sequence[tuple[str, str]], kind: str) -> str:
        return "; ".join(f"{self.word(kind, name)} {value}".strip() for name, value in facts)


def _moment(at: datetime | None, say: _Say) -> str:
    return say("transfer.unknown") if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _subject(record: TransferRecord, say: _Say) -> str:
    its = record.document
    if its is None:
        return say("transfer.subject_batch", batch=record.batch.id)
    number = its.number or say("transfer.no_number")
    schedule = (its.schedule or "").upper() or say("transfer.unknown")
    issuer = its.issuer or say("transfer.unknown")
    return say("transfer.subject", number=number, issuer=issuer, schedule=schedule, id=its.statement)


def _is_electronic(record: TransferRecord) -> bool:
    return record.source.medium == ELECTRONIC_MEDIUM


def _heading(record: TransferRecord, say: _Say) -> tuple[str, str]:
    """The title, and what the record is for."""
    if _is_electronic(record):
        return say("transfer.title_electronic"), say("transfer.basis_electronic")
    return say("transfer.title"), say("transfer.basis")


def _paper(record: TransferRecord, say: _Say) -> Iterator[Line]:
    if _is_electronic(record):
        yield Line(say("transfer.electronic", statements=record.source.sheets))
    else:
        yield Line(say("transfer.paper", sheets=record.source.sheets, sides=record.source.sides))
    if record.source.received_on is not None and not _is_electronic(record):
        yield Line(say("transfer.received_on", day=record.source.received_on.isoformat()))
    batch = record.batch
    name = f" « {batch.name} »" if batch.name else ""
    at = _moment(batch.announced_at, say)
    yield Line(say("transfer.batch", batch=f"{batch.id}{name}", at=at, sheets=batch.sheets, images=batch.images))


def _scan(record: TransferRecord, say: _Say) -> Iterator[Line]:
    if record.operator is not None:
        yield Line(say("transfer.operator", operator=record.operator))
    if record.device != Device():
        yield Line(say("transfer.device_said", facts=_device(record.device, say)))
    if record.profile is not None:
        named = record.profile.profile.name or say("transfer.no_name")
        yield Line(say("transfer.profile", name=named, sha256=record.profile.sha256))
        for name, value in record.profile.profile.settings:
            yield Line(f"{name} = {value}", 1)
    for file in record.files:
        if file.said:
            yield Line(say("transfer.file_says", file=file.name, facts=say.listed(file.said, "said")))


def _device(device: Device, say: _Say) -> str:
    values = ((name, getattr(device, name)) for name in ("make", "model", "serial", "driver", "firmware"))
    return say.listed([(name, value) for name, value in values if value is not None], "said")


def _pages(record: TransferRecord, say: _Say) -> Iterator[Line]:
    for file in record.files:
        yield Line(_file(file, say))
        for page in record.pages:
            if page.file == file.id:
                yield Line(_page(page, say), 1)
                yield from (Line(_step(step, say), 2) for step in page.transformations)


def _file(file: FileFacts, say: _Say) -> str:
    told = say(
        "transfer.file",
        file=file.name,
        format=(file.format or say("transfer.unknown")).upper(),
        size_bytes=file.size_bytes,
        at=_moment(file.received_at, say),
        sha256=file.sha256 or say("transfer.unknown"),
        state=say.word("state", file.state),
    )
    return told if file.reason is None else f"{told} {say('transfer.reason', code=file.reason)}"


def _page(page: PageFacts, say: _Say) -> str:
    parts = [
        say(
            "transfer.page",
            page=page.page_number,
            sheet=page.sheet,
            side=say.word("side", page.side),
            role=say.word("role", page.role or "none"),
            label=say.word("label", page.label),
        )
    ]
    if page.size_px is not None:
        drawn = page.digest_of == RECORD
        facts = [] if drawn else [say.word("color", page.color)]
        facts.append(f"{page.size_px[0]} x {page.size_px[1]} px")
        if page.scan is not None and not drawn:
            facts += [] if page.scan.encoding is None else [page.scan.encoding]
            facts += [] if page.scan.bits is None else [say("transfer.bits", bits=page.scan.bits)]
        facts += [] if page.dpi is None else [f"{_number(page.dpi, say)} dpi"]
        facts += [] if page.size_mm is None else [" x ".join(_number(side, say) for side in page.size_mm) + " mm"]
        parts.append(say("transfer.image_drawn" if drawn else "transfer.image", facts=", ".join(facts)))
    if page.said:
        parts.append(say("transfer.page_says", facts=say.listed(page.said, "said")))
    if page.sha256 is not None:
        parts.append(say("transfer.digest", over=say.word("over", page.digest_of), sha256=page.sha256))
    if page.failure is not None:
        parts.append(say("transfer.failed", code=page.failure))
    if page.readers:
        parts.append(say("transfer.readers", readers=", ".join(page.readers)))
    return " ".join(parts)


def _number(value: float, say: _Say) -> str:
    text = f"{value:.1f}".removesuffix(".0")
    return text.replace(".", ",") if say.language == "fr" else text


def _step(step: Transformation, say: _Say) -> str:
    told = say(f"transfer.step.{step.step}", **dict(step.parameters))
    if step.map is None:
        return told
    its = step.map
    numbers = ", ".join(f"{value:.6g}" for value in (its.a, its.b, its.c, its.d, its.e, its.f))
    return f"{told} {say('transfer.map', numbers=numbers)}"


def _software(record: TransferRecord, say: _Say) -> Iterator[Line]:
    for its in record.software:
        versions = ", ".join(f"{name} {version}" for name, version in its.versions)
        yield Line(say("transfer.software", versions=versions, entry=its.entry))


def _check(check: Check, record: TransferRecord, say: _Say) -> str:
    return say(
        "transfer.check",
        name=say.word("check", check.name),
        subject=_called(check.subject, record, say),
        result=say.word("result", check.result),
        by=say.word("by", check.by),
        facts=f" ({say.listed(check.facts, 'fact')})" if check.facts else "",
        at="" if check.at is None else f", {_moment(check.at, say)}",
    )


def _called(subject: str, record: TransferRecord, say: _Say) -> str:
    """What people call it: a file by its name, a page by sheet and side."""
    for file in record.files:
        if file.id == subject:
            return file.name
    for page in record.pages:
        if page.id == subject:
            return say("transfer.sheet_side", sheet=page.sheet, side=say.word("side", page.side))
    return subject


def _guarantees(record: TransferRecord, say: _Say) -> Iterator[Line]:
    its = record.guarantees
    yield Line(say("transfer.guarantees", document=its.document, edition=its.edition))
    yield from (Line(f"{clause} {say.word('guarantee', clause)}", 1) for clause in its.clauses)


def _event(event: Event, record: TransferRecord, say: _Say) -> str:
    subjects = ", ".join(_called(subject, record, say) for subject in event.subjects)
    return say(
        "transfer.event",
        at=_FRACTION.sub("", event.at).replace("T", " ").replace("+00:00", " UTC"),
        what=say.word("event", event.detail),
        type=event.type,
        subjects=subjects,
        outcome=say.word("outcome", event.outcome),
    )


def _not_recorded(record: TransferRecord, say: _Say) -> Iterator[Line]:
    if record.not_recorded:
        yield Line(say("transfer.not_recorded"))
    yield from (Line(say.word("missing", name), 1) for name in record.not_recorded)


# Shapes


def _boxed(title: str) -> str:
    return f"{title.upper()}\n{'=' * len(title)}"


def bound(text: str) -> str:
    """The text with blanks that a line may not break at where French sets a colon or guillemets off."""
    return text.replace(" :", "\u00a0:").replace("« ", "«\u00a0").replace(" »", "\u00a0»")


def _wrapped(line: Line) -> list[str]:
    first = " " * _INDENT * max(0, line.level - 1) + ("- " if line.level else "")
    return textwrap.wrap(
        bound(line.text),
        _WIDTH,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    ) or [first]


def _html(section: Section) -> str:
    out = [f"<h2>{html.escape(section.title)}</h2>\n"]
    level = 0
    for line in (*section.lines, Line("")):
        if level >= line.level > 0:
            closed = "</li>\n</ul>\n" * (level - line.level) + "</li>\n"
        else:
            closed = "</li>\n</ul>\n" * max(0, level - line.level)
        # An item stays open: those below it belong into it.
        opened = "<ul>\n" * max(0, line.level - level)
        text = html.escape(line.text, quote=False)
        out.append(closed + opened + (f"<li>{text}" if line.level else f"<p>{text}</p>\n" if text else ""))
        level = line.level
    return "".join(out)
