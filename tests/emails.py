"""Emails as their readers get them, for the tests of what they say."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from tests.cast import ZONE
from tracker.ports.mail.wording import WrittenEmail, button_label, fill_in_email
from tracker.rules.core.message_types import EmailedEntry
from tracker.rules.core.outbox import Message, MessageState, SendOutcome
from tracker.rules.emails.emails import Button, CalendarPart, Email, LinkTarget
from tracker.usecases.core import outbox
from tracker.usecases.emails.emails import write_email


class ReadButton(Struct, frozen=True):
    """A button as it is read, and where it leads."""

    label: str
    target: LinkTarget


class ReadEmail(Struct, frozen=True):
    """An email with the words of its templates."""

    letter: Email
    words: WrittenEmail

    @property
    def to(self) -> str:
        return self.letter.to

    @property
    def subject(self) -> str:
        return self.words.subject

    @property
    def preview(self) -> str:
        return self.words.preview

    @property
    def heading(self) -> str:
        return self.words.heading

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        return self.words.facts

    @property
    def paragraphs(self) -> tuple[str, ...]:
        return self.words.paragraphs

    @property
    def buttons(self) -> tuple[ReadButton, ...]:
        return _read_buttons(self.letter.buttons)

    @property
    def more(self) -> tuple[ReadButton, ...]:
        return _read_buttons(self.letter.more)

    @property
    def calendar(self) -> CalendarPart | EmailedEntry | None:
        return self.letter.calendar

    @property
    def is_discreet(self) -> bool:
        return self.letter.is_discreet

    @property
    def banner(self) -> str:
        return self.letter.banner


def read_email(letter: Email) -> ReadEmail:
    """Return an email as its reader gets it."""
    return ReadEmail(letter, fill_in_email(letter))


def read_result(made: Email | SendOutcome) -> ReadEmail | SendOutcome:
    """Return what became of a message: the email as its reader gets it, or why there is none."""
    return made if isinstance(made, SendOutcome) else read_email(made)


async def send_due_messages(now: datetime) -> list[tuple[Message, Email | SendOutcome]]:
    """Send what is due, as the dispatcher does, and return each message with its email, or why there is none."""
    sent = []
    for message in await outbox.claim_messages("test", (), now, 1_000):
        written = await write_email(message, now, ZONE)
        is_skipped = isinstance(written, SendOutcome)
        outcome = written if is_skipped else SendOutcome(state=MessageState.SENT, reason="", said=written.said)
        await outbox.close_message(message, outcome, now)
        sent.append((message, written))
    return sent


def _read_buttons(buttons: Iterable[Button]) -> tuple[ReadButton, ...]:
    return tuple(ReadButton(button_label(one.name, one.of), one.target) for one in buttons)
