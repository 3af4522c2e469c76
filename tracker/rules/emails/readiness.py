"""The email about a service-readiness notice: it says nothing but that there is something to read."""

from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.content import Button, ButtonName, Letter, SitePage
from tracker.rules.emails.contexts import ReadinessEmail
from tracker.rules.emails.facts import Footer
from tracker.rules.operations.readiness import WAITING, Notice


def letter(reader: Viewer, notice: Notice) -> Letter:
    """Return the email to a recipient of a notice."""
    return Letter(
        says=ReadinessEmail(is_new=notice.state in WAITING),
        to=reader.email,
        to_name=reader.name,
        thread=reader.member_id,
        facts=(),
        buttons=(Button(name=ButtonName.SIGN_IN, target=SitePage(path=f"/notices/{notice.id}")),),
        footer=Footer.READINESS,
    )
