"""A nation is written at once, and equals one that was lived."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, func, select

from collector.past import CAMPAIGN, EVENT, INVITATION, RECEIPT, RESPONSE
from syndication import asgi, doctor, models
from syndication.context import Hub
from syndication.corpus.items import FIGURES, TEXT
from syndication.corpus.reading import Reader
from syndication.database import table
from syndication.demo.nation import build
from syndication.demo.nation import plan as planned
from syndication.demo.nation.store import TABLES
from syndication.search import store as search
from tests.conftest import settings_in
from tests.databases import Databases
from tests.helpers import Clock
from tests.syndication.nation.lived import Life

REVIEWS = 150
ROWS = {"id", "seq", "review_id", "verbatim_id", "source_id", "campaign_id", "response_id", "key", "author_hash",
        "roster_hash"}  # fmt: skip
"""Columns that say nothing but which row it is."""
COMPARED = [TABLES[name] for name in TABLES if name not in {"Bookmark", "Change", "IndexedText"}]


def open_on(folder: Path) -> tuple[Hub, Clock]:
    clock = Clock()
    return asgi.open_hub(settings_in(folder), clock), clock


@pytest.fixture(scope="module", autouse=True)
def often() -> Iterator[None]:
    """What is rare among a million texts happens among a hundred."""
    with pytest.MonkeyPatch.context() as patch:
        for share in ("POOR", "REWRITING", "NAMED", "GEM", "TAKEN_BACK"):
            patch.setattr(planned, share, 0.12)
        patch.setattr(planned, "ODD", 0.6)
        patch.setattr(planned, "ODD_DAYS", 60)
        yield


@pytest.fixture(scope="module")
def written(databases: Databases, migrated: Path) -> Iterator[Hub]:
    """A nation written at once."""
    with databases.fresh(migrated) as folder:
        hub, _ = open_on(folder)
        with closing(hub):
            build.write(hub, build.plan_of(hub, REVIEWS), lambda *_: None)
            yield hub


@pytest.fixture(scope="module")
def lived(databases: Databases, migrated: Path) -> Iterator[Hub]:
    """The same, lived."""
    with databases.fresh(migrated) as folder:
        hub, clock = open_on(folder)
        with closing(hub):
            Life(hub, clock, build.plan_of(hub, REVIEWS)).live()
            yield hub


def held(hub: Hub, target: Table) -> Counter[str]:
    """Rows of a table without what only says which they are, and without counts of nothing."""
    engine = hub.collector._engine if target.name in {"invitation", "response", "receipt", "event"} else hub.engine
    if target is CAMPAIGN:
        engine = hub.collector._engine
    with engine.connect() as connection:
        rows = [dict(row) for row in connection.execute(select(target)).mappings()]
    kept = [{name: value for name, value in row.items() if name not in ROWS} for row in rows if row.get("count") != 0]
    return Counter(json.dumps(row, default=str, sort_keys=True) for row in kept)


@pytest.mark.parametrize(
    "target", [*COMPARED, CAMPAIGN, INVITATION, RESPONSE, EVENT, RECEIPT], ids=lambda one: one.fullname
)
def test_each_table_holds_what_intake_and_moderation_would_have_left(written: Hub, lived: Hub, target: Table) -> None:
    ours, theirs = held(written, target), held(lived, target)
    assert theirs, target.name
    assert ours == theirs


def test_each_text_bears_its_own_decisions_signals_and_subjects(written: Hub, lived: Hub) -> None:
    def told(hub: Hub) -> Counter[str]:
        verbatim = TABLES["Verbatim"]
        with hub.engine.connect() as connection:
            texts = {row.id: f"{row.formation_id} {row.centre_id} {row.question} {row.text} {row.month}"
                     for row in connection.execute(select(verbatim))}  # fmt: skip
            found = [
                f"{texts[row['verbatim_id']]} {name} {sorted((k, str(v)) for k, v in row.items() if k not in ROWS)}"
                for name in ("Decision", "VerbatimSignal", "VerbatimSubject")
                for row in connection.execute(select(TABLES[name])).mappings()
            ]
        return Counter(found)

    assert told(written) == told(lived)


def test_the_same_is_public(written: Hub, lived: Hub) -> None:
    def lines(hub: Hub, kind: str) -> list[dict[str, Any]]:
        reader = Reader(hub.engine, hub.settings.keys(), "https://exemple.invalid/methode")
        exported = b"".join(reader.export(kind, "ndjson", hub.publisher.questions().labels)).splitlines()
        items = [{name: value for name, value in json.loads(line).items() if name != "id"} for line in exported]
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True))

    for kind in (FIGURES, TEXT):
        assert lines(written, kind)
        assert lines(written, kind) == lines(lived, kind)


def test_the_same_words_are_found(written: Hub, lived: Hub) -> None:
    def words(hub: Hub) -> Counter[str]:
        with hub.engine.connect() as connection:
            return Counter(" ".join(sorted(terms.split())) for _, terms in search.words_held(connection))

    assert words(written) == words(lived)


def test_each_scope_changed_last_when_it_did(written: Hub, lived: Hub) -> None:
    change = table(models.Change)

    def last(hub: Hub) -> dict[tuple[int, int], datetime]:
        query = select(change.c.formation_id, change.c.centre_id, func.max(change.c.at))
        with hub.engine.connect() as connection:
            rows = connection.execute(query.where(change.c.formation_id > 0).group_by(*change.c[1:3])).all()
        return {(formation, centre): at for formation, centre, at in rows}

    assert last(written) == last(lived)


def test_doctor_finds_nothing_to_say_of_it_but_that_texts_wait(written: Hub) -> None:
    assert [fault for fault in doctor.examine(lambda: written.settings) if "SIRIUS_WAITING_DAYS" not in fault] == []


def test_every_state_is_there(written: Hub) -> None:
    verbatim, review = TABLES["Verbatim"], TABLES["Review"]
    with written.engine.connect() as connection:
        states = [
            set(connection.execute(select(one).distinct()).scalars()) for one in (verbatim.c.status, review.c.state)
        ]
        assert states[0] == {"attente", "publie", "refuse", "recrire", "archive", "retire"}
        assert states[1] == {"comptee", "a_verifier"}
        assert connection.execute(select(func.count()).where(verbatim.c.gem)).scalar_one()
        assert connection.execute(select(func.count()).where(verbatim.c.shown.is_not(None))).scalar_one()


def test_the_same_seed_gives_the_same_nation_and_today_moves_it(written: Hub) -> None:
    one, same = build.plan_of(written, 60), build.plan_of(written, 60)
    assert list(one.responses()) == list(same.responses())
    assert max(response.day for response in build.plan_of(written, 60).responses()) < date(2026, 11, 24)
