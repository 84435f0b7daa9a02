"""The collector as one object: its campaigns, links and answers, its mails, its background work."""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any, Self, cast

from sqlalchemy import Connection
from starlette.routing import BaseRoute

from collector import database, links, store
from collector.background import to_its_end
from collector.context import Desk
from collector.crossing import (
    Backlog,
    CampaignOrder,
    CollectedResponse,
    EventKind,
    Followed,
    Invitations,
    OpenedCampaign,
    Progress,
    Receipt,
    followed,
    invited_to,
    progress_of,
)
from collector.errors import (
    CampaignError,
    LedgerError,
    SettingError,
    StoreClosed,
)
from collector.mailing.courier import Courier
from collector.mailing.roster import RosterFile, read_roster
from collector.mailing.round import Round
from collector.mailing.stopping import addresses_bounced, note_bounces, stop_contacts
from collector.mailing.store import MailCounts, Roster, doubt_what_was_due
from collector.mailing.transport import (
    Folder,
    Smtp,
    Transport,
)
from collector.pages import Printer
from collector.past import Past
from collector.questionnaire import (
    Language,
    Questionnaire,
    check_own,
    validate,
    with_own,
)
from collector.records import PARIS, Campaign, News, Sending
from collector.retention import Purged, months_before, purge
from collector.settings import Settings, server_of
from collector.steady import Steady
from collector.trouble import newer_than_us
from collector.versions import Versions
from collector.views import routes
from collector.withdrawals import store as withdrawals
from collector.withdrawals.ledger import Ledger
from collector.withdrawals.lines import Line
from collector.withdrawals.store import Again
from collector.writer import Writer

REMINDERS_MOST = 2
LONGEST_DAYS = 366
"""Days after its first on which a campaign may still be prolonged to."""
MAIL_PAUSE_SECONDS, MAIL_LONGEST_PAUSE = 2.0, 300.0
"""Seconds between two rounds of mail, and the most while the server cannot be reached."""
MAIL_LAST_SECONDS = 25.0
"""How long closing waits for the mail under way: a server may be slow to say that it has it."""
PURGE_EVERY_SECONDS = 3600.0
log = logging.getLogger("sirius.collector")
Clock = Callable[[], datetime]


def now_in_paris() -> datetime:
    """The clock used when none is given."""
    return datetime.now(PARIS)


