"""Settings: one's own entry in the roster, and the ways to what else one can set: security, feeds, notifications."""

from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from tracker import clock
from tracker.errors import Invalid
from tracker.ports.http import flash
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.form_values import FormValues, errors_of, form_of
from tracker.ports.pages.core.reauthentication import visit_of
from tracker.ports.pages.core.request import viewer_of
from tracker.ports.pages.core.templating import page
from tracker.ports.pages.identity import security_settings, session_settings
from tracker.ports.pages.identity.session_settings import shown_sessions
from tracker.ports.pages.identity.sign_in_forms import Web, settings_of
from tracker.rules.core.wording import ZONES
from tracker.usecases.availability import shared_calendars
from tracker.usecases.calendars import subscriptions
from tracker.usecases.core import saved_filters
from tracker.usecases.identity import api_tokens
from tracker.usecases.identity.authenticators import credentials_of
from tracker.usecases.roster import profile
from tracker.usecases.roster.profile import Profile

PATH = "/settings"
FIELDS = ("name", "title", "phone", "zone")
SAVED = "Your profile is saved."


@get(PATH, guards=[signed_in])
async def settings_page(request: Web) -> Response[str]:
    """Show what one can set."""
    mine = await profile.profile_of(viewer_of(request))
    return await _page(request, FormValues({field: [mine.__dict__[field]] for field in FIELDS}))


@post(f"{PATH}/profile", guards=[signed_in], status_code=303)
async def save_profile(request: Web) -> Response[Any]:
    """Change one's own entry in the roster."""
    form = await form_of(request)
    wanted = Profile(name=form["name"], title=form["title"], phone=form["phone"], zone=form["zone"])
    try:
        await profile.change_profile(viewer_of(request), wanted, clock.now())
    except Invalid as wrong:
        return await _page(request, form, wrong)
    response: Response[Any] = Redirect(PATH, status_code=303)
    flash.say(response, settings_of(request), SAVED)
    return response


async def _page(request: Web, form: FormValues, wrong: Invalid | None = None) -> Response[str]:
    viewer, session_id = viewer_of(request), visit_of(request).session_id
    return page(
        "views/settings/show.html",
        request,
        status_code=422 if wrong else 200,
        form=form,
        errors=errors_of(wrong, FIELDS),
        zones=_zones(form["zone"]),
        proofs=await credentials_of(viewer.member_id),
        sessions=await shown_sessions(viewer.member_id, session_id, clock.now()),
        feeds=await subscriptions.subscriptions_of(viewer),
        filters=await saved_filters.filters_of(viewer),
        tokens=await api_tokens.tokens_of(viewer, clock.now()),
        shares_calendar=await shared_calendars.mine(viewer),
    )


def _zones(chosen: str) -> list[tuple[str, str]]:
    """Return the zones to choose from by their words, and the one that is chosen whatever it is."""
    known = {zone: f"{word} ({zone.rpartition('/')[2].replace('_', ' ')})" for zone, word in ZONES.items()}
    return list(({chosen: known.get(chosen, chosen)} | known).items()) if chosen else list(known.items())


handlers = [settings_page, save_profile, *security_settings.handlers, *session_settings.handlers]
