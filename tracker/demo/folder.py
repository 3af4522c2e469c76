"""The folder of a demo: its database, the emails it sent, its secret and settings, and which process uses it."""

import fcntl
import json
import os
import secrets
import shlex
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from tracker.config import settings_file
from tracker.config.settings import PREFIX, SQLITE, Settings
from tracker.demo.cast import CAST, address
from tracker.errors import Conflict, Invalid

NOTE = (
    "A demonstration of the Task Force Tracker. Nothing here is real. Everything in this folder is deleted when\n"
    "the demo starts again, unless you start it with --keep.\n"
    "\n"
    "While it runs, these commands print a sign-in link for the administrator or the auditor:\n{}\n"
)


class DemoFolder:
    """A folder that one running demo holds; only files that a demo makes are ever deleted in it."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.mails = self.path / "mail"
        self.listing = self.path / "demo.json"
        self._database = self.path / settings_file.DATABASE
        self._secret = self.path / settings_file.SECRET
        self._settings = self.path / settings_file.NAME
        self._note = self.path / "DEMO.txt"
        self._lock: int | None = None

    @property
    def database_url(self) -> str:
        """Return the database URL, as the setting has it."""
        return f"sqlite:///{self._database}"

    @property
    def relative(self) -> dict[str, str]:
        """Return the settings that name places in the folder, so that a copy of the folder uses its own."""
        return {f"{PREFIX}DATABASE_URL": f"{SQLITE}{self._database.name}", f"{PREFIX}MAIL_FOLDER": self.mails.name}

    @property
    def has_database(self) -> bool:
        """Return whether an earlier demo left its database."""
        return self._database.exists() and self._secret.exists()

    def claim(self) -> None:
        """Make the folder, and hold it until `leave` or the end of the process.

        Errors: Invalid when it can't be made, or holds a database or settings that no demo made; Conflict when another
        demo runs.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._note.exists() and (self._database.exists() or self._settings.exists()):
                raise Invalid(f"{self.path} has a database or settings that aren't from a demo. Choose another folder.")
            self._hold()
        except OSError as refused:
            raise Invalid(f"{self.path} can't be used: {refused.strerror}.") from refused

    def leave(self) -> None:
        """Release the folder for another demo."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def clear(self) -> None:
        """Delete what an earlier demo left, and make a new secret."""
        for name in ("", "-wal", "-shm", "-journal"):
            Path(f"{self._database}{name}").unlink(missing_ok=True)
        shutil.rmtree(f"{self._database}.workers", ignore_errors=True)
        self.mails.mkdir(exist_ok=True)
        for mail in self.mails.glob("*.eml"):
            mail.unlink()
        _write(self._secret, secrets.token_urlsafe(32))

    def secret(self) -> str:
        """Return the secret of this demo."""
        return self._secret.read_text(encoding="ascii").strip()

    def settle(self, values: Mapping[str, str]) -> None:
        """Write the settings with which other commands use this demo."""
        _write(self._settings, settings_file.written(Settings, PREFIX, values))

    def clock(self, real: datetime) -> datetime | None:
        """Return the time of the demo in the folder at a real time, or None if its clock is the real one.

        A clock that was set runs on while no demo is served, so what is in the database is never in its future.
        """
        kept = (
            settings_file.read_settings_file(self._settings).get(f"{PREFIX}NOW", "") if self._settings.exists() else ""
        )
        if not kept:
            return None
        set_at = datetime.fromtimestamp(self._settings.stat().st_mtime, UTC)
        return datetime.fromisoformat(kept) + (real - set_at)

    def list(self, facts: Mapping[str, object]) -> None:
        """Write `demo.json`; it appears complete or not at all."""
        part = self.listing.with_suffix(".part")
        _write(part, json.dumps(facts, indent=2) + "\n")
        part.replace(self.listing)

    def _hold(self) -> None:
        lock = os.open(self._note, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            os.close(lock)
            raise Conflict(f"Another demo is running in {self.path}. Stop it, or choose another folder.") from held
        self._lock = lock
        os.ftruncate(lock, 0)
        # The links work for a day, because a clock set by --now starts again in each command.
        begin = f"tracker sign-in-link --data {shlex.quote(str(self.path))} --minutes 1440"
        commands = [f"{begin} {address(key)}" for key in CAST.behind_the_scenes]
        os.write(lock, NOTE.format("\n".join(commands)).encode())
        self.listing.unlink(missing_ok=True)


def _write(path: Path, text: str) -> None:
    """Write a file that only its owner reads."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
