"""From a text to the terms that a model weighs: words, pairs of words, parts of words, signals, the question. Pure."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import chain, groupby
from operator import itemgetter
from typing import TypeVar

from syndication.moderation.signals import examine_reading
from syndication.moderation.signals.reading import Reading

PARTS = (3, 4)
"""Letters of parts of words; an end of a word counts as one."""
Term = TypeVar("Term", str, int)
"""A term, or the number that stands for it."""


def terms(text: str, question: str) -> Counter[str]:
    """How often each term stands in a text: ``w:`` words and pairs, ``p:`` parts, ``s:`` signals, ``q:`` question."""
    reading = Reading(text)
    found = Counter(chain.from_iterable(map(_terms_of_word, reading.folded)))
    found.update(map("w:{} {}".format, reading.folded, reading.folded[1:]))
    found.update(f"s:{signal.kind}" for signal in examine_reading(reading))
    found[f"q:{question}"] = 1
    return found


def weigh(counts: Mapping[Term, int], rarity: Mapping[Term, float]) -> dict[Term, float]:
    """Weights of known terms: (1 + ln count) × rarity, scaled to a length of 1 (sublinear TF-IDF)."""
    weights = {
        term: rarity[term] if count == 1 else (1 + math.log(count)) * rarity[term]
        for term, count in counts.items()
        if term in rarity
    }
    length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {term: weight / length for term, weight in weights.items()}


def rarities(documents: Iterable[tuple[str, Iterable[Term]]], least: int, most: int) -> dict[Term, float]:
    """How rare each term is, ln((1 + n) / (1 + df)) + 1, for those that stand in ``least`` sources at least.

    ``documents``: source and terms of each, those of a source one after another; a term counts once a source, so that
    what one person repeats in all their answers stays out. Of those, the ``most`` frequent.
    """
    frequencies: Counter[Term] = Counter()
    sources = 0
    for _, theirs in groupby(documents, key=itemgetter(0)):
        frequencies.update({term for _, found in theirs for term in found})
        sources += 1
    kept = sorted(((-df, term) for term, df in frequencies.items() if df >= least))[:most]
    return {term: math.log((1 + sources) / (1 - df)) + 1 for df, term in kept}


@lru_cache(maxsize=20_000)
def _terms_of_word(word: str) -> tuple[str, ...]:
    closed = f" {word} "
    parts = (f"p:{closed[at : at + size]}" for size in PARTS for at in range(len(closed) - size + 1))
    return (f"w:{word}", *parts)
