"""Content lines (RFC 5545 §3.1): text and times become bytes of a calendar, and the bytes of a file become its events.

A file is read in one pass, without recursion or expansion of rules. Files of other programs can nest thousands deep,
repeat alarms without end, and grow in memory when they are read as a tree. Here a line is parsed only when it is
needed, and components inside an event (VALARM) are only counted.

VTIMEZONE (§3.6.5) is made from the zone database that the product itself uses, by RRULE with BYDAY from a 1970 or 2007
start and never by RDATE, which Outlook misreads (MS KB 4456241). Where a country's rule can't be written that way, each
change is an observance of its own.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from icalendar.parser import Contentline, Contentlines
from msgspec import Struct, field

from tracker.errors import Invalid, TooLarge
from tracker.rules.recurrence.series import CODES, LAST

LONGEST = 75  # octets of a line without its line end
INSIDE = 0x80  # the upper two bits of a UTF-8 continuation byte
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_NOT_IN_PARAMETERS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_EMAIL_ADDRESS = re.compile(r"[^\s\x00-\x20\x7f-\x9f\"<>(),;:\\\[\]@]{1,64}@[A-Za-z0-9.-]{1,255}")
_WEB_ADDRESS = re.compile(r"https?://[!#-;=?-Z_a-z~%\[\]]{1,2000}")


def text_line(name: str, value: str) -> bytes:
    """Return a property of type TEXT (§3.3.11). Errors: Invalid for control characters but newline and tab."""
    return fold(f"{name}:{escaped(value)}")


def plain_line(name: str, value: str) -> bytes:
    """Return a property whose value this package made: a date, a number, a keyword. Errors: Invalid for controls."""
    _refuse(_FORBIDDEN, value)
    return fold(f"{name}:{value}")


def address_line(name: str, email: str, common_name: str, *parameters: str) -> bytes:
    """Return a property of type CAL-ADDRESS (§3.3.3): ORGANIZER or ATTENDEE.

    Errors: Invalid for a malformed address or name.
    """
    if not is_email_address(email):
        raise Invalid("This email address can't be used in a calendar.")
    _refuse(_NOT_IN_PARAMETERS, common_name)
    # A value in quotes can't contain quotes (§3.1), and not every client reads RFC 6868.
    quoted = common_name.replace('"', "'")
    head = ";".join((name, f'CN="{quoted}"', *parameters))
    return fold(f"{head}:mailto:{email}")


def is_email_address(email: str) -> bool:
    """Return whether a text is an address that a calendar can hold."""
    return _EMAIL_ADDRESS.fullmatch(email) is not None


def link_line(name: str, url: str) -> bytes:
    """Return a property of type URI (§3.3.13). Errors: Invalid for anything but a web address."""
    if not is_web_address(url):
        raise Invalid("This isn't a web address.")
    return fold(f"{name}:{url}")


def is_web_address(url: str) -> bool:
    """Return whether a text is a plain http or https address."""
    return _WEB_ADDRESS.fullmatch(url) is not None


def escaped(value: str) -> str:
    """Return a text as a value (§3.3.11). Errors: Invalid for control characters but newline and tab."""
    _refuse(_FORBIDDEN, value)
    return value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def fold(line: str) -> bytes:
    """Return a line in UTF-8, at most 75 octets between line ends, never cut inside a character (§3.1)."""
    rest = line.encode("utf-8")
    pieces: list[bytes] = []
    room = LONGEST
    while len(rest) > room:
        cut = room
        while rest[cut] & 0xC0 == INSIDE:
            cut -= 1
        pieces.append(rest[:cut])
        rest, room = rest[cut:], LONGEST - 1
    pieces.append(rest)
    return b"\r\n ".join(pieces) + b"\r\n"


def _refuse(forbidden: re.Pattern[str], value: str) -> None:
    if forbidden.search(value):
        raise Invalid("This text has characters that can't be used in a calendar.")


# Outlook refuses TZID=UTC, and some readers do not find the date that a RECURRENCE-ID with a Z names.
TZID_OF_UTC = "Etc/UTC"
ONE_DAY = timedelta(days=1)


def utc_line(name: str, moment: datetime) -> bytes:
    """Return a property in UTC (RFC 5545 §3.3.5 form 2), to the second."""
    return plain_line(name, f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}")


def time_line(name: str, value: datetime, zone: ZoneInfo) -> bytes:
    """Return a property on the clocks of the zone (form 3); `value` is a moment, or naive on those clocks.

    The second occurrence of a doubled hour can only be written in UTC.
    """
    local = value.astimezone(zone) if value.tzinfo else value
    if local.tzinfo and local.fold:
        return utc_line(name, local)
    return plain_line(f"{name};TZID={tzid(zone.key)}", f"{local:%Y%m%dT%H%M%S}")


def tzid(zone: str) -> str:
    """Return the TZID of an IANA zone."""
    return TZID_OF_UTC if zone == "UTC" else zone


def day_line(name: str, value: datetime, zone: ZoneInfo) -> bytes:
    """Return a property of type DATE (§3.3.4): the day on which `value` falls in the zone."""
    return plain_line(f"{name};VALUE=DATE", f"{_day(value, zone):%Y%m%d}")


def first_day_after(starts: datetime, ends: datetime, zone: ZoneInfo) -> datetime:
    """Return the end of an all-day event, naive: the day after its last one, at least one after its first."""
    last = max(_day(ends - timedelta.resolution, zone), _day(starts, zone))
    return datetime(last.year, last.month, last.day) + ONE_DAY  # noqa: DTZ001 - a day, not a moment


def _day(value: datetime, zone: ZoneInfo) -> date:
    return value.astimezone(zone).date() if value.tzinfo else value.date()


def duration_value(length: timedelta) -> str:
    """Return a DURATION value of whole minutes (§3.3.6), negative for one that comes before."""
    minutes = abs(length) // timedelta(minutes=1)
    hours, rest = divmod(minutes, 60)
    return f"{'-' if length < timedelta(0) else ''}PT{f'{hours}H' if hours else ''}{f'{rest}M' if rest else ''}"


LARGEST = 2_000_000  # bytes
MOST = 2_000  # events
DEEPEST = 3
"""The deepest nesting: VCALENDAR, VEVENT, VALARM; or VCALENDAR, VTIMEZONE, DAYLIGHT."""
NO_CALENDAR = "This is not a calendar file (.ics)."
DAMAGED = "The calendar file is damaged: {} doesn't end where it should. Export it again."
LONG_TEXTS = {"DESCRIPTION", "X-ALT-DESC", "ATTACH"}
_NAME = re.compile(r"[A-Za-z0-9-]+")


class Property(NamedTuple):
    """A value as the file holds it, and its parameters, with names in capitals."""

    value: str
    parameters: dict[str, str]


class Component(Struct):
    """The lines of one VEVENT, VTODO, or VTIMEZONE by the name of their property; `row` counts the events from 1."""

    row: int = 0
    lines: dict[str, list[Contentline]] = field(default_factory=dict)
    parts: Counter[str] = field(default_factory=Counter)
    """How many components of each kind are inside it, such as VALARM."""

    def all(self, name: str) -> list[Property]:
        """Return every property of that name. Errors: Invalid for a line that can't be read."""
        properties = []
        for line in self.lines.get(name, ()):
            _, parameters, value = _parts(line)
            named = {parameter.upper(): str(given) for parameter, given in parameters.items()}
            properties.append(Property(str(value).strip(), named))
        return properties

    def one(self, name: str) -> Property | None:
        """Return the first property of that name. Errors: Invalid for a line that can't be read."""
        return next(iter(self.all(name)), None)

    def text(self, name: str) -> str:
        """Return the text of a property without its escapes (RFC 5545 §3.3.11); empty when there is none."""
        line = next(iter(self.lines.get(name, ())), None)
        return str(_parts(line)[2]) if line else ""


