"""Replies to invitations: on the site, by a signed link, who has not replied yet, and who is asked again.

After a change, replies stay valid for the dates that the change leaves alone.
"""

from collections.abc import Collection, Container, Iterable
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.database import together, writing
from tracker.errors import Gone, NotAllowed, NotFound
from tracker.rules.core.viewers import Origin, Viewer
from tracker.rules.events import plans as plan_rules
from tracker.rules.events import replies as rules
from tracker.rules.events.events import DateLine, Event, Occurrence, day_of_key
from tracker.rules.events.plans import Plan
from tracker.rules.events.replies import OwnInvitation, Reply, ReplyGiven, ReplySource, ReplyValue
from tracker.tables.background.events import invitees
from tracker.tables.visible.events import events, replies
from tracker.usecases.core import audit
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.events import substitutes

EVENT_IS_OVER = "This event is over. Replies are closed."
OWED_AHEAD = timedelta(days=60)
_VERBS = {
    ReplySource.ON_BEHALF: "replied_for",
    ReplySource.SUBSTITUTE: "replied_for",
    ReplySource.EMAIL: "reply_attached",
}
"""What the audit log says of a reply that another person enters."""


class ContinuedSeries(NamedTuple):
    """A series that continues the one of a link, to which the invitee is invited too."""

    invitation_id: UUID
    dates: tuple[Occurrence, ...]
    ahead: tuple[Occurrence, ...]
    """Those that take place and are not over."""


class MyReply(NamedTuple):
    """The viewer's invitation to a date, and their reply."""

    invitation_id: UUID
    counts: Reply | None
    released: str
    """The person who no longer comes in their place because of it; empty for no one."""


class EnteredFor(NamedTuple):
    """The person whose reply someone else enters."""

    member_id: UUID
    replied_at: datetime | None = None
    """When they replied; None = now."""
    for_dates_asked_alone: bool = True
    """Whether a reply to a series also counts for dates that were asked again separately."""


class OpenInvitation(Struct, frozen=True, kw_only=True):
    """An invitation on its reply page: the date it is about, and the replies so far."""

    viewer: Viewer
    invitation_id: UUID
    occurrence: Occurrence
    for_series: bool
    """Whether the reply is for all dates of the series."""
    reply: ReplyValue
    comment: str
    entered_by: str
    """Who replied on their behalf; empty where they did so themselves."""
    substitute: str
    """Their substitute, if any."""
    released: str
    """The person who no longer comes in their place because of the reply."""
    is_by_substitute: bool
    """Whether that person said so, or it was recorded for them."""
    alternates: tuple[Viewer, ...]
    """The people they may name as substitutes."""
    changed_at: datetime | None
    """When a change of its time or place asked the person for a new reply that they haven't given; None = none did."""
    earlier: ReplyValue | None
    """What they had replied before that change."""
    ahead: tuple[Occurrence, ...]
    """Further dates of the series, when the reply is for all of them."""
    onward: tuple[ContinuedSeries, ...]
    """Series with upcoming dates that continue it, when the reply is for all its dates."""


class OwedReply(Struct, frozen=True, kw_only=True):
    """A date to which the viewer has not replied."""

    line: DateLine
    is_series: bool


async def my_reply(viewer: Viewer, occurrence: Occurrence) -> MyReply | None:
    """Return the viewer's own invitation to a date and the reply that counts; None when not asked to come."""
    own = await _own_invitation(viewer, occurrence.event)
    if own is None:
        return None
    return MyReply(
        own.id, rules.effective_reply(own.replies, occurrence.id), rules.released_by_replies(own.replies, occurrence.id)
    )


async def my_replies(viewer: Viewer, event: Event) -> tuple[Reply, ...] | None:
    """Return all the viewer's replies to an event; None when not invited."""
    own = await _own_invitation(viewer, event)
    return None if own is None else own.replies


