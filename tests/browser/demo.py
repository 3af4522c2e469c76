"""The real demo in a process of its own, and what its emails hold."""

import email
import json
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from email import policy
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid4

from msgspec import Struct

from tracker.crypto import keys
from tracker.crypto.signed_links import Links

Found = TypeVar("Found")

COMMAND = (sys.executable, "-c", "from tracker.ports.cli import main; main()")
STARTS_WITHIN = 120.0  # seconds; alone on a machine it takes two
EMAILS_WITHIN = 60.0  # seconds
STOPS_WITHIN = 60.0  # seconds
NOW = "2026-12-01T08:40:00-06:00"
LINK = re.compile(r"https?://\S+/[rup]/\S+")
INVITATION = (
    "SELECT i.id FROM invitation i JOIN member m ON m.id = i.member JOIN event e ON e.id = i.event"
    " WHERE m.email = ? AND e.title = ?"
)
FULLEST = "SELECT substr(starts_at, 1, 7) FROM occurrence GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT ?"
EMAILED_NOTE = (
    "INSERT INTO incoming_words (id, received_at, email_hash, sender, is_verified, member, outcome, word, item,"
    " status_before, progress_before, blocked_before, text) SELECT ?, i.changed_at, ?, m.email, 1, m.id, 'recorded',"
    " 'note', i.id, i.status, i.progress, i.blocked_at, '' FROM action_item i JOIN member m ON m.id = i.owner"
    " WHERE i.title = ?"
)
FROM_HOME = (
    "INSERT INTO incoming_words (id, received_at, email_hash, sender, is_verified, outcome, word, item, claimed, text)"
    " SELECT ?, i.changed_at, ?, 'someone@home.example', 1, 'unmatched', 'blocked', i.id, i.owner,"
    " 'The interpreter has not called back yet.' FROM action_item i WHERE i.title = ?"
)
ANOTHER_SESSION = (
    "INSERT INTO session SELECT ?, s.member, s.created_at, s.seen_at, s.reauthenticated_at, s.client"
    " FROM session s JOIN member m ON m.id = s.member WHERE m.name = ? LIMIT 1"
)

REFUSED = (
    "UPDATE message SET state = 'bounced', reason = '550 No such mailbox here' WHERE id IN (SELECT m.id FROM message m"
    " JOIN event e ON e.id = m.event WHERE e.title = ? AND m.kind = 'invitation' AND m.state = 'sent'"
    " ORDER BY m.id LIMIT ?)"
)


