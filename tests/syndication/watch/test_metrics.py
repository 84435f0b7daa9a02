"""``/metrics``: what it tells, to whom, and that nobody is in it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from collector.door import RosterFile
from syndication import worker
from syndication.app import Service, create_app
from syndication.context import Hub
from syndication.database import writing
from syndication.errors import ConfigurationError
from syndication.partners import store as partners
from syndication.settings import Settings
from syndication.watch.metrics import COUNTED, READ
from tests.collector.respondent import Opener, token_of
from tests.conftest import CUISINE, PARIS_CENTRE
from tests.databases import Databases
from tests.helpers import FULL_ANSWER, Client, Clock
from tests.syndication.test_publication import publish_everything
from tests.syndication.watch.scraping import samples, value

TOKEN = "jeton-de-la-supervision-0123"
Answer = Callable[..., None]


def scraped(client: Client) -> str:
    """What this machine is told."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    return answer.text


def asked(app: Service, address: str = "127.0.0.1", host: str = "127.0.0.1:8000", **headers: str) -> int:
    """The status that somebody at an address gets who asks for metrics."""

    async def ask() -> int:
        transport = httpx.ASGITransport(app=app, client=(address, 50_000))
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            return (await client.get("/metrics", headers=sent)).status_code

    return asyncio.run(ask())


# -- to whom ---------------------------------------------------------------------------------------------------------


def test_only_this_machine_is_told_where_no_token_is_set(app: Service) -> None:
    assert asked(app) == asked(app, "::1", "[::1]:8000") == asked(app, host="localhost:8000") == 200
    assert asked(app, "192.0.2.7") == 404
    assert asked(app, "192.0.2.7", authorization="Bearer ") == 404
    assert asked(app, "192.0.2.7", authorization=f"Bearer {TOKEN}") == 404


@pytest.mark.parametrize("name", ["x_forwarded_for", "forwarded", "via", "x_real_ip", "x_forwarded_host"])
def test_what_comes_through_a_proxy_of_this_machine_comes_from_elsewhere(app: Service, name: str) -> None:
    assert asked(app, **{name: "127.0.0.1"}) == 404


def test_a_name_of_ours_that_leads_here_is_no_name_of_this_machine(app: Service) -> None:
    assert asked(app, host="avis.exemple.fr") == 404


def with_token(hub: Hub) -> Hub:
    """The hub where a token opens its metrics."""
    leaf = hub.settings.collector.model_copy(update={"metrics_token": TOKEN})
    return replace(hub, settings=replace(hub.settings, collector=leaf))


