"""Build a viewer, with the rights that hold now, from the rows of people and sessions."""

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace
from piccolo.querystring import QueryString

from tracker.crypto import keys
from tracker.database import engine, surviving_failures, together
from tracker.database.connections import Rows
from tracker.database.queries import sql_list
from tracker.errors import NotFound
from tracker.rules.core import viewers
from tracker.rules.core.viewers import (
    ON_SITE,
    Arm,
    Audience,
    Emergency,
    Level,
    Origin,
    Role,
    Status,
    Viewer,
    is_seen_by,
    person_audiences,
)
from tracker.rules.roster.directory import is_account_over
from tracker.tables.background.emails import outbox_queue
from tracker.tables.background.events.events import audiences_of_each
from tracker.tables.background.operations import UNTIL
from tracker.tables.schema.identity import Session

IDLE = timedelta(minutes=30)  # a session ends without a request (CJIS AC-11)
LONGEST = timedelta(hours=12)  # and in any case (CJIS IA-11)
TOUCH = timedelta(minutes=1)  # a session in use is written at most this often
REMEMBERED = timedelta(hours=24)  # after its last use, a session that ended by its time is known to have done so
LATEST = datetime.max.replace(tzinfo=UTC)
CHUNK = 1_000  # members in one query
KEPT = 1_024  # viewers
Right = tuple[str, str, Any]
"""Kind, word, and committee of a row of `RIGHTS`."""

_PERSON = (
    "m.id AS member, m.name AS name, m.email AS email, m.zone AS zone, m.status AS status, m.is_guest AS is_guest,"
    " m.expires_at AS expires_at,"
    " a.id AS agency, a.code AS code, a.arm AS arm, a.level AS level, a.status AS agency_status,"
    " EXISTS (SELECT 1 FROM preference p WHERE p.member = m.id AND p.is_discreet) AS is_discreet"
)
_BY_MEMBER = f"SELECT {_PERSON} FROM member m JOIN agency a ON a.id = m.agency WHERE m.id IN ({{}})"
_BY_SESSION = (
    f"SELECT {_PERSON}, s.id AS session, s.created_at AS created_at, s.seen_at AS seen_at,"
    " s.reauthenticated_at AS reauthenticated_at, m.password_hash IS NOT NULL AS has_password,"
    " x.id AS emergency, x.until AS emergency_until"
    " FROM session s JOIN member m ON m.id = s.member JOIN agency a ON a.id = m.agency"
    " LEFT JOIN emergency_access x ON x.session = s.id AND x.ended_at IS NULL AND x.until > {} WHERE s.id = {}"
)
_OF_SESSION = "SELECT s.member FROM session s WHERE s.id = {}"
# The rights of those in a table `who`, with member and agency. A seat counts only while its holder serves at the agency
# that has it. UNION loses the column types, hence the casts. The placeholder is now: access that ends by itself is held
# only until then. `{{more}}` are columns that only another part of a UNION has.
RIGHTS = f"""
SELECT 'role' AS kind, r.role AS word, CAST(r.committee AS VARCHAR(36)) AS committee,
       CAST(w.member AS VARCHAR(36)) AS member{{more}}
  FROM who w JOIN member_role r ON r.member = w.member LEFT JOIN committee b ON b.id = r.committee
 WHERE r.committee IS NULL OR b.status = 'active'
UNION ALL
SELECT 'seat', '', CAST(t.committee AS VARCHAR(36)), CAST(w.member AS VARCHAR(36)){{more}}
  FROM who w JOIN seat_holder h ON h.member = w.member JOIN seat t ON t.id = h.seat
  JOIN committee b ON b.id = t.committee
 WHERE t.agency = w.agency AND b.status = 'active'
UNION ALL
SELECT 'committee', '', CAST(b.id AS VARCHAR(36)), CAST(w.member AS VARCHAR(36)){{more}}
  FROM who w JOIN member_role r ON r.member = w.member JOIN committee b ON b.status = 'active'
 WHERE r.role = 'coordinator'
UNION ALL
{UNTIL}
"""
_PERSON_OF = itemgetter(
    *("member", "name", "email", "zone", "agency", "code", "arm", "level", "is_discreet", "is_guest")
)
_RIGHT_OF = itemgetter("kind", "word", "committee")
_RIGHTS = "WITH who AS (SELECT m.id AS member, m.agency AS agency FROM member m WHERE m.id IN ({}))" + RIGHTS.replace(
    "{more}", ""
)


class Visit(Struct, frozen=True, kw_only=True):
    """A viewer behind a session: the hash of its cookie, and when they last confirmed who they are.

    It ends at `idle_end` unless it is used before, and at `last_end` in any case.
    """

    viewer: Viewer
    session_id: str
    reauthenticated_at: datetime
    idle_end: datetime
    last_end: datetime
    has_password: bool
    """Whether they can come back by themselves; without a password, only a link lets them in again."""
    rights_until: datetime = LATEST
    """When the viewer loses access that ends by itself, or their account ends; until then, only a commit changes it."""

    @property
    def seen_at(self) -> datetime:
        """Return when the session was last used, to the minute."""
        return self.idle_end - IDLE

    def has_ended(self, now: datetime) -> bool:
        """Return whether the session has ended by its time."""
        return now >= min(self.idle_end, self.last_end)

    def seconds_left(self, now: datetime) -> int:
        """Return the seconds until the session ends if it is not used."""
        return max(0, int((min(self.idle_end, self.last_end) - now).total_seconds()))


