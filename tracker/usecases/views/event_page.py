"""What the page of one date, and the page of a series with all its dates, show to one viewer."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from tracker.database import together, together_by_name
from tracker.rules.actions import ActionItem
from tracker.rules.attendance import QuorumOfRecord, attendance_opens_at, may_thank, named_participants
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wording import to_local
from tracker.rules.emails.reminders import NextFollowUp, Nudges
from tracker.rules.emails.summaries import sent_thank_you_words
from tracker.rules.events.events import Event, EventStatus, Occurrence, day_of_key, may_edit
from tracker.rules.events.history import HistoryEntry, history_with_beginning
from tracker.rules.events.markings import may_copy
from tracker.rules.events.plans import is_moved
from tracker.rules.events.replies import (
    Informed,
    Participant,
    Reply,
    ReplyGroup,
    ReplyValue,
    effective_reply,
    people_by_reply,
    people_to_reply_for,
)
from tracker.rules.intake.calendar_replies import EmailReplies
from tracker.rules.operations.access import EmergencyOpened
from tracker.rules.polls import Poll
from tracker.rules.roster.meetings import Room
from tracker.tables.visible import actions, attendance
from tracker.tables.visible.events import events
from tracker.tables.visible.events.replies import missing_replies
from tracker.usecases.core.audit import EventReading, readings_of
from tracker.usecases.emails.nudges import next_follow_up, silent_people_of_date, with_confirmations
from tracker.usecases.emails.summaries import thank_you_sent_about
from tracker.usecases.events import history as event_history
from tracker.usecases.events import replies, substitutes
from tracker.usecases.events.history import history_of_event
from tracker.usecases.events.occurrences import date_seen_by, dates_in_series
from tracker.usecases.events.replies import my_reply
from tracker.usecases.events.scheduling import event_seen_by
from tracker.usecases.intake import unrecorded_replies
from tracker.usecases.intake.unrecorded_replies import JudgedProposal
from tracker.usecases.operations.access import openings_of
from tracker.usecases.operations.states import PlanSummary, plan_summary
from tracker.usecases.polls.polls import open_poll_of
from tracker.usecases.roster.agencies import room_of
from tracker.usecases.roster.directory import phones_known_to


class AgencyReplies(Struct, frozen=True, kw_only=True):
    """The number of replies from one agency; everyone who sees the event may know which agencies are invited."""

    agency: str
    invited: int
    accepted: int
    tentative: int
    declined: int
    waiting: int


class SeriesLinks(Struct, frozen=True, kw_only=True):
    """The events that an event continues, and those that continue it, as far as the viewer may see them."""

    before: Event | None
    after: tuple[Event, ...]


class EventView(Struct, frozen=True, kw_only=True):
    """One date with its replies, items and other records, as far as the viewer may see them."""

    occurrence: Occurrence
    is_invited: bool
    reply: Reply | None
    released: str
    """The person who no longer comes in the viewer's place because of that reply."""
    alternates: tuple[Viewer, ...]
    """The people whom the viewer may name as substitutes."""
    substitutes_for: str
    """The person whom the viewer stands in for, or several."""
    earlier: ReplyValue | None
    """The viewer's reply before they were asked again."""
    may_edit: bool
    may_copy: bool
    replies: tuple[AgencyReplies, ...]
    total: AgencyReplies
    """Of all agencies."""
    named: tuple[Participant, ...]
    """People whose names the viewer may see."""
    groups: tuple[ReplyGroup, ...]
    """Everyone by reply, with the names that the viewer may see."""
    phones: Mapping[UUID, str]
    """The numbers of people whose names are shown, as far as the viewer may know them."""
    informed: tuple[Informed, ...]
    """People who are kept informed, and whose names the viewer may see."""
    is_informed: bool
    """Whether the viewer is one of them."""
    coming: int
    """How many people are asked to come, substitutes included."""
    on_the_list: int
    """How many people are on the list, the organizer and informed people included."""
    answerable: tuple[Participant, ...]
    """People for whom the viewer may record a reply."""
    notified: int
    """How many people get an email about a change."""
    nudge: Nudges | None
    """Whom the viewer could remind to reply; None when they may not, or it is too late."""
    follow_up: NextFollowUp | None
    """When people who have not replied are asked next by themselves; None when they aren't, or for other viewers."""
    items: tuple[ActionItem, ...]
    assigns_items: bool
    """Whether the viewer may assign action items from here to other people."""
    before: Occurrence | None
    after: Occurrence | None
    links: SeriesLinks
    attendance_opens: datetime
    quorum: QuorumOfRecord | None
    """As it was when attendance was last closed."""
    is_over: bool
    room: Room | None
    """The site, for people who may change the event: what else is there, and whether it holds everyone."""
    readings: tuple[EventReading, ...]
    """Who has opened a named event, for people who may change it."""
    history: tuple[HistoryEntry, ...]
    plan: PlanSummary | None
    """Of a joint operation; None for other events."""
    unrecorded: EmailReplies
    """Replies by email that were not recorded, for people who may record replies."""
    proposals: Sequence[JudgedProposal]
    """Other times that people proposed for the date, for people who may change it; those that wait first."""
    opened: tuple[EmergencyOpened, ...]
    """Who reads it under emergency access now."""
    may_thank: bool
    """Whether the viewer may thank the people who were there."""
    thanked: str
    """That they were thanked, for people who may do so; empty if they weren't."""
    poll: Poll | None
    """In which people are asked for its date; None for an event that has one."""


