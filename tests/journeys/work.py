"""Much to do for the background work of real processes, and whether each thing was done, once."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import func, select, text, update

from collector.door import Answers, RosterFile
from collector.mailing.store import LEASE_SECONDS
from syndication import campaigns, ratings, store, worker
from syndication.context import Hub
from syndication.corpus import follow
from syndication.corpus import store as corpus
from syndication.database import writing
from syndication.instants import PARIS, now_in_paris
from syndication.letters import store as letters
from syndication.partners import store as partners
from syndication.results import reading
from syndication.webhooks import store as webhooks
from tests import databases
from tests.collector.post import SENDER, Post
from tests.conftest import CUISINE, LYON_CENTRE, PARIS_CENTRE
from tests.helpers import FULL_ANSWER, Clock
from tests.servers import PATIENCE, wait_until
from tests.syndication.test_publication import publish_everything
from tests.syndication.webhooks.test_courier import Receiver

NEWS = {"centre": "CFA Exemple", "reason": "Le centre est fermé."}


class Work:
    """What is given to do on a hub, whose mails go to a real server and whose messages to a real receiver."""

    def __init__(self, hub: Hub, clock: Clock) -> None:
        clock.moment = now_in_paris()
        self.hub, self.post, self.receiver = hub, Post(), Receiver()
        today = clock().date()
        self.campaigns = [
            campaigns.open_campaign(hub.engine, hub.collector, CUISINE, centre, today, today + timedelta(days=30)).id
            for centre in (PARIS_CENTRE, LYON_CENTRE)
        ]
        self.answered = self.invited = self.told = 0
        self.killed_at = 0.0
        with writing(hub.engine).begin() as connection:
            partners.add(connection, "Catalogue", (), clock())
            partner = partners.named(connection, "Catalogue").id
            webhooks.add(connection, partner, self.receiver.url, webhooks.EVENTS, clock())

    def close(self) -> None:
        """Stop what listens."""
        self.post.stop()
        self.receiver.close()

    @property
    def environment(self) -> dict[str, str]:
        """Settings of the processes that do it."""
        return {
            "SIRIUS_SMTP_URL": self.post.url(), "SIRIUS_MAIL_FROM": SENDER, "SIRIUS_WEBHOOK_LOCAL": "1",
            "SIRIUS_QUICK_SECONDS": "0",
        }  # fmt: skip

    def answer(self, times: int) -> None:
        """Have so many people answer in each campaign, each in words of their own."""
        for campaign in self.campaigns:
            for link in self.hub.collector.issue_links(campaign, times):
                self.answered += 1
                words = f"Je me lève tôt, et je suis la personne {self.answered} à le dire ici."
                self.hub.collector.record(link, {**FULL_ANSWER, "changement": [words]})

    def invite(self, count: int) -> None:
        """Have so many people invited by mail."""
        lines = "".join(f"invite{self.invited + number}@exemple.fr\n" for number in range(count))
        self.invited += count
        self.hub.collector.invite(self.campaigns[0], RosterFile("r.csv", f"mail\n{lines}".encode()), reminders=0)

    def tell(self, count: int) -> None:
        """Owe news to so many people."""
        with writing(self.hub.engine).begin() as connection:
            for _ in range(count):
                self.told += 1
                address = f"lea{self.told}@exemple.fr"
                letters.owe(connection, "demande_refusee", address, NEWS, self.hub.clock(), f"demande:{self.told}")

    def publish(self) -> None:
        """Publish every text that waits."""
        publish_everything(self.hub)

    @contextmanager
    def workers(self, count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
        """So many processes at the background work, which end cleanly with the block."""
        own = databases.environment(self.hub.settings.data_dir, **self.environment)
        words = [sys.executable, "-m", "syndication", "worker"]
        processes = [subprocess.Popen(words, env=own, stderr=subprocess.DEVNULL) for _ in range(count)]
        try:
            yield processes
        finally:
            for process in processes:
                process.terminate()
            ends = [process.wait(PATIENCE) for process in processes]
        assert ends == [0] * count

    def wait(self) -> None:
        """Wait until nothing is left to do."""
        wait_until(self._is_done, "everything is done", every=0.2)

    def _is_done(self) -> bool:
        left = self.left()
        if self.killed_at and set(left) <= {"letters", "invitations"}:
            self._let_claims_end()
        return not left

    def _let_claims_end(self) -> None:
        """Let the minutes pass for which processes that were killed hold the mails that they had claimed."""
        held, last = "state IN ('claimed', 'handing') AND claimed_until <= :last", self.killed_at + LEASE_SECONDS
        where = databases.current().at(self.hub.settings.data_dir)
        databases.change(where.collector, f"UPDATE mail SET claimed_until = 0 WHERE {held}", last=int(last))
        with writing(self.hub.engine).begin() as connection:
            mine = letters.LETTER.c.claimed_until <= datetime.fromtimestamp(last, PARIS)
            connection.execute(
                update(letters.LETTER).where(mine).values(claimed_until=self.hub.clock() - letters.LEASE)
            )

    def left(self) -> list[str]:
        """What is not done yet."""
        collector = self.hub.collector
        with self.hub.engine.connect() as connection:
            left = {
                "responses": bool(collector.responses_after(store.bookmark(connection, "collector"), 1)),
                "letters": letters.count_waiting(connection) > 0,
                "messages": bool(connection.scalar(select(func.count()).where(webhooks.DELIVERY.c.state == "due"))),
                "readings": int(store.bookmark(connection, reading.READ) or 0) < store.last_change(connection),
            }
        left["corpus"] = worker.corpus_follower(self.hub).is_behind()
        left["invitations"] = any(collector.mails(campaign).waiting for campaign in self.campaigns)
        return [name for name, behind in left.items() if behind]

    # -- whether it was done, once -----------------------------------------------------------------------------------

    def assert_taken_in_once(self) -> None:
        """Each answer is a review, and figures are what reviews add up to."""
        expected: Counter[tuple[int, int, str, str]] = Counter()
        with self.hub.engine.connect() as connection:
            reviews = connection.execute(select(store.REVIEW)).all()
            key = (store.TALLY.c.formation_id, store.TALLY.c.centre_id, store.TALLY.c.axis, store.TALLY.c.value)
            tally = connection.execute(select(*key, store.TALLY.c["count"])).all()
        assert len({review.source_id for review in reviews}) == len(reviews) == self.answered
        for review in reviews:
            said = review.answers
            answers = Answers(said["scales"], {key: tuple(values) for key, values in said["choices"].items()})
            document = self.hub.collector.questionnaire(review.questionnaire_version)
            for (axis, value), count in ratings.counts_of(answers, document, review.month).items():
                for scope in ((review.formation_id, review.centre_id), (review.formation_id, 0), (0, review.centre_id)):
                    expected[(*scope, axis, value)] += count
        axes = {axis for _, _, axis, _ in expected}
        found = {tuple(row[:4]): row[4] for row in tally if row[2] in axes}
        assert found == dict(expected)

    def assert_written_to_once(self) -> None:
        """Each person who was invited or told news got one mail, but for those whom a courier that was killed may have
        left without: they are told of."""
        got = Counter(mail.recipient for mail in self.post.received)
        assert set(got.values()) == {1}
        invited = sum(address.startswith("invite") for address in got)
        uncertain = self.hub.collector.mails(self.campaigns[0]).uncertain
        assert invited <= self.invited <= invited + uncertain
        assert len(got) - invited <= self.told
        assert self.killed_at or len(got) == self.invited + self.told

    def assert_corpus_is_a_recount(self) -> None:
        """What is public is what it would be if it were made anew now."""
        followed = self._standing()
        with writing(self.hub.engine).begin() as connection:
            connection.execute(text("DELETE FROM published"))
            edition = update(store.BOOKMARK).where(store.BOOKMARK.c.name == follow.EDITION)
            connection.execute(edition.values(cursor="à refaire"))
        worker.corpus_follower(self.hub).follow()
        assert worker.corpus_follower(self.hub).is_behind() is False
        assert followed == self._standing() != set()

    def _standing(self) -> set[tuple[str, str, str]]:
        query = select(corpus.PUBLISHED).where(corpus.PUBLISHED.c.removed.is_(False))
        with self.hub.engine.connect() as connection:
            return {(row.kind, row.key, row.digest) for row in connection.execute(query)}
