"""Review: what is doubtful is handed out, looked at, decided, taken back, closed. No HTTP here."""

from __future__ import annotations

from pipeline.usecases.review.carpet import carpet as carpet
from pipeline.usecases.review.carpet import decide_group as decide_group
from pipeline.usecases.review.closing import close_batch as close_batch
from pipeline.usecases.review.deciding import decide as decide
from pipeline.usecases.review.deciding import decide_and_next as decide_and_next
from pipeline.usecases.review.deciding import preview as preview
from pipeline.usecases.review.desk import Desk as Desk
from pipeline.usecases.review.desk import task_id as task_id
from pipeline.usecases.review.letters import enter_plea as enter_plea
from pipeline.usecases.review.making import make_missing_tasks as make_missing_tasks
from pipeline.usecases.review.making import make_tasks as make_tasks
from pipeline.usecases.review.masking import MaskChange as MaskChange
from pipeline.usecases.review.masking import mask_page as mask_page
from pipeline.usecases.review.placing import pages_to_read as pages_to_read
from pipeline.usecases.review.placing import place_page as place_page
from pipeline.usecases.review.queue import Pile as Pile
from pipeline.usecases.review.queue import keep as keep
from pipeline.usecases.review.queue import next_task as next_task
from pipeline.usecases.review.queue import open_tasks as open_tasks
from pipeline.usecases.review.queue import release as release
from pipeline.usecases.review.queue import set_aside as set_aside
from pipeline.usecases.review.queue import take as take
from pipeline.usecases.review.queue import upcoming as upcoming
from pipeline.usecases.review.rereading import read_missing as read_missing
from pipeline.usecases.review.rereading import read_placed as read_placed
from pipeline.usecases.review.results import Closed as Closed
from pipeline.usecases.review.results import Conflict as Conflict
from pipeline.usecases.review.results import Decided as Decided
from pipeline.usecases.review.results import Event as Event
from pipeline.usecases.review.results import NotClosed as NotClosed
from pipeline.usecases.review.results import Preview as Preview
from pipeline.usecases.review.results import Progress as Progress
from pipeline.usecases.review.results import Proposal as Proposal
from pipeline.usecases.review.results import Refused as Refused
from pipeline.usecases.review.results import TaskView as TaskView
from pipeline.usecases.review.superseding import rescans as rescans
from pipeline.usecases.review.superseding import supersede_page as supersede_page
from pipeline.usecases.review.undoing import reopen as reopen
from pipeline.usecases.review.undoing import undo as undo
from pipeline.usecases.review.views import exception_history as exception_history
from pipeline.usecases.review.views import history as history
from pipeline.usecases.review.views import progress as progress
from pipeline.usecases.review.views import task_view as task_view
