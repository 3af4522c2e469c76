"""Finding a time: what counts as busy, calendars that members share, and blackout days of agencies."""

# ruff: noqa: DTZ001 - a local time is naive: its zone is beside it

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from tests.cast import NOW, ZONE, Cast, meeting, operation
from tests.usecases.roster.forms import audit_verbs
from tracker.crypto import keys
from tracker.errors import Invalid, NotAllowed, NotFound
from tracker.rules.availability.shared_calendars import (
    AHEAD,
    EVERY,
    STALE,
    BusyKind,
    CalendarProblem,
    CalendarSpan,
    ReadSpan,
    kept_window,
)
from tracker.rules.availability.suggested_times import Availability
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.events import Kind
from tracker.rules.events.plans import slot_at
from tracker.rules.events.replies import AttendeeRole, ReplyValue
from tracker.tables.schema.availability import BusySpan, SharedCalendar
from tracker.tables.schema.core.tables import AuditEntry
from tracker.tables.schema.events import Event
from tracker.tables.schema.roster import Committee
from tracker.usecases import availability
from tracker.usecases.availability import DueCalendar, TimeSearch
from tracker.usecases.core import process_locks
from tracker.usecases.events import replies, scheduling
from tracker.usecases.roster import accounts
from tracker.usecases.views import impact

TEN_LOCAL = datetime(2027, 1, 12, 10)
SLOT = slot_at(TEN_LOCAL, timedelta(hours=1), ZONE)
SATURDAY_SIX = slot_at(datetime(2027, 1, 16, 6), timedelta(hours=1), ZONE)


async def state_of(viewer: Viewer, member: Viewer) -> Availability:
    days = await availability.busy_days_of(viewer, [member.member_id], *SLOT)
    return days[member.member_id].state(*SLOT)


@pytest.mark.both_engines
async def test_an_event_that_the_viewer_sees_makes_its_people_busy(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, starts=TEN_LOCAL), NOW)
    assert await state_of(cast.coordinator, cast.fbi_lead) is Availability.BUSY
    await replies.record_own_reply(
        cast.fbi_lead, event_id, "2027-01-12", ReplyValue.DECLINED, "", NOW, for_series=False
    )
    assert await state_of(cast.coordinator, cast.fbi_lead) is Availability.FREE


@pytest.mark.both_engines
async def test_maybe_is_tentative(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, starts=TEN_LOCAL), NOW)
    await replies.record_own_reply(
        cast.fbi_lead, event_id, "2027-01-12", ReplyValue.TENTATIVE, "", NOW, for_series=False
    )
    assert await state_of(cast.coordinator, cast.fbi_lead) is Availability.TENTATIVE


@pytest.mark.both_engines
async def test_an_event_that_the_viewer_may_not_see_makes_no_one_busy(cast: Cast) -> None:
    briefing = meeting(cast.fbi_lead, starts=TEN_LOCAL, visibility=Visibility.LAW_ENFORCEMENT)
    await scheduling.schedule_event(cast.coordinator, briefing, NOW)
    assert await state_of(cast.caht_lead, cast.fbi_lead) is Availability.FREE


@pytest.mark.both_engines
async def test_a_list_of_names_that_the_viewer_does_not_read_makes_no_one_busy(cast: Cast) -> None:
    await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead, starts=TEN_LOCAL), NOW)
    assert await state_of(cast.caht_lead, cast.fbi_lead) is Availability.FREE
    assert await state_of(cast.fbi_alternate, cast.fbi_lead) is Availability.BUSY


@pytest.mark.both_engines
async def test_who_leads_an_event_is_busy_for_everyone_who_sees_it(sqlite_cast: Cast) -> None:
    await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead, starts=TEN_LOCAL), NOW)
    assert await state_of(sqlite_cast.caht_lead, sqlite_cast.coordinator) is Availability.BUSY


