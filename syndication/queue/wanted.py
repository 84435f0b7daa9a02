"""What a moderator asks the queue for. Pure."""

from dataclasses import dataclass
from types import MappingProxyType

STATES = MappingProxyType(
    {
        "attente": "à lire",
        "publie": "publiés",
        "pepite": "pépites",
        "refuse": "refusés",
        "recrire": "à réécrire par leur auteur",
        "archive": "archivés",
    }
)
"""States that texts are asked for by; gems are published texts."""
OLDEST_FIRST = frozenset({"attente", "recrire"})
"""States in which texts wait for somebody: who waits longest comes first. In others, the latest received."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Filters; empty ones let everything through. ``formations`` are ids of formations that took over one another;
    ``backwards`` goes through the queue from its end."""

    state: str = "attente"
    question: str = ""
    formations: tuple[int, ...] = ()
    centre: int = 0
    signal: str = ""
    backwards: bool = False

    @property
    def status(self) -> str:
        """The state as the database says it."""
        return "publie" if self.state == "pepite" else self.state

    @property
    def rising(self) -> bool:
        """True when the oldest come first."""
        return (self.state in OLDEST_FIRST) != self.backwards
