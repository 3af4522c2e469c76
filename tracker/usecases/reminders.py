"""The planner of reminders: every moment that has passed since the last look gets its message, exactly once.

Nothing is planned ahead, so a date that moves, is cancelled or gains people needs no re-planning. The watermark says
how far was looked; the key of a message holds its moment.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine, writing
from tracker.rules import reminders as rules
from tracker.rules.outbox import Draft, MessageKind
from tracker.rules.reminders import Moment
from tracker.tables import due
from tracker.tables.action_items import ActionItem
from tracker.tables.outbox import Watermark
from tracker.usecases import audit, holding, outbox
from tracker.usecases.reminders_people import who_comes

MARK = "reminders"
OUTAGE = timedelta(hours=1)
"""After a longer gap the trail says what was caught up."""
NEWER = "A later reminder went out instead."
NOBODY = UUID(int=0)  # keeps a list of ids from being empty, which SQL does not take
_SUPERSEDE = (
    "UPDATE message SET state = 'superseded', reason = {} WHERE state = 'pending' AND due < {} AND worker = ''"
    " AND kind IN ('reminder', 'item_due', 'item_overdue') AND (occurrence IN ({}) OR item IN ({}))"
)


async def queue_due(now: datetime, zone: str) -> int:
    """Queue what has become due since the last look and return how many messages that made.

    The first look ever only sets the mark. `zone` is the task force's, for action items. A restored copy does not look
    before a person lets it send; then it catches up as after an outage.
    """
    async with writing():
        if await holding.held_copy():
            return 0
        after = await _mark(now)
        if after >= now:  # the first look, or a clock that was set back
            return 0
        drafts = [*await _of_dates(after, now), *await _of_items(after, now, zone)]
        await _supersede_older(drafts, now)
        await outbox.enqueue_all(drafts, now)
        await Watermark.update({Watermark.until: now}).where(Watermark.name == MARK)
        if now - after > OUTAGE:
            facts = {"since": after.isoformat(), **Counter(one.state.value for one in drafts)}
            await audit.record(None, "clock", "caught_up", "outbox", MARK, facts, now)
    return len(drafts)


async def _mark(now: datetime) -> datetime:
    found = await Watermark.select(Watermark.until).where(Watermark.name == MARK)
    if found:
        until: datetime = found[0]["until"]
        return until
    await Watermark.insert(Watermark(name=MARK, until=now))
    return now


async def _of_dates(after: datetime, now: datetime) -> list[Draft]:
    near: dict[UUID, dict[str, Any]] = {}
    for lead in rules.LEAD_TIMES:
        for row in await due.dates_starting(after + lead - rules.SHIFT, now + lead + rules.SHIFT):
            near[row["id"]] = row
    passed = [(row, found) for row in near.values() if (found := _moments(row, after, now))]
    people = await who_comes([(row["id"], row["event"]) for row, _ in passed])
    return [
        _reminder(row, member_id, moment)
        for row, moments in passed
        for member_id in people.get(row["id"], [])
        for moment in moments
    ]


def _moments(row: dict[str, Any], after: datetime, now: datetime) -> list[Moment]:
    every = rules.of_date(row["starts_at"], row["zone"], is_all_day=bool(row["is_all_day"]))
    return rules.judged(every, after, now)


def _reminder(row: dict[str, Any], member_id: UUID, moment: Moment) -> Draft:
    lead, starts_at = int(moment.lead.total_seconds()), row["starts_at"].isoformat()
    return Draft(
        kind=MessageKind.REMINDER, recipient_id=member_id, event_id=row["event"], occurrence_id=row["id"],
        key=f"reminder:{row['id']}:{member_id}:{starts_at}:{lead}", due=moment.at, not_after=moment.ends,
        facts={"lead_time": lead, "starts_at": starts_at, **_late(moment)}, state=moment.state, reason=moment.reason,
    )  # fmt: skip


async def _of_items(after: datetime, now: datetime, zone: str) -> list[Draft]:
    days = rules.due_days(rules.mornings(after, now, zone))
    if not days:
        return []
    found = await ActionItem.select(ActionItem.id, ActionItem.owner, ActionItem.due).where(
        ActionItem.due.is_in(sorted(days)) & ActionItem.closed_at.is_null()
    )
    return [
        _item_reminder(row, moment)
        for row in found
        for moment in rules.judged(rules.of_item(row["due"], zone), after, now)
    ]


def _item_reminder(row: dict[str, Any], moment: Moment) -> Draft:
    kind = MessageKind.ITEM_OVERDUE if moment.lead < timedelta(0) else MessageKind.ITEM_DUE
    on = row["due"].isoformat()
    return Draft(
        kind=kind, recipient_id=row["owner"], item_id=row["id"], due=moment.at, not_after=moment.ends,
        key=f"{kind}:{row['id']}:{row['owner']}:{on}:{moment.lead.days}", facts={"due": on, **_late(moment)},
        state=moment.state, reason=moment.reason,
    )  # fmt: skip


def _late(moment: Moment) -> dict[str, object]:
    return {"late": True} if moment.is_late else {}


async def _supersede_older(drafts: Iterable[Draft], now: datetime) -> None:
    """Let no reminder go out that a newer one of the same date or item has overtaken while no mail could be sent."""
    dates = {one.occurrence_id for one in drafts if one.occurrence_id} | {NOBODY}
    items = {one.item_id for one in drafts if one.item_id} | {NOBODY}
    if dates | items != {NOBODY}:
        await engine().run_querystring(QueryString(_SUPERSEDE, NEWER, now, _ids(dates), _ids(items)))


def _ids(values: set[UUID]) -> QueryString:
    return QueryString(", ".join(["{}"] * len(values)), *sorted(values))
