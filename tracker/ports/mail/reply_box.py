"""Answers an email of the demo as the program of its recipient does, through the real way in (LMTP)."""

import smtplib
from datetime import datetime

from anyio import to_thread
from msgspec import Struct
from msgspec.structs import replace

from tracker.config.settings import Settings
from tracker.crypto import keys
from tracker.crypto.signed_links import ReplyAddresses
from tracker.errors import Invalid, NotFound
from tracker.ical import client_replies
from tracker.ical.client_replies import CENTRAL, ClientInvitation, ClientReply, invitation_in
from tracker.ports.mail import client_emails
from tracker.ports.mail.client_emails import Envelope
from tracker.ports.mail.mailbox import KeptMail
from tracker.rules.core.clean_text import clean
from tracker.rules.events.replies import LONGEST_COMMENT

TAKEN = 250  # the code for yes (RFC 5321 §4.2.3)
ANSWERS = {"accept": "Accepted", "maybe": "Tentative", "decline": "Declined"}
"""The buttons of calendar programs, and what their emails begin with; in capitals, PARTSTAT."""


class Ways(Struct, frozen=True, kw_only=True):
    """How the recipient of an email can answer it by email."""

    has_buttons: bool
    """Whether their calendar program shows Accept, Maybe, and Decline."""
    reads_words: bool
    page: str = ""
    """What the email is about, of this site; empty = it names no page."""
    at: tuple[datetime, datetime] | None = None
    """The time of the event, or of the first date of a series, on the clocks of the Central zone; None = no buttons."""


class ReplyBox:
    """The programs of everyone who gets the demo's emails."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._addresses = ReplyAddresses(settings.reply_address, keys.every("replies"))

    def ways(self, mail: KeptMail) -> Ways:
        """Return how an email can be answered; without a way in, it can't."""
        if not self._settings.lmtp:
            return Ways(has_buttons=False, reads_words=False)
        invitation = self._invitation(mail)
        return Ways(
            has_buttons=invitation is not None,
            reads_words=self._is_ours(mail.reply_to),
            page=invitation.url if invitation else "",
            at=(invitation.starts.astimezone(CENTRAL), invitation.ends.astimezone(CENTRAL)) if invitation else None,
        )

    async def press(self, mail: KeptMail, program: str, button: str, note: str, now: datetime) -> str:
        """Send what a calendar program sends, and return what the way in answered.

        Errors: NotFound for an email without buttons, an unknown program, or an unknown button; Invalid for the note.
        """
        invitation = self._invitation(mail)
        if invitation is None or program not in client_replies.PROGRAMS or button not in ANSWERS:
            raise NotFound
        comment = clean(note, LONGEST_COMMENT, "note", multiline=True)
        said = ANSWERS[button]
        answer = ClientReply(who=mail.to, said=said.upper(), stamped_at=now, note=comment)
        calendar = client_replies.PROGRAMS[program](invitation, answer)
        envelope = self._envelope(mail, invitation.organizer, f"{said}: {invitation.title}", now)
        content = client_emails.PROGRAMS[program](envelope, f"{said}: {invitation.title}\n{comment}", calendar)
        return await to_thread.run_sync(self._hand_over, envelope, content)

    async def propose(self, mail: KeptMail, starts: datetime, ends: datetime, note: str, now: datetime) -> str:
        """Send what Outlook sends for "Tentative and Propose New Time", and return what the way in answered.

        The times are naive, on the clocks of the Central zone. Of a series, it is about its first date: Outlook
        proposes no time for all of them. Errors: NotFound for an email without buttons, Invalid for the times.
        """
        invitation = self._invitation(mail)
        if invitation is None:
            raise NotFound
        if ends <= starts:
            raise Invalid(ends="The end comes before the start.")
        of = replace(invitation, date=invitation.starts) if invitation.is_series else invitation
        answer = ClientReply(
            who=mail.to,
            said="TENTATIVE",
            stamped_at=now,
            note=clean(note, LONGEST_COMMENT, "reason", multiline=True),
            proposed=(starts.replace(tzinfo=CENTRAL), ends.replace(tzinfo=CENTRAL)),
        )
        envelope = self._envelope(mail, of.organizer, f"New Time Proposed: {of.title}", now)
        content = client_emails.outlook(envelope, f"New Time Proposed: {of.title}", client_replies.outlook(of, answer))
        return await to_thread.run_sync(self._hand_over, envelope, content)

    async def write(self, mail: KeptMail, text: str, now: datetime) -> str:
        """Send what a person writes back, and return what the way in answered.

        Errors: NotFound for an email that takes no words, Invalid for the text.
        """
        if not self._is_ours(mail.reply_to):
            raise NotFound
        words = clean(text, LONGEST_COMMENT, "words", multiline=True)
        if not words:
            raise Invalid(words="Write a reply.")
        envelope = self._envelope(mail, mail.reply_to, f"Re: {mail.subject}", now)
        return await to_thread.run_sync(self._hand_over, envelope, client_emails.in_words(envelope, words, mail.text))

    def _invitation(self, mail: KeptMail) -> ClientInvitation | None:
        """Return the invitation in an email, if replies to it come to us."""
        content = mail.calendar.encode()
        client_invitation = invitation_in(content, self._settings.time_zone) if content else None
        return client_invitation if client_invitation and self._is_ours(client_invitation.organizer) else None

    def _is_ours(self, address: str) -> bool:
        return bool(self._settings.reply_address) and self._addresses.is_ours(address)

    def _envelope(self, mail: KeptMail, to: str, subject: str, now: datetime) -> Envelope:
        authserv_id = self._settings.authserv_id
        return Envelope(sender=mail.to, to=to, subject=subject, sent_at=now, authserv_id=authserv_id)

    def _hand_over(self, envelope: Envelope, content: bytes) -> str:
        host, port = self._settings.lmtp_address
        with smtplib.LMTP(host, port, local_hostname=self._settings.authserv_id) as server:
            server.ehlo()
            server.mail(envelope.sender)
            code, words = server.rcpt(envelope.to)
            if code == TAKEN:
                code, words = server.data(content)
        return f"{code} {words.decode('utf-8', 'replace')}"
