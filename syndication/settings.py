"""Settings of the hub, read from the environment (prefix ``SIRIUS_``); the collector's own come along."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import URL, make_url

from collector import door
from syndication.errors import ConfigurationError

OWN_SECRETS = ("syndication_database_url",)
"""Settings of the hub that hold a secret: a file may give each, as it may those of the collector."""

POSTGRESQL_PORT = 5432
"""What an address means that names none."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Respondents under which nothing, only counts, or a word of caution is shown."""

    minimum: int = 5
    minimum_percent: int = 10
    fragile_below: int = 20


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who answers for this installation, as the law wants it told (LCEN, article 6 III)."""

    name: str = ""
    address: str = ""
    email: str = ""
    director: str = ""
    host: str = ""

    @property
    def told(self) -> bool:
        """True when nothing the law asks for is missing."""
        return all((self.name, self.address, self.email, self.director, self.host))


class _Environment(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SIRIUS_", frozen=True, extra="ignore")

    syndication_database_url: str = ""
    embed_policy: Literal["open", "partners"] = "open"
    min_respondents: int = Field(default=5, ge=2)
    min_respondents_percent: int = Field(default=10, ge=2)
    fragile_below: int = Field(default=20, ge=2)
    duplicate_length: int = Field(default=40, ge=0, le=1000)
    ready_megabytes: int = Field(default=64, ge=1, le=65536)
    api_limit: int = Field(default=3000, ge=1)
    archive_months: int = Field(default=24, ge=0, le=1200)
    webhook_local: bool = False
    waiting_days: int = Field(default=10, ge=1, le=30)
    publisher_name: str = ""
    publisher_address: str = ""
    publisher_email: str = ""
    publisher_director: str = ""
    publisher_host: str = ""

    @field_validator("syndication_database_url")
    @classmethod
    def _refuse_unknown_databases(cls, value: str) -> str:
        return door.checked_database_url(value)


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may decide for the hub. ``archive_months``: age of an experience at which what tells of it is
    archived; 0 for never."""

    collector: door.Settings
    database_url: str
    embed_policy: str
    thresholds: Thresholds
    duplicate_length: int
    ready_megabytes: int
    api_limit: int
    webhook_local: bool
    publisher: Publisher
    archive_months: int
    waiting_days: int = 10
    """Days that a text may wait to be read before the desk and its moderators are warned."""

    @classmethod
    def from_environment(cls) -> Self:
        """Read the environment, and the files that it names for secrets; raises ConfigurationError naming the first
        variable that makes no sense."""
        given: dict[str, Any] = {}
        try:
            given |= door.given_by_file(OWN_SECRETS, os.environ)
            own = _Environment(**given)
            leaf = door.Settings.from_environment()
        except ValidationError as error:
            raise ConfigurationError(door.first_fault(error, given)) from None
        except door.SettingError as error:
            raise ConfigurationError(str(error)) from None
        return cls.of(leaf, own)

    @classmethod
    def of(cls, leaf: door.Settings, own: _Environment | None = None) -> Self:
        """Settings around a collector's, the rest from ``own`` or by default, whatever the environment says."""
        own = own or _Environment.model_construct()
        thresholds = Thresholds(own.min_respondents, own.min_respondents_percent, own.fragile_below)
        if thresholds.minimum_percent < thresholds.minimum:
            raise ConfigurationError("SIRIUS_MIN_RESPONDENTS_PERCENT : ne peut pas être sous SIRIUS_MIN_RESPONDENTS")
        url = own.syndication_database_url or f"sqlite:///{leaf.data_dir.resolve() / 'syndication.db'}"
        if same_database(leaf.database_url, url):
            raise ConfigurationError(
                "SIRIUS_COLLECTOR_DATABASE_URL et SIRIUS_SYNDICATION_DATABASE_URL mènent à la même base : donnez-en "
                "une à chacune"
            )
        publisher = Publisher(
            own.publisher_name, own.publisher_address, own.publisher_email, own.publisher_director, own.publisher_host
        )
        return cls(
            leaf,
            url,
            own.embed_policy,
            thresholds,
            own.duplicate_length,
            own.ready_megabytes,
            own.api_limit,
            own.webhook_local,
            publisher,
            own.archive_months,
            own.waiting_days,
        )

    @property
    def public_url(self) -> str:
        """Address under which the world reaches the service, without a final slash."""
        return self.collector.public_url

    @property
    def secure(self) -> bool:
        """True when the service is reached over https."""
        return self.collector.secure

    @property
    def data_dir(self) -> Path:
        """Folder of what the service keeps in files."""
        return self.collector.data_dir

    @property
    def folders(self) -> tuple[Path, ...]:
        """Folders that whoever works on the installation works in: that of its data, then those of SQLite's files."""
        return door.folders_of(self.data_dir, self.collector.database_url, self.database_url)

    @property
    def files(self) -> list[Path]:
        """SQLite's files."""
        return door.files_of(self.collector.database_url, self.database_url)

    def keys(self) -> tuple[str, ...]:
        """Signing keys, newest first."""
        return self.collector.keys()


def same_database(one: str, other: str) -> bool:
    """Whether two addresses lead to one database, however they are spelled. Two of one PostgreSQL database may differ
    by user or by search path, and so mean two schemas."""
    return _place(one) == _place(other)


def _place(url: str) -> URL:
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        return address.set(database=str(Path(address.database or "").resolve()))
    return address.set(drivername="postgresql", port=address.port or POSTGRESQL_PORT)
