"""Registering beside the pages: one at a time, with the data folder held as for any work on a batch."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Lock
from typing import Final

from pipeline.errors import Unavailable
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.register import Offer, Registered, Registrar, register

PATIENCE_S: Final = 15.0
"""So long a request waits for those before it."""


class Registering:
    """May be shared by threads."""

    def __init__(
        self, holding: Callable[[], AbstractContextManager[Keeping]], registrar: Callable[[], Registrar]
    ) -> None:
        self._holding = holding
        self._make = registrar
        self._registrar: Registrar | None = None
        self._turn = Lock()

    def __call__(self, offer: Offer) -> Registered:
        """Raises: as `register`; Unavailable `data_dir_busy` where other work goes on: nothing was taken."""
        if not self._turn.acquire(timeout=PATIENCE_S):
            raise Unavailable("data_dir_busy", path="")
        try:
            with self._holding():
                if self._registrar is None:
                    self._registrar = self._make()
                return register(offer, registrar=self._registrar)
        finally:
            self._turn.release()
