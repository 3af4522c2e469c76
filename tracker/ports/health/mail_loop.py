"""Whether replies by email come in: sends one email to the reply address, and waits until a process has taken it.

Its address has a token, like those of invitations, and it says that a program wrote it: so it is noted, and shown to no
one.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from tracker import clock
from tracker.config.settings import Settings
from tracker.crypto import ids, keys
from tracker.crypto.signed_links import ReplyAddresses
from tracker.ports.health import mail_server
from tracker.ports.health.checks import NO_SERVER_NAME, CheckLine, CheckState
from tracker.usecases.core.process_locks import held_copy
from tracker.usecases.intake import received_emails

PATIENCE = 60.0  # seconds until the email is back
LOOKS_EVERY = 1.0  # seconds
SENDING, ARRIVING = "Outgoing email", "Incoming email"
NO_ADDRESS = "No replies are read. Set TRACKER_REPLY_ADDRESS; docs/operations.md, “Replies by email”, says how."
NO_WAY_IN = "Nothing takes emails to {}. Set TRACKER_LMTP for your mail server, or TRACKER_IMAP_HOST for a mailbox."
HELD = "This is a restored copy. It sends and reads nothing until `tracker resume`."
NOT_BY_LMTP = (
    "It didn't arrive within {:.0f} seconds. Check that tracker serve runs with these settings, and that your mail"
    " server delivers {}, and the same with + and a token, to {} by LMTP. The mail server's log says what became of it."
)
NOT_BY_MAILBOX = (
    "It didn't arrive within {:.0f} seconds. Check that tracker serve runs with TRACKER_RUN_CLOCK=yes, and that"
    " emails to {}, and to the same with + and a token, come to {} of {}. Look for it in the mailbox, and in its junk"
    " folder."
)


async def mail_loop_lines(
    chosen: Settings, patience: float = PATIENCE, pause: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> AsyncIterator[CheckLine]:
    """Yield what worked, in its order, up to the first fault; the database of the settings is bound and open."""
    if why_not := await _why_not(chosen):
        yield CheckLine(CheckState.FAULT, ARRIVING, why_not)
        return
    before = await received_emails.count_noted_from(chosen.mail_from)
    to = ReplyAddresses(chosen.reply_address, keys.every("replies")).of(ids.new_id())
    if trouble := await asyncio.to_thread(mail_server.send_test_email, chosen, to, _email(chosen, to)):
        yield CheckLine(CheckState.FAULT, SENDING, f"The email to {to} couldn't be sent: {trouble}")
        return
    yield CheckLine(CheckState.OK, SENDING, f"{chosen.smtp_host} took an email to {to}.")
    started = time.monotonic()
    while await received_emails.count_noted_from(chosen.mail_from) == before:
        if time.monotonic() - started >= patience:
            yield CheckLine(CheckState.FAULT, ARRIVING, await _not_back(chosen, patience))
            return
        await pause(LOOKS_EVERY)
    yield CheckLine(CheckState.OK, ARRIVING, f"It arrived within {time.monotonic() - started + 1:.0f} seconds.")
    if not chosen.authserv_id:
        yield CheckLine(CheckState.FAULT, "Senders", NO_SERVER_NAME)


async def _why_not(chosen: Settings) -> str:
    if not chosen.reply_address:
        return NO_ADDRESS
    if not chosen.lmtp and not chosen.imap_host:
        return NO_WAY_IN.format(chosen.reply_address)
    return HELD if await held_copy() else ""


async def _not_back(chosen: Settings, patience: float) -> str:
    if not chosen.imap_host:
        return NOT_BY_LMTP.format(patience, chosen.reply_address, chosen.lmtp)
    if trouble := (await received_emails.mailbox_status()).trouble:
        return f"It didn't arrive, because the mailbox can't be read: {trouble}"
    return NOT_BY_MAILBOX.format(patience, chosen.reply_address, chosen.imap_folder, chosen.imap_user)


def _email(chosen: Settings, to: str) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = chosen.mail_from, to, "Test of replies by email"
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = make_msgid(domain=chosen.mail_from.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("tracker check --mail sent this to itself. No one needs to do anything.\n")
    return message.as_bytes()
