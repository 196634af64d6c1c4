"""Work of a server's own worker processes, which end with the server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pipeline.custody import Job, JobResult
from pipeline.errors import Unavailable
from pipeline.ports import JobRunner


@dataclass(frozen=True, slots=True)
class WhileServing:
    """Fills `JobRunner`. A worker that ends with the server has not failed at its page."""

    runner: JobRunner
    closed: Callable[[], bool]

    def run(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        """Raises Unavailable `server_stops`, besides what the runner raises."""
        for result in self.runner.run(jobs):
            if self.closed():
                raise Unavailable("server_stops")
            yield result
