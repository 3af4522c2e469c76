"""Emails to people who come and go, when nothing of the event itself changes: their calendars, and what they read."""

from datetime import timedelta
from email import message_from_bytes

import icalendar
import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast, meeting
from tests.emails import ReadEmail, read_email
from tests.ports.mail.making import parts
from tests.ports.mail.sending import composer
from tests.usecases.events.world import (
    MAYBE,
    MINUTE,
    NO,
    SECOND_DATE,
    YES,
    emails_to,
    ranks_mailed_to,
    reply_with_substitute,
    schedule_weekly_for_committee,
)
from tracker.database import writing
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.emails.preferences import Preferences
from tracker.rules.events.plans import DateChange
from tracker.rules.events.replies import ReplyGiven, ReplySource, ReplyValue
from tracker.usecases.emails import preferences
from tracker.usecases.events import occurrences, replies, scheduling
from tracker.usecases.events.scheduling import transfer_event


async def test_what_a_substitute_s_calendar_gets_is_newer_each_time_they_come_and_go(cast: Cast) -> None:
    event_id = await schedule_weekly_for_committee(cast, cast.fbi_lead)
    got = []
    for step, sends in enumerate([cast.fbi_alternate, None, cast.fbi_alternate]):
        now = NOW + step * MINUTE
        await reply_with_substitute(cast.fbi_lead, event_id, NO if sends else YES, now, sends)
        got += await ranks_mailed_to(cast.fbi_alternate, now)
    assert [method for method, _ in got] == ["REQUEST", "CANCEL", "REQUEST"]
    assert [rank for _, rank in got] == sorted({rank for _, rank in got})


async def test_it_is_newer_also_when_the_reply_that_releases_them_was_given_before(cast: Cast) -> None:
    event_id = await schedule_weekly_for_committee(cast, cast.fbi_lead)
    await reply_with_substitute(cast.fbi_lead, event_id, NO, NOW + MINUTE, cast.fbi_alternate)
    got = await ranks_mailed_to(cast.fbi_alternate, NOW + MINUTE)
    date = await occurrences.date_seen_by(cast.coordinator, event_id, SECOND_DATE)
    mine = await replies.my_reply(cast.fbi_lead, date)
    assert mine is not None
    earlier = replies.EnteredFor(cast.fbi_lead.member_id, NOW)
    async with writing():
        await replies.record_reply(
            cast.coordinator,
            mine[0],
            date,
            ReplyGiven(YES),
            ReplySource.EMAIL,
            NOW + 2 * MINUTE,
            for_series=False,
            entered=earlier,
        )
    got += await ranks_mailed_to(cast.fbi_alternate, NOW + 2 * MINUTE)
    assert [method for method, _ in got] == ["REQUEST", "CANCEL"]
    assert got[0][1] < got[1][1]


async def test_an_email_that_is_sent_again_has_the_same_rank_while_they_substitute(cast: Cast) -> None:
    event_id = await schedule_weekly_for_committee(cast, cast.fbi_lead)
    await reply_with_substitute(cast.fbi_lead, event_id, NO, NOW, cast.fbi_alternate)
    await reply_with_substitute(cast.fbi_lead, event_id, NO, NOW + MINUTE, cast.fbi_alternate)
    [(_, (_, stamped))] = await ranks_mailed_to(cast.fbi_alternate, NOW + MINUTE)
    assert stamped == NOW


async def test_an_invitation_after_a_removal_is_newer_and_so_is_the_next_removal(cast: Cast) -> None:
    event_id = await schedule_weekly_for_committee(cast, cast.fbi_lead, cast.hsi_liaison)
    got = []
    for step, is_invited in enumerate([False, True, False]):
        now = NOW + step * MINUTE
        event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
        wanted = {**plan.invitees}
        wanted.pop(cast.hsi_liaison.member_id, None)
        if is_invited:
            wanted[cast.hsi_liaison.member_id] = plan.invitees[cast.fbi_lead.member_id]
        await scheduling.change_event(cast.coordinator, event_id, replace(plan, invitees=wanted), event.version, now)
        got += await ranks_mailed_to(cast.hsi_liaison, now)
    assert [method for method, _ in got] == ["CANCEL", "REQUEST", "CANCEL"]
    assert [rank for _, rank in got] == sorted({rank for _, rank in got})