@pytest.mark.both_engines
async def test_a_deadline_takes_nobodys_time(sqlite_cast: Cast) -> None:
    due = meeting(sqlite_cast.fbi_lead, kind=Kind.DEADLINE, starts=TEN_LOCAL)
    await scheduling.schedule_event(sqlite_cast.coordinator, due, NOW)
    assert await state_of(sqlite_cast.coordinator, sqlite_cast.fbi_lead) is Availability.FREE


@pytest.mark.both_engines
async def test_who_is_double_booked_is_named_with_the_other_event(cast: Cast) -> None:
    await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, starts=TEN_LOCAL, title="Case call"), NOW)
    [conflict] = await availability.double_bookings_of(
        cast.coordinator, [cast.fbi_lead.member_id, cast.caht_lead.member_id], [SLOT]
    )
    assert (conflict.member_ids, conflict.title) == ([cast.fbi_lead.member_id], "Case call")


@pytest.mark.both_engines
async def test_an_event_that_takes_several_people_is_one_conflict_and_names_all_of_them(cast: Cast) -> None:
    both = cast.fbi_lead, cast.caht_lead
    await scheduling.schedule_event(cast.coordinator, meeting(*both, starts=TEN_LOCAL, title="Case call"), NOW)
    later = meeting(*both, cast.kcpd_detective, starts=TEN_LOCAL + timedelta(minutes=30), title="Briefing")
    await scheduling.schedule_event(cast.coordinator, later, NOW)
    everyone = [one.member_id for one in (*both, cast.kcpd_detective)]
    double_bookings = await availability.double_bookings_of(cast.coordinator, everyone, [SLOT])
    assert [(one.title, set(one.member_ids)) for one in double_bookings] == [
        ("Case call", {one.member_id for one in both}),
        ("Briefing", set(everyone)),
    ]


@pytest.mark.both_engines
async def test_an_event_does_not_conflict_with_itself(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, starts=TEN_LOCAL), NOW)
    assert await availability.double_bookings_of(cast.coordinator, [cast.fbi_lead.member_id], [SLOT], event_id) == []


@pytest.mark.both_engines
async def test_an_operation_that_the_viewer_is_not_named_on_conflicts_with_nothing(cast: Cast) -> None:
    await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    detective = [cast.kcpd_detective.member_id]
    assert await availability.double_bookings_of(cast.coordinator, detective, [SATURDAY_SIX]) == []
    assert len(await availability.double_bookings_of(cast.fbi_lead, detective, [SATURDAY_SIX])) == 1


@pytest.mark.both_engines
async def test_the_quorum_of_the_committee_counts_seats_of_which_someone_is_free(cast: Cast) -> None:
    committee_id = cast.committees["services"]
    await Committee.update({Committee.quorum: 2}).where(Committee.id == committee_id)
    await scheduling.schedule_event(
        cast.coordinator, meeting(cast.caht_lead, cast.bridge_advocate, starts=TEN_LOCAL), NOW
    )
    needed = {one.member_id: AttendeeRole.REQUIRED for one in (cast.caht_lead, cast.bridge_advocate)}
    wanted = TimeSearch(first=TEN_LOCAL, length=timedelta(hours=1), zone=ZONE, typed=(SLOT,), committee_id=committee_id)
    typed = (await availability.find_times(cast.coordinator, needed, wanted, NOW)).typed
    assert typed is not None
    assert typed.quorum is not None
    assert typed.quorum.words == "No quorum: 0 of 3 seats (2 needed)"


