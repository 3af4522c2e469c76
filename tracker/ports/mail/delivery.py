"""Delivering the messages of the outbox: claimed, written, grouped by connection, and handed to the mail server."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

from msgspec import Struct

from tracker.config.settings import Settings
from tracker.database import is_unavailable
from tracker.errors import Invalid
from tracker.ports.mail.compose import EmailComposer, MimeMessage, UnsafeEmail
from tracker.ports.mail.smtp import EmailRefused, MailServerAway, SmtpConnection, TemporaryFailure, UnconfirmedDelivery
from tracker.rules.core.outbox import Message, MessageState, SendOutcome
from tracker.rules.emails.emails import Email
from tracker.rules.intake.received_emails import DeliveryRefusal
from tracker.usecases.core import outbox, process_locks
from tracker.usecases.core.process_locks import Worker, enlist_worker
from tracker.usecases.emails import emails, preferences
from tracker.usecases.intake import received_emails

MOST = 20  # of a group: other writers wait for all of it
T = TypeVar("T")
R = TypeVar("R")


class _Waiting(Struct, Generic[T, R], eq=False):
    """One of a group, and what became of it: one result, or an error."""

    task: T
    results: Sequence[R] = ()
    error: Exception | None = None

    @property
    def is_done(self) -> bool:
        return bool(self.results) or self.error is not None


class GroupedWork(Generic[T, R]):
    """Does things for tasks, each of which waits until its own is done; `do` returns a result for each."""

    def __init__(
        self,
        do: Callable[[Sequence[T]], Awaitable[Sequence[R]]],
        moment: float = 0.0,
        tasks: Callable[[], int] = lambda: MOST,
    ) -> None:
        """Wait up to `moment` seconds before each group, until as many tasks wait as there are."""
        self._do = do
        self._moment = moment
        self._tasks = tasks
        self._is_whole = asyncio.Event()
        self._waiting: list[_Waiting[T, R]] = []
        self._lock = asyncio.Lock()

    async def do(self, task: T) -> R:
        """Return what became of one. When a group fails, each is done by itself, and only those fail that can't be."""
        own = _Waiting[T, R](task)
        self._waiting.append(own)
        if len(self._waiting) >= self._tasks():
            self._is_whole.set()
        try:
            async with self._lock:
                while not own.is_done:  # by another task
                    await self._more()
                    await self._do_those_that_wait()
        except asyncio.CancelledError:  # no one waits for it any longer
            self._waiting = [waiting for waiting in self._waiting if waiting is not own]
            raise
        if own.error is not None:
            raise own.error
        return own.results[0]

    async def _more(self) -> None:
        """Wait for more, if this group does."""
        if self._moment:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._moment):
                    await self._is_whole.wait()

    async def _do_those_that_wait(self) -> None:
        group, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        self._is_whole.clear()
        try:
            await self._do_all(group)
        finally:  # a task that is canceled leaves what is not done to the next one
            self._waiting[:0] = [waiting for waiting in group if not waiting.is_done]

    async def _do_all(self, group: Sequence[_Waiting[T, R]]) -> None:
        try:
            results = await self._do([waiting.task for waiting in group])
        except Exception as failed:  # noqa: BLE001 - whatever failed, `do` raises it where it belongs
            is_final = len(group) == 1 or is_unavailable(failed)  # then none of them has to wait for that again
            for waiting in group:
                if is_final:
                    waiting.error = failed
                else:
                    await self._do_all([waiting])
        else:
            for waiting, result in zip(group, results, strict=True):
                waiting.results = (result,)


BATCH = 50  # messages claimed at once
LANES = 5  # connections at most: this many emails can arrive twice when the process is killed
PER_LANE = 10  # messages that justify one more connection

OUR_ERROR = "The tracker couldn’t send it because of an error of its own. The log has the details."
CLOSING_WAIT = 0.02  # seconds for which lanes wait for one another: five are read and recorded almost as fast as one
log = logging.getLogger("tracker.mail")


class _ComposedEmail(NamedTuple):
    """An email to send, and what it says."""

    mail: MimeMessage
    letter: Email


