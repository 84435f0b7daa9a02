"""The official files, told apart by their columns, and what each of their rows states. Pure.

Sources: BCN (``N_FORMATION_DIPLOME``, ``N_MEF``), the kit apprentissage of France compétences, Certif-Info, the list of
training organisations, DEPP's list of CFAs, offers joined from them, the apprenticeship catalogue's records, and
Parcoursup's offers.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from syndication.catalogue import cells
from syndication.catalogue.codes import SCHEMES, read_centre_code
from syndication.catalogue.facts import (
    MENTIONED,
    CentreFact,
    CodeFact,
    Fact,
    FormationFact,
    OfferFact,
    Remark,
    RenewalFact,
    Row,
    RowReader,
)
from syndication.catalogue.records import COLUMNS, catalogue_record


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of official file. ``order`` puts the files that others lean on first."""

    name: str
    label: str
    order: int
    columns: frozenset[str]
    reader: Callable[[Sequence[Row]], RowReader]


def recognise(columns: Iterable[str]) -> Format | None:
    """The kind of file that has these columns, or None."""
    present = frozenset(columns)
    return next((known for known in FORMATS if known.columns <= present), None)


# -- BCN -------------------------------------------------------------------------------------------------------------


def _bcn_diploma(row: Row) -> Iterator[Fact | Remark]:
    cfd = cells.code("cfd", row["FORMATION_DIPLOME"])
    key = f"cfd:{cfd}"
    opened, closed = cells.day(row["DATE_OUVERTURE"]), cells.day(row["DATE_FERMETURE"])
    title = row["LIBELLE_LONG_200"].strip() or row["LIBELLE_COURT"].strip()
    if not title:
        raise ValueError("le libellé manque")
    yield FormationFact(key, title, 2, cells.number(row.get("NIVEAU_QUALIFICATION_RNCP", "")), opened, closed)
    yield CodeFact(key, "cfd", cfd, opened, closed)
    for column in (*(f"ANCIEN_DIPLOME_{n}" for n in range(1, 8)), *(f"NOUVEAU_DIPLOME_{n}" for n in range(1, 8))):
        other = row.get(column, "").strip()
        if not other:
            continue
        read = SCHEMES["cfd"].canonical(other)
        if read is None or len(other) != 8:
            yield Remark(f"{column} mal formé : « {other} »")
        elif read == cfd:
            yield Remark(f"{column} renvoie à la formation elle-même")
        else:
            yield RenewalFact("cfd", read, cfd) if column.startswith("ANCIEN") else RenewalFact("cfd", cfd, read)


def _bcn_mef(row: Row) -> Iterator[Fact]:
    cfd, mef = cells.code("cfd", row["FORMATION_DIPLOME"]), cells.code("mef", row["MEF"])
    key = f"cfd:{cfd}"
    opened, closed = cells.day(row["DATE_OUVERTURE"]), cells.day(row["DATE_FERMETURE"])
    yield FormationFact(key, row["LIBELLE_LONG"].strip() or cfd, 0)
    yield CodeFact(key, "mef", mef, opened, closed)
    if row["MEF_STAT_11"].strip():
        yield CodeFact(key, "mefstat", cells.code("mefstat", row["MEF_STAT_11"]), opened, closed)


# -- certifications --------------------------------------------------------------------------------------------------


def _kit(row: Row) -> Iterator[Fact]:
    cfd = cells.code("cfd", row["Code_Diplome"])
    key = f"cfd:{cfd}"
    title = row["Intitulé diplôme (DEPP)"].strip()
    if not title:
        raise ValueError("l'intitulé manque")
    yield FormationFact(key, title, 1, cells.number(row["Niveau fiche RNCP"].removeprefix("Niveau ")))
    yield CodeFact(key, "cfd", cfd)
    rncp = row["Code_RNCP"].strip()
    if rncp != "NR":
        yield CodeFact(key, "rncp", cells.code("rncp", rncp), None, cells.day(row["Date d'échéance de la fiche RNCP"]))


