"""What storms are made with: plans that come again, a proxy that spoils what it should, an account that sees."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from benchmarks.chaos import Asked, asked
from tests.chaos.account import Kept, unequal
from tests.chaos.plan import CLERK, Fault, plan
from tests.chaos.proxy import CuttingProxy, cutting_proxy
from tests.chaos.test_divided import FAULTS, POSSIBLE

READ_S = 60.0


@pytest.fixture
def proxy() -> Iterator[CuttingProxy]:
    """Before a server that says again whatever it is told."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def echo(client: socket.socket) -> None:
            with client, suppress(OSError):
                while chunk := client.recv(1 << 12):
                    client.sendall(chunk)

        def serve() -> None:
            for _ in range(3):
                client, _ = listening.accept()
                threading.Thread(target=echo, args=(client,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        with cutting_proxy(int(listening.getsockname()[1])) as found:
            yield found


def _connected(proxy: CuttingProxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=READ_S)


def _read_on(client: socket.socket) -> None:
    while client.recv(100):
        continue


def test_a_plan_comes_again_by_its_seed_and_leaves_nothing_out() -> None:
    planned = plan(1, FAULTS, POSSIBLE)

    assert planned == plan(1, FAULTS, POSSIBLE) != plan(2, FAULTS, POSSIBLE)
    assert {its.fault for its in planned} == set(Fault)
    assert {its.subject for its in planned if its.fault is Fault.KILL} == set(POSSIBLE[Fault.KILL])
    assert {its.subject for its in planned if its.fault is Fault.FULL} == set(POSSIBLE[Fault.FULL])
    assert planned[0].subject == CLERK
    assert [its.share for its in planned] == sorted(its.share for its in planned)


def test_a_connection_is_torn_after_so_many_bytes(proxy: CuttingProxy) -> None:
    with closing(_connected(proxy)) as client:
        client.sendall(b"whole")
        assert client.recv(100) == b"whole"
        proxy.tear(3)
        client.sendall(b"broken off")

        with pytest.raises(ConnectionResetError):
            _read_on(client)
    with closing(_connected(proxy)) as again:
        again.sendall(b"well")
        assert again.recv(100) == b"well"


def test_what_is_held_arrives_later_and_what_is_away_is_refused(proxy: CuttingProxy) -> None:
    with closing(_connected(proxy)) as client:
        proxy.hold()
        client.sendall(b"later")
        client.settimeout(0.1)
        with pytest.raises(TimeoutError):
            client.recv(100)
        proxy.go_on()
        client.settimeout(READ_S)
        assert client.recv(100) == b"later"
        proxy.open = False
        assert proxy.cut() == 1
    # The reset may overtake the end of connecting: then connecting meets it, and there is nothing to read from.
    with pytest.raises(ConnectionResetError), closing(_connected(proxy)) as refused:
        _read_on(refused)


def test_the_account_names_what_is_lost_and_what_differs() -> None:
    calm = Kept({("a", 0): ("1", "read"), ("a", 1): ("2", "read")}, ("one",))

    assert unequal(calm, calm) == []
    assert unequal(calm, Kept({("a", 0): ("1", "read")}, ("one",))) == ["lost: ('a', 1)"]
    other = {**calm.pages, ("a", 1): ("2", "misread"), ("b", 0): ("3", "read")}
    assert unequal(calm, Kept(other, ())) == [
        "from nowhere: ('b', 0)",
        "('a', 1): misread instead of read",
        "statements: () instead of ('one',)",
    ]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], Asked(200, 20261128, 60)),
        (["300"], Asked(300, 20261128, 90)),
        (["20", "7", "12"], Asked(20, 7, 12)),
        (["--sheets", "20", "--faults", "12", "--seed", "7"], Asked(20, 7, 12)),
        (["20", "--seed", "7"], Asked(20, 7, 10)),
    ],
)
def test_a_long_storm_is_asked_for_by_options_or_by_numbers(arguments: list[str], expected: Asked) -> None:
    assert asked(arguments) == expected


@pytest.mark.parametrize("arguments", [["0"], ["many"], ["-5"], ["1", "2", "3", "4"], ["20", "--sheets", "30"]])
def test_a_storm_that_cannot_be_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        asked(arguments)

    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err
