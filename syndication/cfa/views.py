"""A centre's space: its campaigns, what waits, and the preview of its widget as a catalogue would show it."""

from dataclasses import dataclass
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from collector.door import Progress
from syndication.accounts.store import Person
from syndication.catalogue import store as catalogue
from syndication.catalogue.resolve import resolve
from syndication.catalogue.store import CentreRow
from syndication.cfa.example import example_snapshot
from syndication.cfa.preview import Preview, read, sign
from syndication.cfa.replies import Replies
from syndication.context import Hub
from syndication.errors import SignInError, UnusableCode
from syndication.moderation import store as moderation
from syndication.pages import for_centre, for_roles, page
from syndication.store import CampaignRow, centre_campaigns
from widget.routes import draw_preview

EXAMPLE_BANNER = "Exemple\u00a0: avis inventés, pour voir l'allure du widget. Aucun apprenti n'a écrit ceci."


@dataclass(frozen=True, slots=True)
class FormationLine:
    """A formation of the centre in its space."""

    title: str
    waiting: int
    preview: str
    campaigns: tuple[tuple[CampaignRow, Progress], ...]


def create_routes(hub: Hub) -> list[BaseRoute]:
    """Routes of the centres' space and of previews."""
    space = _Space(hub)
    replies, ours = Replies(hub), for_centre(hub)
    return [
        Route("/cfa", for_roles(hub, "cfa")(space.choose), methods=["GET"]),
        Route("/cfa/{centre}", ours(space.home), methods=["GET"]),
        Route("/cfa/{centre}/avis", ours(replies.show), methods=["GET"]),
        Route("/cfa/{centre}/avis/{verbatim}", ours(replies.write), methods=["POST"]),
        Route("/apercu/{token}", space.preview, methods=["GET"]),
        Route("/apercu/{token}/cadre", space.frame, methods=["GET"]),
    ]


class _Space:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def choose(self, request: Request, person: Person) -> Response:
        """The space of somebody's only centre, or their centres to choose from."""
        with self._hub.engine.connect() as connection:
            centres = [catalogue.centre(connection, number) for number in person.centre_ids]
            codes = [catalogue.centre_key(connection, centre).partition(":")[2] for centre in centres]
        if len(centres) == 1:
            return await self.home(request, person, centres[0])
        return page("cfa/choose.html", person=person, centres=list(zip(codes, centres, strict=True)))

    async def home(self, _request: Request, person: Person, centre: CentreRow) -> Response:
        """A centre's campaigns."""
        with self._hub.engine.connect() as connection:
            key = catalogue.centre_key(connection, centre)
            lines = self._lines(connection, centre.id, key)
        return page(
            "cfa/home.html", person=person, centre=centre, lines=lines, today=self._hub.clock().date(),
            here=f"/cfa/{key.partition(':')[2]}",
        )  # fmt: skip

    async def preview(self, request: Request) -> Response:
        try:
            shown = read(self._hub.settings.keys(), request.path_params["token"])
            with self._hub.engine.connect() as connection:
                resolved = resolve(connection, shown.formation, shown.centre)
                snapshot = self._hub.publisher.build(connection, resolved)
                members = resolved.formation.members if resolved.formation else ()
                centre_id = resolved.centre.id if resolved.centre else 0
                waiting = moderation.waiting_count(connection, members, centre_id)
        except (SignInError, UnusableCode):
            return page("cfa/lost.html", 404)
        return page(
            "cfa/preview.html",
            snapshot=snapshot,
            waiting=waiting,
            example=_wants_example(request),
            path=request.url.path,
            snippet=snippet(self._hub.settings.public_url, shown),
            minimum=self._hub.settings.thresholds.minimum,
        )

    async def frame(self, request: Request) -> Response:
        try:
            shown = read(self._hub.settings.keys(), request.path_params["token"])
        except SignInError:
            return page("cfa/lost.html", 404)
        snapshot = self._hub.publisher.snapshot(shown.formation, shown.centre)
        query = {**request.query_params, "si-vide": "message"}
        if _wants_example(request) and snapshot is not None:
            return draw_preview(example_snapshot(snapshot, self._hub.clock()), query, EXAMPLE_BANNER)
        return draw_preview(snapshot, query)

    def _lines(self, connection: Connection, centre_id: int, centre: str) -> list[FormationLine]:
        by_formation: dict[int, list[CampaignRow]] = {}
        for campaign in centre_campaigns(connection, centre_id):
            by_formation.setdefault(campaign.formation_id, []).append(campaign)
        lines: list[FormationLine] = []
        for formation_id, campaigns in by_formation.items():
            formation = catalogue.formation(connection, formation_id)
            members = catalogue.lineage_members(connection, formation.lineage_id)
            token = sign(self._hub.settings.keys(), Preview(formation.natural_key, centre))
            progress = tuple((campaign, self._hub.collector.progress(campaign.id)) for campaign in campaigns)
            waiting = moderation.waiting_count(connection, members, centre_id)
            lines.append(FormationLine(formation.title, waiting, f"/apercu/{token}", progress))
        return sorted(lines, key=lambda line: line.title)


def snippet(public_url: str, shown: Preview) -> str:
    """What a catalogue or the centre's own site pastes: with scripts, and a link without."""
    formation, centre = shown.formation.partition(":")[2], shown.centre.partition(":")[2]
    query = urlencode({"formation": formation, "etablissement": centre, "si-vide": "message"}).replace("&", "&amp;")
    return (
        f'<script async src="{public_url}/widget/1.js"></script>\n'
        f'<sirius-avis formation="{formation}" etablissement="{centre}">\n'
        f'  <a href="{public_url}/widget?{query}">Les avis d\'apprentis</a>\n'
        "</sirius-avis>"
    )


def _wants_example(request: Request) -> bool:
    return request.query_params.get("exemple", "") == "1"
