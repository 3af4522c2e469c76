"""What the Messages page forecasts by a moment is what the clock sends by then, for events, polls, items and digests.

Each number is the seed of a task force of its own: dates, rules, preferences, replies and emails that can't be
delivered are chosen by chance. The clock runs every hour for two weeks, and everything it queues is written and sent.
"""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import count, takewhile
from random import Random
from uuid import uuid4

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, meeting
from tracker.rules.actions import NewItem
from tracker.rules.core.email_declarations import EMAILS, MessageKind
from tracker.rules.core.message_types import ItemsOfDay, PollNudge, ReminderDue, ReplyNudge, WeeklyDigest
from tracker.rules.core.outbox import Message, MessageState, SendOutcome
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.emails.emails import Email
from tracker.rules.emails.escalations import CommitteeDays, Escalation
from tracker.rules.emails.messages import MessageFilter, MessageStatus
from tracker.rules.emails.preferences import Preferences
from tracker.rules.emails.template_values import ItemsOfDayEmail
from tracker.rules.events.events import EventStatus
from tracker.rules.events.plans import plan_from_start
from tracker.rules.events.replies import ReplyValue
from tracker.rules.polls import Fit, NewPoll
from tracker.rules.recurrence.series import rule_for_choice
from tracker.rules.roster.meetings import ASKS_AFTER_OFFERED, ASKS_OFFERED, OFFERED, ReminderPolicy
from tracker.tables.schema.intake import EmailPause
from tracker.usecases.actions import action_items
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails, escalations, messages, preferences, reminders
from tracker.usecases.emails.item_emails import own_item_emails
from tracker.usecases.emails.preferences import sendable_messages
from tracker.usecases.emails.reminders import MESSAGES_AHEAD, queue_due_messages
from tracker.usecases.emails.summaries import own_digests
from tracker.usecases.events import replies, scheduling, series_split
from tracker.usecases.polls import polls

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FORECAST_AT = NOW + timedelta(days=3)
USUAL = Escalation()
PLANNED = MessageFilter(standing=MessageStatus.PLANNED)
Forecast = tuple[str, str, datetime, str]
"""Kind, recipient, moment, and what it is about."""


