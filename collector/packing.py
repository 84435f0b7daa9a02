"""Answers as SQLite keeps them: keys that every response repeats are packed, words stand as they were written.

A response says eight hundred bytes of keys and a hundred of its own. PostgreSQL keeps JSON.
"""

import json
import zlib
from collections.abc import Callable
from typing import Any

from sqlalchemy import JSON, Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator, TypeEngine

_FORMAT = b"\x01"
"""What begins a packed value; one made with other samples would begin otherwise."""
_SAMPLE = (
    b'{"scales": {"recherche": "moyen", "entreprise": "bien", "entreprise.rythme": "bien", "entreprise.horaires": "bien'
    b'", "entreprise.vacances": "mal", "entreprise.metier": "bien", "entreprise.ambiance": "bien", "cfa": "bien", "cfa.'
    b'ambiance": "bien", "cfa.difficulte": "moyen", "cfa.charge": "moyen", "cfa.equipements": "bien", "cfa.enseignement'
    b'": "bien", "cfa.accessibilite": "bien", "cfa.accompagnement": "bien", "satisfaction": "bien", "fierte.communicati'
    b'on": "bien", "fierte.confiance": "bien", "fierte.autonomie": "bien", "fierte.voie": "bien", "fierte.felicitations'
    b'": "moyen"}, "choices": {"avant": ["college", "lycee", "apprentissage", "petit_boulot"], "pourquoi": ["metier", "'
    b'autonomie", "moins_ecole", "entourage"], "aide_cfa": ["aide", "pas_aide"], "aide_cfa.comment": ["cv", "entretien"'
    b', "candidature"], "comment_trouver": ["seul", "entourage", "cfa", "autre"], "difficultes": ["rien", "trouver", "'
    b'entretiens", "candidatures"], "aide_entreprise": ["non", "oui"], "droits": ["remuneration", "travail", "sante", '
    b'"securite", "mobilite"], "cfa.accompagnement": ["tres_disponible", "disponible_autonomie"]}'
)
"""What packed values have in common. Not a byte of it may change: every value of ``_FORMAT`` is read with it."""
_TEXTS = ', "texts": '
_LEVEL = 6


class PackedAnswers(TypeDecorator[dict[str, Any]]):
    """Answers (``records.answers_to``): packed in SQLite, JSON elsewhere."""

    impl = LargeBinary  # so that no statement looks into it, which SQLite could not do
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """What the database itself holds."""
        return dialect.type_descriptor(LargeBinary() if dialect.name == "sqlite" else JSON())

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> Any:
        """To what the database holds."""
        if value is None or dialect.name != "sqlite":
            return value
        return pack(json.dumps(value, ensure_ascii=False))

    def process_result_value(self, value: Any, dialect: Dialect) -> dict[str, Any] | None:
        """From what the database holds."""
        return value if value is None or dialect.name != "sqlite" else unpack(value)


def pack(stored: str) -> bytes:
    """Answers written as JSON, packed: the keys and closed answers small, then the texts, legible."""
    closed, mark, texts = stored.partition(_TEXTS)
    return _head(closed) + (mark + texts).encode()


def with_texts(closed: str) -> Callable[[str], bytes]:
    """What packs the same closed answers (JSON, without any text) with the texts of one response after another."""
    head = _head(closed.partition(_TEXTS)[0])
    return lambda texts: head + f"{_TEXTS}{texts}}}".encode()


def unpack(value: bytes) -> dict[str, Any]:
    """The answers that ``pack`` packed; raises ValueError for what it did not."""
    if value[:1] != _FORMAT:
        raise ValueError("answers packed in a way that this release does not know")
    end = 3 + int.from_bytes(value[1:3], "big")
    closed = zlib.decompressobj(-zlib.MAX_WBITS, zdict=_SAMPLE).decompress(value[3:end])
    answers: dict[str, Any] = json.loads(closed + value[end:])
    return answers


def _head(closed: str) -> bytes:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS, zdict=_SAMPLE)
    packed = packer.compress(closed.encode()) + packer.flush()
    return _FORMAT + len(packed).to_bytes(2, "big") + packed
