"""Replies entered for another person: on someone's behalf, or a substitute's No, which can be undone.

What people said by telephone, or to the organizer in person, is recorded by editors. A substitute who can't come after
all replaces the reply that named them; a Yes changes nothing, because a substitute counts as coming. The person who
named them gets an email, not before the No can no longer be undone. Undone, the reply that named them counts again,
with everything that it said, and emails about the No that haven't left are dropped.
"""

from collections.abc import Container, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from tracker.database import all_together, writing
from tracker.errors import Conflict, Gone, Invalid, NotAllowed
from tracker.rules.attendance import named_participants
from tracker.rules.core.email_declarations import MessageKind
from tracker.rules.core.message_types import SubstituteDeclined
from tracker.rules.core.outbox import NewMessage
from tracker.rules.core.viewers import Viewer
from tracker.rules.events import replies as rules
from tracker.rules.events.events import EventStatus, Occurrence, may_edit
from tracker.rules.events.history import UNDO_FOR
from tracker.rules.events.replies import GivenReply, Participant, ReplyGiven, ReplySource, ReplyValue
from tracker.tables.background.emails import outbox_queue
from tracker.tables.background.events import invitees as new_replies
from tracker.tables.background.events.invitees import Principal, ever_principals, refusals_entered
from tracker.tables.visible import attendance
from tracker.usecases.core import audit, outbox
from tracker.usecases.core.viewers import viewers_for
from tracker.usecases.events import replies, substitutes
from tracker.usecases.events.occurrences import date_seen_by
from tracker.usecases.events.replies import EnteredFor

IS_COMING = "A substitute already counts as coming. Record No only if they can’t come."
ONE_DATE_ONLY = "A substitute is for one date only. Choose “This date”."


class RepliedFor(NamedTuple):
    """A person whose reply was recorded, and the substitute whom it released."""

    person: Participant
    released: str
    """With the agency; empty for no one."""


async def record_reply_for(  # noqa: PLR0913 - what one form holds
    viewer: Viewer,
    event_id: UUID,
    key: str,
    member_id: UUID | None,
    value: ReplyValue,
    comment: str,
    now: datetime,
    *,
    for_series: bool,
    invitation_id: UUID | None = None,
) -> RepliedFor:
    """Record an invitee's reply to one date, or to the series, and return who they are, and whom it released.

    No email is sent, except to a substitute who no longer comes because of it, and for a substitute's No to the person
    who named them. The person sees on their page who entered the reply, and may reply again, which then counts. Only
    for people whom the viewer sees by name. Of someone who substitutes for several people, the invitation says for
    whom.
    Errors: NotFound, NotAllowed, Gone, Invalid(person, reply, reply_for), Conflict for a draft or a deadline.
    """
    async with writing():
        occurrence = await date_seen_by(viewer, event_id, key)
        _check_may_record(viewer, occurrence)
        replies.check_takes_replies(occurrence, now, for_series=False)
        named = named_participants(viewer, occurrence.event, await attendance.participants(viewer, occurrence))
        others = rules.people_to_reply_for(viewer, occurrence, named, now)
        person = rules.participant_on_line(others, member_id, invitation_id)
        if person is None:
            raise Invalid(person="Choose one of the invited people.")
        entered = EnteredFor(person.member_id)
        if person.substitutes_for:
            if value is not ReplyValue.DECLINED:
                raise Invalid(reply=IS_COMING)
            if for_series:
                raise Invalid(reply_for=ONE_DATE_ONLY)
            await release_substitute(viewer, [person.invitation_id], occurrence, comment, now, entered=entered)
        else:
            given, source = ReplyGiven(value, comment), ReplySource.ON_BEHALF
            await replies.record_reply(
                viewer, person.invitation_id, occurrence, given, source, now, for_series=for_series, entered=entered
            )
    # A date with a substitute has a reply of its own, and keeps it when the reply is to the series.
    is_for_all = for_series and occurrence.event.is_series
    return RepliedFor(person, "" if is_for_all else person.substitute)


def _check_may_record(viewer: Viewer, occurrence: Occurrence) -> None:
    if not may_edit(viewer, occurrence.event):
        raise NotAllowed("Only the organizer, the committee’s chair, or a coordinator can record others’ replies.")
    if not occurrence.event.kind.asks_reply or occurrence.event.status is EventStatus.DRAFT:
        raise Conflict("No one is asked to reply to this event.")


async def decline_as_substitute(viewer: Viewer, event_id: UUID, key: str, now: datetime) -> None:
    """Record that the viewer can't come to a date as a substitute. Errors: NotFound, NotAllowed, Gone."""
    async with writing():
        occurrence = await date_seen_by(viewer, event_id, key)
        turns = await substitutes.turns_on_date(event_id, occurrence.id, viewer.member_id)
        if not turns:
            raise NotAllowed("You aren’t a substitute on this date.")
        replies.check_takes_replies(occurrence, now, for_series=False)
        await release_substitute(viewer, [turn.invitation_id for turn in turns], occurrence, "", now)


