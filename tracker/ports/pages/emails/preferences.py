"""Which emails a member gets, when, and how much they show; and the quiet hours of those who chose nothing about them.

Coordinators set those hours. The page behind a digest's link stops the digest without an account (RFC 8058): looking
changes nothing, a button does.
"""

from collections.abc import Mapping
from datetime import time
from typing import Annotated, Any

from litestar import HttpMethod, get, post, route

from tracker.database import together
from tracker.errors import Invalid, NotAllowed, NotFound
from tracker.ports.http.dependencies import Links, Now, Origin, PathText, Viewer, Zone
from tracker.ports.http.guards import link, signed_in
from tracker.ports.pages.core.date_entries import date_address
from tracker.ports.pages.core.dependencies import Form, Page, Pages, link_page
from tracker.ports.pages.core.form_shapes import Check, Choices, FormField, FormShape, TimeOfDay, form_context
from tracker.ports.pages.core.form_values import FormReader, FormValues
from tracker.rules.core.wording import local
from tracker.rules.emails.preferences import Preferences, check_quiet_hours, quiet_hours_words
from tracker.rules.roster.quorum import OFFERED, USUAL, check_leads, lead_words, leads_words, minutes_of, policy_in
from tracker.usecases.emails import preferences, reminders
from tracker.usecases.roster.committees import policy_of_committee

NOTIFICATIONS = "/settings/notifications"
OWN, USUALLY, NEVER = "own", "usual", "none"
NO_HOURS = "Enter when your quiet hours start and end, or check weekends."
NEXT_SHOWN = 5
NOTIFICATIONS_SAVED = "Notifications saved. They apply to every reminder from now on."
QUIET_HOURS = "/settings/quiet-hours"


