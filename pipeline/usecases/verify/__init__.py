"""Verification: recompute every digest and link, compare records, objects and ledger, name every difference."""

from __future__ import annotations

from pipeline.usecases.verify.whole import verify_all as verify_all
from pipeline.usecases.verify.whole import verify_batch as verify_batch
from pipeline.usecases.verify.whole import verify_batches as verify_batches
from pipeline.usecases.verify.whole import verify_statement as verify_statement
