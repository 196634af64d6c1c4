"""How many pages a PDF of a scanner has, asked of a process of its own: the file may be anything and of any size."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_MOST_S = 60
_MOST_MEMORY_BYTES = 2 << 30
_MOST_PAGES = 10_000
# It bounds itself before it opens anything; it reads one file and may write none.
_COUNT = f"""
import resource, sys
for kind, most in (("CPU", {_MOST_S}), ("AS", {_MOST_MEMORY_BYTES}), ("FSIZE", 0)):
    resource.setrlimit(getattr(resource, "RLIMIT_" + kind), (most, most))
import pikepdf
with pikepdf.open(sys.argv[1]) as pdf:
    print(len(pdf.pages))
"""


def pages_of(path: Path) -> int | None:
    """From 1; null when it cannot be told within a minute and two gigabytes, or there is none."""
    command = [sys.executable, "-I", "-c", _COUNT, str(path.absolute())]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_MOST_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    said = done.stdout.strip()
    count = int(said) if said.isdigit() and len(said) < 9 else 0
    return count if 0 < count <= _MOST_PAGES else None
