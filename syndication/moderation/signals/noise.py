"""Texts that say little: too short, repeated, in another language, in capitals. Pure."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

from syndication.moderation.signals.lists import load
from syndication.moderation.signals.reading import FOREIGN, FRENCH, MASH, OTHER_SCRIPT, Reading, fold
from syndication.moderation.signals.signal import Signal

FEW_WORDS, FEW_LETTERS = 3, 18
"""Words up to which, and letters under which, a text is too short to help."""
NO_MORE = 12
"""Words up to which « je n'ai rien à dire » is all that a text says."""
_TONGUES = FRENCH | FOREIGN
LANGUAGE_WORDS = 7
"""Words from which a language can be told."""
SHOUTED_LETTERS = 20
"""Letters from which capitals are more than an acronym or two."""
_NOTHING = re.compile(
    r" (?:rien (?:de special|a dire|a ajouter|du tout|de plus|a signaler|ne change|change)|"
    r"(?:je|j|jsai|chais|chai) (?:ne |n )?(?:sais|sai|ai) (?:pas|aucun|aucune|rien)"
    r"(?: (?:d idee|trop|quoi dire|a dire|de conseils?|conseils?|idee))?|"
    r"(?:pas|aucun|aucune|ras) (?:de |d )?(?:conseils?|idee|avis|remarque|commentaire)s?|jsp|ras|sans avis) "
)
_FILLERS = frozenset(
    "je j ai n ne a dire donner de rien pas du tout mdr lol vraiment franchement desole non trop quoi".split()  # noqa: SIM905
)


def find_noise(reading: Reading) -> Iterator[Signal]:
    """Signals of the whole text, but for shortness."""
    yield from _repeated(reading)
    if _is_foreign(reading):
        yield Signal("langue", 0, 0, "Peu de mots français")
    if _is_shouted(reading):
        yield Signal("capitales", 0, 0, "Presque tout est en capitales")


def find_short(reading: Reading) -> Iterator[Signal]:
    """That a text is too short to help, or says that it has nothing to say."""
    if len(reading) > NO_MORE:
        return
    words = sum(any(map(str.isalnum, word)) for word in reading.text.split())
    letters = sum(map(len, reading.raw))
    if words <= FEW_WORDS or letters < FEW_LETTERS:
        yield Signal("court", 0, 0, "Quelques mots seulement")
    else:
        line = reading.stretch(0, len(reading)).line
        nothing = _NOTHING.search(line)
        if nothing and set((line[: nothing.start() + 1] + line[nothing.end() :]).split()) <= _FILLERS:
            yield Signal("court", 0, 0, "Dit n'avoir rien à dire")


def _repeated(reading: Reading) -> Iterator[Signal]:
    mash = reading.having(MASH)
    if mash:
        yield Signal("repete", *reading.places[mash[0]], "Touches frappées au hasard, lettre ou syllabe répétée")
    elif len(reading) >= 4 and 3 * len(set(reading.folded)) <= len(reading):
        yield Signal("repete", 0, 0, "Les mêmes mots encore et encore")
    elif _says_again(reading):
        yield Signal("repete", 0, 0, "La même phrase plusieurs fois")


def _says_again(reading: Reading) -> bool:
    sentences = [one for one in reading.line(0, len(reading)).split(" . ") if one not in {"", "."}]
    if len(set(sentences)) == len(sentences):
        return False
    return any(times > 1 and one.count(" ") >= (2 if times == 2 else 1) for one, times in Counter(sentences).items())


def _is_foreign(reading: Reading) -> bool:
    if reading.known & OTHER_SCRIPT:
        letters = sum(map(len, reading.raw))
        other = sum(
            len(word) for word, traits in zip(reading.raw, reading.traits, strict=True) if traits & OTHER_SCRIPT
        )
        if other >= 4 and 2 * other > letters:
            return True
    if len(reading) < LANGUAGE_WORDS or not reading.known & FOREIGN:
        return False
    french = [traits & FRENCH for traits in reading.traits].count(FRENCH)
    if 3 * french > len(reading) or sum(traits & _TONGUES == FOREIGN for traits in reading.traits) < 2:
        return False
    most = max(sum(word in words for word in reading.folded) for words in _languages())
    return most >= 3 and 2 * most > 3 * french and 4 * most >= len(reading)


def _is_shouted(reading: Reading) -> bool:
    if not reading.shouted or sum(map(len, reading.raw)) < SHOUTED_LETTERS:
        return False
    # Acronyms side by side are no shouting: common words must be in capitals too.
    return sum(bool(t & FRENCH) and w.isupper() for w, t in zip(reading.raw, reading.traits, strict=True)) >= 2


@cache
def _languages() -> tuple[frozenset[str], ...]:
    return tuple(frozenset(map(fold, words.split())) for words in load("languages")["others"].values())
