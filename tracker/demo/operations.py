"""The operations of the demo: the plans of two, with a service-readiness notice, and one that is over."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from functools import partial
from uuid import UUID

from tracker.demo import Row, read_story
from tracker.demo.cast import DemoDay, due_day
from tracker.demo.history import Story
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.core.wording import to_local, to_utc
from tracker.rules.events.events import Kind
from tracker.rules.events.plans import Plan
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.operations.check_ins import Direction, Presence, Tap
from tracker.rules.operations.orders import Paragraphs, PhasePlan
from tracker.rules.operations.plans import DEFAULT_BUFFER, Disclosure, PlannedSite, SiteRole, point_at
from tracker.rules.operations.readiness import Minors, NoticeState, NoticeText
from tracker.rules.operations.records import Edition, ItemAssignment
from tracker.rules.operations.states import OperationState
from tracker.rules.roster.meetings import ConfidentialSiteFacts
from tracker.usecases.actions import item_lists as after_items
from tracker.usecases.events import occurrences, scheduling
from tracker.usecases.operations import access, approvals, check_ins, orders, plans, readiness, records
from tracker.usecases.operations.plans import PlanBasics
from tracker.usecases.roster import agencies

RELEASED_WITHIN = 30  # minutes
DUE = 20  # days from today, about: an after-action item


class SiteScript(Row, frozen=True, kw_only=True):
    """A place of an operation, in degrees; its radius in feet."""

    role: SiteRole
    place: str
    latitude: float
    longitude: float
    radius: int

    @property
    def site(self) -> PlannedSite:
        """Return it as a plan has it."""
        return PlannedSite(role=self.role, place=self.place, point=point_at(self.latitude, self.longitude, self.radius))


class DemoCommitment(Row, frozen=True, kw_only=True):
    """What the agency of a person commits."""

    person: str
    people: int
    vehicles: int
    skills: str = ""


class DemoPhase(Row, frozen=True, kw_only=True):
    """A phase, in minutes from the start of the operation."""

    name: str
    starts: int
    ends: int | None = None


class Access(Row, frozen=True, kw_only=True):
    """Who asks for access to an operation, and why."""

    person: str
    reason: str


class Sketch(Row, frozen=True, kw_only=True):
    """One plan: its lead and supervisor, its sites, what agencies commit, its phases, and its order."""

    lead: str
    supervisor: str
    kind: str
    sites: tuple[SiteScript, ...]
    commitments: tuple[DemoCommitment, ...]
    phases: tuple[DemoPhase, ...] = ()
    order: Paragraphs
    access: Access | None = None
    sent_back: str = ""
    """The supervisor's comment, if the plan was submitted and sent back once."""


class DemoNotice(Row, frozen=True, kw_only=True):
    """A service-readiness notice, in hours from the start of the operation."""

    writer: str
    recipients: tuple[str, ...]
    starts: int
    ends: int
    fewest: int
    most: int
    languages: str
    minors: Minors
    needs: str
    contact: str
    site: ConfidentialSiteFacts


class Over(Row, frozen=True, kw_only=True):
    """An operation that is over, and what was learned from it."""

    title: str
    lead: str
    supervisor: str
    partner: str
    day: DemoDay
    starts: time
    minutes: int
    place: str
    site: SiteScript
    commitments: tuple[DemoCommitment, ...]
    waiver: str
    went_well: str
    to_improve: str
    actions: tuple[str, ...]
    lesson: str
    edition: Edition


class Operations(Row, frozen=True, kw_only=True):
    """What `operations.toml` holds."""

    plans: Mapping[str, Sketch]
    notice: DemoNotice
    over: Over


OPERATIONS = read_story("operations", Operations)
OVER, KEY = OPERATIONS.over, "switchgrass"


async def plan_operations(story: Story) -> None:
    """Plan both operations, one after the other, inside the caller's transaction."""
    for key, sketch in OPERATIONS.plans.items():
        await _plan(story, key, sketch)


