"""Replies in a mailbox are taken like those that a mail server hands over: against a real IMAP server."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import cast
from uuid import UUID, uuid4

import pytest
from anyio import to_thread
from imap_tools import BaseMailBox

from tests.cast import NOW, Cast, meeting
from tests.dovecot import Dovecot
from tests.ports.mail.mailboxes import VERIFIED, accept, reader, reading
from tests.ports.mail.sending import ELSEWHERE
from tests.usecases.intake.writing_back import take_many_emails
from tracker import clock
from tracker.config.settings import Settings
from tracker.crypto.signed_links import ReplyAddresses
from tracker.ports.mail import imap
from tracker.ports.mail.imap import (
    FIRST_PAUSE,
    HELD,
    LASTED,
    LOOKS_EVERY,
    MOST_RECIPIENTS,
    NOT_TAKEN,
    RETRY,
    MailboxAway,
    MailboxFolder,
    MailboxReader,
    reply_recipients,
)
from tracker.ports.mail.received_emails import LARGEST_EMAIL, MOST_HEADERS
from tracker.rules.intake.calendar_replies import Mismatch, ReplyOutcome
from tracker.tables.background.events.invitees import invitations_by_member
from tracker.tables.schema.intake import IncomingReply, IncomingWords
from tracker.usecases.core import process_locks
from tracker.usecases.events import scheduling
from tracker.usecases.intake.received_emails import MailboxStatus, mailbox_status


class Post:
    """A mailbox, and readers of it whose clock is ours."""

    def __init__(self, cast: Cast, server: Dovecot) -> None:
        self.cast, self.server = cast, server
        self.user = f"{uuid4()}@tracker.example"
        self.seconds = 0.0
        self.readers: list[MailboxReader] = []

    def reader(
        self, open_folder: Callable[[Settings], MailboxFolder] = imap.open_folder, **facts: object
    ) -> MailboxReader:
        """Return a reader as each process has one; it doesn't wait for emails unless `waits` says so."""
        waits = float(str(facts.pop("waits", 0.0)))
        given = reading(self.server.port, self.user, **facts)
        made = MailboxReader(
            given, reader(), clock.now, open_folder=open_folder, waits=waits, steady=lambda: self.seconds
        )
        self.readers.append(made)
        return made

    async def invitation(self) -> tuple[str, str]:
        """Invite the Bureau to a meeting; return the address of their reply and the UID."""
        event_id = await scheduling.schedule_event(self.cast.coordinator, meeting(self.cast.fbi_lead), NOW)
        invitation: UUID = (await invitations_by_member(event_id))[self.cast.fbi_lead.member_id].id
        event = await scheduling.event_seen_by(self.cast.fbi_lead, event_id)
        return reader().addresses.of(invitation), event.uid

    async def put(self, *emails: bytes) -> None:
        await to_thread.run_sync(lambda: self.server.put(self.user, *emails))

    async def unseen(self) -> int:
        return len(await to_thread.run_sync(lambda: self.server.unseen(self.user)))


@pytest.fixture
async def post(sqlite_cast: Cast, dovecot: Dovecot) -> "Iterator[Post]":
    clock.start_at(NOW + timedelta(hours=2), is_still=True)
    made = Post(sqlite_cast, dovecot)
    yield made
    for reader_here in made.readers:
        await reader_here.stop()
    clock.start_at(None)


async def outcomes() -> list[ReplyOutcome]:
    rows = await IncomingReply.select(IncomingReply.outcome).order_by(IncomingReply.received_at, IncomingReply.part)
    return [ReplyOutcome(row["outcome"]) for row in rows]


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await holds():  # noqa: ASYNC110 - a thread and a server end it
            await asyncio.sleep(0.01)


async def test_a_reply_is_recorded_and_then_marked_as_read(post: Post) -> None:
    to, uid = await post.invitation()
    await post.put(accept(to, uid))
    await post.reader().run()
    assert (await outcomes(), await post.unseen()) == ([ReplyOutcome.RECORDED], 0)
    assert await mailbox_status() == MailboxStatus(read_at=clock.now(), email_at=clock.now())


