"""The guide is under Help, for everyone who signs in."""

import re

import pytest

from tests.cast import Cast
from tests.ports.conftest import SignIn
from tracker.ports.pages.views.home import FIRST, guide

LINK = re.compile(r'href="(/help/[a-z-]+)"')
PICTURE = re.compile(r'<img src="(/static/[^"]+)"')


async def test_help_lists_every_page_of_the_guide(browse: SignIn, sqlite_cast: Cast) -> None:
    browser = await browse(sqlite_cast.harbor_advocate)
    listed = LINK.findall((await browser.get("/help")).text)
    assert sorted(listed) == sorted(f"/help/{name}" for name in guide() if name != FIRST)
    assert {(await browser.get(address)).status_code for address in listed} == {200}


async def test_the_pictures_of_the_guide_are_served(browse: SignIn, sqlite_cast: Cast) -> None:
    browser = await browse(sqlite_cast.harbor_advocate)
    pictures = PICTURE.findall((await browser.get("/help/attendance")).text)
    answers = [await browser.get(address) for address in pictures]
    assert {(one.status_code, one.headers["content-type"]) for one in answers} == {(200, "image/png")}


async def test_help_is_in_the_header_and_in_the_footer(browse: SignIn, sqlite_cast: Cast) -> None:
    page = (await (await browse(sqlite_cast.harbor_advocate)).get("/search")).text
    assert page.count('href="/help"') == 2


@pytest.mark.parametrize("name", ["README", "nothing", "README.md", "..%2fapi"])
async def test_an_address_that_names_no_page_is_not_found(browse: SignIn, sqlite_cast: Cast, name: str) -> None:
    assert (await (await browse(sqlite_cast.harbor_advocate)).get(f"/help/{name}")).status_code == 404
