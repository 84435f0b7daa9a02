"""A centre's right of reply: to its own published texts, read before it appears, shown under them."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from syndication import models, worker
from syndication.accounts import signin
from syndication.accounts.store import Grant
from syndication.app import Service
from syndication.catalogue.resolve import resolve_centre
from syndication.context import Hub
from syndication.database import table, writing
from syndication.fairness import store as fairness
from syndication.intake import new_id
from syndication.moderation import store as moderation
from syndication.partners import store as partners
from syndication.replies import store
from syndication.replies.reading import seeks_author
from syndication.replies.store import LONGEST
from syndication.reviews import store as reviews
from tests.conftest import answers
from tests.helpers import Client, Clock, signalled
from tests.syndication.test_publication import publish_everything

VERBATIM, REVIEW, LETTER = table(models.Verbatim), table(models.Review), table(models.Letter)
CENTRE_PATH = "/cfa/0751234J/avis"
WORDS = "Merci. <b>Nous</b> avons changé les horaires."


def signed_in(hub: Hub, client: Client, role: str, centre: str = "") -> dict[str, str]:
    """Headers of somebody signed in."""
    with hub.engine.connect() as connection:
        number = resolve_centre(connection, centre).id if centre else None
    someone = Grant(f"{role}{centre}@exemple.fr", role, number)
    link = signin.make_link(hub.engine, hub.settings.public_url, someone, hub.clock())
    done = client.post(link.removeprefix(hub.settings.public_url), data={})
    client.cookies.clear()  # who signs in again in one browser leaves their first session
    return {"cookie": done.headers["set-cookie"].partition(";")[0]}


def ten(hub: Hub, clock: Clock) -> None:
    """Ten people of the centre of Paris answered, and were read."""
    answers(hub, clock, 10)
    publish_everything(hub)
    worker.work_once(hub)


SCENES = {"text": ten}


@pytest.fixture
def text(client: Client) -> str:
    """The id of a published text of the centre of Paris."""
    found = client.get("/api/v1/avis?formation=50022146").json()["verbatims"]["extraits"]
    return str(found[0]["id"])


def verbatim(connection: Connection, text: str) -> Any:
    """A text as stored, with its response's name."""
    query = select(VERBATIM, REVIEW.c.source_id).join(REVIEW, REVIEW.c.id == VERBATIM.c.review_id)
    return connection.execute(query.where(VERBATIM.c.id == text)).one()


def reply(client: Client, text: str) -> object:
    found = client.get("/api/v1/avis?formation=50022146").json()["verbatims"]["extraits"]
    return next(one["reponse"] for one in found if one["id"] == text)


def test_a_reply_appears_once_read_signed_and_dated(
    hub: Hub, client: Client, text: str, catch_up: Callable[[], None]
) -> None:
    centre, moderator = signed_in(hub, client, "cfa", "0751234J"), signed_in(hub, client, "moderator")
    assert f"/cfa/0751234J/avis/{text}" in client.get("/cfa/0751234J/avis", headers=centre).text
    assert client.post(f"/cfa/0751234J/avis/{text}", data={"texte": WORDS}, headers=centre).status_code == 303
    catch_up()
    assert reply(client, text) is None
    queue = client.get("/moderation/centres", headers=moderator).text
    assert "Merci. &lt;b&gt;Nous&lt;/b&gt; avons" in queue
    decided = {"version": "1", "decision": "publie"}
    assert client.post(f"/moderation/centres/{text}", data=decided, headers=moderator).status_code == 303
    catch_up()
    shown = reply(client, text)
    assert isinstance(shown, dict)
    assert shown["texte"] == WORDS
    assert "Batignolles" in shown["signature"]
    html = client.get("/widget?formation=50022146").text
    assert re.search(r"Batignolles</bdi></b> répond.*Merci. &lt;b&gt;Nous&lt;/b&gt;", html)
    assert client.post(f"/moderation/centres/{text}", data=decided, headers=moderator).status_code == 409


def test_a_refused_reply_tells_its_centre_why_and_may_be_written_anew(
    hub: Hub, client: Client, text: str, catch_up: Callable[[], None]
) -> None:
    centre, moderator = signed_in(hub, client, "cfa", "0751234J"), signed_in(hub, client, "moderator")
    client.post(f"/cfa/0751234J/avis/{text}", data={"texte": "Qui a écrit cela ?"}, headers=centre)
    refused = {"version": "1", "decision": "refuse", "raison": "personne"}
    assert (
        client.post(f"/moderation/centres/{text}", data={**refused, "raison": ""}, headers=moderator).status_code == 422
    )
    assert client.post(f"/moderation/centres/{text}", data=refused, headers=moderator).status_code == 303
    assert "cherche à savoir qui a écrit" in client.get("/cfa/0751234J/avis", headers=centre).text
    anew = client.post(f"/cfa/0751234J/avis/{text}", data={"texte": "Merci.", "version": "2"}, headers=centre)
    assert anew.status_code == 303
    assert "attend d'être lue" in client.get("/cfa/0751234J/avis", headers=centre).text


