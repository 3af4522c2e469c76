"""Checks of this deployment, one line each, for `tracker check` and for administrators."""

import asyncio
import shutil
import stat
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from tracker import clock
from tracker.config import minimum_versions, settings_file
from tracker.config.settings import Settings
from tracker.database.migrate import WrongSchema, check_schema
from tracker.errors import Invalid
from tracker.ports.health import mail_server
from tracker.ports.http.addresses import is_loopback
from tracker.rules.core.wording import clock as clock_words
from tracker.rules.core.wording import day, local, plural, zone_word
from tracker.usecases.audit import verification
from tracker.usecases.audit.verification import Verification
from tracker.usecases.core import send_hold
from tracker.usecases.core.send_hold import Known
from tracker.usecases.emails import queue
from tracker.usecases.emails.queue import FAILED_WITHIN
from tracker.usecases.events.tz_drift import number_drifted
from tracker.usecases.intake import arrivals, mailbox, undeliverable
from tracker.usecases.views.health import LATE

Trouble = Callable[[Settings], str]
OLDEST_BACKUP = 48  # hours
OLDEST_VERIFICATION = 48  # hours
UNREAD = timedelta(minutes=5)  # without a look at the mailbox of replies
START = "Start tracker serve with TRACKER_RUN_CLOCK=yes."
MAILBOX = "Reply mailbox"
EXAMPLE = ".example"  # a domain in which no one gets email (RFC 2606)
SCARCE, TOO_SCARCE = 1_000_000_000, 100_000_000  # bytes free on the disk of the data folder
UNNAMED = (
    "A web server on this computer forwards requests, but --proxy doesn't name it. Every request seems to come from"
    " this computer, so failed sign-ins aren't counted by network. Start with: tracker serve --proxy 127.0.0.1"
)
NO_SERVER_NAME = (
    "TRACKER_AUTHSERV_ID is empty, so no reply counts. Set it to the name that your mail server writes in"
    " Authentication-Results."
)
OTHERS = stat.S_IRWXG | stat.S_IRWXO


class State(StrEnum):
    """The result of a check; a fault makes the whole check fail."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


class Line(Struct, frozen=True):
    """One check and its result."""

    state: State
    name: str
    words: str


async def lines(chosen: Settings) -> list[Line]:
    """Return every line, with the database of the settings bound and open."""
    of_rows = [line async for line in of_database()]
    if all(line.state is not State.FAULT for line in of_rows):
        of_rows.append(_zones(await number_drifted(clock.now())))  # reads every upcoming date: too slow for a page
        of_rows.extend([line async for line in of_mailbox(chosen)])
        of_rows.extend([line async for line in of_incoming(chosen)])
        of_rows.extend([await of_queue(chosen), await of_addresses()])
    return [*of_settings(chosen), *of_rows, *await of_surroundings(chosen)]


async def of_addresses() -> Line:
    """Return whether emails to people can be delivered."""
    if paused := await undeliverable.number_paused():
        people = plural(paused, "person", "people")
        return Line(State.WARNING, "Addresses", f"Email to {people} can't be delivered. Home says whose it is.")
    return Line(State.OK, "Addresses", "Sending isn't paused for anyone.")


async def of_surroundings(chosen: Settings, trouble: Trouble = mail_server.trouble) -> list[Line]:
    """Return the checks that need no database: files, disk, email server (from `trouble`), releases."""
    return [*of_files(chosen), await asyncio.to_thread(of_mail, chosen, trouble), *of_releases()]


def refuse_unsafe(chosen: Settings, host: str) -> None:
    """Raise `Invalid` for a demo that others could reach, a clock that was moved, or sessions without https."""
    if chosen.is_demo and not is_loopback(host):
        raise Invalid("A demo is for this computer only. Use --host 127.0.0.1, or set TRACKER_IS_DEMO=no.")
    if chosen.now is not None and not chosen.is_demo:
        raise Invalid("TRACKER_NOW changes the clock and is for demos only. Unset it.")
    address = urlsplit(chosen.base_url)
    if address.scheme != "https" and not is_loopback(address.hostname or ""):
        raise Invalid(
            "TRACKER_BASE_URL must start with https:// when other computers use it, or sessions can be intercepted."
        )


def of_settings(chosen: Settings) -> Iterator[Line]:
    """Yield whether the settings can be used, and the present time."""
    try:
        refuse_unsafe(chosen, "127.0.0.1")
        yield _addresses(chosen)
    except Invalid as unsafe:
        yield Line(State.FAULT, "Settings", str(unsafe))
    # For a person to compare: one machine can't tell that its clock is wrong.
    now = local(clock.now(), chosen.time_zone)
    yield Line(State.OK, "Clock", f"It is {day(now)}, {now.year}, {clock_words(now)}, {zone_word(chosen.time_zone)}.")


async def of_database() -> AsyncIterator[Line]:
    """Yield the checks of the open database."""
    yield Line(State.OK, "Database", "It can be opened.")
    try:
        await check_schema()
    except WrongSchema as wrong:
        yield Line(State.FAULT, "Schema", str(wrong))
        return
    yield Line(State.OK, "Schema", "It is up to date.")
    for line in of_deployment(await send_hold.known(), await verification.last()):
        yield line


def of_deployment(known: Known, verified: Verification | None) -> Iterator[Line]:
    """Yield the checks of what the database says about this deployment, and of the audit log's last verification."""
    if known.copy_of:
        yield Line(State.WARNING, "Sending", "This is a restored copy. It sends nothing until `tracker resume`.")
    if known.unnamed_proxy_at:
        yield Line(State.WARNING, "Web server", UNNAMED)
    yield _last_backup(known.backed_up_at)
    yield of_audit_log(verified)


