"""Words of invented apprentices, composed of phrases: short, spoken, uneven, as many as a nation writes. Pure.

Lengths follow what real testimonies have: 60 characters on the whole, one in ten below 15, one in ten above 130.
"""

import random
import re
from dataclasses import dataclass
from itertools import accumulate

_SLOTS: dict[str, tuple[str, ...]] = {
    "h": ("5h", "5h30", "6h", "6h15", "6h30", "7h", "7h30", "7h45", "8h", "8h15", "8h30", "9h", "9h30"),
    "n": tuple(map(str, range(2, 31))),
    "qui": (
        "mon tuteur", "ma tutrice", "le patron", "la patronne", "le chef d'équipe", "la collègue du matin",
        "l'ancien de l'atelier", "un autre apprenti", "la responsable", "le prof d'atelier",
        "mon maître d'apprentissage", "celle qui m'a formé",
        "le gars de la réception", "ma formatrice", "un collègue qui part en retraite",
    ),
    "lieu": (
        "à l'atelier", "au magasin", "sur le chantier", "en cuisine", "à l'entrepôt", "au bureau", "en salle",
        "au dépôt", "dehors", "dans la réserve", "à l'accueil", "chez les clients", "au garage", "à la ferme",
    ),
    "quoi": (
        "les commandes", "les devis", "le rangement", "les finitions", "les livraisons", "la mise en place",
        "le ménage", "les retouches", "les mesures", "les étiquettes", "la caisse", "les plans", "les outils",
        "les machines", "le contrôle", "les branchements", "les découpes", "le planning", "les retours", "les stocks",
    ),
    "temps": (
        "au début", "la première semaine", "le premier mois", "les trois premiers mois", "avant Noël", "en hiver",
        "l'été", "en fin d'année", "le lundi", "le vendredi soir", "pendant les soldes", "à la rentrée", "en mars",
        "les jours de marché", "quand il pleut", "les semaines de cours", "le samedi",
    ),
    "matiere": (
        "le français", "les maths", "l'anglais", "la techno", "le dessin", "l'histoire", "la gestion", "la sécurité",
        "la physique", "le droit du travail", "l'informatique", "l'éco",
    ),
    "sent": (
        "ça fatigue", "on s'y fait", "c'est long", "ça passe vite", "ça motive", "c'est stressant", "ça rassure",
        "j'ai eu du mal", "j'ai adoré", "je referais pareil", "ça m'a surpris", "ça change tout", "c'est carré",
        "ça vaut le coup", "j'aurais aimé le savoir avant", "on apprend sur le tas", "il faut tenir", "c'est cool",
    ),
    "conseil": (
        "y aller tôt le matin", "rappeler trois jours après", "imprimer des CV en couleur",
        "passer en vrai plutôt que mail", "demander aux anciens", "faire un stage d'abord",
        "regarder les petites boîtes", "préparer deux phrases",
        "ne pas attendre juillet", "demander à sa famille", "aller aux portes ouvertes", "garder une liste des refus",
        "proposer une journée d'essai", "viser près de chez soi", "sourire même quand c'est non",
    ),
}  # fmt: skip
_PHRASES: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "changement": (
        ("Le plus dur c'est {temps}, après {sent}", ("rythme",)),
        ("{qui} me parle comme à un adulte, rien à voir avec le collège", ("integration", "ambiance")),
        ("on gagne sa vie et {sent}", ("remuneration",)),
        ("se lever à {h} {temps}, {sent}", ("horaires",)),
        ("moins de vacances que mes copains, {n} jours de moins, {sent}", ("vacances",)),
        ("avant je m'ennuyais en cours, là je m'occupe de {quoi} et {sent}", ("metier",)),
        ("{n} minutes de bus {temps} puis la journée {lieu}", ("transports",)),
        ("j'ai appris à gérer {quoi} tout seul {temps}", ("metier",)),
        ("entre les cours et {lieu} il reste peu de temps, {sent}", ("rythme", "vie_personnelle")),
        ("je dors {n} minutes de plus qu'au lycée mais je bosse deux fois plus", ("vie_personnelle",)),
    ),
    "recherche.conseil": (
        ("J'ai envoyé {n} lettres, {qui} a répondu le jour même", ("recherche_entreprise",)),
        ("il faut {conseil}, moi ça a marché au bout de {n} essais", ("recherche_entreprise",)),
        ("le CFA m'a donné {n} adresses, {qui} m'a rappelé {temps}", ("recherche_entreprise",)),
        ("mon conseil : {conseil}, et {conseil}", ("recherche_entreprise",)),
        ("commence {temps}, {sent}", ("recherche_entreprise",)),
        ("j'ai fait {n} entreprises à pied avant {h} et {qui} m'a dit oui", ("recherche_entreprise",)),
        ("ne pas se décourager, {n} refus pour moi, {sent}", ("recherche_entreprise",)),
        ("{qui} cherchait quelqu'un pour {quoi}, j'ai juste demandé", ("recherche_entreprise",)),
        ("poser des questions sur {quoi} pendant l'entretien, {sent}", ("recherche_entreprise",)),
    ),
    "a_savoir": (
        ("qu'on finit à {h} {temps}, personne ne le dit", ("horaires",)),
        ("que {lieu} on reste debout {n} heures par semaine de plus que prévu", ("charge",)),
        ("qu'il faut acheter pour {n} euros d'affaires {temps}", ("remuneration",)),
        ("que {qui} compte plus que les notes, {sent}", ("integration",)),
        ("que {temps} il y a beaucoup de {matiere} à rattraper", ("difficulte", "enseignement")),
        ("qu'on ne touche pas à {quoi} avant {n} semaines", ("metier",)),
        ("les aides pour le permis, {qui} m'en a parlé au bout de {n} mois", ("remuneration",)),
        ("que le mercredi {lieu} c'est calme et que {temps} c'est la course", ("rythme",)),
        ("qu'on a le droit de dire non, {sent}", ("vie_personnelle",)),
    ),
    "journee_cfa": (
        ("On commence à {h} par {matiere}, l'après-midi atelier avec {qui}", ("enseignement",)),
        ("{matiere} et {matiere} le matin, on est {n} dans la classe", ("enseignement",)),
        ("{n} élèves par groupe, le matériel est {etat}, {sent}", ("equipements",)),
        ("on refait au calme {quoi} qu'on n'a pas le temps de voir {lieu}", ("metier", "enseignement")),
        ("les profs de {matiere} prennent le temps, {sent}", ("enseignement", "ambiance")),
        ("cantine à {h} de l'après-midi parfois, {sent}", ("ambiance",)),
        ("beaucoup de {matiere} {temps}, moins de pratique", ("difficulte", "charge")),
        ("internat {n} nuits par mois, {sent}", ("vie_personnelle",)),
        ("TP toute la journée {temps}, {qui} note {quoi}", ("enseignement", "journee_type")),
    ),
    "journee_entreprise": (
        ("J'arrive à {h}, je prépare {quoi}, puis {quoi} jusqu'à midi", ("journee_type",)),
        ("le matin {quoi}, l'après-midi {quoi} avec {qui}", ("journee_type", "metier")),
        ("{lieu} de {h} à la pause, après {quoi}", ("horaires", "journee_type")),
        ("{temps} je regardais, maintenant je fais {quoi} seul", ("metier",)),
        ("on est {n} {lieu}, bonne équipe, {sent}", ("ambiance",)),
        ("{qui} me montre une fois {quoi} et après c'est à moi", ("metier", "integration")),
        ("{n} clients avant {h}, {sent}", ("charge",)),
        ("je range {quoi}, je fais {quoi}, on rigole bien", ("ambiance", "journee_type")),
        ("pause à {h}, {n} minutes, et on finit {quoi}", ("horaires",)),
    ),
}  # fmt: skip
_SLOTS["etat"] = ("neuf", "vieux mais ça va", "presque comme en entreprise", "à partager", "bien entretenu", "fatigué")
_SHORT: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "changement": (("Le salaire", ("remuneration",)), ("les horaires", ("horaires",)), ("tout change", ()),
                   ("moins de vacances", ("vacances",)), ("Le rythme !", ("rythme",)), ("on est plus libre", ())),
    "recherche.conseil": (("Se bouger", ("recherche_entreprise",)), ("chercher tôt", ("recherche_entreprise",)),
                          ("par ma famille", ("recherche_entreprise",)), ("insister", ("recherche_entreprise",))),
    "a_savoir": (("Les trajets", ("transports",)), ("que c'est physique", ("charge",)), ("rien de spécial", ()),
                 ("le niveau en maths", ("difficulte",)), ("la fatigue", ("charge",))),
    "journee_cfa": (("cours le matin", ("enseignement",)), ("Atelier surtout", ("enseignement",)),
                    ("bonne ambiance", ("ambiance",)), ("c'est long", ("charge",))),
    "journee_entreprise": (("Ça dépend", ("journee_type",)), ("chantier", ("metier",)),
                           ("vente et caisse", ("metier",)), ("jamais pareil", ("journee_type",))),
}  # fmt: skip
_POOR = ("rien", "je sais pas", "ras", "bof", "aucune idée", "pas envie de répondre", "nul", "...", "ok", "oui")
"""What helps nobody to choose."""
_NAMED = (
    "{qui} s'appelle {prenom}, {sent}",
    "merci à {prenom} qui m'a montré {quoi} {temps}",
    "avec {prenom} {lieu} on rigole bien, {sent}",
)
_NAMES = ("Karim", "Léa", "Mathis", "Inès", "Jules", "Aminata", "Hugo", "Manon", "Yanis", "Clara")
QUESTIONS = tuple(_PHRASES)
_SENTENCES = (0.62, 0.27, 0.09, 0.02)
"""Shares of texts of one sentence, of two, of three, of four."""
_SHORT_SHARE = 0.13
_SLOT = re.compile(r"{(\w+)}")
_CUMULATED = list(accumulate(_SENTENCES))


