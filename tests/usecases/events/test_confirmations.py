"""The board of who has confirmed a new time or place, and the reminder to exactly the others."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, meeting, operation
from tests.emails import ReadEmail, read
from tracker.errors import Conflict
from tracker.rules.core.outbox import MessageState, SendOutcome
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.reminders import REST
from tracker.rules.events.history import ChangeConfirmations
from tracker.rules.events.plans import DateChange
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.core.tables import Message
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails
from tracker.usecases.emails.nudges import nudge_people
from tracker.usecases.events import occurrences, replies, scheduling
from tracker.usecases.events.recorded_replies import record_reply_for
from tracker.usecases.views.event_page import view_event

KEY = "2027-01-12"
STARTS = meeting().starts
MONTHLY = rule_for_choice("monthly_nth", STARTS, count=3)
AN_HOUR = timedelta(hours=1)
HALF_AN_HOUR_LATER = STARTS + timedelta(minutes=30)
TO_THURSDAY = datetime(2027, 1, 14, 13)  # noqa: DTZ001 - local to the event's zone


async def asked(cast: Cast, **facts: Any) -> UUID:
    """Schedule a series that two of three have replied, three hours ago."""
    people = (cast.fbi_lead, cast.caht_lead, cast.hsi_liaison)
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(*people, **facts), NOW - 3 * AN_HOUR)
    for one in people[:2]:
        await replies.record_own_reply(one, event_id, KEY, ReplyValue.ACCEPTED, "", NOW - 2 * AN_HOUR, for_series=True)
    return event_id


async def test_a_reply_to_the_time_of_before_is_kept_and_shown_as_such(cast: Cast) -> None:
    event_id = await asked(cast, rule=MONTHLY)
    await move(cast, event_id, TO_THURSDAY)
    shown = (await view_event(cast.coordinator, event_id, KEY, NOW)).named
    assert {one.name: (one.reply, one.earlier) for one in shown if one.agency != "USAO"} == {
        "Fbi lead": (ReplyValue.NEEDS_ACTION, ReplyValue.ACCEPTED),
        "Caht lead": (ReplyValue.NEEDS_ACTION, ReplyValue.ACCEPTED),
        "Hsi liaison": (ReplyValue.NEEDS_ACTION, None),
    }
    assert (await view_event(cast.fbi_lead, event_id, KEY, NOW)).earlier is ReplyValue.ACCEPTED
    await reply(cast.fbi_lead, event_id, NOW + AN_HOUR)
    assert (await view_event(cast.fbi_lead, event_id, KEY, NOW)).earlier is None


async def move(cast: Cast, event_id: UUID, starts: datetime, now: datetime = NOW, **facts: Any) -> None:
    change = DateChange(starts=starts, duration=timedelta(minutes=90), **facts)
    date = await occurrences.date_seen_by(cast.coordinator, event_id, KEY)
    await occurrences.change_occurrence(cast.coordinator, event_id, KEY, change, date.version, now)


async def edit(cast: Cast, event_id: UUID, now: datetime = NOW, **facts: Any) -> None:
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    await scheduling.change_event(cast.coordinator, event_id, replace(plan, **facts), event.version, now)


async def reply(viewer: Viewer, event_id: UUID, now: datetime) -> None:
    await replies.record_own_reply(viewer, event_id, KEY, ReplyValue.ACCEPTED, "", now, for_series=False)


async def board_of(viewer: Viewer, event_id: UUID, key: str = KEY) -> ChangeConfirmations | None:
    found = (await view_event(viewer, event_id, key, NOW + AN_HOUR)).nudge
    return found.board if found else None


async def the_board(cast: Cast, event_id: UUID) -> tuple[int, int, dict[str, list[str]]]:
    board = await board_of(cast.coordinator, event_id)
    assert board is not None
    return len(board.confirmed), board.asked, board.waiting_by_agency


async def test_before_anything_changed_there_is_no_board(cast: Cast) -> None:
    assert await board_of(cast.coordinator, await asked(cast)) is None


async def test_after_a_move_nobody_has_confirmed_and_each_reply_counts(cast: Cast) -> None:
    event_id = await asked(cast, rule=MONTHLY)
    await move(cast, event_id, TO_THURSDAY)
    waiting = {"CAHT": ["Caht lead (yes before)"], "FBI": ["Fbi lead (yes before)"], "HSI": ["Hsi liaison"]}
    assert await the_board(cast, event_id) == (0, 3, waiting)
    await reply(cast.fbi_lead, event_id, NOW + timedelta(minutes=1))
    del waiting["FBI"]
    assert await the_board(cast, event_id) == (1, 3, waiting)


async def test_a_reply_that_is_kept_through_a_small_move_has_to_be_kept_by_its_owner(cast: Cast) -> None:
    event_id = await asked(cast, rule=MONTHLY)
    await move(cast, event_id, HALF_AN_HOUR_LATER)
    assert (await the_board(cast, event_id))[0] == 0
    await reply(cast.fbi_lead, event_id, NOW + timedelta(minutes=1))
    assert (await the_board(cast, event_id))[0] == 1


async def test_neither_who_sends_a_substitute_nor_the_substitute_is_asked_and_both_are_notified(cast: Cast) -> None:
    event_id = await asked(cast, rule=MONTHLY, committee_id=cast.committees["steering"])
    sent = (cast.fbi_lead, event_id, KEY, ReplyValue.DECLINED, "", NOW - AN_HOUR)
    await replies.record_own_reply(*sent, for_series=False, substitute=cast.fbi_alternate.member_id)
    await Message.update({Message.state: "sent", Message.sent_at: NOW}, force=True)
    await move(cast, event_id, HALF_AN_HOUR_LATER)
    assert (await the_board(cast, event_id))[:2] == (0, 2)
    board = await board_of(cast.coordinator, event_id)
    assert board is not None
    assert [one.name for one in board.substitutes] == ["Fbi alternate"]
    previews = {}
    for one in await outbox.claim_messages("test", (), NOW + AN_HOUR, 100):
        email = read(await emails.write_email(one, NOW + AN_HOUR, ZONE))
        assert isinstance(email, ReadEmail)
        previews[email.to] = email.preview
    assert "Fbi alternate (FBI) is still coming in your place" in previews[cast.fbi_lead.email]
    assert "You're still the substitute for Fbi lead (FBI)." in previews[cast.fbi_alternate.email]


async def test_what_somebody_told_the_organizer_confirms_too(cast: Cast) -> None:
    event_id = await asked(cast, rule=MONTHLY)
    await move(cast, event_id, TO_THURSDAY)
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
    assert (await the_board(cast, event_id))[0] == 1


async def test_the_next_change_resets_the_board_and_a_typo_fix_does_not(cast: Cast) -> None:
    event_id = await asked(cast, rule=MONTHLY)
    await move(cast, event_id, TO_THURSDAY)
    await reply(cast.fbi_lead, event_id, NOW + timedelta(minutes=1))
    await move(cast, event_id, TO_THURSDAY, NOW + timedelta(minutes=2), title="Typo fixed")
    await edit(cast, event_id, NOW + timedelta(minutes=3), description="Another typo")
    assert (await the_board(cast, event_id))[0] == 1
    await move(cast, event_id, TO_THURSDAY, NOW + timedelta(minutes=4), title="Typo fixed", place="Annex")
    board = await board_of(cast.coordinator, event_id)
    assert board is not None
    assert (len(board.confirmed), board.what) == (0, "place")


async def test_other_dates_of_the_series_have_nothing_to_confirm(cast: Cast) -> None:
    event_id = await asked(cast, rule=MONTHLY)
    await move(cast, event_id, TO_THURSDAY)
    assert await board_of(cast.coordinator, event_id, "2027-02-09") is None


async def test_a_later_end_of_the_series_has_to_be_confirmed_by_nobody(cast: Cast) -> None:
    event_id = await asked(cast, rule=MONTHLY)
    await edit(cast, event_id, rule=rule_for_choice("monthly_nth", STARTS, count=6))
    assert await board_of(cast.coordinator, event_id) is None


async def test_a_single_event_has_its_board_after_a_change_of_time_and_place(cast: Cast) -> None:
    event_id = await asked(cast)
    await edit(cast, event_id, starts=HALF_AN_HOUR_LATER, place="Annex")
    board = await board_of(cast.coordinator, event_id)
    assert board is not None
    assert (len(board.confirmed), board.asked, board.what) == (0, 3, "time and place")


async def test_only_who_may_edit_the_event_sees_the_board(cast: Cast) -> None:
    event_id = await asked(cast, rule=MONTHLY)
    await move(cast, event_id, TO_THURSDAY)
    assert await board_of(cast.fbi_lead, event_id) is None


async def sent(now: datetime) -> list[ReadEmail | SendOutcome]:
    found = await outbox.claim_messages("test", (), now, 100)
    made = [read(await emails.write_email(one, now, ZONE)) for one in found]
    for one in found:
        await outbox.close_message(one, SendOutcome(state=MessageState.SENT, reason=""), now)
    return made


async def test_the_reminder_goes_to_exactly_the_others(cast: Cast) -> None:
    event_id = await asked(cast, rule=MONTHLY)
    await move(cast, event_id, HALF_AN_HOUR_LATER)
    await sent(NOW + timedelta(minutes=1))
    await reply(cast.caht_lead, event_id, NOW + timedelta(minutes=2))
    assert await nudge_people(cast.coordinator, event_id, KEY, NOW + AN_HOUR, ZONE, confirmations=True) == 2
    made = {one.letter.to_name: one for one in await sent(NOW + 2 * AN_HOUR) if isinstance(one, ReadEmail)}
    assert set(made) == {"Fbi lead", "Hsi liaison"}
    assert made["Fbi lead"].subject == "Please confirm the new time: Monthly task force meeting, Tue, Jan 12"
    assert [one.label for one in made["Fbi lead"].buttons] == ["Keep my reply", "Change my reply"]
    assert made["Fbi lead"].paragraphs[0] == "Confirm with a link below."
    assert dict(made["Fbi lead"].facts)["Your reply"] == "Yes, from before the change"
    assert [one.label for one in made["Hsi liaison"].buttons] == ["Reply yes", "Maybe", "No"]


async def test_who_confirms_before_the_mail_goes_out_is_not_bothered(cast: Cast) -> None:
    event_id = await asked(cast, rule=MONTHLY)
    await move(cast, event_id, HALF_AN_HOUR_LATER)
    await sent(NOW + timedelta(minutes=1))
    await nudge_people(cast.coordinator, event_id, KEY, NOW + AN_HOUR, ZONE, confirmations=True)
    await reply(cast.fbi_lead, event_id, NOW + AN_HOUR)
    assert sum(isinstance(one, SendOutcome) for one in await sent(NOW + 2 * AN_HOUR)) == 1


async def test_who_was_reminded_by_either_request_rests_for_two_days(cast: Cast) -> None:
    event_id = await asked(cast, rule=MONTHLY)
    await move(cast, event_id, HALF_AN_HOUR_LATER)
    await nudge_people(cast.coordinator, event_id, KEY, NOW + AN_HOUR, ZONE)
    assert await Message.count().where(Message.kind == "no_reply") == 1
    assert await nudge_people(cast.coordinator, event_id, KEY, NOW + 2 * AN_HOUR, ZONE, confirmations=True) == 2
    assert await nudge_people(cast.coordinator, event_id, KEY, NOW + AN_HOUR + REST, ZONE, confirmations=True) == 1


async def test_when_everybody_confirmed_there_is_nobody_to_remind(cast: Cast) -> None:
    event_id = await asked(cast, rule=MONTHLY)
    await move(cast, event_id, HALF_AN_HOUR_LATER)
    for one in (cast.fbi_lead, cast.caht_lead, cast.hsi_liaison):
        await reply(one, event_id, NOW + AN_HOUR)
    with pytest.raises(Conflict, match="Everyone has confirmed the change"):
        await nudge_people(cast.coordinator, event_id, KEY, NOW + 2 * AN_HOUR, ZONE, confirmations=True)


async def test_the_mail_about_an_event_for_named_people_does_not_even_say_that_it_changed(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW - AN_HOUR)
    event, plan = await scheduling.plan_to_change(cast.fbi_lead, event_id)
    changed = operation(cast.kcpd_detective, starts=plan.starts + AN_HOUR)
    await scheduling.change_event(cast.fbi_lead, event_id, changed, event.version, NOW)
    await sent(NOW + timedelta(minutes=1))
    await nudge_people(cast.fbi_lead, event_id, "2027-01-16", NOW + AN_HOUR, ZONE, confirmations=True)
    [letter] = await sent(NOW + 2 * AN_HOUR)
    assert not any(word in str(letter) for word in ("Bluestem", "Larkspur", "Jan 16", "new time"))
