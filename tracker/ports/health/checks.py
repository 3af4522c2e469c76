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
from tracker.ports.http.request_source import is_loopback
from tracker.rules.core.wording import clock as clock_words
from tracker.rules.core.wording import local, plural, short_day, zone_word
from tracker.usecases.audit import audit_log
from tracker.usecases.audit.audit_log import Verification
from tracker.usecases.core import process_locks
from tracker.usecases.core.process_locks import DeploymentState
from tracker.usecases.emails import account_emails
from tracker.usecases.emails.account_emails import FAILED_WITHIN
from tracker.usecases.events.series import count_drifted_dates
from tracker.usecases.intake import received_emails
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


class CheckState(StrEnum):
    """The result of a check; a fault makes the whole check fail."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


class CheckLine(Struct, frozen=True):
    """One check and its result."""

    state: CheckState
    name: str
    words: str


async def check_lines(chosen: Settings) -> list[CheckLine]:
    """Return every line, with the database of the settings bound and open."""
    of_rows = [line async for line in of_database()]
    if all(line.state is not CheckState.FAULT for line in of_rows):
        zones = CheckLine(CheckState.OK, "Time zones", "All upcoming dates are at their local times.")
        if await count_drifted_dates(clock.now()):  # reads every upcoming date: too slow for a page
            words = "Time zone data changed, so some upcoming dates are off their local time. Run `tracker reproject`."
            zones = CheckLine(CheckState.WARNING, "Time zones", words)
        of_rows.append(zones)
        of_rows.extend([line async for line in of_mailbox(chosen)])
        of_rows.extend([line async for line in of_incoming(chosen)])
        of_rows.extend([await of_queue(chosen), await of_addresses()])
    return [*of_settings(chosen), *of_rows, *await of_surroundings(chosen)]


async def of_addresses() -> CheckLine:
    """Return whether emails to people can be delivered."""
    if paused := await received_emails.count_paused_people():
        people = plural(paused, "person", "people")
        return CheckLine(
            CheckState.WARNING, "Addresses", f"Email to {people} can't be delivered. Home says whose it is."
        )
    return CheckLine(CheckState.OK, "Addresses", "Sending isn't paused for anyone.")


async def of_surroundings(chosen: Settings, trouble: Trouble = mail_server.trouble) -> list[CheckLine]:
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


def of_settings(chosen: Settings) -> Iterator[CheckLine]:
    """Yield whether the settings can be used, and the present time."""
    try:
        refuse_unsafe(chosen, "127.0.0.1")
        named = {
            "TRACKER_BASE_URL": urlsplit(chosen.base_url).hostname or "",
            "TRACKER_MAIL_FROM": chosen.mail_from,
            "TRACKER_COORDINATOR_ADDRESS": chosen.coordinator_address,
        }
        if invented := [name for name, address in named.items() if address.endswith(EXAMPLE)]:
            words = f"{' and '.join(invented)} still use a placeholder domain."
            yield CheckLine(CheckState.WARNING, "Settings", words)
        else:
            yield CheckLine(CheckState.OK, "Settings", f"Serving at {chosen.base_url}.")
    except Invalid as unsafe:
        yield CheckLine(CheckState.FAULT, "Settings", str(unsafe))
    # For a person to compare: one machine can't tell that its clock is wrong.
    now = local(clock.now(), chosen.time_zone)
    yield CheckLine(
        CheckState.OK,
        "Clock",
        f"It is {short_day(now)}, {now.year}, {clock_words(now)}, {zone_word(chosen.time_zone)}.",
    )


async def of_database() -> AsyncIterator[CheckLine]:
    """Yield the checks of the open database."""
    yield CheckLine(CheckState.OK, "Database", "It can be opened.")
    try:
        await check_schema()
    except WrongSchema as wrong:
        yield CheckLine(CheckState.FAULT, "Schema", str(wrong))
        return
    yield CheckLine(CheckState.OK, "Schema", "It is up to date.")
    for line in of_deployment(await process_locks.deployment_state(), await audit_log.last_verification()):
        yield line


def of_deployment(known: DeploymentState, verified: Verification | None) -> Iterator[CheckLine]:
    """Yield the checks of what the database says about this deployment, and of the audit log's last verification."""
    if known.copy_of:
        yield CheckLine(
            CheckState.WARNING, "Sending", "This is a restored copy. It sends nothing until `tracker resume`."
        )
    if known.unnamed_proxy_at:
        yield CheckLine(CheckState.WARNING, "Web server", UNNAMED)
    if known.backed_up_at is None:
        yield CheckLine(CheckState.WARNING, "Backup", "No backup yet.")
    else:
        hours = (clock.now() - known.backed_up_at) // timedelta(hours=1)
        state = CheckState.OK if hours <= OLDEST_BACKUP else CheckState.WARNING
        words = f"The last backup was {plural(hours, 'hour')} ago." if hours else "The last backup is recent."
        yield CheckLine(state, "Backup", words)
    yield of_audit_log(verified)


