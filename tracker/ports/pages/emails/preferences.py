"""Which emails a member gets, when, and how much they show; and the quiet hours of those who chose nothing about them.

Coordinators set those hours. The page behind a digest's link stops the digest without an account (RFC 8058): looking
changes nothing, a button does.
"""

from datetime import time, timedelta
from typing import Any
from uuid import UUID

from litestar import HttpMethod, Response, get, post, route

from tracker.database import together
from tracker.errors import Invalid, NotAllowed, NotFound
from tracker.ports.http.dependencies import Links, Now, Origin, PathText, Viewer, Zone
from tracker.ports.http.guards import link, signed_in
from tracker.ports.pages.core.date_entries import date_address
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_values import Errors, FormReader, FormValues, errors_of
from tracker.rules.core.wording import local
from tracker.rules.emails.preferences import Preferences, check_quiet_hours, quiet_hours_words
from tracker.rules.roster.quorum import OFFERED, USUAL, check_leads, lead_words, leads_words, minutes_of, policy_in
from tracker.usecases.emails import preferences, reminders
from tracker.usecases.roster.committees import policy_of_committee

NOTIFICATIONS = "/settings/notifications"
OWN, USUALLY, NEVER = "own", "usual", "none"
NOTIFICATION_FIELDS = (
    "date_reminders",
    "item_reminders",
    "thank_yous",
    "digest",
    "leads",
    "quiet_from",
    "quiet_until",
    "is_discreet",
)
NO_HOURS = "Enter when your quiet hours start and end, or check weekends."
NEXT_SHOWN = 5
NOTIFICATIONS_SAVED = "Notifications saved. They apply to every reminder from now on."
QUIET_HOURS = "/settings/quiet-hours"
QUIET_HOURS_FIELDS = ("quiet_from", "quiet_until")
LINK_HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


@get(NOTIFICATIONS, guards=[signed_in])
async def show_notifications(pages: Pages, viewer: Viewer, zone: Zone, now: Now) -> Response[str]:
    """Show the viewer's choices."""
    return await _notifications_page(
        pages, viewer, zone, now, _notifications_form(await preferences.preferences_of(viewer))
    )


@post(NOTIFICATIONS, guards=[signed_in], status_code=303)
async def post_notifications(pages: Pages, viewer: Viewer, form: Form, zone: Zone, now: Now) -> Response[Any]:
    """Save the choices, or show the form again with its errors."""
    try:
        await preferences.save_preferences(viewer, _preferences_in(form), now)
    except Invalid as wrong:
        return await _notifications_page(
            pages, viewer, zone, now, form, errors=errors_of(wrong, NOTIFICATION_FIELDS), status_code=422
        )
    return pages.redirect(NOTIFICATIONS, NOTIFICATIONS_SAVED)


def _preferences_in(form: FormValues) -> Preferences:
    """Return the choices in a form. Errors: Invalid by field."""
    reader = FormReader(form)
    quiet = _own_quiet_hours(reader) if form["quiet"] == OWN else (None, False)
    leads = reader.tried(lambda: _leads(form), USUAL) if form["times"] == OWN else None
    reader.check()
    return Preferences(
        date_reminders=bool(form["date_reminders"]),
        item_reminders=bool(form["item_reminders"]),
        leads=leads,
        quiet=quiet[0],
        has_quiet_weekends=quiet[1],
        is_never_quiet=form["quiet"] == NEVER,
        thank_yous=bool(form["thank_yous"]),
        digest=bool(form["digest"]),
        is_discreet=bool(form["is_discreet"]),
    )


def _own_quiet_hours(reader: FormReader) -> tuple[tuple[time, time] | None, bool]:
    """Return quiet hours of one's own, and whether weekends are quiet; without either, they are refused."""
    starts, ends = reader.time("quiet_from"), reader.time("quiet_until")
    hours = None if reader.wrong else reader.tried(lambda: check_quiet_hours(starts, ends), None)
    has_weekends = bool(reader.form["has_quiet_weekends"])
    if not (hours or has_weekends or reader.wrong):
        reader.refuse("quiet_from", NO_HOURS)
    return hours, has_weekends


def _leads(form: FormValues) -> frozenset[timedelta]:
    return check_leads(policy_in(form.all("leads")).leads)


