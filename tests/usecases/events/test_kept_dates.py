"""What was changed about single dates stays when their series changes; what cannot stay is listed."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast, meeting
from tracker.rules.actions import NewItem
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import Occurrence
from tracker.rules.events.history import ChangedField, HistoryVerb
from tracker.rules.events.notifications import Notify
from tracker.rules.events.plans import DateChange
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.core.tables import Message
from tracker.usecases.actions import action_items
from tracker.usecases.events import history, occurrences, replies, scheduling, series_split
from tracker.usecases.views import event_page

START = datetime(2027, 2, 3, 10)
LENGTH = timedelta(minutes=90)
SOON, LATER = NOW + timedelta(minutes=5), NOW + timedelta(hours=1)
RUNNING = datetime.fromisoformat("2027-02-04T15:00+00:00")
"""After the first date."""
KEYS = [f"{START + timedelta(weeks=week):%Y-%m-%d}" for week in range(7)]
MOVED, EARLIER, ELSEWHERE, NAMED, PLANNED, OFF = KEYS[1:]


async def change_date(cast: Cast, event_id: UUID, key: str, **facts: Any) -> None:
    this_date = await occurrences.date_seen_by(cast.coordinator, event_id, key)
    change = DateChange(**{"starts": this_date.original_start, "duration": LENGTH, **facts})
    await occurrences.change_occurrence(cast.coordinator, event_id, key, change, this_date.version, NOW)


@pytest.fixture
async def series(cast: Cast) -> UUID:
    """Seven Wednesdays, of which six have something of their own; a date added on a Friday."""
    plan = meeting(
        cast.fbi_lead, cast.caht_lead, starts=START, duration=LENGTH, rule=rule_for_choice("weekly", START, count=7)
    )
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW)
    day = {key: datetime.fromisoformat(f"{key}T10:00") for key in KEYS}
    await change_date(cast, event_id, MOVED, starts=day[MOVED] + timedelta(days=1, hours=2))
    await change_date(cast, event_id, EARLIER, starts=day[EARLIER] - timedelta(hours=1), duration=timedelta(hours=2))
    await change_date(cast, event_id, ELSEWHERE, place="Annex")
    await change_date(cast, event_id, NAMED, title="Budget review")
    await change_date(cast, event_id, PLANNED, agenda="Budget 30")
    await occurrences.cancel_occurrence(cast.coordinator, event_id, OFF, 1, "Conference week", NOW)
    event = await scheduling.event_seen_by(cast.coordinator, event_id)
    await series_split.add_occurrence(cast.coordinator, event_id, datetime(2027, 2, 26, 14), event.version, NOW)
    await Message.update({Message.state: "sent"}, force=True)
    return event_id


Shown = tuple[str, str, str, str, bool, str]


def date_shown(occurrence: Occurrence) -> Shown:
    at = f"{occurrence.starts_at:%m-%d %H:%M} {occurrence.ends_at:%H:%M}"
    return occurrence.title, occurrence.place, occurrence.agenda, at, occurrence.is_canceled, occurrence.cancel_reason


async def dates_shown(cast: Cast, event_id: UUID) -> dict[str, Shown]:
    event = await scheduling.event_seen_by(cast.coordinator, event_id)
    return {one.key: date_shown(one) for one in await occurrences.dates_in_series(cast.coordinator, event)}


async def change_from(cast: Cast, event_id: UUID, key: str, notify: Notify = Notify.CHANGES, **facts: Any) -> UUID:
    event, plan = await series_split.plan_from_date_on(cast.coordinator, event_id, key)
    after = replace(plan, **facts)
    return await series_split.change_from_date_on(
        cast.coordinator, event_id, key, after, event.version, LATER, notify=notify
    )


async def change_all(cast: Cast, event_id: UUID, now: datetime = LATER, **facts: Any) -> UUID:
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    return await scheduling.change_event(cast.coordinator, event_id, replace(plan, **facts), event.version, now)


async def changes_not_kept(viewer: Viewer, event_id: UUID) -> list[str]:
    entries = await history.history_of_event(viewer, await scheduling.event_seen_by(viewer, event_id))
    return [one.after for entry in entries for one in entry.changes if one.field is ChangedField.NOT_KEPT]


def dates_from(shown: dict[str, Shown], key: str) -> dict[str, Shown]:
    return {one: what for one, what in shown.items() if one >= key}


async def test_another_hour_from_a_date_on_moves_only_dates_that_were_at_the_hour_of_the_series(
    cast: Cast, series: UUID
) -> None:
    before = await dates_shown(cast, series)
    new_id = await change_from(cast, series, MOVED, starts=datetime(2027, 2, 10, 13))
    after = await dates_shown(cast, new_id)
    own = {key: after[key] for key in (MOVED, EARLIER, "2027-02-26")}
    assert own == {key: before[key] for key in own}
    assert after[ELSEWHERE] == (*before[ELSEWHERE][:3], "02-24 19:00 20:30", False, "")
    assert after[NAMED][:3] == before[NAMED][:3]
    assert after[PLANNED][:3] == before[PLANNED][:3]
    assert after[OFF][4:] == (True, "Conference week")
    assert await changes_not_kept(cast.coordinator, new_id) == []


async def test_another_hour_of_a_running_series_keeps_what_single_dates_have(cast: Cast, series: UUID) -> None:
    before = await dates_shown(cast, series)
    new_id = await change_all(cast, series, RUNNING, starts=START.replace(hour=13))
    after = await dates_shown(cast, new_id)
    assert new_id != series
    assert {key: one[:3] for key, one in after.items()} == {
        key: one[:3] for key, one in dates_from(before, MOVED).items()
    }
    assert [after[key] for key in (MOVED, EARLIER)] == [before[key] for key in (MOVED, EARLIER)]


async def test_another_hour_of_a_series_that_has_not_begun_keeps_them_too(cast: Cast, series: UUID) -> None:
    before = await dates_shown(cast, series)
    assert await change_all(cast, series, starts=START.replace(hour=13)) == series
    after = await dates_shown(cast, series)
    assert [after[key] for key in (MOVED, EARLIER, "2027-02-26")] == [
        before[key] for key in (MOVED, EARLIER, "2027-02-26")
    ]
    assert {key: one[:3] for key, one in after.items()} == {key: one[:3] for key, one in before.items()}
    assert after[OFF][4:] == (True, "Conference week")


@pytest.mark.parametrize("minutes", [100, 240])
async def test_another_end_moves_no_date_that_was_moved_and_asks_no_one_about_it(
    cast: Cast, series: UUID, minutes: int
) -> None:
    await replies.record_own_reply(cast.fbi_lead, series, MOVED, ReplyValue.ACCEPTED, "", SOON, for_series=False)
    before = await dates_shown(cast, series)
    await change_all(cast, series, duration=timedelta(minutes=minutes))
    assert (await dates_shown(cast, series))[MOVED] == before[MOVED]
    view = await event_page.view_event(cast.fbi_lead, series, MOVED, LATER)
    assert view.reply is not None
    assert view.reply.value is ReplyValue.ACCEPTED


async def test_another_weekday_takes_the_dates_along_in_order(cast: Cast, series: UUID) -> None:
    before = await dates_shown(cast, series)
    thursday = datetime(2027, 2, 11, 10)
    new_id = await change_from(
        cast, series, MOVED, starts=thursday, rule=rule_for_choice("weekly", thursday, until=date(2027, 3, 19))
    )
    after = await dates_shown(cast, new_id)
    assert {key: one[0] for key, one in after.items() if one[0] == "Budget review"} == {"2027-03-04": "Budget review"}
    assert after["2027-02-25"][1] == "Annex"
    assert after["2027-03-11"][2] == "Budget 30"
    assert after["2027-03-18"][4:] == (True, "Conference week")
    assert after["2027-02-11"][3] == before[MOVED][3]
    assert await changes_not_kept(cast.coordinator, new_id) == []


async def test_what_the_new_rule_has_no_date_for_is_in_the_history_by_the_days_that_people_know(
    cast: Cast, series: UUID
) -> None:
    first = datetime(2027, 2, 17, 10)
    every_second = rule_for_choice("weekly", first, interval=2, until=date(2027, 3, 17))
    new_id = await change_from(cast, series, EARLIER, starts=first, rule=every_second)
    assert await changes_not_kept(cast.coordinator, new_id) == ["Wed, Feb 24 (place)", "Wed, Mar 10 (agenda)"]
    assert await changes_not_kept(cast.fbi_lead, new_id) == []


async def test_a_new_title_from_a_date_on_is_the_same_series_moves_no_date_and_notifies_no_one(
    cast: Cast, series: UUID
) -> None:
    await replies.record_own_reply(cast.fbi_lead, series, MOVED, ReplyValue.ACCEPTED, "", SOON, for_series=True)
    before, event = await dates_shown(cast, series), await scheduling.event_seen_by(cast.coordinator, series)
    assert await change_from(cast, series, MOVED, title="Working group") == series
    after = await dates_shown(cast, series)
    assert after[KEYS[0]] == before[KEYS[0]]
    assert {key: one[1:] for key, one in after.items()} == {key: one[1:] for key, one in before.items()}
    assert {key for key, one in after.items() if one[0] != "Working group"} == {KEYS[0], NAMED}
    assert await Message.count().where(Message.state == "pending") == 0
    present = await scheduling.event_seen_by(cast.coordinator, series)
    assert (present.uid, present.sequence, present.title) == (event.uid, event.sequence, event.title)
    assert (await event_page.view_event(cast.fbi_lead, series, OFF, LATER)).reply is not None


async def test_the_form_of_later_dates_shows_the_title_that_they_have_and_another_title_replaces_it(
    cast: Cast, series: UUID
) -> None:
    await change_from(cast, series, MOVED, title="Working group")
    _, plan = await series_split.plan_from_date_on(cast.coordinator, series, ELSEWHERE)
    assert plan.title == "Working group"
    await change_from(cast, series, ELSEWHERE, title="Core group")
    after = await dates_shown(cast, series)
    assert [after[key][0] for key in (MOVED, EARLIER, ELSEWHERE, NAMED, PLANNED)] == [
        "Working group",
        "Working group",
        "Core group",
        "Budget review",
        "Core group",
    ]


async def test_a_new_title_from_a_date_on_leaves_a_date_that_was_held_before_its_day(cast: Cast, series: UUID) -> None:
    await change_date(cast, series, PLANNED, starts=datetime(2027, 2, 4, 8), agenda="Budget 30")
    before, after_it = await dates_shown(cast, series), datetime.fromisoformat("2027-02-05T15:00+00:00")
    event, plan = await series_split.plan_from_date_on(cast.coordinator, series, MOVED)
    renamed = replace(plan, title="Working group")
    await series_split.change_from_date_on(cast.coordinator, series, MOVED, renamed, event.version, after_it)
    assert (await dates_shown(cast, series))[PLANNED] == before[PLANNED]


async def test_saving_the_form_of_later_dates_as_it_is_changes_nothing(cast: Cast, series: UUID) -> None:
    event, before = await scheduling.event_seen_by(cast.coordinator, series), await dates_shown(cast, series)
    assert await change_from(cast, series, MOVED) == series
    assert await scheduling.event_seen_by(cast.coordinator, series) == event
    assert await dates_shown(cast, series) == before


async def test_another_place_from_a_date_on_is_one_email_and_asks_about_the_dates_that_go_there(
    cast: Cast, series: UUID
) -> None:
    await replies.record_own_reply(cast.fbi_lead, series, MOVED, ReplyValue.ACCEPTED, "", SOON, for_series=True)
    sequence = (await scheduling.event_seen_by(cast.coordinator, series)).sequence
    assert await change_from(cast, series, MOVED, place="FBI field office") == series
    after = await dates_shown(cast, series)
    assert {key for key, one in after.items() if one[1] != "FBI field office"} == {KEYS[0], ELSEWHERE}
    waiting = await Message.select(Message.kind).where(Message.state == "pending").output(as_list=True)
    assert waiting == ["update", "update"]
    assert (await scheduling.event_seen_by(cast.coordinator, series)).sequence > sequence
    given = {key: (await event_page.view_event(cast.fbi_lead, series, key, LATER)).reply for key in (KEYS[0], MOVED)}
    assert {key: one.value for key, one in given.items() if one} == {
        KEYS[0]: ReplyValue.ACCEPTED,
        MOVED: ReplyValue.NEEDS_ACTION,
    }


async def test_an_action_item_and_the_history_of_a_date_go_with_it_to_the_series_that_continues(
    cast: Cast, series: UUID
) -> None:
    this_date = await occurrences.date_seen_by(cast.coordinator, series, ELSEWHERE)
    item = NewItem(
        title="Bring the roster", owner_id=cast.fbi_lead.member_id, due=date(2027, 2, 20), origin_id=this_date.id
    )
    await action_items.create_item(cast.coordinator, item, NOW, NOW.date())
    new_id = await change_from(cast, series, MOVED, starts=datetime(2027, 2, 10, 13))
    view = await event_page.view_event(cast.coordinator, new_id, ELSEWHERE, LATER)
    assert [each.title for each in view.items] == ["Bring the roster"]
    assert ChangedField.PLACE in {change.field for entry in view.history for change in entry.changes}


Story = list[tuple[HistoryVerb, str | None]]


async def deeds_shown(cast: Cast, event_id: UUID) -> Story:
    """Return what the page of a series says about its past, newest first: each deed, with the key of its date."""
    entries = (await event_page.view_series(cast.coordinator, event_id, LATER)).history
    return [(one.verb, one.date.key if one.date else None) for one in entries]


ADDED = "2027-02-26"


async def test_the_history_of_a_series_that_continues_is_that_it_continues_and_what_happened_to_its_dates(
    cast: Cast, series: UUID
) -> None:
    new_id = await change_from(cast, series, ELSEWHERE, starts=datetime(2027, 2, 24, 13))
    [first, *older] = await deeds_shown(cast, new_id)
    dates = [(HistoryVerb.CHANGED, one) for one in (ELSEWHERE, NAMED, PLANNED)]
    assert first == (HistoryVerb.CONTINUED, None)
    assert sorted(older, key=str) == sorted(
        [*dates, (HistoryVerb.CANCELED, OFF), (HistoryVerb.DATE_ADDED, ADDED)], key=str
    )
    dates = [(HistoryVerb.CHANGED, one) for one in (MOVED, EARLIER)]
    [last, *earlier, created] = await deeds_shown(cast, series)
    assert (last, created) == ((HistoryVerb.WENT_ON, None), (HistoryVerb.CREATED, None))
    assert sorted(earlier, key=str) == sorted(dates, key=str)


async def test_undo_of_a_split_puts_the_history_back(cast: Cast, series: UUID) -> None:
    before = await deeds_shown(cast, series)
    await change_from(cast, series, ELSEWHERE, starts=datetime(2027, 2, 24, 13))
    change_id = await history.change_made_at(cast.coordinator, series, LATER)
    assert change_id is not None
    await history.undo_change(cast.coordinator, series, change_id, LATER)
    assert sorted(await deeds_shown(cast, series), key=str) == sorted(before, key=str)


async def test_an_added_date_is_in_its_own_history_with_its_hours_and_not_in_that_of_other_dates(
    cast: Cast, series: UUID
) -> None:
    reported = {
        key: [
            history_entry.changes[0].after
            for history_entry in (await event_page.view_event(cast.coordinator, series, key, LATER)).history
            if history_entry.verb is HistoryVerb.DATE_ADDED
        ]
        for key in (ADDED, ELSEWHERE)
    }
    assert reported == {ADDED: ["Fri, Feb 26, 2:00–3:30 PM Central"], ELSEWHERE: []}


async def test_a_title_of_one_date_that_becomes_the_title_of_the_series_changes_with_it_later(
    cast: Cast, series: UUID
) -> None:
    await change_all(cast, series, title="Budget review")
    await change_all(cast, series, title="Core group")
    assert {one[0] for one in (await dates_shown(cast, series)).values()} == {"Core group"}


async def test_a_silent_change_of_time_emails_no_one_who_stays_and_is_in_the_audit_log(
    cast: Cast, series: UUID
) -> None:
    sequence = (await scheduling.event_seen_by(cast.coordinator, series)).sequence
    event, plan = await scheduling.plan_to_change(cast.coordinator, series)
    fewer = {one: role for one, role in plan.invitees.items() if one != cast.caht_lead.member_id}
    more = {**fewer, cast.hsi_liaison.member_id: plan.invitees[cast.fbi_lead.member_id]}
    silent = replace(plan, starts=START.replace(hour=13), invitees=more)
    await scheduling.change_event(cast.coordinator, series, silent, event.version, LATER, notify=Notify.NO_ONE)
    waiting = await Message.select(Message.kind, Message.recipient).where(Message.state == "pending")
    assert {(row["kind"], row["recipient"]) for row in waiting} == {
        ("withdrawal", cast.caht_lead.member_id),
        ("invitation", cast.hsi_liaison.member_id),
    }
    assert (await scheduling.event_seen_by(cast.coordinator, series)).sequence > sequence


async def test_a_silent_change_of_the_time_from_a_date_on_invites_no_one_again(cast: Cast, series: UUID) -> None:
    await change_from(cast, series, MOVED, Notify.NO_ONE, starts=datetime(2027, 2, 10, 13))
    assert await Message.count().where(Message.state == "pending") == 0
