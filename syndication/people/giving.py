"""Giving an access and telling who gets it, in the caller's transaction."""

from datetime import datetime

from sqlalchemy import Connection

from syndication.accounts import signin, store
from syndication.accounts.account import ROLE_NAMES, scope_label
from syndication.accounts.store import Grant, Person
from syndication.catalogue import store as catalogue
from syndication.letters import store as letters


def invite(connection: Connection, wanted: Grant, by: Person, now: datetime) -> str:
    """Give somebody an access and owe them the mail that says so; gives what it is for. Raises SignInError.

    Who has the access already gets the mail all the same: it holds a link.
    """
    given = signin.checked(wanted)
    store.grant(connection, given, by.email, now)
    where = label(connection, given.role, given.scope, given.centre_id)
    data = {"by": by.name or by.email, "where": where, "lands": landing(connection, given)}
    letters.owe(connection, "invitation", given.email, data, now)
    return where


def landing(connection: Connection, given: Grant) -> str:
    """The page that somebody who is given an access starts from."""
    if given.centre_id is None:
        return signin.HOME[given.role]
    centre = catalogue.centre(connection, given.centre_id)
    return f"/cfa/{catalogue.centre_key(connection, centre).partition(':')[2]}"


def label(connection: Connection, role: str, scope: str, centre_id: int | None) -> str:
    """What an access is for, in words."""
    if centre_id is not None:
        return catalogue.centre(connection, centre_id).name
    name = ROLE_NAMES.get(role, role).lower()
    return f"{name}, {scope_label(scope)}" if role == "observer" else name
