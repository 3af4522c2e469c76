"""What needs a person today: what others owe them, and the replies and action items they owe themselves."""

import logging
from collections.abc import Awaitable, Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from msgspec import Struct

from tracker.database import together
from tracker.rules.actions.action_items import ActionItem, ItemStatus, days_late, may_direct
from tracker.rules.attendance.sheet import OPENS_BEFORE
from tracker.rules.calendars import month_grid
from tracker.rules.calendars.month_grid import Seen
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import EventStatus, Line, may_edit
from tracker.rules.operations.check_ins import CheckInDay, may_check_in, not_out
from tracker.rules.operations.duties import awaits_acknowledgment, awaits_approval
from tracker.rules.operations.plans import may_plan
from tracker.rules.operations.readiness import Notice
from tracker.rules.views.work_queue import (
    AHEAD,
    BACK,
    ENDING,
    BlockedItem,
    EndingSeries,
    LateItem,
    MissingCheckOut,
    MissingReplies,
    MissingSupervisor,
    OpenAcknowledgment,
    OpenApproval,
    OpenCheckIn,
    OpenConflict,
    OpenEmails,
    OpenProposal,
    OpenRequests,
    OpenSheet,
    ReturnedPlan,
    Row,
    concerns,
    in_order,
)
from tracker.tables.visible.actions import action_items
from tracker.tables.visible.events import waiting
from tracker.tables.visible.operations.check_in_days import check_in_days
from tracker.tables.visible.operations.duties import duties, without_supervisor
from tracker.tables.visible.operations.returns import returned
from tracker.usecases.calendars.date_lines import seen_between
from tracker.usecases.emails.nudges import nudges_of
from tracker.usecases.events.replies import Owed, owed
from tracker.usecases.intake import proposals
from tracker.usecases.intake.waiting_emails import waiting as waiting_emails
from tracker.usecases.operations.access import to_approve as to_approve_access
from tracker.usecases.operations.accountability import unaccounted
from tracker.usecases.operations.readiness_given import in_force
from tracker.usecases.operations.summaries import in_conflict
from tracker.usecases.polls.polls import WaitingPoll, waiting_polls

T = TypeVar("T")
OfPlan = OpenApproval | OpenAcknowledgment | ReturnedPlan | OpenRequests | MissingSupervisor
NEXT_DAYS = 10
log = logging.getLogger(__name__)


class Items(Struct, frozen=True, kw_only=True):
    """The viewer's own open action items, and blocked and overdue ones of others that concern them."""

    mine: list[ActionItem]
    blocked: list[BlockedItem]
    late: list[ActionItem]
    """Overdue and not blocked."""
    overdue: int
    """How many of all these are overdue."""


class Days(Struct, frozen=True, kw_only=True):
    """The dates from today on that the viewer may see, and the missing replies to those they may edit."""

    agenda: list[Seen]
    """The next 10 days, including what is over by now today."""
    upcoming: Line | None
    """The next date within two weeks that takes place."""
    leads: bool
    """Whether the viewer may edit any date within two weeks that asks for replies."""
    replies: list[MissingReplies]


class Home(Struct, frozen=True, kw_only=True):
    """The home page of one viewer; a part that could not be read is None, and the others are still shown."""

    items: Items | None
    days: Days | None
    rolls: list[OpenSheet] | None
    ending: list[EndingSeries] | None
    proposals: list[OpenProposal] | None
    emails: list[OpenEmails] | None
    check_ins: list[CheckInDay] | None
    """The operations whose day it is."""
    missing: list[MissingCheckOut] | None
    conflicts: list[OpenConflict] | None
    plans: list[OfPlan] | None
    owed: list[Owed] | None
    polls: list[WaitingPoll] | None
    """Date polls that wait for the viewer's reply, or that they organize."""
    readiness: list[Notice] | None
    """Service-readiness notices for which the viewer holds themselves ready."""
    follow_up: list[Row]
    """Other people's delays, most urgent first."""

    @property
    def is_whole(self) -> bool:
        """Return whether every part could be read."""
        dates = (self.days, self.rolls, self.ending, self.proposals, self.emails, self.owed, self.polls)
        of_operations = (self.check_ins, self.missing, self.conflicts, self.plans, self.readiness)
        return None not in (self.items, *dates, *of_operations)

    @property
    def is_empty(self) -> bool:
        """Return whether every part could be read and nothing needs the viewer."""
        mine = self.items and self.items.mine
        return self.is_whole and not (self.follow_up or self.owed or self.polls or self.readiness or mine)


