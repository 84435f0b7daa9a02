"""The first page of a centre's space: what asks for its attention, what runs, what to do next."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from syndication.accounts.store import Person
from syndication.catalogue import store as catalogue
from syndication.catalogue.store import CentreRow
from syndication.cfa import store
from syndication.cfa.campaigns import Listed, closed_because, here_of, listed
from syndication.context import Hub
from syndication.own import store as own
from syndication.pages import page

SOON_DAYS = 7
"""Days before its end from which a campaign is said to end soon."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits: what is said of it, and the page where it is seen."""

    said: str
    path: str
    link: str


class Home:
    """The first page of each centre, and the choice between centres."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def choose(self, request: Request, person: Person) -> Response:
        """The space of somebody's only centre, or their centres to choose from."""
        with self._hub.engine.connect() as connection:
            centres = [catalogue.centre(connection, number) for number in person.centre_ids]
            codes = [catalogue.centre_key(connection, centre).partition(":")[2] for centre in centres]
        if len(centres) == 1:
            return await self.show(request, person, centres[0])
        return page("cfa/choose.html", person=person, centres=list(zip(codes, centres, strict=True)))

    async def show(self, _request: Request, person: Person, centre: CentreRow) -> Response:
        """What a centre needs to know, on one screen."""
        today, minimum = self._hub.clock().date(), self._hub.settings.thresholds.minimum
        with self._hub.engine.connect() as connection:
            here = here_of(connection, centre)
            found = listed(self._hub, connection, centre.id)
            texts = store.waiting_by_formation(connection, centre.id)
            questions = own.questions_of(connection, centre.id)
            respondents = store.respondents(connection, centre.id)
            offered = len(store.offers(connection, centre.id))
            closed = closed_because(connection, centre.id, today)
        ending = [
            line for line in found.running if (line.followed.closes_on - today).days < SOON_DAYS
        ]  # fmt: skip
        return page(
            "cfa/home.html", person=person, centre=centre, here=here, page_path=here, listed=found, texts=texts,
            ending=ending, questions=_told(questions, here), respondents=respondents, minimum=minimum, offered=offered,
            closed=closed, sent=_sent(found), today=today,
        )  # fmt: skip


def _told(questions: Sequence[own.QuestionRow], here: str) -> list[Waiting]:
    """What is to be said of a centre's own questions."""
    told = {
        own.REFUSED: "Une de vos questions a été refusée\u00a0:",
        own.WAITING: "Une de vos questions attend d'être lue\u00a0:",
    }
    return [
        Waiting(told[question.state], f"{here}/questions#q-{question.id}", question.label)
        for question in questions
        if question.state in told
    ]


def _sent(found: Listed) -> int:
    """Answers sent in all of a centre's campaigns."""
    return sum(line.followed.progress.sent for line in (*found.running, *found.coming, *found.finished))
