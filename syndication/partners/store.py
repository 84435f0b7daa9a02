"""SQL of catalogue sites: their origins, their keys, what was served to them."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from syndication import models
from syndication.catalogue.store import note_framing_change
from syndication.database import Prepared, add_counts, table
from syndication.errors import PartnerError
from syndication.instants import instant_of
from syndication.partners import keys
from syndication.partners.keys import ALIVE, OVERLAP, KeyFacts
from syndication.webhooks import store as webhooks

PARTNER = table(models.Partner)
ORIGIN = table(models.PartnerOrigin)
KEY = table(models.PartnerKey)
USAGE = table(models.Usage)
LONGEST_NAME = 80
OTHERS = 0
"""Usage of everybody who is no partner."""


@dataclass(frozen=True, slots=True)
class PartnerRow:
    """A catalogue site, its origins and its keys, the newest first; ``quota`` is requests a minute."""

    id: int
    name: str
    quota: int
    origins: tuple[str, ...]
    keys: tuple[KeyFacts, ...]
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """Who holds a key, and what the key allows."""

    partner: int
    name: str
    quota: int
    key: KeyFacts
    revoked: bool


@dataclass(frozen=True, slots=True)
class UsageRow:
    """How many times something was served on a day to a partner (0: to others)."""

    day: date
    kind: str
    partner: int
    count: int


def add(
    connection: Connection,
    name: str,
    origins: Sequence[str],
    now: datetime,
    *,
    scopes: Sequence[str] = keys.SCOPES,
    quota: int | None = None,
) -> str | None:
    """Make a site known and give its key, to be shown once; one that is known gets these origins and no key (None).

    Raises PartnerError when it was revoked, or when its name cannot be read.
    """
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise PartnerError(f"Donnez un nom au site, en {LONGEST_NAME} caractères lisibles au plus.")
    row = connection.execute(select(PARTNER).where(PARTNER.c.name == name)).first()
    if row is not None and row.revoked_at is not None:
        raise PartnerError(f"« {name} » a été révoqué : donnez-lui un autre nom.")
    if row is None:
        connection.execute(insert(PARTNER).values(name=name, quota=quota or keys.DEFAULT_QUOTA, created_at=now))
    elif quota:
        connection.execute(update(PARTNER).where(PARTNER.c.id == row.id).values(quota=quota))
    number = _standing(connection, name).id
    known = set(connection.execute(select(ORIGIN.c.origin).where(ORIGIN.c.partner_id == number)).scalars())
    fresh = [{"partner_id": number, "origin": one} for one in dict.fromkeys(origins) if one not in known]
    if fresh:
        connection.execute(insert(ORIGIN), fresh)
    if fresh:
        note_framing_change(connection, now)
    return _add_key(connection, number, scopes, now) if row is None else None


def remove_origin(connection: Connection, name: str, origin: str, now: datetime) -> None:
    """Stop the pages of an origin from showing widgets in a site's name; raises PartnerError."""
    number = _standing(connection, name).id
    gone = connection.execute(delete(ORIGIN).where(ORIGIN.c.partner_id == number, ORIGIN.c.origin == origin))
    if not gone.rowcount:
        raise PartnerError(f"« {origin} » n'est pas une origine de « {name} ».")
    note_framing_change(connection, now)


def rotate(connection: Connection, name: str, now: datetime, *, scopes: Sequence[str] | None = None) -> str:
    """Give a site a new key, to be shown once; the one before works for ``OVERLAP`` more, older ones stop at once.

    ``scopes`` are those of the key before when None. Raises PartnerError.
    """
    number = _standing(connection, name).id
    working = [key for key in _keys(connection, [number])[number] if key.works(now)]
    for old in working[ALIVE - 1 :]:
        _end(connection, old, revoked_at=now)
    for last in working[: ALIVE - 1]:
        _end(connection, last, expires_at=min(last.expires_at or now + OVERLAP, now + OVERLAP))
    return _add_key(connection, number, scopes or (working[0].scopes if working else keys.SCOPES), now)


def revoke_key(connection: Connection, name: str, hint: str, now: datetime) -> None:
    """Stop one key of a site at once, named by its end; raises PartnerError."""
    number = _standing(connection, name).id
    found = [key for key in _keys(connection, [number])[number] if key.hint == hint and key.works(now)]
    if not found:
        raise PartnerError(f"« {name} » n'a pas de clé qui finit par « {hint} » et qui serve encore.")
    for key in found:
        _end(connection, key, revoked_at=now)


def revoke(connection: Connection, name: str, now: datetime) -> None:
    """Stop a site from showing widgets, its keys and its webhooks, at once; raises PartnerError when there is none."""
    number = _standing(connection, name).id
    connection.execute(update(PARTNER).where(PARTNER.c.id == number).values(revoked_at=now))
    alive = update(KEY).where(KEY.c.partner_id == number, KEY.c.revoked_at.is_(None))
    connection.execute(alive.values(revoked_at=now))
    webhooks.stop_all(connection, number, now)
    note_framing_change(connection, now)


