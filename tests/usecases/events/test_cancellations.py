"""Canceling what was held: the record stays unless a person says otherwise, and no useless email goes out."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.cast import NOW, Cast, meeting
from tracker.errors import Invalid, NotAllowed
from tracker.rules.events.events import Kind
from tracker.rules.events.notifications import RecordChoice
from tracker.rules.recurrence.series import rule_for_choice
from tracker.rules.reports.reports import ReportSpan
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.visible import reports
from tracker.usecases.attendance import roll_call
from tracker.usecases.events import history, occurrences, scheduling

pytestmark = pytest.mark.both_engines

KEY = "2026-12-08"
STARTS = datetime(2026, 12, 8, 10)  # noqa: DTZ001 - local to the zone
CLOSED = datetime(2026, 12, 8, 18, tzinfo=UTC)
SOON = NOW + timedelta(seconds=10)


async def held(cast: Cast, *, is_series: bool = True) -> UUID:
    """Return an event whose first date was held last week and has closed attendance."""
    rule = rule_for_choice("weekly", STARTS, count=3) if is_series else None
    plan = meeting(cast.fbi_lead, starts=STARTS, rule=rule)
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW - timedelta(days=20))
    await roll_call.close_attendance(cast.coordinator, event_id, KEY, CLOSED)
    await Message.delete(force=True)
    return event_id


async def cancel(cast: Cast, event_id: UUID, record: RecordChoice | None, key: str = KEY) -> None:
    version = (await occurrences.date_seen_by(cast.coordinator, event_id, key)).version
    await occurrences.cancel_occurrence(cast.coordinator, event_id, key, version, "", NOW, record=record)


async def in_reports(cast: Cast) -> tuple[list[str], list[str]]:
    """Return the dates that reports count as held, and as canceled."""
    start, later = NOW - timedelta(days=60), NOW + timedelta(days=60)
    span = ReportSpan(start=start, end=later, until=later, kinds=frozenset(Kind))
    on, off = (
        await reports.held_rows(cast.coordinator, span, 50),
        await reports.canceled_rows(cast.coordinator, span, 50),
    )
    return [one.key for one in on], [one.key for one in off]


async def test_a_held_date_is_not_canceled_in_silence(cast: Cast) -> None:
    event_id = await held(cast)
    with pytest.raises(Invalid) as refused:
        await cancel(cast, event_id, None)
    assert list(refused.value.fields) == ["record"]


@pytest.mark.parametrize("record", RecordChoice)
async def test_the_record_of_a_held_date_is_kept_or_removed_as_chosen_and_audited(
    cast: Cast, record: RecordChoice
) -> None:
    event_id = await held(cast)
    await cancel(cast, event_id, record)
    on, off = await in_reports(cast)
    assert (KEY in on, KEY in off) == (record is RecordChoice.KEEP, record is RecordChoice.REMOVE)
    [facts] = await AuditEntry.select(AuditEntry.facts).where(AuditEntry.verb == "canceled").output(as_list=True)
    assert json.loads(facts)["record"] == record


async def test_an_event_with_one_date_asks_too(cast: Cast) -> None:
    event_id = await held(cast, is_series=False)
    with pytest.raises(Invalid):
        await scheduling.cancel_event(cast.coordinator, event_id, 1, "", NOW)
    await scheduling.cancel_event(cast.coordinator, event_id, 1, "", NOW, record=RecordChoice.REMOVE)
    assert await in_reports(cast) == ([], [KEY])
    await scheduling.restore_event(cast.coordinator, event_id, 2, NOW)
    assert await in_reports(cast) == ([KEY], [])


async def test_dates_that_were_over_when_their_series_was_canceled_stay_in_reports(cast: Cast) -> None:
    event_id = await held(cast)
    await scheduling.cancel_event(cast.coordinator, event_id, 1, "", NOW - timedelta(days=3))
    assert await in_reports(cast) == ([KEY], ["2026-12-15", "2026-12-22"])


@pytest.mark.parametrize("is_series", [True, False])
async def test_no_one_is_notified_that_what_is_over_is_canceled_or_restored(cast: Cast, is_series: bool) -> None:
    event_id = await held(cast, is_series=is_series)
    if is_series:
        await cancel(cast, event_id, RecordChoice.KEEP)
        await occurrences.restore_occurrence(cast.coordinator, event_id, KEY, 2, NOW)
    else:
        await scheduling.cancel_event(cast.coordinator, event_id, 1, "", NOW, record=RecordChoice.KEEP)
        await scheduling.restore_event(cast.coordinator, event_id, 2, NOW)
    assert await Message.count() == 0


async def test_undo_brings_a_removed_record_back(cast: Cast) -> None:
    event_id = await held(cast)
    await cancel(cast, event_id, RecordChoice.REMOVE)
    change_id = await history.change_made_at(cast.coordinator, event_id, NOW)
    assert change_id is not None
    await history.undo_change(cast.coordinator, event_id, change_id, SOON)
    assert KEY in (await in_reports(cast))[0]


async def test_attendance_of_a_canceled_date_is_not_reopened(cast: Cast) -> None:
    event_id = await held(cast)
    await cancel(cast, event_id, RecordChoice.KEEP)
    with pytest.raises(NotAllowed, match="Restore it before"):
        await roll_call.reopen_attendance(cast.coordinator, event_id, KEY, NOW)
