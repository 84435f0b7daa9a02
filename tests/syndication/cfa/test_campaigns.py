"""A centre opens, follows, prolongs, closes, prints and invites; a neighbour and a stranger get nowhere."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pypdfium2
import pytest
from openpyxl import Workbook

from collector.door import CampaignError
from syndication import campaigns, store
from syndication.app import Service
from syndication.catalogue import importer
from syndication.catalogue import store as catalogue
from syndication.catalogue.facts import CentreFact, Fact, FormationFact, OfferFact
from syndication.cfa import opening, uploads
from syndication.cfa import store as space
from syndication.context import Hub
from syndication.database import writing
from tests.conftest import CUISINE, LYON_CENTRE, PARIS_CENTRE
from tests.databases import held
from tests.helpers import FULL_ANSWER, Client, Clock
from tests.syndication.cfa.people import (
    SPACE,
    centre_id,
    dates,
    formation_id,
    neighbour,
    of_centre,
    picks,
    read,
)  # fmt: skip
from tests.syndication.test_desk import signed_in

LIST, NEW = f"{SPACE}/campagnes", f"{SPACE}/campagnes/nouvelles"
COIFFURE, BOULANGER = "50033616", "50022137"
MANAGER = "9990009F"
CatchUp = Callable[[], None]


def offer(hub: Hub, *facts: Fact) -> None:
    with writing(hub.engine).begin() as connection:
        importer.keep(connection, list(facts), "essai", hub.clock())
        importer.link_lineages(connection)


@pytest.fixture
def owner(hub: Hub, app: Service) -> Client:
    offer(hub, OfferFact("cfd", COIFFURE, PARIS_CENTRE, "lieu"))
    return of_centre(hub, app)


@pytest.fixture
def opened(hub: Hub, owner: Client) -> str:
    """The path of a campaign just opened from the centre's space, twelve seats."""
    ticked = picks(hub, CUISINE)
    seats = {name.replace("f.", "p."): "12" for name in ticked}
    assert owner.post(NEW, data={**dates(hub), **ticked, **seats}).status_code == 303
    return f"{LIST}/{last(hub)}"


def last(hub: Hub) -> str:
    with hub.engine.connect() as connection:
        return store.centre_campaigns(connection, centre_id(hub, PARIS_CENTRE))[0].id


def count(hub: Hub, uai: str = PARIS_CENTRE) -> int:
    with hub.engine.connect() as connection:
        return len(store.centre_campaigns(connection, centre_id(hub, uai)))


# -- opening ---------------------------------------------------------------------------------------------------------


def test_several_campaigns_open_at_once_with_a_common_end_and_seats_of_their_own(hub: Hub, owner: Client) -> None:
    form = read(owner.get(NEW))
    assert "CAP cuisine" in form
    assert "CAP métiers de la coiffure" in form
    ticked = picks(hub, CUISINE, COIFFURE)
    seats = {f"p.{formation_id(hub, CUISINE)}.{centre_id(hub, PARIS_CENTRE)}": "24"}
    answer = owner.post(NEW, data={**dates(hub, 0, 40), **ticked, **seats})
    assert answer.headers["location"] == f"{LIST}?ouvertes=2"
    page = read(owner.get(answer.headers["location"]))
    assert "2 campagnes sont ouvertes" in page
    with hub.engine.connect() as connection:
        rows = store.centre_campaigns(connection, centre_id(hub, PARIS_CENTRE))
    followed = hub.collector.follow([row.id for row in rows])
    assert {row.closes_on for row in rows} == {hub.clock().date() + timedelta(days=40)}
    assert sorted(one.seats for one in followed.values()) == [0, 24]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"ferme": "2026-11-01"}, "vient avant le premier"),
        ({"ouvre": "2026-11-01"}, "Le premier jour est passé"),
        ({"ouvre": "demain"}, "Écrivez le premier jour comme 24/11/2026"),
        ({"ferme": "31/02/2027"}, "Écrivez le dernier jour comme 24/11/2026"),
        ({"ferme": "2028-11-24"}, "dure un an au plus"),
        ({"ouvre": "2028-01-01", "ferme": "2028-02-01"}, "dans plus d'un an"),
    ],
)
def test_dates_that_make_no_sense_are_told_and_what_was_typed_is_kept(
    hub: Hub, owner: Client, changes: dict[str, str], told: str
) -> None:
    answer = owner.post(NEW, data={**dates(hub), **picks(hub, CUISINE), **changes})
    assert answer.status_code == 422
    page = read(answer)
    assert told in page
    assert f'value="{next(iter(changes.values()))}"' in page
    assert page.count(" checked") == 1
    assert count(hub) == 0


