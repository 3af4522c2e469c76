"""Names for the ids in the audit log, whether or not they are still active."""

from collections.abc import Iterable
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.database.sql_list import sql_list
from tracker.rules.core.audiences import Arm
from tracker.tables.schema.roster.people import Member

_PEOPLE = "SELECT m.id, m.name, g.code FROM member m JOIN agency g ON g.id = m.agency WHERE m.id IN ({})"

_ORGANIZATIONS = (
    "SELECT g.id, g.code AS name FROM agency g WHERE g.id IN ({})",
    "SELECT b.id, b.name FROM committee b WHERE b.id IN ({})",
    "SELECT s.id, s.name FROM site s WHERE s.id IN ({})",
)


async def people(ids: Iterable[UUID]) -> dict[UUID, tuple[str, str]]:
    """Return name and agency of members, including those who left."""
    wanted = set(ids)
    if not wanted:
        return {}
    found = await engine().run_querystring(QueryString(_PEOPLE, sql_list(wanted)))
    return {row["id"]: (row["name"], row["code"]) for row in found}


async def arms(ids: Iterable[UUID]) -> dict[UUID, Arm]:
    """Return the arms in which members serve, or served."""
    wanted = list(set(ids))
    if not wanted:
        return {}
    found = await Member.select(Member.id, Member.agency.arm).where(Member.id.is_in(wanted))
    return {row["id"]: Arm(row["agency.arm"]) for row in found}


async def organizations(ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the short names of agencies, and the names of committees and sites."""
    wanted = set(ids)
    if not wanted:
        return {}
    among = sql_list(wanted)
    found = await engine().read_each(*(QueryString(one, among) for one in _ORGANIZATIONS))
    return {row["id"]: row["name"] for rows in found for row in rows}