async def view_event(viewer: Viewer, event_id: UUID, key: str, now: datetime) -> EventView:
    """Return what the page of a date shows. Errors: NotFound."""
    occurrence = await date_seen_by(viewer, event_id, key)
    event, edits = occurrence.event, may_edit(viewer, occurrence.event)
    parts = await together_by_name(
        people=_people(viewer, occurrence, now),
        around=events.dates_beside(viewer, occurrence),
        links=series_links(viewer, event),
        items=_items(viewer, occurrence),
        quorum=_quorum(viewer, occurrence, now),
        room=_room(viewer, occurrence, now),
        readings=_readings(viewer, occurrence),
        unrecorded=unrecorded_replies.unrecorded_of_date(viewer, occurrence, now),
        proposals=unrecorded_replies.recent_proposals(viewer, occurrence, now),
        follow_up=next_follow_up(viewer, occurrence, now),
        plan=plan_summary(viewer, event),
        poll=_poll(viewer, event),
        opened=openings_of(viewer, event),
        thanks=_thanks(viewer, occurrence, now),
    )
    before, after = parts.pop("around")
    opened = tuple(opening for opening in parts.pop("opened") if opening.is_open(now))
    return EventView(
        occurrence=occurrence,
        may_edit=edits,
        may_copy=may_copy(viewer, event.marking),
        assigns_items=viewer.may_schedule or edits,
        attendance_opens=attendance_opens_at(occurrence),
        is_over=occurrence.ends_at <= now,
        before=before,
        after=after,
        opened=opened,
        **parts.pop("people"),
        **parts.pop("thanks"),
        **parts,
    )


async def _people(viewer: Viewer, occurrence: Occurrence, now: datetime) -> dict[str, Any]:
    """Return who is on the list, what they replied, who could be reminded, and what changed for them."""
    event = occurrence.event
    own_reply, (participants, named, phones), informed, changes, silent = await together(
        _own_reply(viewer, occurrence, now),
        _named_with_phones(viewer, occurrence),
        attendance.informed_people(viewer, event.id),
        history_of_event(viewer, event, occurrence),
        silent_people_of_date(viewer, occurrence, now),
    )
    own = [participant for participant in participants if participant.member_id == viewer.member_id]
    coming = sum(participant.role.is_asked or bool(participant.substitutes_for) for participant in participants)
    return {
        **own_reply,
        "substitutes_for": " and ".join(participant.substitutes_for for participant in own),
        "earlier": own[0].earlier if own else None,
        "replies": replies_by_agency(participants),
        "total": _count_replies("", participants),
        "named": tuple(named),
        "groups": people_by_reply(participants, named, is_chasing=may_edit(viewer, event)),
        "phones": phones,
        "informed": tuple(named_participants(viewer, event, informed)),
        "is_informed": viewer.member_id in {informed.member_id for informed in informed},
        "coming": coming,
        "on_the_list": len(participants) + len(informed),
        "notified": coming + len(informed),
        "answerable": tuple(people_to_reply_for(viewer, occurrence, named, now)),
        "nudge": await with_confirmations(silent, occurrence, changes, participants, now) if silent else None,
        "history": history_with_beginning(changes, event),
    }


