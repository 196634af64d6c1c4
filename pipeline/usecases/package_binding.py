"""What holds the parts of an archive package together: whose it is, what is proven in it, and what is not.

A proof holds by itself, and so does a record. Only together, and of the same statement, do they vouch for the files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from pipeline.evidence.packing import PROOF_NAME
from pipeline.evidence.proof import Proof
from pipeline.evidence.transfer import TransferRecord
from pipeline.evidence.verdict import Difference

Records = Mapping[str, TransferRecord]
"""By path relative to `data/`."""
SENDER = "Internal-Sender-Identifier"
"""Label of `bag-info.txt`: ids of the statement's records."""


def unbound(records: Records, proof: Proof, bag_info: str) -> Iterator[Difference]:
    """Records, proof and tag file that are not of one and the same statement.

    Returns:
        `package_record_not_proven`: a record that the proof does not name; `transfer_not_proven`: a part of the
        statement without record; `page_not_proven`; `package_page_undocumented`: a page of the proof that no record
        has; `package_of_other_statement`: `bag-info.txt` names another one.
    """
    known = {f"transfer/{its}.json": its for its in proof.statements}
    for path, record in records.items():
        if known.get(path) != record.subject:
            yield Difference("package_record_not_proven", f"data/{path}")
    for path, statement in known.items():
        if path not in records:
            yield Difference("transfer_not_proven", statement)
    documented = dict.fromkeys(page.id for record in records.values() for page in record.pages)
    for page in documented:
        if page not in proof.pages:
            yield Difference("page_not_proven", page)
    for page in proof.pages:
        if page not in documented:
            yield Difference("package_page_undocumented", page)
    if _sender(bag_info) != sorted(proof.statements):
        yield Difference("package_of_other_statement", "bag-info.txt")


def _sender(bag_info: str) -> list[str]:
    found = [line.partition(": ")[2] for line in bag_info.splitlines() if line.startswith(f"{SENDER}: ")]
    return sorted(found[0].split(", ")) if len(found) == 1 else []


def remarks(paths: Collection[str], proven: Collection[str], records: Records) -> Iterator[Difference]:
    """What of a package was made for its readers and stands in no record.

    Args:
        paths: all, relative to `data/`; `proven` are those whose bytes were compared with a digest of the proof.
    """
    known = {*proven, *records, PROOF_NAME}
    rest = [path for path in paths if path not in known]
    counted = Counter(_sort(path) for path in rest)
    if counted:
        sorts = ", ".join(f"{sort} {count}" for sort, count in sorted(counted.items()))
        yield Difference("package_files_not_proven", "data", (("count", counted.total()), ("files", sorts)))


def _sort(path: str) -> str:
    """The folder that it lies in, of files of pages the one within the page's; the name of what lies in none."""
    parts = path.split("/")
    if len(parts) == 1:
        return path
    return "/".join(("pages", "*", parts[2])) if parts[0] == "pages" and len(parts) > 2 else parts[0]
