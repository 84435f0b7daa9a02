"""Lines of the ledger, and the marks in them. Pure.

A mark is made with a secret key from an identifier that is random itself: a ledger names nobody, and tells nothing of
what was said. Opt-outs bear the hash of the address that the database keeps, and no day but a month.
"""

import hmac
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, astuple, dataclass
from typing import Literal, get_args

from collector.errors import LedgerError

Kind = Literal["response", "text", "campaign", "address", "news"]
"""A response taken back whole; one of its texts (``about``: its question); a campaign closed by hand (``about``: when,
in seconds since 1970); an address that wants no mail (its hash; ``when`` is a month); somebody of the desk or of a
centre who stopped a kind of mail, or wants it again (``about``: the kind, after ``-`` or ``+``)."""
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
    whole = line.kind in get_args(Kind) and line.mark and all(isinstance(said, str) for said in astuple(line))
    return line if whole else None
