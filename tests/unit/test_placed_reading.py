"""Pages are read beside the pages that people look at: one at a time, tried again, and ended with the server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from pipeline.errors import OperatorError, Unavailable
from pipeline.model import PageId
from pipeline.web.placed_reading import PlacedReader, ReadingState

ONE, TWO = PageId("b.0001.0001"), PageId("b.0001.0002")


class Scene:
    """A reader whose readings wait until they are let go."""

    def __init__(self) -> None:
        self.begun: list[PageId] = []
        self.rested = threading.Event()
        self.begins = threading.Semaphore(0)
        self.ends = threading.Semaphore(0)
        self.errors: list[Exception] = []
        self.together = 0

    def read(self, page: PageId) -> None:
        self.together += 1
        assert self.together == 1, "one at a time"
        self.begun.append(page)
        self.begins.release()
        assert self.ends.acquire(timeout=120)
        self.together -= 1
        if self.errors:
            raise self.errors.pop(0)


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def reader(scene: Scene) -> Iterator[PlacedReader]:
    made = PlacedReader(scene.read, rest=scene.rested.set, idle_s=0.05, pause_s=0.0)
    yield made
    scene.ends.release(10)
    made.close()


def _when(fact: Callable[[], bool]) -> bool:
    """Whether something comes true within ten seconds."""
    tick = threading.Event()
    return any(fact() or tick.wait(0.01) for _ in range(1000)) and fact()


def test_a_page_waits_is_read_and_done(scene: Scene, reader: PlacedReader) -> None:
    assert reader.state(ONE).state is ReadingState.WAITING

    reader.start(ONE)
    reader.start(TWO)
    scene.begins.acquire()

    assert (reader.state(ONE).state, reader.state(TWO).state) == (ReadingState.READING, ReadingState.WAITING)
    scene.ends.release(2)
    assert _when(lambda: reader.state(TWO).state is ReadingState.DONE)
    assert scene.begun == [ONE, TWO]


def test_while_a_batch_is_worked_on_it_is_tried_again(scene: Scene, reader: PlacedReader) -> None:
    scene.errors += [Unavailable("data_dir_busy", path="x"), Unavailable("data_dir_busy", path="x")]
    scene.ends.release(3)

    reader.start(ONE)

    assert _when(lambda: reader.state(ONE).state is ReadingState.DONE)
    assert scene.begun == [ONE, ONE, ONE]


@pytest.mark.parametrize(
    ("error", "code"),
    [(OperatorError("read_only", path="x"), "read_only"), (ValueError("a fault of ours"), "web.fault")],
)
def test_what_keeps_a_page_from_being_read_is_told(
    scene: Scene, reader: PlacedReader, error: Exception, code: str
) -> None:
    scene.errors.append(error)
    scene.ends.release()

    reader.start(ONE)

    assert _when(lambda: reader.state(ONE).state is ReadingState.FAILED)
    reason = reader.state(ONE).reason
    assert reason is not None
    assert reason.code == code


def test_after_a_while_without_pages_the_worker_goes_and_comes_again(scene: Scene, reader: PlacedReader) -> None:
    scene.ends.release(2)
    reader.start(ONE)
    assert scene.rested.wait(10)
    scene.rested.clear()

    reader.start(TWO)

    assert _when(lambda: reader.state(TWO).state is ReadingState.DONE)
    assert scene.rested.wait(10)


def test_closed_it_reads_no_more(scene: Scene, reader: PlacedReader) -> None:
    reader.start(ONE)
    scene.begins.acquire()
    reader.start(TWO)

    scene.ends.release(5)
    reader.close()
    reader.start(TWO)

    assert reader.closed
    assert scene.begun == [ONE]


def test_without_a_reader_pages_wait() -> None:
    reader = PlacedReader()
    reader.start(ONE)

    assert reader.state(ONE).state is ReadingState.WAITING
