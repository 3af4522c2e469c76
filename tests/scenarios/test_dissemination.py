"""The dissemination record of an operation: which version each person had, through what, also after their removal."""

import re
from uuid import UUID

from tests.scenarios.bluestem import BLUESTEM_DAY, MAY_10, MAY_14, schedule_bluestem
from tests.scenarios.office import Office

ROW = re.compile(r'<th scope="row"[^>]*>(.*?)</th>' + r"\s*<td[^>]*>(.*?)</td>" * 3, re.DOTALL)


async def bluestem(office: Office) -> UUID:
    event = await schedule_bluestem(office)
    await office.do("fbi_lead", f"/events/{event}/{BLUESTEM_DAY}/plan")
    return event


async def record(office: Office, event: UUID, person: str) -> list[tuple[str, str, str]]:
    """Return version, outlet, and time of each row about a person."""
    page = await office.page("fbi_lead", f"/events/{event}/{BLUESTEM_DAY}/plan/access")
    found = ROW.findall(page.partition('id="record-h"')[2])
    rows = [[" ".join(re.sub(r"<[^>]*>", "", cell).split()) for cell in row] for row in found]
    return [(who, version, f"{outlet}, {at}") for who, version, outlet, at in rows if who.startswith(person)]


async def test_a_person_who_was_removed_is_on_record_with_the_version_they_had(office: Office) -> None:
    event = await bluestem(office)
    await office.mails()
    await office.at(MAY_10)
    address = f"/events/{event}/edit"
    await office.fill("fbi_lead", address, address, place="Lot south", save="send")
    await office.page("ipd_liaison", f"/events/{event}/{BLUESTEM_DAY}/plan")
    await office.at(MAY_14)
    [ipd] = office.ids("ipd_liaison")
    await office.do("fbi_lead", f"/events/{event}/{BLUESTEM_DAY}/plan/access/people/{ipd}/removal")
    gone = "Ipd liaison (IPD) no longer on the operation"
    assert await record(office, event, "Ipd liaison") == [
        (gone, "Event 1", "Email, Tue, Dec 15, 9:05 AM"),
        (gone, "Event 2, plan 1", "Web page, Mon, May 10, 10:00 AM"),
    ]


async def test_a_feed_and_a_printed_brief_are_outlets_of_their_own(office: Office) -> None:
    event = await bluestem(office)
    await office.fetch(await office.subscribe("kcpd_detective", shows_operations="yes"))
    [kcpd] = office.ids("kcpd_detective")
    await office.do("fbi_lead", f"/events/{event}/{BLUESTEM_DAY}/plan/brief", member=kcpd)
    rows = await record(office, event, "Kcpd detective")
    assert [(version, outlet.partition(",")[0]) for _, version, outlet in rows] == [
        ("Event 1", "Calendar feed"),
        ("Event 1, plan 1", "Printed brief"),
    ]


async def test_the_record_is_for_the_people_who_lead_it_alone(office: Office) -> None:
    event = await bluestem(office)
    await office.page("ipd_liaison", f"/events/{event}/{BLUESTEM_DAY}")
    page = await office.page("hsi_liaison", f"/events/{event}/{BLUESTEM_DAY}/plan/access")
    assert "Ipd liaison" not in page
    assert "Dissemination record" not in page
