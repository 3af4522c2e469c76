"""An operation of the demo that is over: its hot wash, after-action items, and a lesson that everyone can read."""

from datetime import datetime, time, timedelta
from functools import partial

from tracker.demo.days import SATURDAY, due_day, unless_holiday, weeks
from tracker.demo.story import Story
from tracker.rules.core.audiences import Visibility
from tracker.rules.core.wall_clock import to_local, to_utc
from tracker.rules.events.events import Kind
from tracker.rules.events.plans import Plan
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.operations.after_actions import Edition, ItemAssignment
from tracker.rules.operations.check_ins import Direction, Presence, Tap
from tracker.rules.operations.plans import DEFAULT_BUFFER, Disclosure
from tracker.rules.operations.sites import PlannedSite, SiteRole, point_at
from tracker.rules.operations.states import OperationState
from tracker.usecases.actions import after_actions as after_items
from tracker.usecases.events import occurrences, scheduling
from tracker.usecases.operations import activity_log, after_actions, approvals, check_ins, plans
from tracker.usecases.operations.plans import PlanBasics

LEAD, SUPERVISOR, PARTNER = "fbi_lead", "hsi_liaison", "kcpd_detective"
KEY, TITLE = "switchgrass", "Operation Switchgrass"
WENT_WELL = "The lot was clear in two minutes. Both agencies kept to channel 2."
TO_IMPROVE = "Radios didn’t reach the back of the building. The check-in list was on one phone."
ACTIONS = ("Try the radios behind the building", "Bring a second phone for the check-in list")
LESSON = "Switchgrass lost six minutes because the radios were tried only at staging."
EDITION = Edition(
    title="Try radios where they’re used",
    text="Before a briefing, try each radio at the place where it will be used, not only at staging.",
)


def look_back(story: Story) -> None:
    """Write an operation of three weeks ago into the diary: from its planning to what was learned from it."""
    today = to_local(story.now, story.zone).date()
    starts = datetime.combine(unless_holiday(weeks(-4, SATURDAY))(today), time(7))
    begins = to_utc(starts, story.zone)
    for after_start, deed in (
        (timedelta(days=-12), partial(_schedule, starts=starts)),
        (timedelta(days=-9), _plan),
        (timedelta(minutes=-70), _approve),
        (timedelta(minutes=-45), _brief),
        (timedelta(minutes=-20), partial(_tap, button=Direction.IN)),
        (timedelta(), partial(_move, to=OperationState.EXECUTING)),
        (timedelta(minutes=10), partial(_log, text="Entry made")),
        (timedelta(hours=3), partial(_log, text="Search complete")),
        (timedelta(hours=3, minutes=20), _release),
        (timedelta(hours=3, minutes=45), partial(_tap, button=Direction.OUT)),
        (timedelta(hours=5), partial(_move, to=OperationState.DEBRIEFED)),
        (timedelta(days=2, hours=3), _write_down),
    ):
        story.at(begins + after_start, partial(deed, story))


async def _schedule(story: Story, now: datetime, *, starts: datetime) -> None:
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
    story.events[KEY] = await scheduling.schedule_event(story.who(LEAD), plan, now)


async def _plan(story: Story, now: datetime) -> None:
    lead, event_id = story.who(LEAD), story.events[KEY]
    await plans.start_plan(lead, event_id, now)
    site = PlannedSite(
        role=SiteRole.TARGET, place="Warehouse on the river road", point=point_at(39.1312, -94.5201, 1_320)
    )
    await plans.add_site_to_plan(lead, event_id, site, now)
    supervisor_id = story.who(SUPERVISOR).member_id
    basics = PlanBasics(supervisor_id=supervisor_id, disclosure=Disclosure.CONTACT_ONLY, buffer=DEFAULT_BUFFER)
    await plans.change_plan_basics(lead, event_id, basics, now)
    for key in (LEAD, PARTNER):
        agency_id = story.who(key).agency_id
        await plans.commit_resources(lead, event_id, agency_id, people=4, vehicles=2, skills="", now=now)
    await _move(story, now, to=OperationState.PLANNING)


async def _approve(story: Story, now: datetime) -> None:
    supervisor, event_id = story.who(SUPERVISOR), story.events[KEY]
    await approvals.waive_deconfliction(supervisor, event_id, "The location was known only an hour before.", now)
    await _move(story, now, to=OperationState.SUBMITTED)
    await approvals.change_plan_state(supervisor, event_id, OperationState.APPROVED, now)


async def _brief(story: Story, now: datetime) -> None:
    event_id = story.events[KEY]
    version = (
        await after_actions.after_action_view(story.who(LEAD), event_id, await _date_key(story, now))
    ).operation.version
    for person in (LEAD, PARTNER):
        await approvals.acknowledge_plan_version(story.who(person), event_id, version, now)
    await _move(story, now, to=OperationState.BRIEFED)


async def _tap(story: Story, now: datetime, *, button: Direction) -> None:
    """Check everyone in or out; after the last check-out, the operation is released."""
    was = Presence.EXPECTED if button is Direction.IN else Presence.IN
    for person in (story.who(one) for one in (LEAD, SUPERVISOR, PARTNER)):
        press = Tap(tap_id=f"{button}", person_id=person.member_id, button=button, was=was)
        await check_ins.record_tap(person, story.events[KEY], await _date_key(story, now), press, now)


async def _log(story: Story, now: datetime, *, text: str) -> None:
    key = await _date_key(story, now)
    await activity_log.add_log_entry(story.who(PARTNER), story.events[KEY], key, text, now, tap_id=text)


async def _release(story: Story, now: datetime) -> None:
    await check_ins.release_everyone(story.who(LEAD), story.events[KEY], 30, now)


async def _move(story: Story, now: datetime, *, to: OperationState) -> None:
    await approvals.change_plan_state(story.who(LEAD), story.events[KEY], to, now)


async def _date_key(story: Story, now: datetime) -> str:
    return (await occurrences.nearest_date(story.who(LEAD), story.events[KEY], now)).key


async def _write_down(story: Story, now: datetime) -> None:
    lead, event_id = story.who(LEAD), story.events[KEY]
    await after_actions.save_hot_wash(lead, event_id, WENT_WELL, TO_IMPROVE, now, read=0)
    for title in ACTIONS:
        await after_items.add_after_action(lead, event_id, title, now)
    await after_actions.add_lesson(lead, event_id, LESSON, now)
    view = await after_actions.after_action_view(lead, event_id, await _date_key(story, now))
    first = next(
        action_given.action
        for action_given in await after_items.after_actions_given(lead, view.operation)
        if action_given.action.title == ACTIONS[0]
    )
    due = due_day(20, to_local(story.now, story.zone).date())
    wanted = ItemAssignment(owner_id=story.who(SUPERVISOR).member_id, due=due)
    await after_items.assign_after_action(lead, event_id, first.id, wanted, now, to_local(now, story.zone).date())
    [lesson] = view.lessons
    await after_actions.change_lesson(lead, event_id, lesson.id, LESSON, EDITION, now, read=lesson.version)
    await after_actions.release_lesson(lead, event_id, lesson.id, now, read=lesson.version + 1)
