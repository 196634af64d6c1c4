"""The mark by which a hard copy is recognised (s. 22): its words and its codes. Where it stands: `hard_copy_frame`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

import numpy as np
import zxingcpp

from pipeline.custody import PageRole
from pipeline.errors import InvariantBroken
from pipeline.messages import sentence
from pipeline.model import Language, Mask, Side
from pipeline.screens.hard_copy_frame import PageFrame
from pipeline.screens.hard_copy_terms import Audience, FormSource, Terms
from pipeline.screens.page_screen import PageScreen

MOST_MODULES = 50
"""A code of 17 mm has modules of 0.34 mm: 4 pixels of a scan at 300 dpi. Smaller ones are lost to printing."""
FLAT_MODULE_ROWS = 9
"""Of a PDF417 in three rows, which at 4 pixels a module is 3 mm high: it fits the margin of a form of full size."""
_FLAT_COLUMNS = range(8, 31)
_FLAT_DIGITS = 32
"""Of the hash, in the long code: 128 bits tell pages apart; all 256 would need finer modules than printers keep."""
_FLAT_CORRECTION = "2"


@dataclass(frozen=True, slots=True)
class Mark:
    """What the mark of one page says, in its language.

    Attributes:
        title: what the sheet is; `COPIE` or `COPY` where `copy`.
        lines: what it is for and worth, with the number and the page.
        digest: SHA-256 of the page as received, in hexadecimal.
        digest_label, verify: in words.
        code: text of the square code; `flat_code` of the long one, with the first half of the hash and no address.
    """

    title: str
    copy: bool
    lines: tuple[str, ...]
    digest_label: str
    digest: str
    verify: str
    code: str
    flat_code: str


def face_of(screen: PageScreen) -> Side:
    """Which face of its form a page is, whichever side of the paper was scanned first; of other pages, of the paper."""
    if screen.layout is None:
        return screen.side
    return Side(screen.layout.split(".")[2])


def mark_of(screen: PageScreen, frame: PageFrame, terms: Terms, *, page_number: int, pages: int) -> Mark:
    """The mark of a page; `page_number` from 1."""
    language = screen.language or terms.language
    said = _Sayer(language)
    lines = [
        said(_PURPOSE[terms.document][terms.audience]),
        said(_standing(terms)),
        said(
            "hard_copy.page",
            number=terms.identifier,
            page=str(page_number),
            pages=str(pages),
            side=said("hard_copy.front" if face_of(screen) is Side.FRONT else "hard_copy.back"),
        ),
        " ".join(_remarks(screen, frame, terms, said)),
    ]
    return Mark(
        title=said(_TITLE[terms.document] if terms.audience is not Audience.DEFENDANT else "hard_copy.copy"),
        copy=terms.audience is Audience.DEFENDANT,
        lines=tuple(lines),
        digest_label=said("hard_copy.digest"),
        digest=screen.sha256,
        verify=_how_to_verify(terms, said),
        code=_code(screen, terms),
        flat_code=f"{terms.identifier} {screen.sha256[:_FLAT_DIGITS]}",
    )


def fits_its_form(screen: PageScreen) -> bool:
    """Whether entries can be laid on the form as it is drawn: the page has one, and surely lies on it."""
    doubted = any(note.code == "poor_registration" for note in screen.annotations)
    return screen.layout is not None and screen.layers.owners is not None and not doubted


class _Sayer:
    def __init__(self, language: Language) -> None:
        self._language = language

    def __call__(self, code: str, **params: str) -> str:
        return sentence(code, params, language=self._language.value)


_TITLE = {
    PageRole.STATEMENT: "hard_copy.title.statement",
    PageRole.RETURN: "hard_copy.title.return",
    PageRole.ENCLOSURE: "hard_copy.title.enclosure",
}
_PURPOSE = {
    PageRole.STATEMENT: {
        Audience.COURT: "hard_copy.statement.court",
        Audience.PROSECUTOR: "hard_copy.statement.prosecutor",
        Audience.DEFENDANT: "hard_copy.statement.defendant",
    },
    PageRole.RETURN: {
        Audience.COURT: "hard_copy.return.court",
        Audience.PROSECUTOR: "hard_copy.return.prosecutor",
        Audience.DEFENDANT: "hard_copy.return.defendant",
    },
    PageRole.ENCLOSURE: {
        Audience.COURT: "hard_copy.enclosure.court",
        Audience.PROSECUTOR: "hard_copy.enclosure.prosecutor",
        Audience.DEFENDANT: "hard_copy.enclosure.defendant",
    },
}


def _standing(terms: Terms) -> str:
    """What the sheet is worth.

    S. 9 par. 2 says of a digitized statement that the court's and the prosecutor's hard copies stand in lieu of the
    original, and says nothing of the defendant's. Of a statement generated electronically they have the force of an
    original on a pre-programmed form (par. 1); so has the first copy for the defendant, which whoever issued it handed
    over, and which is none of ours. What bears a response is a reconstitution (ss. 11, 19).
    """
    if terms.audience is Audience.DEFENDANT:
        return "hard_copy.standing.copy"
    if terms.electronic and terms.document is PageRole.STATEMENT:
        return "hard_copy.standing.original"
    return "hard_copy.standing.lieu" if terms.document is PageRole.STATEMENT else "hard_copy.standing.response"


def _remarks(screen: PageScreen, frame: PageFrame, terms: Terms, said: _Sayer) -> list[str]:
    drawn = terms.source is FormSource.PREPROGRAMMED and fits_its_form(screen)
    on_form = "hard_copy.form.electronic" if terms.electronic else "hard_copy.form.preprogrammed"
    remarks = [said(on_form if drawn else "hard_copy.form.digitized")]
    if frame.scale < 1.0:
        remarks.append(said("hard_copy.reduced", percent=f"{100 * frame.scale:.0f}"))
    if terms.missing_pages:
        remarks.append(said("hard_copy.incomplete", pages=str(terms.missing_pages)))
    remarks.append(said("hard_copy.signed" if terms.signed else "hard_copy.unsigned"))
    return remarks


def _how_to_verify(terms: Terms, said: _Sayer) -> str:
    if terms.verify_url is None:
        return said("hard_copy.verify.command", number=terms.identifier)
    return said("hard_copy.verify.address", address=_address(terms, terms.verify_url))


def _address(terms: Terms, verify_url: str) -> str:
    return f"{verify_url.rstrip('/')}/{quote(terms.identifier, safe=':')}"


def _code(screen: PageScreen, terms: Terms) -> str:
    if terms.verify_url is None:
        return f"{terms.identifier} sha256:{screen.sha256}"
    return f"{_address(terms, terms.verify_url)}?sha256={screen.sha256}"


@lru_cache(maxsize=32)
def square_code(text: str) -> Mask:
    """A QR code without quiet zone, `(n, n) bool`, true = dark: the most correction that MOST_MODULES leave room for.

    Raises:
        InvariantBroken: the text is too long; the setting of the address is limited so that it is not.
    """
    for level in ("Q", "M", "L"):
        code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level=level)
        modules = _modules(code)
        if modules.shape[0] <= MOST_MODULES:
            return modules
    raise InvariantBroken("hard_copy_code_too_long", length=len(text))


@lru_cache(maxsize=32)
def flat_code(text: str) -> Mask | None:
    """The shortest PDF417 of three rows without quiet zone, `(9, n) bool`, true = dark; null for too long a text."""
    for columns in _FLAT_COLUMNS:
        code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.PDF417, columns=columns, ec_level=_FLAT_CORRECTION)
        modules = _modules(code)
        if modules.shape[0] == FLAT_MODULE_ROWS:
            return modules
    return None


def _modules(code: zxingcpp.Barcode) -> Mask:
    modules: Mask = np.array(code.to_image(scale=1, add_quiet_zones=False)) == 0
    modules.setflags(write=False)
    return modules
