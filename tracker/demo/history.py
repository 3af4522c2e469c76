"""Replies, attendance and changes of the demo's past: most people reply, some don't, some come who replied no."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from tracker.crypto import ids
from tracker.demo.days import next_call
from tracker.demo.program import SERIES, SINGLES, SOON, Script
from tracker.demo.story import Date, Story
from tracker.rules.attendance.roll_call import AttendanceWalkIn, Mark, RollCallLine
from tracker.rules.core.wall_clock import to_local
from tracker.rules.events.events import EventStatus, Kind
from tracker.rules.events.notifications import Notify
from tracker.rules.events.plans import DateChange
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.holidays import next_working_day
from tracker.rules.recurrence.series import RepeatChoice
from tracker.usecases.attendance import roll_call
from tracker.usecases.events import occurrences, replies, scheduling

REPLIES = {ReplyValue.ACCEPTED: 0.68, ReplyValue.TENTATIVE: 0.08, ReplyValue.DECLINED: 0.08, None: 0.16}
"""How often each reply occurs; None = no reply."""
SILENT = {
    ("monthly", "advocate"),
    ("steering", "kcpd_detective"),
    ("bluestem", "kcpd_detective"),
    ("bluestem", "coordinator"),
    ("center", "caht_lead"),
    ("grant", "caht_lead"),
    ("labor_rights", "shelter_lead"),
    ("enforcement", "fbi_lead"),
}
"""Script and person: so that each persona is still waiting for a reply."""
COMMENTS = ("In the field that day.", "In training that week.", "Court in the morning.")
MARKS = {Mark.HERE: 0.5, Mark.REMOTE: 0.2, Mark.ABSENT: 0.12, Mark.EXCUSED: 0.12, None: 0.06}
"""The marks of people who did not reply yes; None = not marked."""
NOT_TAKEN = "briefing"  # its attendance is left open for visitors of the demo
GUEST = ("Paralegal", "Jackson County Prosecutor")


def fill(story: Story) -> dict[str, list[Date]]:
    """Write the whole program into the diary, and return the dates of each script."""
    begins = next_call(to_local(story.now, story.zone).replace(tzinfo=None), timedelta(minutes=SOON.minutes))
    soon = replace(SOON, first=lambda _: begins.date(), starts=begins.time())
    dates = {script.key: _notify(story, script) for script in (*SERIES, *SINGLES, soon)}
    _change(story, dates)
    return dates


def _notify(story: Story, script: Script) -> list[Date]:
    moment, dates = story.scheduled(script)
    if script.status is EventStatus.DRAFT or script.is_new:
        return dates
    _replies(story, script, moment, dates)
    for date in dates:
        if date.ends_at < story.now and script.kind is not Kind.DEADLINE and script.key != NOT_TAKEN:
            _attendance(story, script, date)
    return dates


def _replies(story: Story, script: Script, moment: datetime, dates: list[Date]) -> None:
    for key in story.invited(script):
        value = story.luck.choices(list(REPLIES), list(REPLIES.values()))[0]
        at = min(moment + timedelta(hours=story.luck.uniform(2, 90)), dates[0].starts_at - timedelta(hours=1))
        if value and at < story.now and (script.key, key) not in SILENT:
            _reply(story, script, key, value, at, dates[0])


def _reply(story: Story, script: Script, key: str, value: ReplyValue, at: datetime, date: Date) -> None:
    comment = story.luck.choice(COMMENTS) if value is ReplyValue.DECLINED else ""

    async def deed(now: datetime) -> None:
        await replies.record_own_reply(
            story.who(key),
            story.events[script.key],
            date.key,
            value,
            comment,
            now,
            for_series=script.repeat is not RepeatChoice.NONE,
        )

    story.at(at, deed)


def _attendance(story: Story, script: Script, date: Date) -> None:
    lead = story.who(script.lead)

    async def bulk(now: datetime) -> None:
        await roll_call.mark_replied_yes_here(lead, story.events[script.key], date.key, now)

    async def others(now: datetime) -> None:
        roll = await roll_call.read_roll_call(lead, story.events[script.key], date.key, now)
        marks = {line.member_id: mark for line in roll.lines if line.member_id and (mark := _mark(story, line))}
        await roll_call.record_marks(lead, story.events[script.key], date.key, marks, now)
        if script.kind is Kind.TRAINING:
            guest = AttendanceWalkIn(id=ids.new_id(), name=GUEST[0], agency=GUEST[1])
            await roll_call.record_walk_in(lead, story.events[script.key], date.key, guest, now)

    async def close(now: datetime) -> None:
        await roll_call.close_attendance(lead, story.events[script.key], date.key, now)

    story.at(date.starts_at + timedelta(minutes=3), bulk)
    story.at(date.starts_at + timedelta(minutes=9), others)
    story.at(date.ends_at + timedelta(minutes=10), close)


def _mark(story: Story, line: RollCallLine) -> Mark | None:
    """Return the mark of a person; one in twelve of those marked already took part remotely."""
    if line.mark is not None:
        return Mark.REMOTE if story.luck.random() < 1 / 12 else None
    return story.luck.choices(list(MARKS), list(MARKS.values()))[0]


def _change(story: Story, dates: dict[str, list[Date]]) -> None:
    """Move a date, cancel another and a whole event, before the demo starts; move one more just as it starts."""
    _move(story, "coordinator", "monthly", _ahead(story, dates["monthly"])[1], story.now - timedelta(days=5))
    _move(story, "caht_lead", "partners", _ahead(story, dates["partners"])[0], story.now)
    dropped = _ahead(story, dates["capacity"])[1]

    async def cancel_date(now: datetime) -> None:
        lead, event_id = story.who("caht_lead"), story.events["capacity"]
        date = await occurrences.date_seen_by(lead, event_id, dropped.key)
        await occurrences.cancel_occurrence(lead, event_id, dropped.key, date.version, "County holiday.", now)

    async def cancel_event(now: datetime) -> None:
        lead = story.who("fbi_lead")
        event = await scheduling.event_seen_by(lead, story.events["radio"])
        await scheduling.cancel_event(lead, event.id, event.version, "The channel isn't ready yet.", now)

    story.at(story.now - timedelta(days=3), cancel_date)
    story.at(story.now - timedelta(days=1), cancel_event)


def _move(story: Story, lead: str, key: str, moved: Date, moment: datetime) -> None:
    """Move a date to the next working day, an hour later."""
    viewer = story.who(lead)

    async def deed(now: datetime) -> None:
        date = await occurrences.date_seen_by(viewer, story.events[key], moved.key)
        starts = moved_start(to_local(moved.starts_at, story.zone).replace(tzinfo=None))
        change = DateChange(starts=starts, duration=moved.ends_at - moved.starts_at, reason="The room is booked.")
        await occurrences.change_occurrence(
            viewer, story.events[key], moved.key, change, date.version, now, notify=Notify.ALL
        )

    story.at(moment, deed)


def moved_start(starts: datetime) -> datetime:
    """Return the local start to which a date is moved."""
    return datetime.combine(next_working_day(starts.date()), starts.time()) + timedelta(hours=1)


def _ahead(story: Story, dates: list[Date]) -> list[Date]:
    return [date for date in dates if date.starts_at > story.now + timedelta(days=2)]
