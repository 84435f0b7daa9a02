"""From the collector's door to reviews."""

from collections.abc import Callable

from collector.links import roster_hash
from syndication import intake, store, worker
from syndication.context import Hub
from tests.conftest import CUISINE, PARIS_CENTRE
from tests.databases import change
from tests.helpers import FULL_ANSWER, Client, Clock

Answer = Callable[..., None]
URL = f"/api/v1/avis?formation={CUISINE}"


def test_a_response_is_counted_once_however_often_it_is_taken_in(hub: Hub, client: Client, answer: Answer) -> None:
    answer(6)
    with hub.engine.begin() as connection:
        store.move_bookmark(connection, intake.FOLLOWER, "")
    assert intake.take_in(hub.engine, hub.collector, hub.clock()) == 0
    avis = client.get(URL).json()
    assert avis["repondants"] == 6
    assert avis["satisfaction"]["bien"] == {"nombre": 6, "part": None}


def test_only_who_answered_a_scale_is_a_respondent(hub: Hub, client: Client, open_campaign: Callable[..., str]) -> None:
    links = hub.collector.issue_links(open_campaign(), 2)
    hub.collector.record(links[0], {"avant": ["college"], "changement": ["Tout."]})
    hub.collector.record(links[1], FULL_ANSWER)
    worker.work_once(hub)
    assert client.get(URL).json()["repondants"] == 1


def test_the_response_rate_follows_the_links_handed_out(
    hub: Hub, client: Client, clock: Clock, answer: Answer, catch_up: Callable[[], None]
) -> None:
    answer(6)
    assert (client.get(URL).json()["invites"], client.get(URL).json()["taux_reponse"]) == (6, 1.0)
    with hub.engine.connect() as connection:
        campaign = store.open_campaigns(connection, clock().date())[0]
    hub.collector.issue_links(campaign.id, 6)
    intake.count_invitations(hub.engine, hub.collector, clock())
    catch_up()
    assert (client.get(URL).json()["invites"], client.get(URL).json()["taux_reponse"]) == (12, 0.5)


def test_behind_a_common_link_without_seats_nobody_knows_how_many_were_asked(
    hub: Hub, app: Callable[..., None], client: Client, open_campaign: Callable[..., str], answer: Answer
) -> None:
    answer(6)
    campaign = open_campaign()
    path = hub.collector.common_link(campaign).removeprefix("http://127.0.0.1:8000")
    person = Client(app)  # type: ignore[arg-type]
    person.post(path)
    token = person.cookies["sirius-lien"]
    hub.collector.record(f"/r/{token}", FULL_ANSWER)
    worker.work_once(hub)
    avis = client.get(URL).json()
    assert avis["repondants"] == 7
    assert (avis["invites"], avis["taux_reponse"]) == (None, None)


def test_what_a_response_says_reaches_formation_centre_and_both(client: Client, answer: Answer) -> None:
    answer(5)
    answer(5, centre="9990001X", satisfaction=["mal"])
    asked = {
        "formation": URL,
        "both": f"{URL}&etablissement={PARIS_CENTRE}",
        "centre": f"/api/v1/avis?etablissement={PARIS_CENTRE}",
    }
    counts = {name: client.get(url).json()["satisfaction"] for name, url in asked.items()}
    assert (counts["formation"]["bien"]["nombre"], counts["formation"]["mal"]["nombre"]) == (5, 5)
    assert (counts["both"]["bien"]["nombre"], counts["both"]["mal"]["nombre"]) == (5, 0)
    assert (counts["centre"]["bien"]["nombre"], counts["centre"]["mal"]["nombre"]) == (5, 0)


def test_a_campaign_that_the_hub_lost_is_drawn_again_from_its_codes(
    hub: Hub, client: Client, open_campaign: Callable[..., str]
) -> None:
    links = hub.collector.issue_links(open_campaign(), 1)
    with hub.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM campaign")
    hub.collector.record(links[0], FULL_ANSWER)
    assert worker.work_once(hub) == 1
    assert client.get(URL).json()["repondants"] == 1


def test_a_response_that_cannot_be_placed_stops_nobody_else(
    hub: Hub, client: Client, open_campaign: Callable[..., str]
) -> None:
    lost, kept = (hub.collector.issue_links(open_campaign(), 1)[0] for _ in range(2))
    change(
        hub.settings.collector.database_url,
        "UPDATE campaign SET formation_code = 'cfd:99999999' "
        "WHERE id = (SELECT campaign_id FROM invitation WHERE roster_hash = :lost)",
        lost=roster_hash(lost.rpartition("/")[2]),
    )
    with hub.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM campaign")
    hub.collector.record(lost, FULL_ANSWER)
    hub.collector.record(kept, FULL_ANSWER)
    assert worker.work_once(hub) == 1
    assert client.get(URL).json()["repondants"] == 1
    with hub.engine.connect() as connection:
        assert store.count_set_aside(connection) == 1
