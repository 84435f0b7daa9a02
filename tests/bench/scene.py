"""Hubs to measure on, filled with as many formations and reviews as wanted."""

import sqlite3
from collections import Counter
from datetime import timedelta
from pathlib import Path

from collector.door import Settings as CollectorSettings
from collector.questionnaire import default_questionnaire, validate
from collector.records import answers_to
from syndication import asgi, ratings, store
from syndication.catalogue import importer
from syndication.catalogue.resolve import resolve
from syndication.context import Hub
from syndication.database import writing
from syndication.demo.facts import facts
from syndication.instants import now_in_paris
from syndication.intake import new_id
from syndication.settings import Settings
from syndication.store import NewReview, NewVerbatim
from tests.helpers import FULL_ANSWER

FORMATION, CENTRE = "50022146", "0751234J"
KEY = "bench" * 8
FIRST_CODE, FIRST_ID = 60_000_000, 1_000_000


def open_hub(folder: Path) -> Hub:
    """A hub of its own, with the demonstration's catalogue and no answer."""
    leaf = CollectorSettings(
        data_dir=folder, collector_database_url="", public_url="http://127.0.0.1:8000", secret_keys=(KEY,)
    )
    hub = asgi.open_hub(Settings.of(leaf))
    asgi.migrate(hub)
    with writing(hub.engine).begin() as connection:
        importer.keep(connection, facts(), "bench", now_in_paris())
        importer.link_lineages(connection)
    return hub


def fill(hub: Hub, reviews: int) -> None:
    """Reviews of one formation in one centre, two published texts each."""
    document = default_questionnaire()
    answers, faults = validate(document, FULL_ANSWER)
    assert not faults
    stored = answers_to(answers)
    month = "2026-06"
    with hub.engine.connect() as connection:
        resolved = resolve(connection, FORMATION, CENTRE)
    assert resolved.formation is not None
    assert resolved.centre is not None
    counts = Counter(ratings.counts_of(answers, document, month))
    counts.update({(ratings.VERBATIMS, "changement"): 1, (ratings.VERBATIMS, "a_savoir"): 1})
    for start in range(0, reviews, 2000):
        batch = [
            NewReview(
                new_id(), "collecte", new_id(), None, resolved.formation.asked.id, resolved.centre.id, "cfd:x", month,
                document.version, stored, counts,
                tuple(
                    NewVerbatim(new_id(), question, f"Texte {start + n}, long comme les vrais. " * 4, "publie")
                    for question in ("changement", "a_savoir")
                ),
            )
            for n in range(min(2000, reviews - start))
        ]  # fmt: skip
        with writing(hub.engine).begin() as connection:
            store.keep_reviews(connection, batch, now_in_paris())


def code_of(number: int) -> str:
    """The code of one of many formations."""
    return str(FIRST_CODE + number)


def fill_many(hub: Hub, formations: int, *, whole: bool = False) -> None:
    """Many formations, each answered about by the same twelve respondents, with texts of its own.

    ``whole``: every figure and twelve texts; otherwise the headline, two axes and one text, so that a million fit on a
    disk. Written by SQLite itself, as fast as it can.
    """
    fill(hub, 12)
    with hub.engine.connect() as connection:
        resolved = resolve(connection, FORMATION, CENTRE)
    assert resolved.formation is not None
    assert resolved.centre is not None
    values = {"f": resolved.formation.asked.id, "c": resolved.centre.id, "n": formations, "id": FIRST_ID}
    kept = "" if whole else "AND (axis LIKE '@%' OR axis IN ('satisfaction', 'cfa', 'entreprise'))"
    hub.engine.dispose()  # the file is taken for ourselves
    raw = sqlite3.connect(str(hub.engine.url.database), isolation_level=None)
    raw.executescript(
        "PRAGMA foreign_keys=OFF; PRAGMA synchronous=OFF; PRAGMA journal_mode=OFF; PRAGMA cache_size=-1000000; "
        "CREATE TEMP TABLE n AS WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n + 1 < "
        f"{formations}) SELECT n FROM n; CREATE TEMP TABLE t AS WITH RECURSIVE t(t) AS (SELECT 0 UNION ALL "
        f"SELECT t + 1 FROM t WHERE t + 1 < {12 if whole else 1}) SELECT t FROM t"
    )
    code = f"CAST({FIRST_CODE} + n AS TEXT)"
    for statement in (
        "INSERT INTO formation (id, natural_key, title, title_rank, level, lineage_id) "
        f"SELECT :id + n, 'cfd:' || {code}, 'Formation numéro ' || n, 0, 3, :id + n FROM n",
        "INSERT INTO formation_code (scheme, value, formation_id, source) "
        f"SELECT 'cfd', {code}, :id + n, 'bench' FROM n",
        "INSERT INTO tally (formation_id, centre_id, axis, value, count) "
        "SELECT :id + n, centre_id, axis, value, count + n % 7 FROM n CROSS JOIN "
        f"(SELECT centre_id, axis, value, count FROM tally WHERE formation_id = :f AND centre_id IN (0, :c) {kept})",
        "INSERT INTO verbatim (id, review_id, formation_id, centre_id, question, text, month, status, gem, alerted, "
        "digest, edition, masks, rating, received_on, published_at, version, receipt_due, useful, useless, usefulness) "
        "SELECT printf('%x-%x', n, t), printf('r%x-%x', n, t), :id + n, :c, 'a_savoir', "
        "'Texte ' || t || ' de la formation ' || n || ', ' || hex(randomblob(40)) || '. Le reste est plus calme.', "
        "'2026-06', 'publie', 0, 0, '', 1, '[]', '', '2026-10-01', "
        "(unixepoch('2026-10-01') + 60 * (n % 5000)) * 1000000, 1, 0, 0, 0, 0 FROM n CROSS JOIN t",
        "UPDATE tally SET count = (SELECT count(*) FROM t) WHERE axis = '@verbatims' AND value = 'a_savoir' "
        "AND formation_id >= :id",
        "DELETE FROM tally WHERE axis = '@verbatims' AND value <> 'a_savoir' AND formation_id >= :id",
    ):
        named = {name: value for name, value in values.items() if f":{name}" in statement}
        raw.execute(statement, named)
    raw.close()


def fill_queue(hub: Hub, texts: int) -> None:
    """Texts that wait, one response each, in two formations and two centres, some of them signalled."""
    with hub.engine.connect() as connection:
        places = [resolve(connection, code, uai) for code, uai in ((FORMATION, CENTRE), ("50025524", "9990001X"))]
    scopes = [(place.formation.asked.id, place.centre.id) for place in places if place.formation and place.centre]
    questions = ("changement", "a_savoir", "journee_cfa", "journee_entreprise", "recherche.conseil")
    now = now_in_paris()
    for start in range(0, texts, 2000):
        days = now - timedelta(days=20 - 20 * start // texts)
        batch = [
            NewReview(
                new_id(), "collecte", new_id(), None, *scopes[n % 2], "cfd:x", "2026-06", "1", {"scales": {}}, {},
                (
                    NewVerbatim(
                        new_id(), questions[n % 5], f"Texte {n}, mon tuteur Karim m'explique le métier le matin.",
                        "attente", signals=("personne",) if n % 4 == 0 else (),
                    ),
                ),
            )
            for n in range(start, min(start + 2000, texts))
        ]  # fmt: skip
        with writing(hub.engine).begin() as connection:
            store.keep_reviews(connection, batch, days)
