"""Public nouns: the one shape in which each leaves, as types that the serialiser is checked against and that the
OpenAPI document is drawn from. A docstring here is what readers of the document see, hence in French."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

Text = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(ge=0)]
Percent = Annotated[int, Field(ge=0, le=100)]
Month = Annotated[str, Field(pattern=r"^\d{4}-\d{2}$", examples=["2026-06"])]
Day = Annotated[str, Field(json_schema_extra={"format": "date"}, examples=["2026-10-02"])]
Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-11-23T14:00:00+01:00"])]
Address = Annotated[str, Field(json_schema_extra={"format": "uri"})]
Reliability = Literal["insuffisante", "comptes", "fragile", "normale"]
ScopeName = Literal["formation", "formation@etablissement", "etablissement"]
Kind = Literal["avis", "verbatim"]

exact = with_config(ConfigDict(extra="forbid"))


@exact
class Formation(TypedDict):
    """Une formation, avec tous ses codes par genre."""

    intitule: Text
    niveau: int | None
    codes: dict[str, list[str]]


@exact
class Etablissement(TypedDict):
    """Un centre de formation."""

    uai: str | None
    siret: str | None
    nom: Text
    commune: str


@exact
class CentreNomme(TypedDict):
    """Le centre nommé à côté d'un texte."""

    uai: str | None
    nom: Text


class _Portee(TypedDict):
    demandee: ScopeName
    servie: ScopeName
    etablissements: Count


@exact
class Portee(_Portee, total=False):
    """Ce qui était demandé, ce qui est servi, et combien de centres y comptent. Quand le centre demandé est formateur
    ou gestionnaire d'une formation donnée ailleurs, le lieu est servi, et ``etablissement_demande`` le dit."""

    role: Literal["lieu", "formateur", "gestionnaire"] | None
    etablissement_demande: CentreNomme


class _PorteeResume(TypedDict):
    demandee: ScopeName
    servie: ScopeName


@exact
class PorteeResume(_PorteeResume, total=False):
    """Ce qui était demandé et ce qui est servi ; comme dans un avis, le centre demandé quand un autre est le lieu."""

    role: Literal["lieu", "formateur", "gestionnaire"] | None
    etablissement_demande: CentreNomme


@exact
class Periode(TypedDict):
    """Premier et dernier mois des expériences comptées."""

    debut: Month
    fin: Month


@exact
class Part(TypedDict):
    """Un nombre de répondants et sa part, en pour cent entiers ; la part est nulle sous le seuil des parts."""

    nombre: Count
    part: Percent | None


@exact
class Repartition(TypedDict):
    """Comment les répondants ont répondu à une échelle ; les parts font 100 en tout."""

    bien: Part
    moyen: Part
    mal: Part
    sans_reponse: Count
    intervalle_bien: Annotated[list[float], Field(min_length=2, max_length=2)] | None


@exact
class Note(TypedDict):
    """Une note : la répartition des réponses à une question d'échelle."""

    cle: Text
    libelle: Text
    groupe: Text
    bien: Part
    moyen: Part
    mal: Part
    sans_reponse: Count


@exact
class Option(TypedDict):
    """Une option d'une question à choix ; sa part est celle des répondants à la question."""

    cle: Text
    libelle: Text
    nombre: Count
    part: Percent | None


@exact
class Choix(TypedDict):
    """Une question à choix ; les parts peuvent dépasser 100 ensemble."""

    cle: Text
    libelle: Text
    repondants: Count
    options: list[Option]


@exact
class QuestionPosee(TypedDict):
    """La question à laquelle un texte répond."""

    cle: Text
    libelle: Text


@exact
class Reponse(TypedDict):
    """La réponse d'un centre à un texte."""

    texte: Text
    signature: str
    publie_le: Day


@exact
class FormationDuTexte(TypedDict):
    """La formation dont un texte parle, quand plusieurs sont réunies."""

    intitule: Text


class _Verbatim(TypedDict):
    id: Text
    question: QuestionPosee
    texte: Text
    publie_le: Day
    experience: Month | None
    sujets: list[str]
    pepite: bool
    utile: Count
    etablissement: CentreNomme | None
    reponse: Reponse | None
    donne_sous: Text


@exact
class Verbatim(_Verbatim, total=False):
    """Un texte publié. ``donne_sous`` est le code de la formation sous lequel il a été donné : après un renouvellement,
    il peut être l'ancien. ``etablissement`` est nul tant que le nommer pourrait désigner quelqu'un."""

    formation: FormationDuTexte


@exact
class Verbatims(TypedDict):
    """Le nombre de textes publiés, et les premiers d'entre eux."""

    total: Count
    extraits: list[Verbatim]


@exact
class TotalVerbatims(TypedDict):
    """Le nombre de textes publiés."""

    total: Count


@exact
class Regles(TypedDict):
    """Ce que la loi veut à côté des avis : contrôlés ou non, dans quel ordre, et la page qui dit comment."""

    controle: bool
    tri: Text
    url: Address


class _Attribution(TypedDict):
    regles: Regles
    source: Text
    mis_a_jour_le: Instant | None


class Chiffres(_Attribution):
    """Les chiffres d'une portée."""

    formation: Formation | None
    etablissement: Etablissement | None
    portee: Portee
    repondants: Count
    invites: Count | None
    taux_reponse: Annotated[float, Field(ge=0, le=1)] | None
    periode: Periode | None
    fiabilite: Reliability
    satisfaction: Repartition | None
    notes: list[Note]
    choix: list[Choix]


