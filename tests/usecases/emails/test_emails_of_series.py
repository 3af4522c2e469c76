"""An email about a series says its rule, and what its dates have of their own: time, place, title, and reply."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from tests.cast import NOW, ZONE, Cast, meeting
from tests.emails import ReadEmail, read
from tracker.rules.core.outbox import Skip, State
from tracker.rules.events.plan import DateChange, from_date
from tracker.rules.recurrence import rule_for
from tracker.usecases.core import outbox
from tracker.usecases.emails import content
from tracker.usecases.events import events, occurrences, series_split

FIRST, SECOND, THIRD = "2027-01-12", "2027-01-19", "2027-01-26"
HOUR_AND_A_HALF = timedelta(minutes=90)
THEN = NOW + timedelta(minutes=5)
LATER = THEN + timedelta(hours=1)


async def sent(now: datetime) -> dict[str, ReadEmail]:
    """Send the emails that are due, and return them by their first word, such as "Invitation"."""
    found = {}
    for message in await outbox.claim("test", (), now, 100):
        made = read(await content.letter(message, now, ZONE))
        await outbox.close(message, made if isinstance(made, Skip) else Skip(state=State.SENT, reason=""), now)
        if isinstance(made, ReadEmail):
            found[made.subject.partition(":")[0]] = made
    return found


async def weekly(cast: Cast) -> UUID:
    """Schedule five Tuesdays, 10:00–11:30 AM; the invitation waits."""
    plan = meeting(cast.fbi_lead)
    return await events.schedule(cast.coordinator, replace(plan, rule=rule_for("weekly", plan.starts, count=5)), NOW)


async def change_date(cast: Cast, event_id: UUID, key: str, now: datetime, *, hour: int = 10, **facts: str) -> None:
    date = await occurrences.date_for(cast.coordinator, event_id, key)
    change = DateChange(starts=datetime.fromisoformat(f"{key}T{hour}:00"), duration=HOUR_AND_A_HALF, **facts)
    await occurrences.change_date(cast.coordinator, event_id, key, change, date.version, now)


async def split(cast: Cast, event_id: UUID, now: datetime, **facts: object) -> UUID:
    """Continue the series from its second date at 9:00 AM as another one."""
    event, plan = await series_split.plan_from(cast.coordinator, event_id, SECOND)
    onward = replace(from_date(plan, datetime(2027, 1, 19, 9)), **facts)
    return await series_split.change_from(cast.coordinator, event_id, SECOND, onward, event.version, now)


async def test_an_invitation_says_the_hours_of_the_rule_when_its_first_date_has_others(cast: Cast) -> None:
    await change_date(cast, await weekly(cast), FIRST, NOW, hour=13)
    facts = dict((await sent(THEN))["Invitation"].facts)
    assert (facts["When"], facts["Moved"]) == (
        "Every week on Tuesday, 10:00–11:30 AM Central",
        "Tue, Jan 12 to 1:00–2:30 PM",
    )


async def test_a_series_that_continues_says_the_hours_of_its_rule_when_its_first_date_keeps_others(cast: Cast) -> None:
    event_id = await weekly(cast)
    await sent(THEN)
    await change_date(cast, event_id, SECOND, THEN, hour=13)
    await split(cast, event_id, THEN)
    facts = dict((await sent(LATER))["Continues"].facts)
    assert (facts["When"], facts["Moved"]) == (
        "Every week on Tuesday, 9:00–10:30 AM Central",
        "Tue, Jan 19 to 1:00–2:30 PM",
    )
