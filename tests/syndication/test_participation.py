"""Which centres take part: counted in one statement, sorted by links, filtered, taken away."""

import csv
import io
import re
from collections.abc import Callable
from html import unescape
from time import perf_counter
from typing import Any

import pytest
from sqlalchemy import event, insert

from syndication.accounts.store import Grant
from syndication.app import Service
from syndication.catalogue import store as catalogue
from syndication.context import Hub
from syndication.database import writing
from syndication.participation import store
from syndication.participation.store import SORTS, Asked
from syndication.participation.views import CELLS
from tests.conftest import LYON_CENTRE, PARIS_CENTRE
from tests.helpers import Client
from tests.syndication.test_desk import signed_in

Answer = Callable[..., None]
KNOWN = 7
"""Centres of the demonstration."""
PAGE = "/moderation/participation"


@pytest.fixture
def table_seen(hub: Hub, app: Service) -> Client:
    return signed_in(hub, app, Grant("lea@exemple.fr", "moderator"))


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", unescape(page)).replace("\u00a0", " "))


def names(page: str) -> list[str]:
    return re.findall(r'<th scope="row">([^<]+)<br>', unescape(page))


def test_each_centre_is_told_with_its_campaigns_answers_and_texts_that_wait(
    hub: Hub, answer: Answer, table_seen: Client
) -> None:
    answer(3)
    answer(2, centre=LYON_CENTRE)
    with hub.engine.connect() as connection:
        lines, total = store.lines(connection, Asked(sort="reponses", falling=True), hub.clock().date())
        regions = {one.region: one for one in store.by_region(connection, ["nation"], hub.clock().date())}
    assert total == len(lines) == KNOWN
    assert [(one.code, one.campaigns, one.running, one.respondents, one.waiting) for one in lines[:3]] == [
        (PARIS_CENTRE, 1, 1, 3, 6), (LYON_CENTRE, 1, 1, 2, 4), (lines[2].code, 0, 0, 0, 0),
    ]  # fmt: skip
    paris = regions["Île-de-France"]
    assert (paris.centres, paris.taking_part, paris.respondents, paris.waiting) == (3, 1, 3, 6)
    page = plain(table_seen.get(PAGE).text)
    assert f"2 sur {KNOWN} établissements ont eu une campagne ; 5 personnes ont répondu." in page
    assert f"Ensemble {KNOWN} 2 5 10" in page


def test_columns_sort_by_links_both_ways_and_say_so(hub: Hub, answer: Answer, table_seen: Client) -> None:
    answer(1, centre=LYON_CENTRE)
    page = table_seen.get(PAGE).text
    assert page.count("aria-sort") == 1
    first = unescape(re.findall(r'<a href="([^"]+)#etablissements">Répondants', page)[0])
    sorted_page = table_seen.get(first).text
    assert 'aria-sort="descending"' in sorted_page
    assert names(sorted_page)[0] == "CFA Exemple de la Croix-Rousse"
    again = unescape(re.findall(r'<a href="([^"]+)#etablissements">Répondants', sorted_page)[0])
    other_way = table_seen.get(again).text
    assert 'aria-sort="ascending"' in other_way
    assert names(other_way)[-1] == "CFA Exemple de la Croix-Rousse"
    for sort in SORTS:
        for way in ("", "desc"):
            assert len(names(table_seen.get(f"{PAGE}?tri={sort}&sens={way}").text)) == KNOWN


def test_filters_narrow_and_odd_ones_are_left_out(hub: Hub, answer: Answer, table_seen: Client) -> None:
    answer(1)
    assert len(names(table_seen.get(f"{PAGE}?campagnes=sans").text)) == KNOWN - 1
    assert names(table_seen.get(f"{PAGE}?campagnes=avec").text) == ["CFA Exemple des Batignolles"]
    assert names(table_seen.get(f"{PAGE}?region=Occitanie").text) == ["CFA Exemple du Capitole"]
    assert "Aucun établissement" in table_seen.get(f"{PAGE}?region=Occitanie&campagnes=avec").text
    for odd in ("tri=x&sens=y", "page=0", "page=x", "page=999", "campagnes=peut-etre", "region=%00"):
        assert len(names(table_seen.get(f"{PAGE}?{odd}").text)) == KNOWN, odd


def test_scopes_narrow_what_observers_see(hub: Hub) -> None:
    today = hub.clock().date()
    with hub.engine.connect() as connection:

        def seen(*scopes: str) -> list[str]:
            return [one.city for one in store.lines(connection, Asked(scopes=scopes), today)[0]]

        assert len(seen("nation")) == KNOWN
        assert seen("region:Occitanie") == ["Toulouse"]
        assert seen("departement:69") == ["Lyon"]
        assert sorted(seen("region:Occitanie", "departement:69")) == ["Lyon", "Toulouse"]
        assert seen() == seen("opco:inconnu") == seen("autre:x") == []
        assert [one.region for one in store.by_region(connection, ["departement:69"], today)] == [
            "Auvergne-Rhône-Alpes"
        ]


def test_the_table_taken_away_holds_every_line_and_no_formula(hub: Hub, answer: Answer, table_seen: Client) -> None:
    answer(1)
    with writing(hub.engine).begin() as connection:
        connection.execute(insert(catalogue.CENTRE).values(
            name='=HYPERLINK("http://x")', uai=None, name_rank=0, city="+33", department="@a", region="-1",
        ))  # fmt: skip
    answered = table_seen.get(f"{PAGE}.csv?tri=reponses&sens=desc")
    assert answered.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answered.headers["content-disposition"]
    rows = list(csv.reader(io.StringIO(answered.content.decode("utf-8-sig"))))
    assert (tuple(rows[0]), len(rows)) == (CELLS, KNOWN + 2)
    assert rows[1][0] == PARIS_CENTRE
    (odd,) = [row for row in rows if "HYPERLINK" in row[1]]
    assert odd[1:5] == ['\'=HYPERLINK("http://x")', "'+33", "'@a", "'-1"]
    assert len(list(csv.reader(io.StringIO(table_seen.get(f"{PAGE}.csv?campagnes=sans").text)))) == KNOWN + 1


def test_a_catalogue_of_real_size_is_read_in_one_statement(
    hub: Hub, table_seen: Client, figure: Callable[[str, float], None]
) -> None:
    with writing(hub.engine).begin() as connection:
        connection.execute(insert(catalogue.CENTRE), [
            {"name": f"CFA {n}", "uai": f"x{n}", "name_rank": 0, "city": "A", "department": "31", "region": "Occitanie"}
            for n in range(1200)
        ])  # fmt: skip
    seen: list[str] = []

    def note(*arguments: Any) -> None:
        seen.extend([arguments[2]] if arguments[2].startswith("SELECT") else [])

    today = hub.clock().date()
    with hub.engine.connect() as connection:
        event.listen(hub.engine, "before_cursor_execute", note)
        started = perf_counter()
        lines, total = store.lines(connection, Asked(sort="attente", falling=True), today, 50, 50)
        figure("participation: page of 1,200 centres (ms)", (perf_counter() - started) * 1000)
        event.remove(hub.engine, "before_cursor_execute", note)
    assert (len(lines), total, len(seen)) == (50, 1200 + KNOWN, 1)
    page = unescape(table_seen.get(f"{PAGE}?page=3&region=Occitanie").text)
    assert f"{PAGE}?region=Occitanie&page=2" in page
    assert f"{PAGE}?region=Occitanie&page=4" in page
    assert "1 201 établissements, page 3 sur 25" in plain(page).replace("\u202f", " ")
