"""`constat intake` with a flow that takes no time: real store, database, lock and worker processes, pages of text.

python -m tests.e2e.light_intake DATA_DIR FOLDER
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from pipeline.custody import BatchOptions
from pipeline.ports import Sealing
from pipeline.storage.clock import SystemClock
from pipeline.storage.lock import exclusive
from pipeline.storage.objects.directory import DirectoryStore
from pipeline.storage.records.sql import open_records
from pipeline.storage.signing.seal_files import FolderSeals
from pipeline.storage.source_files import SourceFiles
from pipeline.usecases.intake import take_in
from pipeline.usecases.keeping import Keeping
from pipeline.worker.pool import ProcessPool
from scanners.files import FolderFiles
from tests.unit import pool_factory


def keeping_of(data_dir: Path, *, database: str = "") -> Keeping:
    """The custody kept below a folder, with the adapters of one machine; its records may be elsewhere."""
    clock = SystemClock()
    url = database or f"sqlite:///{data_dir / 'constat.sqlite'}"
    records = open_records(url, head_path=data_dir / "ledger-head.json", clock=clock)
    sealing = Sealing(files=FolderSeals(data_dir / "seals"))
    return Keeping(records, DirectoryStore(data_dir / "objects"), SourceFiles(), clock, sealing=sealing)


def main(data_dir: Path, folder: Path) -> None:
    parts = partial(pool_factory.parts, data_dir / "objects")
    with exclusive(data_dir), ProcessPool(parts, workers=2) as pool:
        take_in(FolderFiles().listing([folder]), BatchOptions(), keeping=keeping_of(data_dir), runner=pool)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
