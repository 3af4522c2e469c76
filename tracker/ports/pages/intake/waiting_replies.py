"""Decisions about replies by email that were not recorded: buttons below the participants of an event."""

from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from litestar import post
from litestar.response import Redirect

from tracker.errors import Conflict, Gone, Invalid
from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.http.flash import Undo
from tracker.ports.http.guards import signed_in
from tracker.ports.http.path import PathId, PathText
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_values import line_in
from tracker.ports.pages.intake.waiting_emails import UNDONE, WAITS_AGAIN
from tracker.rules.events.replies import Participant, ReplyValue
from tracker.usecases.intake import unrecorded
from tracker.usecases.intake.unrecorded import Attached, Substituted

Done = TypeVar("Done")
PATH = "/events/{event_id:uuid}/{key:str}/email-replies/{incoming_id:uuid}"


@post(f"{PATH}/attachment", guards=[signed_in], status_code=303)
async def attach_reply(
    event_id: PathId, key: PathText, incoming_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Redirect:
    """Record an email as the reply of the chosen person, or say why it can't be."""
    person_id, invitation_id = line_in(form["person"])
    deed = unrecorded.attach(viewer, event_id, key, incoming_id, person_id, now, invitation_id=invitation_id)
    return await _decided(pages, f"/events/{event_id}/{key}", incoming_id, deed, _attached)


@post(f"{PATH}/substitution", guards=[signed_in], status_code=303)
async def record_substitute(
    event_id: PathId, key: PathText, incoming_id: PathId, pages: Pages, viewer: Viewer, now: Now
) -> Redirect:
    """Record that the sender comes in place of the invited person, or say why they can't."""
    deed = unrecorded.substitute(viewer, event_id, key, incoming_id, now)
    return await _decided(pages, f"/events/{event_id}/{key}", incoming_id, deed, _substituted)


@post(f"{PATH}/dismissal", guards=[signed_in], status_code=303)
async def dismiss_reply(
    event_id: PathId, key: PathText, incoming_id: PathId, pages: Pages, viewer: Viewer, now: Now
) -> Redirect:
    """Decide that an email is no one's reply."""
    deed = unrecorded.dismiss(viewer, event_id, key, incoming_id, now)
    return await _decided(pages, f"/events/{event_id}/{key}", incoming_id, deed, lambda _: "Email dismissed.")


@post(f"{PATH}/undo", guards=[signed_in], status_code=303)
async def undo_decision(
    event_id: PathId, key: PathText, incoming_id: PathId, pages: Pages, viewer: Viewer, now: Now
) -> Redirect:
    """Let an email wait again, or say why the decision can't be undone."""
    address = f"/events/{event_id}/{key}#email-replies"
    try:
        waits = await unrecorded.undo(viewer, event_id, key, incoming_id, now)
    except Conflict as changed:
        return pages.refuse(address, changed.sentence)
    return pages.redirect(address, WAITS_AGAIN if waits else UNDONE)


def _attached(done: Attached) -> str:
    person = _named(done.person)
    if not done.person.substitutes_for:
        return f"Recorded as a reply from {person}. The sender isn’t emailed."
    if done.value is ReplyValue.DECLINED:
        return f"Recorded: {person} can’t come. They’ll get an email."
    return f"{person} already counts as coming, so nothing changed. The sender isn’t emailed."


def _substituted(done: Substituted) -> str:
    return f"Recorded: {done.substitute} is coming in place of {_named(done.person)}, and will get an email."


def _named(person: Participant) -> str:
    return f"{person.name} ({person.agency})"


async def _decided(
    pages: Pages, date: str, incoming_id: UUID, deed: Awaitable[Done], said: Callable[[Done], str]
) -> Redirect:
    """Do a deed and say what was done, with a button to undo it; or say why it can't be done."""
    address = f"{date}#email-replies"
    try:
        done = await deed
    except Invalid as wrong:
        return pages.refuse(address, " ".join(wrong.fields.values()))
    except (Conflict, Gone) as refused:
        return pages.refuse(address, refused.sentence)
    undo = Undo(address=f"{date}/email-replies/{incoming_id}/undo", fields={})
    return pages.redirect(address, said(done), undo)
