"""Emails about action items: written from what their reader may see now, and the one email of a day, with its planner.

The email of a day goes to everyone who hears of an item on it. Who will be reminded of an item, and when, if nothing
changes, is computed when viewed, and never stored.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import chain, product
from typing import ClassVar, NamedTuple
from uuid import UUID

from msgspec import Struct, structs
from msgspec.structs import replace

from tracker.database import together
from tracker.rules.actions import ActionItem, ItemStatus, may_direct_item, may_update_item
from tracker.rules.calendars.calendars import days_between
from tracker.rules.core.email_declarations import MessageKind
from tracker.rules.core.message_types import (
    ItemAnswered,
    ItemBlocked,
    ItemContent,
    ItemNoted,
    ItemReminder,
    ItemsOfDay,
    ItemWithdrawn,
)
from tracker.rules.core.outbox import MessageState, NewMessage, SendOutcome, decode
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wording import plural, to_local
from tracker.rules.emails import escalations as rules
from tracker.rules.emails import item_emails
from tracker.rules.emails.emails import Email
from tracker.rules.emails.escalations import (
    A_WEEK,
    DAYS_AHEAD,
    MADE_UP,
    DueDayEmail,
    EarlierDayEmail,
    Escalation,
    PlannedSoFar,
    Rung,
    escalate_item,
    first_morning,
    has_passed_rung,
    may_have_missed_rung,
    people_hearing,
    people_hearing_within,
    rung_candidates,
    rungs_on,
    without_missed_rungs,
)
from tracker.rules.emails.item_emails import ItemsForReader, RepeatedNote, items_of_day_email
from tracker.rules.emails.preferences import QuietHours, Wishes
from tracker.rules.emails.reminders import LATE
from tracker.rules.events.plans import Person
from tracker.tables.background.emails import due, outbox_queue
from tracker.tables.visible import actions
from tracker.usecases.emails.escalations import (
    add_reachable_people,
    keep_escalated,
    open_items,
    read_all_rungs,
    read_escalations,
    read_rungs_of,
)
from tracker.usecases.emails.preferences import preferences_of, wishes_of
from tracker.usecases.emails.writers import NOT_AUTHORIZED, EmailRequest, writes
from tracker.usecases.roster.known_people import people_by_id

NOT_OWNER = SendOutcome(state=MessageState.SUPPRESSED, reason="The recipient no longer owns the item.")
THEIRS_AGAIN = SendOutcome(state=MessageState.SUPERSEDED, reason="The recipient owns the item again.")
CANNOT_HELP = SendOutcome(state=MessageState.SUPPRESSED, reason="The recipient can’t reassign the item.")
NOT_BLOCKED = SendOutcome(state=MessageState.SUPERSEDED, reason="The item is no longer blocked.")
CLOSED = SendOutcome(state=MessageState.SUPERSEDED, reason="The item is closed.")
ANOTHER_DAY = SendOutcome(state=MessageState.SUPERSEDED, reason="The item now has a different due date.")
NO_ITEM_NOW = SendOutcome(state=MessageState.SUPERSEDED, reason="No action item needs the recipient’s attention now.")
NOT_SENT = "It couldn’t be sent that day. The next email covers it."
WEEKS_SHOWN = 5  # days
REMINDERS_AHEAD = timedelta(days=WEEKS_SHOWN * A_WEEK)
"""How long after today, or the due day, the next days with reminders can be: there is one every week."""
OWED_STATES = {MessageState.PENDING, MessageState.TOO_LATE, MessageState.FAILED}
"""States of an email that did not reach its person: the next one makes up for it."""
HeardItems = dict[date, dict[UUID, Rung]]
"""The items of which one person hears on each day, each with the rung on which they do."""


class _SendingHours(NamedTuple):
    """What decides when a person's email is sent: the task force's zone, their quiet hours, and now."""

    zone: str
    quiet: QuietHours | None
    now: datetime


async def item_messages_due(
    after: datetime, now: datetime, zone: str, wishes: Wishes, escalation: Escalation
) -> list[NewMessage]:
    """Return the emails of the days whose morning was in (after, now], and keep which items escalated on them.

    `zone` is the task force's. The caller is inside `writing()`.
    """
    choices = {None, *(wishes.quiet_of(member_id) for member_id in wishes.zones)}
    of_each = {quiet: rules.days_with_morning(after, now, zone, quiet) for quiet in choices}
    asked = [*chain.from_iterable(of_each.values())]
    if not asked:
        return []
    days = days_between(min(item_days.since for item_days in asked), max(item_days.day for item_days in asked))
    mornings = [item_days.day for item_days in of_each[None]]
    planned = PlannedSoFar(emails=await recent_day_emails(now), wishes=wishes, zone=zone, until=after)
    today = to_local(now, zone).date()
    heard = await _heard_by_person(days, mornings, now, planned, escalation)
    owes = owed_since(planned.emails, today)
    drafts: list[NewMessage] = []
    for member_id in sorted({*heard, *owes}):
        items, hours = heard.get(member_id, {}), _SendingHours(zone, wishes.quiet_of(member_id), now)
        emails = rules.day_emails_due(of_each[hours.quiet], items, owes.get(member_id), today)
        drafts += [_new_message(email, member_id, items, hours) for email in emails]
    return drafts


@writes(ItemsOfDay)
async def write_items_of_day_email(content: ItemsOfDay, request: EmailRequest) -> Email | SendOutcome:
    """Return the email of a day, or why there is none; its words are those of the day on which it is sent."""
    reader, now, zone = request.reader, request.now, request.zone
    last = content.day + timedelta(days=max(DAYS_AHEAD))
    visible = {
        action_item.id: action_item
        for action_item in await actions.listed_items(reader)
        if action_item.due <= last or action_item.blocked_at
    }
    items = await open_items(await due.due_items_by_id(visible), zone)
    days = days_between(content.since, content.day)
    near = [open_item for open_item in items if any(rungs_on(open_item, day) for day in days)]
    mutes = () if (await preferences_of(reader)).item_reminders else (reader.member_id,)
    ladder = await read_rungs_of(near, mutes, now)
    rungs = {
        open_item.id: hearing[reader.member_id][1]
        for open_item in near
        if reader.member_id in (hearing := people_hearing_within(open_item, days, ladder))
    }
    if not rungs:
        return NO_ITEM_NOW
    heard = tuple((item, rungs[item.id]) for item in visible.values() if item.id in rungs)
    item_day = ItemsForReader(reader=reader, day=to_local(now, zone).date(), items=heard, is_late=content.is_late)
    alone = item_day.own_alone.id if item_day.own_alone and request.is_sent else None
    said = structs.replace(content, reached=_items_of_others(rungs))
    return replace(
        items_of_day_email(item_day, replies_to=request.message.item_id or alone), only_item=alone, said=said
    )


async def _heard_by_person(
    days: Sequence[date], mornings: Sequence[date], now: datetime, planned: PlannedSoFar, usual: Escalation
) -> dict[UUID, HeardItems]:
    """Return of which items each person hears on each of these days; items escalate on the mornings among them.

    The mornings are those without quiet hours, the earliest of each day: people with quiet hours hear later.
    """
    escalations, wishes = await read_escalations(usual), planned.wishes
    items = await open_items(await due.due_items(days[-1] + timedelta(days=max(DAYS_AHEAD))), planned.zone)
    near = [
        open_item
        for open_item in items
        if any(rungs_on(open_item, day) for day in days)
        or any(has_passed_rung(open_item, day, escalations) for day in mornings)
        or may_have_missed_rung(open_item, planned)
    ]
    heard: dict[UUID, HeardItems] = {}
    if near:
        muted = [member for member in wishes.of_member if wishes.of_items(member) is None]
        ladder = await read_rungs_of(near, muted, now)
        still = [without_missed_rungs(open_item, ladder, planned) for open_item in near] if mornings else near
        after = [escalate_item(open_item, mornings, escalations, ladder) for open_item in still]
        await keep_escalated(near, after)
        for item, day in product(after, days):
            for member_id, rung in people_hearing(item, day, ladder).items():
                heard.setdefault(member_id, {}).setdefault(day, {})[item.id] = rung
    return heard


def _new_message(email: DueDayEmail, member_id: UUID, heard: HeardItems, hours: _SendingHours) -> NewMessage:
    """Return the message: about one item, if it says nothing else, so that its owner can write back."""
    items = heard.get(email.day, {}) if email.since == email.day else {}
    covered = [heard.get(day, {}) for day in days_between(email.since, email.day)]
    morning = rules.morning_of(email.day, hours.zone, hours.quiet) or hours.now
    at = rules.next_chance_to_send(email.day, hours.now, hours.zone, hours.quiet) if email.is_in_time else None
    return NewMessage(
        content=ItemsOfDay(
            day=email.day,
            since=email.since,
            is_late=at is not None and hours.now - morning > LATE,
            reached=_items_of_others(*covered),
        ),
        recipient_id=member_id,
        item_id=next(iter(items)) if len(items) == 1 else None,
        key=f"{MessageKind.ITEMS_OF_DAY}:{member_id}:{email.day.isoformat()}",
        due=at or morning,
        not_after=rules.end_of_day(email.day, hours.zone),
        state=MessageState.PENDING if at else MessageState.TOO_LATE,
        reason="" if at else NOT_SENT,
    )


def _items_of_others(*heard: Mapping[UUID, Rung]) -> tuple[UUID, ...]:
    """Return the items of other people among these, in a settled order."""
    said = chain.from_iterable(items.items() for items in heard)
    return tuple(sorted({item_id for item_id, rung in said if rung > Rung.OWNER}))


@writes(ItemContent)
async def write_item_email(content: ItemContent, request: EmailRequest) -> Email | SendOutcome:
    """Return the email about an action item as its reader may see it now, or why none is sent."""
    reader, item_id = request.reader, request.message.item_id
    item = await actions.item_by_id(reader, item_id) if item_id else None
    if item is None:
        return NOT_AUTHORIZED
    if request.is_sent and (skip := _why_no_item_email(content, reader, item)):
        return skip
    said = await _repeated_note(content, reader, item)
    return item_emails.item_email(content, item, reader, to_local(request.now, request.zone).date(), said)


async def _repeated_note(content: ItemContent, reader: Viewer, item: ActionItem) -> RepeatedNote:
    """Return the note that the email repeats."""
    match content:
        case ItemBlocked():
            reasons = await actions.block_reasons(reader, [item.id])
            return RepeatedNote(text=reasons.get(item.id, ""))
        case ItemNoted(at=at) | ItemAnswered(at=at):
            written = (item_note for item_note in await actions.item_history(reader, item) if item_note.at == at)
            return next((RepeatedNote(text=item_note.text, by=item_note.by) for item_note in written), RepeatedNote())
        case _:
            return RepeatedNote()


def _why_no_item_email(content: ItemContent, reader: Viewer, item: ActionItem) -> SendOutcome | None:
    if isinstance(content, ItemAnswered):
        return None if may_update_item(reader, item) else NOT_OWNER
    if isinstance(content, ItemBlocked):
        return _why_no_call_for_help(content, reader, item)
    if isinstance(content, ItemWithdrawn):
        is_theirs = item.owner_id == reader.member_id and item.status is not ItemStatus.CANCELED
        return THEIRS_AGAIN if is_theirs else None
    if item.owner_id != reader.member_id:
        return NOT_OWNER
    if not item.is_open:
        return CLOSED
    return ANOTHER_DAY if isinstance(content, ItemReminder) and content.due != item.due else None


def _why_no_call_for_help(content: ItemBlocked, reader: Viewer, item: ActionItem) -> SendOutcome | None:
    if not may_direct_item(reader, item):
        return CANNOT_HELP
    return None if item.blocked_at == content.since else NOT_BLOCKED


class _Hearing(NamedTuple):
    """A person hears of an item in the email of a day; the day is the task force's."""

    item_id: UUID
    day: date
    at: datetime
    member_id: UUID
    rung: Rung


