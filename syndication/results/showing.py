"""The public page of what a centre does well, which it may share: public figures, and how they were computed."""

import hashlib
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from syndication.context import Hub
from syndication.errors import UnusableCode
from syndication.pages import page
from syndication.results.figures import WHERE
from syndication.results.strengths import OTHER_CENTRES
from widget.contract import Ask

CACHE = "public, max-age=0, s-maxage=30, stale-while-revalidate=30, stale-if-error=86400"


class Showing:
    """Pages of points forts."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def show(self, request: Request) -> Response:
        """The points forts of a centre, formation by formation; it says so when none is established."""
        code = request.path_params["code"]
        try:
            snapshot = self._hub.publisher.require(None, code, ask=Ask(strengths=True, size=1))
        except UnusableCode as error:
            return page("site/unknown.html", 404, sentence=str(error), candidates=())
        centre = snapshot.centre
        assert centre is not None  # noqa: S101 a centre was asked for
        public = self._hub.settings.public_url
        known = centre.uai or centre.siret or code
        titles = dict.fromkeys(one.formation for one in sorted(snapshot.strengths, key=lambda one: one.formation))
        response = page(
            "results/strengths.html", cache_control=CACHE, centre=centre, snapshot=snapshot,
            groups=[(title, [one for one in snapshot.strengths if one.formation == title]) for title in titles],
            address=f"{public}/etablissements/{quote(known, safe='')}/points-forts", known=known,
            fragile=self._hub.settings.thresholds.fragile_below, others=OTHER_CENTRES, where=WHERE,
        )  # fmt: skip
        if not snapshot.strengths:
            response.headers["x-robots-tag"] = "noindex"
        return tagged(request, response)


def tagged(request: Request, response: Response) -> Response:
    """The response with its ETag, or an empty one (304) when the reader has it already."""
    etag = f'W/"{hashlib.blake2b(bytes(response.body), digest_size=12).hexdigest()}"'
    response.headers["etag"] = etag
    if etag[2:] in request.headers.get("if-none-match", ""):
        headers = {name: value for name, value in response.headers.items() if name != "content-length"}
        return Response(status_code=304, headers=headers)
    return response
