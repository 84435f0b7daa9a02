"""What is wrong with a database or a disk, in one French sentence that says what to do. Neither secret nor address."""

import errno
import os
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Engine, event
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import OperationalError, SQLAlchemyError

_RIGHTS = ("l'accès est refusé", "donnez-en le droit à l'utilisateur qui lance Sirius")
_ELSEWHERE = "corrigez le chemin"
_FAULTS = {
    errno.EACCES: _RIGHTS, errno.EPERM: _RIGHTS,
    errno.EROFS: ("disque en lecture seule", "rendez ce disque inscriptible, ou choisissez-en un autre"),
    errno.ENOSPC: ("le disque est plein", "faites de la place"),
    errno.EDQUOT: ("le quota du disque est atteint", "faites de la place"),
    errno.EFBIG: ("le fichier dépasse la taille permise", "augmentez-la (ulimit -f)"),
    errno.ENOENT: ("il n'existe pas", _ELSEWHERE),
    errno.ENOTDIR: ("un dossier est attendu, c'est un fichier", _ELSEWHERE),
    errno.EISDIR: ("un fichier est attendu, c'est un dossier", _ELSEWHERE),
    errno.EEXIST: ("un fichier de ce nom existe déjà", _ELSEWHERE),
    errno.EIO: ("le disque est en panne", "changez de disque, puis restaurez une sauvegarde"),
    errno.EMFILE: ("trop de fichiers sont ouverts", "augmentez leur nombre permis (ulimit -n)"),
    errno.EADDRINUSE: ("l'adresse est déjà prise", ""),
    errno.EADDRNOTAVAIL: ("cette machine n'a pas cette adresse", ""),
}  # fmt: skip
"""Why a file or an address cannot be used, and what to do about a file, by the system's number."""
_SQLITE = (
    ("SQLITE_BUSY", "un autre programme la tient verrouillée : attendez qu'il ait fini, ou arrêtez-le"),
    ("SQLITE_LOCKED", "un autre programme la tient verrouillée : attendez qu'il ait fini, ou arrêtez-le"),
    ("SQLITE_READONLY", "le fichier ou son disque est en lecture seule : rendez-les inscriptibles"),
    ("SQLITE_FULL", "le disque est plein : faites de la place"),
    ("SQLITE_IOERR", "le disque ne l'écrit ou ne la lit pas : vérifiez sa place, ses limites et son état"),
    ("SQLITE_NOTADB", "ce fichier n'est pas une base SQLite : corrigez {setting}, ou restaurez une sauvegarde"),
    ("SQLITE_CORRUPT", "ce fichier est abîmé : restaurez une sauvegarde"),
    ("SQLITE_CANTOPEN", "le fichier ne s'ouvre pas : voyez si son dossier existe et si vous pouvez y écrire"),
)  # fmt: skip
"""What to do, by the beginning of SQLite's name for an error."""
_SERVER = (
    ("failed to resolve host", "aucun serveur ne porte ce nom : corrigez {setting}"),
    ("could not translate host name", "aucun serveur ne porte ce nom : corrigez {setting}"),
    ("password authentication failed", "l'utilisateur ou le mot de passe est refusé : corrigez {setting}"),
    ("no password supplied", "un mot de passe est attendu : donnez-le dans {setting}"),
    ("no pg_hba.conf entry", "le serveur n'accepte pas cet utilisateur depuis cette machine : voyez pg_hba.conf"),
    ("pg_hba.conf rejects", "le serveur n'accepte pas cet utilisateur depuis cette machine : voyez pg_hba.conf"),
    ("too many connections for", "toutes les connexions permises y sont prises : voyez CONNECTION LIMIT"),
    ("not currently accepting connections", "elle n'accepte personne : voyez ALLOW_CONNECTIONS, ou corrigez {setting}"),
    ("role \"", "cet utilisateur n'existe pas : créez-le, ou corrigez {setting}"),
    ("too many clients", "toutes ses connexions sont prises : augmentez max_connections"),
    ("remaining connection slots", "toutes ses connexions sont prises : augmentez max_connections"),
    ("SSL", "le serveur et l'adresse ne s'entendent pas sur le chiffrement : voyez sslmode dans {setting}"),
    ("invalid connection option", "une option de l'adresse n'est pas connue : corrigez {setting}"),
    ("permission denied", "l'utilisateur n'a pas les droits qu'il faut : faites-en le propriétaire de la base"),
    ("read-only transaction", "elle est en lecture seule : donnez l'adresse du serveur principal dans {setting}"),
    ("canceling statement due to lock timeout", "un autre programme la tient verrouillée : attendez qu'il ait fini"),
    ("database \"", "cette base n'existe pas : créez-la (createdb), ou corrigez {setting}"),
)  # fmt: skip
"""What to do, by what PostgreSQL or its client says; the first that fits."""
_GONE = "rien n'y répond : démarrez PostgreSQL, ou corrigez {setting}"
_FOLDER = "c'est un dossier, et le chemin d'un fichier est attendu : corrigez {setting}"
_REFUSED = "elle refuse ce qui lui est demandé : lancez « sirius doctor »"