async def decline_as_substitute_by_email(
    substitute: Viewer, invitation_id: UUID, occurrence: Occurrence, comment: str, made_at: datetime, now: datetime
) -> None:
    """Record the same of someone who wrote it at `made_at` to one invitation.

    It also counts for others in whose place they come, unless they were named by them since.
    """
    turns = await substitutes.turns_on_date(occurrence.event.id, occurrence.id, substitute.member_id)
    others = [
        substitution.invitation_id
        for substitution in turns
        if substitution.invitation_id != invitation_id and made_at >= substitution.changed_at
    ]
    await release_substitute(substitute, [invitation_id, *others], occurrence, comment, now)


async def release_substitute(
    by: Viewer,
    invitation_ids: Sequence[UUID],
    occurrence: Occurrence,
    comment: str,
    now: datetime,
    *,
    entered: EnteredFor | None = None,
    knowing: Container[UUID] = (),
) -> None:
    """Record for one or more invitations that their substitute can't come to a date.

    `by` is the substitute, or someone who enters it for them (`entered`); the comment is the substitute's. The
    substitute gets one email that takes the date off their calendar, and the person of each invitation one that asks
    whether they come, or who does. The caller is inside `writing()`.
    """
    given, source = ReplyGiven(ReplyValue.DECLINED, comment), ReplySource.SUBSTITUTE
    first, *others = invitation_ids
    await replies.record_reply(
        by, first, occurrence, given, source, now, for_series=False, entered=entered, knowing=knowing, also=others
    )
    await _notify_principals(invitation_ids, occurrence, now, now)


async def repeat_refusal(
    substitute_id: UUID, invitation_id: UUID, occurrence: Occurrence, refusal: GivenReply, now: datetime
) -> None:
    """Let an earlier No of a substitute count again, after an email from before it named them once more.

    They know. The person who named them is emailed that they can't come. The caller is inside `writing()`.
    """
    before = await substitutes.named_substitutes(occurrence.event.id)
    await new_replies.write_reply_again(invitation_id, refusal.number)
    await substitutes.notify_substitutes(occurrence.event.id, before, now, knowing={substitute_id})
    await outbox.take_back_lone_message(refusal_message_key(invitation_id, occurrence, refusal.replied_at))
    await _notify_principals([invitation_id], occurrence, refusal.replied_at, now)


async def _notify_principals(
    invitation_ids: Sequence[UUID], occurrence: Occurrence, said_at: datetime, now: datetime
) -> None:
    holders = await all_together([new_replies.holder_of_invitation(invitation_id) for invitation_id in invitation_ids])
    messages = [
        NewMessage(
            content=SubstituteDeclined(at=said_at),
            recipient_id=holder.member_id,
            event_id=occurrence.event.id,
            occurrence_id=occurrence.id,
            key=refusal_message_key(invitation_id, occurrence, now),
            due=now + UNDO_FOR,
        )
        for invitation_id, holder in zip(invitation_ids, holders, strict=True)
        if holder
    ]
    await outbox.enqueue_all(messages, now)


def refusal_message_key(invitation_id: UUID, occurrence: Occurrence, at: datetime) -> str:
    """Return the key of the email to the person who named a substitute, about their No at that moment."""
    return f"substitute_declined:{invitation_id}:{occurrence.id}:{at.isoformat()}"


TOO_LATE_TO_RETURN = (
    "It’s too late to undo this because 20 seconds have passed."
    " The person who named the substitute can name them again."
)
REPLIED_AGAIN = (
    "Nothing was undone because the person who named the substitute replied again or is no longer invited, or the date"
    " is over or canceled."
)
NO_LONGER_SUBSTITUTE = (
    "Nothing was undone because they can no longer be the substitute on this date."
    " The person who named them can send someone else."
)


class SubstituteTurn(Struct, frozen=True, kw_only=True):
    """In whose place a person was to come when their No was recorded."""

    invitation_id: UUID
    principal_id: UUID
    substitute_id: UUID
    named_by: int
    """The number of the reply that named them."""


class SubstituteRefusal(Struct, frozen=True, kw_only=True):
    """A substitute's No to a date, for everyone in whose place they were to come."""

    date: Occurrence
    at: datetime
    invitation_ids: tuple[UUID, ...]
    """To which it was recorded."""
    turns: tuple[SubstituteTurn, ...]
    """Those for which it still counts."""
    substitute: str
    """With the agency, as everyone below; empty when it no longer counts for anyone."""
    principals: str
    """Who named them, of those for whom it still counts."""
    named_by: str
    """Everyone who named them."""
    again: str
    """Those in whose place they come after all, since it was undone; empty when there are none."""
    can_come: bool
    """Whether they may still come."""
    may_be_known: bool
    """Whether an email may have gone out to someone for whom it counts, or counted until it was undone."""

    def is_current(self, now: datetime) -> bool:
        """Return whether it still counts, and its date is ahead."""
        return bool(self.turns) and self.date.is_ahead(now)


