"""What people set for themselves."""

from __future__ import annotations

from dataclasses import replace

from pipeline.errors import OperatorError
from pipeline.model import Language
from pipeline.ports import Records


def set_own_language(name: str, language: Language, *, records: Records) -> None:
    """The language that pages are shown in. Raises OperatorError `unknown_account`."""
    with records.transaction() as change:
        account = change.people.named(name)
        if account is None:
            raise OperatorError("unknown_account", name=name)
        change.people.put(replace(account, language=language))
