"""How the background work begins and ends."""

import asyncio
import threading

import pytest

from collector.door import to_its_end
from syndication import worker
from syndication.context import Hub
from tests.servers import PATIENCE


@pytest.mark.parametrize("step", ["take_in", "learn"])
def test_who_stops_it_is_answered_once_what_is_under_way_has_come_to_its_end(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    began, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def slow(_: Hub) -> None:
        began.set()
        may_end.wait(PATIENCE)
        ended.set()

    async def slow_apart(hub: Hub) -> None:
        await to_its_end(lambda: slow(hub))

    async def stopped() -> bool:
        working = asyncio.create_task(worker.work_for_ever(hub))
        while not began.is_set():
            await asyncio.sleep(0.01)
        working.cancel()
        await asyncio.sleep(0.1)  # the others have left by then
        assert not working.done()
        may_end.set()
        await asyncio.gather(working, return_exceptions=True)
        return ended.is_set() and working.cancelled()

    monkeypatch.setattr(worker, step, slow_apart if step == "learn" else slow)
    assert asyncio.run(stopped())
