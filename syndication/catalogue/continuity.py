"""Continuity of formations: which codes renew one another, one to one. Pure.

A link counts whichever side states it. A code with several successors (split) or several predecessors (merge) passes
nothing on. Self-loops are dropped; a cycle of one-to-one links is one lineage.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping


def lineages(links: Iterable[tuple[str, str]]) -> Mapping[str, frozenset[str]]:
    """Members of the lineage of every code that renews or is renewed one to one, from (old, new) links."""
    after: dict[str, set[str]] = defaultdict(set)
    before: dict[str, set[str]] = defaultdict(set)
    for old, new in links:
        if old != new:
            after[old].add(new)
            before[new].add(old)
    neighbours: dict[str, set[str]] = defaultdict(set)
    for old, news in after.items():
        new = next(iter(news))
        if len(news) == 1 and len(before[new]) == 1:
            neighbours[old].add(new)
            neighbours[new].add(old)
    found: dict[str, frozenset[str]] = {}
    for code in neighbours:
        if code not in found:
            members = _connected(code, neighbours)
            found.update(dict.fromkeys(members, members))
    return found


def _connected(start: str, neighbours: Mapping[str, set[str]]) -> frozenset[str]:
    members, waiting = {start}, [start]
    while waiting:
        for code in neighbours[waiting.pop()] - members:
            members.add(code)
            waiting.append(code)
    return frozenset(members)
