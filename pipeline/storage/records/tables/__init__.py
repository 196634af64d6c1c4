"""The tables of the records. Times and dates are ISO 8601 text, reasons and rules JSON text, digests hexadecimal."""

from __future__ import annotations

from pipeline.storage.records.tables.kept import adopted_objects as adopted_objects
from pipeline.storage.records.tables.kept import batches as batches
from pipeline.storage.records.tables.kept import derivatives as derivatives
from pipeline.storage.records.tables.kept import files as files
from pipeline.storage.records.tables.kept import ledger as ledger
from pipeline.storage.records.tables.kept import match_keys as match_keys
from pipeline.storage.records.tables.kept import objects as objects
from pipeline.storage.records.tables.kept import outcomes as outcomes
from pipeline.storage.records.tables.kept import pages as pages
from pipeline.storage.records.tables.kept import return_matches as return_matches
from pipeline.storage.records.tables.kept import seals as seals
from pipeline.storage.records.tables.kept import statement_pages as statement_pages
from pipeline.storage.records.tables.kept import statements as statements
from pipeline.storage.records.tables.kept import transfers as transfers
from pipeline.storage.records.tables.metadata import metadata as metadata
from pipeline.storage.records.tables.paper import box_sheets as box_sheets
from pipeline.storage.records.tables.paper import boxes as boxes
from pipeline.storage.records.tables.paper import destructions as destructions
from pipeline.storage.records.tables.paper import holds as holds
from pipeline.storage.records.tables.paper import retention_applied as retention_applied
from pipeline.storage.records.tables.paper import sample_pages as sample_pages
from pipeline.storage.records.tables.paper import samples as samples
from pipeline.storage.records.tables.people import access_log as access_log
from pipeline.storage.records.tables.people import accounts as accounts
from pipeline.storage.records.tables.people import sessions as sessions
from pipeline.storage.records.tables.people import sign_in_attempts as sign_in_attempts
from pipeline.storage.records.tables.review import field_history as field_history
from pipeline.storage.records.tables.review import review_batches as review_batches
from pipeline.storage.records.tables.review import review_tasks as review_tasks
from pipeline.storage.records.tables.review import statement_versions as statement_versions