async def undo_refusal(viewer: Viewer, event_id: UUID, key: str, at: datetime, now: datetime) -> SubstituteRefusal:
    """Undo a substitute's No to a date that the viewer gave, or recorded, at that moment, and return it.

    Errors: NotFound; Gone when it's too late; Conflict when the reply has changed since, or they can no longer come.
    """
    async with writing():
        date = await date_seen_by(viewer, event_id, key)
        refusal = await refusal_given_at(date, viewer.member_id, at, now)
        if now - at >= UNDO_FOR:
            raise Gone(TOO_LATE_TO_RETURN)
        await restore_substitute(viewer, refusal, now)
    return refusal


async def refusal_given_at(date: Occurrence, by: UUID, at: datetime, now: datetime) -> SubstituteRefusal:
    """Return a substitute's No to a date that a person gave, or recorded for them, at that moment."""
    return await refusal_by_replies(date, at, await refusals_entered(date.event.id, date.id, by, at), now)


async def refusal_by_replies(
    date: Occurrence, at: datetime, numbers: Sequence[tuple[UUID, int]], now: datetime
) -> SubstituteRefusal:
    """Return a substitute's No that was recorded for these invitations, each as its reply with this number."""
    known = {principal.invitation_id: principal for principal in await ever_principals(date.event.id)}
    refused = [(known[invitation_id], number) for invitation_id, number in numbers if invitation_id in known]
    turns = [turn for principal, number in refused if (turn := _turn_of(principal, number, date))]
    renewed = [principal for principal, number in refused if principal.is_renewed(number, date.id)]
    again = renewed if date.is_ahead(now) else []
    names = await audit.names_of_people(
        [*(principal.member_id for principal, _ in refused), *(turn.substitute_id for turn in turns)]
    )
    words = {member_id: name.words for member_id, name in names.items()}
    concerned = [*(turn.invitation_id for turn in turns), *(principal.invitation_id for principal in again)]
    keys = [refusal_message_key(invitation_id, date, at) for invitation_id in concerned]
    return SubstituteRefusal(
        date=date,
        at=at,
        invitation_ids=tuple(invitation_id for invitation_id, _ in numbers),
        turns=tuple(turns),
        substitute=words[turns[0].substitute_id] if turns else "",
        principals=_joined_names(words[turn.principal_id] for turn in turns),
        named_by=_joined_names(words[principal.member_id] for principal, _ in refused),
        again=_joined_names(words[principal.member_id] for principal in again),
        can_come=await _can_come(turns, date, now),
        may_be_known=await outbox_queue.any_may_be_known(keys),
    )


def _turn_of(principal: Principal, number: int, date: Occurrence) -> SubstituteTurn | None:
    named = principal.named_before(number, date.id)
    if named is None or named.substitute_id is None:
        return None
    return SubstituteTurn(
        invitation_id=principal.invitation_id,
        principal_id=principal.member_id,
        substitute_id=named.substitute_id,
        named_by=named.number,
    )


def _joined_names(people: Iterable[str]) -> str:
    return " and ".join(dict.fromkeys(people))


async def _can_come(turns: Sequence[SubstituteTurn], date: Occurrence, now: datetime) -> bool:
    principals = await viewers_for((turn.principal_id for turn in turns), now)
    offered = await all_together(
        [substitutes.possible_substitutes(principal, date.event, now) for principal in principals.values()]
    )
    may_send = {
        (principal_id, alternate.member_id)
        for principal_id, alternates in zip(principals, offered, strict=True)
        for alternate in alternates
    }
    return may_send.issuperset((turn.principal_id, turn.substitute_id) for turn in turns)


async def restore_substitute(by: Viewer, refusal: SubstituteRefusal, now: datetime) -> None:
    """Let the substitute come again, wherever their No still counts. The caller is inside `writing()`.

    They get an email only if the one that took the date off their calendar may have left.
    Errors: Conflict when it counts nowhere, the date isn't ahead, or they can no longer come.
    """
    if not refusal.is_current(now):
        raise Conflict(REPLIED_AGAIN)
    if not refusal.can_come:
        raise Conflict(NO_LONGER_SUBSTITUTE)
    date, substitute_id = refusal.date, refusal.turns[0].substitute_id
    before = await substitutes.named_substitutes(date.event.id)
    removal = substitutes.removal_message_key(refusal.invitation_ids, substitute_id, date.id, refusal.at)
    is_removal_dropped = await outbox.take_back_message(removal)
    has_entry = is_removal_dropped and await outbox_queue.waits_or_was_sent(
        MessageKind.SUBSTITUTE, substitute_id, date.id
    )
    knowing = {turn.substitute_id for turn in refusal.turns} if has_entry else set()
    for turn in refusal.turns:
        await new_replies.write_reply_again(turn.invitation_id, turn.named_by, renewed_at=now)
        await outbox.take_back_lone_message(refusal_message_key(turn.invitation_id, date, refusal.at))
        facts = {"date": date.key, "for": turn.principal_id, "substitute": turn.substitute_id}
        await audit.record(by.actor, "refusal_undone", "invitation", turn.invitation_id, facts, now)
    await substitutes.notify_substitutes(date.event.id, before, now, knowing=knowing)