class _CertifInfo:
    """Certif-Info joins five schemes. A CFD shared by unlike diplomas (84 sports for one) stands for none of them:
    each is then a formation under its own Certif-Info id.

    A row also names the diploma that it renews, with its codes. When that one has no row any more, this is all that is
    left of it: it becomes a formation too, so that its old codes keep leading somewhere.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        current, former = _diplomas(rows, _CURRENT), _diplomas(rows, _FORMER)
        self._numbers = frozenset(diploma.number for diploma in current)
        self._alone = _standing_alone(current)
        self._formerly_alone = _standing_alone([*current, *former])

    def __call__(self, row: Row) -> Iterator[Fact | Remark]:
        number = cells.code("certifinfo", row["Code_Diplome"])
        title = row["Libelle_Diplome"].strip()
        if not title:
            raise ValueError("le libellé manque")
        cfd = row["Code_Scolarité"].strip()
        attached = cfd and number not in self._alone
        key = f"cfd:{cells.code('cfd', cfd)}" if attached else f"certifinfo:{number}"
        since = cells.year(row["Annee_Premiere_Session"], 1, 1)
        until = cells.year(row["Annee_Derniere_Session"], 12, 31)
        yield FormationFact(key, title, 4, cells.number(row["Code_Niveau_Europeen"]), since, until)
        yield CodeFact(key, "certifinfo", number, since, until)
        if attached:
            yield CodeFact(key, "cfd", cells.code("cfd", cfd), since, until)
        rs = row["Code_RS"].strip().removeprefix("RS")
        yield from cells.codes(
            key, (("rncp", row["Code_RNCP"]), ("rs", rs and f"RS{rs}"), ("onisep", row["codeIdeo2"]))
        )
        yield from self._former(row, number, key)

    def _former(self, row: Row, number: str, key: str) -> Iterator[Fact | Remark]:
        """The renewal that a row states, and what it says of the diploma renewed."""
        old_number, old_cfd = (_former_code(row, column, scheme) for scheme, column in _FORMER_CODES)
        for column, old in (("Code_Ancien_Diplome", old_number), ("Code_Ancien_Scolarité", old_cfd)):
            if row[column].strip() and old is None:
                yield Remark(f"{column} mal formé : « {row[column].strip()} »")
        if old_number == number:
            yield Remark("Code_Ancien_Diplome renvoie au diplôme lui-même")
        elif old_number:
            yield RenewalFact("certifinfo", old_number, number)
        if old_cfd and key.startswith("cfd:") and key != f"cfd:{old_cfd}":
            yield RenewalFact("cfd", old_cfd, key.removeprefix("cfd:"))
        if old_number and old_number not in self._numbers:
            attached = old_cfd and old_number not in self._formerly_alone
            old_key = f"cfd:{old_cfd}" if attached else f"certifinfo:{old_number}"
            title = row.get("Intitulé_Ancien_Diplome", "").strip()
            yield FormationFact(old_key, title or f"Certif-Info {old_number}", MENTIONED)
            yield CodeFact(old_key, "certifinfo", old_number)
            if attached:
                yield CodeFact(old_key, "cfd", str(old_cfd))
            yield from cells.codes(old_key, (("rncp", row.get("Code_Ancien_RNCP", "")),))


@dataclass(frozen=True, slots=True)
class _Diploma:
    """What tells whether two diplomas under one CFD are the same: a number, a title, the number it renews."""

    cfd: str
    number: str
    title: str
    renews: str = ""


_CURRENT = ("Code_Scolarité", "Code_Diplome", "Libelle_Diplome", "Code_Ancien_Diplome")
_FORMER = ("Code_Ancien_Scolarité", "Code_Ancien_Diplome", "Intitulé_Ancien_Diplome", "")
_FORMER_CODES = (("certifinfo", "Code_Ancien_Diplome"), ("cfd", "Code_Ancien_Scolarité"))


def _former_code(row: Row, column: str, scheme: str) -> str | None:
    return SCHEMES[scheme].canonical(row[column].strip())


def _diplomas(rows: Sequence[Row], columns: tuple[str, str, str, str]) -> list[_Diploma]:
    found: list[_Diploma] = []
    for row in rows:
        cfd, number, title, renews = (row.get(column, "").strip() for column in columns)
        numbers = [SCHEMES["certifinfo"].canonical(one) or "" for one in (number, renews)]
        found.append(_Diploma(cfd, numbers[0], title.casefold(), numbers[1]))
    return found


def _standing_alone(diplomas: Sequence[_Diploma]) -> frozenset[str]:
    """Ids whose CFD is shared by diplomas of another title that they neither renew nor are renewed by."""
    by_cfd: dict[str, dict[str, _Diploma]] = defaultdict(dict)
    for diploma in diplomas:
        if diploma.cfd:
            by_cfd[diploma.cfd].setdefault(diploma.number, diploma)
    alone: set[str] = set()
    for sharing in by_cfd.values():
        groups: list[set[str]] = []
        for one in sharing.values():
            kin = {one.number, one.title, one.renews} - {""}
            groups = [g for g in groups if not g & kin] + [kin.union(*(g for g in groups if g & kin))]
        if len(groups) > 1:
            alone.update(sharing)
    return frozenset(alone)


# -- centres and offers ----------------------------------------------------------------------------------------------


def _organisation(row: Row) -> Iterator[Fact]:
    uai = read_centre_code(f"uai:{row['uai']}").value
    siret = read_centre_code(f"siret:{row['siret']}").value if row["siret"].strip() else None
    name = row["enseigne"].strip() or row["raison_sociale"].strip()
    yield CentreFact(uai, name, 2, siret, row["commune"].strip(), row["departement"].strip())


def _depp(row: Row) -> Iterator[Fact]:
    uai = read_centre_code(f"uai:{row[_DEPP_UAI]}").value
    name = row["Libellé de l'établissement"].removeprefix("Organisme de formation-Centre de formation d'apprentis ")
    yield CentreFact(uai, name.strip(), 1, region=row["Région"].strip())


_DEPP_UAI = "n°UAI de l'établissement"


_OFFER_CODES = (
    ("rncp", "rncp"),
    ("certifinfo", "id_certifinfo"),
    ("mef", "mef10"),
    ("mefstat", "mefstat11"),
    ("onisep", "onisep"),
)


def _offer(row: Row) -> Iterator[Fact | Remark]:
    uai = read_centre_code(f"uai:{row['uai']}").value
    siret = read_centre_code(f"siret:{row['siret']}").value if row["siret"].strip() else None
    cfd = cells.code("cfd", row["cfd"])
    key = f"cfd:{cfd}"
    yield CentreFact(
        uai, row["cfa"].strip(), 3, siret, row["commune"].strip(), row["departement"].strip(), row["region"]
    )
    title = row["intitule"].strip()
    yield FormationFact(key, title or cfd, 3 if title else 0, cells.number(row["niveau"]))
    yield CodeFact(key, "cfd", cfd)
    for scheme, column in _OFFER_CODES:
        if row[column].strip():
            yield CodeFact(key, scheme, cells.code(scheme, row[column]))
    if row["cfd_ancien"].strip() and row["cfd_ancien"].strip() != cfd:
        old = cells.code("cfd", row["cfd_ancien"])
        yield RenewalFact("cfd", old, cfd)
        yield FormationFact(f"cfd:{old}", title or old, MENTIONED)
        yield CodeFact(f"cfd:{old}", "cfd", old)
        if row.get("rncp_ancien", "").strip() not in {"", row["rncp"].strip()}:
            yield from cells.codes(f"cfd:{old}", (("rncp", row["rncp_ancien"]),))
    yield OfferFact("cfd", cfd, uai, "lieu", cells.number(row["capacite"]))


def _parcoursup(row: Row) -> Iterator[Fact | Remark]:
    uai = read_centre_code(f"uai:{row['UAI']}").value
    if row["STATUT"].strip() != "Apprentissage":
        yield Remark(f"offre sans objet : statut « {row['STATUT'].strip()} »")
        return
    yield OfferFact("mefstat", cells.code("mefstat", row["MEFSTAT11"]), uai, "lieu", cells.number(row["CAPACITEPSUP"]))


def _each(reader: RowReader) -> Callable[[Sequence[Row]], RowReader]:
    return lambda _rows: reader


FORMATS = (
    Format("n_formation_diplome", "BCN, diplômes", 0,
           frozenset({"FORMATION_DIPLOME", "LIBELLE_LONG_200", "LIBELLE_COURT", "DATE_OUVERTURE", "DATE_FERMETURE"}),
           _each(_bcn_diploma)),
    Format("n_mef", "BCN, MEF", 1,
           frozenset({"MEF", "FORMATION_DIPLOME", "MEF_STAT_11", "LIBELLE_LONG", "DATE_OUVERTURE", "DATE_FERMETURE"}),
           _each(_bcn_mef)),
    Format("certif_info", "Certif-Info", 2,
           frozenset({"Code_Diplome", "Libelle_Diplome", "Code_Scolarité", "Code_RNCP", "Code_RS", "codeIdeo2",
                      "Code_Niveau_Europeen", "Annee_Premiere_Session", "Annee_Derniere_Session",
                      "Code_Ancien_Diplome", "Code_Ancien_Scolarité"}), _CertifInfo),
    Format("kit_apprentissage", "Kit apprentissage", 3,
           frozenset({"Code_Diplome", "Intitulé diplôme (DEPP)", "Code_RNCP", "Niveau fiche RNCP",
                      "Date d'échéance de la fiche RNCP"}), _each(_kit)),
    Format("organismes", "Organismes de formation", 4,
           frozenset({"uai", "siret", "raison_sociale", "enseigne", "commune", "departement"}), _each(_organisation)),
    Format("depp_cfa", "DEPP, CFA", 5,
           frozenset({_DEPP_UAI, "Libellé de l'établissement", "Région"}), _each(_depp)),
    Format("offres", "Offres d'apprentissage", 6,
           frozenset({"uai", "siret", "cfa", "commune", "departement", "region", "cfd", "mef10", "mefstat11",
                      "id_certifinfo", "rncp", "onisep", "intitule", "niveau", "cfd_ancien", "capacite"}),
           _each(_offer)),
    Format("catalogue", "Catalogue de l'apprentissage", 7, COLUMNS, _each(catalogue_record)),
    Format("parcoursup", "Parcoursup, offres", 8,
           frozenset({"UAI", "MEFSTAT11", "STATUT", "CAPACITEPSUP"}), _each(_parcoursup)),
)  # fmt: skip
