"""The email about emergency access: it says nothing but to sign in."""

from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.content import Button, ButtonName, Letter, SitePage
from tracker.rules.emails.contexts import EmergencyAccessEmail
from tracker.rules.emails.facts import Footer


def used(reader: Viewer, page: str, footer: Footer) -> Letter:
    """Return the email to a coordinator, or to the lead of an operation; `page` is where to read on."""
    return Letter(
        says=EmergencyAccessEmail(),
        to=reader.email,
        to_name=reader.name,
        thread=reader.member_id,
        facts=(),
        buttons=(Button(name=ButtonName.SIGN_IN, target=SitePage(path=page)),),
        footer=footer,
    )