def reason_of(error: OSError) -> str:
    """Why a file or an address cannot be used, as the end of a sentence."""
    return _FAULTS.get(error.errno or 0, (error.strerror or "lecture ou écriture impossible", ""))[0]


def unusable(path: str | Path, error: OSError) -> str:
    """That a file or a folder cannot be used, why, and what to do: a sentence; ``path`` when the error names none."""
    _, todo = _FAULTS.get(error.errno or 0, ("", "voyez l'état de son disque"))
    return f"{error.filename or path} ne peut pas être utilisé ({reason_of(error)}) : {todo}."


def place_of(url: str | URL) -> str:
    """Which database an address means, for people: a file, or a name and its server; no user, no password."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        return f"La base {address.database}"
    host = address.host or address.query.get("host") or "cette machine"
    return f"La base « {address.database or ''} » de {host}{f':{address.port}' if address.port else ''}"


def trouble_of(error: SQLAlchemyError, url: str | URL, setting: str) -> str:
    """Why a database cannot be used and what to do, a sentence; ``setting`` names what gives its place."""
    cause = getattr(error, "orig", None)
    name, said = str(getattr(cause, "sqlite_errorname", "")), str(cause or error)
    if make_url(url).get_backend_name() == "sqlite":
        file = Path(make_url(url).database or "")
        if name.startswith("SQLITE_CANTOPEN") and _is_read_only(file.parent):
            name = "SQLITE_READONLY"  # it opens no file beside which it may not write another
        why = next((todo for start, todo in _SQLITE if name.startswith(start)), _REFUSED)
        if file.is_dir():
            why = _FOLDER
    else:
        answered = getattr(cause, "sqlstate", None) or not isinstance(error, OperationalError)
        why = next((todo for words, todo in _SERVER if words in said), _REFUSED if answered else _GONE)
    return f"{place_of(url)} : {why.format(setting=setting)}."


def note_place(engine: Engine, setting: str) -> None:
    """Have an engine and its errors know what gives the address of its database, a variable or an option of a command,
    for ``given_by`` and ``told_of``."""
    engine.update_execution_options(given_by=setting)

    def note(context: ExceptionContext) -> None:
        if context.sqlalchemy_exception is not None:
            cast(Any, context.sqlalchemy_exception).place = (engine.url, setting)

    event.listen(engine, "handle_error", note)


def given_by(engine: Engine) -> str:
    """What gives the address of an engine's database, as ``note_place`` was told."""
    return str(engine.get_execution_options()["given_by"])


def told_of(error: SQLAlchemyError) -> str:
    """What ``trouble_of`` tells of an error that knows its database; nothing of another."""
    place: tuple[URL, str] | None = getattr(error, "place", None)
    return trouble_of(error, *place) if place is not None else ""


def _is_read_only(folder: Path) -> bool:
    try:
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def not_ours(url: str | URL, whose: str, setting: str) -> str:
    """That a database holds the schema of something else, a sentence; ``whose`` it should be, in French."""
    return (
        f"{place_of(url)} : ce n'est pas la base {whose}. Corrigez {setting} : si les adresses des deux bases sont "
        "échangées, remettez chacune à sa place ; si c'est deux fois la même, donnez à chacune la sienne."
    )


def half_restored(url: str | URL) -> str:
    """That a database was restored or moved to by half, a sentence."""
    return (
        f"{place_of(url)} : une restauration ou un déménagement n'y est pas allé au bout : relancez "
        "« sirius restore », ou « sirius move », avant tout."
    )


def newer_than_us(url: str | URL, revision: str, newest: str) -> str:
    """That a database's schema is of a later release than this one, a sentence."""
    return (
        f"{place_of(url)} : une version plus récente de Sirius l'a mise à niveau (schéma {revision}, celle-ci va "
        f"jusqu'au {newest}) : installez cette version plus récente, ou restaurez une sauvegarde."
    )
