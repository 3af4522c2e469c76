"""Home: what needs a person, their own replies and items, what operations ask, and nothing of what is unseen."""

import random
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace
from piccolo.querystring import QueryString

from tests.cast import NOW, ZONE, Cast, everyone, meeting, operation
from tests.usecases.operations.world import end_operation, plan_operation
from tracker.database import engine
from tracker.errors import NotFound
from tracker.rules.actions import ItemEdit, ItemStatus, NewItem
from tracker.rules.core.outbox import MessageState, SendOutcome
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.events import EventStatus, Kind, Occurrence
from tracker.rules.events.plans import DateChange, Plan
from tracker.rules.events.replies import ReplyValue
from tracker.rules.operations.plans import Disclosure
from tracker.rules.operations.states import OperationState
from tracker.rules.recurrence.series import rule_for_choice
from tracker.rules.views.home import (
    LateItem,
    MissingReplies,
    Need,
    OpenAcknowledgment,
    OpenApproval,
    OpenCheckIn,
    OpenSheet,
    SetUpStep,
)
from tracker.tables.schema.events import Event
from tracker.tables.visible import attendance
from tracker.tables.visible.events import replies as waiting
from tracker.usecases import attendance as attendance_roll_call
from tracker.usecases.actions import action_items
from tracker.usecases.core import outbox
from tracker.usecases.core.process_locks import deployment_state
from tracker.usecases.emails import writers
from tracker.usecases.events import occurrences, replies
from tracker.usecases.events.scheduling import cancel_event, change_event, event_seen_by, plan_to_change, schedule_event
from tracker.usecases.operations import approvals, plans
from tracker.usecases.operations.plans import PlanBasics
from tracker.usecases.views import home
from tracker.usecases.views.home import Home, home_for

pytestmark = pytest.mark.both_engines

TODAY = date(2026, 12, 15)
LONG_AGO = NOW - timedelta(days=20)
NEXT_WEEK = datetime(2026, 12, 22, 10)  # noqa: DTZ001 - local to the event's zone
LAST_WEEK = datetime(2026, 12, 8, 10)  # noqa: DTZ001 - local to the event's zone


async def home_of(viewer: Viewer) -> Home:
    return await home_for(viewer, NOW, TODAY, ZONE)


async def needs_of(viewer: Viewer) -> list[Need]:
    return [row.need for row in (await home_of(viewer)).follow_up]


async def assign_item(giver: Viewer, owner: Viewer, due: date, **facts: Any) -> str:
    new = NewItem(title="Send the contact sheet", owner_id=owner.member_id, due=due, **facts)
    return await action_items.create_item(giver, new, LONG_AGO, LONG_AGO.date())


def plan_next_week(*invitees: Viewer, **facts: Any) -> Plan:
    return meeting(*invitees, **{"starts": NEXT_WEEK, **facts})


def plan_last_week(*invitees: Viewer, **facts: Any) -> Plan:
    return meeting(*invitees, **{"starts": LAST_WEEK, **facts})


async def test_anyone_who_leads_a_meeting_follows_up_the_replies_that_are_missing(cast: Cast) -> None:
    event_id = await schedule_event(
        cast.coordinator, plan_next_week(cast.fbi_lead, cast.fbi_alternate, cast.caht_lead), NOW
    )
    await replies.record_own_reply(
        cast.fbi_lead, event_id, "2026-12-22", ReplyValue.DECLINED, "", NOW, for_series=False
    )
    [row] = (await home_of(cast.coordinator)).follow_up
    assert isinstance(row, MissingReplies)
    assert (row.waiting, row.invited, row.agencies) == (2, 4, (("CAHT", 1), ("FBI", 1)))
    assert await needs_of(cast.caht_lead) == []


async def test_a_meeting_that_everyone_replied_needs_no_follow_up(cast: Cast) -> None:
    event_id = await schedule_event(cast.coordinator, plan_next_week(cast.fbi_lead), NOW)
    await replies.record_own_reply(
        cast.fbi_lead, event_id, "2026-12-22", ReplyValue.TENTATIVE, "", NOW, for_series=False
    )
    home_shown = await home_of(cast.coordinator)
    assert home_shown.follow_up == []
    assert home_shown.days is not None
    assert home_shown.days.leads


