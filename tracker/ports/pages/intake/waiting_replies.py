"""Decisions about replies by email that were not recorded: buttons below the participants of an event."""

from collections.abc import Awaitable
from uuid import UUID

from litestar import post
from litestar.params import FromPath
from litestar.response import Redirect

from tracker.errors import Conflict, Gone, Invalid
from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.http.flash import Undo
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_values import id_in
from tracker.ports.pages.intake.waiting_emails import UNDONE, WAITS_AGAIN
from tracker.rules.events.replies import Participant
from tracker.usecases.intake import unrecorded

PATH = "/events/{event_id:uuid}/{key:str}/email-replies/{incoming_id:uuid}"


@post(f"{PATH}/attachment", guards=[signed_in], status_code=303)
async def attach_reply(
    event_id: FromPath[UUID],
    key: FromPath[str],
    incoming_id: FromPath[UUID],
    pages: Pages,
    viewer: Viewer,
    form: Form,
    now: Now,
) -> Redirect:
    """Record an email as the reply of the chosen person, or say why it can't be."""
    deed = unrecorded.attach(viewer, event_id, key, incoming_id, id_in(form["person"]), now)
    said = "Recorded as a reply from {person}. The sender gets no email, unless they’re a substitute who can’t come."
    return await _decided(pages, f"/events/{event_id}/{key}", incoming_id, deed, said)


@post(f"{PATH}/substitution", guards=[signed_in], status_code=303)
async def record_substitute(
    event_id: FromPath[UUID], key: FromPath[str], incoming_id: FromPath[UUID], pages: Pages, viewer: Viewer, now: Now
) -> Redirect:
    """Record that the sender comes in place of the invited person, or say why they can't."""
    deed = unrecorded.substitute(viewer, event_id, key, incoming_id, now)
    said = "Recorded: the sender is coming in place of {person}. They get an email that says so."
    return await _decided(pages, f"/events/{event_id}/{key}", incoming_id, deed, said)


@post(f"{PATH}/dismissal", guards=[signed_in], status_code=303)
async def dismiss_reply(
    event_id: FromPath[UUID], key: FromPath[str], incoming_id: FromPath[UUID], pages: Pages, viewer: Viewer, now: Now
) -> Redirect:
    """Decide that an email is no one's reply."""
    deed = unrecorded.dismiss(viewer, event_id, key, incoming_id, now)
    return await _decided(pages, f"/events/{event_id}/{key}", incoming_id, deed, "Email dismissed.")


@post(f"{PATH}/undo", guards=[signed_in], status_code=303)
async def undo_decision(
    event_id: FromPath[UUID], key: FromPath[str], incoming_id: FromPath[UUID], pages: Pages, viewer: Viewer, now: Now
) -> Redirect:
    """Let an email wait again, or say why the decision can't be undone."""
    address = f"/events/{event_id}/{key}#email-replies"
    try:
        waits = await unrecorded.undo(viewer, event_id, key, incoming_id, now)
    except Conflict as changed:
        return pages.refuse(address, changed.sentence)
    return pages.redirect(address, WAITS_AGAIN if waits else UNDONE)


async def _decided(
    pages: Pages, date: str, incoming_id: UUID, deed: Awaitable[Participant | None], said: str
) -> Redirect:
    """Do a deed and say what was done, with a button to undo it; or say why it can't be done."""
    address = f"{date}#email-replies"
    try:
        person = await deed
    except Invalid as wrong:
        return pages.refuse(address, " ".join(wrong.fields.values()))
    except (Conflict, Gone) as refused:
        return pages.refuse(address, refused.sentence)
    sentence = said.format(person=f"{person.name} ({person.agency})") if person else said
    undo = Undo(address=f"{date}/email-replies/{incoming_id}/undo", fields={})
    return pages.redirect(address, sentence, undo)


handlers = [attach_reply, record_substitute, dismiss_reply, undo_decision]
