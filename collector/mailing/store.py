"""SQL of the roster and of the outbox. Claims are conditional updates whose row count is checked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, and_, case, delete, func, or_, select, update

from collector import links, models
from collector.database import insert_in, table
from collector.errors import CampaignError, SeatsTaken
from collector.numbers import french_number
from collector.records import PARIS, Campaign
from collector.store import CAMPAIGN, INVITATION, campaign_from, seats_left
from collector.withdrawals.ledger import Ledger
from collector.writer import Writer

CONTACT = table(models.Contact)
MAIL = table(models.Mail)
INVITED = table(models.Invited)
OPT_OUT = table(models.OptOut)
LEASE_SECONDS = 300
"""How long a process may keep a mail it claimed: longer than a server may take over one."""
DAY = 86_400
ACTIVE, BOUNCED, STOPPED = "active", "bounced", "optout"


@dataclass(frozen=True, slots=True)
class Enlisted:
    """What became of a roster: addresses invited, known already in this campaign, that want no mail."""

    invited: int
    known: int
    stopped: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """A mail claimed by this process, with whom it goes to and what about; ``until`` tells this claim from others: each
    ends later than the one that it took over."""

    id: str
    until: int
    contact_id: str
    stage: int
    attempts: int
    address: str
    campaign: Campaign

    @property
    def at(self) -> int:
        """When it was claimed, in seconds since 1970."""
        return self.until - LEASE_SECONDS


@dataclass(frozen=True, slots=True)
class MailCounts:
    """How the mails of a campaign go. ``mailed`` addresses were invited; the rest is what stands in the outbox."""

    mailed: int
    waiting: int
    uncertain: int
    bounced: int


class Roster:
    """Contacts, outbox, opt-outs."""

    def __init__(self, engine: Engine, writer: Writer, ledger: Ledger) -> None:
        self._engine = engine
        self._writer = writer
        self._ledger = ledger

    def enlist(
        self,
        campaign_id: str,
        addresses: Sequence[tuple[str, Sequence[str]]],
        moment: int,
        reminders: int,
        reminder_days: int,
        *,
        dry_run: bool = False,
    ) -> Enlisted:
        """Put addresses (each with its hashes, newest key first) on the roster and their invitations in the outbox.

        No mail is due before the campaign opens: its link would lead nowhere. All in one transaction: a crash leaves
        all of it or nothing. Raises CampaignError, SeatsTaken.
        """

        def run(connection: Connection) -> Enlisted:
            left = seats_left(connection, campaign_id)
            known = _among(connection, select(INVITED.c.address_hash).where(INVITED.c.campaign_id == campaign_id))
            stopped = _among(connection, select(OPT_OUT.c.address_hash))
            fresh, met, unwilling = [], 0, 0
            for address, hashes in addresses:
                if known.intersection(hashes):
                    met += 1
                elif stopped.intersection(hashes):
                    unwilling += 1
                else:
                    fresh.append((address, hashes[0]))
            if left is not None and left < len(fresh):
                places = f"{french_number(left)} place{'s' if left > 1 else ''}"
                raise SeatsTaken(f"Il reste {places} dans cette campagne pour {french_number(len(fresh))} adresses.")
            if fresh and not dry_run:
                opening = datetime.combine(_campaign(connection, campaign_id).opens_on, time(), PARIS)
                _enlist(connection, campaign_id, fresh, max(moment, int(opening.timestamp())))
                terms = {CAMPAIGN.c.reminders: reminders, CAMPAIGN.c.reminder_days: reminder_days}
                connection.execute(
                    update(CAMPAIGN)
                    .where(CAMPAIGN.c.id == campaign_id)
                    .values({CAMPAIGN.c.mailed: CAMPAIGN.c.mailed + len(fresh), **terms})
                )
            return Enlisted(len(fresh), met, unwilling)

        return self._writer.write_now(run)

    def counts(self, campaign_id: str) -> MailCounts:
        """How the mails of a campaign go; raises CampaignError."""
        of_campaign = MAIL.c.campaign_id == campaign_id
        with self._engine.connect() as connection:
            mailed = connection.execute(select(CAMPAIGN.c.mailed).where(CAMPAIGN.c.id == campaign_id)).scalar()
            if mailed is None:
                raise CampaignError(f"Aucune campagne ne porte l'identifiant {campaign_id}.")
            apart = MAIL.c.state == "uncertain"
            uncertain = connection.execute(select(func.count()).where(of_campaign, apart)).scalar_one()
            due = select(func.count()).where(of_campaign, MAIL.c.stage == 1, ~apart)
            waiting = connection.execute(due).scalar_one()
            bounced = select(func.count()).where(CONTACT.c.campaign_id == campaign_id, CONTACT.c.state == BOUNCED)
            lost = connection.execute(bounced).scalar_one()
        return MailCounts(mailed, waiting, uncertain, lost)

    # -- the outbox --------------------------------------------------------------------------------------------------

    def claim(self, moment: int) -> Claimed | None:
        """Claim the mail that has been due for longest; None when nothing is due.

        Mails left half handed over by a process that died are set apart as uncertain, and count as sent.
        """

        def run(connection: Connection) -> Claimed | None:
            _set_apart(connection, moment)
            while True:
                due = or_(MAIL.c.state == "due", and_(MAIL.c.state == "claimed", _ended(moment)))
                row = connection.execute(
                    select(MAIL).where(due, MAIL.c.not_before <= moment).order_by(MAIL.c.not_before, MAIL.c.id).limit(1)
                ).first()
                if row is None:
                    return None
                contact = connection.execute(select(CONTACT).where(CONTACT.c.id == row.contact_id)).first()
                campaign = _campaign(connection, row.campaign_id)
                over = moment >= campaign.ends_at.timestamp()
                if contact is None or contact.state != ACTIVE or over:
                    connection.execute(delete(MAIL).where(MAIL.c.id == row.id))
                    continue
                until = moment + LEASE_SECONDS
                taken = connection.execute(
                    update(MAIL).where(MAIL.c.id == row.id, due).values(state="claimed", claimed_until=until)
                ).rowcount
                if taken == 1:
                    return Claimed(row.id, until, contact.id, row.stage, row.attempts, contact.address, campaign)

        return self._writer.write_now(run)

    def begin_handing(self, mail: Claimed, hashes: Sequence[str], token: str, moment: int) -> bool:
        """The last step before a mail leaves: its link starts to work, and it will not be sent a second time.

        False when it must not leave any more: somebody answered, stopped, or another process has it.
        """

        def run(connection: Connection) -> bool:
            still = select(CONTACT.c.id).where(CONTACT.c.id == mail.contact_id, CONTACT.c.state == ACTIVE)
            unwilling = select(OPT_OUT.c.address_hash).where(OPT_OUT.c.address_hash.in_(hashes))
            if connection.execute(still).first() is None or connection.execute(unwilling).first() is not None:
                connection.execute(delete(MAIL).where(*_still(mail, "claimed")))
                return False
            taken = connection.execute(
                update(MAIL).where(*_still(mail, "claimed"), MAIL.c.claimed_until >= moment).values(state="handing")
            ).rowcount
            if taken == 1:
                invitation = {
                    "roster_hash": links.roster_hash(token),
                    "campaign_id": mail.campaign.id,
                    "origin": "mail",
                    "contact_id": mail.contact_id,
                    "marks": [],
                }
                connection.execute(INVITATION.insert().values(**invitation))
            return taken == 1

        return self._writer.write_now(run)

    def handed(self, mail: Claimed) -> None:
        """The mail has left: it goes from the outbox, and the next reminder takes its place when there is one, counted
        from when it was claimed, at a moment that was sure."""
        self._writer.write_now(lambda c: _advance(c, mail.id, mail.at))

    def not_handed(self, mail: Claimed, token: str | None, not_before: int) -> None:
        """The mail surely did not leave: it is due again later, and the link it held is forgotten."""

        def run(connection: Connection) -> None:
            if token is not None:
                connection.execute(delete(INVITATION).where(INVITATION.c.roster_hash == links.roster_hash(token)))
            connection.execute(
                update(MAIL)
                .where(*_still(mail, "claimed", "handing"))
                .values(state="due", claimed_until=None, attempts=mail.attempts + 1, not_before=not_before)
            )

        self._writer.write_now(run)

    def uncertain(self, mail: Claimed, moment: int) -> None:
        """The mail may have left: it is not sent again, and reminders go on."""

        def run(connection: Connection) -> None:
            connection.execute(update(MAIL).where(*_still(mail, "handing")).values(claimed_until=moment - 1))
            _set_apart(connection, moment)

        self._writer.write_now(run)

    def resend_uncertain(self, campaign_id: str, moment: int) -> int:
        """Put uncertain mails back in the outbox, at the risk of writing twice; gives how many."""
        statement = (
            update(MAIL)
            .where(MAIL.c.campaign_id == campaign_id, MAIL.c.state == "uncertain")
            .values(state="due", not_before=moment)
        )
        return self._writer.write_now(lambda c: c.execute(statement).rowcount)

    def outbox(self, moment: int) -> tuple[dict[str, int], int]:
        """How many mails stand in each state (see ``crossing.Backlog``), and for how many seconds the oldest is due."""
        is_due, is_leaving = MAIL.c.state == "due", MAIL.c.state.in_(("claimed", "handing"))
        ripe = and_(is_due, MAIL.c.not_before <= moment)
        wanted = {
            "due": and_(ripe, MAIL.c.attempts == 0), "put_off": and_(is_due, MAIL.c.attempts > 0),
            "later": and_(is_due, MAIL.c.attempts == 0, MAIL.c.not_before > moment), "leaving": is_leaving,
            "uncertain": MAIL.c.state == "uncertain",
        }  # fmt: skip
        counts = (func.coalesce(func.sum(case((test, 1), else_=0)), 0).label(name) for name, test in wanted.items())
        with self._engine.connect() as connection:
            row = connection.execute(select(*counts)).mappings().one()
            oldest = connection.execute(select(func.min(MAIL.c.not_before)).where(ripe)).scalar()
        return {name: int(row[name]) for name in wanted}, max(moment - oldest, 0) if oldest is not None else 0

    # -- people who must not be written to ---------------------------------------------------------------------------

    def opt_out(self, address_hash: str, month: str) -> None:
        """Write no more to an address, known by its hash, in any campaign; raises LedgerError, and nothing changed."""

        def run(connection: Connection) -> None:
            if keep_opt_out(connection, address_hash, month):
                self._ledger.note_address(address_hash, month)

        self._writer.write_now(run)

    def stop(self, contacts: Sequence[str], state: str) -> int:
        """Write no more to contacts: their mails go, and with ``STOPPED`` their address; gives how many there were."""

        def run(connection: Connection) -> int:
            values = {"state": state, **({"address": ""} if state == STOPPED else {})}
            connection.execute(delete(MAIL).where(MAIL.c.contact_id.in_(contacts)))
            return connection.execute(
                update(CONTACT).where(CONTACT.c.id.in_(contacts), CONTACT.c.state == ACTIVE).values(**values)
            ).rowcount

        return self._writer.write_now(run)

    def active_contacts(self) -> list[tuple[str, str]]:
        """Everybody who may still be written to: contact id, address."""
        query = select(CONTACT.c.id, CONTACT.c.address).where(CONTACT.c.state == ACTIVE)
        with self._engine.connect() as connection:
            return [(row.id, row.address) for row in connection.execute(query)]

    # -- forgetting --------------------------------------------------------------------------------------------------

    def forget_contacts(self, ended_before: date, moment: int) -> int:
        """Erase the rosters of campaigns that ended before a day; gives how many addresses went."""

        def run(connection: Connection) -> int:
            over = _ended_before(ended_before, moment)
            connection.execute(delete(MAIL).where(MAIL.c.campaign_id.in_(over)))
            gone = connection.execute(delete(CONTACT).where(CONTACT.c.campaign_id.in_(over))).rowcount
            hashes = connection.execute(delete(INVITED).where(INVITED.c.campaign_id.in_(over))).rowcount
            connection.execute(
                update(INVITATION)
                .where(INVITATION.c.campaign_id.in_(over), INVITATION.c.contact_id.is_not(None))
                .values(contact_id=None)
            )
            return max(gone, hashes)

        return self._writer.write_now(run)

    def forget_opt_outs(self, before_month: str) -> int:
        """Erase wishes older than a month (YYYY-MM); gives how many."""
        statement = delete(OPT_OUT).where(OPT_OUT.c.month < before_month)
        return self._writer.write_now(lambda c: c.execute(statement).rowcount)


def keep_opt_out(connection: Connection, address_hash: str, month: str) -> bool:
    """Remember that an address wants no mail; False when it was known."""
    insert = insert_in(connection.dialect)(OPT_OUT).values(address_hash=address_hash, month=month)
    fresh = insert.on_conflict_do_nothing(index_elements=["address_hash"]).returning(OPT_OUT.c.address_hash)
    return connection.execute(fresh).first() is not None


def doubt_what_was_due(connection: Connection, since: int, moment: int) -> int:
    """Set apart as uncertain the mails that were to leave between two seconds since 1970, and may have; gives how many.

    Reminders that would have followed them by then may have left too; those that follow later are still to come.
    """
    doubted = 0
    while True:
        query = select(MAIL.c.id, MAIL.c.not_before).where(MAIL.c.state != "uncertain", MAIL.c.not_before <= moment)
        due = connection.execute(query).all()
        if not due:
            return doubted
        for mail_id, not_before in due:
            _advance(connection, mail_id, max(not_before, since), keep=True)
        doubted += len(due)


def _enlist(connection: Connection, campaign_id: str, fresh: Sequence[tuple[str, str]], moment: int) -> None:
    contacts = [{"id": links.new_id(), "campaign_id": campaign_id, "address": address} for address, _ in fresh]
    connection.execute(CONTACT.insert(), [{**row, "stage": 0, "state": ACTIVE} for row in contacts])
    hashes = sorted(address_hash for _, address_hash in fresh)
    connection.execute(INVITED.insert(), [{"campaign_id": campaign_id, "address_hash": one} for one in hashes])
    connection.execute(MAIL.insert(), [_mail(campaign_id, row["id"], 1, moment) for row in contacts])


def _mail(campaign_id: str, contact_id: str, stage: int, not_before: int) -> dict[str, object]:
    return {
        "id": links.new_id(),
        "campaign_id": campaign_id,
        "contact_id": contact_id,
        "stage": stage,
        "state": "due",
        "attempts": 0,
        "not_before": not_before,
    }


def _advance(connection: Connection, mail_id: str, moment: int, *, keep: bool = False) -> None:
    """Count a mail as sent and prepare the next one; ``keep`` leaves it in the outbox as uncertain."""
    row = connection.execute(select(MAIL).where(MAIL.c.id == mail_id)).first()
    if row is None:
        return
    if keep:
        connection.execute(update(MAIL).where(MAIL.c.id == mail_id).values(state="uncertain", claimed_until=None))
    else:
        connection.execute(delete(MAIL).where(MAIL.c.id == mail_id))
    contact = CONTACT.c.id == row.contact_id
    further = (contact, CONTACT.c.state == ACTIVE, CONTACT.c.stage < row.stage)
    moved_on = connection.execute(update(CONTACT).where(*further).values(stage=row.stage)).rowcount
    campaign = _campaign(connection, row.campaign_id)
    due = moment + campaign.reminder_days * DAY
    if moved_on and row.stage <= campaign.reminders and due < campaign.ends_at.timestamp():
        connection.execute(MAIL.insert().values(**_mail(row.campaign_id, row.contact_id, row.stage + 1, due)))


def _still(mail: Claimed, *states: str) -> tuple[Any, ...]:
    """That a mail is in the claim of this process yet: one that was held up may have lost it to another."""
    return MAIL.c.id == mail.id, MAIL.c.state.in_(states), MAIL.c.claimed_until == mail.until


def _ended(moment: int) -> ColumnElement[bool]:
    """That a claim is over. One that ends later than a claim made now was made by a clock that was ahead, and has come
    back: it would last as long as that."""
    return or_(MAIL.c.claimed_until < moment, MAIL.c.claimed_until > moment + 2 * LEASE_SECONDS)


def _set_apart(connection: Connection, moment: int) -> None:
    query = select(MAIL.c.id).where(MAIL.c.state == "handing", _ended(moment))
    for mail_id in connection.execute(query).scalars().all():
        _advance(connection, mail_id, moment, keep=True)


def _campaign(connection: Connection, campaign_id: str) -> Campaign:
    return campaign_from(connection.execute(select(CAMPAIGN).where(CAMPAIGN.c.id == campaign_id)).one())


def _among(connection: Connection, query: Any) -> set[str]:
    return set(connection.execute(query).scalars())


def _ended_before(day: date, moment: int) -> Any:
    """Campaigns whose last day, or whose closing by hand, came before a day; ``moment`` is that day's first second."""
    return select(CAMPAIGN.c.id).where(or_(CAMPAIGN.c.closes_on < day, CAMPAIGN.c.closed_at < moment))
