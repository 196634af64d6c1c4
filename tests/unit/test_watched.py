"""A watched folder: a file is delivered once, whole, and none is lost; with files that are really being written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from pipeline.custody.scanning import ScanWish
from pipeline.errors import OperatorError, PipelineError, Unavailable
from scanners.watched import FolderScanner, WatchedRun
from scanners.watched_folder import DONE, QUARANTINE, TAKEN, Pace, WatchedFolder, moved
from tests.servers.sane import ROOT, some_sides

PATIENCE_S = 60.0
PACE = Pace(settle_s=2.0, stale_s=100.0)
QUICK = Pace(settle_s=0.05, stale_s=PATIENCE_S, look_s=0.05, if_open=1.0)
IMPATIENT = Pace(settle_s=0.05, stale_s=0.4, look_s=0.05, if_open=1.0)
WISH = ScanWish()


def page(number: int = 0, form: str = "JPEG") -> bytes:
    made = BytesIO()
    Image.fromarray(some_sides(1, seed=number)[0]).save(made, form)
    return made.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "scans").mkdir()
    return tmp_path / "scans"


@pytest.fixture
def watched(folder: Path) -> Iterator[WatchedFolder]:
    found = WatchedFolder(folder, PACE)
    found.open()
    yield found
    found.close()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def taken(watched: WatchedFolder, now_s: float) -> str | None:
    """The name of what is taken and handed on."""
    found = watched.look(now_s)[0]
    if found is None:
        return None
    assert watched.done(found)
    return found.name


def test_a_file_is_taken_once_it_has_not_changed_for_a_while(folder: Path, watched: WatchedFolder) -> None:
    (folder / "a.jpg").write_bytes(page())

    assert taken(watched, 0.0) is None
    assert taken(watched, 1.9) is None
    assert taken(watched, 2.0) == "a.jpg"
    assert names(folder / DONE) == ["a.jpg"]
    assert (folder / DONE / "a.jpg").read_bytes() == page()


def test_a_file_that_rests_in_the_middle_of_its_writing_is_not_taken(folder: Path, watched: WatchedFolder) -> None:
    data = page()
    with (folder / "a.jpg").open("wb", buffering=0) as file:
        file.write(data[: len(data) // 2])
        assert [taken(watched, now_s) for now_s in (0.0, 10.0, 50.0)] == [None] * 3
        file.write(data[len(data) // 2 :])
        assert taken(watched, 60.0) is None
    assert taken(watched, 61.0) is None
    assert taken(watched, 62.0) == "a.jpg"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell who has a file open")
def test_a_file_that_looks_whole_and_is_still_open_is_waited_for(folder: Path, watched: WatchedFolder) -> None:
    """As a PDF does that is added to: its first end mark is in the middle."""
    with (folder / "a.jpg").open("wb", buffering=0) as file:
        file.write(page())
        assert [taken(watched, now_s) for now_s in (0.0, 5.0, 29.0)] == [None] * 3

    assert taken(watched, 29.5) == "a.jpg"


def test_a_drive_that_always_says_open_is_only_waited_for_longer(folder: Path, watched: WatchedFolder) -> None:
    with (folder / "a.jpg").open("wb", buffering=0) as file:
        file.write(page())
        assert taken(watched, 0.0) is None

        assert taken(watched, 30.0) == "a.jpg"


def test_a_copy_under_another_name_counts_from_its_renaming(folder: Path, watched: WatchedFolder) -> None:
    for name in ("a.jpg.part", ".a.jpg.tmp"):
        (folder / name).write_bytes(page())
    assert [taken(watched, now_s) for now_s in (0.0, 50.0)] == [None, None]

    (folder / "a.jpg.part").rename(folder / "a.jpg")

    assert taken(watched, 50.1) is None
    assert taken(watched, 52.1) == "a.jpg"
    assert names(folder) == [".a.jpg.tmp"]


def test_the_order_of_the_paper_is_kept_while_an_earlier_file_is_being_written(
    folder: Path, watched: WatchedFolder
) -> None:
    (folder / "scan2.jpg").write_bytes(page(2))
    (folder / "scan10.jpg").write_bytes(page(10))
    (folder / "scan1.jpg").write_bytes(page(1)[:-50])
    assert [taken(watched, now_s) for now_s in (0.0, 20.0)] == [None, None]

    (folder / "scan1.jpg").write_bytes(page(1))

    assert taken(watched, 30.0) is None
    assert [taken(watched, 40.0) for _ in range(4)] == ["scan1.jpg", "scan2.jpg", "scan10.jpg", None]


def test_a_file_that_never_becomes_whole_is_set_aside_with_a_note_and_holds_up_no_more(
    folder: Path, watched: WatchedFolder
) -> None:
    torn = page(1)[:-50]
    (folder / "scan1.jpg").write_bytes(torn)
    (folder / "scan2.jpg").write_bytes(page(2))

    assert [taken(watched, now_s) for now_s in (0.0, 99.0)] == [None, None]
    assert taken(watched, 100.0) == "scan2.jpg"

    assert watched.set_aside == 1
    assert (folder / QUARANTINE / "scan1.jpg").read_bytes() == torn
    french, english = (folder / QUARANTINE / "scan1.jpg.note.txt").read_text(encoding="utf-8").splitlines()
    assert "scan1.jpg" in french
    assert "n'est pas complet" in french
    assert "100 seconds" in english


def test_what_is_no_scan_is_set_aside_and_not_followed(folder: Path, watched: WatchedFolder, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.jpg").write_bytes(page())
    (folder / "link.jpg").symlink_to(tmp_path / "elsewhere.jpg")
    (folder / "list.txt").write_text("a list")
    (folder / "empty.pdf").touch()
    (folder / "whole.jpg.part").write_bytes(page())

    for now_s in (0.0, 101.0, 102.0, 103.0):
        assert taken(watched, now_s) is None

    kept = [name for name in names(folder / QUARANTINE) if not name.endswith(".note.txt")]
    assert kept == ["empty.pdf", "link.jpg", "list.txt", "whole.jpg.part"]
    assert (tmp_path / "elsewhere.jpg").read_bytes() == page()


def test_a_second_file_of_a_name_replaces_no_first(folder: Path, watched: WatchedFolder) -> None:
    for number in range(3):
        (folder / "scan.jpg").write_bytes(page(number))
        assert taken(watched, 10.0 * number) is None
        assert taken(watched, 10.0 * number + 5) == "scan.jpg"

    assert names(folder / DONE) == ["scan-2.jpg", "scan-3.jpg", "scan.jpg"]
    kept = {(folder / DONE / name).read_bytes() for name in names(folder / DONE)}
    assert kept == {page(number) for number in range(3)}


def test_nothing_is_moved_over_a_file_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "to").mkdir()
    (tmp_path / "to" / "a.jpg").write_bytes(b"first")
    (tmp_path / "a.jpg").write_bytes(b"second")

    found = moved(tmp_path / "a.jpg", tmp_path / "to", "a.jpg")

    assert (found.read_bytes(), (tmp_path / "to" / "a.jpg").read_bytes()) == (b"second", b"first")
    with pytest.raises(FileNotFoundError):
        moved(tmp_path / "a.jpg", tmp_path / "to", "b.jpg")
    assert names(tmp_path / "to") == ["a-2.jpg", "a.jpg"]


def test_a_file_that_is_written_to_after_it_was_taken_is_offered_again(folder: Path) -> None:
    (folder / "a.jpg").write_bytes(page(1))
    seen: list[bytes] = []

    def take(run: WatchedRun) -> None:
        for delivered in run:
            seen.append(delivered.path.read_bytes())
            if len(seen) == 1:
                delivered.path.write_bytes(page(1) + page(2))

    with started(folder).run(WISH, into=folder) as run, pytest.raises(OperatorError) as told:
        take(run)

    assert seen == [page(1), page(1) + page(2)]
    assert (told.value.code, told.value.params["file"]) == ("folder_file_changed", "a.jpg")
    assert names(folder / DONE) == ["a.jpg"]


def test_a_file_that_changes_in_the_instant_of_taking_goes_back(
    folder: Path, watched: WatchedFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.jpg").write_bytes(page(1))
    assert taken(watched, 0.0) is None

    def somebody_writes(path: Path) -> bool:
        with path.open("ab") as file:
            file.write(page(2))
        return False

    with monkeypatch.context() as patched:
        patched.setattr("scanners.watched_folder._is_open", somebody_writes)
        assert watched.look(10.0)[0] is None

    assert (folder / "a.jpg").read_bytes() == page(1) + page(2)
    assert taken(watched, 20.0) is None
    assert taken(watched, 30.0) == "a.jpg"


def test_what_was_set_aside_is_told_at_the_end(folder: Path) -> None:
    (folder / "a.jpg").write_bytes(page()[:-20])
    (folder / "b.jpg").write_bytes(page(1))

    with pytest.raises(OperatorError) as told, started(folder, IMPATIENT).run(WISH, into=folder) as run:
        assert [delivered.name for delivered in run] == ["b.jpg"]

    assert (told.value.code, told.value.params["files"]) == ("folder_set_aside", 1)


def started(folder: Path, pace: Pace = QUICK) -> FolderScanner:
    return FolderScanner(f"folder:{folder}#until=empty", pace)


def test_what_was_not_handed_on_goes_back(folder: Path) -> None:
    (folder / "a.jpg").write_bytes(page())

    with started(folder).run(WISH, into=folder) as run:
        for delivered in run:
            assert not (folder / "a.jpg").exists()
            assert delivered.path.read_bytes() == page()
            break

    assert names(folder) == ["a.jpg"]
    assert list(folder.glob(f"{TAKEN}*")) == []


def test_files_that_are_being_written_while_we_watch_arrive_whole_and_in_order(folder: Path) -> None:
    """A scanner that writes slowly, and a copy that is renamed when it is done."""

    def write() -> None:
        for number in range(6):
            data, name = page(number, "PNG"), f"scan{number}.png"
            path = folder / (name if number % 2 else f"{name}.part")
            with path.open("wb", buffering=0) as file:
                for begin in range(0, len(data), len(data) // 4):
                    file.write(data[begin : begin + len(data) // 4])
                    time.sleep(0.02)
            path.rename(folder / name)

    writer = threading.Thread(target=write)
    writer.start()
    found: list[tuple[str, bytes]] = []
    with FolderScanner(f"folder:{folder}", QUICK).run(WISH, into=folder) as run:
        for delivered in run:
            found.append((delivered.name, delivered.path.read_bytes()))
            if len(found) == 6:
                run.stop()
    writer.join()

    assert found == [(f"scan{number}.png", page(number, "PNG")) for number in range(6)]
    assert len(names(folder / DONE)) == 6


def test_a_stop_ends_the_waiting(folder: Path) -> None:
    with FolderScanner(f"folder:{folder}", Pace(look_s=3600.0)).run(WISH, into=folder) as run:
        timer = threading.Timer(0.2, run.stop)
        timer.start()

        assert list(run) == []


def test_without_watches_of_the_system_it_looks_itself(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_: object, **__: object) -> Iterator[None]:
        raise OSError("OS file watch limit reached")

    monkeypatch.setattr("scanners.watched.watch", no_room)
    (folder / "a.jpg").write_bytes(page())

    with started(folder).run(WISH, into=folder) as run:
        assert [delivered.name for delivered in run] == ["a.jpg"]


# Several processes, and one that is killed

TAKER = (
    "import sys, time\n"
    "from pathlib import Path\n"
    "from pipeline.custody.scanning import ScanWish\n"
    "from scanners.watched import FolderScanner\n"
    "from scanners.watched_folder import Pace\n"
    "scanner = FolderScanner('folder:' + sys.argv[1] + '#until=empty', Pace(settle_s=0.05, look_s=0.02, if_open=1.0))\n"
    "with scanner.run(ScanWish(), into=Path(sys.argv[1])) as run:\n"
    "    for delivered in run:\n"
    "        print(delivered.name, flush=True)\n"
    "        time.sleep(float(sys.argv[2]))\n"
)


def taker(folder: Path, *, rests_s: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", TAKER, str(folder), str(rests_s)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def test_two_processes_never_take_the_same_file(folder: Path) -> None:
    wanted = sorted(f"scan{number}.jpg" for number in range(20))
    for name in wanted:
        (folder / name).write_bytes(page())

    takers = [taker(folder, rests_s=0.02) for _ in range(2)]
    took = [process.communicate(timeout=PATIENCE_S)[0].split() for process in takers]

    assert [process.returncode for process in takers] == [0, 0]
    assert sorted(took[0] + took[1]) == wanted
    assert sorted(names(folder / DONE)) == wanted


def test_what_a_killed_process_had_in_hand_is_offered_again(folder: Path) -> None:
    for number in range(3):
        (folder / f"scan{number}.jpg").write_bytes(page(number))
    process = taker(folder, rests_s=3600)
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "scan0.jpg\n"
        assert names(folder) == ["scan1.jpg", "scan2.jpg"]
        with started(folder).run(WISH, into=folder) as run:
            assert first(run) == "scan1.jpg"
        process.send_signal(signal.SIGKILL)

    with started(folder).run(WISH, into=folder) as run:
        assert [delivered.name for delivered in run] == ["scan0.jpg", "scan1.jpg", "scan2.jpg"]
    assert list(folder.glob(".taken-*")) == []


def first(run: WatchedRun) -> str:
    for delivered in run:
        return delivered.name
    return ""


# Folders that cannot be watched


def test_a_folder_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    for name in ("none", "file"):
        with pytest.raises(OperatorError, match="scanner_not_found"):
            FolderScanner(f"folder:{tmp_path / name}").abilities()


@pytest.mark.skipif(os.geteuid() != 0 or not Path("/proc").is_dir(), reason="asks for a folder that only refuses")
def test_a_folder_in_which_nothing_can_be_made_is_told_before_anything_is_taken(tmp_path: Path) -> None:
    with pytest.raises(PipelineError) as told, FolderScanner("folder:/proc").run(WISH, into=tmp_path):
        pass

    assert told.value.code in ("scanner_unreachable", "scanner_denied")


def test_a_folder_that_goes_away_is_lost(folder: Path) -> None:
    with FolderScanner(f"folder:{folder}", QUICK).run(WISH, into=folder) as run:
        folder.rename(folder.with_name("moved"))

        with pytest.raises(Unavailable, match="scanner_lost"):
            list(run)


def test_a_folder_is_told_from_another(folder: Path) -> None:
    assert FolderScanner(f"folder:{folder}").abilities().device.model == str(folder)[:200]


def test_an_address_may_say_when_to_end(tmp_path: Path) -> None:
    assert FolderScanner("folder:/srv/in #1").folder == Path("/srv/in #1")
    assert FolderScanner("folder:/srv/in#until=empty").folder == Path("/srv/in")
