"""The reminder policy of a committee: changing it, also for its upcoming events, and undoing that."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from tracker.crypto import ids
from tracker.database import writing
from tracker.errors import Conflict, Gone, NotAllowed, NotFound
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import Event, may_edit
from tracker.rules.events.history import HistoryVerb, reminder_changes
from tracker.rules.events.undo import UNDO_FOR
from tracker.rules.roster.reminder_policies import ReminderPolicy
from tracker.tables.schema.core.tables import Deployment
from tracker.tables.schema.emails.preferences import CommitteePreference
from tracker.tables.schema.events import events as rows
from tracker.tables.schema.events.event_columns import columns_of_policy, leads_in_text, text_of_leads
from tracker.tables.visible.events import events
from tracker.usecases.core import audit
from tracker.usecases.core.send_hold import ONLY_ROW
from tracker.usecases.events import history
from tracker.usecases.roster import committees, reminder_policies
from tracker.usecases.roster.committees import CommitteeChoice

ONLY_THEIRS = "Only the committee’s chair or a coordinator can set its reminders."
ONLY_COORDINATORS = "Only a coordinator can set the task force’s reminders."
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


class ReplacedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """The reminders that an event had before, and its version after the change."""

    leads: str
    asks_before: str
    asks_after: str
    sends_thanks: bool
    version: int


class ReplacedPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What a change of a policy replaced; `leads` is None if the committee had none of its own."""

    by: UUID
    leads: str | None
    asks_before: str
    asks_after: str
    sends_thanks: bool
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
    policies = await reminder_policies.reminder_policies()
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
        policies = await reminder_policies.reminder_policies()
        policy, before = own or policies.usual, policies.of_committee.get(committee_id)
        replaced = ReplacedPolicy(
            by=viewer.member_id,
            leads=text_of_leads(before.leads) if before else None,
            asks_before=text_of_leads(before.asks_before) if before else "",
            asks_after=text_of_leads(before.asks_after) if before else "",
            sends_thanks=bool(before and before.sends_thanks),
            events={event.id: _replaced(event) for event in changed},
        )
        await _store_preference(committee_id, policy, msgspec.json.encode(replaced).decode(), now, is_usual=own is None)
        await _set_policy(viewer, changed, policy, now)
        facts = {"is_usual": own is None, "was_is_usual": before is None, "upcoming_events": len(changed)}
        facts |= _facts(before or policies.usual, policy)
        await audit.record(viewer.actor, "changed", "committee_preference", committee_id, facts, now)
    return len(changed)


async def save_usual_policy(viewer: Viewer, policy: ReminderPolicy, now: datetime) -> None:
    """Save the policy of the task force, with which new events begin where no committee chose one. Errors: NotAllowed.

    Events that are already scheduled keep theirs.
    """
    if not viewer.is_coordinator:
        raise NotAllowed(ONLY_COORDINATORS)
    async with writing():
        before = await reminder_policies.policy_of_committee(None)
        columns: dict[Any, Any] = {**columns_of_policy(policy)}
        await Deployment.update(columns).where(Deployment.id == ONLY_ROW)
        await audit.record(viewer.actor, "changed", "usual_reminders", "", _facts(before, policy), now)


def _facts(before: ReminderPolicy, after: ReminderPolicy) -> dict[str, Any]:
    """Return a change of a policy as the audit log keeps it: what it is now, and what it was."""
    return {**_facts_of(after), **{f"was_{name}": value for name, value in _facts_of(before).items()}}


def _facts_of(policy: ReminderPolicy) -> dict[str, Any]:
    """Return a policy as the audit log keeps it."""
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
            is_as_left = (rows.Event.id == event_id) & (rows.Event.version == before.version)
            policy = _columns(_policy_before(before, before.leads))
            if not await rows.Event.update(policy).where(is_as_left).returning(rows.Event.id):
                raise Conflict(MEANWHILE)
            await audit.record(viewer.actor, "undone", "event", event_id, {"fields": ["reminders"]}, now)
        await history.forget_changes(viewer, replaced.events, at)
        if replaced.leads is None:
            await CommitteePreference.delete().where(CommitteePreference.committee == committee_id)
        else:
            await _store_preference(committee_id, _policy_before(replaced, replaced.leads), None, now, is_usual=False)
        facts = {"upcoming_events": len(replaced.events)}
        await audit.record(viewer.actor, "undone", "committee_preference", committee_id, facts, now)


async def _upcoming(viewer: Viewer, committee_id: UUID, now: datetime) -> list[Event]:
    return [event for event in await events.events_of_committee(viewer, committee_id, now) if may_edit(viewer, event)]


def _replaced(event: Event) -> ReplacedEvent:
    policy = event.reminders
    return ReplacedEvent(
        leads=text_of_leads(policy.leads),
        asks_before=text_of_leads(policy.asks_before),
        asks_after=text_of_leads(policy.asks_after),
        sends_thanks=policy.sends_thanks,
        version=event.version + 1,
    )


async def _set_policy(viewer: Viewer, changed: Sequence[Event], policy: ReminderPolicy, now: datetime) -> None:
    """Set the policy of events; their versions rise, so that an open form of one doesn't save over it unseen."""
    for event in changed:
        await rows.Event.update(_columns(policy)).where(rows.Event.id == event.id)
        if changes := reminder_changes(event.reminders, policy):
            await history.record_change(viewer, event, HistoryVerb.CHANGED, changes, now)
        await audit.record(viewer.actor, "changed", "event", event.id, {"fields": ["reminders"]}, now)


def _policy_before(before: ReplacedPolicy | ReplacedEvent, leads: str) -> ReminderPolicy:
    return ReminderPolicy(
        leads=leads_in_text(leads),
        asks_before=leads_in_text(before.asks_before),
        asks_after=leads_in_text(before.asks_after),
        sends_thanks=before.sends_thanks,
    )


def _columns(policy: ReminderPolicy) -> dict[Any, Any]:
    return {**columns_of_policy(policy), rows.Event.version: rows.Event.version + 1}


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
        values=[
            CommitteePreference.leads,
            CommitteePreference.ask_leads,
            CommitteePreference.ask_after,
            CommitteePreference.sends_thanks,
            CommitteePreference.changed_at,
            CommitteePreference.replaced,
            CommitteePreference.is_usual,
        ],
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
