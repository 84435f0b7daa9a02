"""Public nouns as JSON: one function each, French snake_case."""

from datetime import datetime
from typing import Any

from syndication.catalogue.resolve import ResolvedFormation
from syndication.publication.summaries import Summary
from widget.contract import Centre, Choice, Distribution, Formation, Note, Reply, Share, Snapshot, Verbatim

Json = dict[str, Any]


def avis(snapshot: Snapshot) -> Json:
    """The whole of what a widget shows."""
    return {
        "formation": formation(snapshot.formation) if snapshot.formation else None,
        "etablissement": centre(snapshot.centre) if snapshot.centre else None,
        "portee": {
            "demandee": snapshot.scope.requested,
            "servie": snapshot.scope.served,
            "etablissements": snapshot.scope.centres,
        },
        "repondants": snapshot.respondents,
        "retenus": snapshot.held,
        "invites": snapshot.invited,
        "taux_reponse": snapshot.response_rate,
        "periode": {"debut": snapshot.period.start, "fin": snapshot.period.end} if snapshot.period else None,
        "fiabilite": snapshot.reliability,
        "satisfaction": distribution(snapshot.satisfaction) if snapshot.satisfaction else None,
        "notes": [note(one) for one in snapshot.notes],
        "choix": [choice(one) for one in snapshot.choices],
        "verbatims": {
            "total": snapshot.verbatim_total,
            "extraits": [verbatim(one) for one in snapshot.verbatims],
        },
        "regles": {"controle": True, "tri": "plus récents d'abord", "url": snapshot.method_url},
        "source": "Sirius",
        "mis_a_jour_le": instant(snapshot.updated_at),
    }


def formation(one: Formation) -> Json:
    """A formation."""
    return {
        "intitule": one.title,
        "niveau": one.level,
        "codes": {scheme: list(values) for scheme, values in one.codes.items()},
    }


def centre(one: Centre) -> Json:
    """A training centre, whole."""
    return {"uai": one.uai, "siret": one.siret, "nom": one.name, "commune": one.city}


def distribution(one: Distribution) -> Json:
    """How respondents answered a scale."""
    return {
        "bien": share(one.good),
        "moyen": share(one.fair),
        "mal": share(one.poor),
        "sans_reponse": one.unanswered,
        "intervalle_bien": list(one.good_interval) if one.good_interval else None,
    }


def share(one: Share) -> Json:
    """A count and its share."""
    return {"nombre": one.count, "part": one.percent}


def note(one: Note) -> Json:
    """A rating axis."""
    spread = distribution(one.distribution)
    del spread["intervalle_bien"]
    return {"cle": one.key, "libelle": one.label, "groupe": one.group, **spread}


def choice(one: Choice) -> Json:
    """A question with options."""
    options = [{"cle": o.key, "libelle": o.label, "nombre": o.count, "part": o.percent} for o in one.options]
    return {"cle": one.key, "libelle": one.label, "repondants": one.respondents, "options": options}


def verbatim(one: Verbatim) -> Json:
    """A published text, with its formation where those of several are given together."""
    return {
        "id": one.id,
        "question": {"cle": one.question, "libelle": one.question_label},
        "texte": one.text,
        "publie_le": one.published_on.isoformat(),
        "experience": one.month,
        "sujets": [subject.key for subject in one.subjects],
        "pepite": one.gem,
        "utile": one.useful,
        "etablissement": {"uai": one.centre.uai, "nom": one.centre.name} if one.centre else None,
        "reponse": reply(one.reply) if one.reply else None,
        **({"formation": {"intitule": one.formation}} if one.formation else {}),
    }


def reply(one: Reply) -> Json:
    """A centre's reply."""
    return {"texte": one.text, "signature": one.signed, "publie_le": one.published_on.isoformat()}


def summary(one: Summary) -> Json:
    """A line of the batch of summaries."""
    rating, place = one.rating, one.place
    enough = rating.reliability != "insuffisante"
    return {
        "cle": one.key[0],
        "intitule": one.title,
        "etablissement": {"uai": place.uai, "nom": place.name} if place else None,
        "portee": {"demandee": one.requested, "servie": one.served},
        "repondants": rating.respondents,
        "invites": rating.invited,
        "taux_reponse": rating.response_rate,
        "fiabilite": rating.reliability,
        "satisfaction": distribution(rating.satisfaction) if rating.satisfaction else None,
        "verbatims": {"total": rating.verbatims if enough else 0},
    }


def resolution(found: ResolvedFormation, codes: Formation, former: list[Json], newer: list[Json]) -> Json:
    """How a code was read, and to what."""
    return {
        "lu_comme": {"schema": found.code.scheme, "valeur": found.code.value},
        "formation": formation(codes),
        "codes_anterieurs": former,
        "codes_ulterieurs": newer,
    }


def instant(moment: datetime | None) -> str | None:
    """An instant in Paris, with its offset."""
    return moment.isoformat(timespec="seconds") if moment else None
