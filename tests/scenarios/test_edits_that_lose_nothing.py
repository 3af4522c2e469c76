"""Whatever was changed about single dates: a change of their series leaves alone what it does not name.

Single dates are edited at random, then the series is changed: from a date on, as a whole, or canceled from a date on.
Then every reader (page, calendar, feed, email, API) has each date as before but for what the change names, the panel
and the history list exactly what is lost, and undo brings everything back. Then the change is made again and emailed:
the calendars that have taken in every email show what is true. What is expected is computed here, from the dates
before.
"""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as some
from litestar import Litestar
from msgspec import Struct
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, meeting
from tests.faults.mailboxes import dates_shown as shown_in_mailboxes
from tests.faults.senders import IS_FULL
from tests.ical.readers import Shown, by_ical
from tests.ports.api.conftest import ALL, Program
from tests.ports.browser import app_settings as of_the_site
from tests.ports.mail.sending import composer
from tests.ports.standing import standing
from tests.scenarios.series_editor import no_event
from tracker import clock
from tracker.errors import Conflict, Gone, Invalid
from tracker.ports.feeds import FeedBuilder
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core.outbox import MessageState, SendOutcome
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wording import to_local, to_utc
from tracker.rules.emails.emails import CalendarPart, Email
from tracker.rules.events.events import Event, Kind, Occurrence
from tracker.rules.events.history import ChangedField
from tracker.rules.events.plans import DateChange, Plan
from tracker.rules.events.replies import AttendeeRole, ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.rules.views.impact import Consequences
from tracker.tables.schema.core.tables import Message
from tracker.usecases.calendars import subscriptions
from tracker.usecases.calendars.feeds import open_feed
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails
from tracker.usecases.events import history, occurrences, replies, scheduling, series_split
from tracker.usecases.identity import sessions
from tracker.usecases.views.event_page import view_series
from tracker.usecases.views.impact import Deed, dry_run

WEDNESDAY = datetime(2027, 1, 13, 10)
LENGTH, HOUR, DAY, WEEK = timedelta(minutes=90), timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
DATES = 6
THE_END = datetime(2027, 3, 1, tzinfo=NOW.tzinfo)
SPAN = NOW, THE_END
YES, OPEN = ReplyValue.ACCEPTED, ReplyValue.NEEDS_ACTION
REQUIRED = AttendeeRole.REQUIRED


class Edit(NamedTuple):
    """One edit of one date: what is done, to which date, and by how much."""

    what: str
    date: int
    by: int


class Change(NamedTuple):
    """One change of the series: what changes, and from which date on; 0 = all of it."""

    what: str
    first: int


class Seen(Struct, frozen=True, kw_only=True):
    """One date as a reader sees it; times are local."""

    key: datetime
    starts: datetime
    ends: datetime
    title: str
    place: str
    agenda: str
    is_off: bool
    reply: ReplyValue

    @property
    def is_added(self) -> bool:
        """Return whether it was added beside the Wednesdays."""
        return self.key.weekday() != WEDNESDAY.weekday()

    @property
    def is_moved(self) -> bool:
        """Return whether it has a time of its own."""
        return (self.starts, self.ends) != (self.key, self.key + LENGTH)


async def _move(cast: Cast, date: Occurrence, by: int, now: datetime) -> None:
    await _change(cast, date, now, starts=date.original_start + (by or 1) * DAY + by * HOUR)


async def _lengthen(cast: Cast, date: Occurrence, by: int, now: datetime) -> None:
    await _change(cast, date, now, duration=LENGTH + timedelta(minutes=15 * (by or 1)))


async def _rename(cast: Cast, date: Occurrence, by: int, now: datetime) -> None:
    await _change(cast, date, now, title=f"Special {by}")


async def _relocate(cast: Cast, date: Occurrence, by: int, now: datetime) -> None:
    await _change(cast, date, now, place=f"Room {by}")


async def _plan(cast: Cast, date: Occurrence, by: int, now: datetime) -> None:
    await _change(cast, date, now, agenda=f"Topic {by}")


async def _cancel(cast: Cast, date: Occurrence, _: int, now: datetime) -> None:
    await occurrences.cancel_occurrence(cast.coordinator, date.event.id, date.key, date.version, "Conference", now)


async def _restore(cast: Cast, date: Occurrence, _: int, now: datetime) -> None:
    await occurrences.restore_occurrence(cast.coordinator, date.event.id, date.key, date.version, now)


async def _add(cast: Cast, date: Occurrence, by: int, now: datetime) -> None:
    """Add a date two or three days after a Wednesday."""
    starts = WEDNESDAY + WEEK * (by % DATES) + DAY * (2 + by % 2) + HOUR
    await series_split.add_occurrence(cast.coordinator, date.event.id, starts, date.event.version, now)


