"""The community's `iiif-validate.py`, unchanged, with the session of a person who is signed in.

python -m tests.servers.iiif_validate COOKIE OPTIONS...
"""

from __future__ import annotations

import runpy
import sys
import urllib.request
from pathlib import Path


def main(cookie: str, options: list[str]) -> None:
    script = Path(sys.executable).with_name("iiif-validate.py")
    opener = urllib.request.build_opener()
    opener.addheaders = [("Cookie", cookie)]
    # It has an option for credentials, which it does not send.
    urllib.request.install_opener(opener)
    sys.argv = [str(script), *options]
    runpy.run_path(str(script), run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
