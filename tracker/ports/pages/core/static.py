"""Files for browsers under hashed names: a change gets a new address, so caches may keep each file for a year."""

import gzip
import hashlib
import posixpath
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from litestar import HttpMethod, Response, route
from litestar.datastructures import Headers
from litestar.exceptions import NotFoundException
from litestar.types import Scope
from msgspec import Struct

from tracker.config.paths import PACKAGE, folder
from tracker.ports.http.guards import public

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
    found: dict[str, Asset] = {}
    paths = (path for path in place.rglob("*") if path.suffix in TYPES and path.is_file())
    for path in sorted(paths, key=lambda one: (one.suffix == ".css", one)):  # style sheets last: they name the rest
        name = prefix + path.relative_to(place).as_posix()
        body = path.read_bytes()
        found[name] = _asset(name, rewrite_sheet(name, body, found) if path.suffix == ".css" else body)
    return found


def rewrite_sheet(name: str, sheet: bytes, known: Mapping[str, Asset]) -> bytes:
    """Return a style sheet whose references, relative to its folder, are replaced by addresses of `known` files."""

    def address(reference: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), reference[2]))
        if target not in known:
            raise LookupError(f"{name} names {reference[2]}, which is not there.")
        return f'url("{known[target].address}")'

    return REFERENCE.sub(address, sheet.decode("utf-8")).encode("utf-8")


def _asset(name: str, body: bytes) -> Asset:
    stem, suffix = posixpath.splitext(name)
    digest = hashlib.sha256(body).hexdigest()[:HASH_LENGTH]
    return Asset(
        address=f"{PREFIX}{stem}.{digest}{suffix}",
        media_type=TYPES[suffix],
        etag=f'W/"{digest}"',  # weak: the same for the plain and the compressed bytes
        body=body,
        packed=gzip.compress(body, mtime=0) if suffix in TEXTS else None,
    )


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
    return _response(asset, headers.get("if-none-match", ""), headers.get("accept-encoding", ""))


def _response(asset: Asset, known: str, encodings: str) -> Response[bytes | None]:
    headers = {"ETag": asset.etag, "Cache-Control": FOREVER, "X-Content-Type-Options": "nosniff"}
    if asset.packed:
        headers["Vary"] = "Accept-Encoding"
    if _matches(asset.etag, known):
        return Response(None, status_code=304, headers=headers)
    if asset.packed and TAKES_GZIP.search(encodings):
        return Response(asset.packed, media_type=asset.media_type, headers=headers | {"Content-Encoding": "gzip"})
    return Response(asset.body, media_type=asset.media_type, headers=headers)


def _matches(etag: str, known: str) -> bool:
    """Compare weakly, as RFC 9110 §13.1.2 requires for If-None-Match."""
    opaque = etag.removeprefix("W/")
    return known.strip() == "*" or opaque in (one.strip().removeprefix("W/") for one in known.split(","))
