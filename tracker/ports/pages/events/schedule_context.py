"""What the templates of the schedule form show: all its values, and what its dates mean while it is filled in."""

from datetime import date, datetime, time
from typing import Any

from msgspec import Struct

from tracker.database import together
from tracker.errors import Invalid
from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.pages.core.dependencies import Page, Pages
from tracker.ports.pages.core.form_values import Errors, FormReader, FormValues, errors_of, person_label
from tracker.ports.pages.events import previews, schedule_form
from tracker.ports.pages.events.previews import Editing, OpenedForm, conflicts_in_form
from tracker.ports.pages.events.schedule_form import holiday_choices_in, read_when, zone_in_form
from tracker.ports.pages.events.schedule_people import ROLE_OPTIONS, agency_lists, picks_in_form, search_in_form
from tracker.rules.core.wording import local, zone_choices, zone_word
from tracker.rules.events.events import TEXTS
from tracker.rules.events.plans import clock_notes
from tracker.rules.events.replies import reply_deadline
from tracker.rules.recurrence.holidays import held_starts, holiday_notes, may_wait_a_week
from tracker.rules.recurrence.series import RepeatChoice, dates_by_rule, rule_for_choice
from tracker.rules.recurrence.series_words import pattern_words, series_sentence
from tracker.rules.views.impact import NO_OPENING, Consequences
from tracker.usecases.events.form_options import invited_by_form, notified_by_form

EVENT_FORM_FIELDS = (
    "title",
    "kind",
    "visibility",
    "committee",
    "date",
    "starts",
    "ends",
    "last_day",
    "zone",
    "repeat",
    "interval",
    "until",
    "count",
    "weekdays",
    "week_starts",
    "holidays",
    "people",
    "find",
    *(name for name in TEXTS if name != "title"),
    *schedule_form.MARKING_FIELDS,
    *schedule_form.REMINDER_FIELDS,
)
"""The fields of the form, from top to bottom."""


async def schedule_context(
    viewer: Viewer, form: FormValues, opened: OpenedForm, now: Now, *, is_tried: bool = True
) -> dict[str, Any]:
    """Return what every part of the form shows; without `is_tried`, not the effect of sending it."""
    opened = opened._replace(zone=zone_in_form(FormReader(form), opened.zone))
    offered, zone, editing, event = *opened, opened.event
    foreseen = await previews.preview_form(viewer, form, opened, now, is_tried=is_tried)
    search, double_bookings = await together(
        search_in_form(viewer, form, offered), conflicts_in_form(viewer, form, opened, foreseen.outcome, now)
    )
    hindrance = Errors({"": foreseen.hindrance} if foreseen.hindrance else {})
    named = {committee.id: committee.name for committee in offered.own_committees}
    if event and event.committee_id:
        named[event.committee_id] = event.committee or ""
    return {
        "form": form,
        "offered": offered,
        "event": event,
        "committees": list(named.items()),
        "sending": notified_by_form(invited_by_form(picks_in_form(form), offered), offered),
        "words": typed_dates_in_words(form, zone, now),
        "repeats": repeat_options(form),
        "role_options": ROLE_OPTIONS,
        "lists": agency_lists(form, offered),
        "search": search,
        "edit_impact": editing.edit_impact if editing else None,
        **schedule_form.marking_context(form, offered, event) | schedule_form.reminder_context(offered),
        **double_bookings,
        "outcome": foreseen.outcome,
        "hindrance": foreseen.hindrance,
        "to_fix": errors_of(foreseen.wrong, EVENT_FORM_FIELDS) or hindrance,
        "unheard": foreseen.unheard,
        **details_in_outcome(foreseen.outcome, editing),
        "outcome_zone": zone,
        "zone_name": zone,
        "zones": zone_choices(zone),
        "names": {person.id: person_label(person) for person in (*offered.people, offered.lead) if person},
    }


def details_in_outcome(outcome: Consequences | None, editing: Editing | None) -> dict[str, Any]:
    """Return the dates that keep their own details when the form is saved, those that cannot, and what opens.

    When a series changes from one of its dates on, the earlier ones are not named.
    """
    if outcome is None or editing is None:
        return {"kept_details": (), "lost_details": (), "opening": NO_OPENING}
    first = editing.edit_impact.first
    return {
        "kept_details": [
            detail.words
            for detail in outcome.kept_details
            if not first or detail.date.original_start >= first.original_start
        ],
        "lost_details": [detail.words for detail in outcome.lost_details],
        "opening": outcome.opening,
    }


