"""Scenario 4: a participant answers from email or by its link, without signing in."""

import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from html import unescape
from itertools import product
from pathlib import Path
from uuid import UUID

import pytest

from tests.cast import Cast
from tests.dovecot import Dovecot
from tests.ical.client_replies import CLIENTS, apple, google, google_proposal, outlook, proposal
from tests.ports.browser import BASE, app_settings
from tests.ports.mail import bounced
from tests.ports.mail.mailboxes import ADDRESS, reader
from tests.scenarios.bluestem import BLUESTEM_FORM
from tests.scenarios.monthly_meeting import APRIL_1, INVITED, april_moved, replies, schedule_monthly
from tests.scenarios.office import Office, calendar_of, event_in, recipients, reply_link, words_of
from tests.scenarios.ways_in import (
    SERVER,
    TAKEN,
    ByLmtp,
    ByMailbox,
    Desk,
    Invitation,
    Sent,
    WayIn,
    email_in,
    envelope,
    open_desk,
    stamped,
)
from tests.usecases.intake.writing_back import take_many_emails
from tracker import clock
from tracker.ports.mail.demo_emails import PROGRAMS, ReplyBox, ReplyEnvelope, ReplyWays, SinkFolder
from tracker.ports.mail.received_emails import LARGEST_EMAIL
from tracker.rules.emails.reminders import REST
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.schema.events import Event
from tracker.tables.schema.intake import IncomingReply
from tracker.usecases.core import process_locks

JANUARY, APRIL, MAY, JUNE = "2027-01-12", "2027-04-13", "2027-05-11", "2027-06-08"
NO_ONE_YET = "1 yes · 0 maybe · 0 no · 7 no reply"
ONE_YES = "2 yes · 0 maybe · 0 no · 6 no reply"
CONFIRMS = re.compile(rf"{BASE}(/e/[^\s\"<]+)")
DECISION = re.compile(r'action="(/events/[\w/-]+/email-replies/[\w-]+)/attachment"')
SUBSTITUTE = re.compile(r"Record ([^<>]+) as substitute on this date")
PRIVATE = "ipd.private@elsewhere.example"
FIRST = "20270112T100000"
AT_ONE = "Tue, Jan 12, 1:00–2:30 PM, instead of Tue, Jan 12, 10:00–11:30 AM"


@pytest.fixture(params=["lmtp", "mailbox"])
async def desk_of_way(request: pytest.FixtureRequest, sqlite_cast: Cast) -> AsyncIterator[Desk]:
    is_lmtp = request.param == "lmtp"
    way: WayIn = await ByLmtp().start() if is_lmtp else ByMailbox(_dovecot(request))
    async with open_desk(sqlite_cast, way) as desk:
        yield desk


def _dovecot(request: pytest.FixtureRequest) -> Dovecot:
    server = request.getfixturevalue("dovecot")
    assert isinstance(server, Dovecot)
    return server


async def outcomes() -> Counter[tuple[str, str | None]]:
    """Return how many replies were recorded, and how many were not and why."""
    rows = await IncomingReply.select(IncomingReply.outcome, IncomingReply.misfit)
    return Counter((row["outcome"], row["misfit"]) for row in rows)


async def test_1_a_yes_pressed_in_gmail_is_on_the_page_with_its_time_and_emails_no_one(desk_of_way: Desk) -> None:
    ipd = desk_of_way.invitation("ipd_liaison")
    await desk_of_way.get(email_in(ipd, google(ipd.uid, ipd.who, stamp=stamped())))
    assert await desk_of_way.count(JANUARY) == ONE_YES
    assert "By email, Tue, Dec 15, 9:05 AM" in await desk_of_way.page(JANUARY)
    assert await desk_of_way.office.emails() == []


