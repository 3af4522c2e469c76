"""Calendars that members share: sealed, read in turn, shown as spans alone, and gone when no one shares them."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.cast import NOW, ZONE, Cast, meeting
from tracker.crypto import keys
from tracker.errors import Invalid
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
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.replies import AttendeeRole
from tracker.tables.schema.availability import BusySpan, SharedCalendar
from tracker.tables.schema.core.tables import AuditEntry
from tracker.tables.schema.events import Event
from tracker.usecases import availability
from tracker.usecases.availability import DueCalendar, TimeSearch
from tracker.usecases.core import process_locks
from tracker.usecases.events import scheduling
from tracker.usecases.roster import accounts
from tracker.usecases.views import offboarding

pytestmark = pytest.mark.both_engines

ADDRESS = "https://outlook.office365.com/owa/calendar/canary/calendar.ics"
TEN = datetime(2027, 1, 12, 16, tzinfo=NOW.tzinfo)
HOUR = timedelta(hours=1)
KINDS = [
    ReadSpan("a", CalendarSpan(TEN, TEN + HOUR, BusyKind.BUSY)),
    ReadSpan("b", CalendarSpan(TEN + HOUR, TEN + 2 * HOUR, BusyKind.OUT)),
]


async def share(viewer: Viewer, found: list[ReadSpan] | None = None, now: datetime = NOW) -> None:
    """Let someone share a calendar, and read it."""
    await availability.share_calendar(viewer, ADDRESS, "tracker.example", now)
    await availability.keep_spans(await due(now), KINDS if found is None else found, 0, kept_window(now, ZONE), now)


async def due(now: datetime = NOW) -> DueCalendar:
    found = await availability.claim_calendar(now)
    assert found is not None
    return found


async def spans_of(member: Viewer, now: datetime = NOW) -> list[CalendarSpan] | None:
    """Return what others may know; None = not shared."""
    shared = await availability.busy_times_shared_by([member.member_id], TEN, TEN + 9 * HOUR, now)
    return sorted(shared[member.member_id].spans) if shared else None


async def test_what_was_read_is_shown_as_hours_and_kinds(cast: Cast) -> None:
    await share(cast.fbi_lead)
    assert await spans_of(cast.fbi_lead) == [span for _, span in KINDS]
    assert await spans_of(cast.caht_lead) is None
    mine = await availability.own_shared_calendar(cast.fbi_lead)
    assert mine
    assert (mine.host, mine.spans, mine.read_at, mine.problem) == ("outlook.office365.com", 2, NOW, None)


async def test_nothing_but_spans_is_stored_and_the_address_only_sealed(cast: Cast) -> None:
    await share(cast.fbi_lead)
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


async def test_the_trail_tells_of_sharing_and_not_of_the_address(cast: Cast) -> None:
    await share(cast.fbi_lead)
    await share(cast.fbi_lead)
    await availability.stop_sharing(cast.fbi_lead, NOW)
    trail = await AuditEntry.select().where(AuditEntry.subject == "shared_calendar").order_by(AuditEntry.seq)
    assert [one["verb"] for one in trail] == ["shared", "shared", "removed"]
    assert all("canary" not in str(one) and "office365" not in str(one) for one in trail)


async def test_removing_deletes_all_of_it_at_once(cast: Cast) -> None:
    await share(cast.fbi_lead)
    await availability.stop_sharing(cast.fbi_lead, NOW)
    assert await SharedCalendar.count() == await BusySpan.count() == 0
    assert await availability.own_shared_calendar(cast.fbi_lead) is None
    await availability.stop_sharing(cast.fbi_lead, NOW)


async def test_a_reply_that_comes_after_the_removal_is_not_kept(cast: Cast) -> None:
    await availability.share_calendar(cast.fbi_lead, ADDRESS, "", NOW)
    under_way = await due()
    await availability.stop_sharing(cast.fbi_lead, NOW)
    await availability.keep_spans(under_way, KINDS, 0, kept_window(NOW, ZONE), NOW)
    await availability.record_failed_read(under_way, CalendarProblem.CLOSED, NOW)
    assert await SharedCalendar.count() == await BusySpan.count() == 0


async def test_an_address_that_cannot_be_taken_changes_nothing(cast: Cast) -> None:
    await share(cast.fbi_lead)
    with pytest.raises(Invalid):
        await availability.share_calendar(cast.fbi_lead, "https://localhost/", "", NOW)
    assert await spans_of(cast.fbi_lead)


async def test_a_calendar_is_read_by_one_at_a_time_and_again_after_an_hour(cast: Cast) -> None:
    await availability.share_calendar(cast.fbi_lead, ADDRESS, "", NOW)
    first = await due()
    assert (first.address, "canary" in repr(first)) == (ADDRESS, False)
    assert await availability.claim_calendar(NOW) is None
    await availability.keep_spans(first, [], 0, kept_window(NOW, ZONE), NOW)
    assert await availability.claim_calendar(NOW + EVERY - HOUR / 60) is None
    assert await due(NOW + EVERY)


async def test_what_is_read_replaces_what_was_read(cast: Cast) -> None:
    await share(cast.fbi_lead)
    later = NOW + EVERY
    await availability.keep_spans(await due(later), KINDS[1:], 3, kept_window(later, ZONE), later)
    assert await spans_of(cast.fbi_lead, later) == [KINDS[1].span]
    mine = await availability.own_shared_calendar(cast.fbi_lead)
    assert mine
    assert mine.unread == 3


async def test_a_failure_keeps_what_was_read_for_a_week_and_then_nothing(cast: Cast) -> None:
    await share(cast.fbi_lead)
    at = NOW + EVERY
    await availability.record_failed_read(await due(at), CalendarProblem.UNREACHABLE, at)
    assert await spans_of(cast.fbi_lead, at)
    mine = await availability.own_shared_calendar(cast.fbi_lead)
    assert mine
    assert (mine.failing_since, mine.problem) == (at, CalendarProblem.UNREACHABLE)
    assert await spans_of(cast.fbi_lead, NOW + STALE) is None
    again = await due(NOW + STALE)
    assert (again.failures, again.failing_since) == (1, at)
    await availability.record_failed_read(again, CalendarProblem.UNREACHABLE, NOW + STALE)
    assert await BusySpan.count() == 0


async def test_events_of_the_tracker_itself_are_left_out_whoever_may_see_them(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(
        cast.coordinator, meeting(cast.fbi_lead, starts=TEN.replace(tzinfo=None)), NOW
    )
    [uid] = await Event.select(Event.uid).where(Event.id == event_id).output(as_list=True)
    await share(cast.fbi_lead, [ReadSpan(uid, KINDS[0].span), KINDS[1]])
    assert await spans_of(cast.fbi_lead) == [KINDS[1].span]


async def test_a_name_that_no_entry_of_the_tracker_can_have_harms_nothing(cast: Cast) -> None:
    await share(cast.fbi_lead, [ReadSpan("a\x00b", KINDS[0].span)])
    shown = await availability.own_shared_calendar(cast.fbi_lead)
    assert shown is not None
    assert shown.spans == 1


async def test_a_suspended_member_is_not_read_and_nothing_of_theirs_is_kept(cast: Cast) -> None:
    await share(cast.fbi_lead)
    await accounts.suspend_account(cast.coordinator, cast.fbi_lead.member_id, "On leave", NOW, NOW)
    assert await BusySpan.count() == 0
    assert await availability.claim_calendar(NOW + EVERY) is None
    await accounts.reopen_account(cast.coordinator, cast.fbi_lead.member_id, NOW, NOW)
    assert (await due(NOW + EVERY)).address == ADDRESS


async def test_with_somebody_who_leaves_the_address_goes(cast: Cast) -> None:
    await share(cast.fbi_lead)
    successor = cast.fbi_alternate.member_id
    await offboarding.offboard_person(cast.coordinator, cast.fbi_lead.member_id, successor, NOW, NOW, NOW.date())
    assert await SharedCalendar.count() == await BusySpan.count() == 0


async def test_a_held_copy_reads_nothing(cast: Cast) -> None:
    await availability.share_calendar(cast.fbi_lead, ADDRESS, "", NOW)
    await process_locks.hold_sending(NOW, NOW)
    assert await availability.claim_calendar(NOW) is None


async def test_where_it_is_turned_off_nothing_that_was_read_is_kept(cast: Cast) -> None:
    await share(cast.fbi_lead)
    await availability.forget_all_spans()
    assert await BusySpan.count() == 0
    assert await spans_of(cast.fbi_lead) is None
    assert await SharedCalendar.count() == 1


async def find(cast: Cast, *, reads_outside: bool) -> tuple[Availability, Availability, bool, frozenset[UUID]]:
    """Return how the FBI lead is at ten and at eleven, whether they share, and who is said to be out of office then."""
    invitees = {cast.fbi_lead.member_id: AttendeeRole.REQUIRED}
    wanted = TimeSearch(
        first=datetime(2027, 1, 12, 8),  # noqa: DTZ001 - local
        length=HOUR,
        zone=ZONE,
        reads_outside=reads_outside,
        typed=((TEN + HOUR, TEN + 2 * HOUR),),
    )
    found = await availability.find_times(cast.coordinator, invitees, wanted, NOW)
    days = found.days[cast.fbi_lead.member_id]
    assert found.typed
    at_ten, at_eleven = days.state(TEN, TEN + HOUR), days.state(TEN + HOUR, TEN + 2 * HOUR)
    return at_ten, at_eleven, days.shares(TEN.date(), ZONE), frozenset(found.typed.why)


async def test_times_are_found_by_what_people_share_where_it_is_turned_on(cast: Cast) -> None:
    await share(cast.fbi_lead, [*KINDS, ReadSpan("c", CalendarSpan(TEN, TEN + timedelta(days=40), BusyKind.TENTATIVE))])
    lead = frozenset({cast.fbi_lead.member_id})
    assert await find(cast, reads_outside=True) == (Availability.BUSY, Availability.OUT, True, lead)
    assert await find(cast, reads_outside=False) == (Availability.FREE, Availability.FREE, False, frozenset())


async def test_a_day_beyond_what_is_read_is_not_shared(cast: Cast) -> None:
    await share(cast.fbi_lead)
    shared = await availability.busy_times_shared_by([cast.fbi_lead.member_id], TEN, TEN + HOUR, NOW)
    assert shared[cast.fbi_lead.member_id].until == NOW + AHEAD


async def test_a_conflict_is_never_told_from_a_calendar_outside(cast: Cast) -> None:
    await share(cast.fbi_lead)
    assert await availability.double_bookings_of(cast.coordinator, [cast.fbi_lead.member_id], [(TEN, TEN + HOUR)]) == []