def test_days_are_read_as_people_write_them(hub: Hub, owner: Client) -> None:
    today = hub.clock().date()
    written = {"ouvre": f"{today:%d/%m/%Y}", "ferme": f"{today + timedelta(days=9):%d.%m.%Y}"}
    assert owner.post(NEW, data={**written, **picks(hub, CUISINE)}).status_code == 303


@pytest.mark.parametrize("seats", ["beaucoup", "-3", "1e3", "99999999", "²"])
def test_seats_that_are_no_number_open_nothing_at_all(hub: Hub, owner: Client, seats: str) -> None:
    ticked = picks(hub, CUISINE, COIFFURE)
    wrong = next(iter(ticked)).replace("f.", "p.")
    answer = owner.post(NEW, data={**dates(hub), **ticked, wrong: seats})
    assert answer.status_code == 422
    assert "un nombre de places, ou rien" in read(answer)
    assert f'value="{seats}"' in read(answer)
    assert count(hub) == 0


@pytest.mark.parametrize("few", ["0", " 00 ", "1", "4"])
def test_so_few_seats_that_it_would_be_known_who_answered_open_nothing(hub: Hub, owner: Client, few: str) -> None:
    ticked = picks(hub, CUISINE)
    seats = next(iter(ticked)).replace("f.", "p.")
    answer = owner.post(NEW, data={**dates(hub), **ticked, seats: few})
    assert answer.status_code == 422
    assert "5 places au moins, ou rien." in read(answer)
    assert count(hub) == 0
    assert owner.post(NEW, data={**dates(hub), **ticked, seats: "5"}).status_code == 303


def test_nothing_ticked_is_told(hub: Hub, owner: Client) -> None:
    answer = owner.post(NEW, data=dates(hub))
    assert answer.status_code == 422
    assert "Cochez au moins une formation" in read(answer)


def test_the_same_form_sent_twice_opens_nothing_twice(hub: Hub, owner: Client) -> None:
    form = {**dates(hub), **picks(hub, CUISINE)}
    assert owner.post(NEW, data=form).status_code == 303
    again = owner.post(NEW, data=form | picks(hub, COIFFURE))
    assert again.status_code == 409
    assert "Déjà ouverte avec ces dates" in read(again)
    assert count(hub) == 1


