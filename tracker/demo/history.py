"""What has happened in the demo so far, in order of time, by the use cases of the product itself.

Most people reply, some don't, some come who replied no. Each action gets its own time as `now`, so replies, attendance,
notes and the audit log have the right age. Action items are open, in progress, blocked, overdue, or done.
"""

import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from operator import itemgetter
from uuid import UUID

from msgspec import Struct, field
from msgspec.structs import replace

from tracker.crypto import ids
from tracker.demo import Row, read_story
from tracker.demo.cast import (
    A_DAY,
    COMMITTEES,
    PROGRAM,
    SERIES,
    SINGLES,
    SOON,
    VIDEO,
    Company,
    Script,
    due_day,
    next_call,
    timetable,
)
from tracker.rules.actions import ItemEdit, ItemStatus, NewItem
from tracker.rules.attendance import AttendanceWalkIn, Mark, RollCallLine
from tracker.rules.core.viewers import Origin, Viewer, Visibility
from tracker.rules.core.wording import to_local, to_utc
from tracker.rules.emails import escalations
from tracker.rules.emails.escalations import Escalation
from tracker.rules.events import plans as plan_rules
from tracker.rules.events.events import EventStatus, Kind
from tracker.rules.events.markings import Marking
from tracker.rules.events.notifications import Notify
from tracker.rules.events.plans import DateChange, Plan
from tracker.rules.events.replies import REPLY_HOUR, AttendeeRole, ReplyValue
from tracker.rules.polls import NewPoll
from tracker.rules.recurrence.holidays import next_working_day
from tracker.rules.recurrence.series import RepeatChoice
from tracker.rules.roster.meetings import USUAL_POLICY
from tracker.usecases import attendance
from tracker.usecases.actions import action_items
from tracker.usecases.core import outbox
from tracker.usecases.emails import summaries
from tracker.usecases.emails.item_emails import item_messages_due
from tracker.usecases.emails.preferences import everyones_wishes
from tracker.usecases.events import occurrences, replies, scheduling
from tracker.usecases.polls import polls

REPLIES = {ReplyValue.ACCEPTED: 0.68, ReplyValue.TENTATIVE: 0.08, ReplyValue.DECLINED: 0.08, None: 0.16}
"""How often each reply occurs; None = no reply."""
COMMENTS = ("In the field that day.", "In training that week.", "Court in the morning.")
MARKS = {Mark.HERE: 0.5, Mark.REMOTE: 0.2, Mark.ABSENT: 0.12, Mark.EXCUSED: 0.12, None: 0.06}
"""The marks of people who did not reply yes; None = not marked."""
NOT_TAKEN = "briefing"  # its attendance is left open for visitors of the demo
GUEST = ("Paralegal", "Jackson County Prosecutor")
THANKING = "services"
"""The committee, and the script of its meetings, whose chair thanks people after the last one."""
MINUTE, HOUR, YEAR = timedelta(minutes=1), timedelta(hours=1), timedelta(days=365)
THANKED, ASKED, POLL_REPLIED = 5 * MINUTE, 5 * MINUTE, 2 * MINUTE
"""Before the start; less than `seed.JUST_NOW`, so that the emails are really sent."""

Deed = Callable[[datetime], Awaitable[object]]


class Date(Struct, frozen=True, kw_only=True):
    """One date of a script: its key in addresses, and its times."""

    key: str
    starts_at: datetime
    ends_at: datetime


Dates = Mapping[str, list[Date]]
"""By the script's key."""


