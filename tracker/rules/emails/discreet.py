"""What mails say to who reads discreetly: that something is up with an appointment, and when; the rest after sign-in.

Each word is made from an event that knows nothing but its times, so that no text can carry more.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tracker.rules.calendars.feeds import APPOINTMENT
from tracker.rules.emails.content import Button, CalendarPart, Letter, SitePage
from tracker.rules.emails.parts import Occasion
from tracker.rules.events.event import Event, Occurrence
from tracker.rules.events.event_fields import TEXTS

FOOT = "You chose mails that tell the time and nothing else."
SEE = "Sign in to see the details."
NAMED_SUBJECT = f"{APPOINTMENT}: please sign in and reply"
NEWS = "There is news about an appointment"
KEPT_FACTS = frozenset(
    {
        "What",
        "When",
        "Was",
        "Was until",
        "Now",
        "First date",
        "Then",
        "Last date",
        "Dates",
        "Not on",
        "Moved",
        "Also on",
        "Your time",
        "Canceled",
        "Next",
        "Reply by",
        "Your reply",
        "Due",
        "Was due",
        "Details",
    }
)
"""Labels of the lines that tell times and the reader's own reply."""
KEPT_OF_MESSAGE = frozenset(
    {"starts_at", "ends_at", "repeats", "until", "lead_time", "late", "ended", "is_last", "is_off_list", "restored"}
)


def of_event(about: Occasion, make: Callable[[Occasion], Letter]) -> Letter:
    """Return the letter that `make` writes, of an appointment."""
    return _discreet(make(_appointment(about)), f"/events/{about.event.id}")


def of_named_event(letter: Letter) -> Letter:
    """Return the letter about an event for named people, which does not even tell the time."""
    return replace(_discreet(letter, f"/events/{letter.thread}"), subject=NAMED_SUBJECT, preview=SEE, heading=NEWS)


def of_unseen_event(letter: Letter) -> Letter:
    """Return the letter about an event that its reader may not see any more."""
    off = "You are off the list for an appointment"
    return replace(_discreet(letter, ""), subject=off, heading=off)


def of_nothing_more(letter: Letter) -> Letter:
    """Return a letter that tells nothing of an event or item as it is, in a mail that names no task force."""
    return replace(letter, foot=FOOT, is_discreet=True)


def _discreet(letter: Letter, page: str) -> Letter:
    part = letter.calendar
    return replace(
        letter,
        facts=tuple((label, value) for label, value in letter.facts if label in KEPT_FACTS),
        paragraphs=(SEE,) if page else (),
        more=(),
        foot=FOOT,
        is_discreet=True,
        buttons=(Button(label="Sign in", target=SitePage(path=page)),) if page else (),
        calendar=replace(part, is_discreet=True) if isinstance(part, CalendarPart) else part,
    )


def _appointment(about: Occasion) -> Occasion:
    event = _nameless(about.event)
    return replace(
        about,
        event=event,
        date=_of(event, about.date),
        dates=tuple(_of(event, one) for one in about.dates),
        ahead=tuple(_of(event, one) for one in about.ahead),
        replies=None,
        onward=_nameless(about.onward) if about.onward else None,
        facts={name: fact for name, fact in about.facts.items() if name in KEPT_OF_MESSAGE},
    )


def _nameless(event: Event) -> Event:
    texts: dict[str, Any] = dict.fromkeys(TEXTS, "") | {"title": APPOINTMENT}
    return replace(event, **texts, reference=None, committee=None, lead="", lead_agency="", marking=None)


def _of(event: Event, date: Occurrence) -> Occurrence:
    return replace(date, event=event, title=APPOINTMENT, place="", agenda="")
