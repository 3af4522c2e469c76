"""The mail that says that the audit log is not as it was written."""

from datetime import datetime
from uuid import UUID

from tracker.rules.core.outbox import MessageKind
from tracker.rules.core.wording import clock, local, longday, zone_word
from tracker.rules.emails.content import Button, Letter, SitePage

WHAT = "The audit log was verified, and an entry was changed, removed or added from outside."
DO = "Keep the database as it is. Ask whoever runs the server to compare it with a backup, and who had access to it."
FOOT = "You get this because you are a coordinator or an auditor. Do not send case or victim details by email."


def broken(member_id: UUID, name: str, email: str, zone: str, found_at: datetime) -> Letter:
    """Return the letter to one who reads the trail; it names no entry, for not everybody may know of each."""
    at = local(found_at, zone)
    return Letter(
        kind=MessageKind.TRAIL_BROKEN,
        to=email,
        to_name=name,
        thread=member_id,
        subject="The audit log was changed",
        preview="Somebody must look at it now.",
        heading="The audit log is not as it was written",
        facts=(("Found", f"{longday(at)}, {clock(at)} {zone_word(zone)}"),),
        paragraphs=(WHAT, DO),
        buttons=(Button(label="Open the audit log", target=SitePage(path="/audit")),),
        foot=FOOT,
    )