class Components(Struct):
    """The content of a file: its events, tasks, and time zones, and the count of whatever is no event or zone."""

    events: list[Component] = field(default_factory=list)
    tasks: list[Component] = field(default_factory=list)
    zones: list[Component] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    method: str = ""
    """METHOD of the calendar (RFC 5545 §3.7.2); empty when it has none."""


def components(content: bytes, most: int = MOST, largest: int = LARGEST, most_others: int | None = None) -> Components:
    """Return the content of a file of at most so many events and bytes, and other components beside the events.

    Errors: TooLarge; Invalid when it is not a calendar.
    """
    if len(content) > largest:
        raise TooLarge(f"The file is larger than {largest // 1_000_000} MB. Export fewer months at a time.")
    scan = _Scan(most, most_others)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as odd:
        raise Invalid("The calendar file isn't in UTF-8, as calendar files must be. Export it again.") from odd
    if not text.strip():
        raise Invalid(NO_CALENDAR)
    scan.read(Contentlines.from_ical(re.sub(r"\r\n?", "\n", text)))  # type: ignore[no-untyped-call]  # the library says no types
    return scan.file


def parameters_in(file: Components) -> int:
    """Return how many parameters the lines of a file have at most: to parse one takes microseconds.

    Long texts are left out: they are full of semicolons.
    """
    lines = (
        line
        for component in (*file.events, *file.tasks, *file.zones)
        for name, of_name in component.lines.items()
        if name not in LONG_TEXTS
        for line in of_name
    )
    return sum(line.count(";") for line in lines)


