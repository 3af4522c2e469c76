"""The form that asks people for dates: rows to type in, and suggested times to check."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect
from msgspec import Struct

from tracker.errors import Invalid
from tracker.ports.http.dependencies import Now, PathId, Settings, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.availability.availability import TimeChoice, time_choice
from tracker.ports.pages.core.dependencies import Drafts, Form, Pages
from tracker.ports.pages.core.form_values import FormReader, FormValues, errors_of
from tracker.rules.availability.suggested_times import OPENS
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.rules.core.wording import local, to_utc
from tracker.rules.events.events import Event
from tracker.rules.events.replies import REPLY_HOUR, AttendeeRole
from tracker.rules.polls.polls import MOST_DATES, NewPoll, PollState, usual_reply_by
from tracker.rules.recurrence.holidays import next_working_day
from tracker.usecases import availability
from tracker.usecases.availability import TimeSearch
from tracker.usecases.events import form_options
from tracker.usecases.events.scheduling import plan_to_change
from tracker.usecases.polls import polls

NEW_POLL_FIELDS = ("dates", "reply_by")
ROWS = 3
"""Empty rows that the form begins with, and that "Add 3 dates" adds."""
OPENED = "People will get an email in a moment."


class TypedDate(Struct, frozen=True, kw_only=True):
    """One row of the form, as it was typed."""

    day: str
    starts: str

    @property
    def is_empty(self) -> bool:
        """Return whether nothing was typed; a start alone is the one that the row began with."""
        return not self.day.strip()


@get("/events/{event_id:uuid}/poll", guards=[signed_in])
async def show_new_poll(
    event_id: PathId, pages: Pages, viewer: Viewer, drafts: Drafts, now: Now, settings: Settings
) -> Response[Any]:
    """Show the form, which begins with the dates of a canceled poll, or the draft's; an open poll is shown instead."""
    event = await polls.draft_for(viewer, event_id)
    known = await polls.last_poll_of(viewer, event)
    if known and known.state is PollState.OPEN:
        return Redirect(f"/polls/{known.id}", status_code=303)
    earlier = [poll_date.starts for poll_date in known.ahead(now)] if known else []
    form = await drafts.begun(
        DraftKey(form=DraftForm.POLL, subject=str(event_id), event_id=event_id), _begun(event, earlier, now)
    )
    return await _shown(pages, viewer, event, form, now, settings)


@post("/events/{event_id:uuid}/poll", guards=[signed_in], status_code=303)
async def post_new_poll(
    event_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now, settings: Settings
) -> Response[Any]:
    """Ask people for dates, or show the form again with its errors or with more rows."""
    event = await polls.draft_for(viewer, event_id)
    if form["save"] != "ask":
        return await _shown(pages, viewer, event, _with_rows(form), now, settings)
    try:
        poll_id = await polls.open_poll(viewer, event_id, _read(form, event), now)
    except Invalid as wrong:
        return await _shown(pages, viewer, event, form, now, settings, wrong)
    return pages.redirect(f"/polls/{poll_id}", OPENED)


async def _shown(
    pages: Pages,
    viewer: Viewer,
    event: Event,
    form: FormValues,
    now: Now,
    settings: Settings,
    wrong: Invalid | None = None,
) -> Response[str]:
    return pages.render(
        "polls/new.html",
        status_code=422 if wrong else 200,
        hindrance=await polls.draft_hindrance(event),
        event=event,
        form=form,
        rows=_rows(form),
        suggested=await _suggested(viewer, event, now, settings),
        reads_outside=settings.shared_calendars,
        lost=await polls.lost_by_asking_again(viewer, event),
        errors=errors_of(wrong, NEW_POLL_FIELDS),
        most=MOST_DATES,
        more=ROWS,
    )


