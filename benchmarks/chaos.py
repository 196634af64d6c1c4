"""A long storm: python -m benchmarks.chaos [--sheets N] [--seed N] [--faults N]

Workers, relay, server, a clerk's command, PostgreSQL, RabbitMQ, SeaweedFS and their disks break at random while paper
goes through; then the account. Needs root, for small disks that can be filled.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.progress import tell
from benchmarks.tables import table
from pipeline.config import load_settings
from tests.chaos.account import Account, account, calm
from tests.chaos.crew import divided
from tests.chaos.mail import Mail, write_mail
from tests.chaos.plan import Planned, plan
from tests.chaos.site import make_bucket, site
from tests.chaos.storm import Storm, storm
from tests.chaos.test_divided import POSSIBLE, WORKERS
from tests.servers.seaweed import free_ports

_SHEETS, _SEED = 200, 20261128
_FAULTS_A_SHEET, _LEAST_FAULTS = 0.3, 10
_PATIENCE_S_A_SHEET = 60.0


@dataclass(frozen=True, slots=True)
class Asked:
    """Sheets of paper, the seed of mail and plan, and faults, each 1 or more."""

    sheets: int
    seed: int
    faults: int


def asked(arguments: Sequence[str]) -> Asked:
    """By options, or by numbers alone in the same order. Raises SystemExit where they are none of these."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.chaos",
        description="Breaks a whole site while paper goes through it, then takes account. As root.",
    )
    parser.add_argument("--sheets", type=_positive, help=f"of paper; {_SHEETS} where nothing is said")
    parser.add_argument("--seed", type=_positive, help=f"of the mail and of the plan of faults; {_SEED}")
    parser.add_argument(
        "--faults", type=_positive, help=f"that are planned; {_FAULTS_A_SHEET} a sheet, {_LEAST_FAULTS} at least"
    )
    parser.add_argument(
        "numbers", nargs="*", type=_positive, metavar="N", help="sheets, seed and faults, in this order"
    )
    given = parser.parse_args(arguments)
    if len(given.numbers) > len(Asked.__slots__):
        parser.error("more numbers than sheets, seed and faults")
    in_order = dict(zip(("sheets", "seed", "faults"), given.numbers, strict=False))
    if twice := [name for name in in_order if getattr(given, name) is not None]:
        parser.error(f"given twice: {', '.join(twice)}")
    sheets = given.sheets or in_order.get("sheets", _SHEETS)
    seed = given.seed or in_order.get("seed", _SEED)
    faults = given.faults or in_order.get("faults", max(_LEAST_FAULTS, round(_FAULTS_A_SHEET * sheets)))
    return Asked(sheets, seed, faults)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no whole number from 1")
    return int(text)


def main(sheets: int, seed: int, faults: int) -> int:
    """Exit code 1 where anything is lost, there twice or differs."""
    planned = plan(seed, faults, POSSIBLE)
    with tempfile.TemporaryDirectory(prefix="constat-chaos-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        tell("mail is written, and taken in on a calm day")
        mail = write_mail(folder / "mail", sheets, seed=seed)
        expected = calm(mail, folder / "calm")
        tell(f"a storm of {faults} faults, seed {seed}")
        with site(folder / "site", queue=True, sheets=sheets) as its:
            make_bucket(its)
            crew = divided(mail.folder, its.behind, folder, workers=WORKERS, port=free_ports(1)[0])
            patience_s = 300.0 + _PATIENCE_S_A_SHEET * sheets
            happened = storm(its, crew, planned, mail=mail, patience_s=patience_s)
            found = account(mail, expected, load_settings(its.direct), again=True)
    print(_faults(happened.injected))
    print(_result(mail, seed, happened, found))
    for fault in found.faults:
        print(f"- {fault}")
    return 1 if found.faults else 0


def _faults(injected: Sequence[Planned]) -> str:
    counts = Counter((str(its.fault), its.subject) for its in injected)
    return table("Faults injected", ("fault", "of", "times"), [(*key, times) for key, times in sorted(counts.items())])


def _result(mail: Mail, seed: int, happened: Storm, found: Account) -> str:
    killed = sum(times for code, times in happened.ends.items() if code < 0)
    rows = [
        ("seed", seed),
        ("faults injected", len(happened.injected)),
        ("planned, after the end of the work", happened.late),
        ("our processes killed", killed),
        ("ended by themselves and begun again", happened.ends.total() - killed),
        ("sheets fed", mail.sheets),
        ("images in", found.images_in),
        ("images kept, bytes and reading as on a calm day", found.images_kept),
        ("pages in one end state", found.ended),
        ("duplicates", found.duplicates),
        ("objects of killed processes, found and recorded", found.adopted),
        ("faults found", len(found.faults)),
        ("seconds", f"{happened.wall_s:.0f}"),
    ]
    return table("After the storm", ("", "count"), rows)


if __name__ == "__main__":
    wanted = asked(sys.argv[1:])
    sys.exit(main(wanted.sheets, wanted.seed, wanted.faults))
