"""What an enclosure is, told from its text, its size and its tones; what tells nothing sure is `other`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pipeline.model import EnclosureKind
from pipeline.ocr.grammar.characters import plain_ascii

LEAST_HALF_TONES: Final = 0.35
"""Share of middle tones from which a page is a picture: writing on paper stays below 0.1, faded or soiled too."""
_FEW_WORDS: Final = 15
_CHEQUE_LONG_MM: Final = (140.0, 230.0)
_CHEQUE_SHORT_MM: Final = (60.0, 102.0)
_STRIP_MM: Final = 95.0
"""Rolls of paper for receipts are 57 to 80 mm wide."""
_HEADING_LINES: Final = 5
_LONG_WORD: Final = re.compile(r"[a-z]{4,}")
_LEAST_LONG_WORDS: Final = 3
"""Of drawn pages with print the least was 5, on a court's form; but a heavily worn cheque had 2, a receipt none, and
letters by real hands none: those are for a person."""

_PROOF: Final = re.compile(
    r"(?:preuve|avis|confirmation|attestation) de (?:livraison|reception)|proof of (?:delivery|service)"
    r"|delivery (?:confirmation|notice|record)|(?:proces verbal|rapport|certificat|attestation) de signification"
    r"|(?:report|certificate|affidavit|proof|declaration) of service"
)
_ORDER: Final = re.compile(r"pa[yv]e[zr] a l ?ordre|ordre de\b|pa[yv] to (?:the )?order|\border of\b")
_HUNDREDTHS: Final = re.compile(r"/ ?100\b")
_RECEIPT: Final = (
    r"\bre[cg]us?\b|\breceipt\b",
    r"\btotal\b",
    r"\bmerci\b|\bthank you\b",
    r"\bapprou[vu]ee?\b|\bapproved\b",
    r"\bautorisation\b|\bauth\b|\bauthorization\b",
    r"\bdebit\b|\bcredit\b|\binterac\b|\bvisa\b|\bmastercard\b|\bcomptant\b|\bcash\b",
    r"\btps\b|\btvq\b|\bgst\b|\bqst\b",
    r"copie (?:du )?client|customer copy|cardholder copy",
    r"\btransaction\b|\bcaisse\b|\bcashier\b|\bterminal\b",
)
_SPEAKER: Final = re.compile(r"\b(?:je|j|mon|ma|mes|moi|me|i|my|am)\b")
_SUBJECT: Final = re.compile(
    r"\bconstat|\binfraction|\bcontravention|\bamende\b|\bstatement\b|\boffence\b|\bticket\b|\bhearing\b|\baudience\b"
)
_COURTESY: Final = re.compile(
    r"\bmadame\b|\bmonsieur\b|\bsalutations\b|\bveuillez\b|\bcordialement\b|\bremercie|\bdear\b|\bsincerely\b|\bregards\b"
    r"|\byours truly\b|\bthank you for\b|\bto whom it may concern\b|\bmerci de\b|look forward"
)
_FRENCH: Final = "le la les de du des et que qui un une il a au aux pour dans en est sur ce cette ne pas par avec"
_ENGLISH: Final = "the of and to in that it was is for at on be not with this which were had"
_FUNCTION_WORDS: Final = frozenset(f"{_FRENCH} {_ENGLISH}".split(" "))
_LEAST_FUNCTION_WORDS: Final = 8


@dataclass(frozen=True, slots=True)
class EnclosureSigns:
    """What is known of a page that is no form.

    Attributes:
        text: its text layer, lines separated by newlines.
        size_mm: width and height of the upright paper.
        half_tones: share of middle tones (see `imaging.half_tones`), 0.0 to 1.0.
    """

    text: str
    size_mm: tuple[float, float]
    half_tones: float


def enclosure_kind(signs: EnclosureSigns) -> EnclosureKind:
    """The kind that its signs agree on; two that would do, and none, are `other`."""
    found = [kind for kind, fits in _FITS if fits(signs)]
    return found[0] if len(found) == 1 else EnclosureKind.OTHER


def is_illegible(signs: EnclosureSigns) -> bool:
    """Whether next to nothing can be read on a page that is no picture: it may be anything, a letter or a separator."""
    return not _is_photo(signs) and len(_LONG_WORD.findall(_plain(signs.text))) < _LEAST_LONG_WORDS


def states_reference(text: str, reference: str) -> bool:
    """Whether a document bears a reference of service: all its characters in a row, whatever stands between them."""
    wanted = _squeezed(reference)
    return len(wanted) >= 6 and wanted in _squeezed(text)


def _is_proof(signs: EnclosureSigns) -> bool:
    return _PROOF.search(_plain(_heading(signs.text))) is not None


def _is_cheque(signs: EnclosureSigns) -> bool:
    long_mm, short_mm = max(signs.size_mm), min(signs.size_mm)
    fits = (
        _CHEQUE_LONG_MM[0] <= long_mm <= _CHEQUE_LONG_MM[1] and _CHEQUE_SHORT_MM[0] <= short_mm <= _CHEQUE_SHORT_MM[1]
    )
    order = _ORDER.search(_plain(signs.text)) is not None
    hundredths = _HUNDREDTHS.search(plain_ascii(signs.text)) is not None
    return (fits and (order or hundredths)) or (order and hundredths)


def _is_receipt(signs: EnclosureSigns) -> bool:
    plain = _plain(signs.text)
    signs_found = sum(re.search(sign, plain) is not None for sign in _RECEIPT)
    if min(signs.size_mm) <= _STRIP_MM and not _is_cheque(signs):
        return signs_found >= 2
    named = re.search(_RECEIPT[0], _plain(_heading(signs.text))) is not None
    return named and signs_found >= 4


def _is_photo(signs: EnclosureSigns) -> bool:
    return signs.half_tones >= LEAST_HALF_TONES and len(_words(signs.text)) < _FEW_WORDS


def _is_letter(signs: EnclosureSigns) -> bool:
    plain, words = _plain(signs.text), _words(signs.text)
    prose = sum(word in _FUNCTION_WORDS for word in words) >= _LEAST_FUNCTION_WORDS
    speaks = len(_SPEAKER.findall(plain)) >= 2
    addressed = bool(_SUBJECT.search(plain)) or bool(_COURTESY.search(plain))
    return prose and speaks and addressed and not _is_proof(signs)


_FITS: Final = (
    (EnclosureKind.PROOF_OF_SERVICE, _is_proof),
    (EnclosureKind.CHEQUE, _is_cheque),
    (EnclosureKind.RECEIPT, _is_receipt),
    (EnclosureKind.PHOTO, _is_photo),
    (EnclosureKind.LETTER, _is_letter),
)


def _heading(text: str) -> str:
    return "\n".join(text.splitlines()[:_HEADING_LINES])


def _plain(text: str) -> str:
    """Lower case without accents; anything but letters and digits is one blank. A lone bar is a capital I misread."""
    return re.sub(r"[^a-z0-9]+", " ", plain_ascii(text.replace("|", "i")))


def _words(text: str) -> list[str]:
    return [word for word in _plain(text).split() if word.isalpha() and len(word) > 1]


def _squeezed(text: str) -> str:
    return "".join(_plain(text).split())