@pytest.mark.both_engines
async def test_blackout_days_count_for_who_may_see_the_agency(cast: Cast) -> None:
    week = TEN_LOCAL.date(), TEN_LOCAL.date() + timedelta(days=3), "Range week"
    await availability.set_blackout(cast.fbi_lead, cast.agencies["FBI"], *week, NOW, NOW.date())
    needed = {cast.fbi_alternate.member_id: AttendeeRole.REQUIRED}
    wanted = TimeSearch(first=TEN_LOCAL, length=timedelta(hours=1), zone=ZONE, typed=(SLOT,))
    seen = await availability.find_times(cast.coordinator, needed, wanted, NOW)
    assert seen.typed is not None
    assert seen.typed.why == {cast.fbi_alternate.member_id: Availability.BLACKOUT}
    assert min(one.starts_at for one in seen.suggestions).date() == TEN_LOCAL.date() + timedelta(
        days=7
    )  # after a holiday
    unseen = await availability.find_times(cast.bridge_advocate, needed, wanted, NOW)
    assert unseen.typed is not None
    assert unseen.typed.missing == {}


@pytest.mark.both_engines
async def test_times_are_found_for_everyone_who_is_needed(cast: Cast) -> None:
    await scheduling.schedule_event(
        cast.coordinator, meeting(cast.fbi_lead, starts=datetime(2027, 1, 11, 8), duration=timedelta(hours=6)), NOW
    )
    needed = {one.member_id: AttendeeRole.REQUIRED for one in (cast.coordinator, cast.fbi_lead)}
    wanted = TimeSearch(first=datetime(2027, 1, 11, 8), length=timedelta(hours=1), zone=ZONE)
    [first, *_] = (await availability.find_times(cast.coordinator, needed, wanted, NOW)).suggestions
    assert (f"{first.starts_at:%m-%d %H:%M}", first.missing) == ("01-11 20:00", {})


ADDRESS = "https://outlook.office365.com/owa/calendar/canary/calendar.ics"
TEN = datetime(2027, 1, 12, 16, tzinfo=NOW.tzinfo)
HOUR = timedelta(hours=1)
KINDS = [
    ReadSpan("a", CalendarSpan(TEN, TEN + HOUR, BusyKind.BUSY)),
    ReadSpan("b", CalendarSpan(TEN + HOUR, TEN + 2 * HOUR, BusyKind.OUT)),
]


async def share_calendar(viewer: Viewer, spans: list[ReadSpan] | None = None, now: datetime = NOW) -> None:
    """Let someone share a calendar, and read it."""
    await availability.share_calendar(viewer, ADDRESS, "tracker.example", now)
    await availability.keep_spans(
        await claim_due(now), KINDS if spans is None else spans, 0, kept_window(now, ZONE), now
    )


async def claim_due(now: datetime = NOW) -> DueCalendar:
    calendar = await availability.claim_calendar(now)
    assert calendar is not None
    return calendar


async def spans_of(member: Viewer, now: datetime = NOW) -> list[CalendarSpan] | None:
    """Return what others may know; None = not shared."""
    shared = await availability.busy_times_shared_by([member.member_id], TEN, TEN + 9 * HOUR, now)
    return sorted(shared[member.member_id].spans) if shared else None


@pytest.mark.both_engines
async def test_what_was_read_is_shown_as_hours_and_kinds(cast: Cast) -> None:
    await share_calendar(cast.fbi_lead)
    assert await spans_of(cast.fbi_lead) == [span for _, span in KINDS]
    assert await spans_of(cast.caht_lead) is None
    own_calendar = await availability.own_shared_calendar(cast.fbi_lead)
    assert own_calendar
    assert (own_calendar.host, own_calendar.spans, own_calendar.read_at, own_calendar.problem) == (
        "outlook.office365.com",
        2,
        NOW,
        None,
    )


@pytest.mark.both_engines
async def test_nothing_but_spans_is_stored_and_the_address_only_sealed(cast: Cast) -> None:
    await share_calendar(cast.fbi_lead)
    assert {column._meta.name for column in BusySpan._meta.columns} == {
        "id",
        "calendar",
        "starts_at",
        "ends_at",
        "kind",
    }
    [row] = await SharedCalendar.select()
    assert "canary" not in str(row)
    opened = keys.open_sealed(keys.named("shared_calendar"), row["address_sealed"], str(row["id"]))
    assert opened == ADDRESS


