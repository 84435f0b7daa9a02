"""SQL of answers sent: many recorded at once, in few statements."""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Dialect, bindparam, delete, or_, select, update

from collector import links, models
from collector.database import Compiled, insert_in, table
from collector.packing import pack
from collector.records import Sending

T = TypeVar("T")
INVITATION = table(models.Invitation)
CONTACT = table(models.Contact)
MAIL = table(models.Mail)
DRAFT = table(models.Draft)
RESPONSE = table(models.Response)
EVENT = table(models.Event)
_CHUNKS = (64, 32, 16, 8, 4, 2, 1)
"""How many responses one statement may insert: few sizes, so that few statements are compiled."""


def record(connection: Connection, sendings: Sequence[Sending]) -> list[bool]:
    """Record responses; for each, whether it was recorded: not when its token or its contact had answered."""
    first: dict[str, Sending] = {}
    for sending in sendings:
        first.setdefault(sending.author_hash, sending)
    invited = [sending for sending in first.values() if sending.contact_id is not None]
    if invited:
        answered = _answered_already(connection, invited)
        first = {author: sending for author, sending in first.items() if author not in answered}
    fresh: set[str] = set()
    for part in _chunks(list(first.values())):
        fresh |= _insert_responses(connection, part)
    _forget_drafts(connection, sorted(fresh))
    gone = [sending for sending in invited if sending.author_hash in fresh]
    if gone:
        _forget_contacts(connection, gone)
    outcome: list[bool] = []
    for sending in sendings:
        outcome.append(sending.author_hash in fresh)
        fresh.discard(sending.author_hash)  # the same token twice in one batch: once only
    return outcome


@cache
def _response_names(size: int) -> list[tuple[str, ...]]:
    """Names of the values of several responses, in the order of the table's columns."""
    return [tuple(f"{name}_{place}" for name in RESPONSE.c.keys()) for place in range(size)]  # noqa: SIM118


@cache
def _response_insert(dialect: Dialect, size: int) -> Compiled:
    columns = RESPONSE.c.keys()
    rows: list[dict[str, Any]] = [
        dict(zip(columns, map(bindparam, names), strict=True)) for names in _response_names(size)
    ]
    statement = (
        insert_in(dialect)(RESPONSE)
        .values(rows)
        .on_conflict_do_nothing(index_elements=["author_hash"])
        .returning(RESPONSE.c.author_hash, RESPONSE.c.id)
    )
    return Compiled(statement, dialect)


@cache
def _event_insert(dialect: Dialect, size: int) -> Compiled:
    rows: list[dict[str, Any]] = [
        {"response_id": bindparam(f"response_id_{place}"), "kind": bindparam(f"kind_{place}")} for place in range(size)
    ]
    return Compiled(insert_in(dialect)(EVENT).values(rows), dialect)


def _insert_responses(connection: Connection, sendings: Sequence[Sending]) -> set[str]:
    dialect = connection.dialect
    kept_as = pack if dialect.name == "sqlite" else str
    values: dict[str, Any] = {}
    for names, sending in zip(_response_names(len(sendings)), sendings, strict=True):
        marks = json.dumps(sending.marks) if sending.marks else "[]"
        row = (
            links.new_id(), sending.author_hash, sending.campaign_id, sending.questionnaire_version, sending.month,
            kept_as(sending.stored), marks, False,
        )  # fmt: skip
        values.update(zip(names, row, strict=True))
    kept = _response_insert(dialect, len(sendings)).run(connection, values).all()
    noted = [{"response_id": response_id, "kind": "sent"} for _, response_id in kept]
    for part in _chunks(noted):
        named = {f"{name}_{place}": value for place, row in enumerate(part) for name, value in row.items()}
        _event_insert(dialect, len(part)).run(connection, named)
    return {author for author, _ in kept}


@cache
def _draft_delete(dialect: Dialect, size: int) -> Compiled:
    authors = [DRAFT.c.author_hash == bindparam(f"author_{place}") for place in range(size)]
    return Compiled(delete(DRAFT).where(or_(*authors)), dialect)


def _forget_drafts(connection: Connection, authors: Sequence[str]) -> None:
    for part in _chunks(authors):
        named = {f"author_{place}": author for place, author in enumerate(part)}
        _draft_delete(connection.dialect, len(part)).run(connection, named)


def _chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    start = 0
    while start < len(items):
        size = next(size for size in _CHUNKS if size <= len(items) - start)
        yield items[start : start + size]
        start += size


def _answered_already(connection: Connection, sendings: Sequence[Sending]) -> set[str]:
    """Of people invited by mail, those who answered by another of their links: their contact is gone with it."""
    wanted = {sending.roster_hash: sending for sending in sendings}
    query = select(INVITATION.c.roster_hash, INVITATION.c.contact_id).where(INVITATION.c.roster_hash.in_(wanted))
    live = {row.roster_hash for row in connection.execute(query) if row.contact_id is not None}
    seen: set[str] = set()
    late: set[str] = set()
    for roster, sending in wanted.items():
        contact = str(sending.contact_id)
        if roster not in live or contact in seen:
            late.add(sending.author_hash)
        seen.add(contact)
    return late


def _forget_contacts(connection: Connection, sendings: Sequence[Sending]) -> None:
    """Take people who have answered off the roster: their address, their mails, their other links."""
    contacts = [str(sending.contact_id) for sending in sendings]
    used = [sending.roster_hash for sending in sendings]
    connection.execute(delete(MAIL).where(MAIL.c.contact_id.in_(contacts)))
    connection.execute(delete(CONTACT).where(CONTACT.c.id.in_(contacts)))
    connection.execute(
        delete(INVITATION).where(INVITATION.c.contact_id.in_(contacts), INVITATION.c.roster_hash.not_in(used))
    )
    connection.execute(update(INVITATION).where(INVITATION.c.roster_hash.in_(used)).values(contact_id=None))
