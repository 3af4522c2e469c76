"""Who may see an operation: its need-to-know list, and emergency access of administrators."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from uuid import UUID

from litestar import get, post

from tracker.errors import Conflict, Invalid, NotAllowed
from tracker.ports.http.dependencies import Now, PathId, Viewer, Visit
from tracker.ports.http.guards import UNDER_EMERGENCY, signed_in
from tracker.ports.pages.core.dependencies import (
    Form,
    OnDate,
    Page,
    Pages,
    first_reauthenticate,
    is_reauthenticated,
    to_reauthentication,
)
from tracker.ports.pages.core.form_shapes import Day, FormShape, Id, Text, TimeOfDay, form_context
from tracker.ports.pages.core.form_values import ChosenPerson, FormValues, read_chosen_person
from tracker.ports.pages.events.date_pages import date_context
from tracker.rules.core.wording import to_utc
from tracker.rules.operations.access import (
    LONGEST_EMERGENCY_REASON,
    LONGEST_GRANT_REASON,
    GrantState,
    Outlet,
    may_use_emergency_access,
)
from tracker.usecases.core import audit
from tracker.usecases.operations import access, emergency_access
from tracker.usecases.operations.access import AccessView, access_view

ACCESS = "/events/{event_id:uuid}/{key:str}/plan/access"


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


@get(ACCESS, guards=[signed_in])
async def show_access(date: OnDate, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show who may see the operation."""
    view = await access_view(viewer, *date, now)
    await audit.record_date_read(viewer, view.occurrence, now, plan=view.operation.version)
    return await _access_page(pages, view)


@post(ACCESS, guards=[signed_in], status_code=303)
async def post_access(date: OnDate, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Add a person, or request it from a second person."""
    view = await access_view(viewer, *date, now)
    person = await _person_in(view, form)
    try:
        typed = AccessForm.read(form.but({"person": person.value}), person=person.error)
        until = typed.ends_at(view.occurrence.event.zone)
        state = await access.give_access(viewer, date.event_id, typed.person, typed.reason, until, now)
    except Invalid as wrong:
        return await _access_page(pages, view, form, wrong)
    except Conflict as taken:
        return await _access_page(pages, view, form, Invalid(person=taken.sentence))
    if state is GrantState.REQUESTED:
        waits = "They see nothing, and get no email, until a second person in law enforcement approves."
        return pages.redirect(f"{date.plan}/access", f"Access is requested for {person.words}. {waits}")
    return pages.redirect(f"{date.plan}/access", f"{person.words} can see the operation now.")


@post(f"{ACCESS}/{{grant_id:uuid}}/approval", guards=[signed_in], status_code=303)
async def post_access_approval(date: OnDate, grant_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Approve a request as the second person."""
    deed = access.approve_access(viewer, date.event_id, grant_id, now)
    return await pages.answer(
        f"{date.plan}/access",
        deed,
        lambda grant: f"{grant.person} can see the operation now.",
        (Conflict, Invalid, NotAllowed),
        refused="Not approved. ",
    )


@post(f"{ACCESS}/{{grant_id:uuid}}/refusal", guards=[signed_in], status_code=303)
async def post_access_refusal(date: OnDate, grant_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Decline a request, or take it back."""
    deed = access.decline_access(viewer, date.event_id, grant_id, now)
    return await pages.answer(
        f"{date.plan}/access",
        deed,
        lambda grant: f"Request for {grant.person} closed. They weren’t notified.",
        (Conflict, NotAllowed),
    )


@post(f"{ACCESS}/people/{{member_id:uuid}}/removal", guards=[signed_in], status_code=303)
async def post_access_removal(date: OnDate, member_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Take a person off the operation."""
    deed = access.take_off_operation(viewer, date.event_id, member_id, now)
    return await pages.answer(
        f"{date.plan}/access",
        deed,
        lambda person: f"{person} can no longer see the operation.",
        (Invalid, NotAllowed),
        refused="Not removed. ",
    )


async def _access_page(
    pages: Pages, view: AccessView, form: FormValues | None = None, wrong: Invalid | None = None
) -> Page:
    return pages.render(
        "operations/access.html",
        **form_context(form, wrong, AccessForm),
        view=view,
        person=await _person_in(view, form or FormValues({})),
        outlets=Outlet.labels(),
        **date_context(view.occurrence),
    )


async def _person_in(view: AccessView, form: FormValues) -> ChosenPerson:
    """Return whom the form adds; no one where the viewer adds no one."""
    return await read_chosen_person(form, "person", view.candidates) if view.candidates else ChosenPerson()


EMERGENCY = "/emergency-access"


class EmergencyForm(FormShape, kw_only=True):
    """Why an administrator needs emergency access."""

    reason: Annotated[str, Text("Why you need it", LONGEST_EMERGENCY_REASON)]


@get(EMERGENCY, guards=[signed_in])
async def show_emergency_access(pages: Pages, visit: Visit, now: Now) -> Page:
    """Show how to begin, or what can be opened, and who had it. Errors: NotFound for anyone it isn't for."""
    return await _emergency_page(pages, visit, now)


@post(EMERGENCY, guards=[signed_in], status_code=303)
async def post_emergency_access(pages: Pages, visit: Visit, form: Form, now: Now) -> Page:
    """Begin emergency access."""
    if first := first_reauthenticate(visit, EMERGENCY, now):
        return first
    try:
        reason = EmergencyForm.read(form).reason
        await emergency_access.begin_emergency_access(
            visit.viewer, visit.session_id, reason, visit.reauthenticated_at, now
        )
    except Invalid as wrong:
        return await _emergency_page(pages, visit, now, form, wrong)
    return pages.redirect(EMERGENCY, "Emergency access started. The coordinators get an email.")


@post(f"{EMERGENCY}/end", guards=[signed_in], status_code=303, opt=UNDER_EMERGENCY)
async def post_emergency_end(pages: Pages, viewer: Viewer, now: Now) -> Page:
    """End emergency access."""
    return await pages.answer(
        EMERGENCY, emergency_access.end_emergency_access(viewer, now), "Emergency access ended.", Conflict
    )


@post(f"{EMERGENCY}/operations/{{event_id:uuid}}", guards=[signed_in], status_code=303, opt=UNDER_EMERGENCY)
async def post_emergency_opening(event_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Open an operation, and go to its page."""
    emergency_date = await emergency_access.open_in_emergency(viewer, event_id, now)
    key = emergency_date.original_start.date().isoformat()
    return pages.redirect(f"/events/{event_id}/{key}", "You can read this operation. Its lead gets an email.")


async def _emergency_page(
    pages: Pages, visit: Visit, now: Now, form: FormValues | None = None, wrong: Invalid | None = None
) -> Page:
    viewer = visit.viewer
    return pages.render(
        "operations/emergency.html",
        **form_context(form, wrong, EmergencyForm),
        uses=await emergency_access.emergency_uses(viewer),
        choices=await emergency_access.emergency_choices(viewer, now) if viewer.emergency else [],
        may_begin=may_use_emergency_access(viewer) and viewer.emergency is None,
        confirm=None if is_reauthenticated(visit, now) else to_reauthentication(EMERGENCY),
    )
