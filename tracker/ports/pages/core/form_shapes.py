"""Forms as they are declared: each field once, with its label, its limit, how it is read, and its sentences.

A form is a class. What a page, its template, the merge of two edits, and the tests know of its fields comes from there:

    class SiteForm(FormShape, kw_only=True):
        role: Annotated[SiteRole, Choice("What it’s for", SiteRole.labels(), missing="Choose what the site is for.")]
        place: Annotated[str, Text("Place", LONGEST_PLACE, missing=NO_PLACE)]
        people: Annotated[int, Whole("People", 3)] = 0

`SiteForm.read(form)` returns the values, or reports all errors at once, in the order of the fields. A field that is
left blank has the value after `=`, or nothing of its kind.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, time
from functools import cache
from operator import attrgetter
from typing import Any, Self, TypeVar, get_type_hints
from uuid import UUID

from msgspec import NODEFAULT, Struct, field
from msgspec.structs import asdict
from msgspec.structs import fields as struct_fields

from tracker.errors import Conflict, Invalid
from tracker.ports.pages.core.form_values import Errors, FormReader, FormValues, errors_of, id_in, ids_among
from tracker.ports.pages.core.sheets import NO_FORM, FormSheet, FormWords, overtake_sheet, refuse_sheet

Facts = TypeVar("Facts")


class FormField(Struct, frozen=True):
    """One field of a form, a text as the browser sends it; other kinds say how they are read, written, and said."""

    label: str
    longest: int = 0
    """How many characters people can type; 0 = any number."""
    missing: str = ""
    """The error of a field that is left blank; "" = it may be blank."""
    unknown: str = ""
    """The error of a text that is none of the choices; "" = it counts as blank."""
    of: str = ""
    """Where a known thing, and the facts that the form makes, have its value, for example "contact.name"."""
    empty: str = ""
    """What a blank field means, in words, where the form has no word for all of them."""

    def read(self, reader: FormReader, name: str) -> Any:
        """Return the value of the field `name`, None or an empty text for a blank one; record its error."""
        return reader.form[name]

    def written(self, value: Any) -> str | tuple[str, ...]:
        """Return how the field holds a value."""
        return "" if value is None else str(value)

    def said(self, text: str) -> str:
        """Return what a text of the field means to people; "" for nothing."""
        return text


class Secret(FormField, frozen=True):
    """A password or a code, as it is typed; no page sends it back."""


class Text(FormField, frozen=True, kw_only=True):
    """A cleaned text on one line, or on several."""

    is_multiline: bool = False

    def read(self, reader: FormReader, name: str) -> str:
        return reader.text(name, self.longest, multiline=self.is_multiline)


class NameField(FormField, frozen=True):
    """A name or a title, as it is stored."""

    def read(self, reader: FormReader, name: str) -> str:
        return reader.named(name, self.longest)


class EmailField(FormField, frozen=True):
    """An email address, in lower case."""

    def read(self, reader: FormReader, name: str) -> str:
        return reader.text(name, self.longest).lower()


class Whole(FormField, frozen=True, kw_only=True):
    """A whole number below a million."""

    unreadable: str = "Enter a whole number, for example 12."
    least: int = 0
    greatest: int = 999_999
    outside: str = ""
    """The error of a number that is less than `least` or greater than `greatest`."""
    unit: str = ""

    def read(self, reader: FormReader, name: str) -> int | None:
        number = reader.number(name, self.unreadable)
        if number is not None and not self.least <= number <= self.greatest:
            reader.refuse(name, self.outside)
        return number

    def said(self, text: str) -> str:
        return text + self.unit


class DayField(FormField, frozen=True):
    """A day, as a browser writes it."""

    def read(self, reader: FormReader, name: str) -> date | None:
        return reader.day(name)

    def written(self, value: date | None) -> str:
        return f"{value:%Y-%m-%d}" if value else ""


class TimeOfDay(FormField, frozen=True):
    """A time of day in whole minutes, as a browser writes it."""

    def read(self, reader: FormReader, name: str) -> time | None:
        return reader.time(name)

    def written(self, value: time | None) -> str:
        return f"{value:%H:%M}" if value else ""


class CheckBox(FormField, frozen=True, kw_only=True):
    """A box to check; its value is "yes"."""

    empty: str = "no"

    def read(self, reader: FormReader, name: str) -> bool:
        return reader.form[name] == "yes"

    def written(self, value: Any) -> str:
        return "yes" if value else ""

    def said(self, text: str) -> str:
        return "yes" if text else ""


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
        return next(iter(self._among(reader, name, [reader.form[name]])), None)

    def _among(self, reader: FormReader, name: str, texts: Sequence[str]) -> list[Any]:
        if self.unknown and any(text and text not in self.words for text in texts):
            reader.refuse(name, self.unknown)
        return [value for value in self.words if value in texts]

    def said(self, text: str) -> str:
        return self.words.get(text, text)


class Choices(Choice, frozen=True, kw_only=True):
    """Any of several values; the field is there once for each."""

    empty: str = "none"

    def read(self, reader: FormReader, name: str) -> frozenset[Any]:
        return frozenset(self._among(reader, name, reader.form.all(name)))

    def written(self, value: Any) -> tuple[str, ...]:
        return tuple(str(choice) for choice in self.words if choice in (value or ()))

    def said(self, text: str) -> str:
        return ", ".join(self.words[value] for value in text.split("\n") if value in self.words)


class Id(FormField, frozen=True):
    """The id of something that is chosen from a list."""

    def read(self, reader: FormReader, name: str) -> UUID | None:
        chosen = id_in(reader.form[name])
        if chosen is None and self.unknown and reader.form[name]:
            reader.refuse(name, self.unknown)
        return chosen


class Ids(FormField, frozen=True):
    """The ids of several things; the field is there once for each."""

    def read(self, reader: FormReader, name: str) -> frozenset[UUID]:
        return ids_among(reader.form.all(name))

    def written(self, value: Any) -> tuple[str, ...]:
        return tuple(str(thing_id) for thing_id in value or ())


class Typed(FormField, frozen=True, kw_only=True):
    """A text that means something of its own."""

    of_text: Callable[[str], Any]
    """Returns what a text means, an empty one too. Errors: Invalid."""

    def read(self, reader: FormReader, name: str) -> Any:
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
        values = {name: cls.value(reader, name) for name in form_fields(cls)}
        for name, sentence in cls.refusals(form, values):
            reader.refuse(name, sentence)
        if reader.wrong:
            raise Invalid(**{name: reader.wrong[name] for name in values if name in reader.wrong})
        return cls(**values)

    @classmethod
    def value(cls, reader: FormReader, name: str) -> Any:
        """Return the value of one field; record its error. For a form whose fields depend on each other."""
        declared = form_fields(cls)[name]
        value = declared.read(reader, name)
        if value is not False and value not in (None, "", frozenset()):
            return value
        if declared.missing:
            reader.refuse(name, declared.missing)
        default = _blank_values(cls)[name]
        return value if default is NODEFAULT else default

    @classmethod
    def errors(cls, wrong: Invalid | None) -> Errors:
        """Return the errors of a refused form in the order of its fields; none without `wrong`."""
        return errors_of(wrong, list(form_fields(cls)))

    @classmethod
    def refusals(cls, _: FormValues, __: Mapping[str, Any], /) -> list[tuple[str, str]]:
        """Return what is wrong with values that belong together: a field, and its sentence."""
        return []

    @classmethod
    def texts_of(cls, thing: Any, **values: Any) -> FormValues:
        """Return the form of a known thing, None = a blank one; `values` are those that it has in another way."""
        fields = form_fields(cls)
        known = (
            {}
            if thing is None
            else {name: attrgetter(fields[name].of or name) for name in fields if name not in values}
        )
        values |= {name: value_of(thing) for name, value_of in known.items()}
        texts = {name: declared.written(values.get(name)) for name, declared in fields.items()}
        return FormValues({name: (text,) if isinstance(text, str) else text for name, text in texts.items()})

    @classmethod
    def words(cls, *, empty: str = "empty", **meanings: Mapping[str, str]) -> FormWords:
        """Return how changes of the form are worded; `meanings` are those of ids, by field."""
        fields = form_fields(cls)

        def said(name: str, text: str) -> str:
            if name in meanings:
                text = ", ".join(meanings[name].get(thing_id, thing_id) for thing_id in text.split("\n") if thing_id)
            return fields[name].said(text) or fields[name].empty or empty

        return FormWords(
            labels={name: declared.label for name, declared in fields.items()},
            said=said,
            repeated=frozenset(name for name, declared in fields.items() if isinstance(declared, Choices | Ids)),
        )

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


@cache
def _blank_values(shape: type[FormShape]) -> Mapping[str, Any]:
    """Return what each field has when it is left blank."""
    return {part.name: part.default for part in struct_fields(shape)}


class ShownField(Struct, frozen=True):
    """A declared field as a template shows it: with what was typed, and its error."""

    name: str
    declared: FormField
    value: str
    error: str | None


def form_context(form: FormValues | None, wrong: Invalid | None, *shapes: type[FormShape]) -> dict[str, Any]:
    """Return what a response and its template get of forms on one page: new, or refused (422) with what was typed."""
    form = form or NO_FORM
    fields = [name for shape in shapes for name in form_fields(shape)]
    return sheet_context(refuse_sheet(form, wrong, fields) if wrong else FormSheet(form=form), *shapes)


def sheet_context(sheet: FormSheet, *shapes: type[FormShape]) -> dict[str, Any]:
    """Return the same for forms that keep drafts and are merged with what another person saved."""
    fields = {
        name: ShownField(name, declared, "" if isinstance(declared, Secret) else sheet.form[name], sheet.errors[name])
        for shape in shapes
        for name, declared in form_fields(shape).items()
    }
    return {**sheet.context, "fields": fields}


def refused_form(form: FormValues, refusal: Invalid | Conflict, shape: type[FormShape], saved: FormSheet) -> FormSheet:
    """Return a form as it was sent: with its errors (422), or beside what another person saved meanwhile (409)."""
    if isinstance(refusal, Invalid):
        return refuse_sheet(form, refusal, list(form_fields(shape)))
    return overtake_sheet(form, saved, shape.words())
