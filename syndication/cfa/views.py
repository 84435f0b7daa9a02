"""A centre's space: its rooms."""

from starlette.routing import BaseRoute, Route

from syndication.cfa import campaigns, following
from syndication.cfa.home import Home
from syndication.cfa.replies import Replies
from syndication.context import Hub
from syndication.pages import for_centre, for_roles


def create_routes(hub: Hub) -> list[BaseRoute]:
    """Routes of the centres' space."""
    home, replies, ours = Home(hub), Replies(hub), for_centre(hub)
    return [
        Route("/cfa", for_roles(hub, "cfa")(home.choose), methods=["GET"]),
        Route("/cfa/{centre}", ours(home.show), methods=["GET"]),
        Route("/cfa/{centre}/avis", ours(replies.show), methods=["GET"]),
        Route("/cfa/{centre}/avis/{verbatim}", ours(replies.show_one), methods=["GET"]),
        Route("/cfa/{centre}/avis/{verbatim}", ours(replies.write), methods=["POST"]),
        Route("/cfa/{centre}/avis/{verbatim}/retirer", ours(replies.take_back), methods=["POST"]),
        Route("/cfa/{centre}/avis/{verbatim}/doute", ours(replies.doubt), methods=["POST"]),
        *campaigns.create_routes(hub),
        *following.create_routes(hub),
    ]
