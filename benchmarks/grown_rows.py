"""Rows of tables that grow as long as an archive is used, made by PostgreSQL itself from numbers, beside those of
`lookup_rows`: tasks of reviewers and what was said, the ledger, the access log, events and counts.

Chains are not chained in them: they are for looking up and for adding to, not for evidence.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

_BATCH = "'b-' || substr(CAST(1000000 + i / 100 AS TEXT), 2)"
_STATEMENT = f"{_BATCH} || '.s' || substr(CAST(10001 + i % 100 AS TEXT), 2)"
_PAGE = f"{_BATCH} || '.0001.' || substr(CAST(10001 + 2 * (i % 100) AS TEXT), 2)"
_TASK = f"{_PAGE} || '/plate'"
_NUMBER = "CAST(704100000000000 + i * 7 AS TEXT)"
_ISSUER = "CASE i % 3 WHEN 0 THEN 'valmont' WHEN 1 THEN 'lac' ELSE 'saint-aubin' END"
_MOMENT = (
    "to_char(timestamp '2024-01-01' + i * (90000000.0 / {count}) * interval '1 second', 'YYYY-MM-DD\"T\"HH24:MI:SS')"
)
_AT = f"{_MOMENT} || '.' || substr(CAST(1000000 + i % 1000000 AS TEXT), 2) || '+00:00'"
_DAY = f"substr({_MOMENT}, 1, 10)"
_HASH = "md5(CAST(i AS TEXT)) || md5(CAST(i + 1 AS TEXT))"
_WHO = "'person-' || CAST(i % 40 AS TEXT)"
_OPEN = "i >= {count} - {count} / 500"
_EACH = "FROM generate_series(0, {count} - 1) AS i"

FILL = {
    "review_batches": f"""INSERT INTO review_batches (batch_id, made_at, reason, closed_at)
        SELECT {_BATCH}, {_AT}, '', CASE WHEN {_OPEN} THEN NULL ELSE {_AT} END {_EACH} WHERE i % 100 = 0""",
    "review_tasks": f"""INSERT INTO review_tasks (id, subject, batch_id, page_id, statement_id, field, kind, layout,
            critical, reading, position, urgent_on, made_at, queue, state, version, excluded, blind, sample)
        SELECT {_TASK}, 'field', {_BATCH}, {_PAGE}, NULL, 'plate', 'plate', 'iii.statement.front.fr@generic-1',
            true, {_NUMBER}, i % 100, {_DAY}, {_AT}, CASE WHEN i % 50 = 3 THEN 'supervisor' ELSE 'reviewer' END,
            CASE WHEN {_OPEN} THEN 'open' ELSE 'decided' END, 1, '[]', false, false {_EACH}""",
    "field_history": f"""INSERT INTO field_history (task_id, number, at, who, queue, verb, value, reason, salt,
            second_person, double_keying)
        SELECT {_TASK}, 1, {_AT}, {_WHO}, 'reviewer', 'accept', '"' || {_NUMBER} || '"', '', substr({_HASH}, 1, 32),
            false, false {_EACH}""",
    "judged_readings": f"""INSERT INTO judged_readings (task_id, batch_id, layout, percent, sample, decided_at, "right")
        SELECT {_TASK}, {_BATCH}, 'iii.statement.front.fr@generic-1', i % 100, false, {_AT}, true {_EACH}""",
    "page_counts": f"""INSERT INTO page_counts (page_id, batch_id, layout, accepted, doubtful, empty)
        SELECT {_PAGE}, {_BATCH}, 'iii.statement.front.fr@generic-1', 30, 2, 8 {_EACH}""",
    "ledger": f"""INSERT INTO ledger (number, at, kind, subject, body, previous, hash)
        SELECT i + 1, {_AT}, CASE WHEN i % 4 = 0 THEN 'task_decided' ELSE 'sheet_processed' END,
            {_BATCH} || '/' || CAST(i % 100 AS TEXT), '{{{{"pages":[' || repeat({_HASH}, 4) || ']}}}}', {_HASH}, {_HASH}
        {_EACH}""",
    "access_log": f"""INSERT INTO access_log (number, at, who, act, subject, why, address, previous, hash)
        SELECT i + 1, {_AT}, {_WHO}, CASE WHEN i % 9 = 0 THEN 'searched' ELSE 'viewed' END,
            'generic:' || {_NUMBER}, '', '10.1.2.3', {_HASH}, {_HASH} {_EACH}""",
    "events": f"""INSERT INTO events (sequence, id, kind, at, issuer, statement_id, number, batch_id, data, received_on,
            previous, hash)
        SELECT i + 1, {_HASH}, 'published', {_AT}, {_ISSUER}, {_STATEMENT}, {_NUMBER}, {_BATCH},
            '{{{{"field":"plate","source":"reader"}}}}', {_DAY}, {_HASH}, {_HASH} {_EACH}""",
}


def grow(connection: Connection, count: int, *only: str) -> None:
    """Fill the tables with so many rows each, for statements that `lookup_rows.fill` has made; for who owns the
    server. Indexes and what refuses changes are kept."""
    connection.execute(text("SET LOCAL session_replication_role = replica"))
    for name in only or FILL:
        connection.exec_driver_sql(FILL[name].format(count=count).replace("%", "%%"))