async def test_an_email_that_names_no_address_of_ours_is_kept_as_one_to_no_invitation(post: Post) -> None:
    _, uid = await post.invitation()
    await post.put(accept("someone@elsewhere.example", uid))
    await post.reader().run()
    [row] = await IncomingReply.select()
    assert (row["misfit"], row["sender"], await post.unseen()) == (Mismatch.NO_ADDRESS, "fbi_lead@fbi.example", 0)


async def test_an_email_to_the_address_of_a_message_is_read_as_words(post: Post) -> None:
    to = reader().addresses.of_message(uuid4())
    await post.put(f"From: fbi_lead@fbi.example\r\nTo: {to}\r\n\r\nDONE\r\n".encode())
    await post.reader().run()
    assert (await IncomingWords.count(), await outcomes(), await post.unseen()) == (1, [], 0)


async def test_a_sender_that_the_site_s_server_did_not_confirm_changes_nothing(post: Post) -> None:
    to, uid = await post.invitation()
    await post.put(accept(to, uid, head=VERIFIED.replace("mx.tracker", "mx.elsewhere")))
    await post.reader().run()
    assert (await outcomes(), await post.unseen()) == ([ReplyOutcome.UNMATCHED], 0)


async def test_odd_emails_do_not_keep_the_next_one_from_being_taken(post: Post) -> None:
    to, uid = await post.invitation()
    large = f"From: a@b.example\r\nTo: {to}\r\n\r\n".encode() + b"x" * 70 + b"\r\n" * LARGEST_EMAIL
    await post.put(b"\r\n", b"\xff\xfe\x00", large, b"To: <\r\nTo: " + b"(" * 1_000 + b"\r\n\r\n", accept(to, uid))
    await post.reader().run()
    assert (await post.unseen(), (await outcomes()).count(ReplyOutcome.RECORDED)) == (0, 1)
    assert ReplyOutcome.UNREADABLE in await outcomes()


def test_an_email_of_which_the_server_gives_nothing_is_not_taken_for_one_that_is_gone() -> None:
    class Client:
        def capability(self) -> tuple[str, list[bytes]]:
            return "OK", [b"IMAP4REV1"]

        def uid(self, *_: str) -> tuple[str, list[bytes]]:
            return "OK", [b"1 (UID 5 BODY[]<0> NIL)"]

    folder = MailboxFolder(cast(BaseMailBox, SimpleNamespace(client=Client())))
    with pytest.raises(imap.EmailUnfetched):
        folder.content("5")


async def test_emails_of_a_sender_who_sends_too_many_stay_unread_for_an_hour_and_hold_up_no_one(post: Post) -> None:
    to, uid = await post.invitation()
    await take_many_emails("flood@elsewhere.example", clock.now())
    too_many = f"From: flood@elsewhere.example\r\nTo: {to}\r\n\r\nYES\r\n".encode()
    await post.put(too_many, accept(to, uid))
    mailbox_reader = post.reader()
    await mailbox_reader.run()
    assert ((await outcomes()).count(ReplyOutcome.RECORDED), await post.unseen(), (await mailbox_status()).trouble) == (
        1,
        1,
        "",
    )
    post.seconds += HELD
    clock.start_at(NOW + timedelta(hours=3, seconds=1), is_still=True)
    await mailbox_reader.run()
    assert await post.unseen() == 0


