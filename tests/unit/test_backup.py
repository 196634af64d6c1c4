from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pipeline.custody import RetentionMode
from pipeline.model import Digest
from pipeline.storage.objects.directory import DirectoryStore
from pipeline.storage.source_files import SourceFiles
from pipeline.usecases.backup import copy_objects, missing
from tests.fakes import FakeClock, MemoryStore, sha256

NAMES = st.sets(st.sampled_from([Digest(letter) for letter in "abcdefgh"]))


@given(NAMES, NAMES)
def test_what_is_missing_is_found_by_going_through_both_lists_once(wanted: set[Digest], there: set[Digest]) -> None:
    assert list(missing(sorted(wanted), iter(sorted(there)))) == sorted(wanted - there)


def test_what_retains_and_holds_an_object_goes_with_it_and_a_hold_that_ended_ends_in_the_copy(tmp_path: Path) -> None:
    source = MemoryStore(tmp_path)
    target = DirectoryStore(tmp_path / "copy", clock=FakeClock())
    digest = source.put(BytesIO(b"a page")).digest
    until = datetime(2030, 1, 1, tzinfo=UTC)
    source.retain(digest, until, RetentionMode.GOVERNANCE)
    source.hold(digest, True)

    first = copy_objects([digest, sha256(b"gone")], source=source, target=target, sources=SourceFiles())
    then = target.stat(digest)
    source.hold(digest, False)
    again = copy_objects([digest], source=source, target=target, sources=SourceFiles())

    assert (first.new, first.new_bytes) == (1, 6)
    assert [(its.digest, its.reason.code) for its in first.lost] == [(sha256(b"gone"), "object_missing")]
    assert (then.retain_until, then.mode, then.held) == (until, RetentionMode.GOVERNANCE, True)
    assert (again.new, target.stat(digest).held, target.stat(digest).retain_until) == (0, False, until)
