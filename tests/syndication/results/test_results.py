"""A centre's results: beside its region's and the nation's, by year, as files; three personas on every route."""

import csv
import io
from collections.abc import Callable
from html import unescape
from typing import Any

import openpyxl
import pypdf
import pytest

from collector.door import Answers
from syndication import ratings, worker
from syndication.accounts import store as accounts
from syndication.accounts.store import Grant
from syndication.context import Hub
from syndication.database import writing
from syndication.results import reading, store
from syndication.results.disclosure import Limits
from syndication.reviews import store as reviews
from syndication.scopes import store as scopes
from tests.conftest import CUISINE, LYON_CENTRE, PARIS_CENTRE
from tests.helpers import Client, Clock
from tests.syndication.test_cfa import centre_person
from tests.syndication.test_desk import signed_in

Answer = Callable[..., None]
HERE = f"/cfa/{PARIS_CENTRE}/resultats"
NEAR, FAR = "9990005B", "9990006C"
FILES = tuple(f"{HERE}/resultats.{kind}" for kind in ("csv", "xlsx", "pdf"))


def said(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, (url, answer.status_code)
    return unescape(answer.text)


def table(client: Client, query: str = "", path: str = HERE) -> dict[str, dict[str, str]]:
    """The CSV of results, by question."""
    text = client.get(f"{path}/resultats.csv{query}").content.decode("utf-8-sig")
    return {row["Clé"]: row for row in csv.DictReader(io.StringIO(text), delimiter=";")}


@pytest.fixture
def space(hub: Hub, app: Any) -> Client:
    return signed_in(hub, app, centre_person(hub, PARIS_CENTRE))


def test_figures_are_there_from_the_fifth_answer_and_stand_still_until_five_more(space: Client, answer: Answer) -> None:
    answer(4)
    assert "Pas encore de chiffres" in said(space, HERE)
    assert table(space) == {}
    answer(1)
    looks = [table(space)]
    assert looks[0]["satisfaction"]["Bien"] == "5"
    for _ in range(4):
        answer(1, satisfaction=["mal"])
        looks.append(table(space))
    assert all(look == looks[0] for look in looks)
    answer(1, satisfaction=["moyen"])
    row = table(space)["satisfaction"]
    assert (row["Bien"], row["Moyen"], row["Mal"]) == ("5", "1", "4")


def test_five_who_all_said_mal_are_not_told_before_somebody_says_otherwise(space: Client, answer: Answer) -> None:
    answer(7, cfa=["mal"])
    assert "cfa" not in table(space)
    answer(1, cfa=["moyen"])
    assert table(space)["cfa"]["Mal"] == "7"


def test_no_file_moves_between_two_looks_when_the_page_does_not(space: Client, answer: Answer) -> None:
    answer(12)
    before = [space.get(path).content for path in (FILES[0], FILES[2])]
    sheet = openpyxl.load_workbook(io.BytesIO(space.get(FILES[1]).content)).worksheets[0]
    answer(3)
    assert [space.get(path).content for path in (FILES[0], FILES[2])] == before
    again = openpyxl.load_workbook(io.BytesIO(space.get(FILES[1]).content)).worksheets[0]
    assert [[c.value for c in row] for row in again] == [[c.value for c in row] for row in sheet]


def test_a_withdrawal_is_not_seen_alone_either(hub: Hub, space: Client, answer: Answer) -> None:
    answer(12)
    before = table(space)
    with hub.engine.connect() as connection:
        source = connection.exec_driver_sql("SELECT source_id FROM review LIMIT 1").scalar_one()
        stored, version, month = reviews.answers_of(connection, source) or ({}, "", None)
    told = Answers(stored["scales"], {key: tuple(values) for key, values in stored["choices"].items()})
    counts = ratings.counts_of(told, hub.collector.questionnaire(version), month)
    with writing(hub.engine).begin() as connection:
        assert reviews.withdraw_review(connection, source, counts, hub.clock())
    worker.work_once(hub)
    assert table(space) == before


def test_years_add_up_to_no_small_remainder(hub: Hub, app: Any, answer: Answer, clock: Clock) -> None:
    answer(3)
    clock.moment = clock.moment.replace(year=2027, month=11)
    answer(6)
    space = signed_in(hub, app, centre_person(hub, PARIS_CENTRE))
    page = said(space, HERE)
    assert "2027-2028" in page
    assert "2026-2027" not in page  # three of them only
    whole, year = table(space), table(space, "?annee=2027")
    assert int(whole["cfa"]["Réponses"]) - int(year["cfa"]["Réponses"]) == 0
    assert table(space, "?annee=2026") == {}


def test_a_school_year_is_read_as_it_is_named_and_one_that_is_none_keeps_the_formation(
    space: Client, answer: Answer
) -> None:
    answer(10)
    year = f"?formation={CUISINE}&annee=2026"
    assert table(space, f"{year}-2027") == table(space, year) != {}
    assert "CAP cuisine, année scolaire 2026-2027" in said(space, f"{HERE}{year}-2027")
    for wrong in ("2026-2028", "26", "2026-", "2026-27"):
        refused = space.get(f"{HERE}?formation={CUISINE}&annee={wrong}")
        page = unescape(refused.text)
        assert refused.status_code == 422
        assert f"«\u00a0{wrong}\u00a0» n'est pas une année scolaire\u00a0: elle s'écrit 2025 ou 2025-2026." in page
        assert "CAP cuisine, toutes les années." in page
    both = unescape(space.get(f"{HERE}?formation=99999999&annee=2026").text)
    assert "Toutes les formations, année scolaire 2026-2027." in both


def test_evolution_is_told_by_school_year(hub: Hub, app: Any, answer: Answer, clock: Clock) -> None:
    answer(15)
    clock.moment = clock.moment.replace(year=2027, month=11)
    answer(15, cfa=["mal"])
    space = signed_in(hub, app, centre_person(hub, PARIS_CENTRE))
    page = said(space, HERE)
    assert "2027-2028" in page
    assert "2026-2027" in page
    assert "moins souvent «\u00a0bien\u00a0»" in page
    assert table(space, "?annee=2027")["cfa"]["Mal"] == "15"


def test_a_formation_is_told_beside_the_nation_and_a_difference_only_where_it_is_established(
    space: Client, answer: Answer
) -> None:
    answer(30, satisfaction=["bien"])
    answer(30, centre=LYON_CENTRE, satisfaction=["mal"])
    rows = table(space, f"?formation={CUISINE}")
    assert rows["satisfaction"]["France, bien"] == "50"
    assert rows["satisfaction"]["France, comparaison"] == "plus souvent «\u00a0bien\u00a0» qu'en France"
    assert rows["cfa"]["France, comparaison"] == "pas de différence établie avec la France"
    page = said(space, f"{HERE}?formation={CUISINE}")
    assert "plus souvent «\u00a0bien\u00a0» qu'en France" in page
    assert "pas de différence établie avec la France" in page


def test_a_region_is_told_from_three_centres_on(space: Client, answer: Answer) -> None:
    answer(12)
    answer(12, centre=NEAR)
    assert "Île-de-France, bien" not in next(iter(table(space).values()))
    answer(12, centre=FAR)
    assert next(iter(table(space).values()))["Île-de-France, réponses"] == "36"


def test_a_year_of_the_nation_is_told_from_three_centres_on(space: Client, answer: Answer, clock: Clock) -> None:
    answer(12)
    answer(12, centre=LYON_CENTRE)
    year = f"?formation={CUISINE}&annee=2026"
    assert "France, réponses" not in table(space, year)["cfa"]  # less one's own, it would be the other centre's
    assert table(space, f"?formation={CUISINE}")["cfa"]["France, réponses"] == "24"  # as anybody may read
    answer(12, centre=FAR)
    assert table(space, year)["cfa"]["France, réponses"] == "36"


def test_what_makes_no_sense_is_said_and_everything_is_shown(space: Client, answer: Answer) -> None:
    answer(6)
    for query in ("?formation=nimporte", "?annee=hier", "?formation=99999999"):
        shown = space.get(HERE + query)
        assert shown.status_code == 422
        assert "Voici tous vos résultats." in shown.text
        assert space.get(f"{FILES[0]}{query}").status_code == 404
    assert space.get(f"{HERE}/resultats.exe").status_code == 404
    assert space.get(f"{HERE}/autre.csv").status_code == 404


def test_a_centre_without_answers_or_offers_is_told_what_to_wait_for(space: Client) -> None:
    assert "Il faut au moins 5 réponses" in said(space, HERE)
    for path in FILES:
        assert space.get(path).status_code == 200


@pytest.mark.parametrize("path", [HERE, *FILES])
def test_a_neighbour_and_a_stranger_get_nothing(hub: Hub, app: Any, answer: Answer, path: str) -> None:
    answer(6)
    neighbour = Grant("voisin@exemple.fr", "cfa", centre_person(hub, LYON_CENTRE).centre_id)
    assert signed_in(hub, app, neighbour).get(path).status_code == 403
    assert signed_in(hub, app).get(path).status_code == 403
    assert Client(app).get(path).status_code == 401
    assert signed_in(hub, app, centre_person(hub, PARIS_CENTRE)).get(path).status_code == 200


def test_looking_changes_nothing(hub: Hub, space: Client, answer: Answer) -> None:
    answer(7)

    def dump() -> list[Any]:
        with hub.engine.connect() as connection:
            return list(connection.exec_driver_sql("SELECT * FROM reading ORDER BY 1, 2, 3").fetchall())

    before = dump()
    for path in (HERE, *FILES):
        space.get(path)
    assert dump() == before


def test_the_workbook_and_the_document_tell_what_the_page_tells(space: Client, answer: Answer) -> None:
    answer(12)
    workbook = openpyxl.load_workbook(io.BytesIO(space.get(f"{FILES[1]}?formation={CUISINE}").content))
    assert workbook.sheetnames[0] == "Questions"
    head, *rows = workbook.worksheets[0].iter_rows(values_only=True)
    told = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
    assert told["satisfaction"]["Bien"] == 12
    assert told["satisfaction"]["Bien, part"] == 100
    document = pypdf.PdfReader(io.BytesIO(space.get(f"{FILES[2]}?formation={CUISINE}").content))
    text = "".join(page.extract_text() for page in document.pages)
    assert "CAP cuisine" in text
    assert "La satisfaction générale" in text
    assert "Intervalle" in text
    assert "76 à 100 %" in " ".join(text.split())
    assert "Sans réponse" not in text


def test_a_centre_named_like_a_formula_leaves_no_formula(hub: Hub, app: Any, answer: Answer) -> None:
    with writing(hub.engine).begin() as connection:
        connection.exec_driver_sql(f"UPDATE centre SET name = '=HYPERLINK(1)' WHERE uai = '{PARIS_CENTRE}'")
    answer(6)
    observer = signed_in(hub, app, Grant("obs@exemple.fr", "observer", None, "nation"))
    line = observer.get("/observatoire/fichiers/centres.csv").content.decode("utf-8-sig").splitlines()[1]
    assert "'=HYPERLINK" in line


def test_tables_sort_by_links_and_say_how(space: Client, answer: Answer) -> None:
    answer(12)
    page = said(space, f"{HERE}?tri=-bien")
    assert 'aria-sort="descending"' in page
    assert f'href="{HERE}?tri=bien#tableau"' in page
    assert 'aria-sort="ascending"' in said(space, f"{HERE}?tri=question")
    assert "aria-sort" not in said(space, f"{HERE}?tri=nimporte")


def test_the_readings_of_a_renewed_diploma_are_told_together(hub: Hub, space: Client, answer: Answer) -> None:
    answer(6)
    answer(7, formation="50022139")
    assert table(space, f"?formation={CUISINE}")["cfa"]["Réponses"] == "13"


def test_a_centre_s_total_is_the_sum_of_its_formations(hub: Hub, space: Client, answer: Answer) -> None:
    answer(6)
    answer(9, formation="50033616")
    answer(3, formation="50025524")  # too few: they wait, and no subtraction finds them
    parts = [table(space, f"?formation={code}") for code in (CUISINE, "50033616", "50025524")]
    total = int(table(space)["cfa"]["Réponses"])
    assert total == sum(int(part["cfa"]["Réponses"]) for part in parts if part) == 15


# -- observers -------------------------------------------------------------------------------------------------------


def observer(hub: Hub, app: Any, *scopes: str) -> Client:
    with writing(hub.engine).begin() as connection:
        for scope in scopes[1:]:
            accounts.grant(connection, Grant("obs@exemple.fr", "observer", None, scope), "essai", hub.clock())
    return signed_in(hub, app, Grant("obs@exemple.fr", "observer", None, scopes[0]))


OBSERVED = (
    "/observatoire", "/observatoire/fichiers/resultats.csv", "/observatoire/fichiers/resultats.xlsx",
    "/observatoire/fichiers/centres.csv", f"/observatoire/centres/{PARIS_CENTRE}",
    f"/observatoire/centres/{PARIS_CENTRE}/resultats.csv",
)  # fmt: skip


@pytest.mark.parametrize("path", OBSERVED)
def test_observers_alone_see_the_observatory(hub: Hub, app: Any, answer: Answer, path: str) -> None:
    answer(6)
    assert Client(app).get(path).status_code == 401
    assert signed_in(hub, app).get(path).status_code == 403
    assert signed_in(hub, app, centre_person(hub, PARIS_CENTRE)).get(path).status_code == 403
    assert observer(hub, app, "region:Île-de-France").get(path).status_code == 200


def test_an_observer_sees_their_scope_and_nothing_else(hub: Hub, app: Any, answer: Answer) -> None:
    answer(6, satisfaction=["bien"])
    answer(12, centre=LYON_CENTRE, satisfaction=["moyen"])
    client = observer(hub, app, "region:Île-de-France")
    page = said(client, "/observatoire")
    assert "CFA Exemple des Batignolles" in page
    assert "Croix-Rousse" not in page
    rows = table(client, path="/observatoire/fichiers")
    assert (rows["satisfaction"]["Bien"], rows["satisfaction"]["France, réponses"]) == ("6", "18")
    for path in (f"/observatoire/centres/{LYON_CENTRE}", f"/observatoire/centres/{LYON_CENTRE}/resultats.csv"):
        assert client.get(path).status_code == 403
    for asked in ("nation", "region:Bretagne", "departement:69"):
        assert client.get(f"/observatoire?portee={asked}").status_code == 403
        assert client.get(f"/observatoire/fichiers/resultats.csv?portee={asked}").status_code == 403
    assert client.get("/observatoire/centres/nimporte").status_code == 403


def test_somebody_may_observe_several_scopes(hub: Hub, app: Any, answer: Answer) -> None:
    answer(6)
    answer(6, centre=LYON_CENTRE)
    client = observer(hub, app, "departement:75", "nation")
    assert "Paris (75)" in said(client, "/observatoire")
    assert table(client, "?portee=nation", "/observatoire/fichiers")["cfa"]["Réponses"] == "12"
    assert table(client, "?portee=departement:75", "/observatoire/fichiers")["cfa"]["Réponses"] == "6"


def test_an_opco_is_its_formations_wherever_they_are_taught(hub: Hub, app: Any, answer: Answer) -> None:
    with writing(hub.engine).begin() as connection:
        scopes.replace_opcos(connection, [("Akto", "RNCP38430")])
    answer(6)
    answer(8, formation="50033616", centre=LYON_CENTRE)
    client = observer(hub, app, "opco:Akto", "opco:Inconnu")
    page = said(client, "/observatoire?portee=opco:Akto")
    assert "CAP cuisine" in page
    assert "coiffure" not in page
    assert table(client, "?portee=opco:Akto", "/observatoire/fichiers")["cfa"]["Réponses"] == "6"
    assert table(client, "?portee=opco:Akto&formation=50033616", "/observatoire/fichiers") == {}
    unknown = said(client, "/observatoire?portee=opco:Inconnu")
    assert "Aucun centre n'est connu ici" in unknown


def test_a_centre_seen_by_two_scopes_tells_what_either_lets_see(hub: Hub, app: Any, answer: Answer) -> None:
    answer(6)
    answer(12, formation="50033616")
    with writing(hub.engine).begin() as connection:
        scopes.replace_opcos(connection, [("Akto", "RNCP38430")])
    base = f"/observatoire/centres/{PARIS_CENTRE}"
    alone = said(observer(hub, app, "opco:Akto"), base)
    assert "Formations de OPCO Akto, toutes les années" in alone
    assert 'value="50033616"' not in alone
    both = said(observer(hub, app, "opco:Akto", "departement:75"), base)
    assert "Toutes les formations, toutes les années" in both
    assert 'value="50033616"' in both


def test_an_observer_s_list_says_who_takes_part_and_hides_small_numbers(hub: Hub, app: Any, answer: Answer) -> None:
    answer(12)
    answer(3, centre=LYON_CENTRE)
    client = observer(hub, app, "nation")
    page = said(client, "/observatoire?tri=-repondants")
    assert "moins de 5" in page
    assert page.index("Batignolles") < page.index("Croix-Rousse")
    text = client.get("/observatoire/fichiers/centres.csv?portee=nation").content.decode("utf-8-sig")
    rows = {row["Centre"]: row for row in csv.DictReader(io.StringIO(text), delimiter=";")}
    assert rows["CFA Exemple des Batignolles"]["Répondants"] == "12"
    assert rows["CFA Exemple de la Croix-Rousse"]["Répondants"] == ""


def test_a_centre_of_an_observer_is_told_with_its_files(hub: Hub, app: Any, answer: Answer) -> None:
    answer(12)
    client = observer(hub, app, "departement:75")
    page = said(client, f"/observatoire/centres/{PARIS_CENTRE}?formation={CUISINE}")
    assert "CAP cuisine" in page
    rows = table(client, f"?formation={CUISINE}", f"/observatoire/centres/{PARIS_CENTRE}")
    assert rows["cfa"]["Réponses"] == "12"
    assert client.get(f"/observatoire/centres/{PARIS_CENTRE}/resultats.pdf").content.startswith(b"%PDF")


def test_years_account_for_exactly_what_is_counted(hub: Hub, answer: Answer) -> None:
    answer(7)
    with hub.engine.connect() as connection:
        (formation, centre), *_ = connection.exec_driver_sql("SELECT formation_id, centre_id FROM review").fetchall()
        documents = {document.version: document for document in hub.collector.questionnaires()}
        by_year = reading.counted_by_year(connection, documents, formation, centre)
        whole = store.counted(connection, formation, centre)
    assert {axis: list(years) for axis, years in by_year.items()} == {axis: ["2026"] for axis in whole}
    assert {axis: years["2026"] for axis, years in by_year.items()} == whole


def test_a_reading_is_taken_only_when_the_tally_says_that_it_may_move(hub: Hub, answer: Answer) -> None:
    answer(6)
    limits = Limits()
    with hub.engine.connect() as connection:
        (formation, centre), *_ = connection.exec_driver_sql("SELECT formation_id, centre_id FROM review").fetchall()
    documents = {document.version: document for document in hub.collector.questionnaires()}
    assert not reading.take_reading(hub.engine, documents, formation, centre, limits, hub.clock().date())
    assert worker.take_readings(hub) == 0
