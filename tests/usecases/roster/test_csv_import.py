"""The roster as a list: importing it all or nothing, and exporting what can be imported again."""

import csv
import io
from typing import Any

import pytest

from tests.cast import NOW, ZONE, Cast, meeting
from tests.ports.browser import session_of
from tests.usecases.roster.forms import column_of_member
from tracker.crypto import keys
from tracker.database import Engine
from tracker.errors import Invalid, NotFound, TooLarge
from tracker.rules.core.viewers import Role, Visibility
from tracker.rules.roster.csv_file import LARGEST
from tracker.tables.background.events import invitees
from tracker.tables.schema.core.tables import AuditEntry
from tracker.tables.schema.roster import Agency, Committee, Member, MemberRole, SeatHolder
from tracker.usecases.core import audit
from tracker.usecases.core.viewers import viewer_for, viewer_of_session
from tracker.usecases.events import scheduling
from tracker.usecases.identity import sign_in_attempts as account_deeds
from tracker.usecases.roster import accounts, committees, csv_import, directory
from tracker.usecases.roster.csv_import import (
    LEFT_WITHOUT,
    NO_COORDINATOR,
    RosterImportReport,
    import_for_manager,
    import_roster,
)
from tracker.usecases.roster.known_people import all_candidates, people_to_invite
from tracker.usecases.roster.people import ONLY_COORDINATORS_MOVE_PEOPLE

HEAD = "agency_code,agency_name,arm,level,coalition,name,email,title,phone,roles,seats\n"
COORDINATOR = (
    "USAO,U.S. Attorney's Office,Law enforcement,federal,,Coordinator,boss@usao.example,,,coordinator,Steering\n"
)
ADVOCATE = (
    "Bridge,Bridge Legal,victim services,NGO,CAHT,Advocate,advocate@bridge.example,Attorney,+1 816-555-0100,,"
    "Steering (alternate)\n"
)
LEAD = (
    "CAHT,Coalition,victim_services,non-governmental,,CAHT lead,Lead@CAHT.example,,,agency_lead,"
    "Services (chair); Steering\n"
)
FILE = HEAD + COORDINATOR + ADVOCATE + LEAD


@pytest.fixture
def empty(database: Engine) -> Engine:
    keys.use_secret("a secret of the tests, long enough")
    return database


async def import_text(text: str, *, is_trial: bool = False) -> RosterImportReport:
    return await import_roster(text.encode(), NOW, ZONE, is_trial=is_trial)


async def member_id(email: str) -> object:
    account = await account_deeds.account_at(email)
    return account.member_id if account else None


async def test_a_file_makes_agencies_members_roles_committees_and_seats(empty: Engine) -> None:
    await import_text(FILE)
    lead = await viewer_for(await member_id("lead@caht.example"), NOW)
    committee = await Committee.select(Committee.id).where(Committee.name == "Services").first()
    assert (lead.agency, lead.roles) == ("CAHT", {Role.AGENCY_LEAD, Role.COMMITTEE_CHAIR})
    assert lead.chairs == {committee["id"]}
    assert await SeatHolder.count() == 4


async def test_a_coalition_may_be_below_its_members(empty: Engine) -> None:
    await import_text(FILE)
    bridge = await Agency.select(Agency.coalition.code).where(Agency.code == "Bridge").first()
    assert bridge["coalition.code"] == "CAHT"


async def test_the_report_names_each_row(empty: Engine) -> None:
    report = await import_text(FILE)
    assert [(one.row, one.name, one.is_new) for one in report.outcomes] == [
        (2, "Coordinator", True),
        (3, "Advocate", True),
        (4, "CAHT lead", True),
    ]
    assert "Steering is a new committee." in report.notes


async def test_the_same_file_again_changes_nothing(empty: Engine) -> None:
    await import_text(FILE)
    before = await Member.select().order_by(Member.email)
    report = await import_text(FILE)
    assert [(one.is_new, one.changes) for one in report.outcomes] == [(False, ())] * 3
    assert await Member.select().order_by(Member.email) == before
    assert await SeatHolder.count() == 4


