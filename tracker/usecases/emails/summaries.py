"""The weekly digest and thank-yous: planned for members who want them, written from what they may see then."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import ClassVar
from uuid import UUID

from msgspec import Struct

from tracker.database import all_together, together, writing
from tracker.errors import Conflict, Gone, NotAllowed
from tracker.rules.attendance import is_thanked_for, why_no_thanks
from tracker.rules.core.email_declarations import MessageKind
from tracker.rules.core.message_types import Thanked, WeeklyDigest
from tracker.rules.core.outbox import MessageState, NewMessage, SendOutcome
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wording import to_local
from tracker.rules.emails import summaries as rules
from tracker.rules.emails.emails import Email
from tracker.rules.emails.preferences import Wishes, out_of_quiet_hours
from tracker.rules.emails.reminders import Moment
from tracker.rules.emails.summaries import (
    AFTER_CLOSING,
    DIGEST_OF_USE,
    NO_ONE,
    OF_USE,
    ONLY_THEY_THANK,
    OWED_AHEAD,
    THANK_YOU_LEFT,
    DigestWeek,
    SentThankYou,
    digest_email,
    mondays_due,
    needs_follow_up,
    week_span,
)
from tracker.rules.events.events import EventStatus, Kind, Occurrence, may_edit
from tracker.rules.events.history import UNDO_FOR
from tracker.rules.events.replies import ReplyValue
from tracker.tables.background import attendance
from tracker.tables.background.emails import outbox_queue
from tracker.tables.visible import actions
from tracker.tables.visible.events import events as events_events
from tracker.usecases.calendars.feeds import seen_dates_between
from tracker.usecases.core import audit, outbox
from tracker.usecases.core.viewers import reach_of
from tracker.usecases.emails.escalations import items_escalated_to
from tracker.usecases.emails.preferences import everyones_wishes, preferences_of, wishes_of
from tracker.usecases.emails.writers import NOT_AUTHORIZED, EmailRequest, writes
from tracker.usecases.events.occurrences import date_seen_by
from tracker.usecases.events.replies import owed_replies

NO_DIGEST = SendOutcome(state=MessageState.SUPPRESSED, reason="The recipient stopped the digest.")
NOTHING = SendOutcome(state=MessageState.SUPERSEDED, reason="The week has nothing to report.")


def digests_due(after: datetime, now: datetime, wishes: Wishes) -> list[NewMessage]:
    """Return the digests that became due in (after, now]; after an outage, only last Monday's."""
    return [
        NewMessage(
            content=WeeklyDigest(monday=monday),
            recipient_id=member_id,
            key=f"digest:{member_id}:{monday.isoformat()}",
            due=digest_sent_at(member_id, at, wishes),
            not_after=at + DIGEST_OF_USE,
        )
        for member_id, chosen in sorted(wishes.of_member.items())
        if chosen.digest
        for monday, at in mondays_due(after, now, wishes.zones[member_id])[-1:]
        if now < at + DIGEST_OF_USE
    ]


def digest_sent_at(member_id: UUID, at: datetime, wishes: Wishes) -> datetime:
    """Return when a digest that is due at a moment leaves: quiet hours hold it."""
    return out_of_quiet_hours(Moment(at=at, lead=timedelta(0), ends=at + DIGEST_OF_USE), wishes.quiet_of(member_id)).at


@writes(WeeklyDigest)
async def write_digest_email(content: WeeklyDigest, request: EmailRequest) -> Email | SendOutcome:
    """Return the digest of the week that the message names, or why there is none."""
    if not (await preferences_of(request.reader)).digest:
        return NO_DIGEST
    week = await digest_week(request.reader, content.monday, request.now, request.zone)
    return NOTHING if week.is_empty else digest_email(week)


async def digest_week(reader: Viewer, monday: date, now: datetime, zone: str) -> DigestWeek:
    """Return what a digest lists that is sent at `now`."""
    starts, ends = week_span(monday, reader.zone)
    seen = [seen_date for seen_date in await seen_dates_between(reader, max(starts, now), ends) if seen_date.is_mine]
    today, last = to_local(now, reader.zone).date(), to_local(ends, reader.zone).date()
    items = await actions.listed_items(reader)
    escalated = await items_escalated_to(reader, items, now, zone)
    return DigestWeek(
        reader=reader,
        monday=monday,
        today=today,
        events=tuple(
            seen_date.line
            for seen_date in seen
            if seen_date.reply is not ReplyValue.DECLINED
            and not seen_date.line.is_off
            and seen_date.line.status is not EventStatus.DRAFT
        ),
        owed=tuple(
            reply.line
            for reply in await owed_replies(reader, now)
            if reply.line.starts_at < now + OWED_AHEAD and reply.line.kind is not Kind.DEADLINE
        ),
        items=tuple(
            action_item for action_item in items if action_item.owner_id == reader.member_id and action_item.due < last
        ),
        followed_up=tuple(
            action_item
            for action_item in items
            if action_item.id in escalated or needs_follow_up(reader, action_item, today)
        ),
    )


