from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.cli.new_files import write_new
from pipeline.errors import OperatorError

ON_A_FULL_DISK = """
import resource, sys
from pathlib import Path
from pipeline.cli.new_files import write_new
from pipeline.errors import Unavailable
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_new(Path(sys.argv[1]), bytes(5000), replace=True)
except Unavailable as error:
    sys.exit(f"refused {error.code}")
"""


def test_a_file_is_written_whole_with_the_usual_permissions(tmp_path: Path) -> None:
    path = tmp_path / "copy.pdf"

    write_new(path, b"%PDF")
    assert path.read_bytes() == b"%PDF"
    assert stat.S_IMODE(path.stat().st_mode) & 0o444
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_appeared_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "copy.pdf"
    path.write_bytes(b"theirs")

    with pytest.raises(OperatorError) as caught:
        write_new(path, b"%PDF")
    assert caught.value.code == "file_exists"
    assert path.read_bytes() == b"theirs"
    assert list(tmp_path.iterdir()) == [path]


def test_on_a_full_disk_what_was_there_stays_and_nothing_half_written_is_left(tmp_path: Path) -> None:
    path = tmp_path / "copy.pdf"
    path.write_bytes(b"before")

    run = subprocess.run(
        [sys.executable, "-c", ON_A_FULL_DISK, str(path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert "refused cannot_write" in run.stderr
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]
