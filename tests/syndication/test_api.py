"""The JSON API: shapes, problems, batches."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from collector.door import default_questionnaire
from syndication.api.operations import OPERATIONS
from syndication.app import Service
from syndication.catalogue import importer
from syndication.catalogue.facts import CentreFact, CodeFact, Fact, FormationFact, OfferFact, RenewalFact
from syndication.catalogue.store import note_catalogue_change
from syndication.context import Hub
from syndication.database import writing
from syndication.partners import store as partners
from tests.conftest import CUISINE, LYON_CENTRE, PARIS_CENTRE
from tests.databases import statements_of
from tests.helpers import Client, Clock
from tests.syndication.test_publication import publish_everything

Answer = Callable[..., None]
AVIS_KEYS = {
    "formation", "etablissement", "portee", "repondants", "retenus", "invites", "taux_reponse", "periode", "fiabilite",
    "satisfaction", "notes", "choix", "verbatims", "regles", "source", "mis_a_jour_le",
}  # fmt: skip
VERBATIM_KEYS = {
    "id", "question", "texte", "publie_le", "experience", "sujets", "pepite", "utile", "etablissement", "reponse",
    "donne_sous",
}  # fmt: skip


def test_avis_has_the_shape_that_was_promised(hub: Hub, client: Client, answer: Answer) -> None:
    answer(20)
    publish_everything(hub)
    response = client.get(f"/api/v1/avis?formation={CUISINE}&etablissement={PARIS_CENTRE}")
    assert response.headers["content-type"] == "application/json"
    assert response.headers["access-control-allow-origin"] == "*"
    avis = response.json()
    assert set(avis) == AVIS_KEYS
    assert avis["formation"]["intitule"] == "CAP cuisine"
    assert avis["formation"]["niveau"] == 3
    assert avis["formation"]["codes"]["rncp"] == ["RNCP38430"]
    assert avis["etablissement"] == {
        "uai": PARIS_CENTRE, "siret": "00000001800010", "nom": "CFA Exemple des Batignolles", "commune": "Paris",
    }  # fmt: skip
    assert avis["portee"] == {
        "demandee": "formation@etablissement", "servie": "formation@etablissement", "etablissements": 1,
    }  # fmt: skip
    assert (avis["repondants"], avis["invites"], avis["taux_reponse"]) == (20, 20, 1.0)
    assert avis["periode"] == {"debut": "2026-11", "fin": "2026-11"}
    assert avis["satisfaction"]["sans_reponse"] == 0
    assert set(avis["verbatims"]["extraits"][0]) == VERBATIM_KEYS
    assert avis["regles"] == {
        "controle": True, "tri": "plus récents d'abord", "url": "http://127.0.0.1:8000/methode",
    }  # fmt: skip
    assert datetime.fromisoformat(avis["mis_a_jour_le"]).utcoffset() is not None


def test_every_scale_and_public_choice_is_listed_under_its_key(client: Client, answer: Answer) -> None:
    answer(10)
    avis = client.get(f"/api/v1/avis?formation={CUISINE}").json()
    scales = [row.key for q in default_questionnaire().questions() for row in q.rows]
    assert set(scales) < {note["cle"] for note in avis["notes"]}
    assert "satisfaction" not in {note["cle"] for note in avis["notes"]}
    assert {choice["cle"] for choice in avis["choix"]} == {
        "avant", "pourquoi", "aide_cfa", "comment_trouver", "difficultes", "droits", "aide_entreprise",
    }  # fmt: skip
    found = next(choice for choice in avis["choix"] if choice["cle"] == "comment_trouver")
    assert found["repondants"] == 10
    assert {o["cle"]: (o["nombre"], o["part"]) for o in found["options"] if o["nombre"]} == {
        "seul": (10, 100), "cfa": (10, 100),
    }  # fmt: skip
    for note in avis["notes"]:
        assert note["groupe"] == note["cle"].partition(".")[0]
        assert sum(note[value]["part"] for value in ("bien", "moyen", "mal")) == 100


def test_a_known_formation_without_answers_is_a_200(client: Client) -> None:
    avis = client.get("/api/v1/avis?formation=50022137")
    assert avis.status_code == 200
    assert (avis.json()["repondants"], avis.json()["mis_a_jour_le"]) == (0, None)


@pytest.mark.parametrize(
    ("url", "status", "at_fault"),
    [
        ("/api/v1/avis", 400, "formation"),
        ("/api/v1/avis?formation=", 400, "formation"),
        ("/api/v1/avis?formation=50022146&couleur=bleu", 400, "couleur"),
        ("/api/v1/avis?formation=1&formation=2", 400, "formation"),
        ("/api/v1/avis?formation=%00%ff", 400, "formation"),
        ("/api/v1/avis?formation=" + "9" * 300, 400, "formation"),
        ("/api/v1/avis?formation=x&etablissement=0751234K", 400, "formation"),
        ("/api/v1/avis?formation=50022146&etablissement=0751234K", 400, "etablissement"),
        ("/api/v1/avis?formation=99999999", 404, "formation"),
        ("/api/v1/avis?formation=50022146&etablissement=0010856A", 404, "etablissement"),
        ("/api/v1/resumes", 400, "cles"),
        ("/api/v1/resumes?cles=,,", 400, "cles"),
        ("/api/v1/resumes?cles=" + ",".join(f"RNCP{n}" for n in range(101)), 400, "cles"),
        ("/api/v1/resolution", 400, "code"),
        ("/api/v1/nulle-part", 404, None),
        ("/api", 404, None),
        ("/api/v2/avis", 404, None),
    ],
)
def test_every_error_is_a_problem_that_names_its_cause(
    client: Client, url: str, status: int, at_fault: str | None
) -> None:
    response = client.get(url)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["access-control-allow-origin"] == "*"
    problem = response.json()
    assert problem["status"] == status
    assert {"type", "title", "detail"} < set(problem)
    if at_fault:
        assert problem["errors"][0]["parametre"] == at_fault


def test_other_methods_are_refused_as_problems(client: Client) -> None:
    for method in ("POST", "PUT", "DELETE"):
        response = client.request(method, "/api/v1/avis?formation=50022146")
        assert response.status_code == 405
        assert response.headers["content-type"] == "application/problem+json"


def test_a_preflight_is_answered(client: Client) -> None:
    response = client.request("OPTIONS", "/api/v1/avis", headers={"origin": "https://ailleurs.example"})
    assert response.status_code == 204
    assert response.headers["access-control-allow-methods"] == "GET"
    assert "access-control-allow-credentials" not in response.headers


# -- resumes ---------------------------------------------------------------------------------------------------------

KEYS = (
    f"{CUISINE}@{PARIS_CENTRE},RNCP38430,@{PARIS_CENTRE},FOR.1210@{LYON_CENTRE},certifinfo:104239,"
    "zzz,99999999,@0010856A"
)


def test_summaries_say_what_avis_says(client: Client, answer: Answer) -> None:
    answer(12)
    answer(6, formation="50022139")
    answer(2, centre=LYON_CENTRE, satisfaction=["mal"])
    body = client.get(f"/api/v1/resumes?cles={KEYS}").json()
    assert len(body["data"]) == 5
    for summary in body["data"]:
        formation, _, centre = summary["cle"].partition("@")
        asked = {"formation": formation, "etablissement": centre}
        avis = client.get("/api/v1/avis", params={name: value for name, value in asked.items() if value}).json()
        assert summary["portee"]["servie"] == avis["portee"]["servie"]
        for key in ("repondants", "invites", "taux_reponse", "fiabilite", "satisfaction"):
            assert summary[key] == avis[key], (summary["cle"], key)
    assert {one["cle"] for one in body["inconnues"]} == {"zzz", "99999999", "@0010856A"}
    assert all(one["raison"] for one in body["inconnues"])


def test_summaries_take_one_statement_however_many_keys(hub: Hub, client: Client, answer: Answer) -> None:
    answer(6)
    statements = statements_of(hub.engine)
    keys = ",".join([f"{CUISINE}@{PARIS_CENTRE}", *(f"RNCP{n}" for n in range(38380, 38479))])
    assert client.get(f"/api/v1/resumes?cles={keys}").status_code == 200
    asked = [one for one in statements if not one.startswith(("BEGIN", "ROLLBACK", "PRAGMA", "--"))]
    assert len(asked) == 1


@pytest.mark.sqlite
def test_summaries_look_at_no_figures_but_those_of_what_is_asked(hub: Hub, client: Client, answer: Answer) -> None:
    statements = statements_of(hub.engine)
    assert client.get(f"/api/v1/resumes?cles={KEYS}").status_code == 200
    (asked,) = [one for one in statements if "FROM scope" in one]
    with hub.engine.connect() as connection:
        plan = [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}")]
    searches = [line for line in plan if line.startswith("SEARCH t ")]
    assert searches == ["SEARCH t USING PRIMARY KEY (formation_id=? AND centre_id=?)"] * 2


def test_the_date_of_summaries_is_that_of_the_keys_asked_for(
    client: Client, answer: Answer, clock: Clock, catch_up: Callable[[], None]
) -> None:
    answer(6)
    clock.moment += timedelta(hours=5)
    answer(6, formation="50025524", centre=LYON_CENTRE)
    catch_up()
    for keys in (CUISINE, f"@{PARIS_CENTRE}", f"{CUISINE}@{PARIS_CENTRE}"):
        summaries = client.get(f"/api/v1/resumes?cles={keys}").json()
        assert summaries["mis_a_jour_le"] == client.get(f"/api/v1/avis?formation={CUISINE}").json()["mis_a_jour_le"]
    assert client.get("/api/v1/resumes?cles=50022137").json()["mis_a_jour_le"] is None


def test_the_order_of_keys_does_not_matter(client: Client, answer: Answer) -> None:
    answer(6)
    one, two = (client.get(f"/api/v1/resumes?cles={keys}") for keys in ("RNCP38430,50033616", "50033616,RNCP38430"))
    assert one.content == two.content
    assert one.headers["etag"] == two.headers["etag"]


def test_summaries_follow_new_answers(client: Client, answer: Answer, catch_up: Callable[[], None]) -> None:
    urls = [f"/api/v1/resumes?cles={key}" for key in (CUISINE, f"@{PARIS_CENTRE}", "RNCP37553")]
    before = [client.get(url).json()["data"][0]["repondants"] for url in urls]
    answer(7)
    catch_up()
    after = [client.get(url).json()["data"][0]["repondants"] for url in urls]
    assert (before, after) == ([0, 0, 0], [7, 7, 7])


# -- resolution ------------------------------------------------------------------------------------------------------


def resolution(client: Client, code: str) -> Any:
    response = client.get("/api/v1/resolution", params={"code": code})
    assert response.status_code == 200
    return response.json()


def test_resolution_tells_how_a_code_was_read_and_what_came_after(client: Client) -> None:
    found = resolution(client, "FOR.1210")
    assert found["lu_comme"] == {"schema": "onisep", "valeur": "FOR.1210"}
    assert found["formation"]["codes"]["cfd"] == ["50022139"]
    assert [one["codes"]["cfd"] for one in found["codes_ulterieurs"]] == [["50022146"]]
    assert found["codes_anterieurs"] == []


def test_resolution_tells_why_a_code_failed(client: Client) -> None:
    unread, unknown = resolution(client, "hélas"), resolution(client, "cfd:99999999")
    assert (unread["formation"], unread["lectures"]) == (None, [])
    assert "aucun code connu" in unread["raison"]
    assert unknown["lectures"] == [{"schema": "cfd", "valeur": "99999999", "existe": False, "issu_de": None}]
    assert "aucune formation connue" in unknown["raison"]


def test_resolution_reads_centres_too_and_says_what_could_be_either(
    hub: Hub, client: Client, catch_up: Callable[[], None]
) -> None:
    centre = resolution(client, PARIS_CENTRE)
    assert centre["lu_comme"] == {"schema": "uai", "valeur": PARIS_CENTRE}
    assert (centre["formation"], centre["etablissement"]["commune"]) == (None, "Paris")
    assert [(one["schema"], one["existe"]) for one in centre["lectures"]] == [("cfd", False), ("uai", True)]
    with writing(hub.engine).begin() as connection:
        facts: list[Fact] = [
            FormationFact(f"cfd:{PARIS_CENTRE}", "Un diplôme au code malheureux", 1),
            CodeFact(f"cfd:{PARIS_CENTRE}", "cfd", PARIS_CENTRE),
        ]
        importer.keep(connection, facts, "essai", hub.clock())
        importer.link_lineages(connection)
        note_catalogue_change(connection, hub.clock())
    catch_up()
    either = resolution(client, PARIS_CENTRE)
    assert (either["formation"], either["etablissement"]) == (None, None)
    assert len(either["candidats"]) == 2
    assert resolution(client, f"cfd:{PARIS_CENTRE}")["formation"]["intitule"] == "Un diplôme au code malheureux"
    assert resolution(client, f"uai:{PARIS_CENTRE}")["etablissement"]["uai"] == PARIS_CENTRE


# -- places ----------------------------------------------------------------------------------------------------------

MANAGER = "0010856A"


@pytest.fixture
def managed(hub: Hub) -> None:
    """A centre that answers for the formation taught at the Paris one."""
    with writing(hub.engine).begin() as connection:
        importer.keep(connection, [CentreFact(MANAGER, "Chambre des métiers imaginaire", 1)], "essai", hub.clock())
        place = OfferFact("cfd", CUISINE, MANAGER, "gestionnaire", place=PARIS_CENTRE)
        importer.keep(connection, [place], "essai", hub.clock())


def test_a_centre_that_manages_leads_to_the_place_everywhere_and_it_is_said(
    client: Client, answer: Answer, managed: None
) -> None:
    answer(6)
    avis = client.get(f"/api/v1/avis?formation={CUISINE}&etablissement={MANAGER}").json()
    assert (avis["etablissement"]["uai"], avis["repondants"]) == (PARIS_CENTRE, 6)
    assert avis["portee"] == {
        "demandee": "formation@etablissement", "servie": "formation@etablissement", "etablissements": 1,
        "role": "gestionnaire",
        "etablissement_demande": {"uai": MANAGER, "nom": "Chambre des métiers imaginaire"},
    }  # fmt: skip
    (summary,) = client.get(f"/api/v1/resumes?cles={CUISINE}@{MANAGER}").json()["data"]
    assert (summary["etablissement"]["uai"], summary["repondants"]) == (PARIS_CENTRE, 6)
    assert summary["portee"]["role"] == "gestionnaire"
    assert summary["portee"]["etablissement_demande"] == avis["portee"]["etablissement_demande"]


# -- verbatims -------------------------------------------------------------------------------------------------------


def test_verbatims_come_page_by_page_with_the_filters_of_the_widget(hub: Hub, client: Client, answer: Answer) -> None:
    answer(7)
    publish_everything(hub)
    url = f"/api/v1/verbatims?formation={CUISINE}"
    whole = client.get(url).json()
    assert whole["pagination"] == {"page_index": 0, "page_size": 20, "page_count": 1, "total": 14}
    assert len(whole["data"]) == 14
    assert {"portee", "regles", "source", "mis_a_jour_le"} < set(whole)
    pages = [client.get(f"{url}&page_size=4&page_index={number}").json() for number in range(5)]
    assert [len(page["data"]) for page in pages] == [4, 4, 4, 2, 0]
    assert {page["pagination"]["page_count"] for page in pages} == {4}
    assert pages[4]["pagination"]["page_index"] == 4
    assert [text["id"] for page in pages for text in page["data"]] == [text["id"] for text in whole["data"]]
    narrowed = client.get(f"{url}&question=changement").json()
    assert {text["question"]["cle"] for text in narrowed["data"]} == {"changement"}
    assert narrowed["pagination"]["total"] == 7
    assert client.get(f"{url}&tri=utile").json()["regles"]["tri"] == "plus utiles d'abord"


def test_verbatims_below_the_threshold_are_none(hub: Hub, client: Client, answer: Answer) -> None:
    answer(4)
    publish_everything(hub)
    page = client.get(f"/api/v1/verbatims?formation={CUISINE}").json()
    assert (page["data"], page["pagination"]["total"]) == ([], 0)


@pytest.mark.parametrize(
    ("query", "at_fault"),
    [
        ("page_size=0", "page_size"), ("page_size=101", "page_size"), ("page_size=x", "page_size"),
        ("page_index=-1", "page_index"), ("page_index=501", "page_index"),
        ("page_index=500&page_size=100", "page_index"),
        ("question=inconnue", "question"), ("question=satisfaction", "question"), ("sujet=inconnu", "sujet"),
        ("tri=hasard", "tri"), ("q=" + "x" * 101, "q"), ("q=%00", "q"),
    ],
)  # fmt: skip
def test_parameters_of_verbatims_are_checked(client: Client, query: str, at_fault: str) -> None:
    refused = client.get(f"/api/v1/verbatims?formation={CUISINE}&{query}")
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["parametre"] == at_fault


def test_questions_are_those_behind_the_figures(hub: Hub, client: Client, answer: Answer) -> None:
    answer(10)
    publish_everything(hub)
    asked = {one["cle"]: one for one in client.get("/api/v1/questions").json()["data"]}
    avis = client.get(f"/api/v1/avis?formation={CUISINE}").json()
    for note in avis["notes"]:
        assert asked[note["cle"]]["genre"] == "echelle"
        assert asked[note["cle"]]["libelle"] == note["libelle"]
        assert [option["cle"] for option in asked[note["cle"]]["options"]] == ["bien", "moyen", "mal"]
    for choice in avis["choix"]:
        assert [o["cle"] for o in asked[choice["cle"]]["options"]] == [o["cle"] for o in choice["options"]]
    assert {text["question"]["cle"] for text in avis["verbatims"]["extraits"]} <= {
        key for key, one in asked.items() if one["genre"] == "texte"
    }
    assert asked["satisfaction"]["versions"] == ["2026-1"]


def test_every_read_has_an_etag_and_answers_304(hub: Hub, client: Client, answer: Answer) -> None:
    answer(6)
    with writing(hub.engine).begin() as connection:
        key = partners.add(connection, "Catalogue", (), hub.clock())
    queries = {
        "/api/v1/avis": f"formation={CUISINE}", "/api/v1/verbatims": f"formation={CUISINE}",
        "/api/v1/resumes": f"cles={CUISINE}", "/api/v1/resolution": f"code={CUISINE}",
    }  # fmt: skip
    headers = {"authorization": f"Bearer {key}", "accept-encoding": "gzip"}
    for path in (*(one.path for one in OPERATIONS if "exports" not in one.path), "/api/v1/openapi.json"):
        url = f"{path}?{queries.get(path, '')}"
        first = client.get(url, headers=headers)
        again = client.get(url, headers={**headers, "if-none-match": first.headers["etag"]})
        assert (first.status_code, again.status_code, again.content) == (200, 304, b""), path
        assert client.get(url, headers={**headers, "if-none-match": '"autre"'}).status_code == 200
    assert client.get("/api/v1/openapi.json", headers=headers).headers["content-encoding"] == "gzip"
    assert client.get("/api/v1/openapi.json?x=1").status_code == 400


def test_what_came_before_and_after_follows_renewals_not_dates(
    hub: Hub, client: Client, catch_up: Callable[[], None]
) -> None:
    chain = ["10000001", "10000002", "10000003"]
    with writing(hub.engine).begin() as connection:
        facts: list[Fact] = []
        for place, code in enumerate(chain):  # the eldest says that it opened last
            facts += [FormationFact(f"cfd:{code}", f"Diplôme {place}", 1, opened_on=date(2020 - place, 9, 1))]
            facts += [CodeFact(f"cfd:{code}", "cfd", code)]
        facts += [RenewalFact("cfd", old, new) for old, new in pairwise(chain)]
        importer.keep(connection, facts, "essai", hub.clock())
        importer.link_lineages(connection)
        note_catalogue_change(connection, hub.clock())
    catch_up()
    for place, code in enumerate(chain):
        told = resolution(client, code)
        former, newer = (
            {number for one in told[name] for number in one["codes"]["cfd"]}
            for name in ("codes_anterieurs", "codes_ulterieurs")
        )
        assert (former, newer) == (set(chain[:place]), set(chain[place + 1 :]))


# -- the document ----------------------------------------------------------------------------------------------------


def checked(document: Any, path: str, status: int) -> Any:
    """What validates an answer of the document."""
    answer = document["paths"][path]["get"]["responses"][str(status)]
    if "$ref" in answer:
        answer = document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    schema = next(iter(answer["content"].values()))["schema"]
    registry = Registry().with_resource("doc:", DRAFT202012.create_resource(document))
    pointed = json.loads(json.dumps(schema).replace('"#/', '"doc:#/'))
    return Draft202012Validator(pointed, registry=registry)


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/api/v1/avis", f"formation={CUISINE}", 200),
        ("/api/v1/avis", f"formation={CUISINE}&etablissement={PARIS_CENTRE}", 200),
        ("/api/v1/avis", f"etablissement={PARIS_CENTRE}", 200),
        ("/api/v1/avis", f"formation={CUISINE}&etablissement={LYON_CENTRE}", 200),
        ("/api/v1/avis", "formation=50022137", 200),
        ("/api/v1/avis", "formation=zzz", 400),
        ("/api/v1/avis", "formation=99999999", 404),
        ("/api/v1/verbatims", f"etablissement={PARIS_CENTRE}&page_size=3", 200),
        ("/api/v1/resumes", f"cles={KEYS}", 200),
        ("/api/v1/resolution", "code=50022139", 200),
        ("/api/v1/resolution", f"code={PARIS_CENTRE}", 200),
        ("/api/v1/resolution", "code=rien", 200),
        ("/api/v1/questions", "", 200),
        ("/api/v1/changements", "", 200),
        ("/api/v1/changements", "depuis=x", 400),
        ("/api/v1/usage", "", 200),
    ],
)
def test_every_answer_is_what_the_document_says_field_by_field(
    hub: Hub, client: Client, answer: Answer, catch_up: Callable[[], None], path: str, query: str, status: int
) -> None:
    """Schemas allow no other field: what is not public has no way out."""
    answer(12)
    publish_everything(hub)
    catch_up()
    with writing(hub.engine).begin() as connection:
        key = partners.add(connection, "Catalogue", (), hub.clock())
    response = client.get(f"{path}?{query}", headers={"authorization": f"Bearer {key}"})
    assert response.status_code == status
    document = client.get("/api/v1/openapi.json").json()
    checked(document, path, status).validate(response.json())


def test_every_line_of_an_export_is_what_the_document_says(
    hub: Hub, client: Client, answer: Answer, catch_up: Callable[[], None]
) -> None:
    answer(12)
    publish_everything(hub)
    catch_up()
    with writing(hub.engine).begin() as connection:
        key = partners.add(connection, "Catalogue", (), hub.clock())
    document = client.get("/api/v1/openapi.json").json()
    for name, noun in (("avis", "AvisPublie"), ("verbatims", "VerbatimPublie")):
        answered = client.get(f"/api/v1/exports/{name}.ndjson", headers={"authorization": f"Bearer {key}"})
        registry = Registry().with_resource("doc:", DRAFT202012.create_resource(document))
        validator = Draft202012Validator({"$ref": f"doc:#/components/schemas/{noun}"}, registry=registry)
        lines = answered.text.splitlines()
        assert lines
        for line in lines:
            validator.validate(json.loads(line))
        assert answered.headers["x-sirius-curseur"]


def test_the_document_lists_what_is_served_and_nothing_else(app: Service, client: Client) -> None:
    document = client.get("/api/v1/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    validate(document)
    for path, item in document["paths"].items():
        assert set(item) == {"get"}
        assert client.get(path).status_code in {200, 400, 401}
    assert set(document["paths"]) == {one.path for one in OPERATIONS}


def test_no_schema_lets_an_unknown_field_through(client: Client) -> None:
    schemas = client.get("/api/v1/openapi.json").json()["components"]["schemas"]
    for name, schema in schemas.items():
        if schema["type"] == "object":
            assert schema["additionalProperties"] is False, name


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/v1", "/api/v1/rien", "/api/v9/avis", "/api/v1/avis/", "/api/v1/exports/"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "DELETE"])
def test_unknown_paths_are_problems_too(client: Client, path: str, method: str) -> None:
    answered = client.request(method, path)
    assert answered.status_code in {404, 405}
    assert answered.headers["content-type"] == "application/problem+json"
