"""Emails that wait for a person: replies, updates, and proposed times; and undoing what an email did."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from litestar import HttpMethod, get, post, route
from litestar.response import Redirect

from tracker.errors import Conflict, Gone, Invalid, NotFound
from tracker.ports.http.cookies import Undo
from tracker.ports.http.dependencies import Links, Now, Origin, PathId, PathText, Viewer
from tracker.ports.http.guards import link, signed_in
from tracker.ports.pages.core.dependencies import Form, OnDate, Page, Pages, show_link_page, with_number_notified
from tracker.ports.pages.core.form_shapes import FormShape, Text, form_fields
from tracker.ports.pages.core.form_values import errors_of, participant_in
from tracker.ports.pages.core.templating import Done
from tracker.ports.pages.events.date_pages import event_page_context, occurrence_address, occurrence_times
from tracker.rules.events.events import Occurrence
from tracker.rules.events.history import UNDO_FOR
from tracker.rules.events.replies import LONGEST_COMMENT, ReplyValue
from tracker.usecases.emails import messages
from tracker.usecases.intake import item_emails, unrecorded_replies
from tracker.usecases.intake.item_emails import waiting_and_decided_emails
from tracker.usecases.intake.unrecorded_replies import AttachedReply, RecordedSubstitute
from tracker.usecases.views.event_page import view_event

WAITING_PAGE = "/email-replies"
ITEM_EMAIL = f"{WAITING_PAGE}/{{email_id:uuid}}"
REPLY_EMAIL = "/events/{event_id:uuid}/{key:str}/email-replies/{incoming_id:uuid}"


@get(WAITING_PAGE, guards=[signed_in])
async def show_waiting_emails(pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show the emails about which the viewer may decide."""
    return pages.render("intake/waiting-emails.html", waiting=await waiting_and_decided_emails(viewer, now))


