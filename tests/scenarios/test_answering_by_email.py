"""Scenario 4: a participant answers from email without signing in. Each step by both ways in: LMTP, and a mailbox.

The steps of the link in the email (3 and 11) have no way in; they are in `test_answers_by_link.py`.
"""

import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from uuid import UUID

import pytest

from tests.cast import Cast
from tests.dovecot import Dovecot
from tests.ical.client_replies import CLIENTS, apple, google, google_proposal, outlook, proposal
from tests.ports.browser import BASE
from tests.ports.mail import bounced
from tests.ports.mail.mailboxes import reader
from tests.scenarios.bluestem import BLUESTEM_FORM
from tests.scenarios.monthly_meeting import APRIL_1, INVITED
from tests.scenarios.office import calendar_of, event_in, recipients, words_of
from tests.scenarios.ways_in import (
    SERVER,
    ByLmtp,
    ByMailbox,
    Desk,
    Invitation,
    Sent,
    WayIn,
    desk,
    email,
    envelope,
    stamped,
)
from tracker import clock
from tracker.ports.mail.client_emails import PROGRAMS, ReplyEnvelope
from tracker.ports.mail.received_emails import LARGEST_EMAIL
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.schema.events import Event
from tracker.tables.schema.intake import IncomingReply

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
async def at(request: pytest.FixtureRequest, sqlite_cast: Cast) -> AsyncIterator[Desk]:
    is_lmtp = request.param == "lmtp"
    way: WayIn = await ByLmtp().start() if is_lmtp else ByMailbox(_dovecot(request))
    async with desk(sqlite_cast, way) as found:
        yield found


def _dovecot(request: pytest.FixtureRequest) -> Dovecot:
    server = request.getfixturevalue("dovecot")
    assert isinstance(server, Dovecot)
    return server


async def outcomes() -> Counter[tuple[str, str | None]]:
    """Return how many replies were recorded, and how many were not and why."""
    found = await IncomingReply.select(IncomingReply.outcome, IncomingReply.misfit)
    return Counter((row["outcome"], row["misfit"]) for row in found)


async def test_1_a_yes_pressed_in_gmail_is_on_the_page_with_its_time_and_mails_no_one(at: Desk) -> None:
    ipd = at.invitation("ipd_liaison")
    await at.get(email(ipd, google(ipd.uid, ipd.who, stamp=stamped())))
    assert await at.count(JANUARY) == ONE_YES
    assert "By email, Tue, Dec 15, 9:05 AM" in await at.page(JANUARY)
    assert await at.office.mails() == []


async def test_2_a_maybe_of_outlook_keeps_its_note_and_a_no_to_may_is_one_however_it_names_the_day(at: Desk) -> None:
    hsi, hhs, fbi = (at.invitation(one) for one in ("hsi_liaison", "hhs_liaison", "fbi_lead"))
    await at.get(
        email(hsi, outlook(hsi.uid, hsi.who, "TENTATIVE", stamp=stamped(), note="In court until ten")),
        email(hhs, apple(hhs.uid, hhs.who, "DECLINED", date="20270511T100000", stamp=stamped())),
        email(fbi, google(fbi.uid, fbi.who, "DECLINED", date="20270511T150000Z", stamp=stamped())),
    )
    assert await at.count(JANUARY) == "1 yes · 1 maybe · 0 no · 6 no reply"
    assert await at.count(MAY) == "1 yes · 1 maybe · 2 no · 4 no reply"
    assert "In court until ten" in await at.page(JANUARY)


async def test_2_what_each_program_sends_counts_for_its_person(at: Desk) -> None:
    for person, (name, write) in zip(INVITED, PROGRAMS.items(), strict=False):
        of = at.invitation(person)
        about = ReplyEnvelope(sender=of.who, to=of.organizer, subject=name, sent_at=clock.now(), authserv_id=SERVER)
        await at.get(Sent(of.organizer, write(about, "Declined", CLIENTS[name](of.uid, of.who, stamp=stamped()))))
    assert await outcomes() == {("recorded", None): len(PROGRAMS)}
    assert (await at.page(JANUARY)).count("By email, ") == len(PROGRAMS)


async def test_4_a_reply_that_comes_again_and_an_older_one_change_nothing(at: Desk) -> None:
    ipd = at.invitation("ipd_liaison")
    no = email(ipd, google(ipd.uid, ipd.who, "DECLINED", stamp=stamped()))
    await at.get(no)
    older = google(ipd.uid, ipd.who, stamp=stamped(-60))
    again = google(ipd.uid, ipd.who, "DECLINED", stamp=stamped())
    await at.get(no, email(ipd, older), email(ipd, again))
    assert await at.count(JANUARY) == "1 yes · 0 maybe · 1 no · 6 no reply"
    assert await outcomes() == {("recorded", None): 1, ("stale", None): 1, ("repeated", None): 1}
    page = await at.page(JANUARY)
    assert page.count("It didn’t count because they’ve replied since it was written.") == 1
    assert "No email replies are waiting" in page


