"""People by name, and the addresses that they reply from."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace
from piccolo.columns.combination import And
from piccolo.querystring import QueryString

from tracker.crypto import ids
from tracker.database import engine, writing
from tracker.database.queries import id_list, sql_list
from tracker.errors import Gone, NotFound
from tracker.rules.core.clean_text import SHORTEST_OF_A_NAME, search_words
from tracker.rules.core.message_types import AddressAdded, AddressCheck
from tracker.rules.core.outbox import NewMessage
from tracker.rules.core.viewers import Arm, Level, Origin, Viewer
from tracker.rules.events.plans import Person
from tracker.rules.roster import directory as rules
from tracker.rules.roster.directory import Alias
from tracker.tables.schema.roster import EmailAlias
from tracker.tables.visible import core
from tracker.tables.visible.core import contains_word, folded_sql, prefix_pattern
from tracker.usecases.core import audit, outbox
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.roster.directory_rows import ANYONE, OWN_COMMITTEES

# NOT IN lets SQLite begin with what was found. A seat counts only while its holder serves at the agency that has it.
_ACTIVE = "m.status = 'active' AND m.agency NOT IN (SELECT g.id FROM agency g WHERE g.status <> 'active')"
_ACTIVE_TO_COUNT = "m.status = 'active' AND g.status = 'active'"
_KNOWN = (
    f"{_ACTIVE} AND (m.agency NOT IN (SELECT g.id FROM agency g WHERE g.arm <> {{}}) OR (m.id, m.agency) IN"
    " (SELECT h.member, t.agency FROM seat_holder h JOIN seat t ON t.id = h.seat"
    f" WHERE t.committee IN ({OWN_COMMITTEES})))"
)
_OF_ARM = "m.agency IN (SELECT g.id FROM agency g WHERE g.arm = {})"
_AT_LEVELS = "m.agency IN (SELECT g.id FROM agency g WHERE g.level IN ({}))"
_ON_COMMITTEES = (
    "m.id IN (SELECT h.member FROM seat_holder h JOIN seat t ON t.id = h.seat"
    f" WHERE t.agency = m.agency AND t.committee IN ({OWN_COMMITTEES})) OR m.id IN"
    f" (SELECT r.member FROM member_role r WHERE r.role = 'coordinator' OR r.committee IN ({OWN_COMMITTEES}))"
)
# Agencies are few and read once: SQLite takes 6 µs to look up one for each person.
_AGENCIES = "SELECT g.id, g.code AS agency, g.name AS agency_name, g.arm FROM agency g"
_AMONG = _ACTIVE + " AND m.id IN ({})"
_WITH_WORDS = "m.id IN (SELECT t.person FROM ({}) f JOIN person_text t ON t.id = f.rowid)"
_PEOPLE = "SELECT m.id, m.name, m.title, m.email, m.agency AS agency_id FROM member m WHERE {}"
# Counted agency by agency, each by the index: with GROUP BY, SQLite takes half as long again.
_BY_AGENCY = (
    "SELECT g.id, g.code, g.arm, (SELECT COUNT(*) FROM member m WHERE m.agency = g.id AND {}) AS people FROM agency g"
)
_THESE = "({}) AND (m.agency IN ({}) OR m.id IN ({}))"
_MATCHES = (
    "SELECT m.id, m.name, m.title, m.email, m.agency AS agency_id, COUNT(*) OVER () AS every FROM member m WHERE {}"
    " ORDER BY CASE WHEN {} THEN 0 ELSE 1 END, {}, m.id LIMIT {}"
)
_MANAGERS = (
    "SELECT r.member FROM member_role r WHERE NOT EXISTS (SELECT 1 FROM seat_holder h WHERE h.member = r.member)"
    " GROUP BY r.member HAVING SUM(CASE WHEN r.role IN ('administrator', 'auditor') THEN 0 ELSE 1 END) = 0"
)
_IS_MANAGER = f"m.id IN ({_MANAGERS})"


class Candidates(Struct, frozen=True):
    """The people from whom a viewer may choose."""

    condition: QueryString
    to_count: QueryString | None = None
    """The same for the people of agency `g`, by which they are counted faster, if there is such a condition."""


EVERYONE = Candidates(ANYONE)
"""All present and past people, for readers of the audit log."""
ACTIVE = Candidates(QueryString(_ACTIVE), to_count=QueryString(_ACTIVE_TO_COUNT))
"""All people with access, for those who manage the roster."""
WITH_ACCOUNT = Candidates(QueryString("NOT m.is_guest"))
"""People who can sign in, only together with other candidates."""
COORDINATORS = Candidates(QueryString("m.id IN (SELECT r.member FROM member_role r WHERE r.role = 'coordinator')"))
"""People with the role of coordinator, only together with other candidates."""
MANAGERS = Candidates(QueryString(_IS_MANAGER))
"""People who only manage accounts or read the audit log, only together with other candidates."""


class PeopleMatched(Struct, frozen=True, kw_only=True):
    """The first people that words find, and how many more they find."""

    people: tuple[Person, ...] = ()
    more: int = 0


class AgencyCount(NamedTuple):
    """An agency, and how many of its people are candidates."""

    id: UUID
    code: str
    arm: Arm
    people: int


def people_to_invite(viewer: Viewer) -> Candidates:
    """Return the people whom the viewer may invite, for callers who know that the viewer may invite anyone.

    Coordinators may invite everyone. Others may invite the people of their arm and those with whom they share a
    committee: more people than the directory shows them (`directory_rows.known_to`).
    """
    if viewer.is_coordinator:
        return ACTIVE
    return Candidates(QueryString(_KNOWN, viewer.arm.value, _held_by(viewer)))


def active_among(member_ids: Iterable[UUID]) -> Candidates:
    """Return the active ones of some people; the caller has checked that the viewer may know them."""
    return Candidates(QueryString(_AMONG, id_list(member_ids)))


def either(candidates: Candidates, other: Candidates) -> Candidates:
    """Return the candidates of one or the other."""
    return Candidates(QueryString("(({}) OR ({}))", candidates.condition, other.condition))


def both(candidates: Candidates, other: Candidates) -> Candidates:
    """Return those who are candidates of one and of the other."""
    return Candidates(QueryString("(({}) AND ({}))", candidates.condition, other.condition))


def candidates_at_agency(agency_id: UUID) -> Candidates:
    """Return the people of an agency; only together with other candidates."""
    return Candidates(QueryString("m.agency = {}", agency_id))


def candidates_of_arm(arm: Arm) -> Candidates:
    """Return the people of one arm; only together with other candidates."""
    return Candidates(QueryString(_OF_ARM, arm.value))


def candidates_at_levels(levels: Iterable[Level]) -> Candidates:
    """Return the people at agencies of some levels of government; only together with other candidates."""
    wanted = sorted(level.value for level in levels)
    return Candidates(QueryString(_AT_LEVELS, sql_list(wanted)))


def candidates_on_committees_of(viewer: Viewer) -> Candidates:
    """Return the people who see what a committee of the viewer sees: its members, its chairs, and coordinators."""
    held = _held_by(viewer)
    return Candidates(QueryString(_ON_COMMITTEES, held, held))


def all_but(candidates: Candidates, member_ids: Iterable[UUID]) -> Candidates:
    """Return candidates without some people."""
    return Candidates(QueryString("({}) AND m.id NOT IN ({})", candidates.condition, id_list(member_ids)))


async def candidates_with_words(candidates: Candidates, words: str, at_most: int) -> PeopleMatched:
    """Return those whose name, title, email, or agency has each of the words, as search does; no one without words.

    Here a first letter is enough, so that people are offered from the first key on. Names that begin with the first
    word come first.
    """
    wanted = search_words(words)
    if not wanted:
        return PeopleMatched()
    with_words = QueryString(_WITH_WORDS, core.rows_with_words("person", wanted, SHORTEST_OF_A_NAME))
    rows = await _read(
        QueryString(
            _MATCHES,
            QueryString("({}) AND ({})", candidates.condition, with_words),
            QueryString(contains_word("m.name"), prefix_pattern(wanted[0])),
            QueryString(folded_sql("m.name")),
            at_most,
        )
    )
    return PeopleMatched(people=tuple(map(_person, rows)), more=rows[0]["every"] - len(rows) if rows else 0)


async def candidates_among(candidates: Candidates, member_ids: Iterable[UUID]) -> dict[UUID, Person]:
    """Return which of these people are candidates."""
    return {candidate.id: candidate for candidate in await chosen_candidates(candidates, (), member_ids)}


async def chosen_candidates(
    candidates: Candidates, agency_ids: Iterable[UUID], member_ids: Iterable[UUID]
) -> list[Person]:
    """Return the candidates of some agencies, and which of some other people are candidates."""
    agencies, people = list(agency_ids), list(member_ids)
    if not agencies and not people:
        return []
    wanted = QueryString(_THESE, candidates.condition, id_list(agencies), id_list(people))
    return [_person(row) for row in await _read(QueryString(_PEOPLE, wanted))]


async def people_by_id(member_ids: Iterable[UUID]) -> dict[UUID, Person]:
    """Return the active people among these ids; the caller has checked that the viewer may know them."""
    wanted = list(member_ids)
    rows = await _read(QueryString(_PEOPLE, active_among(wanted).condition)) if wanted else []
    return {row["id"]: _person(row) for row in rows}


async def managers() -> frozenset[UUID]:
    """Return the members who only manage accounts or read the audit log: no other role, and no committee seat."""
    return frozenset(row["member"] for row in await engine().run_querystring(QueryString(_MANAGERS)))


async def all_candidates(candidates: Candidates) -> list[Person]:
    """Return all candidates by agency and name; except for programs, the caller knows that they are few."""
    people = map(_person, await _read(QueryString(_PEOPLE, candidates.condition)))
    return sorted(people, key=lambda person: (person.agency, person.name, person.id))


async def count_candidates(candidates: Candidates) -> list[AgencyCount]:
    """Return the agencies of the candidates by short name, each with their number."""
    among = candidates.condition if candidates.to_count is None else candidates.to_count
    rows = await engine().run_querystring(QueryString(_BY_AGENCY, among))
    counts = [AgencyCount(row["id"], row["code"], Arm(row["arm"]), int(row["people"])) for row in rows if row["people"]]
    return sorted(counts, key=lambda count: count.code.casefold())


async def _read(query: QueryString) -> list[dict[str, Any]]:
    """Return the rows of people with the facts of their agencies."""
    people, agencies = await engine().read_each(query, QueryString(_AGENCIES))
    by_id = {agency["id"]: {**agency, "arm": Arm(agency["arm"])} for agency in agencies}
    return [{**by_id[row["agency_id"]], **row} for row in people]


def _held_by(viewer: Viewer) -> QueryString:
    return sql_list(sorted(viewer.audiences))


def _person(row: Mapping[str, Any]) -> Person:
    return Person(**{name: row[name] for name in Person._fields})


HOUR = timedelta(hours=1)
_COUNTS = (
    "SELECT x.address, x.member FROM email_alias x"
    " WHERE x.member IN ({}) AND x.confirmed_at IS NOT NULL AND x.removed_at IS NULL"
    " AND NOT EXISTS (SELECT 1 FROM member m WHERE m.email = x.address AND m.id <> x.member) ORDER BY x.address"
)
_OF_OTHERS = (
    "SELECT m.id FROM member m WHERE m.email = {} AND m.id <> {} UNION ALL"
    " SELECT x.id FROM email_alias x WHERE x.address = {} AND x.member <> {}"
    " AND x.confirmed_at IS NOT NULL AND x.removed_at IS NULL"
)


class OpenAlias(Struct, frozen=True, kw_only=True):
    """What the link in the email shows."""

    viewer: Viewer
    alias: Alias


async def aliases_of(viewer: Viewer) -> list[Alias]:
    """Return the viewer's addresses, oldest first."""
    rows = await EmailAlias.select().where(_live(viewer.member_id)).order_by(EmailAlias.added_at, EmailAlias.id)
    return [_alias(row) for row in rows]


