"""Health checks: whether this deployment is configured correctly and does its work.

There is one line for each check, for `tracker check` and for administrators: what they should fix. Monitoring gets
GET /healthz: healthy or not, and nothing else.

Whether the email server would accept emails now: it responds, it encrypts, and it accepts the sign-in. Whether replies
by email come in: one email is sent to the reply address, and a process must take it. Its address has a token, like
those of invitations, and it says that a program wrote it: so it is noted, and shown to no one.
"""

import asyncio
import logging
import shutil
import smtplib
import ssl
import stat
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from litestar import MediaType, Response, get
from msgspec import Struct

from tracker import clock
from tracker.config import installation
from tracker.config.settings import Settings
from tracker.crypto import ids, keys
from tracker.crypto.signed_links import ReplyAddresses
from tracker.database import together
from tracker.database.migrate import WrongSchema, check_schema
from tracker.errors import Invalid
from tracker.ports.http.guards import public
from tracker.ports.http.request_source import is_loopback
from tracker.rules.core.wording import clock as clock_words
from tracker.rules.core.wording import local, plural, short_day, zone_word
from tracker.usecases import audit
from tracker.usecases.audit import LATE as AUDIT_LATE
from tracker.usecases.audit import Verification
from tracker.usecases.core import process_locks
from tracker.usecases.core.process_locks import DeploymentState, held_copy
from tracker.usecases.emails import writers
from tracker.usecases.emails.writers import FAILED_WITHIN
from tracker.usecases.events.series import count_drifted_dates
from tracker.usecases.intake import received_emails

SERVER_PATIENCE = 5.0  # seconds for each reply of the server
HOLDS = 60.0  # seconds for which a page repeats the last result
TLS_PORT = 465  # TLS from the first byte (RFC 8314)
OPEN = "It doesn't offer STARTTLS, and email is sent to another computer only over an encrypted connection."


def mail_server_trouble(settings: Settings) -> str:
    """Return why no email can be sent now; empty when it can. Sends nothing, and waits for the server."""
    try:
        with _connected(settings) as server:
            return _introduced(server, settings)
    except (OSError, smtplib.SMTPException) as away:
        return str(away)


def send_test_email(settings: Settings, to: str, content: bytes) -> str:
    """Send one email in the tracker's name, and return why that failed; empty when the server took it."""
    try:
        with _connected(settings) as server:
            trouble = _introduced(server, settings)
            if not trouble:
                server.sendmail(settings.mail_from, [to], content)
            return trouble
    except (OSError, smtplib.SMTPException) as away:
        return str(away)


