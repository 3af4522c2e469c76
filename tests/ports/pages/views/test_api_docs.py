"""The API as a page: made once, the same for everyone."""

from litestar import Litestar

from tests.cast import Cast
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tracker.ports.http.problems import DOCUMENTS


async def test_the_page_of_the_interface_is_made_once_and_is_the_same_for_everybody(
    app: Litestar, browse: SignIn, sqlite_cast: Cast
) -> None:
    member = await browse(sqlite_cast.coordinator)
    first = await member.get(DOCUMENTS)
    app.state["api_document"] = None  # nothing is left to make it of
    second = await Browser(app).get(DOCUMENTS)
    assert (first.status_code, sqlite_cast.coordinator.name in first.text) == (200, False)
    assert (second.status_code, second.content) == (200, first.content)
