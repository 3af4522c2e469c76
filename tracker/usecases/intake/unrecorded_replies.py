"""Replies by email on which people decide: unrecorded ones, and proposed times."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Struct
from piccolo.columns import Column

from tracker.database import writing
from tracker.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from tracker.rules.attendance import named_participants
from tracker.rules.core.message_types import ProposalDeclined
from tracker.rules.core.outbox import NewMessage
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import DateLine, Occurrence, may_edit
from tracker.rules.events.history import UNDO_FOR
from tracker.rules.events.replies import (
    Participant,
    ReplyGiven,
    ReplySource,
    ReplyValue,
    participant_on_line,
    people_to_reply_for,
)
from tracker.rules.intake.calendar_replies import (
    SHOWN_FOR,
    CalendarReply,
    EmailReplies,
    ReplyOutcome,
    UnrecordedReply,
    WaitingReply,
    judge_reply,
    reply_order,
)
from tracker.rules.intake.item_emails import Proposal, ProposalState, states_of_proposals
from tracker.tables.background import intake
from tracker.tables.schema.intake import IncomingReply, TimeProposal
from tracker.tables.visible import attendance
from tracker.tables.visible import intake as visible
from tracker.tables.visible.events import events
from tracker.usecases.core import audit, outbox
from tracker.usecases.core.viewers import active_viewer
from tracker.usecases.events import recorded_replies, replies, substitutes
from tracker.usecases.events.occurrences import date_seen_by
from tracker.usecases.intake.calendar_replies import facts_of_invitation
from tracker.usecases.intake.item_emails import EarlierReply, check_waits, replaced_reply, restore_earlier_reply

NOT_YOURS = "Only the organizer, the committee’s chair, or a coordinator can decide about email replies."
WHY_NOT = {
    ReplyOutcome.STALE: "They have replied since this email came. The newer reply counts.",
    ReplyOutcome.REPEATED: "This reply is already recorded.",
    ReplyOutcome.OLD_TIME: "The time has changed since this email, so it can’t be attached. Ask the person.",
}
NOT_A_SUBSTITUTE = "The sender can’t come in this person’s place."
YES_OR_NO = (
    "A substitute’s reply has to be Yes or No, for one date. Ask them. If they can’t come, record a No under"
    " “Record someone’s reply”."
)
CHANGED = "The reply changed after this, or the event is over or canceled. It can’t be undone here."

Columns = dict[Column | str, Any]


class AttachedReply(NamedTuple):
    """The person, invited or a substitute, whose reply an email was recorded as."""

    person: Participant
    value: ReplyValue


class RecordedSubstitute(NamedTuple):
    """The sender of an email, with the agency, and the person in whose place they come."""

    substitute: str
    person: Participant


class _Page(Struct, frozen=True, kw_only=True):
    """A date as the viewer decides about its emails."""

    viewer: Viewer
    occurrence: Occurrence
    people: Sequence[Participant]
    """Those for whom the viewer may record a reply."""
    rows: Sequence[UnrecordedReply]
    now: datetime


async def unrecorded_of_date(viewer: Viewer, occurrence: Occurrence, now: datetime) -> EmailReplies:
    """Return the emails about a date that were not recorded, and what the viewer may do about each.

    Only people who may edit the event see them, and only those to people whose names they see.
    """
    if not may_edit(viewer, occurrence.event):
        return EmailReplies()
    emails, more = await visible.unrecorded_replies(viewer, occurrence.id, now, now - SHOWN_FOR)
    page = await _page(viewer, occurrence, emails, now) if emails else None
    offers = [await _offered(page, email) for email in page.rows] if page else []
    return EmailReplies(
        waiting=[offer for offer in offers if offer.reply.waits],
        more=more,
        settled=[offer for offer in offers if not offer.reply.waits],
    )


async def attach_reply(
    viewer: Viewer,
    event_id: UUID,
    key: str,
    incoming_id: UUID,
    member_id: UUID | None,
    now: datetime,
    *,
    invitation_id: UUID | None = None,
) -> AttachedReply:
    """Record an email as the reply of an invited person, or of a substitute, and return who that is.

    Of someone who substitutes for several people, `invitation_id` says for whom; without it, that of the email does. It
    counts only if it would have counted as their own. Errors: NotFound, NotAllowed, Gone, Invalid(person), Conflict.
    """
    async with writing():
        page, email = await _to_decide(viewer, event_id, key, incoming_id, now)
        person = participant_on_line(page.people, member_id, invitation_id, likely=email.invitation_id)
        if person is None:
            raise Invalid(person="Choose one of the invited people.")
        if not email.is_attachable or email.value is None:
            raise Conflict("This email has no reply to attach.")
        date = page.occurrence
        if not email.for_date:
            dates = await events.dates_in_order(viewer, date.event)
            ahead = [occurrence for occurrence in dates if occurrence.ends_at > now and not occurrence.is_off]
            if not ahead:
                raise Gone("This event is over. Replies are closed.")
            date = ahead[0]
        order = await _counted(person, date, email)
        if person.substitutes_for:
            await _attach_to_substitute(page, email, person)
            return AttachedReply(person, email.value)
        given, entered = ReplyGiven(email.value, email.comment), replies.EnteredFor(person.member_id, email.received_at)
        for_series = not email.for_date
        await replies.record_reply(
            viewer, person.invitation_id, date, given, ReplySource.EMAIL, now, for_series=for_series, entered=entered
        )
        await _decide(page, email, person.invitation_id, order)
    return AttachedReply(person, email.value)


async def _attach_to_substitute(page: _Page, email: UnrecordedReply, person: Participant) -> None:
    """Record that a substitute can't come; that they come is known, and settles the email. Errors: Conflict."""
    if not email.for_date or email.value not in (ReplyValue.ACCEPTED, ReplyValue.DECLINED):
        raise Conflict(YES_OR_NO)
    if email.value is ReplyValue.ACCEPTED:
        await _settle(page, email)
        return
    entered = replies.EnteredFor(person.member_id)
    await recorded_replies.release_substitute(
        page.viewer, [person.invitation_id], page.occurrence, email.comment, page.now, entered=entered
    )
    await _decide(page, email, person.invitation_id)


