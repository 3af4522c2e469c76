"""tracker sign-in-link: for people who have no password yet, or have lost it."""

from datetime import timedelta

import click

from tracker import clock
from tracker.config.settings import USUAL_BASE_URL, Settings
from tracker.errors import NotFound
from tracker.ports.cli.data import takes_data
from tracker.ports.cli.opening import with_database
from tracker.usecases.identity.accounts import account_at, clean_address
from tracker.usecases.identity.one_time_links import LIFETIME, issue_link

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
