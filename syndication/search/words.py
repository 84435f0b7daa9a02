"""From French words to the terms they are found by. Pure.

A term is the stem of a word by the Snowball algorithm for French (the one behind PostgreSQL's ``french``), without
accents: « cuisinières » and « cuisinier » meet. A word typed without its accents has another stem at times, so both the
stem of the word and the stem of the bare word are kept: « anciennete » finds « ancienneté ».
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import Stemmer

MOST_WORDS = 12
"""Words of a query that are read; further ones are left out."""
_WORD = re.compile(r"[^\W_]+")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss"})
_EMPTY_WORDS = frozenset(
    """
    a ai ainsi alors as au aux avec c ce ces cet cette ca d dans de des du elle elles en es est et eu il ils j je l la
    le les leur leurs lui m ma mais me mes moi mon n ne nos notre nous on ont ou par pas pour qu que qui s sa se ses si
    son sont sur t ta te tes toi ton tu un une vos votre vous y
    """.split()  # noqa: SIM905 read as the sentence of words that it is
)
"""Words that nearly every text holds: a query is not narrowed by them."""


def terms_of(text: str) -> str:
    """Every term that a text is found by, separated by spaces."""
    found: dict[str, None] = {}
    for word in _words(text):
        found.update(dict.fromkeys(_terms(word)))
    return " ".join(found)


def query_terms(text: str) -> list[tuple[str, ...]]:
    """For each word that counts in a query, the terms of which a text must hold one; empty when no word counts."""
    words = list(dict.fromkeys(_words(text)))
    telling = [word for word in words if _bare(word) not in _EMPTY_WORDS] or words
    return [_terms(word) for word in telling[:MOST_WORDS]]


def bare(text: str) -> str:
    """Words of a text in lower case without accents, separated by spaces."""
    return " ".join(map(_bare, _words(text)))


def _words(text: str) -> Iterable[str]:
    return _WORD.findall(unicodedata.normalize("NFC", text).casefold().translate(_LIGATURES))


@lru_cache(maxsize=50_000)
def _terms(word: str) -> tuple[str, ...]:
    stem = Stemmer.Stemmer("french", 0).stemWord
    bare = _bare(word)
    while (shorter := stem(bare)) != bare:
        bare = shorter
    return tuple(dict.fromkeys((_bare(stem(word)), bare)))


def _bare(word: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", word) if unicodedata.category(c) != "Mn")
