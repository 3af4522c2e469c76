"""What the emails about a conflict say, read in the list of messages: to others than officers always the same."""

from uuid import UUID

from tests.cast import NOW, ZONE, Cast
from tests.usecases.operations.world import FAR, B, disclose, planned, site
from tracker.rules.core.message_types import ConflictFound
from tracker.rules.core.outbox import Message, SendOutcome
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.emails import Email
from tracker.rules.operations.deconfliction import Decision
from tracker.rules.operations.plans import Disclosure
from tracker.usecases.core import outbox
from tracker.usecases.emails.emails import MessageReading, write_email
from tracker.usecases.operations import deconfliction, plans
from tracker.usecases.operations.plans import plan_view

KEY = "2027-01-16"


async def larkspur(two: Cast) -> UUID:
    """Plan Larkspur in the way of Bluestem."""
    event_id = await planned(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=FAR)
    await disclose(two.kcpd_alternate, event_id, Disclosure.CONTACT_ONLY)
    await plans.add_site_to_plan(two.kcpd_alternate, event_id, site(B), NOW)
    return event_id


async def about_it() -> dict[UUID, Message]:
    queued = await outbox.claim_messages("w", [], NOW, 1_000)
    return {one.recipient_id: one for one in queued if isinstance(one.content, ConflictFound)}


async def said(by: Viewer, message: Message) -> Email | SendOutcome:
    return await write_email(message, NOW, ZONE, MessageReading(by=by, at=NOW))


async def ended(two: Cast, bluestem: UUID, event_id: UUID) -> None:
    [hit] = (await plan_view(two.fbi_lead, bluestem, KEY, NOW)).hits
    for lead, one in ((two.fbi_lead, bluestem), (two.kcpd_alternate, event_id)):
        await deconfliction.decide_conflict(lead, one, hit.id, Decision.PROCEED, "Both on channel 2.", NOW)


async def test_a_lead_learns_nothing_of_a_conflict_from_the_officer_s_email(two: Cast) -> None:
    bluestem = await planned(two.fbi_lead, two.hsi_liaison)
    event_id = await larkspur(two)
    of_officer = (await about_it())[two.coordinator.member_id]
    found = [await said(two.fbi_lead, of_officer)]
    await ended(two, bluestem, event_id)
    found.append(await said(two.fbi_lead, of_officer))
    assert all(isinstance(one, SendOutcome) for one in found)
    assert found[0] == found[1]


async def test_the_officer_and_each_recipient_read_the_email_about_a_conflict(two: Cast) -> None:
    await planned(two.fbi_lead, two.hsi_liaison)
    await larkspur(two)
    made = await about_it()
    officer = two.coordinator
    assert isinstance(await said(officer, made[officer.member_id]), Email)
    assert isinstance(await said(two.fbi_lead, made[two.fbi_lead.member_id]), Email)