class PlannedItemsEmail(Struct, frozen=True, kw_only=True):
    """An email about action items that its reader will get."""

    kind: ClassVar[MessageKind] = MessageKind.ITEMS_OF_DAY
    at: datetime
    own: int
    """How many items of the reader's own it is about."""
    items: int
    """How many it is about altogether."""

    @property
    def words(self) -> str:
        """Return "2 of your items, 1 owned by someone else"."""
        others = self.items - self.own
        whose = "owned by someone else" if others == 1 else "owned by others"
        if not self.own:
            return f"{plural(others, 'item')} {whose}"
        own = f"{self.own} of your items"
        return f"{own}, {others} {whose}" if others else own


class ItemReminderDay(Struct, frozen=True, kw_only=True):
    """A day, in the task force's zone, on which people are reminded of an item; by agency and name."""

    day: date
    people: tuple[Person, ...]


async def item_reminders_ahead(
    viewer: Viewer, item: ActionItem, now: datetime, zone: str, usual: Escalation
) -> list[ItemReminderDay]:
    """Return the next days with reminders of an item that the viewer sees; none unless they may update it."""
    if not (item.is_open and may_update_item(viewer, item)):
        return []
    members: dict[date, set[UUID]] = {}
    last = max(to_local(now, zone).date(), item.due) + REMINDERS_AHEAD
    for hearing in await _hearings([item.id], last, now, zone, usual):
        members.setdefault(hearing.day, set()).add(hearing.member_id)
    days = sorted(members)[:WEEKS_SHOWN]
    people = await people_by_id({member for day in days for member in members[day]})
    in_order = sorted(people.values(), key=lambda person: (person.agency, person.name, str(person.id)))
    return [
        ItemReminderDay(day=day, people=tuple(person for person in in_order if person.id in members[day]))
        for day in days
    ]


