"""Progress that nobody watches."""

from __future__ import annotations

from pipeline.ports import Progress


class _Silent:
    """Fills the `Progress` port for runs in a pipe."""

    def begin(self, step: str, total: int) -> None:  # noqa: ARG002
        return

    def advance(self, count: int = 1) -> None:  # noqa: ARG002
        return


SILENT: Progress = _Silent()
