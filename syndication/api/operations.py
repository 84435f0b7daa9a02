"""What may be asked of the API: routes, validation, the OpenAPI document and its page are all made from this list."""

from dataclasses import dataclass, field
from typing import Any, Literal

from syndication.api import nouns, params
from syndication.api.params import Parameter
from syndication.partners.keys import CHANGES, EXPORTS, READING

JSON, NDJSON, CSV = "application/json", "application/x-ndjson", "text/csv"
Rubric = Literal["Lire", "Comprendre", "Suivre"]
VERBATIMS_SIZE, CHANGES_SIZE = 20, 500


@dataclass(frozen=True, slots=True)
class Operation:
    """A read. ``answer`` is the noun given back; ``scope`` is what a key must allow, None when no key is needed.

    ``kept``: the answer depends on nothing but the address, and may be given again until what it tells changes.
    """

    name: str
    path: str
    rubric: Rubric
    summary: str
    description: str
    parameters: tuple[Parameter, ...]
    answer: Any
    media: str = JSON
    scope: str | None = None
    problems: tuple[int, ...] = field(default=(400, 404, 409))
    kept: bool = False

    @property
    def statuses(self) -> tuple[int, ...]:
        """Statuses of the problems it may answer with."""
        keyed = (401, 403) if self.scope else (401,)
        return tuple(sorted({400, *self.problems, *keyed, 414, 429, 500, 503}))


DOCUMENT = Operation(
    "document", "/api/v1/openapi.json", "Comprendre", "Ce document", "L'API, pour les machines.", (), None, problems=()
)
"""Served like the others, and not told in itself."""
OPERATIONS = (
    Operation(
        "avis", "/api/v1/avis", "Lire", "Tout ce qu'un widget montre",
        "Chiffres et premiers textes d'une formation, d'un centre, ou d'une formation dans un centre. Quand un centre "
        "a trop peu de répondants pour une formation, les chiffres de la formation entière sont servis, et « portee » "
        "le dit. Une formation connue sans avis donne 200 et « repondants » à 0.",
        (params.FORMATION, params.ETABLISSEMENT), nouns.Avis, kept=True,
    ),
    Operation(
        "verbatims", "/api/v1/verbatims", "Lire", "Les textes publiés, page par page",
        "Ce que disent les répondants, avec les mêmes filtres que dans le widget. Rien n'est donné sous le seuil de "
        "répondants. Pour tout lire, préférez l'export et le suivi des changements.",
        (
            params.FORMATION, params.ETABLISSEMENT, params.QUESTION, params.SUJET, params.MOTS, params.TRI,
            params.PAGE_INDEX, params.page_size(params.KEYED_SIZE, VERBATIMS_SIZE),
        ),
        nouns.PageVerbatims,
    ),
    Operation(
        "summaries", "/api/v1/resumes", "Lire", "L'essentiel de cent clés d'un coup",
        "Pour une liste de résultats : de quoi écrire une ligne par clé. L'ordre des clés ne change rien à la réponse. "
        "Les clés qui ne mènent à rien sont nommées, avec la raison.",
        (params.CLES,), nouns.Resumes, problems=(400,), kept=True,
    ),
    Operation(
        "resolution", "/api/v1/resolution", "Comprendre", "Comment un code est lu",
        "Sous quels genres un code se lit, à quelle formation ou à quel centre il mène, quels codes l'ont précédé et "
        "suivi, ou pourquoi il ne mène à rien. Un code ambigu est dit ambigu, jamais deviné.",
        (params.CODE,), nouns.Resolution, problems=(400,), kept=True,
    ),
    Operation(
        "questions", "/api/v1/questions", "Comprendre", "Les questions derrière les chiffres",
        "Chaque question publique dans ses derniers mots, ses valeurs ou ses options, et les sujets des textes.",
        (), nouns.Questions, problems=(),
    ),
    Operation(
        "changes", "/api/v1/changements", "Suivre", "Ce qui a changé depuis un curseur",
        "Ajouts, changements et retraits depuis un curseur. Qui part de rien et suit « curseur » jusqu'à ce que "
        "« suite » soit faux tient un miroir exact de l'export, même coupé n'importe où. Un retrait ne dit que sa "
        "clé : effacez ce que vous en gardiez. Chaque avis ou texte n'apparaît qu'une fois, tel qu'il est aujourd'hui.",
        (params.DEPUIS, params.page_size(params.KEYED_SIZE, CHANGES_SIZE)), nouns.Changements, scope=CHANGES,
        problems=(400, 410),
    ),
    Operation(
        "export_avis_ndjson", "/api/v1/exports/avis.ndjson", "Suivre", "Tous les chiffres publiés",
        "Une ligne par formation, par centre et par formation dans un centre, là où les chiffres sont montrés. "
        "L'en-tête x-sirius-curseur dit d'où suivre ensuite les changements.",
        (), nouns.AvisPublie, NDJSON, EXPORTS, (),
    ),
    Operation(
        "export_avis_csv", "/api/v1/exports/avis.csv", "Suivre", "Tous les chiffres publiés, pour un tableur",
        "Le même export, à plat.", (), None, CSV, EXPORTS, (),
    ),
    Operation(
        "export_verbatims_ndjson", "/api/v1/exports/verbatims.ndjson", "Suivre", "Tous les textes publiés",
        "Une ligne par texte. L'en-tête x-sirius-curseur dit d'où suivre ensuite les changements.",
        (), nouns.VerbatimPublie, NDJSON, EXPORTS, (),
    ),
    Operation(
        "export_verbatims_csv", "/api/v1/exports/verbatims.csv", "Suivre", "Tous les textes publiés, pour un tableur",
        "Le même export, à plat ; ce qu'un tableur prendrait pour une formule est précédé d'une apostrophe.",
        (), None, CSV, EXPORTS, (),
    ),
    Operation(
        "usage", "/api/v1/usage", "Suivre", "Ce qui vous a été servi",
        "Combien de widgets, d'appels et de messages vous ont été servis, jour par jour, sur un an. Rien des lecteurs "
        "n'est compté.",
        (), nouns.Usage, scope=READING, problems=(),
    ),
)  # fmt: skip
