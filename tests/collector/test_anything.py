"""Anything at all, drawn by chance, and never a 500."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.types import ASGIApp

from collector.door import Receipt, default_questionnaire
from collector.questionnaire.answers import section_keys
from syndication import asgi, campaigns
from syndication.app import create_app
from tests.collector.respondent import FORM, SECTIONS, TEXT, Respondent, sent, token_of
from tests.conftest import CUISINE, PARIS_CENTRE, settings_in
from tests.databases import Databases, examples
from tests.helpers import FULL_ANSWER, Client, Clock


@dataclass
class Town:
    """A service that is thrown anything, with links in every state."""

    app: ASGIApp
    browser: Client
    paths: list[str]
    tokens: list[str]
    questions: list[str]


@pytest.fixture(scope="module")
def town(databases: Databases, migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = databases.copy(migrated, tmp_path_factory.mktemp("town"))
    clock = Clock()
    hub = asgi.open_hub(settings_in(folder), clock)
    app = create_app(hub, background=False)
    browser = Client(app)
    today = clock().date()
    last = today + timedelta(days=60)
    campaign = campaigns.open_campaign(hub.engine, hub.collector, CUISINE, PARIS_CENTRE, today, last, 0).id
    blank, begun, answered, refused, gone = (token_of(hub, campaign) for _ in range(5))
    Respondent(browser, begun).posts(etape="choix", changement="Commencé.")
    for token in (answered, refused, gone):
        hub.collector.record(f"/r/{token}", FULL_ANSWER)
    event = sent(hub)[1]
    hub.collector.deliver_receipt(Receipt(event.id, TEXT, "refuse", "raison", today, 2))
    browser.post("/r/auteur", data={"jeton": gone, "etape": "retirer", "question": ""})
    common = hub.collector.common_link(campaign).removeprefix("http://127.0.0.1:8000")
    keys = [key for section in default_questionnaire().sections for key in sorted(section_keys(section))]
    paths = ["/r", "/r/auteur", "/r/apercu", common, "/c/" + "a" * 24 + ".b", "/d/" + "a" * 32 + ".b", f"/r/{blank}"]
    yield Town(app, browser, paths, [blank, begun, answered, refused, gone, "A" * 22, ""], keys)
    hub.close()


STEP_WORDS = ["", *SECTIONS, "envoi", "merci", "fait", "donnees", "retirer", "recrire", "commun"]
NAMES = ["jeton", "etape", "action", "vu", "langue", "question", "texte", "version", "visite", "site_web"]
VALUES = [
    *STEP_WORDS, "continuer", "retour", "garder", "envoyer", "en", "fr", "bien", "mal", "college", "oui", "aide",
    "2026-1", "2027-1", "x" * 1001, "f" * 40, "0", "-1", "\x00", "\r\n", "é", "\ud7ff", "\U0010ffff", "%", "+", "&=;",
    "f" * 4000, "9" * 5000,
]  # fmt: skip
anything = st.one_of(st.sampled_from(VALUES), st.text(max_size=40))
Pairs = list[tuple[str, str]]


@settings(max_examples=examples(250))
@given(data=st.data())
def test_no_form_and_no_query_ever_breaks_the_service(town: Town, data: st.DataObject) -> None:
    name = st.one_of(st.sampled_from([*NAMES, *town.questions]), st.text(max_size=20))
    value = st.one_of(st.sampled_from([*town.tokens, *town.questions]), anything)
    pairs = st.lists(st.tuples(name, value), max_size=8)
    path = data.draw(st.sampled_from(town.paths))
    cookie = data.draw(st.sampled_from(town.tokens))
    query: Pairs = data.draw(pairs)
    method = data.draw(st.sampled_from(["GET", "POST", "HEAD"]))
    headers = {"cookie": f"sirius-lien={cookie}"}
    if method == "POST":
        token, step = data.draw(st.sampled_from(town.tokens)), data.draw(st.sampled_from(STEP_WORDS))
        form = [("jeton", token), ("etape", step), *data.draw(pairs)]
        answered = town.browser.request(
            method, path, params=query, content=urlencode(form).encode(), headers={**headers, "content-type": FORM}
        )
    else:
        answered = town.browser.request(method, path, params=query, headers=headers)
    assert answered.status_code < 500


@settings(max_examples=examples(150))
@given(
    place=st.integers(0, 6),
    tail=st.text(max_size=30),
    query=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=60).map(str.encode),
    body=st.binary(max_size=300),
    kind=st.sampled_from([FORM, "application/json", "multipart/form-data", "", "é", f"{FORM};x"]),
    method=st.sampled_from(["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"]),
)
@example(place=0, tail="/", query=b"", body=b"", kind=FORM, method="GET")
@example(place=3, tail="/\x00", query=b"%", body=b"%", kind=FORM, method="POST")
def test_no_bytes_at_all_ever_break_the_service(
    town: Town, place: int, tail: str, query: bytes, body: bytes, kind: str, method: str
) -> None:
    for path in (town.paths[place], town.paths[place] + tail, f"{town.paths[place]}/{tail}"):
        assert raw_status(town, method, path, query, body, kind) < 500


def raw_status(town: Town, method: str, path: str, query: bytes, body: bytes, kind: str) -> int:
    """The status of what no client of ours would agree to send, once a server has read it: targets are then ASCII."""
    started: list[int] = []
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": query, "root_path": "",
        "server": ("127.0.0.1", 8000), "client": ("127.0.0.1", 1),
        "headers": [
            (b"host", b"127.0.0.1:8000"), (b"content-type", kind.encode()), (b"cookie", body[:40].replace(b"\n", b"")),
        ],
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            started.append(message["status"])

    async def ask() -> None:
        await town.app(scope, receive, send)

    asyncio.run(ask())
    (status,) = started
    return status
