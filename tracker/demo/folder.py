"""The folder of a demo: its database, the mails it sent, its secret, and who may be in it."""

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from tracker.errors import Conflict, Invalid

NOTE = (
    "A demonstration of the Task Force Tracker. Nothing here is real. Everything in this folder is deleted when\n"
    "the demo starts again, unless it is told to keep it.\n"
)


class DemoFolder:
    """One folder, held by one running demo; only files that a demo makes are ever deleted in it."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.mails = self.path / "mail"
        self.listing = self.path / "demo.json"
        self._database = self.path / "tracker.sqlite"
        self._secret = self.path / "secret"
        self._note = self.path / "DEMO.txt"
        self._lock: int | None = None

    @property
    def database_url(self) -> str:
        """Return where the database is, as a setting says it."""
        return f"sqlite:///{self._database}"

    @property
    def has_database(self) -> bool:
        """Whether an earlier demo left its database."""
        return self._database.exists() and self._secret.exists()

    def claim(self) -> None:
        """Make the folder, and hold it until `leave` or the end of the process.

        Errors: Invalid when it cannot be made, or holds a database that no demo made; Conflict when another demo runs.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._database.exists() and not self._note.exists():
                raise Invalid(f"{self.path} holds a database that no demo made. Choose another folder.")
            self._hold()
        except OSError as refused:
            raise Invalid(f"{self.path} cannot be used: {refused.strerror}.") from refused

    def leave(self) -> None:
        """Let another demo have the folder."""
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

    def list(self, facts: Mapping[str, object]) -> None:
        """Write `demo.json`; it appears whole or not at all."""
        part = self.listing.with_suffix(".part")
        _write(part, json.dumps(facts, indent=2) + "\n")
        part.replace(self.listing)

    def _hold(self) -> None:
        lock = os.open(self._note, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            os.close(lock)
            raise Conflict(f"Another demo runs in {self.path}. Stop it, or choose another folder.") from held
        self._lock = lock
        os.write(lock, NOTE.encode())
        self.listing.unlink(missing_ok=True)


def _write(path: Path, text: str) -> None:
    """Write a file that only its owner reads."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
