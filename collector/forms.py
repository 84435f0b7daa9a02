"""Reading a posted form, within bounds, from our own pages only."""

from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

BODY_LIMIT = 128 * 1024
"""Largest body of a questionnaire post, in bytes: a text of 1,000 characters takes 12,000 once percent-encoded."""
FIELD_LIMIT = 400
Form = dict[str, list[str]]


async def read_form(request: Request) -> Form:
    """Values by field name; raises HTTPException 413 past the bound, 400 when the form cannot be read."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await _body(request)
    if body and kind != "application/x-www-form-urlencoded":
        raise HTTPException(415)
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=FIELD_LIMIT, errors="replace")
    except (UnicodeDecodeError, ValueError):
        raise HTTPException(400) from None
    values: Form = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


def first(form: Form, name: str) -> str:
    """The first value of a field, empty when it is not there."""
    return form.get(name, [""])[0]


def refuse_foreign_posts(request: Request) -> None:
    """Refuse a post that a browser says comes from another site.

    ``Origin: null`` is let through when the browser is too old to say more: our own ``no-referrer`` policy makes it
    send that, and the token in the body already proves that the sender holds the link.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        foreign = site not in {"same-origin", "none"}
    else:
        origin = request.headers.get("origin", "null")
        foreign = origin != "null" and origin.partition("://")[2] != request.headers.get("host", "")
    if foreign:
        raise HTTPException(403)


async def _body(request: Request) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared) > BODY_LIMIT:
        raise HTTPException(413)
    chunks = bytearray()
    async for chunk in request.stream():
        chunks += chunk
        if len(chunks) > BODY_LIMIT:
            raise HTTPException(413)
    return bytes(chunks)
