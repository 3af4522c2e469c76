"""The life of accounts: who manages them, what ends them, and what can't be taken from the task force."""

from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from uuid import UUID

from tracker.errors import NotAllowed
from tracker.rules.core.viewers import Role, Viewer, is_recent

IDLE = timedelta(days=90)  # without a sign-in, an account is suspended (CJIS AC-2)
REVIEW = timedelta(days=365)  # an account is reviewed at least this often
MANAGERS_ONLY = "Only a coordinator or an administrator can change people, agencies, committees, and sites."
PROVE_FIRST = "Confirm it’s you. You last confirmed more than 15 minutes ago."
OWN_ACCOUNT = "You can’t change your own account. Ask a coordinator or another administrator."
COORDINATORS = "Only a coordinator can change another coordinator’s account."
LAST_COORDINATOR = "There’s no other coordinator. Give someone else that role first."
GRANTED = frozenset({Role.COORDINATOR, Role.ADMINISTRATOR, Role.AUDITOR, Role.AGENCY_LEAD})
"""Roles that a person is given; a committee's chair is chosen with the committee."""


def check_manager(viewer: Viewer, reauthenticated_at: datetime, now: datetime) -> None:
    """Raise `NotAllowed` unless the viewer manages accounts and has recently confirmed their identity."""
    if not viewer.manages_accounts:
        raise NotAllowed(MANAGERS_ONLY)
    if not is_recent(reauthenticated_at, now):
        raise NotAllowed(PROVE_FIRST)


def check_account(viewer: Viewer, member_id: UUID, roles: AbstractSet[Role]) -> None:
    """Raise `NotAllowed` when an administrator may not change this account.

    Managing accounts gives administrators no further rights: neither through their own account nor a coordinator's.
    """
    if viewer.is_coordinator:
        return
    if viewer.member_id == member_id:
        raise NotAllowed(OWN_ACCOUNT)
    if Role.COORDINATOR in roles:
        raise NotAllowed(COORDINATORS)


def may_change_account(viewer: Viewer, member_id: UUID, roles: AbstractSet[Role]) -> bool:
    """Return whether an administrator may change this account."""
    try:
        check_account(viewer, member_id, roles)
    except NotAllowed:
        return False
    return viewer.manages_accounts


def is_account_over(expires_at: datetime | None, now: datetime) -> bool:
    """Return whether an account's last day has passed: it has no access, even before the clock has suspended it."""
    return expires_at is not None and expires_at <= now


def is_idle(signed_in_at: datetime | None, reopened_at: datetime | None, now: datetime) -> bool:
    """Return whether an account was not used for 90 days; an account that never signed in is not counted."""
    used = [moment for moment in (signed_in_at, reopened_at) if moment]
    return bool(used) and max(used) <= now - IDLE


def needs_review(reviewed_at: datetime | None, joined_at: datetime, now: datetime) -> bool:
    """Return whether an administrator should confirm that an account is still needed."""
    return (reviewed_at or joined_at) <= now - REVIEW
