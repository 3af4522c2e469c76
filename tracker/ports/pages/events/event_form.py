"""The fields of an event’s forms, each declared once: with its label, its limit, how it is read, and its sentences."""

from collections.abc import Iterable
from datetime import date, time, timedelta
from typing import Annotated
from uuid import UUID

from tracker.ports.pages.core.form_shapes import (
    CheckBox,
    Choice,
    Choices,
    DayField,
    FormField,
    FormShape,
    Id,
    NameField,
    Text,
    TimeOfDay,
    Whole,
)
from tracker.ports.pages.core.form_values import FormReader
from tracker.rules.core.viewers import Visibility
from tracker.rules.core.wording import WEEKDAYS, ZONE_WORDS, zone_of
from tracker.rules.events.events import LONGEST_REASON, TEXTS, Kind, field_label
from tracker.rules.events.forms import LONGEST_NAME
from tracker.rules.events.markings import Category, Limit
from tracker.rules.events.notifications import RecordChoice
from tracker.rules.recurrence.series import SUNDAY, RepeatChoice
from tracker.rules.roster.meetings import ASKS_AFTER_OFFERED, ASKS_OFFERED, OFFERED, lead_words, minutes_of

WEEKDAY_WORDS = {str(day): WEEKDAYS[day] for day in (6, 0, 1, 2, 3, 4, 5)}
"""The days of the week as forms send them, Monday = 0; the first is Sunday."""
NO_COMMITTEE, NO_DESIGNATOR = "Choose a committee from the list.", "Choose the agency that designates it from the list."
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


class ZoneField(FormField, frozen=True):
    """A time zone; a form that names none has an empty text."""

    def read(self, reader: FormReader, name: str) -> str:
        zone = reader.form[name]
        return reader.tried(lambda: zone_of(zone).key, "") if zone else ""

    def said(self, text: str) -> str:
        return ZONE_WORDS.get(text, text)


class CodeChoice(Choice, frozen=True, kw_only=True):
    """A choice whose changes are said by its code."""

    def said(self, text: str) -> str:
        return text


class CodeChoices(Choices, frozen=True, kw_only=True):
    """Any of several of them."""

    def said(self, text: str) -> str:
        return ", ".join(text.split("\n")) if text else ""


def typed_text(name: str) -> Text:
    """Return a text of an event as a form has it: with its label and its limit."""
    declared = TEXTS[name]
    return Text(declared.label, declared.longest, is_multiline=declared.is_multiline)


def times_among(label: str, offered: Iterable[timedelta]) -> Choices:
    """Return the times of a policy as a form has them: in minutes."""
    return Choices(label, words={minutes_of(span): lead_words(span) for span in offered}, empty="empty")


EventTitle = Annotated[str, typed_text("title")]
EventPlace = Annotated[str, typed_text("place")]
EventAgenda = Annotated[str, typed_text("agenda")]
StartTime = Annotated[time | None, TimeOfDay(field_label("starts"), missing="Enter a start time.")]
EndTime = Annotated[time | None, TimeOfDay("End", missing="Enter an end time.")]
LastDay = Annotated[date | None, DayField("Last day")]
NO_DAY = "Choose a date."
Day = date
"""The type, where a field has its name."""


class EventForm(FormShape, kw_only=True):
    """The form of an event, from top to bottom; what is read of some fields depends on others."""

    title: EventTitle
    kind: Annotated[
        Kind,
        Choice(
            field_label("kind"),
            words={kind: kind.replace("_", " ") for kind in Kind},
            missing="Choose a kind of event.",
        ),
    ] = Kind.MEETING
    visibility: Annotated[
        Visibility,
        Choice(
            field_label("visibility"),
            words={
                Visibility.ALL: "everyone in the task force",
                Visibility.LAW_ENFORCEMENT: "law enforcement only",
                Visibility.VICTIM_SERVICES: "victim services only",
                Visibility.COMMITTEE: "members of one committee only",
                Visibility.NAMED: "only the named participants",
            },
            missing="Choose who can see it.",
        ),
    ] = Visibility.ALL
    committee: Annotated[UUID | None, Id(field_label("committee_id"), unknown=NO_COMMITTEE)]
    date: Annotated[Day | None, DayField("First day", missing=NO_DAY)]
    starts: StartTime
    ends: EndTime
    last_day: LastDay
    zone: Annotated[str, ZoneField(field_label("zone"))]
    all_day: Annotated[bool, CheckBox(field_label("is_all_day"))]
    repeat: Annotated[
        str, Choice("Repeats", words={choice.value: words.lower() for choice, words in PLAIN_WORDS.items()})
    ]
    interval: Annotated[int, Whole("Repeat every", 6)] = 1
    until: Annotated[Day | None, DayField("Until")]
    count: Annotated[int | None, Whole("Number of dates", 6)]
    weekdays: Annotated[frozenset[str], Choices("Days of a weekly series", words=WEEKDAY_WORDS)]
    week_starts: Annotated[str, Choice("Weeks start on", words=WEEKDAY_WORDS)] = str(SUNDAY)
    holidays: Annotated[str, FormField("Dates on holidays")]
    people: Annotated[str, FormField("People")]
    find: Annotated[str, FormField("Add a person")]
    place: EventPlace
    video_link: Annotated[str, typed_text("video_link")]
    agenda: EventAgenda
    description: Annotated[str, typed_text("description")]
    tentative: Annotated[bool, CheckBox("Tentative")]
    mark_categories: Annotated[
        frozenset[Category],
        CodeChoices(
            field_label("marking"),
            words={
                category: f"{category.words}{' (Specified)' if category.is_specified else ''}"
                for category in sorted(Category, key=lambda category: (category.words, category.is_specified))
            },
            notes={category: category.value for category in Category},
            missing="Choose at least one category.",
        ),
    ]
    mark_limit: Annotated[
        Limit | None,
        CodeChoice(
            "Limit of the marking",
            words={limit: f"{limit}: {limit.label}" for limit in Limit},
            blank="No further limit",
            unknown="Choose a limit from the list.",
        ),
    ]
    mark_agency: Annotated[UUID | None, Id("Designated by", missing=NO_DESIGNATOR)]
    mark_until: Annotated[Day | None, DayField("Decontrol on", missing="Choose a decontrol date.")]
    reminders: Annotated[str, FormField("Send reminders")]
    leads: Annotated[frozenset[str], times_among(field_label("reminders"), OFFERED)]
    asks_before: Annotated[frozenset[str], times_among("Follow up before the event", ASKS_OFFERED)]
    asks_after: Annotated[frozenset[str], times_among("Follow up after the invitation", ASKS_AFTER_OFFERED)]
    sends_thanks: Annotated[bool, CheckBox("Thank-you")]
    template_name: Annotated[str, NameField("Name of the template", LONGEST_NAME)]


OneDay = Annotated[Day | None, DayField("Day", missing=NO_DAY)]
Reason = Annotated[str, Text("Reason", LONGEST_REASON, is_multiline=True)]


class DateForm(FormShape, kw_only=True):
    """One date of a series; its days and times are read with the event's."""

    date: OneDay
    starts: StartTime
    ends: EndTime
    last_day: LastDay
    place: EventPlace
    title: EventTitle
    agenda: EventAgenda
    reason: Reason


class NewDateForm(FormShape, kw_only=True):
    """A date outside the rule of a series."""

    date: OneDay
    starts: StartTime


class CancellationForm(FormShape, kw_only=True):
    """Why a date or an event is canceled, and what becomes of its record."""

    record: Annotated[RecordChoice | None, Choice("Record", words={choice: choice.value for choice in RecordChoice})]
    reason: Reason
