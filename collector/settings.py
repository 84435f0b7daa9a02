"""Settings of the collector, read from the environment (prefix ``SIRIUS_``), refused aloud when they make no sense."""

import os
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from email.utils import formataddr, parseaddr
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from email_validator import EmailNotValidError, validate_email
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from collector.credentials import given_by_file
from collector.errors import SettingError
from collector.private import make_folder

SECRET_MINIMUM = 32
"""Shortest secret accepted, in characters: 32 characters of base64 carry 192 bits."""
TOKEN_MINIMUM = 24
"""Shortest token of metrics, in characters."""

SECRETS = ("secret_keys", "smtp_url", "collector_database_url", "metrics_token")
"""Settings that are secrets, or hold one: a file may give each."""

DEFAULT_SENDER = "Sirius <ne-pas-repondre@localhost>"
"""Good for mails written as files; a mail server wants a true one."""
_ADDRESS = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?/?")

_UNREADABLE = (
    "l'adresse se lit mal : une adresse IPv6 va entre crochets, et ceux d'un mot de passe s'écrivent %5B et %5D"
)


class Settings(BaseSettings):
    """What an operator may decide for the collector."""

    model_config = SettingsConfigDict(env_prefix="SIRIUS_", frozen=True, extra="ignore")

    data_dir: Path = Path("data")
    collector_database_url: str = ""
    public_url: str = "http://127.0.0.1:8000"
    secret_keys: Annotated[tuple[str, ...], NoDecode] = ()
    smtp_url: str = ""
    mail_from: str = DEFAULT_SENDER
    contact_months: int = Field(default=3, ge=0, le=36)
    """Months after a campaign's end when its roster is erased."""
    token_months: int = Field(default=12, ge=1, le=60)
    """Months after a campaign's end when its links, and what ties an answer to its author's link, are erased."""
    draft_days: int = Field(default=30, ge=1, le=365)
    """Days after which an answer left unfinished is erased."""
    optout_months: int = Field(default=36, ge=1, le=120)
    """Months for which a wish to receive no more mail is remembered."""
    outbox_days: int = Field(default=7, ge=1, le=90)
    """Days after which mails written as files are erased: each holds an address beside a link."""
    quick_seconds: float = Field(default=0.5, ge=0, le=60)
    """Seconds an answer under which a section was filled in too quickly; 0: never."""
    few_answers: int = Field(default=2, ge=0, le=50)
    """Answers under which a response is too empty; 0: never."""
    network_seats: int = Field(default=60, ge=1)
    """Seats of common links that one network may take in an hour before they are marked."""
    withdrawals_file: Path | None = None
    """Where the ledger of what authors take back is kept; None: in the folder of data."""
    metrics_token: str = Field(default="", repr=False)
    """What opens ``/metrics`` to other machines; empty: nothing does."""
    log_format: Literal["auto", "json", "texte"] = "auto"
    """Lines of the log: ``json``, ``texte``, or ``auto``, which is ``texte`` on a terminal."""

    @classmethod
    def from_environment(cls) -> Self:
        """Read the environment, and the files that it names for secrets; raises SettingError naming the first variable
        that makes no sense."""
        given: dict[str, Any] = dict(given_by_file(SECRETS, os.environ))
        try:
            return cls(**given)
        except ValidationError as error:
            raise SettingError(first_fault(error, given)) from None

    @field_validator("withdrawals_file", mode="before")
    @classmethod
    def _take_nothing_for_none(cls, value: object) -> object:
        return value or None

    @field_validator("withdrawals_file")
    @classmethod
    def _refuse_nameless_files(cls, value: Path | None) -> Path | None:
        if value is not None and value.name in {"", ".."}:
            raise ValueError("le chemin d'un fichier est attendu, comme /autre-disque/retraits")
        return value

    @field_validator("secret_keys", mode="before")
    @classmethod
    def _split_keys(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(key.strip() for key in value.replace("\n", ",").split(",") if key.strip())
        return value

    @field_validator("secret_keys")
    @classmethod
    def _refuse_short_keys(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(len(key) < SECRET_MINIMUM for key in value):
            raise ValueError(f"chaque clé compte au moins {SECRET_MINIMUM} caractères")
        return value

    @field_validator("metrics_token")
    @classmethod
    def _refuse_short_tokens(cls, value: str) -> str:
        if value and (len(value) < TOKEN_MINIMUM or not value.isascii() or any(map(str.isspace, value))):
            raise ValueError(f"au moins {TOKEN_MINIMUM} caractères sans accent ni espace sont attendus")
        return value

    @field_validator("public_url")
    @classmethod
    def _refuse_odd_addresses(cls, value: str) -> str:
        if not _ADDRESS.fullmatch(value):
            raise ValueError("une adresse http(s) sans chemin est attendue, comme https://avis.exemple.fr")
        return value.rstrip("/")

    @field_validator("smtp_url")
    @classmethod
    def _refuse_odd_servers(cls, value: str) -> str:
        if value:
            server_of(value)
        return value

    @field_validator("mail_from")
    @classmethod
    def _refuse_odd_senders(cls, value: str) -> str:
        if value == DEFAULT_SENDER:
            return value
        name, address = parseaddr(value)
        try:
            checked = validate_email(
                address, check_deliverability=False, allow_smtputf8=False, globally_deliverable=False
            ).ascii_email
        except EmailNotValidError:
            checked = None
        whole = {address, f"{name} <{address}>", f'"{name}" <{address}>', f"<{address}>"}
        if checked is None or value.strip() not in whole or not (name + address).isprintable():
            raise ValueError("un seul expéditeur est attendu, comme « Sirius <avis@exemple.fr> »")
        return formataddr((name, checked)) if name.isascii() else f"{name} <{checked}>"

    @field_validator("collector_database_url")
    @classmethod
    def _refuse_unknown_databases(cls, value: str) -> str:
        return checked_database_url(value)

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL of the collector's database."""
        return self.collector_database_url or f"sqlite:///{self.data_dir.resolve() / 'collector.db'}"

    @property
    def folders(self) -> tuple[Path, ...]:
        """Folders that whoever works on the collector works in."""
        return folders_of(self.data_dir, self.database_url)

    @property
    def ledger(self) -> Path:
        """File of the ledger of what authors take back; see ``collector.withdrawals``."""
        return self.withdrawals_file or self.data_dir / "retraits"

    @property
    def secure(self) -> bool:
        """True when the service is reached over https: cookies are then ``Secure`` and ``__Host-``."""
        return self.public_url.startswith("https://")

    def keys(self) -> tuple[str, ...]:
        """Signing keys, newest first; made once and kept in ``DATA_DIR/secret_keys`` (0600) when none is given."""
        return self.secret_keys or _kept_keys(self.data_dir / "secret_keys")


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails are handed over. ``security``: ``tls`` from the first byte, ``starttls``, or ``none``."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    user: str
    password: str = field(repr=False)
    authority: str
    """File of certificates to trust instead of the system's; empty for the system's."""


def server_of(url: str) -> MailServer:
    """Read ``smtps://user:password@host:465`` or ``smtp://host:587`` (STARTTLS); raises ValueError.

    ``?tls=aucun`` allows a relay without encryption, and then without password; ``?ca=FILE`` trusts that authority.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("l'adresse du serveur ou son port ne se lisent pas") from None
    options = dict(parse_qsl(parts.query))
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or set(options) - {"tls", "ca"}:
        raise ValueError("une adresse smtps://utilisateur:secret@serveur:465 ou smtp://serveur:587 est attendue")
    clear = options.get("tls") == "aucun"
    if ("tls" in options and not clear) or (clear and (parts.scheme == "smtps" or parts.username)):
        raise ValueError("tls=aucun est réservé à un relais smtp:// sans mot de passe")
    return MailServer(
        parts.hostname,
        port or (465 if parts.scheme == "smtps" else 587),
        "tls" if parts.scheme == "smtps" else "none" if clear else "starttls",
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        options.get("ca", ""),
    )


def files_of(*urls: str) -> list[Path]:
    """SQLite's files among addresses of databases, where links lead: what is beside one is beside the file itself."""
    files = (make_url(url).database for url in urls if url.startswith("sqlite"))
    return [Path(file).resolve() for file in files if file]


def folders_of(data_dir: Path, *urls: str) -> tuple[Path, ...]:
    """A folder of data, then those of SQLite's files among addresses of databases, each once."""
    folders = (data_dir, *(file.parent for file in files_of(*urls)))
    return tuple({folder.resolve(): folder for folder in folders}.values())


def checked_database_url(value: str) -> str:
    """Give back a database URL, empty for the default; raises ValueError for a database we do not speak,
    or not without a driver that is absent."""
    if value and not value.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise ValueError("une adresse sqlite:/// ou postgresql:// est attendue")
    if value.startswith("postgresql") and find_spec("psycopg") is None:
        raise ValueError("le pilote de PostgreSQL manque : pip install 'sirius-avis[postgresql]'")
    try:
        parts = urlsplit(value)
    except ValueError:
        raise ValueError(_UNREADABLE) from None
    try:
        parts.port  # noqa: B018 reading it checks it
    except ValueError:
        raise ValueError("le port de l'adresse n'est pas un nombre de 1 à 65535") from None
    try:
        address = make_url(value or "sqlite:///donnees.db")
    except (ValueError, ArgumentError):
        raise ValueError(_UNREADABLE) from None
    if address.get_backend_name() == "sqlite" and not _is_file(address):
        raise ValueError("un fichier est attendu, comme sqlite:////srv/sirius/collector.db : en mémoire, tout se perd")
    return value


def _is_file(address: URL) -> bool:
    """Whether an address of SQLite's is that of a file, with no option: ``file:…?mode=memory`` is SQLite's own way."""
    path = address.database or ":memory:"
    return path != ":memory:" and not path.startswith("file:") and not address.query


def first_fault(error: ValidationError, by_file: Collection[str] = ()) -> str:
    """Name the first refused variable and why, without its value, which may be a secret; ``by_file``: settings that
    files gave."""
    fault = error.errors(include_input=False)[0]
    setting = str(fault["loc"][0]) if fault["loc"] else "?"
    name = f"{setting}_FILE".upper() if setting in by_file else setting.upper()
    bounds = fault.get("ctx", {})
    reasons = {
        "int_parsing": "un nombre entier est attendu",
        "float_parsing": "un nombre est attendu",
        "less_than_equal": f"au plus {bounds.get('le')} est attendu",
        "greater_than_equal": f"au moins {bounds.get('ge')} est attendu",
        "literal_error": f"valeurs possibles : {str(bounds.get('expected')).replace(' or ', ' ou ')}",
    }
    return f"SIRIUS_{name} : {reasons.get(fault['type'], fault['msg'].removeprefix('Value error, '))}"


def _kept_keys(path: Path) -> tuple[str, ...]:
    if not path.exists():
        make_folder(path.parent)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(path)) from None  # nobody has heard of the draft
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another process made them first: theirs are kept
        finally:
            draft.unlink()
    try:
        keys = tuple(path.read_text(encoding="ascii").split())
    except UnicodeDecodeError:
        keys = ()
    if not keys or any(len(key) < SECRET_MINIMUM for key in keys):
        raise SettingError(f"{path} : aucune clé, ou une clé de moins de {SECRET_MINIMUM} caractères")
    return keys