async def record_sender_as_substitute(
    viewer: Viewer, event_id: UUID, key: str, incoming_id: UUID, now: datetime
) -> RecordedSubstitute:
    """Record that the sender comes on this date in place of the person whose invitation they replied to.

    Errors: NotFound, NotAllowed, Gone, Conflict.
    """
    async with writing():
        page, email = await _to_decide(viewer, event_id, key, incoming_id, now)
        person = next((person for person in page.people if person.member_id == email.member_id), None)
        sender = await _substitute(page, email)
        if person is None or not sender:
            raise Conflict(NOT_A_SUBSTITUTE)
        given = ReplyGiven(ReplyValue.DECLINED, person.comment, email.sender_id)
        entered, source = replies.EnteredFor(person.member_id), ReplySource.ON_BEHALF
        date, invitation_id = page.occurrence, person.invitation_id
        await replies.record_reply(viewer, invitation_id, date, given, source, now, for_series=False, entered=entered)
        await _decide(page, email, invitation_id)
    return RecordedSubstitute(sender, person)


async def dismiss_reply(viewer: Viewer, event_id: UUID, key: str, incoming_id: UUID, now: datetime) -> None:
    """Decide that an email is no one's reply. Errors: NotFound, NotAllowed, Conflict."""
    async with writing():
        page, email = await _to_decide(viewer, event_id, key, incoming_id, now)
        await _settle(page, email)


async def _settle(page: _Page, email: UnrecordedReply) -> None:
    """Decide that an email changes nothing."""
    await _decide(page, email)
    await audit.record(page.viewer.actor, "reply_dismissed", "invitation", email.invitation_id, {}, page.now)


async def undo_reply_decision(viewer: Viewer, event_id: UUID, key: str, incoming_id: UUID, now: datetime) -> bool:
    """Let an email wait again, and the reply that it replaced count again; return whether it waits.

    Errors: NotFound, NotAllowed, Conflict when the reply has changed since.
    """
    async with writing():
        _, email = await _find_email(viewer, event_id, key, incoming_id, now)
        if email.decision is None:
            return email.waits
        if email.decision.attached_to:
            holder, earlier = await _replaced(email, now)
            reply = await intake.attached_reply(email.id)
            if earlier is None or holder is None or not earlier.is_current:
                raise Conflict(CHANGED)
            if email.decision.is_release and reply and earlier.given_at:
                numbers = [(reply.invitation_id, reply.number)]
                refusal = await recorded_replies.refusal_by_replies(earlier.date, earlier.given_at, numbers, now)
                await recorded_replies.restore_substitute(viewer, refusal, now)
            else:
                await restore_earlier_reply(holder, earlier, now, by=viewer)
        waits: Columns = {IncomingReply.decided_at: None, IncomingReply.decided_by: None, IncomingReply.attached: None}
        await IncomingReply.update(waits).where(IncomingReply.id == email.id)
        await audit.record(viewer.actor, "reply_decision_undone", "invitation", email.invitation_id, {}, now)
        return (await _find_email(viewer, event_id, key, incoming_id, now))[1].waits


