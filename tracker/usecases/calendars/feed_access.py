"""From a feed's token to its owner, what they may see now, and the feed's validator."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from piccolo.querystring import QueryString

from tracker.crypto import keys
from tracker.database import engine
from tracker.errors import NotFound
from tracker.rules.calendars.alarms import Alarms, AllDayAlarm
from tracker.rules.calendars.feeds import Only, Scope, address_end
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event_fields import Kind
from tracker.usecases.core.viewers import LATEST, RIGHTS, ends, viewer_from

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


class Feed(Struct, frozen=True, kw_only=True):
    """A feed that is being requested."""

    subscription_id: UUID
    viewer: Viewer
    scope: Scope
    only: Only
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
        self._found: dict[str, Feed] = {}

    async def open(self, token: str, now: datetime) -> Feed:
        """Return the feed behind a token. Errors as in `open_feed`."""
        mark = engine().change_mark()
        if mark is None:
            return await open_feed(token, now)
        if mark != self._mark:
            self._mark, self._found = mark, {}
        found = self._found
        if token not in found or found[token].rights_until <= now:
            found[token] = await open_feed(token, now)  # a later commit drops it with the older mark
        return _in_time(found[token], now)


async def open_feed(token: str, now: datetime) -> Feed:
    """Return the feed behind a token.

    Errors: NotFound when it is unknown, revoked or has stopped by itself, or its owner is not active; and while a
    restored copy is on hold, because it may have been revoked after the backup.
    """
    found = await engine().run_querystring(QueryString(_STATE, keys.token_hash(token), now))
    row = next((one for one in found if one["kind"] == "feed"), None)
    if row is None:
        raise NotFound
    rights = [one for one in found if one["kind"] in RIGHT_KINDS]
    viewer = _viewer(row, rights)
    fetched_at, expires_at = _moment(row["fetched_at"]), _moment(row["expires_at"])
    only, alarms = _only(row), _alarms(row)
    committee = row["committee_name"] if only.committee_id and only.is_open_to(viewer) else ""
    chosen = row["scope"], only, committee, alarms, row["shows_operations"]
    feed = Feed(
        subscription_id=UUID(row["id"]),
        viewer=viewer,
        scope=Scope(row["scope"]),
        only=only,
        committee=committee,
        alarms=alarms,
        shows_operations=bool(row["shows_operations"]),
        # A set of one: unlike a tuple it is hashed once, not with every fetch.
        state=frozenset({(viewer.member_id, chosen, viewer.is_discreet, _versions(viewer, found))}),
        body_hash=row["body_hash"],
        body_since=_moment(row["body_since"]),
        fetched_at=fetched_at,
        rights_until=min(ends(rights), default=LATEST),
        ends_at=min(address_end(datetime.fromisoformat(row["issued_at"]), fetched_at), expires_at or LATEST),
    )
    return _in_time(feed, now)


def _only(row: Mapping[str, Any]) -> Only:
    committee, kind = row["only_committee"], row["only_kind"]
    return Only(committee_id=UUID(committee) if committee else None, kind=Kind(kind) if kind else None)


def _alarms(row: Mapping[str, Any]) -> Alarms:
    minutes, all_day = row["alarm_minutes"], row["all_day_alarm"]
    return Alarms(minutes=int(minutes) if minutes else None, all_day=AllDayAlarm(all_day) if all_day else None)


def _in_time(feed: Feed, now: datetime) -> Feed:
    if feed.ends_at <= now:
        raise NotFound
    return feed


def _viewer(row: Mapping[str, Any], rights: Iterable[Mapping[str, Any]]) -> Viewer:
    ids = {"member": UUID(row["member"]), "agency": UUID(row["agency"])}
    return viewer_from({**row, **ids, "is_guest": False}, rights)  # a guest has no feed


def _versions(viewer: Viewer, found: Sequence[Mapping[str, Any]]) -> frozenset[tuple[str, str]]:
    counted = {one["word"]: one["committee"] for one in found if one["kind"] == "version"}
    return frozenset((audience, counted.get(audience, "")) for audience in viewer.audiences)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
