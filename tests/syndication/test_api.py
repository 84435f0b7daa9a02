"""The JSON API: shapes, problems, batches."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import event

from collector.door import default_questionnaire
from syndication.context import Hub
from tests.conftest import CUISINE, LYON_CENTRE, PARIS_CENTRE
from tests.helpers import Client
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
    statements: list[str] = []
    hub.engine.dispose()
    event.listen(hub.engine, "connect", lambda driver, _: driver.set_trace_callback(statements.append))
    keys = ",".join([f"{CUISINE}@{PARIS_CENTRE}", *(f"RNCP{n}" for n in range(38380, 38479))])
    assert client.get(f"/api/v1/resumes?cles={keys}").status_code == 200
    asked = [one for one in statements if not one.startswith(("BEGIN", "ROLLBACK", "PRAGMA", "--"))]
    assert len(asked) == 1


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
    assert unknown["lectures"] == [{"schema": "cfd", "valeur": "99999999"}]
    assert "aucune formation connue" in unknown["raison"]
