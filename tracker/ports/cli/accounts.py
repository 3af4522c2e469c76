"""tracker account, and tracker sign-in-link: what an operator can do for people who can't sign in."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import click

from tracker import clock
from tracker.config.settings import USUAL_BASE_URL, Settings
from tracker.errors import NotFound
from tracker.ports.cli.opening import takes_data, with_database
from tracker.rules.core.viewers import BY_COMMAND
from tracker.usecases.identity import security_codes, sign_in_attempts
from tracker.usecases.identity.one_time_links import LIFETIME, issue_link, issue_reset_link
from tracker.usecases.identity.sign_in_attempts import SignInAccount, account_at, clean_address


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
        await security_codes.delete_authenticator(account.member_id, clock.now(), by=BY_COMMAND)
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
