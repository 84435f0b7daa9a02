"""What it takes to open the desk before many texts that wait."""

import statistics
from pathlib import Path
from time import process_time

from syndication.accounts import signin
from syndication.accounts.store import Grant
from syndication.app import create_app
from tests.bench.scene import CENTRE, FORMATION, fill_queue, open_hub
from tests.helpers import Client

WAITING, TIMES = 20_000, 20


def queue(folder: Path) -> None:
    """Processor time of ``GET /moderation`` in this process: median and largest, by filter."""
    hub = open_hub(folder)
    fill_queue(hub, WAITING)
    client = Client(create_app(hub, background=False))
    client.post(signin.make_link(hub.engine, "", Grant("lea@exemple.fr", "moderator"), hub.clock()))
    with hub.engine.connect() as connection:
        middle = connection.exec_driver_sql(
            "SELECT id FROM verbatim ORDER BY received_on, id LIMIT 1 OFFSET ?", (WAITING // 2,)
        ).scalar_one()
    filters = {
        "without filters": "", "in the middle": f"?texte={middle}", "by question": "?question=a_savoir",
        "by formation": f"?formation={FORMATION}", "by centre": f"?etablissement={CENTRE}",
        "by signal": "?signal=personne", "by a signal that none shows": "?signal=telephone",
        "by all of these": f"?question=a_savoir&formation={FORMATION}&etablissement={CENTRE}&signal=personne",
        "published ones": "?etat=publie",
    }  # fmt: skip
    for name, query in filters.items():
        spent: list[float] = []
        for _ in range(TIMES):
            start = process_time()
            assert client.get(f"/moderation{query}").status_code == 200
            spent.append(1000 * (process_time() - start))
        median, most = statistics.median(spent), max(spent)
        print(f"desk, {WAITING} waiting, {name}: {median:.1f} ms of processor time, {most:.1f} ms at most")
    hub.close()
