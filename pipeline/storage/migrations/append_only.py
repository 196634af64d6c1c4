"""Tables that only grow: triggers that refuse slips and programs. Who owns the database may drop them; `verify` finds
what is missing then."""

from __future__ import annotations

from alembic import op

_REFUSES = """
CREATE OR REPLACE FUNCTION constat_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = TG_ARGV[0];
END
$$
"""
_EACH_ROW = ("UPDATE", "DELETE")


def append_only(table: str, words: str) -> None:
    """Let the database refuse to change and remove rows of this table. To be called in a migration.

    Args:
        words: what whoever tries is told; without quotes.
    """
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_REFUSES)
        for act in (*_EACH_ROW, "TRUNCATE"):
            each = "ROW" if act in _EACH_ROW else "STATEMENT"
            op.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION constat_only_grows('{words}')"
            )
        return
    for act in _EACH_ROW:
        op.execute(
            f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} BEGIN SELECT RAISE(ABORT, '{words}'); END"
        )
