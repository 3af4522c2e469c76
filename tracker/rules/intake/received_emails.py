"""What comes in by email: bounces, and what is kept of an email."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.rules.core.clean_text import clean
from tracker.rules.core.wording import Worded
from tracker.rules.intake.calendar_replies import CalendarReply, Sender, TaskReply

MOST_EMAILS_AN_HOUR = 60
"""From one address, counted apart for those that the mail server confirmed: a forger holds up no one's own emails. Of
bounces, about one message. Also to one invitation, or to one person about one action item, from senders that were not
confirmed: they choose what address they send from."""
ONE_HOUR = timedelta(hours=1)
UNRECORDED_FOR = timedelta(days=90)
"""Of an email that changed nothing: who sent it, and what it said to people who decide about it."""
RECORDED_FOR = timedelta(days=365)
"""Of one that changed something, so that the same email again changes nothing; and of bounces.

A reply is kept longer while its event isn't over by as much: an older one that comes late must not count.
"""
SenderAddress = NewType("SenderAddress", str)
"""The address in From of an email that came to none of our addresses."""


class Fate(StrEnum):
    """What a bounce says of its email."""

    FAILED = "failed"
    """It came back for good."""
    DELAYED = "delayed"
    """Mail servers keep trying."""
    UNCLEAR = "unclear"
    """It is no bounce (an out-of-office message, for example), or none that could be read."""


class Cause(Worded):
    """Why an email came back, in a sentence, and another one that says what to do."""

    def __init__(self, _value: str, _label: str = "", advice: str = "") -> None:
        self.advice = advice

    NO_ADDRESS = ("no_address", "The address doesn’t exist.", "Ask for the right address, and correct it.")
    MAILBOX_FULL = ("mailbox_full", "The mailbox is full.", "Call them, and ask them to make room in their mailbox.")
    MAILBOX_OFF = ("mailbox_off", "The mailbox is turned off.", "Call them, and ask which address they use now.")
    UNREACHABLE = (
        "unreachable",
        "Their email server couldn’t be reached.",
        "Check what comes after the @. If it’s right, ask their IT staff whether email reaches them.",
    )
    REFUSED = (
        "refused",
        "Their email server doesn’t accept email from ours.",
        "Ask their IT staff to accept email from the tracker’s address.",
    )
    """Their mail server doesn't take emails from ours."""
    CONTENT = (
        "content",
        "Their email server refused an email for its size or content.",
        "Ask their IT staff why their email server refuses it.",
    )
    """It doesn't take an email like this one: too large, for example."""
    UNKNOWN = ("unknown", "The email server gave no reason that we could read.", "Check the address with them.")


class Bounce(Struct, frozen=True, kw_only=True):
    """What was read of a bounce."""

    fate: Fate
    cause: Cause = Cause.UNKNOWN
    status: str = ""
    """An enhanced status code, like 5.1.1; empty when there is none."""
    words: str = ""
    """What the mail server said, in one line."""

    @property
    def counts(self) -> bool:
        """Return whether it is a permanent failure of the address.

        An email that came back with 4.x.x failed for a reason that may pass.
        """
        return self.fate is Fate.FAILED and not self.status.startswith("4") and self.cause not in OF_THE_EMAIL

    @property
    def reason(self) -> str:
        """Return why the email didn't arrive, for the list of messages."""
        return self.words or self.cause.label


UNCLEAR = Bounce(fate=Fate.UNCLEAR)


class ReceivedEmail(Struct, frozen=True, kw_only=True):
    """What was read of one email."""

    name: str
    """Made of its Message-ID and the address that it came to: 64 hexadecimal digits, the same each time it comes."""
    received_at: datetime
    invitation_id: UUID | None
    """Whose replies its address reads; None for an address that is no invitation's."""
    sender: Sender
    is_automatic: bool = False
    """Whether a machine wrote it (RFC 3834)."""
    is_readable: bool = True
    replies: tuple[CalendarReply, ...] = ()
    task: TaskReply | None = None
    """What a calendar program says of a task; then it has no other replies."""
    message_id: UUID | None = None
    """The message that it replies to, by its address; None for any other address."""
    text: str = ""
    """What people read in it, as plain text: its beginning, with what their program quoted."""
    bounced_id: UUID | None = None
    """The message whose bounces its address reads; None for any other address."""
    bounce: Bounce = UNCLEAR
    """What it says of that message."""


