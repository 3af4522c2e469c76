"""The thank-you after a date, to people who were marked present: its limits and its email."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from tracker.rules.actions.action_items import ActionItem, ItemStatus
from tracker.rules.calendars.feeds import APPOINTMENT
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wall_clock import to_local
from tracker.rules.core.wording import long_day, plural, short_day
from tracker.rules.emails.discreet import discreet_restricted_email
from tracker.rules.emails.emails import (
    Button,
    ButtonName,
    Email,
    Fact,
    FactName,
    Facts,
    Footer,
    SitePage,
    mark_email,
    one_line,
)
from tracker.rules.emails.template_values import ThankYouEmail
from tracker.rules.events.events import Occurrence

UNDO_FOR = timedelta(seconds=20)
"""How long a thank-you waits before it leaves, so that the person who sent it can undo it."""
AFTER_CLOSING = timedelta(hours=1)
"""How long after attendance is closed an event's own thank-you is sent: time to correct a mark."""
OF_USE = timedelta(days=7)
"""How long after it was asked for it is still of use."""
LISTED = 10  # action items of each sort
THANK_YOU_LEFT = "It’s too late to undo this. A thank-you may have gone out."
NO_ONE = "No one marked present can get a thank-you by email."
ONLY_THEY_THANK = "Only the organizer, the committee’s chair, or a coordinator can send a thank-you."


class SentThankYou(Struct, frozen=True, kw_only=True):
    """The thank-you that was sent about a date, or waits."""

    at: datetime
    people: int


def sent_thank_you_words(sent: SentThankYou, zone: str, today: date) -> str:
    """Return "Thank-you to 5 people, Thu, Dec 10."; the day it was sent, in `zone`."""
    return f"Thank-you to {plural(sent.people, 'person', 'people')}, {short_day(to_local(sent.at, zone), today)}."


def thank_you_email(reader: Viewer, occurrence: Occurrence, items: Sequence[ActionItem], today: date) -> Email:
    """Return the thank-you to one person; `items` are those of the date that they may see."""
    event = occurrence.event
    shown = [
        action_item
        for action_item in items
        if not action_item.is_restricted and action_item.status is not ItemStatus.CANCELED
    ]
    own = [action_item for action_item in shown if action_item.owner_id == reader.member_id]
    others = [action_item for action_item in shown if action_item.owner_id != reader.member_id]
    letter = Email(
        says=ThankYouEmail(
            title=APPOINTMENT if reader.is_discreet else one_line(occurrence.title),
            day=short_day(to_local(occurrence.starts_at, event.zone), today),
            organizer="" if reader.is_discreet else one_line(event.lead),
            own=0 if reader.is_discreet else len(own),
            others=0 if reader.is_discreet else len(others),
        ),
        to=reader.email,
        to_name=reader.name,
        thread=event.id,
        facts=(
            Fact(name=FactName.WHAT, value=one_line(occurrence.title)),
            Fact(name=FactName.WHEN, value=long_day(to_local(occurrence.starts_at, event.zone))),
            *_listed(FactName.OWN_ITEM, [_own(action_item, today) for action_item in own]),
            *_listed(FactName.OTHER_ITEM, [_other(action_item, today) for action_item in others]),
        ),
        buttons=(Button(name=ButtonName.EVENT, target=SitePage(path=f"/events/{event.id}/{occurrence.key}")),),
        footer=Footer.PRESENT,
    )
    if reader.is_discreet:
        return discreet_restricted_email(replace(letter, facts=()), f"/events/{event.id}/{occurrence.key}")
    return mark_email(letter, event.marking)


def _own(item: ActionItem, today: date) -> str:
    return f"{item.reference}, {one_line(item.title)}, {_due(item, today)}"


def _other(item: ActionItem, today: date) -> str:
    return f"{item.reference}, {one_line(item.title)}, {one_line(item.owner)} ({item.agency}), {_due(item, today)}"


def _due(item: ActionItem, today: date) -> str:
    return f"due {short_day(item.due, today)}" if item.is_open else item.status.label.lower()


def _listed(name: FactName, words: list[str]) -> Facts:
    more = [f"and {len(words) - LISTED} more"] if len(words) > LISTED else []
    return tuple(Fact(name=name, value=one) for one in (*words[:LISTED], *more))
