"""Settings: where the viewer is signed in, and how to end it: one by one, everywhere, or after losing a phone."""

from datetime import datetime
from uuid import UUID

from litestar import Response, get, post
from litestar.response import Redirect
from msgspec import Struct

from tracker.ports.http import cookies
from tracker.ports.http.dependencies import Now, Settings, Viewer, Visit
from tracker.ports.http.guards import signed_in
from tracker.ports.http.path import PathText
from tracker.ports.pages.core.dependencies import Pages
from tracker.rules.core.wording import plural
from tracker.rules.identity.browsers import browser_name
from tracker.usecases.calendars.subscriptions import subscriptions_of
from tracker.usecases.identity import sessions as session_deeds
from tracker.usecases.identity.api_tokens import tokens_of
from tracker.usecases.identity.revoke_access import report_lost_phone

SECURITY = "/settings#security"
LOST = "/settings/lost-phone"
ENDED = "Signed out in that browser."
EVERYWHERE = "You’re signed out everywhere."
SHUT = "{} ended, {} turned off, {} revoked. Next, set up an authenticator app on another phone."


class ShownSession(Struct, frozen=True, kw_only=True):
    """A session in words; `is_here` marks the present one."""

    id: str
    browser: str
    address: str
    created_at: datetime
    seen_at: datetime
    is_here: bool


async def shown_sessions(member_id: UUID, here: str, now: Now) -> list[ShownSession]:
    """Return a member's open sessions in words, the present one first."""
    found = [_shown(one, here) for one in await session_deeds.sessions_of(member_id, now)]
    return sorted(found, key=lambda one: not one.is_here)


@post("/settings/sessions/{session_id:str}/end", guards=[signed_in], status_code=303)
async def end_session(session_id: PathText, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Sign another browser out; this one signs out with the button in the header."""
    await session_deeds.end_session(viewer, session_id, now)
    return pages.redirect(SECURITY, ENDED)


@post("/settings/sessions/end", guards=[signed_in], status_code=303)
async def sign_out_everywhere(pages: Pages, viewer: Viewer, now: Now, settings: Settings) -> Redirect:
    """Sign all browsers out, this one too."""
    await session_deeds.sign_out_everywhere(viewer.member_id, now, by=viewer.actor)
    response = pages.redirect("/sign-in", EVERYWHERE)
    response.headers["Clear-Site-Data"] = '"storage"'
    cookies.remove(response, settings, cookies.SESSION)
    return response


@get(LOST, guards=[signed_in])
async def lost_phone_page(pages: Pages, viewer: Viewer, visit: Visit, now: Now) -> Response[str]:
    """Show what ends when a phone is reported lost."""
    here = visit.session_id
    sessions = await session_deeds.sessions_of(viewer.member_id, now)
    others = [one for one in sessions if one.id != here]
    feeds, tokens = await subscriptions_of(viewer), await tokens_of(viewer, now)
    return pages.render("views/settings/lost-phone.html", others=len(others), feeds=len(feeds), tokens=len(tokens))


@post(LOST, guards=[signed_in], status_code=303)
async def lose_phone(pages: Pages, viewer: Viewer, visit: Visit, now: Now) -> Redirect:
    """End every other session, turn every feed off and revoke every token, at once."""
    shut = await report_lost_phone(viewer, now, keeping=visit.session_id)
    words = SHUT.format(
        plural(shut["sessions"], "other session"), plural(shut["feeds"], "feed"), plural(shut["tokens"], "token")
    )
    return pages.redirect(SECURITY, words)


def _shown(session: session_deeds.OpenSession, here: str) -> ShownSession:
    address, _, agent = session.client.partition(" ")
    return ShownSession(
        id=session.id,
        browser=browser_name(agent),
        address=address,
        created_at=session.created_at,
        seen_at=session.seen_at,
        is_here=session.id == here,
    )
