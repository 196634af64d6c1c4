"""Pages set aside: what a person makes of them."""

from __future__ import annotations

from dataclasses import replace

from pipeline.custody.review import Task, Verb
from pipeline.model import PageId, PageLabel, PageState
from pipeline.ports import RecordsTransaction
from pipeline.usecases.review.states import change_page

_LABELS = {Verb.ENCLOSURE: PageLabel.ENCLOSURE, Verb.BLANK: PageLabel.BLANK}


def apply_to_page(task: Task, verb: Verb, change: RecordsTransaction) -> None:
    """A page that is an enclosure or blank is ready. Left as it is, or to be scanned again, it stays set aside."""
    row = None if task.page is None else change.page(PageId(task.page))
    label = _LABELS.get(verb)
    if row is not None and label is not None:
        change_page(row, replace(row, label=label, state=PageState.READY), change)
