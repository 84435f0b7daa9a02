"""Public nouns as JSON: one function each, checked against the types of ``nouns``."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from syndication.api import nouns
from syndication.catalogue.codes import Code
from syndication.catalogue.resolve import Reading
from syndication.catalogue.store import CentreRow
from syndication.corpus.items import Text
from syndication.publication.summaries import Summary
from syndication.ratings import QuestionAsked
from widget.contract import Centre, Choice, Distribution, Formation, Note, Reply, Share, Snapshot, Verbatim

SOURCE = "Sirius"
ORDERS = {"recent": "plus récents d'abord", "utile": "plus utiles d'abord"}
"""How texts are ranked, said in the words of the law's rubric."""


def avis(snapshot: Snapshot) -> nouns.Avis:
    """The whole of what a widget shows."""
    extracts = [verbatim(one) for one in snapshot.verbatims]
    return {
        **_figures(snapshot),
        "retenus": snapshot.held,
        "verbatims": {"total": snapshot.verbatim_total, "extraits": extracts},
    }


def published_avis(key: str, snapshot: Snapshot, former: Mapping[str, Sequence[str]]) -> nouns.AvisPublie:
    """Figures of a scope, as exports and followers have them; ``former`` are codes of diplomas taken over from."""
    return {
        "cle": key,
        **_figures(snapshot),
        "codes_anterieurs": {scheme: list(values) for scheme, values in former.items()},
        "verbatims": {"total": snapshot.verbatim_total},
    }


def _figures(snapshot: Snapshot) -> nouns.Chiffres:
    return {
        "formation": formation(snapshot.formation) if snapshot.formation else None,
        "etablissement": centre(snapshot.centre) if snapshot.centre else None,
        "portee": scope(snapshot),
        "repondants": snapshot.respondents,
        "invites": snapshot.invited,
        "taux_reponse": snapshot.response_rate,
        "periode": period(snapshot),
        "fiabilite": snapshot.reliability,
        "satisfaction": distribution(snapshot.satisfaction) if snapshot.satisfaction else None,
        "notes": [note(one) for one in snapshot.notes],
        "choix": [choice(one) for one in snapshot.choices],
        "regles": rules(snapshot.method_url, snapshot.ask.order),
        "source": SOURCE,
        "mis_a_jour_le": instant(snapshot.updated_at),
    }


def page_of_verbatims(snapshot: Snapshot, size: int) -> nouns.PageVerbatims:
    """A page of published texts, of ``size`` at most."""
    return {
        "data": [verbatim(one) for one in snapshot.verbatims],
        "pagination": {
            "page_index": snapshot.ask.page, "page_size": size, "page_count": snapshot.pages, "total": snapshot.found,
        },
        "portee": scope(snapshot),
        "regles": rules(snapshot.method_url, snapshot.ask.order),
        "source": SOURCE,
        "mis_a_jour_le": instant(snapshot.updated_at),
    }  # fmt: skip


def scope(snapshot: Snapshot) -> nouns.Portee:
    """What was asked for and what is served."""
    one = snapshot.scope
    said: nouns.Portee = {"demandee": one.requested, "servie": one.served, "etablissements": one.centres}
    if one.asked:
        said["role"], said["etablissement_demande"] = one.role, named_centre(one.asked)
    return said


def period(snapshot: Snapshot) -> nouns.Periode | None:
    """First and last month of the experiences counted."""
    return {"debut": snapshot.period.start, "fin": snapshot.period.end} if snapshot.period else None


def rules(method_url: str, order: str = "recent") -> nouns.Regles:
    """What the law wants beside reviews: checked, in which order, and the page that says how."""
    return {"controle": True, "tri": ORDERS[order], "url": method_url}


def formation(one: Formation) -> nouns.Formation:
    """A formation."""
    return {
        "intitule": one.title,
        "niveau": one.level,
        "codes": {scheme: list(values) for scheme, values in one.codes.items()},
    }


def centre(one: Centre) -> nouns.Etablissement:
    """A training centre, whole."""
    return {"uai": one.uai, "siret": one.siret, "nom": one.name, "commune": one.city}


def named_centre(one: Centre | CentreRow) -> nouns.CentreNomme:
    """A training centre named beside something else."""
    return {"uai": one.uai, "nom": one.name}


