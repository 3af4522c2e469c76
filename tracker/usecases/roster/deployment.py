"""Setting up a new deployment."""

from datetime import datetime, timedelta

from tracker.errors import Conflict, Invalid
from tracker.tables.schema.roster.people import Member
from tracker.usecases.identity.accounts import account_at
from tracker.usecases.identity.one_time_links import issue_link
from tracker.usecases.roster.csv_import import import_roster


async def found(roster: bytes, email: str, now: datetime, zone: str, lifetime: timedelta) -> str:
    """Import the first people into an empty database, and return the token of a sign-in link for one of them.

    Errors: Conflict when the database has people already, Invalid when the roster cannot be imported.
    """
    if await Member.exists():
        raise Conflict("The database already has people. Use an empty one, or leave it out.")
    report = await import_roster(roster, now, zone)
    account = await account_at(email)
    if report.faults or account is None:
        raise Invalid(report.faults[0].sentence if report.faults else f"{email} isn’t on the roster.")
    return await issue_link(account.member_id, now, lifetime)
