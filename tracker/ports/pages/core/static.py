"""What isn’t a page: static files, and tables as files for spreadsheets."""

import gzip
import hashlib
import posixpath
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path

from litestar import HttpMethod, Response, route
from litestar.datastructures import Headers
from litestar.exceptions import NotFoundException
from litestar.types import Scope
from msgspec import Struct
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from tracker.config.paths import PACKAGE, folder
from tracker.ports.http.guards import public
from tracker.rules.core.clean_text import csv_bytes, is_formula

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
TEXTS = frozenset({".css", ".js", ".svg"})
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
            packed=gzip.compress(body, mtime=0) if suffix in TEXTS else None,
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


Cell = str | int | float | None
WIDEST = 60  # characters
LONGEST_NAME = 31  # characters that a sheet's name may have
NOT_IN_A_TAB = re.compile(r"[\[\]:*?/\\]")
CSV_TYPE = "text/csv"  # Litestar adds the charset
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}


class SpreadsheetTable(Struct, frozen=True, kw_only=True):
    """A table with a name; its last `totals` rows are totals."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]
    totals: int = 0


def csv_of(heading: str, sheets: Sequence[SpreadsheetTable], banner: str = "") -> bytes:
    """Return the heading, then each table under its name, with an empty line before it; the banner comes first."""
    rows: list[Sequence[Cell]] = [(banner,), (heading,)] if banner else [(heading,)]
    for sheet in sheets:
        rows += [(), (sheet.name,), sheet.columns, *sheet.rows]
    return csv_bytes(rows)


def xlsx_of(heading: str, sheets: Sequence[SpreadsheetTable], made_at: datetime, banner: str = "") -> bytes:
    """Return a workbook with a sheet for each table, the heading at the top of each; equal input gives equal bytes.

    The banner is above the heading, and at the top and bottom of each printed page.
    """
    file = BytesIO()
    with Workbook(file, PLAIN) as book:
        book.set_properties({"title": heading, "created": made_at.replace(tzinfo=None)})
        looks = CellLooks(book)
        for sheet in sheets:
            page = book.add_worksheet(NOT_IN_A_TAB.sub("", sheet.name)[:LONGEST_NAME].strip(" '") or "Rows")
            head = [banner, heading] if banner else [heading]
            for number, line in enumerate(head):
                _write(page, number, 0, line, looks)
            if len(head) > 1:
                page.set_header(f"&C{head[0]}")
                page.set_footer(f"&C{head[0]}")
            for column, name in enumerate(sheet.columns):
                _write(page, 2, column, name, looks, is_bold=True)
                longest = max((len(str(row[column])) for row in sheet.rows if column < len(row)), default=0)
                page.set_column(column, column, min(max(longest, len(name)) + 2, WIDEST))
            for number, row in enumerate(sheet.rows):
                is_total = number >= len(sheet.rows) - sheet.totals
                for column, cell in enumerate(row):
                    _write(page, number + 3, column, cell, looks, is_bold=is_total)
            page.freeze_panes(3, 1)
            page.repeat_rows(2)
            page.set_landscape()
            page.fit_to_pages(1, 0)
    return file.getvalue()


class CellLooks:
    """How cells look: plain or bold, and marked as text where a program would calculate what a person types again."""

    def __init__(self, book: Workbook) -> None:
        self._plain, self._bold = None, book.add_format({"bold": True})
        self._text = book.add_format({"quote_prefix": True})
        self._bold_text = book.add_format({"bold": True, "quote_prefix": True})

    def of(self, cell: Cell, *, is_bold: bool) -> Format | None:
        """Return the format of a cell; None = the usual one."""
        if isinstance(cell, str) and is_formula(cell):
            return self._bold_text if is_bold else self._text
        return self._bold if is_bold else self._plain


def _write(page: Worksheet, row: int, column: int, cell: Cell, looks: CellLooks, *, is_bold: bool = False) -> None:
    look = looks.of(cell, is_bold=is_bold)
    if isinstance(cell, str):
        page.write_string(row, column, cell, look)
    elif cell is not None:
        page.write_number(row, column, cell, look)