class Delivery:
    """Sends due messages each time it runs; any number of processes may do so."""

    def __init__(self, settings: Settings, composer: EmailComposer, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._composer = composer
        self._now = now
        self._worker: Worker | None = None
        self._lock = asyncio.Lock()
        self._writing = GroupedWork(self._write, CLOSING_WAIT, self._lanes_at_work)
        self._closing = MessageCloser(now, self._lanes_at_work)
        self._is_stopping = False
        self._at_work = 0  # lanes
        self._sent: dict[UUID, SendOutcome] = {}  # accepted by the mail server, but not yet recorded in the database
        self._unconfirmed: set[UUID] = set()  # perhaps accepted, and not yet recorded either

    async def dispatch(self) -> int:
        """Send all due messages and return how many were handled; stop early when the server is away."""
        async with self._lock:
            if self._is_stopping or await process_locks.held_copy():
                return 0
            if self._worker is None or not self._worker.is_there():  # the database has given up on it
                self._worker = await enlist_worker()
            worker = self._worker
            gone = await worker.gone(await outbox.claiming_workers())
            lines = [SmtpConnection(self._settings) for _ in range(LANES)]
            try:
                return await self._empty(worker, gone, lines)
            finally:
                await asyncio.gather(*(line.close() for line in lines))

    async def stop(self) -> None:
        """Finish the emails being sent, release the others, and leave."""
        self._is_stopping = True
        async with self._lock:
            if self._worker is not None:
                await self._worker.leave()
                self._worker = None

    async def _empty(self, worker: Worker, gone: Sequence[str], lines: Sequence[SmtpConnection]) -> int:
        done = 0
        while self._may_go_on(worker):
            batch = await outbox.claim_messages(worker.name, gone, self._now(), BATCH)
            may_go = await preferences.sendable_messages(batch, worker.name, self._now())
            left = await self._send(may_go, worker, lines)
            done += len(may_go) - len(left)
            if not batch or left:
                await outbox.put_back_messages(left, worker.name)
                break
        return done

    async def _send(self, batch: Sequence[Message], worker: Worker, lines: Sequence[SmtpConnection]) -> list[Message]:
        """Send a batch over a suitable number of connections and return what was not tried."""
        waiting = deque(batch)
        used = lines[: 1 + len(batch) // PER_LANE]
        self._at_work = len(used)
        async with asyncio.TaskGroup() as lanes:
            for line in used:
                lanes.create_task(self._lane(waiting, worker, line))
        return list(waiting)

    def _lanes_at_work(self) -> int:
        return self._at_work

    async def _write(self, messages: Sequence[Message]) -> Sequence[_ComposedEmail | SendOutcome]:
        """Return the emails that are about to be sent. They are handed over side by side, so all are finished first."""
        letters = await emails.write_emails(messages, self._now(), self._settings.time_zone)
        return [
            self._composed(message, letter) if isinstance(letter, Email) else letter
            for message, letter in zip(messages, letters, strict=True)
        ]

    def _composed(self, message: Message, letter: Email) -> _ComposedEmail | SendOutcome:
        try:
            return _ComposedEmail(self._composer.mail(letter, message), letter)
        except (UnsafeEmail, Invalid, ValueError) as unsound:
            log.exception("Message %s could not be written safely.", message.id)
            return SendOutcome(state=MessageState.FAILED, reason=f"It could not be written safely. {unsound}")

    def _may_go_on(self, worker: Worker) -> bool:
        """Return whether the claims are still valid: others take them when the database gives up on this worker."""
        return not self._is_stopping and worker.is_there()

    async def _lane(self, waiting: deque[Message], worker: Worker, line: SmtpConnection) -> None:
        while waiting and self._may_go_on(worker):
            if not await self._one(waiting.popleft(), worker.name, line):
                break
        self._at_work -= 1

    async def _one(self, message: Message, worker: str, line: SmtpConnection) -> bool:
        """Handle one message; return whether the server can take more."""
        try:
            tried = await self._tried(message, line)
            if isinstance(tried, DeliveryRefusal):
                await received_emails.record_refusal(message, tried, self._now())
            else:
                await self._closing.close(message, tried)
        except TemporaryFailure as later:
            return await self._put_off(message, str(later), worker) and not isinstance(later, MailServerAway)
        except Exception:  # one message that can't be handled must not stop the others
            log.exception("Message %s could not be processed.", message.id)
            return await self._put_off(message, OUR_ERROR, worker)
        self._sent.pop(message.id, None)
        self._unconfirmed.discard(message.id)
        return True

    async def _put_off(self, message: Message, reason: str, worker: str) -> bool:
        """Postpone a message; without a database it stays claimed, and the next dispatch finds it."""
        try:
            may_have_arrived = message.id in self._sent or message.id in self._unconfirmed
            await outbox.postpone_message(message, reason, worker, self._now(), may_have_arrived=may_have_arrived)
        except Exception:  # it must not cancel the emails being sent
            log.exception("Message %s could not be put back.", message.id)
            return False
        self._unconfirmed.discard(message.id)
        return True

    async def _tried(self, message: Message, line: SmtpConnection) -> SendOutcome | DeliveryRefusal:
        """Send a message and return how that ended; note when its end is not known, as after a cancellation."""
        if message.id in self._sent:
            return self._sent[message.id]
        written = await self._writing.do(message)
        if isinstance(written, SendOutcome):
            return written
        mail = written.mail
        try:
            await line.send(mail)
        except EmailRefused as refused:
            return DeliveryRefusal(words=str(refused), sent_to=mail.recipient, at_recipient=refused.at_recipient)
        except BaseException as ended:
            if isinstance(ended, UnconfirmedDelivery) or not isinstance(ended, TemporaryFailure):
                self._unconfirmed.add(message.id)
            raise
        sent = SendOutcome(
            state=MessageState.SENT,
            reason="",
            sent_to=mail.recipient,
            event_version=written.letter.event_version,
            said=written.letter.said,
        )
        self._sent[message.id] = sent
        return sent


class MessageCloser:
    """Closes messages for several lanes, each of which waits until its own is recorded."""

    def __init__(self, now: Callable[[], datetime], lanes: Callable[[], int]) -> None:
        self._now = now
        self._recording = GroupedWork(self._record, CLOSING_WAIT, lanes)

    async def close(self, message: Message, outcome: SendOutcome) -> None:
        """Record how a message ended."""
        await self._recording.do((message, outcome))

    async def _record(self, ended: Sequence[tuple[Message, SendOutcome]]) -> Sequence[None]:
        await outbox.close_messages(ended, self._now())
        return [None] * len(ended)
