"""Lines of the ledger, and the marks in them. Pure.

A mark is made with a secret key from an identifier that is random itself: a ledger names nobody, and tells nothing of
what was said. Opt-outs bear the hash of the address that the database keeps, and no day but a month.
"""

import hmac
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, astuple, dataclass
from datetime import datetime
from typing import Literal

from collector.errors import LedgerError

Kind = Literal["response", "text", "campaign", "address", "news", "gap"]
"""A response taken back whole; one of its texts (``about``: its question); a campaign closed by hand (``about``: when,
in seconds since 1970); an address that wants no mail (its hash; ``when`` is a month); somebody of the desk or of a
centre who stopped a kind of mail, or wants it again (``about``: the kind, after ``-`` or ``+``); a time of which the
ledger knows nothing, since a backup was restored without a later one (``mark`` and ``about``: from when to when, in
seconds since 1970)."""
_ABOUT: dict[Kind, str] = {
    "response": "", "text": ".+", "campaign": "[0-9]{1,11}", "address": "", "news": "[-+].+", "gap": "[0-9]{1,11}",
}  # fmt: skip
"""What ``about`` is, by kind: damage may leave a line that reads as JSON, and says nothing that can be done again."""
_WHEN = re.compile("[0-9]{4}-[0-9]{2}(-[0-9]{2})?")
WORDS, ADDRESSES = "retraits", "desinscriptions"
"""What the two files of a ledger are called in their first lines."""
HEAD = "sirius"
BEGINNING = '{"kind": "'
"""How every line but the first begins."""
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Line:
    """A line: ``mark`` was made with the key that ``key`` is the tag of (empty: with none)."""

    kind: Kind
    when: str
    mark: str
    about: str = ""
    key: str = ""


def tag(key: str) -> str:
    """A short name of a key, by which nobody finds it."""
    return hmac.digest(key.encode(), b"sirius.key", "sha256").hex()[:8]


def mark(key: str, identifier: str) -> str:
    """What stands in the ledger for a response, or for the address of somebody who stops a kind of mail."""
    return hmac.digest(key.encode(), f"sirius.ledger:{identifier}".encode(), "sha256").hex()[:32]


def marks(keys: Sequence[str], identifier: str) -> list[str]:
    """What may stand for one, whichever key was the newest."""
    return [mark(key, identifier) for key in keys]


def latest_wishes(some: Iterable[Line]) -> list[Line]:
    """Of lines of kind ``news``, the last of each person and kind of mail."""
    last: dict[tuple[str, str], Line] = {}
    for line in sorted((line for line in some if line.kind == "news"), key=lambda line: line.when):
        last[line.mark, line.about[1:]] = line
    return list(last.values())


def head(name: str) -> str:
    """The first line of a file."""
    return json.dumps({HEAD: name, "format": FORMAT})


def to_text(line: Line) -> str:
    """A line as written; it holds no end of line."""
    return json.dumps({name: value for name, value in asdict(line).items() if value}, ensure_ascii=False)


def read_head(text: str, name: str) -> bool:
    """True when a first line is that of a file of ours; raises LedgerError for one of a later release."""
    try:
        found = json.loads(text)
    except ValueError:
        return False
    if not isinstance(found, dict) or found.get(HEAD) != name:
        return False
    if found.get("format") != FORMAT:
        raise LedgerError("Ce registre vient d'une version plus récente de Sirius : mettez celle-ci à jour.")
    return True


def is_cut_short(text: str) -> bool:
    """Whether a line that cannot be read back is the beginning of one: then nobody was told that it is kept."""
    return not text.endswith("}") and (text.startswith(BEGINNING) or BEGINNING.startswith(text))


def from_text(text: str) -> Line | None:
    """A line read back; None when it cannot be."""
    try:
        line = Line(**json.loads(text))
    except (ValueError, TypeError, RecursionError):
        return None
    return line if _is_whole(line) else None


def _is_whole(line: Line) -> bool:
    if not all(isinstance(said, str) and said.isprintable() for said in astuple(line)) or line.kind not in _ABOUT:
        return False
    return bool(line.mark and _WHEN.fullmatch(line.when) and re.fullmatch(_ABOUT[line.kind], line.about))


def gap(restored: datetime, now: datetime) -> Line:
    """That nothing is known of what was taken back between a backup and its restoration."""
    first, last = (str(int(moment.timestamp())) for moment in (restored, now))
    return Line("gap", now.date().isoformat(), first, last)


def knows_since(some: Iterable[Line], moment: datetime) -> bool:
    """Whether a ledger knows all that was taken back since a moment."""
    return not any(line.kind == "gap" and int(line.about) >= int(moment.timestamp()) for line in some)
