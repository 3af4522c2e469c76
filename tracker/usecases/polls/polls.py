"""Ask people which dates suit them before an event is scheduled, and take their replies."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from tracker.crypto import ids
from tracker.database import writing
from tracker.database.bulk_insert import bulk_insert
from tracker.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Event
from tracker.rules.events.replies import ReplySource
from tracker.rules.polls import polls as rules
from tracker.rules.polls import table
from tracker.rules.polls.cancellation import lost_words
from tracker.rules.polls.polls import Fit, NewPoll, Poll, PollState, Respondent
from tracker.rules.polls.table import AgencyRows, Column
from tracker.tables.background.events.invitees import invitees_of
from tracker.tables.schema.polls import polls as rows
from tracker.tables.schema.polls.replies import PollReply
from tracker.tables.visible.polls import polls
from tracker.usecases.core import audit
from tracker.usecases.events.events import event_for
from tracker.usecases.polls import poll_messages
from tracker.usecases.roster.quorum import quorum_of

CANCELED = "This poll was canceled. You don’t need to reply."
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
    columns: Sequence[Column]
    agencies: Sequence[AgencyRows]
    mine: Respondent | None
    """The viewer, if they are asked."""
    may_lead: bool
    may_remind: bool
    added: Sequence[UUID]
    """People put on the list after they could be asked by email, who have not replied; only for the organizer."""

    @property
    def waiting(self) -> Sequence[Respondent]:
        """Return the people who have not replied."""
        return rules.waiting(self.people)


class WaitingPoll(Struct, frozen=True, kw_only=True):
    """An open poll on a person's home page."""

    poll: Poll
    people: Sequence[Respondent]
    is_led: bool
    """Whether the viewer organizes it; else it waits for their reply."""

    @property
    def silent(self) -> Sequence[Respondent]:
        """Return the people who have not replied."""
        return rules.waiting(self.people)

    @property
    def replied(self) -> str:
        """Return how many people have replied: "3 of 5 people asked have replied"."""
        return table.replied_words(self.people)


async def draft_for(viewer: Viewer, event_id: UUID) -> Event:
    """Return the draft that the viewer organizes. Errors: NotFound, NotAllowed."""
    event = await event_for(viewer, event_id)
    if event.lead_id != viewer.member_id:
        raise NotAllowed("Only the organizer can ask for dates.")
    return event


async def hindrance(event: Event) -> str:
    """Return why people can't be asked about the date of an event; empty when they can."""
    asked = [role for role in (await invitees_of(event.id)).values() if role.is_asked]
    return rules.hindrance(event, len(asked))


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
    return lost_words(await polls.people(viewer, known)) if known else ""


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
        if sentence := await hindrance(event):
            raise Invalid(sentence)
        rules.check_new(new, event, now)
        if known:
            await rows.Poll.delete().where(rows.Poll.id == known.id)
            await bulk_insert(rows.EarlierPoll, [{"id": known.id, "event": event_id}])
        poll_id = ids.new_id()
        poll = {"id": poll_id, "event": event_id, "reply_by": new.reply_by, "opened_at": now}
        await bulk_insert(rows.Poll, [poll])
        dates = [{"id": ids.new_id(), "poll": poll_id, "starts": one} for one in sorted(new.starts)]
        await bulk_insert(rows.PollOption, dates)
        poll_now = await poll_for(viewer, poll_id)
        people = await polls.people(viewer, poll_now)
        await poll_messages.ask(poll_now, [one.member_id for one in rules.waiting(people)], now)
        await audit.record(viewer.actor, "poll_opened", "event", event_id, {"dates": len(dates)}, now)
    return poll_id


async def poll_for(viewer: Viewer, poll_id: UUID) -> Poll:
    """Return a poll; one that was canceled is shown to its organizer alone, whose draft is private again.

    Errors: NotFound when it is missing or the viewer may not see it, Gone when it was canceled.
    """
    found = await any_poll(viewer, poll_id)
    if found.state is PollState.CANCELED and not rules.may_lead(viewer, found):
        raise Gone(CANCELED)
    return found


async def any_poll(viewer: Viewer, poll_id: UUID) -> Poll:
    """Return a poll, canceled or not: the caller shows nothing of a canceled one. Errors: NotFound."""
    found = await polls.poll(viewer, poll_id)
    if found is None:
        raise NotFound
    return found


async def poll_in_place_of(viewer: Viewer, earlier_id: UUID) -> Poll:
    """Return the poll in which people were asked again after this one was canceled.

    Errors: NotFound when there is none, or the viewer may not see it.
    """
    found = await polls.poll_in_place_of(viewer, earlier_id)
    if found is None:
        raise NotFound
    return found


