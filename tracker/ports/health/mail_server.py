"""Whether the email server would accept emails now: it responds, it encrypts, and it accepts the sign-in."""

import smtplib
import ssl
import threading
import time
from collections.abc import Callable

from tracker.config.settings import Settings
from tracker.ports.http.request_source import is_loopback

PATIENCE = 5.0  # seconds for each reply of the server
HOLDS = 60.0  # seconds for which a page repeats the last result
TLS_PORT = 465  # TLS from the first byte (RFC 8314)
OPEN = "It doesn't offer STARTTLS, and email is sent to another computer only over an encrypted connection."


def trouble(settings: Settings) -> str:
    """Return why no email can be sent now; empty when it can. Sends nothing, and waits for the server."""
    try:
        with _connected(settings) as server:
            return _introduced(server, settings)
    except (OSError, smtplib.SMTPException) as away:
        return str(away)


def send_test_email(settings: Settings, to: str, content: bytes) -> str:
    """Send one email in the tracker's name, and return why that failed; empty when the server took it."""
    try:
        with _connected(settings) as server:
            trouble = _introduced(server, settings)
            if not trouble:
                server.sendmail(settings.mail_from, [to], content)
            return trouble
    except (OSError, smtplib.SMTPException) as away:
        return str(away)


class RecentCheck:
    """The email server's result within the last minute: a page that is read often does not connect each time."""

    def __init__(
        self, ask: Callable[[Settings], str] = trouble, *, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._ask, self._steady = ask, steady
        self._asking = threading.Lock()
        self._until, self._said = -1.0, ""

    def trouble(self, settings: Settings) -> str:
        """Return the result of this module's `trouble`, renewed after a minute; at most one check runs at once."""
        with self._asking:
            if self._steady() >= self._until:
                self._said = self._ask(settings)
                self._until = self._steady() + HOLDS
            return self._said


def _connected(settings: Settings) -> smtplib.SMTP:
    place = (settings.smtp_host, settings.smtp_port)
    if settings.smtp_port == TLS_PORT:
        return smtplib.SMTP_SSL(*place, timeout=PATIENCE, context=ssl.create_default_context())
    return smtplib.SMTP(*place, timeout=PATIENCE)


def _introduced(server: smtplib.SMTP, settings: Settings) -> str:
    server.ehlo()
    is_here = is_loopback(settings.smtp_host)
    if server.has_extn("starttls") and not is_here:
        server.starttls(context=ssl.create_default_context())
        server.ehlo()
    elif not is_here and settings.smtp_port != TLS_PORT:
        return OPEN
    if settings.smtp_user:
        server.login(settings.smtp_user, settings.smtp_password)
    return ""