@pytest.mark.parametrize(
    "facts",
    [
        {"starts": datetime(2027, 1, 12, 10)},  # noqa: DTZ001 - local to the event's zone
        {"status": EventStatus.DRAFT},
        {"status": EventStatus.CANCELED},
        {"kind": Kind.DEADLINE},
    ],
    ids=["later", "draft", "canceled", "deadline"],
)
async def test_no_reply_is_missing_where_none_is_needed_yet_or_at_all(cast: Cast, facts: dict[str, Any]) -> None:
    await schedule_event(cast.coordinator, plan_next_week(cast.fbi_lead, **facts), NOW)
    assert await needs_of(cast.coordinator) == []


async def test_the_missing_replies_are_those_of_the_rule_whatever_was_replied(cast: Cast) -> None:
    chance = random.Random(7)  # noqa: S311 - which answers, not a secret
    event_id = await schedule_event(
        cast.coordinator, plan_next_week(*everyone(cast), rule=rule_for_choice("weekly", NEXT_WEEK, count=3)), NOW
    )
    dates = await occurrences.dates_in_series(cast.coordinator, await event_seen_by(cast.coordinator, event_id))
    for step in range(30):
        who, one = chance.choice(everyone(cast)), chance.choice(dates)
        said = chance.choice([ReplyValue.ACCEPTED, ReplyValue.DECLINED, ReplyValue.TENTATIVE])
        at = NOW + timedelta(minutes=step)
        await replies.record_own_reply(who, event_id, one.key, said, "", at, for_series=chance.random() < 0.3)
    await move_by_a_day(cast, dates[1])
    missing = await waiting.missing_replies(cast.coordinator, [one.id for one in dates])
    for one in dates:
        people = await attendance.participants(cast.coordinator, one)
        silent = Counter(person.agency for person in people if person.reply is ReplyValue.NEEDS_ACTION)
        assert missing[one.id].waiting == dict(silent)
        assert missing[one.id].invited == len(people)


async def move_by_a_day(cast: Cast, occurrence: Occurrence) -> None:
    change = DateChange(starts=occurrence.original_start + timedelta(days=1), duration=timedelta(hours=1))
    later = NOW + timedelta(hours=1)
    await occurrences.change_occurrence(
        cast.coordinator, occurrence.event.id, occurrence.key, change, occurrence.version, later
    )


async def test_attendance_that_is_not_closed_is_followed_up_by_anyone_who_leads_and_then_no_more(cast: Cast) -> None:
    event_id = await schedule_event(cast.coordinator, plan_last_week(cast.fbi_lead), LONG_AGO)
    [row] = (await home_of(cast.coordinator)).follow_up
    assert isinstance(row, OpenSheet)
    assert (row.line.event_id, row.is_over) == (event_id, True)
    assert await needs_of(cast.fbi_lead) == []
    await attendance_roll_call.close_attendance(cast.coordinator, event_id, "2026-12-08", NOW)
    assert await needs_of(cast.coordinator) == []


@pytest.mark.parametrize(
    "facts",
    [{"kind": Kind.DEADLINE}, {"status": EventStatus.DRAFT}, {"starts": datetime(2026, 11, 10, 10)}],  # noqa: DTZ001 - local to the event's zone
    ids=["deadline", "draft", "long ago"],
)
async def test_no_attendance_is_asked_for_where_none_is_taken(cast: Cast, facts: dict[str, Any]) -> None:
    await schedule_event(cast.coordinator, plan_last_week(cast.fbi_lead, **facts), NOW - timedelta(days=60))
    assert await needs_of(cast.coordinator) == []


async def test_a_meeting_that_is_about_to_start_asks_for_attendance_half_an_hour_before(cast: Cast) -> None:
    starts = datetime(2026, 12, 15, 9, 25)  # noqa: DTZ001 - local to the event's zone
    await schedule_event(cast.coordinator, plan_last_week(cast.fbi_lead, starts=starts), LONG_AGO)
    rows = (await home_of(cast.coordinator)).follow_up
    assert [row.is_over for row in rows if isinstance(row, OpenSheet)] == [False]