def _begun(event: Event, earlier: Sequence[datetime], now: datetime) -> FormValues:
    """Return the form as it begins: the dates of an earlier poll that are ahead, and when people usually reply by.

    Without one, it begins with the draft's own date, if that is ahead.
    """
    is_ahead = to_utc(event.starts, event.zone) > now
    starts = [*earlier] or ([event.starts] if is_ahead else [])
    empty = max(0, ROWS - len(starts))
    reply_by = usual_reply_by(min(starts, default=event.starts).date(), local(now, event.zone).date())
    return FormValues(
        {
            "dates": [*(f"{start:%Y-%m-%d}" for start in starts), *[""] * empty],
            "times": [f"{moment:%H:%M}" for moment in [*starts, *[event.starts] * empty]],
            "reply_by": [reply_by.isoformat()],
        }
    )


def _rows(form: FormValues) -> list[TypedDate]:
    times = [*form.all("times"), *[""] * len(form.all("dates"))]
    return [TypedDate(day=day, starts=starts) for day, starts in zip(form.all("dates"), times, strict=False)]


def _with_rows(form: FormValues) -> FormValues:
    rows = _rows(form)
    added = max(0, min(ROWS, MOST_DATES - len(rows)))
    starts = rows[-1].starts if rows else ""
    days, times = [row.day for row in rows], [row.starts for row in rows]
    return form.but({"dates": [*days, *[""] * added], "times": [*times, *[starts] * added]})


def _read(form: FormValues, event: Event) -> NewPoll:
    """Return what the form proposes. Errors: Invalid by field."""
    reader = FormReader(form)
    typed = [row for row in _rows(form) if not row.is_empty]
    starts = [moment for typed_date in typed if (moment := _start(reader, typed_date, event))]
    ticked = [_start_of(one) for one in form.all("suggested")]
    day = reader.day("reply_by", "Choose a day by which people should reply.")
    reader.check()
    further = {moment for moment in ticked if moment and moment not in starts}
    return NewPoll(starts=(*starts, *sorted(further)), reply_by=_end(day, event))


def _end(day: date | None, event: Event) -> datetime:
    return to_utc(datetime.combine(day, REPLY_HOUR), event.zone) if day else datetime.min.replace(tzinfo=UTC)


def _start(reader: FormReader, typed: TypedDate, event: Event) -> datetime | None:
    """Return the local start of a row; an error of one row is an error of the dates."""
    row = FormReader(FormValues({"day": [typed.day], "starts": [typed.starts]}))
    day = row.day("day")
    starts = time() if event.is_all_day else row.time("starts", "Enter a start time for each date.")
    for sentence in row.wrong.values():
        reader.refuse("dates", sentence)
    return datetime.combine(day, starts) if day and starts is not None else None


def _start_of(text: str) -> datetime | None:
    """Return the local start of a suggested time; None when it can't be read."""
    try:
        starts = datetime.fromisoformat(text.partition("/")[0])
    except ValueError:
        return None
    return None if starts.tzinfo else starts


async def _suggested(viewer: Viewer, event: Event, now: Now, settings: Settings) -> Sequence[TimeChoice]:
    """Return the suggested times for the people of the draft, from its own day on or from tomorrow on."""
    if event.is_all_day:
        return ()
    _, plan = await plan_to_change(viewer, event.id)
    offered = await form_options.choices_in_form(viewer, event, plan.invitees)
    asked = {one: role for one, role in plan.invitees.items() if role.takes_part}
    invitees = {offered.lead_id: AttendeeRole.CHAIR} | asked
    day = max(event.starts.date(), next_working_day(local(now, event.zone).date()))
    wanted = TimeSearch(
        first=datetime.combine(day, OPENS),
        length=event.duration,
        zone=event.zone,
        committee_id=event.committee_id,
        event_id=event.id,
        reads_outside=settings.shared_calendars,
    )
    times_found = await availability.find_times(viewer, invitees, wanted, now)
    names = {person.id: person for person in (*offered.people, offered.lead) if person}
    required = [one for one, role in invitees.items() if role is not AttendeeRole.OPTIONAL]
    days = times_found.days if wanted.reads_outside else {}
    return [time_choice(suggestion, event.zone, required, names, days) for suggestion in times_found.suggestions]