async def own_item_emails(
    viewer: Viewer, until: datetime, now: datetime, zone: str, usual: Escalation
) -> list[PlannedItemsEmail]:
    """Return the viewer's own emails about action items in (now, until], soonest first; only they may know of them."""
    last = to_local(until, zone).date()
    near = last + timedelta(days=max(DAYS_AHEAD))
    visible = [
        action_item.id
        for action_item in await actions.listed_items(viewer)
        if action_item.due <= near or action_item.blocked_at
    ]
    rungs: dict[datetime, dict[UUID, Rung]] = {}
    for hearing in await _hearings(visible, last, now, zone, usual):
        if hearing.member_id == viewer.member_id and hearing.at <= until:
            rungs.setdefault(hearing.at, {})[hearing.item_id] = hearing.rung
    return [
        PlannedItemsEmail(at=at, own=sum(rung is Rung.OWNER for rung in items.values()), items=len(items))
        for at, items in sorted(rungs.items())
    ]


async def _hearings(
    item_ids: Collection[UUID], last: date, now: datetime, zone: str, usual: Escalation
) -> list[_Hearing]:
    """Return who hears of these items in the emails after now, of the days up to the last."""
    due_items, rungs, escalations, emails = await together(
        due.due_items_by_id(item_ids), read_all_rungs(), read_escalations(usual), recent_day_emails(now)
    )
    items = await open_items(due_items, zone)
    ladder, wishes = await together(
        add_reachable_people(rungs, items, (), now), wishes_of(rung_candidates(items, rungs))
    )
    muted = frozenset(member for member in wishes.of_member if not wishes.of_items(member))
    ladder = replace(ladder, without_reminders=muted)
    planned, today = PlannedSoFar(emails=emails, wishes=wishes, zone=zone, until=now), to_local(now, zone).date()
    since = owed_since(emails, today)
    days = days_between(min(since.values(), default=today), last)
    mornings = [day for day in days if first_morning(day, zone, None)[1] > now]
    hearings = list[_Hearing]()
    for open_item in items:
        later = escalate_item(without_missed_rungs(open_item, ladder, planned), mornings, escalations, ladder)
        for day in days:
            for member_id, rung in people_hearing(later, day, ladder).items():
                sent, at = first_morning(max(day, today), zone, wishes.quiet_of(member_id))
                if at > now and day >= since.get(member_id, today):
                    hearings.append(_Hearing(open_item.id, sent, at, member_id, rung))
    return hearings


async def recent_day_emails(now: datetime) -> list[EarlierDayEmail]:
    """Return the emails for which a later one can make up, earliest first."""
    return [
        EarlierDayEmail(
            recipient_id=outcome.recipient_id,
            since=content.since,
            day=content.day,
            is_sent=outcome.state is MessageState.SENT and outcome.bounced_at is None,
            is_owed=outcome.state in OWED_STATES,
            reached=frozenset(content.reached),
        )
        for outcome in await outbox_queue.outcomes_of_kind(MessageKind.ITEMS_OF_DAY, now - MADE_UP)
        if isinstance(content := decode(outcome.facts), ItemsOfDay)
    ]


def owed_since(emails: Iterable[EarlierDayEmail], today: date) -> dict[UUID, date]:
    """Return the people whose last email was not sent on its day, each with the first day that it was to cover."""
    last = {email.recipient_id: email for email in emails}
    return {
        day_email.recipient_id: day_email.since
        for day_email in last.values()
        if day_email.is_owed and day_email.day < today
    }
