"""A small random world to report on, and what a reader's report counts of it, added up in memory one by one."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from tests.cast import NOW, ZONE, Cast
from tracker.crypto import ids
from tracker.database import writing
from tracker.rules.actions import CLOSED, ItemStatus
from tracker.rules.core.viewers import Capacity, Viewer, Visibility, event_audiences
from tracker.rules.core.wording import to_local
from tracker.rules.events.events import Kind
from tracker.rules.reports.reports import KINDS, ReportReach
from tracker.tables.schema.actions import ActionItem
from tracker.tables.schema.attendance import AttendanceMark
from tracker.tables.schema.events import Event, EventAudience, Invitation, InvitationGap, Occurrence

EVENTS, DATES, ITEMS = 14, 5, 40
BEGAN = NOW - timedelta(days=70)
A_DAY = timedelta(days=1)
AUDIENCES = (Visibility.ALL, Visibility.LAW_ENFORCEMENT, Visibility.VICTIM_SERVICES, Visibility.NAMED)

Place = tuple[int, Kind, UUID | None, str]
"""Month, kind, agency, and mark."""
Date = tuple[int, Kind, bool]
"""Month, kind, and whether it was canceled."""


class RandomWorld(Struct, frozen=True):
    """Rows as they are in the database."""

    events: Sequence[Event]
    audiences: Sequence[EventAudience]
    dates: Sequence[Occurrence]
    invitations: Sequence[Invitation]
    gaps: Sequence[InvitationGap]
    marks: Sequence[AttendanceMark]
    items: Sequence[ActionItem]
    agency_of: dict[UUID, UUID]

    def dates_seen(self, viewer: Viewer, months: Sequence[datetime]) -> Counter[Date]:
        """Count the dates that the viewer may see and that are over."""
        return Counter(
            (_month(o, months), Kind(e.kind), _is_off(e, o)) for e, o in self._seen(viewer) if Kind(e.kind) in KINDS
        )

    def places_seen(self, viewer: Viewer, reach: ReportReach, months: Sequence[datetime]) -> Counter[Place]:
        """Count the places within the reach, at dates that the viewer may see and that were held."""
        return Counter(
            (_month(o, months), Kind(e.kind), agency, mark)
            for e, o in self._seen(viewer)
            if Kind(e.kind) in KINDS and not _is_off(e, o)
            for agency, mark in self._places(e, o)
            if reach.is_whole or e.lead == reach.lead_id or (agency is not None and agency == reach.agency_id)
        )

    def items_seen(self, viewer: Viewer, until: datetime) -> Iterator[ActionItem]:
        """Yield the items that the viewer may see, of those assigned before `until`."""
        seen = {o.id for _, o in self._visible(viewer)}
        for item in self.items:
            may_see = item.origin in seen if item.origin else item.audience in viewer.audiences
            if may_see and item.created_at < until:
                yield item

    def _seen(self, viewer: Viewer) -> Iterator[tuple[Event, Occurrence]]:
        return ((e, o) for e, o in self._visible(viewer) if o.ends_at <= NOW and o.starts_at >= BEGAN)

    def _visible(self, viewer: Viewer) -> Iterator[tuple[Event, Occurrence]]:
        held = {one.event for one in self.audiences if one.audience in viewer.audiences}
        events = {e.id: e for e in self.events if e.id in held}
        return ((events[o.event], o) for o in self.dates if o.event in events)

    def _places(self, e: Event, o: Occurrence) -> Iterator[tuple[UUID | None, str]]:
        marks = [k for k in self.marks if k.occurrence == o.id]
        current = {k.member: k for k in marks if k.corrected_at is None and k.status != "cleared"}
        invited = {i.member for i in self.invitations if i.event == e.id and self._counts(e, o, i, marks)}
        for member in invited:
            mark = current.get(member)
            unmarked = "open" if o.attendance_closed_at is None else "unmarked"
            yield (mark.agency if mark else self.agency_of[member]), (mark.status if mark else unmarked)
        for member, mark in current.items():
            if member not in invited and mark.status in ("here", "remote"):
                yield mark.agency, "walk_in"

    def _counts(self, e: Event, o: Occurrence, i: Invitation, marks: Sequence[AttendanceMark]) -> bool:
        was_asked = i.role != "informed" and (i.added_at <= o.ends_at or i.added_at <= e.created_at)
        was_off = any(
            gap.invitation == i.id and gap.withdrawn_at <= o.starts_at and gap.again_at > o.ends_at for gap in self.gaps
        )
        is_on = i.withdrawn_at is None or i.withdrawn_at > o.starts_at
        was_marked = any(
            k.member == i.member and k.status != "cleared" and k.recorded_at <= i.withdrawn_at
            for k in marks
            if not is_on
        )
        return was_asked and not was_off and (is_on or was_marked)


async def make_random_world(cast: Cast, seed: int) -> RandomWorld:
    """Write a random world: series that people join, leave, and come back to; marks; items, open and done."""
    luck = random.Random(seed)  # noqa: S311 - repeatable, not secret
    events = [_event(cast, luck) for _ in range(EVENTS)]
    invitations = [one for e in events for one in _invitations(cast, e, luck)]
    dates = [_date(e, number, luck) for e in events for number in range(DATES)]
    drafts = {e.id for e in events if e.status == "draft"}
    origins = [o for o in dates if o.event not in drafts]
    world = RandomWorld(
        events=events,
        audiences=[one for e in events for one in _audiences(e, invitations)],
        dates=dates,
        invitations=invitations,
        gaps=[_gap(one, luck) for one in invitations if one.again_at],
        marks=[one for o in dates for one in _marks(cast, o, luck)],
        items=[_item(cast, number, origins, luck) for number in range(ITEMS)],
        agency_of={viewer.member_id: viewer.agency_id for viewer in cast.members.values()},
    )
    async with writing():
        await Event.insert(*world.events)
        await EventAudience.insert(*world.audiences)
        await Occurrence.insert(*world.dates)
        await Invitation.insert(*world.invitations)
        await InvitationGap.insert(*world.gaps)
        await AttendanceMark.insert(*world.marks)
        await ActionItem.insert(*world.items)
    return world


def _event(cast: Cast, luck: random.Random) -> Event:
    starts = BEGAN + luck.random() * 60 * A_DAY
    return Event(
        id=ids.new_id(),
        uid=ids.new_uid(),
        kind=luck.choice(list(Kind)).value,
        title="Call",
        visibility=luck.choice(AUDIENCES).value,
        lead=luck.choice([cast.coordinator, cast.fbi_lead, cast.caht_lead]).member_id,
        status=luck.choice(("confirmed", "confirmed", "tentative", "canceled", "draft")),
        zone=ZONE,
        starts=to_local(starts, ZONE).replace(tzinfo=None, microsecond=0),
        duration=timedelta(minutes=50),
        rrule=luck.choice((None, "FREQ=WEEKLY")),
        created_at=luck.choice((BEGAN - A_DAY, NOW - 20 * A_DAY)),
        changed_at=NOW - 30 * A_DAY,
    )


def _audiences(e: Event, invitations: Sequence[Invitation]) -> Iterator[EventAudience]:
    listed = [i.member for i in invitations if i.event == e.id]
    for audience in event_audiences(Visibility(e.visibility), None, [*listed, e.lead], Capacity.MEMBER):
        if e.status != "draft":
            yield EventAudience(id=ids.new_id(), event=e.id, audience=audience)


def _date(e: Event, number: int, luck: random.Random) -> Occurrence:
    starts_at = e.starts.replace(tzinfo=NOW.tzinfo) + 7 * number * A_DAY
    ends_at = starts_at + e.duration
    return Occurrence(
        id=ids.new_id(),
        event=e.id,
        original_start=to_local(starts_at, ZONE).replace(tzinfo=None),
        starts_at=starts_at,
        ends_at=ends_at,
        is_canceled=luck.random() < 0.2,
        is_off_record=luck.random() < 0.1,
        attendance_closed_at=luck.choice((None, ends_at)),
        changed_at=BEGAN,
    )


def _invitations(cast: Cast, e: Event, luck: random.Random) -> Iterator[Invitation]:
    for viewer in luck.sample(list(cast.members.values()), 6):
        added, withdrawn, again = sorted(BEGAN + luck.random() * 70 * A_DAY for _ in range(3))
        came_back = luck.random() < 0.3
        yield Invitation(
            id=ids.new_id(),
            event=e.id,
            member=viewer.member_id,
            role=luck.choice(("required", "optional", "informed")),
            added_at=luck.choice((added, BEGAN - A_DAY)),
            again_at=again if came_back else None,
            withdrawn_at=withdrawn if not came_back and luck.random() < 0.3 else None,
        )


def _gap(i: Invitation, luck: random.Random) -> InvitationGap:
    from_then = i.again_at - luck.random() * 30 * A_DAY
    return InvitationGap(id=ids.new_id(), invitation=i.id, withdrawn_at=from_then, again_at=i.again_at)


def _marks(cast: Cast, o: Occurrence, luck: random.Random) -> Iterator[AttendanceMark]:
    for viewer in luck.sample(list(cast.members.values()), 5):
        yield AttendanceMark(
            id=ids.new_id(),
            occurrence=o.id,
            member=viewer.member_id,
            agency=viewer.agency_id if luck.random() < 0.8 else cast.agencies["IPD"],
            status=luck.choice(("here", "remote", "absent", "excused", "cleared")),
            recorded_by=cast.coordinator.member_id,
            recorded_at=o.ends_at + A_DAY * luck.random() * 9,
            corrected_at=NOW if luck.random() < 0.2 else None,
        )


def _item(cast: Cast, number: int, origins: Sequence[Occurrence], luck: random.Random) -> ActionItem:
    owner = luck.choice(list(cast.members.values()))
    status = luck.choice([one for one in ItemStatus if one is not ItemStatus.BLOCKED])
    created_at = BEGAN + (luck.random() - 0.3) * 90 * A_DAY
    return ActionItem(
        id=ids.new_id(),
        uid=ids.new_uid(),
        reference=f"AI-{number}",
        title="Send it",
        owner=owner.member_id,
        agency=owner.agency_id,
        due=(NOW - luck.random() * 60 * A_DAY).date(),
        origin=luck.choice((None, luck.choice(origins).id)),
        audience=luck.choice(("all", "arm:law_enforcement")),
        status=status.value,
        created_by=cast.coordinator.member_id,
        created_at=created_at,
        changed_at=created_at,
        closed_at=created_at + luck.random() * 20 * A_DAY if status in CLOSED else None,
    )


def _is_off(e: Event, o: Occurrence) -> bool:
    was_canceled = o.is_canceled or (e.status == "canceled" and (e.rrule is None or o.ends_at > e.changed_at))
    return bool(was_canceled and (o.attendance_closed_at is None or o.is_off_record))


def _month(o: Occurrence, months: Sequence[datetime]) -> int:
    return sum(o.starts_at >= first for first in months)
