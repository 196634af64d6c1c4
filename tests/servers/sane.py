"""SANE as the tests use it: the real `scanimage` and real drivers, with settings of their own; and a scanner with a
feeder made of them."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.model import ColorImage
from tests.servers import feeder_program

ROOT = Path(__file__).resolve().parents[2]


def require_program(name: str) -> str:
    """Without it the tests fail where everything must be there, and are skipped elsewhere."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None and os.environ.get("CI"):
        pytest.fail(f"the program `{name}` is missing: apt-get install sane-utils")
    if found is None:
        pytest.skip(f"the program `{name}` is missing: apt-get install sane-utils")
    return found


def settings_folder(folder: Path, *drivers: str) -> Path:
    """A folder of settings for SANE in which these drivers are the only ones; for `SANE_CONFIG_DIR`."""
    require_program("scanimage")
    (folder / "dll.d").mkdir(parents=True)
    (folder / "dll.conf").write_text("".join(f"{driver}\n" for driver in drivers))
    return folder


@dataclass(frozen=True)
class SaneFeeder:
    """A scanner with a feeder: `sane:pnm:0` for who has `programs` first in `PATH` and `settings` as `SANE_CONFIG_DIR`.

    Sides wait in the order of the paper, front and back in turn; what a jam stops stays in the feeder.
    """

    folder: Path

    @property
    def uri(self) -> str:
        return f"sane:{feeder_program.DEVICE}"

    @property
    def programs(self) -> Path:
        return self.folder / "programs"

    @property
    def settings(self) -> Path:
        return self.folder / "sane"

    @property
    def environment(self) -> dict[str, str]:
        """To add to that of a command."""
        return {"PATH": f"{self.programs}:{os.environ['PATH']}", "SANE_CONFIG_DIR": str(self.settings)}

    def put(self, sides: Sequence[ColorImage], *, begin: int = 1) -> list[str]:
        """Puts sides behind those that wait; their names. `begin` numbers the first."""
        names = [f"{number:06d}.ppm" for number in range(begin, begin + len(sides))]
        for name, side in zip(names, sides, strict=True):
            Image.fromarray(side).save(self.folder / "waiting" / name)
        return names

    def waiting(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "waiting").iterdir())

    def plan(self, troubles: dict[str, str]) -> None:
        """What happens in place of a side, by its name: `jam`, `double`, `cover`, `lost`, `crash`, `hang`."""
        (self.folder / "plan.json").write_text(json.dumps(troubles))


def sane_feeder(folder: Path) -> SaneFeeder:
    real = require_program("scanimage")
    settings_folder(folder / "sane", "pnm")
    for name in ("waiting", "scanned", "programs"):
        (folder / name).mkdir()
    (folder / "plan.json").write_text("{}")
    program = folder / "programs" / "scanimage"
    program.write_text(
        f"#!{sys.executable} -S\nimport sys\nfrom pathlib import Path\nsys.path.insert(0, {str(ROOT)!r})\n"
        "from tests.servers.feeder_program import main\n"
        f"sys.exit(main(Path({str(folder)!r}), {real!r}, sys.argv[1:]))\n"
    )
    program.chmod(0o755)
    return SaneFeeder(folder)


def some_sides(number: int, *, seed: int, height_px: int = 40) -> list[ColorImage]:
    """Images of chance, all different; (height, width, 3) uint8."""
    chance = np.random.default_rng(seed)
    return [chance.integers(0, 256, (height_px + each % 3, 30, 3), dtype=np.uint8) for each in range(number)]
