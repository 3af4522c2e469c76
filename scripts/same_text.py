"""Responses and emails as text that two runs of the same tree write alike, and what leads on from a page."""

import email
import gzip
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from email import policy
from email.message import EmailMessage
from html.parser import HTMLParser

LARGEST = 150_000  # bytes of a body that is written out; of a larger one, its hash
UNWRITTEN = frozenset({"content-length", "date", "x-request-id"})
"""Headers that say nothing, or only what the body says."""
PRESENT = frozenset({"etag"})
"""Headers of which only the presence counts."""
READABLE = re.compile(r"text/|application/(?:.*json|.*xml|javascript|manifest)|image/svg")
DRAWN = (
    ("id", r"(?<![0-9a-f])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-f])"),
    ("nonce", r"(?<![\w-])\d{10}\.[\w-]{22}\.[\w-]{43}(?![\w-])"),
    ("link", r"(?<![\w-])[\w-]{22,64}\.[\w-]{43}(?![\w-])"),
    ("token", r"(?<![\w-])(?=[\w-]*[A-Z])(?=[\w-]*\d)[\w-]{43}(?![\w-])"),
    ("hash", r"\b(?=\d*[a-f])(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32}|[0-9a-f]{16}|[0-9a-f]{12})\b"),
)
TYPED = {
    "text": "Sample",
    "date": "2026-12-15",
    "time": "10:00",
    "datetime-local": "2026-12-15T10:00",
    "email": "sample@fbi.example",
    "url": "https://sample.example/",
    "tel": "816-555-0100",
    "number": "1",
}
"""What is typed into an empty field of each type."""
PATTERN = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in DRAWN))


class Numbered:
    """Replaces what is drawn or made of keys, such as ids and tokens, by numbers in order of appearance."""

    def __init__(self, shape: str = "<{} {}>") -> None:
        self._shape = shape
        self._numbers: dict[str, dict[str, int]] = {}

    def settled(self, text: str) -> str:
        """Return a text with a number for each of these."""
        return PATTERN.sub(self._number, text)

    def _number(self, match: re.Match[str]) -> str:
        kind = match.lastgroup or ""
        numbers = self._numbers.setdefault(kind, {})
        return self._shape.format(kind, numbers.setdefault(match[0], len(numbers) + 1))


def of_response(status: int, headers: Iterable[tuple[str, str]], body: bytes) -> str:
    """Return the status, the headers that count, and the body."""
    pairs = sorted((name.lower(), value) for name, value in headers)
    kind = next((value for name, value in pairs if name == "content-type"), "")
    shown = [f"{name}: {_header(name, value)}" for name, value in pairs if name not in UNWRITTEN]
    return "\n".join((str(status), *shown, "", *_lines(kind, body), ""))


def _header(name: str, value: str) -> str:
    if name == "set-cookie":
        cookie, _, attributes = value.partition(";")
        return f"{cookie.partition('=')[0]}=<…>;{attributes}"
    return "<…>" if name in PRESENT else value


def _lines(kind: str, body: bytes) -> Iterator[str]:
    if body.startswith(b"PK\x03\x04"):
        yield from _unpacked(body)
    elif body.startswith(b"\x1f\x8b"):
        yield from _lines("text/plain", gzip.decompress(body))
    elif len(body) > LARGEST or (body and not READABLE.match(kind)):
        yield f"{len(body)} bytes {hashlib.sha256(body).hexdigest()[:20]}"
    elif kind.startswith("text/html"):
        yield from filter(str.strip, body.decode().replace("<", "\n<").splitlines())  # an element on each line
    elif "json" in kind.partition(";")[0] and _is_json(body):
        yield from json.dumps(json.loads(body), indent=1, ensure_ascii=False).splitlines()
    else:
        yield from body.decode(errors="backslashreplace").splitlines()


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


