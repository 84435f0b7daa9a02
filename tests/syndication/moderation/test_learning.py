"""What past decisions teach, when it is off, and that nothing but words is kept or run."""

import gzip
import json
import pickle
import random
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndication.errors import ModelFault
from syndication.moderation.learning import (
    AGED_DAYS,
    MINIMUM,
    MINIMUM_EACH,
    Example,
    Measure,
    Model,
    Queued,
    dumps,
    loads,
    obstacle,
    ordered,
    train,
)  # fmt: skip
from syndication.moderation.learning.features import rarities
from syndication.moderation.learning.training import (
    LEAST_SOURCES,
    LEAST_SUGGESTED,
    PRECISION,
    area_under,
    measure_suggestions,
)  # fmt: skip
from tests.syndication.moderation.marked import marked

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def examples() -> list[Example]:
    """Decisions as a moderator would take them on the marked texts: what has no signal is published."""
    return [Example(one.text, one.question, not one.kinds, f"r{number}") for number, one in enumerate(marked())]


def repeated(published: int, refused: int) -> list[Example]:
    """Plain decisions that a few words tell apart."""
    draw = random.Random(7)
    good = ("atelier", "métier", "chantier", "équipe", "horaires", "cuisine", "salaire", "rythme")
    bad = ("lol", "ptdr", "bof", "foot", "console", "jeu", "vidéo", "blague")
    texts = [(" ".join(draw.choices(good, k=9)), True) for _ in range(published)]
    texts += [(" ".join(draw.choices(bad, k=9)), False) for _ in range(refused)]
    return [Example(text, "a_savoir", kind, f"s{number}") for number, (text, kind) in enumerate(texts)]


@cache
def model() -> Model:
    trained = train(examples(), NOW)
    assert trained is not None
    return trained


@cache
def sure_model() -> Model:
    trained = train(repeated(200, 60), NOW)
    assert trained is not None
    return trained


def run_without_libraries(code: str, *arguments: str) -> str:
    """Run code by a Python that sees this project and the standard library, and nothing that was installed."""
    command = [sys.executable, "-S", "-c", code, *arguments]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(ROOT)})
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


# -- off until it has enough -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("published", "refused"),
    [
        (0, 0),
        (MINIMUM, 0),
        (MINIMUM - MINIMUM_EACH - 1, MINIMUM_EACH),
        (400, MINIMUM_EACH - 1),
        (MINIMUM_EACH - 1, 400),
    ],
)
def test_nothing_is_learnt_below_the_minimum_and_the_reason_is_said(published: int, refused: int) -> None:
    few = repeated(published, refused)
    assert train(few, NOW) is None
    reason = obstacle(few)
    assert reason is not None
    assert f"{published} publications et {refused} refus" in reason


def test_the_minimum_is_enough() -> None:
    enough = repeated(MINIMUM - MINIMUM_EACH, MINIMUM_EACH)
    assert obstacle(enough) is None
    assert train(enough, NOW) is not None


def test_without_scikit_learn_nothing_is_learnt_and_the_reason_is_said() -> None:
    said = run_without_libraries(
        "from datetime import datetime, UTC\n"
        "from syndication.moderation.learning import Example, obstacle, train\n"
        "many = [Example('mot ' * 9, 'a_savoir', n % 2 == 0) for n in range(400)]\n"
        "print(train(many, datetime.now(UTC)), obstacle(many))"
    )
    assert said.startswith("None L'apprentissage est éteint")
    assert "scikit-learn" in said


