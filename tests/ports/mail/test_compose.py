"""From an email to bytes: what is in them, always the same, and nothing that is restricted."""

import asyncio
import binascii
import os
import quopri
import re
import sys
from asyncio.subprocess import PIPE
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import icalendar
import pytest
from hypothesis import example, given
from hypothesis import strategies as some
from hypothesis import strategies as st
from markupsafe import escape
from msgspec.structs import replace

from tests.cast import NOW, SECRET, ZONE, Cast, everyone, marking, meeting, operation
from tests.database.others import url_of
from tests.faults.server import MailServer
from tests.ical.making import DATES_OF_SERIES, MOU_ITEM, WEEKLY_SERIES
from tests.ports.mail.making import ONE, TWO, email_of, invitation, message_with_key, parse_email, parts, with_calendar
from tests.ports.mail.sending import composer, delivery, smtp_settings
from tracker.config.installation import folder
from tracker.crypto import keys
from tracker.crypto.signed_links import Links, ReplyAddresses
from tracker.database import engine
from tracker.ports.mail.compose import (
    OUR_HEADERS,
    EmailComposer,
    MimeMessage,
    UnsafeEmail,
    check_bytes,
    checked_address,
    prove_headers_safe,
    text_part,
)
from tracker.ports.mail.wording import fill_in_email
from tracker.rules.core.clean_text import clean
from tracker.rules.core.message_types import EmailedEntry
from tracker.rules.core.outbox import Message, MessageState
from tracker.rules.core.viewers import Visibility
from tracker.rules.emails.emails import (
    LONGEST_SUBJECT,
    Button,
    ButtonName,
    CalendarPart,
    Email,
    Fact,
    FactName,
    InvitationPage,
    ItemUpdatePage,
    OutsideAddress,
    ReplyByEmail,
    TaskPart,
    one_line,
)
from tracker.rules.events.replies import AttendeeRole, ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.core.tables import Message as TablesMessage
from tracker.usecases.emails import nudges
from tracker.usecases.emails.reminders import queue_due_messages
from tracker.usecases.events import scheduling
from tracker.usecases.identity.sign_in import emailed_token

HOSTILE = (
    "=?utf-8?q?x=0D=0ABcc:_evil=40x.example?=",
    "Notes =?utf-8?b?DQpCY2M6IGV2aWxAeC5leGFtcGxl?=",
    "a\r\nBcc: evil@x.example",
    "a\nBcc: evil@x.example",
    "a\u2028Bcc: evil@x.example",
    "a\x85Bcc: evil@x.example",
    "=\n?utf-8?q?=0D=0ABcc:e?=",
    "=\u202e?utf-8?q?=0D=0ABcc:e?=",
    "\ud800\udfff",
    "",
    '"; <evil@x.example>',
    "Ü" * 300,
    "END:VEVENT\\nATTENDEE:mailto:evil@x.example",
    "<script>alert(1)</script> & {{ 7 * 7 }}",
)


def test_a_calendar_email_has_the_shape_that_shows_buttons() -> None:
    email = composer().compose(with_calendar(), message_with_key())
    shape = [one.get_content_type() for one in parse_email(email.content).walk()]
    assert shape == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]


def test_a_task_is_a_file_alone_so_that_no_program_takes_the_email_for_an_invitation() -> None:
    keys.use_secret(SECRET)
    email = composer(reply_address="reply@tracker.example").compose(
        email_of(reads=ReplyByEmail.ITEM_WORDS, task=TaskPart(item=MOU_ITEM)), message_with_key()
    )
    shape = [one.get_content_type() for one in parse_email(email.content).walk()]
    assert shape == ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "application/ics"]
    attached = parts(email.content)["application/ics"]
    [task] = icalendar.Calendar.from_ical(attached.get_payload(decode=True)).walk("VTODO")
    assert attached.get_filename() == "action-item.ics"
    assert task["ORGANIZER"] == f"mailto:{parse_email(email.content)['Reply-To']}"


