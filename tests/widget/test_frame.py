"""The frame and its loader, as bytes."""

import base64
import hashlib
import re
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from syndication.context import Hub
from tests.helpers import Client
from tests.syndication.test_publication import publish_everything
from widget.contract import Distribution, Formation, Scope, Share, Snapshot, Verbatim
from widget.draw import fold
from widget.options import FORMATS, Options, read_options
from widget.render import asset, render_frame

URL = "/widget?formation=50022146"
HOSTILE = '<script>alert(1)</script> "><img src=x onerror=alert(2)> \u202eretourné\u202c 👩🏽‍🍳 ' + "x" * 800


def snapshot(text: str = "Bien.", respondents: int = 42) -> Snapshot:
    spread = Distribution(Share(36, 86), Share(5, 12), Share(1, 2), 0, (72.2, 93.3))
    verbatim = Verbatim(
        "v1", "changement", "Ce qui change", text, date(2026, 10, 2), "2026-06", (), True, 0, None, None
    )
    return Snapshot(
        formation=Formation("CAP cuisine", 3, {"cfd": ("50022146",)}), centre=None,
        scope=Scope("formation", "formation", 12), respondents=respondents, held=0, invited=60, response_rate=0.7,
        period=None, reliability="normale", satisfaction=spread, notes=(), choices=(), verbatim_total=1,
        verbatims=(verbatim,), method_url="https://exemple.fr/methode",
        page_url="https://exemple.fr/formations/50022146", found=1, pages=1,
        updated_at=datetime(2026, 11, 24, tzinfo=UTC),
    )  # fmt: skip


def test_it_says_the_sentence_a_parent_can_repeat() -> None:
    html = render_frame(snapshot(), Options()).html
    assert "86\u00a0% des 42\u00a0répondants sont contents de leur apprentissage." in html


def test_words_from_apprentices_are_text_and_nothing_else() -> None:
    html = render_frame(snapshot(HOSTILE), Options()).html
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_styles_and_script_are_named_by_hash_and_nothing_is_loaded(client: Client) -> None:
    page = client.get(URL)
    policy = page.headers["content-security-policy"]
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page.text)
    assert " style=" not in page.text


def test_no_cookie_and_no_storage(client: Client) -> None:
    for url in (URL, "/widget/1.js", "/widget?formation=zzz"):
        assert "set-cookie" not in client.get(url).headers
    for script in (asset("frame.js"), asset("loaders/1.0.0.js")):
        assert not re.search(r"cookie|localStorage|sessionStorage|indexedDB", script.split("*/")[-1].split("\n", 5)[-1])


def test_the_frame_may_stand_in_anybody_s_page_and_is_not_indexed_alone(client: Client) -> None:
    headers = client.get(URL).headers
    assert "frame-ancestors *" in headers["content-security-policy"]
    assert headers["x-robots-tag"] == "noindex, indexifembedded"
    assert "x-frame-options" not in headers
    assert "s-maxage=" in headers["cache-control"]
    assert "stale-while-revalidate=" in headers["cache-control"]


@pytest.mark.parametrize(
    "query",
    ["", "formation=", "formation=zzz", "formation=99999999", "formation=%00", "formation=a%20b&etablissement=%ff",
     "formation=" + "9" * 5000, "formation=cle:x%23y", "formation=PARIS/123", "formation=50022137",
     "formation=50022146&etablissement=0751234K", "theme=%22%3E%3Cscript%3E&si-vide=x&formation=zzz"],
)  # fmt: skip
def test_an_unknown_or_empty_code_gives_a_neutral_page(client: Client, query: str) -> None:
    page = client.get(f"/widget?{query}")
    assert page.status_code == 200
    assert 'data-etat="vide"' in page.text
    assert "<main>" not in page.text
    assert "<p" not in page.text


def test_it_says_so_when_empty_if_asked(client: Client, answer: Callable[..., None]) -> None:
    assert "Pas encore d'avis" in client.get("/widget?formation=50022137&si-vide=message").text
    answer(3)
    assert "3\u00a0personnes ont déjà répondu" in client.get(f"{URL}&si-vide=message").text


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_a_widget_weighs_at_most_14_kilobytes(
    hub: Hub, client: Client, answer: Callable[..., None], form: str, encoding: str,
    figure: Callable[[str, float], None],
) -> None:  # fmt: skip
    long = "Une phrase assez longue pour peser, avec des mots différents à chaque fois : {}. " * 6
    for number in range(14):
        answer(1, changement=[long.format(*range(number, number + 6))], recherche__conseil=[long.format(*range(6))])
    publish_everything(hub)
    weight = int(client.get(f"{URL}&format={form}", headers={"accept-encoding": encoding}).headers["content-length"])
    figure(f"weight of the frame, {form}, bytes with {encoding}", weight)
    assert weight <= 14 * 1024


def test_a_long_text_folds_at_a_sentence_and_loses_nothing() -> None:
    text = "Première phrase. " * 30
    head, rest = fold(text)
    assert head + rest == text
    assert head.endswith(". ") or head.endswith(".")
    assert fold("Court.") == ("Court.", "")
    endless = "x" * 1000
    assert "".join(fold(endless)) == endless


def test_a_text_cannot_turn_what_stands_around_it() -> None:
    page = render_frame(snapshot("\u202eUne phrase retournée. " + "Une autre. " * 60), Options("50022146")).html
    assert re.search('<blockquote dir="auto"><span>\u202eUne phrase[^<]*</span><details>', page)
    assert "blockquote>span,blockquote details{unicode-bidi:isolate}" in asset("widget.css")


def test_misspelt_options_fall_back_to_the_default() -> None:
    read = read_options({"formation": " 50022146 ", "theme": "rose", "si-vide": "jamais"})
    assert read == Options("50022146")
    assert read_options({"theme": "sombre"}).theme == "sombre"