class NotificationsForm(FormShape, kw_only=True):
    """Which emails a member gets, when, and how much they show."""

    date_reminders: Annotated[bool, Check("Reminders before events")]
    item_reminders: Annotated[bool, Check("Reminders about my action items")]
    thank_yous: Annotated[bool, Check("Thank-yous after events")]
    digest: Annotated[bool, Check("Weekly digest")]
    times: Annotated[str, FormField("Send reminders")]
    leads: Annotated[
        frozenset[str],
        Choices("Your own times", words={minutes_of(span): f"{lead_words(span)} before" for span in OFFERED}),
    ]
    quiet: Annotated[str, FormField("Your quiet hours")]
    quiet_from: Annotated[time | None, TimeOfDay("From")] = None
    quiet_until: Annotated[time | None, TimeOfDay("Until")] = None
    has_quiet_weekends: Annotated[bool, Check("All day Saturday and Sunday")]
    is_discreet: Annotated[bool, Check("Use time-only emails and feeds")]

    @classmethod
    def refusals(cls, form: FormValues, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Refuse times of one's own that are none, and quiet hours of one's own without hours or weekends."""
        reader = FormReader(form)
        if values["times"] == OWN:
            reader.tried(lambda: check_leads(policy_in(values["leads"]).leads), None)
        if values["quiet"] == OWN:
            reader.tried(lambda: check_quiet_hours(values["quiet_from"], values["quiet_until"]), None)
            if not (form["quiet_from"].strip() or form["quiet_until"].strip() or values["has_quiet_weekends"]):
                reader.refuse("quiet_from", NO_HOURS)
        return list(reader.wrong.items())

    @classmethod
    def of(cls, chosen: Preferences) -> FormValues:
        """Return the form of what a member chose."""
        starts, ends = chosen.quiet or (None, None)
        return cls.texts_of(
            chosen,
            times=USUALLY if chosen.leads is None else OWN,
            leads=[minutes_of(span) for span in (USUAL if chosen.leads is None else chosen.leads)],
            quiet=OWN if chosen.has_own_quiet else NEVER if chosen.is_never_quiet else USUALLY,
            quiet_from=starts,
            quiet_until=ends,
        )

    def preferences(self) -> Preferences:
        """Return what the form chooses."""
        is_quiet = self.quiet == OWN
        return Preferences(
            date_reminders=self.date_reminders,
            item_reminders=self.item_reminders,
            thank_yous=self.thank_yous,
            leads=policy_in(self.leads).leads if self.times == OWN else None,
            quiet=check_quiet_hours(self.quiet_from, self.quiet_until) if is_quiet else None,
            has_quiet_weekends=is_quiet and self.has_quiet_weekends,
            is_never_quiet=self.quiet == NEVER,
            digest=self.digest,
            is_discreet=self.is_discreet,
        )


class QuietHoursForm(FormShape, kw_only=True):
    """The quiet hours of people who chose nothing about them."""

    quiet_from: Annotated[time | None, TimeOfDay("From")] = None
    quiet_until: Annotated[time | None, TimeOfDay("Until")] = None


@get(NOTIFICATIONS, guards=[signed_in])
async def show_notifications(pages: Pages, viewer: Viewer, zone: Zone, now: Now) -> Page:
    """Show the viewer's choices."""
    form = NotificationsForm.of(await preferences.preferences_of(viewer))
    return await _notifications_page(pages, viewer, zone, now, form)


@post(NOTIFICATIONS, guards=[signed_in], status_code=303)
async def post_notifications(pages: Pages, viewer: Viewer, form: Form, zone: Zone, now: Now) -> Page:
    """Save the choices, or show the form again with its errors."""
    no_hours = {} if form["quiet"] == OWN else {"quiet_from": "", "quiet_until": ""}
    try:
        await preferences.save_preferences(viewer, NotificationsForm.read(form.but(no_hours)).preferences(), now)
    except Invalid as wrong:
        return await _notifications_page(pages, viewer, zone, now, form, wrong)
    return pages.redirect(NOTIFICATIONS, NOTIFICATIONS_SAVED)


async def _notifications_page(
    pages: Pages, viewer: Viewer, zone: str, now: Now, form: FormValues, wrong: Invalid | None = None
) -> Page:
    coming, usual_quiet, policy, committees = await together(
        reminders.own_reminders_ahead(viewer, now),
        preferences.usual_quiet_hours(),
        policy_of_committee(None),
        preferences.led_committees(viewer),
    )
    return pages.render(
        "emails/pages/notifications.html",
        **form_context(form, wrong, NotificationsForm),
        usual=leads_words(policy.leads) if policy.leads else "none",
        usual_quiet=usual_quiet and quiet_hours_words(usual_quiet),
        committees=committees,
        own_zone=viewer.zone,
        address=date_address,
        is_elsewhere=viewer.zone != zone,
        coming=[(local(planned.at, viewer.zone), planned.line) for planned in coming[:NEXT_SHOWN]],
    )


@get(QUIET_HOURS, guards=[signed_in])
async def show_quiet_hours(pages: Pages, viewer: Viewer) -> Page:
    """Show the hours that apply now. Errors: NotAllowed."""
    if not viewer.is_coordinator:
        raise NotAllowed(preferences.ONLY_COORDINATORS)
    starts, ends = await preferences.usual_quiet_hours() or (None, None)
    return _quiet_hours_page(pages, QuietHoursForm.texts_of(None, quiet_from=starts, quiet_until=ends))


@post(QUIET_HOURS, guards=[signed_in], status_code=303)
async def post_quiet_hours(pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Save the hours, or show the form again with its errors."""
    try:
        quiet = QuietHoursForm.read(form)
        hours = check_quiet_hours(quiet.quiet_from, quiet.quiet_until)
    except Invalid as wrong:
        return _quiet_hours_page(pages, form, wrong)
    await preferences.save_usual_quiet_hours(viewer, hours, now)
    said = f"quiet hours are now {quiet_hours_words(hours)}." if hours else "quiet hours are off."
    return pages.redirect("/settings/notifications", f"The task force’s {said}")


def _quiet_hours_page(pages: Pages, form: FormValues, wrong: Invalid | None = None) -> Page:
    return pages.render("emails/pages/quiet-hours.html", **form_context(form, wrong, QuietHoursForm))


@route("/n/{token:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], guards=[link])
async def show_digest_stop(token: PathText, pages: Pages, links: Links) -> Page:
    """Ask whether to stop the digest."""
    try:
        links.read_digest(token)
    except NotFound:
        return link_page(pages.render("core/errors/link.html", status_code=404, of="digest"))
    return link_page(pages.render("emails/pages/digest-stop.html", token=token))


@post("/n/{token:str}", guards=[link], status_code=200)
async def post_digest_stop(token: PathText, pages: Pages, origin: Origin, now: Now, links: Links) -> Page:
    """Stop it: the page's button, or an email program that unsubscribes with one click and shows no page."""
    try:
        await preferences.stop_digest(links.read_digest(token), now, origin)
    except NotFound:
        return link_page(pages.render("core/errors/link.html", status_code=404, of="digest"))
    return link_page(pages.render("emails/pages/digest-stopped.html"))
