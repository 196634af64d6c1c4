"""The structure of a package as METS 1.12: every file with its digest, sheets and sides, documents and their pages."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from lxml.etree import _Element

from pipeline.evidence.packing import PackedFile, Packing, Use, element, xml_file
from pipeline.evidence.transfer import PageFacts, TransferRecord

METS = "http://www.loc.gov/METS/"
XLINK = "http://www.w3.org/1999/xlink"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_DC = "http://purl.org/dc/elements/1.1/"
_LOCATION = f"{METS} http://www.loc.gov/standards/mets/version1121/mets.xsd"
_HREF = f"{{{XLINK}}}href"


def mets_xml(packing: Packing, premis: PackedFile) -> bytes:
    """The METS file of a package.

    Args:
        premis: the PREMIS file, which it refers to.
    """
    ids = {file.path: f"file-{number}" for number, file in enumerate(packing.files, start=1)}
    root = _mets(
        "mets",
        _header(packing),
        _description(packing),
        _mets("amdSec", _mets("digiprovMD", _reference(premis), ID="premis"), ID="history"),
        _mets("fileSec", *_groups(packing, ids)),
        _mets("structMap", _physical(packing, ids), TYPE="PHYSICAL"),
        _mets("structMap", _logical(packing, ids), TYPE="LOGICAL"),
        OBJID=packing.identifier,
        LABEL=packing.number,
        TYPE="statement of offence",
        **{f"{{{_XSI}}}schemaLocation": _LOCATION},
    )
    return xml_file(root, {None: METS, "xlink": XLINK, "xsi": _XSI, "dc": _DC})


def _mets(name: str, *children: _Element | str | None, **attributes: str | None) -> _Element:
    return element(f"{{{METS}}}{name}", *children, attributes=attributes)


def _header(packing: Packing) -> _Element:
    name = _mets("name", packing.made_by)
    agent = _mets("agent", name, ROLE="CREATOR", TYPE="OTHER", OTHERTYPE="SOFTWARE")
    keeper = None
    if packing.custodian is not None:
        keeper = _mets("agent", _mets("name", packing.custodian), ROLE="CUSTODIAN", TYPE="ORGANIZATION")
    return _mets("metsHdr", agent, keeper, CREATEDATE=packing.made_at.isoformat(timespec="seconds"))


def _description(packing: Packing) -> _Element:
    words = [("identifier", packing.identifier), ("identifier", packing.number), ("publisher", packing.issuer)]
    words += [("type", "statement of offence")]
    days = {record.source.received_on for record in packing.records}
    words += [("date", day.isoformat()) for day in sorted(day for day in days if day is not None)]
    dublin = (element(f"{{{_DC}}}{name}", text) for name, text in words if text)
    return _mets("dmdSec", _mets("mdWrap", _mets("xmlData", *dublin), MDTYPE="DC"), ID="statement")


def _reference(file: PackedFile) -> _Element:
    return _mets(
        "mdRef",
        LOCTYPE="URL",
        MDTYPE="PREMIS",
        MDTYPEVERSION="3.0",
        MIMETYPE=file.media_type,
        SIZE=str(file.size_bytes),
        CHECKSUM=file.sha256,
        CHECKSUMTYPE="SHA-256",
        **{_HREF: file.path},
    )


def _groups(packing: Packing, ids: dict[str, str]) -> Iterator[_Element]:
    for use in Use:
        files = [file for file in packing.files if file.use is use]
        if files:
            yield _mets("fileGrp", *(_file(file, ids[file.path]) for file in files), USE=str(use))


def _file(file: PackedFile, identifier: str) -> _Element:
    return _mets(
        "file",
        _mets("FLocat", LOCTYPE="URL", **{_HREF: file.path}),
        ID=identifier,
        MIMETYPE=file.media_type,
        SIZE=str(file.size_bytes),
        CHECKSUM=file.sha256,
        CHECKSUMTYPE="SHA-256",
    )


def _physical(packing: Packing, ids: dict[str, str]) -> _Element:
    """The paper: sheets in their order, with their sides."""
    return _mets("div", *(_part(record, packing, ids) for record in packing.records), TYPE="paper")


def _part(record: TransferRecord, packing: Packing, ids: dict[str, str]) -> _Element:
    pages = sorted(record.pages, key=lambda page: (page.sheet, page.side == "back"))
    sheets = (
        _mets("div", *(_side(page, packing, ids) for page in sides), TYPE="sheet", ORDERLABEL=str(sheet))
        for sheet, sides in groupby(pages, key=lambda page: page.sheet)
    )
    return _mets("div", *sheets, TYPE="batch", LABEL=record.batch.id)


def _side(page: PageFacts, packing: Packing, ids: dict[str, str]) -> _Element:
    shown = [file for file in packing.of_page(page.id) if file.use in (Use.RECEIVED, Use.ORIGINAL)]
    return _mets("div", *_pointers(shown, ids), TYPE=str(page.side), LABEL=page.id)


def _logical(packing: Packing, ids: dict[str, str]) -> _Element:
    """The statement: its pages by their role, each with all that was made of it; then what belongs to the whole."""
    pages = [page for record in packing.records for page in record.pages]
    roles = dict.fromkeys(page.role for page in pages)
    parts = [
        _mets("div", *(_page(page, packing, ids) for page in pages if page.role == role), TYPE=role or "page")
        for role in roles
    ]
    whole = [file for file in packing.files if file.page is None and file.use is not Use.ORIGINAL]
    for use in dict.fromkeys(file.use for file in whole):
        parts.append(_mets("div", *_pointers([file for file in whole if file.use is use], ids), TYPE=str(use)))
    return _mets("div", *parts, TYPE="statement", LABEL=packing.number, DMDID="statement", ADMID="premis")


def _page(page: PageFacts, packing: Packing, ids: dict[str, str]) -> _Element:
    return _mets("div", *_pointers(packing.of_page(page.id), ids), TYPE=page.label or "page", LABEL=page.id)


def _pointers(files: tuple[PackedFile, ...] | list[PackedFile], ids: dict[str, str]) -> Iterator[_Element]:
    return (_mets("fptr", FILEID=ids[file.path]) for file in files)