class TaskForce:
    """A task force whose events, polls, items and preferences are drawn by chance."""

    def __init__(self, cast: Cast, seed: int) -> None:
        self.cast, self.random = cast, Random(seed)  # noqa: S311 - the worlds of a test, not a secret
        self.people = [cast.fbi_lead, cast.hsi_liaison, cast.kcpd_detective, cast.caht_lead, cast.harbor_advocate]

    def some(self, choices: Iterable[timedelta]) -> frozenset[timedelta]:
        """Return some of these lead times, perhaps none."""
        return frozenset(choice for choice in choices if self.random.random() < 0.4)

    def start(self) -> datetime:
        """Return the local start of a date in the next weeks, or at midnight."""
        day = datetime(2026, 12, 19) + timedelta(days=self.random.randrange(24))
        return day + self.random.choice([0, 8, 9, 13, 16, 22]) * HOUR

    async def fill(self) -> None:
        """Fill the database."""
        for person in self.people:
            await self.choose_preferences(person)
        for _ in range(4):
            await self.schedule_event()
        await self.split_series()
        await self.open_poll()
        for number in range(6):
            await self.assign_item(number)
        days = CommitteeDays(agency=self.random.choice([1, 2, 3]), coordinator=self.random.choice([4, 7]))
        await escalations.save_committee_escalation(self.cast.coordinator, self.cast.committees["steering"], days, NOW)
        if self.random.random() < 0.5:
            await pause_address(self.random.choice(self.people))

    async def choose_preferences(self, person: Viewer) -> None:
        """Save preferences: lead times, quiet hours, weekends, a digest."""
        if self.random.random() < 0.3:
            return
        quiet = self.random.choice([None, (time(21), time(7)), (time(18), time(6)), (time(7), time(10))])
        chosen = Preferences(
            date_reminders=self.random.random() < 0.8,
            item_reminders=self.random.random() < 0.8,
            leads=self.random.choice([None, self.some(OFFERED) or None]),
            quiet=quiet,
            has_quiet_weekends=self.random.random() < 0.4,
            digest=self.random.random() < 0.6,
        )
        await preferences.save_preferences(person, chosen, NOW)

    async def schedule_event(self) -> None:
        """Schedule a date or a series, to which some people have replied."""
        starts = self.start()
        invited = self.random.sample(self.people, self.random.randint(1, 4))
        plan = meeting(
            *invited,
            starts=starts,
            is_all_day=starts.hour == 0,
            duration=DAY if starts.hour == 0 else HOUR,
            rule=self.random.choice([None, rule_for_choice("weekly", starts, count=3)]),
            reminders=ReminderPolicy(
                leads=self.some(OFFERED), asks_before=self.some(ASKS_OFFERED), asks_after=self.some(ASKS_AFTER_OFFERED)
            ),
        )
        plan = replace(plan, zone=self.random.choice([ZONE, "America/Denver"]))
        event_id = await scheduling.schedule_event(self.cast.coordinator, plan, NOW)
        value = self.random.choice([ReplyValue.ACCEPTED, ReplyValue.DECLINED, ReplyValue.TENTATIVE])
        await replies.record_own_reply(
            self.random.choice(invited), event_id, starts.date().isoformat(), value, "", NOW, for_series=True
        )

    async def split_series(self) -> None:
        """Schedule a series that another one continues, so that both are one chain."""
        starts = datetime(2026, 12, 22, 10) + timedelta(days=self.random.randrange(12))
        policy = ReminderPolicy(asks_before=frozenset(ASKS_OFFERED[1:]), asks_after=self.some(ASKS_AFTER_OFFERED))
        rule = rule_for_choice("weekly", starts, count=3)
        plan = meeting(*self.people[:3], starts=starts, rule=rule, reminders=policy)
        event_id = await scheduling.schedule_event(self.cast.coordinator, plan, NOW)
        event, plan = await scheduling.plan_to_change(self.cast.coordinator, event_id)
        second = starts + timedelta(days=7)
        later = replace(plan_from_start(plan, second - HOUR), visibility=Visibility.ALL)
        await series_split.change_from_date_on(
            self.cast.coordinator,
            event_id,
            second.date().isoformat(),
            later,
            event.version,
            NOW,
            reauthenticated_at=NOW,
        )

    async def open_poll(self) -> None:
        """Ask people for one of two dates; one of them has replied."""
        asked = self.random.sample(self.people, 3)
        draft = meeting(*asked, status=EventStatus.DRAFT)
        event_id = await scheduling.schedule_event(self.cast.coordinator, draft, NOW)
        reply_by = datetime(2026, 12, 20, 23, tzinfo=UTC) + timedelta(days=self.random.randrange(12))
        starts = (datetime(2027, 1, 12, 10), datetime(2027, 1, 13, 14))
        poll_id = await polls.open_poll(self.cast.coordinator, event_id, NewPoll(starts=starts, reply_by=reply_by), NOW)
        [first, *_] = (await polls.poll_for(asked[0], poll_id)).options
        await polls.reply_to_poll(asked[0], poll_id, {first.id: Fit.YES}, NOW)

    async def assign_item(self, number: int) -> None:
        """Assign an action item that is due soon, or was, and may be blocked."""
        owner = self.random.choice(self.people)
        item = NewItem(
            title=f"Item {number}",
            owner_id=owner.member_id,
            due=NOW.date() + timedelta(days=self.random.randrange(20)),
            committee_id=self.cast.committees["steering"],
        )
        await action_items.create_item(self.cast.coordinator, item, NOW, NOW.date())


async def pause_address(person: Viewer) -> None:
    """Let emails to a person come back from now on."""
    await EmailPause.insert(EmailPause(id=uuid4(), member=person.member_id, address=person.email, paused_at=NOW))


