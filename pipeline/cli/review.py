"""`constat review`: what waits for a person, what was decided, deciding without a browser."""

from __future__ import annotations

import click

from pipeline.cli.localised import option, print_document, say, words
from pipeline.cli.paper_tables import as_document, reason_document
from pipeline.cli.review_masks import list_masks, mask, original
from pipeline.cli.review_place import list_rescans, place, supersede
from pipeline.cli.review_quality import quality
from pipeline.cli.review_tables import (
    events_document,
    print_history,
    print_tasks,
    tasks_document,
    tell_refusal,
)
from pipeline.config import load_settings
from pipeline.custody.review import Reviewer, TaskId, TaskState, Verb, Verdict
from pipeline.errors import OperatorError
from pipeline.evidence.canonical import Json
from pipeline.model import BatchId, PageId
from pipeline.usecases.review import Conflict, Decided, Refused, decide, history, open_tasks, reopen
from pipeline.usecases.review.desk import task_id
from pipeline.usecases.review.reviewers import reviewer_named
from pipeline.wiring import App, anything_kept, reading, review_desk, serving

_PAGE_ITSELF = "-"


@click.group("review", help=words("help.review"), subcommand_metavar=words("help.command_metavar"))
def group() -> None:
    pass


group.add_command(quality)


for command in (place, list_rescans, supersede, list_masks, mask, original):
    group.add_command(command)


@group.command("list", help=words("help.review.list"))
@option("--batch", "batch_id", help_code="help.review.batch", metavar=words("metavar.batch"))
@option("--json", "as_json", help_code="help.json", is_flag=True)
def list_tasks(batch_id: str | None, as_json: bool) -> None:
    settings = load_settings()
    batch = None if batch_id is None else BatchId(batch_id)
    tasks = open_tasks(desk=review_desk(reading(settings)), batch=batch) if anything_kept(settings) else ()
    if as_json:
        print_document(as_document(tasks_document(tasks)))
    elif tasks:
        print_tasks(tasks)
    else:
        say("review.none")


@group.command("show", help=words("help.review.show"))
@click.argument("page", metavar=words("metavar.page"))
@click.argument("field", metavar=words("metavar.field"))
@option("--json", "as_json", help_code="help.json", is_flag=True)
def show(page: str, field: str, as_json: bool) -> None:
    events = history(PageId(page), field, desk=review_desk(reading(load_settings())))
    if as_json:
        print_document(as_document(events_document(events)))
    else:
        print_history(events)


@group.command("decide", help=words("help.review.decide"))
@click.argument("subject", metavar=words("metavar.page"))
@click.argument("field", metavar=words("metavar.field"))
@option("--value", help_code="help.review.value", metavar=words("metavar.text"))
@option("--accept", "verbs", flag_value=Verb.ACCEPT, multiple=True, help_code="help.review.accept")
@option("--confirm", "verbs", flag_value=Verb.CONFIRM, multiple=True, help_code="help.review.confirm")
@option("--illegible", "verbs", flag_value=Verb.ILLEGIBLE, multiple=True, help_code="help.review.illegible")
@option("--empty", "verbs", flag_value=Verb.EMPTY, multiple=True, help_code="help.review.empty")
@option("--as-is", "verbs", flag_value=Verb.AS_IS, multiple=True, help_code="help.review.as_is")
@option("--refer", "verbs", flag_value=Verb.REFER, multiple=True, help_code="help.review.refer")
@option("--reason", help_code="help.review.reason", metavar=words("metavar.text"), default="")
@option("--by", "account", help_code="help.review.by", metavar=words("metavar.name"), required=True)
@option("--json", "as_json", help_code="help.json", is_flag=True)
@click.pass_context
def decide_task(ctx: click.Context, /, subject: str, field: str, account: str, as_json: bool, **said: object) -> None:
    verdict = _verdict(said)
    app = serving(load_settings())
    answer = _decide(_task(subject, field), verdict, reviewer_named(account, records=app.keeping.records), app)
    if as_json:
        print_document(as_document(_document(answer)))
    else:
        _tell(answer)
    if not isinstance(answer, Decided):
        ctx.exit(1)


@group.command("reopen", help=words("help.review.reopen"))
@click.argument("subject", metavar=words("metavar.page"))
@click.argument("field", metavar=words("metavar.field"))
@option("--reason", help_code="help.review.reason", metavar=words("metavar.text"), required=True)
@option("--by", "account", help_code="help.review.by", metavar=words("metavar.name"), required=True)
@click.pass_context
def reopen_task(ctx: click.Context, /, subject: str, field: str, reason: str, account: str) -> None:
    app = serving(load_settings())
    who = reviewer_named(account, records=app.keeping.records)
    answer = reopen(_task(subject, field), who, reason=reason, desk=review_desk(app))
    if isinstance(answer, Refused):
        tell_refusal(answer.reasons)
        ctx.exit(1)
    say("review.reopened", task=answer.task.id)


def _task(subject: str, field: str) -> TaskId:
    return TaskId(subject) if field == _PAGE_ITSELF else task_id(PageId(subject), field)


def _verdict(said: dict[str, object]) -> Verdict:
    value, chosen, reason = said["value"], said["verbs"], str(said["reason"])
    verbs = list(chosen) if isinstance(chosen, tuple) else []
    if len(verbs) + (value is not None) != 1:
        raise OperatorError("review_needs_one_verdict")
    if value is not None:
        return Verdict(Verb.TYPED, text=str(value), reason=reason)
    return Verdict(Verb(str(verbs[0])), reason=reason)


def _decide(task: TaskId, verdict: Verdict, who: Reviewer, app: App) -> Decided | Conflict | Refused:
    found = app.keeping.records.review.task(task)
    return decide(task, 0 if found is None else found.version, verdict, who, desk=review_desk(app))


def _tell(answer: Decided | Conflict | Refused) -> None:
    if isinstance(answer, Refused):
        tell_refusal(answer.reasons)
    elif isinstance(answer, Conflict):
        say("review.conflict", task=answer.task.id)
    elif answer.task.state is TaskState.OPEN:
        say("review.waits", task=answer.task.id, queue=words(f"queue.{answer.task.queue}"))
    else:
        say("review.decided", task=answer.task.id)


def _document(answer: Decided | Conflict | Refused) -> Json:
    if isinstance(answer, Refused):
        return {"result": "refused", "reasons": [reason_document(its) for its in answer.reasons]}
    result = "decided" if isinstance(answer, Decided) else "conflict"
    task = answer.task
    return {"result": result, "task": task.id, "state": task.state, "queue": task.queue, "version": task.version}