async def test_at_the_second_at_which_a_meeting_starts_no_reply_to_it_is_missing(cast: Cast) -> None:
    starts = datetime(2026, 12, 15, 9)  # noqa: DTZ001 - local to the event's zone
    await schedule_event(cast.coordinator, plan_next_week(cast.fbi_lead, starts=starts), LONG_AGO)
    home_shown = await home_of(cast.coordinator)
    assert home_shown.days is not None
    assert (home_shown.days.upcoming, [row.need for row in home_shown.follow_up]) == (None, [Need.ATTENDANCE])


async def test_at_the_second_at_which_a_meeting_ends_it_is_over(cast: Cast) -> None:
    starts = datetime(2026, 12, 15, 7, 30)  # noqa: DTZ001 - local to the event's zone
    await schedule_event(cast.coordinator, plan_last_week(cast.fbi_lead, starts=starts), LONG_AGO)
    rows = (await home_of(cast.coordinator)).follow_up
    assert [row.is_over for row in rows if isinstance(row, OpenSheet)] == [True]


async def test_an_overdue_item_that_is_blocked_is_followed_up_once(cast: Cast) -> None:
    reference = await assign_item(cast.coordinator, cast.caht_lead, TODAY - timedelta(days=4))
    blocked = ItemEdit(status=ItemStatus.BLOCKED, note="The shelter is closed.")
    await action_items.save_item_edit(cast.caht_lead, reference, blocked, 1, NOW, TODAY)
    home_shown = await home_of(cast.coordinator)
    assert home_shown.items is not None
    assert ([row.need for row in home_shown.follow_up], home_shown.items.overdue) == ([Need.BLOCKED], 1)


async def test_an_overdue_item_is_followed_up_by_who_gave_it_and_is_its_owner_s_own(cast: Cast) -> None:
    reference = await assign_item(cast.coordinator, cast.caht_lead, TODAY - timedelta(days=4))
    [row] = (await home_of(cast.coordinator)).follow_up
    assert isinstance(row, LateItem)
    assert row.item.reference == reference
    own_home = await home_of(cast.caht_lead)
    assert own_home.items is not None
    assert ([one.reference for one in own_home.items.own], own_home.items.overdue, own_home.follow_up) == (
        [reference],
        1,
        [],
    )


async def test_an_overdue_item_of_others_is_nothing_to_a_member_who_sees_it(cast: Cast) -> None:
    await assign_item(cast.coordinator, cast.caht_lead, TODAY - timedelta(days=4))
    home_shown = await home_of(cast.hsi_liaison)
    assert home_shown.items is not None
    assert (home_shown.items.overdue, home_shown.follow_up) == (0, [])


async def test_a_member_with_nothing_to_do_reads_what_is_next(cast: Cast) -> None:
    await schedule_event(cast.coordinator, plan_next_week(cast.fbi_lead), NOW)
    home_shown = await home_of(cast.hsi_liaison)
    assert home_shown.is_empty
    assert home_shown.days is not None
    assert home_shown.days.upcoming is not None
    assert home_shown.days.upcoming.title == "Monthly task force meeting"


async def test_an_invitation_makes_a_reply_owed_until_it_is_replied(cast: Cast) -> None:
    event_id = await schedule_event(cast.coordinator, plan_next_week(cast.fbi_lead), NOW)
    owed = (await home_of(cast.fbi_lead)).owed
    assert [one.line.event_id for one in owed or ()] == [event_id]
    await replies.record_own_reply(
        cast.fbi_lead, event_id, "2026-12-22", ReplyValue.DECLINED, "", NOW, for_series=False
    )
    assert (await home_of(cast.fbi_lead)).owed == []