class RecentCheck:
    """The email server's result within the last minute: a page that is read often does not connect each time."""

    def __init__(
        self, ask: Callable[[Settings], str] = mail_server_trouble, *, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._ask, self._steady = ask, steady
        self._asking = threading.Lock()
        self._until, self._said = -1.0, ""

    def trouble(self, settings: Settings) -> str:
        """Return what `mail_server_trouble` says, renewed after a minute; at most one check runs at once."""
        with self._asking:
            if self._steady() >= self._until:
                self._said = self._ask(settings)
                self._until = self._steady() + HOLDS
            return self._said


def _connected(settings: Settings) -> smtplib.SMTP:
    place = (settings.smtp_host, settings.smtp_port)
    if settings.smtp_port == TLS_PORT:
        return smtplib.SMTP_SSL(*place, timeout=SERVER_PATIENCE, context=ssl.create_default_context())
    return smtplib.SMTP(*place, timeout=SERVER_PATIENCE)


def _introduced(server: smtplib.SMTP, settings: Settings) -> str:
    server.ehlo()
    is_here = is_loopback(settings.smtp_host)
    if server.has_extn("starttls") and not is_here:
        server.starttls(context=ssl.create_default_context())
        server.ehlo()
    elif not is_here and settings.smtp_port != TLS_PORT:
        return OPEN
    if settings.smtp_user:
        server.login(settings.smtp_user, settings.smtp_password)
    return ""


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


async def of_surroundings(chosen: Settings, trouble: Trouble = mail_server_trouble) -> list[CheckLine]:
    """Return the checks that need no database: files, disk, email server (from `mail_server_trouble`), releases."""
    return [*of_files(chosen), await asyncio.to_thread(of_mail_server, chosen, trouble), *of_releases()]


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
    for line in of_deployment(await process_locks.deployment_state(), await audit.last_verification()):
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
    database = installation.DATABASE
    own = (installation.NAME, installation.SECRET, installation.BEFORE)
    names = ("", *own, database, f"{database}-wal", f"{database}-shm")
    return [path for name in names if (path := folder / name).exists()]


def of_mail_server(chosen: Settings, trouble: Trouble = mail_server_trouble) -> CheckLine:
    """Return whether the email server would accept emails (from `mail_server_trouble`); may wait for it."""
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
    queue = await writers.email_queue(clock.now())
    failed = f"In the last {FAILED_WITHIN.days} days, {plural(queue.failed, 'email')} couldn't be delivered."
    if queue.oldest_due is None:
        return CheckLine(CheckState.OK, "Outgoing email", f"No email is due. {failed}")
    is_late = clock.now() - queue.oldest_due >= AUDIT_LATE
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
    for library in installation.libraries():
        words = f"{library.installed}; {library.floor} or later is required."
        yield CheckLine(CheckState.OK if library.ok else CheckState.FAULT, library.name, words)
    python = installation.interpreter()
    words = f"{python.installed}; {python.floor} fixes security bugs in its email library (worked around)."
    yield (
        CheckLine(CheckState.OK, "Python", f"{python.installed}.")
        if python.ok
        else CheckLine(CheckState.WARNING, "Python", words)
    )


ARRIVAL_PATIENCE = 60.0  # seconds until the email is back
LOOKS_EVERY = 1.0  # seconds
SENDING, ARRIVING = "Outgoing email", "Incoming email"
NO_ADDRESS = "No replies are read. Set TRACKER_REPLY_ADDRESS; docs/operations.md, “Replies by email”, says how."
NO_WAY_IN = "Nothing takes emails to {}. Set TRACKER_LMTP for your mail server, or TRACKER_IMAP_HOST for a mailbox."
HELD = "This is a restored copy. It sends and reads nothing until `tracker resume`."
NOT_BY_LMTP = (
    "It didn't arrive within {:.0f} seconds. Check that tracker serve runs with these settings, and that your mail"
    " server delivers {}, and the same with + and a token, to {} by LMTP. The mail server's log says what became of it."
)
NOT_BY_MAILBOX = (
    "It didn't arrive within {:.0f} seconds. Check that tracker serve runs with TRACKER_RUN_CLOCK=yes, and that"
    " emails to {}, and to the same with + and a token, come to {} of {}. Look for it in the mailbox, and in its junk"
    " folder."
)


async def email_loop_lines(
    chosen: Settings, patience: float = ARRIVAL_PATIENCE, pause: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> AsyncIterator[CheckLine]:
    """Yield what worked, in its order, up to the first fault; the database of the settings is bound and open."""
    if why_not := await _why_not(chosen):
        yield CheckLine(CheckState.FAULT, ARRIVING, why_not)
        return
    before = await received_emails.count_noted_from(chosen.mail_from)
    to = ReplyAddresses(chosen.reply_address, keys.every("replies")).of(ids.new_id())
    if trouble := await asyncio.to_thread(send_test_email, chosen, to, _email(chosen, to)):
        yield CheckLine(CheckState.FAULT, SENDING, f"The email to {to} couldn't be sent: {trouble}")
        return
    yield CheckLine(CheckState.OK, SENDING, f"{chosen.smtp_host} took an email to {to}.")
    started = time.monotonic()
    while await received_emails.count_noted_from(chosen.mail_from) == before:
        if time.monotonic() - started >= patience:
            yield CheckLine(CheckState.FAULT, ARRIVING, await _not_back(chosen, patience))
            return
        await pause(LOOKS_EVERY)
    yield CheckLine(CheckState.OK, ARRIVING, f"It arrived within {time.monotonic() - started + 1:.0f} seconds.")
    if not chosen.authserv_id:
        yield CheckLine(CheckState.FAULT, "Senders", NO_SERVER_NAME)


async def _why_not(chosen: Settings) -> str:
    if not chosen.reply_address:
        return NO_ADDRESS
    if not chosen.lmtp and not chosen.imap_host:
        return NO_WAY_IN.format(chosen.reply_address)
    return HELD if await held_copy() else ""


async def _not_back(chosen: Settings, patience: float) -> str:
    if not chosen.imap_host:
        return NOT_BY_LMTP.format(patience, chosen.reply_address, chosen.lmtp)
    if trouble := (await received_emails.mailbox_status()).trouble:
        return f"It didn't arrive, because the mailbox can't be read: {trouble}"
    return NOT_BY_MAILBOX.format(patience, chosen.reply_address, chosen.imap_folder, chosen.imap_user)


def _email(chosen: Settings, to: str) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = chosen.mail_from, to, "Test of replies by email"
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = make_msgid(domain=chosen.mail_from.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("tracker check --mail sent this to itself. No one needs to do anything.\n")
    return message.as_bytes()


PATIENCE = 1.0  # second that a page waits for the email server; what it says later is known to the next page
IDLE = f"No process has looked for what is due for more than 5 minutes. {START}"
LATE = "An email has waited for more than 5 minutes. Check whether the email server responds."


async def health_warnings(chosen: Settings, trouble: Trouble, known: DeploymentState, now: datetime) -> list[CheckLine]:
    """Return the checks of the Health page that are not well; `trouble` asks the email server.

    The schema is not among them: a process checks it before it serves, and its clock each time it runs.
    """
    work, mail_server, verified, mailbox = await together(
        audit.work_state(now), _mail_server(chosen, trouble), audit.last_verification(), _mailbox(chosen)
    )
    jobs = [] if work.is_well or known.copy_of else [LATE if work.is_ticking else IDLE]
    check_lines = [
        *(CheckLine(CheckState.FAULT, "Jobs", words) for words in jobs),
        *mail_server,
        *of_settings(chosen),
        *of_deployment(known, verified),
        *mailbox,
        *of_files(chosen),
        *_releases(),
    ]
    unwell = (line for line in check_lines if line.state is not CheckState.OK)
    return sorted(unwell, key=lambda line: line.state is not CheckState.FAULT)


async def _mail_server(chosen: Settings, trouble: Trouble) -> list[CheckLine]:
    try:
        return [await asyncio.wait_for(asyncio.to_thread(of_mail_server, chosen, trouble), PATIENCE)]
    except TimeoutError:
        return []


async def _mailbox(chosen: Settings) -> list[CheckLine]:
    return [line async for line in of_mailbox(chosen)]


@cache
def _releases() -> tuple[CheckLine, ...]:
    """Return the checks of the releases that this process runs; reading them takes 10 ms."""
    return tuple(of_releases())


HEALTHZ_PATIENCE = 3.0  # seconds for the database

log = logging.getLogger(__name__)


@get("/healthz", guards=[public], media_type=MediaType.JSON)
async def healthz() -> Response[dict[str, Any]]:
    """Return 200 while messages are sent in time and the clock ticks, else 503 (SP 800-53 SI-4)."""
    try:
        async with asyncio.timeout(HEALTHZ_PATIENCE):
            is_well = (await audit.work_state(clock.now())).is_well
    except Exception:  # any error at all means unhealthy
        log.exception("The database didn't respond.")
        is_well = False
    return Response({"status": "ok" if is_well else "unavailable"}, status_code=200 if is_well else 503)
