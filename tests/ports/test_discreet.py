"""Discreet emails and marked ones: what they say in any part of them, and nothing more."""

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

from tests.cast import NOW, ZONE, Cast, marking, meeting, operation
from tests.emails import ReadEmail, read_email
from tests.ports.conftest import SignIn
from tests.ports.mail.making import message_with_key as any_message
from tests.ports.mail.making import parts
from tests.ports.mail.sending import composer
from tracker.rules.actions import ItemEdit, ItemStatus, NewItem
from tracker.rules.attendance import Mark
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core.message_types import WeeklyDigest
from tracker.rules.core.outbox import Message, MessageState, SendOutcome
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.emails.emails import LONGEST_PREVIEW, LONGEST_SUBJECT, Email
from tracker.rules.emails.preferences import Preferences
from tracker.rules.emails.reminders import REST
from tracker.rules.events.events import TEXTS
from tracker.rules.events.markings import Category
from tracker.rules.events.notifications import Notify
from tracker.rules.events.plans import DateChange, Plan
from tracker.rules.recurrence.series import rule_for_choice
from tracker.usecases import attendance
from tracker.usecases.actions import action_items
from tracker.usecases.calendars import subscriptions
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails as content_deeds
from tracker.usecases.emails import nudges, preferences, summaries
from tracker.usecases.emails.reminders import queue_due_messages
from tracker.usecases.emails.writers import EmailRequest
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


def canary_plan(*people: Viewer, **facts: Any) -> Plan:
    """Return a plan of which every text is a canary."""
    texts = {
        name: "https://video.example/canary" if text_field.is_link else f"Canary {name}"
        for name, text_field in TEXTS.items()
    }
    return meeting(*people, **{**texts, "title": "Canary raid", "place": "Larkspur Street", **facts})


async def discreet(viewer: Viewer) -> Viewer:
    await preferences.save_preferences(viewer, Preferences(is_discreet=True), NOW)
    return viewer


async def send_due_to(reader: Viewer, now: datetime) -> list[tuple[ReadEmail, bytes]]:
    """Return what is due to a reader, as emails and as the bytes that go out, and record it as sent."""
    texts = []
    for message in await outbox.claim_messages("test", (), now, 100):
        letter = await content_deeds.write_email(message, now, ZONE)
        await outbox.close_message(message, SendOutcome(state=MessageState.SENT, reason=""), now)
        if isinstance(letter, Email) and message.recipient_id == reader.member_id:
            texts.append((read_email(letter), bytes_of_email(letter, message)))
    return texts


def bytes_of_email(letter: Email, message: Message) -> bytes:
    return composer(task_force_name=NAME).compose(letter, message).content


def texts_in_bytes(content: bytes) -> str:
    """Return everything that an email says in whatever coding: headers and parts, decoded and unfolded."""
    message = BytesParser(policy=default).parsebytes(content)
    parts = [part.get_payload(decode=True) or b"" for part in message.walk() if not part.is_multipart()]
    texts = [part.decode().replace("\r\n ", "") for part in parts if isinstance(part, bytes)]
    headers = [f"{name}: {value}" for name, value in message.items()]
    return unescape("\n".join((*headers, *texts, quopri.decodestring(content).decode("utf-8", "replace"))))


def names_nothing(text: str) -> None:
    plain = text.replace("-//Task Force Tracker//Calendar//EN", "").lower()  # PRODID: what made the file (RFC 5545)
    assert [word for word in CANARIES if word.lower() in plain] == []


async def schedule_canary(cast: Cast, reader: Viewer, now: datetime = NOW, **facts: Any) -> UUID:
    return await scheduling.schedule_event(cast.coordinator, canary_plan(reader, **facts), now)


async def invite_reader(cast: Cast, reader: Viewer) -> None:
    await schedule_canary(cast, reader)


async def invited_to_a_series(cast: Cast, reader: Viewer) -> None:
    await schedule_canary(cast, reader, rule=rule_for_choice("monthly_nth", meeting().starts, count=4))


async def schedule_and_notify(
    cast: Cast, reader: Viewer, since: datetime = NOW - timedelta(hours=1), **facts: Any
) -> UUID:
    event_id = await schedule_canary(cast, reader, since - timedelta(hours=23), **facts)
    await send_due_to(reader, since)
    return event_id