def rights_of(members: UUID | QueryString, now: datetime) -> QueryString:
    """Return the query for the rights that people hold now."""
    return QueryString(_RIGHTS, members, now)


async def viewer_for(member_id: UUID, now: datetime) -> Viewer:
    """Return a member as a viewer. Two queries. Errors: NotFound unless member and agency are active.

    Guests are viewers of the emails they get and of the pages behind their links.
    """
    return viewer_in(await engine().read_each(*viewer_queries(member_id, now)), now)


def viewer_queries(member: UUID | QueryString, now: datetime) -> tuple[QueryString, QueryString]:
    """Return the two queries for a member, given by their id or by a query for it; `viewer_in` reads what they find."""
    return QueryString(_BY_MEMBER, member), rights_of(member, now)


def viewer_in(records: Sequence[Rows], now: datetime) -> Viewer:
    """Return the viewer in what `viewer_queries` found. Errors: NotFound unless member and agency are active."""
    rows, rights = records
    if not rows or not _is_active(rows[0], now):
        raise NotFound
    return viewer_from(rows[0], rights)


async def viewers_for(member_ids: Iterable[UUID], now: datetime) -> dict[UUID, Viewer]:
    """Return these members as viewers, leaving out those who are not active. Two queries per thousand."""
    wanted, viewers = sorted(set(member_ids)), dict[UUID, Viewer]()
    for first in range(0, len(wanted), CHUNK):
        among = wanted[first : first + CHUNK]
        people = sql_list(among)
        rows, every_right = await engine().read_each(QueryString(_BY_MEMBER, people), rights_of(people, now))
        rights: dict[str, list[Mapping[str, Any]]] = {}
        for right in every_right:
            rights.setdefault(right["member"], []).append(right)
        active = [row for row in rows if _is_active(row, now)]
        viewers |= {row["member"]: viewer_from(row, rights.get(str(row["member"]), ())) for row in active}
    return viewers


async def active_viewer(member_id: UUID, now: datetime) -> Viewer | None:
    """Return a member as a viewer; None unless member and agency are active."""
    return (await viewers_for([member_id], now)).get(member_id)


class Reach(Struct, frozen=True, kw_only=True):
    """Who of some people gets emails about some events: who is active, may see them, and whose address isn't paused."""

    people: Mapping[UUID, Viewer]
    """Those who are active."""
    paused: frozenset[UUID]
    """Everyone to whose address nothing is sent."""
    seen_by: Mapping[UUID, AbstractSet[Audience]]

    def may_know(self, member_id: UUID, event_id: UUID) -> bool:
        """Return whether a person may see an event, reachable by email or not."""
        return is_seen_by(self.people.get(member_id), self.seen_by[event_id])

    def recipient(self, member_id: UUID, event_id: UUID) -> Viewer | None:
        """Return a person who gets emails about an event; None for one who doesn't."""
        is_reached = member_id not in self.paused and self.may_know(member_id, event_id)
        return self.people[member_id] if is_reached else None

    def not_reached(self, member_ids: Iterable[UUID], event_id: UUID) -> frozenset[UUID]:
        """Return which of these people get no emails about an event."""
        return frozenset(member_id for member_id in member_ids if not self.recipient(member_id, event_id))


async def reach_of(member_ids: Iterable[UUID], event_ids: Collection[UUID], now: datetime) -> Reach:
    """Return who of these people gets emails about these events. The number of queries depends on neither."""
    people, paused, seen_by = await together(
        viewers_for(member_ids, now), outbox_queue.paused_members(), audiences_of_each(event_ids)
    )
    return Reach(people=people, paused=paused, seen_by=seen_by)


class OpenSessions:
    """The visits behind cookies, kept until the next commit by anyone, so that what ends a session does so at once.

    Only SQLite reports commits without a query (decision 8); on PostgreSQL each request reads them.
    """

    def __init__(self) -> None:
        self._mark: Hashable = None
        self._visits: dict[str, Visit] = {}

    async def visit(self, token: str, now: datetime) -> Visit | None:
        """Return the visit behind a cookie, also when its session has ended by its time."""
        mark = engine().change_mark()
        if mark is None:
            return await _visit(token, now)
        if mark != self._mark:
            self._mark, self._visits = mark, {}
        visits, session_id = self._visits, keys.token_hash(token)
        visit = visits.get(session_id)
        if visit is None or visit.rights_until <= now:
            visit = await _visit(token, now)
            if visit:
                visits[session_id] = visit  # a later commit drops it with the older mark
        return visit


