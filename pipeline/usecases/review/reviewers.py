"""Accounts as review knows them: what their roles let them decide."""

from __future__ import annotations

from collections.abc import Collection

from pipeline.custody.people import Permission
from pipeline.custody.review import Queue, Reviewer
from pipeline.errors import OperatorError
from pipeline.ports import Records
from pipeline.usecases.permissions import permissions_of


def queues_of(permissions: Collection[Permission]) -> frozenset[Queue]:
    """The queues that permissions open."""
    found: set[Queue] = set()
    if Permission.REVIEW_FIELDS in permissions:
        found |= {Queue.REVIEWER, Queue.SECOND}
    if Permission.DECIDE_REFERRED in permissions:
        found.add(Queue.SUPERVISOR)
    return frozenset(found)


def reviewer_named(
    name: str, *, records: Records, needs: Permission = Permission.REVIEW_FIELDS, or_else: Permission | None = None
) -> Reviewer:
    """The reviewer of an account.

    Raises:
        OperatorError: `unknown_account`; `account_may_not` when it is disabled or its roles allow neither `needs` nor
            `or_else`.
    """
    account = records.people.named(name.strip().lower())
    if account is None:
        raise OperatorError("unknown_account", name=name)
    permissions = permissions_of(account.roles)
    if account.disabled or not {needs, or_else} & permissions:
        raise OperatorError("account_may_not", name=name)
    return Reviewer(account.name, queues_of(permissions), Permission.RESOLVE_EXCEPTIONS in permissions)
