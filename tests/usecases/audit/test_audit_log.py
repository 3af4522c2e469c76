"""The audit log for people: who reads which entries, in which order, and that reading it is itself an entry."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, everybody, meeting, operation
from tests.emails import ReadEmail
from tests.emails import read as emails_read
from tests.unguarded import unguard
from tracker.database import engine, writing
from tracker.errors import NotFound
from tracker.rules.actions.action_items import NewItem
from tracker.rules.attendance.roll_call import Mark
from tracker.rules.audit.audit_log import AuditFilter, AuditLine
from tracker.rules.audit.verbs import AuditGroup
from tracker.rules.core.email_declarations import MessageKind
from tracker.rules.core.viewers import BY_CLOCK, BY_COMMAND, Actor, Origin, Role, Viewer
from tracker.rules.events.replies import ReplyValue
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.schema.roster import Member
from tracker.usecases.actions import action_items
from tracker.usecases.attendance import roll_call
from tracker.usecases.audit import audit_log
from tracker.usecases.audit.audit_log import (
    MOST_READ,
    PAGE,
    AuditPage,
    export_entries,
    last_verification_for,
    note_reading,
    read_page,
    verify_log_for,
    verify_nightly,
)
from tracker.usecases.core import audit, outbox
from tracker.usecases.emails import emails
from tracker.usecases.events import replies, scheduling
from tracker.usecases.events.occurrences import date_seen_by
from tracker.usecases.events.recorded_replies import record_reply_for

pytestmark = pytest.mark.both_engines

FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
ALL = AuditFilter(since=FIRST, until=LAST)
LATER = NOW + timedelta(minutes=5)


async def opened(viewer: Viewer, choice: AuditFilter, asked: dict[str, str], now: datetime) -> AuditPage:
    """Open a page of the log, which is noted first."""
    await note_reading(viewer, asked, now)
    return await read_page(viewer, choice)


async def read(viewer: Viewer, **facts: Any) -> AuditPage:
    return await opened(viewer, replace(ALL, **facts), {}, LATER)


def deeds(entries: Sequence[AuditLine]) -> list[tuple[str, str]]:
    return [(one.verb, one.subject) for one in entries if one.subject != "audit"]


async def an_operation(cast: Cast) -> Any:
    """Schedule an operation that does not name the coordinator, with a reply and an action item."""
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    await replies.record_own_reply(
        cast.kcpd_detective, event_id, "2027-01-16", ReplyValue.ACCEPTED, "", NOW, for_series=False
    )
    return event_id


async def test_a_coordinator_is_not_told_of_the_entries_of_an_operation_that_does_not_name_them(cast: Cast):
    await an_operation(cast)
    await scheduling.schedule_event(cast.coordinator, meeting(*everybody(cast)), NOW)
    found = await read(cast.coordinator)
    assert deeds(found.entries) == [("scheduled", "event")]
    assert found.entries[-1].title == "Monthly task force meeting"


async def test_an_auditor_reads_ids_and_verbs_of_what_they_may_not_open(cast: Cast):
    event_id = await an_operation(cast)
    found = [one for one in (await read(cast.auditor)).entries if one.subject != "audit"]
    assert deeds(found) == [("replied", "invitation"), ("scheduled", "event")]
    assert found[1].subject_id == str(event_id)
    assert all((one.title, one.address, dict(one.facts), one.is_open) == ("", "", {}, False) for one in found)
    assert found[1].actor == "Fbi lead (FBI)"


async def test_who_is_named_reads_the_title_in_the_trail(cast: Cast):
    await an_operation(cast)
    named = replace(cast.fbi_lead, roles=frozenset({Role.COORDINATOR}))
    found = [one for one in (await read(named)).entries if one.subject == "invitation"]
    assert [(one.title, dict(one.facts)) for one in found] == [
        ("Operation Bluestem", {"date": "2027-01-16", "reply": "accepted"})
    ]


async def test_an_action_item_of_an_operation_is_kept_from_the_coordinator(cast: Cast):
    past = operation(cast.kcpd_detective, starts=datetime(2026, 12, 10, 6))  # noqa: DTZ001 - local to the zone
    event_id = await scheduling.schedule_event(cast.fbi_lead, past, NOW - timedelta(days=9))
    origin, owner = await date_seen_by(cast.fbi_lead, event_id, "2026-12-10"), cast.kcpd_detective.member_id
    new = NewItem(title="Return the radios", owner_id=owner, due=NOW.date(), origin_id=origin.id)
    await action_items.create_item(cast.fbi_lead, new, NOW, NOW.date())
    plain = NewItem(title="Send the sheet", owner_id=owner, due=NOW.date())
    await action_items.create_item(cast.coordinator, plain, NOW, NOW.date())
    of_items = [one for one in (await read(cast.coordinator)).entries if one.subject == "item"]
    assert len(of_items) == 1
    assert of_items[0].title.endswith("Send the sheet")


async def test_only_coordinators_and_auditors_read_the_trail(cast: Cast):
    for viewer in (cast.fbi_lead, cast.harbor_advocate, cast.administrator):
        with pytest.raises(NotFound):
            await opened(viewer, ALL, {}, NOW)
        with pytest.raises(NotFound):
            await export_entries(viewer, ALL, {}, NOW)
        with pytest.raises(NotFound):
            await verify_log_for(viewer, NOW)


async def test_reading_the_trail_is_an_entry_once_a_day_and_filter(cast: Cast):
    reader = cast.auditor
    for now in (NOW, NOW + timedelta(hours=1), NOW + timedelta(days=1)):
        await opened(reader, ALL, {}, now)
    await opened(reader, ALL, {"what": "denied"}, NOW)
    found = [one for one in (await read(reader)).entries if one.verb == "audit_read"]
    assert [dict(one.facts) for one in found] == [{}, {"filter": {"what": "denied"}}, {}]


async def test_a_look_at_one_subject_does_not_tell_a_coordinator_which_one_it_was(cast: Cast):
    event_id = str(await an_operation(cast))
    await opened(cast.auditor, replace(ALL, about=event_id), {"about": event_id, "what": "events"}, NOW)
    await export_entries(cast.auditor, replace(ALL, about=event_id), {"about": event_id}, NOW)
    looks = [one for one in (await read(cast.coordinator)).entries if one.actor_id == cast.auditor.member_id]
    assert [dict(one.facts) for one in looks] == [
        {"filter": {"about": "one subject"}},
        {"filter": {"about": "one subject", "what": "events"}},
    ]


async def test_a_look_at_one_address_does_not_tell_which_one_it_was(cast: Cast):
    await opened(cast.auditor, replace(ALL, via="192.0.2.7"), {"via": "192.0.2.7"}, NOW)
    (look,) = [one for one in (await read(cast.coordinator)).entries if one.actor_id == cast.auditor.member_id]
    assert look.said == "Searched for: from one address or session"


async def test_an_export_and_a_verification_are_entries_each_time(cast: Cast):
    reader = cast.auditor
    for _ in range(2):
        await export_entries(reader, ALL, {}, NOW)
        await verify_log_for(reader, NOW)
    verbs = [one.verb for one in (await read(reader)).entries]
    assert (verbs.count("audit_exported"), verbs.count("audit_verified")) == (2, 2)


async def test_a_verification_is_remembered(cast: Cast):
    assert await last_verification_for(cast.coordinator) is None
    assert (await verify_log_for(cast.coordinator, NOW)).is_whole
    remembered = await last_verification_for(cast.coordinator)
    assert remembered is not None
    assert (remembered.is_whole, remembered.at) == (True, NOW)


async def test_a_deed_of_many_entries_is_one_of_the_deeds_of_a_page(cast: Cast):
    invited = [
        audit.NewAuditEntry(actor=BY_COMMAND, verb="invited", subject="member", subject_id=str(number), facts={})
        for number in range(24)
    ]
    async with writing():
        await audit.record_all(invited, NOW)
        for minutes in range(1, PAGE + 1):
            await audit.record(BY_COMMAND, "tested", "agency", "", {}, NOW - timedelta(minutes=minutes))
    asked = replace(ALL, only_system=True)
    first = await opened(cast.coordinator, asked, {}, NOW)
    assert (len(first.deeds), len(first.deeds[0].entries), first.has_older) == (PAGE, 24, True)
    assert first.next_until
    second = await opened(cast.coordinator, replace(asked, until=first.next_until, skip=first.next_skip), {}, NOW)
    assert [one.newest.at for one in second.deeds] == [NOW - timedelta(minutes=PAGE)]


async def test_a_deed_of_more_entries_than_a_page_reads_goes_on_on_the_next(cast: Cast):
    many = [
        audit.NewAuditEntry(actor=BY_COMMAND, verb="tested", subject="agency", subject_id=str(number), facts={})
        for number in range(MOST_READ + 5)
    ]
    async with writing():
        await audit.record_all(many, NOW)
    asked = replace(ALL, only_system=True)
    first = await opened(cast.coordinator, asked, {}, NOW)
    assert first.next_until
    second = await opened(cast.coordinator, replace(asked, until=first.next_until, skip=first.next_skip), {}, NOW)
    assert [len(one.entries) for one in (*first.deeds, *second.deeds)] == [MOST_READ, 5]
    assert len({one.subject_id for one in (*first.entries, *second.entries)}) == MOST_READ + 5


async def test_a_deed_counts_the_entries_that_its_reader_may_know_of_alone(cast: Cast):
    secret = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    plain = await scheduling.schedule_event(cast.coordinator, meeting(), NOW)
    both = [
        audit.NewAuditEntry(actor=cast.fbi_lead.actor, verb="handed_over", subject="event", subject_id=one, facts={})
        for one in (secret, plain)
    ]
    async with writing():
        await audit.record_all(both, LATER)
    found = await opened(cast.coordinator, ALL, {}, LATER)
    [deed] = [one for one in found.deeds if one.newest.verb == "handed_over"]
    assert deed.words == ("Handed over Monthly task force meeting",)


async def test_pages_hold_each_entry_once_even_when_many_were_made_at_one_moment(cast: Cast):
    async with writing():
        for number in range(130):
            at = NOW if number < 120 else NOW - timedelta(minutes=number)
            await audit.record(BY_COMMAND, "tested", "agency", f"a{number}", {}, at)
    seen, choice = [], ALL
    while True:
        found = await opened(cast.coordinator, choice, {}, NOW - timedelta(days=1))
        seen += [one.subject_id for one in found.entries if one.verb == "tested"]
        if not found.has_older:
            break
        assert found.next_until is not None
        choice = replace(ALL, until=found.next_until, skip=found.next_skip)
    assert len(seen) == 130
    assert len(set(seen)) == 130


async def test_filters_by_person_group_subject_and_day(cast: Cast):
    async with writing():
        lead = cast.fbi_lead.member_id
        await audit.record(Actor(), "sign_in_failed", "member", lead, {}, NOW - timedelta(days=3))
        await audit.record(cast.fbi_lead.actor, "signed_in", "member", lead, {}, NOW)
        await audit.record(cast.fbi_lead.actor, "created", "subscription", "feed-1", {"scope": "all"}, NOW)
    reader = cast.coordinator
    await opened(reader, ALL, {}, NOW)
    assert deeds((await read(reader, actor_id=lead)).entries) == [("created", "subscription"), ("signed_in", "member")]
    assert deeds((await read(reader, only_system=True)).entries) == [("sign_in_failed", "member")]
    assert deeds((await read(reader, group=AuditGroup.DENIED)).entries) == [("sign_in_failed", "member")]
    assert deeds((await read(reader, group=AuditGroup.FEEDS)).entries) == [("created", "subscription")]
    assert deeds((await read(reader, about="feed-1")).entries) == [("created", "subscription")]
    assert deeds((await read(reader, until=NOW - timedelta(days=1))).entries) == [("sign_in_failed", "member")]


THERE = Origin("page", "192.0.2.7", "0123456789ab", "fedcba9876543210")


async def test_entries_are_found_by_the_address_and_by_the_session_they_came_from(cast: Cast):
    lead = replace(cast.fbi_lead, origin=THERE)
    async with writing():
        await audit.record(lead.actor, "signed_in", "member", lead.member_id, {}, NOW)
        await audit.record(cast.caht_lead.actor, "signed_out", "member", cast.caht_lead.member_id, {}, NOW)
    for via in (THERE.address, THERE.session):
        assert deeds((await read(cast.coordinator, via=via)).entries) == [("signed_in", "member")]
    assert deeds((await read(cast.coordinator, via="192.0.2.8")).entries) == []


async def test_a_sign_in_of_before_entries_said_from_where_is_found_by_its_address(cast: Cast):
    known, nowhere = [f"192.0.2.7{said}" for said in ("", " Firefox/145")], Actor(cast.fbi_lead.member_id)
    async with writing():
        for client in (*known, "192.0.2.77 Firefox/145", "Firefox/145 192.0.2.7 "):
            await audit.record(nowhere, "signed_in", "member", cast.fbi_lead.member_id, {"client": client}, NOW)
    found = (await read(cast.coordinator, via="192.0.2.7")).entries
    assert [one.origin.address for one in found] == ["192.0.2.7", "192.0.2.7"]


async def test_an_address_leads_a_coordinator_to_no_operation_that_does_not_name_them(cast: Cast):
    await scheduling.schedule_event(replace(cast.fbi_lead, origin=THERE), operation(cast.kcpd_detective), NOW)
    assert (await read(cast.coordinator, via=THERE.address)).entries == []
    (found,) = (await read(cast.auditor, via=THERE.address)).entries
    assert (found.origin, found.actor, found.title) == (THERE, "Fbi lead (FBI)", "")


async def test_the_request_is_told_to_auditors_alone(cast: Cast):
    await scheduling.schedule_event(replace(cast.coordinator, origin=THERE), meeting(*everybody(cast)), NOW)
    for reader, request in ((cast.coordinator, ""), (cast.auditor, THERE.request)):
        (found,) = (await read(reader, via=THERE.address)).entries
        assert found.origin == replace(THERE, request=request)


async def test_an_entry_keeps_the_agency_for_which_somebody_acted(cast: Cast):
    async with writing():
        await audit.record(cast.fbi_lead.actor, "signed_out", "member", cast.fbi_lead.member_id, {}, NOW)
    await Member.update({Member.agency: cast.agencies["HSI"]}).where(Member.id == cast.fbi_lead.member_id)
    (found,) = [one for one in (await read(cast.coordinator)).entries if one.subject == "member"]
    assert found.actor == "Fbi lead (FBI)"


async def test_a_sign_in_of_before_says_from_where_by_its_facts(cast: Cast):
    by = Actor(cast.fbi_lead.member_id)
    async with writing():
        facts = {"how": "code", "client": "192.0.2.7 Firefox"}
        await audit.record(by, "signed_in", "member", cast.fbi_lead.member_id, facts, NOW)
    (found,) = [one for one in (await read(cast.coordinator)).entries if one.subject == "member"]
    assert (found.origin.address, found.actor, found.said) == ("192.0.2.7", "Fbi lead (FBI)", "")


async def test_what_counts_unseen_things_is_not_told_to_a_coordinator(cast: Cast):
    async with writing():
        facts = {"fields": ["status"], "operations": 3}
        await audit.record(Actor(), "departed", "member", cast.fbi_lead.member_id, facts, NOW)
        await audit.record(BY_CLOCK, "caught_up", "outbox", "reminders", {"pending": 4}, NOW)
    (entry,) = [one for one in (await read(cast.coordinator)).entries if one.subject != "audit"]
    assert dict(entry.facts) == {"fields": ["status"]}
    everything = [one for one in (await read(cast.auditor)).entries if one.subject != "audit"]
    assert [dict(one.facts) for one in everything] == [{}, {"fields": ["status"], "operations": 3}]


async def test_those_who_left_keep_their_names(cast: Cast):
    assert cast.fbi_lead.member_id in await audit.names_of_people([cast.fbi_lead.member_id])


async def test_the_log_says_whom_a_mark_concerns_and_for_whom_a_reply_was_recorded(cast: Cast) -> None:
    last_week = meeting(cast.harbor_advocate, cast.fbi_lead, starts=datetime(2026, 12, 15, 9))  # noqa: DTZ001 - local to the event's zone
    event_id = await scheduling.schedule_event(cast.coordinator, last_week, NOW - timedelta(days=1))
    marks = {cast.harbor_advocate.member_id: Mark.HERE, cast.fbi_lead.member_id: Mark.HERE}
    await roll_call.record_marks(cast.coordinator, event_id, "2026-12-15", marks, NOW)
    ahead = await scheduling.schedule_event(cast.coordinator, meeting(cast.harbor_advocate), NOW)
    await record_reply_for(
        cast.coordinator,
        ahead,
        "2027-01-12",
        cast.harbor_advocate.member_id,
        ReplyValue.TENTATIVE,
        "",
        NOW,
        for_series=False,
    )
    for reader in (cast.coordinator, cast.auditor):
        said = {one.verb: one.said for one in (await read(reader)).entries}
        assert said["attendance_marked"] == "Here: Harbor advocate (Harbor House) and Fbi lead (FBI)"
        assert "For Harbor advocate (Harbor House)" in said["replied_for"]


async def test_an_auditor_who_may_not_open_an_operation_does_not_read_whose_reply_was_recorded(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    who, yes = cast.kcpd_detective.member_id, ReplyValue.ACCEPTED
    await record_reply_for(cast.fbi_lead, event_id, "2027-01-16", who, yes, "", NOW, for_series=False)
    [entry] = [one for one in (await read(cast.auditor)).entries if one.verb == "replied_for"]
    assert (entry.title, dict(entry.facts)) == ("", {})


async def test_marks_that_were_only_counted_stay_readable_and_the_chain_holds_over_both(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    date = await date_seen_by(cast.coordinator, event_id, "2027-01-12")
    async with writing():
        await audit.record(cast.coordinator.actor, "attendance_marked", "occurrence", date.id, {"here": 1}, NOW)
        whom = {"here": [str(cast.fbi_lead.member_id)], "absent": ["a walk-in"]}
        await audit.record(cast.coordinator.actor, "attendance_marked", "occurrence", date.id, whom, LATER)
    said = [one.said for one in (await read(cast.auditor)).entries if one.verb == "attendance_marked"]
    assert said == ["Absent: a walk-in; Here: Fbi lead (FBI)", "Here: 1"]
    assert await audit.verify_chain() is None


THREE = datetime(2026, 12, 2, 9, tzinfo=UTC)  # in the night of Kansas City


async def an_entry() -> None:
    async with writing():
        await audit.record(BY_COMMAND, "tested", "agency", "x", {}, NOW)


async def tamper() -> None:
    await unguard()
    await AuditEntry.update({AuditEntry.verb: "other"}).where(AuditEntry.verb == "tested")


async def test_it_is_verified_at_first_and_then_once_after_each_three_in_the_night(cast: Cast):
    await an_entry()
    looks = [THREE - timedelta(hours=9), THREE - timedelta(seconds=1), THREE, THREE + timedelta(hours=23)]
    found = [await verify_nightly(at, ZONE) for at in looks]
    assert [one is not None for one in found] == [True, False, True, False]
    assert all(one.is_whole for one in found if one)
    last = await audit_log.last_verification()
    assert last
    assert (last.at, last.is_whole) == (THREE, True)


async def test_of_several_processes_one_verifies(cast: Cast):
    await an_entry()
    await verify_nightly(THREE - timedelta(days=1), ZONE)
    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(verify_nightly, THREE, ZONE)
    assert await AuditEntry.count().where(AuditEntry.verb == "audit_verified") == 2


async def test_a_changed_trail_is_told_to_coordinators_and_auditors_once(cast: Cast, caplog: pytest.LogCaptureFixture):
    await an_entry()
    await tamper()
    for night in range(2):
        found = await verify_nightly(THREE + timedelta(days=night), ZONE)
        assert found
        assert not found.is_whole
    told = await Message.select(Message.recipient).where(Message.kind == MessageKind.AUDIT_LOG_ALTERED.value)
    assert {one["recipient"] for one in told} == {cast.coordinator.member_id, cast.auditor.member_id}
    assert len(told) == 2
    assert "The audit log was altered. Entry 1" in caplog.text


SILENT = (
    "UPDATE audit_entry SET hash = 'é' WHERE verb = 'tested'",
    "UPDATE audit_head SET seal = 'é'",
    "ALTER TABLE audit_entry RENAME COLUMN facts TO fact",
)


@pytest.mark.parametrize("statement", SILENT)
async def test_whatever_is_put_into_the_trail_the_alarm_is_not_silenced(cast: Cast, statement: str):
    await an_entry()
    await verify_nightly(THREE - timedelta(days=1), ZONE)
    await unguard()
    await engine().run_ddl(statement)
    found = await verify_nightly(THREE, ZONE)
    assert found
    assert not found.is_whole
    assert await Message.count().where(Message.kind == MessageKind.AUDIT_LOG_ALTERED.value) == 2


async def test_an_entry_that_sqlite_cannot_read_is_told_and_the_last_look_says_so(sqlite_cast: Cast):
    await an_entry()
    await verify_nightly(THREE - timedelta(days=1), ZONE)
    await unguard()
    await engine().run_ddl("UPDATE audit_entry SET at = 'x' WHERE verb = 'tested'")
    await verify_nightly(THREE, ZONE)
    assert await Message.count().where(Message.kind == MessageKind.AUDIT_LOG_ALTERED.value) == 2
    last = await audit_log.last_verification()
    assert last
    assert last.broken == audit.BrokenEntry(1, audit.UNREADABLE)


async def test_the_mail_says_when_and_where_to_look_and_names_no_entry(sqlite_cast: Cast):
    await an_entry()
    await tamper()
    await verify_nightly(THREE, ZONE)
    mine = [
        one
        for one in await outbox.claim_messages("w", [], THREE, 9)
        if one.recipient_id == sqlite_cast.auditor.member_id
    ]
    letter = emails_read(await emails.write_email(mine[0], THREE, ZONE))
    assert isinstance(letter, ReadEmail)
    assert (letter.to, letter.facts) == (
        sqlite_cast.auditor.email,
        (("Found", "Wednesday, December 2, 2026, 3:00 AM Central"),),
    )
    assert "Entry" not in " ".join(letter.paragraphs)
