"""Pieces of a scan whose colour is kept apart: pixel by pixel those of the whole picture."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.geometry import BoxMm
from pipeline.imaging.chroma import colored
from pipeline.web.page_scan import PageScan
from pipeline.web.picture_worker import Locks, PictureWorker
from pipeline.web.review_pictures import strip

CHANCE = np.random.default_rng(7)


def scan(height: int, width: int) -> PageScan:
    light = CHANCE.integers(0, 256, (height, width), dtype=np.uint8)
    chroma = CHANCE.integers(60, 200, (max(1, height // 2), max(1, width // 2), 2), dtype=np.uint8)
    return PageScan(light, chroma, 300.0)


@given(st.integers(2, 41), st.integers(2, 41), st.data())
def test_a_part_is_what_the_whole_picture_has_there(height: int, width: int, data: st.DataObject) -> None:
    its = scan(height, width)
    assert its.chroma is not None
    assert not isinstance(its.light, type(None))
    y0, x0 = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    y1, x1 = data.draw(st.integers(y0 + 1, height)), data.draw(st.integers(x0 + 1, width))

    whole = colored(its.light, its.chroma)

    assert np.array_equal(its.part(x0, y0, x1, y1), whole[y0:y1, x0:x1])


def test_a_part_without_colour_is_grey() -> None:
    light = CHANCE.integers(0, 256, (9, 9), dtype=np.uint8)

    assert np.array_equal(PageScan(light, None, 300.0).part(2, 3, 5, 9), light[3:9, 2:5])


@given(st.integers(2, 60), st.integers(2, 40), st.data())
def test_a_strip_at_half_its_size_looks_like_the_whole_picture(height: int, width: int, data: st.DataObject) -> None:
    """Of even colours: then shrinking changes nothing."""
    light = np.full((height, width), data.draw(st.integers(40, 200)), np.uint8)
    chroma = np.full((height // 2, width // 2, 2), data.draw(st.integers(100, 150)), np.uint8)
    y0 = data.draw(st.integers(0, height - 2))
    y1 = data.draw(st.integers(y0 + 2, height))

    small = PageScan(light, chroma, 300.0).halved(y0, y1)

    assert small.shape == ((y1 - y0) // 2, width // 2, 3)
    assert np.abs(small.astype(int) - colored(light, chroma)[0, 0].astype(int)).max() <= 2


@pytest.mark.parametrize("box", [BoxMm(0.0, 500.0, 20.0, 10.0), BoxMm(0.0, -30.0, 20.0, 10.0)])
def test_beyond_the_paper_it_is_white(box: BoxMm) -> None:
    assert (strip(scan(90, 40), box) == 255).all()


def test_what_two_ask_for_at_once_is_made_once_after_the_other() -> None:
    locks, inside, most = Locks(), 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(50):
            with locks.holding("page"):
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == 1
    assert locks._held == {}


def test_work_ahead_goes_on_after_a_fault_and_leaves_out_what_has_no_room() -> None:
    worker, done, gate = PictureWorker(8), [], threading.Event()

    def fails() -> None:
        gate.wait(10)
        raise ValueError

    assert worker.add("page", fails)
    taken = [worker.add(number, lambda: done.append(1)) for number in range(40)]
    gate.set()
    worker.join()

    assert not all(taken)
    assert len(done) == sum(taken)
    assert worker.waiting == 0


def test_work_that_waits_already_is_not_taken_twice_and_once_done_may_come_again() -> None:
    worker, done, gate = PictureWorker(), [], threading.Event()

    def waits() -> None:
        gate.wait(10)
        done.append(1)

    assert worker.add("page", waits)
    assert not worker.add("page", lambda: done.append(2))
    gate.set()
    worker.join()

    assert worker.add("page", lambda: done.append(3))
    worker.join()
    assert done == [1, 3]
