"""Whatever is done to a series: who took every email has in their calendar what they are invited to."""

from datetime import datetime, timedelta

from hypothesis import example, given

from tests.cast import Cast
from tests.emails import send_due_messages
from tests.ical.readers import Shown
from tests.ports.browser import app_settings
from tests.ports.mail.making import parts
from tests.scenarios.kept_calendar import KeptCalendar
from tests.scenarios.series_editor import Deed, SeriesEditor, shown_dates, stored_dates
from tests.scenarios.test_any_edits import begin_series, bounded, edits
from tracker.crypto import keys
from tracker.crypto.signed_links import Links
from tracker.ports.mail.compose import EmailComposer
from tracker.rules.core.outbox import SendOutcome
from tracker.rules.core.viewers import Viewer
from tracker.tables.background.events.invitees import invitees_of

A_WHILE = timedelta(hours=1)
"""Until the emails about an edit go out."""


async def take_emails(calendars: dict[str, KeptCalendar], composer: EmailComposer, now: datetime) -> None:
    """Send what is due, and let each person's calendar program take what is in it."""
    for message, email in await send_due_messages(now):
        if isinstance(email, SendOutcome):
            continue
        part = parts(composer.compose(email, message).content).get("text/calendar")
        if part is not None and email.to in calendars:
            calendars[email.to].take(part.get_payload(decode=True))


def times_of(dates: list[Shown]) -> list[tuple[datetime, datetime]]:
    """Return when dates begin and end: a title that changes by itself is no email."""
    return [(date.starts, date.ends) for date in dates]


async def invited_dates(editor: SeriesEditor, viewer: Viewer, moment: datetime) -> list[tuple[datetime, datetime]]:
    """Return the dates from a moment on that a person is invited to."""
    events = [event_id for event_id in editor.events if viewer.member_id in await invitees_of(event_id)]
    dates = await stored_dates(events) if events else []
    return times_of(shown_dates([date for date in dates if date["starts_at"] >= moment]))


@bounded
@given(deeds=edits)
@example(deeds=[Deed("cancel", 0, 0)] * 5)
@example(deeds=[Deed("stop", 0, 0), Deed("restore", 0, 0)])
@example(deeds=[Deed("stop", 2, 0), Deed("cancel", 0, 0), Deed("cancel", 1, 0)])
@example(deeds=[Deed("cancel", 1, 0), Deed("call off", 0, 0), Deed("bring back", 0, 0)])
@example(deeds=[Deed("leave", 2, 0), Deed("join", 1, 0), Deed("cancel", 3, 0)])
async def test_who_took_every_email_has_in_their_calendar_what_they_are_invited_to(
    cast: Cast, deeds: list[Deed]
) -> None:
    composer = EmailComposer(app_settings(), Links(keys.named("links")))
    calendars = {person.email: KeptCalendar() for person in (cast.fbi_lead, cast.caht_lead)}
    editor = await begin_series(cast)
    await take_emails(calendars, composer, editor.now + A_WHILE)
    for deed in deeds:
        await editor.edit(deed)
        await take_emails(calendars, composer, editor.now + A_WHILE)
    soon = editor.now + A_WHILE
    for person in (cast.fbi_lead, cast.caht_lead):
        assert times_of(calendars[person.email].dates_after(soon)) == await invited_dates(editor, person, soon)
