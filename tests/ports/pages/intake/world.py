"""The link under a confirmation by email."""

from litestar import Litestar

from tracker.tables.schema.intake import IncomingWords


async def undo_link(app: Litestar) -> str:
    [row] = await IncomingWords.select(IncomingWords.id)
    return f"/w/{app.state.links.undo(row['id'])}"
