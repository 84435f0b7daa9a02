"""From a text to the terms that a model weighs: words, pairs of words, parts of words, signals, the question. Pure."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import pairwise

from syndication.moderation.signals import examine
from syndication.moderation.signals.reading import Reading

PARTS = (3, 4)
"""Letters of parts of words; an end of a word counts as one."""


def terms(text: str, question: str) -> Counter[str]:
    """How often each term stands in a text: ``w:`` words and pairs, ``p:`` parts, ``s:`` signals, ``q:`` question."""
    words = Reading(text).folded
    found = Counter(f"w:{word}" for word in words)
    found.update(f"w:{first} {second}" for first, second in pairwise(words))
    for word in words:
        found.update(_parts(word))
    found.update(f"s:{signal.kind}" for signal in examine(text))
    found[f"q:{question}"] = 1
    return found


def weigh(counts: Mapping[str, int], rarity: Mapping[str, float]) -> dict[str, float]:
    """Weights of known terms: (1 + ln count) × rarity, scaled to a length of 1 (sublinear TF-IDF)."""
    weights = {term: (1 + math.log(count)) * rarity[term] for term, count in counts.items() if term in rarity}
    length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {term: weight / length for term, weight in weights.items()}


def rarities(documents: Iterable[tuple[str, Iterable[str]]], least: int, most: int) -> dict[str, float]:
    """How rare each term is, ln((1 + n) / (1 + df)) + 1, for those that stand in ``least`` sources at least.

    ``documents``: source and terms of each; a term counts once a source, so that what one person repeats in all their
    answers stays out. Of those, the ``most`` frequent.
    """
    sources: dict[str, set[str]] = {}
    for source, found in documents:
        sources.setdefault(source, set()).update(found)
    frequencies = Counter(term for found in sources.values() for term in found)
    kept = sorted(((-df, term) for term, df in frequencies.items() if df >= least))[:most]
    return {term: math.log((1 + len(sources)) / (1 - df)) + 1 for df, term in kept}


@lru_cache(maxsize=20_000)
def _parts(word: str) -> tuple[str, ...]:
    closed = f" {word} "
    return tuple(f"p:{closed[at : at + size]}" for size in PARTS for at in range(len(closed) - size + 1))