async def _page(viewer: Viewer, occurrence: Occurrence, emails: Sequence[UnrecordedReply], now: datetime) -> _Page:
    named = named_participants(viewer, occurrence.event, await attendance.participants(viewer, occurrence))
    names = {participant.member_id for participant in named}
    people = people_to_reply_for(viewer, occurrence, named, now)
    shown = [email for email in emails if email.member_id in names]
    return _Page(viewer=viewer, occurrence=occurrence, people=people, rows=shown, now=now)


async def _offered(page: _Page, email: UnrecordedReply) -> WaitingReply:
    person = participant_on_line(page.people, email.claimed_by, None, likely=email.invitation_id)
    can_undo = email.can_undo
    if email.decision and email.decision.attached_to:
        earlier = (await _replaced(email, page.now))[1]
        can_undo = earlier is not None and earlier.is_current
    return WaitingReply(
        reply=email,
        person_id=person.member_id if person else None,
        line=person.line if person else "",
        is_attachable=email.is_attachable and email.waits and bool(page.people),
        substitute=await _substitute(page, email) if email.waits else "",
        can_undo=can_undo,
    )


async def _substitute(page: _Page, email: UnrecordedReply) -> str:
    """Return the sender, where they may come on this date in place of the invited person; else an empty text."""
    listed = {person.member_id for person in page.people}
    if not email.is_forwarded or email.member_id not in listed or email.sender_id in listed:
        return ""
    holder = await active_viewer(email.member_id, page.now)
    choices = await substitutes.possible_substitutes(holder, page.occurrence.event, page.now) if holder else []
    return next((f"{choice.name} ({choice.agency})" for choice in choices if choice.member_id == email.sender_id), "")


async def _replaced(email: UnrecordedReply, now: datetime) -> tuple[Viewer | None, EarlierReply | None]:
    """Return whose reply an email was attached as, and what that replaced; None when it can't be known any longer."""
    reply = await intake.attached_reply(email.id)
    holder_id = await intake.member_of(reply.invitation_id) if reply else None
    holder = await active_viewer(holder_id, now) if holder_id else None
    if reply is None or holder is None:
        return None, None
    try:
        return holder, await replaced_reply(holder, reply, now)
    except NotFound:
        return holder, None


async def _find_email(
    viewer: Viewer, event_id: UUID, key: str, incoming_id: UUID, now: datetime
) -> tuple[_Page, UnrecordedReply]:
    occurrence = await date_seen_by(viewer, event_id, key)
    if not may_edit(viewer, occurrence.event):
        raise NotAllowed(NOT_YOURS)
    emails = await visible.unrecorded_reply_by_id(viewer, occurrence.id, now, now - SHOWN_FOR, incoming_id)
    page = await _page(viewer, occurrence, emails, now)
    email = next(iter(page.rows), None)
    if email is None:
        raise NotFound
    return page, email


async def _to_decide(
    viewer: Viewer, event_id: UUID, key: str, incoming_id: UUID, now: datetime
) -> tuple[_Page, UnrecordedReply]:
    page, email = await _find_email(viewer, event_id, key, incoming_id, now)
    check_waits(email)
    return page, email


async def _counted(person: Participant, date: Occurrence, email: UnrecordedReply) -> tuple[int, datetime]:
    """Return the place of an email among the person's replies by email. Errors: Conflict when it doesn't count."""
    occurrence_id = date.id if email.for_date else None
    reply = CalendarReply(uid="", attendee="", value=email.value, sequence=email.sequence, stamped_at=email.stamped_at)
    facts = facts_of_invitation(await intake.invitation_history(person.invitation_id), occurrence_id, date)
    outcome = judge_reply(reply, facts, email.received_at)
    if outcome is not ReplyOutcome.RECORDED:
        raise Conflict(WHY_NOT[outcome])
    return reply_order(reply, facts, email.received_at)


async def _decide(
    page: _Page, email: UnrecordedReply, invitation_id: UUID | None = None, order: tuple[int, datetime] | None = None
) -> None:
    """Keep that the viewer decided; the email became the newest reply to the invitation, with this place, if any."""
    decided: Columns = {IncomingReply.decided_at: page.now, IncomingReply.decided_by: page.viewer.member_id}
    if invitation_id:
        decided[IncomingReply.attached] = await intake.newest_reply(invitation_id)
    if order:
        decided[IncomingReply.sequence], decided[IncomingReply.stamped_at] = order
    await IncomingReply.update(decided).where(IncomingReply.id == email.id)


JudgedProposal = tuple[Proposal, ProposalState]
LEFT = "It’s too late to undo this. The email may have gone out."


