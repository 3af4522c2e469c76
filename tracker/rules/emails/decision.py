"""The emails about decisions that an operation waits for: they say nothing but to sign in."""

from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.content import Button, ButtonName, Letter, SitePage
from tracker.rules.emails.contexts import DecisionMadeEmail, DecisionNeededEmail
from tracker.rules.emails.facts import Footer


def needed(reader: Viewer, page: str) -> Letter:
    """Return the email to a person who decides; `page` is where to read on."""
    return _letter(reader, DecisionNeededEmail(), page, Footer.OFFICER)


def made(reader: Viewer, page: str) -> Letter:
    """Return the email to the person who asked for the decision; `page` is where to read on."""
    return _letter(reader, DecisionMadeEmail(), page, Footer.OPERATION)


def _letter(reader: Viewer, says: DecisionNeededEmail | DecisionMadeEmail, page: str, footer: Footer) -> Letter:
    return Letter(
        says=says,
        to=reader.email,
        to_name=reader.name,
        thread=reader.member_id,
        facts=(),
        buttons=(Button(name=ButtonName.SIGN_IN, target=SitePage(path=page)),),
        footer=footer,
    )
