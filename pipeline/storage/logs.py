"""The log of servers and workers: what happened by a fixed name, with ids and codes beside it and never a value.

Whoever logs gives a name (`request_failed`) and, by `extra`, facts; facts whose names are not listed here are left out,
as are the texts of exceptions: both may hold what was read from a sheet or typed by a person.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Final, Literal, TextIO, TypeAlias

import structlog
from structlog.typing import EventDict

from pipeline.errors import PipelineError

Form: TypeAlias = Literal["text", "json"]
FACTS: Final = frozenset(
    {
        *("batch", "digest", "file", "hook", "job", "jobs", "page", "sheet", "task"),
        *("attempts", "command", "exit_code", "host", "kind", "limit_s", "method", "part", "pid", "port"),
        *(
            "jobs",
            "queue",
            "reason",
            "route",
            "seconds",
            "sequence",
            "state",
            "status",
            "version",
            "waits_s",
            "workers",
        ),
    }
)
"""Names of facts that may be told: ids, codes, counts and addresses of our own servers."""
_LOG = logging.getLogger("constat")
_NAME = re.compile(r"[a-z][a-z0-9_]{1,60}", re.ASCII)
_PLAIN = re.compile(r"[\w.:/{}~*+-]{1,160}", re.ASCII)
_OURS: Final = "constat"
_MOST_FRAMES, _MOST_CAUSES = 16, 4


def begin_log(form: Form, *, stream: TextIO | None = None) -> None:
    """From now on this process logs to the stream (default: stderr), a line an event; the last call counts.

    Others' libraries are heard from warnings on, by what they say without what they say it of.
    """
    handler = _Writer(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            use_get_message=False,
            pass_foreign_args=True,
            foreign_pre_chain=[structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"), _told],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer() if form == "json" else _line,
            ],
        )
    )
    root = logging.getLogger()
    for old in [its for its in root.handlers if isinstance(its, _Writer)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.captureWarnings(True)
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _thread_failed
    logging.getLogger(_OURS).setLevel(logging.INFO)


def _thread_failed(fault: threading.ExceptHookArgs) -> None:
    """In place of a trace on stderr that says what the error says."""
    if fault.exc_value is not None and not isinstance(fault.exc_value, SystemExit):
        _LOG.error("fault", exc_info=fault.exc_value)


class _Writer(logging.StreamHandler[TextIO]):
    """Told apart from handlers that others put beside it."""


def _told(logger: logging.Logger | None, method: str, event: EventDict) -> EventDict:
    """What of a record may be written: all of it is taken from the record itself."""
    del logger, method
    record: logging.LogRecord = event["_record"]
    told: EventDict = {"at": event["at"], "level": record.levelname.lower(), "logger": record.name}
    if record.name.split(".")[0] == _OURS:
        told["event"] = record.msg if _is_name(record.msg) else "unnamed"
        told.update({name: its for name in sorted(FACTS) if (its := _plain(getattr(record, name, None))) is not None})
        told.update(_error_of(getattr(record, "error", None)))
    else:
        told["event"] = "library"
        told["said_at"] = f"{PurePath(record.pathname).name}:{record.lineno}"
        if event["positional_args"] and isinstance(record.msg, str):
            # Without its arguments it is what stands in the library's code; a text without any may have them within.
            told["template"] = record.msg[:200]
    if record.exc_info and record.exc_info[1] is not None:
        told.update(_exception(record.exc_info[1]))
    return {**told, "_record": record, "_from_structlog": False}


def _is_name(text: object) -> bool:
    return isinstance(text, str) and _NAME.fullmatch(text) is not None


def _plain(value: object) -> str | int | float | None:
    """The value as it may be told: a number, an id or a code, nothing with spaces in it."""
    if isinstance(value, int | float):
        return value
    text = value if isinstance(value, str) else None
    if text is None:
        return None
    return str(text) if _PLAIN.fullmatch(text) else "?"


def _error_of(error: object) -> Mapping[str, str | int | float]:
    if not isinstance(error, PipelineError):
        return {}
    facts = {name: its for name in sorted(FACTS & error.params.keys()) if (its := _plain(error.params[name]))}
    return {"code": error.code, **{f"error_{name}": its for name, its in facts.items()}}


def _exception(error: BaseException) -> Mapping[str, str | list[str]]:
    """What kind, of which cause, and where in the code. What it says of itself may hold values."""
    chain = list(_causes(error))
    kinds = " < ".join(type(each).__name__ for each in chain)
    codes = [each.code for each in chain if isinstance(each, PipelineError)]
    frames = list(_frames(chain[-1]))[-_MOST_FRAMES:]
    return {"exception": kinds, "frames": frames, **({"code": codes[0]} if codes else {})}


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception, then what it was raised from."""
    now: BaseException | None = error
    for _ in range(_MOST_CAUSES):
        if now is None:
            return
        yield now
        now = now.__cause__ or (None if now.__suppress_context__ else now.__context__)


def _frames(error: BaseException) -> Iterator[str]:
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        place = "/".join(PurePath(code.co_filename).parts[-3:])
        yield f"{place}:{trace.tb_lineno} {code.co_name}"
        trace = trace.tb_next


def _line(logger: object, method: str, event: EventDict) -> str:
    """For people: the moment, how grave, where, what; then the facts."""
    del logger, method
    frames = event.pop("frames", None)
    head = [str(event.pop("at")), str(event.pop("level")).upper(), str(event.pop("logger")), str(event.pop("event"))]
    lines = [" ".join(head + [f"{name}={its}" for name, its in event.items()])]
    if isinstance(frames, list):
        lines += [f"    {frame}" for frame in frames]
    return "\n".join(lines)
