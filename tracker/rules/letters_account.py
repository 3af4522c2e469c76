"""What mails about one's own account say; they tell nothing of events and hold no link that lets anybody in."""

from datetime import datetime
from uuid import UUID

from tracker.rules.letters import Button, Letter, SitePage
from tracker.rules.outbox import MessageKind
from tracker.rules.wording import clock, local, longday, zone_word

FOOT = (
    "You get this because it is about your account. Replying to this email reaches the coordinator. "
    "Do not send case or victim details by email."
)
WHY = "Somebody entered a wrong password or code for your account 5 times, so sign-in is paused for 15 minutes."
NOT_YOU = (
    "If it was not you, reply to this email. Your password and your authenticator app have not changed, "
    "and nobody got in by these tries."
)


def locked(member_id: UUID, name: str, email: str, zone: str, paused_at: datetime) -> Letter:
    """Return the letter that tells a member of the pause; `zone` is the task force's."""
    at = local(paused_at, zone)
    return Letter(
        kind=MessageKind.ACCOUNT_LOCKED, to=email, to_name=name, thread=member_id,
        subject="Your sign-in is paused after 5 wrong tries", preview="Was it you? Try again in 15 minutes.",
        heading="Sign-in is paused", facts=(("Since", f"{longday(at)}, {clock(at)} {zone_word(zone)}"),),
        paragraphs=(WHY, "If it was you, try again after that, or ask the coordinator.", NOT_YOU),
        buttons=(Button(label="See where you are signed in", target=SitePage(path="/settings#sessions")),), foot=FOOT,
    )  # fmt: skip
