"""Public statistics, and the desk's page of fairness: what they say, to whom, and what they keep quiet."""

import csv
import io
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndication import doctor
from syndication.app import Service
from syndication.context import Hub
from syndication.database import writing
from syndication.fairness.figures import CentreFlow, Gathered, Waiting, withheld
from syndication.fairness.statistics import NBSP, Cell, statistics
from syndication.fairness.views import file_of
from syndication.moderation import store as moderation
from syndication.moderation.decide import REASONS
from syndication.partners import store as partners
from tests.conftest import LYON_CENTRE, PARIS_CENTRE
from tests.helpers import Client, Clock
from tests.syndication.test_cfa import centre_person
from tests.syndication.test_desk import signed_in
from tests.syndication.test_publication import publish_everything

Answer = Callable[..., None]
TABLES = (
    "textes", "delais", "notes", "motifs", "mois", "centres", "reponses", "doutes", "participation", "usages"
)  # fmt: skip
NOTHING_WAITS = Waiting(0, None, 0, None)


def read(client: Client, path: str = "/statistiques") -> str:
    page = client.get(path)
    assert page.status_code == 200
    return unescape(page.text).replace(NBSP, " ")


def rows(client: Client, name: str) -> list[list[str]]:
    """A table as a French spreadsheet reads it."""
    answer = client.get(f"/statistiques/{name}.csv")
    assert answer.status_code == 200
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))


def refuse(hub: Hub, count: int, reason: str = "vide") -> None:
    with writing(hub.engine).begin() as connection:
        for text in moderation.waiting(connection, count):
            moderation.record_decision(connection, text.id, text.version, "refuse", reason, "lea", hub.clock())


def gathered(**changed: object) -> Gathered:
    values: dict[str, object] = {
        "today": date(2026, 11, 24), "ratings": {}, "months": {}, "listed": {}, "centres": [],
        "waiting": NOTHING_WAITS, "doubts": {},
        "campaigns": {"campagnes": 0, "en_cours": 0, "centres": 0}, "covered": {"formations": 0, "centres": 0},
        "served": {},
    }  # fmt: skip
    return Gathered(**{**values, **changed})  # type: ignore[arg-type]


def test_an_empty_service_says_so_and_every_table_can_be_had(client: Client) -> None:
    page = read(client)
    assert "Aucun texte n'est encore arrivé" in page
    for name in TABLES:
        assert f'id="{name}"' in page
        rows(client, name)
    assert client.get("/statistiques/autre.csv").status_code == 404


def test_what_is_received_is_the_sum_of_its_states_and_all_is_told(
    hub: Hub, client: Client, clock: Clock, answer: Answer
) -> None:
    answer(13)
    clock.moment += timedelta(days=3)
    refuse(hub, 5)
    with writing(hub.engine).begin() as connection:
        for text in moderation.waiting(connection, 20):
            moderation.record_decision(connection, text.id, text.version, "publie", None, "lea", hub.clock())
    page = read(client)
    assert "26 textes reçus : 20 publiés, 5 refusés, 1 en attente" in page
    assert "La moitié sont décidés en 3 jours" in page
    assert "Le plus ancien qui attend est arrivé il y a 3 jours" in page
    told = {row[0]: row[1] for row in rows(client, "textes")[1:]}
    states = ("publiés", "refusés", "en attente d'être lus", "à réécrire par leur auteur", "archivés",
              "retirés par leur auteur")  # fmt: skip
    assert int(told["reçus"]) == sum(int(told[state]) for state in states) == 26
    assert rows(client, "motifs")[1][:2] == [REASONS["vide"], "5"]
    assert rows(client, "notes")[1] == ["bien", "26", "20", "5", "20", "8,9 à 39,1 %"]
    assert rows(client, "centres")[1] == ["CFA Exemple des Batignolles, Paris", "25", "5", "20", "8,9 à 39,1 %", "3"]
    taking_part = dict(rows(client, "participation")[1:])
    assert taking_part["campagnes ouvertes depuis le début"] == "1"
    assert taking_part["formations d'au moins 5 répondants"] == "1"


