"""tracker init, backup, restore, resume, secret, and audit: what keeps a deployment's data, and shows that it is whole.

A data folder is made, copied, and moved to another secret. The audit log is verified, and its end printed.
"""

import asyncio
import csv
import fcntl
import os
import re
import secrets
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from pathlib import Path
from types import TracebackType
from typing import Self

import click

from tracker import clock
from tracker.config import installation
from tracker.config.settings import PREFIX, USUAL_COORDINATOR, Settings
from tracker.crypto import keys
from tracker.database.migrate import migrate
from tracker.errors import Conflict, Invalid, NotAllowed
from tracker.ports.cli.opening import do_nothing, new_data, opened, settings, takes_data, use_folder, with_database
from tracker.ports.cli.people import note_port
from tracker.rules.core.viewers import Arm, Level
from tracker.rules.core.wording import clock as clock_words
from tracker.rules.core.wording import local, plural, short_day
from tracker.rules.roster import csv_file
from tracker.usecases import audit as usecases_audit
from tracker.usecases.audit import Backup
from tracker.usecases.core import audit as audit_log
from tracker.usecases.core import process_locks
from tracker.usecases.core.audit import BrokenEntry
from tracker.usecases.roster.csv_import import import_first_people

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
    "--arm", type=click.Choice([str(arm) for arm in Arm]), default=str(Arm.LAW_ENFORCEMENT), show_default=True
)
@click.option(
    "--level", type=click.Choice([str(level) for level in Level]), default=str(Level.FEDERAL), show_default=True
)
@click.option(
    "--set", "given", metavar="NAME=VALUE", multiple=True, help="A setting, such as TRACKER_SMTP_HOST=smtp.gov."
)
def init(folder: Path, coordinator: str | None, given: tuple[str, ...], **person: str) -> None:
    """Create the data folder of a new deployment.

    The folder gets settings, a secret, and a database. The last line is a sign-in link for the first coordinator.
    """
    if not coordinator:  # without a terminal, a placeholder to replace after sign-in
        coordinator = click.prompt(WHO) if sys.stdin.isatty() else USUAL_COORDINATOR
    email = coordinator.strip().lower()
    roster = _roster(email, person)
    with FolderClaim(folder) as claim:
        claim.write(installation.NAME, installation.settings_text(Settings, PREFIX, _values(email, given)))
        claim.write(installation.SECRET, secrets.token_urlsafe(48) + "\n")
        use_folder(claim.place)
        link = asyncio.run(_fill(roster, email))
    click.echo(f"{folder} is ready. Keep a copy of {folder / installation.SECRET} somewhere else.")
    click.echo("Backups can't be opened without it.")
    click.echo(f"Review the settings: {folder / installation.NAME}")
    click.echo(f"Then: tracker check --data {folder}; tracker serve --data {folder}")
    if email == USUAL_COORDINATOR:
        click.echo("That address is a placeholder. Enter your own on your profile page and in the settings.")
    note_port(link)
    click.echo(f"One-time sign-in link for {email} (valid {GOOD_FOR // timedelta(hours=1)} hours):")
    click.echo(link)


def _roster(email: str, person: dict[str, str]) -> bytes:
    """Return a roster of one. Errors: Invalid with each wrong value."""
    row = {"email": email, "agency_code": person.pop("agency"), "roles": "coordinator", **person}
    content = StringIO()
    writer = csv.DictWriter(content, row)
    writer.writeheader()
    writer.writerow(row)
    _, faults = csv_file.read_roster(content.getvalue().encode())
    if faults:
        raise Invalid(f"--{OPTIONS.get(faults[0].field, faults[0].field)}: {faults[0].sentence}")
    return content.getvalue().encode()


def _values(email: str, given: Iterable[str]) -> dict[str, str]:
    """Return the settings to write: those derived from the coordinator's address, then the given ones."""
    values = {"COORDINATOR_ADDRESS": email, "MAIL_FROM": f"calendar@{email.partition('@')[2]}"}
    for setting in given:
        name, sign, value = setting.partition("=")
        if not sign:
            raise Invalid(f"--set {setting} has no value. Write it as --set NAME=VALUE.")
        values[name.strip().upper().removeprefix(PREFIX)] = value.strip()
    named = {f"{PREFIX}{name}": value for name, value in values.items()}
    if odd := sorted(named.keys() - installation.setting_names(Settings, PREFIX)):
        raise Invalid(f"{odd[0]} isn't a setting.")
    return named


async def _fill(roster: bytes, email: str) -> str:
    """Make the database and the first person; return the address of their sign-in link."""
    chosen = settings()
    async with opened(chosen, may_be_new=True):
        await migrate()
        token = await import_first_people(roster, email, clock.now(), chosen.time_zone, GOOD_FOR)
    return f"{chosen.base_url}/sign-in/link/{token}"


