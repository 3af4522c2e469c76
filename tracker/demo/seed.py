"""Fills an empty database with the demo task force, from its people to what happens just as it starts.

A larger demo, for measurements, has more people, and an older past, written as rows in bulk. The added part has no
emails, replies, attendance or audit entries, and ended before the demo's own past began: today's calendar stays the
same while the database grows.
"""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from uuid import UUID

from msgspec import Struct

from tracker.crypto import ids
from tracker.database import writing
from tracker.demo import Row, read_story
from tracker.demo.cast import A_WEEK, Company, assemble_company, choose_reminders, set_blackouts, share_calendars
from tracker.demo.history import Story, ask_for_dates, give_items, give_thanks, remind_of_items, write_history
from tracker.demo.operations import notify_services, plan_operations, write_past_operation
from tracker.rules.core import viewers
from tracker.rules.core.outbox import MessageState, SendOutcome
from tracker.rules.core.viewers import Arm, Visibility
from tracker.rules.core.wording import to_local
from tracker.rules.events.events import Kind
from tracker.rules.events.kept_dates import dates_of_new_event
from tracker.rules.events.plans import Plan
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.intake.received_emails import DeliveryRefusal
from tracker.rules.recurrence.holidays import HolidayChoice, is_working_day, next_working_day
from tracker.rules.recurrence.series import Frequency, Rule
from tracker.tables.schema.events import Event, EventAudience, Invitation
from tracker.tables.schema.roster import Member
from tracker.usecases.core import outbox
from tracker.usecases.events.series import write_dates
from tracker.usecases.intake import received_emails
from tracker.usecases.views import home

PEOPLE = 25  # in each batch
SERIES = 20  # in each batch
DATES = 50  # in each series, weekly: a thousand dates in each batch
HOLIDAYS = 15  # in a year and a few weeks, at most
INVITED = 10  # people of each series
LATEST = timedelta(weeks=DATES + HOLIDAYS + 30)  # before today, for the first date of a series
EARLIEST = timedelta(days=20 * 365)
FRIDAY = 4  # as date.weekday() counts
STARTS = (time(9), time(10), time(11), time(13), time(14), time(15))


class Meetings(Row, frozen=True, kw_only=True):
    """Meetings that the same people may see: how many of ten series, and titles and places."""

    share: int
    titles: tuple[tuple[str, str], ...]


class Bulk(Row, frozen=True, kw_only=True):
    """What `bulk.toml` holds."""

    roles: Mapping[str, tuple[str, ...]]
    meetings: Mapping[Visibility, Meetings]


BULK = read_story("bulk", Bulk)


class _Helper(Struct, frozen=True):
    """A person who was added."""

    id: UUID
    arm: Arm


async def add_batches(company: Company, now: datetime, zone: str, luck: random.Random, times: int) -> None:
    """Add this many batches of people and series, inside the caller's transaction."""
    for number in range(times):
        helpers = await _people(company, number, now - EARLIEST, zone, luck)
        plans = [_plan(now, zone, luck, helpers) for _ in range(SERIES)]
        await _series(company, plans, now - EARLIEST)


async def _people(company: Company, helping: int, joined_at: datetime, zone: str, luck: random.Random) -> list[_Helper]:
    places = list({viewer.agency_id: viewer for viewer in company.members.values()}.values())
    chosen = [places[number % len(places)] for number in range(PEOPLE)]
    rows = [
        Member(
            id=ids.new_id(),
            agency=place.agency_id,
            zone=zone,
            status="active",
            joined_at=joined_at,
            name=f"{place.agency} {luck.choice(BULK.roles[place.agency])} {number}",
            email=f"person{number}@large.example",
        )
        for number, place in enumerate(chosen, start=helping * PEOPLE + 1)
    ]
    await Member.insert(*rows)
    return [_Helper(row.id, place.arm) for row, place in zip(rows, chosen, strict=True)]


def _plan(now: datetime, zone: str, luck: random.Random, helpers: Sequence[_Helper]) -> Plan:
    seen_by = luck.choices(list(BULK.meetings), [meetings.share for meetings in BULK.meetings.values()])[0]
    invited = [helper.id for helper in helpers if seen_by in {Visibility.ALL, helper.arm}]
    first = to_local(now - LATEST - (EARLIEST - LATEST) * luck.random(), zone).date()
    weekday = first + timedelta(days=luck.randrange(FRIDAY + 1) - first.weekday())  # as likely on each working day
    starts = datetime.combine(next_working_day(weekday), luck.choice(STARTS))
    title, place = luck.choice(BULK.meetings[seen_by].titles)
    # A weekly series that is held on `DATES` working days; its holidays are left out.
    days = [starts.date() + A_WEEK * number for number in range(DATES + HOLIDAYS)]
    last = [day for day in days if is_working_day(day)][DATES - 1]
    closed = [day for day in days if day < last and not is_working_day(day)]
    return Plan(
        kind=Kind.MEETING,
        title=title,
        visibility=seen_by,
        starts=starts,
        zone=zone,
        duration=timedelta(minutes=luck.choice((30, 60, 90))),
        place=place,
        rule=Rule(frequency=Frequency.WEEKLY, weekdays=(starts.weekday(),), count=DATES + len(closed)),
        on_holidays=dict.fromkeys(closed, HolidayChoice.SKIP),
        invitees=dict.fromkeys(luck.sample(invited, min(INVITED, len(invited))), AttendeeRole.REQUIRED),
    )


