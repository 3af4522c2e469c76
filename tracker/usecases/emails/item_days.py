"""The one email of a day about action items: planned for everyone who hears of one, written from what they may see."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from itertools import chain, product
from typing import NamedTuple
from uuid import UUID

from tracker.rules.core.items_of_day import ItemsOfDay
from tracker.rules.core.message_types import decode
from tracker.rules.core.outbox import Draft, Message, MessageKind, Skip, State
from tracker.rules.core.viewer import Viewer
from tracker.rules.core.wall_clock import to_local
from tracker.rules.emails import item_days as rules
from tracker.rules.emails.content import Letter
from tracker.rules.emails.escalation import AHEAD, Escalation, escalate, has_passed, hearing, hearing_within, steps
from tracker.rules.emails.item_days import ItemEmail
from tracker.rules.emails.items_of_day import ItemDay, letter
from tracker.rules.emails.preferences import Wishes
from tracker.rules.emails.quiet_hours import Quiet
from tracker.rules.emails.reminders import LATE
from tracker.tables.background.emails import due, outbox_queue
from tracker.tables.visible.actions import action_items
from tracker.usecases.core import outbox
from tracker.usecases.emails.escalations import all_escalations, keep_escalated
from tracker.usecases.emails.ladder import ladder_of, open_items
from tracker.usecases.emails.preferences import preferences_of

NOTHING = Skip(state=State.SUPERSEDED, reason="No action item needs the recipient’s attention now.")
NOT_SENT = "It couldn’t be sent that day. The next email covers it."
OWED = {State.PENDING, State.TOO_LATE, State.FAILED}
"""States of a last email that did not reach its person: the next one makes up for it."""
Heard = dict[date, set[UUID]]
"""The items of which one person hears on each day."""


class _Hours(NamedTuple):
    """What decides when a person's email is sent: the task force's zone, their quiet hours, and now."""

    zone: str
    quiet: Quiet | None
    now: datetime


async def item_emails(after: datetime, now: datetime, zone: str, wishes: Wishes, escalation: Escalation) -> list[Draft]:
    """Return the emails of the days whose morning was in (after, now], and keep which items escalated on them.

    `zone` is the task force's. The caller is inside `writing()`.
    """
    of_each = {quiet: rules.days_within(after, now, zone, quiet) for quiet in _quiet_hours(wishes)}
    asked = [*chain.from_iterable(of_each.values())]
    if not asked:
        return []
    days = rules.span_of(min(one.since for one in asked), max(one.day for one in asked))
    mornings = [one.day for one in of_each[None]]
    heard = await _heard(days, mornings, now, zone, wishes, escalation)
    owed = await _owed(now, zone)
    today = to_local(now, zone).date()
    drafts = []
    for member_id in sorted({*heard, *owed}):
        theirs, quiet = heard.get(member_id, {}), wishes.quiet_of(member_id)
        for email in rules.emails_of(of_each[quiet], theirs, owed.get(member_id), today):
            items = theirs.get(email.day, set()) if email.since == email.day else set()
            drafts.append(_draft(email, member_id, items, _Hours(zone, quiet, now)))
    return drafts


async def items_letter(
    content: ItemsOfDay, message: Message, reader: Viewer, now: datetime, zone: str, *, is_sent: bool
) -> Letter | Skip:
    """Return the email of a day, or why there is none; its words are those of the day on which it is sent."""
    last = content.day + timedelta(days=max(AHEAD))
    visible = {one.id: one for one in await action_items.items(reader) if one.due <= last or one.blocked_at}
    items = await open_items(await due.items_by_id(visible), zone)
    days = rules.span_of(content.since, content.day)
    near = [one for one in items if any(steps(one, day) for day in days)]
    mutes = () if (await preferences_of(reader)).item_reminders else (reader.member_id,)
    ladder = await ladder_of(near, mutes, now)
    mine = {
        one.id: found[reader.member_id][1]
        for one in near
        if reader.member_id in (found := hearing_within(one, days, ladder))
    }
    if not mine:
        return NOTHING
    heard = tuple((item, mine[item.id]) for item in visible.values() if item.id in mine)
    about = ItemDay(reader=reader, day=to_local(now, zone).date(), items=heard, is_late=content.is_late)
    return letter(about, replies_to=await _item_of(message, about, is_sent=is_sent))


async def _item_of(message: Message, about: ItemDay, *, is_sent: bool) -> UUID | None:
    """Return the item that a reply by email changes.

    A message that was planned about several items is kept as one about the only item that is left when it is sent. It
    never changes from one item to another: an earlier try may have arrived.
    """
    if message.item_id or about.own_alone is None or not is_sent:
        return message.item_id
    await outbox.settle_item(message, about.own_alone.id)
    return about.own_alone.id


async def _heard(
    days: Sequence[date], mornings: Sequence[date], now: datetime, zone: str, wishes: Wishes, usual: Escalation
) -> dict[UUID, Heard]:
    """Return of which items each person hears on each of these days; items escalate on the mornings among them.

    The mornings are those without quiet hours, the earliest of each day: people with quiet hours hear later.
    """
    escalations = await all_escalations(usual)
    items = await open_items(await due.items_due(days[-1] + timedelta(days=max(AHEAD))), zone)
    near = [
        one
        for one in items
        if any(steps(one, day) for day in days) or any(has_passed(one, day, escalations) for day in mornings)
    ]
    found: dict[UUID, Heard] = {}
    if near:
        ladder = await ladder_of(near, [one for one in wishes.of_member if wishes.of_items(one) is None], now)
        after = [escalate(one, mornings, escalations, ladder) for one in near]
        await keep_escalated(near, after)
        for item, day in product(after, days):
            for member_id in hearing(item, day, ladder):
                found.setdefault(member_id, {}).setdefault(day, set()).add(item.id)
    return found


async def _owed(now: datetime, zone: str) -> dict[UUID, date]:
    """Return the people whose last email was not sent on its day, each with the first day that it was to cover."""
    last = await outbox_queue.last_of_kind(MessageKind.ITEMS_OF_DAY, now - rules.MADE_UP)
    today, owed = to_local(now, zone).date(), dict[UUID, date]()
    for member_id, (state, facts) in last.items():
        content = decode(facts)
        if state in OWED and isinstance(content, ItemsOfDay) and content.day < today:
            owed[member_id] = content.since
    return owed


def _quiet_hours(wishes: Wishes) -> set[Quiet | None]:
    """Return each distinct choice of quiet hours, none included."""
    return {None, *(wishes.quiet_of(member_id) for member_id in wishes.zones)}


def _draft(email: ItemEmail, member_id: UUID, items: Collection[UUID], hours: _Hours) -> Draft:
    """Return the message: about one item, if it says nothing else, so that its owner can write back."""
    morning = rules.morning(email.day, hours.zone, hours.quiet) or hours.now
    at = rules.next_chance(email.day, hours.now, hours.zone, hours.quiet) if email.is_in_time else None
    return Draft(
        content=ItemsOfDay(day=email.day, since=email.since, is_late=at is not None and hours.now - morning > LATE),
        recipient_id=member_id,
        item_id=next(iter(items)) if len(items) == 1 else None,
        key=f"{MessageKind.ITEMS_OF_DAY}:{member_id}:{email.day.isoformat()}",
        due=at or morning,
        not_after=rules.end_of(email.day, hours.zone),
        state=State.PENDING if at else State.TOO_LATE,
        reason="" if at else NOT_SENT,
    )
