"""The email that reports that the audit log was altered."""

from datetime import datetime

from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.account import moment_words
from tracker.rules.emails.content import Button, ButtonName, Letter, SitePage
from tracker.rules.emails.contexts import AuditLogAlteredEmail
from tracker.rules.emails.facts import Fact, FactName, Footer


def broken(reader: Viewer, zone: str, found_at: datetime) -> Letter:
    """Return the email to a reader of the audit log; it names no entry, because not every reader may know of each."""
    return Letter(
        says=AuditLogAlteredEmail(),
        to=reader.email,
        to_name=reader.name,
        thread=reader.member_id,
        facts=(Fact(name=FactName.FOUND, value=moment_words(found_at, zone)),),
        buttons=(Button(name=ButtonName.AUDIT_LOG, target=SitePage(path="/audit")),),
        footer=Footer.AUDIT,
    )
