"""Other times that invited people propose by email: people who lead the event accept or decline them.

Accepting one is an ordinary change of the date: nothing moves by itself.
"""

from datetime import datetime
from uuid import UUID

from tracker.database import writing
from tracker.errors import Conflict, Gone, NotFound
from tracker.rules.core.message_types import ProposalDeclined
from tracker.rules.core.outbox import NewMessage
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import DateLine, Occurrence, may_edit
from tracker.rules.events.undo import UNDO_FOR
from tracker.rules.intake.proposals import STATE_WORDS, Proposal, ProposalState, states_of_proposals
from tracker.rules.intake.unrecorded_replies import SHOWN_FOR
from tracker.tables.schema.intake import TimeProposal
from tracker.tables.visible import intake as visible
from tracker.tables.visible.events import events
from tracker.usecases.core import audit, outbox

JudgedProposal = tuple[Proposal, ProposalState]
LEFT = "It’s too late to undo this. The email may have gone out."


async def recent_proposals(viewer: Viewer, date: Occurrence, now: datetime) -> list[JudgedProposal]:
    """Return the proposals for a date that wait or are recent, for people who may change it; those that wait first."""
    if not may_edit(viewer, date.event):
        return []
    found = states_of_proposals(await visible.proposals_of_date(viewer, date.id), now)
    return [one for one in found if one[1] is ProposalState.WAITING or one[0].received_at > now - SHOWN_FOR]


async def waiting_proposals(viewer: Viewer, now: datetime) -> list[tuple[DateLine, list[Proposal]]]:
    """Return the dates that the viewer may change and for which proposals wait, soonest first."""
    found: dict[UUID, list[Proposal]] = {}
    for proposal, state in states_of_proposals(await visible.proposals_ahead(viewer, now), now):
        if state is ProposalState.WAITING:
            found.setdefault(proposal.occurrence_id, []).append(proposal)
    lines = await events.lines_by_id(viewer, found)
    return [(line, found[line.id]) for line in lines if may_edit(viewer, line)]


async def proposal_to_accept(viewer: Viewer, proposal_id: UUID, now: datetime) -> tuple[Proposal, Occurrence]:
    """Return a proposal that waits, and its date.

    Errors: NotFound, also for people who may not change the date; Conflict when it no longer waits.
    """
    proposal, state, date = await _found(viewer, proposal_id, now)
    if state is not ProposalState.WAITING:
        raise Conflict(STATE_WORDS[state])
    return proposal, date


async def date_of_proposal(viewer: Viewer, proposal_id: UUID, now: datetime) -> Occurrence:
    """Return the date of a proposal. Errors: NotFound, as in `proposal_to_accept`."""
    return (await _found(viewer, proposal_id, now))[2]


async def decline_proposal(viewer: Viewer, proposal_id: UUID, comment: str, now: datetime) -> Proposal:
    """Decline a proposal, and notify the person who made it, and no one else; it can be undone first.

    Errors: as in `proposal_to_accept`.
    """
    async with writing():
        proposal, date = await proposal_to_accept(viewer, proposal_id, now)
        await TimeProposal.update({TimeProposal.declined_at: now, TimeProposal.declined_by: viewer.member_id}).where(
            TimeProposal.id == proposal.id
        )
        await outbox.enqueue_all([_draft(proposal, comment, now)], now)
        facts = {"date": date.key, "of": proposal.member_id}
        await audit.record(viewer.actor, "proposal_declined", "occurrence", date.id, facts, now)
    return proposal


async def undo_proposal_decline(viewer: Viewer, proposal_id: UUID, now: datetime) -> ProposalState:
    """Undo that a proposal was declined, if its email has not left, and return its state now; a second time is none.

    It waits again, unless its date has changed meanwhile.

    Errors: NotFound, as in `proposal_to_accept`; Gone when the email may have left.
    """
    async with writing():
        proposal, state, date = await _found(viewer, proposal_id, now)
        if proposal.declined_at is None:
            return state
        if not await outbox.take_back_lone_message(_key(proposal.id, proposal.declined_at)):
            raise Gone(LEFT)
        await TimeProposal.update({TimeProposal.declined_at: None, TimeProposal.declined_by: None}).where(
            TimeProposal.id == proposal.id
        )
        facts = {"date": date.key, "of": proposal.member_id}
        await audit.record(viewer.actor, "proposal_decline_undone", "occurrence", date.id, facts, now)
        return (await _found(viewer, proposal_id, now))[1]


async def _found(viewer: Viewer, proposal_id: UUID, now: datetime) -> tuple[Proposal, ProposalState, Occurrence]:
    proposal = await visible.proposal_by_id(viewer, proposal_id)
    date = await events.date_by_id(viewer, proposal.occurrence_id) if proposal else None
    if date is None or not may_edit(viewer, date.event):
        raise NotFound
    every = states_of_proposals(await visible.proposals_of_date(viewer, date.id), now)
    return next((each, state, date) for each, state in every if each.id == proposal_id)


def _draft(proposal: Proposal, comment: str, now: datetime) -> NewMessage:
    starts_at, ends_at = proposal.made.times
    return NewMessage(
        content=ProposalDeclined(
            at=now, starts_at=starts_at, ends_at=ends_at, sequence=proposal.sequence, comment=comment
        ),
        recipient_id=proposal.member_id,
        key=_key(proposal.id, now),
        event_id=proposal.event_id,
        occurrence_id=proposal.occurrence_id,
        due=now + UNDO_FOR,
    )


def _key(proposal_id: UUID, declined_at: datetime) -> str:
    return f"proposal_declined:{proposal_id}:{declined_at.isoformat()}"
