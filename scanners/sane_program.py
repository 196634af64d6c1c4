"""The program `scanimage`: how it is started and asked, and what its words and exit codes mean.

A driver is foreign code that may crash or hang: it runs in that process, never in this one.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from pipeline.custody.transfer import plain_text
from pipeline.errors import OperatorError, PipelineError, Unavailable

PROGRAM = "scanimage"
_NEEDED = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "SANE_CONFIG_DIR", "SANE_NET_HOSTS", "SANE_NET_TIMEOUT")
"""Of the environment; passwords and settings of this program are no business of a driver."""
_ANSWER_TIMEOUT_S = 90.0
"""A device that wakes up from sleep takes half a minute."""
_ENDING_TIMEOUT_S = 10.0
_OPEN_FAILED = re.compile(r"open of device .* failed: (.+)")
_NOT_SET = re.compile(
    r"(?:setting of option --|attempted to set (?:inactive|readonly) option |unrecognized option '--|"
    r"rounded value of (?!tl-|br-|page-))([\w-]+)"
)
"""A driver also takes another value than it was given, and says so in passing. Of lengths that is usual."""
_TALK = re.compile(r"Place document|Press <RETURN>|Scann(?:ing|ed) |Batch terminated|Progress")
_NO_ROOM = re.compile(r"No space left on device|Disk quota exceeded")


def program_path() -> Path:
    """Raises Unavailable `scanner_program_missing`."""
    found = shutil.which(PROGRAM)
    if found is None:
        raise Unavailable("scanner_program_missing", program=PROGRAM)
    return Path(found)


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """What the program is given of the environment; its words in English, which are read here."""
    kept = {name: os.environ[name] for name in _NEEDED if name in os.environ}
    return {**kept, **(more or {}), "LC_ALL": "C"}


def asked(arguments: Sequence[str], *, scanner: str, more: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    """Exit code, output and messages of a call that only asks.

    Raises:
        Unavailable: `scanner_program_missing`; `scanner_unreachable` where no answer comes.
    """
    command = [str(program_path()), *arguments]
    try:
        done = subprocess.run(
            command,
            env=environment(more),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ANSWER_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable("scanner_unreachable", scanner=scanner, detail="no answer") from error
    except OSError as error:
        raise Unavailable("scanner_unreachable", scanner=scanner, detail=error.strerror or "") from error
    return done.returncode, _text(done.stdout), _text(done.stderr)


def begun(arguments: Sequence[str], *, scanner: str, into: Path) -> subprocess.Popen[bytes]:
    """A process that scans into the folder. In a session of its own: what is typed at a terminal to stop this program
    must not tear a sheet. It is ended with the thread that began it, however that ends.

    Raises:
        Unavailable: `scanner_program_missing`; `scanner_failed` where it cannot be started.
    """
    # By a program and not by code between fork and exec, which may hang where there are threads.
    guard = shutil.which("setpriv")
    tied = [guard, "--pdeathsig", "KILL", "--"] if guard is not None else []
    try:
        return subprocess.Popen(
            [*tied, str(program_path()), *arguments],
            cwd=into,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            bufsize=0,
        )
    except OSError as error:
        raise Unavailable("scanner_failed", scanner=scanner, detail=error.strerror or "") from error


def ended(process: subprocess.Popen[bytes], *, at_once: bool = False) -> int:
    """The exit code of a process that is over, or is ended now: asked to, so that the device is left in order, then by
    force."""
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()
    for number in (signal.SIGKILL,) if at_once else (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            break
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_ENDING_TIMEOUT_S)
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()
    return process.wait()


def finished(process: subprocess.Popen[bytes]) -> int:
    """The exit code of a process that has said its last, and is about to end by itself."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(_ENDING_TIMEOUT_S)
    return ended(process)


def option_not_set(messages: str) -> bool:
    """Whether an option did not get the value that it was given."""
    return _NOT_SET.search(messages) is not None


def opening_error(messages: str, *, scanner: str) -> PipelineError:
    """Why a device could not be opened, or does not take an option."""
    setting = _NOT_SET.search(messages)
    if setting is not None:
        return OperatorError("scanner_cannot", scanner=scanner, wish="option", value=setting[1])
    if "no SANE devices found" in messages:
        return OperatorError("scanner_not_found", scanner=scanner)
    found = _OPEN_FAILED.search(messages)
    said = found[1].strip() if found is not None else _last_line(messages)
    match said:
        case "Device busy":
            return Unavailable("scanner_busy", scanner=scanner)
        case "Invalid argument" | "Operation not supported":
            return OperatorError("scanner_not_found", scanner=scanner)
        case "Access to resource has been denied":
            return OperatorError("scanner_denied", scanner=scanner)
        case "Error during device I/O":
            return Unavailable("scanner_unreachable", scanner=scanner, detail=said)
    return Unavailable("scanner_failed", scanner=scanner, detail=said)


def scanning_error(status: int, messages: str, *, scanner: str, into: Path) -> PipelineError:
    """What a status other than 0 says of a run that had begun."""
    if _NO_ROOM.search(messages):
        return Unavailable("disk_full", path=str(into))
    if status < 0:
        return Unavailable("scanner_failed", scanner=scanner, detail="the driver crashed")
    match status:
        case 6:
            return OperatorError("scanner_jam", scanner=scanner)
        case 7:
            return OperatorError("scanner_no_paper", scanner=scanner)
        case 8:
            return OperatorError("scanner_cover_open", scanner=scanner)
        case 2:
            return OperatorError("scanner_canceled", scanner=scanner)
        case 3:
            return Unavailable("scanner_busy", scanner=scanner)
        case 9:
            return Unavailable("scanner_lost", scanner=scanner)
        case 11:
            return OperatorError("scanner_denied", scanner=scanner)
    return Unavailable("scanner_failed", scanner=scanner, detail=_last_line(messages))


def _last_line(messages: str) -> str:
    """The program's own last words; else whatever was said last, by a driver or by the system, and is no usual talk."""
    said = messages.splitlines()
    own = [line.rpartition(": ")[2] for line in said if line.startswith(f"{PROGRAM}: ")]
    found = own or [line for line in said if line.strip() and not _TALK.match(line)]
    return plain_text(found[-1]) if found else "no reason given"


def _text(data: bytes) -> str:
    return data.decode("utf-8", errors="replace")