def test_nobody_replies_for_another_centre_nor_without_words(hub: Hub, app: Service, client: Client, text: str) -> None:
    other, own = signed_in(hub, client, "cfa", "9990001X"), signed_in(hub, client, "cfa", "0751234J")
    assert client.post(f"/cfa/9990001X/avis/{text}", data={"texte": WORDS}, headers=other).status_code == 422
    assert client.post(f"/cfa/0751234J/avis/{text}", data={"texte": " "}, headers=own).status_code == 422
    long = client.post(f"/cfa/0751234J/avis/{text}", data={"texte": "x" * (LONGEST + 1)}, headers=own)
    assert long.status_code == 422
    assert "x" * (LONGEST + 1) in long.text
    assert "1\u202f501 caractères\u00a0: 1\u202f500 au plus" in long.text


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/avis"), ("GET", "/avis/{}"), ("POST", "/avis/{}"), ("POST", "/avis/{}/retirer"),
     ("POST", "/avis/{}/doute")],
)  # fmt: skip
def test_a_centre_s_texts_are_for_its_own_people_alone(
    hub: Hub, app: Service, client: Client, text: str, method: str, path: str
) -> None:
    address = f"/cfa/0751234J{path.format(text)}"
    neighbour, moderator = signed_in(hub, client, "cfa", "9990001X"), signed_in(hub, client, "moderator")
    assert client.request(method, address, headers=neighbour, data={}).status_code == 403
    assert client.request(method, address, headers=moderator, data={}).status_code == 403
    assert Client(app).request(method, address, data={}).status_code == 401
    own = signed_in(hub, client, "cfa", "0751234J")
    assert client.request(method, address, headers=own, data={}).status_code == (200 if method == "GET" else 422)
    foreign = {**own, "sec-fetch-site": "cross-site"}
    if method == "POST":
        assert client.post(address, headers=foreign, data={"texte": WORDS}).status_code == 403
    with hub.engine.connect() as connection:
        assert store.replies_to(connection, [text]) == {}


def test_two_people_of_a_centre_never_overwrite_each_other_s_reply(hub: Hub, client: Client, text: str) -> None:
    own, address = signed_in(hub, client, "cfa", "0751234J"), f"/cfa/0751234J/avis/{text}"
    assert client.post(address, data={"texte": "De Léa.", "version": "0"}, headers=own).status_code == 303
    late = client.post(address, data={"texte": "De Max.", "version": "0"}, headers=own)
    seen = unescape(late.text)
    assert (late.status_code, "vient de changer" in seen, "De Léa." in seen, "De Max." in seen) == (409, *[True] * 3)
    assert 'name="version" value="1"' in late.text
    publish_reply(hub, text)
    stale = client.post(address, data={"texte": "De Max.", "version": "1"}, headers=own)
    with hub.engine.connect() as connection:
        kept = store.replies_to(connection, [text])[text]
    assert (stale.status_code, kept.text, kept.status) == (409, WORDS, "publie")


def publish_reply(hub: Hub, text: str, words: str = WORDS) -> None:
    """A reply of the centre of Paris, read and published."""
    with writing(hub.engine).begin() as connection:
        centre = resolve_centre(connection, "0751234J")
        known = store.replies_to(connection, [text]).get(text)
        seen = known.version if known else 0
        store.write(connection, text, centre.id, words, centre.name, "cfa@exemple.fr", hub.clock(), seen)
        store.judge(connection, text, seen + 1, "publie", "", "lea", hub.clock())


def everywhere(client: Client) -> str:
    """All that the world may read of the formation and the centre."""
    scopes = ("formation=50022146", "etablissement=0751234J", "formation=50022146&etablissement=0751234J")
    pages = [f"{path}?{scope}" for path in ("/widget", "/api/v1/avis", "/api/v1/verbatims") for scope in scopes]
    return "".join(client.get(page).text for page in [*pages, "/formations/50022146", "/etablissements/0751234J"])


def corpus(hub: Hub, client: Client) -> str:
    """All that partners copy."""
    with writing(hub.engine).begin() as connection:
        key = partners.add(connection, f"Copie {new_id()}", (), hub.clock())
    headers = {"authorization": f"Bearer {key}"}
    paths = ("/api/v1/exports/verbatims.ndjson", "/api/v1/exports/verbatims.csv", "/api/v1/changements?page_size=1000")
    return "".join(client.get(path, headers=headers).text for path in paths)


