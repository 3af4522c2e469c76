"""Settings, read once: from the data folder's file, and from the environment, which takes precedence.

Each may also be in a file of its own, named by *_FILE.
"""

import os
import re
import stat
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct, structs

from tracker.config import installation

PREFIX = "TRACKER_"
DATA = "TRACKER_DATA"
DATABASE = "TRACKER_DATABASE_URL"
SQLITE = "sqlite:///"
USUAL_DATABASE = "sqlite:///tracker.sqlite"
USUAL_BASE_URL = "http://127.0.0.1:8000"
USUAL_COORDINATOR = "coordinator@tracker.example"
BEFORE = "TRACKER_SECRET_BEFORE"
SHORTEST_SECRET = 32  # bytes
STATEMENTS = 4  # whose system it is, that use is monitored, that misuse is punished, that use is consent (AC-8)
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
LAST_PORT = 65_535
SWITCH = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}
REPLY_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,10}", re.ASCII | re.IGNORECASE)
"""What is before the @ of the reply address; a token of 52 characters follows, and 64 are the most (RFC 5321)."""
FEWEST_CHARACTERS = 8  # different ones in a secret: 32 random digits have fewer once in 800 times, letters never
LONGEST_KIND = 60  # characters
KNOWN_BAD_SECRETS = ("changeme", "secret", "default", "password")
PRIVATE = ("secret", "secret_before", "smtp_password", "imap_password", "imap_client_secret", "database_url")
"""Settings whose files may be read by their owner only, or by a group that root chose: their own, and settings.env."""
SHARED_FILES = "TRACKER_SHARED_SECRET_FILES"
OF_OTHERS = stat.S_IRWXO | stat.S_IWGRP | stat.S_IXGRP


class BadSettings(Exception):
    """A setting is missing or cannot be used; the text says which one and what to do."""


