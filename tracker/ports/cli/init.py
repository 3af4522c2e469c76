"""tracker init: everything that a new deployment needs, and a sign-in link for its first coordinator."""

import asyncio
import csv
import secrets
import sys
from collections.abc import Iterable
from datetime import timedelta
from io import StringIO
from pathlib import Path

import click

from tracker import clock
from tracker.config import settings_file
from tracker.config.settings import PREFIX, USUAL_COORDINATOR, Settings
from tracker.database.migrate import migrate
from tracker.errors import Invalid
from tracker.ports.cli.data import new_data, use
from tracker.ports.cli.folder import Claim
from tracker.ports.cli.opening import opened, settings
from tracker.ports.cli.sign_in_link import note_port
from tracker.rules.core.audiences import Arm
from tracker.rules.core.viewer import Level
from tracker.rules.roster import csv_file
from tracker.usecases.roster.deployment import found

GOOD_FOR = timedelta(hours=24)
OPTIONS = {"email": "coordinator", "agency_code": "agency", "agency_name": "agency-name"}
WHO = "Email address of the first coordinator"


@click.command()
@new_data
@click.option("--coordinator", metavar="EMAIL", help="Email address of the first coordinator; asked for if missing.")
@click.option("--name", default="Coordinator", show_default=True, help="Name of the first coordinator.")
@click.option("--agency", metavar="CODE", default="USAO", show_default=True, help="Short name of their agency.")
@click.option("--agency-name", default="U.S. Attorney's Office", show_default=True)
@click.option(
    "--arm", type=click.Choice([str(one) for one in Arm]), default=str(Arm.LAW_ENFORCEMENT), show_default=True
)
@click.option("--level", type=click.Choice([str(one) for one in Level]), default=str(Level.FEDERAL), show_default=True)
@click.option(
    "--set", "given", metavar="NAME=VALUE", multiple=True, help="A setting, such as TRACKER_SMTP_HOST=smtp.gov."
)
def init(folder: Path, coordinator: str | None, given: tuple[str, ...], **person: str) -> None:
    """Create the data folder of a new deployment.

    The folder gets settings, a secret, and a database. The last line is a sign-in link for the first coordinator.
    """
    email = (coordinator or _asked()).strip().lower()
    roster = _roster(email, person)
    with Claim(folder) as claim:
        claim.write(settings_file.NAME, settings_file.written(Settings, PREFIX, _values(email, given)))
        claim.write(settings_file.SECRET, secrets.token_urlsafe(48) + "\n")
        use(claim.place)
        link = asyncio.run(_fill(roster, email))
    click.echo(f"{folder} is ready. Keep a copy of {folder / settings_file.SECRET} somewhere else.")
    click.echo("Backups can't be opened without it.")
    click.echo(f"Review the settings: {folder / settings_file.NAME}")
    click.echo(f"Then: tracker check --data {folder}; tracker serve --data {folder}")
    if email == USUAL_COORDINATOR:
        click.echo("That address is a placeholder. Enter your own on your profile page and in the settings.")
    note_port(link)
    click.echo(f"One-time sign-in link for {email} (valid {GOOD_FOR // timedelta(hours=1)} hours):")
    click.echo(link)


def _asked() -> str:
    """Return the address that a person types; without a terminal, a placeholder to replace after sign-in."""
    return str(click.prompt(WHO)) if sys.stdin.isatty() else USUAL_COORDINATOR


def _roster(email: str, person: dict[str, str]) -> bytes:
    """Return a roster of one. Errors: Invalid with each wrong value."""
    row = {"email": email, "agency_code": person.pop("agency"), "roles": "coordinator", **person}
    content = StringIO()
    writer = csv.DictWriter(content, row)
    writer.writeheader()
    writer.writerow(row)
    _, faults = csv_file.read(content.getvalue().encode())
    if faults:
        raise Invalid(f"--{OPTIONS.get(faults[0].field, faults[0].field)}: {faults[0].sentence}")
    return content.getvalue().encode()


def _values(email: str, given: Iterable[str]) -> dict[str, str]:
    """Return the settings to write: those derived from the coordinator's address, then the given ones."""
    values = {"COORDINATOR_ADDRESS": email, "MAIL_FROM": f"calendar@{email.partition('@')[2]}"}
    for one in given:
        name, sign, value = one.partition("=")
        if not sign:
            raise Invalid(f"--set {one} has no value. Write it as --set NAME=VALUE.")
        values[name.strip().upper().removeprefix(PREFIX)] = value.strip()
    named = {f"{PREFIX}{name}": value for name, value in values.items()}
    if odd := sorted(named.keys() - settings_file.names(Settings, PREFIX)):
        raise Invalid(f"{odd[0]} isn't a setting.")
    return named


async def _fill(roster: bytes, email: str) -> str:
    """Make the database and the first person; return the address of their sign-in link."""
    chosen = settings()
    async with opened(chosen, may_be_new=True):
        await migrate()
        token = await found(roster, email, clock.now(), chosen.time_zone, GOOD_FOR)
    return f"{chosen.base_url}/sign-in/link/{token}"