ENDINGS = ("repris", "retire", "recrit", "refuse")


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_reply_disappears_everywhere_with_its_text_or_alone(
    hub: Hub, client: Client, text: str, catch_up: Callable[[], None], ending: str
) -> None:
    publish_reply(hub, text, "Une réponse que chacun reconnaîtrait.")
    catch_up()
    assert "chacun reconnaîtrait" in everywhere(client)
    assert "chacun reconnaîtrait" in corpus(hub, client)
    with writing(hub.engine).begin() as connection:
        row = verbatim(connection, text)
        if ending == "repris":
            store.take_back(connection, text, row.centre_id, "cfa@exemple.fr", hub.clock())
        elif ending == "retire":
            reviews.withdraw_text(connection, row.source_id, row.question, hub.clock())
        elif ending == "recrit":
            reviews.rewrite(connection, row.source_id, row.question, "D'autres mots.", None, (), hub.clock())
        else:
            moderation.record_decision(connection, text, row.version, "refuse", "personne", "lea", hub.clock())
    catch_up()
    assert "chacun reconnaîtrait" not in everywhere(client) + corpus(hub, client)


def test_a_reply_to_words_said_anew_does_not_come_back_with_them(
    hub: Hub, client: Client, text: str, catch_up: Callable[[], None]
) -> None:
    publish_reply(hub, text)
    with writing(hub.engine).begin() as connection:
        row = verbatim(connection, text)
        reviews.rewrite(connection, row.source_id, row.question, "D'autres mots.", None, (), hub.clock())
    publish_everything(hub)
    catch_up()
    assert "changé les horaires" not in everywhere(client)
    own = unescape(client.get("/cfa/0751234J/avis", headers=signed_in(hub, client, "cfa", "0751234J")).text)
    assert "elle répondait à d'autres mots" in own
    publish_reply(hub, text, "Merci pour ces mots-ci.")
    catch_up()
    assert "Merci pour ces mots-ci." in everywhere(client)


def test_a_reply_to_a_text_taken_back_is_erased(hub: Hub, text: str) -> None:
    publish_reply(hub, text, "Vous dites « Je me lève plus tôt », merci.")
    with writing(hub.engine).begin() as connection:
        row = verbatim(connection, text)
        reviews.withdraw_text(connection, row.source_id, row.question, hub.clock())
        assert store.replies_to(connection, [text])[text].text == ""


def test_a_text_refused_and_published_again_has_its_reply_again(
    hub: Hub, client: Client, text: str, catch_up: Callable[[], None]
) -> None:
    publish_reply(hub, text)
    with writing(hub.engine).begin() as connection:
        version = verbatim(connection, text).version
        moderation.record_decision(connection, text, version, "refuse", "personne", "lea", hub.clock())
        moderation.record_decision(connection, text, version + 1, "publie", None, "lea", hub.clock())
    catch_up()
    assert reply(client, text) is not None


def test_a_centre_takes_its_reply_back_and_every_act_is_kept(
    hub: Hub, client: Client, text: str, clock: Clock, catch_up: Callable[[], None]
) -> None:
    own, moderator = signed_in(hub, client, "cfa", "0751234J"), signed_in(hub, client, "moderator")
    address = f"/cfa/0751234J/avis/{text}"
    client.post(address, data={"texte": "Premier essai."}, headers=own)
    client.post(address, data={"texte": "Second essai.", "version": "1"}, headers=own)
    late = {"version": "1", "decision": "publie"}
    assert client.post(f"/moderation/centres/{text}", data=late, headers=moderator).status_code == 409
    clock.moment += timedelta(days=2)
    own, moderator = signed_in(hub, client, "cfa", "0751234J"), signed_in(hub, client, "moderator")
    client.post(f"/moderation/centres/{text}", data={**late, "version": "2"}, headers=moderator)
    assert client.get(f"{address}/retirer", headers=own).status_code == 405
    back = client.post(f"{address}/retirer", headers=own)
    assert (back.status_code, back.headers["location"]) == (303, f"/cfa/0751234J/avis#a-{text}")
    assert client.post(f"{address}/retirer", headers=own).status_code == 422
    catch_up()
    assert reply(client, text) is None
    with hub.engine.connect() as connection:
        acts = [(act.from_status, act.to_status) for act in store.acts_on(connection, [text])[text]]
        counts = fairness.by_rating(connection)[""]
    assert acts == [("", "attente"), ("attente", "attente"), ("attente", "publie"), ("publie", "retire")]
    told = {name.removeprefix("reponse."): count for name, count in counts.items() if name.startswith("reponse.")}
    assert told == {"attente": 2, "publie": 1, "retire": 1, "delai.2": 1}
    page = unescape(client.get(address, headers=own).text)
    assert "Votre réponse est retirée" in page
    assert "Ce qu'il en est advenu" in page


