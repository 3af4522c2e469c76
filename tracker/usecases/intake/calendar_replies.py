"""Replies that calendar programs send by email: recorded for the invited person, or kept for a coordinator.

A delegation that was written before its substitute's No, and came after it, changes nothing: the No still counts.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct
from msgspec.structs import asdict, replace
from piccolo.querystring import QueryString

from tracker.crypto import ids
from tracker.database import engine, together
from tracker.database.binding import bulk_insert
from tracker.errors import NotFound
from tracker.rules.core.viewers import Origin, Viewer
from tracker.rules.events.events import Event, Occurrence
from tracker.rules.events.replies import GivenReply, ReplyGiven, ReplySource, Substitution
from tracker.rules.intake.calendar_replies import (
    CalendarReply,
    InvitationFacts,
    Mismatch,
    ReplyOutcome,
    find_mismatch,
    judge_reply,
    judge_substitute_reply,
    reply_order,
)
from tracker.rules.intake.item_emails import NewProposal, new_proposal
from tracker.rules.intake.received_emails import ReceivedEmail
from tracker.tables.background import intake as known
from tracker.tables.background.events.invitees import HOLDER, ever_principals
from tracker.tables.background.intake import InvitationHistory
from tracker.tables.schema.intake import IncomingReply, TimeProposal
from tracker.tables.visible.events import events
from tracker.usecases.core import viewers
from tracker.usecases.core.viewers import active_viewer, viewers_for
from tracker.usecases.events import recorded_replies, replies, substitutes
from tracker.usecases.roster import known_people

BY_EMAIL = Origin("email")


class _Invitation(Struct, frozen=True, kw_only=True):
    """An invitation that is open: who holds it, to what, and the dates that its replies may be about."""

    id: UUID
    viewer: Viewer
    addresses: frozenset[str]
    """From which their replies count."""
    event: Event
    dates: Sequence[tuple[UUID, Occurrence]]
    """Each date with the invitation to it: a series may have been continued by another, to which they are invited."""
    history: InvitationHistory
    """Of this invitation, before the email."""


class _KeptReply(Struct, frozen=True, kw_only=True):
    """What is kept of a reply."""

    outcome: ReplyOutcome
    misfit: Mismatch | None = None
    invitation_id: UUID | None = None
    occurrence_id: UUID | None = None
    reply: CalendarReply | None = None
    order: tuple[int | None, datetime | None] = (None, None)
    """SEQUENCE and DTSTAMP: as they counted, of a reply that was recorded; else as the program wrote them."""
    proposal: NewProposal | None = None
    """The times that it proposes, if they are to be kept."""


class AskedPerson(NamedTuple):
    """The person of an open invitation."""

    viewer: Viewer
    addresses: frozenset[str]
    """In small letters."""


async def find_asked_person(email: ReceivedEmail) -> AskedPerson | None:
    """Return who is asked by the invitation of an email's address, in one visit to the database.

    None when it was withdrawn, asks no reply, or does not exist, or when its person isn't active.
    """
    if email.invitation_id is None:
        return None
    member = QueryString(HOLDER, email.invitation_id)
    *person, further = await engine().read_each(
        *viewers.viewer_queries(member, email.received_at), known_people.confirmed_addresses(member)
    )
    try:
        viewer = viewers.viewer_in(person, email.received_at)
    except NotFound:
        return None
    return AskedPerson(viewer, frozenset((viewer.email.lower(), *(row["address"] for row in further))))


async def take_calendar_replies(email: ReceivedEmail, holder: AskedPerson | None) -> list[ReplyOutcome]:
    """Record the replies of an email, and keep what became of each. The caller is inside `writing()`."""
    rows = await _read_rows(email, holder)
    for part, row in enumerate(rows):
        reply, (sequence, stamped_at) = row.reply, row.order
        row_id = ids.new_id()
        kept = {
            "id": row_id,
            "received_at": email.received_at,
            "email_hash": email.name,
            "part": part,
            "sender": email.sender.address,
            "is_verified": email.sender.is_verified,
            "invitation": row.invitation_id,
            "occurrence": row.occurrence_id,
            "reply": reply.value if reply else None,
            "comment": reply.comment if reply else "",
            "sequence": sequence,
            "stamped_at": stamped_at,
            "outcome": row.outcome,
            "misfit": row.misfit,
        }
        await bulk_insert(IncomingReply, [kept])
        if row.proposal:
            starts_at, ends_at = row.proposal.times
            was_starts_at, was_ends_at = row.proposal.was
            await TimeProposal.insert(
                TimeProposal(
                    id=ids.new_id(),
                    reply=row_id,
                    starts_at=starts_at,
                    ends_at=ends_at,
                    was_starts_at=was_starts_at,
                    was_ends_at=was_ends_at,
                    made_at=row.proposal.made_at,
                    sequence=row.proposal.sequence,
                )
            )
    return [row.outcome for row in rows]


async def _read_rows(email: ReceivedEmail, holder: AskedPerson | None) -> list[_KeptReply]:
    if email.is_automatic:
        return [_KeptReply(outcome=ReplyOutcome.IGNORED)]
    if not email.is_readable:
        return [_KeptReply(outcome=ReplyOutcome.UNREADABLE)]
    if email.invitation_id is None and email.message_id is None:
        return [_unmatched_reply(Mismatch.NO_ADDRESS)]
    invitation = await _open_invitation(email, holder)
    if invitation is None:
        return [_unmatched_reply(Mismatch.NO_INVITATION)]
    if not email.replies:
        return [_unmatched_reply(Mismatch.NO_REPLY, invitation.id)]
    first, *others = email.replies
    rows = [await _take_reply(email, invitation, first, invitation.history)]
    return rows + [await _take_reply(email, invitation, reply) for reply in others]


async def _open_invitation(email: ReceivedEmail, holder: AskedPerson | None) -> _Invitation | None:
    """Return the invitation of the address; None when it is withdrawn, or its holder may not see the event."""
    if holder is None or email.invitation_id is None:
        return None
    viewer = replace(holder.viewer, origin=BY_EMAIL)
    (event, dates), history = await together(
        events.event_of_invitation(viewer, email.invitation_id), known.invitation_history(email.invitation_id)
    )
    if event is None:
        return None
    onward = await replies.continued_series(viewer, event, email.received_at) if event.is_series else []
    later = [(continued_series.invitation_id, date) for continued_series in onward for date in continued_series.dates]
    return _Invitation(
        id=email.invitation_id,
        viewer=viewer,
        addresses=holder.addresses,
        event=event,
        dates=[*((email.invitation_id, occurrence) for occurrence in dates), *later],
        history=history,
    )


async def _take_reply(
    email: ReceivedEmail, invitation: _Invitation, reply: CalendarReply, history: InvitationHistory | None = None
) -> _KeptReply:
    """Record one reply if it counts, and return what became of it.

    `history` is that of the invitation, unless an earlier reply of the same email may have changed it.
    """
    place = _invitation_and_date(invitation, reply, email.received_at)
    if place is None:
        return _unmatched_reply(Mismatch.OTHER_DATE, invitation.id)
    invitation_id, date = place
    for_series = reply.date is None and date.event.is_series
    occurrence_id = None if for_series else date.id
    delegates = await _delegates(invitation.viewer, date, email.received_at) if reply.delegate and occurrence_id else {}
    past = history if history and invitation_id == invitation.id else await known.invitation_history(invitation_id)
    facts = facts_of_invitation(
        past, occurrence_id, date, addresses=invitation.addresses, uid=invitation.event.uid, delegates=delegates
    )
    row = _KeptReply(
        outcome=ReplyOutcome.UNMATCHED,
        misfit=find_mismatch(email.sender, reply, facts),
        invitation_id=invitation_id,
        occurrence_id=occurrence_id,
        reply=reply,
        order=(reply.sequence, reply.stamped_at),
    )
    if reply.proposal and occurrence_id:
        row = await _add_proposal(row, date, reply_order(reply, facts, email.received_at)[1])
    if row.misfit is Mismatch.OTHER_ATTENDEE:
        return await _take_substitute_reply(email, date, row, facts)
    if row.misfit or reply.value is None:
        return row if row.misfit else replace(row, outcome=ReplyOutcome.PROPOSED)
    outcome = judge_reply(reply, facts, email.received_at)
    if outcome is ReplyOutcome.RECORDED and _is_closed(date, email.received_at):
        outcome = ReplyOutcome.CLOSED
    if outcome is ReplyOutcome.RECORDED:
        given, at = ReplyGiven(reply.value, reply.comment, delegates.get(reply.delegate or "")), email.received_at
        row = replace(row, order=reply_order(reply, facts, at))
        await _record_reply(invitation.viewer, row, date, given, at)
    return replace(row, outcome=outcome)


async def _record_reply(who: Viewer, row: _KeptReply, date: Occurrence, given: ReplyGiven, now: datetime) -> None:
    """Record a reply; the substitute whom it names is named again only if they haven't said No since it was written."""
    made_at, sends, for_series = row.order[1], given.substitute_id, row.occurrence_id is None
    if row.invitation_id is None or made_at is None:
        return
    refusal = await _newer_refusal(sends, row.invitation_id, date, made_at, now) if sends else None
    knowing = [refusal.substitute.member_id] if refusal else []
    await replies.record_reply(
        who, row.invitation_id, date, given, ReplySource.EMAIL, now, for_series=for_series, knowing=knowing
    )
    if refusal and refusal.said:
        substitute_id = refusal.substitute.member_id
        await recorded_replies.repeat_refusal(substitute_id, row.invitation_id, date, refusal.said, now)
    elif refusal:
        await recorded_replies.release_substitute(
            refusal.substitute, [row.invitation_id], date, "", now, knowing=knowing
        )


