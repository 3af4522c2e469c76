"""Replies and moves: people who said yes to one time are asked again, and a board shows who has confirmed."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import LINK, NOW, PROGRAM, ZONE, Cast, meeting, operation
from tests.emails import ReadEmail, read_result, send_due_messages
from tracker.database import writing
from tracker.errors import Conflict
from tracker.rules.core.outbox import SendOutcome
from tracker.rules.core.viewers import ON_SITE, Origin, Viewer
from tracker.rules.emails.reminders import REST
from tracker.rules.events.history import ChangeConfirmations
from tracker.rules.events.plans import DateChange, Plan
from tracker.rules.events.replies import ReplySource, ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.background.events import invitees as new_replies
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.events import Reply
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails
from tracker.usecases.emails.nudges import nudge_people
from tracker.usecases.events import occurrences, replies, scheduling
from tracker.usecases.events.recorded_replies import record_reply_for
from tracker.usecases.views import event_page
from tracker.usecases.views.event_page import view_event

MINUTE = timedelta(minutes=1)
LATER = NOW + timedelta(hours=1)
MOVED = meeting().starts + timedelta(days=7)


async def move_by_a_week(cast: Cast, event_id: UUID) -> None:
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    await scheduling.change_event(cast.coordinator, event_id, replace(plan, starts=MOVED), event.version, LATER)


async def reply_to_nearest(
    viewer: Viewer, event_id: UUID, value: ReplyValue, *, for_series: bool = False, after: timedelta = MINUTE
) -> None:
    date = await occurrences.nearest_date(viewer, event_id, NOW)
    now = date.changed_at + after
    await replies.record_own_reply(viewer, event_id, date.key, value, "", now, for_series=for_series)


async def reply_that_counts(viewer: Viewer, event_id: UUID) -> ReplyValue | None:
    reply = await replies.my_reply(viewer, await occurrences.nearest_date(viewer, event_id, NOW))
    assert reply
    return reply[1].value if reply[1] else None


@pytest.mark.parametrize("for_series", [False, True])
async def test_a_single_event_that_moves_asks_everyone_again_but_its_lead(cast: Cast, *, for_series: bool) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead), NOW)
    await reply_to_nearest(cast.fbi_lead, event_id, ReplyValue.ACCEPTED, for_series=for_series)
    await move_by_a_week(cast, event_id)
    assert await reply_that_counts(cast.fbi_lead, event_id) is ReplyValue.NEEDS_ACTION
    assert await reply_that_counts(cast.coordinator, event_id) is ReplyValue.ACCEPTED
    assert len(await replies.owed_replies(cast.fbi_lead, LATER)) == 1
    await reply_to_nearest(cast.fbi_lead, event_id, ReplyValue.DECLINED, for_series=for_series)
    assert await reply_that_counts(cast.fbi_lead, event_id) is ReplyValue.DECLINED


@pytest.mark.both_engines
async def test_the_reply_that_was_recorded_last_counts_when_its_clock_is_slow(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    await reply_to_nearest(cast.fbi_lead, event_id, ReplyValue.ACCEPTED, after=10 * MINUTE)
    await reply_to_nearest(cast.fbi_lead, event_id, ReplyValue.DECLINED, after=MINUTE)
    assert await reply_that_counts(cast.fbi_lead, event_id) is ReplyValue.DECLINED


@pytest.mark.parametrize(
    ("origin", "how"), [(ON_SITE, "site"), (PROGRAM, "api"), (LINK, "link"), (Origin("cli"), "site")]
)
async def test_a_reply_says_how_it_came(cast: Cast, origin: Origin, how: str) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    await reply_to_nearest(replace(cast.fbi_lead, origin=origin), event_id, ReplyValue.ACCEPTED)
    given = await Reply.select(Reply.source).where(Reply.invitation.member == cast.fbi_lead.member_id)
    assert [row["source"] for row in given] == [how]


async def test_the_last_word_on_a_single_event_counts_for_its_date_or_for_all_of_it(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    await reply_to_nearest(cast.fbi_lead, event_id, ReplyValue.ACCEPTED)
    await reply_to_nearest(cast.fbi_lead, event_id, ReplyValue.DECLINED, for_series=True, after=timedelta(minutes=2))
    assert await reply_that_counts(cast.fbi_lead, event_id) is ReplyValue.DECLINED


async def test_a_reply_above_the_date_of_a_single_event_does_not_survive_its_move(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    await write_series_reply(cast.fbi_lead, event_id, ReplyValue.ACCEPTED)
    await move_by_a_week(cast, event_id)
    assert await reply_that_counts(cast.fbi_lead, event_id) is ReplyValue.NEEDS_ACTION


async def write_series_reply(viewer: Viewer, event_id: UUID, value: ReplyValue) -> None:
    """Write an answer for all dates of an event that has one."""
    reply = await replies.my_reply(viewer, await occurrences.nearest_date(viewer, event_id, NOW))
    assert reply
    async with writing():
        await new_replies.write_replies(
            [{"invitation": reply[0], "reply": value, "source": ReplySource.CHANGE, "sequence": 0, "replied_at": LATER}]
        )


START = datetime(2027, 1, 12, 10)
FIRST, SECOND = "2027-01-12", "2027-01-19"
YES, OPEN = ReplyValue.ACCEPTED, ReplyValue.NEEDS_ACTION


async def schedule_with_reply(cast: Cast, *, for_series: bool, **facts: Any) -> UUID:
    """Schedule an event to which the FBI's lead says yes, for its first date or for all."""
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, **facts), NOW)
    await replies.record_own_reply(cast.fbi_lead, event_id, FIRST, YES, "", NOW, for_series=for_series)
    return event_id