async def _reply(cast: Cast, date: Occurrence, by: int, now: datetime) -> None:
    await replies.record_own_reply(cast.fbi_lead, date.event.id, date.key, YES, "", now, for_series=by % 2 == 0)


async def _change(cast: Cast, date: Occurrence, now: datetime, **facts: Any) -> None:
    """Change a date, and leave what it has of its own."""
    starts, ends = (to_local(at, ZONE).replace(tzinfo=None) for at in (date.starts_at, date.ends_at))
    texts = {"title": date.title, "place": date.place, "agenda": date.agenda}
    change = DateChange(**{"starts": starts, "duration": ends - starts, "may_double": True, **texts, **facts})
    await occurrences.change_occurrence(cast.coordinator, date.event.id, date.key, change, date.version, now)


EDITS: dict[str, Callable[..., Any]] = {
    "move": _move,
    "lengthen": _lengthen,
    "rename": _rename,
    "relocate": _relocate,
    "plan": _plan,
    "cancel": _cancel,
    "restore": _restore,
    "add": _add,
    "reply": _reply,
}


def _later(plan: Plan) -> Plan:
    return replace(plan, starts=plan.starts + 2 * HOUR)


def _next_day(plan: Plan) -> Plan:
    starts = plan.starts + DAY
    return replace(plan, starts=starts, rule=rule_for_choice("weekly", starts, count=_number(plan)))


def _fortnightly(plan: Plan) -> Plan:
    return replace(plan, rule=rule_for_choice("weekly", plan.starts, interval=2, until=_last(plan)))


def _ends_sooner(plan: Plan) -> Plan:
    return replace(plan, rule=rule_for_choice("weekly", plan.starts, count=max(1, _number(plan) - 2)))


def _last(plan: Plan) -> Any:
    return (WEDNESDAY + (DATES - 1) * WEEK).date()


def _number(plan: Plan) -> int:
    return DATES - (plan.starts.date() - WEDNESDAY.date()).days // 7


def _but(**facts: Any) -> Callable[[Plan], Plan]:
    return lambda plan: replace(plan, **facts)


CANCEL, PEOPLE = "cancel", "people"
CHANGES: dict[str, Callable[[Plan], Plan]] = {
    "title": _but(title="Core group"),
    "agenda": _but(agenda="Budget"),
    "place": _but(place="City hall"),
    "kind": _but(kind=Kind.TRAINING),
    "hour": _later,
    "length": _but(duration=LENGTH + timedelta(minutes=30)),
    "weekday": _next_day,
    "every second week": _fortnightly,
    "sooner end": _ends_sooner,
    PEOPLE: lambda plan: plan,
    "title and hour": lambda plan: replace(_later(plan), title="Core group"),
}


def expected(before: list[Seen], change: Change, shown: Plan) -> tuple[list[Seen], list[str]]:
    """Return the dates that a change is to leave, and what is lost, by what it names alone."""
    first = WEDNESDAY + change.first * WEEK
    after, lost = [one for one in before if one.key < first], []
    for date in (one for one in before if one.key >= first):
        number = (date.key - first).days // 7
        if is_gone(date, change, number):
            lost += [] if change.what == CANCEL else own_words(date, shown_of_series())
        else:
            after.append(seen_after(date, change, shown))
    return after, lost


def is_gone(seen: Seen, change: Change, number: int) -> bool:
    match change.what:
        case "cancel":
            return True
        case "every second week":
            return not seen.is_added and number % 2 == 1
        case "sooner end":
            return not seen.is_added and number >= max(1, DATES - change.first - 2)
        case _:
            return False


def seen_after(seen: Seen, change: Change, shown: Plan) -> Seen:
    what, after = change.what, seen
    if "title" in what and seen.title == shown.title:
        after = replace(after, title="Core group")
    if what == "agenda" and seen.agenda == shown.agenda:
        after = replace(after, agenda="Budget")
    if what == "place" and seen.place == shown.place:
        after = replace(after, place="City hall")
    if "hour" in what and not seen.is_added and not seen.is_moved:
        after = replace(after, starts=seen.starts + 2 * HOUR, ends=seen.ends + 2 * HOUR)
    if what == "length" and not seen.is_moved:
        after = replace(after, ends=seen.ends + timedelta(minutes=30))
    if what == "weekday" and not seen.is_added and not seen.is_moved:
        after = replace(after, starts=seen.starts + DAY, ends=seen.ends + DAY)
    far = (after.starts.date(), after.place) != (seen.starts.date(), seen.place) or abs(
        after.starts - seen.starts
    ) >= HOUR
    return replace(after, reply=OPEN) if far else after


