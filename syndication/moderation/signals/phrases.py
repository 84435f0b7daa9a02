"""Patterns on the words of a sentence, as ``danger.toml`` and ``rude.toml`` hold them. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from syndication.moderation.signals.reading import Reading

_FEW = re.compile(r" ~(\d)")
_REST = re.compile(r"(?<!\\w)\*")
NOTHING = r"(?!)"
"""Matches nothing."""
NEAR = 9
"""Words before and after one that gave the alarm, among which patterns are looked for."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What to look for around a word of ``on``, and why it is shown."""

    why: str
    on: frozenset[str]
    pattern: re.Pattern[str]
    unless: re.Pattern[str]

    def find(self, reading: Reading, words: list[int]) -> Iterator[tuple[int, int]]:
        """Where it is in the text, as offsets of code points, near the words of which these are the numbers."""
        for first, last in _around(words):
            stretch = reading.stretch(first, last)
            for match in self.pattern.finditer(stretch.line):
                if not self._is_other(stretch.line, match):
                    yield stretch.place(match.start(), match.end())

    def _is_other(self, line: str, match: re.Match[str]) -> bool:
        """Whether what is matched is part of something harmless."""
        return any(other.start() < match.end() and other.end() > match.start() for other in self.unless.finditer(line))


def _around(words: list[int]) -> Iterator[tuple[int, int]]:
    """Stretches around words, joined where they meet."""
    first, last = 0, -1
    for word in words:
        if word - NEAR > last >= 0:
            yield first, last
        if word - NEAR > last:
            first = max(word - NEAR, 0)
        last = word + NEAR + 1
    if words:
        yield first, last


def compile_rule(document: Mapping[str, Any], me: str = "") -> Rule:
    """A rule of a list."""
    return Rule(
        document["why"],
        frozenset(on.split() if isinstance(on := document["on"], str) else on),
        _compile(document["patterns"], me),
        _compile(document.get("unless", [NOTHING]), me),
    )


def _compile(patterns: list[str], me: str) -> re.Pattern[str]:
    bodies = [_REST.sub(r"\\w*", _FEW.sub(r"(?: \\w+){0,\1}?", one.replace("{me}", me))) for one in patterns]
    return re.compile(f"(?<= )(?:{'|'.join(bodies)})(?= )")
