"""Results as files: a table for spreadsheets (CSV, XLSX), and a document to print or send (PDF). Pure but for the PDF.

They tell what the page tells, from the same figures, and nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from syndication.kit import sheets
from syndication.kit.sheets import Bar, Bars, Block, Heading, Paragraph, Sheet, sheet_pdf
from syndication.kit.tables import Column, Row, Table, to_csv
from syndication.results.figures import WHERE, Figures, Line
from widget.contract import Distribution, Strength, Verbatim
from widget.routes import words

KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
"""Kinds of files, with their media types."""
PRUDENCE = (
    "«\u00a0Plus\u00a0» ou «\u00a0moins\u00a0» n'est dit que là où les deux intervalles à 95\u00a0% ne se touchent "
    "pas. Sur une vingtaine de questions, le hasard peut en faire apparaître une\u00a0: retenez celles qui durent "
    "d'une année à l'autre. La région et la France comptent tous leurs répondants, ceux-ci compris."
)

INTERVAL = "L'intervalle est celui de la part de «\u00a0bien\u00a0», à 95\u00a0%."


@dataclass(frozen=True, slots=True)
class Told:
    """What a file is of: a name, a cut of it in words, and its figures; with words where the page has some."""

    name: str
    cut: str
    figures: Figures
    strengths: Sequence[Strength] = ()
    texts: Sequence[Verbatim] = ()


def as_file(kind: str, told: Told, others: Sequence[Table] = ()) -> bytes:
    """A file of a kind of ``KINDS``; ``others`` are more sheets of a workbook."""
    table = questions_table(told.figures)
    if kind == "csv":
        return to_csv(table.rows, table.columns)
    if kind == "xlsx":
        from syndication.kit.workbooks import to_xlsx  # noqa: PLC0415 its library weighs a third of all that loads

        tables = [table, *([years_table(told.figures)] if told.figures.years else []), choices_table(told.figures)]
        return to_xlsx([one for one in (*tables, *others) if one.rows or one is table])
    return sheet_pdf(_sheet(told))


def questions_table(figures: Figures) -> Table:
    """A line a question: counts, shares, interval, and the same of others with the verdict in words."""
    columns = [
        Column("cle", "Clé"), Column("question", "Question"), Column("repondants", "Réponses", "integer"),
        Column("bien", "Bien", "integer"), Column("moyen", "Moyen", "integer"), Column("mal", "Mal", "integer"),
        Column("part", "Bien, part", "percent"), Column("bas", "Bien, au moins", "decimal"),
        Column("haut", "Bien, au plus", "decimal"),
    ]  # fmt: skip
    for place, one in enumerate(figures.beside):
        columns += [
            Column(f"n{place}", f"{one.name}, réponses", "integer"),
            Column(f"part{place}", f"{one.name}, bien", "percent"),
            Column(f"bas{place}", f"{one.name}, au moins", "decimal"),
            Column(f"haut{place}", f"{one.name}, au plus", "decimal"),
            Column(f"dit{place}", f"{one.name}, comparaison"),
        ]  # fmt: skip
    return Table("Questions", columns, [_row(line) for line in figures.lines])


def _row(line: Line) -> Row:
    row: dict[str, object] = {"cle": line.key, "question": line.label}
    if line.own is not None:
        row |= {
            "bien": line.own.good.count, "moyen": line.own.fair.count, "mal": line.own.poor.count,
            "repondants": line.own.answered,
        }  # fmt: skip
        row |= dict(zip(("part", "bas", "haut"), _shares(line.own), strict=True))
    for place, one in enumerate(line.beside):
        if one.distribution is not None:
            row[f"n{place}"] = one.distribution.answered
            names = (f"part{place}", f"bas{place}", f"haut{place}")
            row |= dict(zip(names, _shares(one.distribution), strict=True))
        row[f"dit{place}"] = one.said
    return row


def _shares(spread: Distribution) -> tuple[int | None, float | None, float | None]:
    low, high = spread.good_interval or (None, None)
    return spread.good.percent, low, high


def years_table(figures: Figures) -> Table:
    """A line a question: the share of « bien » by school year, and how many answered."""
    columns = [Column("question", "Question")]
    for place, (year, _) in enumerate(figures.years):
        columns += [
            Column(f"part{place}", f"{year}, bien", "percent"), Column(f"n{place}", f"{year}, réponses", "integer")
        ]  # fmt: skip
    rows: list[Row] = []
    for line in figures.lines:
        row: dict[str, object] = {"question": line.label}
        for place, one in enumerate(line.years):
            if one.distribution is not None:
                row |= {f"part{place}": one.distribution.good.percent, f"n{place}": one.distribution.answered}
        rows.append(row)
    return Table("Par année scolaire", columns, rows)


def choices_table(figures: Figures) -> Table:
    """A line an option of each question with several answers."""
    columns = [
        Column("question", "Question"), Column("option", "Réponse"), Column("nombre", "Nombre", "integer"),
        Column("part", "Part", "percent"),
    ]  # fmt: skip
    columns += [Column(f"part{place}", one.name, "percent") for place, one in enumerate(figures.beside)]
    rows: list[Row] = [
        {"question": choice.label, "option": one.label, "nombre": one.count, "part": one.percent}
        | {f"part{place}": percent for place, (_, percent) in enumerate(one.beside)}
        for choice in figures.choices
        for one in choice.options
    ]
    return Table("Plusieurs réponses", columns, rows)


def _sheet(told: Told) -> Sheet:
    figures = told.figures
    blocks: list[Block] = []
    head = figures.headline
    if head and head.own:
        blocks.append(Paragraph(words.satisfaction_line(head.own), "loud"))
    blocks.append(Paragraph(stopped(figures.taken_on)))
    if told.strengths:
        blocks.append(Heading("Points forts"))
        blocks += [Paragraph(strength_line(one)) for one in told.strengths]
    blocks.append(Heading("Question par question"))
    if any(line.own and line.own.good_interval for line in figures.lines):
        blocks.append(Paragraph(INTERVAL, "quiet"))
    blocks += [Bars(title, [_bar(line) for line in lines]) for title, lines in figures.groups]
    if figures.beside:
        blocks += [Paragraph(PRUDENCE, "quiet")]
    if len(figures.years) > 1:
        blocks += [Heading("D'une année scolaire à l'autre"), years_table(figures)]
    if told.texts:
        blocks.append(Heading("Quelques textes publiés"))
        blocks += [_testimony(one) for one in told.texts]
    return Sheet(f"Résultats, {told.name}", told.cut, "Sirius, avis d'apprentis", blocks)


def _bar(line: Line) -> Bar:
    assert line.own is not None  # noqa: S101 a line without figures is not told
    return Bar(
        line.label,
        line.own,
        beside_line(line),
        words.interval(line.own.good_interval) if line.own.good_interval else "",
    )


def beside_line(line: Line) -> str:
    """The figures of others, and how one's own stand to them: « France 78 % (75 à 81 %), plus souvent « bien » »."""
    said = []
    for one in line.beside:
        spread = one.distribution
        if spread is not None and spread.good.percent is not None:
            interval = f" ({words.interval(spread.good_interval)})" if spread.good_interval else ""
            verdict = f", {one.said}" if one.said else ""
            said.append(f"{one.name} {words.percent(spread.good.percent)}{interval}{verdict}")
    return "; ".join(said).replace(";", "\u00a0;")


def strength_line(one: Strength) -> str:
    """« L'ambiance (CAP cuisine) : 96 % de « bien » sur 50 réponses ; 60 % dans les autres centres. »"""
    here, there = words.percent(one.percent), words.percent(one.elsewhere_percent)
    where = f", {WHERE[one.key.partition('.')[0]]}" if "." in one.key else ""
    return (
        f"{one.label}{where} ({one.formation})\u00a0: {here} de «\u00a0bien\u00a0» sur "
        f"{words.counted('reponse', one.answered)}\u00a0; {there} dans les autres centres."
    )


def stopped(taken_on: date | None) -> str:
    """The month that figures are of (a day would tell who had just answered), and why they move on by several."""
    when = f"Chiffres arrêtés en {words.month_of(taken_on)}. " if taken_on else ""
    return f"{when}Ils avancent par groupes de plusieurs réponses, pour que personne ne soit reconnu."


def _testimony(one: Verbatim) -> sheets.Verbatim:
    line = f"Vécu en {words.month(one.month)}." if one.month else ""
    reply = one.reply
    return sheets.Verbatim(
        one.question_label, one.text, line, reply.text if reply else "", reply.signed if reply else ""
    )
