"""On a PostgreSQL whose locale orders texts as French does, all is ordered and compared as in SQLite: by code point."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from syndication import asgi
from syndication import store as hub_store
from syndication.accounts import store as accounts
from syndication.accounts.store import Grant
from syndication.catalogue import importer
from syndication.catalogue import store as catalogue
from syndication.catalogue.facts import CentreFact, Fact, FormationFact
from syndication.context import Hub
from syndication.database import table, writing
from syndication.models import Partner
from syndication.partners import store as partners
from syndication.people import store as people
from syndication.queue import store as queue
from syndication.queue.wanted import Wanted
from tests.conftest import settings_in
from tests.databases import Databases, rows
from tests.helpers import Clock

pytestmark = pytest.mark.postgresql
REQUIRED = "SIRIUS_TEST_BROWSER"
"""When it is ``required``, nothing that a test needs may be missing."""
NAMES = (
    "zèbre", "Zèbre", "Abeille", "abeille", "à bas", "A-bas", "abas", "Écluse", "E\u0301cluse", "ecluse", "œuf", "oeuf",
    "Oeuf", "a b", "ab", "a_b", "Straße", "Strasse", "cote", "coté", "côte", "côté", "10", "9", "~", "ﬁn", "fin", "𝒵",
)  # fmt: skip
"""Names that French puts in another order than their code points, or takes for almost the same."""
ORDERED = tuple(sorted(NAMES))


@pytest.fixture
def hubs(databases: Databases, tmp_path: Path) -> Iterator[tuple[Hub, Hub]]:
    """The same things in a PostgreSQL that is French and in SQLite."""
    french = databases.in_french(tmp_path)
    if rows(french.syndication, "SELECT 'a' < 'B'") != [(True,)]:
        told = "the server has no French: apt-get install locales"
        pytest.fail(told) if os.environ.get(REQUIRED) == "required" else pytest.skip(told)
    settings = settings_in(tmp_path)
    files = settings.collector.model_copy(update={"collector_database_url": f"sqlite:///{tmp_path / 'c.db'}"})
    both = settings, replace(settings, collector=files, database_url=f"sqlite:///{tmp_path / 's.db'}")
    opened = tuple(asgi.open_hub(one, Clock()) for one in both)
    for hub in opened:
        asgi.migrate(hub)
        fill(hub)
    yield opened[0], opened[1]
    for hub in opened:
        hub.close()


def fill(hub: Hub) -> None:
    """Put every name wherever a name or a key may be."""
    now = hub.clock()
    known: list[Fact] = [FormationFact("cfd:50022146", "CAP cuisine", 1)]
    known += [FormationFact(f"rncp:{number}", f"Métier {name:16}.", 1) for number, name in enumerate(NAMES, 38000)]
    known += [CentreFact(f"075{number:04}A", f"{name} métier", 1) for number, name in enumerate(NAMES)]
    with writing(hub.engine).begin() as connection:
        importer.keep(connection, known, "essai", now)
        for number, name in enumerate(NAMES):
            partners.add(connection, name, [f"https://{number}.exemple.fr"], now)
            given = accounts.grant(connection, Grant(f"{name}@exemple.fr", "observer"), "essai", now)
            assert given
            person = accounts.person_by_email(connection, f"{name}@exemple.fr")
            assert person is not None
            accounts.set_name(connection, person.id, name)
        kept = [
            hub_store.NewReview(
                name, "collecte", name, None, 1, 1, "50022146", "2026-06", "2026-1", {"scales": {}}, {},
                (hub_store.NewVerbatim(name, "changement", f"Texte {name}.", "attente"),),
            )
            for name in NAMES
        ]  # fmt: skip
        hub_store.keep_reviews(connection, kept, now)


def told(hub: Hub) -> dict[str, Sequence[Any]]:
    """What is read in an order, and what is compared."""
    with hub.engine.connect() as connection:
        return {
            "partners": [row.name for row in partners.listed(connection)],
            "people": [row.email for row in people.people(connection, "", "", 0, 100)[0]],
            "people called": [people.people(connection, "", words, 0, 100)[1] for words in ("é", "zè", "OE", "ß")],
            "formations found": [row.title for row, _ in catalogue.search_formations(connection, "métier", 100)],
            "centres found": [row.name for row in catalogue.search_centres(connection, "metier", limit=100)],
            "centres cut short": [row.name for row in catalogue.search_centres(connection, "eclus")],
            "queue": queue.ids(connection, Wanted(), None, 100),
        }


def test_lists_and_searches_are_in_the_same_order(hubs: tuple[Hub, Hub]) -> None:
    french, sqlite = map(told, hubs)
    assert french == sqlite
    assert tuple(french["partners"]) == ORDERED
    assert tuple(french["queue"]) == ORDERED
    assert len(french["formations found"]) == len(french["centres found"]) == len(NAMES)
    assert len(french["centres cut short"]) == 3


def test_pages_that_follow_a_key_leave_nothing_out_and_repeat_nothing(hubs: tuple[Hub, Hub]) -> None:
    for hub in hubs:
        with hub.engine.connect() as connection:
            walked: list[str] = []
            place: queue.Place | None = None
            while some := queue.ids(connection, Wanted(), place, 3, inclusive=False):
                walked += some
                place = queue.place_of(connection, some[-1])
            assert tuple(walked) == ORDERED
            for before, after in pairwise(ORDERED):
                here = queue.place_of(connection, after)
                assert here is not None
                assert queue.id_before(connection, Wanted(), here) == before
                assert queue.count(connection, Wanted(), here) == ORDERED.index(after)


def test_names_are_the_same_when_every_code_point_is(hubs: tuple[Hub, Hub]) -> None:
    for hub in hubs:
        for name in NAMES:
            with hub.engine.connect() as connection:
                assert partners.named(connection, name).name == name
            again = table(Partner).insert().values(name=name, quota=1, created_at=hub.clock())
            with pytest.raises(IntegrityError), writing(hub.engine).begin() as connection:
                connection.execute(again)