async def clock_runs(moments: Iterable[datetime]) -> list[tuple[Message, Email]]:
    """Let the clock run at these moments; return what was sent, as it was queued."""
    sent: list[tuple[Message, Email]] = []
    for moment in moments:
        await queue_due_messages(moment, ZONE)
        claimed = await outbox.claim_messages("worker", (), moment, 1_000)
        for message in await sendable_messages(claimed, "worker", moment):
            written = await emails.write_email(message, moment, ZONE)
            if isinstance(written, SendOutcome):
                await outbox.close_message(message, written, moment)
                continue
            outcome = SendOutcome(state=MessageState.SENT, reason="", said=written.said)
            await outbox.close_message(message, outcome, moment)
            sent.append((message, written))
    return sent


async def forecast(cast: Cast, people: Sequence[Viewer]) -> list[Forecast]:
    """Return what the pages say will be sent: to anyone about events, to each person about their items and week."""
    until, said = FORECAST_AT + MESSAGES_AHEAD, list[Forecast]()
    for reminder in await reminders.reminders_ahead(cast.coordinator, FORECAST_AT):
        said += [(reminder.kind, to.name, reminder.at, str(reminder.line.id)) for to in reminder.people]
    for poll in await messages.planned_polls(cast.coordinator, PLANNED, None, FORECAST_AT):
        said += [(poll.kind, to.name, poll.at, str(poll.poll.event.id)) for to in poll.people]
    for person in people:
        for email in await own_item_emails(person, until, FORECAST_AT, ZONE, USUAL):
            said.append((email.kind, person.name, email.at, f"{email.own} of {email.items}"))
        for digest in await own_digests(person, until, FORECAST_AT, ZONE):
            said.append((digest.kind, person.name, digest.at, digest.monday.isoformat()))
    return sorted(said)


def subject_of(message: Message, written: Email) -> str:
    """Return what a message is about, as `forecast` names it."""
    if isinstance(message.content, WeeklyDigest):
        return message.content.monday.isoformat()
    if isinstance(message.content, ItemsOfDay):
        if not isinstance(written.says, ItemsOfDayEmail):
            return "1 of 1"
        own = written.says.overdue + written.says.due
        return f"{own} of {own + written.says.agency + written.says.followed_up}"
    return str(message.occurrence_id or message.event_id)


@pytest.mark.parametrize("seed", range(8))
async def test_what_is_forecast_by_a_moment_is_what_the_clock_sends_by_then(sqlite_cast: Cast, seed: int) -> None:
    await queue_due_messages(NOW, ZONE)
    task_force = TaskForce(sqlite_cast, seed)
    await task_force.fill()
    await clock_runs(clock_times(NOW, FORECAST_AT))
    everyone = [*task_force.people, sqlite_cast.coordinator, sqlite_cast.fbi_alternate, sqlite_cast.caht_alternate]
    expected = await forecast(sqlite_cast, everyone)
    assert {kind for kind, *_ in expected} >= {MessageKind.REMINDER, MessageKind.NO_REPLY, MessageKind.ITEMS_OF_DAY}
    until = FORECAST_AT + MESSAGES_AHEAD
    moments = {*clock_times(FORECAST_AT, until), *(at for _, _, at, _ in expected)}
    sent = await clock_runs(sorted(moments))
    kinds = (ReminderDue, ReplyNudge, PollNudge, ItemsOfDay, WeeklyDigest)
    happened = Counter(
        (EMAILS[type(message.content)].kind, written.to_name, message.due, subject_of(message, written))
        for message, written in sent
        if isinstance(message.content, kinds) and message.created_at > FORECAST_AT and message.due <= until
    )
    assert (happened - Counter(expected), Counter(expected) - happened) == (Counter(), Counter())


def clock_times(after: datetime, until: datetime) -> Iterable[datetime]:
    """Yield each half hour in (after, until]."""
    return takewhile(lambda moment: moment <= until, (after + number * HOUR / 2 for number in count(1)))
