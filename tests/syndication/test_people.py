"""Who may open what: centres that ask to join, invitations, accesses given and ended, by whom."""

import re
from datetime import timedelta
from email.message import EmailMessage
from html import unescape

import pytest
from sqlalchemy import text

from syndication import worker
from syndication.accounts import store as accounts
from syndication.accounts.store import Grant
from syndication.app import Service
from syndication.catalogue import store as catalogue
from syndication.catalogue.codes import Code
from syndication.context import Hub
from syndication.database import writing
from syndication.errors import AccessRefused
from syndication.joining import request as joining
from syndication.joining.views import ASKED_PER_HOUR
from syndication.people import store
from syndication.scopes import store as scopes
from tests.collector.post import written
from tests.conftest import LYON_CENTRE, PARIS_CENTRE
from tests.helpers import Client, Clock
from tests.syndication.test_cfa import centre_person
from tests.syndication.test_desk import signed_in

BOSS = Grant("admin@exemple.fr", "admin")
ZOE = "zoe@cfa-exemple.fr"
TEAM = f"/cfa/{PARIS_CENTRE}/equipe"
OUR_LINK = re.compile(r"http://127\.0\.0\.1:8000(/(?:rejoindre|connexion)/\S+)")


@pytest.fixture
def admin(hub: Hub, app: Service) -> Client:
    return signed_in(hub, app, BOSS)


def sent_to(hub: Hub, address: str) -> list[EmailMessage]:
    """What an address found in its box once the courier went round."""
    worker.letter_courier(hub).hand_over()
    return [mail for mail in written(hub.settings.data_dir) if mail["To"] == address]


def path_in(mail: EmailMessage) -> str:
    found = OUR_LINK.search(mail.get_content())
    assert found is not None
    return found[1]


def counted(hub: Hub, table: str) -> int:
    with hub.engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def known(hub: Hub, email: str) -> accounts.Person:
    with hub.engine.connect() as connection:
        found = accounts.person_by_email(connection, email)
    assert found is not None
    return found


def ask(hub: Hub, client: Client, email: str = ZOE, centre: str = PARIS_CENTRE) -> str:
    """Ask to join, and give the path of the link that proves the address."""
    assert client.post("/rejoindre", data={"centre": centre, "email": email}).status_code == 200
    return path_in(sent_to(hub, email)[-1])


def asked(hub: Hub, client: Client, email: str = ZOE) -> int:
    """Ask and confirm; gives the number of the request."""
    path = ask(hub, client, email)
    assert client.post(path, data={"nom": "Zoé Martin", "message": "Directrice\n<b>"}).status_code == 200
    with hub.engine.connect() as connection:
        return int(connection.execute(text("SELECT max(id) FROM join_request")).scalar_one())


# -- asking to join --------------------------------------------------------------------------------------------------


def test_nothing_is_kept_before_the_address_is_proven(hub: Hub, client: Client, admin: Client) -> None:
    path = ask(hub, client)
    assert counted(hub, "join_request") == 0
    for _ in range(20):
        page = client.get(path)
        client.request("HEAD", path)
    assert (page.status_code, page.headers["referrer-policy"]) == (200, "no-referrer")
    assert counted(hub, "join_request") == 0
    assert sent_to(hub, BOSS.email) == []
    nameless = client.post(path, data={"nom": " ", "message": "Bonjour à tous"})
    assert (nameless.status_code, "Bonjour à tous" in nameless.text) == (422, True)
    assert client.post(path, data={"nom": "Zoé"}).status_code == 200
    assert client.post(path, data={"nom": "Zoé"}).status_code == 200
    assert counted(hub, "join_request") == 1
    (mail,) = sent_to(hub, BOSS.email)
    assert ZOE in mail.get_content()


def test_a_request_is_accepted_and_opens_the_centre_s_space(hub: Hub, app: Service, admin: Client) -> None:
    number = asked(hub, Client(app))
    page = unescape(admin.get("/moderation/acces").text)
    assert "CFA Exemple des Batignolles" in page
    assert "<b>" not in page.replace("\n<b>", "", 1) or "&lt;b&gt;" in admin.get("/moderation/acces").text
    assert admin.post("/moderation/acces", data={"acte": "accepter", "demande": str(number)}).status_code == 303
    mail = sent_to(hub, ZOE)[-1]
    assert "acceptée" in mail["Subject"]
    browser = Client(app)
    assert browser.post(path_in(mail)).headers["location"] == f"/cfa/{PARIS_CENTRE}"
    assert browser.get(TEAM).status_code == 200
    assert admin.post("/moderation/acces", data={"acte": "accepter", "demande": str(number)}).status_code == 409