async def record_own_reply(
    viewer: Viewer,
    event_id: UUID,
    key: str,
    value: ReplyValue,
    comment: str,
    now: datetime,
    *,
    for_series: bool,
    substitute: UUID | None = None,
) -> None:
    """Record the viewer's reply to one date or to the whole series, and the substitute who comes when they do not.

    Errors: NotFound, NotAllowed, Gone, Invalid(substitute).
    """
    occurrence = await events.date_on_day(viewer, event_id, day_of_key(key))
    if occurrence is None:
        raise NotFound
    reply = await my_reply(viewer, occurrence)
    if reply is None:
        raise NotAllowed("You aren’t invited to this event, so you don’t need to reply.")
    check_takes_replies(occurrence, now, for_series=for_series)
    async with writing():
        given = ReplyGiven(value, comment, substitute)
        await substitutes.check_substitute(viewer, occurrence.event, given, now, for_series=for_series)
        source = ReplySource(viewer.origin.channel)
        await record_reply(viewer, reply.invitation_id, occurrence, given, source, now, for_series=for_series)


async def open_invitation(
    invitation_id: UUID, occurrence_id: UUID | None, now: datetime, origin: Origin
) -> OpenInvitation:
    """Return what a reply link shows, with the invitee as viewer, coming from `origin`.

    Where its date, or all upcoming dates, belong to a series that continues the one of the invitation, it is the
    invitee's invitation to that series, as far as they have one.
    Errors: NotFound (withdrawn, left the task force, or no longer visible, all alike), Gone when the event is over or
    canceled.
    """
    holder = await invitees.holder_of_invitation(invitation_id)
    if holder is None:
        raise NotFound
    viewer = replace(await viewer_for(holder.member_id, now), origin=origin)
    event = await events.event_by_id(viewer, holder.event_id)
    if event is None:
        raise NotFound
    try:
        return await _open_invitation(viewer, event, invitation_id, occurrence_id, now)
    except (NotFound, Gone) as closed:
        if isinstance(closed, Gone) and occurrence_id:
            raise
        onward = await continued_series(viewer, event, now)
        with_date = [
            (series.invitation_id, date.id) for series in onward for date in series.dates if date.id == occurrence_id
        ]
        with_rest = [(series.invitation_id, None) for series in onward if series.ahead]
        if not with_date and not with_rest:
            raise
    moved_to = [*with_date, *with_rest][0]
    return await open_invitation(*moved_to, now, origin)


async def _open_invitation(
    viewer: Viewer, event: Event, invitation_id: UUID, occurrence_id: UUID | None, now: datetime
) -> OpenInvitation:
    dates = [date for date in await events.dates_in_order(viewer, event) if occurrence_id in (None, date.id)]
    if not dates:
        raise NotFound
    ahead = [date for date in dates if date.is_ahead(now)]
    if not ahead:
        closed = "This event was canceled. You don’t need to reply." if dates[-1].is_off else EVENT_IS_OVER
        raise Gone(None if event.is_restricted else closed)
    occurrence = ahead[0]
    every = await my_replies(viewer, occurrence.event) or ()
    given = rules.effective_reply(every, occurrence.id)
    for_series = occurrence_id is None and occurrence.event.is_series
    onward = await continued_series(viewer, event, now) if for_series else []
    return OpenInvitation(
        viewer=viewer,
        invitation_id=invitation_id,
        occurrence=occurrence,
        for_series=for_series,
        reply=given.value if given else ReplyValue.NEEDS_ACTION,
        comment=given.comment if given else "",
        entered_by=given.entered_by if given else "",
        substitute=given.substitute if given else "",
        released=rules.released_by_replies(every, occurrence.id),
        is_by_substitute=given is not None and given.source == ReplySource.SUBSTITUTE,
        changed_at=rules.asked_again_at(every, occurrence.id),
        earlier=rules.earlier_reply(every, occurrence.id),
        alternates=() if for_series else tuple(await substitutes.possible_substitutes(viewer, occurrence.event, now)),
        ahead=tuple(ahead[1:]),
        onward=tuple(series for series in onward if series.ahead),
    )


async def continued_series(viewer: Viewer, event: Event, now: datetime) -> list[ContinuedSeries]:
    """Return the series that continue an event, where the viewer is invited, earliest first.

    A link to what many people know shows nothing of a series that only named people may know.
    """
    onward = [
        series
        for series in await events.all_series_after(viewer, event)
        if event.is_restricted or not series.is_restricted
    ]
    own = await replies.own_invitations(viewer, [series.id for series in onward])
    taken_part = [series for series in onward if series.id in own and own[series.id].role.takes_part]
    return [
        ContinuedSeries(own[series_id].id, tuple(dates), tuple(date for date in dates if date.is_ahead(now)))
        for series_id, dates in (await events.dates_of_events(viewer, taken_part)).items()
    ]


