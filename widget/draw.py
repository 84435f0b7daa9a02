"""Parts of a page that come many times in it, drawn as HTML in one language: texts, bars, rows, links. Pure.

A view has some four hundred of their blanks: filled by templates they would take nearly all of its time.
"""

from collections.abc import Sequence
from functools import cache, lru_cache
from urllib.parse import quote_plus

from markupsafe import Markup, escape

from widget import words
from widget.contract import Distribution, Facet, Language, Note, Reply, Share, Verbatim
from widget.options import Options

FOLD = 280
"""Longest text shown whole, in characters; a longer one folds at the end of a sentence."""
VALUES = ("bien", "moyen", "mal")
_SHAPES = {
    "bien": '<circle class="bien" cx="6" cy="6" r="6"/>',
    "moyen": '<path class="moyen" d="M6 0 12 6 6 12 0 6z"/>',
    "mal": '<path class="mal" d="M0 1h12L6 12z"/>',
}
TEXTS = "textes"
"""Name of the place in a page where texts begin."""
Spreads = Sequence[tuple[str, Distribution]]


class Pen:
    """Draws parts in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._t = words.PHRASES[language]
        self._french = ' lang="fr"' if language != "fr" else ""
        self._colon = f"{words.NBSP}:" if language == "fr" else ":"
        names = ("col_question", *VALUES, "sans_reponse")
        columns = "".join(f'<th scope="col">{self._t[name]}</th>' for name in names)
        self._columns = f"<thead><tr>{columns}</tr></thead>"

    def key(self, spread: Distribution) -> Markup:
        """The three shares of a distribution, each with its mark, its name and its count."""
        return Markup(  # noqa: S704 our own words and figures
            "".join(
                f"<li>{mark(name)}{self._t[name]}{self._colon} {self.number(share)}</li>"
                for name, share in shares(spread)
            )
        )

    def axes(self, notes: Sequence[Note]) -> Markup:
        """Rating axes: what was asked, the bar, and the figures in words."""
        return Markup("".join(map(self._axis, notes)))  # noqa: S704 labels are escaped

    def table(self, caption: str, spreads: Spreads) -> Markup:
        """The table behind bars: a row for each, with every count."""
        rows = "".join(self._row(label, spread) for label, spread in spreads)
        title = _label(caption)
        return Markup(  # noqa: S704 labels are escaped
            f'<div class="wide" role="group" aria-label="{title}" tabindex="0"><table><caption class="note">{title}'
            f"</caption>{self._columns}<tbody>{rows}</tbody></table></div>"
        )

    def behind(self, caption: str, notes: Sequence[Note]) -> Markup:
        """The table behind rating axes."""
        return self.table(caption, [(note.label, note.distribution) for note in notes])

    def listed(self, texts: Sequence[Markup]) -> Markup:
        """Texts as the lines of a list."""
        return Markup("<li>" + "</li>\n<li>".join(texts) + "</li>")  # noqa: S704 drawn by verbatim

    def number(self, share: Share) -> str:
        """A share with its count, or the count alone where there are too few for a share."""
        count = words.number(share.count, self.language)
        if share.percent is None:
            return f"<b>{count}</b>"
        return f"<b>{words.percent(share.percent, self.language)}</b> ({count})"

    def verbatim(self, one: Verbatim, longest: int = FOLD, votes: bool = True, thanked: bool = False) -> Markup:
        """A text with its question, its dates, the reply of its centre and, with ``votes``, a reader's gesture."""
        head, rest = fold(one.text, longest)
        more = (
            f'<details><summary lang="{self.language}"><span>{self._t["lire_suite"]}</span>'
            f"<span>{self._t['replier']}</span></summary>{escape(rest)}</details>"
            if rest
            else ""
        )
        return Markup(  # noqa: S704 words of others are escaped
            f'<p class="ask">{_label(one.question_label)}</p>'
            f'<blockquote dir="auto"{self._french}>{escape(head)}{more}</blockquote>'
            f"{self._by(one)}{self._reply(one.reply)}{self._vote(one.id, thanked) if votes else ''}"
        )

    def facets(self, name: str, found: Sequence[Facet], chosen: str, options: Options, path: str) -> Markup:
        """Links that narrow the texts, each with how many it leaves; the one chosen is no link, and can be undone."""
        before, after = options.around(name)
        start, end = escape(f"{path}?{before}{name}="), f"{escape(after)}#{TEXTS}"
        lines = []
        if chosen:
            whole = escape(f"{path}?{options.query(**{name: '', 'page': ''})}")
            lines.append(f'<a href="{whole}#{TEXTS}">{self._t["tout"]}</a>')
        for one in found:
            label = _label(one.label)
            is_chosen = one.key == chosen
            link = f'<a href="{start}{quote_plus(one.key)}{end}">{label}</a>'
            lines.append((f'<b aria-current="true">{label}</b>' if is_chosen else link) + self._count(one.count))
        return Markup("".join(f"<li>{line}</li>" for line in lines))  # noqa: S704 labels are escaped, keys quoted

    def _count(self, count: int | None) -> str:
        return "" if count is None else f' <span class="count">{words.number(count, self.language)}</span>'

    def _axis(self, note: Note) -> str:
        said = ", ".join(
            f"{self._t[name] if name == 'bien' else self._t[name].lower()} {self.number(share)}"
            for name, share in shares(note.distribution)
        )
        drawn = bar(note.distribution, "bar thin")
        return f'<div class="axis"><span>{_label(note.label)}</span>{drawn}<span class="nums">{said}</span></div>'

    def _row(self, label: str, spread: Distribution) -> str:
        cells = "".join(f"<td>{self.number(share)}</td>" for _, share in shares(spread))
        none = words.number(spread.unanswered, self.language)
        return f'<tr><th scope="row">{_label(label)}</th>{cells}<td>{none}</td></tr>'

    def _by(self, one: Verbatim) -> str:
        t = self._t
        publication = words.month_of(one.published_on, self.language)
        gem = f'<span class="gem">{t["coeur"]}</span> ' if one.gem else ""
        told = ", ".join(name for name in (one.formation, one.centre and one.centre.name) if name)
        place = f"<span{self._french}>{_label(told)}</span>. " if told else ""
        if one.month:
            lived = words.month(one.month, self.language)
            dates = t["vecu_publie" if lived == publication else "vecu"].format(mois=lived, publication=publication)
        else:
            dates = t["publie"].format(publication=publication)
        tags = "".join(f' <span class="tag">{_label(subject.label)}</span>' for subject in one.subjects)
        useful = f" {self._useful(one.useful)}" if one.useful else ""
        return f'<p class="by">{gem}{place}{dates} {t["controle"]}{tags}{useful}</p>'

    def _useful(self, count: int) -> str:
        return self._t["utile_nombre" if count == 1 else "utile_nombre_s"].format(
            nombre=words.number(count, self.language)
        )

    def _reply(self, reply: Reply | None) -> str:
        if reply is None:
            return ""
        said = f'<span lang="{self.language}">{self._t["repond"]}</span>' if self._french else self._t["repond"]
        published = self._t["repond_le"].format(publication=words.month_of(reply.published_on, self.language))
        return (
            f'<div class="reply"><p{self._french}><b><bdi>{_label(reply.signed)}</bdi></b> {said} '
            f'<span class="said" dir="auto">{escape(reply.text)}</span></p>'
            f'<p class="by">{published}</p></div>'
        )

    def _vote(self, key: str, thanked: bool) -> str:
        if thanked:
            return f'<p class="vote" id="v-{key}"><span role="status">{self._t["merci"]}</span></p>'
        return (
            f'<p class="vote" id="v-{key}" role="group" aria-label="{self._t["utile_aide"]}">'
            f'<button name="oui" value="{key}">{self._t["utile"]}</button> '
            f'<button name="non" value="{key}">{self._t["pas_utile"]}</button></p>'
        )