async def move_date(cast: Cast, reader: Viewer) -> None:
    event_id = await schedule_and_notify(cast, reader, rule=rule_for_choice("monthly_nth", meeting().starts, count=4))
    change = DateChange(
        starts=datetime(2027, 1, 14, 13), duration=timedelta(minutes=90), place="Canary Street", reason="Canary"
    )
    await occurrences.change_occurrence(cast.coordinator, event_id, KEY, change, 1, NOW, notify=Notify.ALL)


async def at_another_place(cast: Cast, reader: Viewer) -> None:
    event_id = await schedule_and_notify(cast, reader)
    event, as_it_is = await scheduling.plan_to_change(cast.coordinator, event_id)
    changed = replace(as_it_is, place="Canary Street")
    await scheduling.change_event(cast.coordinator, event_id, changed, event.version, NOW, notify=Notify.ALL)


async def cancel_event(cast: Cast, reader: Viewer) -> None:
    await scheduling.cancel_event(cast.coordinator, await schedule_and_notify(cast, reader), 1, "Canary", NOW)


async def one_date_canceled(cast: Cast, reader: Viewer) -> None:
    event_id = await schedule_and_notify(cast, reader, rule=rule_for_choice("monthly_nth", meeting().starts, count=4))
    await occurrences.cancel_occurrence(cast.coordinator, event_id, KEY, 1, "Canary", NOW)


async def off_the_list(cast: Cast, reader: Viewer) -> None:
    event_id = await schedule_and_notify(cast, reader)
    event, as_it_is = await scheduling.plan_to_change(cast.coordinator, event_id)
    without = replace(as_it_is, invitees=meeting(cast.hsi_liaison).invitees)
    await scheduling.change_event(cast.coordinator, event_id, without, event.version, NOW, notify=Notify.ALL)


async def hide_from_reader(cast: Cast, reader: Viewer) -> None:
    event_id = await schedule_and_notify(cast, reader)
    event, as_it_is = await scheduling.plan_to_change(cast.coordinator, event_id)
    narrower = replace(as_it_is, invitees=meeting(cast.hsi_liaison).invitees, visibility=Visibility.NAMED)
    await scheduling.change_event(cast.coordinator, event_id, narrower, event.version, NOW, notify=Notify.ALL)


async def not_replied(cast: Cast, reader: Viewer) -> None:
    event_id = await schedule_and_notify(cast, reader, since=NOW - REST)
    await nudges.nudge_people(cast.coordinator, event_id, KEY, NOW, ZONE)


async def named(cast: Cast, reader: Viewer) -> None:
    await scheduling.schedule_event(cast.fbi_lead, operation(reader, title="Canary raid"), NOW)


async def given_an_item(cast: Cast, reader: Viewer) -> None:
    event_id = await schedule_and_notify(cast, reader)
    origin = await occurrences.date_seen_by(cast.coordinator, event_id, KEY)
    new = NewItem(title="Canary item", owner_id=reader.member_id, due=date(2027, 1, 20), origin_id=origin.id)
    await action_items.create_item(cast.coordinator, new, NOW, NOW.date())


async def _own_item(cast: Cast, reader: Viewer) -> str:
    event_id = await schedule_and_notify(cast, reader)
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
    event_id = await schedule_canary(cast, reader, NOW - timedelta(days=9), starts=starts, duration=timedelta(hours=1))
    key, held = starts.date().isoformat(), NOW - timedelta(hours=1)
    await attendance.record_marks(cast.coordinator, event_id, key, {reader.member_id: Mark.HERE}, held)
    await attendance.close_attendance(cast.coordinator, event_id, key, held)
    await summaries.send_thank_you(cast.coordinator, event_id, key, NOW, people=1)


DEEDS = (
    invite_reader,
    invited_to_a_series,
    move_date,
    at_another_place,
    cancel_event,
    one_date_canceled,
    off_the_list,
    hide_from_reader,
    not_replied,
    named,
    given_an_item,
    asked_for_help,
    helped,
    thanked,
)


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
async def test_no_email_says_more_than_the_time(sqlite_cast: Cast, deed: Callable[[Cast, Viewer], Any]) -> None:
    reader = await discreet(sqlite_cast.kcpd_detective)
    await deed(sqlite_cast, reader)
    emails_due = await send_due_to(reader, LATER)
    assert len(emails_due) == 1
    for letter, content in emails_due:
        names_nothing(texts_in_bytes(content))
        assert len(letter.subject) <= LONGEST_SUBJECT
        assert len(letter.preview) <= LONGEST_PREVIEW
        assert not {"/r/", "/u/"} & set(LINK.findall(texts_in_bytes(content)))


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
async def test_the_same_email_to_someone_else_would_say_more(
    sqlite_cast: Cast, deed: Callable[[Cast, Viewer], Any]
) -> None:
    await deed(sqlite_cast, sqlite_cast.kcpd_detective)
    [(_, content)] = await send_due_to(sqlite_cast.kcpd_detective, LATER)
    assert any(word.lower() in texts_in_bytes(content).lower() for word in CANARIES)