def shown_of_series() -> Plan:
    return meeting(starts=WEDNESDAY, duration=LENGTH)


def own_words(seen: Seen, of_series: Plan) -> list[str]:
    """Return what a date has of its own, or that it is canceled, as the panel says it."""
    if seen.is_off:
        return [f"{seen.starts:%Y-%m-%d} canceled"]
    named = [
        name
        for name, is_own in (
            ("time", seen.is_moved),
            ("title", seen.title != of_series.title),
            ("place", seen.place != of_series.place),
            ("agenda", seen.agenda != of_series.agenda),
        )
        if is_own
    ]
    return [f"{seen.starts:%Y-%m-%d} {' '.join(sorted(named))}"] if named else []


def panel_words(consequences: Consequences) -> list[str]:
    return [
        f"{to_local(lost_detail.date.starts_at, ZONE):%Y-%m-%d} {' '.join(sorted(lost_detail.details))}"
        for lost_detail in consequences.lost_details
    ]


async def dates_seen(cast: Cast, event_ids: Iterable[UUID]) -> list[Seen]:
    """Return every date as its page shows it to an invitee, with their reply."""
    dates = []
    for event_id in event_ids:
        view = await view_series(cast.fbi_lead, event_id, NOW)
        dates += [_seen(each.occurrence, each.reply or OPEN) for each in view.dates]
    return in_order(dates)


def _seen(date: Occurrence, reply: ReplyValue) -> Seen:
    starts, ends = (to_local(at, ZONE).replace(tzinfo=None) for at in (date.starts_at, date.ends_at))
    return Seen(
        key=date.original_start,
        starts=starts,
        ends=ends,
        title=date.title,
        place=date.place,
        agenda=date.agenda,
        is_off=date.is_off,
        reply=reply,
    )


def in_order(seen_dates: Iterable[Seen]) -> list[Seen]:
    """Return dates by what people see; keys are how the database names them."""
    nameless = (replace(one, key=WEDNESDAY, reply=OPEN if one.is_off else one.reply) for one in seen_dates)
    return sorted(nameless, key=lambda date: (date.starts, date.ends, date.title, date.place, date.agenda))


def dates_held(seen_dates: Iterable[Seen]) -> list[Shown]:
    return sorted(
        Shown(to_utc(date.starts, ZONE), to_utc(date.ends, ZONE), date.title) for date in seen_dates if not date.is_off
    )


class Readers(NamedTuple):
    """What reads for an invitee from outside: a feed, and a program."""

    feed: str
    program: Program


async def check_every_reader(
    cast: Cast, readers: Readers, event_ids: Iterable[UUID], wanted: list[Seen], now: datetime
) -> None:
    """Compare page, calendar, feed, and API with the dates that are to be there."""
    clock.start_at(now, is_still=True)
    assert await dates_seen(cast, event_ids) == in_order(wanted)
    lines = await occurrences.dates_between(cast.fbi_lead, *SPAN)
    assert sorted(Shown(one.starts_at, one.ends_at, one.title) for one in lines if not one.is_off) == dates_held(wanted)
    body = await FeedBuilder(of_the_site()).body(await open_feed(readers.feed, now), now)
    assert by_ical(body.text) == dates_held(wanted)
    pages = [(await readers.program.get(f"/events/{one}/occurrences?limit=200")).json() for one in event_ids]
    assert in_order(_from_api(one) for page in pages for one in page["items"]) == in_order(
        replace(date, reply=OPEN) for date in wanted
    )


def _from_api(item: dict[str, Any]) -> Seen:
    starts, ends = (to_local(datetime.fromisoformat(item[name]), ZONE) for name in ("starts_at", "ends_at"))
    return Seen(
        key=datetime.fromisoformat(item["key"]),
        starts=starts.replace(tzinfo=None),
        ends=ends.replace(tzinfo=None),
        title=item["title"],
        place=item["place"],
        agenda=item["agenda"],
        is_off=item["status"] == "canceled",
        reply=OPEN,
    )


async def check_the_rest(cast: Cast, before: Event, plan: Plan, event_ids: Iterable[UUID], change: Change) -> None:
    """Check that the series, and the one that continues it, have what the change does not name as before."""
    for event_id in event_ids:
        event, after = await scheduling.plan_to_change(cast.coordinator, event_id)
        named = {"kind"} if event.kind is Kind.TRAINING and change.what == "kind" else set()
        assert _rest_of(event, named) == _rest_of(before, named)
        gone = {cast.caht_lead.member_id} if change.what == PEOPLE else set()
        assert dict(plan.invitees) in (dict(after.invitees), {**after.invitees, **dict.fromkeys(gone, REQUIRED)})


