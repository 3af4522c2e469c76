"""tracker roster, calendar, account, and sign-in-link: people and events from files, and help for who can't sign in."""

import os
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import click
from msgspec.structs import replace

from tracker import clock
from tracker.config.settings import USUAL_BASE_URL, Settings
from tracker.errors import Invalid, NotFound
from tracker.ical.calendar_import import USUAL
from tracker.ports.cli.opening import progress, read_file, takes_data, with_database
from tracker.ports.http.forms import read_upload
from tracker.rules.core.viewers import BY_COMMAND, Origin
from tracker.rules.core.wording import plural
from tracker.rules.events.plans import ImportOutcome, ImportReport, file_event_in_words
from tracker.rules.roster.csv_file import LARGEST, RowFault
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.events import scheduling
from tracker.usecases.identity import credentials, sign_in_attempts
from tracker.usecases.identity.sign_in import LIFETIME, issue_link, issue_reset_link
from tracker.usecases.identity.sign_in_attempts import SignInAccount, account_at, clean_address
from tracker.usecases.roster.csv_import import RosterImportReport
from tracker.usecases.roster.directory import export_roster
from tracker.usecases.views.impact import import_list


@click.group()
def account() -> None:
    """Help people who can't sign in."""


@account.command()
@takes_data
@click.argument("email")
def release(email: str) -> None:
    """End the pause after five failed sign-ins.

    EMAIL can try again before the 15 minutes are over.
    """

    async def deed(account: SignInAccount, _settings: Settings) -> str:
        await sign_in_attempts.clear_pause(account.member_id, clock.now(), by=BY_COMMAND)
        return "Sign-in is no longer paused."

    _do(email, deed)


@account.command()
@takes_data
@click.argument("email")
def reset(email: str) -> None:
    """Print a link for EMAIL to set a new password.

    It works once, within 30 minutes. The security code is still required.
    """

    async def deed(account: SignInAccount, settings: Settings) -> str:
        token = await issue_reset_link(account.member_id, clock.now(), by=BY_COMMAND)
        return f"{settings.base_url}/sign-in/reset/{token}"

    _do(email, deed)


@account.command("forget-authenticator")
@takes_data
@click.argument("email")
def forget_authenticator(email: str) -> None:
    """Let EMAIL set up a new authenticator.

    They do so at the next sign-in. Their sessions and recovery codes end.
    """

    async def deed(account: SignInAccount, _settings: Settings) -> str:
        await credentials.delete_authenticator(account.member_id, clock.now(), by=BY_COMMAND)
        return "The authenticator was removed."

    _do(email, deed)


def _do(email: str, deed: Callable[[SignInAccount, Settings], Awaitable[str]]) -> None:
    async def work(settings: Settings) -> str:
        account = await account_at(clean_address(email))
        if account is None:
            raise NotFound(f"No member has the address {email}.")
        return await deed(account, settings)

    click.echo(with_database(work))


OTHER_PORT = "The link has the port 8000. If you serve on another one, with --port, write that into the link."


def note_port(link: str) -> None:
    """Print what to change in a link when no setting says where people reach the server."""
    if link.startswith(f"{USUAL_BASE_URL}/"):
        click.echo(OTHER_PORT, err=True)


@click.command("sign-in-link")
@takes_data
@click.argument("email")
@click.option(
    "--minutes",
    type=click.IntRange(1, 24 * 60),
    default=LIFETIME // timedelta(minutes=1),
    show_default=True,
    help="How long the link works.",
)
def sign_in_link(email: str, minutes: int) -> None:
    """Print a one-time sign-in link for EMAIL."""

    async def work(settings: Settings) -> str:
        account = await account_at(clean_address(email))
        if account is None or not account.is_open(clock.now()):
            raise NotFound(f"No active member has the address {email}.")
        token = await issue_link(account.member_id, clock.now(), timedelta(minutes=minutes))
        return f"{settings.base_url}/sign-in/link/{token}"

    link = with_database(work)
    note_port(link)
    click.echo(link)


MOST = 50  # errors that are shown


@click.group()
def roster() -> None:
    """Import or export the people of the task force."""


@roster.command("import")
@takes_data
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", "is_trial", is_flag=True, help="Show what would happen, and change nothing.")
@click.pass_context
def import_roster_file(context: click.Context, file: Path, *, is_trial: bool) -> None:
    """Import people from FILE, a CSV file in UTF-8.

    All rows are imported or none. People are identified by their email address.

    The first row names the columns. Required: agency_code, name, email. Optional: agency_name, arm, level, coalition,
    title, phone, mobile, mobile_private, zone, roles, seats, status, agency_contact, agency_phone, agency_email,
    agency_address; docs/operations.md explains them.
    """
    content = read_file(file, LARGEST)
    report = with_database(lambda chosen: import_list(content, clock.now(), chosen.time_zone, is_trial=is_trial))
    for line in _faults(report.faults) if report.faults else _lines(report, is_trial=is_trial):
        click.echo(line, err=bool(report.faults))
    if report.faults:
        context.exit(2)


