"""The audit log for people: who reads what, that reading is an entry itself, and a replaced secret."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest
from msgspec.structs import replace

from tests.cast import NOW, SECRET, ZONE, Cast, everyone, meeting, operation
from tests.emails import ReadEmail
from tests.emails import read_result as emails_read
from tests.unguarded import unguard
from tests.usecases.identity.world import PASSWORD, enroll
from tracker.crypto import keys
from tracker.database import engine, writing
from tracker.errors import Invalid, NotFound
from tracker.rules.actions import NewItem
from tracker.rules.attendance import Mark
from tracker.rules.audit.audit_log import AuditFilter, AuditLine
from tracker.rules.audit.verbs import AuditGroup
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core.email_declarations import MessageKind
from tracker.rules.core.viewers import BY_CLOCK, BY_COMMAND, Actor, Origin, Role, Viewer
from tracker.rules.events.replies import ReplyValue
from tracker.tables.piccolo_app import APP_CONFIG
from tracker.tables.schema.calendars import Subscription
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.schema.roster import Member
from tracker.usecases import attendance
from tracker.usecases import audit as audit_log
from tracker.usecases.actions import action_items
from tracker.usecases.audit import (
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
from tracker.usecases.calendars import subscriptions
from tracker.usecases.core import audit, outbox
from tracker.usecases.emails import emails
from tracker.usecases.events import replies, scheduling
from tracker.usecases.events.occurrences import date_seen_by
from tracker.usecases.events.recorded_replies import record_reply_for
from tracker.usecases.identity import sign_in
from tracker.usecases.identity.credentials import renew_codes

FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
ALL = AuditFilter(since=FIRST, until=LAST)
LATER = NOW + timedelta(minutes=5)


async def open_page(viewer: Viewer, choice: AuditFilter, asked: dict[str, str], now: datetime) -> AuditPage:
    """Open a page of the log, which is noted first."""
    await note_reading(viewer, asked, now)
    return await read_page(viewer, choice)


async def read_log(viewer: Viewer, **facts: Any) -> AuditPage:
    return await open_page(viewer, replace(ALL, **facts), {}, LATER)


def deeds(entries: Sequence[AuditLine]) -> list[tuple[str, str]]:
    return [(one.verb, one.subject) for one in entries if one.subject != "audit"]


async def schedule_with_reply(cast: Cast) -> Any:
    """Schedule an operation that does not name the coordinator, with a reply and an action item."""
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    await replies.record_own_reply(
        cast.kcpd_detective, event_id, "2027-01-16", ReplyValue.ACCEPTED, "", NOW, for_series=False
    )
    return event_id


@pytest.mark.both_engines
async def test_a_coordinator_is_not_shown_the_entries_of_an_operation_that_does_not_name_them(cast: Cast):
    await schedule_with_reply(cast)
    await scheduling.schedule_event(cast.coordinator, meeting(*everyone(cast)), NOW)
    log = await read_log(cast.coordinator)
    assert deeds(log.entries) == [("scheduled", "event")]
    assert log.entries[-1].title == "Monthly task force meeting"


@pytest.mark.both_engines
async def test_an_auditor_reads_ids_and_verbs_of_what_they_may_not_open(cast: Cast):
    event_id = await schedule_with_reply(cast)
    entries = [one for one in (await read_log(cast.auditor)).entries if one.subject != "audit"]
    assert deeds(entries) == [("replied", "invitation"), ("scheduled", "event")]
    assert entries[1].subject_id == str(event_id)
    assert all(
        (entry.title, entry.address, dict(entry.facts), entry.is_open) == ("", "", {}, False) for entry in entries
    )
    assert entries[1].actor == "Fbi lead (FBI)"


@pytest.mark.both_engines
async def test_who_is_named_reads_the_title_in_the_audit_log(cast: Cast):
    await schedule_with_reply(cast)
    named = replace(cast.fbi_lead, roles=frozenset({Role.COORDINATOR}))
    entries = [one for one in (await read_log(named)).entries if one.subject == "invitation"]
    assert [(one.title, dict(one.facts)) for one in entries] == [
        ("Operation Bluestem", {"date": "2027-01-16", "reply": "accepted"})
    ]


@pytest.mark.both_engines
async def test_an_action_item_of_an_operation_is_kept_from_the_coordinator(cast: Cast):
    past = operation(cast.kcpd_detective, starts=datetime(2026, 12, 10, 6))  # noqa: DTZ001 - local to the zone
    event_id = await scheduling.schedule_event(cast.fbi_lead, past, NOW - timedelta(days=9))
    origin, owner = await date_seen_by(cast.fbi_lead, event_id, "2026-12-10"), cast.kcpd_detective.member_id
    new = NewItem(title="Return the radios", owner_id=owner, due=NOW.date(), origin_id=origin.id)
    await action_items.create_item(cast.fbi_lead, new, NOW, NOW.date())
    plain = NewItem(title="Send the sheet", owner_id=owner, due=NOW.date())
    await action_items.create_item(cast.coordinator, plain, NOW, NOW.date())
    of_items = [one for one in (await read_log(cast.coordinator)).entries if one.subject == "item"]
    assert len(of_items) == 1
    assert of_items[0].title.endswith("Send the sheet")


@pytest.mark.both_engines
async def test_only_coordinators_and_auditors_read_the_audit_log(cast: Cast):
    for viewer in (cast.fbi_lead, cast.harbor_advocate, cast.administrator):
        with pytest.raises(NotFound):
            await open_page(viewer, ALL, {}, NOW)
        with pytest.raises(NotFound):
            await export_entries(viewer, ALL, {}, NOW)
        with pytest.raises(NotFound):
            await verify_log_for(viewer, NOW)


@pytest.mark.both_engines
async def test_reading_the_audit_log_is_an_entry_once_a_day_and_filter(cast: Cast):
    reader = cast.auditor
    for now in (NOW, NOW + timedelta(hours=1), NOW + timedelta(days=1)):
        await open_page(reader, ALL, {}, now)
    await open_page(reader, ALL, {"what": "denied"}, NOW)
    entries = [one for one in (await read_log(reader)).entries if one.verb == "audit_read"]
    assert [dict(one.facts) for one in entries] == [{}, {"filter": {"what": "denied"}}, {}]


@pytest.mark.both_engines
async def test_a_look_at_one_subject_does_not_tell_a_coordinator_which_one_it_was(cast: Cast):
    event_id = str(await schedule_with_reply(cast))
    await open_page(cast.auditor, replace(ALL, subject_id=event_id), {"about": event_id, "what": "events"}, NOW)
    await export_entries(cast.auditor, replace(ALL, subject_id=event_id), {"about": event_id}, NOW)
    looks = [one for one in (await read_log(cast.coordinator)).entries if one.actor_id == cast.auditor.member_id]
    assert [dict(one.facts) for one in looks] == [
        {"filter": {"about": "one subject"}},
        {"filter": {"about": "one subject", "what": "events"}},
    ]


@pytest.mark.both_engines
async def test_a_look_at_one_address_does_not_tell_which_one_it_was(cast: Cast):
    await open_page(cast.auditor, replace(ALL, via="192.0.2.7"), {"via": "192.0.2.7"}, NOW)
    (look,) = [
        entry for entry in (await read_log(cast.coordinator)).entries if entry.actor_id == cast.auditor.member_id
    ]
    assert look.said == "Searched for: from one address or session"


@pytest.mark.both_engines
async def test_an_export_and_a_verification_are_entries_each_time(cast: Cast):
    reader = cast.auditor
    for _ in range(2):
        await export_entries(reader, ALL, {}, NOW)
        await verify_log_for(reader, NOW)
    verbs = [one.verb for one in (await read_log(reader)).entries]
    assert (verbs.count("audit_exported"), verbs.count("audit_verified")) == (2, 2)


@pytest.mark.both_engines
async def test_a_verification_is_remembered(cast: Cast):
    assert await last_verification_for(cast.coordinator) is None
    assert (await verify_log_for(cast.coordinator, NOW)).is_whole
    remembered = await last_verification_for(cast.coordinator)
    assert remembered is not None
    assert (remembered.is_whole, remembered.at) == (True, NOW)


@pytest.mark.both_engines
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
    first = await open_page(cast.coordinator, asked, {}, NOW)
    assert (len(first.deeds), len(first.deeds[0].entries), first.has_older) == (PAGE, 24, True)
    assert first.next_until
    second = await open_page(cast.coordinator, replace(asked, until=first.next_until, skip=first.next_skip), {}, NOW)
    assert [one.newest.at for one in second.deeds] == [NOW - timedelta(minutes=PAGE)]


@pytest.mark.both_engines
async def test_a_deed_of_more_entries_than_a_page_reads_continues_on_the_next(cast: Cast):
    many = [
        audit.NewAuditEntry(actor=BY_COMMAND, verb="tested", subject="agency", subject_id=str(number), facts={})
        for number in range(MOST_READ + 5)
    ]
    async with writing():
        await audit.record_all(many, NOW)
    asked = replace(ALL, only_system=True)
    first = await open_page(cast.coordinator, asked, {}, NOW)
    assert first.next_until
    second = await open_page(cast.coordinator, replace(asked, until=first.next_until, skip=first.next_skip), {}, NOW)
    assert [len(one.entries) for one in (*first.deeds, *second.deeds)] == [MOST_READ, 5]
    assert len({one.subject_id for one in (*first.entries, *second.entries)}) == MOST_READ + 5


@pytest.mark.both_engines
async def test_a_deed_counts_the_entries_that_its_reader_may_know_of_alone(cast: Cast):
    secret = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    plain = await scheduling.schedule_event(cast.coordinator, meeting(), NOW)
    both = [
        audit.NewAuditEntry(
            actor=cast.fbi_lead.actor, verb="handed_over", subject="event", subject_id=event_id, facts={}
        )
        for event_id in (secret, plain)
    ]
    async with writing():
        await audit.record_all(both, LATER)
    page = await open_page(cast.coordinator, ALL, {}, LATER)
    [deed] = [one for one in page.deeds if one.newest.verb == "handed_over"]
    assert deed.words == ("Handed over Monthly task force meeting",)


@pytest.mark.both_engines
async def test_pages_hold_each_entry_once_even_when_many_were_made_at_one_moment(cast: Cast):
    async with writing():
        for number in range(130):
            at = NOW if number < 120 else NOW - timedelta(minutes=number)
            await audit.record(BY_COMMAND, "tested", "agency", f"a{number}", {}, at)
    seen, choice = [], ALL
    while True:
        page = await open_page(cast.coordinator, choice, {}, NOW - timedelta(days=1))
        seen += [one.subject_id for one in page.entries if one.verb == "tested"]
        if not page.has_older:
            break
        assert page.next_until is not None
        choice = replace(ALL, until=page.next_until, skip=page.next_skip)
    assert len(seen) == 130
    assert len(set(seen)) == 130


@pytest.mark.both_engines
async def test_filters_by_person_group_subject_and_day(cast: Cast):
    async with writing():
        lead = cast.fbi_lead.member_id
        await audit.record(Actor(), "sign_in_failed", "member", lead, {}, NOW - timedelta(days=3))
        await audit.record(cast.fbi_lead.actor, "signed_in", "member", lead, {}, NOW)
        await audit.record(cast.fbi_lead.actor, "created", "subscription", "feed-1", {"scope": "all"}, NOW)
    reader = cast.coordinator
    await open_page(reader, ALL, {}, NOW)
    assert deeds((await read_log(reader, actor_id=lead)).entries) == [
        ("created", "subscription"),
        ("signed_in", "member"),
    ]
    assert deeds((await read_log(reader, only_system=True)).entries) == [("sign_in_failed", "member")]
    assert deeds((await read_log(reader, group=AuditGroup.DENIED)).entries) == [("sign_in_failed", "member")]
    assert deeds((await read_log(reader, group=AuditGroup.FEEDS)).entries) == [("created", "subscription")]
    assert deeds((await read_log(reader, subject_id="feed-1")).entries) == [("created", "subscription")]
    assert deeds((await read_log(reader, until=NOW - timedelta(days=1))).entries) == [("sign_in_failed", "member")]


THERE = Origin("page", "192.0.2.7", "0123456789ab", "fedcba9876543210")


@pytest.mark.both_engines
async def test_entries_are_found_by_the_address_and_by_the_session_they_came_from(cast: Cast):
    lead = replace(cast.fbi_lead, origin=THERE)
    async with writing():
        await audit.record(lead.actor, "signed_in", "member", lead.member_id, {}, NOW)
        await audit.record(cast.caht_lead.actor, "signed_out", "member", cast.caht_lead.member_id, {}, NOW)
    for via in (THERE.address, THERE.session):
        assert deeds((await read_log(cast.coordinator, via=via)).entries) == [("signed_in", "member")]
    assert deeds((await read_log(cast.coordinator, via="192.0.2.8")).entries) == []


@pytest.mark.both_engines
async def test_a_sign_in_before_entries_said_from_where_is_found_by_its_address(cast: Cast):
    known, nowhere = [f"192.0.2.7{said}" for said in ("", " Firefox/145")], Actor(cast.fbi_lead.member_id)
    async with writing():
        for client in (*known, "192.0.2.77 Firefox/145", "Firefox/145 192.0.2.7 "):
            await audit.record(nowhere, "signed_in", "member", cast.fbi_lead.member_id, {"client": client}, NOW)
    entries = (await read_log(cast.coordinator, via="192.0.2.7")).entries
    assert [one.origin.address for one in entries] == ["192.0.2.7", "192.0.2.7"]


@pytest.mark.both_engines
async def test_an_address_leads_a_coordinator_to_no_operation_that_does_not_name_them(cast: Cast):
    await scheduling.schedule_event(replace(cast.fbi_lead, origin=THERE), operation(cast.kcpd_detective), NOW)
    assert (await read_log(cast.coordinator, via=THERE.address)).entries == []
    (entry,) = (await read_log(cast.auditor, via=THERE.address)).entries
    assert (entry.origin, entry.actor, entry.title) == (THERE, "Fbi lead (FBI)", "")


@pytest.mark.both_engines
async def test_the_request_is_reported_to_auditors_alone(cast: Cast):
    await scheduling.schedule_event(replace(cast.coordinator, origin=THERE), meeting(*everyone(cast)), NOW)
    for reader, request in ((cast.coordinator, ""), (cast.auditor, THERE.request)):
        (entry,) = (await read_log(reader, via=THERE.address)).entries
        assert entry.origin == replace(THERE, request=request)


@pytest.mark.both_engines
async def test_an_entry_keeps_the_agency_for_which_someone_acted(cast: Cast):
    async with writing():
        await audit.record(cast.fbi_lead.actor, "signed_out", "member", cast.fbi_lead.member_id, {}, NOW)
    await Member.update({Member.agency: cast.agencies["HSI"]}).where(Member.id == cast.fbi_lead.member_id)
    (entry,) = [one for one in (await read_log(cast.coordinator)).entries if one.subject == "member"]
    assert entry.actor == "Fbi lead (FBI)"


@pytest.mark.both_engines
async def test_an_earlier_sign_in_says_from_where_by_its_facts(cast: Cast):
    by = Actor(cast.fbi_lead.member_id)
    async with writing():
        facts = {"how": "code", "client": "192.0.2.7 Firefox"}
        await audit.record(by, "signed_in", "member", cast.fbi_lead.member_id, facts, NOW)
    (entry,) = [one for one in (await read_log(cast.coordinator)).entries if one.subject == "member"]
    assert (entry.origin.address, entry.actor, entry.said) == ("192.0.2.7", "Fbi lead (FBI)", "")


@pytest.mark.both_engines
async def test_what_counts_unseen_things_is_not_shown_to_a_coordinator(cast: Cast):
    async with writing():
        facts = {"fields": ["status"], "operations": 3}
        await audit.record(Actor(), "departed", "member", cast.fbi_lead.member_id, facts, NOW)
        await audit.record(BY_CLOCK, "caught_up", "outbox", "reminders", {"pending": 4}, NOW)
    (entry,) = [one for one in (await read_log(cast.coordinator)).entries if one.subject != "audit"]
    assert dict(entry.facts) == {"fields": ["status"]}
    everything = [one for one in (await read_log(cast.auditor)).entries if one.subject != "audit"]
    assert [dict(one.facts) for one in everything] == [{}, {"fields": ["status"], "operations": 3}]


@pytest.mark.both_engines
async def test_those_who_left_keep_their_names(cast: Cast):
    assert cast.fbi_lead.member_id in await audit.names_of_people([cast.fbi_lead.member_id])


@pytest.mark.both_engines
async def test_the_log_says_whom_a_mark_concerns_and_for_whom_a_reply_was_recorded(cast: Cast) -> None:
    last_week = meeting(cast.harbor_advocate, cast.fbi_lead, starts=datetime(2026, 12, 15, 9))  # noqa: DTZ001 - local to the event's zone
    event_id = await scheduling.schedule_event(cast.coordinator, last_week, NOW - timedelta(days=1))
    marks = {cast.harbor_advocate.member_id: Mark.HERE, cast.fbi_lead.member_id: Mark.HERE}
    await attendance.record_marks(cast.coordinator, event_id, "2026-12-15", marks, NOW)
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
        said = {one.verb: one.said for one in (await read_log(reader)).entries}
        assert said["attendance_marked"] == "Here: Harbor advocate (Harbor House) and Fbi lead (FBI)"
        assert "For Harbor advocate (Harbor House)" in said["replied_for"]


@pytest.mark.both_engines
async def test_an_auditor_who_may_not_open_an_operation_does_not_read_whose_reply_was_recorded(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    who, yes = cast.kcpd_detective.member_id, ReplyValue.ACCEPTED
    await record_reply_for(cast.fbi_lead, event_id, "2027-01-16", who, yes, "", NOW, for_series=False)
    [entry] = [one for one in (await read_log(cast.auditor)).entries if one.verb == "replied_for"]
    assert (entry.title, dict(entry.facts)) == ("", {})


@pytest.mark.both_engines
async def test_marks_that_were_only_counted_stay_readable_and_the_chain_holds_over_both(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    date = await date_seen_by(cast.coordinator, event_id, "2027-01-12")
    async with writing():
        await audit.record(cast.coordinator.actor, "attendance_marked", "occurrence", date.id, {"here": 1}, NOW)
        whom = {"here": [str(cast.fbi_lead.member_id)], "absent": ["a walk-in"]}
        await audit.record(cast.coordinator.actor, "attendance_marked", "occurrence", date.id, whom, LATER)
    said = [one.said for one in (await read_log(cast.auditor)).entries if one.verb == "attendance_marked"]
    assert said == ["Absent: a walk-in; Here: Fbi lead (FBI)", "Here: 1"]
    assert await audit.verify_chain() is None


THREE = datetime(2026, 12, 2, 9, tzinfo=UTC)  # in the night of Kansas City


async def write_entry() -> None:
    async with writing():
        await audit.record(BY_COMMAND, "tested", "agency", "x", {}, NOW)


async def tamper() -> None:
    await unguard()
    await AuditEntry.update({AuditEntry.verb: "other"}).where(AuditEntry.verb == "tested")


@pytest.mark.both_engines
async def test_it_is_verified_at_first_and_then_once_after_each_three_in_the_night(cast: Cast):
    await write_entry()
    looks = [THREE - timedelta(hours=9), THREE - timedelta(seconds=1), THREE, THREE + timedelta(hours=23)]
    verdicts = [await verify_nightly(at, ZONE) for at in looks]
    assert [one is not None for one in verdicts] == [True, False, True, False]
    assert all(one.is_whole for one in verdicts if one)
    last = await audit_log.last_verification()
    assert last
    assert (last.at, last.is_whole) == (THREE, True)


@pytest.mark.both_engines
async def test_of_several_processes_one_verifies(cast: Cast):
    await write_entry()
    await verify_nightly(THREE - timedelta(days=1), ZONE)
    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(verify_nightly, THREE, ZONE)
    assert await AuditEntry.count().where(AuditEntry.verb == "audit_verified") == 2


@pytest.mark.both_engines
async def test_a_changed_audit_log_is_reported_to_coordinators_and_auditors_once(
    cast: Cast, caplog: pytest.LogCaptureFixture
):
    await write_entry()
    await tamper()
    for night in range(2):
        verdict = await verify_nightly(THREE + timedelta(days=night), ZONE)
        assert verdict
        assert not verdict.is_whole
    reported = await Message.select(Message.recipient).where(Message.kind == MessageKind.AUDIT_LOG_ALTERED.value)
    assert {one["recipient"] for one in reported} == {cast.coordinator.member_id, cast.auditor.member_id}
    assert len(reported) == 2
    assert "The audit log was altered. Entry 1" in caplog.text


SILENT = (
    "UPDATE audit_entry SET hash = 'é' WHERE verb = 'tested'",
    "UPDATE audit_head SET seal = 'é'",
    "ALTER TABLE audit_entry RENAME COLUMN facts TO fact",
)


@pytest.mark.both_engines
@pytest.mark.parametrize("statement", SILENT)
async def test_whatever_is_put_into_the_audit_log_the_alarm_is_not_silenced(cast: Cast, statement: str):
    await write_entry()
    await verify_nightly(THREE - timedelta(days=1), ZONE)
    await unguard()
    await engine().run_ddl(statement)
    verdict = await verify_nightly(THREE, ZONE)
    assert verdict
    assert not verdict.is_whole
    assert await Message.count().where(Message.kind == MessageKind.AUDIT_LOG_ALTERED.value) == 2


@pytest.mark.both_engines
async def test_an_entry_that_sqlite_cannot_read_is_said_and_the_last_look_says_so(sqlite_cast: Cast):
    await write_entry()
    await verify_nightly(THREE - timedelta(days=1), ZONE)
    await unguard()
    await engine().run_ddl("UPDATE audit_entry SET at = 'x' WHERE verb = 'tested'")
    await verify_nightly(THREE, ZONE)
    assert await Message.count().where(Message.kind == MessageKind.AUDIT_LOG_ALTERED.value) == 2
    last = await audit_log.last_verification()
    assert last
    assert last.broken == audit.BrokenEntry(1, audit.UNREADABLE)


@pytest.mark.both_engines
async def test_the_email_says_when_and_where_to_look_and_names_no_entry(sqlite_cast: Cast):
    await write_entry()
    await tamper()
    await verify_nightly(THREE, ZONE)
    own_messages = [
        message
        for message in await outbox.claim_messages("w", [], THREE, 9)
        if message.recipient_id == sqlite_cast.auditor.member_id
    ]
    letter = emails_read(await emails.write_email(own_messages[0], THREE, ZONE))
    assert isinstance(letter, ReadEmail)
    assert (letter.to, letter.facts) == (
        sqlite_cast.auditor.email,
        (("Found", "Wednesday, December 2, 2026, 3:00 AM Central"),),
    )
    assert "Entry" not in " ".join(letter.paragraphs)


OTHER = "another secret of the tests, long enough"
SOON = NOW + timedelta(minutes=5)


@pytest.fixture
async def world_with_new_secret(each_world: Cast):
    """The detective with an app, recovery codes and a feed, after the secret was replaced."""
    app = await enroll(each_world.kcpd_detective)
    codes = await renew_codes(each_world.kcpd_detective.member_id, NOW, by=each_world.kcpd_detective.actor)
    _, token = await subscriptions.create_subscription(
        each_world.kcpd_detective, "Phone", FeedScope.ALL, NOW, shows_operations=False
    )
    keys.use_secret(OTHER, SECRET)
    assert await audit_log.reseal_everything(SOON) == 2
    yield each_world, app, codes, token
    keys.use_secret(SECRET)


async def challenge(cast: Cast) -> str:
    return (await sign_in.sign_in(cast.kcpd_detective.email, PASSWORD, SOON)).token


async def test_the_app_and_the_feed_are_read_with_the_new_secret_alone(world_with_new_secret):
    cast, app, _, token = world_with_new_secret
    keys.use_secret(OTHER)
    assert await sign_in.answer_code(await challenge(cast), app.code(SOON), SOON)
    assert list((await subscriptions.feed_tokens(cast.kcpd_detective, NOW, NOW)).values()) == [token]


async def test_the_old_secret_opens_nothing_of_the_database_now(world_with_new_secret):
    [app] = await Member.select(Member.id, Member.totp_sealed).where(Member.totp_sealed.is_not_null())
    [feed] = await Subscription.select(Subscription.id, Subscription.token_sealed)
    keys.use_secret(SECRET)
    for purpose, sealed, row in (("authenticator", app["totp_sealed"], app), ("feed", feed["token_sealed"], feed)):
        with pytest.raises(keys.BrokenSeal):
            keys.unseal(purpose, sealed, str(row["id"]))


def test_every_column_that_holds_seals_is_sealed_again():
    columns = {(table, column._meta.name) for table in APP_CONFIG.table_classes for column in table._meta.columns}
    sealed = {(table, column) for table, column, _ in audit_log.SEALED}
    assert sealed == {(table, name) for table, name in columns if name.endswith("_sealed")}


async def test_earlier_recovery_codes_still_count_once(world_with_new_secret):
    cast, _, codes, _ = world_with_new_secret
    assert await sign_in.answer_code(await challenge(cast), codes[0], SOON, by=sign_in.RECOVERY_CODE)
    with pytest.raises(Invalid, match="didn’t match"):
        await sign_in.answer_code(await challenge(cast), codes[0], SOON, by=sign_in.RECOVERY_CODE)


async def test_the_audit_log_is_whole_over_the_change_and_says_that_it_was_made(world_with_new_secret):
    assert await audit.verify_chain() is None
    last = await AuditEntry.select(AuditEntry.verb).order_by(AuditEntry.seq, ascending=False).first()
    assert last["verb"] == "secret_replaced"
    keys.use_secret(OTHER)
    assert await audit.verify_chain() == audit.BrokenEntry(1, "The entry was changed.")


async def test_who_only_knows_the_earlier_secret_adds_nothing_to_the_audit_log(world_with_new_secret):
    keys.use_secret(SECRET)
    with pytest.raises(audit.AnotherSecret):
        async with writing():
            await audit.record(BY_COMMAND, "tested", "agency", "x", {}, SOON)


async def test_an_entry_forged_with_the_earlier_secret_is_found(world_with_new_secret):
    await unguard()
    newest = await AuditEntry.select().order_by(AuditEntry.seq, ascending=False).first()
    keys.use_secret(SECRET)
    forged = newest | {"seq": newest["seq"] + 1, "previous": newest["hash"], "verb": "forged"}
    forged["hash"] = audit._digest(audit._hashed_text(forged))
    await AuditEntry.insert(AuditEntry(**forged))
    keys.use_secret(OTHER, SECRET)
    assert await audit.verify_chain() == audit.BrokenEntry(forged["seq"], "The entry was changed.")


async def test_an_end_that_was_kept_before_the_change_still_fits(world_with_new_secret):
    keys.use_secret(SECRET)
    [row] = await AuditEntry.select(AuditEntry.seq, AuditEntry.hash).where(AuditEntry.seq == 3)
    kept = audit.AuditLogHead(row["seq"], row["hash"], audit._digest(audit._sealed(row["seq"], row["hash"])))
    keys.use_secret(OTHER, SECRET)
    assert await audit.verify_chain([kept]) is None
