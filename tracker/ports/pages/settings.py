"""Settings: one's own entry in the roster, and the ways to what else one can set: security, feeds, notifications."""

from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from tracker import clock
from tracker.errors import Invalid
from tracker.ports import flash
from tracker.ports.guards import signed_in
from tracker.ports.pages import settings_security, settings_sessions
from tracker.ports.pages.form_values import FormValues, errors_of, form_of
from tracker.ports.pages.identity_forms import Web, settings_of
from tracker.ports.pages.proof import visit_of
from tracker.ports.pages.request import viewer_of
from tracker.ports.pages.settings_sessions import shown_sessions
from tracker.ports.pages.templating import page
from tracker.rules.wording import ZONES
from tracker.usecases import api_tokens, outside_calendars, people_profile, saved_filters, subscriptions
from tracker.usecases.identity_authenticators import proofs_of
from tracker.usecases.people_profile import Profile

PATH = "/settings"
FIELDS = ("name", "title", "phone", "zone")
SAVED = "Your profile is saved."


@get(PATH, guards=[signed_in])
async def settings_page(request: Web) -> Response[str]:
    """Show what one can set."""
    mine = await people_profile.profile_of(viewer_of(request))
    return await _page(request, FormValues({field: [mine.__dict__[field]] for field in FIELDS}))


@post(f"{PATH}/profile", guards=[signed_in], status_code=303)
async def save_profile(request: Web) -> Response[Any]:
    """Change one's own entry in the roster."""
    form = await form_of(request)
    wanted = Profile(name=form["name"], title=form["title"], phone=form["phone"], zone=form["zone"])
    try:
        await people_profile.change_profile(viewer_of(request), wanted, clock.now())
    except Invalid as wrong:
        return await _page(request, form, wrong)
    answer: Response[Any] = Redirect(PATH, status_code=303)
    flash.say(answer, settings_of(request), SAVED)
    return answer


async def _page(request: Web, form: FormValues, wrong: Invalid | None = None) -> Response[str]:
    viewer, session_id = viewer_of(request), visit_of(request).session_id
    return page(
        "settings/show.html",
        request,
        status_code=422 if wrong else 200,
        form=form,
        errors=errors_of(wrong, FIELDS),
        zones=_zones(form["zone"]),
        proofs=await proofs_of(viewer.member_id),
        sessions=await shown_sessions(viewer.member_id, session_id, clock.now()),
        feeds=await subscriptions.subscriptions_of(viewer),
        filters=await saved_filters.filters_of(viewer),
        tokens=await api_tokens.tokens_of(viewer, clock.now()),
        shares_calendar=await outside_calendars.mine(viewer),
    )


def _zones(chosen: str) -> list[tuple[str, str]]:
    """Return the zones to choose from by their words, and the one that is chosen whatever it is."""
    known = {zone: f"{word} ({zone.rpartition('/')[2].replace('_', ' ')})" for zone, word in ZONES.items()}
    return list(({chosen: known.get(chosen, chosen)} | known).items()) if chosen else list(known.items())


handlers = [settings_page, save_profile, *settings_security.handlers, *settings_sessions.handlers]