async def test_an_operation_changes_nothing_for_who_is_not_named_the_coordinator_included(cast: Cast) -> None:
    names = ("coordinator", "fbi_alternate", "caht_lead", "harbor_advocate")
    await schedule_event(cast.coordinator, plan_next_week(*everyone(cast)), NOW)
    before = [await home_of(cast.members[name]) for name in names]
    await schedule_event(cast.fbi_lead, operation(cast.kcpd_detective, starts=NEXT_WEEK), NOW)
    gone = await schedule_event(cast.fbi_lead, operation(cast.kcpd_detective, starts=LAST_WEEK), LONG_AGO)
    origin = (await occurrences.date_seen_by(cast.fbi_lead, gone, "2026-12-08")).id
    await assign_item(cast.fbi_lead, cast.kcpd_detective, TODAY - timedelta(days=4), origin_id=origin)
    assert [await home_of(cast.members[name]) for name in names] == before
    lead = await home_of(cast.fbi_lead)
    assert {row.need for row in lead.follow_up} == {Need.REPLIES, Need.ATTENDANCE, Need.ITEM}


async def test_a_part_that_cannot_be_read_leaves_the_others_standing_and_is_logged(
    sqlite_cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    await schedule_event(sqlite_cast.coordinator, plan_next_week(sqlite_cast.fbi_lead), NOW)
    await engine().run_querystring(QueryString("ALTER TABLE action_item RENAME TO lost"))
    home_shown = await home_of(sqlite_cast.fbi_lead)
    assert home_shown.items is None
    assert not home_shown.is_whole
    assert len(home_shown.owed or ()) == 1
    assert {record.message for record in caplog.records} == {
        "Home page: action items could not be read.",
        "Home page: email replies could not be read.",  # some are about action items
    }


async def test_a_series_that_ends_within_sixty_days_asks_to_be_extended_until_another_one_continues(cast: Cast) -> None:
    first = datetime.fromisoformat("2026-12-29 10:00")
    plan = meeting(starts=first, rule=rule_for_choice("weekly", first, count=6))
    event_id = await schedule_event(cast.coordinator, plan, NOW)
    assert await needs_of(cast.coordinator) == [Need.ENDING]
    assert await needs_of(cast.fbi_lead) == []
    event, known = await plan_to_change(cast.coordinator, event_id)
    longer = replace(known, rule=rule_for_choice("weekly", first, count=26))
    await change_event(cast.coordinator, event_id, longer, event.version, NOW)
    assert await needs_of(cast.coordinator) == []


async def test_a_series_that_continues_hidden_from_someone_ends_for_them(cast: Cast) -> None:
    """That it is not asked for anymore would tell that there is another one."""
    first = datetime.fromisoformat("2026-12-29 10:00")
    services = {"visibility": Visibility.COMMITTEE, "committee_id": cast.committees["services"]}
    plan = meeting(starts=first, rule=rule_for_choice("weekly", first, count=6), **services)
    event_id = await schedule_event(cast.coordinator, plan, NOW)
    assert await needs_of(cast.caht_lead) == [Need.ENDING]
    onward = await schedule_event(cast.fbi_lead, operation(cast.coordinator), NOW)
    await Event.update({Event.previous_series: event_id}).where(Event.id == onward)
    assert (await needs_of(cast.coordinator), await needs_of(cast.caht_lead)) == ([], [Need.ENDING])


async def steps_to_do(viewer: Viewer) -> list[SetUpStep]:
    set_up_list = await home.set_up_list(viewer, await deployment_state())
    return [step for step, is_done in set_up_list.steps.items() if not is_done] if set_up_list else []


async def test_it_ticks_itself_off_and_is_gone_when_all_is_done(cast: Cast) -> None:
    assert await steps_to_do(cast.coordinator) == [SetUpStep.EMAIL, SetUpStep.EVENT]
    await schedule_event(cast.coordinator, meeting(), NOW)
    await writers.send_email_test(cast.coordinator, NOW)
    assert await steps_to_do(cast.coordinator) == [SetUpStep.EMAIL]
    for message in await outbox.claim_messages("test", (), NOW + timedelta(minutes=1), 10):
        await outbox.close_message(message, SendOutcome(state=MessageState.SENT, reason=""), NOW)
    assert await home.set_up_list(cast.coordinator, await deployment_state()) is None


async def test_a_draft_is_no_first_meeting(cast: Cast) -> None:
    await schedule_event(cast.coordinator, meeting(status=EventStatus.DRAFT), NOW)
    assert SetUpStep.EVENT in await steps_to_do(cast.coordinator)


async def test_an_event_that_the_viewer_may_not_see_ticks_nothing_off(cast: Cast) -> None:
    await schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    assert await steps_to_do(cast.coordinator) == [SetUpStep.EMAIL, SetUpStep.EVENT]


async def test_an_administrator_learns_nothing_of_events(cast: Cast) -> None:
    before = await home.set_up_list(cast.administrator, await deployment_state())
    await schedule_event(cast.coordinator, meeting(cast.administrator), NOW)
    assert await home.set_up_list(cast.administrator, await deployment_state()) == before
    assert await steps_to_do(cast.administrator) == [SetUpStep.EMAIL]


async def test_it_is_hidden_for_all_and_shown_again(cast: Cast) -> None:
    await home.hide_set_up(cast.administrator, NOW)
    assert await home.is_set_up_hidden()
    assert await home.set_up_list(cast.coordinator, await deployment_state()) is None
    await home.show_set_up_again(cast.coordinator, NOW)
    assert await steps_to_do(cast.administrator) == [SetUpStep.EMAIL]


async def test_other_people_neither_read_it_nor_hide_it(cast: Cast) -> None:
    for viewer in (cast.fbi_lead, cast.auditor):
        assert await home.set_up_list(viewer, await deployment_state()) is None
        with pytest.raises(NotFound):
            await home.hide_set_up(viewer, NOW)
        with pytest.raises(NotFound):
            await home.show_set_up_again(viewer, NOW)
    assert not await home.is_set_up_hidden()


SATURDAY_SIX = datetime(2027, 1, 16, 12, tzinfo=NOW.tzinfo)
AFTER = NOW + timedelta(days=60)


async def plan_needs_of(viewer: Viewer, now: datetime = NOW) -> list[tuple[Need, int]]:
    """Return what plans ask of a viewer, and of which version."""
    home_shown = await home_for(viewer, now, NOW.date(), ZONE)
    assert home_shown.is_whole
    rows = [row for row in home_shown.follow_up if isinstance(row, OpenApproval | OpenAcknowledgment)]
    return [(row.need, row.version) for row in rows]


async def needs_on_the_day(viewer: Viewer, now: datetime) -> list[Need]:
    """Return which rows lead to the check-in or the attendance of an operation."""
    home_shown = await home_for(viewer, now, now.date(), ZONE)
    assert home_shown.is_whole
    return [row.need for row in home_shown.follow_up if isinstance(row, OpenCheckIn | OpenSheet)]


async def submit_with_commitment(cast: Cast) -> UUID:
    """Return an operation that waits for the approval of fbi_alternate; KCPD commits four people."""
    event_id = await plan_operation(cast.fbi_lead, cast.fbi_alternate, cast.kcpd_detective)
    await plans.commit_resources(
        cast.kcpd_detective, event_id, cast.kcpd_detective.agency_id, people=4, vehicles=2, skills="", now=NOW
    )
    basics = PlanBasics(
        supervisor_id=cast.fbi_alternate.member_id, disclosure=Disclosure.CONTACT_ONLY, buffer=timedelta(minutes=60)
    )
    await plans.change_plan_basics(cast.fbi_lead, event_id, basics, NOW)
    assert await plan_needs_of(cast.kcpd_detective) == []
    await approvals.change_plan_state(cast.fbi_lead, event_id, OperationState.SUBMITTED, NOW)
    return event_id


async def test_a_submitted_plan_waits_for_its_supervisor_and_for_the_agencies_that_commit(cast: Cast) -> None:
    await submit_with_commitment(cast)
    assert await plan_needs_of(cast.fbi_alternate) == [(Need.APPROVAL, 4)]
    assert await plan_needs_of(cast.kcpd_detective) == [(Need.ACKNOWLEDGMENT, 4)]


async def test_a_plan_asks_nothing_of_its_lead_nor_of_people_who_are_not_on_it(cast: Cast) -> None:
    await submit_with_commitment(cast)
    for viewer in (cast.fbi_lead, cast.coordinator, cast.kcpd_alternate, cast.caht_lead, cast.administrator):
        assert await plan_needs_of(viewer) == []


async def test_an_acknowledged_plan_asks_again_when_it_changes(cast: Cast) -> None:
    event_id = await submit_with_commitment(cast)
    await approvals.acknowledge_plan_version(cast.kcpd_detective, event_id, 4, NOW)
    assert await plan_needs_of(cast.kcpd_detective) == []
    await plans.commit_resources(
        cast.fbi_lead, event_id, cast.kcpd_detective.agency_id, people=6, vehicles=2, skills="", now=NOW
    )
    assert await plan_needs_of(cast.kcpd_detective) == [(Need.ACKNOWLEDGMENT, 5)]


async def test_an_approved_plan_no_longer_waits_for_its_supervisor(cast: Cast) -> None:
    event_id = await submit_with_commitment(cast)
    await approvals.waive_deconfliction(cast.fbi_alternate, event_id, "No time to ask.", NOW)
    await approvals.change_plan_state(cast.fbi_alternate, event_id, OperationState.APPROVED, NOW)
    assert await plan_needs_of(cast.fbi_alternate) == []
    assert await plan_needs_of(cast.kcpd_detective) == [(Need.ACKNOWLEDGMENT, 4)]


async def test_on_its_day_an_operation_leads_the_people_on_it_to_its_check_in(cast: Cast) -> None:
    event_id = await plan_operation(cast.fbi_lead, cast.kcpd_detective)
    eve, morning = SATURDAY_SIX - timedelta(hours=13), SATURDAY_SIX - timedelta(minutes=20)
    for viewer, rows in (
        (cast.fbi_lead, [Need.CHECK_IN]),
        (cast.kcpd_detective, [Need.CHECK_IN]),
        (cast.hsi_liaison, []),
    ):
        assert await needs_on_the_day(viewer, eve) == []
        assert await needs_on_the_day(viewer, morning) == rows
        assert await needs_on_the_day(viewer, SATURDAY_SIX + timedelta(hours=1)) == rows
    await end_operation(cast.fbi_lead, event_id)
    assert await needs_on_the_day(cast.fbi_lead, SATURDAY_SIX + timedelta(hours=1)) == []
    assert await needs_on_the_day(cast.fbi_lead, SATURDAY_SIX + timedelta(hours=7)) == []


async def test_an_operation_that_has_begun_asks_for_no_replies(cast: Cast) -> None:
    event_id = await plan_operation(cast.fbi_lead, cast.kcpd_detective)
    morning = SATURDAY_SIX - timedelta(hours=1)
    before = await home_for(cast.fbi_lead, morning, morning.date(), ZONE)
    await end_operation(cast.fbi_lead, event_id, OperationState.EXECUTING)
    after = await home_for(cast.fbi_lead, morning, morning.date(), ZONE)
    assert [Need.REPLIES in {row.need for row in home_shown.follow_up} for home_shown in (before, after)] == [
        True,
        False,
    ]


async def test_home_says_that_the_plan_is_not_approved_while_its_check_in_is_open(cast: Cast) -> None:
    event_id = await plan_operation(cast.fbi_lead, cast.kcpd_detective)
    morning = SATURDAY_SIX - timedelta(hours=1)
    said = []
    for state in (OperationState.SUBMITTED, OperationState.APPROVED):
        await end_operation(cast.fbi_lead, event_id, state)
        rows = (await home_for(cast.fbi_lead, morning, morning.date(), ZONE)).follow_up
        said += [row.is_approved for row in rows if isinstance(row, OpenCheckIn)]
    assert said == [False, True]


async def test_a_canceled_operation_and_one_that_is_over_ask_for_nothing(cast: Cast) -> None:
    event_id = await submit_with_commitment(cast)
    assert await plan_needs_of(cast.fbi_alternate, AFTER) == []
    event = await event_seen_by(cast.fbi_lead, event_id)
    await cancel_event(cast.fbi_lead, event_id, event.version, "Rain", NOW)
    assert await plan_needs_of(cast.fbi_alternate) == []
    assert await plan_needs_of(cast.kcpd_detective) == []