@post(f"{ITEM_EMAIL}/attachment", guards=[signed_in], status_code=303)
async def post_email_attachment(email_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Change an action item as an email says, or say why it can't be. Errors: NotFound."""
    return await pages.respond(
        WAITING_PAGE,
        item_emails.attach_item_email(viewer, email_id, now),
        lambda decided: f"Recorded as a reply from {decided.email.person}. The sender gets no email.",
        Conflict,
        undo=Undo(address=f"{WAITING_PAGE}/{email_id}/undo", fields={}),
    )


@post(f"{ITEM_EMAIL}/dismissal", guards=[signed_in], status_code=303)
async def post_email_dismissal(email_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Decide that an email is not that person's. Errors: NotFound."""
    undo = Undo(address=f"{WAITING_PAGE}/{email_id}/undo", fields={})
    deed = item_emails.dismiss_item_email(viewer, email_id, now)
    return await pages.respond(WAITING_PAGE, deed, "Email dismissed.", Conflict, undo)


@post(f"{ITEM_EMAIL}/undo", guards=[signed_in], status_code=303)
async def post_email_decision_undo(email_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Let an email wait again, or say why the decision can't be undone. Errors: NotFound."""
    deed = item_emails.undo_item_email_decision(viewer, email_id, now)
    return await pages.respond(WAITING_PAGE, deed, _undone_words, Conflict)


def _undone_words(waits: bool) -> str:  # noqa: FBT001 - what undoing a decision returns
    return f"Undone. The email {'is waiting for a decision again' if waits else 'no longer needs a decision'}."


@post(f"{REPLY_EMAIL}/attachment", guards=[signed_in], status_code=303)
async def post_reply_attachment(
    date: OnDate, incoming_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Page:
    """Record an email as the reply of the chosen person, or say why it can't be."""
    person_id, invitation_id = participant_in(form["person"])
    deed = unrecorded_replies.attach_reply(viewer, *date, incoming_id, person_id, now, invitation_id=invitation_id)
    return await _respond_to_reply_deed(pages, date.page, incoming_id, deed, _attached_words)


@post(f"{REPLY_EMAIL}/substitution", guards=[signed_in], status_code=303)
async def post_reply_substitution(date: OnDate, incoming_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Record that the sender comes in place of the invited person, or say why they can't."""
    deed = unrecorded_replies.record_sender_as_substitute(viewer, *date, incoming_id, now)
    return await _respond_to_reply_deed(pages, date.page, incoming_id, deed, _substituted_words)


@post(f"{REPLY_EMAIL}/dismissal", guards=[signed_in], status_code=303)
async def post_reply_dismissal(date: OnDate, incoming_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Decide that an email is no one's reply."""
    deed = unrecorded_replies.dismiss_reply(viewer, *date, incoming_id, now)
    return await _respond_to_reply_deed(pages, date.page, incoming_id, deed, "Email dismissed.")


@post(f"{REPLY_EMAIL}/undo", guards=[signed_in], status_code=303)
async def post_reply_decision_undo(date: OnDate, incoming_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Let an email wait again, or say why the decision can't be undone."""
    deed = unrecorded_replies.undo_reply_decision(viewer, *date, incoming_id, now)
    return await pages.respond(f"{date.page}#email-replies", deed, _undone_words, Conflict)


def _attached_words(done: AttachedReply) -> str:
    person = f"{done.person.name} ({done.person.agency})"
    if not done.person.substitutes_for:
        return f"Recorded as a reply from {person}. The sender isn’t emailed."
    if done.value is ReplyValue.DECLINED:
        return f"Recorded: {person} can’t come. They’ll get an email."
    return f"{person} already counts as coming, so nothing changed. The sender isn’t emailed."


def _substituted_words(done: RecordedSubstitute) -> str:
    person = f"{done.person.name} ({done.person.agency})"
    return f"Recorded: {done.substitute} is coming in place of {person}, and will get an email."


async def _respond_to_reply_deed(
    pages: Pages, page: str, incoming_id: UUID, deed: Awaitable[Done], said: str | Callable[[Done], str]
) -> Redirect:
    """Do a deed and say what was done, with a button to undo it; or say why it can't be done."""
    undo = Undo(address=f"{page}/email-replies/{incoming_id}/undo", fields={})
    return await pages.respond(f"{page}#email-replies", deed, said, (Invalid, Conflict, Gone), undo)


class DeclineForm(FormShape, kw_only=True):
    """Why a proposal is declined."""

    comment: Annotated[str, Text("Comment", LONGEST_COMMENT, is_multiline=True)]


@post("/proposals/{proposal_id:uuid}/refusal", guards=[signed_in], status_code=303)
async def post_proposal_refusal(proposal_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Decline a proposal, or show the page again with what was typed; for one that no longer waits, with why (409)."""
    date = await unrecorded_replies.date_of_proposal(viewer, proposal_id, now)
    try:
        await unrecorded_replies.decline_proposal(viewer, proposal_id, DeclineForm.read(form).comment, now)
    except Invalid as wrong:
        view = await view_event(viewer, date.event.id, date.key, now)
        typed = {
            "refusal": form,
            "refused_id": proposal_id,
            "wrong_refusal": errors_of(wrong, list(form_fields(DeclineForm))),
        }
        return pages.render("events/show.html", status_code=422, **event_page_context(view, now) | typed)
    except Conflict as closed:
        view = await view_event(viewer, date.event.id, date.key, now)
        unsent = {"unsent_decline": {"sentence": closed.sentence, "comment": form["comment"]}}
        return pages.render("events/show.html", status_code=409, **event_page_context(view, now) | unsent)
    words = with_number_notified("Declined.", await messages.number_notified(viewer, [date.event.id], now))
    undo_button = Undo(address=f"/proposals/{proposal_id}/refusal/removal", fields={}, until=now + UNDO_FOR)
    return pages.redirect(_address(date), words, undo_button)


@post("/proposals/{proposal_id:uuid}/refusal/removal", guards=[signed_in], status_code=303)
async def post_refusal_removal(proposal_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Let a declined proposal wait again, or say that its email may have left."""
    date = await unrecorded_replies.date_of_proposal(viewer, proposal_id, now)
    deed = unrecorded_replies.undo_proposal_decline(viewer, proposal_id, now)
    return await pages.respond(_address(date), deed, lambda state: f"Undone. No one was notified. {state.label}", Gone)


def _address(date: Occurrence) -> str:
    return f"{occurrence_address(date)}#proposals"


@route("/w/{token:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], guards=[link])
async def show_email_undo(token: PathText, pages: Pages, origin: Origin, now: Now, links: Links) -> Page:
    """Show what an email changed and a button that undoes it; or that it was undone, or can't be."""
    try:
        undoable = await item_emails.undoable_by_link(links.read_undo(token), now, origin)
    except NotFound:
        return _unknown(pages)
    if undoable.is_restricted:
        return show_link_page(pages.render("actions/link-sign-in.html", target=_page(undoable)))
    row = occurrence_times(undoable.date) if undoable.date else {}
    return show_link_page(pages.render("intake/undo.html", token=token, found=undoable, page=_page(undoable), **row))


@post("/w/{token:str}", guards=[link], status_code=303)
async def post_email_undo(token: PathText, pages: Pages, origin: Origin, now: Now, links: Links) -> Page:
    """Undo what an email changed; the page then says so, or that it can't be undone."""
    try:
        words_id = links.read_undo(token)
        if not (await item_emails.undoable_by_link(words_id, now, origin)).is_restricted:
            await item_emails.undo_emailed_change(words_id, now, origin)
    except NotFound:
        return _unknown(pages)
    except Conflict:
        pass  # the page says why it can't be undone
    return show_link_page(Redirect(f"/w/{token}", status_code=303))


def _page(undoable: item_emails.Undoable) -> str:
    if undoable.item:
        return f"/action-items/{undoable.item.reference}"
    return f"/events/{undoable.date.event.id}" if undoable.date else "/"


def _unknown(pages: Pages) -> Page:
    return show_link_page(pages.render("core/errors/link.html", status_code=404, of="undo"))
