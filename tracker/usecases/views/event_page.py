"""What the page of one date shows to one viewer."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tracker.rules.actions.action_items import ActionItem
from tracker.rules.attendance.quorum_record import QuorumOfRecord
from tracker.rules.attendance.sheet import named_participants, opens_at
from tracker.rules.attendance.thanks import may_thank
from tracker.rules.core.viewer import Viewer
from tracker.rules.core.wall_clock import to_local
from tracker.rules.emails.nudges import Nudge
from tracker.rules.emails.thanks import sent_words
from tracker.rules.events.event import Occurrence, may_edit
from tracker.rules.events.history import Entry, with_beginning
from tracker.rules.events.markings import may_copy
from tracker.rules.events.replies import Informed, Participant, Reply, ReplyValue, answerable
from tracker.rules.intake.unrecorded import WaitingReply
from tracker.rules.operations.emergency import Opened
from tracker.rules.polls.polls import Poll
from tracker.rules.roster.sites import Room
from tracker.tables.visible.attendance import quorum as visible_quorum
from tracker.tables.visible.attendance import sheet
from tracker.usecases.actions.item_lists import items_of_date, open_items_of_committee, open_items_of_series
from tracker.usecases.core.access_records import Reading, readings_of
from tracker.usecases.emails.nudges import nudge_of
from tracker.usecases.emails.thanks import sent_about
from tracker.usecases.events import substitutes
from tracker.usecases.events.history import history
from tracker.usecases.events.occurrences import date_for, neighbors
from tracker.usecases.events.replies import my_reply
from tracker.usecases.intake import proposals, unrecorded
from tracker.usecases.intake.proposals import Judged
from tracker.usecases.operations.emergency import opened_by
from tracker.usecases.operations.summaries import PlanSummary, summary
from tracker.usecases.polls.polls import open_poll_of
from tracker.usecases.roster.sites import room_of
from tracker.usecases.views.series_page import SeriesLinks, links_of


@dataclass(frozen=True, kw_only=True)
class AgencyReplies:
    """The number of replies from one agency; everyone who sees the event may know which agencies are invited."""

    agency: str
    invited: int
    accepted: int
    tentative: int
    declined: int
    waiting: int


@dataclass(frozen=True, kw_only=True)
class EventView:
    """One date with its replies, items and other records, as far as the viewer may see them."""

    occurrence: Occurrence
    is_invited: bool
    reply: Reply | None
    alternates: tuple[Viewer, ...]
    """The people whom the viewer may name as substitutes."""
    substitutes_for: str
    """The person whom the viewer stands in for."""
    earlier: ReplyValue | None
    """The viewer's reply before they were asked again."""
    may_edit: bool
    may_copy: bool
    replies: tuple[AgencyReplies, ...]
    named: tuple[Participant, ...]
    """People whose names the viewer may see."""
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
    nudge: Nudge | None
    """Whom the viewer could remind to reply; None when they may not, or it is too late."""
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
    readings: tuple[Reading, ...]
    """Who has opened a named event, for people who may change it."""
    history: tuple[Entry, ...]
    plan: PlanSummary | None
    """Of a joint operation; None for other events."""
    unrecorded: tuple[WaitingReply, ...]
    """Replies by email that were not recorded, for people who may record replies."""
    proposals: tuple[Judged, ...]
    """Other times that people proposed for the date, for people who may change it; those that wait first."""
    opened: tuple[Opened, ...]
    """Who reads it under emergency access now."""
    may_thank: bool
    """Whether the viewer may thank the people who were there."""
    thanked: str
    """That they were thanked, for people who may do so; empty if they weren't."""
    poll: Poll | None
    """In which people are asked for its date; None for an event that has one."""

    @property
    def total(self) -> AgencyReplies:
        """Return the number of replies of all agencies."""
        return AgencyReplies(
            agency="",
            invited=sum(one.invited for one in self.replies),
            accepted=sum(one.accepted for one in self.replies),
            tentative=sum(one.tentative for one in self.replies),
            declined=sum(one.declined for one in self.replies),
            waiting=sum(one.waiting for one in self.replies),
        )


