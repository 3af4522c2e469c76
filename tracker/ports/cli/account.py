"""tracker account: what an operator can do for a person who can't sign in."""

from collections.abc import Awaitable, Callable

import click

from tracker import clock
from tracker.config.settings import Settings
from tracker.errors import NotFound
from tracker.ports.cli.data import takes_data
from tracker.ports.cli.opening import with_database
from tracker.rules.core.actors import BY_COMMAND
from tracker.usecases.identity import failed_logins, security_codes
from tracker.usecases.identity.accounts import Account, account_at, clean_address
from tracker.usecases.identity.password_resets import issue_reset


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

    async def deed(found: Account, _settings: Settings) -> str:
        await failed_logins.release(found.member_id, clock.now(), by=BY_COMMAND)
        return "Sign-in is no longer paused."

    _do(email, deed)


@account.command()
@takes_data
@click.argument("email")
def reset(email: str) -> None:
    """Print a link for EMAIL to set a new password.

    It works once, within 30 minutes. The security code is still required.
    """

    async def deed(found: Account, settings: Settings) -> str:
        token = await issue_reset(found.member_id, clock.now(), by=BY_COMMAND)
        return f"{settings.base_url}/sign-in/reset/{token}"

    _do(email, deed)


@account.command("forget-authenticator")
@takes_data
@click.argument("email")
def forget_authenticator(email: str) -> None:
    """Let EMAIL set up a new authenticator.

    They do so at the next sign-in. Their sessions and recovery codes end.
    """

    async def deed(found: Account, _settings: Settings) -> str:
        await security_codes.forget_authenticator(found.member_id, clock.now(), by=BY_COMMAND)
        return "The authenticator was removed."

    _do(email, deed)


def _do(email: str, deed: Callable[[Account, Settings], Awaitable[str]]) -> None:
    async def work(settings: Settings) -> str:
        found = await account_at(clean_address(email))
        if found is None:
            raise NotFound(f"No member has the address {email}.")
        return await deed(found, settings)

    click.echo(with_database(work))