class PlannedDigest(Struct, frozen=True, kw_only=True):
    """A weekly digest that its reader will get."""

    kind: ClassVar[MessageKind] = MessageKind.DIGEST
    at: datetime
    monday: date


async def own_digests(viewer: Viewer, until: datetime, now: datetime, zone: str) -> list[PlannedDigest]:
    """Return the viewer's own digests in (now, until], soonest first; only they may know of them.

    A week that will have nothing to report has none. `zone` is the task force's.
    """
    wishes, paused = await together(wishes_of([viewer.member_id]), outbox_queue.paused_members())
    chosen = wishes.of_member.get(viewer.member_id)
    if not (chosen and chosen.digest) or viewer.member_id in paused:
        return []
    ahead = [
        PlannedDigest(at=digest_sent_at(viewer.member_id, at, wishes), monday=monday)
        for monday, at in mondays_due(now, until, viewer.zone)
    ]
    weeks = await all_together(
        [digest_week(viewer, planned_digest.monday, planned_digest.at, zone) for planned_digest in ahead]
    )
    return [
        planned_digest
        for planned_digest, week in zip(ahead, weeks, strict=True)
        if planned_digest.at <= until and not week.is_empty
    ]


NOT_THANKED = SendOutcome(
    state=MessageState.SUPPRESSED, reason="Attendance was reopened, or the event was canceled or restricted."
)
NOT_PRESENT = SendOutcome(state=MessageState.SUPPRESSED, reason="The recipient is no longer marked present.")
NO_THANK_YOUS = SendOutcome(state=MessageState.SUPPRESSED, reason="The recipient turned thank-yous off.")


class ThankYouView(Struct, frozen=True, kw_only=True):
    """What the page of a thank-you shows."""

    occurrence: Occurrence
    people: tuple[str, ...]
    """Who gets it, each with their agency, by name."""
    skipped: int
    """How many others are marked present and have an account or address here, the organizer left out."""
    why_not: str
    """Why it can't be sent; empty when it can."""
    sent: SentThankYou | None
    email: Email | None
    """As it would be written to the viewer; None when it can't be sent."""


async def thank_you_view(viewer: Viewer, event_id: UUID, key: str, now: datetime, zone: str) -> ThankYouView:
    """Return whom a thank-you would reach, and what it says to the viewer. Errors: NotFound, NotAllowed."""
    occurrence = await _date_to_thank_for(viewer, event_id, key)
    if not is_thanked_for(occurrence):
        return ThankYouView(
            occurrence=occurrence, people=(), skipped=0, why_not=why_no_thanks(occurrence), sent=None, email=None
        )
    marked = await attendance.present_members(occurrence.id) - {occurrence.event.lead_id}
    reached = await _people_reached(occurrence.event.id, marked, await everyones_wishes(), now)
    named = await audit.names_of_people(reached)
    items = await actions.items_from_date(viewer, occurrence.id)
    return ThankYouView(
        occurrence=occurrence,
        people=tuple(sorted("{} ({})".format(*named[member]) for member in reached)),
        skipped=len(marked) - len(reached),
        why_not="" if reached else NO_ONE,
        sent=await thank_you_sent_about(occurrence.id),
        email=rules.thank_you_email(viewer, occurrence, items, to_local(now, zone).date()),
    )


async def send_thank_you(viewer: Viewer, event_id: UUID, key: str, now: datetime, *, people: int) -> int:
    """Thank the people who are marked present, and return how many get an email; `people` is how many were shown.

    Errors: NotFound, NotAllowed, Conflict (it can't be sent, was sent before, or reaches more or fewer people now).
    """
    async with writing():
        occurrence = await _date_to_thank_for(viewer, event_id, key)
        if not is_thanked_for(occurrence):
            raise Conflict(why_no_thanks(occurrence))
        if await thank_you_sent_about(occurrence.id):
            raise Conflict("A thank-you for this date was already sent.")
        marked = await attendance.present_members(occurrence.id) - {occurrence.event.lead_id}
        wishes = await everyones_wishes()
        reached = await _people_reached(occurrence.event.id, marked, wishes, now)
        if len(reached) != people or not reached:
            raise Conflict("The recipients have changed. Check the number and send it again." if reached else NO_ONE)
        number = len({thank.created_at for thank in await outbox_queue.thank_yous_about(occurrence.id)})
        drafts = [_thank_you(occurrence.id, event_id, member, number, wishes, now) for member in sorted(reached)]
        await outbox.enqueue_all(drafts, now)
        await audit.record(viewer.actor, "thanked", "occurrence", occurrence.id, {"people": len(reached)}, now)
    return len(reached)