def _notifications_form(found: Preferences) -> FormValues:
    """Return the texts of the form."""
    quiet = [f"{one:%H:%M}" for one in found.quiet or ()]
    return FormValues(
        {
            "date_reminders": ["yes"] if found.date_reminders else [],
            "item_reminders": ["yes"] if found.item_reminders else [],
            "thank_yous": ["yes"] if found.thank_yous else [],
            "times": [OWN if found.leads is not None else USUALLY],
            "leads": [minutes_of(span) for span in (USUAL if found.leads is None else found.leads)],
            "quiet": [OWN if found.has_own_quiet else NEVER if found.is_never_quiet else USUALLY],
            "has_quiet_weekends": ["yes"] if found.has_quiet_weekends else [],
            "quiet_from": quiet[:1],
            "quiet_until": quiet[1:],
            "digest": ["yes"] if found.digest else [],
            "is_discreet": ["yes"] if found.is_discreet else [],
        }
    )


async def _notifications_page(
    pages: Pages,
    viewer: Viewer,
    zone: str,
    now: Now,
    form: FormValues,
    *,
    errors: Errors | None = None,
    status_code: int = 200,
) -> Response[str]:
    coming, usual_quiet, policy, committees = await together(
        reminders.own_reminders_ahead(viewer, now),
        preferences.usual_quiet_hours(),
        policy_of_committee(None),
        preferences.led_committees(viewer),
    )
    return pages.render(
        "emails/pages/notifications.html",
        status_code=status_code,
        form=form,
        errors=errors or Errors(),
        offered=[(minutes_of(span), f"{lead_words(span)} before") for span in OFFERED],
        usual=leads_words(policy.leads) if policy.leads else "none",
        usual_quiet=usual_quiet and quiet_hours_words(usual_quiet),
        committees=committees,
        own_zone=viewer.zone,
        address=date_address,
        is_elsewhere=viewer.zone != zone,
        coming=[(local(planned.at, viewer.zone), planned.line) for planned in coming[:NEXT_SHOWN]],
    )


@get(QUIET_HOURS, guards=[signed_in])
async def show_quiet_hours(pages: Pages, viewer: Viewer) -> Response[str]:
    """Show the hours that apply now. Errors: NotAllowed."""
    if not viewer.is_coordinator:
        raise NotAllowed(preferences.ONLY_COORDINATORS)
    hours = await preferences.usual_quiet_hours() or ()
    form = FormValues(dict(zip(QUIET_HOURS_FIELDS, [[f"{hour:%H:%M}"] for hour in hours], strict=False)))
    return _quiet_hours_page(pages, form, Errors(), 200)


@post(QUIET_HOURS, guards=[signed_in], status_code=303)
async def post_quiet_hours(pages: Pages, viewer: Viewer, form: Form, now: Now) -> Response[Any]:
    """Save the hours, or show the form again with its errors."""
    reader = FormReader(form)
    try:
        starts, ends = reader.time("quiet_from"), reader.time("quiet_until")
        reader.check()
        hours = check_quiet_hours(starts, ends)
    except Invalid as wrong:
        return _quiet_hours_page(pages, form, errors_of(wrong, QUIET_HOURS_FIELDS), 422)
    await preferences.save_usual_quiet_hours(viewer, hours, now)
    said = f"quiet hours are now {quiet_hours_words(hours)}." if hours else "quiet hours are off."
    return pages.redirect("/settings/notifications", f"The task force’s {said}")


def _quiet_hours_page(pages: Pages, form: FormValues, errors: Errors, status_code: int) -> Response[str]:
    return pages.render("emails/pages/quiet-hours.html", form=form, errors=errors, status_code=status_code)


@route("/n/{token:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], guards=[link])
async def show_digest_stop(token: PathText, pages: Pages, links: Links) -> Response[str]:
    """Ask whether to stop the digest."""
    try:
        _member_of_link(links, token)
    except NotFound:
        return _private(pages.render("core/errors/link.html", status_code=404, of="digest"))
    return _private(pages.render("emails/pages/digest-stop.html", token=token))


@post("/n/{token:str}", guards=[link], status_code=200)
async def post_digest_stop(token: PathText, pages: Pages, origin: Origin, now: Now, links: Links) -> Response[str]:
    """Stop it: the page's button, or an email program that unsubscribes with one click and shows no page."""
    try:
        await preferences.stop_digest(_member_of_link(links, token), now, origin)
    except NotFound:
        return _private(pages.render("core/errors/link.html", status_code=404, of="digest"))
    return _private(pages.render("emails/pages/digest-stopped.html"))


def _member_of_link(links: Links, token: str) -> UUID:
    member_id: UUID = links.read_digest(token)
    return member_id


def _private(response: Response[str]) -> Response[str]:
    response.headers.update(LINK_HEADERS)
    return response