def test_statistics_are_counted_anew_after_five_minutes(hub: Hub, client: Client, clock: Clock, answer: Answer) -> None:
    assert "Aucun texte" in read(client)
    answer(6)
    assert "Aucun texte" in read(client)
    clock.moment += timedelta(minutes=5)
    assert "12 textes reçus" in read(client)
    assert client.get("/statistiques").headers["cache-control"] == "public, max-age=300"


def test_what_was_served_is_told_by_month(hub: Hub, client: Client, clock: Clock) -> None:
    with writing(hub.engine).begin() as connection:
        for day, counts in (
            (date(2026, 11, 3), {("widget", 0): 1200, ("avis", 0): 30}),
            (date(2026, 10, 9), {("widget", 0): 7, ("badge", 0): 2, ("summaries", 0): 5}),
            (date(2024, 1, 1), {("widget", 0): 99}),
        ):
            partners.add_usage(connection, day, counts)
    assert rows(client, "usages")[1:] == [["2026-11", "1200", "0", "0", "30"], ["2026-10", "7", "2", "0", "5"]]


def told(name: str, **changed: object) -> list[list[str]]:
    """The cells of a table, as people read them."""
    table = statistics(gathered(**changed), REASONS, 5).table(name)
    assert table is not None
    return [[cell.text for cell in row] for row in table.rows]


def centres(*counts: Mapping[str, int]) -> dict[str, object]:
    """Centres with these counts."""
    flows = [CentreFlow(number, "", f"CFA {number}", "", one) for number, one in enumerate(counts)]
    return {"centres": flows, "listed": {one.id: one.counts for one in flows}}


HIDDEN = "non dit"
BIG, MIDDLE, SMALL = (
    {"recu": 40, "publie": 33, "refuse": 7, "delai.1": 40}, {"recu": 9, "publie": 8, "refuse": 1, "delai.2": 9},
    {"recu": 4, "publie": 3, "refuse": 1, "delai.3": 4},
)  # fmt: skip


def test_a_small_rating_and_the_smallest_other_are_not_told() -> None:
    found = told("notes", ratings={"bien": BIG, "moyen": MIDDLE, "mal": SMALL})
    assert found[0][1:4] == ["40", "33", "7"]
    assert found[1][1:] == found[2][1:] == [HIDDEN] * 5
    assert found[3][1] == "0"


def test_nothing_is_withheld_of_ratings_that_are_large_enough() -> None:
    found = told("notes", ratings={"bien": BIG, "moyen": MIDDLE, "mal": MIDDLE})
    assert [row[1] for row in found] == ["40", "9", "9", "0"]


def test_small_ratings_that_make_a_small_number_together_take_another_with_them() -> None:
    two = {"recu": 2, "publie": 2}
    found = told("notes", ratings={"bien": BIG, "moyen": MIDDLE, "mal": two, "": {"recu": 1, "refuse": 1}})
    assert [row[1] for row in found] == ["40", HIDDEN, HIDDEN, HIDDEN]


def test_ratings_that_nobody_gave_hide_with_the_only_one_that_was_given() -> None:
    assert [row[1] for row in told("notes", ratings={"mal": SMALL})] == [HIDDEN] * 4


def test_delays_of_a_small_rating_are_not_the_total_less_those_told() -> None:
    found = told("delais", ratings={"bien": BIG, "moyen": MIDDLE, "mal": SMALL})
    assert [row[:2] for row in found] == [["tous", "53"], ["bien", "40"]]


def test_a_rating_that_is_not_told_is_not_compared() -> None:
    small = {"recu": 4, "publie": 4}
    bad = {"recu": 30, "publie": 1, "refuse": 29}
    good = {"recu": 99, "publie": 99}
    assert "sont refusés plus" in statistics(gathered(ratings={"bien": good, "mal": bad}), REASONS, 5).verdict
    ratings = {"bien": good, "moyen": small, "mal": bad}
    assert "Trop peu" in statistics(gathered(ratings=ratings), REASONS, 5).verdict


