"""A form as it is shown: opened, resumed from a draft, refused, or beside what another person saved meanwhile."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from tracker.errors import Invalid
from tracker.ports.pages.core.edit_conflicts import ChangeInWords, in_words, merged, record, recorded
from tracker.ports.pages.core.form_values import Errors, FormValues, errors_of, version_in
from tracker.rules.core.drafts import RIGHTS, DraftForm

NO_FORM = FormValues({})


class Sheet(Struct, frozen=True, kw_only=True):
    """A form as it is shown: its texts, its errors, and what changed since it was opened."""

    form: FormValues
    version: int = 0
    was: str = ""
    errors: Errors = field(default_factory=Errors)
    changes: Sequence[ChangeInWords] | None = None
    asks_reauthentication: bool = False
    status_code: int = 200

    @property
    def context(self) -> dict[str, Any]:
        """Return what the response and its template get of it."""
        return {
            "status_code": self.status_code,
            "sheet": self,
            "form": self.form,
            "errors": self.errors,
            "changes": self.changes,
        }


class Words(Struct, frozen=True, kw_only=True):
    """How the changes of a form are worded: its fields in order, and the meaning of their texts."""

    labels: Mapping[str, str]
    said: Callable[[str, str], str] = lambda _, text: text or "empty"


def opened(form: FormValues, version: int) -> Sheet:
    """Return a form as it is opened."""
    return Sheet(form=form, version=version, was=record(form))


def typed_in(form: FormValues) -> Sheet:
    """Return a form as it was sent, to be shown again."""
    return Sheet(form=form, version=version_in(form), was=form["was"])


def refused(form: FormValues, wrong: Invalid, fields: Sequence[str]) -> Sheet:
    """Return a form as it was sent, with its errors (422)."""
    return replace(typed_in(form), errors=errors_of(wrong, fields), status_code=422)


def resumed(draft: FormValues | None, of: DraftForm, sheet: Sheet, words: Words | None = None) -> Sheet:
    """Return a form as it is opened when there is a draft of it: beside what was saved since it was typed.

    The choices that no draft keeps are those of the form without one.
    """
    if draft is None:
        return sheet
    draft = draft.but({name: sheet.form.all(name) for name in RIGHTS.get(of, ())})
    if words and version_in(draft) != sheet.version:
        return beside(draft, sheet, words)
    return replace(sheet, form=draft, was=draft["was"])


def beside(typed: FormValues, sheet: Sheet, words: Words) -> Sheet:
    """Return what was typed beside what is saved now."""
    both, changes = merged(recorded(typed["was"]), typed, sheet.form)
    return replace(sheet, form=both, changes=in_words(changes, words.labels, words.said))


def overtaken(typed: FormValues, sheet: Sheet, words: Words) -> Sheet:
    """Return the same as the response to a form that came after another person had saved theirs (409)."""
    return replace(beside(typed, sheet, words), status_code=409)
