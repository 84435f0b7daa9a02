"""The table of routes and roles: who gets what of every route of the service.

A new route takes one line of TABLE (the failure of the first test says which). Everybody who is not named by ``who``
gets 401 when they are nobody, 403 otherwise, and changes nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import text
from starlette.routing import Route

from syndication.accounts import signin
from syndication.accounts import store as accounts
from syndication.accounts.store import Grant
from syndication.app import Service
from syndication.catalogue import store as catalogue
from syndication.catalogue.codes import Code
from syndication.context import Hub
from syndication.database import writing
from tests.conftest import CUISINE, LYON_CENTRE, PARIS_CENTRE
from tests.databases import digest
from tests.helpers import Client

Answer = Callable[..., None]
PERSONAS: dict[str, tuple[Grant, ...]] = {
    "stranger": (),
    "moderator": (Grant("moderation@exemple.fr", "moderator"),),
    "admin": (Grant("admin@exemple.fr", "admin"),),
    "referent": (Grant("referent@exemple.fr", "referent"),),
    "observer": (Grant("observe@exemple.fr", "observer", None, "region:Île-de-France"),),
    "owner": (Grant("paris@exemple.fr", "cfa", 1),),
    "neighbour": (Grant("lyon@exemple.fr", "cfa", 2),),
    "both": (Grant("deux@exemple.fr", "cfa", 1), Grant("deux@exemple.fr", "cfa", 2)),
    "many": (Grant("trois@exemple.fr", "moderator"), Grant("trois@exemple.fr", "cfa", 2)),
}
"""Who comes: centre 1 stands for the one that pages name (``owner``), 2 for another (``neighbour``)."""
ANYONE = frozenset(PERSONAS)
SIGNED_IN = ANYONE - {"stranger"}
DESK = frozenset({"moderator", "admin", "many"})
ADMIN = frozenset({"admin"})
REFERENTS = frozenset({"referent", "admin"})
OBSERVERS = frozenset({"observer"})
ANY_CENTRE = frozenset({"owner", "neighbour", "both", "many"})
CENTRE = frozenset({"owner", "both"})
VALUES = {
    "centre": PARIS_CENTRE, "verbatim": "inconnu", "review": "inconnu", "id": "inconnu", "token": "inconnu",
    "code": CUISINE, "name": "sirius.css", "campaign": "inconnue", "question": "1", "number": "1", "file": "1.js",
    "rest": "inconnu", "link": "inconnu", "doubt": "1", "alert": "1", "text": "inconnu",
}  # fmt: skip
"""What stands in the place of a path's parameters."""


@dataclass(frozen=True)
class Line:
    """A route: who is let in, what they get (``status``), and with what it is asked (query or form)."""

    method: str
    path: str
    who: frozenset[str] = ANYONE
    status: int = 200
    ask: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)

    def expected(self, persona: str) -> int:
        if persona in self.who:
            return self.status
        return 401 if persona == "stranger" else 403

    def address(self, values: dict[str, str]) -> str:
        path = self.path
        for name, value in values.items():
            for kind in ("", ":path", ":int"):
                path = path.replace(f"{{{name}{kind}}}", value)
        return path


def get(path: str, who: frozenset[str] = ANYONE, status: int = 200, **values: str) -> Line:
    return Line("GET", path, who, status, values=values)


def post(path: str, who: frozenset[str] = ANYONE, status: int = 422, form: dict[str, str] | None = None) -> Line:
    """What is posted is empty unless ``form`` is given: whoever may is told what is missing."""
    return Line("POST", path, who, status, form or {})


