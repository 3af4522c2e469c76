"""The form that asks people for dates."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Annotated, NamedTuple

from litestar import get, post
from litestar.response import Redirect

from tracker.errors import Invalid
from tracker.ports.http.dependencies import Now, PathId, Settings, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.availability import TimeChoice, time_choice
from tracker.ports.pages.core.dependencies import Drafts, Form, Page, Pages, with_number_notified
from tracker.ports.pages.core.form_shapes import DayField, FormField, FormShape, form_context
from tracker.ports.pages.core.form_values import FormReader, FormValues
from tracker.rules.availability.suggested_times import OPENS
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.rules.core.wording import local, to_utc
from tracker.rules.events.events import Event
from tracker.rules.events.replies import REPLY_HOUR, AttendeeRole
from tracker.rules.polls import MOST_DATES, NewPoll, PollState, usual_reply_by
from tracker.rules.recurrence.holidays import next_working_day
from tracker.usecases import availability
from tracker.usecases.availability import TimeSearch
from tracker.usecases.emails import messages
from tracker.usecases.events import form_options
from tracker.usecases.events.scheduling import plan_to_change
from tracker.usecases.polls import polls

ROWS = 3
"""Empty rows that the form begins with, and that "Add 3 dates" adds."""


class TypedDate(NamedTuple):
    """One row of the form, as it was typed."""

    day: str
    starts: str


class ProposedDates(FormField, frozen=True):
    """Days and times in rows, as naive local starts; an error of one row is an error of them all.

    A row without a day is empty: its start is the one that it began with.
    """

    def read(self, reader: FormReader, name: str) -> list[datetime]:
        starts = []
        for row in typed_rows(reader.form):
            row_reader = FormReader(FormValues({"day": [row.day], "starts": [row.starts]}))
            day = row_reader.day("day")
            at = row_reader.time("starts", "Enter a start time for each date.") if row.day.strip() else None
            for sentence in row_reader.wrong.values():
                reader.refuse(name, sentence)
            if day and at is not None:
                starts.append(datetime.combine(day, at))
        return starts


class SuggestedStarts(FormField, frozen=True):
    """The suggested times that are checked, as naive local starts, without those that can't be read."""

    def read(self, reader: FormReader, name: str) -> list[datetime]:
        starts = []
        for text in reader.form.all(name):
            with suppress(ValueError):
                starts.append(datetime.fromisoformat(text.partition("/")[0]))
        return [start for start in starts if start.tzinfo is None]


class NewPollForm(FormShape, kw_only=True):
    """The dates that people are asked for, and by when they reply."""

    dates: Annotated[list[datetime], ProposedDates("Dates to propose")]
    suggested: Annotated[list[datetime], SuggestedStarts("Suggested times")]
    reply_by: Annotated[date, DayField("Reply by", missing="Choose a day by which people should reply.")]

    def poll(self, zone: str) -> NewPoll:
        """Return what is proposed: the suggested times follow those that were typed."""
        further = sorted({start for start in self.suggested if start not in self.dates})
        reply_by = to_utc(datetime.combine(self.reply_by, REPLY_HOUR), zone)
        return NewPoll(starts=(*self.dates, *further), reply_by=reply_by)


def typed_rows(form: FormValues) -> list[TypedDate]:
    """Return the rows of the form."""
    times = [*form.all("times"), *[""] * len(form.all("dates"))]
    return [TypedDate(day, starts) for day, starts in zip(form.all("dates"), times, strict=False)]


@get("/events/{event_id:uuid}/poll", guards=[signed_in])
async def show_new_poll(
    event_id: PathId, pages: Pages, viewer: Viewer, drafts: Drafts, now: Now, settings: Settings
) -> Page:
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
) -> Page:
    """Ask people for dates, or show the form again with its errors or with more rows."""
    event = await polls.draft_for(viewer, event_id)
    if form["save"] != "ask":
        rows = typed_rows(form)
        added = max(0, min(ROWS, MOST_DATES - len(rows)))
        more = [TypedDate("", rows[-1].starts if rows else "")] * added
        days, times = [row.day for row in [*rows, *more]], [row.starts for row in [*rows, *more]]
        return await _shown(pages, viewer, event, form.but({"dates": days, "times": times}), now, settings)
    timed = form.but({"times": ["00:00"] * len(form.all("dates"))}) if event.is_all_day else form
    try:
        poll_id = await polls.open_poll(viewer, event_id, NewPollForm.read(timed).poll(event.zone), now)
    except Invalid as wrong:
        return await _shown(pages, viewer, event, form, now, settings, wrong)
    count = await messages.number_notified(viewer, [event_id], now)
    return pages.redirect(f"/polls/{poll_id}", with_number_notified("Date poll sent.", count))


async def _shown(
    pages: Pages,
    viewer: Viewer,
    event: Event,
    form: FormValues,
    now: Now,
    settings: Settings,
    wrong: Invalid | None = None,
) -> Page:
    return pages.render(
        "polls/new.html",
        **form_context(form, wrong, NewPollForm),
        hindrance=await polls.draft_hindrance(event),
        event=event,
        rows=typed_rows(form),
        suggested=await _suggested(viewer, event, now, settings),
        reads_outside=settings.shared_calendars,
        lost=await polls.lost_by_asking_again(viewer, event),
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


async def _suggested(viewer: Viewer, event: Event, now: Now, settings: Settings) -> Sequence[TimeChoice]:
    """Return the suggested times for the people of the draft, from its own day on or from tomorrow on."""
    if event.is_all_day:
        return ()
    _, plan = await plan_to_change(viewer, event.id)
    offered = await form_options.choices_in_form(viewer, event, plan.invitees)
    asked = {person_id: role for person_id, role in plan.invitees.items() if role.takes_part}
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
    required = [person_id for person_id, role in invitees.items() if role is not AttendeeRole.OPTIONAL]
    days = times_found.days if wanted.reads_outside else {}
    return [time_choice(suggestion, event.zone, required, names, days) for suggestion in times_found.suggestions]