async def event_view(viewer: Viewer, event_id: UUID, key: str, now: datetime) -> EventView:
    """Return what the page of a date shows. Errors: NotFound."""
    occurrence = await date_for(viewer, event_id, key)
    mine = await my_reply(viewer, occurrence)
    participants = await sheet.participants(viewer, occurrence)
    named = named_participants(viewer, occurrence.event, participants)
    informed = await sheet.informed(viewer, occurrence.event.id)
    before, after = await neighbors(viewer, occurrence)
    return EventView(
        occurrence=occurrence,
        is_invited=mine is not None,
        reply=mine[1] if mine else None,
        alternates=tuple(await substitutes.choices(viewer, occurrence.event, now)) if mine else (),
        substitutes_for=next((one.substitutes_for for one in participants if one.member_id == viewer.member_id), ""),
        earlier=next((one.earlier for one in participants if one.member_id == viewer.member_id), None),
        may_edit=may_edit(viewer, occurrence.event),
        may_copy=may_copy(viewer, occurrence.event.marking),
        replies=replies_by_agency(participants),
        named=tuple(named),
        informed=tuple(named_participants(viewer, occurrence.event, informed)),
        is_informed=viewer.member_id in {one.member_id for one in informed},
        **_numbers(participants, informed),
        answerable=tuple(answerable(viewer, occurrence, named, now)),
        nudge=await nudge_of(viewer, occurrence, now),
        items=await _items(viewer, occurrence),
        assigns_items=viewer.may_schedule or may_edit(viewer, occurrence.event),
        before=before,
        after=after,
        links=await links_of(viewer, occurrence.event),
        attendance_opens=opens_at(occurrence),
        quorum=(await visible_quorum.recorded(viewer, [occurrence.id])).get(occurrence.id),
        is_over=occurrence.ends_at <= now,
        room=await _room(viewer, occurrence, now),
        readings=await _readings(viewer, occurrence),
        history=with_beginning(await history(viewer, occurrence.event, occurrence), occurrence.event),
        plan=await summary(viewer, occurrence.event),
        unrecorded=await unrecorded.of_date(viewer, occurrence, now),
        **await _at_this_moment(viewer, occurrence, now),
    )


async def _thanks(viewer: Viewer, occurrence: Occurrence, now: datetime) -> dict[str, Any]:
    is_offered = may_thank(viewer, occurrence)
    sent = await sent_about(occurrence.id) if is_offered else None
    zone = occurrence.event.zone
    return {"may_thank": is_offered, "thanked": sent_words(sent, zone, to_local(now, zone).date()) if sent else ""}


async def _at_this_moment(viewer: Viewer, occurrence: Occurrence, now: datetime) -> dict[str, Any]:
    """Return who reads it under emergency access, its open poll, proposed times, and whether people can be thanked."""
    event = occurrence.event
    opened = tuple(one for one in await opened_by(viewer, event) if one.is_open(now))
    proposed = tuple(await proposals.of_date(viewer, occurrence, now))
    poll = await open_poll_of(viewer, event.id)
    return {"opened": opened, "poll": poll, "proposals": proposed, **await _thanks(viewer, occurrence, now)}


def _numbers(participants: Collection[Participant], informed: Collection[Informed]) -> dict[str, Any]:
    """Return how many people are asked to come, are on the list, and get an email about a change."""
    coming = sum(one.role.is_asked or bool(one.substitutes_for) for one in participants)
    return {"coming": coming, "on_the_list": len(participants) + len(informed), "notified": coming + len(informed)}


async def _room(viewer: Viewer, occurrence: Occurrence, now: datetime) -> Room | None:
    if occurrence.is_off or occurrence.ends_at <= now or not may_edit(viewer, occurrence.event):
        return None
    return await room_of(viewer, occurrence.place, [(occurrence.starts_at, occurrence.ends_at)], occurrence.event.id)


async def _readings(viewer: Viewer, occurrence: Occurrence) -> tuple[Reading, ...]:
    if not (occurrence.event.is_restricted and may_edit(viewer, occurrence.event)):
        return ()
    return tuple(await readings_of(viewer, occurrence.event.id))


def replies_by_agency(participants: Iterable[Participant]) -> tuple[AgencyReplies, ...]:
    """Return the number of replies by agency."""
    groups: dict[str, list[Participant]] = {}
    for one in participants:
        groups.setdefault(one.agency, []).append(one)
    return tuple(_replies(agency, groups[agency]) for agency in groups)


def _replies(agency: str, participants: list[Participant]) -> AgencyReplies:
    replies = Counter(one.reply for one in participants)
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
    committee_id = occurrence.event.committee_id
    found = [
        *await open_items_of_series(viewer, occurrence.event.id),
        *await items_of_date(viewer, occurrence.id),
        *(await open_items_of_committee(viewer, committee_id) if committee_id else ()),
    ]
    return tuple(sorted({one.id: one for one in found}.values(), key=lambda one: (one.due, one.reference)))
