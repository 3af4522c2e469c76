"""What needs a person today: what others owe them, and the replies and action items they owe themselves.

Its setup checklist of the first day is read from what is there, hidden by a person, and shown again.
"""

import logging
from collections.abc import Awaitable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import astuple, replace

from tracker.database import together, together_by_name, writing
from tracker.errors import NotFound
from tracker.rules.actions import ActionItem, ItemStatus, days_late, may_direct_item
from tracker.rules.attendance import ATTENDANCE_OPENS_BEFORE
from tracker.rules.calendars import calendars
from tracker.rules.calendars.calendars import SeenDate
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import DateLine, EventStatus, Kind, may_edit
from tracker.rules.operations.approvals import awaits_acknowledgment, awaits_approval
from tracker.rules.operations.check_ins import CheckInDay, may_check_in, who_is_not_out
from tracker.rules.operations.plans import may_plan
from tracker.rules.operations.readiness import Notice
from tracker.rules.operations.states import NOT_APPROVED, UNDER_WAY_OR_OVER
from tracker.rules.views import home as rules
from tracker.rules.views.home import (
    AHEAD,
    BACK,
    ENDING,
    BlockedItem,
    EndingSeries,
    LateItem,
    MissingCheckOut,
    MissingReplies,
    MissingSupervisor,
    MovedPlan,
    OpenAcknowledgment,
    OpenApproval,
    OpenCheckIn,
    OpenConflict,
    OpenEmails,
    OpenProposal,
    OpenRequests,
    OpenSheet,
    QueueRow,
    ReturnedPlan,
    SetUpState,
    SetUpStep,
    concerns_viewer,
    queue_in_order,
)
from tracker.tables.schema.core.tables import Deployment
from tracker.tables.visible import actions
from tracker.tables.visible.emails import SentEmailTest
from tracker.tables.visible.events import events, replies
from tracker.tables.visible.operations.plans import (
    moved_operations,
    plan_duties,
    plans_without_supervisor,
    returned_plans,
)
from tracker.tables.visible.operations.records import check_in_days
from tracker.usecases.calendars.feeds import seen_dates_between
from tracker.usecases.core import audit
from tracker.usecases.core.process_locks import ONLY_ROW, DeploymentState, deployment_state
from tracker.usecases.emails import writers
from tracker.usecases.emails.nudges import nudges_by_date
from tracker.usecases.events.replies import OwedReply, owed_replies
from tracker.usecases.intake import unrecorded_replies
from tracker.usecases.intake.item_emails import waiting_emails
from tracker.usecases.operations.access import requests_to_approve
from tracker.usecases.operations.check_ins import unaccounted_people
from tracker.usecases.operations.readiness import notices_in_force
from tracker.usecases.operations.states import conflicts_to_decide, plan_states
from tracker.usecases.polls.polls import WaitingPoll, waiting_polls
from tracker.usecases.roster import directory_rows
from tracker.usecases.roster.directory import phones_known_to

T = TypeVar("T")
PlanRow = OpenApproval | OpenAcknowledgment | ReturnedPlan | MovedPlan | OpenRequests | MissingSupervisor
NEXT_DAYS = 10
log = logging.getLogger(__name__)


class HomeItems(Struct, frozen=True, kw_only=True):
    """The viewer's own open action items, and blocked and overdue ones of others that concern them."""

    own: list[ActionItem]
    blocked: list[BlockedItem]
    late: list[ActionItem]
    """Overdue and not blocked."""
    overdue: int
    """How many of all these are overdue."""


class HomeDays(Struct, frozen=True, kw_only=True):
    """The dates from today on that the viewer may see, and the missing replies to those they may edit."""

    agenda: list[SeenDate]
    """The next 10 days, without what is over by now."""
    upcoming: DateLine | None
    """The next date within two weeks that takes place."""
    next: SeenDate | None
    """The next of them to which the viewer is invited, or that is on now."""
    leads: bool
    """Whether the viewer may edit any date within two weeks that asks for replies."""
    replies: list[MissingReplies]


