"""Every code that is raised or recorded has a sentence in both languages, with parameters that it is given."""

from __future__ import annotations

import ast
import errno
import os
import re
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from io import BytesIO
from itertools import chain
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from pipeline.cli import COMMANDS
from pipeline.cli.scan_tables import FACTS, HEADER_FACTS
from pipeline.cli.scan_talk import Step
from pipeline.cli.screen_folder import VIEWS
from pipeline.conformity import Weight
from pipeline.custody import BatchState, MatchBasis, PageRole
from pipeline.custody.boxes import BoxState, DestructionState, PageVerdict
from pipeline.custody.court import Scope
from pipeline.custody.events import EventKind
from pipeline.custody.figures import BatchOrder
from pipeline.custody.hooks import DeliveryState, HookState, Obstacle
from pipeline.custody.layouts import DraftAct, DraftState
from pipeline.custody.people import Act, Role
from pipeline.custody.qualifications import Standing
from pipeline.custody.quality import By, Work
from pipeline.custody.queued import JobKind, JobState
from pipeline.custody.retention import DocumentClass
from pipeline.custody.review import PAGE_VERBS, STATEMENT_VERBS, Queue, Verb
from pipeline.custody.scanning import ColorMode, MailKind, PaperSource, Pass, SessionState
from pipeline.evidence.claims import Claimed
from pipeline.evidence.key_history import Revocation
from pipeline.evidence.retention_schema import BY_SCHEDULE
from pipeline.evidence.time_stamp import StampProblem
from pipeline.imaging.target_limits import LIMITS
from pipeline.messages import LANGUAGES, LanguageCode, catalogue, language_of, sentence
from pipeline.model import (
    TEXT_KINDS,
    Decision,
    Document,
    EnclosureKind,
    Kind,
    Language,
    MaskKind,
    Need,
    PageLabel,
    PageState,
    RuleVerdict,
    Schedule,
    Side,
)
from pipeline.statements import answer_rules, cheques, deadlines, return_rules, rules
from pipeline.statements.review import SETTLES_NOTHING
from pipeline.templates.document import Border
from pipeline.usecases import enclosed
from pipeline.usecases.figure_tables import COLUMN_NAMES, TABLE_NAMES
from pipeline.usecases.figures import STEPS
from pipeline.usecases.figures_told import AGED
from pipeline.web.figure_sections import ORDER
from pipeline.web.layout_editor_differences import EDITION_MARK, ISSUER, SHEET, Difference
from pipeline.web.review_exceptions import Sort
from pipeline.web.review_statements import ACTS
from tests.unit.transfers import PACKAGE_CHECKS, PACKAGE_WORDS, TRANSFER_WORDS

ROOT = Path(__file__).resolve().parents[2]
RULES = tuple(
    value
    for module in (rules, return_rules, answer_rules, deadlines)
    for name, value in vars(module).items()
    if name.isupper() and not name.startswith("_") and isinstance(value, str)
)
"""The rules' ids, the constants of their modules."""
UNDOUBTED_RULES = (cheques.CHEQUE_SUM, enclosed.SERVICE_PROOF)
"""Rules that send no field to a person: they have a name and no reason `rule_<id>`."""

