"""Records of the apprenticeship catalogue (catalogue-apprentissage): one training action each, with every code that it
bears and the three centres that have a part in it. Pure.

A record names the place by ``uai_formation``, then who teaches and who answers for it. Feeds hold UAIs that cannot be
(``C752887F``): a role that cannot be read costs a remark, and the record is refused only when none is left.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from syndication.catalogue import cells
from syndication.catalogue.codes import read_centre_code
from syndication.catalogue.facts import MENTIONED, CentreFact, CodeFact, Fact, FormationFact, OfferFact, Remark, Row
from syndication.errors import CodeError

COLUMNS = frozenset(
    {"cfd", "id_certifinfo", "rncp_code", "cle_ministere_educatif", "uai_formation"}
    | {f"etablissement_{role}_{what}" for role in ("formateur", "gestionnaire") for what in ("uai", "siret")}
)
"""Names by which a file is known to be the catalogue's."""
_CODES = (
    ("rncp", "rncp_code"),
    ("certifinfo", "id_certifinfo"),
    ("cle", "cle_ministere_educatif"),
    ("parcoursup", "parcoursup_id"),
    ("affelnet", "affelnet_id"),
    ("onisep", "onisep_url"),
)


def catalogue_record(row: Row) -> Iterator[Fact | Remark]:
    """Facts of a record; raises CodeError or ValueError for one that must be rejected."""
    scheme = "cfd" if row["cfd"].strip() else "certifinfo"
    if scheme == "certifinfo" and not row["id_certifinfo"].strip():
        raise ValueError("ni CFD, ni Certif-Info")
    value = cells.code(scheme, row["cfd"] or row["id_certifinfo"])
    key = f"{scheme}:{value}"
    closed = cells.day_of_instant(row.get("cfd_date_fermeture", ""))
    title = row.get("intitule_long", "").strip() or row.get("intitule_court", "").strip()
    level = cells.number(row.get("niveau", "")[:1])
    yield FormationFact(key, title or value, 1 if title else MENTIONED, level, None, closed)
    if scheme == "cfd":
        yield CodeFact(key, "cfd", value, None, closed)
    yield from cells.codes(key, ((name, row.get(column, "")) for name, column in _CODES))
    yield from cells.codes(key, (("mef", mef) for mef in _mefs(row.get("bcn_mefs_10", ""))))
    yield from _offers(row, scheme, value)


@dataclass(frozen=True, slots=True)
class _Part:
    """A centre in one of its roles, as far as it could be read."""

    role: str
    uai: str
    siret: str
    faults: tuple[str, ...]


def _offers(row: Row, scheme: str, value: str) -> Iterator[Fact | Remark]:
    """The three centres and what part each has; raises ValueError when none can be used."""
    parts = (
        _part("lieu", row["uai_formation"], row.get("lieu_formation_siret", "")),
        *(_part(r, row[f"etablissement_{r}_uai"], row[f"etablissement_{r}_siret"]) for r in _OTHER_ROLES),
    )
    reasons = [fault for part in parts for fault in part.faults]
    if not any(part.uai or part.siret for part in parts):
        raise ValueError("aucun établissement utilisable" + "".join(f" ; {reason}" for reason in reasons))
    yield from map(Remark, reasons)
    place = parts[0].uai
    for part in parts:
        if part.uai or part.siret:
            capacity = cells.number(row.get("capacite", "")) if part.role == "lieu" else None
            yield _centre(row, part)
            yield OfferFact(scheme, value, part.uai, part.role, capacity, place or None, part.siret or None)


_OTHER_ROLES = ("formateur", "gestionnaire")


def _part(role: str, uai: str, siret: str) -> _Part:
    read: dict[str, str] = {}
    faults: list[str] = []
    for scheme, text in (("uai", uai), ("siret", siret)):
        try:
            read[scheme] = read_centre_code(f"{scheme}:{text}").value if text.strip() else ""
        except CodeError as error:
            faults.append(f"{role} : {error}")
    return _Part(role, read.get("uai", ""), read.get("siret", ""), tuple(faults))


def _centre(row: Row, part: _Part) -> CentreFact:
    """The centre of a role. No column names the place: it goes by its UAI until another role or file names it."""
    prefix = "" if part.role == "lieu" else f"etablissement_{part.role}_"
    city, department, region = (
        row.get(prefix + column, "").strip() for column in ("localite", "num_departement", "region")
    )
    names = [row.get(f"{prefix}{column}", "").strip() for column in ("enseigne", "entreprise_raison_sociale") if prefix]
    name = next(filter(None, names), "")
    nameless = f"Établissement {part.uai or part.siret}"
    return CentreFact(part.uai, name or nameless, 1 if name else 0, part.siret or None, city, department, region)


def _mefs(text: str) -> list[str]:
    """MEF codes of the list that a record holds: ``[{"mef10": "3112310721", …}, …]``."""
    try:
        listed = json.loads(text or "[]")
    except ValueError:
        return []
    entries = listed if isinstance(listed, list) else []
    return [str(entry.get("mef10") or "") for entry in entries if isinstance(entry, dict)]
