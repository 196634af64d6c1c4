"""The history of a package's files as PREMIS 3.0: objects with their digests, events, and who or what did them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lxml.etree import _Element

from pipeline.evidence.packing import PackedFile, Packing, Use, element, xml_file
from pipeline.evidence.transfer import Event, FileFacts, PageFacts, TransferRecord
from pipeline.evidence.transformations import PART_OF_IMAGE

PREMIS = "http://www.loc.gov/premis/v3"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_LOCATION = f"{PREMIS} https://www.loc.gov/standards/premis/premis.xsd"
_LOCAL = "constat"
"""Type of the identifiers: those of the records, and paths in the package."""
_HISTORIES = {"file": "whole file as received", "image": "image embedded in a file", "strips": "image of a TIFF file"}
_HISTORIES |= {"drawing": "all that a page of a PDF file draws on"}
_HISTORIES |= {PART_OF_IMAGE: "whole image that the page is a part of"}


def premis_xml(packing: Packing) -> bytes:
    """The PREMIS file of a package."""
    events = [*_recorded(packing.records), _made(packing)]
    root = _premis(
        "premis",
        *_objects(packing),
        *(_event(number, event) for number, event in enumerate(events, start=1)),
        *_agents(packing),
        version="3.0",
        **{f"{{{_XSI}}}schemaLocation": _LOCATION},
    )
    return xml_file(root, {None: PREMIS, "xsi": _XSI})


def _premis(name: str, *children: _Element | str | None, **attributes: str | None) -> _Element:
    return element(f"{{{PREMIS}}}{name}", *children, attributes=attributes)


def _identifier(kind: str, value: str) -> _Element:
    return _premis(
        f"{kind}Identifier", _premis(f"{kind}IdentifierType", _LOCAL), _premis(f"{kind}IdentifierValue", value)
    )


def _object(kind: str, *children: _Element | None) -> _Element:
    return _premis("object", *children, **{f"{{{_XSI}}}type": kind})


# Objects


def _objects(packing: Packing) -> Iterator[_Element]:
    yield _object(
        "intellectualEntity", _identifier("object", packing.identifier), _premis("originalName", packing.number)
    )
    packed = {file.source for file in packing.files if file.source is not None}
    told: set[str] = set()
    for record in packing.records:
        for file in record.files:
            if file.id not in told:
                told.add(file.id)
                yield _received_file(file, packed=file.id in packed)
        yield from (_page(page, packing) for page in record.pages)
    yield from (_packed(file) for file in packing.files)


def _received_file(file: FileFacts, *, packed: bool) -> _Element:
    """A file as it came in; where it holds other documents too it is described and not in the package."""
    made = dict(file.said)
    application = _premis(
        "creatingApplication",
        _premis("creatingApplicationName", made["software"]) if "software" in made else None,
        _premis("dateCreatedByApplication", made["created"]) if "created" in made else None,
    )
    return _object(
        "file",
        _identifier("object", file.id),
        _premis(
            "objectCharacteristics",
            None if file.sha256 is None else _fixity(file.sha256),
            _premis("size", str(file.size_bytes)),
            _format((file.format or "unknown").upper()),
            application if len(application) else None,
        ),
        _premis("originalName", file.name),
        None if packed else _premis("storage", _premis("storageMedium", "not in this package")),
    )


def _page(page: PageFacts, packing: Packing) -> _Element:
    """A page as received: what it is part of, and what shows it."""
    shown = [file for file in packing.of_page(page.id) if file.use in (Use.RECEIVED, Use.IMAGE)]
    return _object(
        "representation",
        _identifier("object", page.id),
        _property("digest of the page as received (SHA-256)", page.sha256),
        _property("digest is over", None if page.digest_of is None else _HISTORIES.get(page.digest_of, page.digest_of)),
        _property("resolution in dots per inch", None if page.dpi is None else f"{page.dpi:g}"),
        _property("colour", page.color),
        _related("structural", "is part of", (page.file,)),
        _related("structural", "has part", (file.path for file in shown)),
    )


def _property(name: str, value: str | None) -> _Element | None:
    if value is None:
        return None
    return _premis(
        "significantProperties",
        _premis("significantPropertiesType", name),
        _premis("significantPropertiesValue", value),
    )


def _packed(file: PackedFile) -> _Element:
    derived = () if file.page is None else (str(file.page),)
    same = () if file.source is None else (file.source,)
    return _object(
        "file",
        _identifier("object", file.path),
        _premis(
            "objectCharacteristics",
            _fixity(file.sha256),
            _premis("size", str(file.size_bytes)),
            _format(file.media_type),
        ),
        _premis(
            "storage",
            _premis(
                "contentLocation", _premis("contentLocationType", "path"), _premis("contentLocationValue", file.path)
            ),
        ),
        _related("derivation", "is copy of", same),
        _related("structural" if file.use is Use.RECEIVED else "derivation", _RELATION[file.use], derived),
    )


_RELATION = dict.fromkeys(Use, "has source") | {Use.RECEIVED: "is part of"}


def _fixity(sha256: str) -> _Element:
    return _premis("fixity", _premis("messageDigestAlgorithm", "SHA-256"), _premis("messageDigest", sha256))


def _format(name: str) -> _Element:
    return _premis("format", _premis("formatDesignation", _premis("formatName", name)))


def _related(kind: str, relation: str, others: Iterable[str]) -> _Element | None:
    found = tuple(others)
    if not found:
        return None
    return _premis(
        "relationship",
        _premis("relationshipType", kind),
        _premis("relationshipSubType", relation),
        *(_identifier("relatedObject", other) for other in found),
    )


# Events and agents


def _recorded(records: Iterable[TransferRecord]) -> Iterator[Event]:
    """Each once: pages of several parts share their file's."""
    yield from dict.fromkeys(event for record in records for event in record.events)


