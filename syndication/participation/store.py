"""SQL of participation: what each centre has of campaigns, answers and texts that wait, in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, case, func, select

from syndication import models
from syndication.database import table
from syndication.ratings import RESPONDENTS
from syndication.scopes.store import centres_within

CENTRE = table(models.Centre)
CENTRE_CODE = table(models.CentreCode)
CAMPAIGN = table(models.Campaign)
TALLY = table(models.Tally)
VERBATIM = table(models.Verbatim)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of participation: centres of a region (all, when empty), with campaigns (``avec``) or without
    (``sans``), within scopes (see ``scopes.store``), sorted by a column of SORTS."""

    region: str = ""
    campaigns: str = ""
    sort: str = "centre"
    falling: bool = False
    scopes: tuple[str, ...] = ("nation",)


@dataclass(frozen=True, slots=True)
class Line:
    """A centre; ``code`` is its UAI, or a SIRET of one that has none. ``running`` campaigns are among ``campaigns``;
    ``last`` is the day the latest one closes, ``respondents`` count every year."""

    code: str
    name: str
    city: str
    department: str
    region: str
    campaigns: int
    running: int
    last: date | None
    respondents: int
    waiting: int


@dataclass(frozen=True, slots=True)
class RegionLine:
    """A region: its centres, how many of them have had campaigns, what their apprentices sent, what waits."""

    region: str
    centres: int
    taking_part: int
    respondents: int
    waiting: int


def lines(
    connection: Connection, asked: Asked, today: date, offset: int = 0, limit: int | None = None
) -> tuple[list[Line], int]:
    """Centres as asked, a page of them, and how many there are in all (0 beyond the last page)."""
    told = _told(asked.scopes, today)
    columns = [told.c[name] for name in Line.__slots__]
    query = _narrowed(select(*columns, func.count().over().label("total")), told, asked)
    query = query.order_by(*_order(told, asked)).offset(offset).limit(limit)
    rows = connection.execute(query).all()
    return [Line(*row[:-1]) for row in rows], rows[0].total if rows else 0


def by_region(connection: Connection, scopes: Sequence[str], today: date) -> list[RegionLine]:
    """The same by region, in alphabetical order; centres whose region nobody told come last."""
    told = _told(scopes, today)
    query = select(
        told.c.region, func.count(), func.sum(case((told.c.campaigns > 0, 1), else_=0)), func.sum(told.c.respondents),
        func.sum(told.c.waiting),
    ).group_by(told.c.region)  # fmt: skip
    rows = [RegionLine(region, *map(int, counts)) for region, *counts in connection.execute(query)]
    return sorted(rows, key=lambda row: (not row.region, row.region.removeprefix("Î").casefold(), row.region))


def _told(scopes: Sequence[str], today: date) -> FromClause:
    """Every centre within scopes with its counts."""
    running = case(((CAMPAIGN.c.opens_on <= today) & (CAMPAIGN.c.closes_on >= today), 1), else_=0)
    campaigns = (
        select(CAMPAIGN.c.centre_id, func.count().label("campaigns"), func.sum(running).label("running"),
               func.max(CAMPAIGN.c.closes_on).label("last"))
        .group_by(CAMPAIGN.c.centre_id).subquery()
    )  # fmt: skip
    answers = (
        select(TALLY.c.centre_id, func.sum(TALLY.c.count).label("respondents"))
        .where(TALLY.c.formation_id == 0, TALLY.c.axis == RESPONDENTS).group_by(TALLY.c.centre_id).subquery()
    )  # fmt: skip
    texts = (
        select(VERBATIM.c.centre_id, func.count().label("waiting")).where(VERBATIM.c.status == "attente")
        .group_by(VERBATIM.c.centre_id).subquery()
    )  # fmt: skip
    siret = (
        select(func.min(CENTRE_CODE.c.value))
        .where(CENTRE_CODE.c.centre_id == CENTRE.c.id, CENTRE_CODE.c.scheme == "siret").scalar_subquery()
    )  # fmt: skip
    return (
        select(
            CENTRE.c.id, func.coalesce(CENTRE.c.uai, siret, "").label("code"), CENTRE.c.name, CENTRE.c.city,
            CENTRE.c.department, CENTRE.c.region, _count(campaigns.c.campaigns), _count(campaigns.c.running),
            campaigns.c.last, _count(answers.c.respondents), _count(texts.c.waiting),
        )
        .select_from(CENTRE)
        .outerjoin(campaigns, campaigns.c.centre_id == CENTRE.c.id)
        .outerjoin(answers, answers.c.centre_id == CENTRE.c.id)
        .outerjoin(texts, texts.c.centre_id == CENTRE.c.id)
        .where(centres_within(scopes))
        .subquery()
    )  # fmt: skip


def _count(column: ColumnElement[int]) -> ColumnElement[int]:
    return func.coalesce(column, 0).label(column.key)


def _narrowed(query: Select[Any], told: FromClause, asked: Asked) -> Select[Any]:
    if asked.region:
        query = query.where(told.c.region == asked.region)
    if asked.campaigns:
        query = query.where(told.c.campaigns > 0 if asked.campaigns == "avec" else told.c.campaigns == 0)
    return query


_COLUMNS = {
    "centre": ("name",), "lieu": ("department", "city"), "region": ("region",), "campagnes": ("campaigns", "running"),
    "fin": ("last",), "reponses": ("respondents",), "attente": ("waiting",),
}  # fmt: skip
SORTS = tuple(_COLUMNS)
"""Columns that lines may be sorted by."""


def _order(told: FromClause, asked: Asked) -> list[ColumnElement[Any]]:
    """By what is asked for, what is not known last; then by name, so that pages are always the same."""
    first = [told.c[name] for name in _COLUMNS[asked.sort]]
    unknown: list[ColumnElement[Any]] = [told.c.last.is_(None)] if asked.sort == "fin" else []
    return [*unknown, *(column.desc() if asked.falling else column for column in first), told.c.name, told.c.id]
