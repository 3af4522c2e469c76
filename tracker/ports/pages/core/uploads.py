"""The file that somebody chose in a form."""

from typing import Any

from litestar import Request
from litestar.datastructures import UploadFile

from tracker.errors import Invalid

EMPTY = "The file is empty."


async def chosen_file(request: Request[Any, Any, Any]) -> bytes:
    """Return what the chosen file of the field `file` holds, nothing when none was chosen. Errors: Invalid(file)."""
    sent = (await request.form()).get("file")
    if not isinstance(sent, UploadFile):
        return b""
    content = await sent.read()
    if sent.filename and not content:
        raise Invalid(file=EMPTY)
    return content
