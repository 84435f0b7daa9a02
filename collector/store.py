"""SQL of campaigns, links, answers. Reads go straight to the engine; every write goes through the one writer."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Table, bindparam, delete, func, or_, select, update

from collector import links, models
from collector.database import Compiled, QuickReader, file_stamp, insert_in, overwrite_log, table, upsert, write_anew
from collector.errors import CampaignError, LinkError, SeatsTaken
from collector.packing import unpack
from collector.questionnaire import NO_OWN, Answers, Section, own_from, own_to
from collector.records import PARIS, Campaign, Counted, News, Recorded, Seat, Sending, Sent, answers_from, answers_to
from collector.sending.store import record
from collector.withdrawals.ledger import Ledger
from collector.writer import Writer

NIGHT_HOURS = range(2, 5)
Pace = Callable[[Answers, Answers], Sequence[str] | None]
QUESTIONNAIRE = table(models.PublishedQuestionnaire)
CAMPAIGN = table(models.Campaign)
INVITATION = table(models.Invitation)
DRAFT = table(models.Draft)
RESPONSE = table(models.Response)
EVENT = table(models.Event)
RECEIPT = table(models.Receipt)
NO_SEAT = "Ce lien ne mène nulle part."

_SEAT_COLUMNS = (
    *CAMPAIGN.c,
    INVITATION.c.origin,
    INVITATION.c.contact_id,
    INVITATION.c.marks.label("seat_marks"),
    DRAFT.c.answers.label("draft"),
    DRAFT.c.marks.label("draft_marks"),
    RESPONSE.c.id.label("response_id"),
    RESPONSE.c.month,
    RESPONSE.c.questionnaire_version.label("response_version"),
    RESPONSE.c.answers,
    RESPONSE.c.withdrawn,
)
_SEAT = (
    select(*_SEAT_COLUMNS)
    .join(INVITATION, INVITATION.c.campaign_id == CAMPAIGN.c.id)
    .outerjoin(DRAFT, DRAFT.c.author_hash == bindparam("author"))
    .outerjoin(RESPONSE, RESPONSE.c.author_hash == bindparam("author"))
    .where(INVITATION.c.roster_hash == bindparam("roster"))
)


class Store:
    """Reads and writes of the collector."""

    def __init__(self, engine: Engine, writer: Writer, ledger: Ledger) -> None:
        self._engine = engine
        self._writer = writer
        self._ledger = ledger
        self._quick = QuickReader(engine)
        self._seat_query = Compiled(_SEAT, engine.dialect)
        self._anew: tuple[int, ...] = ()
        self._anew_on: date | None = None

    def close(self) -> None:
        """Let go of what is kept open."""
        self._quick.close()

    # -- questionnaires ----------------------------------------------------------------------------------------------

    def published_versions(self) -> list[tuple[str, bool]]:
        """Versions published here, the oldest first, with whether each was withdrawn."""
        query = select(QUESTIONNAIRE.c.version, QUESTIONNAIRE.c.withdrawn).order_by(QUESTIONNAIRE.c.seq)
        with self._engine.connect() as connection:
            return [(row.version, row.withdrawn) for row in connection.execute(query)]

    def published_document(self, version: str) -> Mapping[str, Any] | None:
        """The document of a version published here, or None."""
        query = select(QUESTIONNAIRE.c.document).where(QUESTIONNAIRE.c.version == version)
        with self._engine.connect() as connection:
            document: Mapping[str, Any] | None = connection.execute(query).scalar_one_or_none()
        return document

    def publish(self, version: str, document: Mapping[str, Any], today: date, *, withdrawn: bool = False) -> bool:
        """Store a version for good; False when it was stored already, and then only whether it is withdrawn changes."""
        values = {"version": version, "document": dict(document), "published_on": today, "withdrawn": withdrawn}

        def run(connection: Connection) -> bool:
            insert = insert_in(connection.dialect)(QUESTIONNAIRE).values(**values)
            fresh = connection.execute(insert.on_conflict_do_nothing(index_elements=["version"])).rowcount == 1
            if not fresh:
                known = update(QUESTIONNAIRE).where(QUESTIONNAIRE.c.version == version)
                connection.execute(known.values(withdrawn=withdrawn))
            return fresh

        return self._writer.write_now(run)

    # -- campaigns ---------------------------------------------------------------------------------------------------

    def add_campaigns(self, campaigns: Sequence[Campaign]) -> None:
        """Store new campaigns, all or none."""
        rows = [{**asdict(campaign), "own": own_to(campaign.own)} for campaign in campaigns]
        self._writer.write_now(lambda c: c.execute(CAMPAIGN.insert(), rows) and None)

    def close_campaign(self, campaign_id: str, now: datetime) -> None:
        """Close a campaign before its last day; one that is over already stays as it was.

        Raises CampaignError, LedgerError.
        """
        if now.timestamp() >= self.campaign(campaign_id).ends_at.timestamp():
            return
        second, day = int(now.timestamp()), now.astimezone(PARIS).date().isoformat()

        def run(connection: Connection) -> None:
            if close_by_hand(connection, campaign_id, second):
                self._ledger.note_closing(campaign_id, day, second)

        self._writer.write_now(run)

    def campaign(self, campaign_id: str) -> Campaign:
        """The campaign under an id; raises CampaignError."""
        with self._engine.connect() as connection:
            row = connection.execute(select(CAMPAIGN).where(CAMPAIGN.c.id == campaign_id)).first()
        if row is None:
            raise CampaignError(f"Aucune campagne ne porte l'identifiant {campaign_id}.")
        return campaign_from(row)

    def campaigns(self, ids: Sequence[str]) -> dict[str, Campaign]:
        """Some campaigns by id; those that are not there are left out."""
        found: dict[str, Campaign] = {}
        with self._engine.connect() as connection:
            for start in range(0, len(ids), 500):
                query = select(CAMPAIGN).where(CAMPAIGN.c.id.in_(ids[start : start + 500]))
                found |= {row.id: campaign_from(row) for row in connection.execute(query)}
        return found

    def extend_campaign(self, campaign_id: str, closes_on: date) -> None:
        """Give a campaign that nobody closed another last day."""
        statement = update(CAMPAIGN).where(CAMPAIGN.c.id == campaign_id, CAMPAIGN.c.closed_at.is_(None))
        self._writer.write_now(lambda c: c.execute(statement.values(closes_on=closes_on)) and None)

    def counted(self, ids: Sequence[str]) -> dict[str, Counted]:
        """Drafts and responses of some campaigns."""
        with self._engine.connect() as connection:
            drafts, sent = _counts(connection, DRAFT, ids), _counts(connection, RESPONSE, ids)
        return {one: Counted(drafts.get(one, 0), sent.get(one, 0)) for one in ids}

    def issue(self, campaign_id: str, tokens: Sequence[str]) -> None:
        """Hand out personal tokens; raises SeatsTaken when the campaign has not that many seats left."""
        self._writer.write_now(lambda c: _take_seats(c, campaign_id, tokens, "link"))

    async def take_common_seat(self, campaign_id: str, token: str, marks: Sequence[str]) -> None:
        """Hand out one personal token behind a common link; raises SeatsTaken, CampaignError."""
        await self._writer.write(lambda c: _take_seats(c, campaign_id, (token,), "common", marks))

    # -- a respondent ------------------------------------------------------------------------------------------------

    def seat(self, token: str) -> Seat:
        """What stands behind a personal token; raises LinkError when nothing does."""
        author, roster = links.author_hash(token), links.roster_hash(token)
        row = self._quick.first(self._seat_query, {"roster": roster, "author": author})
        if row is None:
            raise LinkError(NO_SEAT)
        width = len(CAMPAIGN.c)
        origin, contact, marks, draft, draft_marks, response, month, version, answers, withdrawn = row[width:]
        sent = None
        if response is not None:
            news = self._news(response)
            said = answers_from(unpack(answers) if isinstance(answers, bytes) else answers)
            sent = Sent(response, month, version, said, bool(withdrawn), news)
        return Seat(
            campaign_from(row[:width]),
            author,
            roster,
            origin,
            contact,
            tuple(_json(marks)),
            None if draft is None else answers_from(_json(draft)),
            draft if isinstance(draft, str) else None,
            () if draft_marks is None else tuple(_json(draft_marks)),
            sent,
        )

    async def save_section(
        self, token: str, campaign_id: str, section: Section, said: Answers, today: date, pace: Pace | None = None
    ) -> bool:
        """Put what a section says in the draft, the other sections untouched; False once the response was sent.

        ``pace``, called with what the section said before and says now, gives the marks that the section deserves, or
        None to leave them.
        """
        author = links.author_hash(token)

        def run(connection: Connection) -> bool:
            if connection.execute(select(RESPONSE.c.id).where(RESPONSE.c.author_hash == author)).first():
                return False
            query = select(DRAFT.c.answers, DRAFT.c.marks).where(DRAFT.c.author_hash == author).with_for_update()
            kept = connection.execute(query).first()
            before = answers_from(kept.answers) if kept is not None else Answers()
            marks = list(kept.marks) if kept is not None else []
            judged = pace(before, said) if pace is not None else None
            if judged is not None:
                marks = sorted({mark for mark in marks if not mark.endswith(f":{section.key}")} | set(judged))
            answers = answers_to(before.merged(said, section))
            values = {"campaign_id": campaign_id, "answers": answers, "marks": marks, "saved_on": today}
            connection.execute(upsert(connection, DRAFT, {"author_hash": author, **values}, values))
            return True

        return await self._writer.write(run)

    async def send(self, sending: Sending) -> bool:
        """Spend the token on a response, once; False when it was spent already, and then nothing changes."""
        return await self._writer.write_together(record, sending)

    def send_many(self, sendings: Iterable[Sending]) -> None:
        """Record several responses in one transaction: for demonstrations."""
        many = list(sendings)
        self._writer.write_now(lambda c: record(c, many) and None)

    async def rewrite(self, sent: Sent, question: str, text: str) -> bool:
        """Say anew a text that may be; False when it may not (any more), and then nothing changes."""
        mine = (RECEIPT.c.response_id == sent.id, RECEIPT.c.question == question)

        def run(connection: Connection) -> bool:
            row = connection.execute(select(RECEIPT).where(*mine).with_for_update()).first()
            if row is None or not _news(row).may_be_rewritten:
                return False
            if not _change_text(connection, sent.id, question, text):
                return False
            waits = update(RECEIPT).where(*mine).values(status="attente", reason=None, decided_on=None, masks=[])
            connection.execute(waits)
            _note(connection, sent.id, "rewritten", question)
            return True

        return await self._writer.write(run)

    async def withdraw(self, sent: Sent, question: str | None, today: date) -> bool:
        """Take one text back, or (None) the whole response; False when there was nothing left to take back.

        The ledger has it on its disk before the database does: whoever is told that it is gone will not see it come
        back with an older day. Raises LedgerError, and then nothing has changed.
        """

        def run(connection: Connection) -> bool:
            if not take_back(connection, sent.id, question):
                return False
            self._ledger.note("text" if question else "response", sent.id, today.isoformat(), question or "")
            return True

        return await self._writer.write(run)

    def _news(self, response_id: str) -> dict[str, News]:
        with self._engine.connect() as connection:
            rows = connection.execute(select(RECEIPT).where(RECEIPT.c.response_id == response_id))
            return {row.question: _news(row) for row in rows}

    # -- the hub -----------------------------------------------------------------------------------------------------

    def events_after(self, seq: int, limit: int) -> list[Recorded]:
        """Events recorded after a place in their order, oldest first."""
        query = (
            select(
                EVENT.c.seq,
                EVENT.c.kind,
                EVENT.c.question,
                RESPONSE.c.id.label("response_id"),
                RESPONSE.c.month,
                RESPONSE.c.questionnaire_version.label("response_version"),
                RESPONSE.c.answers,
                RESPONSE.c.marks,
                RESPONSE.c.withdrawn,
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

    def count_events_after(self, seq: int) -> int:
        """How many events were recorded after a place in their order."""
        with self._engine.connect() as connection:
            return connection.execute(select(func.count()).where(EVENT.c.seq > seq)).scalar_one()

    def last_event(self) -> int:
        """The place of the newest event; 0 when there is none. Events stay."""
        with self._engine.connect() as connection:
            return connection.execute(select(func.max(EVENT.c.seq))).scalar() or 0

    def has_events_after(self, seq: int) -> bool:
        """Whether anything was recorded after a place in the order of events."""
        with self._engine.connect() as connection:
            return connection.execute(select(EVENT.c.seq).where(EVENT.c.seq > seq).limit(1)).first() is not None

    def keep_receipt(self, response_id: str, question: str, news: News, version: int) -> None:
        """Keep what became of a text; an older version never replaces a newer one."""
        values = {**asdict(news), "masks": [list(mask) for mask in news.masks], "version": version}
        key = {"response_id": response_id, "question": question}

        def run(connection: Connection) -> None:
            newer = RECEIPT.c.version < version
            connection.execute(upsert(connection, RECEIPT, {**key, **values}, values, only_if=newer))

        self._writer.write_now(run)

    # -- forgetting --------------------------------------------------------------------------------------------------

    def overwrite_log(self) -> None:
        """Leave nothing of what was erased in the database's log."""
        overwrite_log(self._engine)

    def write_anew(self, now: datetime) -> None:
        """Leave no copy of what was erased in the database's file, unless nothing was written since the last time.

        A large file waits for the night, and is written anew once in it.
        """
        night = now.astimezone(PARIS).hour in NIGHT_HOURS and self._anew_on != now.date()
        if file_stamp(self._engine) != self._anew and write_anew(self._engine, night=night):
            self._anew, self._anew_on = file_stamp(self._engine), now.date()

    def forget_drafts(self, saved_before: date) -> int:
        """Erase answers left unfinished since before a day; gives how many."""
        statement = delete(DRAFT).where(DRAFT.c.saved_on < saved_before)
        return self._writer.write_now(lambda c: c.execute(statement).rowcount)

    def forget_links(self, ended_before: date, moment: int) -> int:
        """Erase every link of campaigns that ended before a day, and what ties their answers to one; gives how many.

        ``moment`` is that day's first second.
        """

        def run(connection: Connection) -> int:
            over = select(CAMPAIGN.c.id).where(or_(CAMPAIGN.c.closes_on < ended_before, CAMPAIGN.c.closed_at < moment))
            connection.execute(delete(DRAFT).where(DRAFT.c.campaign_id.in_(over)))
            connection.execute(
                update(RESPONSE)
                .where(RESPONSE.c.campaign_id.in_(over), RESPONSE.c.author_hash.is_not(None))
                .values(author_hash=None)
            )
            return connection.execute(delete(INVITATION).where(INVITATION.c.campaign_id.in_(over))).rowcount

        return self._writer.write_now(run)


