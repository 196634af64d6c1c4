"""Why a request is not answered as asked: a status, a code, its facts. `web.errors` makes a page of it."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.errors import Param


class Refusal(Exception):  # noqa: N818 - named as those of `pipeline.errors` are
    """Raised by pages; not a fault.

    Attributes:
        status: of HTTP.
        code: of the message catalogues.
        path: where to go on instead; empty for a page that says why.
    """

    def __init__(self, status: int, code: str, params: Mapping[str, Param] | None = None, *, path: str = "") -> None:
        super().__init__(status, code)
        self.status = status
        self.code = code
        self.path = path
        self.params = dict(params or {})


class BodyTooLargeError(Exception):
    """Raised where the body is read."""


def not_found() -> Refusal:
    """Also for what is there and not to be seen: whoever guesses learns nothing."""
    return Refusal(404, "web.not_found")
