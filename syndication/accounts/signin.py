"""One-time sign-in links and the sessions they open."""

import hashlib
import re
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Engine

from syndication.accounts import store
from syndication.accounts.store import Person
from syndication.database import writing
from syndication.errors import SignInError

ROLES = ("moderator", "admin", "observer", "cfa")
LINK_LIFE = timedelta(minutes=15)
SESSION_LIFE = timedelta(hours=12)
HOME = {"moderator": "/moderation", "admin": "/moderation", "observer": "/", "cfa": "/cfa"}
"""Where each role lands."""
_EMAIL = re.compile(r"[^@\s,;<>]{1,64}@[^@\s,;<>]+\.[^@\s,;<>]{2,}")


def make_link(engine: Engine, public_url: str, person: Person, now: datetime, life: timedelta = LINK_LIFE) -> str:
    """A one-time link for a person; raises SignInError when the person makes no sense."""
    if person.role not in ROLES:
        raise SignInError(f"Rôle inconnu : {person.role}. Attendus : {', '.join(ROLES)}.")
    if not _EMAIL.fullmatch(person.email):
        raise SignInError(f"« {person.email} » n'est pas une adresse électronique.")
    if (person.role == "cfa") != (person.centre_id is not None):
        raise SignInError("Le rôle cfa, et lui seul, va avec un établissement.")
    token = secrets.token_urlsafe(24)
    with writing(engine).begin() as connection:
        store.add_link(connection, hashed(token), person, now + life)
    return f"{public_url}/connexion/{token}"


def link_works(engine: Engine, token: str, now: datetime) -> bool:
    """True when a link can still be used; nothing changes."""
    with engine.connect() as connection:
        return store.link_is_open(connection, hashed(token), now)


def sign_in(engine: Engine, token: str, now: datetime) -> tuple[str, Person]:
    """Spend a link and open a session: the cookie's value and who it is; raises SignInError."""
    session = secrets.token_urlsafe(24)
    with writing(engine).begin() as connection:
        person = store.use_link(connection, hashed(token), now)
        if person is None:
            raise SignInError("Ce lien de connexion a déjà servi ou n'est plus valable.")
        store.add_session(connection, hashed(session), person, now, now + SESSION_LIFE)
    return session, person


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