FAILURES = 3
"""How many emails have to come back before sending to their address pauses."""
COUNTED_FOR = timedelta(days=90)
LONGEST_SERVER_WORDS = 150  # characters that are kept of what a mail server said
LONGEST_TEXT = 8_000  # characters of an email in which its reason is looked for
VAGUE = frozenset({"3.0", "4.1"})
"""Said of an address that doesn't exist, too (Exchange Online says 5.4.1): there, the words decide."""
_NO_ADDRESS = (
    r"unknown (?:or illegal )?(?:user|recipient|address|account|local|alias)",
    r"(?:user|recipient|addressee|address|mailbox) (?:is )?(?:unknown|unavailable|not found)",
    r"no (?:such|mailbox)|n[o'’]t exist|recipient (?:address )?rejected",
    r"valid (?:recipient|mailbox|address|final)|not listed|unrouteable|not (?:a )?(?:valid|known)",
)
_UNREACHABLE = r"timed out|timeout|refused|(?:host|domain)\S{0,80} (?:unknown|not found)|unreachable|no route"
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d)\.(\d{1,3})(?![.\d])", re.ASCII)
_IN_TEXT = re.compile(r"(?:\b[45]\d\d[ -]#?|[#(\[]|status:? )([45]\.\d\.\d{1,3})(?![.\d])", re.ASCII | re.IGNORECASE)
_REPLY = re.compile(r"(?<![\w.-])([45])[0-5]\d[ -](?=[^\s\d])", re.ASCII)
_GIVEN_UP = re.compile(r"permanent|g(?:iven|iving) up|not going to try|fatal error|failure noti", re.IGNORECASE)
_TRYING = re.compile(
    r"delayed|warning|temporar|retr(?:y|ied)|still trying|not yet been|keep trying|will (?:continue|try)", re.IGNORECASE
)
_FAILURES = (
    r"n[o'’]t (?:be |been |able to (?:be )?)?(?:deliver|sen[dt]|reach)|unable to (?:deliver|send)",
    r"undeliver|rejected|failed|failure|delivery (?:problem|error)|returned (?:m|to)|returning",
)
_FAILED = re.compile("|".join(_FAILURES), re.IGNORECASE)
OF_THE_EMAIL = frozenset({Cause.REFUSED, Cause.CONTENT})
"""Causes that say nothing of the address, so that it isn't paused for them."""
OF_A_MAILBOX = frozenset({Cause.NO_ADDRESS, Cause.MAILBOX_FULL, Cause.MAILBOX_OFF})
_OF_STATUS = {
    "1": Cause.NO_ADDRESS,
    "1.7": Cause.REFUSED,  # the sender's address
    "1.8": Cause.REFUSED,
    "2.1": Cause.MAILBOX_OFF,
    "2.2": Cause.MAILBOX_FULL,
    "2.3": Cause.CONTENT,
    "3": Cause.UNREACHABLE,
    "3.4": Cause.CONTENT,
    "4": Cause.UNREACHABLE,
    "6": Cause.CONTENT,
    "7": Cause.REFUSED,
}
"""By the subject of an enhanced status code, or by subject and detail (RFC 3463 §3)."""
_OF_WORDS = (
    (Cause.MAILBOX_FULL, r"mailbox (?:is )?full|quota|insufficient (?:disk|system)? ?(?:space|storage)"),
    (Cause.MAILBOX_OFF, r"disabled|inactive|suspended|no longer"),
    (Cause.NO_ADDRESS, "|".join(_NO_ADDRESS)),
    (Cause.REFUSED, r"spam|blocked|black ?list|block ?list|policy|relay|denied|not authorized|authentication"),
    (Cause.UNREACHABLE, _UNREACHABLE),
)
_ACTIONS = {Fate.FAILED: ("fail", "error"), Fate.DELAYED: ("delay",)}
_CAUSES = tuple((cause, re.compile(words, re.IGNORECASE)) for cause, words in _OF_WORDS)


class DeliveryReport(Struct, frozen=True, kw_only=True):
    """What a delivery status notification says of one recipient (RFC 3464 §2.3); empty where it says nothing."""

    action: str
    status: str
    diagnostic: str


class DeliveryRefusal(Struct, frozen=True, kw_only=True):
    """That the mail server refused a message for good when it was handed over."""

    words: str
    """The reply of the mail server."""
    sent_to: str
    at_recipient: bool
    """Whether it refused the address, and not the email."""

    @property
    def bounce(self) -> Bounce:
        """Return what the reply says."""
        return bounce_of_refusal(self.words, at_recipient=self.at_recipient)


def bounce_of_reports(reports: Sequence[DeliveryReport]) -> Bounce:
    """Return what a delivery status notification says; one failed recipient is enough.

    A message that was passed on to a list can have several recipients. "Delivered", "relayed", and "expanded" are no
    bounces. Some programs write "failure", or "failed (bad mailbox)".
    """
    for fate, actions in _ACTIONS.items():
        for report in reports:
            if report.action.strip().lower().startswith(actions):
                return _bounce(fate, report.status, report.diagnostic.partition(";")[2] or report.diagnostic)
    return UNCLEAR


