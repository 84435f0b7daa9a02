"""``/bonnes-pratiques``: what apprentices found worth telling and what centres answered, by subject."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from syndication.catalogue import store as catalogue
from syndication.context import Hub
from syndication.pages import page
from syndication.practices import store
from syndication.practices.store import Told
from syndication.publication import store as publication
from syndication.reviews import subjects

CACHE = "public, max-age=0, s-maxage=30, stale-while-revalidate=30, stale-if-error=86400"
PAGE = 12
LOOKED_AT = 60
ROUNDS = 10
"""How many times ``LOOKED_AT`` texts are looked at for a page, at most: most of them may be shown."""


@dataclass(frozen=True, slots=True)
class Practice:
    """A text as it is shown; the centre, with its reply, only where it may be named."""

    told: Told
    question: str
    subjects: tuple[str, ...]
    named: bool
    address: str


def create_routes(hub: Hub) -> list[BaseRoute]:
    """Routes of good practices."""
    return [Route("/bonnes-pratiques", _Practices(hub).show, methods=["GET"])]


class _Practices:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def show(self, request: Request) -> Response:
        """A page of them, newest first, of one subject or of all."""
        asked = request.query_params.get("sujet", "")
        subject = asked if asked in subjects.SUBJECTS else ""
        after = request.query_params.get("apres", "").replace("\0", "")[:64]
        with self._hub.engine.connect() as connection:
            shown, more = self._shown(connection, subject, after)
        following = ""
        if more:
            values = {"sujet": subject, "apres": shown[-1].told.id}
            following = "/bonnes-pratiques?" + urlencode({name: value for name, value in values.items() if value})
        return page(
            "practices/practices.html", cache_control=CACHE, shown=shown, subject=subject, after=after,
            subjects=subjects.labels(), following=following, public=self._hub.settings.public_url,
        )  # fmt: skip

    def _shown(self, connection: Connection, subject: str, after: str) -> tuple[list[Practice], bool]:
        """A page of texts that may be shown, and whether there are more."""
        place = store.place_of(connection, after) if after else None
        found: list[Practice] = []
        known: dict[tuple[int, int], tuple[bool, bool]] = {}
        for _ in range(ROUNDS):
            places = store.places(connection, subject, place, LOOKED_AT)
            for told in store.told(connection, [number for _, number in places]):
                public, named = self._may(connection, told, known)
                if public and (told.gem or named):
                    found.append(self._practice(told, named))
            if len(found) > PAGE or len(places) < LOOKED_AT:
                break
            place = places[-1]
        return found[:PAGE], len(found) > PAGE

    def _may(
        self, connection: Connection, told: Told, known: dict[tuple[int, int], tuple[bool, bool]]
    ) -> tuple[bool, bool]:
        """Whether texts of a formation are public, and whether this centre may be named beside one: as in every widget,
        from enough respondents on, to the formation and to the formation there."""
        scope = (told.lineage_id, told.centre_id)
        if scope not in known:
            minimum = self._hub.settings.thresholds.minimum
            members = catalogue.lineage_members(connection, told.lineage_id)
            counted = publication.respondents_by_centre(connection, members, [0, told.centre_id])
            known[scope] = (counted.get(0, 0) >= minimum, counted.get(told.centre_id, 0) >= minimum)
        return known[scope]

    def _practice(self, told: Told, named: bool) -> Practice:
        code = quote(told.formation_key.removeprefix("cfd:"), safe=":")
        place = f"?{urlencode({'etablissement': told.uai})}" if named and told.uai else ""
        return Practice(
            told, self._hub.publisher.questions().labels.get(told.question, told.question),
            tuple(subjects.label(one) for one in told.subjects if one), named, f"/formations/{code}{place}",
        )  # fmt: skip
