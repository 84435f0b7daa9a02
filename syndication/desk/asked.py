"""What is asked of the queue, as addresses and forms say it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import Connection

from syndication.catalogue.resolve import resolve_centre, resolve_formation
from syndication.desk.fronts import FILTERED
from syndication.errors import DecisionError, UnusableCode
from syndication.queue.wanted import STATES, Wanted

FILTERS = ("etat", "question", "formation", "etablissement", "signal", "ordre")
AGE, LEARNT = "age", "appris"
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """Filters as they were typed; ``wanted`` is what they mean once ``meant`` has looked codes up, and ``fault`` the
    sentence about one that means nothing."""

    etat: str = "attente"
    question: str = ""
    formation: str = ""
    etablissement: str = ""
    signal: str = ""
    ordre: str = AGE
    fault: str = ""
    wanted: Wanted = field(default_factory=Wanted)

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Asked":
        """Filters out of a query or a form; what is not one is left aside."""
        typed = {name: given.get(name, "").strip()[:LONGEST] for name in FILTERS}
        state = typed["etat"] if typed["etat"] in STATES else "attente"
        order = LEARNT if typed["ordre"] == LEARNT else AGE
        return cls(state, typed["question"], typed["formation"], typed["etablissement"], typed["signal"], order)

    @classmethod
    def back(cls, query: str) -> "Asked":
        """Filters that a form carries along, as ``query`` wrote them."""
        return cls.of(dict(parse_qsl(query[: 8 * LONGEST])))

    @property
    def narrowed(self) -> bool:
        """True when some of the texts of a state are left out."""
        return any((self.question, self.formation, self.etablissement, self.signal))

    def query(self, **more: Any) -> str:
        """These filters and ``more``, as a query; empty when there is nothing to say."""
        kept = {name: getattr(self, name) for name in FILTERS}
        told = {name: value for name, value in kept.items() if value and value != getattr(Asked(), name)}
        return urlencode({**told, **{name: value for name, value in more.items() if value}})

    def address(self, path: str = "/moderation", **more: Any) -> str:
        """Address of a page with these filters and ``more``."""
        query = self.query(**more)
        return f"{path}?{query}" if query else path

    def meant(self, connection: Connection) -> "Asked":
        """The same with what it means; of a code or a signal that means nothing, ``fault`` says why and it lets nothing
        through."""
        formations: tuple[int, ...] = ()
        centre, fault = 0, ""
        try:
            if self.formation:
                formations = resolve_formation(connection, self.formation).members
            if self.etablissement:
                centre = resolve_centre(connection, self.etablissement).id
        except UnusableCode as error:
            fault, centre = str(error), -1
        if self.signal and self.signal not in FILTERED:
            fault, centre = (
                f"«\u00a0{self.signal}\u00a0» n'est pas un signal\u00a0: choisissez-en un dans la liste.",
                -1,
            )
        return replace(self, wanted=Wanted(self.etat, self.question, formations, centre, self.signal), fault=fault)


def version_of(form: Mapping[str, str]) -> int:
    """The version that was read; raises DecisionError when the form does not say."""
    version = form.get("version", "")
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise DecisionError("La décision est incomplète\u00a0: reprenez-la sur cette page.")
    return int(version)