class Demo(Struct, frozen=True):
    """A demo that is being served."""

    address: str
    sign_in_links: dict[str, str]
    """By the name of the persona."""
    emails_folder: Path

    def link(self, recipient: str, subject: str) -> str:
        """Return the first link to a reply or an item in the email to someone, as soon as the demo has sent it."""
        return until(lambda: self._link(recipient, subject), EMAILS_WITHIN)

    def digest_link(self) -> str:
        """Return the link of a weekly digest: none is due while the demo runs."""
        keys.use_secret((self.emails_folder.parent / "secret").read_text(encoding="ascii").strip())
        return f"{self.address}/n/{Links(keys.named('links')).digest(uuid4())}"

    def undo_link(self, title: str) -> str:
        """Return the link that undoes a note by email: the owner of an action item wrote it, as far as the rows say."""
        keys.use_secret((self.emails_folder.parent / "secret").read_text(encoding="ascii").strip())
        words = uuid4()
        with closing(sqlite3.connect(self.emails_folder.parent / "tracker.sqlite")) as database, database:
            database.execute(EMAILED_NOTE, (str(words), words.hex * 2, title))
        return f"{self.address}/w/{Links(keys.named('links')).undo(words)}"

    def let_email_wait(self, title: str) -> None:
        """Let a reply about an action item have come from an address that isn't known."""
        words = uuid4()
        with closing(sqlite3.connect(self._database)) as database, database:
            database.execute(FROM_HOME, (str(words), words.hex * 2, title))

    def series_link(self, recipient: str, title: str) -> str:
        """Return the link by which someone answers for a series: its invitations lie in the demo's past."""
        keys.use_secret((self.emails_folder.parent / "secret").read_text(encoding="ascii").strip())
        with closing(sqlite3.connect(self._database)) as database:
            [[found]] = database.execute(INVITATION, (recipient, title))
        return f"{self.address}/r/{Links(keys.named('links')).reply(UUID(found), None)}"

    def fullest_months(self, count: int) -> list[str]:
        """Return the months with the most dates, such as "2026-12", the fullest first."""
        with closing(sqlite3.connect(self._database)) as database:
            return [month for (month,) in database.execute(FULLEST, (count,))]

    def new_session(self, persona: str) -> str:
        """Return the cookie of another session of someone who is signed in, as the next sign-in would begin it."""
        token = keys.new_token()
        with closing(sqlite3.connect(self._database)) as database, database:
            database.execute(ANOTHER_SESSION, (keys.token_hash(token), persona))
        return token

    def let_fail(self, title: str, people: int) -> None:
        """Let the emails to so many people about an event be refused, as a mail server would have."""
        with closing(sqlite3.connect(self._database)) as database, database:
            database.execute(REFUSED, (title, people))

    def remember(self) -> None:
        """Note what all rows hold now, for `restore`."""
        with closing(sqlite3.connect(self._database)) as database, closing(sqlite3.connect(self._made)) as made:
            database.backup(made)

    def restore(self) -> None:
        """Give all rows what they held when they were noted; sessions continue, so each persona signs in only once."""
        with closing(sqlite3.connect(self._database)) as database, closing(sqlite3.connect(self._made)) as made:
            sessions = database.execute("SELECT * FROM session").fetchall()
            made.backup(database)
            with database:
                database.executemany("INSERT INTO session VALUES (?, ?, ?, ?, ?, ?)", sessions)
                database.execute("DELETE FROM session WHERE member NOT IN (SELECT id FROM member)")

    def forget_drafts(self) -> None:
        """Delete what earlier tests typed and did not save."""
        with closing(sqlite3.connect(self._database)) as database, database:
            database.execute("DELETE FROM draft")

    def revoke_session(self, token: str) -> None:
        """End a session as another browser of the same person does."""
        with closing(sqlite3.connect(self._database)) as database, database:
            database.execute("DELETE FROM session WHERE id = ?", (keys.token_hash(token),))

    def let_session_run_out(self, token: str) -> None:
        """Let a session end by its time, as if it had not been used for an hour."""
        hour_ago = (datetime.fromisoformat(NOW) - timedelta(hours=1)).astimezone(UTC).isoformat(" ")
        with closing(sqlite3.connect(self._database)) as database, database:
            database.execute("UPDATE session SET seen_at = ? WHERE id = ?", (hour_ago, keys.token_hash(token)))

    @property
    def _database(self) -> Path:
        return self.emails_folder.parent / "tracker.sqlite"

    @property
    def _made(self) -> Path:
        return self.emails_folder.parent / "as-made.sqlite"

    def _link(self, recipient: str, subject: str) -> str | None:
        written = [file.read_bytes() for file in sorted(self.emails_folder.glob("*.eml"))]
        for content in (one for one in written if recipient.encode() in one):  # to read all of them takes far longer
            email_bytes = email.message_from_bytes(content, policy=policy.default)
            if email_bytes["To"] == recipient and subject in email_bytes["Subject"]:
                return LINK.search(email_bytes.get_body(("plain",)).get_content())[0]
        return None


@contextmanager
def served(folder: Path, size: int = 1) -> Iterator[Demo]:
    """Make a demo in a folder, serve it, and stop it."""
    options = ("--data", str(folder), "--port", "0", "--json", "--seed", "1", "--size", str(size), "--now", NOW)
    said = folder.with_suffix(".txt")
    with said.open("w") as log, subprocess.Popen([*COMMAND, "demo", *options], stdout=log, stderr=log) as process:
        try:
            yield until(lambda: _listed(folder / "demo.json", process, said), STARTS_WITHIN)
        finally:
            _stop(process)


def until(look: Callable[[], Found | None], seconds: float) -> Found:
    """Return what `look` finds, as soon as it finds something; AssertionError after so many seconds."""
    ends = time.monotonic() + seconds
    while (found := look()) is None:
        assert time.monotonic() < ends, f"Nothing came within {seconds} seconds."
        time.sleep(0.05)
    return found


def _listed(file: Path, process: subprocess.Popen[bytes], said: Path) -> Demo | None:
    assert process.poll() is None, said.read_text()
    try:
        listed = json.loads(file.read_bytes())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    links = {persona["name"]: persona["sign_in_url"] for persona in listed["personas"]}
    return Demo(listed["base_url"], links, Path(listed["mail_folder"]))


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOPS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