def test_a_token_opens_it_to_other_machines(hub: Hub) -> None:
    app = create_app(with_token(hub), background=False)
    for scheme in ("Bearer", "bearer"):
        assert asked(app, "192.0.2.7", "avis.exemple.fr", authorization=f"{scheme} {TOKEN}") == 200
    for wrong in (f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer"):
        assert asked(app, "192.0.2.7", authorization=wrong) == 404


# -- what ------------------------------------------------------------------------------------------------------------


def test_every_metric_is_there_and_prometheus_reads_them(
    hub: Hub, app: Service, client: Client, answer: Answer
) -> None:
    answer(1)
    asyncio.run(one_round(hub, app))
    client.get(f"/widget?formation={CUISINE}")
    told = {name for name, _ in samples(scraped(client))}
    for metric in (*COUNTED, *READ):
        suffix = "_count" if metric.kind == "histogram" else ""
        assert f"{metric.name}{suffix}" in told
    assert all(name.startswith("sirius_") for name in told)


def test_openmetrics_is_spoken_to_who_asks_for_it(client: Client) -> None:
    answer = client.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


def test_how_long_answers_take_is_told_by_route(client: Client) -> None:
    for path in ("/r/unjeton", "/r/unautre", "/formations/50022146", "/nulle-part", "/ailleurs?x=1", "/pret"):
        client.get(path)
    client.request("PROPFIND", "/pret")
    text, count = scraped(client), "sirius_http_request_duration_seconds_count"
    assert value(text, count, route="/r/{token}", method="GET") == 2
    assert value(text, count, route="/formations/{code:path}", method="GET", status="2xx") == 1
    assert value(text, count, route="(aucune)", status="4xx") == 2
    assert value(text, count, route="/pret", method="GET", status="2xx") == 1
    assert value(text, count, route="/pret", method="autre", status="4xx") == 1
    assert value(text, "sirius_http_request_duration_seconds_bucket", le="+Inf") == value(text, count)
    assert value(text, "sirius_http_request_duration_seconds_sum", route="/r/{token}") > 0


def test_what_was_ready_is_told_from_what_had_to_be_made(client: Client, answer: Answer, app: Service) -> None:
    answer(6)
    app.catch_up()
    for _ in range(3):
        client.get(f"/widget?formation={CUISINE}")
    text = scraped(client)
    assert (value(text, "sirius_ready_hits_total"), value(text, "sirius_ready_misses_total")) == (2, 1)
    assert value(text, "sirius_ready_entries") == 1
    assert value(text, "sirius_ready_bytes") > 1000
    assert value(text, "sirius_http_request_duration_seconds_count", route="/widget", status="2xx") == 3
    answer(1)
    app.catch_up()
    text = scraped(client)
    assert value(text, "sirius_ready_forgotten_total", why="change") == 1
    assert value(text, "sirius_ready_entries") == 0
    assert value(text, "sirius_change_seen") == value(text, "sirius_change_last") > 0


def test_what_waits_for_moderators_is_told_with_its_age(hub: Hub, client: Client, answer: Answer, clock: Clock) -> None:
    assert value(scraped(client), "sirius_waiting", what="text") == 0
    answer(2)
    clock.moment += timedelta(days=3)
    text = scraped(client)
    assert value(text, "sirius_waiting", what="text") == 4
    assert value(text, "sirius_waiting_oldest_seconds", what="text") == 3 * 86_400
    publish_everything(hub)
    assert value(scraped(client), "sirius_waiting", what="text") == 0


def test_what_the_hub_has_not_taken_in_is_told(hub: Hub, client: Client, open_campaign: Opener) -> None:
    for link in hub.collector.issue_links(open_campaign(), 3):
        hub.collector.record(link, FULL_ANSWER)
    assert value(scraped(client), "sirius_responses_untaken") == 3
    worker.work_once(hub)
    assert value(scraped(client), "sirius_responses_untaken") == 0
    assert value(scraped(client), "sirius_changes_behind") == 0


def test_mails_and_messages_that_wait_are_told(hub: Hub, client: Client, open_campaign: Opener, clock: Clock) -> None:
    campaign = open_campaign()
    hub.collector.invite(campaign, RosterFile("liste.csv", b"email\nlea@exemple.fr\nnoe@exemple.fr\n"))
    clock.moment += timedelta(hours=2)
    text = scraped(client)
    assert value(text, "sirius_mails", outbox="collector", state="due") == 2
    assert value(text, "sirius_mail_due_oldest_seconds", outbox="collector") >= 7200
    hub.collector.hand_over_mails()
    assert value(scraped(client), "sirius_mails", outbox="collector", state="due") == 0
    assert value(text, "sirius_webhook_messages") == value(text, "sirius_webhooks") == 0


def test_steps_of_the_background_work_are_told(hub: Hub, app: Service, client: Client, clock: Clock) -> None:
    asyncio.run(one_round(hub, app))
    text = scraped(client)
    assert value(text, "sirius_background_failures_total", step="take_in") == 0
    minute = clock().replace(second=0, microsecond=0).timestamp()
    for step in ("take_in", "follow_corpus"):
        assert value(text, "sirius_background_last_success_timestamp_seconds", step=step) == minute


async def one_round(hub: Hub, app: Service) -> None:
    """Let the background work go on until it has told how it goes."""
    task = asyncio.create_task(worker.work_for_ever(hub, app.watch.counts))
    while not await asyncio.to_thread(has_told, hub):
        await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def has_told(hub: Hub) -> bool:
    """Whether each of those that go their own way was done once."""
    with hub.engine.connect() as connection:
        own = "('done.take_readings', 'done.mails', 'done.letters', 'done.webhooks')"
        query = f"SELECT count(*) FROM bookmark WHERE name IN {own}"
        return bool(connection.exec_driver_sql(query).scalar_one() == 4)


def test_it_answers_while_databases_are_away(hub: Hub, databases: Databases, client: Client) -> None:
    assert value(scraped(client), "sirius_database_up") == 2
    hub.engine.dispose()
    databases.lose(hub.settings.data_dir)
    text = scraped(client)
    assert value(text, "sirius_database_up", database="syndication") == 0
    assert value(text, "sirius_process_resident_memory_bytes") > 1_000_000


def test_nobody_is_in_it(hub: Hub, client: Client, open_campaign: Opener) -> None:
    with writing(hub.engine).begin() as connection:
        key = str(partners.add(connection, "Catalogue", (), hub.clock()))
    token = token_of(hub, open_campaign())
    client.get(f"/r/{token}")
    client.get("/r", params={"etape": "bilan", "email": "lea@exemple.fr"})
    client.get("/api/v1/usage", headers={"authorization": f"Bearer {key}"})
    client.get(f"/{token}/ailleurs?q=lea@exemple.fr", headers={"user-agent": "Navigateur de Lea"})
    text = scraped(client)
    for secret in (token, token[:8], key, key[-8:], "exemple.fr", "Navigateur", PARIS_CENTRE, "Catalogue"):
        assert secret not in text


def test_a_token_that_could_be_guessed_is_refused_and_a_file_may_hold_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIRIUS_DATA_DIR", str(tmp_path))
    for weak in ("court", "avec des espaces dedans ici", "accentué" * 4):
        monkeypatch.setenv("SIRIUS_METRICS_TOKEN", weak)
        with pytest.raises(ConfigurationError, match="SIRIUS_METRICS_TOKEN") as refused:
            Settings.from_environment()
        assert weak not in str(refused.value)
    monkeypatch.delenv("SIRIUS_METRICS_TOKEN")
    (tmp_path / "jeton").write_text(f"{TOKEN}\n")
    monkeypatch.setenv("SIRIUS_METRICS_TOKEN_FILE", str(tmp_path / "jeton"))
    settings = Settings.from_environment()
    assert settings.collector.metrics_token == TOKEN
    assert TOKEN not in repr(settings)
