"""Preview links: signed, they carry the id of one link that is kept, and open nothing else. Pure."""

import re
import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from itsdangerous import BadSignature, Signer

from syndication.errors import PreviewError
from syndication.instants import day_of

FEWEST_DAYS, MOST_DAYS, USUAL_DAYS = 1, 90, 30
"""Days that a link may work, and those that are offered."""
MOST_LINKS = 50
"""Links of a centre that work at one time: nobody keeps track of more."""
_SALT = "syndication.preview"
_NUMBER = re.compile(r"[0-9]{1,3}")


def new_id() -> str:
    """The id of a new link: 128 random bits."""
    return secrets.token_urlsafe(16)


def sign(keys: Sequence[str], link_id: str) -> str:
    """The token of a link, signed with the newest key: the same each time."""
    return _signer(keys).sign(link_id).decode()


def read(keys: Sequence[str], token: str) -> str:
    """The id of a link; raises PreviewError when its token was not made here."""
    try:
        return _signer(keys).unsign(token).decode()
    except (BadSignature, ValueError):
        raise PreviewError("Ce lien d'aperçu a été coupé en le copiant, ou n'est pas de nous.") from None


def read_days(text: str) -> int:
    """Days from what was typed; raises PreviewError."""
    typed = text.strip()
    days = int(typed) if _NUMBER.fullmatch(typed) and typed.isascii() else 0
    if not FEWEST_DAYS <= days <= MOST_DAYS:
        raise PreviewError(f"Donnez un nombre de jours, de {FEWEST_DAYS} à {MOST_DAYS}.")
    return days


def last_day(made_at: datetime, days: int) -> date:
    """The last day of a link that is made for some days, in Paris: it works until that day is over."""
    return day_of(made_at) + timedelta(days=days)


def _signer(keys: Sequence[str]) -> Signer:
    return Signer(list(reversed(keys)), salt=_SALT)
