"""The texts of a form, how days, times, numbers and ids are read from it, and who is chosen in it by words.

A file that was uploaded with a form is read here, too.
"""

import re
from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import TypeVar
from uuid import UUID

from litestar.datastructures import UploadFile
from msgspec import Struct, field

from tracker.errors import Invalid
from tracker.ports.http.forms import FormRequest
from tracker.rules.core.clean_text import SHORTEST_OF_A_NAME, clean, has_all, name_in, search_words
from tracker.rules.core.wording import FIRST_YEAR, LAST_YEAR, MONTHS
from tracker.rules.events.plans import Person
from tracker.usecases.roster.known_people import Candidates, PeopleMatched, candidates_among, candidates_with_words

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?")
_NUMBER = re.compile(r"[0-9]{1,6}")
_YEARS = f"Choose a date between {FIRST_YEAR} and {LAST_YEAR}."
UNREADABLE = "We couldn’t read the form. Open its page again and send it from there."
EMPTY_FILE = "The file is empty."
T = TypeVar("T")


class FormValues(Mapping[str, str]):
    """The texts of a form; of a repeated field the first one counts, and a missing field is empty."""

    def __init__(self, values: Mapping[str, Sequence[str]]) -> None:
        self._values = {name: tuple(texts) for name, texts in values.items()}

    def __getitem__(self, name: str) -> str:
        return next(iter(self._values.get(name, ())), "")

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def all(self, name: str) -> tuple[str, ...]:
        """Return every text of a repeated field."""
        return self._values.get(name, ())

    def but(self, values: Mapping[str, Sequence[str] | str]) -> "FormValues":
        """Return the same form with some fields replaced."""
        new = {name: (texts,) if isinstance(texts, str) else tuple(texts) for name, texts in values.items()}
        return FormValues(self._values | new)

    def without(self, name: str) -> "FormValues":
        """Return the same form without a field."""
        return FormValues({field: texts for field, texts in self._values.items() if field != name})


class Errors(dict[str, str]):
    """An error for each wrong field, from top to bottom; None for a field without one."""

    def __missing__(self, name: str) -> None:
        """Return nothing, so that a template may look up any field."""


def errors_of(wrong: Invalid | None, fields: Sequence[str]) -> Errors:
    """Return the errors in the order of a form's fields; errors of no field are under the empty name."""
    if wrong is None:
        return Errors()
    known = {name: wrong.fields[name] for name in fields if name in wrong.fields}
    rest = [sentence for name, sentence in wrong.fields.items() if name not in known]
    others = " ".join(rest) if wrong.fields else wrong.sentence
    return Errors(known | ({"": others} if others else {}))


async def read_form(request: FormRequest) -> FormValues:
    """Return the posted form; a file in place of a text counts as missing. Errors: Invalid."""
    try:
        form = await request.form()
    except (UnicodeDecodeError, LookupError) as odd:  # a part of a multipart form names a wrong charset
        raise Invalid(UNREADABLE) from odd
    return FormValues({name: _texts(form.getall(name)) for name in form})


def read_query(request: FormRequest) -> FormValues:
    """Return the query of the address."""
    return FormValues({name: _texts(request.query_params.getall(name)) for name in request.query_params})


def _texts(given: Iterable[object]) -> list[str]:
    """Return the texts among some values, without U+0000: PostgreSQL stores and compares no text that has one."""
    return [text.replace("\0", "") for text in given if isinstance(text, str)]


class FormReader:
    """Reads one form; `wrong` collects an error for each field, so that all are reported together."""

    def __init__(self, form: FormValues) -> None:
        self.form = form
        self.wrong: dict[str, str] = {}

    def tried(self, make: Callable[[], T], otherwise: T) -> T:
        """Return the result of `make`; record its `Invalid` and return `otherwise`."""
        try:
            return make()
        except Invalid as refused:
            self.wrong = (refused.fields or {"": refused.sentence}) | self.wrong
            return otherwise

    def text(self, name: str, longest: int, *, multiline: bool = False) -> str:
        """Return a cleaned text of at most `longest` characters."""
        return self.tried(lambda: clean(self.form[name], longest, name, multiline=multiline), "")

    def named(self, name: str, longest: int) -> str:
        """Return a name or title of at most `longest` characters, as it is stored."""
        return self.tried(lambda: name_in(self.form[name], longest, name), "")

    def day(self, name: str, missing: str | None = None) -> date | None:
        """Return a day; `missing` is the error for an empty required field."""
        day = self._typed(name, missing, _day, _no_day(self.form[name].strip()))
        if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
            self.refuse(name, _YEARS)
            return None
        return day

    def time(self, name: str, missing: str | None = None) -> time | None:
        """Return a time of day, in whole minutes."""
        return self._typed(name, missing, _time, "Enter the time as hours:minutes, for example 14:30.")

    def number(self, name: str, wanted: str = "Enter a whole number, for example 12.") -> int | None:
        """Return a whole number below a million; `wanted` is the error for anything else."""
        return self._typed(name, None, _number, wanted)

    def refuse(self, name: str, sentence: str) -> None:
        """Record the error of a field, unless it has one already."""
        self.wrong.setdefault(name, sentence)

    def check(self) -> None:
        """Raise `Invalid` with all recorded errors."""
        if self.wrong:
            raise Invalid(**self.wrong)

    def _typed(self, name: str, missing: str | None, read: Callable[[str], T], sentence: str) -> T | None:
        text = self.form[name].strip()
        if not text:
            if missing:
                self.refuse(name, missing)
            return None
        try:
            return read(text)
        except ValueError:
            self.refuse(name, sentence)
            return None


