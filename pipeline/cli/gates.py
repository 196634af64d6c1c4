"""Where accounts and clients are managed from the command line, and who does it."""

from __future__ import annotations

from pipeline.cli.intake import account_name
from pipeline.config import load_settings
from pipeline.errors import OperatorError
from pipeline.usecases.account_entries import OPERATOR
from pipeline.usecases.gate import Gate
from pipeline.wiring import anything_kept, gate, serving


def kept_gate() -> Gate:
    """Where there are records already: a folder that was misspelt must not get a database.

    Raises:
        OperatorError: `nothing_kept`.
    """
    settings = load_settings()
    if not anything_kept(settings):
        raise OperatorError("nothing_kept", path=str(settings.data_dir))
    return gate(serving(settings))


def operator() -> str:
    """The system account, as histories name it: `os:root`."""
    return f"{OPERATOR}{account_name()}"
