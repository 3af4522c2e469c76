"""What the administrators' forms share: a recent confirmation, errors at their fields, and simultaneous edits."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from litestar import Response

from tracker.errors import Conflict, Invalid, NotAllowed
from tracker.ports.http.dependencies import Now, Viewer, Visit
from tracker.ports.pages.core.edit_conflicts import ChangeInWords, in_words, merged, record, recorded
from tracker.ports.pages.core.form_values import Errors, FormValues, errors_of, version_in
from tracker.ports.pages.core.reauthentication import is_reauthenticated
from tracker.rules.core.drafts import RIGHTS, DraftForm
from tracker.rules.roster.accounts import MANAGERS_ONLY

NO_FORM = FormValues({})


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A form as it is shown: its texts, its errors, and what changed since it was opened."""

    form: FormValues
    version: int = 0
    was: str = ""
    errors: Errors = field(default_factory=Errors)
    changes: Sequence[ChangeInWords] | None = None
    asks_reauthentication: bool = False
    status_code: int = 200


@dataclass(frozen=True, kw_only=True)
class Words:
    """How the changes of a form are worded: its fields in order, and the meaning of their texts."""

    labels: Mapping[str, str]
    said: Callable[[str, str], str]


Show = Callable[[Sheet], Awaitable[Response[Any]]]
Deed = Callable[[], Awaitable[Response[Any]]]
Current = Callable[[], Awaitable[tuple[Sheet, Words]]]
"""Returns the form as it is now, after another person saved it."""


def opened(form: FormValues, version: int) -> Sheet:
    """Return a form as it is opened."""
    return Sheet(form=form, version=version, was=record(form))


def typed_in(form: FormValues) -> Sheet:
    """Return a form as it was sent, to be shown again."""
    return Sheet(form=form, version=version_in(form), was=form["was"])


def check_manager(viewer: Viewer) -> None:
    """Raise `NotAllowed` unless the viewer manages the roster."""
    if not viewer.manages_accounts:
        raise NotAllowed(MANAGERS_ONLY)


async def save(
    visit: Visit,
    form: FormValues,
    now: Now,
    fields: Sequence[str],
    deed: Deed,
    show: Show,
    current: Current | None = None,
) -> Response[Any]:
    """Save a form, or show it again with everything that was typed.

    It is shown again without a recent confirmation (403), with errors (422), or beside what another person saved
    meanwhile (409).
    """
    typed = typed_in(form)
    if not is_reauthenticated(visit, now):
        return await show(replace(typed, asks_reauthentication=True, status_code=403))
    try:
        return await deed()
    except Invalid as wrong:
        return await show(replace(typed, errors=errors_of(wrong, fields), status_code=422))
    except Conflict:
        if current is None:
            raise
        sheet, words = await current()
        return await show(replace(beside(form, sheet, words), status_code=409))


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