@cache
def pen(language: Language) -> Pen:
    """The pen of a language."""
    return Pen(language)


def mark(name: str) -> Markup:
    """The sign of a value, a shape of its own whatever its colour."""
    return Markup(  # noqa: S704 our own shapes
        f'<svg class="mark" viewBox="0 0 12 12" aria-hidden="true" focusable="false">{_SHAPES[name]}</svg>'
    )


def bar(spread: Distribution, kind: str = "bar") -> Markup:
    """A distribution as a bar in three parts; its figures stand beside it in words."""
    total, start, parts = spread.answered, 0.0, ""
    for name, share in shares(spread):
        if share.count:
            width = 100 * share.count / total
            parts += f'<rect class="{name}" x="{start:.5g}%" width="{width:.5g}%" height="100%"/>'
            start += width
    return Markup(  # noqa: S704 figures only
        f'<svg class="{kind}" aria-hidden="true" focusable="false" preserveAspectRatio="none">{parts}</svg>'
    )


def shares(spread: Distribution) -> tuple[tuple[str, Share], ...]:
    """A distribution's three shares with their names."""
    return ("bien", spread.good), ("moyen", spread.fair), ("mal", spread.poor)


def fold(text: str, length: int = FOLD) -> tuple[str, str]:
    """A long text cut at the end of a sentence, or of a word when no sentence ends in time: head and rest."""
    if len(text) <= length + 60:
        return text, ""
    head = text[:length]
    cut = max(head.rfind(end) + 1 for end in (". ", "! ", "? ", "… ", "\n"))
    if cut < length // 3:
        cut = head.rfind(" ") + 1 or length
    return text[:cut], text[cut:]


@lru_cache(maxsize=4096)
def _label(text: str) -> Markup:
    """A label, escaped once: questions, subjects and centres come again from view to view."""
    return escape(text)
