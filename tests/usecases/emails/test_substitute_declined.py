"""The person who named a substitute is emailed that the substitute can't come, while that is still so."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, operation
from tests.emails import ReadEmail, read_result
from tests.usecases.events.world import SECOND_DATE, THIRD_DATE, schedule_with_alternate
from tracker.errors import NotAllowed
from tracker.rules.core.message_types import SubstituteDeclined
from tracker.rules.core.outbox import MessageState, SendOutcome
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.emails.emails import ReplyPage
from tracker.rules.emails.preferences import Preferences
from tracker.rules.events.notifications import Notify
from tracker.rules.events.replies import AttendeeRole, ReplyValue
from tracker.tables.schema.events import Invitation
from tracker.tables.schema.roster import Member
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails, preferences
from tracker.usecases.events import occurrences, recorded_replies, replies, scheduling
from tracker.usecases.events.recorded_replies import record_reply_for

SAID_AT = NOW + timedelta(minutes=1)
LATER = NOW + timedelta(minutes=5)
AFTER = LATER + timedelta(minutes=1)
"""When a change can no longer be undone, so that emails about the event are sent."""
YES, NO = ReplyValue.ACCEPTED, ReplyValue.DECLINED


async def schedule_with_refusal(cast: Cast, *keys: str) -> UUID:
    """Return a weekly meeting on whose first date the alternate of the Bureau's lead can't come in their place."""
    event_id = await schedule_with_alternate(cast, *(keys or (SECOND_DATE,)))
    await recorded_replies.decline_as_substitute(cast.fbi_alternate, event_id, SECOND_DATE, SAID_AT)
    return event_id


async def emails_of_refusal(reader: Viewer, now: datetime = AFTER) -> list[ReadEmail | SendOutcome]:
    """Return what becomes of the messages to a reader that say that a substitute can't come."""
    due = [
        message
        for message in await outbox.claim_messages("test", (), now, 100)
        if isinstance(message.content, SubstituteDeclined)
    ]
    assert {one.recipient_id for one in due} <= {reader.member_id}
    return [read_result(await emails.write_email(one, now, ZONE)) for one in due]


async def email_of_refusal(reader: Viewer) -> ReadEmail:
    [email] = await emails_of_refusal(reader)
    assert isinstance(email, ReadEmail)
    return email


@pytest.mark.both_engines
async def test_the_person_who_named_a_substitute_reads_who_can_t_come_and_can_reply_to_that_date(cast: Cast) -> None:
    event_id = await schedule_with_refusal(cast, SECOND_DATE, THIRD_DATE)
    email = await email_of_refusal(cast.fbi_lead)
    assert email.subject == "Your substitute can't come: Monthly task…, Tue, Jan 19, 10:00 AM"
    assert email.preview == "Fbi alternate (FBI) can't come in your place."
    date = await occurrences.date_seen_by(cast.fbi_lead, event_id, SECOND_DATE)
    pages = [one.target for one in email.buttons if isinstance(one.target, ReplyPage)]
    assert [(one.reply, one.occurrence_id) for one in pages] == [(key, date.id) for key in ("yes", "maybe", "no")]


