"""Moderation: learning from decisions."""

from dataclasses import asdict

from syndication.commands.console import AsJson, give_json, opened_hub, say
from syndication.learnt import teaching


def learn(as_json: AsJson = False) -> None:
    """Apprend des décisions passées ; l'ordre de la file peut s'en servir, rien n'est décidé."""
    with opened_hub() as hub:
        lesson = teaching.learn(hub.engine, hub.clock())
    if as_json:
        kinds = {"publier": lesson.publish, "refuser": lesson.refuse}
        give_json(
            {
                "publications": lesson.published,
                "refus": lesson.refused,
                "aire": lesson.area,
                "propositions": {kind: asdict(one) if one else None for kind, one in kinds.items()},
                "obstacle": lesson.obstacle,
            }
        )
    elif lesson.obstacle or lesson.area is None:
        say(lesson.obstacle or "")
    else:
        say(
            f"Appris de {lesson.published} publications et {lesson.refused} refus ; "
            f"aire sous la courbe {lesson.area:.2f}."
        )
        for kind, one in (("publier", lesson.publish), ("refuser", lesson.refuse)):
            say(
                f"Proposer de {kind} : {one.precision:.0%} de propositions justes, {one.recall:.0%} des cas trouvés."
                if one
                else f"Proposer de {kind} : jamais, faute de précision."
            )