@pytest.mark.both_engines
async def test_the_audit_log_records_sharing_and_not_the_address(cast: Cast) -> None:
    await share_calendar(cast.fbi_lead)
    await share_calendar(cast.fbi_lead)
    await availability.stop_sharing(cast.fbi_lead, NOW)
    log = await AuditEntry.select().where(AuditEntry.subject == "shared_calendar").order_by(AuditEntry.seq)
    assert [one["verb"] for one in log] == ["shared", "shared", "removed"]
    assert all("canary" not in str(one) and "office365" not in str(one) for one in log)


@pytest.mark.both_engines
async def test_removing_deletes_all_of_it_at_once(cast: Cast) -> None:
    await share_calendar(cast.fbi_lead)
    await availability.stop_sharing(cast.fbi_lead, NOW)
    assert await SharedCalendar.count() == await BusySpan.count() == 0
    assert await availability.own_shared_calendar(cast.fbi_lead) is None
    await availability.stop_sharing(cast.fbi_lead, NOW)


@pytest.mark.both_engines
async def test_a_reply_that_comes_after_the_removal_is_not_kept(cast: Cast) -> None:
    await availability.share_calendar(cast.fbi_lead, ADDRESS, "", NOW)
    under_way = await claim_due()
    await availability.stop_sharing(cast.fbi_lead, NOW)
    await availability.keep_spans(under_way, KINDS, 0, kept_window(NOW, ZONE), NOW)
    await availability.record_failed_read(under_way, CalendarProblem.CLOSED, NOW)
    assert await SharedCalendar.count() == await BusySpan.count() == 0


@pytest.mark.both_engines
async def test_an_address_that_cannot_be_taken_changes_nothing(cast: Cast) -> None:
    await share_calendar(cast.fbi_lead)
    with pytest.raises(Invalid):
        await availability.share_calendar(cast.fbi_lead, "https://localhost/", "", NOW)
    assert await spans_of(cast.fbi_lead)


@pytest.mark.both_engines
async def test_a_calendar_is_read_by_one_at_a_time_and_again_after_an_hour(cast: Cast) -> None:
    await availability.share_calendar(cast.fbi_lead, ADDRESS, "", NOW)
    first = await claim_due()
    assert (first.address, "canary" in repr(first)) == (ADDRESS, False)
    assert await availability.claim_calendar(NOW) is None
    await availability.keep_spans(first, [], 0, kept_window(NOW, ZONE), NOW)
    assert await availability.claim_calendar(NOW + EVERY - HOUR / 60) is None
    assert await claim_due(NOW + EVERY)


@pytest.mark.both_engines
async def test_what_is_read_replaces_what_was_read(cast: Cast) -> None:
    await share_calendar(cast.fbi_lead)
    later = NOW + EVERY
    await availability.keep_spans(await claim_due(later), KINDS[1:], 3, kept_window(later, ZONE), later)
    assert await spans_of(cast.fbi_lead, later) == [KINDS[1].span]
    own_calendar = await availability.own_shared_calendar(cast.fbi_lead)
    assert own_calendar
    assert own_calendar.unread == 3


@pytest.mark.both_engines
async def test_a_failure_keeps_what_was_read_for_a_week_and_then_nothing(cast: Cast) -> None:
    await share_calendar(cast.fbi_lead)
    at = NOW + EVERY
    await availability.record_failed_read(await claim_due(at), CalendarProblem.UNREACHABLE, at)
    assert await spans_of(cast.fbi_lead, at)
    own_calendar = await availability.own_shared_calendar(cast.fbi_lead)
    assert own_calendar
    assert (own_calendar.failing_since, own_calendar.problem) == (at, CalendarProblem.UNREACHABLE)
    assert await spans_of(cast.fbi_lead, NOW + STALE) is None
    again = await claim_due(NOW + STALE)
    assert (again.failures, again.failing_since) == (1, at)
    await availability.record_failed_read(again, CalendarProblem.UNREACHABLE, NOW + STALE)
    assert await BusySpan.count() == 0


