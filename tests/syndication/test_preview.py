"""The preview of a centre's widget: for its people, and for those they give a link to."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from html import unescape
from itertools import product
from typing import Any

import pytest

from syndication.accounts import signin
from syndication.accounts import store as accounts
from syndication.accounts.store import Grant
from syndication.app import Service
from syndication.context import Hub
from syndication.database import writing
from syndication.errors import PreviewError
from syndication.instants import PARIS
from syndication.previews import links, store
from syndication.previews.links import read_days
from syndication.previews.stage import EXAMPLE_BANNER
from tests.conftest import CUISINE, KEY, LYON_CENTRE, PARIS_CENTRE
from tests.helpers import Client, Clock
from tests.syndication.test_cfa import centre_person
from tests.syndication.test_desk import signed_in
from tests.syndication.test_partners import closed
from tests.syndication.test_publication import publish_everything

__all__ = ["closed"]
Answer = Callable[..., None]
PREVIEW = f"/cfa/{PARIS_CENTRE}/apercu"
OF_CUISINE = f"formation={CUISINE}"
WAITING = "Des mots qui attendent."


@pytest.fixture
def centre(hub: Hub, app: Service) -> Client:
    """Somebody of the centre of Paris."""
    return signed_in(hub, app, centre_person(hub, PARIS_CENTRE))


def read(client: Client, address: str) -> str:
    page = client.get(address)
    assert page.status_code == 200, page.text
    return unescape(page.text).replace("\u00a0", " ")


def make_link(client: Client, query: str = OF_CUISINE, days: str = "30") -> str:
    """The path of a fresh preview link."""
    done = client.post(f"{PREVIEW}/liens?{query}", data={"jours": days})
    assert done.status_code == 303, unescape(done.text)
    found = re.findall(r"http://127\.0\.0\.1:8000(/apercu/[^\"<]+)", client.get(PREVIEW).text)
    return str(found[0])


def number_of(shared: str) -> str:
    """The id of the link that a path shows."""
    return links.read((KEY,), shared.rpartition("/")[2])


def test_the_preview_counts_what_waits_and_never_shows_its_words(hub: Hub, centre: Client, answer: Answer) -> None:
    answer(6, changement=[WAITING])
    shared = make_link(centre)
    for path in (f"{PREVIEW}?{OF_CUISINE}", PREVIEW, shared):
        assert "12 textes attendent d'être lus" in read(centre, path)
        frame = path.replace("/apercu", "/apercu/cadre") if path.startswith("/cfa") else f"{path}/cadre"
        assert WAITING not in centre.get(path).text + centre.get(frame).text
    publish_everything(hub)
    page = read(centre, f"{PREVIEW}?{OF_CUISINE}")
    assert "Aucun texte n'attend" in page
    assert "12 textes sont publiés, avec les chiffres de 6 répondants" in page
    assert WAITING in centre.get(f"{PREVIEW}/cadre?{OF_CUISINE}").text
    assert WAITING in centre.get(f"{shared}/cadre").text


FORMS = ("complet", "carrousel", "liste", "score")
LOOKS = ("", "theme=sombre&langue=en", "theme=clair&accent=%23aa3300", "tri=utile&page=2")


def test_the_preview_is_byte_for_byte_what_a_catalogue_shows(
    hub: Hub, centre: Client, answer: Answer, catch_up: Callable[[], None]
) -> None:
    answer(12)
    publish_everything(hub)
    catch_up()
    shared = make_link(centre)
    for scope, form, look in product((OF_CUISINE, ""), FORMS, LOOKS):
        asked = "&".join(part for part in (scope, f"format={form}", look) if part)
        real = centre.get(f"/widget?etablissement={PARIS_CENTRE}&{asked}&si-vide=message")
        previews = [centre.get(f"{PREVIEW}/cadre?{asked}&taille=large&chargement=clic")]
        previews += [centre.get(f"{shared}/cadre?{asked}")] if scope else []
        for preview in previews:
            assert preview.content == real.content
            for header in ("content-security-policy", "permissions-policy", "x-content-type-options"):
                assert preview.headers[header] == real.headers[header]


def test_when_only_partners_may_frame_the_preview_does_the_same_and_says_so(
    hub: Hub, closed: tuple[Client, Callable[[], None]]
) -> None:
    client, _ = closed
    path = signin.make_link(hub.engine, hub.settings.public_url, centre_person(hub, PARIS_CENTRE), hub.clock())
    assert client.post(path.removeprefix(hub.settings.public_url)).status_code == 303
    policy = client.get(f"{PREVIEW}/cadre?{OF_CUISINE}").headers["content-security-policy"]
    assert "frame-ancestors 'self' https://www.exemple.fr" in policy
    real = client.get(f"/widget?{OF_CUISINE}&etablissement={PARIS_CENTRE}&si-vide=message")
    assert policy == real.headers["content-security-policy"]
    page = read(client, f"{PREVIEW}?{OF_CUISINE}")
    assert "Seuls les sites partenaires" in page
    assert "'self' https://www.exemple.fr" in page


def test_every_choice_is_kept_on_the_page_and_in_what_is_pasted(centre: Client, answer: Answer) -> None:
    answer(6)
    page = read(
        centre,
        f"{PREVIEW}?{OF_CUISINE}&format=liste&theme=sombre&taille=telephone&langue=en&accent=%23123456&exemple=1",
    )
    assert f'src="{PREVIEW}/cadre?formation={CUISINE}&format=liste&theme=sombre&accent=%23123456' in page
    assert 'class="stage fixed w360"' in page
    assert 'width="360"' in page
    code = f'<sirius-avis formation="{CUISINE}" etablissement="{PARIS_CENTRE}" format="liste" theme="sombre"'
    assert code in page
    assert "/widget/badge.svg?" in page
    assert '<iframe title="' in page
    assert "Ceci est un aperçu" in page
    for value in ("liste", "sombre", "telephone", "en"):
        assert f'<option value="{value}" selected>' in page


def test_a_centre_chooses_among_its_own_formations_by_offers_and_campaigns(centre: Client, answer: Answer) -> None:
    answer(1, formation="50033616")
    page = read(centre, PREVIEW)
    chosen = re.findall(r'<option value="(\d{8})"', page)
    assert CUISINE in chosen
    assert "50033616" in chosen
    unknown = centre.get(f"{PREVIEW}?formation=40025214")
    assert unknown.status_code == 404
    assert "pas de votre centre" in unescape(unknown.text)
    assert centre.get(f"{PREVIEW}/cadre?formation=40025214").status_code == 404
    assert centre.post(f"{PREVIEW}/liens?formation=40025214", data={"jours": "3"}).status_code == 422
    assert "CAP cuisine" in read(centre, f"{PREVIEW}?formation=RNCP38430")


def test_the_example_says_that_it_is_one_and_leaves_no_trace(centre: Client, answer: Answer) -> None:
    answer(6)
    shared = make_link(centre)
    for frame in (f"{PREVIEW}/cadre?{OF_CUISINE}&exemple=1", f"{PREVIEW}/cadre?exemple=1", f"{shared}/cadre?exemple=1"):
        answered = centre.get(frame)
        example = unescape(answered.text)
        assert EXAMPLE_BANNER in example
        assert "frame-ancestors 'self'" in answered.headers["content-security-policy"]
        words = re.findall(r"<blockquote[^>]*>(.*?)</blockquote>", example, re.DOTALL)
        assert words
        assert all(text.startswith("(exemple)") for text in words)
    for public in (f"/widget?formation={CUISINE}&exemple=1", f"/api/v1/avis?formation={CUISINE}"):
        assert "(exemple)" not in centre.get(public).text
    english = unescape(centre.get(f"{PREVIEW}/cadre?{OF_CUISINE}&exemple=1&langue=en").text)
    assert '<html lang="en"' in english


@pytest.mark.parametrize(
    "query", ["format=%22%3E&theme=x&taille=9&langue=de", "accent=rouge", "formation=%00", "formation="]
)
def test_the_preview_survives_anything_typed(centre: Client, query: str) -> None:
    page = centre.get(f"{PREVIEW}?{query}")
    assert page.status_code in {200, 404}
    assert "<script>" not in page.text
    if "accent" in query:
        assert "Ce n'est pas une couleur" in unescape(page.text)
        assert 'value="rouge"' in page.text


# -- who may ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("GET", "/cadre"), ("POST", "/liens"), ("POST", "/liens/{}/retirer")],
)  # fmt: skip
def test_a_preview_is_for_the_people_of_the_centre_alone(
    hub: Hub, app: Service, centre: Client, method: str, path: str
) -> None:
    number = number_of(make_link(centre))
    address = f"{PREVIEW}{path.format(number)}?{OF_CUISINE}"
    data = {"data": {"jours": "3"}} if method == "POST" else {}
    neighbour = signed_in(hub, app, centre_person(hub, LYON_CENTRE, "lyon@exemple.fr"))
    for other, expected in ((neighbour, 403), (signed_in(hub, app), 403), (Client(app), 401)):
        assert other.request(method, address, **data).status_code == expected
    if method == "POST":
        foreign = {"sec-fetch-site": "cross-site"}
        assert centre.post(address, headers=foreign, **data).status_code == 403
        assert centre.get(address).status_code == 405
    assert centre.request(method, address, **data).status_code == (200 if method == "GET" else 303)


def test_nobody_stops_the_link_of_another_centre(hub: Hub, app: Service, centre: Client) -> None:
    shared = make_link(centre)
    number = number_of(shared)
    neighbour = signed_in(hub, app, centre_person(hub, LYON_CENTRE, "lyon@exemple.fr"))
    assert neighbour.post(f"/cfa/{LYON_CENTRE}/apercu/liens/{number}/retirer", data={}).status_code == 422
    assert Client(app).get(shared).status_code == 200


# -- links to show ---------------------------------------------------------------------------------------------------


def test_a_link_shows_the_preview_without_signing_in_and_opens_nothing_else(
    app: Service, centre: Client, answer: Answer
) -> None:
    answer(6)
    shared = make_link(centre)
    stranger = Client(app)
    page = stranger.get(f"{shared}?format=carrousel&taille=telephone")
    assert page.status_code == 200
    assert "Ceci est un aperçu que" in unescape(page.text)
    assert page.headers["x-robots-tag"] == "noindex, nofollow"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert 'name="robots" content="noindex, nofollow"' in page.text
    assert "set-cookie" not in page.headers
    assert stranger.get(PREVIEW).status_code == 401
    other = stranger.get(f"{shared}?formation=50033616&etablissement={LYON_CENTRE}")
    assert "CAP cuisine" in unescape(other.text)
    assert "coiffure" not in unescape(other.text)
    assert stranger.post(shared, data={}).status_code == 405
    assert len(shared.removeprefix("/")) <= 60


def test_a_link_of_the_whole_centre_shows_the_whole_centre(app: Service, centre: Client) -> None:
    shared = make_link(centre, query="")
    assert "Tout le centre" in read(Client(app), shared)


def test_a_link_expires_and_says_so(app: Service, centre: Client, clock: Clock) -> None:
    clock.moment = datetime(2026, 11, 24, 9, 30, tzinfo=PARIS)
    shared = make_link(centre, days="1")
    clock.moment = datetime(2026, 11, 25, 23, 59, 59, tzinfo=PARIS)
    assert "jusqu'au 25 novembre 2026" in read(Client(app), shared)
    clock.moment += timedelta(seconds=1)
    late = Client(app).get(shared)
    assert late.status_code == 410
    assert "Ce lien d'aperçu a expiré" in unescape(late.text)
    assert "25 novembre 2026" in unescape(late.text).replace("\u00a0", " ")
    assert Client(app).get(f"{shared}/cadre").status_code == 410


def test_days_are_those_of_paris_whatever_the_season() -> None:
    late_evening = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)
    assert links.last_day(late_evening, 1) == date(2026, 10, 26)


LOOKING = "format=carrousel&theme=sombre&accent=%23aa3300&langue=en&taille=tablette"


def test_a_link_keeps_the_preview_that_it_was_made_from(app: Service, centre: Client, answer: Answer) -> None:
    answer(6)
    shared = make_link(centre, f"{OF_CUISINE}&{LOOKING}")
    stranger = Client(app)
    page = read(stranger, shared)
    for value in ("carrousel", "sombre", "en", "tablette"):
        assert f'<option value="{value}" selected>' in page
    assert 'value="#aa3300"' in page
    assert 'width="768"' in page
    real = centre.get(f"{PREVIEW}/cadre?{OF_CUISINE}&{LOOKING}").content
    assert stranger.get(f"{shared}/cadre").content == real
    (source,) = re.findall(r'<iframe id="cadre"[^>]* src="([^"]+)"', page)
    assert stranger.get(source).content == real
    assert "carrousel, sombre, #aa3300, anglais, tablette" in read(centre, PREVIEW)


def test_a_link_keeps_invented_reviews(app: Service, centre: Client, answer: Answer) -> None:
    answer(6)
    shared = make_link(centre, f"{OF_CUISINE}&exemple=1")
    stranger = Client(app)
    assert EXAMPLE_BANNER in unescape(stranger.get(f"{shared}/cadre").text)
    (real,) = re.findall(r'href="([^"]+)">Voir les vrais avis', read(stranger, shared))
    (source,) = re.findall(r'<iframe id="cadre"[^>]* src="([^"]+)"', read(stranger, real))
    assert EXAMPLE_BANNER not in unescape(stranger.get(source).text)


def test_whoever_holds_a_link_chooses_another_look_down_to_the_plainest(app: Service, centre: Client) -> None:
    shared = make_link(centre, f"{OF_CUISINE}&{LOOKING}")
    stranger = Client(app)
    plain = "format=complet&theme=auto&taille=telephone&langue=fr&accent="
    page = read(stranger, f"{shared}?{plain}")
    (source,) = re.findall(r'<iframe id="cadre"[^>]* src="([^"]+)"', page)
    assert stranger.get(source).content == centre.get(f"{PREVIEW}/cadre?{OF_CUISINE}").content
    mailed = read(stranger, f"{shared}?utm_source=mail&formation=50033616")
    assert '<option value="carrousel" selected>' in mailed
    assert "coiffure" not in mailed


def test_a_link_keeps_nothing_that_makes_no_sense(centre: Client) -> None:
    make_link(centre, f"{OF_CUISINE}&format=x&theme=y&accent=rouge&langue=de&taille=9&exemple=non")
    assert '<span class="quiet">complet</span>' in read(centre, PREVIEW)


# -- links end with accesses -----------------------------------------------------------------------------------------


def end_accesses(hub: Hub, email: str) -> None:
    with writing(hub.engine).begin() as connection:
        person = accounts.person_by_email(connection, email)
        assert person is not None
        for access in person.accesses:
            accounts.end_access(connection, access.id, "commande", hub.clock())


def test_a_link_dies_with_the_access_of_who_made_it_and_does_not_come_back(
    hub: Hub, app: Service, centre: Client, clock: Clock
) -> None:
    shared = make_link(centre)
    clock.moment += timedelta(minutes=1)
    colleague = signed_in(hub, app, centre_person(hub, PARIS_CENTRE, "collegue@exemple.fr"))
    kept = make_link(colleague)
    end_accesses(hub, "cfa@exemple.fr")
    for path in (shared, f"{shared}/cadre"):
        gone = Client(app).get(path)
        assert gone.status_code == 410
        assert "n'a plus accès à l'espace de ce centre" in unescape(gone.text)
        assert "cfa@exemple.fr" not in gone.text
    assert Client(app).get(kept).status_code == 200
    page = read(colleague, PREVIEW)
    assert "fini avec l'accès de cette personne" in page
    assert shared not in page
    assert colleague.post(f"{PREVIEW}/liens/{number_of(shared)}/retirer", data={}).status_code == 422
    signed_in(hub, app, centre_person(hub, PARIS_CENTRE))
    assert Client(app).get(shared).status_code == 410


def test_links_that_ended_with_an_access_leave_room_for_others(
    hub: Hub, app: Service, centre: Client, monkeypatch: Any
) -> None:
    monkeypatch.setattr(store, "MOST_LINKS", 1)
    make_link(centre)
    end_accesses(hub, "cfa@exemple.fr")
    make_link(signed_in(hub, app, centre_person(hub, PARIS_CENTRE, "collegue@exemple.fr")))


def test_no_link_is_made_by_who_has_just_lost_their_access(hub: Hub, centre: Client) -> None:
    with hub.engine.connect() as connection:
        person = accounts.person_by_email(connection, "cfa@exemple.fr")
    assert person is not None
    end_accesses(hub, "cfa@exemple.fr")
    made = store.NewLink(person.centre_ids[0], person.id, None, {}, links.last_day(hub.clock(), 3))
    with writing(hub.engine).begin() as connection, pytest.raises(PreviewError, match="plus accès"):
        store.add(connection, made, hub.clock())


def test_a_colleague_takes_a_link_back(hub: Hub, app: Service, centre: Client) -> None:
    shared = make_link(centre)
    colleague = signed_in(hub, app, centre_person(hub, PARIS_CENTRE, "collegue@exemple.fr"))
    assert colleague.post(f"{PREVIEW}/liens/{number_of(shared)}/retirer", data={}).status_code == 303
    assert Client(app).get(shared).status_code == 410


def test_who_administers_sees_links_beside_the_access_that_made_them_and_takes_them_back(
    hub: Hub, app: Service, centre: Client
) -> None:
    shared = make_link(centre)
    admin = signed_in(hub, app, Grant("admin@exemple.fr", "admin"))
    page = read(admin, "/moderation/acces")
    assert "Lien d'aperçu, CAP cuisine" in page
    assert shared not in page
    form = {"acte": "retirer", "lien": number_of(shared)}
    assert admin.post("/moderation/acces", data=form).status_code == 303
    assert Client(app).get(shared).status_code == 410
    assert "Lien d'aperçu, CAP cuisine" not in read(admin, "/moderation/acces")
    assert admin.post("/moderation/acces", data=form).status_code == 422
    moderator = signed_in(hub, app)
    assert moderator.post("/moderation/acces", data=form).status_code == 403


def test_a_link_taken_back_says_so_at_once(app: Service, centre: Client) -> None:
    shared = make_link(centre)
    number = number_of(shared)
    stop = f"{PREVIEW}/liens/{number}/retirer"
    assert centre.post(stop, data={}).status_code == 303
    assert centre.post(stop, data={}).status_code == 422
    gone = Client(app).get(shared)
    assert gone.status_code == 410
    assert "a été retiré" in unescape(gone.text)
    assert gone.headers["x-robots-tag"] == "noindex, nofollow"
    page = read(centre, PREVIEW)
    assert "retiré" in page
    assert shared not in page


def test_a_forged_link_opens_nothing(app: Service, centre: Client) -> None:
    shared = make_link(centre)
    for token in ("nimporte", links.sign(["x" * 40], links.new_id()), links.sign([KEY], links.new_id())):
        assert Client(app).get(f"/apercu/{token}").status_code == 404
        assert Client(app).get(f"/apercu/{token}/cadre").status_code == 404
    assert Client(app).get(f"{shared[:-4]}AAAA").status_code == 404


def test_links_survive_a_change_of_keys() -> None:
    token = links.sign(["old"], "abc")
    assert links.read(["new", "old"], token) == "abc"
    with pytest.raises(PreviewError):
        links.read(["new"], token)


def test_a_link_needs_one_to_ninety_days_and_what_was_typed_is_given_back(centre: Client) -> None:
    for days in ("", "0", "91", "-1", "un mois", "1.5", "²", "9" * 9):
        refused = centre.post(f"{PREVIEW}/liens?{OF_CUISINE}", data={"jours": days})
        assert refused.status_code == 422
        assert "de 1 à 90" in unescape(refused.text)
        assert f'value="{days or 30}"' in unescape(refused.text)
    assert "Aucun lien en cours" in read(centre, PREVIEW)


def test_days_are_read_as_typed() -> None:
    assert [read_days(text) for text in ("1", " 30 ", "90")] == [1, 30, 90]


def test_a_centre_keeps_so_many_links_and_no_more(centre: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(store, "MOST_LINKS", 2)
    for _ in range(2):
        make_link(centre)
    full = centre.post(f"{PREVIEW}/liens", data={"jours": "3"})
    assert full.status_code == 422
    assert "déjà 2 liens" in unescape(full.text)