KEYWORD_ERRORS = {
    "PipelineError": 0,
    "InputRefused": 0,
    "OperatorError": 0,
    "Unavailable": 0,
    "IntegrityError": 0,
    "add": 0,  # of a verification's report; gives the subject too
    "_at": 1,
    "note": 0,  # of findings on seals and proofs; gives the count
    "NotEdited": 0,
}
"""Calls whose facts are keyword arguments, and where their code stands. InvariantBroken, for programmers, is none."""
PAIR_REASONS = {
    "Reason": 0,
    "PageProblem": 1,
    "NotTaken": 1,
    "Problem": 0,
    "Difference": 0,
    "_none": 0,
    "Finding": 0,
    "_broken": 1,
}
"""Calls whose facts are pairs of name and value, and where their code stands."""
ALSO_GIVEN = {
    "Finding": {"fields", "reason"},
    "_broken": {"fields"},
    "add": {"subject"},
    "note": {"count", "subject"},
    "Difference": {"subject"},
    "YamlError": {"found"},
}
TYPED_KINDS = TEXT_KINDS - {Kind.TEXT, Kind.PERSON, Kind.ADDRESS}
"""Kinds whose values have a form that a person may miss."""
FORWARDED = {
    "__init__": "an error names its code by argument",
    "_brought_up": "a code that stands in a history in place of words",
    "_measured": "a page problem as an error",
    "_page_numbered": "a page problem as an error",
    "_sample_pages": "a page problem as a reason",
    "_send_due": "no code: how a receiver answered",
    "part_answer": "no code: a look at a page",
    "_stored_page": "a page problem as a reason",
    "_announced": "a file that was not taken, as a reason",
    "_at": "names its code by argument",
    "_broken": "names its code by argument",
    "_print": "what keeps print from being read, of `_CODES`",
    "add_hook": "what its sender says against an address, of `obstacle`",
    "_problem": "a problem of a layout file as a finding",
    "_value_problems": "what is wrong with a value, of `_fault`",
    "_as_recorded": "a refusal read back from its record",
    "_none": "names its code by argument",
    "_split_page": "a page problem as a reason",
    "_standing": "what a store finds of a version, as a difference",
    "_take": "a page problem as a reason",
    "_require_none": "why an account is refused, as an error",
    "_refused": "names its code by argument",
    "refused": "names its code by argument",
    "reason": "an alarm as a reason",
    "faults": "an error as a reason",
    "findings": "the code of a limit that is missed, of `LIMITS`",
    "note": "names its code by argument",
    "rotate_key": "why no seal can be made, as an error",
    "scanned_page": "a page problem as an error",
    "_told": "rule_<id>",
    "add": "names its code by argument",
    "collisions": "a code that `_lines` and `_spaces` name",
    "parse_layout": "a YAML error as a problem",
    "parse_retention": "a YAML error as a problem",
    "pdf_pages": "an error as a page problem",
    "reason_of": "an error as a reason",
    "reasons_from": "a reason read back from its record",
    "rules_told": "rule_<id>",
    "_normal": "value_not_<kind>",
    "_warnings": "a flag of a grammar, of `_WARNINGS`",
    "with_effects": "rule_<id>",
}
"""Functions that may pass a code on without naming it, and what it is."""
NAMED_ELSEWHERE = {
    "layout_text_on_line": {"other"},
    "layout_text_on_entry": {"other"},
    "layout_key_missing": {"key"},
    "layout_key_unknown": {"key"},
    "layout_value": {"wanted", "found"},
    **{f"rule_{rule}": {"fields"} for rule in RULES},
    **{f"value_not_{kind}": set() for kind in TYPED_KINDS},
}
"""Codes that the source builds or looks up, with their facts."""


@dataclass(frozen=True)
class Use:
    """A place in the source that names a code; `facts` null when they cannot be read off it."""

    code: str
    facts: frozenset[str] | None
    place: str


