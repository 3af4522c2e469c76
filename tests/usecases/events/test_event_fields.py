"""No field of an event is forgotten on its way from a plan through the rows to readers, preview, history, and undo."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace
from piccolo.columns import Varchar

from tests.cast import NOW, Cast, marking, meeting, operation
from tests.event_fields import another
from tracker.errors import Invalid, ReauthenticationNeeded
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core.viewers import Visibility
from tracker.rules.events.events import FIELDS, TEXTS, EventFields, field_values, fields_of
from tracker.rules.events.history import UNDO_FOR
from tracker.rules.events.plans import CONFIRM_FIRST, WHOLE_DAYS, DateChange, Plan, plan_from_start
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema import events as rows
from tracker.usecases.calendars import subscriptions
from tracker.usecases.events import history, occurrences, scheduling, series_split
from tracker.usecases.views import preview

SOON = NOW + timedelta(seconds=5)
every_field = pytest.mark.parametrize("name", FIELDS)


def changed(cast: Cast, name: str) -> Plan:
    """Return the usual plan with another value of one field."""
    return replace(meeting(cast.fbi_lead), **another(cast, name))


async def scheduled(cast: Cast, plan: Plan | None = None) -> UUID:
    return await scheduling.schedule_event(
        cast.coordinator, plan or meeting(cast.fbi_lead), NOW, notified_at=NOW + UNDO_FOR
    )


async def stored(cast: Cast, event_id: UUID) -> EventFields:
    return fields_of(await scheduling.event_seen_by(cast.coordinator, event_id))


def edit(cast: Cast, event_id: UUID, name: str) -> Callable[[], Any]:
    async def deed() -> UUID:
        return await scheduling.change_event(cast.coordinator, event_id, changed(cast, name), 1, SOON)

    return deed


@every_field
async def test_a_field_is_read_as_it_was_planned(cast: Cast, name: str) -> None:
    plan = changed(cast, name)
    assert field_values(plan)[name] != field_values(meeting())[name]
    assert await stored(cast, await scheduled(cast, plan)) == fields_of(plan)


@every_field
async def test_a_field_that_is_edited_is_read_in_the_history_and_the_audit_log(cast: Cast, name: str) -> None:
    event_id = await scheduled(cast)
    event = await scheduling.event_seen_by(cast.coordinator, event_id)
    await edit(cast, event_id, name)()
    assert await stored(cast, event_id) == fields_of(changed(cast, name))
    [entry] = await history.history_of_event(
        cast.coordinator, await scheduling.event_seen_by(cast.coordinator, event_id)
    )
    assert all(one.field.label for one in entry.changes)
    assert entry.changes
    assert scheduling.changed_field_names(changed(cast, name), event)


@every_field
async def test_a_field_that_is_edited_is_seen_by_the_preview(cast: Cast, name: str) -> None:
    await subscriptions.create_subscription(cast.fbi_lead, "Phone", FeedScope.ALL, NOW, shows_operations=True)
    event_id = await scheduled(cast)
    notified = await preview.dry_run(cast.coordinator, event_id, edit(cast, event_id, name), SOON)
    assert notified.shown == {cast.fbi_lead.member_id}


async def undone(cast: Cast, event_id: UUID) -> None:
    change_id = await history.change_made_at(cast.coordinator, event_id, SOON)
    assert change_id is not None
    await history.undo_change(cast.coordinator, event_id, change_id, SOON)


@every_field
async def test_a_field_that_is_edited_is_put_back_by_undo(cast: Cast, name: str) -> None:
    event_id = await scheduled(cast)
    before = await stored(cast, event_id)
    await edit(cast, event_id, name)()
    await undone(cast, event_id)
    assert await stored(cast, event_id) == before


@pytest.mark.parametrize("name", TEXTS)
def test_a_column_has_room_for_its_text(name: str) -> None:
    [column] = [one for one in rows.Event._meta.columns if one._meta.name == name]
    if isinstance(column, Varchar):
        assert column.length == TEXTS[name].longest


async def whole_days(cast: Cast) -> UUID:
    """Schedule a series of three days, a week apart, each of them all day."""
    starts = datetime.fromisoformat("2027-01-12")
    facts = {"starts": starts, "duration": timedelta(days=1), "is_all_day": True}
    return await scheduled(cast, meeting(**facts, rule=rule_for_choice("weekly", starts, count=3)))


async def test_a_date_of_an_all_day_series_gets_no_hours(cast: Cast) -> None:
    event_id, hour = await whole_days(cast), datetime.fromisoformat("2027-01-20 10:00")
    with pytest.raises(Invalid, match=WHOLE_DAYS):
        await series_split.add_occurrence(cast.coordinator, event_id, hour, 1, NOW)
    change = DateChange(starts=hour, duration=timedelta(hours=1))
    with pytest.raises(Invalid, match=WHOLE_DAYS):
        await occurrences.change_occurrence(cast.coordinator, event_id, "2027-01-19", change, 1, NOW)


async def test_a_restricted_series_is_opened_from_a_date_on_only_by_who_confirmed_who_they_are(cast: Cast) -> None:
    starts = operation().starts
    plan = operation(cast.kcpd_detective, rule=rule_for_choice("weekly", starts, count=3))
    event_id = await scheduling.schedule_event(cast.fbi_lead, plan, NOW)
    _, known = await scheduling.plan_to_change(cast.fbi_lead, event_id)
    opened = replace(plan_from_start(known, starts + timedelta(days=7)), visibility=Visibility.LAW_ENFORCEMENT)
    arguments = (cast.fbi_lead, event_id, "2027-01-23", opened, 1, NOW)
    with pytest.raises(ReauthenticationNeeded, match=CONFIRM_FIRST):
        await series_split.change_from_date_on(*arguments)
    new_id = await series_split.change_from_date_on(*arguments, reauthenticated_at=NOW)
    assert (await scheduling.event_seen_by(cast.hsi_liaison, new_id)).visibility is Visibility.LAW_ENFORCEMENT


async def test_undo_keeps_a_marking_with_its_limit(cast: Cast) -> None:
    event_id = await scheduled(cast, meeting(marking=marking(cast)))
    before = await stored(cast, event_id)
    await scheduling.change_event(cast.coordinator, event_id, meeting(), 1, SOON)
    await undone(cast, event_id)
    assert await stored(cast, event_id) == before
