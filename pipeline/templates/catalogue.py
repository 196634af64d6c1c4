"""The catalogue of particulars: for each face of each schedule, what the Regulation prescribes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr, ValidationError

from pipeline.errors import InvariantBroken
from pipeline.model import Document, Kind, Language, Need, Schedule, Side
from pipeline.templates.layout_yaml import YamlError, read_yaml

Filled = Literal["always", "never_judged"]


@dataclass(frozen=True, slots=True)
class Particular:
    """One particular of one face.

    Attributes:
        marks: names of the boxes of a choice, in the catalogue's order; ("true",) for a mark; else empty.
        lines: lines of the entry space, 1 or more.
        ref: section and paragraph of the Regulation.
        filled: when the entry must be filled: `always`, `never_judged`, or `when: <condition>`.
        fr, en: the heading beside the space where it is prescribed; null where the layout words it.
        prominent: a warning that must be boxed, in bold capitals of 9 point or more.
    """

    name: str
    kind: Kind
    need: Need
    critical: bool
    exclusive: bool
    marks: tuple[str, ...]
    lines: int
    section: str | None
    ref: str
    filled: str
    fr: str | None = None
    en: str | None = None
    prominent: bool = False


def face_key(schedule: Schedule, document: Document, side: Side) -> str:
    """The name of a face: `iii.statement.front`."""
    return f"{schedule}.{document}.{side}"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All faces by their key (`iii.statement.front`), each with its particulars in the Regulation's order; and how a
    person reads the names of particulars and marks, French and English."""

    faces: Mapping[str, tuple[Particular, ...]]
    names: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def face(self, key: str) -> Mapping[str, Particular]:
        """The particulars of a face by name; empty for a face the catalogue does not have."""
        return {particular.name: particular for particular in self.faces.get(key, ())}

    def label(self, name: str, language: Language) -> str:
        """The name of a particular or of a mark for people; the name itself where there is none."""
        french, english = self.names.get(name, (name, name))
        return french if language is Language.FR else english

    def __reduce__(self) -> tuple[object, ...]:
        # A mapping proxy does not pickle; workers receive the catalogue by pickling.
        return _rebuild, (dict(self.faces), dict(self.names))


def _rebuild(faces: dict[str, tuple[Particular, ...]], names: dict[str, tuple[str, str]]) -> Catalogue:
    return Catalogue(MappingProxyType(faces), MappingProxyType(names))


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[StrictStr, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    kind: Kind
    need: Need
    ref: StrictStr
    critical: StrictBool = False
    exclusive: StrictBool = False
    prominent: StrictBool = False
    marks: tuple[StrictStr, ...] = ()
    lines: Annotated[int, Field(strict=True, ge=1, le=40)] = 1
    section: StrictStr | None = None
    filled: Filled | Annotated[StrictStr, Field(pattern=r"^when: \S")] | None = None
    fr: StrictStr | None = None
    en: StrictStr | None = None


class _Label(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    fr: StrictStr
    en: StrictStr


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    faces: dict[StrictStr, tuple[_Entry, ...]]
    names: dict[StrictStr, _Label]


def parse_catalogue(text: str) -> Catalogue:
    """Read the catalogue's YAML text.

    Raises:
        InvariantBroken: the text is not a catalogue; it ships with the program, so this is a programming error.
    """
    try:
        value, _ = read_yaml(text)
        file = _File.model_validate(value)
    except (YamlError, ValidationError) as error:
        raise InvariantBroken("catalogue_invalid", found=str(error)) from error
    faces = {key: tuple(_particular(entry) for entry in entries) for key, entries in file.faces.items()}
    return _rebuild(faces, {name: (label.fr, label.en) for name, label in file.names.items()})


def _particular(entry: _Entry) -> Particular:
    default = "always" if entry.need is Need.REQUIRED else "never_judged"
    return Particular(
        name=entry.name,
        kind=entry.kind,
        need=entry.need,
        critical=entry.critical,
        exclusive=entry.exclusive,
        marks=("true",) if entry.kind is Kind.MARK else entry.marks,
        lines=entry.lines,
        section=entry.section,
        ref=entry.ref,
        filled=entry.filled or default,
        fr=entry.fr,
        en=entry.en,
        prominent=entry.prominent,
    )
