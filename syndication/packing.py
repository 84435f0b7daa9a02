"""JSON that rows repeat with other figures, as SQLite keeps it: packed. Never words: these stay legible where they are.

A review's closed answers are eight hundred bytes of keys, a reading of results some thousands; packed, a tenth of it.
PostgreSQL keeps JSON.
"""

import json
import zlib
from typing import Any

from sqlalchemy import JSON, Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator, TypeEngine

_FORMAT = b"\x01"
"""What begins a packed value; one made with other samples would begin otherwise."""
_SAMPLE = (
    b'{"told": {"2025": {"": 9, "bien": 5, "moyen": 3, "mal": 1}}, "years": {"2025": [{"bien": 7, "moyen": 2}, [], 0]},'
    b' "rest": [{}, [], 0], "whole": [{"": 7, "bien": 7}, [], 0]}, "@repondants": {"": 5}, "choix.avant": {"": 7, "coll'
    b'ege": 3, "lycee": 2}, "choix.pourquoi": {"": 7, "choix.aide_cfa": {"": 7, "choix.comment_trouver": {"": 7, "choix'
    b'.difficultes": {"": 7, "choix.aide_entreprise": {"": 7, "choix.droits": {"": 7, "choix.cfa.accompagnement": {"": '
    b'7, {"scales": {"recherche": "moyen", "entreprise": "bien", "entreprise.rythme": "bien", "entreprise.horaires": "b'
    b'ien", "entreprise.vacances": "mal", "entreprise.metier": "bien", "entreprise.ambiance": "bien", "cfa": "bien", "c'
    b'fa.ambiance": "bien", "cfa.difficulte": "moyen", "cfa.charge": "moyen", "cfa.equipements": "bien", "cfa.enseignem'
    b'ent": "bien", "cfa.accessibilite": "bien", "cfa.accompagnement": "bien", "satisfaction": "bien", "fierte.communic'
    b'ation": "bien", "fierte.confiance": "bien", "fierte.autonomie": "bien", "fierte.voie": "bien", "fierte.felicitati'
    b'ons": "moyen"}, "choices": {"avant": ["college", "lycee", "apprentissage", "petit_boulot"], "pourquoi": ["metier"'
    b', "autonomie", "moins_ecole", "entourage"], "aide_cfa": ["aide", "pas_aide"], "aide_cfa.comment": ["cv", "entreti'
    b'en", "candidature"], "comment_trouver": ["seul", "entourage", "cfa", "autre"], "difficultes": ["rien", "trouver",'
    b' "entretiens", "candidatures"], "aide_entreprise": ["non", "oui"], "droits": ["remuneration", "travail", "sante",'
    b' "securite", "mobilite"], "cfa.accompagnement": ["tres_disponible", "disponible_autonomie"]}}'
)
"""What packed values have in common. Not a byte of it may change: every value of ``_FORMAT`` is read with it."""
_LEVEL = 6


class PackedJson(TypeDecorator[Any]):
    """A JSON value: packed in SQLite, JSON elsewhere."""

    impl = LargeBinary  # so that no statement looks into it, which SQLite could not do
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """What the database itself holds."""
        return dialect.type_descriptor(LargeBinary() if dialect.name == "sqlite" else JSON())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """To what the database holds."""
        return value if value is None or dialect.name != "sqlite" else pack(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """From what the database holds."""
        return value if value is None or dialect.name != "sqlite" else unpack(value)


def pack(value: Any) -> bytes:
    """A value packed."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS, zdict=_SAMPLE)
    return _FORMAT + packer.compress(json.dumps(value, ensure_ascii=False).encode()) + packer.flush()


def unpack(value: bytes) -> Any:
    """The value that ``pack`` packed; raises ValueError for what it did not."""
    if value[:1] != _FORMAT:
        raise ValueError("a value packed in a way that this release does not know")
    return json.loads(zlib.decompressobj(-zlib.MAX_WBITS, zdict=_SAMPLE).decompress(value[1:]))
