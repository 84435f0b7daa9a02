"""A round of mails: one after another until none is due, and how long a mail that was put off waits."""

import logging
import random
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

from collector.mailing.transport import Transport, Unavailable

FIRST_WAIT, LONGEST_WAIT = 60, 6 * 3600
"""Seconds before a second try, and the most between two."""
log = logging.getLogger("sirius.mail")
Mail = TypeVar("Mail")


@dataclass(frozen=True, slots=True)
class Round:
    """What came of a round: how many mails left, and why the server took no more, empty when it took all."""

    left: int
    unavailable: str = ""


def make_round(
    opened: Callable[[], Transport],
    claim: Callable[[], Mail | None],
    hand: Callable[[Transport, Mail], int],
    most: int,
) -> Round:
    """Hand over what ``claim`` gives, at most so many, until it gives None. A server that does not answer ends the
    round. ``hand`` gives 1 for a mail that left."""
    left = 0
    with closing(opened()) as transport:
        for _ in range(most):
            mail = claim()
            if mail is None:
                break
            try:
                left += hand(transport, mail)
            except Unavailable as error:
                log.warning("mails wait: %s", error)
                return Round(left, f"Serveur de mails : {error}. Les mails attendent.")
    return Round(left)


def wait_after(attempts: int) -> int:
    """Seconds to wait after so many failed attempts: doubling, with a fifth of chance, so that mails spread out."""
    wait = min(FIRST_WAIT * 2 ** min(attempts, 20), LONGEST_WAIT)
    return int(wait * random.uniform(0.8, 1.2))  # noqa: S311 not a secret
