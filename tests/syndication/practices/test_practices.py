"""Good practices: gems and replies, by subject; a centre is named only when it may be."""

from collections.abc import Callable
from html import unescape

import pytest

from syndication.catalogue import store as catalogue
from syndication.catalogue.codes import Code
from syndication.context import Hub
from syndication.database import writing
from syndication.moderation import store as moderation
from syndication.replies import store as replies
from tests.conftest import LYON_CENTRE, PARIS_CENTRE
from tests.helpers import Client

Answer = Callable[..., None]
URL = "/bonnes-pratiques"
NAME = "CFA Exemple des Batignolles"


def publish(hub: Hub, words: str, *, gem: bool = False, subjects: tuple[str, ...] = ()) -> str:
    """Publish the texts that say so; gives the id of one of them."""
    with writing(hub.engine).begin() as connection:
        found = [text for text in moderation.waiting(connection, 1000) if text.text == words]
        for text in found:
            moderation.record_decision(connection, text.id, text.version, "publie", None, "lea", hub.clock(), subjects)
        if gem:
            connection.exec_driver_sql(f"UPDATE verbatim SET gem = true WHERE id = '{found[0].id}'")
    return found[0].id


def reply(hub: Hub, verbatim: str, words: str, centre: str = PARIS_CENTRE) -> None:
    with writing(hub.engine).begin() as connection:
        row = catalogue.centres_by_code(connection, Code("uai", centre))[0]
        replies.write(connection, verbatim, row.id, words, row.name, "cfa@exemple.fr", hub.clock())
        replies.judge(connection, verbatim, 1, "publie", "", "lea", hub.clock())


def read(client: Client, query: str = "") -> str:
    answer = client.get(URL + query)
    assert answer.status_code == 200
    return unescape(answer.text)


def test_nothing_yet_is_said(client: Client) -> None:
    assert "Rien n'est encore rassemblé ici." in read(client)
    assert "Rien n'est encore rassemblé sur ce sujet." in read(client, "?sujet=ambiance")


def test_a_gem_and_a_reply_are_gathered_by_subject(hub: Hub, client: Client, answer: Answer) -> None:
    answer(3, changement=["Une pépite."])
    answer(3, changement=["Un texte avec réponse."])
    answer(1, changement=["Un texte comme un autre."])
    publish(hub, "Une pépite.", gem=True, subjects=("ambiance",))
    reply(hub, publish(hub, "Un texte avec réponse.", subjects=("horaires",)), "Voici ce que nous faisons.")
    publish(hub, "Un texte comme un autre.")
    page = read(client)
    assert "Une pépite." in page
    assert "Voici ce que nous faisons." in page
    assert NAME in page
    assert "Un texte comme un autre." not in page
    assert "Une pépite." in read(client, "?sujet=ambiance")
    assert "Voici ce que nous faisons." not in read(client, "?sujet=ambiance")
    assert "Voici ce que nous faisons." in read(client, "?sujet=horaires")


def test_a_centre_with_too_few_is_not_named_and_its_reply_waits(hub: Hub, client: Client, answer: Answer) -> None:
    answer(6, centre=LYON_CENTRE)
    answer(2, changement=["Une pépite d'ici."])
    answer(1, changement=["Un texte d'ici."])
    publish(hub, "Une pépite d'ici.", gem=True)
    reply(hub, publish(hub, "Un texte d'ici."), "Nous, ici.")
    page = read(client)
    assert "Une pépite d'ici." in page
    assert NAME not in page
    assert "Nous, ici." not in page
    assert "Un texte d'ici." not in page


def test_a_formation_with_too_few_respondents_is_not_told_of(hub: Hub, client: Client, answer: Answer) -> None:
    answer(4, changement=["Une pépite trop seule."])
    publish(hub, "Une pépite trop seule.", gem=True)
    assert "trop seule" not in read(client)


def test_a_text_taken_back_leaves_the_page(hub: Hub, client: Client, answer: Answer) -> None:
    answer(6, changement=["Une pépite."])
    kept = publish(hub, "Une pépite.", gem=True)
    assert "Une pépite." in read(client)
    with writing(hub.engine).begin() as connection:
        connection.exec_driver_sql(f"UPDATE verbatim SET status = 'refuse', gem = false WHERE id = '{kept}'")
    assert "Une pépite." not in read(client)


def test_they_come_page_by_page(hub: Hub, client: Client, answer: Answer) -> None:
    answer(15, changement=["Une pépite parmi d'autres."])
    publish(hub, "Une pépite parmi d'autres.")
    with writing(hub.engine).begin() as connection:
        connection.exec_driver_sql("UPDATE verbatim SET gem = true WHERE status = 'publie'")
    first = read(client)
    following = first.partition('href="/bonnes-pratiques?apres=')[2].partition('"')[0]
    assert first.count("Une pépite") == 12
    assert read(client, f"?apres={following}").count("Une pépite") == 3


@pytest.mark.parametrize("query", ["?apres=nimporte", "?sujet=nimporte", "?apres=%00"])
def test_what_makes_no_sense_shows_everything(client: Client, query: str) -> None:
    read(client, query)


def test_search_engines_and_the_home_page_lead_there(client: Client) -> None:
    assert "/bonnes-pratiques</loc>" in client.get("/sitemap.xml").text
    assert 'href="/bonnes-pratiques"' in client.get("/").text