class _Scan:
    """One pass over the lines; `open` names the components that have begun and not ended."""

    def __init__(self, most: int, most_others: int | None) -> None:
        self.most, self.most_others = most, most_others
        self.file = Components()
        self.open: list[str] = []
        self.inner: Component | None = None

    def read(self, lines: Iterable[Contentline]) -> None:
        """Read all lines. Errors: Invalid, TooLarge."""
        for line in lines:
            match = _NAME.match(line)
            name = match[0].upper() if match else ""
            if name in ("BEGIN", "END"):
                self._turn(name, line[len(name) + 1 :].strip().upper()[:40])
            elif self.inner is not None and len(self.open) == 2:  # noqa: PLR2004 - in the calendar, in a component
                self.inner.lines.setdefault(name, []).append(line)
            elif line.strip() and not self.open:
                raise Invalid(NO_CALENDAR)
            elif name == "METHOD" and len(self.open) == 1:
                self.file.method = line.partition(":")[2].strip()
        if self.open:
            raise Invalid(DAMAGED.format(self.open[-1]))

    def _turn(self, name: str, kind: str) -> None:
        if name == "END":
            if not self.open or self.open.pop() != kind:
                raise Invalid(DAMAGED.format(kind))
            return
        self.open.append(kind)
        if self.open[0] != "VCALENDAR":
            raise Invalid(NO_CALENDAR)
        if len(self.open) > DEEPEST:
            raise Invalid("The calendar file is nested too deeply. Export it again.")
        if len(self.open) > 1:
            self._meet(kind)

    def _meet(self, kind: str) -> None:
        if len(self.open) > 2:  # noqa: PLR2004 - a part of a component
            if self.inner is not None:
                self.inner.parts[kind] += 1
            return
        self.inner = Component(len(self.file.events) + 1 if kind == "VEVENT" else 0)
        if kind == "VEVENT":
            self.file.events.append(self.inner)
        elif kind == "VTIMEZONE":
            self.file.zones.append(self.inner)
        else:
            self.file.others[kind] += 1
        if kind == "VTODO":
            self.file.tasks.append(self.inner)
        beside = len(self.file.zones) + self.file.others.total()
        if self.most_others is not None and beside > self.most_others:
            raise TooLarge(f"The file has more than {self.most_others} components beside its events.")
        if len(self.file.events) > self.most:
            raise TooLarge(f"The file has more than {self.most:,} events. Export fewer months at a time.")


def _parts(line: Contentline) -> tuple[str, dict[str, object], str]:
    try:
        name, parameters, value = line.parts()
    except ValueError as odd:
        raise Invalid(f"The line “{line[:60]}” can't be read.") from odd
    return name, dict(parameters), value


FIRST_YEAR = 2007  # when the present rule of the United States began
LAST_YEAR = 2037  # the zone database continues by the same rule afterward
NEVER_CHANGED = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall clock without a zone
FIFTH = 5


class OffsetChange(NamedTuple):
    """A clock change: `local` is what the clocks show at that moment, before they are set."""

    local: datetime
    before: timedelta
    after: timedelta
    name: str
    is_dst: bool

    @property
    def kind(self) -> tuple[object, ...]:
        """Return what all changes of one observance have in common, without the day."""
        day = (self.local.month, self.local.weekday(), self.local.time())
        return (self.before, self.after, self.name, self.is_dst, *day)

    @property
    def ordinals(self) -> frozenset[int]:
        """Return which weekday of its month this is: 1 to 4 from the start, and LAST."""
        from_start = (self.local.day + 6) // 7
        is_last = (self.local + timedelta(days=7)).month != self.local.month
        fitting = ((from_start, from_start < FIFTH), (LAST, is_last))
        return frozenset(ordinal for ordinal, fits in fitting if fits)


