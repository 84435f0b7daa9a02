"""What a receiver's answer means, and when to try again. Pure.

Meanings are those of the Standard Webhooks specification (« Delivery success and failure »): 2xx is a success, 410 ends
the subscription, all else is tried again over three days.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum

WAITS = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600)) + tuple(
    timedelta(hours=hours) for hours in (1, 3, 6, 12, 24, 24)
)
"""Waits between attempts: eleven attempts in all, over two days and 22 hours."""
LONGEST_ASKED = timedelta(days=1)
"""The longest that a receiver may have us wait."""
_SPREAD = 0.2
_SECONDS = re.compile(r"[0-9]{1,40}")
_LONGEST_DATE = 40
"""Characters of the longest HTTP date (``Wednesday, 30-Sep-26 08:49:37 GMT``), and some."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of sending a message once.

    ``status`` is the receiver's, or None when there was none: ``fault`` then says why, in French. ``retry_after`` is
    the header as it came, ``body`` the beginning of the answer.
    """

    status: int | None
    fault: str = ""
    retry_after: str = ""
    body: bytes = b""


class Fate(Enum):
    """What becomes of a message after an attempt."""

    DELIVERED = "delivered"
    RETRY = "retry"
    STOP = "stop"
    """The receiver wants no message any more, neither this one nor others."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an answer means: the message's fate, a French sentence for the desk, the wait the receiver asked for."""

    fate: Fate
    sentence: str
    asked: timedelta | None = None


def outcome_of(answer: Answer, now: datetime) -> Outcome:
    """What an answer that came now means."""
    status = answer.status
    if status is None:
        return Outcome(Fate.RETRY, answer.fault)
    if 200 <= status < 300:
        return Outcome(Fate.DELIVERED, f"Message reçu ({status}).")
    if status == 410:
        return Outcome(Fate.STOP, "Le récepteur ne veut plus de messages (410) : plus rien ne lui sera envoyé.")
    if 300 <= status < 400:
        return Outcome(
            Fate.RETRY, f"Le récepteur renvoie ailleurs ({status}), où rien n'est envoyé : changez l'adresse."
        )
    if status in {429, 503}:
        sentence = f"Le récepteur demande de revenir plus tard ({status})."
        return Outcome(Fate.RETRY, sentence, asked_wait(answer.retry_after, now))
    return Outcome(Fate.RETRY, f"Le récepteur n'a pas accepté le message ({status}).")


def next_attempt(
    attempts: int, now: datetime, random: Callable[[], float], asked: timedelta | None = None
) -> datetime | None:
    """When to try again after so many attempts (one or more), or None when there were enough.

    ``random`` gives a number from 0 to 1: a fifth more or less spreads out what failed together. What the receiver
    asked for may lengthen a wait, spread too but never beyond a day. It never shortens one: eleven attempts would be
    spent in a minute on a receiver that asks for five seconds, and the message lost.
    """
    if attempts > len(WAITS):
        return None
    chance = random()
    wait = WAITS[attempts - 1] * (1 - _SPREAD + 2 * _SPREAD * chance)
    if asked is not None:
        wait = max(wait, min(asked * (1 + _SPREAD * chance), LONGEST_ASKED))
    return now + wait


def asked_wait(retry_after: str, now: datetime) -> timedelta | None:
    """The wait that a Retry-After header asks for (RFC 9110 §10.2.3), from nothing to a day; None when it says nothing.

    A number of seconds, or a date: one that is past asks for no wait.
    """
    text = retry_after.strip()
    if _SECONDS.fullmatch(text):
        return timedelta(seconds=min(int(text), LONGEST_ASKED.total_seconds()))
    date = _http_date(text)
    if date is None:
        return None
    return min(max(date - now, timedelta(0)), LONGEST_ASKED)


def _http_date(text: str) -> datetime | None:
    if len(text) > _LONGEST_DATE:
        return None
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
