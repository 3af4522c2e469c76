"""How many emails a person gets about one new time, and how two of them differ."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, meeting
from tests.emails import ReadEmail, read
from tracker.rules.core.outbox import MessageState, SendOutcome
from tracker.rules.events.plans import DateChange, plan_from_start
from tracker.rules.recurrence.series import rule_for_choice
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails
from tracker.usecases.events import occurrences, scheduling, series_split

Deed = Callable[[Cast, UUID, datetime], Awaitable[object]]
SENT = timedelta(minutes=5)
BEFORE = NOW + SENT
RUNNING = datetime.fromisoformat("2027-02-15T15:00+00:00")


async def sent(now: datetime) -> list[ReadEmail]:
    """Return the emails that go out."""
    found = []
    for message in await outbox.claim_messages("test", (), now, 100):
        letter = await emails.write_email(message, now, ZONE)
        assert not isinstance(letter, SendOutcome)
        found.append(read(letter))
        await outbox.close_message(message, SendOutcome(state=MessageState.SENT, reason=""), now)
    return [one for one in found if isinstance(one, ReadEmail)]


async def move_one_date(cast: Cast, event_id: UUID, now: datetime) -> None:
    change = DateChange(starts=datetime(2027, 4, 13, 9), duration=timedelta(minutes=90))
    await occurrences.change_occurrence(cast.coordinator, event_id, "2027-04-13", change, 1, now)


async def move_all_dates(cast: Cast, event_id: UUID, now: datetime) -> None:
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    await scheduling.change_event(
        cast.coordinator, event_id, replace(plan, starts=plan.starts - timedelta(hours=1)), event.version, now
    )


async def move_following_dates(cast: Cast, event_id: UUID, now: datetime) -> None:
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    onward = plan_from_start(plan, datetime(2027, 4, 13, 9))
    await series_split.change_from_date_on(cast.coordinator, event_id, "2027-04-13", onward, event.version, now)


@pytest.mark.parametrize(
    ("deed", "now", "subjects"),
    [
        (move_one_date, BEFORE, ["Changed"]),
        (move_all_dates, BEFORE, ["Changed"]),
        (move_all_dates, RUNNING, ["Changed", "Continues"]),
        (move_following_dates, BEFORE, ["Changed", "Continues"]),
    ],
    ids=["one date", "all dates of an upcoming series", "all dates of a running series", "this and following dates"],
)
async def test_a_new_time_is_one_email_unless_another_series_continues_the_earlier_one(
    sqlite_cast: Cast, deed: Deed, now: datetime, subjects: list[str]
) -> None:
    """A calendar entry has one UID (RFC 5546 §3.2): where a series ends and another continues it, there are two."""
    plan = meeting(sqlite_cast.fbi_lead)
    plan = replace(plan, rule=rule_for_choice("monthly_nth", plan.starts, count=6))
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, plan, NOW)
    await sent(NOW + SENT)
    await deed(sqlite_cast, event_id, now)
    emails = sorted(await sent(now + SENT), key=lambda one: one.subject)
    assert [one.subject.partition(":")[0] for one in emails] == subjects
    if len(emails) > 1:
        assert "Another email has the dates that continue it." in str(emails[0].words)
        assert not any(one.label.startswith("Reply") for one in emails[0].buttons)
        assert "These dates replace later dates of a series" in str(emails[1].words)