def test_a_small_month_and_the_smallest_other_are_not_told() -> None:
    months = {"2026-11": SMALL, "2026-10": BIG, "2026-09": MIDDLE, "2026-08": {"recu": 0}}
    found = told("mois", months=months)
    assert [row[1] for row in found] == [HIDDEN, "40", HIDDEN]
    assert found[0][1:] == found[2][1:] == [HIDDEN] * 6


def test_few_refusals_of_a_centre_take_those_of_another_with_them() -> None:
    few, some, many = {"publie": 21, "refuse": 2}, {"publie": 20, "refuse": 5}, {"publie": 20, "refuse": 20}
    total = {"bien": {"recu": 88, "publie": 61, "refuse": 27}}
    found = told("centres", ratings=total, **centres(few, some, many))
    assert [row[1:5] for row in found[:2]] == [[HIDDEN] * 4] * 2
    assert found[2][1:4] == ["40", "20", f"50{NBSP}%"]
    elsewhere = {"bien": {"recu": 98, "publie": 61, "refuse": 37}}
    found = told("centres", ratings=elsewhere, **centres(few, some, many))
    assert [row[2] for row in found] == [HIDDEN, "5", "20"]
    assert [row[1] for row in found] == [HIDDEN, "25", "40"], "published texts are counted by anybody"


def test_centres_without_a_name_that_decided_little_are_not_the_total_less_those_named() -> None:
    named = ({"publie": 30, "refuse": 10}, {"publie": 20, "refuse": 5})
    total = {"bien": {"recu": 69, "publie": 53, "refuse": 16}}
    found = told("centres", ratings=total, **centres(*named))
    assert [row[1] for row in found] == ["40", HIDDEN]
    assert [row[2] for row in found] == ["10", HIDDEN]


def test_a_page_of_some_centres_withholds_what_the_file_of_all_does() -> None:
    few, some, many = {"publie": 21, "refuse": 2}, {"publie": 20, "refuse": 9}, {"publie": 20, "refuse": 20}
    total = {"bien": {"recu": 92, "publie": 61, "refuse": 31}}
    everything = centres(many, some, few)
    file = told("centres", ratings=total, **everything)
    flows = everything["centres"]
    assert isinstance(flows, list)
    assert [row[2] for row in file] == ["20", HIDDEN, HIDDEN]
    assert told("centres", ratings=total, **{**everything, "centres": flows[:2]}) == file[:2]


@given(
    st.dictionaries(st.integers(0, 20), st.integers(0, 30)), st.integers(0, 30), st.sets(st.integers(0, 20), max_size=2)
)
def test_a_total_less_what_is_told_isolates_no_small_number(
    counts: dict[int, int], rest: int, already: set[int]
) -> None:
    hidden = withheld(counts, rest, already)
    shown = {line: count for line, count in counts.items() if line not in hidden}
    left = sum(counts.values()) + rest - sum(shown.values())
    assert {line for line in already if line in counts} <= hidden
    assert not any(0 < count < 5 for count in shown.values())
    assert left == 0 or left >= 5 or not shown
    assert len(hidden) != 1 or rest or left == 0 or not shown


def test_a_centre_is_named_with_enough_texts_and_respondents_alone(hub: Hub, client: Client, answer: Answer) -> None:
    answer(9)
    answer(11, centre=LYON_CENTRE)
    publish_everything(hub)
    assert [row[0] for row in rows(client, "centres")[1:]] == ["CFA Exemple de la Croix-Rousse, Lyon"]


def test_files_neutralise_formulas_and_quote_what_separates() -> None:
    bad = CentreFlow(1, "", '=HYPERLINK("x");1', "", {"publie": 30, "recu": 30})
    found = gathered(centres=[bad], listed={1: bad.counts}, ratings={"bien": bad.counts})
    table = statistics(found, REASONS, 5).table("centres")
    assert table is not None
    line = list(csv.reader(io.StringIO(file_of(table).decode("utf-8-sig")), delimiter=";"))[1]
    assert line[0] == '\'=HYPERLINK("x");1'
    assert line[1:3] == ["30", "0"]


