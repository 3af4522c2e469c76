"""Dates of a series: changed, canceled, and added from one on; the series ends later or earlier; clocks change."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace
from piccolo.querystring import QueryString

from tests.cast import LINK, NOW, Cast, meeting
from tracker.database import engine
from tracker.errors import Conflict, Invalid
from tracker.ical.vevents import calendar_entries
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core import viewers
from tracker.rules.core.message_types import SeriesEnded
from tracker.rules.core.outbox import decode
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.events import Event, EventStatus, Occurrence
from tracker.rules.events.plans import DateChange, Plan, plan_from_start
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.holidays import HolidayChoice
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.background.events.invitees import invitees_of
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.events import AudienceVersion
from tracker.usecases.calendars import feeds
from tracker.usecases.events import occurrences, replies, scheduling, series, series_split
from tracker.usecases.views import event_page

START = datetime(2027, 1, 12, 10)
AUGUST = datetime.fromisoformat("2027-08-01T15:00+00:00")


def monthly(*invitees: Viewer) -> Plan:
    """Return twelve second Tuesdays, 10 to 11:30."""
    return meeting(
        *invitees,
        starts=START,
        duration=timedelta(minutes=90),
        rule=rule_for_choice("monthly_nth", START, until=date(2027, 12, 31)),
    )


async def schedule_monthly(cast: Cast) -> UUID:
    plan = monthly(cast.fbi_lead, cast.kcpd_detective, cast.caht_lead)
    return await scheduling.schedule_event(cast.coordinator, plan, NOW)


async def plan_of_following(viewer: Viewer, event_id: UUID, first: datetime) -> tuple[int, Plan]:
    event, plan = await scheduling.plan_to_change(viewer, event_id)
    return event.version, plan_from_start(plan, first)


async def move_october_on(cast: Cast, event_id: UUID, now: datetime = AUGUST) -> UUID:
    version, plan = await plan_of_following(cast.coordinator, event_id, datetime(2027, 10, 12, 9))
    return await series_split.change_from_date_on(cast.coordinator, event_id, "2027-10-12", plan, version, now)


async def dates_of(cast: Cast, event_id: UUID) -> list[Occurrence]:
    return await occurrences.dates_in_series(
        cast.coordinator, await scheduling.event_seen_by(cast.coordinator, event_id)
    )


async def reply_shown(viewer: Viewer, event_id: UUID, key: str) -> ReplyValue:
    given = (await event_page.view_event(viewer, event_id, key, AUGUST)).reply
    return given.value if given else ReplyValue.NEEDS_ACTION


async def test_october_at_nine_ends_the_series_in_september_and_goes_on_as_another(cast: Cast) -> None:
    event_id = await schedule_monthly(cast)
    new_id = await move_october_on(cast, event_id)
    old, new = (
        await scheduling.event_seen_by(cast.coordinator, event_id),
        await scheduling.event_seen_by(cast.coordinator, new_id),
    )
    assert (old.rrule, old.sequence) == ("FREQ=MONTHLY;BYDAY=2TU;UNTIL=20270914T150000Z", 1)
    assert (old.uid != new.uid, new.sequence) == (True, 0)
    assert [f"{one.starts_at:%m-%d %H}" for one in await dates_of(cast, new_id)] == ["10-12 14", "11-09 15", "12-14 15"]
    assert len(await dates_of(cast, event_id)) == 9


async def test_what_was_changed_before_the_split_stays(cast: Cast) -> None:
    event_id = await schedule_monthly(cast)
    moved = DateChange(starts=datetime(2027, 4, 15, 13), duration=timedelta(minutes=90))
    await occurrences.change_occurrence(cast.coordinator, event_id, "2027-04-13", moved, 1, NOW)
    await move_october_on(cast, event_id)
    april = await occurrences.date_seen_by(cast.coordinator, event_id, "2027-04-13")
    assert (april.is_changed, f"{april.starts_at:%d %H}") == (True, "15 18")


async def test_replies_for_dates_that_stay_the_same_are_not_asked_again(cast: Cast) -> None:
    event_id = await schedule_monthly(cast)
    await replies.record_own_reply(cast.fbi_lead, event_id, "2027-01-12", ReplyValue.ACCEPTED, "", NOW, for_series=True)
    await replies.record_own_reply(
        cast.fbi_lead, event_id, "2027-11-09", ReplyValue.DECLINED, "", NOW, for_series=False
    )
    version, plan = await plan_of_following(cast.coordinator, event_id, datetime(2027, 10, 12, 10))
    renamed = replace(plan, title="Steering Committee")
    new_id = await series_split.change_from_date_on(cast.coordinator, event_id, "2027-10-12", renamed, version, AUGUST)
    assert [await reply_shown(cast.fbi_lead, new_id, key) for key in ("2027-10-12", "2027-11-09", "2027-12-14")] == [
        ReplyValue.ACCEPTED,
        ReplyValue.DECLINED,
        ReplyValue.ACCEPTED,
    ]
    assert await reply_shown(cast.caht_lead, new_id, "2027-10-12") is ReplyValue.NEEDS_ACTION


TEXTS_OF_THE_SERIES = {
    "description": ("Bring a badge", "Notes are the same for all dates. Change them in the whole series."),
    "video_link": (
        "https://video.example/1",
        "The video link is the same for all dates. Change it in the whole series.",
    ),
}


@pytest.mark.parametrize("beside", [{}, {"title": "Steering Committee"}])
@pytest.mark.parametrize("field", TEXTS_OF_THE_SERIES)
async def test_what_is_the_same_for_all_dates_does_not_change_from_a_date_on(
    sqlite_cast: Cast, field: str, beside: dict[str, str]
) -> None:
    cast, event_id = sqlite_cast, await schedule_monthly(sqlite_cast)
    text, refusal = TEXTS_OF_THE_SERIES[field]
    version, plan = await plan_of_following(cast.coordinator, event_id, datetime(2027, 10, 12, 10))
    other = replace(plan, **{field: text, **beside})
    with pytest.raises(Invalid) as refused:
        await series_split.change_from_date_on(cast.coordinator, event_id, "2027-10-12", other, version, AUGUST)
    assert refused.value.fields == {field: refusal}
    assert len(await dates_of(cast, event_id)) == 12


async def test_a_series_that_goes_on_at_another_hour_may_have_other_notes(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_monthly(sqlite_cast)
    version, plan = await plan_of_following(cast.coordinator, event_id, datetime(2027, 10, 12, 9))
    other = replace(plan, description="Bring a badge")
    new_id = await series_split.change_from_date_on(cast.coordinator, event_id, "2027-10-12", other, version, AUGUST)
    described = [(await scheduling.event_seen_by(cast.coordinator, one)).description for one in (event_id, new_id)]
    assert described == ["", "Bring a badge"]


async def test_replies_for_another_hour_are_asked_again(cast: Cast) -> None:
    event_id = await schedule_monthly(cast)
    await replies.record_own_reply(cast.fbi_lead, event_id, "2027-01-12", ReplyValue.ACCEPTED, "", NOW, for_series=True)
    new_id = await move_october_on(cast, event_id)
    assert await reply_shown(cast.fbi_lead, new_id, "2027-10-12") is ReplyValue.NEEDS_ACTION


async def test_replies_for_another_place_are_asked_again(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_monthly(sqlite_cast)
    await replies.record_own_reply(cast.fbi_lead, event_id, "2027-01-12", ReplyValue.ACCEPTED, "", NOW, for_series=True)
    version, plan = await plan_of_following(cast.coordinator, event_id, datetime(2027, 10, 12, 10))
    elsewhere = replace(plan, place="City hall")
    new_id = await series_split.change_from_date_on(
        cast.coordinator, event_id, "2027-10-12", elsewhere, version, AUGUST
    )
    assert await reply_shown(cast.fbi_lead, new_id, "2027-10-12") is ReplyValue.NEEDS_ACTION


async def test_who_was_off_the_list_and_is_invited_to_what_continues_is_asked_again(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_monthly(sqlite_cast)
    await replies.record_own_reply(cast.fbi_lead, event_id, "2027-01-12", ReplyValue.ACCEPTED, "", NOW, for_series=True)
    event, everyone = await scheduling.plan_to_change(cast.coordinator, event_id)
    fewer = {one: role for one, role in everyone.invitees.items() if one != cast.fbi_lead.member_id}
    await scheduling.change_event(cast.coordinator, event_id, replace(everyone, invitees=fewer), event.version, NOW)
    version, plan = await plan_of_following(cast.coordinator, event_id, datetime(2027, 10, 12, 10))
    again = replace(plan, title="Steering Committee", invitees=everyone.invitees)
    new_id = await series_split.change_from_date_on(cast.coordinator, event_id, "2027-10-12", again, version, AUGUST)
    assert await reply_shown(cast.fbi_lead, new_id, "2027-10-12") is ReplyValue.NEEDS_ACTION


async def test_a_yes_to_a_date_that_was_moved_and_canceled_is_none_to_the_date_that_takes_its_hour(
    sqlite_cast: Cast,
) -> None:
    cast, event_id = sqlite_cast, await schedule_monthly(sqlite_cast)
    on_wednesday = DateChange(starts=datetime(2027, 10, 13, 10), duration=timedelta(minutes=90))
    await occurrences.change_occurrence(cast.coordinator, event_id, "2027-10-12", on_wednesday, 1, NOW)
    await replies.record_own_reply(
        cast.fbi_lead, event_id, "2027-10-12", ReplyValue.ACCEPTED, "", NOW, for_series=False
    )
    await occurrences.cancel_occurrence(cast.coordinator, event_id, "2027-10-12", 2, "", NOW)
    version, plan = await plan_of_following(cast.coordinator, event_id, datetime(2027, 10, 13, 10))
    wednesdays = replace(plan, rule=rule_for_choice("monthly_nth", plan.starts, count=3))
    new_id = await series_split.change_from_date_on(
        cast.coordinator, event_id, "2027-10-12", wednesdays, version, AUGUST
    )
    assert await reply_shown(cast.fbi_lead, new_id, "2027-10-13") is ReplyValue.NEEDS_ACTION


async def uninvite_from_october(cast: Cast, event_id: UUID, **facts: Any) -> UUID:
    version, plan = await plan_of_following(cast.coordinator, event_id, datetime(2027, 10, 12, 10))
    fewer = {one: role for one, role in plan.invitees.items() if one != cast.caht_lead.member_id}
    plan = replace(plan, invitees=fewer, **facts)
    return await series_split.change_from_date_on(cast.coordinator, event_id, "2027-10-12", plan, version, NOW)


async def months_in_feed(viewer: Viewer) -> list[int]:
    """Return the months in which a calendar of what is theirs holds dates."""
    published = await feeds.feed_events(viewer, NOW, scope=FeedScope.MINE, shows_operations=True)
    other_feed_dates = await feeds.feed_dates(viewer, [event for event, _ in published])
    return sorted(one.starts_at.month for dates in other_feed_dates.values() for one in dates)


async def test_who_is_off_the_list_from_a_date_on_keeps_the_dates_before(cast: Cast) -> None:
    event_id = await schedule_monthly(cast)
    new_id = await uninvite_from_october(cast, event_id)
    assert cast.caht_lead.member_id in await invitees_of(event_id)
    assert cast.caht_lead.member_id not in await invitees_of(new_id)
    assert await months_in_feed(cast.caht_lead) == list(range(1, 10))
    assert await months_in_feed(cast.fbi_lead) == list(range(1, 13))


@pytest.mark.parametrize("visibility", [Visibility.LAW_ENFORCEMENT, Visibility.NAMED])
async def test_who_may_not_see_what_continues_loses_the_dates_before_too(cast: Cast, visibility: Visibility) -> None:
    event_id = await schedule_monthly(cast)
    await uninvite_from_october(cast, event_id, visibility=visibility)
    assert await months_in_feed(cast.caht_lead) == []


async def test_from_the_first_date_on_it_is_the_series_itself_that_changes(cast: Cast) -> None:
    event_id = await schedule_monthly(cast)
    version, plan = await plan_of_following(cast.coordinator, event_id, datetime(2027, 1, 12, 9))
    same_id = await series_split.change_from_date_on(cast.coordinator, event_id, "2027-01-12", plan, version, NOW)
    assert same_id == event_id
    assert len(await dates_of(cast, event_id)) == 12


async def test_a_date_that_has_begun_is_not_where_a_series_can_be_split(cast: Cast) -> None:
    event_id = await schedule_monthly(cast)
    version, plan = await plan_of_following(cast.coordinator, event_id, datetime(2027, 3, 9, 9))
    with pytest.raises(Invalid, match="begun"):
        await series_split.change_from_date_on(cast.coordinator, event_id, "2027-03-09", plan, version, AUGUST)


async def test_of_two_who_split_a_series_the_second_is_notified(cast: Cast) -> None:
    event_id = await schedule_monthly(cast)
    version, plan = await plan_of_following(cast.coordinator, event_id, datetime(2027, 10, 12, 9))
    await move_october_on(cast, event_id)
    with pytest.raises(Conflict):
        await series_split.change_from_date_on(cast.coordinator, event_id, "2027-09-14", plan, version, AUGUST)


async def test_canceling_this_and_following_dates_ends_the_series_before_it(cast: Cast) -> None:
    event_id = await schedule_monthly(cast)
    await series_split.cancel_from_date_on(cast.coordinator, event_id, "2027-10-12", 1, "Moved online", AUGUST)
    assert [one.key for one in await dates_of(cast, event_id)][-1] == "2027-09-14"
    notified = await Message.select(Message.facts).where(Message.kind == "update").output(as_list=True)
    assert len(notified) == 3
    assert [decode(one) for one in notified] == [SeriesEnded(reason="Moved online")] * 3


async def test_canceling_from_the_first_date_on_cancels_the_event(cast: Cast) -> None:
    event_id = await schedule_monthly(cast)
    await series_split.cancel_from_date_on(cast.coordinator, event_id, "2027-01-12", 1, "", NOW)
    assert (await scheduling.event_seen_by(cast.coordinator, event_id)).status is EventStatus.CANCELED


async def test_a_date_can_be_added_beside_the_rule_and_survives_a_later_end(cast: Cast) -> None:
    event_id = await schedule_monthly(cast)
    key = await series_split.add_occurrence(cast.coordinator, event_id, datetime(2027, 1, 21, 14), 1, NOW)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    longer = replace(plan, rule=rule_for_choice("monthly_nth", START, until=date(2028, 3, 31)))
    await scheduling.change_event(cast.coordinator, event_id, longer, event.version, AUGUST)
    keys = [one.key for one in await dates_of(cast, event_id)]
    assert (key in keys, len(keys), keys[-1]) == (True, 16, "2028-03-14")


async def test_a_date_that_is_added_raises_the_sequence_of_its_series(sqlite_cast: Cast) -> None:
    event_id = await schedule_monthly(sqlite_cast)
    await series_split.add_occurrence(sqlite_cast.coordinator, event_id, datetime(2027, 1, 21, 14), 1, NOW)
    event = await scheduling.event_seen_by(sqlite_cast.coordinator, event_id)
    assert (event.version, event.sequence, event.changed_at) == (2, 1, NOW)


async def test_a_date_that_is_added_changes_the_calendars_of_those_invited(sqlite_cast: Cast) -> None:
    event_id = await schedule_monthly(sqlite_cast)
    of_lead = AudienceVersion.audience == viewers.member_audience(sqlite_cast.fbi_lead.member_id)
    [before] = await AudienceVersion.select(AudienceVersion.version).where(of_lead).output(as_list=True)
    await series_split.add_occurrence(sqlite_cast.coordinator, event_id, datetime(2027, 1, 21, 14), 1, NOW)
    [after] = await AudienceVersion.select(AudienceVersion.version).where(of_lead).output(as_list=True)
    assert after > before


async def test_an_added_date_that_is_over_does_not_end_its_series_and_stays_as_it_was_held(sqlite_cast: Cast) -> None:
    event_id = await schedule_monthly(sqlite_cast)
    key = await series_split.add_occurrence(sqlite_cast.coordinator, event_id, datetime(2027, 1, 5, 14), 1, NOW)
    event, plan = await scheduling.plan_to_change(sqlite_cast.coordinator, event_id)
    after_it, longer = datetime.fromisoformat("2027-01-06T15:00+00:00"), replace(plan, duration=timedelta(hours=3))
    same_id = await scheduling.change_event(sqlite_cast.coordinator, event_id, longer, event.version, after_it)
    lengths = {one.key: one.ends_at - one.starts_at for one in await dates_of(sqlite_cast, event_id)}
    assert same_id == event_id
    assert lengths.pop(key) == timedelta(minutes=90)
    assert set(lengths.values()) == {timedelta(hours=3)}


async def test_a_series_in_another_zone_is_at_the_same_hour_there(sqlite_cast: Cast) -> None:
    event_id = await schedule_monthly(sqlite_cast)
    event, plan = await scheduling.plan_to_change(sqlite_cast.coordinator, event_id)
    eastern = replace(plan, zone="America/New_York")
    await scheduling.change_event(sqlite_cast.coordinator, event_id, eastern, event.version, NOW)
    assert [one.starts_at.hour for one in await dates_of(sqlite_cast, event_id)][:4] == [15, 15, 15, 14]


async def test_dates_added_after_the_split_continue_with_the_new_series_and_stay_canceled_where_they_were(
    sqlite_cast: Cast,
) -> None:
    event_id = await schedule_monthly(sqlite_cast)
    for version, day in enumerate((18, 25), start=1):
        await series_split.add_occurrence(sqlite_cast.coordinator, event_id, datetime(2027, 11, day, 14), version, NOW)
    await occurrences.cancel_occurrence(sqlite_cast.coordinator, event_id, "2027-11-25", 1, "", NOW)
    new_id = await move_october_on(sqlite_cast, event_id)
    assert [(one.key, one.is_canceled) for one in await dates_of(sqlite_cast, new_id)] == [
        ("2027-10-12", False),
        ("2027-11-09", False),
        ("2027-11-18", False),
        ("2027-11-25", True),
        ("2027-12-14", False),
    ]


async def test_a_new_series_has_one_date_on_the_day_of_one_that_was_added_to_the_old_one(sqlite_cast: Cast) -> None:
    event_id = await schedule_monthly(sqlite_cast)
    await series_split.add_occurrence(sqlite_cast.coordinator, event_id, datetime(2027, 11, 10, 14), 1, NOW)
    version, plan = await plan_of_following(sqlite_cast.coordinator, event_id, datetime(2027, 10, 13, 10))
    wednesdays = replace(plan, rule=rule_for_choice("monthly_nth", plan.starts, count=3))
    new_id = await series_split.change_from_date_on(
        sqlite_cast.coordinator, event_id, "2027-10-12", wednesdays, version, AUGUST
    )
    keys = [one.key for one in await dates_of(sqlite_cast, new_id)]
    assert keys == ["2027-10-13", "2027-11-10", "2027-12-08"]


async def test_a_series_does_not_continue_from_a_day_that_is_over_or_from_an_added_date(sqlite_cast: Cast) -> None:
    event_id = await schedule_monthly(sqlite_cast)
    key = await series_split.add_occurrence(sqlite_cast.coordinator, event_id, datetime(2027, 10, 21, 14), 1, NOW)
    for first, at, sentence in (
        ("2027-10-12", datetime(2027, 7, 13, 10), "start in the past"),
        (key, datetime(2027, 10, 21, 14), "was added to the series"),
    ):
        version, plan = await plan_of_following(sqlite_cast.coordinator, event_id, at)
        with pytest.raises(Invalid) as refused:
            await series_split.change_from_date_on(sqlite_cast.coordinator, event_id, first, plan, version, AUGUST)
        assert sentence in refused.value.fields["date"]


async def test_a_holiday_among_the_dates_of_a_later_end_is_held_as_chosen(sqlite_cast: Cast) -> None:
    event_id = await schedule_monthly(sqlite_cast)
    event, plan = await scheduling.plan_to_change(sqlite_cast.coordinator, event_id)
    later = replace(
        plan,
        rule=rule_for_choice("monthly_nth", START, until=date(2028, 2, 29)),
        on_holidays={date(2028, 2, 8): HolidayChoice.NEXT_WEEK},
    )
    await scheduling.change_event(sqlite_cast.coordinator, event_id, later, event.version, NOW)
    last = (await dates_of(sqlite_cast, event_id))[-1]
    assert (last.key, f"{last.starts_at:%m-%d}", last.is_changed) == ("2028-02-08", "02-15", True)


@pytest.mark.parametrize("minutes", [90, 60])
async def test_a_series_that_moves_to_the_day_of_an_added_date_has_one_date_there(cast: Cast, minutes: int) -> None:
    event_id = await schedule_monthly(cast)
    await series_split.add_occurrence(cast.coordinator, event_id, datetime(2027, 1, 13, 14), 1, NOW)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    first = datetime(2027, 1, 13, 10)
    on_wednesdays = replace(
        plan, starts=first, duration=timedelta(minutes=minutes), rule=rule_for_choice("monthly_nth", first, count=3)
    )
    await scheduling.change_event(cast.coordinator, event_id, on_wednesdays, event.version, NOW)
    starts = [one.original_start for one in await dates_of(cast, event_id)]
    assert starts == [first, datetime(2027, 2, 10, 10), datetime(2027, 3, 10, 10)]


@pytest.mark.parametrize("hour", [10, 14])
async def test_a_series_that_ends_later_has_one_date_on_the_day_of_an_added_one(cast: Cast, hour: int) -> None:
    event_id = await schedule_monthly(cast)
    await series_split.add_occurrence(cast.coordinator, event_id, datetime(2028, 1, 11, hour), 1, NOW)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    longer = replace(plan, rule=rule_for_choice("monthly_nth", START, until=date(2028, 2, 29)))
    await scheduling.change_event(cast.coordinator, event_id, longer, event.version, AUGUST)
    assert [one.key for one in await dates_of(cast, event_id)][-3:] == ["2027-12-14", "2028-01-11", "2028-02-08"]


async def cancel_and_restore(cast: Cast, event_id: UUID) -> None:
    version = (await event_of(cast, event_id)).version
    await scheduling.cancel_event(cast.coordinator, event_id, version, "", NOW)
    await scheduling.restore_event(cast.coordinator, event_id, version + 1, NOW)


async def change_place(cast: Cast, event_id: UUID) -> None:
    version, plan = await plan_of_following(cast.coordinator, event_id, START)
    await scheduling.change_event(cast.coordinator, event_id, replace(plan, place="Annex"), version, NOW)


async def add_date(cast: Cast, event_id: UUID) -> None:
    version = (await event_of(cast, event_id)).version
    await series_split.add_occurrence(cast.coordinator, event_id, datetime(2027, 1, 21, 14), version, NOW)


async def cancel_following(cast: Cast, event_id: UUID) -> None:
    version = (await event_of(cast, event_id)).version
    await series_split.cancel_from_date_on(cast.coordinator, event_id, "2027-10-12", version, "", NOW)


async def split_series(cast: Cast, event_id: UUID) -> None:
    await move_october_on(cast, event_id, NOW)


@pytest.mark.parametrize("change", [cancel_and_restore, change_place, add_date, cancel_following, split_series])
async def test_an_email_about_a_series_outdoes_what_was_emailed_about_its_dates(
    sqlite_cast: Cast, change: Callable[[Cast, UUID], Awaitable[None]]
) -> None:
    event_id = await schedule_monthly(sqlite_cast)
    for hour in (11, 12, 13):
        date = await occurrences.date_seen_by(sqlite_cast.coordinator, event_id, "2027-01-12")
        moved = DateChange(starts=START.replace(hour=hour), duration=timedelta(hours=1))
        await occurrences.change_occurrence(sqlite_cast.coordinator, event_id, date.key, moved, date.version, NOW)
    emailed = max(one.sequence for one in await dates_of(sqlite_cast, event_id))
    await change(sqlite_cast, event_id)
    assert (await event_of(sqlite_cast, event_id)).sequence > emailed


@pytest.mark.both_engines
async def test_a_link_from_before_two_splits_finds_both_series_that_continue_it(cast: Cast) -> None:
    event_id = await schedule_monthly(cast)
    own_reply = await replies.my_reply(cast.fbi_lead, (await dates_of(cast, event_id))[0])
    assert own_reply is not None
    onward = [await move_october_on(cast, event_id)]
    version, plan = await plan_of_following(cast.coordinator, onward[0], datetime(2027, 12, 14, 8))
    onward.append(
        await series_split.change_from_date_on(cast.coordinator, onward[0], "2027-12-14", plan, version, AUGUST)
    )
    opened = await replies.open_invitation(own_reply[0], None, AUGUST, LINK)
    assert [one.ahead[0].event.id for one in opened.onward] == onward
    opened = await replies.open_invitation(own_reply[0], None, datetime(2027, 11, 30, tzinfo=UTC), LINK)
    assert (opened.occurrence.event.id, opened.onward) == (onward[1], ())


async def test_a_second_date_on_the_same_day_is_refused(cast: Cast) -> None:
    event_id = await schedule_monthly(cast)
    with pytest.raises(Invalid, match="already has a date on that day"):
        await series_split.add_occurrence(cast.coordinator, event_id, datetime(2027, 2, 9, 15), 1, NOW)


async def test_a_series_that_ends_later_stays_the_same_and_keeps_its_replies(cast: Cast) -> None:
    event_id = await schedule_monthly(cast)
    await replies.record_own_reply(
        cast.fbi_lead, event_id, "2027-09-14", ReplyValue.DECLINED, "", NOW, for_series=False
    )
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    longer = replace(plan, rule=rule_for_choice("monthly_nth", START, until=date(2028, 6, 30)))
    same_id = await scheduling.change_event(cast.coordinator, event_id, longer, event.version, AUGUST)
    assert same_id == event_id
    assert await reply_shown(cast.fbi_lead, event_id, "2027-09-14") is ReplyValue.DECLINED
    assert len(await dates_of(cast, event_id)) == 18


async def test_a_series_does_not_end_before_a_date_that_has_begun(cast: Cast) -> None:
    event_id = await schedule_monthly(cast)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    shorter = replace(plan, rule=rule_for_choice("monthly_nth", START, until=date(2027, 5, 31)))
    with pytest.raises(Invalid) as refused:
        await scheduling.change_event(cast.coordinator, event_id, shorter, event.version, AUGUST)
    assert "begun" in refused.value.fields["until"]


async def test_dates_on_holidays_are_held_as_chosen_and_feeds_say_so(cast: Cast) -> None:
    first = datetime(2027, 1, 11, 9)
    plan = meeting(
        cast.fbi_lead,
        starts=first,
        rule=rule_for_choice("weekly", first, interval=2, count=4),
        on_holidays={date(2027, 1, 25): HolidayChoice.SKIP, date(2027, 2, 8): HolidayChoice.NEXT_WEEK},
    )
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW)
    dates = await dates_of(cast, event_id)
    assert [(f"{one.starts_at:%m-%d}", one.is_changed) for one in dates] == [
        ("01-11", False),
        ("02-15", True),
        ("02-22", False),
    ]
    [series, moved] = calendar_entries(dates[0].event, dates, lambda one: one.is_canceled)
    assert (series.exdates, moved.recurrence_id) == ((datetime(2027, 1, 25, 9),), datetime(2027, 2, 8, 9))


async def test_a_date_that_was_left_out_stays_out_when_the_rest_of_the_series_changes(cast: Cast) -> None:
    first = datetime(2027, 1, 11, 9)
    plan = meeting(
        cast.fbi_lead,
        starts=first,
        rule=rule_for_choice("weekly", first, count=8),
        on_holidays={date(2027, 1, 18): HolidayChoice.SKIP, date(2027, 2, 15): HolidayChoice.SKIP},
    )
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW)
    event, known = await scheduling.plan_to_change(cast.coordinator, event_id)
    later = plan_from_start(known, datetime(2027, 2, 1, 10))
    new_id = await series_split.change_from_date_on(cast.coordinator, event_id, "2027-02-01", later, event.version, NOW)
    assert [one.key for one in await dates_of(cast, new_id)] == ["2027-02-01", "2027-02-08", "2027-02-22", "2027-03-01"]
    assert [one.key for one in await dates_of(cast, event_id)] == ["2027-01-11", "2027-01-25"]


async def test_a_date_that_is_over_is_not_added(cast: Cast) -> None:
    event_id = await schedule_monthly(cast)
    with pytest.raises(Invalid, match="That date has passed"):
        await series_split.add_occurrence(cast.coordinator, event_id, datetime(2026, 11, 1, 10), 1, NOW)


TOO_MANY = (
    "A series can have at most 1,000 dates, and this one would have 1,001. End it earlier, or split it into two series."
)


async def schedule_daily(cast: Cast, count: int) -> UUID:
    """Schedule a series of so many days."""
    return await scheduling.schedule_event(
        cast.coordinator, meeting(starts=START, rule=rule_for_choice("daily", START, count=count)), NOW
    )


async def test_a_series_of_the_most_dates_takes_no_more(sqlite_cast: Cast) -> None:
    event_id = await schedule_daily(sqlite_cast, 1_000)
    with pytest.raises(Invalid) as refused:
        await series_split.add_occurrence(sqlite_cast.coordinator, event_id, datetime(2030, 5, 1, 10), 1, NOW)
    assert refused.value.fields == {"date": TOO_MANY}
    assert (
        len(await occurrences.dates_in_series(sqlite_cast.coordinator, await event_of(sqlite_cast, event_id))) == 1_000
    )


async def test_dates_that_continue_with_a_new_series_count_too(sqlite_cast: Cast) -> None:
    event_id = await schedule_daily(sqlite_cast, 500)
    await series_split.add_occurrence(sqlite_cast.coordinator, event_id, datetime(2030, 5, 1, 10), 1, NOW)
    version, plan = await plan_of_following(sqlite_cast.coordinator, event_id, datetime(2027, 1, 13, 11))
    longer = replace(plan, rule=rule_for_choice("daily", plan.starts, count=1_000))
    with pytest.raises(Invalid) as refused:
        await series_split.change_from_date_on(sqlite_cast.coordinator, event_id, "2027-01-13", longer, version, NOW)
    assert refused.value.fields == {"date": TOO_MANY}


async def event_of(cast: Cast, event_id: UUID) -> Event:
    return await scheduling.event_seen_by(cast.coordinator, event_id)


# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001


FIRST = datetime(2027, 1, 12, 10)
HOUR = timedelta(hours=1)


async def shift_all_dates(hours: int) -> None:
    """Put every date where another release of the time zone data had it."""
    rows = await engine().run_querystring(QueryString("SELECT id, starts_at, ends_at FROM occurrence"))
    for row in rows:
        by = timedelta(hours=hours)
        await engine().run_querystring(
            QueryString(
                "UPDATE occurrence SET starts_at = {}, ends_at = {} WHERE id = {}",
                row["starts_at"] + by,
                row["ends_at"] + by,
                row["id"],
            )
        )


async def test_upcoming_dates_go_back_to_their_wall_clock_and_moved_ones_stay(cast: Cast) -> None:
    plan = meeting(cast.fbi_lead, starts=FIRST, rule=rule_for_choice("weekly", FIRST, count=3))
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW)
    moved = DateChange(starts=datetime(2027, 1, 20, 9), duration=HOUR)
    await occurrences.change_occurrence(cast.coordinator, event_id, "2027-01-19", moved, 1, NOW)
    await shift_all_dates(1)
    assert await series.count_drifted_dates(NOW) == 2
    assert await series.reproject_dates(NOW) == 2
    event = await scheduling.event_seen_by(cast.coordinator, event_id)
    hours = [f"{one.starts_at:%d %H}" for one in await occurrences.dates_in_series(cast.coordinator, event)]
    assert hours == ["12 16", "20 16", "26 16"]
    assert await series.reproject_dates(NOW) == 0


async def test_what_is_over_is_left_alone(cast: Cast) -> None:
    await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, starts=FIRST), NOW)
    await shift_all_dates(1)
    assert await series.count_drifted_dates(NOW + timedelta(days=60)) == 0


async def test_a_date_that_was_only_renamed_follows_the_clocks_and_feeds_show_it(cast: Cast) -> None:
    plan = meeting(cast.fbi_lead, starts=FIRST, rule=rule_for_choice("weekly", FIRST, count=2))
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW)
    renamed = DateChange(starts=datetime(2027, 1, 19, 10), duration=timedelta(minutes=90), title="With the mayor")
    await occurrences.change_occurrence(cast.coordinator, event_id, "2027-01-19", renamed, 1, NOW)
    await shift_all_dates(1)
    before = (await scheduling.event_seen_by(cast.coordinator, event_id)).version
    assert await series.reproject_dates(NOW) == 2
    date = await occurrences.date_seen_by(cast.coordinator, event_id, "2027-01-19")
    assert (f"{date.starts_at:%d %H}", date.title) == ("19 16", "With the mayor")
    assert date.event.version == before + 1