def bounce_of_text(text: str) -> Bounce:
    """Return what a mail server says in the text of an email, which has no form that all of them use."""
    head = text[:LONGEST_TEXT]
    fate = _fate(head)
    if fate is Fate.UNCLEAR:
        return UNCLEAR
    match = _IN_TEXT.search(head) or _REPLY.search(head)
    if match is None:
        return Bounce(fate=fate, cause=_cause("", head))  # what follows may be the email itself
    # From the beginning of its line to the next empty one.
    words = head[head.rfind("\n", 0, match.start()) + 1 :].replace("\r", "").partition("\n\n")[0]
    return _bounce(fate, "", words)


def bounce_of_refusal(words: str, *, at_recipient: bool) -> Bounce:
    """Return what the reply of a mail server says that refuses an email for good.

    Without a code that says more, a refusal of the recipient is one of the address, any other one is of the email.
    """
    bounce = _bounce(Fate.FAILED, "", words)
    if bounce.cause is not Cause.UNKNOWN:
        return bounce
    return replace(bounce, cause=Cause.NO_ADDRESS if at_recipient else Cause.CONTENT)


def must_pause(failures: Iterable[tuple[UUID, datetime]], now: datetime) -> bool:
    """Return whether sending to an address pauses: three different emails to it came back within 90 days.

    A failure is a message's id, and when it came back for good.
    """
    return len({message_id for message_id, at in failures if now - at < COUNTED_FOR}) >= FAILURES


def _fate(text: str) -> Fate:
    if _GIVEN_UP.search(text):
        return Fate.FAILED
    if _TRYING.search(text):
        return Fate.DELAYED
    code = _IN_TEXT.search(text) or _REPLY.search(text)
    if code:
        return Fate.FAILED if code[1].startswith("5") else Fate.DELAYED
    return Fate.FAILED if _FAILED.search(text) or _by_words(text) in OF_A_MAILBOX else Fate.UNCLEAR


def _bounce(fate: Fate, status: str, words: str) -> Bounce:
    # The code is the one in the words where the status says nothing (5.0.0).
    named, in_words = _STATUS.search(status), _IN_TEXT.search(words)
    code = in_words[1] if in_words else ""
    if named and not (in_words and named[0].endswith(".0.0")):
        code = named[0]
    said = clean(words[:LONGEST_TEXT], LONGEST_TEXT, "words")[:LONGEST_SERVER_WORDS].rstrip()
    return Bounce(fate=fate, cause=_cause(code, words), status=code, words=said)


def _cause(status: str, words: str) -> Cause:
    detail = status[2:]
    by_status = _OF_STATUS.get(detail) or _OF_STATUS.get(detail[:1])
    if by_status and detail not in VAGUE:
        return by_status
    return _by_words(words) or by_status or Cause.UNKNOWN


def _by_words(words: str) -> Cause | None:
    return next((cause for cause, pattern in _CAUSES if pattern.search(words)), None)


class ReturnedEmail(Struct, frozen=True, kw_only=True):
    """An email that came back, or that mail servers still try to deliver."""

    at: datetime
    fate: Fate
    cause: Cause
    is_counted: bool
    message_id: UUID | None
    """None when the viewer may not see the message: then they see that it came back, and not what it was about."""
    said: str
    """What the mail server said; empty when the viewer may not see the message, or it said nothing."""

    @property
    def words(self) -> str:
        """Return why it came back."""
        return self.cause.label


class Undeliverable(Struct, frozen=True, kw_only=True):
    """Emails to a person's address that came back, newest first, since sending to it was last resumed."""

    address: str
    paused_at: datetime | None
    """Since when nothing is sent to it; None = emails are sent."""
    returned: tuple[ReturnedEmail, ...]

    @property
    def failed(self) -> list[ReturnedEmail]:
        """Return the emails that came back for good."""
        return [returned_email for returned_email in self.returned if returned_email.fate is Fate.FAILED]

    @property
    def counted(self) -> list[ReturnedEmail]:
        """Return those for which sending pauses."""
        return [returned_email for returned_email in self.returned if returned_email.is_counted]

    @property
    def last(self) -> ReturnedEmail | None:
        """Return the one that says what to do: of those for which sending is paused, the newest."""
        return next(iter(self.counted if self.paused_at else self.failed), None)

    @property
    def advice(self) -> str:
        """Return what to do."""
        return self.last.cause.advice if self.last else ""


class PausedPerson(Struct, frozen=True, kw_only=True):
    """A person to whom nothing is sent."""

    member_id: UUID
    name: str
    agency: str
