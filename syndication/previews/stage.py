"""What a preview shows, read from its query: a formation, how the widget looks, on which screen, real or invented."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from syndication.catalogue import store as catalogue
from syndication.catalogue.resolve import resolve
from syndication.catalogue.store import CentreRow
from syndication.cfa.example import example_snapshot
from syndication.context import Hub
from syndication.previews import store
from syndication.site.builder import LOADINGS, LONGEST, NAMES, attributes, snippets
from widget.contract import Snapshot
from widget.routes import FORMATS, LANGUAGES, THEMES, Options, draw_preview, read_options

SIZES = MappingProxyType({"telephone": 360, "tablette": 768, "large": 1200})
"""Screens that a widget is looked at on, by the width of its frame in pixels."""
SIZE_NAMES = {"telephone": "téléphone", "tablette": "tablette", "large": "écran large"}
EXAMPLE_BANNER = "Exemple\u00a0: avis inventés, pour voir l'allure du widget. Aucun apprenti n'a écrit ceci."
WRONG_COLOUR = "Ce n'est pas une couleur\u00a0: un dièse et six chiffres de 0 à f, comme #3b3a8f."


@dataclass(frozen=True, slots=True)
class Stage:
    """A preview as asked for; ``faults`` are sentences by field."""

    options: Options
    size: str
    loading: str
    example: bool
    accent: str
    faults: Mapping[str, str] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """Width of the frame, in pixels."""
        return SIZES[self.size]

    @property
    def look(self) -> Mapping[str, str]:
        """Parameters of how it looks and on which screen, without those that say nothing; the format is always said,
        so that they are never taken for those of a bare address."""
        options = self.options
        values = {
            "format": options.format,
            "theme": options.theme if options.theme != "auto" else "",
            "accent": options.accent,
            "langue": options.language if options.language != "fr" else "",
            "taille": self.size if self.size != "telephone" else "",
            "exemple": "1" if self.example else "",
        }
        return {name: value for name, value in values.items() if value}

    def query(self, **changes: str) -> str:
        """The query of the same preview with some parameters changed, or taken out when empty."""
        loading = self.loading if self.loading != "visible" else ""
        values = {"formation": self.options.formation or "", **self.look, "chargement": loading, **changes}
        return urlencode({name: value for name, value in values.items() if value})


LOOK = frozenset({"format", "theme", "accent", "langue", "taille", "exemple"})
"""Parameters that a preview link keeps."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is to see: the snapshot, how many texts wait, who may frame it, what to paste."""

    snapshot: Snapshot
    waiting: int
    ancestors: str
    code: Mapping[str, str]


def read_stage(query: Mapping[str, str], formation: str, centre: str) -> Stage:
    """A preview of a formation (empty: of the whole centre) at a centre; what makes no sense falls back."""
    typed = {name: value.strip()[:LONGEST] for name, value in query.items()}
    own = {name: typed.get(name, "") for name in ("format", "theme", "accent", "langue")}
    options = read_options({**own, "formation": formation, "etablissement": centre})
    faults = {"accent": WRONG_COLOUR} if own["accent"] and not options.accent else {}
    return Stage(
        options,
        size=typed.get("taille", "") if typed.get("taille") in SIZES else "telephone",
        loading=typed.get("chargement", "") if typed.get("chargement") in LOADINGS else "visible",
        example=typed.get("exemple", "") == "1",
        accent=own["accent"],
        faults=faults,
    )


def shared_stage(query: Mapping[str, str], kept: Mapping[str, str], formation: str, centre: str) -> Stage:
    """The preview of a link: as it was made (``kept``) at its bare address, else however a query of ours wants it to
    look; what is shown is the link's alone. The frame's own links always name the centre."""
    asked = query if query.keys() & {*LOOK, "etablissement"} else kept
    return read_stage(asked, formation, centre)


def told(kept: Mapping[str, str]) -> str:
    """How a link's preview looks, in words."""
    names = NAMES | SIZE_NAMES
    return ", ".join("avis inventés" if name == "exemple" else names.get(kept[name], kept[name]) for name in kept)


def look(hub: Hub, stage: Stage) -> Seen:
    """What a preview shows; raises UnusableCode."""
    options = stage.options
    with hub.engine.connect() as connection, connection.begin():
        resolved = resolve(connection, options.formation, options.centre)
        snapshot = hub.publisher.build(connection, resolved, options.language)
        members = resolved.formation.members if resolved.formation else ()
        waiting = store.waiting(connection, resolved.centre.id, members) if resolved.centre else 0
    wanted = attributes(options, stage.loading, json_ld=False)
    code = snippets(hub.settings.public_url, options, wanted, snapshot)
    return Seen(snapshot, waiting, hub.publisher.frame_ancestors(), code)


def draw(hub: Hub, stage: Stage, query: Mapping[str, str]) -> Response:
    """The frame: byte for byte the one that a catalogue shows, with what a reader asks of it in ``query``, or the
    example, which only our own pages may frame."""
    options = stage.options
    asked = {
        name: value for name, value in query.items() if name in {"q", "question", "sujet", "centre", "tri", "page"}
    }
    whole = {**asked, **dict(replace(options, when_empty="message").kept())}
    read = read_options(whole)
    snapshot = hub.publisher.snapshot(read.formation, read.centre, read.language, read.ask)
    if stage.example and snapshot is not None:
        invented = example_snapshot(snapshot, hub.clock(), hub.publisher.questions(read.language))
        return draw_preview(invented, whole, EXAMPLE_BANNER)
    return draw_preview(snapshot, whole, frame_ancestors=hub.publisher.frame_ancestors())


def code_of(hub: Hub, centre: CentreRow) -> str:
    """The code by which a centre is embedded."""
    with hub.engine.connect() as connection:
        return catalogue.centre_key(connection, centre).partition(":")[2]


def choices() -> Mapping[str, Any]:
    """What may be chosen, with the names of values."""
    return {
        "choices": {"format": FORMATS, "theme": THEMES, "langue": LANGUAGES, "taille": tuple(SIZES)},
        "names": NAMES | SIZE_NAMES,
        "sizes": SIZES,
    }
