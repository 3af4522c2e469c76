"""A button for a substitute, that they can't come after all; and Undo for their No, also when it was recorded."""

from datetime import UTC, datetime

from litestar import post
from litestar.response import Redirect

from tracker.errors import Conflict, Gone, NotAllowed
from tracker.ports.http.cookies import Undo
from tracker.ports.http.dependencies import Now, PathId, PathText, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_values import moment_in
from tracker.rules.events.undo import UNDO_FOR
from tracker.usecases.events import substitute_replies, substitute_undo
from tracker.usecases.events.substitute_undo import Refusal

SAID = "You’re no longer the substitute. We’ll email you a calendar update."
PATH = "/events/{event_id:uuid}/{key:str}/substitution/refusal"
NEVER = datetime.min.replace(tzinfo=UTC)


@post(PATH, guards=[signed_in], status_code=303)
async def decline_substitution(event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Record that the viewer can't come in another person's place, or say why it's too late."""
    address = f"/events/{event_id}/{key}"
    try:
        await substitute_replies.decline(viewer, event_id, key, now)
    except (Gone, NotAllowed) as closed:
        return pages.refuse(f"{address}#reply", closed.sentence)
    return pages.redirect(f"{address}#reply", SAID, undo_button(address, now))


@post(f"{PATH}/removal", guards=[signed_in], status_code=303)
async def undo_refusal(event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Redirect:
    """Undo a substitute's No that the viewer gave or recorded, or say why it can't be undone."""
    address = f"/events/{event_id}/{key}"
    try:
        found = await substitute_undo.undo(viewer, event_id, key, moment_in(form["at"]) or NEVER, now)
    except (Gone, Conflict) as refused:
        return pages.refuse(address, refused.sentence)
    return pages.redirect(address, _undone(found, viewer))


def undo_button(address: str, now: Now) -> Undo:
    """Return what undoes a substitute's No to a date that was just given, or recorded."""
    return Undo(address=f"{address}/substitution/refusal/removal", fields={"at": now.isoformat()}, until=now + UNDO_FOR)


def _undone(found: Refusal, viewer: Viewer) -> str:
    is_own = all(one.substitute_id == viewer.member_id for one in found.turns)
    who = "You’re" if is_own else f"{found.substitute} is"
    known = f"{found.principals} may already have an email about the No. Let them know it was undone."
    last = known if found.may_be_known else "No one was notified."
    return f"Undone. {who} the substitute for {found.principals} again. {last}"
