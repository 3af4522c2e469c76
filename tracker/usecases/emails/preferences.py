"""What people choose about their emails, and what committees choose about reminders of their events."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from piccolo.query import Select
from piccolo.querystring import QueryString

from tracker.crypto import ids
from tracker.database import engine, together, writing
from tracker.database.queries import id_list
from tracker.errors import Conflict, Gone, NotAllowed, NotFound
from tracker.rules.core.message_types import ItemsOfDay
from tracker.rules.core.outbox import Message
from tracker.rules.core.viewers import Origin, Viewer
from tracker.rules.emails.preferences import HELD, Preferences, Wishes, waits_for_quiet_hours
from tracker.rules.events.events import Event, may_edit
from tracker.rules.events.history import UNDO_FOR, HistoryVerb, reminder_changes
from tracker.rules.roster.meetings import ReminderPolicy
from tracker.tables.schema import emails as rows
from tracker.tables.schema import events as event_rows
from tracker.tables.schema.core.tables import Deployment
from tracker.tables.schema.emails import CommitteePreference
from tracker.tables.schema.events import columns_of_policy, leads_in_text, text_of_leads
from tracker.tables.schema.roster import Member
from tracker.tables.visible.events import events
from tracker.usecases.core import audit, outbox
from tracker.usecases.core.process_locks import ONLY_ROW
from tracker.usecases.events import history
from tracker.usecases.identity.sign_in_attempts import account_of
from tracker.usecases.roster import committees
from tracker.usecases.roster.committees import CommitteeChoice

_WISHES = (
    "SELECT p.member, p.date_reminders, p.item_reminders, p.leads, p.quiet_from, p.quiet_until, p.has_quiet_weekends,"
    " p.is_never_quiet, p.is_discreet, p.thank_yous, p.digest, m.zone"
    " FROM preference p JOIN member m ON m.id = p.member"
)
_WISHES_OF = _WISHES + " WHERE p.member IN ({})"
ONLY_COORDINATORS = "Only a coordinator can set the task force’s quiet hours."


async def everyones_wishes() -> Wishes:
    """Return the preferences of every member. At most three queries, however many people are reminded."""
    return await _read_wishes(QueryString(_WISHES), Member.select(Member.id, Member.zone))


async def wishes_of(member_ids: Iterable[UUID]) -> Wishes:
    """Return the preferences of some members. Three queries at most, however many they are."""
    wanted = list(member_ids)
    if not wanted:
        return Wishes()
    zones = Member.select(Member.id, Member.zone).where(Member.id.is_in(wanted))
    return await _read_wishes(QueryString(_WISHES_OF, id_list(wanted)), zones)


async def _read_wishes(query: QueryString, zones: Select[Any]) -> Wishes:
    """Return what some people chose; where there are usual quiet hours, the zones of those who chose nothing too."""
    [members], usual = await together(engine().read_each(query), usual_quiet_hours())
    others = await zones if usual else []
    return Wishes(
        of_member={row["member"]: _preferences_in(row) for row in members},
        zones={row["member"]: row["zone"] for row in members} | {row["id"]: row["zone"] for row in others},
        usual_quiet=usual,
    )


async def preferences_of(viewer: Viewer) -> Preferences:
    """Return the viewer's preferences, with defaults where none are set."""
    records = await rows.Preference.select().where(rows.Preference.member == viewer.member_id)
    return _preferences_in(records[0]) if records else Preferences()


async def save_preferences(viewer: Viewer, chosen: Preferences, now: datetime) -> None:
    """Save the viewer's preferences; they apply to reminders not queued yet, and to the next feed."""
    row = rows.Preference(
        id=ids.new_id(),
        member=viewer.member_id,
        date_reminders=chosen.date_reminders,
        item_reminders=chosen.item_reminders,
        leads=None if chosen.leads is None else text_of_leads(chosen.leads),
        quiet_from=chosen.quiet and f"{chosen.quiet[0]:%H:%M}",
        quiet_until=chosen.quiet and f"{chosen.quiet[1]:%H:%M}",
        has_quiet_weekends=chosen.has_quiet_weekends,
        is_never_quiet=chosen.is_never_quiet,
        is_discreet=chosen.is_discreet,
        thank_yous=chosen.thank_yous,
        digest=chosen.digest,
        changed_at=now,
    )
    async with writing():
        await rows.Preference.insert(row).on_conflict(
            target=rows.Preference.member,
            action="DO UPDATE",
            values=rows.Preference.all_columns(exclude=[rows.Preference.id, rows.Preference.member]),
        )
        facts = {
            "date_reminders": chosen.date_reminders,
            "item_reminders": chosen.item_reminders,
            "is_discreet": chosen.is_discreet,
            "thank_yous": chosen.thank_yous,
            "digest": chosen.digest,
        }
        await audit.record(viewer.actor, "changed", "preference", viewer.member_id, facts, now)