def test_looking_at_a_queue_imports_no_library() -> None:
    code = (
        "import sys\nimport syndication.moderation.learning\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'sklearn', 'scipy', 'numpy'}))"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


# -- what it is worth ------------------------------------------------------------------------------------------------


def test_decisions_on_the_marked_texts_are_learnt() -> None:
    assert model().published + model().refused == len(marked())
    assert model().area >= 0.85
    for measure in (model().publish, model().refuse):
        assert measure is not None
        assert measure.precision >= PRECISION
        assert measure.suggested >= LEAST_SUGGESTED
        assert 0 < measure.recall <= 1


def test_what_it_is_worth_is_measured_on_decisions_it_has_not_seen() -> None:
    # Each text has words of its own and a verdict drawn by lot: by heart all could be known, for others nothing is.
    draw = random.Random(3)
    texts = [" ".join(draw.choices(["le", "la", "un", "une", "des", "du"], k=12)) for _ in range(400)]
    lots = [Example(text, "a_savoir", draw.random() < 0.5, f"r{number}") for number, text in enumerate(texts)]
    trained = train(lots, NOW)
    assert trained is not None
    assert trained.area < 0.6
    assert trained.publish is None
    assert trained.refuse is None
    assert trained.suggest(0.99) is None


def test_texts_of_one_response_and_copies_are_never_on_both_sides_of_a_measure() -> None:
    # Forty responses of ten like texts, whose verdict is theirs alone: a copy that was seen would tell it.
    draw = random.Random(5)
    words = ["le", "la", "un", "une", "des", "du", "on", "tu", "je", "il"]
    responses = [(" ".join(draw.choices(words, k=14)), draw.random() < 0.5) for _ in range(40)]
    told = [Example(text, "a_savoir", kind, f"r{number}") for number, (text, kind) in enumerate(responses * 10)]
    grouped = [replace(one, source=f"r{number % 40}") for number, one in enumerate(told)]
    copied = [replace(one, source="") for one in told]
    for cases in (grouped, copied):
        trained = train(cases, NOW)
        assert trained is not None
        assert trained.area < 0.75


def test_nothing_is_suggested_but_where_it_was_precise_enough() -> None:
    scores = [0.9] * 30 + [0.8] * 30 + [0.2] * 30
    wanted = [True] * 30 + [True] * 29 + [False] + [False] * 30
    assert measure_suggestions(scores, wanted, 0.5) == Measure(0.8, 59 / 60, 1.0, 60)
    assert measure_suggestions(scores, [not one for one in wanted], 0.5) is None
    assert measure_suggestions([0.9] * (LEAST_SUGGESTED - 1), [True] * (LEAST_SUGGESTED - 1), 0.5) is None
    assert measure_suggestions([0.6] * 100, [True] * 94 + [False] * 6, 0.5) is None


def test_many_easy_decisions_do_not_make_up_for_doubtful_ones() -> None:
    scores = [0.9] * 400 + [0.6] * 40
    wanted = [True] * 400 + [True, False] * 20
    assert measure_suggestions(scores, wanted, 0.5) == Measure(0.9, 1.0, 400 / 420, 400)


def test_what_is_likelier_the_other_way_is_never_suggested() -> None:
    assert measure_suggestions([0.4] * 100, [True] * 100, 0.5) is None


def test_the_area_counts_pairs_in_the_right_order() -> None:
    assert area_under([0.1, 0.4, 0.35, 0.8], [False, False, True, True]) == 0.75
    assert area_under([0.5, 0.5], [True, False]) == 0.5


def test_a_suggestion_follows_its_thresholds() -> None:
    trained = sure_model()
    assert trained.publish is not None
    assert trained.refuse is not None
    good, bad = trained.score([("le métier, l'atelier et l'équipe", "a_savoir"), ("lol ptdr foot console", "a_savoir")])
    assert good > 0.5 > bad
    assert trained.suggest(trained.publish.threshold) == "publier"
    assert trained.suggest(trained.refuse.threshold) == "refuser"
    assert trained.suggest((trained.publish.threshold + trained.refuse.threshold) / 2) is None


def test_the_same_decisions_give_the_same_model() -> None:
    again = train(repeated(200, 60), NOW)
    assert again is not None
    assert dumps(again) == dumps(sure_model())


# -- what is kept ----------------------------------------------------------------------------------------------------


def test_words_that_few_wrote_are_not_kept_however_often_one_person_wrote_them() -> None:
    rare = [Example("Zorglubette est venue à l'atelier", "a_savoir", True, f"r{n}") for n in range(LEAST_SOURCES - 1)]
    rare += [Example("Xylophène m'a dit bonjour à l'atelier", "a_savoir", True, "r0") for _ in range(20)]
    trained = train([*repeated(200, 60), *rare], NOW)
    assert trained is not None
    kept = " ".join(trained.rarity)
    assert "zorglub" not in kept
    assert "xylo" not in kept
    assert "w:atelier" in trained.rarity


def test_rarity_counts_sources() -> None:
    documents = [("a", ["x", "y"]), ("a", ["x"]), ("b", ["x"]), ("c", ["z"])]
    assert rarities(documents, 2, 10).keys() == {"x"}
    assert rarities(documents, 1, 1).keys() == {"x"}


def test_a_kept_model_scores_as_before() -> None:
    texts = [(one.text, one.question) for one in marked()[:50]]
    assert loads(dumps(model())) == model()
    assert loads(dumps(model())).score(texts) == model().score(texts)


def test_a_kept_model_scores_without_any_library(tmp_path: Path) -> None:
    kept = tmp_path / "model.json.gz"
    kept.write_bytes(dumps(model()))
    text = ("On a TP toute la matinée, puis cours l'après-midi", "journee_cfa")
    said = run_without_libraries(
        "import json, pathlib, sys\n"
        "from syndication.moderation.learning import loads\n"
        "texts = [tuple(json.loads(sys.argv[2]))]\n"
        "print(loads(pathlib.Path(sys.argv[1]).read_bytes()).score(texts)[0])",
        str(kept),
        json.dumps(text),
    )
    assert float(said) == model().score([text])[0]


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str, ...]]:
        return (exec, ("raise SystemExit('run')",))


