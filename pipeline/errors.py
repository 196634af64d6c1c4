"""Everything the pipeline raises on purpose, sorted by who can act on it.

An error carries a code and parameters, never prose: `pipeline.messages` makes the French or English sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

Param: TypeAlias = str | int | float
"""What a message may be given: plain values, so that an error survives pickling and JSON."""


class PipelineError(Exception):
    """Base of everything raised on purpose.

    Attributes:
        code: stable identifier such as `corrupt_image`; the key of the sentence in the message catalogues.
        params: the facts of the sentence (the value found and the limit).
    """

    def __init__(self, code: str, **params: Param) -> None:
        super().__init__(code, params)
        self.code = code
        self.params: Mapping[str, Param] = MappingProxyType(dict(params))

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value}" for name, value in self.params.items())
        return f"{self.code} ({facts})" if facts else self.code

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.code, dict(self.params))


def _rebuild(kind: type[PipelineError], code: str, params: dict[str, Param]) -> PipelineError:
    return kind(code, **params)


class InputRefused(PipelineError):
    """The sender can act: the file or page is damaged, encrypted, too large or of an unknown form. Exit code 1."""


class OperatorError(PipelineError):
    """The operator can act: wrong usage, a wrong setting, a folder without write permission. Exit code 2."""


class Unavailable(PipelineError):
    """Time can act: a disk is full, a database locked, a program or server missing. Exit code 3."""


class InvariantBroken(PipelineError):
    """The programmer must act: a state that cannot be. Never caught in the core."""


class IntegrityError(PipelineError):
    """Custody is in doubt: stored bytes, a record or a ledger entry are not what was written."""
