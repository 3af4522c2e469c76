"""The emails about a conflict between operations: they say nothing but that there is something to see."""

from tracker.rules.core.message_types import ConflictFound
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.content import Button, ButtonName, Letter, SitePage
from tracker.rules.emails.contexts import (
    ComparisonsReportedEmail,
    ConflictChangedEmail,
    ConflictEndedEmail,
    ConflictFoundEmail,
    Says,
)
from tracker.rules.emails.facts import Footer


def found(reader: Viewer, content: ConflictFound, page: str) -> Letter:
    """Return the email to the lead of one of the operations, or to an officer; `page` is where to read on."""
    footer = Footer.OFFICER if content.for_officer else Footer.OPERATION
    return _letter(reader, ConflictFoundEmail(for_officer=content.for_officer), page, footer)


def ended(reader: Viewer, page: str) -> Letter:
    """Return the email to the lead of one of the operations that it has ended; `page` is where to read on."""
    return _letter(reader, ConflictEndedEmail(), page, Footer.OPERATION)


def changed(reader: Viewer, page: str) -> Letter:
    """Return the email to the lead of one of the operations that it is to be decided again; `page` is where."""
    return _letter(reader, ConflictChangedEmail(), page, Footer.OPERATION)


def many_comparisons(reader: Viewer, page: str) -> Letter:
    """Return the email to an officer that someone compared many places; `page` is where to read on."""
    return _letter(reader, ComparisonsReportedEmail(), page, Footer.OFFICER)


def _letter(reader: Viewer, says: Says, page: str, footer: Footer) -> Letter:
    return Letter(
        says=says,
        to=reader.email,
        to_name=reader.name,
        thread=reader.member_id,
        facts=(),
        buttons=(Button(name=ButtonName.SIGN_IN, target=SitePage(path=page)),),
        footer=footer,
    )
