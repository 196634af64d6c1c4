"""Records of transfers follow the pages that persons moved, before a batch is sealed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from pipeline.errors import Unavailable
from pipeline.model import BatchId
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.transfer import document_again, outdated_transfers


def document_moves(batch: BatchId, *, keeping: Keeping, holding: Callable[[], AbstractContextManager[Keeping]]) -> None:
    """As `document_again`, before a batch is closed and sealed. While other work holds the data folder, that is left to
    the next reconciliation.

    Args:
        holding: holds the data folder.
    """
    row = keeping.records.batch(batch)
    if row is None or not outdated_transfers(row, keeping=keeping):
        return
    try:
        with holding() as held:
            document_again(batch, keeping=held)
    except Unavailable as error:
        if error.code != "data_dir_busy":
            raise