@dataclass(frozen=True, slots=True)
class Words:
    """Words, what they speak of, and the first name that they hold, if any."""

    text: str
    subjects: tuple[str, ...]
    name: str = ""


def said(question: str, chance: random.Random) -> Words:
    """What somebody answers to an open question."""
    if chance.random() < _SHORT_SHARE:
        text, subjects = chance.choice(_SHORT[question])
        return Words(text, subjects)
    (count,) = chance.choices((1, 2, 3, 4), cum_weights=_CUMULATED)
    parts = [chance.choice(_PHRASES[question]) for _ in range(count)]
    subjects = tuple(dict.fromkeys(one for _, about in parts for one in about))[:2]
    return Words(_joined([_filled(phrase, chance) for phrase, _ in parts], chance), subjects)


def longer(words: Words, question: str, chance: random.Random) -> Words:
    """The same words and a sentence more."""
    phrase, _ = chance.choice(_PHRASES[question])
    return Words(f"{words.text.rstrip('.')}. {_filled(phrase, chance)}", words.subjects, words.name)


def poor(chance: random.Random) -> Words:
    """Words that help nobody."""
    return Words(chance.choice(_POOR), ())


def naming(chance: random.Random) -> Words:
    """Words that name somebody."""
    name = chance.choice(_NAMES)
    return Words(_filled(chance.choice(_NAMED).replace("{prenom}", name), chance), ("integration",), name)


def _filled(phrase: str, chance: random.Random) -> str:
    return _SLOT.sub(lambda slot: chance.choice(_SLOTS[slot[1]]), phrase)


def _joined(sentences: list[str], chance: random.Random) -> str:
    """Sentences as they are typed on a phone: with a capital and a full stop, or without."""
    if chance.random() < 0.4:
        return ", ".join(sentences)
    return " ".join(f"{one[0].upper()}{one[1:]}." for one in sentences)
