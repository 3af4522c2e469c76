"""Which emails a member gets, when, and how much they show; and the reminders for a committee's events."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from tracker.errors import Invalid
from tracker.ports.http.dependencies import Now, Viewer, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.date_entries import address_of
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_values import Errors, FormValues, Reader, errors_of
from tracker.rules.core.wording import local
from tracker.rules.emails.preferences import (
    OFFERED,
    USUAL,
    CommitteePreferences,
    Preferences,
    check_leads,
    check_quiet,
    lead_words,
    leads_words,
)
from tracker.usecases.emails import preferences, upcoming_reminders

PATH = "/settings/notifications"
OWN, BODYS = "own", "usual"
FIELDS = ("date_reminders", "item_reminders", "leads", "quiet_from", "quiet_until", "digest", "is_discreet")
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


@get("/committees/{committee_id:uuid}/reminders", guards=[signed_in])
async def committee_reminders(committee_id: FromPath[UUID], pages: Pages, viewer: Viewer) -> Response[str]:
    """Show when people are reminded of a committee's events, unless they chose for themselves."""
    committee, found = await preferences.of_committee(viewer, committee_id)
    leads = [_minutes(one) for one in found.leads]
    form = FormValues({"leads": leads, "asks_again": ["yes"] if found.asks_again else []})
    return pages.render(
        "emails/pages/committee-reminders.html", committee=committee, form=form, errors=Errors(), offered=_offered()
    )


@post("/committees/{committee_id:uuid}/reminders", guards=[signed_in], status_code=303)
async def save_committee_reminders(
    committee_id: FromPath[UUID], pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Save the choices, or show the form again."""
    committee, _ = await preferences.of_committee(viewer, committee_id)
    try:
        chosen = CommitteePreferences(leads=_leads(form), asks_again=bool(form["asks_again"]))
        await preferences.save_committee(viewer, committee_id, chosen, now)
    except Invalid as wrong:
        errors = errors_of(wrong, ("leads",))
        return pages.render(
            "emails/pages/committee-reminders.html",
            committee=committee,
            form=form,
            errors=errors,
            offered=_offered(),
            status_code=422,
        )
    return pages.redirect(f"/committees/{committee_id}/reminders", f"Reminders for {committee.name} saved.")


def _read(form: FormValues) -> Preferences:
    """Return the choices in a form. Errors: Invalid by field."""
    reader = Reader(form)
    starts, ends = reader.time("quiet_from"), reader.time("quiet_until")
    quiet = None if reader.wrong else reader.tried(lambda: check_quiet(starts, ends), None)
    leads = reader.tried(lambda: _leads(form), USUAL) if form["times"] == OWN else None
    reader.check()
    return Preferences(
        date_reminders=bool(form["date_reminders"]),
        item_reminders=bool(form["item_reminders"]),
        leads=leads,
        quiet=quiet,
        digest=bool(form["digest"]),
        is_discreet=bool(form["is_discreet"]),
    )


def _leads(form: FormValues) -> frozenset[timedelta]:
    known = {_minutes(one): one for one in OFFERED}
    return check_leads([known[one] for one in form.all("leads") if one in known])


def _form_of(found: Preferences) -> FormValues:
    """Return the texts of the form."""
    quiet = [f"{one:%H:%M}" for one in found.quiet or ()]
    return FormValues(
        {
            "date_reminders": ["yes"] if found.date_reminders else [],
            "item_reminders": ["yes"] if found.item_reminders else [],
            "times": [OWN if found.leads is not None else BODYS],
            "leads": [_minutes(one) for one in (USUAL if found.leads is None else found.leads)],
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
    coming = await upcoming_reminders.of_mine(viewer, now)
    return pages.render(
        "emails/pages/notifications.html",
        status_code=status_code,
        form=form,
        errors=errors or Errors(),
        offered=_offered(),
        usual=leads_words(USUAL),
        committees=await preferences.led_committees(viewer),
        own_zone=viewer.zone,
        address=address_of,
        is_elsewhere=viewer.zone != zone,
        coming=[(local(one.at, viewer.zone), one.line) for one in coming[:NEXT_SHOWN]],
    )


def _offered() -> list[tuple[str, str]]:
    return [(_minutes(one), f"{lead_words(one)} before") for one in OFFERED]


def _minutes(lead: timedelta) -> str:
    return str(int(lead.total_seconds() // 60))


handlers = [notifications, save_notifications, committee_reminders, save_committee_reminders]
