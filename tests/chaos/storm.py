"""A storm: faults befall a site while its work goes on, and are told afterwards."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tests.chaos.crew import Crew, Program
from tests.chaos.mail import Mail
from tests.chaos.plan import CLERK, Fault, Planned
from tests.chaos.site import Site, Standing

_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Storm:
    """What happened.

    Attributes:
        injected: faults that came while work was left to do.
        late: faults for which there was no work any more.
        ends: exit codes of our programs, negative for those that were killed.
        wall_s: from the first program to the end of the work.
    """

    injected: tuple[Planned, ...]
    late: int
    ends: Counter[int]
    wall_s: float


@dataclass(slots=True)
class _Weather:
    site: Site
    crew: Crew
    mail: Mail
    late_s: float
    done: bool = False

    def standing(self) -> Standing | None:
        return self.site.standing(len(self.mail.files), self.mail.images)

    def look(self) -> Standing | None:
        """Have the crew kept up; where it stands."""
        assert time.monotonic() < self.late_s, _told(self.crew.programs)
        standing = self.standing()
        self.done = self.crew.keep_up(standing)
        time.sleep(_POLL_S)
        return standing

    def strike(self, its: Planned) -> None:
        struck = next((program for program in self.crew.programs if program.name == its.subject), None)
        if struck is not None:
            struck.kill()
        else:
            self.site.breaks(its)
        back_s = time.monotonic() + its.lasts_s
        while time.monotonic() < back_s:
            self.look()
        if struck is None and its.fault is not Fault.AGAIN:
            self.site.mends(its)


def storm(site: Site, crew: Crew, planned: Sequence[Planned], *, mail: Mail, patience_s: float) -> Storm:
    """Have the work done while all that is planned happens, each at its share of the work.

    Raises:
        AssertionError: the work was not done in time; tells what the programs said last.
    """
    began_s = time.monotonic()
    weather = _Weather(site, crew, mail, began_s + patience_s)
    injected = []
    try:
        for its in planned:
            while not weather.done and not _is_time(its, weather.look()):
                continue
            if weather.done:
                break
            injected.append(its)
            weather.strike(its)
        while not weather.done:
            weather.look()
        wall_s = time.monotonic() - began_s
    finally:
        for program in crew.programs:
            program.stop()
    ends = Counter(code for program in crew.programs for code in program.codes)
    return Storm(tuple(injected), len(planned) - len(injected), ends, wall_s)


def _is_time(its: Planned, standing: Standing | None) -> bool:
    if its.subject == CLERK:
        # With the batch announced and its files on their way.
        return standing is not None and standing.announced
    return standing is not None and standing.share >= its.share


def _told(programs: Sequence[Program]) -> str:
    """The last words of each."""
    begun = [its for its in programs if its.log.exists()]
    last = (f"{its.name}: {its.codes}\n{its.log.read_text(errors='replace')[-1500:]}" for its in begun)
    return "\n".join(["the work was not done in time", *last])


def by_fault(injected: Sequence[Planned]) -> Counter[Fault]:
    return Counter(its.fault for its in injected)
