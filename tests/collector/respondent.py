"""A respondent on a browser of their own, whom tests let type, send and forge; and what is kept of it."""

import copy
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import unescape
from importlib.resources import files
from typing import Any

import httpx

from collector.door import default_questionnaire
from syndication.context import Hub
from tests import databases
from tests.conftest import CUISINE
from tests.helpers import Client, hidden_fields

Opener = Callable[..., str]
FORM = "application/x-www-form-urlencoded"
AVIS = f"/api/v1/avis?formation={CUISINE}"
TEXT = "changement"
SECTIONS = [section.key for section in default_questionnaire().sections]


@dataclass
class Respondent:
    """Somebody with a link, on a browser of their own."""

    browser: Client
    token: str

    def shows(self, step: str = "", **query: str) -> httpx.Response:
        return self.browser.get("/r", params={**query, "etape": step}, headers={"cookie": f"sirius-lien={self.token}"})

    def form(self, step: str, **query: str) -> dict[str, str]:
        """What the form of a step carries along."""
        shown = self.shows(step, **query)
        assert shown.status_code == 200
        return hidden_fields(shown.text)

    def saves(self, step: str, said: Mapping[str, Any] | None = None, **more: Any) -> httpx.Response:
        """Fill in a section and go on."""
        data = {**self.form(step), "action": "continuer", **(said or {}), **more}
        return self.browser.post("/r", data=data)

    def posts(self, **data: Any) -> httpx.Response:
        return self.browser.post("/r", data={"jeton": self.token, **data})

    def sends(self) -> httpx.Response:
        return self.posts(etape="envoi")

    def draft(self) -> str:
        """The text of the first section as a browser would show it for writing on."""
        return textarea(self.shows("choix").text, TEXT)


def token_of(hub: Hub, campaign: str) -> str:
    return hub.collector.issue_links(campaign, 1)[0].rpartition("/")[2]


def textarea(html: str, key: str) -> str:
    (content,) = re.findall(rf'<textarea id="{re.escape(key)}"[^>]*>\n(.*?)</textarea>', html, re.DOTALL)
    return unescape(content)


def words(html: str, tag: str = "p") -> list[str]:
    """The texts that a page quotes."""
    return [unescape(found) for found in re.findall(rf'<{tag} class="words" lang="">(.*?)</{tag}>', html, re.DOTALL)]


def dump(hub: Hub) -> list[str]:
    """Everything in the collector's database."""
    return databases.dump(hub.settings.collector.database_url)


def sent(hub: Hub) -> list[Any]:
    return [event for event in hub.collector.responses_after("") if event.kind == "sent"]


def renewed(version: str = "2027-1") -> dict[str, Any]:
    """The default questionnaire under another version, its first section under another key."""
    document = tomllib.loads(files("collector").joinpath("questionnaire/2026-1.toml").read_text(encoding="utf-8"))
    document = copy.deepcopy(document) | {"version": version}
    document["sections"][0]["key"] = "renouveau"
    return document