TABLE = (
    # -- the desk
    get("/moderation", DESK),
    post("/moderation/reponses/{review}", DESK),
    post("/moderation/centres/{verbatim}", DESK),
    post("/moderation/{verbatim}", DESK),
    get("/moderation/lot", DESK),
    post("/moderation/lot", DESK),
    post("/moderation/lot/annuler", DESK, 200),
    get("/moderation/textes/{verbatim}", DESK),
    post("/moderation/{verbatim}/alerte", DESK),
    post("/moderation/{verbatim}/annuler", DESK),
    post("/moderation/{verbatim}/masques", DESK),
    post("/moderation/{verbatim}/pepite", DESK),
    post("/moderation/{verbatim}/sujets", DESK),
    get("/moderation/verifier", DESK),
    get("/moderation/centres", DESK),
    get("/moderation/centres/questions", DESK),
    post("/moderation/centres/questions/{question:int}", DESK),
    post("/moderation/centres/textes/{text}", DESK),
    post("/moderation/centres/textes/{text}/alerte", DESK),
    post("/moderation/centres/campagnes/{campaign}", DESK, 404),
    get("/moderation/doutes", DESK),
    post("/moderation/doutes/{doubt:int}", DESK),
    get("/moderation/alertes", REFERENTS),
    post("/moderation/alertes/{alert:int}", REFERENTS),
    get("/moderation/equite", DESK),
    get("/moderation/partenaires", ADMIN),
    post("/moderation/partenaires", ADMIN),
    get("/moderation/participation", DESK),
    get("/moderation/participation.csv", DESK),
    get("/moderation/acces", ADMIN),
    post("/moderation/acces", ADMIN),
    get("/moderation/acces/journal", ADMIN),
    # -- centres
    get("/cfa", ANY_CENTRE),
    get("/cfa/{centre}", CENTRE),
    get("/cfa/{centre}/avis", CENTRE),
    get("/cfa/{centre}/avis/{verbatim}", CENTRE, 404),
    post("/cfa/{centre}/avis/{verbatim}", CENTRE),
    post("/cfa/{centre}/avis/{verbatim}/retirer", CENTRE),
    post("/cfa/{centre}/avis/{verbatim}/doute", CENTRE),
    get("/cfa/{centre}/apercu", CENTRE),
    get("/cfa/{centre}/apercu/cadre", CENTRE),
    post("/cfa/{centre}/apercu/liens", CENTRE),
    post("/cfa/{centre}/apercu/liens/{link}/retirer", CENTRE),
    get("/cfa/{centre}/campagnes", CENTRE),
    get("/cfa/{centre}/campagnes/nouvelles", CENTRE),
    post("/cfa/{centre}/campagnes/nouvelles", CENTRE),
    get("/cfa/{centre}/campagnes/{campaign}", CENTRE),
    get("/cfa/{centre}/campagnes/{campaign}/{file}", CENTRE, file="affiche.pdf"),
    post("/cfa/{centre}/campagnes/{campaign}/fermer", CENTRE, 303),
    post("/cfa/{centre}/campagnes/{campaign}/invitations", CENTRE, 400),
    post("/cfa/{centre}/campagnes/{campaign}/liens.pdf", CENTRE),
    post("/cfa/{centre}/campagnes/{campaign}/prolonger", CENTRE),
    get("/cfa/{centre}/questions", CENTRE),
    post("/cfa/{centre}/questions", CENTRE),
    post("/cfa/{centre}/questions/{question:int}", CENTRE),
    post("/cfa/{centre}/questions/{question:int}/retirer", CENTRE),
    get("/cfa/{centre}/resultats", CENTRE),
    get("/cfa/{centre}/resultats/{file}", CENTRE, file="resultats.csv"),
    get("/cfa/{centre}/equipe", CENTRE),
    post("/cfa/{centre}/equipe", CENTRE),
    get("/apercu/{token}", ANYONE, 404),
    get("/apercu/{token}/cadre", ANYONE, 404),
    # -- observers
    get("/observatoire", OBSERVERS),
    get("/observatoire/centres/{centre}", OBSERVERS),
    get("/observatoire/centres/{centre}/{file}", OBSERVERS, file="resultats.csv"),
    get("/observatoire/fichiers/{file}", OBSERVERS, file="centres.csv"),
    # -- people
    get("/connexion"),
    post("/connexion"),
    get("/connexion/{token}", ANYONE, 404),
    post("/connexion/{token}", ANYONE, 404),
    get("/compte", SIGNED_IN),
    post("/compte", SIGNED_IN),
    get("/mails/{token}", ANYONE, 404),
    post("/mails/{token}", ANYONE, 404),
    get("/rejoindre"),
    post("/rejoindre"),
    get("/rejoindre/{token}", ANYONE, 404),
    post("/rejoindre/{token}", ANYONE, 404),
    post("/deconnexion", ANYONE, 303),
    # -- respondents
    get("/r", ANYONE, 404),
    post("/r", ANYONE, 404),
    post("/r/auteur", ANYONE, 404),
    get("/r/apercu"),
    post("/r/apercu", ANYONE, 303),
    get("/r/{token}", ANYONE, 404),
    get("/r/{token}/", ANYONE, 404),
    get("/c/{token}", ANYONE, 404),
    post("/c/{token}", ANYONE, 404),
    get("/d/{token}", ANYONE, 404),
    post("/d/{token}", ANYONE, 404),
    # -- the public
    get("/"),
    get("/formations/{code:path}"),
    get("/etablissements/{code}", code=PARIS_CENTRE),
    get("/etablissements/{code}/points-forts", code=PARIS_CENTRE),
    get("/bonnes-pratiques"),
    get("/sitemap.xml"),
    get("/integrer"),
    get("/static/{name}"),
    get("/docs/api"),
    get("/robots.txt"),
    get("/sante"),
    get("/pret"),
    get("/metrics"),
    get("/methode"),
    get("/statistiques"),
    get("/statistiques/{name}.csv", name="textes"),
    get("/accessibilite"),
    get("/donnees-personnelles"),
    get("/mentions-legales"),
    # -- widgets and the API
    *(Line("GET", path, ask={"formation": CUISINE}) for path in (
        "/widget", "/widget/badge.svg", "/widget/scores", "/widget/course", "/api/v1/avis", "/api/v1/verbatims",
    )),
    get("/oembed", ANYONE, 404),
    post("/widget/utile", ANYONE, 303),
    Line("GET", "/api/v1/resumes", ask={"cles": f"RNCP38430@{PARIS_CENTRE}"}),
    get("/widget/{file}"),
    Line("GET", "/api/v1/resolution", ask={"code": CUISINE}),
    get("/api/v1/questions"),
    get("/api/v1/openapi.json"),
    *(get(f"/api/v1/{path}", ANYONE, 401) for path in (
        "changements", "exports/avis.ndjson", "exports/avis.csv", "exports/verbatims.ndjson", "exports/verbatims.csv",
    )),
    get("/api/v1/usage", ANYONE, 401),
    get("/api", ANYONE, 404),
    get("/api/{rest:path}", ANYONE, 404),
)  # fmt: skip


