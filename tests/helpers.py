"""What tests share: a clock that is set by hand, files that may not grow, a client that speaks to an application in
this process, answers, what is read of pages."""

import asyncio
import re
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

import httpx
from starlette.types import ASGIApp

from syndication.instants import PARIS

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=PARIS)
FULL_ANSWER: dict[str, list[str]] = {
    "avant": ["college"],
    "pourquoi": ["metier", "autonomie"],
    "changement": ["Je me lève plus tôt, et je m'ennuie moins."],
    "recherche": ["moyen"],
    "aide_cfa": ["aide"],
    "aide_cfa.comment": ["cv"],
    "comment_trouver": ["seul", "cfa"],
    "difficultes": ["rien"],
    "recherche.conseil": ["Va voir les patrons le matin."],
    "entreprise": ["bien"],
    "entreprise.rythme": ["bien"],
    "entreprise.horaires": ["moyen"],
    "entreprise.vacances": ["mal"],
    "entreprise.metier": ["bien"],
    "entreprise.ambiance": ["bien"],
    "aide_entreprise": ["non"],
    "droits": ["securite"],
    "cfa": ["bien"],
    "cfa.ambiance": ["bien"],
    "cfa.difficulte": ["moyen"],
    "cfa.charge": ["bien"],
    "cfa.equipements": ["bien"],
    "cfa.enseignement": ["bien"],
    "cfa.accessibilite": ["bien"],
    "cfa.accompagnement": ["tres_disponible"],
    "satisfaction": ["bien"],
    "fierte.communication": ["bien"],
    "fierte.confiance": ["bien"],
    "fierte.autonomie": ["moyen"],
    "fierte.voie": ["bien"],
    "fierte.felicitations": ["mal"],
}
"""Every question answered, by field name; three texts of five are left blank."""


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self, moment: datetime = NOON) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment


@contextmanager
def small_files(size: int) -> Iterator[None]:
    """Have no file of this process grow beyond so many bytes; short, since the report of the tests is a file too."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class Client:
    """A browser without scripts, on an application of this process: keeps cookies, follows no redirect by itself."""

    def __init__(self, app: ASGIApp, base_url: str = "http://127.0.0.1:8000") -> None:
        self._app = app
        self._base_url = base_url
        self.cookies = httpx.Cookies()

    def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        return asyncio.run(self._request(method, url, **options))

    def get(self, url: str, **options: Any) -> httpx.Response:
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Any) -> httpx.Response:
        return self.request("POST", url, **options)

    def at_once(self, *requests: tuple[str, str, dict[str, Any]]) -> list[httpx.Response]:
        """Several requests under way together."""

        async def gather() -> list[httpx.Response]:
            return list(await asyncio.gather(*(self._request(m, u, **options) for m, u, options in requests)))

        return asyncio.run(gather())

    async def _request(self, method: str, url: str, **options: Any) -> httpx.Response:
        transport = httpx.ASGITransport(app=self._app)
        async with httpx.AsyncClient(transport=transport, base_url=self._base_url, cookies=self.cookies) as client:
            response = await client.request(method, url, **options)
            self.cookies.update(client.cookies)
            return response


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("type") == "hidden":
            self.hidden[str(given["name"])] = given.get("value") or ""


def hidden_fields(html: str) -> dict[str, str]:
    """Hidden fields of a page's forms."""
    parser = _Fields()
    parser.feed(html)
    return parser.hidden


def signalled(page: str) -> list[tuple[str, str]]:
    """Words that a page of the desk marks, with why; each mark leads to the line that says so."""
    found = re.findall(r'<mark title="([^"]+)" aria-describedby="([^"]+)">([^<]+)</mark>', page)
    for why, place, words in found:
        assert re.search(f'<li id="{re.escape(place)}">.+{re.escape(words)}.+{re.escape(why)}', page), why
    return [(words, why) for why, _, words in found]
