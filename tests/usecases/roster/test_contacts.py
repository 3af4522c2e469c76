"""Phone numbers and contacts: who changes them, who sees them, and what the audit log says."""

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast
from tests.usecases.roster.forms import agency, facts_of
from tracker.errors import Invalid
from tracker.rules.core.viewers import Viewer
from tracker.rules.roster.directory import AgencyContact
from tracker.tables.schema.core.tables import AuditEntry
from tracker.usecases.roster import agencies, csv_import, directory, people

DESK = AgencyContact(name="Front desk", phone="816-555-0100", email="desk@kcpd.example", address="1125 Locust St")


async def own(who: Viewer, **facts: object) -> None:
    await people.change_profile(who, replace(await people.profile_of(who), **facts), NOW)  # type: ignore[arg-type]  # by name


async def mobile_seen_by(viewer: Viewer, who: Viewer) -> str:
    return (await directory.person_for(viewer, who.member_id)).mobile


async def test_a_mobile_number_is_for_those_who_may_know_the_person(cast: Cast) -> None:
    await own(cast.kcpd_detective, mobile="816-555-0142")
    assert await mobile_seen_by(cast.kcpd_alternate, cast.kcpd_detective) == "816-555-0142"


async def test_a_person_may_keep_it_for_coordinators_and_administrators(cast: Cast) -> None:
    await own(cast.kcpd_detective, mobile="816-555-0142", is_mobile_private=True)
    seen = [await mobile_seen_by(one, cast.kcpd_detective) for one in (cast.coordinator, cast.administrator)]
    assert seen == ["816-555-0142", "816-555-0142"]
    assert await mobile_seen_by(cast.kcpd_alternate, cast.kcpd_detective) == ""
    assert await mobile_seen_by(cast.fbi_lead, cast.kcpd_detective) == ""


async def test_the_audit_log_names_what_changed_and_not_the_number(cast: Cast) -> None:
    await own(cast.kcpd_detective, mobile="816-555-0142", is_mobile_private=True)
    [entry] = await AuditEntry.select().where(AuditEntry.verb == "profile_changed")
    assert entry["facts"] == '{"fields": ["mobile", "is_mobile_private"]}'


@pytest.mark.parametrize("field", ["phone", "mobile"])
async def test_a_wrong_number_is_refused_at_its_field(cast: Cast, field: str) -> None:
    with pytest.raises(Invalid, match="area code") as refused:
        await own(cast.kcpd_detective, **{field: "call me"})
    assert set(refused.value.fields) == {field}


async def test_a_coordinator_changes_the_numbers_of_a_person(cast: Cast) -> None:
    facts = await facts_of(cast, cast.ipd_liaison, mobile="816-555-0143", is_mobile_private=True)
    await people.save_person(cast.coordinator, cast.ipd_liaison.member_id, facts, 1, NOW, NOW)
    found = await directory.person_for(cast.coordinator, cast.ipd_liaison.member_id)
    assert (found.mobile, found.is_mobile_private) == ("816-555-0143", True)


async def test_an_agency_has_a_contact_for_all_who_may_know_it(cast: Cast) -> None:
    made = await agencies.add_agency(cast.coordinator, agency(contact=DESK), NOW, NOW)
    assert (await directory.agency_for(cast.coordinator, made)).contact == DESK
    known = agency(code="KCPD", name="Kansas City, Missouri, Police Department", contact=DESK)
    await agencies.change_agency(cast.coordinator, cast.agencies["KCPD"], known, 1, NOW, NOW)
    assert (await directory.agency_for(cast.fbi_lead, cast.agencies["KCPD"])).contact == DESK


async def test_a_wrong_contact_is_refused_at_its_fields(cast: Cast) -> None:
    odd = AgencyContact(phone="none", email="nobody")
    with pytest.raises(Invalid) as refused:
        await agencies.add_agency(cast.coordinator, agency(contact=odd), NOW, NOW)
    assert set(refused.value.fields) == {"contact_phone", "contact_email"}


async def test_a_list_brings_numbers_and_contacts(cast: Cast) -> None:
    head = "agency_code,name,email,phone,mobile,mobile_private,agency_contact,agency_phone,agency_email,agency_address"
    row = (
        "IPD,Ipd liaison,ipd_liaison@ipd.example,816-555-0150,816-555-0151,yes,"
        "Front desk,816-555-0100,desk@kcpd.example,1125 Locust St"
    )
    report = await csv_import.import_roster(f"{head}\n{row}\n".encode(), NOW, ZONE)
    assert report.faults == ()
    found = await directory.person_for(cast.coordinator, cast.ipd_liaison.member_id)
    assert (found.phone, found.mobile, found.is_mobile_private) == ("816-555-0150", "816-555-0151", True)
    assert (await directory.agency_for(cast.coordinator, cast.agencies["IPD"])).contact == DESK
    again = await csv_import.import_roster(f"{head}\n{row}\n".encode(), NOW, ZONE)
    assert [one.changes for one in again.outcomes] == [()]


async def test_a_wrong_number_in_a_list_names_its_cell(cast: Cast) -> None:
    assert cast
    row = b"agency_code,name,email,mobile\nIPD,Ipd liaison,ipd_liaison@ipd.example,call me\n"
    [fault] = (await csv_import.import_roster(row, NOW, ZONE)).faults
    assert (fault.row, fault.field) == (2, "mobile")