async def _plan(story: Story, key: str, sketch: Sketch) -> None:
    lead, event_id, now = story.who(sketch.lead), story.events[key], story.now
    await plans.start_plan(lead, event_id, now)
    await plans.change_plan_basics(lead, event_id, _basics(story, sketch.supervisor), now)
    for site in sketch.sites:
        await plans.add_site_to_plan(lead, event_id, site.site, now)
    await _commit(story, lead, event_id, sketch.commitments, now)
    start = (await occurrences.nearest_date(lead, event_id, now)).starts_at
    for phase in sketch.phases:
        starts_at = start + timedelta(minutes=phase.starts)
        ends_at = None if phase.ends is None else start + timedelta(minutes=phase.ends)
        await orders.plan_phase(lead, event_id, PhasePlan(name=phase.name, starts_at=starts_at, ends_at=ends_at), now)
    await plans.choose_operation_kind(lead, event_id, sketch.kind, (sketch.kind,), now)
    await orders.save_operations_order(lead, event_id, sketch.order, now, read=0)
    await approvals.change_plan_state(lead, event_id, OperationState.PLANNING, now)
    if sketch.access:
        person = story.who(sketch.access.person)
        await access.give_access(lead, event_id, person.member_id, sketch.access.reason, None, now)
    if sketch.sent_back:
        await approvals.change_plan_state(lead, event_id, OperationState.SUBMITTED, now)
        await approvals.return_plan(story.who(sketch.supervisor), event_id, sketch.sent_back, now)


def _basics(story: Story, supervisor: str) -> PlanBasics:
    supervisor_id = story.who(supervisor).member_id
    return PlanBasics(supervisor_id=supervisor_id, disclosure=Disclosure.CONTACT_ONLY, buffer=DEFAULT_BUFFER)


async def _commit(
    story: Story, lead: Viewer, event_id: UUID, commitments: tuple[DemoCommitment, ...], now: datetime
) -> None:
    for promise in commitments:
        agency_id = story.who(promise.person).agency_id
        people, vehicles, skills = promise.people, promise.vehicles, promise.skills
        await plans.commit_resources(
            lead, event_id, agency_id, people=people, vehicles=vehicles, skills=skills, now=now
        )


async def notify_services(story: Story) -> None:
    """Release a notice, which the first of its recipients has acknowledged, inside the caller's transaction."""
    notice, event_id, now = OPERATIONS.notice, story.events["bluestem"], story.now
    writer = story.who(notice.writer)
    date = await occurrences.nearest_date(writer, event_id, now)
    text = NoticeText(
        starts_at=date.starts_at + timedelta(hours=notice.starts),
        ends_at=date.starts_at + timedelta(hours=notice.ends),
        fewest=notice.fewest,
        most=notice.most,
        languages=notice.languages,
        minors=notice.minors,
        needs=notice.needs,
        place=notice.site.name,
        contact=notice.contact,
    )
    recipients = [story.who(key) for key in notice.recipients]
    await agencies.add_confidential_site(recipients[-1], notice.site, now)
    await readiness.save_readiness_notice(writer, event_id, text, now, [viewer.member_id for viewer in recipients], now)
    [saved] = (await readiness.readiness_view(writer, event_id, date.key)).notices
    await readiness.change_notice_state(writer, event_id, saved.id, NoticeState.SCHEDULED, now)
    await readiness.run_due_notices(now)
    await readiness.acknowledge_notice(recipients[0], saved.id, now)


def write_past_operation(story: Story) -> None:
    """Write the operation that is over into the diary: from its planning to what was learned from it."""
    starts = datetime.combine(OVER.day.on(story.today), OVER.starts)
    begins = to_utc(starts, story.zone)
    for after_start, deed in (
        (timedelta(days=-12), partial(_schedule, starts=starts)),
        (timedelta(days=-9), _plan_over),
        (timedelta(minutes=-70), _approve),
        (timedelta(minutes=-45), _brief),
        (timedelta(minutes=-20), partial(_tap, button=Direction.IN)),
        (timedelta(), partial(_move, state=OperationState.EXECUTING)),
        (timedelta(minutes=10), partial(_log, text="Entry made")),
        (timedelta(hours=3), partial(_log, text="Search complete")),
        (timedelta(hours=3, minutes=20), _release),
        (timedelta(hours=3, minutes=45), partial(_tap, button=Direction.OUT)),
        (timedelta(hours=5), partial(_move, state=OperationState.DEBRIEFED)),
        (timedelta(days=2, hours=3), _write_down),
    ):
        story.at(begins + after_start, partial(deed, story))


