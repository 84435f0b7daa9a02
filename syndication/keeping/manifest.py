"""What a backup says of itself: written last, so that a folder without it is known to be half of one. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from syndication.errors import KeepingError

NAME = "manifeste.json"
UNDER_WAY = "sauvegarde-en-cours"
"""Name of the file that stands in a folder until its backup is whole."""
FORMAT = 1
SEAL = "sha256"
"""The name of the hash of the rest."""
SQLITE, POSTGRESQL = "sqlite", "postgresql"


@dataclass(frozen=True, slots=True)
class Table:
    """How many rows of a table were kept; its columns in the order of their file, where it has one of its own."""

    rows: int
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Base:
    """A database as it was kept. ``sequences``: the last number given out, by table."""

    kind: str
    revision: str
    tables: Mapping[str, Table]
    sequences: Mapping[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Rows of all its tables."""
        return sum(table.rows for table in self.tables.values())


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was written: bytes, SHA-256 in hexadecimal."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """A whole backup. ``files`` by their path in the folder; ``keys`` are tags of the secret keys of that moment, the
    newest first."""

    moment: datetime
    release: str
    bases: Mapping[str, Base]
    files: Mapping[str, File]
    keys: tuple[str, ...]

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(file.size for file in self.files.values())


def to_text(manifest: Manifest) -> str:
    """The manifest as its file says it, sealed by its own hash."""
    said = {"sauvegarde": "sirius", "format": FORMAT, **asdict(manifest), "moment": manifest.moment.isoformat()}
    return json.dumps({**said, SEAL: _seal(said)}, ensure_ascii=False, indent=1)


def _seal(said: Mapping[str, Any]) -> str:
    """SHA-256 of all that a manifest says, however it is laid out."""
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def from_text(text: str) -> Manifest:
    """A manifest read back; raises KeepingError."""
    try:
        said: dict[str, Any] = json.loads(text)
        if said.get("sauvegarde") != "sirius":
            raise KeyError("sauvegarde")
        if said["format"] > FORMAT:
            raise KeepingError(
                f"Cette sauvegarde (Sirius {said['release']}) a été faite par une version plus récente : "
                "mettez Sirius à jour, puis recommencez."
            )
        if said.pop(SEAL) != _seal(said):
            raise ValueError(SEAL)
        return Manifest(
            moment=datetime.fromisoformat(said["moment"]),
            release=str(said["release"]),
            bases={name: _base(base) for name, base in said["bases"].items()},
            files={name: File(int(file["size"]), str(file["sha256"])) for name, file in said["files"].items()},
            keys=tuple(map(str, said["keys"])),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise KeepingError(
            f"{NAME} ne se lit pas : cette sauvegarde est abîmée. Recopiez-la, ou prenez-en une autre."
        ) from None


def _base(said: Mapping[str, Any]) -> Base:
    if said["kind"] not in {SQLITE, POSTGRESQL}:
        raise ValueError(said["kind"])
    tables = {name: Table(int(one["rows"]), tuple(one["columns"])) for name, one in said["tables"].items()}
    return Base(str(said["kind"]), str(said["revision"]), tables, {k: int(v) for k, v in said["sequences"].items()})