def _zones(drifted: int) -> Line:
    if drifted:
        words = "Time zone data changed, so some upcoming dates are off their local time. Run `tracker reproject`."
        return Line(State.WARNING, "Time zones", words)
    return Line(State.OK, "Time zones", "All upcoming dates are at their local times.")


def _last_backup(made_at: datetime | None) -> Line:
    if made_at is None:
        return Line(State.WARNING, "Backup", "No backup yet.")
    hours = (clock.now() - made_at) // timedelta(hours=1)
    state = State.OK if hours <= OLDEST_BACKUP else State.WARNING
    return Line(
        state, "Backup", f"The last backup was {plural(hours, 'hour')} ago." if hours else "The last backup is recent."
    )


def of_files(chosen: Settings) -> Iterator[Line]:
    """Yield who else may read the data folder, and how much space is left there; nothing without such a folder.

    A file that others may read is a fault. A folder that they may look into is not: its files can still be private.
    """
    if not chosen.data:
        return
    if open_to_others := [path.name for path in private_files(Path(chosen.data)) if path.stat().st_mode & OTHERS]:
        words = f"Other users of this computer can read {', '.join(open_to_others)}. Run chmod -R go= {chosen.data}"
        is_folder_alone = open_to_others == [Path(chosen.data).name]
        yield Line(State.WARNING if is_folder_alone else State.FAULT, "Files", words)
    else:
        yield Line(State.OK, "Files", f"Only their owner can read those in {chosen.data}.")
    yield _room(chosen.data)


def private_files(folder: Path) -> Sequence[Path]:
    """Return the private files of a data folder; it may contain other files too."""
    database = settings_file.DATABASE
    own = (settings_file.NAME, settings_file.SECRET, settings_file.BEFORE)
    names = ("", *own, database, f"{database}-wal", f"{database}-shm")
    return [path for name in names if (path := folder / name).exists()]


def of_mail(chosen: Settings, trouble: Trouble = mail_server.trouble) -> Line:
    """Return whether the email server would accept emails (from `trouble`); may wait for it."""
    place = f"{chosen.smtp_host}, port {chosen.smtp_port},"
    if why_not := trouble(chosen):
        return Line(State.FAULT, "Mail server", f"{place} can't be used: {why_not}")
    return Line(State.OK, "Mail server", f"{place} responds.")