@pytest.mark.both_engines
async def test_events_of_the_tracker_itself_are_left_out_even_when_someone_may_see_them(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(
        cast.coordinator, meeting(cast.fbi_lead, starts=TEN.replace(tzinfo=None)), NOW
    )
    [uid] = await Event.select(Event.uid).where(Event.id == event_id).output(as_list=True)
    await share_calendar(cast.fbi_lead, [ReadSpan(uid, KINDS[0].span), KINDS[1]])
    assert await spans_of(cast.fbi_lead) == [KINDS[1].span]


@pytest.mark.both_engines
async def test_a_name_that_no_entry_of_the_tracker_can_have_harms_nothing(cast: Cast) -> None:
    await share_calendar(cast.fbi_lead, [ReadSpan("a\x00b", KINDS[0].span)])
    shown = await availability.own_shared_calendar(cast.fbi_lead)
    assert shown is not None
    assert shown.spans == 1


@pytest.mark.both_engines
async def test_a_suspended_member_is_not_read_and_nothing_of_theirs_is_kept(cast: Cast) -> None:
    await share_calendar(cast.fbi_lead)
    await accounts.suspend_account(cast.coordinator, cast.fbi_lead.member_id, "On leave", NOW, NOW)
    assert await BusySpan.count() == 0
    assert await availability.claim_calendar(NOW + EVERY) is None
    await accounts.reopen_account(cast.coordinator, cast.fbi_lead.member_id, NOW, NOW)
    assert (await claim_due(NOW + EVERY)).address == ADDRESS


@pytest.mark.both_engines
async def test_with_someone_who_leaves_the_address_goes(cast: Cast) -> None:
    await share_calendar(cast.fbi_lead)
    successor = cast.fbi_alternate.member_id
    await impact.offboard_person(cast.coordinator, cast.fbi_lead.member_id, successor, NOW, NOW, NOW.date())
    assert await SharedCalendar.count() == await BusySpan.count() == 0


@pytest.mark.both_engines
async def test_a_held_copy_reads_nothing(cast: Cast) -> None:
    await availability.share_calendar(cast.fbi_lead, ADDRESS, "", NOW)
    await process_locks.hold_sending(NOW, NOW)
    assert await availability.claim_calendar(NOW) is None


@pytest.mark.both_engines
async def test_where_it_is_turned_off_nothing_that_was_read_is_kept(cast: Cast) -> None:
    await share_calendar(cast.fbi_lead)
    await availability.forget_all_spans()
    assert await BusySpan.count() == 0
    assert await spans_of(cast.fbi_lead) is None
    assert await SharedCalendar.count() == 1


async def find_times(cast: Cast, *, reads_outside: bool) -> tuple[Availability, Availability, bool, frozenset[UUID]]:
    """Return how the FBI lead is at ten and at eleven, whether they share, and who is said to be out of office then."""
    invitees = {cast.fbi_lead.member_id: AttendeeRole.REQUIRED}
    wanted = TimeSearch(
        first=datetime(2027, 1, 12, 8),
        length=HOUR,
        zone=ZONE,
        reads_outside=reads_outside,
        typed=((TEN + HOUR, TEN + 2 * HOUR),),
    )
    times = await availability.find_times(cast.coordinator, invitees, wanted, NOW)
    days = times.days[cast.fbi_lead.member_id]
    assert times.typed
    at_ten, at_eleven = days.state(TEN, TEN + HOUR), days.state(TEN + HOUR, TEN + 2 * HOUR)
    return at_ten, at_eleven, days.shares(TEN.date(), ZONE), frozenset(times.typed.why)


@pytest.mark.both_engines
async def test_times_are_found_by_what_people_share_where_it_is_turned_on(cast: Cast) -> None:
    await share_calendar(
        cast.fbi_lead, [*KINDS, ReadSpan("c", CalendarSpan(TEN, TEN + timedelta(days=40), BusyKind.TENTATIVE))]
    )
    lead = frozenset({cast.fbi_lead.member_id})
    assert await find_times(cast, reads_outside=True) == (Availability.BUSY, Availability.OUT, True, lead)
    assert await find_times(cast, reads_outside=False) == (Availability.FREE, Availability.FREE, False, frozenset())


@pytest.mark.both_engines
async def test_a_day_beyond_what_is_read_is_not_shared(cast: Cast) -> None:
    await share_calendar(cast.fbi_lead)
    shared = await availability.busy_times_shared_by([cast.fbi_lead.member_id], TEN, TEN + HOUR, NOW)
    assert shared[cast.fbi_lead.member_id].until == NOW + AHEAD


@pytest.mark.both_engines
async def test_a_conflict_is_never_learned_from_a_calendar_outside(cast: Cast) -> None:
    await share_calendar(cast.fbi_lead)
    assert await availability.double_bookings_of(cast.coordinator, [cast.fbi_lead.member_id], [(TEN, TEN + HOUR)]) == []


TODAY, MONDAY, FRIDAY = date(2026, 12, 15), date(2027, 1, 11), date(2027, 1, 15)


async def set_range_week(viewer: Viewer, cast: Cast) -> None:
    await availability.set_blackout(viewer, cast.agencies["FBI"], MONDAY, FRIDAY, "Range week", NOW, TODAY)


async def blackout_reasons(viewer: Viewer, *people: Viewer) -> list[str]:
    blackouts = await availability.blackouts_of_people(viewer, [one.member_id for one in people], TODAY, FRIDAY)
    return [one.reason for some in blackouts.values() for one in some]


async def test_a_lead_and_a_coordinator_name_the_days_of_an_agency_and_take_them_back(cast: Cast) -> None:
    fbi = cast.agencies["FBI"]
    await set_range_week(cast.fbi_lead, cast)
    await availability.set_blackout(cast.coordinator, fbi, MONDAY, None, "", NOW, TODAY)
    blackouts = await availability.blackouts_of_agency(fbi, TODAY)
    assert [(one.first, one.last, one.reason) for one in blackouts] == [
        (MONDAY, MONDAY, ""),
        (MONDAY, FRIDAY, "Range week"),
    ]
    for blackout in (*blackouts, blackouts[0]):
        await availability.remove_blackout(cast.fbi_lead, fbi, blackout.id, NOW)
    assert await availability.blackouts_of_agency(fbi, TODAY) == []
    assert await audit_verbs(fbi) == ["blackout_named"] * 2 + ["blackout_taken_back"] * 2


async def test_no_one_else_does_and_who_does_not_know_the_agency_finds_none(sqlite_cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        await set_range_week(sqlite_cast.fbi_alternate, sqlite_cast)
    with pytest.raises(NotFound):
        await set_range_week(sqlite_cast.bridge_advocate, sqlite_cast)


async def test_only_who_may_see_the_agency_learns_of_its_days(cast: Cast) -> None:
    await set_range_week(cast.fbi_lead, cast)
    assert await blackout_reasons(cast.coordinator, cast.fbi_alternate, cast.ipd_liaison) == ["Range week"]
    assert await blackout_reasons(cast.caht_lead, cast.fbi_lead) == ["Range week"]  # they sit in one committee
    assert await blackout_reasons(cast.bridge_advocate, cast.fbi_lead) == []
    await scheduling.schedule_event(cast.coordinator, meeting(cast.bridge_advocate, cast.fbi_lead), NOW)
    assert await blackout_reasons(cast.bridge_advocate, cast.fbi_lead) == []  # of the other arm they read no names


async def test_days_that_are_over_are_not_shown(cast: Cast) -> None:
    await set_range_week(cast.fbi_lead, cast)
    assert await availability.blackouts_of_agency(cast.agencies["FBI"], date(2027, 1, 16)) == []