@roster.command("export")
@takes_data
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def export_roster_file(file: Path) -> None:
    """Export the roster to FILE, a CSV file.

    It has the columns of the import. It also has phone numbers, so store it as you store a backup.
    """
    exported = with_database(lambda _: export_roster(clock.now()))
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(exported.content)
    except OSError as refused:
        raise Invalid(f"{file} can't be written: {refused.strerror}. Name a new file.") from refused
    click.echo(f"{file} has {plural(exported.people, 'person', 'people')}.")


def _lines(report: RosterImportReport, *, is_trial: bool) -> Iterator[str]:
    for outcome in report.outcomes:
        changed = f"changed: {', '.join(outcome.changes)}." if outcome.changes else "is unchanged."
        yield f"Row {outcome.row}: {outcome.name} ({outcome.agency}) {'is new.' if outcome.is_new else changed}"
    yield from report.notes
    added = sum(outcome.is_new for outcome in report.outcomes)
    updated = sum(bool(outcome.changes) for outcome in report.outcomes)
    yield f"{added} added, {updated} changed, {len(report.outcomes) - added - updated} unchanged."
    if is_trial:
        yield "This was a dry run. Nothing was changed."


def _faults(faults: Sequence[RowFault]) -> Iterator[str]:
    for fault in faults[:MOST]:
        yield f"Row {fault.row}{', ' + fault.field if fault.field else ''}: {fault.sentence}"
    if len(faults) > MOST:
        yield f"And {len(faults) - MOST} more."
    yield "Nothing was imported."


MOST_TIMES = 50  # a million dates: what one transaction saves in some minutes
SAID = {
    ImportOutcome.NEW: "is new.",
    ImportOutcome.KNOWN: "is skipped.",
    ImportOutcome.LEFT_OUT: "is left out.",
    ImportOutcome.REFUSED: "can't be imported.",
}


@click.group()
def calendar() -> None:
    """Import calendars kept elsewhere."""


@calendar.command("import")
@takes_data
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--as", "email", required=True, metavar="EMAIL", help="The coordinator who becomes the organizer.")
@click.option("--dry-run", "is_trial", is_flag=True, help="Show what would happen, and change nothing.")
@click.option(
    "--limits-times",
    "factor",
    type=click.IntRange(1, MOST_TIMES),
    default=1,
    metavar="N",
    help="Allow N times the usual size, events, dates, and time.",
)
@click.option("--skip-refused", "skips_refused", is_flag=True, help="Import the others when some can't be imported.")
@click.pass_context
def import_calendar_file(
    context: click.Context, file: Path, email: str, factor: int, *, is_trial: bool, skips_refused: bool
) -> None:
    """Import the events of FILE, a calendar file (.ics).

    They are visible to everyone, and the coordinator EMAIL is their organizer. All events are imported or none; events
    that are already in the tracker are skipped. No one is invited, and no email is sent. The line of each event says
    what it loses and what differs from the file: see it first with --dry-run.
    """
    limits = USUAL.times(factor)
    content = read_file(file, limits.size)

    async def work(settings: Settings) -> ImportReport:
        account = await account_at(clean_address(email))
        if account is None:
            raise NotFound(f"No member has the address {email}.")
        viewer = replace(await viewer_for(account.member_id, clock.now()), origin=Origin("cli"))
        with progress("Reading") as note:
            calendar_file = await read_upload(content, clock.now(), settings.time_zone, limits, note)
        if is_trial:
            return await scheduling.preview_calendar_import(viewer, calendar_file)
        return await scheduling.import_calendar(viewer, calendar_file, clock.now(), skips_refused=skips_refused)

    report = with_database(work)
    stops = bool(report.refused) and not skips_refused
    for row in report.rows:
        when = f" ({file_event_in_words(row.event)})" if row.event else ""
        click.echo(
            f"Row {row.row}: {row.title}{when} {SAID[row.outcome]} {row.sentence}".rstrip(),
            err=row.outcome is ImportOutcome.REFUSED,
        )
        for note in row.notes:
            click.echo(f"  {note}")
    trial = ["This was a dry run. Nothing was changed."] if is_trial else []
    ending = ["Nothing was imported. Fix the file, or let --skip-refused leave these events out."]
    for line in (*report.notes, *(ending if stops else [f"{report.words}.", *trial])):
        click.echo(line, err=stops)
    if stops:
        context.exit(1)