def weekly_rule(*weekdays: int) -> Any:
    return rule_for_choice("weekly", START, count=4, weekdays=weekdays)


async def replace_plan(cast: Cast, event_id: UUID, now: datetime = LATER, **facts: Any) -> None:
    event = await scheduling.event_seen_by(cast.coordinator, event_id)
    plan: Plan = meeting(cast.fbi_lead, **facts)
    await scheduling.change_event(cast.coordinator, event_id, plan, event.version, now)


async def reply_shown(cast: Cast, event_id: UUID, key: str) -> ReplyValue:
    given = (await event_page.view_event(cast.fbi_lead, event_id, key, LATER)).reply
    return given.value if given else OPEN


@pytest.mark.parametrize("for_series", [True, False])
async def test_a_single_event_that_moves_to_another_day_asks_everyone_again(cast: Cast, *, for_series: bool) -> None:
    event_id = await schedule_with_reply(cast, for_series=for_series)
    await replace_plan(cast, event_id, starts=START + timedelta(days=7))
    assert await reply_shown(cast, event_id, SECOND) is OPEN


@pytest.mark.parametrize("for_series", [True, False])
async def test_another_place_asks_everyone_again(cast: Cast, *, for_series: bool) -> None:
    event_id = await schedule_with_reply(cast, for_series=for_series)
    await replace_plan(cast, event_id, place="FBI field office")
    assert await reply_shown(cast, event_id, FIRST) is OPEN


async def test_half_an_hour_and_a_new_title_ask_no_one(cast: Cast) -> None:
    event_id = await schedule_with_reply(cast, for_series=False)
    await replace_plan(cast, event_id, starts=START + timedelta(minutes=30), title="Another title")
    assert await reply_shown(cast, event_id, FIRST) is YES


@pytest.mark.parametrize("for_series", [True, False])
@pytest.mark.parametrize("minutes", [30, 45])
async def test_a_series_that_moves_by_less_than_an_hour_asks_no_one(
    cast: Cast, minutes: int, *, for_series: bool
) -> None:
    event_id = await schedule_with_reply(cast, for_series=for_series, rule=weekly_rule(1))
    await replace_plan(cast, event_id, rule=weekly_rule(1), starts=START + timedelta(minutes=minutes))
    assert await reply_shown(cast, event_id, FIRST) is YES
    assert await reply_shown(cast, event_id, SECOND) is (YES if for_series else OPEN)


