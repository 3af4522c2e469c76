"""Feed addresses: made for one device, shown again, replaced, turned off. Feeds are found by the address's hash."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import convert

from tracker.crypto import ids, keys
from tracker.database import writing
from tracker.errors import Invalid, NotAllowed, NotFound
from tracker.rules.calendars.feeds import (
    MAX_SUBSCRIPTIONS,
    NO_ALARMS,
    NO_LIMIT,
    Alarms,
    FeedLimit,
    FeedScope,
    Subscription,
    feed_words,
)
from tracker.rules.core.clean_text import clean
from tracker.rules.core.viewers import Viewer, is_recent
from tracker.tables.schema import calendars as rows
from tracker.usecases.calendars import feeds
from tracker.usecases.core import audit

LONGEST_NAME = 60
FEED_PURPOSE = "feed"  # of the key that seals addresses


async def create_subscription(
    viewer: Viewer,
    name: str,
    scope: FeedScope,
    now: datetime,
    *,
    only: FeedLimit = NO_LIMIT,
    alarms: Alarms = NO_ALARMS,
    shows_operations: bool,
) -> tuple[UUID, str]:
    """Make an address and return its id and token; the token is stored only as a hash, and sealed for its owner.

    Without a name, it is named after what it contains. It can be limited to a committee whose events the viewer sees.
    Errors: Invalid(name), Invalid(committee), and Invalid when the member has too many addresses.
    """
    words = feed_words(scope, only, await _committee(viewer, only)) or "everything"
    usual_name = (words[:1].upper() + words[1:])[:LONGEST_NAME].rstrip()
    subscription_id, token = ids.new_id(), keys.new_token()
    limits: dict[str, Any] = {"committee": only.committee_id, "kind": only.kind}
    chosen: dict[str, Any] = {**_alarm_columns(alarms), "shows_operations": shows_operations}
    row = rows.Subscription(
        id=subscription_id,
        member=viewer.member_id,
        name=_name(name.strip() or usual_name),
        scope=scope,
        created_at=now,
        **limits,
        **chosen,
        **_secrets(subscription_id, token),
    )
    async with writing():
        if len(await subscriptions_of(viewer)) >= MAX_SUBSCRIPTIONS:
            raise Invalid(f"You have {MAX_SUBSCRIPTIONS} feeds. Turn off one you don’t use.")
        await rows.Subscription.insert(row)
        facts = {"scope": scope, **limits, **chosen}
        await audit.record(viewer.actor, "created", "subscription", subscription_id, facts, now)
    return subscription_id, token


async def subscriptions_of(viewer: Viewer) -> list[Subscription]:
    """Return the viewer's own addresses that are not turned off, oldest first."""
    records = await rows.Subscription.select().where(_of(viewer.member_id)).order_by(rows.Subscription.created_at)
    return [
        convert(
            {
                **row,
                "only": {"committee_id": row["committee"], "kind": row["kind"] or None},
                "alarms": {"minutes": row["alarm_minutes"], "all_day": row["all_day_alarm"] or None},
                "issued_at": row["replaced_at"] or row["created_at"],
            },
            Subscription,
            strict=False,
        )
        for row in records
    ]


async def feed_tokens(viewer: Viewer, reauthenticated_at: datetime, now: datetime) -> dict[UUID, str]:
    """Return the tokens of the viewer's own addresses by id. Errors: NotAllowed without a recent confirmation."""
    if not is_recent(reauthenticated_at, now):
        raise NotAllowed("Confirm it’s you to see your addresses.")
    records = await rows.Subscription.select(rows.Subscription.id, rows.Subscription.token_sealed).where(
        _of(viewer.member_id)
    )
    return {row["id"]: keys.unseal(FEED_PURPOSE, row["token_sealed"], str(row["id"])) for row in records}


async def replace_feed_token(viewer: Viewer, subscription_id: UUID, now: datetime) -> str:
    """Replace an address and return the new token; the old address stops at once. Errors: NotFound."""
    token = keys.new_token()
    never_served = {"body_hash": "", "body_since": None}
    changed: dict[Any, Any] = {**_secrets(subscription_id, token), **never_served, "replaced_at": now}
    await _change(viewer, subscription_id, "rotated", changed, {}, now)
    return token


async def turn_off_subscription(viewer: Viewer, subscription_id: UUID, now: datetime) -> None:
    """Turn an address off for good. Errors: NotFound."""
    await _change(viewer, subscription_id, "revoked", {"revoked_at": now}, {}, now)


async def change_subscription(
    viewer: Viewer, subscription_id: UUID, name: str, now: datetime, *, alarms: Alarms, shows_operations: bool
) -> None:
    """Rename an address, and set its alarms and whether it shows named events discreetly.

    Errors: NotFound, Invalid(name).
    """
    chosen = {**_alarm_columns(alarms), "shows_operations": shows_operations}
    await _change(viewer, subscription_id, "changed", {"name": _name(name), **chosen}, chosen, now)


async def _change(
    viewer: Viewer, subscription_id: UUID, verb: str, fields: dict[Any, Any], facts: Mapping[str, object], now: datetime
) -> None:
    async with writing():
        own = _of(viewer.member_id) & (rows.Subscription.id == subscription_id)
        if not await rows.Subscription.update(fields).where(own).returning(rows.Subscription.id):
            raise NotFound
        await audit.record(viewer.actor, verb, "subscription", subscription_id, facts, now)


def _of(member_id: UUID) -> Any:
    return (rows.Subscription.member == member_id) & rows.Subscription.revoked_at.is_null()


def _secrets(subscription_id: UUID, token: str) -> dict[Any, Any]:
    sealed = keys.seal(keys.named(FEED_PURPOSE), token, str(subscription_id))
    return {"token_hash": keys.token_hash(token), "token_sealed": sealed}


async def _committee(viewer: Viewer, only: FeedLimit) -> str:
    """Return the name of the committee to which a feed is to be limited, or none. Errors: Invalid(committee)."""
    if only.committee_id is None:
        return ""
    names = {committee.id: committee.name for committee in await feeds.calendar_committees(viewer)}
    if only.committee_id not in names:
        raise Invalid(committee="Choose a committee from the list.")
    return names[only.committee_id]


def _alarm_columns(alarms: Alarms) -> dict[str, Any]:
    return {"alarm_minutes": alarms.minutes, "all_day_alarm": alarms.all_day}


def _name(text: str) -> str:
    name = clean(text, LONGEST_NAME, "name")
    if not name:
        raise Invalid(name="Name the feed, for example “Work Outlook”.")
    return name
