"""Calendar pages and feeds."""

import asyncio
from collections.abc import Hashable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Struct, convert
from msgspec.structs import replace
from piccolo.querystring import QueryString

from tracker.crypto import keys
from tracker.database import engine, writing
from tracker.database.binding import run_for_each
from tracker.errors import NotFound
from tracker.rules.calendars.calendars import CalendarChoice, CalendarChoices, CalendarFilter, SeenDate, matching_dates
from tracker.rules.calendars.feeds import (
    NO_LIMIT,
    PAST_SHOWN,
    Alarms,
    FeedLevel,
    FeedLimit,
    FeedScope,
    address_end,
    feed_level,
    is_notice_gone,
)
from tracker.rules.core import viewers
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import Event, EventStatus, Kind, Occurrence
from tracker.rules.operations.readiness import Notice
from tracker.rules.operations.states import status_in_calendars
from tracker.tables.background.events import events as audiences
from tracker.tables.background.events.invitees import invitees_of
from tracker.tables.schema.calendars import Subscription
from tracker.tables.visible import calendars
from tracker.tables.visible.events import events as visible_events
from tracker.tables.visible.events import replies
from tracker.tables.visible.operations import records
from tracker.tables.visible.operations.plans import every_plan_state
from tracker.usecases.core import drafts
from tracker.usecases.core.viewers import LATEST, RIGHTS, ends_of_rights, viewer_from, viewers_for
from tracker.usecases.events.substitutes import named_substitutes
from tracker.usecases.roster import committees, directory

# One query, because feeds are fetched all day and mostly unchanged. UNION loses the column types: all are text here.
# It reads the counters of all committees; the rules later drop those that the viewer does not hold.
_FEED = """
WITH feed AS (
SELECT s.id, s.scope, s.committee AS only_committee, o.name AS committee_name, s.kind AS only_kind, s.alarm_minutes,
       s.all_day_alarm, s.shows_operations, s.body_hash, s.body_since, s.fetched_at,
       COALESCE(s.replaced_at, s.created_at) AS issued_at, m.expires_at,
       m.id AS member, m.name, m.email, m.zone, a.id AS agency, a.code, a.arm, a.level,
       CASE WHEN EXISTS (SELECT 1 FROM preference p WHERE p.member = m.id AND p.is_discreet)
            THEN 'yes' ELSE '' END AS is_discreet
  FROM subscription s JOIN member m ON m.id = s.member JOIN agency a ON a.id = m.agency
  LEFT JOIN committee o ON o.id = s.committee
 WHERE s.token_hash = {} AND s.revoked_at IS NULL AND m.status = 'active' AND a.status = 'active' AND NOT m.is_guest
   AND NOT EXISTS (SELECT 1 FROM deployment WHERE copy_of IS NOT NULL)
), who AS (SELECT member, agency FROM feed)
SELECT 'feed' AS kind, '' AS word, '' AS committee, CAST(member AS VARCHAR(36)) AS member,
       CAST(id AS VARCHAR(36)) AS id, scope,
       CASE WHEN shows_operations THEN 'yes' ELSE '' END AS shows_operations, body_hash,
       CAST(body_since AS VARCHAR(40)) AS body_since, CAST(fetched_at AS VARCHAR(40)) AS fetched_at,
       name, email, zone, CAST(agency AS VARCHAR(36)) AS agency, code, arm,
       level, is_discreet, CAST(issued_at AS VARCHAR(40)) AS issued_at,
       CAST(expires_at AS VARCHAR(40)) AS expires_at, CAST(only_committee AS VARCHAR(36)) AS only_committee,
       committee_name, only_kind, CAST(alarm_minutes AS VARCHAR(8)) AS alarm_minutes, all_day_alarm
  FROM feed
UNION ALL
"""
_VERSIONS = """
UNION ALL
SELECT 'version', v.audience, CAST(v.version AS VARCHAR(36)), NULL{more}
  FROM feed f JOIN audience_version v ON v.audience IN ('all', 'arm:law_enforcement', 'arm:victim_services',
       'agency:' || CAST(f.agency AS VARCHAR(36)), 'member:' || CAST(f.member AS VARCHAR(36)),
       'federal:' || CAST(f.member AS VARCHAR(36)), 'government:' || CAST(f.member AS VARCHAR(36)))
UNION ALL
SELECT 'version', v.audience, CAST(v.version AS VARCHAR(36)), NULL{more}
  FROM committee b JOIN audience_version v ON v.audience = 'committee:' || CAST(b.id AS VARCHAR(36))
"""
_OF_A_FEED_ALONE = ", NULL" * 21
_STATE = _FEED + (RIGHTS + _VERSIONS).replace("{more}", _OF_A_FEED_ALONE)
RIGHT_KINDS = ("role", "seat", "committee", "grant")
FETCHES_WRITTEN_EVERY = timedelta(seconds=15)
"""The longest that a fetch of an unchanged feed stays unwritten: pages show the minute."""