def take_back(connection: Connection, response_id: str, question: str | None) -> bool:
    """Take one text of a response back, or (None) all of it; False when there was nothing left to take back."""
    if question is not None:
        if not _change_text(connection, response_id, question, None):
            return False
    else:
        gone = connection.execute(
            update(RESPONSE)
            .where(RESPONSE.c.id == response_id, RESPONSE.c.withdrawn.is_(False))
            .values(withdrawn=True, answers=answers_to(Answers()), marks=[])
        ).rowcount
        if not gone:
            return False
    _note(connection, response_id, "withdrawn", question)
    return True


def close_by_hand(connection: Connection, campaign_id: str, second: int) -> bool:
    """Close a campaign at a second since 1970; False when it is not there, or somebody closed it already."""
    still = update(CAMPAIGN).where(CAMPAIGN.c.id == campaign_id, CAMPAIGN.c.closed_at.is_(None))
    return connection.execute(still.values(closed_at=second)).rowcount == 1


def seats_left(connection: Connection, campaign_id: str) -> int | None:
    """Seats that a campaign has left, None without limit, its row locked; raises CampaignError."""
    query = select(CAMPAIGN.c.seats, CAMPAIGN.c.links + CAMPAIGN.c.visits + CAMPAIGN.c.mailed)
    row = connection.execute(query.where(CAMPAIGN.c.id == campaign_id).with_for_update()).first()
    if row is None:
        raise CampaignError(f"Aucune campagne ne porte l'identifiant {campaign_id}.")
    seats, taken = row
    return max(seats - taken, 0) if seats else None


