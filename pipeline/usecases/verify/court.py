"""Clients, court record numbers and links against the ledger; the index of statements against what it follows from."""

from __future__ import annotations

from pipeline.custody import StatementRow
from pipeline.custody.court import IndexEntry
from pipeline.usecases.court_entries import compare_clients, compare_numbers
from pipeline.usecases.court_index import index_entry, indexed_pages
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.pass_entries import compare_links
from pipeline.usecases.registration_entries import compare_registrations
from pipeline.usecases.verify.report import Report


def check_court(report: Report, keeping: Keeping) -> None:
    """Every client, every court record number, every link, every entry of the index."""
    clients, entries = keeping.records.clients.attested()
    report.differences.extend(compare_clients(clients, entries))
    numbers, entries = keeping.records.court.attested()
    report.differences.extend(compare_numbers(numbers, entries))
    if clients:
        report.count("clients", len(clients))
    if numbers:
        report.count("court_numbers", len(numbers))
    links, entries = keeping.records.passes.attested()
    report.differences.extend(compare_links(links, entries))
    if links:
        report.count("links", len(links))
    handed, entries = keeping.records.registrations.attested()
    report.differences.extend(compare_registrations(handed, entries))
    if handed:
        report.count("registrations", len(handed))
    _check_index(report, keeping)


def _check_index(report: Report, keeping: Keeping) -> None:
    found = {its.statement: its for its in keeping.records.court.index()}
    for batch in keeping.records.batches():
        for row in keeping.records.statements(batch.id):
            if found.pop(row.id, None) != _entry(row, keeping):
                report.add("index_differs", row.id)
    for statement in found:
        report.add("index_differs", statement)


def _entry(row: StatementRow, keeping: Keeping) -> IndexEntry | None:
    return index_entry(row, indexed_pages(row, keeping.records.review, records=keeping.records))