def _rest_of(event: Event, named: set[str]) -> dict[str, Any]:
    names = ("kind", "visibility", "committee_id", "description", "video_link", "lead_id", "status", "zone", "marking")
    return {name: getattr(event, name) for name in names if name not in named}


class Mailbox:
    """The emails that people got."""

    def __init__(self) -> None:
        self._accepted: list[bytes] = []
        self._composer = composer()

    async def deliver(self, now: datetime) -> None:
        """Send what is due."""
        for message in await outbox.claim_messages("test", (), now, 1_000):
            letter = await emails.write_email(message, now, ZONE)
            if isinstance(letter, Email):
                self._accepted.append(self._composer.compose(letter, message).content)
            ended = letter if isinstance(letter, SendOutcome) else SendOutcome(state=MessageState.SENT, reason="")
            await outbox.close_message(message, ended, now)

    def starts(self, of: Viewer) -> list[datetime]:
        """Return when dates begin in a person's calendar, if it took in every email."""
        return shown_in_mailboxes(self._accepted).get(of.email, [])


async def check_mailboxes(cast: Cast, mailbox: Mailbox, event_ids: Iterable[UUID], wanted: list[Seen]) -> None:
    """Compare what people's calendars have from emails alone with the dates to which they are invited."""
    assert mailbox.starts(cast.fbi_lead) == sorted(one.starts for one in dates_held(wanted))
    other_warnings = []
    for event_id in event_ids:
        event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
        if cast.caht_lead.member_id in plan.invitees:
            other_warnings += [
                date.starts_at for date in await occurrences.dates_in_series(cast.coordinator, event) if not date.is_off
            ]
    assert mailbox.starts(cast.caht_lead) == sorted(other_warnings)


async def not_kept(cast: Cast, event_id: UUID) -> list[str]:
    """Return what the last entry of a history says that was lost."""
    entries = await history.history_of_event(
        cast.coordinator, await scheduling.event_seen_by(cast.coordinator, event_id)
    )
    return sorted(one.after for one in entries[0].changes if one.field is ChangedField.NOT_KEPT) if entries else []


async def check_emails(cast: Cast, consequences: Consequences, wanted: list[Seen], now: datetime) -> None:
    """Compare the emails that wait with the panel, and their calendars with the dates that are to be there."""
    waiting = await Message.select(Message.kind, Message.recipient).where(Message.state == "pending")
    assert {(row["kind"], row["recipient"]) for row in waiting} == {
        (kind.value, who) for kind, who in consequences.notified.emails
    }
    assert len(waiting) == len(consequences.notified.emails)
    emailed: dict[UUID, CalendarPart] = {}
    for message in await outbox.claim_messages("test", (), now + HOUR, 1_000):
        letter = await emails.write_email(message, now, ZONE)
        if isinstance(letter, Email) and isinstance(letter.calendar, CalendarPart) and not letter.calendar.is_cancel:
            emailed[letter.calendar.event.id] = letter.calendar
        await outbox.put_back_messages([message], "test")
    shown = {one for part in emailed.values() for one in dates_held(_seen(date, OPEN) for date in part.dates)}
    assert shown <= set(dates_held(wanted))


async def begin_edited_series(cast: Cast, edits: list[Edit], mailbox: Mailbox) -> tuple[UUID, datetime]:
    """Return a series of six Wednesdays after its edits, all emails sent, and the time."""
    await no_event()
    now, rule = NOW, rule_for_choice("weekly", WEDNESDAY, count=DATES)
    plan = meeting(cast.fbi_lead, cast.caht_lead, starts=WEDNESDAY, duration=LENGTH, rule=rule)
    event_id = await scheduling.schedule_event(cast.coordinator, plan, now)
    for edit in edits:
        await mailbox.deliver(now + HOUR / 2)
        now += HOUR
        every = await occurrences.dates_in_series(
            cast.coordinator, await scheduling.event_seen_by(cast.coordinator, event_id)
        )
        date = every[edit.date % len(every)]
        with suppress(Invalid, Conflict, Gone):  # what the product refuses is no edit
            await EDITS[edit.what](cast, date, edit.by, now)
            note(f"{edit.what} {date.key} by {edit.by}")
    await mailbox.deliver(now + HOUR / 2)
    return event_id, now + HOUR


