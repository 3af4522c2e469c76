"""Double bookings: other events at the times of a plan, and how many of its people and dates they take, in words.

The same sentence is where the time is chosen, beside the button that sends, in its preview, and in what follows.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from tracker.rules.core.button_effects import ButtonEffect, Caution
from tracker.rules.core.wording import plural
from tracker.rules.events.plans import Slot

MOST_DATES = 60  # of a series, that are checked for double-booked people
FIND_A_TIME = "#times-h"
"""The part of the form of an event that suggests times."""


class DoubleBooking(Struct, frozen=True, kw_only=True):
    """Another event at one of the times of a plan, and the people it makes double-booked."""

    member_ids: Sequence[UUID]
    starts_at: datetime
    ends_at: datetime
    title: str
    """The other event's title; the viewer may see it."""
    is_marked: bool
    """Whether it is controlled information."""


def double_booked_words(
    bookings: Sequence[DoubleBooking], slots: Sequence[Slot], people: int, *, is_own: bool = False
) -> str:
    """Return how many of the `people` of a plan are double-booked on how many of its dates, or "".

    The organizer counts as one of them; `is_own`: the reader is the organizer.
    """
    taken = {member_id for booking in bookings for member_id in booking.member_ids}
    if not taken:
        return ""
    if people == 1:
        who = "You’re" if is_own else "The organizer is"
    else:
        who = f"{len(taken)} of {people} people {'is' if len(taken) == 1 else 'are'}"
    if len(slots) == 1:
        return f"{who} double-booked."
    dates = sum(
        any(booking.starts_at < ends_at and booking.ends_at > starts_at for booking in bookings)
        for starts_at, ends_at in slots
    )
    every = f"the first {MOST_DATES} dates" if len(slots) == MOST_DATES else plural(len(slots), "date")
    return f"{who} double-booked on {dates} of {every}."


def sending_effect(says: str, plan_words: str = "", *, double_booked: str) -> ButtonEffect:
    """Return what sending or saving an event does.

    First, in red, that people are double-booked, and what a move does to the plan of an operation.
    """
    cautions = (
        Caution(says=double_booked, to=FIND_A_TIME, link="Find another time") if double_booked else None,
        Caution(says=plan_words) if plan_words else None,
    )
    return ButtonEffect(says=says, cautions=tuple(caution for caution in cautions if caution))
