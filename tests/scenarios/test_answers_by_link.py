"""Scenario 4: a participant answers by the link in the email, without an account; what others find there is nothing."""

import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from html import unescape
from itertools import product
from uuid import UUID

from tests.ports.browser import BASE
from tests.scenarios.monthly_meeting import april_moved, replies, scheduled
from tests.scenarios.office import Office, recipients, reply_link, words_of
from tracker import clock
from tracker.rules.emails.follow_ups import REST

LIAISON = "ipd_liaison"
LINK = re.compile(rf'{BASE}(/[^\s"<>]*)')
JANUARY_13 = datetime(2027, 1, 13, 15, tzinfo=UTC)


def link_to(person: str, mails: list[EmailMessage]) -> str:
    """Return the path behind the button Yes in the email to someone."""
    [mail] = [one for one in mails if str(one["To"]).startswith(person)]
    return reply_link(mail)


async def invited(office: Office) -> tuple[UUID, str]:
    """Return the monthly meeting, and the link in the invitation of IPD's liaison."""
    event, mails = await scheduled(office)
    return event, link_to(LIAISON, mails)


async def of_january(office: Office, event: UUID) -> str:
    return await replies(office, f"/events/{event}/2027-01-12")


async def test_a_yes_by_the_link_is_known_at_once_as_given_by_link_and_mails_nobody(office: Office) -> None:
    event, link = await invited(office)
    await office.do(None, link, reply="yes", comment="Running late")
    assert await of_january(office, event) == "2 yes · 0 maybe · 0 no · 6 no reply"
    page = await office.page("coordinator", f"/events/{event}/2027-01-12")
    assert "Running late" in page
    assert await office.mails() == []


async def test_a_scanner_that_follows_every_link_replies_nothing_and_the_person_still_can(office: Office) -> None:
    event, mails = await scheduled(office)
    [mail] = [one for one in mails if str(one["To"]).startswith(LIAISON)]
    links = set(LINK.findall(unescape(words_of(mail))))
    assert {f"{reply_link(mail)}?a={reply}" for reply in ("yes", "maybe", "no")} <= links
    scanner = await office.browser(None)
    for link, method in product(links, ("GET", "HEAD")):
        assert (await scanner.send(method, link)).status_code < 500
    assert await of_january(office, event) == "1 yes · 0 maybe · 0 no · 7 no reply"
    await office.do(None, reply_link(mail), reply="yes", comment="")
    assert await of_january(office, event) == "2 yes · 0 maybe · 0 no · 6 no reply"


async def test_the_page_behind_the_link_names_nobody_else(office: Office) -> None:
    _, link = await invited(office)
    page = (await (await office.browser(None)).get(link)).text
    assert "Steering Committee" in page
    others = ("Fbi lead", "Hsi liaison", "Kcpd detective", "Caht lead", "Harbor advocate", "fbi_lead@")
    assert [name for name in others if name in page] == []


async def test_one_reply_sent_again_and_again_is_one_and_the_last_one_counts(office: Office) -> None:
    event, link = await invited(office)
    for _ in range(3):
        await office.do(None, link, reply="yes", comment="")
    await office.at(clock.now() + timedelta(minutes=1))
    for _ in range(2):
        await office.do(None, link, reply="no", comment="Court")
    assert await of_january(office, event) == "1 yes · 0 maybe · 1 no · 6 no reply"


async def test_a_maybe_with_a_note_is_kept_and_shown_to_the_organizer(office: Office) -> None:
    event, mails = await scheduled(office)
    await office.do(None, link_to("hsi_liaison", mails), reply="maybe", comment="If the hearing ends early")
    assert await of_january(office, event) == "1 yes · 1 maybe · 0 no · 6 no reply"
    assert "If the hearing ends early" in await office.page("coordinator", f"/events/{event}/2027-01-12")


async def test_a_no_to_may_alone_leaves_the_other_dates_open(office: Office) -> None:
    event, _ = await scheduled(office)
    may = f"/events/{event}/2027-05-11"
    await office.do("hhs_liaison", f"{may}/reply", reply="no", scope="one", comment="")
    assert await replies(office, may) == "1 yes · 0 maybe · 1 no · 6 no reply"
    assert await of_january(office, event) == "1 yes · 0 maybe · 0 no · 7 no reply"


async def test_the_mail_of_a_moved_date_asks_about_that_date_alone(office: Office) -> None:
    event, mails = await april_moved(office)
    await office.do(None, link_to(LIAISON, mails), reply="yes", comment="")
    assert await replies(office, f"/events/{event}/2027-04-13") == "2 yes · 0 maybe · 0 no · 6 no reply"
    assert await replies(office, f"/events/{event}/2027-05-11") == "3 yes · 0 maybe · 0 no · 5 no reply"


async def test_after_april_moved_the_link_of_before_says_nothing_about_the_new_day_unasked(office: Office) -> None:
    event, mails = await scheduled(office)
    await office.do(None, link_to(LIAISON, mails), reply="yes", comment="")
    address = f"/events/{event}/2027-04-13/edit"
    await office.fill("coordinator", address, address, date="2027-04-15", starts="13:00", ends="14:30")
    assert await replies(office, f"/events/{event}/2027-04-13") == "1 yes · 0 maybe · 0 no · 7 no reply"


async def test_what_somebody_said_on_the_telephone_is_recorded_by_name(office: Office) -> None:
    event, _ = await scheduled(office)
    address = f"/events/{event}/2027-01-12"
    [who] = office.ids(LIAISON)
    await office.fill("coordinator", address, f"{address}/replies", person=who, reply="yes", note="By phone")
    assert await of_january(office, event) == "2 yes · 0 maybe · 0 no · 6 no reply"
    assert "by Coordinator" in await office.page("coordinator", address)


async def test_the_link_of_a_date_that_is_over_shows_no_title(office: Office) -> None:
    _, mails = await april_moved(office)
    link = link_to(LIAISON, mails)
    await office.at(datetime(2027, 4, 16, 15, tzinfo=UTC))
    page = await (await office.browser(None)).get(link)
    assert page.status_code in (200, 410)
    assert "Steering" not in page.text


async def test_the_link_of_somebody_who_left_is_like_one_that_never_was(office: Office) -> None:
    _, link = await invited(office)
    [member] = office.ids(LIAISON)
    leaving = f"/people/{member}/offboarding"
    assert (await office.review("coordinator", leaving, successor_words="Coordinator")).status_code == 303
    stranger = await office.browser(None)
    forged = await stranger.get(f"{link[:-4]}AAAA")
    for reply in (await stranger.get(link), await stranger.send("POST", link, data={"reply": "yes"})):
        assert (reply.status_code, reply.content) == (forged.status_code, forged.content)


async def test_only_those_who_did_not_reply_are_asked_again_and_not_twice_in_two_days(office: Office) -> None:
    event, link = await invited(office)
    await office.do(None, link, reply="no", comment="")
    await office.mails()
    await office.at(clock.now() + REST)
    address = f"/events/{event}/2027-01-12"
    await office.fill("coordinator", address, f"{address}/nudges")
    asked = recipients(await office.mails())
    assert LIAISON not in asked
    assert len(asked) == 6
    await (await office.browser("coordinator")).post(f"{address}/nudges")
    assert await office.mails() == []
