"""Addresses of reports: the query of the form, the link of a number, and how both are read back."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from tracker.errors import Invalid, NotFound
from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.pages.core.form_values import FormReader, FormValues, id_in
from tracker.rules.calendars.calendars import month_in_text
from tracker.rules.core.audiences import Arm
from tracker.rules.core.wording import local
from tracker.rules.events.events import Kind
from tracker.rules.reports import reports as period_rules
from tracker.rules.reports.reports import CUSTOM, KINDS, ReportCommittee, ReportPeriod, ReportRequest
from tracker.usecases.reports import reports
from tracker.usecases.reports.reports import WALK_INS, NumberPart, ReportNumber

PAGE = "/reports"
UNKNOWN = ReportCommittee(UUID(int=0), "a committee you don’t have access to")
FIELDS = ("period", "from", "to", "kind", "committee")
KIND_WORDS = {
    Kind.MEETING: "Meetings",
    Kind.TRAINING: "Trainings",
    Kind.OUTREACH: "Outreach events",
    Kind.JOINT_OPERATION: "Joint operations",
}


async def report_request_in(viewer: Viewer, zone: str, now: Now, query: FormValues) -> ReportRequest:
    """Return the query of the address; by default, this grant half-year of all kinds and committees.

    `Invalid` for days that make no period; an unknown word is ignored; a committee that the viewer may not know has no
    events.
    """
    kind = query["kind"] if query["kind"] in list(KINDS) else None
    wanted = id_in(query["committee"])
    known = await reports.report_committees(viewer) if wanted else []
    return ReportRequest(
        period=_period(query, now, zone),
        kind=Kind(kind) if kind else None,
        zone=zone,
        now=now,
        committee=next((report_committee for report_committee in known if report_committee.id == wanted), UNKNOWN)
        if wanted
        else None,
    )


def report_query(asked: ReportRequest) -> dict[str, str]:
    """Return the query of a report."""
    days = {"from": asked.period.first.isoformat(), "to": asked.period.last.isoformat()}
    query = {"period": asked.period.key, **(days if asked.period.key == CUSTOM else {})}
    return (
        query
        | ({"kind": asked.kind} if asked.kind else {})
        | ({"committee": str(asked.committee.id)} if asked.committee else {})
    )


def limits_in_words(asked: ReportRequest) -> str:
    """Return what a report is limited to, in words: "Meetings of Steering Committee only"; nothing for no limit."""
    kind = KIND_WORDS[asked.kind] if asked.kind else "Events" if asked.committee else ""
    return f"{kind}{f' of {asked.committee.name}' if asked.committee else ''} only" if kind else ""


def period_choices(asked: ReportRequest) -> list[Any]:
    """Return the named periods to choose from; one that is not offered comes first while it is shown."""
    offered = period_rules.offered_periods(local(asked.now, asked.zone).date())
    known = {period.key for _, periods in offered for period in periods}
    other = [] if asked.period.key in {*known, CUSTOM} else [(asked.period.key, asked.period.name)]
    return [*other, *((heading, [(period.key, period.name) for period in periods]) for heading, periods in offered)]


def report_address(asked: ReportRequest) -> str:
    """Return the address of a report."""
    return f"{PAGE}?{encoded_query(report_query(asked))}"


def rows_link(asked: ReportRequest) -> Callable[..., str]:
    """Return the function for the address of a number's rows: link("places", "here", agency=…, month=…, kind=…)."""

    def link(part: str, measure: str, **line: Any) -> str:
        return f"{PAGE}/rows?{encoded_query(report_query(asked) | number_query(part, measure, line))}"

    return link


def encoded_query(query: Mapping[str, str]) -> str:
    """Return a query as it follows the question mark."""
    return urlencode(query)


def number_query(part: str, measure: str, line: Mapping[str, Any]) -> dict[str, str]:
    """Return the query of a number; values that are None in its line are left out."""
    return {"part": part, "of": measure, **{name: _word(one) for name, one in line.items() if one is not None}}


def number_in(query: FormValues) -> ReportNumber:
    """Return the number whose rows the address requests; `NotFound` when there is none."""
    agency = query["agency"]
    if query["part"] not in list(NumberPart) or (query["arm"] and query["arm"] not in list(Arm)):
        raise NotFound
    if agency and agency != WALK_INS and id_in(agency) is None:
        raise NotFound
    return ReportNumber(
        part=NumberPart(query["part"]),
        measure=query["of"],
        agency=WALK_INS if agency == WALK_INS else id_in(agency),
        arm=Arm(query["arm"]) if query["arm"] else None,
        month=month_in_text(query["month"]),
    )


def line_of_number(number: ReportNumber) -> dict[str, Any]:
    """Return the line of a number, as `number_query` takes it."""
    return {"agency": number.agency, "arm": number.arm, "month": number.month}


def _word(value: object) -> str:
    return f"{value:%Y-%m}" if isinstance(value, date) else str(value)


def _period(query: FormValues, now: Now, zone: str) -> ReportPeriod:
    if query["period"] != CUSTOM:
        return period_rules.period_named(query["period"]) or period_rules.half_year_at(local(now, zone).date())
    reader = FormReader(query)
    first, last = reader.day("from", "Choose a first day."), reader.day("to", "Choose a last day.")
    reader.check()
    if first is None or last is None:
        raise Invalid("Choose a first and a last day.")
    return period_rules.custom_period(first, last)
