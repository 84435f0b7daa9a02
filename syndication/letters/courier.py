"""The courier: takes mails that are owed one by one, writes them at that moment, and hands them over.

A mail is claimed, composed, and handed over. Just before the server takes it, one transaction looks once more whether
it may leave, makes its sign-in link work, and marks it as leaving. A process that dies before loses nothing: the claim
runs out. One that dies after leaves a mail that may have left: sign-in links are sent again, news are not. No log holds
an address or a link.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage

from sqlalchemy import Connection, Engine

from collector.door import (
    Deferred,
    Rejected,
    Round,
    Transport,
    Unavailable,
    Uncertain,
    compose_mail,
    make_round,
    to_its_end,
    wait_after,
)
from syndication.accounts import signin
from syndication.accounts import store as accounts
from syndication.accounts.store import Person
from syndication.database import writing
from syndication.joining.request import confirmation_link
from syndication.letters import store
from syndication.letters.compose import write
from syndication.letters.kinds import KINDS
from syndication.letters.stopping import stop_link
from syndication.letters.store import DueLetter

PAUSE_SECONDS, LONGEST_PAUSE = 1.0, 60.0
"""Seconds between two rounds, and the most while the server cannot be reached: who signs in is waiting."""
LINKS_ALIVE = 3
"""Sign-in links that one person may have alive: more would only fill the box of somebody who asked for none."""
log = logging.getLogger("sirius.mail")


class _Gone(Exception):
    """The mail must not leave any more."""


@dataclass(frozen=True, slots=True)
class _Written:
    """A mail ready to leave, who gets it, and the token of the sign-in link in it (empty: none)."""

    message: EmailMessage
    person: Person | None
    token: str


@dataclass
class Courier:
    """Hands over what is owed. ``keys`` are the service's, newest first; ``transport`` opens a way out."""

    engine: Engine
    keys: tuple[str, ...]
    public_url: str
    sender: str
    clock: Callable[[], datetime]
    transport: Callable[[], Transport]
    stopping: threading.Event = field(default_factory=threading.Event)
    note: Callable[[bool], None] = lambda _done: None
    """Hears of each round whether it was done to its end."""

    async def work_for_ever(self) -> None:
        """Hand over what is due, for ever; what fails is told in the log and tried again."""
        pause = PAUSE_SECONDS
        while True:
            try:
                made = await to_its_end(self.hand_over, hurry=self.stopping.set)
                pause = min(2 * pause, LONGEST_PAUSE) if made.unavailable else PAUSE_SECONDS
                self.note(not made.unavailable)
            except Exception:
                log.exception("a mail could not be handed over, it will be tried again")
                self.note(False)
            await asyncio.sleep(pause)

    def hand_over(self, most: int = 1000) -> Round:
        """Hand over what is due, at most so many. A server that does not answer ends the round."""
        return make_round(self.transport, self._claim, self._hand, most)

    def _claim(self) -> DueLetter | None:
        if self.stopping.is_set():
            return None
        with writing(self.engine).begin() as connection:
            return store.claim(connection, self.clock())

    def _hand(self, transport: Transport, letter: DueLetter) -> int:
        """Hand one mail over; gives 1 when it left. Raises Unavailable."""
        try:
            written = self._write(letter)
        except Exception:
            log.exception("a mail could not be written, it will be tried again")
            self._put_off(letter, "")
            return 0
        if written is None:
            self._settle(letter, left=False)
            return 0
        try:
            transport.hand(written.message, letter.address, lambda: self._commit(letter, written))
        except _Gone:
            return 0
        except Rejected as error:
            log.log(
                logging.WARNING if letter.kind == store.ALERT else logging.INFO, "an address was refused: %s", error
            )
            self._settle(letter, left=False)
            return 0
        except Uncertain as error:
            log.warning("a mail may have left: %s", error)
            self._in_doubt(letter)
            return 0
        except (Deferred, Unavailable) as error:
            self._put_off(letter, written.token)
            if isinstance(error, Unavailable):
                raise
            return 0
        self._settle(letter)
        return 1

    def _write(self, letter: DueLetter) -> _Written | None:
        """A mail as it stands now; None when it must not leave."""
        kind = KINDS[letter.kind]
        with self.engine.connect() as connection:
            person = accounts.person_by_email(connection, letter.address)
        if not _wanted(letter, person):
            return None
        token, more = "", {"public_url": self.public_url}
        if kind.opens:
            token, more["link"] = signin.draw_link(self.public_url)
        elif letter.kind == "confirmation":
            centre_id = letter.data["centre_id"]
            more["link"] = confirmation_link(self.public_url, self.keys, centre_id, letter.address, self.clock())
        stop_url = stop_link(self.public_url, self.keys, letter.kind, person.id) if kind.stoppable and person else ""
        subject, body = write(letter.kind, letter.data, stop_url, **more)
        message = compose_mail(self.sender, letter.address, subject, body, self.clock(), stop_url=stop_url)
        return _Written(message, person, token)

    def _commit(self, letter: DueLetter, written: _Written) -> None:
        """The last step before a mail leaves; raises _Gone when it must not."""
        now = self.clock()
        with writing(self.engine).begin() as connection:
            person = accounts.person_by_email(connection, letter.address)
            wanted = _wanted(letter, person) and not (written.token and self._too_many(connection, letter, person, now))
            if not wanted:
                store.settle(connection, letter.id, now, left=False)
            elif store.begin_handing(connection, letter, now):
                if written.token and person:
                    lands = signin.own_path(letter.data.get("lands", "")) or signin.home_of(person)
                    signin.open_link(connection, written.token, person.id, lands, now)
                return
        raise _Gone

    def _too_many(self, connection: Connection, letter: DueLetter, person: Person | None, now: datetime) -> bool:
        """True when somebody has enough links that they may still use: whoever asks for more learns nothing of it."""
        if letter.kind != "connexion" or person is None:
            return False
        return accounts.count_open_links(connection, person.id, now) >= LINKS_ALIVE

    def _settle(self, letter: DueLetter, *, left: bool = True) -> None:
        with writing(self.engine).begin() as connection:
            store.settle(connection, letter.id, self.clock(), left=left)

    def _in_doubt(self, letter: DueLetter) -> None:
        if KINDS[letter.kind].again:
            self._put_off(letter, "")
        else:
            self._settle(letter)

    def _put_off(self, letter: DueLetter, token: str) -> None:
        """Try a mail again later, or give it up; the link that it held is forgotten."""
        with writing(self.engine).begin() as connection:
            if token:
                accounts.forget_link(connection, signin.hashed(token))
            if letter.attempts + 1 >= KINDS[letter.kind].tries:
                log.warning("a mail (%s) was given up after %d attempts", letter.kind, letter.attempts + 1)
                store.settle(connection, letter.id, self.clock(), left=False)
            else:
                store.put_off(connection, letter, self.clock() + timedelta(seconds=wait_after(letter.attempts)))


def _wanted(letter: DueLetter, person: Person | None) -> bool:
    """True when a mail may leave: links are for people who may open something, news for those who did not stop them."""
    kind = KINDS[letter.kind]
    if not (kind.opens or kind.stoppable):
        return True
    if person is None or not person.accesses:
        return False
    return letter.kind not in person.stopped