def test_a_refusal_has_a_reason_that_is_told(hub: Hub, app: Service, admin: Client) -> None:
    number = str(asked(hub, Client(app)))
    assert admin.post("/moderation/acces", data={"acte": "refuser", "demande": number}).status_code == 422
    said = {"acte": "refuser", "demande": number, "raison": "Ce n'est pas votre centre."}
    assert admin.post("/moderation/acces", data=said).status_code == 303
    mail = sent_to(hub, ZOE)[-1]
    assert "> Ce n'est pas votre centre." in mail.get_content()
    with hub.engine.connect() as connection:
        assert accounts.person_by_email(connection, ZOE) is None


def test_a_decided_request_is_forgotten_after_a_year_and_one_that_waits_never(
    hub: Hub, app: Service, admin: Client, clock: Clock
) -> None:
    refused = str(asked(hub, Client(app)))
    asked(hub, Client(app), "autre@cfa.fr")
    admin.post("/moderation/acces", data={"acte": "refuser", "demande": refused, "raison": "Non."})
    worker.letter_courier(hub).hand_over()
    assert worker.forget_letters(hub) == 0
    clock.moment += timedelta(days=366)
    assert worker.forget_letters(hub) >= 1
    assert counted(hub, "join_request") == 1


def test_of_two_admins_who_decide_at_once_one_does(hub: Hub, app: Service, admin: Client) -> None:
    number = str(asked(hub, Client(app)))
    refusal = {"acte": "refuser", "demande": number, "raison": "Non."}
    answers = admin.at_once(
        *[("POST", "/moderation/acces", {"data": {"acte": "accepter", "demande": number}})] * 3,
        *[("POST", "/moderation/acces", {"data": refusal})] * 3,
    )
    assert sorted(one.status_code for one in answers) == [303, 409, 409, 409, 409, 409]


@pytest.mark.parametrize(
    ("centre", "said"),
    [("", "identifiant"), ("zzz", "«"), ("0010070W", "fermé ou fusionné"), ("00000001800011", "SIRET"),
     ("50022146", "«")],
)  # fmt: skip
def test_a_centre_that_is_not_there_is_told_clearly(client: Client, centre: str, said: str) -> None:
    page = client.post("/rejoindre", data={"centre": centre, "email": ZOE})
    assert page.status_code == 422
    assert said in unescape(page.text)
    assert f'value="{ZOE}"' in page.text


def test_a_siret_of_several_centres_asks_for_the_uai(hub: Hub, client: Client) -> None:
    with writing(hub.engine).begin() as connection:
        other = catalogue.centres_by_code(connection, Code("uai", LYON_CENTRE))[0].id
        connection.execute(
            text("INSERT INTO centre_code (scheme, value, centre_id, source) VALUES ('siret', :siret, :centre, 'x')"),
            {"siret": "00000001800010", "centre": other},
        )  # fmt: skip
    page = client.post("/rejoindre", data={"centre": "00000001800010", "email": ZOE})
    assert page.status_code == 422
    for uai in (PARIS_CENTRE, LYON_CENTRE):
        assert uai in page.text


def test_whoever_asks_for_a_centre_that_another_took_over_is_told_which(hub: Hub, client: Client) -> None:
    lyon = centre_person(hub, LYON_CENTRE).centre_id
    with writing(hub.engine).begin() as connection:
        paris = centre_person(hub, PARIS_CENTRE).centre_id
        assert paris is not None
        catalogue.end_centre(connection, paris, hub.clock().date(), lyon)
    page = client.post("/rejoindre", data={"centre": PARIS_CENTRE, "email": ZOE})
    assert page.status_code == 422
    assert "a été repris par CFA Exemple de la Croix-Rousse" in unescape(page.text)


@pytest.mark.parametrize("address", ["lea@gmail.com", "LEA@Wanadoo.fr", "x@yopmail.fr", "a@fr.yopmail.com", "lea"])
def test_an_address_that_anybody_may_take_is_no_professional_one(client: Client, address: str) -> None:
    page = client.post("/rejoindre", data={"centre": PARIS_CENTRE, "email": address})
    assert (page.status_code, f'value="{address}"' in page.text) == (422, True)