async def record_reply_by_link(
    reply: OpenInvitation, value: ReplyValue, comment: str, now: datetime, substitute: UUID | None = None
) -> None:
    """Record a reply made on a reply page. Errors: Invalid(substitute)."""
    viewer, occurrence, for_series = reply.viewer, reply.occurrence, reply.for_series
    given, source = ReplyGiven(value, comment, substitute), ReplySource.LINK
    async with writing():
        await substitutes.check_substitute(viewer, occurrence.event, given, now, for_series=for_series)
        await record_reply(viewer, reply.invitation_id, occurrence, given, source, now, for_series=for_series)


async def owed_replies(viewer: Viewer, now: datetime) -> list[OwedReply]:
    """Return the dates in the next 60 days that wait for the viewer's reply, one for each event, earliest first."""
    waiting: dict[UUID, OwedReply] = {}
    for line, is_series in await replies.lines_owed(viewer, now, now + OWED_AHEAD):
        if line.kind.asks_reply and not line.is_off:
            waiting.setdefault(line.event_id, OwedReply(line=line, is_series=is_series))
    return list(waiting.values())


async def owed_reply_for(viewer: Viewer, event_id: UUID, key: str) -> OwedReply:
    """Return a date as the list of replies owed shows it, whatever was replied. Errors: NotFound."""
    occurrence = await events.date_on_day(viewer, event_id, day_of_key(key))
    lines = await events.lines_by_id(viewer, [occurrence.id]) if occurrence else []
    if occurrence is None or not lines:
        raise NotFound
    return OwedReply(line=lines[0], is_series=occurrence.event.is_series)


async def _own_invitation(viewer: Viewer, event: Event) -> OwnInvitation | None:
    own = (await replies.own_invitations(viewer, [event.id])).get(event.id)
    return own if own and own.role.takes_part else None


async def record_reply(  # noqa: PLR0913 - what one reply is
    viewer: Viewer,
    invitation_id: UUID,
    occurrence: Occurrence,
    given: ReplyGiven,
    source: ReplySource,
    now: datetime,
    *,
    for_series: bool,
    entered: EnteredFor | None = None,
    knowing: Container[UUID] = (),
    also: Iterable[UUID] = (),
) -> None:
    """Write a reply and its audit entry, and notify people who start or stop substituting.

    The caller is inside `writing()`. A reply to the series also counts for dates that were asked again separately and
    have no reply since, except one by email: a calendar program replies to such a date by itself. A reply to a single
    event is stored with its date.
    `entered` says for whom, where the viewer enters another person's reply. People who are `knowing` get no email
    that they start or stop substituting. A reply to a date is `also` written for these other invitations to it.
    """
    for_series = for_series and occurrence.event.is_series
    asks_alone = source is not ReplySource.EMAIL and (entered is None or entered.for_dates_asked_alone)
    dates: list[UUID | None] = [None] if for_series else [occurrence.id]
    if for_series and asks_alone:
        dates += await _dates_asked_alone(viewer, invitation_id, occurrence.event, now)
    invitations = [invitation_id, *also]
    reply = _reply_columns(viewer, occurrence, given, source, (entered.replied_at if entered else None) or now)
    before, end = await together(substitutes.named_substitutes(occurrence.event.id), audit.audit_log_end())
    await invitees.write_replies(
        [{"invitation": invitation, "occurrence": day, **reply} for invitation in invitations for day in dates]
    )
    may_begin = given.substitute_id is not None
    await substitutes.notify_substitutes(occurrence.event.id, before, now, may_begin=may_begin, knowing=knowing)
    verb = _VERBS[source] if entered else "replied"
    named = {"for": entered.member_id if entered else None, "substitute": given.substitute_id}
    facts: dict[str, object] = {"reply": given.value, "date": None if for_series else occurrence.key}
    facts |= {name: member_id for name, member_id in named.items() if member_id}
    deeds = [
        audit.NewAuditEntry(actor=viewer.actor, verb=verb, subject="invitation", subject_id=invitation, facts=facts)
        for invitation in invitations
    ]
    await audit.record_after_end(end, deeds, now)


