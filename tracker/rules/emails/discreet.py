"""Emails that reveal little: to readers who chose time-only emails, and about operations, which need a sign-in.

Every word of a time-only email is made from an event of which only the times are known, so that no text can reveal
more.
"""

from collections.abc import Callable
from typing import Any

from msgspec import structs
from msgspec.structs import replace

from tracker.rules.calendars.feeds import APPOINTMENT
from tracker.rules.core.email_declarations import Content
from tracker.rules.core.message_types import (
    Canceled,
    Changed,
    ConfirmationNudge,
    DateAdded,
    EventContent,
    EventNews,
    Invited,
    KnownBefore,
    ProposalDeclined,
    ReplyNudge,
    Restored,
    SeriesEnded,
)
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.emails import Button, ButtonName, CalendarPart, Email, FactName, Footer, SitePage
from tracker.rules.emails.event_parts import EventForReader
from tracker.rules.emails.event_values import EmailValues
from tracker.rules.emails.template_values import signpost_values
from tracker.rules.events.events import TEXTS, Event, Occurrence

SOMEONE = "someone"
"""Replaces the name of the person for whom the reader substitutes."""
KEPT_FACTS = frozenset(
    {
        FactName.WHAT,
        FactName.WHEN,
        FactName.WAS,
        FactName.WAS_UNTIL,
        FactName.NOW,
        FactName.FIRST_DATE,
        FactName.THEN,
        FactName.LAST_DATE,
        FactName.DATES,
        FactName.NOT_ON,
        FactName.MOVED,
        FactName.ALSO_ON,
        FactName.ALSO_ADDED,
        FactName.ALSO_CHANGED,
        FactName.ALSO_CANCELED,
        FactName.ALSO_RESTORED,
        FactName.OWN_TIME,
        FactName.CANCELED,
        FactName.ALL_CANCELED,
        FactName.NEXT,
        FactName.TENTATIVE,
        FactName.CONFIRMED,
        FactName.REPLY_BY,
        FactName.REPLIED,
        FactName.REPLY_KEPT,
        FactName.REPLY_BEFORE_CHANGE,
        FactName.REPLY_MISSING,
        FactName.REPLY_MISSING_FOR_TIME,
        FactName.REPLY_MISSING_FOR_SOME,
        FactName.PROPOSED_TIME,
        FactName.DUE,
        FactName.WAS_DUE,
        FactName.DETAILS,
    }
)
"""The rows that show times and the reader's own reply."""


def discreet_event_email(occasion: EventForReader, make: Callable[[EventForReader], Email]) -> Email:
    """Return the email that `make` writes, about an appointment."""
    event, onward = _nameless_event(occasion.event), _nameless_event(occasion.onward) if occasion.onward else None
    onward_dates = occasion.onward_dates if onward else ()
    appointment = replace(
        occasion,
        event=event,
        date=_nameless_date(event, occasion.date),
        dates=tuple(_nameless_date(event, occurrence) for occurrence in occasion.dates),
        ahead=tuple(_nameless_date(event, occurrence) for occurrence in occasion.ahead),
        replies=None,
        released="",
        delegation=replace(occasion.delegation, name=SOMEONE) if occasion.delegation else None,
        substitution=replace(occasion.substitution, principal=SOMEONE) if occasion.substitution else None,
        onward=onward,
        onward_dates=tuple(_nameless_date(onward or event, occurrence) for occurrence in onward_dates),
        content=_times_only(occasion.content),
    )
    return _without_details(make(appointment), f"/events/{event.id}")


def discreet_restricted_email(letter: Email, page: str = "") -> Email:
    """Return the email about a restricted event, which doesn't even show the time; `page` is where to read on."""
    return _without_details(letter, page or f"/events/{letter.thread}")


def discreet_email(letter: Email) -> Email:
    """Return an email that reveals nothing about an event or item and doesn't name the task force."""
    return replace(letter, footer=Footer.DISCREET, is_discreet=True)


def _without_details(letter: Email, page: str) -> Email:
    part = letter.calendar
    return replace(
        letter,
        facts=tuple(fact for fact in letter.facts if fact.name in KEPT_FACTS),
        buttons=(Button(name=ButtonName.SIGN_IN, target=SitePage(path=page)),),
        more=(),
        footer=Footer.DISCREET,
        reads=None,
        is_discreet=True,
        is_time_only=True,
        calendar=replace(part, is_discreet=True) if isinstance(part, CalendarPart) else part,
    )


def _times_only(content: EventContent) -> EventContent:
    """Return a message without what people wrote: no reason, no place, nothing about what is to be confirmed."""
    bare = content
    if isinstance(content, EventNews | Invited):
        bare = structs.replace(content, also=tuple(structs.replace(also, reason="") for also in content.also))
    if isinstance(content, ProposalDeclined):
        bare = structs.replace(content, comment="")
    match bare:
        case Changed(before=before, also=also) | DateAdded(before=before, also=also):
            return Changed(before=_placeless(before), also=also)
        case Restored(before=before, also=also):
            return Restored(before=_placeless(before), also=also)
        case SeriesEnded(also=also):
            return SeriesEnded(also=also)
        case Canceled():
            return Canceled()
        case ConfirmationNudge():
            return ReplyNudge()
        case _:
            return bare


def _placeless(before: KnownBefore | None) -> KnownBefore | None:
    return structs.replace(before, place="", details={}) if before else None


def _nameless_event(event: Event) -> Event:
    texts: dict[str, Any] = dict.fromkeys(TEXTS, "") | {"title": APPOINTMENT}
    return replace(event, **texts, reference=None, committee=None, lead="", lead_agency="", marking=None)


def _nameless_date(event: Event, date: Occurrence) -> Occurrence:
    return replace(date, event=event, title=APPOINTMENT, place="", agenda="", cancel_reason="")


def signpost_email(reader: Viewer, content: Content, page: str, footer: Footer = Footer.OPERATION) -> Email:
    """Return the email of a message that declares only where its words are; `page` is where to read on."""
    return sign_in_email(reader, signpost_values(type(content)), page, footer)


def sign_in_email(reader: Viewer, says: EmailValues, page: str, footer: Footer) -> Email:
    """Return an email whose only button leads to `page`, behind the sign-in."""
    email = Email(
        says=says,
        to=reader.email,
        to_name=reader.name,
        thread=reader.member_id,
        buttons=(Button(name=ButtonName.SIGN_IN, target=SitePage(path=page)),),
        footer=footer,
    )
    return discreet_email(email) if reader.is_discreet else email