async def test_a_member_is_known_by_the_address_and_takes_what_the_file_says(empty: Engine) -> None:
    await import_text(FILE)
    report = await import_text("agency_code,name,email,title\nUSAO,Advocate,ADVOCATE@bridge.example,\n")
    row = await Member.select(Member.title, Member.phone, Member.agency.code).where(Member.name == "Advocate").first()
    assert report.outcomes[0].changes == ("title", "agency")
    assert row == {"title": "", "phone": "+1 816-555-0100", "agency.code": "USAO"}


async def test_what_a_missing_column_would_say_stays(empty: Engine) -> None:
    await import_text(FILE)
    await import_text("agency_code,name,email\nCAHT,CAHT lead,lead@caht.example\n")
    lead = await viewer_for(await member_id("lead@caht.example"), NOW)
    assert Role.AGENCY_LEAD in lead.roles
    assert lead.chairs


async def test_an_empty_cell_takes_roles_and_seats_away(empty: Engine) -> None:
    await import_text(FILE)
    await import_text("agency_code,name,email,roles,seats\nCAHT,CAHT lead,lead@caht.example,,\n")
    lead = await viewer_for(await member_id("lead@caht.example"), NOW)
    assert (lead.roles, lead.chairs) == (frozenset(), frozenset())


async def test_a_new_primary_makes_the_former_an_alternate_and_the_report_says_so(cast: Cast) -> None:
    report = await import_text(
        "agency_code,name,email,seats\nKCPD,KCPD sergeant,sergeant@kcpd.example,Steering Committee\n"
    )
    assert [note for note in report.notes if "Kcpd detective" in note]
    former_primary = await viewer_for(cast.kcpd_detective.member_id, NOW)
    assert former_primary.audiences >= {f"committee:{cast.committees['steering']}"}


async def test_a_departed_member_has_no_way_in(cast: Cast) -> None:
    await import_text("agency_code,name,email,status\nKCPD,Kcpd detective,kcpd_detective@kcpd.example,departed\n")
    account = await account_deeds.account_of(cast.kcpd_detective.member_id)
    assert account is not None
    assert not account.is_open(NOW)


async def test_one_bad_row_keeps_every_row_out(empty: Engine) -> None:
    report = await import_text(FILE.replace("advocate@bridge.example", "advocate at bridge"))
    assert [(one.row, one.field) for one in report.faults] == [(3, "email")]
    assert (await Agency.count(), await Member.count(), await Committee.count()) == (0, 0, 0)


async def test_a_fault_that_shows_only_in_the_database_keeps_every_row_out(cast: Cast) -> None:
    known = await Member.count()
    report = await import_text(
        "agency_code,name,email\nKCPD,Another,another@kcpd.example\nDEA,Agent,agent@dea.example\n"
    )
    assert [(one.row, one.field) for one in report.faults] == [(3, "arm")]
    assert await Member.count() == known


async def test_a_trial_says_what_would_happen_and_writes_nothing(empty: Engine) -> None:
    report = await import_text(FILE, is_trial=True)
    assert len(report.outcomes) == 3
    assert (await Agency.count(), await Member.count(), await AuditEntry.count()) == (0, 0, 0)


async def test_someone_must_be_coordinator_afterward(empty: Engine) -> None:
    report = await import_text(HEAD + LEAD)
    assert [one.sentence for one in report.faults] == [NO_COORDINATOR]


async def test_every_change_is_in_the_audit_log(empty: Engine) -> None:
    await import_text(FILE)
    verbs = await AuditEntry.select(AuditEntry.verb, AuditEntry.subject, AuditEntry.source).order_by(AuditEntry.seq)
    assert {(row["verb"], row["subject"]) for row in verbs} >= {("added", "member"), ("imported", "roster")}
    assert {row["source"] for row in verbs} == {"cli"}
    assert await audit.verify_chain() is None