async def test_2_a_maybe_of_outlook_keeps_its_note_and_a_no_to_may_is_one_however_it_names_the_day(
    desk_of_way: Desk,
) -> None:
    hsi, hhs, fbi = (desk_of_way.invitation(one) for one in ("hsi_liaison", "hhs_liaison", "fbi_lead"))
    await desk_of_way.get(
        email_in(hsi, outlook(hsi.uid, hsi.who, "TENTATIVE", stamp=stamped(), note="In court until ten")),
        email_in(hhs, apple(hhs.uid, hhs.who, "DECLINED", date="20270511T100000", stamp=stamped())),
        email_in(fbi, google(fbi.uid, fbi.who, "DECLINED", date="20270511T150000Z", stamp=stamped())),
    )
    assert await desk_of_way.count(JANUARY) == "1 yes · 1 maybe · 0 no · 6 no reply"
    assert await desk_of_way.count(MAY) == "1 yes · 1 maybe · 2 no · 4 no reply"
    assert "In court until ten" in await desk_of_way.page(JANUARY)


async def test_2_what_each_program_sends_counts_for_its_person(desk_of_way: Desk) -> None:
    for person, (name, write) in zip(INVITED, PROGRAMS.items(), strict=False):
        of = desk_of_way.invitation(person)
        envelope = ReplyEnvelope(sender=of.who, to=of.organizer, subject=name, sent_at=clock.now(), authserv_id=SERVER)
        await desk_of_way.get(
            Sent(of.organizer, write(envelope, "Declined", CLIENTS[name](of.uid, of.who, stamp=stamped())))
        )
    assert await outcomes() == {("recorded", None): len(PROGRAMS)}
    assert (await desk_of_way.page(JANUARY)).count("By email, ") == len(PROGRAMS)


async def test_4_a_reply_that_comes_again_and_an_older_one_change_nothing(desk_of_way: Desk) -> None:
    ipd = desk_of_way.invitation("ipd_liaison")
    no = email_in(ipd, google(ipd.uid, ipd.who, "DECLINED", stamp=stamped()))
    await desk_of_way.get(no)
    older = google(ipd.uid, ipd.who, stamp=stamped(-60))
    again = google(ipd.uid, ipd.who, "DECLINED", stamp=stamped())
    await desk_of_way.get(no, email_in(ipd, older), email_in(ipd, again))
    assert await desk_of_way.count(JANUARY) == "1 yes · 0 maybe · 1 no · 6 no reply"
    assert await outcomes() == {("recorded", None): 1, ("stale", None): 1, ("repeated", None): 1}
    page = await desk_of_way.page(JANUARY)
    assert page.count("It didn’t count because they’ve replied since it was written.") == 1
    assert "No email replies are waiting" in page


async def test_5_a_reply_to_april_as_it_was_does_not_count_after_april_moved(desk_of_way: Desk) -> None:
    ipd = desk_of_way.invitation("ipd_liaison")
    await desk_of_way.office.at(APRIL_1)
    address = f"/events/{desk_of_way.event}/{APRIL}/edit"
    moved = {"date": "2027-04-15", "starts": "13:00", "ends": "14:30", "reason": "courtroom conflict"}
    await desk_of_way.office.fill("coordinator", address, address, **moved)
    of_april = {"date": "20270413T100000", "stamp": stamped(-60)}
    await desk_of_way.get(
        email_in(ipd, google(ipd.uid, ipd.who, **of_april)),
        email_in(ipd, outlook(ipd.uid, ipd.who, **of_april, sequence=None)),
    )
    page = await desk_of_way.page(APRIL)
    assert page.count("It didn’t count because the time has changed since it was written.") == 2
    assert "No email replies are waiting" in page
    assert await desk_of_way.count(APRIL) == NO_ONE_YET


async def test_6_a_reply_from_an_unknown_address_waits_for_the_coordinator_and_gets_no_email(desk_of_way: Desk) -> None:
    ipd = desk_of_way.invitation("ipd_liaison")
    await desk_of_way.get(email_in(ipd, google(ipd.uid, ipd.who, stamp=stamped()), sender=PRIVATE))
    assert await desk_of_way.count(JANUARY) == NO_ONE_YET
    assert PRIVATE in await desk_of_way.page(JANUARY)
    assert PRIVATE not in await desk_of_way.page(JANUARY, "hsi_liaison")
    assert await desk_of_way.office.emails() == []