def test_the_answer_is_the_same_for_a_centre_that_has_people(hub: Hub, app: Service, client: Client) -> None:
    before = client.post("/rejoindre", data={"centre": PARIS_CENTRE, "email": ZOE}).text
    signed_in(hub, app, Grant(ZOE, "cfa", centre_person(hub, PARIS_CENTRE).centre_id))
    assert client.post("/rejoindre", data={"centre": PARIS_CENTRE, "email": "autre@cfa.fr"}).text == before
    assert client.post("/rejoindre", data={"centre": PARIS_CENTRE, "email": ZOE}).text == before


def test_who_belongs_to_the_centre_already_makes_no_request(hub: Hub, app: Service, client: Client) -> None:
    path = ask(hub, client)
    signed_in(hub, app, Grant(ZOE, "cfa", centre_person(hub, PARIS_CENTRE).centre_id))
    assert client.post(path, data={"nom": "Zoé"}).status_code == 200
    assert counted(hub, "join_request") == 0


def test_nobody_s_box_is_filled_and_no_network_asks_too_much(hub: Hub, client: Client, clock: Clock) -> None:
    for _ in range(ASKED_PER_HOUR):
        assert client.post("/rejoindre", data={"centre": PARIS_CENTRE, "email": ZOE}).status_code == 200
    refused = client.post("/rejoindre", data={"centre": PARIS_CENTRE, "email": ZOE})
    assert (refused.status_code, "retry-after" in refused.headers) == (429, True)
    assert len(sent_to(hub, ZOE)) == 1
    clock.moment += timedelta(hours=1, minutes=1)
    client.post("/rejoindre", data={"centre": PARIS_CENTRE, "email": ZOE})
    assert len(sent_to(hub, ZOE)) == 2


def test_a_confirming_link_lasts_a_day_and_cannot_be_forged(hub: Hub, client: Client, clock: Clock) -> None:
    path = ask(hub, client)
    assert client.get(f"{path[:-2]}xx").status_code == 404
    stranger = joining.confirmation_link("", ["x" * 40], 1, ZOE, clock())
    assert client.post(stranger, data={"nom": "Zoé"}).status_code == 404
    clock.moment += timedelta(hours=25)
    assert client.get(path).status_code == 404
    assert client.post(path, data={"nom": "Zoé"}).status_code == 404
    assert counted(hub, "join_request") == 0


# -- giving and ending -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "lands"),
    [({"role": "moderator"}, "/moderation"), ({"role": "admin"}, "/moderation"),
     ({"role": "referent"}, "/moderation/alertes"),
     ({"role": "observer", "perimetre": "region:Occitanie"}, "/observatoire"),
     ({"role": "observer"}, "/observatoire"), ({"role": "cfa", "centre": LYON_CENTRE}, f"/cfa/{LYON_CENTRE}")],
)  # fmt: skip
def test_an_admin_invites_somebody_for_each_role(
    hub: Hub, app: Service, admin: Client, wanted: dict[str, str], lands: str
) -> None:
    form = {"acte": "inviter", "email": " Noe@exemple.fr ", **wanted}
    assert admin.post("/moderation/acces", data=form).status_code == 303
    (mail,) = sent_to(hub, "noe@exemple.fr")
    assert Client(app).post(path_in(mail)).headers["location"] == lands
    (access,) = known(hub, "noe@exemple.fr").accesses
    assert access.role == wanted["role"]
    assert access.scope == wanted.get("perimetre", "nation" if wanted["role"] == "observer" else "")


@pytest.mark.parametrize(
    "wrong",
    [{"email": "noe"}, {"role": "reine"}, {"role": "observer", "perimetre": "region:Atlantide"}, {"acte": "danser"},
     {"role": "observer", "perimetre": "opco:"}, {"role": "cfa", "centre": "zzz"}, {"role": "cfa"}],
)  # fmt: skip
def test_an_invitation_that_makes_no_sense_is_told_and_given_back(
    hub: Hub, admin: Client, wrong: dict[str, str]
) -> None:
    form = {"acte": "inviter", "email": "noe@exemple.fr", "role": "moderator", **wrong}
    page = admin.post("/moderation/acces", data=form)
    assert page.status_code == 422
    assert 'role="alert"' in page.text
    assert f'value="{form["email"]}"' in page.text
    assert counted(hub, "person") == 1


