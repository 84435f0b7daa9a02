"""Keeping the corpus up to date: whatever the log of changes tells is looked at anew, and items that say something
else than before get a new place, in the same transaction as the bookmark and the messages owed to webhooks.

Losing this process between any two steps loses nothing: what was not committed is done again, to the same end.
"""

import hashlib
import json
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic

from sqlalchemy import Connection, Engine

from syndication import store as hub
from syndication.api import serialise
from syndication.catalogue import store as catalogue
from syndication.catalogue.codes import Code
from syndication.catalogue.resolve import Resolved, ResolvedFormation
from syndication.catalogue.store import FormationRow
from syndication.corpus import store
from syndication.corpus.items import FIGURES, TEXT, Item
from syndication.database import one_moment, writing
from syndication.publication.snapshot import Publisher
from widget.contract import Snapshot

FOLLOWER, EDITION, WHOLE = "corpus", "corpus.edition", "corpus.whole"
"""Bookmarks: the last change followed; what figures were made with; how far the corpus was gone through as a whole."""
SHAPE = "1"
"""Changes when items are written in another way: the corpus is then made anew."""
FIRST = "formations 0"
"""Where going through the whole corpus begins."""
CHANGES, FORMATIONS, CENTRES = 400, 25, 200
"""How much is looked at at one time: changes, formations, centres."""
BUDGET_SECONDS = 2.0
"""How long one call goes through the whole corpus before it leaves the rest to the next."""
Told = Callable[[Connection, Sequence[Item]], None]


@dataclass(frozen=True, slots=True)
class _Found:
    """Items that say something else than before, as seen from some bookmarks, and where these move to; the log is
    ``followed`` up to a place."""

    marks: Mapping[str, str]
    moved: Mapping[str, str]
    items: Sequence[Item] = ()
    followed: int = 0


@dataclass(frozen=True, slots=True)
class Follower:
    """What following works with; ``minimum``: respondents under which there are no figures; ``edition``: settings that
    figures are made with; ``told``: hears of items that changed, in the transaction that changes them."""

    engine: Engine
    publisher: Publisher
    minimum: int
    edition: str
    method_url: str
    told: Told

    def follow(self) -> int:
        """Bring the corpus up to date; gives how many items changed."""
        count, until = 0, monotonic() + BUDGET_SECONDS
        while (found := self._look()) is not None:
            count += self._keep(found)
            if monotonic() > until:
                break
        return count

    def is_behind(self) -> bool:
        """True when something is left to look at."""
        with self.engine.connect() as connection:
            marks = self._marks(connection)
            return (
                bool(marks[WHOLE])
                or marks[EDITION] != self._edition()
                or (hub.last_change(connection) > int(marks[FOLLOWER] or 0))
            )

    def is_ours(self) -> bool:
        """True when the corpus was made with these settings, or was not made yet."""
        with self.engine.connect() as connection:
            return self._marks(connection)[EDITION] in {"", self._edition()}

    def _look(self) -> _Found | None:
        """What the next changes, or the next part of the whole, turn out to be; None when there is nothing to look at.

        Only read: looking at a large formation takes seconds, in which others may write. A corpus that was never made
        is made from the log alone, which tells everything since the first day.
        """
        with one_moment(self.engine).connect() as connection, connection.begin():
            marks = self._marks(connection)
            moved = {} if marks[EDITION] == self._edition() else {EDITION: self._edition()}
            if moved and any(marks.values()):
                return _Found(marks, moved | {WHOLE: FIRST})
            touched = store.changes(connection, int(marks[FOLLOWER] or 0), CHANGES)
            if touched is None:
                return self._go_on(connection, marks) if marks[WHOLE] else _Found(marks, moved) if moved else None
            moved[FOLLOWER] = str(touched.seq)
            if touched.catalogue:
                return _Found(marks, moved | {WHOLE: FIRST}, (), touched.seq)
            return _Found(marks, moved, self._revise(connection, touched.scopes, touched.texts), touched.seq)

    def _keep(self, found: _Found) -> int:
        """Keep what was found, unless another process did in between; gives how many items changed."""
        with writing(self.engine).begin() as connection:
            for name, cursor in found.moved.items():
                if not hub.turn_bookmark(connection, name, found.marks[name], cursor):
                    connection.rollback()
                    return 0
            if found.followed:
                store.forget_texts(connection, int(found.marks[FOLLOWER] or 0), found.followed)
            store.keep(connection, found.items)
            self.told(connection, found.items)
        return len(found.items)

    @staticmethod
    def _marks(connection: Connection) -> dict[str, str]:
        return {name: hub.bookmark(connection, name) for name in (FOLLOWER, EDITION, WHOLE)}

    def _edition(self) -> str:
        """A mark of everything that figures are made with: what they say, not when they change."""
        return _digest({"shape": SHAPE, "with": self.edition, "versions": self.publisher.questions().versions})

    def _go_on(self, connection: Connection, marks: dict[str, str]) -> _Found:
        """The next part of going through the whole corpus: formations, then centres."""
        kind, _, last = marks[WHOLE].partition(" ")
        if kind == "formations":
            some = store.formations_after(connection, int(last), FORMATIONS)
            lineages = store.lineages(connection, some).items()
            items = [item for head, members in lineages for item in self._revise_lineage(connection, head, members)]
            return _Found(marks, {WHOLE: f"formations {some[-1]}" if some else "centres 0"}, items)
        some = store.centres_after(connection, int(last), CENTRES)
        return _Found(marks, {WHOLE: f"centres {some[-1]}" if some else ""}, self._revise_centres(connection, some))

    def _revise(
        self, connection: Connection, scopes: Collection[tuple[int, int]], texts: Collection[str]
    ) -> list[Item]:
        places = store.places_of(connection, texts)
        items: list[Item] = []
        for head, members in store.lineages(
            connection, {formation for formation, _ in scopes if formation > 0}
        ).items():
            centres = {centre for formation, centre in scopes if formation in members and centre > 0}
            own = {text for text, (formation, _) in places.items() if formation in members}
            items += self._revise_lineage(connection, head, members, centres, own)
        return items + self._revise_centres(connection, sorted({centre for _, centre in scopes if centre > 0}))

    def _revise_centres(self, connection: Connection, centres: Sequence[int]) -> list[Item]:
        """Figures of centres as a whole."""
        now: dict[str, Item] = {}
        for centre in centres:
            resolved = Resolved(None, catalogue.centre(connection, centre))
            now |= _scope(self.publisher.figures(connection, resolved), 0, resolved, {})
        return _changed(now, store.scopes_held(connection, (0,), centres))

    def _revise_lineage(
        self,
        connection: Connection,
        head: int,
        members: tuple[int, ...],
        centres: Collection[int] | None = None,
        texts: Collection[str] | None = None,
    ) -> list[Item]:
        """Figures and texts of a lineage: those of some centres and some texts, or all of them."""
        held = store.scopes_held(connection, members, None)
        before = {item.centre_id for item in held.values() if not item.removed}
        looked_at = {0, *(centres if centres is not None else before)}
        if centres is None:
            looked_at.update(store.centres_answered(connection, members, self.minimum))
        now = self._figures_of(connection, catalogue.formation(connection, head), members, looked_at)
        after = (before - looked_at) | {item.centre_id for item in now.values()}
        items = _changed(now, {key: item for key, item in held.items() if item.centre_id in looked_at})
        wanted = self._texts_touched(connection, members, texts, before ^ after)
        return items + self._revise_texts(connection, wanted, after)

    def _figures_of(
        self, connection: Connection, row: FormationRow, members: tuple[int, ...], centres: Collection[int]
    ) -> dict[str, Item]:
        formation = ResolvedFormation(Code(*row.natural_key.split(":", 1)), row, row, members)
        former = catalogue.former_codes(connection, row.id, members)
        found: dict[str, Item] = {}
        for centre in sorted(centres):
            resolved = Resolved(formation, catalogue.centre(connection, centre) if centre else None)
            found |= _scope(self.publisher.figures(connection, resolved), row.id, resolved, former)
            if not found:
                break  # too few for the formation: too few anywhere in it
        return found

    @staticmethod
    def _texts_touched(
        connection: Connection, members: tuple[int, ...], texts: Collection[str] | None, turned: Collection[int]
    ) -> set[str]:
        """Texts to look at: those named, and all those of a scope whose figures appeared or went away."""
        if texts is None or 0 in turned:
            return store.texts_of(connection, members, None)
        return {*texts, *(store.texts_of(connection, members, turned) if turned else ())}

    def _revise_texts(self, connection: Connection, wanted: Collection[str], shown: Collection[int]) -> list[Item]:
        """Texts; ``shown``: centres whose figures stand (0: the formation's), which may be named."""
        if not wanted:
            return []
        places = store.places_of(connection, wanted)
        named = {text: centre for text, (_, centre) in places.items() if centre in shown}
        labels = self.publisher.questions().labels
        now = {
            text.id: Item(
                TEXT,
                text.id,
                places[text.id][0],
                named.get(text.id, 0),
                _digest(serialise.published_verbatim(text, labels, self.method_url)),
            )
            for text in store.texts(connection, wanted, named).values()
            if not text.removed and 0 in shown
        }
        return _changed(now, store.texts_held(connection, wanted))