def _made(packing: Packing) -> Event:
    at = packing.made_at.isoformat()
    return Event("information package creation", at, "packer", (packing.identifier,), "package_made", "done")


def _event(number: int, event: Event) -> _Element:
    return _premis(
        "event",
        _identifier("event", f"event-{number}"),
        _premis("eventType", event.type, authority="eventType"),
        _premis("eventDateTime", event.at),
        _premis("eventDetailInformation", _premis("eventDetail", event.detail)),
        _premis("eventOutcomeInformation", _premis("eventOutcome", event.outcome)) if event.outcome else None,
        _identifier("linkingAgent", event.agent),
        *(_identifier("linkingObject", subject) for subject in event.subjects),
    )


def _agents(packing: Packing) -> Iterator[_Element]:
    versions = dict.fromkeys(its for record in packing.records for facts in record.software for its in facts.versions)
    constat = [version for name, version in versions if name == "constat"]
    told = ", ".join(f"{name} {version}" for name, version in versions)
    yield _agent("software", "constat", "software", "; ".join(constat) or None, told or None)
    name, _, version = packing.made_by.partition(" ")
    yield _agent("packer", name, "software", version, None)
    devices = dict.fromkeys(record.device for record in packing.records)
    known = [" ".join(filter(None, (its.make, its.model))) for its in devices]
    serials = "; ".join(f"serial number {its.serial}" for its in devices if its.serial is not None)
    yield _agent("scanner", "; ".join(filter(None, known)) or "not recorded", "hardware", None, serials or None)
    operators = dict.fromkeys(record.operator for record in packing.records if record.operator is not None)
    yield _agent("operator", "; ".join(operators) or "not recorded", "person", None, None)


def _agent(identifier: str, name: str, kind: str, version: str | None, note: str | None) -> _Element:
    return _premis(
        "agent",
        _identifier("agent", identifier),
        _premis("agentName", name),
        _premis("agentType", kind),
        None if version is None else _premis("agentVersion", version),
        None if note is None else _premis("agentNote", note),
    )