async def addresses_of_person(viewer: Viewer, member_id: UUID) -> list[str]:
    """Return the addresses from which a person's replies count; none for viewers who may not manage accounts."""
    return await _counting(member_id) if viewer.manages_accounts or viewer.member_id == member_id else []


async def addresses_of(member: Viewer) -> frozenset[str]:
    """Return every address from which replies of a member count, in small letters."""
    return frozenset((member.email.lower(), *await _counting(member.member_id)))


async def confirmed_aliases_of(member_ids: Collection[UUID]) -> dict[str, UUID]:
    """Return the confirmed addresses of these members, in small letters, each with its member."""
    rows = await engine().run_querystring(QueryString(_COUNTS, id_list(member_ids)))
    return {row["address"]: row["member"] for row in rows}


def confirmed_addresses(member: UUID | QueryString) -> QueryString:
    """Return the query for a member's confirmed addresses; the member is given by their id, or by a query for it."""
    return QueryString(_COUNTS, member)


async def add_alias(viewer: Viewer, address: str, now: datetime) -> bool:
    """Add an address, and queue the email with its link; does the same for one that is someone else's.

    Such an email isn't sent (`alias_to_confirm`). Return whether the link replaces one that the viewer had sent there,
    which no longer works. Errors: Invalid(address).
    """
    address = address.strip().lower()
    async with writing():
        lately = (EmailAlias.member == viewer.member_id) & (EmailAlias.added_at > now - HOUR)
        rules.check_alias(
            address, viewer.email.lower(), await aliases_of(viewer), await EmailAlias.count().where(lately)
        )
        earlier = _live(viewer.member_id) & (EmailAlias.address == address)
        replaced = await EmailAlias.update({EmailAlias.removed_at: now}).where(earlier).returning(EmailAlias.id)
        row = EmailAlias(id=ids.new_id(), member=viewer.member_id, address=address, added_at=now)
        await EmailAlias.insert(row)
        draft = NewMessage(
            content=AddressCheck(alias=row.id),
            recipient_id=viewer.member_id,
            key=f"address_check:{row.id}",
            not_after=now + rules.LINK_WORKS_FOR,
        )
        await outbox.enqueue_all([draft], now)
        await audit.record(viewer.actor, "address_added", "member", viewer.member_id, {}, now)
    return bool(replaced)


