"""The policy of a committee: who sets it, which events it reaches, and undoing it."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from tests.cast import NOW, Cast, meeting
from tracker.errors import Conflict, Gone, NotAllowed, NotFound
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.events import EventStatus
from tracker.rules.events.history import UNDO_FOR
from tracker.rules.roster.quorum import USUAL_POLICY, ReminderPolicy
from tracker.tables.schema.core.tables import AuditEntry
from tracker.tables.schema.events import Event
from tracker.usecases.emails import preferences
from tracker.usecases.events import history, scheduling
from tracker.usecases.roster.committees import policy_of_committee

DAY = ReminderPolicy(leads=frozenset({timedelta(days=1)}))


async def scheduled(cast: Cast, *, visibility: Visibility = Visibility.COMMITTEE, by: str = "coordinator") -> UUID:
    plan = meeting(cast.caht_lead, visibility=visibility, committee_id=cast.committees["services"])
    return await scheduling.schedule_event(getattr(cast, by), plan, NOW)


async def of_event(cast: Cast, event_id: UUID) -> ReminderPolicy:
    return (await scheduling.event_seen_by(cast.coordinator, event_id)).reminders


async def save(cast: Cast, viewer: Viewer, upcoming: int | None = None) -> int:
    return await preferences.save_committee_policy(viewer, cast.committees["services"], DAY, NOW, upcoming=upcoming)


async def test_only_the_chair_and_a_coordinator_set_the_policy_of_a_committee(cast: Cast) -> None:
    services = cast.committees["services"]
    await save(cast, cast.caht_lead)
    assert (await preferences.committee_policy(cast.coordinator, services, NOW)).policy == DAY
    with pytest.raises(NotAllowed):
        await save(cast, cast.harbor_advocate)
    for committee_id in (services, uuid4()):
        with pytest.raises(NotFound):
            await preferences.save_committee_policy(cast.fbi_lead, committee_id, DAY, NOW)
    assert await policy_of_committee(cast.committees["steering"]) == USUAL_POLICY


async def test_events_already_scheduled_keep_their_reminders(cast: Cast) -> None:
    event_id = await scheduled(cast)
    assert await save(cast, cast.caht_lead) == 0
    assert await of_event(cast, event_id) == USUAL_POLICY


async def test_the_upcoming_events_change_too_without_their_calendars(cast: Cast) -> None:
    event_id, canceled = await scheduled(cast), await scheduled(cast)
    await scheduling.cancel_event(cast.coordinator, canceled, 1, "", NOW)
    before = await scheduling.event_seen_by(cast.coordinator, event_id)
    assert await save(cast, cast.caht_lead, upcoming=1) == 1
    after = await scheduling.event_seen_by(cast.coordinator, event_id)
    assert (after.reminders, after.version) == (DAY, before.version + 1)
    assert (after.changed_at, after.sequence) == (before.changed_at, before.sequence)
    assert await of_event(cast, canceled) == USUAL_POLICY
    found = await AuditEntry.select(AuditEntry.subject, AuditEntry.facts).order_by(AuditEntry.seq)
    reminders = '"asks_after": "", "asks_before": "", "is_usual": false, "leads": "1440", "sends_thanks": false'
    were = '"was_asks_after": "", "was_asks_before": "", "was_is_usual": true, "was_leads": "10080,1440,120"'
    assert [(one["subject"], one["facts"]) for one in found[-2:]] == [
        ("event", '{"fields": ["reminders"]}'),
        ("committee_preference", f'{{{reminders}, "upcoming_events": 1, {were}, "was_sends_thanks": false}}'),
    ]


async def changes(viewer: Viewer, event_id: UUID) -> list[tuple[str | None, list[tuple[str, str]]]]:
    """Return who changed an event from what to what, as its history says."""
    found = await history.history_of_event(viewer, await scheduling.event_seen_by(viewer, event_id))
    return [(one.actor, [(change.before, change.after) for change in one.changes]) for one in found]


async def test_the_history_of_an_event_says_who_changed_its_reminders_from_what_until_it_is_undone(cast: Cast) -> None:
    event_id = await scheduled(cast)
    await save(cast, cast.caht_lead, upcoming=1)
    usual_to_day = [("7 days, 1 day, and 2 hours before", "1 day before")]
    assert await changes(cast.caht_lead, event_id) == [("Caht lead (CAHT)", usual_to_day)]
    assert await changes(cast.harbor_advocate, event_id) == []
    await preferences.undo_committee_policy(cast.caht_lead, cast.committees["services"], NOW, NOW)
    assert await changes(cast.caht_lead, event_id) == []


async def test_an_event_that_the_chair_does_not_see_is_neither_counted_nor_changed(cast: Cast) -> None:
    plan = meeting(cast.fbi_lead, visibility=Visibility.NAMED, committee_id=cast.committees["services"])
    hidden = await scheduling.schedule_event(cast.coordinator, plan, NOW)
    found = await preferences.committee_policy(cast.caht_lead, cast.committees["services"], NOW)
    assert found.upcoming == 0
    assert await save(cast, cast.caht_lead, upcoming=0) == 0
    assert await of_event(cast, hidden) == USUAL_POLICY


async def test_another_number_than_the_one_that_was_shown_changes_nothing(cast: Cast) -> None:
    event_id = await scheduled(cast)
    with pytest.raises(Conflict, match="changed while you had this form open"):
        await save(cast, cast.caht_lead, upcoming=2)
    assert (await of_event(cast, event_id), await policy_of_committee(cast.committees["services"])) == (
        USUAL_POLICY,
    ) * 2


async def test_undo_puts_back_the_policy_and_the_events_within_twenty_seconds(cast: Cast) -> None:
    services, event_id = cast.committees["services"], await scheduled(cast)
    await save(cast, cast.caht_lead, upcoming=1)
    with pytest.raises(Gone):
        await preferences.undo_committee_policy(cast.caht_lead, services, NOW, NOW + UNDO_FOR)
    with pytest.raises(Gone):
        await preferences.undo_committee_policy(cast.coordinator, services, NOW, NOW)
    await preferences.undo_committee_policy(cast.caht_lead, services, NOW, NOW)
    assert (await of_event(cast, event_id), await policy_of_committee(services)) == (USUAL_POLICY,) * 2


async def test_undo_leaves_everything_when_an_event_has_changed_since(cast: Cast) -> None:
    services, event_id = cast.committees["services"], await scheduled(cast)
    await save(cast, cast.caht_lead, upcoming=1)
    await Event.update({Event.version: 9, Event.status: EventStatus.TENTATIVE}).where(Event.id == event_id)
    with pytest.raises(Conflict):
        await preferences.undo_committee_policy(cast.caht_lead, services, NOW, NOW)
    assert (await of_event(cast, event_id), await policy_of_committee(services)) == (DAY, DAY)


@pytest.mark.both_engines
async def test_committees_inherit_the_policy_of_the_task_force_until_they_choose_one(cast: Cast) -> None:
    services, steering = cast.committees["services"], cast.committees["steering"]
    await save(cast, cast.caht_lead)
    usual = ReminderPolicy(asks_after=frozenset({timedelta(days=2)}), sends_thanks=True)
    event_id = await scheduled(cast)
    await preferences.save_usual_policy(cast.coordinator, usual, NOW)
    assert [await policy_of_committee(one) for one in (None, steering, services)] == [usual, usual, DAY]
    assert await of_event(cast, event_id) != usual, "events already scheduled keep theirs"
    await preferences.save_committee_policy(cast.caht_lead, services, None, NOW, upcoming=1)
    assert [await policy_of_committee(services), await of_event(cast, event_id)] == [usual, usual]
    await preferences.undo_committee_policy(cast.caht_lead, services, NOW, NOW)
    assert await policy_of_committee(services) == DAY


async def test_only_a_coordinator_sets_the_policy_of_the_task_force(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        await preferences.save_usual_policy(cast.caht_lead, DAY, NOW)
    assert await policy_of_committee(None) == USUAL_POLICY