class Home(Struct, frozen=True, kw_only=True):
    """The home page of one viewer; a part that could not be read is None, and the others are still shown."""

    items: HomeItems | None
    days: HomeDays | None
    rolls: list[OpenSheet] | None
    ending: list[EndingSeries] | None
    proposals: list[OpenProposal] | None
    emails: list[OpenEmails] | None
    check_ins: list[CheckInDay] | None
    """The operations whose day it is."""
    missing: list[MissingCheckOut] | None
    conflicts: list[OpenConflict] | None
    plans: list[PlanRow] | None
    owed: list[OwedReply] | None
    polls: list[WaitingPoll] | None
    """Date polls that wait for the viewer's reply, or that they organize."""
    readiness: list[Notice] | None
    """Service-readiness notices for which the viewer holds themselves ready."""
    follow_up: list[QueueRow]
    """Other people's delays, most urgent first."""

    @property
    def is_whole(self) -> bool:
        """Return whether every part could be read."""
        return None not in astuple(self)

    @property
    def is_empty(self) -> bool:
        """Return whether every part could be read and nothing needs the viewer."""
        own_items = self.items and self.items.own
        return self.is_whole and not (self.follow_up or self.owed or self.polls or self.readiness or own_items)


async def home_for(viewer: Viewer, now: datetime, today: date, zone: str) -> Home:
    """Return what needs the viewer; `today` and the days are those of the task force's zone."""
    parts = await together_by_name(
        items=_part("action items", _items(viewer, today)),
        days=_part("calendar", _days(viewer, now, today, zone)),
        rolls=_part("attendance", replies.dates_with_open_sheets(viewer, now - BACK, now + ATTENDANCE_OPENS_BEFORE)),
        ending=_part("series that end", _ending(viewer, now)),
        proposals=_part("proposed times", _proposals(viewer, now)),
        check_ins=_part("check-in", check_in_days(viewer, now)),
        missing=_part("people who have not checked out", _missing(viewer, now)),
        conflicts=_part("conflicts between operations", _conflicts(viewer)),
        plans=_part("plans of operations", _plans(viewer, now)),
        emails=_part("email replies", _emails(viewer, now)),
        owed=_part("replies owed", owed_replies(viewer, now)),
        polls=_part("date polls", waiting_polls(viewer, now)),
        readiness=_part("service-readiness notices", notices_in_force(viewer, now)),
    )
    await _leave_out_begun(viewer, parts)
    if parts["rolls"] is not None:
        # An operation on its day has its check-in list instead of an attendance sheet.
        checked_in = {day.line.id for day in parts["check_ins"] or ()}
        parts["rolls"] = [
            OpenSheet(line=line, is_over=line.ends_at <= now)
            for line in parts["rolls"]
            if may_edit(viewer, line) and line.id not in checked_in
        ]
    return Home(**parts, follow_up=queue_in_order(_follow_up(viewer, **parts), now, today))


async def _leave_out_begun(viewer: Viewer, parts: dict[str, Any]) -> None:
    """Ask for no replies to operations that have begun, and for no attendance: their check-in lists say who came."""
    days: HomeDays | None = parts["days"]
    asked = [*(parts["rolls"] or ()), *(missing.line for missing in (days.replies if days else ()))]
    if all(line.kind is not Kind.JOINT_OPERATION for line in asked):
        return
    begun = {event_id for event_id, state in (await plan_states(viewer)).items() if state in UNDER_WAY_OR_OVER}
    if parts["rolls"] is not None:
        parts["rolls"] = [line for line in parts["rolls"] if line.event_id not in begun]
    if days:
        still = [missing for missing in days.replies if missing.line.event_id not in begun]
        parts["days"] = replace(days, replies=still)


