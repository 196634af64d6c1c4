"""All tables of the records."""

from __future__ import annotations

from sqlalchemy import MetaData

metadata = MetaData()
