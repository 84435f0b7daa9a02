"""``/sante`` and ``/pret``: whether a process lives, and whether it can do its work."""

import asyncio
import threading

import pytest

from collector.watch.asking import Question
from syndication.context import Hub
from tests.databases import Databases, change
from tests.helpers import Client

READY = {"pret": True, "defauts": []}


def test_a_process_that_can_work_says_so(client: Client) -> None:
    assert client.get("/sante").text == "ok"
    assert client.get("/pret").json() == READY


def test_a_schema_of_another_release_is_told_with_what_to_do(hub: Hub, client: Client) -> None:
    change(hub.settings.collector.database_url, "UPDATE alembic_version SET version_num = '0001'")
    answer = client.get("/pret")
    assert answer.status_code == 503
    (fault,) = answer.json()["defauts"]
    assert fault == "Le schéma de la base du recueil n'est pas celui de cette version : « sirius migrate »."


def test_databases_that_are_away_are_told_each_on_its_own(hub: Hub, databases: Databases, client: Client) -> None:
    hub.engine.dispose()
    databases.lose(hub.settings.data_dir)
    answer = client.get("/pret")
    assert answer.status_code == 503
    assert "du recueil" in answer.text or "de la diffusion" in answer.text
    assert client.get("/sante").status_code == 200


def test_a_database_that_hangs_is_asked_once_however_many_wonder() -> None:
    asked, released = [], threading.Event()

    def ask() -> bool:
        asked.append(1)
        return released.wait()

    async def wonder() -> None:
        question = Question(ask, 0.01)
        waiting = await asyncio.gather(*(question.answer() for _ in range(20)), return_exceptions=True)
        assert all(isinstance(one, TimeoutError) for one in waiting)
        released.set()
        while not question._asked or not question._asked.done():
            await asyncio.sleep(0)
        assert await question.answer()

    asyncio.run(wonder())
    assert len(asked) == 2


def test_a_question_that_fails_fails_for_who_asked_and_is_asked_anew() -> None:
    answers = [True]

    async def wonder() -> bool:
        question = Question(answers.pop, 5)
        assert await question.answer()
        with pytest.raises(IndexError):
            await question.answer()
        answers.append(True)
        return await question.answer()

    assert asyncio.run(wonder())
