"""Rows as the official files write them, and a small world that they tell."""

import csv
import io
from collections.abc import Sequence

Cells = dict[str, str]


def diploma(code: str = "50022146", title: str = "CUISINE (CAP)", **more: str) -> Cells:
    """A row of the BCN's diplomas."""
    blank = dict.fromkeys([f"{age}_DIPLOME_{n}" for age in ("ANCIEN", "NOUVEAU") for n in range(1, 8)], "")
    row = {"FORMATION_DIPLOME": code, "LIBELLE_COURT": "", "LIBELLE_LONG_200": title, "NIVEAU_QUALIFICATION_RNCP": "03"}
    return row | {"DATE_OUVERTURE": "01/09/2016", "DATE_FERMETURE": ""} | blank | more


def mef(code: str = "2412214621", cfd: str = "50022146", **more: str) -> Cells:
    """A row of the BCN's MEF."""
    row = {"MEF": code, "FORMATION_DIPLOME": cfd, "LIBELLE_LONG": "1CAP2 CUISINE", "MEF_STAT_11": f"232100{cfd[-5:]}"}
    return row | {"DATE_OUVERTURE": "01/09/2024", "DATE_FERMETURE": "31/08/2030"} | more


def certification(number: str = "115708", title: str = "CAP cuisine", cfd: str = "50022146", **more: str) -> Cells:
    """A row of Certif-Info."""
    row = {"Code_Diplome": number, "Libelle_Diplome": title, "Code_Scolarité": cfd, "Code_Niveau_Europeen": "3"}
    row |= {"Code_RNCP": "", "Code_RS": "", "codeIdeo2": "", "`Options`": "  "}
    row |= {"Annee_Premiere_Session": "", "Annee_Derniere_Session": ""}
    row |= {"Code_Ancien_Diplome": "", "Intitulé_Ancien_Diplome": "", "Code_Ancien_RNCP": ""}
    return row | {"Code_Ancien_Scolarité": ""} | more


def kit(cfd: str = "50022146", rncp: str = "RNCP38430", title: str = "CUISINE (CAP) ", **more: str) -> Cells:
    """A row of the kit apprentissage."""
    row = {"Code_Diplome": cfd, "Intitulé diplôme (DEPP)": title, "Code_RNCP": rncp, "Niveau fiche RNCP": "Niveau 3"}
    return row | {"Date d'échéance de la fiche RNCP": "31/08/2030"} | more


def organisation(uai: str = "0751234J", siret: str = "00000001800010", **more: str) -> Cells:
    """A row of the training organisations."""
    row = {"uai": uai, "siret": siret, "raison_sociale": "ASSOCIATION EXEMPLE", "enseigne": "CFA Exemple"}
    return row | {"commune": "Paris", "departement": "75"} | more


def depp(uai: str = "9990001X", name: str = "Exemple du Rhône", **more: str) -> Cells:
    """A row of DEPP's list of CFAs."""
    label = f"Organisme de formation-Centre de formation d'apprentis {name}"
    return {"n°UAI de l'établissement": uai, "Libellé de l'établissement": label, "Région": "RHONE-ALPES"} | more


def offer(uai: str = "0751234J", cfd: str = "50022146", **more: str) -> Cells:
    """A row of the offers of apprenticeship."""
    row = {"uai": uai, "siret": "00000001800010", "cfa": "CFA Exemple", "commune": "Paris", "departement": "75"}
    row |= {"region": "Île-de-France", "cfd": cfd, "mef10": "", "mefstat11": "", "id_certifinfo": "", "rncp": ""}
    return row | {"onisep": "", "intitule": "CAP cuisine", "niveau": "3", "cfd_ancien": "", "capacite": "24"} | more


def wish(uai: str = "0751234J", mefstat: str = "23210022146", **more: str) -> Cells:
    """A row of Parcoursup's offers."""
    row = {"UAI": uai, "LIBELLÉFORMATION": "CAP - Cuisine", "MEFSTAT11": mefstat, "STATUT": "Apprentissage"}
    return row | {"CAPACITEPSUP": "12"} | more


ENCODINGS = {
    "diplomas": (";", "latin-1", "\n"),
    "mefs": (";", "utf-8-sig", "\n"),
    "certifications": (";", "utf-8", "\n"),
    "kits": (";", "utf-8-sig", "\r\n"),
    "organisations": (";", "utf-8-sig", "\n"),
    "depps": (";", "utf-8", "\r\n"),
    "offers": (",", "utf-8", "\n"),
    "wishes": (";", "utf-8-sig", "\n"),
}
"""Separator, encoding and line end of each official file, as published."""

WORLD: dict[str, list[Cells]] = {
    "diplomas": [
        diploma("50022139", "CUISINE (CAP)", DATE_FERMETURE="31/08/2026", NOUVEAU_DIPLOME_1="50022146"),
        diploma(DATE_OUVERTURE="01/09/2025", ANCIEN_DIPLOME_1="50022139"),
        diploma("45033404", "GOUVERNANTE D'HÔTEL (BP)", ANCIEN_DIPLOME_1="5103300", NOUVEAU_DIPLOME_2="45033404"),
        diploma("46X25201", "", LIBELLE_COURT="MAINTENANCE"),
    ],
    "mefs": [mef(), mef("3113200321", "32032003", MEF_STAT_11="32211032003"), mef("2543340421", "45033404")],
    "certifications": [
        certification("88543", cfd="50022139", codeIdeo2="FOR.1210", Code_RNCP="37553"),
        certification(
            codeIdeo2="FOR.9664", Code_Ancien_Diplome="88543", Code_RNCP="38430", Annee_Premiere_Session="2026",
            Annee_Derniere_Session="2031",
        ),
        certification("1879", "DU actuaire", "", Code_RS="6533", codeIdeo2="TYPDISP.17"),
    ],
    "kits": [kit(), kit("45033404", "NR", "GOUVERNANTE (BP)"), kit("32032003", "RNCP37198", "COMMUNICATION (BTS)")],
    "organisations": [
        organisation(),
        organisation(siret="00000002600013", enseigne=""),
        organisation("9990002Y", "", enseigne="", raison_sociale="CAMPUS EXEMPLE"),
    ],
    "depps": [depp(), depp("0751234J", "Exemple de Paris")],
    "offers": [
        offer(mefstat11="23210022146", id_certifinfo="115708", rncp="RNCP38430", onisep="FOR.9664"),
        offer("9990002Y", "32032003", siret="", intitule='BTS "communication", en alternance', cfd_ancien="32032002"),
    ],
    "wishes": [wish(), wish("9990002Y", "32211032003", CAPACITEPSUP=""), wish(STATUT="Scolaire")],
}  # fmt: skip
"""A small world that every format tells a part of."""


def as_csv(rows: Sequence[Cells], separator: str, encoding: str, line_end: str) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), delimiter=separator, lineterminator=line_end)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)