class OffsetRun(NamedTuple):
    """The same change, year after year."""

    changes: tuple[OffsetChange, ...]
    ordinals: frozenset[int]

    def continues_with(self, change: OffsetChange) -> bool:
        """Return whether a change is the next of this run."""
        latest = self.changes[-1]
        return (
            change.kind == latest.kind
            and change.local.year == latest.local.year + 1
            and bool(self.ordinals & change.ordinals)
        )


@lru_cache(64)
def vtimezone(zone: str) -> bytes:
    """Return the component of an IANA zone. Errors: ZoneInfoNotFoundError."""
    clocks = ZoneInfo(zone)
    observances = [_observance(run) for run in _runs(_changes(clocks))]
    if not observances:
        always = NEVER_CHANGED.replace(year=FIRST_YEAR, tzinfo=UTC).astimezone(clocks)
        offset = _offset(always, clocks)
        fixed = OffsetChange(NEVER_CHANGED, offset, offset, always.tzname() or "", is_dst=False)
        observances = [_component(fixed, b"")]
    return b"".join((b"BEGIN:VTIMEZONE\r\n", plain_line("TZID", tzid(zone)), *observances, b"END:VTIMEZONE\r\n"))


def _changes(zone: tzinfo) -> Iterator[OffsetChange]:
    first, after = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)
    for day, next_day in pairwise(first + timedelta(days=n) for n in range((after - first).days + 1)):
        start, end, before = day, next_day, _offset(day, zone)
        if _offset(end, zone) == before:
            continue
        while end - start > timedelta(seconds=1):  # bisection, until `end` is the first second of the new offset
            middle = start + timedelta(seconds=(end - start) // timedelta(seconds=2))
            start, end = (middle, end) if _offset(middle, zone) == before else (start, middle)
        then = end.astimezone(zone)
        before = _offset(end - timedelta(seconds=1), zone)
        yield OffsetChange(
            local=(end + before).replace(tzinfo=None),
            before=before,
            after=_offset(end, zone),
            name=then.tzname() or "",
            is_dst=bool(then.dst()),
        )


def _offset(moment: datetime, zone: tzinfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _runs(changes: Iterator[OffsetChange]) -> list[OffsetRun]:
    """Collect the changes of each observance, as long as one rule fits them all."""
    runs: list[OffsetRun] = []
    for change in changes:
        index = next((n for n, run in enumerate(runs) if run.continues_with(change)), None)
        if index is None:
            runs.append(OffsetRun((change,), change.ordinals))
        else:
            run = runs[index]
            runs[index] = OffsetRun((*run.changes, change), run.ordinals & change.ordinals)
    return runs


def _observance(run: OffsetRun) -> bytes:
    first, last = run.changes[0], run.changes[-1]
    rule = b""
    if len(run.changes) > 1:
        # A day later than the last, since some readers take this UTC for local time.
        end = last.local - last.before + timedelta(days=1)
        until = "" if last.local.year == LAST_YEAR else f";UNTIL={end:%Y%m%dT%H%M%SZ}"
        weekday = f"{max(run.ordinals)}{CODES[first.local.weekday()]}"
        rule = plain_line("RRULE", f"FREQ=YEARLY;BYMONTH={first.local.month};BYDAY={weekday}{until}")
    return _component(first, rule)


def _component(change: OffsetChange, rule: bytes) -> bytes:
    kind = "DAYLIGHT" if change.is_dst else "STANDARD"
    return b"".join(
        (
            plain_line("BEGIN", kind),
            plain_line("DTSTART", f"{change.local:%Y%m%dT%H%M%S}"),
            rule,
            plain_line("TZOFFSETFROM", _signed(change.before)),
            plain_line("TZOFFSETTO", _signed(change.after)),
            text_line("TZNAME", change.name),
            plain_line("END", kind),
        )
    )


def _signed(offset: timedelta) -> str:
    seconds = int(offset.total_seconds())
    hours, rest = divmod(abs(seconds), 3600)
    return f"{'-' if seconds < 0 else '+'}{hours:02}{rest // 60:02}"