@exact
class Avis(Chiffres):
    """Tout ce qu'un widget montre d'une formation, d'un centre, ou d'une formation dans un centre."""

    retenus: Count
    verbatims: Verbatims


@exact
class Pagination(TypedDict):
    """La page donnée, à partir de 0, et ce qu'il y a en tout."""

    page_index: Count
    page_size: Annotated[int, Field(ge=1)]
    page_count: Count
    total: Count


@exact
class PageVerbatims(_Attribution):
    """Une page de textes publiés."""

    data: list[Verbatim]
    pagination: Pagination
    portee: Portee


@exact
class Resume(TypedDict):
    """L'essentiel d'une clé, pour une liste de résultats."""

    cle: Text
    intitule: str | None
    etablissement: CentreNomme | None
    portee: PorteeResume
    repondants: Count
    invites: Count | None
    taux_reponse: Annotated[float, Field(ge=0, le=1)] | None
    fiabilite: Reliability
    satisfaction: Repartition | None
    verbatims: TotalVerbatims


@exact
class CleInconnue(TypedDict):
    """Une clé qui ne mène à rien, et pourquoi."""

    cle: Text
    raison: Text


@exact
class Resumes(_Attribution):
    """Les résumés demandés, et les clés qui ne mènent à rien."""

    data: list[Resume]
    inconnues: list[CleInconnue]


@exact
class Lecture(TypedDict):
    """Un code sous un genre."""

    schema: Text
    valeur: Text


@exact
class LectureEssayee(TypedDict):
    """Un code sous un genre : connu ou non, et tiré de quel autre (le Certif-Info d'une clé ministère éducatif)."""

    schema: Text
    valeur: Text
    existe: bool
    issu_de: str | None


@exact
class Resolution(TypedDict):
    """Comment un code a été lu, et à quoi il mène."""

    code: str
    lectures: list[LectureEssayee]
    lu_comme: Lecture | None
    formation: Formation | None
    etablissement: Etablissement | None
    codes_anterieurs: list[Formation]
    codes_ulterieurs: list[Formation]
    raison: str | None
    candidats: list[str]
    regles: Regles
    source: Text


@exact
class OptionPosee(TypedDict):
    """Une option d'une question, ou une valeur d'une échelle."""

    cle: Text
    libelle: Text


@exact
class Question(TypedDict):
    """Une question derrière les chiffres : échelle, choix, ou texte libre."""

    cle: Text
    libelle: Text
    genre: Literal["echelle", "choix", "texte"]
    groupe: Text
    options: list[OptionPosee]
    versions: list[str]


@exact
class Questions(TypedDict):
    """Les questions et les échelles derrière les chiffres, et les sujets des textes."""

    data: list[Question]
    sujets: list[OptionPosee]
    regles: Regles
    source: Text


@exact
class AvisPublie(Chiffres):
    """Les chiffres d'une portée, sans ses textes : une ligne de l'export et du suivi. ``codes_anterieurs`` : ceux des
    diplômes que la formation a remplacés."""

    cle: Text
    codes_anterieurs: dict[str, list[str]]
    verbatims: TotalVerbatims


@exact
class FormationCitee(TypedDict):
    """La formation dont un texte parle, sous son code le plus récent."""

    cle: Text
    intitule: Text


@exact
class VerbatimPublie(TypedDict):
    """Un texte publié : une ligne de l'export et du suivi."""

    id: Text
    formation: FormationCitee
    donne_sous: Text
    etablissement: CentreNomme | None
    question: QuestionPosee
    texte: Text
    publie_le: Day
    experience: Month | None
    sujets: list[str]
    pepite: bool
    utile: Count
    reponse: Reponse | None
    regles: Regles
    source: Text


@exact
class Changement(TypedDict):
    """Ce qu'est devenu un avis ou un texte : son contenu d'aujourd'hui, ou rien s'il a été retiré. « modifie » :
    il était déjà là au curseur donné."""

    genre: Kind
    cle: Text
    action: Literal["publie", "modifie", "retire"]
    avis: AvisPublie | None
    verbatim: VerbatimPublie | None


@exact
class Changements(TypedDict):
    """Une page de changements, et d'où reprendre ; ``suite`` dit s'il en reste."""

    data: list[Changement]
    curseur: Text
    suite: bool
    regles: Regles
    source: Text


@exact
class JourUsage(TypedDict):
    """Combien de fois quelque chose a été servi un jour, sans rien de ceux qui lisent."""

    jour: Day
    genre: Text
    nombre: Count


@exact
class Usage(TypedDict):
    """Ce qui a été servi à un partenaire, jour par jour."""

    partenaire: Text
    data: list[JourUsage]


@exact
class Faute(TypedDict, total=False):
    """Ce qui ne va pas dans une requête."""

    parametre: str
    detail: str
    candidat: str


class _Probleme(TypedDict):
    type: Text
    title: Text
    status: Annotated[int, Field(ge=400, le=599)]
    detail: Text


@exact
class Probleme(_Probleme, total=False):
    """Une erreur, toujours sous cette forme (RFC 9457). « requete » est la référence à donner à qui sert l'API."""

    errors: list[Faute]
    requete: Text
