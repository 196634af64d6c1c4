"""Stands in for `scanimage` where a scanner with a feeder is wanted: it does what a batch of scanimage does, with the
real one for each side (its driver of image files, which sends them pixel for pixel and can be made to fail). Files in
the folder `waiting` are the paper, by name; `plan.json` says at which of them what happens, once."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

DEVICE = "pnm:0"
OPTIONS = """  Feeder:
    --source Flatbed|ADF Front|ADF Back|ADF Duplex [Flatbed]
    --mode Lineart|Gray|Color [Color]
    --df-thickness[=(yes|no)] [no]
    --serial <string> [A1-0042] [read-only]
    --double-feed[=(yes|no)] [{double}] [read-only]
"""
STATUS = {"jam": "jammed", "double": "jammed", "cover": "coveropen", "lost": "ioerror"}
OWN = re.compile(r"--(source|mode|df-thickness|depth)=.*")


def main(folder: Path, real: str, arguments: list[str]) -> int:
    if "--all-options" in arguments:
        return _options(folder, real, arguments)
    if not any(each.startswith("--batch=") for each in arguments):
        return subprocess.run([real, *arguments], check=False).returncode
    return _batch(folder, real, [each for each in arguments if not OWN.fullmatch(each) and each != "--batch-prompt"])


def _options(folder: Path, real: str, arguments: list[str]) -> int:
    kept = [each for each in arguments if not OWN.fullmatch(each)]
    done = subprocess.run([real, *kept], check=False, stdout=subprocess.PIPE, text=True)
    sys.stdout.write(done.stdout)
    if done.returncode == 0:
        sys.stdout.write(OPTIONS.format(double="yes" if (folder / "double").exists() else "no"))
    return done.returncode


def _batch(folder: Path, real: str, arguments: list[str]) -> int:
    (folder / "double").unlink(missing_ok=True)
    pages = 0
    while True:
        for line in (f"Place document no. {pages + 1} on the scanner.", "Press <RETURN> to continue."):
            _say(line)
        if not sys.stdin.readline():
            break
        waiting = sorted((folder / "waiting").iterdir())
        if not waiting:
            _say("scanimage: sane_start: Document feeder out of documents")
            _say(f"Batch terminated, {pages} pages scanned")
            return 0 if pages else 7
        status = _side(real, arguments, waiting[0], pages + 1, _planned(folder, waiting[0].name))
        if status:
            return status
        waiting[0].rename(folder / "scanned" / waiting[0].name)
        pages += 1
    _say(f"Batch terminated, {pages} pages scanned")
    return 0


def _planned(folder: Path, name: str) -> str | None:
    plan: dict[str, str] = json.loads((folder / "plan.json").read_text())
    trouble = plan.pop(name, None)
    if trouble is not None:
        # Whoever leaves a run ends this program at any moment: half a plan would stop the next one.
        rest = folder / "plan.new"
        rest.write_text(json.dumps(plan))
        rest.replace(folder / "plan.json")
    if trouble == "double":
        (folder / "double").touch()
    return trouble


def _side(real: str, arguments: list[str], image: Path, number: int, trouble: str | None) -> int:
    if trouble == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    while trouble == "hang":
        time.sleep(1)
    failing = [] if trouble is None else ["--status=no", f"--status-{STATUS[trouble]}=yes"]
    command = [real, *arguments, f"--filename={image}", f"--batch-start={number}", "--batch-count=1", *failing]
    return subprocess.run(command, check=False).returncode


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
