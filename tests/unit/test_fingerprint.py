"""Which fingerprints are near: all pairs of a batch at once come to what each pair by itself comes to."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.imaging import fingerprint as its
from pipeline.imaging.fingerprint import BITS, NEAR, Fingerprint, near_before


def _one_by_one(prints: list[Fingerprint]) -> tuple[tuple[tuple[int, int], ...], ...]:
    return tuple(
        tuple(
            (mine.distance(other), place) for place, other in enumerate(prints[:index]) if mine.distance(other) <= NEAR
        )
        for index, mine in enumerate(prints)
    )


@st.composite
def _prints(draw: st.DrawFn) -> list[Fingerprint]:
    """Around two patterns, up to a few bits more away from them than counts as near."""
    bases = [draw(st.integers(0, 2**BITS - 1)) for _ in range(2)]
    found = []
    for _ in range(draw(st.integers(0, 12))):
        places = draw(st.sets(st.integers(0, BITS - 1), max_size=NEAR + 3))
        number = draw(st.sampled_from(bases)) ^ sum(1 << place for place in places)
        found.append(Fingerprint(f"{number:0{BITS // 4}x}"))
    return found


@settings(max_examples=60, deadline=None)
@given(_prints())
def test_all_at_once_are_as_near_as_each_by_itself(prints: list[Fingerprint]) -> None:
    assert near_before(prints) == _one_by_one(prints)


def test_a_distance_of_just_as_many_bits_is_near_and_one_more_is_not() -> None:
    prints = [Fingerprint(f"{number:060x}") for number in (0, (1 << NEAR) - 1, (1 << (NEAR + 1)) - 1)]

    assert near_before(prints) == ((), ((NEAR, 0),), ((1, 1),))


def test_more_than_are_compared_in_one_step_come_to_the_same() -> None:
    prints = [Fingerprint(f"{(number % 7) * 31:060x}") for number in range(its._AT_ONCE + 40)]

    assert near_before(prints) == _one_by_one(prints)
