"""`constat client`, and what can be no client."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.config import load_settings
from pipeline.custody.court import Scope
from pipeline.custody.people import Role
from pipeline.errors import OperatorError
from pipeline.usecases.clients import NewClient, add_client, client_of, revoke_client, rotate_client
from pipeline.usecases.court_entries import compare_clients
from pipeline.wiring import gate, serving
from tests.unit.gate import OPERATOR, House

READS = frozenset({Scope.READ})


@pytest.fixture
def house() -> House:
    return House.make()


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "kept"
    monkeypatch.setenv("CONSTAT_DATA_DIR", str(folder))
    return folder


@pytest.mark.parametrize(
    ("new", "code"),
    [
        (NewClient("Court!", Role.COURT, READS), "bad_client_name"),
        (NewClient("court", Role.REVIEWER, READS), "client_role"),
        (NewClient("court", Role.COURT, frozenset()), "client_without_scope"),
        (NewClient("city", Role.PROSECUTOR, READS), "prosecutor_needs_issuer"),
        (NewClient("city", Role.PROSECUTOR, frozenset(Scope), "valmont"), "client_may_not_assign"),
    ],
)
def test_what_can_be_no_client_is_refused_and_leaves_nothing(new: NewClient, code: str, house: House) -> None:
    with pytest.raises(OperatorError) as refused:
        add_client(new, by=OPERATOR, gate=house.gate)

    assert refused.value.code == code
    assert house.records.clients.all() == ()


def test_a_key_is_handed_over_once_and_kept_nowhere(house: House) -> None:
    handed = add_client(NewClient("court", Role.COURT, READS), by=OPERATOR, gate=house.gate)

    assert client_of(handed.key, gate=house.gate) == handed.client
    assert handed.key not in repr(handed) + repr(house.records.tables)
    assert client_of(handed.key + "x", gate=house.gate) is None
    assert client_of("", gate=house.gate) is None


def test_a_key_ends_on_its_day_and_an_old_one_never_lives_longer_by_rotation(house: House) -> None:
    first = add_client(NewClient("court", Role.COURT, READS, days=1), by=OPERATOR, gate=house.gate)
    second = rotate_client("court", days=2, overlap_hours=48, by=OPERATOR, gate=house.gate)

    house.clock.go(86_399)
    assert client_of(first.key, gate=house.gate) is not None
    house.clock.go(1)
    assert client_of(first.key, gate=house.gate) is None
    assert client_of(second.key, gate=house.gate) is not None


def test_a_name_is_given_once_even_after_its_client_was_revoked(house: House) -> None:
    new = NewClient("court", Role.COURT, READS)
    handed = add_client(new, by=OPERATOR, gate=house.gate)
    revoke_client("court", by=OPERATOR, gate=house.gate)

    assert client_of(handed.key, gate=house.gate) is None
    with pytest.raises(OperatorError, match="client_exists"):
        add_client(new, by=OPERATOR, gate=house.gate)
    with pytest.raises(OperatorError, match="client_revoked"):
        rotate_client("court", days=1, overlap_hours=0, by=OPERATOR, gate=house.gate)
    with pytest.raises(OperatorError, match="unknown_client"):
        revoke_client("nobody", by=OPERATOR, gate=house.gate)


def test_every_change_is_in_the_ledger_with_who_did_it(house: House) -> None:
    handed = add_client(NewClient("court", Role.COURT, READS), by=OPERATOR, gate=house.gate)
    rotate_client("court", days=1, overlap_hours=0, by=OPERATOR, gate=house.gate)
    revoke_client("court", by=OPERATOR, gate=house.gate)

    clients, entries = house.records.clients.attested()
    assert [(its.kind, json.loads(its.body)["what"], json.loads(its.body)["by"]) for its in entries] == [
        ("client_added", "added", OPERATOR),
        ("client_changed", "rotated", OPERATOR),
        ("client_changed", "revoked", OPERATOR),
    ]
    assert all(handed.key not in its.body for its in entries)
    assert list(compare_clients(clients, entries)) == []
    assert [its.code for its in compare_clients((), entries)] == ["record_missing"]
    assert [its.code for its in compare_clients(clients, ())] == ["record_unknown_to_ledger"]


def test_the_key_alone_is_on_stdout(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["client", "add", "Court", "--role", "court"]) == 0
    (key,) = capsys.readouterr().out.splitlines()
    assert run(["client", "rotate", "court", "--overlap-hours", "0"]) == 0
    (new,) = capsys.readouterr().out.splitlines()

    its = gate(serving(load_settings()))
    assert client_of(key, gate=its) is None
    found = client_of(new, gate=its)
    assert found is not None
    assert found.scopes == frozenset(Scope) - {Scope.REGISTER}


def test_clients_are_listed_without_their_keys(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["client", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert not data_dir.exists()
    assert run(["client", "revoke", "court"]) == 2
    assert not data_dir.exists()
    run(["client", "add", "city", "--role", "prosecutor", "--issuer", "generic", "--scope", "read", "--days", "7"])
    run(["client", "add", "old", "--role", "court"])
    run(["client", "revoke", "old"])
    capsys.readouterr()

    assert run(["client", "list", "--json"]) == 0
    city, old = json.loads(capsys.readouterr().out)
    assert (city["name"], city["role"], city["issuer"], city["scopes"]) == ("city", "prosecutor", "generic", ["read"])
    assert (len(city["keys_expire_at"]), old["keys_expire_at"], old["revoked"]) == (1, [], True)
    assert run(["client", "list"]) == 0
    assert "city" in capsys.readouterr().out


def test_what_an_operator_cannot_mean_is_wrong_usage(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["client", "add", "city", "--role", "prosecutor"]) == 2
    assert run(["client", "add", "city", "--role", "reviewer"]) == 2
    assert run(["client", "add", "city", "--role", "prosecutor", "--issuer", "nowhere"]) == 2
    assert run(["client", "add", "court", "--role", "court", "--days", "0"]) == 2
    assert run(["client", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