def _counts(connection: Connection, target: Table, ids: Sequence[str]) -> dict[str, int]:
    """How many rows of a table belong to each of some campaigns that have any."""
    found: dict[str, int] = {}
    for start in range(0, len(ids), 500):
        query = select(target.c.campaign_id, func.count()).where(target.c.campaign_id.in_(ids[start : start + 500]))
        found |= {row[0]: row[1] for row in connection.execute(query.group_by(target.c.campaign_id))}
    return found


def _json(value: Any) -> Any:
    """A JSON column as a driver gives it: text, or read already."""
    if value == "[]":
        return ()
    return json.loads(value) if isinstance(value, str) else value


def campaign_from(row: Sequence[Any]) -> Campaign:
    """A campaign from a row, a driver's or not, columns in the table's order."""
    values = dict(zip(CAMPAIGN.c.keys(), row, strict=True))
    values["own"] = NO_OWN if values["own"] in ("{}", {}) else own_from(_json(values["own"]))
    for name in ("opens_on", "closes_on"):
        if isinstance(values[name], str):
            values[name] = date.fromisoformat(values[name])
    return Campaign(**values)


def _recorded(row: Mapping[Any, Any]) -> Recorded:
    return Recorded(
        seq=row["seq"],
        kind=row["kind"],
        question=row["question"],
        response_id=row["response_id"],
        campaign=campaign_from([row[column.name] for column in CAMPAIGN.c]),
        month=row["month"],
        questionnaire_version=row["response_version"],
        answers=answers_from(row["answers"]),
        marks=tuple(row["marks"]),
        withdrawn=row["withdrawn"],
    )


