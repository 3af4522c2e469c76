"""The rows behind the directory, read for one viewer: people they may not know never leave the database."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.database.queries import id_list, sql_list
from tracker.errors import Conflict, NotFound
from tracker.rules.core.viewers import Role, Viewer
from tracker.rules.core.viewers import agency_audience as audience_of_agency
from tracker.rules.core.viewers import committee_audience as audience_of_committee
from tracker.rules.roster.directory import CommitteeStatus
from tracker.tables.schema.roster import Agency, Committee, Site
from tracker.tables.visible import attendance, core

Row = dict[str, Any]

_PEOPLE = (
    "SELECT m.id, m.name, m.title, m.email, m.phone, m.mobile, m.is_mobile_private, m.zone, m.status,"
    " m.is_guest, m.version, m.agency AS agency_id, m.joined_at,"
    " m.totp_sealed IS NOT NULL AS has_two_steps, m.password_hash IS NOT NULL AS has_password, m.signed_in_at,"
    " m.expires_at, m.locked_at, m.reviewed_at, g.code AS agency, g.name AS agency_name, g.arm"
    " FROM member m JOIN agency g ON g.id = m.agency WHERE {} AND {} ORDER BY g.code, m.name, m.id LIMIT {}"
)
# Without a join: SQLite takes 6 µs to look up one id, so of 2,500 people the agencies alone would cost 16 ms.
_NAMES = "SELECT m.id, m.name, m.title, m.email, m.agency FROM member m WHERE {} AND {}"
_FOUND = (
    "SELECT m.id, m.name, m.title, m.email, m.agency, g.code, g.name AS agency_name"
    " FROM ({}) f JOIN person_text t ON t.id = f.rowid JOIN member m ON m.id = t.person"
    " JOIN agency g ON g.id = m.agency WHERE {} AND {}"
)
_PHONES = (
    "SELECT m.id, CASE WHEN m.is_mobile_private OR m.mobile = '' THEN m.phone ELSE m.mobile END AS phone"
    " FROM member m WHERE {} AND {}"
)
_COUNTS = "SELECT m.agency, COUNT(*) AS people FROM member m WHERE {} AND m.status <> 'departed' GROUP BY m.agency"
OWN_COMMITTEES = (
    "SELECT b.id FROM committee b WHERE b.status = 'active' AND 'committee:' || CAST(b.id AS VARCHAR(36)) IN ({})"
)
_IS_KNOWN = "m.status = 'active' AND m.agency NOT IN (SELECT id FROM agency WHERE status <> 'active')"
_MET = (
    "m.id IN ({}) OR (m.id, m.agency) IN"
    " (SELECT h.member, t.agency FROM seat_holder h JOIN seat t ON t.id = h.seat"
    f" WHERE t.committee IN ({OWN_COMMITTEES}))"
    " OR m.id IN (SELECT r.member FROM member_role r WHERE r.role = 'committee_chair'"
    f" AND r.committee IN ({OWN_COMMITTEES}))"
)
_KNOWN = f"{_IS_KNOWN} AND (m.agency = {{}} OR {_MET})"
_KNOWN_ELSEWHERE = f"{_IS_KNOWN} AND m.agency <> {{}} AND ({_MET})"
_AGENCIES = (
    "SELECT g.id, g.code, g.name, g.arm, g.level, g.coalition AS coalition_id, c.code AS coalition, g.status,"
    " g.version, g.contact_name, g.contact_phone, g.contact_email, g.address"
    " FROM agency g LEFT JOIN agency c ON c.id = g.coalition ORDER BY g.code"
)
_ACTIVE_AGENCIES = "SELECT g.id, g.code FROM agency g WHERE g.status = 'active' AND {} ORDER BY g.code"
_WITH_PEOPLE = "g.id IN (SELECT m.agency FROM member m WHERE {} AND m.status <> 'departed')"
_COMMITTEES = (
    "SELECT b.id, b.name, b.kind, b.arm, b.place, b.status, b.version, b.quorum, b.both_arms"
    " FROM committee b ORDER BY b.name"
)
_CHAIRS = (
    "SELECT r.member, r.committee FROM member_role r JOIN member m ON m.id = r.member"
    " WHERE r.role = 'committee_chair' AND m.status = 'active'"
)
_ROLES = "SELECT r.member, r.role FROM member_role r"
_FEEDS = "SELECT s.member, s.fetched_at FROM subscription s WHERE s.revoked_at IS NULL"
# A seat counts only while its holder is active and serves at the agency that has it.
_SEATS = (
    "SELECT t.id AS seat, t.committee, t.agency, g.code, g.arm, m.id AS member, h.is_primary FROM seat t"
    " JOIN agency g ON g.id = t.agency LEFT JOIN seat_holder h ON h.seat = t.id"
    " LEFT JOIN member m ON m.id = h.member AND m.agency = t.agency AND m.status = 'active' ORDER BY g.code, t.id"
)
_SIZES = (
    "SELECT (SELECT COUNT(*) FROM agency WHERE status = 'active') AS agencies,"
    " (SELECT COUNT(*) FROM member WHERE status = 'active') AS people,"
    " (SELECT COUNT(*) FROM committee WHERE status = 'active') AS committees"
)
ANYONE = QueryString("m.id = m.id")
EVERY = QueryString("g.id = g.id")
NO_LIMIT = 1_000_000  # higher than any count
PRESENT = QueryString("m.status <> 'departed'")


def serves_at(agency_id: UUID) -> QueryString:
    """Return the condition that selects the people of one agency."""
    return QueryString("m.agency = {}", agency_id)


def is_person(member_id: UUID) -> QueryString:
    """Return the condition that selects one person."""
    return QueryString("m.id = {}", member_id)


def has_email(address: str) -> QueryString:
    """Return the condition that selects the person with an email address, if they haven't left."""
    return QueryString("m.email = {} AND m.status <> 'departed'", address.lower())


