"""Kinds of mails: what each is called to those who get it, and how it is sent. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of mail.

    ``label`` is what it tells, to those who may stop it (``stoppable``; ``roles`` get it). ``opens``: it carries a
    fresh sign-in link. ``again``: it is sent again when nobody knows whether it left; an alert is, twice is better
    than never; news are not, which nobody wants twice. ``urgent`` ones leave before the others. ``tries``:
    attempts after which it is given up.
    """

    label: str
    stoppable: bool = False
    roles: tuple[str, ...] = ()
    opens: bool = False
    again: bool = False
    urgent: bool = False
    tries: int = 16


KINDS = {
    "connexion": Kind("Le lien de connexion que vous demandez", opens=True, again=True, urgent=True, tries=6),
    "confirmation": Kind("La confirmation de votre adresse", again=True, urgent=True, tries=6),
    "invitation": Kind("L'invitation à rejoindre Sirius", opens=True, again=True),
    "demande_acceptee": Kind("L'accord donné à votre demande", opens=True, again=True),
    "demande_refusee": Kind("Le refus de votre demande, et sa raison"),
    "demande_recue": Kind("Un centre demande à participer", stoppable=True, roles=("admin",)),
    "alerte": Kind("Un texte parle de danger", stoppable=True, roles=("referent", "admin"), again=True, urgent=True),
    "file": Kind("Des textes attendent depuis longtemps", stoppable=True, roles=("moderator", "admin")),
    "hebdo": Kind("Les nouveaux avis de votre centre, une fois par semaine", stoppable=True, roles=("cfa",)),
    "reponse": Kind("Votre réponse à un avis a été lue", stoppable=True, roles=("cfa",)),
    "doute": Kind("Ce qui a été décidé d'un doute que vous avez signalé", stoppable=True, roles=("cfa",)),
}
"""Every kind by its name, which is that of its template."""


def stoppable(roles: set[str]) -> dict[str, Kind]:
    """The kinds that people of some roles get and may stop, by name."""
    return {name: kind for name, kind in KINDS.items() if kind.stoppable and roles & set(kind.roles)}