def test_the_method_is_beside_the_calendar_and_in_it() -> None:
    for is_cancel, method in ((False, "REQUEST"), (True, "CANCEL")):
        calendar = parts(composer().compose(with_calendar(is_cancel=is_cancel), message_with_key()).content)[
            "text/calendar"
        ]
        inside = icalendar.Calendar.from_ical(calendar.get_payload(decode=True))
        assert (calendar.get_param("method"), str(inside["METHOD"]), calendar["Content-Transfer-Encoding"]) == (
            method,
            method,
            "base64",
        )


def test_an_email_that_takes_an_entry_out_of_a_calendar_says_cancel_and_nothing_of_the_event() -> None:
    entry = EmailedEntry(uid="1b4e28ba@tracker.example", sequence=3, at=datetime(2026, 12, 1, tzinfo=UTC))
    calendar = parts(composer().compose(email_of(calendar=entry), message_with_key()).content)["text/calendar"]
    inside = calendar.get_payload(decode=True)
    assert calendar.get_param("method") == "CANCEL"
    assert b"UID:1b4e28ba@tracker.example" in inside
    assert b"DTSTART" not in inside
    assert b"SUMMARY" not in inside


def test_the_only_attendee_is_the_reader() -> None:
    calendar = parts(composer().compose(with_calendar(), message_with_key()).content)["text/calendar"].get_content()
    [entry] = icalendar.Calendar.from_ical(calendar.encode()).events
    assert [str(one) for one in entry.attendees] == ["mailto:reader@kcpd.example"]


def test_an_email_without_a_calendar_has_text_and_html_alone() -> None:
    shape = [
        component.get_content_type()
        for component in parse_email(composer().compose(email_of(), message_with_key()).content).walk()
    ]
    assert shape == ["multipart/alternative", "text/plain", "text/html"]


def test_bounces_go_to_the_mailbox_of_replies_or_to_the_author() -> None:
    keys.use_secret(SECRET)
    reading = composer(reply_address="reply@tracker.example").compose(email_of(), message_with_key())
    addresses = ReplyAddresses("reply@tracker.example", keys.every("replies"))
    assert (addresses.read(reading.sender).bounced_id, reading.author) == (
        message_with_key().id,
        "calendar@tracker.example",
    )
    assert composer().compose(email_of(), message_with_key()).sender == "calendar@tracker.example"


def test_every_try_has_the_same_bytes() -> None:
    made = with_calendar()
    assert composer().compose(made, message_with_key()) == composer().compose(made, message_with_key())


def test_a_try_that_says_something_else_has_another_message_id() -> None:
    tries = (
        composer().compose(email_of(says=invitation(title)), message_with_key()) for title in ("10:00 AM", "3:00 PM")
    )
    first, second = (parse_email(one.content)["Message-ID"] for one in tries)
    assert first != second


def test_the_headers_say_who_writes_that_no_one_answers_by_machine_and_what_belongs_together() -> None:
    head = parse_email(composer().compose(email_of(), message_with_key()).content)
    assert (head["From"], head["To"], head["Reply-To"], head["Auto-Submitted"]) == (
        "Human Trafficking Rescue Project <calendar@tracker.example>",
        "reader@kcpd.example",
        "coordinator@tracker.example",
        "auto-generated",
    )
    assert head["Date"].datetime == datetime(2026, 12, 1, 14, 40, tzinfo=UTC)


def test_two_messages_have_two_names_and_one_thread() -> None:
    first, second = (
        parse_email(composer().compose(email_of(), message_with_key(key)).content) for key in ("one", "two")
    )
    assert first["Message-ID"] != second["Message-ID"]
    assert first["References"] == second["References"]


def test_a_button_opens_the_reply_page_and_only_preselects() -> None:
    text = parts(composer().compose(email_of(), message_with_key()).content)["text/plain"].get_content()
    [address] = [line.strip() for line in text.splitlines() if "/r/" in line]
    assert address.startswith("https://tracker.example/r/")
    assert address.endswith("?a=yes")


