"""The weekly digest: planned for members who turned it on, and written from what they may see when it is sent.

Upcoming ones, as they would go out if nothing changed, are computed when viewed, and never stored.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct

from tracker.database import all_together, together
from tracker.rules.core.email_declarations import MessageKind
from tracker.rules.core.message_types import WeeklyDigest
from tracker.rules.core.outbox import MessageState, NewMessage, SendOutcome
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wall_clock import to_local
from tracker.rules.emails.digests import (
    DIGEST_OF_USE,
    OWED_AHEAD,
    DigestWeek,
    digest_email,
    monday_due,
    mondays_ahead,
    needs_follow_up,
    week_span,
)
from tracker.rules.emails.emails import Email
from tracker.rules.emails.preferences import Wishes, out_of_quiet_hours
from tracker.rules.emails.reminders import Moment
from tracker.rules.events.events import EventStatus, Kind
from tracker.rules.events.replies import ReplyValue
from tracker.tables.background.emails import outbox_queue
from tracker.tables.visible import actions
from tracker.usecases.calendars.calendars import dates_between
from tracker.usecases.emails.escalations import items_escalated_to
from tracker.usecases.emails.preferences import preferences_of, wishes_of
from tracker.usecases.emails.writers import EmailRequest, writes
from tracker.usecases.events.replies import owed_replies

STOPPED = SendOutcome(state=MessageState.SUPPRESSED, reason="The recipient stopped the digest.")
NOTHING = SendOutcome(state=MessageState.SUPERSEDED, reason="The week has nothing to report.")


def digests_due(after: datetime, now: datetime, wishes: Wishes) -> list[NewMessage]:
    """Return the digests that became due in (after, now]; after an outage, only last Monday's."""
    found = []
    for member_id, chosen in sorted(wishes.of_member.items()):
        due = monday_due(after, now, wishes.zones[member_id]) if chosen.digest else None
        if due is not None and now < due[1] + DIGEST_OF_USE:
            monday, at = due
            draft = NewMessage(
                content=WeeklyDigest(monday=monday),
                recipient_id=member_id,
                key=f"digest:{member_id}:{monday.isoformat()}",
                due=digest_sent_at(member_id, at, wishes),
                not_after=at + DIGEST_OF_USE,
            )
            found.append(draft)
    return found


def digest_sent_at(member_id: UUID, at: datetime, wishes: Wishes) -> datetime:
    """Return when a digest that is due at a moment leaves: quiet hours hold it."""
    return out_of_quiet_hours(Moment(at=at, lead=timedelta(0), ends=at + DIGEST_OF_USE), wishes.quiet_of(member_id)).at


@writes(WeeklyDigest)
async def write_digest_email(content: WeeklyDigest, request: EmailRequest) -> Email | SendOutcome:
    """Return the digest of the week that the message names, or why there is none."""
    if not (await preferences_of(request.reader)).digest:
        return STOPPED
    week = await digest_week(request.reader, content.monday, request.now, request.zone)
    return NOTHING if week.is_empty else digest_email(week)


async def digest_week(reader: Viewer, monday: date, now: datetime, zone: str) -> DigestWeek:
    """Return what a digest lists that is sent at `now`."""
    starts, ends = week_span(monday, reader.zone)
    seen = [seen_date for seen_date in await dates_between(reader, max(starts, now), ends) if seen_date.is_mine]
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

    at: datetime
    monday: date

    @property
    def kind(self) -> MessageKind:
        """Return the kind that people filter by."""
        return MessageKind.DIGEST


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
        for monday, at in mondays_ahead(now, until, viewer.zone)
    ]
    weeks = await all_together(
        [digest_week(viewer, planned_digest.monday, planned_digest.at, zone) for planned_digest in ahead]
    )
    return [
        planned_digest
        for planned_digest, week in zip(ahead, weeks, strict=True)
        if planned_digest.at <= until and not week.is_empty
    ]
