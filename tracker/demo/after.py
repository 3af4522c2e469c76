"""An operation of the demo that is over: its hot wash, after-action items, and a lesson that everyone can read."""

from datetime import datetime, time, timedelta
from uuid import UUID

from tracker.demo.days import SATURDAY, due_day, unless_holiday, weeks
from tracker.demo.story import Story
from tracker.rules.core.audiences import Visibility
from tracker.rules.core.wall_clock import to_local
from tracker.rules.events.event import Kind
from tracker.rules.events.plan import Plan
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.operations.after_actions import Assignment
from tracker.rules.operations.deconfliction import DEFAULT_BUFFER, Disclosure
from tracker.rules.operations.lessons import Edition
from tracker.rules.operations.sites import Site, SiteRole, point_at
from tracker.rules.operations.states import OperationState
from tracker.usecases.actions import after_actions
from tracker.usecases.events import events, occurrences
from tracker.usecases.operations import after, after_page, approvals, lessons, plans
from tracker.usecases.operations.plans import Basics

LEAD, SUPERVISOR, PARTNER = "fbi_lead", "hsi_liaison", "kcpd_detective"
TITLE = "Operation Switchgrass"
WENT_WELL = "The lot was clear in two minutes. Both agencies kept to channel 2."
TO_IMPROVE = "Radios didn’t reach the back of the building. The check-in list was on one phone."
ACTIONS = ("Try the radios behind the building", "Bring a second phone for the check-in list")
LESSON = "Switchgrass lost six minutes because the radios were tried only at staging."
EDITION = Edition(
    title="Try radios where they’re used",
    text="Before a briefing, try each radio at the place where it will be used, not only at staging.",
)


async def look_back(story: Story) -> None:
    """Plan an operation of three weeks ago to its end, and write down what was learned, in the caller's transaction."""
    event_id = await _scheduled(story)
    await _carried_out(story, event_id)
    await _written_down(story, event_id)


async def _scheduled(story: Story) -> UUID:
    today = to_local(story.now, story.zone).date()
    starts = datetime.combine(unless_holiday(weeks(-4, SATURDAY))(today), time(7))
    named = (story.who(one).member_id for one in (SUPERVISOR, PARTNER))
    plan = Plan(
        kind=Kind.JOINT_OPERATION,
        title=TITLE,
        visibility=Visibility.NAMED,
        zone=story.zone,
        starts=starts,
        duration=timedelta(hours=4),
        place="Staging lot south",
        invitees=dict.fromkeys(named, AttendeeRole.REQUIRED),
    )
    return await events.schedule(story.who(LEAD), plan, story.now)


async def _carried_out(story: Story, event_id: UUID) -> None:
    lead, supervisor, now = story.who(LEAD), story.who(SUPERVISOR), story.now
    await plans.start(lead, event_id, now)
    site = Site(role=SiteRole.TARGET, place="Warehouse on the river road", point=point_at(39.1312, -94.5201, 1_320))
    await plans.add_site(lead, event_id, site, now)
    basics = Basics(supervisor_id=supervisor.member_id, disclosure=Disclosure.CONTACT_ONLY, buffer=DEFAULT_BUFFER)
    await plans.change(lead, event_id, basics, now)
    for key in (LEAD, PARTNER):
        agency_id = story.who(key).agency_id
        await plans.commit(lead, event_id, agency_id, people=4, vehicles=2, skills="", now=now)
    await approvals.waive(supervisor, event_id, "The location was known only an hour before.", now)
    for state in (OperationState.PLANNING, OperationState.SUBMITTED):
        await approvals.move(lead, event_id, state, now)
    await approvals.move(supervisor, event_id, OperationState.APPROVED, now)
    key = (await occurrences.nearest_date(lead, event_id, now)).key
    version = (await after_page.after_view(lead, event_id, key)).operation.version
    for person in (LEAD, PARTNER):
        await approvals.acknowledge(story.who(person), event_id, version, now)
    for state in (OperationState.BRIEFED, OperationState.EXECUTING, OperationState.RELEASED, OperationState.DEBRIEFED):
        await approvals.move(lead, event_id, state, now)


async def _written_down(story: Story, event_id: UUID) -> None:
    lead, now = story.who(LEAD), story.now
    await after.save_hot_wash(lead, event_id, WENT_WELL, TO_IMPROVE, now, read=0)
    for title in ACTIONS:
        await after_actions.add(lead, event_id, title, now)
    await lessons.add(lead, event_id, LESSON, now)
    key = (await occurrences.nearest_date(lead, event_id, now)).key
    view = await after_page.after_view(lead, event_id, key)
    first = next(
        one.action for one in await after_actions.given(lead, view.operation) if one.action.title == ACTIONS[0]
    )
    today = to_local(now, story.zone).date()
    wanted = Assignment(owner_id=story.who(SUPERVISOR).member_id, due=due_day(20, today))
    await after_actions.assign(lead, event_id, first.id, wanted, now, today)
    [lesson] = view.lessons
    await lessons.change(lead, event_id, lesson.id, LESSON, EDITION, now, read=lesson.version)
    await lessons.release(lead, event_id, lesson.id, now, read=lesson.version + 1)