async def _series(company: Company, plans: Sequence[Plan], made_at: datetime) -> None:
    lead = company.members["coordinator"].member_id
    events = [
        Event(
            id=ids.new_id(),
            uid=ids.new_uid(),
            kind=plan.kind,
            title=plan.title,
            visibility=plan.visibility,
            lead=lead,
            status=plan.status,
            zone=plan.zone,
            starts=plan.starts,
            duration=plan.duration,
            rrule=plan.rrule,
            place=plan.place,
            created_at=made_at,
            changed_at=made_at,
        )
        for plan in plans
    ]
    await Event.insert(*events)
    await EventAudience.insert(
        *(
            EventAudience(id=ids.new_id(), event=event.id, audience=audience)
            for event, plan in zip(events, plans, strict=True)
            for audience in viewers.event_audiences(plan.visibility, None, ())
        )
    )
    await Invitation.insert(
        *(
            Invitation(id=ids.new_id(), event=event.id, member=member_id, role=role, added_at=made_at)
            for event, plan in zip(events, plans, strict=True)
            for member_id, role in plan.invitees.items()
        )
    )
    for event, plan in zip(events, plans, strict=True):
        await write_dates(event.id, dates_of_new_event(plan), made_at)


FIRST_DAY = timedelta(days=200)  # before the start: when the people joined
JUST_NOW = timedelta(minutes=10)  # before the start: newer messages are really emailed
UNSENT = SendOutcome(state=MessageState.SUPPRESSED, reason="Part of the demo's invented past. No email was sent.")
EVERYTHING = 1_000_000  # messages
UNKNOWN = "hhs_specialist"
"""The person whose emails came back."""
REFUSING = timedelta(days=60)
"""Since when they have."""


class Recipe(Struct, frozen=True, kw_only=True):
    """How to make a demo: the same recipe makes the same demo, except for secrets and tokens."""

    now: datetime
    zone: str
    seed: int = 1
    size: int = 1
    """Multiplies people and events; the added ones are in the past and have no emails, replies or attendance."""


async def fill(recipe: Recipe) -> Company:
    """Write the demo into the bound, empty, migrated database in one transaction."""
    ids.seed(recipe.seed)
    luck = random.Random(recipe.seed)  # noqa: S311 - a demo is to be repeatable
    try:
        async with writing():
            joined = recipe.now - FIRST_DAY
            company = await assemble_company(joined, recipe.zone)
            await home.hide_set_up(company.members["coordinator"], joined)
            await choose_reminders(company, joined)
            story = Story(company=company, now=recipe.now, zone=recipe.zone, luck=luck)
            dates = write_history(story)
            give_items(story, dates)
            give_thanks(story, dates)
            ask_for_dates(story)
            write_past_operation(story)
            until = recipe.now - JUST_NOW
            for days in range(FIRST_DAY.days, -1, -1):
                # Day by day, so that an update in the past finds its invitation settled, as it would have been.
                moment = until - timedelta(days=days)
                await story.live(moment)
                await _settle(moment, company if until - moment < REFUSING else None)
            await set_blackouts(company, recipe.now, recipe.zone, until)
            await story.live(recipe.now)
            await plan_operations(story)
            await notify_services(story)
            await remind_of_items(story)
            await share_calendars(company, recipe.now, recipe.zone)
            await add_batches(company, recipe.now, recipe.zone, luck, recipe.size - 1)
    finally:
        ids.seed(None)
    return company


async def _settle(until: datetime, company: Company | None) -> None:
    """Close the messages of the past, each with the reason why no one got it.

    With the `company`, those to one person came back, until sending to their address was paused.
    """
    gone = company.members[UNKNOWN] if company else None
    for message in await outbox.claim_messages("demo", [], until, EVERYTHING):
        if gone and message.recipient_id == gone.member_id:
            words = f"550 5.1.1 <{gone.email}>: Recipient address rejected: User unknown"
            await received_emails.record_refusal(
                message, DeliveryRefusal(words=words, sent_to=gone.email, at_recipient=True), until
            )
        else:
            await outbox.close_message(message, UNSENT, until)