async def test_5_a_reply_to_april_as_it_was_does_not_count_after_april_moved(at: Desk) -> None:
    ipd = at.invitation("ipd_liaison")
    await at.office.at(APRIL_1)
    address = f"/events/{at.event}/{APRIL}/edit"
    moved = {"date": "2027-04-15", "starts": "13:00", "ends": "14:30", "reason": "courtroom conflict"}
    await at.office.fill("coordinator", address, address, **moved)
    of_april = {"date": "20270413T100000", "stamp": stamped(-60)}
    await at.get(
        email(ipd, google(ipd.uid, ipd.who, **of_april)),
        email(ipd, outlook(ipd.uid, ipd.who, **of_april, sequence=None)),
    )
    page = await at.page(APRIL)
    assert page.count("It didn’t count because the time has changed since it was written.") == 2
    assert "No email replies are waiting" in page
    assert await at.count(APRIL) == NO_ONE_YET


async def test_6_a_reply_from_an_unknown_address_waits_for_the_coordinator_and_gets_no_email(at: Desk) -> None:
    ipd = at.invitation("ipd_liaison")
    await at.get(email(ipd, google(ipd.uid, ipd.who, stamp=stamped()), sender=PRIVATE))
    assert await at.count(JANUARY) == NO_ONE_YET
    assert PRIVATE in await at.page(JANUARY)
    assert PRIVATE not in await at.page(JANUARY, "hsi_liaison")
    assert await at.office.mails() == []


async def test_6_a_reply_from_an_address_that_the_person_confirmed_is_theirs(at: Desk) -> None:
    ipd = at.invitation("ipd_liaison")
    await at.office.do("ipd_liaison", "/settings/addresses", address=PRIVATE)
    [mail] = await at.office.mails()
    [link, *_] = CONFIRMS.findall(words_of(mail))
    await at.office.do(None, link)
    await at.get(email(ipd, google(ipd.uid, ipd.who, stamp=stamped()), sender=PRIVATE))
    assert await at.count(JANUARY) == ONE_YES
    [notice] = await at.office.mails()
    assert (notice["to"], notice["subject"]) == (ipd.who, "An address was added to your account")


async def test_6_the_coordinator_attaches_such_a_reply_to_the_person_who_sent_it(at: Desk) -> None:
    ipd = at.invitation("ipd_liaison")
    await at.get(email(ipd, google(ipd.uid, ipd.who, stamp=stamped()), sender=PRIVATE))
    [address] = DECISION.findall(await at.page(JANUARY))
    [person] = at.office.ids("ipd_liaison")
    await at.office.do("coordinator", f"{address}/attachment", person=person)
    assert await at.count(JANUARY) == ONE_YES
    assert "Attached to Ipd liaison (IPD) by Coordinator (USAO)" in await at.page(JANUARY)
    assert await at.office.mails() == []


async def test_7_who_accepts_a_forwarded_invitation_as_themselves_is_not_added_and_gets_no_email(at: Desk) -> None:
    fbi = at.invitation("fbi_lead")
    people = ("fbi_alternate@fbi.example", "bridge_advocate@bridge.example")
    await at.get(*(email(fbi, outlook(fbi.uid, one, stamp=stamped()), sender=one) for one in people))
    assert await at.count(JANUARY) == NO_ONE_YET
    page = await at.page(JANUARY)
    assert [one for one in people if one not in page] == []
    assert await at.office.mails() == []
    assert SUBSTITUTE.findall(page) == ["Fbi alternate (FBI)"]


def delegating(of: Invitation, to: str) -> bytes:
    """What a program sends for someone who wants another person to come to the first date in their place."""
    person = f'PARTSTAT=DELEGATED;DELEGATED-TO="mailto:{to}"'.encode()
    return google(of.uid, of.who, date=FIRST, stamp=stamped()).replace(b"PARTSTAT=ACCEPTED", person)


