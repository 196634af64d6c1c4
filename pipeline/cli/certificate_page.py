"""A certificate of destruction as a page that people read, print, sign and file: French and English."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from html import escape

from pipeline.evidence.canonical import digest_of
from pipeline.evidence.certificate import Certificate, parse_certificate
from pipeline.messages import LANGUAGES, sentence

_STYLE = """
@page { size: letter; margin: 18mm; }
body { font: 10pt/1.4 serif; color: #000; background: #fff; max-width: 60em; margin: 1em auto; }
h1 { font-size: 1.4em; } h2 { font-size: 1.1em; margin: 1.2em 0 .3em; }
table { border-collapse: collapse; width: 100%; } td, th { border: 1px solid #888; padding: .2em .4em; text-align: left;
vertical-align: top; } code { font-size: .85em; overflow-wrap: anywhere; } tr { break-inside: avoid; }
.to-sign th { width: 35%; } .to-sign td { height: 2.6em; border-bottom-color: #000; } .small { font-size: .85em; }
"""


def certificate_page(text: str) -> str:
    """The certificate as HTML; `text` is its canonical JSON. Raises as `parse_certificate`."""
    its = parse_certificate(text)
    parts = [
        f"<h1>{_both('certificate.title')}</h1>",
        f"<p>{_both(f'certificate.{its.state}')}</p>",
        _facts(_head(its, digest_of(text))),
        f"<h2>{_both('certificate.rules')}</h2>",
        _table(("table.rule", "certificate.authority", "table.since", "SHA-256"), _rules(its)),
        f"<h2>{_both('certificate.sheets')}</h2>",
        _table(("table.sheet", "certificate.what", "table.statement", "table.page", "SHA-256"), _sheets(its)),
        f"<h2>{_both('certificate.originals')}</h2>",
        _table(("table.file", "table.batch", "SHA-256"), _originals(its)),
        f"<h2>{_both('certificate.transfers')}</h2>",
        _table(("table.statement", "SHA-256"), ((each.subject, each.sha256) for each in its.transfer_records)),
        *_signatures(its),
        f'<p class="small">{_both("certificate.keeps")}</p>',
    ]
    return (
        f'<!doctype html>\n<html lang="fr"><head><meta charset="utf-8"><title>{escape(its.number)}</title>'
        f"<style>{_STYLE}</style></head><body>\n" + "\n".join(parts) + "\n</body></html>\n"
    )


def _head(its: Certificate, digest: str) -> Iterator[tuple[str, str]]:
    yield "certificate.number", its.number
    yield "certificate.digest", digest
    yield "table.box", f"{its.box.name} · {its.box.place}"
    yield "certificate.counted", str(its.box.counted_sheets)
    yield "certificate.authorised_by", f"{its.authorised.by} ({its.authorised.account}), {_moment(its.authorised.at)}"
    yield "certificate.schedule", f"{its.schedule.file} · {its.schedule.sha256}"
    passed = "" if its.sample.passed_at is None else _moment(its.sample.passed_at)
    yield "certificate.sample", f"{its.sample.id} · {len(its.sample.pages)} · {its.sample.faults} · {passed}"
    yield "certificate.seals", ", ".join(f"{seal.number}: {seal.root}" for seal in its.seals) or "-"
    if its.destroyed is not None:
        yield "certificate.destroyed_on", its.destroyed.on.isoformat()
        yield "certificate.destroyed_by", f"{its.destroyed.by} ({its.destroyed.account})"
        yield "certificate.witness", its.destroyed.witness
        yield "certificate.authorisation", its.authorisation or ""


def _rules(its: Certificate) -> Iterator[Sequence[str]]:
    for rule in its.rules:
        until = "" if rule.until is None else rule.until.isoformat()
        yield rule.id, rule.authority, f"{rule.in_force_from.isoformat()} - {until}", rule.sha256


def _sheets(its: Certificate) -> Iterator[Sequence[str]]:
    for sheet in its.sheets:
        for page in sheet.pages:
            what = ", ".join(_both_raw(f"detail.{each}") for each in sheet.documents)
            yield f"{sheet.batch} {sheet.sheet}", what, ", ".join(sheet.statements), page.id, page.sha256


def _originals(its: Certificate) -> Iterator[Sequence[str]]:
    return ((each.file, each.batch, each.sha256) for each in its.originals)


def _signatures(its: Certificate) -> Iterator[str]:
    """Lines to sign on, until the destruction is on record."""
    if its.destroyed is None:
        yield f"<h2>{_both('certificate.to_sign')}</h2>"
        codes = ("certificate.destroyed_on", "certificate.destroyed_by", "certificate.witness")
        rows = "".join(f"<tr><th>{_both(code)}</th><td></td></tr>" for code in codes)
        yield f'<table class="to-sign">{rows}</table>'


def _facts(pairs: Iterable[tuple[str, str]]) -> str:
    rows = (f"<tr><th>{_both(code)}</th><td>{_cell(value)}</td></tr>" for code, value in pairs)
    return f"<table>{''.join(rows)}</table>"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{_both(code) if '.' in code else escape(code)}</th>" for code in heads)
    body = "".join(f"<tr>{''.join(f'<td>{_cell(value)}</td>' for value in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: str) -> str:
    text = escape(value)
    return f"<code>{text}</code>" if len(value) >= 64 and " " not in value else text


def _both(code: str) -> str:
    return escape(_both_raw(code))


def _both_raw(code: str) -> str:
    """The words of a code in French and English, once where they are the same."""
    return " / ".join(dict.fromkeys(sentence(code, language=language) for language in LANGUAGES))


def _moment(moment: datetime) -> str:
    return moment.isoformat(sep=" ", timespec="seconds")
