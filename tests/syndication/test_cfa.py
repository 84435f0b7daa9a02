"""The centres' space."""

from collections.abc import Callable
from typing import Any

from syndication.accounts.store import Grant
from syndication.catalogue import store as catalogue
from syndication.catalogue.codes import Code
from syndication.context import Hub
from tests.conftest import LYON_CENTRE, PARIS_CENTRE
from tests.helpers import Client
from tests.syndication.test_desk import signed_in

Answer = Callable[..., None]


def centre_person(hub: Hub, uai: str, email: str = "cfa@exemple.fr") -> Grant:
    with hub.engine.connect() as connection:
        return Grant(email, "cfa", catalogue.centres_by_code(connection, Code("uai", uai))[0].id)


def test_a_centre_sees_its_own_campaigns_and_no_other(hub: Hub, app: Any, answer: Answer) -> None:
    answer(6)
    answer(3, formation="50033616", centre=LYON_CENTRE)
    home = signed_in(hub, app, centre_person(hub, PARIS_CENTRE)).get("/cfa").text
    assert "CFA Exemple des Batignolles" in home
    assert "CAP cuisine" in home
    assert "12\u00a0textes attendent" in home
    assert "coiffure" not in home


def test_a_stranger_and_a_moderator_get_no_centre_s_space(hub: Hub, app: Any) -> None:
    assert Client(app).get("/cfa").status_code == 401
    assert signed_in(hub, app).get("/cfa").status_code == 403
