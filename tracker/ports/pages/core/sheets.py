"""A form as it is shown: opened, resumed from a draft, refused, or beside what another person saved meanwhile.

When two people edit at once, each field that changed meanwhile is shown beside what the second person typed. A form
keeps its draft by a mark.
"""

import json
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from litestar.types import Scope
from msgspec import Struct, field
from msgspec.structs import replace

from tracker.crypto import ids
from tracker.errors import Invalid
from tracker.ports.http import cookies
from tracker.ports.http import forms as marks
from tracker.ports.http.cookies import Flash
from tracker.ports.http.dependencies import now_of, settings_of, viewer_of
from tracker.ports.http.forms import FIELD, LIFETIME, DraftMark
from tracker.ports.http.request_source import asked
from tracker.ports.pages.core.form_values import Errors, FormValues, errors_of, form_version
from tracker.rules.core.drafts import RIGHTS, DraftForm, DraftKey, SavedDraft, SentForm, draft_text, saved_words
from tracker.rules.core.viewers import Viewer
from tracker.usecases.core import drafts

NO_FORM = FormValues({})
LONGEST_RECORD = 200_000  # characters
SEPARATOR = "\n"


class FieldConflict(Struct, frozen=True, kw_only=True):
    """A field that another person changed since the form was opened."""

    name: str
    now: str
    typed: str
    is_taken: bool
    """Whether the form took the new value, because this person had not changed the field."""
    label: str = ""
    """The words for the field, once the change is in words."""


class FormSheet(Struct, frozen=True, kw_only=True):
    """A form as it is shown: its texts, its errors, and what changed since it was opened."""

    form: FormValues
    version: int = 0
    was: str = ""
    errors: Errors = field(default_factory=Errors)
    changes: Sequence[FieldConflict] | None = None
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


class FormWords(Struct, frozen=True, kw_only=True):
    """How the changes of a form are worded: its fields in order, and the meaning of their texts."""

    labels: Mapping[str, str]
    said: Callable[[str, str], str] = lambda _, text: text or "empty"
    repeated: Container[str] = ()
    """The fields that hold several texts."""


def open_sheet(form: FormValues, version: int) -> FormSheet:
    """Return a form as it is opened."""
    return FormSheet(form=form, version=version, was=form_record(form))


def typed_sheet(form: FormValues) -> FormSheet:
    """Return a form as it was sent, to be shown again."""
    return FormSheet(form=form, version=form_version(form), was=form["was"])


def refuse_sheet(form: FormValues, wrong: Invalid, fields: Sequence[str]) -> FormSheet:
    """Return a form as it was sent, with its errors and what it asks now (422)."""
    return replace(typed_sheet(form.but(wrong.asked)), errors=errors_of(wrong, fields), status_code=422)


def resume_sheet(
    draft: FormValues | None, of: DraftForm, sheet: FormSheet, words: FormWords | None = None
) -> FormSheet:
    """Return a form as it is opened when there is a draft of it: beside what was saved since it was typed.

    The choices that no draft keeps are those of the form without one.
    """
    if draft is None:
        return sheet
    draft = draft.but({name: sheet.form.all(name) for name in RIGHTS.get(of, ())})
    if words and form_version(draft) != sheet.version:
        return sheet_beside(draft, sheet, words)
    return replace(sheet, form=draft, was=draft["was"])


def sheet_beside(typed: FormValues, sheet: FormSheet, words: FormWords) -> FormSheet:
    """Return what was typed beside what is saved now."""
    both, changes = merge_edits(recorded_form(typed["was"]), typed, sheet.form, words.repeated)
    return replace(sheet, form=both, changes=word_changes(changes, words.labels, words.said))


def overtake_sheet(typed: FormValues, sheet: FormSheet, words: FormWords) -> FormSheet:
    """Return the same as the response to a form that came after another person had saved theirs (409)."""
    return replace(sheet_beside(typed, sheet, words), status_code=409)


Flat = dict[str, str]
"""Each field as one text; for people, `person:<id>` with their role in the invitation."""


def word_changes(
    changes: Iterable[FieldConflict], labels: Mapping[str, str], said: Callable[[str, str], str]
) -> list[FieldConflict]:
    """Return the changes in the order of `labels`, without others; `said(name, text)` words a value."""
    of_field = {change.name: change for change in changes}
    return [
        replace(change, label=label, now=said(name, change.now), typed=said(name, change.typed))
        for name, label in labels.items()
        if (change := of_field.get(name))
    ]


def flat_form(form: FormValues) -> Flat:
    """Return a form as one text for each field."""
    simple = {
        name: SEPARATOR.join(form.all(name)).replace("\r\n", "\n")
        for name in form
        if name != "person" and not name.startswith("role-")
    }
    return simple | {f"person:{member_id}": form[f"role-{member_id}"] or "required" for member_id in form.all("person")}


def form_record(form: FormValues) -> str:
    """Return the hidden field's record of a form as it was opened."""
    return json.dumps(flat_form(form), ensure_ascii=False, separators=(",", ":"))


def recorded_form(text: str) -> Flat:
    """Return the content of such a field; nothing when it was not written here. It decides only what is shown."""
    try:
        record = json.loads(text) if len(text) <= LONGEST_RECORD else {}
    except (ValueError, RecursionError):
        return {}
    texts = record.items() if isinstance(record, dict) else ()
    return {name: value for name, value in texts if isinstance(value, str)}


