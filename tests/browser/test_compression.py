"""What the served product compresses, over a real socket: its own files, and no page."""

import gzip
import re
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlsplit

import pytest

from tests.browser.demo import Demo

FILE = re.compile(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"')
TAKES = {"Accept-Encoding": "gzip, deflate, br"}


def get(demo: Demo, path: str, headers: dict[str, str]) -> tuple[HTTPResponse, bytes]:
    """Ask without a library that decompresses by itself."""
    connection = HTTPConnection(urlsplit(demo.address).netloc, timeout=30)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def files(demo: Demo) -> list[str]:
    """The style sheets and scripts of the sign-in page."""
    _, page = get(demo, "/sign-in", {})
    return FILE.findall(page.decode())


def test_style_sheets_and_scripts_come_compressed_and_are_the_same_files(demo: Demo, files: list[str]) -> None:
    assert any(path.endswith(".css") for path in files)
    assert any(path.endswith(".js") for path in files)
    for path in files:
        plain, whole = get(demo, path, {})
        packed, small = get(demo, path, TAKES)
        assert (packed.headers["Content-Encoding"], plain.headers["Content-Encoding"]) == ("gzip", None)
        assert gzip.decompress(small) == whole
        assert int(packed.headers["Content-Length"]) == len(small) < len(whole) / 2
        assert {one.headers["Vary"] for one in (plain, packed)} == {"Accept-Encoding"}


def test_a_browser_that_has_the_compressed_file_is_not_sent_it_again(demo: Demo, files: list[str]) -> None:
    packed, _ = get(demo, files[0], TAKES)
    again, body = get(demo, files[0], TAKES | {"If-None-Match": packed.headers["ETag"]})
    assert (again.status, body, again.headers["Vary"]) == (304, b"", "Accept-Encoding")


def test_a_page_is_not_compressed_because_its_length_would_tell_of_its_form_token(demo: Demo) -> None:
    page, body = get(demo, "/sign-in", TAKES)
    assert page.headers["Content-Encoding"] is None
    assert b'name="_csrf"' in body
