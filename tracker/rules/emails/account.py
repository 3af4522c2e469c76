"""What mails about one's own account say; they tell nothing of events, and only an invitation holds a way in."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tracker.rules.core.outbox import MessageKind
from tracker.rules.core.wording import clock, day, local, longday, zone_word
from tracker.rules.emails.content import Button, InvitationPage, Letter, SitePage

FOOT = (
    "You get this because it is about your account. Replying to this email reaches the coordinator. "
    "Do not send case or victim details by email."
)
WHY = "Somebody entered a wrong password or code for your account 5 times, so sign-in is paused for 15 minutes."
NOT_YOU = (
    "If it was not you, reply to this email. Your password and your authenticator app have not changed, "
    "and nobody got in by these tries."
)
INVITED = (
    "The button opens a page where you confirm. Then you set up an authenticator app, so have your phone at hand, "
    "and choose a password. The link works once."
)
YOURS_ALONE = "The link is for you alone: whoever uses it becomes you here. Do not forward this email."
UNEXPECTED = "If you did not expect this, do not use the link, and reply to this email."
CALL = "If you did not ask for this, call at once: {}. Somebody may be trying to sign in as you."
NOBODY_ELSE = "the coordinator"


class AccountChange(StrEnum):
    """What a keeper of accounts did to how somebody comes in."""

    SIGN_IN_LINK = "sign_in_link"
    RESET_LINK = "reset_link"
    AUTHENTICATOR = "authenticator"
    RELEASE = "release"
    ADDRESS = "address"


DONE = {
    AccountChange.SIGN_IN_LINK: "A link was made that signs you in once",
    AccountChange.RESET_LINK: "A link was made that sets a new password",
    AccountChange.AUTHENTICATOR: "Your authenticator app and your recovery codes were removed",
    AccountChange.RELEASE: "A pause after wrong tries to sign in was ended",
    AccountChange.ADDRESS: "Your email address was replaced by another one",
}


def invited(member_id: UUID, link_id: UUID, name: str, email: str, by: str, until: datetime, zone: str) -> Letter:
    """Return the letter by which somebody new signs in for the first time; `by` invited them, the link ends `until`."""
    ends = local(until, zone)
    return Letter(
        kind=MessageKind.ACCOUNT_INVITATION,
        to=email,
        to_name=name,
        thread=member_id,
        subject="You are invited: set up your account",
        preview=f"The link works once, until {day(ends, ends.date())}.",
        heading="Set up your account",
        facts=(("Invited by", by), ("Good until", f"{longday(ends)}, {clock(ends)} {zone_word(zone)}")),
        paragraphs=(INVITED, YOURS_ALONE, UNEXPECTED),
        buttons=(Button(label="Set up my account", target=InvitationPage(member_id=member_id, link_id=link_id)),),
        foot=FOOT,
    )


def locked(member_id: UUID, name: str, email: str, zone: str, paused_at: datetime) -> Letter:
    """Return the letter that tells a member of the pause; `zone` is the task force's."""
    at = local(paused_at, zone)
    return Letter(
        kind=MessageKind.ACCOUNT_LOCKED,
        to=email,
        to_name=name,
        thread=member_id,
        subject="Your sign-in is paused after 5 wrong tries",
        preview="Was it you? Try again in 15 minutes.",
        heading="Sign-in is paused",
        facts=(("Since", f"{longday(at)}, {clock(at)} {zone_word(zone)}"),),
        paragraphs=(WHY, "If it was you, try again after that, or ask the coordinator.", NOT_YOU),
        buttons=(Button(label="See where you are signed in", target=SitePage(path="/settings#sessions")),),
        foot=FOOT,
    )


def changed(member_id: UUID, facts: Mapping[str, Any], call: str, zone: str, done_at: datetime) -> Letter:
    """Return the letter that tells somebody what another person did to their account.

    `facts` are those of `usecases.account_news`: they hold the address, for it may be the thing that was replaced.
    `call` names whom to call; empty when there is nobody but who did it.
    """
    at = local(done_at, zone)
    return Letter(
        kind=MessageKind.ACCOUNT_CHANGED,
        to=facts["to"],
        to_name=facts["name"],
        thread=member_id,
        subject="Your account was changed",
        preview="Was this agreed with you? If not, please call.",
        heading="Your account was changed",
        facts=(
            ("What", DONE[AccountChange(facts["what"])]),
            ("When", f"{longday(at)}, {clock(at)} {zone_word(zone)}"),
            ("By", facts["by"]),
        ),
        paragraphs=("If you agreed to this, there is nothing to do.", CALL.format(call or NOBODY_ELSE)),
        foot=FOOT,
    )
