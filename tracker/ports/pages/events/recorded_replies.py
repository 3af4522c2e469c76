"""Recording another person's reply: a form below the participants of an event."""

from typing import Any

from litestar import Response, post

from tracker.errors import Conflict, Gone, Invalid
from tracker.ports.http.dependencies import Now, PathId, PathText, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_values import errors_of, line_in
from tracker.ports.pages.events.event_page import event_context, read_reply_value
from tracker.ports.pages.events.substitution import undo_button
from tracker.rules.emails.content import REPLY_WORDS
from tracker.rules.events.replies import Participant
from tracker.usecases.events.recorded_replies import reply_for
from tracker.usecases.views.event_page import view_event

FIELDS = ("person", "reply", "note", "reply_for")
NO_EMAIL = "No email was sent."
OF_SUBSTITUTE = "They’ll get an email that updates their calendar. The person who named them will get one, too."


@post("/events/{event_id:uuid}/{key:str}/replies", guards=[signed_in], status_code=303)
async def record_reply(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Record the reply, or show the page again with what was typed; a date that takes no replies shows that."""
    view = await view_event(viewer, event_id, key, now)
    try:
        value, note = read_reply_value(form, "reply", "note")
        for_series, (person_id, invitation_id) = form["reply_for"] == "series", line_in(form["person"])
        said = (person_id, value, note, now)
        person, released = await reply_for(
            viewer, event_id, key, *said, for_series=for_series, invitation_id=invitation_id
        )
    except Invalid as wrong:
        context = {**event_context(view, now), "recorded": form, "errors": errors_of(wrong, FIELDS)}
        return pages.render("events/show.html", status_code=422, **context)
    except (Gone, Conflict) as closed:
        return pages.refuse(f"/events/{event_id}/{key}#participants", closed.sentence)
    sentence = f"Recorded: {person.name} ({person.agency}) replied {REPLY_WORDS[value]}."
    undo = undo_button(f"/events/{event_id}/{key}", now) if person.substitutes_for else None
    return pages.redirect(f"/events/{event_id}/{key}#participants", f"{sentence} {_emailed(person, released)}", undo)


def _emailed(person: Participant, released: str) -> str:
    """Return who gets an email because of the reply."""
    if person.substitutes_for:
        return OF_SUBSTITUTE
    return f"{released} will get an email that they’re not needed." if released else NO_EMAIL
