"""The roster as a list: what is exported can be imported again, and then changes nothing."""

import csv
import io
from typing import Any

from tests.cast import NOW, ZONE, Cast
from tracker.tables.schema.core.tables import AuditEntry
from tracker.tables.schema.roster import Agency, Member
from tracker.usecases.roster import csv_import, directory


async def exported() -> list[dict[str, str]]:
    content = (await directory.export_roster(NOW)).content
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


async def test_an_exported_list_changes_nothing_when_it_is_imported(cast: Cast) -> None:
    numbers: dict[Any, Any] = {Member.phone: "+1 816-555-0150", Member.mobile: "816-555-0151"}
    private: dict[Any, Any] = {**numbers, Member.is_mobile_private: True}
    await Member.update(private).where(Member.id == cast.caht_lead.member_id)
    contact: dict[Any, Any] = {Agency.contact_name: "Front desk", Agency.contact_phone: "+1 816-555-0100"}
    await Agency.update(contact).where(Agency.code == "KCPD")
    found = await directory.export_roster(NOW)
    report = await csv_import.import_roster(found.content, NOW, ZONE)
    assert (report.faults, report.notes) == ((), [])
    assert len(report.outcomes) == found.people == len(cast.members)
    assert [one for one in report.outcomes if one.is_new or one.changes] == []


async def test_it_says_seats_roles_numbers_and_contacts(cast: Cast) -> None:
    await Member.update({Member.mobile: "816-555-0151"}).where(Member.id == cast.caht_lead.member_id)
    [lead] = [row for row in await exported() if row["name"] == "Caht lead"]
    assert lead["seats"] == "Steering Committee (primary); Victim Services Committee (chair)"
    assert (lead["roles"], lead["mobile"], lead["mobile_private"]) == ("agency_lead", "816-555-0151", "no")


async def test_people_who_left_are_not_in_it(cast: Cast) -> None:
    await Member.update({Member.status: "departed"}).where(Member.id == cast.ipd_liaison.member_id)
    assert "Ipd liaison" not in {row["name"] for row in await exported()}


async def test_an_export_is_in_the_audit_log(cast: Cast) -> None:
    assert cast
    await exported()
    [entry] = await AuditEntry.select().where(AuditEntry.verb == "exported")
    assert (entry["subject"], entry["source"]) == ("roster", "cli")
