"""The way of a page on which no form of ours was recognised: an enclosure, or a page that a person must look at."""

from __future__ import annotations

from dataclasses import replace

from pipeline.flow_kit import FlowKit
from pipeline.geometry import px_per_mm
from pipeline.imaging.chroma import CHROMA_FROM_SCAN, drawn, received_chroma
from pipeline.imaging.cutout import cut_out
from pipeline.imaging.decode import Decoded
from pipeline.imaging.fingerprint import fingerprint
from pipeline.imaging.half_tones import half_tones
from pipeline.imaging.masking import masked_chroma
from pipeline.imaging.orient import Turned, likely_turns, turn
from pipeline.imaging.paper import Paper
from pipeline.imaging.quality import Blankness
from pipeline.model import Derivative, GrayImage, PageBytes, PageLabel, PageOutcome, Placing, Reason
from pipeline.ocr.barcode import Barcode
from pipeline.ocr.cards.masks import PageRead
from pipeline.ocr.cards.reading import cards_on_page, own_numbers, with_barcodes
from pipeline.ocr.language import languages_of
from pipeline.ocr.readers import Readers
from pipeline.ocr.separators import SeparatorRead, code_of, read_separator, says_separator
from pipeline.ocr.upright import glimpse
from pipeline.ports import PageText
from pipeline.screens.derivatives import page_derivatives
from pipeline.statements.enclosures import EnclosureSigns, enclosure_kind, is_illegible
from pipeline.templates.identify import LAYOUT_ID, Identification, resembled
from pipeline.templates.library import LayoutLibrary

NEAR_MISS_SCORE = 0.2
"""A page that resembles a layout this much, and is none, is for a person to look at and no enclosure."""


def is_forced(page: PageBytes) -> bool:
    """Whether a person said which form it is."""
    return page.placing is not None and page.placing.layout is not None


def outcome_of(label: PageLabel, decoded: Decoded, paper: Paper, layers: tuple[Derivative, ...]) -> PageOutcome:
    """The outcome of a page from which nothing is read: where the paper lies, and its pictures."""
    return PageOutcome(
        label=label,
        size_px=decoded.size_px,
        dpi=decoded.dpi,
        skew_deg=round(paper.skew_deg, 3),
        scan_from_page=decoded.scan_from_decoded.after(paper.scan_from_image),
        derivatives=layers,
    )


def blank_page(side: Blankness, decoded: Decoded, paper: Paper) -> PageOutcome:
    """A side with nothing on it; one that is not surely blank is for a person."""
    score = round(side.score, 4)
    reasons = (Reason("perhaps_blank", (("score", f"{side.score:.2f}"),)),) if side.doubtful else ()
    pictures = page_derivatives(paper.image, dpi=paper.dpi)
    return replace(outcome_of(PageLabel.BLANK, decoded, paper, pictures), blank_score=score, reasons=reasons)


def bits_of(image: GrayImage, *, dpi: float) -> str | None:
    """What a page is known by when it is scanned again."""
    found = fingerprint(image, dpi=dpi)
    return None if found is None else found.bits


def unknown_page(
    page: PageBytes,
    decoded: Decoded,
    paper: Paper,
    found: Identification,
    codes: tuple[Barcode, ...],
    kit: FlowKit,
) -> PageRead:
    """No layout of ours: an enclosure, whose text is read, or a page that resembles a form and needs a person."""
    texts = tuple(code.text for code in codes)
    placing = page.placing or Placing()
    marked = any(LAYOUT_ID.fullmatch(text) for text in texts)
    if not marked and not is_forced(page) and found.score < NEAR_MISS_SCORE:
        found = part_of_form(paper, found, kit.library)
    resembles = is_forced(page) or marked or found.score >= NEAR_MISS_SCORE
    upright, read = enclosure_text(paper, kit.readers, placing.quarter_turns)
    signs = signs_of(upright, read, dpi=paper.likely_dpi)
    illegible = not resembles and not codes and kit.readers.page is not None and is_illegible(signs)
    reasons = (Reason("page_illegible"),) if illegible else found.reasons if resembles else ()
    label = PageLabel.UNIDENTIFIED if resembles or illegible else PageLabel.ENCLOSURE
    own = own_numbers(kit.all_issuers, codes)
    to_scan = decoded.scan_from_decoded.after(paper.scan_from_image).after(upright.source_from_image).apply
    found_cards = cards_on_page(
        upright.image, read.lines, own=own, dpi=paper.likely_dpi, reader=kit.readers.first, to_scan=to_scan
    )
    cards = with_barcodes(found_cards, codes, own, decoded.scan_from_decoded.apply)
    layers = page_images(page, decoded, paper, upright.quarter_turns)
    outcome = replace(
        outcome_of(label, decoded, paper, layers),
        layout_score=round(found.score, 4),
        enclosure=enclosure_kind(signs) if label is PageLabel.ENCLOSURE else None,
        rotation_deg=90 * upright.quarter_turns,
        barcodes=texts,
        reasons=reasons,
        text=read.text,
        fingerprint=bits_of(upright.image, dpi=paper.likely_dpi),
    )
    return PageRead(outcome, cards)


