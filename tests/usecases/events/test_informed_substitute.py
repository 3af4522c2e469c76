"""A substitute who is kept informed as well gets the emails of a substitute, and stays informed when released."""

from datetime import timedelta
from uuid import UUID

import icalendar
import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast
from tests.emails import read_email
from tests.ports.mail.making import parts
from tests.ports.mail.sending import composer
from tests.usecases.events.world import (
    MINUTE,
    NO,
    SECOND_DATE,
    YES,
    emails_to,
    reply_with_substitute,
    schedule_weekly_for_committee,
)
from tracker.rules.core.outbox import Message
from tracker.rules.emails.emails import Email
from tracker.rules.emails.event_values import RemovedEmail, SubstituteEmail
from tracker.rules.events.replies import AttendeeRole
from tracker.usecases.events import recorded_replies, scheduling


async def informed(cast: Cast) -> UUID:
    """Return a weekly meeting of the committee of which the alternate of the Bureau's lead is kept informed."""
    event_id = await schedule_weekly_for_committee(cast, cast.fbi_lead)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    invitees = {**plan.invitees, cast.fbi_alternate.member_id: AttendeeRole.INFORMED}
    await scheduling.change_event(cast.coordinator, event_id, replace(plan, invitees=invitees), event.version, NOW)
    await emails_to(cast.fbi_alternate, NOW)
    return event_id


def entry_of(message: Message, letter: Email) -> tuple[str, str]:
    """Return METHOD of the calendar part, and ROLE of its reader."""
    text = parts(composer().mail(letter, message).content)["text/calendar"].get_content()
    calendar = icalendar.Calendar.from_ical(text)
    [entry] = calendar.events
    attendees = entry["ATTENDEE"] if isinstance(entry["ATTENDEE"], list) else [entry["ATTENDEE"]]
    return str(calendar["METHOD"]), attendees[0].params["ROLE"]


@pytest.mark.both_engines
async def test_an_informed_person_who_is_named_gets_the_email_that_asks_them_to_come(cast: Cast) -> None:
    event_id = await informed(cast)
    await reply_with_substitute(cast.fbi_lead, event_id, NO, NOW + MINUTE, cast.fbi_alternate)
    [(message, letter)] = await emails_to(cast.fbi_alternate, NOW + MINUTE)
    assert isinstance(letter.says, SubstituteEmail)
    assert letter.buttons == ()
    assert entry_of(message, letter) == ("REQUEST", "REQ-PARTICIPANT")


@pytest.mark.both_engines
async def test_an_informed_person_who_is_not_needed_reads_why_and_keeps_the_entry(cast: Cast) -> None:
    event_id = await informed(cast)
    await reply_with_substitute(cast.fbi_lead, event_id, NO, NOW + MINUTE, cast.fbi_alternate)
    await emails_to(cast.fbi_alternate, NOW + MINUTE)
    await reply_with_substitute(cast.fbi_lead, event_id, YES, NOW + 2 * MINUTE)
    [(message, letter)] = await emails_to(cast.fbi_alternate, NOW + 2 * MINUTE)
    assert isinstance(letter.says, RemovedEmail)
    email = read_email(letter)
    assert email.paragraphs[0] == "Fbi lead (FBI) is coming after all."
    assert "You're still informed about this event, so it stays on your calendar." in email.paragraphs[-1]
    assert entry_of(message, letter) == ("REQUEST", "NON-PARTICIPANT")


async def test_an_informed_person_who_can_t_come_reads_that_they_stay_informed(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await informed(sqlite_cast)
    await reply_with_substitute(cast.fbi_lead, event_id, NO, NOW + MINUTE, cast.fbi_alternate)
    await emails_to(cast.fbi_alternate, NOW + MINUTE)
    await recorded_replies.decline_as_substitute(cast.fbi_alternate, event_id, SECOND_DATE, NOW + 2 * MINUTE)
    [(_, letter)] = await emails_to(cast.fbi_alternate, NOW + 2 * MINUTE)
    assert read_email(letter).paragraphs[0] == "You or the organizer let us know you can't come."


async def test_an_email_about_the_whole_series_is_that_of_an_informed_person(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await informed(sqlite_cast)
    await reply_with_substitute(cast.fbi_lead, event_id, NO, NOW + MINUTE, cast.fbi_alternate)
    await emails_to(cast.fbi_alternate, NOW + MINUTE)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    later = replace(plan, starts=plan.starts + timedelta(minutes=30))
    await scheduling.change_event(cast.coordinator, event_id, later, event.version, NOW + 2 * MINUTE)
    found = [one for _, one in await emails_to(cast.fbi_alternate, NOW + 2 * MINUTE)]
    assert "You're receiving this because" in read_email(found[0]).words.footer
    assert "as a substitute" not in read_email(found[0]).words.footer
