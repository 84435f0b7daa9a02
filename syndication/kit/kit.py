"""What the sharing kit says of a campaign. Pure."""

import re
from dataclasses import dataclass
from datetime import date

from syndication.errors import CampaignRefused
from widget.routes import words

LONGEST_NAME = 260
"""Characters of the longest name that is printed whole: the longest title of a French formation has 254."""


@dataclass(frozen=True, slots=True)
class Kit:
    """A campaign as its invitations tell it. Days are both included; ``seats`` 0 means no limit.

    ``link`` is the campaign's common link; ``minutes`` is how long the questionnaire takes. Names lose line breaks and
    doubled spaces, and what exceeds ``LONGEST_NAME``. Raises CampaignRefused when it would close before it opens.
    """

    formation: str
    centre: str
    link: str
    opens_on: date
    closes_on: date
    seats: int = 0
    minutes: int = 5

    def __post_init__(self) -> None:
        if self.closes_on < self.opens_on:
            raise CampaignRefused("Une campagne ne peut pas finir avant de commencer.")
        for name in ("formation", "centre"):
            object.__setattr__(self, name, shortened(getattr(self, name), LONGEST_NAME, "…"))

    @property
    def rules(self) -> str:
        """Address of the page that tells how answers are gathered, read and counted, on the link's own service."""
        return f"{self.link.rsplit('/', 2)[0]}/methode"

    @property
    def period(self) -> str:
        """« du 2 novembre au 15 décembre 2026 », « le 23 novembre 2026, ce jour-là seulement »."""
        if self.opens_on == self.closes_on:
            return f"le {words.day(self.opens_on)}, ce jour-là seulement"
        first = words.day(self.opens_on)
        if self.opens_on.year == self.closes_on.year:
            first = first.removesuffix(f"\u00a0{self.opens_on.year}")
        return f"du {first} au {words.day(self.closes_on)}"


def shortened(text: str, room: int, mark: str) -> str:
    """A text on one line, of at most ``room`` characters: cut after a word where it can be, then ``mark``."""
    line = re.sub(r"[ \t\r\n\v\f]+", " ", text).strip()
    if len(line) <= room:
        return line
    kept = line[: max(room - len(mark), 0)]
    whole = kept.rpartition(" ")[0] if line[len(kept)] != " " else kept
    return (whole if len(whole) * 2 > room else kept).rstrip(" ,;:-–(") + mark
