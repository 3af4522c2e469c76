"""Adding and changing people and their contacts: who may, what is refused, and what others see."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast
from tests.usecases.roster.forms import agency_facts, audit_verbs, column_of_member, facts_of_member, person_facts
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.core.viewers import Role, Viewer
from tracker.rules.roster.directory import AgencyContact, PersonFacts, Profile
from tracker.tables.schema.calendars import Subscription
from tracker.tables.schema.core.tables import AuditEntry
from tracker.tables.schema.roster import Agency, Member
from tracker.usecases.calendars import subscriptions
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.identity.sign_in_attempts import account_of
from tracker.usecases.roster import agencies, csv_import, directory, people
from tracker.usecases.roster.people import change_profile, profile_of, save_person

OLD_PROOF = NOW - timedelta(minutes=15)


async def add_person(viewer: Viewer, facts: PersonFacts, reauthenticated_at: datetime = NOW) -> object:
    return await people.add_person(viewer, facts, reauthenticated_at, NOW)


async def change_person(viewer: Viewer, who: Viewer, facts: PersonFacts, version: int = 1) -> None:
    await people.save_person(viewer, who.member_id, facts, version, NOW, NOW)


@pytest.mark.parametrize("manager", ["coordinator", "administrator"])
async def test_an_administrator_adds_a_person_who_has_not_signed_in_yet(cast: Cast, manager: str) -> None:
    member_id = await people.add_person(cast.members[manager], person_facts(cast), NOW, NOW)
    person = await directory.person_for(cast.coordinator, member_id)
    assert (person.name, person.agency, person.access) == ("KCPD clerk", "KCPD", "Not signed in yet")
    assert await audit_verbs(member_id) == ["added"]


@pytest.mark.parametrize("member", ["kcpd_detective", "fbi_lead", "caht_lead", "auditor"])
async def test_no_one_else_adds_or_changes_anyone(sqlite_cast: Cast, member: str) -> None:
    viewer = sqlite_cast.members[member]
    with pytest.raises(NotAllowed):
        await add_person(viewer, person_facts(sqlite_cast))
    with pytest.raises(NotAllowed):
        await change_person(viewer, viewer, await facts_of_member(sqlite_cast, viewer, name="Other"))


async def test_an_old_proof_is_not_enough(sqlite_cast: Cast) -> None:
    with pytest.raises(NotAllowed, match="15 minutes"):
        await add_person(sqlite_cast.coordinator, person_facts(sqlite_cast), OLD_PROOF)


async def test_every_field_that_cannot_be_taken_is_named(sqlite_cast: Cast) -> None:
    odd = {"name": "", "email": "nobody", "phone": "call me", "zone": "Mars", "agency_id": None}
    with pytest.raises(Invalid) as refused:
        await add_person(sqlite_cast.coordinator, person_facts(sqlite_cast, **odd))
    assert set(refused.value.fields) == {"name", "email", "phone", "zone", "agency"}


async def test_an_address_belongs_to_one_person(cast: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        await add_person(cast.coordinator, person_facts(cast, email=cast.fbi_lead.email))
    assert "email" in refused.value.fields


async def test_no_one_is_added_to_an_agency_that_is_not_active(sqlite_cast: Cast) -> None:
    await Agency.update({Agency.status: "suspended"}).where(Agency.id == sqlite_cast.agencies["KCPD"])
    with pytest.raises(Invalid) as refused:
        await add_person(sqlite_cast.coordinator, person_facts(sqlite_cast))
    assert "agency" in refused.value.fields


async def test_a_last_day_that_is_over_is_refused(sqlite_cast: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        await add_person(sqlite_cast.coordinator, person_facts(sqlite_cast, expires_at=NOW))
    assert "ends" in refused.value.fields


async def test_a_change_holds_at_once_for_whom_it_concerns(cast: Cast) -> None:
    moved = await facts_of_member(cast, cast.kcpd_detective, agency_id=cast.agencies["Harbor House"])
    await change_person(cast.coordinator, cast.kcpd_detective, moved)
    viewer = await viewer_for(cast.kcpd_detective.member_id, NOW)
    assert viewer.agency == "Harbor House"
    assert "arm:victim_services" in viewer.audiences
    assert not any(one.startswith("committee:") for one in viewer.audiences)


async def test_who_comes_back_to_an_agency_does_not_find_the_old_seat(cast: Cast) -> None:
    there = await facts_of_member(cast, cast.kcpd_detective, agency_id=cast.agencies["IPD"])
    await change_person(cast.coordinator, cast.kcpd_detective, there)
    back = await facts_of_member(cast, cast.kcpd_detective, agency_id=cast.agencies["KCPD"])
    await change_person(cast.coordinator, cast.kcpd_detective, back, 2)
    viewer = await viewer_for(cast.kcpd_detective.member_id, NOW)
    assert not any(one.startswith("committee:") for one in viewer.audiences)


async def test_only_a_coordinator_moves_someone_to_the_other_arm(cast: Cast) -> None:
    there = await facts_of_member(cast, cast.harbor_advocate, agency_id=cast.agencies["FBI"])
    with pytest.raises(Invalid) as refused:
        await change_person(cast.administrator, cast.harbor_advocate, there)
    assert list(refused.value.fields) == ["agency"]
    assert (await viewer_for(cast.harbor_advocate.member_id, NOW)).agency == "Harbor House"
    near = await facts_of_member(cast, cast.harbor_advocate, agency_id=cast.agencies["CAHT"])
    await change_person(cast.administrator, cast.harbor_advocate, near)
    await change_person(cast.coordinator, cast.harbor_advocate, there, 2)
    assert (await viewer_for(cast.harbor_advocate.member_id, NOW)).agency == "FBI"


async def test_of_two_administrators_the_second_learns_of_the_first(cast: Cast) -> None:
    await change_person(
        cast.coordinator, cast.ipd_liaison, await facts_of_member(cast, cast.ipd_liaison, phone="816-555-0101")
    )
    with pytest.raises(Conflict):
        await change_person(
            cast.administrator, cast.ipd_liaison, await facts_of_member(cast, cast.ipd_liaison, title="Liaison")
        )
    assert await column_of_member(cast.ipd_liaison.member_id, "phone") == "816-555-0101"


async def test_roles_are_given_and_taken_and_are_in_the_audit_log(cast: Cast) -> None:
    lead = await facts_of_member(cast, cast.ipd_liaison, roles=frozenset({Role.AGENCY_LEAD}))
    await change_person(cast.administrator, cast.ipd_liaison, lead)
    assert (await viewer_for(cast.ipd_liaison.member_id, NOW)).may_schedule
    await change_person(
        cast.administrator, cast.ipd_liaison, await facts_of_member(cast, cast.ipd_liaison, roles=frozenset()), 2
    )
    assert not (await viewer_for(cast.ipd_liaison.member_id, NOW)).may_schedule
    assert await audit_verbs(cast.ipd_liaison.member_id) == ["updated", "updated"]


async def test_only_a_coordinator_makes_someone_coordinator(cast: Cast) -> None:
    leads = await facts_of_member(cast, cast.fbi_lead, roles=frozenset({Role.COORDINATOR}))
    with pytest.raises(Invalid) as refused:
        await change_person(cast.administrator, cast.fbi_lead, leads)
    assert "roles" in refused.value.fields
    with pytest.raises(Invalid):
        await add_person(cast.administrator, person_facts(cast, roles=frozenset({Role.COORDINATOR})))
    await change_person(cast.coordinator, cast.fbi_lead, leads)
    assert (await viewer_for(cast.fbi_lead.member_id, NOW)).is_coordinator


async def test_an_administrator_touches_neither_the_own_account_nor_a_coordinators(cast: Cast) -> None:
    for someone in (cast.administrator, cast.coordinator):
        with pytest.raises(NotAllowed):
            await change_person(cast.administrator, someone, await facts_of_member(cast, someone, name="Other"))


async def test_the_last_coordinator_stays_coordinator(cast: Cast) -> None:
    steps_down = await facts_of_member(cast, cast.coordinator, roles=frozenset())
    with pytest.raises(Invalid, match="no other coordinator"):
        await change_person(cast.coordinator, cast.coordinator, steps_down)
    await change_person(
        cast.coordinator, cast.fbi_lead, await facts_of_member(cast, cast.fbi_lead, roles=frozenset({Role.COORDINATOR}))
    )
    await change_person(cast.coordinator, cast.coordinator, steps_down)
    assert not (await viewer_for(cast.coordinator.member_id, NOW)).is_coordinator


async def test_a_chair_stays_chair_when_their_form_is_saved(cast: Cast) -> None:
    await change_person(
        cast.coordinator, cast.caht_lead, await facts_of_member(cast, cast.caht_lead, title="Chair of the coalition")
    )
    assert (await viewer_for(cast.caht_lead.member_id, NOW)).chairs == {cast.committees["services"]}


async def test_a_guest_can_have_no_role(sqlite_cast: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        await add_person(
            sqlite_cast.coordinator, person_facts(sqlite_cast, is_guest=True, roles=frozenset({Role.AGENCY_LEAD}))
        )
    assert "guest" in refused.value.fields


async def test_who_becomes_a_guest_loses_every_key(cast: Cast) -> None:
    await subscriptions.create_subscription(
        cast.kcpd_detective, "Phone", subscriptions.FeedScope.ALL, NOW, shows_operations=False
    )
    await Member.update({Member.password_hash: "x"}).where(Member.id == cast.kcpd_detective.member_id)
    await change_person(
        cast.coordinator, cast.kcpd_detective, await facts_of_member(cast, cast.kcpd_detective, is_guest=True)
    )
    account = await account_of(cast.kcpd_detective.member_id)
    assert account is not None
    assert (account.is_open(NOW), account.password_hash) == (False, None)
    assert await Subscription.count().where(Subscription.revoked_at.is_null()) == 0
    assert (await viewer_for(cast.kcpd_detective.member_id, NOW)).name == "Kcpd detective"


async def test_no_one_is_not_found(sqlite_cast: Cast) -> None:
    no_one = sqlite_cast.agencies["KCPD"]
    with pytest.raises(NotFound):
        await people.save_person(sqlite_cast.coordinator, no_one, person_facts(sqlite_cast), 1, NOW, NOW)


WANTED = Profile(name="Somebody else", title="Detective", phone="816-555-0142", zone="America/Denver")


async def test_a_member_changes_title_phone_and_zone_and_never_the_name(cast: Cast):
    await change_profile(cast.kcpd_detective, WANTED, NOW)
    assert await profile_of(cast.kcpd_detective) == replace(WANTED, name="Kcpd detective")
    [entry] = await AuditEntry.select().where(AuditEntry.verb == "profile_changed")
    assert entry["facts"] == '{"fields": ["title", "phone", "zone"]}'


async def test_an_administrators_form_that_was_open_before_does_not_undo_it(cast: Cast) -> None:
    who, opened = cast.kcpd_detective, await facts_of_member(cast, cast.kcpd_detective, name="Kcpd sergeant")
    await change_profile(who, WANTED, NOW)
    with pytest.raises(Conflict):
        await save_person(cast.administrator, who.member_id, opened, 1, NOW, NOW)
    assert (await profile_of(who)).phone == WANTED.phone


async def test_a_coordinator_changes_the_own_name_too(sqlite_cast: Cast):
    await change_profile(sqlite_cast.coordinator, WANTED, NOW)
    assert (await profile_of(sqlite_cast.coordinator)).name == "Somebody else"


async def test_what_changes_nothing_is_not_written(sqlite_cast: Cast):
    await change_profile(sqlite_cast.kcpd_detective, await profile_of(sqlite_cast.kcpd_detective), NOW)
    assert not await AuditEntry.exists().where(AuditEntry.verb == "profile_changed")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "x" * 121),
        ("phone", "1" * 41),
        ("zone", "Nowhere"),
        ("zone", ""),
        ("name", " "),
        ("name", "=1+1"),
        ("title", "\u200b-1"),
    ],
)
async def test_what_cannot_be_taken_is_said_at_its_field(sqlite_cast: Cast, field: str, value: str):
    with pytest.raises(Invalid) as refused:
        await change_profile(sqlite_cast.coordinator, replace(WANTED, **{field: value}), NOW)
    assert list(refused.value.fields) == [field]


DESK = AgencyContact(name="Front desk", phone="816-555-0100", email="desk@kcpd.example", address="1125 Locust St")


async def change_own_profile(who: Viewer, **facts: object) -> None:
    await people.change_profile(who, replace(await people.profile_of(who), **facts), NOW)  # type: ignore[arg-type]  # by name


async def mobile_seen_by(viewer: Viewer, who: Viewer) -> str:
    return (await directory.person_for(viewer, who.member_id)).mobile


async def test_a_mobile_number_is_for_those_who_may_know_the_person(cast: Cast) -> None:
    await change_own_profile(cast.kcpd_detective, mobile="816-555-0142")
    assert await mobile_seen_by(cast.kcpd_alternate, cast.kcpd_detective) == "816-555-0142"


async def test_a_person_may_keep_it_for_coordinators_and_administrators(cast: Cast) -> None:
    await change_own_profile(cast.kcpd_detective, mobile="816-555-0142", is_mobile_private=True)
    seen = [await mobile_seen_by(one, cast.kcpd_detective) for one in (cast.coordinator, cast.administrator)]
    assert seen == ["816-555-0142", "816-555-0142"]
    assert await mobile_seen_by(cast.kcpd_alternate, cast.kcpd_detective) == ""
    assert await mobile_seen_by(cast.fbi_lead, cast.kcpd_detective) == ""


async def test_the_audit_log_names_what_changed_and_not_the_number(cast: Cast) -> None:
    await change_own_profile(cast.kcpd_detective, mobile="816-555-0142", is_mobile_private=True)
    [entry] = await AuditEntry.select().where(AuditEntry.verb == "profile_changed")
    assert entry["facts"] == '{"fields": ["mobile", "is_mobile_private"]}'


@pytest.mark.parametrize("field", ["phone", "mobile"])
async def test_a_wrong_number_is_refused_at_its_field(cast: Cast, field: str) -> None:
    with pytest.raises(Invalid, match="area code") as refused:
        await change_own_profile(cast.kcpd_detective, **{field: "call me"})
    assert set(refused.value.fields) == {field}


async def test_a_coordinator_changes_the_numbers_of_a_person(cast: Cast) -> None:
    facts = await facts_of_member(cast, cast.ipd_liaison, mobile="816-555-0143", is_mobile_private=True)
    await people.save_person(cast.coordinator, cast.ipd_liaison.member_id, facts, 1, NOW, NOW)
    person = await directory.person_for(cast.coordinator, cast.ipd_liaison.member_id)
    assert (person.mobile, person.is_mobile_private) == ("816-555-0143", True)


async def test_an_agency_has_a_contact_for_all_who_may_know_it(cast: Cast) -> None:
    made = await agencies.add_agency(cast.coordinator, agency_facts(contact=DESK), NOW, NOW)
    assert (await directory.agency_for(cast.coordinator, made)).contact == DESK
    known = agency_facts(code="KCPD", name="Kansas City, Missouri, Police Department", contact=DESK)
    await agencies.change_agency(cast.coordinator, cast.agencies["KCPD"], known, 1, NOW, NOW)
    assert (await directory.agency_for(cast.fbi_lead, cast.agencies["KCPD"])).contact == DESK


async def test_a_wrong_contact_is_refused_at_its_fields(cast: Cast) -> None:
    odd = AgencyContact(phone="none", email="nobody")
    with pytest.raises(Invalid) as refused:
        await agencies.add_agency(cast.coordinator, agency_facts(contact=odd), NOW, NOW)
    assert set(refused.value.fields) == {"contact_phone", "contact_email"}


async def test_a_list_brings_numbers_and_contacts(cast: Cast) -> None:
    head = "agency_code,name,email,phone,mobile,mobile_private,agency_contact,agency_phone,agency_email,agency_address"
    row = (
        "IPD,Ipd liaison,ipd_liaison@ipd.example,816-555-0150,816-555-0151,yes,"
        "Front desk,816-555-0100,desk@kcpd.example,1125 Locust St"
    )
    report = await csv_import.import_roster(f"{head}\n{row}\n".encode(), NOW, ZONE)
    assert report.faults == ()
    person = await directory.person_for(cast.coordinator, cast.ipd_liaison.member_id)
    assert (person.phone, person.mobile, person.is_mobile_private) == ("816-555-0150", "816-555-0151", True)
    assert (await directory.agency_for(cast.coordinator, cast.agencies["IPD"])).contact == DESK
    again = await csv_import.import_roster(f"{head}\n{row}\n".encode(), NOW, ZONE)
    assert [one.changes for one in again.outcomes] == [()]


async def test_a_wrong_number_in_a_list_names_its_cell(cast: Cast) -> None:
    assert cast
    row = b"agency_code,name,email,mobile\nIPD,Ipd liaison,ipd_liaison@ipd.example,call me\n"
    [fault] = (await csv_import.import_roster(row, NOW, ZONE)).faults
    assert (fault.row, fault.field) == (2, "mobile")
