"""A long storm: python -m benchmarks.chaos [SHEETS] [SEED] [FAULTS]

Workers, relay, server, a clerk's command, PostgreSQL, RabbitMQ, SeaweedFS and the disk break at random while paper goes
through; then the account. Needs root, for a small disk that can be filled.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
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
_FAULTS_A_SHEET = 0.3
_PATIENCE_S_A_SHEET = 60.0


def main(sheets: int, seed: int, faults: int) -> int:
    """Exit code 1 where anything is lost, there twice or differs."""
    planned = plan(seed, faults, POSSIBLE)
    with tempfile.TemporaryDirectory(prefix="constat-chaos-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        tell("mail is written, and taken in on a calm day")
        mail = write_mail(folder / "mail", sheets, seed=seed)
        expected = calm(mail, folder / "calm")
        tell(f"a storm of {faults} faults, seed {seed}")
        with site(folder / "site", queue=True) as its:
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
    given = [int(argument) for argument in sys.argv[1:4]]
    sheets = given[0] if given else _SHEETS
    seed = given[1] if len(given) > 1 else _SEED
    sys.exit(main(sheets, seed, given[2] if len(given) > 2 else max(10, round(_FAULTS_A_SHEET * sheets))))