@pytest.mark.parametrize("for_series", [True, False])
async def test_a_series_that_moves_by_an_hour_asks_everyone(cast: Cast, *, for_series: bool) -> None:
    event_id = await schedule_with_reply(cast, for_series=for_series, rule=weekly_rule(1))
    await replace_plan(cast, event_id, rule=weekly_rule(1), starts=START + timedelta(hours=1))
    assert [await reply_shown(cast, event_id, key) for key in (FIRST, SECOND)] == [OPEN, OPEN]


@pytest.mark.parametrize("for_series", [True, False])
async def test_a_rule_that_changes_keeps_the_replies_to_dates_that_stay(cast: Cast, *, for_series: bool) -> None:
    event_id = await schedule_with_reply(cast, for_series=for_series, rule=weekly_rule(1))
    await replace_plan(cast, event_id, rule=weekly_rule(1, 3))
    assert await reply_shown(cast, event_id, FIRST) is YES
    assert await reply_shown(cast, event_id, "2027-01-14") is OPEN


async def test_what_was_replied_to_one_date_alone_holds_when_the_rest_is_asked_again(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_with_reply(sqlite_cast, for_series=False, rule=weekly_rule(1))
    await replies.record_own_reply(cast.fbi_lead, event_id, SECOND, ReplyValue.DECLINED, "", NOW, for_series=False)
    a_minute_later = NOW + timedelta(minutes=1)
    await replies.record_own_reply(cast.fbi_lead, event_id, "2027-01-26", YES, "", a_minute_later, for_series=True)
    await replace_plan(cast, event_id, rule=weekly_rule(1, 3))
    assert await reply_shown(cast, event_id, SECOND) is ReplyValue.DECLINED


async def test_another_place_leaves_what_has_begun_as_it_was_replied(cast: Cast) -> None:
    event_id = await schedule_with_reply(cast, for_series=True, rule=weekly_rule(1))
    await replace_plan(
        cast, event_id, datetime.fromisoformat("2027-01-13T15:00+00:00"), rule=weekly_rule(1), place="FBI"
    )
    assert await reply_shown(cast, event_id, FIRST) is YES
    assert await reply_shown(cast, event_id, SECOND) is OPEN


async def test_a_date_with_a_place_of_its_own_is_not_asked_again_for_the_place_of_the_series(cast: Cast) -> None:
    event_id = await schedule_with_reply(cast, for_series=False, rule=weekly_rule(1))
    elsewhere = DateChange(starts=START, duration=timedelta(minutes=90), place="Court house")
    await occurrences.change_occurrence(cast.coordinator, event_id, FIRST, elsewhere, 1, LATER)
    soon = LATER + timedelta(minutes=5)
    await replies.record_own_reply(cast.fbi_lead, event_id, FIRST, YES, "", soon, for_series=False)
    await replace_plan(cast, event_id, soon, rule=weekly_rule(1), place="FBI field office")
    assert await reply_shown(cast, event_id, FIRST) is YES


async def test_yes_to_all_dates_is_yes_to_one_that_was_asked_again(cast: Cast) -> None:
    event_id = await schedule_with_reply(cast, for_series=True, rule=weekly_rule(1))
    moved = DateChange(starts=START + timedelta(days=9), duration=timedelta(minutes=90))
    await occurrences.change_occurrence(cast.coordinator, event_id, SECOND, moved, 1, LATER)
    assert await reply_shown(cast, event_id, SECOND) is OPEN
    await replies.record_own_reply(cast.fbi_lead, event_id, FIRST, YES, "", LATER + timedelta(hours=1), for_series=True)
    assert await reply_shown(cast, event_id, SECOND) is YES


KEY = "2027-01-12"
STARTS = meeting().starts
MONTHLY = rule_for_choice("monthly_nth", STARTS, count=3)
AN_HOUR = timedelta(hours=1)
HALF_AN_HOUR_LATER = STARTS + timedelta(minutes=30)
TO_THURSDAY = datetime(2027, 1, 14, 13)


async def schedule_with_replies(cast: Cast, **facts: Any) -> UUID:
    """Schedule a series that two of three have replied, three hours ago."""
    people = (cast.fbi_lead, cast.caht_lead, cast.hsi_liaison)
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(*people, **facts), NOW - 3 * AN_HOUR)
    for person in people[:2]:
        await replies.record_own_reply(
            person, event_id, KEY, ReplyValue.ACCEPTED, "", NOW - 2 * AN_HOUR, for_series=True
        )
    return event_id