async def usual_quiet_hours() -> tuple[time, time] | None:
    """Return the quiet hours of people who have chosen nothing about them, or None."""
    [row] = await Deployment.select(Deployment.quiet_from, Deployment.quiet_until)
    return _quiet_hours_in(row)


async def save_usual_quiet_hours(viewer: Viewer, hours: tuple[time, time] | None, now: datetime) -> None:
    """Set the quiet hours of people who have chosen nothing about them. Errors: NotAllowed."""
    if not viewer.is_coordinator:
        raise NotAllowed(ONLY_COORDINATORS)
    starts, ends = (f"{hour:%H:%M}" for hour in hours) if hours else (None, None)
    async with writing():
        await Deployment.update({Deployment.quiet_from: starts, Deployment.quiet_until: ends}).where(
            Deployment.id == ONLY_ROW
        )
        facts = {"quiet_from": starts, "quiet_until": ends}
        await audit.record(viewer.actor, "changed", "usual_quiet_hours", "", facts, now)


async def stop_digest(member_id: UUID, now: datetime, origin: Origin) -> None:
    """Turn off a member's digest, by the link in it; does nothing when it is off already."""
    account = await account_of(member_id)
    async with writing():
        is_on = (rows.Preference.member == member_id) & (rows.Preference.digest == True)  # noqa: E712 - a clause of SQL
        off: dict[Any, Any] = {rows.Preference.digest: False, rows.Preference.changed_at: now}
        if account and await rows.Preference.update(off).where(is_on).returning(rows.Preference.id):
            await audit.record(account.actor(origin), "changed", "preference", member_id, {"digest": False}, now)


def _preferences_in(row: Mapping[str, Any]) -> Preferences:
    leads = None if row["leads"] is None else leads_in_text(row["leads"])
    return msgspec.convert({**row, "leads": leads, "quiet": _quiet_hours_in(row)}, Preferences, strict=False)


def _quiet_hours_in(row: Mapping[str, Any]) -> tuple[time, time] | None:
    starts, ends = row["quiet_from"], row["quiet_until"]
    return None if starts is None else (time.fromisoformat(starts), time.fromisoformat(ends))


async def sendable_messages(batch: Sequence[Message], worker: str, now: datetime) -> list[Message]:
    """Return the claimed messages that may be sent now, and release the others until quiet hours end."""
    waiting = [message for message in batch if waits_for_quiet_hours(message.content)]
    if not waiting:
        return [*batch]
    wishes = await everyones_wishes()
    until: dict[UUID, datetime] = {}
    for message in waiting:  # an email of a day may come in the morning, when another one covers it
        useful_until = None if isinstance(message.content, ItemsOfDay) else message.not_after
        until[message.id] = wishes.held_until(message.recipient_id, now, useful_until)
    held: dict[datetime, list[Message]] = {}
    for message in waiting:
        if until[message.id] > now:
            held.setdefault(until[message.id], []).append(message)
    async with writing():
        for end, messages in held.items():
            await outbox.delay_messages(messages, end, HELD, worker)
    return [message for message in batch if until.get(message.id, now) <= now]


ONLY_THEIRS = "Only the committee’s chair or a coordinator can set its reminders."
ONLY_COORDINATORS_SET_REMINDERS = "Only a coordinator can set the task force’s reminders."
OTHER_EVENTS = (
    "The committee’s upcoming events changed while you had this form open. Check their number and save again."
)
LATE = "It’s too late to undo this because 20 seconds have passed. You can still change the reminders."
MEANWHILE = "Nothing was undone because an event has changed since. You can still change the reminders."


class CommitteePolicy(NamedTuple):
    """What the form of a committee's reminders shows."""

    committee: CommitteeChoice
    policy: ReminderPolicy
    usual: ReminderPolicy
    """That of the task force."""
    is_usual: bool
    """Whether the committee has that one, and none of its own."""
    upcoming: int
    """The upcoming events of the committee that the viewer may edit."""
    dates: int
    """Their dates ahead that take place: a series is one event with many."""


