"""How long statistics take once a million reviews have been moderated."""

import sqlite3
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path
from time import process_time

from syndication.accounts import signin
from syndication.accounts.store import Grant
from syndication.app import create_app
from syndication.context import Hub
from syndication.fairness import figures, store
from syndication.fairness.statistics import SHOWN, statistics
from syndication.fairness.views import flow_of
from syndication.moderation.decide import REASONS
from tests.bench.scene import open_hub
from tests.helpers import Client

REVIEWS, CENTRES, MONTHS = 1_000_000, 3_000, 48
WAITING = 20_000


def fill_moderated(hub: Hub) -> None:
    """A million texts at thousands of centres over four years, their flow counted; written by SQLite itself."""
    hub.engine.dispose()  # the file is taken for ourselves
    raw = sqlite3.connect(str(hub.engine.url.database), isolation_level=None)
    raw.executescript(
        "PRAGMA foreign_keys=OFF; PRAGMA synchronous=OFF; PRAGMA journal_mode=OFF; PRAGMA cache_size=-1000000; "
        "CREATE TEMP TABLE n AS WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n + 1 < "
        f"{REVIEWS}) SELECT n, 1000 + n % {CENTRES} AS centre, date('2023-01-01', '+' || (n * 7 % {MONTHS}) || "
        "' months') AS day, CASE n % 5 WHEN 0 THEN 'mal' WHEN 1 THEN 'moyen' WHEN 2 THEN '' ELSE 'bien' END AS rating, "
        f"CASE WHEN n < {WAITING} THEN 'attente' WHEN n % 8 = 0 THEN 'refuse' WHEN n % 97 = 0 THEN 'retire' "
        "ELSE 'publie' END AS status FROM n"
    )
    for statement in (
        "INSERT INTO centre (id, uai, name, name_rank, city, department, region) SELECT DISTINCT centre, "
        "'C' || centre, 'Centre numéro ' || centre, 0, '', '', '' FROM n",
        "INSERT INTO tally (formation_id, centre_id, axis, value, count) SELECT 0, centre, '@repondants', '', count(*) "
        "FROM n GROUP BY centre",
        "INSERT INTO verbatim (id, review_id, formation_id, centre_id, question, text, status, reason, gem, alerted, "
        "digest, edition, masks, rating, received_on, version, receipt_due, useful, useless, usefulness) SELECT "
        "'v' || n, 'r' || n, 1, centre, 'a_savoir', 'Texte ' || n, status, CASE status WHEN 'refuse' THEN 'vide' END, "
        "n % 20 = 0, 0, '', 1, '[]', rating, day, 1, 0, 0, 0, 0 FROM n",
        "CREATE TEMP TABLE told AS SELECT day, centre, rating, 'recu' AS measure, count(*) AS count FROM n "
        "GROUP BY 1, 2, 3 UNION ALL SELECT day, centre, rating, status, count(*) FROM n GROUP BY 1, 2, 3, 4 "
        "UNION ALL SELECT day, centre, rating, 'motif.vide', count(*) FROM n WHERE status = 'refuse' GROUP BY 1, 2, 3 "
        "UNION ALL SELECT day, centre, rating, 'delai.' || (n % 25), count(*) FROM n WHERE status <> 'attente' "
        "GROUP BY 1, 2, 3, 4",
        *(
            f"INSERT INTO flow (month, centre_id, rating, measure, count) SELECT {month}, {centre}, rating, measure, "
            "sum(count) FROM told GROUP BY 1, 2, 3, 4"
            for month in ("substr(day, 1, 7)", "''")
            for centre in ("centre", "0")
        ),
        "WITH RECURSIVE d(d) AS (SELECT 0 UNION ALL SELECT d + 1 FROM d WHERE d < 364), p(p) AS (SELECT 0 UNION ALL "
        "SELECT p + 1 FROM p WHERE p < 30), k(k) AS (VALUES ('widget'), ('badge'), ('scores'), ('avis')) "
        "INSERT INTO usage (day, kind, partner_id, count) SELECT date('2026-11-01', '-' || d || ' days'), k, p, 100 "
        "FROM d, p, k",
        "ANALYZE",
    ):  # fmt: skip
        raw.execute(statement)
    raw.close()


def fairness(folder: Path) -> None:
    """The desk's line, the page of fairness and the public statistics, cold and warm, in milliseconds of processor
    time; both pages too, whole (the public one is kept for five minutes)."""
    hub = open_hub(folder)
    fill_moderated(hub)
    today = hub.clock().date()
    with hub.engine.connect() as connection:
        _tell("the desk's line", lambda: flow_of(connection, hub))
        _tell("fairness by rating", lambda: figures.by_rating(store.by_rating(connection)))
        _tell("fairness by centre", lambda: store.by_centre(connection, figures.ENOUGH))
        few = dict(islice(store.by_centre(connection, figures.ENOUGH).items(), 50))
        _tell("a page of centres", lambda: store.flows(connection, few))
        _tell("months", lambda: store.by_month(connection))
        _tell("covered", lambda: store.covered(connection, 5))
        _tell("served", lambda: store.served(connection, today))
        _tell(
            "public statistics, counted anew",
            lambda: statistics(store.gather(connection, today, figures.ENOUGH, 5, SHOWN), REASONS, 5),
        )
    client = Client(create_app(hub, background=False))
    client.post(signin.make_link(hub.engine, "", Grant("lea@exemple.fr", "moderator"), hub.clock()))
    for path in ("/moderation/equite", "/moderation/equite?tri=refus", "/statistiques"):
        _tell(path, partial(client.get, path))
    hub.close()


def _tell(name: str, work: Callable[[], object]) -> None:
    times: list[float] = []
    for _ in range(7):
        begun = process_time()
        work()
        times.append(1000 * (process_time() - begun))
    print(f"{name}: {sorted(times)[3]:.1f} ms (first {times[0]:.1f}), {REVIEWS:,} reviews, {CENTRES:,} centres")
