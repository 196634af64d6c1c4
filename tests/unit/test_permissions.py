"""Which role may do what, and which roles go together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.custody.people import Permission, Role
from pipeline.usecases.permissions import PERMISSIONS, may, permissions_of, role_problems

ROLES = st.frozensets(st.sampled_from(Role))


@given(ROLES, ROLES, st.sampled_from(Permission))
def test_roles_together_allow_what_each_allows_and_no_more(
    some: frozenset[Role], others: frozenset[Role], what: Permission
) -> None:
    assert may(some | others, what) == (may(some, what) or may(others, what))
    assert may(some, what) == (what in permissions_of(some))


def test_without_a_role_nothing_is_allowed() -> None:
    assert not any(may((), permission) for permission in Permission)


def test_every_role_has_its_line_and_every_permission_someone() -> None:
    assert PERMISSIONS.keys() == set(Role)
    assert all(PERMISSIONS.values())
    assert permissions_of(tuple(Role)) == set(Permission)


@pytest.mark.parametrize(
    ("permission", "roles"),
    [
        (Permission.MANAGE_ACCOUNTS, {Role.ADMIN}),
        (Permission.RUN_JOBS, {Role.INTAKE, Role.SUPERVISOR, Role.ADMIN}),
        (Permission.VIEW_ACCESS_LOG, {Role.AUDITOR}),
        (Permission.REVIEW_FIELDS, {Role.REVIEWER, Role.SUPERVISOR}),
        (Permission.DECIDE_REFERRED, {Role.SUPERVISOR}),
        (Permission.CLOSE_BATCH, {Role.SUPERVISOR}),
        (Permission.MAKE_LINKS, {Role.COURT}),
        (Permission.VIEW_RESTRICTED, {Role.SUPERVISOR, Role.COURT}),
        (Permission.VIEW_STATEMENTS, {Role.SUPERVISOR, Role.COURT, Role.PROSECUTOR}),
        (Permission.RESOLVE_EXCEPTIONS, {Role.INTAKE, Role.SUPERVISOR}),
        (Permission.ENFORCE_LAYOUTS, {Role.SUPERVISOR}),
    ],
)
def test_what_matters_most_is_allowed_to_these_alone(permission: Permission, roles: set[Role]) -> None:
    assert {role for role in Role if may({role}, permission)} == roles


def test_whoever_gives_out_accounts_sees_no_statement_and_no_log() -> None:
    assert permissions_of({Role.ADMIN}) == {Permission.MANAGE_ACCOUNTS, Permission.RUN_JOBS}


def test_a_prosecutor_has_one_issuer_and_no_other_role() -> None:
    assert role_problems({Role.PROSECUTOR}, "valmont") == ()
    assert [its.code for its in role_problems({Role.PROSECUTOR}, None)] == ["prosecutor_needs_issuer"]
    both = role_problems({Role.PROSECUTOR, Role.REVIEWER}, None)
    assert [its.code for its in both] == ["prosecutor_needs_issuer", "prosecutor_stands_alone"]
    assert [its.code for its in role_problems((), None)] == ["account_without_role"]


@given(ROLES.filter(lambda roles: roles and Role.PROSECUTOR not in roles))
def test_all_other_roles_go_together_and_see_every_issuer(roles: frozenset[Role]) -> None:
    assert role_problems(roles, None) == ()
    assert [its.code for its in role_problems(roles, "valmont")] == ["issuer_for_prosecutors"]