async def test_a_reply_to_the_earlier_time_is_kept_and_shown_as_such(cast: Cast) -> None:
    event_id = await schedule_with_replies(cast, rule=MONTHLY)
    await move_first_date(cast, event_id, TO_THURSDAY)
    shown = (await view_event(cast.coordinator, event_id, KEY, NOW)).named
    assert {one.name: (one.reply, one.earlier) for one in shown if one.agency != "USAO"} == {
        "Fbi lead": (ReplyValue.NEEDS_ACTION, ReplyValue.ACCEPTED),
        "Caht lead": (ReplyValue.NEEDS_ACTION, ReplyValue.ACCEPTED),
        "Hsi liaison": (ReplyValue.NEEDS_ACTION, None),
    }
    assert (await view_event(cast.fbi_lead, event_id, KEY, NOW)).earlier is ReplyValue.ACCEPTED
    await accept_date(cast.fbi_lead, event_id, NOW + AN_HOUR)
    assert (await view_event(cast.fbi_lead, event_id, KEY, NOW)).earlier is None


async def move_first_date(cast: Cast, event_id: UUID, starts: datetime, now: datetime = NOW, **facts: Any) -> None:
    change = DateChange(starts=starts, duration=timedelta(minutes=90), **facts)
    date = await occurrences.date_seen_by(cast.coordinator, event_id, KEY)
    await occurrences.change_occurrence(cast.coordinator, event_id, KEY, change, date.version, now)


async def edit_event(cast: Cast, event_id: UUID, now: datetime = NOW, **facts: Any) -> None:
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    await scheduling.change_event(cast.coordinator, event_id, replace(plan, **facts), event.version, now)


async def accept_date(viewer: Viewer, event_id: UUID, now: datetime) -> None:
    await replies.record_own_reply(viewer, event_id, KEY, ReplyValue.ACCEPTED, "", now, for_series=False)


async def board_of(viewer: Viewer, event_id: UUID, key: str = KEY) -> ChangeConfirmations | None:
    nudge = (await view_event(viewer, event_id, key, NOW + AN_HOUR)).nudge
    return nudge.board if nudge else None


async def board_counts(cast: Cast, event_id: UUID) -> tuple[int, int, dict[str, list[str]]]:
    board = await board_of(cast.coordinator, event_id)
    assert board is not None
    return len(board.confirmed), board.asked, board.waiting_by_agency


async def test_before_anything_changed_there_is_no_board(cast: Cast) -> None:
    assert await board_of(cast.coordinator, await schedule_with_replies(cast)) is None


async def test_after_a_move_no_one_has_confirmed_and_each_reply_counts(cast: Cast) -> None:
    event_id = await schedule_with_replies(cast, rule=MONTHLY)
    await move_first_date(cast, event_id, TO_THURSDAY)
    waiting = {"CAHT": ["Caht lead (yes before)"], "FBI": ["Fbi lead (yes before)"], "HSI": ["Hsi liaison"]}
    assert await board_counts(cast, event_id) == (0, 3, waiting)
    await accept_date(cast.fbi_lead, event_id, NOW + timedelta(minutes=1))
    del waiting["FBI"]
    assert await board_counts(cast, event_id) == (1, 3, waiting)


async def test_a_reply_that_is_kept_through_a_small_move_has_to_be_kept_by_its_owner(cast: Cast) -> None:
    event_id = await schedule_with_replies(cast, rule=MONTHLY)
    await move_first_date(cast, event_id, HALF_AN_HOUR_LATER)
    assert (await board_counts(cast, event_id))[0] == 0
    await accept_date(cast.fbi_lead, event_id, NOW + timedelta(minutes=1))
    assert (await board_counts(cast, event_id))[0] == 1