async def _take_substitute_reply(
    email: ReceivedEmail, date: Occurrence, row: _KeptReply, facts: InvitationFacts
) -> _KeptReply:
    """Return the row of a reply as someone else: of the substitute on the date, what they say is known, or recorded."""
    named = await _substitute(email, date, row) if email.sender.is_verified else None
    if named is None or row.reply is None:
        return row
    substitute, turn = named
    outcome = judge_substitute_reply(row.reply, facts, turn, email.received_at)
    if outcome is ReplyOutcome.RELEASED and _is_closed(date, email.received_at):
        outcome = ReplyOutcome.CLOSED
    if outcome is ReplyOutcome.RELEASED:
        made_at = reply_order(row.reply, facts, email.received_at)[1]
        await recorded_replies.decline_as_substitute_by_email(
            substitute, turn.invitation_id, date, row.reply.comment, made_at, email.received_at
        )
    if outcome is ReplyOutcome.STALE:
        await substitutes.remind_substitute(
            date.event.id, (turn.invitation_id, substitute.member_id, date.id), email.received_at
        )
    return row if outcome is ReplyOutcome.UNMATCHED else replace(row, misfit=None, outcome=outcome)


async def _substitute(email: ReceivedEmail, date: Occurrence, row: _KeptReply) -> tuple[Viewer, Substitution] | None:
    """Return the person named to the date for the invitation, now or once, if the email is theirs, about themselves."""
    if row.reply is None or row.reply.proposal or row.invitation_id is None:
        return None
    turns = await substitutes.substitutions_of_invitation(date.event.id, row.invitation_id, date.id)
    named = {row.reply.attendee, email.sender.address}
    for who in (await viewers_for(turns, email.received_at)).values():
        if named <= await known_people.addresses_of(who):
            return replace(who, origin=BY_EMAIL), turns[who.member_id]
    return None