def test_an_invitation_to_sign_in_holds_the_link_that_was_stored_for_it() -> None:
    keys.use_secret(SECRET)
    link = Button(name=ButtonName.SET_UP_ACCOUNT, target=InvitationPage(member_id=ONE, link_id=TWO))
    email = EmailComposer(smtp_settings(), Links(keys.named("links"))).compose(
        email_of(buttons=(link,)), message_with_key()
    )
    assert f"/sign-in/link/{emailed_token(ONE, TWO)}" in parts(email.content)["text/plain"].get_content()


def test_an_item_is_updated_without_an_account() -> None:
    target = ItemUpdatePage(item_id=ONE, owner_id=TWO, status="done")
    made = email_of(buttons=(Button(name=ButtonName.MARK_DONE, target=target),))
    assert "/u/" in parts(composer().compose(made, message_with_key()).content)["text/plain"].get_content()


def test_text_and_html_hold_the_same_facts_and_links() -> None:
    video = Button(name=ButtonName.VIDEO, target=OutsideAddress(url="https://v.example/1"))
    email_parts = parts(composer().compose(email_of(more=(video,)), message_with_key()).content)
    for word in ("Core group", "Kansas City", "https://v.example/1", "Please choose a reply below."):
        assert word in email_parts["text/plain"].get_content()
        assert word in email_parts["text/html"].get_content()


def test_two_people_who_get_the_same_words_get_links_of_their_own() -> None:
    def link_of(address: str) -> str:
        video = Button(name=ButtonName.VIDEO, target=OutsideAddress(url=address))
        return str(composer().compose(email_of(more=(video,)), message_with_key()).content)

    own_link, yours = link_of("https://v.example/1?a=1&b=2"), link_of("https://v.example/2")
    assert "https://v.example/2" not in own_link
    assert "https://v.example/1" not in yours


def test_an_address_is_text_in_plain_text_and_escaped_in_html() -> None:
    video = Button(name=ButtonName.VIDEO, target=OutsideAddress(url='https://v.example/?a=1&b="2"'))
    email_parts = parts(composer().compose(email_of(more=(video,)), message_with_key()).content)
    assert '  https://v.example/?a=1&b="2"' in email_parts["text/plain"].get_content().splitlines()
    assert 'href="https://v.example/?a=1&amp;b=&#34;2&#34;"' in email_parts["text/html"].get_content()


def test_html_holds_no_script_no_image_and_nothing_from_elsewhere() -> None:
    html = parts(composer().compose(email_of(), message_with_key()).content)["text/html"].get_content().lower()
    assert not any(word in html for word in ("<script", "<img", "<link", "src=", "url(", "@import", "http-equiv"))


@given(some.text(max_size=120))
@example(HOSTILE[0])
@example(HOSTILE[1])
@example(HOSTILE[2])
@example(HOSTILE[4])
@example(HOSTILE[8])
def test_no_text_makes_a_header(text: str) -> None:
    facts = (Fact(name=FactName.WHAT, value=text),)
    made = email_of(says=invitation(text), facts=facts, to_name=text, indicator=text)
    head = composer(task_force_name=text or "x").compose(made, message_with_key()).content.partition(b"\r\n\r\n")[0]
    names = [line.split(b":")[0].decode() for line in head.split(b"\r\n") if line[:1] not in b" \t"]
    assert sorted(names) == sorted(OUR_HEADERS)


@given(some.text(min_size=1, max_size=LONGEST_SUBJECT))
@example("Invitation: Ünïcode Trauma-informed interviewing refresher for a…, Tue, Jan 12")
def test_a_subject_reaches_its_reader_unchanged(text: str) -> None:
    made = email_of(says=invitation(text))
    subject = str(parse_email(composer().compose(made, message_with_key()).content)["Subject"])
    assert " ".join(subject.split()) == " ".join(fill_in_email(made).subject.split())


