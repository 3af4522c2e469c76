"""Scenario 6: action items stay on the agenda until they are done; reminders go out on their days, and only then."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.ports.pages.forms import words_of_page
from tests.scenarios.monthly_meeting import october_at_nine, schedule_monthly
from tests.scenarios.office import Office, recipients, words_of
from tracker import clock
from tracker.usecases.events import occurrences

REFERENCE = re.compile(r"AI-[2-9A-Z]+")
LINK = re.compile(r"http://tracker\.test(/u/\S+?)\?s=done")
DECIDED = datetime(2027, 1, 12, 18, tzinfo=UTC)
FEBRUARY_9, MAY_1 = datetime(2027, 2, 9, 17, tzinfo=UTC), datetime(2027, 5, 1, 15, tzinfo=UTC)
PROTOCOL = "Draft language-access protocol"


async def assign_item(office: Office, event: UUID, owner: str, title: str, due: str, key: str = "2027-01-12") -> str:
    """Let the coordinator give an item at a date of a meeting; return its reference."""
    viewer = office.cast.coordinator
    origin = (await occurrences.date_seen_by(viewer, event, key)).id
    form: dict[str, Any] = {"title": title, "owner_words": owner.replace("_", " "), "due": due, "origin": origin}
    assert (
        await office.fill("coordinator", f"/action-items?origin={origin}", "/action-items", **form)
    ).status_code == 303
    page = await office.page("coordinator", "/action-items")
    return REFERENCE.findall(page[: page.index(title)])[-1]


async def decided(office: Office) -> tuple[UUID, str]:
    """Step 1: on January 12 the coalition's lead takes the protocol on, until the next meeting."""
    event, _ = await schedule_monthly(office)
    await office.at(DECIDED)
    await office.emails()
    return event, await assign_item(office, event, "caht_lead", PROTOCOL, "2027-02-09")


async def reminded(office: Office, first: date, last: date) -> dict[str, list[str]]:
    """Return who is reminded of an item in the morning of each day, where someone is."""
    people_reminded = {}
    for number in range((last - first).days + 1):
        morning = datetime.combine(first + timedelta(days=number), time(8), ZoneInfo("America/Chicago"))
        await office.at(morning.astimezone(UTC))
        related_emails = [email for email in await office.emails() if PROTOCOL in words_of(email)]
        if related_emails:
            people_reminded[f"{morning:%b} {morning.day}"] = recipients(related_emails)
    return people_reminded


async def test_the_owner_gets_one_email_and_closes_the_item_by_its_link(office: Office) -> None:
    _, reference = await decided(office)
    [email] = await office.emails()
    assert recipients([email]) == ["caht_lead"]
    match = LINK.search(words_of(email))
    assert match
    stranger = await office.browser(None)
    assert (await stranger.get(f"{match[1]}?s=done")).status_code == 200
    assert "Done" not in await _state(office, reference)
    await office.do(None, match[1], version="1", status="done", note="Sent to everybody")
    assert "Done" in await _state(office, reference)


async def test_an_item_of_law_enforcement_leaves_no_trace_for_the_coalition(office: Office) -> None:
    event, _ = await decided(office)
    secret = {
        "title": "Share the van schedule",
        "owner_words": "kcpd detective",
        "due": "2027-01-26",
        "seen_by": "law_enforcement",
    }
    assert (await office.fill("coordinator", "/action-items", "/action-items", **secret)).status_code == 303
    emails = await office.emails()
    assert [word for email in emails for word in ("van schedule",) if word in str(email["Subject"])] == []
    for path in ("/action-items", "/", "/search?q=schedule", f"/events/{event}/2027-02-09"):
        assert "Share the van schedule" not in await office.page("caht_lead", path)
    assert "1 open" in words_of_page(await office.page("caht_lead", "/action-items"))