async def undo_thank_you(viewer: Viewer, event_id: UUID, key: str, at: datetime, now: datetime) -> None:
    """Undo the thank-you that was sent at `at`, while all of it still waits. Errors: NotFound, NotAllowed, Gone."""
    async with writing():
        occurrence = await _date_to_thank_for(viewer, event_id, key)
        people = await outbox.undo_thanks(occurrence.id, at) if now - UNDO_FOR < at else 0
        if not people:
            raise Gone(THANK_YOU_LEFT)
        await audit.record(viewer.actor, "thanks_undone", "occurrence", occurrence.id, {"people": people}, now)


async def thank_you_sent_about(occurrence_id: UUID) -> SentThankYou | None:
    """Return the thank-you about a date that was sent or waits; None when there is none, or it was undone."""
    messages = [
        thank
        for thank in await outbox_queue.thank_yous_about(occurrence_id)
        if thank.state is not MessageState.SUPERSEDED
    ]
    return SentThankYou(at=min(queued.created_at for queued in messages), people=len(messages)) if messages else None


async def thank_yous_due(after: datetime, now: datetime, wishes: Wishes) -> list[NewMessage]:
    """Return the thank-yous of events that send them by themselves, an hour after attendance was closed."""
    drafts: list[NewMessage] = []
    for occurrence in await attendance.closed_dates(after - AFTER_CLOSING, now - AFTER_CLOSING):
        if await outbox_queue.thank_yous_about(occurrence.id):
            continue  # a person sent one, or undid it
        marked = await attendance.present_members(occurrence.id) - {occurrence.lead_id}
        reached = await _people_reached(occurrence.event_id, marked, wishes, now)
        drafts += [_thank_you(occurrence.id, occurrence.event_id, member, 0, wishes, now) for member in sorted(reached)]
    return drafts


async def _date_to_thank_for(viewer: Viewer, event_id: UUID, key: str) -> Occurrence:
    occurrence = await date_seen_by(viewer, event_id, key)
    if not may_edit(viewer, occurrence.event):
        raise NotAllowed(ONLY_THEY_THANK)
    return occurrence


async def _people_reached(event_id: UUID, marked: Iterable[UUID], wishes: Wishes, now: datetime) -> frozenset[UUID]:
    """Return who gets the email: active people who see the event, want thank-yous, and whose email isn't paused."""
    reach = await reach_of(marked, [event_id], now)
    return frozenset(
        member for member in reach.people if reach.recipient(member, event_id) and wishes.wants_thanks(member)
    )


def _thank_you(
    occurrence_id: UUID, event_id: UUID, member_id: UUID, number: int, wishes: Wishes, now: datetime
) -> NewMessage:
    """Return one message; its key has the number of attempts undone before, so that no two are sent about a date."""
    return NewMessage(
        content=Thanked(),
        recipient_id=member_id,
        event_id=event_id,
        occurrence_id=occurrence_id,
        key=f"thanked:{occurrence_id}:{member_id}:{number}",
        due=max(now + UNDO_FOR, wishes.held_until(member_id, now, now + OF_USE)),
        not_after=now + OF_USE,
    )


@writes(Thanked)
async def write_thank_you_email(_: Thanked, request: EmailRequest) -> Email | SendOutcome:
    """Return the email, or why it is not sent."""
    reader, date_id = request.reader, request.message.occurrence_id
    occurrence = await events_events.date_by_id(reader, date_id) if date_id else None
    if occurrence is None:
        return NOT_AUTHORIZED
    if not is_thanked_for(occurrence):
        return NOT_THANKED
    if request.is_sent and reader.member_id not in await attendance.present_members(occurrence.id):
        return NOT_PRESENT
    if request.is_sent and not (await preferences_of(reader)).thank_yous:
        return NO_THANK_YOUS
    today = to_local(request.now, request.zone).date()
    return rules.thank_you_email(reader, occurrence, await actions.items_from_date(reader, occurrence.id), today)
