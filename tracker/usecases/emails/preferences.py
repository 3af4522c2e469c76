"""Email preferences of members: read for one or for all at once, and saved; and quiet hours at the moment of sending.

What waits for quiet hours is held then, whatever was known when it was planned. A planner chooses a time outside quiet
hours where it can. This is what keeps the promise: a message can become due late, be tried again, or have a reader who
has chosen other hours since.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time
from typing import Any
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.crypto import ids
from tracker.database import engine, together, writing
from tracker.database.sql_list import id_list
from tracker.errors import NotAllowed
from tracker.rules.core.message_types import ItemsOfDay
from tracker.rules.core.outbox import Message
from tracker.rules.core.viewers import Origin, Viewer
from tracker.rules.emails.preferences import HELD, Preferences, Wishes, waits_for_quiet_hours
from tracker.tables.schema.core.tables import Deployment
from tracker.tables.schema.emails import preferences as rows
from tracker.tables.schema.events.event_columns import leads_in_text, text_of_leads
from tracker.tables.schema.roster import Member
from tracker.usecases.core import audit, outbox
from tracker.usecases.core.send_hold import ONLY_ROW
from tracker.usecases.identity.sign_in_attempts import account_of

_WISHES = (
    "SELECT p.member, p.date_reminders, p.item_reminders, p.leads, p.quiet_from, p.quiet_until, p.has_quiet_weekends,"
    " p.is_never_quiet, p.is_discreet, p.thank_yous, p.digest, m.zone"
    " FROM preference p JOIN member m ON m.id = p.member"
)
_WISHES_OF = _WISHES + " WHERE p.member IN ({})"
ONLY_COORDINATORS = "Only a coordinator can set the task force’s quiet hours."
MEMBERS_OWN = [
    rows.Preference.date_reminders,
    rows.Preference.item_reminders,
    rows.Preference.leads,
    rows.Preference.quiet_from,
    rows.Preference.quiet_until,
    rows.Preference.has_quiet_weekends,
    rows.Preference.is_never_quiet,
    rows.Preference.is_discreet,
    rows.Preference.thank_yous,
    rows.Preference.digest,
    rows.Preference.changed_at,
]


async def everyones_wishes() -> Wishes:
    """Return the preferences of every member. At most three queries, however many people are reminded."""
    [members], usual = await together(engine().read_each(QueryString(_WISHES)), usual_quiet_hours())
    zones = await Member.select(Member.id, Member.zone) if usual else []
    return _wishes_in(members, zones, usual)


async def wishes_of(member_ids: Iterable[UUID]) -> Wishes:
    """Return the preferences of some members. Three queries at most, however many they are."""
    wanted = list(member_ids)
    if not wanted:
        return Wishes()
    [members], usual = await together(engine().read_each(QueryString(_WISHES_OF, id_list(wanted))), usual_quiet_hours())
    zones = await Member.select(Member.id, Member.zone).where(Member.id.is_in(wanted)) if usual else []
    return _wishes_in(members, zones, usual)


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
            target=rows.Preference.member, action="DO UPDATE", values=MEMBERS_OWN
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


def _wishes_in(
    members: Iterable[Mapping[str, Any]], zones: Iterable[Mapping[str, Any]], usual: tuple[time, time] | None
) -> Wishes:
    return Wishes(
        of_member={row["member"]: _preferences_in(row) for row in members},
        zones={row["member"]: row["zone"] for row in members} | {row["id"]: row["zone"] for row in zones},
        usual_quiet=usual,
    )


def _preferences_in(row: Mapping[str, Any]) -> Preferences:
    return Preferences(
        date_reminders=bool(row["date_reminders"]),
        item_reminders=bool(row["item_reminders"]),
        leads=None if row["leads"] is None else leads_in_text(row["leads"]),
        is_discreet=bool(row["is_discreet"]),
        thank_yous=bool(row["thank_yous"]),
        digest=bool(row["digest"]),
        quiet=_quiet_hours_in(row),
        has_quiet_weekends=bool(row["has_quiet_weekends"]),
        is_never_quiet=bool(row["is_never_quiet"]),
    )


def _quiet_hours_in(row: Mapping[str, Any]) -> tuple[time, time] | None:
    starts, ends = row["quiet_from"], row["quiet_until"]
    return None if starts is None else (time.fromisoformat(starts), time.fromisoformat(ends))


async def sendable_messages(batch: Sequence[Message], worker: str, now: datetime) -> list[Message]:
    """Return the claimed messages that may be sent now, and release the others until quiet hours end."""
    waiting = [one for one in batch if waits_for_quiet_hours(one.content)]
    if not waiting:
        return [*batch]
    wishes = await everyones_wishes()
    until = {one.id: wishes.held_until(one.recipient_id, now, _useful_until(one)) for one in waiting}
    held: dict[datetime, list[Message]] = {}
    for message in waiting:
        if until[message.id] > now:
            held.setdefault(until[message.id], []).append(message)
    async with writing():
        for end, messages in held.items():
            await outbox.delay_messages(messages, end, HELD, worker)
    return [one for one in batch if until.get(one.id, now) <= now]


def _useful_until(message: Message) -> datetime | None:
    """Return from when on a message is outdated; None where another one covers it, which can come in the morning."""
    return None if isinstance(message.content, ItemsOfDay) else message.not_after
