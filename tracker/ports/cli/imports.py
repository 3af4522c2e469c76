"""tracker roster, and tracker calendar: people, committees and seats from a CSV file, and events from an .ics file."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from msgspec.structs import replace

from tracker import clock
from tracker.config.settings import Settings
from tracker.errors import Invalid, NotFound
from tracker.ical.calendar_import import USUAL
from tracker.ports.cli.opening import progress, read_file, takes_data, with_database
from tracker.ports.http.forms import read_upload
from tracker.rules.core.viewers import Origin
from tracker.rules.core.wording import plural
from tracker.rules.events.calendar_import import ImportOutcome, ImportReport, file_event_in_words
from tracker.rules.roster.csv_file import LARGEST, RowFault
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.events import calendar_import
from tracker.usecases.identity.sign_in_attempts import account_at, clean_address
from tracker.usecases.roster.csv_import import RosterImportReport
from tracker.usecases.roster.directory import export_roster
from tracker.usecases.views.offboarding import import_list

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
            return await calendar_import.preview_calendar_import(viewer, calendar_file)
        return await calendar_import.import_calendar(viewer, calendar_file, clock.now(), skips_refused=skips_refused)

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