# A fetch that another process wrote meanwhile may be later, and what it sent newer.
_FETCHED = """UPDATE subscription SET fetches = fetches + {}, client = {},
 fetched_at = CASE WHEN fetched_at > {} THEN fetched_at ELSE {} END,
 body_hash = COALESCE({}, body_hash), body_since = COALESCE({}, body_since) WHERE id = {}"""


class Feed(Struct, frozen=True, kw_only=True):
    """A feed that is being requested."""

    subscription_id: UUID
    viewer: Viewer
    scope: FeedScope
    only: FeedLimit
    committee: str
    """The name of the committee to which it is limited; empty while it is not open to the viewer."""
    alarms: Alarms
    shows_operations: bool
    state: Hashable
    """Changes when something that the viewer may see changes, or when their rights do."""
    body_hash: str
    """SHA-256 of the calendar that was served last; empty when none was."""
    body_since: datetime | None
    fetched_at: datetime | None
    rights_until: datetime
    """When the viewer loses access that ends by itself; the feed has to be opened again then."""
    ends_at: datetime
    """When its address stops working: long unused, or the owner's account ends."""


class OpenFeeds:
    """Results of `open_feed`, kept until the next commit by anyone, so that a revocation takes effect at once.

    Only SQLite reports commits without a query; on PostgreSQL each request runs one.
    """

    def __init__(self) -> None:
        self._mark: Hashable = None
        self._feeds: dict[str, Feed] = {}

    async def open(self, token: str, now: datetime) -> Feed:
        """Return the feed behind a token. Errors as in `open_feed`."""
        mark = engine().change_mark()
        if mark is None:
            return await open_feed(token, now)
        if mark != self._mark:
            self._mark, self._feeds = mark, {}
        feeds = self._feeds
        if token not in feeds or feeds[token].rights_until <= now:
            feeds[token] = await open_feed(token, now)  # a later commit drops it with the older mark
        return _in_time(feeds[token], now)


async def open_feed(token: str, now: datetime) -> Feed:
    """Return the feed behind a token.

    Errors: NotFound when it is unknown, revoked or has stopped by itself, or its owner is not active; and while a
    restored copy is on hold, because it may have been revoked after the backup.
    """
    rows = await engine().run_querystring(QueryString(_STATE, keys.token_hash(token), now))
    row = next((row for row in rows if row["kind"] == "feed"), None)
    if row is None:
        raise NotFound
    rights = [right for right in rows if right["kind"] in RIGHT_KINDS]
    counters = {counter["word"]: counter["committee"] for counter in rows if counter["kind"] == "version"}
    ids = {"member": UUID(row["member"]), "agency": UUID(row["agency"])}
    viewer = viewer_from({**row, **ids, "is_guest": False}, rights)  # a guest has no feed
    fetched_at, expires_at = _moment(row["fetched_at"]), _moment(row["expires_at"])
    limit = {"committee_id": row["only_committee"] or None, "kind": row["only_kind"] or None}
    only = convert(limit, FeedLimit, strict=False)
    alarm = {"minutes": row["alarm_minutes"] or None, "all_day": row["all_day_alarm"] or None}
    alarms = convert(alarm, Alarms, strict=False)
    committee = row["committee_name"] if only.committee_id and only.is_open_to(viewer) else ""
    chosen = row["scope"], only, committee, alarms, row["shows_operations"]
    versions = frozenset((audience, counters.get(audience, "")) for audience in viewer.audiences)
    feed = Feed(
        subscription_id=UUID(row["id"]),
        viewer=viewer,
        scope=FeedScope(row["scope"]),
        only=only,
        committee=committee,
        alarms=alarms,
        shows_operations=bool(row["shows_operations"]),
        # A set of one: unlike a tuple it is hashed once, not with every fetch.
        state=frozenset({(viewer.member_id, chosen, viewer.is_discreet, versions)}),
        body_hash=row["body_hash"],
        body_since=_moment(row["body_since"]),
        fetched_at=fetched_at,
        rights_until=min(ends_of_rights(rights), default=LATEST),
        ends_at=min(address_end(datetime.fromisoformat(row["issued_at"]), fetched_at), expires_at or LATEST),
    )
    return _in_time(feed, now)


