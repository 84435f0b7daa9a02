"""Parts of a page that come many times in it, drawn as HTML in one language: texts, bars, rows, links. Pure.

A view has some four hundred of their blanks: filled by templates they would take nearly all of its time.
"""

from collections.abc import Sequence
from functools import cache, lru_cache
from operator import attrgetter
from urllib.parse import quote_plus

from markupsafe import Markup, escape

from widget import words
from widget.contract import Choice, Distribution, Facet, Language, Note, Reply, Share, Strength, Verbatim
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


class Pen:
    """Draws parts in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._t = words.PHRASES[language]
        self._french = ' lang="fr"' if language != "fr" else ""
        self._colon = f"{words.NBSP}:" if language == "fr" else ":"
        self._names = (self._t["bien"], self._t["moyen"].lower(), self._t["mal"].lower())
        names = ("col_question", *VALUES, "sans_reponse")
        columns = "".join(f'<th scope="col">{self._t[name]}</th>' for name in names)
        self._columns = f"<thead><tr>{columns}</tr></thead>"

    def key(self, spread: Distribution) -> Markup:
        """The three shares of a distribution, each with its mark, its name and its count."""
        return Markup(  # noqa: S704 our own words and figures
            "".join(
                f"<li>{mark(name)}{self._t[name]}{self._colon} {one}</li>"
                for name, one in zip(VALUES, self._figures(spread), strict=True)
            )
        )

    def group(self, title: str, notes: Sequence[Note]) -> Markup:
        """Rating axes, each with its bar and its figures in words, and the table behind them one press away."""
        axes, rows = [], []
        for note in notes:
            spread, label, figures = note.distribution, _label(note.label), self._figures(note.distribution)
            said = ", ".join(f"{name} {figure}" for name, figure in zip(self._names, figures, strict=True))
            axes.append(
                f'<div class="axis"><span>{label}</span>{bar(spread, "bar thin")}<span class="nums">{said}</span></div>'
            )
            rows.append(self._row(label, figures, spread))
        table = self._table(_label(title), rows)
        return Markup(  # noqa: S704 labels are escaped
            f'{"".join(axes)}<details class="table"><summary>{self._t["tableau"]}</summary>{table}</details>'
        )

    def table(self, caption: str, label: str, spread: Distribution) -> Markup:
        """The table behind one bar."""
        row = self._row(_label(label), self._figures(spread), spread)
        return Markup(self._table(_label(caption), [row]))  # noqa: S704 labels are escaped

    def choice(self, one: Choice, caption: str) -> Markup:
        """The table of a question with several options, those most given first."""
        rows = []
        for option in sorted(one.options, key=attrgetter("count"), reverse=True):
            if option.count:
                part = "" if option.percent is None else f"<td>{words.percent(option.percent, self.language)}</td>"
                count = words.number(option.count, self.language)
                rows.append(f'<tr><th scope="row">{_label(option.label)}</th><td>{count}</td>{part}</tr>')
        names = ["col_facon", "col_repondants", *(["col_part"] if one.options[0].percent is not None else [])]
        columns = "".join(f'<th scope="col">{self._t[name]}</th>' for name in names)
        return Markup(  # noqa: S704 labels are escaped
            f'<div class="wide" role="group" aria-label="{_label(one.label)}" tabindex="0"><table>'
            f'<caption class="note">{escape(caption)}</caption><thead><tr>{columns}</tr></thead>'
            f"<tbody>{''.join(rows)}</tbody></table></div>"
        )

    def strengths(self, found: Sequence[Strength], several: bool) -> Markup:
        """What a centre does well, a line each; the formation is named where there are ``several``."""
        lines = []
        for one in found:
            said = self._t["fort_ligne"].format(
                part=words.percent(one.percent, self.language),
                repondants=words.counted("reponse", one.answered, self.language),
                ailleurs=words.percent(one.elsewhere_percent, self.language),
            )
            group = _STRENGTH_GROUPS.get(one.key.partition(".")[0], "") if "." in one.key else ""
            where = f' <span class="count">{self._t[group]}</span>' if group else ""
            told = f' <span class="count"{self._french}>{_label(one.formation)}</span>' if several else ""
            lines.append(f"<li><b>{_label(one.label)}</b>{where}{told}<br>{said}</li>")
        return Markup("".join(lines))  # noqa: S704 labels are escaped

    def listed(self, texts: Sequence[Markup]) -> Markup:
        """Texts as the lines of a list."""
        return Markup("<li>" + "</li>\n<li>".join(texts) + "</li>")  # noqa: S704 drawn by verbatim

    def verbatim(self, one: Verbatim, longest: int = FOLD, votes: bool = True, thanked: bool = False) -> Markup:
        """A text with its question, its dates, the reply of its centre and, with ``votes``, a reader's gesture."""
        head, rest = fold(one.text, longest)
        first = f"<span>{escape(head)}</span>" if rest else escape(head)
        more = (
            f'<details><summary lang="{self.language}"><span>{self._t["lire_suite"]}</span>'
            f"<span>{self._t['replier']}</span></summary>{escape(rest)}</details>"
            if rest
            else ""
        )
        return Markup(  # noqa: S704 words of others are escaped
            f'<p class="ask">{_label(one.question_label)}</p>'
            f'<blockquote dir="auto"{self._french}>{first}{more}</blockquote>'
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

    def _figures(self, spread: Distribution) -> list[str]:
        return [figure(share.count, share.percent, self.language) for _, share in shares(spread)]

    def _row(self, label: str, figures: Sequence[str], spread: Distribution) -> str:
        cells, none = "</td><td>".join(figures), words.number(spread.unanswered, self.language)
        return f'<tr><th scope="row">{label}</th><td>{cells}</td><td>{none}</td></tr>'

    def _table(self, title: str, rows: Sequence[str]) -> str:
        return (
            f'<div class="wide" role="group" aria-label="{title}" tabindex="0"><table><caption class="note">{title}'
            f"</caption>{self._columns}<tbody>{''.join(rows)}</tbody></table></div>"
        )

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


_STRENGTH_GROUPS = {"entreprise": "en_entreprise", "cfa": "au_cfa", "fierte": "apporte"}


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
    """A distribution as a bar in three parts, whose unit is a respondent; its figures stand beside it in words."""
    start, parts = 0, ""
    for name, share in shares(spread):
        if share.count:
            parts += f'<rect class="{name}" x="{start}" width="{share.count}" height="1" {_STROKE}/>'
            start += share.count
    return Markup(  # noqa: S704 figures only
        f'<svg class="{kind}" viewBox="0 0 {start} 1" preserveAspectRatio="none" aria-hidden="true" '
        f'focusable="false">{parts}</svg>'
    )


_STROKE = 'vector-effect="non-scaling-stroke"'


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


@lru_cache(maxsize=1 << 14)
def figure(count: int, percent: int | None, language: Language) -> str:
    """A share with its count, or the count alone where there are too few for a share."""
    said = words.number(count, language)
    return f"<b>{said}</b>" if percent is None else f"<b>{words.percent(percent, language)}</b> ({said})"


@lru_cache(maxsize=4096)
def _label(text: str) -> Markup:
    """A label, escaped once: questions, subjects and centres come again from view to view."""
    return escape(text)
