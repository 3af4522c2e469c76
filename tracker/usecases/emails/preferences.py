"""What members and bodies choose about mail: read for one of them, or for everybody at once, and saved."""

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.crypto import ids
from tracker.database import engine, writing
from tracker.errors import NotAllowed, NotFound
from tracker.rules.core.actors import Origin
from tracker.rules.core.viewer import Viewer
from tracker.rules.emails.preferences import BodyPreferences, Preferences, Wishes
from tracker.tables.schema.emails import preferences as rows
from tracker.usecases.core import audit
from tracker.usecases.identity.accounts import account_of
from tracker.usecases.roster import people
from tracker.usecases.roster.people import BodyChoice

_WISHES = (
    "SELECT p.member, p.date_reminders, p.item_reminders, p.leads, p.quiet_from, p.quiet_until, p.is_discreet,"
    " p.digest, m.zone"
    " FROM preference p JOIN member m ON m.id = p.member"
)
MEMBERS_OWN = [
    rows.Preference.date_reminders, rows.Preference.item_reminders, rows.Preference.leads, rows.Preference.quiet_from,
    rows.Preference.quiet_until, rows.Preference.is_discreet, rows.Preference.digest, rows.Preference.changed_at,
]  # fmt: skip


async def everybodys_wishes() -> Wishes:
    """Return what every member and body chose. Two queries, whoever is reminded."""
    members = await engine().run_querystring(QueryString(_WISHES))
    bodies = await rows.BodyPreference.select()
    return Wishes(
        of_member={row["member"]: _preferences(row) for row in members},
        zones={row["member"]: row["zone"] for row in members},
        of_body={row["body"]: _of_body(row) for row in bodies},
    )


async def preferences_of(viewer: Viewer) -> Preferences:
    """Return the viewer's own choices, the usual where they made none."""
    found = await rows.Preference.select().where(rows.Preference.member == viewer.member_id)
    return _preferences(found[0]) if found else Preferences()


async def save(viewer: Viewer, chosen: Preferences, now: datetime) -> None:
    """Keep the viewer's choices: they hold for every reminder that is not queued yet, and for the next feed."""
    row = rows.Preference(
        id=ids.new_id(), member=viewer.member_id, date_reminders=chosen.date_reminders,
        item_reminders=chosen.item_reminders, leads=None if chosen.leads is None else _minutes(chosen.leads),
        quiet_from=chosen.quiet and f"{chosen.quiet[0]:%H:%M}", quiet_until=chosen.quiet and f"{chosen.quiet[1]:%H:%M}",
        is_discreet=chosen.is_discreet, digest=chosen.digest, changed_at=now,
    )  # fmt: skip
    async with writing():
        await rows.Preference.insert(row).on_conflict(
            target=rows.Preference.member, action="DO UPDATE", values=MEMBERS_OWN
        )
        facts = {
            "date_reminders": chosen.date_reminders, "item_reminders": chosen.item_reminders,
            "is_discreet": chosen.is_discreet, "digest": chosen.digest,
        }  # fmt: skip
        await audit.record(viewer.actor, "changed", "preference", viewer.member_id, facts, now)


async def stop_digest(member_id: UUID, now: datetime, origin: Origin) -> None:
    """Turn a member's digest off, by the link in it; one that is off stays off."""
    account = await account_of(member_id)
    async with writing():
        is_on = (rows.Preference.member == member_id) & (rows.Preference.digest == True)  # noqa: E712 - a clause of SQL
        off: dict[Any, Any] = {rows.Preference.digest: False, rows.Preference.changed_at: now}
        if account and await rows.Preference.update(off).where(is_on).returning(rows.Preference.id):
            await audit.record(account.actor(origin), "changed", "preference", member_id, {"digest": False}, now)


async def led_bodies(viewer: Viewer) -> list[BodyChoice]:
    """Return the bodies whose reminders the viewer may set: those they chair, all of them for a coordinator."""
    return [one for one in await people.bodies(viewer) if viewer.is_coordinator or one.id in viewer.chairs]


async def of_body(viewer: Viewer, body_id: UUID) -> tuple[BodyChoice, BodyPreferences]:
    """Return a body and what it chose for its events. Errors: NotFound, NotAllowed."""
    body = await _led_body(viewer, body_id)
    found = await rows.BodyPreference.select().where(rows.BodyPreference.body == body_id)
    return body, _of_body(found[0]) if found else BodyPreferences()


async def save_body(viewer: Viewer, body_id: UUID, chosen: BodyPreferences, now: datetime) -> None:
    """Keep what a body chose for its events. Errors: NotFound, NotAllowed."""
    row = rows.BodyPreference(
        id=ids.new_id(), body=body_id, leads=_minutes(chosen.leads), asks_again=chosen.asks_again, changed_at=now
    )
    async with writing():
        await _led_body(viewer, body_id)
        await rows.BodyPreference.insert(row).on_conflict(
            target=rows.BodyPreference.body, action="DO UPDATE",
            values=[rows.BodyPreference.leads, rows.BodyPreference.asks_again, rows.BodyPreference.changed_at],
        )  # fmt: skip
        facts = {"leads": _minutes(chosen.leads), "asks_again": chosen.asks_again}
        await audit.record(viewer.actor, "changed", "body_preference", body_id, facts, now)


async def _led_body(viewer: Viewer, body_id: UUID) -> BodyChoice:
    """Return a body that the viewer may set; one they are not in is missing to them."""
    body = next((one for one in await people.bodies(viewer) if one.id == body_id), None)
    if body is None:
        raise NotFound
    if not (viewer.is_coordinator or body_id in viewer.chairs):
        raise NotAllowed("Only the body's chair or a coordinator can set its reminders.")
    return body


def _preferences(row: Mapping[str, Any]) -> Preferences:
    is_quiet = row["quiet_from"] is not None
    return Preferences(
        date_reminders=bool(row["date_reminders"]), item_reminders=bool(row["item_reminders"]),
        leads=None if row["leads"] is None else _leads(row["leads"]), is_discreet=bool(row["is_discreet"]),
        digest=bool(row["digest"]),
        quiet=(time.fromisoformat(row["quiet_from"]), time.fromisoformat(row["quiet_until"])) if is_quiet else None,
    )  # fmt: skip


def _of_body(row: Mapping[str, Any]) -> BodyPreferences:
    return BodyPreferences(leads=_leads(row["leads"]), asks_again=bool(row["asks_again"]))


def _leads(text: str) -> frozenset[timedelta]:
    return frozenset(timedelta(minutes=int(one)) for one in text.split(",") if one)


def _minutes(leads: Iterable[timedelta]) -> str:
    return ",".join(str(int(one.total_seconds() // 60)) for one in sorted(leads, reverse=True))
