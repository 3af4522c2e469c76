"""The pages of a request: templates, their values, and Markdown."""

import re
import struct
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from functools import cache
from typing import Any, NamedTuple, TypeVar

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from litestar import Response
from litestar.response import Redirect
from markdown_it import MarkdownIt
from markdown_it.token import Token as markdown_it_token_Token
from markupsafe import Markup, escape
from msgspec import Struct

from tracker import clock
from tracker.config.paths import folder
from tracker.config.settings import Settings
from tracker.errors import Invalid, TrackerError
from tracker.ports.http import cookies, drafts
from tracker.ports.http.cookies import Flash
from tracker.ports.http.forms import FormRequest
from tracker.ports.pages.core.sheets import SHOWN, FormDrafts
from tracker.ports.pages.core.static import FOLDER, static
from tracker.rules.core import wording
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import LONGEST_REASON, TEXTS
from tracker.rules.events.replies import LONGEST_COMMENT
from tracker.rules.reports import reports
from tracker.rules.roster import directory, quorum

QUIET_ZONE = 4  # modules of white space around a QR code (ISO/IEC 18004)
SVG_FRAME = re.compile(r"^<svg[^>]*>|</svg>\s*$")
TEXT_LIMITS = {name: text_field.longest for name, text_field in TEXTS.items()} | {
    "reason": LONGEST_REASON,
    "comment": LONGEST_COMMENT,
}
"""The limits of an event's texts, in characters: `text_limits.title`."""
MACROS = {
    "alerts": "core/macros/alerts.html",
    "tables": "core/macros/tables.html",
    "field_parts": "core/macros/field_parts.html",
    "forms": "core/macros/forms.html",
    "pickers": "core/macros/pickers.html",
    "cal": "core/macros/calendar.html",
}
"""The files of macros by their names in templates; one may use those before it."""
FILTERS = {
    "day": wording.short_day,
    "days": wording.short_days,
    "shortday": wording.short_weekday_date,
    "longday": wording.long_day,
    "clock": wording.clock,
    "span": wording.time_span,
    "ago": wording.ago_words,
    "plural": wording.plural,
    "lead": quorum.lead_words,
    "lateness": wording.lateness,
    "labeled_lateness": wording.labeled_lateness,
    "local": wording.local,
    "zone_word": wording.zone_word,
    "role_words": directory.role_words,
}
WHITE_SPACE = re.compile(r"\s+")
Done = TypeVar("Done")


class NavigationPlace(NamedTuple):
    """One entry of the primary navigation; it is current when a page sets `section` to the key."""

    key: str
    address: str
    label: str
    is_for: Callable[[Viewer], bool] = lambda _: True


NAVIGATION = (
    NavigationPlace("home", "/", "Home"),
    NavigationPlace("calendar", "/calendar", "Calendar"),
    NavigationPlace("actions", "/action-items", "Action items"),
    NavigationPlace("people", "/people", "Agencies & people"),
    NavigationPlace("reports", "/reports", "Reports", reports.may_read_reports),
    NavigationPlace("admin", "/admin", "Admin", lambda viewer: viewer.manages_accounts or viewer.reads_audit),
)


@cache
def icon(name: str, label: str | None = None, cls: str = "") -> Markup:
    """Return a USWDS icon as inline SVG: decoration, or an image named `label`; raise `FileNotFoundError`."""
    drawing = SVG_FRAME.sub("", (FOLDER / "vendor" / "icons" / f"{name}.svg").read_text(encoding="utf-8").strip())
    role = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    frame = Markup('<svg class="usa-icon{}" {} focusable="false" viewBox="0 0 24 24">{}</svg>')
    own = f" {cls}" if cls else ""
    return frame.format(own, role, Markup(drawing))  # noqa: S704 - a file of ours, never text of a user