def test_numbers_are_written_the_french_way() -> None:
    total = {"bien": {"recu": 12345, "publie": 12345}}
    table = statistics(gathered(ratings=total), REASONS, 5).table("textes")
    assert table is not None
    assert table.rows[0][1] == Cell("12\u202f345", 12345)


@pytest.mark.parametrize("path", ["/", "/methode", "/integrer"])
def test_statistics_are_linked_from_everywhere(client: Client, path: str) -> None:
    assert 'href="/statistiques"' in client.get(path).text


# -- the desk --------------------------------------------------------------------------------------------------------


def test_fairness_is_for_who_moderates(hub: Hub, app: Service, answer: Answer) -> None:
    answer(10)
    publish_everything(hub)
    moderator = signed_in(hub, app)
    page = read(moderator, "/moderation/equite")
    assert "20 textes reçus = 20 publiés + 0 refusé + 0 en attente" in page
    assert "CFA Exemple des Batignolles" in page
    assert 'href="/moderation/equite"' in moderator.get("/moderation").text
    assert Client(app).get("/moderation/equite").status_code == 401
    for number, centre in enumerate((PARIS_CENTRE, LYON_CENTRE)):
        person = signed_in(hub, app, centre_person(hub, centre, f"c{number}@exemple.fr"))
        assert person.get("/moderation/equite").status_code == 403


def test_centres_are_sorted_without_scripts(hub: Hub, app: Service, answer: Answer) -> None:
    answer(12)
    answer(10, centre=LYON_CENTRE)
    refuse(hub, 4)
    publish_everything(hub)
    moderator = signed_in(hub, app)

    def order(wanted: str) -> list[str]:
        page = read(moderator, f"/moderation/equite?tri={wanted}")
        names = ("Batignolles", "Croix-Rousse")
        return sorted(names, key=page.index)

    assert order("nom") == order("n'importe") == ["Croix-Rousse", "Batignolles"]
    assert order("decides") == ["Batignolles", "Croix-Rousse"]
    assert 'aria-sort="descending"' in read(moderator, "/moderation/equite?tri=refus")


@pytest.mark.parametrize(
    ("days", "level", "words"),
    [(10, "", ""), (11, "alerte", "il reste 19 jours"), (24, "alerte", "il reste 6 jours"),
     (25, "alarme", "il reste 5 jours"), (31, "alarme", "le mois promis à son auteur est passé")],
)  # fmt: skip
def test_the_desk_warns_before_a_month_of_waiting(
    hub: Hub, app: Service, clock: Clock, answer: Answer, days: int, level: str, words: str
) -> None:
    answer(1)
    clock.moment += timedelta(days=days)
    page = read(signed_in(hub, app), "/moderation")
    assert (f'class="warning {level}"' in page) is bool(level)
    assert words in page
    assert f"Le plus ancien attend depuis {days} jours" in page


def test_the_doctor_tells_of_a_queue_that_ages(hub: Hub, clock: Clock, answer: Answer) -> None:
    answer(2)
    clock.moment += timedelta(days=10)
    assert doctor.unread(hub) == []
    clock.moment += timedelta(days=1)
    (fault,) = doctor.unread(hub)
    assert fault.startswith("4 texte(s) attendent d'être lus, le plus ancien depuis 11 jours")
    assert "SIRIUS_WAITING_DAYS : 10" in fault


def test_days_of_waiting_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    from syndication.errors import ConfigurationError
    from syndication.settings import Settings

    monkeypatch.setenv("SIRIUS_WAITING_DAYS", "15")
    assert Settings.from_environment().waiting_days == 15
    monkeypatch.setenv("SIRIUS_WAITING_DAYS", "31")
    with pytest.raises(ConfigurationError, match="SIRIUS_WAITING_DAYS"):
        Settings.from_environment()
