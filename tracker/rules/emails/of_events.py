"""Which email a message about an event makes."""

from tracker.rules.core.message_types import (
    Canceled,
    Changed,
    ConfirmationNudge,
    DateAdded,
    InvitationAnswered,
    Invited,
    News,
    ProposalDeclined,
    ReminderDue,
    Removed,
    RemovedFromSeries,
    ReplyNudge,
    Restored,
    SeriesContinued,
    SeriesEnded,
    SubstituteDeclined,
    SubstituteNamed,
)
from tracker.rules.emails import answered, changes, event, nudge, reminder, series
from tracker.rules.emails.content import Letter
from tracker.rules.emails.parts import Occasion


def write(about: Occasion) -> Letter:
    """Return the email for a message about an event that is not restricted."""
    match about.content:
        case Invited():
            return event.invitation(about)
        case SubstituteNamed() | SubstituteDeclined() as content:
            is_named = isinstance(content, SubstituteNamed)
            return event.substitute(about) if is_named else event.substitute_declined(about)
        case ReminderDue() as content:
            return reminder.reminder(about, content)
        case ReplyNudge() | ConfirmationNudge() as content:
            return nudge.confirm(about, content) if isinstance(content, ConfirmationNudge) else nudge.no_reply(about)
        case InvitationAnswered() | ProposalDeclined() as content:
            return answered.of_own(about, content)
        case news:
            return _news(about, news)


def _news(about: Occasion, news: News) -> Letter:
    match news:
        case Changed() | DateAdded() | Restored():
            return changes.update(about, news)
        case Canceled():
            return event.cancellation(about, news)
        case Removed():
            return event.withdrawal(about)
        case SeriesEnded():
            return series.cut_short(about, news)
        case SeriesContinued():
            return series.goes_on(about)
        case RemovedFromSeries():
            return series.goes_on_without_them(about)
