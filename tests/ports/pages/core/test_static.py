"""Static files: hashed names, long caching, nothing else below /static/."""

import gzip
import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.ports.browser import BASE, settings
from tracker.ports.http.security import protect
from tracker.ports.pages.core.static import load_assets, own_assets, static, static_file

REPOSITORY = Path(__file__).resolve().parents[4]
ODD_PATHS = {
    "no name or an old one": ("", "x.css", "tracker.css", "tracker.000000000000.css", "tracker.css?x=%00"),
    "a way up": ("../settings.py", "..%2f..%2fsettings.py", "%2e%2e/app.py", "..%5csettings.py", ".", ".."),
    "another root": ("//etc/passwd", "%2fetc%2fpasswd"),
    "a folder, or what no page names": ("vendor", "vendor/", "vendor/manifest.json", "vendor/LICENSES.md"),
    "no text": ("%00", "tracker.css%00.png", "%ff%fe", "%c0%ae%c0%ae/", "a%0d%0ab"),
    "no file": ("%F0%9F%92%A9", "a" * 4000, "{name}", "%25"),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[TestClient[Litestar]]:
    app = Litestar([static_file], openapi_config=None)
    protect(app, settings())
    with TestClient(app, base_url=BASE) as client:
        yield client


def test_a_file_is_served_under_a_name_that_holds_the_hash_of_its_bytes(browser: TestClient[Litestar]) -> None:
    response = browser.get(static("tracker.css"))
    digest = hashlib.sha256(response.content).hexdigest()
    assert static("tracker.css") == f"/static/tracker.{digest[:12]}.css"


def test_caches_may_keep_a_file_for_a_year(browser: TestClient[Litestar]) -> None:
    headers = browser.get(static("tracker.js")).headers
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("tracker.css", "text/css; charset=utf-8"),
        ("vendor/htmx4.min.js", "text/javascript; charset=utf-8"),
        ("favicon.svg", "image/svg+xml"),
        ("vendor/img/us_flag_small.png", "image/png"),
        ("vendor/fonts/public-sans/PublicSans-Bold.woff2", "font/woff2"),
    ],
)
def test_every_file_says_its_type(browser: TestClient[Litestar], name: str, media_type: str) -> None:
    assert browser.get(static(name)).headers["content-type"] == media_type


@pytest.mark.parametrize("known", ["{}", 'W/"other", {}', "*"])
def test_a_browser_that_has_the_file_is_not_sent_it_again(browser: TestClient[Litestar], known: str) -> None:
    address = static("tracker.css")
    etag = browser.get(address).headers["etag"]
    response = browser.get(address, headers={"If-None-Match": known.format(etag)})
    assert (response.status_code, response.content, response.headers["etag"]) == (304, b"", etag)


def test_a_browser_that_has_another_file_is_sent_this_one(browser: TestClient[Litestar]) -> None:
    assert browser.get(static("tracker.css"), headers={"If-None-Match": '"other"'}).status_code == 200


def test_head_tells_the_length_and_sends_no_body(browser: TestClient[Litestar]) -> None:
    whole = browser.get(static("favicon.svg"), headers={"Accept-Encoding": "identity"})
    head = browser.head(static("favicon.svg"), headers={"Accept-Encoding": "identity"})
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.content))


def test_text_is_sent_under_gzip_to_those_who_take_it(browser: TestClient[Litestar]) -> None:
    with browser.stream("GET", static("tracker.css"), headers={"Accept-Encoding": "br, gzip;q=0.5"}) as response:
        packed = b"".join(response.iter_raw())
    assert response.headers["content-encoding"] == "gzip"
    assert response.headers["vary"] == "Accept-Encoding"
    assert gzip.decompress(packed) == own_assets()["tracker.css"].body


