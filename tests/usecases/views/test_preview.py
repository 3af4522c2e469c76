"""What a form says that a deed will do is what it then does: to emails, answers, reminders and feeds."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, meeting, operation
from tests.database.others import another_writer
from tracker.database import trying
from tracker.errors import Invalid
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core.outbox import MessageState, SendOutcome
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.events import EventStatus
from tracker.rules.events.notifications import NO_EMAIL_TO_ANYONE, Notify, Recipients
from tracker.rules.events.plans import DateChange, Plan, plan_from_start
from tracker.rules.events.replies import AttendeeRole, ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.rules.roster.meetings import ReminderPolicy
from tracker.rules.views.impact import ANY_PROGRAM, Consequences, no_consequences
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.schema.events import Event
from tracker.usecases.calendars import feeds, subscriptions
from tracker.usecases.core import outbox
from tracker.usecases.emails.reminders import queue_due_messages
from tracker.usecases.events import occurrences, replies, scheduling, series_split
from tracker.usecases.views.event_page import view_event
from tracker.usecases.views.impact import Deed, dry_run

pytestmark = pytest.mark.both_engines

STARTS = meeting().starts
AN_HOUR = timedelta(hours=1)
WEEKLY = rule_for_choice("weekly", STARTS, count=6)
RUNNING = datetime(2027, 1, 20, tzinfo=UTC)
"""After the first two dates of the series."""
IN_THE_END = datetime(2027, 6, 1, tzinfo=UTC)
THIRD = "2027-01-26"
Emails = set[tuple[str, str]]
Making = Callable[[Cast, UUID, datetime], Deed]


class Case(NamedTuple):
    """An event, what is done to it and when, and the emails that it makes."""

    facts: dict[str, Any]
    deed: Making
    now: datetime
    emails: Emails


def emails_to_all(kind: str, *names: str) -> Emails:
    return {(kind, name) for name in names or ("fbi_lead", "caht_lead", "hsi_liaison")}


def without(*who: str) -> Callable[[Cast, Plan], Plan]:
    return lambda cast, plan: replace(
        plan,
        invitees={
            message: role
            for message, role in plan.invitees.items()
            if message not in {cast.members[name].member_id for name in who}
        },
    )


def beside(plan: Plan, *who: Viewer) -> Plan:
    return replace(plan, invitees={**plan.invitees, **{one.member_id: AttendeeRole.REQUIRED for one in who}})


def changing(**facts: Any) -> Callable[[Cast, Plan], Plan]:
    return lambda _, plan: replace(plan, **facts)


def edit_event(to: Callable[[Cast, Plan], Plan], *, notify: Notify = Notify.CHANGES, key: str = "") -> Making:
    """Change the whole event, or a series from one of its dates on."""

    def making(cast: Cast, event_id: UUID, now: datetime) -> Deed:
        async def deed() -> UUID:
            event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
            who, version = cast.coordinator, event.version
            if key:
                first = await occurrences.date_seen_by(who, event_id, key)
                wanted = to(cast, plan_from_start(plan, first.original_start))
                return await series_split.change_from_date_on(who, event_id, key, wanted, version, now, notify=notify)
            return await scheduling.change_event(who, event_id, to(cast, plan), version, now, notify=notify)

        return deed

    return making


def edit_date(*, notify: Notify = Notify.CHANGES, **facts: Any) -> Making:
    """Change the third date of a series."""

    def making(cast: Cast, event_id: UUID, now: datetime) -> Deed:
        async def deed() -> None:
            date = await occurrences.date_seen_by(cast.coordinator, event_id, THIRD)
            change = DateChange(**{"starts": date.original_start, "duration": timedelta(minutes=90), **facts})
            await occurrences.change_occurrence(
                cast.coordinator, event_id, THIRD, change, date.version, now, notify=notify
            )

        return deed

    return making


def cancel_dates(which: str) -> Making:
    def making(cast: Cast, event_id: UUID, now: datetime) -> Deed:
        async def deed() -> None:
            date = await occurrences.date_seen_by(cast.coordinator, event_id, THIRD if which != "all" else "2027-01-12")
            who, event = cast.coordinator, date.event
            if which == "one":
                await occurrences.cancel_occurrence(who, event_id, THIRD, date.version, "", now)
            elif which == "following":
                await series_split.cancel_from_date_on(who, event_id, THIRD, event.version, "", now)
            else:
                await scheduling.cancel_event(who, event_id, event.version, "", now)

        return deed

    return making


def restore_dates(which: str) -> Making:
    """Bring back what was canceled an hour ago and emailed."""

    def making(cast: Cast, event_id: UUID, now: datetime) -> Deed:
        async def deed() -> None:
            date = await occurrences.date_seen_by(cast.coordinator, event_id, THIRD if which == "one" else "2027-01-12")
            if which == "one":
                await occurrences.restore_occurrence(cast.coordinator, event_id, THIRD, date.version, now)
            else:
                await scheduling.restore_event(cast.coordinator, event_id, date.event.version, now)

        return deed

    return making


SERIES = {"rule": WEEKLY}
HOUR_LATER = changing(starts=STARTS + AN_HOUR)
CASES = {
    "nothing": Case({}, edit_event(changing()), NOW, set()),
    "a typo in the notes": Case({}, edit_event(changing(description="Typo")), NOW, set()),
    "a typo, and they are told": Case(
        {}, edit_event(changing(description="Typo"), notify=Notify.ALL), NOW, emails_to_all("update")
    ),
    "another hour": Case({}, edit_event(HOUR_LATER), NOW, emails_to_all("update")),
    "some minutes later": Case(
        {}, edit_event(changing(starts=STARTS + timedelta(minutes=20))), NOW, emails_to_all("update")
    ),
    "another day": Case({}, edit_event(changing(starts=STARTS + timedelta(days=2))), NOW, emails_to_all("update")),
    "another place": Case({}, edit_event(changing(place="Annex")), NOW, emails_to_all("update")),
    "another video link": Case(
        {}, edit_event(changing(video_link="https://video.example/1")), NOW, emails_to_all("update")
    ),
    "somebody less": Case({}, edit_event(without("caht_lead")), NOW, emails_to_all("withdrawal", "caht_lead")),
    "somebody more": Case(
        {},
        edit_event(lambda cast, plan: beside(plan, cast.ipd_liaison)),
        NOW,
        emails_to_all("invitation", "ipd_liaison"),
    ),
    "somebody less, somebody more and another place": Case(
        {},
        edit_event(
            lambda cast, plan: beside(without("caht_lead")(cast, replace(plan, place="Annex")), cast.ipd_liaison)
        ),
        NOW,
        emails_to_all("withdrawal", "caht_lead")
        | emails_to_all("invitation", "ipd_liaison")
        | emails_to_all("update", "fbi_lead", "hsi_liaison"),
    ),
    "for law enforcement from now on": Case(
        {},
        edit_event(lambda cast, plan: replace(without("caht_lead")(cast, plan), visibility=Visibility.LAW_ENFORCEMENT)),
        NOW,
        emails_to_all("withdrawal", "caht_lead"),
    ),
    "now for named people only": Case(
        {}, edit_event(changing(visibility=Visibility.NAMED)), NOW, emails_to_all("update")
    ),
    "a draft that stays one": Case(
        {"status": EventStatus.DRAFT},
        edit_event(changing(starts=STARTS + AN_HOUR, status=EventStatus.DRAFT), notify=Notify.ALL),
        NOW,
        set(),
    ),
    "a draft that is sent to fewer people": Case(
        {"status": EventStatus.DRAFT},
        edit_event(lambda cast, plan: replace(without("caht_lead")(cast, plan), status=EventStatus.CONFIRMED)),
        NOW,
        emails_to_all("invitation", "fbi_lead", "hsi_liaison"),
    ),
    "a series that ends later": Case(
        SERIES, edit_event(changing(rule=rule_for_choice("weekly", STARTS, count=9))), RUNNING, emails_to_all("update")
    ),
    "another hour before a series begins": Case(SERIES, edit_event(HOUR_LATER), NOW, emails_to_all("update")),
    "another hour of a running series": Case(
        SERIES, edit_event(HOUR_LATER), RUNNING, emails_to_all("update") | emails_to_all("invitation")
    ),
    "another hour of a running series without somebody": Case(
        SERIES,
        edit_event(lambda cast, plan: without("fbi_lead")(cast, replace(plan, starts=STARTS + AN_HOUR))),
        RUNNING,
        emails_to_all("withdrawal", "fbi_lead")
        | emails_to_all("update", "caht_lead", "hsi_liaison")
        | emails_to_all("invitation", "caht_lead", "hsi_liaison"),
    ),
    "one date and all that follow, without somebody": Case(
        SERIES,
        edit_event(without("fbi_lead"), key=THIRD),
        NOW,
        emails_to_all("update") | emails_to_all("invitation", "caht_lead", "hsi_liaison"),
    ),
    "one date and all that follow, for named people": Case(
        SERIES,
        edit_event(
            lambda cast, plan: replace(without("caht_lead")(cast, plan), visibility=Visibility.NAMED), key=THIRD
        ),
        NOW,
        emails_to_all("withdrawal", "caht_lead")
        | emails_to_all("update", "fbi_lead", "hsi_liaison")
        | emails_to_all("invitation", "fbi_lead", "hsi_liaison"),
    ),
    "one date and all that follow, elsewhere": Case(
        SERIES, edit_event(changing(place="Annex"), key=THIRD), NOW, emails_to_all("update")
    ),
    "one date and all that follow, nothing": Case(SERIES, edit_event(changing(), key=THIRD), NOW, set()),
    "one date and all that follow, a typo": Case(SERIES, edit_event(changing(title="Typo"), key=THIRD), NOW, set()),
    "one date and all that follow, a typo, and they are told": Case(
        SERIES, edit_event(changing(title="Typo"), key=THIRD, notify=Notify.ALL), NOW, emails_to_all("update")
    ),
    "one date and all that follow, at another hour in silence": Case(
        SERIES,
        edit_event(changing(starts=STARTS + timedelta(days=14, hours=1)), key=THIRD, notify=Notify.NO_ONE),
        NOW,
        set(),
    ),
    "another hour in silence": Case(SERIES, edit_event(HOUR_LATER, notify=Notify.NO_ONE), NOW, set()),
    "one date, nothing": Case(SERIES, edit_date(), NOW, set()),
    "one date, a typo": Case(SERIES, edit_date(title="Typo"), NOW, set()),
    "one date, a typo, and they are told": Case(
        SERIES, edit_date(title="Typo", notify=Notify.ALL), NOW, emails_to_all("update")
    ),
    "one date, another place": Case(SERIES, edit_date(place="Annex"), NOW, emails_to_all("update")),
    "one date, another day": Case(
        SERIES, edit_date(starts=STARTS + timedelta(days=16, hours=3)), NOW, emails_to_all("update")
    ),
    "one date, shorter": Case(SERIES, edit_date(duration=AN_HOUR), NOW, emails_to_all("update")),
    "one date canceled": Case(SERIES, cancel_dates("one"), NOW, emails_to_all("cancellation")),
    "one date and all that follow canceled": Case(SERIES, cancel_dates("following"), NOW, emails_to_all("update")),
    "a series canceled": Case(SERIES, cancel_dates("all"), NOW, emails_to_all("cancellation")),
    "an event canceled": Case({}, cancel_dates("all"), NOW, emails_to_all("cancellation")),
    "one date brought back": Case(SERIES, restore_dates("one"), NOW, emails_to_all("update")),
    "an event brought back": Case({}, restore_dates("all"), NOW, emails_to_all("update")),
}


async def schedule_replied(cast: Cast, **facts: Any) -> UUID:
    """Schedule for three people whose invitations are out: one has said yes to all, one no to the third date."""
    plan = meeting(cast.fbi_lead, cast.caht_lead, cast.hsi_liaison, **facts)
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW - AN_HOUR)
    await send_all()
    if "status" not in facts:
        for who, key, value, for_series in (
            (cast.fbi_lead, "2027-01-12", ReplyValue.ACCEPTED, True),
            (cast.caht_lead, THIRD if "rule" in facts else "2027-01-12", ReplyValue.DECLINED, False),
        ):
            await replies.record_own_reply(who, event_id, key, value, "", NOW - AN_HOUR, for_series=for_series)
    return event_id


async def send_all() -> None:
    for message in await outbox.claim_messages("test", (), NOW, 1_000):
        await outbox.close_message(message, SendOutcome(state=MessageState.SENT, reason=""), NOW)


async def queued_emails(cast: Cast) -> Emails:
    names = {one.member_id: name for name, one in cast.members.items()}
    waits = (Message.state == "pending") & (Message.kind != "reminder")
    rows = await Message.select(Message.kind, Message.recipient).where(waits)
    return {(row["kind"], names[row["recipient"]]) for row in rows}


async def reminders(cast: Cast, now: datetime) -> Counter[tuple[UUID, datetime]]:
    """Return to whom reminders would go out from now on, and when; nothing is kept of it."""
    async with trying(1.0):
        await queue_due_messages(now, ZONE)
        await queue_due_messages(IN_THE_END, ZONE)
        rows = await Message.select(Message.recipient, Message.event, Message.due).where(
            (Message.kind == "reminder") & (Message.due > now)
        )
    members = {one.member_id: one for one in cast.members.values()}
    seen = {
        (who, event)
        for who, event in {(row["recipient"], row["event"]) for row in rows}
        if await sees(members[who], event)
    }
    return Counter((row["recipient"], row["due"]) for row in rows if (row["recipient"], row["event"]) in seen)


async def sees(viewer: Viewer, event_id: UUID) -> bool:
    return bool(
        [
            message
            for message, _ in await feeds.feed_events(viewer, NOW, scope=FeedScope.ALL, shows_operations=True)
            if message.id == event_id
        ]
    )


async def counting_replies(cast: Cast, event_ids: set[UUID], now: datetime) -> dict[UUID, list[ReplyValue]]:
    """Return what counts of everyone for each upcoming date, in order."""
    given: dict[UUID, list[ReplyValue]] = {}
    dates = []
    for event_id in event_ids:
        event = await scheduling.event_seen_by(cast.coordinator, event_id)
        dates += [date for date in await occurrences.dates_in_series(cast.coordinator, event) if date.ends_at > now]
    for date in sorted(dates, key=lambda message: message.starts_at):
        view = await view_event(cast.coordinator, date.event.id, date.key, now)
        for person in view.named:
            given.setdefault(person.member_id, []).append(person.reply)
    return given


@pytest.mark.parametrize("name", CASES)
async def test_what_is_foreseen_of_a_deed_is_what_it_does(cast: Cast, name: str) -> None:
    facts, making, now, emails = CASES[name]
    event_id = await schedule_replied(cast, **facts)
    if "brought back" in name:
        await cancel_dates("one" if "one" in name else "all")(cast, event_id, now)()
        later = now + AN_HOUR
        for message in await outbox.claim_messages("test", (), later, 1_000):
            await outbox.close_message(message, SendOutcome(state=MessageState.SENT, reason=""), later)
        now = later
    deed = making(cast, event_id, now)
    notified = await dry_run(cast.coordinator, event_id, deed, now)
    before, replied = await reminders(cast, now), await counting_replies(cast, {event_id}, now)
    new_id = await deed() or event_id
    names = {one.member_id: one_name for one_name, one in cast.members.items()}
    assert await queued_emails(cast) == {(kind.value, names[one]) for kind, one in notified.notified.emails} == emails
    after = await reminders(cast, now)
    assert moments(before - after) == Counter({at: n for at, n in counted(notified, "before").items() if n})
    assert moments(after - before) == counted(notified, "after")
    assert notified.asked_again == asked_again(
        replied, await counting_replies(cast, {event_id, UUID(str(new_id))}, now)
    )


def moments(reminders: Counter[tuple[UUID, datetime]]) -> Counter[datetime]:
    return Counter(at for _, at in reminders.elements())


def counted(notified: Consequences, which: str) -> Counter[datetime]:
    counter: Counter[datetime] = Counter()
    for move in notified.moves:
        if at := getattr(move, which):
            counter[at] += move.people
    return counter


def asked_again(before: dict[UUID, list[ReplyValue]], after: dict[UUID, list[ReplyValue]]) -> set[UUID]:
    """Return whose answer to a date, the first, the second and so on, counts no more."""
    owed = ReplyValue.NEEDS_ACTION
    return {
        message
        for message in before.keys() & after.keys()
        for was, now in zip(before[message], after[message], strict=False)
        if was is not owed and now is owed
    }


async def test_a_new_event_is_foreseen_with_its_invitations_and_reminders(cast: Cast) -> None:
    async def deed() -> UUID:
        return await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead, **SERIES), NOW)

    notified = await dry_run(cast.coordinator, None, deed, NOW)
    before = await reminders(cast, NOW)
    await deed()
    assert await queued_emails(cast) == emails_to_all("invitation", "fbi_lead", "caht_lead")
    assert {kind.value for kind, _ in notified.notified.emails} == {"invitation"}
    assert moments(await reminders(cast, NOW) - before) == counted(notified, "after")
    assert notified.reminder_words == "New reminders for 3 people (6 dates)"
    assert notified.asked_words == ""


async def test_a_new_event_is_foreseen_with_its_next_follow_up(cast: Cast) -> None:
    policy = ReminderPolicy(asks_after=frozenset({timedelta(days=2), timedelta(days=5)}))
    new = meeting(cast.fbi_lead, cast.hsi_liaison, reminders=policy)

    async def deed() -> UUID:
        return await scheduling.schedule_event(cast.coordinator, new, NOW)

    report = await dry_run(cast.coordinator, None, deed, NOW)
    assert report.follow_up_words(ZONE) == "Next: Thursday, December 17, to 2 people, unless they reply first"
    assert no_consequences().follow_up_words(ZONE) == ""


async def test_of_what_is_only_foreseen_nothing_is_kept(cast: Cast) -> None:
    event_id = await schedule_replied(cast)
    kept = await Message.count(), await AuditEntry.count(), await Event.select()
    for deed in (edit_event(HOUR_LATER), cancel_dates("all"), edit_event(without("fbi_lead"))):
        await dry_run(cast.coordinator, event_id, deed(cast, event_id, NOW), NOW)
    with pytest.raises(Invalid):
        await dry_run(cast.coordinator, event_id, edit_event(changing(title=""))(cast, event_id, NOW), NOW)
    assert (await Message.count(), await AuditEntry.count(), await Event.select()) == kept


async def test_feeds_that_show_it_are_those_that_hold_it_afterward(cast: Cast) -> None:
    scopes = {
        "fbi_lead": FeedScope.MINE,
        "caht_lead": FeedScope.ALL,
        "ipd_liaison": FeedScope.MINE,
        "harbor_advocate": FeedScope.ALL,
    }
    for name, scope in scopes.items():
        await subscriptions.create_subscription(
            cast.members[name], "Phone", scope, NOW, shows_operations=name == "fbi_lead"
        )
    event_id = await schedule_replied(cast)

    async def held() -> set[UUID]:
        return {
            cast.members[name].member_id
            for name, scope in scopes.items()
            for event, _ in await feeds.feed_events(
                cast.members[name], NOW, scope=scope, shows_operations=name == "fbi_lead"
            )
            if event.id == event_id
        }

    enforcement = changing(visibility=Visibility.LAW_ENFORCEMENT)
    for change, is_change in (
        (changing(place="Annex"), True),
        (without("fbi_lead"), False),
        (lambda cast, plan: enforcement(cast, without("caht_lead")(cast, plan)), True),
        (lambda cast, plan: beside(plan, cast.ipd_liaison), False),
        (changing(visibility=Visibility.NAMED), True),
    ):
        deed = edit_event(change)(cast, event_id, NOW)
        notified, before = await dry_run(cast.coordinator, event_id, deed, NOW), await held()
        await deed()
        assert notified.shown == (await held() if is_change else await held() - before)
        assert notified.lost == before - await held()


async def test_what_no_one_changes_shows_in_no_feed_and_a_feed_says_how_often_it_is_read(cast: Cast) -> None:
    await subscriptions.create_subscription(cast.fbi_lead, "Phone", FeedScope.ALL, NOW, shows_operations=False)
    event_id = await schedule_replied(cast)
    notified = await dry_run(cast.coordinator, event_id, edit_event(changing())(cast, event_id, NOW), NOW)
    assert (notified.email_words, notified.asked_words, notified.reminder_words, notified.feed_words) == (
        NO_EMAIL_TO_ANYONE,
        "No one will be asked to reply again",
        "No reminders change",
        "No change",
    )
    notified = await dry_run(cast.coordinator, event_id, edit_event(HOUR_LATER)(cast, event_id, NOW), NOW)
    assert notified.feed_words == f"1 person will see it when their calendars refresh. {ANY_PROGRAM}."


async def test_another_title_is_a_change_of_calendars_even_while_no_one_subscribes(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_replied(sqlite_cast)
    renamed = await dry_run(
        cast.coordinator, event_id, edit_event(changing(title="Core group"))(cast, event_id, NOW), NOW
    )
    shown = "Subscribed calendars show it when they refresh. No subscribed calendar has this event now."
    assert renamed.feed_words == shown


def test_programs_are_named_where_several_people_read_and_never_of_one() -> None:
    """Which program one person uses is theirs to tell."""
    notified = replace(no_consequences(), programs=frozenset({"Outlook", "another app"}))
    for people, often in ((1, ANY_PROGRAM), (2, ANY_PROGRAM), (3, "Outlook checks about every 3 hours")):
        shown = replace(notified, shown=frozenset(uuid4() for _ in range(people)))
        assert shown.feed_words.endswith(f"will see it when their calendars refresh. {often}.")


async def test_the_words_count_each_kind_of_email_and_end_with_no_one_else(cast: Cast) -> None:
    event_id = await schedule_replied(cast)

    async def words(change: Callable[[Cast, Plan], Plan]) -> str:
        return (await dry_run(cast.coordinator, event_id, edit_event(change)(cast, event_id, NOW), NOW)).email_words

    fewer = "1 person will be removed from the list and notified; 2 people will get an update."
    assert await words(lambda cast, plan: replace(without("caht_lead")(cast, plan), place="Annex")) == fewer
    more = "1 person will get an invitation."
    assert await words(lambda cast, plan: beside(plan, cast.ipd_liaison)) == more
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    assert await words(HOUR_LATER) == "The email about to go out will include this."


async def test_an_email_about_one_date_that_waits_includes_no_change_of_another_date(cast: Cast) -> None:
    event_id = await schedule_replied(cast, **SERIES)
    await edit_date(place="Annex")(cast, event_id, NOW)()

    async def words(key: str) -> str:
        date = await occurrences.date_seen_by(cast.coordinator, event_id, key)
        change = DateChange(starts=date.original_start, duration=AN_HOUR * 1.5, place=date.place, agenda="Budget")
        who, version = cast.coordinator, date.version
        report = await dry_run(
            who, event_id, lambda: occurrences.change_occurrence(who, event_id, key, change, version, NOW), NOW
        )
        return report.email_words

    assert await words("2027-01-19") == NO_EMAIL_TO_ANYONE
    assert await words(THIRD) == "The 3 emails about to go out will include this."


async def test_who_is_off_the_list_from_a_date_on_is_counted_as_such(cast: Cast) -> None:
    event_id = await schedule_replied(cast, **SERIES)
    notified = await dry_run(
        cast.coordinator, event_id, edit_event(without("fbi_lead"), key=THIRD)(cast, event_id, NOW), NOW
    )
    assert notified.email_words == (
        "1 person will be removed from the list and notified; 2 people will get two emails: one ends the earlier series"
        " in their calendars, one continues it."
    )


def test_who_gets_an_update_and_an_invitation_is_counted_once() -> None:
    stays, leaves, comes = (uuid4() for _ in range(3))
    notified = Recipients(update=frozenset({stays, leaves}), invitation=frozenset({stays, comes}))
    assert notified.words == (
        "1 person will get an update; 1 person will get two emails: one ends the earlier series in their calendars, one"
        " continues it; 1 person will get an invitation."
    )
    assert notified.people == {stays, leaves, comes}


async def test_a_named_event_is_in_the_feeds_of_who_wants_such_events_there(cast: Cast) -> None:
    for who in (cast.kcpd_detective, cast.hsi_liaison, cast.coordinator):
        await subscriptions.create_subscription(
            who, "Phone", FeedScope.ALL, NOW, shows_operations=who is not cast.hsi_liaison
        )

    async def deed() -> UUID:
        return await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective, cast.hsi_liaison), NOW)

    assert (await dry_run(cast.fbi_lead, None, deed, NOW)).shown == {cast.kcpd_detective.member_id}


async def test_who_takes_themselves_off_a_named_event_foresees_what_the_others_keep(cast: Cast) -> None:
    plan = operation(cast.coordinator, cast.kcpd_detective)
    event_id = await scheduling.schedule_event(cast.fbi_lead, plan, NOW)
    deed = edit_event(without("coordinator"))(cast, event_id, NOW)
    notified = await dry_run(cast.coordinator, event_id, deed, NOW)
    as_lead = await dry_run(cast.fbi_lead, event_id, deed, NOW)
    assert (notified.moves, notified.shown) == (as_lead.moves, as_lead.shown)
    assert await sees(cast.coordinator, event_id)


async def test_a_look_waits_no_longer_than_its_patience_and_tells_that_nothing_changes_without_one(cast: Cast) -> None:
    event_id = await schedule_replied(cast)
    notified = await dry_run(cast.coordinator, event_id, edit_event(changing())(cast, event_id, NOW), NOW)
    assert replace(notified, dates=(), follow_ups={}) == no_consequences()
    async with another_writer():
        with pytest.raises(TimeoutError):
            async with trying(0.05):
                pass
