"""Two plans are compared whenever one changes, and each side is shown what the other discloses, never more."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from geographiclib.geodesic import Geodesic
from msgspec import Struct
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, operation
from tests.database.others import url_of
from tests.usecases.operations.world import (
    FAR,
    SIX,
    A,
    B,
    disclose,
    insert_compared_places,
    linked_page,
    plan_operation,
    site,
)
from tests.usecases.operations.world import emails_of_kinds as written_email
from tracker.database import bind, close_database, engine, open_database
from tracker.database.sqlite import SQLiteEngine
from tracker.errors import Invalid, NotAllowed, NotFound
from tracker.rules.core.email_declarations import MessageKind
from tracker.rules.core.message_types import ComparisonsReported, ConflictEnded, ConflictFound, DecisionDropped
from tracker.rules.core.outbox import Message, SendOutcome
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.emails import Email
from tracker.rules.operations.deconfliction import (
    EARTH,
    METERS_IN_A_FOOT,
    Decision,
    Hit,
    Outcome,
    conflicts_by_operation,
)
from tracker.rules.operations.plans import Disclosure, SiteRole
from tracker.rules.operations.states import OperationState
from tracker.tables.schema.core.tables import Message as TablesMessage
from tracker.tables.schema.operations import ComparedPlaces
from tracker.tables.visible import emails
from tracker.tables.visible.operations import plans as visible
from tracker.usecases.core import outbox
from tracker.usecases.emails.emails import MessageReading, write_email
from tracker.usecases.events import scheduling
from tracker.usecases.events.scheduling import schedule_event
from tracker.usecases.operations import approvals, deconfliction, plans
from tracker.usecases.operations.deconfliction import DAY
from tracker.usecases.operations.plans import plan_view
from tracker.usecases.operations.states import operation_for

TEN = SIX + timedelta(hours=4)


async def hits_of(viewer: Viewer, event_id: UUID) -> list[Hit]:
    return await visible.plan_hits(viewer, await operation_for(viewer, event_id))


async def plan_conflict(two: Cast) -> tuple[UUID, UUID]:
    """Plan Bluestem of the FBI, and Larkspur of the KCPD in its way."""
    bluestem = await plan_operation(two.fbi_lead, two.hsi_liaison, two.kcpd_detective)
    larkspur = await plan_operation(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=B, starts=TEN)
    return bluestem, larkspur


async def move_event(viewer: Viewer, event_id: UUID, starts: datetime) -> None:
    event, plan = await scheduling.plan_to_change(viewer, event_id)
    await scheduling.change_event(viewer, event_id, replace(plan, starts=starts), event.version, NOW)
    await deconfliction.compare_moved_plans(NOW)


@pytest.mark.both_engines
async def test_each_side_of_a_conflict_sees_who_leads_the_other_and_nothing_else(two: Cast) -> None:
    bluestem, larkspur = await plan_conflict(two)
    [own_hit], [other] = await hits_of(two.fbi_lead, bluestem), await hits_of(two.kcpd_alternate, larkspur)
    assert (own_hit.other.agency, own_hit.other.lead) == ("KCPD", "Kcpd alternate")
    assert (other.other.agency, other.other.lead) == ("FBI", "Fbi lead")
    assert {own_hit.other.starts_at, own_hit.distance_ft, own_hit.gap, other.other.starts_at, other.distance_ft} == {
        None
    }


@pytest.mark.both_engines
async def test_an_open_operation_shows_its_times_and_the_distance(two: Cast) -> None:
    bluestem, larkspur = await plan_conflict(two)
    await disclose(two.kcpd_alternate, larkspur, Disclosure.OPEN)
    [hit] = await hits_of(two.fbi_lead, bluestem)
    assert (hit.distance_ft, hit.gap) == (873, timedelta(0))
    assert hit.other.starts_at is not None


@pytest.mark.both_engines
async def test_a_silent_operation_is_no_conflict_for_the_other_side(two: Cast) -> None:
    bluestem, larkspur = await plan_conflict(two)
    await disclose(two.kcpd_alternate, larkspur, Disclosure.SILENT)
    assert await hits_of(two.fbi_lead, bluestem) == []
    assert len(await hits_of(two.kcpd_alternate, larkspur)) == 1


@pytest.mark.both_engines
async def test_the_same_conflict_is_kept_once_however_often_it_is_found(two: Cast) -> None:
    bluestem, larkspur = await plan_conflict(two)
    for lead, event_id in ((two.fbi_lead, bluestem), (two.kcpd_alternate, larkspur)):
        await plans.add_site_to_plan(lead, event_id, site(A), NOW)
    assert len(await hits_of(two.fbi_lead, bluestem)) == 1


@pytest.mark.both_engines
async def test_a_draft_is_compared_with_nothing(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.hsi_liaison)
    drafted = await plan_operation(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=B)
    await approvals.change_plan_state(two.kcpd_alternate, drafted, OperationState.STOOD_DOWN, NOW)
    assert [one.outcome for one in await hits_of(two.fbi_lead, bluestem)] == [Outcome.SUPERSEDED]


@pytest.mark.both_engines
async def test_a_conflict_ends_when_one_side_moves_away(two: Cast) -> None:
    bluestem, larkspur = await plan_conflict(two)
    await move_event(two.kcpd_alternate, larkspur, SIX + timedelta(days=1))
    assert [one.outcome for one in await hits_of(two.fbi_lead, bluestem)] == [Outcome.SUPERSEDED]


@pytest.mark.both_engines
async def test_a_move_that_was_announced_is_what_ended_it(two: Cast) -> None:
    bluestem, larkspur = await plan_conflict(two)
    [hit] = await hits_of(two.kcpd_alternate, larkspur)
    await deconfliction.decide_conflict(two.kcpd_alternate, larkspur, hit.id, Decision.RESCHEDULE, "We go later.", NOW)
    await move_event(two.kcpd_alternate, larkspur, SIX + timedelta(days=1))
    assert [one.outcome for one in await hits_of(two.fbi_lead, bluestem)] == [Outcome.RESCHEDULED]


@pytest.mark.both_engines
async def test_both_go_ahead_only_when_both_say_so(two: Cast) -> None:
    bluestem, larkspur = await plan_conflict(two)
    [hit] = await hits_of(two.fbi_lead, bluestem)
    agree = ("Both on channel 2.", NOW)
    assert await deconfliction.decide_conflict(two.fbi_lead, bluestem, hit.id, Decision.PROCEED, *agree) is None
    ended = await deconfliction.decide_conflict(two.kcpd_alternate, larkspur, hit.id, Decision.PROCEED, *agree)
    assert ended is Outcome.PROCEED
    assert [hit.was_agreed for hit in await hits_of(two.fbi_lead, bluestem)] == [True]


@pytest.mark.both_engines
async def test_what_both_agreed_to_is_no_new_conflict_until_the_facts_change(two: Cast) -> None:
    bluestem, larkspur = await plan_conflict(two)
    [hit_now] = await hits_of(two.fbi_lead, bluestem)
    for lead, event_id in ((two.fbi_lead, bluestem), (two.kcpd_alternate, larkspur)):
        await deconfliction.decide_conflict(lead, event_id, hit_now.id, Decision.PROCEED, "Both on channel 2.", NOW)
    await plans.commit_resources(
        two.fbi_lead, bluestem, two.fbi_lead.agency_id, people=4, vehicles=2, skills="", now=NOW
    )
    assert [hit.is_open for hit in await hits_of(two.fbi_lead, bluestem)] == [False]
    await move_event(two.fbi_lead, bluestem, SIX + timedelta(minutes=30))
    hits = await hits_of(two.fbi_lead, bluestem)
    assert sorted(hit.is_open for hit in hits) == [False, True]
    [(last, [earlier])] = conflicts_by_operation(hits)
    assert (last.is_open, earlier.outcome) == (True, Outcome.PROCEED)


@pytest.mark.both_engines
async def test_a_decision_about_earlier_facts_does_not_count_for_new_ones(two: Cast) -> None:
    bluestem, larkspur = await plan_conflict(two)
    [hit] = await hits_of(two.fbi_lead, bluestem)
    await deconfliction.decide_conflict(two.fbi_lead, bluestem, hit.id, Decision.PROCEED, "Both on channel 2.", NOW)
    await move_event(two.kcpd_alternate, larkspur, TEN + timedelta(minutes=30))
    [hit] = await hits_of(two.fbi_lead, bluestem)
    assert (hit.mine, hit.is_open) == (None, True)


@pytest.mark.both_engines
async def test_both_leads_are_notified_that_a_decision_no_longer_counts(two: Cast) -> None:
    bluestem, larkspur = await plan_conflict(two)
    [hit] = await hits_of(two.fbi_lead, bluestem)
    await deconfliction.decide_conflict(two.fbi_lead, bluestem, hit.id, Decision.PROCEED, "Both on channel 2.", NOW)
    await move_event(two.kcpd_alternate, larkspur, TEN + timedelta(minutes=30))
    emails = dict(await written_email(DecisionDropped))
    assert {one: linked_page(email) for one, email in emails.items()} == {
        two.fbi_lead.member_id: f"/events/{bluestem}",
        two.kcpd_alternate.member_id: f"/events/{larkspur}",
    }
    for lead, event_id in ((two.fbi_lead, bluestem), (two.kcpd_alternate, larkspur)):
        assert [one.dropped_at for one in await hits_of(lead, event_id)] == [NOW]


@pytest.mark.both_engines
async def test_a_change_of_facts_without_a_decision_notifies_no_one_again(two: Cast) -> None:
    _, larkspur = await plan_conflict(two)
    await move_event(two.kcpd_alternate, larkspur, TEN + timedelta(minutes=30))
    assert await written_email(DecisionDropped) == []


@pytest.mark.both_engines
async def test_no_one_is_notified_of_a_decision_about_a_conflict_that_they_are_not_shown(two: Cast) -> None:
    bluestem, larkspur = await plan_conflict(two)
    [hit] = await hits_of(two.fbi_lead, bluestem)
    await deconfliction.decide_conflict(
        two.kcpd_alternate, larkspur, hit.id, Decision.PROCEED, "Both on channel 2.", NOW
    )
    await disclose(two.kcpd_alternate, larkspur, Disclosure.SILENT)
    assert [one for one, _ in await written_email(DecisionDropped)] == [two.kcpd_alternate.member_id]


@pytest.mark.both_engines
async def test_only_the_lead_decides_about_a_conflict_with_a_reason(two: Cast) -> None:
    bluestem, _ = await plan_conflict(two)
    [hit] = await hits_of(two.fbi_lead, bluestem)
    with pytest.raises(NotFound):
        await deconfliction.decide_conflict(two.hsi_liaison, bluestem, hit.id, Decision.PROCEED, "Fine.", NOW)
    with pytest.raises(Invalid):
        await deconfliction.decide_conflict(two.fbi_lead, bluestem, hit.id, Decision.PROCEED, "", NOW)
    with pytest.raises(NotFound):
        await deconfliction.decide_conflict(two.caht_lead, bluestem, hit.id, Decision.PROCEED, "Fine.", NOW)


@pytest.mark.both_engines
async def test_a_canceled_operation_is_in_nobodys_way(two: Cast) -> None:
    bluestem, larkspur = await plan_conflict(two)
    event, _ = await scheduling.plan_to_change(two.kcpd_alternate, larkspur)
    await scheduling.cancel_event(two.kcpd_alternate, larkspur, event.version, "", NOW)
    assert await deconfliction.compare_moved_plans(NOW) == 1
    assert await deconfliction.compare_moved_plans(NOW) == 0
    assert [one.is_open for one in await hits_of(two.fbi_lead, bluestem)] == [False]


KEY = "2027-01-16"
HALF_HOUR = timedelta(minutes=30)


def addresses_to_try(count: int) -> Iterator[tuple[float, float]]:
    for number in range(count):
        yield 39.0 + number / 100, -94.4


async def move_and_compare(lead: Viewer, event_id: UUID, starts: datetime, now: datetime) -> None:
    event, plan = await scheduling.plan_to_change(lead, event_id)
    await scheduling.change_event(lead, event_id, replace(plan, starts=starts), event.version, now)
    await deconfliction.compare_due(now)


async def try_address(lead: Viewer, event_id: UUID, at: tuple[float, float], now: datetime) -> None:
    """Add a site, look, and remove it."""
    await plans.add_site_to_plan(lead, event_id, site(at), now)
    view = await plan_view(lead, event_id, KEY, NOW)
    [added] = [one for one, placed in view.sites.items() if placed.point == site(at).point]
    await plans.remove_site_from_plan(lead, event_id, added, now)


async def count_tries(lead: Viewer, event_id: UUID, now: datetime) -> int:
    """Try 40 addresses at each of 12 half hours, and return after how many that was refused."""
    tried = 0
    for half_hour in range(12):
        if half_hour:
            await move_and_compare(lead, event_id, SIX + half_hour * HALF_HOUR, now)
        for at in addresses_to_try(40):
            try:
                await try_address(lead, event_id, at, now)
            except Invalid:
                return tried
            tried += 1
    return tried


async def queued_reports() -> list[Message]:
    return [
        message
        for message in await outbox.claim_messages("w", [], NOW, 1_000)
        if isinstance(message.content, ComparisonsReported)
    ]


@pytest.mark.both_engines
async def test_a_search_over_40_addresses_and_12_half_hours_is_refused_early_and_reported(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.hsi_liaison, at=FAR)
    assert 90 <= await count_tries(two.fbi_lead, bluestem, NOW) <= 100
    with pytest.raises(Invalid, match="You have had 100 sites compared with other operations in an hour"):
        await plans.add_site_to_plan(two.fbi_lead, bluestem, site(A), NOW)
    [person] = await deconfliction.people_who_search(two.coordinator, NOW)
    assert (person.name, person.agency, person.places) == ("Fbi lead", "FBI", 100)


@pytest.mark.both_engines
async def test_each_officer_gets_one_email_a_day_about_a_person_which_says_only_to_sign_in(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.hsi_liaison, at=FAR)
    for now, before in ((NOW, 98), (NOW + timedelta(hours=2), 99)):
        await insert_compared_places(two.fbi_lead, before, now)
        await plans.add_site_to_plan(two.fbi_lead, bluestem, site(A), now)
    [message] = await queued_reports()
    made = await write_email(message, NOW, ZONE)
    assert message.recipient_id == two.coordinator.member_id
    assert isinstance(made, Email)
    assert [one.target.path for one in made.buttons] == ["/admin"]
    assert (made.facts, made.calendar) == ((), None)


@pytest.mark.both_engines
async def test_planning_with_care_is_never_refused(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.hsi_liaison)
    for at in addresses_to_try(8):
        await plans.add_site_to_plan(two.fbi_lead, bluestem, site(at), NOW)
    for hours in range(1, 6):
        await move_and_compare(two.fbi_lead, bluestem, SIX + timedelta(hours=hours), NOW)
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.STOOD_DOWN, NOW)
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.PLANNING, NOW)
    assert await deconfliction.people_who_search(two.coordinator, NOW) == []
    assert await queued_reports() == []


@pytest.mark.both_engines
async def test_the_limit_ends_after_an_hour_and_that_of_a_day_after_a_day(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.hsi_liaison, at=FAR)
    await insert_compared_places(two.fbi_lead, 100)
    await plans.add_site_to_plan(two.fbi_lead, bluestem, site(A), NOW + timedelta(hours=1))
    await insert_compared_places(two.fbi_lead, 200, NOW + timedelta(hours=1))
    with pytest.raises(Invalid, match=r"300 sites .* in 24 hours.* Try again tomorrow"):
        await plans.add_site_to_plan(two.fbi_lead, bluestem, site(A), NOW + timedelta(hours=3))
    await plans.add_site_to_plan(two.fbi_lead, bluestem, site(A), NOW + timedelta(hours=26))


@pytest.mark.both_engines
async def test_the_people_of_an_agency_cannot_share_a_search(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.hsi_liaison, at=FAR)
    for _ in range(2):
        await insert_compared_places(two.fbi_alternate, 100)
    with pytest.raises(Invalid, match="Your agency has had 200 sites"):
        await plans.add_site_to_plan(two.fbi_lead, bluestem, site(A), NOW)
    assert {one.name for one in await deconfliction.people_who_search(two.coordinator, NOW)} == {
        "Fbi alternate",
        "Fbi lead",
    }


@pytest.mark.both_engines
async def test_a_plan_whose_time_moves_beyond_the_limit_is_a_draft_again_and_is_not_compared(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.hsi_liaison)
    await plan_operation(
        two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", starts=SIX + timedelta(hours=20)
    )
    await insert_compared_places(two.fbi_lead, 100)
    await move_and_compare(two.fbi_lead, bluestem, SIX + timedelta(hours=18), NOW)
    operation = await operation_for(two.fbi_lead, bluestem)
    assert (operation.state, await visible.plan_hits(two.fbi_lead, operation)) == (OperationState.DRAFT, [])
    with pytest.raises(NotAllowed, match="Try again in an hour, or ask a deconfliction officer"):
        await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.PLANNING, NOW)


@pytest.mark.both_engines
async def test_sites_of_a_draft_and_off_site_services_are_not_compared_and_not_counted(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.hsi_liaison, at=FAR)
    await insert_compared_places(two.fbi_lead, 100)
    await plans.add_site_to_plan(two.fbi_lead, bluestem, site(A, SiteRole.OFF_SITE_SERVICES), NOW)
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.STOOD_DOWN, NOW)
    await plans.add_site_to_plan(two.fbi_lead, bluestem, site(A), NOW)


@pytest.mark.both_engines
@pytest.mark.parametrize("name", ["fbi_lead", "caht_lead", "administrator", "auditor"])
async def test_only_officers_see_who_compared_many_places(two: Cast, name: str) -> None:
    with pytest.raises(NotFound):
        await deconfliction.people_who_search(two.members[name], NOW)


@pytest.mark.both_engines
async def test_what_was_compared_is_kept_for_a_day_also_of_people_who_plan_nothing_else(two: Cast) -> None:
    await plan_operation(two.fbi_lead, two.hsi_liaison)
    larkspur, later = await plan_operation(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur"), NOW + DAY
    await plans.add_site_to_plan(two.kcpd_alternate, larkspur, site(FAR), later)
    assert await ComparedPlaces.select(ComparedPlaces.compared_at).output(as_list=True) == [later]


async def conflict_recipients() -> list[UUID]:
    of_kind = TablesMessage.kind == MessageKind.CONFLICT_FOUND.value
    return sorted(await TablesMessage.select(TablesMessage.recipient).where(of_kind).output(as_list=True))


async def plan_larkspur(two: Cast, level: Disclosure = Disclosure.CONTACT_ONLY) -> UUID:
    """Plan Larkspur with this level, first far away and then in the way of others."""
    event_id = await plan_operation(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=FAR)
    await disclose(two.kcpd_alternate, event_id, level)
    await plans.add_site_to_plan(two.kcpd_alternate, event_id, site(B), NOW)
    return event_id


async def conflict_emails(
    two: Cast, kind: type[ConflictFound | ConflictEnded] = ConflictFound
) -> dict[UUID, Email | SendOutcome]:
    """Return what each email about the conflict is now."""
    queued = await outbox.claim_messages("w", [], NOW, 1_000)
    related_messages = [one for one in queued if isinstance(one.content, kind)]
    return {one.recipient_id: await write_email(one, NOW, ZONE) for one in related_messages}


@pytest.mark.both_engines
async def test_both_leads_and_the_officer_get_one_email_each(two: Cast) -> None:
    await plan_operation(two.fbi_lead, two.hsi_liaison)
    event_id = await plan_larkspur(two)
    for _ in range(2):
        await plans.add_site_to_plan(two.kcpd_alternate, event_id, site(B), NOW)
    reported = (two.fbi_lead, two.kcpd_alternate, two.coordinator)
    assert await conflict_recipients() == sorted(one.member_id for one in reported)


@pytest.mark.both_engines
async def test_the_side_that_is_shown_nothing_gets_no_email_and_sees_none(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.hsi_liaison)
    await plan_larkspur(two, Disclosure.SILENT)
    assert await conflict_recipients() == sorted([two.kcpd_alternate.member_id, two.coordinator.member_id])
    of_kind = TablesMessage.kind == MessageKind.CONFLICT_FOUND.value
    rows = await TablesMessage.select(TablesMessage.id).where(of_kind).output(as_list=True)
    assert await emails.stored_messages(two.fbi_lead, rows) == []
    assert (await plan_view(two.fbi_lead, bluestem, KEY, NOW)).hits == []


@pytest.mark.both_engines
async def test_no_one_gets_an_email_while_both_sides_show_nothing(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.hsi_liaison)
    await disclose(two.fbi_lead, bluestem, Disclosure.SILENT)
    event_id = await plan_larkspur(two, Disclosure.SILENT)
    assert await conflict_recipients() == []
    await deconfliction.compare_due(NOW)
    assert await conflict_recipients() == []
    await disclose(two.kcpd_alternate, event_id, Disclosure.CONTACT_ONLY)
    await deconfliction.compare_due(NOW)
    assert await conflict_recipients() == sorted([two.fbi_lead.member_id, two.coordinator.member_id])


@pytest.mark.both_engines
async def test_the_email_says_nothing_but_to_sign_in(two: Cast) -> None:
    bluestem, event_id = await plan_operation(two.fbi_lead, two.hsi_liaison), await plan_larkspur(two)
    made = await conflict_emails(two)
    assert {one: sorted(button.target.path for button in email.buttons) for one, email in made.items()} == {
        two.fbi_lead.member_id: [f"/events/{bluestem}"],
        two.kcpd_alternate.member_id: [f"/events/{event_id}"],
        two.coordinator.member_id: ["/admin"],
    }
    assert all(email.facts == () and email.calendar is None for email in made.values())


@pytest.mark.both_engines
async def test_each_lead_who_was_shown_a_conflict_gets_one_email_when_it_has_ended(two: Cast) -> None:
    bluestem, event_id = await plan_operation(two.fbi_lead, two.hsi_liaison), await plan_larkspur(two)
    await approvals.change_plan_state(two.kcpd_alternate, event_id, OperationState.STOOD_DOWN, NOW)
    made = await conflict_emails(two, ConflictEnded)
    assert {one: [button.target.path for button in email.buttons] for one, email in made.items()} == {
        two.fbi_lead.member_id: [f"/events/{bluestem}"],
        two.kcpd_alternate.member_id: [f"/events/{event_id}"],
    }
    assert all(email.facts == () and email.calendar is None for email in made.values())


@pytest.mark.both_engines
async def test_no_one_hears_of_the_end_of_a_conflict_that_they_were_not_shown(two: Cast) -> None:
    await plan_operation(two.fbi_lead, two.hsi_liaison)
    event_id = await plan_larkspur(two, Disclosure.SILENT)
    await approvals.change_plan_state(two.kcpd_alternate, event_id, OperationState.STOOD_DOWN, NOW)
    assert list(await conflict_emails(two, ConflictEnded)) == [two.kcpd_alternate.member_id]


@pytest.mark.both_engines
async def test_an_email_about_a_conflict_that_has_ended_is_not_sent(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.hsi_liaison)
    event_id = await plan_larkspur(two)
    [hit] = (await plan_view(two.fbi_lead, bluestem, KEY, NOW)).hits
    for lead, own_event in ((two.fbi_lead, bluestem), (two.kcpd_alternate, event_id)):
        await deconfliction.decide_conflict(lead, own_event, hit.id, Decision.PROCEED, "Both on channel 2.", NOW)
    assert {email.reason for email in (await conflict_emails(two)).values()} == {"The conflict has ended."}


SIX_AM = datetime(2027, 5, 15, 6)  # noqa: DTZ001 - local to the zone; a Saturday
C, D = (39.0997, -94.5786), (39.0911, -94.4108)
JUST_INSIDE, JUST_OUTSIDE = (39.0911, -94.41084), (39.0911, -94.41083)
EVERYONE = frozenset({"fbi_lead", "kcpd_alternate", "coordinator"})
NO_ONE: frozenset[str] = frozenset()


class Row(Struct, frozen=True, kw_only=True):
    """Larkspur, planned beside Bluestem (A, from 6 AM to noon, 1,320 feet, 60 minutes), and who knows of a conflict."""

    at: tuple[float, float] = B
    starts: str = "10:00"
    ends: str = "14:00"
    days_later: int = 0
    radius_ft: int = 1_320
    state: OperationState = OperationState.PLANNING
    level: Disclosure = Disclosure.CONTACT_ONLY
    known_to: frozenset[str] = NO_ONE


ROWS = {
    "873 feet away at the same time": Row(known_to=EVERYONE),
    "1,330.8 feet away": Row(at=D),
    "1,319.5 feet away": Row(at=JUST_INSIDE, known_to=EVERYONE),
    "1,322.3 feet away": Row(at=JUST_OUTSIDE),
    "14.1 kilometers away": Row(at=C),
    "the next day": Row(days_later=1),
    "an hour later": Row(starts="13:00", ends="15:00", known_to=EVERYONE),
    "an hour and a minute later": Row(starts="13:01", ends="15:00"),
    "within the larger radius": Row(at=D, radius_ft=2_000, known_to=EVERYONE),
    "a draft": Row(state=OperationState.DRAFT),
    "one that shows nothing": Row(level=Disclosure.SILENT, known_to=frozenset({"kcpd_alternate", "coordinator"})),
}


@pytest.mark.both_engines
@pytest.mark.parametrize("is_first", [True, False], ids=["entered second", "entered first"])
@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
async def test_who_knows_of_a_conflict_with_another_operation(two: Cast, row: Row, *, is_first: bool) -> None:
    both = {}
    for lead in ("fbi_lead", "kcpd_alternate") if is_first else ("kcpd_alternate", "fbi_lead"):
        both[lead] = await (_plan_bluestem(two) if lead == "fbi_lead" else _plan_row(two, row))
    await deconfliction.compare_due(NOW)
    shown = {lead for lead, event_id in both.items() if await hits_of(two.members[lead], event_id)}
    known = {"coordinator"} if await deconfliction.open_conflicts(two.coordinator, NOW) else set()
    assert shown | known == row.known_to


async def _plan_bluestem(two: Cast) -> UUID:
    return await plan_operation(two.fbi_lead, two.hsi_liaison, at=A, starts=SIX_AM)


async def _plan_row(two: Cast, row: Row) -> UUID:
    lead, day = two.kcpd_alternate, (SIX_AM + timedelta(days=row.days_later)).date()
    starts, ends = (datetime.fromisoformat(f"{day} {time}") for time in (row.starts, row.ends))
    facts = {"title": "Operation Larkspur", "starts": starts, "duration": ends - starts}
    event_id = await schedule_event(lead, operation(two.ipd_liaison, **facts), NOW)
    await plans.start_plan(lead, event_id, NOW)
    await disclose(lead, event_id, row.level)
    await plans.add_site_to_plan(lead, event_id, site(row.at, radius_ft=row.radius_ft), NOW)
    if row.state is not OperationState.DRAFT:
        await approvals.change_plan_state(lead, event_id, row.state, NOW)
    return event_id


PLACES = [(39.0911, -94.4155), (0.0, 0.0), (-41.3, 179.9999), (64.2, -179.9999), (79.99, 20.0), (89.99, 0.0)]
RADII = [(50, 1_320), (1_320, 50), (52_800, 50)]
"""Feet, of the two sites."""
DIRECTIONS = (0, 45, 90, 180, 270)
A_BIT = 2  # feet: a place is kept to four inches


@pytest.mark.both_engines
@pytest.mark.parametrize("place", PLACES, ids=str)
@pytest.mark.parametrize("radii", RADII, ids=str)
async def test_what_is_near_is_found_everywhere(two: Cast, place: tuple[float, float], radii: tuple[int, int]) -> None:
    own_radius, other_radius = radii
    bluestem = await operation_for(two.fbi_lead, await _plan_at(two.fbi_lead, two.hsi_liaison, place, own_radius))
    texts_read = []
    for direction in DIRECTIONS:
        for feet in (max(radii) - A_BIT, max(radii) + A_BIT):
            await _plan_at(two.kcpd_alternate, two.ipd_liaison, _away(place, direction, feet), other_radius)
            texts_read.append(len(await visible.plan_hits(two.fbi_lead, bluestem)))
    assert texts_read == [number for one in range(1, len(DIRECTIONS) + 1) for number in (one, one)]


async def _plan_at(lead: Viewer, guest: Viewer, at: tuple[float, float], radius_ft: int) -> UUID:
    event_id = await schedule_event(lead, operation(guest, title="Operation"), NOW)
    await plans.start_plan(lead, event_id, NOW)
    await plans.add_site_to_plan(lead, event_id, site(at, radius_ft=radius_ft), NOW)
    await approvals.change_plan_state(lead, event_id, OperationState.PLANNING, NOW)
    return event_id


def _away(place: tuple[float, float], direction: int, feet: float) -> tuple[float, float]:
    there = EARTH.Direct(*place, direction, feet * METERS_IN_A_FOOT, Geodesic.LATITUDE | Geodesic.LONGITUDE)
    return there["lat2"], there["lon2"]


async def plan_larkspur_in_the_way(two: Cast) -> UUID:
    """Plan Larkspur in the way of Bluestem."""
    event_id = await plan_operation(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=FAR)
    await disclose(two.kcpd_alternate, event_id, Disclosure.CONTACT_ONLY)
    await plans.add_site_to_plan(two.kcpd_alternate, event_id, site(B), NOW)
    return event_id


async def conflict_messages() -> dict[UUID, Message]:
    queued = await outbox.claim_messages("w", [], NOW, 1_000)
    return {one.recipient_id: one for one in queued if isinstance(one.content, ConflictFound)}


async def read_as(by: Viewer, message: Message) -> Email | SendOutcome:
    return await write_email(message, NOW, ZONE, MessageReading(by=by, at=NOW))


async def decide_both(two: Cast, bluestem: UUID, event_id: UUID) -> None:
    [hit] = (await plan_view(two.fbi_lead, bluestem, KEY, NOW)).hits
    for lead, own_event in ((two.fbi_lead, bluestem), (two.kcpd_alternate, event_id)):
        await deconfliction.decide_conflict(lead, own_event, hit.id, Decision.PROCEED, "Both on channel 2.", NOW)


async def test_a_lead_learns_nothing_of_a_conflict_from_the_officer_s_email(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.hsi_liaison)
    event_id = await plan_larkspur_in_the_way(two)
    of_officer = (await conflict_messages())[two.coordinator.member_id]
    texts_read = [await read_as(two.fbi_lead, of_officer)]
    await decide_both(two, bluestem, event_id)
    texts_read.append(await read_as(two.fbi_lead, of_officer))
    assert all(isinstance(one, SendOutcome) for one in texts_read)
    assert texts_read[0] == texts_read[1]


async def test_the_officer_and_each_recipient_read_the_email_about_a_conflict(two: Cast) -> None:
    await plan_operation(two.fbi_lead, two.hsi_liaison)
    await plan_larkspur_in_the_way(two)
    made = await conflict_messages()
    officer = two.coordinator
    assert isinstance(await read_as(officer, made[officer.member_id]), Email)
    assert isinstance(await read_as(two.fbi_lead, made[two.fbi_lead.member_id]), Email)


HEAD = 30  # characters of a statement that say what it does, without its values


class Watched(SQLiteEngine):
    """An engine that notes every statement it runs."""

    statements: list[str]

    def connect(self) -> sqlite3.Connection:
        """Open a connection that is watched."""
        opened = super().connect()
        opened.set_trace_callback(lambda text: self.statements.append(text.partition(" = ")[0][:HEAD]))
        return opened


@pytest.fixture
async def watched(two: Cast) -> AsyncIterator[Watched]:
    """The same database, watched."""
    plain = engine()
    watched_found = Watched(url_of(plain).removeprefix("sqlite:///"), synchronous="OFF")
    watched_found.statements = []
    bind(watched_found)
    await open_database(watched_found)
    yield watched_found
    await close_database(watched_found)
    bind(plain)


async def work_of_the_lead(two: Cast, watched: Watched, bluestem: UUID) -> list[str]:
    """Return the statements of what the lead of Bluestem does: to plan in the way of the other, look, and leave."""
    lead, before = two.fbi_lead, len(watched.statements)
    await plans.add_site_to_plan(lead, bluestem, site(B), NOW)
    view = await plan_view(lead, bluestem, KEY, NOW)
    [added] = [one for one, placed in view.sites.items() if placed.point == site(B).point]
    await disclose(lead, bluestem, Disclosure.OPEN)
    await disclose(lead, bluestem, Disclosure.CONTACT_ONLY)
    await plans.remove_site_from_plan(lead, bluestem, added, NOW)
    await approvals.change_plan_state(lead, bluestem, OperationState.STOOD_DOWN, NOW)
    await approvals.change_plan_state(lead, bluestem, OperationState.PLANNING, NOW)
    return [one for one in watched.statements[before:] if not one.startswith("PRAGMA")]


async def wait_for_clock() -> None:
    """Let the clock be late."""


async def compare_by_clock() -> None:
    """Let the clock compare."""
    await deconfliction.compare_due(NOW)


@pytest.mark.parametrize("source", ["sqlite"], indirect=True)  # the engine that is watched is SQLite's
@pytest.mark.parametrize("clock", [wait_for_clock, compare_by_clock])
async def test_a_request_does_the_same_work_with_and_without_an_operation_that_shows_nothing(
    two: Cast, watched: Watched, clock: Callable[[], Awaitable[None]]
) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.hsi_liaison, at=FAR)
    without = await work_of_the_lead(two, watched, bluestem)
    larkspur = await plan_operation(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=(36.0, -94.0))
    await disclose(two.kcpd_alternate, larkspur, Disclosure.SILENT)
    await plans.add_site_to_plan(two.kcpd_alternate, larkspur, site(B), NOW)
    await plans.add_site_to_plan(two.kcpd_alternate, larkspur, site(FAR), NOW)
    await clock()
    with_it = await work_of_the_lead(two, watched, bluestem)
    assert with_it == without


async def test_the_side_that_shows_nothing_knows_of_a_conflict_when_the_clock_has_compared(two: Cast) -> None:
    larkspur = await plan_operation(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=B)
    await disclose(two.kcpd_alternate, larkspur, Disclosure.SILENT)
    await plan_operation(two.fbi_lead, two.hsi_liaison)
    await deconfliction.compare_due(NOW)
    assert len((await plan_view(two.kcpd_alternate, larkspur, KEY, NOW)).hits) == 1
    assert await deconfliction.compare_waiting_plans(NOW) == 0
