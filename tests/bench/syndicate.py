"""What catalogues cost: summaries of a hundred keys, a million changes followed, a code."""

import random
import re
import sqlite3
import statistics
from pathlib import Path
from time import perf_counter, process_time

import httpx
from sqlalchemy import Connection

from syndication.api import serialise
from syndication.api.params import read_keys
from syndication.api.v1 import written
from syndication.catalogue import importer
from syndication.catalogue.importing import store as importing
from syndication.catalogue.resolve import resolve_formation
from syndication.context import Hub
from syndication.database import writing
from syndication.errors import UnusableCode
from syndication.instants import now_in_paris
from syndication.partners import store as partners
from syndication.publication.summaries import summarise
from tests.bench.scene import CENTRE, FIRST_ID, KEY, code_of, fill_many, open_hub
from tests.bench.servers import serving
from tests.conftest import DATA

REVIEWS, PER_FORMATION = 1_000_000, 15
KEYS, BATCHES = 100, 60
ITEMS, PER_PAGE = 1_000_000, 1000
CODES = 2000
OFFICIAL = ("n_formation_diplome.csv", "n_mef.csv", "certif_info.csv", "kit_apprentissage_20231218.csv")


def summaries(folder: Path) -> None:
    """A hundred keys drawn at random, never asked before, among a million reviews."""
    hub, chance = open_hub(folder), random.Random(2)
    size = REVIEWS // PER_FORMATION
    fill_many(hub, size, whole=True)
    times: list[float] = []
    for number in range(BATCHES + 5):
        places = [chance.randrange(size) for _ in range(KEYS)]
        cles = ",".join(f"{code_of(n)}@{CENTRE}" if n % 2 else code_of(n) for n in places)
        began = process_time()
        _summarised(hub, cles)
        if number >= 5:
            times.append(1000 * (process_time() - began))
    hub.close()
    times.sort()
    print(
        f"/api/v1/resumes, {KEYS} keys, cold, {REVIEWS:,} reviews: {statistics.median(times):.1f} ms of processor time "
        f"(median), {times[int(0.95 * len(times))]:.1f} ms (95 %)"
    )


def _summarised(hub: Hub, cles: str) -> str:
    with hub.engine.connect() as connection:
        found, _, _ = summarise(connection, read_keys(cles), hub.publisher.questions(), hub.settings.thresholds)
    assert len(found) > KEYS // 2
    return written([serialise.summary(one) for one in found])


def following(folder: Path) -> None:
    """A mirror that follows a million texts from the start, over HTTP, page by page."""
    hub = open_hub(folder)
    fill_many(hub, ITEMS // 12 + 1, whole=True)
    with writing(hub.engine).begin() as connection:
        key = partners.add(connection, "Miroir", (), hub.clock(), quota=1_000_000)
    hub.close()
    raw = sqlite3.connect(folder / "syndication.db")
    raw.execute(
        "INSERT INTO published (first, kind, key, formation_id, centre_id, removed, digest) SELECT rowid, 'verbatim', "
        "id, formation_id, centre_id, 0, hex(randomblob(9)) FROM verbatim WHERE formation_id >= ? LIMIT ?",
        (FIRST_ID, ITEMS),
    )
    raw.execute("UPDATE published SET first = seq")
    raw.commit()
    raw.close()
    environment = {"SIRIUS_DATA_DIR": str(folder), "SIRIUS_SECRET_KEYS": KEY, "SIRIUS_BACKGROUND": "0"}
    with serving("syndication.asgi:application", environment, factory=True) as (port, _):
        count, seconds = _follow(f"http://127.0.0.1:{port}/api/v1/changements", f"Bearer {key}")
    print(f"following {count:,} changes over HTTP, {PER_PAGE} a page: {count / seconds:,.0f} a second")


def _follow(url: str, key: str) -> tuple[int, float]:
    cursor, count, began = "", 0, perf_counter()
    with httpx.Client(headers={"authorization": key}, timeout=60) as client:
        while True:
            asked = {"page_size": str(PER_PAGE)} | ({"depuis": cursor} if cursor else {})
            page = client.get(url, params=asked).raise_for_status().content
            count += page.count(b'"action":')
            found = re.search(rb'"curseur":"([^"]+)","suite":(true|false)', page)
            assert found is not None
            cursor = found[1].decode()
            if found[2] == b"false":
                return count, perf_counter() - began


def resolution(folder: Path) -> None:
    """A code to its formation, warm, on the official files when they are there."""
    hub = open_hub(folder)
    if DATA.is_dir():
        importer.import_files(hub.engine, [DATA / name for name in OFFICIAL], now_in_paris())
    with hub.engine.connect() as connection, connection.begin():
        schemes = ("cfd", "certifinfo", "onisep", "mef", "rncp")
        for scheme in schemes:
            codes = sorted(importing.formation_ids_by_code(connection, scheme))
            some = [f"{scheme}:{code}" for code in random.Random(3).sample(codes, min(CODES, len(codes)))]
            known = [code for code in some if _resolves(connection, code)]
            began = process_time()
            for code in known:
                resolve_formation(connection, code)
            spent = 1e6 * (process_time() - began) / len(known)
            print(f"resolution of a {scheme} code, warm, {len(known)} of them: {spent:.0f} µs of processor time")
    hub.close()


def _resolves(connection: Connection, code: str) -> bool:
    try:
        resolve_formation(connection, code)
    except UnusableCode:
        return False
    return True
