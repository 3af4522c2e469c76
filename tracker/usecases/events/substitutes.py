"""Substitutes: whom a seat's holder may name, who substitutes on which date, and notifying them."""

from collections.abc import AsyncIterator, Container, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from tracker.errors import Invalid
from tracker.rules.core import viewers
from tracker.rules.core.email_declarations import EMAILS
from tracker.rules.core.message_types import Removed, SubstituteNamed
from tracker.rules.core.outbox import NewMessage
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import Event
from tracker.rules.events.replies import ReplyGiven, ReplySource, ReplyValue, Substitution
from tracker.tables.background.events import events as audience_rows
from tracker.tables.background.events import invitees as substitute_rows
from tracker.tables.background.events.invitees import Principal
from tracker.tables.schema import events
from tracker.tables.schema.roster import SeatHolder
from tracker.usecases.core import outbox
from tracker.usecases.core.viewers import viewers_for

NOT_AN_ALTERNATE = "Choose one of your seat’s alternates."
ONE_DATE = "A substitute can come to one date only. Choose “This date”."
NamedSubstitute = tuple[UUID, UUID, UUID]
"""Part of an invitation: the invitation, its substitute, and the date."""


async def possible_substitutes(viewer: Viewer, event: Event, now: datetime) -> list[Viewer]:
    """Return the people the viewer may send: alternates of their seat in the event's committee who may see the event.

    Naming a substitute never opens the event to them, so people who may not see it are not offered.
    """
    if event.committee_id is None:
        return []
    held = await SeatHolder.select(SeatHolder.seat).where(
        (SeatHolder.member == viewer.member_id)
        & (SeatHolder.seat.committee == event.committee_id)
        & (SeatHolder.seat.agency == viewer.agency_id)
    )
    if not held:
        return []
    of_seat = SeatHolder.seat.is_in([row["seat"] for row in held]) & (SeatHolder.member != viewer.member_id)
    others = await SeatHolder.select(SeatHolder.member).where(of_seat & (SeatHolder.is_primary == False))  # noqa: E712 - a clause of SQL
    people = await viewers_for((row["member"] for row in others), now)
    may_see = await audience_rows.audiences_of(event.id)
    fitting = (
        person for person in people.values() if person.agency_id == viewer.agency_id and person.audiences & may_see
    )
    return sorted(fitting, key=lambda viewer: (viewer.name, str(viewer.member_id)))


async def check_substitute(viewer: Viewer, event: Event, given: ReplyGiven, now: datetime, *, for_series: bool) -> None:
    """Raise `Invalid` unless no substitute is named, or the viewer declines one date and may send this member."""
    if given.substitute_id is None:
        return
    if given.substitute_id not in {
        substitute.member_id for substitute in await possible_substitutes(viewer, event, now)
    }:
        raise Invalid(substitute=NOT_AN_ALTERNATE)
    if for_series:
        raise Invalid(substitute=ONE_DATE)
    if given.value is not ReplyValue.DECLINED:
        raise Invalid(substitute="A substitute can come in your place only if your reply is No.")


async def substitutions_of_member(event_id: UUID, member_id: UUID, dates: Iterable[UUID]) -> dict[UUID, Substitution]:
    """Return each date of an event on which a member substitutes, or did, with the substitution that counts."""
    wanted, named = list(dates), await substitute_rows.ever_principals(event_id)
    counting: dict[UUID, Substitution] = {}
    for date_id in wanted:
        every = [
            _substitution(principal, date_id, member_id, changed_at)
            for principal in named
            if (changed_at := principal.changed_at(member_id, date_id))
        ]
        if every:
            counts = max(every, key=lambda substitution: (not substitution.is_over, substitution.changed_at))
            counting[date_id] = replace(counts, changed_at=max(substitution.changed_at for substitution in every))
    return counting


async def turns_on_date(event_id: UUID, date_id: UUID, member_id: UUID) -> list[Substitution]:
    """Return in whose place a member comes to a date: with one turn for each person."""
    return [
        _substitution(principal, date_id, member_id, changed_at)
        for principal in await substitute_rows.ever_principals(event_id)
        if principal.substitute(date_id) == member_id and (changed_at := principal.changed_at(member_id, date_id))
    ]


async def substitutions_of_invitation(event_id: UUID, invitation_id: UUID, date_id: UUID) -> dict[UUID, Substitution]:
    """Return everyone who was ever named to come to a date in place of the person of an invitation."""
    return {
        member_id: _substitution(principal, date_id, member_id, changed_at)
        for principal in await substitute_rows.ever_principals(event_id)
        if principal.invitation_id == invitation_id
        for member_id in principal.ever_named(date_id)
        if (changed_at := principal.changed_at(member_id, date_id))
    }


def _substitution(principal: Principal, date_id: UUID, member_id: UUID, changed_at: datetime) -> Substitution:
    sends = principal.substitute(date_id)
    names = principal.naming(member_id, date_id)
    return Substitution(
        invitation_id=principal.invitation_id,
        principal_id=principal.member_id,
        is_over=sends != member_id,
        changed_at=changed_at,
        is_asked=principal.is_asked,
        reply=principal.reply(date_id),
        sends_another=sends not in (None, member_id),
        is_refused=principal.is_refused_by(member_id, date_id),
        first_named_at=principal.first_named_at(member_id, date_id) or changed_at,
        named_at=names.replied_at if names else None,
        is_named_by_email=names is not None and names.source is ReplySource.EMAIL,
        renewed_at=principal.renewed_at(member_id, date_id),
    )


