"""Who gets an email about a conflict between operations, and that it says nothing but to sign in."""

from uuid import UUID

import pytest

from tests.cast import NOW, ZONE, Cast
from tests.usecases.operations.world import FAR, B, disclose, planned, site
from tracker.rules.core.message_types import ConflictEnded, ConflictFound
from tracker.rules.core.outbox import MessageKind, Skip
from tracker.rules.emails.content import Letter
from tracker.rules.operations.deconfliction import Decision
from tracker.rules.operations.plans import Disclosure
from tracker.rules.operations.states import OperationState
from tracker.tables.schema.core.tables import Message
from tracker.tables.visible.emails import messages
from tracker.usecases.core import outbox
from tracker.usecases.emails.content import letter
from tracker.usecases.operations import approvals, deconfliction, plans
from tracker.usecases.operations.plans import plan_view

pytestmark = pytest.mark.both_engines

KEY = "2027-01-16"


async def recipients() -> list[UUID]:
    of_kind = Message.kind == MessageKind.CONFLICT_FOUND.value
    return sorted(await Message.select(Message.recipient).where(of_kind).output(as_list=True))


async def larkspur(two: Cast, level: Disclosure = Disclosure.CONTACT_ONLY) -> UUID:
    """Plan Larkspur with this level, first far away and then in the way of others."""
    event_id = await planned(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=FAR)
    await disclose(two.kcpd_alternate, event_id, level)
    await plans.add_site_to_plan(two.kcpd_alternate, event_id, site(B), NOW)
    return event_id


async def written(two: Cast, kind: type[ConflictFound | ConflictEnded] = ConflictFound) -> dict[UUID, Letter | Skip]:
    """Return what each email about the conflict is now."""
    queued = await outbox.claim_messages("w", [], NOW, 1_000)
    about = [one for one in queued if isinstance(one.content, kind)]
    return {one.recipient_id: await letter(one, NOW, ZONE) for one in about}


async def test_both_leads_and_the_officer_get_one_email_each(two: Cast) -> None:
    await planned(two.fbi_lead, two.hsi_liaison)
    event_id = await larkspur(two)
    for _ in range(2):
        await plans.add_site_to_plan(two.kcpd_alternate, event_id, site(B), NOW)
    told = (two.fbi_lead, two.kcpd_alternate, two.coordinator)
    assert await recipients() == sorted(one.member_id for one in told)


async def test_the_side_that_is_shown_nothing_gets_no_email_and_sees_none(two: Cast) -> None:
    bluestem = await planned(two.fbi_lead, two.hsi_liaison)
    await larkspur(two, Disclosure.SILENT)
    assert await recipients() == sorted([two.kcpd_alternate.member_id, two.coordinator.member_id])
    of_kind = Message.kind == MessageKind.CONFLICT_FOUND.value
    found = await Message.select(Message.id).where(of_kind).output(as_list=True)
    assert await messages.stored(two.fbi_lead, found) == []
    assert (await plan_view(two.fbi_lead, bluestem, KEY, NOW)).hits == []


async def test_nobody_gets_an_email_while_both_sides_show_nothing(two: Cast) -> None:
    bluestem = await planned(two.fbi_lead, two.hsi_liaison)
    await disclose(two.fbi_lead, bluestem, Disclosure.SILENT)
    event_id = await larkspur(two, Disclosure.SILENT)
    assert await recipients() == []
    await deconfliction.compare_due(NOW)
    assert await recipients() == []
    await disclose(two.kcpd_alternate, event_id, Disclosure.CONTACT_ONLY)
    await deconfliction.compare_due(NOW)
    assert await recipients() == sorted([two.fbi_lead.member_id, two.coordinator.member_id])


async def test_the_email_says_nothing_but_to_sign_in(two: Cast) -> None:
    bluestem, event_id = await planned(two.fbi_lead, two.hsi_liaison), await larkspur(two)
    made = await written(two)
    assert {one: sorted(button.target.path for button in mail.buttons) for one, mail in made.items()} == {
        two.fbi_lead.member_id: [f"/events/{bluestem}"],
        two.kcpd_alternate.member_id: [f"/events/{event_id}"],
        two.coordinator.member_id: ["/admin"],
    }
    assert all(mail.facts == () and mail.calendar is None for mail in made.values())


async def test_each_lead_who_was_shown_a_conflict_gets_one_email_when_it_has_ended(two: Cast) -> None:
    bluestem, event_id = await planned(two.fbi_lead, two.hsi_liaison), await larkspur(two)
    await approvals.change_plan_state(two.kcpd_alternate, event_id, OperationState.STOOD_DOWN, NOW)
    made = await written(two, ConflictEnded)
    assert {one: [button.target.path for button in mail.buttons] for one, mail in made.items()} == {
        two.fbi_lead.member_id: [f"/events/{bluestem}"],
        two.kcpd_alternate.member_id: [f"/events/{event_id}"],
    }
    assert all(mail.facts == () and mail.calendar is None for mail in made.values())


async def test_no_one_hears_of_the_end_of_a_conflict_that_they_were_not_shown(two: Cast) -> None:
    await planned(two.fbi_lead, two.hsi_liaison)
    event_id = await larkspur(two, Disclosure.SILENT)
    await approvals.change_plan_state(two.kcpd_alternate, event_id, OperationState.STOOD_DOWN, NOW)
    assert list(await written(two, ConflictEnded)) == [two.kcpd_alternate.member_id]


async def test_an_email_about_a_conflict_that_has_ended_is_not_sent(two: Cast) -> None:
    bluestem = await planned(two.fbi_lead, two.hsi_liaison)
    event_id = await larkspur(two)
    [hit] = (await plan_view(two.fbi_lead, bluestem, KEY, NOW)).hits
    for lead, one in ((two.fbi_lead, bluestem), (two.kcpd_alternate, event_id)):
        await deconfliction.decide_conflict(lead, one, hit.id, Decision.PROCEED, "Both on channel 2.", NOW)
    assert {mail.reason for mail in (await written(two)).values()} == {"The conflict has ended."}
