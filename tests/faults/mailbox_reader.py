"""A process that reads the mailbox of replies, and dies after it recorded an email, before it marks it as read."""

import asyncio
import os
import signal

from tests.cast import SECRET
from tests.ports.mail.mailboxes import reader, reading
from tracker import clock
from tracker.config.settings import Settings
from tracker.crypto import keys
from tracker.database import bind, engine_from_url, open_database
from tracker.ports.mail import imap
from tracker.ports.mail.imap import MailboxReader


class Dying(imap.MailboxFolder):
    """A folder at which the process ends where an email would be marked."""

    def mark_read(self, uid: str) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def read_mailbox(url: str, port: int, user: str) -> None:
    """Open the database and read the mailbox."""
    asyncio.run(_read_mailbox(url, port, user))


async def _read_mailbox(url: str, port: int, user: str) -> None:
    keys.use_secret(SECRET)
    engine = engine_from_url(url, pool=2)
    bind(engine)
    await open_database(engine)
    await MailboxReader(reading(port, user), reader(), clock.now, open_folder=_opened).run()


def _opened(settings: Settings) -> imap.MailboxFolder:
    return Dying(imap.open_folder(settings)._mailbox)