class PolicyTexts(msgspec.Struct, frozen=True, kw_only=True):
    """A policy as rows and the audit log keep it."""

    leads: str | None = None
    """None = the committee had none of its own."""
    asks_before: str = ""
    asks_after: str = ""
    sends_thanks: bool = False


class ReplacedEvent(PolicyTexts, frozen=True, kw_only=True):
    """The reminders that an event had before, and its version after the change."""

    version: int


class ReplacedPolicy(PolicyTexts, frozen=True, kw_only=True):
    """What a change of a committee's policy replaced."""

    by: UUID
    events: dict[UUID, ReplacedEvent]


async def led_committees(viewer: Viewer) -> list[CommitteeChoice]:
    """Return the committees whose reminders the viewer may set: those they chair, or all for a coordinator."""
    return [
        choice
        for choice in await committees.committee_choices(viewer)
        if viewer.is_coordinator or choice.id in viewer.chairs
    ]


async def committee_policy(viewer: Viewer, committee_id: UUID, now: datetime) -> CommitteePolicy:
    """Return a committee, its policy, and how many upcoming events and dates it has. Errors: NotFound, NotAllowed."""
    committee = await led_committee(viewer, committee_id)
    policies = await committees.reminder_policies()
    upcoming = await _upcoming(viewer, committee_id, now)
    every = (date for dates in (await events.dates_of_events(viewer, upcoming)).values() for date in dates)
    ahead = len([occurrence for occurrence in every if occurrence.starts_at > now and not occurrence.is_off])
    is_usual = committee_id not in policies.of_committee
    return CommitteePolicy(committee, policies.of(committee_id), policies.usual, is_usual, len(upcoming), ahead)


async def save_committee_policy(
    viewer: Viewer, committee_id: UUID, own: ReminderPolicy | None, now: datetime, *, upcoming: int | None = None
) -> int:
    """Save the policy with which new events of a committee begin, and return how many events changed.

    None = that of the task force.
    With `upcoming`, the number that the viewer saw, it also becomes that of each upcoming event that they may edit.
    Calendars don't show it, so no feed changes.
    Errors: NotFound, NotAllowed, Conflict when there are now more or fewer upcoming events.
    """
    async with writing():
        await led_committee(viewer, committee_id)
        changed = [] if upcoming is None else await _upcoming(viewer, committee_id, now)
        if upcoming is not None and len(changed) != upcoming:
            raise Conflict(OTHER_EVENTS)
        policies = await committees.reminder_policies()
        policy, before = own or policies.usual, policies.of_committee.get(committee_id)
        replaced = ReplacedPolicy(
            by=viewer.member_id,
            events={
                event.id: ReplacedEvent(version=event.version + 1, **_texts_of(event.reminders)) for event in changed
            },
            **(_texts_of(before) if before else {}),
        )
        await _store_preference(committee_id, policy, msgspec.json.encode(replaced).decode(), now, is_usual=own is None)
        for event in changed:  # their versions rise, so that an open form of one doesn't save over it unseen
            await event_rows.Event.update(_columns(policy)).where(event_rows.Event.id == event.id)
            if changes := reminder_changes(event.reminders, policy):
                await history.record_change(viewer, event, HistoryVerb.CHANGED, changes, now)
            await audit.record(viewer.actor, "changed", "event", event.id, {"fields": ["reminders"]}, now)
        facts = {"is_usual": own is None, "was_is_usual": before is None, "upcoming_events": len(changed)}
        facts |= _facts(before or policies.usual, policy)
        await audit.record(viewer.actor, "changed", "committee_preference", committee_id, facts, now)
    return len(changed)


async def save_usual_policy(viewer: Viewer, policy: ReminderPolicy, now: datetime) -> None:
    """Save the policy of the task force, with which new events begin where no committee chose one. Errors: NotAllowed.

    Events that are already scheduled keep theirs.
    """
    if not viewer.is_coordinator:
        raise NotAllowed(ONLY_COORDINATORS_SET_REMINDERS)
    async with writing():
        before = await committees.policy_of_committee(None)
        columns: dict[Any, Any] = {**columns_of_policy(policy)}
        await Deployment.update(columns).where(Deployment.id == ONLY_ROW)
        await audit.record(viewer.actor, "changed", "usual_reminders", "", _facts(before, policy), now)