def _in_time(feed: Feed, now: datetime) -> Feed:
    if feed.ends_at <= now:
        raise NotFound
    return feed


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


async def feed_events(
    viewer: Viewer, now: datetime, *, scope: FeedScope, only: FeedLimit = NO_LIMIT, shows_operations: bool
) -> list[tuple[Event, FeedLevel]]:
    """Return the events of a feed by UID: those with a date in the past year or later, counted from midnight UTC.

    The status of an operation is the one that its plan gives it.
    """
    if not only.is_open_to(viewer):
        return []
    since = now.replace(hour=0, minute=0, second=0, microsecond=0) - PAST_SHOWN
    published = await visible_events.published_events(viewer, since, invited_only=scope is FeedScope.MINE)
    plans = await every_plan_state(viewer)
    held = [event for event in published if only.holds(event)]
    events = [replace(event, status=status_in_calendars(event, plans.get(event.id))) for event in held]
    return [
        (event, level)
        for event in events
        if (level := feed_level(event, shows_operations=shows_operations, is_discreet=viewer.is_discreet)) is not None
    ]


async def feed_notices(viewer: Viewer, now: datetime, only: FeedLimit = NO_LIMIT) -> list[Notice]:
    """Return the service-readiness notices of a feed that isn't limited: those with a window in the past year or later.

    One that was stood down stays as long as a canceled event.
    """
    if only != NO_LIMIT:
        return []
    every = await records.given_notices(viewer)
    return [
        notice for notice in every if notice.text.ends_at >= now - PAST_SHOWN and not is_notice_gone(notice, now.date())
    ]


async def feed_informed_events(viewer: Viewer) -> frozenset[UUID]:
    """Return the events of which the viewer is only informed: they take none of the viewer's time."""
    return await replies.events_informed_of(viewer)


async def feed_dates(viewer: Viewer, events: Iterable[Event]) -> dict[UUID, list[Occurrence]]:
    """Return all dates of several events by the event's id."""
    return await visible_events.dates_of_events(viewer, events)


class FeedReader(Struct, frozen=True, kw_only=True):
    """One working feed address, with its owner."""

    owner: Viewer
    scope: FeedScope
    only: FeedLimit
    shows_operations: bool
    client: str


async def feed_readers(now: datetime) -> list[FeedReader]:
    """Return every feed that works now; guests have none."""
    table = Subscription
    rows = await table.select(
        table.member,
        table.scope,
        table.committee,
        table.kind,
        table.shows_operations,
        table.created_at,
        table.replaced_at,
        table.fetched_at,
        table.client,
    ).where(table.revoked_at.is_null() & (table.member.is_guest == False))  # noqa: E712 - a clause of SQL
    live = [row for row in rows if address_end(row["replaced_at"] or row["created_at"], row["fetched_at"]) > now]
    owners = await viewers_for((row["member"] for row in live), now)
    return [
        FeedReader(
            owner=owners[row["member"]],
            scope=FeedScope(row["scope"]),
            only=FeedLimit(committee_id=row["committee"], kind=Kind(row["kind"]) if row["kind"] else None),
            shows_operations=bool(row["shows_operations"]),
            client=row["client"],
        )
        for row in live
        if row["member"] in owners
    ]


async def feed_owners_of(readers: Iterable[FeedReader], events: Iterable[Event]) -> Mapping[UUID, frozenset[str]]:
    """Return the owners whose feeds contain one of these events, with the programs that fetch them."""
    clients: dict[UUID, frozenset[str]] = {}
    for event in events:
        if event.status is EventStatus.DRAFT:
            continue
        seen_by = await audiences.audiences_of(event.id)
        substitutes = {substitute for _, substitute, _ in await named_substitutes(event.id)}
        ids = {event.lead_id, *await invitees_of(event.id), *substitutes}
        for reader in readers:
            is_asked = reader.scope is FeedScope.ALL or reader.owner.member_id in ids
            is_in_it = is_asked and reader.only.holds(event) and reader.only.is_open_to(reader.owner)
            level = feed_level(event, shows_operations=reader.shows_operations, is_discreet=reader.owner.is_discreet)
            if reader.owner.audiences & seen_by and is_in_it and level:
                clients[reader.owner.member_id] = clients.get(reader.owner.member_id, frozenset()) | {reader.client}
    return clients


