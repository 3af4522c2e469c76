"""Handlers called as plain functions: what they need is handed to them, and no request is made up."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.cast import NOW, Cast
from tests.ports.browser import settings
from tracker.errors import NotAllowed
from tracker.ports.pages.core import templating
from tracker.ports.pages.core.dependencies import to_reauthentication
from tracker.ports.pages.core.form_values import FormValues
from tracker.ports.pages.roster import accounts
from tracker.rules.core.viewers import Status, Viewer
from tracker.usecases.core.viewers import Visit
from tracker.usecases.roster import directory

WHY = FormValues({"why": ["Their agency asked for it."]})


def pages(viewer: Viewer) -> templating.Pages:
    """Return what makes the pages of someone's request."""
    return templating.Pages({"settings": settings(), "viewer": viewer, "now": NOW})


def visit(viewer: Viewer, *, proved: timedelta) -> Visit:
    """Return a session of someone who proved who they are so long ago."""
    end = NOW + timedelta(hours=1)
    return Visit(
        viewer=viewer,
        session_id="a" * 43,
        reauthenticated_at=NOW - proved,
        idle_end=end,
        last_end=end,
        has_password=True,
    )


async def suspend(viewer: Viewer, person_id: UUID, *, proved: timedelta) -> str:
    """Press the button that suspends someone, and return where it leads."""
    suspending = accounts.post_suspension.fn
    response = await suspending(person_id, pages(viewer), viewer, visit(viewer, proved=proved), WHY, NOW)
    return str(response.url)


async def test_an_account_is_suspended_right_after_a_proof(sqlite_cast: Cast) -> None:
    manager, person_id = sqlite_cast.coordinator, sqlite_cast.fbi_alternate.member_id
    assert await suspend(manager, person_id, proved=timedelta(minutes=1)) == f"/people/{person_id}"
    assert (await directory.person_for(manager, person_id)).status is Status.SUSPENDED


async def test_an_old_proof_suspends_nobody_and_is_asked_for_again(sqlite_cast: Cast) -> None:
    manager, person_id = sqlite_cast.coordinator, sqlite_cast.fbi_alternate.member_id
    assert await suspend(manager, person_id, proved=timedelta(hours=1)) == to_reauthentication(
        f"/people/{person_id}/suspension"
    )
    assert (await directory.person_for(manager, person_id)).status is Status.ACTIVE


async def test_only_a_keeper_of_accounts_suspends(sqlite_cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        await suspend(sqlite_cast.fbi_lead, sqlite_cast.fbi_alternate.member_id, proved=timedelta(minutes=1))