def of_files(chosen: Settings) -> Iterator[CheckLine]:
    """Yield who else may read the data folder, and how much space is left there; nothing without such a folder.

    A file that others may read is a fault. A folder that they may look into is not: its files can still be private.
    """
    if not chosen.data:
        return
    if open_to_others := [path.name for path in private_files(Path(chosen.data)) if path.stat().st_mode & OTHERS]:
        words = f"Other users of this computer can read {', '.join(open_to_others)}. Run chmod -R go= {chosen.data}"
        is_folder_alone = open_to_others == [Path(chosen.data).name]
        yield CheckLine(CheckState.WARNING if is_folder_alone else CheckState.FAULT, "Files", words)
    else:
        yield CheckLine(CheckState.OK, "Files", f"Only their owner can read those in {chosen.data}.")
    free = shutil.disk_usage(chosen.data).free
    state = CheckState.FAULT if free < TOO_SCARCE else CheckState.WARNING if free < SCARCE else CheckState.OK
    yield CheckLine(state, "Disk", f"{free / 1e9:.1f} GB free for {chosen.data}.")


def private_files(folder: Path) -> Sequence[Path]:
    """Return the private files of a data folder; it may contain other files too."""
    database = settings_file.DATABASE
    own = (settings_file.NAME, settings_file.SECRET, settings_file.BEFORE)
    names = ("", *own, database, f"{database}-wal", f"{database}-shm")
    return [path for name in names if (path := folder / name).exists()]


def of_mail(chosen: Settings, trouble: Trouble = mail_server.trouble) -> CheckLine:
    """Return whether the email server would accept emails (from `trouble`); may wait for it."""
    place = f"{chosen.smtp_host}, port {chosen.smtp_port},"
    if why_not := trouble(chosen):
        return CheckLine(CheckState.FAULT, "Mail server", f"{place} can't be used: {why_not}")
    return CheckLine(CheckState.OK, "Mail server", f"{place} responds.")


async def of_mailbox(chosen: Settings) -> AsyncIterator[CheckLine]:
    """Yield how reading the mailbox of replies goes, as the process that reads it says; nothing without a mailbox."""
    if not chosen.imap_host:
        return
    place, status = f"{chosen.imap_user} at {chosen.imap_host}", await received_emails.mailbox_status()
    if status.trouble and status.trouble_since:
        words = f"Reading {place} has failed since {_moment(status.trouble_since, chosen)}: {status.trouble}"
        yield CheckLine(CheckState.FAULT, MAILBOX, words)
    elif status.read_at is None or clock.now() - status.read_at > UNREAD:
        yield CheckLine(CheckState.WARNING, MAILBOX, f"No process has read {place} in the last 5 minutes. {START}")
    else:
        last = (
            f"The last email came {_moment(status.email_at, chosen)}." if status.email_at else "No email has come yet."
        )
        yield CheckLine(CheckState.OK, MAILBOX, f"{place} is being read. {last}")


async def of_incoming(chosen: Settings) -> AsyncIterator[CheckLine]:
    """Yield when the last email came in, and whether senders can count; nothing where the tracker reads no emails."""
    if not chosen.reply_address:
        return
    at = await received_emails.last_email_at()
    words = f"The last email came in {_moment(at, chosen)}." if at else "No email has come in yet."
    yield CheckLine(CheckState.OK, "Incoming email", f"{words} `tracker check --mail` tests it.")
    if not chosen.authserv_id:
        yield CheckLine(CheckState.WARNING, "Senders", NO_SERVER_NAME)


async def of_queue(chosen: Settings) -> CheckLine:
    """Return how many emails wait and failed: for the command only, because counts would reveal restricted events."""
    queue = await account_emails.email_queue(clock.now())
    failed = f"In the last {FAILED_WITHIN.days} days, {plural(queue.failed, 'email')} couldn't be delivered."
    if queue.oldest_due is None:
        return CheckLine(CheckState.OK, "Outgoing email", f"No email is due. {failed}")
    is_late = clock.now() - queue.oldest_due >= LATE
    words = f"{plural(queue.due, 'email is', 'emails are')} due, the oldest since {_moment(queue.oldest_due, chosen)}."
    return CheckLine(CheckState.WARNING if is_late else CheckState.OK, "Outgoing email", f"{words} {failed}")


def _moment(at: datetime, chosen: Settings) -> str:
    there = local(at, chosen.time_zone)
    return f"{short_day(there)}, {there.year}, {clock_words(there)}"


def of_audit_log(verification: Verification | None) -> CheckLine:
    """Return the result of the audit log's last verification."""
    if verification is None:
        return CheckLine(CheckState.OK, "Audit log", "It will be verified tonight, and every night.")
    if not verification.is_whole:
        return CheckLine(CheckState.FAULT, "Audit log", "The audit log was altered. An auditor can see at which entry.")
    hours = (clock.now() - verification.at) // timedelta(hours=1)
    state = CheckState.OK if hours <= OLDEST_VERIFICATION else CheckState.WARNING
    ago = f"{plural(hours, 'hour')} ago" if hours else "less than an hour ago"
    return CheckLine(state, "Audit log", f"Verified, no changes ({ago}).")


def of_releases() -> Iterator[CheckLine]:
    """Yield the releases of Python and of libraries that have a minimum version."""
    for library in minimum_versions.libraries():
        words = f"{library.installed}; {library.floor} or later is required."
        yield CheckLine(CheckState.OK if library.ok else CheckState.FAULT, library.name, words)
    python = minimum_versions.interpreter()
    words = f"{python.installed}; {python.floor} fixes security bugs in its email library (worked around)."
    yield (
        CheckLine(CheckState.OK, "Python", f"{python.installed}.")
        if python.ok
        else CheckLine(CheckState.WARNING, "Python", words)
    )