def ids_among(texts: Sequence[str]) -> frozenset[UUID]:
    """Return the ids among the texts of a field, without texts that are none."""
    return frozenset(thing_id for thing_id in map(id_in, texts) if thing_id is not None)


def count_in(text: str) -> int:
    """Return a number that a page wrote into its own form; 0 when it holds none."""
    return int(text) if _NUMBER.fullmatch(text) else 0


def id_in(text: str) -> UUID | None:
    """Return an id, or None for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return None


def participant_in(text: str) -> tuple[UUID | None, UUID | None]:
    """Return the member and the invitation of a participant's line (`Participant.line`); None for anything else."""
    member, _, invitation = text.partition(":")
    return id_in(member), id_in(invitation)


def moment_in(text: str) -> datetime | None:
    """Return a time as a page wrote it, in UTC, or None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def form_version(form: FormValues) -> int:
    """Return the version that a form was opened with; 0, which no row has, for anything else."""
    return count_in(form["version"])


def _day(text: str) -> date:
    if not _DAY.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)


def _no_day(text: str) -> str:
    """Return why a text is not a day: it is in another format, or not in the calendar."""
    if not _DAY.fullmatch(text):
        return "Enter the date as year-month-day, for example 2027-01-14."
    year, month = (int(part) for part in text.split("-")[:2])
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return _YEARS
    if not 1 <= month <= len(MONTHS):
        return f"“{text}” isn’t a valid date. Months are 01 to {len(MONTHS)}."
    return f"“{text}” isn’t a valid date. {MONTHS[month - 1]} {year} has {monthrange(year, month)[1]} days."


def _time(text: str) -> time:
    if not _TIME.fullmatch(text):
        raise ValueError(text)
    return time.fromisoformat(text).replace(second=0)


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return int(text)


class Upload(Struct, frozen=True, kw_only=True):
    """A file as the browser sent it; a field without a chosen file has neither name nor content."""

    name: str
    content: bytes


async def uploaded_file(request: FormRequest) -> Upload | None:
    """Return the file of the field `file`; None for a form without one."""
    sent = (await request.form()).get("file")
    return Upload(name=sent.filename, content=await sent.read()) if isinstance(sent, UploadFile) else None


def upload_content(upload: Upload | None) -> bytes:
    """Return the content of the chosen file, nothing when none was chosen. Errors: Invalid(file)."""
    if upload is None:
        return b""
    if upload.name and not upload.content:
        raise Invalid(file=EMPTY_FILE)
    return upload.content


MOST = 8  # people offered at once
WORDS = "_words"
"""What follows the name of a field in the name of the field that holds its words."""
SEVERAL = "More than one person matches. Choose one, or type more."


class ChosenPerson(Struct, frozen=True, kw_only=True):
    """Who is chosen, and what the field says; or the people among whom the words do not decide."""

    value: str = ""
    """The id of the person, or another value of the field."""
    words: str = ""
    matched: PeopleMatched = field(default_factory=PeopleMatched)
    error: str | None = None

    @property
    def options(self) -> list[tuple[str, str]]:
        """Return the values and labels of the people found; the labels of namesakes have their titles."""
        named = Counter(map(person_label, self.matched.people))
        return [
            (
                str(person.id),
                f"{person_label(person)}, {person.title}"
                if named[person_label(person)] > 1 and person.title
                else person_label(person),
            )
            for person in self.matched.people
        ]


def person_label(person: Person) -> str:
    """Return what the field says when a person is chosen; the same words find them."""
    return f"{person.name} ({person.agency})"


def is_typed(form: FormValues, name: str) -> bool:
    """Return whether a form or an address has the words of a field, beside the id of who is chosen."""
    return bool(form.all(f"{name}{WORDS}"))


async def read_chosen_person(form: FormValues, name: str, candidates: Candidates) -> ChosenPerson:
    """Return who is chosen in a field of a form, among the candidates.

    An id of anyone else is kept as it is, for the deed to refuse.
    """
    given, typed = form[name], form[f"{name}{WORDS}"].strip()
    if member_id := id_in(given):
        person = (await candidates_among(candidates, [member_id])).get(member_id)
        if person and (not is_typed(form, name) or (typed and _finds(typed, person))):
            return ChosenPerson(value=given, words=person_label(person))
    if not is_typed(form, name):
        return ChosenPerson(value=given)
    if not typed:
        return ChosenPerson()
    people_matched = await candidates_with_words(candidates, typed, MOST)
    # A whole name, or an email address, means that person even where it also finds others.
    meant = [
        person
        for person in people_matched.people
        if typed.lower() in (person.name.lower(), person_label(person).lower(), person.email)
    ] or people_matched.people
    if len(meant) == 1:
        return ChosenPerson(value=str(meant[0].id), words=person_label(meant[0]))
    error = SEVERAL if people_matched.people else f"No one matches “{typed}”."
    return ChosenPerson(words=typed, matched=people_matched, error=error)


async def settle_chosen_person(form: FormValues, name: str, candidates: Candidates) -> FormValues:
    """Return a form with the id of who is chosen in place of the words, to be kept, compared, and merged.

    Words that don't find one person stay, with no id.
    """
    if not is_typed(form, name):
        return form
    chosen_person = await read_chosen_person(form, name, candidates)
    return (
        form.but({name: ""}) if chosen_person.error else form.without(f"{name}{WORDS}").but({name: chosen_person.value})
    )


def _finds(typed: str, person: Person) -> bool:
    """Return whether the words still find a person who was chosen before they were changed."""
    texts = (person.name, person.title, person.email, person.agency, person.agency_name)
    return has_all(search_words(typed), *texts, shortest=SHORTEST_OF_A_NAME)