async def viewer_of_session(
    token: str, now: datetime, origin: Origin = ON_SITE, known: OpenSessions | None = None, *, is_use: bool = True
) -> Visit | None:
    """Return the viewer behind a session's cookie; None when it is unknown, over, or the person is not active.

    `origin` is where the request comes from. Two queries, unless nothing was committed since `known` read them; once a
    minute it also records that the session is in use, unless a page asks by itself (`is_use` False).
    """
    visit = await (known.visit(token, now) if known else _visit(token, now))
    if visit is None or visit.has_ended(now):
        return None
    visit = replace(visit, viewer=replace(visit.viewer, origin=origin.within(visit.session_id)))
    if is_use and now - visit.seen_at >= TOUCH:
        with surviving_failures():  # people can keep reading while nothing can be written
            await Session.update({Session.seen_at: now}).where(Session.id == visit.session_id)
            return replace(visit, idle_end=now + IDLE)
    return visit


async def viewer_of_ended_session(token: str, now: datetime) -> Visit | None:
    """Return the viewer behind a session that ended by its time, until a day after its last use.

    None for any other session: one that is open, and one that was ended by signing out or by revoking access.
    """
    visit = await _visit(token, now)
    return visit if visit and visit.has_ended(now) and now - visit.seen_at < REMEMBERED else None


async def was_revoked(token: str, now: datetime) -> bool:
    """Return whether the session of a cookie was ended by a person, or so long ago that it is forgotten."""
    visit = await _visit(token, now)
    return visit is None or now - visit.seen_at >= REMEMBERED


async def _visit(token: str, now: datetime) -> Visit | None:
    """Return the viewer behind a session's cookie, also when the session has ended by its time."""
    session_id = keys.token_hash(token)
    member = QueryString(_OF_SESSION, session_id)
    rows, rights = await engine().read_each(QueryString(_BY_SESSION, now, session_id), rights_of(member, now))
    if not rows or not _is_active(rows[0], now) or rows[0]["is_guest"]:
        return None
    row, viewer = rows[0], viewer_from(rows[0], rights)
    if row["emergency"] is not None and Role.ADMINISTRATOR in viewer.roles:
        access = Emergency(id=row["emergency"], until=row["emergency_until"])
        held = viewer.audiences | {viewers.emergency_audience(access.id)}
        viewer = replace(viewer, emergency=access, audiences=held)
    return Visit(
        viewer=viewer,
        session_id=row["session"],
        reauthenticated_at=row["reauthenticated_at"],
        idle_end=row["seen_at"] + IDLE,
        last_end=row["created_at"] + LONGEST,
        has_password=bool(row["has_password"]),
        rights_until=min(filter(None, [LATEST, row["expires_at"], row["emergency_until"], *ends_of_rights(rights)])),
    )


def ends_of_rights(rights: Iterable[Mapping[str, Any]]) -> Iterator[datetime]:
    """Yield when access ends by itself, among the rows of `RIGHTS`."""
    for right in rights:
        if right["kind"] == "grant":
            at = datetime.fromisoformat(right["word"])
            yield at if at.tzinfo else at.replace(tzinfo=UTC)


def _is_active(row: Mapping[str, Any], now: datetime) -> bool:
    serves = row["status"] == Status.ACTIVE and row["agency_status"] == Status.ACTIVE
    return bool(serves and not is_account_over(row["expires_at"], now))


def viewer_from(row: Mapping[str, Any], rights: Iterable[Mapping[str, Any]]) -> Viewer:
    """Return the viewer behind the row of an active person and the rows of `RIGHTS`."""
    return _viewer(_PERSON_OF(row), tuple(map(_RIGHT_OF, rights)))


@lru_cache(KEPT)
def _viewer(person: tuple[Any, ...], rights: tuple[Right, ...]) -> Viewer:
    """Return the viewer of these values. The same values make the same viewer, so one that is kept stays true."""
    member, name, email, zone, agency, code, arm, level, is_discreet, is_guest = person
    # asyncpg's own kind of id is equal, and SQLite takes none.
    member_id, agency_id = UUID(int=member.int), UUID(int=agency.int)
    roles = frozenset(Role(word) for kind, word, _ in rights if kind == "role")
    chairs = frozenset(UUID(committee) for _, word, committee in rights if word == Role.COMMITTEE_CHAIR)
    leads_all = Role.COORDINATOR in roles
    committees = _ids(rights, "committee") if leads_all else _ids(rights, "seat") | chairs
    arms = tuple(Arm) if leads_all else (Arm(arm),)
    names = {member_id, *_ids(rights, "grant")}
    return Viewer(
        member_id=member_id,
        name=name,
        email=email,
        agency_id=agency_id,
        agency=code,
        arm=Arm(arm),
        zone=zone,
        roles=roles,
        chairs=chairs,
        audiences=person_audiences(names, agency_id, arms, committees, Level(level)),
        is_discreet=bool(is_discreet),
        signs_in=not is_guest,
    )


def _ids(rights: tuple[Right, ...], wanted: str) -> frozenset[UUID]:
    return frozenset(UUID(id_) for kind, _, id_ in rights if kind == wanted)