def _unpacked(body: bytes) -> Iterator[str]:
    """Yield the files in a workbook or an archive, an element of XML on each line."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        for name in archive.namelist():
            yield f"--- {name}"
            yield from archive.read(name).decode(errors="backslashreplace").replace("><", ">\n<").splitlines()


def read_email(raw: bytes) -> EmailMessage:
    """Return an email with its headers decoded."""
    return email.message_from_bytes(raw, policy=policy.default)


def of_email(message: EmailMessage) -> str:
    """Return the headers and the decoded content of an email and of each of its parts."""
    lines: list[str] = []
    for part in message.walk():
        lines += [f"{name}: {_unbounded(value)}" for name, value in part.items()]
        if not part.is_multipart():
            content = part.get_payload(decode=True)
            lines += ["", *_lines(part.get_content_type(), content if isinstance(content, bytes) else b"")]
        lines.append("")
    return "\n".join(lines)


def _unbounded(value: str) -> str:
    return re.sub(r'boundary="[^"]*"', "boundary=<…>", str(value))


class Form:
    """A form of a page: where it leads, and what a browser sends."""

    def __init__(self, action: str, method: str) -> None:
        self.action, self.method = action, method
        self.shown: list[tuple[str, str]] = []
        """What is sent when nothing is changed."""
        self.filled: list[tuple[str, str]] = []
        """What is sent when something is in each field."""

    def sharing(self, form: "Form | None") -> "Form":
        """Send what another form sends, as a button with an address of its own does."""
        if form is not None:
            self.shown, self.filled = form.shown, form.filled
        return self

    def add(self, name: str, shown: str | None, filled: str) -> None:
        """Add a field; `shown` None = it sends nothing unless it is filled in."""
        if shown is not None:
            self.shown.append((name, shown))
        self.filled.append((name, shown or filled))


class Read(HTMLParser):
    """The links, parts and forms of a page, in their order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.parts: list[str] = []
        """What htmx requests by GET."""
        self.forms: list[Form] = []
        self._by_id: dict[str, Form] = {}
        self._open: Form | None = None
        self._select: tuple[Form, str] | None = None
        self._options: list[tuple[str, bool]] = []
        self._area: tuple[Form, str] | None = None
        self._text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where an element leads, or what it adds to its form."""
        facts = {name: value or "" for name, value in attrs}
        if tag in ("a", "link") and "href" in facts:
            self.links.append(facts["href"])
        if tag in ("iframe", "img", "script", "source") and "src" in facts:
            self.links.append(facts["src"])
        if "hx-get" in facts:
            self.parts.append(facts["hx-get"])
        if tag == "form":
            self._begin(facts)
        elif "hx-post" in facts:
            self.forms.append(Form(facts["hx-post"], "post").sharing(self._open))
        self._field(tag, facts)

    def _begin(self, facts: dict[str, str]) -> None:
        self._open = Form(facts.get("action", ""), facts.get("method", "get").lower())
        self.forms.append(self._open)
        if "id" in facts:
            self._by_id[facts["id"]] = self._open

    def _field(self, tag: str, facts: dict[str, str]) -> None:
        form = self._by_id.get(facts["form"]) if "form" in facts else self._open
        name = facts.get("name", "")
        if form is None:
            return
        if "formaction" in facts:
            self.forms.append(Form(facts["formaction"], "post").sharing(form))
        elif tag == "option":
            self._options.append((facts.get("value", ""), "selected" in facts))
        elif name and tag == "select":
            self._select, self._options = (form, name), []
        elif name and tag == "textarea":
            self._area, self._text = (form, name), []
        elif name and tag in ("input", "button") and "disabled" not in facts:
            _add(form, facts.get("type", "submit" if tag == "button" else "text"), name, facts)

    def handle_data(self, data: str) -> None:
        """Note the text of a text area."""
        if self._area:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        """Close a form or a field."""
        if tag == "form":
            self._open = None
        if tag == "textarea" and self._area:
            form, name = self._area
            form.add(name, "".join(self._text).removeprefix("\n"), TYPED["text"])
            self._area = None
        if tag == "select" and self._select:
            form, name = self._select
            values = [value for value, _ in self._options]
            shown = next((value for value, is_selected in self._options if is_selected), (values or [""])[0])
            form.add(name, shown, next(filter(None, values), ""))
            self._select = None


def _add(form: Form, kind: str, name: str, facts: dict[str, str]) -> None:
    """Add an input or a button; of the buttons and of each group of choices, the first is the one that is used."""
    value = facts.get("value", "")
    is_first = name not in dict(form.filled)
    if kind == "submit":
        if is_first:
            form.add(name, value, value)
    elif kind in ("checkbox", "radio"):
        if "checked" in facts:
            form.add(name, value or "on", "")
        elif is_first:
            form.add(name, None, value or "on")
    elif kind == "hidden":
        form.add(name, value, "")
    elif kind not in ("file", "button", "image", "reset"):
        form.add(name, value, TYPED.get(kind, TYPED["text"]))