async def test_a_row_of_a_known_agency_needs_no_more_than_its_code(cast: Cast) -> None:
    await import_text("agency_code,name,email\nkcpd,KCPD sergeant,sergeant@kcpd.example\n")
    known = await all_candidates(people_to_invite(cast.coordinator))
    assert [one.agency for one in known if one.name == "KCPD sergeant"] == ["KCPD"]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b" \r\n\r\n", "empty"),
        (FILE.encode("utf-16"), "UTF-8"),
        (FILE.replace("Coordinator,", "Coördinator,").encode("cp1252"), "Line 2"),
        (FILE.encode() + b"\0", "isn’t text"),
        (b"name;email\n", "agency_code"),
        (b"agency_code,name,email,shoe size\n", "shoe_size"),
        (b"agency_code,name,email,name\n", "twice"),
        (b"agency_code,name,email\n", "no people"),
        (b'agency_code,name,email\nKCPD,"no end,a@b.example\n', "quote is missing"),
        (b"\x89PNG\r\n\x1a\n", "UTF-8"),
    ],
)
async def test_a_file_that_is_no_roster_is_refused_in_a_sentence(empty: Engine, content: bytes, word: str) -> None:
    with pytest.raises(Invalid, match=word):
        await import_roster(content, NOW, ZONE)


async def test_a_huge_file_is_refused_unread(empty: Engine) -> None:
    with pytest.raises(TooLarge, match="2 MB"):
        await import_roster(b"x" * (LARGEST + 1), NOW, ZONE)


async def test_a_byte_order_mark_and_windows_line_ends_are_taken(empty: Engine) -> None:
    report = await import_roster(b"\xef\xbb\xbf" + FILE.replace("\n", "\r\n").encode(), NOW, ZONE)
    assert len(report.outcomes) == 3


async def test_role_rows_are_never_doubled(empty: Engine) -> None:
    await import_text(FILE)
    await import_text(FILE)
    assert await MemberRole.count() == 3


async def test_every_role_but_a_chairs_is_given_by_the_file(empty: Engine) -> None:
    managers = "USAO,,,,,Keeper,keeper@usao.example,,,administrator; Auditor; agency lead,\n"
    await import_text(HEAD + COORDINATOR + managers)
    account = await account_deeds.account_at("keeper@usao.example")
    assert account is not None
    viewer = await viewer_for(account.member_id, NOW)
    assert viewer.roles == {Role.ADMINISTRATOR, Role.AUDITOR, Role.AGENCY_LEAD}


async def test_a_member_suspended_by_the_file_has_no_session_left(cast: Cast) -> None:
    session = await session_of(cast.ipd_liaison, NOW)
    row = b"agency_code,name,email,status\nIPD,Ipd liaison,ipd_liaison@ipd.example,suspended\n"
    await import_roster(row, NOW, ZONE)
    back = row.replace(b"suspended", b"active")
    await import_roster(back, NOW, ZONE)
    assert await viewer_of_session(session, NOW) is None
    assert (await viewer_for(cast.ipd_liaison.member_id, NOW)).agency == "IPD"


LEAVES = "agency_code,name,email,roles,seats,status\nCAHT,Caht lead,caht_lead@caht.example,{},departed\n"


async def test_who_leaves_by_a_list_keeps_no_more_than_who_is_seen_out(cast: Cast) -> None:
    who = cast.caht_lead.member_id
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.caht_lead, cast.fbi_lead), NOW)
    by_name = meeting(cast.caht_lead, cast.kcpd_detective, visibility=Visibility.NAMED)
    named = await scheduling.schedule_event(cast.fbi_lead, by_name, NOW)
    report = await import_text(LEAVES.replace("roles,seats,", "").replace("{},", ""))
    assert report.faults == ()
    assert who not in await invitees.invitees_of(event_id)
    assert not await MemberRole.exists().where(MemberRole.member == who)
    assert not await SeatHolder.exists().where(SeatHolder.member == who)
    assert (await committees.committee_choices(cast.caht_alternate))[0].primaries >= {cast.caht_alternate.member_id}
    await accounts.reopen_account(cast.coordinator, who, NOW, NOW)
    back = await viewer_for(who, NOW)
    assert (back.roles, back.chairs) == (frozenset(), frozenset())
    with pytest.raises(NotFound):
        await scheduling.event_seen_by(back, named)


