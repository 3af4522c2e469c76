"""The emails about joint operations: they say nothing but that there is something to see after signing in.

They are about decisions that wait, conflicts, people who haven't checked out, emergency access, and readiness notices.
"""

from tracker.rules.core.email_declarations import Content
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.discreet import discreet_email
from tracker.rules.emails.emails import Button, ButtonName, Email, Footer, SitePage
from tracker.rules.emails.event_values import EmailValues
from tracker.rules.emails.template_values import signpost_values


def signpost_email(reader: Viewer, content: Content, page: str, footer: Footer = Footer.OPERATION) -> Email:
    """Return the email of a message that declares only where its words are; `page` is where to read on."""
    return sign_in_email(reader, signpost_values(type(content)), page, footer)


def sign_in_email(reader: Viewer, says: EmailValues, page: str, footer: Footer) -> Email:
    """Return an email whose only button leads to `page`, behind the sign-in."""
    email = Email(
        says=says,
        to=reader.email,
        to_name=reader.name,
        thread=reader.member_id,
        buttons=(Button(name=ButtonName.SIGN_IN, target=SitePage(path=page)),),
        footer=footer,
    )
    return discreet_email(email) if reader.is_discreet else email
