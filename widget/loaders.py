"""The loaders as published: a version's files never change, and each has its SRI hash. Pure.

``/widget/1.js`` is the newest of its major version, ``/widget/1.0.0.js`` one version for good, and
``/widget/versions.json`` lists them with their hashes.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

PUBLISHED = MappingProxyType(
    {
        "1.0.0.js": "sha384-+7YqfXHRXQ0SMwcdHHYhNMpu6XgJ54u2VGSUWGz3/8CcXKpa8Nq9rQeQ1IneRrBK",
        "1.0.0.plus.js": "sha384-e6T9n4+zuctMDKoXzmk1tqDuqVoTFrImqjApUu2eMazsFaX/xkGM4q2kCGWFvxm4",
    }
)
"""Every file ever published, with its hash."""
NEWEST = "1.0.0.js"
EVERGREEN = "1.js"
VERSIONS = "versions.json"
PATHS = frozenset(f"/widget/{name}" for name in (EVERGREEN, VERSIONS, *PUBLISHED))


@dataclass(frozen=True, slots=True)
class File:
    """A file as served."""

    body: bytes
    media_type: str
    immutable: bool


@cache
def find(name: str) -> File | None:
    """A published file, or None."""
    if name == VERSIONS:
        return File(json.dumps(listed()).encode(), "application/json", False)
    source = NEWEST if name == EVERGREEN else name
    if source not in PUBLISHED:
        return None
    body = files("widget").joinpath("static", "loaders", source).read_bytes()
    return File(body, "text/javascript; charset=utf-8", name != EVERGREEN)


def integrity(body: bytes) -> str:
    """The hash that a script element's ``integrity`` names."""
    return "sha384-" + base64.b64encode(hashlib.sha384(body).digest()).decode()


def listed() -> dict[str, object]:
    """The published versions, for people and tools that pin one."""
    return {
        "actuelle": NEWEST.removesuffix(".js"),
        "fichiers": [{"chemin": f"/widget/{name}", "integrite": digest} for name, digest in PUBLISHED.items()],
    }
