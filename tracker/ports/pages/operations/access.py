"""The need-to-know list of an operation: who may see it, who let them, and requests that wait for a second person."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, get, post

from tracker.errors import Conflict, Invalid, NotAllowed
from tracker.ports.http.dependencies import Now, PathId, PathText, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.choosers import ChosenPerson, read_chosen_person
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_shapes import Day, FormShape, Id, Text, TimeOfDay, form_context
from tracker.ports.pages.core.form_values import FormValues
from tracker.ports.pages.events.date_pages import occurrence_times
from tracker.rules.core.wall_clock import to_utc
from tracker.rules.operations.access import LONGEST_GRANT_REASON, OUTLET_WORDS, GrantState
from tracker.usecases.core import audit
from tracker.usecases.operations import access
from tracker.usecases.operations.access import AccessView, access_view

AT = "/events/{event_id:uuid}/{key:str}/plan/access"


class AccessForm(FormShape, kw_only=True):
    """Who gets access to an operation, why, and until when."""

    person: Annotated[UUID | None, Id("Person")]
    reason: Annotated[str, Text("Why they need to know", LONGEST_GRANT_REASON)]
    until: Annotated[date | None, Day("Last day of access")]
    until_time: Annotated[time | None, TimeOfDay("Time it ends")]

    @classmethod
    def refusals(cls, _: FormValues, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Refuse a time without a day."""
        is_half = values["until"] is None and values["until_time"] is not None
        return [("until", "Enter the day as well.")] if is_half else []

    def ends_at(self, zone: str) -> datetime | None:
        """Return when access ends: at a time of a day, or with the day; None for access that doesn't end by itself."""
        if self.until is None:
            return None
        is_whole_day = self.until_time is None
        day = self.until + timedelta(days=1) if is_whole_day else self.until
        return to_utc(datetime.combine(day, self.until_time or time()), zone)


@get(AT, guards=[signed_in])
async def show_access(event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, now: Now) -> Response[str]:
    """Show who may see the operation."""
    view = await access_view(viewer, event_id, key, now)
    await audit.record_date_read(viewer, view.occurrence, now, plan=view.operation.version)
    return await _shown(pages, view)


@post(AT, guards=[signed_in], status_code=303)
async def post_access(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Add a person, or request it from a second person."""
    view = await access_view(viewer, event_id, key, now)
    person = await _person_in(view, form)
    try:
        typed = AccessForm.read(form.but({"person": person.value}), person=person.error)
        until = typed.ends_at(view.occurrence.event.zone)
        state = await access.give_access(viewer, event_id, typed.person, typed.reason, until, now)
    except Invalid as wrong:
        return await _shown(pages, view, form, wrong)
    except Conflict as taken:
        return await _shown(pages, view, form, Invalid(person=taken.sentence))
    if state is GrantState.REQUESTED:
        waits = "They see nothing, and get no email, until a second person in law enforcement approves."
        return pages.redirect(_at(event_id, key), f"Access is requested for {person.words}. {waits}")
    return pages.redirect(_at(event_id, key), f"{person.words} can see the operation now.")


@post(f"{AT}/{{grant_id:uuid}}/approval", guards=[signed_in], status_code=303)
async def post_access_approval(
    event_id: PathId, key: PathText, grant_id: PathId, pages: Pages, viewer: Viewer, now: Now
) -> Response[Any]:
    """Approve a request as the second person."""
    try:
        grant = await access.approve_access(viewer, event_id, grant_id, now)
    except (Conflict, Invalid, NotAllowed) as refused:
        return pages.refuse(_at(event_id, key), f"Not approved. {refused.sentence}")
    return pages.redirect(_at(event_id, key), f"{grant.person} can see the operation now.")


@post(f"{AT}/{{grant_id:uuid}}/refusal", guards=[signed_in], status_code=303)
async def post_access_refusal(
    event_id: PathId, key: PathText, grant_id: PathId, pages: Pages, viewer: Viewer, now: Now
) -> Response[Any]:
    """Decline a request, or take it back."""
    try:
        grant = await access.decline_access(viewer, event_id, grant_id, now)
    except (Conflict, NotAllowed) as refused:
        return pages.refuse(_at(event_id, key), refused.sentence)
    return pages.redirect(_at(event_id, key), f"Request for {grant.person} closed. They weren’t notified.")


@post(f"{AT}/people/{{member_id:uuid}}/removal", guards=[signed_in], status_code=303)
async def post_access_removal(
    event_id: PathId, key: PathText, member_id: PathId, pages: Pages, viewer: Viewer, now: Now
) -> Response[Any]:
    """Take a person off the operation."""
    try:
        person = await access.take_off_operation(viewer, event_id, member_id, now)
    except (Invalid, NotAllowed) as refused:
        sentence = " ".join(refused.fields.values()) if isinstance(refused, Invalid) else refused.sentence
        return pages.refuse(_at(event_id, key), f"Not removed. {sentence}")
    return pages.redirect(_at(event_id, key), f"{person} can no longer see the operation.")


def _at(event_id: UUID, key: str) -> str:
    return f"/events/{event_id}/{key}/plan/access"


async def _shown(
    pages: Pages, view: AccessView, form: FormValues | None = None, wrong: Invalid | None = None
) -> Response[str]:
    """Render the page; after an error with what was typed."""
    return pages.render(
        "operations/access.html",
        **form_context(form, wrong, AccessForm),
        view=view,
        event=view.occurrence.event,
        person=await _person_in(view, form or FormValues({})),
        outlets=OUTLET_WORDS,
        **occurrence_times(view.occurrence),
    )


async def _person_in(view: AccessView, form: FormValues) -> ChosenPerson:
    """Return whom the form adds; no one where the viewer adds no one."""
    return await read_chosen_person(form, "person", view.candidates) if view.candidates else ChosenPerson()
