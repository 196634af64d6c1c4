"""How PostgreSQL finds what people and courts ask for in a large archive: never by going through all of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from pipeline.storage.records.postgres import postgres_engine
from pipeline.storage.records.sql import open_records
from tests.fakes import FakeClock
from tests.servers.postgres import Postgres
from tests.unit.large_archive import Walk, asked, explained, filled, pretend_large, tell_plans, walks

pytestmark = pytest.mark.servers
_ROWS = 2000


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    """A database that is not cleared for others: what its statistics say is not true."""
    made = postgres.migrated()
    with postgres.admin() as connection:
        tell_plans(connection, made.rsplit("/", 1)[1])
    yield made
    postgres.drop(made)


def test_no_question_of_courts_and_reviewers_goes_through_a_whole_large_table(url: str, tmp_path: Path) -> None:
    owner = create_engine(url.replace("//constat:", "//postgres:", 1))
    filled(owner, _ROWS)
    pretend_large(owner)
    records = open_records(url, head_path=tmp_path / "head.json", clock=FakeClock())
    engine = postgres_engine(url, os.getpid())
    found: list[Walk] = []
    with explained(engine) as plans:
        for question, ask in asked(records).items():
            plans.clear()
            ask()
            assert plans, question
            found += walks(question, plans)
        # One would be seen.
        plans.clear()
        with engine.connect() as connection:
            connection.execute(text("SELECT id FROM review_tasks WHERE excluded = 'x'"))
        known = walks("", plans)
    owner.dispose()

    assert [walk.node for walk in known] == ["Seq Scan"]
    assert found == []
