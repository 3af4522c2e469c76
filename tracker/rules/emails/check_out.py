"""The email that someone hasn't checked out of an operation: it says nothing but that there is something to see."""

from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.content import Button, ButtonName, Letter, SitePage
from tracker.rules.emails.contexts import CheckOutMissingEmail
from tracker.rules.emails.facts import Footer


def missing(reader: Viewer, page: str) -> Letter:
    """Return the email to the lead of the operation; `page` is where to read on."""
    return Letter(
        says=CheckOutMissingEmail(),
        to=reader.email,
        to_name=reader.name,
        thread=reader.member_id,
        facts=(),
        buttons=(Button(name=ButtonName.SIGN_IN, target=SitePage(path=page)),),
        footer=Footer.OPERATION,
    )