def distribution(one: Distribution) -> nouns.Repartition:
    """How respondents answered a scale."""
    return {
        "bien": share(one.good),
        "moyen": share(one.fair),
        "mal": share(one.poor),
        "sans_reponse": one.unanswered,
        "intervalle_bien": list(one.good_interval) if one.good_interval else None,
    }


def share(one: Share) -> nouns.Part:
    """A count and its share."""
    return {"nombre": one.count, "part": one.percent}


def note(one: Note) -> nouns.Note:
    """A rating axis."""
    spread = one.distribution
    return {
        "cle": one.key,
        "libelle": one.label,
        "groupe": one.group,
        "bien": share(spread.good),
        "moyen": share(spread.fair),
        "mal": share(spread.poor),
        "sans_reponse": spread.unanswered,
    }


def choice(one: Choice) -> nouns.Choix:
    """A question with options."""
    return {
        "cle": one.key,
        "libelle": one.label,
        "repondants": one.respondents,
        "options": [{"cle": o.key, "libelle": o.label, "nombre": o.count, "part": o.percent} for o in one.options],
    }


def verbatim(one: Verbatim) -> nouns.Verbatim:
    """A published text, with its formation where those of several are given together."""
    said: nouns.Verbatim = {
        "id": one.id,
        "question": {"cle": one.question, "libelle": one.question_label},
        "texte": one.text,
        "publie_le": one.published_on.isoformat(),
        "experience": one.month,
        "sujets": [subject.key for subject in one.subjects],
        "pepite": one.gem,
        "utile": one.useful,
        "etablissement": named_centre(one.centre) if one.centre else None,
        "reponse": reply(one.reply) if one.reply else None,
        "donne_sous": one.given_under,
    }
    if one.formation:
        said["formation"] = {"intitule": one.formation}
    return said


def published_verbatim(one: Text, labels: Mapping[str, str], method_url: str) -> nouns.VerbatimPublie:
    """A published text, as exports and followers have it."""
    replied = one.replied_on
    return {
        "id": one.id,
        "formation": {"cle": one.formation_key, "intitule": one.formation_title},
        "donne_sous": one.given_under,
        "etablissement": {"uai": one.uai, "nom": one.centre_name} if one.centre_name else None,
        "question": {"cle": one.question, "libelle": labels.get(one.question, one.question)},
        "texte": one.words,
        "publie_le": one.published_on.isoformat(),
        "experience": one.month,
        "sujets": list(one.subjects),
        "pepite": one.gem,
        "utile": one.useful,
        "reponse": {"texte": one.reply, "signature": one.signed or "", "publie_le": replied.isoformat()}
        if one.reply is not None and replied is not None
        else None,
        "regles": rules(method_url),
        "source": SOURCE,
    }


def reply(one: Reply) -> nouns.Reponse:
    """A centre's reply."""
    return {"texte": one.text, "signature": one.signed, "publie_le": one.published_on.isoformat()}


def summary(one: Summary) -> nouns.Resume:
    """A line of the batch of summaries."""
    rating, place = one.rating, one.place
    enough = rating.reliability != "insuffisante"
    served: nouns.PorteeResume = {"demandee": one.requested, "servie": one.served}
    if one.asked:
        served["role"], served["etablissement_demande"] = one.role, named_centre(one.asked)
    return {
        "cle": one.key[0],
        "intitule": one.title,
        "etablissement": named_centre(place) if place else None,
        "portee": served,
        "repondants": rating.respondents,
        "invites": rating.invited,
        "taux_reponse": rating.response_rate,
        "fiabilite": rating.reliability,
        "satisfaction": distribution(rating.satisfaction) if rating.satisfaction else None,
        "verbatims": {"total": rating.verbatims if enough else 0},
    }


def question(one: QuestionAsked) -> nouns.Question:
    """A question behind the figures."""
    return {
        "cle": one.key,
        "libelle": one.label,
        "genre": one.kind,
        "groupe": one.group,
        "options": [{"cle": key, "libelle": label} for key, label in one.options],
        "versions": list(one.versions),
    }


def code(one: Code) -> nouns.Lecture:
    """A code under its scheme."""
    return {"schema": one.scheme, "valeur": one.value}


def reading(one: Reading) -> nouns.LectureEssayee:
    """A way to read a text."""
    return {"schema": one.scheme, "valeur": one.value, "existe": one.exists, "issu_de": one.through}


def instant(moment: datetime | None) -> str | None:
    """An instant in Paris, with its offset."""
    return moment.isoformat(timespec="seconds") if moment else None
