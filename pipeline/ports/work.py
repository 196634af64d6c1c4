"""Work for several processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from pipeline.custody import (
    Job,
    JobResult,
)


class JobRunner(Protocol):
    """Runs jobs, in worker processes or in place."""

    def run(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        """Results in the order in which they are done. Jobs are drawn as workers become free, so that work in flight
        stays bounded; a job that kills its worker, or takes too long, fails alone.

        Raises:
            Unavailable: the store cannot be written; work not yet reported is not done.
        """
        ...
