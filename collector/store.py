"""All SQL of the collector. Reads go straight to the engine; every write goes through the one writer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, cast

from sqlalchemy import Connection, Engine, Table, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from collector import links, models
from collector.errors import CampaignError, LinkError, SeatsTaken
from collector.questionnaire import Answers, Section
from collector.writer import Writer


def _table(model: type[models.Table]) -> Table:
    return cast(Table, model.__table__)  # type: ignore[attr-defined]


CAMPAIGN = _table(models.Campaign)
INVITATION = _table(models.Invitation)
DRAFT = _table(models.Draft)
RESPONSE = _table(models.Response)
EVENT = _table(models.Event)
RECEIPT = _table(models.Receipt)

_SEAT = (
    select(
        *CAMPAIGN.c,
        DRAFT.c.answers.label("draft"),
        RESPONSE.c.id.label("response_id"),
        RESPONSE.c.month,
        RESPONSE.c.questionnaire_version.label("response_version"),
        RESPONSE.c.answers,
    )
    .join(INVITATION, INVITATION.c.campaign_id == CAMPAIGN.c.id)
    .outerjoin(DRAFT, DRAFT.c.author_hash == bindparam("author"))
    .outerjoin(RESPONSE, RESPONSE.c.author_hash == bindparam("author"))
    .where(INVITATION.c.roster_hash == bindparam("roster"))
)
_RECEIPTS = select(RECEIPT.c.question, RECEIPT.c.status, RECEIPT.c.reason).where(
    RECEIPT.c.response_id == bindparam("response")
)


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign as stored; both dates are included."""

    id: str
    formation_code: str
    formation_title: str
    centre_code: str
    centre_name: str
    opens_on: date
    closes_on: date
    seats: int
    questionnaire_version: str

    def is_open(self, today: date) -> bool:
        """True between its two dates."""
        return self.opens_on <= today <= self.closes_on


@dataclass(frozen=True, slots=True)
class Sent:
    """A response as its author may read it again; ``receipts`` by question: status, reason."""

    id: str
    month: str
    questionnaire_version: str
    answers: Answers
    receipts: Mapping[str, tuple[str, str | None]]