class Settings(Struct, frozen=True, kw_only=True):
    """Every field is the environment variable TRACKER_<FIELD>."""

    data: str = ""
    """The folder with settings.env, the file secret, and the database, as given by --data. Default: none."""

    database_url: str = USUAL_DATABASE
    """The database: sqlite:///path or postgresql://user:password@host/name. Default: tracker.sqlite in the data
    folder, or in the working folder without one."""

    database_pool: int = 8
    """Database connections that each process keeps open. Default 8."""

    secret: str
    """At least 32 characters; all keys are derived from it. Default: the content of the file secret in the data
    folder, which `tracker init` creates."""

    secret_before: str = ""
    """Earlier secrets, one per line, latest first, so that data encrypted with them can still be read. Usually a file.
    Default: the content of the file secret.before in the data folder, which `tracker secret replace` writes."""

    shared_secret_files: bool = False
    """Whether other users of this computer may be able to read a file with a secret, as some container platforms mount
    them. Default off: such a file is refused."""

    base_url: str = USUAL_BASE_URL
    """The web address that people use, without a slash at the end. Links in emails are built from it alone."""

    task_force_name: str = "Human Trafficking Rescue Project"
    """Shown under the product's name on each page and email."""

    time_zone: str = "America/Chicago"
    """IANA name of the task force's zone. Default America/Chicago."""

    coordinator_address: str = USUAL_COORDINATOR
    """Email address shown for help, and Reply-To of each email to which the tracker reads no replies."""

    region: str = "15, -180, 72, -60"
    """Where the task force works, in degrees: south, west, north, east. Coordinates outside are asked about before they
    are saved. Default: the United States."""

    hotline: str = "National Human Trafficking Hotline at 1-888-373-7888"
    """Whom to call with a tip; shown in the footer of each page."""

    notice: str = ""
    """What people agree to before they sign in: one statement per line, at least four, the first as an
    introduction. Usually a file: TRACKER_NOTICE_FILE. Default: four statements after NIST SP 800-53 AC-8."""

    sessions: int = 3
    """Most browsers in which one person can be signed in; one more signs out the least recently used. Default 3."""

    fips: bool = False
    """Hashes passwords with PBKDF2-HMAC-SHA-256, which FIPS 140-3 approves, instead of argon2id. Default off."""

    mail_from: str = "calendar@tracker.example"
    """Sender of emails, and ORGANIZER of calendar emails where no `reply_address` is set."""

    reply_address: str = ""
    """Where replies of calendar programs are read, like reply@tracker.example: each invitation adds + and a token.
    At most 11 characters before the @. Default: none, and each invitation says that they aren't read."""

    lmtp: str = ""
    """Where this process takes emails to the reply address from the site's mail server, like 127.0.0.1:8024. Only
    loopback. Default: nowhere."""

    imap_host: str = ""
    """Mail server with the mailbox that gets the emails to the reply address, read over IMAP. STARTTLS with a checked
    certificate is required except to loopback. Default: none is read."""

    imap_port: int = 993
    """Port of that mail server; 993 means encrypted from the first byte. Default 993."""

    imap_user: str = ""
    """User name of the mailbox, which must be the tracker's alone."""

    imap_password: str = ""
    """Password of the mailbox."""

    imap_token_url: str = ""
    """Where to get an access token to sign in to the mailbox with, instead of the password: the token endpoint of an
    OAuth 2.0 server, as Microsoft 365 requires it. Default: the password is used."""

    imap_client_id: str = ""
    """The tracker's client ID there."""

    imap_client_secret: str = ""
    """Its client secret."""

    imap_scope: str = "https://outlook.office365.com/.default"
    """What the access token is for. Default: mailboxes of Microsoft 365."""

    imap_folder: str = "INBOX"
    """The folder of the mailbox that is read. Default INBOX."""

    authserv_id: str = ""
    """The name of the site's mail server in Authentication-Results. Only what it confirms counts; without a name, no
    reply is recorded. Default: none."""

    smtp_host: str = "127.0.0.1"
    """Mail server. STARTTLS with a checked certificate is required except to loopback."""

    smtp_port: int = 25
    """Port of the mail server. Default 25."""

    smtp_user: str = ""
    """User name at the mail server; leave empty if it needs no sign-in."""

    smtp_password: str = ""
    """Password at the mail server."""

    mail_folder: str = ""
    """Demo only: folder in which the mail sink keeps each email as an .eml file."""

    personas: str = ""
    """Demo only: email addresses, separated by spaces, of the people whom its sign-in page offers."""

    is_demo: bool = False
    """Shows the demo notice and the page of sent emails; only allowed on loopback. Default off."""

    government_banner: bool = False
    """Shows the banner and identifier of U.S. government sites. Default off."""

    operation_kinds: str = "Search warrant, Arrest, Undercover, Surveillance, Outreach, Knock and talk, Other"
    """The kinds of joint operations that a plan can have, separated by commas, in the order of the list. A plan keeps a
    kind that is no longer here."""

    shared_calendars: bool = False
    """Whether members can share when they are busy in another calendar, which is then read from its https address
    on the internet. Default off."""

    escalate_to_agency: int = 4
    """After how many days overdue or blocked an action item reaches its owner's agency; 0 = never. Default 4."""

    escalate_to_coordinator: int = 8
    """The same for the coordinators. Default 8."""

    run_clock: bool = True
    """Whether this process sends reminders and emails. Default on; any number of processes may."""

    tick: float = 15.0
    """Seconds between checks of the outbox. Default 15."""

    now: datetime | None = None
    """Demo and tests: the time at which the clock starts (ISO 8601 with offset). Default: the real time."""

    @property
    def lmtp_address(self) -> tuple[str, int]:
        """Return host and port of `lmtp`. Errors: ValueError."""
        host, _, port = self.lmtp.rpartition(":")
        return host.strip("[]"), int(port)

    @property
    def own_host(self) -> str:
        """Return the host of `base_url`, without its port."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def persona_addresses(self) -> list[str]:
        """Return the email addresses of the people whom a demo offers on its sign-in page."""
        return self.personas.split()

    @property
    def operation_kind_names(self) -> list[str]:
        """Return the kinds of joint operations that a plan can have."""
        return listed(self.operation_kinds)

    @property
    def region_degrees(self) -> tuple[float, float, float, float]:
        """Return the south, west, north, and east of `region`. Errors: ValueError."""
        south, west, north, east = map(float, self.region.split(","))
        if not (-90 <= south < north <= 90 and max(abs(west), abs(east)) <= 180):  # noqa: PLR2004 - degrees
            raise ValueError(self.region)
        return south, west, north, east

    @property
    def earlier_secrets(self) -> list[str]:
        """Return the secrets used earlier, the latest first."""
        return [line for line in map(str.strip, self.secret_before.splitlines()) if line]

    def __repr__(self) -> str:
        """Return a text without secrets."""
        return f"Settings(database={self.database_url.split('@')[-1]!r}, base_url={self.base_url!r})"


def notice_lines(notice: str) -> list[str]:
    """Return the lines of a notice that are not blank."""
    return [line for line in map(str.strip, notice.splitlines()) if line]


def listed(text: str) -> list[str]:
    """Return what commas separate, each once and without space around it."""
    return list(dict.fromkeys(filter(None, map(str.strip, text.split(",")))))


def load_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read and check the settings. Errors: `BadSettings`, with what to do."""
    given = _given(environment)
    values = {
        field.name: _typed(field.name, field.type, text)
        for field in structs.fields(Settings)
        if (text := _text(field.name, given)) is not None
    }
    try:
        settings = Settings(**values)  # type: ignore[arg-type]  # the types come from the same fields
    except TypeError as missing:
        raise BadSettings(
            "TRACKER_SECRET is not set. Run `tracker init --data DIR`, or set 32 random characters."
        ) from missing
    _check(settings)
    return settings


