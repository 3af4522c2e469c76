"""Forms as they are declared: each field once, with its label, its limit, how it is read, and its sentences.

A form is a class. What a page, its template, the merge of two edits, and the tests know of its fields comes from there:

    class SiteForm(FormShape, kw_only=True):
        role: Annotated[SiteRole, Choice("What it’s for", SiteRole.labels(), missing="Choose what the site is for.")]
        place: Annotated[str, Text("Place", LONGEST_PLACE, missing=NO_PLACE)]
        people: Annotated[int, Whole("People", 3)] = 0

`SiteForm.read(form)` returns the values, or reports all errors at once, in the order of the fields. A field that is
left blank has the value after `=`, or nothing of its kind.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, time
from functools import cache
from operator import attrgetter
from types import TracebackType
from typing import Any, Self, TypeVar, get_type_hints
from uuid import UUID

from litestar import Response
from msgspec import NODEFAULT, Struct, field
from msgspec.structs import asdict
from msgspec.structs import fields as struct_fields

from tracker.errors import Conflict, Invalid
from tracker.ports.pages.core.form_values import Errors, FormReader, FormValues, errors_of, id_in, ids_among
from tracker.ports.pages.core.sheets import FormSheet, FormWords

ENTER_A_NUMBER = "Enter a whole number, for example 12."
Facts = TypeVar("Facts")


class _Labeled(Struct, frozen=True):
    label: str
    longest: int = 0
    """How many characters people can type; 0 = any number."""


class FormField(_Labeled, frozen=True, kw_only=True):
    """One field of a form."""

    missing: str = ""
    """The error of a field that is left blank; "" = it may be blank."""
    of: str = ""
    """Where a known thing, and the facts that the form makes, have its value, for example "contact.name"."""

    def read(self, reader: FormReader, name: str) -> Any:
        """Return the value of the field `name`, None or an empty text for a blank one; record its error."""
        raise NotImplementedError

    def written(self, value: Any) -> str | tuple[str, ...]:
        """Return how the field holds a value."""
        return "" if value is None else str(value)

    def said(self, text: str) -> str:
        """Return what a text of the field means to people; "" for nothing."""
        return text


class Text(FormField, frozen=True, kw_only=True):
    """A text on one line, or on several."""

    is_multiline: bool = False

    def read(self, reader: FormReader, name: str) -> str:
        """Return the cleaned text."""
        return reader.text(name, self.longest, multiline=self.is_multiline)


class Name(FormField, frozen=True):
    """A name or a title."""

    def read(self, reader: FormReader, name: str) -> str:
        """Return the name as it is stored."""
        return reader.named(name, self.longest)


class Email(FormField, frozen=True):
    """An email address, in lower case."""

    def read(self, reader: FormReader, name: str) -> str:
        """Return the address."""
        return reader.text(name, self.longest).lower()


class Whole(FormField, frozen=True, kw_only=True):
    """A whole number below a million."""

    unreadable: str = ENTER_A_NUMBER
    least: int = 0
    greatest: int = 999_999
    outside: str = ""
    """The error of a number that is less than `least` or greater than `greatest`."""

    def read(self, reader: FormReader, name: str) -> int | None:
        """Return the number."""
        number = reader.number(name, self.unreadable)
        if number is not None and not self.least <= number <= self.greatest:
            reader.refuse(name, self.outside)
        return number


class Day(FormField, frozen=True):
    """A day."""

    def read(self, reader: FormReader, name: str) -> date | None:
        """Return the day."""
        return reader.day(name)

    def written(self, value: date | None) -> str:
        """Return the day as a browser writes it."""
        return f"{value:%Y-%m-%d}" if value else ""


class TimeOfDay(FormField, frozen=True):
    """A time of day, in whole minutes."""

    def read(self, reader: FormReader, name: str) -> time | None:
        """Return the time."""
        return reader.time(name)

    def written(self, value: time | None) -> str:
        """Return the time as a browser writes it."""
        return f"{value:%H:%M}" if value else ""


class Check(FormField, frozen=True, kw_only=True):
    """A box to check."""

    no: str = "no"
    """What an empty box means, in words."""

    def read(self, reader: FormReader, name: str) -> bool:
        """Return whether it is checked."""
        return bool(reader.form[name])

    def written(self, value: Any) -> str:
        """Return the value of the box if it is checked."""
        return "yes" if value else ""

    def said(self, text: str) -> str:
        """Say yes or no."""
        return "yes" if text else self.no


class Choice(FormField, frozen=True, kw_only=True):
    """One of several values, as a rule of an enumeration."""

    words: Mapping[Any, str]
    """Each value with its words, in the order in which they are shown."""
    notes: Mapping[Any, str] = field(default_factory=dict)
    """What a value means, in smaller letters."""
    blank: str = ""
    """The words for no choice; "" = one is always made."""

    @property
    def options(self) -> list[tuple[Any, ...]]:
        """Return what there is to choose from: value, words, and perhaps a note."""
        options = [
            (value, words, self.notes.get(value, "")) if self.notes else (value, words)
            for value, words in self.words.items()
        ]
        return [("", self.blank), *options] if self.blank else options

    def read(self, reader: FormReader, name: str) -> Any:
        """Return the value; nothing for any other text."""
        return next((value for value in self.words if value == reader.form[name]), None)

    def said(self, text: str) -> str:
        """Return the words for a value."""
        return self.words.get(text, text)


class Choices(Choice, frozen=True):
    """Any of several values."""

    def read(self, reader: FormReader, name: str) -> frozenset[Any]:
        """Return the values; other texts count as none."""
        return frozenset(value for value in self.words if value in reader.form.all(name))

    def written(self, value: Any) -> tuple[str, ...]:
        """Return the field once for each value."""
        return tuple(str(choice) for choice in self.words if choice in value)

    def said(self, text: str) -> str:
        """Return the words for the values."""
        return ", ".join(self.words[value] for value in text.split("\n") if value in self.words) or "none"


class Id(FormField, frozen=True, kw_only=True):
    """The id of something that is chosen from a list."""

    unknown: str = ""
    """The error of a text that is no id; "" = it counts as blank."""

    def read(self, reader: FormReader, name: str) -> UUID | None:
        """Return the id."""
        chosen = id_in(reader.form[name])
        if chosen is None and self.unknown and reader.form[name]:
            reader.refuse(name, self.unknown)
        return chosen


class Ids(FormField, frozen=True):
    """The ids of several things."""

    def read(self, reader: FormReader, name: str) -> frozenset[UUID]:
        """Return the ids."""
        return ids_among(reader.form.all(name))

    def written(self, value: Any) -> tuple[str, ...]:
        """Return the field once for each id."""
        return tuple(str(thing_id) for thing_id in value or ())


class Typed(FormField, frozen=True, kw_only=True):
    """A text that means something of its own."""

    of_text: Callable[[str], Any]
    """Returns what a text means. Errors: Invalid."""

    def read(self, reader: FormReader, name: str) -> Any:
        """Return what the text means, an empty one too."""
        try:
            return self.of_text(reader.form[name])
        except Invalid as wrong:
            reader.refuse(name, wrong.sentence)
            return None


class FormShape(Struct, kw_only=True):
    """The values of a form; a subclass declares its fields, each annotated with a `FormField`."""

    @classmethod
    def read(cls, form: FormValues, **known: str | None) -> Self:
        """Return the values that a form has; `known` are errors of fields that were read already.

        Errors: Invalid with a sentence for each wrong field.
        """
        reader = FormReader(form)
        reader.wrong = {name: sentence for name, sentence in known.items() if sentence}
        values: dict[str, Any] = {}
        defaults = {part.name: part.default for part in struct_fields(cls)}
        for name, declared in form_fields(cls).items():
            value = declared.read(reader, name)
            if value in (None, "") and declared.missing:
                reader.refuse(name, declared.missing)
            if value in (None, "") and defaults[name] is not NODEFAULT:
                value = defaults[name]
            values[name] = value
        for name, sentence in cls.refusals(form, values):
            reader.refuse(name, sentence)
        if reader.wrong:
            raise Invalid(**{name: reader.wrong[name] for name in values if name in reader.wrong})
        return cls(**values)

    @classmethod
    def refusals(cls, _: FormValues, __: Mapping[str, Any], /) -> list[tuple[str, str]]:
        """Return what is wrong with values that belong together: a field, and its sentence."""
        return []

    @classmethod
    def texts_of(cls, thing: Any, **values: Any) -> FormValues:
        """Return the form of a known thing; `values` are those that it has in another way."""
        texts = {
            name: declared.written(values[name] if name in values else attrgetter(declared.of or name)(thing))
            for name, declared in form_fields(cls).items()
        }
        return FormValues({name: (text,) if isinstance(text, str) else text for name, text in texts.items()})

    @classmethod
    def words(cls, *, empty: str = "empty", **meanings: Mapping[str, str]) -> FormWords:
        """Return how changes of the form are worded; `meanings` are those of ids, by field."""
        fields = form_fields(cls)

        def said(name: str, text: str) -> str:
            if name in meanings:
                text = ", ".join(meanings[name].get(thing_id, thing_id) for thing_id in text.split("\n") if thing_id)
            return fields[name].said(text) or empty

        return FormWords(labels={name: declared.label for name, declared in fields.items()}, said=said)

    def facts(self, kind: type[Facts], **facts: Any) -> Facts:
        """Return what the form says as facts: each value as what its field is `of`; `facts` are made in another way."""
        values, parts = asdict(self), dict[str, dict[str, Any]]()
        for name, declared in form_fields(type(self)).items():
            whole, _, part = (declared.of or name).partition(".")
            if part:
                parts.setdefault(whole, {})[part] = values[name]
            else:
                facts.setdefault(whole, values[name])
        kinds = get_type_hints(kind)
        return kind(**{whole: kinds[whole](**part) for whole, part in parts.items()}, **facts)


@cache
def form_fields(shape: type[FormShape]) -> Mapping[str, FormField]:
    """Return the fields of a form by name, in order."""
    return {name: kind.__metadata__[0] for name, kind in get_type_hints(shape, include_extras=True).items()}


class ShownField(Struct, frozen=True):
    """A declared field as a template shows it: with what was typed, and its error."""

    name: str
    declared: FormField
    value: str
    error: str | None


def shown_fields(form: FormValues, errors: Errors, *shapes: type[FormShape]) -> dict[str, ShownField]:
    """Return the fields of some forms by name, for a template."""
    return {
        name: ShownField(name, declared, form[name], errors[name])
        for shape in shapes
        for name, declared in form_fields(shape).items()
    }


def form_context(form: FormValues | None, wrong: Invalid | None, *shapes: type[FormShape]) -> dict[str, Any]:
    """Return what a response and its template get of forms on one page: new, or refused (422) with what was typed."""
    form = form or FormValues({})
    errors = errors_of(wrong, [name for shape in shapes for name in form_fields(shape)])
    return {
        "status_code": 422 if wrong else 200,
        "form": form,
        "errors": errors,
        "fields": shown_fields(form, errors, *shapes),
    }


def sheet_context(sheet: FormSheet, shape: type[FormShape]) -> dict[str, Any]:
    """Return the same for a form that keeps drafts and is merged with what another person saved."""
    return {**sheet.context, "fields": shown_fields(sheet.form, sheet.errors, shape)}


class Refusals:
    """`async with` around a deed: when it is refused, `response` shows its form again.

    async with Refusals(show_again) as refusals:
        await plans.add_site(viewer, event_id, SiteForm.read(form), now)
        return pages.redirect(address, "Site added.")
    return refusals.response
    """

    response: Response[Any]

    def __init__(self, show_again: Callable[[Invalid | Conflict], Awaitable[Response[Any]]]) -> None:
        self._show_again = show_again

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, refusal: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if isinstance(refusal, Invalid | Conflict):
            self.response = await self._show_again(refusal)
            return True
        return False
