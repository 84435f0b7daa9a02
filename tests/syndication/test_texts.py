"""A reader's own questions: search, filters, order, pages, and what is found useful."""

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from syndication import worker
from syndication.context import Hub
from syndication.database import writing
from syndication.gestures.readers import PER_HOUR, PLACES, Readers
from syndication.gestures.store import GESTURE, SECRET
from syndication.moderation import store as moderation
from syndication.search import store as search
from tests.conftest import CUISINE, answers, recall
from tests.databases import dump, on_postgresql
from tests.helpers import Client, Clock

MODERATOR = "m@exemple.fr"
SILENT = {"changement": [""], "recherche__conseil": [""]}


def publish(hub: Hub, subjects: tuple[str, ...] = ()) -> list[str]:
    """Publish what waits under some subjects; gives ids."""
    with writing(hub.engine).begin() as connection:
        waiting = moderation.waiting(connection, 100)
        for text in waiting:
            moderation.record_decision(
                connection, text.id, text.version, "publie", None, MODERATOR, hub.clock(), subjects
            )
    return [text.id for text in waiting]


def texts(client: Client, **query: str) -> list[str]:
    """Words that the list shows."""
    html = client.get(f"/widget?{urlencode({'formation': '50022146', 'format': 'liste', **query})}").text
    return re.findall(r"<blockquote[^>]*>(.*?)</blockquote>", html, re.DOTALL)


def tell(hub: Hub, clock: Clock) -> dict[str, list[str]]:
    """Twenty people answer in two centres, an hour apart, and are read; ids of their texts by subject."""
    found: dict[str, list[str]] = {}
    for subject, question, words in (
        ("horaires", "a_savoir", "Les horaires sont durs en été, mes collègues aident."),
        ("ambiance", "changement", "L'équipe est géniale, surtout la patronne."),
    ):
        for number in range(10):
            place = "0751234J" if number % 2 else "9990001X"
            answers(hub, clock, 1, CUISINE, place, **{**SILENT, question: [f"{words} Numéro {subject} {number}."]})
            clock.moment += timedelta(hours=1)
            found.setdefault(subject, []).extend(publish(hub, (subject,)))
    worker.work_once(hub)
    return found


SCENES = {"told": tell}


@pytest.fixture
def told(hub: Hub, clock: Clock) -> dict[str, list[str]]:
    """Twenty texts in two centres; ids by subject."""
    ids: dict[str, list[str]] = recall(hub, clock)
    return ids


FOUND = {
    "horaire": 10, "HORAIRES été": 10, "collegue": 10, "equipes geniales": 10, "patron": 10, "ambiance 3": 1,
    "introuvable": 0, "« ? »": 0, '" OR 1 NEAR(': 0, "_f1": 0, "_c1": 0, "f1": 0, "zzf1": 0,
}  # fmt: skip
"""How many of the twenty texts a search finds."""


@pytest.mark.usefixtures("told")
def test_a_search_finds_words_in_every_form(client: Client) -> None:
    assert {words: len(texts(client, q=words)) for words in FOUND} == FOUND


@pytest.mark.usefixtures("told")
def test_filters_narrow_and_combine(client: Client) -> None:
    assert len(texts(client)) == 12
    assert len(texts(client, page="2")) == 8
    assert len(texts(client, question="a_savoir")) == 10
    assert len(texts(client, sujet="ambiance")) == 10
    assert len(texts(client, centre="0751234J")) == 10
    assert len(texts(client, centre="0751234J", sujet="horaires")) == 5
    assert texts(client, sujet="horaires", question="changement") == []
    assert len(texts(client, sujet="inconnu", question="inconnue", centre="zzz")) == 12
    html = client.get("/widget?formation=50022146&format=liste&sujet=horaires&centre=0751234J").text
    assert "5\u00a0textes trouvés, plus récents d'abord" in html


def test_a_centre_with_too_few_respondents_cannot_be_singled_out(
    client: Client, hub: Hub, answer: Callable[..., None], catch_up: Callable[[], None]
) -> None:
    answer(6, **SILENT)
    answer(1, centre="9990001X", **{**SILENT, "changement": ["Un texte d'un petit centre."]})
    answer(1, **{**SILENT, "changement": ["Un texte du grand."]})
    publish(hub)
    catch_up()
    assert len(texts(client, centre="9990001X")) == 2
    html = client.get("/widget?formation=50022146&format=liste&centre=9990001X").text
    assert "Croix-Rousse" not in html
    assert "textes trouvés" not in html


