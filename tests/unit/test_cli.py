"""The command line: exit codes, what goes to which stream, languages, and the shape of its JSON."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pexpect
import pytest
from PIL import Image

from pipeline.cli import COMMANDS, run
from pipeline.errors import InputRefused, IntegrityError, InvariantBroken, OperatorError, PipelineError, Unavailable
from pipeline.templates.problem import LayoutInvalid, Problem
from tests.e2e.command import CONSTAT, ROOT, constat, document, environment

LAYOUT = "iv.return.front.fr@generic-1"


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder that nothing was ever kept in."""
    folder = tmp_path / "kept"
    monkeypatch.setenv("CONSTAT_DATA_DIR", str(folder))
    return folder


# Exit codes


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--help"], 0),
        (["--version"], 0),
        ([], 2),
        (["no-such-command"], 2),
        (["show"], 2),
        (["intake"], 2),
        (["intake", "--workers", "0", "."], 2),
        (["intake", "--received-on", "24-11", "."], 2),
        (["intake", "no/such/folder"], 2),
        (["batch", "show"], 2),
        (["batch", "show", "--latest"], 2),
        (["verify"], 2),
        (["verify", "--all"], 2),
        (["show", "123456789"], 2),
        (["batch", "list"], 0),
        (["config"], 0),
        (["layouts", "list"], 0),
        (["layouts", "show", "no.such.layout"], 2),
    ],
)
def test_exit_codes_of_plain_use(arguments: list[str], code: int, data_dir: Path) -> None:
    assert run(arguments) == code


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, data_dir: Path) -> None:
    assert run([command, "--help"]) == 0


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputRefused("encrypted_pdf"), 1),
        (IntegrityError("database_corrupt", detail="x"), 1),
        (OperatorError("unknown_batch", batch="x"), 2),
        (Unavailable("disk_full", path="/x"), 3),
        (InvariantBroken("unexpected_result"), 70),
        (RuntimeError("a fault"), 70),
        (KeyboardInterrupt(), 130),
    ],
)
def test_whoever_can_act_decides_the_exit_code(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(error, monkeypatch)

    assert run(["config"]) == code
    out, err = capsys.readouterr()
    assert out == ""
    if isinstance(error, PipelineError):
        assert f"[{error.code}]" in err
    assert err.strip()


def test_every_problem_of_a_layout_file_is_a_line_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    problems = (
        Problem("layout_key_missing", "size_mm", (("key", "size_mm"),), line=2),
        Problem("layout_yaml_alias", line=7),
        Problem("layout_file_large", params=(("characters", 2), ("most", 1))),
    )
    failing(LayoutInvalid("a.yaml", problems), monkeypatch)

    assert run(["config"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 + len(problems)
    for line, problem in zip(lines[1:], problems, strict=True):
        assert problem.code in line


def failing(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def raise_it() -> None:
        raise error

    monkeypatch.setattr("pipeline.cli.settings.load_settings", raise_it)


# Looking changes nothing


@pytest.mark.parametrize(
    "arguments", [["batch", "list"], ["batch", "show", "--latest"], ["show", "1"], ["verify", "--all"], ["config"]]
)
def test_looking_into_a_folder_where_nothing_is_kept_makes_nothing(arguments: list[str], data_dir: Path) -> None:
    run(arguments)

    assert not data_dir.exists()


def test_no_batch_is_an_empty_list_in_json(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["batch", "list", "--json"]) == 0

    assert json.loads(capsys.readouterr().out) == []


def test_a_verification_of_nothing_is_no_clean_one(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "--all"]) == 2

    assert f"{data_dir}" in capsys.readouterr().err


# Streams and languages


def test_results_go_to_stdout_and_messages_to_stderr(data_dir: Path, tmp_path: Path) -> None:
    listed = constat("layouts", "list", data_dir=data_dir)
    drawn = constat("layouts", "render", LAYOUT, "--out", tmp_path / "form.png", "--dpi", "60", data_dir=data_dir)

    assert LAYOUT in listed.stdout.splitlines()
    assert listed.stderr == ""
    assert drawn.stdout == ""
    assert str(tmp_path / "form.png") in drawn.stderr
    with Image.open(tmp_path / "form.png") as image:
        assert image.size[0] > 200


def test_help_and_errors_are_french_in_a_french_locale(data_dir: Path) -> None:
    helped = constat("--help", data_dir=data_dir, CONSTAT_LANGUAGE="", LC_ALL="fr_CA.UTF-8")
    wrong = constat("intake", "--workers", "0", ".", data_dir=data_dir, CONSTAT_LANGUAGE="fr")
    missing = constat("intake", "no/such/folder", data_dir=data_dir, CONSTAT_LANGUAGE="fr")

    assert helped.stdout.startswith("Utilisation :")
    assert "Commandes" in helped.stdout
    assert "Valeur invalide" in wrong.stderr
    assert "n'existe pas" in missing.stderr


@pytest.mark.parametrize("command", ["", *COMMANDS, "batch show", "layouts show", "layouts render"])
def test_no_english_is_left_in_french_help(command: str, data_dir: Path) -> None:
    helped = constat(*command.split(), "--help", data_dir=data_dir, CONSTAT_LANGUAGE="fr")

    assert helped.returncode == 0
    assert not re.search(
        r"\b(Usage|Show|the|PATH|NAME|NUMBER|FILE|COMMAND|ARGS|INTEGER|required|default)\b", helped.stdout
    )


@pytest.mark.parametrize("language", ["fr", "en"])
def test_help_fits_80_columns(language: str, data_dir: Path) -> None:
    helped = constat("intake", "--help", data_dir=data_dir, CONSTAT_LANGUAGE=language)

    assert max(map(len, helped.stdout.splitlines())) <= 80


def test_a_reader_that_goes_away_is_no_error(data_dir: Path) -> None:
    ran = subprocess.run(
        ["bash", "-c", '"$@" | head -1', "-", *CONSTAT, "layouts", "show", LAYOUT, "--json"],
        env=environment(data_dir),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.stdout == "{\n"
    assert ran.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_output_that_cannot_be_written_ends_with_3(data_dir: Path) -> None:
    with open("/dev/full", "w") as full:
        ran = subprocess.run(
            [*CONSTAT, "layouts", "list"],
            env=environment(data_dir),
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert ran.returncode == 3
    assert "no space is left" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_terminal_that_lacks_characters_shows_others(intake: tuple[dict[str, Any], Path]) -> None:
    ran = constat("batch", "list", data_dir=intake[1], CONSTAT_LANGUAGE="fr", PYTHONIOENCODING="ascii")

    assert ran.returncode == 0
    assert "?tat" in ran.stdout


def test_a_wrong_setting_ends_with_2_and_is_named(data_dir: Path) -> None:
    ran = constat("config", data_dir=data_dir, CONSTAT_DATABASE_URL="mysql://db")

    assert ran.returncode == 2
    assert "CONSTAT_DATABASE_URL=mysql://db" in ran.stderr


# JSON documents

Shape = dict[str, type | tuple[type, ...]]
NUMBER = (int, float)
MAYBE_TEXT = (str, type(None))
MAYBE_NUMBER = (int, float, type(None))
INTAKE: Shape = {
    "batch": str, "state": str, "counts": dict, "seconds": dict, "refused": list, "pages": list, "statements": list,
    "alarms": list,
}  # fmt: skip
COUNTS = (
    "files", "sheets", "images", "blank_sides", "statements", "returns", "enclosures", "unidentified", "refused",
    "fields", "accepted", "to_review", "empty",
)  # fmt: skip
REFUSED: Shape = {"file": str, "code": str, "message": str}
PAGE: Shape = {
    "id": str, "file": str, "page_number": int, "issuer": str, "group": int, "sheet": int, "side": str, "sha256": str,
    "label": str, "layout": MAYBE_TEXT, "layout_score": MAYBE_NUMBER, "rotation_deg": MAYBE_NUMBER,
    "skew_deg": MAYBE_NUMBER, "residual_mm": MAYBE_NUMBER, "statement_number": MAYBE_TEXT, "state": str,
    "reasons": list, "fields": dict,
}  # fmt: skip
FIELD: Shape = {
    "value": (str, bool, type(None)), "text": str, "confidence": NUMBER, "decision": str, "reader": str,
    "box_mm": list, "box_px": list, "alternatives": list,
}  # fmt: skip
STATEMENT: Shape = {
    "issuer": str, "number": MAYBE_TEXT, "schedule": MAYBE_TEXT, "state": str, "returns": list, "enclosures": list,
    "received_on": MAYBE_TEXT, "pages": list, "designation": MAYBE_TEXT, "rules": list,
}  # fmt: skip
LABELS = {"form", "blank", "enclosure", "separator", "unidentified"}
END_STATES = {"in_review", "ready", "archived", "exception"}


@pytest.fixture(scope="module")
def intake(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """The document of an intake of one sheet and a file that is none, and the data folder."""
    folder = tmp_path_factory.mktemp("mail")
    kept = tmp_path_factory.mktemp("kept")
    for side in ("front", "back"):
        name = f"a1_{side}.jpg"
        (folder / name).write_bytes((ROOT / "samples" / "batches" / "loose" / name).read_bytes())
    (folder / "empty.pdf").write_bytes(b"")
    ran = constat("intake", folder, "--received-on", "2026-11-20", "--json", "--workers", "1", data_dir=kept)
    assert ran.returncode == 1, ran.stderr
    return document(ran), kept


def check_shape(found: dict[str, Any], shape: Shape) -> None:
    for key, kinds in shape.items():
        assert key in found, key
        assert isinstance(found[key], kinds), f"{key}: {found[key]!r}"
        assert isinstance(kinds, tuple) or kinds is bool or not isinstance(found[key], bool), key


def test_the_intake_document_has_every_key_with_its_type(intake: tuple[dict[str, Any], Path]) -> None:
    found, _ = intake

    check_shape(found, INTAKE)
    assert found["state"] == "complete"
    assert set(COUNTS) <= found["counts"].keys()
    assert all(type(found["counts"][name]) is int for name in COUNTS)
    assert set(found["seconds"]) >= {"wall", "cpu"}
    for each in found["refused"]:
        check_shape(each, REFUSED)


def test_the_pages_of_the_document_have_every_key_with_its_type(intake: tuple[dict[str, Any], Path]) -> None:
    pages = intake[0]["pages"]

    assert [page["side"] for page in pages] == ["front", "back"]
    for page in pages:
        check_shape(page, PAGE)
        assert re.fullmatch(r"[0-9a-f]{64}", page["sha256"])
        assert page["label"] in LABELS
        assert page["state"] in END_STATES


def test_the_fields_of_the_document_have_every_key_with_its_type(intake: tuple[dict[str, Any], Path]) -> None:
    fields = {name: field for page in intake[0]["pages"] for name, field in page["fields"].items()}

    assert "statement_number" in fields
    for field in fields.values():
        check_shape(field, FIELD)
        assert 0.0 <= field["confidence"] <= 1.0
        assert field["decision"] in {"accepted", "review", "empty"}
        assert len(field["box_mm"]) == len(field["box_px"]) == 4


def test_the_statements_of_the_document_have_every_key_with_its_type(intake: tuple[dict[str, Any], Path]) -> None:
    found, _ = intake

    assert found["statements"]
    for statement in found["statements"]:
        check_shape(statement, STATEMENT)
        assert set(statement["pages"]) <= {page["id"] for page in found["pages"]}
        assert statement["received_on"] == "2026-11-20"
        for rule in statement["rules"]:
            assert rule["verdict"] in {"holds", "broken", "unknown"}


def test_counts_agree_with_what_is_listed(intake: tuple[dict[str, Any], Path]) -> None:
    found, _ = intake
    decisions = [field["decision"] for page in found["pages"] for field in page["fields"].values()]

    counts = found["counts"]
    assert counts["images"] == len(found["pages"])
    assert counts["refused"] == len(found["refused"]) == 1
    assert counts["fields"] == len(decisions) == counts["accepted"] + counts["to_review"] + counts["empty"]
    assert counts["accepted"] == decisions.count("accepted")


def test_batch_show_prints_the_document_of_the_intake(intake: tuple[dict[str, Any], Path]) -> None:
    found, kept = intake

    assert document(constat("batch", "show", "--latest", "--json", data_dir=kept)) == found


def test_a_statement_is_shown_with_its_fields_and_reasons(intake: tuple[dict[str, Any], Path]) -> None:
    found, kept = intake
    number = found["statements"][0]["number"]

    shown = constat("show", number, data_dir=kept, CONSTAT_LANGUAGE="fr")
    told = document(constat("show", f"generic:{number}", "--json", data_dir=kept))

    assert shown.returncode == 0
    assert "Numéro du constat" in shown.stdout
    assert "à vérifier" in shown.stdout
    assert told["number"] == number
    assert [page["id"] for page in told["page_details"]] == [page["id"] for page in found["pages"]]


@pytest.mark.parametrize("width", [80, 120])
def test_tables_fit_the_terminal(width: int, intake: tuple[dict[str, Any], Path]) -> None:
    found, kept = intake

    shown = on_terminal(["show", found["statements"][0]["number"]], kept, width)

    assert len(shown) > 20
    assert max(map(len, shown)) <= width


def on_terminal(arguments: list[str], kept: Path, width: int) -> list[str]:
    """What a terminal of that width shows."""
    child = pexpect.spawn(
        CONSTAT[0], [*CONSTAT[1:], *arguments], env={**environment(kept), "TERM": "dumb"}, cwd=str(ROOT),
        dimensions=(50, width), encoding="utf-8", timeout=60,
    )  # fmt: skip
    shown = child.read()
    child.close()
    assert child.exitstatus == 0, shown
    return [line.rstrip("\r") for line in shown.split("\n")]


def test_a_layout_is_described_in_millimetres(data_dir: Path) -> None:
    found = document(constat("layouts", "show", LAYOUT, "--json", data_dir=data_dir))

    assert set(found) >= {"id", "schedule", "document", "side", "language", "edition", "size_mm", "zones"}
    for zone in found["zones"]:
        assert set(zone) >= {"name", "kind", "need", "critical", "box_mm", "lines", "comb", "marks"}
        assert len(zone["box_mm"]) == 4