def test_texts_of_the_centre_come_by_pages_and_filters(
    hub: Hub, client: Client, answer: Callable[..., None], text: str
) -> None:
    answer(4, formation="50033616")
    publish_everything(hub)
    own = signed_in(hub, client, "cfa", "0751234J")

    def read(query: str = "") -> str:
        return unescape(client.get(f"/cfa/0751234J/avis{query}", headers=own).text).replace("\u00a0", " ")

    first, second = read(), read("?page=2")
    assert "20 textes publiés" in first
    assert "coiffure" not in first.casefold()
    assert (first.count("<blockquote>"), second.count("<blockquote>")) == (12, 8)
    assert "Page 2 sur 2" in second
    assert read("?page=999").count("<blockquote>") == 8
    assert "10 textes publiés" in read("?question=changement")
    publish_reply(hub, text)
    assert "1 texte publié" in read("?reponse=avec")
    assert "19 textes publiés" in read("?reponse=sans")
    with writing(hub.engine).begin() as connection:
        connection.execute(update(VERBATIM).where(VERBATIM.c.id == text).values(gem=True))
    assert "1 texte publié" in read("?pepites=oui")
    assert "20 textes publiés" in read("?formation=0&question=&reponse=nimporte&page=-3")
    assert "Aucun texte publié ne répond" in read("?formation=999999")
    kept = client.post(
        f"/cfa/0751234J/avis/{text}?question=changement&page=2", data={"texte": "Merci.", "version": "2"}, headers=own
    ).headers["location"]
    assert kept == f"/cfa/0751234J/avis?question=changement&page=2#a-{text}"


def test_a_centre_with_too_few_respondents_reads_nothing_and_is_told_why(
    hub: Hub, client: Client, answer: Callable[..., None]
) -> None:
    answer(4, changement=["Des mots de quatre personnes."])
    publish_everything(hub)
    page = unescape(client.get("/cfa/0751234J/avis", headers=signed_in(hub, client, "cfa", "0751234J")).text)
    assert "il faut 5 répondants" in page
    assert "Des mots de quatre" not in page


@pytest.mark.parametrize(
    "words",
    ["Qui a écrit cela ?", "Nous t'avons bien reconnu.", "On sait très bien qui tu es.", "Dites-nous votre nom.",
     "Venez nous voir au bureau, qu'on en parle.", "C'est votre tuteur qui parle ?", "N'hésitez pas à nous contacter."],
)  # fmt: skip
def test_a_reply_that_looks_for_its_author_is_signalled(words: str) -> None:
    found = seeks_author(words)
    assert found
    assert all(words[one.start : one.end].strip() and one.why for one in found)


@pytest.mark.parametrize(
    "words",
    ["Merci, nous avons changé les horaires.", "Nous reconnaissons que les journées sont longues.",
     "L'équipe en a parlé avec les entreprises.", "Les apprentis de première année ont maintenant un casier."],
)  # fmt: skip
def test_a_reply_that_thanks_or_explains_is_not_signalled(words: str) -> None:
    assert seeks_author(words) == ()


def test_moderators_see_where_and_why_a_reply_is_signalled(hub: Hub, client: Client, text: str) -> None:
    words = "Merci. Appelle le 06 12 34 56 78, et dis-nous qui a écrit cela, petit connard."
    centre, moderator = signed_in(hub, client, "cfa", "0751234J"), signed_in(hub, client, "moderator")
    client.post(f"/cfa/0751234J/avis/{text}", data={"texte": words}, headers=centre)
    page = unescape(client.get("/moderation/centres", headers=moderator).text)
    assert [seen for seen, _ in signalled(page)] == ["06 12 34 56 78", "dis-nous", "qui a écrit", "connard"]
    with hub.engine.connect() as connection:
        assert store.replies_to(connection, [text])[text].status == "attente"


def test_a_short_reply_is_not_called_too_short_to_help_somebody_choose(hub: Hub, client: Client, text: str) -> None:
    centre, moderator = signed_in(hub, client, "cfa", "0751234J"), signed_in(hub, client, "moderator")
    client.post(f"/cfa/0751234J/avis/{text}", data={"texte": "Merci."}, headers=centre)
    page = client.get("/moderation/centres", headers=moderator).text
    assert "<blockquote>Merci.</blockquote>" in page
    assert "À regarder" not in page


def test_people_of_the_centre_are_owed_a_mail_when_their_reply_was_read(hub: Hub, client: Client, text: str) -> None:
    signed_in(hub, client, "cfa", "0751234J")
    publish_reply(hub, text)
    with hub.engine.connect() as connection:
        owed = connection.execute(select(LETTER)).mappings().all()
    assert [(one["kind"], one["address"]) for one in owed] == [("reponse", "cfa0751234j@exemple.fr")]
    assert owed[0]["data"] == {
        "status": "publie", "reason": "", "text": text, "centre": "CFA Exemple des Batignolles",
        "path": "/cfa/0751234J",
    }  # fmt: skip
