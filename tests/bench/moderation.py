"""How much of what is marked by hand is found, and how much of what is found was marked; what one text costs."""

import statistics
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from time import process_time

from syndication.moderation.learning import Example, dumps, obstacle, train
from syndication.moderation.proposing import propose
from syndication.moderation.signals import KINDS, examine
from syndication.reviews.subjects import SUBJECTS
from tests.syndication.moderation.marked import (
    REAL,
    REAL_SIGNALS,
    REAL_SUBJECTS,
    Marked,
    Score,
    Scores,
    marked,
    measure,
    part,
    real,
)

LENGTH = 600
"""Characters of the texts that are timed."""
ROUNDS = 200
"""Times that each is timed: the best is what it costs when neighbours leave the processor alone."""


def signals(_folder: Path) -> None:
    """Recall and precision by signal, and the time of one text."""
    parts = {
        "tuned on": measure(part(apart=False), _kinds, _expected_kinds),
        "held apart": measure(part(apart=True), _kinds, _expected_kinds),
    }
    print(f"signals: {len(part(apart=False))} marked texts tuned on, {len(part(apart=True))} held apart")
    _table(KINDS, parts)
    _real("signals", _kinds, REAL_SIGNALS)
    _time("signals of", [one.text for one in marked() if not one.kinds], examine)


def subjects(_folder: Path) -> None:
    """Recall and precision of the subjects that are proposed, and the time of one text."""
    judged = {apart: [one for one in part(apart=apart) if one.subjects is not None] for apart in (False, True)}
    parts = {
        "tuned on": measure(judged[False], _proposed, _expected_subjects),
        "held apart": measure(judged[True], _proposed, _expected_subjects),
    }
    print(f"subjects: {len(judged[False])} marked texts tuned on, {len(judged[True])} held apart")
    _table(SUBJECTS, parts)
    _real("subjects", _proposed, REAL_SUBJECTS)
    _time("subjects of", [one.text for one in marked() if not one.kinds], lambda text: propose(text, "a_savoir"))


def _proposed(one: Marked) -> Collection[str]:
    return {proposal.subject for proposal in propose(one.text, one.question)}


def _expected_subjects(one: Marked) -> Collection[str]:
    return one.subjects or ()


def learning(_folder: Path) -> None:
    """What decisions on the marked texts teach: published when they have no signal, refused otherwise."""
    decisions = [Example(one.text, one.question, not one.kinds, f"r{n}") for n, one in enumerate(marked())]
    began = process_time()
    model = train(decisions, datetime(2026, 11, 23, tzinfo=UTC))
    if model is None:
        print(f"learning: {obstacle(decisions)}")
        return
    print(
        f"learning: {model.published} texts published and {model.refused} refused, trained and measured in "
        f"{process_time() - began:.1f} s of processor time; area under the curve {model.area:.3f}; "
        f"{len(model.rarity)} terms, {len(dumps(model)) / 1024:.0f} KiB"
    )
    for name, suggested in (("to publish", model.publish), ("to refuse", model.refuse)):
        if suggested is None:
            print(f"  suggested {name}: nothing, for want of precision")
        else:
            print(
                f"  suggested {name}: {suggested.suggested} unseen texts, precision {suggested.precision:.3f}, "
                f"recall {suggested.recall:.2f}, threshold {suggested.threshold:.3f}"
            )
    texts = [one.text for one in marked() if not one.kinds]
    _time("score of", texts, lambda text: model.score([(text, "a_savoir")]))


def _kinds(one: Marked) -> Collection[str]:
    return {signal.kind for signal in examine(one.text)}


def _expected_kinds(one: Marked) -> Collection[str]:
    return one.kinds


def _table(keys: Iterable[str], parts: Mapping[str, Scores]) -> None:
    for key in keys:
        print(f"  {key}: " + "; ".join(f"{name} {_said(scores.of(key))}" for name, scores in parts.items()))
    for name, scores in parts.items():
        macro = (
            f"macro recall {scores.macro(lambda s: s.recall):.2f} precision {scores.macro(lambda s: s.precision):.2f}"
        )
        print(f"  all, {name}: micro {_said(scores.micro)}, {macro}")


def _said(score: Score) -> str:
    return f"recall {score.recall:.2f} precision {score.precision:.2f} of {score.expected}"


def _real(
    what: str, find: Callable[[Marked], Collection[str]], expected: Mapping[tuple[int, str], Collection[str]]
) -> None:
    """The same on the real testimonies, when they are beside the project."""
    if not REAL.is_file():
        print(f"  {what} of the real testimonies: not measured, their file is not beside the project")
        return
    scores = Scores()
    texts = list(real(REAL))
    for row, question, text in texts:
        found = find(Marked(text, question, frozenset(), frozenset(), apart=True))
        scores.count(expected.get((row, question), ()), found)
    for key, score in scores.by_key.items():
        print(f"  {key}, real texts: {_said(score)}")
    print(f"  {len(texts)} real texts: micro {_said(scores.micro)}")


def _time(what: str, texts: Iterable[str], act: Callable[[str], object]) -> None:
    """Processor time of one text of ``LENGTH`` characters made of short ones, once its words were met before."""
    long = "\n".join(texts)
    pieces = [long[at : at + LENGTH] for at in range(0, len(long) - LENGTH, LENGTH)]
    best = [min(_cost(act, piece) for _ in range(ROUNDS)) for piece in pieces]
    print(
        f"{what} a text of {LENGTH} characters: median {statistics.median(best):.0f} µs, longest {max(best):.0f} µs, "
        f"each text at its best of {ROUNDS} times"
    )


def _cost(act: Callable[[str], object], text: str) -> float:
    """Microseconds of processor time."""
    began = process_time()
    act(text)
    return 1e6 * (process_time() - began)
