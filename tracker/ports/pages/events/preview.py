"""What forms say before they are saved: what their deed would do to mails, answers, reminders and feeds."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple
from uuid import UUID

from tracker.database import surviving_failures
from tracker.errors import Conflict, Invalid, NotAllowed
from tracker.ports.pages.core.edit_conflicts import ChangeInWords, record
from tracker.ports.pages.core.form_values import FormValues
from tracker.ports.pages.events.schedule_form import read_plan
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Event, EventStatus
from tracker.rules.events.plan import Plan
from tracker.rules.events.undo import UNDO_FOR
from tracker.rules.views.impact import Consequences, of_nothing
from tracker.usecases.events import events, series_split
from tracker.usecases.events.form_options import Choices, EditImpact
from tracker.usecases.views.preview import Deed, dry_run


class Editing(NamedTuple):
    """What a form that changes a known event carries beside its fields."""

    event: Event
    version: int
    was: str
    edit_impact: EditImpact
    changes: Sequence[ChangeInWords] | None = None
    """What somebody else saved meanwhile; None when nobody did."""

    @property
    def first_key(self) -> str:
        """Return the name of the date from which on the series changes; empty when it is all of it."""
        return self.edit_impact.first.key if self.edit_impact.first else ""

    def is_as_opened(self, form: FormValues) -> bool:
        """Whether a form to change what people know of shows it as it is, so that nothing need be tried.

        A series that changes from a date on is another one from there, even if nothing of it is typed anew.
        """
        return self.event.status is not EventStatus.DRAFT and not self.first_key and self.was == record(form)


class Foreseen(NamedTuple):
    """What a deed would do, or why it cannot be done as it stands."""

    outcome: Consequences | None = None
    hindrance: str = ""


async def change(
    viewer: Viewer,
    editing: Editing,
    plan: Plan,
    version: int,
    now: datetime,
    *,
    notify: bool,
    reauthenticated_at: datetime,
) -> UUID:
    """Save what a form describes, for all dates or from one on. Errors: as in `meetings.change`."""
    event_id = editing.event.id
    if key := editing.first_key:
        return await series_split.change_from(
            viewer, event_id, key, plan, version, now, notify=notify, reauthenticated_at=reauthenticated_at
        )
    return await events.change(
        viewer, event_id, plan, version, now, notify=notify, reauthenticated_at=reauthenticated_at
    )


async def of_form(
    viewer: Viewer,
    form: FormValues,
    offered: Choices,
    zone: str,
    editing: Editing | None,
    now: datetime,
    *,
    is_tried: bool,
) -> Foreseen:
    """Return what happens when the form of an event is sent as it is, or what is still in the way of it.

    A form that cannot be saved is not tried, so that it waits for nobody; nor is any without `is_tried`.
    """
    event = editing.event if editing else None
    if editing and editing.is_as_opened(form):
        return Foreseen(of_nothing())
    try:
        plan = read_plan(form.but({"save": "send"}), offered, zone, event)
    except Invalid as unfit:
        return Foreseen(hindrance=unfit.sentence)
    if not is_tried:
        return Foreseen()

    async def deed() -> UUID:
        if editing is None:
            return await events.schedule(viewer, plan, now, notified_at=now + UNDO_FOR)
        is_told = bool(form["notify"])
        # A preview shows what sending would do; whoever opens a restricted event is asked to confirm when they send it.
        return await change(viewer, editing, plan, editing.event.version, now, notify=is_told, reauthenticated_at=now)

    return await _tried(viewer, event.id if event else None, deed, now)


async def of_deed(viewer: Viewer, event_id: UUID | None, deed: Deed, now: datetime) -> Consequences | None:
    """Return what a deed would do; None when it cannot be done now, or nothing can be written."""
    return (await _tried(viewer, event_id, deed, now)).outcome


async def of_each(
    viewer: Viewer, event_id: UUID, deeds: Mapping[str, Callable[[datetime], Awaitable[None]]], now: datetime
) -> dict[str, Consequences | None]:
    """Return what each of some deeds would do, under its words."""
    return {words: await of_deed(viewer, event_id, partial(deed, now), now) for words, deed in deeds.items()}


async def _tried(viewer: Viewer, event_id: UUID | None, deed: Deed, now: datetime) -> Foreseen:
    """Return what a deed would do, or why not; neither while nothing can be written."""
    found = Foreseen()
    with surviving_failures():
        try:
            found = Foreseen(await dry_run(viewer, event_id, deed, now))
        except (Invalid, Conflict, NotAllowed) as hindered:
            found = Foreseen(hindrance=hindered.sentence)
    return found
