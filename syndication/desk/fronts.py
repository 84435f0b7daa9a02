"""What is shown of a text that is read: where to look and why, what it seems to speak of, what may be done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from syndication.desk.segments import Segment, segments
from syndication.moderation.decide import MODERATOR
from syndication.moderation.masking import KINDS as MASKS
from syndication.moderation.masking import Mask
from syndication.moderation.proposing import propose
from syndication.moderation.signals import KINDS, Signal, examine
from syndication.queue.store import QueuedText
from syndication.replies.store import WaitingReply
from syndication.reviews.subjects import SUBJECTS

PERSON, SHORT, SOUGHT = "personne", "court", "auteur"
OTHER_SIGNALS: Mapping[str, str] = {
    "alerte": "Alerte\u00a0: danger, harcèlement ou détresse possible",
    "a_reprendre": "À reprendre\u00a0: signalé lors d'une première lecture",
    "rapide": "Réponse trop rapide\u00a0: remplie plus vite qu'on ne lit",
    "vide": "Réponse presque vide",
    "mecanique": "Allure de machine\u00a0: champ caché rempli, page jamais montrée, ou texte sans mots",
    "reseau": "Beaucoup de places prises depuis un même réseau en une heure",
    "repete": "Le même texte donné à plusieurs questions",
    "copie": "Texte déjà donné par quelqu'un d'autre",
}
"""What is told of a whole response, or by others than the words themselves."""
FILTERED: Mapping[str, str] = {**KINDS, **{key: OTHER_SIGNALS[key] for key in ("copie", "alerte", "a_reprendre")}}
"""Signals by which the queue may be asked, as they are kept with texts."""
LABELS: Mapping[str, str] = {**FILTERED, SOUGHT: "Paraît chercher qui a écrit"}
"""What each signal that has a place is called."""


class Subject(NamedTuple):
    """A subject that may be ticked; ``proposed``: the text seems to speak of it."""

    key: str
    label: str
    proposed: bool
    ticked: bool


class Maskable(NamedTuple):
    """A span that may be masked, or that is (``kind`` then says as what)."""

    start: int
    end: int
    words: str
    kind: str


@dataclass(frozen=True, slots=True)
class Seen:
    """Words with what is to be seen in them: ``signals`` have a place, ``told`` are of the whole."""

    words: str
    segments: Sequence[Segment]
    signals: Sequence[Signal]
    told: Sequence[str]


@dataclass(frozen=True, slots=True)
class Front:
    """A text as it stands before who reads it; ``moves`` are the states it may go to."""

    text: QueuedText
    seen: Seen
    subjects: Sequence[Subject]
    maskable: Sequence[Maskable]
    moves: Sequence[str]
    suggestion: str = ""


def front_of(text: QueuedText, typed: Mapping[str, str] | None = None, suggestion: str = "") -> Front:
    """A text with all that is to be seen in it; ``typed`` is a form to give back as it was."""
    kept = [OTHER_SIGNALS[key] for key in text.signals if key in OTHER_SIGNALS and key not in KINDS]
    marked = [OTHER_SIGNALS.get(mark, mark) for mark in text.marks]
    seen = _seen(text.text, examine(text.text) if text.text else (), text.masks, [*kept, *marked])
    return Front(
        text, seen, _subjects(text, typed), _maskable(text, seen.signals), MODERATOR.get(text.status, ()), suggestion
    )


def seen_in(words: str) -> Seen:
    """What is to be seen in words that help nobody choose: a question, or what was answered for a centre alone. They
    may be short."""
    return _seen(words, [signal for signal in examine(words) if signal.kind != SHORT])


def seen_in_reply(reply: WaitingReply) -> Seen:
    """What is to be seen in a centre's reply, which may look for who wrote."""
    sought = [Signal(SOUGHT, *place) for place in reply.sought]
    found = [signal for signal in examine(reply.text) if signal.kind != SHORT]
    return _seen(reply.text, sorted([*found, *sought], key=lambda signal: (signal.start, signal.end)))


def _seen(words: str, found: Sequence[Signal], masks: Sequence[Mask] = (), told: Sequence[str] = ()) -> Seen:
    placed = [signal for signal in found if signal.end]
    whole = [KINDS[signal.kind] for signal in found if not signal.end]
    return Seen(words, segments(words, placed, masks), placed, tuple(dict.fromkeys([*told, *whole])))


def _subjects(text: QueuedText, typed: Mapping[str, str] | None) -> list[Subject]:
    """Subjects, those proposed first; ticked are those confirmed before, else those proposed, or as left."""
    proposed = list(dict.fromkeys(one.subject for one in propose(text.text, text.question)))
    ticked = set(text.subjects) if text.status == "publie" or text.subjects else set(proposed)
    if typed is not None:
        ticked = {name.removeprefix("sujet.") for name in typed if name.startswith("sujet.")}
    order = [*proposed, *(key for key in SUBJECTS if key in ticked and key not in proposed)]
    order += [key for key in SUBJECTS if key not in order]
    return [Subject(key, SUBJECTS[key][0], key in proposed, key in ticked) for key in order if key in SUBJECTS]


def _maskable(text: QueuedText, signals: Sequence[Signal]) -> list[Maskable]:
    """Spans that are masked, then those where somebody seems named."""
    laid = [Maskable(mask.start, mask.end, text.text[mask.start : mask.end], mask.kind) for mask in text.masks]
    named = [
        Maskable(one.start, one.end, text.text[one.start : one.end], "")
        for one in signals
        if one.kind == PERSON and not any(mask.start < one.end and one.start < mask.end for mask in text.masks)
    ]
    return [*laid, *named]


def masks_of(form: Mapping[str, str], text: str) -> list[Mask]:
    """Masks that a form asks for: those left as they are, spans ticked, and a selection, of the kind that was chosen.

    Numbers that make no sense are left out; what they cover is checked elsewhere.
    """
    kind = form.get("genre", "")
    found: list[Mask] = []
    for name, value in form.items():
        places = name.removeprefix("masque.") if name.startswith("masque.") else value if name == "selection" else ""
        start, _, rest = places.partition(".")
        end, _, own = rest.partition(".")
        if start.isascii() and end.isascii() and start.isdigit() and end.isdigit() and len(places) < 40:
            found.append(Mask(min(int(start), len(text)), min(int(end), len(text)), own if own in MASKS else kind))
    return found
