"""What a form on a page shows of its draft, and the mark by which it keeps one."""

from contextlib import suppress
from datetime import datetime

from litestar.types import Scope
from msgspec import Struct

from tracker.crypto import ids
from tracker.errors import Invalid
from tracker.ports.http import cookies
from tracker.ports.http import drafts as marks
from tracker.ports.http.cookies import Flash
from tracker.ports.http.dependencies import now_of, settings_of, viewer_of
from tracker.ports.http.drafts import FIELD, LIFETIME, DraftMark
from tracker.ports.http.request_source import asked
from tracker.ports.pages.core.form_values import FormValues
from tracker.rules.core.drafts import DraftForm, DraftKey, SavedDraft, SentForm, draft_text, saved_words
from tracker.rules.core.viewers import Viewer
from tracker.usecases.core import drafts

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
            mark=marks.written(mark), restored=restored, is_announced=bool(saved_draft) and self._is_announced()
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
