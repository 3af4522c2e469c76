"""For which dates people are thanked: those that were held, and that an email to everyone who was there may name."""

from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import EventStatus, Kind, Occurrence, may_edit


def is_thanked_for(occurrence: Occurrence) -> bool:
    """Return whether people can be thanked for a date.

    It was held, and its attendance is closed. A thank-you for an operation, or for an event for named people, could
    only ask its reader to sign in, so none is sent.
    """
    event = occurrence.event
    is_named = event.is_restricted or event.kind is Kind.JOINT_OPERATION
    is_held = not occurrence.is_off and event.status is not EventStatus.DRAFT and event.kind.asks_reply
    return occurrence.attendance_closed_at is not None and is_held and not is_named


def may_thank(viewer: Viewer, occurrence: Occurrence) -> bool:
    """Return whether the viewer may thank the people of a date: people who may change the event may."""
    return may_edit(viewer, occurrence.event) and is_thanked_for(occurrence)


def why_no_thanks(occurrence: Occurrence) -> str:
    """Return why no one can be thanked for a date that the viewer may edit."""
    event = occurrence.event
    if event.is_restricted or event.kind is Kind.JOINT_OPERATION:
        return "Thank-yous aren’t sent for operations or events for named participants."
    if occurrence.is_off or event.status is EventStatus.DRAFT or not event.kind.asks_reply:
        return "There’s no one to thank for this date."
    return "Close attendance first. A thank-you goes to people who were marked present."