async def test_neither_who_sends_a_substitute_nor_the_substitute_is_asked_and_both_are_notified(cast: Cast) -> None:
    event_id = await schedule_with_replies(cast, rule=MONTHLY, committee_id=cast.committees["steering"])
    sent = (cast.fbi_lead, event_id, KEY, ReplyValue.DECLINED, "", NOW - AN_HOUR)
    await replies.record_own_reply(*sent, for_series=False, substitute=cast.fbi_alternate.member_id)
    await Message.update({Message.state: "sent", Message.sent_at: NOW}, force=True)
    await move_first_date(cast, event_id, HALF_AN_HOUR_LATER)
    assert (await board_counts(cast, event_id))[:2] == (0, 2)
    board = await board_of(cast.coordinator, event_id)
    assert board is not None
    assert [one.name for one in board.substitutes] == ["Fbi alternate"]
    previews = {}
    for message in await outbox.claim_messages("test", (), NOW + AN_HOUR, 100):
        email = read_result(await emails.write_email(message, NOW + AN_HOUR, ZONE))
        assert isinstance(email, ReadEmail)
        previews[email.to] = email.preview
    assert "Fbi alternate (FBI) is still coming in your place" in previews[cast.fbi_lead.email]
    assert "You're still the substitute for Fbi lead (FBI)." in previews[cast.fbi_alternate.email]


async def test_what_someone_said_to_the_organizer_confirms_too(cast: Cast) -> None:
    event_id = await schedule_with_replies(cast, rule=MONTHLY)
    await move_first_date(cast, event_id, TO_THURSDAY)
    await record_reply_for(
        cast.coordinator,
        event_id,
        KEY,
        cast.hsi_liaison.member_id,
        ReplyValue.DECLINED,
        "",
        NOW + timedelta(1),
        for_series=False,
    )
    assert (await board_counts(cast, event_id))[0] == 1


async def test_the_next_change_resets_the_board_and_a_typo_fix_does_not(cast: Cast) -> None:
    event_id = await schedule_with_replies(cast, rule=MONTHLY)
    await move_first_date(cast, event_id, TO_THURSDAY)
    await accept_date(cast.fbi_lead, event_id, NOW + timedelta(minutes=1))
    await move_first_date(cast, event_id, TO_THURSDAY, NOW + timedelta(minutes=2), title="Typo fixed")
    await edit_event(cast, event_id, NOW + timedelta(minutes=3), description="Another typo")
    assert (await board_counts(cast, event_id))[0] == 1
    await move_first_date(cast, event_id, TO_THURSDAY, NOW + timedelta(minutes=4), title="Typo fixed", place="Annex")
    board = await board_of(cast.coordinator, event_id)
    assert board is not None
    assert (len(board.confirmed), board.what) == (0, "place")


async def test_other_dates_of_the_series_have_nothing_to_confirm(cast: Cast) -> None:
    event_id = await schedule_with_replies(cast, rule=MONTHLY)
    await move_first_date(cast, event_id, TO_THURSDAY)
    assert await board_of(cast.coordinator, event_id, "2027-02-09") is None


async def test_a_later_end_of_the_series_has_to_be_confirmed_by_no_one(cast: Cast) -> None:
    event_id = await schedule_with_replies(cast, rule=MONTHLY)
    await edit_event(cast, event_id, rule=rule_for_choice("monthly_nth", STARTS, count=6))
    assert await board_of(cast.coordinator, event_id) is None


async def test_a_single_event_has_its_board_after_a_change_of_time_and_place(cast: Cast) -> None:
    event_id = await schedule_with_replies(cast)
    await edit_event(cast, event_id, starts=HALF_AN_HOUR_LATER, place="Annex")
    board = await board_of(cast.coordinator, event_id)
    assert board is not None
    assert (len(board.confirmed), board.asked, board.what) == (0, 3, "time and place")


async def test_only_who_may_edit_the_event_sees_the_board(cast: Cast) -> None:
    event_id = await schedule_with_replies(cast, rule=MONTHLY)
    await move_first_date(cast, event_id, TO_THURSDAY)
    assert await board_of(cast.fbi_lead, event_id) is None


