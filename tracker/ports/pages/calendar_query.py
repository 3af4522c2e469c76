"""What the address of the calendar asks for, and the addresses that ask for something near it."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from urllib.parse import urlencode

from tracker.ports.pages.form_values import FormValues
from tracker.rules.calendar_grid import Filter, month_of
from tracker.rules.meetings import Kind


class View(StrEnum):
    """How the month is laid out."""

    MONTH = "month"
    LIST = "list"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A month, as a table or a list, narrowed by a filter."""

    month: date
    """Its first day."""
    view: View = View.MONTH
    chosen: Filter
    is_misread: bool = False
    """Whether the address named a month that cannot be read, so that today's is shown."""

    def address(self, *, month: date | None = None, view: View | None = None, chosen: Filter | None = None) -> str:
        """Return the address of this page with something else in it; what is usual is left out."""
        return _address(month or self.month, view or self.view, chosen or self.chosen)

    @property
    def of_today(self) -> str:
        """The address of the present month, however late it is followed."""
        return _address(None, self.view, self.chosen)

    @property
    def with_cancelled(self) -> str:
        """The address that shows cancelled dates too."""
        return self.address(chosen=replace(self.chosen, with_cancelled=True))

    @property
    def unfiltered(self) -> str:
        """The address without any filter."""
        return self.address(chosen=Filter())

    def list_of(self, day: date) -> str:
        """Return where the list of a month writes out a day."""
        return f"{self.address(month=day.replace(day=1), view=View.LIST)}#l-{day}"


def asked_for(query: FormValues, today: date) -> Asked:
    """Return what an address asks for; what it says that nobody understands is passed over."""
    month = month_of(query["month"])
    kinds = frozenset(kind for kind in Kind if kind in query.all("kind"))
    return Asked(
        month=month or today.replace(day=1),
        view=View.LIST if query["view"] == View.LIST else View.MONTH,
        chosen=Filter(
            kinds=kinds or frozenset(Kind), only_mine=query["mine"] == "1", with_cancelled=query["cancelled"] != "0"
        ),
        is_misread=month is None and query["month"] != "",
    )


def _address(month: date | None, view: View, chosen: Filter) -> str:
    asked = [("month", f"{month:%Y-%m}")] if month else []
    if view is not View.MONTH:
        asked.append(("view", view))
    if chosen.kinds != frozenset(Kind):
        asked += [("kind", kind) for kind in Kind if kind in chosen.kinds]
    if chosen.only_mine:
        asked.append(("mine", "1"))
    if not chosen.with_cancelled:
        asked.append(("cancelled", "0"))
    return f"/calendar?{urlencode(asked)}" if asked else "/calendar"
