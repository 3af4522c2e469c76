"""tracker check: is this deployment sound? One line for each thing that was looked at."""

import asyncio
import smtplib
import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from enum import StrEnum

import click

from tracker import clock, floors
from tracker.errors import TrackerError
from tracker.migrate import SchemaBehind, check_schema
from tracker.ports.cli.opening import opened, settings
from tracker.ports.cli.serve import check_start
from tracker.rules.wording import clock as clock_words
from tracker.rules.wording import day, local, zone_word
from tracker.settings import BadSettings, Settings

PATIENCE = 5.0  # seconds for the mail server
TLS_PORT = 465  # TLS from the first byte (RFC 8314)


class State(StrEnum):
    """How a thing is; a fault makes the whole check fail."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True)
class Line:
    """One thing that was looked at."""

    state: State
    name: str
    words: str


@click.command()
@click.pass_context
def check(context: click.Context) -> None:
    """Look at settings, database, schema, clock, mail server and releases; exit with 1 when something is wrong."""
    lines = [*asyncio.run(_of_settings()), *_of_releases()]
    for line in lines:
        click.echo(f"{line.state:8} {line.name:12} {line.words}")
    if any(line.state is State.FAULT for line in lines):
        context.exit(1)


async def _of_settings() -> list[Line]:
    try:
        chosen = settings()
        check_start(chosen, "127.0.0.1")
        lines = [Line(State.OK, "Settings", f"People come to {chosen.base_url}."), _clock(chosen)]
    except (BadSettings, TrackerError) as bad:
        return [Line(State.FAULT, "Settings", str(bad))]
    return [*lines, *[line async for line in _database(chosen)], await asyncio.to_thread(_mail_server, chosen)]


def _clock(chosen: Settings) -> Line:
    """Show the time, for a person to compare: one machine cannot tell that its clock is wrong."""
    now = local(clock.now(), chosen.time_zone)
    return Line(State.OK, "Clock", f"It is {day(now)}, {now.year}, {clock_words(now)}, {zone_word(chosen.time_zone)}.")


async def _database(chosen: Settings) -> AsyncIterator[Line]:
    try:
        async with opened(chosen):
            yield Line(State.OK, "Database", "It can be opened.")
            await check_schema()
            yield Line(State.OK, "Schema", "It is up to date.")
    except TrackerError as broken:
        yield Line(State.FAULT, "Database", str(broken))
    except SchemaBehind as behind:
        yield Line(State.FAULT, "Schema", str(behind))


def _mail_server(chosen: Settings) -> Line:
    place = f"{chosen.smtp_host}, port {chosen.smtp_port},"
    try:
        with _connected(chosen) as server:
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
    except (OSError, smtplib.SMTPException) as away:
        return Line(State.FAULT, "Mail server", f"{place} cannot be used: {away}")
    return Line(State.OK, "Mail server", f"{place} answers.")


def _connected(chosen: Settings) -> smtplib.SMTP:
    if chosen.smtp_port == TLS_PORT:
        return smtplib.SMTP_SSL(chosen.smtp_host, chosen.smtp_port, timeout=PATIENCE)
    return smtplib.SMTP(chosen.smtp_host, chosen.smtp_port, timeout=PATIENCE)


def _of_releases() -> Iterator[Line]:
    for found in floors.libraries():
        words = f"{found.installed}; at least {found.floor} is needed."
        yield Line(State.OK if found.ok else State.FAULT, found.name, words)
    python = floors.interpreter()
    words = f"{python.installed}; {python.floor} mends holes in its mail library, which the mail builder works around."
    yield Line(State.OK, "Python", f"{python.installed}.") if python.ok else Line(State.WARNING, "Python", words)