class Story(Struct):
    """The diary of the demo; `events` are the ids of scheduled events, by the script's key."""

    company: Company
    now: datetime
    zone: str
    luck: random.Random
    events: dict[str, UUID] = field(default_factory=dict)
    _diary: list[tuple[datetime, Deed]] = field(default_factory=list)

    def who(self, key: str) -> Viewer:
        """Return a person as the actor; the audit log says that the command line acted for them."""
        return replace(self.company.members[key], origin=Origin("cli"))

    def at(self, moment: datetime, deed: Deed) -> None:
        """Write an action into the diary; one in the future happens when the demo starts."""
        self._diary.append((min(moment, self.now), deed))

    async def live(self, until: datetime) -> None:
        """Run the actions of the diary up to a time, earliest first, and remove them from it."""
        due = sorted((entry for entry in self._diary if entry[0] <= until), key=itemgetter(0))
        self._diary = [entry for entry in self._diary if entry[0] > until]
        for moment, deed in due:
            await deed(moment)

    def local(self, moment: datetime) -> datetime:
        """Return a moment on the wall clock, without its zone."""
        return to_local(moment, self.zone).replace(tzinfo=None)

    @property
    def today(self) -> date:
        """Return the day on which the demo starts."""
        return self.local(self.now).date()

    def invited(self, script: Script) -> list[str]:
        """Return the keys of the people that a script invites, without its organizer."""
        return [key for key in self.company.named(*script.who) if key != script.lead]

    def plan(self, script: Script) -> Plan:
        """Return the plan of a script, relative to today; its marking is valid for a year after its first day."""
        times = timetable(script, self.today)
        lead, committee = self.company.members[script.lead], script.committee
        marking = Marking(
            categories=script.categories,
            limit=script.limit,
            agency_id=lead.agency_id,
            agency=lead.agency,
            decontrol_on=times.starts.date() + YEAR,
        )
        return Plan(
            kind=script.kind,
            title=script.title,
            visibility=script.sees,
            zone=self.zone,
            starts=times.starts,
            duration=script.duration,
            is_all_day=script.is_all_day,
            status=script.status,
            rule=times.rule,
            on_holidays=times.on_holidays,
            place=script.place,
            agenda=script.agenda,
            committee_id=self.company.committees[committee] if committee else None,
            video_link=VIDEO if script.has_video else "",
            description=script.description,
            marking=marking if script.categories else None,
            invitees={self.company.members[key].member_id: AttendeeRole.REQUIRED for key in self.invited(script)},
            reminders=(COMMITTEES[committee].reminders if committee else None) or USUAL_POLICY,
        )


def write_history(story: Story) -> Dates:
    """Write the whole program into the diary, and return the dates of each script."""
    begins = next_call(story.local(story.now), SOON.duration)
    dates = {script.key: _schedule(story, script) for script in (*SERIES, *SINGLES)}
    dates[SOON.key] = _schedule(story, SOON, begins)
    _change(story, dates)
    return dates


def _schedule(story: Story, script: Script, begins: datetime | None = None) -> list[Date]:
    """Write the scheduling of a script, and replies and attendance, into the diary; return its dates."""
    plan = story.plan(script)
    plan = replace(plan, starts=begins) if begins else plan
    dates = [
        Date(key=start.date().isoformat(), starts_at=slot[0], ends_at=slot[1])
        for start, slot in plan_rules.slots_of_plan(plan)
    ]
    moment = story.now if script.is_new else min(dates[0].starts_at - A_DAY * script.when.notice, story.now)

    async def schedule(now: datetime) -> None:
        story.events[script.key] = await scheduling.schedule_event(story.who(script.lead), plan, now)

    story.at(moment, schedule)
    if script.status is EventStatus.DRAFT or script.is_new:
        return dates
    _reply(story, script, moment, dates[0])
    if script.kind is not Kind.DEADLINE and script.key != NOT_TAKEN:
        for past in (date for date in dates if date.ends_at < story.now):
            _take_attendance(story, script, past)
    return dates


def _reply(story: Story, script: Script, moment: datetime, date: Date) -> None:
    """Write the replies of the people who were invited at that time into the diary."""
    for_series = script.when.repeat is not RepeatChoice.NONE

    async def reply(key: str, value: ReplyValue, comment: str, now: datetime) -> None:
        event_id = story.events[script.key]
        await replies.record_own_reply(story.who(key), event_id, date.key, value, comment, now, for_series=for_series)

    for key in story.invited(script):
        value = story.luck.choices(list(REPLIES), list(REPLIES.values()))[0]
        at = min(moment + timedelta(hours=story.luck.uniform(2, 90)), date.starts_at - HOUR)
        if value and at < story.now and key not in script.silent:
            comment = story.luck.choice(COMMENTS) if value is ReplyValue.DECLINED else ""
            story.at(at, partial(reply, key, value, comment))