MAKING = ".making"
FOREIGN = {MAKING, "lost+found"}  # left by a process that was killed; belongs to the file system


class FolderClaim:
    """An empty or new folder of mode 0700. What the block puts into `place` is moved there when it succeeds.

    The settings come last, and no command works in a folder without them, so a kill never leaves half of one. The work
    is done inside the folder because it may be a mounted volume, or the only place where this user may write. Errors:
    Conflict when the folder is not empty, Invalid when it can't be made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.place = self.folder / MAKING

    def __enter__(self) -> Self:
        try:
            self._was_there = self.folder.exists()
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if {path.name for path in self.folder.iterdir()} - FOREIGN:
                raise Conflict(f"{self.folder} isn't empty. Choose a new folder. Nothing was changed.")
            shutil.rmtree(self.place, ignore_errors=True)
            self.place.mkdir(mode=0o700)
        except OSError as refused:
            raise Invalid(f"{self.folder} can't be used: {refused.strerror}.") from refused
        return self

    def write(self, name: str, text: str) -> None:
        """Write a file that only its owner can read."""
        handle = os.open(self.place / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            for path in sorted(self.place.iterdir(), key=lambda path: path.name == installation.NAME):
                path.rename(self.folder / path.name)
        shutil.rmtree(self.place)
        if error is not None and not self._was_there:
            self.folder.rmdir()


SCRATCH = ".backup"
SECRETS = ("TRACKER_SECRET", "TRACKER_SECRET_FILE")


@click.command()
@takes_data
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Back up the database and settings to a new FILE.

    The file is encrypted with the secret. The application can keep running.
    """
    try:
        size = with_database(lambda chosen: _back_up(file, chosen))
    except OSError as refused:
        raise Invalid(f"{file} can't be written: {refused.strerror}.") from refused
    click.echo(f"{file} contains the database and settings, encrypted: {size:,} bytes. It doesn't include its secret.")


async def _back_up(file: Path, chosen: Settings) -> int:
    if not chosen.data:
        raise Invalid("Name the data folder to back up: --data DIR.")
    folder = Path(chosen.data)
    text = installation.with_settings_removed((folder / installation.NAME).read_text(encoding="utf-8"), *SECRETS)
    with _scratch(folder) as scratch:
        return await usecases_audit.back_up(file, scratch, text, chosen.secret, clock.now())


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """Make a folder for the unsealed copy beside the database, emptied even after a kill; one backup at a time."""
    lock, scratch = os.open(folder, os.O_RDONLY), folder / SCRATCH
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(mode=0o700)
        yield scratch
    except BlockingIOError as busy:
        raise Conflict("Another backup is running. Wait until it's done.") from busy
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        os.close(lock)


FILE = click.Path(dir_okay=False, path_type=Path)
URL = "TRACKER_DATABASE_URL"
ELSEWHERE = (URL, f"{URL}_FILE", "TRACKER_SECRET", "TRACKER_SECRET_FILE", "TRACKER_DATA")
"""Settings whose environment values belong to another deployment."""


@click.command()
@new_data
@click.argument("file", type=FILE)
@click.option("--secret", "secret_file", type=FILE, required=True, help="The secret that FILE was encrypted with.")
@click.option("--database", metavar="URL", help="The empty database for a backup from PostgreSQL.")
def restore(file: Path, folder: Path, secret_file: Path, database: str | None) -> None:
    """Restore the backup FILE into a new folder.

    The restored copy sends nothing until `tracker resume`.
    """
    for name in ELSEWHERE:
        os.environ.pop(name, None)
    try:
        with FolderClaim(folder) as claim:
            backup = _unpack(file, claim, secret_file.read_text(encoding="utf-8").strip(), database)
            if (before := secret_file.with_name(installation.BEFORE)).exists():
                claim.write(installation.BEFORE, before.read_text(encoding="utf-8"))
            use_folder(claim.place)
            zone, broken = settings().time_zone, asyncio.run(_settle_copy(backup))
    except (OSError, UnicodeDecodeError) as refused:
        raise Invalid(f"The backup can't be read or written: {refused}.") from refused
    when = local(backup.made_at, zone)
    click.echo(
        f"{folder} holds the backup of {short_day(when)}, {when.year}, {clock_words(when)}. It sends nothing yet."
    )
    click.echo(f"Check it first: tracker check --data {folder}; tracker serve --data {folder}")
    click.echo(
        "Calendar feeds and tokens don't work until then. Turn off again any that were turned off since the backup."
    )
    click.echo(f"When no other copy is running, let it send: tracker resume --data {folder}")
    if broken is not None:
        click.echo(f"Warning: in the audit log, entry {broken.seq}: {broken.why}", err=True)