def test_an_access_is_ended_at_once_and_who_has_none_left_is_signed_out(hub: Hub, app: Service, admin: Client) -> None:
    browser = signed_in(hub, app, Grant("noe@exemple.fr", "moderator"))
    (access,) = known(hub, "noe@exemple.fr").accesses
    end = {"acte": "finir", "acces": str(access.id)}
    assert admin.post("/moderation/acces", data=end).status_code == 303
    assert browser.get("/compte").status_code == 401
    assert admin.post("/moderation/acces", data=end).status_code == 409
    browser.post("/connexion", data={"email": "noe@exemple.fr"})
    assert sent_to(hub, "noe@exemple.fr") == []
    log = unescape(admin.get("/moderation/acces/journal").text)
    assert log.index("fini") < log.index("noe@exemple.fr") < log.rindex("noe@exemple.fr")
    assert BOSS.email in log


def test_the_last_admin_cannot_lock_everybody_out(hub: Hub, app: Service, admin: Client) -> None:
    (access,) = known(hub, BOSS.email).accesses
    end = {"acte": "finir", "acces": str(access.id)}
    refused = admin.post("/moderation/acces", data=end)
    assert refused.status_code == 422
    assert "dernier accès d'administration" in unescape(refused.text)
    signed_in(hub, app, Grant("deux@exemple.fr", "admin"))
    assert admin.post("/moderation/acces", data=end).status_code == 303
    assert admin.get("/moderation/acces").status_code == 401


def test_two_admins_who_end_each_other_at_once_leave_one(hub: Hub, app: Service, admin: Client) -> None:
    other = signed_in(hub, app, Grant("deux@exemple.fr", "admin"))
    first, second = known(hub, BOSS.email).accesses[0].id, known(hub, "deux@exemple.fr").accesses[0].id
    answers = admin.at_once(
        ("POST", "/moderation/acces", {"data": {"acte": "finir", "acces": str(second)}}),
        ("POST", "/moderation/acces", {"data": {"acte": "finir", "acces": str(first)}}),
    )
    assert sorted(one.status_code for one in answers) == [303, 422]
    assert sorted(one.get("/moderation/acces").status_code for one in (admin, other)) == [200, 401]


def test_people_are_found_by_words_and_by_role_page_by_page(hub: Hub, app: Service, admin: Client) -> None:
    with writing(hub.engine).begin() as connection:
        for number in range(60):
            accounts.grant(connection, Grant(f"n{number:02}@exemple.fr", "moderator"), "essai", hub.clock())
        accounts.grant(connection, Grant("a_b%c@exemple.fr", "referent"), "essai", hub.clock())
        accounts.grant(connection, centre_person(hub, PARIS_CENTRE), "essai", hub.clock())
    first = unescape(admin.get("/moderation/acces").text).replace("\u00a0", " ")
    assert "63 personnes, page 1 sur 2" in first
    assert 'href="/moderation/acces?page=2"' in first
    second = admin.get("/moderation/acces?page=2&role=moderator").text
    assert "n55@exemple.fr" in second
    assert "n10@exemple.fr" not in second
    for words, there, absent in (
        ("A_B%", "a_b%c@exemple.fr", "n00@"), ("batignolles", "cfa@exemple.fr", "n00@"), ("N07", "n07@", "n08@"),
    ):  # fmt: skip
        page = admin.get("/moderation/acces", params={"q": words}).text
        assert (there in page, absent in page) == (True, False), words
    assert "Personne ne répond" in admin.get("/moderation/acces?q=introuvable").text
    for odd in ("page=0", "page=-1", "page=x", "page=99999999999", "role=reine", "q=%00"):
        assert admin.get(f"/moderation/acces?{odd}").status_code == 200


# -- a centre's own people -------------------------------------------------------------------------------------------


def test_a_centre_s_people_invite_colleagues_and_end_their_accesses(hub: Hub, app: Service) -> None:
    owner = signed_in(hub, app, centre_person(hub, PARIS_CENTRE))
    assert owner.post(TEAM, data={"acte": "inviter", "email": ZOE}).status_code == 303
    (mail,) = sent_to(hub, ZOE)
    assert "cfa@exemple.fr" in mail.get_content()
    colleague = Client(app)
    assert colleague.post(path_in(mail)).headers["location"] == f"/cfa/{PARIS_CENTRE}"
    page = unescape(colleague.get(TEAM).text).replace("\u00a0", " ")
    assert "depuis le 24 novembre 2026" in page
    (access,) = known(hub, ZOE).accesses
    assert owner.post(TEAM, data={"acte": "finir", "acces": str(access.id)}).status_code == 303
    assert colleague.get(TEAM).status_code == 401