def test_of_several_campaigns_all_open_or_none(hub: Hub, owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise CampaignError("Rien ne va plus.")

    monkeypatch.setattr(hub.collector, "open_campaigns", refuse)
    answer = owner.post(NEW, data={**dates(hub), **picks(hub, CUISINE, COIFFURE)})
    assert answer.status_code == 409
    assert "Rien ne va plus." in read(answer)
    assert count(hub) == 0


def test_a_centre_with_three_hundred_offers_searches_among_them_and_keeps_what_is_ticked(
    hub: Hub, owner: Client
) -> None:
    facts: list[Fact] = []
    for number in range(300):
        key = f"{51000000 + number}"
        facts += [
            FormationFact(f"cfd:{key}", f"BTS essai numéro {number}", 9, 5),
            OfferFact("cfd", key, PARIS_CENTRE, "lieu"),
        ]
    offer(hub, *facts)
    ticked = picks(hub, CUISINE)
    found = read(owner.get(f"{NEW}?{urlencode({**dates(hub, 2, 20), **ticked, 'q': 'essai 299'})}"))
    assert found.count('type="checkbox"') == 2
    assert "BTS essai numéro 299" in found
    assert re.search(r'name="f\.\d+\.\d+" value="1" checked', found)
    assert f'value="{dates(hub, 2, 20)["ouvre"]}"' in found
    many = picks(hub, *(f"{51000000 + number}" for number in range(101)))
    assert "Cochez 100 formations au plus" in read(owner.post(NEW, data={**dates(hub), **many}))
    some = dict(list(many.items())[:100])
    assert owner.post(NEW, data={**dates(hub), **some}).headers["location"].endswith("ouvertes=100")
    assert count(hub) == 100
    assert owner.get(LIST).status_code == 200


def test_a_centre_without_offers_is_told_what_to_do_and_finds_a_formation_by_any_code(hub: Hub, app: Service) -> None:
    offer(hub, CentreFact(MANAGER, "CFA sans offre", 9, None, "Lille", "59", "Hauts-de-France"))
    alone = of_centre(hub, app, MANAGER)
    path = f"/cfa/{MANAGER}/campagnes/nouvelles"
    assert "ne connaît encore aucune formation" in read(alone.get(f"/cfa/{MANAGER}"))
    assert "ne connaît aucune formation de votre centre" in read(alone.get(path))
    for words in ("RNCP37537", "50022137", "boulanger"):
        assert "CAP boulanger" in read(alone.get(f"{path}?q={words}"))
    assert "Rien dans le catalogue" in read(alone.get(f"{path}?q=introuvable"))
    ticked = picks(hub, BOULANGER, place=MANAGER)
    assert alone.post(path, data={**dates(hub), **ticked}).status_code == 303
    with hub.engine.connect() as connection:
        (beyond,) = space.beyond_offers(connection, 10)
    assert (beyond.formation, beyond.centre) == ("CAP boulanger", "CFA sans offre")


def test_moderators_see_campaigns_beyond_known_offers_and_close_these_alone(
    hub: Hub, app: Service, owner: Client, opened: str
) -> None:
    owner.post(NEW, data={**dates(hub, 1), **picks(hub, BOULANGER)})
    desk = signed_in(hub, app)
    page = read(desk.get("/moderation/centres/questions"))
    assert "CAP boulanger, CFA Exemple des Batignolles" in page
    assert "CAP cuisine" not in page
    with hub.engine.connect() as connection:
        (beyond,) = space.beyond_offers(connection, 10)
    ours = opened.rpartition("/")[2]
    assert desk.post(f"/moderation/centres/campagnes/{ours}").status_code == 404
    assert owner.post(f"/moderation/centres/campagnes/{beyond.id}").status_code == 403
    assert Client(app).post(f"/moderation/centres/campagnes/{beyond.id}").status_code == 401
    assert desk.post(f"/moderation/centres/campagnes/{beyond.id}").status_code == 303
    ended = {one: state.ended_on is not None for one, state in hub.collector.follow([ours, beyond.id]).items()}
    assert ended == {ours: False, beyond.id: True}


@pytest.mark.parametrize("ticked", ["f.999999.1", "f.1.999999", "f.x.y", "f..", "f.1", "f.-1.2", "f.9e9.1"])
def test_what_does_not_exist_or_is_a_neighbour_s_place_is_never_opened(hub: Hub, owner: Client, ticked: str) -> None:
    answer = owner.post(NEW, data={**dates(hub), ticked: "1"})
    assert answer.status_code == 422
    elsewhere = owner.post(NEW, data={**dates(hub), **picks(hub, CUISINE, place=LYON_CENTRE)})
    assert elsewhere.status_code == 422
    assert count(hub) == 0


@pytest.mark.parametrize("role", ["formateur", "gestionnaire"])
def test_a_campaign_opened_by_who_trains_or_answers_for_it_is_in_both_spaces_and_counts_for_the_place(
    hub: Hub, app: Service, role: Any, catch_up: CatchUp
) -> None:
    offer(
        hub, CentreFact(MANAGER, "Chambre Exemple", 9, None, "Paris", "75", "Île-de-France"),
        OfferFact("cfd", CUISINE, MANAGER, role, None, PARIS_CENTRE),
    )  # fmt: skip
    manager, path = of_centre(hub, app, MANAGER), f"/cfa/{MANAGER}/campagnes"
    form = read(manager.get(f"{path}/nouvelles"))
    assert "à CFA Exemple des Batignolles (Paris)" in form
    assert manager.post(f"{path}/nouvelles", data={**dates(hub), **picks(hub, CUISINE)}).status_code == 303
    campaign = last(hub)
    for person, where in ((manager, MANAGER), (of_centre(hub, app), PARIS_CENTRE)):
        assert "CAP cuisine" in read(person.get(f"/cfa/{where}/campagnes"))
        assert person.get(f"/cfa/{where}/campagnes/{campaign}").status_code == 200
    assert neighbour(hub, app).get(f"/cfa/{LYON_CENTRE}/campagnes/{campaign}").status_code == 404
    hub.collector.record(hub.collector.issue_links(campaign, 1)[0], FULL_ANSWER)
    catch_up()
    with hub.engine.connect() as connection:
        assert space.respondents(connection, centre_id(hub, PARIS_CENTRE)) == 1
        assert space.respondents(connection, centre_id(hub, MANAGER)) == 0


def test_a_campaign_opened_by_command_for_a_manager_is_in_its_space_too(hub: Hub, app: Service) -> None:
    offer(
        hub, CentreFact(MANAGER, "Chambre Exemple", 9, None, "Paris", "75", "Île-de-France"),
        OfferFact("cfd", CUISINE, MANAGER, "gestionnaire", None, PARIS_CENTRE),
    )  # fmt: skip
    today = hub.clock().date()
    campaigns.open_campaign(hub.engine, hub.collector, CUISINE, MANAGER, today, today + timedelta(days=5))
    assert "CAP cuisine" in read(of_centre(hub, app, MANAGER).get(f"/cfa/{MANAGER}/campagnes"))


@pytest.mark.parametrize("merged", [False, True])
def test_a_centre_that_closed_or_merged_opens_nothing_and_is_told_why(
    hub: Hub, owner: Client, opened: str, merged: bool
) -> None:
    into = centre_id(hub, LYON_CENTRE) if merged else None
    with writing(hub.engine).begin() as connection:
        catalogue.end_centre(connection, centre_id(hub, PARIS_CENTRE), hub.clock().date(), into)
    told = "a été repris par CFA Exemple de la Croix-Rousse" if merged else "a fermé le 24\u00a0novembre\u00a02026"
    for page in (owner.get(NEW), owner.get(SPACE), owner.post(NEW, data={**dates(hub), **picks(hub, COIFFURE)})):
        assert told in read(page)
    assert count(hub) == 1
    assert owner.get(opened).status_code == 200
    with writing(hub.engine).begin() as connection:
        catalogue.end_centre(connection, centre_id(hub, PARIS_CENTRE), None, None)
    assert owner.post(NEW, data={**dates(hub), **picks(hub, COIFFURE)}).status_code == 303


# -- following -------------------------------------------------------------------------------------------------------


def test_progress_follows_what_apprentices_do(hub: Hub, owner: Client, opened: str) -> None:
    campaign = opened.rpartition("/")[2]
    assert "Personne n'a encore répondu" in read(owner.get(opened))
    for link in hub.collector.issue_links(campaign, 5)[:3]:
        hub.collector.record(link, FULL_ANSWER)
    page = read(owner.get(opened))
    assert re.findall(r"<dd>(.*?)</dd>", page) == ["12", "3", "3", "25\u00a0%", "7"]
    assert cells(read(owner.get(LIST)))[1:] == ["12", "3", "3", "25\u00a0%"]
    assert "3\u00a0réponses sur 12\u00a0invités, 25\u00a0%" in read(owner.get(SPACE))


def cells(page: str) -> list[str]:
    """What stands in the rows of a page's tables, but for their heads."""
    return re.findall(r"<td[^>]*>(.*?)</td>", page)


def test_how_many_answered_of_fewer_than_five_invited_is_not_told(hub: Hub, owner: Client) -> None:
    owner.post(NEW, data={**dates(hub), **picks(hub, CUISINE)})
    campaign = last(hub)
    links = hub.collector.issue_links(campaign, 4)
    hub.collector.record(links[0], FULL_ANSWER)
    assert cells(read(owner.get(LIST)))[1:] == ["4", "non dit", "non dit", "non dit"]
    assert "moins de 5 liens ont été donnés ou envoyés" in read(owner.get(LIST))
    assert re.findall(r"<dd>(.*?)</dd>", read(owner.get(f"{LIST}/{campaign}"))) == ["4"]
    assert "Moins de 5 liens ont été donnés ou envoyés" in read(owner.get(f"{LIST}/{campaign}"))
    assert "4\u00a0invités, jusqu'au" in read(owner.get(SPACE))
    hub.collector.issue_links(campaign, 1)
    assert cells(read(owner.get(LIST)))[1:] == ["5", "1", "1", "20\u00a0%"]


def test_neither_declared_seats_nor_visits_of_its_own_tell_a_centre_who_of_few_answered(
    hub: Hub, owner: Client, app: Service
) -> None:
    hushed = ["non dit", "non dit", "non dit"]
    owner.post(NEW, data={**dates(hub), **picks(hub, COIFFURE)})
    links = hub.collector.issue_links(last(hub), 3)
    hub.collector.record(links[0], FULL_ANSWER)
    common = hub.collector.common_link(last(hub)).removeprefix(hub.settings.public_url)
    assert Client(app).post(common).status_code == 303
    assert cells(read(owner.get(LIST)))[1:] == ["–", *hushed]
    assert "3\u00a0invités, jusqu'au" in read(owner.get(SPACE))
    first = last(hub)
    owner.post(f"{LIST}/{first}/fermer")
    ticked = picks(hub, CUISINE)
    owner.post(NEW, data={**dates(hub), **ticked, **{name.replace("f.", "p."): "5" for name in ticked}})
    with hub.engine.connect() as connection:
        opened = store.centre_campaigns(connection, centre_id(hub, PARIS_CENTRE))
    (seated,) = {one.id for one in opened} - {first}
    hub.collector.record(hub.collector.issue_links(seated, 1)[0], FULL_ANSWER)
    assert cells(read(owner.get(LIST)))[1:4] == ["5", *hushed[:2]]


def test_the_list_tells_what_runs_what_comes_and_what_is_over_and_sorts_without_scripts(
    hub: Hub, owner: Client, clock: Clock
) -> None:
    owner.post(NEW, data={**dates(hub, 0, 5), **picks(hub, CUISINE)})
    owner.post(NEW, data={**dates(hub, 0, 50), **picks(hub, COIFFURE)})
    clock.moment += timedelta(days=10)
    owner = of_centre(hub, owner._app)
    owner.post(NEW, data={**dates(hub, 20, 40), **picks(hub, CUISINE)})
    page = read(owner.get(LIST))
    order = [page.index(said) for said in ("En cours</caption>", "À venir</caption>", "Finies</caption>")]
    assert order == sorted(order)
    assert page.index("coiffure") < page.index("À venir")
    assert "Finie le" in page
    for key in ("formation", "envoyees", "taux", "fin"):
        assert f"tri={key}" in page or 'aria-sort="ascending">Jusqu' in page
        assert 'aria-sort="' in read(owner.get(f"{LIST}?tri={key}"))


def test_a_campaign_closed_before_it_began_is_told_so_without_a_rate(hub: Hub, owner: Client) -> None:
    ticked = picks(hub, CUISINE)
    owner.post(NEW, data={**dates(hub, 20, 40), **ticked, **{name.replace("f.", "p."): "12" for name in ticked}})
    campaign = f"{LIST}/{last(hub)}"
    owner.post(f"{campaign}/fermer")
    page = read(owner.get(campaign))
    assert "avant d'avoir commencé." in page
    assert "Finie le" not in page
    assert "Taux" not in page
    assert cells(read(owner.get(LIST)))[1:] == ["fermée avant d'avoir commencé"]


def test_a_dash_is_explained_only_where_one_stands(hub: Hub, owner: Client, opened: str) -> None:
    page = read(owner.get(LIST))
    assert "«\u00a0–\u00a0»" not in page
    assert "compte aussi les réponses envoyées" in page
    owner.post(NEW, data={**dates(hub, 0, 5), **picks(hub, COIFFURE)})
    page = read(owner.get(LIST))
    assert ("–</td>" in page) == ("«\u00a0–\u00a0»" in page) is True


def test_closing_is_for_good_and_hides_what_leads_nowhere(hub: Hub, owner: Client, opened: str) -> None:
    assert owner.post(f"{opened}/fermer").headers["location"] == f"{opened}?fait=fermee"
    page = read(owner.get(f"{opened}?fait=fermee"))
    assert "La campagne est fermée." in page
    assert "/c/" not in page
    assert owner.get(f"{opened}/affiche.pdf").status_code == 404
    assert owner.post(f"{opened}/liens.pdf", data={"nombre": "3"}).status_code == 422
    assert owner.post(f"{opened}/prolonger", data={"ferme": "2027-02-01"}).status_code == 422


def test_a_campaign_is_prolonged_within_bounds_in_both_databases(hub: Hub, owner: Client, opened: str) -> None:
    campaign = opened.rpartition("/")[2]
    for typed, told in (
        ("2026-11-30", "après celle d'aujourd'hui"), ("2028-01-01", "un an au plus"), ("bientôt", "comme 24/11/2026"),
    ):  # fmt: skip
        answer = owner.post(f"{opened}/prolonger", data={"ferme": typed})
        assert answer.status_code == 422
        assert told in read(answer)
        assert f'value="{typed}"' in read(answer)
    assert owner.post(f"{opened}/prolonger", data={"ferme": "2027-01-31"}).status_code == 303
    assert hub.collector.follow([campaign])[campaign].closes_on.isoformat() == "2027-01-31"
    with hub.engine.connect() as connection:
        row = store.campaign(connection, campaign)
    assert row is not None
    assert row.closes_on.isoformat() == "2027-01-31"


def test_a_campaign_that_is_over_is_not_prolonged(hub: Hub, opened: str, clock: Clock) -> None:
    clock.moment += timedelta(days=31)
    with pytest.raises(CampaignError, match="finie"):
        hub.collector.extend_campaign(opened.rpartition("/")[2], clock().date() + timedelta(days=9))


# -- what is printed and sent ----------------------------------------------------------------------------------------


def test_the_kit_is_taken_away_as_files_that_no_cache_keeps(owner: Client, opened: str) -> None:
    for file, kind, begins in (
        ("affiche.pdf", "application/pdf", b"%PDF-"),
        ("qr.svg", "image/svg+xml", b"<?xml"),
        ("qr.png", "image/png", b"\x89PNG"),
    ):
        answer = owner.get(f"{opened}/{file}")
        assert answer.headers["content-type"].startswith(kind)
        assert answer.content.startswith(begins)
        assert answer.headers["cache-control"] == "no-store"
        name = f"{'affiche' if 'affiche' in file else 'qr'}-cap-cuisine.{file.rpartition('.')[2]}"
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert owner.get(f"{opened}/autre.pdf").status_code == 404


def test_ready_made_words_carry_the_common_link(hub: Hub, owner: Client, opened: str) -> None:
    link = hub.collector.common_link(opened.rpartition("/")[2])
    page = read(owner.get(opened))
    assert page.count(link) >= 4
    assert page.count("data-copie=") == 5


def test_slips_are_fresh_links_within_seats_and_kept_nowhere(hub: Hub, owner: Client, opened: str) -> None:
    campaign = opened.rpartition("/")[2]
    before = read(owner.get(opened))
    assert "ne sont gardés nulle part" in before
    assert owner.get(f"{opened}/liens.pdf").status_code == 404
    assert hub.collector.follow([campaign])[campaign].seats_left == 12
    made = owner.post(f"{opened}/liens.pdf", data={"nombre": "10"})
    assert made.headers["content-type"] == "application/pdf"
    assert made.headers["cache-control"] == "no-store"
    document = pypdfium2.PdfDocument(made.content)
    words = "".join(page.get_textpage().get_text_range() for page in document)
    links = {found.replace("\r\n", "") for found in re.findall(r"/r/[\w-]{22}", words)}
    assert len(links) == 10
    assert hub.collector.follow([campaign])[campaign].seats_left == 2
    landed = Client(owner._app).get(links.pop())
    assert landed.status_code == 303
    kept = held(hub.settings.database_url) + held(hub.settings.collector.database_url)
    assert not any(link.removeprefix("/r/").encode() in kept for link in links)


@pytest.mark.parametrize(
    ("asked", "told"), [("", "de 1 à 500"), ("0", "de 1 à 500"), ("501", "de 1 à 500"), ("13", "Il reste 12 place")]
)
def test_slips_out_of_bounds_make_no_link(hub: Hub, owner: Client, opened: str, asked: str, told: str) -> None:
    answer = owner.post(f"{opened}/liens.pdf", data={"nombre": asked})
    assert answer.status_code == 422
    assert told in read(answer)
    campaign = opened.rpartition("/")[2]
    assert hub.collector.follow([campaign])[campaign].seats_left == 12


# -- invitations by mail ---------------------------------------------------------------------------------------------


def send(person: Client, path: str, content: bytes, name: str = "apprentis.csv", **fields: str) -> Any:
    data = {"relances": "1", "jours": "10", **fields}
    return person.post(f"{path}/invitations", data=data, files={"fichier": (name, content)})


def test_a_large_roster_is_sent_once_it_is_said_to_be_meant(hub: Hub, owner: Client) -> None:
    owner.post(NEW, data={**dates(hub), **picks(hub, CUISINE)})
    campaign, many = f"{LIST}/{last(hub)}", b"mail\n" + b"".join(b"a%d@exemple.fr\n" % n for n in range(301))
    asked = send(owner, campaign, many)
    assert asked.status_code == 422
    assert "Ce fichier invite 301\u00a0personnes" in read(asked)
    assert 'name="beaucoup"' in read(asked)
    assert hub.collector.mails(last(hub)).mailed == 0
    done = send(owner, campaign, many, beaucoup="1")
    assert "301\u00a0personnes invitées" in read(done)
    assert 'name="beaucoup"' not in read(done)
    assert 'name="beaucoup"' not in read(owner.get(campaign))


def test_a_roster_is_read_told_line_by_line_and_kept_nowhere(hub: Hub, owner: Client, opened: str) -> None:
    content = b"prenom;mail\nLou;lou@exemple.fr\nSam;sam@exemple.fr\nMo;pas-une-adresse\nLou;lou@exemple.fr\n"
    answer = send(owner, opened, content)
    assert answer.status_code == 200
    page = read(answer)
    assert "4\u00a0lignes lues" in page
    assert "2\u00a0personnes invitées" in page
    assert "2\u00a0lignes laissées de côté" in page
    assert "Ligne 4\u00a0: « pas-une-adresse » n'est pas une adresse électronique" in page
    assert "Ligne 5\u00a0: adresse déjà lue ligne 2" in page
    again = read(send(owner, opened, content))
    assert "0\u00a0personne invitée, 2\u00a0déjà invitées" in again
    assert hub.collector.mails(opened.rpartition("/")[2]).mailed == 2
    kept = held(hub.settings.database_url) + held(hub.settings.collector.database_url)
    assert b"pas-une-adresse" not in kept
    assert "pas-une-adresse" not in "".join(path.name for path in hub.settings.data_dir.rglob("*"))


def test_a_workbook_serves_as_well_as_a_text(owner: Client, opened: str) -> None:
    book, out = Workbook(), io.BytesIO()
    book.active.append(["Courriel"])  # type: ignore[union-attr]
    book.active.append(["lou@exemple.fr"])  # type: ignore[union-attr]
    book.save(out)
    assert "1\u00a0personne invitée" in read(send(owner, opened, out.getvalue(), "apprentis.xlsx"))


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(5):
            archive.writestr(f"xl/{number}.xml", b"0" * (50 * 1024 * 1024))
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "fields", "told"),
    [
        (b"", {}, "Choisissez un fichier"),
        (b"\x00\x01\x02", {}, "n'est ni un CSV ni un classeur"),
        (b"PK\x03\x04oups", {}, "ne s'ouvre pas"),
        (b"nom\nLou\n", {}, "aucune colonne d'adresses"),
        (b"mail\nlou@exemple.fr\n", {"relances": "3"}, "de zéro à deux relances"),
        (b"mail\nlou@exemple.fr\n", {"jours": "0"}, "de 1 à 60 jours"),
        (b"mail\n" + b"".join(b"a%d@exemple.fr\n" % n for n in range(13)), {}, "Il reste 12 place"),
    ],
)  # fmt: skip
def test_a_roster_of_no_use_invites_nobody_and_says_why(
    hub: Hub, owner: Client, opened: str, content: bytes, fields: dict[str, str], told: str
) -> None:
    answer = send(owner, opened, content, **fields)
    assert answer.status_code == 422
    assert told in read(answer)
    assert hub.collector.mails(opened.rpartition("/")[2]).mailed == 0