async def test_the_owner_is_reminded_a_week_and_a_day_before_and_on_the_day(office: Office) -> None:
    """Step 2."""
    await decided(office)
    await office.emails()
    assert await reminded(office, date(2027, 1, 13), date(2027, 2, 9)) == {
        day: ["caht_lead"] for day in ("Feb 2", "Feb 8", "Feb 9")
    }


async def test_an_overdue_item_climbs_from_its_owner_who_is_the_primary_to_the_coordinator(office: Office) -> None:
    """Step 5: the coordinator hears of it on the primary's day, and again on the day that is the coordinator's."""
    event, _ = await schedule_monthly(office)
    await office.at(DECIDED)
    await assign_item(office, event, "caht_lead", PROTOCOL, "2027-03-09")
    await office.emails()
    assert await reminded(office, date(2027, 3, 1), date(2027, 3, 18)) == {
        "Mar 2": ["caht_lead"],
        "Mar 8": ["caht_lead"],
        "Mar 9": ["caht_lead"],
        "Mar 10": ["caht_lead"],
        "Mar 13": ["coordinator"],
        "Mar 17": ["caht_lead", "coordinator"],
    }


async def test_an_item_counts_the_meetings_that_took_place_while_it_was_open(office: Office) -> None:
    """Step 6: June counts only once it was restored and held, and none after the item is done."""
    event, reference = await decided(office)
    who, counts = office.cast.coordinator, {}
    for day in ("2027-01-13", "2027-02-10", "2027-03-10", "2027-06-07", "2027-06-09", "2027-06-23"):
        await office.at(datetime.fromisoformat(f"{day}T15:00+00:00"))
        if day == "2027-06-07":
            june = await occurrences.date_seen_by(who, event, "2027-06-08")
            await occurrences.cancel_occurrence(who, event, "2027-06-08", june.version, "", clock.now())
        counts[day[5:]] = await _carried(office, reference)
    assert counts == {"01-13": "", "02-10": "1 meeting", "03-10": "2 meetings"} | dict.fromkeys(
        ("06-07", "06-09", "06-23"), "4 meetings"
    )
    june = await occurrences.date_seen_by(who, event, "2027-06-08")
    await occurrences.restore_occurrence(who, event, "2027-06-08", june.version, clock.now())
    assert await _carried(office, reference) == "5 meetings"
    await office.fill("caht_lead", f"/action-items/{reference}", f"/action-items/{reference}", status="done")
    await office.at(datetime(2027, 9, 1, 15, tzinfo=UTC))
    assert await _carried(office, reference) == "5 meetings"


async def test_another_due_day_has_its_own_reminders_and_the_old_one_none(office: Office) -> None:
    """Step 11."""
    _, reference = await decided(office)
    await reminded(office, date(2027, 1, 13), date(2027, 2, 5))
    address = f"/action-items/{reference}"
    assert (await office.fill("coordinator", address, address, due="2027-02-16")).status_code == 303
    assert await reminded(office, date(2027, 2, 6), date(2027, 2, 16)) == {
        day: ["caht_lead"] for day in ("Feb 9", "Feb 15", "Feb 16")
    }


async def test_after_an_outage_over_the_due_day_there_is_one_email(office: Office) -> None:
    """Step 10: out of service from February 8, 7:00 AM, to February 9, 9:00 AM."""
    await decided(office)
    await office.at(datetime(2027, 2, 8, 13, tzinfo=UTC))
    await office.emails()
    await office.at(datetime(2027, 2, 9, 15, tzinfo=UTC))
    [email] = [one for one in await office.emails() if PROTOCOL in words_of(one)]
    assert (recipients([email]), "This reminder is late" in words_of(email)) == (["caht_lead"], True)


async def test_an_open_item_is_at_every_later_meeting_until_it_is_done(office: Office) -> None:
    event, reference = await decided(office)
    for key in ("2027-02-09", "2027-03-09"):
        assert reference in await office.page("coordinator", f"/events/{event}/{key}")
    await office.at(FEBRUARY_9)
    page = await office.page("caht_lead", f"/action-items/{reference}")
    assert PROTOCOL in page
    await office.fill("caht_lead", f"/action-items/{reference}", f"/action-items/{reference}", status="done")
    assert reference not in await office.page("coordinator", f"/events/{event}/2027-03-09")