@pytest.fixture
def world(hub: Hub, answer: Answer) -> dict[str, str]:
    """A centre with answers and texts, a neighbour with its own; gives what stands in paths."""
    answer(2)
    answer(1, centre=LYON_CENTRE)
    with hub.engine.connect() as connection:
        found = connection.execute(text(
            "SELECT v.id, v.review_id, r.campaign_id FROM verbatim v JOIN review r ON r.id = v.review_id "
            "JOIN centre c ON c.id = v.centre_id WHERE c.uai = :uai ORDER BY v.id"
        ), {"uai": PARIS_CENTRE}).first()  # fmt: skip
    assert found is not None
    return {"verbatim": found[0], "review": found[1], "campaign": found[2]}


def test_every_route_has_its_line(app: Service) -> None:
    told = {(line.method, line.path) for line in TABLE}
    there = set(routes(app.routes))
    missing = [
        f'{method} {path}: add {method.lower()}("{path}", WHO) to TABLE in {__name__}'
        for method, path in sorted(there - told)
    ]
    assert not missing, "\n".join(
        ["lines to add to TABLE of tests/syndication/test_access.py, with who may:", *missing]
    )
    assert not told - there, "the table tells of routes that are gone"
    assert len(told) == len(TABLE), "a route has two lines"


@pytest.mark.parametrize("persona", PERSONAS)
def test_each_gets_what_the_table_says_and_who_may_not_changes_nothing(
    hub: Hub, app: Service, world: dict[str, str], persona: str
) -> None:
    browser, wrong = signed_in_as(hub, app, persona), []
    before = dump(hub)
    for line in TABLE:
        if line.method == "GET":
            wrong += fault(browser, line, persona, world)
    assert dump(hub) == before, "a GET changed something"
    for line in sorted(TABLE, key=lambda line: line.path == "/deconnexion"):
        if line.method == "POST":
            wrong += fault(browser, line, persona, world)
            after = dump(hub)
            assert after == before or line.expected(persona) < 400, f"{line.path} changed something for {persona}"
            before = after
    assert not wrong, "\n".join(wrong)


