"""What an archive package holds of one page: as received, as shown, as read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.errors import IntegrityError, InvariantBroken
from pipeline.evidence.alto import AltoPage, alto_xml
from pipeline.evidence.packing import DECIDED_NAME, DRAWN_NAME, OUTCOME_NAME, RAW_NAME, Use
from pipeline.evidence.transfer import FileFacts, PageFacts
from pipeline.geometry import BoxPx
from pipeline.imaging.decode import decode
from pipeline.imaging.masking import masked
from pipeline.imaging.part import cut_part
from pipeline.model import Digest, PageBytes, PageId, PageOutcome
from pipeline.ports import ObjectStore, PageSource, ReceivedPages
from pipeline.screens.derivatives import OWNERS, PAGE, REGISTERED, UPRIGHT
from pipeline.screens.page_screen import Layer, LayeredScan
from pipeline.screens.pixels import MEDIA_TYPE, lossless, pixels
from pipeline.screens.views import layer_image, owned
from pipeline.templates.register import REGISTERED_DPI
from pipeline.usecases.report import PageReport
from pipeline.usecases.stored_outcome import kept_outcome, outcome_text

_SIGNATURES = (
    (b"\xff\xd8\xff", "jpg", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png", "image/png"),
    (b"II*\x00", "tif", "image/tiff"),
    (b"MM\x00*", "tif", "image/tiff"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "jp2", "image/jp2"),
    (b"\xff\x4f\xff\x51", "j2k", "image/jp2"),
    (b"{", "json", "application/json"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """Bytes for the package, and what they are; `name` within the page's folder."""

    data: bytes
    use: Use
    media_type: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class WantedPage:
    """A page of a file.

    Attributes:
        part: the part of the image that it is; null for a page that is all of it.
        masks: boxes of the scan as received that are covered.
    """

    facts: PageFacts
    part: BoxPx | None = None
    masks: tuple[BoxPx, ...] = ()


def received_contents(
    file: FileFacts,
    wanted: Sequence[WantedPage],
    objects: ObjectStore,
    pages: PageSource,
    received: ReceivedPages,
) -> Iterator[tuple[PageId, Content]]:
    """Pages of a file of several, each by itself, with the bytes that its digest is over; the digest is checked.

    A page that is no single image has a drawing instead: its digest is over parts that it may share with other pages.
    So has a part of an image: the rest of the image may be somebody else's paper; and a page with something covered.

    Raises:
        IntegrityError: `object_missing`, `object_altered`; `page_altered`, the file gives another page than it did.
    """
    by_index: dict[int, list[WantedPage]] = {}
    for page in wanted:
        if page.facts.sha256 is not None:
            by_index.setdefault(page.facts.page_number - 1, []).append(page)
    path = _stored(file, objects)
    for index, taken in enumerate(pages.pages(path, name=file.name)):
        for page in by_index.pop(index, ()):
            its = page.facts
            if not isinstance(taken, PageBytes) or taken.sha256 != its.sha256:
                raise IntegrityError("page_altered", page=its.id)
            if page.part is not None or page.masks:
                yield its.id, Content(_drawing(taken, page.part, page.masks), Use.RECEIVED, MEDIA_TYPE, DRAWN_NAME)
                continue
            yield from ((its.id, content) for content in _as_received(taken, received.exact(path, index)))
        if not by_index:
            break


def _stored(file: FileFacts, objects: ObjectStore) -> Path:
    digest = file.sha256
    if digest is None:
        raise InvariantBroken("received_without_digest", file=file.id)
    try:
        objects.check(digest)
        return objects.path(digest)
    except KeyError:
        raise IntegrityError("object_missing", digest=digest) from None


def _as_received(taken: PageBytes, exact: bytes | None) -> Iterator[Content]:
    whole = _sha256(taken.data) == taken.sha256
    if taken.rendered or (exact is None and not whole):
        yield Content(_drawing(taken), Use.RECEIVED, MEDIA_TYPE, DRAWN_NAME)
        return
    suffix, media_type = _kind(taken.data)
    if not whole:
        if exact is None or _sha256(exact) != taken.sha256:
            raise IntegrityError("page_altered", page=str(taken.page_index + 1))
        yield Content(exact, Use.RECEIVED, "application/octet-stream", RAW_NAME)
    yield Content(taken.data, Use.RECEIVED, media_type, f"received.{suffix}")