def sources() -> Iterator[Path]:
    for package in ("pipeline", "scanners"):
        yield from sorted((ROOT / package).rglob("*.py"))


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def literals(node: ast.expr, scope: ast.AST) -> list[str]:
    """The codes that an expression can be: itself, either side of a choice, or what its name was assigned."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.IfExp(body=first, orelse=second):
            return literals(first, scope) + literals(second, scope)
        case ast.Dict(values=values):
            return list(chain.from_iterable(literals(value, scope) for value in values))
        case ast.Subscript(value=value):
            return literals(value, scope)
        case ast.Name(id=name):
            found: list[str] = []
            for inner in ast.walk(scope):
                if isinstance(inner, ast.Assign) and any(
                    isinstance(t, ast.Name) and t.id == name for t in inner.targets
                ):
                    found += literals(inner.value, scope)
            return found
    return []


def pair_names(call: ast.Call, code_at: int, scope: ast.AST) -> frozenset[str] | None:
    """The names in the pairs given after a code, also where they come from a variable; null when they are computed."""
    given = [*call.args[code_at + 1 :], *(keyword.value for keyword in call.keywords if keyword.arg != "line")]
    names: set[str] = set()
    for argument in given:
        expressions = [argument]
        if isinstance(argument, ast.Name):
            expressions = [
                inner.value
                for inner in ast.walk(scope)
                if isinstance(inner, ast.Assign)
                and any(isinstance(t, ast.Name) and t.id == argument.id for t in inner.targets)
            ]
        for expression in expressions:
            if isinstance(expression, ast.Tuple):
                for pair in expression.elts:
                    if isinstance(pair, ast.Tuple) and pair.elts and isinstance(pair.elts[0], ast.Constant):
                        names.add(str(pair.elts[0].value))
            elif isinstance(expression, ast.Call):
                return None
    return frozenset(names)


def uses_in(path: Path) -> Iterator[Use]:
    tree = parsed(path)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    inside = {id(inner): function for function in functions for inner in ast.walk(function)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = name_of(node)
        code_at = {**KEYWORD_ERRORS, **PAIR_REASONS, "YamlError": 0}.get(name)
        if code_at is None or len(node.args) <= code_at:
            continue
        scope: ast.AST = inside.get(id(node), tree)
        place = f"{path.relative_to(ROOT)}:{node.lineno}"
        codes = literals(node.args[code_at], scope)
        if name == "add" and not (len(node.args) == 2 and codes):
            continue  # of a set
        if not codes:
            assert getattr(scope, "name", "") in FORWARDED, f"{place}: no code is named here; say in FORWARDED why"
            continue
        if name in KEYWORD_ERRORS:
            facts: frozenset[str] | None = frozenset(keyword.arg for keyword in node.keywords if keyword.arg)
            if any(keyword.arg is None for keyword in node.keywords):
                facts = None
        elif name == "YamlError":
            facts = frozenset()
        else:
            facts = pair_names(node, code_at, scope)
        also = ALSO_GIVEN.get(name, set())
        for code in codes:
            unsure = facts is None or code in NAMED_ELSEWHERE
            yield Use(code, None if unsure else frozenset(facts or ()) | also, place)


@cache
def all_uses() -> list[Use]:
    named = [use for path in sources() for use in uses_in(path)]
    return named + [Use(code, frozenset(facts), "tests") for code, facts in NAMED_ELSEWHERE.items()]


def parameters(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


FAMILIES: dict[str, tuple[str, ...]] = {
    "blanks": ("open", "confirmed"),
    "state": (*PageState, *BatchState),
    "review.quality.work": tuple(Work),
    "side": tuple(Side),
    "label": (*PageLabel, "None"),
    "decision": tuple(Decision),
    "value": ("true", "false", "present", "absent"),
    "weight": tuple(Weight),
    "verdict": (RuleVerdict.HOLDS, RuleVerdict.BROKEN),
    "basis": tuple(MatchBasis),
    "enclosure": tuple(EnclosureKind),
    "rule": (*RULES, *UNDOUBTED_RULES),
    "progress": ("receive", "split", "process", "verify", "retain", "backup", "restore"),
    "box_state": (*BoxState, "authorised"),
    "sampled": (*PageVerdict, "None"),
    "detail": tuple(
        f"{document} {schedule}" if document in BY_SCHEDULE else document.value
        for document in DocumentClass
        for schedule in Schedule
    ),
    "certificate": (DestructionState.AUTHORISED, DestructionState.DONE),
    "checked": (
        *PACKAGE_CHECKS,
        "scanned_sides",
        "files",
        "ledger_entries",
        "objects",
        "pages",
        "pages_processed_again",
        "statements",
        "transfers",
        "certificates",
        "seals",
        "signatures",
        "time_stamps",
        "seal_files",
        "accounts",
        "access_entries",
        "clients",
        "registrations",
        "hooks",
        "court_numbers",
        "events",
        "links",
        "held_objects",
        "layout_rows",
        "qualifications",
        *(f"claimed_{what}" for what in Claimed),
    ),
    "detail.stamp": tuple(StampProblem),
    "screens.role": tuple(PageRole),
    "screens.view": (*VIEWS, "readings", "annotations"),
    "key.state": (*Revocation, "in_force", "rotated"),
    "role": tuple(Role),
    "scope": tuple(Scope),
    "hook_state": tuple(HookState),
    "job_state": tuple(JobState),
    "obstacle": tuple(Obstacle),
    "client_state": ("open", "expired", "revoked"),
    "link_state": ("open", "expired", "revoked"),
    "verb": tuple(Verb),
    "queue": tuple(Queue),
    "signs_in_by": ("password", "provider"),
    "act": tuple(Act),
    "draft": tuple(DraftState),
    "help": tuple(f"{name}.short" for name in COMMANDS),
    **{f"transfer.{family}": members for family, members in TRANSFER_WORDS.items()},
    "package": PACKAGE_WORDS,
    "figures.table": TABLE_NAMES,
    "figures.column": COLUMN_NAMES,
    "figures.kind": tuple(kind for kind in Kind if kind not in (Kind.BARCODE, Kind.TEXT_BLOCK)),
    "figures.step": STEPS,
    "figures.chosen": ("sampled", "reviewed"),
    "figures.told": AGED,
    "event": tuple(EventKind),
    "standing": tuple(Standing),
    "detail.qualification": tuple(its for its in Standing if its is not Standing.VALID),
    "detail.side": tuple(Side),
    "target.figure": tuple(its.code for its in LIMITS),
    "target.unit": tuple({its.unit for its in LIMITS}),
    "target.source": tuple({its.source for its in LIMITS}),
    "target.mode": tuple(ColorMode),
    "target.from": tuple(PaperSource),
    "scan.paper": tuple(PaperSource),
    "scan.mode": tuple(ColorMode),
    "scan.kind": tuple(MailKind),
    "scan.state": tuple(SessionState),
    "scan.step": tuple(Step),
    "scan.letter": tuple(Step),
    "scan.fact": FACTS,
    "scan.header": HEADER_FACTS,
}
"""Codes that the command line builds from a value: `words(f"state.{...}")`."""


def constants_in(path: Path) -> Iterator[str]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


CONSTANTS = frozenset(chain.from_iterable(constants_in(path) for path in sources()))


QUOTED = re.compile(r"""["']((?:web|table|act|role|account|rule|metavar)[._][a-z0-9_.]*)["']""")
TEMPLATES = tuple(sorted((ROOT / "pipeline" / "web" / "pages").glob("*.html")))
IN_TEMPLATES = frozenset(chain.from_iterable(QUOTED.findall(path.read_text(encoding="utf-8")) for path in TEMPLATES))
"""Codes in the templates of pages; one that ends in a point is the beginning of a family."""
BEGINNINGS = tuple(
    sorted(
        code for code in IN_TEMPLATES | CONSTANTS if code.startswith("web.") and code.endswith(".") and code != "web."
    )
)
PAGE_FAMILIES: dict[str, tuple[str, ...]] = {
    "web.masks.kind": tuple(MaskKind),
    "web.scanners.lead": ("off", "warn", "block"),
    "web.scanners.size": ("letter", "a4"),
    "web.batches.state": ("all", "open", "closed"),
    "web.batches.order": tuple(BatchOrder),
    "web.quality.work": tuple(Work),
    "web.quality.drawn": tuple(Work),
    "web.quality.none": tuple(Work),
    "web.quality.by": tuple(by for by in By if by is not By.TOTAL),
    "web.quality.column": tuple(by for by in By if by is not By.TOTAL),
    "web.quality.answer": ("empty", "illegible", "undecided"),
    "web.quality.reader": ("marks", "ink", "zxing"),
    "web.batches.none": ("open", "closed"),
    "web.figures.none": ORDER,
    "web.figures.sheets": ("one", "many"),
    "web.figures.statements": ("one", "many"),
    "web.figures.tasks": ("one", "many"),
    "web.state": (*PageState, *BatchState, *Decision, RuleVerdict.HOLDS, RuleVerdict.BROKEN, "illegible"),
    "web.layouts.document": tuple(Document),
    "web.layouts.state": tuple(DraftState),
    "web.layouts.readonly": (DraftState.IN_FORCE, DraftState.WITHDRAWN),
    "web.layouts.deed": tuple(DraftAct),
    "web.layouts.note": ("begun", "edited", "restored", "text"),
    "web.layouts.done": ("begun", "saved", "restored", *(state for state in DraftState if state != "draft")),
    "web.layouts.tab": ("edit", "try", "force", "history"),
    "web.layouts.working": ("begin", "try", "measure"),
    "web.layouts.working.what": ("begin", "try", "measure"),
    "web.layouts.side": ("x", "y", "width", "height"),
    "web.layouts.border": tuple(Border),
    "web.layouts.need": tuple(Need),
    "web.layouts.filled": ("always", "never_judged", "when"),
    "web.layouts.kind": tuple(kind for kind in Kind if kind is not Kind.TEXT_BLOCK),
    "web.layouts.grammar": tuple(kind for kind in Kind if kind is not Kind.TEXT_BLOCK),
    "web.layouts.drop": ("space", "text", "edition"),
    "web.layouts.fact": ("kind", "grammar", "marks", "need", "filled", "ref"),
    "web.layouts.part": (EDITION_MARK, SHEET, ISSUER),
    "web.layouts.difference": (*Difference, "moved_by", "sized", "moved_sized"),
    "web.layouts.tried": tuple(Decision),
    "web.layouts.withdraw": ("draft", "edition"),
    "web.layouts.withdraw.what": ("draft", "edition"),
    "web.layouts.in": LANGUAGES,
    "web.layouts.language": LANGUAGES,
    "web.side": tuple(Side),
    "web.label": (*PageLabel, "none"),
    "web.role": tuple(PageRole),
    "web.source": ("layout", "electronic", "reader", "person", "persons", "supervisor"),
    "web.mark": ("true", "false"),
    "web.presence": ("present", "absent"),
    "web.language": LANGUAGES,
    "web.exceptions.sort": tuple(Sort),
    "web.letters.kind": ("letter", "other", "all"),
    "web.pages.form": tuple(Document),
    "web.pages.language": tuple(Language),
    "web.pages.split": ("none", "across", "down", "boxes"),
    "web.pages.beside": ("before", "other_side", "after", "whole"),
    "web.pages.reading": ("waiting", "reading", "done", "failed"),
    "web.pages.said": (*PAGE_VERBS, Verb.PLACED, Verb.SUPERSEDED, Verb.REOPEN),
    "web.pages.at": ("x", "y", "width", "height"),
    "web.case.role": tuple(PageRole),
    "web.case.done": tuple(ACTS),
    "web.case.said": (*STATEMENT_VERBS, *SETTLES_NOTHING, Verb.REOPEN, Verb.UNDO),
    "web.may": tuple(Role),
    "web.scanners.contrast": ("told",),
    "web.scanners.tone": ("told",),
    "web.scanners.evenness": ("told",),
    "web.jobs.kind": tuple(JobKind),
    "web.scan.kind": tuple(MailKind),
    "web.scan.pass": tuple(Pass),
    "web.scan.state": (*SessionState, "killed"),
    "web.scan.seen": ("new", "content", "blank", "separator", "separator_doubtful", "unreadable"),
    "web.jobs.age": ("seconds", "minutes", "hours", "days"),
    "web.hooks.delivery": tuple(DeliveryState),
    "web.hooks.done": ("pause", "resume", "replay_dead", "replay", "skip"),
    "web.accounts.done": ("roles", "disable", "enable", "unlock", "sign_out", "email"),
    "web.why": (
        *(f"hook_{done}" for done in ("pause", "resume", "replay_dead", "replay", "skip")),
        *(
            f"account_{done}"
            for done in ("added", "roles", "disable", "enable", "unlock", "reset", "sign_out", "email")
        ),
        *(
            "scanner_measured",
            "scanning",
            "scan_opened",
            "scan_fed",
            "scan_header",
            "scan_ended",
            "scanner_repaired",
            "statement_all",
            "review_blanks",
            "links",
            "link",
            "link_revoked",
            "hard_copy",
            "page_screen",
            "court_record_number",
            "record",
            "register",
        ),
        *("search", "token", "key", "pass", "unknown_statement", "unknown_link", "unknown_page", "ambiguous_number"),
        "restricted",
    ),
    "web.subject": ("api", "shown", "records", "links", "pages", "scanners", "scan"),
    "link_state": ("open", "expired", "revoked"),
    "web.status": ("400", "401", "403", "404", "405", "409", "413", "422", "500", "503", "other"),
}
"""As FAMILIES, of the pages."""


def own_details() -> Iterator[str]:
    """Causes that the program words itself, as opposed to what a library or the system said."""
    for path in sources():
        for node in ast.walk(parsed(path)):
            if not isinstance(node, ast.Call):
                continue
            if name_of(node) == "_DamagedError" and node.args and isinstance(node.args[0], ast.Constant):
                yield str(node.args[0].value)
            for keyword in node.keywords:
                if keyword.arg in {"detail", "cause", "why"} and isinstance(keyword.value, ast.Constant):
                    yield str(keyword.value.value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_that_is_raised_or_recorded_has_a_sentence(language: LanguageCode) -> None:
    uses = all_uses()

    assert len(uses) > 100
    assert {f"{use.code} ({use.place})" for use in uses if use.code not in catalogue(language)} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_uses_no_parameter_that_a_place_does_not_give(language: LanguageCode) -> None:
    sentences = catalogue(language)

    lacking = {
        f"{use.code} ({use.place}): {sorted(parameters(sentences[use.code]) - use.facts)}"
        for use in all_uses()
        if use.facts is not None and use.code in sentences and parameters(sentences[use.code]) - use.facts
    }

    assert lacking == set()


def test_both_languages_have_the_same_codes_with_the_same_parameters() -> None:
    french, english = catalogue("fr"), catalogue("en")

    assert french.keys() == english.keys()
    assert {code for code in french if parameters(french[code]) != parameters(english[code])} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_empty(language: LanguageCode) -> None:
    assert {code for code, text in catalogue(language).items() if not text.strip()} == set()


def test_no_code_of_the_catalogue_is_dead() -> None:
    alive = {use.code for use in all_uses()} | CONSTANTS
    alive |= {f"{family}.{member}" for family, members in {**PAGE_FAMILIES, **FAMILIES}.items() for member in members}
    alive |= {f"detail.{text}" for text in CONSTANTS}
    alive |= {f"detail.{os.strerror(number)}" for number in errno.errorcode}
    alive |= IN_TEMPLATES | {code for code in catalogue("fr") if code.startswith(BEGINNINGS)}

    assert set(catalogue("fr")) - alive == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_words_of_the_command_line_are_there(language: LanguageCode) -> None:
    named = {
        text
        for path in (ROOT / "pipeline" / "cli").glob("*.py")
        for text in constants_in(path)
        if CLI_CODE.fullmatch(text)
    }
    named |= {f"{family}.{member}" for family, members in FAMILIES.items() for member in members}

    assert named - catalogue(language).keys() == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_words_of_the_pages_are_there(language: LanguageCode) -> None:
    named = {code for code in IN_TEMPLATES | CONSTANTS if code.startswith("web.") and not code.endswith(".")}
    named |= {f"{family}.{member}" for family, members in PAGE_FAMILIES.items() for member in members}

    assert len(named) > 100
    assert named - catalogue(language).keys() == set()


CLI_CODE = re.compile(
    r"(balance|batch|checked|cli|help|intake|label|layouts|store|metavar|reconcile|table|value|verdict)\.[a-z_.]+"
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_causes_that_the_program_words_itself_are_in_both_languages(language: LanguageCode) -> None:
    details = set(own_details())

    assert "no pages" in details
    assert {text for text in details if f"detail.{text}" not in catalogue(language)} == set()


def test_numbers_are_written_as_the_language_writes_them() -> None:
    facts = {"confidence": "0.912", "least": "0.980"}

    assert sentence("low_confidence", facts, language="fr") == "Confiance de 0,912 ; il en faut 0,980."
    assert sentence("low_confidence", facts, language="en") == "Confidence 0.912; 0.980 is needed."
    assert "60,000" in sentence("side_too_long", {"width_px": 60000, "height_px": 1, "limit_px": 2}, language="en")


def test_a_statement_number_is_not_written_as_an_amount() -> None:
    assert "0123456789" in sentence("unknown_statement", {"number": "0123456789"}, language="fr")


def test_what_the_system_said_is_worded_in_french() -> None:
    said = sentence("source_unreadable", {"detail": "Permission denied"}, language="fr")

    assert said == "Le fichier ne peut être lu (les droits manquent)."


def test_a_code_without_a_sentence_still_shows_its_facts() -> None:
    assert sentence("never_heard_of", {"path": "/a"}, language="fr") == "never_heard_of (path=/a)"


def test_a_sentence_that_lacks_a_parameter_shows_the_code_and_the_facts() -> None:
    assert sentence("unknown_batch", {"other": 1}, language="en") == "unknown_batch (other=1)"


@pytest.mark.parametrize(
    ("locale", "language"),
    [("fr", "fr"), ("fr_CA.UTF-8", "fr"), ("FR-ca", "fr"), ("en_CA", "en"), ("C", "en"), ("de_DE", "en"), (None, "en")],
)
def test_the_language_follows_the_locale(locale: str | None, language: str) -> None:
    assert language_of(locale) == language


def test_the_compiled_words_of_the_command_line_library_are_those_of_their_source() -> None:
    folder = resources.files("pipeline.locale") / "fr" / "LC_MESSAGES"

    source = read_po(BytesIO((folder / "messages.po").read_bytes()), locale="fr")
    compiled = read_mo(BytesIO((folder / "messages.mo").read_bytes()))

    assert worded(compiled) == worded(source)


def worded(words: Catalog) -> set[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Ids and translations; both readers give one form as text, several as some sequence."""

    def forms(text: str | Sequence[str] | None) -> tuple[str, ...]:
        return (text,) if isinstance(text, str) else tuple(text or ())

    return {(forms(message.id), forms(message.string)) for message in words if message.id}