def test_an_access_that_was_ended_opens_nothing(hub: Hub, app: Service, world: dict[str, str]) -> None:
    browser = signed_in_as(hub, app, "both")
    page = f"/cfa/{PARIS_CENTRE}"
    assert browser.get(page).status_code == 200
    with writing(hub.engine).begin() as connection:
        known = accounts.person_by_email(connection, "deux@exemple.fr")
        assert known is not None
        assert accounts.end_access(connection, known.accesses[0].id, "essai", hub.clock())
    assert browser.get(page).status_code == 403
    assert browser.get(f"/cfa/{LYON_CENTRE}").status_code == 200
    with writing(hub.engine).begin() as connection:
        assert accounts.end_access(connection, known.accesses[1].id, "essai", hub.clock())
    assert browser.get(f"/cfa/{LYON_CENTRE}").status_code == 401


def routes(given: Any) -> Iterator[tuple[str, str]]:
    """Method and path of each route; a HEAD is answered as its GET, an OPTIONS says only that anybody may ask."""
    for route in given:
        assert isinstance(route, Route), f"{route} is no plain route: this table cannot walk it"
        for method in route.methods or ():
            if method not in {"HEAD", "OPTIONS"}:
                yield method, route.path


def signed_in_as(hub: Hub, app: Service, persona: str) -> Client:
    """A browser in which a persona has signed in, with every access they have."""
    browser, link = Client(app, hub.settings.public_url), ""
    with hub.engine.connect() as connection:
        ids = {
            number: catalogue.centres_by_code(connection, Code("uai", uai))[0].id
            for number, uai in ((1, PARIS_CENTRE), (2, LYON_CENTRE))
        }
    for one in PERSONAS[persona]:
        given = Grant(one.email, one.role, ids[one.centre_id] if one.centre_id else None, one.scope)
        link = signin.make_link(hub.engine, "", given, hub.clock())
    if link:
        assert browser.post(link).status_code == 303
    return browser


def fault(browser: Client, line: Line, persona: str, world: dict[str, str]) -> list[str]:
    """What is wrong with what a persona gets, in a line; empty when it is as the table says."""
    address = line.address({**VALUES, **world, **line.values})
    if line.method == "GET":
        got = browser.get(address, params=line.ask or None).status_code
    else:
        got = browser.post(address, data=line.ask).status_code
    wanted = line.expected(persona)
    return [] if got == wanted else [f"{line.method} {line.path}: {persona} got {got}, the table says {wanted}"]


def dump(hub: Hub) -> str:
    """What tells whether anything in either database changed."""
    return digest(hub.settings.collector.database_url) + digest(hub.settings.database_url)


ASKED = (
    "q", "page", "apres", "sujet", "etablissement", "formation", "question", "tri", "portee", "centre", "region",
    "campagne", "etat", "signal", "ouvertes", "vers", "depuis", "cles", "code", "page_index", "annee", "retour", "role",
)  # fmt: skip
"""Names that queries and forms may bear."""


@pytest.mark.parametrize("persona", ["admin", "observer", "many", "both"])
@pytest.mark.parametrize("value", ["\0", "9" * 40], ids=["a character that no text holds", "a number beyond all"])
def test_what_no_database_holds_breaks_no_route(
    hub: Hub, app: Service, world: dict[str, str], persona: str, value: str
) -> None:
    browser, broken = signed_in_as(hub, app, persona), []
    everywhere = {**dict.fromkeys(VALUES, quote(value)), "centre": PARIS_CENTRE}
    told = dict.fromkeys(ASKED, value)
    for line in sorted(TABLE, key=lambda line: line.path == "/deconnexion"):
        for address in (line.address(everywhere), line.address({**VALUES, **world, **line.values})):
            data = {"data": {**line.ask, **told}} if line.method == "POST" else {}
            got = browser.request(line.method, address, params=told, **data).status_code
            broken += [f"{line.method} {line.path}: {got}"] if got >= 500 else []
    assert broken == []
