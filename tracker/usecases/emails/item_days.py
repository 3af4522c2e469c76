"""The one email of a day about action items: planned for everyone who hears of one, written from what they may see."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import chain, product
from typing import NamedTuple
from uuid import UUID

from msgspec import structs
from msgspec.structs import replace

from tracker.rules.core.message_types import ItemsOfDay
from tracker.rules.core.outbox import Draft, Message, MessageKind, Skip, State
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wall_clock import to_local
from tracker.rules.emails import item_days as rules
from tracker.rules.emails.content import Letter
from tracker.rules.emails.escalation import (
    AHEAD,
    Escalation,
    Rung,
    escalate,
    has_passed,
    hearing,
    hearing_within,
    steps,
)
from tracker.rules.emails.item_days import ItemEmail
from tracker.rules.emails.items_of_day import ItemDay, letter
from tracker.rules.emails.missed_rungs import Planned, may_have_missed, without_missed
from tracker.rules.emails.preferences import Wishes
from tracker.rules.emails.quiet_hours import Quiet
from tracker.rules.emails.reminders import LATE
from tracker.tables.background.emails import due
from tracker.tables.visible import actions
from tracker.usecases.emails.day_emails import day_emails, owed
from tracker.usecases.emails.escalations import all_escalations, keep_escalated
from tracker.usecases.emails.ladder import ladder_of, open_items
from tracker.usecases.emails.preferences import preferences_of

NOTHING = Skip(state=State.SUPERSEDED, reason="No action item needs the recipient’s attention now.")
NOT_SENT = "It couldn’t be sent that day. The next email covers it."
Heard = dict[date, dict[UUID, Rung]]
"""The items of which one person hears on each day, each with the rung on which they do."""


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
    days = rules.span_of(min(item_days.since for item_days in asked), max(item_days.day for item_days in asked))
    mornings = [item_days.day for item_days in of_each[None]]
    planned = Planned(emails=await day_emails(now), wishes=wishes, zone=zone, until=after)
    today = to_local(now, zone).date()
    heard = await _heard(days, mornings, now, planned, escalation)
    owes = owed(planned.emails, today)
    drafts: list[Draft] = []
    for member_id in sorted({*heard, *owes}):
        theirs, hours = heard.get(member_id, {}), _Hours(zone, wishes.quiet_of(member_id), now)
        emails = rules.emails_of(of_each[hours.quiet], theirs, owes.get(member_id), today)
        drafts += [_draft(email, member_id, theirs, hours) for email in emails]
    return drafts


async def items_letter(
    content: ItemsOfDay, message: Message, reader: Viewer, now: datetime, zone: str, *, is_sent: bool
) -> Letter | Skip:
    """Return the email of a day, or why there is none; its words are those of the day on which it is sent."""
    last = content.day + timedelta(days=max(AHEAD))
    visible = {
        action_item.id: action_item
        for action_item in await actions.listed_items(reader)
        if action_item.due <= last or action_item.blocked_at
    }
    items = await open_items(await due.items_by_id(visible), zone)
    days = rules.span_of(content.since, content.day)
    near = [open_item for open_item in items if any(steps(open_item, day) for day in days)]
    mutes = () if (await preferences_of(reader)).item_reminders else (reader.member_id,)
    ladder = await ladder_of(near, mutes, now)
    mine = {
        open_item.id: found[reader.member_id][1]
        for open_item in near
        if reader.member_id in (found := hearing_within(open_item, days, ladder))
    }
    if not mine:
        return NOTHING
    heard = tuple((item, mine[item.id]) for item in visible.values() if item.id in mine)
    item_day = ItemDay(reader=reader, day=to_local(now, zone).date(), items=heard, is_late=content.is_late)
    alone = item_day.own_alone.id if item_day.own_alone and is_sent else None
    said = structs.replace(content, reached=_of_others(mine))
    return replace(letter(item_day, replies_to=message.item_id or alone), only_item=alone, said=said)


async def _heard(
    days: Sequence[date], mornings: Sequence[date], now: datetime, planned: Planned, usual: Escalation
) -> dict[UUID, Heard]:
    """Return of which items each person hears on each of these days; items escalate on the mornings among them.

    The mornings are those without quiet hours, the earliest of each day: people with quiet hours hear later.
    """
    escalations, wishes = await all_escalations(usual), planned.wishes
    items = await open_items(await due.items_due(days[-1] + timedelta(days=max(AHEAD))), planned.zone)
    near = [
        open_item
        for open_item in items
        if any(steps(open_item, day) for day in days)
        or any(has_passed(open_item, day, escalations) for day in mornings)
        or may_have_missed(open_item, planned)
    ]
    found: dict[UUID, Heard] = {}
    if near:
        ladder = await ladder_of(near, [one for one in wishes.of_member if wishes.of_items(one) is None], now)
        still = [without_missed(open_item, ladder, planned) for open_item in near] if mornings else near
        after = [escalate(open_item, mornings, escalations, ladder) for open_item in still]
        await keep_escalated(near, after)
        for item, day in product(after, days):
            for member_id, rung in hearing(item, day, ladder).items():
                found.setdefault(member_id, {}).setdefault(day, {})[item.id] = rung
    return found


def _quiet_hours(wishes: Wishes) -> set[Quiet | None]:
    """Return each distinct choice of quiet hours, none included."""
    return {None, *(wishes.quiet_of(member_id) for member_id in wishes.zones)}


def _draft(email: ItemEmail, member_id: UUID, heard: Heard, hours: _Hours) -> Draft:
    """Return the message: about one item, if it says nothing else, so that its owner can write back."""
    items = heard.get(email.day, {}) if email.since == email.day else {}
    covered = [heard.get(day, {}) for day in rules.span_of(email.since, email.day)]
    morning = rules.morning(email.day, hours.zone, hours.quiet) or hours.now
    at = rules.next_chance(email.day, hours.now, hours.zone, hours.quiet) if email.is_in_time else None
    return Draft(
        content=ItemsOfDay(
            day=email.day,
            since=email.since,
            is_late=at is not None and hours.now - morning > LATE,
            reached=_of_others(*covered),
        ),
        recipient_id=member_id,
        item_id=next(iter(items)) if len(items) == 1 else None,
        key=f"{MessageKind.ITEMS_OF_DAY}:{member_id}:{email.day.isoformat()}",
        due=at or morning,
        not_after=rules.end_of(email.day, hours.zone),
        state=State.PENDING if at else State.TOO_LATE,
        reason="" if at else NOT_SENT,
    )


def _of_others(*heard: Mapping[UUID, Rung]) -> tuple[UUID, ...]:
    """Return the items of other people among these, in a settled order."""
    said = chain.from_iterable(one.items() for one in heard)
    return tuple(sorted({item_id for item_id, rung in said if rung > Rung.OWNER}))
