"""A centre doubts that a text is genuine: it says why, the text stays until somebody decides, the outcome is told."""

from collections.abc import Callable
from html import unescape

import pytest
from sqlalchemy import select

from syndication import models
from syndication.context import Hub
from syndication.database import table, writing
from syndication.doubts import store
from syndication.errors import DecisionConflict, DecisionError
from tests.helpers import Client
from tests.syndication.test_replies import CENTRE_PATH, SCENES, everywhere, signed_in, text

__all__ = ["SCENES", "text"]
REASON = "Personne de ce centre ne travaille à l'endroit dont parle ce texte."
DECISION, LETTER = table(models.Decision), table(models.Letter)


def decide(hub: Hub, founded: bool) -> str:
    with writing(hub.engine).begin() as connection:
        (doubt,) = store.open(connection)
        return store.decide(connection, doubt.id, founded, "Nous avons relu l'invitation.", "lea", hub.clock())


def read(hub: Hub, client: Client, path: str) -> str:
    page = client.get(path, headers=signed_in(hub, client, "cfa", "0751234J")).text
    return unescape(page).replace("\u00a0", " ")


def test_a_doubt_is_reported_and_the_text_stays(
    hub: Hub, client: Client, text: str, catch_up: Callable[[], None]
) -> None:
    own = signed_in(hub, client, "cfa", "0751234J")
    done = client.post(f"{CENTRE_PATH}/{text}/doute?page=1", data={"raison": REASON}, headers=own)
    assert (done.status_code, done.headers["location"]) == (303, f"{CENTRE_PATH}?page=1#a-{text}")
    catch_up()
    assert text in everywhere(client)
    page = read(hub, client, f"{CENTRE_PATH}/{text}")
    assert "À l'examen. Le texte reste publié" in page.replace("<strong>", "").replace("</strong>", "")
    assert REASON in page
    assert REASON not in everywhere(client)
    with hub.engine.connect() as connection:
        acts = connection.execute(select(DECISION).where(DECISION.c.act == "doute")).all()
    assert [(act.verbatim_id, act.actor, act.note) for act in acts] == [(text, "cfa0751234j@exemple.fr", REASON)]


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("", "Dites pourquoi"),
        ("   ", "Dites pourquoi"),
        ("Trop court.", "20 au moins"),
        ("x" * 1001, "1\u202f001 caractères\u00a0: 1\u202f000 au plus"),
    ],
)
def test_a_doubt_needs_a_reason_and_what_was_typed_is_given_back(
    hub: Hub, client: Client, text: str, reason: str, sentence: str
) -> None:
    own = signed_in(hub, client, "cfa", "0751234J")
    refused = client.post(f"{CENTRE_PATH}/{text}/doute", data={"raison": reason}, headers=own)
    assert refused.status_code == 422
    assert sentence in unescape(refused.text)
    assert reason.strip() in unescape(refused.text)
    with hub.engine.connect() as connection:
        assert store.open(connection) == []


def test_a_text_has_one_open_doubt_at_a_time(hub: Hub, client: Client, text: str) -> None:
    own = signed_in(hub, client, "cfa", "0751234J")
    assert client.post(f"{CENTRE_PATH}/{text}/doute", data={"raison": REASON}, headers=own).status_code == 303
    again = client.post(f"{CENTRE_PATH}/{text}/doute", data={"raison": f"{REASON} Encore."}, headers=own)
    assert again.status_code == 409
    assert "déjà signalé" in unescape(again.text)
    decide(hub, founded=False)
    assert client.post(f"{CENTRE_PATH}/{text}/doute", data={"raison": REASON}, headers=own).status_code == 303


def test_nobody_doubts_the_text_of_another_centre_or_one_that_is_not_published(
    hub: Hub, client: Client, text: str
) -> None:
    other = signed_in(hub, client, "cfa", "9990001X")
    foreign = client.post(f"/cfa/9990001X/avis/{text}/doute", data={"raison": REASON}, headers=other)
    assert foreign.status_code == 422
    assert REASON in unescape(foreign.text) or "n'est pas de votre centre" in unescape(foreign.text)
    own = signed_in(hub, client, "cfa", "0751234J")
    assert client.post(f"{CENTRE_PATH}/inconnu/doute", data={"raison": REASON}, headers=own).status_code == 422


@pytest.mark.parametrize(("founded", "sentence"), [(True, "Fondé."), (False, "Non fondé.")])
def test_the_outcome_is_told_on_the_page_and_by_mail(
    hub: Hub, client: Client, text: str, catch_up: Callable[[], None], founded: bool, sentence: str
) -> None:
    own = signed_in(hub, client, "cfa", "0751234J")
    client.post(f"{CENTRE_PATH}/{text}/doute", data={"raison": REASON}, headers=own)
    assert decide(hub, founded) == ("fonde" if founded else "infonde")
    catch_up()
    assert (text in everywhere(client)) is not founded
    page = read(hub, client, CENTRE_PATH)
    assert f"<strong>{sentence}</strong>" in page
    assert "Nous avons relu l'invitation." in page
    with hub.engine.connect() as connection:
        owed = connection.execute(select(LETTER)).mappings().all()
    assert [(one["kind"], one["address"], one["data"]["founded"]) for one in owed] == [
        ("doute", "cfa0751234j@exemple.fr", founded)
    ]


def test_a_doubt_is_decided_once(hub: Hub, client: Client, text: str) -> None:
    own = signed_in(hub, client, "cfa", "0751234J")
    client.post(f"{CENTRE_PATH}/{text}/doute", data={"raison": REASON}, headers=own)
    with hub.engine.connect() as connection:
        (doubt,) = store.open(connection)
    decide(hub, founded=False)
    with pytest.raises(DecisionConflict), writing(hub.engine).begin() as connection:
        store.decide(connection, doubt.id, True, "Trop tard.", "zoe", hub.clock())
    with pytest.raises(DecisionError), writing(hub.engine).begin() as connection:
        store.decide(connection, 999, True, "Rien.", "zoe", hub.clock())