async def test_an_email_that_cannot_be_taken_stays_unread_and_is_tried_again_later(post: Post) -> None:
    to, uid = await post.invitation()
    await post.put(accept(to, uid), accept(to, uid, number=2))
    refused = ["1"]

    class Refusing(MailboxFolder):
        def content(self, uid: str) -> bytes | None:
            if uid in refused:
                raise imap.EmailUnfetched("It can't be converted.")
            return super().content(uid)

    mailbox_reader = post.reader(lambda given: Refusing(imap.open_folder(given)._mailbox))
    await mailbox_reader.run()
    assert (await outcomes(), await post.unseen()) == ([ReplyOutcome.RECORDED], 1)
    assert (await mailbox_status()).trouble == NOT_TAKEN
    refused.clear()
    await mailbox_reader.run()
    assert await post.unseen() == 1  # not yet
    post.seconds += RETRY
    await mailbox_reader.run()
    assert (await post.unseen(), (await mailbox_status()).trouble) == (0, "")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"imap_password": "wrong"}, "Authentication failed"),
        ({"imap_password": "falsch…"}, "Authentication failed"),
        ({"imap_folder": "Nowhere"}, "exist"),
        ({"imap_port": 1}, "refused"),
        ({"imap_host": "nowhere.invalid"}, ""),
    ],
)
async def test_what_keeps_the_mailbox_from_being_read_is_known_and_stops_nothing(
    post: Post, wrong: dict[str, object], words: str
) -> None:
    mailbox_reader = post.reader(**wrong)
    await mailbox_reader.run()
    mailbox_status_found = await mailbox_status()
    assert words in mailbox_status_found.trouble
    assert (bool(mailbox_status_found.trouble), mailbox_status_found.trouble_since) == (True, clock.now())


async def test_a_password_never_goes_to_another_machine_unencrypted(post: Post) -> None:
    await post.reader(imap_host=ELSEWHERE).run()
    assert (await mailbox_status()).trouble == "TLS not supported by server"


async def test_a_mailbox_without_passwords_is_read_with_an_access_token(post: Post) -> None:
    to, uid = await post.invitation()
    await post.put(accept(to, uid))
    account = {"imap_token_url": post.server.tokens, "imap_client_id": "tracker", "imap_scope": post.user}
    wrong = post.reader(imap_client_secret="wrong", **account)
    await wrong.run()
    assert (await mailbox_status()).trouble == "The token endpoint returned 401. invalid_client"
    await wrong.stop()
    await post.reader(imap_client_secret="client secret", **account).run()
    assert (await outcomes(), (await mailbox_status()).trouble) == ([ReplyOutcome.RECORDED], "")


async def test_each_failure_doubles_the_pause_before_the_next_try(post: Post) -> None:
    tries = []

    def fail(_: Settings) -> MailboxFolder:
        tries.append(post.seconds)
        raise MailboxAway("Not today.")

    mailbox_reader = post.reader(fail)
    for _ in range(12):
        await mailbox_reader.run()
        post.seconds += FIRST_PAUSE / 2
    assert tries == [0.0, FIRST_PAUSE, FIRST_PAUSE * 3]


async def test_a_connection_that_breaks_is_made_again(post: Post) -> None:
    to, uid = await post.invitation()
    mailbox_reader = post.reader()
    await mailbox_reader.run()
    assert mailbox_reader._folder
    mailbox_reader._folder.interrupt()
    await mailbox_reader.run()
    assert (await mailbox_status()).trouble
    await post.put(accept(to, uid))
    post.seconds += FIRST_PAUSE
    await mailbox_reader.run()
    assert (await outcomes(), (await mailbox_status()).trouble) == ([ReplyOutcome.RECORDED], "")


async def test_a_connection_that_ends_after_a_while_is_no_failure(post: Post) -> None:
    to, uid = await post.invitation()
    mailbox_reader = post.reader()
    await mailbox_reader.run()
    assert mailbox_reader._folder
    mailbox_reader._folder.interrupt()
    post.seconds += LASTED
    await post.put(accept(to, uid))
    await mailbox_reader.run()
    assert (await outcomes(), (await mailbox_status()).trouble) == ([], "")
    await mailbox_reader.run()
    assert (await outcomes(), (await mailbox_status()).trouble) == ([ReplyOutcome.RECORDED], "")


