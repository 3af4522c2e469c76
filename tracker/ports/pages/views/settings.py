"""Settings: the viewer's own entry in the roster, and links to the other settings: security, feeds, notifications."""

from typing import Any

from litestar import Response, get, post
from msgspec.structs import asdict

from tracker.database import together
from tracker.errors import Invalid
from tracker.ports.http.dependencies import Now, Viewer, Visit
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Drafts, Form, Pages
from tracker.ports.pages.core.form_values import FormValues, errors_of
from tracker.ports.pages.identity.security_settings import shown_sessions
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.rules.core.wording import zone_choices
from tracker.usecases.availability import shared_calendars
from tracker.usecases.calendars import subscriptions
from tracker.usecases.core import saved_filters
from tracker.usecases.identity import api_tokens
from tracker.usecases.identity.sign_in import credentials_of
from tracker.usecases.roster import aliases, people
from tracker.usecases.roster.people import Profile

PATH = "/settings"
FIELDS = ("name", "title", "phone", "mobile", "private", "zone", "address")
SAVED = "Profile saved."
LINK_SENT = "If {address} can be added, we’ve sent a link there. Open it within an hour."
LINK_REPLACED = f"{LINK_SENT} Any link we sent there earlier no longer works."


@get(PATH, guards=[signed_in])
async def settings_page(pages: Pages, viewer: Viewer, visit: Visit, drafts: Drafts, now: Now) -> Response[str]:
    """Show the settings."""
    form_values, draft = await together(_profile(viewer), drafts.kept(DraftKey(form=DraftForm.PROFILE)))
    return await _page(pages, viewer, visit, now, form_values if draft is None else draft)


@post(f"{PATH}/profile", guards=[signed_in], status_code=303)
async def save_profile(pages: Pages, viewer: Viewer, visit: Visit, form: Form, now: Now) -> Response[Any]:
    """Change the viewer's own entry in the roster."""
    wanted = Profile(
        name=form["name"],
        title=form["title"],
        phone=form["phone"],
        mobile=form["mobile"],
        is_mobile_private=bool(form["private"]),
        zone=form["zone"],
    )
    try:
        await people.change_profile(viewer, wanted, now)
    except Invalid as wrong:
        return await _page(pages, viewer, visit, now, form, wrong)
    return pages.redirect(PATH, SAVED)


@post(f"{PATH}/addresses", guards=[signed_in], status_code=303)
async def add_address(pages: Pages, viewer: Viewer, visit: Visit, form: Form, now: Now) -> Response[Any]:
    """Add a further address, or say why it can't be; the answer is the same for one that is someone else's."""
    address = form["address"].strip().lower()
    try:
        is_again = await aliases.add_alias(viewer, address, now)
    except Invalid as wrong:
        return await _page(pages, viewer, visit, now, await _profile(viewer), wrong, address=form["address"])
    sentence = LINK_REPLACED if is_again else LINK_SENT
    return pages.redirect(f"{PATH}#addresses", sentence.format(address=address))


async def _profile(viewer: Viewer) -> FormValues:
    profile = await people.profile_of(viewer)
    values = asdict(profile)
    texts = {field: [values[field]] for field in ("name", "title", "phone", "mobile", "zone")}
    return FormValues(texts | {"private": ["yes" if profile.is_mobile_private else ""]})


async def _page(
    pages: Pages,
    viewer: Viewer,
    visit: Visit,
    now: Now,
    form: FormValues,
    wrong: Invalid | None = None,
    *,
    address: str = "",
) -> Response[str]:
    (proofs, sessions, tokens), (feeds, shares_calendar), (addresses, filters) = await together(
        together(
            credentials_of(viewer.member_id),
            shown_sessions(viewer.member_id, visit.session_id, now),
            api_tokens.api_tokens_of(viewer, now),
        ),
        together(subscriptions.subscriptions_of(viewer), shared_calendars.own_shared_calendar(viewer)),
        together(aliases.aliases_of(viewer), saved_filters.filters_of(viewer)),
    )
    return pages.render(
        "views/settings/show.html",
        status_code=422 if wrong else 200,
        form=form,
        typed_address=address,
        errors=errors_of(wrong, FIELDS),
        zones=zone_choices(form["zone"]),
        proofs=proofs,
        sessions=sessions,
        feeds=feeds,
        aliases=addresses,
        filters=filters,
        tokens=tokens,
        shares_calendar=shares_calendar,
    )
