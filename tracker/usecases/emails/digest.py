"""The weekly digest: planned for members who turned it on, and written from what they may see when it is sent."""

from datetime import date, datetime, timedelta
from uuid import UUID

from tracker.rules.core.message_types import WeeklyDigest
from tracker.rules.core.outbox import Draft, Skip, State
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wall_clock import to_local
from tracker.rules.emails.content import Letter
from tracker.rules.emails.digest import OWED_AHEAD, USE, Week, monday_in, needs_follow_up, span_of
from tracker.rules.emails.digest_words import digest
from tracker.rules.emails.preferences import Wishes, quieter
from tracker.rules.emails.reminders import Moment
from tracker.rules.events.events import EventStatus, Kind
from tracker.rules.events.replies import ReplyValue
from tracker.tables.visible import actions
from tracker.usecases.calendars.calendars import dates_between
from tracker.usecases.emails.ladder import escalated_to
from tracker.usecases.emails.preferences import preferences_of
from tracker.usecases.events.replies import owed_replies

STOPPED = Skip(state=State.SUPPRESSED, reason="The recipient stopped the digest.")
NOTHING = Skip(state=State.SUPERSEDED, reason="The week has nothing to report.")


def digests(after: datetime, now: datetime, wishes: Wishes) -> list[Draft]:
    """Return the digests that became due in (after, now]; after an outage, only last Monday's."""
    found = []
    for member_id, chosen in sorted(wishes.of_member.items()):
        due = monday_in(after, now, wishes.zones[member_id]) if chosen.digest else None
        if due is not None and now < due[1] + USE:
            monday, at = due
            draft = Draft(
                content=WeeklyDigest(monday=monday),
                recipient_id=member_id,
                key=f"digest:{member_id}:{monday.isoformat()}",
                due=sent_at(member_id, at, wishes),
                not_after=at + USE,
            )
            found.append(draft)
    return found


def sent_at(member_id: UUID, at: datetime, wishes: Wishes) -> datetime:
    """Return when a digest that is due at a moment leaves: quiet hours hold it."""
    return quieter(Moment(at=at, lead=timedelta(0), ends=at + USE), wishes.quiet_of(member_id)).at


async def digest_letter(content: WeeklyDigest, reader: Viewer, now: datetime, zone: str) -> Letter | Skip:
    """Return the digest of the week that the message names, or why there is none; `zone` is the task force's."""
    if not (await preferences_of(reader)).digest:
        return STOPPED
    week = await week_of(reader, content.monday, now, zone)
    return NOTHING if week.is_empty else digest(week)


async def week_of(reader: Viewer, monday: date, now: datetime, zone: str) -> Week:
    """Return what a digest lists that is sent at `now`."""
    starts, ends = span_of(monday, reader.zone)
    seen = [seen_date for seen_date in await dates_between(reader, max(starts, now), ends) if seen_date.is_mine]
    today, last = to_local(now, reader.zone).date(), to_local(ends, reader.zone).date()
    items = await actions.listed_items(reader)
    escalated = await escalated_to(reader, items, now, zone)
    return Week(
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
