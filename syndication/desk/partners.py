"""The desk's page of catalogue sites, for administrators: keys, origins, webhooks, and what was served to them."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from syndication.accounts.store import Person
from syndication.context import Hub
from syndication.database import writing
from syndication.errors import PartnerError, SyndicationError, WebhookError
from syndication.pages import for_roles, page, read_form
from syndication.partners import keys, store
from syndication.partners.keys import OVERLAP, SCOPES
from syndication.partners.origins import read_origin
from syndication.webhooks import store as webhooks
from syndication.webhooks.address import read_url
from syndication.webhooks.courier import changes_address
from syndication.webhooks.signing import secret_of

DAYS = 30
MESSAGES = 10
"""Last messages shown of each webhook."""
TWICE = timedelta(minutes=5)
"""A key asked for again within this time is a form sent twice: it would stop the one that is in use."""
Act = Callable[[Connection, Mapping[str, str]], "tuple[str, str]"]
"""Does something; gives what is shown once (a key, a secret; may be empty) and what was done, in a sentence."""


def create_routes(hub: Hub) -> list[BaseRoute]:
    """Routes of the page."""
    desk = _Partners(hub)
    guard = for_roles(hub, "admin")
    return [
        Route("/moderation/partenaires", guard(desk.show), methods=["GET"]),
        Route("/moderation/partenaires", guard(desk.act), methods=["POST"]),
    ]


class _Partners:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._acts: Mapping[str, Act] = {
            "inscrire": self._add, "origine": self._add_origin, "oter": self._remove_origin, "quota": self._quota,
            "renouveler": self._rotate, "cle": self._revoke_key, "revoquer": self._revoke,
            "webhook": self._add_webhook, "arreter": self._stop, "relancer": self._start, "secret": self._rotate_secret,
            "rejouer": self._replay,
        }  # fmt: skip

    async def show(self, _request: Request, person: Person) -> Response:
        return await run_in_threadpool(self._page, person)

    async def act(self, request: Request, person: Person) -> Response:
        """Do what a form asks; a secret is shown in the answer itself, once, and kept nowhere."""
        form = await read_form(request)
        return await run_in_threadpool(self._do, form, person)

    def _do(self, form: Mapping[str, str], person: Person) -> Response:
        act = self._acts.get(form.get("acte", ""))
        try:
            if act is None:
                raise PartnerError("Cette page ne sait pas faire cela.")
            with writing(self._hub.engine).begin() as connection:
                secret, done = act(connection, form)
        except SyndicationError as error:
            return self._page(person, 422, fault=str(error), form=form)
        return self._page(person, secret=secret, done=done)

    def _page(
        self, person: Person, status: int = 200, *, fault: str = "", secret: str = "", done: str = "",
        form: Mapping[str, str] | None = None,
    ) -> Response:  # fmt: skip
        now = self._hub.clock()
        since = now.date() - timedelta(days=DAYS)
        with self._hub.engine.connect() as connection:
            partners = store.listed(connection)
            served = store.totals(connection, since)
            days = store.usage(connection, since)
            hooks = webhooks.listed(connection)
            messages = {hook.id: webhooks.deliveries(connection, hook.id, MESSAGES) for hook in hooks}
        return page(
            "desk/partners.html", status, here="/moderation/partenaires", person=person, partners=partners,
            served=served, days=days, hooks=hooks, messages=messages, now=now, fault=fault, secret=secret,
            done=done, form=form or {}, scopes=SCOPES,
            overlap=OVERLAP.days, events=webhooks.EVENTS, window=DAYS,
            policy=self._hub.settings.embed_policy,
        )  # fmt: skip

    def _add(self, connection: Connection, form: Mapping[str, str]) -> tuple[str, str]:
        name = form.get("nom", "").strip()
        if any(row.name == name for row in store.listed(connection)):
            raise PartnerError(f"« {name} » est déjà inscrit.")
        wanted = [read_origin(one) for one in form.get("origine", "").split()]
        scopes = [scope for scope in SCOPES if f"portee.{scope}" in form] or list(SCOPES)
        key = store.add(connection, name, wanted, self._hub.clock(), scopes=scopes, quota=_number(form, "quota"))
        return key or "", f"« {name} » est inscrit. Voici sa clé."

    def _add_origin(self, connection: Connection, form: Mapping[str, str]) -> tuple[str, str]:
        name, origin = form.get("nom", ""), read_origin(form.get("origine", ""))
        store.named(connection, name)
        store.add(connection, name, [origin], self._hub.clock())
        return "", f"« {name} » peut montrer les avis depuis {origin}."

    def _remove_origin(self, connection: Connection, form: Mapping[str, str]) -> tuple[str, str]:
        store.remove_origin(connection, form.get("nom", ""), form.get("origine", ""), self._hub.clock())
        return "", f"{form['origine']} n'est plus une origine de « {form['nom']} »."

    def _quota(self, connection: Connection, form: Mapping[str, str]) -> tuple[str, str]:
        name, quota = store.named(connection, form.get("nom", "")).name, _number(form, "quota") or keys.DEFAULT_QUOTA
        store.add(connection, name, (), self._hub.clock(), quota=quota)
        return "", f"« {name} » a droit à {quota} requêtes par minute."

    def _rotate(self, connection: Connection, form: Mapping[str, str]) -> tuple[str, str]:
        name, now = form.get("nom", ""), self._hub.clock()
        working = [key for key in store.named(connection, name).keys if key.works(now)]
        if len(working) > 1 and now - working[0].created_at < TWICE:
            raise PartnerError("Une nouvelle clé vient d'être donnée : la page a peut-être été envoyée deux fois.")
        key = store.rotate(connection, name, now)
        return key, f"Nouvelle clé de « {name} » ; l'ancienne sert encore {OVERLAP.days} jours."

    def _revoke_key(self, connection: Connection, form: Mapping[str, str]) -> tuple[str, str]:
        name, end = form.get("nom", ""), form.get("fin", "")
        store.revoke_key(connection, name, end, self._hub.clock())
        return "", f"La clé …{end} de « {name} » est révoquée."

    def _revoke(self, connection: Connection, form: Mapping[str, str]) -> tuple[str, str]:
        store.revoke(connection, form.get("nom", ""), self._hub.clock())
        return "", f"« {form['nom']} » est révoqué : ses clés et ses origines ne servent plus."

    def _add_webhook(self, connection: Connection, form: Mapping[str, str]) -> tuple[str, str]:
        partner = store.named(connection, form.get("nom", ""))
        url = str(read_url(form.get("url", ""), allow_local=self._hub.settings.webhook_local))
        wanted = [event for event in webhooks.EVENTS if f"evenement.{event}" in form] or webhooks.EVENTS
        row = webhooks.add(connection, partner.id, url, wanted, self._hub.clock())
        return self._secret(row), f"Les messages de « {partner.name} » iront à {url}. Voici ce qui les signe."

    def _stop(self, connection: Connection, form: Mapping[str, str]) -> tuple[str, str]:
        webhooks.stop(connection, form.get("webhook", ""), "Arrêté à la main.", self._hub.clock())
        return "", "Ce webhook est arrêté."

    def _start(self, connection: Connection, form: Mapping[str, str]) -> tuple[str, str]:
        address = changes_address(self._hub.settings.public_url)
        webhooks.start(connection, form.get("webhook", ""), address, self._hub.clock())
        return "", "Ce webhook est remis en marche."

    def _rotate_secret(self, connection: Connection, form: Mapping[str, str]) -> tuple[str, str]:
        row = webhooks.rotate(connection, form.get("webhook", ""))
        return self._secret(row), "Nouveau secret ; l'ancien signe aussi, jusqu'à la fois suivante."

    def _replay(self, connection: Connection, form: Mapping[str, str]) -> tuple[str, str]:
        address = changes_address(self._hub.settings.public_url)
        count = webhooks.replay(connection, form.get("webhook", ""), address, self._hub.clock())
        return "", f"{count} messages seront envoyés de nouveau."

    def _secret(self, row: webhooks.WebhookRow) -> str:
        return secret_of(self._hub.settings.keys()[0], row.salts[0])


def _number(form: Mapping[str, str], name: str) -> int | None:
    text = form.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= 1_000_000):
        raise WebhookError("Un nombre entier, d'un à un million, est attendu.")
    return int(text[:9])
