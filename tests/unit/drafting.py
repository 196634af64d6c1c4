"""Work on drafts of layouts over records in memory, with a bench that proposes what the test says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from pipeline.custody.layouts import LayoutDraft
from pipeline.custody.people import Account, AccountId, Role
from pipeline.geometry import Affine
from pipeline.model import Language, LayoutId, Reason
from pipeline.usecases.account_entries import put_account
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.layouts import LayoutDesk, begin_draft, propose_draft, put_in_force
from pipeline.usecases.layouts.desk import BlankScan, KnownForms, Proposed, Trial, Upload
from pipeline.usecases.layouts.editions import editions
from pipeline.usecases.layouts.results import Saved, TriedPage
from pipeline.wiring.forms import known_forms
from tests.unit.custody import Archive
from tests.unit.moved_forms import LIKE, MOVED, moved_text

EDITOR, SUPERVISOR, REVIEWER = "anne", "paul", "rita"
DECISIONS = (
    Reason("authoring_printed_words", (("name", "plea_deadline"),)),
    Reason("authoring_confirm_name", (("name", "plea.not_guilty"), ("box", "10.0 56.3 4.0 4.0"))),
    Reason("authoring_space_unnamed", (("box", "108.0 140.0 46.0 9.0"),)),
    Reason("authoring_edition_mark", (("layout", MOVED),)),
)
BLANK = BlankScan(Upload("vierge.png", b"a blank form"), MOVED, LIKE)


@dataclass
class FakeBench:
    """Proposes `text`; remembers what it was asked to try."""

    text: str = field(default_factory=moved_text)
    decisions: tuple[Reason, ...] = DECISIONS
    tried: list[Trial] = field(default_factory=list)
    read: tuple[TriedPage, ...] = ()

    def propose(self, blank: BlankScan) -> Proposed:
        text = self.text.replace(MOVED, blank.layout)
        return Proposed(text, self.decisions, b"a picture", 150.0, Affine.scaling(11.8))

    def try_out(self, trial: Trial) -> tuple[tuple[TriedPage, ...], int]:
        self.tried.append(trial)
        return self.read, 0


@dataclass
class Drafting:
    """A desk, and what lies under it."""

    archive: Archive
    bench: FakeBench
    desk: LayoutDesk

    @staticmethod
    def make(folder: Path, *, second_person: bool = True) -> Drafting:
        archive, bench, salts = Archive.make(folder), FakeBench(), count()
        keeping = archive.keeping
        with keeping.records.transaction() as change:
            roles = {EDITOR: Role.SUPERVISOR, SUPERVISOR: Role.SUPERVISOR, REVIEWER: Role.REVIEWER}
            for number, (name, role) in enumerate(roles.items()):
                account = Account(
                    id=AccountId(f"a{number}"),
                    name=name,
                    display_name=name,
                    roles=frozenset({role}),
                    language=Language.FR,
                    created_at=keeping.clock.now(),
                )
                put_account(account, "added", by="os:root", change=change)

        def forms() -> KnownForms:
            return known_forms(editions(records=keeping.records.layouts))

        @contextmanager
        def holding() -> Iterator[Keeping]:
            yield keeping

        desk = LayoutDesk(keeping, forms, bench, holding, lambda: f"salt {next(salts)}", second_person)
        return Drafting(archive, bench, desk)

    def begin(self, layout: LayoutId = MOVED) -> LayoutDraft:
        return begin_draft(replace(BLANK, layout=layout), who=EDITOR, desk=self.desk)

    def in_force(self, layout: LayoutId = MOVED) -> LayoutDraft:
        """A draft begun, proposed, and put in force by another person."""
        draft = self.begin(layout)
        assert isinstance(propose_draft(draft.id, 1, who=EDITOR, desk=self.desk), Saved)
        answer = put_in_force(draft.id, 1, who=SUPERVISOR, desk=self.desk, reason="relu avec le papier")
        assert isinstance(answer, Saved), answer
        return answer.draft