def _facts(before: ReminderPolicy, after: ReminderPolicy) -> dict[str, Any]:
    """Return a change of a policy as the audit log keeps it: what it is now, and what it was."""
    return {**_texts_of(after), **{f"was_{name}": value for name, value in _texts_of(before).items()}}


def _texts_of(policy: ReminderPolicy) -> dict[str, Any]:
    """Return the fields of a policy's `PolicyTexts`."""
    return {
        "leads": text_of_leads(policy.leads),
        "asks_before": text_of_leads(policy.asks_before),
        "asks_after": text_of_leads(policy.asks_after),
        "sends_thanks": policy.sends_thanks,
    }


async def undo_committee_policy(viewer: Viewer, committee_id: UUID, at: datetime, now: datetime) -> None:
    """Undo the change of a policy that the viewer made at `at`, also in upcoming events, within 20 seconds.

    Errors: NotFound, NotAllowed, Gone (too late, or another change since), Conflict (an event has changed since).
    """
    async with writing():
        await led_committee(viewer, committee_id)
        records = await CommitteePreference.select().where(CommitteePreference.committee == committee_id)
        row = dict(records[0]) if records else None
        if row is None or row["replaced"] is None or row["changed_at"] != at or now >= at + UNDO_FOR:
            raise Gone(LATE)
        replaced = msgspec.json.decode(row["replaced"], type=ReplacedPolicy)
        if replaced.by != viewer.member_id:
            raise Gone(LATE)
        for event_id, before in replaced.events.items():
            is_as_left = (event_rows.Event.id == event_id) & (event_rows.Event.version == before.version)
            policy = _columns(_policy_before(before))
            if not await event_rows.Event.update(policy).where(is_as_left).returning(event_rows.Event.id):
                raise Conflict(MEANWHILE)
            await audit.record(viewer.actor, "undone", "event", event_id, {"fields": ["reminders"]}, now)
        await history.forget_changes(viewer, replaced.events, at)
        if replaced.leads is None:
            await CommitteePreference.delete().where(CommitteePreference.committee == committee_id)
        else:
            await _store_preference(committee_id, _policy_before(replaced), None, now, is_usual=False)
        facts = {"upcoming_events": len(replaced.events)}
        await audit.record(viewer.actor, "undone", "committee_preference", committee_id, facts, now)


async def _upcoming(viewer: Viewer, committee_id: UUID, now: datetime) -> list[Event]:
    return [event for event in await events.events_of_committee(viewer, committee_id, now) if may_edit(viewer, event)]


def _policy_before(before: PolicyTexts) -> ReminderPolicy:
    return ReminderPolicy(
        leads=leads_in_text(before.leads or ""),
        asks_before=leads_in_text(before.asks_before),
        asks_after=leads_in_text(before.asks_after),
        sends_thanks=before.sends_thanks,
    )


def _columns(policy: ReminderPolicy) -> dict[Any, Any]:
    return {**columns_of_policy(policy), event_rows.Event.version: event_rows.Event.version + 1}


async def _store_preference(
    committee_id: UUID, policy: ReminderPolicy, replaced: str | None, now: datetime, *, is_usual: bool
) -> None:
    row = CommitteePreference(
        id=ids.new_id(),
        committee=committee_id,
        leads=text_of_leads(policy.leads),
        ask_leads=text_of_leads(policy.asks_before),
        ask_after=text_of_leads(policy.asks_after),
        sends_thanks=policy.sends_thanks,
        changed_at=now,
        replaced=replaced,
        is_usual=is_usual,
    )
    await CommitteePreference.insert(row).on_conflict(
        target=CommitteePreference.committee,
        action="DO UPDATE",
        values=CommitteePreference.all_columns(exclude=[CommitteePreference.id, CommitteePreference.committee]),
    )


async def led_committee(viewer: Viewer, committee_id: UUID) -> CommitteeChoice:
    """Return a committee whose reminders the viewer may set. Errors: NotFound for one they are not in, NotAllowed."""
    committee = next(
        (choice for choice in await committees.committee_choices(viewer) if choice.id == committee_id), None
    )
    if committee is None:
        raise NotFound
    if not (viewer.is_coordinator or committee_id in viewer.chairs):
        raise NotAllowed(ONLY_THEIRS)
    return committee
