"""Continuity of formations: which ones renew one another, one to one. Pure.

A link counts whichever side states it. A formation with several successors (split) or several predecessors (merge)
passes nothing on. Self-loops are dropped; a cycle of one-to-one links is one lineage. What two registers tell of one
diploma, each under its own key, is one formation told twice.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Set
from typing import TypeVar

K = TypeVar("K", bound=Hashable)


def lineages(links: Iterable[tuple[K, K]]) -> Mapping[K, frozenset[K]]:
    """Members of the lineage of all that renews or is renewed one to one, from (old, new) links."""
    known = set(links)
    after = renewals(known)
    before = renewals((new, old) for old, new in known)
    neighbours: dict[K, set[K]] = defaultdict(set)
    for old, news in after.items():
        new = next(iter(news))
        if len(news) == 1 and len(before[new]) == 1:
            neighbours[old].add(new)
            neighbours[new].add(old)
    found: dict[K, frozenset[K]] = {}
    for one in neighbours:
        if one not in found:
            members = _connected(one, neighbours)
            found.update(dict.fromkeys(members, members))
    return found


def renewals(links: Iterable[tuple[K, K]]) -> Mapping[K, Set[K]]:
    """What renews each formation, from (old, new) links."""
    after: dict[K, set[K]] = defaultdict(set)
    for old, new in links:
        if old != new:
            after[old].add(new)
    return after


def ends(members: Set[K], after: Mapping[K, Set[K]]) -> set[K]:
    """Members of a lineage that no other member renews: one for a chain, none for a cycle. ``after``: ``renewals``."""
    return {one for one in members if not after.get(one, set()) & members}


def stated_links(links: Iterable[tuple[K, K]], mentioned: Set[K]) -> set[tuple[K, K]]:
    """Links but for those from a formation that is only ``mentioned`` to one that renews another, known in itself.

    The two are most often one diploma, told under two keys: what is only mentioned must not turn a renewal that the
    nomenclature states into a merge.
    """
    all_links = set(links)
    renewing = {new for old, new in all_links if old != new and old not in mentioned}
    return {(old, new) for old, new in all_links if old not in mentioned or new not in renewing}


def twins(fiches: Iterable[tuple[str, K, str]], numbered: Set[K], links: Iterable[tuple[K, K]] = ()) -> Mapping[K, K]:
    """Formations told by Certif-Info under its own number and by the BCN or the kit under a CFD: the one by the other.

    ``fiches`` are (RNCP number, formation, natural key); ``numbered``, formations that bear a Certif-Info number.
    Two are one when each register knows a single diploma under the RNCP number, the CFD bears no Certif-Info number
    that says otherwise, no other RNCP number pairs either of them differently, and they are not both renewed, nor both
    renewals, by ``links`` that would part again what was joined. Nothing is guessed from titles.
    """
    bearers: dict[str, dict[K, str]] = defaultdict(dict)
    for number, formation, key in fiches:
        bearers[number][formation] = key
    pairs: set[tuple[K, K]] = set()
    for keys in bearers.values():
        own = [one for one, key in keys.items() if key.startswith("certifinfo:")]
        cfd = [one for one, key in keys.items() if key.startswith("cfd:")]
        if len(keys) == 2 and len(own) == len(cfd) == 1 and cfd[0] not in numbered:
            pairs.add((own[0], cfd[0]))
    times = Counter(formation for pair in pairs for formation in pair)
    known = set(links)
    olds, news = {old for old, _ in known}, {new for _, new in known}
    return {
        own: cfd
        for own, cfd in pairs
        if times[own] == times[cfd] == 1 and not {own, cfd} <= olds and not {own, cfd} <= news
    }


def _connected(start: K, neighbours: Mapping[K, set[K]]) -> frozenset[K]:
    members, waiting = {start}, [start]
    while waiting:
        for one in neighbours[waiting.pop()] - members:
            members.add(one)
            waiting.append(one)
    return frozenset(members)


def reached(start: int, links: Collection[tuple[int, int]]) -> set[int]:
    """What is reached from a formation along links from one to another, itself left out."""
    found: set[int] = set()
    waiting = [start]
    while waiting:
        here = waiting.pop()
        for one, other in links:
            if one == here and other not in found and other != start:
                found.add(other)
                waiting.append(other)
    return found