async def test_8_who_delegates_to_their_alternate_declines_and_the_alternate_is_invited_by_email(at: Desk) -> None:
    fbi = at.invitation("fbi_lead")
    await at.get(email(fbi, delegating(fbi, "fbi_alternate@fbi.example")))
    page = await at.page(JANUARY)
    assert ("Fbi alternate (FBI) is coming instead" in page, "substitute for Fbi lead (FBI)" in page) == (True, True)
    assert await at.count(JANUARY) == "2 yes · 0 maybe · 1 no · 6 no reply"
    [mail] = await at.office.mails()
    [event] = calendar_of(mail).walk("VEVENT")
    assert recipients([mail]) == ["fbi_alternate"]
    assert event["ATTENDEE"].params["DELEGATED-FROM"] == "mailto:fbi_lead@fbi.example"
    await at.get(email(fbi, google(fbi.uid, fbi.who, date=FIRST, stamp=stamped())))
    assert (await at.count(JANUARY), recipients(await at.office.mails())) == (ONE_YES, ["fbi_alternate"])


async def test_8_no_one_else_can_be_sent_and_only_those_who_lead_the_event_read_of_it(at: Desk) -> None:
    fbi = at.invitation("fbi_lead")
    await at.get(email(fbi, delegating(fbi, "bridge_advocate@bridge.example")), email(fbi, delegating(fbi, PRIVATE)))
    assert await at.count(JANUARY) == NO_ONE_YET
    page = await at.page(JANUARY)
    assert "Only an alternate for their seat can come, for one date." in page
    assert "Fbi lead (FBI): No" not in page  # they never said so
    assert "an alternate for their seat" not in await at.page(JANUARY, "hsi_liaison")
    assert await at.office.mails() == []


async def proposed(at: Desk, program: Callable[..., bytes] = proposal) -> str:
    """Let the liaison propose one o'clock for the first date, and return the page that the coordinator reads."""
    ipd = at.invitation("ipd_liaison")
    await at.get(email(ipd, program(ipd.uid, ipd.who, date=FIRST, stamp=stamped(), note="Court until noon")))
    return await at.page(JANUARY)


@pytest.mark.parametrize(("program", "has_replied"), [(proposal, True), (google_proposal, False)])
async def test_9_a_proposed_time_is_shown_to_those_who_lead_the_event_and_moves_nothing(
    at: Desk, program: Callable[..., bytes], has_replied: object
) -> None:
    page = await proposed(at, program)
    assert (AT_ONE in page, "Court until noon" in page) == (True, True)
    assert ("By email, " in page) is has_replied  # a proposal of Outlook is a Maybe, too
    theirs = await at.page(JANUARY, "ipd_liaison")
    assert ("10:00–11:30 AM" in theirs, "Proposed times" in theirs) == (True, False)
    assert await at.office.mails() == []


async def test_9_a_refusal_is_answered_by_declinecounter_to_its_proposer_and_to_no_one_else(at: Desk) -> None:
    [refusal] = set(re.findall(r"/proposals/[0-9a-f-]+/refusal", await proposed(at)))
    await at.office.do("coordinator", refusal, comment="The room is taken at one.")
    [mail] = await at.office.mails()
    calendar = calendar_of(mail)
    [event] = calendar.walk("VEVENT")
    assert (recipients([mail]), calendar["METHOD"]) == (["ipd_liaison"], "DECLINECOUNTER")
    assert (event["SEQUENCE"], event["RECURRENCE-ID"].dt.hour) == (0, 10)
    assert "Tuesday, January 12, 2027, 1:00–2:30 PM Central" in words_of(mail)
    assert ("Declined." in await at.page(JANUARY), await at.office.mails()) == (True, [])


async def test_9_only_saving_the_form_moves_the_date_and_notifies_everyone(at: Desk) -> None:
    [form] = set(re.findall(r"/events/\S+/edit\?proposal=[0-9a-f-]+", await proposed(at)))
    saved = await at.office.fill("coordinator", form, form.partition("?")[0])
    assert saved.status_code == 303
    mails = await at.office.mails()
    assert recipients(mails) == INVITED
    assert {str(calendar_of(mail)["METHOD"]) for mail in mails} == {"REQUEST"}
    assert "The date is now at this time." in await at.page(JANUARY)


def away(of: Invitation) -> Sent:
    """An out-of-office reply."""
    mail = envelope(of, Auto_Submitted="auto-replied")
    mail.set_content("YES, I'm away until Monday.")
    return Sent(of.organizer, mail.as_bytes())