def test_a_workbook_that_unfolds_without_end_is_refused(owner: Client, opened: str) -> None:
    answer = send(owner, opened, bomb(), "apprentis.xlsx")
    assert answer.status_code == 422
    assert "trop gros une fois ouvert" in read(answer)


def test_a_file_that_is_too_large_is_refused_with_a_sentence(owner: Client, opened: str) -> None:
    answer = send(owner, opened, b"mail\n" + b"x" * uploads.FILE_LIMIT * 2)
    assert answer.status_code == 413
    assert "dépasse 2\u00a0Mo" in read(answer)


def test_a_post_that_is_no_upload_is_refused(owner: Client, opened: str) -> None:
    assert owner.post(f"{opened}/invitations", data={"fichier": "x"}).status_code == 400
    headers = {"content-type": "multipart/form-data"}
    assert owner.post(f"{opened}/invitations", content=b"x", headers=headers).status_code == 400
    foreign = {"sec-fetch-site": "cross-site"}
    sent = owner.post(f"{opened}/invitations", files={"fichier": ("a.csv", b"mail\n")}, headers=foreign)
    assert sent.status_code == 403


# -- who may -----------------------------------------------------------------------------------------------------------

ROUTES = [
    ("GET", ""), ("GET", "/affiche.pdf"), ("GET", "/qr.svg"), ("GET", "/qr.png"), ("POST", "/fermer"),
    ("POST", "/prolonger"), ("POST", "/invitations"), ("POST", "/liens.pdf"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_neighbour_and_a_stranger_get_nowhere_in_a_campaign(
    hub: Hub, app: Service, opened: str, method: str, path: str
) -> None:
    campaign = opened.rpartition("/")[2]
    other = neighbour(hub, app)
    assert other.request(method, opened + path).status_code == 403
    assert other.request(method, f"/cfa/{LYON_CENTRE}/campagnes/{campaign}{path}").status_code == 404
    assert Client(app).request(method, opened + path).status_code == 401
    assert signed_in(hub, app).request(method, opened + path).status_code == 403
    state = hub.collector.follow([campaign])[campaign]
    assert (state.ended_on, state.seats_left) == (None, 12)


@pytest.mark.parametrize("path", [SPACE, LIST, NEW])
def test_a_neighbour_and_a_stranger_open_no_page_of_a_centre(hub: Hub, app: Service, owner: Client, path: str) -> None:
    assert owner.get(path).status_code == 200
    assert neighbour(hub, app).get(path).status_code == 403
    assert Client(app).get(path).status_code == 401


def test_who_may_not_open_campaigns_opens_none(hub: Hub, app: Service) -> None:
    form = {**dates(hub), **picks(hub, CUISINE)}
    assert neighbour(hub, app).post(NEW, data=form).status_code == 403
    assert Client(app).post(NEW, data=form).status_code == 401
    owner = of_centre(hub, app)
    assert owner.post(NEW, data=form, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert count(hub) == 0


def test_the_home_page_says_what_to_do_next(
    hub: Hub, owner: Client, catch_up: CatchUp, clock: Clock, app: Service
) -> None:
    assert "Ouvrez vos premières campagnes" in read(owner.get(SPACE))
    owner.post(NEW, data={**dates(hub), **picks(hub, CUISINE)})
    assert "Personne n'a encore répondu" in read(owner.get(SPACE))
    links = hub.collector.issue_links(last(hub), 6)
    hub.collector.record(links[0], FULL_ANSWER)
    catch_up()
    page = read(owner.get(SPACE))
    assert "à partir de 5 répondants" in page
    assert "2\u00a0textes attendent d'être lus par un modérateur" in page
    for link in links[1:]:
        hub.collector.record(link, FULL_ANSWER)
    catch_up()
    assert "Voir vos résultats" in read(owner.get(SPACE))
    clock.moment += timedelta(days=26)
    assert "finit le 24\u00a0décembre\u00a02026" in read(of_centre(hub, app).get(SPACE))


def test_somebody_of_two_centres_chooses(hub: Hub, app: Service) -> None:
    of_centre(hub, app)
    from syndication.accounts.store import Grant

    both = signed_in(hub, app, Grant(f"cfa-{PARIS_CENTRE.lower()}@exemple.fr", "cfa", centre_id(hub, LYON_CENTRE)))
    page = read(both.get("/cfa"))
    assert f'href="/cfa/{PARIS_CENTRE}"' in page
    assert f'href="/cfa/{LYON_CENTRE}"' in page


@pytest.mark.parametrize("text", ["", "24/11", "2026-13-01", "00/00/0000", "2026-11-24T00:00", "24 nov 2026"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"day|month|year|range"):
        opening.read_day(text)
