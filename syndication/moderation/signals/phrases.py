"""Patterns on the words of a sentence, as ``danger.toml`` and ``rude.toml`` hold them. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from syndication.moderation.signals.reading import Reading

NEAR = 9
"""Words before and after one that gave the alarm, among which patterns are looked for."""
_FEW = re.compile(r" ~(\d)")
_REST = re.compile(r"(?<!\\w)\*")
_STEM = re.compile(r"[a-z]{3,}\??")
_CASUAL = frozenset("les des dans sur une mon mes sans pas que qui est avec pour par".split())  # noqa: SIM905
"""Words of patterns that give no alarm by themselves."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What to look for around a word of ``on``, and why it is shown; ``unless`` is what makes it another thing."""

    why: str
    on: frozenset[str]
    patterns: tuple[str, ...]
    unless: tuple[str, ...]

    def find(self, reading: Reading, words: list[int]) -> Iterator[tuple[int, int]]:
        """Where it is in the text, as offsets of code points, near the words of which these are the numbers."""
        for word in words:
            stretch = reading.stretch(word - NEAR, word + NEAR + 1)
            for match in _near(self.patterns, reading.folded[word]).finditer(stretch.line):
                if not self._is_other(stretch.line, match):
                    yield stretch.place(match.start(), match.end())

    def _is_other(self, line: str, match: re.Match[str]) -> bool:
        """Whether what is matched is part of something harmless."""
        if not self.unless:
            return False
        return any(
            other.start() < match.end() and other.end() > match.start()
            for other in compile_patterns(self.unless).finditer(line)
        )


def read_rule(document: Mapping[str, Any]) -> Rule:
    """A rule of a list."""
    return Rule(
        str(document["why"]),
        frozenset(document["on"].split()),
        tuple(document["patterns"]),
        tuple(document.get("unless", ())),
    )


@lru_cache(maxsize=5_000)
def _near(patterns: tuple[str, ...], word: str) -> re.Pattern[str]:
    """Those of the patterns in which a word may stand, in one: a few of forty, and so much faster."""
    return compile_patterns(tuple(one for one in patterns if word.startswith(_stems(one))) or patterns)


@lru_cache(maxsize=500)
def _stems(pattern: str) -> tuple[str, ...]:
    """Beginnings of the words that a pattern names."""
    found = (one[:-2] if one.endswith("?") else one for one in _STEM.findall(pattern.replace("{me}", "")))
    return tuple(set(found) - _CASUAL)


@lru_cache(maxsize=5_000)
def compile_patterns(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Patterns as one expression that runs on the line of a ``Stretch``; without any, one that matches nothing."""
    if not patterns:
        return re.compile(r"(?!)")
    bodies = [_REST.sub(r"\\w*", _FEW.sub(r"(?: \\w+){0,\1}?", one.replace("{me}", _ME))) for one in patterns]
    return re.compile(f"(?<= )(?:{'|'.join(bodies)})(?= )")


_ME = (
    "(?:me|m|nous|lui|ma|mon|m a|m ont|m avait|m avaient|ma encore|nous a|nous ont|lui a|lui ont|me fais|me fait|"
    "me suis fait|suis fait|se fait|se font|s est fait|m suis fait)"
)
"""Somebody to whom it is done, as it is typed."""
