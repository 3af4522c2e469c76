"""The query of the audit page, and the addresses for older entries and for an export."""

import re
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from msgspec import Struct

from tracker.ports.pages.core.form_values import Errors, FormValues, Reader, id_in
from tracker.rules.audit.words import GROUPS
from tracker.rules.core.actors import MARK, network_address
from tracker.usecases.audit.reading import Choice, Page

PAGE = "/audit"
EXPORT = "/audit/export"
SYSTEM = "system"
FIELDS = ("who", "what", "about", "via", "from", "to")
FIRST = datetime(2000, 1, 1, tzinfo=UTC)
LAST = datetime(9000, 1, 1, tzinfo=UTC)
_BEFORE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})?Z)-([0-9]{1,6})")
_WORD = re.compile(r"[A-Za-z0-9-]{1,64}")
_MARK = re.compile(f"[0-9a-f]{{{MARK}}}")


class Asked(Struct, frozen=True, kw_only=True):
    """The filter of an address, without invalid ids and places; its meaning, and which parts can't be read."""

    filter: dict[str, str]
    choice: Choice
    is_first_page: bool
    errors: Errors

    @property
    def export(self) -> str:
        """Return the address of the same entries as a file."""
        return _address(EXPORT, self.filter)

    @property
    def newest(self) -> str:
        """Return the address of the newest entries of this filter."""
        return _address(PAGE, self.filter)

    def older(self, page: Page) -> str:
        """Return the address of the entries after those of a page: by time, because a number would reveal gaps."""
        assert page.next_until is not None  # noqa: S101 - asked only when there are older ones
        at = page.next_until.astimezone(UTC).isoformat().replace("+00:00", "Z")
        return _address(PAGE, {**self.filter, "before": f"{at}-{page.next_skip}"})

    def about(self, subject_id: str) -> str:
        """Return the address of all entries about one subject."""
        return _address(PAGE, {"about": subject_id})

    def via(self, place: str) -> str:
        """Return the address of all entries from one network address, or of one session or token."""
        return _address(PAGE, {"via": place})


def asked_for(query: FormValues, zone: str) -> Asked:
    """Return the query of an address; unknown values are ignored, invalid days are reported."""
    reader = Reader(query)
    first, last = reader.day("from"), reader.day("to")
    if first and last and last < first:
        reader.refuse("to", "The last day is before the first.")
    before, about, via = _before(query["before"]), _id(query["about"]), _place(query["via"])
    since = _midnight(first, zone) if first else FIRST
    until = _midnight(last + timedelta(days=1), zone) - timedelta(microseconds=1) if last else LAST
    return Asked(
        filter={name: text for name in FIELDS if (text := {"about": about, "via": via}.get(name, query[name]))},
        choice=Choice(
            since=since,
            until=min(before[0], until) if before else until,
            skip=before[1] if before else 0,
            actor_id=id_in(query["who"]),
            only_system=query["who"] == SYSTEM,
            group=GROUPS.get(query["what"]),
            about=about,
            via=via,
        ),
        is_first_page=before is None,
        errors=Errors(reader.wrong),
    )


def _before(text: str) -> tuple[datetime, int] | None:
    found = _BEFORE.fullmatch(text)
    if not found:
        return None
    try:
        return datetime.fromisoformat(found[1]), int(found[2])
    except ValueError:
        return None


def _id(text: str) -> str:
    return text if _WORD.fullmatch(text) else ""


def _place(text: str) -> str:
    """Return a network address, or the prefix of a session or token, as the audit log keeps it; otherwise empty."""
    return network_address(text) or (text if _MARK.fullmatch(text) else "")


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))


def _address(path: str, asked: dict[str, str]) -> str:
    return f"{path}?{urlencode(asked)}" if asked else path
