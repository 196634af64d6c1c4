"""Scanners by their addresses, whatever speaks to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from pipeline.custody.scanning import FoundScanner
from pipeline.errors import OperatorError, PipelineError
from pipeline.ports import Scanner
from scanners.escl import EsclScanner
from scanners.escl_found import found_escl
from scanners.sane import SaneScanner, found_sane
from scanners.watched import FolderScanner

Look = Callable[[], tuple[FoundScanner, ...]]


def _kinds() -> Mapping[str, Callable[[str], Scanner]]:
    return {"sane": SaneScanner, "escl": EsclScanner, "folder": FolderScanner}


@dataclass(frozen=True)
class ScannerAddresses:
    """Fills `Scanners`.

    Attributes:
        named: addresses by the names that the site has given to its scanners; both are good for asking.
        kinds: what makes a scanner of an address, by what the address begins with.
        looks: ways to look for scanners.
    """

    named: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, Callable[[str], Scanner]] = field(default_factory=_kinds)
    looks: tuple[Look, ...] = (found_sane, found_escl)

    def at(self, uri: str) -> Scanner:
        uri = self.named.get(uri, uri)
        kind, mark, rest = uri.partition(":")
        if not mark or not rest.strip() or kind not in self.kinds:
            raise OperatorError("scanner_uri", uri=uri)
        return self.kinds[kind](uri)

    def found(self) -> tuple[FoundScanner, ...]:
        """All ways at once: each waits for answers. One that cannot look hides nothing that another finds."""
        with ThreadPoolExecutor(len(self.looks)) as threads:
            found = {its.uri: its for each in threads.map(_found, self.looks) for its in each}
        return tuple(sorted(found.values(), key=lambda its: (its.name.casefold(), its.uri)))


def _found(look: Look) -> tuple[FoundScanner, ...]:
    try:
        return look()
    except PipelineError:
        return ()