def listed(connection: Connection) -> list[PartnerRow]:
    """Every site, by name."""
    rows = connection.execute(select(PARTNER).order_by(PARTNER.c.name)).all()
    held = _keys(connection, [row.id for row in rows])
    where: dict[int, list[str]] = defaultdict(list)
    for partner, origin in connection.execute(select(ORIGIN).order_by(ORIGIN.c.origin)):
        where[partner].append(origin)
    return [
        PartnerRow(
            row.id, row.name, row.quota, tuple(where[row.id]), tuple(held[row.id]), row.created_at, row.revoked_at
        )
        for row in rows
    ]


def named(connection: Connection, name: str) -> PartnerRow:
    """The site of a name, revoked or not; raises PartnerError."""
    found = next((row for row in listed(connection) if row.name == name), None)
    if found is None:
        raise PartnerError(f"Aucun partenaire ne s'appelle « {name} ».")
    return found


def origins(connection: Connection) -> dict[str, int]:
    """Origins whose pages may show widgets, each with the site it belongs to."""
    query = select(ORIGIN.c.origin, ORIGIN.c.partner_id).join(PARTNER, PARTNER.c.id == ORIGIN.c.partner_id)
    rows = connection.execute(query.where(PARTNER.c.revoked_at.is_(None)).order_by(ORIGIN.c.origin, PARTNER.c.id))
    found: dict[str, int] = {}
    for origin, partner in rows:
        found.setdefault(origin, partner)
    return found


_HOLDER = Prepared(
    select(
        PARTNER.c.id, PARTNER.c.name, PARTNER.c.quota, PARTNER.c.revoked_at, KEY.c.hint, KEY.c.scopes,
        KEY.c.created_at, KEY.c.expires_at, KEY.c.revoked_at,
    )
    .join(PARTNER, PARTNER.c.id == KEY.c.partner_id)
    .where(KEY.c.digest == bindparam("digest"))
)  # fmt: skip


def holder(connection: Connection, key: str, now: datetime) -> KeyHolder | None:
    """Who holds a key, whether or not it still works; None when nobody ever did."""
    mark = keys.digest(key)
    row = _HOLDER.row(connection, digest=mark)
    if row is None:
        return None
    number, name, quota, gone, hint, scopes, created, expires, revoked = row
    read = tuple(json.loads(scopes) if isinstance(scopes, str) else scopes)
    facts = KeyFacts(mark, hint, read, instant_of(created) or now, instant_of(expires), instant_of(revoked))
    return KeyHolder(number, name, quota, facts, gone is not None)


def add_usage(connection: Connection, day: date, counts: Mapping[tuple[str, int], int]) -> None:
    """Add what was served on a day, by kind and partner."""
    rows = [{"day": day, "kind": k, "partner_id": p, "count": n} for (k, p), n in sorted(counts.items())]
    add_counts(connection, USAGE, rows)


def usage(connection: Connection, since: date, partner: int | None = None) -> list[UsageRow]:
    """What was served since a day, to one partner or to all, the last day first."""
    query = select(USAGE.c.day, USAGE.c.kind, USAGE.c.partner_id, USAGE.c.count).where(USAGE.c.day >= since)
    if partner is not None:
        query = query.where(USAGE.c.partner_id == partner)
    rows = connection.execute(query.order_by(USAGE.c.day.desc(), USAGE.c.kind, USAGE.c.partner_id))
    return [UsageRow(*row) for row in rows]


def totals(connection: Connection, since: date) -> dict[int, dict[str, int]]:
    """What was served since a day, by partner and kind."""
    query = select(USAGE.c.partner_id, USAGE.c.kind, func.sum(USAGE.c.count)).where(USAGE.c.day >= since)
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for partner, kind, count in connection.execute(query.group_by(USAGE.c.partner_id, USAGE.c.kind)):
        found[partner][kind] = count
    return found


def _standing(connection: Connection, name: str) -> Row[Any]:
    row = connection.execute(select(PARTNER).where(PARTNER.c.name == name, PARTNER.c.revoked_at.is_(None))).first()
    if row is None:
        raise PartnerError(f"Aucun partenaire en cours ne s'appelle « {name} ».")
    return row


def _keys(connection: Connection, partners: Sequence[int]) -> dict[int, list[KeyFacts]]:
    found: dict[int, list[KeyFacts]] = defaultdict(list)
    query = select(KEY).where(KEY.c.partner_id.in_(partners)).order_by(KEY.c.created_at.desc(), KEY.c.digest)
    for row in connection.execute(query):
        found[row.partner_id].append(
            KeyFacts(row.digest, row.hint, tuple(row.scopes), row.created_at, row.expires_at, row.revoked_at)
        )
    return found


def _add_key(connection: Connection, partner: int, scopes: Sequence[str], now: datetime) -> str:
    key = keys.new_key()
    connection.execute(
        insert(KEY).values(
            digest=keys.digest(key), partner_id=partner, hint=keys.hint(key), scopes=list(scopes), created_at=now
        )
    )
    return key


def _end(connection: Connection, key: KeyFacts, **values: datetime) -> None:
    connection.execute(update(KEY).where(KEY.c.digest == key.digest).values(**values))