async def test_reminders_say_no_more_than_the_time(sqlite_cast: Cast) -> None:
    reader = await discreet(sqlite_cast.kcpd_detective)
    await queue_due_messages(NOW, ZONE)
    await schedule_and_notify(sqlite_cast, reader)
    starts = datetime(2027, 1, 12, 16, tzinfo=UTC)
    seen = []
    for lead in (timedelta(days=7), timedelta(days=1), timedelta(hours=2)):
        await queue_due_messages(starts - lead, ZONE)
        for letter, content in await send_due_to(reader, starts - lead):
            names_nothing(texts_in_bytes(content))
            seen.append(letter.subject)
    assert seen == [
        "In 7 days: Appointment, Tue, Jan 12, 10:00 AM",
        "Tomorrow, 10:00 AM: Appointment",
        "Today, 10:00 AM: Appointment",
    ]


async def test_an_invitation_tells_the_time_and_asks_to_sign_in(sqlite_cast: Cast) -> None:
    reader = await discreet(sqlite_cast.kcpd_detective)
    event_id = await schedule_canary(sqlite_cast, reader)
    [(letter, content)] = await send_due_to(reader, LATER)
    assert letter.subject == "Invitation: Appointment, Tue, Jan 12, 10:00 AM"
    assert dict(letter.facts)["When"] == "Tuesday, January 12, 2027, 10:00–11:30 AM Central"
    assert f"https://tracker.example/events/{event_id}" in texts_in_bytes(content)


async def test_the_calendar_of_an_email_keeps_uid_and_time(sqlite_cast: Cast) -> None:
    plain, discreetly = sqlite_cast.fbi_alternate, await discreet(sqlite_cast.kcpd_detective)
    await scheduling.schedule_event(sqlite_cast.coordinator, canary_plan(plain, discreetly), NOW)
    entries = []
    for message in await outbox.claim_messages("test", (), LATER, 100):
        letter = await content_deeds.write_email(message, LATER, ZONE)
        assert isinstance(letter, Email)
        parsed = BytesParser(policy=default).parsebytes(bytes_of_email(letter, message))
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
    await scheduling.schedule_event(sqlite_cast.coordinator, canary_plan(reader), NOW)
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
    await scheduling.schedule_event(sqlite_cast.coordinator, canary_plan(sqlite_cast.fbi_lead), NOW)
    [(letter, _)] = await send_due_to(sqlite_cast.fbi_lead, LATER)
    assert "Canary raid" in letter.subject


async def test_the_site_itself_still_shows_everything(sqlite_cast: Cast, browse: SignIn) -> None:
    reader = await discreet(sqlite_cast.kcpd_detective)
    event_id = await schedule_canary(sqlite_cast, reader)
    page = await (await browse(reader)).get(f"/events/{event_id}/{KEY}")
    assert "Canary raid" in page.text


BANNER = "CUI//SP-INV/LEI"
BY = "Controlled by: Federal Bureau of Investigation. Decontrol on: Dec 31, 2027."


async def send_parts_to(reader: Viewer, now: datetime = LATER) -> list[dict[str, str]]:
    """Return what is due to a reader, each part of it as text, and record it as sent."""
    parts_found = []
    for message in await outbox.claim_messages("test", (), now, 100):
        letter = await content_deeds.write_email(message, now, ZONE)
        await outbox.close_message(message, SendOutcome(state=MessageState.SENT, reason=""), now)
        if not isinstance(letter, SendOutcome) and message.recipient_id == reader.member_id:
            whole = parts(composer().compose(letter, message).content)
            kinds = [kind for kind in whole if kind.startswith("text/")]
            parts_found.append({kind: str(whole[kind].get_payload(decode=True), "utf-8") for kind in kinds})  # type: ignore[arg-type] - a part is bytes
    return parts_found


def lines_of_html(html: str) -> list[str]:
    """Return the lines that a reader sees of an HTML email, its title and its hidden preview too."""
    body = html[html.index("<body") :]
    return [line for text in re.split(r"<[^>]+>", body) if (line := unescape(text).strip())]


