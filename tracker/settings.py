"""Settings, read once from the environment; secrets may also stand in a file named by *_FILE."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import get_type_hints

PREFIX = "TRACKER_"
SHORTEST_SECRET = 32  # bytes
KNOWN_BAD_SECRETS = ("changeme", "secret", "default", "password")


class BadSettings(Exception):
    """A setting is missing or cannot be used; the text says which and what to do."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every field is the environment variable TRACKER_<FIELD>."""

    database_url: str = "sqlite:///tracker.sqlite"
    """Where the data is: sqlite:///path or postgresql://user:password@host/name. Default: a file in the work folder."""

    database_pool: int = 8
    """Connections kept open by one process. Default 8."""

    secret: str
    """At least 32 characters, from which all keys are derived. No default: `tracker init` makes one."""

    base_url: str = "http://127.0.0.1:8000"
    """The address that people use, without a slash at the end; links in mails are built from it alone."""

    task_force_name: str = "Human Trafficking Rescue Project"
    """Shown under the product's name on each page and mail."""

    time_zone: str = "America/Chicago"
    """IANA name of the task force's zone. Default America/Chicago."""

    coordinator_address: str = "coordinator@tracker.example"
    """Mail address shown as help, and Reply-To of each mail."""

    hotline: str = "National Human Trafficking Hotline at 1-888-373-7888"
    """Whom to call with a tip, shown in the foot of each page."""

    mail_from: str = "calendar@tracker.example"
    """Sender and ORGANIZER of calendar mails."""

    smtp_host: str = "127.0.0.1"
    """Mail server. STARTTLS with a checked certificate is required except to loopback."""

    smtp_port: int = 25
    """Port of the mail server. Default 25."""

    smtp_user: str = ""
    """User at the mail server; empty means no sign-in there."""

    smtp_password: str = ""
    """Password at the mail server."""

    mail_folder: str = ""
    """Demo only: folder in which the mail sink keeps one .eml per mail."""

    is_demo: bool = False
    """Shows the demo notice and the mail page; only allowed on loopback. Default off."""

    government_banner: bool = False
    """Shows the banner and the identifier of U.S. government sites. Default off."""

    run_clock: bool = True
    """Whether this process sends reminders and mails. Default on; any number of processes may."""

    tick: float = 15.0
    """Seconds between two looks at the outbox. Default 15."""

    now: datetime | None = None
    """Demo and tests: the moment at which the clock starts (ISO 8601 with offset). Default: the real time."""

    def __repr__(self) -> str:
        """Show no secret."""
        return f"Settings(database={self.database_url.split('@')[-1]!r}, base_url={self.base_url!r})"


def load(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read and check the settings; raise `BadSettings` with what to do."""
    types = get_type_hints(Settings)
    values = {
        field.name: _typed(field.name, types[field.name], text)
        for field in fields(Settings)
        if (text := _text(field.name, environment)) is not None
    }
    try:
        settings = Settings(**values)  # type: ignore[arg-type]  # the types come from the same hints
    except TypeError as missing:
        raise BadSettings("TRACKER_SECRET is not set. Run `tracker init`, or set 32 random characters.") from missing
    _check(settings)
    return settings


def _text(name: str, environment: Mapping[str, str]) -> str | None:
    key = PREFIX + name.upper()
    if path := environment.get(f"{key}_FILE"):
        return Path(path).read_text(encoding="utf-8").strip()
    return environment.get(key)


def _typed(name: str, kind: object, text: str) -> object:
    try:
        if kind is bool:
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}[
                text.lower()
            ]
        if kind is int:
            return int(text)
        if kind is float:
            return float(text)
        if kind == datetime | None:
            return datetime.fromisoformat(text) if text else None
    except (ValueError, KeyError) as bad:
        raise BadSettings(f"{PREFIX}{name.upper()} cannot be {text!r}.") from bad
    return text


def _check(settings: Settings) -> None:
    if len(settings.secret.encode()) < SHORTEST_SECRET or settings.secret.lower().startswith(KNOWN_BAD_SECRETS):
        raise BadSettings("TRACKER_SECRET is too short or a known default. Set 32 random characters.")
    if settings.now is not None and settings.now.tzinfo is None:
        raise BadSettings("TRACKER_NOW needs an offset, for example 2026-12-01T08:40:00-06:00.")
    if settings.base_url.endswith("/"):
        raise BadSettings("TRACKER_BASE_URL must not end with a slash.")