async def recent_proposals(viewer: Viewer, date: Occurrence, now: datetime) -> list[JudgedProposal]:
    """Return the proposals for a date that wait or are recent, for people who may change it; those that wait first."""
    if not may_edit(viewer, date.event):
        return []
    return [
        (proposal, state)
        for proposal, state in states_of_proposals(await visible.proposals_of_date(viewer, date.id), now)
        if state is ProposalState.WAITING or proposal.received_at > now - SHOWN_FOR
    ]


async def waiting_proposals(viewer: Viewer, now: datetime) -> list[tuple[DateLine, list[Proposal]]]:
    """Return the dates that the viewer may change and for which proposals wait, soonest first."""
    waiting: dict[UUID, list[Proposal]] = {}
    for proposal, state in states_of_proposals(await visible.proposals_ahead(viewer, now), now):
        if state is ProposalState.WAITING:
            waiting.setdefault(proposal.occurrence_id, []).append(proposal)
    lines = await events.lines_by_id(viewer, waiting)
    return [(line, waiting[line.id]) for line in lines if may_edit(viewer, line)]


async def proposal_to_accept(viewer: Viewer, proposal_id: UUID, now: datetime) -> tuple[Proposal, Occurrence]:
    """Return a proposal that waits, and its date.

    Errors: NotFound, also for people who may not change the date; Conflict when it no longer waits.
    """
    proposal, state, date = await _proposal(viewer, proposal_id, now)
    if state is not ProposalState.WAITING:
        raise Conflict(state.label)
    return proposal, date


async def date_of_proposal(viewer: Viewer, proposal_id: UUID, now: datetime) -> Occurrence:
    """Return the date of a proposal. Errors: NotFound, as in `proposal_to_accept`."""
    return (await _proposal(viewer, proposal_id, now))[2]


async def decline_proposal(viewer: Viewer, proposal_id: UUID, comment: str, now: datetime) -> Proposal:
    """Decline a proposal, and notify the person who made it, and no one else; it can be undone first.

    Errors: as in `proposal_to_accept`.
    """
    async with writing():
        proposal, date = await proposal_to_accept(viewer, proposal_id, now)
        await TimeProposal.update({TimeProposal.declined_at: now, TimeProposal.declined_by: viewer.member_id}).where(
            TimeProposal.id == proposal.id
        )
        starts_at, ends_at = proposal.made.times
        draft = NewMessage(
            content=ProposalDeclined(
                at=now, starts_at=starts_at, ends_at=ends_at, sequence=proposal.sequence, comment=comment
            ),
            recipient_id=proposal.member_id,
            key=_key(proposal.id, now),
            event_id=proposal.event_id,
            occurrence_id=proposal.occurrence_id,
            due=now + UNDO_FOR,
        )
        await outbox.enqueue_all([draft], now)
        facts = {"date": date.key, "of": proposal.member_id}
        await audit.record(viewer.actor, "proposal_declined", "occurrence", date.id, facts, now)
    return proposal


async def undo_proposal_decline(viewer: Viewer, proposal_id: UUID, now: datetime) -> ProposalState:
    """Undo that a proposal was declined, if its email has not left, and return its state now; a second time is none.

    It waits again, unless its date has changed meanwhile.

    Errors: NotFound, as in `proposal_to_accept`; Gone when the email may have left.
    """
    async with writing():
        proposal, state, date = await _proposal(viewer, proposal_id, now)
        if proposal.declined_at is None:
            return state
        if not await outbox.take_back_lone_message(_key(proposal.id, proposal.declined_at)):
            raise Gone(LEFT)
        await TimeProposal.update({TimeProposal.declined_at: None, TimeProposal.declined_by: None}).where(
            TimeProposal.id == proposal.id
        )
        facts = {"date": date.key, "of": proposal.member_id}
        await audit.record(viewer.actor, "proposal_decline_undone", "occurrence", date.id, facts, now)
        return (await _proposal(viewer, proposal_id, now))[1]


async def _proposal(viewer: Viewer, proposal_id: UUID, now: datetime) -> tuple[Proposal, ProposalState, Occurrence]:
    proposal = await visible.proposal_by_id(viewer, proposal_id)
    date = await events.date_by_id(viewer, proposal.occurrence_id) if proposal else None
    if date is None or not may_edit(viewer, date.event):
        raise NotFound
    every = states_of_proposals(await visible.proposals_of_date(viewer, date.id), now)
    return next((each, state, date) for each, state in every if each.id == proposal_id)


def _key(proposal_id: UUID, declined_at: datetime) -> str:
    return f"proposal_declined:{proposal_id}:{declined_at.isoformat()}"
