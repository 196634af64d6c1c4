"""An issuer's facts, read from the text of its file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from string import ascii_uppercase, digits
from typing import Annotated, Final

import yaml
from pydantic import BaseModel, ConfigDict, StrictStr, StringConstraints, ValidationError
from pydantic import Field as Setting

from pipeline.errors import OperatorError
from pipeline.ocr.issuers.check_digits import CheckDigit

DEFAULT_ISSUER: Final = "generic"
MAX_PATTERN_CHARS: Final = 120
_FORBIDDEN_IN_PATTERN: Final = re.compile(r"[+*\\^$.]|\(\?|,\}")
"""Numbers have a length: without open repeats, dots and look-arounds a pattern cannot run away or match everything."""


@dataclass(frozen=True, slots=True)
class NumberSeries:
    """One form that an issuer's statement numbers have.

    Attributes:
        pattern: regular expression of the whole number, upper case, without spaces.
        prefix: what the number begins with and what its digits and check digit do not count; may be empty.
        check_digit: how the last digit follows from the others after the prefix.
    """

    pattern: str
    prefix: str = ""
    check_digit: CheckDigit = CheckDigit.NONE


@dataclass(frozen=True, slots=True)
class Issuer:
    """Whose statements these are.

    Attributes:
        id: stable name, also of the file: `generic`.
        name_fr, name_en: as people know the issuer.
        series: forms of its statement numbers, at least one.
        characters: all that may occur in a number.
        printed: words that its forms print: name, French, English; lines separated by a newline.
        logo_file: name of the picture beside the issuer's file; null without one.
        logo: that picture, a PNG file.
    """

    id: str
    name_fr: str
    name_en: str
    series: tuple[NumberSeries, ...]
    characters: str = digits
    printed: tuple[tuple[str, str, str], ...] = ()
    logo_file: str | None = None
    logo: bytes | None = None

    @property
    def digits_only(self) -> bool:
        return not set(self.characters) & set(ascii_uppercase)


_Pattern = Annotated[StrictStr, StringConstraints(min_length=1, max_length=MAX_PATTERN_CHARS)]


class _SeriesFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    pattern: _Pattern
    prefix: Annotated[StrictStr, StringConstraints(pattern=r"^[0-9A-Z-]{0,12}$")] = ""
    check_digit: CheckDigit = CheckDigit.NONE


class _NameFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    fr: StrictStr
    en: StrictStr


_Word = Annotated[StrictStr, StringConstraints(min_length=1, max_length=600, pattern=r"^[^\x00-\x09\x0b-\x1f\x7f]+$")]


class _WordFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    fr: _Word
    en: _Word


class _IssuerFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: Annotated[StrictStr, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,40}$")]
    name: _NameFile
    statement_numbers: Annotated[list[_SeriesFile], Setting(min_length=1, max_length=20)]
    characters: Annotated[StrictStr, StringConstraints(pattern=r"^[0-9A-Z-]+$", max_length=40)] = digits
    printed: dict[Annotated[StrictStr, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,40}$")], _Word | _WordFile] = {}
    logo: Annotated[StrictStr, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,60}\.png$")] | None = None


class IssuerInvalid(OperatorError):  # noqa: N818  (named like the kernel's InputRefused)
    """An issuer file is wrong; `problems` names every one of them with its place in the file."""

    def __init__(self, source: str, problems: tuple[str, ...]) -> None:
        super().__init__("issuer_invalid", source=source, problems="; ".join(problems))
        self.source = source
        self.problems = problems

    def __reduce__(self) -> tuple[object, ...]:
        return IssuerInvalid, (self.source, self.problems)


def parse_issuer(text: str, *, source: str) -> Issuer:
    """An issuer from the text of its YAML file.

    Args:
        source: the file's name, for messages.

    Raises:
        IssuerInvalid: with every problem of the file.
    """
    try:
        document = yaml.safe_load(text)
        file = _IssuerFile.model_validate(document)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise IssuerInvalid(source, _problems(error)) from error
    wrong = tuple(
        f"statement_numbers.{place}.pattern: {found}"
        for place, series in enumerate(file.statement_numbers)
        if (found := _pattern_problem(series.pattern)) is not None
    )
    if wrong:
        raise IssuerInvalid(source, wrong)
    return Issuer(
        id=file.issuer,
        name_fr=file.name.fr,
        name_en=file.name.en,
        series=tuple(NumberSeries(one.pattern, one.prefix, one.check_digit) for one in file.statement_numbers),
        characters=file.characters,
        printed=tuple((name, *_both(word)) for name, word in file.printed.items()),
        logo_file=file.logo,
    )


def _both(word: str | _WordFile) -> tuple[str, str]:
    """French and English; a word without languages is printed as it is in both."""
    return (word, word) if isinstance(word, str) else (word.fr, word.en)


def _problems(error: Exception) -> tuple[str, ...]:
    if isinstance(error, ValidationError):
        return tuple(
            f"{'.'.join(str(part) for part in problem['loc']) or 'file'}: {problem['msg']}"
            for problem in error.errors(include_url=False)
        )
    return (" ".join(str(error).split())[:200],)


def _pattern_problem(pattern: str) -> str | None:
    if _FORBIDDEN_IN_PATTERN.search(pattern):
        return "use classes and counted repeats only, such as [0-9]{9}"
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return str(error)
    return None