def _follow_up(viewer: Viewer, items: HomeItems | None, days: HomeDays | None, **parts: Any) -> Iterator[QueueRow]:
    """Yield the rows of each part that could be read, and the check-ins that are open to the viewer."""
    if items:
        yield from items.blocked
        yield from (LateItem(item=action_item) for action_item in items.late)
    yield from days.replies if days else ()
    for name in ("rolls", "proposals", "ending", "emails", "missing", "conflicts", "plans"):
        yield from parts[name] or ()
    # One that has its row for people who are missing isn't there twice.
    has_row = {check_out.line.id for check_out in parts["missing"] or ()}
    for day in parts["check_ins"] or ():
        if day.line.id not in has_row and may_check_in(viewer, day, leads=may_plan(viewer, day.line)):
            yield OpenCheckIn(line=day.line, is_approved=day.state not in NOT_APPROVED)


async def _part(name: str, reading: Awaitable[T]) -> T | None:
    try:
        return await reading
    except Exception:  # one part failed, whatever the reason; the others are still worth showing
        log.exception("Home page: %s could not be read.", name)
        return None


async def _missing(viewer: Viewer, now: datetime) -> list[MissingCheckOut]:
    return [
        MissingCheckOut(line=line, people=who_is_not_out(names))
        for line, names in await unaccounted_people(viewer, now)
    ]


async def _conflicts(viewer: Viewer) -> list[OpenConflict]:
    to_decide = await conflicts_to_decide(viewer)
    return [OpenConflict(line=line, conflicts=conflicts) for line, conflicts in to_decide.values()]


async def _plans(viewer: Viewer, now: datetime) -> list[PlanRow]:
    duties, unsupervised, sent_back, moved, requests = await together(
        plan_duties(viewer, now),
        plans_without_supervisor(viewer, now),
        returned_plans(viewer, now),
        moved_operations(viewer, now),
        requests_to_approve(viewer, now),
    )
    to_approve = [plan_duty for plan_duty in duties if awaits_approval(viewer, plan_duty)]
    to_acknowledge = [plan_duty for plan_duty in duties if awaits_acknowledgment(plan_duty)]
    return [
        *(OpenApproval(line=plan_duty.line, version=plan_duty.version) for plan_duty in to_approve),
        *(OpenAcknowledgment(line=plan_duty.line, version=plan_duty.version) for plan_duty in to_acknowledge),
        *(MissingSupervisor(line=line) for line in unsupervised),
        *(ReturnedPlan(line=line, given=given) for line, given in sent_back),
        *(MovedPlan(line=line, is_back=is_back, window=window) for line, is_back, window in moved),
        *(OpenRequests(line=line, requests=count) for line, count in requests.values()),
    ]


async def _items(viewer: Viewer, today: date) -> HomeItems:
    every = [item for item in await actions.listed_items(viewer) if concerns_viewer(viewer, item)]
    others = [item for item in every if item.owner_id != viewer.member_id]
    blocked_at = {item.id: item.blocked_at for item in others if item.status is ItemStatus.BLOCKED}
    reasons = await actions.block_reasons(viewer, blocked_at)
    blocked = [
        BlockedItem(item=item, since=since, reason=reasons.get(item.id, ""), may_direct=may_direct_item(viewer, item))
        for item in others
        if (since := blocked_at.get(item.id))
    ]
    waiting_for_help = {blocked_item.item.id for blocked_item in blocked}
    return HomeItems(
        own=[item for item in every if item.owner_id == viewer.member_id],
        blocked=blocked,
        late=[item for item in others if days_late(item, today) > 0 and item.id not in waiting_for_help],
        overdue=sum(days_late(item, today) > 0 for item in every),
    )