async def test_6_a_reply_from_an_address_that_the_person_confirmed_is_theirs(desk_of_way: Desk) -> None:
    ipd = desk_of_way.invitation("ipd_liaison")
    await desk_of_way.office.do("ipd_liaison", "/settings/addresses", address=PRIVATE)
    [email] = await desk_of_way.office.emails()
    [link, *_] = CONFIRMS.findall(words_of(email))
    await desk_of_way.office.do(None, link)
    await desk_of_way.get(email_in(ipd, google(ipd.uid, ipd.who, stamp=stamped()), sender=PRIVATE))
    assert await desk_of_way.count(JANUARY) == ONE_YES
    [notice] = await desk_of_way.office.emails()
    assert (notice["to"], notice["subject"]) == (ipd.who, "An address was added to your account")


async def test_6_the_coordinator_attaches_such_a_reply_to_the_person_who_sent_it(desk_of_way: Desk) -> None:
    ipd = desk_of_way.invitation("ipd_liaison")
    await desk_of_way.get(email_in(ipd, google(ipd.uid, ipd.who, stamp=stamped()), sender=PRIVATE))
    [address] = DECISION.findall(await desk_of_way.page(JANUARY))
    [person] = desk_of_way.office.ids("ipd_liaison")
    await desk_of_way.office.do("coordinator", f"{address}/attachment", person=person)
    assert await desk_of_way.count(JANUARY) == ONE_YES
    assert "Attached to Ipd liaison (IPD) by Coordinator (USAO)" in await desk_of_way.page(JANUARY)
    assert await desk_of_way.office.emails() == []


async def test_7_who_accepts_a_forwarded_invitation_as_themselves_is_not_added_and_gets_no_email(
    desk_of_way: Desk,
) -> None:
    fbi = desk_of_way.invitation("fbi_lead")
    people = ("fbi_alternate@fbi.example", "bridge_advocate@bridge.example")
    await desk_of_way.get(*(email_in(fbi, outlook(fbi.uid, one, stamp=stamped()), sender=one) for one in people))
    assert await desk_of_way.count(JANUARY) == NO_ONE_YET
    page = await desk_of_way.page(JANUARY)
    assert [one for one in people if one not in page] == []
    assert await desk_of_way.office.emails() == []
    assert SUBSTITUTE.findall(page) == ["Fbi alternate (FBI)"]


def delegating(of: Invitation, to: str) -> bytes:
    """What a program sends for someone who wants another person to come to the first date in their place."""
    person = f'PARTSTAT=DELEGATED;DELEGATED-TO="mailto:{to}"'.encode()
    return google(of.uid, of.who, date=FIRST, stamp=stamped()).replace(b"PARTSTAT=ACCEPTED", person)


async def test_8_who_delegates_to_their_alternate_declines_and_the_alternate_is_invited_by_email(
    desk_of_way: Desk,
) -> None:
    fbi = desk_of_way.invitation("fbi_lead")
    await desk_of_way.get(email_in(fbi, delegating(fbi, "fbi_alternate@fbi.example")))
    page = await desk_of_way.page(JANUARY)
    assert ("Fbi alternate (FBI) is coming instead" in page, "substitute for Fbi lead (FBI)" in page) == (True, True)
    assert await desk_of_way.count(JANUARY) == "2 yes · 0 maybe · 1 no · 6 no reply"
    [email] = await desk_of_way.office.emails()
    [event] = calendar_of(email).walk("VEVENT")
    assert recipients([email]) == ["fbi_alternate"]
    assert event["ATTENDEE"].params["DELEGATED-FROM"] == "mailto:fbi_lead@fbi.example"
    await desk_of_way.get(email_in(fbi, google(fbi.uid, fbi.who, date=FIRST, stamp=stamped())))
    assert (await desk_of_way.count(JANUARY), recipients(await desk_of_way.office.emails())) == (
        ONE_YES,
        ["fbi_alternate"],
    )


async def test_8_no_one_else_can_be_sent_and_only_those_who_lead_the_event_read_of_it(desk_of_way: Desk) -> None:
    fbi = desk_of_way.invitation("fbi_lead")
    await desk_of_way.get(
        email_in(fbi, delegating(fbi, "bridge_advocate@bridge.example")), email_in(fbi, delegating(fbi, PRIVATE))
    )
    assert await desk_of_way.count(JANUARY) == NO_ONE_YET
    page = await desk_of_way.page(JANUARY)
    assert "Only an alternate for their seat can come, for one date." in page
    assert "Fbi lead (FBI): No" not in page  # they never said so
    assert "an alternate for their seat" not in await desk_of_way.page(JANUARY, "hsi_liaison")
    assert await desk_of_way.office.emails() == []