async def asks(viewer: Viewer, poll: Poll, now: datetime) -> bool:
    """Return whether a poll takes the viewer's replies now."""
    takes_replies = poll.state is PollState.OPEN and bool(poll.ahead(now))
    return takes_replies and _is_asked(viewer, await polls.people(viewer, poll))


async def view_of(viewer: Viewer, poll: Poll) -> PollView:
    """Return what the page of a poll shows."""
    people = await polls.people(viewer, poll)
    quorum = await quorum_of(viewer, poll.event.committee_id)
    named = {one.member_id for one in people if rules.is_named(viewer, poll, one)}
    return PollView(
        poll=poll,
        people=people,
        columns=table.columns(poll, people, quorum),
        agencies=table.by_agency(poll, people, named),
        mine=next((one for one in people if one.member_id == viewer.member_id and one.role.is_asked), None),
        may_lead=rules.may_lead(viewer, poll),
        may_remind=rules.may_remind(viewer, poll),
        added=await _added(viewer, poll, people),
    )


async def _added(viewer: Viewer, poll: Poll, people: Sequence[Respondent]) -> Sequence[UUID]:
    if not rules.may_lead(viewer, poll) or poll.state is not PollState.OPEN:
        return ()
    return await poll_messages.not_asked(poll, [one.member_id for one in rules.waiting(people)])


async def ask_added(viewer: Viewer, poll_id: UUID, now: datetime) -> int:
    """Email the dates to people put on the list since the poll was opened, and return how many they are.

    Errors: NotFound, NotAllowed, Gone.
    """
    async with writing():
        poll = await poll_for(viewer, poll_id)
        if not rules.may_lead(viewer, poll):
            raise NotAllowed("Only the organizer can ask more people.")
        check_open(poll, now)
        added = await _added(viewer, poll, await polls.people(viewer, poll))
        await poll_messages.ask(poll, added, now)
        await audit.record(viewer.actor, "poll_added_to", "event", poll.event.id, {"people": len(added)}, now)
    return len(added)


async def waiting_polls(viewer: Viewer, now: datetime) -> list[WaitingPoll]:
    """Return the open polls with a date ahead that wait for the viewer's reply, or that they organize."""
    ahead = [one for one in await polls.open_polls(viewer) if one.ahead(now)]
    people = await polls.people_of_each(viewer, ahead)
    found = [WaitingPoll(poll=one, people=people[one.id], is_led=rules.may_lead(viewer, one)) for one in ahead]
    return [one for one in found if one.is_led or viewer.member_id in {who.member_id for who in one.silent}]


async def reply(viewer: Viewer, poll_id: UUID, fits: Mapping[UUID, Fit], now: datetime) -> None:
    """Record how the dates of a poll suit the viewer; dates that they leave out keep what they said before.

    Errors: NotFound, NotAllowed (not asked), Gone (it is closed), Invalid (nothing said).
    """
    async with writing():
        poll = await poll_for(viewer, poll_id)
        if not _is_asked(viewer, await polls.people(viewer, poll)):
            raise NotAllowed("You weren’t asked to reply to this poll.")
        await record(viewer, poll, fits, ReplySource(viewer.origin.channel), now)


def _is_asked(viewer: Viewer, people: Sequence[Respondent]) -> bool:
    return any(one.member_id == viewer.member_id and one.role.is_asked for one in people)


async def record(viewer: Viewer, poll: Poll, fits: Mapping[UUID, Fit], source: ReplySource, now: datetime) -> None:
    """Write the replies of a person who is asked, about dates that can still be chosen, and their audit entry.

    The caller is inside `writing()`. Errors: Gone, Invalid(dates).
    """
    check_open(poll, now)
    given = {one: fits[one.id] for one in poll.ahead(now) if one.id in fits}
    if not given:
        raise Invalid(dates="Choose Yes, If need be, or No for at least one date.")
    about = {"member": viewer.member_id, "source": source, "replied_at": now}
    replies = [{"id": ids.new_id(), "option": one.id, "fit": fit, **about} for one, fit in given.items()]
    await bulk_insert(PollReply, replies, _AGAIN)
    facts = {"replies": {one.starts.isoformat(timespec="minutes"): fit for one, fit in given.items()}}
    await audit.record(viewer.actor, "poll_replied", "event", poll.event.id, facts, now)


def check_open(poll: Poll, now: datetime) -> None:
    """Raise `Gone` for a poll that takes no replies now."""
    if poll.state is PollState.CANCELED:
        raise Gone(CANCELED)
    if poll.state is PollState.SCHEDULED:
        raise Gone(rules.too_late(poll, now))
    if not poll.ahead(now):
        raise Gone("All of these dates are over.")
