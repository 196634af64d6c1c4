"""A folder that something else puts scans into: which of its files are complete, and how one is taken so that nobody
else takes it. No file is ever deleted or overwritten.

Beside the files there are, made here: `.taken-...`, what a running process has in hand; `.done`, what was handed on;
`.quarantine`, what could not be taken, each with a note.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import signal
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.messages import LANGUAGES, sentence
from pipeline.model import Reason
from scanners.files import names_a_page, natural_order
from scanners.whole import Whole, whole_file

DONE, QUARANTINE, TAKEN = ".done", ".quarantine", ".taken-"
_BEING_MADE, _LOCK = ".new-", ".lock"


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient the watching is, in seconds.

    Attributes:
        settle_s: so long a file must not have changed before it is taken.
        stale_s: so long an incomplete one must not have changed before it is set aside.
        look_s: between two looks where the system does not tell of a change, as on network drives.
        if_open: so many times more patience where somebody holds the file open to write, or seems to.
    """

    settle_s: float = 2.0
    stale_s: float = 120.0
    look_s: float = 0.5
    if_open: float = 15.0


@dataclass(frozen=True, slots=True)
class Stamp:
    """By which a file is seen to have changed."""

    size_bytes: int
    changed_ns: int
    inode: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that is ours alone."""

    path: Path
    name: str
    media_type: str
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class _Seen:
    stamp: Stamp
    since_s: float
    whole: Whole | None = None


@dataclass
class WatchedFolder:
    """The folder, as one run sees it. To be opened and closed.

    Attributes:
        set_aside: how many files were, by this run.
    """

    folder: Path
    pace: Pace
    set_aside: int = 0
    _seen: dict[str, _Seen] = field(default_factory=dict)
    _listed: deque[str] = field(default_factory=deque)
    """In order; a folder with a day's files in it is not listed anew for each of them."""
    _listed_s: float = 0.0
    _own: Path | None = None
    _lock: int | None = None

    def open(self) -> None:
        """Make the place for what is taken, locked as long as this process lives. Raises OSError."""
        name = secrets.token_hex(8)
        being_made = self.folder / f"{_BEING_MADE}{name}"
        being_made.mkdir()
        self._lock = os.open(being_made / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        with suppress(OSError):
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # It appears with its lock held: nobody can think that it was left behind.
        self._own = self.folder / f"{TAKEN}{name}"
        being_made.rename(self._own)

    def close(self) -> None:
        """What is still in hand goes back."""
        if self._own is not None and self._lock is not None:
            with suppress(OSError):
                _emptied(self._own, self.folder)
            os.close(self._lock)
            self._own = self._lock = None

    def look(self, now_s: float) -> tuple[Taken | None, bool]:
        """The next complete file, taken; and whether any is there at all that may yet be.

        A file is not taken before one whose name comes first and which is still being written: their names are the
        order of the paper.

        Args:
            now_s: of a clock that only goes forward.

        Raises:
            OSError: the folder is gone.
        """
        if self._listed and now_s - self._listed_s < self.pace.look_s:
            taken, _ = self._next(now_s)
            if taken is not None:
                return taken, True
        self._take_back_what_was_left()
        entries = sorted(self._files(), key=lambda entry: natural_order(entry.name))
        self._seen = {entry.name: self._seen_now(entry, now_s) for entry in entries}
        self._listed, self._listed_s = deque(self._seen), now_s
        return self._next(now_s)

    def _next(self, now_s: float) -> tuple[Taken | None, bool]:
        """As `look`, of the files that were listed and not gone through yet."""
        waits = False
        while self._listed:
            name = self._listed.popleft()
            seen, is_page = self._seen[name], names_a_page(name)
            quiet_s = now_s - seen.since_s
            its = self._judged(name, seen) if quiet_s >= self.pace.settle_s else Whole(None, False)
            patience = self.pace.if_open if _is_open(self.folder / name) else 1.0
            if is_page and its.whole and quiet_s >= self.pace.settle_s * patience:
                taken = self._claimed(name, seen.stamp, its)
                if taken is not None:
                    return taken, True
            elif not (is_page and its.whole) and quiet_s >= self.pace.stale_s * patience:
                self._put_aside(name, its, quiet_s)
            elif is_page:
                self._listed.clear()
                return None, True
            else:
                waits = True
        return None, waits

    def done(self, taken: Taken) -> bool:
        """Put away a file that was handed on; false when it changed meanwhile: then it is back where it was."""
        same = _stamp(taken.path.stat(follow_symlinks=False)) == taken.stamp
        if same:
            (self.folder / DONE).mkdir(exist_ok=True)
            moved(taken.path, self.folder / DONE, taken.name)
        else:
            moved(taken.path, self.folder, taken.name)
        return same

    def _files(self) -> Iterator[os.DirEntry[str]]:
        with os.scandir(self.folder) as entries:
            for entry in entries:
                if not entry.name.startswith(".") and not entry.is_dir(follow_symlinks=False):
                    yield entry

    def _seen_now(self, entry: os.DirEntry[str], now_s: float) -> _Seen:
        try:
            stamp = _stamp(os.lstat(entry.path))
        except FileNotFoundError:
            return _Seen(Stamp(0, 0, 0), now_s)
        before = self._seen.get(entry.name)
        return before if before is not None and before.stamp == stamp else _Seen(stamp, now_s)

    def _judged(self, name: str, seen: _Seen) -> Whole:
        """By the marks of its format; looked at once as long as it does not change."""
        if seen.whole is None:
            path = self.folder / name
            try:
                whole = whole_file(path) if path.is_file() and not path.is_symlink() else Whole(None, False)
            except (OSError, ValueError):
                whole = Whole(None, False)
            self._seen[name] = seen = _Seen(seen.stamp, seen.since_s, whole)
        return seen.whole or Whole(None, False)

    def _claimed(self, name: str, stamp: Stamp, its: Whole) -> Taken | None:
        """Null when another process was first, or the file changed on the way."""
        if self._own is None or its.media_type is None:
            return None
        path = self._own / name
        try:
            (self.folder / name).rename(path)
        except FileNotFoundError:
            return None
        del self._seen[name]
        if _stamp(os.lstat(path)) != stamp:
            moved(path, self.folder, name)
            return None
        return Taken(path, name, its.media_type, stamp)

    def _put_aside(self, name: str, whole: Whole, quiet_s: float) -> None:
        aside = self.folder / QUARANTINE
        aside.mkdir(exist_ok=True)
        with suppress(FileNotFoundError):
            path = moved(self.folder / name, aside, name)
            del self._seen[name]
            self.set_aside += 1
            _note(path, _why(name, whole, quiet_s))

    def _take_back_what_was_left(self) -> None:
        """What processes had in hand that are no more is offered again."""
        for left in self.folder.glob(f"{TAKEN}*"):
            if left == self._own:
                continue
            with suppress(OSError):
                lock = os.open(left / _LOCK, os.O_RDWR)
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    _emptied(left, self.folder)
                finally:
                    os.close(lock)


def moved(path: Path, folder: Path, name: str) -> Path:
    """Put a file into a folder of the same file system, under its name or, where that is taken, one like it.

    Raises:
        FileNotFoundError: it is no longer there.
    """
    named = Path(name)
    for number in range(1, 1_000_000):
        target = folder / (name if number == 1 else f"{named.stem}-{number}{named.suffix}")
        try:
            # A name of our own first: to rename over what is there would delete it.
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            continue
        try:
            path.replace(target)
        except OSError:
            target.unlink()
            raise
        return target
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name)