async def _days(viewer: Viewer, now: datetime, today: date, zone: str) -> HomeDays:
    start, end = calendars.moments_of_days(today, today + timedelta(days=NEXT_DAYS - 1), zone)
    every = await seen_dates_between(viewer, start, now + AHEAD)
    lines = [seen_date.line for seen_date in every if seen_date.line.starts_at > now]
    ahead = [line for line in lines if not line.is_off and line.status is not EventStatus.DRAFT]
    led = [line for line in ahead if line.kind.asks_reply and may_edit(viewer, line)]
    of_date = await replies.missing_replies(viewer, [line.id for line in led])
    missing = [(line, of_date[line.id]) for line in led if line.id in of_date and of_date[line.id].waiting]
    silent = {line.id: missing_replies.silent for line, missing_replies in missing}
    nudges = await nudges_by_date(viewer, [line for line, _ in missing], silent, now)
    to_call = {member for nudge in nudges.values() if nudge.is_left_to_calls for member in nudge.silent}
    phones = await phones_known_to(viewer, to_call)
    own = (seen_date for seen_date in every if seen_date.reply and seen_date.line.ends_at > now)
    return HomeDays(
        agenda=[seen_date for seen_date in every if seen_date.line.starts_at < end and seen_date.line.ends_at > now],
        upcoming=next(iter(ahead), None),
        next=next((date for date in own if not date.line.is_off and date.line.status is not EventStatus.DRAFT), None),
        leads=bool(led),
        replies=[
            MissingReplies(
                line=line,
                invited=missing_replies.invited,
                waiting=sum(missing_replies.waiting.values()),
                nudge=nudges.get(line.id),
                phones=phones,
                agencies=tuple(missing_replies.waiting.items()),
            )
            for line, missing_replies in missing
        ],
    )


async def _ending(viewer: Viewer, now: datetime) -> list[EndingSeries]:
    lines = await replies.last_dates_of_series(viewer, now, now + ENDING)
    return [EndingSeries(line=line) for line in lines if may_edit(viewer, line)]


async def _proposals(viewer: Viewer, now: datetime) -> list[OpenProposal]:
    dates = await unrecorded_replies.waiting_proposals(viewer, now)
    return [OpenProposal(line=line, people=tuple(proposal.person for proposal in waiting)) for line, waiting in dates]


async def _emails(viewer: Viewer, now: datetime) -> list[OpenEmails]:
    came = (await waiting_emails(viewer, now)).came
    return [OpenEmails(count=len(came), since=min(came))] if came else []


class SetUp(Struct, frozen=True, kw_only=True):
    """The steps with whether each is done, and the last test email."""

    steps: Mapping[SetUpStep, bool]
    test: SentEmailTest | None

    @property
    def done(self) -> int:
        """Return how many steps are done."""
        return sum(self.steps.values())


async def set_up_list(viewer: Viewer, known: DeploymentState) -> SetUp | None:
    """Return the list; None for people who do not manage accounts, when it was hidden, and when all is done."""
    if not viewer.manages_accounts or known.set_up_at:
        return None
    set_up = await set_up_progress(viewer)
    return None if all(set_up.steps.values()) else set_up


async def set_up_progress(viewer: Viewer) -> SetUp:
    """Return the steps as they are now, whether or not the list is shown."""
    sizes, tests, sees_any = await together(
        directory_rows.roster_sizes(), writers.every_email_test(viewer), events.sees_any_event(viewer)
    )
    present = SetUpState(
        agencies=sizes.agencies,
        people=sizes.people,
        committees=sizes.committees,
        was_email_sent=writers.was_any_test_sent(tests),
        has_event=viewer.may_schedule and sees_any,
    )
    return SetUp(steps=rules.set_up_steps(viewer, present), test=writers.latest_email_test(viewer, tests))


async def is_set_up_hidden() -> bool:
    """Return whether a person hid the list."""
    return (await deployment_state()).set_up_at is not None


async def hide_set_up(viewer: Viewer, now: datetime) -> None:
    """Hide the list from everyone. Errors: NotFound for people who do not manage accounts."""
    await _note_set_up(viewer, now, "hidden", now)


async def show_set_up_again(viewer: Viewer, now: datetime) -> None:
    """Show the list again, as far as anything is left to do. Errors as in `hide_set_up`."""
    await _note_set_up(viewer, None, "shown_again", now)


async def _note_set_up(viewer: Viewer, set_up_at: datetime | None, verb: str, now: datetime) -> None:
    if not viewer.manages_accounts:
        raise NotFound
    async with writing():
        await Deployment.update({Deployment.set_up_at: set_up_at}).where(Deployment.id == ONLY_ROW)
        await audit.record(viewer.actor, verb, "set_up_list", "", {}, now)
