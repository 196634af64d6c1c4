"""Scanners run beside the pages, and whatever ends them frees their sessions."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from pipeline.custody.scanning import ScanWish
from pipeline.errors import OperatorError, Unavailable
from pipeline.model import BatchId
from pipeline.web.scan_room import ScanRoom, Wanted

ONE, OTHER = BatchId("2026-11-28-001"), BatchId("2026-11-28-002")
WANTED = Wanted("sane:test:0", ScanWish(), "jgagnon")
PATIENCE_S = 30.0


class Stack:
    """Paper that goes on until somebody stops it."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.ended: list[BatchId] = []

    def feed(self, batch: BatchId, _: Wanted, stop: threading.Event) -> None:
        self.begun.release()
        assert stop.wait(PATIENCE_S)
        self.ended.append(batch)


def until(true: Callable[[], bool]) -> None:
    for _ in range(round(PATIENCE_S / 0.01)):
        if true():
            return
        threading.Event().wait(0.01)
    pytest.fail("never came true")


def test_sessions_are_fed_beside_each_other_and_one_only_once() -> None:
    stack = Stack()
    room = ScanRoom(stack.feed)
    room.start(ONE, WANTED)
    room.start(OTHER, WANTED)
    for _ in range(2):
        assert stack.begun.acquire(timeout=PATIENCE_S)

    with pytest.raises(Unavailable, match="session_busy"):
        room.start(ONE, WANTED)
    room.stop(ONE)
    until(lambda: not room.state(ONE).running)

    assert (stack.ended, room.state(OTHER).running) == ([ONE], True)
    room.start(ONE, WANTED)
    room.close()
    assert sorted(stack.ended) == [ONE, ONE, OTHER]
    with pytest.raises(Unavailable, match="server_stops"):
        room.start(ONE, WANTED)


def test_why_a_feeding_could_not_begin_is_told_until_the_next_one() -> None:
    tries: list[int] = []

    def feed(*_: object) -> None:
        tries.append(len(tries))
        if len(tries) == 1:
            raise OperatorError("scanner_not_found", scanner="sane:test:0")
        if len(tries) == 2:
            raise ValueError("a mistake of ours")

    room = ScanRoom(feed)
    for code in ("scanner_not_found", "scan_broken_off"):
        room.start(ONE, WANTED)
        until(lambda: not room.state(ONE).running)
        refused = room.state(ONE).refused
        assert refused is not None
        assert refused.code == code
    room.start(ONE, WANTED)
    until(lambda: not room.state(ONE).running)
    assert room.state(ONE).refused is None


def test_a_batch_is_read_once_its_turn_comes_and_a_refusal_does_not_hold_up_the_next() -> None:
    read: list[BatchId] = []

    def one(batch: BatchId) -> None:
        read.append(batch)
        if len(read) == 1:
            raise Unavailable("data_dir_busy", path="/data")
        if batch == OTHER:
            raise OperatorError("read_only", path="/data")

    rested = threading.Event()
    room = ScanRoom(read=one, rest=rested.set, idle_s=0.05, pause_s=0.01)
    room.read(ONE)
    room.read(ONE)
    room.read(OTHER)

    until(rested.is_set)
    assert sorted(read) == [ONE, ONE, OTHER]
    assert not room.state(ONE).reading
