"""Reviewing what a change of seats does to lists of events: people see the dates and emails before it is saved."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from tracker.crypto import ids
from tracker.ports.pages.core.date_entries import date_address, date_times
from tracker.ports.pages.core.form_values import FormValues
from tracker.rules.core.wording import plural
from tracker.rules.events.events import DateLine
from tracker.rules.views.impact import ListImpact, list_email_words, notified_by_lists


class ReviewedDate(NamedTuple):
    """An upcoming date; `starts` and `ends` are on the wall clock of the reader."""

    line: DateLine
    address: str
    starts: datetime
    ends: datetime


class ReviewedList(NamedTuple):
    """One event: who is invited and who is removed, if anyone is, and its upcoming dates."""

    words: str
    dates: list[ReviewedDate]


class Review(NamedTuple):
    """What a page shows before a change of seats; `reviewed` is the hidden field that says what was shown."""

    lists: list[ReviewedList]
    emails: str
    notify: str
    """The end of the button: " and notify 2 people", or nothing."""
    reviewed: str


def is_reviewed(form: FormValues, impact: Sequence[ListImpact]) -> bool:
    """Return whether the form was sent from a page that showed exactly this, or there is nothing to show."""
    return not impact or form["reviewed"] == _reviewed(impact)


def review_of(impact: Sequence[ListImpact], zone: str) -> Review | None:
    """Return what to show; None where no list changes that the viewer may know of."""
    if not impact:
        return None
    people = len(notified_by_lists(impact))
    return Review(
        lists=[
            ReviewedList(list_impact.words, [_date(line, zone) for line in list_impact.dates]) for list_impact in impact
        ],
        emails=list_email_words(impact),
        notify=f" and notify {plural(people, 'person', 'people')}" if people else "",
        reviewed=_reviewed(impact),
    )


def dates_by_event(lines: Iterable[DateLine], zone: str) -> list[ReviewedList]:
    """Return the events that have these dates, in the order of their first ones."""
    events: dict[UUID, list[ReviewedDate]] = {}
    for line in lines:
        events.setdefault(line.event_id, []).append(_date(line, zone))
    return [ReviewedList("", dates) for dates in events.values()]


def _date(line: DateLine, zone: str) -> ReviewedDate:
    return ReviewedDate(line, date_address(line), *date_times(line, zone))


def _reviewed(impact: Sequence[ListImpact]) -> str:
    return str(ids.id_from([_facts(list_impact) for list_impact in impact]))


def _facts(list_impact: ListImpact) -> tuple[list[UUID], str, str, frozenset[UUID]]:
    return [line.id for line in list_impact.dates], list_impact.leaves, list_impact.joins, list_impact.notified
