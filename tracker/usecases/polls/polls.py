"""Ask people which dates suit them before an event is scheduled, and take their replies.

By the link in an email, people reply without an account.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.crypto import ids
from tracker.database import writing
from tracker.database.binding import bulk_insert
from tracker.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from tracker.rules import polls as rules
from tracker.rules.core.message_types import PollOpened
from tracker.rules.core.viewers import Origin, Viewer
from tracker.rules.events.events import Event
from tracker.rules.events.replies import ReplySource
from tracker.rules.polls import AgencyRows, Fit, NewPoll, Poll, PollColumn, PollState, Respondent
from tracker.tables.background.events import invitees
from tracker.tables.background.polls import messages_of
from tracker.tables.schema import polls as rows
from tracker.tables.visible import polls
from tracker.usecases.core import audit
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.events import scheduling
from tracker.usecases.polls.messages import messages_with, queue_poll_questions
from tracker.usecases.roster.committees import quorum_of

POLL_CANCELED = "This poll was canceled. You don’t need to reply."
ASKED_AGAIN = "Your replies weren’t saved because that poll was canceled. This one replaced it, so please reply here."
_AGAIN = (
    " ON CONFLICT (option, member) DO UPDATE SET fit = EXCLUDED.fit, source = EXCLUDED.source,"
    " replied_at = EXCLUDED.replied_at"
)


class PollView(Struct, frozen=True, kw_only=True):
    """What the page of a poll shows to one viewer."""

    poll: Poll
    people: Sequence[Respondent]
    """Everyone who is asked, and the organizer; not all of them by name."""
    columns: Sequence[PollColumn]
    agencies: Sequence[AgencyRows]
    own: Respondent | None
    """The viewer, if they are asked."""
    may_lead: bool
    may_remind: bool
    added: Sequence[UUID]
    """People put on the list after they could be asked by email, who have not replied; only for the organizer."""

    @property
    def waiting(self) -> Sequence[Respondent]:
        """Return the people who have not replied."""
        return rules.waiting_people(self.people)


class WaitingPoll(Struct, frozen=True, kw_only=True):
    """An open poll on a person's home page."""

    poll: Poll
    people: Sequence[Respondent]
    is_led: bool
    """Whether the viewer organizes it; else it waits for their reply."""

    @property
    def silent(self) -> Sequence[Respondent]:
        """Return the people who have not replied."""
        return rules.waiting_people(self.people)

    @property
    def replied(self) -> str:
        """Return how many people have replied: "3 of 5 people asked have replied"."""
        return rules.replied_words(self.people)


async def draft_for(viewer: Viewer, event_id: UUID) -> Event:
    """Return the draft that the viewer organizes. Errors: NotFound, NotAllowed."""
    event = await scheduling.event_seen_by(viewer, event_id)
    if event.lead_id != viewer.member_id:
        raise NotAllowed("Only the organizer can ask for dates.")
    return event


async def draft_hindrance(event: Event) -> str:
    """Return why people can't be asked about the date of an event; empty when they can."""
    asked = [role for role in (await invitees.invitees_of(event.id)).values() if role.is_asked]
    return rules.poll_hindrance(event, len(asked))


async def open_poll_of(viewer: Viewer, event_id: UUID) -> Poll | None:
    """Return the poll of an event that the viewer may see, while it is open."""
    known = await polls.poll_of(viewer, event_id)
    return known if known and known.state is PollState.OPEN else None


async def last_poll_of(viewer: Viewer, draft: Event) -> Poll | None:
    """Return the poll of a draft that the viewer organizes, open or canceled; None when it has had none."""
    return await polls.poll_of(viewer, draft.id) if draft.lead_id == viewer.member_id else None


async def lost_by_asking_again(viewer: Viewer, draft: Event) -> str:
    """Return what becomes of the replies to the canceled poll of a draft when people are asked again, in words."""
    known = await last_poll_of(viewer, draft)
    return rules.lost_replies_words(await polls.poll_people(viewer, known)) if known else ""


