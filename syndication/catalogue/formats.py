"""The official files, told apart by their columns, and what each of their rows states. Pure.

Sources: BCN (``N_FORMATION_DIPLOME``, ``N_MEF``), the kit apprentissage of France compétences, Certif-Info, the list of
training organisations, DEPP's list of CFAs, Parcoursup's offers, and offers joined from them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from syndication.catalogue.codes import SCHEMES, read_centre_code
from syndication.catalogue.facts import (
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
from syndication.errors import CodeError


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


def _code(scheme: str, text: str) -> str:
    value = SCHEMES[scheme].canonical(text.strip())
    if value is None:
        raise CodeError(f"{SCHEMES[scheme].label} mal formé : « {text} »")
    return value


def _day(text: str) -> date | None:
    parts = text.strip().split("/")
    if len(parts) != 3:
        return None
    try:
        return date(int(parts[2]), int(parts[1]), int(parts[0]))
    except ValueError:
        return None


def _year(text: str, month: int, day: int) -> date | None:
    return date(int(text), month, day) if text.strip().isdigit() and len(text.strip()) == 4 else None


def _number(text: str) -> int | None:
    return int(text) if text.strip().isdigit() else None


# -- BCN -------------------------------------------------------------------------------------------------------------


def _bcn_diploma(row: Row) -> Iterator[Fact | Remark]:
    cfd = _code("cfd", row["FORMATION_DIPLOME"])
    key = f"cfd:{cfd}"
    opened, closed = _day(row["DATE_OUVERTURE"]), _day(row["DATE_FERMETURE"])
    title = row["LIBELLE_LONG_200"].strip() or row["LIBELLE_COURT"].strip()
    if not title:
        raise ValueError("le libellé manque")
    yield FormationFact(key, title, 2, _number(row.get("NIVEAU_QUALIFICATION_RNCP", "")), opened, closed)
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
    cfd, mef = _code("cfd", row["FORMATION_DIPLOME"]), _code("mef", row["MEF"])
    key = f"cfd:{cfd}"
    opened, closed = _day(row["DATE_OUVERTURE"]), _day(row["DATE_FERMETURE"])
    yield FormationFact(key, row["LIBELLE_LONG"].strip() or cfd, 0)
    yield CodeFact(key, "mef", mef, opened, closed)
    if row["MEF_STAT_11"].strip():
        yield CodeFact(key, "mefstat", _code("mefstat", row["MEF_STAT_11"]), opened, closed)


# -- certifications --------------------------------------------------------------------------------------------------


def _kit(row: Row) -> Iterator[Fact]:
    cfd = _code("cfd", row["Code_Diplome"])
    key = f"cfd:{cfd}"
    title = row["Intitulé diplôme (DEPP)"].strip()
    if not title:
        raise ValueError("l'intitulé manque")
    yield FormationFact(key, title, 1, _number(row["Niveau fiche RNCP"].removeprefix("Niveau ")))
    yield CodeFact(key, "cfd", cfd)
    rncp = row["Code_RNCP"].strip()
    if rncp != "NR":
        yield CodeFact(key, "rncp", _code("rncp", rncp), None, _day(row["Date d'échéance de la fiche RNCP"]))


class _CertifInfo:
    """Certif-Info joins five schemes. A CFD shared by unlike diplomas (84 sports for one) stands for none of them:
    each is then a formation under its own Certif-Info id."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._alone = _standing_alone(rows)

    def __call__(self, row: Row) -> Iterator[Fact | Remark]:
        number = _code("certifinfo", row["Code_Diplome"])
        title = row["Libelle_Diplome"].strip()
        if not title:
            raise ValueError("le libellé manque")
        cfd = row["Code_Scolarité"].strip()
        attached = cfd and number not in self._alone
        key = f"cfd:{_code('cfd', cfd)}" if attached else f"certifinfo:{number}"
        since = _year(row["Annee_Premiere_Session"], 1, 1)
        until = _year(row["Annee_Derniere_Session"], 12, 31)
        yield FormationFact(key, title, 4, _number(row["Code_Niveau_Europeen"]), since, until)
        yield CodeFact(key, "certifinfo", number, since, until)
        if attached:
            yield CodeFact(key, "cfd", _code("cfd", cfd), since, until)
        yield from self._other_codes(row, key)
        yield from self._renewal(row, number, cfd if attached else "")

    @staticmethod
    def _other_codes(row: Row, key: str) -> Iterator[Fact | Remark]:
        for scheme, text in (
            ("rncp", row["Code_RNCP"]),
            ("rs", f"RS{row['Code_RS'].strip().removeprefix('RS')}" if row["Code_RS"].strip() else ""),
            ("onisep", row["codeIdeo2"]),
        ):
            value = SCHEMES[scheme].canonical(text.strip()) if text.strip() else None
            if value is not None:
                yield CodeFact(key, scheme, value)
            elif text.strip():
                yield Remark(f"code {SCHEMES[scheme].label} non repris : « {text.strip()} »")

    @staticmethod
    def _renewal(row: Row, number: str, cfd: str) -> Iterator[Fact | Remark]:
        old_number, old_cfd = row["Code_Ancien_Diplome"].strip(), row["Code_Ancien_Scolarité"].strip()
        if old_number and old_number != number:
            yield RenewalFact("certifinfo", _code("certifinfo", old_number), number)
        if cfd and old_cfd and old_cfd != cfd:
            read = SCHEMES["cfd"].canonical(old_cfd)
            if read is None:
                yield Remark(f"ancien CFD mal formé : « {old_cfd} »")
            else:
                yield RenewalFact("cfd", read, cfd.upper())


