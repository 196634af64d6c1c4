"""python -m samples.court_client --api https://constat.example --key-file K --out FOLDER --listen 9000 --secret-file S

The key is one of `constat client add court --role court`, the secret one of `constat hooks add court https://...`.
"""

from __future__ import annotations

import argparse
import random
import sys
import threading
from pathlib import Path

from samples.court_client.api import CourtApi, NotNowError
from samples.court_client.books import Books
from samples.court_client.receiver import Receiver
from samples.court_client.work import Court, StoppedError, fetch_proofs, handle_events, read_feed

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 30.0


def main() -> int:
    given = _arguments()
    given.out.mkdir(parents=True, exist_ok=True)
    books, came = Books(given.out / "court.sqlite"), threading.Event()
    api = CourtApi(given.api, given.key_file.read_text(encoding="ascii").strip(), ca_file=given.ca_file)
    court = Court(api, books, given.out / "statements")
    if given.listen is not None:
        receiver = Receiver(given.listen, books, given.secret_file, came)
        if given.tls_cert is not None:
            receiver.with_tls(given.tls_cert, given.tls_key)
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        print(f"listening on {receiver.server_port}", flush=True)
    try:
        return _worked(court, came, once=given.once, poll_s=given.poll_s)
    except StoppedError as error:
        print(f"stopped: {error}", file=sys.stderr)
        return 3


def _worked(court: Court, came: threading.Event, *, once: bool, poll_s: float) -> int:
    wait_s = _FIRST_WAIT_S
    while True:
        came.clear()
        try:
            # Messages come sooner; the feed has also those that never came.
            read_feed(court)
            handle_events(court)
            fetch_proofs(court)
            wait_s = _FIRST_WAIT_S
            if once:
                return 0
            came.wait(poll_s)
        except NotNowError as error:
            print(f"not now: {error}; again in {wait_s:.1f} s", file=sys.stderr, flush=True)
            came.wait(wait_s * random.uniform(0.8, 1.2))
            wait_s = min(_LONGEST_WAIT_S, wait_s * 2)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("court_client", description=sys.modules["samples.court_client"].__doc__)
    parser.add_argument("--api", required=True, help="address of the server")
    parser.add_argument("--key-file", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder for the books and the files")
    parser.add_argument("--listen", type=int, help="port for messages; 0: any that is free")
    parser.add_argument("--secret-file", type=Path, help="secrets of messages, a line each")
    parser.add_argument("--tls-cert", type=Path)
    parser.add_argument("--tls-key", type=Path)
    parser.add_argument("--ca-file", help="authorities that the server's certificate must lead to")
    parser.add_argument("--poll-s", type=float, default=5.0, help="between two looks at the feed")
    parser.add_argument("--once", action="store_true", help="catch up and end")
    given = parser.parse_args()
    if (given.listen is None) is not (given.secret_file is None) or (given.tls_cert is None) is not (
        given.tls_key is None
    ):
        parser.error("--listen goes with --secret-file, --tls-cert with --tls-key")
    return given


if __name__ == "__main__":
    sys.exit(main())
