"""A service of several processes seen from outside: whichever is asked tells the same, whoever has died meanwhile."""

import os
import signal

from syndication.context import Hub
from tests.conftest import CUISINE
from tests.journeys.processes import children
from tests.journeys.test_durability import serving
from tests.servers import fetch, wait_until
from tests.syndication.watch.scraping import value

ASKED = 40
COUNT = "sirius_http_request_duration_seconds_count"


def test_processes_tell_one_truth_that_outlives_each_of_them(hub: Hub) -> None:
    hub.close()
    with serving(hub.settings.data_dir, "--workers", "2") as (process, url):

        def told(name: str, **labels: str) -> float:
            return value(fetch(f"{url}/metrics").text, name, **labels)

        def asked() -> set[float]:
            """What processes tell of how often the widget was asked for; each connection falls to one."""
            return {told(COUNT, route="/widget") for _ in range(8)}

        wait_until(lambda: told("sirius_processes") == 3, "every process is there")
        for _ in range(ASKED):
            fetch(f"{url}/widget?formation={CUISINE}")
        wait_until(lambda: asked() == {ASKED}, "all tell what each has counted", every=0.2)
        assert told("sirius_ready_hits_total") + told("sirius_ready_misses_total") == ASKED
        answering = children(process.pid, "web")
        os.kill(min(answering), signal.SIGKILL)
        wait_until(lambda: len(children(process.pid, "web") - answering) == 1, "another has taken its place")
        wait_until(lambda: told("sirius_processes") == 3, "it counts too")
        fetch(f"{url}/widget?formation={CUISINE}")
        wait_until(lambda: asked() == {ASKED + 1}, "nothing is lost with it", every=0.2)
        step = "sirius_background_last_success_timestamp_seconds"
        wait_until(lambda: told(step, step="take_in") > 0, "the process at the background work is heard of", every=0.2)
    with serving(hub.settings.data_dir) as (_, url):
        assert value(fetch(f"{url}/metrics").text, COUNT, route="/widget") == ASKED + 1
