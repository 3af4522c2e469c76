"""The email that reports a conflict between operations: it says nothing but that there is something to see."""

from tracker.rules.core.message_types import ConflictFound
from tracker.rules.core.viewer import Viewer
from tracker.rules.emails.content import Button, ButtonName, Letter, SitePage
from tracker.rules.emails.contexts import ConflictFoundEmail
from tracker.rules.emails.facts import Footer


def found(reader: Viewer, content: ConflictFound, page: str) -> Letter:
    """Return the email to the lead of one of the operations, or to an officer; `page` is where to read on."""
    return Letter(
        says=ConflictFoundEmail(for_officer=content.for_officer),
        to=reader.email,
        to_name=reader.name,
        thread=reader.member_id,
        facts=(),
        buttons=(Button(name=ButtonName.SIGN_IN, target=SitePage(path=page)),),
        footer=Footer.OFFICER if content.for_officer else Footer.OPERATION,
    )
