"""The other way in for replies: a mailbox that one process reads, for sites whose mail server is someone else's.

An email is marked as read after it was recorded. When the process dies in between, the next one takes the email again,
which changes nothing.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from tracker.config.settings import Settings
from tracker.errors import Busy
from tracker.ports.mail import imap
from tracker.ports.mail.imap import Away, Folder
from tracker.ports.mail.incoming import Reader
from tracker.ports.mail.recipients import recipients
from tracker.ports.mail.taking import Intake
from tracker.usecases.core import send_hold
from tracker.usecases.core.process_locks import JobLock, SingleJob, lock_job
from tracker.usecases.intake import received_emails

LOOKS_EVERY = 60.0  # seconds between two looks at a mailbox that reports nothing by itself
FIRST_PAUSE, LONGEST_PAUSE = 30.0, 900.0  # seconds after an error, doubled each time: servers lock who keeps failing
MOST_DOUBLINGS = 5
LASTED = 60.0  # seconds after which a connection may end without an error: servers end each one some time
TURN = 15.0  # seconds until a process that may not read asks again whether it may
RETRY = 300.0  # seconds until an email that couldn't be taken is tried again
HELD = 3_600.0  # seconds until one is tried again whose sender has sent too many
NOT_TAKEN = "An email couldn’t be taken; the log has the details. It’s still unread in the mailbox."
OUR_ERROR = "The tracker stopped reading because of an error of its own. The log has the details."

log = logging.getLogger("tracker.mail.mailbox")
T = TypeVar("T")


class MailboxReader:
    """Reads the mailbox each time it runs, unless another process does; then it waits up to `waits` seconds for more.

    `steady` is a clock in seconds.
    """

    def __init__(
        self,
        settings: Settings,
        reader: Reader,
        now: Callable[[], datetime],
        *,
        open_folder: Callable[[Settings], Folder] = imap.opened,
        waits: float = LOOKS_EVERY,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._intake, self._now = settings, Intake(reader), now
        self._open_folder, self._waits, self._steady = open_folder, waits, steady
        self._thread = CapacityLimiter(1)  # of our own: a mailbox that hangs takes no thread from the pages
        self._running = asyncio.Lock()
        self._hold: JobLock | None = None
        self._folder: Folder | None = None
        self._opened_at = 0.0
        self._waiting_in: Folder | None = None
        self._failures = 0
        self._not_before = -1.0
        self._put_off: dict[str, float] = {}  # emails that couldn't be taken, and when to try again
        self._held: dict[str, float] = {}  # emails of senders who have sent too many, and when to try again
        self._is_stopping = False

    async def run(self) -> None:
        """Take the emails that wait, and those that come while it waits; what goes wrong with the mailbox is noted."""
        async with self._running:
            try:
                if await self._may_read():
                    await self._read(await self._opened())
            except Away as away:
                if self._has_lasted():
                    await self._close()
                else:
                    await self._pause(str(away))
            except Exception:  # the next run begins with a new connection
                log.exception("The mailbox could not be read.")
                await self._pause(OUR_ERROR)

    async def stop(self) -> None:
        """Finish the email that is being taken, sign out, and let another process read."""
        self._is_stopping = True
        if self._waiting_in is not None:
            self._waiting_in.interrupt()
        async with self._running:
            await self._close()
            if self._hold is not None:
                await self._hold.release()
                self._hold = None

    async def _may_read(self) -> bool:
        """Return whether it's this process's turn; a restored copy would take the emails of the one that works."""
        if self._is_stopping or self._steady() < self._not_before:
            return False
        if self._hold is None or not self._hold.is_held():
            await self._close()
            self._hold = await lock_job(SingleJob.MAILBOX)
        may_read = self._hold is not None and not await send_hold.held_copy()
        if not may_read:
            await self._close()
            self._not_before = self._steady() + TURN
        return may_read

    async def _read(self, folder: Folder) -> None:
        await self._take_all(folder)
        if await self._has_change(folder):
            await self._take_all(folder)

    async def _opened(self) -> Folder:
        if self._folder is None:
            self._folder = await self._blocking(lambda: self._open_folder(self._settings))
            self._opened_at = self._steady()
        return self._folder

    async def _take_all(self, folder: Folder) -> None:
        """Take each email that waits, and note how that went. Errors: Away."""
        waiting = await self._blocking(folder.waiting)
        self._put_off = {uid: self._put_off[uid] for uid in waiting if uid in self._put_off}
        self._held = {uid: self._held[uid] for uid in waiting if uid in self._held}
        taken = 0
        for uid in waiting:
            again = max(self._put_off.get(uid, -1.0), self._held.get(uid, -1.0))
            if not self._is_stopping and again <= self._steady():
                taken += await self._take(folder, uid)
        self._failures = 0
        await received_emails.note_mailbox_read(
            self._now(), has_email=taken > 0, trouble=NOT_TAKEN if self._put_off else ""
        )

    async def _take(self, folder: Folder, uid: str) -> bool:
        """Take one email and mark it as read; return whether that was possible. Errors: Away."""
        try:
            content = await self._blocking(lambda: folder.content(uid))
            if content is not None:
                for to in recipients(content, self._intake.reader.addresses) or (self._settings.reply_address,):
                    await self._intake.take(content, to, self._now(), self._thread)
        except Away:
            raise
        except Busy:  # others don't wait for its sender
            self._held[uid] = self._steady() + HELD
            return False
        except Exception:  # one email must not stop the others; it stays unread
            log.exception("Email %s of the mailbox could not be taken.", uid)
            self._put_off[uid] = self._steady() + RETRY
            return False
        await self._blocking(lambda: folder.mark_read(uid))
        self._put_off.pop(uid, None)
        return True

    async def _has_change(self, folder: Folder) -> bool:
        """Wait for a change for up to a minute; without IDLE, do nothing in the runs of the next minute."""
        if not folder.can_idle:
            self._not_before = self._steady() + self._waits
        if self._is_stopping or not folder.can_idle:
            return False
        self._waiting_in = folder
        try:
            return await self._blocking(lambda: folder.wait(self._waits))
        finally:
            self._waiting_in = None

    def _has_lasted(self) -> bool:
        return self._folder is not None and self._steady() - self._opened_at >= LASTED

    async def _pause(self, words: str) -> None:
        """End the connection, and try again after a while, which is longer each time."""
        self._not_before = self._steady() + min(FIRST_PAUSE * 2**self._failures, LONGEST_PAUSE)
        self._failures = min(self._failures + 1, MOST_DOUBLINGS)
        await self._close()
        if not self._is_stopping:
            log.warning("The mailbox can't be read: %s", words)
            await received_emails.note_mailbox_trouble(words, self._now())

    async def _close(self) -> None:
        folder, self._folder = self._folder, None
        if folder is not None:
            await self._blocking(folder.close)

    async def _blocking(self, call: Callable[[], T]) -> T:
        return await to_thread.run_sync(call, limiter=self._thread)