def _reply_columns(
    viewer: Viewer, occurrence: Occurrence, given: ReplyGiven, source: ReplySource, replied_at: datetime
) -> dict[str, object]:
    return {
        "reply": given.value,
        "comment": given.comment,
        "substitute": given.substitute_id,
        "source": source,
        "entered_by": viewer.member_id,
        "replied_at": replied_at,
        "sequence": max(occurrence.sequence, occurrence.event.sequence),
    }


async def _dates_asked_alone(viewer: Viewer, invitation_id: UUID, event: Event, now: datetime) -> list[UUID]:
    """Return the upcoming dates for which the person was asked again and has not replied since."""
    given = await invitees.replies_to_invitations([invitation_id])
    newest = {reply.occurrence_id: reply for reply in sorted(given, key=lambda reply: reply.number)}
    waiting = {date_id for date_id, reply in newest.items() if date_id and reply.value is ReplyValue.NEEDS_ACTION}
    ahead = await events.dates_in_order(viewer, event) if waiting else []
    return [occurrence.id for occurrence in ahead if occurrence.id in waiting and occurrence.ends_at > now]


def check_takes_replies(occurrence: Occurrence, now: datetime, *, for_series: bool) -> None:
    """Raise `Gone` for a date that no longer takes replies."""
    if occurrence.is_off:
        raise Gone("This date is canceled. You don’t need to reply.")
    if occurrence.ends_at <= now and not for_series:
        raise Gone("This date is over. Replies are closed.")


async def ask_again(event_id: UUID, occurrence_id: UUID | None, sequence: int, now: datetime) -> None:
    """Reset the replies to a changed date, or to the series, except the organizer's."""
    asked = {
        (invitation.id, occurrence_id)
        for invitation in (await invitees.invitations_by_member(event_id)).values()
        if not invitation.is_withdrawn and invitation.role.is_asked
    }
    async with substitutes.notifying_substitutes(event_id, now):
        await ask_people(asked, sequence, now)


async def ask_after_change(
    viewer: Viewer, event: Event, before: Iterable[Occurrence], plan: Plan, sequence: int, now: datetime
) -> None:
    """Ask again about the dates that the plan moves to another time or place.

    `before` are the dates before the change; the rows already match the plan. Dates that have begun keep their replies.
    When only the end of a series moves, nothing is asked again: replies to the series hold for its new dates.
    """
    if plan.place == event.place and plan_rules.only_end_moves(plan, event):
        return
    after = await events.dates_in_order(viewer, replace(event, place=plan.place))
    await ask_about(event.id, before, after, plan.zone, sequence, now)


async def ask_about(
    event_id: UUID, before: Iterable[Occurrence], after: Collection[Occurrence], zone: str, sequence: int, now: datetime
) -> None:
    """Ask again about the upcoming dates that have another time or place than `before`; others keep their replies."""
    was, changed = {occurrence.id: occurrence for occurrence in before}, set()
    for date in after:
        earlier = was.get(date.id, date)
        slots = (earlier.starts_at, earlier.ends_at), (date.starts_at, date.ends_at)
        is_elsewhere = earlier.place != date.place
        asks = date.id not in was or plan_rules.asks_reply_again(*slots, place_changed=is_elsewhere, zone=zone)
        if date.starts_at > now and asks:
            changed.add(date.id)
    if not changed:
        return
    await invitees.copy_replies_to_dates(
        event_id, [occurrence.id for occurrence in after if occurrence.id not in changed]
    )
    await ask_again(event_id, None, sequence, now)
    async with substitutes.notifying_substitutes(event_id, now):
        await ask_people(await invitees.replied_alone(changed & set(was)), sequence, now)


async def ask_people(whom: AbstractSet[tuple[UUID, UUID | None]], sequence: int, now: datetime) -> None:
    """Reset the replies to these invitations, each to a date or the series; `sequence` is 0 for new invitees."""
    asked = {"reply": ReplyValue.NEEDS_ACTION, "source": ReplySource.CHANGE, "sequence": sequence, "replied_at": now}
    await invitees.write_replies([{"invitation": invitation, "occurrence": date, **asked} for invitation, date in whom])