async def released(cast: Cast, value: ReplyValue, sends: Viewer | None = None) -> ReadEmail:
    """Return the email to the alternate of the Bureau's lead, who first sends them and then replies otherwise."""
    event_id = await schedule_weekly_for_committee(cast, cast.fbi_lead)
    await reply_with_substitute(cast.fbi_lead, event_id, NO, NOW, cast.fbi_alternate)
    await emails_to(cast.fbi_alternate, NOW)
    await reply_with_substitute(cast.fbi_lead, event_id, value, NOW + MINUTE, sends)
    [(_, letter)] = await emails_to(cast.fbi_alternate, NOW + MINUTE)
    return read_email(letter)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (YES, "Fbi lead (FBI) is coming after all."),
        (MAYBE, "Fbi lead (FBI) replied Maybe, and isn't sending a substitute now."),
        (NO, "Fbi lead (FBI) doesn't have a substitute now."),
    ],
)
async def test_a_substitute_who_is_not_needed_reads_why(sqlite_cast: Cast, value: ReplyValue, why: str) -> None:
    email = await released(sqlite_cast, value)
    assert email.subject == "No longer the substitute: Monthly task force meeting, Tue, Jan 19"
    assert email.paragraphs[0] == why
    assert "You're receiving this because you were named as a substitute." in email.words.footer


async def test_a_substitute_whose_date_moved_reads_that_the_reply_that_named_them_no_longer_counts(
    sqlite_cast: Cast,
) -> None:
    cast, event_id = sqlite_cast, await schedule_weekly_for_committee(sqlite_cast, sqlite_cast.fbi_lead)
    await reply_with_substitute(cast.fbi_lead, event_id, NO, NOW, cast.fbi_alternate)
    await emails_to(cast.fbi_alternate, NOW)
    moved = DateChange(starts=meeting().starts + timedelta(days=8), duration=timedelta(hours=1))
    await occurrences.change_occurrence(cast.coordinator, event_id, SECOND_DATE, moved, 1, NOW + MINUTE)
    [(_, letter)] = await emails_to(cast.fbi_alternate, NOW + MINUTE)
    assert read_email(letter).paragraphs[0] == (
        "Fbi lead (FBI) has to reply again, so you're no longer named as the substitute."
    )


async def test_a_substitute_with_time_only_emails_reads_no_name_when_not_needed(sqlite_cast: Cast) -> None:
    await preferences.save_preferences(sqlite_cast.fbi_alternate, Preferences(is_discreet=True), NOW)
    email = await released(sqlite_cast, YES)
    assert email.subject == "No longer the substitute: Appointment, Tue, Jan 19"
    assert "Fbi lead" not in str(email.words)


@pytest.mark.parametrize("reads", [True, False], ids=["read", "not read"])
async def test_a_substitute_s_email_says_whether_their_calendar_program_can_reply(
    sqlite_cast: Cast, *, reads: bool
) -> None:
    cast, event_id = sqlite_cast, await schedule_weekly_for_committee(sqlite_cast, sqlite_cast.fbi_lead)
    await reply_with_substitute(cast.fbi_lead, event_id, NO, NOW, cast.fbi_alternate)
    [(message, letter)] = await emails_to(cast.fbi_alternate, NOW)
    settings = {"reply_address": "replies@tracker.example"} if reads else {}
    mail = composer(**settings).mail(letter, message).content
    found, reply_to = parts(mail), message_from_bytes(mail)["Reply-To"]
    assert ("replies+" in reply_to) is reads
    text = " ".join(found["text/plain"].get_content().split())
    assert ("You can also reply NO to this email or decline in your calendar app." in text) is reads
    assert ("We don't receive replies from calendar apps." in text) is not reads
    [entry] = icalendar.Calendar.from_ical(found["text/calendar"].get_content()).events
    assert (str(entry["ORGANIZER"]) != "mailto:calendar@tracker.example") is reads
    assert entry["ATTENDEE"].params["RSVP"] == ("TRUE" if reads else "FALSE")


async def test_the_substitute_of_an_organizer_who_leaves_is_notified_from_the_same_address(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    plan = meeting(visibility=Visibility.LAW_ENFORCEMENT, committee_id=cast.committees["steering"])
    event_id = await scheduling.schedule_event(cast.fbi_lead, plan, NOW - timedelta(hours=1))
    said_no = (cast.fbi_lead, event_id, "2027-01-12", NO, "", NOW)
    await replies.record_own_reply(*said_no, for_series=False, substitute=cast.fbi_alternate.member_id)
    [(_, named)] = await emails_to(cast.fbi_alternate, NOW)
    async with writing():
        event = await scheduling.event_seen_by(cast.coordinator, event_id)
        await transfer_event(cast.coordinator, event, cast.hsi_liaison, NOW + MINUTE)
    [(_, removed)] = await emails_to(cast.fbi_alternate, NOW + MINUTE)
    assert read_email(removed).paragraphs[0] == "Fbi lead (FBI) is no longer asked to come."
    assert removed.invitation_id == named.invitation_id is not None
