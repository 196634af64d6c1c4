"""Scanners that are spoken to by eSCL (AirPrint scanning, Mopria): HTTP with XML."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.custody.scanning import Abilities, ScanWish
from pipeline.errors import OperatorError, Unavailable
from scanners.escl_http import Link, Patience, address_of
from scanners.escl_run import EsclRun, unreached
from scanners.escl_xml import Capabilities, read_capabilities, scan_settings


class EsclScanner:
    """The `Scanner` behind `escl:http://HOST[:PORT][/PATH]` or `escl:https://...[?ca=FILE]`."""

    def __init__(self, uri: str, *, patience: Patience = Patience()) -> None:  # noqa: B008  # frozen
        """Raises OperatorError `scanner_uri`."""
        self._uri, self._patience = uri, patience
        self._address = address_of(uri)
        with self._link():
            # Its file of certificates is read now, while somebody looks at the address.
            pass

    @property
    def uri(self) -> str:
        return self._uri

    def abilities(self) -> Abilities:
        """As the port says."""
        with self._link() as link:
            return _capabilities(link).abilities()

    @contextmanager
    def run(self, wish: ScanWish, *, into: Path) -> Iterator[EsclRun]:
        """As the port says."""
        with self._link() as link:
            settings = scan_settings(_capabilities(link), wish, scanner=self._uri)
            run = EsclRun(link, wish.source, into)
            try:
                run.begin(settings)
                yield run
            finally:
                run.release()

    def _link(self) -> Link:
        return Link(self._uri, self._address, self._patience)


def _capabilities(link: Link) -> Capabilities:
    """Raises Unavailable `scanner_unreachable`, `scanner_busy`, `scanner_failed`; OperatorError `scanner_not_found`."""
    until_s = time.monotonic() + link.patience.busy_s
    while True:
        try:
            answer = link.get("ScannerCapabilities")
        except Unavailable as error:
            raise unreached(error) from error
        if answer.status == 200:
            return read_capabilities(answer.body, scanner=link.scanner)
        if answer.status in {404, 410}:
            raise OperatorError("scanner_not_found", scanner=link.scanner)
        if answer.status != 503:
            raise Unavailable("scanner_failed", scanner=link.scanner, detail=f"HTTP {answer.status}")
        if time.monotonic() > until_s:
            raise Unavailable("scanner_busy", scanner=link.scanner)
        time.sleep(min(answer.retry_after_s or link.patience.pause_s, link.patience.longest_pause_s))
