"""Time-only emails and feeds: nothing that leaves the product says more than the time, and the UID stays."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

import quopri
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email.parser import BytesParser
from email.policy import default
from html import unescape
from typing import Any
from uuid import UUID

import icalendar
import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, meeting, operation
from tests.emails import ReadEmail, read_email
from tests.ports.conftest import SignIn
from tests.ports.mail.sending import composer
from tracker.rules.actions.action_items import ItemEdit, ItemStatus, NewItem
from tracker.rules.attendance.roll_call import Mark
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core.outbox import Message, MessageState, SendOutcome
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.emails.emails import LONGEST_PREVIEW, LONGEST_SUBJECT, Email
from tracker.rules.emails.follow_ups import REST
from tracker.rules.emails.preferences import Preferences
from tracker.rules.events.events import TEXTS
from tracker.rules.events.notifications import Notify
from tracker.rules.events.plans import DateChange, Plan
from tracker.rules.recurrence.series import rule_for_choice
from tracker.usecases.actions import action_items
from tracker.usecases.attendance import roll_call
from tracker.usecases.calendars import subscriptions
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails as content_deeds
from tracker.usecases.emails import nudges, preferences, summaries
from tracker.usecases.emails.reminders import queue_due_messages
from tracker.usecases.events import occurrences, scheduling

NAME = "Canary Rescue Project"
CANARIES = (
    "canary",
    "larkspur",
    "raid",
    "taskforce",
    "task force",
    "victim",
    "law enforcement",
    "USAO",
    "coordinator (",
    "operation",
    "video.example",
)
KEY = "2027-01-12"
LINK = re.compile(r"/[ru]/")  # opens without a sign-in
LATER = NOW + timedelta(minutes=5)


def planned(*people: Viewer, **facts: Any) -> Plan:
    """Return a plan of which every text is a canary."""
    texts = {
        name: "https://video.example/canary" if about.is_link else f"Canary {name}" for name, about in TEXTS.items()
    }
    return meeting(*people, **{**texts, "title": "Canary raid", "place": "Larkspur Street", **facts})


async def discreet(viewer: Viewer) -> Viewer:
    await preferences.save_preferences(viewer, Preferences(is_discreet=True), NOW)
    return viewer


async def mails(reader: Viewer, now: datetime) -> list[tuple[ReadEmail, bytes]]:
    """Return what is due to a reader, as emails and as the bytes that go out, and record it as sent."""
    found = []
    for message in await outbox.claim_messages("test", (), now, 100):
        letter = await content_deeds.write_email(message, now, ZONE)
        await outbox.close_message(message, SendOutcome(state=MessageState.SENT, reason=""), now)
        if isinstance(letter, Email) and message.recipient_id == reader.member_id:
            found.append((read_email(letter), written(letter, message)))
    return found


def written(letter: Email, message: Message) -> bytes:
    return composer(task_force_name=NAME).mail(letter, message).content


def said(content: bytes) -> str:
    """Return everything that an email says in whatever coding: headers and parts, decoded and unfolded."""
    message = BytesParser(policy=default).parsebytes(content)
    parts = [part.get_payload(decode=True) or b"" for part in message.walk() if not part.is_multipart()]
    texts = [part.decode().replace("\r\n ", "") for part in parts if isinstance(part, bytes)]
    headers = [f"{name}: {value}" for name, value in message.items()]
    return unescape("\n".join((*headers, *texts, quopri.decodestring(content).decode("utf-8", "replace"))))


def names_nothing(text: str) -> None:
    plain = text.replace("-//Task Force Tracker//Calendar//EN", "").lower()  # PRODID: what made the file (RFC 5545)
    assert [word for word in CANARIES if word.lower() in plain] == []


async def scheduled(cast: Cast, reader: Viewer, now: datetime = NOW, **facts: Any) -> UUID:
    return await scheduling.schedule_event(cast.coordinator, planned(reader, **facts), now)


async def invited(cast: Cast, reader: Viewer) -> None:
    await scheduled(cast, reader)


async def invited_to_a_series(cast: Cast, reader: Viewer) -> None:
    await scheduled(cast, reader, rule=rule_for_choice("monthly_nth", meeting().starts, count=4))


async def told_before(cast: Cast, reader: Viewer, since: datetime = NOW - timedelta(hours=1), **facts: Any) -> UUID:
    event_id = await scheduled(cast, reader, since - timedelta(hours=23), **facts)
    await mails(reader, since)
    return event_id


async def moved(cast: Cast, reader: Viewer) -> None:
    event_id = await told_before(cast, reader, rule=rule_for_choice("monthly_nth", meeting().starts, count=4))
    change = DateChange(
        starts=datetime(2027, 1, 14, 13), duration=timedelta(minutes=90), place="Canary Street", reason="Canary"
    )
    await occurrences.change_occurrence(cast.coordinator, event_id, KEY, change, 1, NOW, notify=Notify.ALL)


async def at_another_place(cast: Cast, reader: Viewer) -> None:
    event_id = await told_before(cast, reader)
    event, as_it_is = await scheduling.plan_to_change(cast.coordinator, event_id)
    changed = replace(as_it_is, place="Canary Street")
    await scheduling.change_event(cast.coordinator, event_id, changed, event.version, NOW, notify=Notify.ALL)


async def canceled(cast: Cast, reader: Viewer) -> None:
    await scheduling.cancel_event(cast.coordinator, await told_before(cast, reader), 1, "Canary", NOW)


async def one_date_canceled(cast: Cast, reader: Viewer) -> None:
    event_id = await told_before(cast, reader, rule=rule_for_choice("monthly_nth", meeting().starts, count=4))
    await occurrences.cancel_occurrence(cast.coordinator, event_id, KEY, 1, "Canary", NOW)


async def off_the_list(cast: Cast, reader: Viewer) -> None:
    event_id = await told_before(cast, reader)
    event, as_it_is = await scheduling.plan_to_change(cast.coordinator, event_id)
    without = replace(as_it_is, invitees=meeting(cast.hsi_liaison).invitees)
    await scheduling.change_event(cast.coordinator, event_id, without, event.version, NOW, notify=Notify.ALL)


async def out_of_sight(cast: Cast, reader: Viewer) -> None:
    event_id = await told_before(cast, reader)
    event, as_it_is = await scheduling.plan_to_change(cast.coordinator, event_id)
    narrower = replace(as_it_is, invitees=meeting(cast.hsi_liaison).invitees, visibility=Visibility.NAMED)
    await scheduling.change_event(cast.coordinator, event_id, narrower, event.version, NOW, notify=Notify.ALL)


async def not_replied(cast: Cast, reader: Viewer) -> None:
    event_id = await told_before(cast, reader, since=NOW - REST)
    await nudges.nudge_people(cast.coordinator, event_id, KEY, NOW, ZONE)


async def named(cast: Cast, reader: Viewer) -> None:
    await scheduling.schedule_event(cast.fbi_lead, operation(reader, title="Canary raid"), NOW)


async def given_an_item(cast: Cast, reader: Viewer) -> None:
    event_id = await told_before(cast, reader)
    origin = await occurrences.date_seen_by(cast.coordinator, event_id, KEY)
    new = NewItem(title="Canary item", owner_id=reader.member_id, due=date(2027, 1, 20), origin_id=origin.id)
    await action_items.create_item(cast.coordinator, new, NOW, NOW.date())


async def _own_item(cast: Cast, reader: Viewer) -> str:
    event_id = await told_before(cast, reader)
    origin = await occurrences.date_seen_by(reader, event_id, KEY)
    new = NewItem(title="Canary item", owner_id=reader.member_id, due=date(2027, 1, 20), origin_id=origin.id)
    return await action_items.create_item(reader, new, NOW, NOW.date())


async def asked_for_help(cast: Cast, reader: Viewer) -> None:
    blocked = ItemEdit(status=ItemStatus.BLOCKED, note="Canary")
    await action_items.save_item_edit(cast.coordinator, await _own_item(cast, reader), blocked, 1, NOW, NOW.date())


async def helped(cast: Cast, reader: Viewer) -> None:
    reference = await _own_item(cast, reader)
    await action_items.save_item_edit(reader, reference, ItemEdit(status=ItemStatus.BLOCKED), 1, NOW, NOW.date())
    note = ItemEdit(status=ItemStatus.IN_PROGRESS, note="Canary")
    await action_items.save_item_edit(cast.coordinator, reference, note, 2, NOW, NOW.date())


async def thanked(cast: Cast, reader: Viewer) -> None:
    starts = NOW.replace(tzinfo=None) - timedelta(hours=8)
    event_id = await scheduled(cast, reader, NOW - timedelta(days=9), starts=starts, duration=timedelta(hours=1))
    key, held = starts.date().isoformat(), NOW - timedelta(hours=1)
    await roll_call.record_marks(cast.coordinator, event_id, key, {reader.member_id: Mark.HERE}, held)
    await roll_call.close_attendance(cast.coordinator, event_id, key, held)
    await summaries.send_thank_you(cast.coordinator, event_id, key, NOW, people=1)


DEEDS = (
    invited,
    invited_to_a_series,
    moved,
    at_another_place,
    canceled,
    one_date_canceled,
    off_the_list,
    out_of_sight,
    not_replied,
    named,
    given_an_item,
    asked_for_help,
    helped,
    thanked,
)


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
async def test_no_mail_says_more_than_the_time(sqlite_cast: Cast, deed: Callable[[Cast, Viewer], Any]) -> None:
    reader = await discreet(sqlite_cast.kcpd_detective)
    await deed(sqlite_cast, reader)
    found = await mails(reader, LATER)
    assert len(found) == 1
    for letter, content in found:
        names_nothing(said(content))
        assert len(letter.subject) <= LONGEST_SUBJECT
        assert len(letter.preview) <= LONGEST_PREVIEW
        assert not {"/r/", "/u/"} & set(LINK.findall(said(content)))


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
async def test_the_same_mail_to_somebody_else_would_say_more(
    sqlite_cast: Cast, deed: Callable[[Cast, Viewer], Any]
) -> None:
    await deed(sqlite_cast, sqlite_cast.kcpd_detective)
    [(_, content)] = await mails(sqlite_cast.kcpd_detective, LATER)
    assert any(word.lower() in said(content).lower() for word in CANARIES)


async def test_reminders_say_no_more_than_the_time(sqlite_cast: Cast) -> None:
    reader = await discreet(sqlite_cast.kcpd_detective)
    await queue_due_messages(NOW, ZONE)
    await told_before(sqlite_cast, reader)
    starts = datetime(2027, 1, 12, 16, tzinfo=UTC)
    seen = []
    for lead in (timedelta(days=7), timedelta(days=1), timedelta(hours=2)):
        await queue_due_messages(starts - lead, ZONE)
        for letter, content in await mails(reader, starts - lead):
            names_nothing(said(content))
            seen.append(letter.subject)
    assert seen == [
        "In 7 days: Appointment, Tue, Jan 12, 10:00 AM",
        "Tomorrow, 10:00 AM: Appointment",
        "Today, 10:00 AM: Appointment",
    ]


async def test_an_invitation_tells_the_time_and_asks_to_sign_in(sqlite_cast: Cast) -> None:
    reader = await discreet(sqlite_cast.kcpd_detective)
    event_id = await scheduled(sqlite_cast, reader)
    [(letter, content)] = await mails(reader, LATER)
    assert letter.subject == "Invitation: Appointment, Tue, Jan 12, 10:00 AM"
    assert dict(letter.facts)["When"] == "Tuesday, January 12, 2027, 10:00–11:30 AM Central"
    assert f"https://tracker.example/events/{event_id}" in said(content)


async def test_the_calendar_of_a_mail_keeps_uid_and_time(sqlite_cast: Cast) -> None:
    plain, discreetly = sqlite_cast.fbi_alternate, await discreet(sqlite_cast.kcpd_detective)
    await scheduling.schedule_event(sqlite_cast.coordinator, planned(plain, discreetly), NOW)
    entries = []
    for message in await outbox.claim_messages("test", (), LATER, 100):
        letter = await content_deeds.write_email(message, LATER, ZONE)
        assert isinstance(letter, Email)
        parsed = BytesParser(policy=default).parsebytes(written(letter, message))
        [part] = [one for one in parsed.walk() if one.get_content_type() == "text/calendar"]
        [entry] = icalendar.Calendar.from_ical(part.get_payload(decode=True)).walk("VEVENT")
        entries.append(entry)
    assert {str(one["SUMMARY"]) for one in entries} == {"Canary raid", "Appointment"}
    for name in ("UID", "DTSTART", "DTEND", "SEQUENCE", "DTSTAMP"):
        assert len({one[name].to_ical() for one in entries}) == 1


async def test_switching_changes_the_bytes_and_the_etag_of_a_feed_and_keeps_the_uids(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    reader = sqlite_cast.kcpd_detective
    await scheduling.schedule_event(sqlite_cast.coordinator, planned(reader), NOW)
    await scheduling.schedule_event(sqlite_cast.fbi_lead, operation(reader, title="Canary raid"), NOW)
    _, token = await subscriptions.create_subscription(reader, "Phone", FeedScope.ALL, NOW, shows_operations=True)
    browser = await browse(None)
    plain = {"Accept-Encoding": "identity"}
    before = await browser.get(f"/feeds/{token}.ics", headers=plain)
    await discreet(reader)
    known = plain | {"If-None-Match": before.headers["etag"]}
    after = await browser.get(f"/feeds/{token}.ics", headers=known)
    assert (after.status_code, after.headers["etag"] != before.headers["etag"]) == (200, True)
    names_nothing(after.text.replace("\r\n ", "").replace("Human Trafficking Rescue Project", "canary"))
    entries = icalendar.Calendar.from_ical(after.text).walk("VEVENT")
    assert {str(one["SUMMARY"]) for one in entries} == {"Appointment"}
    uids = {str(one["UID"]) for one in icalendar.Calendar.from_ical(before.text).walk("VEVENT")}
    assert {str(one["UID"]) for one in entries} == uids
    await preferences.save_preferences(reader, Preferences(), NOW)
    assert (await browser.get(f"/feeds/{token}.ics", headers=known)).status_code == 304


async def test_discretion_is_one_s_own(sqlite_cast: Cast) -> None:
    await discreet(sqlite_cast.kcpd_detective)
    await scheduling.schedule_event(sqlite_cast.coordinator, planned(sqlite_cast.fbi_lead), NOW)
    [(letter, _)] = await mails(sqlite_cast.fbi_lead, LATER)
    assert "Canary raid" in letter.subject


async def test_the_site_itself_still_shows_everything(sqlite_cast: Cast, browse: SignIn) -> None:
    reader = await discreet(sqlite_cast.kcpd_detective)
    event_id = await scheduled(sqlite_cast, reader)
    page = await (await browse(reader)).get(f"/events/{event_id}/{KEY}")
    assert "Canary raid" in page.text
