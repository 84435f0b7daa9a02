"""What the service learns of its own decisions: by the command, and on the desk."""

import asyncio
import json
import random
import re
import resource
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from syndication import store as hub_store
from syndication import worker
from syndication.context import Hub
from syndication.database import writing
from syndication.intake import new_id
from syndication.learnt import store, teaching
from syndication.moderation import store as moderation
from syndication.moderation.learning import MINIMUM, MINIMUM_EACH, Model, loads
from syndication.reviews.store import REVIEW
from tests.commands import sirius
from tests.conftest import CUISINE, PARIS_CENTRE, open_one
from tests.databases import environment
from tests.helpers import FULL_ANSWER, Client, Clock
from tests.syndication.cfa.people import centre_id, formation_id
from tests.syndication.test_desk import signed_in

Answer = Callable[..., None]
GOOD = ("atelier", "métier", "chantier", "équipe", "horaires", "cuisine", "salaire", "rythme")
BAD = ("lol", "ptdr", "bof", "foot", "console", "jeu", "vidéo", "blague")
NEITHER = "Zut alors, un mot rare."


def decide(hub: Hub, published: int, refused: int) -> None:
    """Decisions that a few words tell apart, each on a response of its own."""
    draw = random.Random(7)
    texts = [(" ".join(draw.choices(GOOD, k=9)), "publie") for _ in range(published)]
    texts += [(" ".join(draw.choices(BAD, k=9)), "refuse") for _ in range(refused)]
    place = formation_id(hub, CUISINE), centre_id(hub, PARIS_CENTRE)
    reviews = []
    for text, _ in texts:
        name, verbatim = new_id(), hub_store.NewVerbatim(new_id(), "changement", text, "attente")
        reviews.append(hub_store.NewReview(
            name, "collecte", name, None, *place, CUISINE, "2026-06", "2026-1", {"scales": {}}, {}, (verbatim,)
        ))  # fmt: skip
    with writing(hub.engine).begin() as connection:
        hub_store.keep_reviews(connection, reviews, hub.clock())
        for review, (_, wished) in zip(reviews, texts, strict=True):
            reason = "vide" if wished == "refuse" else None
            moderation.record_decision(connection, review.verbatims[0].id, 1, wished, reason, "lea", hub.clock())


def learnt(hub: Hub) -> Model | None:
    """The model that is kept."""
    with hub.engine.connect() as connection:
        number = store.newest_id(connection)
        kept = store.kept(connection, number) if number else None
    return loads(kept.body) if kept else None


# -- the command -----------------------------------------------------------------------------------------------------


def test_the_command_learns_as_soon_as_there_is_enough_and_says_what_it_is_worth(hub: Hub) -> None:
    decide(hub, MINIMUM - MINIMUM_EACH, MINIMUM_EACH)
    done = sirius(hub.settings.data_dir, "moderation", "learn")
    assert done.returncode == 0, done.stderr
    assert f"Appris de {MINIMUM - MINIMUM_EACH} publications et {MINIMUM_EACH} refus" in done.stderr
    model = learnt(hub)
    assert model is not None
    assert model.publish is not None
    assert f"aire sous la courbe {model.area:.2f}" in done.stderr
    assert f"Proposer de publier : {model.publish.precision:.0%} de propositions justes" in done.stderr
    told = json.loads(sirius(hub.settings.data_dir, "moderation", "learn", "--json").stdout)
    assert (told["publications"], told["refus"], told["obstacle"]) == (MINIMUM - MINIMUM_EACH, MINIMUM_EACH, None)
    assert told["propositions"]["publier"]["precision"] == model.publish.precision