def qr(text: str, title: str) -> Markup:
    """Return a QR code of `text` as inline SVG, sized by its container, with `title` as its accessible name."""
    code = segno.make(text, error="m", micro=False)
    drawing = code.svg_inline(border=QUIET_ZONE, omitsize=True, svgclass=None, lineclass=None)
    name = f'<svg role="img" aria-label="{escape(title)}" '
    return Markup(drawing.replace("<svg ", name, 1))  # noqa: S704 - a drawing by segno; the title is escaped


@cache
def environment() -> Environment:
    """Return the one environment: everything is escaped, and a missing name is an error."""
    jinja = Environment(
        loader=FileSystemLoader(folder("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=[WithoutIndentation],
    )
    jinja.globals.update(icon=icon, static=static, qr=qr, text_limits=TEXT_LIMITS)
    jinja.filters.update(FILTERS)
    for name, file in MACROS.items():
        jinja.globals[name] = jinja.get_template(file).module
    return jinja


def render(name: str, context: Mapping[str, Any]) -> str:
    """Return the text of a template."""
    return environment().get_template(name).render(context)


class Pages:
    """Makes the pages of one request; the state that its guard set decides what all of them show."""

    def __init__(self, state: MutableMapping[str, Any], *, is_htmx: bool = False, sent_from: str = "") -> None:
        self._state = state
        self.is_htmx = is_htmx
        """Whether htmx sent the request, so that a part of the page is enough."""
        self.sent_from = sent_from
        """The address of the page on which htmx sent it."""

    def render(self, name: str, *, status_code: int = 200, **context: Any) -> Response[str]:
        """Return a whole page that caches may not keep."""
        return _private(render(name, common_values(self._state, status_code) | context), status_code)

    def render_block(self, name: str, block: str, *, status_code: int = 200, **context: Any) -> Response[str]:
        """Return only one block of a page's template, for htmx to swap in."""
        template = environment().get_template(name)
        values = template.new_context(common_values(self._state, status_code) | context)
        return _private("".join(template.blocks[block](values)), status_code)

    def redirect(self, address: str, sentence: str = "", undo: cookies.Undo | None = None) -> Redirect:
        """Redirect to a page that starts with a message about what was done, and a button to undo it.

        The draft of the form is removed.
        """
        self.saved()
        return self._to(address, Flash(sentence=sentence, undo=undo))

    def refuse(self, address: str, sentence: str) -> Redirect:
        """Redirect to a page that starts with why something wasn't done; the draft of the form stays."""
        self._state[drafts.SAVED] = False
        return self._to(address, Flash(sentence=sentence, is_refusal=True))

    async def answer(
        self,
        address: str,
        deed: Awaitable[Done],
        said: str | Callable[[Done], str],
        refusals: type[TrackerError] | tuple[type[TrackerError], ...],
        undo: cookies.Undo | None = None,
        *,
        refused: str = "",
    ) -> Redirect:
        """Do a deed, and redirect to a page that says what was done; after one of the `refusals`, why it wasn't."""
        try:
            done = await deed
        except refusals as refusal:
            sentences = refusal.fields.values() if isinstance(refusal, Invalid) else ()
            return self.refuse(address, f"{refused}{' '.join(sentences) or refusal.sentence}")
        return self.redirect(address, said if isinstance(said, str) else said(done), undo)

    def _to(self, address: str, message: Flash) -> Redirect:
        response = Redirect(address, status_code=303)
        cookies.put_flash(response, self._state["settings"], message)
        return response

    def keep(self, response: Response[str], sentence: str, undo: cookies.Undo | None) -> Response[str]:
        """Return a part of a page with what was done, which the page shows if it is opened again before Undo ends."""
        if undo and self.sent_from:
            cookies.put_flash(
                response, self._state["settings"], Flash(sentence=sentence, undo=undo, page=self.sent_from)
            )
        return response

    def saved(self) -> None:
        """Note that the posted form was saved, where no redirect says so: its draft is removed."""
        self._state[drafts.SAVED] = True


def error_page(name: str, request: FormRequest, *, status_code: int = 200, **context: Any) -> Response[str]:
    """Return a whole page where no handler can receive `Pages`: for an error."""
    return Pages(request.scope.get("state") or {}).render(name, status_code=status_code, **context)


def common_values(state: Mapping[str, Any], status_code: int = 200) -> dict[str, Any]:
    """Return what every page shows; works without a session, and for errors before the settings are known."""
    settings = state.get("settings") or Settings(secret="")
    viewer, visit = state.get("viewer"), state.get("visit")
    moment = state.get("now") or clock.now()
    now = wording.local(moment, settings.time_zone)
    return {
        "viewer": viewer,
        "session_left": visit.seconds_left(moment) if visit else None,
        "nav": [place for place in NAVIGATION if place.is_for(viewer)] if viewer else (),
        "csrf": state.get("csrf") or "",
        "flash": cookies.flash_on_page(state, status_code),
        "drafts": state.get(SHOWN) or FormDrafts(),
        "settings": settings,
        "zone": settings.time_zone,
        "zone_word": wording.zone_word(settings.time_zone),
        "now": now,
        "today": now.date(),
    }


def _private(html: str, status_code: int) -> Response[str]:
    return Response(
        html, media_type="text/html", status_code=status_code, headers={"Cache-Control": "no-store, private"}
    )


class WithoutIndentation(Extension):
    """Collapses each run of white space in a template into one space when it is compiled.

    HTML shows any run as one space, except in `pre` and `textarea`: there a template writes only values, which are not
    changed.
    """

    def filter_stream(self, stream: TokenStream) -> Iterable[Token]:
        """Yield the tokens of a template, with one space for each run in its markup."""
        for token in stream:
            is_markup = token.type == "data"
            yield Token(token.lineno, token.type, WHITE_SPACE.sub(" ", token.value)) if is_markup else token


HEADING = ["heading_open", "inline", "heading_close"]
PNG_HEAD = struct.Struct(">16xII")
"""How a PNG begins: its signature and the start of its first chunk, then its width and its height."""


class Picture(NamedTuple):
    """Where browsers get a picture, and its size in pixels."""

    address: str
    width: int
    height: int


class WrittenPage(NamedTuple):
    """A page as browsers get it."""

    title: str
    """Its first heading."""
    body: Markup
    """What follows that heading."""


class MarkdownReader(Struct, frozen=True, kw_only=True):
    """Reads pages of our own; both functions raise `LookupError` for what isn't there."""

    page: Callable[[str], str]
    """Gives the address of the page that a link names."""
    picture: Callable[[str], Picture]

    def read(self, text: str) -> WrittenPage:
        """Return a page; HTML in it stays text. Errors: `ValueError` if it doesn't begin with a heading."""
        reader = MarkdownIt("commonmark", {"html": False})
        tokens = reader.parse(text)
        if [token.type for token in tokens[:3]] != HEADING:
            raise ValueError("The page doesn’t begin with a heading.")
        for token in tokens:
            for child in token.children or ():
                self._address(child)
        body = reader.renderer.render(tokens[3:], reader.options, {})
        return WrittenPage(tokens[1].content, Markup(body))  # noqa: S704 - a file of ours, whose own HTML is escaped

    def _address(self, token: markdown_it_token_Token) -> None:
        if token.type == "link_open":
            token.attrs["href"] = self.page(str(token.attrs["href"]))
        elif token.type == "image":
            picture = self.picture(str(token.attrs["src"]))
            token.attrs |= {"src": picture.address, "width": picture.width, "height": picture.height}
            token.attrs["loading"] = "lazy"


def size_of_png(picture: bytes) -> tuple[int, int]:
    """Return the width and height of a PNG, in pixels (PNG specification §11.2.2)."""
    width, height = PNG_HEAD.unpack_from(picture)
    return width, height
