"""The time that someone proposed for a date, in the form that changes the date."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from tracker.errors import NotFound
from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.pages.core.form_values import id_in
from tracker.ports.pages.events.schedule_values import A_DAY
from tracker.rules.core.wording import local
from tracker.rules.events.event import Event
from tracker.rules.intake.proposals import Proposal
from tracker.usecases.intake import proposals

NONE = UUID(int=0)


class Proposed(Struct, frozen=True, kw_only=True):
    """A proposal that waits, and the texts of the form that it fills in."""

    of: Proposal
    texts: Mapping[str, str]


async def proposed_times(
    viewer: Viewer, proposal: str, event_id: UUID, now: Now, date_id: UUID | None = None
) -> Proposed | None:
    """Return a proposal for a date of an event, or for its only date (None); None when the address names no proposal.

    Errors: NotFound, also for a proposal for another date; Conflict when it no longer waits.
    """
    if not proposal:
        return None
    one, date = await proposals.proposal_to_accept(viewer, id_in(proposal) or NONE, now)
    is_of_date = not date.event.is_series if date_id is None else date.id == date_id
    if date.event.id != event_id or not is_of_date:
        raise NotFound
    texts = texts_of_times(one.made.times, date.event)
    hours = ("starts", "ends") if date.event.is_all_day else ()
    return Proposed(of=one, texts={name: text for name, text in texts.items() if name not in hours})


def texts_of_times(times: tuple[datetime, datetime], event: Event) -> dict[str, str]:
    """Return the fields of a form that say when a date is, on the clocks of its event."""
    starts, ends = (local(one, event.zone) for one in times)
    last = ends - A_DAY if event.is_all_day else ends
    return {
        "date": starts.date().isoformat(),
        "starts": f"{starts:%H:%M}",
        "ends": f"{ends:%H:%M}",
        "last_day": "" if last.date() == starts.date() else last.date().isoformat(),
    }
