"""The dates of a span of time, each with the viewer's reply, against both databases."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.cast import NOW, ZONE, Cast, meeting, operation
from tests.usecases.operations.world import planned
from tracker.database import writing
from tracker.rules.calendars.calendars import CalendarChoice, CalendarFilter, SeenDate
from tracker.rules.core.viewers import Arm, Level, Viewer, Visibility
from tracker.rules.events.plans import DateChange
from tracker.rules.events.replies import ReplyValue
from tracker.rules.operations.states import OperationState
from tracker.rules.recurrence.series import rule_for_choice
from tracker.rules.roster.directory import AgencyFacts, PersonFacts
from tracker.usecases.calendars import feeds
from tracker.usecases.events import occurrences, replies
from tracker.usecases.events.scheduling import schedule_event
from tracker.usecases.roster import agencies, people

pytestmark = pytest.mark.both_engines

START, END = datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC)
FIRST = datetime(2027, 1, 12, 10)  # noqa: DTZ001 - local to the event's zone
MONTHLY = rule_for_choice("monthly_nth", FIRST, count=3)


async def seen(viewer: Viewer) -> list[SeenDate]:
    return await feeds.dates_between(viewer, START, END)


async def reply(viewer: Viewer, event_id: UUID, value: ReplyValue, *, key: str, for_series: bool) -> None:
    await replies.record_own_reply(viewer, event_id, key, value, "", NOW, for_series=for_series)


async def test_each_date_carries_the_reply_that_counts_for_it(cast: Cast) -> None:
    event_id = await schedule_event(cast.coordinator, meeting(cast.fbi_lead, rule=MONTHLY), NOW)
    await reply(cast.fbi_lead, event_id, ReplyValue.ACCEPTED, key="2027-01-12", for_series=True)
    await reply(cast.fbi_lead, event_id, ReplyValue.DECLINED, key="2027-02-09", for_series=False)
    assert [one.reply for one in await seen(cast.fbi_lead)] == [ReplyValue.ACCEPTED, ReplyValue.DECLINED]


async def test_who_is_invited_and_silent_has_not_replied_and_who_is_not_invited_has_nothing_to_reply(
    cast: Cast,
) -> None:
    await schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    assert [(one.reply, one.is_mine) for one in await seen(cast.fbi_lead)] == [(ReplyValue.NEEDS_ACTION, True)]
    assert [(one.reply, one.is_mine) for one in await seen(cast.hsi_liaison)] == [(None, False)]


async def test_a_date_that_moved_asks_again(cast: Cast) -> None:
    event_id = await schedule_event(cast.coordinator, meeting(cast.fbi_lead, rule=MONTHLY), NOW)
    await reply(cast.fbi_lead, event_id, ReplyValue.ACCEPTED, key="2027-01-12", for_series=True)
    change = DateChange(starts=FIRST + timedelta(days=1), duration=timedelta(hours=1))
    await occurrences.change_occurrence(cast.coordinator, event_id, "2027-01-12", change, 1, NOW)
    assert [one.reply for one in await seen(cast.fbi_lead)] == [ReplyValue.NEEDS_ACTION, ReplyValue.ACCEPTED]


async def test_the_lead_of_an_event_counts_it_as_theirs(cast: Cast) -> None:
    await schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    assert [one.is_mine for one in await seen(cast.coordinator)] == [True]


async def test_an_event_of_a_committee_carries_its_name(cast: Cast) -> None:
    plan = meeting(cast.caht_lead, visibility=Visibility.COMMITTEE, committee_id=cast.committees["services"])
    await schedule_event(cast.coordinator, plan, NOW)
    assert [one.committee for one in await seen(cast.harbor_advocate)] == ["Victim Services Committee"]


async def test_who_is_not_named_sees_nothing_of_an_operation(cast: Cast) -> None:
    await schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    assert [one.line.title for one in await seen(cast.kcpd_detective)] == ["Operation Bluestem"]
    assert await seen(cast.coordinator) == []
    assert await seen(cast.harbor_advocate) == []


async def test_an_agency_takes_part_when_its_people_are_invited_or_lead(cast: Cast) -> None:
    await schedule_event(cast.coordinator, meeting(cast.fbi_lead, title="With FBI"), NOW)
    await schedule_event(cast.coordinator, meeting(cast.hsi_liaison, title="Without"), NOW)
    await schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    fbi = CalendarChoice(id=cast.agencies["FBI"], name="FBI")
    for viewer, titles in ((cast.kcpd_detective, ["With FBI", "Operation Bluestem"]), (cast.coordinator, ["With FBI"])):
        found = await feeds.filtered_dates_between(viewer, START, END, CalendarFilter(agency=fbi))
        assert [one.line.title for one in found] == titles


async def test_one_chooses_from_the_committees_whose_events_one_may_see(cast: Cast) -> None:
    offered = await feeds.calendar_choices(cast.bridge_advocate)
    assert [one.name for one in offered.committees] == ["Victim Services Committee"]


async def test_one_chooses_from_the_agencies_of_which_one_may_know_somebody(cast: Cast) -> None:
    async with writing():
        agency = await agencies.insert_agency(
            AgencyFacts(name="Marshals", code="USMS", arm=Arm.LAW_ENFORCEMENT, level=Level.FEDERAL)
        )
        await people.insert_member(
            PersonFacts(agency_id=agency, name="Marshal", email="marshal@usms.example", zone=ZONE), NOW
        )
    known = [one.name for one in (await feeds.calendar_choices(cast.bridge_advocate)).agencies]
    assert known == ["Bridge Legal", "CAHT", "Harbor House"]
    assert "USMS" in [one.name for one in (await feeds.calendar_choices(cast.coordinator)).agencies]


async def test_people_on_an_operation_see_where_its_plan_is_and_others_see_neither(cast: Cast) -> None:
    await planned(cast.fbi_lead, cast.hsi_liaison)
    await schedule_event(cast.fbi_lead, operation(cast.hsi_liaison, title="Operation Unplanned"), NOW)
    found = {one.line.title: one.operation for one in await seen(cast.hsi_liaison)}
    assert found == {"Operation Bluestem": OperationState.PLANNING, "Operation Unplanned": None}
    assert await seen(cast.coordinator) == []