async def change_series(cast: Cast, event_id: UUID, change: Change, now: datetime) -> tuple[Deed, Plan]:
    """Return the change of a series, and what its form showed."""
    key = f"{WEDNESDAY + change.first * WEEK:%Y-%m-%d}"
    note(f"then {change.what}: from {key} on" if change.first else f"then {change.what}: all dates")
    if change.first:
        event, shown = await series_split.plan_from_date_on(cast.coordinator, event_id, key)
    else:
        event, shown = await scheduling.plan_to_change(cast.coordinator, event_id)

    async def deed() -> UUID | None:
        who, version = cast.coordinator, event.version
        if change.what == CANCEL:
            await series_split.cancel_from_date_on(who, event_id, key, version, "", now)
            return None
        wanted = CHANGES[change.what](shown)
        if change.what == PEOPLE:
            fewer = {one: role for one, role in wanted.invitees.items() if one != cast.caht_lead.member_id}
            wanted = replace(wanted, invitees=fewer)
        if change.first:
            return await series_split.change_from_date_on(who, event_id, key, wanted, version, now)
        return await scheduling.change_event(who, event_id, wanted, version, now)

    return deed, shown


async def check(cast: Cast, readers: Readers, edits: list[Edit], change: Change) -> None:
    """Edit single dates, change the series, compare, undo, and make and email the change again."""
    mailbox = Mailbox()
    event_id, now = await begin_edited_series(cast, edits, mailbox)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    deed, shown = await change_series(cast, event_id, change, now)
    view = await view_series(cast.fbi_lead, event_id, NOW)
    before = [_seen(one.occurrence, one.reply or OPEN) for one in view.dates]
    after, lost = expected(before, change, shown)
    report = await dry_run(cast.coordinator, event_id, deed, now)
    both = dict.fromkeys([event_id, await deed() or event_id])
    await check_every_reader(cast, readers, both, after, now)
    await check_the_rest(cast, event, plan, both, change)
    await check_emails(cast, report, after, now)
    assert change.what == CANCEL or sorted(panel_words(report)) == sorted(lost)
    assert await not_kept(cast, [*both][-1]) == sorted(
        detail.words for detail in report.lost_details if change.what != CANCEL
    )
    change_id = await history.change_made_at(cast.coordinator, event_id, now)
    assert change_id is not None or in_order(after) == in_order(before)
    if change_id:
        await history.undo_change(cast.coordinator, event_id, change_id, now)
        await check_every_reader(cast, readers, [event_id], before, now)
        assert await Message.count().where(Message.state == "pending") == 0
        assert mailbox.starts(cast.fbi_lead) == sorted(one.starts for one in dates_held(before))
        again, _ = await change_series(cast, event_id, change, now)
        both = dict.fromkeys([event_id, await again() or event_id])
    await mailbox.deliver(now + HOUR)
    await check_mailboxes(cast, mailbox, both, after)


edit_lists = some.lists(
    some.builds(Edit, some.sampled_from(sorted(EDITS)), some.integers(0, DATES), some.integers(-3, 3)),
    min_size=1,
    max_size=6,
)
series_changes = some.builds(Change, some.sampled_from(sorted(CHANGES)), some.integers(0, 4)) | some.builds(
    Change, some.just(CANCEL), some.integers(1, 4)
)


def bounded(examples: int) -> settings:
    """Return the limits of a test: `make faults` tries many more."""
    return settings(
        max_examples=400 if IS_FULL else examples,
        derandomize=not IS_FULL,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@pytest.fixture
async def readers(cast: Cast) -> AsyncIterator[Readers]:
    """The readers of an invitee."""
    with standing() as app:
        yield await readers_of(app, cast)


@pytest.fixture
async def sqlite_readers(sqlite_cast: Cast) -> AsyncIterator[Readers]:
    with standing() as app:
        yield await readers_of(app, sqlite_cast)


async def readers_of(app: Litestar, cast: Cast) -> Readers:
    _, feed = await subscriptions.create_subscription(
        cast.fbi_lead, "Phone", FeedScope.ALL, NOW, shows_operations=False
    )
    return Readers(feed, Program(app, await sessions.create_token(cast.fbi_lead, "Program", ALL, NOW)))


@bounded(30)
@given(edits=edit_lists, change=series_changes)
async def test_a_change_of_a_series_leaves_alone_what_it_does_not_name(
    sqlite_cast: Cast, sqlite_readers: Readers, edits: list[Edit], change: Change
) -> None:
    await check(sqlite_cast, sqlite_readers, edits, change)


@pytest.mark.both_engines
@bounded(6)
@given(edits=edit_lists, change=series_changes)
async def test_both_engines_leave_it_alone(cast: Cast, readers: Readers, edits: list[Edit], change: Change) -> None:
    await check(cast, readers, edits, change)