def _sha256(data: bytes) -> Digest:
    return Digest(hashlib.sha256(data).hexdigest())


def _kind(data: bytes) -> tuple[str, str]:
    found = ((suffix, media_type) for signature, suffix, media_type in _SIGNATURES if data.startswith(signature))
    return next(found, ("bin", "application/octet-stream"))


def _drawing(taken: PageBytes, part: BoxPx | None = None, masks: Sequence[BoxPx] = ()) -> bytes:
    """What the renderer drew, or a page or part of one as it is shown, without loss; in colour only where there is
    any."""
    decoded = masked(decode(taken.data, dpi_hint=taken.dpi, want_color=True), masks)
    decoded = decoded if part is None else cut_part(decoded, part)
    return lossless(decoded.gray if decoded.color is None else decoded.color, dpi=decoded.dpi)


def page_contents(
    page: PageReport, facts: PageFacts, outcome: str | None, objects: ObjectStore, *, number: int, made_by: str | None
) -> Iterator[Content]:
    """A page as shown and as read; nothing of a page that could not be processed.

    Args:
        outcome: what was read, as it is kept: its digest is in the ledger. `page` has what persons decided laid over.
        number: of the page in the package, from 1.
        made_by: name and version of the program that read it; null where that was not recorded.

    Raises:
        IntegrityError: `object_missing`, `object_altered`, `image_unreadable`.
    """
    kept = {ref.name: _object(ref.digest, objects) for ref in page.derivatives}
    for ref in page.derivatives:
        yield Content(kept[ref.name], Use.IMAGE, ref.media_type, ref.name)
    if REGISTERED in kept and OWNERS in kept:
        yield from _layers(LayeredScan(pixels(kept[REGISTERED]), pixels(kept[OWNERS]), REGISTERED_DPI))
    if page.outcome is None or outcome is None:
        return
    yield Content(outcome.encode("utf-8", "surrogatepass"), Use.OUTCOME, "application/json", OUTCOME_NAME)
    read = kept_outcome(facts.id, outcome)
    if page.outcome != read:
        decided = outcome_text(page.outcome)
        yield Content(decided.encode("utf-8", "surrogatepass"), Use.OUTCOME, "application/json", DECIDED_NAME)
    shown = next((name for name in (REGISTERED, UPRIGHT, PAGE) if name in kept), None)
    if shown is not None:
        alto = _alto_page(read, facts, number, shown, kept[shown])
        text = alto_xml(replace(alto, made_by=made_by))
        yield Content(text, Use.TEXT, "application/xml", f"{facts.id}.xml")


def _object(digest: Digest, objects: ObjectStore) -> bytes:
    try:
        return objects.get(digest)
    except KeyError:
        raise IntegrityError("object_missing", digest=digest) from None


def _layers(layered: LayeredScan) -> Iterator[Content]:
    """Those that have a pixel, each with its opacity: laid on each other they are the registered scan."""
    for layer in Layer:
        if owned(layered, {layer}).any():
            data = lossless(layer_image(layered, {layer}), dpi=layered.dpi)
            yield Content(data, Use.LAYER, MEDIA_TYPE, f"layers/{layer.name.lower()}.png")


def _alto_page(outcome: PageOutcome, facts: PageFacts, number: int, name: str, image: bytes) -> AltoPage:
    height_px, width_px = pixels(image).shape[:2]
    return AltoPage(
        page=facts.id,
        number=number,
        image=f"../pages/{facts.id}/{name}",
        image_sha256=_sha256(image),
        size_px=(width_px, height_px),
        dpi=REGISTERED_DPI if name == REGISTERED else None,
        placed=name == REGISTERED,
        layout=outcome.layout,
        fields=outcome.fields,
        text=outcome.text,
        made_at=facts.processed_at,
        made_by=None,
    )