async def test_a_server_that_reports_nothing_is_asked_once_a_minute(post: Post) -> None:
    to, uid = await post.invitation()

    def silent(given: Settings) -> MailboxFolder:
        folder = imap.open_folder(given)
        folder.can_idle = False
        return folder

    mailbox_reader = post.reader(silent, waits=LOOKS_EVERY)
    await mailbox_reader.run()
    await post.put(accept(to, uid))
    await mailbox_reader.run()
    assert await outcomes() == []
    post.seconds += LOOKS_EVERY
    await mailbox_reader.run()
    assert await outcomes() == [ReplyOutcome.RECORDED]


async def test_an_email_that_comes_while_the_reader_waits_is_taken_at_once(post: Post) -> None:
    to, uid = await post.invitation()
    running = asyncio.create_task(post.reader(waits=20).run())
    await eventually(_was_read)
    await asyncio.sleep(0.2)  # until it waits
    await post.put(accept(to, uid))
    await eventually(_has_email)
    await running


async def test_a_reader_that_waits_stops_at_once(post: Post) -> None:
    mailbox_reader = post.reader(waits=20)
    running = asyncio.create_task(mailbox_reader.run())
    await eventually(_was_read)
    async with asyncio.timeout(5):
        await mailbox_reader.stop()
        await running
    assert (await mailbox_status()).trouble == ""


async def _was_read() -> bool:
    return (await mailbox_status()).read_at is not None


async def _has_email() -> bool:
    return (await mailbox_status()).email_at is not None


async def test_one_process_reads_and_the_next_one_takes_over(post: Post) -> None:
    to, uid = await post.invitation()
    first, second = post.reader(), post.reader()
    await first.run()
    await post.put(accept(to, uid))
    await second.run()
    assert await outcomes() == []
    await first.stop()
    post.seconds += 20
    await second.run()
    assert await outcomes() == [ReplyOutcome.RECORDED]


async def test_a_restored_copy_leaves_the_mailbox_to_the_one_that_works(post: Post) -> None:
    to, uid = await post.invitation()
    await post.put(accept(to, uid))
    await process_locks.hold_sending(NOW, NOW)
    await post.reader().run()
    assert (await outcomes(), await post.unseen()) == ([], 1)


ADDRESSES = ReplyAddresses("reply@tracker.example", [b"k" * 32])
OURS, OTHER = ADDRESSES.of(UUID(int=7)), ADDRESSES.of(UUID(int=8))
BODY = "\r\n\r\nTo: reply+in-the-body@tracker.example\r\n"


def recipients_found(*headers: str) -> list[str]:
    return list(reply_recipients(("\r\n".join(headers) + BODY).encode(), ADDRESSES))


@pytest.mark.parametrize(
    "header",
    [
        f"To: {OURS}",
        f"To: Task Force Tracker <{OURS}>",
        f'To: "Coordinator, The" <coordinator@tracker.example>,\r\n Tracker\r\n <{OURS}>',
        f"Cc: {OURS.upper()}",
        f"Delivered-To: {OURS}\r\nTo: undisclosed-recipients:;",
        f"To: reply@tracker.example\r\nX-Original-To: {OURS}",
        f"Envelope-To: {OURS}\r\nDelivered-To: {OURS}\r\nTo: {OURS}",
    ],
)
def test_the_address_is_found_once(header: str) -> None:
    assert recipients_found("From: a@b.example", header) == [OURS]


def test_an_email_to_two_invitations_is_for_both() -> None:
    assert recipients_found(f"To: {OURS}, {OTHER}") == [OURS, OTHER]


@pytest.mark.parametrize(
    "header",
    [
        "To: reply@tracker.example",
        f"To: {OURS.replace('tracker.example', 'elsewhere.example')}",
        f"From: {OURS}",
        f"Reply-To: {OURS}",
        "To: \xff\x00<",
        f"To: {OURS}\r\n" + "X: y\r\n" * (MOST_HEADERS + 1),
    ],
)
def test_what_is_no_recipient_of_ours_is_not_found(header: str) -> None:
    assert recipients_found("Subject: hello", header) == []


def test_a_long_list_of_addresses_is_cut() -> None:
    many = (f"reply+{number}@tracker.example" for number in range(50))
    assert len(recipients_found("To: " + ", ".join(many))) == MOST_RECIPIENTS