class Collector:
    """The collector, opened on its database."""

    def __init__(self, settings: Settings, clock: Clock = now_in_paris) -> None:
        self.settings = settings
        self._clock = clock
        self._engine = database.open_engine(settings.database_url)
        self._writer = Writer(self._engine)
        self.ledger = Ledger(settings.ledger, settings.keys, make_folder=settings.withdrawals_file is None)
        """What authors and people who get mails take back, kept outside the database."""
        self._store = store.Store(self._engine, self._writer, self.ledger)
        self._roster = Roster(self._engine, self._writer, self.ledger)
        self._versions = Versions(self._store)
        self.mail_trouble = ""
        """Why the last round of mails stopped before its end, in French; empty when it did not."""
        self._mailing = threading.Lock()
        self._stopping = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Finish the mail under way and the writes that wait, then let go of the database."""
        self._stopping.set()
        if self._mailing.acquire(timeout=MAIL_LAST_SECONDS):
            self._mailing.release()
        self._writer.close()
        self._store.close()
        self._engine.dispose()

    def migrate(self) -> None:
        """Bring the schema to this release; raises SettingError when it is of a later one, or not
        ours."""
        revision, known = self.revision(), self.revisions
        if revision and revision not in known:
            raise SettingError(newer_than_us(self._engine.url, revision, known[-1]))
        database.migrate(self._engine)

    def is_current(self) -> bool:
        """True when no migration is pending."""
        return database.is_current(self._engine)

    def revision(self) -> str:
        """The revision of the schema, empty when no migration ever ran; raises SettingError when it is not ours."""
        return database.revision_of(self._engine)

    @property
    def revisions(self) -> tuple[str, ...]:
        """Every revision that this release knows, the oldest first."""
        return database.revisions()

    def routes(self, *, alone: bool = False) -> list[BaseRoute]:
        """The pages of respondents: ``/r``, ``/r/TOKEN``, ``/c/TOKEN``, ``/d/TOKEN``.

        ``alone``: without a hub beside whose pages the foot of each could lead to.
        """
        desk = Desk(self.settings, self._store, self._roster, self._versions, Printer(alone=alone), self._clock)
        return routes(desk)

    # -- questionnaires ----------------------------------------------------------------------------------------------

    def questionnaire(self, version: str, language: Language = "fr") -> Questionnaire:
        """The questionnaire of a version; raises QuestionnaireError."""
        return self._versions.get(version, language)

    def questionnaires(self, language: Language = "fr") -> list[Questionnaire]:
        """Every questionnaire ever published, the newest first."""
        return self._versions.known(language)

    def newest_questionnaire(self) -> Questionnaire:
        """The one that a new campaign opens with; raises QuestionnaireError when all were withdrawn."""
        return self._versions.newest()

    def is_withdrawn(self, version: str) -> bool:
        """True when a version opens no new campaign."""
        return self._versions.is_withdrawn(version)

    def publish_questionnaire(self, document: Mapping[str, Any]) -> Questionnaire:
        """Publish a document for good; raises QuestionnaireError."""
        return self._versions.publish(document, self._clock().date())

    def withdraw_questionnaire(self, version: str) -> None:
        """Open no new campaign with a version; raises QuestionnaireError."""
        self._versions.withdraw(version, self._clock().date())

    # -- campaigns ---------------------------------------------------------------------------------------------------

    def open_campaign(self, order: CampaignOrder) -> OpenedCampaign:
        """Open a campaign; raises CampaignError when it makes no sense, QuestionnaireError."""
        return self.open_campaigns([order])[0]

    def open_campaigns(self, orders: Sequence[CampaignOrder]) -> list[OpenedCampaign]:
        """Open several campaigns, all or none; raises as ``open_campaign``."""
        campaigns = [self._ordered(order) for order in orders]
        self._store.add_campaigns(campaigns)
        return [
            OpenedCampaign(campaign.id, self.common_link(campaign.id), campaign.questionnaire_version)
            for campaign in campaigns
        ]

    def _ordered(self, order: CampaignOrder) -> Campaign:
        if order.closes_on < order.opens_on:
            raise CampaignError("La campagne finirait avant d'avoir commencé.")
        if order.seats < 0:
            raise CampaignError("Le nombre de places ne peut pas être négatif.")
        version = order.questionnaire_version or self._versions.newest().version
        if self._versions.is_withdrawn(self._versions.get(version).version):
            raise CampaignError(f"Le questionnaire {version} a été retiré : aucune campagne ne s'ouvre plus avec lui.")
        check_own(order.own)
        return Campaign(
            id=links.new_id(),
            formation_code=order.formation_code,
            formation_title=order.formation_title,
            centre_code=order.centre_code,
            centre_name=order.centre_name,
            opens_on=order.opens_on,
            closes_on=order.closes_on,
            closed_at=None,
            seats=order.seats,
            questionnaire_version=version,
            own=order.own,
        )

    def close_campaign(self, campaign_id: str) -> None:
        """Close a campaign now; who has begun may finish for an hour. Raises CampaignError."""
        self._store.close_campaign(campaign_id, self._clock())

    def extend_campaign(self, campaign_id: str, closes_on: date) -> None:
        """Give a campaign a later last day, at most ``LONGEST_DAYS`` after its first; raises CampaignError.

        One that is over stays so: who was told its end has stopped waiting for it.
        """
        self._refuse_finished(campaign_id)
        campaign = self._store.campaign(campaign_id)
        if closes_on <= campaign.closes_on:
            raise CampaignError("La nouvelle fin doit venir après celle d'aujourd'hui.")
        if closes_on > campaign.opens_on + timedelta(days=LONGEST_DAYS):
            raise CampaignError("Une campagne dure un an au plus.")
        self._store.extend_campaign(campaign_id, closes_on)

    def common_link(self, campaign_id: str) -> str:
        """Address of a campaign's common link."""
        return links.common_link(self.settings.public_url, self.settings.keys(), campaign_id)

    def issue_links(self, campaign_id: str, count: int) -> list[str]:
        """Make new personal links; raises CampaignError, SeatsTaken. The links are kept nowhere."""
        if count < 1:
            raise CampaignError("Au moins un lien est attendu.")
        self._refuse_finished(campaign_id)
        tokens = [links.new_token() for _ in range(count)]
        self._store.issue(campaign_id, tokens)
        return [links.personal_link(self.settings.public_url, token) for token in tokens]

    def _refuse_finished(self, campaign_id: str) -> None:
        if self._clock().timestamp() >= self._store.campaign(campaign_id).ends_at.timestamp():
            raise CampaignError("Cette campagne est finie : plus personne n'y est invité.")

    def invited(self, campaign_ids: Sequence[str]) -> dict[str, int | None]:
        """How many each of some campaigns asked (None: nobody can say), by id; who is not there is left out."""
        return {one: invited_to(campaign) for one, campaign in self._store.campaigns(campaign_ids).items()}

    def progress(self, campaign_id: str) -> Progress:
        """How a campaign goes. Behind a common link, only declared seats say how many were asked."""
        campaign = self._store.campaign(campaign_id)
        return progress_of(campaign, self._store.counted([campaign_id])[campaign_id])

    def follow(self, campaign_ids: Sequence[str]) -> dict[str, Followed]:
        """How some campaigns go, by id; those that are not there are left out."""
        found, now = self._store.campaigns(campaign_ids), self._clock()
        counted = self._store.counted(list(found))
        return {one: followed(campaign, counted[one], now) for one, campaign in found.items()}

    # -- mail --------------------------------------------------------------------------------------------------------

    def invite(
        self,
        campaign_id: str,
        roster: Path | RosterFile,
        *,
        reminders: int = 2,
        every_days: int = 7,
        dry_run: bool = False,
    ) -> Invitations:
        """Invite the addresses of a roster; the outbox holds their mails when this returns.

        Raises RosterError, CampaignError, SeatsTaken, OSError.
        """
        if not 0 <= reminders <= REMINDERS_MOST:
            raise CampaignError(f"Au plus {REMINDERS_MOST} relances.")
        if not 1 <= every_days <= 60:
            raise CampaignError("Les relances s'espacent de 1 à 60 jours.")
        self._refuse_finished(campaign_id)
        rows, keys = read_roster(roster), self.settings.keys()
        addresses = [(address, links.address_hashes(keys, address)) for _, address in rows.addresses]
        moment = int(self._clock().timestamp())
        listed = self._roster.enlist(campaign_id, addresses, moment, reminders, every_days, dry_run=dry_run)
        return Invitations(rows.read, listed.invited, listed.known, listed.stopped, rows.rejected)

    def mails(self, campaign_id: str) -> MailCounts:
        """How the mails of a campaign go; raises CampaignError."""
        return self._roster.counts(campaign_id)

    def hand_over_mails(self, most: int = 1000) -> int:
        """Hand over the mails that are due, at most so many; gives how many left, ``mail_trouble`` what stopped."""
        return self._hand_over(most=most).left

    def resend_uncertain_mails(self, campaign_id: str) -> int:
        """Send again the mails that may have left; gives how many."""
        return self._roster.resend_uncertain(campaign_id, int(self._clock().timestamp()))

    def note_bounces(self, report: bytes) -> int:
        """Write no more to the addresses that a delivery report says have failed; gives how many were on a roster."""
        return note_bounces(self._roster, addresses_bounced(report))

    @property
    def outbox(self) -> Path | None:
        """The folder where mails are written when there is no server, or None."""
        return None if self.settings.smtp_url else self.settings.data_dir / "outbox"

    def _hand_over(self, sure_now: Callable[[], datetime | None] | None = None, most: int = 1000) -> Round:
        """Hand mails over, as long as ``sure_now`` gives a moment, the clock's by default."""
        now = sure_now or self._clock

        def moment() -> datetime | None:
            return None if self._stopping.is_set() else now()

        with self._mailing:
            made = Courier(self._roster, self.settings, self._clock, self.transport, moment).hand_over(most)
            self.mail_trouble = made.unavailable
            return made

    def transport(self) -> Transport:
        """Where mails are handed over: the mail server, or the outbox when there is none."""
        if self.settings.smtp_url:
            return Smtp(server_of(self.settings.smtp_url), self.settings.mail_from)
        return Folder(self.settings.data_dir / "outbox")

    # -- background --------------------------------------------------------------------------------------------------

    def backlog(self, cursor: str) -> Backlog:
        """What waits: events after a cursor (empty: from the start), mails in the outbox."""
        return Backlog(self._store.count_events_after(int(cursor or 0)), *self.mails_waiting())

    def mails_waiting(self) -> tuple[Mapping[str, int], int]:
        """Mails in the outbox by state (see ``Backlog``), and for how many seconds the oldest has been due."""
        return self._roster.outbox(int(self._clock().timestamp()))

    def is_short_of(self, cursor: str) -> bool:
        """Whether a cursor is of more than was ever recorded here: another collector gave it, or this one later."""
        return self._store.last_event() < int(cursor or 0)

    def is_behind(self, cursor: str) -> bool:
        """Whether anything happened after a cursor, told sooner than how much did."""
        return self._store.has_events_after(int(cursor or 0))

    async def work_for_ever(self, note: Callable[[str, bool], None] = lambda _step, _done: None) -> None:
        """Hand mails over and forget in time, for ever; what fails is told in the log and tried again. While the clock
        is doubted (``steady``), neither: a mail may be for later, and what is erased does not come back.

        ``note`` hears of each step (``purge``, ``ledger``, ``mails``) whether it was done.
        """
        steady = Steady(self._clock, self.settings.data_dir)
        purged_at, pause, step = -PURGE_EVERY_SECONDS, MAIL_PAUSE_SECONDS, ""
        while True:
            try:
                if monotonic() - purged_at >= PURGE_EVERY_SECONDS and (now := steady.sure_now()):
                    step = "purge"
                    await to_its_end(lambda: self._purge(now))
                    note(step, True)
                    note("ledger", await to_its_end(self._keep_ledger))
                    purged_at = monotonic()
                step = "mails"
                round_made = await to_its_end(lambda: self._hand_over(steady.sure_now), hurry=self._stopping.set)
                pause = min(2 * pause, MAIL_LONGEST_PAUSE) if round_made.unavailable else MAIL_PAUSE_SECONDS
                await to_its_end(self._store.overwrite_log)  # who answered leaves the roster: not its log alone
                note(step, not round_made.unavailable)
            except StoreClosed:
                return
            except Exception:
                log.exception("background step of the collector failed, it will be tried again")
                note(step, False)
            await asyncio.sleep(pause)

    def purge(self) -> Purged:
        """Erase what is past its time."""
        return self._purge(self._clock())

    def _purge(self, now: datetime) -> Purged:
        return purge(self._store, self._roster, self.settings, now)

    def _keep_ledger(self) -> bool:
        """Complete the ledger; where it cannot be written, nothing else waits for it, and the answer is False."""
        try:
            self.complete_ledger()
        except LedgerError as error:
            log.error("%s", error)
            return False
        return True

    # -- what must not come back -------------------------------------------------------------------------------------

    def complete_ledger(self) -> int:
        """Add to the ledger what the database knows and it does not: what other hosts were told, or what was taken
        back before there was one; gives how many lines. Raises LedgerError."""
        with self._engine.connect() as connection:
            return self.ledger.add_missing(withdrawals.known(connection, self.settings.keys()[0], self._clock().date()))

    def do_again(self, wanted: Sequence[Line], restored: datetime, *, mails_left: bool) -> tuple[Again, int]:
        """Do in a database that is of an earlier moment again what the lines of a ledger tell: take back, stop, close.

        ``mails_left``: mails that were due since that moment may have left, so none of them is sent; also gives how
        many those were. Raises StoreClosed.
        """
        keys, now = self.settings.keys(), self._clock()
        month = months_before(now.date(), self.settings.optout_months).strftime("%Y-%m")

        def run(connection: Connection) -> tuple[Again, int]:
            again = withdrawals.do_again(connection, wanted, keys, month)
            since, moment = int(restored.timestamp()), int(now.timestamp())
            return again, doubt_what_was_due(connection, since, moment) if mails_left else 0

        done = self._writer.write_now(run)
        unwilling = {line.mark for line in wanted if line.kind == "address" and line.when >= month}
        if unwilling:
            stop_contacts(self._roster, keys, unwilling)
        return done

    # -- responses ---------------------------------------------------------------------------------------------------

    def record(self, link: str, raw: dict[str, list[str]]) -> None:
        """Answer a personal link as its holder would, for demonstrations; raises LinkError, CampaignError."""
        token = link.rsplit("/", 1)[-1]
        seat = self._store.seat(token)
        document = self._versions.get(seat.campaign.questionnaire_version)
        answers, faults = validate(with_own(document, seat.campaign.own), raw)
        if faults:
            raise CampaignError(f"{faults[0].key} : {faults[0].message}")
        self._store.send_many([Sending.of(seat, answers, self._clock().strftime("%Y-%m"))])

    def past(self, seed: int) -> Past:
        """What writes a past into this collector, which must have none and serve nobody meanwhile; for a ``with``."""
        return Past(self._engine, seed)

    def keeps_links(self, closes_on: date) -> bool:
        """True while the links of a campaign that ends on a day are not erased."""
        return closes_on >= months_before(self._clock().date(), self.settings.token_months)

    def responses_after(self, cursor: str, limit: int = 500) -> list[CollectedResponse]:
        """What happened to responses after a cursor (empty: from the start), oldest first."""
        return [
            CollectedResponse(
                kind=cast(EventKind, recorded.kind),
                question=recorded.question,
                id=recorded.response_id,
                campaign_id=recorded.campaign.id,
                formation_code=recorded.campaign.formation_code,
                centre_code=recorded.campaign.centre_code,
                month=recorded.month,
                questionnaire_version=recorded.questionnaire_version,
                answers=recorded.answers,
                marks=recorded.marks,
                withdrawn=recorded.withdrawn,
                cursor=str(recorded.seq),
            )
            for recorded in self._store.events_after(int(cursor or 0), limit)
        ]

    def deliver_receipt(self, receipt: Receipt) -> None:
        """Let the author's page say what became of a text."""
        news = News(receipt.status, receipt.reason, receipt.decided_on, receipt.masks)
        self._store.keep_receipt(receipt.response_id, receipt.question, news, receipt.version)
