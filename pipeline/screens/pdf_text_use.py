"""Which characters a PDF page shows in which font and size, seen or not: what its operators say, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, String

from pipeline.geometry import Affine

_DEEPEST = 12
"""Forms within forms; a form that contains itself would never end."""


@dataclass(frozen=True, slots=True)
class TextUse:
    """A string shown.

    Attributes:
        font: null where none was chosen.
        codes: as they stand in the file.
        size_pt: height of the type on the page, in points of 1/72 inch.
    """

    font: pikepdf.Object | None
    codes: bytes
    size_pt: float


@dataclass(frozen=True, slots=True)
class _State:
    page: Affine
    font: pikepdf.Object | None = None
    size: float = 0.0


def text_uses(page: pikepdf.Page) -> Iterator[TextUse]:
    """All strings of a page and of the forms that it draws.

    Raises:
        pikepdf.PdfError: the operators cannot be taken apart.
    """
    start = _State(Affine.identity())
    yield from _uses(page, page.obj.get("/Resources", Dictionary()), start, 0)


def _uses(
    content: pikepdf.Page | pikepdf.Object, resources: pikepdf.Object, state: _State, depth: int
) -> Iterator[TextUse]:
    saved: list[_State] = []
    text = Affine.identity()
    for step in pikepdf.parse_content_stream(content):
        operands = step.operands
        match str(step.operator):
            case "q":
                saved.append(state)
            case "Q" if saved:
                state = saved.pop()
            case "cm":
                state = replace(state, page=state.page.after(_affine(operands)))
            case "BT":
                text = Affine.identity()
            case "Tm":
                text = _affine(operands)
            case "Tf":
                font = resources.get("/Font", Dictionary()).get(str(operands[0]))
                state = replace(state, font=font, size=float(operands[1]))
            case "Tj" | "TJ" | "'" | '"':
                matrix = state.page.after(text)
                size_pt = abs(state.size) * (matrix.b**2 + matrix.e**2) ** 0.5
                yield TextUse(state.font, _codes(operands[-1]), size_pt)
            case "Do" if depth < _DEEPEST:
                drawn = resources.get("/XObject", Dictionary()).get(str(operands[0]))
                if isinstance(drawn, Stream) and drawn.get("/Subtype") == Name.Form:
                    yield from _drawn_form(drawn, resources, state, depth + 1)


def _drawn_form(form: Stream, resources: pikepdf.Object, state: _State, depth: int) -> Iterator[TextUse]:
    inner = state
    if "/Matrix" in form:
        inner = replace(state, page=state.page.after(_affine(form.Matrix)))
    yield from _uses(form, form.get("/Resources", resources), inner, depth)


def _affine(numbers: object) -> Affine:
    """PDF's six numbers: x' = a x + c y + e, y' = b x + d y + f."""
    a, b, c, d, e, f = (float(number) for number in numbers)  # type: ignore[attr-defined]  # an array of numbers
    return Affine(a, c, e, b, d, f)


def _codes(operand: pikepdf.Object) -> bytes:
    if isinstance(operand, Array):
        return b"".join(bytes(part) for part in operand if isinstance(part, String))
    return bytes(operand)
