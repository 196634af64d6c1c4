"""What an archive package of a statement holds, as its METS and PREMIS files describe it.

Paths are relative to `data/`, with slashes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lxml import etree
from lxml.etree import _Element

from pipeline.evidence.transfer import TransferRecord
from pipeline.model import Digest, PageId

METS_NAME, PREMIS_NAME, PROOF_NAME = "mets.xml", "premis.xml", "proof/proof.json"
RAW_NAME = "received.raw"
"""A page's bytes where no program opens them alone; the same image stands beside it in a file that can be opened."""
DRAWN_NAME = "drawn.png"
OUTCOME_NAME = "outcome.json"
DECIDED_NAME = "decided.json"
"""The same with what persons decided laid over; only where they did."""
DECISIONS_NAME = "decisions.json"
"""All that they said, a row each; the digest of every row is in the ledger."""


class Use(StrEnum):
    """What a file is in the package; the folder it lies in says the same."""

    ORIGINAL = "original"
    """A file as received, whole."""
    RECEIVED = "received"
    """A page as received: the bytes that its digest is over, or the same image in a file that can be opened."""
    IMAGE = "image"
    """A page as shown: made from the page as received."""
    LAYER = "layer"
    OUTCOME = "outcome"
    """What was read on a page."""
    TEXT = "text"
    TRANSFER = "transfer"
    HARD_COPY = "hard copy"
    PROOF = "proof"
    METADATA = "metadata"
    README = "readme"


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file of the package.

    Attributes:
        path: relative to `data/`.
        page: that it shows or was read from; null for what belongs to the whole.
        source: id of the file as received that it is, for an original.
    """

    path: str
    use: Use
    media_type: str
    size_bytes: int
    sha256: Digest
    page: PageId | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Packing:
    """A package: whose it is, what documents it, and its files but METS and PREMIS themselves.

    Attributes:
        number: of the statement; its id where no number is sure.
        records: transfer records of its parts, oldest first.
        made_by: program and version.
        custodian: whose archive it is; null when that is not known.
    """

    identifier: str
    number: str
    issuer: str
    records: tuple[TransferRecord, ...]
    files: tuple[PackedFile, ...]
    made_at: datetime
    made_by: str
    custodian: str | None = None

    def of_page(self, page: PageId) -> tuple[PackedFile, ...]:
        return tuple(file for file in self.files if file.page == page)


_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold."""


def xml_text(text: str) -> str:
    """The text with U+FFFD for each character that XML cannot hold."""
    return _FORBIDDEN.sub("\ufffd", text)


def element(tag: str, *children: _Element | str | None, attributes: Mapping[str, str | None] | None = None) -> _Element:
    """An element with children in their order; nulls are left out, of children and of attributes.

    Args:
        tag: in Clark's form, `{namespace}name`, as the names of attributes.
    """
    made = etree.Element(tag)
    for name, value in (attributes or {}).items():
        if value is not None:
            made.set(name, xml_text(value))
    for child in children:
        if isinstance(child, str):
            made.text = xml_text(child)
        elif child is not None:
            made.append(child)
    return made


def xml_file(root: _Element, namespaces: dict[str | None, str]) -> bytes:
    """The document as bytes, UTF-8, indented; the same tree gives the same bytes."""
    shaped = etree.Element(root.tag, nsmap=namespaces)  # type: ignore[arg-type]  # lxml takes null for the default namespace
    shaped.text = root.text
    for name, value in root.attrib.items():
        shaped.set(name, value)
    shaped.extend(list(root))
    etree.cleanup_namespaces(shaped, keep_ns_prefixes=[prefix for prefix in namespaces if prefix])
    text: bytes = etree.tostring(shaped, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return text
