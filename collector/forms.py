"""Reading a posted form, within bounds."""

from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

BODY_LIMIT = 64 * 1024
"""Largest body of a questionnaire post, in bytes: five texts of 1,000 characters, four bytes each, percent-encoded,
would pass it, but one screen carries two at most."""
FIELD_LIMIT = 200


async def read_form(request: Request) -> dict[str, list[str]]:
    """Values by field name; raises HTTPException 413 past the bound, 400 when the form cannot be read."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await _body(request)
    if body and kind != "application/x-www-form-urlencoded":
        raise HTTPException(415)
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=FIELD_LIMIT, errors="replace")
    except (UnicodeDecodeError, ValueError):
        raise HTTPException(400) from None
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


async def _body(request: Request) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > BODY_LIMIT:
        raise HTTPException(413)
    chunks = bytearray()
    async for chunk in request.stream():
        chunks += chunk
        if len(chunks) > BODY_LIMIT:
            raise HTTPException(413)
    return bytes(chunks)