async def remove_alias(viewer: Viewer, alias_id: UUID, now: datetime) -> str:
    """Remove an address, which no longer has an effect, and return it. Errors: NotFound."""
    async with writing():
        condition = _live(viewer.member_id) & (EmailAlias.id == alias_id)
        gone = await EmailAlias.update({EmailAlias.removed_at: now}).where(condition).returning(EmailAlias.address)
        if not gone:
            raise NotFound
        await audit.record(viewer.actor, "address_removed", "member", viewer.member_id, {}, now)
    address: str = gone[0]["address"]
    return address


async def restore_alias(viewer: Viewer, alias_id: UUID, now: datetime) -> None:
    """Undo a removal within a minute. Errors: Gone, also when someone else has confirmed the address since."""
    async with writing():
        lately = (EmailAlias.removed_at > now - rules.REMOVAL_UNDO_FOR) & (EmailAlias.id == alias_id)
        row = await EmailAlias.select().where(lately & (EmailAlias.member == viewer.member_id)).first()
        # Meanwhile they may have added it again, or others, and someone else may have confirmed it.
        live = {alias.address for alias in await aliases_of(viewer)}
        is_taken = row and row["confirmed_at"] and not await is_address_free(viewer.member_id, row["address"])
        if row is None or is_taken or row["address"] in live or len(live) >= rules.MOST:
            raise Gone("It’s too late to undo this. Add the address again.")
        await EmailAlias.update({EmailAlias.removed_at: None}).where(EmailAlias.id == alias_id)
        await audit.record(viewer.actor, "address_restored", "member", viewer.member_id, {}, now)


