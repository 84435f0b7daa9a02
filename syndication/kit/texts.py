"""Ready-made words that a centre pastes into its mails, its text messages and its pages. Pure.

Each says who asks, on what, what for and where it appears, what is kept, and how to hear no more of it (ISO 20488).
"""

import unicodedata
from dataclasses import dataclass

from anyascii import anyascii

from syndication.kit.kit import Kit, shortened

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The basic alphabet of text messages (3GPP TS 23.038, 6.2.1): « à é è ù » are in it, « ç ê î ô œ ’ « » € » are not."""
GSM_EXTENDED = frozenset("^{}\\[~]|€\f")
"""What takes two places (6.2.1.1)."""
SINGLE, JOINED = 160, 153
"""Places of a message alone, and of each part of a longer one."""
LONGEST_SMS = 2 * JOINED
LONGEST_SUBJECT = 80
SHORTEST_NAME = 12
"""Characters under which what is left of a name no longer tells which one it is."""
_QUOTES = str.maketrans(dict.fromkeys("«»“”„", '"') | dict.fromkeys("’‘`´", "'"))
_SUBJECTS = "On te demande comment se passent ton entreprise, ton CFA, ta recherche d'entreprise et ton métier."
_USE = "Ta réponse aide d'autres jeunes à choisir, et ton CFA à progresser."
_WHERE = (
    "Tes textes, une fois lus par un modérateur, et les totaux des réponses paraissent sur les sites d'orientation. "
    "Un texte refusé, on te dit pourquoi."
)
_KEPT = (
    "Tes réponses et le mois, rien d'autre\u00a0: ni ton nom, ni ton adresse, ni l'heure. "
    "Personne ne peut savoir que c'est toi, ni ton CFA, ni ton entreprise, ni nous."
)


@dataclass(frozen=True, slots=True)
class ReadyText:
    """A title and a text in paragraphs, without markup."""

    subject: str
    body: str


def mail_text(kit: Kit) -> ReadyText:
    """A mail for the apprentices of a campaign, with its common link."""
    return ReadyText(
        f"Raconte ton apprentissage\u00a0: {shortened(kit.formation, LONGEST_SUBJECT, '…')}",
        f"""Bonjour,

Tu es en apprentissage\u00a0: {kit.formation}, {kit.centre}.
Raconte comment ça se passe à ceux qui vont choisir une formation.

{kit.minutes} minutes, rien d'obligatoire, aucun nom demandé\u00a0:

{kit.link}

Tu peux répondre {kit.period}. Ce lien est le même pour tout ton groupe. Une fois ouvert, il t'en donne un \
rien qu'à toi\u00a0: avec lui, tu reprends, tu relis, tu retires ta réponse quand tu veux.

Qui demande\u00a0? Ton centre de formation, avec Sirius.
Sur quoi\u00a0? {_SUBJECTS}
Pour quoi\u00a0? {_USE}
Où ça paraît\u00a0? {_WHERE}
Que garde-t-on de toi\u00a0? {_KEPT}
Nos règles et tes droits\u00a0: {kit.rules}

Tu ne veux plus de message à ce sujet\u00a0? Réponds «\u00a0stop\u00a0»\u00a0: ton CFA ne t'écrira plus pour ça.
""",
    )


def page_text(kit: Kit) -> ReadyText:
    """A notice for the centre's intranet, ENT or newsletter, with the common link."""
    return ReadyText(
        f"Raconte ton apprentissage\u00a0: {shortened(kit.formation, LONGEST_SUBJECT, '…')}",
        f"""Tu es en apprentissage ({kit.formation})\u00a0? Ton CFA, {kit.centre}, te demande ton avis, \
avec Sirius. {_SUBJECTS}

{kit.minutes} minutes, rien d'obligatoire, aucun nom demandé, {kit.period}\u00a0:
{kit.link}

{_USE} {_WHERE} {_KEPT}

Tu ne veux pas de rappel\u00a0? Dis-le à ton CFA. Nos règles et tes droits\u00a0: {kit.rules}
""",
    )


def sms_text(kit: Kit) -> str:
    """A text message with the common link, in the basic alphabet of text messages.

    Two parts at most (``LONGEST_SMS`` places) while the link leaves room, that is up to some 130 characters: the names
    of the centre and of the formation share what is left, cut after a word, and are left out below ``SHORTEST_NAME``.
    ``sms_parts`` counts. Letters that the alphabet lacks lose their accent.
    """
    asked = "{centre} te demande ton avis sur ta formation{formation}. "
    rest = (
        f"{kit.minutes} min, sans ton nom, jusqu'au {kit.closes_on:%d/%m/%Y} : {kit.link}\n"
        "Lu par un modérateur, puis publié sur les sites d'orientation. Refus : réponds STOP"
    )
    room = LONGEST_SMS - sms_places(gsm(asked.format(centre="", formation=" ()") + rest))
    centre, formation = _sharing(room, gsm(kit.centre), gsm(kit.formation))
    return gsm(asked.format(centre=centre or "Ton CFA", formation=f" ({formation})" if formation else "") + rest)


def _sharing(room: int, *names: str) -> list[str]:
    """Each name within its half of the room, or what a shorter one leaves of it."""
    half = room // len(names)
    spare = room - sum(min(len(name), half) for name in names)
    given = [shortened(name, min(len(name), half) + (spare if len(name) > half else 0), "...") for name in names]
    return [cut if cut == name or len(cut) >= SHORTEST_NAME else "" for cut, name in zip(given, names, strict=True)]


def gsm(text: str) -> str:
    """A text in the alphabet of text messages; ``€`` and the other extended ones stay, which take two places."""
    return "".join(map(_folded, unicodedata.normalize("NFC", text).translate(_QUOTES)))


def _folded(letter: str) -> str:
    if letter in GSM or letter in GSM_EXTENDED:
        return letter
    if letter.isspace():
        return " "
    category = unicodedata.category(letter)
    plain = anyascii(letter) if category[0] in "LNP" else ""
    return "".join(part for part in plain if part in GSM)


def sms_places(text: str) -> int:
    """Places a text takes in a message; raises ValueError when it would need another alphabet, of half the room."""
    strange = set(text) - GSM - GSM_EXTENDED
    if strange:
        raise ValueError(f"not in the alphabet: {sorted(strange)}")
    return sum(2 if letter in GSM_EXTENDED else 1 for letter in text)


def sms_parts(text: str) -> int:
    """Messages that a text is billed as; raises ValueError as ``sms_places``."""
    places = sms_places(text)
    return 1 if places <= SINGLE else -(-places // JOINED)