async def of_mailbox(chosen: Settings) -> AsyncIterator[Line]:
    """Yield how reading the mailbox of replies goes, as the process that reads it says; nothing without a mailbox."""
    if not chosen.imap_host:
        return
    place, found = f"{chosen.imap_user} at {chosen.imap_host}", await mailbox.state()
    if found.trouble and found.trouble_since:
        words = f"Reading {place} has failed since {_moment(found.trouble_since, chosen)}: {found.trouble}"
        yield Line(State.FAULT, MAILBOX, words)
    elif found.read_at is None or clock.now() - found.read_at > UNREAD:
        yield Line(State.WARNING, MAILBOX, f"No process has read {place} in the last 5 minutes. {START}")
    else:
        last = f"The last email came {_moment(found.email_at, chosen)}." if found.email_at else "No email has come yet."
        yield Line(State.OK, MAILBOX, f"{place} is being read. {last}")


async def of_incoming(chosen: Settings) -> AsyncIterator[Line]:
    """Yield when the last email came in, and whether senders can count; nothing where the tracker reads no emails."""
    if not chosen.reply_address:
        return
    at = await arrivals.last_at()
    words = f"The last email came in {_moment(at, chosen)}." if at else "No email has come in yet."
    yield Line(State.OK, "Incoming email", f"{words} `tracker check --mail` tests it.")
    if not chosen.authserv_id:
        yield Line(State.WARNING, "Senders", NO_SERVER_NAME)


async def of_queue(chosen: Settings) -> Line:
    """Return how many emails wait and failed: for the command only, because counts would reveal restricted events."""
    found = await queue.state(clock.now())
    failed = f"In the last {FAILED_WITHIN.days} days, {plural(found.failed, 'email')} couldn't be delivered."
    if found.oldest_due is None:
        return Line(State.OK, "Outgoing email", f"No email is due. {failed}")
    is_late = clock.now() - found.oldest_due >= LATE
    words = f"{plural(found.due, 'email is', 'emails are')} due, the oldest since {_moment(found.oldest_due, chosen)}."
    return Line(State.WARNING if is_late else State.OK, "Outgoing email", f"{words} {failed}")


def _moment(at: datetime, chosen: Settings) -> str:
    there = local(at, chosen.time_zone)
    return f"{day(there)}, {there.year}, {clock_words(there)}"


def of_audit_log(found: Verification | None) -> Line:
    """Return the result of the audit log's last verification."""
    if found is None:
        return Line(State.OK, "Audit log", "It will be verified tonight, and every night.")
    if not found.is_whole:
        return Line(State.FAULT, "Audit log", "The audit log was altered. An auditor can see at which entry.")
    hours = (clock.now() - found.at) // timedelta(hours=1)
    state = State.OK if hours <= OLDEST_VERIFICATION else State.WARNING
    ago = f"{plural(hours, 'hour')} ago" if hours else "less than an hour ago"
    return Line(state, "Audit log", f"Verified, no changes ({ago}).")


def of_releases() -> Iterator[Line]:
    """Yield the releases of Python and of libraries that have a minimum version."""
    for found in minimum_versions.libraries():
        words = f"{found.installed}; {found.floor} or later is required."
        yield Line(State.OK if found.ok else State.FAULT, found.name, words)
    python = minimum_versions.interpreter()
    words = f"{python.installed}; {python.floor} fixes security bugs in its email library (worked around)."
    yield Line(State.OK, "Python", f"{python.installed}.") if python.ok else Line(State.WARNING, "Python", words)


def _addresses(chosen: Settings) -> Line:
    invented = [
        name
        for name, address in (
            ("TRACKER_BASE_URL", urlsplit(chosen.base_url).hostname or ""),
            ("TRACKER_MAIL_FROM", chosen.mail_from),
            ("TRACKER_COORDINATOR_ADDRESS", chosen.coordinator_address),
        )
        if address.endswith(EXAMPLE)
    ]
    if invented:
        return Line(State.WARNING, "Settings", f"{' and '.join(invented)} still use a placeholder domain.")
    return Line(State.OK, "Settings", f"Serving at {chosen.base_url}.")


def _room(folder: str) -> Line:
    free = shutil.disk_usage(folder).free
    words = f"{free / 1e9:.1f} GB free for {folder}."
    state = State.FAULT if free < TOO_SCARCE else State.WARNING if free < SCARCE else State.OK
    return Line(state, "Disk", words)
