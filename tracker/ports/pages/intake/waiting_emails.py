"""Emails that wait for a decision: their page, and the buttons for those about action items and about events."""

from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from litestar import Response, get, post
from litestar.response import Redirect

from tracker.errors import Conflict, Gone, Invalid
from tracker.ports.http.cookies import Undo
from tracker.ports.http.dependencies import Now, PathId, PathText, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_values import line_in
from tracker.rules.events.replies import Participant, ReplyValue
from tracker.rules.intake.item_emails import EmailAboutItem
from tracker.usecases.intake import item_emails, unrecorded_replies
from tracker.usecases.intake.item_emails import waiting_and_decided_emails
from tracker.usecases.intake.unrecorded_replies import AttachedReply, RecordedSubstitute

WAITING_PAGE = "/email-replies"
ITEM_EMAIL = f"{WAITING_PAGE}/{{email_id:uuid}}"
WAITS_AGAIN = "Undone. The email is waiting for a decision again."
UNDONE = "Undone. The email no longer needs a decision."
REPLY_EMAIL = "/events/{event_id:uuid}/{key:str}/email-replies/{incoming_id:uuid}"


@get(WAITING_PAGE, guards=[signed_in])
async def show_waiting_emails(pages: Pages, viewer: Viewer, now: Now) -> Response[str]:
    """Show the emails about which the viewer may decide."""
    return pages.render("intake/waiting-emails.html", waiting=await waiting_and_decided_emails(viewer, now))


@post(f"{ITEM_EMAIL}/attachment", guards=[signed_in], status_code=303)
async def post_email_attachment(email_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Change an action item as an email says, or say why it can't be. Errors: NotFound."""
    said = "Recorded as a reply from {person}. The sender gets no email."
    return await _answer_item_deed(pages, email_id, item_emails.attach_item_email(viewer, email_id, now), said)


@post(f"{ITEM_EMAIL}/dismissal", guards=[signed_in], status_code=303)
async def post_email_dismissal(email_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Decide that an email is not that person's. Errors: NotFound."""
    return await _answer_item_deed(
        pages, email_id, item_emails.dismiss_item_email(viewer, email_id, now), "Email dismissed."
    )


@post(f"{ITEM_EMAIL}/undo", guards=[signed_in], status_code=303)
async def post_email_decision_undo(email_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Let an email wait again, or say why the decision can't be undone. Errors: NotFound."""
    try:
        waits = await item_emails.undo_item_email_decision(viewer, email_id, now)
    except Conflict as changed:
        return pages.refuse(WAITING_PAGE, changed.sentence)
    return pages.redirect(WAITING_PAGE, WAITS_AGAIN if waits else UNDONE)


async def _answer_item_deed(pages: Pages, email_id: UUID, deed: Awaitable[EmailAboutItem], said: str) -> Redirect:
    try:
        about_item = await deed
    except Conflict as refused:
        return pages.refuse(WAITING_PAGE, refused.sentence)
    undo = Undo(address=f"{WAITING_PAGE}/{email_id}/undo", fields={})
    return pages.redirect(WAITING_PAGE, said.format(person=about_item.email.person), undo)


Done = TypeVar("Done")


@post(f"{REPLY_EMAIL}/attachment", guards=[signed_in], status_code=303)
async def post_reply_attachment(
    event_id: PathId, key: PathText, incoming_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Redirect:
    """Record an email as the reply of the chosen person, or say why it can't be."""
    person_id, invitation_id = line_in(form["person"])
    deed = unrecorded_replies.attach_reply(
        viewer, event_id, key, incoming_id, person_id, now, invitation_id=invitation_id
    )
    return await _answer_reply_deed(pages, f"/events/{event_id}/{key}", incoming_id, deed, _attached_words)


@post(f"{REPLY_EMAIL}/substitution", guards=[signed_in], status_code=303)
async def post_reply_substitution(
    event_id: PathId, key: PathText, incoming_id: PathId, pages: Pages, viewer: Viewer, now: Now
) -> Redirect:
    """Record that the sender comes in place of the invited person, or say why they can't."""
    deed = unrecorded_replies.record_sender_as_substitute(viewer, event_id, key, incoming_id, now)
    return await _answer_reply_deed(pages, f"/events/{event_id}/{key}", incoming_id, deed, _substituted_words)


@post(f"{REPLY_EMAIL}/dismissal", guards=[signed_in], status_code=303)
async def post_reply_dismissal(
    event_id: PathId, key: PathText, incoming_id: PathId, pages: Pages, viewer: Viewer, now: Now
) -> Redirect:
    """Decide that an email is no one's reply."""
    deed = unrecorded_replies.dismiss_reply(viewer, event_id, key, incoming_id, now)
    return await _answer_reply_deed(pages, f"/events/{event_id}/{key}", incoming_id, deed, lambda _: "Email dismissed.")


@post(f"{REPLY_EMAIL}/undo", guards=[signed_in], status_code=303)
async def post_reply_decision_undo(
    event_id: PathId, key: PathText, incoming_id: PathId, pages: Pages, viewer: Viewer, now: Now
) -> Redirect:
    """Let an email wait again, or say why the decision can't be undone."""
    address = f"/events/{event_id}/{key}#email-replies"
    try:
        waits = await unrecorded_replies.undo_reply_decision(viewer, event_id, key, incoming_id, now)
    except Conflict as changed:
        return pages.refuse(address, changed.sentence)
    return pages.redirect(address, WAITS_AGAIN if waits else UNDONE)


def _attached_words(done: AttachedReply) -> str:
    person = _named(done.person)
    if not done.person.substitutes_for:
        return f"Recorded as a reply from {person}. The sender isn’t emailed."
    if done.value is ReplyValue.DECLINED:
        return f"Recorded: {person} can’t come. They’ll get an email."
    return f"{person} already counts as coming, so nothing changed. The sender isn’t emailed."


def _substituted_words(done: RecordedSubstitute) -> str:
    return f"Recorded: {done.substitute} is coming in place of {_named(done.person)}, and will get an email."


def _named(person: Participant) -> str:
    return f"{person.name} ({person.agency})"


async def _answer_reply_deed(
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
