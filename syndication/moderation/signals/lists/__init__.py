"""Lists of words that signals are read from, as files that a moderator can read and correct."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def load(name: str) -> dict[str, Any]:
    """The document ``name.toml`` of this folder."""
    return tomllib.loads((files(__name__) / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def words(document: str, key: str) -> frozenset[str]:
    """The words of one entry of a document."""
    return frozenset(str(load(document)[key]).split())