async def _schedule(story: Story, now: datetime, *, starts: datetime) -> None:
    invited = (story.who(key).member_id for key in (OVER.supervisor, OVER.partner))
    plan = Plan(
        kind=Kind.JOINT_OPERATION,
        title=OVER.title,
        visibility=Visibility.NAMED,
        zone=story.zone,
        starts=starts,
        duration=timedelta(minutes=OVER.minutes),
        place=OVER.place,
        invitees=dict.fromkeys(invited, AttendeeRole.REQUIRED),
    )
    story.events[KEY] = await scheduling.schedule_event(story.who(OVER.lead), plan, now)


async def _plan_over(story: Story, now: datetime) -> None:
    lead, event_id = story.who(OVER.lead), story.events[KEY]
    await plans.start_plan(lead, event_id, now)
    await plans.add_site_to_plan(lead, event_id, OVER.site.site, now)
    await plans.change_plan_basics(lead, event_id, _basics(story, OVER.supervisor), now)
    await _commit(story, lead, event_id, OVER.commitments, now)
    await _move(story, now, state=OperationState.PLANNING)


async def _approve(story: Story, now: datetime) -> None:
    supervisor, event_id = story.who(OVER.supervisor), story.events[KEY]
    await approvals.waive_deconfliction(supervisor, event_id, OVER.waiver, now)
    await _move(story, now, state=OperationState.SUBMITTED)
    await approvals.change_plan_state(supervisor, event_id, OperationState.APPROVED, now)


async def _brief(story: Story, now: datetime) -> None:
    event_id = story.events[KEY]
    view = await records.after_action_view(story.who(OVER.lead), event_id, await _date_key(story, now))
    for key in (OVER.lead, OVER.partner):
        await approvals.acknowledge_plan_version(story.who(key), event_id, view.operation.version, now)
    await _move(story, now, state=OperationState.BRIEFED)


async def _tap(story: Story, now: datetime, *, button: Direction) -> None:
    """Check everyone in or out; after the last check-out, the operation is released."""
    was = Presence.EXPECTED if button is Direction.IN else Presence.IN
    for person in (story.who(key) for key in (OVER.lead, OVER.supervisor, OVER.partner)):
        tap = Tap(tap_id=f"{button}", person_id=person.member_id, button=button, was=was)
        await check_ins.record_tap(person, story.events[KEY], await _date_key(story, now), tap, now)


async def _log(story: Story, now: datetime, *, text: str) -> None:
    date_key = await _date_key(story, now)
    await records.add_log_entry(story.who(OVER.partner), story.events[KEY], date_key, text, now, tap_id=text)


async def _release(story: Story, now: datetime) -> None:
    await check_ins.release_everyone(story.who(OVER.lead), story.events[KEY], RELEASED_WITHIN, now)


async def _move(story: Story, now: datetime, *, state: OperationState) -> None:
    await approvals.change_plan_state(story.who(OVER.lead), story.events[KEY], state, now)


async def _date_key(story: Story, now: datetime) -> str:
    return (await occurrences.nearest_date(story.who(OVER.lead), story.events[KEY], now)).key


async def _write_down(story: Story, now: datetime) -> None:
    """Save the hot wash, assign the first of its action items, and release a lesson."""
    lead, event_id = story.who(OVER.lead), story.events[KEY]
    await records.save_hot_wash(lead, event_id, OVER.went_well, OVER.to_improve, now, read=0)
    for title in OVER.actions:
        await after_items.add_after_action(lead, event_id, title, now)
    await records.add_lesson(lead, event_id, OVER.lesson, now)
    view = await records.after_action_view(lead, event_id, await _date_key(story, now))
    actions = {
        given.action.title: given.action for given in await after_items.after_actions_given(lead, view.operation)
    }
    due = due_day(DUE, story.today)
    wanted = ItemAssignment(owner_id=story.who(OVER.supervisor).member_id, due=due)
    today = to_local(now, story.zone).date()
    await after_items.assign_after_action(lead, event_id, actions[OVER.actions[0]].id, wanted, now, today)
    [lesson] = view.lessons
    await records.change_lesson(lead, event_id, lesson.id, OVER.lesson, OVER.edition, now, read=lesson.version)
    await records.release_lesson(lead, event_id, lesson.id, now, read=lesson.version + 1)