@pytest.mark.parametrize(("published", "refused"), [(12, 3), (MINIMUM, MINIMUM_EACH - 1)])
def test_the_command_says_what_is_lacking_and_keeps_nothing(hub: Hub, published: int, refused: int) -> None:
    decide(hub, published, refused)
    done = sirius(hub.settings.data_dir, "moderation", "learn")
    assert f"attend au moins {MINIMUM} décisions, dont {MINIMUM_EACH} de chaque sorte" in done.stderr
    assert f"il y a {published} publications et {refused} refus" in done.stderr
    assert "Appris" not in done.stderr
    assert learnt(hub) is None
    told = json.loads(sirius(hub.settings.data_dir, "moderation", "learn", "--json").stdout)
    assert "attend au moins" in told["obstacle"]
    assert told["propositions"] == {"publier": None, "refuser": None}


def test_the_command_says_what_to_install_where_the_extra_is_absent(hub: Hub) -> None:
    decide(hub, MINIMUM, MINIMUM_EACH)
    absent = (
        "import sys; sys.modules['sklearn'] = None; sys.argv = ['sirius', 'moderation', 'learn']\n"
        "from syndication.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", absent], capture_output=True, text=True, check=False,
        env=environment(hub.settings.data_dir), cwd=Path(__file__).resolve().parents[2],
    )  # fmt: skip
    assert "installez scikit-learn (pip install 'sirius-avis[learning]')" in done.stderr
    assert "Traceback" not in done.stderr
    assert learnt(hub) is None


def test_at_night_it_learns_in_a_process_of_its_own(hub: Hub, clock: Clock) -> None:
    decide(hub, MINIMUM, MINIMUM_EACH)
    clock.moment = clock.moment.replace(hour=3)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    asyncio.run(worker.learn(hub))
    model = learnt(hub)
    assert model is not None
    assert (model.trained_at, model.published, model.refused) == (clock.moment, MINIMUM, MINIMUM_EACH)
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime > before