def _unpack(file: Path, claim: FolderClaim, secret: str, database: str | None) -> Backup:
    backup = usecases_audit.unpack(file, secret, claim.place)
    if backup.is_postgres and database is None:
        raise Invalid("The backup is from PostgreSQL. Name an empty database: --database postgresql://…")
    if database is not None and not backup.is_postgres:
        raise Invalid("The backup is from SQLite and goes into the new folder. Leave out --database.")
    path = claim.place / installation.NAME
    text = installation.with_settings_removed(path.read_text(encoding="utf-8"), URL, f"{URL}_FILE")
    path.write_text(installation.changed(text, URL, database) if database else text, encoding="utf-8")
    claim.write(installation.SECRET, secret + "\n")
    return backup


async def _settle_copy(backup: Backup) -> BrokenEntry | None:
    async with opened(settings(), may_be_new=True):
        return await usecases_audit.settle_copy(backup, clock.now())


@click.command()
@takes_data
def resume() -> None:
    """Let a restored copy send emails again.

    First make sure that no other copy is running.
    """
    was_held = with_database(lambda _: process_locks.release_sending(None, clock.now()))
    click.echo("Sending has resumed. Outdated messages are skipped." if was_held else "Sending wasn't on hold.")


HELD_ELSEWHERE = "The secret isn't in the file secret of a data folder. Replace it where it is kept."


@click.group()
def secret() -> None:
    """Manage the secret."""


@secret.command()
@takes_data
def replace() -> None:
    """Replace the secret.

    Stop every process first, and start them again afterward.
    """
    chosen = settings()
    folder = Path(chosen.data)
    file = folder / installation.SECRET
    if not chosen.data or not file.exists() or file.read_text(encoding="utf-8").strip() != chosen.secret:
        raise NotAllowed(HELD_ELSEWHERE)
    with_database(do_nothing)  # nothing is replaced while the database cannot be opened
    _put(folder / installation.BEFORE, "\n".join([chosen.secret, *chosen.earlier_secrets]))
    _put(file, keys.new_token())
    number = with_database(lambda _: usecases_audit.reseal_everything(clock.now()))
    click.echo(f"The secret was replaced. Reencrypted: {plural(number, 'value')}. Restart all processes.")
    click.echo(f"Keep copies of {file} and {folder / installation.BEFORE} somewhere else.")
    click.echo("Older backups need the old secret. Make a new backup: tracker backup")


def _put(file: Path, text: str) -> None:
    """Write a file for its owner only, completely or not at all."""
    waiting = file.with_name(f"{file.name}.new")
    waiting.unlink(missing_ok=True)
    with os.fdopen(os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
        opened.write(f"{text}\n")
        opened.flush()
        os.fsync(opened.fileno())
    waiting.replace(file)


HEAD = re.compile(r"([0-9]{1,18}) ([0-9a-f]{64}) ([0-9a-f]{64})")
LARGEST = 10_000_000  # bytes of kept heads


@click.group()
def audit() -> None:
    """Verify the audit log."""


@audit.command()
@takes_data
@click.pass_context
def head(context: click.Context) -> None:
    """Print where the audit log ends.

    The line has the number and hash of the last entry, and their seal. Keep it elsewhere.
    """
    log_head = with_database(lambda _: audit_log.audit_log_head())
    if log_head is None:
        click.echo("The audit log has no entries.", err=True)
        context.exit(1)
    click.echo(f"{log_head.seq} {log_head.hash} {log_head.seal}")


@audit.command()
@click.option(
    "--head",
    "kept",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file of lines from `tracker audit head`: also detects a log that was cut off or rewritten.",
)
@takes_data
@click.pass_context
def verify(context: click.Context, kept: Path | None) -> None:
    """Check every entry.

    Name the first broken entry and exit with 1.
    """
    heads = _heads(kept) if kept else []
    broken = with_database(lambda _: audit_log.verify_chain(heads))
    if broken is not None:
        click.echo(f"Entry {broken.seq}: {broken.why}", err=True)
        context.exit(1)
    click.echo("The audit log is unchanged.")


def _heads(file: Path) -> list[audit_log.AuditLogHead]:
    if file.stat().st_size > LARGEST:
        raise Invalid(f"{file} is too large to be output of `tracker audit head`.")
    heads = []
    for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        if line.strip():
            match = HEAD.fullmatch(line.strip())
            if match is None:
                raise Invalid(f"Line {number} of {file} isn't output of `tracker audit head`.")
            heads.append(audit_log.AuditLogHead(int(match[1]), match[2], match[3]))
    return heads