def test_newest_or_most_useful_first_and_the_order_is_named(
    client: Client, hub: Hub, told: dict[str, list[str]], catch_up: Callable[[], None]
) -> None:
    oldest = told["horaires"][0]
    assert "ambiance 9" in texts(client)[0]
    readers = Readers(hub.engine, hub.clock)
    for number in range(3):
        readers.note(oldest, True, f"192.0.{number}.1", "Navigateur")
    readers.note(told["ambiance"][9], False, "192.0.9.1", "Navigateur")
    assert worker.count_gestures(hub) == 4
    catch_up()
    useful_first = client.get("/widget?formation=50022146&format=liste&tri=utile").text
    assert "horaires 0" in texts(client, tri="utile")[0]
    assert "plus utiles d'abord" in useful_first
    assert "Utile à 3 lecteurs." in useful_first
    assert "ambiance 9" not in "".join(texts(client, tri="utile"))
    shown = client.get("/api/v1/avis?formation=50022146").json()["verbatims"]["extraits"]
    assert all(one["utile"] == 0 for one in shown)


def test_a_reader_counts_once_and_nothing_tells_who(hub: Hub, told: dict[str, list[str]], clock: Clock) -> None:
    readers, text = Readers(hub.engine, hub.clock), told["horaires"][0]
    for useful in (True, True, False):
        readers.note(text, useful, "203.0.113.7", "Navigateur")
    readers.note(text, True, "203.0.113.200", "Navigateur")  # the same network
    readers.note("inconnu", True, "203.0.113.7", "Navigateur")
    assert worker.count_gestures(hub) == 1
    with hub.engine.connect() as connection:
        kept = [str(row) for row in connection.execute(select(GESTURE))]
    assert not any("203.0.113" in row or "Navigateur" in row for row in kept)
    clock.moment += timedelta(days=40)
    worker.count_gestures(hub)
    with hub.engine.connect() as connection:
        assert connection.execute(select(GESTURE)).all() == []
        assert connection.execute(select(SECRET)).all() == []


def test_gestures_of_one_network_are_bounded_by_the_hour_and_by_text(
    hub: Hub, client: Client, told: dict[str, list[str]]
) -> None:
    readers = Readers(hub.engine, hub.clock)
    every = [text for some in told.values() for text in some]
    noted = [readers.note(text, True, "198.51.100.1", f"Navigateur {n}") for n in range(10) for text in every]
    assert noted == [True] * PER_HOUR + [False] * (200 - PER_HOUR)
    for pretended in range(PER_HOUR):
        readers.note(every[0], False, "203.0.113.9", f"Faux {pretended}")
    assert worker.count_gestures(hub) <= PER_HOUR + PLACES
    answers = [client.post("/widget/utile?formation=50022146", data={"oui": every[0]}) for _ in range(PER_HOUR + 1)]
    assert {answer.status_code for answer in answers[:-1]} == {303}
    assert answers[-1].status_code == 429
    assert "trop sont venus de votre réseau" in answers[-1].text


def test_a_gesture_works_without_scripts_and_not_from_elsewhere(client: Client, told: dict[str, list[str]]) -> None:
    text = told["ambiance"][9]
    url = "/widget/utile?formation=50022146&format=liste&theme=sombre"
    done = client.post(url, data={"oui": text})
    assert done.status_code == 303
    assert done.headers["location"] == f"/widget?formation=50022146&format=liste&theme=sombre&merci={text}#v-{text}"
    assert "set-cookie" not in done.headers
    assert "Merci, c'est noté." in client.get(done.headers["location"]).text
    for foreign in ({"sec-fetch-site": "cross-site"}, {"origin": "https://ailleurs.example"}, {"origin": "null"}):
        assert client.post(url, data={"oui": text}, headers=foreign).status_code == 403
    assert client.post(url, data={"oui": "x" * 5000}).status_code == 413
    assert client.get(url).status_code in {404, 405}


def test_a_withdrawn_text_leaves_nothing_in_the_full_text(hub: Hub, answer: Callable[..., None], clock: Clock) -> None:
    answer(6, changement=["Un mot rarissime : zygomatique."])
    ids = publish(hub)
    with writing(hub.engine).begin() as connection:
        search.drop(connection, search.VERBATIM, ids)
        search.forget(connection)
        if not on_postgresql():
            connection.exec_driver_sql("INSERT INTO indexed_words(indexed_words) VALUES ('integrity-check')")
    index = [line for line in dump(hub.settings.database_url) if line.startswith("indexed_words")]
    assert index
    assert "zygomat" not in "".join(index)