async def _named_with_phones(
    viewer: Viewer, occurrence: Occurrence
) -> tuple[Sequence[Participant], Sequence[Participant], Mapping[UUID, str]]:
    """Return who is asked to come, those whose names the viewer may see, and the phone numbers of these."""
    participants = await attendance.participants(viewer, occurrence)
    named = named_participants(viewer, occurrence.event, participants)
    return participants, named, await phones_known_to(viewer, [participant.member_id for participant in named])


async def _own_reply(viewer: Viewer, occurrence: Occurrence, now: datetime) -> dict[str, Any]:
    """Return whether the viewer is asked to come, their reply, and whom they may send."""
    reply = await my_reply(viewer, occurrence)
    return {
        "is_invited": reply is not None,
        "reply": reply.counts if reply else None,
        "released": reply.released if reply else "",
        "alternates": tuple(await substitutes.possible_substitutes(viewer, occurrence.event, now)) if reply else (),
    }


async def _quorum(viewer: Viewer, occurrence: Occurrence, now: datetime) -> QuorumOfRecord | None:
    """Return the quorum of record; a date whose attendance has not opened yet has none."""
    if now < attendance_opens_at(occurrence):
        return None
    return (await attendance.recorded_quorums(viewer, [occurrence.id])).get(occurrence.id)


async def _thanks(viewer: Viewer, occurrence: Occurrence, now: datetime) -> dict[str, Any]:
    is_offered = may_thank(viewer, occurrence)
    sent = await thank_you_sent_about(occurrence.id) if is_offered else None
    zone = occurrence.event.zone
    return {
        "may_thank": is_offered,
        "thanked": sent_thank_you_words(sent, zone, to_local(now, zone).date()) if sent else "",
    }


async def _poll(viewer: Viewer, event: Event) -> Poll | None:
    """Return the open poll of an event; a poll is open while its event is a draft (decision 36)."""
    return await open_poll_of(viewer, event.id) if event.status is EventStatus.DRAFT else None


async def _room(viewer: Viewer, occurrence: Occurrence, now: datetime) -> Room | None:
    if occurrence.is_off or occurrence.ends_at <= now or not may_edit(viewer, occurrence.event):
        return None
    return await room_of(viewer, occurrence.place, [(occurrence.starts_at, occurrence.ends_at)], occurrence.event.id)


async def _readings(viewer: Viewer, occurrence: Occurrence) -> tuple[EventReading, ...]:
    if not (occurrence.event.is_restricted and may_edit(viewer, occurrence.event)):
        return ()
    return tuple(await readings_of(viewer, occurrence.event.id))


def replies_by_agency(participants: Iterable[Participant]) -> tuple[AgencyReplies, ...]:
    """Return the number of replies by agency."""
    groups: dict[str, list[Participant]] = {}
    for participant in participants:
        groups.setdefault(participant.agency, []).append(participant)
    return tuple(_count_replies(agency, members) for agency, members in groups.items())


def _count_replies(agency: str, participants: Sequence[Participant]) -> AgencyReplies:
    replies = Counter(participant.reply for participant in participants)
    return AgencyReplies(
        agency=agency,
        invited=len(participants),
        accepted=replies[ReplyValue.ACCEPTED],
        tentative=replies[ReplyValue.TENTATIVE],
        declined=replies[ReplyValue.DECLINED],
        waiting=replies[ReplyValue.NEEDS_ACTION],
    )


async def _items(viewer: Viewer, occurrence: Occurrence) -> tuple[ActionItem, ...]:
    """Return the event's and its committee's open items, and items assigned on this date, soonest due first."""
    of_event = await actions.items_from_event(viewer, occurrence.event.id, closed_too=occurrence.id)
    committee_id = occurrence.event.committee_id
    of_committee = await actions.items_of_committee(viewer, committee_id) if committee_id else []
    items = {item.id: item for item in [*of_event, *of_committee]}
    return tuple(sorted(items.values(), key=lambda item: (item.due, item.reference)))


class SeriesRow(Struct, frozen=True, kw_only=True):
    """One date of a series."""

    occurrence: Occurrence
    reply: ReplyValue | None
    """None when the viewer is not invited."""
    is_moved: bool
    is_over: bool


async def series_links(viewer: Viewer, event: Event) -> SeriesLinks:
    """Return the events before and after an event in its chain of series."""
    before, after = await events.series_around(viewer, event)
    return SeriesLinks(before=before, after=after)