async def open_poll(viewer: Viewer, event_id: UUID, new: NewPoll, now: datetime) -> UUID:
    """Ask the people on the list of a draft which of the dates suit them, and return the id of the poll.

    An earlier poll of the draft, which was canceled, is deleted with its replies. Its address leads to the new one.
    Errors: NotFound, NotAllowed, Conflict, Invalid by field.
    """
    async with writing():
        event = await draft_for(viewer, event_id)
        known = await polls.poll_of(viewer, event_id)
        if known and known.state is PollState.OPEN:
            raise Conflict("People are already being asked for dates. Cancel that poll before you start another one.")
        if sentence := await draft_hindrance(event):
            raise Invalid(sentence)
        rules.check_new_poll(new, event, now)
        if known:
            await rows.Poll.delete().where(rows.Poll.id == known.id)
            await bulk_insert(rows.EarlierPoll, [{"id": known.id, "event": event_id}])
        poll_id = ids.new_id()
        poll = {"id": poll_id, "event": event_id, "reply_by": new.reply_by, "opened_at": now}
        await bulk_insert(rows.Poll, [poll])
        dates = [{"id": ids.new_id(), "poll": poll_id, "starts": start} for start in sorted(new.starts)]
        await bulk_insert(rows.PollOption, dates)
        poll_now = await poll_for(viewer, poll_id)
        people = await polls.poll_people(viewer, poll_now)
        await queue_poll_questions(poll_now, [person.member_id for person in rules.waiting_people(people)], now)
        await audit.record(viewer.actor, "poll_opened", "event", event_id, {"dates": len(dates)}, now)
    return poll_id


async def poll_for(viewer: Viewer, poll_id: UUID) -> Poll:
    """Return a poll; one that was canceled is shown to its organizer alone, whose draft is private again.

    Errors: NotFound when it is missing or the viewer may not see it, Gone when it was canceled.
    """
    poll = await polls.poll_by_id(viewer, poll_id)
    if poll is None:
        raise NotFound
    if poll.state is PollState.CANCELED and not rules.may_lead_poll(viewer, poll):
        raise Gone(POLL_CANCELED)
    return poll


async def poll_asked_again(viewer: Viewer, earlier_id: UUID) -> Poll:
    """Return the poll in which people were asked again after this one was canceled.

    Errors: NotFound when there is none, or the viewer may not see it.
    """
    poll = await polls.poll_in_place_of(viewer, earlier_id)
    if poll is None:
        raise NotFound
    return poll


async def may_reply_to_poll(viewer: Viewer, poll: Poll, now: datetime) -> bool:
    """Return whether a poll takes the viewer's replies now."""
    takes_replies = poll.state is PollState.OPEN and bool(poll.ahead(now))
    return takes_replies and _is_asked(viewer, await polls.poll_people(viewer, poll))


async def view_poll(viewer: Viewer, poll: Poll) -> PollView:
    """Return what the page of a poll shows."""
    people = await polls.poll_people(viewer, poll)
    quorum = await quorum_of(viewer, poll.event.committee_id)
    named = {person.member_id for person in people if rules.is_read_by_name(viewer, poll, person)}
    return PollView(
        poll=poll,
        people=people,
        columns=rules.poll_columns(poll, people, quorum),
        agencies=rules.poll_rows_by_agency(poll, people, named),
        own=next((person for person in people if person.member_id == viewer.member_id and person.role.is_asked), None),
        may_lead=rules.may_lead_poll(viewer, poll),
        may_remind=rules.may_remind_poll(viewer, poll),
        added=await _added_people(viewer, poll, people),
    )


async def _added_people(viewer: Viewer, poll: Poll, people: Sequence[Respondent]) -> Sequence[UUID]:
    """Return the people whom no email of the poll asks; only for the organizer of an open one."""
    if not rules.may_lead_poll(viewer, poll) or poll.state is not PollState.OPEN:
        return ()
    questions = messages_with(await messages_of(poll.event.id), PollOpened(poll=poll.id))
    asked = {question.recipient_id for question in questions}
    return [person.member_id for person in rules.waiting_people(people) if person.member_id not in asked]


async def ask_added_people(viewer: Viewer, poll_id: UUID, now: datetime) -> int:
    """Email the dates to people put on the list since the poll was opened, and return how many they are.

    Errors: NotFound, NotAllowed, Gone.
    """
    async with writing():
        poll = await poll_for(viewer, poll_id)
        if not rules.may_lead_poll(viewer, poll):
            raise NotAllowed("Only the organizer can ask more people.")
        check_poll_open(poll, now)
        added = await _added_people(viewer, poll, await polls.poll_people(viewer, poll))
        await queue_poll_questions(poll, added, now)
        await audit.record(viewer.actor, "poll_added_to", "event", poll.event.id, {"people": len(added)}, now)
    return len(added)