async def substitutes_by_date(dates: Iterable[tuple[UUID, UUID]]) -> dict[UUID, dict[UUID, UUID]]:
    """Return the substitutes on each date, and whom each stands in for; `dates` are (occurrence, event)."""
    wanted = list(dates)
    named = await substitute_rows.principals_now(event_id for _, event_id in wanted)
    by_date: dict[UUID, dict[UUID, UUID]] = {}
    for date_id, event_id in wanted:
        for principal in named:
            if principal.event_id == event_id and (substitute := principal.substitute(date_id)):
                by_date.setdefault(date_id, {})[substitute] = principal.member_id
    return by_date


async def substitutes_on_date(event_id: UUID, occurrence_id: UUID) -> frozenset[UUID]:
    """Return the substitutes on one date."""
    return frozenset((await substitutes_by_date([(occurrence_id, event_id)])).get(occurrence_id, ()))


async def upcoming_substitutes(event_id: UUID, now: datetime) -> list[tuple[UUID, UUID]]:
    """Return the substitutes on an event's upcoming dates, each with the date."""
    named = sorted((substitute, date_id) for _, substitute, date_id in await named_substitutes(event_id))
    ahead = await substitute_rows.upcoming_dates((date_id for _, date_id in named), now)
    return [(substitute, date_id) for substitute, date_id in named if date_id in ahead]


@asynccontextmanager
async def notifying_substitutes(event_id: UUID, now: datetime) -> AsyncIterator[None]:
    """Notify people who start or stop substituting through what is done inside; the caller is inside `writing()`."""
    before = await named_substitutes(event_id)
    yield
    await notify_substitutes(event_id, before, now)


async def notify_substitutes(
    event_id: UUID,
    before: frozenset[NamedSubstitute],
    now: datetime,
    *,
    may_begin: bool = True,
    knowing: Container[UUID] = (),
) -> None:
    """Notify people who started or stopped substituting; `before` is who was `named_substitutes` before the change.

    `may_begin` says whether it could name a substitute: where no one has one, and none is named, no one is notified.
    People who are `knowing` get no email.
    """
    after = await named_substitutes(event_id) if before or may_begin else before
    left = await substitute_rows.dates_still_there(event_id, (date_id for *_, date_id in before - after))
    begun = [_substitute_message(SubstituteNamed(), event_id, named, now) for named in sorted(after - before, key=str)]
    ended = [_substitute_message(Removed(), event_id, named, now, left) for named in sorted(before - after, key=str)]
    # Who comes, or came, for two people on a date reads it once; `removal_message_key` knows which of the keys is left.
    once = {(message.kind, message.recipient_id, message.occurrence_id): message for message in (*begun, *ended)}
    await outbox.enqueue_all([message for message in once.values() if message.recipient_id not in knowing], now)
    await events.raise_audience_versions({viewers.member_audience(substitute) for _, substitute, _ in before ^ after})


async def remind_substitute(event_id: UUID, named: NamedSubstitute, now: datetime) -> None:
    """Email a substitute once more that they are named; the caller is inside `writing()`."""
    await outbox.enqueue_all([_substitute_message(SubstituteNamed(), event_id, named, now)], now)


async def named_substitutes(event_id: UUID) -> frozenset[NamedSubstitute]:
    """Return who substitutes for whom on which date of an event."""
    return frozenset(
        (principal.invitation_id, substitute, scope)
        for principal in await substitute_rows.principals_now([event_id])
        for scope in principal.scopes
        if (substitute := principal.substitute(scope))
    )


def _substitute_message(
    content: SubstituteNamed | Removed,
    event_id: UUID,
    named: NamedSubstitute,
    now: datetime,
    left: Container[UUID] | None = None,
) -> NewMessage:
    """Return the email; for a date that is no longer in the series (not in `left`), it is about the whole event."""
    _, substitute, date_id = named
    return NewMessage(
        content=content,
        recipient_id=substitute,
        event_id=event_id,
        occurrence_id=date_id if left is None or date_id in left else None,
        key=substitute_message_key(type(content), named, now),
    )


def substitute_message_key(kind: type[SubstituteNamed | Removed], named: NamedSubstitute, at: datetime) -> str:
    """Return the key of the message of a deed at that moment to a person who started or stopped substituting."""
    invitation_id, substitute, date_id = named
    return f"substitute:{EMAILS[kind].kind}:{invitation_id}:{date_id}:{substitute}:{at.isoformat()}"


def removal_message_key(invitation_ids: Iterable[UUID], member_id: UUID, date_id: UUID, at: datetime) -> str:
    """Return the key of the one email of a deed to a person who stopped substituting on a date, for all of these."""
    return substitute_message_key(Removed, (max(invitation_ids, key=str), member_id, date_id), at)
