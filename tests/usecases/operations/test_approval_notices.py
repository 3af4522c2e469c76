"""Who gets an email about the approval of a plan or of access, and that it says nothing but to sign in."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest

from tests.cast import NOW, ZONE, Cast
from tests.usecases.operations.world import RISSAFE, approved, emails_of_kinds, let_in, linked_page, planned, submitted
from tracker.rules.core.message_types import AccessDecided, AccessRequested, PlanDecided, PlanSubmitted
from tracker.rules.core.outbox import SendOutcome
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.emails import Email
from tracker.rules.operations.states import OperationState
from tracker.rules.views.home import OpenRequests
from tracker.tables.visible.operations import access as requests
from tracker.usecases.events import scheduling
from tracker.usecases.operations import access, approvals
from tracker.usecases.views.home import home_for

LATER = NOW + timedelta(minutes=5)


async def test_the_supervisor_alone_is_emailed_that_a_plan_is_submitted(two: Cast) -> None:
    await submitted(two)
    [(recipient_id, mail)] = await emails_of_kinds(PlanSubmitted, PlanDecided)
    assert (recipient_id, linked_page(mail)) == (two.fbi_alternate.member_id, "/")


async def test_a_plan_that_is_withdrawn_before_the_email_goes_out_sends_none(two: Cast) -> None:
    bluestem = await submitted(two)
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.PLANNING, NOW)
    assert [mail.reason for _, mail in await emails_of_kinds(PlanSubmitted)] == ["It no longer waits for a decision."]


async def test_a_supervisor_who_is_taken_off_the_operation_gets_no_email_about_it(two: Cast) -> None:
    bluestem = await submitted(two)
    await access.take_off_operation(two.fbi_lead, bluestem, two.fbi_alternate.member_id, NOW)
    [(_, mail)] = await emails_of_kinds(PlanSubmitted)
    assert isinstance(mail, SendOutcome)


async def test_a_plan_that_is_submitted_again_is_emailed_again(two: Cast) -> None:
    bluestem = await submitted(two)
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.PLANNING, NOW)
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.SUBMITTED, LATER)
    assert [isinstance(mail, Email) for _, mail in await emails_of_kinds(PlanSubmitted, now=LATER)] == [True, True]


async def test_the_lead_is_emailed_that_the_plan_is_approved(two: Cast) -> None:
    bluestem = await approved(two)
    [(recipient_id, mail)] = await emails_of_kinds(PlanDecided)
    assert (recipient_id, linked_page(mail)) == (two.fbi_lead.member_id, f"/events/{bluestem}")
    assert RISSAFE.number not in str(mail)


async def requested(two: Cast) -> tuple[UUID, UUID]:
    """Ask for access of the lead of victim services to Bluestem, and return the operation and the request."""
    bluestem = await planned(two.fbi_lead, two.hsi_liaison, two.kcpd_detective)
    await let_in(two.fbi_lead, two.hsi_liaison, bluestem, two.harbor_advocate)
    await access.give_access(
        two.fbi_lead, bluestem, two.caht_lead.member_id, "She arranges the interpreters.", None, LATER
    )
    [(_, waiting)] = await requests.waiting_grants(two.hsi_liaison)
    return bluestem, waiting.id


async def at_home(viewer: Viewer) -> list[int]:
    """Return how many requests each row on a person's Home asks them to approve."""
    found = (await home_for(viewer, LATER, LATER.date(), ZONE)).follow_up
    return [one.requests for one in found if isinstance(one, OpenRequests)]


async def test_everyone_who_can_approve_access_is_emailed_and_finds_it_on_home_and_no_one_else(two: Cast) -> None:
    await requested(two)
    second = [two.hsi_liaison, two.kcpd_detective]
    mails = [one for one in await emails_of_kinds(AccessRequested, now=LATER) if isinstance(one[1], Email)]
    assert sorted(one for one, _ in mails) == sorted(one.member_id for one in second)
    assert [linked_page(mail) for _, mail in mails] == ["/", "/"]
    others = [two.fbi_lead, two.harbor_advocate, two.caht_lead, two.coordinator, two.kcpd_alternate]
    assert [await at_home(one) for one in [*second, *others]] == [[1], [1], [], [], [], [], []]


@pytest.mark.parametrize("decide", [access.approve_access, access.decline_access])
async def test_the_person_who_asked_for_access_is_emailed_the_decision_and_the_rows_go(
    two: Cast, decide: Callable[..., Awaitable[object]]
) -> None:
    bluestem, grant_id = await requested(two)
    await decide(two.hsi_liaison, bluestem, grant_id, LATER)
    recipient_id, mail = (await emails_of_kinds(AccessDecided, now=LATER))[-1]
    assert (recipient_id, linked_page(mail)) == (two.fbi_lead.member_id, f"/events/{bluestem}")
    assert [await at_home(one) for one in (two.hsi_liaison, two.kcpd_detective)] == [[], []]


async def test_a_request_waits_for_no_one_while_the_operation_is_canceled(two: Cast) -> None:
    bluestem, _ = await requested(two)
    event = await scheduling.event_seen_by(two.fbi_lead, bluestem)
    await scheduling.cancel_event(two.fbi_lead, bluestem, event.version, "", LATER)
    assert await at_home(two.hsi_liaison) == []
    await scheduling.restore_event(two.fbi_lead, bluestem, event.version + 1, LATER)
    assert await at_home(two.hsi_liaison) == [1]


async def test_a_request_that_is_withdrawn_before_the_emails_go_out_sends_none(two: Cast) -> None:
    bluestem, grant_id = await requested(two)
    await access.decline_access(two.fbi_lead, bluestem, grant_id, LATER)
    reasons = {
        mail.reason for _, mail in await emails_of_kinds(AccessRequested, now=LATER) if isinstance(mail, SendOutcome)
    }
    assert reasons == {"It no longer waits for a decision."}
    assert not [mail for _, mail in await emails_of_kinds(AccessRequested, now=LATER) if isinstance(mail, Email)]
