"""The pages of a request: templates, their values, and Markdown; and the static files that they name."""

import gzip
import hashlib
import posixpath
import re
import struct
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from litestar import HttpMethod, Response, route
from litestar.datastructures import Headers
from litestar.exceptions import NotFoundException
from litestar.response import Redirect
from litestar.types import Scope
from markdown_it import MarkdownIt
from markdown_it.token import Token as markdown_it_token_Token
from markupsafe import Markup, escape
from msgspec import Struct

from tracker import clock
from tracker.config.installation import PACKAGE, folder
from tracker.config.settings import Settings
from tracker.errors import Invalid, TrackerError
from tracker.ports.http import cookies, forms
from tracker.ports.http.cookies import Flash
from tracker.ports.http.forms import FormRequest
from tracker.ports.http.guards import public
from tracker.ports.pages.core.sheets import SHOWN, FormDrafts
from tracker.rules.core import wording
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import LONGEST_REASON, TEXTS
from tracker.rules.events.replies import LONGEST_COMMENT
from tracker.rules.reports import reports
from tracker.rules.roster import directory, meetings

FOLDER = PACKAGE / "static"
GUIDE = "docs/guide"
"""Where the guide is, with its pictures."""
PREFIX = "/static/"
FOREVER = "public, max-age=31536000, immutable"
HASH_LENGTH = 12  # hexadecimal digits of the SHA-256 in a name
TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
}
PACKED_TYPES = frozenset({".css", ".js", ".svg"})
TAKES_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", re.IGNORECASE)
REFERENCE = re.compile(r"""url\(\s*(["']?)([^"')\s]+)\1\s*\)""")


class Asset(Struct, frozen=True):
    """One file as browsers get it: its address, its bytes and, for text, the same bytes under gzip."""

    address: str
    media_type: str
    etag: str
    body: bytes
    packed: bytes | None


def load_assets(place: Path, prefix: str = "") -> dict[str, Asset]:
    """Return the files below a folder by name; raise `LookupError` if a style sheet names a missing file."""
    assets: dict[str, Asset] = {}
    paths = (path for path in place.rglob("*") if path.suffix in TYPES and path.is_file())
    for path in sorted(paths, key=lambda path: (path.suffix == ".css", path)):  # style sheets last: they name the rest
        name = prefix + path.relative_to(place).as_posix()
        stem, suffix = posixpath.splitext(name)
        body = rewrite_sheet(name, path.read_bytes(), assets) if suffix == ".css" else path.read_bytes()
        digest = hashlib.sha256(body).hexdigest()[:HASH_LENGTH]
        assets[name] = Asset(
            address=f"{PREFIX}{stem}.{digest}{suffix}",
            media_type=TYPES[suffix],
            etag=f'W/"{digest}"',  # weak: the same for the plain and the compressed bytes
            body=body,
            packed=gzip.compress(body, mtime=0) if suffix in PACKED_TYPES else None,
        )
    return assets


def rewrite_sheet(name: str, sheet: bytes, known: Mapping[str, Asset]) -> bytes:
    """Return a style sheet whose references, relative to its folder, are replaced by addresses of `known` files."""

    def address(reference: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), reference[2]))
        if target not in known:
            raise LookupError(f"{name} names {reference[2]}, which is not there.")
        return f'url("{known[target].address}")'

    return REFERENCE.sub(address, sheet.decode("utf-8")).encode("utf-8")


@cache
def own_assets() -> dict[str, Asset]:
    """Return the product's own files by name, read once."""
    return load_assets(FOLDER) | load_assets(folder(GUIDE), f"{GUIDE}/")


@cache
def _by_address() -> dict[str, Asset]:
    return {asset.address: asset for asset in own_assets().values()}


def static(name: str) -> str:
    """Return the address of a file, for example of `tracker.css`; raise `KeyError` if there is none."""
    return own_assets()[name].address


@route(
    "/static/{name:path}",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    guards=[public],
    include_in_schema=False,
    sync_to_thread=False,
    opt={"skip_compression": True},
)
def static_file(scope: Scope, headers: Headers) -> Response[bytes | None]:
    """Return one file of the manifest. Errors: NotFound for any other name."""
    asset = _by_address().get(scope["path"])
    if asset is None:
        raise NotFoundException
    sent = {"ETag": asset.etag, "Cache-Control": FOREVER, "X-Content-Type-Options": "nosniff"}
    if asset.packed:
        sent["Vary"] = "Accept-Encoding"
    known = headers.get("if-none-match", "")
    opaque = asset.etag.removeprefix("W/")  # compared weakly, as RFC 9110 §13.1.2 requires
    if known.strip() == "*" or opaque in (etag.strip().removeprefix("W/") for etag in known.split(",")):
        return Response(None, status_code=304, headers=sent)
    if asset.packed and TAKES_GZIP.search(headers.get("accept-encoding", "")):
        return Response(asset.packed, media_type=asset.media_type, headers=sent | {"Content-Encoding": "gzip"})
    return Response(asset.body, media_type=asset.media_type, headers=sent)


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
    "lead": meetings.lead_words,
    "dialed": wording.dialed,
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
        self._state[forms.SAVED] = False
        return self._to(address, Flash(sentence=sentence, is_refusal=True))

    async def respond(
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
        self._state[forms.SAVED] = True


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
