"""Emails that wait for a person: replies, updates, and proposed times; and undoing what an email did."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar
from uuid import UUID

from litestar import HttpMethod, get, post, route
from litestar.response import Redirect

from tracker.errors import Conflict, Gone, Invalid, NotFound
from tracker.ports.http.cookies import Undo
from tracker.ports.http.dependencies import Links, Now, Origin, PathId, PathText, Today, Viewer
from tracker.ports.http.guards import link, signed_in
from tracker.ports.pages.core.dependencies import Form, OnDate, Page, Pages, link_page, with_number_notified
from tracker.ports.pages.core.form_shapes import FormShape, Text, form_fields
from tracker.ports.pages.core.form_values import FormValues, errors_of, line_in
from tracker.ports.pages.events.date_pages import event_page_context, occurrence_address, occurrence_times
from tracker.rules.events.events import Occurrence
from tracker.rules.events.history import UNDO_FOR
from tracker.rules.events.replies import LONGEST_COMMENT, Participant, ReplyValue
from tracker.rules.intake.item_emails import EmailAboutItem
from tracker.usecases.emails import messages
from tracker.usecases.intake import item_emails, unrecorded_replies
from tracker.usecases.intake.item_emails import waiting_and_decided_emails
from tracker.usecases.intake.unrecorded_replies import AttachedReply, RecordedSubstitute
from tracker.usecases.views.event_page import view_event

WAITING_PAGE = "/email-replies"
ITEM_EMAIL = f"{WAITING_PAGE}/{{email_id:uuid}}"
WAITS_AGAIN = "Undone. The email is waiting for a decision again."
UNDONE = "Undone. The email no longer needs a decision."
REPLY_EMAIL = "/events/{event_id:uuid}/{key:str}/email-replies/{incoming_id:uuid}"


@get(WAITING_PAGE, guards=[signed_in])
async def show_waiting_emails(pages: Pages, viewer: Viewer, now: Now) -> Page:
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
    date: OnDate, incoming_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Redirect:
    """Record an email as the reply of the chosen person, or say why it can't be."""
    person_id, invitation_id = line_in(form["person"])
    deed = unrecorded_replies.attach_reply(viewer, *date, incoming_id, person_id, now, invitation_id=invitation_id)
    return await _answer_reply_deed(pages, date.page, incoming_id, deed, _attached_words)


@post(f"{REPLY_EMAIL}/substitution", guards=[signed_in], status_code=303)
async def post_reply_substitution(
    date: OnDate, incoming_id: PathId, pages: Pages, viewer: Viewer, now: Now
) -> Redirect:
    """Record that the sender comes in place of the invited person, or say why they can't."""
    deed = unrecorded_replies.record_sender_as_substitute(viewer, *date, incoming_id, now)
    return await _answer_reply_deed(pages, date.page, incoming_id, deed, _substituted_words)


@post(f"{REPLY_EMAIL}/dismissal", guards=[signed_in], status_code=303)
async def post_reply_dismissal(date: OnDate, incoming_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Decide that an email is no one's reply."""
    deed = unrecorded_replies.dismiss_reply(viewer, *date, incoming_id, now)
    return await _answer_reply_deed(pages, date.page, incoming_id, deed, lambda _: "Email dismissed.")


@post(f"{REPLY_EMAIL}/undo", guards=[signed_in], status_code=303)
async def post_reply_decision_undo(
    date: OnDate, incoming_id: PathId, pages: Pages, viewer: Viewer, now: Now
) -> Redirect:
    """Let an email wait again, or say why the decision can't be undone."""
    address = f"{date.page}#email-replies"
    try:
        waits = await unrecorded_replies.undo_reply_decision(viewer, *date, incoming_id, now)
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


PROPOSAL_UNDONE = "Undone. No one was notified."


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
        return await _too_late(pages, viewer, date, now, form, closed)
    words = with_number_notified("Declined.", await messages.number_notified(viewer, [date.event.id], now))
    undo_button = Undo(address=f"/proposals/{proposal_id}/refusal/removal", fields={}, until=now + UNDO_FOR)
    return pages.redirect(_address(date), words, undo_button)


@post("/proposals/{proposal_id:uuid}/refusal/removal", guards=[signed_in], status_code=303)
async def post_refusal_removal(proposal_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Let a declined proposal wait again, or say that its email may have left."""
    date = await unrecorded_replies.date_of_proposal(viewer, proposal_id, now)
    try:
        state = await unrecorded_replies.undo_proposal_decline(viewer, proposal_id, now)
    except Gone as gone:
        return pages.refuse(_address(date), gone.sentence)
    return pages.redirect(_address(date), f"{PROPOSAL_UNDONE} {state.label}")


def _address(date: Occurrence) -> str:
    return f"{occurrence_address(date)}#proposals"


async def _too_late(
    pages: Pages, viewer: Viewer, date: Occurrence, now: Now, form: FormValues, closed: Conflict
) -> Page:
    """Show the page with the comment that was typed for a proposal that no longer waits."""
    view = await view_event(viewer, date.event.id, date.key, now)
    unsent = {"sentence": closed.sentence, "comment": form["comment"]}
    return pages.render(
        "events/show.html", status_code=409, **event_page_context(view, now) | {"unsent_decline": unsent}
    )


@route("/w/{token:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], guards=[link])
async def show_email_undo(token: PathText, pages: Pages, origin: Origin, now: Now, today: Today, links: Links) -> Page:
    """Show what an email changed and a button that undoes it; or that it was undone, or can't be."""
    try:
        undoable = await item_emails.undoable_by_link(links.read_undo(token), now, origin)
    except NotFound:
        return _unknown(pages)
    if undoable.is_restricted:
        return link_page(pages.render("actions/link-sign-in.html", target=_page(undoable)))
    row = occurrence_times(undoable.date) if undoable.date else {}
    return link_page(
        pages.render("intake/undo.html", token=token, found=undoable, page=_page(undoable), today=today, **row)
    )


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
    return link_page(Redirect(f"/w/{token}", status_code=303))


def _page(undoable: item_emails.Undoable) -> str:
    if undoable.item:
        return f"/action-items/{undoable.item.reference}"
    return f"/events/{undoable.date.event.id}" if undoable.date else "/"


def _unknown(pages: Pages) -> Page:
    return link_page(pages.render("core/errors/link.html", status_code=404, of="undo"))
