"""A centre's space: its rooms, and the preview of its widget as a catalogue would show it."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from syndication.catalogue.resolve import resolve
from syndication.cfa import campaigns, following
from syndication.cfa.example import example_snapshot
from syndication.cfa.home import Home
from syndication.cfa.preview import Preview, read
from syndication.cfa.replies import Replies
from syndication.context import Hub
from syndication.errors import SignInError, UnusableCode
from syndication.moderation import store as moderation
from syndication.pages import for_centre, for_roles, page
from widget.routes import draw_preview

EXAMPLE_BANNER = "Exemple\u00a0: avis inventés, pour voir l'allure du widget. Aucun apprenti n'a écrit ceci."


def create_routes(hub: Hub) -> list[BaseRoute]:
    """Routes of the centres' space and of previews."""
    space = _Space(hub)
    home, replies, ours = Home(hub), Replies(hub), for_centre(hub)
    return [
        Route("/cfa", for_roles(hub, "cfa")(home.choose), methods=["GET"]),
        Route("/cfa/{centre}", ours(home.show), methods=["GET"]),
        Route("/cfa/{centre}/avis", ours(replies.show), methods=["GET"]),
        Route("/cfa/{centre}/avis/{verbatim}", ours(replies.show_one), methods=["GET"]),
        Route("/cfa/{centre}/avis/{verbatim}", ours(replies.write), methods=["POST"]),
        *campaigns.create_routes(hub),
        *following.create_routes(hub),
        Route("/cfa/{centre}/avis/{verbatim}/retirer", ours(replies.take_back), methods=["POST"]),
        Route("/cfa/{centre}/avis/{verbatim}/doute", ours(replies.doubt), methods=["POST"]),
        Route("/apercu/{token}", space.preview, methods=["GET"]),
        Route("/apercu/{token}/cadre", space.frame, methods=["GET"]),
    ]


class _Space:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub

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
