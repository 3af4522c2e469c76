"""What canceling a date poll does to emails and replies, in words for its organizer."""

from collections.abc import Iterable

from msgspec import Struct

from tracker.rules.core.wording import plural
from tracker.rules.events.notifications import NO_MAIL
from tracker.rules.polls.polls import Respondent


def lost_words(people: Iterable[Respondent]) -> str:
    """Return what asking again does to the replies of these people to a canceled poll; empty when no one replied."""
    replied = len([one for one in people if one.role.is_asked and one.has_replied])
    return f"Asking again deletes the replies of {plural(replied, 'person', 'people')}." if replied else ""


class Cancellation(Struct, frozen=True, kw_only=True):
    """What a cancellation does, as the organizer reads it before, and hears it after."""

    notified: int
    """People who get an email that the poll is canceled."""
    unsent: int
    """Emails that ask for replies, still wait, and are not sent."""
    replied: int
    """People who were asked and have replied."""

    @property
    def mail_words(self) -> tuple[str, ...]:
        """Return who gets an email, and which emails aren't sent, one sentence each."""
        emails = f"{plural(self.notified, 'person', 'people')} will get an email that it’s canceled."
        waiting = plural(self.unsent, "email that asks for a reply waits", "emails that ask for a reply wait")
        return (emails if self.notified else NO_MAIL, *([f"{waiting} and won’t be sent."] if self.unsent else []))

    @property
    def reply_words(self) -> str:
        """Return what becomes of the replies."""
        if not self.replied:
            return "No one has replied."
        people = plural(self.replied, "person’s replies are", "people’s replies are")
        return f"{people} kept for you to read. They’re deleted when you ask again or discard the draft."
