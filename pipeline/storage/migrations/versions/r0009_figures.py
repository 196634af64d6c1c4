"""Counts that are kept for figures, made from what is there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_PAGES = """
INSERT INTO page_counts (page_id, batch_id, layout, accepted, doubtful, empty)
SELECT p.id, p.batch_id, json_extract(o.body, '$.layout'),
    coalesce(sum(json_extract(f.value, '$.decision') = 'accepted'), 0),
    coalesce(sum(json_extract(f.value, '$.decision') = 'review'), 0),
    coalesce(sum(json_extract(f.value, '$.decision') = 'empty'), 0)
FROM outcomes o JOIN pages p ON p.id = o.page_id
LEFT JOIN json_each(o.body, '$.fields') f ON json_extract(f.value, '$.reader') <> 'layout'
WHERE json_extract(o.body, '$.layout') IS NOT NULL AND coalesce(p.label, '') NOT IN ('divided', 'superseded')
GROUP BY p.id
"""
_READINGS = """
INSERT INTO judged_readings (task_id, batch_id, layout, percent, sample, decided_at, "right")
SELECT t.id, t.batch_id, t.layout,
    CAST(json_extract(f.value, '$.confidence') * 100 + 1e-9 AS INTEGER), t.sample, h.at,
    CASE
        WHEN h.verb = 'accept' THEN 1
        WHEN h.verb = 'illegible' THEN 0
        WHEN h.verb = 'empty' AND h.value = 'null' AND t.kind <> 'choice'
            THEN json_extract(f.value, '$.decision') = 'empty'
        WHEN json_extract(f.value, '$.decision') = 'empty' THEN 0
        WHEN json_extract(f.value, '$.value') IS NULL
            AND NOT (json_extract(f.value, '$.decision') = 'accepted' AND t.kind IN ('choice', 'mark')) THEN 0
        ELSE json_extract(h.value, '$') IS json_extract(f.value, '$.value')
    END
FROM review_tasks t
JOIN field_history h ON h.task_id = t.id AND h.number = (
    SELECT max(x.number) FROM field_history x
    WHERE x.task_id = t.id AND x.verb <> 'undo'
        AND NOT EXISTS (SELECT 1 FROM field_history u WHERE u.task_id = t.id AND u.undoes = x.number)
)
JOIN outcomes o ON o.page_id = t.page_id
JOIN json_each(o.body, '$.fields') f ON json_extract(f.value, '$.name') = t.field
WHERE t.subject = 'field' AND t.state <> 'open' AND t.layout IS NOT NULL AND t.id = t.page_id || '/' || t.field
"""
_HOURS = """
INSERT INTO work_hours (who, hour, said, undone, working_s, last_at)
SELECT who, substr(at, 1, 13), sum(verb <> 'undo'), sum(verb = 'undo'),
    sum(CASE WHEN gap_s > 0 AND gap_s < 300 THEN gap_s ELSE 0.0 END), max(at)
FROM (
    SELECT who, at, verb,
        (julianday(at) - julianday(lag(at) OVER (PARTITION BY who ORDER BY at, task_id, number))) * 86400.0 AS gap_s
    FROM field_history
)
GROUP BY who, substr(at, 1, 13)
"""
_BATCHES = """
INSERT INTO batch_work (batch_id, last_said_at)
SELECT t.batch_id, max(h.at) FROM field_history h JOIN review_tasks t ON t.id = h.task_id GROUP BY t.batch_id
"""


_STATEMENTS = """
UPDATE statements SET counts = EXISTS (SELECT 1 FROM statement_pages p WHERE p.statement_id = statements.id)
    AND NOT EXISTS (
        SELECT 1 FROM json_each(statements.reasons) r WHERE json_extract(r.value, '$[0]') IN ('duplicate_of', 'copy_of')
    )
"""
FILL = (_STATEMENTS, _PAGES, _READINGS, _HOURS, _BATCHES)


def upgrade() -> None:
    _tables()
    op.create_index("pages_by_sheet", "pages", ["batch_id", "part_of", "sheet", "state"])
    op.add_column("statements", sa.Column("counts", sa.Boolean, nullable=False, server_default="1"))
    op.create_index("statements_by_counting", "statements", ["batch_id", "counts"])
    op.create_index("statement_pages_by_role", "statement_pages", ["role", "statement_id"])
    op.create_index("review_tasks_by_layout", "review_tasks", ["batch_id", "subject", "layout", "checks"])
    # Written for SQLite; a database of another kind begins empty, and has nothing to count.
    if op.get_bind().dialect.name == "sqlite":
        for statement in FILL:
            op.execute(statement)


def _tables() -> None:
    op.create_table(
        "page_counts",
        sa.Column("page_id", sa.Text, sa.ForeignKey("pages.id"), primary_key=True),
        sa.Column("batch_id", sa.Text, sa.ForeignKey("batches.id"), nullable=False),
        sa.Column("layout", sa.Text, nullable=False),
        sa.Column("accepted", sa.Integer, nullable=False),
        sa.Column("doubtful", sa.Integer, nullable=False),
        sa.Column("empty", sa.Integer, nullable=False),
    )
    op.create_index("page_counts_by_batch", "page_counts", ["batch_id", "layout", "accepted", "doubtful", "empty"])
    op.create_table(
        "judged_readings",
        sa.Column("task_id", sa.Text, sa.ForeignKey("review_tasks.id"), primary_key=True),
        sa.Column("batch_id", sa.Text, sa.ForeignKey("batches.id"), nullable=False),
        sa.Column("layout", sa.Text, nullable=False),
        sa.Column("percent", sa.Integer, nullable=False),
        sa.Column("sample", sa.Boolean, nullable=False),
        sa.Column("decided_at", sa.Text, nullable=False),
        sa.Column("right", sa.Boolean, nullable=False),
    )
    ordered = ["decided_at", "batch_id", "layout", "percent", "sample", "right"]
    op.create_index("judged_readings_by_time", "judged_readings", ordered)
    op.create_table(
        "work_hours",
        sa.Column("who", sa.Text, primary_key=True),
        sa.Column("hour", sa.Text, primary_key=True),
        sa.Column("said", sa.Integer, nullable=False),
        sa.Column("undone", sa.Integer, nullable=False),
        sa.Column("working_s", sa.Float, nullable=False),
        sa.Column("last_at", sa.Text, nullable=False),
    )
    op.create_index("work_hours_by_hour", "work_hours", ["hour"])
    op.create_table(
        "batch_work",
        sa.Column("batch_id", sa.Text, sa.ForeignKey("batches.id"), primary_key=True),
        sa.Column("last_said_at", sa.Text, nullable=False),
    )
