"""Who gets an email about the approval of a plan, and that it says nothing but to sign in."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.cast import NOW, ZONE, Cast
from tests.usecases.operations.world import RISSAFE, approved, submitted
from tracker.rules.core.message_types import PlanDecided, PlanSubmitted
from tracker.rules.core.outbox import Skip
from tracker.rules.emails.content import Letter
from tracker.rules.operations.states import OperationState
from tracker.usecases.core import outbox
from tracker.usecases.emails.content import letter
from tracker.usecases.operations import approvals, grants

pytestmark = pytest.mark.anyio


async def written(*kinds: type, now: datetime = NOW) -> list[tuple[UUID, Letter | Skip]]:
    """Return what each email of these kinds is now, with its recipient."""
    queued = await outbox.claim("w", [], now, 1_000)
    return [(one.recipient_id, await letter(one, now, ZONE)) for one in queued if isinstance(one.content, kinds)]


def page_of(mail: Letter | Skip) -> str:
    """Return where an email leads that has neither facts nor an entry for calendars."""
    assert isinstance(mail, Letter)
    assert (mail.facts, mail.calendar) == ((), None)
    [button] = mail.buttons
    return button.target.path


async def test_the_supervisor_alone_is_emailed_that_a_plan_is_submitted(two: Cast) -> None:
    await submitted(two)
    [(recipient_id, mail)] = await written(PlanSubmitted, PlanDecided)
    assert (recipient_id, page_of(mail)) == (two.fbi_alternate.member_id, "/")


async def test_a_plan_that_is_withdrawn_before_the_email_goes_out_sends_none(two: Cast) -> None:
    bluestem = await submitted(two)
    await approvals.move(two.fbi_lead, bluestem, OperationState.PLANNING, NOW)
    assert [mail.reason for _, mail in await written(PlanSubmitted)] == ["It no longer waits for a decision."]


async def test_a_supervisor_who_is_taken_off_the_operation_gets_no_email_about_it(two: Cast) -> None:
    bluestem = await submitted(two)
    await grants.end(two.fbi_lead, bluestem, two.fbi_alternate.member_id, NOW)
    [(_, mail)] = await written(PlanSubmitted)
    assert isinstance(mail, Skip)


async def test_a_plan_that_is_submitted_again_is_emailed_again(two: Cast) -> None:
    bluestem = await submitted(two)
    await approvals.move(two.fbi_lead, bluestem, OperationState.PLANNING, NOW)
    later = NOW + timedelta(minutes=5)
    await approvals.move(two.fbi_lead, bluestem, OperationState.SUBMITTED, later)
    assert [isinstance(mail, Letter) for _, mail in await written(PlanSubmitted, now=later)] == [True, True]


async def test_the_lead_is_emailed_that_the_plan_is_approved(two: Cast) -> None:
    bluestem = await approved(two)
    [(recipient_id, mail)] = await written(PlanDecided)
    assert (recipient_id, page_of(mail)) == (two.fbi_lead.member_id, f"/events/{bluestem}")
    assert RISSAFE.number not in str(mail)
