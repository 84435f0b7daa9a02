"""What the demonstration stands on. Titles and codes of formations are facts; every centre is invented: department 999
does not exist, nor do companies whose number begins with seven zeros."""

from dataclasses import dataclass

from syndication.catalogue.facts import CentreFact, CodeFact, Fact, FormationFact, OfferFact, RenewalFact


@dataclass(frozen=True, slots=True)
class DemoFormation:
    """A real formation: title, level, and its codes."""

    cfd: str
    title: str
    level: int
    rncp: str
    certifinfo: str
    onisep: str
    mef: tuple[str, ...] = ()
    mefstat: str = ""


FORMATIONS = (
    DemoFormation("50022139", "CAP cuisine", 3, "RNCP37553", "88543", "FOR.1210", ("2412213921",), "23210022139"),
    DemoFormation("50022146", "CAP cuisine", 3, "RNCP38430", "115708", "FOR.9664",
                  ("2412214621", "2412214622"), "23210022146"),
    DemoFormation("50033616", "CAP métiers de la coiffure", 3, "RNCP34670", "106627", "FOR.873"),
    DemoFormation("50025524", "CAP électricien", 3, "RNCP38401", "100739", "FOR.1349"),
    DemoFormation("50022137", "CAP boulanger", 3, "RNCP37537", "82703", "FOR.2246"),
    DemoFormation("40025214", "Bac pro maintenance des véhicules option A voitures particulières", 4, "RNCP19117",
                  "82775", "FOR.5615"),
    DemoFormation("32031213", "BTS management commercial opérationnel", 5, "RNCP38362", "104239", "FOR.2317"),
    DemoFormation("32032003", "BTS communication", 5, "RNCP37198", "114275", "FOR.8456"),
)  # fmt: skip

CENTRES = (
    CentreFact("0751234J", "CFA Exemple des Batignolles", 9, "00000001800010", "Paris", "75", "Île-de-France"),
    CentreFact("9990001X", "CFA Exemple de la Croix-Rousse", 9, "00000002600013", "Lyon", "69", "Auvergne-Rhône-Alpes"),
    CentreFact("9990002Y", "Campus Exemple de l'Erdre", 9, "00000003400017", "Nantes", "44", "Pays de la Loire"),
    CentreFact("9990003Z", "Maison Exemple des métiers", 9, "00000004200010", "Lille", "59", "Hauts-de-France"),
    CentreFact("9990004A", "CFA Exemple du Capitole", 9, "00000005900014", "Toulouse", "31", "Occitanie"),
    CentreFact("9990005B", "CFA Exemple de la Bièvre", 9, "00000006700017", "Versailles", "78", "Île-de-France"),
    CentreFact("9990006C", "CFA Exemple du Canal", 9, "00000007500010", "Pantin", "93", "Île-de-France"),
)


def facts() -> list[Fact]:
    """Everything above as an official file would state it."""
    stated: list[Fact] = [*CENTRES]
    for one in FORMATIONS:
        key = f"cfd:{one.cfd}"
        stated.append(FormationFact(key, one.title, 9, one.level))
        codes = [("cfd", one.cfd), ("rncp", one.rncp), ("certifinfo", one.certifinfo), ("onisep", one.onisep)]
        codes += [("mef", mef) for mef in one.mef] + ([("mefstat", one.mefstat)] if one.mefstat else [])
        stated += [CodeFact(key, scheme, value) for scheme, value in codes]
    stated.append(RenewalFact("cfd", "50022139", "50022146"))
    stated += [OfferFact("cfd", group.cfd, group.uai, "lieu") for group in (*GROUPS, *CROWDS)]
    return stated


@dataclass(frozen=True, slots=True)
class DemoGroup:
    """Apprentices of a formation in a centre: asked, answered, how content they are on the whole (0 to 1), what trade
    their texts speak of, and the months they answered in."""

    cfd: str
    uai: str
    invited: int
    answered: int
    content: float
    trade: str
    months: tuple[str, ...]


GROUPS = (
    DemoGroup("50022146", "0751234J", 30, 23, 0.86, "cuisine", ("2025-11", "2026-02", "2026-05", "2026-06")),
    DemoGroup("50022146", "9990001X", 18, 12, 0.75, "cuisine", ("2026-03", "2026-06")),
    DemoGroup("50022139", "9990002Y", 10, 7, 0.8, "cuisine", ("2025-10", "2025-12")),
    DemoGroup("50033616", "9990001X", 14, 9, 0.7, "coiffure", ("2026-04", "2026-06")),
    DemoGroup("32031213", "9990002Y", 20, 14, 0.65, "commerce", ("2026-01", "2026-06")),
    DemoGroup("40025214", "9990003Z", 9, 3, 0.8, "mecanique", ("2026-06",)),
    DemoGroup("50025524", "9990004A", 25, 21, 0.9, "electricite", ("2025-12", "2026-03", "2026-06")),
)
_TWO_YEARS = ("2024-11", "2025-03", "2025-06", "2025-12", "2026-04", "2026-06")
CROWDS = (
    DemoGroup("50025524", "0751234J", 80, 66, 0.97, "electricite", _TWO_YEARS),
    DemoGroup("50025524", "9990005B", 60, 42, 0.5, "electricite", _TWO_YEARS),
    DemoGroup("50025524", "9990006C", 64, 45, 0.55, "electricite", _TWO_YEARS),
)
"""Groups that answered over two years and wrote nothing: what results are made of."""