_CERTIFINFO_IDS = ("Code_Diplome", "Code_Ancien_Diplome")


def _standing_alone(rows: Sequence[Row]) -> frozenset[str]:
    """Ids whose CFD is shared by diplomas of another title that they neither renew nor are renewed by."""
    by_cfd: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
    for row in rows:
        if row["Code_Scolarité"].strip():
            number, former = (SCHEMES["certifinfo"].canonical(row[c].strip()) for c in _CERTIFINFO_IDS)
            by_cfd[row["Code_Scolarité"].strip()][number or ""] = (
                row["Libelle_Diplome"].strip().casefold(),
                former or "",
            )
    alone: set[str] = set()
    for diplomas in by_cfd.values():
        groups: list[set[str]] = []
        for number, (title, former) in diplomas.items():
            kin = {number, title, former} - {""}
            groups = [g for g in groups if not g & kin] + [kin.union(*(g for g in groups if g & kin))]
        if len(groups) > 1:
            alone.update(diplomas)
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


def _offer(row: Row) -> Iterator[Fact]:
    uai = read_centre_code(f"uai:{row['uai']}").value
    siret = read_centre_code(f"siret:{row['siret']}").value if row["siret"].strip() else None
    cfd = _code("cfd", row["cfd"])
    key = f"cfd:{cfd}"
    yield CentreFact(
        uai, row["cfa"].strip(), 3, siret, row["commune"].strip(), row["departement"].strip(), row["region"]
    )
    title = row["intitule"].strip()
    yield FormationFact(key, title or cfd, 3 if title else 0, _number(row["niveau"]))
    yield CodeFact(key, "cfd", cfd)
    for scheme, column in _OFFER_CODES:
        if row[column].strip():
            yield CodeFact(key, scheme, _code(scheme, row[column]))
    if row["cfd_ancien"].strip() and row["cfd_ancien"].strip() != cfd:
        yield RenewalFact("cfd", _code("cfd", row["cfd_ancien"]), cfd)
    yield OfferFact("cfd", cfd, uai, "lieu", _number(row["capacite"]))


def _parcoursup(row: Row) -> Iterator[Fact | Remark]:
    uai = read_centre_code(f"uai:{row['UAI']}").value
    if row["STATUT"].strip() != "Apprentissage":
        yield Remark(f"offre sans objet : statut « {row['STATUT'].strip()} »")
        return
    yield OfferFact("mefstat", _code("mefstat", row["MEFSTAT11"]), uai, "lieu", _number(row["CAPACITEPSUP"]))


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
    Format("parcoursup", "Parcoursup, offres", 7,
           frozenset({"UAI", "MEFSTAT11", "STATUT", "CAPACITEPSUP"}), _each(_parcoursup)),
)  # fmt: skip
