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


def write(occasion: Occasion) -> Letter:
    """Return the email for a message about an event that is not restricted."""
    match occasion.content:
        case Invited():
            return event.invitation(occasion)
        case SubstituteNamed() | SubstituteDeclined() as content:
            is_named = isinstance(content, SubstituteNamed)
            return event.substitute(occasion) if is_named else event.substitute_declined(occasion)
        case ReminderDue() as content:
            return reminder.reminder(occasion, content)
        case ReplyNudge() | ConfirmationNudge() as content:
            return (
                nudge.confirm(occasion, content) if isinstance(content, ConfirmationNudge) else nudge.no_reply(occasion)
            )
        case InvitationAnswered() | ProposalDeclined() as content:
            return answered.of_own(occasion, content)
        case news:
            return _news(occasion, news)


def _news(occasion: Occasion, news: News) -> Letter:
    match news:
        case Changed() | DateAdded() | Restored():
            return changes.update(occasion, news)
        case Canceled():
            return event.cancellation(occasion, news)
        case Removed():
            return event.withdrawal(occasion)
        case SeriesEnded():
            return series.cut_short(occasion, news)
        case SeriesContinued():
            return series.goes_on(occasion)
        case RemovedFromSeries():
            return series.goes_on_without_them(occasion)