def is_one_of(member_ids: Iterable[UUID]) -> QueryString:
    """Return the condition that selects some people."""
    return QueryString("m.id IN ({})", id_list(member_ids))


class RosterSizes(NamedTuple):
    """How many are active."""

    agencies: int
    people: int
    committees: int


async def row_to_change(table: type[Agency] | type[Committee] | type[Site], row_id: UUID, expected_version: int) -> Row:
    """Return a row of the roster as the viewer's form showed it. Errors: NotFound, Conflict when it has changed."""
    row: Row | None = await table.select().where(table.id == row_id).first()
    if row is None:
        raise NotFound
    if row["version"] != expected_version:
        raise Conflict
    return row


async def known_to(viewer: Viewer) -> QueryString:
    """Return the condition that selects the people the viewer may know.

    Account managers know everyone. Others know the active people of their agency, of the committees in which they sit,
    and those they see by name in an event to which both are invited.
    """
    known, _ = await known_and_elsewhere(viewer)
    return known


async def known_and_elsewhere(viewer: Viewer) -> tuple[QueryString, QueryString | None]:
    """Return the condition of `known_to`, and the one that selects those of them who serve at another agency.

    None for account managers: their first condition selects everyone.
    """
    if viewer.manages_accounts:
        return ANYONE, None
    met = await attendance.people_met(viewer)
    held = sql_list(sorted(viewer.audiences))
    among = (viewer.agency_id, id_list(met | {viewer.member_id}), held, held)
    return QueryString(_KNOWN, *among), QueryString(_KNOWN_ELSEWHERE, *among)


async def people_rows(known: QueryString, narrowed: QueryString, at_most: int = NO_LIMIT) -> list[Row]:
    """Return the first of those known people who match the second condition, by agency and name."""
    return list(await engine().run_querystring(QueryString(_PEOPLE, known, narrowed, at_most)))


