"""The courier: takes mails out of the outbox one by one and hands them over, whatever happens between two steps.

A mail is claimed, composed with a link made for it, and handed over. Just before the server takes it, one transaction
makes the link work and marks the mail as leaving: from there it is never sent again. A process that dies before
loses nothing (the claim runs out); one that dies after leaves an *uncertain* mail, told to the operator, and the next
reminder reaches who may have missed it.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from collector import links
from collector.mailing.letters import Letter, write_letter
from collector.mailing.round import Round, make_round, wait_after
from collector.mailing.store import BOUNCED, Claimed, Roster
from collector.mailing.transport import Deferred, Rejected, Transport, Unavailable, Uncertain
from collector.settings import Settings

log = logging.getLogger("sirius.mail")


class _Gone(Exception):
    """The mail must not leave any more."""


class Courier:
    """Hands over what is due. ``moment``, the clock's by default, gives that by which a mail is due, and ends a round
    between two mails by giving None."""

    def __init__(
        self,
        roster: Roster,
        settings: Settings,
        clock: Callable[[], datetime],
        transport: Callable[[], Transport],
        moment: Callable[[], datetime | None] | None = None,
    ) -> None:
        self._roster = roster
        self._settings = settings
        self._clock = clock
        self._transport = transport
        self._moment = moment or clock

    def hand_over(self, most: int = 1000) -> Round:
        """Hand over what is due, at most so many. A server that does not answer ends the round."""
        return make_round(self._transport, self._claim, self._hand, most)

    def _claim(self) -> Claimed | None:
        moment = self._moment()
        return None if moment is None else self._roster.claim(int(moment.timestamp()))

    def _hand(self, transport: Transport, mail: Claimed) -> int:
        token = links.new_token()
        hashes = links.address_hashes(self._settings.keys(), mail.address)
        try:
            message = write_letter(self._letter(mail, token, hashes[0]), self._settings.mail_from, self._clock())
        except Exception:
            log.exception("a mail could not be written, it will be tried again")
            self._roster.not_handed(mail, None, mail.at + wait_after(mail.attempts))
            return 0
        committed = False

        def commit() -> None:
            nonlocal committed
            if not self._roster.begin_handing(mail, hashes, token, self._now()):
                raise _Gone
            committed = True

        try:
            transport.hand(message, mail.address, commit)
        except _Gone:
            return 0
        except Rejected as error:
            log.info("an address was refused: %s", error)
            self._roster.stop([mail.contact_id], BOUNCED)
            return 0
        except Uncertain as error:
            log.warning("a mail may have left: %s", error)
            self._roster.uncertain(mail, self._now())
            return 0
        except (Deferred, Unavailable) as error:
            self._roster.not_handed(mail, token if committed else None, mail.at + wait_after(mail.attempts))
            if isinstance(error, Unavailable):
                raise
            return 0
        self._roster.handed(mail)
        return 1

    def _letter(self, mail: Claimed, token: str, address_hash: str) -> Letter:
        url = self._settings.public_url
        return Letter(
            mail.campaign, mail.stage, mail.address, links.personal_link(url, token),
            links.opt_out_link(url, self._settings.keys(), address_hash),
        )  # fmt: skip

    def _now(self) -> int:
        return int(self._clock().timestamp())
