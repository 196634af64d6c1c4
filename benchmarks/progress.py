"""What a long measurement tells while it runs: on stderr, so that stdout holds the tables alone."""

from __future__ import annotations

import sys
import time

_STARTED_S = time.monotonic()


def tell(text: str) -> None:
    """A line with the minutes since the start."""
    sys.stderr.write(f"bench {(time.monotonic() - _STARTED_S) / 60:5.1f} min: {text}\n")
    sys.stderr.flush()
