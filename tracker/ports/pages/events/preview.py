"""What forms show before they are saved: the effects on emails, replies, reminders and feeds."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from tracker.database import surviving_failures
from tracker.errors import Conflict, Invalid, NotAllowed
from tracker.ports.pages.core.form_values import FormValues
from tracker.ports.pages.core.sheets import WordedChange, form_record
from tracker.ports.pages.events.schedule_form import notify_in, read_plan
from tracker.rules.core.viewers import Viewer
from tracker.rules.events import notifications
from tracker.rules.events.event import Event, EventStatus
from tracker.rules.events.notifications import Notify
from tracker.rules.events.plan import Plan
from tracker.rules.events.undo import UNDO_FOR
from tracker.rules.views.impact import Consequences, no_consequences
from tracker.usecases.events import events, series_split
from tracker.usecases.events.form_options import Choices, EditImpact
from tracker.usecases.views.preview import Deed, dry_run


class Editing(NamedTuple):
    """What a form that changes a known event carries beside its fields."""

    event: Event
    version: int
    was: str
    edit_impact: EditImpact
    shown: Plan
    """What the form shows before anything is edited."""
    changes: Sequence[WordedChange] | None = None
    """What another person saved meanwhile; None when no one did."""

    @property
    def first_key(self) -> str:
        """Return the name of the first date of the series that changes; empty when the whole series does."""
        return self.edit_impact.first.key if self.edit_impact.first else ""

    def is_as_opened(self, form: FormValues) -> bool:
        """Return whether the form shows the event unchanged, so that there is no effect to compute."""
        return self.event.status is not EventStatus.DRAFT and self.was == form_record(form)


class Foreseen(NamedTuple):
    """The effect of a change, or why it can't be made as it is."""

    outcome: Consequences | None = None
    hindrance: str = ""
    wrong: Invalid | None = None
    """Which fields of a form hinder it, where they do."""
    unheard: str = ""
    """What it means that people get no email, where they would get one by the usual choice."""


async def change(
    viewer: Viewer,
    editing: Editing,
    plan: Plan,
    version: int,
    now: datetime,
    *,
    notify: Notify,
    reauthenticated_at: datetime,
) -> UUID:
    """Save what a form describes, for all dates or from one on. Errors: as in the use case that it calls."""
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
    """Return what sending the form of an event would do, or what prevents it.

    A form that can't be saved is not tried, so it waits for no lock; nor is any form without `is_tried`.
    """
    event = editing.event if editing else None
    if editing and editing.is_as_opened(form):
        return Foreseen(no_consequences())
    try:
        plan = read_plan(form.but({"save": "send", "find": ""}), offered, zone, event)
    except Invalid as unfit:
        return Foreseen(hindrance=unfit.sentence, wrong=unfit)
    if not is_tried:
        return Foreseen()

    async def deed() -> UUID:
        if editing is None:
            return await events.schedule(viewer, plan, now, notified_at=now + UNDO_FOR)
        notify = notify_in(form)
        # A preview shows the effect of sending; opening a restricted event asks to confirm identity when it is sent.
        return await change(viewer, editing, plan, editing.event.version, now, notify=notify, reauthenticated_at=now)

    found = await foreseen(viewer, event.id if event else None, deed, now)
    if editing is None or notify_in(form) is not Notify.NO_ONE:
        return found
    return found._replace(unheard=_unheard(editing, plan))


def _unheard(editing: Editing, plan: Plan) -> str:
    staying = notifications.asked(editing.edit_impact.invited) & frozenset(plan.invitees)
    return notifications.unheard_words(len(staying), plan, editing.shown)


async def of_deed(
    viewer: Viewer, event_id: UUID | None, deed: Deed, now: datetime, *, date_id: UUID | None = None
) -> Consequences | None:
    """Return the effect of a change; None when it can't be made now, or the database can't be written."""
    return (await foreseen(viewer, event_id, deed, now, date_id=date_id)).outcome


async def foreseen(
    viewer: Viewer, event_id: UUID | None, deed: Deed, now: datetime, *, date_id: UUID | None = None
) -> Foreseen:
    """Return the effect of a change, or why it can't be made; neither while the database can't be written.

    `date_id` is the only date that it changes.
    """
    found = Foreseen()
    with surviving_failures():
        try:
            found = Foreseen(await dry_run(viewer, event_id, deed, now, date_id=date_id))
        except (Invalid, Conflict, NotAllowed) as hindered:
            found = Foreseen(hindrance=hindered.sentence)
    return found