async def brief_rows(known: QueryString | None, narrowed: QueryString) -> list[Row]:
    """Return all known people who match the second condition, in brief, with code and name of their agency.

    No one for a first condition of None.
    """
    if known is None:
        return []
    of = {row["id"]: row for row in await agency_rows()}
    rows = await engine().run_querystring(QueryString(_NAMES, known, narrowed))
    named = [dict(row) | {"code": of[row["agency"]]["code"], "agency_name": of[row["agency"]]["name"]} for row in rows]
    return sorted(named, key=lambda row: (row["code"], row["name"], row["id"]))


async def brief_rows_with_words(viewer: Viewer, known: QueryString, words: Sequence[str], at_most: int) -> list[Row]:
    """Return the known people, in brief, whose names, titles, addresses, or agencies have all the words.

    Only account managers find people of other agencies than their own. Of too many, those who were added last.
    """
    seen_by = "present" if viewer.manages_accounts else audience_of_agency(viewer.agency_id)
    latest = core.latest_with_words("person", [[seen_by]], words, at_most)
    return list(await engine().run_querystring(QueryString(_FOUND, latest, known, PRESENT)))


async def count_by_agency(known: QueryString) -> dict[UUID, int]:
    """Return how many of the known people serve at each agency, not counting those who left."""
    rows = await engine().run_querystring(QueryString(_COUNTS, known))
    return {row["agency"]: int(row["people"]) for row in rows}


async def phones(known: QueryString, member_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the numbers of the known people among these who have one: the mobile, unless it's private."""
    rows = await engine().run_querystring(QueryString(_PHONES, known, is_one_of(member_ids)))
    return {row["id"]: row["phone"] for row in rows if row["phone"]}


async def committee_rows(viewer: Viewer) -> list[Row]:
    """Return the committees the viewer may know, by name: all for roster managers, otherwise those they sit in."""
    rows: list[Row] = list(await engine().run_querystring(QueryString(_COMMITTEES)))
    if viewer.manages_accounts:
        return rows
    return [
        row
        for row in rows
        if row["status"] == CommitteeStatus.ACTIVE and audience_of_committee(row["id"]) in viewer.audiences
    ]


async def agency_rows() -> list[Row]:
    """Return every agency by its code; which of them a viewer may know depends on its people."""
    return list(await engine().run_querystring(QueryString(_AGENCIES)))


def active_agencies_query(known: QueryString | None) -> QueryString:
    """Return the query for id and code of the active agencies, by code, where known people serve who haven't left.

    None for `known` selects them all.
    """
    return QueryString(_ACTIVE_AGENCIES, EVERY if known is None else QueryString(_WITH_PEOPLE, known))


async def seat_rows() -> list[Row]:
    """Return every seat with each of its holders; `member` is None for a vacant seat."""
    return list(await engine().run_querystring(QueryString(_SEATS)))


async def chair_rows() -> list[Row]:
    """Return the chairs of each committee."""
    return list(await engine().run_querystring(QueryString(_CHAIRS)))


async def roster_sizes() -> RosterSizes:
    """Return how many active agencies, people and committees there are."""
    [sizes] = await engine().run_querystring(QueryString(_SIZES))
    return RosterSizes(**{name: int(number) for name, number in sizes.items()})


async def roles_by_member() -> dict[UUID, frozenset[Role]]:
    """Return each member's roles."""
    held: dict[UUID, set[Role]] = {}
    for row in await engine().run_querystring(QueryString(_ROLES)):
        held.setdefault(row["member"], set()).add(Role(row["role"]))
    return {member: frozenset(roles) for member, roles in held.items()}


async def feeds_known_to(viewer: Viewer) -> dict[UUID, list[Any]] | None:
    """Return when each active feed was last fetched, by its owner, for viewers who manage accounts; None for others."""
    if not viewer.manages_accounts:
        return None
    held: dict[UUID, list[Any]] = {}
    for row in await engine().run_querystring(QueryString(_FEEDS)):
        held.setdefault(row["member"], []).append(row["fetched_at"])
    return held