@given(some.text(max_size=300))
def test_a_text_reaches_its_reader_unchanged(text: str) -> None:
    facts = (Fact(name=FactName.WHAT, value=text),)
    html = parts(composer().compose(email_of(facts=facts), message_with_key()).content)["text/html"].get_content()
    assert f">{escape(one_line(text))}</td>" in html


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_title_reaches_its_reader_as_text(text: str) -> None:
    kept = clean(text, 1000, "title")  # as a form keeps it
    email = composer().compose(
        replace(with_calendar(title=kept or "x", place=kept), says=invitation(text)), message_with_key()
    )
    email_parts = parts(email.content)
    inside = icalendar.Calendar.from_ical(email_parts["text/calendar"].get_payload(decode=True))
    assert len(inside.events[0].attendees) == 1
    assert "<script" not in email_parts["text/html"].get_content()
    assert (parse_email(email.content)["To"], parse_email(email.content)["Bcc"]) == ("reader@kcpd.example", None)


@pytest.mark.parametrize("text", ["a@x.example", "A.B+c@sub.x-y.example", "o'neil@kcpd.example", "a@bücher.example"])
def test_a_plain_address_is_taken(text: str) -> None:
    assert checked_address(text).isascii()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "@x.example",
        "a@",
        "a@x.example, e@y.example",
        "a@x.example;e@y.example",
        "<a@x.example>",
        "a b@x.example",
        "a@x.example\r\nRCPT TO:<e@y.example>",
        "ü@x.example",
        "a@x..example",
        "a..b@x.example",
        f"{'a' * 250}@x.example",
        "a@-x.example",
        '"a b"@x.example',
        "a@[127.0.0.1]",
    ],
)
def test_anything_but_one_plain_address_is_refused(text: str) -> None:
    with pytest.raises(UnsafeEmail):
        checked_address(text)


def spoilt(old: bytes, new: bytes) -> tuple[bytes, list[str]]:
    content = composer().compose(email_of(), message_with_key()).content
    assert old in content
    return content.replace(old, new, 1), ["multipart/alternative", "text/plain", "text/html"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Auto-Submitted:", b"Bcc: evil@x.example\r\nAuto-Submitted:"),
        (b"Auto-Submitted: auto-generated\r\n", b""),
        (b"To: ", b"To: e@y.example\r\nTo: "),
        (b"Auto-Submitted: auto-generated", b"Auto-Submitted"),
        (b"Message-ID: ", b" folded\r\nMessage-ID: "),
        (b"Core group", b"Core\ngroup"),
        (b"Core group", b"Core\0group"),
        (b"Core group", b"Core gr\xc3\xb6up"),
        (b"Core group", b"C" * 999),
        (b"Content-Transfer-Encoding: q", b"X-Evil: 1\r\nContent-Transfer-Encoding: q"),
        (b"multipart/alternative", b"multipart/mixed"),
        (b"Core group", b"Core\r\n--=_forms_of_this_letter\r\nContent-Type: text/html\r\n\r\ngroup"),
        (b"Core group", b"Core\r\n--=_forms_of_this_letter--\r\ngroup"),
        (b"quoted-printable\r\n\r\n", b"quoted-printable\r\n--no-header\r\n\r\n"),
    ],
)
def test_bytes_that_are_not_as_they_were_meant_are_never_sent(old: bytes, new: bytes) -> None:
    content, kinds = spoilt(old, new)
    with pytest.raises(UnsafeEmail):
        check_bytes(content, kinds)


def test_how_to_reply_is_said_above_the_buttons() -> None:
    email_parts = parts(composer().compose(email_of(), message_with_key()).content)
    for kind in ("text/plain", "text/html"):
        text = email_parts[kind].get_content()
        assert 0 < text.index("Please choose a reply below.") < text.rindex("Reply yes")


def test_an_email_without_rows_of_facts_has_no_gap_and_no_table_in_their_place() -> None:
    email_parts = parts(composer().compose(email_of(facts=()), message_with_key()).content)
    text, html = (email_parts[kind].get_content() for kind in ("text/plain", "text/html"))
    assert "\n\n\n" not in text.replace("\r\n", "\n")
    assert "<table" not in html