def tampered(**changes: object) -> bytes:
    document = json.loads(gzip.decompress(dumps(sure_model())))
    return gzip.compress(json.dumps({**document, **changes}).encode())


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\x1f\x8b", b"nothing", pickle.dumps(Bomb()), gzip.compress(pickle.dumps(Bomb())), gzip.compress(b"[]"),
        gzip.compress(b"[" * 100_000), gzip.compress(b" " * (17 * 1024 * 1024)),
    ],
    ids=("empty", "cut", "words", "pickle", "packed pickle", "list", "deep", "vast"),
)  # fmt: skip
def test_what_is_no_model_is_refused_and_not_run(content: bytes) -> None:
    with pytest.raises(ModelFault):
        loads(content)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 2}, {"intercept": float("nan")}, {"intercept": "1"}, {"terms": [["w:a", 1.0]]}, {"terms": 3},
        {"terms": [["w:a", True, 1.0]]}, {"publish": {"threshold": 0.5}}, {"publish": []}, {"trained_at": "hier"},
    ],
)  # fmt: skip
def test_a_model_that_was_tampered_with_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ModelFault):
        loads(tampered(**changes))


@given(st.binary(max_size=200))
def test_any_bytes_whatever_are_refused(content: bytes) -> None:
    with pytest.raises(ModelFault):
        loads(content)


# -- in which order --------------------------------------------------------------------------------------------------


def queued(*ages_and_scores: tuple[int, float | None]) -> list[Queued]:
    return [
        Queued(str(number), NOW.date() - timedelta(days=age), score)
        for number, (age, score) in enumerate(ages_and_scores)
    ]


def ids(items: Sequence[Queued]) -> list[str]:
    return [item.id for item in items]


def test_the_oldest_come_first_whatever_their_score_then_what_is_quick_to_decide() -> None:
    waiting = queued((0, 0.99), (AGED_DAYS, 0.5), (1, 0.6), (30, None), (2, 0.02), (3, None))
    assert ids(ordered(waiting, NOW)) == ["3", "1", "0", "4", "2", "5"]


def test_without_a_model_the_queue_is_by_age() -> None:
    waiting = queued((0, None), (3, None), (1, None), (40, None))
    assert ids(ordered(waiting, NOW)) == ["3", "1", "2", "0"]


@given(st.lists(st.tuples(st.integers(0, 60), st.none() | st.floats(0, 1)), max_size=30))
def test_nobody_who_waited_long_is_overtaken(ages_and_scores: list[tuple[int, float | None]]) -> None:
    waiting = queued(*ages_and_scores)
    order = ordered(waiting, NOW)
    assert sorted(ids(order)) == sorted(ids(waiting))
    limit: date = NOW.date() - timedelta(days=AGED_DAYS)
    aged = [item for item in order if item.received_on <= limit]
    assert order[: len(aged)] == aged
    assert [item.received_on for item in aged] == sorted(item.received_on for item in aged)