async def render_schedule_form(
    pages: Pages,
    viewer: Viewer,
    form: FormValues,
    opened: OpenedForm,
    now: Now,
    *,
    is_tried: bool = True,
    **context: Any,
) -> Page:
    """Return the whole form, with everything that was typed; `context` is what else it shows, and its status.

    Without `is_tried` the page requests the preview itself after it has loaded: a GET of the form of a new event waits
    for no writer.
    """
    editing = opened.editing
    action = f"/events/{editing.event.id}/edit" if editing else "/events"
    if editing and editing.first_key:  # after an error, that address opens the same form again
        action = f"{action}?from={editing.first_key}"
    usual = {
        "action": action,
        "form_id": "",
        "errors": Errors(),
        "times": None,
        "templates": (),
        "asks_reauthentication": False,
        "proposed": None,
    }
    return pages.render(
        "events/schedule/form.html",
        version=editing.version if editing else 0,
        was=editing.was if editing else "",
        changes=editing.changes if editing else None,
        **await schedule_context(viewer, form, opened, now, is_tried=is_tried),
        **usual | context,
    )


NEXT_DATES_SHOWN = 5  # dates
SHOWN_HOLIDAYS = 6
PLAIN_WORDS = {
    RepeatChoice.NONE: "Doesn’t repeat",
    RepeatChoice.DAILY: "Every day",
    RepeatChoice.WEEKLY: "Every week",
    RepeatChoice.MONTHLY_DAY: "Every month on the same day",
    RepeatChoice.MONTHLY_LAST_DAY: "Every month on the last day",
    RepeatChoice.MONTHLY_NTH: "Every month on the same weekday",
    RepeatChoice.MONTHLY_LAST: "Every month on the last such weekday",
    RepeatChoice.YEARLY: "Every year on the same day",
    RepeatChoice.YEARLY_NTH: "Every year on the same weekday of the month",
    RepeatChoice.YEARLY_LAST: "Every year on the last such weekday of the month",
}
"""The label of a choice while the date is unknown or does not fit it."""


class DatesInWords(Struct, frozen=True, kw_only=True):
    """What the typed dates mean, or why they mean nothing yet."""

    sentence: str = ""
    next_dates: tuple[date, ...] = ()
    more_dates: int = 0
    holidays: tuple[tuple[date, str], ...] = ()
    more_holidays: int = 0
    no_next_week: frozenset[date] = frozenset()
    """Holidays that can't be moved a week later: another date of the series is on that day."""
    clock_notes: tuple[str, ...] = ()
    """What happens to hours that the clocks skip or show twice."""
    zone: str = ""
    is_over: bool = False
    reply_by: datetime | None = None
    """The deadline for replies to the first date, on the wall clock of the zone; None when it has passed."""
    wrong: tuple[str, ...] = ()

    @property
    def free_days(self) -> frozenset[date]:
        """Return the dates that are federal holidays."""
        return frozenset(day for day, _ in self.holidays)


def typed_dates_in_words(form: FormValues, zone: str, now: datetime) -> DatesInWords:
    """Return what the date fields of a form mean; never raises. `now` is aware."""
    reader = FormReader(form)
    when = read_when(reader)
    if when is None or reader.wrong:
        return DatesInWords(wrong=tuple(reader.wrong.values()))
    chosen, here = holiday_choices_in(form), local(now, zone)
    try:
        by_rule = dates_by_rule(when.rule, when.starts)
        on = [day for _, day in held_starts(by_rule, chosen)]
    except Invalid as refused:
        return DatesInWords(wrong=tuple(refused.fields.values()))
    every = [day.date() for day in on]
    holidays = holiday_notes(by_rule)
    shown_holidays = tuple(holidays[:SHOWN_HOLIDAYS])
    notes = [] if when.is_all_day else clock_notes(on, when.duration, zone)
    return DatesInWords(
        sentence=series_sentence(when.rule, when.starts, when.duration, zone, is_all_day=when.is_all_day),
        next_dates=tuple(every[:NEXT_DATES_SHOWN]) if when.rule else (),
        more_dates=max(0, len(every) - NEXT_DATES_SHOWN),
        holidays=shown_holidays,
        more_holidays=max(0, len(holidays) - SHOWN_HOLIDAYS),
        no_next_week=frozenset(day for day, _ in shown_holidays if not may_wait_a_week(day, by_rule, chosen)),
        clock_notes=tuple(notes[:NEXT_DATES_SHOWN]),
        zone=zone_word(zone),
        is_over=bool(every) and every[-1] < here.date(),
        reply_by=reply_deadline((on or by_rule)[0].replace(tzinfo=here.tzinfo), here),
    )


def repeat_options(form: FormValues) -> list[tuple[str, str]]:
    """Return the ways to repeat that fit the first date, in its words; the chosen one stays even if it doesn't fit."""
    day = FormReader(form).day("date")
    fitting = [(choice.value, words) for choice in RepeatChoice if (words := _repeat_words(choice, day)) is not None]
    if day is None or form["repeat"] in {value for value, _ in fitting} or form["repeat"] not in set(RepeatChoice):
        return fitting
    return [*fitting, (form["repeat"], PLAIN_WORDS[RepeatChoice(form["repeat"])])]


def _repeat_words(choice: RepeatChoice, day: date | None) -> str | None:
    if choice is RepeatChoice.NONE or day is None:
        return PLAIN_WORDS[choice]
    try:
        rule = rule_for_choice(choice, datetime.combine(day, time()), count=1)
    except Invalid:
        return None
    return pattern_words(rule) if rule else None