def merge_edits(
    was: Flat, typed: FormValues, now: FormValues, repeated: Container[str] = ()
) -> tuple[FormValues, list[FieldConflict]]:
    """Return the form to show again, and what changed meanwhile; `repeated` are the fields that hold several texts.

    A field that this person had not changed takes the new value; what they typed stays. Whatever `was` holds, only
    fields of `now` count.
    """
    typed_texts, saved_texts = flat_form(typed), flat_form(now)
    changes = [
        FieldConflict(name=name, now=saved, typed=here, is_taken=here == before)
        for name in sorted({*saved_texts, *(field for field in was if field.startswith("person:"))})
        for before, here, saved in [(was.get(name, ""), typed_texts.get(name, ""), saved_texts.get(name, ""))]
        if saved not in (before, here)
    ]
    taken = {change.name: change.now for change in changes if change.is_taken}
    simple = {
        name: tuple(text.split(SEPARATOR)) if name in repeated else (text,)
        for name, text in taken.items()
        if not name.startswith("person:")
    }
    roles = {name.removeprefix("person:"): role for name, role in taken.items() if name.startswith("person:")}
    listed = typed.all("person")
    invited = [
        *(member_id for member_id in listed if roles.get(member_id, "-")),
        *(member_id for member_id, role in roles.items() if role and member_id not in listed),
    ]
    role_fields = {f"role-{member_id}": (role,) for member_id, role in roles.items() if role}
    return typed.but({**simple, **role_fields, "person": invited}), changes


SHOWN = "drafts"
"""The state key for the drafts of the forms on the page: `FormDrafts`."""
NEW_EACH_TIME = ("form_id",)
"""Fields by which a form that is sent twice is known; typing in another tab begins another form."""
BACK = "What you entered is back in this form."
"""Ends the message of a page whose form begins with what was sent and undone; the form doesn't repeat it."""


class FormDraft(Struct, frozen=True, kw_only=True):
    """The draft of one form: its mark, and when the draft that the form begins with was saved, in words."""

    mark: str
    restored: str = ""
    is_announced: bool = False
    """Whether the message of the page says that the form begins with it."""


class FormDrafts(dict[str, FormDraft]):
    """The draft of each form on the page; None for a form that keeps none."""

    def __missing__(self, name: str) -> None:
        """Return nothing, so that a template may look up any form."""


class PageDrafts:
    """The viewer's drafts of the forms on one page."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def kept(self, key: DraftKey, page: str = "") -> FormValues | None:
        """Return what the viewer typed into a form and did not save, if anything; and let the form keep a draft.

        `page` is the address that shows the form, when it isn't the one that was requested.
        """
        saved_draft = await drafts.draft_of(viewer_of(self._scope), key, now_of(self._scope))
        return self.shown(key, saved_draft, page)

    async def of(self, subject: str, *forms: DraftForm) -> dict[DraftForm, SavedDraft]:
        """Return the viewer's drafts of some forms about one thing, for `shown`."""
        return await drafts.drafts_of(viewer_of(self._scope), subject, forms, now_of(self._scope))

    def shown(self, key: DraftKey, saved_draft: SavedDraft | None, page: str = "") -> FormValues | None:
        """Return what is in a draft, if there is one; and let the form keep a draft. `page` is as in `kept`."""
        viewer, now = viewer_of(self._scope), now_of(self._scope)
        mark = DraftMark(
            member_id=viewer.member_id,
            form=key.form,
            subject=key.subject,
            event_id=key.event_id,
            page=page or asked(self._scope),
            tab=ids.new_id(),
            shown=saved_draft.saved if saved_draft else None,
            until=now + LIFETIME,
        )
        zone = settings_of(self._scope).time_zone
        restored = saved_words(saved_draft.saved_at, now, zone) if saved_draft else ""
        every: FormDrafts = self._scope["state"].setdefault(SHOWN, FormDrafts())
        every[key.form.value] = FormDraft(
            mark=marks.field_of_mark(mark), restored=restored, is_announced=bool(saved_draft) and self._is_announced()
        )
        return FormValues(saved_draft.texts) if saved_draft else None

    def _is_announced(self) -> bool:
        message: Flash | None = self._scope["state"].get(cookies.SHOWN)
        return message is not None and message.sentence.endswith(BACK)

    async def begun(self, key: DraftKey, form: FormValues) -> FormValues:
        """Return what the viewer typed into a form and did not save, or else the form as it is given."""
        form_values = await self.kept(key)
        return form if form_values is None else form_values


def sent_form(form: FormValues, viewer: Viewer, now: datetime) -> SentForm | None:
    """Return what undoing makes a draft of again, of a form that is about to be saved; None if it can hold no draft.

    It leaves out by which fields a form that is sent twice is known: what was undone isn't what is sent next.
    """
    mark = marks.mark_in(form, viewer, now)
    if mark is None:
        return None
    with suppress(Invalid):
        texts = {name: form.all(name) for name in form if name not in NEW_EACH_TIME}
        return SentForm(key=mark.key, page=mark.page, tab=mark.tab, text=draft_text(mark.form, texts))
    return None


def keep_draft(scope: Scope, form: FormValues) -> None:
    """Let a posted form keep its draft when it is shown again."""
    viewer = scope["state"].get("viewer")
    mark = marks.mark_in(form, viewer, now_of(scope)) if viewer else None
    if mark:
        scope["state"][SHOWN] = FormDrafts({mark.form.value: FormDraft(mark=form[FIELD])})