def test_a_night_on_which_learning_fails_is_told(hub: Hub, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    clock.moment = clock.moment.replace(hour=3)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(subprocess.CalledProcessError):
        asyncio.run(worker.learn(hub))


@pytest.fixture
def endless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lesson without an end, in the place of those to come; gives the file in which it writes its process id."""
    script, told = tmp_path / "endless", tmp_path / "pid"
    script.write_text(f"#!/bin/sh\necho $$ > {told}.new && mv {told}.new {told}\nexec sleep 600\n")
    script.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(script))
    return told


def test_what_is_sent_while_it_learns_is_taken_in(
    hub: Hub, clock: Clock, endless: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.moment = clock.moment.replace(hour=3)
    campaign = open_one(hub, clock, CUISINE, PARIS_CENTRE)
    (link,) = hub.collector.issue_links(campaign, 1)

    def reviews() -> int:
        with hub.engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(REVIEW)).scalar_one()

    async def night() -> None:
        working = asyncio.ensure_future(worker.work_for_ever(hub))
        while not endless.exists():
            await asyncio.sleep(0.01)
        await asyncio.to_thread(hub.collector.record, link, FULL_ANSWER)
        while not reviews():
            await asyncio.sleep(0.01)
        assert is_alive(endless)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)

    asyncio.run(asyncio.wait_for(night(), 60))
    assert not is_alive(endless)


def test_a_lesson_that_is_cut_off_is_begun_again_the_same_night(
    hub: Hub, clock: Clock, endless: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(hub, MINIMUM, MINIMUM_EACH)
    clock.moment = clock.moment.replace(hour=3)

    async def cut_off() -> None:
        learning = asyncio.ensure_future(worker.learn(hub))
        while not endless.exists():
            await asyncio.sleep(0.01)
        learning.cancel()
        await asyncio.gather(learning, return_exceptions=True)

    asyncio.run(asyncio.wait_for(cut_off(), 60))
    assert not is_alive(endless)
    monkeypatch.undo()
    asyncio.run(worker.learn(hub))
    assert learnt(hub) is not None


def is_alive(told: Path) -> bool:
    return Path(f"/proc/{told.read_text().strip()}").exists()


def test_it_learns_of_the_latest_words_up_to_what_memory_bears(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    decide(hub, MINIMUM, MINIMUM_EACH)
    with hub.engine.connect() as connection:
        every = store.examples(connection)
        monkeypatch.setattr(store, "MOST_CHARACTERS", sum(len(one.text) for one in every[:100]))
        assert store.examples(connection) == every[:100]


# -- the desk --------------------------------------------------------------------------------------------------------


@pytest.fixture
def waiting(hub: Hub, clock: Clock, answer: Answer) -> list[str]:
    """Words that wait, the oldest first: some that nobody learnt of, some to publish, some to refuse."""
    words = [NEITHER, "atelier métier chantier équipe horaires", "lol ptdr bof foot console jeu"]
    for text in words:
        answer(1, changement=[text], recherche__conseil=[""])
        clock.moment += timedelta(days=1)
    return words


def front(desk: Client, query: str = "") -> tuple[str, str, str]:
    """The page of the queue, the words in front of who reads, and what is suggested of them."""
    page = unescape(desk.get(f"/moderation{query}").text)
    words = re.search(r'id="mots">(.*?)</blockquote>', page, re.DOTALL)
    suggested = re.search(r'<p class="quiet" id="appris">(.*?)</p>', page)
    assert words
    return page, re.sub("<[^>]+>", "", words[1]), suggested[1] if suggested else ""


def test_the_desk_offers_the_order_that_was_learnt_and_suggests_with_its_measured_precision(
    hub: Hub, app: Any, waiting: list[str]
) -> None:
    decide(hub, 200, 60)
    teaching.learn(hub.engine, hub.clock())
    model = learnt(hub)
    assert model is not None
    assert model.publish is not None
    assert model.refuse is not None
    desk = signed_in(hub, app)
    page, words, suggested = front(desk)
    assert (words, suggested) == (NEITHER, "")
    assert '<option value="appris">' in page
    assert "Le modèle ne décide jamais" in page
    page, words, suggested = front(desk, "?ordre=appris")
    assert words in waiting[1:]
    assert '<option value="appris" selected>' in page
    wished, measure = ("publier", model.publish) if words == waiting[1] else ("refuser", model.refuse)
    assert suggested == (
        f"D'après les décisions passées\u00a0: {wished}. Sur {measure.suggested} propositions de ce genre, "
        f"{int(measure.precision * 100)}\u00a0% étaient ce qu'ont décidé les modérateurs. C'est vous qui décidez."
    )
    ready = re.findall(r'<template data-suivant="[^"]+">.*?id="mots">(.*?)</blockquote>', page, re.DOTALL)
    assert [re.sub("<[^>]+>", "", one) for one in ready[:2]] == [one for one in (*waiting[1:], NEITHER) if one != words]


def test_who_waited_for_a_week_comes_first_whatever_was_learnt(
    hub: Hub, app: Any, clock: Clock, waiting: list[str]
) -> None:
    decide(hub, 200, 60)
    teaching.learn(hub.engine, hub.clock())
    clock.moment += timedelta(days=4)
    assert front(signed_in(hub, app), "?ordre=appris")[1] == waiting[0]


def test_without_a_model_the_desk_offers_and_suggests_nothing(hub: Hub, app: Any, waiting: list[str]) -> None:
    decide(hub, 12, 3)
    assert teaching.learn(hub.engine, hub.clock()).obstacle
    desk = signed_in(hub, app)
    for query in ("", "?ordre=appris"):
        page, words, suggested = front(desk, query)
        assert (words, suggested) == (waiting[0], "")
        assert 'name="ordre"' not in page
        assert "propositions" not in page
        assert "D'après les décisions passées" not in page


def test_a_model_that_is_forgotten_leaves_the_desk_at_once(hub: Hub, app: Any, waiting: list[str]) -> None:
    decide(hub, 200, 60)
    teaching.learn(hub.engine, hub.clock())
    desk = signed_in(hub, app)
    assert front(desk, "?ordre=appris")[2]
    with writing(hub.engine).begin() as connection:
        assert store.forget(connection)
    page, words, suggested = front(desk, "?ordre=appris")
    assert (words, suggested) == (waiting[0], "")
    assert 'name="ordre"' not in page