@dataclass(frozen=True, slots=True)
class Seat:
    """What stands behind a personal token."""

    campaign: Campaign
    draft: Answers | None
    sent: Sent | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A response with its place in the order of events."""

    seq: int
    response_id: str
    campaign: Campaign
    month: str
    questionnaire_version: str
    answers: Answers


@dataclass(frozen=True, slots=True)
class Counted:
    """Counts of a campaign: links handed out one by one, seats taken in all, drafts, responses."""

    links: int
    taken: int
    drafts: int
    sent: int


class Store:
    """Reads and writes of the collector."""

    def __init__(self, engine: Engine, writer: Writer) -> None:
        self._engine = engine
        self._writer = writer

    # -- campaigns ---------------------------------------------------------------------------------------------------

    def add_campaign(self, campaign: Campaign) -> None:
        """Store a new campaign."""
        self._writer.write_now(lambda c: c.execute(CAMPAIGN.insert().values(**asdict(campaign))) and None)

    def campaign(self, campaign_id: str) -> Campaign:
        """The campaign under an id; raises CampaignError."""
        with self._engine.connect() as connection:
            row = connection.execute(select(CAMPAIGN).where(CAMPAIGN.c.id == campaign_id)).mappings().first()
        if row is None:
            raise CampaignError(f"Aucune campagne ne porte l'identifiant {campaign_id}.")
        return Campaign(**row)

    def counted(self, campaign_id: str) -> Counted:
        """Counts of a campaign."""
        with self._engine.connect() as connection:
            by_origin: dict[str, int] = dict(
                connection.execute(
                    select(INVITATION.c.origin, func.count())
                    .where(INVITATION.c.campaign_id == campaign_id)
                    .group_by(INVITATION.c.origin)
                ).all()
            )
            drafts = _count(connection, DRAFT, campaign_id)
            sent = _count(connection, RESPONSE, campaign_id)
        return Counted(by_origin.get("link", 0), sum(by_origin.values()), drafts, sent)

    def issue(self, campaign_id: str, tokens: Sequence[str]) -> None:
        """Hand out personal tokens; raises SeatsTaken when the campaign has not that many seats left."""
        self._writer.write_now(lambda c: _take_seats(c, campaign_id, tokens, "link"))

    async def take_common_seat(self, campaign_id: str, token: str) -> None:
        """Hand out one personal token behind a common link; raises SeatsTaken, CampaignError."""
        await self._writer.write(lambda c: _take_seats(c, campaign_id, (token,), "common"))

    # -- a respondent ------------------------------------------------------------------------------------------------

    def seat(self, token: str) -> Seat:
        """What stands behind a personal token; raises LinkError when nothing does."""
        hashes = {"roster": links.roster_hash(token), "author": links.author_hash(token)}
        with self._engine.connect() as connection:
            row = connection.execute(_SEAT, hashes).first()
            if row is None:
                raise LinkError("Ce lien ne mène nulle part.")
            campaign = Campaign(*row[: len(CAMPAIGN.c)])
            sent = _sent(connection, row) if row.response_id is not None else None
        return Seat(campaign, answers_from(row.draft) if row.draft is not None else None, sent)

    async def save_section(self, token: str, campaign_id: str, section: Section, said: Answers, today: date) -> bool:
        """Put what a section says in the draft, the other sections untouched; False once the response was sent."""
        author = links.author_hash(token)

        def run(connection: Connection) -> bool:
            if connection.execute(select(RESPONSE.c.id).where(RESPONSE.c.author_hash == author)).first():
                return False
            query = select(DRAFT.c.answers).where(DRAFT.c.author_hash == author).with_for_update()
            kept = connection.execute(query).scalar()
            answers = (answers_from(kept) if kept is not None else Answers()).merged(said, section)
            values = {"campaign_id": campaign_id, "answers": answers_to(answers), "saved_on": today}
            connection.execute(_upsert(connection, DRAFT, {"author_hash": author, **values}, values))
            return True

        return await self._writer.write(run)

    async def send(self, token: str, campaign: Campaign, answers: Answers, month: str) -> bool:
        """Spend the token on a response, once; False when it was spent already, and then nothing changes."""
        return await self._writer.write(lambda c: _record(c, links.author_hash(token), campaign, answers, month))

    def send_many(self, sendings: Iterable[tuple[str, Campaign, Answers, str]]) -> None:
        """Record several responses (token, campaign, answers, month) in one transaction: for demonstrations."""
        rows = list(sendings)

        def run(connection: Connection) -> None:
            for token, campaign, answers, month in rows:
                _record(connection, links.author_hash(token), campaign, answers, month)

        self._writer.write_now(run)

    # -- the hub -----------------------------------------------------------------------------------------------------

    def events_after(self, seq: int, limit: int) -> list[Recorded]:
        """Responses recorded after a place in the order of events, oldest first."""
        query = (
            select(
                EVENT.c.seq,
                RESPONSE.c.id.label("response_id"),
                RESPONSE.c.month,
                RESPONSE.c.questionnaire_version.label("response_version"),
                RESPONSE.c.answers,
                CAMPAIGN,
            )
            .join(RESPONSE, RESPONSE.c.id == EVENT.c.response_id)
            .join(CAMPAIGN, CAMPAIGN.c.id == RESPONSE.c.campaign_id)
            .where(EVENT.c.seq > seq)
            .order_by(EVENT.c.seq)
            .limit(limit)
        )
        with self._engine.connect() as connection:
            return [_recorded(row) for row in connection.execute(query).mappings()]

    def keep_receipt(self, response_id: str, question: str, status: str, reason: str | None, version: int) -> None:
        """Keep what became of a text; an older version never replaces a newer one."""
        news = {"status": status, "reason": reason, "version": version}
        key = {"response_id": response_id, "question": question}

        def run(connection: Connection) -> None:
            statement = _upsert(connection, RECEIPT, {**key, **news}, news, only_if=RECEIPT.c.version < version)
            connection.execute(statement)

        self._writer.write_now(run)


def answers_to(answers: Answers) -> dict[str, Any]:
    """Answers as stored."""
    return {
        "scales": dict(answers.scales),
        "choices": {key: list(values) for key, values in answers.choices.items()},
        "texts": dict(answers.texts),
    }


def answers_from(stored: Mapping[str, Any]) -> Answers:
    """Answers as read back."""
    return Answers(
        dict(stored["scales"]),
        {key: tuple(values) for key, values in stored["choices"].items()},
        dict(stored["texts"]),
    )


def _count(connection: Connection, table: Table, campaign_id: str) -> int:
    return connection.execute(
        select(func.count()).select_from(table).where(table.c.campaign_id == campaign_id)
    ).scalar_one()


def _sent(connection: Connection, row: Any) -> Sent:
    receipts = connection.execute(_RECEIPTS, {"response": row.response_id})
    return Sent(
        row.response_id,
        row.month,
        row.response_version,
        answers_from(row.answers),
        {receipt.question: (receipt.status, receipt.reason) for receipt in receipts},
    )


def _recorded(row: Mapping[Any, Any]) -> Recorded:
    campaign = Campaign(**{column.name: row[column.name] for column in CAMPAIGN.c})
    return Recorded(
        row["seq"], row["response_id"], campaign, row["month"], row["response_version"], answers_from(row["answers"])
    )


def _take_seats(connection: Connection, campaign_id: str, tokens: Sequence[str], origin: str) -> None:
    """Add invitations within seats; a common link asked twice for the same token takes one seat."""
    seats = connection.execute(
        select(CAMPAIGN.c.seats).where(CAMPAIGN.c.id == campaign_id).with_for_update()
    ).scalar_one_or_none()
    if seats is None:
        raise CampaignError(f"Aucune campagne ne porte l'identifiant {campaign_id}.")
    if origin == "common":
        query = select(INVITATION.c.roster_hash).where(INVITATION.c.roster_hash == links.roster_hash(tokens[0]))
        if connection.execute(query).first():
            return
    if seats:
        left = seats - _count(connection, INVITATION, campaign_id)
        if left < len(tokens):
            raise SeatsTaken(f"Il reste {max(left, 0)} place(s) dans cette campagne de {seats}.")
    connection.execute(
        INVITATION.insert(),
        [{"roster_hash": links.roster_hash(t), "campaign_id": campaign_id, "origin": origin} for t in tokens],
    )


def _record(connection: Connection, author: str, campaign: Campaign, answers: Answers, month: str) -> bool:
    response_id = links.new_id()
    insert = _insert(connection)(RESPONSE).values(
        id=response_id,
        author_hash=author,
        campaign_id=campaign.id,
        questionnaire_version=campaign.questionnaire_version,
        month=month,
        answers=answers_to(answers),
    )
    fresh = connection.execute(insert.on_conflict_do_nothing(index_elements=["author_hash"])).rowcount == 1
    if fresh:
        connection.execute(EVENT.insert().values(response_id=response_id))
        connection.execute(delete(DRAFT).where(DRAFT.c.author_hash == author))
    return fresh


def _insert(connection: Connection) -> Any:
    return postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert


def _upsert(
    connection: Connection, table: Table, values: Mapping[str, Any], news: Mapping[str, Any], only_if: Any = None
) -> Any:
    key = [column.name for column in table.primary_key]
    return (
        _insert(connection)(table)
        .values(**values)
        .on_conflict_do_update(index_elements=key, set_=dict(news), where=only_if)
    )