async def propose_one_o_clock(at: Desk, program: Callable[..., bytes] = proposal) -> str:
    """Let the liaison propose one o'clock for the first date, and return the page that the coordinator reads."""
    ipd = at.invitation("ipd_liaison")
    await at.get(email_in(ipd, program(ipd.uid, ipd.who, date=FIRST, stamp=stamped(), note="Court until noon")))
    return await at.page(JANUARY)


@pytest.mark.parametrize(("program", "has_replied"), [(proposal, True), (google_proposal, False)])
async def test_9_a_proposed_time_is_shown_to_those_who_lead_the_event_and_moves_nothing(
    desk_of_way: Desk, program: Callable[..., bytes], has_replied: object
) -> None:
    page = await propose_one_o_clock(desk_of_way, program)
    assert (AT_ONE in page, "Court until noon" in page) == (True, True)
    assert ("By email, " in page) is has_replied  # a proposal of Outlook is a Maybe, too
    other_page = await desk_of_way.page(JANUARY, "ipd_liaison")
    assert ("10:00–11:30 AM" in other_page, "Proposed times" in other_page) == (True, False)
    assert await desk_of_way.office.emails() == []


async def test_9_a_refusal_is_answered_by_declinecounter_to_its_proposer_and_to_no_one_else(desk_of_way: Desk) -> None:
    [refusal] = set(re.findall(r"/proposals/[0-9a-f-]+/refusal", await propose_one_o_clock(desk_of_way)))
    await desk_of_way.office.do("coordinator", refusal, comment="The room is taken at one.")
    [email] = await desk_of_way.office.emails()
    calendar = calendar_of(email)
    [event] = calendar.walk("VEVENT")
    assert (recipients([email]), calendar["METHOD"]) == (["ipd_liaison"], "DECLINECOUNTER")
    assert (event["SEQUENCE"], event["RECURRENCE-ID"].dt.hour) == (0, 10)
    assert "Tuesday, January 12, 2027, 1:00–2:30 PM Central" in words_of(email)
    assert ("Declined." in await desk_of_way.page(JANUARY), await desk_of_way.office.emails()) == (True, [])


async def test_9_only_saving_the_form_moves_the_date_and_notifies_everyone(desk_of_way: Desk) -> None:
    [form] = set(re.findall(r"/events/\S+/edit\?proposal=[0-9a-f-]+", await propose_one_o_clock(desk_of_way)))
    saved = await desk_of_way.office.fill("coordinator", form, form.partition("?")[0])
    assert saved.status_code == 303
    emails = await desk_of_way.office.emails()
    assert recipients(emails) == INVITED
    assert {str(calendar_of(email)["METHOD"]) for email in emails} == {"REQUEST"}
    assert "The date is now at this time." in await desk_of_way.page(JANUARY)


def away(of: Invitation) -> Sent:
    """An out-of-office reply."""
    email = envelope(of, Auto_Submitted="auto-replied")
    email.set_content("YES, I'm away until Monday.")
    return Sent(of.organizer, email.as_bytes())


