"""What the tests of the email port share: settings, a composer, a delivery to a server of their own."""

from datetime import datetime
from typing import Any

from tests.cast import SECRET
from tracker.config.settings import Settings
from tracker.crypto.signed_links import Links
from tracker.ports.mail.compose import EmailComposer
from tracker.ports.mail.delivery import Delivery

LINKS = Links(b"k" * 32)
ELSEWHERE = "127.1"
"""A name that leads to this machine and does not say so: like any other name, it may be that of another machine."""


def smtp_settings(**other: Any) -> Settings:
    """Return settings of a task force with an address of its own."""
    given = {
        "secret": SECRET,
        "base_url": "https://tracker.example",
        "mail_from": "calendar@tracker.example",
        "coordinator_address": "coordinator@tracker.example",
        **other,
    }
    return Settings(**given)


def composer(**other: Any) -> EmailComposer:
    return EmailComposer(smtp_settings(**other), LINKS)


def delivery(port: int, now: datetime) -> Delivery:
    """Return a delivery to a server on loopback, at a fixed moment."""
    return Delivery(smtp_settings(smtp_port=port), composer(), lambda: now)
