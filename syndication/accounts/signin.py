"""Signing in: one-time links, the sessions they open, and who may be given what."""

import hashlib
import re
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from syndication.accounts import store
from syndication.accounts.store import Grant, Person
from syndication.database import writing
from syndication.errors import SignInError

ROLES = ("moderator", "admin", "observer", "cfa", "referent")
LINK_LIFE = timedelta(minutes=15)
SESSION_LIFE = timedelta(hours=12)
HOME = {
    "moderator": "/moderation",
    "admin": "/moderation",
    "referent": "/moderation/alertes",
    "observer": "/observatoire",
    "cfa": "/cfa",
}
"""Where each role lands; who has several lands where the first of them does."""
LONGEST_PATH = 500
_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[\w-]{1,63}\.)+[\w-]{2,63}", re.ASCII)
"""What is stored is what mails are sent to: no comment and no quote (RFC 5322), which mail libraries take away, and
ASCII alone, which every mail server takes."""
_SCOPE = re.compile(r"nation|(region|departement|opco):.{1,80}")
_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]*")
_WAY_OUT = re.compile(r"%(?:2f|5c|0[0-9a-f]|1[0-9a-f]|7f)", re.IGNORECASE)
"""Slashes, backslashes and control characters in disguise."""


def checked(grant: Grant) -> Grant:
    """A grant that makes sense, its address as mails need it; raises SignInError."""
    if grant.role not in ROLES:
        raise SignInError(f"Rôle inconnu\u00a0: {grant.role}. Attendus\u00a0: {', '.join(ROLES)}.")
    address = grant.email.strip()
    if not _EMAIL.fullmatch(address):
        raise SignInError(f"«\u00a0{grant.email}\u00a0» n'est pas une adresse électronique.")
    if (grant.role == "cfa") != (grant.centre_id is not None):
        raise SignInError("Le rôle cfa, et lui seul, va avec un établissement.")
    scope = grant.scope or ("nation" if grant.role == "observer" else "")
    if grant.role == "observer" and not _SCOPE.fullmatch(scope):
        raise SignInError("Un observateur voit la nation, une région, un département ou un OPCO.")
    if grant.role != "observer" and grant.scope:
        raise SignInError("Seul un observateur a un périmètre.")
    return Grant(address.lower(), grant.role, grant.centre_id, scope)


def make_link(
    engine: Engine, public_url: str, grant: Grant, now: datetime, life: timedelta = LINK_LIFE, by: str = "commande"
) -> str:
    """Give somebody an access, unless they have it, and a one-time link; raises SignInError when it makes no sense."""
    given = checked(grant)
    with writing(engine).begin() as connection:
        person_id = store.grant(connection, given, by, now)
        return link_for(connection, public_url, person_id, HOME[given.role], now, life)


def link_for(
    connection: Connection, public_url: str, person_id: int, lands: str, now: datetime, life: timedelta = LINK_LIFE
) -> str:
    """A one-time link for somebody known, in the caller's transaction; ``lands`` is the page that it leads to."""
    token, link = draw_link(public_url)
    open_link(connection, token, person_id, lands, now, life)
    return link


def draw_link(public_url: str) -> tuple[str, str]:
    """A token and the link that holds it, which works once it was opened."""
    token = secrets.token_urlsafe(24)
    return token, f"{public_url}/connexion/{token}"


def open_link(
    connection: Connection, token: str, person_id: int, lands: str, now: datetime, life: timedelta = LINK_LIFE
) -> None:
    """Let a link work from now on."""
    store.add_link(connection, hashed(token), person_id, lands, now + life)


def home_of(person: Person) -> str:
    """Where somebody lands."""
    held = {access.role for access in person.accesses}
    return next((home for role, home in HOME.items() if role in held), "/compte")


def own_path(text: str) -> str:
    """A path of our own to go on to, with its query; empty for anything that a browser might take elsewhere.

    Refused: another host (``//…``, ``/\\…``, ``https:``), whatever could hide one, and the pages of signing in.
    """
    inside = len(text) <= LONGEST_PATH and _PATH.fullmatch(text) and not _WAY_OUT.search(text.partition("?")[0])
    if not inside or "//" in text.partition("?")[0] or re.match(r"/(de)?connexion\b", text):
        return ""
    return text


def address_of(text: str) -> str:
    """A mail address as it is kept; raises SignInError when it is none."""
    address = text.strip()
    if not _EMAIL.fullmatch(address):
        raise SignInError("Ce n'est pas une adresse électronique\u00a0: elle s'écrit comme prenom.nom@exemple.fr.")
    return address.lower()


def link_works(engine: Engine, token: str, now: datetime) -> bool:
    """True when a link can still be used; nothing changes."""
    with engine.connect() as connection:
        return store.link_is_open(connection, hashed(token), now)


def sign_in(engine: Engine, token: str, device: str, now: datetime, former: str = "") -> tuple[str, str]:
    """Spend a link and open a session: the cookie's value and the page to go to; raises SignInError.

    The ``former`` session of the same browser ends: whoever planted its cookie there is left with nothing.
    """
    session = secrets.token_urlsafe(24)
    with writing(engine).begin() as connection:
        spent = store.use_link(connection, hashed(token), now)
        if spent is None:
            raise SignInError("Ce lien de connexion a déjà servi ou n'est plus valable.")
        person_id, lands = spent
        if former:
            store.end_session(connection, hashed(former))
        store.add_session(connection, hashed(session), secrets.token_hex(6), person_id, device, now, now + SESSION_LIFE)
    return session, lands


def who(engine: Engine, session: str, now: datetime) -> Person | None:
    """Who holds a session's cookie, or None."""
    if not session:
        return None
    with engine.connect() as connection:
        return store.person_of(connection, hashed(session), now)


def sign_out(engine: Engine, session: str) -> None:
    """End a session."""
    with writing(engine).begin() as connection:
        store.end_session(connection, hashed(session))


def hashed(token: str) -> str:
    """What is stored of a token of 192 random bits."""
    return hashlib.sha256(f"sirius.signin:{token}".encode()).hexdigest()
