"""tracker roster import: agencies, members, committees and seats from a CSV file."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from tracker import clock
from tracker.config.settings import Settings
from tracker.errors import Invalid
from tracker.ports.cli.data import takes_data
from tracker.ports.cli.opening import read_file, with_database
from tracker.rules.core.wording import plural
from tracker.rules.roster.csv_file import LARGEST
from tracker.rules.roster.csv_rows import Fault
from tracker.usecases.roster.csv_export import Exported, export_roster
from tracker.usecases.roster.csv_import import Outcome, Report
from tracker.usecases.views.seat_changes import import_roster

MOST = 50  # errors that are shown


@click.group()
def roster() -> None:
    """Import or export the people of the task force."""


@roster.command("import")
@takes_data
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", "is_trial", is_flag=True, help="Show what would happen, and change nothing.")
@click.pass_context
def import_file(context: click.Context, file: Path, *, is_trial: bool) -> None:
    """Import people from FILE, a CSV file in UTF-8.

    All rows are imported or none. People are identified by their email address.

    The first row names the columns. Required: agency_code, name, email. Optional: agency_name, arm, level, coalition,
    title, phone, mobile, mobile_private, zone, roles, seats, status, agency_contact, agency_phone, agency_email,
    agency_address; docs/operations.md explains them.
    """
    content = read_file(file, LARGEST)

    async def work(settings: Settings) -> Report:
        return await import_roster(content, clock.now(), settings.time_zone, is_trial=is_trial)

    report = with_database(work)
    for line in _faults(report.faults) if report.faults else _lines(report, is_trial=is_trial):
        click.echo(line, err=bool(report.faults))
    if report.faults:
        context.exit(2)


@roster.command("export")
@takes_data
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def export_file(file: Path) -> None:
    """Export the roster to FILE, a CSV file.

    It has the columns of the import. It also has phone numbers, so store it as you store a backup.
    """

    async def work(_: Settings) -> Exported:
        return await export_roster(clock.now())

    exported = with_database(work)
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(exported.content)
    except OSError as refused:
        raise Invalid(f"{file} can't be written: {refused.strerror}. Name a new file.") from refused
    click.echo(f"{file} has {plural(exported.people, 'person', 'people')}.")


def _lines(report: Report, *, is_trial: bool) -> Iterator[str]:
    yield from (f"Row {one.row}: {one.name} ({one.agency}) {_deed(one)}" for one in report.outcomes)
    yield from report.notes
    added = sum(one.is_new for one in report.outcomes)
    changed = sum(bool(one.changes) for one in report.outcomes)
    same = len(report.outcomes) - added - changed
    yield f"{added} added, {changed} changed, {same} unchanged."
    if is_trial:
        yield "This was a dry run. Nothing was changed."


def _deed(one: Outcome) -> str:
    if one.is_new:
        return "is new."
    return f"changed: {', '.join(one.changes)}." if one.changes else "is unchanged."


def _faults(faults: Sequence[Fault]) -> Iterator[str]:
    for fault in faults[:MOST]:
        yield f"Row {fault.row}{', ' + fault.field if fault.field else ''}: {fault.sentence}"
    if len(faults) > MOST:
        yield f"And {len(faults) - MOST} more."
    yield "Nothing was imported."
