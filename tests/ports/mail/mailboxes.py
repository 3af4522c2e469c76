"""Mailboxes of the tests: the settings that read one, and what people's programs put into it."""

from tests.cast import NOW, ZONE
from tests.dovecot import PASSWORD
from tests.ical import client_replies
from tests.ports.browser import app_settings
from tracker.config.settings import Settings
from tracker.crypto import keys
from tracker.crypto.signed_links import ReplyAddresses
from tracker.ports.mail.received_emails import EmailParser

ADDRESS = "reply@tracker.example"
WHO = "fbi_lead@fbi.example"
VERIFIED = "Authentication-Results: mx.tracker.example; dmarc=pass header.from=fbi.example"


def reading(port: int, user: str, **facts: object) -> Settings:
    """Return the settings that read someone's mailbox on this computer; `facts` replace some."""
    account = {"imap_host": "127.0.0.1", "imap_port": port, "imap_user": user, "imap_password": PASSWORD}
    return app_settings(reply_address=ADDRESS, **{**account, **facts})


def reader() -> EmailParser:
    """Return how the site reads emails, with the keys in use."""
    addresses = ReplyAddresses(ADDRESS, keys.every("replies"))
    return EmailParser(addresses=addresses, authserv_id="mx.tracker.example", zone=ZONE)


def accept(to: str, uid: str, *, number: int = 1, head: str = VERIFIED) -> bytes:
    """Return the email in which Google Calendar says yes for the Bureau."""
    calendar = client_replies.google(uid, WHO, stamp=f"{NOW:%Y%m%dT%H%M%SZ}").decode()
    who = f"From: {WHO}\r\nTo: {to}\r\nMessage-ID: <{number}@fbi.example>"
    kind = 'MIME-Version: 1.0\r\nContent-Type: text/calendar; method="REPLY"'
    return f"{head}\r\n{who}\r\n{kind}\r\n\r\n{calendar}".encode()
