"""Help: the guide in docs/guide as pages, the same for everyone."""

from functools import cache

from litestar import Response, get
from litestar.exceptions import NotFoundException

from tracker.config.paths import folder
from tracker.ports.http.dependencies import PathText
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Pages
from tracker.ports.pages.core.markdown import MarkdownReader, Picture, WrittenPage, size_of_png
from tracker.ports.pages.core.static import GUIDE, own_assets

HELP = "/help"
FIRST = "README"
"""The page that lists the others."""


@get(HELP, guards=[signed_in])
async def help_list(pages: Pages) -> Response[str]:
    """Show what the guide has."""
    return pages.render("views/help.html", page=guide()[FIRST], first="")


@get(f"{HELP}/{{name:str}}", guards=[signed_in])
async def help_page(pages: Pages, name: PathText) -> Response[str]:
    """Show one page of the guide. Errors: NotFound for any other name."""
    page = guide().get(name)
    if page is None or name == FIRST:
        raise NotFoundException
    return pages.render("views/help.html", page=page, first=HELP)


@cache
def guide() -> dict[str, WrittenPage]:
    """Return the pages of the guide by name, read once."""
    files = {file.stem: file for file in folder(GUIDE).glob("*.md")}
    addresses = {file.name: HELP if name == FIRST else f"{HELP}/{name}" for name, file in files.items()}
    reader = MarkdownReader(page=addresses.__getitem__, picture=_picture)
    return {name: reader.read(file.read_text(encoding="utf-8")) for name, file in files.items()}


def _picture(name: str) -> Picture:
    asset = own_assets()[f"{GUIDE}/{name}"]
    return Picture(asset.address, *size_of_png(asset.body))