def _take_attendance(story: Story, script: Script, date: Date) -> None:
    lead = story.who(script.lead)

    async def mark_yes(now: datetime) -> None:
        await attendance.mark_replied_yes_here(lead, story.events[script.key], date.key, now)

    async def mark_others(now: datetime) -> None:
        event_id = story.events[script.key]
        roll = await attendance.read_roll_call(lead, event_id, date.key, now)
        marks = {line.member_id: mark for line in roll.lines if line.member_id and (mark := _mark(story, line))}
        await attendance.record_marks(lead, event_id, date.key, marks, now)
        if script.kind is Kind.TRAINING:
            guest = AttendanceWalkIn(id=ids.new_id(), name=GUEST[0], agency=GUEST[1])
            await attendance.record_walk_in(lead, event_id, date.key, guest, now)

    async def close(now: datetime) -> None:
        await attendance.close_attendance(lead, story.events[script.key], date.key, now)

    story.at(date.starts_at + 3 * MINUTE, mark_yes)
    story.at(date.starts_at + 9 * MINUTE, mark_others)
    story.at(date.ends_at + 10 * MINUTE, close)


def _mark(story: Story, line: RollCallLine) -> Mark | None:
    """Return the mark of a person; one in twelve of those marked already took part remotely."""
    if line.mark is not None:
        return Mark.REMOTE if story.luck.random() < 1 / 12 else None
    return story.luck.choices(list(MARKS), list(MARKS.values()))[0]


def _change(story: Story, dates: Dates) -> None:
    """Move a date, cancel another and a whole event, before the demo starts; move one more just as it starts."""
    ahead = {key: [date for date in listed if date.starts_at > story.now + 2 * A_DAY] for key, listed in dates.items()}
    dropped = ahead["capacity"][1]

    async def cancel_date(now: datetime) -> None:
        lead, event_id = story.who("caht_lead"), story.events["capacity"]
        date = await occurrences.date_seen_by(lead, event_id, dropped.key)
        await occurrences.cancel_occurrence(lead, event_id, dropped.key, date.version, "County holiday.", now)

    async def cancel_event(now: datetime) -> None:
        lead = story.who("fbi_lead")
        event = await scheduling.event_seen_by(lead, story.events["radio"])
        await scheduling.cancel_event(lead, event.id, event.version, "The channel isn't ready yet.", now)

    story.at(story.now - 5 * A_DAY, partial(_move, story, "coordinator", "monthly", ahead["monthly"][1]))
    story.at(story.now, partial(_move, story, "caht_lead", "partners", ahead["partners"][0]))
    story.at(story.now - 3 * A_DAY, cancel_date)
    story.at(story.now - A_DAY, cancel_event)


async def _move(story: Story, lead: str, key: str, moved: Date, now: datetime) -> None:
    viewer, event_id = story.who(lead), story.events[key]
    date = await occurrences.date_seen_by(viewer, event_id, moved.key)
    starts = moved_start(story.local(moved.starts_at))
    change = DateChange(starts=starts, duration=moved.ends_at - moved.starts_at, reason="The room is booked.")
    await occurrences.change_occurrence(viewer, event_id, moved.key, change, date.version, now, notify=Notify.ALL)


def moved_start(starts: datetime) -> datetime:
    """Return the local start to which a date is moved: on the next working day, an hour later."""
    return datetime.combine(next_working_day(starts.date()), starts.time()) + HOUR


def give_thanks(story: Story, dates: Dates) -> None:
    """Write into the diary that the people of the last meeting are thanked."""
    held = [date for date in dates[THANKING] if date.ends_at < story.now]

    async def thank(now: datetime) -> None:
        chair, event_id, key = story.who(COMMITTEES[THANKING].chair or ""), story.events[THANKING], held[-1].key
        people = (await summaries.thank_you_view(chair, event_id, key, now, story.zone)).people
        await summaries.send_thank_you(chair, event_id, key, now, people=len(people))

    if held:
        story.at(story.now - THANKED, thank)


