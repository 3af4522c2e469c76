"""Two plans are compared whenever one changes, and each side is shown what the other discloses."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast
from tests.usecases.operations.world import FAR, SIX, A, B, disclose, linked_page, planned, site, with_places
from tests.usecases.operations.world import emails_of_kinds as written_email
from tracker.errors import Invalid, NotAllowed, NotFound
from tracker.rules.core.email_declarations import MessageKind
from tracker.rules.core.message_types import ComparisonsReported, ConflictEnded, ConflictFound, DecisionDropped
from tracker.rules.core.outbox import Message, SendOutcome
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.emails import Email
from tracker.rules.operations.deconfliction import Decision, Hit, Outcome, conflicts_by_operation
from tracker.rules.operations.plans import Disclosure, SiteRole
from tracker.rules.operations.states import OperationState
from tracker.tables.schema.core.tables import Message as TablesMessage
from tracker.tables.schema.operations.plans import ComparedPlaces
from tracker.tables.visible.emails import messages
from tracker.tables.visible.operations import plans as visible
from tracker.usecases.core import outbox
from tracker.usecases.emails.emails import write_email
from tracker.usecases.events import scheduling
from tracker.usecases.operations import approvals, deconfliction, officer, plans
from tracker.usecases.operations.deconfliction import DAY
from tracker.usecases.operations.plans import plan_view
from tracker.usecases.operations.states import operation_for

pytestmark = pytest.mark.both_engines

TEN = SIX + timedelta(hours=4)


async def hits(viewer: Viewer, event_id: UUID) -> list[Hit]:
    return await visible.plan_hits(viewer, await operation_for(viewer, event_id))


async def conflict(two: Cast) -> tuple[UUID, UUID]:
    """Plan Bluestem of the FBI, and Larkspur of the KCPD in its way."""
    bluestem = await planned(two.fbi_lead, two.hsi_liaison, two.kcpd_detective)
    larkspur = await planned(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=B, starts=TEN)
    return bluestem, larkspur


async def shift(viewer: Viewer, event_id: UUID, starts: datetime) -> None:
    event, plan = await scheduling.plan_to_change(viewer, event_id)
    await scheduling.change_event(viewer, event_id, replace(plan, starts=starts), event.version, NOW)
    await deconfliction.compare_moved_plans(NOW)


async def test_each_side_of_a_conflict_sees_who_leads_the_other_and_nothing_else(two: Cast) -> None:
    bluestem, larkspur = await conflict(two)
    [one], [other] = await hits(two.fbi_lead, bluestem), await hits(two.kcpd_alternate, larkspur)
    assert (one.other.agency, one.other.lead) == ("KCPD", "Kcpd alternate")
    assert (other.other.agency, other.other.lead) == ("FBI", "Fbi lead")
    assert {one.other.starts_at, one.distance_ft, one.gap, other.other.starts_at, other.distance_ft} == {None}


async def test_an_open_operation_shows_its_times_and_the_distance(two: Cast) -> None:
    bluestem, larkspur = await conflict(two)
    await disclose(two.kcpd_alternate, larkspur, Disclosure.OPEN)
    [one] = await hits(two.fbi_lead, bluestem)
    assert (one.distance_ft, one.gap) == (873, timedelta(0))
    assert one.other.starts_at is not None


async def test_a_silent_operation_is_no_conflict_for_the_other_side(two: Cast) -> None:
    bluestem, larkspur = await conflict(two)
    await disclose(two.kcpd_alternate, larkspur, Disclosure.SILENT)
    assert await hits(two.fbi_lead, bluestem) == []
    assert len(await hits(two.kcpd_alternate, larkspur)) == 1


async def test_the_same_conflict_is_kept_once_however_often_it_is_found(two: Cast) -> None:
    bluestem, larkspur = await conflict(two)
    for lead, event_id in ((two.fbi_lead, bluestem), (two.kcpd_alternate, larkspur)):
        await plans.add_site_to_plan(lead, event_id, site(A), NOW)
    assert len(await hits(two.fbi_lead, bluestem)) == 1


async def test_a_draft_is_compared_with_nothing(two: Cast) -> None:
    bluestem = await planned(two.fbi_lead, two.hsi_liaison)
    drafted = await planned(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=B)
    await approvals.change_plan_state(two.kcpd_alternate, drafted, OperationState.STOOD_DOWN, NOW)
    assert [one.outcome for one in await hits(two.fbi_lead, bluestem)] == [Outcome.SUPERSEDED]


async def test_a_conflict_ends_when_one_side_moves_away(two: Cast) -> None:
    bluestem, larkspur = await conflict(two)
    await shift(two.kcpd_alternate, larkspur, SIX + timedelta(days=1))
    assert [one.outcome for one in await hits(two.fbi_lead, bluestem)] == [Outcome.SUPERSEDED]


async def test_a_move_that_was_announced_is_what_ended_it(two: Cast) -> None:
    bluestem, larkspur = await conflict(two)
    [one] = await hits(two.kcpd_alternate, larkspur)
    await deconfliction.decide_conflict(two.kcpd_alternate, larkspur, one.id, Decision.RESCHEDULE, "We go later.", NOW)
    await shift(two.kcpd_alternate, larkspur, SIX + timedelta(days=1))
    assert [one.outcome for one in await hits(two.fbi_lead, bluestem)] == [Outcome.RESCHEDULED]


async def test_both_go_ahead_only_when_both_say_so(two: Cast) -> None:
    bluestem, larkspur = await conflict(two)
    [one] = await hits(two.fbi_lead, bluestem)
    agree = ("Both on channel 2.", NOW)
    assert await deconfliction.decide_conflict(two.fbi_lead, bluestem, one.id, Decision.PROCEED, *agree) is None
    ended = await deconfliction.decide_conflict(two.kcpd_alternate, larkspur, one.id, Decision.PROCEED, *agree)
    assert ended is Outcome.PROCEED


async def test_what_both_agreed_to_is_no_new_conflict_until_the_facts_change(two: Cast) -> None:
    bluestem, larkspur = await conflict(two)
    [one] = await hits(two.fbi_lead, bluestem)
    for lead, event_id in ((two.fbi_lead, bluestem), (two.kcpd_alternate, larkspur)):
        await deconfliction.decide_conflict(lead, event_id, one.id, Decision.PROCEED, "Both on channel 2.", NOW)
    await plans.commit_resources(
        two.fbi_lead, bluestem, two.fbi_lead.agency_id, people=4, vehicles=2, skills="", now=NOW
    )
    assert [hit.is_open for hit in await hits(two.fbi_lead, bluestem)] == [False]
    await shift(two.fbi_lead, bluestem, SIX + timedelta(minutes=30))
    found = await hits(two.fbi_lead, bluestem)
    assert sorted(hit.is_open for hit in found) == [False, True]
    [(last, [earlier])] = conflicts_by_operation(found)
    assert (last.is_open, earlier.outcome) == (True, Outcome.PROCEED)


async def test_a_decision_about_earlier_facts_does_not_count_for_new_ones(two: Cast) -> None:
    bluestem, larkspur = await conflict(two)
    [one] = await hits(two.fbi_lead, bluestem)
    await deconfliction.decide_conflict(two.fbi_lead, bluestem, one.id, Decision.PROCEED, "Both on channel 2.", NOW)
    await shift(two.kcpd_alternate, larkspur, TEN + timedelta(minutes=30))
    [one] = await hits(two.fbi_lead, bluestem)
    assert (one.mine, one.is_open) == (None, True)


async def test_both_leads_are_notified_that_a_decision_no_longer_counts(two: Cast) -> None:
    bluestem, larkspur = await conflict(two)
    [one] = await hits(two.fbi_lead, bluestem)
    await deconfliction.decide_conflict(two.fbi_lead, bluestem, one.id, Decision.PROCEED, "Both on channel 2.", NOW)
    await shift(two.kcpd_alternate, larkspur, TEN + timedelta(minutes=30))
    mails = dict(await written_email(DecisionDropped))
    assert {one: linked_page(mail) for one, mail in mails.items()} == {
        two.fbi_lead.member_id: f"/events/{bluestem}",
        two.kcpd_alternate.member_id: f"/events/{larkspur}",
    }
    for lead, event_id in ((two.fbi_lead, bluestem), (two.kcpd_alternate, larkspur)):
        assert [one.dropped_at for one in await hits(lead, event_id)] == [NOW]


async def test_a_change_of_facts_without_a_decision_notifies_no_one_again(two: Cast) -> None:
    _, larkspur = await conflict(two)
    await shift(two.kcpd_alternate, larkspur, TEN + timedelta(minutes=30))
    assert await written_email(DecisionDropped) == []


async def test_no_one_is_notified_of_a_decision_about_a_conflict_that_they_are_not_shown(two: Cast) -> None:
    bluestem, larkspur = await conflict(two)
    [one] = await hits(two.fbi_lead, bluestem)
    await deconfliction.decide_conflict(
        two.kcpd_alternate, larkspur, one.id, Decision.PROCEED, "Both on channel 2.", NOW
    )
    await disclose(two.kcpd_alternate, larkspur, Disclosure.SILENT)
    assert [one for one, _ in await written_email(DecisionDropped)] == [two.kcpd_alternate.member_id]


async def test_only_the_lead_decides_about_a_conflict_with_a_reason(two: Cast) -> None:
    bluestem, _ = await conflict(two)
    [one] = await hits(two.fbi_lead, bluestem)
    with pytest.raises(NotFound):
        await deconfliction.decide_conflict(two.hsi_liaison, bluestem, one.id, Decision.PROCEED, "Fine.", NOW)
    with pytest.raises(Invalid):
        await deconfliction.decide_conflict(two.fbi_lead, bluestem, one.id, Decision.PROCEED, "", NOW)
    with pytest.raises(NotFound):
        await deconfliction.decide_conflict(two.caht_lead, bluestem, one.id, Decision.PROCEED, "Fine.", NOW)


async def test_a_canceled_operation_is_in_nobodys_way(two: Cast) -> None:
    bluestem, larkspur = await conflict(two)
    event, _ = await scheduling.plan_to_change(two.kcpd_alternate, larkspur)
    await scheduling.cancel_event(two.kcpd_alternate, larkspur, event.version, "", NOW)
    assert await deconfliction.compare_moved_plans(NOW) == 1
    assert await deconfliction.compare_moved_plans(NOW) == 0
    assert [one.is_open for one in await hits(two.fbi_lead, bluestem)] == [False]


KEY = "2027-01-16"
HALF_HOUR = timedelta(minutes=30)


def addresses(count: int) -> Iterator[tuple[float, float]]:
    for number in range(count):
        yield 39.0 + number / 100, -94.4


async def move(lead: Viewer, event_id: UUID, starts: datetime, now: datetime) -> None:
    event, plan = await scheduling.plan_to_change(lead, event_id)
    await scheduling.change_event(lead, event_id, replace(plan, starts=starts), event.version, now)
    await deconfliction.compare_due(now)


async def try_address(lead: Viewer, event_id: UUID, at: tuple[float, float], now: datetime) -> None:
    """Add a site, look, and remove it."""
    await plans.add_site_to_plan(lead, event_id, site(at), now)
    view = await plan_view(lead, event_id, KEY, NOW)
    [added] = [one for one, found in view.sites.items() if found.point == site(at).point]
    await plans.remove_site_from_plan(lead, event_id, added, now)


async def search(lead: Viewer, event_id: UUID, now: datetime) -> int:
    """Try 40 addresses at each of 12 half hours, and return after how many that was refused."""
    tried = 0
    for half_hour in range(12):
        if half_hour:
            await move(lead, event_id, SIX + half_hour * HALF_HOUR, now)
        for at in addresses(40):
            try:
                await try_address(lead, event_id, at, now)
            except Invalid:
                return tried
            tried += 1
    return tried


async def reports() -> list[Message]:
    return [
        one for one in await outbox.claim_messages("w", [], NOW, 1_000) if isinstance(one.content, ComparisonsReported)
    ]


async def test_a_search_over_40_addresses_and_12_half_hours_is_refused_early_and_reported(two: Cast) -> None:
    bluestem = await planned(two.fbi_lead, two.hsi_liaison, at=FAR)
    assert 90 <= await search(two.fbi_lead, bluestem, NOW) <= 100
    with pytest.raises(Invalid, match="You have had 100 sites compared with other operations in an hour"):
        await plans.add_site_to_plan(two.fbi_lead, bluestem, site(A), NOW)
    [found] = await officer.people_who_search(two.coordinator, NOW)
    assert (found.name, found.agency, found.places) == ("Fbi lead", "FBI", 100)


async def test_each_officer_gets_one_email_a_day_about_a_person_which_says_only_to_sign_in(two: Cast) -> None:
    bluestem = await planned(two.fbi_lead, two.hsi_liaison, at=FAR)
    for now, before in ((NOW, 98), (NOW + timedelta(hours=2), 99)):
        await with_places(two.fbi_lead, before, now)
        await plans.add_site_to_plan(two.fbi_lead, bluestem, site(A), now)
    [message] = await reports()
    made = await write_email(message, NOW, ZONE)
    assert message.recipient_id == two.coordinator.member_id
    assert isinstance(made, Email)
    assert [one.target.path for one in made.buttons] == ["/admin"]
    assert (made.facts, made.calendar) == ((), None)


async def test_planning_with_care_is_never_refused(two: Cast) -> None:
    bluestem = await planned(two.fbi_lead, two.hsi_liaison)
    for at in addresses(8):
        await plans.add_site_to_plan(two.fbi_lead, bluestem, site(at), NOW)
    for hours in range(1, 6):
        await move(two.fbi_lead, bluestem, SIX + timedelta(hours=hours), NOW)
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.STOOD_DOWN, NOW)
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.PLANNING, NOW)
    assert await officer.people_who_search(two.coordinator, NOW) == []
    assert await reports() == []


async def test_the_limit_ends_after_an_hour_and_that_of_a_day_after_a_day(two: Cast) -> None:
    bluestem = await planned(two.fbi_lead, two.hsi_liaison, at=FAR)
    await with_places(two.fbi_lead, 100)
    await plans.add_site_to_plan(two.fbi_lead, bluestem, site(A), NOW + timedelta(hours=1))
    await with_places(two.fbi_lead, 200, NOW + timedelta(hours=1))
    with pytest.raises(Invalid, match=r"300 sites .* in 24 hours.* Try again tomorrow"):
        await plans.add_site_to_plan(two.fbi_lead, bluestem, site(A), NOW + timedelta(hours=3))
    await plans.add_site_to_plan(two.fbi_lead, bluestem, site(A), NOW + timedelta(hours=26))


async def test_the_people_of_an_agency_cannot_share_a_search(two: Cast) -> None:
    bluestem = await planned(two.fbi_lead, two.hsi_liaison, at=FAR)
    for _ in range(2):
        await with_places(two.fbi_alternate, 100)
    with pytest.raises(Invalid, match="Your agency has had 200 sites"):
        await plans.add_site_to_plan(two.fbi_lead, bluestem, site(A), NOW)
    assert {one.name for one in await officer.people_who_search(two.coordinator, NOW)} == {"Fbi alternate", "Fbi lead"}


async def test_a_plan_whose_time_moves_beyond_the_limit_is_a_draft_again_and_is_not_compared(two: Cast) -> None:
    bluestem = await planned(two.fbi_lead, two.hsi_liaison)
    await planned(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", starts=SIX + timedelta(hours=20))
    await with_places(two.fbi_lead, 100)
    await move(two.fbi_lead, bluestem, SIX + timedelta(hours=18), NOW)
    operation = await operation_for(two.fbi_lead, bluestem)
    assert (operation.state, await visible.plan_hits(two.fbi_lead, operation)) == (OperationState.DRAFT, [])
    with pytest.raises(NotAllowed, match="Try again in an hour, or ask a deconfliction officer"):
        await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.PLANNING, NOW)


async def test_sites_of_a_draft_and_off_site_services_are_not_compared_and_not_counted(two: Cast) -> None:
    bluestem = await planned(two.fbi_lead, two.hsi_liaison, at=FAR)
    await with_places(two.fbi_lead, 100)
    await plans.add_site_to_plan(two.fbi_lead, bluestem, site(A, SiteRole.OFF_SITE_SERVICES), NOW)
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.STOOD_DOWN, NOW)
    await plans.add_site_to_plan(two.fbi_lead, bluestem, site(A), NOW)


@pytest.mark.parametrize("name", ["fbi_lead", "caht_lead", "administrator", "auditor"])
async def test_only_officers_see_who_compared_many_places(two: Cast, name: str) -> None:
    with pytest.raises(NotFound):
        await officer.people_who_search(two.members[name], NOW)


async def test_what_was_compared_is_kept_for_a_day_also_of_people_who_plan_nothing_else(two: Cast) -> None:
    await planned(two.fbi_lead, two.hsi_liaison)
    larkspur, later = await planned(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur"), NOW + DAY
    await plans.add_site_to_plan(two.kcpd_alternate, larkspur, site(FAR), later)
    assert await ComparedPlaces.select(ComparedPlaces.compared_at).output(as_list=True) == [later]


async def recipients() -> list[UUID]:
    of_kind = TablesMessage.kind == MessageKind.CONFLICT_FOUND.value
    return sorted(await TablesMessage.select(TablesMessage.recipient).where(of_kind).output(as_list=True))


async def larkspur(two: Cast, level: Disclosure = Disclosure.CONTACT_ONLY) -> UUID:
    """Plan Larkspur with this level, first far away and then in the way of others."""
    event_id = await planned(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=FAR)
    await disclose(two.kcpd_alternate, event_id, level)
    await plans.add_site_to_plan(two.kcpd_alternate, event_id, site(B), NOW)
    return event_id


async def written(
    two: Cast, kind: type[ConflictFound | ConflictEnded] = ConflictFound
) -> dict[UUID, Email | SendOutcome]:
    """Return what each email about the conflict is now."""
    queued = await outbox.claim_messages("w", [], NOW, 1_000)
    about = [one for one in queued if isinstance(one.content, kind)]
    return {one.recipient_id: await write_email(one, NOW, ZONE) for one in about}


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
    of_kind = TablesMessage.kind == MessageKind.CONFLICT_FOUND.value
    found = await TablesMessage.select(TablesMessage.id).where(of_kind).output(as_list=True)
    assert await messages.stored_messages(two.fbi_lead, found) == []
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
