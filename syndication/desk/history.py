"""The history of one text: what was done to it, and whether its words are those that were written."""

from collections.abc import Sequence
from itertools import accumulate

from starlette.requests import Request
from starlette.responses import Response

from syndication.accounts.store import Person
from syndication.alerts import store as alerts
from syndication.context import Hub
from syndication.desk.fronts import front_of
from syndication.doubts import store as doubts
from syndication.history import store as history
from syndication.history.store import ActRow
from syndication.moderation import masking
from syndication.moderation.decide import ALERTS, REASONS
from syndication.pages import page
from syndication.queue import store as queue

ACTS = {
    "decision": "Décision",
    "annulation": "Annulation",
    "pepite": "Marqué comme pépite",
    "banal": "N'est plus une pépite",
    "masque": "Masques changés",
    "sujets": "Sujets changés",
    "alerte": "Alerte",
    "fin_alerte": "Alerte close",
    "doute": "Doute signalé par le centre",
    "reponse": "La réponse entière",
}
STATES = {
    "attente": "en attente",
    "publie": "publié",
    "refuse": "refusé",
    "recrire": "à réécrire",
    "archive": "archivé",
    "retire": "retiré par son auteur",
    "comptee": "comptée",
    "a_verifier": "à vérifier",
    "ecartee": "écartée",
    "retiree": "retirée par son auteur",
}
"""States of texts and of responses, as they are said."""


class History:
    """The page of one text."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def show(self, request: Request, person: Person) -> Response:
        """Everything that is kept of a text; of one that a referent follows, only the few see it."""
        verbatim = request.path_params["verbatim"]
        with self._hub.engine.connect() as connection:
            found = queue.texts(connection, [verbatim])
            if not found:
                return page("site/not_found.html", 404)
            text, raised = found[0], alerts.of_text(connection, verbatim)
            few = person.may("referent", "admin")
            if not (few and (raised or text.alerted)) and (text.alerted or not person.may("moderator")):
                return page("desk/followed.html", 403, here="", person=person)
            acts = _in_order(history.acts_on(connection, verbatim), history.acts_on_response(connection, verbatim))
            doubted = doubts.of_text(connection, verbatim)
        return page(
            "desk/history.html", here="", person=person, one=front_of(text), raised=raised, few=few,
            acts=acts, doubts=doubted, names=ACTS, states=STATES,
            reasons=REASONS | ALERTS, intact=history.is_intact(text.text, text.digest),
            shown=masking.shown(text.text, text.masks), labels=self._hub.publisher.questions().labels,
        )  # fmt: skip


def _in_order(on_text: Sequence[ActRow], on_response: Sequence[ActRow]) -> list[ActRow]:
    """Acts on a text, in their order, among those on its response. Of what an author does only the day is kept: it
    stands where it was recorded."""
    since = accumulate((act.at for act in on_text), max)
    dated = [*zip(since, on_text, strict=True), *((act.at, act) for act in on_response)]
    return [act for _, act in sorted(dated, key=lambda one: one[0])]