async def send_emails(now: datetime) -> list[ReadEmail | SendOutcome]:
    return [read_result(written) for _, written in await send_due_messages(now)]


async def test_the_reminder_goes_to_exactly_the_others(cast: Cast) -> None:
    event_id = await schedule_with_replies(cast, rule=MONTHLY)
    await move_first_date(cast, event_id, HALF_AN_HOUR_LATER)
    await send_emails(NOW + timedelta(minutes=1))
    await accept_date(cast.caht_lead, event_id, NOW + timedelta(minutes=2))
    assert await nudge_people(cast.coordinator, event_id, KEY, NOW + AN_HOUR, ZONE, confirmations=True) == 2
    made = {
        message.letter.to_name: message
        for message in await send_emails(NOW + 2 * AN_HOUR)
        if isinstance(message, ReadEmail)
    }
    assert set(made) == {"Fbi lead", "Hsi liaison"}
    assert made["Fbi lead"].subject == "Please confirm the new time: Monthly task force meeting, Tue, Jan 12"
    assert [one.label for one in made["Fbi lead"].buttons] == ["Keep my reply", "Change my reply"]
    assert made["Fbi lead"].paragraphs[0] == "Confirm with a link below."
    assert dict(made["Fbi lead"].facts)["Your reply"] == "Yes, from before the change"
    assert [one.label for one in made["Hsi liaison"].buttons] == ["Reply yes", "Maybe", "No"]


async def test_who_confirms_before_the_email_goes_out_is_not_bothered(cast: Cast) -> None:
    event_id = await schedule_with_replies(cast, rule=MONTHLY)
    await move_first_date(cast, event_id, HALF_AN_HOUR_LATER)
    await send_emails(NOW + timedelta(minutes=1))
    await nudge_people(cast.coordinator, event_id, KEY, NOW + AN_HOUR, ZONE, confirmations=True)
    await accept_date(cast.fbi_lead, event_id, NOW + AN_HOUR)
    assert sum(isinstance(one, SendOutcome) for one in await send_emails(NOW + 2 * AN_HOUR)) == 1


async def test_who_was_reminded_by_either_request_rests_for_two_days(cast: Cast) -> None:
    event_id = await schedule_with_replies(cast, rule=MONTHLY)
    await move_first_date(cast, event_id, HALF_AN_HOUR_LATER)
    await nudge_people(cast.coordinator, event_id, KEY, NOW + AN_HOUR, ZONE)
    assert await Message.count().where(Message.kind == "no_reply") == 1
    assert await nudge_people(cast.coordinator, event_id, KEY, NOW + 2 * AN_HOUR, ZONE, confirmations=True) == 2
    assert await nudge_people(cast.coordinator, event_id, KEY, NOW + AN_HOUR + REST, ZONE, confirmations=True) == 1


async def test_when_everyone_confirmed_there_is_no_one_to_remind(cast: Cast) -> None:
    event_id = await schedule_with_replies(cast, rule=MONTHLY)
    await move_first_date(cast, event_id, HALF_AN_HOUR_LATER)
    for person in (cast.fbi_lead, cast.caht_lead, cast.hsi_liaison):
        await accept_date(person, event_id, NOW + AN_HOUR)
    with pytest.raises(Conflict, match="Everyone has confirmed the change"):
        await nudge_people(cast.coordinator, event_id, KEY, NOW + 2 * AN_HOUR, ZONE, confirmations=True)


async def test_the_email_about_an_event_for_named_people_does_not_even_say_that_it_changed(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW - AN_HOUR)
    event, plan = await scheduling.plan_to_change(cast.fbi_lead, event_id)
    changed = operation(cast.kcpd_detective, starts=plan.starts + AN_HOUR)
    await scheduling.change_event(cast.fbi_lead, event_id, changed, event.version, NOW)
    await send_emails(NOW + timedelta(minutes=1))
    await nudge_people(cast.fbi_lead, event_id, "2027-01-16", NOW + AN_HOUR, ZONE, confirmations=True)
    [letter] = await send_emails(NOW + 2 * AN_HOUR)
    assert not any(word in str(letter) for word in ("Bluestem", "Larkspur", "Jan 16", "new time"))
