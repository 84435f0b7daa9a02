"""oEmbed 1.0: from an address of ours to the frame that shows it. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import parse_qsl, unquote, urlsplit

from widget import words
from widget.contract import Snapshot
from widget.options import Options, read_options

OEMBED_PATH = "/oembed"
WIDTH, HEIGHT = 640, 720
"""Pixels offered when the consumer sets no bound; a score is one line high."""
SCORE_HEIGHT = 48
LOWEST = 24
"""Bounds too tight for a line of text: there is nothing to offer."""


@dataclass(frozen=True, slots=True)
class Embed:
    """An answer of type ``rich``."""

    version: str
    type: str
    provider_name: str
    provider_url: str
    title: str
    html: str
    width: int
    height: int
    cache_age: int


def embed_of(
    query: Mapping[str, str], public_url: str, snapshot_of: Callable[[Options], Snapshot | None]
) -> Embed | int:
    """The embed of ``url``, or the status that says why not: 404 for an address that is not ours or shows nothing,
    or nothing within bounds, 501 for another format than JSON, 400 for bounds that are no numbers."""
    if query.get("format", "json") != "json":
        return 501
    bounds = [query.get(name, "") for name in ("maxwidth", "maxheight")]
    if any(bound and not (bound.isascii() and bound.isdigit() and len(bound) < 6) for bound in bounds):
        return 400
    options = options_of(query.get("url", ""), public_url)
    snapshot = snapshot_of(options) if options else None
    if options is None or snapshot is None:
        return 404
    highest = SCORE_HEIGHT if options.format == "score" else HEIGHT
    width, height = (min(most, int(bound or most)) for most, bound in zip((WIDTH, highest), bounds, strict=True))
    if min(width, height) < LOWEST:
        return 404
    title = words.phrase("titre", options.language)
    if snapshot.formation:
        title = f"{title}, {snapshot.formation.title}"
    address = f"{public_url}/widget?{options.query()}"
    frame = (
        f'<iframe src="{escape(address)}" title="{escape(title)}" width="{width}" height="{height}" '
        f'loading="lazy" style="border:0;max-width:100%"></iframe>'
    )
    return Embed("1.0", "rich", "Sirius", public_url, title, frame, width, height, 3600)


def options_of(address: str, public_url: str) -> Options | None:
    """The widget behind an address of ours: a frame, a formation's page or a centre's; None for any other."""
    try:
        parts, home = urlsplit(address), urlsplit(public_url)
        query = dict(parse_qsl(parts.query, max_num_fields=50))
    except ValueError:
        return None
    if (parts.scheme, parts.netloc) != (home.scheme, home.netloc):
        return None
    kind, _, code = parts.path.strip("/").partition("/")
    if parts.path == "/widget":
        return read_options(query)
    if kind in {"formations", "etablissements"} and code:
        place = {"formations": "formation", "etablissements": "etablissement"}[kind]
        return read_options(query | {place: unquote(code)})
    return None
