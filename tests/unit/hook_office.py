"""Hooks in memory: whoever is told of events, and what fails on the way."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipeline.custody.events import EventKind, Telling
from pipeline.custody.hooks import DeliveryState, Obstacle
from pipeline.model import BatchId
from pipeline.ports.hooks import Told
from pipeline.usecases.hook_message import message_of
from pipeline.usecases.hooks import (
    HandedSecret,
    HookDesk,
    NewHook,
    Patience,
    add_hook,
)
from pipeline.usecases.hooks_delivery import Rests, deliver_due
from tests.fake_hooks import ScriptedReceiver
from tests.unit.gate import OPERATOR, House

URL = "https://court.example/in"
KEY = bytes(range(32))
DOWN = Told(None, Obstacle.UNREACHABLE)
WRONG = Told(400, Obstacle.STATUS)
SHORT = Patience(waits_s=(5, 30), spread=0)


@dataclass
class Office:
    """A house whose events are told to a receiver."""

    house: House
    receiver: ScriptedReceiver
    desk: HookDesk
    rests: Rests

    @staticmethod
    def make(patience: Patience = SHORT) -> Office:
        house, receiver = House.make(), ScriptedReceiver()
        told = HookDesk(
            house.records, house.clock, house.gate.chance, receiver, KEY, message_of, lambda *_: True, patience
        )
        return Office(house, receiver, told, Rests())

    def add(self, **changes: object) -> HandedSecret:
        new = replace(NewHook("court", URL), **changes)  # type: ignore[arg-type]  # fields of NewHook
        return add_hook(new, by=OPERATOR, desk=self.desk)

    def happens(self, *statements: str, kind: EventKind = EventKind.PUBLISHED, issuer: str = "valmont") -> None:
        with self.house.records.transaction() as change:
            for statement in statements:
                number = None if statement.endswith("?") else statement.rstrip("?")
                data = {"field": "plate", "value": "ABC123"}
                at = self.house.clock.now()
                change.events.append(Telling(kind, at, issuer, statement.rstrip("?"), number, BatchId("b"), data))

    def round(self) -> int:
        return deliver_due(self.desk, self.rests)

    def work(self) -> list[str]:
        """Rounds until there is nothing to do; ids of what was sent meanwhile."""
        before = len(self.receiver.sent)
        while self.round():
            continue
        return self.receiver.ids[before:]

    def states(self) -> dict[int, DeliveryState]:
        hook = self.house.records.hooks.all()[0]
        return {row.sequence: row.state for row in self.house.records.hooks.deliveries(hook.id, most=999)}
