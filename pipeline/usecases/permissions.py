"""Who may do what: the one table that every page and command asks. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from pipeline.custody.people import Permission, Role
from pipeline.model import Reason

PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.INTAKE: frozenset(
            {
                Permission.VIEW_BATCHES,
                Permission.SCAN,
                Permission.VIEW_PAGES,
                Permission.VIEW_FIGURES,
                Permission.RESOLVE_EXCEPTIONS,
                Permission.DRAFT_LAYOUTS,
                Permission.RUN_JOBS,
            }
        ),
        Role.REVIEWER: frozenset(
            {Permission.VIEW_BATCHES, Permission.VIEW_PAGES, Permission.VIEW_FIGURES, Permission.REVIEW_FIELDS}
        ),
        Role.SUPERVISOR: frozenset(
            {
                Permission.VIEW_BATCHES,
                Permission.SCAN,
                Permission.MANAGE_SCANNERS,
                Permission.VIEW_PAGES,
                Permission.VIEW_STATEMENTS,
                Permission.VIEW_RESTRICTED,
                Permission.VIEW_HISTORY,
                Permission.VIEW_FIGURES,
                Permission.VIEW_QUALITY,
                Permission.REVIEW_FIELDS,
                Permission.DECIDE_REFERRED,
                Permission.RESOLVE_EXCEPTIONS,
                Permission.CLOSE_BATCH,
                Permission.EXPORT,
                Permission.DRAFT_LAYOUTS,
                Permission.ENFORCE_LAYOUTS,
                Permission.RUN_JOBS,
            }
        ),
        Role.COURT: frozenset(
            {
                Permission.VIEW_STATEMENTS,
                Permission.VIEW_RESTRICTED,
                Permission.VIEW_HISTORY,
                Permission.EXPORT,
                Permission.MAKE_LINKS,
            }
        ),
        Role.PROSECUTOR: frozenset({Permission.VIEW_STATEMENTS, Permission.EXPORT}),
        Role.AUDITOR: frozenset(
            {
                Permission.VIEW_BATCHES,
                Permission.VIEW_HISTORY,
                Permission.VIEW_FIGURES,
                Permission.VIEW_QUALITY,
                Permission.VIEW_ACCESS_LOG,
            }
        ),
        # Whoever gives out accounts has no business with what is in the statements, nor with the log of who saw them.
        Role.ADMIN: frozenset({Permission.MANAGE_ACCOUNTS, Permission.RUN_JOBS}),
    }
)


def permissions_of(roles: Collection[Role]) -> frozenset[Permission]:
    """All that the roles allow together."""
    return frozenset().union(*(PERMISSIONS[role] for role in roles))


def may(roles: Collection[Role], permission: Permission) -> bool:
    return any(permission in PERMISSIONS[role] for role in roles)


def role_problems(roles: Collection[Role], issuer: str | None) -> tuple[Reason, ...]:
    """Why these roles, seeing this issuer alone (null: all), cannot be given to one account; empty when they can.

    A prosecutor is a party: of one issuer, and with no part in reading or judging what came in. Nobody else has an
    issuer: batches, queues and the court's files hold the paper of all.
    """
    problems: list[Reason] = []
    if not roles:
        problems.append(Reason("account_without_role"))
    if Role.PROSECUTOR in roles:
        if issuer is None:
            problems.append(Reason("prosecutor_needs_issuer"))
        if len(set(roles)) > 1:
            problems.append(Reason("prosecutor_stands_alone"))
    elif issuer is not None:
        problems.append(Reason("issuer_for_prosecutors"))
    return tuple(problems)