async def test_the_items_of_the_committee_follow_it_into_the_series_that_continues(office: Office) -> None:
    new, old = await october_at_nine(office)
    reference = await assign_item(office, old.event, "caht_lead", PROTOCOL, "2027-11-30", "2027-07-13")
    for event, key in ((old.event, "2027-09-14"), (new, "2027-10-12"), (new, "2027-11-09")):
        assert reference in await office.page("coordinator", f"/events/{event}/{key}"), key


async def test_an_item_of_june_keeps_its_due_day_when_june_is_canceled(office: Office) -> None:
    event, _ = await schedule_monthly(office)
    reference = await assign_item(office, event, "ipd_liaison", "Renew the memorandum", "2027-06-08", "2027-06-08")
    canceling = f"/events/{event}/2027-06-08/cancellation"
    assert (await office.fill("coordinator", canceling, canceling, reason="Conference")).status_code == 303
    assert "Tue, Jun 8" in words_of_page(await office.page("ipd_liaison", f"/action-items/{reference}"))


async def test_anyone_who_neither_owns_nor_gave_an_item_cannot_close_it(office: Office) -> None:
    _, reference = await decided(office)
    other = await office.browser("harbor_advocate")
    assert (await other.get(f"/action-items/{reference}")).status_code == 200
    closing = await other.post(f"/action-items/{reference}/completion", {"version": "1"})
    assert closing.status_code == 403
    assert "Done" not in await _state(office, reference)


async def test_an_item_without_an_owner_cannot_be_given(office: Office) -> None:
    form = {"title": "Nobody's task", "owner_words": "", "due": "2027-02-09"}
    refused = await office.fill("coordinator", "/action-items", "/action-items", **form)
    assert refused.status_code == 422
    assert "Nobody&#39;s task" in refused.text or "Nobody's task" in refused.text


async def test_who_leaves_hands_over_what_is_open_and_the_history_keeps_the_name(office: Office) -> None:
    _, reference = await decided(office)
    await office.at(MAY_1)
    [lead] = office.ids("caht_lead")
    leaving = f"/people/{lead}/offboarding"
    refused = await office.fill("coordinator", leaving, leaving, successor="")
    assert refused.status_code == 422
    assert (await office.review("coordinator", leaving, successor_words="Caht alternate")).status_code == 303
    page = words_of_page(await office.page("caht_alternate", f"/action-items/{reference}"))
    assert "Caht alternate (CAHT)" in page
    assert "Caht lead" in page


async def test_the_report_says_what_was_given_and_done_and_how_long_it_took(office: Office) -> None:
    _, reference = await decided(office)
    await office.at(datetime(2027, 5, 11, 17, tzinfo=UTC))
    address = f"/action-items/{reference}"
    assert (await office.fill("caht_lead", address, address, status="done", note="Adopted")).status_code == 303
    await office.at(datetime(2027, 7, 1, 15, tzinfo=UTC))
    for of in ("given", "closed"):
        rows = words_of_page(await office.page("coordinator", f"/reports/rows?period=2027-H1&part=items&of={of}"))
        assert PROTOCOL in rows, of
    assert "119" in words_of_page(await office.page("coordinator", "/reports?period=2027-H1"))


async def _carried(office: Office, reference: str) -> str:
    match = re.search(
        r"Carried over (\d+ meetings?)", words_of_page(await office.page("coordinator", f"/action-items/{reference}"))
    )
    return match[1] if match else ""


async def _state(office: Office, reference: str) -> str:
    """Return what the page of an item says above its history."""
    page = words_of_page(await office.page("coordinator", f"/action-items/{reference}"))
    return page[page.index("Status") :][:60] if "Status" in page else page