async def test_they_also_read_it_when_someone_enters_it_for_the_substitute(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_with_alternate(sqlite_cast, SECOND_DATE)
    said = (cast.coordinator, event_id, SECOND_DATE, cast.fbi_alternate.member_id)
    await record_reply_for(*said, NO, "", SAID_AT, for_series=False)
    assert (await email_of_refusal(cast.fbi_lead)).preview == "Fbi alternate (FBI) can't come in your place."


async def test_a_refused_no_emails_no_one(sqlite_cast: Cast) -> None:
    event_id = await schedule_with_alternate(sqlite_cast, SECOND_DATE)
    with pytest.raises(NotAllowed):
        await recorded_replies.decline_as_substitute(sqlite_cast.hsi_liaison, event_id, SECOND_DATE, SAID_AT)
    assert await emails_of_refusal(sqlite_cast.fbi_lead) == []


async def reply_yes(cast: Cast, event_id: UUID) -> None:
    await replies.record_own_reply(cast.fbi_lead, event_id, SECOND_DATE, YES, "", LATER, for_series=False)


async def reply_no(cast: Cast, event_id: UUID) -> None:
    await replies.record_own_reply(cast.fbi_lead, event_id, SECOND_DATE, NO, "", LATER, for_series=False)


async def name_again(cast: Cast, event_id: UUID) -> None:
    said_no = (cast.fbi_lead, event_id, SECOND_DATE, NO, "", LATER)
    await replies.record_own_reply(*said_no, for_series=False, substitute=cast.fbi_alternate.member_id)


async def cancel_date(cast: Cast, event_id: UUID) -> None:
    await occurrences.cancel_occurrence(cast.coordinator, event_id, SECOND_DATE, 1, "", LATER)


async def make_informed_only(cast: Cast, event_id: UUID) -> None:
    of_lead = (Invitation.event == event_id) & (Invitation.member == cast.fbi_lead.member_id)
    await Invitation.update({Invitation.role: AttendeeRole.INFORMED}).where(of_lead)


@pytest.mark.parametrize("deed", [reply_yes, reply_no, name_again, cancel_date, make_informed_only])
async def test_nothing_is_sent_once_they_have_replied_or_no_one_is_expected(
    sqlite_cast: Cast, deed: Callable[[Cast, UUID], Awaitable[None]]
) -> None:
    await deed(sqlite_cast, await schedule_with_refusal(sqlite_cast))
    [skip] = await emails_of_refusal(sqlite_cast.fbi_lead)
    assert isinstance(skip, SendOutcome)
    assert skip.state is MessageState.SUPERSEDED


async def test_nothing_is_sent_after_the_date(sqlite_cast: Cast) -> None:
    await schedule_with_refusal(sqlite_cast)
    [skip] = await emails_of_refusal(sqlite_cast.fbi_lead, NOW + timedelta(days=60))
    assert isinstance(skip, SendOutcome)
    assert skip.state is MessageState.TOO_LATE


async def test_a_reply_to_another_date_leaves_it_as_it_is(sqlite_cast: Cast) -> None:
    event_id = await schedule_with_refusal(sqlite_cast)
    await replies.record_own_reply(sqlite_cast.fbi_lead, event_id, THIRD_DATE, YES, "", LATER, for_series=False)
    assert "can't come in your place" in (await email_of_refusal(sqlite_cast.fbi_lead)).preview


async def test_nothing_is_sent_to_someone_who_may_no_longer_see_the_event(sqlite_cast: Cast) -> None:
    event_id = await schedule_with_refusal(sqlite_cast)
    event, plan = await scheduling.plan_to_change(sqlite_cast.coordinator, event_id)
    without = operation(sqlite_cast.hsi_liaison, starts=plan.starts, rule=plan.rule)
    await scheduling.change_event(
        sqlite_cast.coordinator, event_id, without, event.version, LATER, notify=Notify.NO_ONE
    )
    [skip] = await emails_of_refusal(sqlite_cast.fbi_lead)
    assert isinstance(skip, SendOutcome)
    assert skip.state is MessageState.SUPPRESSED


async def test_the_email_about_a_restricted_event_only_asks_to_sign_in_and_reply(sqlite_cast: Cast) -> None:
    event_id = await schedule_with_refusal(sqlite_cast)
    event, plan = await scheduling.plan_to_change(sqlite_cast.coordinator, event_id)
    named = replace(plan, visibility=Visibility.NAMED)
    await scheduling.change_event(sqlite_cast.coordinator, event_id, named, event.version, LATER, notify=Notify.NO_ONE)
    email = await email_of_refusal(sqlite_cast.fbi_lead)
    assert email.subject == "Task force event: please sign in and reply"
    assert "Fbi alternate" not in f"{email.preview} {email.paragraphs} {email.facts}"


async def test_nothing_is_sent_to_someone_whose_account_isn_t_active(sqlite_cast: Cast) -> None:
    await schedule_with_refusal(sqlite_cast)
    await Member.update({Member.status: "departed"}).where(Member.id == sqlite_cast.fbi_lead.member_id)
    [skip] = await emails_of_refusal(sqlite_cast.fbi_lead)
    assert isinstance(skip, SendOutcome)
    assert skip.state is MessageState.SUPPRESSED


async def test_a_time_only_email_names_neither_the_substitute_nor_the_event(sqlite_cast: Cast) -> None:
    await preferences.save_preferences(sqlite_cast.fbi_lead, Preferences(is_discreet=True), NOW)
    await schedule_with_refusal(sqlite_cast)
    email = await email_of_refusal(sqlite_cast.fbi_lead)
    assert email.subject == "Your substitute can't come: Appointment, Tue, Jan 19, 10:00 AM"
    assert "Fbi alternate" not in f"{email.preview} {email.paragraphs} {email.facts}"
    assert not [one for one in email.buttons if isinstance(one.target, ReplyPage)]
