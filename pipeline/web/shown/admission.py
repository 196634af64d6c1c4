"""The text in the address is all that counts: cookies and keys let nobody in here, and keep nobody out.

A pass that has expired, was revoked or never was is answered in one and the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from pipeline.custody import StatementRow
from pipeline.custody.passes import Pass, PassKind
from pipeline.custody.people import Act
from pipeline.errors import InvariantBroken, OperatorError
from pipeline.messages import LANGUAGES, LanguageCode, language_of
from pipeline.model import PageId
from pipeline.usecases.access import note_access
from pipeline.usecases.passes import is_of_link, note_use, pass_of
from pipeline.usecases.retrieve import StatementReport, find_parts, find_statement
from pipeline.web.admission import Visitor
from pipeline.web.api.rates import Rates
from pipeline.web.iiif_answers import origin_of
from pipeline.web.parts import WebParts
from pipeline.web.refusal import Refusal
from pipeline.web.viewing import is_divided, is_restricted, owners_of

SHOWN = "/shown"
REQUESTS_PER_S, REQUESTS_AT_ONCE = 50.0, 500
"""Of one pass: a viewer asks for tiles by the dozen."""
REFUSALS_PER_S, REFUSALS_AT_ONCE = 0.5, 30
"""Of one address that brings texts which open nothing."""
BOTH = frozenset(PassKind)
LINK = frozenset({PassKind.LINK})
RULES: Mapping[str, frozenset[PassKind]] = MappingProxyType(
    {
        "shown.statement": LINK,
        "shown.hard_copy": LINK,
        "shown.page": LINK,
        "shown.image": BOTH,
        "shown.info": BOTH,
        "shown.part": BOTH,
        "shown.manifest": BOTH,
        "shown.search": BOTH,
        "shown.search_form": BOTH,
    }
)
"""By the name of the route: the kinds of passes that open it."""


@dataclass(frozen=True, slots=True)
class PassLimits:
    """How fast passes, and addresses without a good one, may ask."""

    passes: Rates = field(default_factory=lambda: Rates(REQUESTS_PER_S, REQUESTS_AT_ONCE))
    refusals: Rates = field(default_factory=lambda: Rates(REFUSALS_PER_S, REFUSALS_AT_ONCE))


@dataclass(frozen=True, slots=True)
class Holder:
    """Whoever asks: somebody with a pass, from an address as the server knows it.

    Attributes:
        base: the address below which all that the pass shows stands, `http://127.0.0.1:8080/shown/TEXT`.
    """

    its: Pass
    address: str
    base: str = field(repr=False)

    def enter(self, subject: str, why: str, parts: WebParts, act: Act = Act.VIEWED) -> None:
        """Enter a look in the access log, before anything is shown; once in a while for one subject.

        Raises:
            IntegrityError: it cannot be entered; then nothing is shown.
        """
        if act is Act.VIEWED and parts.noted.knows(self.its.digest, subject):
            return
        note_use(self.its, subject, why, act=act, address=self.address, gate=parts.gate)
        if act is Act.VIEWED:
            parts.noted.add(self.its.digest, subject)

    def require_page(self, page: PageId, parts: WebParts) -> None:
        """Whether the page is of the statement. For a defendant also: of no other, who may be somebody else's.

        Raises:
            Refusal: as for a pass that opens nothing.
        """
        owners = {row.id: row for row in owners_of(page, parts)}
        ids = self._ids(parts)
        others = [row for key, row in owners.items() if key not in ids]
        hidden = any(map(is_restricted, owners.values())) and not self.its.restricted
        foreign = others if self.its.kind is PassKind.LINK else [its for its in others if its.issuer != self.its.issuer]
        if not owners.keys() & ids or hidden or foreign or is_divided(page, parts):
            raise nothing_here()

    def _ids(self, parts: WebParts) -> set[str]:
        """Of what each batch brought of the statement."""
        try:
            found = find_parts(self.its.statement, self.its.issuer, records=parts.keeping.records)
        except OperatorError as error:
            raise nothing_here() from error
        return {row.id for row in found} if _opens(self.its, found, parts) else set()


def nothing_here() -> Refusal:
    """The one answer to whatever opens nothing: whoever guesses learns nothing."""
    return Refusal(404, "web.shown.nothing")


def parts_of(request: Request) -> WebParts:
    parts = request.app.state.parts
    if not isinstance(parts, WebParts):
        raise InvariantBroken("web_parts_missing")
    return parts


def holder_of(request: Request) -> Holder:
    """As `admit` found it."""
    holder = request.state.holder
    if not isinstance(holder, Holder):
        raise InvariantBroken("visitor_missing")
    return holder


Parts = Annotated[WebParts, Depends(parts_of)]
"""For the arguments of a route."""
Who = Annotated[Holder, Depends(holder_of)]


def shown_statement(who: Who, parts: Parts) -> StatementReport:
    """The statement that the pass opens: it alone, without other forms, which may be other defendants'.

    Raises:
        Refusal: as for a pass that opens nothing: the statement is no longer there, or became restricted.
    """
    try:
        report = find_statement(who.its.statement, who.its.issuer, records=parts.keeping.records)
    except OperatorError as error:
        raise nothing_here() from error
    if any(map(is_restricted, report.parts)) and not who.its.restricted:
        raise nothing_here()
    if not _opens(who.its, report.parts, parts):
        raise nothing_here()
    return report


def _opens(its: Pass, rows: Sequence[StatementRow], parts: WebParts) -> bool:
    """A link opens what it was made for, by its number alone: a designation may be that of several defendants."""
    if its.kind is not PassKind.LINK:
        return True
    number = next((row.number for row in rows if row.pages), rows[0].number)
    return number == its.statement and is_of_link(its, rows, records=parts.keeping.records)


Shown = Annotated[StatementReport, Depends(shown_statement)]
"""For the arguments of a route."""


async def admit(request: Request) -> None:
    """Runs before every answer.

    Raises:
        Refusal: 404 or 429.
    """
    name = getattr(request.scope.get("route"), "name", "")
    parts = parts_of(request)
    address = request.client.host if request.client else ""
    request.state.visitor = passer_by(request)
    request.state.holder = await run_in_threadpool(_admitted, name, address, request, parts)


def passer_by(request: Request) -> Visitor:
    """Pages are made for a visitor; this one has no session, whatever cookies the browser has."""
    address = request.client.host if request.client else ""
    return Visitor(None, "", _language(request, parts_of(request)), "", address, shown=True)


def _admitted(name: str, address: str, request: Request, parts: WebParts) -> Holder:
    limits = request.app.state.limits
    if not isinstance(limits, PassLimits):
        raise InvariantBroken("web_parts_missing")
    text = str(request.path_params.get("text", ""))
    its = pass_of(text, gate=parts.gate)
    if its is None or its.kind not in RULES.get(name, frozenset()):
        # Nobody guesses a pass; but each attempt is a line of the log, without what was tried.
        _require_time(limits.refusals.take(address))
        note_access("", Act.SIGN_IN_REFUSED, "shown", "pass", address=address, records=parts.gate.records)
        raise nothing_here()
    _require_time(limits.passes.take(its.id))
    return Holder(its, address, f"{origin_of(request, parts)}{SHOWN}/{text}")


def _require_time(wait_s: int) -> None:
    if wait_s:
        raise Refusal(429, "web.shown.too_many", {"wait_s": wait_s})


def _language(request: Request, parts: WebParts) -> LanguageCode:
    """What the address asks for, then the browser's."""
    wish = request.query_params.get("lang")
    for known in LANGUAGES:
        if wish == known:
            return known
    first = request.headers.get("accept-language", "").partition(",")[0].strip()
    return language_of(first) if first[:2].lower() in LANGUAGES else parts.site.language