async def _delegates(viewer: Viewer, date: Occurrence, now: datetime) -> dict[str, UUID]:
    """Return the people whom the viewer may send to a date, by all their addresses: the same as on the site."""
    people = {
        substitute.email.lower(): substitute.member_id
        for substitute in await substitutes.possible_substitutes(viewer, date.event, now)
    }
    return await known_people.confirmed_aliases_of(people.values()) | people


async def _add_proposal(row: _KeptReply, date: Occurrence, made_at: datetime) -> _KeptReply:
    """Return the row with the times that it proposes for a date, unless another email proposed the same.

    They are kept with an email that couldn't be matched too: it can be attached to a person later.
    """
    proposal = new_proposal(row.reply, date, made_at) if row.reply else None
    if proposal is None or row.invitation_id is None:
        return replace(row, misfit=row.misfit or Mismatch.NO_REPLY)
    is_repeated = not row.misfit and await known.is_proposal_known(row.invitation_id, date.id, proposal)
    return row if is_repeated else replace(row, proposal=proposal)


def _is_closed(date: Occurrence, now: datetime) -> bool:
    return date.is_off or date.ends_at <= now


def _invitation_and_date(
    invitation: _Invitation, reply: CalendarReply, now: datetime
) -> tuple[UUID, Occurrence] | None:
    """Return the date that a reply is about, with the invitation to it; of a series, one that is still ahead."""
    if reply.date is not None:
        return next(((asking, date) for asking, date in invitation.dates if reply.date.is_of(date)), None)
    own = [(asking, date) for asking, date in invitation.dates if date.event.id == invitation.event.id]
    ahead = [(asking, date) for asking, date in own if not _is_closed(date, now)]
    return next(iter([*ahead, *reversed(own)]), None)


