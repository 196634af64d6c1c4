"""A gate in memory, with an account behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pipeline.custody.people import Act, Role
from pipeline.model import Language
from pipeline.usecases.accounts import NewAccount, add_account
from pipeline.usecases.gate import Gate
from pipeline.usecases.sessions import Refused, SignedIn
from pipeline.usecases.sign_in import change_password, sign_in
from tests.fake_people import CheapPasswords, CountedChance
from tests.fake_records import MemoryRecords

FIRST = "lac-veston-1"
OWN = "trombone-lac-veston"
ADDRESS = "192.0.2.7"
OPERATOR = "os:root"


class SetClock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def go(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@dataclass
class House:
    """A gate, its records and its clock."""

    records: MemoryRecords
    clock: SetClock
    passwords: CheapPasswords
    gate: Gate

    @staticmethod
    def make() -> House:
        clock, passwords = SetClock(), CheapPasswords()
        records = MemoryRecords(clock)
        return House(records, clock, passwords, Gate(records, clock, passwords, CountedChance()))

    def add(self, name: str, *roles: Role, issuer: str | None = None) -> None:
        new = NewAccount(name, frozenset(roles or {Role.REVIEWER}), Language.FR, issuer=issuer)
        add_account(new, FIRST, by=OPERATOR, gate=self.gate)

    def enter(self, name: str, *roles: Role, issuer: str | None = None) -> SignedIn:
        """Add the account, sign in, change the first password."""
        self.add(name, *roles, issuer=issuer)
        first = self.sign_in(name, FIRST)
        assert isinstance(first, SignedIn)
        signed = change_password(first.token, FIRST, OWN, address=ADDRESS, gate=self.gate)
        assert isinstance(signed, SignedIn)
        return signed

    def sign_in(self, name: str, password: str = OWN, *, address: str = ADDRESS) -> SignedIn | Refused:
        return sign_in(name, password, address=address, gate=self.gate)

    def acts(self) -> list[tuple[str, Act, str]]:
        """Who, what and why of the access log."""
        return [(its.who, its.act, its.why) for its in self.records.access.entries()]


def codes(refused: object) -> list[str]:
    assert isinstance(refused, Refused), refused
    return [its.code for its in refused.reasons]
