"""tracker calendar import: the events of an .ics file become events of the task force."""

from collections.abc import Iterator
from pathlib import Path

import click
from msgspec.structs import replace

from tracker import clock
from tracker.config.settings import Settings
from tracker.errors import NotFound
from tracker.ical.incoming import USUAL
from tracker.ports.cli.data import takes_data
from tracker.ports.cli.opening import read_file, with_database
from tracker.ports.cli.progress import progress
from tracker.ports.http.calendar_files import read_calendar
from tracker.rules.core.actors import Origin
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.calendar_import import Outcome, Report, Row, dates_in_words
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.events import calendar_import
from tracker.usecases.identity.accounts import account_at, clean_address

MOST_TIMES = 50  # a million dates: what one transaction saves in some minutes
SAID = {
    Outcome.NEW: "is new.",
    Outcome.KNOWN: "is skipped.",
    Outcome.LEFT_OUT: "is left out.",
    Outcome.REFUSED: "can't be imported.",
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
def import_file(
    context: click.Context, file: Path, email: str, factor: int, *, is_trial: bool, skips_refused: bool
) -> None:
    """Import the events of FILE, a calendar file (.ics).

    They are visible to everyone, and the coordinator EMAIL is their organizer. All events are imported or none; events
    that are already in the tracker are skipped. No one is invited, and no email is sent. The line of each event says
    what it loses and what differs from the file: see it first with --dry-run.
    """
    limits = USUAL.times(factor)
    content = read_file(file, limits.size)

    async def work(settings: Settings) -> Report:
        viewer = await _coordinator(email)
        with progress("Reading") as note:
            found = await read_calendar(content, clock.now(), settings.time_zone, limits, note)
        if is_trial:
            return await calendar_import.preview(viewer, found)
        return await calendar_import.import_calendar(viewer, found, clock.now(), skips_refused=skips_refused)

    report = with_database(work)
    stops = bool(report.refused) and not skips_refused
    for one in report.rows:
        click.echo(_line(one), err=one.outcome is Outcome.REFUSED)
        for note in one.notes:
            click.echo(f"  {note}")
    for line in _end(report, is_trial=is_trial, stops=stops):
        click.echo(line, err=stops)
    if stops:
        context.exit(1)


async def _coordinator(email: str) -> Viewer:
    found = await account_at(clean_address(email))
    if found is None:
        raise NotFound(f"No member has the address {email}.")
    return replace(await viewer_for(found.member_id, clock.now()), origin=Origin("cli"))


def _line(one: Row) -> str:
    when = f" ({dates_in_words(one.event)})" if one.event else ""
    return f"Row {one.row}: {one.title}{when} {SAID[one.outcome]} {one.sentence}".rstrip()


def _end(report: Report, *, is_trial: bool, stops: bool) -> Iterator[str]:
    yield from report.notes
    if stops:
        yield "Nothing was imported. Fix the file, or let --skip-refused leave these events out."
        return
    yield f"{report.words}."
    if is_trial:
        yield "This was a dry run. Nothing was changed."