def _take_seats(
    connection: Connection, campaign_id: str, tokens: Sequence[str], origin: str, marks: Sequence[str] = ()
) -> None:
    """Add invitations within seats; a common link asked twice for the same token takes one seat."""
    left = seats_left(connection, campaign_id)
    if origin == "common":
        query = select(INVITATION.c.roster_hash).where(INVITATION.c.roster_hash == links.roster_hash(tokens[0]))
        if connection.execute(query).first():
            return
    if left is not None and left < len(tokens):
        raise SeatsTaken(f"Il reste {left} place(s) dans cette campagne.")
    connection.execute(
        INVITATION.insert(),
        [
            {"roster_hash": links.roster_hash(t), "campaign_id": campaign_id, "origin": origin, "marks": list(marks)}
            for t in tokens
        ],
    )
    counter = CAMPAIGN.c.visits if origin == "common" else CAMPAIGN.c.links
    connection.execute(update(CAMPAIGN).where(CAMPAIGN.c.id == campaign_id).values({counter: counter + len(tokens)}))


def _news(row: Row[Any]) -> News:
    masks = tuple((int(start), int(end), str(kind)) for start, end, kind in row.masks)
    return News(row.status, row.reason, row.decided_on, masks)


def _change_text(connection: Connection, response_id: str, question: str, text: str | None) -> bool:
    """Replace a text of a response, or take it out; False when there is none."""
    query = select(RESPONSE.c.answers).where(RESPONSE.c.id == response_id).with_for_update()
    stored = connection.execute(query).scalar_one_or_none()
    if stored is None or question not in stored["texts"]:
        return False
    texts = {key: kept for key, kept in stored["texts"].items() if key != question}
    if text is not None:
        texts[question] = text
    connection.execute(update(RESPONSE).where(RESPONSE.c.id == response_id).values(answers={**stored, "texts": texts}))
    return True


def _note(connection: Connection, response_id: str, kind: str, question: str | None) -> None:
    connection.execute(EVENT.insert().values(response_id=response_id, kind=kind, question=question))
