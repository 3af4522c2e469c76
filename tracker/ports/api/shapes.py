"""Shapes that several operations share: base classes, texts with their limits, people, pages of lists."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from operator import attrgetter
from types import NoneType
from typing import Annotated, Any, TypeVar, cast, get_args, get_origin
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, convert, defstruct
from msgspec.structs import asdict, fields

from tracker.rules.core.wording import local
from tracker.rules.events.events import LONGEST_REASON, NO_TITLE, TEXTS, Occurrence
from tracker.rules.events.notifications import Notify, RecordChoice

S = TypeVar("S", bound=Struct)
G = TypeVar("G", bound="Given")
L = TypeVar("L", bound=Struct)
E = TypeVar("E", bound=Enum)
MOST = 200  # things on one page of a list
FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""All dates lie between these."""

SENTENCE = "sentence"
"""The key under which a shape explains its pattern or least length in words for people."""
Line = Annotated[str, Meta(extra={"is_multiline": False})]
Lines = Annotated[str, Meta(extra={"is_multiline": True})]
"""Texts that are cleaned when they come in, of one line or several."""

Title = Annotated[
    Line,
    Meta(
        min_length=1,
        max_length=TEXTS["title"].longest,
        pattern=r"\S",
        examples=["Case review"],
        extra={SENTENCE: NO_TITLE},
    ),
]
PlaceName = Annotated[Line, Meta(max_length=TEXTS["place"].longest, examples=["USAO conference room"])]
Agenda = Annotated[Lines, Meta(max_length=TEXTS["agenda"].longest, description="Don’t include victim or case details.")]
Reason = Annotated[
    Lines,
    Meta(
        max_length=LONGEST_REASON,
        description="Shown in the email to everyone invited; for a restricted event, only after sign-in.",
    ),
]
Notified = Annotated[
    Notify,
    Meta(
        description="Which of the people who stay invited get an email: all of them if the time or place changes,"
        " all of them for any change, or no one."
    ),
]
Clock = Annotated[
    str,
    Meta(
        pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$",
        min_length=5,
        max_length=5,
        examples=["14:00"],
        description="Local time in the event’s time zone.",
    ),
]
Day = Annotated[date, Meta(examples=["2027-01-12"], description="Local date in the event’s time zone.")]
Minutes = Annotated[int, Meta(ge=1, le=14 * 24 * 60, examples=[90], description="How long it lasts.")]
Banner = Annotated[str, Meta(description="The banner of controlled information. Empty when it isn’t marked.")]
Moment = Annotated[datetime, Meta(tz=True, examples=["2027-01-12T16:00:00Z"])]
Limit = Annotated[int, Meta(ge=1, le=MOST, description="The most results on one page.")]
Cursor = Annotated[str, Meta(description="Continues after a page. Take it from the `next` address of that page.")]


class Given(Struct, forbid_unknown_fields=True):
    """What a program sends; an unknown field is refused.

    A handler gets its texts clean, as their shapes say, and its times in UTC.
    """


class Shown(Struct):
    """What a program gets."""


class PageQuery(Given):
    """The page of a list to read."""

    limit: Limit = 50
    cursor: Cursor | UnsetType = UNSET


def shown(shape: type[S], thing: object, **more: object) -> S:
    """Return a thing in a shape: what both have by the same names, and `more`.

    An empty text is null where the shape allows null.
    """
    names = [field.name for field in fields(shape)]  # the shape's own, never a request's
    values = {name: more[name] if name in more else attrgetter(name)(thing) for name in names}
    empty = {field.name for field in fields(shape) if values[field.name] == "" and _may_be_null(field.type)}
    return convert(values | dict.fromkeys(empty), shape, from_attributes=True)


def items_shown(shape: type[L], things: Iterable[object]) -> L:
    """Return things in the shape of their list."""
    (items,) = (field for field in fields(shape) if field.name == "items")
    kind = get_args(items.type)[0]
    return shape(items=tuple(thing if isinstance(thing, kind) else shown(kind, thing) for thing in things))


def list_of(name: str, shape: type[Shown], doc: str) -> type[Struct]:
    """Return the shape of a whole list."""
    return defstruct(name, [("items", tuple[shape, ...])], bases=(Shown,), namespace={"__doc__": doc})  # type: ignore[valid-type] # a type made here


def page_of(name: str, shape: type[Shown], doc: str) -> type[Struct]:
    """Return the shape of one page of a list."""
    return defstruct(name, [("next", str | None)], bases=(list_of(name, shape, doc),), namespace={"__doc__": doc})


def changes_of(shape: type[Given], *first: str) -> Callable[[type[G]], type[G]]:
    """Begin a shape of changes with all fields of another, `first` these of them, unless it has its own of that name.

    What a program leaves out stays as it is.
    """
    kinds = {field.name: field.type for field in fields(shape)}

    def with_fields(changes: type[G]) -> type[G]:
        own = {field.name: (field.name, field.type, field.default) for field in fields(changes)}
        others = [(name, kinds[name] | UnsetType, UNSET) for name in dict.fromkeys([*first, *kinds]) if name not in own]
        names = {"__doc__": changes.__doc__}
        return cast("type[G]", defstruct(changes.__name__, [*others, *own.values()], bases=(Given,), namespace=names))

    return with_fields


def without(*left_out: Enum) -> Callable[[type[E]], type[E]]:
    """Give an enum the members of one of the rules', but these."""
    return offering({member.name: member.value for member in type(left_out[0]) if member not in left_out})


def offering(members: Mapping[str, object]) -> Callable[[type[E]], type[E]]:
    """Give an enum these members."""

    def with_members(empty: Any) -> type[E]:
        kind: type[E] = empty(empty.__name__, members)
        kind.__doc__ = empty.__doc__
        return kind

    return with_members


def given(what: Given) -> dict[str, Any]:
    """Return the fields that a program sent, or that have a default value."""
    return {name: value for name, value in asdict(what).items() if value is not UNSET}


def _may_be_null(kind: Any) -> bool:
    plain = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    return NoneType in get_args(plain)


class NamedId(Shown):
    """A person or an agency that another operation can name."""

    id: UUID
    name: str


class Name(NamedId):
    """A person, with the short name of their agency."""

    agency: str


class DateId(Shown):
    """What identifies a date: its event, and its original day in the series."""

    event_id: UUID
    key: str


class Canceling(Given):
    """The reason for a cancellation."""

    reason: Reason = ""


class CancelingHeld(Canceling):
    """The reason for a cancellation, and what becomes of closed attendance."""

    record: Annotated[
        RecordChoice | None,
        Meta(
            description="Required for a date whose attendance is closed. keep: reports count it as held. "
            "remove: it didn’t take place, and reports count it as canceled."
        ),
    ] = None


def in_utc(moment: datetime) -> datetime:
    """Return a moment in UTC, limited to the span of all dates."""
    return min(max(moment, FIRST), LAST).astimezone(UTC)


def local_start(day: date, clock: str) -> datetime:
    """Return the local start, without offset, of a day and a time in their shapes."""
    return datetime.combine(day, time.fromisoformat(clock))


def start_of(occurrence: Occurrence) -> tuple[datetime, timedelta]:
    """Return the local start of a date, without offset, and its duration on the wall clock."""
    zone = occurrence.event.zone
    starts, ends = (local(moment, zone).replace(tzinfo=None) for moment in (occurrence.starts_at, occurrence.ends_at))
    return starts, ends - starts


def minutes(duration: timedelta) -> int:
    """Return a duration in whole minutes."""
    return duration // timedelta(minutes=1)
