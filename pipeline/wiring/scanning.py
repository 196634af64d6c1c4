"""What speaks to scanners."""

from __future__ import annotations

from pipeline.config import Settings
from pipeline.ports import Scanners


def scanners(settings: Settings) -> Scanners:
    """Scanners by their addresses, and by the names that the site has given to some."""
    from scanners.addresses import ScannerAddresses

    return ScannerAddresses(dict(settings.scanner_list))
