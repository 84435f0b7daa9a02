"""Messages of a real service to a real receiver, while its background process is killed again and again."""

import os
import random
import signal
import time
from collections.abc import Callable

from sqlalchemy import func, select

from syndication import asgi
from syndication.context import Hub
from syndication.database import writing
from syndication.moderation import store as moderation
from syndication.partners import store as partners
from syndication.webhooks import store
from tests.conftest import settings_in
from tests.journeys.test_durability import background_child, serving
from tests.servers import PATIENCE, wait_until
from tests.syndication.test_publication import publish_everything
from tests.syndication.webhooks.test_courier import Receiver

KILLS = 6


def test_no_message_is_lost_though_the_background_process_is_killed_again_and_again(
    hub: Hub, answer: Callable[..., None]
) -> None:
    receiver, chance = Receiver(), random.Random(5)
    answer(12)
    with writing(hub.engine).begin() as connection:
        partners.add(connection, "Catalogue", (), hub.clock())
        partner = partners.named(connection, "Catalogue").id
        store.add(connection, partner, receiver.url, store.EVENTS, hub.clock())
    publish_everything(hub)
    hub.close()
    try:
        with serving(hub.settings.data_dir, "--workers", "2", SIRIUS_WEBHOOK_LOCAL="1") as (process, _):
            for kills in range(1, KILLS + 1):
                time.sleep(chance.uniform(0.2, 1.6))
                os.kill(background_child_soon(process.pid), signal.SIGKILL)
                decide_something(hub)
                if kills % 2 == 0:
                    wait_until(lambda: due(hub) == 0, "every message is received", every=0.3)
        assert set(owed(hub)) == set(receiver.ids)
        assert len(set(receiver.ids)) >= KILLS // 2
    finally:
        receiver.close()


def background_child_soon(parent: int) -> int:
    """The background process, which another replaces within two seconds of its death."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return background_child(parent)
        except AssertionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def decide_something(hub: Hub) -> None:
    """Refuse a published text, beside the service."""
    opened = asgi.open_hub(settings_in(hub.settings.data_dir), hub.clock)
    verbatim = moderation.VERBATIM
    with writing(opened.engine).begin() as connection:
        shown = select(verbatim.c.id, verbatim.c.version).where(verbatim.c.status == "publie").limit(1)
        row = connection.execute(shown).one()
        moderation.record_decision(connection, row.id, row.version, "refuse", "vide", "lea@exemple.fr", hub.clock())
    opened.close()


def due(hub: Hub) -> int:
    """Messages that are not received yet, and changes that are not told yet."""
    opened = asgi.open_hub(settings_in(hub.settings.data_dir), hub.clock)
    with opened.engine.connect() as connection:
        waiting = select(func.count()).where(store.DELIVERY.c.state == store.DUE)
        count = connection.execute(waiting).scalar_one()
        told = connection.exec_driver_sql("SELECT cursor FROM bookmark WHERE name = 'corpus'").scalar()
        last = connection.exec_driver_sql("SELECT max(seq) FROM change").scalar()
    opened.close()
    return int(count) + (int(told or 0) < int(last or 0))


def owed(hub: Hub) -> list[str]:
    """Ids of every message that was ever owed."""
    opened = asgi.open_hub(settings_in(hub.settings.data_dir), hub.clock)
    with opened.engine.connect() as connection:
        found = list(connection.execute(select(store.DELIVERY.c.id)).scalars())
    opened.close()
    return found