async def home(viewer: Viewer, now: datetime, today: date, zone: str) -> Home:
    """Return what needs the viewer; `today` and the days are those of the task force's zone."""
    dates, operations, mine = await together(
        _of_dates(viewer, now, today, zone), _of_operations(viewer, now), _of_mine(viewer, now)
    )
    sheets = dates.pop("sheets")
    dates["rolls"] = None if sheets is None else _rolls(viewer, now, sheets, operations["check_ins"] or ())
    parts = {**dates, **operations, **mine}
    return Home(**parts, follow_up=in_order(_follow_up(viewer, **parts), now, today))


async def _of_dates(viewer: Viewer, now: datetime, today: date, zone: str) -> dict[str, Any]:
    items, days, sheets, ending, proposals_ = await together(
        _part("action items", _items(viewer, today)),
        _part("calendar", _days(viewer, now, today, zone)),
        _part("attendance", waiting.open_sheets(viewer, now - BACK, now + OPENS_BEFORE)),
        _part("series that end", _ending(viewer, now)),
        _part("proposed times", _proposals(viewer, now)),
    )
    return {"items": items, "days": days, "sheets": sheets, "ending": ending, "proposals": proposals_}


async def _of_operations(viewer: Viewer, now: datetime) -> dict[str, Any]:
    check_ins, missing, conflicts, plans = await together(
        _part("check-in", check_in_days(viewer, now)),
        _part("people who have not checked out", _missing(viewer, now)),
        _part("conflicts between operations", _conflicts(viewer)),
        _part("plans of operations", _plans(viewer, now)),
    )
    return {"check_ins": check_ins, "missing": missing, "conflicts": conflicts, "plans": plans}


async def _of_mine(viewer: Viewer, now: datetime) -> dict[str, Any]:
    emails, owed_, polls, readiness = await together(
        _part("email replies", _emails(viewer, now)),
        _part("replies owed", owed(viewer, now)),
        _part("date polls", waiting_polls(viewer, now)),
        _part("service-readiness notices", in_force(viewer, now)),
    )
    return {"emails": emails, "owed": owed_, "polls": polls, "readiness": readiness}


def _follow_up(viewer: Viewer, items: Items | None, days: Days | None, **parts: Any) -> Iterator[Row]:
    """Yield the rows of each part that could be read."""
    if items:
        yield from items.blocked
        yield from (LateItem(item=one) for one in items.late)
    yield from days.replies if days else ()
    for name in ("rolls", "proposals", "ending", "emails", "missing", "conflicts", "plans"):
        yield from parts[name] or ()
    yield from _check_ins(viewer, parts["check_ins"] or (), parts["missing"] or ())


async def _part(name: str, reading: Awaitable[T]) -> T | None:
    try:
        return await reading
    except Exception:  # one part failed, whatever the reason; the others are still worth showing
        log.exception("Home page: %s could not be read.", name)
        return None


async def _missing(viewer: Viewer, now: datetime) -> list[MissingCheckOut]:
    return [MissingCheckOut(line=line, people=not_out(names)) for line, names in await unaccounted(viewer, now)]


def _check_ins(viewer: Viewer, days: Iterable[CheckInDay], missing: Iterable[MissingCheckOut]) -> Iterator[OpenCheckIn]:
    """Yield the check-ins that are open to the viewer; one that has its row for people who are missing isn't twice."""
    has_row = {one.line.id for one in missing}
    for day in days:
        if day.line.id not in has_row and may_check_in(viewer, day, leads=may_plan(viewer, day.line)):
            yield OpenCheckIn(line=day.line)


async def _conflicts(viewer: Viewer) -> list[OpenConflict]:
    found = await in_conflict(viewer)
    return [OpenConflict(line=line, conflicts=conflicts) for line, conflicts in found.values()]


