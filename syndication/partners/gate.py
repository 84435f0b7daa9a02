"""The gate of the API and the widget: keys checked, quotas kept, uses counted, in front of answers that are ready.

A key is looked up at each request, so that one revoked opens nothing from then on, in any process. Uses are counted by
day, kind and partner, in memory, and written every few seconds: nothing of who reads is looked at but the origin of the
page, to tell whose catalogue it is. Quotas are counted by each process on its own.
"""

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import lru_cache, partial
from urllib.parse import urlsplit

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from collector.door import STATUS, WHOLE
from syndication.api.problems import Refused, problem_of
from syndication.database import writing
from syndication.networks import asking
from syndication.partners import keys, store
from syndication.partners.store import OTHERS, KeyHolder
from widget.routes import words

log = logging.getLogger("sirius.gate")
HOLDER = "sirius.holder"
"""Under which the holder of a key travels with a request."""
UNCHECKED = "sirius.unchecked"
"""Set on a request whose key could not be checked."""
LONGEST_QUERY = 60 * 1024
"""Bytes of a query, below the 64 KB at which servers stop reading an address."""
READS = frozenset({"GET", "HEAD"})
FAULTS = 400
"""The least status that says that something was not served."""
MINUTE = 60
WRITE_EVERY_SECONDS = 10.0
REMEMBERED = 10_000
"""Most networks and partners counted at one time."""