def is_marked(email: dict[str, str], banner: str = BANNER) -> bool:
    plain, seen = email["text/plain"].strip().splitlines(), lines_of_html(email["text/html"])
    return [plain[0], plain[-1], seen[0], seen[-1]] == [banner] * 4


def names_a_marking(email: dict[str, str]) -> bool:
    """Return whether any part has CUI as a word; the letters alone may be in the token of a link."""
    return any(re.search(r"\bCUI\b", text) for text in email.values())


async def test_each_email_about_a_marked_event_begins_and_ends_with_the_banner(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    plan = meeting(cast.kcpd_detective, marking=marking(cast))
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW)
    [invitation] = await send_parts_to(cast.kcpd_detective)
    await scheduling.change_event(cast.coordinator, event_id, replace(plan, place="Annex"), 1, LATER)
    [update] = await send_parts_to(cast.kcpd_detective, LATER + timedelta(hours=1))
    await scheduling.cancel_event(cast.coordinator, event_id, 2, "", LATER + timedelta(hours=2))
    [cancellation] = await send_parts_to(cast.kcpd_detective, LATER + timedelta(hours=3))
    for email in (invitation, update, cancellation):
        assert is_marked(email)
        assert names_a_marking(email)
        assert email["text/plain"].count(BY.split(".", maxsplit=1)[0]) == email["text/html"].count(BY) == 1


async def test_the_entry_in_an_email_is_confidential_and_carries_the_banner(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    await scheduling.schedule_event(cast.coordinator, meeting(cast.kcpd_detective, marking=marking(cast)), NOW)
    [email] = await send_parts_to(cast.kcpd_detective)
    [entry] = icalendar.Calendar.from_ical(email["text/calendar"]).walk("VEVENT")
    assert (str(entry["CLASS"]), str(entry["X-CUI-MARKING"])) == ("CONFIDENTIAL", BANNER)
    assert str(entry["DESCRIPTION"]).splitlines()[:2] == [BANNER, BY]


async def test_an_email_about_a_marked_operation_does_not_even_say_that_it_is_marked(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective, marking=marking(cast)), NOW)
    [email] = await send_parts_to(cast.kcpd_detective)
    assert not names_a_marking(email)


async def test_who_reads_discreetly_learns_of_no_marking(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    await preferences.save_preferences(cast.kcpd_detective, Preferences(is_discreet=True), NOW)
    await scheduling.schedule_event(cast.coordinator, meeting(cast.kcpd_detective, marking=marking(cast)), NOW)
    [email] = await send_parts_to(cast.kcpd_detective)
    assert not names_a_marking(email)


async def test_an_email_about_an_action_item_of_a_marked_event_is_marked_like_it(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    event_id = await scheduling.schedule_event(
        cast.coordinator, meeting(cast.kcpd_detective, marking=marking(cast)), NOW
    )
    await send_parts_to(cast.kcpd_detective)
    origin = await occurrences.date_seen_by(cast.coordinator, event_id, "2027-01-12")
    new = NewItem(
        title="Bring the map", owner_id=cast.kcpd_detective.member_id, due=date(2027, 1, 20), origin_id=origin.id
    )
    await action_items.create_item(cast.coordinator, new, LATER, NOW.date())
    [email] = await send_parts_to(cast.kcpd_detective, LATER + timedelta(minutes=5))
    assert is_marked(email)


async def test_a_digest_has_the_banner_over_all_that_it_lists(sqlite_cast: Cast) -> None:
    cast, reader = sqlite_cast, sqlite_cast.kcpd_detective
    await preferences.save_preferences(reader, Preferences(digest=True), NOW)
    for day, categories in ((13, {Category.LEI}), (14, {Category.SP_INV})):
        starts = datetime(2027, 1, day, 10)
        own_marking = marking(cast, categories=frozenset(categories))
        await scheduling.schedule_event(cast.coordinator, meeting(reader, starts=starts, marking=own_marking), NOW)
    secret = marking(cast, categories=frozenset({Category.SP_CHRI}))
    await scheduling.schedule_event(cast.fbi_lead, operation(reader, marking=secret), NOW)
    monday = datetime(2027, 1, 11, 14, tzinfo=NOW.tzinfo)
    request = EmailRequest(any_message(), reader, monday, ZONE, is_sent=True)
    letter = await summaries.write_digest_email(WeeklyDigest(monday=monday.date()), request)
    assert not isinstance(letter, SendOutcome)
    assert letter.banner == BANNER
