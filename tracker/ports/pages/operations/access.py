"""The need-to-know list of an operation: who may see it, who let them, and requests that wait for a second person."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get, post

from tracker.errors import Conflict, Invalid, NotAllowed
from tracker.ports.http.dependencies import Now, PathId, PathText, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.choosers import ChosenPerson, read_chosen_person
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_values import FormReader, FormValues, errors_of, id_in
from tracker.ports.pages.events.date_pages import occurrence_times
from tracker.rules.core.wall_clock import to_utc
from tracker.rules.operations.access import LONGEST_GRANT_REASON, OUTLET_WORDS, GrantState
from tracker.usecases.core import audit
from tracker.usecases.operations import access
from tracker.usecases.operations.access import AccessView, access_view

AT = "/events/{event_id:uuid}/{key:str}/plan/access"
FIELDS = ("person", "reason", "until", "until_time")


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
        reader = FormReader(form)
        if person.error:
            reader.refuse("person", person.error)
        reason = reader.text("reason", LONGEST_GRANT_REASON)
        until = _until(reader, view.occurrence.event.zone)
        reader.check()
        state = await access.give_access(viewer, event_id, id_in(person.value), reason, until, now)
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
        status_code=422 if wrong else 200,
        view=view,
        event=view.occurrence.event,
        form=form or FormValues({}),
        errors=errors_of(wrong, FIELDS),
        person=await _person_in(view, form or FormValues({})),
        outlets=OUTLET_WORDS,
        **occurrence_times(view.occurrence),
    )


def _until(reader: FormReader, zone: str) -> datetime | None:
    """Return when access ends: at a time of a day, or with the day; None for access that doesn't end by itself."""
    day, hour = reader.day("until"), reader.time("until_time")
    if day is None:
        if hour is not None:
            reader.refuse("until", "Enter the day as well.")
        return None
    ends = datetime.combine(day, hour) if hour else datetime.combine(day + timedelta(days=1), time())
    return to_utc(ends, zone)


async def _person_in(view: AccessView, form: FormValues) -> ChosenPerson:
    """Return whom the form adds; no one where the viewer adds no one."""
    return await read_chosen_person(form, "person", view.candidates) if view.candidates else ChosenPerson()
