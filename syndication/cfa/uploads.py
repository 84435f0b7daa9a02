"""A file that a centre sends: read within bounds, held in memory, kept nowhere."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from syndication.pages import refuse_foreign_posts

FILE_LIMIT = 2 * 1024 * 1024
_AROUND = 16 * 1024
"""What may stand around a file in a post: boundaries, headers, a few fields."""
_DROPPED = 32 * 1024 * 1024
"""How much is read of what is refused."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A posted form with its file; ``name`` is empty when none was chosen."""

    fields: Mapping[str, str]
    name: str
    content: bytes


class TooLarge(Exception):
    """More was sent than is taken."""


async def read_upload(request: Request, field: str) -> Upload:
    """A posted form whose field ``field`` is a file; raises TooLarge, HTTPException 400, 403.

    Nothing of it touches the disk: what was sent stays in memory until it is read.
    """
    refuse_foreign_posts(request)
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise HTTPException(400)
    parser = MultiPartParser(request.headers, _once(await _body(request)), max_files=1, max_fields=10)
    parser.spool_max_size = 2 * (FILE_LIMIT + _AROUND)
    try:
        form = await parser.parse()
    except MultiPartException:
        raise HTTPException(400) from None
    fields: dict[str, str] = {name: value for name, value in form.items() if isinstance(value, str)}
    sent = form.get(field)
    if not isinstance(sent, UploadFile):
        return Upload(fields, "", b"")
    content = await sent.read()
    await sent.close()
    if len(content) > FILE_LIMIT:
        raise TooLarge
    return Upload(fields, sent.filename or "", content)


async def _body(request: Request) -> bytes:
    """What was sent; past the bound it is read on and dropped, so that the sender hears why it is refused."""
    body, total = bytearray(), 0
    async for chunk in request.stream():
        total += len(chunk)
        if total <= FILE_LIMIT + _AROUND:
            body += chunk
        elif total > _DROPPED:
            break
    if total > FILE_LIMIT + _AROUND:
        raise TooLarge
    return bytes(body)


async def _once(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body