@pytest.mark.parametrize("cells", ["agency_lead,", ",Steering Committee"])
async def test_a_list_gives_nothing_to_who_left(cast: Cast, cells: str) -> None:
    report = await import_text(LEAVES.format(cells))
    assert [(one.field, one.sentence) for one in report.faults] == [("status", LEFT_WITHOUT)]
    assert await column_of_member(cast.caht_lead.member_id, "status") == "active"


async def test_by_a_list_only_a_coordinator_moves_someone_to_the_other_arm(cast: Cast) -> None:
    row = b"agency_code,name,email\nFBI,Harbor advocate,harbor_advocate@harbor-house.example\n"
    refused = await import_for_manager(cast.administrator, row, NOW, NOW, ZONE)
    assert [(one.field, one.sentence) for one in refused.faults] == [("agency_code", ONLY_COORDINATORS_MOVE_PEOPLE)]
    assert (await viewer_for(cast.harbor_advocate.member_id, NOW)).agency == "Harbor House"
    assert (await import_for_manager(cast.coordinator, row, NOW, NOW, ZONE)).faults == ()
    assert (await viewer_for(cast.harbor_advocate.member_id, NOW)).agency == "FBI"


async def test_what_a_list_changes_makes_open_forms_of_it_out_of_date(cast: Cast) -> None:
    head = "agency_code,agency_name,coalition,name,email,roles,seats\n"
    row = "IPD,Independence Police,CAHT,Ipd liaison,ipd_liaison@ipd.example,agency_lead,Steering Committee (alternate)"
    assert (await import_text(head + row + "\n")).faults == ()
    [agency] = await Agency.select(Agency.version).where(Agency.code == "IPD")
    [committee] = await Committee.select(Committee.version).where(Committee.id == cast.committees["steering"])
    assert (agency["version"], committee["version"]) == (3, 2)
    assert await column_of_member(cast.ipd_liaison.member_id, "version") == 2


async def export_rows() -> list[dict[str, str]]:
    content = (await directory.export_roster(NOW)).content
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


async def test_an_exported_list_changes_nothing_when_it_is_imported(cast: Cast) -> None:
    numbers: dict[Any, Any] = {Member.phone: "+1 816-555-0150", Member.mobile: "816-555-0151"}
    private: dict[Any, Any] = {**numbers, Member.is_mobile_private: True}
    await Member.update(private).where(Member.id == cast.caht_lead.member_id)
    contact: dict[Any, Any] = {Agency.contact_name: "Front desk", Agency.contact_phone: "+1 816-555-0100"}
    await Agency.update(contact).where(Agency.code == "KCPD")
    export = await directory.export_roster(NOW)
    report = await csv_import.import_roster(export.content, NOW, ZONE)
    assert (report.faults, report.notes) == ((), [])
    assert len(report.outcomes) == export.people == len(cast.members)
    assert [one for one in report.outcomes if one.is_new or one.changes] == []


async def test_it_says_seats_roles_numbers_and_contacts(cast: Cast) -> None:
    await Member.update({Member.mobile: "816-555-0151"}).where(Member.id == cast.caht_lead.member_id)
    [lead] = [row for row in await export_rows() if row["name"] == "Caht lead"]
    assert lead["seats"] == "Steering Committee (primary); Victim Services Committee (chair)"
    assert (lead["roles"], lead["mobile"], lead["mobile_private"]) == ("agency_lead", "816-555-0151", "no")


async def test_people_who_left_are_not_in_it(cast: Cast) -> None:
    await Member.update({Member.status: "departed"}).where(Member.id == cast.ipd_liaison.member_id)
    assert "Ipd liaison" not in {row["name"] for row in await export_rows()}


async def test_an_export_is_in_the_audit_log(cast: Cast) -> None:
    assert cast
    await export_rows()
    [entry] = await AuditEntry.select().where(AuditEntry.verb == "exported")
    assert (entry["subject"], entry["source"]) == ("roster", "cli")
