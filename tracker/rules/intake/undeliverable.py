"""What people see of an address from which emails come back: since when it is paused, why, and what to do."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from tracker.rules.intake.bounces import ADVICE, CAUSE_WORDS, Cause, Fate


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
        return CAUSE_WORDS[self.cause]


class Undeliverable(Struct, frozen=True, kw_only=True):
    """Emails to a person's address that came back, newest first, since sending to it was last resumed."""

    address: str
    paused_at: datetime | None
    """Since when nothing is sent to it; None = emails are sent."""
    returned: tuple[ReturnedEmail, ...]

    @property
    def failed(self) -> list[ReturnedEmail]:
        """Return the emails that came back for good."""
        return [one for one in self.returned if one.fate is Fate.FAILED]

    @property
    def counted(self) -> list[ReturnedEmail]:
        """Return those for which sending pauses."""
        return [one for one in self.returned if one.is_counted]

    @property
    def last(self) -> ReturnedEmail | None:
        """Return the one that says what to do: of those for which sending is paused, the newest."""
        return next(iter(self.counted if self.paused_at else self.failed), None)

    @property
    def advice(self) -> str:
        """Return what to do."""
        return ADVICE[self.last.cause] if self.last else ""


class PausedPerson(Struct, frozen=True, kw_only=True):
    """A person to whom nothing is sent."""

    member_id: UUID
    name: str
    agency: str
