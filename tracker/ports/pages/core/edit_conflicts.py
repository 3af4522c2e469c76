"""Two people edit at once: what changed meanwhile, field by field, beside what the second person typed."""

import json
from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from tracker.ports.pages.core.form_values import FormValues

LONGEST_RECORD = 200_000  # characters
SEPARATOR = "\n"
REPEATED = ("weekdays", "roles", "alternates", "mark_categories")
"""Fields that hold several texts."""
Flat = dict[str, str]
"""Each field as one text; for people, `person:<id>` with their role in the invitation."""


class Change(Struct, frozen=True, kw_only=True):
    """A field that another person changed since the form was opened."""

    name: str
    now: str
    typed: str
    is_taken: bool
    """Whether the form took the new value, because this person had not changed the field."""


class ChangeInWords(Struct, frozen=True, kw_only=True):
    """A change in words: the label of the field and the meaning of its values."""

    label: str
    now: str
    typed: str
    is_taken: bool


def in_words(
    changes: Iterable[Change], labels: Mapping[str, str], said: Callable[[str, str], str]
) -> list[ChangeInWords]:
    """Return the changes in the order of `labels`, without others; `said(name, text)` words a value."""
    of_field = {change.name: change for change in changes}
    return [
        ChangeInWords(label=label, now=said(name, change.now), typed=said(name, change.typed), is_taken=change.is_taken)
        for name, label in labels.items()
        if (change := of_field.get(name))
    ]


def flat(form: FormValues) -> Flat:
    """Return a form as one text for each field."""
    simple = {
        name: SEPARATOR.join(form.all(name)).replace("\r\n", "\n")
        for name in form
        if name != "person" and not name.startswith("role-")
    }
    people = {f"person:{one}": form[f"role-{one}"] or "required" for one in form.all("person")}
    return simple | people


def record(form: FormValues) -> str:
    """Return the hidden field's record of a form as it was opened."""
    return json.dumps(flat(form), ensure_ascii=False, separators=(",", ":"))


def recorded(text: str) -> Flat:
    """Return the content of such a field; nothing when it was not written here. It decides only what is shown."""
    try:
        found = json.loads(text) if len(text) <= LONGEST_RECORD else {}
    except (ValueError, RecursionError):
        return {}
    return {name: value for name, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}


def merged(was: Flat, typed: FormValues, now: FormValues) -> tuple[FormValues, list[Change]]:
    """Return the form to show again, and what changed meanwhile.

    A field that this person had not changed takes the new value; what they typed stays. Whatever `was` holds, only
    fields of `now` count.
    """
    mine, theirs = flat(typed), flat(now)
    changes = [
        Change(name=name, now=now_there, typed=here, is_taken=here == before)
        for name in sorted({*theirs, *(one for one in was if one.startswith("person:"))})
        for before, here, now_there in [(was.get(name, ""), mine.get(name, ""), theirs.get(name, ""))]
        if now_there not in (before, here)
    ]
    taken = {change.name: change.now for change in changes if change.is_taken}
    return _with(typed, taken), changes


def _with(form: FormValues, taken: Mapping[str, str]) -> FormValues:
    simple = {
        name: tuple(text.split(SEPARATOR)) if name in REPEATED else (text,)
        for name, text in taken.items()
        if not name.startswith("person:")
    }
    people = {name.removeprefix("person:"): role for name, role in taken.items() if name.startswith("person:")}
    invited = [one for one in form.all("person") if people.get(one, "-")] + [
        one for one, role in people.items() if role and one not in form.all("person")
    ]
    roles = {f"role-{one}": (role,) for one, role in people.items() if role}
    return form.but({**simple, **roles, "person": invited})