def _given(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return the environment and, below it, the settings of the data folder."""
    folder = environment.get(DATA)
    if not folder:
        return environment
    said = _of_file(Path(folder))
    own, named = Path(folder) / installation.DATABASE, _elsewhere(Path(folder), said, environment)
    if named is not None and own.exists():  # the folder is most likely a copy
        raise BadSettings(
            f"{Path(folder) / installation.NAME} names the database {named}, but {own} exists too. To use {own}, write"
            f" {DATABASE}={SQLITE}{installation.DATABASE} there. To use {named}, move {own} away."
        )
    hidden = {name.removesuffix("_FILE") for name in environment}
    below = {name: value for name, value in said.items() if name.removesuffix("_FILE") not in hidden}
    given = {DATABASE: USUAL_DATABASE, **below, **environment}
    if any(_is_private(name, said.get(PREFIX + name.upper(), "")) for name in PRIVATE):
        _check_private(Path(folder) / installation.NAME, given)
    if not {"TRACKER_SECRET", "TRACKER_SECRET_FILE"} & given.keys():
        given["TRACKER_SECRET_FILE"] = installation.SECRET
    if not {BEFORE, f"{BEFORE}_FILE"} & given.keys() and (Path(folder) / installation.BEFORE).exists():
        given[f"{BEFORE}_FILE"] = installation.BEFORE
    return {name: _in_folder(name, value, Path(folder)) for name, value in given.items()}


def database_elsewhere(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return the SQLite database that the data folder's file names outside the folder, or None."""
    folder = environment.get(DATA)
    return _elsewhere(Path(folder), _of_file(Path(folder)), environment) if folder else None


def _elsewhere(folder: Path, said: Mapping[str, str], environment: Mapping[str, str]) -> Path | None:
    url = said.get(DATABASE, "")
    if not url.startswith(SQLITE) or {DATABASE, f"{DATABASE}_FILE"} & environment.keys():
        return None
    named = folder / url.removeprefix(SQLITE)
    return None if named.resolve().is_relative_to(folder.resolve()) else named


def _of_file(folder: Path) -> dict[str, str]:
    path = folder / installation.NAME
    if not path.is_file():
        raise BadSettings(f"There is no {path}. Run `tracker init --data {folder}`.")
    try:
        said = installation.read_settings_file(path)
    except ValueError as odd:
        raise BadSettings(str(odd)) from odd
    if odd_names := sorted(said.keys() - installation.setting_names(Settings, PREFIX)):
        raise BadSettings(f"{path} says {odd_names[0]}, which isn't a setting.")
    return said


def _in_folder(name: str, value: str, folder: Path) -> str:
    """Return a value with relative paths resolved against the data folder."""
    if name == DATABASE and value.startswith(SQLITE):
        return f"{SQLITE}{folder / value.removeprefix(SQLITE)}"
    is_path = name.startswith(PREFIX) and name.endswith(("_FILE", "_MAIL_FOLDER"))
    return str(folder / value) if is_path and value else value


def _text(name: str, environment: Mapping[str, str]) -> str | None:
    key = PREFIX + name.upper()
    if path := environment.get(f"{key}_FILE"):
        if name in PRIVATE:
            _check_private(Path(path), environment)
        return Path(path).read_text(encoding="utf-8").strip()
    return environment.get(key)


def _is_private(name: str, value: str) -> bool:
    """Return whether a value of one of the private settings says a secret: the path of an SQLite database says none."""
    return bool(value) and not (PREFIX + name.upper() == DATABASE and value.startswith(SQLITE))


def _check_private(path: Path, given: Mapping[str, str]) -> None:
    """Raise `BadSettings` when other users may read a file, as OpenSSH does for keys, unless the settings allow it."""
    if _typed("shared_secret_files", bool, given.get(SHARED_FILES, "")):
        return
    stat_result = path.stat()
    if stat_result.st_mode & OF_OTHERS or (stat_result.st_mode & stat.S_IRGRP and stat_result.st_uid != 0):
        raise BadSettings(
            f"Other users of this computer can read {path}. Run chmod go= {path}. If they may have read it, replace its"
            f" secrets. If a platform mounts it this way, set {SHARED_FILES}=yes."
        )


def _typed(name: str, kind: object, text: str) -> object:
    try:
        if kind is bool:
            return SWITCH[text.lower()]
        if kind is int:
            return int(text)
        if kind is float:
            return float(text)
        if kind == datetime | None:
            return datetime.fromisoformat(text) if text else None
    except (ValueError, KeyError) as bad:
        raise BadSettings(f"{PREFIX}{name.upper()} can't be {text!r}.") from bad
    return text


def _check(settings: Settings) -> None:
    if len(settings.secret.encode()) < SHORTEST_SECRET or settings.secret.lower().startswith(KNOWN_BAD_SECRETS):
        raise BadSettings("TRACKER_SECRET is too short or a known default. Set 32 random characters.")
    if len(set(settings.secret)) < FEWEST_CHARACTERS:
        raise BadSettings("TRACKER_SECRET repeats a few characters. Set 32 random ones.")
    if settings.now is not None and settings.now.tzinfo is None:
        raise BadSettings("TRACKER_NOW needs an offset, for example 2026-12-01T08:40:00-06:00.")
    if settings.notice and len(notice_lines(settings.notice)) < STATEMENTS:
        raise BadSettings(f"TRACKER_NOTICE needs at least {STATEMENTS} statements, each on a line of its own.")
    if settings.sessions < 1:
        raise BadSettings("TRACKER_SESSIONS must be 1 or more.")
    kinds = settings.operation_kind_names
    if not kinds or max(map(len, kinds)) > LONGEST_KIND:
        raise BadSettings(f"TRACKER_OPERATION_KINDS needs one or more kinds of up to {LONGEST_KIND} characters.")
    if settings.base_url.endswith("/"):
        raise BadSettings("TRACKER_BASE_URL must not end with a slash.")
    _check_region(settings)
    _check_escalation(settings)
    _check_replies(settings)


def _check_region(settings: Settings) -> None:
    try:
        _ = settings.region_degrees
    except ValueError as bad:
        raise BadSettings(
            "TRACKER_REGION must be the south, west, north, and east of a region in degrees, like 38, -96, 41, -91."
        ) from bad


def _check_escalation(settings: Settings) -> None:
    if 0 < settings.escalate_to_coordinator < settings.escalate_to_agency:
        raise BadSettings("TRACKER_ESCALATE_TO_COORDINATOR must be 0, or at least TRACKER_ESCALATE_TO_AGENCY.")


def _check_replies(settings: Settings) -> None:
    name, _, host = settings.reply_address.rpartition("@")
    if settings.reply_address and not (REPLY_NAME.fullmatch(name) and host):
        raise BadSettings(
            "TRACKER_REPLY_ADDRESS must be one address, like reply@tracker.example, with at most 11 letters and digits"
            " before the @."
        )
    if settings.reply_address and settings.reply_address.lower() == settings.coordinator_address.lower():
        raise BadSettings("TRACKER_REPLY_ADDRESS and TRACKER_COORDINATOR_ADDRESS must differ: no one reads the first.")
    if settings.imap_host and not (settings.reply_address and settings.imap_user):
        raise BadSettings(
            "TRACKER_IMAP_HOST reads emails to TRACKER_REPLY_ADDRESS in the mailbox of TRACKER_IMAP_USER. Set both too."
        )
    token_url = urlsplit(settings.imap_token_url)
    if settings.imap_token_url and token_url.scheme != "https" and token_url.hostname not in LOOPBACK:
        raise BadSettings("TRACKER_IMAP_TOKEN_URL must start with https://.")
    if settings.lmtp and not settings.reply_address:
        raise BadSettings("TRACKER_LMTP takes emails to TRACKER_REPLY_ADDRESS. Set that too.")
    host, _, port = settings.lmtp.rpartition(":")
    if settings.lmtp and not (host in LOOPBACK and port.isascii() and port.isdecimal() and int(port) <= LAST_PORT):
        raise BadSettings("TRACKER_LMTP must be an address of this computer, like 127.0.0.1:8024.")