def facts_of_invitation(
    history: InvitationHistory,
    occurrence_id: UUID | None,
    date: Occurrence,
    *,
    addresses: frozenset[str] = frozenset(),
    uid: str = "",
    delegates: Iterable[str] = (),
) -> InvitationFacts:
    """Return what is known of an invitation when a reply comes to one of its dates, or to its series (None)."""
    return InvitationFacts(
        **asdict(history.before(occurrence_id)),
        addresses=addresses,
        uid=uid,
        sequence=date.event.sequence if occurrence_id is None else max(date.sequence, date.event.sequence),
        is_whole_series=occurrence_id is None,
        delegates=frozenset(delegates),
    )


def _unmatched_reply(why: Mismatch, invitation_id: UUID | None = None) -> _KeptReply:
    return _KeptReply(outcome=ReplyOutcome.UNMATCHED, misfit=why, invitation_id=invitation_id)


class _NewerRefusal(NamedTuple):
    """A No of the person whom an email names as the substitute, from after it was written."""

    substitute: Viewer
    said: GivenReply | None
    """The last one that was recorded; None if they weren't named when it came."""


async def _newer_refusal(
    substitute_id: UUID, invitation_id: UUID, date: Occurrence, made_at: datetime, now: datetime
) -> _NewerRefusal | None:
    """Return the No of a person to a date that is newer than an email that names them; None when there is none.

    One from before they last undid a No says nothing.
    """
    substitute = await active_viewer(substitute_id, now)
    if substitute is None:
        return None
    by_email = dict(await known.noes_by(await known_people.addresses_of(substitute), invitation_id, date.id))
    principals = [
        principal for principal in await ever_principals(date.event.id) if principal.invitation_id == invitation_id
    ]
    said = [no for principal in principals for no in principal.refusals(substitute_id, date.id)]
    undone = [at for principal in principals if (at := principal.renewed_at(substitute_id, date.id))]
    written = [*by_email.values(), *(by_email.get(no.replied_at, no.replied_at) for no in said)]
    since = max([made_at, *undone])
    is_newer = any(at >= since for at in written)
    return _NewerRefusal(substitute, said[-1] if said else None) if is_newer else None
