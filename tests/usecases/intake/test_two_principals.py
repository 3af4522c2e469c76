"""One person who comes in place of two, or of the organizer: what they say is theirs, and no one else's."""

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import Cast
from tests.usecases.intake.replying import HOUR, LATER, NO, YES, email, said
from tests.usecases.intake.world import (
    FIRST_DATE,
    HOUR_LATER,
    insert_third_holder,
    name_same_substitute,
    schedule_for_committee,
    send_due,
)
from tracker.errors import Invalid
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.replies import ReplyValue
from tracker.rules.intake.calendar_replies import ReplyOutcome, Sender, WaitingReply
from tracker.usecases.events import occurrences, recorded_replies, replies, scheduling
from tracker.usecases.events.recorded_replies import record_reply_for
from tracker.usecases.intake import unrecorded_replies
from tracker.usecases.intake.received_emails import take_email
from tracker.usecases.views.event_page import view_event


async def sending(cast: Cast, event_id: UUID) -> list[str]:
    """Return who still sends someone."""
    view = await view_event(cast.coordinator, event_id, FIRST_DATE, HOUR_LATER)
    return [one.name for one in view.named if one.substitute]


async def came(to: Viewer, event_id: UUID, of: Viewer, value: ReplyValue, *, is_verified: bool) -> ReplyOutcome:
    """Take a reply of someone's calendar program to the address of another person's invitation."""
    one = await said(to, event_id, value, attendee=of.email, stamped_at=HOUR_LATER)
    sender = Sender(address=of.email, is_verified=is_verified)
    [outcome] = await take_email(await email(to, event_id, one, sender=sender, received_at=HOUR_LATER))
    return outcome


async def the_waiting(cast: Cast, event_id: UUID) -> WaitingReply:
    date = await occurrences.date_seen_by(cast.coordinator, event_id, FIRST_DATE)
    [one] = (await unrecorded_replies.unrecorded_of_date(cast.coordinator, date, HOUR_LATER)).waiting
    return one


@pytest.mark.parametrize(("answered", "left"), [("fbi_lead", ["Fbi alternate"]), ("fbi_alternate", ["Fbi lead"])])
async def test_a_waiting_no_releases_them_from_the_person_whose_email_it_answers(
    sqlite_cast: Cast, answered: str, left: list[str]
) -> None:
    cast = sqlite_cast
    event_id, other = await name_same_substitute(cast)
    await came(cast.members[answered], event_id, other, NO, is_verified=False)
    one = await the_waiting(cast, event_id)
    assert one.line == f"{other.member_id}:{one.reply.invitation_id}"
    await unrecorded_replies.attach_reply(
        cast.coordinator, event_id, FIRST_DATE, one.reply.id, other.member_id, HOUR_LATER
    )
    assert await sending(cast, event_id) == left


@pytest.mark.parametrize(("chosen", "left"), [("Fbi lead", ["Fbi alternate"]), ("Fbi alternate", ["Fbi lead"])])
async def test_a_no_that_is_recorded_for_them_names_in_whose_place(
    sqlite_cast: Cast, chosen: str, left: list[str]
) -> None:
    cast = sqlite_cast
    event_id, other = await name_same_substitute(cast)
    view = await view_event(cast.coordinator, event_id, FIRST_DATE, HOUR_LATER)
    [line] = [one for one in view.answerable if one.substitutes_for == f"{chosen} (FBI)"]
    no = (cast.coordinator, event_id, FIRST_DATE, other.member_id, NO, "", HOUR_LATER)
    with pytest.raises(Invalid):
        await record_reply_for(*no, for_series=False)
    await record_reply_for(*no, for_series=False, invitation_id=line.invitation_id)
    assert await sending(cast, event_id) == left


async def test_their_own_no_counts_for_both(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    event_id, other = await name_same_substitute(cast)
    assert (
        await view_event(other, event_id, FIRST_DATE, HOUR_LATER)
    ).substitutes_for == "Fbi alternate (FBI) and Fbi lead (FBI)"
    await recorded_replies.decline_as_substitute(other, event_id, FIRST_DATE, HOUR_LATER)
    assert await sending(cast, event_id) == []


async def test_their_own_no_by_email_counts_for_both(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    event_id, other = await name_same_substitute(cast)
    assert await came(cast.fbi_lead, event_id, other, NO, is_verified=True) is ReplyOutcome.RELEASED
    assert await sending(cast, event_id) == []


@pytest.mark.parametrize(("value", "left"), [(YES, ["Coordinator"]), (NO, [])])
async def test_a_person_attaches_the_waiting_reply_of_their_own_substitute(
    sqlite_cast: Cast, value: ReplyValue, left: list[str]
) -> None:
    cast = sqlite_cast
    other = await insert_third_holder(cast, cast.coordinator, "USAO")
    event_id = await schedule_for_committee(cast, cast.coordinator, cast.fbi_lead)
    said_no = (cast.coordinator, event_id, FIRST_DATE, NO, "", LATER)
    await replies.record_own_reply(*said_no, for_series=False, substitute=other.member_id)
    await came(cast.coordinator, event_id, other, value, is_verified=False)
    one = await the_waiting(cast, event_id)
    await unrecorded_replies.attach_reply(
        cast.coordinator, event_id, FIRST_DATE, one.reply.id, one.person_id, HOUR_LATER
    )
    assert await sending(cast, event_id) == left


async def test_a_move_that_releases_them_from_both_sends_one_removal(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    event_id, _ = await name_same_substitute(cast)
    await send_due(LATER + HOUR)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    moved = replace(plan, starts=plan.starts + timedelta(days=1))
    await scheduling.change_event(cast.coordinator, event_id, moved, event.version, HOUR_LATER)
    found = await send_due(HOUR_LATER + HOUR)
    assert len([key for key, _ in found if key.startswith("substitute:withdrawal")]) == 1


async def test_a_no_that_releases_them_from_both_sends_one_removal(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    event_id, other = await name_same_substitute(cast)
    await send_due(LATER + HOUR)
    await recorded_replies.decline_as_substitute(other, event_id, FIRST_DATE, HOUR_LATER)
    found = await send_due(HOUR_LATER + HOUR)
    assert len([key for key, _ in found if key.startswith("substitute:withdrawal")]) == 1
