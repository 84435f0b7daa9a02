"""The corpus as others read it: pages of changes, and exports as of one moment."""

import json
import secrets
import zlib
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, cast

from sqlalchemy import Connection, Engine

from syndication import store as hub
from syndication.api import nouns, serialise
from syndication.corpus import store
from syndication.corpus.cursor import read_cursor, write_cursor
from syndication.corpus.flat import COLUMNS, flat_avis, flat_verbatim, line_of
from syndication.corpus.items import FIGURES, TEXT, Line
from syndication.database import one_moment, writing

NAME = "corpus.name"
"""Bookmark: what this corpus is called in cursors, drawn when its tables are made."""
MARK = "corpus.mark."
"""Bookmarks: where places stood when the background work started, and a word drawn then."""
PAGE = 1000
LONGEST_SECONDS = 900.0
"""How long an export may hold its moment, for a reader who goes on reading: beyond, changes are to be followed."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the corpus; ``keys`` sign cursors, ``method_url`` is the page that the law wants named.

    ``labels`` in its methods are the questions' by key.
    """

    engine: Engine
    keys: tuple[str, ...]
    method_url: str

    def changes(self, since: str, size: int, labels: Mapping[str, str]) -> bytes:
        """A page of changes since a cursor (empty: from the start), as JSON; raises CursorError."""
        with self.engine.connect() as connection, connection.begin():
            after = self._place(connection, since) if since else 0
            lines = store.lines(connection, after, size + 1)
            more, lines = len(lines) > size, lines[:size]
            cursor = self._cursor(connection, lines[-1].seq if lines else after)
        page = {
            "curseur": cursor, "suite": more, "regles": serialise.rules(self.method_url), "source": serialise.SOURCE,
        }  # fmt: skip
        data = ",".join(self._change(line, after, labels) for line in lines)
        return f'{{"data":[{data}],{_json(page)[1:]}'.encode()

    def cursor(self) -> str:
        """The cursor of this moment."""
        with self.engine.connect() as connection:
            return self._cursor(connection, store.last_place(connection))

    def export(self, kind: str, media: str, labels: Mapping[str, str]) -> Generator[bytes, None, None]:
        """Every item of a kind that stands, of one moment: lines of JSON, or a table (``csv``) with its head."""
        with one_moment(self.engine).connect() as connection, connection.begin():
            yield from self._export(connection, kind, media, labels)

    def _export(self, connection: Connection, kind: str, media: str, labels: Mapping[str, str]) -> Iterator[bytes]:
        if media == "csv":
            yield line_of(COLUMNS[kind]).encode("utf-8-sig")
        after, until = 0, monotonic() + LONGEST_SECONDS
        while monotonic() < until:
            lines = store.standing(connection, kind, after, PAGE)
            if lines:
                yield "".join(self._exported(line, media, labels) for line in lines if not line.removed).encode()
                after = lines[-1].seq
            if len(lines) < PAGE:
                return
        raise TimeoutError("the export was read too slowly")

    def _exported(self, line: Line, media: str, labels: Mapping[str, str]) -> str:
        if media != "csv":
            return self._body(line, labels) + "\n"
        if line.kind == FIGURES:
            return line_of(flat_avis(cast(nouns.AvisPublie, json.loads(self._body(line, labels)))))
        return line_of(flat_verbatim(self._verbatim(line, labels)))

    def _change(self, line: Line, after: int, labels: Mapping[str, str]) -> str:
        action = "retire" if line.removed else "publie" if line.first > after else "modifie"
        body = "null" if line.removed else self._body(line, labels)
        own = {"genre": line.kind, "cle": line.key, "action": action}
        avis, verbatim = (body, "null") if line.kind == FIGURES else ("null", body)
        return f'{_json(own)[:-1]},"avis":{avis},"verbatim":{verbatim}}}'

    def _body(self, line: Line, labels: Mapping[str, str]) -> str:
        if line.kind == TEXT:
            return _json(self._verbatim(line, labels))
        return zlib.decompress(line.body or b"").decode()

    def _verbatim(self, line: Line, labels: Mapping[str, str]) -> nouns.VerbatimPublie:
        if line.text is None:
            raise ValueError(line.key)
        return serialise.published_verbatim(line.text, labels, self.method_url)

    def _cursor(self, connection: Connection, place: int) -> str:
        return write_cursor(self.keys, hub.bookmark(connection, NAME), _mark_of(connection, place), place)

    def _place(self, connection: Connection, cursor: str) -> int:
        last = store.last_place(connection)
        return read_cursor(
            self.keys, hub.bookmark(connection, NAME), lambda place: _mark_of(connection, place), last, cursor
        )


def mark(engine: Engine) -> None:
    """Mark that places are numbered by another start of the background work from here on: see ``cursor``."""
    with writing(engine).begin() as connection:
        hub.move_bookmark(connection, f"{MARK}{store.last_place(connection):020}", secrets.token_hex(4))


def _mark_of(connection: Connection, place: int) -> str:
    """The mark that a place was numbered since: the last one set before it."""
    return hub.last_bookmark(connection, MARK, f"{MARK}{place:020}")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
