"""What pages about a date share: its address (also an earlier one), times, the reply form, and what its page shows."""

from typing import Any
from uuid import UUID

from litestar.response import Redirect

from tracker.errors import Invalid, NotFound
from tracker.ports.http.dependencies import Now
from tracker.ports.pages.core.form_values import Errors, FormReader, FormValues, errors_of, id_in
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wording import local
from tracker.rules.emails.nudges import skipped_words, why_no_nudge
from tracker.rules.events.events import EventStatus, Occurrence, agenda_items, planned_minutes
from tracker.rules.events.plans import is_moved, may_change_from, rule_of, slot_at
from tracker.rules.events.replies import LONGEST_COMMENT, ReplyValue
from tracker.rules.intake.proposals import STATE_WORDS as PROPOSAL_WORDS
from tracker.rules.operations.states import STATES
from tracker.rules.recurrence.series_words import pattern_words
from tracker.usecases.views.event_page import EventView, date_after_split


def occurrence_times(occurrence: Occurrence) -> dict[str, Any]:
    """Return a date with its times on the wall clock of its zone."""
    zone = occurrence.event.zone
    return {
        "occurrence": occurrence,
        "starts": local(occurrence.starts_at, zone),
        "ends": local(occurrence.ends_at, zone),
        "address": occurrence_address(occurrence),
    }


def occurrence_address(occurrence: Occurrence) -> str:
    """Return the address of a date's page."""
    return f"/events/{occurrence.event.id}/{occurrence.key}"


async def redirect_to_moved_date(viewer: Viewer, event_id: UUID, key: str) -> Redirect:
    """Redirect to the date in the series that continues the one that had it. Errors: NotFound."""
    found_id, found_key = await _moved_date(viewer, event_id, key)
    return Redirect(f"/events/{found_id}/{found_key}" if found_key else f"/events/{found_id}", status_code=303)


async def redirect_to_moved_form(viewer: Viewer, event_id: UUID, key: str) -> Redirect:
    """Redirect to the form of that date and those after it. Errors: NotFound."""
    found_id, found_key = await _moved_date(viewer, event_id, key)
    from_it = f"?from={found_key}" if found_key else ""
    return Redirect(f"/events/{found_id}/edit{from_it}", status_code=303)


async def _moved_date(viewer: Viewer, event_id: UUID, key: str) -> tuple[UUID, str]:
    found = await date_after_split(viewer, event_id, key)
    if found is None:
        raise NotFound
    return found


def event_page_context(view: EventView, now: Now) -> dict[str, Any]:
    """Return what the page of a date shows."""
    occurrence, event = view.occurrence, view.occurrence.event
    agenda = agenda_items(occurrence.agenda)
    by_rule = slot_at(occurrence.original_start, event.duration, event.zone)
    return {
        **occurrence_times(occurrence),
        "view": view,
        "event": event,
        "agenda": agenda,
        "planned": planned_minutes(agenda),
        "minutes": int((occurrence.ends_at - occurrence.starts_at).total_seconds() // 60),
        "repeats": pattern_words(rule) if (rule := rule_of(event)) else "",
        "was": tuple(local(moment, event.zone) for moment in by_rule)
        if event.is_series and is_moved(occurrence)
        else None,
        "nudge_words": lambda nudge, zone: (why_no_nudge(nudge, now, zone), skipped_words(nudge, now, zone)),
        "from_here": event.is_series and may_change_from(occurrence, view.before, now),
        "attendance_opens": local(view.attendance_opens, event.zone),
        "takes_items": event.status is not EventStatus.DRAFT and not occurrence.is_off,
        "assigns_items": view.assigns_items,
        "comment": "",
        "refused": "",
        "readings": [(reading, local(reading.at, event.zone)) for reading in view.readings],
        "wrong": errors_of(None, REPLY_FIELDS),
        "recorded": FormValues({}),
        "errors": Errors(),
        "outcome": None,
        "outcome_zone": event.zone,
        "plan_states": STATES,
        "proposal_states": PROPOSAL_WORDS,
        "refusal": FormValues({}),
        "refused_id": None,
        "wrong_refusal": Errors(),
        "unsent_decline": None,
    }


REPLIES = {"yes": ReplyValue.ACCEPTED, "maybe": ReplyValue.TENTATIVE, "no": ReplyValue.DECLINED}
"""The values of the reply buttons."""
ALTERNATE = "alternate"
"""The value of the button that names a substitute."""
REPLY_FIELDS = ("reply", "comment", "substitute")


def read_reply_form(form: FormValues) -> tuple[ReplyValue, str, UUID | None]:
    """Return a reply, its comment, and the substitute. Errors: Invalid by field."""
    if form["reply"] != ALTERNATE:
        return *read_reply_value(form), None
    value, words = read_reply_value(form.but({"reply": "no"}))
    substitute = id_in(form["substitute"])
    if substitute is None:
        raise Invalid(substitute="Choose who is coming in your place.")
    return value, words, substitute


def read_reply_value(form: FormValues, field: str = "reply", comment: str = "comment") -> tuple[ReplyValue, str]:
    """Return a reply and its comment from the fields of these names. Errors: Invalid by field."""
    reader = FormReader(form)
    words = reader.text(comment, LONGEST_COMMENT, multiline=True)
    value = REPLIES.get(form[field])
    if value is None:
        raise Invalid(**{field: "Choose Yes, Maybe, or No."}, **reader.wrong)
    reader.check()
    return value, words
