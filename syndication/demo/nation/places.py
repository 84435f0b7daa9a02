"""Invented centres, formations and offers of a nation, as official files would state them. Pure.

Every name holds the word « exemple » and every number is of a kind that is never given: department 999, companies that
begin with seven zeros, diplomas of a year to come. Only regions and departments exist.
"""

import random
from dataclasses import dataclass
from itertools import accumulate, product

from syndication.catalogue.codes import siret_holds, uai_letter
from syndication.catalogue.facts import CentreFact, CodeFact, Fact, FormationFact, OfferFact, RenewalFact
from syndication.demo.facts import CENTRES, CROWDS, FORMATIONS, GROUPS
from syndication.demo.facts import facts as demonstration_facts

WHOLE_REVIEWS, WHOLE_CENTRES, WHOLE_FORMATIONS, WHOLE_OFFERS = 1_000_000, 1_200, 600, 40_000
FIRST_CFD, FIRST_RNCP, FIRST_CERTIFINFO = 70_000_000, 90_000, 900_000
RENEWED = 12
"""One formation of so many renews another."""
_KINDS = ("CFA", "Campus", "Maison", "Institut", "Atelier", "École", "Pôle", "Lycée", "Centre", "Académie")
_SURNAMES = (
    "des Tilleuls", "du Vieux-Pont", "de la Fontaine", "des Deux-Rives", "du Grand-Chêne", "de l'Horloge", "des Halles",
    "du Belvédère", "de la Verrerie", "des Ormeaux", "du Moulin", "de la Gare", "des Quatre-Vents", "du Canal",
    "de la Tannerie", "des Lavandières", "du Phare", "de la Corderie", "des Remparts", "du Verger", "de la Briqueterie",
    "des Cordeliers", "du Lavoir", "de la Filature", "des Alouettes", "du Clocher", "de la Scierie", "des Glycines",
    "du Ruisseau", "de la Forge", "des Peupliers", "du Plateau", "de l'Écluse", "des Carriers", "du Lac",
    "de la Glacière", "des Sorbiers", "du Port", "de la Colline", "des Tisserands",
)  # fmt: skip
_TOWNS = ("Bourg", "Val", "Mont", "Saint", "Pont", "Clos", "Port", "Mas")
_RIVERS = ("les-Bois", "la-Rivière", "sur-Mer", "le-Haut", "le-Bas", "des-Prés", "la-Forêt", "aux-Vignes", "l'Abbaye")
_DEPARTMENTS = (
    ("75", "Île-de-France"), ("93", "Île-de-France"), ("78", "Île-de-France"), ("69", "Auvergne-Rhône-Alpes"),
    ("38", "Auvergne-Rhône-Alpes"), ("63", "Auvergne-Rhône-Alpes"), ("59", "Hauts-de-France"),
    ("80", "Hauts-de-France"), ("31", "Occitanie"), ("34", "Occitanie"), ("33", "Nouvelle-Aquitaine"),
    ("87", "Nouvelle-Aquitaine"),
    ("44", "Pays de la Loire"), ("72", "Pays de la Loire"), ("13", "Provence-Alpes-Côte d'Azur"),
    ("06", "Provence-Alpes-Côte d'Azur"), ("67", "Grand Est"), ("54", "Grand Est"), ("35", "Bretagne"),
    ("29", "Bretagne"), ("76", "Normandie"), ("14", "Normandie"), ("21", "Bourgogne-Franche-Comté"),
    ("25", "Bourgogne-Franche-Comté"), ("45", "Centre-Val de Loire"), ("37", "Centre-Val de Loire"), ("2A", "Corse"),
    ("974", "La Réunion"), ("971", "Guadeloupe"), ("972", "Martinique"),
)  # fmt: skip
_DIPLOMAS = (("CAP", 3), ("Bac pro", 4), ("BP", 4), ("BTS", 5), ("Titre professionnel", 4), ("Licence pro", 6))
_TRADES = tuple(
    f"{trade}{branch}"
    for branch, trade in product(
        ("", ", option intérieur", ", option extérieur", ", option numérique"),
        (
            "assemblage de bois", "taille de pierre", "conduite de ligne", "service en salle", "soin des chevaux",
            "pose de couvertures", "réparation de cycles", "accueil et billetterie", "vente en boutique", "reliure",
            "entretien de jardins", "peinture de façades", "câblage de réseaux", "fonderie d'art", "boucherie",
            "travail du cuir", "mécanique agricole", "logistique d'entrepôt", "coupe de vêtements", "froid industriel",
            "aide à la personne", "comptabilité de petites entreprises", "son et lumière", "pêche en rivière",
            "chocolaterie", "usinage de précision", "imprimerie", "lutherie", "gestion de l'eau", "isolation",
        ),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Size:
    """How many there are of each."""

    centres: int
    formations: int
    offers: int
    reviews: int


@dataclass(frozen=True, slots=True)
class Offer:
    """A formation (its CFD) at a centre (its UAI), how much of all that is said is said of it, and how content its
    apprentices are on the whole (0 to 1)."""

    cfd: str
    uai: str
    weight: float
    content: float


def size_of(reviews: int) -> Size:
    """The nation, or one of the same shape that holds fewer reviews, or more."""
    share = reviews / WHOLE_REVIEWS
    centres = max(len(CENTRES), round(WHOLE_CENTRES * min(share, 1) ** 0.5))
    formations = max(len(FORMATIONS), round(WHOLE_FORMATIONS * min(share, 1) ** 0.5))
    offers = max(len(GROUPS) + len(CROWDS), round(WHOLE_OFFERS * share))
    return Size(centres, formations, min(offers, centres * formations // 2), reviews)


def facts(size: Size, offers: list[Offer]) -> list[Fact]:
    """The catalogue: the demonstration's, and what the nation adds to it."""
    stated: list[Fact] = demonstration_facts()
    stated += [_centre(number) for number in range(size.centres - len(CENTRES))]
    for number in range(size.formations - len(FORMATIONS)):
        cfd, (title, level) = cfd_of(number), _title(number)
        key = f"cfd:{cfd}"
        stated += [
            FormationFact(key, title, 9, level), CodeFact(key, "cfd", cfd),
            CodeFact(key, "rncp", f"RNCP{FIRST_RNCP + number}"),
            CodeFact(key, "certifinfo", str(FIRST_CERTIFINFO + number)),
        ]  # fmt: skip
        if number % RENEWED == RENEWED - 1:
            stated.append(RenewalFact("cfd", cfd_of(number - 1), cfd))
    known = {(one.value, one.uai) for one in stated if isinstance(one, OfferFact)}
    return stated + [OfferFact("cfd", one.cfd, one.uai, "lieu") for one in offers if (one.cfd, one.uai) not in known]


def offers_of(size: Size, chance: random.Random) -> list[Offer]:
    """What is taught where: a few formations are taught nearly everywhere and said much of, the others less and less.

    The first holds a fifth of everything.
    """
    cfds = ["50022146", *(one.cfd for one in FORMATIONS if one.cfd != "50022146")]
    cfds += [cfd_of(number) for number in range(size.formations - len(FORMATIONS))]
    uais = [one.uai for one in CENTRES] + [uai_of(number) for number in range(size.centres - len(CENTRES))]
    tail = [1 / (place + 3) for place in range(1, len(cfds))]
    weights = [0.2, *(0.8 * one / sum(tail) for one in tail)]
    found: list[Offer] = []
    for cfd, weight, count in zip(cfds, weights, _shared_out(weights, size.offers, len(uais)), strict=True):
        taught = [uais[0], *chance.sample(uais[1:], count - 1)] if cfd == cfds[0] else chance.sample(uais, count)
        parts = [chance.gammavariate(0.7, 1) + 0.02 for _ in taught]
        parts[0] = max(parts)
        level = chance.uniform(0.55, 0.92)
        found += [
            Offer(cfd, uai, weight * part / sum(parts), min(max(chance.gauss(level, 0.08), 0.2), 0.98))
            for uai, part in zip(taught, parts, strict=True)
        ]
    return found


def _shared_out(weights: list[float], offers: int, most: int) -> list[int]:
    """How many centres teach each formation: at least one, at most nine in ten, so many offers in all."""
    shares = [weight**0.55 for weight in weights]
    ceiling = max(1, most * 9 // 10)
    counts = [min(max(1, round(offers * share / sum(shares))), ceiling) for share in shares]
    for place in range(len(counts) - 1, -1, -1):  # what the largest could not take goes to the smallest, and back
        left = offers - sum(counts)
        counts[place] = min(max(1, counts[place] + left), ceiling)
    return counts


def cumulated(offers: list[Offer]) -> list[float]:
    """Weights added up, to draw by."""
    return list(accumulate(one.weight for one in offers))


def cfd_of(number: int) -> str:
    """The CFD of an invented formation."""
    return str(FIRST_CFD + number)


def uai_of(number: int) -> str:
    """The UAI of an invented centre."""
    digits = f"999{1000 + number:04}"
    return digits + uai_letter(digits)


def _centre(number: int) -> CentreFact:
    kind, surname = _KINDS[number % len(_KINDS)], _SURNAMES[number * 7 // len(_KINDS) % len(_SURNAMES)]
    place = f" {number // (len(_KINDS) * len(_SURNAMES)) + 1}" if number >= len(_KINDS) * len(_SURNAMES) else ""
    town = f"{_TOWNS[number % len(_TOWNS)]}-Exemple-{_RIVERS[number // len(_TOWNS) % len(_RIVERS)]}"
    department, region = _DEPARTMENTS[number * number // 3 % len(_DEPARTMENTS)]
    name = f"{kind} Exemple {surname}{place}"
    return CentreFact(uai_of(number), name, 9, _siret(number), town, department, region)


def _siret(number: int) -> str:
    first = f"000000018{2 + number:04}"
    return next(first + key for key in "0123456789" if siret_holds(first + key))


def _title(number: int) -> tuple[str, int]:
    diploma, level = _DIPLOMAS[number % len(_DIPLOMAS)]
    return f"{diploma} exemple : {_TRADES[number // len(_DIPLOMAS) % len(_TRADES)]}", level
