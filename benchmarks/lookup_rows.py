"""Rows of a large archive, made by the database itself from numbers: the same each time, on SQLite and PostgreSQL.

They are written as they are kept, beneath the program, without objects and without a ledger: for looking up, not for
evidence. What is read of a statement's pages is there for those that are asked for; it is found by its key, whatever
else there is.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from sqlalchemy import Connection, Engine, insert, text

from pipeline.geometry import BoxMm, BoxPx
from pipeline.model import Decision, Field, Kind, LayoutId, PageLabel, PageOutcome
from pipeline.storage.records import tables
from pipeline.usecases.stored_outcome import outcome_text

A_BATCH, ASKED_EVERY, FIELDS = 100, 500, 40
FIRST_DAY, DAYS = date(2024, 1, 1), 1000
_BATCH = "'b-' || substr(CAST(1000000 + i / 100 AS TEXT), 2)"
_STATEMENT = f"{_BATCH} || '.s' || substr(CAST(10001 + i % 100 AS TEXT), 2)"
_PAGE = f"{_BATCH} || '.0001.' || substr(CAST(10001 + 2 * (i % 100) + side AS TEXT), 2)"
_NUMBER = "CAST(704100000000000 + i * 7 AS TEXT)"
_ISSUER = "CASE i % 3 WHEN 0 THEN 'valmont' WHEN 1 THEN 'lac' ELSE 'saint-aubin' END"
_STATE = f"CASE WHEN i < {{count}} * 49 / 50 THEN 'archived' WHEN i % {A_BATCH} = 7 THEN 'in_review' ELSE 'ready' END"
_MIXED = "((i * 7919) % 676000)"
_LETTER = "substr('ABCDEFGHIJKLMNOPQRSTUVWXYZ', CAST({} AS INTEGER), 1)"
_PLATE = (
    f"{_LETTER.format(f'1 + {_MIXED} / 26000')} || {_LETTER.format(f'1 + ({_MIXED} / 1000) % 26')}"
    f" || 'Q' || substr(CAST(1000 + {_MIXED} % 1000 AS TEXT), 2)"
)
_HASH = "'" + "0" * 64 + "'"
_SIDES = "CROSS JOIN (SELECT 0 AS side UNION ALL SELECT 1) AS sides"
_FILL = (
    f"""INSERT INTO batches (id, received_on, issuer, state, started_at, finished_at, wall_s, cpu_s)
    SELECT {_BATCH}, day, {_ISSUER}, 'complete', day || 'T12:00:00+00:00', day || 'T12:20:00+00:00', 600, 900
    FROM bench_n JOIN bench_days ON d = (i / 100) % {DAYS} WHERE i % 100 = 0""",
    f"""INSERT INTO files (id, batch_id, position, source_path, name, size_bytes, group_number, duplex, state, digest,
        page_count)
    SELECT {_BATCH} || '.0001', {_BATCH}, 0, {{blob}}, 'mail.pdf', 90000000, 1, {{true}}, 'split', {_HASH}, 200
    FROM bench_n WHERE i % 100 = 0""",
    f"""INSERT INTO pages (id, batch_id, file_id, page_index, sha256, state, sheet, side, group_number, label, reasons)
    SELECT {_PAGE}, {_BATCH}, {_BATCH} || '.0001', 2 * (i % 100) + side, {_HASH}, {_STATE}, i % 100 + 1,
        CASE side WHEN 0 THEN 'front' ELSE 'back' END, 1, 'form', '[]'
    FROM bench_n {_SIDES}""",
    f"""INSERT INTO statements (id, batch_id, position, issuer, number, schedule, state, received_on, rules, reasons,
        forms, counts)
    SELECT {_STATEMENT}, {_BATCH}, i % 100, {_ISSUER}, {_NUMBER}, 'iii', {_STATE}, day, '[]', '[]', '[]', {{true}}
    FROM bench_n JOIN bench_days ON d = (i / 100) % {DAYS}""",
    f"""INSERT INTO statement_pages (statement_id, position, page_id, role)
    SELECT {_STATEMENT}, side, {_PAGE}, 'statement' FROM bench_n {_SIDES}""",
    f"""INSERT INTO match_keys (statement_id, position, key)
    SELECT {_STATEMENT}, 0, 'number:' || {_NUMBER} FROM bench_n WHERE i % 4 = 0""",
    f"""INSERT INTO transfers (subject, batch_id, digest) SELECT {_STATEMENT}, {_BATCH}, {_HASH} FROM bench_n""",
    f"""INSERT INTO court_numbers (sequence, issuer, statement, number, at, by, key, salt)
    SELECT i / 2 + 1, {_ISSUER}, {_NUMBER}, '500-61-' || CAST(1000000 + i AS TEXT), '2026-11-20T12:00:00+00:00',
        'court', 'k' || CAST(i AS TEXT), 'salt' FROM bench_n WHERE i % 2 = 0""",
    f"""INSERT INTO statement_index (statement_id, issuer, number, state, plate, offence_date, restricted)
    SELECT {_STATEMENT}, {_ISSUER}, {_NUMBER}, {_STATE}, {_PLATE}, day,
        CASE WHEN i % 50 = 3 THEN {{true}} ELSE {{false}} END
    FROM bench_n JOIN bench_days ON d = (i * 31) % {DAYS}""",
)
_EACH_BEFORE = """WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count})
    INSERT INTO bench_n SELECT i FROM n"""


def number_of(i: int) -> str:
    return str(704_100_000_000_000 + i * 7)


def court_number_of(i: int) -> str:
    return f"500-61-{1_000_000 + i}"


def plate_of(i: int) -> str:
    mixed = (i * 7919) % 676_000
    return f"{chr(65 + mixed // 26_000)}{chr(65 + mixed // 1000 % 26)}Q{mixed % 1000:03d}"


def day_of(i: int) -> date:
    return FIRST_DAY + timedelta(days=(i * 31) % DAYS)


def fill(engine: Engine, count: int) -> None:
    """Make the rows in an archive that is empty. The indexes are made after them, as when a database is restored."""
    server = engine.dialect.name == "postgresql"
    words = {
        "count": str(count),
        "true": "TRUE" if server else "1",
        "false": "FALSE" if server else "0",
        "blob": "'\\x6d'::bytea" if server else "x'6d'",
    }
    indexes = [index for name in _filled() for index in sorted(tables.metadata.tables[name].indexes, key=str)]
    with engine.begin() as connection:
        if server:
            # Its references are right by the way they are made.
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        for index in indexes:
            index.drop(connection)
        _number(connection, words)
        for statement in _FILL:
            connection.execute(text(statement.format(**words).replace(":bytea", "\\:bytea").replace("\\:\\:", "::")))
        _read_pages(connection, count)
        for name in ("bench_n", "bench_days"):
            connection.execute(text(f"DROP TABLE {name}"))
        for index in indexes:
            index.create(connection)


def _filled() -> Iterator[str]:
    for statement in _FILL:
        yield statement.split()[2]


def _number(connection: Connection, words: dict[str, str]) -> None:
    connection.execute(text("CREATE TABLE bench_n (i BIGINT PRIMARY KEY)"))
    connection.execute(text("CREATE TABLE bench_days (d BIGINT PRIMARY KEY, day TEXT)"))
    connection.execute(text(_EACH_BEFORE.format(**words)))
    days = [{"d": d, "day": str(FIRST_DAY + timedelta(days=d))} for d in range(DAYS)]
    connection.execute(text("INSERT INTO bench_days VALUES (:d, :day)"), days)


def _read_pages(connection: Connection, count: int) -> None:
    """What was read of the pages that are asked for, and where their pictures are."""
    for i in range(0, count, ASKED_EVERY):
        pages = [f"b-{i // A_BATCH:06d}.0001.{2 * (i % A_BATCH) + 1 + side:04d}" for side in (0, 1)]
        body = outcome_text(read_outcome(number_of(i), plate_of(i), day_of(i)))
        connection.execute(insert(tables.outcomes), [{"page_id": page, "body": body} for page in pages])
        images = [
            {"page_id": page, "name": name, "media_type": "image/png", "digest": f"{i:060d}{side:04d}"}
            for side, page in enumerate(pages)
            for name in ("registered", "thumbnail")
        ]
        connection.execute(insert(tables.derivatives), images)


def read_outcome(number: str, plate: str, day: date) -> PageOutcome:
    values = {"statement_number": number, "plate": plate, "offence_date": str(day)}
    names = [*values, *(f"field_{index}" for index in range(FIELDS - len(values)))]
    fields = tuple(
        Field(
            name=name,
            kind=Kind.TEXT,
            critical=False,
            value=values.get(name, "boulevard des Forges"),
            text=values.get(name, "boulevard des Forges"),
            confidence=0.998,
            decision=Decision.ACCEPTED,
            reader="ppocr",
            box_mm=BoxMm(10.0, 10.0, 60.0, 8.0),
            box_px=BoxPx(118, 118, 708, 94),
        )
        for name in names
    )
    layout = LayoutId("iii.statement.front.fr@generic-1")
    return PageOutcome(PageLabel.FORM, (1181, 2717), dpi=300.0, layout=layout, layout_score=0.98, fields=fields)