def may_be_separator(seen: SeparatorRead, page: PageBytes, found: Identification) -> bool:
    """Whether a page is taken out of the way of forms and enclosures: what a person said it is, it is; and bars alone
    are no reason to set a form aside."""
    return not is_forced(page) and (found.layout is None or bool(seen.texts))


def unknown_or_separator(
    page: PageBytes,
    decoded: Decoded,
    paper: Paper,
    found: Identification,
    codes: tuple[Barcode, ...],
    kit: FlowKit,
) -> PageRead:
    """A page with something on it that is no form: looked at once more as a separator that has nearly vanished."""
    if is_forced(page):
        return unknown_page(page, decoded, paper, found, codes, kit)
    seen = read_separator(paper.image, dpi=paper.likely_dpi, codes=codes, thorough=True)
    if seen is not None and seen.sure:
        return separator_page(page, decoded, paper, seen)
    read = unknown_page(page, decoded, paper, found, codes, kit)
    if seen is None and not says_separator(read.outcome.text):
        return read
    return perhaps_separator(read, seen)


def separator_page(page: PageBytes, decoded: Decoded, paper: Paper, seen: SeparatorRead) -> PageRead:
    """A separator; what it says is the text of its codes."""
    outcome = outcome_of(PageLabel.SEPARATOR, decoded, paper, page_images(page, decoded, paper, 0))
    return PageRead(replace(outcome, barcodes=tuple(code_of(text) for text in seen.texts)))


def perhaps_separator(read: PageRead, seen: SeparatorRead | None) -> PageRead:
    """An unknown page that may be a separator, or bears more than one: for a person.

    Args:
        seen: null where its words alone say so.
    """
    texts = (*(code_of(text) for text in (seen.texts if seen else ())), *read.outcome.barcodes)
    ways = ("words",) if seen is None else seen.ways
    reason = Reason("separator_doubtful", (("ways", ", ".join(ways) or "-"),))
    outcome = replace(
        read.outcome,
        label=PageLabel.UNIDENTIFIED,
        enclosure=None,
        barcodes=tuple(dict.fromkeys(texts)),
        reasons=(reason,),
    )
    return replace(read, outcome=outcome)


def part_of_form(paper: Paper, found: Identification, library: LayoutLibrary) -> Identification:
    """A page that shows no whole form, looked at again for a part of one: its half, or what a cut has left of it."""
    part = resembled(paper.image, dpi=paper.likely_dpi, library=library, turns=likely_turns(paper.image))
    if part.nearest is None or part.score < NEAR_MISS_SCORE:
        return found
    facts = (("nearest", str(part.nearest)), ("score", f"{part.score:.2f}"))
    return replace(part, layout=None, reasons=(Reason("part_of_a_form", facts),))


def enclosure_text(paper: Paper, readers: Readers, quarter_turns: int | None) -> tuple[Turned, PageText]:
    """A page without a layout, upright, and its text.

    The direction of the text lines is sure; which of the two ways up is what reads better, and where nothing can be
    read, the way the page was fed.

    Args:
        quarter_turns: as a person said; null: they are found.
    """
    fed, opposite, *_ = likely_turns(paper.image) if quarter_turns is None else (quarter_turns, quarter_turns)
    seen = glimpse(turn(paper.image, fed).image, dpi=paper.likely_dpi, reader=readers.first)
    upright = turn(paper.image, opposite if seen.on_head else fed)
    if readers.page is None:
        return upright, PageText("")
    languages = languages_of(seen.text)
    return upright, readers.page.read_page(upright.image, dpi=paper.likely_dpi, languages=languages)


def signs_of(upright: Turned, read: PageText, *, dpi: float) -> EnclosureSigns:
    """What an upright page without a layout is known by, from its text, its size and its tones."""
    height_px, width_px = upright.image.shape
    size_mm = (width_px / px_per_mm(dpi), height_px / px_per_mm(dpi))
    return EnclosureSigns(read.text, size_mm, half_tones(upright.image))


def page_images(page: PageBytes, decoded: Decoded, paper: Paper, quarter_turns: int) -> tuple[Derivative, ...]:
    """The images of a page without a form: all of its paper, grey and colour."""
    held = cut_out(decoded, paper, quarter_turns)
    chroma = masked_chroma(received_chroma(page.data), page.masks)
    if chroma is not None:
        height_px, width_px = held.image.shape
        back = CHROMA_FROM_SCAN.after(held.scan_from_image)
        chroma = drawn(chroma, back, (width_px, height_px))
    return page_derivatives(held.image, dpi=decoded.dpi, upright=True, chroma=chroma)
