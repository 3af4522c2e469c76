"""tracker roster import: agencies, members, committees and seats from a CSV file."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from tracker import clock
from tracker.config.settings import Settings
from tracker.ports.cli.data import takes_data
from tracker.ports.cli.opening import read_file, with_database
from tracker.rules.roster.csv_file import LARGEST
from tracker.rules.roster.csv_rows import Fault
from tracker.usecases.roster.csv_import import Outcome, Report
from tracker.usecases.views.seat_changes import import_roster

MOST = 50  # errors that are shown


@click.group()
def roster() -> None:
    """Load and update the people of the task force."""


@roster.command("import")
@takes_data
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", "is_trial", is_flag=True, help="Say what would happen, and write nothing.")
@click.pass_context
def import_file(context: click.Context, file: Path, *, is_trial: bool) -> None:
    """Import FILE, a CSV file in UTF-8: all rows or none; people are identified by their email.

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


def _lines(report: Report, *, is_trial: bool) -> Iterator[str]:
    yield from (f"Row {one.row}: {one.name} ({one.agency}) {_deed(one)}" for one in report.outcomes)
    yield from report.notes
    added = sum(one.is_new for one in report.outcomes)
    changed = sum(bool(one.changes) for one in report.outcomes)
    same = len(report.outcomes) - added - changed
    yield f"{added} added, {changed} changed, {same} as they were."
    if is_trial:
        yield "This was a dry run: nothing was written."


def _deed(one: Outcome) -> str:
    if one.is_new:
        return "is new."
    return f"changed: {', '.join(one.changes)}." if one.changes else "stays as is."


def _faults(faults: Sequence[Fault]) -> Iterator[str]:
    for fault in faults[:MOST]:
        yield f"Row {fault.row}{', ' + fault.field if fault.field else ''}: {fault.sentence}"
    if len(faults) > MOST:
        yield f"And {len(faults) - MOST} more."
    yield "Nothing was imported."
