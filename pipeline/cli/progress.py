"""Progress on a terminal: one bar that says which step it is at and how many are done. Silent in a pipe."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from pipeline.cli.localised import words
from pipeline.ports import Progress as ProgressPort
from pipeline.usecases.progress import SILENT


class TerminalProgress:
    """Fills the `Progress` port with a bar on stderr; use as a context manager."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self._shown = console.is_terminal
        self._task = self._bar.add_task("", total=None, visible=False)

    def __enter__(self) -> ProgressPort:
        if not self._shown:
            return SILENT
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            self._bar.stop()

    def begin(self, step: str, total: int) -> None:
        self._bar.reset(self._task, description=words(f"progress.{step}"), total=total, visible=total > 0)

    def advance(self, count: int = 1) -> None:
        self._bar.advance(self._task, count)
