"""Drafts of layouts: begun from the scan of a blank form, edited, tried, proposed, put in force."""

from __future__ import annotations

from pipeline.usecases.layouts.desk import LayoutDesk as LayoutDesk
from pipeline.usecases.layouts.drafting import begin_draft as begin_draft
from pipeline.usecases.layouts.drafting import change_draft as change_draft
from pipeline.usecases.layouts.drafting import restore_draft as restore_draft
from pipeline.usecases.layouts.drafting import save_text as save_text
from pipeline.usecases.layouts.enforcing import propose_draft as propose_draft
from pipeline.usecases.layouts.enforcing import put_in_force as put_in_force
from pipeline.usecases.layouts.enforcing import withdraw as withdraw
from pipeline.usecases.layouts.results import Conflict as Conflict
from pipeline.usecases.layouts.results import DraftView as DraftView
from pipeline.usecases.layouts.results import Refused as Refused
from pipeline.usecases.layouts.results import Saved as Saved
from pipeline.usecases.layouts.results import Tried as Tried
from pipeline.usecases.layouts.standing import draft_named as draft_named
from pipeline.usecases.layouts.standing import drafts as drafts
from pipeline.usecases.layouts.trying import try_draft as try_draft
from pipeline.usecases.layouts.view import draft_picture as draft_picture
from pipeline.usecases.layouts.view import draft_view as draft_view