def thirty_megabytes(of: Invitation) -> Sent:
    return Sent(of.organizer, envelope(of).as_bytes() + (b"x" * 70 + b"\r\n") * (30 * LARGEST_EMAIL // 72))


def wrong_charset(of: Invitation) -> Sent:
    """A calendar in base64 that names a charset which it isn't in."""
    mail = envelope(of)
    mail.set_content("Tentativo")
    calendar = outlook(of.uid, of.who, "TENTATIVE", stamp=stamped(), note="Años")
    mail.add_alternative(calendar, maintype="text", subtype="calendar", params={"charset": "utf-16"})
    return Sent(of.organizer, mail.as_bytes())


def two_events(of: Invitation) -> Sent:
    """A yes to May, and in the same file a no to June."""
    may = google(of.uid, of.who, date="20270511T150000Z", stamp=stamped())
    june = google(of.uid, of.who, "DECLINED", date="20270608T150000Z", stamp=stamped())
    return email(of, may.replace(b"END:VCALENDAR\r\n", b"BEGIN:VEVENT" + june.partition(b"BEGIN:VEVENT")[2]))


def html_only(of: Invitation) -> Sent:
    mail = envelope(of)
    mail.set_content("<p>See you there!</p>", subtype="html")
    return Sent(of.organizer, mail.as_bytes())


def forged(of: Invitation) -> Sent:
    results = f"mx.tracker.example; dmarc=fail header.from={of.who.rpartition('@')[2]}"
    calendar = google(of.uid, of.who, stamp=stamped())
    return email(of, calendar, is_verified=False, Authentication_Results=results)


ODD = {
    away: {("ignored", None): 1},
    wrong_charset: {("recorded", None): 1},
    two_events: {("recorded", None): 2},
    html_only: {("unmatched", "no_reply"): 1},
    forged: {("unmatched", "unverified"): 1},
}
"""What becomes of each odd email, all of them to the invitation of one person."""


async def test_10_each_odd_email_is_taken_for_what_it_is(at: Desk) -> None:
    ipd = at.invitation("ipd_liaison")
    for make, expected in ODD.items():
        before = await outcomes()
        await at.get(make(ipd))
        assert (make.__name__, await outcomes() - before) == (make.__name__, expected)
        clock.start_at(clock.now() + timedelta(minutes=1), stands_still=True)
    page = await at.page(JANUARY)
    assert [one for one in ("Años", "Your email server couldn’t confirm the sender.") if one not in page] == []
    assert [await at.count(key) for key in (MAY, JUNE)] == [ONE_YES, "1 yes · 0 maybe · 1 no · 6 no reply"]


async def test_10_an_email_of_30_megabytes_is_refused_or_noted_and_not_read(at: Desk) -> None:
    assert await at.way.get(thirty_megabytes(at.invitation("ipd_liaison"))) == [at.way.of_too_large]
    assert set(await outcomes()) <= {("unreadable", None)}
    assert await at.count(JANUARY) == NO_ONE_YET


async def test_10_an_email_that_comes_back_makes_its_address_undeliverable_to_who_manages_accounts(at: Desk) -> None:
    [member] = at.office.ids("kcpd_detective")
    [message] = await Message.select(Message.id).where(Message.recipient == UUID(member))
    await at.get(Sent(reader().addresses.of_bounced(message["id"]), bounced.postfix()))
    assert "Undeliverable" in await at.office.page("coordinator", f"/people/{member}")
    assert "Undeliverable" not in await at.office.page("hsi_liaison", f"/people/{member}")


async def test_10_the_uid_of_an_operation_that_is_not_theirs_is_like_a_random_one(at: Desk) -> None:
    ipd = at.invitation("ipd_liaison")
    form = {**BLUESTEM_FORM, "person": at.office.ids("hsi_liaison")}
    secret = event_in(await at.office.fill("fbi_lead", "/schedule?kind=joint_operation", "/events", **form))
    await at.office.mails()
    [row] = await Event.select(Event.uid).where(Event.id == secret)
    pages = []
    for uid in (row["uid"], "4c1d@elsewhere.example"):
        await at.get(email(ipd, google(uid, ipd.who, stamp=stamped())))
        pages.append(await at.page(JANUARY))
    assert await outcomes() == {("unmatched", "no_invitation"): 2}
    assert pages[1].count("It’s about another event.") == 2 * pages[0].count("It’s about another event.") == 2
    assert await at.office.mails() == []


async def test_12_an_email_that_was_recorded_and_comes_again_leaves_one_reply_and_one_audit_entry(at: Desk) -> None:
    ipd = at.invitation("ipd_liaison")
    yes = email(ipd, google(ipd.uid, ipd.who, stamp=stamped()))
    await at.get(yes)
    await at.get(yes, yes)
    assert (await at.count(JANUARY), await outcomes()) == (ONE_YES, {("recorded", None): 1})
    assert await AuditEntry.count().where(AuditEntry.verb == "replied") == 1
