"""The file that was uploaded with a form."""

from litestar.datastructures import UploadFile
from msgspec import Struct

from tracker.errors import Invalid
from tracker.ports.http.forms import FormRequest

EMPTY = "The file is empty."


class Upload(Struct, frozen=True, kw_only=True):
    """A file as the browser sent it; a field without a chosen file has neither name nor content."""

    name: str
    content: bytes


async def upload_in(request: FormRequest) -> Upload | None:
    """Return the file of the field `file`; None for a form without one."""
    sent = (await request.form()).get("file")
    return Upload(name=sent.filename, content=await sent.read()) if isinstance(sent, UploadFile) else None


def content_of(upload: Upload | None) -> bytes:
    """Return the content of the chosen file, nothing when none was chosen. Errors: Invalid(file)."""
    if upload is None:
        return b""
    if upload.name and not upload.content:
        raise Invalid(file=EMPTY)
    return upload.content