@pytest.mark.parametrize("encodings", ["identity", "gzip;q=0", "gzip; q=0.0, br", "xgzipx"])
def test_text_is_sent_plain_to_those_who_do_not_take_gzip(browser: TestClient[Litestar], encodings: str) -> None:
    response = browser.get(static("tracker.css"), headers={"Accept-Encoding": encodings})
    assert "content-encoding" not in response.headers


@pytest.mark.parametrize("paths", ODD_PATHS.values(), ids=ODD_PATHS)
def test_whatever_is_not_in_the_manifest_is_not_found(browser: TestClient[Litestar], paths: Sequence[str]) -> None:
    assert {path: browser.get(f"/static/{path}").status_code for path in paths} == dict.fromkeys(paths, 404)


def test_odd_bytes_as_a_server_decodes_them_are_not_found(browser: TestClient[Litestar]) -> None:
    decoded = [unquote(path, encoding="latin-1").replace("?", "") for paths in ODD_PATHS.values() for path in paths]
    asked = ["/static/" + "".join(f"%{byte:02x}" for byte in path.encode()) for path in decoded]
    assert {path: browser.get(path).status_code for path in asked} == dict.fromkeys(asked, 404)


def test_only_reading_is_answered(browser: TestClient[Litestar]) -> None:
    assert browser.post(static("tracker.css")).status_code == 405


def test_every_reference_of_a_style_sheet_is_served(browser: TestClient[Litestar]) -> None:
    sheet = browser.get(static("vendor/uswds.css")).text
    references = set(re.findall(r'url\("([^"]+)"\)', sheet))
    assert len(references) > 30
    assert {browser.get(reference).status_code for reference in references} == {200}


def test_no_style_sheet_asks_another_host() -> None:
    sheets = [asset.body.decode() for name, asset in own_assets().items() if name.endswith(".css")]
    assert [sheet for sheet in sheets if re.search(r"url\(\s*[\"']?(?:https?:|//|data:)|@import", sheet)] == []


def test_references_are_relative_to_the_folder_of_their_style_sheet(tmp_path: Path) -> None:
    (tmp_path / "look" / "img").mkdir(parents=True)
    (tmp_path / "look" / "img" / "a.svg").write_text("<svg/>")
    (tmp_path / "b.svg").write_text("<svg />")
    sheet = "a{background:url( img/a.svg )}b{background:url('../b.svg')}@supports(mask:url(\"\")){i{color:red}}"
    (tmp_path / "look" / "x.css").write_text(sheet)
    files = load_assets(tmp_path)
    a, b = files["look/img/a.svg"].address, files["b.svg"].address
    expected = f'a{{background:url("{a}")}}b{{background:url("{b}")}}@supports(mask:url("")){{i{{color:red}}}}'
    assert files["look/x.css"].body.decode() == expected


def test_a_changed_picture_changes_the_name_of_the_style_sheet_that_shows_it(tmp_path: Path) -> None:
    (tmp_path / "a.svg").write_text("<svg/>")
    (tmp_path / "x.css").write_text("a{background:url(a.svg)}")
    before = load_assets(tmp_path)["x.css"].address
    (tmp_path / "a.svg").write_text("<svg><g/></svg>")
    assert load_assets(tmp_path)["x.css"].address != before


@pytest.mark.parametrize("reference", ["gone.svg", "../up.svg", "https://elsewhere.example/a.svg", "data:image/png,x"])
def test_a_style_sheet_that_names_what_is_not_there_stops_the_start(tmp_path: Path, reference: str) -> None:
    (tmp_path / "x.css").write_text(f"a{{background:url({reference})}}")
    with pytest.raises(LookupError, match="not there"):
        load_assets(tmp_path)


def test_an_unknown_name_in_a_template_is_an_error() -> None:
    with pytest.raises(KeyError):
        static("gone.css")


def test_vendored_files_are_the_ones_that_were_recorded_with_their_licenses() -> None:
    script = REPOSITORY / "scripts" / "vendor.py"
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "All vendored files are as recorded.\n")
