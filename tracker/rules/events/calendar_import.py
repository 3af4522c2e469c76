"""The content of another program's calendar file, row by row: which rows can become events, which can't, and why."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field
from msgspec.structs import asdict

from tracker.errors import NotAllowed, TooLarge
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wording import plural, short_date, short_weekday_date, time_span, zone_word
from tracker.rules.events import plans as plan_rules
from tracker.rules.events.plans import DateChange, Plan, Slot

MOST_DATES = 20_000
"""The most dates of all events of a file together, because they are saved in one transaction."""

ONLY_COORDINATORS = "Only coordinators can import calendar files because everyone can see the events."
ALREADY_IMPORTED = "It’s already in the tracker."


class ImportLimits(Struct, frozen=True, kw_only=True):
    """How much of one file is imported at once."""

    size: int
    """In bytes."""
    events: int
    dates: int
    seconds: float
    """How long reading it may take."""

    def times(self, factor: int) -> "ImportLimits":
        """Return limits that are so many times as high."""
        return ImportLimits(**{name: limit * factor for name, limit in asdict(self).items()})


class FileEvent(Struct, frozen=True, kw_only=True):
    """One event of a file as it would be saved; times are local to the zone of its plan, without offset."""

    row: int
    """Its position among the events of the file, from 1."""
    uid: str
    """The identifier that the program that wrote the file gave it."""
    plan: Plan
    left_out: frozenset[datetime] = frozenset()
    """Dates of the rule that are left out (EXDATE)."""
    added: tuple[datetime, ...] = ()
    """Extra dates beside the rule (RDATE)."""
    changes: Mapping[datetime, DateChange | None] = field(default_factory=dict)
    """Changes to single dates; None = canceled."""
    notes: tuple[str, ...] = ()
    """How the import differs from the file, one sentence each."""

    @property
    def slots(self) -> dict[datetime, Slot]:
        """Return (original local start, UTC slot) of every date as the rule and the extra dates give it."""
        by_rule = {start: slot for start, slot in plan_rules.slots_of_plan(self.plan) if start not in self.left_out}
        extra = {moment: plan_rules.slot_at(moment, self.plan.duration, self.plan.zone) for moment in self.added}
        return extra | by_rule


class ImportOutcome(StrEnum):
    """What happens to a row."""

    NEW = "new"
    KNOWN = "known"
    LEFT_OUT = "left_out"
    REFUSED = "refused"


class ImportRow(Struct, frozen=True, kw_only=True):
    """A row of the file and what happens to it; `event` is what was read, if it could be."""

    row: int
    title: str
    outcome: ImportOutcome
    sentence: str = ""
    event: FileEvent | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """Return how the saved event differs from the file, one sentence each."""
        return self.event.notes if self.event and self.outcome is ImportOutcome.NEW else ()


class CalendarFile(Struct, frozen=True, kw_only=True):
    """A file as it was read; `rest` are the rows that are not imported, `notes` concern content beside events."""

    events: Sequence[FileEvent] = ()
    rest: Sequence[ImportRow] = ()
    notes: Sequence[str] = ()


class ImportReport(Struct, frozen=True, kw_only=True):
    """What an import does, row by row, in the order of the file."""

    rows: Sequence[ImportRow]
    notes: Sequence[str] = ()

    @property
    def new(self) -> list[FileEvent]:
        """Return the events that are saved."""
        return [row.event for row in self.rows if row.outcome is ImportOutcome.NEW and row.event]

    @property
    def refused(self) -> list[ImportRow]:
        """Return the rows that prevent the others from being saved."""
        return [row for row in self.rows if row.outcome is ImportOutcome.REFUSED]

    @property
    def differing(self) -> int:
        """Return how many of the saved events differ from the file."""
        return sum(1 for row in self.rows if row.notes)

    @property
    def words(self) -> str:
        """Return the totals: "4 events added, 1 already here, 1 left out, 2 refused"; zeros are omitted."""
        sums = Counter(row.outcome for row in self.rows)
        said = {
            ImportOutcome.KNOWN: "already here",
            ImportOutcome.LEFT_OUT: "left out",
            ImportOutcome.REFUSED: "refused",
        }
        rest = [f"{sums[outcome]} {word}" for outcome, word in said.items() if sums[outcome]]
        return ", ".join([f"{plural(sums[ImportOutcome.NEW], 'event')} added", *rest])


def report_on_import(file: CalendarFile, known: frozenset[int]) -> ImportReport:
    """Return what an import of a file does, given the rows that are in the tracker already."""
    rows = [*file.rest]
    for event in file.events:
        outcome, sentence = (ImportOutcome.KNOWN, ALREADY_IMPORTED) if event.row in known else (ImportOutcome.NEW, "")
        rows.append(ImportRow(row=event.row, title=event.plan.title, outcome=outcome, sentence=sentence, event=event))
    return ImportReport(rows=sorted(rows, key=lambda row: row.row), notes=file.notes)


def check_importer(viewer: Viewer) -> None:
    """Raise `NotAllowed` for people who may not add events for everyone to all calendars at once."""
    if not viewer.is_coordinator:
        raise NotAllowed(ONLY_COORDINATORS)


def check_import_size(dates: int, limits: ImportLimits) -> None:
    """Raise `TooLarge` for more dates of all events together than are imported at once."""
    if dates > limits.dates:
        raise TooLarge(f"The file has more than {limits.dates:,} dates. Split it, or end its series earlier.")


def file_event_in_words(file_event: FileEvent) -> str:
    """Return when an event takes place: "Tue, Jan 12, 2027, 10:00–11:30 AM Central, 12 dates to Dec 14, 2027"."""
    slots, zone = file_event.slots, file_event.plan.zone
    first, last = min(slots), max(slots)
    hours = time_span(first, first + file_event.plan.duration, file_event.plan.is_all_day)
    words = f"{short_weekday_date(first)}, {hours if file_event.plan.is_all_day else f'{hours} {zone_word(zone)}'}"
    return f"{words}, {len(slots):,} dates to {short_date(last)}" if len(slots) > 1 else words