async def _plans(viewer: Viewer, now: datetime) -> list[OfPlan]:
    found, unsupervised, sent_back, requests = await together(
        duties(viewer, now), without_supervisor(viewer, now), returned(viewer, now), to_approve_access(viewer, now)
    )
    to_approve = [one for one in found if awaits_approval(viewer, one)]
    to_acknowledge = [one for one in found if awaits_acknowledgment(one)]
    return [
        *(OpenApproval(line=one.line, version=one.version) for one in to_approve),
        *(OpenAcknowledgment(line=one.line, version=one.version) for one in to_acknowledge),
        *(MissingSupervisor(line=line) for line in unsupervised),
        *(ReturnedPlan(line=line, given=given) for line, given in sent_back),
        *(OpenRequests(line=line, requests=count) for line, count in requests.values()),
    ]


async def _items(viewer: Viewer, today: date) -> Items:
    every = [one for one in await action_items.items(viewer) if concerns(viewer, one)]
    blocked = await _blocked(viewer, [one for one in every if one.owner_id != viewer.member_id])
    waiting_for_help = {one.item.id for one in blocked}
    late = [one for one in every if days_late(one, today) > 0]
    return Items(
        mine=[one for one in every if one.owner_id == viewer.member_id],
        blocked=blocked,
        late=[one for one in late if one.owner_id != viewer.member_id and one.id not in waiting_for_help],
        overdue=len(late),
    )


async def _blocked(viewer: Viewer, items: list[ActionItem]) -> list[BlockedItem]:
    since = {one.id: one.blocked_at for one in items if one.status is ItemStatus.BLOCKED}
    reasons = await action_items.reasons(viewer, since)
    return [
        BlockedItem(item=one, since=at, reason=reasons.get(one.id, ""), may_direct=may_direct(viewer, one))
        for one in items
        if (at := since.get(one.id))
    ]


async def _days(viewer: Viewer, now: datetime, today: date, zone: str) -> Days:
    start, end = month_grid.moments(today, today + timedelta(days=NEXT_DAYS - 1), zone)
    every = await seen_between(viewer, start, now + AHEAD)
    ahead = [one.line for one in every if one.line.starts_at > now and _takes_place(one.line)]
    led = [line for line in ahead if line.kind.asks_reply and may_edit(viewer, line)]
    return Days(
        agenda=[one for one in every if one.line.starts_at < end],
        upcoming=next(iter(ahead), None),
        leads=bool(led),
        replies=await _replies(viewer, led, now),
    )


async def _replies(viewer: Viewer, led: list[Line], now: datetime) -> list[MissingReplies]:
    of_date = await waiting.missing(viewer, [line.id for line in led])
    missing = [(line, one) for line in led if (one := of_date.get(line.id)) and one.waiting]
    silent = {line.id: one.silent for line, one in missing}
    nudges = await nudges_of(viewer, [line for line, _ in missing], silent, now)
    return [
        MissingReplies(
            line=line,
            invited=one.invited,
            waiting=sum(one.waiting.values()),
            nudge=nudges.get(line.id),
            agencies=tuple(one.waiting.items()),
        )
        for line, one in missing
    ]


def _rolls(viewer: Viewer, now: datetime, sheets: Iterable[Line], days: Iterable[CheckInDay]) -> list[OpenSheet]:
    """Return the open attendance sheets; not that of an operation on its day, which has its check-in list instead."""
    checked_in = {one.line.id for one in days}
    return [
        OpenSheet(line=line, is_over=line.ends_at <= now)
        for line in sheets
        if may_edit(viewer, line) and line.id not in checked_in
    ]


async def _ending(viewer: Viewer, now: datetime) -> list[EndingSeries]:
    lines = await waiting.last_dates(viewer, now, now + ENDING)
    return [EndingSeries(line=line) for line in lines if may_edit(viewer, line)]


async def _proposals(viewer: Viewer, now: datetime) -> list[OpenProposal]:
    found = await proposals.waiting(viewer, now)
    return [OpenProposal(line=line, people=tuple(one.person for one in waiting)) for line, waiting in found]


async def _emails(viewer: Viewer, now: datetime) -> list[OpenEmails]:
    came = (await waiting_emails(viewer, now)).came
    return [OpenEmails(count=len(came), since=min(came))] if came else []


def _takes_place(line: Line) -> bool:
    return not line.is_off and line.status is not EventStatus.DRAFT