def ask_for_dates(story: Story) -> None:
    """Write the date poll of the Steering Committee, and the replies to it, into the diary."""
    opened: list[UUID] = []
    script, organizer = PROGRAM.poll, story.who("coordinator")
    starts = tuple(datetime.combine(date.first.on(story.today), date.starts) for date in script.dates)
    seats = [story.who(key).member_id for key in story.company.named("steering") if key != "coordinator"]
    plan = Plan(
        kind=Kind.MEETING,
        title=script.title,
        visibility=Visibility.COMMITTEE,
        committee_id=story.company.committees["steering"],
        zone=story.zone,
        starts=starts[0],
        duration=timedelta(minutes=script.minutes),
        place=script.place,
        status=EventStatus.DRAFT,
        invitees=dict.fromkeys(seats, AttendeeRole.REQUIRED),
    )
    reply_by = to_utc(datetime.combine(script.reply_by.on(story.today), REPLY_HOUR), story.zone)

    async def open_poll(now: datetime) -> None:
        event_id = await scheduling.schedule_event(organizer, plan, now)
        opened.append(await polls.open_poll(organizer, event_id, NewPoll(starts=starts, reply_by=reply_by), now))

    async def reply(now: datetime) -> None:
        for key, fits in script.replies.items():
            viewer = story.who(key)
            options = (await polls.poll_for(viewer, opened[0])).options
            fit_by_id = {option.id: fit for option, fit in zip(options, fits, strict=True)}
            await polls.reply_to_poll(viewer, opened[0], fit_by_id, now)

    story.at(story.now - ASKED, open_poll)
    story.at(story.now - POLL_REPLIED, reply)


SOON_AFTER = timedelta(minutes=6)
JUST_BEFORE = timedelta(seconds=1)


class Assigned(Row, frozen=True, kw_only=True):
    """Who gave an item to whom, on a date of `origin` (`back` = 1 for the latest past one), and when it is due."""

    giver: str
    owner: str
    origin: str | None = None
    back: int = 1
    due: int
    """About so many days from today."""


class Step(Row, frozen=True, kw_only=True):
    """An update by the owner of an item, or by its giver, who cancels it."""

    ago: timedelta
    status: ItemStatus
    progress: int | None = None
    note: str = ""


class Errand(Row, frozen=True, kw_only=True):
    """An item, and what became of it."""

    title: str
    assigned: Assigned
    steps: tuple[Step, ...] = ()


ERRANDS = read_story("items", dict[str, tuple[Errand, ...]])["items"]


def give_items(story: Story, dates: Dates) -> None:
    """Write every item, and its updates, into the diary."""
    for errand in ERRANDS:
        assigned = errand.assigned
        past = [date for date in dates[assigned.origin] if date.ends_at < story.now] if assigned.origin else []
        origin = past[-assigned.back] if past else None
        given = origin.ends_at + SOON_AFTER if origin else story.now
        made: list[str] = []
        story.at(given, partial(_create, story, errand, origin, made))
        for number, step in enumerate(errand.steps, start=1):
            at = max(given + HOUR * number, story.now - step.ago - HOUR * number)
            story.at(at, partial(_update, story, errand, step, number, made))


async def _create(story: Story, errand: Errand, origin: Date | None, made: list[str], now: datetime) -> None:
    """Create an item, and add its reference to those that were made."""
    giver, owner = story.who(errand.assigned.giver), story.who(errand.assigned.owner)
    origin_id = None
    if origin and errand.assigned.origin:
        event_id = story.events[errand.assigned.origin]
        origin_id = (await occurrences.date_seen_by(giver, event_id, origin.key)).id
    day = to_local(now, story.zone).date()
    item = NewItem(
        title=errand.title,
        owner_id=owner.member_id,
        due=max(due_day(errand.assigned.due, story.today), day),
        seen_by=Visibility.LAW_ENFORCEMENT,
        origin_id=origin_id,
    )
    made.append(await action_items.create_item(giver, item, now, day))


async def _update(story: Story, errand: Errand, step: Step, version: int, made: list[str], now: datetime) -> None:
    editor = story.who(errand.assigned.giver if step.status is ItemStatus.CANCELED else errand.assigned.owner)
    change = ItemEdit(status=step.status, progress=step.progress, note=step.note)
    await action_items.save_item_edit(editor, made[0], change, version, now, to_local(now, story.zone).date())


async def remind_of_items(story: Story) -> None:
    """Queue the emails about items of the last morning, which are sent when the demo starts, however late it is."""
    _, morning = escalations.first_morning(story.today, story.zone, None)
    if morning > story.now:
        _, morning = escalations.first_morning(story.today - A_DAY, story.zone, None)
    drafts = await item_messages_due(morning - JUST_BEFORE, morning, story.zone, await everyones_wishes(), Escalation())
    await outbox.enqueue_all([replace(draft, not_after=None) for draft in drafts], story.now)