def test_no_email_speaks_of_buttons_which_plain_text_does_not_have() -> None:
    statements = re.compile(r"{%.*?%}|{#.*?#}|{{.*?}}", re.DOTALL)
    files = sorted(folder("templates").joinpath("emails").rglob("*.txt"))
    assert [
        content.name for content in files if "button" in statements.sub("", content.read_text(encoding="utf-8")).lower()
    ] == []


def test_a_date_of_a_series_is_sent_with_the_reply_that_was_given_for_it() -> None:
    part = CalendarPart(
        is_cancel=False,
        event=WEEKLY_SERIES,
        date=None,
        dates=tuple(DATES_OF_SERIES),
        reply=ReplyValue.NEEDS_ACTION,
        replies={DATES_OF_SERIES[1].original_start: ReplyValue.DECLINED},
        role=AttendeeRole.REQUIRED,
    )
    calendar = parts(composer().compose(email_of(calendar=part), message_with_key()).content)[
        "text/calendar"
    ].get_content()
    replies = [
        content["ATTENDEE"].params["PARTSTAT"] for content in icalendar.Calendar.from_ical(calendar).walk("VEVENT")
    ]
    assert replies == ["NEEDS-ACTION", "DECLINED"]


TEXTS = st.text(st.sampled_from("ab =.\t—\u2028\n")).map(lambda text: text * 9)


@given(TEXTS)
def test_text_that_is_encoded_line_by_line_is_the_same_as_when_it_is_encoded_whole(text: str) -> None:
    whole = f"{text}\n".replace("\n", "\r\n").encode()
    assert text_part("text/plain", f"{text}\n").body == binascii.b2a_qp(whole, istext=True)


@given(TEXTS)
def test_text_without_an_end_of_line_is_read_unchanged(text: str) -> None:
    assert quopri.decodestring(text_part("text/plain", text).body).decode() == text.replace("\n", "\r\n")


@pytest.mark.parametrize("text", ["word " * 40, "é" * 80])
def test_a_long_line_is_broken_by_both_characters_that_end_a_line(text: str) -> None:
    body = text_part("text/plain", text).body
    assert body.count(b"\n") == body.count(b"\r\n") > 0


class Careless:
    """Writes emails as some releases of Python did: the content of an encoded word becomes headers."""

    def __init__(self, header: bytes) -> None:
        self._composer, self._header = composer(), header

    def compose(self, letter: Email, message: Message) -> MimeMessage:
        sound = self._composer.compose(letter, message)
        content = self._header + sound.content if "=?" in letter.to_name else sound.content
        return replace(sound, content=content)


def test_our_emails_pass() -> None:
    prove_headers_safe(composer())


@pytest.mark.parametrize("header", [b"Bcc: someone@else.example\r\n", b"To: someone@else.example\r\n"])
def test_a_builder_that_lets_a_title_make_headers_is_found(header: bytes) -> None:
    with pytest.raises(UnsafeEmail, match="headers that were not intended"):
        prove_headers_safe(Careless(header))


async def hashes_written(hash_seed: int) -> list[str]:
    """Write what waits in a Python whose sets are ordered by this seed; return the hash of each email."""
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
    words = ["-m", "tests.ports.mail.same_bytes", url_of(engine())]
    process = await asyncio.create_subprocess_exec(sys.executable, *words, env=environment, stdout=PIPE)
    said, _ = await process.communicate()
    return said.decode().splitlines()


async def test_every_process_writes_the_same_bytes(sqlite_cast: Cast) -> None:
    series = meeting(*everyone(sqlite_cast))
    series = replace(series, rule=rule_for_choice("weekly", series.starts, count=20, weekdays=(1, 3)))
    await scheduling.schedule_event(sqlite_cast.coordinator, series, NOW)
    for_one_arm = {"visibility": Visibility.LAW_ENFORCEMENT, "marking": marking(sqlite_cast)}
    marked = meeting(sqlite_cast.hsi_liaison, **for_one_arm)
    await scheduling.schedule_event(sqlite_cast.fbi_lead, marked, NOW)
    await scheduling.schedule_event(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective), NOW)
    first, second, third = [await hashes_written(seed) for seed in (1, 2, 3)]
    assert len(first) >= len(everyone(sqlite_cast)) + 2
    assert first == second == third