def _emptied(own: Path, folder: Path) -> None:
    for path in sorted(own.iterdir(), key=lambda each: natural_order(each.name)):
        if path.name != _LOCK:
            moved(path, folder, path.name)
    (own / _LOCK).unlink()
    own.rmdir()


def _stamp(its: os.stat_result) -> Stamp:
    return Stamp(its.st_size, its.st_mtime_ns, its.st_ino)


def _is_open(path: Path) -> bool:
    """Whether somebody at this machine holds the file open to write. Network drives cannot tell, and some say yes."""
    if sys.platform != "linux":
        return False
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        # A lease is granted only where nobody writes. Should one begin in this instant, a signal that does nothing
        # tells of it, and not the one that ends processes.
        fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    finally:
        os.close(file)
    return False


def _why(name: str, whole: Whole, quiet_s: float) -> Reason:
    if not names_a_page(name) or whole.media_type is None:
        return Reason("folder_file_foreign", (("file", name),))
    return Reason("folder_file_unfinished", (("file", name), ("seconds", f"{quiet_s:.0f}")))


def _note(path: Path, reason: Reason) -> None:
    lines: Sequence[str] = [sentence(reason.code, dict(reason.params), language=language) for language in LANGUAGES]
    with suppress(FileExistsError), path.with_name(f"{path.name}.note.txt").open("x", encoding="utf-8") as note:
        note.write("\n".join(lines) + "\n")