class Minutes:
    """How many times something came within the minute, by name."""

    def __init__(self) -> None:
        self._counts: OrderedDict[object, tuple[int, int]] = OrderedDict()

    def note(self, name: object, moment: float) -> int:
        """Note one more at a moment, in seconds; gives how many came within its minute, itself included."""
        minute = int(moment // MINUTE)
        last, count = self._counts.get(name, (minute, 0))
        count = count + 1 if last == minute else 1
        self._counts[name] = (minute, count)
        self._counts.move_to_end(name)
        if len(self._counts) > REMEMBERED:
            self._counts.popitem(last=False)
        return count


async def _refuse(refusal: Refused, scope: Scope, receive: Receive, send: Send) -> None:
    """Say why a request was not let through, once it has its name."""
    await problem_of(refusal)(scope, receive, send)


class Gate:
    """ASGI layer; ``kinds`` names what is counted, by path. ``limit``: requests a minute of a network without a key;
    ``guarded`` gives refusals the name and the headers that every answer has."""

    def __init__(
        self,
        app: ASGIApp,
        engine: Engine,
        kinds: Mapping[str, str],
        clock: Callable[[], datetime],
        limit: int,
        guarded: Callable[[ASGIApp], ASGIApp],
    ) -> None:
        self._app = app
        self._engine = engine
        self._kinds = kinds
        self._clock = clock
        self._limit = limit
        self._guarded = guarded
        self._minutes = Minutes()
        self._uses: Counter[tuple[str, int]] = Counter()
        self._origins: Mapping[str, int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or say why not."""
        kind = self._kinds.get(scope["path"]) if scope["type"] == "http" else None
        if kind is None:
            await self._app(scope, receive, send)
        elif not scope["path"].startswith("/api/"):
            self._use(kind, self._whose_page(scope))
            await self._app(scope, receive, send)
        else:
            try:
                holder = self._let_in(scope)
                if holder is not None:  # otherwise nothing is around ``send``: most requests have no key
                    scope[HOLDER], send = holder, self._telling(holder, send)
                    scope.pop(WHOLE, None)  # which would go around it
                await self._app(scope, receive, send)
                if scope.get(STATUS, FAULTS) < FAULTS and scope["method"] in READS:  # what is refused is not served
                    self._use(kind, self._whose_page(scope) if holder is None else holder.partner)
            except Refused as refusal:
                await self._guarded(partial(_refuse, refusal))(scope, receive, send)

    def _use(self, kind: str, partner: int) -> None:
        self._uses[kind, partner] += 1

    def _whose_page(self, scope: Scope) -> int:
        """The partner whose page asks, as far as it says."""
        if not self._origins:
            return OTHERS
        page = _header(scope, b"referer") or _header(scope, b"origin")
        return self._origins.get(origin_of(page), OTHERS)

    def _let_in(self, scope: Scope) -> KeyHolder | None:
        """Who holds the key of a request of the API, if any; raises Refused."""
        if len(scope["query_string"]) > LONGEST_QUERY:
            raise Refused(414, f"L'adresse dépasse {words.number(LONGEST_QUERY)} octets.")
        if scope["method"] not in READS:
            return None
        said = _header(scope, b"authorization")
        holder = self._holder(said, scope) if said else None
        if holder is None:
            self._admit(scope)
        return holder

    def _telling(self, holder: KeyHolder, send: Send) -> Send:
        """Have an answer tell the holder of a key what is left of the quota; raises Refused."""
        headers = self._count(holder)

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [(name, value) for name, value in message["headers"] if name != b"cache-control"]
                message = {**message, "headers": [*kept, (b"cache-control", b"private, max-age=0"), *headers]}
            await send(message)

        return told

    def _holder(self, said: bytes, scope: Scope) -> KeyHolder | None:
        """Who holds the key of a request; raises Refused. None when the database is away: what is public stays so, and
        what needs a key says that it cannot be checked (``UNCHECKED``)."""
        scheme, _, key = said.decode("latin-1").strip().partition(" ")
        now = self._clock()
        if scheme.lower() != "bearer" or not keys.looks_like_one(key.strip()):
            self._admit(scope)
            raise _unknown("Cette clé n'en est pas une : « Authorization: Bearer sirius_… » est attendu.")
        try:
            with self._engine.connect() as connection:
                holder = store.holder(connection, key.strip(), now)
        except SQLAlchemyError:
            log.warning("the database is away: keys cannot be checked")
            scope[UNCHECKED] = True
            return None
        if holder is None:
            self._admit(scope)  # guessing is limited too
            raise _unknown("Cette clé n'est pas connue.")
        if holder.revoked or holder.key.revoked_at is not None:
            raise _unknown("Cette clé a été révoquée : demandez-en une autre.")
        if not holder.key.works(now):
            raise _unknown("Cette clé a été remplacée, et son délai est passé : employez la nouvelle.")
        return holder

    def _count(self, holder: KeyHolder) -> list[tuple[bytes, bytes]]:
        """Count a request against its holder's quota; raises Refused when it is one too many."""
        moment = self._clock().timestamp()
        count = self._minutes.note(holder.partner, moment)
        headers = rate_headers(holder.quota, count, moment)
        if count > holder.quota:
            raise _too_many(f"« {holder.name} » a droit à {holder.quota} requêtes par minute.", headers)
        return [(name.encode(), value.encode()) for name, value in headers.items()]

    def _admit(self, scope: Scope) -> None:
        """Count a request without a key against its network's limit; raises Refused."""
        network = asking(scope)
        if not network:
            return
        moment = self._clock().timestamp()
        count = self._minutes.note(network, moment)
        if count > self._limit:
            headers = rate_headers(self._limit, count, moment)
            raise _too_many(
                f"Sans clé, {self._limit} requêtes par minute et par réseau : demandez une clé, ou attendez.", headers
            )

    # -- background --------------------------------------------------------------------------------------------------

    async def follow(self) -> None:
        """Write what was counted, and learn whose pages are whose, for ever; run it as a task."""
        while True:
            uses, self._uses = self._uses, Counter()  # here, not in the thread: nothing is counted meanwhile
            try:
                written = await asyncio.to_thread(self._write, uses)
            except Exception:
                log.exception("uses could not be written, it will be tried again")
                written = False
            if not written:
                self._uses.update(uses)
            await asyncio.sleep(WRITE_EVERY_SECONDS)

    def write(self) -> None:
        """Write what was counted since last time, when nothing is being served."""
        uses, self._uses = self._uses, Counter()
        self._write(uses)

    def _write(self, uses: Mapping[tuple[str, int], int]) -> bool:
        """Write counts and learn whose pages are whose; False when the counts could not be written."""
        try:
            if uses:
                with writing(self._engine).begin() as connection:
                    store.add_usage(connection, self._clock().date(), uses)
        except SQLAlchemyError:
            log.warning("uses cannot be written now: they are counted, and written later")
            return False
        with suppress(SQLAlchemyError), self._engine.connect() as connection:
            self._origins = store.origins(connection)
        return True


def _header(scope: Scope, wanted: bytes) -> bytes:
    for name, value in scope["headers"]:
        if name == wanted:
            return bytes(value)
    return b""


def rate_headers(limit: int, count: int, moment: float) -> dict[str, str]:
    """What is told of a limit: how many a minute, how many are left, seconds until the next minute."""
    return {
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-remaining": str(max(limit - count, 0)),
        "x-ratelimit-reset": str(MINUTE - int(moment) % MINUTE),
    }


@lru_cache(maxsize=4096)
def origin_of(page: bytes) -> str:
    """The origin of a page's address, empty when it has none."""
    try:
        parts = urlsplit(page.decode("ascii"))
        return f"{parts.scheme}://{parts.netloc.lower()}" if parts.scheme and parts.netloc else ""
    except ValueError:
        return ""


def _unknown(message: str) -> Refused:
    return Refused(401, message, {"www-authenticate": 'Bearer realm="Sirius"'})


def _too_many(message: str, headers: Mapping[str, str]) -> Refused:
    return Refused(429, message, {**headers, "retry-after": headers["x-ratelimit-reset"]})


def required(scope: Scope, allowed: str) -> KeyHolder:
    """The holder of a request's key, when the key allows what is asked; raises Refused."""
    holder: KeyHolder | None = scope.get(HOLDER)
    if holder is None and UNCHECKED in scope:
        raise Refused(503, "La base de données ne répond pas : votre clé n'a pas pu être vérifiée.")
    if holder is None:
        raise _unknown("Une clé est nécessaire ici, dans l'en-tête Authorization (Bearer).")
    if allowed not in holder.key.scopes:
        raise Refused(403, f"Cette clé ne permet pas « {allowed} ».")
    return holder


def allows(scope: Scope, wanted: str) -> bool:
    """True when a request bears a key that allows something."""
    holder: KeyHolder | None = scope.get(HOLDER)
    return holder is not None and wanted in holder.key.scopes
