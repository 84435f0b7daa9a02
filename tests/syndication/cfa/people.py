"""Who opens a page of a centre's space in tests: its owner, a neighbour, a stranger; and what they post."""

from datetime import timedelta
from html import unescape
from typing import Any

import httpx

from syndication.accounts.store import Grant
from syndication.catalogue import store as catalogue
from syndication.catalogue.codes import Code
from syndication.context import Hub
from tests.conftest import LYON_CENTRE, PARIS_CENTRE
from tests.helpers import Client
from tests.syndication.test_desk import signed_in

SPACE = f"/cfa/{PARIS_CENTRE}"


def centre_id(hub: Hub, uai: str) -> int:
    with hub.engine.connect() as connection:
        return catalogue.centres_by_code(connection, Code("uai", uai))[0].id


def of_centre(hub: Hub, app: Any, uai: str = PARIS_CENTRE) -> Client:
    """Somebody of a centre, signed in."""
    return signed_in(hub, app, Grant(f"cfa-{uai.lower()}@exemple.fr", "cfa", centre_id(hub, uai)))


def neighbour(hub: Hub, app: Any) -> Client:
    """Somebody of another centre."""
    return of_centre(hub, app, LYON_CENTRE)


def formation_id(hub: Hub, cfd: str) -> int:
    with hub.engine.connect() as connection:
        return catalogue.formations_by_code(connection, Code("cfd", cfd))[0].id


def picks(hub: Hub, *cfds: str, place: str = PARIS_CENTRE) -> dict[str, str]:
    """Formations ticked in the form that opens campaigns."""
    return {f"f.{formation_id(hub, cfd)}.{centre_id(hub, place)}": "1" for cfd in cfds}


def dates(hub: Hub, first: int = 0, last: int = 30) -> dict[str, str]:
    """Days from today, as a browser sends them."""
    today = hub.clock().date()
    return {
        "ouvre": (today + timedelta(days=first)).isoformat(),
        "ferme": (today + timedelta(days=last)).isoformat(),
    }


def read(response: httpx.Response) -> str:
    """What a page says."""
    return unescape(response.text)