def thirty_megabytes(of: Invitation) -> Sent:
    return Sent(of.organizer, envelope(of).as_bytes() + (b"x" * 70 + b"\r\n") * (30 * LARGEST_EMAIL // 72))


def wrong_charset(of: Invitation) -> Sent:
    """A calendar in base64 that names a charset which it isn't in."""
    email = envelope(of)
    email.set_content("Tentativo")
    calendar = outlook(of.uid, of.who, "TENTATIVE", stamp=stamped(), note="Años")
    email.add_alternative(calendar, maintype="text", subtype="calendar", params={"charset": "utf-16"})
    return Sent(of.organizer, email.as_bytes())


def two_events(of: Invitation) -> Sent:
    """A yes to May, and in the same file a no to June."""
    may = google(of.uid, of.who, date="20270511T150000Z", stamp=stamped())
    june = google(of.uid, of.who, "DECLINED", date="20270608T150000Z", stamp=stamped())
    return email_in(of, may.replace(b"END:VCALENDAR\r\n", b"BEGIN:VEVENT" + june.partition(b"BEGIN:VEVENT")[2]))


def html_only(of: Invitation) -> Sent:
    email = envelope(of)
    email.set_content("<p>See you there!</p>", subtype="html")
    return Sent(of.organizer, email.as_bytes())


def forged(of: Invitation) -> Sent:
    results = f"mx.tracker.example; dmarc=fail header.from={of.who.rpartition('@')[2]}"
    calendar = google(of.uid, of.who, stamp=stamped())
    return email_in(of, calendar, is_verified=False, Authentication_Results=results)


ODD = {
    away: {("ignored", None): 1},
    wrong_charset: {("recorded", None): 1},
    two_events: {("recorded", None): 2},
    html_only: {("unmatched", "no_reply"): 1},
    forged: {("unmatched", "unverified"): 1},
}
"""What becomes of each odd email, all of them to the invitation of one person."""


async def test_10_each_odd_email_is_taken_for_what_it_is(desk_of_way: Desk) -> None:
    ipd = desk_of_way.invitation("ipd_liaison")
    for make, expected in ODD.items():
        before = await outcomes()
        await desk_of_way.get(make(ipd))
        assert (make.__name__, await outcomes() - before) == (make.__name__, expected)
        clock.start_at(clock.now() + timedelta(minutes=1), is_still=True)
    page = await desk_of_way.page(JANUARY)
    assert [one for one in ("Años", "Your email server couldn’t confirm the sender.") if one not in page] == []
    assert [await desk_of_way.count(key) for key in (MAY, JUNE)] == [ONE_YES, "1 yes · 0 maybe · 1 no · 6 no reply"]


async def test_10_an_email_of_30_megabytes_is_refused_or_noted_and_not_read(desk_of_way: Desk) -> None:
    assert await desk_of_way.way.get(thirty_megabytes(desk_of_way.invitation("ipd_liaison"))) == [
        desk_of_way.way.of_too_large
    ]
    assert set(await outcomes()) <= {("unreadable", None)}
    assert await desk_of_way.count(JANUARY) == NO_ONE_YET


async def test_10_an_email_that_comes_back_makes_its_address_undeliverable_to_who_manages_accounts(
    desk_of_way: Desk,
) -> None:
    [member] = desk_of_way.office.ids("kcpd_detective")
    [message] = await Message.select(Message.id).where(Message.recipient == UUID(member))
    await desk_of_way.get(Sent(reader().addresses.of_bounced(message["id"]), bounced.postfix()))
    assert "Undeliverable" in await desk_of_way.office.page("coordinator", f"/people/{member}")
    assert "Undeliverable" not in await desk_of_way.office.page("hsi_liaison", f"/people/{member}")


async def test_10_the_uid_of_an_operation_that_is_not_theirs_is_like_a_random_one(desk_of_way: Desk) -> None:
    ipd = desk_of_way.invitation("ipd_liaison")
    form = {**BLUESTEM_FORM, "person": desk_of_way.office.ids("hsi_liaison")}
    secret = event_in(await desk_of_way.office.fill("fbi_lead", "/schedule?kind=joint_operation", "/events", **form))
    await desk_of_way.office.emails()
    [row] = await Event.select(Event.uid).where(Event.id == secret)
    pages = []
    for uid in (row["uid"], "4c1d@elsewhere.example"):
        await desk_of_way.get(email_in(ipd, google(uid, ipd.who, stamp=stamped())))
        pages.append(await desk_of_way.page(JANUARY))
    assert await outcomes() == {("unmatched", "no_invitation"): 2}
    assert pages[1].count("It’s about another event.") == 2 * pages[0].count("It’s about another event.") == 2
    assert await desk_of_way.office.emails() == []


async def test_12_an_email_that_was_recorded_and_comes_again_leaves_one_reply_and_one_audit_entry(
    desk_of_way: Desk,
) -> None:
    ipd = desk_of_way.invitation("ipd_liaison")
    yes = email_in(ipd, google(ipd.uid, ipd.who, stamp=stamped()))
    await desk_of_way.get(yes)
    await desk_of_way.get(yes, yes)
    assert (await desk_of_way.count(JANUARY), await outcomes()) == (ONE_YES, {("recorded", None): 1})
    assert await AuditEntry.count().where(AuditEntry.verb == "replied") == 1


MEETING_DATE = "2027-01-12"


@pytest.fixture
async def way() -> ByLmtp:
    return await ByLmtp().start()


@pytest.fixture
async def desk_by_lmtp(sqlite_cast: Cast, way: ByLmtp) -> AsyncIterator[Desk]:
    async with open_desk(sqlite_cast, way) as desk:
        yield desk


async def test_the_invitation_asks_for_a_reply_and_says_how(desk_by_lmtp: Desk) -> None:
    email = desk_by_lmtp.emails["ipd_liaison"]
    [event] = calendar_of(email).walk("VEVENT")
    assert desk_by_lmtp.invitation("ipd_liaison").organizer.startswith("reply+")
    assert event["ATTENDEE"].params["RSVP"] == "TRUE"
    assert "Choose a reply below, or reply in your calendar app." in words_of(email)
    assert "To reply by email, start with YES, MAYBE, or NO." in words_of(email)
    assert "receive replies" not in words_of(email)


async def test_another_mailbox_and_an_email_that_is_too_large_are_refused(desk_by_lmtp: Desk) -> None:
    to = desk_by_lmtp.invitation("ipd_liaison").organizer
    too_large = b"From: a@b.example\r\n\r\n" + b"x" * 70 + b"\r\n" * LARGEST_EMAIL
    answers = await desk_by_lmtp.way.get(
        Sent("calendar@tracker.example", b"From: a@b.example\r\n\r\n"), Sent(to, too_large)
    )
    assert answers == ["550", "552"]


async def test_one_email_too_many_of_a_sender_is_left_with_the_mail_server(desk_by_lmtp: Desk) -> None:
    ipd = desk_by_lmtp.invitation("ipd_liaison")
    await take_many_emails(ipd.who, clock.now(), is_verified=True)
    assert await desk_by_lmtp.way.get(email_in(ipd, google(ipd.uid, ipd.who, stamp=stamped()))) == ["451"]


async def test_a_restored_copy_leaves_an_email_with_the_mail_server_until_it_is_confirmed(desk_by_lmtp: Desk) -> None:
    ipd = desk_by_lmtp.invitation("ipd_liaison")
    accept = email_in(ipd, google(ipd.uid, ipd.who, stamp=stamped()))
    await process_locks.hold_sending(clock.now(), clock.now())
    assert await desk_by_lmtp.way.get(accept) == ["451"]
    await process_locks.release_sending(None, clock.now())
    assert await desk_by_lmtp.way.get(accept) == [TAKEN]


async def test_the_invited_person_sees_that_the_calendar_app_s_reply_arrived(desk_by_lmtp: Desk) -> None:
    ipd = desk_by_lmtp.invitation("ipd_liaison")
    await desk_by_lmtp.get(email_in(ipd, google(ipd.uid, ipd.who, "DECLINED", stamp=stamped())))
    assert "You replied by email." in await desk_by_lmtp.page(MEETING_DATE, "ipd_liaison")


async def test_a_word_written_back_is_on_the_page_and_confirmed_to_its_writer_alone(desk_by_lmtp: Desk) -> None:
    ipd = desk_by_lmtp.invitation("ipd_liaison")
    answer = envelope(ipd)
    answer.set_content("Yes, by train\n\nOn Tue, Dec 15, 2026 at 9:00 AM Task Force wrote:\n> NO\n")
    await desk_by_lmtp.get(Sent(str(desk_by_lmtp.emails["ipd_liaison"]["Reply-To"]), answer.as_bytes()))
    page = await desk_by_lmtp.page(MEETING_DATE)
    assert ("By email, " in page, "by train" in page) == (True, True)
    [confirmation] = await desk_by_lmtp.office.emails()
    assert confirmation["To"] == ipd.who
    assert "You replied yes" in str(confirmation["Subject"])
    assert "/w/" in words_of(confirmation)


async def test_a_visitor_of_the_demo_replies_for_the_person_whose_email_they_read(
    desk_by_lmtp: Desk, way: ByLmtp, tmp_path: Path
) -> None:
    (tmp_path / "000001.eml").write_bytes(desk_by_lmtp.emails["ipd_liaison"].as_bytes())
    kept = await SinkFolder(tmp_path).read("000001")
    assert kept
    box = ReplyBox(app_settings(reply_address=ADDRESS, lmtp=f"127.0.0.1:{way.port}", authserv_id=SERVER))
    assert await box.press(kept, "outlook", "decline", "In court, until ten", clock.now()) == "250 2.0.0 Taken"
    assert "In court, until ten" in await desk_by_lmtp.page(MEETING_DATE)
    clock.start_at(clock.now() + timedelta(minutes=1), is_still=True)
    assert await box.write(kept, "YES\nby train", clock.now()) == "250 2.0.0 Taken"
    assert "by train" in await desk_by_lmtp.page(MEETING_DATE)
    ways = box.ways(kept)
    assert ways.at
    assert ways == ReplyWays(has_buttons=True, reads_words=True, page=f"{BASE}/events/{desk_by_lmtp.event}", at=ways.at)
    starts, ends = (each.replace(tzinfo=None) + timedelta(hours=3) for each in ways.at)
    assert await box.propose(kept, starts, ends, "Court until noon", clock.now()) == "250 2.0.0 Taken"
    assert "Tue, Jan 12, 1:00–2:30 PM, instead of Tue, Jan 12, 10:00–11:30 AM" in await desk_by_lmtp.page(MEETING_DATE)


LIAISON = "ipd_liaison"
LINK = re.compile(rf'{BASE}(/[^\s"<>]*)')
JANUARY_13 = datetime(2027, 1, 13, 15, tzinfo=UTC)


def link_to(person: str, emails: list[EmailMessage]) -> str:
    """Return the path behind the button Yes in the email to someone."""
    [email] = [one for one in emails if str(one["To"]).startswith(person)]
    return reply_link(email)


async def invite_liaison(office: Office) -> tuple[UUID, str]:
    """Return the monthly meeting, and the link in the invitation of IPD's liaison."""
    event, emails = await schedule_monthly(office)
    return event, link_to(LIAISON, emails)


async def of_january(office: Office, event: UUID) -> str:
    return await replies(office, f"/events/{event}/2027-01-12")


async def test_a_yes_by_the_link_is_known_at_once_as_given_by_link_and_emails_no_one(office: Office) -> None:
    event, link = await invite_liaison(office)
    await office.do(None, link, reply="yes", comment="Running late")
    assert await of_january(office, event) == "2 yes · 0 maybe · 0 no · 6 no reply"
    page = await office.page("coordinator", f"/events/{event}/2027-01-12")
    assert "Running late" in page
    assert await office.emails() == []


async def test_a_scanner_that_follows_every_link_replies_nothing_and_the_person_still_can(office: Office) -> None:
    event, emails = await schedule_monthly(office)
    [email] = [one for one in emails if str(one["To"]).startswith(LIAISON)]
    links = set(LINK.findall(unescape(words_of(email))))
    assert {f"{reply_link(email)}?a={reply}" for reply in ("yes", "maybe", "no")} <= links
    scanner = await office.browser(None)
    for link, method in product(links, ("GET", "HEAD")):
        assert (await scanner.send(method, link)).status_code < 500
    assert await of_january(office, event) == "1 yes · 0 maybe · 0 no · 7 no reply"
    await office.do(None, reply_link(email), reply="yes", comment="")
    assert await of_january(office, event) == "2 yes · 0 maybe · 0 no · 6 no reply"


async def test_the_page_behind_the_link_names_no_one_else(office: Office) -> None:
    _, link = await invite_liaison(office)
    page = (await (await office.browser(None)).get(link)).text
    assert "Steering Committee" in page
    others = ("Fbi lead", "Hsi liaison", "Kcpd detective", "Caht lead", "Harbor advocate", "fbi_lead@")
    assert [name for name in others if name in page] == []


async def test_one_reply_sent_again_and_again_is_one_and_the_last_one_counts(office: Office) -> None:
    event, link = await invite_liaison(office)
    for _ in range(3):
        await office.do(None, link, reply="yes", comment="")
    await office.at(clock.now() + timedelta(minutes=1))
    for _ in range(2):
        await office.do(None, link, reply="no", comment="Court")
    assert await of_january(office, event) == "1 yes · 0 maybe · 1 no · 6 no reply"


async def test_a_maybe_with_a_note_is_kept_and_shown_to_the_organizer(office: Office) -> None:
    event, emails = await schedule_monthly(office)
    await office.do(None, link_to("hsi_liaison", emails), reply="maybe", comment="If the hearing ends early")
    assert await of_january(office, event) == "1 yes · 1 maybe · 0 no · 6 no reply"
    assert "If the hearing ends early" in await office.page("coordinator", f"/events/{event}/2027-01-12")


async def test_a_no_to_may_alone_leaves_the_other_dates_open(office: Office) -> None:
    event, _ = await schedule_monthly(office)
    may = f"/events/{event}/2027-05-11"
    await office.do("hhs_liaison", f"{may}/reply", reply="no", scope="one", comment="")
    assert await replies(office, may) == "1 yes · 0 maybe · 1 no · 6 no reply"
    assert await of_january(office, event) == "1 yes · 0 maybe · 0 no · 7 no reply"


async def test_the_email_of_a_moved_date_asks_about_that_date_alone(office: Office) -> None:
    event, emails = await april_moved(office)
    await office.do(None, link_to(LIAISON, emails), reply="yes", comment="")
    assert await replies(office, f"/events/{event}/2027-04-13") == "2 yes · 0 maybe · 0 no · 6 no reply"
    assert await replies(office, f"/events/{event}/2027-05-11") == "3 yes · 0 maybe · 0 no · 5 no reply"


async def test_after_april_moved_the_earlier_link_says_nothing_about_the_new_day_unasked(office: Office) -> None:
    event, emails = await schedule_monthly(office)
    await office.do(None, link_to(LIAISON, emails), reply="yes", comment="")
    address = f"/events/{event}/2027-04-13/edit"
    await office.fill("coordinator", address, address, date="2027-04-15", starts="13:00", ends="14:30")
    assert await replies(office, f"/events/{event}/2027-04-13") == "1 yes · 0 maybe · 0 no · 7 no reply"


async def test_what_someone_said_on_the_telephone_is_recorded_by_name(office: Office) -> None:
    event, _ = await schedule_monthly(office)
    address = f"/events/{event}/2027-01-12"
    [who] = office.ids(LIAISON)
    await office.fill("coordinator", address, f"{address}/replies", person=who, reply="yes", note="By phone")
    assert await of_january(office, event) == "2 yes · 0 maybe · 0 no · 6 no reply"
    assert "by Coordinator" in await office.page("coordinator", address)


async def test_the_link_of_a_date_that_is_over_shows_no_title(office: Office) -> None:
    _, emails = await april_moved(office)
    link = link_to(LIAISON, emails)
    await office.at(datetime(2027, 4, 16, 15, tzinfo=UTC))
    page = await (await office.browser(None)).get(link)
    assert page.status_code in (200, 410)
    assert "Steering" not in page.text


async def test_the_link_of_someone_who_left_is_like_one_that_never_was(office: Office) -> None:
    _, link = await invite_liaison(office)
    [member] = office.ids(LIAISON)
    leaving = f"/people/{member}/offboarding"
    assert (await office.review("coordinator", leaving, successor_words="Coordinator")).status_code == 303
    stranger = await office.browser(None)
    forged = await stranger.get(f"{link[:-4]}AAAA")
    for reply in (await stranger.get(link), await stranger.send("POST", link, data={"reply": "yes"})):
        assert (reply.status_code, reply.content) == (forged.status_code, forged.content)


async def test_only_those_who_did_not_reply_are_asked_again_and_not_twice_in_two_days(office: Office) -> None:
    event, link = await invite_liaison(office)
    await office.do(None, link, reply="no", comment="")
    await office.emails()
    await office.at(clock.now() + REST)
    address = f"/events/{event}/2027-01-12"
    await office.fill("coordinator", address, f"{address}/nudges")
    asked = recipients(await office.emails())
    assert LIAISON not in asked
    assert len(asked) == 6
    await (await office.browser("coordinator")).post(f"{address}/nudges")
    assert await office.emails() == []