class FeedFetch(NamedTuple):
    """One fetch, or several of which this is the last."""

    subscription_id: UUID
    client: str
    at: datetime
    body_hash: str | None = None
    """SHA-256 of a calendar that differs from the one that was sent before."""
    body_since: datetime | None = None
    times: int = 1

    def after(self, earlier: "FeedFetch") -> "FeedFetch":
        """Return this fetch and the earlier ones of the same feed as one."""
        new = self if self.body_hash else earlier
        times = self.times + earlier.times
        return FeedFetch(self.subscription_id, self.client, self.at, new.body_hash, new.body_since, times)


class FetchLog:
    """The fetches that one running application has not written yet."""

    def __init__(self) -> None:
        self._waiting: dict[UUID, FeedFetch] = {}
        self._written_at: datetime | None = None
        self._turn = asyncio.Lock()

    def add(self, fetch: FeedFetch) -> None:
        """Keep a fetch until the next `write`."""
        earlier = self._waiting.get(fetch.subscription_id)
        self._waiting[fetch.subscription_id] = fetch if earlier is None else fetch.after(earlier)

    def is_due(self, now: datetime) -> bool:
        """Return whether nothing was written for so long that what waits should be."""
        return self._written_at is None or now - self._written_at >= FETCHES_WRITTEN_EVERY

    async def write(self, now: datetime) -> None:
        """Write what waits, after a write that is under way; after an error, it waits on."""
        async with self._turn:
            taken, self._waiting = self._waiting, {}
            before, self._written_at = self._written_at, now
            try:
                await note_fetches(taken.values())
            except BaseException:
                self._written_at = before
                meanwhile, self._waiting = self._waiting, taken
                for fetch in meanwhile.values():
                    self.add(fetch)
                raise


async def note_fetches(fetches: Iterable[FeedFetch]) -> None:
    """Record fetches for their owners, and which content was sent."""
    rows = [
        (fetch.times, fetch.client, fetch.at, fetch.at, fetch.body_hash, fetch.body_since, fetch.subscription_id)
        for fetch in fetches
    ]
    if rows:
        async with writing():
            await run_for_each(_FETCHED, rows)


async def seen_dates_between(viewer: Viewer, start: datetime, end: datetime) -> list[SeenDate]:
    """Return the dates that overlap [start, end), earliest first, in one query."""
    return await calendars.dates_of_span(viewer, start, end)


async def filtered_dates_between(
    viewer: Viewer, start: datetime, end: datetime, chosen: CalendarFilter
) -> list[SeenDate]:
    """Return the dates that overlap [start, end) and match a filter."""
    agency = chosen.agency
    of_agency = await calendars.events_of_agency(viewer, agency.id, start, end) if agency else frozenset()
    return matching_dates(await seen_dates_between(viewer, start, end), chosen, of_agency)


async def calendar_committees(viewer: Viewer) -> list[CalendarChoice]:
    """Return the committees whose events the viewer may see, by name."""
    return _seen_by(viewer, await engine().run_querystring(QueryString(committees.ACTIVE_COMMITTEES)))


async def calendar_choices(viewer: Viewer) -> CalendarChoices:
    """Return the committees whose events the viewer may see, the agencies they may know, and their saved filters."""
    rows, agencies, saved = await engine().read_each(
        QueryString(committees.ACTIVE_COMMITTEES),
        await directory.active_agencies_for(viewer),
        drafts.own_filters_query(viewer),
    )
    return CalendarChoices(
        committees=tuple(_seen_by(viewer, rows)),
        agencies=tuple(CalendarChoice(id=row["id"], name=row["code"]) for row in agencies),
        saved=tuple(drafts.filters_in_order(saved)),
    )


def _seen_by(viewer: Viewer, rows: Iterable[Mapping[str, Any]]) -> list[CalendarChoice]:
    return [
        CalendarChoice(id=row["id"], name=row["name"])
        for row in rows
        if viewers.committee_audience(row["id"]) in viewer.audiences
    ]