async def date_after_split(viewer: Viewer, event_id: UUID, key: str) -> tuple[UUID, str] | None:
    """Return where a date is that a series no longer has: the series that continues it, and the date's key there.

    The key is empty when that series has no date of this key. None when no series that the viewer may see continues it
    from then on.
    """
    event = await events.event_by_id(viewer, event_id)
    following = await events.series_after(viewer, event) if event else ()
    for series in reversed(following):
        if series.starts.date() <= day_of_key(key).date():
            occurrence = await events.date_on_day(viewer, series.id, day_of_key(key))
            return (series.id, key) if occurrence else await date_after_split(viewer, series.id, key) or (series.id, "")
    return None


class FollowingDate(Struct, frozen=True, kw_only=True):
    """The next date of a series that takes place, with the people who come to it."""

    occurrence: Occurrence
    groups: tuple[ReplyGroup, ...]
    phones: Mapping[UUID, str]


async def _following(viewer: Viewer, occurrences: Iterable[Occurrence], now: datetime) -> FollowingDate | None:
    ahead = (date for date in occurrences if date.ends_at > now and not date.is_off)
    occurrence = next(ahead, None)
    if occurrence is None:
        return None
    participants = await attendance.participants(viewer, occurrence)
    named = named_participants(viewer, occurrence.event, participants)
    return FollowingDate(
        occurrence=occurrence,
        groups=people_by_reply(participants, named, is_chasing=may_edit(viewer, occurrence.event)),
        phones=await phones_known_to(viewer, [participant.member_id for participant in named]),
    )


async def _replied(viewer: Viewer, event: Event, upcoming: Iterable[Occurrence]) -> dict[UUID, tuple[int, int]]:
    """Return by date how many people have replied, and how many are invited; nothing where no one is asked."""
    if not event.kind.asks_reply or event.status is EventStatus.DRAFT:
        return {}
    missing = await missing_replies(viewer, [date.id for date in upcoming if not date.is_off])
    return {
        date_id: (replies_of_date.invited - sum(replies_of_date.waiting.values()), replies_of_date.invited)
        for date_id, replies_of_date in missing.items()
    }


class SeriesView(Struct, frozen=True, kw_only=True):
    """A series with its upcoming and past dates, each in order."""

    event: Event
    ahead: tuple[SeriesRow, ...]
    over: tuple[SeriesRow, ...]
    is_invited: bool
    may_edit: bool
    may_copy: bool
    links: SeriesLinks
    history: tuple[HistoryEntry, ...]
    following: FollowingDate | None
    """None when no date that takes place is left."""
    replied: Mapping[UUID, tuple[int, int]]
    """By upcoming date, how many people have replied, and how many are invited."""

    @property
    def same_reply(self) -> ReplyValue | None:
        """Return the viewer's reply where it is the same for every upcoming date that takes place."""
        own = {date.reply for date in self.ahead if not date.occurrence.is_off}
        return own.pop() if len(own) == 1 else None

    @property
    def dates(self) -> tuple[SeriesRow, ...]:
        """Return all dates, in order."""
        return (*self.over, *self.ahead)


async def view_series(viewer: Viewer, event_id: UUID, now: datetime) -> SeriesView:
    """Return what the page of a series shows. Errors: NotFound."""
    event = await event_seen_by(viewer, event_id)
    given = await replies.my_replies(viewer, event)
    dates = []
    occurrences = await dates_in_series(viewer, event)
    for occurrence in occurrences:
        reply = effective_reply(given or (), occurrence.id)
        value = reply.value if reply else ReplyValue.NEEDS_ACTION
        dates.append(
            SeriesRow(
                occurrence=occurrence,
                reply=None if given is None else value,
                is_moved=is_moved(occurrence),
                is_over=occurrence.ends_at <= now,
            )
        )
    return SeriesView(
        event=event,
        ahead=tuple(series_date for series_date in dates if not series_date.is_over),
        over=tuple(series_date for series_date in dates if series_date.is_over),
        is_invited=given is not None,
        may_edit=may_edit(viewer, event),
        may_copy=may_copy(viewer, event.marking),
        links=await series_links(viewer, event),
        history=history_with_beginning(await event_history.history_of_event(viewer, event), event),
        following=await _following(viewer, occurrences, now),
        replied=await _replied(viewer, event, [date for date in occurrences if date.ends_at > now]),
    )