async def alias_by_link(alias_id: UUID, now: datetime, origin: Origin) -> OpenAlias:
    """Return what a link confirms, or has confirmed.

    Errors: the same Gone for an address that was removed, whose hour is over, whose person isn't active, or that is
    someone else's.
    """
    row = await EmailAlias.select().where((EmailAlias.id == alias_id) & EmailAlias.removed_at.is_null()).first()
    alias = _alias(row) if row else None
    if row is None or alias is None or not (alias.is_confirmed or alias.is_waiting(now)):
        raise Gone
    try:
        viewer = await viewer_for(row["member"], now)
    except NotFound as inactive:
        raise Gone from inactive
    if not await is_address_free(viewer.member_id, alias.address):
        raise Gone
    return OpenAlias(viewer=replace(viewer, origin=origin), alias=alias)


async def alias_to_confirm(viewer: Viewer, alias_id: UUID, now: datetime) -> Alias | None:
    """Return a viewer's address whose link is to be sent; None when it can't be confirmed, or needn't be."""
    waiting = (alias for alias in await aliases_of(viewer) if alias.id == alias_id and alias.is_waiting(now))
    alias = next(waiting, None)
    return alias if alias and await is_address_free(viewer.member_id, alias.address) else None


async def confirm_alias(alias_id: UUID, now: datetime, origin: Origin) -> None:
    """Let replies from an address count, and notify its owner; does nothing the second time.

    Errors: Gone, as in `alias_by_link`.
    """
    async with writing():
        open_alias = await alias_by_link(alias_id, now, origin)
        viewer, address = open_alias.viewer, open_alias.alias.address
        if any(alias.address == address and alias.is_confirmed for alias in await aliases_of(viewer)):
            return
        await EmailAlias.update({EmailAlias.confirmed_at: now}).where(EmailAlias.id == alias_id)
        draft = NewMessage(
            content=AddressAdded(address=address), recipient_id=viewer.member_id, key=f"address_added:{alias_id}"
        )
        await outbox.enqueue_all([draft], now)
        await audit.record(viewer.actor, "address_confirmed", "member", viewer.member_id, {}, now)


async def purge_aliases(now: datetime) -> None:
    """Delete addresses that were removed, or not confirmed, a week ago."""
    old = now - rules.FORGOTTEN_AFTER
    is_old = (EmailAlias.removed_at < old) | (EmailAlias.confirmed_at.is_null() & (EmailAlias.added_at < old))
    if await EmailAlias.exists().where(is_old):
        async with writing():
            await EmailAlias.delete().where(is_old)


async def is_address_free(member_id: UUID, address: str) -> bool:
    """Return whether an address is no one else's, as account or as confirmed further address."""
    query = QueryString(_OF_OTHERS, address, member_id, address, member_id)
    return not await engine().run_querystring(query)


async def _counting(member_id: UUID) -> list[str]:
    return [row["address"] for row in await engine().run_querystring(confirmed_addresses(member_id))]


def _live(member_id: UUID) -> And:
    return And(EmailAlias.member == member_id, EmailAlias.removed_at.is_null())


def _alias(row: Mapping[str, Any]) -> Alias:
    return Alias(
        id=row["id"], address=row["address"], added_at=row["added_at"], is_confirmed=row["confirmed_at"] is not None
    )