async def waiting_polls(viewer: Viewer, now: datetime) -> list[WaitingPoll]:
    """Return the open polls with a date ahead that wait for the viewer's reply, or that they organize."""
    ahead = [poll for poll in await polls.open_polls_of(viewer) if poll.ahead(now)]
    people = await polls.people_of_polls(viewer, ahead)
    open_polls = [
        WaitingPoll(poll=poll, people=people[poll.id], is_led=rules.may_lead_poll(viewer, poll)) for poll in ahead
    ]
    return [
        waiting_poll
        for waiting_poll in open_polls
        if waiting_poll.is_led or viewer.member_id in {person.member_id for person in waiting_poll.silent}
    ]


async def reply_to_poll(viewer: Viewer, poll_id: UUID, fits: Mapping[UUID, Fit], now: datetime) -> None:
    """Record how the dates of a poll suit the viewer; dates that they leave out keep what they said before.

    Errors: NotFound, NotAllowed (not asked), Gone (it is closed), Invalid (nothing said).
    """
    async with writing():
        poll = await poll_for(viewer, poll_id)
        if not _is_asked(viewer, await polls.poll_people(viewer, poll)):
            raise NotAllowed("You weren’t asked to reply to this poll.")
        await record_fits(viewer, poll, fits, ReplySource(viewer.origin.channel), now)


def _is_asked(viewer: Viewer, people: Sequence[Respondent]) -> bool:
    return any(person.member_id == viewer.member_id and person.role.is_asked for person in people)


async def record_fits(viewer: Viewer, poll: Poll, fits: Mapping[UUID, Fit], source: ReplySource, now: datetime) -> None:
    """Write the replies of a person who is asked, about dates that can still be chosen, and their audit entry.

    The caller is inside `writing()`. Errors: Gone, Invalid(dates).
    """
    check_poll_open(poll, now)
    given = {poll_date: fits[poll_date.id] for poll_date in poll.ahead(now) if poll_date.id in fits}
    if not given:
        raise Invalid(dates="Choose Yes, If need be, or No for at least one date.")
    by_viewer = {"member": viewer.member_id, "source": source, "replied_at": now}
    replies = [
        {"id": ids.new_id(), "option": poll_date.id, "fit": fit, **by_viewer} for poll_date, fit in given.items()
    ]
    await bulk_insert(rows.PollReply, replies, _AGAIN)
    facts = {"replies": {poll_date.starts.isoformat(timespec="minutes"): fit for poll_date, fit in given.items()}}
    await audit.record(viewer.actor, "poll_replied", "event", poll.event.id, facts, now)


def check_poll_open(poll: Poll, now: datetime) -> None:
    """Raise `Gone` for a poll that takes no replies now."""
    if poll.state is PollState.CANCELED:
        raise Gone(POLL_CANCELED)
    if poll.state is PollState.SCHEDULED:
        raise Gone(rules.why_too_late(poll, now))
    if not poll.ahead(now):
        raise Gone("All of these dates are over.")


async def open_poll_by_link(poll_id: UUID, member_id: UUID, now: datetime, origin: Origin) -> tuple[Viewer, PollView]:
    """Return the person of a link, coming from `origin`, and the poll as they may see it.

    A link to a poll that was canceled opens the one in which people were asked again.
    Errors: NotFound (no longer asked, left the task force, or no longer visible, all alike), Gone when the poll takes
    no replies; of a restricted event, without the reason.
    """
    viewer = replace(await viewer_for(member_id, now), origin=origin)
    return viewer, await _open_for_link(viewer, poll_id, now)


async def reply_to_poll_by_link(viewer: Viewer, poll_id: UUID, fits: Mapping[UUID, Fit], now: datetime) -> None:
    """Record replies made on the page of a link, as long as the person is asked.

    Errors: as above, Invalid(dates), Conflict when they are about the dates of a poll that was asked again since.
    """
    async with writing():
        view = await _open_for_link(viewer, poll_id, now)
        if fits and view.poll.id != poll_id and fits.keys().isdisjoint(option.id for option in view.poll.options):
            raise Conflict(ASKED_AGAIN)
        await record_fits(viewer, view.poll, fits, ReplySource.LINK, now)


async def _open_for_link(viewer: Viewer, poll_id: UUID, now: datetime) -> PollView:
    poll = await polls.poll_by_id(viewer, poll_id) or await poll_asked_again(viewer, poll_id)
    try:
        check_poll_open(poll, now)
    except Gone as closed:
        raise Gone(None if poll.event.is_restricted else closed.sentence) from closed
    view = await view_poll(viewer, poll)
    if view.own is None:
        raise NotFound
    return view
