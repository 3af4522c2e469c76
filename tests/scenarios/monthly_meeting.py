"""The year of the Steering Committee: what the coordinator and the others do, step by step, each at its moment."""

import re
from datetime import datetime
from email.message import EmailMessage
from typing import Any, NamedTuple
from uuid import UUID

import httpx

from tests.scenarios.office import Office, event_in, reply_link

SERIES: dict[str, Any] = {
    "title": "Steering Committee",
    "date": "2027-01-12",
    "starts": "10:00",
    "ends": "11:30",
    "repeat": "monthly_nth",
    "until": "2027-12-31",
    "place": "USAO conference room",
    "visibility": "committee",
}
INVITED = ["caht_lead", "fbi_lead", "harbor_advocate", "hhs_liaison", "hsi_liaison", "ipd_liaison", "kcpd_detective"]
"""Who holds a seat, but for the coordinator, in the order of their names."""
REPLIES = re.compile(r"\d+ yes · \d+ maybe · \d+ no · \d+ no reply")
APRIL_1, MAY_3, MAY_4, AUGUST_1 = (
    datetime.fromisoformat(f"2027-{day}T15:00+00:00") for day in ("04-01", "05-03", "05-04", "08-01")
)


class Notified(NamedTuple):
    """An event, and the emails that the last deed sent."""

    event: UUID
    emails: list[EmailMessage]


def typed_in(office: Office, **changes: Any) -> dict[str, Any]:
    """Return what the coordinator types into the form of the series."""
    committee = str(office.cast.committees["steering"])
    return {**SERIES, "committee": committee, "seats": [committee], **changes}


async def schedule_monthly(office: Office) -> Notified:
    """Step 2: the coordinator sends the form."""
    form = typed_in(office, save="send")
    event = event_in(await office.fill("coordinator", "/schedule", "/events", **form))
    return Notified(event, await office.emails())


async def reply_three_ways(office: Office) -> UUID:
    """Step 3: one accepts on the page, one declines June, one answers by the link in her email."""
    event, emails = await schedule_monthly(office)
    await _replies(office, "fbi_lead", f"/events/{event}/2027-01-12", reply="yes", scope="series")
    await _replies(office, "kcpd_detective", f"/events/{event}/2027-06-08", reply="no", scope="one")
    [hers] = [one for one in emails if str(one["To"]).startswith("caht_lead")]
    saved = await (await office.browser(None)).send("POST", reply_link(hers), data={"reply": "yes", "comment": ""})
    assert saved.status_code == 303
    return event


async def april_moved(office: Office) -> Notified:
    """Step 4: on April 1 the meeting of April 13 moves to Thursday the 15th at one."""
    event = await reply_three_ways(office)
    await office.at(APRIL_1)
    await office.emails()
    address = f"/events/{event}/2027-04-13/edit"
    moved = {"date": "2027-04-15", "starts": "13:00", "ends": "14:30", "reason": "courtroom conflict"}
    assert (await office.fill("coordinator", address, address, **moved)).status_code == 303
    return Notified(event, await office.emails())


async def june_canceled(office: Office) -> Notified:
    """Step 6: the coordinator cancels June."""
    event, _ = await april_moved(office)
    await office.at(MAY_3)
    await office.emails()
    address = f"/events/{event}/2027-06-08/cancellation"
    assert (await office.fill("coordinator", address, address, reason="Conference week")).status_code == 303
    return Notified(event, await office.emails())


async def june_back(office: Office) -> Notified:
    """Step 7: and brings it back the next day."""
    event, _ = await june_canceled(office)
    await office.at(MAY_4)
    await office.emails()
    address = f"/events/{event}/2027-06-08"
    assert (await office.fill("coordinator", address, f"{address}/restoration")).status_code == 303
    return Notified(event, await office.emails())


async def october_at_nine(office: Office) -> tuple[UUID, Notified]:
    """Step 8: on August 1, from October on at nine. Return the new series, and the old with the emails."""
    event, _ = await june_back(office)
    await office.at(AUGUST_1)
    await office.emails()
    address = f"/events/{event}/edit"
    change = {"starts": "09:00", "ends": "10:30", "save": "send"}
    new = event_in(await office.fill("coordinator", f"{address}?from=2027-10-12", address, **change))
    return new, Notified(event, await office.emails())


async def moved_onto_may(office: Office, event: UUID) -> httpx.Response:
    """Negative: July's date is moved onto the day of May's."""
    address = f"/events/{event}/2027-07-13/edit"
    return await office.fill("coordinator", address, address, date="2027-05-11", reason="Kept as typed")


async def replies(office: Office, address: str) -> str:
    """Return what a page says to the coordinator of the replies to a date."""
    match = REPLIES.search(await office.page("coordinator", address))
    assert match
    return match[0]


async def _replies(office: Office, person: str, address: str, **form: str) -> None:
    browser = await office.browser(person)
    assert (await browser.post(f"{address}/reply", {"comment": "", **form})).status_code == 303
