"""Emails about marked events: the banner is their first and last line, and in the entry; neutral ones have none."""

import re
from datetime import date, datetime, timedelta
from html import unescape

import icalendar
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, marking, meeting, operation
from tests.ports.mail.making import message as any_message
from tests.ports.mail.making import parts
from tests.ports.mail.sending import composer
from tracker.rules.actions.action_items import NewItem
from tracker.rules.core.message_types import WeeklyDigest
from tracker.rules.core.outbox import MessageState, SendOutcome
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.preferences import Preferences
from tracker.rules.events.markings import Category
from tracker.usecases.actions import action_items
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails, preferences, summaries
from tracker.usecases.emails.writers import EmailRequest
from tracker.usecases.events import occurrences, scheduling

BANNER = "CUI//SP-INV/LEI"
BY = "Controlled by: Federal Bureau of Investigation. Decontrol on: Dec 31, 2027."
LATER = NOW + timedelta(minutes=5)


async def mails(reader: Viewer, now: datetime = LATER) -> list[dict[str, str]]:
    """Return what is due to a reader, each part of it as text, and record it as sent."""
    found = []
    for message in await outbox.claim_messages("test", (), now, 100):
        letter = await emails.write_email(message, now, ZONE)
        await outbox.close_message(message, SendOutcome(state=MessageState.SENT, reason=""), now)
        if not isinstance(letter, SendOutcome) and message.recipient_id == reader.member_id:
            whole = parts(composer().mail(letter, message).content)
            kinds = [kind for kind in whole if kind.startswith("text/")]
            found.append({kind: str(whole[kind].get_payload(decode=True), "utf-8") for kind in kinds})  # type: ignore[arg-type] - a part is bytes
    return found


def lines(html: str) -> list[str]:
    """Return the lines that a reader sees of an HTML email, its title and its hidden preview too."""
    body = html[html.index("<body") :]
    return [line for text in re.split(r"<[^>]+>", body) if (line := unescape(text).strip())]


def is_marked(mail: dict[str, str], banner: str = BANNER) -> bool:
    plain, seen = mail["text/plain"].strip().splitlines(), lines(mail["text/html"])
    return [plain[0], plain[-1], seen[0], seen[-1]] == [banner] * 4


def names_a_marking(mail: dict[str, str]) -> bool:
    """Return whether any part has CUI as a word; the letters alone may be in the token of a link."""
    return any(re.search(r"\bCUI\b", text) for text in mail.values())


async def test_each_mail_about_a_marked_event_begins_and_ends_with_the_banner(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    plan = meeting(cast.kcpd_detective, marking=marking(cast))
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW)
    [invitation] = await mails(cast.kcpd_detective)
    await scheduling.change_event(cast.coordinator, event_id, replace(plan, place="Annex"), 1, LATER)
    [update] = await mails(cast.kcpd_detective, LATER + timedelta(hours=1))
    await scheduling.cancel_event(cast.coordinator, event_id, 2, "", LATER + timedelta(hours=2))
    [cancellation] = await mails(cast.kcpd_detective, LATER + timedelta(hours=3))
    for mail in (invitation, update, cancellation):
        assert is_marked(mail)
        assert names_a_marking(mail)
        assert mail["text/plain"].count(BY.split(".", maxsplit=1)[0]) == mail["text/html"].count(BY) == 1


async def test_the_entry_in_a_mail_is_confidential_and_carries_the_banner(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    await scheduling.schedule_event(cast.coordinator, meeting(cast.kcpd_detective, marking=marking(cast)), NOW)
    [mail] = await mails(cast.kcpd_detective)
    [entry] = icalendar.Calendar.from_ical(mail["text/calendar"]).walk("VEVENT")
    assert (str(entry["CLASS"]), str(entry["X-CUI-MARKING"])) == ("CONFIDENTIAL", BANNER)
    assert str(entry["DESCRIPTION"]).splitlines()[:2] == [BANNER, BY]


async def test_a_mail_about_a_marked_operation_does_not_even_say_that_it_is_marked(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective, marking=marking(cast)), NOW)
    [mail] = await mails(cast.kcpd_detective)
    assert not names_a_marking(mail)


async def test_who_reads_discreetly_is_told_of_no_marking(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    await preferences.save_preferences(cast.kcpd_detective, Preferences(is_discreet=True), NOW)
    await scheduling.schedule_event(cast.coordinator, meeting(cast.kcpd_detective, marking=marking(cast)), NOW)
    [mail] = await mails(cast.kcpd_detective)
    assert not names_a_marking(mail)


async def test_a_mail_about_an_action_item_of_a_marked_event_is_marked_like_it(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    event_id = await scheduling.schedule_event(
        cast.coordinator, meeting(cast.kcpd_detective, marking=marking(cast)), NOW
    )
    await mails(cast.kcpd_detective)
    origin = await occurrences.date_seen_by(cast.coordinator, event_id, "2027-01-12")
    new = NewItem(
        title="Bring the map", owner_id=cast.kcpd_detective.member_id, due=date(2027, 1, 20), origin_id=origin.id
    )
    await action_items.create_item(cast.coordinator, new, LATER, NOW.date())
    [mail] = await mails(cast.kcpd_detective, LATER + timedelta(minutes=5))
    assert is_marked(mail)


async def test_a_digest_has_the_banner_over_all_that_it_lists(sqlite_cast: Cast) -> None:
    cast, reader = sqlite_cast, sqlite_cast.kcpd_detective
    await preferences.save_preferences(reader, Preferences(digest=True), NOW)
    for day, categories in ((13, {Category.LEI}), (14, {Category.SP_INV})):
        starts = datetime(2027, 1, day, 10)  # noqa: DTZ001 - local to the zone
        mine = marking(cast, categories=frozenset(categories))
        await scheduling.schedule_event(cast.coordinator, meeting(reader, starts=starts, marking=mine), NOW)
    secret = marking(cast, categories=frozenset({Category.SP_CHRI}))
    await scheduling.schedule_event(cast.fbi_lead, operation(reader, marking=secret), NOW)
    monday = datetime(2027, 1, 11, 14, tzinfo=NOW.tzinfo)
    request = EmailRequest(any_message(), reader, monday, ZONE, is_sent=True)
    letter = await summaries.write_digest_email(WeeklyDigest(monday=monday.date()), request)
    assert not isinstance(letter, SendOutcome)
    assert letter.banner == BANNER
