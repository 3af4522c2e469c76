"""What people read of the history of an event, against both databases."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast, everyone, meeting, operation
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.events import EventStatus
from tracker.rules.events.history import ChangedField, HistoryEntry, HistoryVerb
from tracker.rules.events.notifications import Notify
from tracker.rules.events.plans import DateChange, Plan
from tracker.rules.events.replies import AttendeeRole, ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.usecases.events import history, occurrences, scheduling, series_split
from tracker.usecases.events.recorded_replies import record_reply_for

pytestmark = pytest.mark.both_engines

FIRST = datetime(2027, 1, 12, 10)  # noqa: DTZ001 - local to the event's zone
LATER = NOW + timedelta(hours=1)


async def read_history(viewer: Viewer, event_id: UUID) -> list[HistoryEntry]:
    return await history.history_of_event(viewer, await scheduling.event_seen_by(viewer, event_id))


async def read_history_of_date(viewer: Viewer, event_id: UUID, key: str) -> list[HistoryEntry]:
    date = await occurrences.date_seen_by(viewer, event_id, key)
    return await history.history_of_event(viewer, date.event, date)


async def change_plan(viewer: Viewer, event_id: UUID, now: datetime = NOW, **facts: object) -> UUID:
    event, plan = await scheduling.plan_to_change(viewer, event_id)
    return await scheduling.change_event(
        viewer, event_id, replace(plan, **facts), event.version, now, reauthenticated_at=now
    )


def changes_shown(entries: list[HistoryEntry]) -> list[tuple[HistoryVerb, tuple[tuple[ChangedField, str, str], ...]]]:
    return [(one.verb, tuple((each.field, each.before, each.after) for each in one.changes)) for one in entries]


def weekly_plan() -> Plan:
    return meeting(rule=rule_for_choice("weekly", FIRST, count=4))


async def test_a_change_of_place_reads_as_was_and_is(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(*everyone(cast)), NOW)
    await change_plan(cast.coordinator, event_id, place="FBI field office")
    place = ((ChangedField.PLACE, "USAO conference room", "FBI field office"),)
    assert changes_shown(await read_history(cast.harbor_advocate, event_id)) == [(HistoryVerb.CHANGED, place)]


async def test_only_editors_read_who_did_it_and_how_many_people_came_or_went(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, cast.hsi_liaison), NOW)
    asked = {one.member_id: AttendeeRole.REQUIRED for one in (cast.fbi_lead, cast.kcpd_detective, cast.caht_lead)}
    await change_plan(cast.coordinator, event_id, invitees=asked)
    [entry] = await read_history(cast.coordinator, event_id)
    assert entry.actor == "Coordinator (USAO)"
    assert entry.changes[0].after == "2 people added, 1 person removed"
    assert await read_history(cast.harbor_advocate, event_id) == []
    await change_plan(cast.coordinator, event_id, title="Briefing")
    assert [one.actor for one in await read_history(cast.harbor_advocate, event_id)] == [None]


async def test_a_date_tells_its_own_history_and_that_of_the_whole_series(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, weekly_plan(), NOW)
    moved = DateChange(starts=FIRST + timedelta(hours=4), duration=timedelta(hours=1))
    await occurrences.change_occurrence(cast.coordinator, event_id, "2027-01-12", moved, 1, NOW)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, "2027-01-19", 1, "", LATER)
    await change_plan(cast.coordinator, event_id, LATER + timedelta(hours=1), title="Call")
    [renamed, when] = await read_history_of_date(cast.harbor_advocate, event_id, "2027-01-12")
    assert changes_shown([renamed]) == [
        (HistoryVerb.CHANGED, ((ChangedField.TITLE, "Monthly task force meeting", "Call"),))
    ]
    assert changes_shown([when]) == [
        (
            HistoryVerb.CHANGED,
            ((ChangedField.WHEN, "Tue, Jan 12, 10:00–11:30 AM Central", "Tue, Jan 12, 2:00–3:00 PM Central"),),
        )
    ]
    every = await read_history(cast.harbor_advocate, event_id)
    assert [(one.verb, one.date.key if one.date else None) for one in every] == [
        (HistoryVerb.CHANGED, None),
        (HistoryVerb.CANCELED, "2027-01-19"),
        (HistoryVerb.CHANGED, "2027-01-12"),
    ]


async def test_a_canceled_event_that_is_restored_tells_both(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    await scheduling.cancel_event(cast.coordinator, event_id, 1, "", NOW)
    await scheduling.restore_event(cast.coordinator, event_id, 2, LATER)
    assert [one.verb for one in await read_history(cast.fbi_lead, event_id)] == [
        HistoryVerb.RESTORED,
        HistoryVerb.CANCELED,
    ]


async def test_nothing_is_kept_of_a_draft_but_that_it_was_sent(cast: Cast) -> None:
    draft = meeting(cast.fbi_lead, title="Secret name", status=EventStatus.DRAFT)
    event_id = await scheduling.schedule_event(cast.coordinator, draft, NOW)
    await change_plan(cast.coordinator, event_id, title="Briefing")
    await change_plan(cast.coordinator, event_id, status=EventStatus.CONFIRMED)
    assert changes_shown(await read_history(cast.fbi_lead, event_id)) == [(HistoryVerb.SENT, ())]


async def test_a_running_series_that_continues_with_another_time_tells_so_at_both_ends(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, weekly_plan(), NOW)
    running = datetime(2027, 1, 13, 12, tzinfo=NOW.tzinfo)
    new_id = await change_plan(cast.coordinator, event_id, running, starts=FIRST + timedelta(hours=1))
    both = ((ChangedField.LAST, "", "Tuesday, January 12, 2027"), (ChangedField.NEXT, "", "Tuesday, January 19, 2027"))
    assert changes_shown(await read_history(cast.harbor_advocate, event_id)) == [(HistoryVerb.WENT_ON, both)]
    assert changes_shown(await read_history(cast.harbor_advocate, new_id)) == [
        (
            HistoryVerb.CONTINUED,
            (
                (
                    ChangedField.WHEN,
                    "every week on Tuesday, 10:00–11:30 AM Central",
                    "every week on Tuesday, 11:00 AM–12:30 PM Central",
                ),
            ),
        )
    ]


async def test_a_series_that_ends_earlier_tells_with_which_date(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, weekly_plan(), NOW)
    await series_split.cancel_from_date_on(cast.coordinator, event_id, "2027-01-26", 1, "", NOW)
    last = ((ChangedField.LAST, "", "Tuesday, January 19, 2027"),)
    assert changes_shown(await read_history(cast.harbor_advocate, event_id)) == [(HistoryVerb.ENDED, last)]
    shorter = await scheduling.schedule_event(cast.coordinator, weekly_plan(), NOW)
    await change_plan(cast.coordinator, shorter, rule=rule_for_choice("weekly", FIRST, count=2))
    every_week = "every week on Tuesday, 10:00–11:30 AM Central, until"
    assert changes_shown(await read_history(cast.harbor_advocate, shorter)) == [
        (HistoryVerb.CHANGED, ((ChangedField.WHEN, f"{every_week} Feb 2, 2027", f"{every_week} Jan 19, 2027"),))
    ]


async def test_a_series_that_continues_in_another_circle_reads_like_one_that_ended(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, weekly_plan(), NOW)
    running = datetime(2027, 1, 13, 12, tzinfo=NOW.tzinfo)
    later = FIRST + timedelta(hours=1)
    await change_plan(cast.coordinator, event_id, running, starts=later, visibility=Visibility.LAW_ENFORCEMENT)
    [entry] = await read_history(cast.coordinator, event_id)
    assert entry.verb is HistoryVerb.ENDED
    assert ChangedField.NEXT not in {one.field for one in entry.changes}


async def test_what_named_people_knew_is_not_shown_when_an_event_opens_to_more(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(
        cast.coordinator, operation(cast.kcpd_detective), NOW - timedelta(hours=1)
    )
    await change_plan(cast.coordinator, event_id, place="Larkspur Lot two")
    assert [one.changes[0].before for one in await read_history(cast.kcpd_detective, event_id)] == [
        "Staging at Larkspur Lot"
    ]
    await change_plan(cast.coordinator, event_id, visibility=Visibility.ALL, title="Open day", place="City hall")
    await change_plan(cast.coordinator, event_id, LATER, place="Town hall")
    place = ((ChangedField.PLACE, "City hall", "Town hall"),)
    assert changes_shown(await read_history(cast.harbor_advocate, event_id)) == [(HistoryVerb.CHANGED, place)]
    assert "Larkspur" not in str(await read_history(cast.coordinator, event_id))


async def test_what_everyone_knew_stays_when_an_event_becomes_one_for_named_people(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.kcpd_detective), NOW)
    await change_plan(cast.coordinator, event_id, place="City hall")
    await change_plan(cast.coordinator, event_id, LATER, visibility=Visibility.NAMED, title="Operation Bluestem")
    assert [one.changes[0].after for one in await read_history(cast.kcpd_detective, event_id)] == ["City hall"]
    later = LATER + timedelta(hours=1)
    await change_plan(cast.coordinator, event_id, later, visibility=Visibility.ALL, title="Open day")
    assert "Bluestem" not in str(await read_history(cast.harbor_advocate, event_id))


def as_required(*people: Viewer) -> dict[UUID, AttendeeRole]:
    return {one.member_id: AttendeeRole.REQUIRED for one in people}


async def test_who_is_added_to_a_named_event_reads_what_was_done_after_that_and_editors_read_all(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    at = [NOW + timedelta(hours=hours) for hours in range(5)]
    await change_plan(cast.fbi_lead, event_id, at[1], title="Operation Larkspur")
    await change_plan(
        cast.fbi_lead, event_id, at[2], place="Lot B", invitees=as_required(cast.kcpd_detective, cast.hsi_liaison)
    )
    await change_plan(cast.fbi_lead, event_id, at[3], place="Lot C")
    places = {
        who.name: [one.at for one in await read_history(who, event_id)]
        for who in (cast.hsi_liaison, cast.kcpd_detective, cast.fbi_lead)
    }
    assert places == {
        cast.hsi_liaison.name: [at[3]],
        cast.kcpd_detective.name: [at[3], at[2], at[1]],
        cast.fbi_lead.name: [at[3], at[2], at[1]],
    }
    assert [one.at for one in await read_history_of_date(cast.hsi_liaison, event_id, "2027-01-16")] == [at[3]]


async def test_who_stays_on_the_list_of_a_named_event_reads_each_change_since_they_were_named(
    sqlite_cast: Cast,
) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.fbi_lead, operation(sqlite_cast.hsi_liaison), NOW)
    for hours, place in enumerate(("Annex", "Garage"), start=1):
        await change_plan(sqlite_cast.fbi_lead, event_id, NOW + timedelta(hours=hours), place=place)
    assert [one.changes[0].after for one in await read_history(sqlite_cast.hsi_liaison, event_id)] == [
        "Garage",
        "Annex",
    ]


async def test_who_is_invited_again_to_a_named_event_reads_nothing_of_what_was_before(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective, cast.hsi_liaison), NOW)
    at = [NOW + timedelta(hours=hours) for hours in range(5)]
    await change_plan(cast.fbi_lead, event_id, at[1], invitees=as_required(cast.kcpd_detective))
    await change_plan(cast.fbi_lead, event_id, at[2], place="Lot B")
    await change_plan(cast.fbi_lead, event_id, at[3], invitees=as_required(cast.kcpd_detective, cast.hsi_liaison))
    await change_plan(cast.fbi_lead, event_id, at[4], place="Lot C")
    assert [one.at for one in await read_history(cast.hsi_liaison, event_id)] == [at[4]]


async def test_the_reason_of_a_change_and_of_a_cancellation_is_read_by_anyone_who_sees_the_event(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, weekly_plan(), NOW)
    moved = DateChange(starts=FIRST, duration=timedelta(minutes=90), place="Annex", reason=" Room is painted\n")
    await occurrences.change_occurrence(cast.coordinator, event_id, "2027-01-12", moved, 1, NOW, notify=Notify.ALL)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, "2027-01-19", 1, "Federal holiday week", LATER)
    version = (await scheduling.event_seen_by(cast.coordinator, event_id)).version
    await series_split.cancel_from_date_on(cast.coordinator, event_id, "2027-02-02", version, "No budget", LATER)
    version = (await scheduling.event_seen_by(cast.coordinator, event_id)).version
    await scheduling.cancel_event(cast.coordinator, event_id, version, "All is done", LATER + timedelta(hours=1))
    entries = await read_history(cast.harbor_advocate, event_id)
    assert {(one.verb, one.reason) for one in entries} == {
        (HistoryVerb.CHANGED, "Room is painted"),
        (HistoryVerb.CANCELED, "Federal holiday week"),
        (HistoryVerb.ENDED, "No budget"),
        (HistoryVerb.CANCELED, "All is done"),
    }
    assert [one.reason for one in await read_history_of_date(cast.harbor_advocate, event_id, "2027-01-12")] == [
        "All is done",
        "No budget",
        "Room is painted",
    ]


async def test_a_reason_given_while_fewer_people_saw_the_event_stays_theirs(cast: Cast) -> None:
    first = datetime(2027, 1, 16, 6)  # noqa: DTZ001 - local to the event's zone
    series = operation(cast.kcpd_detective, rule=rule_for_choice("weekly", first, count=2))
    event_id = await scheduling.schedule_event(cast.fbi_lead, series, NOW)
    moved = DateChange(starts=datetime(2027, 1, 16, 8), duration=timedelta(hours=6), reason="Canary")  # noqa: DTZ001 - local to the event's zone
    await occurrences.change_occurrence(cast.fbi_lead, event_id, "2027-01-16", moved, 1, NOW, notify=Notify.ALL)
    await change_plan(cast.fbi_lead, event_id, LATER, visibility=Visibility.LAW_ENFORCEMENT)
    assert "Canary" not in [one.reason for one in await read_history(cast.hsi_liaison, event_id)]


async def test_people_who_may_edit_an_event_read_for_whom_a_reply_was_recorded_and_no_one_else_does(cast: Cast) -> None:
    plan = replace(weekly_plan(), invitees=meeting(cast.harbor_advocate, cast.fbi_lead).invitees)
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW)
    for whom, key, for_series in ((cast.harbor_advocate, "2027-01-12", False), (cast.fbi_lead, "2027-01-19", True)):
        await record_reply_for(
            cast.coordinator, event_id, key, whom.member_id, ReplyValue.TENTATIVE, "", NOW, for_series=for_series
        )

    def recorded(entries: list[HistoryEntry]) -> set[tuple[str | None, str | None, str]]:
        entries_found = (one for one in entries if one.verb is HistoryVerb.REPLY_RECORDED)
        return {(one.date.key if one.date else None, one.actor, one.changes[0].after) for one in entries_found}

    of_one = ("2027-01-12", "Coordinator (USAO)", "Maybe, for Harbor advocate (Harbor House)")
    of_all = (None, "Coordinator (USAO)", "Maybe, for Fbi lead (FBI)")
    assert recorded(await read_history(cast.coordinator, event_id)) == {of_one, of_all}
    assert recorded(await read_history_of_date(cast.coordinator, event_id, "2027-01-26")) == {of_all}
    assert recorded(await read_history(cast.harbor_advocate, event_id)) == set()