KEY = "2027-01-16"
EVENING_BEFORE = NOW + timedelta(days=31, hours=8)
LATER_ON_THE_DAY = timedelta(hours=3)
TITLE_PLACE_AND_TEXTS = ("Bluestem", "Larkspur", "Lot B", "Canary", "secret-room")
PEOPLE = ("Fbi lead", "Kcpd detective", "fbi.lead", "kcpd.detective", "fbi_lead")
AGENCIES = ("FBI", "KCPD", "HSI")
OWN = ("Date", "To")
DATES = ("2027", "January", "Jan ", "Saturday", "Sat,", "6:00", "9:00", "06:00", "09:00", "T060000", "T120000")


async def dispatch_all(server: MailServer, now: datetime) -> None:
    sending = delivery(server.port, now)
    await sending.dispatch()
    await sending.stop()


def readable_bytes(email: bytes) -> str:
    """Return all that a program could read in an email, undone from its encoding, but when and to whom it went."""
    message = message_from_bytes(email, policy=policy.default)
    parts = [str(one.get_content()) for one in message.walk() if not one.is_multipart()]
    kinds = [f"{one.get_content_type()} {one.get_filename()}" for one in message.walk()]
    return "\n".join([*(f"{name}: {value}" for name, value in message.items() if name not in OWN), *kinds, *parts])


def names_canary(canary: str, text: str) -> bool:
    """Return whether a text has a canary; an agency only as a word, because three letters come up in random tokens."""
    return bool(re.search(rf"(?<![\w-]){canary}(?![\w-])", text)) if canary in AGENCIES else canary in text


async def test_no_email_about_an_operation_from_invitation_to_cancellation_says_anything_of_it(
    sqlite_cast: Cast, server: MailServer
) -> None:
    cast, lead, now = sqlite_cast, sqlite_cast.fbi_lead, NOW
    plan = operation(cast.hsi_liaison, cast.kcpd_detective, video_link="https://video.example/secret-room")
    event_id = await scheduling.schedule_event(lead, plan, now)
    await dispatch_all(server, now := now + timedelta(minutes=5))
    event, plan = await scheduling.plan_to_change(lead, event_id)
    moved = replace(plan, starts=plan.starts + LATER_ON_THE_DAY, place="Lot B", title="Operation Bluestem again")
    await scheduling.change_event(lead, event_id, moved, event.version, now)
    await dispatch_all(server, now := now + timedelta(minutes=5))
    await nudges.nudge_people(lead, event_id, KEY, now, ZONE, confirmations=True)
    await dispatch_all(server, now := now + timedelta(minutes=5))
    for moment in (now, EVENING_BEFORE):  # what becomes due between the two
        await queue_due_messages(moment, ZONE)
    await dispatch_all(server, EVENING_BEFORE)
    event = await scheduling.event_seen_by(lead, event_id)
    await scheduling.cancel_event(lead, event_id, event.version, "Canary: called off", EVENING_BEFORE)
    await dispatch_all(server, EVENING_BEFORE + timedelta(minutes=5))
    sent = (
        await TablesMessage.select(TablesMessage.kind)
        .where(TablesMessage.state == MessageState.SENT)
        .output(as_list=True)
    )
    assert set(sent) == {"invitation", "update", "no_reply", "reminder", "cancellation"}
    said = {
        canary
        for canary in (*TITLE_PLACE_AND_TEXTS, *PEOPLE, *AGENCIES, *DATES)
        for content in server.accepted
        if names_canary(canary, readable_bytes(content))
    }
    assert said == set()
    assert not any(canary.encode() in one for canary in TITLE_PLACE_AND_TEXTS for one in server.accepted)
    assert not any(
        "text/calendar" in readable_bytes(content) or ".ics" in readable_bytes(content) for content in server.accepted
    )
