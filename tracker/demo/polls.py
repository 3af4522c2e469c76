"""The date poll of the demo: the Steering Committee is asked when to plan next year, and half of it has replied."""

from datetime import datetime, time, timedelta
from uuid import UUID

from tracker.demo.days import FRIDAY, TUESDAY, WEDNESDAY, unless_holiday, weeks, workday
from tracker.demo.story import Story
from tracker.rules.core.audiences import Visibility
from tracker.rules.core.wall_clock import to_utc
from tracker.rules.core.wording import local
from tracker.rules.events.events import EventStatus, Kind
from tracker.rules.events.plans import Plan
from tracker.rules.events.replies import REPLY_HOUR, AttendeeRole
from tracker.rules.polls.polls import Fit, NewPoll
from tracker.usecases.events import scheduling
from tracker.usecases.polls import polls

DATES = (
    (unless_holiday(weeks(2, TUESDAY)), time(9)),
    (unless_holiday(weeks(2, WEDNESDAY)), time(13)),
    (unless_holiday(weeks(3, FRIDAY)), time(9)),
)
YES, IF_NEEDED, NO = Fit.YES, Fit.IF_NEEDED, Fit.NO
REPLIES = {
    "fbi_lead": (YES, NO, IF_NEEDED),
    "hsi_liaison": (YES, YES, YES),
    "kcpd_detective": (IF_NEEDED, YES, NO),
    "shelter_lead": (YES, IF_NEEDED, YES),
}
ASKED, REPLIED = timedelta(minutes=5), timedelta(minutes=2)  # before the start: those who haven't replied get emails
IN_DAYS = 4  # from today, until people should have replied


def ask(story: Story) -> None:
    """Write the poll and the replies to it into the diary."""
    opened: list[UUID] = []

    async def open_poll(now: datetime) -> None:
        opened.append(await _opened(story, now))

    async def reply(now: datetime) -> None:
        for key, fits in REPLIES.items():
            viewer = story.who(key)
            options = (await polls.poll_for(viewer, opened[0])).options
            await polls.reply_to_poll(
                viewer, opened[0], {poll_date.id: fit for poll_date, fit in zip(options, fits, strict=True)}, now
            )

    story.at(story.now - ASKED, open_poll)
    story.at(story.now - REPLIED, reply)


async def _opened(story: Story, now: datetime) -> UUID:
    organizer, today = story.who("coordinator"), local(story.now, story.zone).date()
    starts = tuple(datetime.combine(day(today), hour) for day, hour in DATES)
    seats = [story.who(key).member_id for key in story.company.named("steering") if key != "coordinator"]
    plan = Plan(
        kind=Kind.MEETING,
        title="Planning day for next year",
        visibility=Visibility.COMMITTEE,
        committee_id=story.company.committees["steering"],
        zone=story.zone,
        starts=starts[0],
        duration=timedelta(hours=3),
        place="5th-floor conference room",
        status=EventStatus.DRAFT,
        invitees=dict.fromkeys(seats, AttendeeRole.REQUIRED),
    )
    event_id = await scheduling.schedule_event(organizer, plan, now)
    reply_by = to_utc(datetime.combine(workday(IN_DAYS)(today), REPLY_HOUR), story.zone)
    return await polls.open_poll(organizer, event_id, NewPoll(starts=starts, reply_by=reply_by), now)