def _scope(
    snapshot: Snapshot | None, formation: int, resolved: Resolved, former: Mapping[str, Sequence[str]]
) -> dict[str, Item]:
    """Figures of a scope as an item under its key, none when there are none to show."""
    if snapshot is None:
        return {}
    key = _key(snapshot, resolved)
    line = serialise.published_avis(key, snapshot, former)
    digest = _digest({name: value for name, value in line.items() if name != "mis_a_jour_le"})
    body = zlib.compress(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode())
    return {key: Item(FIGURES, key, formation, resolved.centre.id if resolved.centre else 0, digest, False, body)}


def _key(snapshot: Snapshot, resolved: Resolved) -> str:
    """The key of a scope: ``cfd:50022146@0751234J``, either part alone; a centre without a UAI goes by its SIRET."""
    formation = resolved.formation.formation.natural_key if resolved.formation else ""
    centre = snapshot.centre
    return f"{formation}@{centre.uai or centre.siret}" if centre else formation


def _changed(now: dict[str, Item], held: dict[str, Item]) -> list[Item]:
    """Items that appear, say something else, or go away."""
    return [*_new(now.values(), held), *_gone(now, held.values())]


def _new(now: Iterable[Item], held: dict[str, Item]) -> Iterable[Item]:
    for item in now:
        old = held.get(item.key)
        if old is None or old.removed:
            yield item._replace(fresh=True)
        elif (old.digest, old.formation_id, old.centre_id) != (item.digest, item.formation_id, item.centre_id):
            yield item


def _gone(now: dict[str, Item], held: Iterable[Item]) -> Iterable[Item]:
    for old in held:
        if not old.removed and old.key not in now:
            yield old._replace(removed=True, digest="", body=None)


def _digest(value: Mapping[str, object]) -> str:
    return hashlib.blake2b(repr(value).encode(), digest_size=9).hexdigest()
