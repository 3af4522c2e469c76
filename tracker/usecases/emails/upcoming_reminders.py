"""Upcoming reminders, as they would go out if nothing changed: computed when viewed, never stored."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec import Struct

from tracker.database import together
from tracker.rules.core.outbox import MessageKind
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails import reminders as rules
from tracker.rules.emails.nudges import takes_nudges
from tracker.rules.emails.preferences import Wish, Wishes, chosen
from tracker.rules.emails.reminders import Moment
from tracker.rules.events.events import DateLine, EventStatus, may_edit
from tracker.rules.roster.reminder_policies import ASKS_OFFERED, OFFERED
from tracker.tables.background.emails import due, email_pauses, outbox_queue
from tracker.tables.background.events import events as audiences
from tracker.tables.visible.events import events, replies
from tracker.usecases.core.viewers import viewers_for
from tracker.usecases.emails import upcoming_follow_ups
from tracker.usecases.emails.preferences import everyones_wishes
from tracker.usecases.emails.reminder_recipients import who_comes

AHEAD = timedelta(days=14)
"""Later reminders are not shown."""
HORIZON = AHEAD + max(*OFFERED, *ASKS_OFFERED) + rules.SHIFT
"""How far ahead the dates of these reminders can be."""
END_OF_TIME = datetime.max.replace(tzinfo=UTC)


class Planned(Struct, frozen=True, kw_only=True):
    """One reminder about a date, with its time and recipients."""

    at: datetime
    kind: MessageKind
    """A reminder, or a request to reply."""
    lead: timedelta
    line: DateLine
    people: tuple[Viewer, ...]
    """The recipients, by agency and name."""


async def of_mine(viewer: Viewer, now: datetime) -> list[Planned]:
    """Return the viewer's own reminders of the next two weeks, soonest first."""
    return await _ahead(viewer, await events.lines_invited_to(viewer, now, now + HORIZON), now, set(), now + AHEAD)


async def of_event(viewer: Viewer, event_id: UUID, now: datetime, *, ahead: timedelta | None = AHEAD) -> list[Planned]:
    """Return the upcoming reminders of one event: all of them for an editor of the event, otherwise the viewer's own.

    They cover the next two weeks, or another span `ahead`; None = all.
    """
    event = await events.event_by_id(viewer, event_id)
    dates = await events.dates_in_order(viewer, event) if event else []
    is_bounded = ahead is not None and not (event and event.reminders.asks_after)
    until = now + ahead + HORIZON - AHEAD if ahead and is_bounded else END_OF_TIME
    near = [occurrence.id for occurrence in dates if now < occurrence.starts_at <= until]
    lines = await events.lines_by_id(viewer, near)
    return await _of_lines(viewer, lines, now, now + ahead if ahead else END_OF_TIME)


async def of_theirs(viewer: Viewer, now: datetime) -> list[Planned]:
    """Return the reminders of all dates that the viewer may edit, and the viewer's own for the other dates."""
    near = await events.lines_between(viewer, now, now + HORIZON)
    asking = await events.next_lines_asking(viewer, now)
    return await _of_lines(
        viewer, [*{date_line.id: date_line for date_line in (*near, *asking)}.values()], now, now + AHEAD
    )


async def _of_lines(viewer: Viewer, lines: list[DateLine], now: datetime, until: datetime) -> list[Planned]:
    return await _ahead(viewer, lines, now, {line.id for line in lines if may_edit(viewer, line)}, until)


async def _ahead(
    viewer: Viewer, lines: Iterable[DateLine], now: datetime, ids: Collection[UUID], until: datetime
) -> list[Planned]:
    """Return the reminders of these dates in (now, until], soonest first; outside `theirs`, only the viewer's own."""
    ahead_of_now = [line for line in lines if _is_ahead(line, now)]
    wishes, stood_down, paused = await together(
        everyones_wishes(), due.stood_down({date_line.event_id for date_line in ahead_of_now}), email_pauses.paused()
    )
    by_id = {date_line.id: date_line for date_line in ahead_of_now if date_line.event_id not in stood_down}
    asking = [one for one in ids if one in by_id and by_id[one].reminders.asks]
    coming, silent, seen_by = await together(
        who_comes((date_line.id, date_line.event_id) for date_line in by_id.values()),
        replies.silent_invitees(viewer, [one for one in asking if takes_nudges(by_id[one], now)]),
        audiences.audiences_of_each({date_line.event_id for date_line in by_id.values()}),
    )
    asked = await upcoming_follow_ups.upcoming(viewer, [by_id[one] for one in asking], silent, wishes, now)
    whom = {(date_id, member) for date_id, members in coming.items() for member in {*members} - paused}
    reminded = [(by_id[one], member) for one, member in whom if one in ids or member == viewer.member_id]
    recipients = await viewers_for(
        {member for _, member in reminded} | {follow_up.member_id for follow_up in asked}, now
    )
    moments = _Moments(wishes)
    ahead = [(moment, MessageKind.REMINDER, line, to) for line, to in reminded for moment in moments(line, to, now)]
    ahead += [(follow_up.moment, MessageKind.NO_REPLY, follow_up.line, follow_up.member_id) for follow_up in asked]
    queued = await outbox_queue.reminder_keys({line.id for moment, _, line, _ in ahead if moment.instead_of})
    found: dict[tuple[datetime, UUID, MessageKind, timedelta], list[Viewer]] = {}
    for moment, kind, line, member in ahead:
        to, key = recipients.get(member), rules.key_of(line.id, member, line.starts_at, moment.lead)
        is_sent = moment.instead_of is not None and key in queued
        if to and to.audiences & seen_by[line.event_id] and now < moment.at <= until and not is_sent:
            found.setdefault((moment.at, line.id, kind, moment.lead), []).append(to)
    return [
        Planned(at=at, kind=kind, lead=lead, line=by_id[date_id], people=tuple(sorted(to, key=_by_agency)))
        for (at, date_id, kind, lead), to in sorted(found.items(), key=lambda one: one[0])
    ]


class _Moments:
    """The moments at which one person is reminded of a date, computed once per distinct preference."""

    def __init__(self, wishes: Wishes) -> None:
        self._wishes = wishes
        self._known: dict[tuple[UUID, Wish | None], list[Moment]] = {}

    def __call__(self, line: DateLine, member_id: UUID, now: datetime) -> list[Moment]:
        """Return the moments; of two at once, the one with the shorter lead time counts.

        A second chance is one only if the first is over.
        """
        wish = self._wishes.of_date(member_id, line.reminders.leads)
        key = line.id, wish
        if key not in self._known:
            every = rules.of_date(line.starts_at, line.zone, is_all_day=line.is_all_day, leads=OFFERED)
            likely = (moment for moment in chosen(every, wish) if moment.instead_of is None or moment.instead_of <= now)
            self._known[key] = list({moment.at: moment for moment in likely}.values())
        return self._known[key]


def _is_ahead(line: DateLine, now: datetime) -> bool:
    return not line.is_off and line.status is not EventStatus.DRAFT and now < line.starts_at


def _by_agency(viewer: Viewer) -> tuple[str, str, str]:
    return viewer.agency, viewer.name, str(viewer.member_id)
