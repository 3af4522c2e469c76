"""Which emails a member gets, when, and how much they show."""

from datetime import time, timedelta
from typing import Any

from litestar import Response, get, post

from tracker.database import together
from tracker.errors import Invalid
from tracker.ports.http.dependencies import Now, Viewer, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.date_entries import date_address
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_values import Errors, FormReader, FormValues, errors_of
from tracker.rules.core.wording import local
from tracker.rules.emails.preferences import Preferences
from tracker.rules.emails.quiet_hours import check_quiet, quiet_words
from tracker.rules.roster.reminder_policies import (
    OFFERED,
    USUAL,
    check_leads,
    lead_words,
    leads_words,
    minutes_of,
    policy_in,
)
from tracker.usecases.emails import committee_reminders, preferences, upcoming_reminders
from tracker.usecases.roster.reminder_policies import policy_of_committee

PATH = "/settings/notifications"
OWN, USUALLY, NEVER = "own", "usual", "none"
FIELDS = (
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
SAVED = "Notifications saved. They apply to every reminder from now on."


@get(PATH, guards=[signed_in])
async def notifications(pages: Pages, viewer: Viewer, zone: Zone, now: Now) -> Response[str]:
    """Show the viewer's choices."""
    return await _page(pages, viewer, zone, now, _form_of(await preferences.preferences_of(viewer)))


@post(PATH, guards=[signed_in], status_code=303)
async def save_notifications(pages: Pages, viewer: Viewer, form: Form, zone: Zone, now: Now) -> Response[Any]:
    """Save the choices, or show the form again with its errors."""
    try:
        await preferences.save(viewer, _read(form), now)
    except Invalid as wrong:
        return await _page(pages, viewer, zone, now, form, errors=errors_of(wrong, FIELDS), status_code=422)
    return pages.redirect(PATH, SAVED)


def _read(form: FormValues) -> Preferences:
    """Return the choices in a form. Errors: Invalid by field."""
    reader = FormReader(form)
    quiet = _own_quiet(reader) if form["quiet"] == OWN else (None, False)
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


def _own_quiet(reader: FormReader) -> tuple[tuple[time, time] | None, bool]:
    """Return quiet hours of one's own, and whether weekends are quiet; without either, they are refused."""
    starts, ends = reader.time("quiet_from"), reader.time("quiet_until")
    hours = None if reader.wrong else reader.tried(lambda: check_quiet(starts, ends), None)
    has_weekends = bool(reader.form["has_quiet_weekends"])
    if not (hours or has_weekends or reader.wrong):
        reader.refuse("quiet_from", NO_HOURS)
    return hours, has_weekends


def _leads(form: FormValues) -> frozenset[timedelta]:
    return check_leads(policy_in(form.all("leads")).leads)


def _form_of(found: Preferences) -> FormValues:
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


async def _page(
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
        upcoming_reminders.of_mine(viewer, now),
        preferences.usual_quiet(),
        policy_of_committee(None),
        committee_reminders.led_committees(viewer),
    )
    return pages.render(
        "emails/pages/notifications.html",
        status_code=status_code,
        form=form,
        errors=errors or Errors(),
        offered=[(minutes_of(span), f"{lead_words(span)} before") for span in OFFERED],
        usual=leads_words(policy.leads) if policy.leads else "none",
        usual_quiet=usual_quiet and quiet_words(usual_quiet),
        committees=committees,
        own_zone=viewer.zone,
        address=date_address,
        is_elsewhere=viewer.zone != zone,
        coming=[(local(planned.at, viewer.zone), planned.line) for planned in coming[:NEXT_SHOWN]],
    )