def test_the_last_of_a_centre_stays(hub: Hub, app: Service) -> None:
    owner = signed_in(hub, app, centre_person(hub, PARIS_CENTRE))
    (access,) = known(hub, "cfa@exemple.fr").accesses
    refused = owner.post(TEAM, data={"acte": "finir", "acces": str(access.id)})
    assert (refused.status_code, "dernier accès" in unescape(refused.text)) == (422, True)
    assert owner.get(TEAM).status_code == 200


def test_a_centre_ends_no_access_to_another(hub: Hub, app: Service) -> None:
    owner = signed_in(hub, app, centre_person(hub, PARIS_CENTRE))
    neighbour = signed_in(hub, app, Grant("lyon@exemple.fr", "cfa", centre_person(hub, LYON_CENTRE).centre_id))
    boss = signed_in(hub, app, BOSS)
    for email in ("lyon@exemple.fr", BOSS.email):
        (access,) = known(hub, email).accesses
        assert owner.post(TEAM, data={"acte": "finir", "acces": str(access.id)}).status_code == 404
    assert neighbour.get(f"/cfa/{LYON_CENTRE}/equipe").status_code == 200
    assert boss.get("/moderation/acces").status_code == 200


@pytest.mark.parametrize("address", ["", "zoe", "zoe@gmail.com"])
def test_a_colleague_has_a_professional_address(hub: Hub, app: Service, address: str) -> None:
    owner = signed_in(hub, app, centre_person(hub, PARIS_CENTRE))
    page = owner.post(TEAM, data={"acte": "inviter", "email": address})
    assert (page.status_code, f'value="{address}"' in page.text) == (422, True)


def test_a_centre_does_not_invite_the_world(hub: Hub, app: Service) -> None:
    owner, grant = signed_in(hub, app, centre_person(hub, PARIS_CENTRE)), centre_person(hub, PARIS_CENTRE)
    with writing(hub.engine).begin() as connection:
        for number in range(29):
            accounts.grant(connection, Grant(f"n{number}@cfa.fr", "cfa", grant.centre_id), "essai", hub.clock())
    assert owner.post(TEAM, data={"acte": "inviter", "email": ZOE}).status_code == 422


# -- scopes ----------------------------------------------------------------------------------------------------------


def test_scopes_are_those_of_the_catalogue(hub: Hub) -> None:
    with writing(hub.engine).begin() as connection:
        scopes.replace_opcos(connection, {("AKTO", "RNCP38430"), ("AKTO", "RNCP1"), ("ATLAS", "RNCP38362")})
        choices = scopes.choices(connection)
        assert choices.regions == (
            "Auvergne-Rhône-Alpes",
            "Hauts-de-France",
            "Occitanie",
            "Pays de la Loire",
            "Île-de-France",
        )
        assert choices.departments["75"] == "Paris"
        assert choices.opcos == ("AKTO", "ATLAS")
        for good in ("nation", "region:Occitanie", "departement:31", "opco:AKTO"):
            assert choices.checked(good) == good
        for wrong in ("", "region:", "departement:99", "opco:OPCO", "monde", "nation:x"):
            with pytest.raises(AccessRefused):
                choices.checked(wrong)
        cooking: set[int] = set(connection.execute(scopes.opco_formations("AKTO")).scalars())
        assert cooking == {catalogue.formations_by_code(connection, Code("cfd", "50022146"))[0].id}


def test_acts_are_told_the_latest_first(hub: Hub, clock: Clock) -> None:
    with writing(hub.engine).begin() as connection:
        person = accounts.grant(connection, Grant("noe@exemple.fr", "moderator"), "lea@exemple.fr", clock())
        clock.moment += timedelta(days=1)
        accounts.end_access(connection, accounts.person(connection, person).accesses[0].id, "zoe@exemple.fr", clock())  # type: ignore[union-attr]
        acts = store.acts(connection, 0, 10)
        assert [(act.ended, act.by) for act in acts] == [(True, "zoe@exemple.fr"), (False, "lea@exemple.fr")]
        assert store.count_acts(connection) == 2
        assert store.acts(connection, 1, 10) == acts[1:]
